//! What the kinds of this tier have in common: the client and addresses.

use aws_sdk_cloudwatch::Client;
use shared::aws::Cx;
use shared::model::{Address, Facts, Tier};

pub fn client(cx: &Cx) -> Client {
    shared::client!(cx, aws_sdk_cloudwatch)
}

pub fn at(name: impl Into<String>) -> Address {
    Address::new(Tier::Monitoring, name)
}

/// `id` (what AWS calls it: the name), `name` and `arn`.
pub fn facts(name: &str, arn: &str) -> Facts {
    [("id", name), ("name", name), ("arn", arn)]
        .map(|(fact, value)| (fact.to_owned(), value.to_owned()))
        .into()
}
