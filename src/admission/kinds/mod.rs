//! Kinds with behaviour that no schema can say, one file each.
//!
//! Every other kind is served by its schema alone. Invariant: a kind that is not named here has no behaviour of its own.

mod api_service;
mod autoscaler;
mod crd;
mod job;
mod namespace;
mod pod;
mod secret;
mod service;
mod workload;

use crate::ambient::Ambient;
use crate::object::{Cause, Object};
use crate::schema::Resource;

/// Whether a create may bring `status` along although it has a path of its own: nodes register themselves together with what they are.
pub(super) fn keeps_status_on_create(resource: &Resource) -> bool {
    resource.gvk.group.is_empty() && resource.gvk.kind == "Node"
}

/// What a kind does to a new object.
pub(super) fn on_create(resource: &Resource, object: &mut Object, ambient: &Ambient) {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Namespace") => namespace::on_create(object),
        ("", "Pod") => pod::on_create(object),
        ("", "Secret") => secret::on_write(object),
        ("", "Service") => service::on_create(object),
        ("apiregistration.k8s.io", "APIService") => api_service::on_create(object, ambient),
        ("apps", "DaemonSet") => workload::on_daemon_set_create(object),
        ("batch", "Job") => job::on_create(object),
        ("autoscaling", "HorizontalPodAutoscaler") if resource.converts() => autoscaler::on_create(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::on_create(object, ambient),
        _ => {}
    }
}

/// What a kind does to an object that takes the place of another.
pub(super) fn on_update(resource: &Resource, before: &Object, after: &mut Object) {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Namespace") => namespace::on_update(before, after),
        ("", "Secret") => secret::on_write(after),
        ("", "Service") => service::on_update(before, after),
        ("autoscaling", "HorizontalPodAutoscaler") if resource.converts() => autoscaler::on_update(before, after),
        ("apps", "DaemonSet") => workload::on_daemon_set_update(before, after),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::on_update(before, after),
        _ => {}
    }
}

/// What a kind does to an object whose status takes the place of another.
pub(super) fn on_status(resource: &Resource, before: &Object, after: &mut Object) {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod") => pod::on_status(before, after),
        ("apps", "Deployment") => workload::on_deployment_status(before, after),
        ("autoscaling", "HorizontalPodAutoscaler") if resource.converts() => autoscaler::on_status(before, after),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::on_update(before, after),
        _ => {}
    }
}

/// Whether a change outside of what is declared counts as one of it.
pub(super) fn counts_as_change(resource: &Resource, before: &Object, after: &Object) -> bool {
    resource.gvk.group == "apps" && resource.gvk.kind == "Deployment" && workload::deployment_generation(before, after)
}

/// The causes that a kind's own rules find.
pub(super) fn validate(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::validate(object, before),
        _ => Vec::new(),
    }
}
