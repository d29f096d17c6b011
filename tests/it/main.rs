//! Integration tests.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers, too")]

mod api;
mod cli;
mod clients;
mod controllers;
mod corpus;
mod harness;
mod kustomize;
mod merge;
mod protobuf;
mod schemas;
mod store;
mod torture;
mod weight;
