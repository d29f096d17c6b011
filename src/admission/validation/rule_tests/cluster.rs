//! Nodes, runtime classes, revisions, events, flow schemas and priority levels.

use serde_json::json;

use super::{
    Catalog, Duplicate, Forbidden, Invalid, NotSupported, Required, admission, causes, creates, gvk, row, stored, updates, well, written_to,
};

#[test]
fn a_node() {
    let base = json!({"spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": ["10.0.0.0/24"], "providerID": "p"}});
    let taint = json!({"key": "a", "effect": "NoSchedule"});
    creates(
        "v1",
        "Node",
        &base,
        vec![
            row("/spec/taints", json!([{"key": "a b", "effect": "NoSchedule"}]), "metadata.taints[0].key", Invalid, "')"),
            row("/spec/taints", json!([{"key": "a"}]), "metadata.taints[0].effect", Required, ""),
            row(
                "/spec/taints",
                json!([{"key": "a", "effect": "X"}]),
                "metadata.taints[0].effect",
                NotSupported,
                r#""NoSchedule", "PreferNoSchedule", "NoExecute""#,
            ),
            row("/spec/taints", json!([taint, taint]), "metadata.taints[1]", Duplicate, r#"{"effect":"NoSchedule","key":"a"}"#),
            row("/spec/podCIDRs", json!(["x"]), "spec.podCIDRs[0]", Invalid, "(e.g. 10.9.8.0/24 or 2001:db8::/64)"),
            row(
                "/spec/podCIDRs",
                json!(["10.0.0.0/24", "10.0.1.0/24"]),
                "spec.podCIDRs",
                Invalid,
                "may specify no more than one CIDR for each IP family",
            ),
            (
                vec![("/status/capacity", json!({"cpu": "-1"}))],
                vec![
                    ("status.capacity.cpu", Invalid, "must be greater than or equal to 0"),
                    ("status.allocatable.cpu", Invalid, "must be greater than or equal to 0"),
                ],
            ),
        ],
    );
    updates(
        "v1",
        "Node",
        &base,
        vec![
            row(
                "/spec/podCIDRs",
                json!(["10.0.1.0/24"]),
                "spec.podCIDRs",
                Forbidden,
                r#"node updates may not change podCIDR except from "" to valid"#,
            ),
            row(
                "/spec/providerID",
                json!("q"),
                "spec.providerID",
                Forbidden,
                r#"node updates may not change providerID except from "" to valid"#,
            ),
            well("/spec/unschedulable", json!(true)),
        ],
    );
    let twice = json!([{"type": "Hostname", "address": "a"}, {"type": "Hostname", "address": "a"}]);
    written_to("v1", "Node", &base, "status", vec![row("/status/addresses", twice, "status.addresses[1]", Duplicate, "}")]);
}

#[test]
fn a_runtime_class_and_a_revision() {
    let class = json!({"handler": "h"});
    creates(
        "node.k8s.io/v1",
        "RuntimeClass",
        &class,
        vec![
            row("/handler", json!("A"), "handler", Invalid, "')"),
            row("/overhead", json!({"podFixed": {"cpu": "-1"}}), "overhead.limits[cpu]", Invalid, "must be greater than or equal to 0"),
        ],
    );
    updates("node.k8s.io/v1", "RuntimeClass", &class, vec![row("/handler", json!("i"), "handler", Invalid, "field is immutable")]);
    let revision = json!({"data": {"a": 1}, "revision": 1});
    creates(
        "apps/v1",
        "ControllerRevision",
        &revision,
        vec![
            row("/data", json!(null), "data", Required, "data is mandatory"),
            row("/revision", json!(-1), "revision", Invalid, "must be greater than or equal to 0"),
        ],
    );
    updates(
        "apps/v1",
        "ControllerRevision",
        &revision,
        vec![row("/data/a", json!(2), "data", Invalid, "field is immutable"), well("/revision", json!(2))],
    );
}

#[test]
fn events() {
    let base = json!({"involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}, "reason": "r", "message": "m"});
    creates(
        "v1",
        "Event",
        &base,
        vec![
            row("/involvedObject/namespace", json!("other"), "involvedObject.namespace", Invalid, "does not match event.namespace"),
            (
                vec![("/eventTime", json!("2026-11-22T10:00:00.000000Z"))],
                vec![("reportingController", Required, ""), ("reportingInstance", Required, ""), ("action", Required, "")],
            ),
        ],
    );
    updates("v1", "Event", &base, vec![well("/message", json!("n"))]);
    let new = json!({
        "regarding": {"kind": "Pod", "name": "p", "namespace": "default"}, "eventTime": "2026-11-22T10:00:00.000000Z", "type": "Normal",
        "reportingController": "c", "reportingInstance": "i", "action": "a", "reason": "r", "note": "m",
    });
    let long = "x".repeat(1025);
    creates(
        "events.k8s.io/v1",
        "Event",
        &new,
        vec![
            row("/type", json!("X"), "type", Invalid, "has invalid value: X"),
            row("/note", json!(long), "message", Invalid, "can have at most 1024 characters"),
            row("/reportingController", json!("a b"), "reportingController", Invalid, "')"),
            row(
                "/series",
                json!({"count": 1, "lastObservedTime": "2026-11-22T10:00:00.000000Z"}),
                "series.count",
                Invalid,
                "should be at least 2",
            ),
            row("/deprecatedCount", json!(1), "count", Invalid, "needs to be unset"),
        ],
    );
    updates(
        "events.k8s.io/v1",
        "Event",
        &new,
        vec![
            row("/note", json!("n"), "message", Invalid, "field is immutable"),
            well("/series", json!({"count": 2, "lastObservedTime": "2026-11-22T10:00:00.000000Z"})),
        ],
    );
}

#[test]
fn flows() {
    let api = "flowcontrol.apiserver.k8s.io/v1";
    let rule = json!({
        "subjects": [{"kind": "User", "user": {"name": "u"}}],
        "resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["*"]}],
    });
    let base = json!({"spec": {"priorityLevelConfiguration": {"name": "l"}, "rules": [rule]}});
    creates(
        api,
        "FlowSchema",
        &base,
        vec![
            row("/spec/matchingPrecedence", json!(-1), "spec.matchingPrecedence", Invalid, "must be a positive value"),
            row(
                "/spec/matchingPrecedence",
                json!(1),
                "spec.matchingPrecedence",
                Invalid,
                "only the schema named 'exempt' may have matchingPrecedence 1",
            ),
            row("/spec/matchingPrecedence", json!(10_001), "spec.matchingPrecedence", Invalid, "must not be greater than 10000"),
            row(
                "/spec/priorityLevelConfiguration/name",
                json!(""),
                "spec.priorityLevelConfiguration.name",
                Required,
                "must reference a priority level",
            ),
            row(
                "/spec/distinguisherMethod",
                json!({"type": "X"}),
                "spec.distinguisherMethod.type",
                NotSupported,
                r#""ByNamespace", "ByUser""#,
            ),
            row("/spec/rules/0/subjects", json!([]), "spec.rules[0].subjects", Required, "subjects must contain at least one value"),
            row(
                "/spec/rules/0/subjects/0/kind",
                json!("Robot"),
                "spec.rules[0].subjects[0].kind",
                NotSupported,
                r#""Group", "ServiceAccount", "User""#,
            ),
            row(
                "/spec/rules/0/subjects/0/group",
                json!({"name": "g"}),
                "spec.rules[0].subjects[0].group",
                Forbidden,
                "group is forbidden when subject kind is not 'Group'",
            ),
            row(
                "/spec/rules/0/resourceRules",
                json!([]),
                "spec.rules[0]",
                Required,
                "at least one of resourceRules and nonResourceRules has to be non-empty",
            ),
            row("/spec/rules/0/resourceRules/0/verbs", json!(["fly"]), "spec.rules[0].resourceRules[0].verbs", NotSupported, r#""watch""#),
            row(
                "/spec/rules/0/resourceRules/0/namespaces",
                json!([]),
                "spec.rules[0].resourceRules[0].namespaces",
                Required,
                "at least one namespace",
            ),
            row(
                "/spec/rules/0/nonResourceRules",
                json!([{"verbs": ["*"], "nonResourceURLs": ["a"]}]),
                "spec.rules[0].nonResourceRules[0].nonResourceURLs[0]",
                Invalid,
                "must start with slash",
            ),
        ],
    );
    let level = json!({"spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": {}}}}});
    creates(
        api,
        "PriorityLevelConfiguration",
        &level,
        vec![
            row("/metadata/name", json!("exempt"), "spec.type", Invalid, "type must be 'Exempt' if and only if `name` is 'exempt'"),
            row("/spec/limited", json!(null), "spec.limited", Required, "must not be empty when type is Limited"),
            row("/spec/exempt", json!({}), "spec.exempt", Forbidden, "must be nil if the type is Limited"),
            row(
                "/spec/limited/lendablePercent",
                json!(101),
                "spec.limited.lendablePercent",
                Invalid,
                "must be between 0 and 100, inclusive",
            ),
            row("/spec/limited/limitResponse/type", json!("X"), "spec.limited.limitResponse.type", NotSupported, r#""Queue", "Reject""#),
            row(
                "/spec/limited/limitResponse/queuing/handSize",
                json!(65),
                "spec.limited.limitResponse.queuing.handSize",
                Invalid,
                "should not be greater than queues (64)",
            ),
            row(
                "/spec/limited/limitResponse/queuing/handSize",
                json!(20),
                "spec.limited.limitResponse.queuing.handSize",
                Invalid,
                "should not be greater than 60",
            ),
        ],
    );
}

#[test]
fn the_finalizers_of_a_namespace_are_judged_where_they_are_written() {
    let before = stored("v1", "Namespace", &json!({"spec": {"finalizers": ["kubernetes"]}}));
    let catalog = Catalog::builtin();
    let resource = catalog.by_gvk(&gvk("v1", "Namespace")).expect("a kind that is served");
    let found = |finalizer: &str| {
        let mut after = before.clone();
        after.root_mut().insert("spec".to_owned(), json!({"finalizers": ["kubernetes", finalizer]}));
        causes(admission::finalize(resource, &before, &after))
    };
    assert_eq!(found("a.b/c"), []);
    let why = "Invalid value: \"a\": name is neither a standard finalizer name nor is it fully qualified";
    assert_eq!(found("a"), [("spec.finalizers[1]".to_owned(), Invalid, why.to_owned())]);
}

#[test]
fn a_runtime_class_tolerates_each_taint_once() {
    let taint = json!({"key": "a", "operator": "Exists"});
    let base = json!({"handler": "h", "scheduling": {"tolerations": [taint]}});
    let value = "value must be empty when `operator` is 'Exists'";
    creates(
        "node.k8s.io/v1",
        "RuntimeClass",
        &base,
        vec![
            row("/scheduling/tolerations", json!([taint, taint]), "scheduling.tolerations[1]", Duplicate, "}"),
            row("/scheduling/tolerations/0/value", json!("x"), "scheduling.tolerations[0].operator", Invalid, value),
        ],
    );
}
