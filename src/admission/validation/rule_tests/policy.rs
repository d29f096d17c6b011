//! Budgets, priorities, quotas, limits, autoscalers and leases.

use serde_json::json;

use super::{Duplicate, Forbidden, Invalid, NotSupported, Required, creates, row, updates, well};

#[test]
fn a_budget() {
    let base = json!({"spec": {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}}});
    creates(
        "policy/v1",
        "PodDisruptionBudget",
        &base,
        vec![
            row("/spec/maxUnavailable", json!(1), "spec", Invalid, "minAvailable and maxUnavailable cannot be both set"),
            row("/spec/minAvailable", json!(-1), "spec.minAvailable", Invalid, "must be greater than or equal to 0"),
            row("/spec/minAvailable", json!("101%"), "spec.minAvailable", Invalid, "must not be greater than 100%"),
            row("/spec/minAvailable", json!("some"), "spec.minAvailable", Invalid, "'[0-9]+%')"),
            row(
                "/spec/unhealthyPodEvictionPolicy",
                json!("X"),
                "spec.unhealthyPodEvictionPolicy",
                NotSupported,
                r#""AlwaysAllow", "IfHealthyBudget""#,
            ),
        ],
    );
}

#[test]
fn a_priority_class() {
    let api = "scheduling.k8s.io/v1";
    let base = json!({"value": 1000});
    creates(
        api,
        "PriorityClass",
        &base,
        vec![
            row("/value", json!(1_000_000_001), "value", Forbidden, "maximum allowed value of a user defined priority is 1000000000"),
            row("/metadata/name", json!("system-a"), "metadata.name", Forbidden, "error: system-a is not a known system priority class"),
            row(
                "/metadata/name",
                json!("system-node-critical"),
                "metadata.name",
                Forbidden,
                "value of system-node-critical PriorityClass must be 2000001000",
            ),
            (vec![("/metadata/name", json!("system-cluster-critical")), ("/value", json!(2_000_000_000))], vec![]),
            row("/preemptionPolicy", json!("X"), "preemptionPolicy", NotSupported, r#""Never", "PreemptLowerPriority""#),
        ],
    );
    updates(
        api,
        "PriorityClass",
        &base,
        vec![
            row("/value", json!(2), "value", Forbidden, "may not be changed in an update."),
            row("/preemptionPolicy", json!("Never"), "preemptionPolicy", Invalid, "field is immutable"),
            well("/globalDefault", json!(true)),
        ],
    );
}

#[test]
fn a_quota() {
    let base = json!({"spec": {"hard": {"pods": "10", "requests.cpu": "1"}, "scopes": ["NotTerminating"]}});
    creates(
        "v1",
        "ResourceQuota",
        &base,
        vec![
            row("/spec/hard/x", json!("1"), "spec.hard[x]", Invalid, "must be a standard resource type or fully qualified"),
            row("/spec/hard", json!({"storage": "1"}), "spec.hard[storage]", Invalid, "must be a standard resource for quota"),
            row("/spec/hard/pods", json!("-1"), "spec.hard[pods]", Invalid, "must be greater than or equal to 0"),
            row("/spec/hard/pods", json!("1500m"), "spec.hard[pods]", Invalid, "must be an integer"),
            row("/spec/scopes", json!(["X"]), "spec.scopes", Invalid, "unsupported scope"),
            row("/spec/scopes", json!(["BestEffort"]), "spec.scopes", Invalid, "unsupported scope applied to resource"),
            row("/spec/scopes", json!(["Terminating", "NotTerminating"]), "spec.scopes", Invalid, "conflicting scopes"),
            (
                vec![("/spec/scopeSelector", json!({"matchExpressions": [{"scopeName": "Terminating", "operator": "In", "values": []}]}))],
                vec![
                    ("spec.scopeSelector.matchExpressions.operator", Invalid, "ResourceQuotaScopeCrossNamespacePodAffinity"),
                    ("spec.scopeSelector.matchExpressions.values", Required, "is 'In' or 'NotIn' for scope selector"),
                ],
            ),
            well("/spec/scopeSelector", json!({"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["a"]}]})),
        ],
    );
    updates(
        "v1",
        "ResourceQuota",
        &base,
        vec![
            well("/spec/hard/pods", json!("11")),
            row("/spec/scopes", json!(["Terminating"]), "spec.scopes", Invalid, "field is immutable"),
        ],
    );
}

#[test]
fn a_limit_range() {
    let base = json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "1"}}]}});
    creates(
        "v1",
        "LimitRange",
        &base,
        vec![
            row("/spec/limits/0/type", json!("X"), "spec.limits[0].type", Invalid, "must be a standard limit type or fully qualified"),
            row("/spec/limits", json!([{"type": "Pod"}, {"type": "Pod"}]), "spec.limits[1].type", Duplicate, r#""Pod""#),
            row(
                "/spec/limits",
                json!([{"type": "Pod", "max": {"pods": "1"}}]),
                "spec.limits[0].max[pods]",
                Invalid,
                "must be a standard resource for containers",
            ),
            row(
                "/spec/limits",
                json!([{"type": "Pod", "default": {"cpu": "1"}}]),
                "spec.limits[0].default",
                Forbidden,
                "may not be specified when `type` is 'Pod'",
            ),
            row("/spec/limits", json!([{"type": "PersistentVolumeClaim"}]), "spec.limits[0].limits", Required, "but neither was provided"),
            row(
                "/spec/limits",
                json!([{"type": "Pod", "max": {"cpu": "1"}, "min": {"cpu": "2"}}]),
                "spec.limits[0].min[cpu]",
                Invalid,
                "min value 2 is greater than max value 1",
            ),
            (
                vec![("/spec/limits/0/default", json!({"cpu": "3"}))],
                vec![
                    ("spec.limits[0].defaultRequest[cpu]", Invalid, "default request value 3 is greater than max value 2"),
                    ("spec.limits[0].default[cpu]", Invalid, "default value 3 is greater than max value 2"),
                ],
            ),
            row(
                "/spec/limits/0/maxLimitRequestRatio",
                json!({"cpu": "3"}),
                "spec.limits[0].maxLimitRequestRatio[cpu]",
                Invalid,
                "ratio 3 is greater than max/min = 2.000000",
            ),
        ],
    );
}

#[test]
fn an_autoscaler() {
    let base = json!({"spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}});
    let metric = |source: &str, rest: serde_json::Value| json!([{"type": source, "resource": rest}]);
    let policy = |policy: serde_json::Value| json!({"scaleUp": {"policies": [policy]}});
    creates(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        &base,
        vec![
            (
                vec![("/spec/minReplicas", json!(0))],
                vec![
                    ("spec.minReplicas", Invalid, "must be greater than or equal to 1"),
                    ("spec.metrics", Forbidden, "at least one Object or External metric to support scaling to zero replicas"),
                ],
            ),
            row("/spec/minReplicas", json!(4), "spec.maxReplicas", Invalid, "must be greater than or equal to `minReplicas`"),
            row("/spec/scaleTargetRef/apiVersion", json!("v1"), "spec.scaleTargetRef.apiVersion", Invalid, "must specify API group"),
            row("/spec/scaleTargetRef/apiVersion", json!("a/b/c"), "spec.scaleTargetRef.apiVersion", Invalid, "GroupVersion string: a/b/c"),
            (vec![("/spec/scaleTargetRef/apiVersion", json!("v1")), ("/spec/scaleTargetRef/kind", json!("ReplicationController"))], vec![]),
            row("/spec/scaleTargetRef/kind", json!("a/b"), "spec.scaleTargetRef.kind", Invalid, "may not contain '/'"),
            row("/spec/scaleTargetRef/name", json!(""), "spec.scaleTargetRef.name", Required, ""),
            row(
                "/spec/metrics",
                metric("Resource", json!({"name": "cpu", "target": {"type": "Utilization"}})),
                "spec.metrics[0].resource.target.averageUtilization",
                Required,
                "must set either a target raw value or a target utilization",
            ),
            row(
                "/spec/metrics",
                metric("Resource", json!({"name": "cpu", "target": {"type": "X", "averageValue": "1"}})),
                "spec.metrics[0].resource.target.type",
                Invalid,
                "must be either Utilization, Value, or AverageValue",
            ),
            row(
                "/spec/metrics",
                metric("Resource", json!({"name": "cpu", "target": {"type": "AverageValue", "averageValue": "0"}})),
                "spec.metrics[0].resource.target.averageValue",
                Invalid,
                "must be positive",
            ),
            (
                vec![("/spec/metrics", metric("Pods", json!({"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 5}})))],
                vec![("spec.metrics[0].pods", Required, "must populate information for the given metric source")],
            ),
            row(
                "/spec/behavior",
                json!({"scaleUp": {"stabilizationWindowSeconds": 3601}}),
                "spec.behavior.scaleUp.stabilizationWindowSeconds",
                Invalid,
                "must be less than or equal to 3600",
            ),
            row(
                "/spec/behavior",
                json!({"scaleDown": {"tolerance": "-0.1"}}),
                "spec.behavior.scaleDown.tolerance",
                Invalid,
                "must be greater than or equal to 0",
            ),
            row(
                "/spec/behavior",
                json!({"scaleUp": {"selectPolicy": "X"}}),
                "spec.behavior.scaleUp.selectPolicy",
                NotSupported,
                r#""Disabled", "Max", "Min""#,
            ),
            row(
                "/spec/behavior",
                policy(json!({"type": "Pods", "value": 0, "periodSeconds": 5})),
                "spec.behavior.scaleUp.policies[0].value",
                Invalid,
                "must be greater than zero",
            ),
            row(
                "/spec/behavior",
                policy(json!({"type": "Pods", "value": 1, "periodSeconds": 1801})),
                "spec.behavior.scaleUp.policies[0].periodSeconds",
                Invalid,
                "or equal to 1800",
            ),
        ],
    );
}

#[test]
fn a_lease() {
    let base = json!({"spec": {"leaseDurationSeconds": 15, "holderIdentity": ""}});
    creates(
        "coordination.k8s.io/v1",
        "Lease",
        &base,
        vec![
            row("/spec/leaseDurationSeconds", json!(0), "spec.leaseDurationSeconds", Invalid, "must be greater than 0"),
            row("/spec/leaseTransitions", json!(-1), "spec.leaseTransitions", Invalid, "must be greater than or equal to 0"),
            row("/spec/strategy", json!("X"), "spec.strategy.strategy", NotSupported, r#""OldestEmulationVersion""#),
            row("/spec/preferredHolder", json!("a"), "spec.preferredHolder", Forbidden, "may only be specified if `strategy` is defined"),
        ],
    );
}
