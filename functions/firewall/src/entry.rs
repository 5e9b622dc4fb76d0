//! One entry of a network ACL.

use std::collections::BTreeMap;

use aws_sdk_ec2::types::{NetworkAclEntry, PortRange, RuleAction};
use serde::{Deserialize, Serialize};

/// The last entry of every ACL, which denies the rest and cannot be changed: 32767, and 32768
/// for IPv6.
const LAST_ENTRY: i32 = 32767;

/// Where there are no ports.
const NONE: i32 = -1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// IANA's number: 6 for TCP, 17 for UDP; -1 for all.
    pub protocol: String,
    /// `allow` or `deny`.
    pub action: String,
    pub cidr: String,
    /// The first port; -1 where there are no ports.
    pub from: i32,
    /// The last port; -1 where there are no ports.
    pub to: i32,
}

/// Entries by direction and number: `ingress-100`.
pub type Entries = BTreeMap<String, Entry>;

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Create(String, Entry),
    Replace(String, Entry),
    Delete(String),
}

impl Entry {
    pub fn allow(ports: (u16, u16), cidr: &str) -> Self {
        Self {
            protocol: "6".to_owned(),
            action: RuleAction::Allow.as_str().to_owned(),
            cidr: cidr.to_owned(),
            from: i32::from(ports.0),
            to: i32::from(ports.1),
        }
    }

    /// What an ACL says beside its last entry.
    pub fn all_of(entries: &[NetworkAclEntry]) -> Entries {
        let changeable = |it: &&NetworkAclEntry| it.rule_number().is_some_and(|it| it < LAST_ENTRY);
        entries.iter().filter(changeable).filter_map(|it| Some((key(it)?, Self::of(it)))).collect()
    }

    fn of(entry: &NetworkAclEntry) -> Self {
        let cidr = entry.cidr_block().or(entry.ipv6_cidr_block());
        let ports = entry.port_range();
        Self {
            protocol: entry.protocol().unwrap_or("-1").to_owned(),
            action: entry.rule_action().map(RuleAction::as_str).unwrap_or_default().to_owned(),
            cidr: cidr.unwrap_or_default().to_owned(),
            from: ports.and_then(PortRange::from).unwrap_or(NONE),
            to: ports.and_then(PortRange::to).unwrap_or(NONE),
        }
    }
}

fn key(entry: &NetworkAclEntry) -> Option<String> {
    let direction = if entry.egress()? { "egress" } else { "ingress" };
    Some(format!("{direction}-{}", entry.rule_number()?))
}

/// Whether it is for what leaves, and its number; `None` for what is no key.
pub fn place(key: &str) -> Option<(bool, i32)> {
    let (direction, number) = key.split_once('-')?;
    Some((direction == "egress", number.parse().ok()?))
}

/// The calls from `live` to `want`, in an order in which no call takes away what both allow.
///
/// Entries that shift to other numbers (a source was added before them) overwrite each other,
/// so one is overwritten only when its copy stands or nobody wants it.
pub fn changes(live: &Entries, want: &Entries) -> Vec<Change> {
    let (mut standing, mut changes) = (live.clone(), Vec::new());
    for (key, entry) in want.iter().filter(|(key, _)| !live.contains_key(*key)) {
        standing.insert(key.clone(), entry.clone());
        changes.push(Change::Create(key.clone(), entry.clone()));
    }
    let differs = |(key, entry): &(&String, &Entry)| live.get(*key).is_some_and(|it| it != *entry);
    let mut todo: Vec<_> = want.iter().filter(differs).collect();
    while !todo.is_empty() {
        let free = todo.iter().position(|(key, _)| is_free(key, &standing, want));
        let (key, entry) = todo.remove(free.unwrap_or(0));
        standing.insert(key.clone(), entry.clone());
        changes.push(Change::Replace(key.clone(), entry.clone()));
    }
    let unwanted = live.keys().filter(|key| !want.contains_key(*key));
    changes.extend(unwanted.map(|key| Change::Delete(key.clone())));
    changes
}

/// Whether what stands at `key` may be overwritten.
fn is_free(key: &str, standing: &Entries, want: &Entries) -> bool {
    let Some(entry) = standing.get(key) else { return true };
    let same_way = |other: &String| place(other).map(|it| it.0) == place(key).map(|it| it.0);
    let has = |entries: &Entries| {
        entries.iter().any(|(other, it)| other != key && same_way(other) && it == entry)
    };
    has(standing) || !has(want)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(cidrs: &[&str]) -> Entries {
        let numbered = cidrs.iter().enumerate();
        let entry = |(at, cidr): (usize, &&str)| {
            (format!("ingress-{}", 100 + at), Entry::allow((443, 443), cidr))
        };
        numbered.map(entry).collect()
    }

    /// Checks after each call that what both allow still stands; gives what stands at the end.
    fn play(live: &Entries, want: &Entries) -> Entries {
        let both: Vec<_> = live.values().filter(|it| want.values().any(|w| w == *it)).collect();
        let mut standing = live.clone();
        for change in changes(live, want) {
            match change {
                Change::Create(key, entry) => {
                    assert_eq!(standing.insert(key, entry), None, "AWS refuses a second create");
                }
                Change::Replace(key, entry) => {
                    assert!(standing.insert(key, entry).is_some(), "AWS replaces what is there");
                }
                Change::Delete(key) => assert!(standing.remove(&key).is_some()),
            }
            for entry in &both {
                assert!(standing.values().any(|it| it == *entry), "{entry:?} was lost on the way");
            }
        }
        standing
    }

    #[test]
    fn shifting_entries_lose_nothing_on_the_way() {
        let lists: [&[&str]; 6] = [
            &["a", "b", "c"],
            &["b", "c"],
            &["a", "b", "c", "d"],
            &["0", "a", "c", "d"],
            &[],
            &["c"],
        ];
        for (live, want) in lists.iter().flat_map(|live| lists.iter().map(move |want| (live, want)))
        {
            let (live, want) = (entries(live), entries(want));
            assert_eq!(play(&live, &want), want);
        }
    }

    #[test]
    fn nothing_differs_nothing_is_called() {
        assert_eq!(changes(&entries(&["a", "b"]), &entries(&["a", "b"])), []);
    }

    #[test]
    fn the_last_entry_is_not_ours() {
        let last = |number| {
            let entry = NetworkAclEntry::builder().rule_number(number).egress(false);
            entry.rule_action(RuleAction::Deny).cidr_block("0.0.0.0/0").build()
        };
        assert_eq!(Entry::all_of(&[last(32767), last(32768)]), Entries::new());
    }
}
