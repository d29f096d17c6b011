//! Parts of a pod that change through paths of their own: containers that join it later, and how much its containers may have.

use serde_json::{Value, json};

use super::{JSON_PATCH, MERGE, STRATEGIC, TestApi, merged};

const PODS: &str = "/api/v1/namespaces/default/pods";
const JOIN: &str = "/api/v1/namespaces/default/pods/p/ephemeralcontainers";
const RESIZE: &str = "/api/v1/namespaces/default/pods/p/resize";

fn amounts(cpu: &str) -> Value {
    json!({"requests": {"cpu": cpu, "memory": "1Gi"}})
}

async fn with_pod() -> TestApi {
    let api = TestApi::new().await;
    let containers = json!([{"name": "c", "image": "i:1", "resources": amounts("1")}]);
    api.create(PODS, &json!({"metadata": {"name": "p", "labels": {"a": "b"}}, "spec": {"containers": containers}})).await;
    api
}

fn joins(name: &str, image: &str) -> Value {
    json!({"spec": {"ephemeralContainers": [{"name": name, "image": image}]}})
}

fn resized(resources: &Value) -> Value {
    json!({"spec": {"containers": [{"name": "c", "resources": resources}]}})
}

/// The entry of the managed fields that a manager wrote through a path.
fn entry<'a>(pod: &'a Value, manager: &str, subresource: &str) -> Option<&'a Value> {
    let entries = pod["metadata"]["managedFields"].as_array().into_iter().flatten();
    entries.filter(|entry| entry["manager"] == manager && entry["subresource"] == subresource).map(|entry| &entry["fieldsV1"]).next()
}

#[tokio::test]
async fn containers_join_a_pod_through_their_own_path_and_stay() {
    let api = with_pod().await;
    let more = [("/metadata", json!({"labels": {"x": "y"}})), ("/spec/activeDeadlineSeconds", json!(5))];
    let joined = api.patch(JOIN, STRATEGIC, &merged(joins("e", "debug:1"), &more)).await;
    assert_eq!(joined.code, 200, "{}", joined.body);
    let container = &joined.body["spec"]["ephemeralContainers"][0];
    assert_eq!((&container["name"], &container["terminationMessagePath"]), (&json!("e"), &json!("/dev/termination-log")));
    assert_eq!(joined.body["metadata"]["labels"], json!({"a": "b"}));
    assert_eq!(joined.body["spec"].get("activeDeadlineSeconds"), None);
    assert_eq!(joined.body["metadata"]["generation"], 2);
    assert!(entry(&joined.body, "tester", "ephemeralcontainers").is_some(), "{}", joined.body["metadata"]);
    assert_eq!(api.get(JOIN).await.body, joined.body);

    let changed = api.patch(JOIN, STRATEGIC, &joins("e", "debug:2")).await;
    let cause = &changed.refused(422, "Invalid")["causes"][0];
    assert_eq!((&cause["field"], &cause["reason"]), (&json!("spec.ephemeralContainers"), &json!("FieldValueForbidden")));
    assert!(changed.message().contains("existing ephemeral containers \"e\" may not be changed\n"), "{}", changed.message());
    let gone = api.patch(JOIN, JSON_PATCH, &json!([{"op": "remove", "path": "/spec/ephemeralContainers"}])).await;
    gone.refused(422, "Invalid");
    assert!(gone.message().contains("existing ephemeral containers \"e\" may not be removed"), "{}", gone.message());
    let mut second = joined.body.clone();
    second["spec"]["ephemeralContainers"]
        .as_array_mut()
        .expect("a list")
        .push(json!({"name": "f", "image": "i", "targetContainerName": "c"}));
    let both = api.put(JOIN, &second).await;
    assert_eq!((both.code.as_u16(), &both.body["metadata"]["generation"]), (200, &json!(3)), "{}", both.body);
    let ports = json!({"spec": {"ephemeralContainers": [{"name": "g", "image": "i", "ports": [{"containerPort": 80}]}]}});
    let refused = api.patch(JOIN, STRATEGIC, &ports).await;
    assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "spec.ephemeralContainers[0].ports");
}

#[tokio::test]
async fn containers_cannot_join_through_the_pod_itself() {
    let api = with_pod().await;
    let refused = api.patch(&format!("{PODS}/p"), STRATEGIC, &joins("e", "i")).await;
    assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "spec");
    let mirror = json!({"metadata": {"name": "m", "annotations": {"kubernetes.io/config.mirror": "x"}},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}});
    api.create(PODS, &mirror).await;
    let refused = api.patch(&format!("{PODS}/m/ephemeralcontainers"), STRATEGIC, &joins("e", "i")).await;
    refused.refused(422, "Invalid");
    assert!(refused.message().ends_with("static pods do not support ephemeral containers"), "{}", refused.message());
}

#[tokio::test]
async fn an_apply_to_a_part_owns_that_part_alone() {
    let api = with_pod().await;
    let stated = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"z": "z"}}, "spec": spec});
    let containers = json!([{"name": "c", "image": "other", "resources": {"requests": {"cpu": "2"}}}]);
    let conflict = api.apply(RESIZE, "sizer", &stated(json!({"containers": containers}))).await;
    let causes = &conflict.refused(409, "Conflict")["causes"];
    assert_eq!(causes.as_array().map(Vec::len), Some(1), "{causes}");
    assert_eq!(causes[0]["field"], ".spec.containers[name=\"c\"].resources.requests.cpu");
    let applied = api.apply(&format!("{RESIZE}?force=true"), "sizer", &stated(json!({"containers": containers}))).await;
    assert_eq!(applied.code, 200, "{}", applied.body);
    let container = &applied.body["spec"]["containers"][0];
    assert_eq!((&container["image"], &container["resources"]["requests"]["cpu"]), (&json!("i:1"), &json!("2")));
    let own = json!({"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:resources": {"f:requests": {"f:cpu": {}}}}}}});
    assert_eq!(entry(&applied.body, "sizer", "resize"), Some(&own));
    assert_eq!(applied.body["metadata"]["labels"], json!({"a": "b"}));

    let joined = api.apply(JOIN, "debugger", &stated(json!({"nodeName": "n", "ephemeralContainers": [{"name": "e", "image": "i"}]}))).await;
    assert_eq!(joined.code, 200, "{}", joined.body);
    let own = json!({"f:spec": {"f:ephemeralContainers": {"k:{\"name\":\"e\"}": {".": {}, "f:image": {}, "f:name": {}}}}});
    assert_eq!(entry(&joined.body, "debugger", "ephemeralcontainers"), Some(&own));
    let none =
        api.apply(&format!("{PODS}/none/resize"), "sizer", &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "none"}})).await;
    none.refused(404, "NotFound");
}

#[tokio::test]
async fn a_resize_changes_amounts_within_the_class_of_service() {
    let api = with_pod().await;
    api.patch(&format!("{PODS}/p"), STRATEGIC, &resized(&amounts("2"))).await.refused(422, "Invalid");
    let done = api.patch(RESIZE, STRATEGIC, &merged(resized(&amounts("2")), &[("/spec/containers/0/image", json!("other"))])).await;
    assert_eq!(done.code, 200, "{}", done.body);
    assert_eq!(done.body["spec"]["containers"][0]["resources"]["requests"], json!({"cpu": "2", "memory": "1Gi"}));
    assert_eq!((&done.body["spec"]["containers"][0]["image"], &done.body["metadata"]["generation"]), (&json!("i:1"), &json!(2)));
    assert_eq!(done.body["status"], json!({"phase": "Pending", "qosClass": "Burstable"}));

    let container = |resources: Value| json!({"name": "c", "image": "i:1", "resources": resources});
    let guaranteed = json!({"requests": {"cpu": "2", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "1Gi"}});
    let storage = json!({"requests": {"cpu": "2", "memory": "1Gi", "ephemeral-storage": "1Gi"}});
    let second = json!({"name": "d", "image": "i"});
    for (containers, field, why) in [
        (json!([container(guaranteed)]), "spec", "Invalid value: \"Burstable\": Pod QOS Class may not change as a result of resizing"),
        (
            json!([container(json!({"requests": {"cpu": "2"}}))]),
            "spec.containers[0].resources.requests",
            "Forbidden: resource requests cannot be removed",
        ),
        (json!([container(storage)]), "spec", "Forbidden: only cpu and memory resources are mutable"),
        (json!([container(amounts("1")), second]), "spec.containers", "Forbidden: containers may not be added or removed on resize"),
        (
            json!([merged(container(amounts("1")), &[("/name", json!("d"))])]),
            "spec.containers[0].name",
            "Forbidden: containers may not be renamed or reordered on resize",
        ),
    ] {
        let refused = api.put(RESIZE, &merged(done.body.clone(), &[("/spec/containers", containers)])).await;
        let cause = &refused.refused(422, "Invalid")["causes"][0];
        assert_eq!((&cause["field"], &cause["message"]), (&json!(field), &json!(why)));
    }

    let running = json!([{"name": "c", "image": "i:1", "imageID": "", "ready": true, "restartCount": 0, "state": {"running": {}}}]);
    let status = json!({"status": {"phase": "Running", "containerStatuses": running}});
    assert_eq!(api.patch(&format!("{PODS}/p/status"), MERGE, &status).await.code, 200);
    let refused = api.patch(RESIZE, STRATEGIC, &resized(&amounts("3"))).await;
    refused.refused(422, "Invalid");
    assert!(refused.message().contains("Pod running on node without support for resize"), "{}", refused.message());
}

#[tokio::test]
async fn the_parts_are_discovered_and_described() {
    let api = TestApi::new().await;
    let list = api.get("/api/v1").await.body;
    let part = |name: &str| list["resources"].as_array().expect("a list").iter().find(|entry| entry["name"] == name).cloned();
    for name in ["pods/ephemeralcontainers", "pods/resize"] {
        let expected = json!({"name": name, "singularName": "", "namespaced": true, "kind": "Pod", "verbs": ["get", "patch", "update"]});
        assert_eq!(part(name), Some(expected));
    }
    let eviction = json!({
        "name": "pods/eviction", "singularName": "", "namespaced": true, "kind": "Eviction", "group": "policy", "version": "v1",
        "verbs": ["create"],
    });
    assert_eq!(part("pods/eviction"), Some(eviction));
    let paths = &api.get("/openapi/v3/api/v1").await.body["paths"];
    let operations = |part: &str| paths[&format!("/api/v1/namespaces/{{namespace}}/pods/{{name}}/{part}")].clone();
    assert_eq!(operations("eviction")["post"]["operationId"], "createCoreV1NamespacedPodEviction");
    assert_eq!(operations("resize")["patch"]["operationId"], "patchCoreV1NamespacedPodResize");
    assert_eq!(operations("ephemeralcontainers")["put"]["operationId"], "replaceCoreV1NamespacedPodEphemeralcontainers");
}
