//! `AWS::KMS::Alias`

use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::{alias_name, at, client, key, search};

/// An alias carries no tags: the stack owns it by its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyAlias {
    pub name: String,
    /// `key/<id>`, and not the bare id: the alias leads to the key but does not hold it, since
    /// the key has to go first.
    pub target: String,
}

impl Resource for KeyAlias {
    const KIND: &'static str = "AWS::KMS::Alias";
    const IMMUTABLE: &'static [&'static str] = &["name"];
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
            "arn:aws:kms:{region}:{account}:alias/terrace-*",
            "the stack's own alias",
        ),
        Grant::on(
            &["kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:UpdateAlias"],
            "arn:aws:kms:{region}:{account}:key/*",
            "KMS asks for a permission on the alias and on its key",
        ),
    ];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let Some(key) = search::by_alias(cx).await? else { return Ok(Vec::new()) };
        let name = alias_name(&cx.scope);
        let facts = facts(cx, &name);
        let spec = Self { name, target: Self::target(key.key_id()) };
        Ok(vec![LiveOf { address: at("key-alias"), spec, facts, status: Status::Ready }])
    }

    /// The key named itself already when it was made.
    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        key::name(cx, &self.name, self.key_id()).await?;
        Ok(facts(cx, &self.name))
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        key::point(cx, &self.name, self.key_id()).await
    }

    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).delete_alias().alias_name(&live.spec.name);
        request.send().await.or_absent(&["NotFoundException"])?;
        Ok(())
    }
}

impl KeyAlias {
    /// How a key is written in `target`.
    pub fn target(key_id: &str) -> String {
        format!("key/{key_id}")
    }

    fn key_id(&self) -> &str {
        self.target.strip_prefix("key/").unwrap_or(&self.target)
    }
}

fn facts(cx: &Cx, name: &str) -> Facts {
    let facts =
        [("id", name.to_owned()), ("name", name.to_owned()), ("arn", cx.scope.arn("kms", name))];
    facts.into_iter().map(|(fact, value)| (fact.to_owned(), value)).collect()
}
