//! How the engine touches the cloud: four calls, none of which waits.

use std::future::Future;

use crate::model::{Facts, Live, Node};

/// A cloud, as the engine sees it.
///
/// Every call is idempotent and returns at once: `create` of something that exists and is ours
/// is `Ok`, `delete` of something that is gone is `Ok`.
pub trait World: Sync {
    /// Everything of the stack of one kind, duplicates included.
    fn list(&self, kind: &str) -> impl Future<Output = Result<Vec<Live>, CloudError>> + Send;
    /// Makes a resolved node; the facts are a hint until the next `list`.
    fn create(&self, node: &Node) -> impl Future<Output = Result<Facts, CloudError>> + Send;
    fn update(
        &self,
        node: &Node,
        live: &Live,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
    fn delete(&self, live: &Live) -> impl Future<Output = Result<(), CloudError>> + Send;
}

/// What can go wrong with a call, classified once.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloudError {
    /// Not possible now, possible soon: throttled, still in use, not propagated.
    #[error("not yet: {message} ({code})")]
    NotYet { code: String, message: String },
    /// Trying again changes nothing.
    #[error("{message} ({code})")]
    Refused { code: String, message: String },
    #[error("AWS answered without {0}")]
    Incomplete(&'static str),
}

impl CloudError {
    pub fn not_yet(code: &str, message: impl Into<String>) -> Self {
        Self::NotYet { code: code.to_owned(), message: message.into() }
    }

    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused { code: code.to_owned(), message: message.into() }
    }
}
