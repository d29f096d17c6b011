//! Server-side apply through the API.

use serde_json::{Value, json};

use super::{MAPS, MERGE, TestApi, config_map, deployment, merged};

const APPLY: &str = "application/apply-patch+yaml";

#[tokio::test]
async fn an_apply_needs_a_manager_and_a_kind() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    let unnamed = api.patch(&path, APPLY, &config_map("a", &json!({}))).await;
    let details = unnamed.refused(422, "Invalid");
    assert_eq!((&details["group"], &details["kind"]), (&json!("meta.k8s.io"), &json!("PatchOptions")));
    assert_eq!(details["causes"][0]["field"], "fieldManager");
    api.apply(&path, "m", &json!({"data": {}})).await.refused(400, "BadRequest");
    api.apply(&path, "m", &config_map("other", &json!({}))).await.refused(400, "BadRequest");
    let given = merged(config_map("a", &json!({})), &[("/metadata/managedFields", json!([{"manager": "x"}]))]);
    let refused = api.apply(&path, "m", &given).await;
    refused.refused(400, "BadRequest");
    assert_eq!(refused.message(), "metadata.managedFields must be nil");
    let strict = merged(config_map("a", &json!({})), &[("/datta", json!(1))]);
    api.apply(&format!("{path}?fieldValidation=Strict"), "m", &strict).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn an_apply_creates_then_changes_then_leaves_alone() {
    for api in TestApi::on_each_store().await {
        let path = format!("{MAPS}/a");
        let created = api.apply(&path, "m", &config_map("a", &json!({"k": "v"}))).await;
        assert_eq!(created.code, 201);
        let entry = json!({
            "manager": "m", "operation": "Apply", "apiVersion": "v1", "time": "2026-11-22T10:00:00Z", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {"f:k": {}}},
        });
        assert_eq!(created.body["metadata"]["managedFields"], json!([entry]));
        let again = api.apply(&path, "m", &config_map("a", &json!({"k": "v"}))).await;
        assert_eq!((again.code.as_u16(), &again.body), (200, &created.body));
        let changed = api.apply(&path, "m", &config_map("a", &json!({"n": "w"}))).await;
        assert_eq!((changed.code.as_u16(), &changed.body["data"]), (200, &json!({"n": "w"})));
        assert_ne!(changed.version(), created.version());
        let yaml = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {n: w}\n";
        let by_text = api.ask("PATCH", &format!("{MAPS}/x?fieldManager=m"), &[("content-type", APPLY)], yaml).await;
        assert_eq!(by_text.code, 201, "{}", by_text.body);
    }
}

#[tokio::test]
async fn a_conflict_names_the_owner_and_the_field() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    api.apply(&path, "a", &config_map("a", &json!({"a": "1"}))).await;
    let refused = api.apply(&path, "b", &config_map("a", &json!({"a": "2"}))).await;
    let cause = json!({"reason": "FieldManagerConflict", "message": "conflict with \"a\"", "field": ".data.a"});
    assert_eq!(refused.refused(409, "Conflict"), &json!({"causes": [cause]}));
    assert_eq!(refused.message(), "Apply failed with 1 conflict: conflict with \"a\": .data.a");
    let forced = api.apply(&format!("{path}?force=true"), "b", &config_map("a", &json!({"a": "2"}))).await;
    assert_eq!((forced.code.as_u16(), &forced.body["data"]["a"]), (200, &json!("2")));
    let shared = api.apply(&path, "c", &config_map("a", &json!({"a": "2"}))).await;
    assert_eq!(shared.body["metadata"]["managedFields"].as_array().map(Vec::len), Some(2), "{}", shared.body);
    api.patch(&format!("{path}?fieldManager=m"), MERGE, &json!({"data": {"u": "1"}})).await;
    let refused = api.apply(&path, "b", &config_map("a", &json!({"a": "2", "u": "2"}))).await;
    assert_eq!(refused.refused(409, "Conflict")["causes"][0]["message"], "conflict with \"m\" using v1");
}

#[tokio::test]
async fn list_items_are_owned_by_their_keys() {
    let api = TestApi::new().await;
    let path = "/apis/apps/v1/namespaces/default/deployments/d";
    let ports = merged(deployment("d"), &[("/spec/template/spec/containers/0/ports", json!([{"containerPort": 80}]))]);
    let created = api.apply(path, "a", &ports).await.body;
    assert_eq!(created["spec"]["template"]["spec"]["containers"][0]["ports"], json!([{"containerPort": 80, "protocol": "TCP"}]));
    let owned =
        &created["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:template"]["f:spec"]["f:containers"]["k:{\"name\":\"c\"}"];
    let expected = json!({".": {}, "f:name": {}, "f:image": {}, "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}});
    assert_eq!(owned, &expected);
    let image = merged(deployment("d"), &[("/spec/template/spec/containers/0/image", json!("i:2"))]);
    let refused = api.apply(path, "b", &image).await;
    assert_eq!(refused.refused(409, "Conflict")["causes"][0]["field"], ".spec.template.spec.containers[name=\"c\"].image");
    let again = api.apply(path, "a", &ports).await.body;
    assert_eq!(again, created);
}

#[tokio::test]
async fn an_object_whose_only_apply_named_no_field_is_not_tracked() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    let created = api.apply(&path, "a", &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})).await;
    assert_eq!((created.code.as_u16(), created.body["metadata"].get("managedFields")), (201, None));
    let patched = api.patch(&path, MERGE, &json!({"data": {"k": "v"}})).await;
    assert_eq!(patched.body["metadata"].get("managedFields"), None);
    let refused = api.apply(&path, "a", &config_map("a", &json!({"k": "w"}))).await;
    assert_eq!(refused.refused(409, "Conflict")["causes"][0]["message"], "conflict with \"before-first-apply\" using v1");
}

#[tokio::test]
async fn an_apply_through_the_main_path_neither_sets_nor_owns_status() {
    let api = TestApi::new().await;
    let path = "/apis/apps/v1/namespaces/default/deployments/d";
    let created = api.apply(path, "a", &merged(deployment("d"), &[("/status", json!({"replicas": 3}))])).await.body;
    assert!(created.get("status").is_none_or(|status| status.get("replicas").is_none()), "{created}");
    assert!(!created["metadata"]["managedFields"].to_string().contains("f:status"));
    let status = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "status": {"replicas": 3}});
    let applied = api.apply(&format!("{path}/status"), "s", &status).await;
    assert_eq!((applied.code.as_u16(), &applied.body["status"]["replicas"]), (200, &json!(3)));
    let entries = applied.body["metadata"]["managedFields"].as_array().expect("entries").clone();
    let own = entries.iter().find(|entry| entry["manager"] == "s").expect("an entry");
    assert_eq!((&own["subresource"], &own["fieldsV1"]), (&json!("status"), &json!({"f:status": {"f:replicas": {}}})));
    api.apply("/apis/apps/v1/namespaces/default/deployments/none/status", "s", &merged(status, &[("/metadata/name", json!("none"))]))
        .await
        .refused(404, "NotFound");
}

/// The managers that own the replicas of an object, with their subresource.
pub(super) fn owners_of_replicas(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().expect("entries");
    let owners = entries.iter().filter(|entry| entry["fieldsV1"]["f:spec"].get("f:replicas").is_some());
    owners
        .map(|entry| format!("{}/{}", entry["manager"].as_str().expect("a name"), entry["subresource"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn an_apply_to_scale_owns_the_replicas_of_each_kind_that_has_them() {
    let api = TestApi::new().await;
    for (group, plural, kind) in [
        ("/apis/apps/v1", "deployments", "Deployment"),
        ("/apis/apps/v1", "statefulsets", "StatefulSet"),
        ("/apis/apps/v1", "replicasets", "ReplicaSet"),
        ("/api/v1", "replicationcontrollers", "ReplicationController"),
    ] {
        let path = format!("{group}/namespaces/default/{plural}/d");
        let version = group.rsplit_once("/apis/").map_or("v1", |(_, version)| version);
        let mut object = merged(deployment("d"), &[("/spec/replicas", json!(1)), ("/kind", json!(kind)), ("/apiVersion", json!(version))]);
        if kind == "ReplicationController" {
            object["spec"]["selector"] = json!({"app": "d"});
        }
        let created = api.apply(&path, "a", &object).await;
        assert_eq!(created.code, 201, "{}", created.body);
        let scale = |replicas: i32| json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": {"replicas": replicas}});
        let at = format!("{path}/scale");
        let refused = api.apply(&at, "s", &scale(7)).await;
        let cause = json!({"reason": "FieldManagerConflict", "message": "conflict with \"a\"", "field": ".spec.replicas"});
        assert_eq!(refused.refused(409, "Conflict"), &json!({"causes": [cause]}));
        let forced = api.apply(&format!("{at}?force=true"), "s", &scale(7)).await;
        assert_eq!((forced.code.as_u16(), &forced.body["kind"], &forced.body["spec"]), (200, &json!("Scale"), &json!({"replicas": 7})));
        let live = api.get(&path).await.body;
        assert_eq!((&live["spec"]["replicas"], owners_of_replicas(&live)), (&json!(7), vec!["s/scale".to_owned()]));
        let entry = live["metadata"]["managedFields"].as_array().expect("entries").iter().find(|entry| entry["manager"] == "s").cloned();
        let entry = entry.expect("an entry");
        assert_eq!((&entry["apiVersion"], &entry["operation"]), (&json!(version), &json!("Apply")), "{kind}");
        assert_eq!(entry["fieldsV1"], json!({"f:spec": {"f:replicas": {}}}));
        let again = api.apply(&at, "s", &scale(7)).await;
        assert_eq!(again.body, forced.body, "nothing is written twice");
        api.apply(&path, "a", &object).await.refused(409, "Conflict");
        let replaced = api.put(&format!("{at}?fieldManager=r"), &scale(9)).await;
        assert_eq!(replaced.code, 200, "{}", replaced.body);
        let refused = api.apply(&at, "s", &scale(7)).await;
        let message = "conflict with \"r\" with subresource \"scale\" using autoscaling/v1";
        assert_eq!(refused.refused(409, "Conflict")["causes"][0]["message"], message);
        assert_eq!(api.apply(&at, "s", &scale(9)).await.code, 200);
        assert_eq!(owners_of_replicas(&api.get(&path).await.body), ["s/scale", "r/scale"]);
        api.patch(&format!("{at}?fieldManager=p"), MERGE, &json!({"spec": {"replicas": 5}})).await;
        assert_eq!(owners_of_replicas(&api.get(&path).await.body), ["p/scale"]);
        api.patch(&format!("{at}?fieldManager=p"), MERGE, &json!({"status": {"replicas": 42}})).await;
        assert_eq!(owners_of_replicas(&api.get(&path).await.body), ["p/scale"], "the status of a Scale is only shown");
    }
}

#[tokio::test]
async fn an_apply_to_scale_is_refused_as_any_other_apply() {
    let api = TestApi::new().await;
    let path = "/apis/apps/v1/namespaces/default/deployments/d";
    let at = format!("{path}/scale");
    let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 2}});
    api.apply(&at, "s", &scale).await.refused(404, "NotFound");
    let created = api.create("/apis/apps/v1/namespaces/default/deployments", &deployment("d")).await;
    api.patch(&at, APPLY, &scale).await.refused(422, "Invalid");
    api.apply(&at, "s", &merged(deployment("d"), &[])).await.refused(400, "BadRequest");
    api.apply(&at, "s", &merged(scale.clone(), &[("/metadata", json!({"name": "other"}))])).await.refused(400, "BadRequest");
    api.apply(&at, "s", &merged(scale.clone(), &[("/spec/replicas", json!("two"))])).await.refused(400, "BadRequest");
    api.apply(&at, "s", &merged(scale.clone(), &[("/metadata", json!({"uid": "other"}))])).await.refused(422, "Invalid");
    api.apply(&at, "s", &merged(scale.clone(), &[("/metadata", json!({"resourceVersion": "1"}))])).await.refused(409, "Conflict");
    let negative = api.apply(&format!("{at}?force=true"), "s", &merged(scale.clone(), &[("/spec/replicas", json!(-1))])).await;
    assert_eq!(negative.refused(422, "Invalid")["causes"][0]["field"], "spec.replicas");
    let strict = merged(scale.clone(), &[("/spec/more", json!(1))]);
    api.apply(&format!("{at}?fieldValidation=Strict"), "s", &strict).await.refused(400, "BadRequest");
    let dry = api.apply(&format!("{at}?force=true&dryRun=All"), "s", &scale).await;
    assert_eq!(dry.body["spec"], json!({"replicas": 2}));
    assert_eq!(api.get(path).await.body, created);
}

#[tokio::test]
async fn replicas_that_nobody_applied_belong_to_whoever_came_before() {
    let api = TestApi::new().await;
    let path = "/apis/apps/v1/namespaces/default/deployments/d";
    let mut object = deployment("d");
    object["spec"].as_object_mut().expect("a spec").remove("replicas");
    api.apply(path, "a", &object).await;
    let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 2}});
    let refused = api.apply(&format!("{path}/scale"), "s", &scale).await;
    let message = "conflict with \"before-first-apply\" with subresource \"scale\" using autoscaling/v1";
    assert_eq!(refused.refused(409, "Conflict")["causes"][0]["message"], message);
    let shared = api.apply(&format!("{path}/scale"), "s", &merged(scale, &[("/spec/replicas", json!(1))])).await;
    assert_eq!(shared.code, 200, "{}", shared.body);
    assert_eq!(owners_of_replicas(&api.get(path).await.body), ["s/scale", "before-first-apply/scale"]);
}

#[tokio::test]
async fn what_the_only_manager_drops_is_owned_by_nobody() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    api.apply(&path, "a", &config_map("a", &json!({"k": "v"}))).await;
    let nothing = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let emptied = api.apply(&path, "a", &nothing).await.body;
    assert_eq!((emptied.get("data"), emptied["metadata"].get("managedFields")), (None, None));
}

#[tokio::test]
async fn an_apply_of_a_known_uid_creates_nothing() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    let known = merged(config_map("a", &json!({})), &[("/metadata/uid", json!("u"))]);
    let refused = api.apply(&path, "a", &known).await;
    refused.refused(409, "Conflict");
    assert!(refused.message().ends_with("uid mismatch: the provided object specified uid u, and no existing object was found"));
    let pinned = merged(config_map("a", &json!({})), &[("/metadata/resourceVersion", json!("7"))]);
    assert_eq!(api.apply(&path, "a", &pinned).await.code, 201, "a resourceVersion pins only what is there");
}

#[tokio::test]
async fn an_apply_may_pin_the_object_it_means() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    let created = api.apply(&path, "a", &config_map("a", &json!({"k": "v"}))).await.body;
    let pin = |member: &str, value: Value| merged(config_map("a", &json!({"k": "w"})), &[(&format!("/metadata/{member}"), value)]);
    api.apply(&path, "a", &pin("resourceVersion", json!("1"))).await.refused(409, "Conflict");
    api.apply(&path, "a", &pin("uid", json!("other"))).await.refused(422, "Invalid");
    let fits = api.apply(&path, "a", &pin("resourceVersion", created["metadata"]["resourceVersion"].clone())).await;
    assert_eq!(fits.code, 200);
}

#[tokio::test]
async fn both_groups_of_events_know_each_others_owners() {
    let api = TestApi::new().await;
    let core = "/api/v1/namespaces/default/events/e";
    let new = "/apis/events.k8s.io/v1/namespaces/default/events/e";
    let about = json!({"kind": "Pod", "namespace": "default", "name": "p"});
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"}, "regarding": about,
        "note": "one", "reason": "R", "type": "Normal", "action": "A", "eventTime": "2026-11-22T10:00:00.000000Z",
        "reportingController": "example.com/c", "reportingInstance": "c-1",
    });
    let created = api.apply(new, "a", &event).await;
    assert_eq!(created.code, 201, "{}", created.body);
    let other = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"}, "message": "two"});
    let refused = api.apply(core, "b", &other).await;
    assert_eq!(refused.refused(409, "Conflict")["causes"][0]["field"], ".note", "the field as its owner calls it");
    let forced = api.apply(&format!("{core}?force=true"), "b", &other).await;
    assert_eq!((forced.code.as_u16(), &forced.body["message"]), (200, &json!("two")), "{}", forced.body);
    let live = api.get(core).await.body;
    let entries = live["metadata"]["managedFields"].as_array().expect("entries");
    let of = |manager: &str| entries.iter().find(|entry| entry["manager"] == manager).expect("an entry");
    assert_eq!((&of("b")["apiVersion"], &of("b")["fieldsV1"]), (&json!("v1"), &json!({"f:message": {}})));
    assert!(of("a")["fieldsV1"].get("f:note").is_none());
}

#[tokio::test]
async fn kubectl_takes_over_what_it_applied_from_the_clients_side() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    const LAST: &str = "kubectl.kubernetes.io/last-applied-configuration";
    let in_namespace = |data: Value| merged(config_map("a", &data), &[("/metadata/namespace", json!("default"))]);
    let applied = in_namespace(json!({"k": "v"}));
    let mut before = applied.clone();
    before["metadata"]["annotations"] = json!({LAST: applied.to_string()});
    api.post(&format!("{MAPS}?fieldManager=kubectl-client-side-apply"), &before).await;
    let changed = in_namespace(json!({"k": "w"}));
    api.apply(&path, "other", &changed).await.refused(409, "Conflict");
    let taken = api.apply(&path, "kubectl", &changed).await;
    assert_eq!((taken.code.as_u16(), &taken.body["data"]), (200, &json!({"k": "w"})), "{}", taken.body);
    let renewed = taken.body["metadata"]["annotations"][LAST].as_str().expect("the annotation");
    assert_eq!(serde_json::from_str::<Value>(renewed).expect("JSON"), changed);
    assert_eq!(api.apply(&path, "kubectl", &changed).await.body, taken.body, "nothing is written twice");
}

#[tokio::test]
async fn only_an_apply_that_creates_must_state_the_name() {
    let api = TestApi::new().await;
    let nameless = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": "v"}});
    let path = format!("{MAPS}/a");
    let refused = api.apply(&path, "a", &nameless).await;
    refused.refused(400, "BadRequest");
    assert!(refused.message().ends_with("was undeterminable: name must be provided"), "{}", refused.message());
    api.apply(&path, "a", &config_map("a", &json!({}))).await;
    assert_eq!(api.apply(&path, "a", &nameless).await.body["data"]["k"], "v", "what exists is named by the path");
    api.apply(&path, "a", &merged(nameless.clone(), &[("/metadata", json!({"name": "b"}))])).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn an_apply_to_status_is_of_the_status_alone() {
    let api = TestApi::new().await;
    let path = "/apis/apps/v1/namespaces/default/deployments/d";
    api.apply(path, "a", &deployment("d")).await;
    let both = merged(deployment("d"), &[("/spec/replicas", json!(9)), ("/status", json!({"replicas": 3}))]);
    let written = api.apply(&format!("{path}/status"), "a", &both).await;
    assert_eq!((&written.body["spec"]["replicas"], &written.body["status"]["replicas"]), (&json!(1), &json!(3)), "{}", written.body);
    let entries = written.body["metadata"]["managedFields"].as_array().expect("entries").clone();
    let found: Vec<_> = entries.iter().map(|entry| (&entry["manager"], entry.get("subresource"))).collect();
    assert_eq!(found, [(&json!("a"), None), (&json!("a"), Some(&json!("status")))]);
    let other = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "status": {"replicas": 4}});
    let refused = api.apply(&format!("{path}/status"), "b", &other).await;
    assert_eq!(refused.refused(409, "Conflict")["causes"][0]["message"], "conflict with \"a\" with subresource \"status\"");
    let dropped =
        api.apply(&format!("{path}/status"), "a", &json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}})).await;
    assert!(dropped.body["status"].get("replicas").is_none(), "{}", dropped.body);
    assert_eq!(dropped.body["metadata"]["managedFields"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn names_of_managers_are_short_and_printable() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    let map = config_map("a", &json!({"k": "v"}));
    assert_eq!(api.apply(&path, &"m".repeat(128), &map).await.code, 201);
    for (name, reason) in
        [("m".repeat(129), "FieldValueTooLong"), ("a%09b".to_owned(), "FieldValueInvalid"), ("a%C2%A0b".to_owned(), "FieldValueInvalid")]
    {
        let refused = api.apply(&path, &name, &map).await;
        assert_eq!(refused.refused(422, "Invalid")["causes"][0]["reason"], reason, "{name}");
    }
    assert_eq!(api.apply(&path, "a%20b%C3%A9", &map).await.code, 200);
}
