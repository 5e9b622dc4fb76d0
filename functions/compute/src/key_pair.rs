//! `AWS::EC2::KeyPair`: the public key that instances admit.

use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types::{self, ResourceType};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status, Tier};
use shared::world::CloudError;

use crate::names::standing;

const ABSENT: &[&str] = &["InvalidKeyPair.NotFound"];
const TAKEN: &[&str] = &["InvalidKeyPair.Duplicate"];

/// A public key. Another key is another node, so that instances are made with it before the
/// last one goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyPair {
    /// Kind and key without comment, as OpenSSH writes them.
    pub public_key: String,
}

impl Resource for KeyPair {
    const KIND: &'static str = "AWS::EC2::KeyPair";
    const IMMUTABLE: &'static [&'static str] = &["public_key"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["ec2:DescribeKeyPairs"],
            "*",
            "EC2's reading calls have no resource-level permissions",
        ),
        Grant::on(
            &["ec2:DeleteKeyPair", "ec2:ImportKeyPair"],
            "arn:aws:ec2:{region}:{account}:key-pair/terrace-*",
            "the stack's key pair",
        ),
        Grant::on(
            &["ec2:CreateTags"],
            "arn:aws:ec2:{region}:{account}:key-pair/terrace-*",
            "tags are set only in the call that makes it",
        )
        .when("StringEquals", "ec2:CreateAction", &["ImportKeyPair"]),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let request = ec2::client(cx).describe_key_pairs().filters(ec2::of_stack(cx));
        let answer = request.include_public_key(true).send().await?;
        let ours = answer.key_pairs().iter().filter_map(|it| {
            let address = ec2::tags(it.tags()).address(&cx.scope)?;
            (address.tier() == Tier::Compute).then(|| Self::live(address, it))
        });
        ours.collect()
    }

    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let name = cx.scope.name(at.name());
        let request = ec2::client(cx)
            .import_key_pair()
            .key_name(&name)
            .public_key_material(Blob::new(self.public_key.as_bytes()))
            .tag_specifications(ec2::tag(cx, at, ResourceType::KeyPair));
        match request.send().await.or_absent(TAKEN)? {
            Some(made) => facts(made.key_pair_id(), &name),
            None => standing::<Self>(cx, at, "the key pair", &name).await,
        }
    }

    /// Nothing of a key pair can be changed.
    async fn update(&self, _: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        Ok(())
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = ec2::client(cx).delete_key_pair().key_name(ec2::fact(live, "name")?);
        request.send().await.or_absent(ABSENT)?;
        Ok(())
    }
}

impl KeyPair {
    fn live(address: Address, it: &types::KeyPairInfo) -> Result<LiveOf<Self>, CloudError> {
        let words = it.public_key().unwrap_or_default().split_whitespace();
        // AWS puts the name where the comment was.
        let public_key = words.take(2).collect::<Vec<_>>().join(" ");
        let facts = facts(it.key_pair_id(), it.key_name().unwrap_or_default())?;
        Ok(LiveOf { address, spec: Self { public_key }, facts, status: Status::Ready })
    }
}

fn facts(id: Option<&str>, name: &str) -> Result<Facts, CloudError> {
    let mut facts = ec2::facts(id, "a key pair's id")?;
    facts.insert("name".to_owned(), name.to_owned());
    Ok(facts)
}
