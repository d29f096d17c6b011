//! AdmissionReviews: what a webhook is asked about a request, and what it answers.
//!
//! What is checked of an answer, and the words of refusals, are those of the webhook admission plugins of
//! <https://github.com/kubernetes/apiserver/tree/master/pkg/admission/plugin/webhook>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::hook::ReviewVersion;
use crate::object::{Reason, Refusal};

const KIND: &str = "AdmissionReview";
/// The code of a denial that has none.
const BAD_REQUEST: u64 = 400;

/// What a webhook says of a request.
#[derive(Debug, Default, PartialEq)]
pub struct Said {
    /// Whether the request may go on.
    pub allowed: bool,
    /// Why not, as a `Status`; `null` where the webhook did not say.
    pub status: Value,
    /// What to make of the object: the operations of a JSON patch; none where it stays as it is.
    pub patch: Vec<Value>,
    /// What to tell the client.
    pub warnings: Vec<String>,
}

/// The document that a webhook is asked with.
#[must_use]
pub fn question(version: ReviewVersion, request: &Map<String, Value>) -> Value {
    json!({"kind": KIND, "apiVersion": version.api_version(), "request": request})
}

/// Reads what a webhook answered to the question with this uid.
///
/// Errors with what is wrong with the answer.
pub fn answer(version: ReviewVersion, uid: &str, mutating: bool, bytes: &[u8]) -> Result<Said, String> {
    let review: Value = serde_json::from_slice(bytes).map_err(|error| format!("the answer is not JSON: {error}"))?;
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(response) = review.get("response").filter(|response| response.is_object()) else {
        return Err("webhook response was absent".to_owned());
    };
    if version == ReviewVersion::V1 {
        let (found, kind) = (text(&review, "apiVersion"), text(&review, "kind"));
        if found != version.api_version() || kind != KIND {
            return Err(format!("expected webhook response of {}, Kind={KIND}, got {found}, Kind={kind}", version.api_version()));
        }
        let found = text(response, "uid");
        if found != uid {
            return Err(format!("expected response.uid={uid:?}, got {found:?}"));
        }
    }
    let member = |name: &str| response.get(name).filter(|value| !value.is_null());
    let allowed = match member("allowed") {
        None => false,
        Some(Value::Bool(allowed)) => *allowed,
        Some(_) => return Err("response.allowed must be true or false".to_owned()),
    };
    audit_annotations(member("auditAnnotations"))?;
    Ok(Said {
        allowed,
        status: member("status").cloned().unwrap_or_default(),
        patch: patch(version, member("patch"), member("patchType"), mutating)?,
        warnings: texts(member("warnings"))?,
    })
}

/// The operations of the patch. The older form is not held to naming its type.
fn patch(version: ReviewVersion, patch: Option<&Value>, kind: Option<&Value>, mutating: bool) -> Result<Vec<Value>, String> {
    let patch = match patch {
        None => Vec::new(),
        Some(Value::String(encoded)) => STANDARD.decode(encoded).map_err(|error| format!("response.patch is not base64: {error}"))?,
        Some(_) => return Err("response.patch must be text in base64".to_owned()),
    };
    if !mutating {
        return match (version, patch.is_empty(), kind) {
            (ReviewVersion::V1, false, _) => Err("validating webhook may not return response.patch".to_owned()),
            (ReviewVersion::V1, true, Some(_)) => Err("validating webhook may not return response.patchType".to_owned()),
            _ => Ok(Vec::new()),
        };
    }
    if version == ReviewVersion::V1 {
        match (patch.is_empty(), kind) {
            (false, None) => return Err("webhook returned response.patch but not response.patchType".to_owned()),
            (true, Some(_)) => return Err("webhook returned response.patchType but not response.patch".to_owned()),
            (false, Some(kind)) if kind == "" => return Err("webhook returned invalid response.patchType of \"\"".to_owned()),
            _ => {}
        }
    }
    if patch.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(kind) = kind.filter(|kind| *kind != "JSONPatch") {
        return Err(format!("unsupported patch type {kind}"));
    }
    serde_json::from_slice(&patch).map_err(|error| format!("received undecodable patch in webhook response: {error}"))
}

/// Audit annotations go nowhere, since there is no audit log; but they must be what they are said to be.
fn audit_annotations(annotations: Option<&Value>) -> Result<(), String> {
    let good = annotations.is_none_or(|all| all.as_object().is_some_and(|all| all.values().all(Value::is_string)));
    if good { Ok(()) } else { Err("response.auditAnnotations must be a map of texts".to_owned()) }
}

fn texts(list: Option<&Value>) -> Result<Vec<String>, String> {
    let wrong = || "response.warnings must be a list of texts".to_owned();
    let Some(list) = list else { return Ok(Vec::new()) };
    list.as_array().ok_or_else(wrong)?.iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

/// What a client is told of a request that a webhook denied: the webhook's own `Status`, which is a refusal whatever it says itself.
#[must_use]
pub fn denial(hook: &str, status: Value) -> Refusal {
    let mut status = match status {
        Value::Object(status) => status,
        _ => Map::new(),
    };
    let text = |status: &Map<String, Value>, member: &str| status.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = status.get("code").and_then(Value::as_u64).filter(|code| (400..600).contains(code)).unwrap_or(BAD_REQUEST);
    let denied = format!("admission webhook {hook:?} denied the request");
    let reason = text(&status, "reason");
    let message = match text(&status, "message") {
        message if !message.is_empty() => format!("{denied}: {message}"),
        _ if !reason.is_empty() => format!("{denied}: {reason}"),
        _ => format!("{denied} without explanation"),
    };
    let fixed = [
        ("kind", json!("Status")),
        ("apiVersion", json!("v1")),
        ("status", json!("Failure")),
        ("code", json!(code)),
        ("message", json!(message)),
    ];
    status.extend(fixed.map(|(member, value)| (member.to_owned(), value)));
    status.entry("metadata").or_insert_with(|| json!({}));
    let reason = Reason::parse(&reason).unwrap_or(Reason::BadRequest);
    Refusal { status: Some(Box::new(Value::Object(status))), ..Refusal::new(reason, message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(version: ReviewVersion, mutating: bool, response: &Value) -> Result<Said, String> {
        let review = json!({"kind": KIND, "apiVersion": version.api_version(), "response": response});
        answer(version, "u", mutating, review.to_string().as_bytes())
    }

    #[test]
    fn an_answer_must_be_to_the_question() {
        let v1 = ReviewVersion::V1;
        assert_eq!(read(v1, true, &json!({"uid": "u", "allowed": true})).map(|said| said.allowed), Ok(true));
        assert_eq!(read(v1, true, &json!({"uid": "x"})), Err("expected response.uid=\"u\", got \"x\"".to_owned()));
        assert_eq!(read(v1, true, &Value::Null), Err("webhook response was absent".to_owned()));
        assert_eq!(read(ReviewVersion::V1Beta1, true, &json!({"allowed": true})).map(|said| said.allowed), Ok(true));
        assert!(answer(v1, "u", true, b"<html>").is_err_and(|why| why.starts_with("the answer is not JSON")));
        let other = json!({"kind": KIND, "apiVersion": "admission.k8s.io/v1beta1", "response": {"uid": "u", "allowed": true}});
        let why = answer(v1, "u", true, other.to_string().as_bytes()).expect_err("another version");
        assert!(why.starts_with("expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got"), "{why}");
    }

    #[test]
    fn a_patch_comes_with_its_type_and_from_mutating_webhooks_only() {
        let patch = STANDARD.encode(r#"[{"op": "remove", "path": "/data"}]"#);
        let said = |version, mutating, kind: Value| read(version, mutating, &json!({"uid": "u", "patch": patch, "patchType": kind}));
        assert_eq!(said(ReviewVersion::V1, true, json!("JSONPatch")).map(|said| said.patch.len()), Ok(1));
        assert_eq!(said(ReviewVersion::V1Beta1, true, Value::Null).map(|said| said.patch.len()), Ok(1));
        assert_eq!(
            said(ReviewVersion::V1, true, Value::Null),
            Err("webhook returned response.patch but not response.patchType".to_owned())
        );
        assert_eq!(said(ReviewVersion::V1, true, json!("Merge")), Err("unsupported patch type \"Merge\"".to_owned()));
        assert_eq!(said(ReviewVersion::V1, false, Value::Null), Err("validating webhook may not return response.patch".to_owned()));
        let broken = read(ReviewVersion::V1, true, &json!({"uid": "u", "patch": "e30=", "patchType": "JSONPatch"}));
        assert!(broken.is_err_and(|why| why.starts_with("received undecodable patch")));
    }

    #[test]
    fn nonsense_is_named() {
        for response in
            [json!({"uid": "u", "allowed": "yes"}), json!({"uid": "u", "warnings": "w"}), json!({"uid": "u", "auditAnnotations": {"a": 1}})]
        {
            assert!(read(ReviewVersion::V1, true, &response).is_err_and(|why| why.starts_with("response.")), "{response}");
        }
    }

    #[test]
    fn a_denial_is_the_webhooks_own_status_and_never_a_success() {
        let denied = denial("a.b.c", Value::Null);
        assert_eq!((denied.code(), denied.to_json().get("reason")), (400, None));
        assert_eq!(denied.to_json()["message"], "admission webhook \"a.b.c\" denied the request without explanation");
        let own = denial("a.b.c", json!({"code": 418, "reason": "Teapot", "message": "no", "details": {"kind": "pot"}}));
        assert_eq!((own.code(), &own.to_json()["reason"], &own.to_json()["details"]), (418, &json!("Teapot"), &json!({"kind": "pot"})));
        assert_eq!(own.message, "admission webhook \"a.b.c\" denied the request: no");
        assert_eq!(denial("a.b.c", json!({"reason": "Forbidden"})).message, "admission webhook \"a.b.c\" denied the request: Forbidden");
        let success = denial("a.b.c", json!({"code": 200, "status": "Success"}));
        assert_eq!((success.code(), &success.to_json()["status"]), (400, &json!("Failure")));
    }
}
