//! `AWS::KMS::Key`

use aws_sdk_kms::config::{self, retry::RetryConfig};
use aws_sdk_kms::types::{KeyMetadata, KeyState, Tag};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, Grant, LiveOf, OrAbsent, Resource, Tags};
use shared::model::{Address, Facts, Status};
use shared::world::CloudError;

use crate::search::{self, ABSENT};
use crate::{alias_name, client};

/// KMS asks for the window only when a key is deleted, so the wish is kept in this tag.
const WINDOW_TAG: &str = "terrace:deletion-days";

/// KMS `ScheduleKeyDeletion`, `PendingWindowInDays`, when nothing is said.
const WINDOW_DEFAULT_DAYS: u32 = 30;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// By this alias the key is found; so the alias stands as long as the key does.
    pub alias: String,
    pub description: String,
    pub enabled: bool,
    /// `None`: it is not rotated.
    pub rotation_days: Option<u32>,
    /// Days between the deletion and the end; until then it can be called back.
    pub deletion_days: u32,
}

impl Resource for Key {
    const KIND: &'static str = "AWS::KMS::Key";
    const IMMUTABLE: &'static [&'static str] = &["alias"];
    const PROTECTION: &'static str = "what it encrypted could never be read again, backups \
        included; no spec allows that";
    const GRANTS: &'static [Grant] = &[
        Grant::on(
            &["kms:CreateKey", "kms:ListKeys"],
            "*",
            "KMS has no resource-level permission for these",
        ),
        Grant::on(
            &[
                "kms:CancelKeyDeletion",
                "kms:DescribeKey",
                "kms:DisableKey",
                "kms:DisableKeyRotation",
                "kms:EnableKey",
                "kms:EnableKeyRotation",
                "kms:GetKeyRotationStatus",
                "kms:ListResourceTags",
                "kms:ScheduleKeyDeletion",
                "kms:TagResource",
                "kms:UpdateKeyDescription",
            ],
            "arn:aws:kms:{region}:{account}:key/*",
            "the stack's own key, whose id nobody knows beforehand",
        ),
    ];

    /// Three calls, however many keys the account has: KMS filters keys by nothing, but an alias
    /// leads to one. A key that waits for its deletion is gone.
    async fn list(cx: &Cx) -> Result<Vec<LiveOf<Self>>, CloudError> {
        let Some(key) = search::by_alias(cx).await? else { return Ok(Vec::new()) };
        let tags = search::tags(cx, key.key_id()).await?;
        match tags.address(&cx.scope) {
            Some(address) if !is_doomed(&key) => {
                Ok(vec![Self::live(cx, address, &key, &tags).await?])
            }
            Some(_) | None => Ok(Vec::new()),
        }
    }

    /// Takes back a key of ours that is about to be deleted or that lost its alias, before it
    /// makes another.
    async fn create(&self, cx: &Cx, at: &Address) -> Result<Facts, CloudError> {
        let led = search::by_alias(cx).await?;
        let key = match search::find(cx, at, led.as_ref()).await? {
            Some(key) => key,
            None if led.is_some() => return Err(self.taken(led.as_ref())),
            None => self.make(cx, at).await?,
        };
        if is_doomed(&key) {
            client(cx).cancel_key_deletion().key_id(key.key_id()).send().await?;
        }
        // A key without its alias is as good as lost: whoever looks for it reads all keys.
        match led {
            Some(led) if led.key_id() == key.key_id() => (),
            Some(_) => point(cx, &self.alias, key.key_id()).await?,
            None => name(cx, &self.alias, key.key_id()).await?,
        }
        Ok(facts(&key))
    }

    async fn update(&self, cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let (kms, id) = (client(cx), live.facts["id"].as_str());
        // Nothing else can be changed while a key is off.
        match (self.enabled, live.spec.enabled) {
            (true, false) => _ = kms.enable_key().key_id(id).send().await?,
            (false, true) => _ = kms.disable_key().key_id(id).send().await?,
            (true, true) | (false, false) => (),
        }
        if self.description != live.spec.description {
            let request = kms.update_key_description().key_id(id);
            request.description(&self.description).send().await?;
        }
        if self.rotation_days != live.spec.rotation_days {
            rotate(cx, id, self.rotation_days).await?;
        }
        if self.deletion_days != live.spec.deletion_days {
            let tag = tag(WINDOW_TAG, &self.deletion_days.to_string())?;
            kms.tag_resource().key_id(id).tags(tag).send().await?;
        }
        Ok(())
    }

    /// Schedules the end; a redeploy within the window takes the key back.
    async fn delete(cx: &Cx, live: &LiveOf<Self>) -> Result<(), CloudError> {
        let request = client(cx).schedule_key_deletion().key_id(&live.facts["id"]);
        let request = request.pending_window_in_days(days(live.spec.deletion_days)?);
        // Scheduled already: KMS calls that an invalid state.
        request.send().await.or_absent(&["KMSInvalidStateException", ABSENT[0]])?;
        Ok(())
    }
}

impl Key {
    async fn live(
        cx: &Cx,
        address: Address,
        key: &KeyMetadata,
        tags: &Tags,
    ) -> Result<LiveOf<Self>, CloudError> {
        let status = match key.key_state() {
            Some(KeyState::Enabled | KeyState::Disabled) => Status::Ready,
            Some(KeyState::Creating | KeyState::Updating) | None => Status::Pending,
            Some(other) => Status::Failed(format!("the key is {other}")),
        };
        let window = tags.get(WINDOW_TAG).and_then(|days| days.parse().ok());
        let spec = Self {
            alias: alias_name(&cx.scope),
            description: key.description().unwrap_or_default().to_owned(),
            enabled: key.enabled(),
            rotation_days: rotation_days(cx, key.key_id()).await?,
            deletion_days: window.unwrap_or(WINDOW_DEFAULT_DAYS),
        };
        Ok(LiveOf { address, spec, facts: facts(key), status })
    }

    /// Neither token nor name: a second try could make a second key.
    async fn make(&self, cx: &Cx, at: &Address) -> Result<KeyMetadata, CloudError> {
        let request = client(cx).create_key().description(&self.description);
        let tags = cx.tags(at);
        let index = tags.pairs().map(|(key, value)| tag(key, value));
        let window = tag(WINDOW_TAG, &self.deletion_days.to_string());
        let request = request.set_tags(Some(index.chain([window]).collect::<Result<_, _>>()?));
        let once = config::Builder::default().retry_config(RetryConfig::disabled());
        let made = request.customize().config_override(once).send().await?;
        made.key_metadata.ok_or(CloudError::Incomplete("a new key's id"))
    }

    fn taken(&self, led: Option<&KeyMetadata>) -> CloudError {
        let id = led.map(KeyMetadata::key_id).unwrap_or_default();
        let alias = &self.alias;
        CloudError::refused(
            "AliasTaken",
            format!(
                "`{alias}` leads to the key `{id}`, which does not carry this stack's tags\n\
                 hint: delete the alias if nobody needs it, or give the stack another name"
            ),
        )
    }
}

async fn rotation_days(cx: &Cx, id: &str) -> Result<Option<u32>, CloudError> {
    let status = client(cx).get_key_rotation_status().key_id(id).send().await?;
    let days = status.rotation_period_in_days().and_then(|days| u32::try_from(days).ok());
    Ok(if status.key_rotation_enabled() { days } else { None })
}

async fn rotate(cx: &Cx, id: &str, every: Option<u32>) -> Result<(), CloudError> {
    let kms = client(cx);
    let done = match every {
        Some(every) => {
            let request = kms.enable_key_rotation().key_id(id);
            request.rotation_period_in_days(days(every)?).send().await.or_absent(ABSENT)?.map(drop)
        }
        None => kms.disable_key_rotation().key_id(id).send().await.or_absent(ABSENT)?.map(drop),
    };
    done.ok_or_else(|| CloudError::not_yet(ABSENT[0], format!("`{id}` is not known everywhere")))
}

/// Leads a new alias to a key. Somebody who was quicker is seen at the next look.
pub(crate) async fn name(cx: &Cx, alias: &str, id: &str) -> Result<(), CloudError> {
    let request = client(cx).create_alias().alias_name(alias).target_key_id(id);
    request.send().await.or_absent(&["AlreadyExistsException"])?;
    Ok(())
}

/// Leads a standing alias to another key.
pub(crate) async fn point(cx: &Cx, alias: &str, id: &str) -> Result<(), CloudError> {
    client(cx).update_alias().alias_name(alias).target_key_id(id).send().await?;
    Ok(())
}

fn is_doomed(key: &KeyMetadata) -> bool {
    matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

fn facts(key: &KeyMetadata) -> Facts {
    let arn = key.arn().map(|arn| ("arn".to_owned(), arn.to_owned()));
    [("id".to_owned(), key.key_id().to_owned())].into_iter().chain(arn).collect()
}

fn tag(key: &str, value: &str) -> Result<Tag, CloudError> {
    let built = Tag::builder().tag_key(key).tag_value(value).build();
    built.map_err(|error| CloudError::refused("BadTag", error.to_string()))
}

fn days(count: u32) -> Result<i32, CloudError> {
    i32::try_from(count)
        .map_err(|error| CloudError::refused("BadDays", format!("{count} days: {error}")))
}
