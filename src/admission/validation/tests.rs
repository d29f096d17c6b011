//! Each kind's common faults, as causes with field and reason.

use serde_json::{Value, json};

use super::check;
use crate::admission::defaults;
use crate::object::{CauseKind, Gvk, Object};
use crate::schema::Catalog;

use CauseKind::{Duplicate, Forbidden, Invalid, NotFound, NotSupported, Required};

/// What is found against an object, after its defaults, as fields and reasons.
fn faults(api_version: &str, kind: &str, value: &Value, before: Option<&Value>) -> Vec<(String, CauseKind)> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk).expect("a kind that is served");
    let object = |value: &Value| {
        let mut object = Object::from_value(value.clone()).expect("an object");
        defaults::apply(resource, &mut object);
        object
    };
    let before = before.map(&object);
    check(resource, &object(value), before.as_ref()).into_iter().map(|cause| (cause.field, cause.kind)).collect()
}

#[track_caller]
fn refused(api_version: &str, kind: &str, value: &Value, expected: &[(&str, CauseKind)]) {
    let found = faults(api_version, kind, value, None);
    let found: Vec<(&str, CauseKind)> = found.iter().map(|(field, kind)| (field.as_str(), *kind)).collect();
    assert_eq!(found, expected, "{kind}: {value}");
}

/// A value with changes at pointers; `null` removes.
fn with(mut value: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, change) in changes {
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        match value.pointer_mut(parent).expect("a parent") {
            Value::Object(members) if change.is_null() => drop(members.remove(member)),
            parent => parent[member] = change.clone(),
        }
    }
    value
}

fn pod_spec() -> Value {
    json!({"containers": [{"name": "c", "image": "i"}]})
}

fn workload() -> Value {
    json!({"metadata": {"name": "w"}, "spec": {
        "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod_spec()},
    }})
}

#[test]
fn what_is_well_is_not_refused() {
    for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] {
        refused("apps/v1", kind, &workload(), &[]);
        assert_eq!(faults("apps/v1", kind, &workload(), Some(&workload())), [], "{kind}");
    }
    let job = with(workload(), &[("/spec/template/spec/restartPolicy", json!("Never"))]);
    refused("batch/v1", "Job", &job, &[]);
}

#[test]
fn a_pod_needs_containers_with_names_and_images() {
    for (changes, expected) in [
        (vec![("/spec/containers", json!([]))], vec![("spec.containers", Required)]),
        (vec![("/spec/containers", json!([{}]))], vec![("spec.containers[0].name", Required), ("spec.containers[0].image", Required)]),
        (vec![("/spec/containers/0/name", json!("A_b"))], vec![("spec.containers[0].name", Invalid)]),
        (vec![("/spec/initContainers", json!([{"name": "c", "image": "i"}]))], vec![("spec.initContainers[0].name", Duplicate)]),
        (vec![("/spec/restartPolicy", json!("Perhaps"))], vec![("spec.restartPolicy", NotSupported)]),
        (
            vec![(
                "/spec/containers/0/ports",
                json!([{"containerPort": 70000, "name": "p"}, {"containerPort": 1, "name": "p", "protocol": "X"}]),
            )],
            vec![
                ("spec.containers[0].ports[0].containerPort", Invalid),
                ("spec.containers[0].ports[1].name", Duplicate),
                ("spec.containers[0].ports[1].protocol", NotSupported),
            ],
        ),
        (
            vec![("/spec/containers/0/volumeMounts", json!([{"name": "v", "mountPath": "/x"}]))],
            vec![("spec.containers[0].volumeMounts[0].name", NotFound)],
        ),
        (
            vec![(
                "/spec/volumes",
                json!([{"name": "v", "secret": {}}, {"name": "v", "emptyDir": {}, "nfs": {"server": "s", "path": "/"}}]),
            )],
            vec![("spec.volumes[0].secret.secretName", Required), ("spec.volumes[1]", Forbidden), ("spec.volumes[1].name", Duplicate)],
        ),
        (
            vec![("/spec/containers/0/resources", json!({"limits": {"cpu": "500m", "x": "1"}, "requests": {"cpu": "1"}}))],
            vec![
                ("spec.containers[0].resources.limits[x]", Invalid),
                ("spec.containers[0].resources.requests[x]", Invalid),
                ("spec.containers[0].resources.requests", Invalid),
            ],
        ),
        (
            vec![("/spec/containers/0/env", json!([{"name": ""}, {"name": "a=b"}, {"name": "A", "valueFrom": {}}]))],
            vec![
                ("spec.containers[0].env[0].name", Required),
                ("spec.containers[0].env[1].name", Invalid),
                ("spec.containers[0].env[2].valueFrom", Invalid),
            ],
        ),
        (
            vec![("/spec/containers/0/livenessProbe", json!({"successThreshold": 2}))],
            vec![("spec.containers[0].livenessProbe", Required), ("spec.containers[0].livenessProbe.successThreshold", Invalid)],
        ),
    ] {
        let pod = with(json!({"spec": pod_spec()}), &changes);
        refused("v1", "Pod", &pod, &expected);
    }
}

#[test]
fn of_a_pod_only_some_fields_may_change() {
    let pod = json!({"spec": pod_spec()});
    let after = |changes: &[(&str, Value)]| faults("v1", "Pod", &with(pod.clone(), changes), Some(&pod));
    assert_eq!(after(&[("/spec/containers/0/image", json!("i:1"))]), [("spec".to_owned(), Forbidden)], "its pull policy follows the tag");
    let tagged = with(pod.clone(), &[("/spec/containers/0/image", json!("i:1"))]);
    let newer = with(pod.clone(), &[("/spec/containers/0/image", json!("i:2"))]);
    assert_eq!(faults("v1", "Pod", &newer, Some(&tagged)), []);
    assert_eq!(after(&[("/spec/tolerations", json!([{"operator": "Exists"}]))]), []);
    assert_eq!(after(&[("/spec/nodeName", json!("n"))]), [("spec".to_owned(), Forbidden)]);
}

#[test]
fn a_workload_selects_the_pods_it_makes() {
    for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] {
        refused("apps/v1", kind, &with(workload(), &[("/spec/selector", Value::Null)]), &[("spec.selector", Required)]);
        let other = with(workload(), &[("/spec/selector/matchLabels", json!({"a": "c"}))]);
        refused("apps/v1", kind, &other, &[("spec.template.metadata.labels", Invalid)]);
        let once = with(workload(), &[("/spec/template/spec/restartPolicy", json!("Never"))]);
        refused("apps/v1", kind, &once, &[("spec.template.spec.restartPolicy", NotSupported)]);
        let moved = with(other, &[("/spec/template/metadata/labels", json!({"a": "c"}))]);
        let expected = if kind == "StatefulSet" { ("spec", Forbidden) } else { ("spec.selector", Invalid) };
        assert_eq!(faults("apps/v1", kind, &moved, Some(&workload())), [(expected.0.to_owned(), expected.1)], "{kind}");
    }
}

#[test]
fn a_deployment_rolls_in_a_way_that_can_go_on() {
    for (strategy, expected) in [
        (json!({"type": "Recreate", "rollingUpdate": {}}), ("spec.strategy.rollingUpdate", Forbidden)),
        (json!({"type": "Sideways"}), ("spec.strategy.type", NotSupported)),
        (json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}), ("spec.strategy.rollingUpdate.maxUnavailable", Invalid)),
        (json!({"rollingUpdate": {"maxSurge": "x"}}), ("spec.strategy.rollingUpdate.maxSurge", Invalid)),
    ] {
        refused("apps/v1", "Deployment", &with(workload(), &[("/spec/strategy", strategy)]), &[expected]);
    }
    refused("apps/v1", "Deployment", &with(workload(), &[("/spec/replicas", json!(-1))]), &[("spec.replicas", Invalid)]);
}

#[test]
fn jobs_end_and_keep_their_template() {
    refused("batch/v1", "Job", &workload(), &[("spec.template.spec.restartPolicy", NotSupported)]);
    let job = with(workload(), &[("/spec/template/spec/restartPolicy", json!("Never"))]);
    let after = |changes: &[(&str, Value)]| faults("batch/v1", "Job", &with(job.clone(), changes), Some(&job));
    assert_eq!(after(&[("/spec/parallelism", json!(3)), ("/spec/completions", json!(1))]), []);
    assert_eq!(after(&[("/spec/completions", json!(3)), ("/spec/parallelism", json!(1))]), [("spec.completions".to_owned(), Invalid)]);
    assert_eq!(after(&[("/spec/template/spec/hostIPC", json!(true))]), [("spec.template".to_owned(), Invalid)]);
    let template = json!({"spec": {"template": {"spec": with(json!({"s": pod_spec()}), &[("/s/restartPolicy", json!("Never"))])["s"]}}});
    let cron = json!({"metadata": {"name": "c"}, "spec": {"schedule": "* * * *", "timeZone": "Local", "concurrencyPolicy": "X", "jobTemplate": template}});
    let expected = [("spec.schedule", Invalid), ("spec.timeZone", Invalid), ("spec.concurrencyPolicy", NotSupported)];
    refused("batch/v1", "CronJob", &cron, &expected);
}
