//! What a watch has heard and its reader has not taken yet.
//!
//! Receives events from the task that follows etcd and hands them to the stream that the caller reads. Invariant: it holds little more
//! than [`WAITING_BYTES`], however slow the reader; progress takes no room at all, as the newest replaces what waits.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::stream::{self, Stream};
use tokio::sync::Notify;

use super::super::{Event, StoreError, Tidings};
use crate::object::Revision;

/// So many bytes of events may wait. A reader that is behind by more loses its gRPC stream until it has caught up.
const WAITING_BYTES: usize = 4 << 20;

/// What an event takes apart from its values.
const EVENT_BYTES: usize = 256;

/// The place where events wait.
#[derive(Default)]
pub(super) struct Mailbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
    taken: Notify,
    gone: Notify,
}

#[derive(Default)]
struct Waiting {
    events: Vec<Event>,
    bytes: usize,
    /// Everything up to here was put in.
    reached: Revision,
    /// The reader was told of this progress.
    told: Revision,
    /// What ends the watch, once everything before it is taken.
    error: Option<StoreError>,
}

/// The reader's side; when it goes, the watch ends.
struct Reader {
    mailbox: Arc<Mailbox>,
    over: bool,
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.mailbox.gone.notify_one();
    }
}

impl Mailbox {
    pub(super) fn new(after: Revision) -> Arc<Self> {
        let waiting = Waiting { reached: after, told: after, ..Waiting::default() };
        Arc::new(Self { waiting: Mutex::new(waiting), ..Self::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in the next events, which are all up to `reached`; answers whether there was room.
    pub(super) fn put(&self, events: Vec<Event>, reached: Revision) -> bool {
        let mut waiting = self.lock();
        if !events.is_empty() && waiting.bytes >= WAITING_BYTES {
            return false;
        }
        waiting.bytes += events.iter().map(size).sum::<usize>();
        waiting.events.extend(events);
        waiting.reached = reached;
        drop(waiting);
        self.filled.notify_one();
        true
    }

    /// Ends the watch.
    pub(super) fn fail(&self, error: StoreError) {
        self.lock().error = Some(error);
        self.filled.notify_one();
    }

    /// Waits until the reader has caught up.
    pub(super) async fn emptied(&self) {
        while !self.lock().events.is_empty() {
            self.taken.notified().await;
        }
    }

    /// Waits until the reader is gone.
    pub(super) async fn gone(&self) {
        self.gone.notified().await;
    }

    fn take(&self) -> Option<Result<Tidings, StoreError>> {
        let mut waiting = self.lock();
        if !waiting.events.is_empty() {
            waiting.bytes = 0;
            self.taken.notify_one();
            return Some(Ok(Tidings::Events(mem::take(&mut waiting.events))));
        }
        if waiting.reached > waiting.told {
            waiting.told = waiting.reached;
            return Some(Ok(Tidings::Progress(waiting.told)));
        }
        waiting.error.take().map(Err)
    }

    /// The stream that takes everything out. To be called once.
    pub(super) fn read(self: Arc<Self>) -> impl Stream<Item = Result<Tidings, StoreError>> + Send + 'static {
        stream::unfold(Reader { mailbox: self, over: false }, |mut reader| async move {
            while !reader.over {
                if let Some(told) = reader.mailbox.take() {
                    reader.over = told.is_err();
                    return Some((told, reader));
                }
                reader.mailbox.filled.notified().await;
            }
            None
        })
    }
}

fn size(event: &Event) -> usize {
    let bytes = |value: &Option<Bytes>| value.as_ref().map_or(0, Bytes::len);
    EVENT_BYTES + event.key.len() + bytes(&event.value) + bytes(&event.previous)
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt, pin_mut};

    use super::*;

    fn event(revision: u64, bytes: usize) -> Event {
        Event { key: "/a/x".to_owned(), revision: Revision(revision), value: Some(Bytes::from(vec![0; bytes])), previous: None }
    }

    #[tokio::test]
    async fn what_waits_is_taken_at_once_and_the_newest_progress_after_it() {
        let mailbox = Mailbox::new(Revision(1));
        assert!(mailbox.put(vec![event(2, 1)], Revision(2)));
        assert!(mailbox.put(Vec::new(), Revision(3)));
        assert!(mailbox.put(vec![event(4, 1)], Revision(4)));
        mailbox.fail(StoreError::Unavailable("gone".to_owned()));
        let told = mailbox.read().map(|told| told.map_err(|error| error.to_string())).collect::<Vec<_>>().await;
        let events = Tidings::Events(vec![event(2, 1), event(4, 1)]);
        let error = "the store is unavailable: gone".to_owned();
        assert_eq!(told, [Ok(events), Ok(Tidings::Progress(Revision(4))), Err(error)]);
    }

    #[tokio::test]
    async fn a_full_mailbox_takes_progress_alone_until_it_is_emptied() {
        let mailbox = Mailbox::new(Revision(1));
        assert!(mailbox.put(vec![event(2, WAITING_BYTES)], Revision(2)));
        assert!(!mailbox.put(vec![event(3, 1)], Revision(3)));
        let reading = Arc::clone(&mailbox).read();
        pin_mut!(reading);
        assert!(matches!(reading.next().await, Some(Ok(Tidings::Events(_)))));
        mailbox.emptied().await;
        assert!(mailbox.put(vec![event(3, 1)], Revision(3)));
        assert!(matches!(reading.next().await, Some(Ok(Tidings::Events(_)))));
        assert!(matches!(reading.next().await, Some(Ok(Tidings::Progress(Revision(3))))));
    }
}
