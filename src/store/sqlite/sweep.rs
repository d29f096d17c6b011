//! Compaction by small steps, and giving the space back.
//!
//! Receives a revision and the writer's connection and hands on the next step. Invariant: the revision is recorded as compacted before
//! anything is removed, every step is a transaction of its own that a crash may follow, and the row of the newest write stays, for
//! it alone tells the store's revision.

use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::super::StoreError;
use super::reader::{self, number, revision};
use crate::object::Revision;

/// How many rows of the log one step looks at: a few milliseconds.
const ROWS_PER_STEP: i64 = 512;

/// How many pages one step moves to give back their space.
const PAGES_PER_STEP: i64 = 512;

/// So many free pages (4 MiB) stay in the file for the next writes.
const FREE_PAGES_KEPT: i64 = 1024;

/// What is to be done next.
pub(super) enum Sweep {
    /// Remove superseded rows.
    Rows,
    /// Hand free pages back to the system.
    Pages,
}

impl Sweep {
    /// Records the compaction, from when on older revisions are refused.
    pub(super) fn begin(connection: &mut Connection, upto: Revision) -> rusqlite::Result<Result<Self, StoreError>> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let current = reader::current(&transaction)?;
        if upto > current {
            return Ok(Err(StoreError::Future { asked: upto, current }));
        }
        transaction.execute("UPDATE history SET compacted = max(compacted, ?1)", [number(upto)])?;
        transaction.commit()?;
        Ok(Ok(Self::Rows))
    }

    /// One step. Hands back the next one, `None` where all is done, and how many bytes of WAL it took, more or less.
    pub(super) fn step(self, connection: &mut Connection) -> rusqlite::Result<(Option<Self>, u64)> {
        match self {
            Self::Rows => {
                let removed = step_rows(connection)?;
                let next = if removed == 0 { Self::Pages } else { Self::Rows };
                Ok((Some(next), removed * 4096))
            }
            Self::Pages => {
                let moved = step_pages(connection)?;
                Ok(((moved > 0).then_some(Self::Pages), moved * 2 * 4096))
            }
        }
    }
}

struct Written {
    revision: Revision,
    key: String,
    previous: Revision,
    deleted: bool,
}

/// Looks at the next rows up to the compacted revision and removes what they superseded. Answers how many rows it looked at.
fn step_rows(connection: &mut Connection) -> rusqlite::Result<u64> {
    const ROWS: &str = "SELECT log.rev, log.key, log.previous, log.deleted FROM log, history \
        WHERE log.rev > history.swept AND log.rev <= history.compacted ORDER BY log.rev LIMIT ?1";
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let newest = reader::current(&transaction)?;
    let rows = {
        let mut statement = transaction.prepare_cached(ROWS)?;
        let rows = statement.query_map([ROWS_PER_STEP], written)?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?
    };
    let mut swept = None;
    let mut looked_at = 0;
    for row in &rows {
        remove_superseded(&transaction, row, newest)?;
        // The removal that is the store's newest write must stay for now; it is looked at again the next time.
        if !(row.deleted && row.revision == newest) {
            swept = Some(row.revision);
            looked_at += 1;
        }
    }
    if let Some(swept) = swept {
        transaction.execute("UPDATE history SET swept = ?1", [number(swept)])?;
    }
    transaction.commit()?;
    Ok(looked_at)
}

fn written(row: &Row<'_>) -> rusqlite::Result<Written> {
    Ok(Written { revision: revision(row, 0)?, key: row.get(1)?, previous: revision(row, 2)?, deleted: row.get(3)? })
}

fn remove_superseded(transaction: &Transaction<'_>, row: &Written, newest: Revision) -> rusqlite::Result<()> {
    let mut remove = transaction.prepare_cached("DELETE FROM log WHERE rev = ?1")?;
    if row.previous > Revision::ZERO {
        remove.execute([number(row.previous)])?;
    }
    if row.deleted && row.revision < newest {
        remove.execute([number(row.revision)])?;
        let mut forget = transaction.prepare_cached("DELETE FROM latest WHERE key = ?1 AND rev = ?2")?;
        forget.execute(params![row.key, number(row.revision)])?;
    }
    Ok(())
}

/// Shortens the file by some of its free pages. Answers by how many.
fn step_pages(connection: &Connection) -> rusqlite::Result<u64> {
    let free = || connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0));
    let before = free()?;
    let surplus = (before - FREE_PAGES_KEPT).min(PAGES_PER_STEP);
    if surplus <= 0 {
        return Ok(0);
    }
    // Each page is one row of the answer and is moved when the row is asked for.
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({surplus})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(u64::try_from(before - free()?).unwrap_or(0))
}
