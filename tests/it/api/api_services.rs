//! APIServices: what is served here.

use std::sync::Arc;

use serde_json::json;
use trueup::store::{MemoryStore, Store};

use super::definitions::Held;
use super::{MERGE, TestApi};

const PATH: &str = "/apis/apiregistration.k8s.io/v1/apiservices";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

fn definition() -> serde_json::Value {
    let version = json!({"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}});
    let names = json!({"plural": "things", "kind": "Thing"});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]},
    })
}

#[tokio::test]
async fn there_is_one_for_each_group_and_version_served() {
    for api in TestApi::on_each_store().await {
        let list = api.get(PATH).await;
        let names = list.names();
        for name in ["v1.", "v1.apps", "v1.autoscaling", "v2.autoscaling", "v1.authorization.k8s.io", "v1.apiextensions.k8s.io"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        let one = api.get(&format!("{PATH}/v1.apps")).await.body;
        assert_eq!(one["spec"], json!({"group": "apps", "version": "v1", "groupPriorityMinimum": 17800, "versionPriority": 15}));
        let condition = json!({
            "type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available",
            "lastTransitionTime": "2026-11-22T10:00:00Z",
        });
        assert_eq!(one["status"]["conditions"], json!([condition]));
        let table = api.get_as(&format!("{PATH}/v1."), "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
        assert_eq!(table["rows"][0]["cells"], json!(["v1.", "Local", "True", "0s"]));
        assert_eq!(api.get(PATH).await.version(), list.version(), "asking again writes nothing");
    }
}

#[tokio::test]
async fn those_of_definitions_come_and_go_with_them() {
    let api = TestApi::new().await;
    let from = api.get(PATH).await;
    let mut watch = api.watch(&format!("{PATH}?resourceVersion={}", from.version())).await;
    api.create(DEFINITIONS, &definition()).await;
    watch.expect(&[("ADDED", "v1.example.com")]).await;
    let one = api.get(&format!("{PATH}/v1.example.com")).await.body;
    assert_eq!(one["spec"], json!({"group": "example.com", "version": "v1", "groupPriorityMinimum": 1000, "versionPriority": 100}));
    let gone = format!("{DEFINITIONS}/things.example.com");
    assert_eq!(api.delete(&gone).await.code, 200);
    // As the controller for definitions does when no object is left.
    assert_eq!(api.patch(&gone, MERGE, &json!({"metadata": {"finalizers": null}})).await.code, 200);
    watch.expect(&[("DELETED", "v1.example.com")]).await;
    api.get(&format!("{PATH}/v1.example.com")).await.refused(404, "NotFound");
}

#[tokio::test]
async fn a_server_that_has_not_heard_of_a_definition_yet_leaves_its_service_alone() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let first = TestApi::over(Arc::clone(&store), None).await;
    first.get(PATH).await;
    let held = Arc::new(Held::over(store));
    let late = Arc::new(TestApi::over(Arc::clone(&held) as Arc<dyn Store>, None).await);
    late.get(DEFINITIONS).await;
    held.open.send_replace(false);
    first.create(DEFINITIONS, &definition()).await;
    let one = format!("{PATH}/v1.example.com");
    let before = first.get(&one).await.body;
    let asking = Arc::clone(&late);
    let asked = tokio::spawn(async move { asking.get(PATH).await });
    // Time enough to go wrong in: all of this is one thread.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    held.open.send_replace(true);
    let list = asked.await.expect("no panic");
    assert!(list.names().contains(&"v1.example.com"), "{}", list.body);
    assert_eq!(first.get(&one).await.body["metadata"]["uid"], before["metadata"]["uid"]);
}

#[tokio::test]
async fn they_may_be_labelled_and_stay_what_they_are() {
    let api = TestApi::new().await;
    let one = format!("{PATH}/v1.apps");
    let labelled = api.patch(&one, MERGE, &json!({"metadata": {"labels": {"a": "b"}}, "spec": {"versionPriority": 7}})).await;
    assert_eq!(labelled.code, 200, "{}", labelled.body);
    let after = api.get(&one).await.body;
    assert_eq!((&after["metadata"]["labels"]["a"], &after["spec"]["versionPriority"]), (&json!("b"), &json!(15)));
    assert_eq!(api.delete(&one).await.code, 200);
    assert_eq!(api.get(&one).await.code, 200, "it is served, so it is there");
}

#[tokio::test]
async fn others_are_local_too_or_refused_by_field() {
    let api = TestApi::new().await;
    let service = |name: &str, more: serde_json::Value| {
        let mut spec = json!({"group": "metrics.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100});
        spec.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        json!({"metadata": {"name": name}, "spec": spec})
    };
    let aggregated = api.post(PATH, &service("v1.metrics.example.com", json!({"service": {"namespace": "a", "name": "b"}}))).await;
    let causes = aggregated.refused(422, "Invalid")["causes"].as_array().expect("causes");
    assert_eq!((causes.len(), &causes[0]["field"]), (1, &json!("spec.service")));
    assert!(causes[0]["message"].as_str().expect("text").contains("aggregated API servers are not supported"));
    let wrong = api.post(PATH, &service("other", json!({"versionPriority": 0, "caBundle": "YQ=="}))).await;
    let causes = wrong.refused(422, "Invalid")["causes"].as_array().expect("causes");
    let fields: Vec<_> = causes.iter().map(|cause| cause["field"].as_str().expect("a field")).collect();
    assert_eq!(fields, ["metadata.name", "spec.versionPriority", "spec.caBundle"]);
    let made = api.create(PATH, &service("v1.metrics.example.com", json!({}))).await;
    assert_eq!(made["status"]["conditions"][0]["reason"], "Local");
    assert!(api.get(PATH).await.names().contains(&"v1.metrics.example.com"), "who made it takes it away");
}
