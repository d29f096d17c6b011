//! A plan's entries as text: the line that says what happens, the difference between two states of an object, and whole plans as documents.
//!
//! Receives plain data, hands on text that ends in a line break. Pure. Invariant: values of Secrets are masked before any text is made
//! of them, unless the caller asks for them.

mod diff;
mod document;
mod header;
mod markdown;
mod mask;
mod paths;
mod side_by_side;

pub use diff::{DiffOptions, ShownStates, shown_pair, shown_states, unified, unified_entry};
pub(crate) use document::owner;
pub use document::{API_VERSION, DocumentOptions, document};
pub(super) use document::{failure, position, put};
pub use header::{Tense, header, summary};
pub use markdown::markdown;
pub(crate) use markdown::{code, counts, fenced, html};
pub use mask::{is_secret, masked, masked_pair};
pub use paths::{noted, owner_notes, paths};
pub use side_by_side::{NARROWEST, side_by_side};

#[cfg(test)]
mod tests;
