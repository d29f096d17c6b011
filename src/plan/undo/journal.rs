//! What a run did, in the order in which it did it.
//!
//! Receives what became of each object, hands on the steps to undo, last first. Pure. Invariant: what was left as it was makes no step,
//! and what may have been changed makes one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::client::{Place, ServedResource};
use crate::object::{GroupResource, Object, ObjectKey};
use crate::plan::adopt::client_side_managers;
use crate::plan::build::same_content;
use crate::plan::live::Live;
use crate::plan::place::{is_definition, is_namespace};
use crate::plan::{Action, Failure, ObjectError, Placed, PlanEntry, in_namespace};

/// One thing that was done to one object.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where the object is.
    pub place: Place,
    /// What was done to it.
    pub deed: Deed,
}

/// What was done to an object, with its states; boxed, since there is one for each object of a set.
#[derive(Debug, Clone)]
pub enum Deed {
    /// It was made.
    Created(Box<Object>),
    /// It was changed.
    Updated {
        /// The object before.
        before: Box<Object>,
        /// The object after.
        after: Box<Object>,
        /// Whether its status was applied too.
        with_status: bool,
    },
    /// It was deleted and made anew.
    Replaced {
        /// The object that was deleted.
        before: Box<Object>,
        /// The object in its place.
        after: Box<Object>,
    },
    /// It was deleted.
    Deleted(Box<Object>),
    /// A request that may have arrived was not answered, or only a part of the work was done.
    Unclear(Box<Unclear>),
}

/// What is known of an object about which a request may have been done.
#[derive(Debug, Clone)]
pub struct Unclear {
    /// The object before; `None` where there was none.
    pub before: Option<Object>,
    /// What was to be applied; `None` where it was to be deleted.
    pub wanted: Option<Box<Wanted>>,
    /// Whether the object may be gone.
    pub perhaps_gone: bool,
}

/// What was to be applied.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The object as it is declared.
    pub object: Object,
    /// Who was to own its fields.
    pub manager: String,
}

/// The order in which steps are undone: what holds others comes back first, and goes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    NamespacesBack,
    DefinitionsBack,
    Rest,
    Definitions,
    Namespaces,
}

impl Step {
    /// The object as kubectl writes it, such as `deployment.apps/web`.
    #[must_use]
    pub fn display_name(&self) -> String {
        format!("{}/{}", self.place.resource.display_kind(), self.place.name)
    }

    /// The same with its namespace, such as `deployment.apps/web in namespace shop`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}{}", self.display_name(), in_namespace(self.place.namespace.as_deref()))
    }

    /// The object that is not there any more, as far as is known, and is to come back.
    #[must_use]
    pub fn comes_back(&self) -> Option<&Object> {
        match &self.deed {
            Deed::Replaced { before, .. } | Deed::Deleted(before) => Some(before),
            Deed::Unclear(unclear) if unclear.perhaps_gone => unclear.before.as_ref(),
            Deed::Created(_) | Deed::Updated { .. } | Deed::Unclear(_) => None,
        }
    }

    pub(super) fn turn(&self) -> Turn {
        let (object, comes_back) = match &self.deed {
            Deed::Created(object) => (Some(&**object), false),
            Deed::Updated { before, .. } => (Some(&**before), false),
            Deed::Replaced { before, .. } | Deed::Deleted(before) => (Some(&**before), true),
            Deed::Unclear(unclear) => (unclear.before.as_ref(), unclear.perhaps_gone),
        };
        match (object, comes_back) {
            (Some(object), true) if is_namespace(object) => Turn::NamespacesBack,
            (Some(object), false) if is_namespace(object) => Turn::Namespaces,
            (Some(object), true) if is_definition(object) => Turn::DefinitionsBack,
            (Some(object), false) if is_definition(object) => Turn::Definitions,
            _ => Turn::Rest,
        }
    }
}

/// The steps of a run, and what was there before it.
#[derive(Debug, Default)]
pub struct Journal {
    steps: Vec<Step>,
    before: HashMap<(GroupResource, ObjectKey), Object>,
    /// Failures know their object by the name that people read.
    named: HashMap<(String, Option<String>), Named>,
}

/// An object that something is to be done to.
#[derive(Debug, Clone)]
struct Named {
    place: Place,
    /// What is to be applied; `None` where it is to be deleted.
    wanted: Option<Box<Wanted>>,
}

impl Journal {
    /// The journal of a run on these objects, whose state is known, and that `manager` applies.
    pub fn expect<'a>(&mut self, placed: impl IntoIterator<Item = &'a Placed>, live: &Live, manager: &str) {
        for placed in placed {
            let wanted = Wanted { object: placed.object.clone(), manager: manager.to_owned() };
            self.expect_one(placed, live.object(placed), Some(Box::new(wanted)));
        }
    }

    /// The same of live objects that are to be deleted, at their places.
    pub fn expect_members<'a>(&mut self, members: impl IntoIterator<Item = &'a Placed>) {
        members.into_iter().for_each(|member| self.expect_one(member, Some(&member.object), None));
    }

    fn expect_one(&mut self, placed: &Placed, before: Option<&Object>, wanted: Option<Box<Wanted>>) {
        let place =
            Place { resource: Arc::clone(&placed.resource), namespace: placed.key.namespace.clone(), name: placed.key.name.clone() };
        self.named.insert((placed.display_name(), placed.key.namespace.clone()), Named { place, wanted });
        if let Some(before) = before {
            self.before.insert((placed.resource.group_resource(), placed.key.clone()), before.clone());
        }
    }

    /// Notes what became of an object.
    pub fn applied(&mut self, entry: &PlanEntry) {
        let boxed = |object: &Option<Object>| object.clone().map(Box::new);
        let deed = match (entry.action, boxed(&entry.before), boxed(&entry.after)) {
            (Action::Create, _, Some(after)) => Deed::Created(after),
            (Action::Replace, Some(before), Some(after)) => Deed::Replaced { before, after },
            (Action::Delete, Some(before), _) => Deed::Deleted(before),
            (Action::Update | Action::Unchanged, Some(before), Some(after)) if was_written(&before, &after) => {
                let with_status = entry.source.as_ref().is_some_and(|source| source.object.root().contains_key("status"));
                Deed::Updated { before, after, with_status }
            }
            _ => return,
        };
        let (gvk, namespace) = (&entry.gvk, entry.key.namespace.clone());
        let resource = Arc::new(ServedResource::named(&gvk.group, &gvk.version, &gvk.kind, &entry.plural, namespace.is_some()));
        self.steps.push(Step { place: Place { resource, namespace, name: entry.key.name.clone() }, deed });
    }

    /// Notes that an object could not be done, which may leave something behind all the same.
    pub fn failed(&mut self, failure: &Failure) {
        let Some(named) = self.named.get(&(failure.name.clone(), failure.namespace.clone())).cloned() else { return };
        let Named { place, wanted } = named;
        let key = (place.resource.group_resource(), ObjectKey { namespace: place.namespace.clone(), name: place.name.clone() });
        let before = self.before.get(&key);
        let perhaps_gone = wanted.is_none();
        let deed = match (&failure.deleted, &failure.error) {
            (Some(deleted), ObjectError::NotMadeAnew(error)) if error.may_have_been_done() => {
                Deed::Unclear(Box::new(Unclear { before: Some((**deleted).clone()), wanted, perhaps_gone: true }))
            }
            (Some(deleted), _) => Deed::Deleted(deleted.clone()),
            (None, ObjectError::Client(error)) if error.may_have_been_done() || before.is_some_and(is_taken_over_first) => {
                Deed::Unclear(Box::new(Unclear { before: before.cloned(), wanted, perhaps_gone }))
            }
            _ => return,
        };
        self.steps.push(Step { place, deed });
    }

    /// Notes a step of another kind, such as that on a set's parent.
    pub fn note(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to undo.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps in the order in which they are undone, those of one turn together.
    pub(super) fn into_turns(mut self) -> Vec<Vec<Step>> {
        self.steps.reverse();
        self.steps.sort_by_key(Step::turn);
        let mut turns: Vec<Vec<Step>> = Vec::new();
        for step in self.steps {
            match turns.last_mut().filter(|turn| turn[0].turn() == step.turn()) {
                Some(turn) => turn.push(step),
                None => turns.push(vec![step]),
            }
        }
        turns
    }
}

/// Whether an apply takes two requests, of which the first may have been done whatever became of the second.
fn is_taken_over_first(before: &Object) -> bool {
    !client_side_managers(before).is_empty()
}

/// Whose the fields are may have changed although no value did; and what is known of the new state may be no more than its values.
fn was_written(before: &Object, after: &Object) -> bool {
    before.resource_version() != after.resource_version() || !same_content(before, after, true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::ClientError;
    use crate::object::{Gvk, Reason, Refusal};

    fn object(kind: &str, name: &str, version: &str) -> Object {
        let api_version = if kind == "CustomResourceDefinition" { "apiextensions.k8s.io/v1" } else { "v1" };
        Object::from_value(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "resourceVersion": version}}))
            .unwrap()
    }

    fn entry(action: Action, before: Option<Object>, after: Option<Object>) -> PlanEntry {
        let known = after.as_ref().or(before.as_ref()).unwrap();
        PlanEntry {
            gvk: Gvk::new("", "v1", known.kind()),
            plural: "xs".to_owned(),
            key: ObjectKey::new(None, known.name()),
            action,
            before,
            after,
            origin: None,
            source: None,
            reason: None,
        }
    }

    fn names(journal: Journal) -> Vec<Vec<String>> {
        journal.into_turns().iter().map(|turn| turn.iter().map(Step::display_name).collect()).collect()
    }

    #[test]
    fn what_was_left_as_it_was_needs_no_undoing() {
        let mut journal = Journal::default();
        let same = || Some(object("ConfigMap", "a", "1"));
        journal.applied(&entry(Action::Unchanged, same(), same()));
        assert!(journal.is_empty());
        journal.applied(&entry(Action::Unchanged, same(), Some(object("ConfigMap", "a", "2"))));
        assert!(!journal.is_empty(), "who owns its fields has changed");
    }

    #[test]
    fn what_was_done_last_is_undone_first_and_what_holds_others_goes_last() {
        let mut journal = Journal::default();
        for (kind, name) in [("Namespace", "n"), ("CustomResourceDefinition", "d"), ("ConfigMap", "a"), ("ConfigMap", "b")] {
            journal.applied(&entry(Action::Create, None, Some(object(kind, name, "1"))));
        }
        journal.applied(&entry(Action::Delete, Some(object("Namespace", "back", "1")), None));
        let expected =
            [vec!["namespace/back"], vec!["configmap/b", "configmap/a"], vec!["customresourcedefinition/d"], vec!["namespace/n"]];
        assert_eq!(names(journal), expected);
    }

    fn placed() -> Placed {
        let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        let key = ObjectKey::new(Some("a"), "x");
        Placed { object: object("ConfigMap", "x", "1"), source: None, resource, key, kind_is_pending: false }
    }

    fn refused(reason: Reason) -> ClientError {
        let refusal = Box::new(Refusal::new(reason, "no"));
        ClientError::Refused { attempted: "PATCH /x".to_owned(), refusal, credentials: None }
    }

    /// The deeds of a run on one object, as the failure tells.
    fn deeds(failure: &Failure) -> Vec<Deed> {
        let mut journal = Journal::default();
        journal.expect([&placed()], &Live::default(), "trueup");
        journal.failed(failure);
        journal.into_turns().into_iter().flatten().map(|step| step.deed).collect()
    }

    #[test]
    fn what_was_refused_left_nothing_and_what_was_not_answered_may_have() {
        let placed = placed();
        for reason in [Reason::Forbidden, Reason::Invalid, Reason::Conflict, Reason::NotFound, Reason::TooManyRequests] {
            assert!(deeds(&Failure::of(&placed, Arc::new(refused(reason)))).is_empty(), "{reason:?}");
        }
        for reason in [Reason::Timeout, Reason::ServerTimeout, Reason::InternalError, Reason::ServiceUnavailable] {
            let deeds = deeds(&Failure::of(&placed, Arc::new(refused(reason))));
            assert!(matches!(&deeds[..], [Deed::Unclear(unclear)] if unclear.wanted.is_some()), "{reason:?}: {deeds:?}");
        }
        let not_asked = ObjectError::NotReached(Arc::new(refused(Reason::ServiceUnavailable)));
        assert!(deeds(&placed.failure(not_asked)).is_empty(), "what was not asked for left nothing either");
        let (attempted, target, problem) = ("PATCH /x".to_owned(), String::new(), String::new());
        let unreadable = ClientError::Unreadable { attempted, target, problem };
        assert_eq!(deeds(&Failure::of(&placed, Arc::new(unreadable))).len(), 1);
    }

    #[test]
    fn a_deletion_that_was_not_answered_may_have_left_nothing() {
        let mut journal = Journal::default();
        let member = placed();
        journal.expect_members([&member]);
        journal.failed(&Failure::of(&member, Arc::new(refused(Reason::ServiceUnavailable))));
        let turns = journal.into_turns();
        assert_eq!(turns[0][0].comes_back().map(Object::name), Some("x"));
    }

    #[test]
    fn what_was_deleted_and_not_made_anew_comes_back() {
        let deleted = || Some(Box::new(object("ConfigMap", "x", "1")));
        let moved = deeds(&Failure { deleted: deleted(), ..placed().failure(ObjectError::Moved) });
        assert!(matches!(&moved[..], [Deed::Deleted(_)]), "{moved:?}");
        let unanswered = ObjectError::NotMadeAnew(Arc::new(refused(Reason::ServiceUnavailable)));
        let unanswered = deeds(&Failure { deleted: deleted(), ..placed().failure(unanswered) });
        assert!(matches!(&unanswered[..], [Deed::Unclear(unclear)] if unclear.perhaps_gone), "{unanswered:?}");
    }
}
