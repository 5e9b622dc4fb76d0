//! Taking over what was chosen: the ledger first, tags after it.

use aws_sdk_ec2::types::Tag;
use shared::aws::{ADDRESS_TAG, STACK_TAG};
use shared::clock::unix_seconds;
use shared::ledger::{
    Asker, Binding, Condition, Key, Lease, LeaseError, Release, StackRecord, StackState,
};
use shared::model::Address;
use shared::plan::{Inventory, Owned};

use super::Mapping;
use super::mapping::Chosen;
use crate::context::Cloud;
use crate::failure::{Failure, Tried};

/// The revision of what was imported and never deployed: revisions count from 1.
pub const UNBUILT: u64 = 0;

/// What is taken over, for whom.
pub struct Takeover<'a> {
    pub cloud: &'a Cloud,
    pub stack: &'a str,
    /// The ledger's key of the spec that the stack belongs to from now on.
    pub spec_key: &'a str,
    pub run: &'a str,
    pub mapping: &'a Mapping,
}

impl Takeover<'_> {
    /// Writes down that all of the mapping is the stack's, then tags it. Done halfway, it is
    /// finished by doing it again.
    pub async fn take(&self) -> Result<(), Failure> {
        let Self { cloud, stack, run, .. } = self;
        let asker = Asker { run, execution: None };
        // Nobody starts executions under the names of imports.
        let never = async |_: &str| false;
        let held = Lease::take(&cloud.ledger, stack, asker, never, unix_seconds()).await;
        held.map_err(|error| busy(stack, error))?;
        let taken = self.take_held().await;
        let now = unix_seconds();
        Lease::release(&cloud.ledger, stack, run, Release::Finished, now).await?;
        taken
    }

    async fn take_held(&self) -> Result<(), Failure> {
        let Self { cloud, stack, mapping, .. } = self;
        check_stack(cloud, stack).await?;
        bind(cloud, stack, self.spec_key).await?;
        let key = Key::Inventory(stack);
        let mut inventory: Inventory = cloud.ledger.read(&key).await?.unwrap_or_default();
        for (address, chosen) in &mapping.chosen {
            own(&mut inventory, address, chosen)?;
        }
        cloud.ledger.write(&key, &inventory).await?;
        self.note().await?;
        for (address, chosen) in &mapping.chosen {
            tag(cloud, stack, address, &chosen.id).await?;
        }
        Ok(())
    }

    /// Whoever asks how the stack stands is told that no run has built it yet.
    async fn note(&self) -> Result<(), Failure> {
        let record = StackRecord {
            name: self.stack.to_owned(),
            state: StackState::NotBuilt,
            revision: UNBUILT,
            known_good: None,
            run: self.run.to_owned(),
            facts_run: None,
            changed: unix_seconds(),
            notes: vec![format!(
                "{} resources were imported, and nothing else has changed yet: the first deploy \
                 of `{}` makes the rest",
                self.mapping.chosen.len(),
                self.spec_key
            )],
        };
        Ok(self.cloud.ledger.write(&Key::Record(self.stack), &record).await?)
    }
}

/// Only what no run has built yet can be given a network.
pub async fn check_stack(cloud: &Cloud, stack: &str) -> Result<(), Failure> {
    let record: Option<StackRecord> = cloud.ledger.read(&Key::Record(stack)).await?;
    match record.map(|it| it.state) {
        None | Some(StackState::NotBuilt | StackState::Destroyed) => Ok(()),
        Some(
            StackState::Deploying
            | StackState::AwaitingApproval
            | StackState::Ready
            | StackState::Failed
            | StackState::Destroying,
        ) => Err(Failure::new(format!("`{stack}` stands already"))
            .because("a stack has one network, and this one has begun to build its own")
            .hint("import into a stack of another name, or destroy this one first")),
    }
}

/// The stack belongs to this spec file from now on, as if it had been deployed from it.
async fn bind(cloud: &Cloud, stack: &str, spec_key: &str) -> Result<(), Failure> {
    let key = Key::Binding(stack);
    let wanted = Binding {
        spec_key: Some(spec_key.to_owned()),
        account: cloud.account.clone(),
        region: cloud.region.clone(),
    };
    cloud.ledger.write_if(&key, &wanted, &Condition::Absent).await?;
    let bound: Option<Binding> = cloud.ledger.read(&key).await?;
    match bound {
        Some(other) if other != wanted => {
            let file = other.spec_key.unwrap_or_else(|| "no spec file".to_owned());
            Err(Failure::new(format!("`{stack}` belongs to `{file}`"))
                .hint("import with that file"))
        }
        Some(_) | None => Ok(()),
    }
}

fn own(inventory: &mut Inventory, address: &Address, chosen: &Chosen) -> Result<(), Failure> {
    let owned = inventory.entry(address.clone()).or_default();
    match &owned.id {
        Some(other) if *other != chosen.id => {
            Err(Failure::new(format!("`{address}` of the stack is `{other}` already"))
                .because(format!("`{}` cannot be that as well", chosen.id)))
        }
        Some(_) | None => {
            *owned = Owned { id: Some(chosen.id.clone()), ..Owned::default() };
            Ok(())
        }
    }
}

/// The tags by which the tiers find it; its name stays its own.
async fn tag(cloud: &Cloud, stack: &str, address: &Address, id: &str) -> Result<(), Failure> {
    let ec2 = shared::client!(cloud, aws_sdk_ec2);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let request = ec2.create_tags().resources(id).tags(tag(STACK_TAG, stack));
    let request = request.tags(tag(ADDRESS_TAG, &address.to_string()));
    request.send().await.tried(format!("cannot tag `{id}` as `{address}`"))?;
    Ok(())
}

fn busy(stack: &str, error: LeaseError) -> Failure {
    match error {
        LeaseError::Held { .. } | LeaseError::CoolingDown { .. } | LeaseError::Lost { .. } => {
            Failure::new(format!("cannot import into `{stack}` now"))
                .because(&error)
                .hint("try again when that has ended")
        }
        LeaseError::Ledger(error) => error.into(),
    }
}
