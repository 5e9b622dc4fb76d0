//! A cloud in memory, the strictest of all: what AWS merely dislikes, it refuses.
//!
//! It is slow where AWS is slow (counted in looks, so that tests need no clock), hides what is
//! new, keeps what is deleted for a while, and fails on request at any call. The laws of the
//! planner and the engine are tested on it.

mod fault;
mod ids;
mod kind;
mod object;
mod refusals;
mod state;

use std::sync::{Mutex, MutexGuard};

use serde_json::Value;

pub use fault::{At, Fault, How, Throttle};
pub use kind::{Birth, Kind, Known, Manners, Pace};

use self::state::State;
use crate::model::{Address, Facts, Live, Node};
use crate::world::{CloudError, World};

/// A cloud in memory.
pub struct Memory {
    state: Mutex<State>,
}

impl Memory {
    pub fn new(kinds: Vec<Kind>, pace: Pace) -> Self {
        Self { state: Mutex::new(State::new(kinds, pace)) }
    }

    /// Another cloud in which everything stands as it does here.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { state: Mutex::new(self.lock().clone()) }
    }

    pub fn kinds(&self) -> Vec<Kind> {
        self.lock().kinds.clone()
    }

    /// Reading calls that arrived so far.
    pub fn reads(&self) -> u64 {
        self.lock().reads
    }

    /// Changing calls that arrived so far, refused ones included.
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// From now on calls are throttled at random.
    pub fn throttle(&self, throttle: Throttle) {
        self.lock().throttle = throttle;
    }

    /// A new run begins: its client tokens are others.
    pub fn begin_run(&self) {
        self.lock().run += 1;
    }

    /// Whether a fault has ended the process: no call arrives any more.
    pub fn is_cut_off(&self) -> bool {
        self.lock().is_cut_off
    }

    /// A new process: calls arrive again.
    pub fn reconnect(&self) {
        self.lock().is_cut_off = false;
    }

    /// The next resource made at `address` will fail instead of becoming ready.
    pub fn spoil(&self, address: &Address) {
        self.lock().spoilt.insert(address.clone());
    }

    /// Puts something there that we did not make, though it carries our tags; gives its id.
    pub fn place_stranger(&self, node: &Node) -> String {
        self.lock().place_stranger(node)
    }

    /// Changes the spec of something behind our back; `false` if there is nothing at `address`.
    pub fn tamper(&self, address: &Address, change: impl FnOnce(&mut Value)) -> bool {
        let mut state = self.lock();
        let found = state.objects.iter_mut().find(|it| it.address == *address && !it.is_strange);
        let Some(object) = found else { return false };
        let mut spec = object.spec.clone();
        change(&mut spec);
        object.become_like(spec);
        true
    }

    /// Takes everything at `address` away behind our back.
    pub fn remove(&self, address: &Address) {
        self.lock().objects.retain(|it| it.address != *address || it.is_strange);
    }

    /// Everything that we made, as a test compares it: address, kind and spec, with ids replaced
    /// by addresses and without what may differ within bounds.
    pub fn shape(&self) -> Vec<(Address, String, String)> {
        self.lock().shape()
    }

    /// All ids at `address`, whoever made them.
    pub fn ids(&self, address: &Address) -> Vec<String> {
        let state = self.lock();
        let here = state.objects.iter().filter(|it| it.address == *address && it.is_there());
        here.map(|it| it.id.clone()).collect()
    }

    /// The spec of ours at `address`.
    pub fn spec(&self, address: &Address) -> Option<Value> {
        let state = self.lock();
        let mut ours = state.objects.iter().filter(|it| !it.is_strange);
        ours.find(|it| it.address == *address).map(|it| it.spec.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a test panicked while it held the cloud")
    }
}

impl World for Memory {
    async fn list(&self, kind: &str) -> Result<Vec<Live>, CloudError> {
        self.lock().read(|state, _| Ok(state.list(kind)))
    }

    async fn create(&self, node: &Node) -> Result<Facts, CloudError> {
        self.lock().write(|state, extent| state.create(node, extent))
    }

    async fn update(&self, node: &Node, live: &Live) -> Result<(), CloudError> {
        self.lock().write(|state, extent| state.update(node, live, extent))
    }

    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        self.lock().write(|state, extent| state.delete(live, extent))
    }
}
