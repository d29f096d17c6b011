//! trueup brings what is up to what is declared: a declarative control plane and its kubectl-like CLI in one binary.
//!
//! The folders are the stations on the data's way; `docs/architecture.md` draws it. Nothing but [`store`] talks to etcd or SQLite,
//! nothing but the API layer talks to [`store`]; the CLI and the controllers are clients of the API, in process or over the network.

pub mod admission;
pub mod ambient;
pub mod api;
pub mod auth;
pub mod cel;
pub mod ci;
pub mod cli;
pub mod client;
pub mod controllers;
pub mod dump;
#[doc(hidden)]
pub mod fuzzing;
mod kubeconfig;
pub mod manifest;
pub mod merge;
pub mod object;

pub mod openapi;
pub mod paint;
pub mod plan;
pub mod printable;
mod private_file;
pub mod protobuf;
pub mod readiness;
pub mod schema;
pub mod serve;
pub mod shown_url;
pub mod similar;
pub mod store;
pub mod sync;
pub mod validate;
pub mod webhook;
pub mod yaml;
