//! The defaults of built-in kinds, which upstream has in code: a table for each group of kinds.
//!
//! Receives decoded objects; hands on the same with every member set that the server sets where a client leaves it out. Invariant:
//! defaults depend on the object alone, never overwrite, and are idempotent.

mod config;
mod devices;
mod fill;
mod networking;
mod pods;
mod services;
mod storage;
mod workloads;

use crate::object::Object;
use crate::schema::Resource;

/// Sets what the kind's defaults set.
pub(super) fn apply(resource: &Resource, object: &mut Object) {
    if resource.custom {
        return;
    }
    let fill: fn(&mut fill::Members) = match (resource.gvk.group.as_str(), resource.gvk.kind.as_str()) {
        ("", "Pod") => pods::pod,
        ("", "PodTemplate") => workloads::pod_template,
        ("", "ReplicationController") => workloads::replication_controller,
        ("", "Service") => services::service,
        ("", "Endpoints") => services::endpoints,
        ("", "PersistentVolume") => storage::volume,
        ("", "PersistentVolumeClaim") => storage::claim,
        ("", "LimitRange") => config::limit_range,
        ("", "Node") => config::node,
        ("apps", "Deployment") => workloads::deployment,
        ("apps", "ReplicaSet") => workloads::replica_set,
        ("apps", "StatefulSet") => workloads::stateful_set,
        ("apps", "DaemonSet") => workloads::daemon_set,
        ("batch", "Job") => workloads::job,
        ("batch", "CronJob") => workloads::cron_job,
        ("autoscaling", "HorizontalPodAutoscaler") if resource.converts() => config::old_autoscaler,
        ("autoscaling", "HorizontalPodAutoscaler") => config::autoscaler,
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => config::mutating_webhooks,
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => config::validating_webhooks,
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy") => config::policy,
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding" | "MutatingAdmissionPolicyBinding") => config::policy_binding,
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => config::flow_schema,
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => config::priority_level,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => config::role_binding,
        ("scheduling.k8s.io", "PriorityClass") => config::priority_class,
        ("networking.k8s.io", "NetworkPolicy") => networking::policy,
        ("networking.k8s.io", "IngressClass") => networking::ingress_class,
        ("discovery.k8s.io", "EndpointSlice") => services::endpoint_slice,
        ("storage.k8s.io", "StorageClass") => storage::class,
        ("storage.k8s.io", "CSIDriver") => storage::driver,
        ("resource.k8s.io", "ResourceClaim") => devices::claim,
        ("resource.k8s.io", "ResourceClaimTemplate") => devices::claim_template,
        _ => return,
    };
    fill(object.root_mut());
}

#[cfg(test)]
mod tests;
