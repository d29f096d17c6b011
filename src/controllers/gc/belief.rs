//! What the watches have told of an object, its owners and its dependents.
//!
//! Receives an object's uid, hands on what would be done about it if the watches were right. Invariant: nothing is written on the strength of
//! this alone; it says what to look at.

use tokio::time::Instant;

use super::decide::{Action, Dependents, Item, Owner, decide};
use super::graph::Node;
use super::observed::{OwnerRef, Uid};
use super::{Collector, place_of};

impl Collector {
    /// What would be done if the watches were right.
    pub(super) fn believed(&self, uid: &Uid, now: Instant) -> Option<Action> {
        let node = self.graph.node(uid)?;
        let owners = node.owners.iter().map(|reference| self.owner(node, reference)).collect();
        Some(decide(&Item { marks: node.marks, owners, dependents: self.dependents(uid, now) }))
    }

    /// An owner, as far as the watches have told.
    fn owner(&self, node: &Node, reference: &OwnerRef) -> Owner {
        let Some(kind) = self.kinds.of(&reference.api_version, &reference.kind) else { return Owner::Unknown };
        let Some(place) = place_of(&self.kinds, node, reference) else {
            tracing::warn!(
                name = %node.place.name, owner_kind = %reference.kind, owner = %reference.name,
                "an object outside namespaces names an owner of a namespaced kind, which cannot be; it is left alone"
            );
            return Owner::Misplaced;
        };
        match self.graph.node(&reference.uid).filter(|owner| owner.place == place) {
            Some(owner) if owner.marks.awaits_dependents() => Owner::Waiting,
            Some(_) => Owner::Present,
            None if kind.unread => Owner::Unknown,
            None => Owner::Absent,
        }
    }

    /// What holds an object up, as far as the watches have told.
    pub(super) fn dependents(&self, uid: &Uid, now: Instant) -> Dependents {
        let mut dependents = Dependents { incomplete: self.kinds.incomplete(now), ..Dependents::default() };
        let Some(owner) = self.graph.node(uid) else { return dependents };
        for (_, node) in self.graph.dependents(uid) {
            // A reference that points elsewhere but for its uid does not hold the owner up.
            let mut references = node.owners.iter().filter(|reference| reference.uid == *uid);
            let Some(reference) = references.find(|reference| place_of(&self.kinds, node, reference).as_ref() == Some(&owner.place)) else {
                continue;
            };
            dependents.any = true;
            dependents.blocking |= reference.blocks;
            dependents.waiting |= node.marks.awaits_dependents();
            // One is enough to wait for, and there may be thousands, each of which leads here when it goes.
            if dependents.blocking && owner.marks.deleting {
                break;
            }
        }
        dependents
    }
}
