//! Conversion by webhook: one ConversionReview for any number of objects.
//!
//! Receives objects in any versions and hands them on in the version asked for, in their order. Invariant: of an object's metadata a
//! webhook changes labels and annotations and nothing else.
//!
//! What is checked, and the words of refusals, are those of
//! <https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/apiserver/conversion/webhook_converter.go>.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Shared, service_resolver};
use crate::object::names::{label_value, qualified_name};
use crate::object::{Gvk, Object, Refusal};
use crate::schema::WebhookConversion;

/// How long a webhook has for one review.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Converts objects to a version. Those that are of it already are not sent.
///
/// Refuses with 500 where the webhook does not answer, or not with what was asked of it.
pub(super) async fn convert(api: &Shared, webhook: &WebhookConversion, to: &Gvk, mut objects: Vec<Object>) -> Result<Vec<Object>, Refusal> {
    let wanted = to.api_version();
    let sent: Vec<usize> = (0..objects.len()).filter(|index| objects[*index].api_version() != wanted).collect();
    let Some(first) = sent.first() else { return Ok(objects) };
    let from = objects[*first].gvk().unwrap_or_else(|| to.clone());
    let uid = api.ambient.uid();
    let documents: Vec<&Map<String, Value>> = sent.iter().map(|index| objects[*index].root()).collect();
    let review = json!({
        "kind": "ConversionReview", "apiVersion": format!("apiextensions.k8s.io/{}", webhook.review_version),
        "request": {"uid": uid, "desiredAPIVersion": wanted, "objects": documents},
    });
    let failed = |why: String| Refusal::internal(format!("conversion webhook for {} failed: {why}", shown(&from)));
    let review = serde_json::to_vec(&review).map_err(|error| failed(error.to_string()))?;
    let answer = service_resolver::post(api, &webhook.client, review, TIMEOUT).await.map_err(|error| failed(error.to_string()))?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|error| failed(error.to_string()))?;
    let converted = converted(answer, webhook.review_version, &uid).map_err(failed)?;
    if converted.len() != sent.len() {
        let (found, expected) = (converted.len(), sent.len());
        return Err(Refusal::internal(format!("conversion webhook for {} returned {found} objects, expected {expected}", shown(&from))));
    }
    for (place, (index, converted)) in sent.into_iter().zip(converted).enumerate() {
        let checked = adopt(&objects[index], converted, to);
        objects[index] = checked.map_err(|why| {
            Refusal::internal(format!("conversion webhook for {} returned invalid converted object at index {place}: {why}", shown(&from)))
        })?;
    }
    Ok(objects)
}

/// A kind as refusals of conversions name it.
fn shown(gvk: &Gvk) -> String {
    format!("{}, Kind={}", gvk.api_version(), gvk.kind)
}

/// The objects of an answer, if it is one to this question.
fn converted(mut answer: Value, review_version: &str, uid: &str) -> Result<Vec<Value>, String> {
    let text = |value: &Value, member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let expected = format!("apiextensions.k8s.io/{review_version}");
    // The older review was never held to its kind and uid, and webhooks rely on that.
    let is_strict = review_version == "v1";
    let (version, kind) = (text(&answer, "apiVersion"), text(&answer, "kind"));
    if is_strict && (version != expected || kind != "ConversionReview") {
        return Err(format!("expected webhook response of {expected}, Kind=ConversionReview, got {version}, Kind={kind}"));
    }
    let Some(response) = answer.get_mut("response").filter(|response| response.is_object()) else {
        return Err("no response provided".to_owned());
    };
    let found = text(response, "uid");
    if is_strict && found != uid {
        return Err(format!("expected response.uid={uid:?}, got {found:?}"));
    }
    let result = response.get("result").cloned().unwrap_or_default();
    if result["status"] != "Success" {
        return Err(match text(&result, "message") {
            message if message.is_empty() => format!("response.result.status was '{}', not 'Success'", text(&result, "status")),
            message => message,
        });
    }
    match response.get_mut("convertedObjects").map(Value::take) {
        Some(Value::Array(objects)) => Ok(objects),
        _ => Ok(Vec::new()),
    }
}

/// What a webhook made of an object, with the metadata that it may not change put back.
fn adopt(original: &Object, converted: Value, to: &Gvk) -> Result<Object, String> {
    let mut converted = Object::from_value(converted).map_err(|error| error.to_string())?;
    if converted.api_version() != to.api_version() {
        return Err(format!("invalid groupVersion (expected {}, received {})", to.api_version(), converted.api_version()));
    }
    if converted.kind() != original.kind() {
        return Err(format!("invalid kind (expected {}, received {})", original.kind(), converted.kind()));
    }
    same("name", original.name(), converted.name())?;
    same("namespace", original.namespace().unwrap_or_default(), converted.namespace().unwrap_or_default())?;
    same("UID", original.uid(), converted.uid())?;
    let Some(answered) = converted.metadata().cloned() else { return Err("missing metadata in converted object".to_owned()) };
    let mut metadata = original.metadata().cloned().unwrap_or_default();
    for (member, check) in [("labels", check_label as Check), ("annotations", check_annotation)] {
        let before = metadata.remove(member);
        let Some(given) = answered.get(member).filter(|given| !given.is_null()) else { continue };
        let texts = given.as_object().ok_or_else(|| format!("invalid metadata.{member} in converted object: must be an object"))?;
        for (key, value) in texts {
            let text = value.as_str().ok_or_else(|| format!("metadata.{member}[{key}] must be a string"))?;
            if before.as_ref() != Some(given) {
                check(key, text).map_err(|why| format!("metadata.{member}: Invalid value: {key:?}: {why}"))?;
            }
        }
        metadata.insert(member.to_owned(), given.clone());
    }
    converted.root_mut().insert("metadata".to_owned(), Value::Object(metadata));
    Ok(converted)
}

type Check = fn(&str, &str) -> Result<(), String>;

fn check_label(key: &str, value: &str) -> Result<(), String> {
    qualified_name(key).and_then(|()| label_value(value))
}

fn check_annotation(key: &str, _: &str) -> Result<(), String> {
    qualified_name(&key.to_lowercase())
}

fn same(what: &str, original: &str, converted: &str) -> Result<(), String> {
    if original == converted { Ok(()) } else { Err(format!("must have the same {what}: {original} != {converted}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(response: &Value) -> Value {
        json!({"kind": "ConversionReview", "apiVersion": "apiextensions.k8s.io/v1", "response": response})
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let good = json!({"uid": "u", "result": {"status": "Success"}, "convertedObjects": [1]});
        assert_eq!(converted(review(&good), "v1", "u"), Ok(vec![json!(1)]));
        let why = |answer: Value| converted(answer, "v1", "u").expect_err("refused");
        let mut other = good.clone();
        other["uid"] = json!("x");
        assert_eq!(why(review(&other)), "expected response.uid=\"u\", got \"x\"");
        assert_eq!(why(review(&Value::Null)), "no response provided");
        let old = json!({"kind": "ConversionReview", "apiVersion": "apiextensions.k8s.io/v1beta1", "response": good});
        assert!(why(old.clone()).starts_with("expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got"));
        assert_eq!(converted(old, "v1beta1", "other"), Ok(vec![json!(1)]));
        let failed = |result: Value| why(review(&json!({"uid": "u", "result": result})));
        assert_eq!(failed(json!({"status": "Failed", "message": "no way"})), "no way");
        assert_eq!(failed(json!({"status": "Failed"})), "response.result.status was 'Failed', not 'Success'");
    }

    #[test]
    fn only_labels_and_annotations_of_the_metadata_change() {
        let original = json!({
            "apiVersion": "x.io/v1", "kind": "Thing",
            "metadata": {"name": "a", "uid": "u", "generation": 3, "finalizers": ["x/y"], "labels": {"old": "1"}, "annotations": {"a": "b"}},
        });
        let original = Object::from_value(original).expect("an object");
        let to = Gvk::new("x.io", "v2", "Thing");
        let answer = |metadata: Value| json!({"apiVersion": "x.io/v2", "kind": "Thing", "metadata": metadata, "spec": {"x": 1}});
        let made = adopt(&original, answer(json!({"name": "a", "uid": "u", "generation": 9, "labels": {"new": "2"}})), &to).expect("valid");
        let metadata = json!({"name": "a", "uid": "u", "generation": 3, "finalizers": ["x/y"], "labels": {"new": "2"}});
        assert_eq!(made.root()["metadata"], metadata);
        let why = |metadata: Value| adopt(&original, answer(metadata), &to).expect_err("refused");
        assert_eq!(why(json!({"name": "b", "uid": "u"})), "must have the same name: a != b");
        assert_eq!(why(json!({"name": "a", "uid": "v"})), "must have the same UID: u != v");
        assert_eq!(why(json!({"name": "a", "uid": "u", "labels": {"x": 1}})), "metadata.labels[x] must be a string");
        assert!(why(json!({"name": "a", "uid": "u", "labels": {"-": "1"}})).starts_with("metadata.labels: Invalid value"));
        let other = json!({"apiVersion": "x.io/v3", "kind": "Thing", "metadata": {"name": "a", "uid": "u"}});
        assert_eq!(adopt(&original, other, &to), Err("invalid groupVersion (expected x.io/v2, received x.io/v3)".to_owned()));
    }
}
