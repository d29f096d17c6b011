//! The paths with `watch` after the version, which old clients watch by, and `watch` on the path of an object.

use serde_json::json;

use super::{MAPS, MERGE, TestApi};

#[tokio::test]
async fn collections_and_objects_are_watched_by_their_old_paths() {
    let api = TestApi::new().await;
    api.create_maps(&["a", "b"]).await;
    let old = "/api/v1/watch/namespaces/default/configmaps";
    let mut all = api.watch(&format!("{old}?watch=false")).await;
    all.expect(&[("ADDED", "a"), ("ADDED", "b")]).await;
    let mut one = api.watch(&format!("{old}/b")).await;
    one.expect(&[("ADDED", "b")]).await;
    let since = api.revision().await;
    let mut everywhere = api.watch(&format!("/api/v1/watch/configmaps?resourceVersion={since}&labelSelector=n%3Da")).await;
    let mut namespace = api.watch(&format!("/api/v1/watch/namespaces/default?resourceVersion={since}")).await;
    for name in ["a", "b"] {
        api.patch(&format!("{MAPS}/{name}"), MERGE, &json!({"data": {"x": "y"}})).await;
    }
    api.patch("/api/v1/namespaces/default", MERGE, &json!({"metadata": {"labels": {"x": "y"}}})).await;
    all.expect(&[("MODIFIED", "a"), ("MODIFIED", "b")]).await;
    one.expect(&[("MODIFIED", "b")]).await;
    everywhere.expect(&[("MODIFIED", "a")]).await;
    namespace.expect(&[("MODIFIED", "default")]).await;
}

#[tokio::test]
async fn nothing_but_watching_is_done_by_old_paths() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let old = "/api/v1/watch/namespaces/default/configmaps";
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        api.ask(method, &format!("{old}/a"), &[], b"{}").await.refused(405, "MethodNotAllowed");
    }
    api.get("/api/v1/watch/configmaps/a").await.refused(404, "NotFound");
    api.get("/api/v1/watch/nosuch").await.refused(404, "NotFound");
    api.get("/apis/apps/v1/watch/namespaces/default/deployments/a/scale").await.refused(405, "MethodNotAllowed");
    assert_eq!(api.get(MAPS).await.names(), ["a"]);
}

#[tokio::test]
async fn an_object_is_read_whatever_is_said_of_watching() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let one = api.get(&format!("{MAPS}/a?watch=1")).await;
    assert_eq!((one.code.as_u16(), &one.body), (200, &api.get(&format!("{MAPS}/a")).await.body));
    api.get(&format!("{MAPS}/zz?watch=1")).await.refused(404, "NotFound");
}
