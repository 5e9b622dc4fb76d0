//! The control plane as one CloudFormation template: bucket, topic, key, queue, functions,
//! machines, rules, trail. The same template stands locally and in AWS.

mod events;
mod functions;
mod home;
#[cfg(test)]
mod least_privilege;
mod machines;
mod trail;
mod watch;

use serde_json::{Map, Value, json};

pub use functions::{FUNCTIONS, parameter as code_parameter};

/// The CloudFormation stack that holds the control plane.
pub const STACK_NAME: &str = "terrace";

/// Logical names and their definitions.
type Resources = Map<String, Value>;

/// The whole template.
pub fn template() -> Value {
    let mut resources = Resources::new();
    home::add(&mut resources);
    functions::add(&mut resources);
    machines::add(&mut resources);
    events::add(&mut resources);
    trail::add(&mut resources);
    watch::add(&mut resources);
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Terrace: builds and keeps three-tier stacks from spec files",
        "Parameters": parameters(),
        "Conditions": { "OwnTrail": { "Fn::Equals": [{ "Ref": "Trail" }, "own"] } },
        "Resources": resources,
        "Outputs": outputs(),
    })
}

fn parameters() -> Value {
    let mut parameters = json!({
        "Artifacts": { "Type": "String", "Description": "The bucket that holds the functions' code" },
        "Trail": {
            "Type": "String", "Default": "own", "AllowedValues": ["own", "account"],
            "Description": "own: make a multi-region trail; account: one exists already (five a region is AWS's limit)",
        },
        "DriftSchedule": {
            "Type": "String", "Default": "rate(1 hour)",
            "Description": "How often every stack is compared with its spec",
        },
        "LogRetentionDays": { "Type": "Number", "Default": 365 },
    });
    for function in FUNCTIONS {
        parameters[code_parameter(function.name)] = json!({
            "Type": "String",
            "Description": format!("Key of the zipped bootstrap of `{}`", function.name),
        });
    }
    parameters
}

fn outputs() -> Value {
    let output = |value: Value| json!({ "Value": value });
    json!({
        "Ledger": output(reference("Ledger")),
        "Topic": output(reference("Topic")),
        "DeployMachine": output(reference("DeployAlias")),
        "DestroyMachine": output(reference("DestroyAlias")),
        "DriftMachine": output(reference("DriftAlias")),
        "RespondMachine": output(reference("RespondAlias")),
    })
}

fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

fn attribute(name: &str, attribute: &str) -> Value {
    json!({ "Fn::GetAtt": [name, attribute] })
}

fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

/// `deploy` → `Deploy`: logical names are alphanumeric.
fn logical(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |it| it.to_uppercase().chain(letters).collect())
}

/// A role that one AWS service assumes.
fn role(service: &str, statements: Vec<Value>) -> Value {
    json!({
        "Type": "AWS::IAM::Role",
        "Properties": {
            "Path": "/terrace/",
            "AssumeRolePolicyDocument": policy(vec![json!({
                "Effect": "Allow",
                "Principal": { "Service": service },
                "Action": "sts:AssumeRole",
            })]),
            "Policies": [{ "PolicyName": "terrace", "PolicyDocument": policy(statements) }],
        },
    })
}

fn policy(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn allow(actions: &[&str], resource: Value) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resource })
}

/// Refuses everything that comes without TLS.
fn tls_only(bucket: &str) -> Value {
    json!({
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [attribute(bucket, "Arn"), sub(&format!("${{{bucket}.Arn}}/*"))],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CloudFormation's quota for a template that is read from S3, in bytes.
    const TEMPLATE_MAX: usize = 1_000_000;

    #[test]
    fn the_checked_in_template_is_the_one_the_code_makes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/control-plane.template.json");
        let made = serde_json::to_string_pretty(&template()).expect("JSON") + "\n";
        assert!(made.len() < TEMPLATE_MAX, "{} bytes", made.len());
        if std::env::var_os("UPDATE_TEMPLATE").is_some() {
            std::fs::write(path, &made).expect("the template can be written");
        }
        let stands = std::fs::read_to_string(path).unwrap_or_default();
        assert!(stands == made, "run `UPDATE_TEMPLATE=1 cargo test -p terrace template`");
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let template = template();
        let mut names: Vec<String> = Vec::new();
        collect(&template["Resources"], &mut names);
        collect(&template["Outputs"], &mut names);
        for name in names.iter().filter(|name| !name.starts_with("AWS::")) {
            let found =
                !template["Resources"][name].is_null() || !template["Parameters"][name].is_null();
            assert!(found, "`{name}` is not in the template");
        }
    }

    fn collect(value: &Value, names: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                names.extend(fields.get("Ref").and_then(Value::as_str).map(str::to_owned));
                let attribute = fields.get("Fn::GetAtt").and_then(|it| it[0].as_str());
                names.extend(attribute.map(str::to_owned));
                fields.values().for_each(|it| collect(it, names));
            }
            Value::Array(items) => items.iter().for_each(|it| collect(it, names)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
        }
    }
}
