//! What admission plugins make of pods: priority, tolerations, service account.

use std::sync::Arc;

use serde_json::{Value, json};
use trueup::admission::Plugins;
use trueup::ambient::Ambient;
use trueup::api::{Api, ServiceRanges};
use trueup::store::{MemoryStore, Store};

use super::{MERGE, TestApi};

const PODS: &str = "/api/v1/namespaces/default/pods";
const CLASSES: &str = "/apis/scheduling.k8s.io/v1/priorityclasses";
const ACCOUNTS: &str = "/api/v1/namespaces/default/serviceaccounts";

fn pod(name: &str, spec: &Value) -> Value {
    let mut pod =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    for (name, value) in spec.as_object().expect("members") {
        pod["spec"][name] = value.clone();
    }
    pod
}

async fn with_plugins(enabled: &str, disabled: &str) -> TestApi {
    let read =
        |text: &str| -> Vec<_> { text.split(',').filter(|name| !name.is_empty()).map(|name| name.parse().expect("known")).collect() };
    let plugins = Plugins::default().switched(&read(enabled), &read(disabled)).expect("possible");
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let ambient = Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"));
    let api = Api::with_plugins(Arc::clone(&store), ambient, ServiceRanges::default(), plugins).await.expect("it opens");
    TestApi::around(api, store)
}

#[tokio::test]
async fn a_pod_gets_the_priority_of_its_class_and_keeps_it() {
    let api = TestApi::new().await;
    let none = api.create(PODS, &pod("none", &json!({}))).await;
    assert_eq!((&none["spec"]["priority"], &none["spec"]["preemptionPolicy"]), (&json!(0), &json!("PreemptLowerPriority")));
    let refused = api.post(PODS, &pod("a", &json!({"priorityClassName": "high"}))).await;
    refused.refused(403, "Forbidden");
    assert_eq!(refused.message(), "pods \"a\" is forbidden: no PriorityClass with name high was found");
    api.create(CLASSES, &json!({"metadata": {"name": "high"}, "value": 9, "preemptionPolicy": "Never", "globalDefault": true})).await;
    let made = api.create(PODS, &pod("a", &json!({}))).await;
    let said = |pod: &Value| ["priorityClassName", "priority", "preemptionPolicy"].map(|name| pod["spec"][name].clone());
    assert_eq!(said(&made), [json!("high"), json!(9), json!("Never")]);
    let mut silent = made.clone();
    silent["spec"].as_object_mut().expect("a spec").remove("priority");
    let replaced = api.send("PUT", &format!("{PODS}/a"), "application/json", &silent).await;
    assert_eq!(said(&replaced.body), said(&made));
    let system = api.create(PODS, &pod("system", &json!({"priorityClassName": "system-cluster-critical"}))).await;
    assert_eq!(system["spec"]["priority"], 2_000_000_000);
}

#[tokio::test]
async fn a_server_makes_the_classes_of_the_system_once() {
    let api = TestApi::new().await;
    for _ in 0..2 {
        api.api.make_priority_classes().await.expect("made");
    }
    let classes = api.get(CLASSES).await.body;
    let named: Vec<_> =
        classes["items"].as_array().expect("a list").iter().map(|class| (&class["metadata"]["name"], &class["value"])).collect();
    let expected = [(json!("system-cluster-critical"), json!(2_000_000_000)), (json!("system-node-critical"), json!(2_000_001_000))];
    assert_eq!(named, expected.iter().map(|(name, value)| (name, value)).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_plugins_fill_in_is_nobodys_and_an_apply_again_changes_nothing() {
    let api = with_plugins("ServiceAccount", "").await;
    api.create(ACCOUNTS, &json!({"metadata": {"name": "default"}})).await;
    let own = json!({"tolerations": [{"key": "k", "operator": "Exists"}]});
    let applied = api.apply(&format!("{PODS}/a"), "m", &pod("a", &own)).await;
    assert_eq!(applied.code, 201, "{}", applied.body);
    let spec = &applied.body["spec"];
    assert_eq!(spec["tolerations"].as_array().map(Vec::len), Some(3));
    assert_eq!(spec["serviceAccountName"], "default");
    let volume = spec["volumes"][0]["name"].as_str().expect("a name").to_owned();
    assert!(volume.starts_with("kube-api-access-") && volume.len() == "kube-api-access-".len() + 5, "{volume}");
    assert_eq!(spec["containers"][0]["volumeMounts"][0]["name"], volume.as_str());
    let owned = &applied.body["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    for name in ["f:priority", "f:serviceAccountName", "f:volumes", "f:preemptionPolicy"] {
        assert!(owned.get(name).is_none(), "{name}: {owned}");
    }
    let again = api.apply(&format!("{PODS}/a"), "m", &pod("a", &own)).await;
    assert_eq!(again.code, 200, "{}", again.body);
    assert_eq!(again.body, applied.body);
}

#[tokio::test]
async fn a_pod_runs_as_an_account_that_is_there() {
    let api = with_plugins("ServiceAccount", "Priority,DefaultTolerationSeconds").await;
    let refused = api.post(PODS, &pod("a", &json!({"serviceAccountName": "robot"}))).await;
    refused.refused(403, "Forbidden");
    assert_eq!(
        refused.message(),
        "pods \"a\" is forbidden: error looking up service account default/robot: serviceaccount \"robot\" not found"
    );
    api.create(
        ACCOUNTS,
        &json!({"metadata": {"name": "robot"}, "automountServiceAccountToken": false, "imagePullSecrets": [{"name": "s"}]}),
    )
    .await;
    let made = api.create(PODS, &pod("a", &json!({"serviceAccount": "robot"}))).await;
    let spec = &made["spec"];
    assert_eq!([&spec["serviceAccountName"], &spec["serviceAccount"]], ["robot"; 2]);
    assert_eq!((spec.get("volumes"), &spec["imagePullSecrets"]), (None, &json!([{"name": "s"}])));
    assert_eq!((spec.get("priority"), spec.get("tolerations")), (None, None), "these are off");
    let labelled = api.patch(&format!("{PODS}/a"), MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(labelled.code, 200);
    let template = json!({"metadata": {"name": "t"}, "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "image": "i"}]}}});
    let template = api.create("/api/v1/namespaces/default/podtemplates", &template).await;
    assert_eq!(template["template"]["spec"].get("serviceAccountName"), None, "nothing but pods is filled in");
}

#[tokio::test]
async fn a_pod_that_is_there_needs_its_account_no_more() {
    let api = with_plugins("ServiceAccount", "").await;
    api.create(ACCOUNTS, &json!({"metadata": {"name": "default"}})).await;
    let applied = api.apply(&format!("{PODS}/a"), "m", &pod("a", &json!({}))).await;
    assert_eq!(applied.code, 201, "{}", applied.body);
    assert_eq!(api.delete(&format!("{ACCOUNTS}/default")).await.code, 200);
    let again = api.apply(&format!("{PODS}/a"), "m", &pod("a", &json!({}))).await;
    assert_eq!((again.code.as_u16(), again.body), (200, applied.body));
    let refused = api.post(PODS, &pod("b", &json!({}))).await;
    assert!(refused.message().contains("serviceaccount \"default\" not found"), "{}", refused.message());
}
