//! Live objects as clean manifests.
//!
//! Receives live objects, hands on what of them somebody declared: a manifest that applies again without a difference, to the same server
//! and to an empty one. Pure. Invariant: what a server or a controller filled in is left out, unless the record of owners says that
//! somebody asked for it.

mod clean;
mod defaults;
mod files;
mod kinds;
mod left_out;

pub use clean::clean;
pub use defaults::without_defaults;
pub use files::file_name;
pub use left_out::{LeftOut, is_runtime_kind, left_out};

#[cfg(test)]
mod tests;
