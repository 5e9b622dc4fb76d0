use shared::model::{Address, Tier};

use super::*;

fn fleet(types: &[&str], zones: &[&str]) -> Fleet {
    Fleet {
        address: Address::new(Tier::Compute, "scaling-group"),
        types: types.iter().map(|it| (*it).to_owned()).collect(),
        zones: zones.iter().map(|it| (*it).to_owned()).collect(),
        more: 2,
        image: Some("ami-1".to_owned()),
    }
}

#[test]
fn every_zone_needs_one_of_the_types() {
    let offers: Offers = [("t4g.small", &["a", "b"][..]), ("c9g.large", &["c"])]
        .into_iter()
        .map(|(name, zones)| (name.into(), zones.iter().map(|it| (*it).into()).collect()))
        .collect();
    for (types, zones, short, says) in [
        (&["t4g.small"][..], &["a", "b"][..], 0, ""),
        (&["t4g.small"], &["a", "c"], 1, "have a, b, need c"),
        (&["t4g.small", "c9g.large"], &["a", "b", "c"], 0, ""),
        (&["x0.large"], &["a"], 1, "have it in no zone of this region"),
        (&["x0.large", "t4g.small"], &["a"], 1, "instance type x0.large"),
        (&["x0.large", "t4g.small"], &["a", "d"], 2, "none is offered there"),
    ] {
        let found = offered(&fleet(types, zones), &offers);
        assert_eq!(found.shortfalls.len(), short, "{types:?} {zones:?}");
        let said: String = found.shortfalls.iter().map(ToString::to_string).collect();
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn an_image_runs_on_its_architecture_only() {
    let arm = Type { vcpus: 2, architectures: ["arm64".to_owned()].into() };
    let types = [("t4g.small".to_owned(), arm)].into();
    let of = |architecture| {
        fits(&fleet(&["t4g.small", "unknown"], &[]), "ami-1", architecture, &types).shortfalls
    };
    assert_eq!(of(Some("arm64")), []);
    assert!(of(Some("x86_64"))[0].to_string().contains("have x86_64, need arm64"));
    assert!(of(None)[0].have.contains("no such image"));
}

#[test]
fn a_type_counts_against_its_familys_quota() {
    for (name, code) in [
        ("t4g.nano", Some("L-1216C47A")),
        ("im4gn.large", Some("L-1216C47A")),
        ("inf2.xlarge", Some("L-1945791B")),
        ("u-6tb1.metal", Some("L-43DA4232")),
        ("mac2.metal", None),
    ] {
        assert_eq!(family(name).map(|it| it.code), code, "{name}");
    }
}
