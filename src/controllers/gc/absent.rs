//! Owners that are known not to exist, so that each of many dependents need not ask again.
//!
//! No uid is given twice, so what was absent stays absent for as long as the store's history is one. Where it is another, as after a restore
//! from a backup, all lists begin anew, and with each that begins everything is forgotten. The memory is bounded and forgets the oldest first.

use std::collections::{HashMap, VecDeque};

use super::graph::Place;
use super::observed::Uid;

/// How many owners are remembered.
const MOST: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct AbsentOwners {
    known: HashMap<Uid, Vec<Place>>,
    order: VecDeque<(Uid, Place)>,
}

impl AbsentOwners {
    pub(super) fn insert(&mut self, uid: Uid, place: Place) {
        if self.contains(&uid, &place) {
            return;
        }
        if self.order.len() >= MOST
            && let Some((uid, place)) = self.order.pop_front()
        {
            self.remove(&uid, &place);
        }
        self.order.push_back((uid.clone(), place.clone()));
        self.known.entry(uid).or_default().push(place);
    }

    /// Whether no object with this uid is at this place.
    pub(super) fn contains(&self, uid: &Uid, place: &Place) -> bool {
        self.known.get(uid).is_some_and(|places| places.contains(place))
    }

    /// An object with this uid is there.
    pub(super) fn forget(&mut self, uid: &Uid) {
        if self.known.remove(uid).is_some() {
            self.order.retain(|(known, _)| known != uid);
        }
    }

    /// Nothing of what is known is certain any more.
    pub(super) fn forget_all(&mut self) {
        *self = Self::default();
    }

    fn remove(&mut self, uid: &Uid, place: &Place) {
        let Some(places) = self.known.get_mut(uid) else { return };
        places.retain(|known| known != place);
        if places.is_empty() {
            self.known.remove(uid);
        }
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

    #[test]
    fn who_is_there_again_is_not_absent_any_more() {
        let place = |name: &str| Place { resource: ResourceId(0), namespace: None, name: name.into() };
        let (back, gone) = (Uid::from("back"), Uid::from("gone"));
        let mut absent = AbsentOwners::default();
        absent.insert(back.clone(), place("a"));
        absent.insert(back.clone(), place("b"));
        absent.insert(gone.clone(), place("c"));
        absent.forget(&back);
        assert!(!absent.contains(&back, &place("a")) && !absent.contains(&back, &place("b")) && absent.contains(&gone, &place("c")));
        absent.insert(back.clone(), place("a"));
        assert!(absent.contains(&back, &place("a")), "it may go again");
        absent.forget_all();
        assert!(!absent.contains(&back, &place("a")) && !absent.contains(&gone, &place("c")));
    }
}
