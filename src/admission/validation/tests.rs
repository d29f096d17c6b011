//! Each kind's common faults, as causes with field and reason.

use serde_json::{Value, json};

use super::check;
use crate::admission::defaults;
use crate::object::{Cause, CauseKind, Gvk, Object};
use crate::schema::Catalog;

use CauseKind::{Duplicate, Forbidden, Invalid, NotFound, NotSupported, Required};

mod containers;
mod jobs;
mod pods;
mod scheduling;
mod status;
mod volumes;
mod warnings;
mod workloads;

/// What is found against an object, after its defaults, as fields and reasons.
fn faults(api_version: &str, kind: &str, value: &Value, before: Option<&Value>) -> Vec<(String, CauseKind)> {
    found(api_version, kind, value, before).into_iter().map(|cause| (cause.field, cause.kind)).collect()
}

/// The same with the messages, which tell the reason in their first words.
fn causes(api_version: &str, kind: &str, value: &Value, before: Option<&Value>) -> Vec<String> {
    let found = found(api_version, kind, value, before).into_iter();
    found.inspect(reason_agrees).map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}

/// The first words of a message tell its reason.
fn reason_agrees(cause: &Cause) {
    let kind = match cause.message.split(':').next() {
        Some("Required value") => Required,
        Some("Duplicate value") => Duplicate,
        Some("Invalid value") => Invalid,
        Some("Unsupported value") => NotSupported,
        Some("Forbidden") => Forbidden,
        Some("Not found") => NotFound,
        Some("Too many") => CauseKind::TooMany,
        Some("Too long") => CauseKind::TooLong,
        Some("Too short") => CauseKind::TooShort,
        _ => panic!("{cause:?}"),
    };
    assert_eq!(cause.kind, kind, "{cause:?}");
}

fn found(api_version: &str, kind: &str, value: &Value, before: Option<&Value>) -> Vec<Cause> {
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
    check(resource, &object(value), before.as_ref())
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

/// What is told of an object after its defaults, as texts of field, reason and message; see [`causes`].
#[track_caller]
fn told(api_version: &str, kind: &str, value: &Value, before: Option<&Value>, expected: &[&str]) {
    assert_eq!(causes(api_version, kind, value, before), expected, "{kind}: {value}");
}

#[test]
fn a_service_has_ports_that_can_be_told_apart() {
    for (spec, expected) in [
        (json!({}), vec![("spec.ports", Required)]),
        (json!({"clusterIP": "None"}), vec![]),
        (json!({"type": "Other", "ports": [{"port": 1}]}), vec![("spec.type", NotSupported)]),
        (json!({"type": "ExternalName"}), vec![("spec.externalName", Required)]),
        (json!({"ports": [{"port": 1}, {"port": 1, "name": "b"}]}), vec![("spec.ports[0].name", Required), ("spec.ports[1]", Duplicate)]),
        (json!({"ports": [{"port": 0, "targetPort": "A"}]}), vec![("spec.ports[0].port", Invalid), ("spec.ports[0].targetPort", Invalid)]),
        (json!({"ports": [{"port": 1, "nodePort": 30000}]}), vec![("spec.ports[0].nodePort", Forbidden)]),
        (json!({"ports": [{"port": 1}], "clusterIP": "x"}), vec![("spec.clusterIP", Invalid)]),
    ] {
        refused("v1", "Service", &json!({"spec": spec}), &expected);
    }
}

#[test]
fn what_is_immutable_refuses_changes() {
    let changed = |api: &str, kind: &str, old: Value, new: Value| faults(api, kind, &new, Some(&old));
    let one = |field: &str, kind: CauseKind| vec![(field.to_owned(), kind)];
    for kind in ["ConfigMap", "Secret"] {
        let fixed = json!({"immutable": true, "type": "Opaque", "data": {"a": "eA=="}});
        assert_eq!(changed("v1", kind, fixed.clone(), fixed.clone()), vec![]);
        let other = json!({"immutable": true, "type": "Opaque", "data": {"a": "eQ=="}});
        assert_eq!(changed("v1", kind, fixed, other), one("data", Forbidden), "{kind}");
    }
    assert_eq!(changed("v1", "Secret", json!({"type": "a/b"}), json!({"type": "a/c"})), one("type", Invalid));
    let role = |name: &str| json!({"roleRef": {"kind": "ClusterRole", "name": name}});
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        assert_eq!(changed("rbac.authorization.k8s.io/v1", kind, role("a"), role("b")), one("roleRef", Invalid), "{kind}");
    }
    assert_eq!(changed("scheduling.k8s.io/v1", "PriorityClass", json!({"value": 1}), json!({"value": 2})), one("value", Forbidden));
    let class = |provisioner: &str| json!({"provisioner": provisioner});
    assert_eq!(changed("storage.k8s.io/v1", "StorageClass", class("a"), class("b")), one("provisioner", Forbidden));
    let claim = |mode: &str, size: &str| json!({"spec": {"accessModes": [mode], "resources": {"requests": {"storage": size}}}});
    let (small, big) = (claim("ReadWriteOnce", "1Gi"), claim("ReadWriteOnce", "2Gi"));
    assert_eq!(changed("v1", "PersistentVolumeClaim", small.clone(), big.clone()), vec![]);
    assert_eq!(changed("v1", "PersistentVolumeClaim", big, small.clone()), one("spec.resources.requests.storage", Forbidden));
    assert_eq!(changed("v1", "PersistentVolumeClaim", small, claim("ReadWriteMany", "1Gi")), one("spec", Forbidden));
}

#[test]
fn other_kinds_have_rules_of_their_own() {
    let rbac = "rbac.authorization.k8s.io/v1";
    for (api, kind, value, expected) in [
        ("v1", "ConfigMap", json!({"data": {"a b": "x", "..": "y"}}), vec![("data[..]", Invalid), ("data[a b]", Invalid)]),
        ("v1", "Secret", json!({"type": "kubernetes.io/tls", "data": {"tls.crt": ""}}), vec![("data[tls.key]", Required)]),
        (
            "v1",
            "PersistentVolumeClaim",
            json!({"spec": {"accessModes": ["Never"]}}),
            vec![("spec.accessModes[0]", NotSupported), ("spec.resources.requests[storage]", Required)],
        ),
        (
            "networking.k8s.io/v1",
            "Ingress",
            json!({"spec": {"rules": [{"host": "a", "http": {"paths": [{"path": "x", "pathType": "Prefix", "backend": {}}]}}]}}),
            vec![
                ("spec.rules[0].http.paths[0].path", Invalid),
                ("spec.rules[0].http.paths[0].backend.service.name", Required),
                ("spec.rules[0].http.paths[0].backend.service.port", Required),
            ],
        ),
        ("networking.k8s.io/v1", "Ingress", json!({"spec": {}}), vec![("spec", Invalid)]),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            json!({"spec": {"ingress": [{"from": [{"ipBlock": {"cidr": "1.2.3.4"}}, {}], "ports": [{"endPort": 5}]}]}}),
            vec![
                ("spec.ingress[0].ports[0].port", Required),
                ("spec.ingress[0].from[0].ipBlock.cidr", Invalid),
                ("spec.ingress[0].from[1]", Required),
            ],
        ),
        (rbac, "Role", json!({"rules": [{"apiGroups": [""], "resources": ["pods"]}]}), vec![("rules[0].verbs", Required)]),
        (rbac, "Role", json!({"rules": [{"verbs": ["get"], "nonResourceURLs": ["/"]}]}), vec![("rules[0].nonResourceURLs", Invalid)]),
        (
            rbac,
            "RoleBinding",
            json!({"roleRef": {"kind": "Rule", "name": "a"}, "subjects": [{"kind": "Robot", "name": "r"}]}),
            vec![("roleRef.kind", NotSupported), ("subjects[0].kind", NotSupported)],
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            json!({"spec": {"minReplicas": 3, "maxReplicas": 2, "scaleTargetRef": {"kind": "Deployment", "name": "d"}}}),
            vec![("spec.maxReplicas", Invalid)],
        ),
        ("policy/v1", "PodDisruptionBudget", json!({"spec": {"minAvailable": 1, "maxUnavailable": 1}}), vec![("spec", Invalid)]),
        ("scheduling.k8s.io/v1", "PriorityClass", json!({"value": 2_000_000_000_i64}), vec![("value", Forbidden)]),
        ("coordination.k8s.io/v1", "Lease", json!({"spec": {"leaseDurationSeconds": 0}}), vec![("spec.leaseDurationSeconds", Invalid)]),
        (
            "v1",
            "LimitRange",
            json!({"spec": {"limits": [{"type": "Pod", "min": {"cpu": "2"}, "max": {"cpu": "1"}}]}}),
            vec![("spec.limits[0].min[cpu]", Invalid)],
        ),
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            json!({"webhooks": [{"name": "a", "admissionReviewVersions": ["v1"], "sideEffects": "Some", "clientConfig": {}}]}),
            vec![("webhooks[0].name", Invalid), ("webhooks[0].sideEffects", NotSupported), ("webhooks[0].clientConfig", Required)],
        ),
    ] {
        refused(api, kind, &value, &expected);
    }
}
