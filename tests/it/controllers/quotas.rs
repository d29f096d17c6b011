//! The controller for resource quotas, and creates by two servers against one quota.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::World;
use crate::api::TestApi;

const NAMESPACES: &str = "/api/v1/namespaces";

fn within(namespace: &str, plural: &str) -> String {
    format!("{NAMESPACES}/{namespace}/{plural}")
}

async fn team(world: &World, hard: Value) -> String {
    world.create(NAMESPACES, json!({"metadata": {"name": "team"}})).await;
    let quotas = within("team", "resourcequotas");
    world.create(&quotas, json!({"metadata": {"name": "q"}, "spec": {"hard": hard}})).await;
    format!("{quotas}/q")
}

#[tokio::test]
async fn the_status_follows_what_is_there() {
    let world = World::new().await;
    let maps = within("team", "configmaps");
    world.create(NAMESPACES, json!({"metadata": {"name": "team"}})).await;
    world.create(&maps, json!({"metadata": {"name": "before"}})).await;
    let quotas = within("team", "resourcequotas");
    let hard = json!({"configmaps": "2", "pods": "5"});
    world.create(&quotas, json!({"metadata": {"name": "q"}, "spec": {"hard": hard}})).await;
    let quota = format!("{quotas}/q");
    let says = |used: Value| move |quota: &Value| quota["status"]["used"] == used;
    let counted = world.until(&quota, "is counted", says(json!({"configmaps": "1", "pods": "0"}))).await;
    assert_eq!(counted["status"]["hard"], hard);
    world.create(&maps, json!({"metadata": {"name": "after"}})).await;
    let refused = world.api.post(&maps, &json!({"metadata": {"name": "more"}})).await;
    refused.refused(403, "Forbidden");
    world.delete(&format!("{maps}/before"), "Background").await;
    world.until(&quota, "is counted down", says(json!({"configmaps": "1", "pods": "0"}))).await;
    world.create(&maps, json!({"metadata": {"name": "more"}})).await;
    world.merge(&quota, json!({"spec": {"hard": {"configmaps": "7", "pods": null, "secrets": "3"}}})).await;
    world.until(&quota, "has other limits", says(json!({"configmaps": "2", "secrets": "0"}))).await;
}

#[tokio::test]
async fn what_a_pod_took_is_free_when_it_has_run() {
    let world = World::new().await;
    let quota = team(&world, json!({"pods": "1", "count/pods": "5"})).await;
    world.until(&quota, "is counted", |quota| quota["status"]["used"]["pods"] == "0").await;
    let pods = within("team", "pods");
    world.create(&pods, json!({"metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})).await;
    world.merge(&format!("{pods}/a/status"), json!({"status": {"phase": "Succeeded"}})).await;
    world.until(&quota, "is free again", |quota| quota["status"]["used"] == json!({"pods": "0", "count/pods": "1"})).await;
}

#[tokio::test]
async fn every_namespace_gets_its_account() {
    let world = World::new().await;
    let account = within("default", "serviceaccounts/default");
    let made = world.until(&account, "is there", |_| true).await;
    world.delete(&account, "Background").await;
    world.until(&account, "is made again", |account| account["metadata"]["uid"] != made["metadata"]["uid"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn creates_through_two_servers_never_exceed_a_quota_while_it_is_counted() {
    const LIMIT: usize = 20;
    let world = World::new().await;
    let quota = team(&world, json!({"configmaps": LIMIT.to_string()})).await;
    world.until(&quota, "is counted", |quota| quota["status"]["used"]["configmaps"] == "0").await;
    let other = Arc::new(world.api.next_server().await);
    // The cache of the other server may be a moment behind: it learns of the namespace and the quota by this.
    other.get(&quota).await;
    let maps = within("team", "configmaps");
    let first = Arc::new(TestApi::around(world.api.api.clone(), Arc::clone(&world.api.store)));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..6 {
        let (server, maps) = (if writer % 2 == 0 { Arc::clone(&first) } else { Arc::clone(&other) }, maps.clone());
        writers.spawn(async move {
            let mut made = 0;
            for number in 0..10 {
                let answered = server.post(&maps, &json!({"metadata": {"name": format!("m{writer}-{number}")}})).await;
                match answered.code.as_u16() {
                    201 => made += 1,
                    403 => assert!(answered.message().contains("exceeded quota: q"), "{}", answered.message()),
                    code => panic!("{code}: {answered:?}"),
                }
            }
            made
        });
    }
    let made: usize = writers.join_all().await.into_iter().sum();
    assert_eq!(made, LIMIT, "all that the quota leaves, and no more");
    let there = world.api.get(&maps).await.body["items"].as_array().map(Vec::len);
    assert_eq!(there, Some(LIMIT));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_free_is_counted_down_while_others_are_charged() {
    let world = World::new().await;
    let quota = team(&world, json!({"configmaps": "100000", "secrets": "1"})).await;
    world.until(&quota, "is counted", |quota| quota["status"]["used"] == json!({"configmaps": "0", "secrets": "0"})).await;
    let secrets = within("team", "secrets");
    world.create(&secrets, json!({"metadata": {"name": "s"}})).await;
    let writer = Arc::new(TestApi::around(world.api.api.clone(), Arc::clone(&world.api.store)));
    let maps = within("team", "configmaps");
    let churn = tokio::spawn(async move {
        for number in 0_u32.. {
            let begun = Instant::now();
            let made = writer.post(&maps, &json!({"metadata": {"name": format!("m{number}")}})).await;
            assert_eq!(made.code, 201, "{made:?}");
            writer.delete(&format!("{maps}/m{number}")).await;
            // A count takes several requests, and begins anew where a charge came in between: it has to fit in between two of them, however
            // slow the machine is.
            tokio::time::sleep(begun.elapsed() * 10).await;
        }
    });
    world.delete(&format!("{secrets}/s"), "Background").await;
    world.until(&quota, "is counted down", |quota| quota["status"]["used"]["secrets"] == "0").await;
    assert!(!churn.is_finished(), "others wrote all the time");
    churn.abort();
}
