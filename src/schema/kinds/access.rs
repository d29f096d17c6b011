//! Who may do what: `rbac.authorization.k8s.io`, `certificates.k8s.io`, and the reviews that answer it.

use super::Part::{Approval, Status};
use super::{Group, Kind, text};
use crate::schema::columns::access as tables;
use crate::schema::resource::NameRule;

/// `authentication.k8s.io/v1`.
pub(super) const AUTHENTICATION: Group = Group {
    name: "authentication.k8s.io",
    version: "v1",
    kinds: &[Kind::cluster("selfsubjectreviews", "SelfSubjectReview").answered(), Kind::cluster("tokenreviews", "TokenReview").answered()],
};

/// `authorization.k8s.io/v1`.
pub(super) const AUTHORIZATION: Group = Group {
    name: "authorization.k8s.io",
    version: "v1",
    kinds: &[
        Kind::namespaced("localsubjectaccessreviews", "LocalSubjectAccessReview").answered(),
        Kind::cluster("selfsubjectaccessreviews", "SelfSubjectAccessReview").answered(),
        Kind::cluster("selfsubjectrulesreviews", "SelfSubjectRulesReview").answered(),
        Kind::cluster("subjectaccessreviews", "SubjectAccessReview").answered(),
    ],
};

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
