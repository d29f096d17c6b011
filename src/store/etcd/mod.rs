//! The distributed store: an etcd cluster, which many servers may share.
//!
//! Receives and hands on what [`Store`] says, over one connection to each endpoint, which mend themselves (`endpoint`, `link`, `channel`).
//! `connection` holds the client that speaks through them, `request` the single requests, `revisions` the shared look at the current revision, `watch` and `mailbox` the watches. Invariant:
//! every read is linearizable, and a write is sent once: after a failure it is the caller who knows whether to try again.

mod channel;
mod connection;
mod endpoint;
mod link;
mod mailbox;
mod request;
mod revisions;
mod watch;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;

use self::connection::Connection;
use self::revisions::Revisions;
use self::watch::Previous;
use super::{Claim, Entry, JointOutcome, ListRequest, Page, Store, StoreError, WatchStream, Write};
use crate::object::Revision;

/// How an etcd cluster is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct EtcdOptions {
    /// URLs such as `https://10.0.0.1:2379`; any that answers will do.
    pub endpoints: Vec<String>,
    /// Put before every key, for several stores in one cluster; empty by default. (Callers' keys begin with `/registry` as they are.)
    pub prefix: String,
    /// Needed for `https` endpoints.
    pub tls: Option<EtcdTls>,
    /// User and password, where the cluster asks for them.
    pub user: Option<(String, String)>,
    /// How long to wait for a connection, the first answer included, 5 s by default.
    pub connect_timeout: Duration,
    /// How long to wait for an answer, 10 s by default.
    pub request_timeout: Duration,
    /// How long requests are tried again where no endpoint can be reached, 10 s by default.
    pub retry_for: Duration,
}

/// Without the password.
impl fmt::Debug for EtcdOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EtcdOptions")
            .field("endpoints", &self.endpoints)
            .field("prefix", &self.prefix)
            .field("tls", &self.tls)
            .field("user", &self.user.as_ref().map(|(name, _)| (name, "…")))
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("retry_for", &self.retry_for)
            .finish()
    }
}

/// The files for TLS, in PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EtcdTls {
    /// The certificates that the servers' certificates are checked against. The system's own are not used.
    pub ca: Option<PathBuf>,
    /// The client's certificate and its key, where the cluster asks for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl EtcdOptions {
    /// These endpoints, and defaults for the rest.
    pub fn new(endpoints: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            prefix: String::new(),
            tls: None,
            user: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            retry_for: Duration::from_secs(10),
        }
    }
}

/// A store in an etcd cluster.
pub struct EtcdStore {
    connection: Arc<Connection>,
    revisions: Revisions,
}

impl EtcdStore {
    /// Connects, and makes one request to see that somebody answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] with the endpoints where none answers; [`StoreError::Failed`] where an option, a file, the user or
    /// the password is wrong.
    pub async fn connect(options: EtcdOptions) -> Result<Self, StoreError> {
        let connection = Arc::new(Connection::open(options).await?);
        // Names a user that may not read; the connection itself needs none.
        request::current(&connection).await?;
        Ok(Self { revisions: Revisions::new(Arc::clone(&connection)), connection })
    }
}

impl Drop for EtcdStore {
    fn drop(&mut self) {
        self.connection.close();
    }
}

#[async_trait]
impl Store for EtcdStore {
    fn engine(&self) -> &'static str {
        "etcd"
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        request::newest(&self.connection, key).await
    }

    async fn list(&self, request: ListRequest) -> Result<Page, StoreError> {
        request::list(&self.connection, &request).await
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
        request::commit(&self.connection, writes).await
    }

    fn shares_revisions(&self) -> bool {
        true
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        watch::open(Arc::clone(&self.connection), prefix, after, Previous::Told).await.map(StreamExt::boxed)
    }

    async fn follow(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        watch::open(Arc::clone(&self.connection), prefix, after, Previous::LeftOut).await.map(StreamExt::boxed)
    }

    async fn compact(&self, upto: Revision) -> Result<(), StoreError> {
        request::compact(&self.connection, upto).await
    }

    async fn claim_compaction(&self, turn: u64, upto: Revision) -> Result<Claim, StoreError> {
        request::claim_compaction(&self.connection, turn, upto).await
    }

    async fn current_revision(&self) -> Result<Revision, StoreError> {
        self.revisions.current().await
    }

    async fn size_bytes(&self) -> Result<Option<u64>, StoreError> {
        request::size_bytes(&self.connection).await.map(Some)
    }

    async fn close(&self) {
        self.connection.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let options = EtcdOptions { user: Some(("ann".to_owned(), "hunter2".to_owned())), ..EtcdOptions::new(["http://a:2379"]) };
        let shown = format!("{options:?}");
        assert!(shown.contains("ann") && shown.contains("http://a:2379") && !shown.contains("hunter2"), "{shown}");
    }
}
