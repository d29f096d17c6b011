//! Quotas over HTTPS: several servers on one store charge the same ones, and controllers keep them right.

use std::time::{Duration, Instant};

use http::Method;
use reqwest::Client;
use serde_json::{Value, json};

use super::wire::{administrator, send};
use crate::harness::server::{Engine, TestServer, on_every_engine};

const QUOTA: &str = "/api/v1/namespaces/default/resourcequotas/q";
const SECRETS: &str = "/api/v1/namespaces/default/secrets";
const PATIENCE: Duration = Duration::from_secs(60);

async fn used(client: &Client, server: &TestServer) -> Value {
    let quota: Value = send(client, Method::GET, server.url(QUOTA), None).await.json().await.unwrap();
    quota["status"]["used"]["secrets"].clone()
}

async fn until_used(client: &Client, server: &TestServer, many: &str) {
    let began = Instant::now();
    while used(client, server).await != many {
        assert!(began.elapsed() < PATIENCE, "the quota never says {many}:\n{}", server.log());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn creates_through_two_servers_never_exceed_a_quota(engine: Engine) {
    const LIMIT: usize = 15;
    let one = TestServer::start(engine);
    let other = one.beside();
    let (client, beside) = (administrator(&one).build().unwrap(), administrator(&other).build().unwrap());
    let quota = json!({"metadata": {"name": "q"}, "spec": {"hard": {"secrets": LIMIT.to_string()}}});
    let made = send(&client, Method::POST, one.url("/api/v1/namespaces/default/resourcequotas"), Some(&quota)).await;
    assert_eq!(made.status().as_u16(), 201);
    until_used(&client, &one, "0").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..6 {
        let (client, url) = if writer % 2 == 0 { (client.clone(), one.url(SECRETS)) } else { (beside.clone(), other.url(SECRETS)) };
        writers.spawn(async move {
            let mut made = Vec::new();
            for number in 0..8 {
                let name = format!("s{writer}-{number}");
                let response = send(&client, Method::POST, url.clone(), Some(&json!({"metadata": {"name": name}}))).await;
                match response.status().as_u16() {
                    201 => made.push(name),
                    403 => assert!(response.text().await.unwrap().contains("exceeded quota: q")),
                    code => panic!("{code}: {:?}", response.text().await),
                }
            }
            made
        });
    }
    let made: Vec<String> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!(made.len(), LIMIT, "all that the quota leaves, and no more");
    let gone = send(&beside, Method::DELETE, other.url(&format!("{SECRETS}/{}", made[0])), None).await;
    assert_eq!(gone.status().as_u16(), 200);
    until_used(&client, &one, &(LIMIT - 1).to_string()).await;
}

async fn pods_get_an_account_where_that_is_enabled(engine: Engine) {
    let server =
        TestServer::start_with(engine, &["--enable-admission-plugins", "ServiceAccount", "--disable-admission-plugins", "Priority"]);
    let client = administrator(&server).build().unwrap();
    let namespace = json!({"metadata": {"name": "fresh"}});
    send(&client, Method::POST, server.url("/api/v1/namespaces"), Some(&namespace)).await;
    let began = Instant::now();
    let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let pod: Value = loop {
        // On a slow machine the controller may take longer than a pod waits for it.
        let response = send(&client, Method::POST, server.url("/api/v1/namespaces/fresh/pods"), Some(&pod)).await;
        if response.status().as_u16() == 201 || began.elapsed() > PATIENCE {
            break response.json().await.unwrap();
        }
    };
    assert_eq!(pod["spec"]["serviceAccountName"], "default", "{pod}");
    assert_eq!(pod["spec"].get("priority"), None);
    let classes = server.url("/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical");
    assert_eq!(send(&client, Method::GET, classes, None).await.status().as_u16(), 200);
}

on_every_engine!(await creates_through_two_servers_never_exceed_a_quota, pods_get_an_account_where_that_is_enabled);
