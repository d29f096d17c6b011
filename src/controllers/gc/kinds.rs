//! The kinds that the collector knows, and how far each has been read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::resources::{Resources, Served};
use super::graph::ResourceId;

/// Resources that are not watched: events own nothing, are owned by nothing that matters, and there are many.
const IGNORED: [&str; 2] = ["events.", "events.events.k8s.io"];

/// What the collector does with the objects of a resource.
const VERBS: [&str; 5] = ["get", "list", "watch", "patch", "delete"];

/// After this long a resource that cannot be read does not hold up the deletion of owners any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// How far a watched resource has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Since then, not to the end yet.
    Since(Instant),
    /// To the end at least once.
    Done,
}

/// The kinds.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    resources: Arc<Resources>,
    /// Numbers stay with a resource for good.
    numbers: HashMap<String, ResourceId>,
    watched: HashMap<ResourceId, (Arc<Served>, Reading)>,
}

/// What a kind that a reference names is.
#[derive(Debug)]
pub(super) struct Kind<'a> {
    pub(super) id: ResourceId,
    pub(super) served: &'a Arc<Served>,
    /// It is watched, but has not been read to its end.
    pub(super) unread: bool,
}

/// What a new discovery changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Resources to watch from now on.
    pub(super) begin: Vec<(ResourceId, Arc<Served>)>,
    /// Resources to watch no longer.
    pub(super) end: Vec<ResourceId>,
    /// Anything is different.
    pub(super) any: bool,
}

impl Kinds {
    /// Takes in what a server serves now.
    pub(super) fn update(&mut self, resources: Resources, now: Instant) -> Changes {
        if resources == *self.resources {
            return Changes::default();
        }
        let mut changes = Changes { any: true, ..Changes::default() };
        let mut wanted: HashMap<ResourceId, Arc<Served>> = HashMap::new();
        for served in resources.preferred() {
            let name = served.group_resource();
            let next = ResourceId(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX));
            let watched = served.can(&VERBS) && !IGNORED.contains(&name);
            let id = *self.numbers.entry(name.to_owned()).or_insert(next);
            if watched {
                wanted.insert(id, Arc::clone(served));
            }
        }
        self.watched.retain(|id, (served, _)| {
            let keep = wanted.get(id).map_or_else(|| resources.stale().contains(&served.api.group), |wanted| wanted == served);
            if !keep {
                changes.end.push(*id);
            }
            keep
        });
        for (id, served) in wanted {
            self.watched.entry(id).or_insert_with(|| {
                changes.begin.push((id, Arc::clone(&served)));
                (served, Reading::Since(now))
            });
        }
        self.resources = Arc::new(resources);
        changes
    }

    /// The kind that a reference names, if it is served.
    pub(super) fn of(&self, api_version: &str, kind: &str) -> Option<Kind<'_>> {
        let served = self.resources.by_kind(api_version, kind)?;
        let id = *self.numbers.get(served.group_resource())?;
        let unread = self.watched.get(&id).is_some_and(|(_, reading)| *reading != Reading::Done);
        Some(Kind { id, served, unread })
    }

    /// A watched resource.
    pub(super) fn served(&self, id: ResourceId) -> Option<&Arc<Served>> {
        self.watched.get(&id).map(|(served, _)| served)
    }

    /// A resource has been read to its end. Hands back whether it is the first time.
    pub(super) fn read(&mut self, id: ResourceId) -> bool {
        let reading = self.watched.get_mut(&id).map(|(_, reading)| std::mem::replace(reading, Reading::Done));
        reading.is_some_and(|before| before != Reading::Done)
    }

    /// Whether there are resources that should have been read to their end by now or soon will be.
    pub(super) fn incomplete(&self, now: Instant) -> bool {
        let awaited = |reading: &Reading| matches!(reading, Reading::Since(since) if now.duration_since(*since) < PATIENCE);
        self.watched.values().any(|(_, reading)| awaited(reading))
    }

    /// What the server serves, for work that outlives this moment.
    pub(super) fn resources(&self) -> &Arc<Resources> {
        &self.resources
    }

    /// The watched resources.
    pub(super) fn watched(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.watched.values().map(|(served, _)| served)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::resources::tests::resources;
    use super::*;

    const PODS: (&str, &str, &str, bool) = ("v1", "Pod", "pods", true);
    const EVENTS: (&str, &str, &str, bool) = ("v1", "Event", "events", true);
    const THINGS: (&str, &str, &str, bool) = ("x.io/v1", "Thing", "things", true);

    fn names(list: &[(ResourceId, Arc<Served>)]) -> Vec<String> {
        list.iter().map(|(_, served)| served.group_resource().to_owned()).collect()
    }

    #[test]
    fn kinds_come_and_go_and_come_again_under_their_number() {
        let mut kinds = Kinds::default();
        let now = Instant::now();
        assert_eq!(names(&kinds.update(resources(&[PODS, EVENTS]), now).begin), ["pods."]);
        assert!(!kinds.update(resources(&[PODS, EVENTS]), now).any);
        let added = kinds.update(resources(&[PODS, THINGS]), now);
        assert_eq!((names(&added.begin), added.end.len()), (vec!["things.x.io".to_owned()], 0));
        let number = added.begin[0].0;
        assert_eq!(kinds.update(resources(&[PODS]), now).end, [number]);
        assert!(kinds.of("x.io/v1", "Thing").is_none());
        assert_eq!(kinds.update(resources(&[PODS, THINGS]), now).begin[0].0, number);
    }

    #[test]
    fn a_kind_that_cannot_be_read_is_waited_for_a_while_only() {
        let mut kinds = Kinds::default();
        let now = Instant::now();
        let begun = kinds.update(resources(&[PODS, THINGS]), now).begin;
        assert!(kinds.of("v1", "Pod").expect("served").unread);
        assert!(kinds.read(begun[0].0) && !kinds.read(begun[0].0));
        assert!(kinds.incomplete(now) && !kinds.incomplete(now + PATIENCE));
        assert!(kinds.read(begun[1].0));
        assert!(!kinds.incomplete(now));
    }
}
