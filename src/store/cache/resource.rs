//! The cache of one resource: its objects, its recent events, its watchers.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{OnceCell, mpsc};

use super::{Cache, Cached, WriteEvent};
use crate::object::Revision;
use crate::store::{Page, StoreError};

/// How many recent events are kept for watches that start in the past; older starts are served by the store.
const RECENT: usize = 1024;

/// How many bytes of objects the recent events may hold, so that a few large objects that change often do not fill the memory.
const RECENT_BYTES: usize = 16 << 20;

/// How many events, and how many bytes of objects in them, a watcher may lie behind before it is dropped; it then reconnects from where
/// it was.
const QUEUE: usize = 4096;
const QUEUE_BYTES: usize = 64 << 20;

pub(super) struct ResourceCache {
    loaded: OnceCell<()>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    /// The revision of the list that filled the cache; events up to it are already in.
    loaded_at: Revision,
    /// The revision of the newest write to this resource that is in, at least `loaded_at`.
    newest: Revision,
    /// Whether the list has been taken in. Until then events wait in `recent`.
    filled: bool,
    objects: BTreeMap<Box<str>, Arc<Cached>>,
    recent: VecDeque<Arc<WriteEvent>>,
    /// What the objects of `recent` take.
    recent_bytes: usize,
    /// Every event after this revision is in `recent`.
    recent_after: Revision,
    watchers: Vec<Watcher>,
    /// Whether the cache has started anew without this resource: nothing more will be taken in.
    closed: bool,
}

struct Watcher {
    scope: Box<str>,
    /// The watcher knows of everything up to here, from another server or from the store, which may have been ahead of this cache.
    after: Revision,
    events_tx: mpsc::Sender<Arc<WriteEvent>>,
    /// What the objects of the events take that the watcher has not taken yet.
    queued_bytes: Arc<AtomicUsize>,
}

/// A picture of a resource at one revision.
pub struct Snapshot {
    /// Every object by its full key.
    pub objects: Vec<Arc<Cached>>,
    /// The revision the picture is of.
    pub revision: Revision,
    /// A revision since which nothing of the resource was written: the picture is true of every one from it to `revision`.
    pub unchanged_since: Revision,
}

/// The events of a resource for one watcher. Ends when the watcher has fallen too far behind or the cache starts anew.
pub struct Subscription {
    backlog: VecDeque<Arc<WriteEvent>>,
    events_rx: mpsc::Receiver<Arc<WriteEvent>>,
    queued_bytes: Arc<AtomicUsize>,
    /// Where it began, and then the revision of the event that was taken last, which `seen` of the cache may not have reached yet.
    after: Revision,
    cache: Cache,
}

impl ResourceCache {
    pub(super) fn new() -> Self {
        Self { loaded: OnceCell::new(), state: RwLock::default() }
    }

    pub(super) fn is_ready(&self) -> bool {
        self.loaded.initialized()
    }

    /// Fills the cache from one list; concurrent callers share it, and an error leaves it to the next caller.
    pub(super) async fn load<F>(&self, list: impl FnOnce() -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<Page, StoreError>>,
    {
        let fill = || async {
            self.fill(list().await?);
            Ok(())
        };
        self.loaded.get_or_try_init(fill).await.map(|&()| ())
    }

    fn fill(&self, page: Page) {
        let mut state = self.write();
        let entries = page.entries.into_iter();
        state.objects = entries.map(|e| (e.key.as_str().into(), Arc::new(Cached::new(&e.key, e.value, e.revision)))).collect();
        state.loaded_at = page.revision;
        // Something may have been deleted just before the list was taken, so nothing older than the list is known to be the same.
        state.newest = page.revision;
        state.recent_after = page.revision;
        state.filled = true;
        // What arrived while the list was on its way, and is newer than the list.
        for event in std::mem::take(&mut state.recent) {
            state.take(event);
        }
    }

    /// Takes in events of this resource, in order.
    pub(super) fn take(&self, events: impl IntoIterator<Item = Arc<WriteEvent>>) {
        let mut state = self.write();
        for event in events {
            state.take(event);
        }
    }

    pub(super) fn loaded_at(&self) -> Revision {
        self.read().loaded_at
    }

    pub(super) fn newest(&self) -> Revision {
        self.read().newest
    }

    pub(super) fn object(&self, key: &str) -> Option<Arc<Cached>> {
        self.read().objects.get(key).cloned()
    }

    pub(super) fn part(&self, scope: &str) -> Vec<Arc<Cached>> {
        self.read().part(scope)
    }

    /// `None` where the cache has started anew: `seen` may then be of a time whose writes this resource has not taken in.
    pub(super) fn snapshot(&self, seen: Revision) -> Option<Snapshot> {
        let state = self.read();
        (!state.closed).then(|| state.snapshot("", seen))
    }

    /// `None` where the cache has started anew, so that the caller must take the resource's successor.
    pub(super) fn snapshot_and_follow(&self, scope: &str, seen: Revision, cache: Cache) -> Option<(Snapshot, Subscription)> {
        let mut state = self.write();
        if state.closed {
            return None;
        }
        let snapshot = state.snapshot(scope, seen);
        let subscription = state.follow(scope, snapshot.revision, VecDeque::new(), cache);
        Some((snapshot, subscription))
    }

    pub(super) fn subscribe(&self, scope: &str, after: Revision, cache: Cache) -> Option<Subscription> {
        // Most of those who come too early ask again and again, and hold up no writer.
        if after < self.read().recent_after {
            return None;
        }
        let mut state = self.write();
        if state.closed || after < state.recent_after {
            return None;
        }
        let missed = state.recent.iter().filter(|event| event.revision > after && event.key().starts_with(scope));
        let backlog = missed.cloned().collect();
        Some(state.follow(scope, after, backlog, cache))
    }

    /// Ends every watch after what is queued, and takes no new ones.
    pub(super) fn close(&self) {
        let mut state = self.write();
        state.watchers.clear();
        state.closed = true;
    }

    /// Whether the cache has started anew without this resource.
    pub(super) fn is_closed(&self) -> bool {
        self.read().closed
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, mut event: Arc<WriteEvent>) {
        if !self.filled {
            self.recent.push_back(event);
            return;
        }
        if event.revision <= self.loaded_at {
            return;
        }
        // Nobody else has the event yet.
        let before = self.objects.get(event.key()).cloned();
        if let (Some(before), Some(event)) = (before, Arc::get_mut(&mut event)) {
            event.came_after(&before);
        }
        match &event.current {
            Some(object) => drop(self.objects.insert(object.key.clone(), Arc::clone(object))),
            None => drop(self.objects.remove(event.key())),
        }
        self.newest = event.revision;
        self.tell(&event);
        self.remember(event);
    }

    /// Keeps an event for watchers that start in the past, and forgets what has become too much.
    fn remember(&mut self, event: Arc<WriteEvent>) {
        self.recent_bytes += event.size();
        self.recent.push_back(event);
        while self.recent.len() > RECENT || self.recent_bytes > RECENT_BYTES {
            let Some(forgotten) = self.recent.pop_front() else { return };
            self.recent_bytes -= forgotten.size();
            self.recent_after = forgotten.revision;
        }
    }

    /// Hands an event to every watcher whose scope it is in; one whose queue is full, or that has gone, is dropped.
    fn tell(&mut self, event: &Arc<WriteEvent>) {
        self.watchers.retain(|watcher| watcher.tell(event));
    }

    /// The objects under a scope. The revision is the newest that the picture is known to be true of: no event between this
    /// resource's newest and `seen` can be missing, because events are taken in before `seen` moves.
    fn part(&self, scope: &str) -> Vec<Arc<Cached>> {
        let from = self.objects.range::<str, _>((Bound::Included(scope), Bound::Unbounded));
        from.take_while(|(key, _)| key.starts_with(scope)).map(|(_, object)| Arc::clone(object)).collect()
    }

    fn snapshot(&self, scope: &str, seen: Revision) -> Snapshot {
        Snapshot { objects: self.part(scope), revision: seen.max(self.newest), unchanged_since: self.newest }
    }

    fn follow(&mut self, scope: &str, after: Revision, backlog: VecDeque<Arc<WriteEvent>>, cache: Cache) -> Subscription {
        let (events_tx, events_rx) = mpsc::channel(QUEUE);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        self.watchers.push(Watcher { scope: scope.into(), after, events_tx, queued_bytes: Arc::clone(&queued_bytes) });
        cache.0.watchers.fetch_add(1, Ordering::Relaxed);
        Subscription { backlog, events_rx, queued_bytes, after, cache }
    }
}

impl Watcher {
    /// Queues an event that is in scope. `false` where the watcher has gone or lies too far behind.
    fn tell(&self, event: &Arc<WriteEvent>) -> bool {
        if event.revision <= self.after || !event.key().starts_with(&*self.scope) {
            return !self.events_tx.is_closed();
        }
        let queued = self.queued_bytes.fetch_add(event.size(), Ordering::Relaxed);
        queued < QUEUE_BYTES && self.events_tx.try_send(Arc::clone(event)).is_ok()
    }
}

impl Subscription {
    /// The next event; `None` when there will be no more.
    pub async fn next(&mut self) -> Option<Arc<WriteEvent>> {
        let event = match self.backlog.pop_front() {
            Some(event) => event,
            None => self.events_rx.recv().await.map(|event| self.taken(event))?,
        };
        self.after = self.after.max(event.revision);
        Some(event)
    }

    /// Every event that is already here, and the revision up to which all have been delivered with them; `None` where events that will
    /// never be delivered may have been told to others.
    pub fn take_queued(&mut self) -> (Vec<Arc<WriteEvent>>, Option<Revision>) {
        // Read before the queue is: what the cache sees later may be queued behind the last event that is taken.
        let seen = self.cache.seen();
        let mut events = Vec::new();
        let is_over = loop {
            match self.try_next() {
                Ok(event) => events.push(event),
                Err(TryRecvError::Empty) => break false,
                Err(TryRecvError::Disconnected) => break true,
            }
        };
        (events, (!is_over).then_some(seen.max(self.after)))
    }

    fn try_next(&mut self) -> Result<Arc<WriteEvent>, TryRecvError> {
        let event = match self.backlog.pop_front() {
            Some(event) => event,
            None => self.events_rx.try_recv().map(|event| self.taken(event))?,
        };
        self.after = self.after.max(event.revision);
        Ok(event)
    }

    fn taken(&self, event: Arc<WriteEvent>) -> Arc<WriteEvent> {
        self.queued_bytes.fetch_sub(event.size(), Ordering::Relaxed);
        event
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cache.0.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}
