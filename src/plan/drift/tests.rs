#![expect(clippy::needless_pass_by_value, reason = "documents are written in place")]

use serde_json::json;

use super::*;
use crate::client::ServedResource;
use crate::plan::readable_path;

fn placed(object: Value) -> Placed {
    let object = Object::from_value(object).unwrap();
    let gvk = object.gvk().unwrap();
    let resource = ServedResource::named(&gvk.group, &gvk.version, &gvk.kind, &format!("{}s", gvk.kind.to_lowercase()), true);
    Placed { key: ObjectKey::new(Some("a"), object.name()), object, source: None, resource: Arc::new(resource), kind_is_pending: false }
}

fn entry(manager: &str, operation: &str, second: u32, fields: Value) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1",
        "time": format!("2026-11-22T10:00:{second:02}Z"), "fieldsV1": fields})
}

/// A live object of the same kind and name as a manifest.
fn live(manifest: &Value, body: &Value, managed: &Value) -> Object {
    let mut live = json!({"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": {
        "name": "x", "namespace": "a", "uid": "1", "resourceVersion": "7", "managedFields": managed}});
    for (name, value) in body.as_object().unwrap() {
        if name == "metadata" {
            live["metadata"].as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        } else {
            live[name] = value.clone();
        }
    }
    Object::from_value(live).unwrap()
}

fn map(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data})
}

fn keys(names: &[&str]) -> Value {
    let keys: serde_json::Map<String, Value> = names.iter().map(|name| (format!("f:{name}"), json!({}))).collect();
    json!({"f:data": keys})
}

const QUESTION: DriftQuestion<'static> = DriftQuestion { manager: "trueup", all_fields: false, mask: true };

fn lines(drift: &ObjectDrift) -> Vec<String> {
    let line = |field: &FieldDrift| {
        let owners: Vec<&str> = field.owners.iter().map(|owner| owner.manager.as_str()).collect();
        let value = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        let (from, to) = (value(&field.change.from), value(&field.change.to));
        format!("{} {} {from} > {to} {}", field.verdict.word(), readable_path(&field.change.path), owners.join(",")).trim_end().to_owned()
    };
    drift.fields.iter().map(line).collect()
}

fn told(manifest: &Value, body: &Value, managed: &Value) -> (DriftState, Vec<String>) {
    let drift = object_drift(&placed(manifest.clone()), Some(&live(manifest, body, managed)), QUESTION);
    (drift.state, lines(&drift))
}

fn told_all(manifest: &Value, body: &Value, managed: &Value) -> (DriftState, Vec<String>) {
    let question = DriftQuestion { all_fields: true, ..QUESTION };
    let drift = object_drift(&placed(manifest.clone()), Some(&live(manifest, body, managed)), question);
    (drift.state, lines(&drift))
}

#[test]
fn a_field_that_somebody_else_owns_by_now_has_drifted() {
    let managed = json!([entry("trueup", "Apply", 1, keys(&["b"])), entry("ops", "Update", 5, keys(&["a"]))]);
    let found = told(&map(&json!({"a": "1", "b": "1"})), &json!({"data": {"a": "2", "b": "1"}}), &managed);
    assert_eq!(found, (DriftState::Drifted, vec![r#"changed data.a "1" > "2" ops"#.to_owned()]));
}

#[test]
fn another_value_for_a_field_that_is_ours_is_a_change_to_come() {
    let managed = json!([entry("trueup", "Apply", 1, keys(&["a"])), entry("ops", "Update", 5, keys(&["z"]))]);
    let found = told(&map(&json!({"a": "2"})), &json!({"data": {"a": "1", "z": "1"}}), &managed);
    assert_eq!(found, (DriftState::Pending, vec![r#"pending data.a "2" > "1""#.to_owned()]));
}

#[test]
fn a_field_that_the_set_gives_up_is_a_change_to_come() {
    let managed = json!([entry("trueup", "Apply", 1, keys(&["a", "b"]))]);
    let found = told(&map(&json!({"a": "1"})), &json!({"data": {"a": "1", "b": "1"}}), &managed);
    assert_eq!(found, (DriftState::Pending, vec![r#"pending data.b  > "1""#.to_owned()]));
}

#[test]
fn a_value_that_others_set_before_the_last_apply_was_not_declared_then() {
    let managed = json!([entry("trueup", "Apply", 5, keys(&["b"])), entry("ops", "Update", 1, keys(&["a"]))]);
    let found = told(&map(&json!({"a": "1", "b": "1"})), &json!({"data": {"a": "2", "b": "1"}}), &managed);
    assert_eq!(found, (DriftState::Pending, vec![r#"pending data.a "1" > "2" ops"#.to_owned()]));
}

#[test]
fn what_is_not_there_was_removed_or_never_applied() {
    let managed = json!([entry("trueup", "Apply", 1, keys(&["b"]))]);
    let manifest = map(&json!({"a": "1", "b": "1"}));
    let found = told(&manifest, &json!({"data": {"b": "1"}}), &managed);
    assert_eq!(found, (DriftState::Drifted, vec![r#"missing data.a "1" >"#.to_owned()]));
}

#[test]
fn what_client_side_apply_kept_tells_removed_from_never_applied() {
    let fields = json!({"f:data": {"f:b": {}}, "f:metadata": {"f:annotations": {format!("f:{LAST_APPLIED}"): {}}}});
    let managed = json!([entry("kubectl-client-side-apply", "Update", 1, fields)]);
    let kept = map(&json!({"a": "1", "b": "1"})).to_string();
    let body = json!({"data": {"b": "1"}, "metadata": {"annotations": {LAST_APPLIED: kept}}});
    let (state, lines) = told(&map(&json!({"a": "1", "b": "1", "new": "1"})), &body, &managed);
    assert_eq!(state, DriftState::Drifted);
    assert_eq!(lines, [r#"removed data.a "1" >"#, r#"pending data.new "1" >"#]);
}

#[test]
fn an_object_that_lost_its_only_field_to_another_has_drifted() {
    let managed = json!([entry("ops", "Update", 5, keys(&["a"]))]);
    let found = told(&map(&json!({"a": "1"})), &json!({"data": {"a": "2"}}), &managed);
    assert_eq!(found, (DriftState::Drifted, vec![r#"changed data.a "1" > "2" ops"#.to_owned()]));
}

#[test]
fn an_object_that_is_not_there_is_missing_and_one_that_goes_is_deleting() {
    let manifest = map(&json!({"a": "1"}));
    assert_eq!(object_drift(&placed(manifest.clone()), None, QUESTION).state, DriftState::Missing);
    let managed = json!([entry("trueup", "Apply", 1, keys(&["a"]))]);
    let body = json!({"data": {"a": "1"}, "metadata": {"deletionTimestamp": "2026-11-22T10:00:00Z"}});
    let drift = object_drift(&placed(manifest.clone()), Some(&live(&manifest, &body, &managed)), QUESTION);
    assert_eq!((drift.state, drift.deleting_since.as_deref()), (DriftState::Deleting, Some("2026-11-22T10:00:00Z")));
}

fn deployment(spec: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec})
}

#[test]
fn items_meet_by_their_keys_and_what_others_add_is_beside_the_set() {
    let container = |image: &str| json!({"name": "web", "image": image});
    let manifest = deployment(&json!({"template": {"spec": {"containers": [container("a:1")]}}}));
    let item = |name: &str, fields: Value| (format!("k:{{\"name\":\"{name}\"}}"), fields);
    let containers = |items: Vec<(String, Value)>| {
        let items: serde_json::Map<String, Value> = items.into_iter().collect();
        json!({"f:spec": {"f:template": {"f:spec": {"f:containers": items}}}})
    };
    let managed = json!([
        entry("trueup", "Apply", 1, containers(vec![item("web", json!({".": {}, "f:name": {}}))])),
        entry(
            "ops",
            "Update",
            5,
            containers(vec![item("web", json!({"f:image": {}, "f:tty": {}})), item("side", json!({".": {}, "f:name": {}, "f:image": {}}))])
        ),
    ]);
    let live = json!({"spec": {"replicas": 1, "template": {"spec": {"containers": [
        {"name": "side", "image": "s"}, {"name": "web", "image": "a:2", "tty": true, "imagePullPolicy": "Always"}]}}}});
    let changed = r#"changed spec.template.spec.containers[name=web].image "a:1" > "a:2" ops"#;
    assert_eq!(told(&manifest, &live, &managed), (DriftState::Drifted, vec![changed.to_owned()]));
    assert_eq!(
        told_all(&manifest, &live, &managed).1,
        [
            changed,
            r#"beside spec.template.spec.containers[name=side]  > {"image":"s","name":"side"} ops"#,
            "beside spec.template.spec.containers[name=web].tty  > true ops",
        ]
    );
}

#[test]
fn what_is_owned_as_a_whole_is_compared_as_a_whole() {
    let manifest = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "x"}, "spec": {"args": ["a"], "box": {"a": 1}}});
    let fields = |args: bool| if args { json!({"f:spec": {"f:args": {}, "f:box": {}}}) } else { json!({"f:spec": {"f:kept": {}}}) };
    let live = json!({"spec": {"args": ["a", "b"], "box": {"a": 1, "b": 2}, "kept": 1}});
    let managed = json!([entry("trueup", "Apply", 1, fields(false)), entry("ops", "Update", 5, fields(true))]);
    let lines = told(&manifest, &live, &managed).1;
    assert_eq!(lines[..2], [r#"changed spec.args ["a"] > ["a","b"] ops"#, r#"changed spec.box {"a":1} > {"a":1,"b":2} ops"#]);
}

#[test]
fn the_server_s_own_way_of_writing_is_no_difference() {
    let manifest = deployment(&json!({"replicas": 0, "paused": false, "template": {"spec": {"nodeSelector": {}, "containers": [
        {"name": "web", "resources": {"limits": {"cpu": "1000m"}}}]}}}));
    let live = json!({"spec": {"replicas": 0, "template": {"spec": {"containers": [
        {"name": "web", "resources": {"limits": {"cpu": "1"}}, "imagePullPolicy": "Always"}]}}}});
    let managed = json!([entry("ops", "Update", 1, json!({"f:spec": {"f:replicas": {}}}))]);
    assert_eq!(told(&manifest, &live, &managed), (DriftState::InSync, Vec::new()));
}

#[test]
fn secrets_tell_that_they_differ_and_not_how() {
    let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"k": "declared", "same": "hi"}});
    let managed = json!([entry("ops", "Update", 5, keys(&["k"]))]);
    let found = told(&manifest, &json!({"data": {"k": "bGl2ZQ==", "same": "aGk="}}), &managed);
    assert_eq!(found, (DriftState::Drifted, vec![r#"changed data.k "*** (before)" > "*** (after)" ops"#.to_owned()]));
}

#[test]
fn the_status_and_the_notes_of_controllers_are_nobody_s_drift() {
    let managed = json!([
        entry("trueup", "Apply", 1, keys(&["a"])),
        entry(
            "deployment-controller",
            "Update",
            5,
            json!({"f:status": {"f:x": {}}, "f:metadata": {"f:annotations": {
            ".": {}, "f:deployment.kubernetes.io/revision": {}, "f:team": {}}}})
        ),
    ]);
    let body = json!({"data": {"a": "1"}, "status": {"x": 1},
        "metadata": {"annotations": {"deployment.kubernetes.io/revision": "3", "team": "y"}}});
    let (state, lines) = told_all(&map(&json!({"a": "1"})), &body, &managed);
    assert_eq!((state, lines), (DriftState::Drifted, vec![r#"beside metadata.annotations.team  > "y" deployment-controller"#.to_owned()]));
}

#[test]
fn a_secret_s_text_is_whose_who_wrote_it_last() {
    let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"k": "declared"}});
    let text = json!({"f:stringData": {"f:k": {}}});
    let body = json!({"data": {"k": "bGl2ZQ=="}});
    let ours = entry("trueup", "Apply", 3, text.clone());
    let verdict = |managed: Value| told(&manifest, &body, &managed).1.concat();
    assert!(verdict(json!([ours])).starts_with("pending data.k"));
    assert!(verdict(json!([ours, entry("ops", "Update", 5, keys(&["k"]))])).starts_with("changed data.k"));
    assert!(verdict(json!([ours, entry("ops", "Update", 1, keys(&["k"]))])).starts_with("pending data.k"));
    assert!(verdict(json!([entry("vault", "Apply", 5, text)])).ends_with("vault"));
}

/// An object that client-side apply made, with its defaults, and kept the manifest of.
fn client_side(manifest: &Value, fields: Value) -> (Value, Value) {
    let mut fields = fields;
    fields["f:metadata"]["f:annotations"] = json!({".": {}, format!("f:{LAST_APPLIED}"): {}});
    (json!({LAST_APPLIED: manifest.to_string()}), entry("kubectl-client-side-apply", "Update", 1, fields))
}

#[test]
fn defaults_that_client_side_apply_owns_are_nothing_to_give_up() {
    let manifest = deployment(&json!({"replicas": 1}));
    let (annotations, ours) = client_side(&manifest, json!({"f:spec": {".": {}, "f:replicas": {}, "f:paused": {}}}));
    let body = json!({"spec": {"replicas": 1, "paused": true}, "metadata": {"annotations": annotations}});
    assert_eq!(told(&manifest, &body, &json!([ours])), (DriftState::InSync, Vec::new()));
    let given_up = told(&deployment(&json!({})), &body, &json!([ours]));
    assert_eq!(given_up, (DriftState::Pending, vec!["pending spec.replicas  > 1".to_owned()]));
}

#[test]
fn who_owns_that_a_place_is_there_does_not_own_what_others_put_into_it() {
    let manifest = deployment(&json!({"args": ["a"]}));
    let (annotations, ours) = client_side(&manifest, json!({"f:spec": {}}));
    let managed = json!([ours, entry("ops", "Update", 5, json!({"f:spec": {"f:args": {}}}))]);
    let body = json!({"spec": {"args": ["b"]}, "metadata": {"annotations": annotations}});
    let changed = (DriftState::Drifted, vec![r#"changed spec.args ["a"] > ["b"] ops"#.to_owned()]);
    assert_eq!(told(&manifest, &body, &managed), changed);
    let gone = json!({"spec": {"x": 1}, "metadata": {"annotations": body["metadata"]["annotations"]}});
    assert_eq!(told(&manifest, &gone, &json!([ours])).1, [r#"removed spec.args ["a"] >"#]);
}

#[test]
fn texts_that_client_side_apply_kept_are_compared_as_data() {
    let manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"k": "declared"}});
    let (annotations, ours) = client_side(&manifest, json!({"f:type": {}}));
    let managed = json!([ours, entry("ops", "Update", 5, keys(&["k"]))]);
    let body = json!({"data": {"k": "bGl2ZQ=="}, "type": "Opaque", "metadata": {"annotations": annotations}});
    assert_eq!(told(&manifest, &body, &managed).0, DriftState::Drifted);
}
