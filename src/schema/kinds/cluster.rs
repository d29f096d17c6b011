//! How the control plane itself is set up.

use super::Part::Status;
use super::{Group, Kind};
use crate::schema::columns::{admission, cluster as tables};
use crate::schema::resource::NameRule;

/// `admissionregistration.k8s.io/v1`.
pub(super) const ADMISSION: Group = Group {
    name: "admissionregistration.k8s.io",
    version: "v1",
    kinds: &[
        extension("mutatingadmissionpolicies", "MutatingAdmissionPolicy").table(&admission::MUTATING_POLICIES),
        extension("mutatingadmissionpolicybindings", "MutatingAdmissionPolicyBinding").table(&admission::POLICY_BINDINGS),
        extension("mutatingwebhookconfigurations", "MutatingWebhookConfiguration").table(&admission::WEBHOOKS),
        extension("validatingadmissionpolicies", "ValidatingAdmissionPolicy").parts(&[Status]).table(&admission::VALIDATING_POLICIES),
        extension("validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding").table(&admission::POLICY_BINDINGS),
        extension("validatingwebhookconfigurations", "ValidatingWebhookConfiguration").table(&admission::WEBHOOKS),
    ],
};

/// `apiextensions.k8s.io/v1`.
pub(super) const API_EXTENSIONS: Group = Group {
    name: "apiextensions.k8s.io",
    version: "v1",
    kinds: &[extension("customresourcedefinitions", "CustomResourceDefinition")
        .short(&["crd", "crds"])
        .versioned()
        .parts(&[Status])
        .table(&tables::DEFINITIONS)],
};

/// `apiregistration.k8s.io/v1`.
pub(super) const API_REGISTRATION: Group = Group {
    name: "apiregistration.k8s.io",
    version: "v1",
    kinds: &[Kind::cluster("apiservices", "APIService")
        .categories(&["api-extensions"])
        .named(NameRule::PathSegment)
        .parts(&[Status])
        .table(&tables::API_SERVICES)],
};

/// `scheduling.k8s.io/v1`.
pub(super) const SCHEDULING: Group = Group {
    name: "scheduling.k8s.io",
    version: "v1",
    kinds: &[Kind::cluster("priorityclasses", "PriorityClass").short(&["pc"]).generation().table(&tables::PRIORITY_CLASSES)],
};

/// `coordination.k8s.io/v1`.
pub(super) const COORDINATION: Group = Group {
    name: "coordination.k8s.io",
    version: "v1",
    kinds: &[Kind::namespaced("leases", "Lease").created_by_put().versioned().table(&tables::LEASES)],
};

/// `node.k8s.io/v1`.
pub(super) const NODE: Group = Group {
    name: "node.k8s.io",
    version: "v1",
    kinds: &[Kind::cluster("runtimeclasses", "RuntimeClass").created_by_put().versioned().table(&tables::RUNTIME_CLASSES)],
};

/// `flowcontrol.apiserver.k8s.io/v1`.
pub(super) const FLOW_CONTROL: Group = Group {
    name: "flowcontrol.apiserver.k8s.io",
    version: "v1",
    kinds: &[
        Kind::cluster("flowschemas", "FlowSchema").generation().parts(&[Status]).table(&tables::FLOW_SCHEMAS),
        Kind::cluster("prioritylevelconfigurations", "PriorityLevelConfiguration")
            .generation()
            .parts(&[Status])
            .table(&tables::PRIORITY_LEVELS),
    ],
};

const fn extension(plural: &'static str, kind: &'static str) -> Kind {
    Kind::cluster(plural, kind).categories(&["api-extensions"]).generation().versioned()
}
