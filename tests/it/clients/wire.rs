//! How a server behaves towards the network and its operator: protocols, credentials, stops, restarts, several servers on one store.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Method, StatusCode, Version};
use reqwest::{Certificate, Client, ClientBuilder, Identity, Response};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::block_in_place;
use tokio_rustls::TlsConnector;

use crate::harness::server::{Engine, TestServer, on_every_engine, refused};

pub(super) const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A client that trusts the server and has no credentials.
pub(super) fn stranger(server: &TestServer) -> ClientBuilder {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (ca, _) = credentials(server);
    Client::builder().tls_certs_only([Certificate::from_pem(&ca).unwrap()])
}

/// A client with the administrator's certificate.
pub(crate) fn administrator(server: &TestServer) -> ClientBuilder {
    let (_, identity) = credentials(server);
    stranger(server).identity(Identity::from_pem(&identity).unwrap())
}

/// The CA's certificate, and the administrator's certificate with its key, of a kubeconfig.
pub(super) fn credentials(server: &TestServer) -> (Vec<u8>, Vec<u8>) {
    use base64::Engine as _;
    let text = std::fs::read_to_string(server.kubeconfig()).unwrap();
    let part = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().trim_start_matches("- ").strip_prefix(name)).unwrap();
        base64::engine::general_purpose::STANDARD.decode(line.trim_start_matches(':').trim().trim_matches('"')).unwrap()
    };
    let identity = [part("client-certificate-data"), part("client-key-data")].concat();
    (part("certificate-authority-data"), identity)
}

/// The tokens of an administrator, `good`, and of somebody who may do nothing, `weak`.
pub(super) fn token_file() -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "good,ann,1,\"system:masters\"\nweak,bob,2\n").unwrap();
    file
}

fn map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})
}

pub(super) async fn send(client: &Client, method: Method, url: String, body: Option<&Value>) -> Response {
    let request = client.request(method, url);
    match body {
        Some(body) => request.json(body),
        None => request,
    }
    .send()
    .await
    .unwrap()
}

async fn create(client: &Client, server: &TestServer, name: &str) -> Value {
    let response = send(client, Method::POST, server.url(MAPS), Some(&map(name, "v"))).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json().await.unwrap()
}

async fn names(client: &Client, server: &TestServer) -> Vec<String> {
    let list: Value = send(client, Method::GET, server.url(MAPS), None).await.json().await.unwrap();
    list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

/// The next event of a watch, or `None` at its end. Panics where it ends with an error.
pub(super) async fn event(watch: &mut Response, rest: &mut Vec<u8>) -> Option<Value> {
    loop {
        if let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            return Some(serde_json::from_slice(&line).unwrap());
        }
        rest.extend(watch.chunk().await.unwrap()?);
    }
}

async fn both_versions_of_http_are_spoken(engine: Engine) {
    let server = TestServer::start(engine);
    let old = administrator(&server).http1_only().build().unwrap();
    let response = send(&old, Method::GET, server.url(MAPS), None).await;
    assert_eq!((response.version(), response.status()), (Version::HTTP_11, StatusCode::OK));
    let negotiated = administrator(&server).build().unwrap();
    let response = send(&negotiated, Method::GET, server.url(MAPS), None).await;
    assert_eq!((response.version(), response.status()), (Version::HTTP_2, StatusCode::OK));
    // A watch of each, at the same time, on the one connection of the second.
    let version = create(&old, &server, "a").await["metadata"]["resourceVersion"].clone();
    for client in [&old, &negotiated] {
        let path = format!("{MAPS}?watch=true&resourceVersion={}", version.as_str().unwrap());
        let mut watch = send(client, Method::GET, server.url(&path), None).await;
        let name = if watch.version() == Version::HTTP_2 { "c" } else { "b" };
        create(client, &server, name).await;
        let mut rest = Vec::new();
        let mut seen = event(&mut watch, &mut rest).await.unwrap();
        while seen["object"]["metadata"]["name"] != name {
            seen = event(&mut watch, &mut rest).await.unwrap();
        }
        assert_eq!(seen["type"], "ADDED");
    }
}

async fn strangers_see_health_and_version_and_nothing_else(engine: Engine) {
    let tokens = token_file();
    let server = TestServer::start_with(engine, &["--token-auth-file", &tokens.path().display().to_string()]);
    let client = stranger(&server).build().unwrap();
    for open in ["/healthz", "/livez", "/readyz", "/version"] {
        assert_eq!(send(&client, Method::GET, server.url(open), None).await.status(), StatusCode::OK, "{open}");
    }
    for closed in [MAPS, "/api", "/apis", "/apis/apps/v1", "/api/v1/nosuch", "/apis/no.such/v1/things", "/metrics", "/openapi/v3"] {
        let response = send(&client, Method::GET, server.url(closed), None).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{closed}");
        let status: Value = response.json().await.unwrap();
        assert_eq!((&status["kind"], &status["reason"]), (&json!("Status"), &json!("Unauthorized")), "{closed}");
    }
    let with = |client: &Client, token: &str| client.get(server.url(MAPS)).bearer_auth(token).send();
    assert_eq!(with(&client, "good").await.unwrap().status(), StatusCode::OK);
    assert_eq!(with(&client, "bad").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let refusal: Value = with(&client, "weak").await.unwrap().json().await.unwrap();
    assert_eq!((&refusal["code"], &refusal["reason"]), (&json!(403), &json!("Forbidden")));
}

async fn a_stop_ends_watches_cleanly_and_lets_a_write_finish(engine: Engine) {
    let tokens = token_file();
    let mut server = TestServer::start_with(engine, &["--token-auth-file", &tokens.path().display().to_string()]);
    let client = administrator(&server).build().unwrap();
    create(&client, &server, "a").await;
    let mut watch = send(&client, Method::GET, server.url(&format!("{MAPS}?watch=true")), None).await;
    let mut rest = Vec::new();
    assert_eq!(event(&mut watch, &mut rest).await.unwrap()["object"]["metadata"]["name"], "a");

    // The server says 100 when it has begun to wait for the body, which follows after the stop.
    let mut writer = tls_stream(&server).await;
    let body = map("b", "v").to_string();
    let head = format!("POST {MAPS} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer good\r\n", server.address());
    let about = format!("content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n", body.len());
    writer.write_all(format!("{head}{about}").as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    writer.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 100");

    server.ask_to_stop();
    assert_eq!(event(&mut watch, &mut rest).await, None, "the watch ends without an error and without a further event");
    writer.write_all(body.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    writer.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("HTTP/1.1 201 Created"), "{answer}");
    assert_eq!(block_in_place(|| server.stopped()), Some(0), "{}", server.log());
    assert!(server.log().ends_with("stopped\n") && !server.log().contains("cut off"), "{}", server.log());
}

/// A bare connection without a client certificate.
async fn tls_stream(server: &TestServer) -> tokio_rustls::client::TlsStream<TcpStream> {
    let (ca, _) = credentials(server);
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()));
    let tcp = TcpStream::connect(server.address()).await.unwrap();
    connector.connect("localhost".try_into().unwrap(), tcp).await.unwrap()
}

async fn a_restart_keeps_objects_revisions_and_credentials(engine: Engine) {
    let mut server = TestServer::start(engine);
    let client = administrator(&server).build().unwrap();
    let created = create(&client, &server, "a").await;
    block_in_place(|| server.restart());
    // The client holds the credentials of the first start.
    let found: Value = send(&client, Method::GET, server.url(&format!("{MAPS}/a")), None).await.json().await.unwrap();
    assert_eq!(found, created);
    let revision = |object: &Value| object["metadata"]["resourceVersion"].as_str().unwrap().parse::<u64>().unwrap();
    let path = format!("{MAPS}?watch=true&resourceVersion={}", revision(&created));
    let next = create(&client, &server, "b").await;
    assert!(revision(&next) > revision(&created));
    let mut watch = send(&client, Method::GET, server.url(&path), None).await;
    let seen = event(&mut watch, &mut Vec::new()).await.unwrap();
    assert_eq!(seen, json!({"type": "ADDED", "object": next}), "a watch goes on from a revision before the restart");
}

async fn two_servers_on_one_store_are_one_control_plane(engine: Engine) {
    let one = TestServer::start(engine);
    let other = one.beside();
    let (client, beside) = (administrator(&one).build().unwrap(), administrator(&other).build().unwrap());
    let mut watch = send(&beside, Method::GET, other.url(&format!("{MAPS}?watch=true")), None).await;
    for turn in 0..20 {
        let name = format!("a{turn:02}");
        create(&client, &one, &name).await;
        assert!(names(&beside, &other).await.contains(&name), "a read without a resourceVersion sees what the other server has written");
        let path = format!("{MAPS}/{name}");
        assert_eq!(send(&beside, Method::PUT, other.url(&path), Some(&map(&name, "w"))).await.status(), StatusCode::OK);
        let found: Value = send(&client, Method::GET, one.url(&path), None).await.json().await.unwrap();
        assert_eq!(found["data"]["k"], "w");
    }
    let mut rest = Vec::new();
    for turn in 0..20 {
        for kind in ["ADDED", "MODIFIED"] {
            let seen = event(&mut watch, &mut rest).await.unwrap();
            assert_eq!((&seen["type"], &seen["object"]["metadata"]["name"]), (&json!(kind), &json!(format!("a{turn:02}"))));
        }
    }
    // A kind that one defines is served by the other at once.
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gears.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "names": {"plural": "gears", "singular": "gear", "kind": "Gear"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]},
    });
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(send(&client, Method::POST, one.url(definitions), Some(&definition)).await.status(), StatusCode::CREATED);
    assert_eq!(send(&beside, Method::GET, other.url("/apis/example.com/v1/gears"), None).await.status(), StatusCode::OK);
}

async fn service_accounts_come_in_with_their_tokens(engine: Engine) {
    const ACCOUNT: &str = "/api/v1/namespaces/default/serviceaccounts/robot";
    let mut server = TestServer::start(engine);
    let admin = administrator(&server).build().unwrap();
    let account = json!({"metadata": {"name": "robot"}});
    send(&admin, Method::POST, server.url("/api/v1/namespaces/default/serviceaccounts"), Some(&account)).await;
    let made = send(&admin, Method::POST, server.url(&format!("{ACCOUNT}/token")), Some(&json!({}))).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let made: Value = made.json().await.unwrap();
    let token = made["status"]["token"].as_str().unwrap();
    let robot = stranger(&server).build().unwrap();
    let asks = |path: &str| robot.get(server.url(path)).bearer_auth(token).send();
    assert_eq!(asks(MAPS).await.unwrap().status(), StatusCode::FORBIDDEN, "it is known, and may do nothing");
    let keys: Value = asks("/openid/v1/jwks").await.unwrap().json().await.unwrap();
    let about: Value = asks("/.well-known/openid-configuration").await.unwrap().json().await.unwrap();
    assert_eq!(about["jwks_uri"], server.url("/openid/v1/jwks"));

    block_in_place(|| server.restart());
    let robot = stranger(&server).build().unwrap();
    let asks = |path: &str| robot.get(server.url(path)).bearer_auth(token).send();
    let kept: Value = asks("/openid/v1/jwks").await.unwrap().json().await.unwrap();
    assert_eq!(kept, keys, "the key outlives the server");
    let admin = administrator(&server).build().unwrap();
    assert_eq!(send(&admin, Method::DELETE, server.url(ACCOUNT), None).await.status(), StatusCode::OK);
    assert_eq!(asks(MAPS).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

on_every_engine!(await
    both_versions_of_http_are_spoken,
    strangers_see_health_and_version_and_nothing_else,
    a_stop_ends_watches_cleanly_and_lets_a_write_finish,
    a_restart_keeps_objects_revisions_and_credentials,
    two_servers_on_one_store_are_one_control_plane,
    service_accounts_come_in_with_their_tokens,
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_arrives_whatever_body_is_under_way() {
    let tokens = token_file();
    let server = TestServer::start_with(Engine::Sqlite, &["--token-auth-file", &tokens.path().display().to_string()]);
    let refusals = [
        ("bad", Method::POST, MAPS, StatusCode::UNAUTHORIZED),
        ("weak", Method::POST, MAPS, StatusCode::FORBIDDEN),
        ("good", Method::POST, "/api/v1/namespaces/default/nosuch", StatusCode::NOT_FOUND),
        ("good", Method::POST, "/version", StatusCode::METHOD_NOT_ALLOWED),
        ("good", Method::PUT, MAPS, StatusCode::METHOD_NOT_ALLOWED),
    ];
    for client in [stranger(&server).http1_only().build().unwrap(), stranger(&server).build().unwrap()] {
        for size in [2, 2 << 20] {
            // A connection reset is a race; once would tell little.
            for turn in 0..5 {
                for (token, method, path, expected) in &refusals {
                    let request = client.request(method.clone(), server.url(path)).bearer_auth(token).body(vec![b' '; size]);
                    let status = request.send().await.map(|response| response.status());
                    assert_eq!(status.as_ref().ok(), Some(expected), "{method} {path} with {size} bytes, turn {turn}: {status:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_without_a_handshake_does_not_delay_a_stop() {
    let mut server = TestServer::start(Engine::Sqlite);
    let _silent = TcpStream::connect(server.address()).await.unwrap();
    // Connections are accepted in their order, so that the silent one is known after this.
    create(&administrator(&server).build().unwrap(), &server, "a").await;
    server.ask_to_stop();
    assert_eq!(block_in_place(|| server.stopped()), Some(0), "{}", server.log());
    assert!(!server.log().contains("cut off") && !server.log().contains("WARN"), "{}", server.log());
}

const REVISIONS: &str = "/apis/apps/v1/namespaces/default/controllerrevisions";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_etcd_does_not_take_is_refused_as_too_large() {
    let server = TestServer::start(Engine::Etcd);
    let client = administrator(&server).build().unwrap();
    for size in [2_000_000, 2_900_000] {
        // A kind that may hold more than the 1 MiB of a ConfigMap.
        let revision = json!({"metadata": {"name": "a"}, "revision": 1, "data": {"text": "v".repeat(size)}});
        let response = send(&client, Method::POST, server.url(REVISIONS), Some(&revision)).await;
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{size}");
        let status: Value = response.json().await.unwrap();
        assert_eq!(status["reason"], "RequestEntityTooLarge");
        assert!(status["message"].as_str().unwrap().contains("--max-request-bytes"), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_of_etcd_is_told_and_outlived() {
    let server = TestServer::start(Engine::Etcd);
    let client = administrator(&server).build().unwrap();
    create(&client, &server, "a").await;
    let mut watch = send(&client, Method::GET, server.url(&format!("{MAPS}?watch=true")), None).await;
    let mut rest = Vec::new();
    assert_eq!(event(&mut watch, &mut rest).await.unwrap()["object"]["metadata"]["name"], "a");

    block_in_place(|| server.etcd().stop());
    let ready = send(&client, Method::GET, server.url("/readyz"), None).await;
    assert_eq!(ready.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(ready.text().await.unwrap().contains("[-]etcd failed"));
    assert_eq!(send(&client, Method::GET, server.url("/livez"), None).await.status(), StatusCode::OK);
    // A read that comes now waits for etcd to return rather than answer what may be old; after ten seconds it gives up.
    let began = Instant::now();
    let restarted = async { block_in_place(|| server.etcd().restart()) };
    let (read, ()) = tokio::join!(send(&client, Method::GET, server.url(MAPS), None), restarted);
    if read.status() == StatusCode::SERVICE_UNAVAILABLE {
        assert!(began.elapsed() > Duration::from_secs(10), "it did not wait");
    } else {
        assert_eq!(read.status(), StatusCode::OK);
    }
    assert_eq!(names(&client, &server).await, ["a"]);

    create(&client, &server, "b").await;
    assert_eq!(event(&mut watch, &mut rest).await.unwrap()["object"]["metadata"]["name"], "b", "the watch goes on");
    assert_eq!(send(&client, Method::GET, server.url("/readyz"), None).await.status(), StatusCode::OK);
}

#[test]
fn the_kubeconfig_and_all_keys_are_for_their_owner_alone() {
    let server = TestServer::start(Engine::Sqlite);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&server.kubeconfig()), 0o600);
    let pki = std::path::Path::new(&server.store_flags()[1]).join("pki");
    assert_eq!(mode(&pki), 0o700);
    for file in std::fs::read_dir(pki).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).display().to_string();
    let data = path("data");
    let complains = |code: i32, arguments: &[&str], expected: &[&str]| {
        let ended = refused(home.path(), &[&["serve", "--listen", "127.0.0.1:0"], arguments].concat());
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.log);
        for part in expected {
            assert!(ended.log.contains(part), "{arguments:?} does not say {part:?}:\n{}", ended.log);
        }
        assert!(!ended.log.contains("panicked"), "{}", ended.log);
    };
    complains(2, &["--local", &data, "--nosuch"], &["unexpected argument '--nosuch'"]);
    complains(2, &["--local", &data, "--etcd", "http://127.0.0.1:1"], &["--local", "--etcd"]);
    complains(2, &["--local", &data, "--controllers", "cron"], &["unknown controller \"cron\""]);
    complains(1, &["--local", &data, "--token-auth-file", &path("none")], &["token file", &path("none"), "No such file"]);
    std::fs::write(path("tokens"), "secret-token,ann\n").unwrap();
    complains(1, &["--local", &data, "--token-auth-file", &path("tokens")], &["line 1", "token, user and uid"]);
    std::fs::write(path("foreign"), "clusters: [{name: prod}]\n").unwrap();
    complains(1, &["--local", &data, "--write-kubeconfig", &path("foreign")], &[&path("foreign"), "left as it is"]);
    assert_eq!(std::fs::read_to_string(path("foreign")).unwrap(), "clusters: [{name: prod}]\n");
    std::fs::write(path("file"), "").unwrap();
    complains(1, &["--local", &path("file")], &[&path("file")]);
    std::fs::create_dir(path("broken")).unwrap();
    std::fs::write(path("broken/trueup.db"), "this is no database, however long it may be".repeat(100)).unwrap();
    complains(1, &["--local", &path("broken")], &["trueup.db", "is not a SQLite database"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let ended = refused(home.path(), &["serve", "--local", &data, "--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(ended.code, Some(1), "{}", ended.log);
    assert!(ended.log.contains(&format!("cannot listen on {}", taken.local_addr().unwrap())), "{}", ended.log);
    assert!(ended.log.contains("hint: another process listens there") && ended.log.contains("--listen"), "{}", ended.log);
}

#[test]
fn a_server_without_its_etcd_says_so() {
    let home = tempfile::tempdir().unwrap();
    let ended = refused(home.path(), &["serve", "--listen", "127.0.0.1:0", "--etcd", "http://127.0.0.1:1"]);
    assert_eq!(ended.code, Some(1), "{}", ended.log);
    assert!(ended.log.contains("no etcd answers at http://127.0.0.1:1 within 5s: "), "{}", ended.log);
    assert!(ended.log.contains("hint: is etcd running"), "{}", ended.log);
}
