use serde_json::{Value, json};

use super::{DEFINITIONS, MAPS, THINGS, World, also_owned_by, is_deleted, map, owned_by, thing, things};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const REPLICA_SETS: &str = "/apis/apps/v1/namespaces/default/replicasets";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// A Deployment, its ReplicaSet and its Pod, each the owner of the next; the pod with finalizers.
async fn chain(world: &World, finalizers: &[&str]) -> [String; 3] {
    let containers = json!([{"name": "c", "image": "i"}]);
    let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}});
    let spec = json!({"selector": {"matchLabels": {"a": "b"}}, "template": template});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec});
    let deployment = world.create(DEPLOYMENTS, deployment).await;
    let metadata = json!({"name": "web-1", "ownerReferences": [owned_by(&deployment)]});
    let replica_set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec});
    let replica_set = world.create(REPLICA_SETS, replica_set).await;
    let metadata = json!({"name": "web-1-1", "ownerReferences": [owned_by(&replica_set)], "finalizers": finalizers});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}});
    world.create(PODS, pod).await;
    [format!("{DEPLOYMENTS}/web"), format!("{REPLICA_SETS}/web-1"), format!("{PODS}/web-1-1")]
}

fn owners(object: &Value) -> usize {
    object["metadata"]["ownerReferences"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_chain_of_dependents_goes_after_its_owner() {
    let world = World::new().await;
    let [deployment, replica_set, pod] = chain(&world, &[]).await;
    world.delete(&deployment, "Background").await;
    assert_eq!(world.get(&deployment).await, None, "in the background the owner goes at once");
    world.until_gone(&replica_set).await;
    world.until_gone(&pod).await;
}

#[tokio::test]
async fn in_the_foreground_the_owner_goes_last() {
    let world = World::new().await;
    let [deployment, replica_set, pod] = chain(&world, &["x.io/hold"]).await;
    world.delete(&deployment, "Foreground").await;
    world.until(&pod, "is being deleted", is_deleted).await;
    world.collector_had_its_turn().await;
    for owner in [&deployment, &replica_set] {
        let waits = world.get(owner).await.expect("it waits for the pod");
        assert_eq!((is_deleted(&waits), &waits["metadata"]["finalizers"]), (true, &json!(["foregroundDeletion"])));
    }
    world.let_go(&pod).await;
    for path in [&pod, &replica_set, &deployment] {
        world.until_gone(path).await;
    }
}

#[tokio::test]
async fn in_the_foreground_nobody_waits_for_a_dependent_that_does_not_block() {
    let world = World::new().await;
    let owner = world.create(MAPS, map("owner", &[])).await;
    let mut reference = owned_by(&owner);
    reference["blockOwnerDeletion"] = false.into();
    let mut held = map("held", &[reference]);
    held["metadata"]["finalizers"] = json!(["x.io/hold"]);
    world.create(MAPS, held).await;
    world.delete(&format!("{MAPS}/owner"), "Foreground").await;
    world.until_gone(&format!("{MAPS}/owner")).await;
    world.until(&format!("{MAPS}/held"), "is being deleted", is_deleted).await;
}

#[tokio::test]
async fn owners_in_a_ring_do_not_wait_for_each_other_for_ever() {
    let world = World::new().await;
    let first = world.create(MAPS, map("first", &[])).await;
    let second = world.create(MAPS, map("second", &[owned_by(&first)])).await;
    world.merge(&format!("{MAPS}/first"), json!({"metadata": {"ownerReferences": [owned_by(&second)]}})).await;
    world.delete(&format!("{MAPS}/first"), "Foreground").await;
    world.until_gone(&format!("{MAPS}/first")).await;
    world.until_gone(&format!("{MAPS}/second")).await;
}

#[tokio::test]
async fn orphans_stay_and_name_no_owner() {
    let world = World::new().await;
    let [deployment, replica_set, pod] = chain(&world, &[]).await;
    world.delete(&deployment, "Orphan").await;
    world.until_gone(&deployment).await;
    world.collector_had_its_turn().await;
    assert_eq!(world.get(&replica_set).await.as_ref().map(owners), Some(0));
    assert_eq!(world.get(&pod).await.as_ref().map(owners), Some(1));
}

#[tokio::test]
async fn an_object_stays_as_long_as_one_of_its_owners() {
    let world = World::new().await;
    let first = world.create(MAPS, map("first", &[])).await;
    let second = world.create(MAPS, map("second", &[])).await;
    world.create(MAPS, map("both", &[owned_by(&first), also_owned_by(&second)])).await;
    let both = format!("{MAPS}/both");
    world.delete(&format!("{MAPS}/first"), "Background").await;
    let left = world.until(&both, "has one owner", |object| owners(object) == 1).await;
    assert_eq!(left["metadata"]["ownerReferences"][0]["name"], "second");
    world.delete(&format!("{MAPS}/second"), "Background").await;
    world.until_gone(&both).await;
}

#[tokio::test]
async fn an_owner_with_another_uid_is_no_owner() {
    let world = World::new().await;
    let owner = world.create(MAPS, map("owner", &[])).await;
    let mut reference = owned_by(&owner);
    reference["uid"] = "11111111-1111-1111-1111-111111111111".into();
    world.create(MAPS, map("stray", &[reference])).await;
    world.create(MAPS, map("child", &[owned_by(&owner)])).await;
    world.until_gone(&format!("{MAPS}/stray")).await;
    world.collector_had_its_turn().await;
    assert!(world.get(&format!("{MAPS}/child")).await.is_some());
}

#[tokio::test]
async fn an_owner_in_another_namespace_is_no_owner() {
    let world = World::new().await;
    world.create("/api/v1/namespaces", json!({"metadata": {"name": "other"}})).await;
    let owner = world.create("/api/v1/namespaces/other/configmaps", map("owner", &[])).await;
    world.create(MAPS, map("stray", &[owned_by(&owner)])).await;
    world.until_gone(&format!("{MAPS}/stray")).await;
}

#[tokio::test]
async fn an_owner_outside_namespaces_is_an_owner_everywhere() {
    let world = World::new().await;
    let owner = world.create("/api/v1/nodes", json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})).await;
    world.create(MAPS, map("child", &[owned_by(&owner)])).await;
    world.collector_had_its_turn().await;
    assert!(world.get(&format!("{MAPS}/child")).await.is_some());
    world.delete("/api/v1/nodes/n", "Background").await;
    world.until_gone(&format!("{MAPS}/child")).await;
}

#[tokio::test]
async fn an_object_outside_namespaces_that_names_an_owner_within_is_left_alone() {
    let world = World::new().await;
    let owner = world.create(MAPS, map("owner", &[])).await;
    let metadata = json!({"name": "odd", "ownerReferences": [owned_by(&owner)]});
    world.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", json!({"metadata": metadata, "rules": []})).await;
    world.delete(&format!("{MAPS}/owner"), "Background").await;
    world.collector_had_its_turn().await;
    assert!(world.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/odd").await.is_some());
}

#[tokio::test]
async fn an_owner_of_an_unknown_kind_is_left_alone_until_the_kind_is_known() {
    let world = World::new().await;
    let reference = json!({"apiVersion": "x.io/v1", "kind": "Thing", "name": "none", "uid": "none"});
    world.create(MAPS, map("stray", &[reference])).await;
    world.collector_had_its_turn().await;
    assert!(world.get(&format!("{MAPS}/stray")).await.is_some());
    world.create(DEFINITIONS, things()).await;
    world.until_gone(&format!("{MAPS}/stray")).await;
}

#[tokio::test]
async fn objects_of_a_kind_made_at_run_time_own_and_are_owned() {
    let world = World::new().await;
    world.create(DEFINITIONS, things()).await;
    let owner = world.create(THINGS, thing("owner", &[])).await;
    let child = world.create(MAPS, map("child", &[owned_by(&owner)])).await;
    world.create(THINGS, thing("grandchild", &[owned_by(&child)])).await;
    world.delete(&format!("{THINGS}/owner"), "Background").await;
    world.until_gone(&format!("{MAPS}/child")).await;
    world.until_gone(&format!("{THINGS}/grandchild")).await;
}

#[tokio::test]
async fn a_dependent_that_a_finalizer_holds_is_told_to_go_and_stays() {
    let world = World::new().await;
    let [deployment, replica_set, pod] = chain(&world, &["x.io/hold"]).await;
    world.delete(&deployment, "Background").await;
    world.until_gone(&replica_set).await;
    let held = world.until(&pod, "is being deleted", is_deleted).await;
    assert_eq!(held["metadata"]["finalizers"], json!(["x.io/hold"]));
    world.let_go(&pod).await;
    world.until_gone(&pod).await;
}

#[tokio::test]
async fn many_dependents_of_one_owner_all_go() {
    let world = World::new().await;
    let owner = world.create(MAPS, map("owner", &[])).await;
    let children: Vec<String> = (0..100).map(|number| format!("child-{number}")).collect();
    for child in &children {
        world.create(MAPS, map(child, &[owned_by(&owner)])).await;
    }
    world.delete(&format!("{MAPS}/owner"), "Background").await;
    for child in &children {
        world.until_gone(&format!("{MAPS}/{child}")).await;
    }
}
