//! `AWS::CloudWatch::Alarm`

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types::{
    self, AlarmType, ComparisonOperator, Dimension, MetricAlarm, StandardUnit, Tag,
};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::spec::{Comparison, Statistic};
use shared::world::CloudError;

use crate::cloudwatch::{self, at};

/// An alarm over one metric, named after its address without `alarm-`: `terrace-shop/latency`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    pub description: String,
    pub namespace: String,
    pub metric: String,
    pub dimensions: BTreeMap<String, String>,
    /// A statistic or a percentile, as CloudWatch names them: `Average`, `Sum`, `p95`.
    pub statistic: String,
    pub period_seconds: i32,
    /// Periods in a row that have to cross the threshold.
    pub periods: i32,
    /// How many of `periods` are enough; the same unless somebody else changed it.
    pub periods_to_alarm: i32,
    /// `GreaterThanOrEqualToThreshold` and the like.
    pub comparison: String,
    pub threshold: f64,
    pub missing_data: MissingData,
    /// Whether it tells anybody.
    pub enabled: bool,
    /// ARNs told when it goes off.
    pub alarm_actions: BTreeSet<String>,
    /// ARNs told when it is over.
    pub ok_actions: BTreeSet<String>,
    /// What only others set: units, metric maths, further actions. The wish is nothing.
    pub foreign_settings: BTreeSet<String>,
}

/// What a period without data says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingData {
    /// All is well: the metric is only written when something happens.
    Good,
    /// Something is wrong: what writes the metric never falls silent.
    Bad,
    /// Nothing: the alarm stays as it was.
    Ignored,
    /// That nobody knows: the alarm says so.
    Unknown,
}

const PREFIX: &str = "alarm-";

impl Resource for Alarm {
    const KIND: &'static str = "AWS::CloudWatch::Alarm";
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["cloudwatch:DescribeAlarms"],
            "arn:aws:cloudwatch:{region}:{account}:alarm:*",
            "a list by name prefix is a right on all alarms",
        ),
        Grant::on(
            &["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"],
            "arn:aws:cloudwatch:{region}:{account}:alarm:terrace-*",
            "the stack's alarms",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = cloudwatch::client(cx).describe_alarms().alarm_types(AlarmType::MetricAlarm);
        let request = request.alarm_name_prefix(cx.scope.alarm_name(""));
        let mut pages = request.into_paginator().page_size(PAGE_MAX).send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page?;
            found.extend(page.metric_alarms().iter().filter_map(|it| Self::live(&cx.scope, it)));
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = name(&cx.scope, at);
        let tags = cx.tags(at);
        let tags = tags.pairs().map(|(key, value)| Tag::builder().key(key).value(value).build());
        // CloudWatch takes tags only for an alarm that is new, and ignores them later.
        self.put(cx, &name).set_tags(Some(tags.collect())).send().await?;
        Ok(cloudwatch::facts(&name, &arn(&cx.scope, &name)))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        self.put(cx, &live.facts["name"]).send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = cloudwatch::client(cx).delete_alarms().alarm_names(&live.facts["name"]);
        request.send().await.or_absent(&["ResourceNotFound"])?;
        Ok(())
    }
}

/// `DescribeAlarms`: at most 100 alarms a page, and 50 unless asked.
const PAGE_MAX: i32 = 100;

impl Alarm {
    /// Writes the whole alarm: `PutMetricAlarm` overwrites.
    fn put(&self, cx: &Cx, name: &str) -> PutMetricAlarmFluentBuilder {
        let dimensions = self
            .dimensions
            .iter()
            .map(|(name, value)| Dimension::builder().name(name).value(value).build());
        let request = cloudwatch::client(cx).put_metric_alarm().alarm_name(name);
        let request = request.alarm_description(&self.description);
        let request = request.namespace(&self.namespace).metric_name(&self.metric);
        let request = request.set_dimensions(Some(dimensions.collect()));
        let request = match percentile(&self.statistic) {
            Some(percentile) => request.extended_statistic(percentile),
            None => request.statistic(self.statistic.as_str().into()),
        };
        request
            .period(self.period_seconds)
            .evaluation_periods(self.periods)
            .datapoints_to_alarm(self.periods_to_alarm)
            .comparison_operator(ComparisonOperator::from(self.comparison.as_str()))
            .threshold(self.threshold)
            .treat_missing_data(self.missing_data.word())
            .actions_enabled(self.enabled)
            .set_alarm_actions(Some(self.alarm_actions.iter().cloned().collect()))
            .set_ok_actions(Some(self.ok_actions.iter().cloned().collect()))
    }

    /// `None` for what bears no name of ours.
    fn live(scope: &Scope, alarm: &MetricAlarm) -> Option<LiveOf<Self>> {
        let name = alarm.alarm_name()?;
        let address = address(scope, name)?;
        let arn = alarm.alarm_arn().map_or_else(|| arn(scope, name), str::to_owned);
        let facts = cloudwatch::facts(name, &arn);
        Some(LiveOf { address, spec: Self::read(alarm), facts, status: Status::Ready })
    }

    fn read(alarm: &MetricAlarm) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let set = |texts: &[String]| texts.iter().cloned().collect();
        let statistic = alarm.statistic().map(types::Statistic::as_str);
        let periods = alarm.evaluation_periods().unwrap_or_default();
        let dimensions = alarm.dimensions().iter();
        Self {
            description: text(alarm.alarm_description()),
            namespace: text(alarm.namespace()),
            metric: text(alarm.metric_name()),
            dimensions: dimensions.map(|it| (text(it.name()), text(it.value()))).collect(),
            statistic: text(statistic.or(alarm.extended_statistic())),
            period_seconds: alarm.period().unwrap_or_default(),
            periods,
            periods_to_alarm: alarm.datapoints_to_alarm().unwrap_or(periods),
            comparison: text(alarm.comparison_operator().map(ComparisonOperator::as_str)),
            threshold: alarm.threshold().unwrap_or_default(),
            missing_data: MissingData::read(alarm.treat_missing_data()),
            enabled: alarm.actions_enabled().unwrap_or(true),
            alarm_actions: set(alarm.alarm_actions()),
            ok_actions: set(alarm.ok_actions()),
            foreign_settings: foreign_settings(alarm),
        }
    }
}

impl MissingData {
    const ALL: [Self; 4] = [Self::Good, Self::Bad, Self::Ignored, Self::Unknown];

    /// CloudWatch's word.
    fn word(self) -> &'static str {
        match self {
            Self::Good => "notBreaching",
            Self::Bad => "breaching",
            Self::Ignored => "ignore",
            Self::Unknown => "missing",
        }
    }

    /// An alarm that does not say counts as `missing`.
    fn read(word: Option<&str>) -> Self {
        let known = Self::ALL.into_iter().find(|it| Some(it.word()) == word);
        known.unwrap_or(Self::Unknown)
    }
}

/// CloudWatch's name of a statistic of the spec.
pub fn statistic(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Average => "Average",
        Statistic::Maximum => "Maximum",
        Statistic::Minimum => "Minimum",
        Statistic::SampleCount => "SampleCount",
        Statistic::Sum => "Sum",
    }
}

/// CloudWatch's name of a comparison of the spec.
pub fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::GreaterThanOrEqualToThreshold => "GreaterThanOrEqualToThreshold",
        Comparison::GreaterThanThreshold => "GreaterThanThreshold",
        Comparison::LessThanOrEqualToThreshold => "LessThanOrEqualToThreshold",
        Comparison::LessThanThreshold => "LessThanThreshold",
    }
}

/// What the alarm at an address is called within its stack.
pub fn within_stack(at: &Address) -> String {
    at.name().strip_prefix(PREFIX).unwrap_or(at.name()).to_owned()
}

fn name(scope: &Scope, at: &Address) -> String {
    scope.alarm_name(&within_stack(at))
}

fn address(scope: &Scope, name: &str) -> Option<Address> {
    let what = name.strip_prefix(&scope.alarm_name(""))?;
    Some(at(format!("{PREFIX}{what}")))
}

fn arn(scope: &Scope, name: &str) -> String {
    scope.arn("cloudwatch", &format!("alarm:{name}"))
}

/// `p95`, but not `Sum`.
fn percentile(statistic: &str) -> Option<&str> {
    let number = statistic.strip_prefix('p')?;
    number.parse::<f64>().is_ok().then_some(statistic)
}

/// Settings that we never make and that change what an alarm means.
fn foreign_settings(alarm: &MetricAlarm) -> BTreeSet<String> {
    let unit = alarm.unit().map(StandardUnit::as_str).map(|unit| format!("unit {unit}"));
    let maths = (!alarm.metrics().is_empty()).then(|| "metric maths".to_owned());
    let band = alarm.threshold_metric_id().map(|_| "a threshold that is a metric".to_owned());
    let actions = alarm.insufficient_data_actions().iter().cloned();
    unit.into_iter().chain(maths).chain(band).chain(actions).collect()
}
