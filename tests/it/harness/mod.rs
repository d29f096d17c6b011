//! What several groups of tests need.

pub(crate) mod etcd;
pub(crate) mod server;
