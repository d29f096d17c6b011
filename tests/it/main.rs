//! Integration tests.

mod harness;
mod merge;
mod store;
