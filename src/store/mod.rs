//! Where objects are kept: the store contract and its three engines.
//!
//! Receives keys and bytes from the API layer and hands back bytes with revisions; it knows nothing of kinds. Invariant: revisions are
//! one global, growing order of writes per store, never repeated and never going back, whatever process wrote.

pub mod cache;
mod compactor;
mod complaint;
mod etcd;
mod follow;
mod keys;
mod memory;
mod sqlite;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::object::Revision;

pub use compactor::{Compactor, DEFAULT_COMPACTION_INTERVAL};
pub use etcd::{EtcdOptions, EtcdStore, EtcdTls};
pub use memory::MemoryStore;
pub use sqlite::{SqliteOptions, SqliteStore};

/// A value as the store holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The full key, such as `/registry/apps/deployments/default/web`.
    pub key: String,
    /// What was put.
    pub value: Bytes,
    /// The revision of the write that put it (etcd's mod revision).
    pub revision: Revision,
}

/// What a list asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// Every key that starts with this is meant; it ends in `/`.
    pub prefix: String,
    /// Only keys greater than this one: where the page before ended.
    pub after: Option<String>,
    /// At most this many entries; 0 sets no limit.
    pub limit: usize,
    /// The state as of this revision; `None` asks for the newest.
    pub at: Option<Revision>,
}

/// One page of a list, in the order of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The entries of the page.
    pub entries: Vec<Entry>,
    /// The revision that the page is a consistent picture of.
    pub revision: Revision,
    /// How many further entries lie behind the page at that revision; 0 where it is the last.
    pub remaining: u64,
}

/// What a commit writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Put this value.
    Put(Bytes),
    /// Remove the key.
    Delete,
}

/// How a commit ended, where the store answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written durably, at this revision.
    Done(Revision),
    /// The compare failed; this is what stands under the key (`None`: nothing), for the caller to try again.
    Lost(Option<Entry>),
}

/// One of several writes that stand or fall together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The key; each of the writes has another.
    pub key: String,
    /// The newest revision that the key must have; [`Revision::ZERO`]: it must not exist.
    pub expected: Revision,
    /// What becomes of it.
    pub change: Change,
}

/// How a commit of several writes ended, where the store answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JointOutcome {
    /// All are written durably, each at the revision in its place.
    Done(Vec<Revision>),
    /// Nothing is written: these are the places of all writes whose compare failed, in order, and what stands under their keys.
    Lost(Vec<(usize, Option<Entry>)>),
}

/// One write as a watch tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The key written.
    pub key: String,
    /// The revision of the write.
    pub revision: Revision,
    /// The value put; `None` where the key was removed.
    pub value: Option<Bytes>,
    /// The value before the write; `None` where there was none, and where [`Store::follow`] leaves it out.
    pub previous: Option<Bytes>,
}

/// What a watch delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tidings {
    /// Writes in the order of revisions. All events of one revision come in one batch.
    Events(Vec<Event>),
    /// Nothing of the prefix was written up to this revision that was not delivered before. Sent from time to time and after a batch,
    /// so that a reader which waits for a revision learns that it has been reached.
    Progress(Revision),
}

/// Why the store could not answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The history before `oldest` is gone: the reader must list anew.
    #[error("revision {asked} has been compacted; the oldest kept is {oldest}")]
    Compacted {
        /// The revision asked for.
        asked: Revision,
        /// The oldest revision that can still be read.
        oldest: Revision,
    },
    /// The revision asked for has not been written yet.
    #[error("revision {asked} is in the future; the store is at {current}")]
    Future {
        /// The revision asked for.
        asked: Revision,
        /// The store's newest revision.
        current: Revision,
    },
    /// The store cannot be reached or does not answer; trying again may help.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The store took a write and did not say what became of it: it may stand.
    #[error("whether the write stands is not known: {0}")]
    Unclear(String),
    /// The store refuses for lack of space.
    #[error("the store is full: {0}")]
    Full(String),
    /// The value is larger than the store takes; nothing was written.
    #[error("the value is too large for the store: {0}")]
    TooLarge(String),
    /// The store holds what it should not, or its engine failed otherwise.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// What [`Store::claim_compaction`] answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Whether the caller is to compact.
    pub granted: bool,
    /// What to hand to the next claim.
    pub turn: u64,
    /// The store's revision at the claim.
    pub current: Revision,
}

/// The writes under a prefix, as an endless stream. An error ends it.
pub type WatchStream = BoxStream<'static, Result<Tidings, StoreError>>;

/// The contract that every engine keeps; one test suite checks it against all of them.
///
/// Guarantees: a commit that answered [`Outcome::Done`] is durable and visible to every later read of any process; revisions order all
/// writes; a list is a picture of one revision; a watch delivers each write once, in order, without gaps.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The engine's name for people and metrics: `memory`, `sqlite` or `etcd`.
    fn engine(&self) -> &'static str;

    /// The newest value of a key, `None` where there is none. Never stale.
    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError>;

    /// One page of the keys under a prefix. Errors with [`StoreError::Compacted`] or [`StoreError::Future`] for a revision that cannot be read.
    async fn list(&self, request: ListRequest) -> Result<Page, StoreError>;

    /// Writes one key if its newest revision is `expected` ([`Revision::ZERO`]: if the key does not exist). Removing what does not
    /// exist is lost, too, for there is nothing to write. After [`StoreError::Unclear`] and [`StoreError::Failed`] the write may or may
    /// not stand, and after [`StoreError::Unavailable`] of a store that is being closed.
    async fn commit(&self, key: &str, expected: Revision, change: Change) -> Result<Outcome, StoreError> {
        let write = Write { key: key.to_owned(), expected, change };
        Ok(match self.commit_all(vec![write]).await? {
            JointOutcome::Done(revisions) => Outcome::Done(revisions.into_iter().next().unwrap_or_default()),
            JointOutcome::Lost(lost) => Outcome::Lost(lost.into_iter().next().and_then(|(_, standing)| standing)),
        })
    }

    /// Writes several keys, each under a compare as in [`Store::commit`], or none of them: no reader ever sees some without the others
    /// at the newest revision. In etcd all of them have the same revision, so a reader that goes on after a revision must have
    /// taken in all of it.
    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError>;

    /// Whether all writes of one commit have the same revision, so that whoever joins writes must keep those apart that one reader
    /// follows: a client goes on after the revision of the last event that it has seen.
    fn shares_revisions(&self) -> bool {
        false
    }

    /// Follows a prefix: every write with a revision greater than `after`. Errors at once, or in the stream, with
    /// [`StoreError::Compacted`] where that history is gone, and at once with [`StoreError::Future`] where `after` is not written yet.
    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError>;

    /// The same for a reader that knows what stood before each write: `previous` may be `None` where there was a value. Engines that
    /// would have to read it save that.
    async fn follow(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        self.watch(prefix, after).await
    }

    /// Forgets the history up to a revision: values overwritten or removed at or before it. Newest values stay, lists at `upto` and
    /// watches after it still work. Answers when the space is free; a revision compacted before is no error, a future one is.
    async fn compact(&self, upto: Revision) -> Result<(), StoreError>;

    /// Asks whether this process is the one to compact to `upto` now, where several share a store; see [`Compactor`]. `turn` is what
    /// the claim before answered, 0 at first. Engines whose compactions do not cost the others anything say yes to everyone.
    async fn claim_compaction(&self, turn: u64, upto: Revision) -> Result<Claim, StoreError> {
        let _ = upto;
        Ok(Claim { granted: true, turn, current: self.current_revision().await? })
    }

    /// Finishes the writes under way and lets go of files and threads; watches end with [`StoreError::Unavailable`], as does every
    /// later commit. Dropping the store does the same, but blocks the thread for it. An engine that holds nothing has nothing to do.
    async fn close(&self) {}

    /// The revision of the newest write, of any process. Never stale; cheap enough to ask on every read.
    async fn current_revision(&self) -> Result<Revision, StoreError>;

    /// How many bytes the store takes on disk (or in memory), where the engine can tell.
    async fn size_bytes(&self) -> Result<Option<u64>, StoreError>;
}
