//! Integration tests.

mod harness;
mod store;
mod merge;
