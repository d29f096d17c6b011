//! Deleted CustomResourceDefinitions and their objects.

use serde_json::{Value, json};

use super::{DEFINITIONS, THINGS, World, is_deleted, thing, things};
use crate::api::TestApi;

const DEFINITION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.x.io";

fn terminating(definition: &Value) -> Option<&Value> {
    definition["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == "Terminating")
}

async fn many(world: &World, count: usize) {
    world.create("/api/v1/namespaces", json!({"metadata": {"name": "team"}})).await;
    world.create(DEFINITIONS, things()).await;
    for number in 0..count {
        let namespace = if number % 2 == 0 { "default" } else { "team" };
        world.create(&format!("/apis/x.io/v1/namespaces/{namespace}/things"), thing(&format!("t{number}"), &[])).await;
    }
}

#[tokio::test]
async fn a_deleted_definition_takes_its_objects_along_in_any_number() {
    let world = World::new().await;
    many(&world, 1200).await;
    let mut watch = world.api.watch(&format!("{THINGS}?fieldSelector=metadata.name%3Dt0")).await;
    world.delete(DEFINITION, "Background").await;
    watch.expect(&[("ADDED", "t0"), ("DELETED", "t0")]).await;
    world.until_gone(DEFINITION).await;
    world.api.get(THINGS).await.refused(404, "NotFound");
    world.create(DEFINITIONS, things()).await;
    assert!(world.api.get("/apis/x.io/v1/things").await.names().is_empty());
}

#[tokio::test]
async fn a_definition_waits_for_objects_that_are_held() {
    let world = World::new().await;
    many(&world, 2).await;
    let mut held = thing("held", &[]);
    held["metadata"]["finalizers"] = json!(["x.io/hold"]);
    world.create(THINGS, held).await;
    world.delete(DEFINITION, "Background").await;
    let held = format!("{THINGS}/held");
    world.until(&held, "is deleted", is_deleted).await;
    world.until_gone(&format!("{THINGS}/t0")).await;
    let reason = |definition: &Value| terminating(definition).map(|condition| condition["reason"].clone());
    let waiting = world.until(DEFINITION, "says so", |it| reason(it) == Some(json!("InstanceDeletionInProgress"))).await;
    assert_eq!(waiting["metadata"]["finalizers"], json!(["customresourcecleanup.apiextensions.k8s.io"]));
    world.let_go(&held).await;
    world.until_gone(DEFINITION).await;
}

#[tokio::test]
async fn work_that_was_broken_off_is_taken_up_again() {
    let mut world = World::asleep().await;
    many(&world, 600).await;
    world.delete(DEFINITION, "Background").await;
    // As if the controller had ended after its first page.
    let half = world.api.delete("/apis/x.io/v1/namespaces/team/things?limit=200").await;
    assert_eq!(half.names().len(), 200);
    assert!(world.get(DEFINITION).await.is_some_and(|definition| is_deleted(&definition)));
    world.wake();
    world.until_gone(DEFINITION).await;
}

#[tokio::test]
async fn a_definition_that_never_got_its_names_goes_at_once() {
    let world = World::new().await;
    world.create(DEFINITIONS, things()).await;
    let mut other = things();
    other["metadata"]["name"] = json!("others.x.io");
    other["spec"]["names"]["plural"] = json!("others");
    world.create(DEFINITIONS, other).await;
    world.create(THINGS, thing("stays", &[])).await;
    let other = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/others.x.io";
    world.delete(other, "Background").await;
    world.until_gone(other).await;
    assert!(world.get(&format!("{THINGS}/stays")).await.is_some());
}

#[tokio::test]
async fn a_definition_deleted_with_its_namespace_leaves_nothing() {
    let world = World::over_sqlite().await;
    many(&world, 50).await;
    world.delete("/api/v1/namespaces/team", "Background").await;
    world.delete(DEFINITION, "Background").await;
    world.until_gone(DEFINITION).await;
    world.until_gone("/api/v1/namespaces/team").await;
}

impl World {
    /// All controllers run over a store on disk.
    async fn over_sqlite() -> Self {
        let mut world = Self { api: TestApi::on_sqlite().await, controllers: None };
        world.wake();
        world
    }
}
