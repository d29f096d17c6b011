//! Integration tests.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers, too")]

mod api;
mod cli;
mod clients;
mod controllers;
mod harness;
mod merge;
mod protobuf;
mod store;
