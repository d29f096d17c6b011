//! Watches as readers of a log, each at its own pace.
//!
//! Receives a log that can be read from any revision and a signal of how far it reaches, and hands on a stream. Invariant: a watch
//! keeps its position and nothing else, so a slow one holds no memory and delays nobody; if it falls behind the compaction it is told.

use std::mem;

use futures::{FutureExt, StreamExt, stream};
use tokio::sync::watch;

use super::{Event, StoreError, Tidings, WatchStream};
use crate::object::Revision;

/// How many events a log hands out in one read.
pub(super) const EVENTS_PER_READ: usize = 1000;

/// A piece of the log.
pub(super) struct Chunk {
    /// The events of the prefix, in the order of revisions.
    pub(super) events: Vec<Event>,
    /// Every event of the prefix up to this revision is in this chunk or was before it.
    pub(super) reached: Revision,
}

/// A log of writes that can be read from any revision that is not compacted.
pub(super) trait Log: Send + Sync + 'static {
    /// The events under `prefix` after the revision `after`, up to `upto` or as far as one read goes (at least one revision).
    fn read(&self, prefix: &str, after: Revision, upto: Revision) -> impl Future<Output = Result<Chunk, StoreError>> + Send;
}

/// What a watch is between two deliveries.
struct Follower<L> {
    log: L,
    prefix: String,
    position: Revision,
    moved: watch::Receiver<Revision>,
    /// A batch went out and the progress up to `position` is to follow.
    progress_due: bool,
    /// The stream has told its error and is over.
    over: bool,
}

/// The writes under `prefix` after the revision `after`. `moved` tells how far the log reaches; when its sender goes, the store is closed.
pub(super) fn follow<L: Log>(log: L, prefix: String, after: Revision, moved: watch::Receiver<Revision>) -> WatchStream {
    let follower = Follower { log, prefix, position: after, moved, progress_due: false, over: false };
    // Fused by `over`; boxed by `boxed`, as the state machine is large.
    stream::unfold(follower, |follower| follower.step().boxed()).boxed()
}

impl<L: Log> Follower<L> {
    async fn step(mut self) -> Option<(Result<Tidings, StoreError>, Self)> {
        if self.over {
            return None;
        }
        let told = self.next().await;
        self.over = told.is_err();
        Some((told, self))
    }

    async fn next(&mut self) -> Result<Tidings, StoreError> {
        if mem::take(&mut self.progress_due) {
            return Ok(Tidings::Progress(self.position));
        }
        loop {
            let upto = *self.moved.borrow_and_update();
            if upto <= self.position {
                self.moved.changed().await.map_err(|_| closed())?;
                continue;
            }
            let chunk = self.log.read(&self.prefix, self.position, upto).await?;
            self.position = chunk.reached;
            if !chunk.events.is_empty() {
                self.progress_due = true;
                return Ok(Tidings::Events(chunk.events));
            }
            if self.position >= upto {
                return Ok(Tidings::Progress(self.position));
            }
        }
    }
}

/// The answer of a store that was closed.
pub(super) fn closed() -> StoreError {
    StoreError::Unavailable("it has been closed".to_owned())
}
