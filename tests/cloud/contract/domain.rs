//! Contracts of the edge tier's certificate for a domain, and of its records in Route 53.

use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};
use shared::model::{Status, Tier};
use support::Cloud;
use support::contract::{Case, check};

use super::stage::Stage;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::domain::certificate", |cloud| certificate(cloud).boxed_local()),
    ("contract::domain::strangers_record", |cloud| strangers_record(cloud).boxed_local()),
];

/// Certificate and records need each other: the certificate is ready when its record stands.
async fn certificate(cloud: Arc<Cloud>) {
    let zone = hosted_zone(&cloud, "ct-domain.example.org").await;
    let mut stage = of_domain(&cloud, "ct-domain-12345678", "shop.ct-domain.example.org", &zone);
    let certificate = stage.node(Tier::Edge, "certificate-shop.ct-domain.example.org");
    stage.bench.create(&certificate).await.expect("can be requested");
    stage.bench.create(&certificate).await.expect("can be requested twice");
    let [pending] = &stage.bench.find(&certificate).await[..] else { panic!("there is one") };
    assert_eq!(pending.status, Status::Pending);

    let mut proof = stage.node(Tier::Edge, "validation-record-shop.ct-domain.example.org");
    proof.spec = filled(&proof.spec, "certificate-shop.ct-domain.example.org", &pending.facts);
    stage.bench.stand(proof.clone()).await;
    stage.bench.stand(certificate).await;
    stage.bench.remove(&proof).await;
    let case = Case::new(proof).change("data.cname.ttl_seconds", json!(60));
    check(&mut stage.bench, case).await;

    stage.stand_needs(Tier::Edge, "alias-shop.ct-domain.example.org").await;
    let changes =
        vec![("data.alias.dns_name", json!("terrace-ct-domain-12345678-alb-9.example.org"))];
    stage.keeps_contract(Tier::Edge, "alias-shop.ct-domain.example.org", changes).await;
    stage.bench.clear().await;
    drop_zone(&cloud, &zone).await;
}

/// A record that people made before is neither changed nor taken for ours.
async fn strangers_record(cloud: Arc<Cloud>) {
    let zone = hosted_zone(&cloud, "ct-record.example.org").await;
    let mut stage = of_domain(&cloud, "ct-record", "shop.ct-record.example.org", &zone);
    let certificate = stage.node(Tier::Edge, "certificate-shop.ct-record.example.org");
    stage.bench.create(&certificate).await.expect("can be requested");
    let pending = stage.bench.find(&certificate).await.remove(0);
    let name = "alias-shop.ct-record.example.org";
    let mut alias = stage.node(Tier::Edge, name);
    alias.spec = filled(&alias.spec, "certificate-shop.ct-record.example.org", &pending.facts);
    alias.spec["data"] = json!({ "alias": { "dns_name": "x.example.org", "zone_id": "Z1" } });
    let mut theirs = alias.clone();
    theirs.spec["data"] = json!({ "alias": { "dns_name": "y.example.org", "zone_id": "Z1" } });
    stage.bench.create(&theirs).await.expect("a stranger makes a record");

    let error = stage.bench.create(&alias).await.expect_err("it is taken").to_string();
    assert!(error.contains("did not make") && error.contains("hint"), "{error}");
    assert_eq!(stage.find(Tier::Edge, name).await, []);
    let live = shared::model::Live {
        address: theirs.address,
        kind: theirs.kind,
        spec: theirs.spec,
        facts: [].into(),
        status: Status::Ready,
    };
    stage.bench.delete(&live).await.expect("can be deleted");
    stage.bench.delete(&pending).await.expect("can be deleted");
    stage.bench.clear().await;
    drop_zone(&cloud, &zone).await;
}

fn of_domain(cloud: &Cloud, stack: &str, domain: &str, zone: &str) -> Stage {
    Stage::new(cloud, stack, |spec| {
        spec["ingress"]["certificate"] =
            json!({ "domain": { "name": domain, "hosted_zone": zone } });
    })
}

async fn hosted_zone(cloud: &Cloud, name: &str) -> String {
    let route53 = aws_sdk_route53::Client::new(cloud.aws().config());
    let request = route53.create_hosted_zone().name(name).caller_reference(name);
    let made = request.send().await.expect("a zone can be made");
    let id = made.hosted_zone().expect("a zone").id();
    id.trim_start_matches("/hostedzone/").to_owned()
}

/// Route 53 deletes no zone that holds a record of somebody's: nothing was left in it.
async fn drop_zone(cloud: &Cloud, zone: &str) {
    let route53 = aws_sdk_route53::Client::new(cloud.aws().config());
    route53.delete_hosted_zone().id(zone).send().await.expect("the zone is empty");
}

/// The spec with the facts of one edge node filled in.
fn filled(spec: &Value, name: &str, facts: &shared::model::Facts) -> Value {
    let mut text = spec.to_string();
    for (fact, value) in facts {
        text = text.replace(&format!("${{edge/{name}.{fact}}}"), value);
    }
    serde_json::from_str(&text).expect("JSON")
}
