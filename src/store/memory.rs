//! The store in memory: for tests, and for simulating changes that are not applied yet.
//!
//! Receives and hands on what [`Store`] says, with nothing durable. Invariant: `log` holds one entry for every revision from
//! `compacted + 1` to `current`, and `histories` every version that a list at one of these revisions, or at `compacted`, can show.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use super::follow::{Chunk, EVENTS_PER_READ, Log, follow};
use super::{Change, Entry, Event, JointOutcome, ListRequest, Page, Store, StoreError, WatchStream, Write, keys};
use crate::object::Revision;

/// A store that lives and dies with the process.
pub struct MemoryStore {
    shared: Shared,
    moved: watch::Sender<Revision>,
}

/// One write to a key.
struct Version {
    revision: Revision,
    /// `None`: removed.
    value: Option<Bytes>,
}

struct State {
    /// The versions of each key, oldest first, never empty.
    histories: BTreeMap<String, Vec<Version>>,
    /// The keys in the order of their writes, one for each revision after `compacted`.
    log: VecDeque<String>,
    compacted: Revision,
    current: Revision,
    bytes: u64,
}

#[derive(Clone)]
struct Shared(Arc<RwLock<State>>);

impl Shared {
    // A panic while the lock was held leaves a state between two statements at worst; the data is not worth more than the process.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store at revision 1, where etcd begins, too.
    #[must_use]
    pub fn new() -> Self {
        let start = Revision(1);
        // Revision 1 wrote nothing; the empty key stands for it in the log and has no history.
        let log = VecDeque::from([String::new()]);
        let state = State { histories: BTreeMap::new(), log, compacted: Revision::ZERO, current: start, bytes: 0 };
        Self { shared: Shared(Arc::new(RwLock::new(state))), moved: watch::Sender::new(start) }
    }
}

impl Version {
    fn entry(&self, key: &str) -> Option<Entry> {
        self.value.as_ref().map(|value| Entry { key: key.to_owned(), value: value.clone(), revision: self.revision })
    }

    fn bytes(&self, key: &str) -> u64 {
        (key.len() + self.value.as_ref().map_or(0, Bytes::len)) as u64
    }
}

impl State {
    fn newest(&self, key: &str) -> Option<Entry> {
        self.histories.get(key)?.last()?.entry(key)
    }

    fn check_readable(&self, asked: Revision) -> Result<(), StoreError> {
        if asked < self.compacted {
            return Err(StoreError::Compacted { asked, oldest: self.compacted });
        }
        self.check_written(asked)
    }

    fn check_written(&self, asked: Revision) -> Result<(), StoreError> {
        if asked > self.current {
            return Err(StoreError::Future { asked, current: self.current });
        }
        Ok(())
    }

    fn write(&mut self, key: &str, value: Option<Bytes>) {
        self.current = Revision(self.current.0 + 1);
        let version = Version { revision: self.current, value };
        self.bytes += version.bytes(key);
        self.histories.entry(key.to_owned()).or_default().push(version);
        self.log.push_back(key.to_owned());
    }

    fn list(&self, request: &ListRequest, at: Revision) -> Page {
        let start = Bound::Included(keys::start(&request.prefix, request.after.as_deref()));
        let end = keys::end(&request.prefix).map_or(Bound::Unbounded, Bound::Excluded);
        let limit = if request.limit == 0 { usize::MAX } else { request.limit };
        let mut page = Page { entries: Vec::new(), revision: at, remaining: 0 };
        // A position behind the prefix makes an empty range, which BTreeMap takes for a mistake.
        if let (Bound::Included(start), Bound::Excluded(end)) = (&start, &end)
            && start >= end
        {
            return page;
        }
        for (key, versions) in self.histories.range((start, end)) {
            let index = versions.partition_point(|version| version.revision <= at);
            let Some(version) = index.checked_sub(1).map(|index| &versions[index]) else { continue };
            if page.entries.len() < limit {
                page.entries.extend(version.entry(key));
            } else if version.value.is_some() {
                page.remaining += 1;
            }
        }
        page
    }

    /// The write that made a revision, which must be in the log.
    fn event(&self, key: &str, revision: Revision) -> Option<Event> {
        let versions = self.histories.get(key)?;
        let index = versions.binary_search_by_key(&revision, |version| version.revision).ok()?;
        let previous = index.checked_sub(1).and_then(|index| versions[index].value.clone());
        Some(Event { key: key.to_owned(), revision, value: versions[index].value.clone(), previous })
    }

    fn chunk(&self, prefix: &str, after: Revision, upto: Revision) -> Result<Chunk, StoreError> {
        self.check_readable(after)?;
        let mut chunk = Chunk { events: Vec::new(), reached: after };
        let skipped = usize::try_from(after.0 - self.compacted.0).unwrap_or(usize::MAX);
        for key in self.log.range(skipped.min(self.log.len())..) {
            if chunk.reached >= upto || chunk.events.len() >= EVENTS_PER_READ {
                break;
            }
            chunk.reached = Revision(chunk.reached.0 + 1);
            if key.starts_with(prefix) {
                chunk.events.extend(self.event(key, chunk.reached));
            }
        }
        Ok(chunk)
    }

    fn compact(&mut self, upto: Revision) {
        while self.compacted < upto
            && let Some(key) = self.log.pop_front()
        {
            self.compacted = Revision(self.compacted.0 + 1);
            let Some(versions) = self.histories.get_mut(&key) else { continue };
            // What this write replaced is forgotten; a removal is forgotten together with what it removed.
            let index = versions.partition_point(|version| version.revision < self.compacted);
            let removal = versions.get(index).is_some_and(|version| version.revision == self.compacted && version.value.is_none());
            let gone = index + usize::from(removal);
            self.bytes -= versions.drain(..gone).map(|version| version.bytes(&key)).sum::<u64>();
            if versions.is_empty() {
                self.histories.remove(&key);
            }
        }
    }
}

impl Log for Shared {
    async fn read(&self, prefix: &str, after: Revision, upto: Revision) -> Result<Chunk, StoreError> {
        Shared::read(self).chunk(prefix, after, upto)
    }
}

#[async_trait]
impl Store for MemoryStore {
    fn engine(&self) -> &'static str {
        "memory"
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.shared.read().newest(key))
    }

    async fn list(&self, request: ListRequest) -> Result<Page, StoreError> {
        let state = self.shared.read();
        let at = request.at.unwrap_or(state.current);
        state.check_readable(at)?;
        Ok(state.list(&request, at))
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
        let mut state = self.shared.write();
        let mut lost = Vec::new();
        for (index, write) in writes.iter().enumerate() {
            let current = state.newest(&write.key);
            let revision = current.as_ref().map_or(Revision::ZERO, |entry| entry.revision);
            if revision != write.expected || (current.is_none() && write.change == Change::Delete) {
                lost.push((index, current));
            }
        }
        if !lost.is_empty() {
            return Ok(JointOutcome::Lost(lost));
        }
        let mut revisions = Vec::with_capacity(writes.len());
        for write in writes {
            let value = match write.change {
                Change::Put(value) => Some(value),
                Change::Delete => None,
            };
            state.write(&write.key, value);
            revisions.push(state.current);
        }
        // Told under the lock, so that revisions are told in their order.
        self.moved.send_replace(state.current);
        Ok(JointOutcome::Done(revisions))
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        self.shared.read().check_readable(after)?;
        Ok(follow(self.shared.clone(), prefix.to_owned(), after, self.moved.subscribe()))
    }

    async fn compact(&self, upto: Revision) -> Result<(), StoreError> {
        let mut state = self.shared.write();
        state.check_written(upto)?;
        state.compact(upto);
        Ok(())
    }

    async fn current_revision(&self) -> Result<Revision, StoreError> {
        Ok(self.shared.read().current)
    }

    async fn size_bytes(&self) -> Result<Option<u64>, StoreError> {
        Ok(Some(self.shared.read().bytes))
    }
}
