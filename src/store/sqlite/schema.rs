//! The file: where it lies, how it is opened, what tables it holds, what its errors mean.
//!
//! Receives a path and hands on connections. Invariant: a file that is not ours, or of a newer version, is never written to.
//!
//! `log` holds every write since the compaction, and the newest of every key: `previous` is the revision of the write to the same key
//! before it (0: none), which chains the versions of a key. `latest` leads from a key to its newest write; removed keys stay in both
//! until a compaction passes them, so that older revisions can still be read.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, Error, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::super::StoreError;
use super::SqliteOptions;

/// The version of the tables, kept in the file as `user_version`.
const VERSION: i64 = 1;

/// Marks the file as trueup's: "trup" in ASCII, kept as `application_id`.
const APPLICATION_ID: i64 = 0x7472_7570;

/// `previous` and the flag come before the value, so that the chain is read without it.
const TABLES: &str = "
CREATE TABLE log (
    rev INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    previous INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    value BLOB NOT NULL
) STRICT;
CREATE TABLE latest (
    key TEXT PRIMARY KEY,
    rev INTEGER NOT NULL,
    deleted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE history (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    compacted INTEGER NOT NULL,
    swept INTEGER NOT NULL
) STRICT;
INSERT INTO history (id, compacted, swept) VALUES (1, 0, 0);
";

/// How often a process tries to write while another one does: 10 s in all. SQLite's own waits grow to 100 ms, which would starve one of
/// two busy processes; the gap that a busy one leaves between two groups is short, so that the first second is spent on quick tries.
const BUSY_TRIES: i32 = 3_250;
const QUICK_TRIES: i32 = 1_000;

/// Where the database lies.
#[derive(Debug, Clone)]
pub(super) struct Location(PathBuf);

impl Location {
    /// Creates the folder where it does not exist.
    pub(super) fn new(path: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            if folder.exists() && !folder.is_dir() {
                return Err(StoreError::Failed(format!(
                    "{} is a file; the store takes a folder, or a path where it can make one",
                    folder.display()
                )));
            }
            std::fs::create_dir_all(folder)
                .map_err(|error| StoreError::Failed(format!("cannot create the folder {}: {error}", folder.display())))?;
        }
        if path.is_dir() {
            return Err(StoreError::Failed(format!("cannot open {}: it is a folder", path.display())));
        }
        Ok(Self(path.to_owned()))
    }

    pub(super) fn database(&self) -> &Path {
        &self.0
    }

    pub(super) fn wal(&self) -> PathBuf {
        let mut wal = self.0.clone().into_os_string();
        wal.push("-wal");
        wal.into()
    }

    pub(super) fn open_for_writing(&self) -> Result<Connection, StoreError> {
        // One at a time: see `create`.
        static OPENING: Mutex<()> = Mutex::new(());
        let _opening = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        self.create().map_err(|error| StoreError::Failed(format!("cannot create {}: {error}", self.0.display())))?;
        self.open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX, -16_000)
    }

    /// Creates the file for its owner alone, as it will hold Secrets; the WAL gets the same mode from SQLite.
    ///
    /// A file that exists is not opened here: closing it again would drop the locks that SQLite holds on it in this process, whoever
    /// opened it (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
    fn create(&self) -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.0) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn open_for_reading(&self) -> Result<Connection, StoreError> {
        self.open(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX, -2_000)
    }

    /// `cache` is SQLite's `cache_size`: negative for KiB.
    fn open(&self, flags: OpenFlags, cache: i64) -> Result<Connection, StoreError> {
        let open = || {
            let mut connection = Connection::open_with_flags(&self.0, flags)?;
            connection.busy_handler(Some(wait_for_others))?;
            connection.pragma_update(None, "cache_size", cache)?;
            Ok(connection)
        };
        open().map_err(failure(self))
    }
}

/// SQLite's busy handler: waits, and answers whether to try again.
pub(super) fn wait_for_others(tries: i32) -> bool {
    std::thread::sleep(Duration::from_millis(if tries < QUICK_TRIES { 1 } else { 4 }));
    tries < BUSY_TRIES
}

/// Makes an empty file a store, and checks one that is not empty, to which nothing is written. Several processes may do so at the same
/// time.
pub(super) fn prepare(connection: &Connection, location: &Location) -> Result<(), StoreError> {
    let is_empty = check_owner(connection, location)?;
    if is_empty {
        // Has an effect only before the first table is created; later it would write the file's first page anew, and wait for the disk.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(failure(location))?;
    }
    configure(connection).map_err(failure(location))?;
    if is_empty {
        create_tables(connection).map_err(failure(location))?;
        check_owner(connection, location)?;
    }
    Ok(())
}

/// Answers whether the file is empty and so has no owner yet; errors where it is another program's, or a newer trueup's.
fn check_owner(connection: &Connection, location: &Location) -> Result<bool, StoreError> {
    // On one snapshot: another process may be creating the tables right now.
    let read = || {
        let snapshot = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)?;
        let number = |pragma: &str| snapshot.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        // The schema first: reading it is what begins the snapshot.
        let schema = number("schema_version")?;
        Ok((number("application_id")?, number("user_version")?, schema))
    };
    let (application, version, schema) = read().map_err(failure(location))?;
    let path = location.database().display();
    // An empty file has no schema; nobody owns it yet.
    if application != APPLICATION_ID && schema != 0 {
        return Err(StoreError::Failed(format!("{path} is a SQLite database, but not trueup's")));
    }
    if version > VERSION {
        return Err(StoreError::Failed(format!(
            "{path} was written by a newer trueup: its schema has version {version}, this trueup knows {VERSION}"
        )));
    }
    Ok(schema == 0)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    let mode: String = retry_busy(|| connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)))?;
    if mode != "wal" {
        return Err(Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN),
            Some(format!("the file system cannot share memory between processes, which WAL mode needs (journal mode: {mode})")),
        ));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

/// Switching to WAL answers busy at once where waiting could be a deadlock, without asking the busy handler.
fn retry_busy<T>(mut work: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let mut tries = 0;
    loop {
        match work() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && wait_for_others(tries) => tries += 1,
            other => return other,
        }
    }
}

fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// Sets the limits that hold for a connection alone.
pub(super) fn limit(connection: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    let Some(bytes) = options.max_bytes else { return Ok(()) };
    let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
    connection.query_row(&format!("PRAGMA max_page_count = {}", pages.max(1)), [], |_| Ok(()))
}

/// Says what an error of SQLite means for the store.
pub(super) fn failure(location: &Location) -> impl Fn(Error) -> StoreError {
    let path = location.0.display().to_string();
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full(format!("{path}: {error}")),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unavailable(format!("{path}: another process has been writing for too long: {error}"))
        }
        Some(ErrorCode::NotADatabase) => StoreError::Failed(format!("{path} is not a SQLite database")),
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Failed(format!("{path} is damaged: {error}")),
        _ => StoreError::Failed(format!("{path}: {error}")),
    }
}
