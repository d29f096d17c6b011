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
fn of_names_that_are_kept_for_policies_and_webhooks_from_files() {
    let named = |name: &str| json!({"metadata": {"name": name}});
    let expected = "metadata.name: names ending with \".static.k8s.io\" are reserved for static manifest-based configurations and cannot be \
                    managed via the API";
    for kind in ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy", "MutatingWebhookConfiguration"] {
        let api = "admissionregistration.k8s.io/v1";
        assert_eq!(said(api, kind, &named("a.static.k8s.io"), None), [expected], "{kind}");
        assert_eq!(said(api, kind, &named("a.static.k8s.io"), Some(&named("a.static.k8s.io"))), [expected], "{kind}");
        assert_eq!(said(api, kind, &named("static.k8s.io"), None), [""; 0], "{kind}");
    }
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
        ("imagePullSecrets", json!([{"name": "s"}, {"name": "s"}]), &["spec.imagePullSecrets[1].name: duplicate name \"s\""]),
        (
            "affinity",
            json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "preference": {"matchExpressions": [
                    {"key": "node-role.kubernetes.io/master", "operator": "In", "values": ["a"]},
                ]}},
            ]}}),
            &["spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: \
               node-role.kubernetes.io/master is use \"node-role.kubernetes.io/control-plane\" instead"],
        ),
        (
            "volumes",
            json!([{"name": "v", "configMap": {"name": "m", "items": [{"key": "a", "path": "p"}, {"key": "b", "path": "p/q"}]}}]),
            &["volume \"v\" (ConfigMap \"m\"): overlapping paths: \"p/q\" with \"p\""],
        ),
        (
            "volumes",
            json!([{"name": "v", "projected": {"sources": [
                {"secret": {"name": "s", "items": [{"key": "a", "path": "p/"}]}}, {"serviceAccountToken": {"path": "p"}}, {},
            ]}}]),
            &[
                "volume \"v\" (Projected ServiceAccountToken): overlapping paths: \"p\" with \"p\"",
                "volume \"v\" (Projected) has no sources provided",
            ],
        ),
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

#[track_caller]
fn each(api_version: &str, kind: &str, rows: &[(Value, &[&str])]) {
    for (object, expected) in rows {
        assert_eq!(said(api_version, kind, object, None), *expected, "{kind}: {object}");
    }
}

#[test]
fn of_services() {
    let old = "service.kubernetes.io/topology-aware-hints";
    let mode = "service.kubernetes.io/topology-mode";
    each(
        "v1",
        "Service",
        &[
            (json!({"spec": {"type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}}), &[]),
            (
                json!({"metadata": {"annotations": {old: "auto"}}, "spec": {"type": "ClusterIP"}}),
                &[&format!("annotation {old} is deprecated, please use {mode} instead")],
            ),
            (
                json!({"spec": {"type": "ClusterIP", "clusterIP": "FD00::1", "clusterIPs": ["FD00::1"]}}),
                &["spec.clusterIPs[0]: IPv6 address \"FD00::1\" should be in RFC 5952 canonical format (\"fd00::1\")"],
            ),
            (
                json!({"spec": {
                    "type": "ClusterIP", "clusterIP": "None", "clusterIPs": ["None"], "sessionAffinity": "ClientIP", "loadBalancerIP": "1.1.1.1",
                    "externalIPs": ["010.0.0.1"],
                }}),
                &[
                    "spec.loadBalancerIP is ignored for headless services",
                    "spec.externalIPs is ignored for headless services",
                    "spec.SessionAffinity is ignored for headless services",
                    "spec.externalIPs[0]: non-standard IP address \"010.0.0.1\" is invalid: use \"10.0.0.1\"",
                ],
            ),
            (
                json!({"spec": {"type": "ClusterIP", "externalIPs": ["1.1.1.1"], "externalName": "a.b"}}),
                &[
                    "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
                    "spec.externalName is ignored when spec.type is not \"ExternalName\"",
                ],
            ),
            (
                json!({"spec": {"type": "ExternalName", "externalName": "a.b", "externalIPs": ["1.1.1.1"], "trafficDistribution": "PreferClose"}}),
                &[
                    "spec.externalIPs is ignored when spec.type is \"ExternalName\"",
                    "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
                ],
            ),
            (
                json!({"spec": {"type": "LoadBalancer", "loadBalancerSourceRanges": ["10.0.0.1/8", "010.0.0.0/8", "FD00::/64", "fd00::/64"]}}),
                &[
                    "spec.loadBalancerSourceRanges[0]: CIDR value \"10.0.0.1/8\" is ambiguous in this context (should be \"10.0.0.0/8\" or \
                     \"10.0.0.1/32\"?)",
                    "spec.loadBalancerSourceRanges[1]: non-standard CIDR value \"010.0.0.0/8\" is invalid: use \"10.0.0.0/8\"",
                    "spec.loadBalancerSourceRanges[2]: IPv6 CIDR value \"FD00::/64\" should be in RFC 5952 canonical format (\"fd00::/64\")",
                ],
            ),
        ],
    );
}

#[test]
fn of_what_is_behind_services_and_of_who_may_reach_it() {
    let subsets = json!([{"addresses": [{"ip": "FD00::1"}], "notReadyAddresses": [{"ip": "fd00::1"}]}]);
    let by_controller = json!({"labels": {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}});
    let canonical = "IPv6 address \"FD00::1\" should be in RFC 5952 canonical format (\"fd00::1\")";
    each(
        "v1",
        "Endpoints",
        &[
            (json!({"subsets": subsets}), &[&format!("subsets[0].addresses[0].ip: {canonical}")]),
            (json!({"subsets": subsets, "metadata": by_controller}), &[]),
        ],
    );
    each(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        &[
            (
                json!({"addressType": "IPv6", "endpoints": [{"addresses": ["FD00::1"]}]}),
                &[&format!("endpoints[0].addresses[0]: {canonical}")],
            ),
            (json!({"addressType": "FQDN", "endpoints": [{"addresses": ["a.b"]}]}), &["spec.addressType: FQDN endpoints are deprecated"]),
        ],
    );
    each(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        &[(
            json!({"spec": {"egress": [{"to": [{"ipBlock": {"cidr": "FD00::/8", "except": ["FD01::/16"]}}]}]}}),
            &[
                "spec.egress[0].to[0].ipBlock.cidr: IPv6 CIDR value \"FD00::/8\" should be in RFC 5952 canonical format (\"fd00::/8\")",
                "spec.egress[0].to[0].ipBlock.except[0]: IPv6 CIDR value \"FD01::/16\" should be in RFC 5952 canonical format (\"fd01::/16\")",
            ],
        )],
    );
    each(
        "networking.k8s.io/v1",
        "Ingress",
        &[(
            json!({"metadata": {"annotations": {"kubernetes.io/ingress.class": "x"}}}),
            &["annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"],
        )],
    );
}

#[test]
fn of_volumes_and_their_classes() {
    let class = "volume.beta.kubernetes.io/storage-class";
    let options = "volume.beta.kubernetes.io/mount-options";
    let key = json!([{"key": "beta.kubernetes.io/os", "operator": "In", "values": ["linux"]}]);
    let of_class = format!("metadata.annotations[{class}]: deprecated since v1.8; use \"storageClassName\" attribute instead");
    let today = "deprecated since v1.14; use \"kubernetes.io/os\" instead";
    each(
        "v1",
        "PersistentVolume",
        &[(
            json!({"metadata": {"annotations": {class: "x", options: "y"}}, "spec": {
                "persistentVolumeReclaimPolicy": "Recycle", "storageos": {},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": key}]}},
            }}),
            &[
                &of_class,
                &format!("metadata.annotations[{options}]: deprecated since v1.31; use \"mountOptions\" attribute instead"),
                "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use \
                 dynamic provisioning.",
                &format!("spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is {today}"),
                "spec.storageOS: deprecated in v1.22, non-functional in v1.25+",
            ],
        )],
    );
    each(
        "v1",
        "PersistentVolumeClaim",
        &[(
            json!({"metadata": {"annotations": {class: "x"}}, "spec": {"resources": {"requests": {"storage": "1500m"}}}}),
            &[&of_class, "spec.resources.requests[storage]: fractional byte value \"1500m\" is invalid, must be an integer"],
        )],
    );
    each(
        "storage.k8s.io/v1",
        "StorageClass",
        &[(
            json!({"allowedTopologies": [{"matchLabelExpressions": [{"key": "beta.kubernetes.io/os", "values": ["x"]}]}]}),
            &[&format!("allowedTopologies[0].matchLabelExpressions[0].key: {today}")],
        )],
    );
    each(
        "storage.k8s.io/v1",
        "CSIStorageCapacity",
        &[(
            json!({"nodeTopology": {"matchLabels": {"beta.kubernetes.io/os": "x"}, "matchExpressions": key}}),
            &[
                &format!("nodeTopology.matchExpressions[0].key: beta.kubernetes.io/os is {today}"),
                &format!("nodeTopology.matchLabels.beta.kubernetes.io/os: {today}"),
            ],
        )],
    );
}

#[test]
fn of_nodes_classes_of_runtimes_accounts_and_secrets() {
    each(
        "v1",
        "Node",
        &[(
            json!({"spec": {"configSource": {}, "externalID": "x", "podCIDRs": ["FD00::/64"]}}),
            &[
                "spec.configSource: the feature is removed",
                "spec.externalID: this field is deprecated, and is unused by Kubernetes",
                "spec.podCIDRs[0]: IPv6 CIDR value \"FD00::/64\" should be in RFC 5952 canonical format (\"fd00::/64\")",
            ],
        )],
    );
    each(
        "node.k8s.io/v1",
        "RuntimeClass",
        &[(
            json!({"scheduling": {"nodeSelector": {"app.kubernetes.io/created-by": "x"}}}),
            &["scheduling.nodeSelector: deprecated since v1.9"],
        )],
    );
    let mountable = json!({"metadata": {"annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}});
    let text = "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate \
                access to mounted secrets";
    each("v1", "ServiceAccount", &[(mountable.clone(), &[text])]);
    assert_eq!(said("v1", "ServiceAccount", &mountable, Some(&mountable)), [""; 0]);
    each(
        "v1",
        "Secret",
        &[
            (json!({"type": "kubernetes.io/tls"}), &["tls: failed to find any PEM data in certificate input"]),
            (json!({"type": "Opaque"}), &[]),
        ],
    );
}

#[test]
fn of_addresses_in_statuses() {
    let object = |value: Value| Object::from_value(value).expect("an object");
    let said = |kind: &str, group: &str, value: Value| {
        let gvk = Gvk { group: group.into(), version: "v1".into(), kind: kind.into() };
        crate::admission::validation::status_warnings(Catalog::builtin().by_gvk(&gvk).expect("a kind that is served"), &object(value))
    };
    let why = "non-standard IP address \"::ffff:1.2.3.4\" is invalid: use \"1.2.3.4\"";
    let balanced = json!({"status": {"loadBalancer": {"ingress": [{"ip": "::ffff:1.2.3.4"}, {"hostname": "a"}]}}});
    assert_eq!(said("Service", "", balanced.clone()), [format!("status.loadBalancer.ingress[0]: {why}")]);
    assert_eq!(said("Ingress", "networking.k8s.io", balanced), [format!("status.loadBalancer.ingress[0]: {why}")]);
    let pod = json!({"status": {"podIPs": [{"ip": "::ffff:1.2.3.4"}]}});
    assert_eq!(said("Pod", "", pod), [format!("status.podIPs[0].ip: {why}")]);
}
