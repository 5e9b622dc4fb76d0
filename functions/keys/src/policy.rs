//! The policy of an `AWS::KMS::Key`, as a node of its own.

use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Policy, Resource};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::search::{self, ABSENT};
use crate::{at, client, document};

/// The only name KMS takes for a key's policy.
const NAME: &str = "default";

/// Who may use the key. A key is never without a policy: one that says only what AWS's own
/// says counts as none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyPolicy {
    pub key_id: String,
    pub policy: Policy,
}

impl Resource for KeyPolicy {
    const KIND: &'static str = "AWS::KMS::KeyPolicy";
    const GRANTS: &'static [Grant] = &[Grant::on(
        &["kms:DescribeKey", "kms:GetKeyPolicy", "kms:PutKeyPolicy"],
        "arn:aws:kms:{region}:{account}:key/*",
        "the stack's own key, whose id nobody knows beforehand",
    )];

    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let Some(key) = search::by_alias(cx).await? else { return Ok(Vec::new()) };
        let request = client(cx).get_key_policy().key_id(key.key_id()).policy_name(NAME);
        let Some(found) = request.send().await.or_absent(ABSENT)? else { return Ok(Vec::new()) };
        let policy = found.policy().and_then(Policy::parse);
        let policy = policy.ok_or(CloudError::Incomplete("a key's policy"))?;
        if document::is_default(&cx.scope, &policy) {
            return Ok(Vec::new());
        }
        let key_id = key.key_id().to_owned();
        let facts = facts(&key_id);
        let (address, status) = (at("key-policy"), Status::Ready);
        Ok(vec![LiveOf { address, spec: Self { key_id, policy }, facts, status }])
    }

    async fn create(&self, cx: &Cx, _: &Address) -> Result<Facts, CloudError> {
        put(cx, &self.key_id, &self.policy).await?;
        Ok(facts(&self.key_id))
    }

    async fn update(&self, cx: &Cx, _: &LiveOf<Self>) -> Result<(), CloudError> {
        put(cx, &self.key_id, &self.policy).await
    }

    /// Gives the key back to the account's own policies.
    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).put_key_policy().key_id(&live.spec.key_id).policy_name(NAME);
        let request = request.policy(document::default(&cx.scope).to_string());
        request.send().await.or_absent(&["KMSInvalidStateException", ABSENT[0]])?;
        Ok(())
    }
}

async fn put(cx: &Cx, key_id: &str, policy: &Policy) -> Result<(), CloudError> {
    let request = client(cx).put_key_policy().key_id(key_id).policy_name(NAME);
    let done = request.policy(policy.to_string()).send().await.or_absent(ABSENT)?;
    let soon = || CloudError::not_yet(ABSENT[0], format!("`{key_id}` is not known everywhere"));
    done.map(drop).ok_or_else(soon)
}

fn facts(key_id: &str) -> Facts {
    Facts::from([("id".to_owned(), format!("{key_id}/policy"))])
}
