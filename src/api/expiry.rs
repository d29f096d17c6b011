//! Events do not stay: a while after they were last written they are removed, as kube-apiserver does after an hour.
//!
//! Receives how long events live; hands deletions to the store, whose watches tell of them as of any other. Invariant: an event is
//! removed only in the state in which it was found too old, so that one that was written again meanwhile stays.
//!
//! kube-apiserver leaves the removal to leases of etcd. Here it is the same for every engine, and for every server that shares a store:
//! which of them is faster makes no difference.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{MissedTickBehavior, interval};

use super::Api;
use crate::object::Time;
use crate::store::{Change, Entry, ListRequest, Outcome, StoreError};

/// Where both groups' events are kept.
const PREFIX: &str = "/registry/core/events/";

/// How many events are looked at in one read of the store.
const PAGE: usize = 500;

/// How often a server looks for old events, and so how long one may stay too long.
const LOOK_EVERY: Duration = Duration::from_mins(1);

impl Api {
    /// Removes old events time and again, until it is dropped. Failures are logged; the next look makes up for them.
    pub async fn keep_expiring_events(&self, time_to_live: Duration) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Err(error) = self.expire_events(time_to_live).await {
                tracing::warn!(%error, "old events could not be removed");
            }
        }
    }

    /// Removes the events that were last written longer ago than this. Answers how many.
    ///
    /// # Errors
    /// What the store answers; the events found before then are gone.
    pub async fn expire_events(&self, time_to_live: Duration) -> Result<usize, StoreError> {
        let store = self.0.cache.store();
        // A time to live that reaches back beyond all times leaves everything.
        let Ok(oldest) = self.0.ambient.now().checked_sub(time_to_live).map(Time::new) else { return Ok(0) };
        let mut request = ListRequest { prefix: PREFIX.to_owned(), after: None, limit: PAGE, at: None };
        let mut removed = 0;
        loop {
            let page = store.list(request.clone()).await?;
            for entry in page.entries.iter().filter(|entry| written_at(entry).is_some_and(|written| written < oldest)) {
                let outcome = store.commit(&entry.key, entry.revision, Change::Delete).await?;
                removed += usize::from(matches!(outcome, Outcome::Done(_)));
            }
            match page.entries.last() {
                Some(last) if page.remaining > 0 => request.after = Some(last.key.clone()),
                _ => return Ok(removed),
            }
        }
    }
}

/// What a server wrote into an event of when: the reporter's own times come from another clock.
#[derive(Deserialize)]
struct Dated {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    creation_timestamp: Option<String>,
    #[serde(default)]
    managed_fields: Vec<Managed>,
}

#[derive(Deserialize)]
struct Managed {
    time: Option<String>,
}

/// When an event was last written; `None` where it does not say, so that it stays.
fn written_at(entry: &Entry) -> Option<Time> {
    let Dated { metadata } = serde_json::from_slice(&entry.value).ok()?;
    let times = metadata.managed_fields.into_iter().filter_map(|managed| managed.time).chain(metadata.creation_timestamp);
    times.filter_map(|time| Time::parse(&time)).max()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::object::Revision;

    fn written(document: &'static str) -> Option<String> {
        let entry = Entry { key: String::new(), value: Bytes::from_static(document.as_bytes()), revision: Revision(2) };
        written_at(&entry).map(|time| time.to_string())
    }

    #[test]
    fn an_event_is_as_old_as_its_last_write() {
        let created = r#"{"metadata":{"creationTimestamp":"2026-11-22T10:00:00Z"},"lastTimestamp":"2030-01-01T00:00:00Z"}"#;
        assert_eq!(written(created).as_deref(), Some("2026-11-22T10:00:00Z"));
        let updated = r#"{"metadata":{"creationTimestamp":"2026-11-22T10:00:00Z","managedFields":[
            {"time":"2026-11-22T10:30:00Z"},{"time":"2026-11-22T10:20:00Z"},{}]}}"#;
        assert_eq!(written(updated).as_deref(), Some("2026-11-22T10:30:00Z"));
        assert_eq!(written(r#"{"metadata":{}}"#), None);
        assert_eq!(written("[]"), None);
    }
}
