//! What the mutations of a policy make of an object.
//!
//! Receives an object, its schema, and what an expression came to; hands on another object. Invariants: pure; what is handed on can be read
//! as an object of the same kind, or the mutation has failed.
//!
//! Rules and words are those of
//! <https://github.com/kubernetes/apiserver/tree/master/pkg/admission/plugin/policy/mutating>.

mod configuration;
mod patch;

use serde_json::Value;

use crate::cel::Change;
use crate::merge::{JsonPatchError, WalkError};
use crate::object::{Gvk, Refusal};
use crate::schema::SchemaNode;
use crate::schema::check::DecodeError;

/// What kind of object is changed.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The kind, in the version in which the policy sees the object.
    pub gvk: &'a Gvk,
    /// The schema of that version.
    pub schema: SchemaNode<'a>,
}

/// Why a mutation did nothing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MutationError {
    /// The fields to apply are not those of the schema, or list an item twice.
    #[error("error applying patch: failed to convert patch object to typed object: {0}")]
    Configuration(#[source] WalkError),
    /// A field to apply has a value that it cannot have.
    #[error("error applying patch: failed to convert patch object to typed object: {0}")]
    Field(#[source] DecodeError),
    /// Fields to apply are lists or objects that only change as a whole, so that what is not stated would be lost. Their paths.
    #[error("error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {}", .0.join(", "))]
    Atomic(Vec<String>),
    /// The object has list items that cannot be told apart.
    #[error("error applying patch: failed to merge patch: {0}")]
    Merge(#[source] WalkError),
    /// The operations do not fit the object.
    #[error("JSON Patch: {}", told(.0))]
    Patch(#[source] JsonPatchError),
    /// What came of it is no object of the kind any more.
    #[error("Internal error occurred: {0}")]
    Unreadable(String),
}

impl MutationError {
    /// The answer to the request where the failure is none of the policy's configuration, whatever its `failurePolicy` is.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        matches!(self, Self::Unreadable(_)).then(|| Refusal::internal(self.to_string()))
    }
}

/// The words of a failed patch without their own heading.
fn told(error: &JsonPatchError) -> String {
    let text = error.to_string();
    text.strip_prefix("json patch: ").map_or_else(|| text.clone(), str::to_owned)
}

/// Makes a change. A JSON patch of which a `test` fails changes nothing, and is no failure.
///
/// # Errors
/// Why the change cannot be made.
pub fn changed(place: Place<'_>, object: &Value, change: Change) -> Result<Value, MutationError> {
    match change {
        Change::Configuration(fields) => configuration::applied(place, object, fields),
        Change::Patch(operations) => patch::patched(place, object, operations),
    }
}

/// What all mutations of a policy came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The object.
    pub object: Value,
    /// Whether the object is another than before.
    pub is_changed: bool,
    /// Whether any mutation succeeded, even if it changed nothing. See [`super::super::reinvocation`].
    pub is_touched: bool,
    /// Why mutations failed; what becomes of that is for the policy's `failurePolicy` to say.
    pub failures: Vec<String>,
}

/// Makes the changes of a policy's `count` mutations in their order, each over what the ones before made of the object. One that fails does
/// not keep the next from being made.
///
/// `make` says what the mutation of this number comes to for an object, or why it comes to nothing; `settle` fills in what a change may
/// leave out, such as defaults.
///
/// # Errors
/// Where the request is refused whatever the policy says.
pub fn run(
    place: Place<'_>,
    object: Value,
    count: usize,
    mut make: impl FnMut(usize, &Value) -> Result<Change, String>,
    mut settle: impl FnMut(Value) -> Result<Value, Refusal>,
) -> Result<Run, Refusal> {
    let (mut now, mut is_touched, mut failures) = (None, false, Vec::new());
    for index in 0..count {
        let current = now.as_ref().unwrap_or(&object);
        let made = make(index, current).map(|change| changed(place, current, change));
        match made {
            Ok(Ok(made)) => {
                is_touched = true;
                now = Some(settle(made)?);
            }
            Ok(Err(error)) => match error.refusal() {
                Some(refusal) => return Err(refusal),
                None => failures.push(error.to_string()),
            },
            Err(why) => failures.push(why),
        }
    }
    let is_changed = now.as_ref().is_some_and(|now| *now != object);
    Ok(Run { object: now.unwrap_or(object), is_changed, is_touched, failures })
}

#[cfg(test)]
mod tests;
