//! The rules that objects of every kind follow, then those of their schema.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{custom, parts};
use crate::object::names::{dns_label, label_value, qualified_name};
use crate::object::{Cause, CauseKind, Object};
use crate::schema::{NameRule, Resource, check};

/// The most that all annotations of an object may take together, in bytes.
const ANNOTATIONS_MOST: usize = 256 << 10;

/// What is to become of dependents: either they go too, or they stay.
const CONTRARY: [&str; 2] = ["orphan", "foregroundDeletion"];

/// Every cause against an object; `before` is what it takes the place of, `subresource` the path it came through. What `status` cannot
/// change is not judged again there: it was accepted once, perhaps under other rules.
pub(super) fn object(resource: &Resource, object: &Object, before: Option<&Object>, subresource: &str) -> Vec<Cause> {
    let mut causes = names(resource, object);
    metadata(object, before, &mut causes);
    if resource.custom {
        causes.extend(declared(resource, object, before));
    }
    causes.extend(super::kinds::validate(resource, object, before, subresource));
    match before.filter(|_| matches!(subresource, "status" | "approval" | parts::EPHEMERAL_CONTAINERS | parts::RESIZE)) {
        Some(before) => causes.extend(super::validation::check_status(resource, object, before, subresource)),
        None => causes.extend(super::validation::check(resource, object, before)),
    }
    causes
}

/// The causes against an object's metadata besides its names.
pub(super) fn metadata(object: &Object, before: Option<&Object>, causes: &mut Vec<Cause>) {
    labels(object, causes);
    annotations(object, causes);
    finalizers(object, before, causes);
    deletion(object, before, causes);
    owners(object, causes);
}

/// What the schema of a custom resource finds. Of what was there before, only changes are judged.
fn declared(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let (schema, value) = (resource.schema(), Value::Object(object.root().clone()));
    let mut causes = match before {
        Some(before) => check::validate_update(schema.root(), &value, &Value::Object(before.root().clone())),
        None => check::validate(schema.root(), &value),
    };
    custom::embedded(schema.root(), &value, &check::Path::Root(""), &mut causes);
    causes
}

/// The causes against an object's name and namespace.
#[must_use]
pub fn names(resource: &Resource, object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let name = object.name();
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else if let Err(why) = resource.name_rule.check(name) {
        causes.push(Cause::invalid("metadata.name", &name.into(), &why));
    }
    if let Some(base) = object.meta_str("generateName").filter(|base| !base.is_empty())
        && let Err(why) = generated(resource.name_rule, base)
    {
        causes.push(Cause::invalid("metadata.generateName", &base.into(), &why));
    }
    match object.namespace() {
        None if resource.namespaced => causes.push(Cause::required("metadata.namespace", "")),
        Some(_) if !resource.namespaced => {
            let why = "Forbidden: not allowed on this type";
            causes.push(Cause::new(CauseKind::Forbidden, "metadata.namespace", why));
        }
        Some(namespace) => {
            if let Err(why) = dns_label(namespace) {
                causes.push(Cause::invalid("metadata.namespace", &namespace.into(), &why));
            }
        }
        None => {}
    }
    causes
}

/// A base may end in a dash, since characters follow.
fn generated(rule: NameRule, base: &str) -> Result<(), String> {
    match base.strip_suffix('-').filter(|base| !base.is_empty()) {
        Some(base) => rule.check(&format!("{base}a")),
        None => rule.check(base),
    }
}

fn labels(object: &Object, causes: &mut Vec<Cause>) {
    for (key, value) in object.labels() {
        if let Err(why) = qualified_name(key) {
            causes.push(Cause::invalid("metadata.labels", &key.into(), &why));
        }
        if let Err(why) = label_value(value) {
            causes.push(Cause::invalid("metadata.labels", &value.into(), &why));
        }
    }
}

fn annotations(object: &Object, causes: &mut Vec<Cause>) {
    let mut size = 0;
    for (key, value) in object.annotations() {
        size += key.len() + value.len();
        if let Err(why) = qualified_name(&key.to_lowercase()) {
            causes.push(Cause::invalid("metadata.annotations", &key.into(), &why));
        }
    }
    if size > ANNOTATIONS_MOST {
        let why = format!("Too long: may not be more than {ANNOTATIONS_MOST} bytes");
        causes.push(Cause::new(CauseKind::TooLong, "metadata.annotations", why));
    }
}

/// Finalizers are qualified names. None may be added once the object is being deleted.
fn finalizers(object: &Object, before: Option<&Object>, causes: &mut Vec<Cause>) {
    for finalizer in object.finalizers() {
        if let Err(why) = qualified_name(finalizer) {
            causes.push(Cause::invalid("metadata.finalizers", &finalizer.into(), &why));
        }
    }
    let kept: Vec<&str> = object.finalizers().into_iter().filter(|finalizer| CONTRARY.contains(finalizer)).collect();
    if CONTRARY.iter().all(|finalizer| kept.contains(finalizer)) {
        let [one, other] = CONTRARY;
        let why = format!("finalizer {one} and {other} cannot be both set");
        causes.push(Cause::invalid("metadata.finalizers", &object.finalizers().into(), &why));
    }
    let Some(before) = before.filter(|before| before.deletion_timestamp().is_some()) else { return };
    let known: BTreeSet<&str> = before.finalizers().into_iter().collect();
    let added: Vec<&str> = object.finalizers().into_iter().filter(|finalizer| !known.contains(finalizer)).collect();
    if !added.is_empty() {
        let why = format!("Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers {added:?}");
        causes.push(Cause::new(CauseKind::Forbidden, "metadata.finalizers", why));
    }
}

/// Only a deletion sets when an object goes.
fn deletion(object: &Object, before: Option<&Object>, causes: &mut Vec<Cause>) {
    let Some(before) = before else { return };
    for member in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        let of = |object: &Object| object.metadata().and_then(|metadata| metadata.get(member)).cloned().unwrap_or_default();
        let (was, is) = (of(before), of(object));
        if is != was {
            causes.push(Cause::invalid(format!("metadata.{member}"), &is, "field is immutable"));
        }
    }
}

/// Owner references name an object fully, and at most one of them is the controller.
fn owners(object: &Object, causes: &mut Vec<Cause>) {
    let list = object.metadata().and_then(|metadata| metadata.get("ownerReferences")).and_then(Value::as_array);
    let text = |owner: &'_ Value, member: &str| owner.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut controller: Option<String> = None;
    for (index, owner) in list.into_iter().flatten().enumerate() {
        let field = format!("metadata.ownerReferences[{index}]");
        owner_type(owner, &field, causes);
        for member in ["kind", "name", "uid"] {
            if text(owner, member).is_empty() {
                causes.push(Cause::required(format!("{field}.{member}"), "must not be empty"));
            }
        }
        if owner.get("controller") != Some(&Value::Bool(true)) {
            continue;
        }
        let name = format!("{}/{}", text(owner, "kind"), text(owner, "name"));
        match &controller {
            Some(first) => {
                let why =
                    format!("Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}");
                let value = list.cloned().unwrap_or_default().into();
                causes.push(Cause::invalid("metadata.ownerReferences", &value, &why));
            }
            None => controller = Some(name),
        }
    }
}

/// An owner is of some version of some kind, and no event.
fn owner_type(owner: &Value, field: &str, causes: &mut Vec<Cause>) {
    let text = |member: &str| owner.get(member).and_then(Value::as_str).unwrap_or_default();
    let version = text("apiVersion");
    if version.is_empty() {
        causes.push(Cause::required(format!("{field}.apiVersion"), "must not be empty"));
    } else if version.matches('/').count() > 1 || version.ends_with('/') {
        let why = "must be <group>/<version> or <version>";
        causes.push(Cause::invalid(format!("{field}.apiVersion"), &version.into(), why));
    } else if (version, text("kind")) == ("v1", "Event") {
        causes.push(Cause::invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner"));
    }
}
