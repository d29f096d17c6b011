//! A plan's entries as text: the line that says what happens, and the difference between two states of an object.
//!
//! Receives plain data, hands on text that ends in a line break. Pure. Invariant: values of Secrets are masked before any text is made
//! of them, unless the caller asks for them.

mod diff;
mod header;
mod mask;

pub use diff::{DiffOptions, unified};
pub use header::{Tense, header, summary};
pub use mask::{masked, masked_pair};

#[cfg(test)]
mod tests;
