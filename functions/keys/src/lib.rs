//! The keys tier: the stack's KMS key, who may use it, and its alias.

mod alias;
mod document;
mod key;
mod policy;
mod search;

use shared::aws::{Cx, Kind, Scope, node};
use shared::model::{Address, Node, Tier, reference};
use shared::revision::Revision;
use shared::spec::{Encryption, PrincipalArn};
use shared::tier::Definition;

pub use alias::KeyAlias;
pub use document::document;
pub use key::Key;
pub use policy::KeyPolicy;

pub static TIER: Definition = Definition { tier: Tier::Keys, kinds: KINDS, wish, responses: &[] };

pub const KINDS: &[Kind] = &[Kind::of::<Key>(), Kind::of::<KeyPolicy>(), Kind::of::<KeyAlias>()];

/// The tier's nodes.
///
/// The key is always protected: without it everything that it encrypted is lost, backups
/// included. Its policy stays with it.
pub fn wish(revision: &Revision, scope: &Scope) -> Vec<Node> {
    let encryption = &revision.spec.encryption;
    let id = reference(Tier::Keys, "key", "id");
    let key = node(at("key"), &key(encryption, scope));
    let policy = document(scope, &administrators(encryption), revision.spec.logging.trail);
    let policy = KeyPolicy { key_id: id.clone(), policy };
    let policy = node(at("key-policy"), &policy);
    let alias = KeyAlias { name: alias_name(scope), target: KeyAlias::target(&id) };
    vec![
        Node { protected: true, ..key },
        Node { protected: true, ..policy },
        node(at("key-alias"), &alias),
    ]
}

fn key(encryption: &Encryption, scope: &Scope) -> Key {
    Key {
        alias: alias_name(scope),
        description: format!("Encrypts what the stack {} keeps", scope.stack),
        enabled: true,
        rotation_days: Some(encryption.rotation_days),
        deletion_days: encryption.deletion_days,
    }
}

fn administrators(encryption: &Encryption) -> Vec<&str> {
    encryption.key_administrators.iter().map(PrincipalArn::as_str).collect()
}

fn at(name: &str) -> Address {
    Address::new(Tier::Keys, name)
}

/// `alias/terrace-<stack>`: at most 256 characters, unique in account and region.
fn alias_name(scope: &Scope) -> String {
    format!("alias/terrace-{}", scope.stack)
}

fn client(cx: &Cx) -> aws_sdk_kms::Client {
    shared::client!(cx, aws_sdk_kms)
}

#[cfg(test)]
mod tests;
