//! What is ours after a run, and by which ids events find it.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use futures::{StreamExt, stream};
use shared::lambda::{Failure, Home};
use shared::ledger::{Key, LedgerError, TierRecord, Whereabouts};
use shared::model::{Address, Live, Node, Stack, Tier};
use shared::plan::{Inventory, Observed, Owned, settle};

/// Addresses whose ids are written down at once: a first deploy has a hundred of them.
const ADDRESSES_AT_ONCE: usize = 16;

/// Writes ids down, and where each belongs, so that an event about an id finds its stack.
pub async fn keep_inventory(
    home: &Home,
    stack: &str,
    records: &BTreeMap<Tier, TierRecord>,
) -> Result<(), Failure> {
    let wish: Vec<Node> = records.values().flat_map(|record| record.wish.clone()).collect();
    let wish = Stack::new(wish).map_err(|error| Failure::Refused(error.to_string()))?;
    let live = records.values().flat_map(|record| record.part.live.clone()).collect();
    let observed = Observed { live, ..Observed::default() };
    let key = Key::Inventory(stack);
    let before: Inventory = home.ledger.read(&key).await?.unwrap_or_default();
    let mut after = settle(&before, &wish, &observed);
    let mut failed = None;
    let announced: Vec<_> = stream::iter(&mut after)
        .map(|(address, owned)| announce(home, stack, address, owned, &observed.live))
        .buffer_unordered(ADDRESSES_AT_ONCE)
        .collect()
        .await;
    for result in announced {
        if let Err(error) = result {
            failed = Some(error);
        }
    }
    // Whoever tries again goes on where this one came to.
    if after != before {
        home.ledger.write(&key, &after).await?;
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Writes down where the ids of one address belong, unless that was done.
async fn announce(
    home: &Home,
    stack: &str,
    address: &Address,
    owned: &mut Owned,
    live: &[Live],
) -> Result<(), LedgerError> {
    let Some(id) = &owned.id else { return Ok(()) };
    let names = names(id, live);
    let joined = names.iter().copied().collect::<Vec<_>>().join(" ");
    if owned.announced.as_ref() == Some(&joined) {
        return Ok(());
    }
    let known: BTreeSet<&str> = owned.announced.iter().flat_map(|it| it.split(' ')).collect();
    let place = Whereabouts { stack: stack.to_owned(), address: address.clone() };
    let writes = names
        .difference(&known)
        .map(|name| async { home.ledger.write(&Key::Id(name), &place).await });
    try_join_all(writes).await?;
    owned.announced = Some(joined);
    Ok(())
}

/// All ids by which events may name the resource `id`.
fn names<'a>(id: &'a str, lives: &'a [Live]) -> BTreeSet<&'a str> {
    let itself = lives.iter().filter(|live| live.id() == Some(id));
    itself.flat_map(Live::part_ids).chain([id]).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use shared::model::{Address, Status};

    use super::*;

    #[test]
    fn a_resource_is_found_by_its_parts_and_by_what_was_born_along() {
        let live = |facts: &[(&str, &str)]| Live {
            address: Address::new(Tier::Network, "it"),
            kind: "AWS::EC2::It".into(),
            spec: Value::Null,
            facts: facts.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            status: Status::Ready,
        };
        let lives = [
            live(&[("id", "rtb-1"), ("subnet-1", "rtbassoc-1"), ("vpc", "vpc-1")]),
            live(&[("id", "vpc-1"), ("default_acl", "acl-0"), ("cidr", "10.0.0.0/16")]),
        ];
        assert_eq!(names("rtb-1", &lives), ["rtb-1", "rtbassoc-1"].into());
        assert_eq!(names("vpc-1", &lives), ["acl-0", "vpc-1"].into());
        assert_eq!(names("arn:gone", &lives), ["arn:gone"].into());
    }
}
