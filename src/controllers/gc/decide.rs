//! What is to be done about an object, by what is known of it, of its owners and of its dependents.
//!
//! Receives an [`Item`], hands on an [`Action`]; asks nobody. The rules are those of
//! <https://kubernetes.io/docs/concepts/architecture/garbage-collection/>. Invariant: an object is only deleted where every owner is
//! known to be gone or to wait for it.
//!
//! It is asked twice: with what the watches showed, which may be a moment old, and again before anything is done, with what was read
//! from the server for the purpose.

use super::observed::Marks;

/// What is known of an owner that an object names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// It exists.
    Present,
    /// It exists, is being deleted in the foreground and waits for its dependents.
    Waiting,
    /// It does not exist: nothing is found where the reference points, or something with another uid.
    Absent,
    /// Nothing can be said: its kind is not served, or not read yet.
    Unknown,
    /// It cannot be an owner: the dependent lives outside namespaces, the owner would live in one.
    Misplaced,
}

/// What is known of the objects that name an object as their owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Dependents {
    /// There are any.
    pub(super) any: bool,
    /// There are some for which a deletion in the foreground waits.
    pub(super) blocking: bool,
    /// There are some that themselves wait for their dependents.
    pub(super) waiting: bool,
    /// Some kinds have not been read yet, so there may be more.
    pub(super) incomplete: bool,
}

/// An object with all that matters for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) marks: Marks,
    /// In the order of the references.
    pub(super) owners: Vec<Owner>,
    pub(super) dependents: Dependents,
}

/// What becomes of the dependents of an object that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Propagation {
    Background,
    Foreground,
    Orphan,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Nothing, until something changes.
    Leave,
    /// Nothing yet: look again in a while.
    Wait,
    /// Delete the object. `unblock`: first take back that its owners wait for it, since it is part of a ring of owners.
    Delete { propagation: Propagation, unblock: bool },
    /// Take the references at these positions off the object; other owners hold it.
    Release(Vec<usize>),
    /// Take the finalizer `foregroundDeletion` off: nothing is left to wait for.
    Finish,
    /// Take the references to the object off its dependents, then the finalizer `orphan` off the object.
    Orphan,
}

/// Decides.
pub(super) fn decide(item: &Item) -> Action {
    if item.marks.deleting {
        return decide_deleted(item.marks, item.dependents);
    }
    let is = |state: Owner| item.owners.contains(&state);
    if item.owners.is_empty() || is(Owner::Misplaced) || is(Owner::Unknown) {
        return Action::Leave;
    }
    if is(Owner::Present) {
        let gone: Vec<usize> = (0..item.owners.len()).filter(|position| item.owners[*position] != Owner::Present).collect();
        return if gone.is_empty() { Action::Leave } else { Action::Release(gone) };
    }
    if is(Owner::Waiting) && item.dependents.any {
        return Action::Delete { propagation: Propagation::Foreground, unblock: item.dependents.waiting };
    }
    let propagation = match item.marks {
        Marks { orphan: true, .. } => Propagation::Orphan,
        Marks { foreground: true, .. } => Propagation::Foreground,
        Marks { .. } => Propagation::Background,
    };
    Action::Delete { propagation, unblock: false }
}

fn decide_deleted(marks: Marks, dependents: Dependents) -> Action {
    match (marks, dependents) {
        (Marks { orphan: true, .. }, _) => Action::Orphan,
        (Marks { foreground: false, .. }, _) | (_, Dependents { blocking: true, .. }) => Action::Leave,
        (_, Dependents { incomplete: true, .. }) => Action::Wait,
        _ => Action::Finish,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALIVE: Marks = Marks { deleting: false, foreground: false, orphan: false };
    const FOREGROUND: Marks = Marks { deleting: true, foreground: true, orphan: false };
    const NO_DEPENDENTS: Dependents = Dependents { any: false, blocking: false, waiting: false, incomplete: false };

    fn decided(marks: Marks, owners: &[Owner], dependents: Dependents) -> Action {
        decide(&Item { marks, owners: owners.to_vec(), dependents })
    }

    fn delete(propagation: Propagation) -> Action {
        Action::Delete { propagation, unblock: false }
    }

    #[test]
    fn owners_decide_over_what_is_alive() {
        use Owner::{Absent, Misplaced, Present, Unknown, Waiting};
        let gone = delete(Propagation::Background);
        let table: [(&[Owner], Action); 14] = [
            (&[], Action::Leave),
            (&[Present], Action::Leave),
            (&[Present, Present], Action::Leave),
            (&[Absent], gone.clone()),
            (&[Absent, Absent], gone.clone()),
            (&[Waiting], gone.clone()),
            (&[Absent, Waiting], gone),
            (&[Present, Absent], Action::Release(vec![1])),
            (&[Absent, Present, Waiting], Action::Release(vec![0, 2])),
            (&[Unknown], Action::Leave),
            (&[Absent, Unknown], Action::Leave),
            (&[Present, Absent, Unknown], Action::Leave),
            (&[Misplaced], Action::Leave),
            (&[Absent, Misplaced], Action::Leave),
        ];
        for (owners, expected) in table {
            assert_eq!(decided(ALIVE, owners, NO_DEPENDENTS), expected, "{owners:?}");
        }
    }

    #[test]
    fn a_dependent_with_dependents_of_its_own_goes_in_the_foreground_where_its_owner_waits() {
        let some = Dependents { any: true, ..NO_DEPENDENTS };
        assert_eq!(decided(ALIVE, &[Owner::Waiting], some), delete(Propagation::Foreground));
        assert_eq!(decided(ALIVE, &[Owner::Absent], some), delete(Propagation::Background));
        let ring = Dependents { waiting: true, ..some };
        let unblocked = Action::Delete { propagation: Propagation::Foreground, unblock: true };
        assert_eq!(decided(ALIVE, &[Owner::Waiting], ring), unblocked);
    }

    #[test]
    fn a_policy_that_the_object_itself_states_is_kept() {
        let orphan = Marks { orphan: true, ..ALIVE };
        assert_eq!(decided(orphan, &[Owner::Absent], NO_DEPENDENTS), delete(Propagation::Orphan));
        let foreground = Marks { foreground: true, ..ALIVE };
        assert_eq!(decided(foreground, &[Owner::Absent], NO_DEPENDENTS), delete(Propagation::Foreground));
    }

    #[test]
    fn what_is_deleted_in_the_foreground_goes_after_what_blocks_it() {
        let blocked = Dependents { any: true, blocking: true, ..NO_DEPENDENTS };
        assert_eq!(decided(FOREGROUND, &[], blocked), Action::Leave);
        assert_eq!(decided(FOREGROUND, &[], Dependents { any: true, ..NO_DEPENDENTS }), Action::Finish);
        assert_eq!(decided(FOREGROUND, &[Owner::Absent], NO_DEPENDENTS), Action::Finish);
        assert_eq!(decided(FOREGROUND, &[], Dependents { incomplete: true, ..NO_DEPENDENTS }), Action::Wait);
    }

    #[test]
    fn what_is_deleted_otherwise_is_left_to_its_finalizers_or_orphans_its_dependents() {
        let deleting = Marks { deleting: true, ..ALIVE };
        assert_eq!(decided(deleting, &[Owner::Absent], NO_DEPENDENTS), Action::Leave);
        assert_eq!(decided(Marks { orphan: true, ..deleting }, &[], NO_DEPENDENTS), Action::Orphan);
    }
}
