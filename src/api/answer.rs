//! Answers and refusals as HTTP responses.

use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, RETRY_AFTER, VARY, WARNING, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use super::body::Body;
use super::negotiate::Encoding;
use crate::object::{Cause, CauseKind, Reason, Refusal};
use crate::protobuf;
use crate::store::StoreError;
use crate::yaml;

/// What a handler hands back: everything of a response that it decides.
pub(super) struct Answer {
    pub(super) code: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: Body,
    pub(super) gzipped: bool,
    /// What tells this document from what is under the same path at other times; empty where nobody keeps it.
    pub(super) etag: String,
}

impl Answer {
    /// A JSON document that is already encoded.
    pub(super) fn json_bytes(code: StatusCode, bytes: impl Into<bytes::Bytes>) -> Self {
        Self { code, content_type: "application/json", body: Body::whole(bytes), gzipped: false, etag: String::new() }
    }

    /// Plain text.
    pub(super) fn text(code: StatusCode, text: impl Into<String>) -> Self {
        Self { code, content_type: "text/plain; charset=utf-8", body: Body::whole(text.into()), gzipped: false, etag: String::new() }
    }

    /// A document in the encoding asked for.
    pub(super) fn document(code: StatusCode, document: &Value, encoding: Encoding, pretty: bool) -> Self {
        let bytes = match encoding {
            Encoding::Json if pretty => format!("{document:#}\n").into_bytes(),
            Encoding::Json => format!("{document}\n").into_bytes(),
            Encoding::Yaml => yaml::emit(document).into_bytes(),
            Encoding::Protobuf => match protobuf::document(document) {
                Some(bytes) => bytes,
                // Not of a kind that has a protobuf form; the content type says so.
                None => return Self::document(code, document, Encoding::Json, pretty),
            },
        };
        Self { code, content_type: encoding.media_type(), body: Body::whole(bytes), gzipped: false, etag: String::new() }
    }

    /// A refusal as a `Status` document.
    pub(super) fn refusal(refusal: &Refusal, encoding: Encoding, pretty: bool) -> Self {
        let code = StatusCode::from_u16(refusal.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::document(code, &refusal.to_json(), encoding, pretty)
    }

    /// The same as a document that clients keep: with a tag, and without its body for who has that already.
    pub(super) fn kept(self, etag: String, headers: &HeaderMap) -> Self {
        let quoted = format!("\"{etag}\"");
        let had = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let has = had.map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == quoted || tag == "*");
        if has {
            return Self { code: StatusCode::NOT_MODIFIED, body: Body::whole(bytes::Bytes::new()), gzipped: false, etag, ..self };
        }
        Self { etag, ..self }
    }

    /// The response on the wire, with one `Warning` header (code 299) for each warning.
    pub(super) fn into_response(self, warnings: &[String]) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.code;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
        if self.gzipped {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", self.etag))
            && !self.etag.is_empty()
        {
            headers.insert(ETAG, etag);
            headers.append(VARY, HeaderValue::from_static("Accept"));
        }
        if self.code == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.code == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        for value in warnings.iter().filter_map(|warning| warning_header(warning)) {
            headers.append(WARNING, value);
        }
        response
    }
}

/// `299 - "<text>"` with the text as an HTTP quoted string (RFC 7234 section 5.5). Control characters become spaces.
fn warning_header(text: &str) -> Option<HeaderValue> {
    let mut quoted = String::with_capacity(text.len() + 8);
    quoted.push_str("299 - \"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    HeaderValue::from_bytes(quoted.as_bytes()).ok()
}

/// How a failure of the store is told to clients.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Compacted { asked, oldest } => Self::new(Reason::Expired, format!("too old resource version: {asked} ({oldest})")),
            StoreError::Future { asked, current } => {
                let message = format!("Too large resource version: {asked}, current: {current}");
                let cause = Cause::new(CauseKind::ResourceVersionTooLarge, "", "Too large resource version");
                let refusal = Self::new(Reason::Timeout, format!("Timeout: {message}")).with_cause(cause);
                Self { retry_after_seconds: 1, ..refusal }
            }
            StoreError::Unavailable(why) => {
                Self { retry_after_seconds: 1, ..Self::new(Reason::ServiceUnavailable, format!("the store is unavailable: {why}")) }
            }
            // Without a time to try again after: clients that do so by themselves would make the same object twice, or delete the next one.
            StoreError::Unclear(why) => Self::new(Reason::Timeout, format!("whether the write stands is not known: {why}")),
            StoreError::Full(why) => Self::internal(format!("the store is full, nothing was written: {why}")),
            StoreError::TooLarge(why) => Self::new(Reason::RequestEntityTooLarge, format!("the object is too large for the store: {why}")),
            StoreError::Failed(why) => Self::internal(format!("the store failed: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Revision;

    #[test]
    fn a_warning_is_a_quoted_string() {
        let header = warning_header("unknown field \"datta\"").expect("a header");
        assert_eq!(header.as_bytes(), br#"299 - "unknown field \"datta\"""#);
    }

    #[test]
    fn a_write_that_may_stand_is_a_timeout_that_nobody_is_asked_to_repeat() {
        let refusal = Refusal::from(StoreError::Unclear("no answer".to_owned()));
        assert_eq!((refusal.reason.code(), refusal.retry_after_seconds), (504, 0));
        let refusal = Refusal::from(StoreError::Unavailable("nobody listens".to_owned()));
        assert_eq!((refusal.reason.code(), refusal.retry_after_seconds), (503, 1));
    }

    #[test]
    fn a_future_revision_is_a_timeout_that_says_when_to_try_again() {
        let refusal = Refusal::from(StoreError::Future { asked: Revision(99), current: Revision(5) });
        assert_eq!((refusal.reason.code(), refusal.retry_after_seconds), (504, 1));
        assert_eq!(refusal.causes[0].kind, CauseKind::ResourceVersionTooLarge);
        assert!(refusal.message.contains("Too large resource version: 99, current: 5"));
    }
}
