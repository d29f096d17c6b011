//! Kinds with behaviour that no schema can say, one file each.
//!
//! Every other kind is served by its schema alone. Invariant: a kind that is not named here has no behaviour of its own.

mod account;
mod api_service;
mod autoscaler;
mod certificate;
mod claim;
mod crd;
mod job;
mod namespace;
pub(super) mod pod;
mod secret;
pub(super) mod service;
mod status;
mod volume;
mod workload;

use crate::ambient::Ambient;
use crate::object::{Cause, Object};
use crate::schema::Resource;

/// Whether a create may bring `status` along although it has a path of its own: nodes register themselves together with what they are.
pub(super) fn keeps_status_on_create(resource: &Resource) -> bool {
    resource.gvk.group.is_empty() && resource.gvk.kind == "Node"
}

/// Says that nothing is known of an object without a status, where its kind has one.
pub(super) fn fill_status(resource: &Resource, object: &mut Object) {
    status::fill(resource, object);
}

/// What a kind does to a new object.
pub(super) fn on_create(resource: &Resource, object: &mut Object, ambient: &Ambient) {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Namespace") => namespace::on_create(object),
        ("", "PersistentVolume") => volume::on_create(object, ambient),
        ("", "PersistentVolumeClaim") => claim::on_write(None, object),
        ("", "Pod") => pod::on_create(object),
        ("", "Secret") => secret::on_write(object),
        ("", "Service") => service::on_create(object),
        ("", "ServiceAccount") => account::on_write(object),
        ("apiregistration.k8s.io", "APIService") => api_service::on_create(object, ambient),
        ("apps", "DaemonSet") => workload::on_daemon_set_create(object),
        ("batch", "Job") => job::on_create(object),
        ("autoscaling", "HorizontalPodAutoscaler") if resource.converts() => autoscaler::on_create(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => crd::on_create(object),
        _ => {}
    }
}

/// What a kind does to an object that takes the place of another, written through a subresource or (empty) the object itself.
pub(super) fn on_update(resource: &Resource, before: &Object, after: &mut Object, subresource: &str, ambient: &Ambient) {
    let status = subresource == "status";
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Namespace") => namespace::on_update(before, after),
        ("", "PersistentVolume") => volume::on_update(before, after, ambient),
        ("", "PersistentVolumeClaim") => claim::on_write(Some(before), after),
        ("", "Pod") if status => pod::on_status(before, after),
        ("", "Secret") => secret::on_write(after),
        ("", "Service") if subresource.is_empty() => service::on_update(before, after),
        ("", "ServiceAccount") => account::on_write(after),
        ("apps", "DaemonSet") if !status => workload::on_daemon_set_update(before, after),
        ("apps", "Deployment") if status => workload::on_deployment_status(before, after),
        ("autoscaling", "HorizontalPodAutoscaler") if resource.converts() => autoscaler::on_update(before, after, subresource),
        ("certificates.k8s.io", "CertificateSigningRequest") => certificate::on_update(before, after, subresource, ambient),
        ("apiextensions.k8s.io", "CustomResourceDefinition") if subresource.is_empty() => crd::on_update(after),
        _ => {}
    }
}

/// Whether a change outside of what is declared counts as one of it.
pub(super) fn counts_as_change(resource: &Resource, before: &Object, after: &Object) -> bool {
    resource.gvk.group == "apps" && resource.gvk.kind == "Deployment" && workload::deployment_generation(before, after)
}

/// The causes that a kind's own rules find.
pub(super) fn validate(resource: &Resource, object: &Object, before: Option<&Object>, subresource: &str) -> Vec<Cause> {
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") if subresource.is_empty() => crd::validate(object, before),
        _ => Vec::new(),
    }
}
