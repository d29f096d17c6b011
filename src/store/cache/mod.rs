//! The watch cache: the newest objects of each resource as bytes, kept current by one watch on the store.
//!
//! Receives the store's tidings and hands consistent pictures and event streams to the API layer. It never parses a document but for
//! the labels a selector asks for. Invariant: an event is in every watcher's queue before the cache's revision says that it happened, so
//! whoever waits for a revision and then reads sees everything up to it.
//!
//! A resource is loaded when it is first asked for, so that a short-lived process pays only for what it reads.

mod cached;
mod event;
mod follower;
mod resource;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use cached::{Cached, Form, FormKey, encode_with_revision};
pub use event::{EventKind, WriteEvent};
pub use resource::{Snapshot, Subscription};

use self::resource::ResourceCache;
use super::{ListRequest, Store, StoreError};
use crate::object::Revision;

/// The key prefix under which all objects live.
pub const ROOT: &str = "/registry/";

/// How long a read waits for the cache to reach the revision it needs.
const CATCH_UP: Duration = Duration::from_secs(3);

/// How often a reader follows the cache through a new start before it gives up.
const RESTARTS: usize = 3;

/// The cache over one store; cheap to clone.
#[derive(Clone)]
pub struct Cache(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    resources: RwLock<HashMap<String, Arc<ResourceCache>>>,
    /// The revision up to which every event has been handed out; 0 while the follower has no stream.
    seen: watch::Sender<Revision>,
    watchers: AtomicU64,
    /// The process is about to end, and the store with it.
    closing: AtomicBool,
}

/// Owns the follower's task: dropping it ends the task.
pub struct Follower(JoinHandle<()>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Cache {
    /// Starts to follow a store. The cache is empty; reads fill it.
    ///
    /// Errors where the store does not answer.
    pub async fn open(store: Arc<dyn Store>) -> Result<(Self, Follower), StoreError> {
        let start = store.current_revision().await?;
        let stream = store.follow(ROOT, start).await?;
        let shared = Shared {
            store,
            resources: RwLock::default(),
            seen: watch::Sender::new(start),
            watchers: AtomicU64::new(0),
            closing: AtomicBool::new(false),
        };
        let cache = Self(Arc::new(shared));
        let task = tokio::spawn(follower::run(cache.clone(), start, stream));
        Ok((cache, Follower(task)))
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// How many watches are being served.
    #[must_use]
    pub fn watchers(&self) -> u64 {
        self.0.watchers.load(Ordering::Relaxed)
    }

    /// Ends every subscription after what is queued, so that watches end cleanly before the process does.
    pub fn close(&self) {
        self.0.closing.store(true, Ordering::Relaxed);
        self.forget_all();
    }

    /// A picture of a resource that is not older than the store's newest write at the moment of the call.
    pub async fn consistent(&self, prefix: &str) -> Result<Snapshot, StoreError> {
        let current = self.0.store.current_revision().await?;
        self.not_older(prefix, current).await
    }

    /// A picture of a resource at least as new as `revision` (0: whatever is at hand).
    ///
    /// Errors with [`StoreError::Future`] where the store does not reach the revision within three seconds.
    pub async fn not_older(&self, prefix: &str, revision: Revision) -> Result<Snapshot, StoreError> {
        for _ in 0..RESTARTS {
            let resource = self.reached(prefix, revision).await?;
            if let Some(snapshot) = resource.snapshot(self.seen()) {
                return Ok(snapshot);
            }
        }
        Err(starting_anew())
    }

    /// What the cache has at hand of a resource under `scope`, a prefix within it such as a namespace's.
    pub async fn part(&self, prefix: &str, scope: &str) -> Result<Vec<Arc<Cached>>, StoreError> {
        Ok(self.reached(prefix, Revision::ZERO).await?.part(scope))
    }

    /// As [`Cache::part`], not older than the store's newest write at the moment of the call.
    pub async fn consistent_part(&self, prefix: &str, scope: &str) -> Result<Vec<Arc<Cached>>, StoreError> {
        let current = self.0.store.current_revision().await?;
        Ok(self.reached(prefix, current).await?.part(scope))
    }

    /// One object as of the store's newest write at the moment of the call.
    pub async fn consistent_object(&self, prefix: &str, key: &str) -> Result<Option<Arc<Cached>>, StoreError> {
        let current = self.0.store.current_revision().await?;
        self.object_not_older(prefix, key, current).await
    }

    /// One object, not older than `revision` (0: whatever is at hand).
    pub async fn object_not_older(&self, prefix: &str, key: &str, revision: Revision) -> Result<Option<Arc<Cached>>, StoreError> {
        Ok(self.reached(prefix, revision).await?.object(key))
    }

    /// One object from the cache if the resource is loaded, however old: for a write that compares revisions anyway.
    #[must_use]
    pub fn peek(&self, prefix: &str, key: &str) -> Option<Arc<Cached>> {
        self.loaded(prefix)?.object(key)
    }

    /// The revision of the newest write to a resource that the cache has taken in; 0 where the resource is not loaded.
    #[must_use]
    pub fn newest(&self, prefix: &str) -> Revision {
        self.loaded(prefix).map(|resource| resource.newest()).unwrap_or_default()
    }

    /// Follows the keys under `scope` (within the resource at `prefix`) from `after` on; `None` where the cache no longer holds that
    /// far a past, so that the caller must ask the store.
    pub async fn subscribe(&self, prefix: &str, scope: &str, after: Revision) -> Result<Option<Subscription>, StoreError> {
        let resource = self.resource(prefix).await?;
        Ok(resource.subscribe(scope, after, self.clone()))
    }

    /// The same where the resource is loaded already, and without a wait.
    #[must_use]
    pub fn subscribe_if_loaded(&self, prefix: &str, scope: &str, after: Revision) -> Option<Subscription> {
        self.loaded(prefix).filter(|resource| resource.is_ready())?.subscribe(scope, after, self.clone())
    }

    /// A picture of a resource and every event after it, without a gap between the two.
    pub async fn snapshot_and_follow(
        &self,
        prefix: &str,
        scope: &str,
        at_least: Option<Revision>,
    ) -> Result<(Snapshot, Subscription), StoreError> {
        let revision = match at_least {
            Some(revision) => revision,
            None => self.0.store.current_revision().await?,
        };
        for _ in 0..RESTARTS {
            let resource = self.reached(prefix, revision).await?;
            if let Some(both) = resource.snapshot_and_follow(scope, self.seen(), self.clone()) {
                return Ok(both);
            }
        }
        Err(starting_anew())
    }

    /// The revision up to which everything has been handed to watchers.
    #[must_use]
    pub fn seen(&self) -> Revision {
        *self.0.seen.borrow()
    }

    /// The cache of a resource that has taken in everything up to a revision. One that the cache forgot while it was waited for takes
    /// in nothing more, so that its successor is waited for in its place.
    async fn reached(&self, prefix: &str, revision: Revision) -> Result<Arc<ResourceCache>, StoreError> {
        for _ in 0..RESTARTS {
            let resource = self.resource(prefix).await?;
            self.wait_for(&resource, revision).await?;
            if !resource.is_closed() {
                return Ok(resource);
            }
        }
        Err(starting_anew())
    }

    async fn wait_for(&self, resource: &ResourceCache, revision: Revision) -> Result<(), StoreError> {
        if resource.loaded_at() >= revision || self.seen() >= revision {
            return Ok(());
        }
        let mut seen_rx = self.0.seen.subscribe();
        let reached = tokio::time::timeout(CATCH_UP, seen_rx.wait_for(|seen| *seen >= revision)).await;
        match reached.map(|seen| seen.is_ok()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(StoreError::Unavailable("the watch cache has stopped".to_owned())),
            Err(_) => Err(StoreError::Future { asked: revision, current: self.0.store.current_revision().await? }),
        }
    }

    /// The cache of a resource, loaded if it was not.
    async fn resource(&self, prefix: &str) -> Result<Arc<ResourceCache>, StoreError> {
        let resource = match self.loaded(prefix) {
            Some(resource) => resource,
            None => self.enter(prefix),
        };
        if !resource.is_ready() {
            let loading = Loading { cache: self, prefix, resource: &resource };
            resource.load(|| self.0.store.list(whole(prefix))).await?;
            drop(loading);
        }
        Ok(resource)
    }

    /// Drops a resource that could not be loaded, with the events that waited for it.
    fn forget(&self, prefix: &str, resource: &Arc<ResourceCache>) {
        let mut resources = self.0.resources.write().unwrap_or_else(PoisonError::into_inner);
        if resources.get(prefix).is_some_and(|known| Arc::ptr_eq(known, resource)) {
            resources.remove(prefix);
        }
        resource.close();
    }

    fn loaded(&self, prefix: &str) -> Option<Arc<ResourceCache>> {
        self.0.resources.read().unwrap_or_else(PoisonError::into_inner).get(prefix).cloned()
    }

    fn enter(&self, prefix: &str) -> Arc<ResourceCache> {
        let mut resources = self.0.resources.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(resources.entry(prefix.to_owned()).or_insert_with(|| Arc::new(ResourceCache::new())))
    }

    /// Drops every loaded resource and ends its watches; the next reader loads anew.
    fn forget_all(&self) {
        let mut resources = self.0.resources.write().unwrap_or_else(PoisonError::into_inner);
        for (_, resource) in resources.drain() {
            resource.close();
        }
    }
}

/// A load under way. Dropped before it is done, because it failed or nobody waits any more, it takes the resource with it: events would
/// gather in it for as long as nobody asks again.
struct Loading<'a> {
    cache: &'a Cache,
    prefix: &'a str,
    resource: &'a Arc<ResourceCache>,
}

impl Drop for Loading<'_> {
    fn drop(&mut self) {
        if !self.resource.is_ready() {
            self.cache.forget(self.prefix, self.resource);
        }
    }
}

fn starting_anew() -> StoreError {
    StoreError::Unavailable("the watch cache keeps starting anew".to_owned())
}

fn whole(prefix: &str) -> ListRequest {
    ListRequest { prefix: prefix.to_owned(), after: None, limit: 0, at: None }
}

#[cfg(test)]
mod tests;
