//! A scripted server for tests: answers from a function, remembers what it was asked.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::{Client, Target, in_process};

/// The requests that came, as `METHOD /path?query`.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<(String, Value)>>>);

impl Asked {
    /// Method, path and query of every request in the order of arrival.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panic while locked").iter().map(|(line, _)| line.clone()).collect()
    }

    /// The JSON body of every request; null for none.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.0.lock().expect("no panic while locked").iter().map(|(_, body)| body.clone()).collect()
    }
}

/// An answer with a JSON body.
#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
pub(crate) fn answer(status: u16, body: Value) -> Response<Full<Bytes>> {
    text_answer(status, body.to_string())
}

/// An answer with any body.
pub(crate) fn text_answer(status: u16, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::new(body.into())).expect("a valid response")
}

/// A client whose server is the function, and the record of what it asked.
pub(crate) fn scripted<F>(serve: F) -> (Client, Asked)
where
    F: Fn(&Request<Bytes>) -> Response<Full<Bytes>> + Send + Sync + 'static,
{
    scripted_as(Target::Local { directory: "/test".into() }, serve)
}

/// The same, called by another name.
pub(crate) fn scripted_as<F>(target: Target, serve: F) -> (Client, Asked)
where
    F: Fn(&Request<Bytes>) -> Response<Full<Bytes>> + Send + Sync + 'static,
{
    let asked = Asked::default();
    let record = asked.clone();
    let serve = Arc::new(serve);
    let handle = move |request: Request<Full<Bytes>>| {
        let (record, serve) = (record.clone(), Arc::clone(&serve));
        async move {
            let (parts, body) = request.into_parts();
            let bytes = body.collect().await.expect("a whole body").to_bytes();
            let line = format!("{} {}", parts.method, parts.uri);
            let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
            record.0.lock().expect("no panic while locked").push((line, json));
            serve(&Request::from_parts(parts, bytes))
        }
    };
    (in_process(handle, "default", target), asked)
}
