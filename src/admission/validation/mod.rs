//! The rules of built-in kinds, which upstream has in code: one file for each group of kinds.
//!
//! Receives objects with their defaults; hands on every cause against them at once. Invariant: an object that follows the rules costs no
//! allocation but for the sets in which duplicates are found.

mod access;
mod alike;
mod api_services;
mod config;
mod containers;
mod cron;
mod environment;
mod field;
mod handlers;
mod hooks;
mod job_policies;
mod job_status;
mod jobs;
mod labels;
mod mounts;
mod naming;
mod networking;
mod pod_annotations;
mod pod_status;
mod pod_update;
mod pods;
mod policy;
mod projections;
mod resources;
mod reviews;
mod scheduling;
mod security;
mod seen;
mod services;
mod storage;
mod volumes;
mod warnings;
mod workload_status;
mod workloads;

pub(super) use pod_annotations::APP_ARMOR_OF;
pub(super) use resources::aggregate_text;
pub(super) use warnings::warnings;

use field::{Faults, Field};

use crate::object::{Cause, Object};
use crate::schema::Resource;

/// The causes against an object by the rules of its kind; `before` is what it takes the place of.
pub(super) fn check(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    if resource.custom {
        return Vec::new();
    }
    if resource.converts() && resource.storage_gvk.group == resource.gvk.group {
        // Another version of what the store keeps: the rules are those of the kind, whatever version it is written in.
        let kept = |object: &Object| {
            let mut object = object.clone();
            resource.to_storage(&mut object);
            object
        };
        return rules(resource, &kept(object), before.map(kept).as_ref());
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
            _ => {}
        },
        "batch" => batch(kind, object, before, &spec, had.as_ref(), &mut faults),
        _ => others(resource, object, before, &spec, had.as_ref(), &mut faults),
    }
    faults.0
}

/// The causes against a new status by the rules of its kind, for those kinds that have such rules.
pub(super) fn check_status(resource: &Resource, object: &Object, before: Option<&Object>) -> Vec<Cause> {
    let mut faults = Faults::default();
    let (spec, status) = (member(object, "spec"), member(object, "status"));
    let had = before.map_or(Field::root("status", None), |before| member(before, "status"));
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod") => {
            let old = before.map_or(Field::root("metadata", None), |before| member(before, "metadata"));
            pod_status::pod_status([&member(object, "metadata"), &old], &spec, &status, &had, &mut faults);
        }
        ("batch", "Job") => job_status::job_status(&spec, &status, &had, &mut faults),
        ("", "ReplicationController") | ("apps", _) => workload_status::counted(&resource.gvk.kind, &status, &had, &mut faults),
        _ => {}
    }
    faults.0
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
        ("PodTemplate", _) => pods::template(&Field::root("template", object.root().get("template")), faults),
        ("ReplicationController", _) => workloads::replication_controller(spec, faults),
        ("Service", _) => services::service(spec, had, faults),
        ("ConfigMap", _) => config::config_map(object, before, faults),
        ("Secret", _) => config::secret(object, before, faults),
        ("PersistentVolume", _) => storage::volume(spec, had, faults),
        ("PersistentVolumeClaim", _) => {
            storage::claim(spec, faults);
            if let Some(before) = before {
                storage::claim_update(object, before, faults);
            }
        }
        ("Binding", _) => reviews::binding(&Field::root("target", object.root().get("target")), faults),
        ("LimitRange", _) => policy::limit_range(spec, faults),
        ("ResourceQuota", _) => policy::quota(spec, had, faults),
        _ => {}
    }
}

fn others(
    resource: &Resource,
    object: &Object,
    before: Option<&Object>,
    spec: &Field<'_, '_>,
    had: Option<&Field<'_, '_>>,
    faults: &mut Faults,
) {
    let member = |name: &'static str| Field::root(name, object.root().get(name));
    match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("rbac.authorization.k8s.io", "Role") => access::rules(object, true, faults),
        ("rbac.authorization.k8s.io", "ClusterRole") => access::rules(object, false, faults),
        ("rbac.authorization.k8s.io", "RoleBinding") => access::binding(object, before, true, faults),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => access::binding(object, before, false, faults),
        ("apiregistration.k8s.io", "APIService") => api_services::api_service(object, spec, faults),
        ("authorization.k8s.io", "SelfSubjectAccessReview") => reviews::own_access(object, spec, faults),
        ("authorization.k8s.io", "SubjectAccessReview") => reviews::access(object, spec, faults),
        ("authorization.k8s.io", "LocalSubjectAccessReview") => reviews::local_access(object, spec, faults),
        ("certificates.k8s.io", "CertificateSigningRequest") => access::signing_request(spec, had, faults),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(spec, faults),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(object, before, faults),
        ("autoscaling", "HorizontalPodAutoscaler") => policy::autoscaler(spec, faults),
        ("coordination.k8s.io", "Lease") => policy::lease(spec, faults),
        ("networking.k8s.io", "Ingress") => networking::ingress(spec, faults),
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy(spec, faults),
        ("discovery.k8s.io", "EndpointSlice") => networking::endpoint_slice(&member("ports"), faults),
        ("storage.k8s.io", "StorageClass") => storage::class(object, before, faults),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => hooks::webhooks(&member("webhooks"), true, faults),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => hooks::webhooks(&member("webhooks"), false, faults),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
