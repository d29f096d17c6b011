//! Reading: newest values, lists as of a revision, pieces of the log.
//!
//! Receives connections and requests and hands on entries and events. Invariant: what belongs together is read in one short
//! transaction, and none outlives its call, so that no reader holds the WAL back.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, Row, Transaction, TransactionBehavior, params, types};

use super::super::follow::{Chunk, EVENTS_PER_READ};
use super::super::{Entry, Event, ListRequest, Page, StoreError, keys};
use super::schema::{Location, failure};
use crate::object::Revision;

/// Connections beyond these are closed after use.
const IDLE_CONNECTIONS: usize = 8;

/// How many bytes of values one read of the log hands out, more or less.
const BYTES_PER_READ: usize = 4 << 20;

/// Why a read failed: SQLite, or the revision asked for.
pub(super) enum ReadError {
    Sqlite(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Connections for reading, opened as needed.
pub(super) struct Readers {
    location: Location,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(location: Location) -> Self {
        Self { location, idle: Mutex::new(Vec::new()) }
    }

    /// Runs one statement, or several that need not agree.
    pub(super) fn with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = taken.map_or_else(|| self.location.open_for_reading(), Ok)?;
        let result = read(&connection).map_err(failure(&self.location));
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_CONNECTIONS {
            idle.push(connection);
        }
        result
    }

    /// Runs statements on one snapshot.
    pub(super) fn with_checked<T>(&self, read: impl FnOnce(&Transaction<'_>) -> Result<T, ReadError>) -> Result<T, StoreError> {
        self.with(|connection| {
            let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)?;
            match read(&transaction) {
                Ok(value) => Ok(Ok(value)),
                Err(ReadError::Store(error)) => Ok(Err(error)),
                Err(ReadError::Sqlite(error)) => Err(error),
            }
        })?
    }
}

/// SQLite's integers have a sign; no revision comes near the greatest of them, but one that a client makes up may pass it.
pub(super) fn number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// Reads a revision. A negative one, which only a damaged file holds, is no revision.
pub(super) fn revision(row: &Row<'_>, index: usize) -> rusqlite::Result<Revision> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).map(Revision).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, number))
}

fn bytes(row: &Row<'_>, index: usize) -> rusqlite::Result<Bytes> {
    Ok(Bytes::copy_from_slice(row.get_ref(index)?.as_blob()?))
}

/// The revision of the newest write; 1 where there was none. The row of the newest write is never removed.
pub(super) fn current(connection: &Connection) -> rusqlite::Result<Revision> {
    connection.prepare_cached("SELECT coalesce(max(rev), 1) FROM log")?.query_row([], |row| revision(row, 0))
}

/// The oldest revision that can be read.
pub(super) fn compacted(connection: &Connection) -> rusqlite::Result<Revision> {
    connection.prepare_cached("SELECT compacted FROM history")?.query_row([], |row| revision(row, 0))
}

/// The newest value of a key.
pub(super) fn newest(connection: &Connection, key: &str) -> rusqlite::Result<Option<Entry>> {
    const SQL: &str = "SELECT log.rev, log.value FROM latest JOIN log ON log.rev = latest.rev WHERE latest.key = ?1 AND latest.deleted = 0";
    let entry = |row: &Row<'_>| Ok(Entry { key: key.to_owned(), revision: revision(row, 0)?, value: bytes(row, 1)? });
    connection.prepare_cached(SQL)?.query_row([key], entry).optional()
}

/// Checks that the state at `asked`, and the writes after it, can be read; hands back the current revision.
pub(super) fn check_readable(transaction: &Transaction<'_>, asked: Revision) -> Result<Revision, ReadError> {
    let oldest = compacted(transaction)?;
    if asked < oldest {
        return Err(ReadError::Store(StoreError::Compacted { asked, oldest }));
    }
    let current = current(transaction)?;
    if asked > current {
        return Err(ReadError::Store(StoreError::Future { asked, current }));
    }
    Ok(current)
}

/// One page as of a revision.
pub(super) fn list(transaction: &Transaction<'_>, request: &ListRequest) -> Result<Page, ReadError> {
    let range = Range::new(request);
    match request.at {
        Some(at) if check_readable(transaction, at)? != at => Ok(list_past(transaction, &range, request.limit, at)?),
        _ => Ok(list_newest(transaction, &range, request.limit)?),
    }
}

/// The keys of a page, in SQLite's order: any text is less than any blob.
struct Range {
    start: String,
    end: types::Value,
}

impl Range {
    fn new(request: &ListRequest) -> Self {
        Self {
            start: keys::start(&request.prefix, request.after.as_deref()),
            end: keys::end(&request.prefix).map_or(types::Value::Blob(Vec::new()), types::Value::Text),
        }
    }
}

fn list_newest(transaction: &Transaction<'_>, range: &Range, limit: usize) -> rusqlite::Result<Page> {
    const SQL: &str = "SELECT latest.key, log.rev, log.value FROM latest CROSS JOIN log ON log.rev = latest.rev \
        WHERE latest.key >= ?1 AND latest.key < ?2 AND latest.deleted = 0 ORDER BY latest.key LIMIT ?3";
    const COUNT: &str = "SELECT count(*) FROM latest WHERE key > ?1 AND key < ?2 AND deleted = 0";
    let mut statement = transaction.prepare_cached(SQL)?;
    // To SQLite, no limit is a negative one.
    let rows = if limit == 0 { -1 } else { i64::try_from(limit).unwrap_or(-1) };
    let entry = |row: &Row<'_>| Ok(Entry { key: row.get(0)?, revision: revision(row, 1)?, value: bytes(row, 2)? });
    let entries = statement.query_map(params![range.start, range.end, rows], entry)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let remaining = match entries.last() {
        Some(last) if entries.len() == limit => {
            let count: i64 = transaction.prepare_cached(COUNT)?.query_row(params![last.key, range.end], |row| row.get(0))?;
            u64::try_from(count).unwrap_or(0)
        }
        _ => 0,
    };
    Ok(Page { entries, revision: current(transaction)?, remaining })
}

/// Goes through the keys as they are now, the removed ones included, and takes for each the version that stood at `at`.
fn list_past(transaction: &Transaction<'_>, range: &Range, limit: usize, at: Revision) -> rusqlite::Result<Page> {
    const SQL: &str = "SELECT key, rev, deleted FROM latest WHERE key >= ?1 AND key < ?2 ORDER BY key";
    let mut statement = transaction.prepare_cached(SQL)?;
    let mut rows = statement.query(params![range.start, range.end])?;
    let mut versions = Versions::new(transaction)?;
    let mut page = Page { entries: Vec::new(), revision: at, remaining: 0 };
    while let Some(row) = rows.next()? {
        let newest = Version { revision: revision(row, 1)?, deleted: row.get(2)? };
        let Some(standing) = versions.standing_at(newest, at)? else { continue };
        page.entries.push(Entry { key: row.get(0)?, revision: standing, value: versions.value(standing)? });
        if limit > 0 && page.entries.len() >= limit {
            page.remaining = count_past(transaction, &mut versions, range, row.get_ref(0)?.as_str()?, at)?;
            break;
        }
    }
    Ok(page)
}

/// How many keys behind `last` existed at `at`. Most are as they were then, and are counted without a look at the log.
fn count_past(
    transaction: &Transaction<'_>,
    versions: &mut Versions<'_>,
    range: &Range,
    last: &str,
    at: Revision,
) -> rusqlite::Result<u64> {
    const UNCHANGED: &str = "SELECT count(*) FROM latest WHERE key > ?1 AND key < ?2 AND rev <= ?3 AND deleted = 0";
    const CHANGED: &str = "SELECT rev, deleted FROM latest WHERE key > ?1 AND key < ?2 AND rev > ?3";
    let bounds = params![last, range.end, number(at)];
    let unchanged: i64 = transaction.prepare_cached(UNCHANGED)?.query_row(bounds, |row| row.get(0))?;
    let mut count = u64::try_from(unchanged).unwrap_or(0);
    let mut statement = transaction.prepare_cached(CHANGED)?;
    let mut rows = statement.query(bounds)?;
    while let Some(row) = rows.next()? {
        let newest = Version { revision: revision(row, 0)?, deleted: row.get(1)? };
        count += u64::from(versions.standing_at(newest, at)?.is_some());
    }
    Ok(count)
}

#[derive(Clone, Copy)]
struct Version {
    revision: Revision,
    deleted: bool,
}

/// Statements that walk the chain of a key's versions.
struct Versions<'t> {
    before: CachedStatement<'t>,
    value: CachedStatement<'t>,
}

impl<'t> Versions<'t> {
    fn new(transaction: &'t Transaction<'_>) -> rusqlite::Result<Self> {
        const BEFORE: &str = "SELECT old.rev, old.deleted FROM log new JOIN log old ON old.rev = new.previous WHERE new.rev = ?1";
        const VALUE: &str = "SELECT value FROM log WHERE rev = ?1";
        Ok(Self { before: transaction.prepare_cached(BEFORE)?, value: transaction.prepare_cached(VALUE)? })
    }

    /// The version that stood at `at`, `None` where the key did not exist then.
    fn standing_at(&mut self, newest: Version, at: Revision) -> rusqlite::Result<Option<Revision>> {
        let mut version = newest;
        while version.revision > at {
            let older = |row: &Row<'_>| Ok(Version { revision: revision(row, 0)?, deleted: row.get(1)? });
            // A predecessor that is gone was a removal that the compaction passed; any other is kept for as long as `at` can be read.
            match self.before.query_row([number(version.revision)], older).optional()? {
                Some(older) => version = older,
                None => return Ok(None),
            }
        }
        Ok((!version.deleted).then_some(version.revision))
    }

    fn value(&mut self, at: Revision) -> rusqlite::Result<Bytes> {
        self.value.query_row([number(at)], |row| bytes(row, 0))
    }
}

/// The writes after a revision, of a prefix, up to another revision or as far as one read goes.
pub(super) fn log(transaction: &Transaction<'_>, prefix: &str, after: Revision, upto: Revision) -> Result<Chunk, ReadError> {
    const SQL: &str = "SELECT log.rev, log.key, log.deleted, log.value, old.value FROM log \
        LEFT JOIN log old ON old.rev = log.previous AND old.deleted = 0 WHERE log.rev > ?1 AND log.rev <= ?2 ORDER BY log.rev";
    check_readable(transaction, after)?;
    let mut statement = transaction.prepare_cached(SQL)?;
    read_chunk(&mut statement, params![number(after), number(upto)], prefix, upto).map_err(ReadError::Sqlite)
}

fn read_chunk(statement: &mut CachedStatement<'_>, range: impl Params, prefix: &str, upto: Revision) -> rusqlite::Result<Chunk> {
    let mut chunk = Chunk { events: Vec::new(), reached: upto };
    let (mut scanned, mut size) = (0, 0);
    let mut rows = statement.query(range)?;
    while let Some(row) = rows.next()? {
        let revision = revision(row, 0)?;
        scanned += 1;
        if row.get_ref(1)?.as_str()?.starts_with(prefix) {
            let event = event(row, revision)?;
            size += event.value.as_ref().map_or(0, Bytes::len) + event.previous.as_ref().map_or(0, Bytes::len);
            chunk.events.push(event);
        }
        // Rows that do not match cost little, but a read should end before writers would notice it.
        if chunk.events.len() >= EVENTS_PER_READ || scanned >= 20 * EVENTS_PER_READ || size >= BYTES_PER_READ {
            chunk.reached = revision;
            break;
        }
    }
    Ok(chunk)
}

fn event(row: &Row<'_>, revision: Revision) -> rusqlite::Result<Event> {
    let deleted: bool = row.get(2)?;
    let previous = match row.get_ref(4)? {
        types::ValueRef::Null => None,
        value => Some(Bytes::copy_from_slice(value.as_blob()?)),
    };
    Ok(Event { key: row.get(1)?, revision, value: if deleted { None } else { Some(bytes(row, 3)?) }, previous })
}
