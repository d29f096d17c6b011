//! Sending requests and reading whole answers.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, WARNING};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use kube::client::Body;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ClientError, Unreachable, classify};
use super::{ApiRequest, Credentials, Lines, Target};
use crate::object::{Object, Reason, Refusal};

/// A client of one control plane; cheap to clone.
///
/// Must be made and used inside a tokio runtime, which carries its connection.
#[derive(Clone)]
pub struct Client {
    inner: kube::Client,
    target: Arc<Target>,
    credentials: Option<Arc<Credentials>>,
    warnings: Arc<Mutex<Warnings>>,
    outdated: Arc<AtomicBool>,
}

/// The largest answer that is read, packed or unpacked, in bytes. A page of a list has 500 objects, of which a server takes 1.5 MiB each at
/// most.
const ANSWER_MOST: usize = 1 << 30;

/// How often a busy server is asked again.
const BUSY_ATTEMPTS: u32 = 5;

/// Warnings of the server that nobody has fetched yet, and all that were ever seen, so that each is told once.
#[derive(Default)]
struct Warnings {
    seen: BTreeSet<String>,
    waiting: Vec<String>,
}

/// A whole answer with a status below 400.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body, decompressed.
    pub body: Bytes,
}

impl Answer {
    /// Whether the request made something new.
    #[must_use]
    pub fn created(&self) -> bool {
        self.status == StatusCode::CREATED
    }
}

impl Client {
    /// A client on a transport that is ready for use.
    #[must_use]
    pub fn new(inner: kube::Client, target: Target) -> Self {
        Self { inner, target: Arc::new(target), credentials: None, warnings: Arc::default(), outdated: Arc::default() }
    }

    /// The same client, which can say what it shows to a server that does not know it.
    #[must_use]
    pub(super) fn showing(self, credentials: Credentials) -> Self {
        Self { credentials: Some(Arc::new(credentials)), ..self }
    }

    /// The same connection for those who speak kube's own types, such as controllers.
    #[must_use]
    pub fn kube(&self) -> &kube::Client {
        &self.inner
    }

    /// What the client talks to.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The namespace that applies where none is named.
    #[must_use]
    pub fn default_namespace(&self) -> &str {
        self.inner.default_namespace()
    }

    /// Whether a request of this client, or of one that it was cloned from or to, met what [`ClientError::is_outdated`] tells of. A
    /// client of a store in this process has nothing to read anew.
    #[must_use]
    pub fn is_outdated(&self) -> bool {
        self.target.is_remote() && self.outdated.load(Ordering::Relaxed)
    }

    /// Takes the server's warnings that came since the last call; each text is handed out once in the client's life.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner).waiting)
    }

    /// Sends a request and reads the whole answer. Refusals of the server come back as [`ClientError::Refused`].
    ///
    /// A server that is busy (429) and says when to come again is asked again, up to five times, as client-go does.
    pub async fn send(&self, request: &ApiRequest) -> Result<Answer, ClientError> {
        for _ in 0..BUSY_ATTEMPTS {
            match self.send_once(request).await {
                Err(error) if error.is(Reason::TooManyRequests) => {
                    let seconds = error.refusal().map_or(0, |refusal| refusal.retry_after_seconds);
                    if seconds == 0 {
                        return Err(error);
                    }
                    tokio::time::sleep(Duration::from_secs(u64::from(seconds))).await;
                }
                other => return other,
            }
        }
        self.send_once(request).await
    }

    async fn send_once(&self, request: &ApiRequest) -> Result<Answer, ClientError> {
        let response = self.exchange(request).await?;
        let (parts, body) = response.into_parts();
        let body = self.whole(request, body).await?;
        let body = self.decompress(request, &parts.headers, body)?;
        if parts.status.is_client_error() || parts.status.is_server_error() {
            return Err(self.refused(request, parts.status, &body));
        }
        Ok(Answer { status: parts.status, body })
    }

    /// Sends a request and reads the answer's JSON as a type.
    pub async fn read<T: DeserializeOwned>(&self, request: &ApiRequest) -> Result<T, ClientError> {
        let answer = self.send(request).await?;
        self.parse(request, &answer.body)
    }

    /// Sends a request and reads the answer as an API object.
    pub async fn object(&self, request: &ApiRequest) -> Result<Object, ClientError> {
        let value: Value = self.read(request).await?;
        Object::from_value(value).map_err(|error| self.unreadable(request, error.to_string()))
    }

    /// Sends a request and hands out the answer line by line as it comes, for watches.
    pub async fn stream(&self, request: &ApiRequest) -> Result<Lines, ClientError> {
        let response = self.exchange(request).await?;
        let status = response.status();
        if !status.is_client_error() && !status.is_server_error() {
            return Ok(Lines::new(response.into_body()));
        }
        let body = self.whole(request, response.into_body()).await?;
        Err(self.refused(request, status, &body))
    }

    /// Reads a body to its end, where that comes soon enough.
    async fn whole(&self, request: &ApiRequest, body: Body) -> Result<Bytes, ClientError> {
        let mut body = Box::pin(body);
        let mut frames = Vec::new();
        let mut left = ANSWER_MOST;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|error| self.unreachable(request, error))?.into_data() else { continue };
            left = left.checked_sub(data.len()).ok_or_else(|| self.unreadable(request, too_large(ANSWER_MOST)))?;
            frames.push(data);
        }
        // Most answers come in one piece, which is not copied.
        Ok(if frames.len() == 1 { frames.remove(0) } else { frames.concat().into() })
    }

    /// Reads a body as JSON, blaming the answer where it is none.
    pub fn parse<T: DeserializeOwned>(&self, request: &ApiRequest, body: &[u8]) -> Result<T, ClientError> {
        serde_json::from_slice(body).map_err(|error| self.unreadable(request, error.to_string()))
    }

    /// An answer that came but makes no sense.
    pub(crate) fn unreadable(&self, request: &ApiRequest, problem: impl Into<String>) -> ClientError {
        ClientError::Unreadable { attempted: request.describe(), target: self.target.to_string(), problem: problem.into() }
    }

    /// A connection that broke or never came to be.
    pub(super) fn unreachable(&self, request: &ApiRequest, error: kube::Error) -> ClientError {
        let why = classify(&error);
        self.noted(ClientError::Unreachable {
            attempted: request.describe(),
            target: self.target.to_string(),
            why,
            source: Box::new(error),
        })
    }

    fn noted(&self, error: ClientError) -> ClientError {
        self.outdated.fetch_or(error.is_outdated(), Ordering::Relaxed);
        error
    }

    fn refused(&self, request: &ApiRequest, status: StatusCode, body: &[u8]) -> ClientError {
        let attempted = request.describe();
        let said = serde_json::from_slice::<Value>(body).ok().and_then(|value| Refusal::from_json(&value));
        let refusal = said.unwrap_or_else(|| without_status(status, &attempted, body));
        // A revision that is not there yet has a cause.
        let of_store = refusal.reason == Reason::ServiceUnavailable || (refusal.reason == Reason::Timeout && refusal.causes.is_empty());
        if of_store && matches!(*self.target, Target::Etcd { .. }) {
            // No server stands between this process and etcd: what the API layer in it says of etcd is that nobody is reached.
            let why = Unreachable::Store(refusal.message.clone());
            return ClientError::Unreachable { attempted, target: self.target.to_string(), why, source: Box::new(refusal) };
        }
        let credentials = self.credentials.clone().filter(|_| refusal.reason == Reason::Unauthorized);
        self.noted(ClientError::Refused { attempted, refusal: Box::new(refusal), credentials })
    }

    async fn exchange(&self, request: &ApiRequest) -> Result<Response<Body>, ClientError> {
        let wire = self.encode(request)?;
        let response = self.inner.send(wire).await.map_err(|error| self.unreachable(request, error))?;
        self.keep_warnings(response.headers());
        Ok(response)
    }

    fn encode(&self, request: &ApiRequest) -> Result<Request<Body>, ClientError> {
        let uri = Uri::try_from(&request.path).map_err(|error| self.unreadable(request, format!("the path is no URI: {error}")))?;
        let mut wire = Request::new(Body::from(request.body.clone()));
        *wire.method_mut() = request.method.clone();
        *wire.uri_mut() = uri;
        let headers = wire.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
        if let Some(content_type) = request.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if request.may_be_large && self.target.is_remote() {
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(wire)
    }

    fn decompress(&self, request: &ApiRequest, headers: &HeaderMap, body: Bytes) -> Result<Bytes, ClientError> {
        if headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding != "gzip") {
            return Ok(body);
        }
        Ok(unpacked(&body, ANSWER_MOST).map_err(|problem| self.unreadable(request, problem))?.into())
    }

    fn keep_warnings(&self, headers: &HeaderMap) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        for text in headers.get_all(WARNING).iter().filter_map(|value| warning_text(value.to_str().ok()?)) {
            if warnings.seen.insert(text.clone()) {
                warnings.waiting.push(text);
            }
        }
    }
}

fn too_large(most: usize) -> String {
    format!("it has more than {} MiB", most >> 20)
}

/// What was compressed, where that is not more than `most` bytes.
fn unpacked(packed: &[u8], most: usize) -> Result<Vec<u8>, String> {
    let mut plain = Vec::with_capacity(packed.len().saturating_mul(4).min(most));
    let mut decoder = flate2::read::MultiGzDecoder::new(packed).take(most as u64 + 1);
    decoder.read_to_end(&mut plain).map_err(|error| format!("broken gzip: {error}"))?;
    if plain.len() > most { Err(too_large(most)) } else { Ok(plain) }
}

/// Reads `299 - "text"` (RFC 9110 allows an agent and a date around the quoted text).
fn warning_text(header: &str) -> Option<String> {
    let quoted = header.strip_prefix("299 ")?.split_once('"')?.1;
    let mut text = String::with_capacity(quoted.len());
    let mut escaped = false;
    for character in quoted.chars() {
        match character {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some(text),
            other => {
                escaped = false;
                text.push(other);
            }
        }
    }
    None
}

/// A proxy, a server that is not Kubernetes, or one that knows nothing of the path answers without a `Status`; its code and first line have
/// to do, with what was asked.
fn without_status(status: StatusCode, attempted: &str, body: &[u8]) -> Refusal {
    let bare = serde_json::json!({"kind": "Status", "status": "Failure", "code": status.as_u16()});
    let mut refusal = Refusal::from_json(&bare).unwrap_or_else(|| Refusal::new(Reason::InternalError, ""));
    let text = String::from_utf8_lossy(body);
    let line: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
    let said = if line.is_empty() { String::new() } else { format!(": {line}") };
    refusal.message = format!("the server answered {status} to {attempted}{said}");
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_read_out_of_its_quotes() {
        assert_eq!(warning_text(r#"299 - "unknown field \"datta\"""#).as_deref(), Some(r#"unknown field "datta""#));
        assert_eq!(warning_text("199 - \"x\""), None);
    }

    #[tokio::test]
    async fn an_answer_that_cannot_be_read_is_told_with_what_was_asked() {
        let told = async |body: &'static str| {
            let (client, _) = crate::client::testing::scripted(move |_| crate::client::testing::text_answer(200, body));
            let error = client.object(&ApiRequest::fetch("/api/v1/x")).await.expect_err("nothing that can be read");
            assert!(!error.is_passing() && !error.is_cut_off());
            error.to_string()
        };
        let whole = |problem: &str| format!("local store /test answered GET /api/v1/x with something that cannot be read: {problem}");
        assert_eq!(told("<html>").await, whole("expected value at line 1 column 1"));
        assert_eq!(told("").await, whole("EOF while parsing a value at line 1 column 0"));
        assert_eq!(told("[]").await, whole("an API object must be a JSON object"));
    }

    #[test]
    fn what_is_packed_is_unpacked_to_a_bound() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, &[0; 3 << 20]).expect("written");
        let packed = encoder.finish().expect("packed");
        assert_eq!(unpacked(&packed, 3 << 20).map(|plain| plain.len()), Ok(3 << 20));
        assert_eq!(unpacked(&packed, 2 << 20), Err("it has more than 2 MiB".to_owned()));
        assert!(unpacked(b"x", 9).is_err());
    }

    #[test]
    fn an_answer_without_status_still_tells_its_code() {
        let refusal = without_status(StatusCode::BAD_GATEWAY, "GET /api", b"<html>\nno");
        assert_eq!(refusal.message, "the server answered 502 Bad Gateway to GET /api: <html>");
        assert_eq!(without_status(StatusCode::FORBIDDEN, "GET /api", b"").reason, Reason::Forbidden);
    }
}
