//! The API layer over a memory store (and over SQLite where the store matters), by its requests and answers.
#![allow(clippy::expect_used, reason = "a panic is how a test fails, in its helpers, too")]

mod access;
mod api_services;
mod apply;
mod autoscaling;
mod bindings;
mod conversion;
mod defaults;
mod definitions;
mod deletion;
mod evictions;
mod expiry;
mod fields;
mod kinds;
mod limit_ranges;
mod lists;
mod mutating_policies;
mod negotiation;
mod old_paths;
mod older;
mod pod_parts;
mod pod_plugins;
mod pods;
mod policies;
mod quotas;
mod ratcheting;
mod refusals;
mod requests;
mod reviews;
mod rules;
mod smoke;
mod store_requests;
mod tokens;
mod validation;
mod watches;
mod webhooks;
mod writes;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tempfile::TempDir;
use trueup::ambient::Ambient;
use trueup::api::{Api, Body};
use trueup::auth::Identity;
use trueup::store::{MemoryStore, SqliteOptions, SqliteStore, Store};

/// A hang is a failure; nothing here takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const JSON: &str = "application/json";
pub(crate) const MERGE: &str = "application/merge-patch+json";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
pub(crate) const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// The config maps of the namespace `default`.
pub(crate) const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// An API of its own over an empty store, with the clock pinned.
pub(crate) struct TestApi {
    pub(crate) api: Api,
    pub(crate) store: Arc<dyn Store>,
    _folder: Option<TempDir>,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) code: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) warnings: Vec<String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) body: Value,
}

/// The events of a watch, one at a time.
pub(crate) struct Watch {
    body: Body,
    buffer: Vec<u8>,
}

impl TestApi {
    pub(crate) async fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new()), None).await
    }

    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("store.db"), &SqliteOptions::default()).expect("it opens");
        Self::over(Arc::new(store), Some(folder)).await
    }

    /// The same case on every embedded store.
    pub(crate) async fn on_each_store() -> [Self; 2] {
        [Self::new().await, Self::on_sqlite().await]
    }

    pub(crate) async fn over(store: Arc<dyn Store>, folder: Option<TempDir>) -> Self {
        let ambient = Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"));
        let api = Api::open(Arc::clone(&store), ambient).await.expect("an empty store opens");
        Self { api, store, _folder: folder }
    }

    /// Another server on the same store.
    pub(crate) async fn next_server(&self) -> Self {
        Self::over(Arc::clone(&self.store), None).await
    }

    /// An API that runs already, over a store that outlives it.
    pub(crate) fn around(api: Api, store: Arc<dyn Store>) -> Self {
        Self { api, store, _folder: None }
    }

    /// Sends a request as somebody; the stream of a watch is left to the caller.
    pub(crate) async fn raw(&self, who: &Identity, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        let agent = ("user-agent", "tester/1.0");
        let agent = Some(&agent).filter(|(known, _)| headers.iter().all(|(name, _)| name != known));
        for (name, value) in headers.iter().chain(agent) {
            request = request.header(*name, *value);
        }
        self.api.handle(who, request.body(Full::from(body.to_vec())).expect("a request")).await
    }

    /// Sends a request as an administrator and reads the whole answer.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answered {
        self.ask_as(&Identity::in_process(), method, path, headers, body).await
    }

    pub(crate) async fn ask_as(&self, who: &Identity, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answered {
        let response = self.raw(who, method, path, headers, body).await;
        let (code, headers) = (response.status(), response.headers().clone());
        let warnings = headers.get_all("warning").iter().map(|value| value.to_str().expect("text").to_owned()).collect();
        let Ok(body) = response.into_body().collect().await;
        let bytes = body.to_bytes().to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answered { code, headers, warnings, bytes, body }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, content_type: &str, body: &Value) -> Answered {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.ask(method, path, &[("content-type", content_type)], text.as_bytes()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.ask("GET", path, &[], b"").await
    }

    pub(crate) async fn get_as(&self, path: &str, accept: &str) -> Answered {
        self.ask("GET", path, &[("accept", accept)], b"").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answered {
        self.send("POST", path, JSON, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answered {
        self.send("PUT", path, JSON, body).await
    }

    pub(crate) async fn patch(&self, path: &str, content_type: &str, body: &Value) -> Answered {
        self.send("PATCH", path, content_type, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answered {
        self.send("DELETE", path, JSON, &Value::Null).await
    }

    pub(crate) async fn apply(&self, path: &str, manager: &str, body: &Value) -> Answered {
        let join = if path.contains('?') { '&' } else { '?' };
        self.send("PATCH", &format!("{path}{join}fieldManager={manager}"), "application/apply-patch+yaml", body).await
    }

    /// Creates an object that must be accepted, and hands back what was created.
    pub(crate) async fn create(&self, path: &str, body: &Value) -> Value {
        let created = self.post(path, body).await;
        assert_eq!(created.code, 201, "{}", created.body);
        created.body
    }

    /// Creates config maps with these names and the label `n` of the same value.
    pub(crate) async fn create_maps(&self, names: &[&str]) {
        for name in names {
            let mut map = config_map(name, &json!({"k": "v"}));
            map["metadata"]["labels"] = json!({"n": name});
            self.create(MAPS, &map).await;
        }
    }

    /// The revision that a list is of.
    pub(crate) async fn revision(&self) -> String {
        self.get(MAPS).await.body["metadata"]["resourceVersion"].as_str().expect("a revision").to_owned()
    }

    pub(crate) async fn watch(&self, path: &str) -> Watch {
        self.watch_as(path, JSON).await
    }

    pub(crate) async fn watch_as(&self, path: &str, accept: &str) -> Watch {
        let join = if path.contains('?') { '&' } else { '?' };
        let response = self.raw(&Identity::in_process(), "GET", &format!("{path}{join}watch=true"), &[("accept", accept)], b"").await;
        assert_eq!(response.status(), 200);
        Watch { body: response.into_body(), buffer: Vec::new() }
    }
}

impl Watch {
    /// The next event; `None` when the watch is over.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).expect("an event"));
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("an event in time");
            let Some(Ok(frame)) = frame else {
                assert_eq!(self.buffer, b"", "the watch ends between events");
                return None;
            };
            self.buffer.extend_from_slice(frame.data_ref().expect("data"));
        }
    }

    /// Type and name of the next event.
    pub(crate) async fn turn(&mut self) -> (String, String) {
        let event = self.next().await.expect("an event");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&event["type"]), text(&event["object"]["metadata"]["name"]))
    }

    /// Checks type and name of the events that come next.
    pub(crate) async fn expect(&mut self, turns: &[(&str, &str)]) {
        for (kind, name) in turns {
            let (found, of) = self.turn().await;
            assert_eq!((found.as_str(), of.as_str()), (*kind, *name));
        }
    }
}

impl Answered {
    /// The names of a list's items.
    pub(crate) fn names(&self) -> Vec<&str> {
        let items = self.body["items"].as_array().unwrap_or_else(|| panic!("no list: {}", self.body));
        items.iter().map(|item| item["metadata"]["name"].as_str().expect("a name")).collect()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap_or_default()
    }

    pub(crate) fn version(&self) -> &str {
        self.body["metadata"]["resourceVersion"].as_str().unwrap_or_default()
    }

    /// Checks code and reason of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self, code: u16, reason: &str) -> &Value {
        let found = (self.code.as_u16(), self.body["reason"].as_str().unwrap_or_default());
        assert_eq!(found, (code, reason), "{}", String::from_utf8_lossy(&self.bytes));
        assert_eq!((&self.body["kind"], &self.body["status"], &self.body["code"]), (&json!("Status"), &json!("Failure"), &json!(code)));
        &self.body["details"]
    }
}

pub(crate) fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

pub(crate) fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
        },
    })
}

pub(crate) fn merged(mut value: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, change) in changes {
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        value.pointer_mut(parent).expect("a parent")[member] = change.clone();
    }
    value
}
