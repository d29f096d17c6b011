//! What a request did whose answer got lost, as far as the object tells.
//!
//! Receives the states before and now, and what was to be applied; hands on the deed. Pure. Invariant: nothing is called this run's that
//! somebody else may have done; in doubt there is no deed.

use serde_json::Value;

use super::journal::{Deed, Unclear, Wanted};
use crate::object::Object;
use crate::plan::build::same_content;
use crate::plan::ownership::already_applied;

/// What is known of a lost answer by what there is now.
#[derive(Debug)]
pub(super) enum Finding {
    /// Nothing was done.
    Nothing,
    /// This was done.
    Done(Deed),
    /// Somebody did something, and who it was cannot be told.
    Doubt,
}

/// Finds out what was done to an object that is `now` so.
pub(super) fn finding(unclear: &Unclear, now: Option<Object>) -> Finding {
    let boxed = |object: &Object| Box::new(object.clone());
    match (&unclear.before, now) {
        (None, None) => Finding::Nothing,
        (Some(before), None) => Finding::Done(Deed::Deleted(boxed(before))),
        (Some(before), Some(now)) if before.resource_version() == now.resource_version() => Finding::Nothing,
        (Some(before), Some(now)) if before.uid() == now.uid() => {
            // Nothing but owners have changed, and that is what taking an object over begins with.
            let taken_over = same_content(before, &now, true);
            if !taken_over && !unclear.wanted.as_deref().is_some_and(|wanted| was_changed_by(wanted, before, &now)) {
                return Finding::Doubt;
            }
            let with_status = unclear.wanted.as_ref().is_some_and(|wanted| wanted.object.root().contains_key("status"));
            Finding::Done(Deed::Updated { before: boxed(before), after: Box::new(now), with_status: with_status && !taken_over })
        }
        (before, Some(now)) => match (before, &unclear.wanted) {
            (None, Some(wanted)) if was_made_by(wanted, &now) => Finding::Done(Deed::Created(Box::new(now))),
            (Some(before), Some(wanted)) if was_made_by(wanted, &now) => {
                Finding::Done(Deed::Replaced { before: boxed(before), after: Box::new(now) })
            }
            _ => Finding::Doubt,
        },
    }
}

/// One record of who wrote which fields, and when.
struct Record<'a>(&'a Value);

impl<'a> Record<'a> {
    fn text(&self, member: &str) -> &'a str {
        self.0.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_of(&self, manager: &str) -> bool {
        self.text("manager") == manager && self.text("operation") == "Apply" && self.text("subresource").is_empty()
    }

    fn is_same_write(&self, other: &Self) -> bool {
        ["manager", "operation", "apiVersion", "subresource", "time"].iter().all(|member| self.text(member) == other.text(member))
    }
}

/// The records of an object but those of its status, which controllers write.
fn records(object: &Object) -> Vec<Record<'_>> {
    let entries = object.metadata().and_then(|metadata| metadata.get("managedFields")?.as_array());
    entries.into_iter().flatten().map(Record).filter(|record| record.text("subresource") != "status").collect()
}

/// Whether the apply made the object: it holds, and everybody else came later. Times have no parts of a second, so who came in the same one
/// may have come before.
fn was_made_by(wanted: &Wanted, now: &Object) -> bool {
    let records = records(now);
    let Some(own) = records.iter().find(|record| record.is_of(&wanted.manager)) else { return false };
    let others = || records.iter().filter(|record| !record.is_of(&wanted.manager));
    already_applied(now, &wanted.object, &wanted.manager) && others().all(|other| other.text("time") > own.text("time"))
}

/// Whether the apply changed the object, and nobody else did: it holds, and all other records are those of before.
fn was_changed_by(wanted: &Wanted, before: &Object, now: &Object) -> bool {
    let (old, new) = (records(before), records(now));
    let others = || new.iter().filter(|record| !record.is_of(&wanted.manager));
    already_applied(now, &wanted.object, &wanted.manager)
        && !already_applied(before, &wanted.object, &wanted.manager)
        && others().all(|other| old.iter().any(|known| known.is_same_write(other)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// An object of these writes, `(manager, operation, time)`, whose version and value are given.
    fn object(uid: &str, version: &str, value: &str, writes: &[(&str, &str, &str)]) -> Object {
        let entry = |(manager, operation, time): &(&str, &str, &str)| {
            let fields = if *manager == "trueup" { json!({"f:data": {"f:k": {}}}) } else { json!({"f:data": {"f:other": {}}}) };
            json!({"manager": manager, "operation": operation, "time": time, "apiVersion": "v1", "fieldsV1": fields})
        };
        let entries: Vec<Value> = writes.iter().map(entry).collect();
        Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": value}, "metadata":
            {"name": "x", "namespace": "a", "uid": uid, "resourceVersion": version, "managedFields": entries}}))
        .unwrap()
    }

    fn wanted() -> Wanted {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "new"}, "metadata": {"name": "x", "namespace": "a"}});
        Wanted { object: Object::from_value(object).unwrap(), manager: "trueup".to_owned() }
    }

    fn found(before: Option<Object>, now: Option<Object>) -> String {
        let unclear = Unclear { before, wanted: Some(Box::new(wanted())), perhaps_gone: false };
        match finding(&unclear, now) {
            Finding::Nothing => "nothing",
            Finding::Doubt => "doubt",
            Finding::Done(Deed::Created(_)) => "created",
            Finding::Done(Deed::Updated { .. }) => "updated",
            Finding::Done(Deed::Replaced { .. }) => "replaced",
            Finding::Done(Deed::Deleted(_)) => "deleted",
            Finding::Done(Deed::Unclear(_)) => "unclear",
        }
        .to_owned()
    }

    const OURS: (&str, &str, &str) = ("trueup", "Apply", "2026-01-01T00:00:05Z");

    #[test]
    fn what_holds_what_was_to_be_applied_and_nothing_else_was_made_by_it() {
        assert_eq!(found(None, None), "nothing");
        assert_eq!(found(None, Some(object("u", "2", "new", &[OURS]))), "created");
        let later = ("controller", "Update", "2026-01-01T00:00:06Z");
        assert_eq!(found(None, Some(object("u", "2", "new", &[OURS, later]))), "created");
        assert_eq!(found(Some(object("old", "1", "old", &[OURS])), Some(object("u", "2", "new", &[OURS]))), "replaced");
    }

    #[test]
    fn what_somebody_else_may_have_made_is_not_called_ours() {
        for time in ["2026-01-01T00:00:04Z", "2026-01-01T00:00:05Z"] {
            assert_eq!(found(None, Some(object("u", "2", "new", &[OURS, ("ann", "Update", time)]))), "doubt", "{time}");
        }
        assert_eq!(found(None, Some(object("u", "2", "theirs", &[OURS]))), "doubt");
        assert_eq!(found(None, Some(object("u", "2", "new", &[("ann", "Update", OURS.2)]))), "doubt");
    }

    #[test]
    fn a_change_is_ours_where_nobody_else_has_written_since() {
        let ann = |time| ("ann", "Update", time);
        let before = || Some(object("u", "1", "old", &[ann("2026-01-01T00:00:01Z")]));
        assert_eq!(found(before(), before()), "nothing");
        assert_eq!(found(before(), None), "deleted");
        assert_eq!(found(before(), Some(object("u", "2", "new", &[OURS, ann("2026-01-01T00:00:01Z")]))), "updated");
        assert_eq!(found(before(), Some(object("u", "2", "new", &[OURS, ann("2026-01-01T00:00:05Z")]))), "doubt");
        assert_eq!(found(before(), Some(object("u", "2", "new", &[ann("2026-01-01T00:00:01Z")]))), "doubt");
        let held = Some(object("u", "1", "new", &[OURS]));
        assert_eq!(found(held, Some(object("u", "2", "new", &[OURS]))), "updated", "nothing but owners have changed");
    }
}
