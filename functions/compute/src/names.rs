//! What happens when a name is taken.

use shared::aws::{Cx, Resource};
use shared::model::{Address, Facts};
use shared::world::CloudError;

/// The facts of what stands at `at`, if what has the name is that; else it is not ours, and a
/// person is told.
pub async fn standing<R: Resource>(
    cx: &Cx,
    at: &Address,
    what: &str,
    name: &str,
) -> Result<Facts, CloudError> {
    let ours = R::list(cx).await?.into_iter().find(|live| live.address == *at);
    ours.map(|live| live.facts).ok_or_else(|| {
        let text = format!(
            "{what} `{name}` exists and does not carry this stack's tags; \
             hint: delete it, or give the stack another name"
        );
        CloudError::refused("NotOurs", text)
    })
}
