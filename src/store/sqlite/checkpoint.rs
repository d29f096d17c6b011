//! Keeping the WAL short.
//!
//! Receives word of how much was written and hands it to a thread that copies the WAL into the database while writers go on. Invariant:
//! the file stays near [`WAL_LIMIT`] even under writes without a pause, when no background copy ever catches up: then the writer itself
//! stops for one.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;

use rusqlite::{Connection, Row};

use super::super::StoreError;
use super::schema::Location;
use super::spawn_thread;

/// From this size on, the writer empties the WAL before it goes on.
const WAL_LIMIT: u64 = 64 << 20;

/// After so many bytes a copy in the background begins (SQLite's own default, 1000 pages).
const BACKGROUND_AFTER: u64 = 4 << 20;

/// The thread that copies in the background.
pub(super) struct Checkpointer {
    signal: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(super) fn spawn(location: &Location) -> Result<Self, StoreError> {
        // One signal may wait while a copy runs; further ones would say nothing new.
        let (signal, signals) = mpsc::sync_channel(1);
        let connection = location.open_for_writing()?;
        let thread = spawn_thread("trueup-checkpoint", move || copy_on_signal(&connection, &signals))?;
        Ok(Self { signal, thread })
    }

    pub(super) fn signal(&self) -> SyncSender<()> {
        self.signal.clone()
    }

    /// Waits for the thread's end. The writer, which holds the other end of the signal, must have ended before.
    pub(super) fn join(self) {
        drop(self.signal);
        let _ = self.thread.join();
    }
}

fn copy_on_signal(connection: &Connection, signals: &Receiver<()>) {
    while signals.recv().is_ok() {
        // A failure loses nothing: the WAL is as durable as the database, and the writer tries again when it has grown.
        if let Err(error) = checkpoint(connection, "PASSIVE") {
            tracing::warn!(%error, "copying the WAL into the database failed");
        }
    }
}

/// Answers whether the whole WAL was copied.
fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<bool> {
    let copied = |row: &Row<'_>| Ok(row.get::<_, i64>(0)? == 0);
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], copied)
}

/// The writer's side: decides when to copy.
pub(super) struct WalKeeper {
    wal: PathBuf,
    checkpoints: SyncSender<()>,
    /// Bytes written since the last signal.
    written: u64,
    /// The size from which the writer copies itself; more than [`WAL_LIMIT`] after a reader kept it from emptying the file.
    limit: u64,
}

impl WalKeeper {
    pub(super) fn new(wal: PathBuf, checkpoints: SyncSender<()>) -> Self {
        Self { wal, checkpoints, written: 0, limit: WAL_LIMIT }
    }

    /// Takes note of what was written and copies where it is time.
    pub(super) fn note(&mut self, connection: &Connection, bytes: u64) {
        self.written += bytes;
        if self.written < BACKGROUND_AFTER {
            return;
        }
        self.written = 0;
        let _ = self.checkpoints.try_send(());
        let size = std::fs::metadata(&self.wal).map_or(0, |metadata| metadata.len());
        if size > self.limit {
            let emptied = self.truncate(connection);
            self.limit = if emptied { WAL_LIMIT } else { size + WAL_LIMIT / 4 };
        }
    }

    /// Copies all and empties the file, unless a reader of another process holds it for too long. Answers whether it did.
    pub(super) fn truncate(&self, connection: &Connection) -> bool {
        match checkpoint(connection, "TRUNCATE") {
            Ok(emptied) => emptied,
            Err(error) => {
                tracing::warn!(%error, "emptying the WAL failed");
                false
            }
        }
    }
}
