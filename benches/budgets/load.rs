//! The loads: what each measures is what its line in the table says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use etcd_client::{Compare, CompareOp, Txn, TxnOp};
use serde_json::json;
use trueup::object::Revision;
use trueup::store::{Change, EtcdOptions, EtcdStore, Store as _};

use super::server::{Engine, Server, free_port};
use super::{SECONDS, row};

pub(crate) const MAPS: &str = "/api/v1/namespaces/default/configmaps";
pub(crate) const JSON: &str = "application/json";

/// How many objects the large store holds, and about how many bytes each is on the wire.
const MANY: usize = 24_000;

/// A ConfigMap of about 700 bytes as the store holds it.
pub(crate) fn config_map(name: &str, size: usize) -> Vec<u8> {
    let data = json!({"config": "x".repeat(size)});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"app": "bench"}}, "data": data})
        .to_string()
        .into_bytes()
}

pub(crate) async fn start() {
    let first = Server::start(&Engine::Sqlite).await;
    let mut times = Vec::new();
    let resident = first.resident();
    row("serve, empty store, first start (makes certificates): exec to ready", &millis(first.ready_after));
    let mut directory = first.stop();
    for _ in 0..9 {
        let server = Server::start_in(directory, &Engine::Sqlite).await;
        times.push(server.ready_after);
        directory = server.stop();
    }
    times.sort();
    row("serve, empty store: exec to ready, median of 9", &millis(times[4]));
    row("serve, empty store: resident", &format!("{resident:.1} MB"));
}

pub(crate) async fn creates(engine: &Engine) {
    for clients in [1, 16, 64] {
        let server = Server::start(engine).await;
        let (rate, p50, p99) = run(&server, clients, JSON, move |client, number| {
            ("POST", MAPS.to_owned(), config_map(&format!("c{clients}-{client}-{number}"), 380))
        })
        .await;
        let name = match engine {
            Engine::Sqlite => "SQLite",
            Engine::Etcd(_) => "etcd",
        };
        row(&format!("create on {name}, {clients} clients"), &format!("{rate:.0}/s (p50 {p50:.2} ms, p99 {p99:.2} ms)"));
    }
}

pub(crate) async fn gets() {
    let server = Server::start(&Engine::Sqlite).await;
    let mut connection = server.connect().await;
    for number in 0..1000 {
        connection.request("POST", MAPS, JSON, &config_map(&format!("g{number}"), 380)).await.expect("created");
    }
    for clients in [1, 16] {
        let (rate, p50, p99) = run(&server, clients, JSON, |_, number| ("GET", format!("{MAPS}/g{}", number % 1000), Vec::new())).await;
        row(&format!("get, {clients} clients"), &format!("{rate:.0}/s (p50 {p50:.2} ms, p99 {p99:.2} ms)"));
    }
}

/// Runs a load for [`SECONDS`] and answers requests a second and two percentiles of latency in milliseconds.
pub(crate) async fn run(
    server: &Server,
    clients: usize,
    media_type: &'static str,
    request: impl Fn(usize, u64) -> (&'static str, String, Vec<u8>) + Send + Sync + 'static,
) -> (f64, f64, f64) {
    let request = Arc::new(request);
    let mut tasks = Vec::new();
    let began = Instant::now();
    for client in 0..clients {
        let mut connection = server.connect().await;
        let request = Arc::clone(&request);
        tasks.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            let mut number = 0;
            while began.elapsed() < SECONDS {
                let (method, path, body) = request(client, number);
                let sent = Instant::now();
                let answer = connection.request(method, &path, media_type, &body).await.expect("an answer");
                assert!((200..300).contains(&answer.code), "{method} {path} was answered with {}", answer.code);
                latencies.push(sent.elapsed());
                number += 1;
            }
            latencies
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.expect("a client"));
    }
    let took = began.elapsed();
    latencies.sort();
    let at = |share: usize| latencies[(latencies.len() * share / 100).min(latencies.len() - 1)].as_secs_f64() * 1000.0;
    (latencies.len() as f64 / took.as_secs_f64(), at(50), at(99))
}

/// Fills a server with [`MANY`] objects through 16 clients.
pub(crate) async fn fill(server: &Server) {
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..16 {
        let mut connection = server.connect().await;
        let next = Arc::clone(&next);
        tasks.push(tokio::spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= MANY as u64 {
                    return;
                }
                connection.request("POST", MAPS, JSON, &config_map(&format!("l{number}"), 850)).await.expect("created");
            }
        }));
    }
    for task in tasks {
        task.await.expect("a client");
    }
}

pub(crate) async fn lists() {
    let server = Server::start(&Engine::Sqlite).await;
    fill(&server).await;
    let server = Server::start_in(server.stop(), &Engine::Sqlite).await;
    row("serve on 24,000 objects: exec to ready", &millis(server.ready_after));
    let mut connection = server.connect().await;
    let first = Instant::now();
    let answer = connection.request("GET", MAPS, "", b"").await.expect("a list");
    row(&format!("LIST 24,000 objects ({:.1} MB), first (loads the cache)", answer.length as f64 / 1e6), &millis(first.elapsed()));
    let mut times = Vec::new();
    for _ in 0..9 {
        let began = Instant::now();
        connection.request("GET", MAPS, "", b"").await.expect("a list");
        times.push(began.elapsed());
    }
    times.sort();
    row("LIST 24,000 objects, median of 9, client included", &millis(times[4]));
    row("serve with 24,000 objects cached: resident", &format!("{:.1} MB", server.resident()));
}

pub(crate) async fn watches() {
    let server = Server::start(&Engine::Sqlite).await;
    let mut watchers = Vec::new();
    for _ in 0..1000 {
        let mut connection = server.connect().await;
        connection.send("GET", &format!("{MAPS}?watch=true&resourceVersion=1"), "", b"").await.expect("a watch");
        watchers.push(connection);
    }
    // Each has answered its head once the first event comes; that round is not counted.
    let mut writer = server.connect().await;
    let mut times = Vec::new();
    for round in 0..11 {
        let name = format!("w{round}");
        let marker: Arc<[u8]> = format!("\"name\":\"{name}\"").into_bytes().into();
        let tasks: Vec<_> = watchers
            .drain(..)
            .map(|mut watcher| {
                let marker = Arc::clone(&marker);
                tokio::spawn(async move {
                    watcher.wait_for(&marker).await.expect("an event");
                    (watcher, Instant::now())
                })
            })
            .collect();
        let began = Instant::now();
        writer.request("POST", MAPS, JSON, &config_map(&name, 380)).await.expect("created");
        let mut last = began;
        for task in tasks {
            let (watcher, at) = task.await.expect("a watcher");
            last = last.max(at);
            watchers.push(watcher);
        }
        if round > 0 {
            times.push(last - began);
        }
    }
    times.sort();
    row("watch: 1,000 watchers, one write sent to last one served, median of 10", &millis(times[5]));
    row("watch: the slowest of the 10", &millis(times[9]));
}

/// The same machine's etcd, first with a bare client, then under the server.
pub(crate) async fn etcd() {
    let Some(etcd) = Etcd::start().await else {
        row("etcd", "not measured: no etcd binary (TRUEUP_ETCD_BIN)");
        return;
    };
    for clients in [16, 64] {
        let rate = bare(&etcd.url, clients).await;
        row(&format!("bare etcd client, create-if-absent of 700 B, {clients} writers"), &format!("{rate:.0}/s"));
        let rate = store_alone(&etcd.url, clients).await;
        row(&format!("the store on etcd without a server, the same, {clients} writers"), &format!("{rate:.0}/s"));
    }
    creates(&Engine::Etcd(etcd.url.clone())).await;
}

/// The client library as its documentation uses it.
async fn bare(url: &str, writers: usize) -> f64 {
    let client = etcd_client::Client::connect([url], None).await.expect("etcd answers");
    written(writers, move |key, value| {
        let mut kv = client.kv_client();
        let absent = Compare::mod_revision(key.clone(), CompareOp::Equal, 0);
        let put = Txn::new().when([absent]).and_then([TxnOp::put(key, value, None)]);
        async move { assert!(kv.txn(put).await.expect("an answer").succeeded()) }
    })
    .await
}

async fn store_alone(url: &str, writers: usize) -> f64 {
    let store = Arc::new(EtcdStore::connect(EtcdOptions::new([url])).await.expect("etcd answers"));
    written(writers, move |key, value| {
        let store = Arc::clone(&store);
        async move { drop(store.commit(&key, Revision::ZERO, Change::Put(value)).await.expect("written")) }
    })
    .await
}

/// Writes keys that do not exist for [`SECONDS`]; answers how many a second.
async fn written<F>(writers: usize, write: impl Fn(String, bytes::Bytes) -> F + Clone + Send + 'static) -> f64
where
    F: Future<Output = ()> + Send,
{
    static RUN: AtomicU64 = AtomicU64::new(0);
    let run = RUN.fetch_add(1, Ordering::Relaxed);
    let value = bytes::Bytes::from(vec![b'x'; 700]);
    let began = Instant::now();
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let (write, value) = (write.clone(), value.clone());
        tasks.push(tokio::spawn(async move {
            let mut done = 0u64;
            while began.elapsed() < SECONDS {
                write(format!("/bare/{run}/{writer}/{done}"), value.clone()).await;
                done += 1;
            }
            done
        }));
    }
    let mut total = 0;
    for task in tasks {
        total += task.await.expect("a writer");
    }
    total as f64 / began.elapsed().as_secs_f64()
}

struct Etcd {
    process: std::process::Child,
    url: String,
    _directory: tempfile::TempDir,
}

impl Etcd {
    async fn start() -> Option<Self> {
        let directory = tempfile::tempdir().ok()?;
        let (client, peer) = (free_port(), free_port());
        let url = format!("http://127.0.0.1:{client}");
        let binary = std::env::var("TRUEUP_ETCD_BIN").unwrap_or_else(|_| "etcd".to_owned());
        let mut command = std::process::Command::new(binary);
        command.arg("--data-dir").arg(directory.path());
        command.args(["--listen-client-urls", &url, "--advertise-client-urls", &url]);
        command.args(["--listen-peer-urls", &format!("http://127.0.0.1:{peer}")]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let process = command.spawn().ok()?;
        let began = Instant::now();
        while EtcdStore::connect(EtcdOptions::new([url.as_str()])).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "etcd does not come up");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(Self { process, url, _directory: directory })
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
