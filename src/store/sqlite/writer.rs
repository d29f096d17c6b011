//! The one thread that writes: commits in groups, and compactions between them.
//!
//! Receives jobs over a channel and answers each one. Invariant: a job is answered after the transaction that holds its write is on
//! disk, and never with a success otherwise; a lost compare leaves the other jobs of its group alone.

use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::oneshot;

use super::super::{Change, JointOutcome, StoreError, Write};
use super::checkpoint::WalKeeper;
use super::hub::Hub;
use super::reader::{number, revision};
use super::schema::{Location, failure};
use super::sweep::Sweep;
use super::{reader, spawn_thread};
use crate::object::Revision;

/// How many commits share one transaction and one sync of the disk.
const GROUP: usize = 512;

/// Where the answer to a job goes. That nobody waits for it any more is no error.
type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the writer is asked to do.
pub(super) enum Job {
    Commit(Commit),
    Compact { upto: Revision, reply: Reply<()> },
}

/// Writes that stand or fall together.
pub(super) struct Commit {
    pub(super) writes: Vec<Write>,
    pub(super) reply: Reply<JointOutcome>,
}

/// The writer's state, owned by its thread.
pub(super) struct Writer {
    connection: Connection,
    location: Location,
    hub: Arc<Hub>,
    wal: WalKeeper,
    /// A compaction under way: it goes on by small steps between the groups.
    sweep: Option<Sweep>,
    sweep_replies: Vec<Reply<()>>,
}

impl Writer {
    pub(super) fn new(connection: Connection, location: Location, hub: Arc<Hub>, wal: WalKeeper) -> Self {
        Self { connection, location, hub, wal, sweep: None, sweep_replies: Vec::new() }
    }

    pub(super) fn spawn(mut self, mut jobs: UnboundedReceiver<Job>) -> Result<std::thread::JoinHandle<()>, StoreError> {
        spawn_thread("trueup-writer", move || {
            while self.turn(&mut jobs) {}
            self.wal.finish(&mut self.connection);
        })
    }

    /// One group and one step of the compaction. Answers whether more can come.
    fn turn(&mut self, jobs: &mut UnboundedReceiver<Job>) -> bool {
        let first = if self.sweep.is_some() {
            match jobs.try_recv() {
                Ok(job) => Some(job),
                Err(TryRecvError::Empty) => None,
                // A compaction that is cut short goes on from where it is when the next one is asked for.
                Err(TryRecvError::Disconnected) => return false,
            }
        } else {
            match jobs.blocking_recv() {
                Some(job) => Some(job),
                None => return false,
            }
        };
        let rest = std::iter::from_fn(|| jobs.try_recv().ok());
        let mut group = Vec::new();
        for job in first.into_iter().chain(rest).take(GROUP) {
            match job {
                Job::Commit(commit) => group.push(commit),
                Job::Compact { upto, reply } => self.begin_sweep(upto, reply),
            }
        }
        self.commit_group(group);
        self.step_sweep();
        true
    }

    fn commit_group(&mut self, group: Vec<Commit>) {
        if group.is_empty() {
            return;
        }
        let mut written = write_group(&mut self.connection, &group);
        if matches!(&written, Err(error) if is_about_size(error)) && self.wal.give_back(&mut self.connection) {
            written = write_group(&mut self.connection, &group);
        }
        match written {
            Ok(outcomes) => {
                self.hub.wake();
                self.wal.note(&mut self.connection, group.iter().flat_map(|commit| &commit.writes).map(cost).sum());
                for (commit, outcome) in group.into_iter().zip(outcomes) {
                    let _ = commit.reply.send(Ok(outcome));
                }
            }
            // One large value must not refuse its group the space that is left for small ones.
            Err(error) if group.len() > 1 && is_about_size(&error) => {
                for commit in group {
                    self.commit_group(vec![commit]);
                }
            }
            Err(error) => {
                let error = failure(&self.location)(error);
                for commit in group {
                    let _ = commit.reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn begin_sweep(&mut self, upto: Revision, reply: Reply<()>) {
        match Sweep::begin(&mut self.connection, upto) {
            Ok(Ok(sweep)) => {
                self.sweep = Some(sweep);
                self.sweep_replies.push(reply);
            }
            Ok(Err(error)) => drop(reply.send(Err(error))),
            Err(error) => drop(reply.send(Err(failure(&self.location)(error)))),
        }
    }

    fn step_sweep(&mut self) {
        let Some(sweep) = self.sweep.take() else { return };
        let result = match sweep.step(&mut self.connection) {
            Ok((Some(sweep), written)) => {
                self.sweep = Some(sweep);
                self.wal.note(&mut self.connection, written);
                return;
            }
            Ok((None, _)) => {
                self.wal.truncate(&mut self.connection);
                Ok(())
            }
            Err(error) => Err(failure(&self.location)(error)),
        };
        for reply in self.sweep_replies.drain(..) {
            let _ = reply.send(result.clone());
        }
    }
}

fn is_about_size(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::TooBig))
}

/// How many bytes of WAL a write takes, more or less: a page of `latest`, and the value's pages of `log`.
fn cost(write: &Write) -> u64 {
    let value = match &write.change {
        Change::Put(value) => value.len(),
        Change::Delete => 0,
    };
    4096 + write.key.len() as u64 + value as u64
}

/// Writes a group in one transaction. An error means that nothing of it is written, or that the disk failed under the commit itself.
fn write_group(connection: &mut Connection, group: &[Commit]) -> rusqlite::Result<Vec<JointOutcome>> {
    // Immediate: from here to the commit no other process writes, so that compares and revisions hold.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut newest = reader::current(&transaction)?;
    let mut outcomes = Vec::with_capacity(group.len());
    for commit in group {
        let outcome = write(&transaction, &commit.writes, newest)?;
        if let JointOutcome::Done(revisions) = &outcome {
            newest = revisions.last().copied().unwrap_or(newest);
        }
        outcomes.push(outcome);
    }
    transaction.commit()?;
    Ok(outcomes)
}

/// Makes the writes after a revision. All are compared before the first is made, so that a lost compare leaves nothing behind.
fn write(transaction: &Transaction<'_>, writes: &[Write], mut newest: Revision) -> rusqlite::Result<JointOutcome> {
    const LOG: &str = "INSERT INTO log (rev, key, previous, deleted, value) VALUES (?1, ?2, ?3, ?4, ?5)";
    const POINT: &str = "INSERT INTO latest (key, rev, deleted) VALUES (?1, ?2, ?3) \
        ON CONFLICT (key) DO UPDATE SET rev = excluded.rev, deleted = excluded.deleted";
    let (mut before, mut lost) = (Vec::with_capacity(writes.len()), Vec::new());
    for (index, write) in writes.iter().enumerate() {
        let (previous, absent) = standing(transaction, &write.key)?;
        let current = if absent { Revision::ZERO } else { previous };
        if current != write.expected || (absent && write.change == Change::Delete) {
            lost.push((index, reader::newest(transaction, &write.key)?));
        }
        before.push(previous);
    }
    if !lost.is_empty() {
        return Ok(JointOutcome::Lost(lost));
    }
    let mut revisions = Vec::with_capacity(writes.len());
    for (write, previous) in writes.iter().zip(before) {
        let (deleted, value) = match &write.change {
            Change::Put(value) => (false, value.as_ref()),
            Change::Delete => (true, [].as_slice()),
        };
        newest = Revision(newest.0 + 1);
        transaction.prepare_cached(LOG)?.execute(params![number(newest), write.key, number(previous), deleted, value])?;
        transaction.prepare_cached(POINT)?.execute(params![write.key, number(newest), deleted])?;
        revisions.push(newest);
    }
    Ok(JointOutcome::Done(revisions))
}

/// The newest revision of a key, and whether that removed it; one that never was counts as removed.
fn standing(transaction: &Transaction<'_>, key: &str) -> rusqlite::Result<(Revision, bool)> {
    const LATEST: &str = "SELECT rev, deleted FROM latest WHERE key = ?1";
    let latest = |row: &Row<'_>| Ok((revision(row, 0)?, row.get::<_, bool>(1)?));
    let standing = transaction.prepare_cached(LATEST)?.query_row([key], latest).optional()?;
    Ok(standing.unwrap_or((Revision::ZERO, true)))
}
