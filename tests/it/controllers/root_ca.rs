//! The controller for the root certificate.

use serde_json::{Value, json};

use super::{World, start_publishing};

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const TEAM: &str = "/api/v1/namespaces/team/configmaps/kube-root-ca.crt";

fn is_published(map: &Value) -> bool {
    let described = map["metadata"]["annotations"]["kubernetes.io/description"].is_string();
    described && map["data"] == json!({"ca.crt": CERTIFICATE})
}

#[tokio::test]
async fn every_namespace_gets_the_certificate_and_keeps_it() {
    let mut world = World::asleep().await;
    world.controllers = Some(start_publishing(&world.api.api, "namespace,root-ca-cert-publisher", Some(CERTIFICATE)));
    let first = "/api/v1/namespaces/default/configmaps/kube-root-ca.crt";
    let made = world.until(first, "is published", is_published).await;
    world.delete(first, "Background").await;
    world.until(first, "is published again", |map| is_published(map) && map["metadata"]["uid"] != made["metadata"]["uid"]).await;
    world.create("/api/v1/namespaces", json!({"metadata": {"name": "team"}})).await;
    world.until(TEAM, "is published", is_published).await;
    world.merge(TEAM, json!({"metadata": {"annotations": null, "labels": {"own": "1"}}, "data": {"ca.crt": "other", "more": "x"}})).await;
    let mended = world.until(TEAM, "is mended", is_published).await;
    assert_eq!(mended["metadata"]["labels"], json!({"own": "1"}), "what is somebody else's stays");
    world.delete("/api/v1/namespaces/team", "Background").await;
    world.until_gone("/api/v1/namespaces/team").await;
}

#[tokio::test]
async fn without_a_certificate_nothing_is_published() {
    let mut world = World::asleep().await;
    world.wake();
    let account = "/api/v1/namespaces/default/serviceaccounts/default";
    world.until(account, "is there, so that the controllers are at work", |_| true).await;
    assert!(world.get("/api/v1/namespaces/default/configmaps/kube-root-ca.crt").await.is_none());
}
