//! The background task that forgets old history.
//!
//! Receives a store and an interval and hands on nothing. Invariant: what is compacted is at least one interval old, so that readers
//! that page through a list or come back to a watch within it are never too late; of several servers on one store one compacts.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Outcome, Store, StoreError};
use crate::ambient::Ambient;
use crate::object::Revision;

/// How often kube-apiserver compacts, too (`--etcd-compaction-interval`).
pub const DEFAULT_COMPACTION_INTERVAL: Duration = Duration::from_mins(5);

/// Remembers at each tick where the store stands and compacts at the next one to there.
pub struct Compactor {
    store: Arc<dyn Store>,
    turn: u64,
    remembered: Revision,
    /// The clock for the marks that processes leave each other; `None` where the engine's claims do that.
    marks: Option<Ambient>,
}

/// Where a process leaves, for those after it, when the store stood where. Commands end long before a second tick, so without marks a
/// store that nothing but commands write to would keep its history for ever.
const MARK: &str = "/trueup/compaction";

/// What is kept under [`MARK`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    revision: u64,
    /// Seconds since 1970.
    time: i64,
}

impl Compactor {
    /// A compactor that has seen nothing yet: its first tick only remembers.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, turn: 0, remembered: Revision::ZERO, marks: None }
    }

    /// A compactor that goes on from the mark of an earlier process, and leaves its own.
    #[must_use]
    pub fn with_marks(store: Arc<dyn Store>, ambient: Ambient) -> Self {
        Self { marks: Some(ambient), ..Self::new(store) }
    }

    /// Leaves a mark now if the last one is old enough, before anything else is written. What the old mark allows is compacted by
    /// [`Self::run`], since nobody should have to wait for it.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn begin(&mut self, every: Duration) -> Result<(), StoreError> {
        match self.marks.clone() {
            Some(ambient) => self.mark(ambient.now(), every).await,
            None => Ok(()),
        }
    }

    /// Ticks until it is dropped. Failures are logged; the next tick makes up for them.
    pub async fn run(mut self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let begun = self.begin(every).await;
            let ticked = match (begun, self.marks.is_some()) {
                (Err(error), _) => Err(error),
                (Ok(()), true) => self.compact_due().await,
                (Ok(()), false) => self.tick().await,
            };
            if let Err(error) = ticked {
                tracing::warn!(%error, engine = self.store.engine(), "compaction failed");
            }
        }
    }

    /// One tick. Answers the revision compacted, `None` where it is too early or another process does it.
    ///
    /// # Errors
    /// What the store answers; the tick then counts as not done.
    pub async fn tick(&mut self) -> Result<Option<Revision>, StoreError> {
        let claim = self.store.claim_compaction(self.turn, self.remembered).await?;
        self.turn = claim.turn;
        let upto = std::mem::replace(&mut self.remembered, claim.current);
        if !claim.granted || upto == Revision::ZERO {
            return Ok(None);
        }
        self.store.compact(upto).await?;
        tracing::debug!(%upto, engine = self.store.engine(), "compacted");
        Ok(Some(upto))
    }

    /// Replaces the mark if it is old enough, and remembers what it allows to compact. Counts the time since the last mark, whoever
    /// left it.
    async fn mark(&mut self, now: Timestamp, every: Duration) -> Result<(), StoreError> {
        let found = self.store.get(MARK).await?;
        let mark = found.as_ref().and_then(|entry| serde_json::from_slice::<Mark>(&entry.value).ok());
        let age = mark.map(|mark| now.as_second().saturating_sub(mark.time));
        // A tick that comes a moment early must not have to wait for the next one.
        if age.is_some_and(|age| age.unsigned_abs() < every.as_secs() * 9 / 10) {
            return Ok(());
        }
        let next = Mark { revision: self.store.current_revision().await?.0, time: now.as_second() };
        let value = serde_json::to_vec(&next).map_err(|error| StoreError::Failed(error.to_string()))?;
        // Where another process was faster, it compacts, too.
        let expected = found.map(|entry| entry.revision).unwrap_or_default();
        if let Outcome::Done(_) = self.store.commit(MARK, expected, Change::Put(Bytes::from(value))).await? {
            self.remembered = mark.map_or(Revision::ZERO, |mark| Revision(mark.revision));
        }
        Ok(())
    }

    /// Compacts to where the mark stood that was replaced last, once.
    async fn compact_due(&mut self) -> Result<Option<Revision>, StoreError> {
        let upto = std::mem::take(&mut self.remembered);
        if upto == Revision::ZERO {
            return Ok(None);
        }
        self.store.compact(upto).await?;
        Ok(Some(upto))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::MemoryStore;
    use super::*;

    #[tokio::test]
    async fn a_tick_compacts_to_where_the_store_stood_at_the_tick_before() {
        let store = Arc::new(MemoryStore::new());
        let mut compactor = Compactor::new(Arc::clone(&store) as Arc<dyn Store>);
        assert_eq!(compactor.tick().await.unwrap(), None);
        let put = store.commit("/a/x", Revision::ZERO, Change::Put(Bytes::from_static(b"1"))).await.unwrap();
        assert_eq!(put, Outcome::Done(Revision(2)));
        assert_eq!(compactor.tick().await.unwrap(), Some(Revision(1)));
        assert_eq!(compactor.tick().await.unwrap(), Some(Revision(2)));
    }

    #[tokio::test]
    async fn a_process_goes_on_from_the_mark_of_one_before_it() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let every = Duration::from_mins(5);
        let tick = async |at: &str| {
            let now: Timestamp = at.parse().expect("a time");
            let mut compactor = Compactor::with_marks(Arc::clone(&store), Ambient::pinned(now));
            compactor.begin(every).await.unwrap();
            compactor.compact_due().await.unwrap()
        };
        assert_eq!(tick("2026-11-22T10:00:00Z").await, None);
        let before = store.current_revision().await.unwrap();
        store.commit("/a/x", Revision::ZERO, Change::Put(Bytes::from_static(b"1"))).await.unwrap();
        assert_eq!(tick("2026-11-22T10:04:00Z").await, None);
        assert_eq!(tick("2026-11-22T10:05:00Z").await, Some(Revision(before.0 - 1)));
    }
}
