//! The rules of what controllers and nodes report.

use serde_json::{Value, json};

use super::{pod_spec, with};
use crate::admission::validation::check_status;
use crate::object::{Gvk, Object};
use crate::schema::Catalog;

fn told(api_version: &str, kind: &str, spec: &Value, status: &Value, before: &Value) -> Vec<String> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk).expect("a kind that is served");
    let object = |status: &Value| Object::from_value(json!({"spec": spec, "status": status})).expect("an object");
    let found = check_status(resource, &object(status), &object(before), "status").into_iter();
    found.map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}

#[test]
fn workloads_count() {
    for (kind, status, before, expected) in [
        ("Deployment", json!({"replicas": 1, "updatedReplicas": 1}), json!({}), &[][..]),
        (
            "Deployment",
            json!({"updatedReplicas": -1}),
            json!({}),
            &["status.updatedReplicas: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            "Deployment",
            json!({"updatedReplicas": 1}),
            json!({}),
            &["status.updatedReplicas: Invalid value: 1: cannot be greater than status.replicas"],
        ),
        (
            "StatefulSet",
            json!({"collisionCount": 1}),
            json!({"collisionCount": 2}),
            &["status.collisionCount: Invalid value: 1: cannot be decremented"],
        ),
        (
            "DaemonSet",
            json!({"numberReady": -1}),
            json!({}),
            &["status.numberReady: Invalid value: -1: must be greater than or equal to 0"],
        ),
    ] {
        assert_eq!(told("apps/v1", kind, &json!({}), &status, &before), expected, "{kind}: {status}");
    }
}

#[test]
fn jobs_end_once() {
    let condition = |kind: &str| json!({"type": kind, "status": "True"});
    let done = json!({
        "startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:05Z", "succeeded": 1,
        "conditions": [condition("SuccessCriteriaMet"), condition("Complete")],
    });
    let spec = json!({"completions": 1, "completionMode": "NonIndexed"});
    let after = |status: &Value, before: Value| told("batch/v1", "Job", &spec, status, &before);
    let started = json!({"startTime": "2026-01-01T00:00:00Z"});
    assert_eq!(after(&done, started.clone()), [""; 0]);
    assert_eq!(
        after(&with(done.clone(), &[("/completionTime", Value::Null)]), started.clone()),
        ["status.completionTime: Required value: completionTime is required for Complete jobs",]
    );
    assert_eq!(
        after(&with(done.clone(), &[("/conditions", json!([condition("Complete")]))]), started.clone()),
        ["status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",]
    );
    assert_eq!(
        after(&with(done.clone(), &[("/succeeded", json!(0))]), done.clone()),
        ["status.succeeded: Invalid value: 0: cannot decrease the succeeded counter",]
    );
    assert_eq!(
        after(&json!({"ready": 2, "active": 1}), json!({})),
        ["status.ready: Invalid value: 2: cannot set more ready pods than active"]
    );
}

#[test]
fn a_container_that_ended_does_not_run_again() {
    let spec = with(pod_spec(), &[("/restartPolicy", json!("Never"))]);
    let status = |state: Value| json!({"containerStatuses": [{"name": "c", "state": state}]});
    let found = told("v1", "Pod", &spec, &status(json!({"running": {}})), &status(json!({"terminated": {"exitCode": 0}})));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"),
        "{found:?}"
    );
    let twice = json!({"podIPs": [{"ip": "1.1.1.1"}, {"ip": "1.1.1.2"}]});
    let found = told("v1", "Pod", &spec, &twice, &json!({}));
    assert!(found.iter().any(|text| text.contains("may specify no more than one IP for each IP family")), "{found:?}");
}

#[test]
fn a_container_has_the_devices_that_it_asks_for() {
    let asking = json!({"requests": {"a.io/gpu": "1"}, "claims": [{"name": "c"}, {"name": "d", "request": "r"}]});
    let claims = json!([{"name": "c", "resourceClaimName": "x"}, {"name": "d", "resourceClaimName": "y"}]);
    let spec = with(pod_spec(), &[("/containers/0/resources", asking), ("/resourceClaims", claims)]);
    let after = |status: Value| told("v1", "Pod", &spec, &status, &json!({}));
    let devices = |name: &str, resources: Value| json!({"containerStatuses": [{"name": "c", "allocatedResourcesStatus": [{"name": name, "resources": resources}]}]});
    let place = "status.containerStatuses[0].allocatedResourcesStatus[0]";
    for name in ["a.io/gpu", "claim:c", "claim:d/r"] {
        assert_eq!(after(devices(name, json!([{"resourceID": "1", "health": "Healthy"}]))), [""; 0], "{name}");
    }
    for (name, why) in [
        ("a.io/cpu", "must match one of the container's resource requests"),
        (
            "claim:d",
            "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if \
             request is empty",
        ),
    ] {
        assert_eq!(after(devices(name, json!([]))), [format!("{place}.name: Invalid value: \"{name}\": {why}")]);
    }
    assert_eq!(
        after(devices("a.io/gpu", json!([{"resourceID": "1", "health": "Well"}, {"resourceID": "1", "health": "Unknown"}]))),
        [
            format!("{place}.resources[0].health: Unsupported value: \"Well\": supported values: \"Healthy\", \"Unhealthy\", \"Unknown\""),
            format!("{place}.resources[1].resourceID: Duplicate value: \"1\""),
        ]
    );
    let mapped = |container: &str, resource: &str, request: &str| {
        let mapping = json!({"containerName": container, "resourceName": resource, "requestName": request});
        json!({"extendedResourceClaimStatus": {"resourceClaimName": "x", "requestMappings": [mapping]}})
    };
    assert_eq!(after(mapped("c", "a.io/gpu", "r")), [""; 0]);
    let place = "status.extendedResourceClaimStatus";
    for (status, field) in [
        (mapped("d", "a.io/gpu", "r"), "requestMappings[0].containerName: Invalid value: \"d\""),
        (mapped("c", "b.io/gpu", "r"), "requestMappings[0].resourceName: Invalid value: \"b.io/gpu\""),
        (mapped("c", "a.io/gpu", "R"), "requestName: Invalid value: \"R\""),
        (json!({"extendedResourceClaimStatus": {"resourceClaimName": "x"}}), "requestMappings: Required value"),
        (
            with(mapped("c", "a.io/gpu", "r"), &[("/extendedResourceClaimStatus/resourceClaimName", json!(""))]),
            "resourceClaimName: Required value",
        ),
    ] {
        let found = after(status);
        assert!(found.len() == 1 && found[0].starts_with(&format!("{place}.{field}")), "{found:?}");
    }
}
