//! Integration tests.

mod api;
mod controllers;
mod harness;
mod merge;
mod store;
