//! ConfigMaps, Secrets and Namespaces.

use serde_json::json;

use super::{Forbidden, Invalid, Required, TooLong, creates, row, updates, well, written_to};

const FIXED: &str = "field is immutable when `immutable` is set";

#[test]
fn a_config_map() {
    let base = json!({"data": {"a": "x"}, "immutable": true});
    let large = "x".repeat((1 << 20) + 1);
    creates(
        "v1",
        "ConfigMap",
        &base,
        vec![
            row("/data", json!({"a b": "x"}), "data[a b]", Invalid, "'[-._a-zA-Z0-9]+')"),
            row("/data", json!({"..": "x"}), "data[..]", Invalid, "must not be '..'"),
            row("/data", json!({"..a": "x"}), "data[..a]", Invalid, "must not start with '..'"),
            row("/binaryData", json!({"a": "eA=="}), "data[a]", Invalid, "duplicate of key present in binaryData"),
            row("/data", json!({"a": large}), "", TooLong, "may not be more than 1048576 bytes"),
        ],
    );
    updates(
        "v1",
        "ConfigMap",
        &base,
        vec![
            well("/metadata/labels", json!({"a": "b"})),
            row("/data/a", json!("y"), "data", Forbidden, FIXED),
            row("/binaryData", json!({"b": "eA=="}), "binaryData", Forbidden, FIXED),
            row("/immutable", json!(false), "immutable", Forbidden, FIXED),
        ],
    );
}

#[test]
fn a_secret() {
    let base = json!({"type": "a/b", "data": {"a": "eA=="}, "immutable": true});
    let large = "QUFB".repeat(350_000);
    creates(
        "v1",
        "Secret",
        &base,
        vec![
            row("/data", json!({"a b": "eA=="}), "data[a b]", Invalid, "'[-._a-zA-Z0-9]+')"),
            row("/data", json!({"a": large}), "data", TooLong, "may not be more than 1048576 bytes"),
            (
                vec![("/type", json!("kubernetes.io/tls"))],
                vec![("data[tls.crt]", Required, "Required value"), ("data[tls.key]", Required, "Required value")],
            ),
            row("/type", json!("kubernetes.io/ssh-auth"), "data[ssh-privatekey]", Required, ""),
            (vec![("/type", json!("kubernetes.io/basic-auth"))], vec![("data[username]", Required, ""), ("data[password]", Required, "")]),
            row("/type", json!("kubernetes.io/dockerconfigjson"), "data[.dockerconfigjson]", Required, ""),
            (
                vec![("/type", json!("kubernetes.io/dockercfg")), ("/data", json!({".dockercfg": "eA=="}))],
                vec![("data[.dockercfg]", Invalid, "must be a JSON object; the fault is in line 1, column 1")],
            ),
            (vec![("/type", json!("kubernetes.io/dockerconfigjson")), ("/data", json!({".dockerconfigjson": "e30="}))], vec![]),
            row(
                "/type",
                json!("kubernetes.io/service-account-token"),
                "metadata.annotations[kubernetes.io/service-account.name]",
                Required,
                "",
            ),
        ],
    );
    updates(
        "v1",
        "Secret",
        &base,
        vec![
            row("/type", json!("a/c"), "type", Invalid, "field is immutable"),
            row("/data/a", json!("eQ=="), "data", Forbidden, FIXED),
            row("/stringData", json!({"a": "y"}), "data", Forbidden, FIXED),
            row("/immutable", json!(null), "immutable", Forbidden, FIXED),
        ],
    );
}

#[test]
fn a_namespace() {
    let base = json!({});
    creates(
        "v1",
        "Namespace",
        &base,
        vec![
            row("/metadata/name", json!("a.b"), "metadata.name", Invalid, "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"),
            row(
                "/spec/finalizers",
                json!(["mine"]),
                "spec.finalizers",
                Invalid,
                "name is neither a standard finalizer name nor is it fully qualified",
            ),
            well("/spec/finalizers", json!(["example.com/mine"])),
        ],
    );
    written_to(
        "v1",
        "Namespace",
        &base,
        "status",
        vec![row("/status/phase", json!("Terminating"), "status.Phase", Invalid, "may only be 'Active' if `deletionTimestamp` is empty")],
    );
}
