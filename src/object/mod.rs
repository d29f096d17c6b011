//! The vocabulary every other module speaks: documents, kinds, keys, revisions, selectors, refusals.
//!
//! Receives nothing and hands on types. Invariant: no I/O, no tokio, nothing of ours from outside this folder.

mod bookkeeping;
mod document;
mod field_selector;
pub mod json_path;
mod kind;
mod label_selector;
pub mod names;
mod status;
mod timestamp;
mod zones;

pub use bookkeeping::is_note;
pub use document::{NotAnObject, Object, OwnerReference, kind_of};
pub use field_selector::{FieldSelector, FieldSelectorError, FieldTerm};
pub use kind::{GroupResource, GroupVersion, Gvk, ObjectKey, Revision};
pub use label_selector::{LabelSelector, LabelSelectorError, LabelTerm};
pub use status::{Cause, CauseKind, Reason, Refusal};
pub use timestamp::{MicroTime, Time};
pub use zones::time_zone;
