use serde_json::{Value, json};

use super::{DEFINITIONS, World, is_deleted, map, owned_by, thing, things};

const TEAM: &str = "/api/v1/namespaces/team";

fn condition<'a>(namespace: &'a Value, kind: &str) -> Option<&'a Value> {
    namespace["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

async fn team(world: &World) {
    world.create("/api/v1/namespaces", json!({"metadata": {"name": "team"}})).await;
}

#[tokio::test]
async fn a_deleted_namespace_takes_all_that_is_in_it_along() {
    let world = World::new().await;
    team(&world).await;
    world.create(DEFINITIONS, things()).await;
    let things = "/apis/x.io/v1/namespaces/team/things";
    world.create(things, thing("a", &[])).await;
    world.create(&format!("{TEAM}/configmaps"), map("a", &[])).await;
    world.create(&format!("{TEAM}/secrets"), json!({"metadata": {"name": "a"}})).await;
    world.create(&format!("{TEAM}/serviceaccounts"), json!({"metadata": {"name": "a"}})).await;
    let role = json!({"metadata": {"name": "a"}, "rules": []});
    world.create("/apis/rbac.authorization.k8s.io/v1/namespaces/team/roles", role).await;
    world.create("/apis/coordination.k8s.io/v1/namespaces/team/leases", json!({"metadata": {"name": "a"}, "spec": {}})).await;
    world.create("/api/v1/namespaces/default/configmaps", map("stays", &[])).await;
    world.delete(TEAM, "Background").await;
    world.until_gone(TEAM).await;
    for kind in ["configmaps", "secrets", "serviceaccounts"] {
        let left = world.get(&format!("/api/v1/{kind}?fieldSelector=metadata.namespace%3Dteam")).await.expect("a list");
        assert_eq!(left["items"], json!([]), "{kind}");
    }
    assert_eq!(world.get("/apis/x.io/v1/things").await.expect("a list")["items"], json!([]));
    assert_eq!(world.get("/apis/rbac.authorization.k8s.io/v1/roles").await.expect("a list")["items"], json!([]));
    assert!(world.get("/api/v1/namespaces/default/configmaps/stays").await.is_some());
}

#[tokio::test]
async fn a_namespace_says_what_holds_it_open() {
    let world = World::new().await;
    team(&world).await;
    let mut held = map("held", &[]);
    held["metadata"]["finalizers"] = json!(["x.io/hold"]);
    world.create(&format!("{TEAM}/configmaps"), held).await;
    world.create(&format!("{TEAM}/configmaps"), map("free", &[])).await;
    world.delete(TEAM, "Background").await;
    let remaining = |namespace: &Value| {
        let told = condition(namespace, "NamespaceFinalizersRemaining").is_some_and(|condition| condition["status"] == "True");
        told && condition(namespace, "NamespaceContentRemaining").is_some_and(|condition| condition["status"] == "True")
    };
    let namespace = world.until(TEAM, "says what remains", remaining).await;
    assert_eq!(namespace["status"]["phase"], "Terminating");
    let message = |kind: &str| condition(&namespace, kind).map(|condition| condition["message"].clone());
    let content = "Some resources are remaining: configmaps. has 1 resource instances";
    assert_eq!(message("NamespaceContentRemaining"), Some(content.into()));
    let finalizers = "Some content in the namespace has finalizers remaining: x.io/hold in 1 resource instances";
    assert_eq!(message("NamespaceFinalizersRemaining"), Some(finalizers.into()));
    for fine in ["NamespaceDeletionDiscoveryFailure", "NamespaceDeletionContentFailure", "NamespaceDeletionGroupVersionParsingFailure"] {
        assert_eq!(condition(&namespace, fine).map(|condition| &condition["status"]), Some(&json!("False")), "{fine}");
    }
    assert_eq!(world.get(&format!("{TEAM}/configmaps/free")).await, None);
    world.until(&format!("{TEAM}/configmaps/held"), "is being deleted", is_deleted).await;
    world.let_go(&format!("{TEAM}/configmaps/held")).await;
    world.until_gone(TEAM).await;
}

#[tokio::test]
async fn a_namespace_deleted_while_no_controller_ran_goes_when_one_does() {
    let mut world = World::asleep().await;
    team(&world).await;
    world.create(&format!("{TEAM}/configmaps"), map("a", &[])).await;
    world.delete(TEAM, "Background").await;
    assert!(world.get(TEAM).await.is_some_and(|namespace| is_deleted(&namespace)));
    world.wake();
    world.until_gone(TEAM).await;
}

#[tokio::test]
async fn a_finalizer_of_somebody_else_outlasts_the_content() {
    let world = World::new().await;
    let metadata = json!({"name": "team", "finalizers": ["x.io/hold"]});
    world.create("/api/v1/namespaces", json!({"metadata": metadata})).await;
    world.create(&format!("{TEAM}/configmaps"), map("a", &[])).await;
    world.delete(TEAM, "Background").await;
    let done = |namespace: &Value| namespace["spec"]["finalizers"].as_array().is_none_or(Vec::is_empty);
    world.until(TEAM, "is empty", done).await;
    assert_eq!(world.get(&format!("{TEAM}/configmaps/a")).await, None);
    world.let_go(TEAM).await;
    world.until_gone(TEAM).await;
}

#[tokio::test]
async fn what_waits_for_its_dependents_does_not_hold_a_namespace_open() {
    let world = World::asleep().await;
    team(&world).await;
    let owner = world.create(&format!("{TEAM}/configmaps"), map("owner", &[])).await;
    let mut held = map("held", &[owned_by(&owner)]);
    held["metadata"]["finalizers"] = json!(["x.io/hold"]);
    world.create(&format!("{TEAM}/configmaps"), held).await;
    world.delete(&format!("{TEAM}/configmaps/owner"), "Foreground").await;
    world.delete(TEAM, "Background").await;
    let alone = super::start(&world.api.api, "namespace");
    world.until_gone(&format!("{TEAM}/configmaps/owner")).await;
    world.let_go(&format!("{TEAM}/configmaps/held")).await;
    world.until_gone(TEAM).await;
    alone.stop().await;
}
