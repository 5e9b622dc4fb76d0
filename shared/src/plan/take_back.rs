//! What was to be replaced, and is wished for again.

use std::collections::BTreeMap;

use super::{Inventory, Observed, Owned};
use crate::diff::diff;
use crate::model::{Address, Live, Node, Stack};

/// The inventory as it is with this wish: where the one that counts cannot become what is wished
/// without being replaced, and one that it replaced can, the older one counts again. Two lives at
/// one address share their name if they share all that cannot be changed, so making a third one
/// would only find the older one.
pub(super) fn take_back(inventory: &Inventory, stack: &Stack, observed: &Observed) -> Inventory {
    let mut next = inventory.clone();
    if next.values().all(|owned| owned.replaced.is_empty()) {
        return next;
    }
    let (live, _) = observed.by_address(inventory);
    let mut live: BTreeMap<Address, Live> =
        live.into_iter().map(|(address, live)| (address, live.clone())).collect();
    // In dependency order: what a node refers to has been decided before.
    for node in stack.nodes() {
        let Some(owned) = next.get_mut(&node.address) else { continue };
        let want = node.resolve(&live);
        if live.get(&node.address).is_some_and(|it| can_become(it, &want, observed)) {
            continue;
        }
        let mut former = observed.distinct().into_iter().filter(|it| it.address == node.address);
        let former = former.find(|it| owned.is_replaced(it) && can_become(it, &want, observed));
        if let Some(former) = former {
            owned.count_again(former, live.get(&node.address));
            live.insert(node.address.clone(), former.clone());
        }
    }
    next
}

fn can_become(live: &Live, want: &Node, observed: &Observed) -> bool {
    let rules = observed.rules(&want.kind);
    let differences = || diff(&want.spec, &live.spec, &rules);
    live.kind == want.kind
        && !live.has_failed()
        && differences().iter().all(|it| !rules.is_immutable(&it.field))
}

impl Owned {
    /// The older one takes its place back from `newer`.
    fn count_again(&mut self, former: &Live, newer: Option<&Live>) {
        let id = former.id().map(str::to_owned);
        self.replaced.extend(newer.and_then(Live::id).map(str::to_owned));
        self.replaced.retain(|it| Some(it) != id.as_ref());
        self.id = id;
    }
}
