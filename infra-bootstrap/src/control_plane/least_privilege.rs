//! Roles of tiers hold what their code calls, and no more.
//!
//! The code is read, not run: an SDK's call is a method without arguments whose name begins with a
//! verb of AWS's, and the action it takes has nearly always the same name.

mod words;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use shared::aws::Grant;

use super::functions::{FUNCTIONS, Function};
use super::template;
use words::{CONDITIONAL, DEPENDENT, GETTERS, RENAMED, UNSCOPED_CHANGES, VERBS};

/// What `shared/ec2` does for the tiers that have a file of this name.
const SHARED_KIND: &str = "elastic_ip.rs";

/// ... and for those whose code names its interfaces.
const SHARED_LOOK: (&str, &str) = ("ec2::interfaces::", "interfaces.rs");

/// A role's inline policies may together have so many characters, blanks not counted
/// ("IAM and AWS STS quotas").
const POLICY_MAX: usize = 10_240;

#[test]
fn every_call_of_a_tier_is_granted() {
    for tier in tiers() {
        let granted: BTreeSet<String> =
            actions(tier).iter().map(|it| folded(name_of(it))).collect();
        let renamed =
            |call: &str| RENAMED.iter().find(|(from, _)| *from == call).map(|(_, to)| name_of(to));
        let missing: Vec<_> = calls(tier)
            .into_iter()
            .filter(|call| !granted.contains(&folded(renamed(call).unwrap_or(call))))
            .collect();
        assert!(missing.is_empty(), "`{}` calls and may not: {missing:?}", tier.name);
    }
}

/// What preflight may: its statements in the template.
fn preflight_actions() -> BTreeSet<String> {
    let template = template();
    let role = &template["Resources"]["PreflightRole"]["Properties"]["Policies"][0];
    let statements = role["PolicyDocument"]["Statement"].as_array().expect("statements").clone();
    let actions = statements.iter().flat_map(|it| it["Action"].as_array().into_iter().flatten());
    actions.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

#[test]
fn preflight_may_what_it_calls_and_changes_nothing_but_service_linked_roles() {
    let granted = preflight_actions();
    let names: BTreeSet<String> = granted.iter().map(|it| folded(name_of(it))).collect();
    let preflight = FUNCTIONS.iter().find(|it| it.name == "preflight").expect("a function");
    let calls = calls(preflight);
    assert!(calls.len() > 15, "{calls:?}");
    let missing: Vec<_> = calls.iter().filter(|call| !names.contains(&folded(call))).collect();
    assert!(missing.is_empty(), "preflight calls and may not: {missing:?}");
    let called: BTreeSet<String> = calls.iter().map(|it| folded(it)).collect();
    for action in &granted {
        let own = action.starts_with("logs:") || action.starts_with("s3:");
        let reads = ["Describe", "Get", "List"].iter().any(|it| name_of(action).starts_with(it));
        let fine = own || reads && called.contains(&folded(name_of(action)));
        let known = ["iam:CreateServiceLinkedRole", "iam:SimulatePrincipalPolicy"];
        assert!(fine || known.contains(&action.as_str()), "preflight holds `{action}`");
    }
}

/// Kinds for which preflight asks nothing: they are parts of others, or no plan makes them.
const PARTS: &[&str] = &[
    "AWS::AutoScaling::AutoScalingGroup#ReplaceUnhealthy",
    "AWS::EC2::EIPAssociation",
    "AWS::EC2::SecurityGroup#rules",
    "AWS::KMS::KeyPolicy",
    "AWS::RDS::DBSnapshot",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
];

#[test]
fn preflight_asks_for_what_the_tiers_hold() {
    for tier in tiers() {
        let held = actions(tier);
        for kind in tier.kinds.iter().filter(|kind| !PARTS.contains(&kind.name)) {
            let asked = preflight::ACTIONS.iter().find(|(it, _, _)| *it == kind.name);
            let Some((_, create, delete)) = asked else {
                panic!("preflight does not know `{}`", kind.name);
            };
            for action in [create, delete] {
                assert!(held.contains(action), "`{}` does not hold `{action}`", tier.name);
            }
        }
    }
}

#[test]
fn every_granted_action_is_called_or_explained() {
    for tier in tiers() {
        let calls = calls(tier);
        let called: BTreeSet<String> = calls.iter().map(|it| folded(it)).collect();
        let renamed =
            |action: &str| RENAMED.iter().any(|(from, to)| *to == action && calls.contains(*from));
        let idle: Vec<_> = actions(tier)
            .into_iter()
            .filter(|action| !called.contains(&folded(name_of(action))) && !renamed(action))
            .filter(|action| DEPENDENT.iter().all(|(explained, _)| explained != action))
            .collect();
        assert!(idle.is_empty(), "`{}` may and never calls: {idle:?}", tier.name);
    }
}

#[test]
fn every_exception_is_in_use() {
    let granted: BTreeSet<_> = tiers().flat_map(actions).collect();
    for (action, reason) in DEPENDENT {
        assert!(granted.contains(action), "nobody holds `{action}` ({reason})");
    }
    let sources: String = tiers().map(source).collect();
    for method in GETTERS.iter().chain(RENAMED.iter().map(|(from, _)| from)) {
        assert!(sources.contains(&format!(".{method}()")), "nobody calls `{method}`");
    }
}

#[test]
fn a_change_is_granted_on_everything_only_where_aws_cannot_narrow_it() {
    for (tier, grant) in grants() {
        for action in grant.actions {
            assert!(!action.contains('*'), "`{tier}` holds `{action}`");
            let reads =
                ["Describe", "Get", "List"].iter().any(|verb| name_of(action).starts_with(verb));
            let fine = grant.resource != "*" || reads || UNSCOPED_CHANGES.contains(action);
            assert!(fine, "`{tier}` holds `{action}` on everything");
        }
    }
}

#[test]
fn what_could_raise_rights_is_bound_by_a_condition() {
    for (tier, grant) in grants() {
        for (action, key) in CONDITIONAL.iter().filter(|(action, _)| grant.actions.contains(action))
        {
            let found = grant.condition.map(|it| it.key);
            assert_eq!(found, Some(*key), "`{action}` of `{tier}`");
        }
    }
}

#[test]
fn the_template_carries_the_conditions() {
    let template = template();
    let statements = &template["Resources"]["AccessRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        ["Statement"];
    let making = statements.as_array().into_iter().flatten().find(|it| {
        it["Action"].as_array().is_some_and(|actions| actions.contains(&"iam:CreateRole".into()))
    });
    let boundary = &making.expect("roles are made")["Condition"]["ArnLike"]["iam:PermissionsBoundary"]
        [0]["Fn::Sub"];
    let pattern =
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/terrace/*/terrace-*-boundary";
    assert_eq!(boundary, pattern);
}

#[test]
fn every_policy_fits_its_role() {
    let template = template();
    for function in FUNCTIONS {
        let role = &template["Resources"][format!("{}Role", super::logical(function.name))];
        let policy = resolved(&role["Properties"]["Policies"][0]["PolicyDocument"]).to_string();
        assert!(policy.len() <= POLICY_MAX, "`{}`: {} characters", function.name, policy.len());
    }
}

fn tiers() -> impl Iterator<Item = &'static Function> {
    FUNCTIONS.iter().filter(|function| !function.kinds.is_empty())
}

fn grants() -> impl Iterator<Item = (&'static str, &'static Grant)> {
    let of = |tier: &'static Function| tier.kinds.iter().flat_map(|kind| kind.grants);
    tiers().flat_map(move |tier| of(tier).map(|grant| (tier.name, grant)))
}

fn actions(tier: &'static Function) -> BTreeSet<&'static str> {
    tier.kinds
        .iter()
        .flat_map(|kind| kind.grants)
        .flat_map(|grant| grant.actions)
        .copied()
        .collect()
}

/// The SDK operations that a tier's source names.
fn calls(tier: &Function) -> BTreeSet<String> {
    let source = source(tier);
    let methods = source.split('.').skip(1).filter_map(|after| {
        let (name, rest) = after.split_once('(')?;
        let verb = name.split('_').next()?;
        let is_call = rest.starts_with(')') && name.contains('_')
            || name == "subscribe"
            || name == "unsubscribe";
        let is_name =
            name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
        (is_call && is_name && VERBS.contains(&verb) && !GETTERS.contains(&name))
            .then(|| name.to_owned())
    });
    methods.collect()
}

/// A tier's source without its tests, and the kinds that it shares with another.
fn source(tier: &Function) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    collect(&root.join("functions").join(tier.name).join("src"), &mut files);
    if files.iter().any(|file| file.ends_with(SHARED_KIND)) {
        files.push(root.join("shared/ec2/src").join(SHARED_KIND));
    }
    let read = |file: &PathBuf| fs::read_to_string(file).expect("a source file can be read");
    let mut texts: Vec<String> = files.iter().map(read).collect();
    let (name, file) = SHARED_LOOK;
    if texts.iter().any(|text| text.contains(name)) {
        texts.push(read(&root.join("shared/ec2/src").join(file)));
    }
    texts
        .iter()
        .map(|text| text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned())
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a tier has sources") {
        let path = entry.expect("a file in a folder").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

/// `ec2:CreateVpc` → `CreateVpc`.
fn name_of(action: &str) -> &str {
    action.split_once(':').map_or(action, |(_, name)| name)
}

/// `create_vpc` and `CreateVpc` → `createvpc`.
fn folded(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// References replaced by text as long as what CloudFormation puts there, at most.
fn resolved(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("Fn::Sub") => {
            let text = fields["Fn::Sub"].as_str().unwrap_or_default();
            let text = text
                .replace("${AWS::Partition}", "aws-us-gov")
                .replace("${AWS::AccountId}", "000000000000");
            text.replace("${AWS::Region}", "ap-southeast-1").into()
        }
        Value::Object(fields) => {
            fields.iter().map(|(key, it)| (key.clone(), resolved(it))).collect()
        }
        Value::Array(items) => items.iter().map(resolved).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
