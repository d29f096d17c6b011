//! The API layer: requests in the Kubernetes wire protocol to reads and commits of the store.

pub mod discovery;
