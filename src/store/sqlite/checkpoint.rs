//! Keeping the WAL short.
//!
//! Receives word of how much was written and hands it to a thread that copies the WAL into the database while writers go on. Invariant:
//! the file stays near [`WAL_LIMIT`] even under writes without a pause, when no background copy ever catches up: then the writer itself
//! stops for one.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Row};

use super::super::StoreError;
use super::schema::{Location, wait_for_others};
use super::spawn_thread;

/// From this size on, the writer empties the WAL before it goes on.
const WAL_LIMIT: u64 = 64 << 20;

/// After so many bytes a copy in the background begins (SQLite's own default, 1000 pages).
const BACKGROUND_AFTER: u64 = 4 << 20;

/// How long the writer waits for readers before it leaves the WAL as long as it is for now.
const PATIENCE: Duration = Duration::from_millis(250);

/// Held while this process copies: SQLite refuses a second copy at once instead of waiting.
type Copying = Arc<Mutex<()>>;

/// The thread that copies in the background.
pub(super) struct Checkpointer {
    signal: SyncSender<()>,
    copying: Copying,
    thread: JoinHandle<()>,
}

impl Checkpointer {
    pub(super) fn spawn(location: &Location) -> Result<Self, StoreError> {
        // One signal may wait while a copy runs; further ones would say nothing new.
        let (signal, signals) = mpsc::sync_channel(1);
        let connection = location.open_for_writing()?;
        let copying = Copying::default();
        let held = Arc::clone(&copying);
        let thread = spawn_thread("trueup-checkpoint", move || copy_on_signal(&connection, &signals, &held))?;
        Ok(Self { signal, copying, thread })
    }

    /// The writer's side.
    pub(super) fn keeper(&self, location: &Location) -> WalKeeper {
        let (checkpoints, copying) = (self.signal.clone(), Arc::clone(&self.copying));
        WalKeeper { wal: location.wal(), checkpoints, copying, written: 0, used: false, limit: WAL_LIMIT }
    }

    /// Waits for the thread's end. The writer, which holds the other end of the signal, must have ended before.
    pub(super) fn join(self) {
        drop(self.signal);
        let _ = self.thread.join();
    }
}

fn copy_on_signal(connection: &Connection, signals: &Receiver<()>, copying: &Copying) {
    while signals.recv().is_ok() {
        let _copying = copying.lock().unwrap_or_else(PoisonError::into_inner);
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
    copying: Copying,
    /// Bytes written since the last signal.
    written: u64,
    /// Whether anything was written at all.
    used: bool,
    /// The size from which the writer copies itself; more than [`WAL_LIMIT`] after a reader kept it from emptying the file.
    limit: u64,
}

impl WalKeeper {
    /// Takes note of what was written and copies where it is time.
    pub(super) fn note(&mut self, connection: &mut Connection, bytes: u64) {
        self.written += bytes;
        self.used = true;
        if self.written < BACKGROUND_AFTER {
            return;
        }
        self.written = 0;
        let _ = self.checkpoints.try_send(());
        let size = self.size();
        if size > self.limit {
            let emptied = self.truncate(connection);
            self.limit = if emptied { WAL_LIMIT } else { size + WAL_LIMIT / 4 };
        }
    }

    /// Makes room on a full disk: most pages of the WAL replace some of the database. Answers whether that was any use.
    pub(super) fn give_back(&self, connection: &mut Connection) -> bool {
        self.size() > 0 && self.truncate(connection)
    }

    /// Leaves a database that is whole without its WAL. SQLite does so when the last connection is closed, but not if that one can only
    /// read, as most of ours.
    pub(super) fn finish(&self, connection: &mut Connection) {
        if self.used {
            self.truncate(connection);
        }
    }

    fn size(&self) -> u64 {
        std::fs::metadata(&self.wal).map_or(0, |metadata| metadata.len())
    }

    /// Copies all and empties the file, unless a reader holds it, or another process copies, for too long. Answers whether it did.
    pub(super) fn truncate(&self, connection: &mut Connection) -> bool {
        let _copying = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        let emptied = connection.busy_timeout(PATIENCE).and_then(|()| checkpoint(connection, "TRUNCATE"));
        let restored = connection.busy_handler(Some(wait_for_others));
        match emptied.and_then(|emptied| restored.map(|()| emptied)) {
            Ok(emptied) => emptied,
            Err(error) => {
                tracing::warn!(%error, "emptying the WAL failed");
                false
            }
        }
    }
}
