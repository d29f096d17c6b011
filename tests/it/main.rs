//! Integration tests.

mod api;
mod harness;
mod merge;
mod store;
