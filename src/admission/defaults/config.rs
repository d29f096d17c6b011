//! Limits, autoscaling, access and admission: kinds that set what others do.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/>.

use serde_json::{Value, json};

use super::fill::Constant::{self, Empty, Number, Text};
use super::fill::{Members, Row, complete, fill, inner, is_absent, items, put, text};

const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

const AUTOSCALER: Row = &[("minReplicas", Number(1))];
const SCALE_UP: Row = &[("selectPolicy", Text("Max")), ("stabilizationWindowSeconds", Number(0))];
const SCALE_DOWN: Row = &[("selectPolicy", Text("Max"))];

const WEBHOOK: Row = &[
    ("failurePolicy", Text("Fail")),
    ("matchPolicy", Text("Equivalent")),
    ("namespaceSelector", Empty),
    ("objectSelector", Empty),
    ("timeoutSeconds", Number(10)),
];
const MUTATING: Row = &[("reinvocationPolicy", Text("Never"))];
const WEBHOOK_SERVICE: Row = &[("port", Number(443))];
const RULE: Row = &[("scope", Text("*"))];
const POLICY: Row = &[("failurePolicy", Text("Fail"))];
const MATCHES: Row = &[("matchPolicy", Text("Equivalent")), ("namespaceSelector", Empty), ("objectSelector", Empty)];
const PRIORITY_CLASS: Row = &[("preemptionPolicy", Text("PreemptLowerPriority")), ("value", Constant::Number(0))];

/// A container's limits follow from each other: the default limit from the greatest, the default request from either or the least.
pub(super) fn limit_range(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    for limit in items(spec, "limits") {
        if text(limit, "type") == "Container" {
            complete(limit, "default", "max");
            complete(limit, "defaultRequest", "default");
            complete(limit, "defaultRequest", "min");
        }
    }
}

/// A node that says what it has, but not what of it may be used, lends out everything.
pub(super) fn node(root: &mut Members) {
    let Some(status) = inner(root, "status") else { return };
    if let Some(capacity) = status.get("capacity").cloned() {
        put(status, "allocatable", || capacity);
    }
}

/// `autoscaling/v1`: what it leaves out of metrics is filled in where it is turned into `autoscaling/v2`.
pub(super) fn old_autoscaler(root: &mut Members) {
    if let Some(spec) = inner(root, "spec") {
        fill(spec, AUTOSCALER);
    }
}

pub(super) fn autoscaler(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, AUTOSCALER);
    if spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        spec.insert("metrics".to_owned(), json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    }
    let Some(behaviour) = inner(spec, "behavior") else { return };
    let percent = || json!({"type": "Percent", "value": 100, "periodSeconds": 15});
    let pods = || json!({"type": "Pods", "value": 4, "periodSeconds": 15});
    if let Some(up) = super::fill::inner_or_empty(behaviour, "scaleUp") {
        fill(up, SCALE_UP);
        put(up, "policies", || json!([pods(), percent()]));
    }
    if let Some(down) = super::fill::inner_or_empty(behaviour, "scaleDown") {
        fill(down, SCALE_DOWN);
        put(down, "policies", || json!([percent()]));
    }
}

pub(super) fn mutating_webhooks(root: &mut Members) {
    validating_webhooks(root);
    items(root, "webhooks").for_each(|webhook| fill(webhook, MUTATING));
}

pub(super) fn validating_webhooks(root: &mut Members) {
    for webhook in items(root, "webhooks") {
        fill(webhook, WEBHOOK);
        let service = inner(webhook, "clientConfig").and_then(|config| inner(config, "service"));
        if let Some(service) = service {
            fill(service, WEBHOOK_SERVICE);
        }
        items(webhook, "rules").for_each(|rule| fill(rule, RULE));
    }
}

pub(super) fn policy(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, POLICY);
    inner(spec, "matchConstraints").map(matches);
}

pub(super) fn policy_binding(root: &mut Members) {
    inner(root, "spec").and_then(|spec| inner(spec, "matchResources")).map(matches);
}

fn matches(constraints: &mut Members) {
    fill(constraints, MATCHES);
    for list in ["resourceRules", "excludeResourceRules"] {
        items(constraints, list).for_each(|rule| fill(rule, RULE));
    }
}

pub(super) fn role_binding(root: &mut Members) {
    if let Some(role) = inner(root, "roleRef") {
        put(role, "apiGroup", || RBAC_GROUP.into());
    }
    for subject in items(root, "subjects") {
        if matches!(text(subject, "kind"), "User" | "Group") && is_absent(subject, "apiGroup") {
            subject.insert("apiGroup".to_owned(), RBAC_GROUP.into());
        }
    }
}

pub(super) fn priority_class(root: &mut Members) {
    fill(root, PRIORITY_CLASS);
}

const FLOW_SCHEMA: Row = &[("matchingPrecedence", Number(1000))];
const EXEMPT: Row = &[("lendablePercent", Number(0)), ("nominalConcurrencyShares", Number(0))];
const LIMITED: Row = &[("lendablePercent", Number(0)), ("nominalConcurrencyShares", Number(30))];
const QUEUING: Row = &[("handSize", Number(8)), ("queueLengthLimit", Number(50)), ("queues", Number(64))];

/// Like [`fill`]; zero is no number to these.
fn fill_numbers(members: &mut Members, row: Row) {
    members.retain(|name, value| value.as_i64() != Some(0) || !row.iter().any(|(known, _)| known == name));
    fill(members, row);
}

pub(super) fn flow_schema(root: &mut Members) {
    if let Some(spec) = inner(root, "spec") {
        fill_numbers(spec, FLOW_SCHEMA);
    }
}

pub(super) fn priority_level(root: &mut Members) {
    let Some(spec) = inner(root, "spec") else { return };
    if let Some(exempt) = inner(spec, "exempt") {
        fill(exempt, EXEMPT);
    }
    let Some(limited) = inner(spec, "limited") else { return };
    fill(limited, LIMITED);
    let queuing = inner(limited, "limitResponse").and_then(|response| inner(response, "queuing"));
    if let Some(queuing) = queuing {
        fill_numbers(queuing, QUEUING);
    }
}
