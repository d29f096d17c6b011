//! Kinds with behaviour that no schema can say, one file each.
//!
//! Every other kind is served by its schema alone. Invariant: a kind that is not named here has no behaviour of its own.

mod crd;
mod job;
mod namespace;
mod pod;
mod secret;
mod service;

use crate::object::{Cause, Object};
use crate::schema::Resource;

/// Whether a create may bring `status` along although it has a path of its own: nodes register themselves together with what they are.
pub(super) fn keeps_status_on_create(resource: &Resource) -> bool {
    resource.gvk.group.is_empty() && resource.gvk.kind == "Node"
}

/// What a kind does to a new object.
pub(super) fn on_create(resource: &Resource, object: &mut Object) {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Namespace") => namespace::on_create(object),
        ("", "Pod") => pod::on_create(object),
        ("", "Secret") => secret::on_write(object),
        ("", "Service") => service::on_create(object),
        ("batch", "Job") => job::on_create(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::on_create(object),
        _ => {}
    }
}

/// What a kind does to an object that takes the place of another; `subresource` is the path it came through.
pub(super) fn on_update(resource: &Resource, before: &Object, after: &mut Object, subresource: &str) {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Namespace") => namespace::on_update(before, after),
        ("", "Secret") => secret::on_write(after),
        ("", "Service") => service::on_update(before, after),
        ("batch", "Job") => job::on_update(before, after),
        ("apiextensions.k8s.io", "CustomResourceDefinition") if subresource.is_empty() => crd::on_update(after),
        _ => {}
    }
}

/// The causes that a kind's own rules find.
pub(super) fn validate(resource: &Resource, object: &Object, before: Option<&Object>, subresource: &str) -> Vec<Cause> {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") if subresource.is_empty() => crd::validate(object, before),
        _ => Vec::new(),
    }
}
