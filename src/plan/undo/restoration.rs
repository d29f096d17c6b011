//! What an object has to become so that one change to it is undone and all others stay.
//!
//! Receives the states before and after the change and the state of now, hands on the state to write. Pure; a three-way merge of plain
//! JSON in which lists are one value, except for the managers of fields, which are known by their identity. Invariant: a value that is no
//! longer what the change made it stays, and its path is told.

use serde_json::{Map, Value};

use crate::object::Object;

/// The members of metadata that users write.
const OF_USERS: [&str; 4] = ["labels", "annotations", "finalizers", "ownerReferences"];

/// The state to write.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Restoration {
    /// The whole object; its managers and its resourceVersion are those of now.
    pub(super) object: Object,
    /// Who is to own which field.
    pub(super) managed_fields: Value,
    /// The fields that somebody else has changed since, and that stay as they are.
    pub(super) kept: Vec<String>,
}

/// Undoes the change from `before` to `after` in `current`.
pub(super) fn restoration(before: &Object, after: &Object, current: &Object, with_status: bool) -> Restoration {
    let mut kept = Vec::new();
    let mut object = current.clone();
    let own = |name: &String| name != "metadata" && (name != "status" || with_status);
    let part = |object: &Object| Value::Object(object.root().iter().filter(|(name, _)| own(name)).map(pair).collect());
    let merged = merge(Some(&part(before)), Some(&part(after)), Some(&part(current)), "", &mut kept);
    object.root_mut().retain(|name, _| !own(name));
    if let Some(Value::Object(members)) = merged {
        object.root_mut().extend(members);
    }
    let member = |object: &Object, name: &str| object.metadata().and_then(|metadata| metadata.get(name)).cloned();
    for name in OF_USERS {
        let (old, new, now) = (member(before, name), member(after, name), member(current, name));
        match merge(old.as_ref(), new.as_ref(), now.as_ref(), &format!(".metadata.{name}"), &mut kept) {
            Some(value) => object.set_meta(name, value),
            None => drop(object.remove_meta(name)),
        }
    }
    let managers = |object: &Object| by_identity(member(object, "managedFields").as_ref());
    // Whose a field is that somebody else has written since is theirs to say; the values above were told already.
    let owners = merge(Some(&managers(before)), Some(&managers(after)), Some(&managers(current)), "", &mut Vec::new());
    Restoration { object, managed_fields: as_list(owners.as_ref()), kept }
}

fn pair((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// The state of now with the change from `after` back to `before`; `None` is that there is nothing.
fn merge(before: Option<&Value>, after: Option<&Value>, current: Option<&Value>, path: &str, kept: &mut Vec<String>) -> Option<Value> {
    if after == current {
        return before.cloned();
    }
    if before == after || before == current {
        return current.cloned();
    }
    let empty = Map::new();
    let members = |value: Option<&'_ Value>| match value {
        None => true,
        Some(value) => value.is_object(),
    };
    // A map that was not there before holds what others have put into it meanwhile.
    if let (true, true, Some(Value::Object(now))) = (members(before), members(after), current) {
        let of = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
        let (old, new) = (of(before), of(after));
        let mut names: Vec<&String> = old.keys().chain(new.keys()).chain(now.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let merged: Map<String, Value> = names
            .into_iter()
            .filter_map(|name| {
                let path = format!("{path}{}", step(name));
                Some((name.clone(), merge(old.get(name), new.get(name), now.get(name), &path, kept)?))
            })
            .collect();
        return (before.is_some() || !merged.is_empty()).then(|| merged.into());
    }
    kept.push(path.to_owned());
    current.cloned()
}

/// `.replicas`, or `["example.com/a"]` for a name that has a dot of its own.
fn step(name: &str) -> String {
    if name.contains(['.', '/', '[', '"']) { format!("[{name:?}]") } else { format!(".{name}") }
}

/// The managers of fields as a map, since their order says nothing. The members of an entry make one value.
fn by_identity(managed_fields: Option<&Value>) -> Value {
    let entries = managed_fields.and_then(Value::as_array).into_iter().flatten();
    let text = |entry: &Value, member: &str| entry.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let identity = |entry: &Value| ["operation", "manager", "apiVersion", "subresource"].map(|member| text(entry, member)).join("\n");
    // In a list of one, an entry is compared as a whole.
    Value::Object(entries.map(|entry| (identity(entry), Value::Array(vec![entry.clone()]))).collect())
}

fn as_list(by_identity: Option<&Value>) -> Value {
    let entries = by_identity.and_then(Value::as_object).into_iter().flatten();
    Value::Array(entries.filter_map(|(_, entry)| entry.get(0).cloned()).collect())
}

/// Whether two lists name the same owners of the same fields.
pub(super) fn same_owners(left: &Value, right: &Value) -> bool {
    by_identity(Some(left)) == by_identity(Some(right))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).unwrap()
    }

    fn restored(before: Value, after: Value, current: Value) -> (Value, Vec<String>) {
        let with = |spec: Value| object(json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, "spec": spec}));
        let restoration = restoration(&with(before), &with(after), &with(current), false);
        (restoration.object.root()["spec"].clone(), restoration.kept)
    }

    #[test]
    fn a_change_that_nobody_touched_is_undone() {
        let (before, after) = (json!({"a": 1, "gone": true, "list": [1]}), json!({"a": 2, "new": true, "list": [2]}));
        assert_eq!(restored(before.clone(), after.clone(), after), (before, vec![]));
    }

    #[test]
    fn what_others_changed_meanwhile_stays() {
        let current = json!({"a": 2, "theirs": {"x": 1}});
        assert_eq!(restored(json!({"a": 1}), json!({"a": 2}), current), (json!({"a": 1, "theirs": {"x": 1}}), vec![]));
    }

    #[test]
    fn a_field_that_somebody_changed_again_stays_and_is_told() {
        let (spec, kept) = restored(json!({"a": 1, "b": 1}), json!({"a": 2, "b": 2}), json!({"a": 3, "b": 2}));
        assert_eq!((spec, kept), (json!({"a": 3, "b": 1}), vec![".spec.a".to_owned()]));
        let (spec, kept) = restored(json!({"x.y/z": [1]}), json!({"x.y/z": [2]}), json!({"x.y/z": [2, 3]}));
        assert_eq!((spec, kept), (json!({"x.y/z": [2, 3]}), vec![".spec[\"x.y/z\"]".to_owned()]));
        let (spec, kept) = restored(json!({"a": 1}), json!({}), json!({"a": 5}));
        assert_eq!((spec, kept), (json!({"a": 5}), vec![".spec.a".to_owned()]));
    }

    #[test]
    fn what_somebody_undid_already_is_no_conflict() {
        assert_eq!(restored(json!({"a": 1}), json!({"a": 2}), json!({"a": 1})), (json!({"a": 1}), vec![]));
    }

    #[test]
    fn a_map_of_ours_goes_but_for_what_others_put_into_it() {
        let with = |annotations: Value| object(json!({"metadata": {"name": "a", "annotations": annotations}}));
        let without = object(json!({"metadata": {"name": "a"}}));
        let ours = with(json!({"ours": "1"}));
        let undone = restoration(&without, &ours, &with(json!({"ours": "1", "theirs": "2"})), false);
        assert_eq!((undone.object, undone.kept), (with(json!({"theirs": "2"})), vec![]));
        let changed = restoration(&without, &ours, &with(json!({"ours": "3"})), false);
        assert_eq!((changed.object, changed.kept), (with(json!({"ours": "3"})), vec![".metadata.annotations.ours".to_owned()]));
        assert_eq!(restoration(&without, &ours, &ours, false).object, without);
    }

    #[test]
    fn a_status_is_put_back_only_where_it_was_applied() {
        let with =
            |ready: i32| object(json!({"metadata": {"name": "a", "resourceVersion": ready.to_string()}, "status": {"ready": ready}}));
        assert_eq!(restoration(&with(1), &with(2), &with(3), false).object, with(3));
        let applied = restoration(&with(1), &with(2), &with(2), true).object;
        assert_eq!(applied.root()["status"], json!({"ready": 1}));
        assert_eq!(applied.resource_version(), Some("2"), "what is written is the state of now");
    }

    #[test]
    fn owners_are_put_back_and_those_who_came_meanwhile_stay() {
        let entry = |manager: &str, operation: &str, fields: Value| json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields});
        let with = |entries: Vec<Value>| object(json!({"metadata": {"name": "a", "managedFields": entries}}));
        let (old, new) = (entry("trueup", "Apply", json!({"f:a": {}})), entry("trueup", "Apply", json!({"f:b": {}})));
        let (taken, status) = (entry("kubectl", "Update", json!({"f:c": {}})), entry("controller", "Update", json!({"f:status": {}})));
        let before = with(vec![old.clone(), taken.clone()]);
        let undone = restoration(&before, &with(vec![new.clone()]), &with(vec![status.clone(), new]), false);
        assert!(same_owners(&undone.managed_fields, &json!([old, taken, status])), "{}", undone.managed_fields);
    }
}
