//! What a document must fulfil, and what is done to make it so, read from the compiled schema.
//!
//! Receives a place in a schema and a value; hands on faults or the changed value. Invariant: pure, and a value without fault costs no
//! allocation: paths live on the stack until one is printed.
//!
//! The order on a write is: [`decode_error`] (wrong JSON types of typed documents), [`unknown_fields`], [`prune`], [`apply_defaults`],
//! [`validate`].

mod decode;
mod defaults;
mod expressions;
mod follow;
mod path;
mod prune;
mod rules;
mod unknown;
mod validate;

pub use decode::{DecodeError, decode_error, decode_errors};
pub use defaults::apply_defaults;
pub(in crate::schema) use expressions::hold_at;
pub use path::Path;
pub use prune::prune;
pub use unknown::unknown_fields;
pub(in crate::schema) use validate::validate_at;
pub use validate::{validate, validate_update};

#[cfg(test)]
mod tests;
