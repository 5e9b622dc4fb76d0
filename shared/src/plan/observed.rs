//! What one look at the cloud found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Inventory, Owned};
use crate::model::{Address, Live, Rules};

/// Everything that carries the stack's tags or names, plus the rules of its kinds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    pub live: Vec<Live>,
    pub rules: BTreeMap<String, Rules>,
}

impl Observed {
    /// The resource that counts at each address, and the others that claim an address.
    ///
    /// Only what the inventory knows or waits for can count: a tag alone makes nothing ours.
    pub fn by_address(&self, inventory: &Inventory) -> (BTreeMap<Address, &Live>, Vec<&Live>) {
        let everything = self.distinct();
        let mut claims: BTreeMap<&Address, Vec<&Live>> = BTreeMap::new();
        for live in &everything {
            claims.entry(&live.address).or_default().push(live);
        }
        let (mut chosen, mut others) = (BTreeMap::new(), Vec::new());
        for (address, claims) in claims {
            let owned = inventory.get(address);
            let counts = owned.and_then(|owned| owned.choose(&claims, &everything));
            others
                .extend(claims.into_iter().filter(|it| counts.is_none_or(|one| !one.is_same(it))));
            chosen.extend(counts.map(|live| (address.clone(), live)));
        }
        (chosen, others)
    }

    /// Each resource once, in an order that does not depend on who looked first. Two tiers may
    /// have listed the same one: both make Elastic IPs.
    pub(super) fn distinct(&self) -> Vec<&Live> {
        let mut distinct: Vec<&Live> = self.live.iter().collect();
        distinct.sort_by_cached_key(|live| live.identity());
        distinct.dedup_by(|a, b| a.is_same(b));
        distinct
    }

    pub fn rules(&self, kind: &str) -> Rules {
        self.rules.get(kind).cloned().unwrap_or_default()
    }
}

impl Owned {
    /// The one of `claims`, all at one address, that is ours; nothing if none is.
    ///
    /// While its id is open there may be several, made when answers were lost. The one that
    /// works and that others use already counts, so that the least has to change; else the one
    /// with the smallest id, so that every look comes to the same answer.
    pub fn choose<'a>(&self, claims: &[&'a Live], everything: &[&Live]) -> Option<&'a Live> {
        let candidates: Vec<&Live> =
            claims.iter().copied().filter(|live| self.may_count(live)).collect();
        if candidates.len() < 2 {
            return candidates.first().copied();
        }
        let users = |live: &Live| everything.iter().filter(|other| other.uses(live)).count();
        candidates.into_iter().min_by_key(|live| {
            (live.has_failed(), std::cmp::Reverse(users(live)), live.id().unwrap_or_default())
        })
    }
}
