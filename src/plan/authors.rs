//! Who made the difference between two states of an object, and when.
//!
//! Receives the states before and after a write, as a watch sees them, hands on the fields that changed with the managers that own them
//! now. Pure. Invariant: what only the server keeps of an object is no change, and a change without an author is still told.

use super::changes::{Lists, field_changes};
use super::owners::{FieldOwner, OwnedChange, leaves, managers, touches};
use super::render::{ShownStates, shown_pair};
use crate::merge::{ManagerEntry, Managers};
use crate::object::{Object, Time};

/// What one write changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Authored {
    /// Every field that differs; the owners are those that the write left, the writer alone where it can be told.
    pub changes: Vec<OwnedChange>,
    /// When: the latest time that the write left in the record of owners; `None` where it left none.
    pub time: Option<Time>,
}

/// What differs between two states of an object, `None` being its absence, with its authors. Of an object that comes or goes, status is
/// no change; values of Secrets are masked where `mask` says so.
#[must_use]
pub fn authored(before: Option<&Object>, after: Option<&Object>, mask: bool) -> Authored {
    let (old, new) = (managers(before), managers(after));
    let lists = Lists::of([&old, &new]);
    let writers: Vec<&ManagerEntry> = new.entries.iter().filter(|entry| has_written(entry, &old)).collect();
    let is_secret = after.or(before).is_some_and(|object| object.kind() == "Secret");
    let owned: Vec<_> = new.entries.iter().map(|entry| (entry, leaves(entry, is_secret))).collect();
    let ShownStates { before: old_state, after: new_state } = shown_pair(before, after, mask);
    let changes = field_changes(old_state.as_ref(), new_state.as_ref(), &lists).into_iter().map(|change| {
        // Whoever removes a field leaves no owner of it; if he wrote anything else, he is told.
        let of_field =
            |entry: &ManagerEntry| owned.iter().any(|(one, leaves)| *one == entry && leaves.iter().any(|leaf| touches(leaf, &change.path)));
        let all: Vec<&ManagerEntry> = owned.iter().map(|(entry, _)| *entry).filter(|entry| of_field(entry)).collect();
        let writing: Vec<&ManagerEntry> = all.iter().copied().filter(|entry| writers.contains(entry)).collect();
        let authors = match (change.to.is_some(), writing.is_empty()) {
            (_, false) => writing,
            (true, true) => all,
            (false, true) => writers.clone(),
        };
        OwnedChange { owners: authors.into_iter().map(FieldOwner::of).collect(), change }
    });
    Authored { changes: changes.collect(), time: writers.iter().filter_map(|entry| entry.time).max_by_key(|time| time.timestamp()) }
}

/// Whether a manager's record says that it wrote since: another time, or fields that it did not own. That it owns less is the doing of
/// others.
fn has_written(entry: &ManagerEntry, before: &Managers) -> bool {
    let known = before.entries.iter().find(|known| known.is_same_manager(entry));
    known.is_none_or(|known| known.time != entry.time || !entry.fields.is_subset(&known.fields))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::readable_path;

    fn map(data: &Value, managed: &Value) -> Object {
        let metadata = json!({"name": "a", "resourceVersion": data.to_string(), "managedFields": managed});
        Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})).unwrap()
    }

    fn entry(manager: &str, second: u32, keys: &[&str]) -> Value {
        let fields: serde_json::Map<String, Value> = keys.iter().map(|key| (format!("f:{key}"), json!({}))).collect();
        json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "time": format!("2026-11-22T10:00:{second:02}Z"), "fieldsV1": {"f:data": fields}})
    }

    fn told(before: Option<&Object>, after: Option<&Object>) -> (Vec<String>, Option<String>) {
        let authored = authored(before, after, true);
        let line = |owned: &OwnedChange| {
            let owners: Vec<_> = owned.owners.iter().map(|owner| owner.manager.as_str()).collect();
            format!("{} {} {}", owned.change.action.word(), readable_path(&owned.change.path), owners.join(","))
        };
        (authored.changes.iter().map(line).collect(), authored.time.map(|time| time.to_string()))
    }

    #[test]
    fn a_change_is_its_writer_s_at_the_time_of_his_record() {
        let before = map(&json!({"a": "1", "b": "1"}), &json!([entry("x", 1, &["a", "b"])]));
        let after = map(&json!({"a": "1", "b": "2"}), &json!([entry("x", 1, &["a"]), entry("y", 2, &["b"])]));
        assert_eq!(told(Some(&before), Some(&after)), (vec!["change data.b y".to_owned()], Some("2026-11-22T10:00:02Z".to_owned())));
    }

    #[test]
    fn a_removal_is_nobody_s_unless_its_writer_wrote_more() {
        let before = map(&json!({"a": "1", "b": "1"}), &json!([entry("x", 1, &["a", "b"])]));
        let alone = map(&json!({"a": "1"}), &json!([entry("x", 1, &["a"])]));
        assert_eq!(told(Some(&before), Some(&alone)), (vec!["remove data.b ".to_owned()], None));
        let more = map(&json!({"a": "2"}), &json!([entry("y", 3, &["a"])]));
        assert_eq!(told(Some(&before), Some(&more)).0, ["change data.a y", "remove data.b y"]);
    }

    #[test]
    fn what_only_the_server_keeps_is_no_change() {
        let before = map(&json!({"a": "1"}), &json!([entry("x", 1, &["a"])]));
        let mut after = map(&json!({"a": "1"}), &json!([entry("x", 1, &["a"]), entry("y", 2, &["a"])]));
        after.set_meta("generation", 4);
        assert_eq!(told(Some(&before), Some(&after)).0, [""; 0]);
    }

    #[test]
    fn an_object_that_comes_is_its_makers() {
        let made = map(&json!({"a": "1"}), &json!([entry("x", 1, &["a"])]));
        assert_eq!(told(None, Some(&made)), (vec!["add data x".to_owned()], Some("2026-11-22T10:00:01Z".to_owned())));
        assert_eq!(told(Some(&made), None), (vec!["remove data ".to_owned()], None));
    }
}
