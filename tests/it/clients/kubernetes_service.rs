//! What servers make by themselves: the service `kubernetes` with its endpoints, and the root certificate.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use http::Method;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::block_in_place;

use super::tool;
use super::wire::{administrator, send};
use crate::harness::server::{Engine, TestServer, on_every_engine};

const NAMESPACE: &str = "/api/v1/namespaces/default";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name=kubernetes";

/// Longer than a server that was killed stays in the endpoints, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(150);

async fn get(client: &Client, server: &TestServer, path: &str) -> Value {
    send(client, Method::GET, server.url(path), None).await.json().await.unwrap()
}

async fn until<T>(what: &str, server: &TestServer, mut ask: impl AsyncFnMut() -> Result<T, Value>) -> T {
    let began = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(last) => assert!(began.elapsed() < PATIENCE, "{what}: {last}\n{}", server.log()),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The flags of a server that others reach at an address.
fn flags(address: &str) -> [&str; 4] {
    ["--endpoint-reconciler-type", "lease", "--advertise-address", address]
}

/// Waits until endpoints and slices name these addresses and no others.
async fn until_behind(client: &Client, server: &TestServer, expected: &[&str]) {
    let expected: BTreeSet<&str> = expected.iter().copied().collect();
    let what = format!("{expected:?} are behind the service");
    let texts = |list: &Value, pointer: &str| -> Vec<String> {
        let items = list.as_array().into_iter().flatten();
        items.filter_map(|item| item.pointer(pointer)?.as_str().map(str::to_owned)).collect()
    };
    until(&what, server, async || {
        let endpoints = get(client, server, &format!("{NAMESPACE}/endpoints/kubernetes")).await;
        let slices = get(client, server, SLICES).await;
        let of_endpoints: Vec<String> =
            endpoints["subsets"].as_array().into_iter().flatten().flat_map(|subset| texts(&subset["addresses"], "/ip")).collect();
        let of_slices: Vec<String> =
            slices["items"].as_array().into_iter().flatten().flat_map(|slice| texts(&slice["endpoints"], "/addresses/0")).collect();
        let same = |found: &[String]| found.len() == expected.len() && found.iter().all(|address| expected.contains(address.as_str()));
        if same(&of_endpoints) && same(&of_slices) { Ok(()) } else { Err(json!([endpoints, slices])) }
    })
    .await;
}

async fn the_service_is_there_and_comes_back(engine: Engine) {
    let server = TestServer::start_with(engine, &flags("192.0.2.7"));
    let client = administrator(&server).build().unwrap();
    let service = format!("{NAMESPACE}/services/kubernetes");
    until_behind(&client, &server, &["192.0.2.7"]).await;
    let made = get(&client, &server, &service).await;
    let port: u16 = server.address().rsplit_once(':').unwrap().1.parse().unwrap();
    assert_eq!((&made["spec"]["clusterIP"], &made["spec"]["type"]), (&json!("10.96.0.1"), &json!("ClusterIP")), "{made}");
    assert_eq!(made["spec"]["ports"], json!([{"name": "https", "protocol": "TCP", "port": 443, "targetPort": port}]));
    assert_eq!(made["metadata"]["labels"], json!({"component": "apiserver", "provider": "kubernetes"}));
    let slices = get(&client, &server, SLICES).await;
    assert_eq!(slices["items"][0]["ports"], json!([{"name": "https", "port": port, "protocol": "TCP"}]));
    send(&client, Method::DELETE, server.url(&service), None).await;
    let thief = json!({"metadata": {"name": "thief"}, "spec": {"clusterIP": "10.96.0.1", "ports": [{"port": 1}]}});
    let refused = send(&client, Method::POST, server.url(&format!("{NAMESPACE}/services")), Some(&thief)).await;
    assert_eq!(refused.status().as_u16(), 422, "the address is nobody else's");
    send(&client, Method::DELETE, server.url(&format!("{NAMESPACE}/endpoints/kubernetes")), None).await;
    send(&client, Method::DELETE, server.url(&SLICES.replace("endpointslices?", "endpointslices/kubernetes?")), None).await;
    until("the service is made again", &server, async || {
        let found = get(&client, &server, &service).await;
        if found["metadata"]["uid"].is_string() && found["metadata"]["uid"] != made["metadata"]["uid"] { Ok(()) } else { Err(found) }
    })
    .await;
    until_behind(&client, &server, &["192.0.2.7"]).await;
}

async fn the_endpoints_are_the_servers_that_are_alive(engine: Engine) {
    let one = TestServer::start_with(engine, &flags("192.0.2.7"));
    let client = administrator(&one).build().unwrap();
    let mut other = one.beside_with(&flags("192.0.2.8"));
    until_behind(&client, &one, &["192.0.2.7", "192.0.2.8"]).await;
    assert_eq!(block_in_place(|| other.stop()), Some(0));
    until_behind(&client, &one, &["192.0.2.7"]).await;
    block_in_place(|| other.launch());
    until_behind(&client, &one, &["192.0.2.7", "192.0.2.8"]).await;
    block_in_place(|| other.kill());
    until_behind(&client, &one, &["192.0.2.7"]).await;
}

async fn a_server_for_this_machine_alone_is_no_endpoint_and_kubectl_finds_it(engine: Engine) {
    let server = TestServer::start_with(engine, &["--endpoint-reconciler-type", "lease", "--controllers", "*"]);
    let client = administrator(&server).build().unwrap();
    until("the slice is there", &server, async || {
        let slices = get(&client, &server, SLICES).await;
        if slices["items"].as_array().is_some_and(|slices| slices.len() == 1) { Ok(()) } else { Err(slices) }
    })
    .await;
    until_behind(&client, &server, &[]).await;
    until("the root certificate is published", &server, async || {
        let map = get(&client, &server, &format!("{NAMESPACE}/configmaps/kube-root-ca.crt")).await;
        if map["data"]["ca.crt"].as_str().is_some_and(|text| text.contains("BEGIN CERTIFICATE")) { Ok(()) } else { Err(map) }
    })
    .await;
    let kubectl = |arguments: &[&str]| {
        let mut command = Command::new(tool("TRUEUP_KUBECTL_BIN"));
        command.env_clear().env("HOME", server.folder()).env("KUBECONFIG", server.kubeconfig()).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let told = block_in_place(|| kubectl(&["cluster-info"]));
    assert!(told.contains("is running at") && told.contains(&server.url("")), "{told}");
    let told = block_in_place(|| kubectl(&["get", "service", "kubernetes", "-o", "name"]));
    assert_eq!(told.trim(), "service/kubernetes");
}

on_every_engine!(await the_service_is_there_and_comes_back, the_endpoints_are_the_servers_that_are_alive,
    a_server_for_this_machine_alone_is_no_endpoint_and_kubectl_finds_it);
