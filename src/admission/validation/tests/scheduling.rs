//! The rules of where a pod may run.

use serde_json::{Value, json};

use super::{pod_spec, told, with};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

#[track_caller]
fn each(rows: &[(&str, Value, &[&str])]) {
    for (member, value, expected) in rows {
        let pod = json!({"metadata": {"name": "p"}, "spec": with(pod_spec(), &[(&format!("/{member}"), value.clone())])});
        let expected: Vec<String> = expected.iter().map(|text| format!("spec.{member}{text}")).collect();
        told("v1", "Pod", &pod, None, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn affinity() {
    let node = |expression: Value| json!({"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}}});
    let terms = format!(".nodeAffinity.{REQUIRED}.nodeSelectorTerms");
    let term = |term: Value| json!({"podAntiAffinity": {REQUIRED: [term]}});
    let place = format!(".podAntiAffinity.{REQUIRED}[0]");
    each(&[
        (
            "affinity",
            json!({"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": []}}}),
            &[&format!("{terms}: Required value: must have at least one node selector term")],
        ),
        (
            "affinity",
            node(json!({"key": "a", "operator": "In"})),
            &[&format!("{terms}[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'")],
        ),
        (
            "affinity",
            node(json!({"key": "a", "operator": "Exists", "values": ["x"]})),
            &[&format!(
                "{terms}[0].matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            )],
        ),
        (
            "affinity",
            node(json!({"key": "a", "operator": "Like"})),
            &[&format!("{terms}[0].matchExpressions[0].operator: Invalid value: \"Like\": not a valid selector operator")],
        ),
        (
            "affinity",
            term(json!({"labelSelector": {}})),
            &[
                &format!("{place}.topologyKey: Required value: can not be empty"),
                &format!("{place}.topologyKey: Invalid value: \"\": name part must be non-empty"),
            ],
        ),
        (
            "affinity",
            term(json!({"topologyKey": "a", "matchLabelKeys": ["b"]})),
            &[&format!("{place}.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set")],
        ),
        (
            "affinity",
            json!({"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 0, "podAffinityTerm": {"topologyKey": "a", "labelSelector": {}}},
            ]}}),
            &[".podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100"],
        ),
    ]);
}

#[test]
fn spread_and_tolerations() {
    let constraint = |more: Value| {
        let mut constraint = json!({"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}});
        for (name, value) in more.as_object().expect("members") {
            constraint[name] = value.clone();
        }
        json!([constraint])
    };
    let two = Value::Array(
        [constraint(json!({})), constraint(json!({}))].into_iter().flat_map(|list| list.as_array().cloned().unwrap_or_default()).collect(),
    );
    each(&[
        ("topologySpreadConstraints", constraint(json!({"maxSkew": 0})), &["[0].maxSkew: Invalid value: 0: must be greater than zero"]),
        ("topologySpreadConstraints", constraint(json!({"topologyKey": ""})), &["[0].topologyKey: Required value: can not be empty"]),
        (
            "topologySpreadConstraints",
            constraint(json!({"whenUnsatisfiable": "X"})),
            &["[0].whenUnsatisfiable: Unsupported value: \"X\": supported values: \"DoNotSchedule\", \"ScheduleAnyway\""],
        ),
        (
            "topologySpreadConstraints",
            constraint(json!({"minDomains": 1, "whenUnsatisfiable": "ScheduleAnyway"})),
            &["[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"],
        ),
        ("topologySpreadConstraints", two, &["[0].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{z, DoNotSchedule}\""]),
        ("tolerations", json!([{"key": "a"}]), &[]),
        (
            "tolerations",
            json!([{"value": "a"}]),
            &[
                "[0].operator: Invalid value: \"\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"",
            ],
        ),
        (
            "tolerations",
            json!([{"key": "a", "operator": "Exists", "value": "b"}]),
            &["[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'"],
        ),
        (
            "tolerations",
            json!([{"key": "a", "tolerationSeconds": 1}]),
            &["[0].effect: Invalid value: \"\": effect must be 'NoExecute' when `tolerationSeconds` is set"],
        ),
        (
            "tolerations",
            json!([{"key": "a", "effect": "Flee"}]),
            &["[0].effect: Unsupported value: \"Flee\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\""],
        ),
    ]);
}
