//! Device classes, claims and slices.

use serde_json::{Value, json};

use super::{Duplicate, Forbidden, Invalid, NotSupported, Required, creates, row, updates, well, written_to};

const API: &str = "resource.k8s.io/v1";

fn claim() -> Value {
    json!({"devices": {"requests": [{"name": "r", "exactly": {"deviceClassName": "c"}}]}})
}

#[test]
fn a_claim_to_devices() {
    let base = json!({"spec": claim()});
    creates(
        API,
        "ResourceClaim",
        &base,
        vec![
            row("/spec/devices/requests/0/name", json!("A"), "spec.devices.requests[0].name", Invalid, "')"),
            row(
                "/spec/devices/requests/0/exactly",
                json!(null),
                "spec.devices.requests[0]",
                Required,
                "exactly one of `exactly` or `firstAvailable` is required",
            ),
            row(
                "/spec/devices/requests/0/exactly/deviceClassName",
                json!(""),
                "spec.devices.requests[0].exactly.deviceClassName",
                Required,
                "",
            ),
            row(
                "/spec/devices/requests/0/exactly/allocationMode",
                json!("X"),
                "spec.devices.requests[0].exactly.allocationMode",
                NotSupported,
                r#""All", "ExactCount""#,
            ),
            row(
                "/spec/devices/requests/0/exactly/count",
                json!(-1),
                "spec.devices.requests[0].exactly.count",
                Invalid,
                "must be greater than zero",
            ),
            row(
                "/spec/devices/requests/0/exactly/selectors",
                json!([{}]),
                "spec.devices.requests[0].exactly.selectors[0].cel",
                Required,
                "",
            ),
            row(
                "/spec/devices/requests",
                json!([{"name": "r", "exactly": {"deviceClassName": "c"}}, {"name": "r", "exactly": {"deviceClassName": "c"}}]),
                "spec.devices.requests[1].name",
                Duplicate,
                r#""r""#,
            ),
            row(
                "/spec/devices/constraints",
                json!([{"requests": ["x"], "matchAttribute": "a.example/b"}]),
                "spec.devices.constraints[0].requests[0]",
                Invalid,
                "separated by '/'",
            ),
            row(
                "/spec/devices/constraints",
                json!([{"matchAttribute": "b"}]),
                "spec.devices.constraints[0].matchAttribute",
                Invalid,
                "must include a domain",
            ),
            row("/spec/devices/config", json!([{}]), "spec.devices.config[0].opaque", Required, ""),
            row(
                "/spec/devices/config",
                json!([{"opaque": {"driver": "a_b", "parameters": {}}}]),
                "spec.devices.config[0].opaque.driver",
                Invalid,
                "')",
            ),
        ],
    );
    updates(API, "ResourceClaim", &base, vec![row("/spec/devices/requests/0/name", json!("s"), "spec", Invalid, "field is immutable")]);
    let user = json!([{"resource": "pods", "name": "p", "uid": "u"}]);
    written_to(
        API,
        "ResourceClaim",
        &base,
        "status",
        vec![
            row("/status/reservedFor", user.clone(), "status.reservedFor", Forbidden, "may not be specified when `allocated` is not set"),
            (vec![("/status/reservedFor", user), ("/status/allocation", json!({}))], vec![]),
        ],
    );
    let template = json!({"spec": {"spec": claim()}});
    creates(
        API,
        "ResourceClaimTemplate",
        &template,
        vec![row("/spec/spec/devices/requests/0/name", json!("A"), "spec.spec.devices.requests[0].name", Invalid, "')")],
    );
    updates(API, "ResourceClaimTemplate", &template, vec![row("/spec/spec/devices", json!({}), "spec", Invalid, "field is immutable")]);
    creates(API, "DeviceClass", &json!({"spec": {}}), vec![row("/spec/selectors", json!([{}]), "spec.selectors[0].cel", Required, "")]);
}

#[test]
fn a_slice_of_devices() {
    let device = json!({"name": "d", "attributes": {"a": {"string": "x"}}});
    let base = json!({"spec": {"driver": "a.example", "nodeName": "n", "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1}, "devices": [device]}});
    let one = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    creates(
        API,
        "ResourceSlice",
        &base,
        vec![
            row("/spec/driver", json!(""), "spec.driver", Required, ""),
            row("/spec/pool/name", json!("A"), "spec.pool.name", Invalid, "')"),
            row("/spec/pool/resourceSliceCount", json!(0), "spec.pool.resourceSliceCount", Invalid, "must be greater than zero"),
            row("/spec/nodeName", json!(null), "spec", Required, one),
            row("/spec/allNodes", json!(true), "spec", Invalid, "but multiple fields are set"),
            row("/spec/devices", json!([{"name": "d"}, {"name": "d"}]), "spec.devices[1].name", Duplicate, r#""d""#),
            row(
                "/spec/devices/0/attributes",
                json!({"a": {}}),
                "spec.devices[0].attributes[a]",
                Required,
                "exactly one value must be specified",
            ),
            row(
                "/spec/devices/0/attributes",
                json!({"a": {"version": "1"}}),
                "spec.devices[0].attributes[a].version",
                Invalid,
                "semver.org spec 2.0.0",
            ),
            row(
                "/spec/devices/0/attributes",
                json!({"a-b": {"int": 1}}),
                "spec.devices[0].attributes[a-b]",
                Invalid,
                "'[A-Za-z_][A-Za-z0-9_]*')",
            ),
            well("/spec/devices/0/attributes", json!({"a.example/b": {"version": "1.0.0"}})),
        ],
    );
    updates(
        API,
        "ResourceSlice",
        &base,
        vec![
            row("/spec/driver", json!("b.example"), "spec.driver", Invalid, "field is immutable"),
            row("/spec/nodeName", json!("m"), "spec.nodeName", Invalid, "field is immutable"),
            row("/spec/pool/name", json!("q"), "spec.pool.name", Invalid, "field is immutable"),
        ],
    );
}
