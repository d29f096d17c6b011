//! The embedded store: one SQLite file in WAL mode, which several processes may share.
//!
//! Receives and hands on what [`Store`] says. One thread writes (`writer`, which also compacts: `sweep`), a pool of read-only
//! connections reads (`reader`), one thread follows the log for the watches (`hub`), one moves the WAL into the database
//! (`checkpoint`). Invariant: nothing about revisions is remembered in memory where another process could have moved on; every compare
//! and every new revision is read inside the write transaction.

mod checkpoint;
mod hub;
mod reader;
mod schema;
mod sweep;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Semaphore, oneshot};

use self::checkpoint::Checkpointer;
use self::hub::{Hub, HubLog};
use self::reader::Readers;
use self::schema::{Location, failure};
use self::writer::{Job, Writer};
use super::follow::{closed, follow};
use super::{Entry, JointOutcome, ListRequest, Page, Store, StoreError, WatchStream, Write};
use crate::object::Revision;

/// How a SQLite store is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The database may grow to this many bytes (the WAL not counted); more is refused with [`StoreError::Full`]. `None`: to what the
    /// disk holds. The limit binds the writes of this process alone.
    pub max_bytes: Option<u64>,
}

/// A store in one SQLite file.
pub struct SqliteStore {
    location: Location,
    readers: Arc<Readers>,
    /// Set apart for the revision, which every read of the API asks for and which should not wait for anything else.
    revisions: Mutex<Connection>,
    /// Keeps long lists from taking all of the runtime's blocking threads.
    lists: Arc<Semaphore>,
    hub: Arc<Hub>,
    threads: Mutex<Option<Threads>>,
    /// Unbounded, but every job has a caller who waits for it: there are never more jobs than callers.
    jobs: Mutex<Option<UnboundedSender<Job>>>,
}

/// What works for the store in the background, in the order in which it ends.
struct Threads {
    writer: std::thread::JoinHandle<()>,
    checkpointer: Checkpointer,
    follower: std::thread::JoinHandle<()>,
}

impl SqliteStore {
    /// Opens the file, and creates it and its folder where they do not exist.
    ///
    /// # Errors
    /// [`StoreError::Failed`] with the path and the reason where it is no SQLite database, another program's, written by a newer
    /// trueup, or not accessible; [`StoreError::Full`] where the disk has no room for it.
    pub fn open(path: impl AsRef<Path>, options: &SqliteOptions) -> Result<Self, StoreError> {
        let location = Location::new(path.as_ref())?;
        let writing = location.open_for_writing()?;
        schema::prepare(&writing, &location)?;
        schema::limit(&writing, options).map_err(failure(&location))?;
        let revisions = location.open_for_reading()?;
        let hub = Arc::new(Hub::new());
        let checkpointer = Checkpointer::spawn(&location)?;
        let follower = hub::spawn(Arc::clone(&hub), location.open_for_reading()?, location.clone())?;
        let (jobs, received) = unbounded_channel();
        let writer = Writer::new(writing, location.clone(), Arc::clone(&hub), checkpointer.keeper(&location)).spawn(received)?;
        let parallel = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Self {
            readers: Arc::new(Readers::new(location.clone())),
            location,
            revisions: Mutex::new(revisions),
            lists: Arc::new(Semaphore::new(2 * parallel)),
            hub,
            threads: Mutex::new(Some(Threads { writer, checkpointer, follower })),
            jobs: Mutex::new(Some(jobs)),
        })
    }

    /// Where the database lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.location.database()
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(job(reply))?;
        answer.await.map_err(|_| closed())?
    }

    /// Without waiting: a caller that stopped half-way would otherwise keep the channel open.
    fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(closed)
    }

    /// Tells the threads to end. The writer finishes what was sent to it first.
    fn begin_close(&self) -> Option<Threads> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Threads {
    fn join(self, hub: &Hub) {
        // A thread that panicked has told so on stderr; there is nothing left to save.
        let _ = self.writer.join();
        hub.close();
        let _ = self.follower.join();
        self.checkpointer.join();
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if let Some(threads) = self.begin_close() {
            threads.join(&self.hub);
        }
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn engine(&self) -> &'static str {
        "sqlite"
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        // In place: a look-up takes microseconds, less than the way to another thread and back.
        self.readers.with(|connection| reader::newest(connection, key))
    }

    async fn list(&self, request: ListRequest) -> Result<Page, StoreError> {
        let readers = Arc::clone(&self.readers);
        run_bounded(&self.lists, move || readers.with_checked(|transaction| reader::list(transaction, &request))).await
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
        self.ask(|reply| Job::Commit(writer::Commit { writes, reply })).await
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        let watching = self.hub.join();
        self.readers.with_checked(|transaction| reader::check_readable(transaction, after))?;
        let moved = self.hub.moved().ok_or_else(closed)?;
        Ok(follow(HubLog::new(watching, Arc::clone(&self.readers)), prefix.to_owned(), after, moved))
    }

    async fn compact(&self, upto: Revision) -> Result<(), StoreError> {
        self.ask(|reply| Job::Compact { upto, reply }).await
    }

    async fn current_revision(&self) -> Result<Revision, StoreError> {
        let connection = self.revisions.lock().unwrap_or_else(PoisonError::into_inner);
        reader::current(&connection).map_err(failure(&self.location))
    }

    async fn size_bytes(&self) -> Result<Option<u64>, StoreError> {
        let size = |path: PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        Ok(Some(size(self.location.database().to_owned()) + size(self.location.wal())))
    }

    async fn close(&self) {
        if let Some(threads) = self.begin_close() {
            let hub = Arc::clone(&self.hub);
            let _ = tokio::task::spawn_blocking(move || threads.join(&hub)).await;
        }
    }
}

/// Runs what waits for the disk on a thread of its own.
async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, StoreError> + Send + 'static) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Failed(format!("a read did not end: {error}"))),
    }
}

/// The same, for no more at a time than there are permits. Work goes on where nobody waits for it any more, and holds its permit as long.
async fn run_bounded<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let permit = Arc::clone(permits).acquire_owned().await.map_err(|_| closed())?;
    run_blocking(move || {
        let _permit = permit;
        work()
    })
    .await
}

/// Starts a named thread, whose name `top` and debuggers show.
fn spawn_thread(name: &str, body: impl FnOnce() + Send + 'static) -> Result<std::thread::JoinHandle<()>, StoreError> {
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(body);
    spawned.map_err(|error| StoreError::Unavailable(format!("the system gave no thread for {name}: {error}")))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_read_that_nobody_waits_for_any_more_still_counts_until_it_ends() {
        let permits = Arc::new(Semaphore::new(1));
        let (end, ends) = mpsc::channel::<()>();
        let read = run_bounded(&permits, move || ends.recv().map_err(|error| StoreError::Failed(error.to_string())));
        assert!(read.now_or_never().is_none(), "it is under way");
        assert_eq!(permits.available_permits(), 0);
        end.send(()).expect("it still waits for its end");
        run_bounded(&permits, || Ok(())).await.expect("there is room again");
    }
}
