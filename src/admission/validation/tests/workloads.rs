//! The rules of kinds that keep pods running.

use serde_json::{Value, json};

use super::{causes, pod_spec, told, with, workload};

const KINDS: [&str; 4] = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"];

#[test]
fn what_is_well_is_not_refused() {
    for kind in KINDS {
        told("apps/v1", kind, &workload(), None, &[]);
        told("apps/v1", kind, &workload(), Some(&workload()), &[]);
    }
}

#[test]
fn a_workload_selects_the_pods_it_makes() {
    let disagree =
        |labels: &str| format!("spec.template.metadata.labels: Invalid value: {labels}: `selector` does not match template `labels`");
    for kind in KINDS {
        let none = causes("apps/v1", kind, &with(workload(), &[("/spec/selector", Value::Null)]), None);
        let expected = [(kind != "DaemonSet").then(|| "spec.selector: Required value".to_owned()), Some(disagree("{\"a\":\"b\"}"))];
        assert_eq!(none, expected.into_iter().flatten().collect::<Vec<_>>(), "{kind}");
        let other = with(workload(), &[("/spec/selector/matchLabels", json!({"a": "c"}))]);
        told("apps/v1", kind, &other, None, &[&disagree("{\"a\":\"b\"}")]);
        let once = with(workload(), &[("/spec/template/spec/restartPolicy", json!("Never"))]);
        told(
            "apps/v1",
            kind,
            &once,
            None,
            &["spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""],
        );
        let moved = with(other, &[("/spec/template/metadata/labels", json!({"a": "c"}))]);
        let immutable = "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"c\"}}: field is immutable";
        let forbidden = "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
                         'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        told("apps/v1", kind, &moved, Some(&workload()), &[if kind == "StatefulSet" { forbidden } else { immutable }]);
    }
}

#[track_caller]
fn each(kind: &str, rows: &[(&str, Value, &[&str])]) {
    for (member, value, expected) in rows {
        told("apps/v1", kind, &with(workload(), &[(&format!("/spec/{member}"), value.clone())]), None, expected);
    }
}

#[test]
fn deployments() {
    each(
        "Deployment",
        &[
            ("replicas", json!(-1), &["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
            (
                "strategy",
                json!({"type": "Recreate", "rollingUpdate": {}}),
                &["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
            ),
            (
                "strategy",
                json!({"type": "Sideways"}),
                &["spec.strategy: Unsupported value: {\"type\":\"Sideways\"}: supported values: \"Recreate\", \"RollingUpdate\""],
            ),
            (
                "strategy",
                json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}),
                &["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0"],
            ),
            (
                "strategy",
                json!({"rollingUpdate": {"maxUnavailable": "101%"}}),
                &["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%"],
            ),
            ("minReadySeconds", json!(600), &["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"]),
            ("selector", json!({}), &["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]),
            (
                "template/spec/activeDeadlineSeconds",
                json!(5),
                &["spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"],
            ),
            (
                "template/metadata/labels",
                json!({"a": "b", "c": "-"}),
                &[
                    "spec.template.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
             '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
             validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
                ],
            ),
        ],
    );
}

#[test]
fn sets() {
    each(
        "DaemonSet",
        &[
            (
                "updateStrategy",
                json!({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}),
                &["spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"],
            ),
            (
                "updateStrategy",
                json!({"rollingUpdate": {"maxUnavailable": 0}}),
                &["spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"],
            ),
            ("selector", json!({}), &["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"]),
        ],
    );
    each(
        "StatefulSet",
        &[
            ("podManagementPolicy", json!("X"), &["spec.podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'"]),
            (
                "updateStrategy",
                json!({"type": "X"}),
                &["spec.updateStrategy: Invalid value: {\"type\":\"X\"}: must be 'RollingUpdate' or 'OnDelete'"],
            ),
            (
                "updateStrategy",
                json!({"type": "OnDelete", "rollingUpdate": {"partition": 1}}),
                &["spec.updateStrategy.rollingUpdate: Invalid value: {\"partition\":1}: only allowed for updateStrategy 'RollingUpdate'"],
            ),
            (
                "persistentVolumeClaimRetentionPolicy",
                json!({"whenDeleted": "X"}),
                &[
                    "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"X\": supported values: \"Retain\", \"Delete\"",
                ],
            ),
            ("ordinals", json!({"start": -1}), &["spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0"]),
        ],
    );
    let controller = json!({"spec": {"selector": {"a": "c"}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": pod_spec()}}});
    told(
        "v1",
        "ReplicationController",
        &controller,
        None,
        &["spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`"],
    );
    let bare = json!({"spec": {"selector": {"a": "c"}}});
    told("v1", "ReplicationController", &bare, None, &["spec.template: Required value"]);
}

#[test]
fn the_pods_of_a_stateful_set_are_judged_with_their_claims_as_volumes() {
    let claim = json!({"metadata": {"name": "data"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeMode": "Filesystem",
    }});
    let mounted = json!([{"name": "data", "mountPath": "/data"}]);
    let set =
        with(workload(), &[("/spec/volumeClaimTemplates", json!([claim])), ("/spec/template/spec/containers/0/volumeMounts", mounted)]);
    told("apps/v1", "StatefulSet", &set, None, &[]);
    let without = with(set.clone(), &[("/spec/volumeClaimTemplates", Value::Null)]);
    let missing = "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"data\"";
    told("apps/v1", "StatefulSet", &without, None, &[missing]);
    let modes = with(set.clone(), &[("/spec/volumeClaimTemplates/0/spec/accessModes", json!([]))]);
    let none = "spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required";
    told("apps/v1", "StatefulSet", &modes, None, &[none]);
    // What was accepted before there were these rules can still be changed.
    let scaled = |set: &Value| with(set.clone(), &[("/spec/replicas", json!(3))]);
    told("apps/v1", "StatefulSet", &scaled(&without), Some(&without), &[]);
    told("apps/v1", "StatefulSet", &scaled(&modes), Some(&modes), &[]);
    let nameless = with(set.clone(), &[("/spec/template/spec/containers/0/name", json!("C"))]);
    let found = causes("apps/v1", "StatefulSet", &nameless, Some(&set));
    assert!(found.len() == 1 && found[0].starts_with("spec.template.spec.containers[0].name: Invalid value: \"C\""), "{found:?}");
}
