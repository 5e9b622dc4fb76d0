//! Which of the things that stand may be which of the things wished for. Pure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::diff::{Difference, diff};
use shared::model::{Address, Facts, Node, Rules, references_in};

use super::read::{ACL, ADDRESS, GATEWAY, GROUP, NAT, SUBNET, Standing, TABLE, Thing, VPC};

/// What is taken over, and what is left alone.
#[derive(Debug, Default, PartialEq)]
pub struct Mapping {
    pub chosen: BTreeMap<Address, Chosen>,
    /// Wished for, and nothing of it stands: the next deploy makes it.
    pub missing: Vec<Address>,
    /// Ids, with the reason.
    pub left: Vec<(String, String)>,
}

#[derive(Debug, PartialEq)]
pub struct Chosen {
    pub id: String,
    /// Fields that the next deploy changes.
    pub differs: Vec<String>,
    /// What it changes of an ACL's entries, one by one.
    pub entries: Vec<String>,
}

/// The order in which kinds are looked at: what a kind is recognised by is known before.
const KINDS: [&str; 8] = [VPC, SUBNET, GATEWAY, NAT, ADDRESS, TABLE, ACL, GROUP];

/// Maps what stands to `wish`, the nodes of the tiers network and firewall.
///
/// Nothing is chosen that would have to be replaced, and no table or ACL that subnets follow which
/// are not taken over: those would lose it.
pub fn map(wish: &[Node], standing: &Standing) -> Mapping {
    let mut mapping = Mapping::default();
    let mut facts: BTreeMap<Address, Facts> = BTreeMap::new();
    for kind in KINDS {
        for node in wish.iter().filter(|node| node.kind == kind) {
            let mut want = node.resolve(&facts);
            if kind == ADDRESS {
                // Nothing else tells addresses apart than the gateway that has one.
                let known = facts.get(&node.address).and_then(|it| it.get("id"));
                want.spec["id"] = known.map(String::as_str).into();
            }
            let things =
                standing.things.iter().filter(|it| it.kind == kind && !mapping.has(&it.id));
            let Some(thing) = best(&want, things, &mapping) else {
                mapping.missing.push(node.address.clone());
                continue;
            };
            facts.insert(node.address.clone(), facts_of(thing));
            if kind == NAT {
                facts.extend(address_of(node, thing));
            }
            let differences = differences(&node.resolve(&facts), thing);
            let chosen = Chosen {
                id: thing.id.clone(),
                differs: fields(&differences),
                entries: entries(&differences),
            };
            mapping.chosen.insert(node.address.clone(), chosen);
        }
    }
    let left = standing.things.iter().filter(|it| !mapping.has(&it.id));
    mapping.left = left.map(|it| (it.id.clone(), reason(it))).collect();
    mapping
}

impl Mapping {
    fn has(&self, id: &str) -> bool {
        self.chosen.values().any(|it| it.id == id)
    }
}

/// The one that has all that cannot be changed, and most of what can.
fn best<'a>(
    want: &Node,
    things: impl Iterator<Item = &'a Thing>,
    mapping: &Mapping,
) -> Option<&'a Thing> {
    let fits = things.filter(|it| it.unfit.is_none() && fits(want, it, mapping));
    fits.min_by_key(|it| (Reverse(shared_subnets(want, it)), it.id.clone()))
}

fn fits(want: &Node, thing: &Thing, mapping: &Mapping) -> bool {
    let same = |fields: &[&str]| {
        fields
            .iter()
            .all(|field| !want.spec[field].is_null() && want.spec[field] == thing.spec[field])
    };
    match thing.kind {
        VPC => same(&["cidr"]),
        SUBNET => same(&["vpc_id", "zone", "cidr"]),
        GATEWAY => same(&["vpc_id"]),
        NAT => same(&["subnet_id"]),
        ADDRESS => want.spec["id"] == thing.id.as_str(),
        GROUP => same(&["vpc_id", "name", "description"]),
        _ => {
            let follows = subnets(&thing.spec);
            let foreign = follows.iter().any(|id| !mapping.has(id));
            same(&["vpc_id"]) && !foreign && shared_subnets(want, thing) > 0
        }
    }
}

fn shared_subnets(want: &Node, thing: &Thing) -> usize {
    subnets(&want.spec).intersection(&subnets(&thing.spec)).count()
}

fn subnets(spec: &Value) -> BTreeSet<&str> {
    spec["subnets"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What both tell, and tell otherwise.
fn differences(want: &Node, thing: &Thing) -> Vec<Difference> {
    let told = |name: &str| !thing.spec[name].is_null();
    let mut both = want.spec.clone();
    if let Some(fields) = both.as_object_mut() {
        fields.retain(|name, _| told(name));
    }
    diff(&both, &thing.spec, &Rules::default())
}

fn fields(differences: &[Difference]) -> Vec<String> {
    let fields: BTreeSet<String> = differences.iter().map(|it| top(&it.field)).collect();
    fields.into_iter().collect()
}

fn entries(differences: &[Difference]) -> Vec<String> {
    let of_entries = differences.iter().filter(|it| top(&it.field) == "entries");
    of_entries.map(ToString::to_string).collect()
}

fn top(field: &str) -> String {
    field.split('.').next().unwrap_or(field).to_owned()
}

fn facts_of(thing: &Thing) -> Facts {
    Facts::from([("id".to_owned(), thing.id.clone())])
}

/// The address of a NAT gateway is the one that it has.
fn address_of(node: &Node, thing: &Thing) -> Option<(Address, Facts)> {
    let allocation = thing.spec["allocation_id"].as_str()?;
    let named = references_in(&node.spec["allocation_id"]).into_iter().next()?;
    Some((named.address, Facts::from([("id".to_owned(), allocation.to_owned())])))
}

fn reason(thing: &Thing) -> String {
    let plain = match thing.kind {
        SUBNET => "the spec asks for no subnet of this range in this zone",
        GATEWAY | ADDRESS | NAT => "the spec asks for none here",
        TABLE | ACL => "followed by no subnet that is taken over, or by others as well",
        GROUP => "its name is not one that the spec gives, and names of groups cannot be changed",
        _ => "it does not fit",
    };
    thing.unfit.clone().unwrap_or_else(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::model::Tier;

    use super::*;

    fn thing(id: &str, kind: &'static str, spec: Value) -> Thing {
        Thing { id: id.to_owned(), kind, spec, owner: None, unfit: None }
    }

    #[test]
    fn what_becomes_of_the_entries_of_an_acl_is_told_one_by_one() {
        let node = |tier, name: &str, kind: &str, spec: Value| Node {
            address: Address::new(tier, name),
            kind: kind.to_owned(),
            spec,
            after: BTreeSet::new(),
            protected: false,
        };
        let entries = |cidr: &str| json!({ "ingress-100": { "cidr": cidr } });
        let range = json!({ "cidr": "10.0.0.0/16" });
        let zone = json!({ "vpc_id": "vpc-1", "zone": "a", "cidr": "10.0.0.0/24" });
        let acl =
            |cidr| json!({ "vpc_id": "vpc-1", "subnets": ["subnet-1"], "entries": entries(cidr) });
        let wish = [
            node(Tier::Network, "vpc", VPC, range.clone()),
            node(Tier::Network, "subnet", SUBNET, zone.clone()),
            node(Tier::Firewall, "acl", ACL, acl("192.0.2.0/24")),
        ];
        let things = vec![
            thing("vpc-1", VPC, range),
            thing("subnet-1", SUBNET, zone),
            thing("acl-1", ACL, acl("0.0.0.0/0")),
        ];
        let mapping = map(&wish, &Standing { things });
        let chosen = &mapping.chosen[&Address::new(Tier::Firewall, "acl")];
        assert_eq!(chosen.differs, ["entries"]);
        let [entry] = &chosen.entries[..] else { panic!("one entry: {chosen:?}") };
        assert!(entry.contains("0.0.0.0/0") && entry.contains("192.0.2.0/24"), "{entry}");
    }
}
