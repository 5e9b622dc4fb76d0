//! A bench on which resources are stood up one by one, in dependency order.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use shared::aws::{Cx, Kind, TierWorld};
use shared::diff::{Difference, diff};
use shared::model::{Address, Live, Node, Status, Tier};
use shared::world::{CloudError, World};

use crate::Cloud;

/// The local cloud answers at once; what is not ready after this many looks will not be.
const LOOKS_MAX: u32 = 40;
const PAUSE: Duration = Duration::from_millis(100);

/// All tiers' kinds over one stack, and what stands of it.
pub struct Bench {
    pub cx: Cx,
    standing: BTreeMap<Address, Live>,
    removals: u32,
}

/// The kinds of a tier: two tiers may have kinds of one name.
pub(crate) fn kinds(tier: Tier) -> &'static [Kind] {
    tiers::definition(tier).kinds
}

impl Bench {
    pub fn new(cloud: &Cloud, stack: &str) -> Self {
        let cx = cloud.cx(stack);
        Self { cx, standing: BTreeMap::new(), removals: 0 }
    }

    pub fn kind(&self, node: &Node) -> &'static Kind {
        let kinds = kinds(node.address.tier()).iter();
        kinds.clone().find(|kind| kind.name == node.kind).expect("a kind of ours")
    }

    fn world(&self, address: &Address) -> TierWorld {
        TierWorld { kinds: kinds(address.tier()), cx: self.cx.clone() }
    }

    /// The node with the facts of what stands.
    pub fn resolve(&self, node: &Node) -> Node {
        let node = node.resolve(&self.standing);
        assert!(node.is_resolved(), "stand up first what this needs: {:?}", node.references());
        node
    }

    /// Creates the node, and waits until it is ready and as wished.
    pub async fn stand(&mut self, node: Node) -> Live {
        let node = self.resolve(&node);
        if self.find(&node).await.is_empty() {
            self.create(&node).await.expect("can be created");
        }
        let live = self.until_as_wished(&node).await;
        self.standing.insert(node.address, live.clone());
        live
    }

    /// Updates what differs until nothing does.
    pub async fn until_as_wished(&self, node: &Node) -> Live {
        let mut left = Vec::new();
        for _ in 0..LOOKS_MAX {
            if let [live] = &self.find(node).await[..] {
                left = self.differences(node, live);
                match &live.status {
                    Status::Ready if left.is_empty() => return live.clone(),
                    Status::Ready => {
                        let world = self.world(&node.address);
                        patiently(|| world.update(node, live)).await.expect("can be updated");
                    }
                    Status::Pending => (),
                    Status::Failed(why) => panic!("`{}` failed: {why}", node.address),
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
        let found = self.find(node).await;
        panic!("`{}` does not read back as written: {left:#?}\nfound: {found:#?}", node.address)
    }

    pub fn differences(&self, node: &Node, live: &Live) -> Vec<Difference> {
        diff(&node.spec, &live.spec, &self.kind(node).rules())
    }

    /// Everything listed at the node's address.
    pub async fn find(&self, node: &Node) -> Vec<Live> {
        let world = self.world(&node.address);
        let listed = patiently(|| world.list(&node.kind)).await.expect("can be listed");
        listed.into_iter().filter(|live| live.address == node.address).collect()
    }

    /// How many reading calls it takes to list these kinds.
    pub async fn look(&self, kinds: &'static [Kind]) -> u64 {
        let world = TierWorld { kinds, cx: self.cx.clone() };
        _ = self.cx.aws.take_calls();
        for kind in kinds {
            world.list(kind.name).await.expect("can be listed");
        }
        self.cx.aws.take_calls().read()
    }

    pub async fn create(&self, node: &Node) -> Result<(), CloudError> {
        let world = self.world(&node.address);
        patiently(|| world.create(node)).await.map(|_| ())
    }

    /// Deletes what is at the node's address, and waits until it is no longer listed.
    ///
    /// Whatever is made afterwards is another run's: a token of this run answers with what is gone.
    pub async fn remove(&mut self, node: &Node) {
        for _ in 0..LOOKS_MAX {
            let found = self.find(node).await;
            if found.is_empty() {
                self.forget(&node.address);
                return;
            }
            for live in found.iter().filter(|live| live.status != Status::Pending) {
                self.delete(live).await.expect("can be deleted");
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("`{}` is still there", node.address);
    }

    /// Deletes a live resource once, whatever is listed.
    pub async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        let world = self.world(&live.address);
        patiently(|| world.delete(live)).await
    }

    /// Makes a role that is not the stack's, for a service to assume: AWS knows only who exists.
    pub async fn role(&self, name: &str, service: &str) -> String {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
        }]});
        let iam = shared::client!(self.cx, aws_sdk_iam);
        let request = iam.create_role().role_name(name);
        let made = request.assume_role_policy_document(trust.to_string()).send().await;
        made.expect("a role").role().expect("a role").arn().to_owned()
    }

    /// Makes a key that is not the stack's: CloudWatch Logs takes only one that admits it.
    pub async fn key_for_logs(&self) -> String {
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": format!("logs.{}.amazonaws.com", self.cx.scope.region)},
            "Action": "kms:*",
            "Resource": "*",
        }]});
        let kms = shared::client!(self.cx, aws_sdk_kms);
        let made = kms.create_key().policy(policy.to_string()).send().await.expect("a key");
        made.key_metadata().and_then(|it| it.arn()).expect("an ARN").to_owned()
    }

    fn forget(&mut self, address: &Address) {
        self.standing.remove(address);
        self.removals += 1;
        self.cx.run = format!("test-{}", self.removals);
    }

    /// Takes down all that stands, users before what they use. Not all that holds something refers
    /// to it, as public addresses hold an internet gateway: what cannot go yet is tried again.
    pub async fn clear(&mut self) {
        for _ in 0..LOOKS_MAX {
            while self.clear_free().await {}
            if self.standing.is_empty() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("still there: {:?}", self.standing.keys());
    }

    /// Deletes what nothing refers to; whether anything is gone for good.
    async fn clear_free(&mut self) -> bool {
        let lives: Vec<Live> = self.standing.values().cloned().collect();
        let is_used = |it: &Live| lives.iter().any(|by| by.address != it.address && by.uses(it));
        let mut some_went = false;
        for free in lives.iter().filter(|it| !is_used(it)) {
            let found = self.find(&nothing_at(free)).await;
            for live in found.iter().filter(|live| live.status != Status::Pending) {
                match self.world(&live.address).delete(live).await {
                    Ok(()) | Err(CloudError::NotYet { .. }) => (),
                    Err(error) => panic!("`{}` cannot be deleted: {error}", live.address),
                }
            }
            if self.find(&nothing_at(free)).await.is_empty() {
                self.forget(&free.address);
                some_went = true;
            }
        }
        some_went
    }
}

/// A node with a live resource's address and kind, to find it by.
fn nothing_at(live: &Live) -> Node {
    Node {
        address: live.address.clone(),
        kind: live.kind.clone(),
        spec: Value::Null,
        after: [].into(),
        protected: false,
    }
}

/// Tries again while the cloud asks for patience.
async fn patiently<T, F>(call: impl Fn() -> F) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    for _ in 0..LOOKS_MAX {
        match call().await {
            Err(CloudError::NotYet { .. }) => tokio::time::sleep(PAUSE).await,
            done @ (Ok(_) | Err(CloudError::Refused { .. } | CloudError::Incomplete(_))) => {
                return done;
            }
        }
    }
    call().await
}
