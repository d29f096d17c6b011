//! The background task that forgets old history.
//!
//! Receives a store and an interval and hands on nothing. Invariant: what is compacted is at least one interval old, so that readers
//! that page through a list or come back to a watch within it are never too late; of several servers on one store one compacts.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::{Store, StoreError};
use crate::object::Revision;

/// How often kube-apiserver compacts, too (`--etcd-compaction-interval`).
pub const DEFAULT_COMPACTION_INTERVAL: Duration = Duration::from_mins(5);

/// Remembers at each tick where the store stands and compacts at the next one to there.
pub struct Compactor {
    store: Arc<dyn Store>,
    turn: u64,
    remembered: Revision,
}

impl Compactor {
    /// A compactor that has seen nothing yet: its first tick only remembers.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, turn: 0, remembered: Revision::ZERO }
    }

    /// Ticks until it is dropped. Failures are logged; the next tick makes up for them.
    pub async fn run(mut self, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.tick().await {
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
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::{Change, MemoryStore, Outcome};
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
}
