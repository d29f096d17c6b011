//! What will happen to each object, as plain data.
//!
//! Filled by the plan's builder, read by the renderer and by the executor. Invariant: an entry's `before` and `after` are whole objects
//! as the server holds or would hold them, never masked and never stripped; what a reader may see is the renderer's decision.

use std::sync::Arc;

use crate::manifest::{Desired, Origin};
use crate::object::{GroupResource, Gvk, Object, ObjectKey};

/// What happens to one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// The object does not exist and is made.
    Create,
    /// The object exists and is changed in place.
    Update,
    /// The object exists, cannot be changed in place, and is deleted and made anew.
    Replace,
    /// The object exists and goes.
    Delete,
    /// The object is as it should be; nothing is written.
    Unchanged,
}

impl Action {
    /// Every action, in the order in which a summary counts them.
    pub const ALL: [Self; 5] = [Self::Create, Self::Update, Self::Replace, Self::Delete, Self::Unchanged];

    /// The word for what will happen, such as `create`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Unchanged => "unchanged",
        }
    }

    /// The word for what has happened, such as `created`.
    #[must_use]
    pub fn past(self) -> &'static str {
        match self {
            Self::Create => "created",
            Self::Update => "updated",
            Self::Replace => "replaced",
            Self::Delete => "deleted",
            Self::Unchanged => "unchanged",
        }
    }

    /// Whether something is written.
    #[must_use]
    pub fn is_change(self) -> bool {
        self != Self::Unchanged
    }
}

/// One object's line in a plan.
#[derive(Debug, Clone)]
pub struct PlanEntry {
    /// The object's group, version and kind, as its manifest (or, for a deletion, the server) writes them.
    pub gvk: Gvk,
    /// The plural resource name the server serves the kind under, such as `deployments`.
    pub plural: String,
    /// Namespace and name; the namespace is filled in for namespaced kinds even where the manifest leaves it out.
    pub key: ObjectKey,
    /// What happens.
    pub action: Action,
    /// The object as it is now; `None` for a creation.
    pub before: Option<Object>,
    /// The object as it will be; `None` for a deletion.
    pub after: Option<Object>,
    /// The manifest place that asks for it; `None` for a deletion of what no manifest mentions.
    pub origin: Option<Origin>,
    /// The manifest's view of it, which knows the place of each field; `None` where no manifest asks for it.
    pub source: Option<Arc<Desired>>,
    /// Why this action and not a lesser one, where that is not plain (such as the field that forces a replacement).
    pub reason: Option<String>,
}

impl PlanEntry {
    /// The resource the object belongs to.
    #[must_use]
    pub fn resource(&self) -> GroupResource {
        GroupResource::new(&self.gvk.group, &self.plural)
    }

    /// The object's name as kubectl prints it: `deployment.apps/web`, or `service/web` in the core group.
    #[must_use]
    pub fn display_name(&self) -> String {
        let kind = self.gvk.kind.to_lowercase();
        let dot = if self.gvk.group.is_empty() { "" } else { "." };
        format!("{kind}{dot}{}/{}", self.gvk.group, self.key.name)
    }
}

/// What will happen to a set of objects.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// One entry for each object, in the order in which they are shown.
    pub entries: Vec<PlanEntry>,
}

impl Plan {
    /// How many objects each action touches.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary::of(self.entries.iter().map(|entry| entry.action))
    }

    /// Whether any entry writes anything.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.entries.iter().any(|entry| entry.action.is_change())
    }
}

/// How many objects each action touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Objects to create.
    pub create: usize,
    /// Objects to update.
    pub update: usize,
    /// Objects to replace.
    pub replace: usize,
    /// Objects to delete.
    pub delete: usize,
    /// Objects that stay as they are.
    pub unchanged: usize,
}

impl Summary {
    /// Counts actions.
    pub fn of(actions: impl IntoIterator<Item = Action>) -> Self {
        let mut summary = Self::default();
        for action in actions {
            summary.add(action);
        }
        summary
    }

    /// Counts one more action.
    pub fn add(&mut self, action: Action) {
        match action {
            Action::Create => self.create += 1,
            Action::Update => self.update += 1,
            Action::Replace => self.replace += 1,
            Action::Delete => self.delete += 1,
            Action::Unchanged => self.unchanged += 1,
        }
    }

    /// The count of one action.
    #[must_use]
    pub fn count(&self, action: Action) -> usize {
        match action {
            Action::Create => self.create,
            Action::Update => self.update,
            Action::Replace => self.replace,
            Action::Delete => self.delete,
            Action::Unchanged => self.unchanged,
        }
    }

    /// The number of objects that change.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.create + self.update + self.replace + self.delete
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_every_action() {
        let summary = Summary::of([Action::Create, Action::Unchanged, Action::Create, Action::Update]);
        assert_eq!(summary, Summary { create: 2, update: 1, unchanged: 1, ..Summary::default() });
        assert_eq!(summary.changes(), 3);
    }
}
