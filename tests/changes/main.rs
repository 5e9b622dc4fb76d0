//! What a change of the spec changes, with the real wishes of all tiers and without any cloud.

mod growing;
mod replacing;
mod world;
