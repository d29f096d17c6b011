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
    /// The cache takes over no earlier than here.
    begun_after: Revision,
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
        Self { cache, prefix, scope, stream, batch: VecDeque::new(), seen: after, begun_after: after }
    }

    /// The same for objects of which several are written at one revision: whoever heard of that revision may not have heard of all of
    /// them, so they are told again. `None` where that revision is compacted, as are the watchers' of it most likely.
    pub(super) async fn again(cache: &Cache, prefix: &str, scope: &str, after: Revision) -> Result<Option<Self>, StoreError> {
        let before = Revision(after.0.saturating_sub(1));
        match cache.store().watch(scope, before).await {
            Ok(stream) => Ok(Some(Self { begun_after: after, ..Self::new(cache, prefix, scope, before, several_at(after, stream)) })),
            Err(StoreError::Compacted { .. } | StoreError::Future { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The revision up to which all has been delivered; `None` while a batch is being delivered.
    pub(super) fn reached(&self) -> Option<Revision> {
        (self.batch.is_empty() && self.seen >= self.begun_after).then_some(self.seen)
    }

    /// The next step, or the subscription to the cache that goes on where this ends. A watch on the store is costly: etcd reads a value
    /// before for each event, and an older one sends each watch every write there is.
    async fn next(&mut self) -> Result<Step, Box<Subscription>> {
        loop {
            if let Some(event) = self.batch.pop_front() {
                return Ok(Step::Event(event));
            }
            if self.seen >= self.begun_after
                && let Some(subscription) = self.cache.subscribe_if_loaded(&self.prefix, &self.scope, self.seen)
            {
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

/// Leaves out what was written at a revision alone; all events of one revision come in one batch.
fn several_at(at: Revision, stream: WatchStream) -> WatchStream {
    let told = move |tidings| match tidings {
        Tidings::Events(mut events) => {
            let alone = events.iter().filter(|event| event.revision == at).count() == 1;
            events.retain(|event| !(alone && event.revision == at));
            Tidings::Events(events)
        }
        progress @ Tidings::Progress(_) => progress,
    };
    stream.map(move |next| next.map(told)).boxed()
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;
    use crate::store::Event;

    async fn told(events: &[(&str, u64)]) -> Vec<String> {
        let event =
            |(key, revision): &(&str, u64)| Event { key: (*key).to_owned(), revision: Revision(*revision), value: None, previous: None };
        let batch = Tidings::Events(events.iter().map(event).collect());
        let told = several_at(Revision(7), stream::iter([Ok(batch), Ok(Tidings::Progress(Revision(9)))]).boxed());
        let told: Vec<Tidings> = told.map(|tidings| tidings.expect("no error")).collect().await;
        assert_eq!(told.last(), Some(&Tidings::Progress(Revision(9))));
        let Some(Tidings::Events(events)) = told.into_iter().next() else { unreachable!("events come first") };
        events.into_iter().map(|event| event.key).collect()
    }

    #[tokio::test]
    async fn what_was_written_together_is_told_again_and_what_was_written_alone_is_not() {
        assert_eq!(told(&[("a", 7), ("b", 8)]).await, ["b"]);
        assert_eq!(told(&[("a", 7), ("b", 7), ("a", 8)]).await, ["a", "b", "a"]);
        assert_eq!(told(&[("a", 8), ("b", 8)]).await, ["a", "b"]);
    }
}
