//! Who owns whom, as far as the watches have shown.
//!
//! Receives objects that appeared, changed and went; hands on the uids of objects that must be looked at because of it. Invariant: an
//! object is under the uids of all its owners in `dependents`, whether those have been seen or not, and under no other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::observed::{Marks, Observed, OwnerRef, Uid};

/// A resource by its number in the collector's table of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ResourceId(pub(super) u32);

/// Where an object is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) resource: ResourceId,
    pub(super) namespace: Option<Arc<str>>,
    pub(super) name: Box<str>,
}

/// An object that a watch has shown.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) owners: Box<[OwnerRef]>,
    pub(super) marks: Marks,
    /// The reading of its resource that showed it last.
    reading: u32,
}

impl Node {
    /// Whether there is anything to decide about it.
    fn matters(&self) -> bool {
        !self.owners.is_empty() || self.marks.deleting && (self.marks.foreground || self.marks.orphan)
    }
}

/// The graph.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: HashMap<Uid, Node>,
    dependents: HashMap<Uid, BTreeSet<Uid>>,
    /// How often each resource was read from its beginning.
    readings: HashMap<ResourceId, u32>,
    /// Namespaces, kinds and versions: few texts that many objects share.
    texts: HashSet<Arc<str>>,
}

impl Graph {
    pub(super) fn node(&self, uid: &Uid) -> Option<&Node> {
        self.nodes.get(uid)
    }

    /// The objects that name a uid as their owner's.
    pub(super) fn dependents(&self, uid: &Uid) -> impl Iterator<Item = (&Uid, &Node)> {
        self.dependents.get(uid).into_iter().flatten().filter_map(|uid| Some((uid, self.nodes.get(uid)?)))
    }

    /// Takes in an object as it is now. Hands back what to look at.
    pub(super) fn apply(&mut self, resource: ResourceId, observed: Observed) -> Vec<Uid> {
        let uid = observed.uid;
        let node = Node {
            place: Place { resource, namespace: observed.namespace.map(|namespace| self.share(namespace.into())), name: observed.name },
            owners: observed.owners.into_iter().map(|owner| self.share_owner(owner)).collect(),
            marks: observed.marks,
            reading: self.readings.get(&resource).copied().unwrap_or_default(),
        };
        for owner in &node.owners {
            self.dependents.entry(owner.uid.clone()).or_default().insert(uid.clone());
        }
        let mut look: Vec<Uid> = node.matters().then(|| uid.clone()).into_iter().collect();
        let now_waits = node.marks.awaits_dependents();
        look.extend(self.waiting_owners(&node.owners));
        let before = self.nodes.insert(uid.clone(), node);
        if let Some(before) = &before {
            look.extend(self.waiting_owners(&before.owners));
            self.unlink_dropped(&uid, &before.owners);
        }
        // Its dependents took it for absent until now, or are to go before it.
        if before.is_none_or(|before| now_waits && !before.marks.awaits_dependents()) {
            look.extend(self.dependents.get(&uid).into_iter().flatten().cloned());
        }
        look
    }

    /// Takes out an object that is gone. Hands back where it was, and what to look at.
    pub(super) fn remove(&mut self, uid: &Uid) -> (Option<Place>, Vec<Uid>) {
        let Some(node) = self.nodes.remove(uid) else { return (None, Vec::new()) };
        for owner in &node.owners {
            self.unlink(&owner.uid, uid);
        }
        let mut look = self.waiting_owners(&node.owners);
        look.extend(self.dependents.get(uid).into_iter().flatten().cloned());
        (Some(node.place), look)
    }

    /// A resource is being read from its beginning.
    pub(super) fn begin(&mut self, resource: ResourceId) {
        *self.readings.entry(resource).or_default() += 1;
    }

    /// A resource has been read to its end: hands back the objects that this did not show, which are gone.
    pub(super) fn vanished(&self, resource: ResourceId) -> Vec<Uid> {
        let reading = self.readings.get(&resource).copied().unwrap_or_default();
        if reading <= 1 {
            return Vec::new();
        }
        let old = self.nodes.iter().filter(|(_, node)| node.place.resource == resource && node.reading != reading);
        old.map(|(uid, _)| uid.clone()).collect()
    }

    /// Forgets the objects of a resource that is no longer watched. That says nothing about whether they exist.
    pub(super) fn forget(&mut self, resource: ResourceId) {
        let of_resource = self.nodes.iter().filter(|(_, node)| node.place.resource == resource);
        for uid in of_resource.map(|(uid, _)| uid.clone()).collect::<Vec<_>>() {
            self.remove(&uid);
        }
        self.readings.remove(&resource);
    }

    /// All objects about which there may be something to decide.
    pub(super) fn that_matter(&self) -> impl Iterator<Item = &Uid> {
        self.nodes.iter().filter(|(_, node)| node.matters()).map(|(uid, _)| uid)
    }

    /// Forgets texts that no object has any more.
    pub(super) fn tidy(&mut self) {
        self.texts.retain(|text| Arc::strong_count(text) > 1);
    }

    fn waiting_owners(&self, owners: &[OwnerRef]) -> Vec<Uid> {
        let waits = |owner: &&OwnerRef| self.nodes.get(&owner.uid).is_some_and(|node| node.marks.awaits_dependents());
        owners.iter().filter(waits).map(|owner| owner.uid.clone()).collect()
    }

    fn unlink_dropped(&mut self, uid: &Uid, before: &[OwnerRef]) {
        for owner in before {
            let kept = self.nodes.get(uid).is_some_and(|node| node.owners.iter().any(|now| now.uid == owner.uid));
            if !kept {
                self.unlink(&owner.uid, uid);
            }
        }
    }

    fn unlink(&mut self, owner: &Uid, dependent: &Uid) {
        if let Some(dependents) = self.dependents.get_mut(owner) {
            dependents.remove(dependent);
            if dependents.is_empty() {
                self.dependents.remove(owner);
            }
        }
    }

    fn share_owner(&mut self, owner: OwnerRef) -> OwnerRef {
        OwnerRef { api_version: self.share(owner.api_version), kind: self.share(owner.kind), ..owner }
    }

    fn share(&mut self, text: Arc<str>) -> Arc<str> {
        if let Some(known) = self.texts.get(&text) {
            return Arc::clone(known);
        }
        self.texts.insert(Arc::clone(&text));
        text
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const PODS: ResourceId = ResourceId(1);

    pub(crate) fn observed(uid: &str, owners: &[&str]) -> Observed {
        let owner = |uid: &&str| OwnerRef {
            uid: Uid::from(*uid),
            api_version: "v1".into(),
            kind: "Pod".into(),
            name: format!("name-of-{uid}").into(),
            blocks: true,
        };
        let owners = owners.iter().map(owner).collect();
        Observed {
            uid: uid.into(),
            namespace: Some("n".to_owned()),
            name: format!("name-of-{uid}").into(),
            owners,
            marks: Marks::default(),
        }
    }

    fn waiting(uid: &str) -> Observed {
        Observed { marks: Marks { deleting: true, foreground: true, orphan: false }, ..observed(uid, &[]) }
    }

    fn uids(list: &[&str]) -> Vec<Uid> {
        list.iter().map(|uid| Uid::from(*uid)).collect()
    }

    #[test]
    fn an_object_without_owners_asks_for_no_look() {
        let mut graph = Graph::default();
        assert_eq!(graph.apply(PODS, observed("a", &[])), []);
    }

    #[test]
    fn an_owner_that_goes_leads_to_its_dependents_even_if_it_came_after_them() {
        let mut graph = Graph::default();
        assert_eq!(graph.apply(PODS, observed("a", &["o"])), uids(&["a"]));
        assert_eq!(graph.apply(PODS, observed("o", &[])), uids(&["a"]));
        assert_eq!(graph.that_matter().cloned().collect::<Vec<_>>(), uids(&["a"]));
        let (place, look) = graph.remove(&"o".into());
        assert_eq!((place.map(|place| place.name), look), (Some("name-of-o".into()), uids(&["a"])));
    }

    #[test]
    fn an_owner_that_waits_is_looked_at_when_a_dependent_changes_or_goes() {
        let mut graph = Graph::default();
        graph.apply(PODS, observed("a", &["o"]));
        assert_eq!(graph.apply(PODS, waiting("o")), uids(&["o", "a"]));
        assert_eq!(graph.apply(PODS, observed("a", &[])), uids(&["o"]));
        assert_eq!(graph.dependents(&"o".into()).count(), 0);
        graph.apply(PODS, observed("b", &["o"]));
        assert_eq!(graph.remove(&"b".into()).1, uids(&["o"]));
    }

    #[test]
    fn what_a_new_reading_does_not_show_has_vanished() {
        let mut graph = Graph::default();
        graph.begin(PODS);
        graph.apply(PODS, observed("a", &[]));
        graph.apply(PODS, observed("b", &[]));
        assert_eq!(graph.vanished(PODS), []);
        graph.begin(PODS);
        graph.apply(PODS, observed("a", &[]));
        assert_eq!(graph.vanished(PODS), uids(&["b"]));
    }

    #[test]
    fn a_forgotten_resource_leaves_no_trace_but_what_others_say_of_it() {
        let mut graph = Graph::default();
        graph.apply(PODS, observed("o", &["x"]));
        graph.apply(ResourceId(2), observed("a", &["o"]));
        graph.forget(PODS);
        assert!(graph.node(&"o".into()).is_none());
        assert_eq!(graph.that_matter().cloned().collect::<Vec<_>>(), uids(&["a"]));
        assert_eq!(graph.dependents(&"x".into()).count(), 0);
    }
}
