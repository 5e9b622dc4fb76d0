//! What a trail records, and what it leaves out.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::types::{EventSelector, ReadWriteType};
use serde::{Deserialize, Serialize};
use shared::aws::{Cx, OrAbsent};
use shared::world::CloudError;

use super::{ABSENT, client};

/// CloudTrail's word for reading and writing, which it also takes when nothing is said.
const ALL: &str = "All";

/// What a trail records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// Calls that manage resources: `All`, `ReadOnly` or `WriteOnly`; empty for none.
    pub management: String,
    /// Services left out of these.
    pub left_out: BTreeSet<String>,
    /// What only others choose, by its kind: calls on data, advanced selectors.
    pub further: BTreeSet<String>,
}

impl Records {
    /// Every call that manages a resource, and no call on data: those cost by their number.
    pub fn all() -> Self {
        Self { management: "All".to_owned(), left_out: [].into(), further: [].into() }
    }

    /// `None` if there is no such trail.
    pub(super) async fn read(cx: &Cx, trail: &str) -> Result<Option<Self>, CloudError> {
        let request = client(cx).get_event_selectors().trail_name(trail);
        let Some(found) = request.send().await.or_absent(ABSENT)? else { return Ok(None) };
        let selectors = found.event_selectors();
        let managing: Vec<&EventSelector> =
            selectors.iter().filter(|it| it.include_management_events().unwrap_or(true)).collect();
        let kinds =
            managing.iter().map(|it| it.read_write_type().map_or(ALL, ReadWriteType::as_str));
        let kinds: BTreeSet<&str> = kinds.collect();
        let left_out = managing.iter().flat_map(|it| it.exclude_management_event_sources());
        let data = selectors.iter().flat_map(EventSelector::data_resources);
        let data = data.filter_map(|it| it.r#type()).map(str::to_owned);
        let advanced = found.advanced_event_selectors().iter();
        let advanced = advanced.map(|it| format!("advanced {}", it.name().unwrap_or_default()));
        Ok(Some(Self {
            management: kinds.into_iter().collect::<Vec<_>>().join(" and "),
            left_out: left_out.cloned().collect(),
            further: data.chain(advanced).collect(),
        }))
    }

    /// Takes the place of all selectors that there are.
    pub(super) async fn put(&self, cx: &Cx) -> Result<(), CloudError> {
        let selector = EventSelector::builder().include_management_events(true);
        let selector = selector.read_write_type(self.management.as_str().into());
        let left_out = self.left_out.iter().cloned().collect();
        let selector = selector.set_exclude_management_event_sources(Some(left_out)).build();
        let request = client(cx).put_event_selectors().trail_name(cx.scope.trail_arn());
        request.event_selectors(selector).send().await?;
        Ok(())
    }
}
