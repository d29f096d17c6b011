//! Limit ranges fill in what pods leave out, and bound what pods and claims ask for.

use serde_json::{Value, json};

use super::{MERGE, STRATEGIC, TestApi};

const RANGES: &str = "/api/v1/namespaces/default/limitranges";
const PODS: &str = "/api/v1/namespaces/default/pods";
const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";

async fn with(limits: &Value) -> TestApi {
    let api = TestApi::new().await;
    api.create(RANGES, &json!({"metadata": {"name": "l"}, "spec": {"limits": limits}})).await;
    api
}

fn pod(name: &str, resources: &Value) -> Value {
    let containers = json!([{"name": "c", "image": "i", "resources": resources}]);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers}})
}

#[tokio::test]
async fn a_pod_gets_what_it_leaves_out_before_its_class_is_told() {
    let api = with(&json!([{"type": "Container", "default": {"cpu": "2"}, "defaultRequest": {"cpu": "1"}}])).await;
    let made = api.create(PODS, &pod("a", &json!({}))).await;
    assert_eq!(made["spec"]["containers"][0]["resources"], json!({"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}));
    assert_eq!(
        made["metadata"]["annotations"],
        json!({"kubernetes.io/limit-ranger": "LimitRanger plugin set: cpu request for container c; cpu limit for container c"})
    );
    assert_eq!(made["status"]["qosClass"], "Burstable");
    let limited = api.create(PODS, &pod("b", &json!({"limits": {"cpu": "1500m"}}))).await;
    assert_eq!(limited["spec"]["containers"][0]["resources"]["requests"], json!({"cpu": "1500m"}));
    let applied = api.apply(&format!("{PODS}/c"), "m", &pod("c", &json!({}))).await;
    assert_eq!(applied.body["spec"]["containers"][0]["resources"]["limits"], json!({"cpu": "2"}), "{}", applied.body);
    let owned = &applied.body["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:containers"]["k:{\"name\":\"c\"}"];
    assert_eq!(owned["f:resources"], json!({}), "what was filled in is nobody's");
    let elsewhere = api.create("/api/v1/namespaces/kube-system/pods", &pod("a", &json!({}))).await;
    assert_eq!(elsewhere["spec"]["containers"][0].get("resources"), Some(&json!({})));
}

#[tokio::test]
async fn what_breaks_a_limit_is_forbidden() {
    let api = with(&json!([{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "500m"}}])).await;
    let asks = |cpu: &str| json!({"requests": {"cpu": cpu}, "limits": {"cpu": cpu}});
    let refused = api.post(PODS, &pod("a", &asks("3"))).await;
    assert_eq!(refused.refused(403, "Forbidden")["name"], "a");
    assert_eq!(refused.message(), "pods \"a\" is forbidden: maximum cpu usage per Container is 2, but limit is 3");
    api.apply(&format!("{PODS}/a"), "m", &pod("a", &asks("3"))).await.refused(403, "Forbidden");
    api.create(PODS, &pod("a", &asks("1"))).await;
    let resized = |cpu: &str| json!({"spec": {"containers": [{"name": "c", "resources": asks(cpu)}]}});
    api.patch(&format!("{PODS}/a/resize"), STRATEGIC, &resized("3")).await.refused(403, "Forbidden");
    assert_eq!(api.patch(&format!("{PODS}/a/resize"), STRATEGIC, &resized("2")).await.code, 200);

    // What is there already may stay, and may be changed elsewhere.
    api.patch(&format!("{RANGES}/l"), MERGE, &json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}})).await;
    assert_eq!(api.patch(&format!("{PODS}/a"), MERGE, &json!({"metadata": {"labels": {"x": "y"}}})).await.code, 200);
    api.delete(&format!("{RANGES}/l")).await;
    api.create(PODS, &pod("b", &asks("3"))).await;
}

#[tokio::test]
async fn claims_ask_for_what_they_may_have() {
    let api = with(&json!([{"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "5Gi"}}])).await;
    let claim = |size: &str| json!({"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}});
    let refused = api.post(CLAIMS, &claim("6Gi")).await;
    refused.refused(403, "Forbidden");
    assert!(
        refused.message().ends_with("maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi"),
        "{}",
        refused.message()
    );
    api.post(CLAIMS, &claim("1Mi")).await.refused(403, "Forbidden");
    api.create(CLAIMS, &claim("5Gi")).await;
}
