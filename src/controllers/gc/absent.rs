//! Owners that are known not to exist, so that each of many dependents need not ask again.
//!
//! A uid is never given twice, so what was absent once stays absent. The memory is bounded and forgets the oldest first.

use std::collections::{HashSet, VecDeque};

use super::graph::Place;
use super::observed::Uid;

/// How many owners are remembered.
const MOST: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct AbsentOwners {
    known: HashSet<(Uid, Place)>,
    order: VecDeque<(Uid, Place)>,
}

impl AbsentOwners {
    pub(super) fn insert(&mut self, uid: Uid, place: Place) {
        let entry = (uid, place);
        if self.known.contains(&entry) {
            return;
        }
        if self.order.len() >= MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.order.push_back(entry.clone());
        self.known.insert(entry);
    }

    /// Whether no object with this uid is at this place.
    pub(super) fn contains(&self, uid: &Uid, place: &Place) -> bool {
        // The set is looked up by a pair that it owns; the clone is small beside the request that a hit saves.
        self.known.contains(&(uid.clone(), place.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::ResourceId;
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let place = Place { resource: ResourceId(0), namespace: None, name: "a".into() };
        let uid = |number: usize| Uid::from(number.to_string().as_str());
        let mut absent = AbsentOwners::default();
        for number in 0..=MOST {
            absent.insert(uid(number), place.clone());
            absent.insert(uid(number), place.clone());
        }
        assert!(!absent.contains(&uid(0), &place));
        assert!(absent.contains(&uid(1), &place) && absent.contains(&uid(MOST), &place));
        assert!(!absent.contains(&uid(1), &Place { namespace: Some("n".into()), ..place }));
    }
}
