//! The rules that objects of every kind follow, then those of their schema.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::names::{dns_label, label_value, qualified_name};
use crate::object::{Cause, CauseKind, Object};
use crate::schema::{NameRule, Resource, check};

/// The most that all annotations of an object may take together, in bytes.
const ANNOTATIONS_MOST: usize = 256 << 10;

/// Every cause against an object; `before` is what it takes the place of, `subresource` the path it came through. What `status` cannot
/// change is not judged again there: it was accepted once, perhaps under other rules.
pub(super) fn object(resource: &Resource, object: &Object, before: Option<&Object>, subresource: &str) -> Vec<Cause> {
    let mut causes = names(resource, object);
    labels(object, &mut causes);
    annotations(object, &mut causes);
    finalizers(object, before, &mut causes);
    owners(object, &mut causes);
    if resource.custom {
        causes.extend(declared(resource, object, before));
    }
    causes.extend(super::kinds::validate(resource, object, before, subresource));
    if subresource != "status" {
        causes.extend(super::validation::check(resource, object, before));
    }
    causes
}

/// What the schema of a custom resource finds. Of what was there before, only changes are judged.
fn declared(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let (schema, value) = (resource.schema(), Value::Object(object.root().clone()));
    match before {
        Some(before) => check::validate_update(schema.root(), &value, &Value::Object(before.root().clone())),
        None => check::validate(schema.root(), &value),
    }
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

/// A base may end in what a name may not, since characters follow.
fn generated(rule: NameRule, base: &str) -> Result<(), String> {
    rule.check(&format!("{base}a"))
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
    let Some(before) = before.filter(|before| before.deletion_timestamp().is_some()) else { return };
    let known: BTreeSet<&str> = before.finalizers().into_iter().collect();
    let added: Vec<&str> = object.finalizers().into_iter().filter(|finalizer| !known.contains(finalizer)).collect();
    if !added.is_empty() {
        let why = format!("Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers {added:?}");
        causes.push(Cause::new(CauseKind::Forbidden, "metadata.finalizers", why));
    }
}

/// Owner references name an object fully, and at most one of them is the controller.
fn owners(object: &Object, causes: &mut Vec<Cause>) {
    let list = object.metadata().and_then(|metadata| metadata.get("ownerReferences")).and_then(Value::as_array);
    let mut controllers = 0;
    for (index, owner) in list.into_iter().flatten().enumerate() {
        for member in ["apiVersion", "kind", "name", "uid"] {
            if owner.get(member).and_then(Value::as_str).is_none_or(str::is_empty) {
                causes.push(Cause::required(format!("metadata.ownerReferences[{index}].{member}"), "must not be empty"));
            }
        }
        controllers += usize::from(owner.get("controller") == Some(&Value::Bool(true)));
    }
    if controllers > 1 {
        let why = "Only one reference can have Controller set to true";
        causes.push(Cause::new(CauseKind::Invalid, "metadata.ownerReferences", format!("Invalid value: {why}")));
    }
}
