//! Who may do what: `rbac.authorization.k8s.io`, `certificates.k8s.io`.

use super::Part::{Approval, Status};
use super::{Group, Kind, text};
use crate::schema::columns::access as tables;
use crate::schema::resource::NameRule;

/// `certificates.k8s.io/v1`.
pub(super) const CERTIFICATES: Group = Group {
    name: "certificates.k8s.io",
    version: "v1",
    kinds: &[Kind::cluster("certificatesigningrequests", "CertificateSigningRequest")
        .named(NameRule::PathSegment)
        .short(&["csr"])
        .parts(&[Approval, Status])
        .fields(&[text("spec.signerName")])
        .table(&tables::SIGNING_REQUESTS)],
};

/// `rbac.authorization.k8s.io/v1`.
pub(super) const RBAC: Group = Group {
    name: "rbac.authorization.k8s.io",
    version: "v1",
    kinds: &[
        Kind::cluster("clusterrolebindings", "ClusterRoleBinding").named(NameRule::PathSegment).created_by_put().table(&tables::BINDINGS),
        Kind::cluster("clusterroles", "ClusterRole").named(NameRule::PathSegment).created_by_put().table(&tables::ROLES),
        Kind::namespaced("rolebindings", "RoleBinding").named(NameRule::PathSegment).created_by_put().table(&tables::BINDINGS),
        Kind::namespaced("roles", "Role").named(NameRule::PathSegment).created_by_put().table(&tables::ROLES),
    ],
};
