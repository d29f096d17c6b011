//! Which objects a quota with scopes is about.
//!
//! Invariant: only pods, and claims for their classes of attributes, have scopes; a quota with scopes is about nothing else.

use serde_json::Value;

use crate::object::{GroupResource, Object};

/// Whether an object has all scopes of a quota.
pub(super) fn has_all(quota: &Object, kind: &GroupResource, object: &Object) -> bool {
    let list = |path: &[&str]| quota.get(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let plain = list(&["spec", "scopes"]).iter().filter_map(Value::as_str).all(|scope| has(kind, object, scope, "Exists", &[]));
    plain
        && list(&["spec", "scopeSelector", "matchExpressions"]).iter().all(|wanted| {
            let text = |name: &str| wanted.get(name).and_then(Value::as_str).unwrap_or_default();
            let values = wanted.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            has(kind, object, text("scopeName"), text("operator"), values)
        })
}

fn has(kind: &GroupResource, object: &Object, scope: &str, operator: &str, values: &[Value]) -> bool {
    match (kind.group.as_str(), kind.resource.as_str()) {
        ("", "pods") => pod_has(object, scope, operator, values),
        ("", "persistentvolumeclaims") if scope == "VolumeAttributesClass" => {
            let names = ["spec", "status"].into_iter().zip(["volumeAttributesClassName", "currentVolumeAttributesClassName"]);
            let mut classes: Vec<&str> = names.filter_map(|(part, name)| object.get_str(&[part, name])).collect();
            classes.extend(object.get_str(&["status", "modifyVolumeStatus", "targetVolumeAttributesClassName"]));
            classes.retain(|class| !class.is_empty());
            if classes.is_empty() {
                selects(None, operator, values)
            } else {
                classes.iter().any(|class| selects(Some(class), operator, values))
            }
        }
        _ => false,
    }
}

fn pod_has(pod: &Object, scope: &str, operator: &str, values: &[Value]) -> bool {
    let terminates = || pod.get(&["spec", "activeDeadlineSeconds"]).and_then(Value::as_i64).is_some_and(|seconds| seconds >= 0);
    let best_effort = || pod.get_str(&["status", "qosClass"]) == Some("BestEffort");
    match scope {
        "Terminating" => terminates(),
        "NotTerminating" => !terminates(),
        "BestEffort" => best_effort(),
        "NotBestEffort" => !best_effort(),
        "PriorityClass" => selects(pod.get_str(&["spec", "priorityClassName"]).filter(|class| !class.is_empty()), operator, values),
        "CrossNamespacePodAffinity" => looks_elsewhere(pod),
        _ => false,
    }
}

fn selects(class: Option<&str>, operator: &str, values: &[Value]) -> bool {
    let listed = class.is_some_and(|class| values.iter().any(|value| value == class));
    match operator {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => class.is_some(),
        "DoesNotExist" => class.is_none(),
        _ => false,
    }
}

/// Whether a pod wants to be near to, or far from, pods of other namespaces.
fn looks_elsewhere(pod: &Object) -> bool {
    let elsewhere = |term: &Value| {
        let named = term.get("namespaces").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
        named || term.get("namespaceSelector").is_some_and(|selector| !selector.is_null())
    };
    let list = |affinity: &str, name: &str| pod.get(&["spec", "affinity", affinity, name]).and_then(Value::as_array).into_iter().flatten();
    ["podAffinity", "podAntiAffinity"].into_iter().any(|affinity| {
        let mut preferred =
            list(affinity, "preferredDuringSchedulingIgnoredDuringExecution").filter_map(|weighted| weighted.get("podAffinityTerm"));
        list(affinity, "requiredDuringSchedulingIgnoredDuringExecution").any(elsewhere) || preferred.any(elsewhere)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(spec: &Value, pod: Value) -> bool {
        let object = |value: Value| Object::from_value(value).expect("an object");
        has_all(&object(json!({"spec": spec})), &GroupResource::new("", "pods"), &object(pod))
    }

    #[test]
    fn each_scope_has_its_pods() {
        let near =
            json!({"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": {"namespaces": ["x"]}}]}});
        for (scope, pod) in [
            ("Terminating", json!({"spec": {"activeDeadlineSeconds": 0}})),
            ("NotTerminating", json!({"spec": {}})),
            ("BestEffort", json!({"status": {"qosClass": "BestEffort"}})),
            ("NotBestEffort", json!({"status": {"qosClass": "Burstable"}})),
            ("PriorityClass", json!({"spec": {"priorityClassName": "c"}})),
            ("CrossNamespacePodAffinity", json!({"spec": {"affinity": near}})),
        ] {
            assert!(matches(&json!({"scopes": [scope]}), pod.clone()), "{scope}");
            let other = match scope {
                "Terminating" | "PriorityClass" | "CrossNamespacePodAffinity" => json!({"spec": {}}),
                "NotTerminating" => json!({"spec": {"activeDeadlineSeconds": 5}}),
                "BestEffort" => json!({"status": {"qosClass": "Guaranteed"}}),
                _ => json!({"status": {"qosClass": "BestEffort"}}),
            };
            assert!(!matches(&json!({"scopes": [scope]}), other), "{scope}");
        }
    }

    #[test]
    fn a_selector_picks_classes_and_all_scopes_must_hold() {
        let of = |operator: &str, values: Value| json!({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": operator, "values": values}]}});
        let pod = json!({"spec": {"priorityClassName": "high"}});
        assert!(matches(&of("In", json!(["high", "low"])), pod.clone()));
        assert!(!matches(&of("NotIn", json!(["high"])), pod.clone()));
        assert!(matches(&of("DoesNotExist", json!([])), json!({"spec": {}})));
        assert!(!matches(&json!({"scopes": ["PriorityClass", "Terminating"]}), pod));
        assert!(matches(&json!({}), json!({})));
    }
}
