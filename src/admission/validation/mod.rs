//! The rules of built-in kinds, which upstream has in code: one file for each group of kinds.
//!
//! Receives objects with their defaults; hands on every cause against them at once. Invariant: an object that follows the rules costs no
//! allocation but for the sets in which duplicates are found.

mod access;
mod addresses;
mod admission_policies;
mod alike;
mod api_services;
mod autoscaler;
mod certificates;
mod cluster;
mod config;
mod containers;
mod cron;
mod devices;
mod endpoints;
mod environment;
mod events;
mod field;
mod flow;
mod handlers;
mod hooks;
mod job_policies;
mod job_status;
mod jobs;
mod kept;
mod kinds;
mod labels;
mod limits;
mod mounts;
mod names;
mod naming;
mod network_classes;
mod networking;
mod node_selector;
mod pod_annotations;
mod pod_parts;
mod pod_status;
mod pod_update;
mod pods;
mod policy;
mod projections;
mod resource_names;
mod resources;
mod reviews;
mod scheduling;
mod security;
mod seen;
mod service_addresses;
mod services;
mod storage;
mod storage_classes;
mod volume_sources;
mod volumes;
mod warnings;
mod workload_status;
mod workloads;
mod written;

pub(crate) use labels::selects;
pub(super) use pod_annotations::APP_ARMOR_OF;
pub(super) use resources::aggregate_text;
pub(super) use warnings::{status_warnings, warnings};

use field::{Faults, Field};
use written::Written;

use super::parts;
use crate::object::{Cause, Object};
use crate::schema::Resource;

/// The causes against an object by the rules of its kind; `before` is what it takes the place of.
pub(super) fn check(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    if resource.custom {
        return Vec::new();
    }
    if resource.converts() && resource.storage_gvk.group == resource.gvk.group {
        // Another version of what the store keeps: the rules are those of the kind, whatever version it is written in.
        return rules(resource, &kept(resource, object), before.map(|before| kept(resource, before)).as_ref());
    }
    rules(resource, object, before)
}

fn rules(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut faults = Faults::default();
    let spec = Field::root("spec", object.root().get("spec"));
    let had = before.map(|before| Field::root("spec", before.root().get("spec")));
    let kind = resource.gvk.kind.as_str();
    match resource.gvk.group.as_str() {
        "" => core(kind, object, before, &spec, had.as_ref(), &mut faults),
        "apps" => match kind {
            "Deployment" => workloads::deployment(&spec, had.as_ref(), &mut faults),
            "ReplicaSet" => workloads::replica_set(&spec, had.as_ref(), &mut faults),
            "StatefulSet" => workloads::stateful_set(&spec, had.as_ref(), &mut faults),
            "DaemonSet" => workloads::daemon_set(&spec, had.as_ref(), &mut faults),
            _ => kinds::others("apps", kind, Written { object, before }, &mut faults),
        },
        "batch" => batch(kind, object, before, &spec, had.as_ref(), &mut faults),
        group => kinds::others(group, kind, Written { object, before }, &mut faults),
    }
    faults.0
}

/// The causes against a status by the rules of its kind, written through a path of its own.
pub(super) fn check_status(resource: &Resource, object: &Object, before: &Object, subresource: &str) -> Vec<Cause> {
    if resource.custom {
        return Vec::new();
    }
    if resource.converts() && resource.storage_gvk.group == resource.gvk.group {
        return status_rules(resource, &kept(resource, object), &kept(resource, before), subresource);
    }
    status_rules(resource, object, before, subresource)
}

/// An object as the store keeps it, where the rules are those of another version than it is written in.
fn kept(resource: &Resource, object: &Object) -> Object {
    let mut object = object.clone();
    resource.to_storage(&mut object);
    object
}

fn status_rules(resource: &Resource, object: &Object, before: &Object, subresource: &str) -> Vec<Cause> {
    let mut faults = Faults::default();
    let (spec, status, had) = (member(object, "spec"), member(object, "status"), member(before, "status"));
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod") if matches!(subresource, parts::EPHEMERAL_CONTAINERS | parts::RESIZE) => {
            pod_part(object, before, subresource, &mut faults);
        }
        ("", "Pod") => {
            pod_status::pod_status([&member(object, "metadata"), &member(before, "metadata")], &spec, &status, &had, &mut faults);
        }
        ("batch", "Job") => job_status::job_status(&spec, &status, &had, &mut faults),
        ("", "ReplicationController") | ("apps", _) => workload_status::counted(&resource.gvk.kind, &status, &had, &mut faults),
        (group, kind) => kinds::status(group, kind, subresource, Written { object, before: Some(before) }, &mut faults),
    }
    faults.0
}

fn pod_part(object: &Object, before: &Object, subresource: &str, faults: &mut Faults) {
    let [metadata, spec] = ["metadata", "spec"].map(|name| [member(before, name), member(object, name)]);
    let change =
        pod_parts::Change { metadata: [&metadata[0], &metadata[1]], spec: [&spec[0], &spec[1]], status: &member(before, "status") };
    match subresource {
        parts::EPHEMERAL_CONTAINERS => pod_parts::ephemeral_containers(&change, faults),
        _ => pod_parts::resize(&change, faults),
    }
}

fn member<'v>(object: &'v Object, name: &'static str) -> Field<'static, 'v> {
    Field::root(name, object.root().get(name))
}

fn batch(kind: &str, object: &Object, before: Option<&Object>, spec: &Field<'_, '_>, had: Option<&Field<'_, '_>>, faults: &mut Faults) {
    let metadata = member(object, "metadata");
    match kind {
        "Job" => {
            let started = before.is_some_and(|before| !member(before, "status").at("startTime").is_empty());
            jobs::job(&metadata, spec, had.map(|spec| jobs::Before { spec, started }), faults);
        }
        "CronJob" => cron::cron_job(&metadata.at("name"), spec, had, faults),
        _ => {}
    }
}

fn core(kind: &str, object: &Object, before: Option<&Object>, spec: &Field<'_, '_>, had: Option<&Field<'_, '_>>, faults: &mut Faults) {
    match (kind, had) {
        ("Pod", None) => pods::new_pod(&member(object, "metadata"), spec, faults),
        ("Pod", Some(had)) => {
            let old = before.map_or(Field::root("metadata", None), |before| member(before, "metadata"));
            pod_update::pod_update([&member(object, "metadata"), &old], spec, had, faults);
        }
        ("PodTemplate", _) => {
            let kept = kept::Kept::of_template(before.map(|before| member(before, "template")).as_ref(), None);
            pods::template(&member(object, "template"), &kept, faults);
        }
        ("ReplicationController", _) => workloads::replication_controller(spec, had, faults),
        _ => kinds::core(kind, Written { object, before }, faults),
    }
}

#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod tests;
