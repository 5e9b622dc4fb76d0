//! Contracts of the edge tier.

use std::sync::Arc;

use edge::{Action, Check, Effect, Rule};
use futures::FutureExt;
use serde_json::json;
use shared::model::Tier;
use support::Cloud;
use support::contract::{Case, check};

use super::stage::Stage;
use crate::Test;

pub const TESTS: &[Test] = &[
    ("contract::edge::certificate", |cloud| certificate(cloud).boxed_local()),
    ("contract::edge::load_balancer", |cloud| load_balancer(cloud).boxed_local()),
    ("contract::edge::strangers_load_balancer", |cloud| strangers(cloud).boxed_local()),
    ("contract::edge::target_group", |cloud| target_group(cloud).boxed_local()),
    ("contract::edge::web_acl", |cloud| web_acl(cloud).boxed_local()),
    ("contract::edge::closed_web_acl", |cloud| closed_web_acl(cloud).boxed_local()),
    ("contract::edge::web_acl_association", |cloud| association(cloud).boxed_local()),
    ("contract::edge::web_acl_logging", |cloud| logging(cloud).boxed_local()),
    ("contract::edge::listeners", |cloud| listeners(cloud).boxed_local()),
    ("contract::edge::survey", |cloud| survey(cloud).boxed_local()),
];

async fn certificate(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-certificate-123", |_| ());
    let case = Case::new(stage.node(Tier::Edge, "certificate"));
    // ACM has neither name nor token for what is imported.
    let case = case.constant("lasts", "one that does not last is never wished: see its unit tests");
    check(&mut stage.bench, case.makes_another()).await;
    stage.bench.clear().await;
}

async fn load_balancer(cloud: Arc<Cloud>) {
    // As long as a stack's name can be.
    let mut stage = Stage::new(&cloud, "ct-balancer-123456", |spec| {
        spec["network"] = json!({ "zones": 3 });
    });
    stage.stand_needs(Tier::Edge, "alb").await;
    let group = stage.stand(Tier::Firewall, "private").await;
    let mut subnets = Vec::new();
    for letter in ["a", "c"] {
        let subnet = stage.stand(Tier::Network, &format!("subnet-public-{letter}")).await;
        subnets.extend(subnet.id().map(str::to_owned));
    }
    let mut other = Stage::new(&cloud, "ct-balancer-others", |_| ());
    let bucket = other.stand(Tier::Storage, "alb-logs").await;
    other.stand(Tier::Storage, "alb-logs-policy").await;
    let changes = vec![
        ("subnets", json!(subnets)),
        ("security_groups", json!([group.id()])),
        ("log_bucket", json!(bucket.id())),
        ("log_prefix", json!("elsewhere")),
        ("drop_invalid_headers", json!(false)),
        ("desync_mode", json!("strictest")),
        ("deletion_protection", json!(true)),
        ("idle_timeout_seconds", json!(120)),
        ("waf_fail_open", json!(true)),
    ];
    stage.keeps_contract(Tier::Edge, "alb", changes).await;

    // Protected by somebody, and yet the plan has decided.
    let node = stage.node(Tier::Edge, "alb");
    let mut protected = stage.bench.resolve(&node);
    protected.spec["deletion_protection"] = json!(true);
    stage.bench.until_as_wished(&protected).await;
    stage.bench.clear().await;
    other.bench.clear().await;
}

/// What has our name and is not ours is neither taken over nor removed.
async fn strangers(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-stranger-alb", |_| ());
    stage.stand_needs(Tier::Edge, "alb").await;
    let elb = shared::client!(stage.bench.cx, aws_sdk_elasticloadbalancingv2);
    let mut subnets = Vec::new();
    for letter in ["a", "b"] {
        let subnet = stage.stand(Tier::Network, &format!("subnet-public-{letter}")).await;
        subnets.extend(subnet.id().map(str::to_owned));
    }
    let name = stage.bench.cx.scope.name("alb");
    let internal = aws_sdk_elasticloadbalancingv2::types::LoadBalancerSchemeEnum::Internal;
    let request = elb.create_load_balancer().name(&name).scheme(internal);
    let theirs = request.set_subnets(Some(subnets)).send().await.expect("a stranger makes one");
    let theirs = theirs.load_balancers()[0].load_balancer_arn().expect("an ARN").to_owned();

    let wanted = stage.bench.resolve(&stage.node(Tier::Edge, "alb"));
    let error = stage.bench.create(&wanted).await.expect_err("the name is taken").to_string();
    assert!(error.contains(&name) && error.contains("hint"), "{error}");
    assert_eq!(stage.bench.find(&wanted).await, []);
    elb.delete_load_balancer().load_balancer_arn(theirs).send().await.expect("it was left alone");
    stage.bench.clear().await;
}

async fn target_group(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-targets-1234567", |_| ());
    stage.stand_needs(Tier::Edge, "target-group").await;
    let changes = vec![
        ("health.path", json!("/other")),
        ("health.codes", json!("200-299")),
        ("health.interval_seconds", json!(20)),
        ("health.timeout_seconds", json!(6)),
        ("health.healthy_after", json!(4)),
        ("health.unhealthy_after", json!(4)),
        ("deregistration_seconds", json!(60)),
    ];
    stage.keeps_contract(Tier::Edge, "target-group", changes).await;
    stage.bench.clear().await;
}

async fn web_acl(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-acl-12345678901", |_| ());
    let rule = |name: &str, check, effect| Rule { name: name.to_owned(), check, effect };
    let managed = |name: &str, effect| rule(name, Check::Managed(name.to_owned()), effect);
    let other = [
        managed("AWSManagedRulesSQLiRuleSet", Effect::Count),
        rule("rate-limit", Check::RateLimit(100), Effect::Count),
    ];
    let changes = vec![("rules", json!(other)), ("rules", json!([]))];
    let restored = "what others set is put back: see `closed_web_acl`";
    let constant = vec![("passes_by_default", restored), ("metrics", restored)];
    stage.keeps_contract_but(Tier::Edge, "web-acl", changes, constant).await;
    stage.bench.clear().await;
}

/// An ACL that blocks whatever no rule lets through, and that nobody can watch, is put back.
async fn closed_web_acl(cloud: Arc<Cloud>) {
    use aws_sdk_wafv2::types::{BlockAction, DefaultAction, Scope, VisibilityConfig};
    let mut stage = Stage::new(&cloud, "ct-acl-closed", |_| ());
    let node = stage.node(Tier::Edge, "web-acl");
    let live = stage.bench.stand(node.clone()).await;
    let waf = shared::client!(stage.bench.cx, aws_sdk_wafv2);
    let arn = &live.facts["arn"];
    let id = arn.rsplit('/').next().expect("an id");
    let name = arn.rsplit('/').nth(1).expect("a name");
    let request = waf.get_web_acl().name(name).id(id).scope(Scope::Regional);
    let found = request.send().await.expect("it stands");
    let blind = VisibilityConfig::builder().metric_name(name).sampled_requests_enabled(false);
    let blind = blind.cloud_watch_metrics_enabled(false).build().expect("a configuration");
    let block = DefaultAction::builder().block(BlockAction::builder().build()).build();
    let request = waf.update_web_acl().name(name).id(id).scope(Scope::Regional);
    let request = request.default_action(block).visibility_config(blind);
    let request = request.set_rules(found.web_acl.and_then(|acl| acl.rules));
    let request = request.set_lock_token(found.lock_token);
    request.send().await.expect("can be closed");

    let closed = stage.bench.find(&node).await.remove(0);
    let differences = stage.bench.differences(&node, &closed).into_iter().map(|it| it.field);
    assert_eq!(differences.collect::<Vec<_>>(), ["metrics", "passes_by_default"]);
    stage.bench.until_as_wished(&node).await;
    stage.bench.clear().await;
}

async fn association(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-association-123", |_| ());
    stage.stand_needs(Tier::Edge, "web-acl-association").await;
    let waf = shared::client!(stage.bench.cx, aws_sdk_wafv2);
    let theirs = a_web_acl(&waf, "ct-association-other").await;
    let changes = vec![("web_acl", json!(theirs.arn()))];
    stage.keeps_contract(Tier::Edge, "web-acl-association", changes).await;
    let request = waf.delete_web_acl().set_name(theirs.name).set_id(theirs.id);
    let request = request.set_lock_token(theirs.lock_token);
    let regional = aws_sdk_wafv2::types::Scope::Regional;
    request.scope(regional).send().await.expect("nothing uses it any more");

    // It stays as long as the door is open.
    let listener = stage.stand(Tier::Edge, "listener-http").await;
    let association = stage.find(Tier::Edge, "web-acl-association").await.remove(0);
    let error = stage.bench.delete(&association).await.expect_err("port 80 is open").to_string();
    assert!(error.contains("port 80"), "{error}");
    stage.bench.delete(&listener).await.expect("can be deleted");
    stage.bench.clear().await;
}

/// An ACL that is nobody's.
async fn a_web_acl(waf: &aws_sdk_wafv2::Client, name: &str) -> aws_sdk_wafv2::types::WebAclSummary {
    use aws_sdk_wafv2::types::{AllowAction, DefaultAction, Scope, VisibilityConfig};
    let allow = DefaultAction::builder().allow(AllowAction::builder().build()).build();
    let config = VisibilityConfig::builder().metric_name(name).sampled_requests_enabled(false);
    let config = config.cloud_watch_metrics_enabled(false).build().expect("a configuration");
    let request = waf.create_web_acl().name(name).scope(Scope::Regional).default_action(allow);
    let made = request.visibility_config(config).send().await.expect("can be made");
    made.summary.expect("a summary")
}

async fn logging(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-waf-logging-123", |_| ());
    stage.stand_needs(Tier::Edge, "web-acl-logging").await;
    let log_group = stage.bench.cx.scope.arn("logs", "log-group:aws-waf-logs-other");
    let changes = vec![
        ("redacted_headers", json!(["x-secret"])),
        ("redacted_headers", json!([])),
        ("log_group", json!(log_group)),
    ];
    stage.keeps_contract(Tier::Edge, "web-acl-logging", changes).await;
    stage.bench.clear().await;
}

const BY_PORT: &str = "a listener is known by its port, and each port speaks one protocol";
const NO_TLS: &str = "port 80 redirects, in the clear";

async fn listeners(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-listeners-12345", |_| ());
    stage.stand_needs(Tier::Edge, "listener-https").await;
    let group = stage.stand(Tier::Edge, "target-group").await;
    let group = group.facts["arn"].clone();
    let mut other = Stage::new(&cloud, "ct-other-listeners", |_| ());
    let certificate = other.stand(Tier::Edge, "certificate").await;
    let changes = vec![
        ("tls_policy", json!("ELBSecurityPolicy-TLS13-1-2-2021-06")),
        ("action", json!(Action::RedirectToHttps(8443))),
        ("certificate", json!(certificate.id())),
    ];
    let by_port = || vec![("port", BY_PORT), ("protocol", BY_PORT)];
    stage.keeps_contract_but(Tier::Edge, "listener-https", changes, by_port()).await;
    let changes = vec![("action", json!(Action::Forward(group)))];
    let without_tls = [("certificate", NO_TLS), ("tls_policy", NO_TLS)];
    let constant = by_port().into_iter().chain(without_tls).collect();
    stage.keeps_contract_but(Tier::Edge, "listener-http", changes, constant).await;
    stage.bench.clear().await;
    other.bench.clear().await;
}

/// What one look at a whole tier costs.
async fn survey(cloud: Arc<Cloud>) {
    let mut stage = Stage::new(&cloud, "ct-edge-survey", |_| ());
    for name in ["listener-https", "listener-http", "web-acl-logging"] {
        stage.stand(Tier::Edge, name).await;
    }
    assert_eq!(stage.bench.look(edge::TIER.kinds).await, 17);
    stage.bench.clear().await;
}
