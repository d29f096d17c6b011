//! The rules of built-in kinds, which upstream has in code: one file for each group of kinds.
//!
//! Receives objects with their defaults; hands on every cause against them at once. Invariant: an object that follows the rules costs no
//! allocation but for the sets in which duplicates are found.

mod access;
mod addresses;
mod admission_policies;
mod autoscaler;
mod batch;
mod certificates;
mod cluster;
mod config;
mod containers;
mod devices;
mod endpoints;
mod events;
mod field;
mod flow;
mod hooks;
mod kinds;
mod labels;
mod limits;
mod names;
mod network_classes;
mod networking;
mod node_selector;
mod pods;
mod policy;
mod resource_names;
mod service_addresses;
mod services;
mod storage;
mod storage_classes;
mod volumes;
mod workloads;
mod written;

use field::{Faults, Field};
use written::Written;

use crate::object::{Cause, Object};
use crate::schema::Resource;

/// The causes against an object by the rules of its kind; `before` is what it takes the place of.
pub(super) fn check(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    if resource.custom {
        return Vec::new();
    }
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
        "batch" => match kind {
            "Job" => batch::job(&spec, had.as_ref(), &mut faults),
            "CronJob" => {
                let metadata = Field::root("metadata", object.root().get("metadata"));
                batch::cron_job(&metadata.at("name"), &spec, &mut faults);
            }
            _ => {}
        },
        group => kinds::others(group, kind, Written { object, before }, &mut faults),
    }
    faults.0
}

fn core(kind: &str, object: &Object, before: Option<&Object>, spec: &Field<'_, '_>, had: Option<&Field<'_, '_>>, faults: &mut Faults) {
    match (kind, had) {
        ("Pod", None) => pods::pod(spec, faults),
        ("Pod", Some(had)) => pods::pod_update(spec, had, faults),
        ("PodTemplate", _) => pods::template(&Field::root("template", object.root().get("template")), faults),
        ("ReplicationController", _) => workloads::replication_controller(spec, faults),
        _ => kinds::core(kind, Written { object, before }, faults),
    }
}

/// The causes against a status by the rules of its kind, written through a path of its own.
pub(super) fn check_status(resource: &Resource, object: &Object, before: &Object, subresource: &str) -> Vec<Cause> {
    let mut faults = Faults::default();
    if !resource.custom {
        let written = Written { object, before: Some(before) };
        kinds::status(&resource.gvk.group, &resource.gvk.kind, subresource, written, &mut faults);
    }
    faults.0
}

#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod tests;
