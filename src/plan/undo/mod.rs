//! Undoing what a run did.
//!
//! Receives a [`Journal`] of what became of each object, hands on what became of each part of it when it was undone. Invariant: what
//! somebody else changed meanwhile stays as they made it, and is told.

mod act;
mod evidence;
mod journal;
mod restoration;

pub use act::{Gone, Tidings, UndoError, Undoing, Undone, undo};
pub use journal::{Deed, Journal, Step, Unclear, Wanted};
