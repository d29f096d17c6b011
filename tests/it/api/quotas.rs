//! Writes are charged to resource quotas.

use serde_json::{Value, json};

use super::{MERGE, TestApi};

const QUOTAS: &str = "/api/v1/namespaces/default/resourcequotas";
const PODS: &str = "/api/v1/namespaces/default/pods";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const SERVICES: &str = "/api/v1/namespaces/default/services";

/// A quota of which the controller has counted that nothing is taken.
async fn quota(api: &TestApi, name: &str, spec: Value) {
    let hard = spec["hard"].clone();
    api.create(QUOTAS, &json!({"metadata": {"name": name}, "spec": spec})).await;
    let used: Value =
        hard.as_object().expect("limits").keys().map(|name| (name.clone(), json!("0"))).collect::<serde_json::Map<_, _>>().into();
    let status = api.patch(&format!("{QUOTAS}/{name}/status"), MERGE, &json!({"status": {"hard": hard, "used": used}})).await;
    assert_eq!(status.code, 200, "{}", status.body);
}

async fn used(api: &TestApi, name: &str) -> Value {
    api.get(&format!("{QUOTAS}/{name}")).await.body["status"]["used"].clone()
}

fn pod(name: &str, resources: &Value) -> Value {
    let containers = json!([{"name": "c", "image": "i", "resources": resources}]);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers}})
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

#[tokio::test]
async fn creates_are_charged_until_nothing_is_left() {
    for api in TestApi::on_each_store().await {
        quota(&api, "q", json!({"hard": {"pods": "2", "requests.cpu": "3", "count/configmaps": "1"}})).await;
        let asks = |cpu: &str| json!({"requests": {"cpu": cpu}});
        api.create(PODS, &pod("a", &asks("1"))).await;
        let refused = api.post(PODS, &pod("b", &asks("2500m"))).await;
        refused.refused(403, "Forbidden");
        assert_eq!(
            refused.message(),
            "pods \"b\" is forbidden: exceeded quota: q, requested: requests.cpu=2500m, used: requests.cpu=1, limited: requests.cpu=3"
        );
        assert_eq!(
            api.post(PODS, &pod("b", &json!({}))).await.message(),
            "pods \"b\" is forbidden: failed quota: q: must specify requests.cpu for: c"
        );
        assert_eq!(api.apply(&format!("{PODS}/b"), "m", &pod("b", &asks("2"))).await.code, 201);
        assert_eq!(used(&api, "q").await, json!({"pods": "2", "requests.cpu": "3", "count/configmaps": "0"}));
        api.create(MAPS, &map("a")).await;
        assert_eq!(
            api.post(MAPS, &map("b")).await.message(),
            "configmaps \"b\" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1"
        );
        let elsewhere = api.post("/api/v1/namespaces/kube-system/configmaps", &map("b")).await;
        assert_eq!(elsewhere.code, 201);
    }
}

#[tokio::test]
async fn a_dry_run_is_judged_and_not_charged() {
    let api = TestApi::new().await;
    quota(&api, "q", json!({"hard": {"configmaps": "1"}})).await;
    let dry = format!("{MAPS}?dryRun=All");
    assert_eq!(api.post(&dry, &map("a")).await.code, 201);
    assert_eq!(used(&api, "q").await, json!({"configmaps": "0"}));
    api.create(MAPS, &map("a")).await;
    api.post(&dry, &map("b")).await.refused(403, "Forbidden");
}

#[tokio::test]
async fn an_update_is_charged_what_it_takes_more() {
    let api = TestApi::new().await;
    quota(&api, "q", json!({"hard": {"services.nodeports": "2", "services": "5"}})).await;
    let ports = |many: i64| (1..=many).map(|port| json!({"name": format!("p{port}"), "port": port})).collect::<Vec<_>>();
    let service = json!({"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": ports(1)}});
    api.create(SERVICES, &service).await;
    let changed = |many| json!({"spec": {"ports": ports(many)}});
    assert_eq!(api.patch(&format!("{SERVICES}/s"), MERGE, &changed(2)).await.code, 200);
    assert_eq!(used(&api, "q").await, json!({"services": "1", "services.nodeports": "2"}));
    let refused = api.patch(&format!("{SERVICES}/s"), MERGE, &changed(3)).await;
    refused.refused(403, "Forbidden");
    assert!(refused.message().contains("requested: services.nodeports=1, used: services.nodeports=2, limited: services.nodeports=2"));
    assert_eq!(api.patch(&format!("{SERVICES}/s"), MERGE, &changed(1)).await.code, 200);
}

#[tokio::test]
async fn every_quota_is_asked_before_one_is_charged_and_scopes_pick_pods() {
    let api = TestApi::new().await;
    quota(&api, "a", json!({"hard": {"pods": "5"}})).await;
    quota(&api, "b", json!({"hard": {"pods": "0"}, "scopes": ["BestEffort"]})).await;
    let refused = api.post(PODS, &pod("a", &json!({}))).await;
    assert!(refused.message().contains("exceeded quota: b, requested: pods=1, used: pods=0, limited: pods=0"), "{}", refused.message());
    assert_eq!(used(&api, "a").await, json!({"pods": "0"}));
    api.create(PODS, &pod("b", &json!({"requests": {"cpu": "1"}}))).await;
    assert_eq!((used(&api, "a").await, used(&api, "b").await), (json!({"pods": "1"}), json!({"pods": "0"})));
}

#[tokio::test]
async fn a_quota_that_nobody_has_counted_limits_nothing() {
    let api = TestApi::new().await;
    api.create(QUOTAS, &json!({"metadata": {"name": "q"}, "spec": {"hard": {"configmaps": "0"}}})).await;
    api.create(MAPS, &map("a")).await;
}
