//! The demo's end: somebody opens SSH to the world behind Terrace's back, and Terrace answers.

use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_ec2::types::{Filter, IpPermission, IpRange};
use aws_sdk_iam::types::AccessKey;
use serde_json::{Value, json};
use shared::aws::OrAbsent;
use shared::ledger::Key;

use crate::context::Cloud;
use crate::failure::{Failure, Tried};

/// Not Terrace, and not whoever runs the demo.
pub const PERSON: &str = "sam";

const WORLD: &str = "0.0.0.0/0";
const SSH: i32 = 22;

/// Locally it takes a second or two.
const DEADLINE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// What came of it.
pub struct Reverted {
    /// From the call that opened it until the rule was seen to be gone.
    pub milliseconds: u128,
    pub who: String,
    pub event: String,
}

/// Opens port 22 of `group` to the world as [`PERSON`], and waits until that is undone.
pub async fn intrude(cloud: &Cloud, stack: &str, group: &str) -> Result<Reverted, Failure> {
    let key = become_a_person(cloud).await?;
    let before = responses(cloud, stack).await?;
    let began = open(cloud, group, &key).await;
    let reverted = match began {
        Ok(began) => closed(cloud, group, began).await,
        Err(failure) => Err(failure),
    };
    leave(cloud, &key).await?;
    let milliseconds = reverted?;
    let response = told(cloud, stack, &before).await?;
    let cause = |field: &str| response["cause"][field].as_str().unwrap_or("unknown").to_owned();
    Ok(Reverted { milliseconds, who: cause("who"), event: cause("event") })
}

impl Reverted {
    pub fn to_json(&self, group: &str) -> Value {
        json!({
            "group": group, "who": self.who, "event": self.event,
            "milliseconds": u64::try_from(self.milliseconds).unwrap_or(u64::MAX), "reverted": true,
        })
    }
}

/// An IAM user with a key of their own, as left over by an earlier demo or new.
async fn become_a_person(cloud: &Cloud) -> Result<AccessKey, Failure> {
    let iam = shared::client!(cloud, aws_sdk_iam);
    let made = iam.create_user().user_name(PERSON).send().await;
    made.or_absent(&["EntityAlreadyExists"])
        .tried(format!("cannot make the IAM user `{PERSON}`"))?;
    let left = iam.list_access_keys().user_name(PERSON).send().await;
    let left = left.tried(format!("cannot list the keys of `{PERSON}`"))?;
    for key in left.access_key_metadata().iter().filter_map(|it| it.access_key_id()) {
        let removed = iam.delete_access_key().user_name(PERSON).access_key_id(key).send().await;
        removed.tried(format!("cannot remove a key of `{PERSON}`"))?;
    }
    let made = iam.create_access_key().user_name(PERSON).send().await;
    let made = made.tried(format!("cannot make a key for `{PERSON}`"))?;
    made.access_key.ok_or_else(|| Failure::new("IAM made no key"))
}

async fn leave(cloud: &Cloud, key: &AccessKey) -> Result<(), Failure> {
    let iam = shared::client!(cloud, aws_sdk_iam);
    let what = || format!("cannot remove the IAM user `{PERSON}`");
    let request = iam.delete_access_key().user_name(PERSON).access_key_id(key.access_key_id());
    request.send().await.tried(what())?;
    iam.delete_user().user_name(PERSON).send().await.tried(what()).map(|_| ())
}

/// When AWS had taken the call.
async fn open(cloud: &Cloud, group: &str, key: &AccessKey) -> Result<Instant, Failure> {
    let credentials =
        Credentials::new(key.access_key_id(), key.secret_access_key(), None, None, "a person");
    let endpoint = cloud.endpoint.as_deref().unwrap_or_default();
    let theirs = Cloud::at(endpoint, &cloud.region, credentials).await?;
    let ec2 = shared::client!(theirs, aws_sdk_ec2);
    let world = IpRange::builder().cidr_ip(WORLD).description("just for a moment").build();
    let rule = IpPermission::builder().ip_protocol("tcp").from_port(SSH).to_port(SSH);
    let request = ec2.authorize_security_group_ingress().group_id(group);
    let opened = request.ip_permissions(rule.ip_ranges(world).build()).send().await;
    opened.tried(format!("cannot open `{group}`"))?;
    Ok(Instant::now())
}

/// Milliseconds until the rule is seen to be gone.
async fn closed(cloud: &Cloud, group: &str, began: Instant) -> Result<u128, Failure> {
    let ec2 = shared::client!(cloud, aws_sdk_ec2);
    let of_group = Filter::builder().name("group-id").values(group).build();
    while began.elapsed() < DEADLINE {
        let request = ec2.describe_security_group_rules().filters(of_group.clone());
        let rules = request.send().await.tried(format!("cannot look at the rules of `{group}`"))?;
        let mut rules = rules.security_group_rules().iter();
        let open = rules.any(|it| {
            it.is_egress() == Some(false)
                && it.from_port() == Some(SSH)
                && it.cidr_ipv4() == Some(WORLD)
        });
        if !open {
            return Ok(began.elapsed().as_millis());
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Failure::new(format!("port {SSH} of `{group}` stayed open to the world"))
        .because(format!("nothing closed it within {} s", DEADLINE.as_secs()))
        .hint("the machine `terrace-respond` and the log group `/terrace/functions/recognise` may say why"))
}

async fn responses(cloud: &Cloud, stack: &str) -> Result<Vec<String>, Failure> {
    Ok(cloud.ledger.names(&format!("responses/{stack}/")).await?)
}

/// What Terrace wrote down about it, which it does after acting.
async fn told(cloud: &Cloud, stack: &str, before: &[String]) -> Result<Value, Failure> {
    let began = Instant::now();
    while began.elapsed() < DEADLINE {
        for name in responses(cloud, stack).await? {
            let event = name.trim_end_matches(".json");
            if before.contains(&name) {
                continue;
            }
            let response: Option<Value> = cloud.ledger.read(&Key::Response(stack, event)).await?;
            // Others may have caused something meanwhile.
            if let Some(response) =
                response.filter(|it| it["cause"]["event"] == "AuthorizeSecurityGroupIngress")
            {
                return Ok(response);
            }
        }
        tokio::time::sleep(POLL).await;
    }
    Err(Failure::new("the rule is gone, but no response was written down"))
}
