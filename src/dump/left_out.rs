//! Which objects a dump leaves out, and why.

use crate::object::{Gvk, Object};

/// Why an object is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// It is a Secret.
    Secret,
    /// A controller made it, and makes it again.
    Owned,
    /// The server, or what runs with it, makes it.
    Made,
    /// It is being deleted.
    Deleting,
}

impl LeftOut {
    /// All reasons, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Secret, Self::Owned, Self::Made, Self::Deleting];

    /// Some objects with the reason, and the flag that brings them back.
    #[must_use]
    pub fn in_words(self, count: usize) -> String {
        let (s, are) = if count == 1 { ("", "is") } else { ("s", "are") };
        match self {
            Self::Secret => format!("{count} Secret{s} (--include-secrets writes them, in clear)"),
            Self::Owned => format!("{count} object{s} that controllers made (--owned)"),
            Self::Made => format!("{count} object{s} that every cluster has"),
            Self::Deleting => format!("{count} object{s} that {are} being deleted"),
        }
    }
}

/// Kinds whose objects tell what is going on, and are made by whatever runs. They are dumped only where they are asked for by their type.
#[must_use]
pub fn is_runtime_kind(gvk: &Gvk) -> bool {
    matches!(
        (gvk.group.as_str(), gvk.kind.as_str()),
        ("" | "events.k8s.io", "Event")
            | ("", "Node" | "ComponentStatus")
            | ("apps", "ControllerRevision")
            | ("certificates.k8s.io", "CertificateSigningRequest")
            | ("coordination.k8s.io", "Lease" | "LeaseCandidate")
            | ("internal.apiserver.k8s.io", "StorageVersion")
            | ("networking.k8s.io", "IPAddress")
            | ("resource.k8s.io", "ResourceSlice")
            | ("storage.k8s.io", "CSINode" | "CSIStorageCapacity" | "VolumeAttachment")
    )
}

/// Why an object is left out of a dump; `manifest` is what would be written of it.
#[must_use]
pub fn left_out(object: &Object, manifest: &Object) -> Option<LeftOut> {
    if object.deletion_timestamp().is_some() {
        Some(LeftOut::Deleting)
    } else if object.owner_references().iter().any(|owner| owner.controller) {
        Some(LeftOut::Owned)
    } else if is_made(object, manifest) {
        Some(LeftOut::Made)
    } else if object.kind() == "Secret" && object.api_version() == "v1" {
        Some(LeftOut::Secret)
    } else {
        None
    }
}

fn is_made(object: &Object, manifest: &Object) -> bool {
    let Some(gvk) = object.gvk() else { return false };
    let (name, namespace) = (object.name(), object.namespace().unwrap_or_default());
    let label = |key: &str| object.label(key).unwrap_or_default();
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Namespace") => ["default", "kube-system", "kube-public", "kube-node-lease"].contains(&name) && says_nothing(manifest),
        ("", "ServiceAccount") => name == "default" && says_nothing(manifest),
        ("", "ConfigMap") => name == "kube-root-ca.crt" || (namespace == "kube-system" && name == "extension-apiserver-authentication"),
        ("", "Service") => (namespace, name) == ("default", "kubernetes"),
        ("", "Endpoints") => {
            (namespace, name) == ("default", "kubernetes")
                || !label("endpoints.kubernetes.io/managed-by").is_empty()
                || object.annotation("endpoints.kubernetes.io/last-change-trigger-time").is_some()
        }
        ("", "Secret") => object.get_str(&["type"]) == Some("bootstrap.kubernetes.io/token"),
        ("discovery.k8s.io", "EndpointSlice") => {
            (namespace, name) == ("default", "kubernetes")
                || ["endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"]
                    .contains(&label("endpointslice.kubernetes.io/managed-by"))
        }
        ("rbac.authorization.k8s.io", _) => label("kubernetes.io/bootstrapping") == "rbac-defaults",
        ("apiregistration.k8s.io", "APIService") => !label("kube-aggregator.kubernetes.io/automanaged").is_empty(),
        ("flowcontrol.apiserver.k8s.io", _) => object.annotation("apf.kubernetes.io/autoupdate-spec") == Some("true"),
        ("scheduling.k8s.io", "PriorityClass") => name.starts_with("system-"),
        ("networking.k8s.io", "ServiceCIDR") => name == "kubernetes",
        _ => false,
    }
}

/// Whether a manifest says no more than which object it is.
fn says_nothing(manifest: &Object) -> bool {
    manifest.root().keys().all(|name| ["apiVersion", "kind", "metadata"].contains(&name.as_str()))
        && manifest.metadata().is_none_or(|metadata| metadata.keys().all(|name| ["name", "namespace"].contains(&name.as_str())))
}
