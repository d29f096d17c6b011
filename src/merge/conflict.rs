//! Fields that an applier wants and somebody else owns with another value.
//!
//! Receives managers and what would change for them, hands on values that API and CLI put into words. Invariant: sorted by manager,
//! then in the order of the set.

use std::fmt;

use super::field_set::FieldSet;
use super::managed::{ManagerEntry, Operation};
use super::path::FieldPath;
use crate::object::{Cause, CauseKind, Reason, Refusal, Time};

/// One field that another manager owns with another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The owner's name.
    pub manager: String,
    /// How it came by the field.
    pub operation: Operation,
    /// The version of the API that the path is of.
    pub api_version: String,
    /// The subresource it wrote through; empty for the object itself.
    pub subresource: String,
    /// When it last changed what it owns.
    pub time: Option<Time>,
    /// The field.
    pub path: FieldPath,
}

/// The owner in words, as kube-apiserver prints it: updates name their version, appliers do not.
struct Owner<'a>(&'a Conflict);

impl fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.manager)?;
        if !self.0.subresource.is_empty() {
            write!(f, " with subresource {:?}", self.0.subresource)?;
        }
        match self.0.operation {
            Operation::Apply => Ok(()),
            Operation::Update => write!(f, " using {}", self.0.api_version),
        }
    }
}

impl Conflict {
    /// The conflict without its path: `conflict with "m" using v1`.
    #[must_use]
    pub fn message(&self) -> String {
        format!("conflict with {}", Owner(self))
    }

    fn identity(&self) -> (&str, Operation, &str, &str) {
        let version = if self.operation == Operation::Apply { "" } else { self.api_version.as_str() };
        (&self.manager, self.operation, version, &self.subresource)
    }
}

/// What an owner would lose if `changed` came about.
pub(super) fn with_owner(owner: &ManagerEntry, changed: &[&FieldSet]) -> Vec<Conflict> {
    let mut wanted = FieldSet::new();
    changed.iter().for_each(|set| wanted.union_with(owner.fields.intersection(set)));
    let conflict = |path| Conflict {
        manager: owner.manager.clone(),
        operation: owner.operation,
        api_version: owner.api_version.clone(),
        subresource: owner.subresource.clone(),
        time: owner.time,
        path,
    };
    wanted.paths().into_iter().map(conflict).collect()
}

/// Sorts conflicts by their owner; those with one owner keep their order.
pub(super) fn sort(conflicts: &mut [Conflict]) {
    conflicts.sort_by(|left, right| left.identity().cmp(&right.identity()));
}

/// The 409 that answers an apply with conflicts: one cause each, and a message that lists the fields by owner.
#[must_use]
pub fn refusal(conflicts: &[Conflict]) -> Refusal {
    let mut sorted = conflicts.to_vec();
    sort(&mut sorted);
    let message = match sorted.as_slice() {
        [one] => format!("Apply failed with 1 conflict: {}: {}", one.message(), one.path),
        many => format!("Apply failed with {} conflicts: {}", many.len(), by_owner(many)),
    };
    let mut refusal = Refusal::new(Reason::Conflict, message);
    let cause = |conflict: &Conflict| Cause::new(CauseKind::ManagerConflict, conflict.path.to_string(), conflict.message());
    refusal.causes = sorted.iter().map(cause).collect();
    refusal
}

fn by_owner(conflicts: &[Conflict]) -> String {
    let mut lines = Vec::new();
    for of_one in conflicts.chunk_by(|left, right| left.identity() == right.identity()) {
        lines.extend(of_one.first().map(|first| format!("conflicts with {}:", Owner(first))));
        lines.extend(of_one.iter().map(|conflict| format!("- {}", conflict.path)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_conflict(manager: &str, operation: Operation, subresource: &str, field: &str) -> Conflict {
        let path = FieldPath::of_fields(&["data", field]);
        let (manager, api_version, subresource) = (manager.to_owned(), "v1".to_owned(), subresource.to_owned());
        Conflict { manager, operation, api_version, subresource, time: None, path }
    }

    #[test]
    fn one_conflict_is_told_in_one_line() {
        let refusal = refusal(&[mk_conflict("a", Operation::Apply, "", "a")]);
        assert_eq!(refusal.message, "Apply failed with 1 conflict: conflict with \"a\": .data.a");
        assert_eq!(refusal.causes, [Cause::new(CauseKind::ManagerConflict, ".data.a", "conflict with \"a\"")]);
        assert_eq!((refusal.reason, refusal.kind.as_str(), refusal.name.as_str()), (Reason::Conflict, "", ""));
    }

    #[test]
    fn several_conflicts_are_told_by_owner() {
        let conflicts = [
            mk_conflict("m", Operation::Update, "", "c"),
            mk_conflict("a", Operation::Apply, "", "a"),
            mk_conflict("a", Operation::Apply, "", "b"),
            mk_conflict("m", Operation::Update, "status", "d"),
        ];
        assert_eq!(
            refusal(&conflicts).message,
            "Apply failed with 4 conflicts: conflicts with \"a\":\n- .data.a\n- .data.b\n\
             conflicts with \"m\" using v1:\n- .data.c\nconflicts with \"m\" with subresource \"status\" using v1:\n- .data.d"
        );
    }
}
