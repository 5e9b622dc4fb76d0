//! What every part of Terrace shares. No resource is known here: those live with their tiers.
//!
//! Reading order: [`model`] (what we want and what is there), [`plan`] (the difference, pure),
//! [`engine`] (acting on it), [`aws`] (how a resource is written), [`ledger`] (what we wanted
//! and did), [`tier`] (what a tier Lambda answers).

pub mod admission;
pub mod aws;
pub mod clock;
pub mod diff;
pub mod engine;
pub mod environment;
pub mod events;
pub mod lambda;
pub mod ledger;
pub mod memory;
pub mod model;
pub mod plan;
pub mod preflight;
pub mod revision;
pub mod spec;
pub mod start;
pub mod telemetry;
pub mod tell;
pub mod tier;
pub mod world;
