//! Each kind's common faults, as causes with field and reason.

use serde_json::{Value, json};

use super::check;
use crate::admission::defaults;
use crate::object::{Cause, CauseKind, Gvk, Object};
use crate::schema::Catalog;

use CauseKind::{Duplicate, Forbidden, Invalid, NotFound, NotSupported, Required};

mod containers;
mod jobs;
mod kept;
mod pods;
mod scheduling;
mod status;
mod volumes;
mod warnings;
mod workloads;

/// The same with the messages, which tell the reason in their first words.
fn causes(api_version: &str, kind: &str, value: &Value, before: Option<&Value>) -> Vec<String> {
    let found = found(api_version, kind, value, before).into_iter();
    found.inspect(reason_agrees).map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}

/// The first words of a message tell its reason.
fn reason_agrees(cause: &Cause) {
    let kind = match cause.message.split(':').next() {
        Some("Required value") => Required,
        Some("Duplicate value") => Duplicate,
        Some("Invalid value") => Invalid,
        Some("Unsupported value") => NotSupported,
        Some("Forbidden") => Forbidden,
        Some("Not found") => NotFound,
        Some("Too many") => CauseKind::TooMany,
        Some("Too long") => CauseKind::TooLong,
        Some("Too short") => CauseKind::TooShort,
        _ => panic!("{cause:?}"),
    };
    assert_eq!(cause.kind, kind, "{cause:?}");
}

fn found(api_version: &str, kind: &str, value: &Value, before: Option<&Value>) -> Vec<Cause> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk).expect("a kind that is served");
    let object = |value: &Value| {
        let mut object = Object::from_value(value.clone()).expect("an object");
        defaults::apply(resource, &mut object);
        object
    };
    let before = before.map(&object);
    check(resource, &object(value), before.as_ref())
}

/// A value with changes at pointers; `null` removes.
fn with(mut value: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, change) in changes {
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        match value.pointer_mut(parent).expect("a parent") {
            Value::Object(members) if change.is_null() => drop(members.remove(member)),
            parent => parent[member] = change.clone(),
        }
    }
    value
}

fn pod_spec() -> Value {
    json!({"containers": [{"name": "c", "image": "i"}]})
}

fn workload() -> Value {
    json!({"metadata": {"name": "w"}, "spec": {
        "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod_spec()},
    }})
}

/// What is told of an object after its defaults, as texts of field, reason and message; see [`causes`].
#[track_caller]
fn told(api_version: &str, kind: &str, value: &Value, before: Option<&Value>, expected: &[&str]) {
    assert_eq!(causes(api_version, kind, value, before), expected, "{kind}: {value}");
}
