//! Who may do what, and the paths that are no resources.

use serde_json::{Value, json};
use trueup::auth::Identity;

use super::{MAPS, MERGE, TestApi};

#[tokio::test]
async fn strangers_see_health_and_version_and_nothing_else() {
    let api = TestApi::new().await;
    let nobody = Identity::anonymous();
    for path in ["/healthz", "/livez", "/readyz", "/version", "/version/", "/readyz?verbose"] {
        assert_eq!(api.ask_as(&nobody, "GET", path, &[], b"").await.code, 200, "{path}");
    }
    let discovery = ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1", "/apis/no.such", "/openapi/v3", "/openapi/v2"];
    let others = [MAPS, "/api/v1/namespaces/none/pods/x", "/apis/no.such/v1/things", "/metrics", "/", "/none", "/livez/ping"];
    for path in discovery.into_iter().chain(others) {
        let refused = api.ask_as(&nobody, "GET", path, &[], b"").await;
        refused.refused(401, "Unauthorized");
        assert!(refused.headers.contains_key("www-authenticate"), "{path}");
    }
    for (method, path) in [("POST", MAPS), ("PATCH", MAPS), ("DELETE", MAPS), ("PUT", "/api/v1/namespaces/default")] {
        api.ask_as(&nobody, method, path, &[], b"{}").await.refused(401, "Unauthorized");
    }
    let bad = api.api.refuse_credentials();
    assert_eq!(bad.status(), 401);
}

#[tokio::test]
async fn those_who_are_no_masters_may_discover_but_not_act() {
    let api = TestApi::new().await;
    let bob = Identity::new("bob", ["dev".to_owned()]);
    for path in ["/version", "/api", "/apis", "/apis/apps/v1", "/openapi/v3", "/healthz"] {
        assert_eq!(api.ask_as(&bob, "GET", path, &[], b"").await.code, 200, "{path}");
    }
    let refused = api.ask_as(&bob, "GET", MAPS, &[], b"").await;
    assert_eq!(refused.refused(403, "Forbidden")["kind"], "configmaps");
    assert!(refused.message().starts_with(
        "configmaps is forbidden: User \"bob\" cannot list resource \"configmaps\" in API group \"\" in the namespace \"default\""
    ));
    for path in ["/metrics", "/livez/ping", "/none"] {
        api.ask_as(&bob, "GET", path, &[], b"").await.refused(403, "Forbidden");
    }
    api.ask_as(&bob, "GET", "/apis/no.such", &[], b"").await.refused(404, "NotFound");
}

#[tokio::test]
async fn health_is_told_whole_and_check_by_check() {
    for api in TestApi::on_each_store().await {
        let text = |answer: super::Answered| String::from_utf8(answer.bytes).expect("text");
        assert_eq!(text(api.get("/healthz").await), "ok");
        assert_eq!(text(api.get("/livez/ping").await), "ok");
        let verbose = text(api.get("/readyz?verbose").await);
        assert!(verbose.contains("[+]etcd ok\n") && verbose.ends_with("readyz check passed\n"), "{verbose}");
        assert_eq!(api.get("/readyz/none").await.code, 404);
        assert_eq!(api.ask("HEAD", "/healthz", &[], b"").await.bytes, b"");
    }
}

#[tokio::test]
async fn metrics_count_requests_and_watchers() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let _watch = api.watch(MAPS).await;
    let text = String::from_utf8(api.get("/metrics").await.bytes).expect("text");
    let line =
        |start: &str, words: &[&str]| text.lines().any(|line| line.starts_with(start) && words.iter().all(|word| line.contains(word)));
    assert!(line("apiserver_request_total{", &["verb=\"CREATE\"", "resource=\"configmaps\"", "code=\"201\""]), "{text}");
    assert!(line("apiserver_request_duration_seconds_bucket{", &["resource=\"configmaps\""]), "{text}");
    assert!(text.lines().any(|line| line == "apiserver_longrunning_requests 1"), "{text}");
}

#[tokio::test]
async fn the_version_is_the_kubernetes_version_served() {
    let api = TestApi::new().await;
    let version = api.get("/version").await.body;
    assert_eq!((&version["major"], &version["minor"]), (&json!("1"), &json!("36")));
    assert!(version["gitVersion"].as_str().expect("text").starts_with("v1.36.0"));
}

#[tokio::test]
async fn unknown_paths_are_a_status() {
    let api = TestApi::new().await;
    for path in [
        "/none",
        "/api/v2",
        "/apis/none",
        "/apis/apps/v9",
        "/apis/apps/v1/things",
        "/api/v1/namespaces/default/nodes",
        "/api/v1/pods/a/b/c",
        "/api/v1/pods/x",
    ] {
        let unknown = api.get(path).await;
        unknown.refused(404, "NotFound");
        assert_eq!(unknown.message(), "the server could not find the requested resource", "{path}");
    }
    api.patch("/version", MERGE, &Value::Null).await.refused(405, "MethodNotAllowed");
    let get = api.get("/api/v1/namespaces/default").await;
    let head = api.ask("HEAD", "/api/v1/namespaces/default", &[], b"").await;
    assert_eq!((head.code, head.bytes.len(), &head.headers["content-type"]), (get.code, 0, &get.headers["content-type"]));
}

#[tokio::test]
async fn odd_methods_are_counted_as_one() {
    let api = TestApi::new().await;
    for method in ["BREW", "BREW2"] {
        api.ask_as(&Identity::anonymous(), method, "/version", &[], b"").await.refused(405, "MethodNotAllowed");
    }
    let text = String::from_utf8(api.get("/metrics").await.bytes).expect("text");
    assert!(!text.contains("BREW") && text.contains("verb=\"other\""), "{text}");
}
