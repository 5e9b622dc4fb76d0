//! Tags: the index by which AWS shows us a stack's resources.

use std::collections::BTreeMap;

use super::Scope;
use crate::model::Address;

pub const STACK_TAG: &str = "terrace:stack";
pub const ADDRESS_TAG: &str = "terrace:address";
pub const RUN_TAG: &str = "terrace:run";

/// Tags of one resource, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    pub fn of(scope: &Scope, run: &str, address: &Address) -> Self {
        let pairs = [
            ("Name", scope.name(address.name())),
            (STACK_TAG, scope.stack.clone()),
            (ADDRESS_TAG, address.to_string()),
            (RUN_TAG, run.to_owned()),
        ];
        Self(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// From what AWS shows: keys and values that may be absent.
    pub fn read<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (Option<K>, Option<V>)>,
    ) -> Self {
        let present =
            pairs.into_iter().filter_map(|(key, value)| Some((key?.into(), value?.into())));
        Self(present.collect())
    }

    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The address, if these are tags of a resource of `scope`'s stack.
    pub fn address(&self, scope: &Scope) -> Option<Address> {
        if self.get(STACK_TAG)? != scope.stack {
            return None;
        }
        self.get(ADDRESS_TAG)?.parse().ok()
    }
}
