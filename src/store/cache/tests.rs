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

fn written(revision: u64) -> Arc<WriteEvent> {
    let (key, value) = (format!("{PREFIX}default/a{revision}"), Bytes::from_static(b"{}"));
    Arc::new(WriteEvent::new(crate::store::Event { key, revision: Revision(revision), value: Some(value), previous: None }))
}

/// A cache of nothing, and a resource of it that is empty as of a revision.
async fn empty(revision: u64) -> (Cache, ResourceCache) {
    let (cache, _) = Cache::open(Arc::new(MemoryStore::new())).await.unwrap();
    let resource = ResourceCache::new();
    resource.load(|| async move { Ok(Page { entries: Vec::new(), revision: Revision(revision), remaining: 0 }) }).await.unwrap();
    (cache, resource)
}

#[tokio::test]
async fn a_watcher_that_is_ahead_of_the_cache_is_told_nothing_twice() {
    let (cache, resource) = empty(4).await;
    // Another server told the watcher of revision 6 before this one has heard of 5.
    let mut watch = resource.subscribe(PREFIX, Revision(6), cache).unwrap();
    assert_eq!(watch.take_queued().1, Some(Revision(6)), "no bookmark leads back");
    resource.take([written(5), written(6), written(7)]);
    let (events, reached) = watch.take_queued();
    assert_eq!(events.iter().map(|event| event.revision).collect::<Vec<_>>(), [Revision(7)]);
    // The events of a batch are queued before the cache says that it has seen them.
    assert_eq!(reached, Some(Revision(7)), "no bookmark leads back before what was told");
}

#[tokio::test]
async fn what_is_queued_behind_a_bookmark_is_newer_than_the_bookmark() {
    let (cache, resource) = empty(4).await;
    let mut watch = resource.subscribe(PREFIX, Revision(4), cache.clone()).unwrap();
    // Fewer than a watcher may lie behind.
    let last = Revision(4000);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for revision in 5..=last.0 {
                resource.take([written(revision)]);
                cache.0.seen.send_replace(Revision(revision));
            }
        });
        let mut reached = Revision(4);
        while reached < last {
            let (events, next) = watch.take_queued();
            for event in events {
                assert!(event.revision > reached, "{} was told after a bookmark of {reached}", event.revision);
            }
            reached = next.unwrap();
        }
    });
}

#[tokio::test]
async fn a_watcher_that_was_dropped_for_being_slow_is_not_told_how_far_others_are() {
    let (cache, resource) = empty(4).await;
    let mut slow = resource.subscribe(PREFIX, Revision(4), cache.clone()).unwrap();
    let mut quick = resource.subscribe(PREFIX, Revision(4), cache.clone()).unwrap();
    let mut told = 0;
    for revision in 5..=10_000 {
        resource.take([written(revision)]);
        cache.0.seen.send_replace(Revision(revision));
        let (events, reached) = quick.take_queued();
        told += events.len();
        assert_eq!(reached, Some(Revision(revision)));
    }
    assert_eq!(told, 9996, "nobody else misses anything");
    let (events, reached) = slow.take_queued();
    let newest = events.last().map(|event| event.revision).unwrap();
    assert!(events.len() < told && newest < Revision(10_000));
    assert_eq!(reached, None, "what came after {newest} is not known to the watcher");
    assert!(slow.next().await.is_none());
}

#[tokio::test]
async fn a_resource_of_the_time_before_a_new_start_gives_no_picture() {
    let (_, resource) = empty(4).await;
    assert!(resource.snapshot(Revision(9)).is_some());
    resource.close();
    assert!(resource.snapshot(Revision(9)).is_none(), "it may lack what was written up to 9");
}
