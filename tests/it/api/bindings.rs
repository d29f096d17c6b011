//! Pods are put on nodes.

use serde_json::{Value, json};

use super::TestApi;

const PODS: &str = "/api/v1/namespaces/default/pods";
const BINDINGS: &str = "/api/v1/namespaces/default/bindings";

fn pod(name: &str, more: &Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": "i"}]});
    spec.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    json!({"metadata": {"name": name, "labels": {"a": "pod"}, "annotations": {"a": "pod"}}, "spec": spec})
}

fn binding(name: &str, node: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Binding", "target": {"kind": "Node", "name": node},
        "metadata": {"name": name, "labels": {"a": "binding", "b": "binding"}, "annotations": {"a": "binding", "b": "binding"}},
    })
}

#[tokio::test]
async fn a_binding_puts_a_pod_on_a_node_once() {
    for (path, name) in [(BINDINGS.to_owned(), "one"), (format!("{PODS}/two/binding"), "two")] {
        for api in TestApi::on_each_store().await {
            let created = api.create(PODS, &pod(name, &json!({}))).await;
            let bound = api.post(&path, &binding(name, "n1")).await;
            assert_eq!(bound.code, 201);
            assert_eq!(bound.body, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}));
            let after = api.get(&format!("{PODS}/{name}")).await.body;
            assert_eq!(after["spec"]["nodeName"], "n1");
            assert_eq!(
                after["status"]["conditions"],
                json!([{"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-11-22T10:00:00Z"}])
            );
            let metadata = &after["metadata"];
            assert_eq!(metadata["annotations"], json!({"a": "binding", "b": "binding"}));
            assert_eq!(metadata["labels"], json!({"a": "pod", "b": "binding"}));
            assert_eq!((&metadata["generation"], &metadata["managedFields"]), (&json!(1), &created["metadata"]["managedFields"]));

            let again = api.post(&path, &binding(name, "n2")).await;
            assert_eq!(again.refused(409, "Conflict")["kind"], "pods/binding");
            assert!(again.message().contains("is already assigned to node \"n1\""), "{}", again.message());
        }
    }
}

#[tokio::test]
async fn a_binding_with_nothing_to_add_leaves_the_metadata_as_it_is() {
    let api = TestApi::new().await;
    api.create(PODS, &json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})).await;
    let binding = json!({"metadata": {"name": "p"}, "target": {"name": "n"}});
    assert_eq!(api.post(&format!("{PODS}/p/binding"), &binding).await.code, 201);
    let metadata = &api.get(&format!("{PODS}/p")).await.body["metadata"];
    assert_eq!((metadata.get("labels"), metadata.get("annotations")), (None, None));
}

#[tokio::test]
async fn what_cannot_be_bound_is_left_where_it_is() {
    let api = TestApi::new().await;
    let created = api.create(PODS, &pod("free", &json!({}))).await;
    api.create(PODS, &pod("gated", &json!({"schedulingGates": [{"name": "example.com/wait"}]}))).await;
    assert_eq!(api.post(BINDINGS, &binding("none", "n1")).await.refused(404, "NotFound")["name"], "none");
    let gated = api.post(BINDINGS, &binding("gated", "n1")).await;
    gated.refused(409, "Conflict");
    assert!(gated.message().contains("schedulingGates"), "{}", gated.message());
    let mut other = binding("free", "n1");
    other["metadata"]["uid"] = "other".into();
    api.post(BINDINGS, &other).await.refused(409, "Conflict");
    let mut stale = binding("free", "n1");
    stale["metadata"]["resourceVersion"] = "1".into();
    api.post(BINDINGS, &stale).await.refused(409, "Conflict");
    let refused = api.post(BINDINGS, &json!({"metadata": {"name": "free"}, "target": {"kind": "Minion"}})).await;
    let causes = refused.refused(422, "Invalid")["causes"].as_array().expect("causes");
    let fields: Vec<_> = causes.iter().map(|cause| &cause["field"]).collect();
    assert_eq!(fields, ["target.kind", "target.name"]);
    let misnamed = api.post(&format!("{PODS}/free/binding"), &binding("gated", "n1")).await;
    misnamed.refused(400, "BadRequest");
    assert_eq!(misnamed.message(), "name in URL does not match name in Binding object");
    assert_eq!(api.post(&format!("{BINDINGS}?dryRun=All"), &binding("free", "n1")).await.code, 201);
    assert_eq!(api.get(&format!("{PODS}/free")).await.version(), created["metadata"]["resourceVersion"]);
    let mut sure = binding("free", "n1");
    sure["metadata"]["uid"] = created["metadata"]["uid"].clone();
    sure["metadata"]["resourceVersion"] = created["metadata"]["resourceVersion"].clone();
    assert_eq!(api.post(BINDINGS, &sure).await.code, 201);
}
