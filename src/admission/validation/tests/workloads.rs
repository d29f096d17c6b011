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
