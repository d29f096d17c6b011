//! What client-side apply left behind: the annotation in which kubectl kept what it applied last.
//!
//! Receives an apply by kubectl's own manager, hands on conflicts without those that its earlier self made, and the annotation brought
//! up to date. Invariant: other managers neither read nor write the annotation.
//!
//! Upstream's `LastAppliedManager` and `LastAppliedUpdater` do the same.

use serde_json::{Map, Value};

use super::apply::without_managers;
use super::compare::compare;
use super::conflict::Conflict;
use super::ownership::to_field_set;
use crate::object::Object;
use crate::schema::SchemaNode;

/// The manager that `kubectl apply --server-side` uses, and for which the annotation counts.
pub(super) const KUBECTL: &str = "kubectl";

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How many bytes the names and values of all annotations may add up to.
const MAX_ANNOTATION_BYTES: usize = 256 * 1024;

/// The conflicts left when kubectl may take over what it applied from the client's side and nobody changed since.
pub(super) fn without_own(schema: SchemaNode<'_>, api_version: &str, live: &Object, conflicts: Vec<Conflict>) -> Vec<Conflict> {
    let Some(last) = annotation(live).and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok()) else { return conflicts };
    if last.get("apiVersion").and_then(Value::as_str) != Some(api_version) {
        return conflicts;
    }
    let bare = without_managers(live);
    // Where items cannot be told apart, it is not known what the client applied of them.
    if to_field_set(schema, &bare.clone().into_value()).is_err() {
        return conflicts;
    }
    let (Ok(changed), Ok(mut own)) = (compare(schema, &last, bare.root()), to_field_set(schema, &Value::Object(last))) else {
        return conflicts;
    };
    for set in [&changed.modified, &changed.added, &changed.removed] {
        own.subtract(set);
    }
    conflicts.into_iter().filter(|conflict| !own.contains(&conflict.path.0)).collect()
}

/// The annotation that an object is to have after `applied` was applied to it; `None` where it has none.
///
/// It is left out where annotations would grow beyond what is allowed.
pub(super) fn renewed(object: &Object, applied: &Object) -> Option<Option<String>> {
    annotation(object)?;
    let mut stated = applied.clone();
    if let Some(annotations) = stated.metadata_mut().get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION);
    }
    let text = escaped(&stated.into_value().to_string());
    let annotations = object.metadata()?.get("annotations")?.as_object()?;
    let others = annotations.iter().filter(|(name, _)| *name != ANNOTATION);
    let others: usize = others.map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum();
    Some((others + ANNOTATION.len() + text.len() <= MAX_ANNOTATION_BYTES).then_some(text))
}

/// Sets the annotation, or removes it.
pub(super) fn set(object: &mut Object, text: Option<String>) {
    if let Some(Value::Object(annotations)) = object.metadata_mut().get_mut("annotations") {
        match text {
            Some(text) => drop(annotations.insert(ANNOTATION.to_owned(), text.into())),
            None => drop(annotations.remove(ANNOTATION)),
        }
    }
}

/// The annotation of an object, where it is there and not empty.
pub(super) fn annotation(object: &Object) -> Option<&str> {
    object.annotation(ANNOTATION).filter(|text| !text.is_empty())
}

/// JSON as Go writes it, with the line end that kubectl's has: these characters stand only within texts.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + 1);
    for character in json.chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        Object::from_value(value).unwrap()
    }

    #[test]
    fn the_annotation_is_written_as_kubectl_writes_it() {
        let live = object(json!({"metadata": {"annotations": {ANNOTATION: "{}", "a": "b"}}}));
        let applied =
            object(json!({"metadata": {"name": "x", "annotations": {ANNOTATION: "old"}}, "data": {"k": "<&>"}, "apiVersion": "v1"}));
        let expected =
            "{\"apiVersion\":\"v1\",\"data\":{\"k\":\"\\u003c\\u0026\\u003e\"},\"metadata\":{\"annotations\":{},\"name\":\"x\"}}\n";
        assert_eq!(renewed(&live, &applied), Some(Some(expected.to_owned())));
        assert_eq!(renewed(&object(json!({"metadata": {"annotations": {ANNOTATION: ""}}})), &applied), None);
        assert_eq!(renewed(&object(json!({})), &applied), None);
    }

    #[test]
    fn an_annotation_that_would_grow_too_large_is_left_out() {
        let mut live = object(json!({"metadata": {"annotations": {ANNOTATION: "{}", "a": "b"}}}));
        let applied = object(json!({"metadata": {}, "data": {"k": "v".repeat(MAX_ANNOTATION_BYTES)}}));
        let renewed = renewed(&live, &applied).unwrap();
        assert_eq!(renewed, None);
        set(&mut live, renewed);
        assert_eq!(live, object(json!({"metadata": {"annotations": {"a": "b"}}})));
    }
}
