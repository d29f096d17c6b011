//! Stores to test, and a tap on their watches.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use tempfile::TempDir;
use trueup::object::Revision;
use trueup::store::{
    Change, Entry, EtcdStore, Event, ListRequest, MemoryStore, Outcome, Page, SqliteOptions, SqliteStore, Store, StoreError, Tidings,
    WatchStream,
};

use crate::harness::etcd::EtcdServer;

/// A hang is a failure; nothing here takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fresh store, and what it lives on.
pub(super) struct Fixture {
    pub(super) store: Arc<dyn Store>,
    _folder: Option<TempDir>,
    _server: Option<EtcdServer>,
}

impl Fixture {
    pub(super) async fn memory() -> Self {
        Self { store: Arc::new(MemoryStore::new()), _folder: None, _server: None }
    }

    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("store.db"), &SqliteOptions::default()).unwrap();
        Self { store: Arc::new(store), _folder: Some(folder), _server: None }
    }

    /// A part of the server that all tests share.
    pub(super) async fn shared_etcd() -> Self {
        let store = EtcdStore::connect(EtcdServer::shared()).await.unwrap();
        Self { store: Arc::new(store), _folder: None, _server: None }
    }

    /// A server of its own: tests that compact would take the history from others.
    pub(super) async fn etcd() -> Self {
        let server = EtcdServer::start();
        let store = EtcdStore::connect(server.options()).await.unwrap();
        Self { store: Arc::new(store), _folder: None, _server: Some(server) }
    }
}

pub(super) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(value) => value,
        Err(_) => panic!("{what}: nothing came in {PATIENCE:?}"),
    }
}

pub(super) fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

pub(super) fn put_of(text: &str) -> Change {
    Change::Put(bytes(text))
}

pub(super) async fn put(store: &dyn Store, key: &str, expected: Revision, text: &str) -> Revision {
    done(store.commit(key, expected, put_of(text)).await.unwrap())
}

pub(super) async fn create(store: &dyn Store, key: &str, text: &str) -> Revision {
    put(store, key, Revision::ZERO, text).await
}

pub(super) async fn delete(store: &dyn Store, key: &str, expected: Revision) -> Revision {
    done(store.commit(key, expected, Change::Delete).await.unwrap())
}

#[track_caller]
pub(super) fn done(outcome: Outcome) -> Revision {
    match outcome {
        Outcome::Done(revision) => revision,
        Outcome::Lost(entry) => panic!("lost to {entry:?}"),
    }
}

pub(super) fn entry(key: &str, text: &str, revision: Revision) -> Entry {
    Entry { key: key.to_owned(), value: bytes(text), revision }
}

pub(super) fn request(prefix: &str) -> ListRequest {
    ListRequest { prefix: prefix.to_owned(), after: None, limit: 0, at: None }
}

pub(super) async fn list_at(store: &dyn Store, prefix: &str, at: Revision) -> Result<Page, StoreError> {
    store.list(ListRequest { at: Some(at), ..request(prefix) }).await
}

pub(super) fn event(key: &str, revision: Revision, value: Option<&str>, previous: Option<&str>) -> Event {
    Event { key: key.to_owned(), revision, value: value.map(bytes), previous: previous.map(bytes) }
}

/// A watch that checks, with everything it takes in, that revisions only grow.
pub(super) struct Tap {
    stream: WatchStream,
    events: Vec<Event>,
    reached: Revision,
}

impl Tap {
    pub(super) async fn on(store: &dyn Store, prefix: &str, after: Revision) -> Self {
        Self { stream: store.watch(prefix, after).await.unwrap(), events: Vec::new(), reached: after }
    }

    pub(super) async fn follow(store: &dyn Store, prefix: &str, after: Revision) -> Self {
        Self { stream: store.follow(prefix, after).await.unwrap(), events: Vec::new(), reached: after }
    }

    async fn take(&mut self) -> Result<(), StoreError> {
        let told = soon("a watch", self.stream.next()).await;
        match told.unwrap_or_else(|| panic!("the watch ended without an error"))? {
            Tidings::Progress(revision) => {
                assert!(revision >= self.reached, "progress went back from {} to {revision}", self.reached);
                self.reached = revision;
            }
            Tidings::Events(batch) => {
                assert!(!batch.is_empty());
                assert!(batch[0].revision > self.reached, "{} came after {}", batch[0].revision, self.reached);
                assert!(batch.windows(2).all(|pair| pair[0].revision <= pair[1].revision));
                self.reached = batch[batch.len() - 1].revision;
                self.events.extend(batch);
            }
        }
        Ok(())
    }

    /// The events up to a revision, once the watch says that it has come so far.
    pub(super) async fn until(&mut self, revision: Revision) -> Vec<Event> {
        while self.reached < revision {
            self.take().await.unwrap();
        }
        std::mem::take(&mut self.events)
    }

    /// So many events, or the few more that came in the same batch.
    pub(super) async fn events(&mut self, count: usize) -> Vec<Event> {
        self.events_or_error(count).await.unwrap()
    }

    /// The same, where the watch may also end.
    pub(super) async fn events_or_error(&mut self, count: usize) -> Result<Vec<Event>, StoreError> {
        while self.events.len() < count {
            self.take().await?;
        }
        Ok(std::mem::take(&mut self.events))
    }

    /// The error that ends the watch.
    pub(super) async fn error(mut self) -> StoreError {
        loop {
            if let Err(error) = self.take().await {
                let rest = soon("the end of the watch", self.stream.next()).await;
                assert!(rest.is_none(), "after its error the watch told {rest:?}");
                return error;
            }
        }
    }
}
