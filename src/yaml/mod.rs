//! YAML text to JSON values and back, read and written the way kubectl does.
//!
//! Receives text, hands on [`Node`]s (a value whose every part knows its line and column) and text. Invariant: what [`emit()`] writes,
//! [`read()`] reads back as the same value, and so does kubectl; the question whether a text needs quotes is answered by the same
//! resolver that reads it.

mod emit;
mod error;
mod node;
mod places;
mod read;
mod resolve;
mod scalar;

pub use emit::emit;
pub use error::{YamlError, YamlProblem};
pub use node::{Mark, Member, Node, NodeKind};
pub use places::Places;
pub(crate) use places::ROOT;
pub(crate) use read::read_as;
pub use read::{Documents, read};
pub(crate) use resolve::Dialect;

/// What a text means to kustomize where it stands without quotes; `None` for a number that JSON does not have.
pub(crate) fn plain_scalar(text: &str) -> Option<serde_json::Value> {
    resolve::resolve_as(text, Dialect::Kustomize).into_value(|| text.to_owned())
}

#[cfg(test)]
mod kubectl_cases;
#[cfg(test)]
mod tests;
