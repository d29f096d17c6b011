//! The rank of a kind: what others refer to is applied first, what judges others last.
//!
//! Receives a group and a kind, hands on a number. Pure; a table of facts about built-in kinds.

use crate::object::Gvk;

/// The rank of namespaces, in which others live.
pub(super) const NAMESPACES: u8 = 0;
/// The rank of CustomResourceDefinitions, which make kinds.
pub(super) const DEFINITIONS: u8 = 1;

/// What pods are admitted by, and where they and volumes may be: an admission plugin, or the network, must know these first.
const GROUNDS: u8 = 2;
const ACCOUNTS: u8 = 3;
const SETTINGS: u8 = 4;
const VOLUMES: u8 = 5;
const CLAIMS: u8 = 6;
const ROLES: u8 = 7;
const BINDINGS: u8 = 8;
/// Before the pods, which are told of the services that exist when they start.
const SERVICES: u8 = 9;
const WORKLOADS: u8 = 10;
/// What refers to workloads.
const SCALING: u8 = 11;
/// What refers to services.
const ROUTES: u8 = 12;
/// Custom resources, whose controllers may be workloads of the set, and all that has no place of its own.
const OTHERS: u8 = 13;
const AGGREGATED_APIS: u8 = 14;
/// From here on, the set's own objects could be caught.
const POLICIES: u8 = 15;
const JUDGES: u8 = 16;

/// The rank of a kind; lower ranks are applied before higher ones.
#[must_use]
pub fn rank(gvk: &Gvk) -> u8 {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Namespace") => NAMESPACES,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => DEFINITIONS,
        ("", "Node" | "ResourceQuota" | "LimitRange")
        | ("scheduling.k8s.io", "PriorityClass")
        | ("storage.k8s.io", "StorageClass" | "VolumeAttributesClass" | "CSIDriver")
        | ("node.k8s.io", "RuntimeClass")
        | ("resource.k8s.io", "DeviceClass")
        | ("networking.k8s.io", "IngressClass" | "NetworkPolicy" | "ServiceCIDR")
        | ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => GROUNDS,
        ("", "ServiceAccount") => ACCOUNTS,
        ("", "Secret" | "ConfigMap") => SETTINGS,
        ("", "PersistentVolume") => VOLUMES,
        ("", "PersistentVolumeClaim") | ("resource.k8s.io", "ResourceClaim" | "ResourceClaimTemplate") => CLAIMS,
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => ROLES,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") | ("flowcontrol.apiserver.k8s.io", "FlowSchema") => BINDINGS,
        ("", "Service" | "Endpoints") | ("discovery.k8s.io", "EndpointSlice") => SERVICES,
        ("", "Pod" | "PodTemplate" | "ReplicationController")
        | ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ControllerRevision")
        | ("batch", "Job" | "CronJob") => WORKLOADS,
        ("autoscaling", "HorizontalPodAutoscaler") | ("policy", "PodDisruptionBudget") => SCALING,
        ("networking.k8s.io", "Ingress") => ROUTES,
        ("apiregistration.k8s.io", "APIService") => AGGREGATED_APIS,
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy") => POLICIES,
        ("admissionregistration.k8s.io", _) => JUDGES,
        _ => OTHERS,
    }
}
