//! Checking manifests without any server.

mod fault;

pub use fault::{Fault, Place, Rule, Severity, Subject};
