//! Whether a spec may be built: one stack belongs to one spec file and one region.

use crate::ledger::Binding;
use crate::spec::Spec;

/// Why a valid spec is not taken all the same, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "`{stack}` asks for region `{asked}`, but this control plane works in `{here}`; put the spec \
         into the bucket of a control plane in `{asked}`, and destroy the stack here first if it stands here"
    )]
    Region { stack: String, asked: String, here: String },
    #[error(
        "the stack `{stack}` belongs to `{owner}`, and `{other}` names the same stack; give one of them \
         another name, or destroy the stack before it moves to another file"
    )]
    OtherFile { stack: String, owner: String, other: String },
}

/// Checks `spec`, from `spec_key` if it lies in the bucket, against where the stack is bound.
pub fn check(
    spec: &Spec,
    spec_key: Option<&str>,
    region: &str,
    bound: Option<&Binding>,
) -> Result<(), Refusal> {
    let stack = spec.name.to_string();
    if spec.region.as_str() != region {
        let (asked, here) = (spec.region.to_string(), region.to_owned());
        return Err(Refusal::Region { stack, asked, here });
    }
    match (bound.and_then(|it| it.spec_key.as_deref()), spec_key) {
        (Some(owner), Some(other)) if owner != other => {
            let (owner, other) = (owner.to_owned(), other.to_owned());
            Err(Refusal::OtherFile { stack, owner, other })
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}
