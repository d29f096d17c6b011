//! A test set of real weight: each built-in kind filled to the last field, a definition of 300 KB, 50 definitions with 5,000 resources.
//!
//! Nothing of it is checked in: [`fill`] makes the built-in objects from the compiled schemas, [`custom`] the rest. What all must pass:
//! apply, a diff that is empty, and a second apply that writes nothing, with trueup, with kubectl and in the API layer itself.

mod custom;
mod fill;
mod passes;

use std::collections::BTreeSet;

use fill::{Field, Filler, kinds};
use serde_json::Value;
use trueup::schema::Resource;

use crate::api::{JSON, TestApi};

/// Where an object of a kind lies.
fn path(kind: &Resource, object: &Value) -> String {
    let root = match kind.gvk.group.as_str() {
        "" => format!("/api/{}", kind.gvk.version),
        group => format!("/apis/{group}/{}", kind.gvk.version),
    };
    let namespace = if kind.namespaced { "/namespaces/default" } else { "" };
    format!("{root}{namespace}/{}/{}", kind.plural, object["metadata"]["name"].as_str().unwrap())
}

/// Every object of the built-in kinds.
pub(crate) fn built_in() -> Vec<Value> {
    let filler = Filler::load();
    kinds().iter().flat_map(|kind| filler.objects(kind)).collect()
}

/// The same, each with the path at which it is served.
pub(crate) fn built_in_at_their_paths() -> Vec<(String, Value)> {
    let filler = Filler::load();
    let at = |kind: &Resource| filler.objects(kind).into_iter().map(|object| (path(kind, &object), object)).collect::<Vec<_>>();
    kinds().iter().flat_map(|kind| at(kind)).collect()
}

fn told(fields: &BTreeSet<Field>) -> Vec<String> {
    fields.iter().map(|(type_name, field)| format!("{type_name}.{field}")).collect()
}

#[test]
fn every_field_of_every_kind_is_filled_or_argued() {
    let filler = Filler::load();
    let mut unfilled = Vec::new();
    let mut used = BTreeSet::new();
    for kind in kinds() {
        let (missing, argued) = filler.unfilled(&kind, &filler.objects(&kind));
        unfilled.extend(told(&missing).into_iter().map(|field| format!("{}: {field}", kind.gvk.kind)));
        used.extend(argued);
    }
    assert_eq!(unfilled, [""; 0], "no object has a value for these");
    let idle: BTreeSet<Field> = filler.arguments().difference(&used).cloned().collect();
    assert_eq!(told(&idle), [""; 0], "what is argued is filled");
    assert_eq!(filler.unknown_types(), [""; 0], "no kind has these types");
}

/// The first place at which an object is not as it was applied; what the server adds is no matter.
fn lost(applied: &Value, found: &Value, at: &str) -> Option<String> {
    match (applied, found) {
        (Value::Object(applied), Value::Object(found)) => applied.iter().find_map(|(name, value)| {
            let at = format!("{at}.{name}");
            found.get(name).map_or_else(|| Some(at.clone()), |found| lost(value, found, &at))
        }),
        (Value::Array(applied), Value::Array(found)) if applied.len() == found.len() => {
            applied.iter().zip(found).enumerate().find_map(|(index, (applied, found))| lost(applied, found, &format!("{at}[{index}]")))
        }
        _ => (applied != found).then(|| at.to_owned()),
    }
}

/// What is wrong with one object, from its creation to its second apply; `None` where nothing is.
async fn unstable(api: &TestApi, kind: &Resource, object: &Value) -> Option<String> {
    let path = path(kind, object);
    let applied = api.apply(&path, "weight", object).await;
    // A field that is deprecated is a field to fill, too.
    if applied.code != 201 || applied.warnings.iter().any(|warning| !warning.contains("deprecated")) {
        return Some(format!("{path}: {} {:?} {}", applied.code, applied.warnings, applied.message()));
    }
    if let Some(lost) = lost(object, &without_default_tolerations(&applied.body), "") {
        return Some(format!("{path}: {lost} is not as it was applied: {}", applied.body));
    }
    let again = api.apply(&path, "weight", object).await;
    if again.body != applied.body {
        return Some(format!("{path}: a second apply makes\n{}\nof\n{}", again.body, applied.body));
    }
    for (what, content_type, body) in [
        ("the same object", JSON, &applied.body),
        ("an empty merge patch", crate::api::MERGE, &serde_json::json!({})),
        ("a strategic patch with the object itself", crate::api::STRATEGIC, object),
    ] {
        let method = if content_type == JSON { "PUT" } else { "PATCH" };
        let written = api.send(method, &path, content_type, body).await;
        if written.code != 200 || written.version() != applied.version() {
            return Some(format!("{path}: {what} as an update: {} {} {}", written.code, written.version(), written.body));
        }
    }
    None
}

/// A pod without what the plugin DefaultTolerationSeconds adds.
fn without_default_tolerations(applied: &Value) -> Value {
    let mut applied = applied.clone();
    if let ("Pod", Some(Value::Array(tolerations))) =
        (applied["kind"].as_str().unwrap_or_default().to_owned().as_str(), applied.pointer_mut("/spec/tolerations"))
    {
        tolerations.retain(|toleration| !toleration["key"].as_str().is_some_and(|key| key.starts_with("node.kubernetes.io/")));
    }
    applied
}

#[tokio::test]
async fn every_kind_filled_to_the_last_field_stays_as_it_was_applied() {
    let api = TestApi::new().await;
    let filler = Filler::load();
    let mut unstable_ones = Vec::new();
    for kind in kinds() {
        for object in filler.objects(&kind) {
            unstable_ones.extend(unstable(&api, &kind, &object).await);
        }
    }
    assert!(unstable_ones.is_empty(), "{} objects:\n{}", unstable_ones.len(), unstable_ones.join("\n"));
}
