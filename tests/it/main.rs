//! Integration tests.

mod api;
mod clients;
mod harness;
mod merge;
mod store;
