//! Secrets without their values.
//!
//! Marks say no more than whether a value changed: neither its length nor, with two sides, anything else of it shows.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Where client-side apply keeps the whole manifest, values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const ALONE: &str = "***";
const SAME: &str = "*** (unchanged)";
const BEFORE: &str = "*** (before)";
const AFTER: &str = "*** (after)";

/// A copy of an object that is safe to show: a Secret's values are replaced by marks, anything else stays as it is.
#[must_use]
pub fn masked(object: &Value) -> Value {
    let mut copy = Some(object.clone());
    mask(&mut copy, &mut None);
    copy.unwrap_or_default()
}

/// Copies of two states of one object that are safe to show. Equal values stay equal and different ones stay different.
#[must_use]
pub fn masked_pair(before: Option<&Value>, after: Option<&Value>) -> (Option<Value>, Option<Value>) {
    let (mut before, mut after) = (before.cloned(), after.cloned());
    mask(&mut before, &mut after);
    (before, after)
}

/// Whether values of an object are masked.
#[must_use]
pub fn is_secret(object: Option<&Value>) -> bool {
    object.is_some_and(|object| object["kind"] == "Secret" && object["apiVersion"] == "v1")
}

fn mask(before: &mut Option<Value>, after: &mut Option<Value>) {
    if !is_secret(before.as_ref()) && !is_secret(after.as_ref()) {
        return;
    }
    let mut manifests = (last_applied(before.as_ref()), last_applied(after.as_ref()));
    mask_values(before.as_mut(), after.as_mut());
    mask_values(manifests.0.as_mut(), manifests.1.as_mut());
    put_last_applied(before.as_mut(), manifests.0);
    put_last_applied(after.as_mut(), manifests.1);
}

/// The manifest inside the annotation; one that cannot be read counts as a value to be masked whole.
fn last_applied(object: Option<&Value>) -> Option<Value> {
    let text = object?["metadata"]["annotations"].get(LAST_APPLIED)?;
    let manifest = text.as_str().and_then(|text| serde_json::from_str::<Map<String, Value>>(text).ok());
    Some(manifest.map_or_else(|| serde_json::json!({"data": text}), Value::Object))
}

fn put_last_applied(object: Option<&mut Value>, manifest: Option<Value>) {
    let slot = object.and_then(|object| object.get_mut("metadata")?.get_mut("annotations")?.get_mut(LAST_APPLIED));
    if let (Some(slot), Some(manifest)) = (slot, manifest) {
        *slot = Value::String(manifest.to_string());
    }
}

fn mask_values(mut before: Option<&mut Value>, mut after: Option<&mut Value>) {
    for field in ["data", "stringData"] {
        let old = before.as_deref_mut().and_then(|object| object.get_mut(field));
        let new = after.as_deref_mut().and_then(|object| object.get_mut(field));
        mask_field(old, new);
    }
}

fn mask_field(mut before: Option<&mut Value>, mut after: Option<&mut Value>) {
    // Something else than a mapping is not valid, and may be a value that slipped up one level.
    let is_odd = |side: &Option<&mut Value>| side.as_ref().is_some_and(|value| !value.is_object() && !value.is_null());
    if is_odd(&before) || is_odd(&after) {
        return mask_value(before, after);
    }
    let sides = [before.as_deref(), after.as_deref()];
    let keys: BTreeSet<String> =
        sides.into_iter().flatten().filter_map(Value::as_object).flat_map(|values| values.keys().cloned()).collect();
    for key in keys {
        let old = before.as_deref_mut().and_then(|values| values.get_mut(&key));
        let new = after.as_deref_mut().and_then(|values| values.get_mut(&key));
        mask_value(old, new);
    }
}

fn mask_value(before: Option<&mut Value>, after: Option<&mut Value>) {
    match (before, after) {
        (Some(old), Some(new)) => {
            let (left, right) = if old == new { (SAME, SAME) } else { (BEFORE, AFTER) };
            *old = Value::from(left);
            *new = Value::from(right);
        }
        (Some(only), None) | (None, Some(only)) => *only = Value::from(ALONE),
        (None, None) => {}
    }
}
