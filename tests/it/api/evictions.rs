//! Pods are evicted as far as their disruption budgets allow.

use serde_json::{Value, json};

use super::{MERGE, TestApi, merged};

const PODS: &str = "/api/v1/namespaces/default/pods";
const BUDGETS: &str = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

fn eviction(name: &str) -> Value {
    json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}})
}

async fn evict(api: &TestApi, name: &str) -> super::Answered {
    api.post(&format!("{PODS}/{name}/eviction"), &eviction(name)).await
}

/// A pod of the app `web` that runs, and is ready or not.
async fn running(api: &TestApi, name: &str, ready: bool) {
    let spec = json!({"containers": [{"name": "c", "image": "i"}]});
    api.create(PODS, &json!({"metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec})).await;
    let conditions = json!([{"type": "Ready", "status": if ready { "True" } else { "False" }}]);
    let status = json!({"status": {"phase": "Running", "conditions": conditions}});
    assert_eq!(api.patch(&format!("{PODS}/{name}/status"), MERGE, &status).await.code, 200);
}

/// A budget of the app `web` whose controller has found these numbers.
async fn budget(api: &TestApi, name: &str, found: &[(&str, Value)]) {
    let budget = json!({"metadata": {"name": name}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}});
    api.create(BUDGETS, &budget).await;
    let status = json!({"observedGeneration": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2, "disruptionsAllowed": 1});
    let status = json!({"status": merged(status, found)});
    let written = api.patch(&format!("{BUDGETS}/{name}/status"), MERGE, &status).await;
    assert_eq!(written.code, 200, "{}", written.body);
}

async fn is_there(api: &TestApi, name: &str) -> bool {
    api.get(&format!("{PODS}/{name}")).await.code == 200
}

#[tokio::test]
async fn an_eviction_is_counted_in_the_budget_and_refused_when_it_is_used_up() {
    for api in TestApi::on_each_store().await {
        for name in ["a", "b"] {
            running(&api, name, true).await;
        }
        budget(&api, "web", &[]).await;
        let gone = evict(&api, "a").await;
        assert_eq!(gone.code, 201);
        assert_eq!(gone.body, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}));
        assert!(!is_there(&api, "a").await);
        let after = api.get(&format!("{BUDGETS}/web")).await.body;
        assert_eq!(after["status"]["disruptionsAllowed"], 0);
        assert_eq!(after["status"]["disruptedPods"], json!({"a": "2026-11-22T10:00:00Z"}));
        assert_eq!(after["status"]["conditions"][0]["reason"], "InsufficientPods");

        let refused = evict(&api, "b").await;
        let details = refused.refused(429, "TooManyRequests");
        assert_eq!(
            details["causes"],
            json!([{"reason": "DisruptionBudget", "message": "The disruption budget web needs 1 healthy pods and has 2 currently"}])
        );
        assert_eq!(refused.message(), "Cannot evict pod as it would violate the pod's disruption budget.");
        // Clients try again by themselves where they are told when.
        assert_eq!(refused.headers.get("retry-after"), None);
        assert!(is_there(&api, "b").await);
    }
}

#[tokio::test]
async fn a_budget_that_is_behind_says_when_to_come_back() {
    let api = TestApi::new().await;
    running(&api, "a", true).await;
    budget(&api, "web", &[("/observedGeneration", json!(0))]).await;
    let refused = evict(&api, "a").await;
    let details = refused.refused(429, "TooManyRequests");
    assert_eq!(details["retryAfterSeconds"], 10);
    assert_eq!(details["causes"][0]["message"], "The disruption budget web is still being processed by the server.");
    assert_eq!(refused.headers.get("retry-after").and_then(|value| value.to_str().ok()), Some("10"));
}

#[tokio::test]
async fn pods_that_count_for_nothing_are_not_counted() {
    let api = TestApi::new().await;
    budget(&api, "web", &[("/disruptionsAllowed", json!(0))]).await;
    let spec = json!({"containers": [{"name": "c", "image": "i"}]});
    api.create(PODS, &json!({"metadata": {"name": "pending", "labels": {"app": "web"}}, "spec": spec})).await;
    running(&api, "over", true).await;
    api.patch(&format!("{PODS}/over/status"), MERGE, &json!({"status": {"phase": "Succeeded"}})).await;
    running(&api, "unready", false).await;
    for name in ["pending", "over", "unready"] {
        assert_eq!(evict(&api, name).await.code, 201, "{name}");
        assert!(!is_there(&api, name).await, "{name}");
    }
    assert_eq!(api.get(&format!("{BUDGETS}/web")).await.body["status"].get("disruptedPods"), None);

    // With too few healthy ones, those that are not ready go only where the budget says so.
    let few = json!({"status": {"currentHealthy": 0}});
    api.patch(&format!("{BUDGETS}/web/status"), MERGE, &few).await;
    running(&api, "last", false).await;
    evict(&api, "last").await.refused(429, "TooManyRequests");
    api.patch(&format!("{BUDGETS}/web"), MERGE, &json!({"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}})).await;
    assert_eq!(evict(&api, "last").await.code, 201);
}

#[tokio::test]
async fn only_one_budget_can_answer_for_a_pod_and_an_empty_selector_covers_none() {
    let api = TestApi::new().await;
    running(&api, "a", true).await;
    api.create(BUDGETS, &json!({"metadata": {"name": "none"}, "spec": {"selector": {}}})).await;
    budget(&api, "one", &[]).await;
    budget(&api, "two", &[]).await;
    let refused = evict(&api, "a").await;
    assert_eq!((refused.code.as_u16(), &refused.body["code"], &refused.body["status"]), (500, &json!(500), &json!("Failure")));
    assert_eq!(refused.message(), "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");
    api.delete(&format!("{BUDGETS}/two")).await;
    assert_eq!(evict(&api, "a").await.code, 201);
}

#[tokio::test]
async fn a_dry_run_evicts_nobody_and_counts_nothing() {
    let api = TestApi::new().await;
    running(&api, "a", true).await;
    budget(&api, "web", &[]).await;
    let within = merged(eviction("a"), &[("/deleteOptions", json!({"dryRun": ["All"]}))]);
    assert_eq!(api.post(&format!("{PODS}/a/eviction"), &within).await.code, 201);
    assert_eq!(api.post(&format!("{PODS}/a/eviction?dryRun=All"), &eviction("a")).await.code, 201);
    assert!(is_there(&api, "a").await);
    assert_eq!(api.get(&format!("{BUDGETS}/web")).await.body["status"]["disruptionsAllowed"], 1);
}

#[tokio::test]
async fn an_eviction_is_held_to_its_path_version_and_preconditions() {
    let api = TestApi::new().await;
    running(&api, "a", true).await;
    let path = format!("{PODS}/a/eviction");
    let misnamed = api.post(&path, &eviction("b")).await;
    misnamed.refused(400, "BadRequest");
    assert_eq!(misnamed.message(), "name in URL does not match name in Eviction object");
    let other = |version: &str| merged(eviction("a"), &[("/apiVersion", json!(version))]);
    api.post(&path, &other("v1")).await.refused(400, "BadRequest");
    let stale = merged(eviction("a"), &[("/deleteOptions", json!({"preconditions": {"uid": "other"}}))]);
    api.post(&path, &stale).await.refused(409, "Conflict");
    api.post(&format!("{PODS}/none/eviction"), &eviction("none")).await.refused(404, "NotFound");
    api.get(&path).await.refused(405, "MethodNotAllowed");
    assert_eq!(api.post(&path, &other("policy/v1beta1")).await.code, 201);
}
