//! Questions about access, and the order that puts a pod on a node.

use serde_json::{Value, json};

use super::field::{Faults, Field};
use crate::object::Object;

const RESOURCE: &str = "resourceAttributes";
const PATH: &str = "nonResourceAttributes";

/// A Binding names a node.
pub(super) fn binding(target: &Field<'_, '_>, faults: &mut Faults) {
    faults.one_of(&target.at("kind"), &["Node", "<empty>"]);
    faults.present(&target.at("name"));
}

/// What somebody asks about themselves.
pub(super) fn own_access(review: &Object, spec: &Field<'_, '_>, faults: &mut Faults) {
    attributes(spec, faults);
    no_metadata(review, &[], "must be empty", faults);
}

/// What is asked about somebody.
pub(super) fn access(review: &Object, spec: &Field<'_, '_>, faults: &mut Faults) {
    attributes(spec, faults);
    subject(spec, faults);
    no_metadata(review, &[], "must be empty", faults);
}

/// What is asked about somebody in one namespace.
pub(super) fn local_access(review: &Object, spec: &Field<'_, '_>, faults: &mut Faults) {
    attributes(spec, faults);
    subject(spec, faults);
    no_metadata(review, &["namespace"], "must be empty except for namespace", faults);
    let (resource, path) = (spec.at(RESOURCE), spec.at(PATH));
    if !resource.is_absent() && resource.at("namespace").text() != review.namespace().unwrap_or_default() {
        faults.invalid(&resource.at("namespace"), "must match metadata.namespace");
    }
    if !path.is_absent() {
        faults.invalid(&path, "disallowed on this kind of request");
    }
}

fn attributes(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (resource, path) = (spec.at(RESOURCE), spec.at(PATH));
    match (resource.is_absent(), path.is_absent()) {
        (false, false) => faults.invalid(&path, "cannot be specified in combination with resourceAttributes"),
        (true, true) => faults.invalid(&resource, "exactly one of nonResourceAttributes or resourceAttributes must be specified"),
        _ => {}
    }
    for name in ["fieldSelector", "labelSelector"] {
        let selector = resource.at(name);
        let (raw, terms) = (selector.at("rawSelector"), selector.at("requirements"));
        match (raw.is_empty(), terms.is_empty()) {
            (false, false) => faults.invalid(&raw, "may not specified at the same time as requirements"),
            (true, true) if !selector.is_absent() => faults.required(&terms, "requirements or rawSelector is required"),
            _ => {}
        }
    }
}

fn subject(spec: &Field<'_, '_>, faults: &mut Faults) {
    let user = spec.at("user");
    if user.is_empty() && spec.at("groups").is_empty() {
        faults.invalid(&Field::root_like(&user, &json!("")), "at least one of user or group must be specified");
    }
}

/// A review is no object: nothing may be said about it but what the path says.
fn no_metadata(review: &Object, but: &[&str], why: &str, faults: &mut Faults) {
    let said = |(name, value): (&String, &Value)| !value.is_null() && name != "managedFields" && !but.contains(&name.as_str());
    if review.metadata().is_some_and(|metadata| metadata.iter().any(said)) {
        faults.invalid(&Field::root("metadata", review.root().get("metadata")), why);
    }
}
