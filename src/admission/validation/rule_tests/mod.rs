//! One row a rule: what is changed in an object that is well, and the cause that follows, as a client sees it.

mod access;
mod cluster;
mod config;
mod devices;
mod hooks;
mod networking;
mod policy;
mod services;
mod storage;

use serde_json::{Value, json};

use crate::admission;
use crate::ambient::Ambient;
use crate::object::{CauseKind, Gvk, Object};
use crate::schema::Catalog;

pub(super) use CauseKind::{Duplicate, Forbidden, Invalid, NotSupported, Required, TooLong, TooMany};

/// Pointers with what is put there; `null` removes.
type Changes = Vec<(&'static str, Value)>;

/// A cause: the field, the reason, and how its message ends.
type Expected = Vec<(&'static str, CauseKind, &'static str)>;

/// One change and the one cause against it.
fn row(pointer: &'static str, value: Value, field: &'static str, kind: CauseKind, message: &'static str) -> (Changes, Expected) {
    (vec![(pointer, value)], vec![(field, kind, message)])
}

/// One change that is well.
fn well(pointer: &'static str, value: Value) -> (Changes, Expected) {
    (vec![(pointer, value)], vec![])
}

/// What is found against new objects.
#[track_caller]
fn creates(api_version: &str, kind: &str, base: &Value, rows: Vec<(Changes, Expected)>) {
    compare(api_version, kind, base, &Vec::new(), &created(api_version, kind, base));
    for (changes, expected) in rows {
        let object = with(base.clone(), &changes);
        compare(api_version, kind, &object, &expected, &created(api_version, kind, &object));
    }
}

/// What is found against updates of an object.
#[track_caller]
fn updates(api_version: &str, kind: &str, base: &Value, rows: Vec<(Changes, Expected)>) {
    written_to(api_version, kind, base, "", rows);
}

/// What is found against a status, or whatever else is written through a path of its own.
#[track_caller]
fn written_to(api_version: &str, kind: &str, base: &Value, subresource: &str, rows: Vec<(Changes, Expected)>) {
    let before = stored(api_version, kind, base);
    for (changes, expected) in rows {
        let after = with(before.clone().into_value(), &changes);
        compare(api_version, kind, &after, &expected, &updated(api_version, kind, &before, &after, subresource));
    }
}

#[track_caller]
fn compare(api_version: &str, kind: &str, object: &Value, expected: &Expected, found: &[(String, CauseKind, String)]) {
    let shown: Vec<_> = found.iter().map(|(field, kind, message)| (field.as_str(), *kind, message.as_str())).collect();
    let same = shown.len() == expected.len()
        && shown.iter().zip(expected).all(|(one, other)| one.0 == other.0 && one.1 == other.1 && one.2.ends_with(other.2));
    assert!(same, "{api_version} {kind}: {object}\n   found: {shown:?}\nexpected: {expected:?}");
}

fn ambient() -> Ambient {
    Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"))
}

fn gvk(api_version: &str, kind: &str) -> Gvk {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    Gvk { group: group.into(), version: version.into(), kind: kind.into() }
}

/// An object with the least metadata.
fn object(api_version: &str, kind: &str, value: &Value) -> Object {
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk(api_version, kind)).expect("a kind that is served");
    let mut object = Object::from_value(value.clone()).expect("an object");
    object.set_gvk(&resource.gvk);
    if object.name().is_empty() && object.meta_str("generateName").is_none() {
        object.set_meta("name", "a");
    }
    if resource.namespaced && object.namespace().is_none() {
        object.set_meta("namespace", "default");
    }
    object
}

fn created(api_version: &str, kind: &str, value: &Value) -> Vec<(String, CauseKind, String)> {
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk(api_version, kind)).expect("a kind that is served");
    causes(admission::create(resource, &mut object(api_version, kind, value), &ambient()))
}

#[track_caller]
fn stored(api_version: &str, kind: &str, value: &Value) -> Object {
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk(api_version, kind)).expect("a kind that is served");
    let mut object = object(api_version, kind, value);
    // A status that a test begins with was written after the create.
    let status = object.root().get("status").cloned();
    assert_eq!(admission::create(resource, &mut object, &ambient()), Ok(()), "{value}");
    status.map(|status| object.root_mut().insert("status".to_owned(), status));
    object
}

fn updated(api_version: &str, kind: &str, before: &Object, after: &Value, subresource: &str) -> Vec<(String, CauseKind, String)> {
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk(api_version, kind)).expect("a kind that is served");
    let mut after = Object::from_value(after.clone()).expect("an object");
    causes(admission::update(resource, before, &mut after, subresource, &ambient()))
}

fn causes(verdict: Result<(), crate::object::Refusal>) -> Vec<(String, CauseKind, String)> {
    let causes = verdict.err().map(|refusal| refusal.causes).unwrap_or_default();
    causes.into_iter().map(|cause| (cause.field, cause.kind, cause.message)).collect()
}

/// A value with changes at pointers, whose parents are made where they are missing.
#[track_caller]
fn with(mut value: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, change) in changes {
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        let mut place = &mut value;
        for step in parent.split('/').skip(1) {
            let step = step.replace("~1", "/");
            place = match place {
                Value::Array(items) => &mut items[step.parse::<usize>().expect("an index")],
                other => &mut other[step],
            };
        }
        match place {
            Value::Object(members) if change.is_null() => drop(members.remove(member)),
            Value::Array(items) => items[member.parse::<usize>().expect("an index")] = change.clone(),
            other => other[member.replace("~1", "/")] = change.clone(),
        }
    }
    value
}

#[test]
fn every_kind_begins_with_metadata_that_is_well() {
    let long = "a".repeat(300 << 10);
    let owner = json!({"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u", "controller": true});
    let other = json!({"apiVersion": "v1", "kind": "Event", "name": "e", "uid": "u"});
    let bad = json!({"apiVersion": "a/b/c", "kind": "", "name": "e", "uid": "u"});
    creates(
        "v1",
        "ConfigMap",
        &json!({"metadata": {"generateName": "x-", "labels": {"a": "b"}}}),
        vec![
            row(
                "/metadata/name",
                json!("A_b"),
                "metadata.name",
                Invalid,
                "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ),
            (vec![("/metadata/generateName", json!("a.b-"))], vec![]),
            (vec![("/metadata/generateName", json!("-")), ("/metadata/name", json!("a"))], vec![("metadata.generateName", Invalid, ")")]),
            row("/metadata/labels", json!({"a b": ""}), "metadata.labels", Invalid, "')"),
            row("/metadata/labels", json!({"a": "b c"}), "metadata.labels", Invalid, "?')"),
            row("/metadata/annotations", json!({"A/b": long}), "metadata.annotations", TooLong, "may not be more than 262144 bytes"),
            row("/metadata/annotations", json!({"a/": ""}), "metadata.annotations", Invalid, "name part must be non-empty"),
            row("/metadata/finalizers", json!(["a/b/c"]), "metadata.finalizers", Invalid, "')"),
            row(
                "/metadata/finalizers",
                json!(["foregroundDeletion", "orphan"]),
                "metadata.finalizers",
                Invalid,
                "finalizer orphan and foregroundDeletion cannot be both set",
            ),
            row("/metadata/ownerReferences", json!([other]), "metadata.ownerReferences[0]", Invalid, "is disallowed from being an owner"),
            (
                vec![("/metadata/ownerReferences", json!([bad]))],
                vec![
                    ("metadata.ownerReferences[0].apiVersion", Invalid, "must be <group>/<version> or <version>"),
                    ("metadata.ownerReferences[0].kind", Required, "must not be empty"),
                ],
            ),
            row(
                "/metadata/ownerReferences",
                json!([owner, owner]),
                "metadata.ownerReferences",
                Invalid,
                "Found \"true\" in references for Pod/p and Pod/p",
            ),
        ],
    );
}
