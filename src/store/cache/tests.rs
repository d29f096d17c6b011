//! What readers of the cache may rely on when the store below it loses its past.

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::Notify;

use super::*;
use crate::store::{Change, Entry, JointOutcome, MemoryStore, Outcome, Page, Tidings, WatchStream, Write};

const PREFIX: &str = "/registry/core/configmaps/";

/// A store whose watch can be made to break and whose past is gone then, as after a long outage of etcd.
struct Forgetful {
    inner: MemoryStore,
    broken: Arc<Notify>,
    /// How many watches were asked for.
    watches: AtomicU64,
}

#[async_trait]
impl Store for Forgetful {
    fn engine(&self) -> &'static str {
        "forgetful"
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key).await
    }

    async fn list(&self, request: ListRequest) -> Result<Page, StoreError> {
        self.inner.list(request).await
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
        self.inner.commit_all(writes).await
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        match self.watches.fetch_add(1, Ordering::Relaxed) {
            // The first tells nothing until it breaks.
            0 => {
                let broken = Arc::clone(&self.broken);
                let end = async move {
                    broken.notified().await;
                    Err::<Tidings, _>(StoreError::Unavailable("the connection broke".to_owned()))
                };
                Ok(futures::stream::once(end).boxed())
            }
            1 => Err(StoreError::Compacted { asked: after, oldest: self.inner.current_revision().await? }),
            _ => self.inner.watch(prefix, after).await,
        }
    }

    async fn compact(&self, upto: Revision) -> Result<(), StoreError> {
        self.inner.compact(upto).await
    }

    async fn current_revision(&self) -> Result<Revision, StoreError> {
        self.inner.current_revision().await
    }

    async fn size_bytes(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }
}

async fn put(store: &dyn Store, name: &str) -> Revision {
    let value = Bytes::from_static(br#"{"metadata":{}}"#);
    match store.commit(&format!("{PREFIX}default/{name}"), Revision::ZERO, Change::Put(value)).await.unwrap() {
        Outcome::Done(revision) => revision,
        Outcome::Lost(_) => panic!("{name} exists"),
    }
}

#[tokio::test]
async fn a_read_that_waits_while_the_cache_starts_anew_sees_the_newest_write() {
    let broken = Arc::new(Notify::new());
    let store = Forgetful { inner: MemoryStore::new(), broken: Arc::clone(&broken), watches: AtomicU64::new(0) };
    let store: Arc<dyn Store> = Arc::new(store);
    put(&*store, "before").await;
    let (cache, _follower) = Cache::open(Arc::clone(&store)).await.unwrap();
    assert_eq!(cache.consistent(PREFIX).await.unwrap().objects.len(), 1);
    // This write is never told by the first watch, and the second cannot tell it any more.
    let newest = put(&*store, "after").await;
    let reader = tokio::spawn({
        let cache = cache.clone();
        async move { cache.consistent(PREFIX).await }
    });
    broken.notify_one();
    let snapshot = reader.await.unwrap().unwrap();
    assert_eq!(snapshot.objects.len(), 2);
    assert!(snapshot.revision >= newest);
}

#[tokio::test]
async fn a_watch_of_the_time_before_a_new_start_ends_and_a_new_one_follows_on() {
    let broken = Arc::new(Notify::new());
    let store = Forgetful { inner: MemoryStore::new(), broken: Arc::clone(&broken), watches: AtomicU64::new(0) };
    let store: Arc<dyn Store> = Arc::new(store);
    let (cache, _follower) = Cache::open(Arc::clone(&store)).await.unwrap();
    let (before, mut subscription) = cache.snapshot_and_follow(PREFIX, PREFIX, None).await.unwrap();
    assert!(before.objects.is_empty());
    broken.notify_one();
    assert!(subscription.next().await.is_none(), "the cache has forgotten what came in between");
    put(&*store, "a").await;
    let (after, mut subscription) = cache.snapshot_and_follow(PREFIX, PREFIX, None).await.unwrap();
    assert_eq!(after.objects.len(), 1);
    let second = put(&*store, "b").await;
    assert_eq!(subscription.next().await.map(|event| event.revision), Some(second));
}

#[tokio::test]
async fn a_watcher_that_is_ahead_of_the_cache_is_told_nothing_twice() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (cache, _follower) = Cache::open(Arc::clone(&store)).await.unwrap();
    let resource = ResourceCache::new();
    resource.load(|| async { Ok(Page { entries: Vec::new(), revision: Revision(4), remaining: 0 }) }).await.unwrap();
    // Another server told the watcher of revision 6 before this one has heard of 5.
    let mut watch = resource.subscribe(PREFIX, Revision(6), cache).unwrap();
    assert_eq!(watch.seen(), Revision(6), "no bookmark leads back");
    let event = |revision: u64| {
        let (key, value) = (format!("{PREFIX}default/a{revision}"), Bytes::from_static(b"{}"));
        Arc::new(WriteEvent::new(crate::store::Event { key, revision: Revision(revision), value: Some(value), previous: None }))
    };
    resource.take([event(5), event(6), event(7)]);
    let told: Vec<Revision> = std::iter::from_fn(|| watch.try_next()).map(|event| event.revision).collect();
    assert_eq!(told, [Revision(7)]);
    // The events of a batch are queued before the cache says that it has seen them.
    assert_eq!(watch.seen(), Revision(7), "no bookmark leads back before what was told");
}
