//! What every watcher ought to have been told, by the history of a kind.

use std::collections::{BTreeMap, BTreeSet};

use super::Key;
use super::interest::Interest;
use super::plane::Kind;
use super::watcher::{Log, Segment};

/// What one write left of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) key: Key,
    pub(super) uid: String,
    pub(super) revision: u64,
    /// The name that the writer gave this write, which no other has.
    pub(super) mark: String,
    pub(super) labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Added,
    Modified,
    Deleted,
}

/// An event, without what follows from the mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) turn: Turn,
    pub(super) revision: u64,
    pub(super) key: Key,
    /// That of the last state where the object is gone.
    pub(super) mark: String,
}

/// What the writer of an object was answered.
#[derive(Debug, Clone)]
pub(super) enum Acknowledged {
    Written { kind: Kind, revision: u64, key: Key, mark: String },
    Deleted { kind: Kind, uid: String },
}

/// The writes to one kind, in their order.
#[derive(Debug)]
pub(super) struct History {
    kind: Kind,
    /// Revision, key, and what the write left.
    changes: Vec<(u64, Key, Option<Version>)>,
    deleted: BTreeSet<String>,
}

impl History {
    /// The history that a watch of everything told. Where it had to begin anew, it had missed nothing.
    pub(super) fn told_by(kind: Kind, log: &Log) -> Self {
        let (mut changes, mut deleted): (Vec<(u64, Key, Option<Version>)>, _) = (Vec::new(), BTreeSet::new());
        let mut state: BTreeMap<Key, Version> = BTreeMap::new();
        for segment in &log.segments {
            assert_eq!(segment.found, summary(&state), "{kind:?}: nothing was written between two of its watches");
            for (seen, version) in &segment.events {
                let last = changes.last().map_or(0, |(revision, ..)| *revision);
                assert!(seen.revision > last, "{kind:?}: {seen:?} comes after revision {last}");
                let before = match seen.turn {
                    Turn::Deleted => state.remove(&seen.key),
                    Turn::Added | Turn::Modified => state.insert(seen.key.clone(), version.clone()),
                };
                assert_eq!(seen.turn == Turn::Added, before.is_none(), "{kind:?}: {seen:?} after {before:?}");
                if seen.turn == Turn::Deleted {
                    deleted.insert(version.uid.clone());
                    assert_eq!(before.map(|before| before.mark).as_ref(), Some(&version.mark), "the last state is told");
                }
                changes.push((seen.revision, seen.key.clone(), (seen.turn != Turn::Deleted).then(|| version.clone())));
            }
        }
        Self { kind, changes, deleted }
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Checks that everything acknowledged happened, once and as it was acknowledged.
    pub(super) fn holds(&self, acknowledged: &[Acknowledged]) {
        let mut by_mark: BTreeMap<&str, (u64, &Key)> = BTreeMap::new();
        for (revision, key, version) in &self.changes {
            let Some(version) = version else { continue };
            let other = by_mark.insert(&version.mark, (*revision, key));
            assert_eq!(other, None, "{:?} {} was written twice", self.kind, version.mark);
        }
        for answer in acknowledged {
            match answer {
                Acknowledged::Written { kind, revision, key, mark } if *kind == self.kind => {
                    assert_eq!(by_mark.get(mark.as_str()), Some(&(*revision, key)), "{answer:?}");
                }
                Acknowledged::Deleted { kind, uid } if *kind == self.kind => assert!(self.deleted.contains(uid), "{answer:?}"),
                Acknowledged::Written { .. } | Acknowledged::Deleted { .. } => {}
            }
        }
    }

    /// What exists of the kind as of a revision.
    pub(super) fn state(&self, interest: &Interest, at: u64) -> BTreeMap<Key, (u64, String)> {
        let mut state = BTreeMap::new();
        for (_, key, version) in self.changes.iter().take_while(|(revision, ..)| *revision <= at) {
            match version.as_ref().filter(|version| interest.holds(version)) {
                Some(version) => state.insert(key.clone(), version.clone()),
                None => state.remove(key),
            };
        }
        summary(&state)
    }

    /// What a watcher is told of the writes after a revision up to another.
    fn events(&self, interest: &Interest, after: u64, until: u64) -> Vec<Seen> {
        let mut state: BTreeMap<&Key, &Version> = BTreeMap::new();
        let mut events = Vec::new();
        for (revision, key, version) in self.changes.iter().take_while(|(revision, ..)| *revision <= until) {
            let now = version.as_ref().filter(|version| interest.holds(version));
            let before = match now {
                Some(version) => state.insert(key, version),
                None => state.remove(key),
            };
            let (turn, told) = match (before, now) {
                (None, None) => continue,
                (None, Some(now)) => (Turn::Added, now),
                (Some(_), Some(now)) => (Turn::Modified, now),
                (Some(before), None) => (Turn::Deleted, before),
            };
            if *revision > after {
                events.push(Seen { turn, revision: *revision, key: key.clone(), mark: told.mark.clone() });
            }
        }
        events
    }

    /// Checks what a watcher found and was told: every list is of one revision, and there is no gap, no repeat and no disorder.
    pub(super) fn explains(&self, interest: &Interest, segment: &Segment) {
        let Segment { from, found, events, until, .. } = segment;
        assert_eq!(*found, self.state(interest, *from), "{interest:?} found as of {from}");
        let told: Vec<Seen> = events.iter().map(|(seen, _)| seen.clone()).collect();
        let expected = self.events(interest, *from, *until);
        if told != expected {
            let at = told.iter().zip(&expected).take_while(|(told, expected)| told == expected).count();
            let around = |events: &[Seen]| events.iter().skip(at.saturating_sub(2)).take(5).cloned().collect::<Vec<_>>();
            panic!(
                "{interest:?} from {from} until {until}: event {at} is another than expected:\ntold {:#?}\nexpected {:#?}",
                around(&told),
                around(&expected)
            );
        }
    }
}

fn summary(state: &BTreeMap<Key, Version>) -> BTreeMap<Key, (u64, String)> {
    state.iter().map(|(key, version)| (key.clone(), (version.revision, version.mark.clone()))).collect()
}
