//! Roles, bindings and requests for certificates.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Duplicate, Forbidden, Invalid, NotSupported, Required, creates, row, updates, well, written_to};

const API: &str = "rbac.authorization.k8s.io/v1";

#[test]
fn roles() {
    let base = json!({"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]});
    let paths = json!([{"verbs": ["get"], "nonResourceURLs": ["/"]}]);
    for kind in ["Role", "ClusterRole"] {
        creates(
            API,
            kind,
            &base,
            vec![
                row("/rules/0/verbs", json!([]), "rules[0].verbs", Required, "verbs must contain at least one value"),
                row("/rules/0/apiGroups", json!(null), "rules[0].apiGroups", Required, "resource rules must supply at least one api group"),
                row("/rules/0/resources", json!([]), "rules[0].resources", Required, "resource rules must supply at least one resource"),
                well("/metadata/name", json!("system:A b")),
                row("/metadata/name", json!("a/b"), "metadata.name", Invalid, "may not contain '/'"),
            ],
        );
    }
    creates(
        API,
        "Role",
        &base,
        vec![row("/rules", paths.clone(), "rules[0].nonResourceURLs", Invalid, "namespaced rules cannot apply to non-resource URLs")],
    );
    creates(
        API,
        "ClusterRole",
        &base,
        vec![
            well("/rules", paths),
            row(
                "/rules/0/nonResourceURLs",
                json!(["/"]),
                "rules[0].nonResourceURLs",
                Invalid,
                "rules cannot apply to both regular resources and non-resource URLs",
            ),
        ],
    );
}

#[test]
fn bindings() {
    let base = json!({"roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}]});
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        creates(
            API,
            kind,
            &base,
            vec![
                row("/roleRef/apiGroup", json!("x"), "roleRef.apiGroup", NotSupported, r#""rbac.authorization.k8s.io""#),
                row("/roleRef/kind", json!("Rule"), "roleRef.kind", NotSupported, r#""ClusterRole""#),
                row("/roleRef/name", json!(""), "roleRef.name", Required, ""),
                row("/subjects/0/kind", json!("Robot"), "subjects[0].kind", NotSupported, r#""ServiceAccount", "User", "Group""#),
                row("/subjects/0/apiGroup", json!("x"), "subjects[0].apiGroup", NotSupported, r#""rbac.authorization.k8s.io""#),
                (
                    vec![("/subjects/0/name", json!(""))],
                    vec![("subjects[0].name", Required, ""), ("subjects[0].name", Invalid, "user name cannot be empty")],
                ),
                row("/subjects", json!([{"kind": "ServiceAccount", "name": "A", "namespace": "n"}]), "subjects[0].name", Invalid, "')"),
            ],
        );
        updates(
            API,
            kind,
            &base,
            vec![row("/roleRef/name", json!("s"), "roleRef", Invalid, "cannot change roleRef"), well("/subjects", json!([]))],
        );
    }
    let account = json!([{"kind": "ServiceAccount", "name": "a"}]);
    creates(API, "RoleBinding", &base, vec![well("/subjects", account.clone())]);
    creates(API, "ClusterRoleBinding", &base, vec![row("/subjects", account, "subjects[0].namespace", Required, "")]);
}

fn signing_request() -> Value {
    let pem = request().pem().expect("text");
    json!({"spec": {"request": STANDARD.encode(pem), "signerName": "example.com/s", "usages": ["client auth"]}})
}

fn request() -> rcgen::CertificateSigningRequest {
    let key = rcgen::KeyPair::generate().expect("a key");
    rcgen::CertificateParams::default().serialize_request(&key).expect("a request")
}

/// A request whose last byte, which is of the signature, is another.
fn forged_request() -> Value {
    let mut der = request().der().to_vec();
    *der.last_mut().expect("bytes") ^= 1;
    let pem = format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", STANDARD.encode(der));
    STANDARD.encode(pem).into()
}

#[test]
fn a_request_for_a_certificate() {
    let (api, kind) = ("certificates.k8s.io/v1", "CertificateSigningRequest");
    let base = signing_request();
    creates(
        api,
        kind,
        &base,
        vec![
            row("/spec/request", json!("eA=="), "spec.request", Invalid, "PEM block type must be CERTIFICATE REQUEST"),
            row("/spec/request", forged_request(), "spec.request", Invalid, "the request is not signed by its own key"),
            row("/spec/signerName", json!(""), "spec.signerName", Required, ""),
            row("/spec/signerName", json!("a"), "spec.signerName", Invalid, "of the form 'example.com/signer-name'"),
            row(
                "/spec/signerName",
                json!("a/b"),
                "spec.signerName",
                Invalid,
                "should be a domain with at least two segments separated by dots",
            ),
            row("/spec/signerName", json!("kubernetes.io/legacy-unknown"), "spec.signerName", Invalid, "not allowed via this API version"),
            row("/spec/usages", json!([]), "spec.usages", Required, ""),
            row("/spec/usages", json!(["any", "any"]), "spec.usages[1]", Duplicate, r#""any""#),
            row("/spec/usages", json!(["fun"]), "spec.usages[0]", NotSupported, r#""timestamping""#),
            row("/spec/expirationSeconds", json!(599), "spec.expirationSeconds", Invalid, "less than 600 seconds (10 minutes)"),
        ],
    );
    updates(api, kind, &base, vec![well("/spec/signerName", json!("example.com/other"))]);
    let approved = json!([{"type": "Approved", "status": "True"}]);
    let (path, list) = ("/status/conditions", "status.conditions");
    written_to(
        api,
        kind,
        &base,
        "status",
        vec![
            row(path, approved.clone(), list, Forbidden, r#"updates may not add a condition of type "Approved""#),
            well(path, json!([{"type": "Failed", "status": "True"}])),
            row(
                path,
                json!([{"type": "Failed", "status": "False"}]),
                "status.conditions[0].status",
                NotSupported,
                r#"supported values: "True""#,
            ),
            row("/status/certificate", json!("eA=="), "status.certificate", Invalid, "must contain at least one CERTIFICATE PEM block"),
        ],
    );
    written_to(
        api,
        kind,
        &base,
        "approval",
        vec![
            well(path, approved.clone()),
            row(path, json!([{"status": "True"}]), "status.conditions[0].type", Required, ""),
            row(
                path,
                json!([{"type": "Approved", "status": "True"}, {"type": "Denied", "status": "True"}]),
                "status.conditions[1].type",
                Invalid,
                "Approved and Denied conditions are mutually exclusive",
            ),
        ],
    );
    let decided = super::with(base, &[("/status", json!({"conditions": approved}))]);
    written_to(
        api,
        kind,
        &decided,
        "approval",
        vec![row(path, json!([]), list, Forbidden, r#"updates may not remove a condition of type "Approved""#)],
    );
}

#[test]
fn a_cluster_role_gathers_rules_by_selectors() {
    let base = json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    let place = "aggregationRule.clusterRoleSelectors";
    let none = "at least one clusterRoleSelector required if aggregationRule is non-nil";
    creates(
        "rbac.authorization.k8s.io/v1",
        "ClusterRole",
        &base,
        vec![
            row("/aggregationRule/clusterRoleSelectors", json!([]), place, Required, none),
            row(
                "/aggregationRule/clusterRoleSelectors/0",
                json!({"matchExpressions": [{"key": "a", "operator": "Like"}]}),
                "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator",
                Invalid,
                "not a valid selector operator",
            ),
        ],
    );
}
