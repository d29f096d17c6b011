//! The loop that follows the store and hands its events to the resources.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;

use super::{Cache, ROOT, WriteEvent};
use crate::object::Revision;
use crate::store::complaint::Complaint;
use crate::store::{Event, StoreError, Tidings, WatchStream};

/// How long to wait before following again after the store failed; doubles up to [`RETRY_MOST`].
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(2);

/// Follows until the task is ended. After a failed stream it goes on where it was; where that past is gone everything starts anew.
pub(super) async fn run(cache: Cache, start: Revision, stream: WatchStream) {
    let mut after = start;
    let mut stream = Some(stream);
    let mut pause = RETRY_FIRST;
    let mut complaint = Complaint::default();
    loop {
        if let Some(stream) = stream.take() {
            let before = after;
            let error = drain(&cache, stream, &mut after).await;
            // A stream that brought nothing is no better than none.
            if after > before {
                pause = RETRY_FIRST;
                complaint.settle();
            }
            tell(&cache, &mut complaint, &error, "the watch on the store ended");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(RETRY_MOST);
        match cache.0.store.follow(ROOT, after).await {
            Ok(again) => stream = Some(again),
            Err(StoreError::Compacted { .. }) => stream = restart(&cache, &mut after).await,
            Err(error) => tell(&cache, &mut complaint, &error, "the store cannot be watched"),
        }
    }
}

/// Warns of what was not told before, but not of the end of a store that is being closed. It is followed to its end even then, for the requests under way.
fn tell(cache: &Cache, complaint: &mut Complaint, error: &StoreError, what: &str) {
    let is_news = complaint.is_news(&error.to_string());
    if cache.0.closing.load(Ordering::Relaxed) || !is_news {
        tracing::debug!(%error, revision = %cache.seen(), "{what}");
    } else {
        tracing::warn!(%error, revision = %cache.seen(), "{what}");
    }
}

async fn drain(cache: &Cache, mut stream: WatchStream, after: &mut Revision) -> StoreError {
    while let Some(tidings) = stream.next().await {
        match tidings {
            Ok(Tidings::Events(events)) => {
                let newest = events.iter().map(|event| event.revision).max().unwrap_or(*after);
                hand_out(cache, events);
                *after = newest.max(*after);
            }
            Ok(Tidings::Progress(revision)) => *after = revision.max(*after),
            Err(error) => return error,
        }
        cache.0.seen.send_if_modified(|seen| std::mem::replace(seen, (*seen).max(*after)) < *after);
    }
    StoreError::Unavailable("the watch ended without an error".to_owned())
}

/// The history between `after` and now is gone: forget everything, end the watches (they answer 410 or list again), follow from now.
async fn restart(cache: &Cache, after: &mut Revision) -> Option<WatchStream> {
    let now = cache.0.store.current_revision().await.ok()?;
    let stream = cache.0.store.follow(ROOT, now).await.ok()?;
    cache.forget_all();
    *after = now;
    cache.0.seen.send_modify(|seen| *seen = (*seen).max(now));
    Some(stream)
}

fn hand_out(cache: &Cache, events: Vec<Event>) {
    let mut by_resource: BTreeMap<String, Vec<Arc<WriteEvent>>> = BTreeMap::new();
    for event in events {
        if let Some(prefix) = resource_prefix(&event.key).map(str::to_owned) {
            by_resource.entry(prefix).or_default().push(Arc::new(WriteEvent::new(event)));
        }
    }
    for (prefix, events) in by_resource {
        if let Some(resource) = cache.loaded(&prefix) {
            resource.take(events);
        }
    }
}

/// `/registry/<group>/<resource>/` of a key.
fn resource_prefix(key: &str) -> Option<&str> {
    let (at, _) = key.match_indices('/').nth(3)?;
    Some(&key[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_the_resource_it_starts_with() {
        assert_eq!(resource_prefix("/registry/apps/deployments/default/web"), Some("/registry/apps/deployments/"));
        assert_eq!(resource_prefix("/registry/core/namespaces/default"), Some("/registry/core/namespaces/"));
        assert_eq!(resource_prefix("/registry/odd"), None);
    }
}
