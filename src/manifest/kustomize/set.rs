//! The objects of a build, in their order.
//!
//! Invariant: no two of them have the same identity.

use std::collections::HashMap;

use super::error::KustomizeProblem;
use super::identity::Id;
use super::item::Item;
use crate::manifest::ManifestError;

/// All objects so far.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) items: Vec<Item>,
}

impl Set {
    /// Errors at the first object whose identity another has before it.
    pub(super) fn check(&self) -> Result<(), ManifestError> {
        let ids: Vec<Id> = self.items.iter().map(Item::id).collect();
        let mut seen = HashMap::with_capacity(ids.len());
        for (position, id) in ids.iter().enumerate() {
            if let Some(first) = seen.insert(id.key(), position) {
                let item = &self.items[position];
                let first = self.items[first].origin.to_string();
                return Err(item.fails(KustomizeProblem::Duplicate { object: id.to_string(), first }));
            }
        }
        Ok(())
    }

    /// The positions of the objects that have, or had, an identity.
    pub(super) fn find(&self, id: &Id) -> Vec<usize> {
        let has = |item: &Item| item.ids().any(|known| known.is_same(id));
        self.items.iter().enumerate().filter(|(_, item)| has(item)).map(|(position, _)| position).collect()
    }

    /// The only object that has, or had, an identity.
    pub(super) fn find_one(&self, id: &Id) -> Result<usize, KustomizeProblem> {
        match self.find(id)[..] {
            [position] => Ok(position),
            [] => Err(KustomizeProblem::NoTarget(self.describe_missing(id))),
            ref several => {
                let objects = several.iter().map(|position| self.items[*position].id().to_string()).collect::<Vec<_>>().join(", ");
                Err(KustomizeProblem::Ambiguous { what: id.to_string(), objects })
            }
        }
    }

    /// What was looked for, and what comes close.
    fn describe_missing(&self, id: &Id) -> String {
        let api_version = if id.group.is_empty() { id.version.clone() } else { format!("{}/{}", id.group, id.version) };
        let wanted = format!("{id} of {:?}, in the namespace {:?}", api_version, id.effective_namespace());
        let close = self.items.iter().map(Item::first_id).find(|known| known.kind == id.kind && known.name == id.name);
        match close {
            Some(close) if close.effective_namespace() != id.effective_namespace() => {
                format!("{wanted}; there is one in the namespace {:?}", close.effective_namespace())
            }
            Some(close) => {
                let group = if close.group.is_empty() { String::new() } else { format!("{}/", close.group) };
                format!("{wanted}; there is one of \"{group}{}\"", close.version)
            }
            None => wanted,
        }
    }
}
