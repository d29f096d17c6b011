//! Taking over objects from client-side apply, as kubectl does when it turns to server-side apply.
//!
//! Receives a live object, hands on the JSON patch that turns the fields which client-side apply recorded by Update into fields
//! applied by our manager. After it, an apply removes what the manifest no longer says, and the last-applied annotation goes with it.
//! See <https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/client-go/util/csaupgrade/upgrade.go>.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

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

/// What a dry run that could not take over first must still show: the annotation of client-side apply goes.
pub(super) fn without_last_applied(object: &mut Object) {
    let Some(annotations) = object.metadata_mut().get_mut("annotations").and_then(Value::as_object_mut) else { return };
    annotations.remove(LAST_APPLIED);
    if annotations.is_empty() {
        object.remove_meta("annotations");
    }
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
    fn the_annotation_is_shown_to_go() {
        let mut object = live(json!([]));
        without_last_applied(&mut object);
        assert!(object.metadata().is_some_and(|metadata| !metadata.contains_key("annotations")));
    }
}
