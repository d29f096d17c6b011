//! `--ci`: what a pipeline is told of a command, beside what the command prints.
//!
//! Receives flags, what the platform says of itself, and what a command did; hands on files and annotations. The forms are those of
//! [`crate::ci`]. Invariant: a report changes no exit status, unless it could not be written.

mod arguments;
mod faults;
mod platform;
mod problems;
mod reporter;

pub use arguments::CiArgs;
pub(super) use faults::{of_checked, of_fault};
pub use platform::Platform;
pub(super) use problems::{of_failure, of_manifest, of_set_error};
pub use reporter::Reporter;
