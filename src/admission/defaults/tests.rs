//! Each kind's least object, and what the defaults make of it.

use serde_json::{Value, json};

use super::apply;
use crate::object::{Gvk, Object};
use crate::schema::Catalog;

fn defaulted(api_version: &str, kind: &str, value: Value) -> Value {
    let catalog = Catalog::builtin();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
    let resource = catalog.by_gvk(&gvk).expect("a kind that is served");
    let mut object = Object::from_value(value).expect("an object");
    apply(resource, &mut object);
    let once = object.clone();
    apply(resource, &mut object);
    assert_eq!(object, once, "defaults are idempotent");
    object.into_value()
}

/// A template of pods as a client writes it, and as the server keeps it.
fn templates() -> (Value, Value) {
    let labels = json!({"labels": {"app": "a"}});
    let short = json!({"metadata": labels, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let container = json!({
        "name": "c", "image": "i", "imagePullPolicy": "Always", "resources": {},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
    });
    let spec = json!({
        "containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
        "securityContext": {}, "terminationGracePeriodSeconds": 30,
    });
    (short, json!({"metadata": labels, "spec": spec}))
}

#[test]
fn workloads_say_how_many_pods_and_how_they_roll() {
    let (short, full) = templates();
    let rolling = |inner: Value| json!({"type": "RollingUpdate", "rollingUpdate": inner});
    for (kind, expected) in [
        (
            "Deployment",
            json!({
                "replicas": 1, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
                "strategy": rolling(json!({"maxSurge": "25%", "maxUnavailable": "25%"})),
            }),
        ),
        ("ReplicaSet", json!({"replicas": 1})),
        ("DaemonSet", json!({"revisionHistoryLimit": 10, "updateStrategy": rolling(json!({"maxSurge": 0, "maxUnavailable": 1}))})),
        (
            "StatefulSet",
            json!({
                "replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady",
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
                "updateStrategy": rolling(json!({"partition": 0})),
            }),
        ),
    ] {
        let mut expected = expected;
        expected["template"] = full.clone();
        assert_eq!(defaulted("apps/v1", kind, json!({"spec": {"template": short}}))["spec"], expected, "{kind}");
    }
}

#[test]
fn a_strategy_that_recreates_has_nothing_that_rolls() {
    let deployment = defaulted("apps/v1", "Deployment", json!({"spec": {"replicas": 0, "strategy": {"type": "Recreate"}}}));
    assert_eq!(deployment["spec"]["strategy"], json!({"type": "Recreate"}));
    assert_eq!(deployment["spec"]["replicas"], 0);
    let set = defaulted("apps/v1", "StatefulSet", json!({"spec": {"updateStrategy": {"type": "OnDelete"}}}));
    assert_eq!(set["spec"]["updateStrategy"], json!({"type": "OnDelete"}));
}

#[test]
fn a_job_runs_once_and_carries_the_labels_of_its_pods() {
    let (short, full) = templates();
    let job = defaulted("batch/v1", "Job", json!({"spec": {"template": short}}));
    let expected = json!({
        "backoffLimit": 6, "completionMode": "NonIndexed", "completions": 1, "manualSelector": false, "parallelism": 1,
        "podReplacementPolicy": "TerminatingOrFailed", "suspend": false, "template": full,
    });
    assert_eq!(job, json!({"metadata": {"labels": {"app": "a"}}, "spec": expected}));
    let queue = defaulted("batch/v1", "Job", json!({"spec": {"parallelism": 3}}));
    assert_eq!((&queue["spec"]["parallelism"], &queue["spec"]["completions"]), (&json!(3), &Value::Null));
    let policy = json!({"rules": [{"action": "Ignore", "onPodConditions": [{"type": "A"}]}]});
    let careful = defaulted("batch/v1", "Job", json!({"spec": {"backoffLimitPerIndex": 1, "podFailurePolicy": policy}}));
    assert_eq!(careful["spec"]["backoffLimit"], i32::MAX);
    assert_eq!(careful["spec"]["podReplacementPolicy"], "Failed");
    assert_eq!(careful["spec"]["podFailurePolicy"]["rules"][0]["onPodConditions"][0]["status"], "True");
}

#[test]
fn a_pod_as_a_whole_asks_for_what_its_containers_ask_for() {
    let container = |requests: Value| json!({"name": "c", "image": "i", "resources": {"requests": requests}});
    let containers = json!([container(json!({"cpu": "1", "memory": "1Mi"})), container(json!({"cpu": "500m", "memory": "2Mi"}))]);
    let limits = json!({"cpu": "4", "memory": "1Gi"});
    let pod = defaulted("v1", "Pod", json!({"spec": {"containers": containers, "resources": {"limits": limits}}}));
    assert_eq!(pod["spec"]["resources"], json!({"limits": limits, "requests": {"cpu": "1500m", "memory": "3Mi"}}));
    let alone = defaulted("v1", "Pod", json!({"spec": {"containers": [{"name": "c"}], "resources": {"limits": limits}}}));
    assert_eq!(alone["spec"]["resources"]["requests"], limits);
}

#[test]
fn a_template_leaves_the_ports_of_the_host_to_its_pods() {
    let template = json!({"spec": {"hostNetwork": true, "containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}});
    let set = defaulted("apps/v1", "DaemonSet", json!({"spec": {"template": template}}));
    assert_eq!(set["spec"]["template"]["spec"]["containers"][0]["ports"], json!([{"containerPort": 80, "protocol": "TCP"}]));
}

#[test]
fn a_cron_job_leaves_the_defaults_of_its_jobs_to_them() {
    let (short, full) = templates();
    let cron = defaulted("batch/v1", "CronJob", json!({"spec": {"jobTemplate": {"spec": {"template": short}}}}));
    let expected = json!({
        "concurrencyPolicy": "Allow", "failedJobsHistoryLimit": 1, "successfulJobsHistoryLimit": 3, "suspend": false,
        "jobTemplate": {"spec": {"template": full}},
    });
    assert_eq!(cron["spec"], expected);
}

#[test]
fn a_pod_is_filled_down_to_its_probes_and_volumes() {
    let pod = defaulted(
        "v1",
        "Pod",
        json!({"spec": {
            "hostNetwork": true, "serviceAccountName": "robot",
            "containers": [{
                "name": "c", "image": "i:1", "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1"}},
                "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "livenessProbe": {"httpGet": {"port": 80}, "periodSeconds": 5}, "readinessProbe": {"grpc": {"port": 1}},
            }],
            "volumes": [
                {"name": "a"}, {"name": "b", "secret": {"secretName": "s"}}, {"name": "h", "hostPath": {"path": "/"}},
                {"name": "p", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
            ],
        }}),
    );
    let spec = &pod["spec"];
    assert_eq!((&spec["enableServiceLinks"], &spec["serviceAccount"]), (&json!(true), &json!("robot")));
    let container = &spec["containers"][0];
    assert_eq!(container["ports"], json!([{"containerPort": 80, "hostPort": 80, "protocol": "TCP"}]));
    assert_eq!(container["resources"], json!({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}}));
    assert_eq!(container["env"][0]["valueFrom"]["fieldRef"], json!({"apiVersion": "v1", "fieldPath": "metadata.name"}));
    let numbers = json!({
        "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
        "failureThreshold": 3, "periodSeconds": 5, "successThreshold": 1, "timeoutSeconds": 1,
    });
    assert_eq!(container["livenessProbe"], numbers);
    assert_eq!(container["readinessProbe"]["grpc"], json!({"port": 1, "service": ""}));
    let volumes = json!([
        {"name": "a", "emptyDir": {}}, {"name": "b", "secret": {"secretName": "s", "defaultMode": 420}},
        {"name": "h", "hostPath": {"path": "/", "type": ""}},
        {"name": "p", "projected": {"defaultMode": 420, "sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}]}},
    ]);
    assert_eq!(spec["volumes"], volumes);
}

#[test]
fn each_type_of_service_has_its_policies() {
    let spec = |spec: Value| defaulted("v1", "Service", json!({"spec": spec}))["spec"].clone();
    assert_eq!(
        spec(json!({"ports": [{"port": 80}]})),
        json!({
            "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}], "sessionAffinity": "None", "type": "ClusterIP",
            "internalTrafficPolicy": "Cluster",
        })
    );
    assert_eq!(
        spec(json!({"type": "LoadBalancer", "sessionAffinity": "ClientIP"})),
        json!({
            "type": "LoadBalancer", "sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}},
            "internalTrafficPolicy": "Cluster", "externalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": true,
        })
    );
    assert_eq!(
        spec(json!({"type": "ExternalName", "externalName": "a.b"})),
        json!({"type": "ExternalName", "externalName": "a.b", "sessionAffinity": "None"})
    );
}

#[test]
fn other_kinds_have_their_own() {
    let hook = json!({
        "clientConfig": {"service": {"name": "s", "port": 443}}, "failurePolicy": "Fail", "matchPolicy": "Equivalent",
        "namespaceSelector": {}, "objectSelector": {}, "rules": [{"scope": "*"}], "timeoutSeconds": 10,
    });
    for (api_version, kind, short, full) in [
        ("v1", "PersistentVolumeClaim", json!({"spec": {}}), json!({"spec": {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"}})),
        (
            "v1",
            "PersistentVolume",
            json!({"spec": {"hostPath": {"path": "/x"}}}),
            json!({
                "spec": {"hostPath": {"path": "/x", "type": ""}, "persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"},
                "status": {"phase": "Pending"},
            }),
        ),
        (
            "v1",
            "LimitRange",
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "1", "memory": "1"}}]}}),
            json!({"spec": {"limits": [{
                "type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "1", "memory": "1"}, "default": {"cpu": "2"},
                "defaultRequest": {"cpu": "2", "memory": "1"},
            }]}}),
        ),
        ("storage.k8s.io/v1", "StorageClass", json!({}), json!({"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"})),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            json!({"spec": {"egress": [{"ports": [{"port": 1}]}]}}),
            json!({"spec": {"egress": [{"ports": [{"port": 1, "protocol": "TCP"}]}], "policyTypes": ["Ingress", "Egress"]}}),
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            json!({"roleRef": {"kind": "Role"}, "subjects": [{"kind": "User"}, {"kind": "ServiceAccount"}]}),
            json!({
                "roleRef": {"kind": "Role", "apiGroup": "rbac.authorization.k8s.io"},
                "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io"}, {"kind": "ServiceAccount"}],
            }),
        ),
        ("scheduling.k8s.io/v1", "PriorityClass", json!({"value": 5}), json!({"value": 5, "preemptionPolicy": "PreemptLowerPriority"})),
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            json!({"webhooks": [{"clientConfig": {"service": {"name": "s"}}, "rules": [{}]}]}),
            json!({"webhooks": [hook]}),
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            json!({"spec": {"maxReplicas": 2}}),
            json!({"spec": {"maxReplicas": 2, "minReplicas": 1, "metrics": [
                {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}},
            ]}}),
        ),
    ] {
        assert_eq!(defaulted(api_version, kind, short), full, "{kind}");
    }
}
