//! Who uses whom among what stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Address, Identity, Live};

/// The graph of uses: a subnet uses its VPC.
pub(super) struct Uses<'a> {
    users: BTreeMap<Identity, Vec<&'a Live>>,
}

impl<'a> Uses<'a> {
    pub fn among(everything: &[&'a Live]) -> Self {
        let users_of = |used: &Live| {
            let others = everything.iter().filter(|it| !it.is_same(used) && it.uses(used));
            others.copied().collect()
        };
        Self { users: everything.iter().map(|it| (it.identity(), users_of(it))).collect() }
    }

    /// What uses `live` directly.
    pub fn users(&self, live: &Live) -> &[&'a Live] {
        self.users.get(&live.identity()).map(Vec::as_slice).unwrap_or_default()
    }

    /// What has to go, or let go, before `live` can. Two that name each other hold nobody up.
    pub fn holders(&self, live: &Live) -> BTreeSet<Address> {
        let users = self.users(live).iter();
        let holding = users.filter(|user| !self.all_users(user).contains(&live.identity()));
        holding.map(|user| user.address.clone()).collect()
    }

    /// How many use `live`, directly or through others.
    pub fn weight(&self, live: &Live) -> usize {
        self.all_users(live).len()
    }

    /// What uses `live`, directly or through others.
    fn all_users(&self, live: &Live) -> BTreeSet<Identity> {
        let mut found = BTreeSet::new();
        let mut todo: Vec<&Live> = self.users(live).to_vec();
        while let Some(user) = todo.pop() {
            if found.insert(user.identity()) {
                todo.extend(self.users(user));
            }
        }
        found
    }
}
