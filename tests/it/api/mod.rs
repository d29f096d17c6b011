//! The API layer over a memory store, by its requests and answers.

mod smoke;

use std::sync::Arc;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use trueup::ambient::Ambient;
use trueup::api::{Api, Body};
use trueup::auth::Identity;
use trueup::store::MemoryStore;

/// An API of its own over an empty memory store, with the clock pinned.
pub(crate) struct TestApi {
    pub(crate) api: Api,
}

/// What a request was answered with.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) code: StatusCode,
    pub(crate) warnings: Vec<String>,
    pub(crate) body: Value,
}

impl TestApi {
    pub(crate) async fn new() -> Self {
        let ambient = Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"));
        Self { api: Api::open(Arc::new(MemoryStore::new()), ambient).await.expect("an empty store opens") }
    }

    /// Sends a request as an administrator; the stream of a watch is left to the caller.
    pub(crate) async fn raw(&self, method: &str, path: &str, content_type: &str, body: &str) -> Response<Body> {
        let request = Request::builder().method(method).uri(path).header("content-type", content_type).header("user-agent", "tester/1.0");
        let request = request.body(Full::from(body.to_owned())).expect("a request");
        self.api.handle(&Identity::in_process(), request).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, content_type: &str, body: &Value) -> Answered {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let response = self.raw(method, path, content_type, &text).await;
        let code = response.status();
        let warnings = response.headers().get_all("warning").iter().map(|value| value.to_str().expect("text").to_owned()).collect();
        let Ok(body) = response.into_body().collect().await;
        let body = serde_json::from_slice(&body.to_bytes()).unwrap_or(Value::Null);
        Answered { code, warnings, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.send("GET", path, "", &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answered {
        self.send("POST", path, "application/json", body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answered {
        self.send("PUT", path, "application/json", body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answered {
        self.send("DELETE", path, "", &Value::Null).await
    }

    pub(crate) async fn apply(&self, path: &str, manager: &str, body: &Value) -> Answered {
        let join = if path.contains('?') { '&' } else { '?' };
        self.send("PATCH", &format!("{path}{join}fieldManager={manager}"), "application/apply-patch+yaml", body).await
    }
}

pub(crate) fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}
