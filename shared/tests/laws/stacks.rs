//! Random stacks: directed acyclic graphs over several tiers, with every trait a kind can have.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Deref;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use shared::memory::{Birth, Kind, Known, Manners, Pace};
use shared::model::{Address, Bound, Node, Rules, Stack, Tier, reference};

pub const PLAIN: &str = "Test::Plain";
pub const TOKEN: &str = "Test::Token";
pub const NAMED: &str = "Test::Named";
pub const SLOW: &str = "Test::Slow";
pub const GROUP: &str = "Test::Group";

/// Made before it is broken, and known by an id alone.
pub const SWAP: &str = "Test::Swap";
/// Made before it is broken; its name says what cannot be changed.
pub const TITLED: &str = "Test::Titled";

const KINDS: [&str; 7] = [PLAIN, TOKEN, NAMED, SLOW, GROUP, SWAP, TITLED];

/// The simplest resource: alone, and of the kind that makes duplicates.
pub fn thing() -> Node {
    Node {
        address: Address::new(Tier::Keys, "thing"),
        kind: PLAIN.to_owned(),
        spec: json!({ "size": 1 }),
        after: BTreeSet::new(),
        protected: false,
    }
}

/// What [`GROUP`] may hold on its own account.
pub const DESIRED: std::ops::RangeInclusive<i64> = 1..=5;

/// Longer than anything takes that ends by itself.
const DEADLINE_SECONDS: u64 = 300;

pub fn kinds() -> Vec<Kind> {
    let immutable = vec!["fixed".to_owned(), "parent".to_owned(), "deep.fixed".to_owned()];
    let rules = Rules { immutable, deadline_seconds: DEADLINE_SECONDS, ..Rules::default() };
    let plain = Kind { name: PLAIN, rules, ..Kind::default() };
    let unique = vec!["name".to_owned()];
    let named = Rules { unique: unique.clone(), ..plain.rules.clone() };
    let at_least = [("storage".to_owned(), Bound::AtLeast)].into();
    let within = Bound::Within { low: "min".to_owned(), high: "max".to_owned() };
    let group = Rules { bounded: [("desired".to_owned(), within)].into(), ..plain.rules.clone() };
    let slow = Rules { bounded: at_least, ..plain.rules.clone() };
    let swap = Rules { make_before_break: true, ..plain.rules.clone() };
    let titled = Rules { unique: unique.clone(), ..swap.clone() };
    let title = Manners { unique: unique.clone(), ..Manners::default() };
    let spreads = Manners { unique, spreads: true, in_steps: true, ..Manners::default() };
    let lingers = Manners {
        ready_first: vec!["parent".to_owned()],
        lingers: true,
        in_steps: true,
        slowness: 2,
        ..Manners::default()
    };
    vec![
        plain.clone(),
        Kind { name: TOKEN, birth: Birth::Token, ..plain.clone() },
        Kind { name: NAMED, rules: named, birth: Birth::Named, manners: spreads, ..plain.clone() },
        Kind {
            name: SLOW,
            rules: slow,
            birth: Birth::Token,
            facts: [("endpoint".to_owned(), Known::OnceReady)].into(),
            manners: lingers,
        },
        Kind { name: SWAP, rules: swap, birth: Birth::Token, ..plain.clone() },
        Kind { name: TITLED, rules: titled, birth: Birth::Named, manners: title, ..plain.clone() },
        Kind { name: GROUP, rules: group, ..plain },
    ]
}

/// Where a resource may be: the same for all versions of a stack.
#[derive(Clone, Debug)]
pub struct Slot {
    tier: Tier,
    kind: &'static str,
    /// Earlier slots that its versions may refer to.
    earlier: Vec<Index>,
}

/// One slot in one version of a stack.
#[derive(Clone, Debug)]
pub struct Version {
    present: bool,
    /// Another kind than the slot's.
    kind: Option<&'static str>,
    fixed: u8,
    size: u8,
    /// Which of the earlier slots it refers to, bit by bit, and how.
    refers: u8,
    parent: Option<Index>,
    after: Option<Index>,
}

/// A stack that a person can read in the report of a failed law.
#[derive(Clone)]
pub struct Random(Stack);

impl Deref for Random {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.0
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.nodes().iter().try_for_each(|node| {
            let Node { address, kind, spec, after, protected } = node;
            let after: Vec<String> = after.iter().map(Address::to_string).collect();
            write!(f, "\n  {address} {kind} {spec} after {after:?} protected {protected}")
        })
    }
}

/// How many cases a law is tried with, and which: the same ones every time. `PROPTEST_CASES` asks
/// for more of them, `PROPTEST_RNG_SEED` for others.
pub fn cases(cases: u32) -> ProptestConfig {
    let usual = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { usual.cases } else { cases };
    let rng_seed = match usual.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        said @ RngSeed::Fixed(_) => said,
    };
    ProptestConfig { cases, rng_seed, ..usual }
}

pub fn paces() -> impl Strategy<Value = Pace> {
    (0..3u32, 0..3u32, 0..2u32, 0..3u32, 0..3u32, 0..3u32).prop_map(
        |(hidden, creating, updating, deleting, spreading, lingering)| Pace {
            hidden,
            creating,
            updating,
            deleting,
            spreading,
            lingering,
        },
    )
}

pub fn stack() -> impl Strategy<Value = Random> {
    versions(1).prop_map(|mut stacks| stacks.remove(0))
}

/// Two versions of one stack.
pub fn two_versions() -> impl Strategy<Value = (Random, Random)> {
    versions(2).prop_map(|mut stacks| (stacks.remove(0), stacks.remove(0)))
}

/// A stack of which some resources are protected.
pub fn guarded_stack() -> impl Strategy<Value = Random> {
    (stack(), prop::collection::vec(prop::bool::weighted(0.2), 25)).prop_map(|(stack, guards)| {
        let nodes = stack.nodes().iter().zip(guards);
        let nodes = nodes.map(|(node, protected)| Node { protected, ..node.clone() });
        Random(Stack::new(nodes.collect()).expect("the references are the same"))
    })
}

fn versions(count: usize) -> impl Strategy<Value = Vec<Random>> {
    prop::collection::vec(slot(), 2..=25).prop_flat_map(move |mut slots| {
        slots.sort_by_key(|slot| slot.tier);
        let version = prop::collection::vec(version(), slots.len());
        let shift = 0..slots.len();
        prop::collection::vec((version, shift), count).prop_map(move |versions| {
            versions.iter().map(|(version, shift)| build(&slots, version, *shift)).collect()
        })
    })
}

fn slot() -> impl Strategy<Value = Slot> {
    let tier = prop::sample::select(Tier::ALL.as_slice());
    let kind = prop::sample::select(KINDS.as_slice());
    let earlier = prop::collection::vec(any::<Index>(), 0..=3);
    (tier, kind, earlier).prop_map(|(tier, kind, earlier)| Slot { tier, kind, earlier })
}

fn version() -> impl Strategy<Value = Version> {
    let kind = prop::option::weighted(0.05, prop::sample::select(KINDS.as_slice()));
    let parent = prop::option::weighted(0.3, any::<Index>());
    let after = prop::option::weighted(0.1, any::<Index>());
    let (present, fixed) = (prop::bool::weighted(0.8), prop_oneof![4 => Just(0u8), 1 => 1..3u8]);
    (present, kind, fixed, 0..3u8, any::<u8>(), parent, after).prop_map(
        |(present, kind, fixed, size, refers, parent, after)| Version {
            present,
            kind,
            fixed,
            size,
            refers,
            parent,
            after,
        },
    )
}

fn build(slots: &[Slot], versions: &[Version], shift: usize) -> Random {
    let mut nodes: Vec<Node> = Vec::new();
    for (at, (slot, version)) in slots.iter().zip(versions).enumerate() {
        if version.present {
            let name = format!("name-{}", (at + shift) % slots.len());
            nodes.push(node(slot, version, at, &name, &nodes));
        }
    }
    Random(Stack::new(nodes).expect("references lead to earlier nodes"))
}

fn node(slot: &Slot, version: &Version, at: usize, name: &str, nodes: &[Node]) -> Node {
    let kind = version.kind.unwrap_or(slot.kind);
    let pick = |index: &Index| (!nodes.is_empty()).then(|| &nodes[index.index(nodes.len())]);
    let chosen =
        slot.earlier.iter().enumerate().filter(|(bit, _)| version.refers & (1 << bit) != 0);
    let chosen: Vec<&Node> = chosen.filter_map(|(_, index)| pick(index)).collect();
    let as_arn = version.refers & 8 != 0;
    let uses: BTreeSet<String> = chosen.iter().map(|used| hole(used, as_arn)).collect();
    let mut spec = json!({
        "fixed": version.fixed,
        "deep": { "fixed": version.fixed / 2, "size": version.size },
        "size": version.size,
        "uses": uses,
        "reads": chosen.first().filter(|_| version.refers & 16 != 0).map(|used| late_hole(used)),
        "parent": version.parent.as_ref().and_then(pick).map(|node| hole(node, false)),
    });
    match kind {
        NAMED => spec["name"] = name.into(),
        TITLED => spec["name"] = format!("{name}/{}/{}", spec["fixed"], spec["parent"]).into(),
        SLOW => spec["storage"] = (10 + version.size).into(),
        GROUP => {
            (spec["min"], spec["max"]) = ((*DESIRED.start()).into(), (*DESIRED.end()).into());
            spec["desired"] = (2 + version.size).into();
        }
        _ => (),
    }
    let after = version.after.as_ref().and_then(pick).map(|node| node.address.clone());
    Node {
        address: Address::new(slot.tier, format!("r{at}")),
        kind: kind.to_owned(),
        spec,
        after: after.into_iter().collect(),
        protected: false,
    }
}

fn hole(used: &Node, as_arn: bool) -> String {
    let (tier, name) = (used.address.tier(), used.address.name());
    if as_arn { reference(tier, name, "arn") + "/*" } else { reference(tier, name, "id") }
}

/// A fact that is there late, and that is no identity.
fn late_hole(used: &Node) -> Value {
    let fact = if used.kind == SLOW { "endpoint" } else { "id" };
    format!("at {}", reference(used.address.tier(), used.address.name(), fact)).into()
}
