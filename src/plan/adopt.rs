//! Taking over objects from client-side apply, as kubectl does when it turns to server-side apply.
//!
//! Receives a live object, hands on the JSON patch that turns the fields which client-side apply recorded by Update into fields
//! applied by our manager. After it, an apply removes what the manifest no longer says, and the last-applied annotation goes with it.
//! See <https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/client-go/util/csaupgrade/upgrade.go>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::ownership::Element;
use crate::object::{Cause, CauseKind, Object, Refusal};

/// Where client-side apply keeps the manifest it applied last.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The managers that wrote the object by client-side apply: those that own the last-applied annotation by Update.
#[must_use]
pub(super) fn client_side_managers(live: &Object) -> BTreeSet<String> {
    let owns = |entry: &&Value| {
        let fields = entry.get("fieldsV1").and_then(|fields| fields.get("f:metadata")?.get("f:annotations"));
        is_update(entry) && fields.is_some_and(|annotations| annotations.get(format!("f:{LAST_APPLIED}")).is_some())
    };
    entries(live).iter().filter(owns).map(|entry| text(entry, "manager").to_owned()).collect()
}

/// The JSON patch that hands the fields of the client-side managers to `manager`; `None` where there is nothing to take over.
///
/// The patch writes the resource version it was made from, so that a change in between is refused with 409 Conflict.
#[must_use]
pub(super) fn takeover_patch(live: &Object, manager: &str) -> Option<Value> {
    let from = client_side_managers(live);
    if from.is_empty() {
        return None;
    }
    let taken = |entry: &Value| is_update(entry) && from.contains(text(entry, "manager"));
    let mut managed = entries(live).to_vec();
    let own =
        managed.iter().position(|e| text(e, "manager") == manager && text(e, "operation") == "Apply" && text(e, "subresource").is_empty());
    let own = own.or_else(|| managed.iter().position(&taken))?;
    let version = text(&managed[own], "apiVersion").to_owned();
    let mut fields = managed[own].get("fieldsV1").cloned().unwrap_or_else(|| json!({}));
    for entry in entries(live).iter().filter(|entry| taken(entry) && text(entry, "apiVersion") == version) {
        unite(&mut fields, entry.get("fieldsV1").unwrap_or(&Value::Null));
    }
    managed[own]["manager"] = manager.into();
    managed[own]["operation"] = "Apply".into();
    managed[own]["fieldsV1"] = fields;
    managed.retain(|entry| !taken(entry));
    Some(json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": managed},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version().unwrap_or_default()},
    ]))
}

/// Whether every conflict of a refused apply is with one of these managers.
#[must_use]
pub(super) fn conflicts_only_with(refusal: &Refusal, managers: &BTreeSet<String>) -> bool {
    let with = |cause: &Cause| managers.iter().any(|manager| cause.message.starts_with(&format!("conflict with {manager:?}")));
    !refusal.causes.is_empty() && refusal.causes.iter().all(|cause| cause.kind == CauseKind::ManagerConflict && with(cause))
}

/// What a dry run that could not take over first must still show: what client-side apply set, the manifest no longer says and nobody
/// else owns goes, the last-applied annotation among it.
///
/// A field that has a default goes too, which the server fills in again.
pub(super) fn without_abandoned(answer: Object, live: &Object, desired: &Object, manager: &str) -> Object {
    let from = client_side_managers(live);
    let taken = |entry: &&Value| is_update(entry) && from.contains(text(entry, "manager"));
    let fields = |entry: &Value| entry.get("fieldsV1").and_then(Value::as_object).cloned();
    let mut owned = Value::Object(Map::new());
    entries(live).iter().filter(taken).filter_map(fields).for_each(|fields| unite(&mut owned, &Value::Object(fields)));
    // Our own fields that the manifest no longer says are gone from the answer already.
    let foreign = |entry: &&Value| !taken(entry) && text(entry, "manager") != manager;
    let others: Vec<Map<String, Value>> = entries(live).iter().filter(foreign).filter_map(fields).collect();
    let mut answer = answer.into_value();
    if let Value::Object(owned) = &owned {
        let desired = Value::Object(desired.root().clone());
        abandon(&mut answer, owned, Some(&desired), &others.iter().collect::<Vec<_>>());
    }
    Object::from_value(answer).unwrap_or_default()
}

/// Removes what `owned` names and `desired` does not, unless `others` name it too.
fn abandon(value: &mut Value, owned: &Map<String, Value>, desired: Option<&Value>, others: &[&Map<String, Value>]) {
    for (path, fields) in owned {
        let others: Vec<&Map<String, Value>> = others.iter().filter_map(|other| other.get(path)?.as_object()).collect();
        let wanted = desired.and_then(|desired| part(desired, path, fields));
        let goes = wanted.is_none() && others.is_empty();
        let inner = fields.as_object().filter(|fields| fields.keys().any(|path| path != "."));
        let (Some(inner), Some(own)) = (inner.filter(|_| !goes || path.starts_with("f:")), part_mut(value, path)) else {
            if goes {
                remove(value, path);
            }
            continue;
        };
        // What stands in a member beside the owned fields, such as defaults, stays, and the member with it.
        abandon(own, inner, wanted, &others);
        if goes && is_empty(own) {
            remove(value, path);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// The member or item of a desired value that a path names; a key that has a default may be left out there.
fn part<'a>(value: &'a Value, path: &str, fields: &Value) -> Option<&'a Value> {
    match path.strip_prefix("f:") {
        Some(name) => value.get(name),
        None => Element::parse(path, fields).and_then(|element| value.as_array()?.iter().find(|item| element.wants(item))),
    }
}

fn part_mut<'a>(value: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    match path.strip_prefix("f:") {
        Some(name) => value.get_mut(name),
        None => position(value, path).and_then(|index| value.get_mut(index)),
    }
}

fn remove(value: &mut Value, path: &str) {
    match (path.strip_prefix("f:"), position(value, path)) {
        (Some(name), _) => drop(value.as_object_mut().and_then(|members| members.remove(name))),
        (None, Some(index)) => drop(value.as_array_mut().map(|items| items.remove(index))),
        (None, None) => {}
    }
}

fn position(value: &Value, path: &str) -> Option<usize> {
    let element = Element::parse(path, &Value::Null)?;
    value.as_array()?.iter().position(|item| element.is(item))
}

fn entries(live: &Object) -> &[Value] {
    live.metadata().and_then(|m| m.get("managedFields")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(entry: &'a Value, member: &str) -> &'a str {
    entry.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn is_update(entry: &Value) -> bool {
    text(entry, "operation") == "Update" && text(entry, "subresource").is_empty()
}

/// Adds one field set in wire form to another.
fn unite(into: &mut Value, other: &Value) {
    let (Value::Object(into), Value::Object(other)) = (into, other) else { return };
    for (path, fields) in other {
        unite(into.entry(path).or_insert_with(|| Value::Object(Map::new())), fields);
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
mod tests {
    use super::*;
    use crate::object::Reason;

    fn live(managed: Value) -> Object {
        let metadata = json!({"name": "a", "resourceVersion": "7", "managedFields": managed, "annotations": {LAST_APPLIED: "{}"}});
        Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})).expect("an object")
    }

    fn entry(manager: &str, operation: &str, fields: Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
    }

    fn annotation_and(member: &str) -> Value {
        json!({"f:data": {format!("f:{member}"): {}}, "f:metadata": {"f:annotations": {format!("f:{LAST_APPLIED}"): {}}}})
    }

    #[test]
    fn the_first_client_side_entry_becomes_ours() {
        let live = live(json!([
            entry("kubectl-client-side-apply", "Update", annotation_and("a")),
            entry("other", "Update", json!({"f:data": {}}))
        ]));
        let expected = json!([
            {"op": "replace", "path": "/metadata/managedFields", "value": [
                entry("trueup", "Apply", annotation_and("a")), entry("other", "Update", json!({"f:data": {}}))]},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}]);
        assert_eq!(takeover_patch(&live, "trueup"), Some(expected));
    }

    #[test]
    fn fields_are_added_to_those_we_apply_already() {
        let live = live(json!([
            entry("trueup", "Apply", json!({"f:data": {"f:b": {}}})),
            entry("kubectl-client-side-apply", "Update", annotation_and("a")),
        ]));
        let mut united = annotation_and("a");
        united["f:data"]["f:b"] = json!({});
        let patch = takeover_patch(&live, "trueup").expect("a patch");
        assert_eq!(patch[0]["value"], json!([entry("trueup", "Apply", united)]));
    }

    #[test]
    fn without_the_annotation_nothing_is_taken_over() {
        assert_eq!(takeover_patch(&live(json!([entry("editor", "Update", json!({"f:data": {}}))])), "trueup"), None);
    }

    #[test]
    fn a_conflict_with_anyone_else_is_a_conflict() {
        let refusal = |managers: &[&str]| {
            managers.iter().fold(Refusal::new(Reason::Conflict, "no"), |refusal, manager| {
                refusal.with_cause(Cause::new(CauseKind::ManagerConflict, ".data.a", format!("conflict with {manager:?} using v1")))
            })
        };
        let known = BTreeSet::from(["kubectl-client-side-apply".to_owned()]);
        assert!(conflicts_only_with(&refusal(&["kubectl-client-side-apply"]), &known));
        assert!(!conflicts_only_with(&refusal(&["kubectl-client-side-apply", "hpa"]), &known));
        assert!(!conflicts_only_with(&refusal(&[]), &known));
    }

    #[test]
    fn what_client_side_apply_set_and_the_manifest_dropped_is_shown_to_go() {
        let ports = json!({"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}, "k:{\"port\":81,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}});
        let owned = json!({"f:data": {"f:kept": {}, "f:dropped": {}, "f:shared": {}}, "f:map": {"f:only": {}}, "f:ports": ports,
            "f:metadata": {"f:annotations": {".": {}, format!("f:{LAST_APPLIED}"): {}}}});
        let before = live(json!([
            entry("kubectl-client-side-apply", "Update", owned),
            entry("other", "Update", json!({"f:data": {"f:shared": {}}})),
        ]));
        let mut answer = before.clone();
        let port = |port: u16| json!({"port": port, "protocol": "TCP"});
        answer.root_mut().insert("data".to_owned(), json!({"kept": "1", "dropped": "2", "shared": "3", "foreign": "4"}));
        answer.root_mut().insert("map".to_owned(), json!({"only": 1}));
        answer.root_mut().insert("ports".to_owned(), json!([port(80), port(81), port(82)]));
        let desired =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"kept": "1"}, "ports": [{"port": 80}]});
        let shown = without_abandoned(answer, &before, &Object::from_value(desired).expect("an object"), "trueup");
        assert_eq!(shown.root().get("data"), Some(&json!({"kept": "1", "shared": "3", "foreign": "4"})));
        assert_eq!(shown.root().get("ports"), Some(&json!([port(80), port(82)])));
        assert_eq!(shown.root().get("map"), None);
        assert!(shown.metadata().is_some_and(|metadata| !metadata.contains_key("annotations")));
    }
}
