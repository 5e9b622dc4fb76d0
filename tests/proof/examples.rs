//! The wish of real specs: all tiers' nodes, as the tiers' own code makes them.

use std::collections::BTreeMap;

use shared::aws::{Kind, Scope};
use shared::model::{Rules, Stack};
use shared::revision::{Pinned, Revision};
use shared::spec::{self, Spec};

const THREE_TIER: &str = include_str!("../../infra-bootstrap/examples/three-tier.yaml");
const MINIMAL: &str = include_str!("../../infra-bootstrap/examples/minimal.yaml");
const LARGE: &str = include_str!("../../infra-bootstrap/examples/large.yaml");

pub fn three_tier() -> Spec {
    read(THREE_TIER)
}

pub fn minimal() -> Spec {
    read(MINIMAL)
}

pub fn large() -> Spec {
    read(LARGE)
}

fn read(text: &str) -> Spec {
    spec::read(text, "example").unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// All nodes of a spec.
pub fn stack(spec: &Spec) -> Stack {
    let scope = Scope {
        stack: spec.name.to_string(),
        account: "123456789012".to_owned(),
        region: spec.region.to_string(),
    };
    let pinned = Pinned { app_ami: "ami-1".to_owned(), bastion_ami: "ami-2".to_owned() };
    let revision = Revision { number: 1, spec: spec.clone(), pinned };
    let nodes = tiers::all().flat_map(|tier| (tier.wish)(&revision, &scope)).collect();
    Stack::new(nodes).unwrap_or_else(|error| panic!("{error}"))
}

/// What the planner is told of each kind.
pub fn rules() -> BTreeMap<&'static str, Rules> {
    let kinds = tiers::all().flat_map(|tier| tier.kinds);
    kinds.map(|kind: &Kind| (kind.name, kind.rules())).collect()
}
