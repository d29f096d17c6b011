//! Where watches hear of writes: one thread follows the log for all of them.
//!
//! Receives a wake-up after every commit of this process, and looks for commits of others; hands on the newest events from memory and
//! older ones from the log. Invariant: the ring holds every write from `from` (excluded) to `to` (included), or is empty.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::watch;

use super::super::complaint::Complaint;
use super::super::follow::{Chunk, EVENTS_PER_READ, Log};
use super::super::{Event, StoreError};
use super::reader::{self, ReadError, Readers};
use super::schema::Location;
use super::{run_blocking, spawn_thread};
use crate::object::Revision;

/// How often the log is looked at for writes of other processes while somebody watches. A look takes a few microseconds.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How many events, and how many bytes of values, are kept for watches that are nearly up to date.
const RING_EVENTS: usize = 8192;
const RING_BYTES: usize = 8 << 20;

/// The meeting place of the writer, the follower and the watches.
pub(super) struct Hub {
    ring: RwLock<Ring>,
    bell: Mutex<Bell>,
    rung: Condvar,
    /// Handed to each watch; the follower holds the sender, so that watches end with it.
    moved: Mutex<Option<watch::Receiver<Revision>>>,
}

#[derive(Default)]
struct Bell {
    rung: bool,
    watchers: usize,
    closed: bool,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Event>,
    bytes: usize,
    /// `None` while nobody watches.
    span: Option<(Revision, Revision)>,
}

impl Hub {
    pub(super) fn new() -> Self {
        Self { ring: RwLock::default(), bell: Mutex::default(), rung: Condvar::new(), moved: Mutex::new(None) }
    }

    /// Says that this process has committed.
    pub(super) fn wake(&self) {
        self.ring_bell(|bell| bell.rung = true);
    }

    /// Ends the follower, and with it the watches.
    pub(super) fn close(&self) {
        self.ring_bell(|bell| bell.closed = true);
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Registers a watch, for as long as the answer lives.
    pub(super) fn join(self: &Arc<Self>) -> Watching {
        self.ring_bell(|bell| {
            bell.watchers += 1;
            bell.rung = true;
        });
        Watching(Arc::clone(self))
    }

    /// How far the log reaches, as far as the follower has seen; `None` once closed.
    pub(super) fn moved(&self) -> Option<watch::Receiver<Revision>> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ring_bell(&self, change: impl FnOnce(&mut Bell)) {
        change(&mut self.bell.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_one();
    }

    /// Waits until there is something to look for. Answers how many watch, `None` once closed.
    fn wait(&self) -> Option<usize> {
        let mut bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner);
        while !bell.rung && !bell.closed {
            if bell.watchers == 0 {
                bell = self.rung.wait(bell).unwrap_or_else(PoisonError::into_inner);
            } else {
                let (guard, waited) = self.rung.wait_timeout(bell, LOOK_EVERY).unwrap_or_else(PoisonError::into_inner);
                bell = guard;
                if waited.timed_out() {
                    break;
                }
            }
        }
        bell.rung = false;
        (!bell.closed).then_some(bell.watchers)
    }

    fn update_ring(&self, change: impl FnOnce(&mut Ring)) {
        change(&mut self.ring.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// The events after a revision from memory, `None` where they are not all there.
    fn recent(&self, prefix: &str, after: Revision) -> Option<Chunk> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).chunk(prefix, after)
    }
}

impl Ring {
    fn restart(&mut self, at: Revision) {
        *self = Self { span: Some((at, at)), ..Self::default() };
    }

    fn append(&mut self, chunk: Chunk) {
        let Some((from, to)) = &mut self.span else { return };
        *to = chunk.reached;
        self.bytes += chunk.events.iter().map(size).sum::<usize>();
        self.events.extend(chunk.events);
        while self.events.len() > RING_EVENTS || self.bytes > RING_BYTES {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= size(&oldest);
            *from = oldest.revision;
        }
    }

    fn chunk(&self, prefix: &str, after: Revision) -> Option<Chunk> {
        let (from, to) = self.span?;
        if after < from || after > to {
            return None;
        }
        let first = self.events.partition_point(|event| event.revision <= after);
        let mut chunk = Chunk { events: Vec::new(), reached: to };
        for event in self.events.range(first..).filter(|event| event.key.starts_with(prefix)) {
            if chunk.events.len() >= EVENTS_PER_READ {
                // Every write has a revision of its own, so that a batch may end behind any.
                chunk.reached = Revision(event.revision.0 - 1);
                break;
            }
            chunk.events.push(event.clone());
        }
        Some(chunk)
    }
}

fn size(event: &Event) -> usize {
    event.key.len() + event.value.as_ref().map_or(0, bytes::Bytes::len) + event.previous.as_ref().map_or(0, bytes::Bytes::len)
}

/// A registered watch.
pub(super) struct Watching(Arc<Hub>);

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.ring_bell(|bell| {
            bell.watchers -= 1;
            bell.rung = true;
        });
    }
}

/// The log as one watch reads it.
pub(super) struct HubLog {
    watching: Watching,
    readers: Arc<Readers>,
}

impl HubLog {
    pub(super) fn new(watching: Watching, readers: Arc<Readers>) -> Self {
        Self { watching, readers }
    }
}

impl Log for HubLog {
    async fn read(&self, prefix: &str, after: Revision, upto: Revision) -> Result<Chunk, StoreError> {
        if let Some(chunk) = self.watching.0.recent(prefix, after) {
            return Ok(chunk);
        }
        let (readers, prefix) = (Arc::clone(&self.readers), prefix.to_owned());
        run_blocking(move || readers.with_checked(|transaction| reader::log(transaction, &prefix, after, upto))).await
    }
}

/// Starts the thread that follows the log.
pub(super) fn spawn(hub: Arc<Hub>, connection: Connection, location: Location) -> Result<JoinHandle<()>, StoreError> {
    let moved = watch::Sender::new(Revision::ZERO);
    *hub.moved.lock().unwrap_or_else(PoisonError::into_inner) = Some(moved.subscribe());
    spawn_thread("trueup-follower", move || {
        let mut complaint = Complaint::default();
        while let Some(watchers) = hub.wait() {
            if watchers == 0 {
                hub.update_ring(|ring| *ring = Ring::default());
                continue;
            }
            match advance(&hub, &connection, &moved) {
                Ok(()) => complaint.settle(),
                // The watches miss nothing: the next look, at most LOOK_EVERY away, begins at the same revision.
                Err(error) if complaint.is_news(&error.to_string()) => {
                    tracing::warn!(%error, path = %location.database().display(), "following the log fails, and is tried on");
                }
                Err(_) => {}
            }
        }
    })
}

/// Brings the ring up to the newest write.
fn advance(hub: &Hub, connection: &Connection, moved: &watch::Sender<Revision>) -> rusqlite::Result<()> {
    loop {
        let span = hub.ring.read().unwrap_or_else(PoisonError::into_inner).span;
        let current = reader::current(connection)?;
        match span {
            Some((_, to)) if to >= current => return Ok(()),
            Some((_, to)) => append(hub, connection, to, current)?,
            None => hub.update_ring(|ring| ring.restart(current)),
        }
        let span = hub.ring.read().unwrap_or_else(PoisonError::into_inner).span;
        moved.send_if_modified(|told| {
            let newest = span.map_or(*told, |(_, to)| to.max(*told));
            std::mem::replace(told, newest) != newest
        });
    }
}

fn append(hub: &Hub, connection: &Connection, after: Revision, upto: Revision) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)?;
    match reader::log(&transaction, "", after, upto) {
        Ok(chunk) => hub.update_ring(|ring| ring.append(chunk)),
        // The compaction was faster. Watches that were up to date with the ring see for themselves that they must list anew.
        Err(ReadError::Store(_)) => hub.update_ring(|ring| ring.restart(upto)),
        Err(ReadError::Sqlite(error)) => return Err(error),
    }
    Ok(())
}
