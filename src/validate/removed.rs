//! Versions of built-in kinds that no server of today serves, and those that are to go.
//!
//! See <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>.

use crate::object::Gvk;

/// Kinds of one `apiVersion` that were removed.
struct Removed {
    api_version: &'static str,
    kinds: &'static [&'static str],
    /// The minor version of Kubernetes that serves them no more.
    since: u8,
    /// The `apiVersion` to write today; empty where nothing took their place.
    today: &'static str,
}

const fn removed(api_version: &'static str, kinds: &'static [&'static str], since: u8, today: &'static str) -> Removed {
    Removed { api_version, kinds, since, today }
}

const REMOVED: &[Removed] = &[
    removed(
        "admissionregistration.k8s.io/v1beta1",
        &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        22,
        "admissionregistration.k8s.io/v1",
    ),
    removed("apiextensions.k8s.io/v1beta1", &["CustomResourceDefinition"], 22, "apiextensions.k8s.io/v1"),
    removed("apiregistration.k8s.io/v1beta1", &["APIService"], 22, "apiregistration.k8s.io/v1"),
    removed("apps/v1beta1", &["Deployment", "StatefulSet", "ReplicaSet", "ControllerRevision"], 16, "apps/v1"),
    removed("apps/v1beta2", &["DaemonSet", "Deployment", "StatefulSet", "ReplicaSet", "ControllerRevision"], 16, "apps/v1"),
    removed("authentication.k8s.io/v1beta1", &["TokenReview"], 22, "authentication.k8s.io/v1"),
    removed(
        "authorization.k8s.io/v1beta1",
        &["LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"],
        22,
        "authorization.k8s.io/v1",
    ),
    removed("autoscaling/v2beta1", &["HorizontalPodAutoscaler"], 25, "autoscaling/v2"),
    removed("autoscaling/v2beta2", &["HorizontalPodAutoscaler"], 26, "autoscaling/v2"),
    removed("batch/v1beta1", &["CronJob"], 25, "batch/v1"),
    removed("batch/v2alpha1", &["CronJob"], 21, "batch/v1"),
    removed("certificates.k8s.io/v1beta1", &["CertificateSigningRequest"], 22, "certificates.k8s.io/v1"),
    removed("coordination.k8s.io/v1beta1", &["Lease"], 22, "coordination.k8s.io/v1"),
    removed("discovery.k8s.io/v1beta1", &["EndpointSlice"], 25, "discovery.k8s.io/v1"),
    removed("events.k8s.io/v1beta1", &["Event"], 25, "events.k8s.io/v1"),
    removed("extensions/v1beta1", &["DaemonSet", "Deployment", "ReplicaSet"], 16, "apps/v1"),
    removed("extensions/v1beta1", &["NetworkPolicy"], 16, "networking.k8s.io/v1"),
    removed("extensions/v1beta1", &["Ingress"], 22, "networking.k8s.io/v1"),
    removed("extensions/v1beta1", &["PodSecurityPolicy"], 16, ""),
    removed("flowcontrol.apiserver.k8s.io/v1beta1", &["FlowSchema", "PriorityLevelConfiguration"], 26, "flowcontrol.apiserver.k8s.io/v1"),
    removed("flowcontrol.apiserver.k8s.io/v1beta2", &["FlowSchema", "PriorityLevelConfiguration"], 29, "flowcontrol.apiserver.k8s.io/v1"),
    removed("flowcontrol.apiserver.k8s.io/v1beta3", &["FlowSchema", "PriorityLevelConfiguration"], 32, "flowcontrol.apiserver.k8s.io/v1"),
    removed("networking.k8s.io/v1beta1", &["Ingress", "IngressClass"], 22, "networking.k8s.io/v1"),
    removed("node.k8s.io/v1beta1", &["RuntimeClass"], 25, "node.k8s.io/v1"),
    removed("policy/v1beta1", &["PodDisruptionBudget"], 25, "policy/v1"),
    removed("policy/v1beta1", &["PodSecurityPolicy"], 25, ""),
    removed(
        "rbac.authorization.k8s.io/v1beta1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
        22,
        "rbac.authorization.k8s.io/v1",
    ),
    removed("scheduling.k8s.io/v1beta1", &["PriorityClass"], 22, "scheduling.k8s.io/v1"),
    removed("storage.k8s.io/v1beta1", &["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"], 22, "storage.k8s.io/v1"),
    removed("storage.k8s.io/v1beta1", &["CSIStorageCapacity"], 27, "storage.k8s.io/v1"),
];

/// Since when a kind is served no more, in words, and the `apiVersion` to write today, where there is one.
pub(super) fn find(gvk: &Gvk) -> Option<(String, Option<&'static str>)> {
    let version = gvk.api_version();
    let row = REMOVED.iter().find(|row| row.api_version == version && row.kinds.contains(&gvk.kind.as_str()))?;
    let message = format!("{} in version {version} was removed in Kubernetes 1.{}", gvk.kind, row.since);
    Some((message, Some(row.today).filter(|today| !today.is_empty())))
}

/// What the server says of a kind that is to go.
pub(super) fn deprecated(gvk: &Gvk) -> Option<&'static str> {
    match (gvk.group.as_str(), gvk.version.as_str(), gvk.kind.as_str()) {
        ("", "v1", "ComponentStatus") => Some("v1 ComponentStatus is deprecated in v1.19+"),
        ("", "v1", "Endpoints") => Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::GroupVersion;
    use crate::schema::Catalog;

    #[test]
    fn what_is_to_be_written_today_is_served() {
        let catalog = Catalog::builtin();
        for row in REMOVED {
            for kind in row.kinds {
                let of = |version: &str| {
                    let GroupVersion { group, version } = GroupVersion::parse(version).expect("a version");
                    Gvk { group, version, kind: (*kind).to_owned() }
                };
                assert!(catalog.by_gvk(&of(row.api_version)).is_none(), "{} {kind} is served", row.api_version);
                assert!(row.today.is_empty() || catalog.by_gvk(&of(row.today)).is_some(), "{} {kind} is not served", row.today);
            }
        }
    }
}
