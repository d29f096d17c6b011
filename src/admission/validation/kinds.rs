//! Which rules each kind has, but for pods and workloads.
//!
//! Receives a write and its kind; hands it to the rules. Invariant: a kind that is not named here has no rules of its own.

use super::field::Faults;
use super::written::Written;
use super::{
    access, admission_policies, api_services, autoscaler, certificates, cluster, config, devices, endpoints, events, flow, hooks, limits,
    network_classes, networking, policy, reviews, services, storage, storage_classes,
};

/// Kinds of the core group.
pub(super) fn core(kind: &str, written: Written<'_>, faults: &mut Faults) {
    let (object, before) = (written.object, written.before);
    match kind {
        "Service" => services::service(written, faults),
        "Endpoints" => endpoints::endpoints(written, faults),
        "ConfigMap" => config::config_map(object, before, faults),
        "Secret" => config::secret(object, before, faults),
        "PersistentVolume" => storage::volume(written, faults),
        "PersistentVolumeClaim" => storage::claim(written, faults),
        "LimitRange" => limits::limit_range(written, faults),
        "ResourceQuota" => limits::quota(written, faults),
        "Namespace" => cluster::namespace(written, faults),
        "Node" => {
            cluster::node(written, faults);
            cluster::node_status(written, faults);
        }
        "Event" => events::event(written, false, faults),
        "Binding" => reviews::binding(&written.at("target"), faults),
        _ => {}
    }
}

/// Kinds of all other groups.
pub(super) fn others(group: &str, kind: &str, written: Written<'_>, faults: &mut Faults) {
    let (object, before) = (written.object, written.before);
    match (group, kind) {
        ("apiregistration.k8s.io", "APIService") => api_services::api_service(object, &written.at("spec"), faults),
        ("apps", "ControllerRevision") => cluster::controller_revision(written, faults),
        ("events.k8s.io", "Event") => events::event(written, true, faults),
        ("authorization.k8s.io", "SelfSubjectAccessReview") => reviews::own_access(object, &written.at("spec"), faults),
        ("authorization.k8s.io", "SubjectAccessReview") => reviews::access(object, &written.at("spec"), faults),
        ("authorization.k8s.io", "LocalSubjectAccessReview") => reviews::local_access(object, &written.at("spec"), faults),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler::autoscaler(written, faults),
        ("certificates.k8s.io", "CertificateSigningRequest") => certificates::request(written, faults),
        ("networking.k8s.io", "Ingress") => networking::ingress(written, faults),
        ("networking.k8s.io", "NetworkPolicy") => networking::network_policy(written, faults),
        ("networking.k8s.io", "IngressClass") => network_classes::ingress_class(written, faults),
        ("networking.k8s.io", "IPAddress") => network_classes::address(written, faults),
        ("networking.k8s.io", "ServiceCIDR") => network_classes::service_network(written, faults),
        ("policy", "PodDisruptionBudget") => policy::disruption_budget(written, faults),
        ("rbac.authorization.k8s.io", "Role") => access::rules(object, before, true, faults),
        ("rbac.authorization.k8s.io", "ClusterRole") => access::rules(object, before, false, faults),
        ("rbac.authorization.k8s.io", "RoleBinding") => access::binding(object, before, true, faults),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => access::binding(object, before, false, faults),
        ("storage.k8s.io", "StorageClass") => storage_classes::class(written, faults),
        ("storage.k8s.io", "VolumeAttributesClass") => storage_classes::attributes_class(written, faults),
        ("storage.k8s.io", "CSIDriver") => storage_classes::driver(written, faults),
        ("storage.k8s.io", "CSINode") => storage_classes::node(written, faults),
        ("storage.k8s.io", "CSIStorageCapacity") => storage_classes::capacity(written, faults),
        ("storage.k8s.io", "VolumeAttachment") => storage_classes::attachment(written, faults),
        ("scheduling.k8s.io", "PriorityClass") => policy::priority_class(written, faults),
        ("coordination.k8s.io", "Lease") => policy::lease(&written.at("spec"), faults),
        ("node.k8s.io", "RuntimeClass") => cluster::runtime_class(written, faults),
        ("discovery.k8s.io", "EndpointSlice") => endpoints::slice(written, faults),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema") => flow::schema(written, faults),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration") => flow::level(written, faults),
        ("resource.k8s.io", "DeviceClass") => devices::class(written, faults),
        ("resource.k8s.io", "ResourceClaim") => devices::claim(written, faults),
        ("resource.k8s.io", "ResourceClaimTemplate") => devices::claim_template(written, faults),
        ("resource.k8s.io", "ResourceSlice") => devices::slice(written, faults),
        ("admissionregistration.k8s.io", _) => admission(kind, written, faults),
        _ => {}
    }
}

fn admission(kind: &str, written: Written<'_>, faults: &mut Faults) {
    match kind {
        "MutatingWebhookConfiguration" => hooks::webhooks(written, true, faults),
        "ValidatingWebhookConfiguration" => hooks::webhooks(written, false, faults),
        "ValidatingAdmissionPolicy" => admission_policies::validating(written, faults),
        "ValidatingAdmissionPolicyBinding" => admission_policies::binding(written, true, faults),
        "MutatingAdmissionPolicy" => admission_policies::mutating(written, faults),
        "MutatingAdmissionPolicyBinding" => admission_policies::binding(written, false, faults),
        _ => {}
    }
}

/// The rules of a status, which is written through a path of its own.
pub(super) fn status(group: &str, kind: &str, subresource: &str, written: Written<'_>, faults: &mut Faults) {
    match (group, kind) {
        ("", "Service") => services::status(written, faults),
        ("", "Namespace") if subresource == "finalize" => cluster::finalized_namespace(written, faults),
        ("", "Namespace") => cluster::namespace_status(written, faults),
        ("", "Node") => cluster::node_status(written, faults),
        ("", "PersistentVolumeClaim") => storage::claim_status(&written.at("status"), faults),
        ("", "ResourceQuota") => {
            let status = written.at("status");
            limits::amounts(&status.at("hard"), faults);
            limits::amounts(&status.at("used"), faults);
        }
        ("networking.k8s.io", "Ingress") => networking::ingress_status(written, faults),
        ("certificates.k8s.io", "CertificateSigningRequest") => certificates::status(written, subresource, faults),
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaler::status(written, faults),
        ("policy", "PodDisruptionBudget") => policy::budget_status(written, faults),
        ("storage.k8s.io", "VolumeAttachment") => storage_classes::attachment_status(written, faults),
        ("resource.k8s.io", "ResourceClaim") => devices::claim_status(written, faults),
        _ => {}
    }
}
