//! What an older object may go on doing against rules that came later.

use serde_json::{Value, json};

use super::{causes, pod_spec, told, with, workload};

const TEMPLATE: &str = "/spec/template/spec";

/// An object breaks one rule: it cannot be created, and can be changed elsewhere; what breaks the rule anew is told.
#[track_caller]
fn keeps(api_version: &str, kind: &str, sound: &Value, broken: &Value) {
    told(api_version, kind, sound, None, &[]);
    let refused = causes(api_version, kind, broken, None);
    assert!(!refused.is_empty(), "{kind}: {broken}");
    let changed = with(broken.clone(), &[("/metadata", json!({"name": "w", "labels": {"x": "y"}}))]);
    told(api_version, kind, &changed, Some(broken), &[]);
    let anew = causes(api_version, kind, broken, Some(sound));
    assert_eq!(anew, refused, "{kind}: {broken}");
}

#[test]
fn templates_of_pods() {
    let values = json!({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b c"]}]});
    let near = json!([{"topologyKey": "z", "labelSelector": values}]);
    let node = json!({"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In", "values": ["b c"]}]}]});
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    let spread = |selector: Value| {
        let constraint = json!({"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector});
        ("topologySpreadConstraints", json!([constraint]))
    };
    let keys = json!([{
        "maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["a"],
        "labelSelector": {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "a", "operator": "Exists"}]},
    }]);
    let token = json!([{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "../t"}}]}}]);
    let pages = json!({"limits": {"hugepages-2Mi": "1Mi", "cpu": "1"}, "requests": {"hugepages-2Mi": "1Mi", "cpu": "1"}});
    for (member, value) in [
        ("affinity", json!({"podAffinity": {required: near}})),
        ("affinity", json!({"nodeAffinity": {required: node}})),
        spread(values),
        ("topologySpreadConstraints", keys),
        ("volumes", token),
        ("containers/0/resources", pages),
    ] {
        let broken = with(workload(), &[(&format!("{TEMPLATE}/{member}"), value)]);
        for kind in ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"] {
            keeps("apps/v1", kind, &workload(), &broken);
        }
    }
    let host = with(workload(), &[(&format!("{TEMPLATE}/hostNetwork"), json!(true))]);
    let set = with(host.clone(), &[(&format!("{TEMPLATE}/securityContext"), json!({"sysctls": [{"name": "net.a", "value": "1"}]}))]);
    keeps("apps/v1", "Deployment", &host, &set);
    let cost = json!({"labels": {"a": "b"}, "annotations": {"controller.kubernetes.io/pod-deletion-cost": "+1"}});
    keeps("apps/v1", "Deployment", &workload(), &with(workload(), &[("/spec/template/metadata", cost)]));
    let template = |spec: Value| json!({"metadata": {"name": "t"}, "template": {"spec": spec}});
    let selected = json!({"podAffinity": {required: [{"topologyKey": "z", "labelSelector": {
        "matchExpressions": [{"key": "a", "operator": "In", "values": ["b c"]}],
    }}]}});
    keeps("v1", "PodTemplate", &template(pod_spec()), &template(with(pod_spec(), &[("/affinity", selected)])));
}

#[test]
fn raw_devices_of_pods_with_users_of_their_own() {
    let claimed = json!([{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}]);
    let devices = json!([{"name": "d", "devicePath": "/dev/d"}]);
    let sound = with(workload(), &[(&format!("{TEMPLATE}/volumes"), claimed), (&format!("{TEMPLATE}/hostUsers"), json!(false))]);
    let broken = with(sound.clone(), &[(&format!("{TEMPLATE}/containers/0/volumeDevices"), devices)]);
    keeps("apps/v1", "Deployment", &sound, &broken);
}

#[test]
fn selectors_with_values_that_no_label_can_have() {
    let values = json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b c"]}]});
    let budget = json!({"spec": {"selector": {"matchLabels": {"a": "b"}}}});
    keeps("policy/v1", "PodDisruptionBudget", &budget, &with(budget.clone(), &[("/spec/selector", values.clone())]));
    let policy = json!({"spec": {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]}});
    for place in ["/spec/podSelector", "/spec/ingress/0/from/0/podSelector"] {
        keeps("networking.k8s.io/v1", "NetworkPolicy", &policy, &with(policy.clone(), &[(place, values.clone())]));
    }
    let claim = json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}});
    let selected = with(claim.clone(), &[("/spec/selector", values.clone())]);
    told("v1", "PersistentVolumeClaim", &with(selected.clone(), &[("/metadata", json!({}))]), Some(&selected), &[]);
    assert_eq!(causes("v1", "PersistentVolumeClaim", &selected, None).len(), 1);
    let hook = json!({
        "name": "a.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": {"url": "https://h/p"},
        "failurePolicy": "Fail", "matchPolicy": "Exact",
    });
    let hooks = json!({"webhooks": [hook]});
    let api = "admissionregistration.k8s.io/v1";
    for (member, value) in [
        ("objectSelector", values),
        ("sideEffects", json!("Some")),
        ("admissionReviewVersions", json!(["v0"])),
        ("matchConditions", json!([{"name": "a", "expression": "object.a"}])),
    ] {
        keeps(api, "ValidatingWebhookConfiguration", &hooks, &with(hooks.clone(), &[(&format!("/webhooks/0/{member}"), value)]));
    }
    keeps(api, "MutatingWebhookConfiguration", &hooks, &json!({"webhooks": [hook, hook]}));
}

#[test]
fn addresses_that_are_written_another_way() {
    let service = json!({"spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}});
    for (member, value) in [("externalIPs", json!(["010.0.0.1"])), ("loadBalancerSourceRanges", json!(["10.0.0.1/8"]))] {
        keeps("v1", "Service", &service, &with(service.clone(), &[(&format!("/spec/{member}"), value)]));
    }
    let endpoints = |address: &str| json!({"subsets": [{"addresses": [{"ip": address}], "ports": [{"port": 80}]}]});
    keeps("v1", "Endpoints", &endpoints("10.0.0.1"), &endpoints("::ffff:10.0.0.1"));
    let policy = |network: &str| json!({"spec": {"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": network}}]}]}});
    keeps("networking.k8s.io/v1", "NetworkPolicy", &policy("10.0.0.0/8"), &policy("10.0.0.0/08"));
}

#[test]
fn names_in_ingresses_and_claims() {
    let path = |path: &str| json!({"path": path, "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}});
    let ingress = |host: &str, text: &str| json!({"spec": {"rules": [{"host": host, "http": {"paths": [path(text)]}}]}});
    keeps("networking.k8s.io/v1", "Ingress", &ingress("*.a.b", "/a"), &ingress("*.a.b", "a"));
    let plain = ingress("a.b", "a");
    assert_eq!(causes("networking.k8s.io/v1", "Ingress", &plain, Some(&plain)).len(), 1);
    let secret = |name: &str| with(ingress("a.b", "/a"), &[("/spec/tls", json!([{"secretName": name}]))]);
    keeps("networking.k8s.io/v1", "Ingress", &secret("s"), &secret("S"));
    let target = |version: &str| {
        let target = json!({"apiVersion": version, "kind": "Deployment", "name": "d"});
        json!({"spec": {"maxReplicas": 3, "scaleTargetRef": target}})
    };
    keeps("autoscaling/v2", "HorizontalPodAutoscaler", &target("apps/v1"), &target("v1"));
}
