//! How this tier writes policy documents.

use serde_json::{Value, json};
use shared::aws::{Policy, STACK_TAG, Scope};

/// One `Allow` of a policy document, said from left to right: what, on what, if.
pub struct Allow(Value);

pub fn allow(actions: &[&str]) -> Allow {
    Allow(json!({ "Effect": "Allow", "Action": actions, "Resource": "*" }))
}

impl Allow {
    /// Without it: on everything, for what AWS cannot limit by resource.
    pub fn on<T: Into<String>>(mut self, resources: impl IntoIterator<Item = T>) -> Self {
        self.0["Resource"] = resources.into_iter().map(Into::into).collect::<Vec<String>>().into();
        self
    }

    /// Further conditions of one operator join, those of several are all demanded.
    pub fn when(mut self, operator: &str, key: &str, value: impl Into<Value>) -> Self {
        self.0["Condition"][operator][key] = value.into();
        self
    }

    /// Only on resources with the stack's tag.
    pub fn tagged(self, scope: &Scope) -> Self {
        let key = format!("aws:ResourceTag/{STACK_TAG}");
        self.when("StringEquals", &key, scope.stack.as_str())
    }

    /// Only through one of these services, which are named as KMS names them.
    pub fn via(self, scope: &Scope, services: &[&str]) -> Self {
        let host = |service: &&str| format!("{service}.{}.amazonaws.com", scope.region);
        let hosts: Vec<String> = services.iter().map(host).collect();
        self.when("StringEquals", "kms:ViaService", hosts)
    }
}

/// The same rights in fewer words: what is limited by the stack's tag needs no ARNs beside it, and
/// what is limited in the same way is one statement. Wider only by what carries the tag.
pub fn condensed(scope: &Scope, statements: impl IntoIterator<Item = Allow>) -> Vec<Allow> {
    let tag = format!("aws:ResourceTag/{STACK_TAG}");
    let mut merged: Vec<Value> = Vec::new();
    for Allow(mut statement) in statements {
        if statement["Condition"]["StringEquals"][&tag] == scope.stack.as_str() {
            statement["Resource"] = "*".into();
        }
        let limits = |it: &Value| (it["Resource"].clone(), it["Condition"].clone());
        match merged.iter_mut().find(|it| limits(it) == limits(&statement)) {
            Some(first) => {
                let more = statement["Action"].as_array().cloned().unwrap_or_default();
                first["Action"].as_array_mut().into_iter().for_each(|it| it.extend(more.clone()));
            }
            None => merged.push(statement),
        }
    }
    merged.into_iter().map(Allow).collect()
}

pub fn policy(statements: impl IntoIterator<Item = Allow>) -> Policy {
    let statements: Vec<Value> = statements.into_iter().map(|Allow(it)| it).collect();
    Policy::from(json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Who may assume a role: one service, under these conditions.
pub fn trust(service: &str, condition: &Value) -> Policy {
    let mut statement = json!({
        "Effect": "Allow",
        "Principal": { "Service": service },
        "Action": "sts:AssumeRole",
    });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    Policy::from(json!({ "Version": "2012-10-17", "Statement": [statement] }))
}
