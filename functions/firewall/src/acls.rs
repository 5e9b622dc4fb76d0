//! The network ACLs: one before each tier of subnets.
//!
//! Groups say exactly who may speak to whom; the ACLs keep whole tiers apart, and hold when a
//! group was opened by mistake. They know no connections, so every answer needs an entry too.
//! Names, time and instance metadata come from the VPC itself, past all ACLs.

use std::collections::BTreeSet;

use ipnet::Ipv4Net;
use shared::aws::node;
use shared::model::{Node, Tier, reference};
use shared::spec::{Nat, PlannedSubnet, Spec, SubnetTier};

use crate::cover::{cover, span};
use crate::entry::Entries;
use crate::groups::has_way_out;
use crate::{ANYWHERE, Entry, HTTP, HTTPS, NetworkAcl, SSH, at, vpc_id};

type Ports = (u16, u16);

/// Where answers arrive. 3389 is left out: whoever scans for remote desktops from outside is to
/// find nothing (control EC2.21).
const EPHEMERAL: [Ports; 2] = [(1024, 3388), (3390, 65535)];

/// How many blocks stand for the spec's sources, so that an ACL stays below AWS's 20 entries a
/// direction whatever the spec says.
const WEB_BLOCKS: usize = 3;
const SSH_BLOCKS: usize = 8;

/// An ACL for each tier of subnets.
pub fn wish(spec: &Spec) -> Vec<Node> {
    let subnets = spec.subnets();
    let tiers = Tiers {
        public: range(&subnets, SubnetTier::Public),
        private: range(&subnets, SubnetTier::Private),
        database: range(&subnets, SubnetTier::Database),
    };
    let acl = |tier: SubnetTier, entries: Entries| {
        let behind = subnets.iter().filter(|it| it.tier == tier).map(subnet_id);
        let acl =
            NetworkAcl { vpc_id: vpc_id(), entries, subnets: behind.collect::<BTreeSet<_>>() };
        node(at(format!("nacl-{}", tier.name())), &acl)
    };
    vec![
        acl(SubnetTier::Public, public(spec, &tiers)),
        acl(SubnetTier::Private, private(spec, &tiers)),
        acl(SubnetTier::Database, database(spec, &tiers)),
    ]
}

/// A block for each tier that holds its subnets and none of another tier's.
struct Tiers {
    public: String,
    private: String,
    database: String,
}

fn range(subnets: &[PlannedSubnet], tier: SubnetTier) -> String {
    let blocks = subnets.iter().filter(|it| it.tier == tier).map(|it| it.cidr);
    span(blocks).map(|block: Ipv4Net| block.to_string()).unwrap_or_default()
}

fn subnet_id(subnet: &PlannedSubnet) -> String {
    reference(Tier::Network, &subnet.name(), "id")
}

fn public(spec: &Spec, tiers: &Tiers) -> Entries {
    let mut acl = Acl::default();
    let web = texts(&cover(&spec.ingress.sources, WEB_BLOCKS));
    acl.ingress(100, HTTPS, &web).ingress(200, HTTP, &web);
    if spec.bastion.enabled {
        acl.ingress(300, SSH, &texts(&cover(&spec.bastion.ssh_from, SSH_BLOCKS)));
        acl.egress(300, SSH, &[&tiers.private]);
    }
    if has_way_out(spec) {
        // NAT gateways stand here: what the application asks the internet for passes twice.
        acl.ingress(400, HTTPS, &[&tiers.private]);
    }
    if has_way_out(spec) || spec.bastion.enabled {
        acl.egress(400, HTTPS, &[ANYWHERE]);
    }
    acl.egress(500, spec.app.port, &[&tiers.private]);
    acl.answers_in(ANYWHERE).answers_out(ANYWHERE);
    acl.entries
}

fn private(spec: &Spec, tiers: &Tiers) -> Entries {
    let mut acl = Acl::default();
    if spec.bastion.enabled {
        acl.ingress(300, SSH, &[&tiers.public]);
    }
    match spec.network.nat {
        Nat::PerZone | Nat::Single => {
            acl.egress(400, HTTPS, &[ANYWHERE]);
            acl.answers_in(ANYWHERE)
        }
        Nat::None => acl.answers_in(&tiers.database),
    };
    acl.ingress(500, spec.app.port, &[&tiers.public]).answers_out(&tiers.public);
    acl.egress(600, spec.database.port, &[&tiers.database]);
    acl.entries
}

fn database(spec: &Spec, tiers: &Tiers) -> Entries {
    let mut acl = Acl::default();
    acl.ingress(600, spec.database.port, &[&tiers.private]).answers_out(&tiers.private);
    acl.entries
}

fn texts(blocks: &[Ipv4Net]) -> Vec<String> {
    blocks.iter().map(ToString::to_string).collect()
}

/// Entries under way. Each purpose counts from a number of its own, so that another source moves
/// no entry of another purpose.
#[derive(Default)]
struct Acl {
    entries: Entries,
}

impl Acl {
    fn ingress(&mut self, first: usize, port: u16, from: &[impl AsRef<str>]) -> &mut Self {
        self.allow("ingress", first, (port, port), from)
    }

    fn egress(&mut self, first: usize, port: u16, to: &[impl AsRef<str>]) -> &mut Self {
        self.allow("egress", first, (port, port), to)
    }

    fn answers_in(&mut self, from: &str) -> &mut Self {
        self.answers("ingress", from)
    }

    fn answers_out(&mut self, to: &str) -> &mut Self {
        self.answers("egress", to)
    }

    fn answers(&mut self, direction: &str, peer: &str) -> &mut Self {
        for (at, ports) in EPHEMERAL.into_iter().enumerate() {
            self.allow(direction, 900 + at, ports, &[peer]);
        }
        self
    }

    fn allow(
        &mut self,
        direction: &str,
        first: usize,
        ports: Ports,
        peers: &[impl AsRef<str>],
    ) -> &mut Self {
        let numbered = peers.iter().enumerate().map(|(at, peer)| {
            (format!("{direction}-{}", first + at), Entry::allow(ports, peer.as_ref()))
        });
        self.entries.extend(numbered);
        self
    }
}
