//! What several groups of tests need.

pub(crate) mod cli;
pub(crate) mod etcd;
pub(crate) mod port;
pub(crate) mod recorder;
pub(crate) mod server;
pub(crate) mod webhook;
