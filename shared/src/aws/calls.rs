//! Counts the API calls of an invocation, so that what a run cost can be shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde::{Deserialize, Serialize};

/// Calls by `Service.Operation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tally(BTreeMap<String, u64>);

/// A tally that many clients add to.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<Tally>>);

/// The interceptor that every client carries.
#[derive(Clone, Debug)]
pub struct CountCalls(pub Calls);

const READING: [&str; 7] = ["Describe", "List", "Get", "Head", "Lookup", "Search", "Simulate"];

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        for (operation, count) in &other.0 {
            *self.0.entry(operation.clone()).or_default() += count;
        }
    }

    pub fn read(&self) -> u64 {
        self.sum(is_reading)
    }

    pub fn write(&self) -> u64 {
        self.sum(|operation| !is_reading(operation))
    }

    pub fn by_operation(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(operation, count)| (operation.as_str(), *count))
    }

    fn sum(&self, chosen: impl Fn(&str) -> bool) -> u64 {
        self.0.iter().filter(|(operation, _)| chosen(operation)).map(|(_, count)| count).sum()
    }
}

fn is_reading(operation: &str) -> bool {
    let verb = operation.split_once('.').map_or(operation, |(_, verb)| verb);
    READING.iter().any(|it| verb.starts_with(it))
}

impl Calls {
    /// What was counted since the last time.
    pub fn take(&self) -> Tally {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, operation: String) {
        let mut tally = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *tally.0.entry(operation).or_default() += 1;
    }
}

impl Intercept for CountCalls {
    fn name(&self) -> &'static str {
        "CountCalls"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(call) = config.load::<Metadata>() {
            self.0.count(format!("{}.{}", call.service(), call.name()));
        }
        Ok(())
    }
}
