//! A queue of keys, each of which is due at a time and worked on by one worker at a time.
//!
//! Receives keys from events and the results of work; hands on keys that are due. Invariant: a key that is added while it is worked on
//! becomes due again after that, so no event is lost.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use tokio::time::Instant;

use super::backoff::Backoff;

/// The queue. It does not wait by itself: [`Queue::next_due`] says until when to.
#[derive(Debug)]
pub(super) struct Queue<K> {
    order: BTreeSet<(Instant, K)>,
    due: HashMap<K, Instant>,
    /// Keys under work, and when they are due again where they were added meanwhile.
    running: HashMap<K, Option<Instant>>,
    failures: HashMap<K, u32>,
    backoff: Backoff,
}

impl<K: Clone + Ord + Hash> Queue<K> {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self { order: BTreeSet::new(), due: HashMap::new(), running: HashMap::new(), failures: HashMap::new(), backoff }
    }

    /// Makes a key due at a time, or leaves it where it is due earlier.
    pub(super) fn add(&mut self, key: K, at: Instant) {
        if let Some(again) = self.running.get_mut(&key) {
            *again = Some(again.map_or(at, |earlier| earlier.min(at)));
            return;
        }
        match self.due.get(&key).copied() {
            Some(earlier) if earlier <= at => return,
            Some(later) => drop(self.order.remove(&(later, key.clone()))),
            None => {}
        }
        self.due.insert(key.clone(), at);
        self.order.insert((at, key));
    }

    /// Takes a key that is due, to be worked on until [`Queue::succeeded`] or [`Queue::failed`] is told.
    pub(super) fn pop(&mut self, now: Instant) -> Option<K> {
        if self.order.first()?.0 > now {
            return None;
        }
        let (_, key) = self.order.pop_first()?;
        self.due.remove(&key);
        self.running.insert(key.clone(), None);
        Some(key)
    }

    /// When the first key is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The work on a key is done.
    pub(super) fn succeeded(&mut self, key: &K) {
        self.failures.remove(key);
        if let Some(again) = self.running.remove(key).flatten() {
            self.add(key.clone(), again);
        }
    }

    /// The work on a key must be tried again, later the more often it failed; at once where something happened meanwhile.
    pub(super) fn failed(&mut self, key: &K, now: Instant) {
        let failures = self.failures.entry(key.clone()).or_default();
        *failures += 1;
        let later = now + self.backoff.pause(key, *failures);
        let again = self.running.remove(key).flatten();
        self.add(key.clone(), again.map_or(later, |again| again.min(later)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn queue() -> (Queue<&'static str>, Instant) {
        (Queue::new(Backoff { first: SECOND, longest: 8 * SECOND }), Instant::now())
    }

    #[test]
    fn the_earlier_of_two_times_counts() {
        let (mut queue, now) = queue();
        queue.add("a", now + 2 * SECOND);
        queue.add("a", now + SECOND);
        queue.add("a", now + 3 * SECOND);
        assert_eq!(queue.next_due(), Some(now + SECOND));
        assert_eq!(queue.pop(now), None);
        assert_eq!(queue.pop(now + SECOND), Some("a"));
        assert_eq!((queue.pop(now + 9 * SECOND), queue.next_due()), (None, None));
    }

    #[test]
    fn a_key_under_work_is_not_handed_out_twice_and_comes_again() {
        let (mut queue, now) = queue();
        queue.add("a", now);
        assert_eq!(queue.pop(now), Some("a"));
        queue.add("a", now);
        assert_eq!(queue.pop(now), None);
        queue.succeeded(&"a");
        assert_eq!(queue.pop(now), Some("a"));
        queue.succeeded(&"a");
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn failures_push_a_key_back_until_it_succeeds() {
        let (mut queue, now) = queue();
        let mut pauses = Vec::new();
        for _ in 0..3 {
            queue.add("a", now);
            queue.pop(now);
            queue.failed(&"a", now);
            pauses.push(queue.next_due().expect("due again"));
            queue.pop(now + 60 * SECOND);
            queue.running.clear();
        }
        assert!(pauses.is_sorted(), "{pauses:?}");
        queue.add("a", now);
        queue.pop(now);
        queue.succeeded(&"a");
        assert!(queue.failures.is_empty());
    }
}
