//! Watches: a task for each, which keeps a gRPC stream open for as long as its reader keeps up.
//!
//! Receives etcd's answers and hands on tidings by way of a mailbox. Invariant: `position` is the revision up to which the reader has
//! got everything; after any interruption the watch goes on from there. A reader that stops reading loses its stream, not its place:
//! otherwise it would hold back the connection that all others share.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use etcd_client::{Event as EtcdEvent, EventType, KeyValue, WatchOptions, WatchResponse, WatchStream as EtcdStream};
use futures::stream::Stream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::super::follow::closed;
use super::super::{Event, StoreError, Tidings};
use super::connection::{Backoff, Connection, failure, header_revision, number, revision};
use super::mailbox::Mailbox;
use super::request::{PROBED_KEY, check_readable, range_end};
use crate::object::Revision;

/// What a reader waits for is told by an event as a rule; progress is asked for when none came in this time, as the write may lie outside
/// the prefix.
const ASK_PROGRESS_AFTER: Duration = Duration::from_millis(5);

/// And again no sooner than this: an etcd that is still sending past events does not answer, and under a steady load of reads and
/// writes every one of many watches asks.
const ASK_PROGRESS_AGAIN: Duration = Duration::from_millis(25);

/// How long the first answer to a new watch may take.
const CREATED_WITHIN: Duration = Duration::from_secs(10);

type Told = Result<Tidings, StoreError>;

/// Whether events bring the values before them. For each, etcd reads the history once more while it holds up its other readers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Previous {
    Told,
    LeftOut,
}

/// One watch.
struct Watch {
    connection: Arc<Connection>,
    /// As stored in etcd.
    prefix: String,
    position: Revision,
    previous: Previous,
    wanted: watch::Receiver<Revision>,
    mailbox: Arc<Mailbox>,
}

/// Why a stream came to its end.
enum Interruption {
    /// The connection broke, or the member went away: try another.
    Broken(StoreError),
    /// The reader has not taken what is waiting for it.
    Behind,
    /// Nothing can be told any more.
    Over(StoreError),
}

/// Opens a watch; answers when etcd has accepted it.
pub(super) async fn open(
    connection: Arc<Connection>,
    prefix: &str,
    after: Revision,
    previous: Previous,
) -> Result<impl Stream<Item = Told> + Send + 'static, StoreError> {
    let mailbox = Mailbox::new(after);
    let wanted = connection.wanted();
    let prefix = connection.stored(prefix);
    let watch = Watch { connection, prefix, position: after, previous, wanted, mailbox: Arc::clone(&mailbox) };
    // A cluster that cannot be reached at the moment is no reason to refuse: the task goes on trying.
    let first = match watch.begin().await {
        Ok(stream) => Some(stream),
        Err(Interruption::Over(error)) => return Err(error),
        Err(_) => None,
    };
    tokio::spawn(watch.run(first));
    Ok(mailbox.read())
}

impl Watch {
    async fn run(mut self, first: Option<EtcdStream>) {
        let mailbox = Arc::clone(&self.mailbox);
        let store_closed = self.connection.until_closed();
        tokio::select! {
            error = self.keep_on(first) => mailbox.fail(error),
            () = store_closed => mailbox.fail(closed()),
            () = mailbox.gone() => {}
        }
    }

    /// Goes on through all interruptions but the last.
    async fn keep_on(&mut self, mut stream: Option<EtcdStream>) -> StoreError {
        let mut backoff = Backoff::default();
        loop {
            let before = self.position;
            let begun = match stream.take() {
                Some(stream) => Ok(stream),
                None => self.begin().await,
            };
            let interruption = match begun {
                Ok(stream) => self.follow(stream).await,
                Err(interruption) => interruption,
            };
            if self.position > before {
                backoff = Backoff::default();
            }
            match interruption {
                Interruption::Over(error) => return error,
                Interruption::Behind => self.mailbox.emptied().await,
                Interruption::Broken(error) => {
                    tracing::debug!(%error, prefix = self.prefix, position = %self.position, "a watch was interrupted");
                    backoff.wait().await;
                }
            }
        }
    }

    /// Opens the stream and checks that nothing between the position and now is compacted.
    async fn begin(&self) -> Result<EtcdStream, Interruption> {
        let mut client = self.connection.watch_client();
        let start = number(self.position).saturating_add(1);
        let mut options = WatchOptions::new().with_start_revision(start).with_progress_notify();
        if self.previous == Previous::Told {
            options = options.with_prev_key();
        }
        options = if self.connection.progress_in_order { options.with_range(range_end(&self.prefix)) } else { options.with_all_keys() };
        let key = if self.connection.progress_in_order { self.prefix.as_str() } else { "" };
        let opening = async {
            let mut stream = client.watch(key, Some(options)).await.map_err(|error| interrupted(failure(&error)))?;
            let first = stream.message().await.map_err(|error| interrupted(failure(&error)))?;
            self.check_created(first.as_ref())?;
            Ok(stream)
        };
        let stream = match timeout(CREATED_WITHIN, opening).await {
            Ok(stream) => stream?,
            Err(_) => return Err(Interruption::Broken(StoreError::Unavailable("etcd did not accept the watch in time".to_owned()))),
        };
        // etcd starts at the compacted revision itself without a word, though values before it, and removals at it, are gone. Asked
        // after the stream has begun, so that a compaction in between is seen.
        check_readable(&self.connection, self.position).await.map_err(interrupted)?;
        Ok(stream)
    }

    fn check_created(&self, first: Option<&WatchResponse>) -> Result<(), Interruption> {
        match first {
            None => Err(Interruption::Broken(StoreError::Unavailable("etcd closed the watch".to_owned()))),
            Some(answer) if answer.canceled() => Err(self.cancelled(answer)),
            Some(_) => Ok(()),
        }
    }

    fn cancelled(&self, answer: &WatchResponse) -> Interruption {
        if answer.compact_revision() > 0 {
            return Interruption::Over(match revision(answer.compact_revision()) {
                Ok(oldest) => StoreError::Compacted { asked: self.position, oldest },
                Err(error) => error,
            });
        }
        let reason = answer.cancel_reason();
        if !reason.contains("permission denied") {
            return Interruption::Broken(StoreError::Unavailable(format!("etcd ended the watch: {reason}")));
        }
        let hint = if self.connection.progress_in_order {
            ""
        } else {
            "; etcd before 3.4.31 and 3.5.13 tells the progress of a watch only to a user that may read all keys"
        };
        Interruption::Over(StoreError::Failed(format!("etcd refused the watch of {}: {reason}{hint}", self.prefix)))
    }

    async fn follow(&mut self, stream: EtcdStream) -> Interruption {
        let (mut requests, mut answers) = stream.split();
        let mut asked_at = Instant::now();
        let mut ask_at = self.ask_progress_at(asked_at);
        loop {
            tokio::select! {
                // What has come is taken first: it may make asking needless.
                biased;
                answer = answers.message() => {
                    let told = match answer {
                        Ok(Some(answer)) => self.tell(&answer),
                        Ok(None) => Err(Interruption::Broken(StoreError::Unavailable("etcd closed the watch".to_owned()))),
                        Err(error) => Err(interrupted(failure(&error))),
                    };
                    if let Err(interruption) = told {
                        return interruption;
                    }
                    ask_at = ask_at.and_then(|at| self.is_behind().then_some(at));
                }
                Ok(()) = self.wanted.changed() => ask_at = ask_at.or_else(|| self.ask_progress_at(asked_at)),
                () = sleep_until(ask_at.unwrap_or_else(Instant::now)), if ask_at.is_some() => {
                    if let Err(error) = requests.request_progress().await {
                        return interrupted(failure(&error));
                    }
                    asked_at = Instant::now();
                    ask_at = self.ask_progress_at(asked_at);
                }
            }
        }
    }

    /// Whether a reader waits for a revision that this watch has not reached. Where progress cannot be asked for, every write of the
    /// cluster comes as an event, so that there is no need to.
    fn is_behind(&self) -> bool {
        self.connection.progress_in_order && *self.wanted.borrow() > self.position
    }

    /// When to ask for progress, if it was asked for the last time at `asked_at`.
    fn ask_progress_at(&self, asked_at: Instant) -> Option<Instant> {
        let soon = Instant::now() + ASK_PROGRESS_AFTER;
        self.is_behind().then(|| soon.max(asked_at + ASK_PROGRESS_AGAIN))
    }

    /// Hands on what an answer holds, and moves the position.
    fn tell(&mut self, answer: &WatchResponse) -> Result<(), Interruption> {
        if answer.canceled() {
            return Err(self.cancelled(answer));
        }
        let reached = match answer.events().last().and_then(EtcdEvent::kv) {
            Some(kv) => revision(kv.mod_revision()),
            // The answer to the watch's creation names a revision whose events may be still to come.
            None if answer.created() => return Ok(()),
            None => header_revision(answer.header()),
        };
        let reached = reached.map_err(Interruption::Over)?;
        if reached <= self.position {
            return Ok(());
        }
        let events = self.events(answer.events()).map_err(Interruption::Over)?;
        if !self.mailbox.put(events, reached) {
            return Err(Interruption::Behind);
        }
        self.position = reached;
        Ok(())
    }

    fn events(&self, events: &[EtcdEvent]) -> Result<Vec<Event>, StoreError> {
        let ours = events.iter().filter_map(|event| event.kv().map(|kv| (event, kv)));
        let ours = ours.filter(|(_, kv)| kv.key().starts_with(self.prefix.as_bytes()));
        ours.map(|(event, kv)| self.event(event, kv)).collect()
    }

    fn event(&self, event: &EtcdEvent, kv: &KeyValue) -> Result<Event, StoreError> {
        let value = |kv: &KeyValue| Bytes::copy_from_slice(kv.value());
        let revision = revision(kv.mod_revision())?;
        let is_due = self.previous == Previous::Told && had_value_before(event.event_type(), kv.create_revision(), kv.mod_revision());
        if is_due && event.prev_kv().is_none() {
            // etcd reads it when it sends the event, and says nothing where a compaction was faster.
            return Err(StoreError::Compacted { asked: self.position, oldest: revision });
        }
        Ok(Event {
            key: self.connection.asked(kv.key())?,
            revision,
            value: (event.event_type() == EventType::Put).then(|| value(kv)),
            previous: event.prev_kv().map(value),
        })
    }
}

/// Whether there was a value before a write: before each removal, and before a put that did not make the key.
fn had_value_before(kind: EventType, created: i64, written: i64) -> bool {
    kind == EventType::Delete || created < written
}

fn interrupted(error: StoreError) -> Interruption {
    match error {
        StoreError::Unavailable(_) => Interruption::Broken(error),
        other => Interruption::Over(other),
    }
}

/// The oldest revision that can be read, which etcd tells only to a watch that comes too late.
pub(super) async fn oldest(connection: &Connection) -> Result<Revision, StoreError> {
    let probe = async {
        let options = WatchOptions::new().with_start_revision(1);
        let mut stream = connection.watch_client().watch(connection.stored(PROBED_KEY), Some(options)).await?;
        while let Some(answer) = stream.message().await? {
            if answer.canceled() {
                return Ok(answer.compact_revision());
            }
        }
        Ok(0)
    };
    match timeout(CREATED_WITHIN, probe).await {
        Ok(answer) => revision(answer.map_err(|error: etcd_client::Error| failure(&error))?),
        Err(_) => Err(StoreError::Unavailable("etcd did not tell its oldest revision in time".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_put_that_made_a_key_has_no_value_before_it() {
        assert!(!had_value_before(EventType::Put, 7, 7));
        assert!(had_value_before(EventType::Put, 7, 9));
        // A removal does not tell when the key was made.
        assert!(had_value_before(EventType::Delete, 0, 9));
    }
}
