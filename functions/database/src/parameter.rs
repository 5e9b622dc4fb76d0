//! `AWS::SSM::Parameter`

use aws_sdk_ssm::types::{self, ParameterType};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Scope};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

const ABSENT: &[&str] = &["ParameterNotFound"];
const THERE: &[&str] = &["ParameterAlreadyExists"];

/// What the application reads to find its database. Never a secret: the password stays in the
/// secret that RDS keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Path and name, such as `/terrace/shop/database/endpoint`.
    pub name: String,
    pub value: String,
}

impl Resource for Parameter {
    const KIND: &'static str = "AWS::SSM::Parameter";
    const IMMUTABLE: &'static [&'static str] = &["name"];
    const GRANTS: &'static [Grant] = &[Grant::on(
        &[
            "ssm:AddTagsToResource",
            "ssm:DeleteParameter",
            "ssm:GetParametersByPath",
            "ssm:PutParameter",
        ],
        "arn:aws:ssm:{region}:{account}:parameter/terrace/*",
        "what the application reads to find its database",
    )];

    /// By path: what lies there is the stack's, so tags need not be read.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = client(cx).get_parameters_by_path().path(path(&cx.scope)).recursive(true);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page?;
            let ours =
                page.parameters().iter().filter_map(|it| Some((address(&cx.scope, it)?, it)));
            found.extend(ours.map(|(address, it)| Self::live(address, it)));
        }
        Ok(found)
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let tags = cx.tags(at);
        let tags =
            tags.pairs().map(|(key, value)| types::Tag::builder().key(key).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>();
        let request = client(cx)
            .put_parameter()
            .name(&self.name)
            .value(&self.value)
            .r#type(ParameterType::String)
            .set_tags(tags.ok());
        request.send().await.or_absent(THERE)?;
        Ok(Facts::from([("id".to_owned(), self.name.clone())]))
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).put_parameter().name(&self.name).value(&self.value);
        request.r#type(ParameterType::String).overwrite(true).send().await?;
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        client(cx).delete_parameter().name(&live.spec.name).send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl Parameter {
    /// The full name of one of the database's parameters.
    pub fn named(scope: &Scope, what: &str) -> String {
        format!("{}/{what}", path(scope))
    }

    fn live(address: Address, found: &types::Parameter) -> LiveOf<Self> {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let spec = Self { name: text(found.name()), value: text(found.value()) };
        let facts = [("id", spec.name.clone()), ("arn", text(found.arn()))];
        let facts = facts.map(|(fact, value)| (fact.to_owned(), value)).into();
        LiveOf { address, spec, facts, status: Status::Ready }
    }
}

fn client(cx: &Cx) -> aws_sdk_ssm::Client {
    shared::client!(cx, aws_sdk_ssm)
}

fn path(scope: &Scope) -> String {
    scope.parameter_name("database")
}

/// `parameter-<last part of the name>`; `None` for a name that makes no address.
fn address(scope: &Scope, found: &types::Parameter) -> Option<Address> {
    let what = found.name()?.strip_prefix(&path(scope))?.strip_prefix('/')?;
    format!("database/parameter-{what}").parse().ok()
}
