//! What is let known of objects that are accepted.

use serde_json::{Value, json};

use super::{pod_spec, with, workload};
use crate::admission::validation::warnings;
use crate::object::{Gvk, Object};
use crate::schema::Catalog;

fn said(api_version: &str, kind: &str, value: &Value, before: Option<&Value>) -> Vec<String> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
    let object = |value: &Value| Object::from_value(value.clone()).expect("an object");
    let before = before.map(object);
    warnings(Catalog::builtin().by_gvk(&gvk).expect("a kind that is served"), &object(value), before.as_ref())
}

#[test]
fn of_pods() {
    let twice = json!([{"name": "A", "value": "x"}, {"name": "A", "value": "y"}, {"name": "A", "value": "$(A)z"}]);
    for (member, value, expected) in [
        (
            "nodeSelector",
            json!({"beta.kubernetes.io/os": "linux"}),
            &["spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead"][..],
        ),
        ("volumes", json!([{"name": "v", "gitRepo": {"repository": "r"}}]), &["spec.volumes[0].gitRepo: deprecated in v1.11"]),
        (
            "containers/0/env",
            twice,
            &["spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply"],
        ),
        (
            "containers/0/ports",
            json!([{"containerPort": 1, "protocol": "TCP", "name": "a"}, {"containerPort": 1, "protocol": "TCP", "name": "b"}]),
            &["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"],
        ),
        (
            "containers/0/resources",
            json!({"requests": {"memory": "100m"}}),
            &["spec.containers[0].resources.requests[memory]: fractional byte value \"100m\" is invalid, must be an integer"],
        ),
        (
            "terminationGracePeriodSeconds",
            json!(-1),
            &["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"],
        ),
        (
            "topologySpreadConstraints",
            json!([{"topologyKey": "z"}]),
            &["spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod"],
        ),
        ("imagePullSecrets", json!([{"name": "s"}, {"name": "s"}]), &["spec.imagePullSecrets[1]: duplicate name \"s\""]),
        ("hostAliases", json!([{"ip": "1.1.1.1"}, {"ip": "1.1.1.1"}]), &["spec.hostAliases[1].ip: duplicate ip \"1.1.1.1\""]),
    ] {
        let pod = json!({"metadata": {"name": "p"}, "spec": with(pod_spec(), &[(&format!("/{member}"), value)])});
        assert_eq!(said("v1", "Pod", &pod, None), expected, "{pod}");
        assert_eq!(said("v1", "Pod", &pod, Some(&pod)), [""; 0]);
    }
}

#[test]
fn of_workloads_as_they_change() {
    let old = with(workload(), &[("/spec/template/spec/nodeSelector", json!({"beta.kubernetes.io/os": "linux"}))]);
    let dotted = with(old.clone(), &[("/metadata/name", json!("a.b"))]);
    let found = said("apps/v1", "Deployment", &dotted, None);
    let start =
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [";
    assert!(found.len() == 2 && found[0].starts_with(start) && found[1].starts_with("spec.template.spec.nodeSelector["), "{found:?}");
    assert_eq!(said("apps/v1", "Deployment", &old, Some(&old)), [""; 0]);
    let grown = with(old.clone(), &[("/metadata/generation", json!(2))]);
    assert_eq!(said("apps/v1", "Deployment", &grown, Some(&old)).len(), 1);
    let history = with(workload(), &[("/spec/revisionHistoryLimit", json!(-1))]);
    assert_eq!(
        said("apps/v1", "StatefulSet", &history, None),
        ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",]
    );
}
