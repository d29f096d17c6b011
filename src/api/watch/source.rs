//! Where a watcher's events come from: the cache, or for a past that it does not remember the store, until the cache can take over.
//!
//! Receives a subscription or a stream of the store and hands on one step after the other. Invariant: going over from the one to the other
//! neither leaves an event out nor tells one twice, for the subscription begins at the revision up to which all has been delivered.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::StreamExt as _;

use crate::object::Revision;
use crate::store::cache::{Cache, Subscription, WriteEvent};
use crate::store::{StoreError, Tidings, WatchStream};

/// Where events come from.
pub(super) enum Source {
    Cache(Box<Subscription>),
    Store(Box<History>),
    Ended,
}

/// What happened before the oldest event that the cache remembers.
pub(super) struct History {
    cache: Cache,
    prefix: String,
    scope: String,
    stream: WatchStream,
    batch: VecDeque<Arc<WriteEvent>>,
    /// Everything up to this revision has been delivered once `batch` is empty.
    seen: Revision,
}

/// What happens next.
pub(super) enum Step {
    Event(Arc<WriteEvent>),
    Broken(StoreError),
    /// The source is another now.
    Joined,
    Over,
    /// A bookmark is due, or the end.
    Time,
}

impl Source {
    /// The next step; nothing is lost where nobody waits for it to the end.
    pub(super) async fn next(&mut self) -> Step {
        match self {
            Self::Cache(subscription) => subscription.next().await.map_or(Step::Over, Step::Event),
            Self::Store(history) => match history.next().await {
                Ok(step) => step,
                Err(subscription) => {
                    *self = Self::Cache(subscription);
                    Step::Joined
                }
            },
            Self::Ended => Step::Over,
        }
    }
}

impl History {
    /// A watch on the store of a resource's `scope` that began at a revision.
    pub(super) fn new(cache: &Cache, prefix: &str, scope: &str, after: Revision, stream: WatchStream) -> Self {
        let (cache, prefix, scope) = (cache.clone(), prefix.to_owned(), scope.to_owned());
        Self { cache, prefix, scope, stream, batch: VecDeque::new(), seen: after }
    }

    /// The revision up to which all has been delivered; `None` while a batch is being delivered.
    pub(super) fn reached(&self) -> Option<Revision> {
        self.batch.is_empty().then_some(self.seen)
    }

    /// The next step, or the subscription to the cache that goes on where this ends. A watch on the store is costly: etcd reads a value
    /// before for each event, and an older one sends each watch every write there is.
    async fn next(&mut self) -> Result<Step, Box<Subscription>> {
        loop {
            if let Some(event) = self.batch.pop_front() {
                return Ok(Step::Event(event));
            }
            if let Some(subscription) = self.cache.subscribe_if_loaded(&self.prefix, &self.scope, self.seen) {
                return Err(Box::new(subscription));
            }
            match self.stream.next().await {
                Some(Ok(Tidings::Events(events))) => {
                    self.seen = events.iter().map(|event| event.revision).fold(self.seen, Revision::max);
                    self.batch.extend(events.into_iter().map(|event| Arc::new(WriteEvent::new(event))));
                }
                Some(Ok(Tidings::Progress(revision))) => self.seen = revision.max(self.seen),
                Some(Err(error)) => return Ok(Step::Broken(error)),
                None => return Ok(Step::Over),
            }
        }
    }
}
