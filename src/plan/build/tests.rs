use serde_json::json;

use super::*;
use crate::client::testing::{answer, scripted, scripted_as};
use crate::client::{Discovery, ServedResource, Target};
use crate::object::{Cause, CauseKind, GroupResource, Reason, Refusal};
use crate::plan::{LAST_APPLIED, Namespaces, place};

fn object(value: Value) -> Object {
    Object::from_value(value).expect("an object")
}

fn config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}, "data": {"k": value}})
}

fn live_config_map(name: &str, value: &str, manager: &str) -> (GroupResource, Object) {
    let mut live = object(config_map(name, value));
    live.set_meta("resourceVersion", "1");
    live.set_meta(
        "managedFields",
        json!([{"manager": manager, "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:k": {}}}}]),
    );
    (GroupResource::new("", "configmaps"), live)
}

fn set(values: Vec<Value>) -> Vec<Placed> {
    let discovery = Discovery::of(vec![
        ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
        ServedResource::named("", "v1", "Namespace", "namespaces", false),
    ]);
    let namespaces = Namespaces { default: "a".to_owned(), enforced: false };
    place(values.into_iter().map(|value| (object(value), None)), &discovery, &namespaces).0
}

fn parameters() -> ApplyParameters {
    ApplyParameters { field_manager: "trueup".to_owned(), force: false, dry_run: false }
}

fn told(built: &Built) -> Vec<String> {
    let entries = built.plan.entries.iter().map(|entry| format!("{} {}", entry.display_name(), entry.action.word()));
    entries.chain(built.failures.iter().map(|failure| format!("{}: {}", failure.name, failure.error))).collect()
}

#[tokio::test]
async fn defaults_come_back_where_fields_of_client_side_apply_go() {
    let with = |data: Value| {
        let annotations = json!({LAST_APPLIED: "{}"});
        let metadata = json!({"name": "x", "namespace": "a", "resourceVersion": "7", "annotations": annotations});
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    };
    for (is_allowed, expected) in [(true, json!({"k": "2", "default": "1"})), (false, json!({"k": "2"}))] {
        let (client, asked) = scripted(move |request| match (request.method().as_str(), is_allowed) {
            ("PUT", true) => answer(200, with(json!({"k": "2", "default": "1"}))),
            ("PUT", false) => answer(403, Refusal::new(Reason::Forbidden, "no").to_json()),
            _ => answer(200, with(json!({"k": "2", "gone": "1", "default": "1"}))),
        });
        let mut live = object(with(json!({"k": "1", "gone": "1", "default": "1"})));
        let fields = json!({"f:data": {"f:k": {}, "f:gone": {}, "f:default": {}},
            "f:metadata": {"f:annotations": {format!("f:{LAST_APPLIED}"): {}}}});
        let entry = json!({"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "fieldsV1": fields});
        live.set_meta("managedFields", json!([entry]));
        let live = Live::of([(GroupResource::new("", "configmaps"), live)]);
        let built = build(&client, set(vec![config_map("x", "2")]), live, &parameters(), None).await;
        assert_eq!(built.plan.entries[0].after.as_ref().unwrap().root()["data"], expected);
        let bodies = asked.bodies();
        let tried = bodies.last().unwrap();
        assert_eq!((&tried["data"], &tried["metadata"]["resourceVersion"]), (&json!({"k": "2"}), &json!("7")));
        assert!(tried["metadata"].get("managedFields").is_none());
        assert!(asked.lines().last().unwrap().contains("dryRun=All"), "{:?}", asked.lines());
    }
}

#[tokio::test]
async fn only_what_is_open_is_asked_and_failures_stay_alone() {
    let (client, asked) = scripted(|request| match request.uri().path().rsplit('/').next() {
        Some("taken") => answer(409, {
            let cause = Cause::new(CauseKind::ManagerConflict, ".data.k", "conflict with \"other\"");
            Refusal::new(Reason::Conflict, "Apply failed with 1 conflict").with_cause(cause).to_json()
        }),
        Some("same") => answer(200, config_map("same", "1")),
        Some(name) => answer(200, config_map(name, "2")),
        None => answer(404, json!({})),
    });
    let live = Live::of([
        live_config_map("owned", "1", "trueup"),
        live_config_map("same", "1", "other"),
        live_config_map("changed", "1", "trueup"),
        live_config_map("taken", "1", "other"),
    ]);
    let wanted = set(vec![
        config_map("new", "2"),
        config_map("taken", "2"),
        config_map("owned", "1"),
        config_map("same", "1"),
        config_map("changed", "2"),
    ]);
    let built = build(&client, wanted, live, &parameters(), None).await;
    assert_eq!(
        told(&built),
        [
            "configmap/new create",
            "configmap/owned unchanged",
            "configmap/same unchanged",
            "configmap/changed update",
            "configmap/taken: Apply failed with 1 conflict",
        ]
    );
    let mut lines = asked.lines();
    lines.sort();
    let expected = ["changed", "new", "same", "taken"]
        .map(|name| format!("PATCH /api/v1/namespaces/a/configmaps/{name}?fieldManager=trueup&fieldValidation=Strict&dryRun=All"));
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn objects_in_a_namespace_of_the_set_are_planned_without_the_server() {
    let (client, asked) = scripted(|_| answer(200, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})));
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
    let built = build(&client, set(vec![namespace, config_map("x", "1")]), Live::default(), &parameters(), None).await;
    assert_eq!(told(&built), ["namespace/a create", "configmap/x create"]);
    assert_eq!(built.plan.entries[1].after, Some(object(config_map("x", "1"))));
    assert_eq!(asked.lines(), ["PATCH /api/v1/namespaces/a?fieldManager=trueup&fieldValidation=Strict&dryRun=All"]);
}

#[tokio::test]
async fn a_target_that_is_gone_is_not_asked_for_each_object() {
    let etcd = Target::Etcd { endpoints: vec!["http://a".to_owned()] };
    let (client, asked) = scripted_as(etcd, |_| answer(503, Refusal::new(Reason::ServiceUnavailable, "gone").to_json()));
    let wanted = (0..100).map(|number| config_map(&format!("m-{number}"), "1")).collect();
    let built = build(&client, set(wanted), Live::default(), &parameters(), None).await;
    assert_eq!(built.failures.len(), 100);
    assert!(asked.lines().len() <= 2 * REQUESTS_AT_ONCE, "{:?}", asked.lines());
}

#[tokio::test]
async fn what_the_server_cannot_judge_is_tried_on_the_simulation() {
    let (client, _) = scripted(|_| answer(200, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})));
    let (simulation, tried) = scripted(|request| match request.uri().path() {
        "/api/v1/namespaces/a" => answer(201, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})),
        _ => answer(201, config_map("x", "defaulted")),
    });
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
    let wanted = set(vec![config_map("x", "1"), namespace]);
    let built = build(&client, wanted, Live::default(), &parameters(), Some(&simulation)).await;
    assert_eq!(told(&built), ["configmap/x create", "namespace/a create"]);
    assert_eq!(built.plan.entries[0].after, Some(object(config_map("x", "defaulted"))));
    assert_eq!(
        tried.lines(),
        [
            "PATCH /api/v1/namespaces/a?fieldManager=trueup&force=true&fieldValidation=Strict",
            "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=trueup&force=true&fieldValidation=Strict",
        ]
    );
}

#[tokio::test]
async fn what_cannot_change_in_place_is_planned_as_a_replacement_if_it_could_be_made_anew() {
    let (client, asked) = scripted(|request| match (request.method().as_str(), request.uri().path().rsplit('/').next()) {
        ("PATCH", _) => answer(422, {
            let cause = Cause::new(CauseKind::Forbidden, "data", "Forbidden: field is immutable when `immutable` is set");
            Refusal::invalid("", "ConfigMap", "a", vec![cause]).to_json()
        }),
        _ => answer(409, Refusal::already_exists(&GroupResource::new("", "configmaps"), "a").to_json()),
    });
    let live = Live::of([live_config_map("fixed", "1", "trueup")]);
    let mut built = build(&client, set(vec![config_map("new", "1"), config_map("fixed", "2")]), live, &parameters(), None).await;
    assert_eq!(
        told(&built),
        [
            "configmap/fixed replace",
            "configmap/new: ConfigMap \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
        ]
    );
    let reason = "cannot be changed in place: data: field is immutable when `immutable` is set";
    assert_eq!(built.plan.entries[0].reason.as_deref(), Some(reason));
    assert_eq!(asked.lines().iter().filter(|line| line.starts_with("POST")).count(), 1);
    assert!(built.has_replacements());
    let (simulation, _) = scripted(|_| answer(201, config_map("fixed", "defaulted")));
    built.try_replacements(&client, &simulation, &parameters()).await;
    assert_eq!(built.plan.entries[0].after, Some(object(config_map("fixed", "defaulted"))));
    assert_eq!(built.plan.entries[0].action, Action::Replace);
}

#[tokio::test]
async fn who_may_not_patch_gets_a_comparison_made_here() {
    let (client, _) = scripted(|_| {
        let why = "User \"bob\" cannot patch resource \"configmaps\" in API group \"\" in the namespace \"a\"";
        answer(403, Refusal::forbidden(&GroupResource::new("", "configmaps"), "x", why).to_json())
    });
    let live = Live::of([
        live_config_map("same", "1", "other"),
        live_config_map("changed", "1", "trueup"),
        live_config_map("taken", "1", "other"),
    ]);
    let wanted = set(vec![config_map("same", "1"), config_map("changed", "2"), config_map("taken", "2"), config_map("new", "1")]);
    let built = build(&client, wanted, live, &parameters(), None).await;
    assert_eq!(
        told(&built),
        [
            "configmap/same unchanged",
            "configmap/changed update",
            "configmap/new create",
            "configmap/taken: Apply failed with 1 conflict: conflict with \"other\": .data.k",
        ]
    );
    assert_eq!(built.failures[0].disputes.len(), 1);
    assert!(built.notes[0].starts_with("3 objects were compared here"), "{:?}", built.notes);
}

#[test]
fn bookkeeping_is_no_difference() {
    let before = object(config_map("a", "1"));
    let mut after = before.clone();
    after.set_meta("resourceVersion", "9");
    after.set_meta("generation", 2);
    assert!(same_content(&before, &after, true));
    after.set_meta("labels", json!({"a": "b"}));
    assert!(!same_content(&before, &after, true));
    let mut grown = before.clone();
    grown.root_mut().insert("immutable".to_owned(), true.into());
    assert!(!same_content(&before, &grown, true));
    let mut seen = before.clone();
    seen.root_mut().insert("status".to_owned(), json!({"ready": true}));
    assert!(same_content(&before, &seen, false));
    assert!(!same_content(&before, &seen, true));
}
