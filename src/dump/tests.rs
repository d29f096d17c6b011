use serde_json::{Value, json};

use super::*;
use crate::object::Object;

fn object(value: &Value) -> Object {
    Object::from_value(value.clone()).unwrap()
}

fn cleaned(value: &Value) -> Value {
    clean(&object(value)).into_value()
}

fn entry(operation: &str, fields: &Value) -> Value {
    json!({"manager": "m", "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields})
}

#[test]
fn identity_bookkeeping_and_status_go() {
    let found = cleaned(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
        "name": "a", "namespace": "n", "uid": "1", "resourceVersion": "2", "generation": 3, "creationTimestamp": "2026-11-22T10:00:00Z",
        "generateName": "a-", "ownerReferences": [{"uid": "9"}], "finalizers": ["kubernetes.io/pvc-protection"],
        "labels": {"app": "web", "applyset.kubernetes.io/part-of": "x"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}, "managedFields": []},
        "data": {"k": "v"}, "status": {"x": 1}}));
    let expected = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "n", "labels": {"app": "web"}}, "data": {"k": "v"}});
    assert_eq!(found, expected);
}

#[test]
fn what_was_applied_stays() {
    let fields = json!({"f:metadata": {"f:finalizers": {"v:\"x.io/y\"": {}}, "f:annotations": {"f:deployment.kubernetes.io/revision": {}}},
        "f:status": {"f:x": {}}});
    let metadata = json!({"name": "a", "finalizers": ["x.io/y"], "annotations": {"deployment.kubernetes.io/revision": "1"}});
    let mut live = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": metadata, "status": {"x": 1}});
    let expected = live.clone();
    live["metadata"]["managedFields"] = json!([entry("Apply", &fields)]);
    assert_eq!(cleaned(&live), expected);
}

#[test]
fn addresses_and_ports_stay_where_somebody_asked_for_them() {
    let service = |fields: &Value| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "managedFields": [entry("Update", fields)]}, "spec": {
            "type": "NodePort", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
            "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}]}})
    };
    let bare = json!({"type": "NodePort", "ports": [{"port": 80, "protocol": "TCP"}]});
    assert_eq!(cleaned(&service(&json!({"f:spec": {"f:type": {}}})))["spec"], bare);
    let asked = json!({"f:spec": {"f:clusterIP": {}, "f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {"f:nodePort": {}}}}});
    let expected = json!({"type": "NodePort", "clusterIP": "10.96.0.1", "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}]});
    assert_eq!(cleaned(&service(&asked))["spec"], expected);
    let headless =
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"clusterIP": "None", "clusterIPs": ["None"]}});
    assert_eq!(cleaned(&headless)["spec"], json!({"clusterIP": "None"}));
}

#[test]
fn a_pod_loses_its_node_and_its_token() {
    let token = json!({"name": "kube-api-access-x2x", "projected": {"sources": []}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {
        "nodeName": "n1", "priority": 0, "serviceAccount": "default", "serviceAccountName": "default", "volumes": [token],
        "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
        "containers": [{"name": "c", "image": "i", "volumeMounts": [{"name": "kube-api-access-x2x", "mountPath": "/var"}]}]}});
    assert_eq!(cleaned(&pod)["spec"], json!({"containers": [{"name": "c", "image": "i"}]}));
}

#[test]
fn what_was_bound_by_a_controller_is_bound_anew() {
    let by_controller = json!({"name": "a", "annotations": {"pv.kubernetes.io/bound-by-controller": "yes"}});
    let claim =
        |metadata: &Value| json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": {"volumeName": "v"}});
    assert_eq!(
        cleaned(&claim(&by_controller)),
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"}, "spec": {}})
    );
    assert_eq!(cleaned(&claim(&json!({"name": "a"})))["spec"]["volumeName"], "v");
    let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "a"},
        "spec": {"claimRef": {"name": "c", "uid": "1", "resourceVersion": "2"}}});
    assert_eq!(cleaned(&volume)["spec"]["claimRef"], json!({"name": "c"}));
}

#[test]
fn a_job_loses_what_ties_it_to_its_pods() {
    let labels = json!({"app": "a", "controller-uid": "1", "batch.kubernetes.io/job-name": "a"});
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "labels": labels}, "spec": {
        "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "1"}}, "template": {"metadata": {"labels": labels, "creationTimestamp": null}}}});
    let found = cleaned(&job);
    assert_eq!(found["spec"], json!({"template": {"metadata": {"labels": {"app": "a"}}}}));
    assert_eq!(found["metadata"]["labels"], json!({"app": "a"}));
}

fn why(value: &Value) -> Option<LeftOut> {
    let object = object(value);
    left_out(&object, &clean(&object))
}

#[test]
fn what_others_make_is_left_out() {
    let named = |api_version: &str, kind: &str, metadata: &Value| json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "1", "controller": true}]);
    let cases = [
        (named("v1", "ConfigMap", &json!({"name": "a"})), None),
        (named("v1", "ConfigMap", &json!({"name": "kube-root-ca.crt", "namespace": "shop"})), Some(LeftOut::Made)),
        (named("v1", "ServiceAccount", &json!({"name": "default", "namespace": "shop"})), Some(LeftOut::Made)),
        (named("v1", "ServiceAccount", &json!({"name": "default", "namespace": "shop", "labels": {"a": "b"}})), None),
        (named("v1", "Namespace", &json!({"name": "default", "labels": {"kubernetes.io/metadata.name": "default"}})), Some(LeftOut::Made)),
        (named("v1", "Namespace", &json!({"name": "shop"})), None),
        (named("v1", "Secret", &json!({"name": "s"})), Some(LeftOut::Secret)),
        (named("v1", "Pod", &json!({"name": "p", "ownerReferences": owner})), Some(LeftOut::Owned)),
        (named("v1", "Pod", &json!({"name": "p", "deletionTimestamp": "2026-11-22T10:00:00Z"})), Some(LeftOut::Deleting)),
        (named("scheduling.k8s.io/v1", "PriorityClass", &json!({"name": "system-node-critical"})), Some(LeftOut::Made)),
    ];
    for (object, expected) in cases {
        assert_eq!(why(&object), expected, "{object}");
    }
}

#[test]
fn defaults_go_unless_somebody_applied_them() {
    let spec = json!({"replicas": 1, "revisionHistoryLimit": 10, "selector": {"matchLabels": {"a": "b"}}, "template": {
        "metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Always", "containers": [
            {"name": "c", "image": "i:1", "imagePullPolicy": "IfNotPresent", "terminationMessagePath": "/dev/termination-log"}]}}});
    let mut live = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec});
    let bare = |live: &Value| without_defaults(clean(&object(live)), &object(live)).into_value()["spec"].clone();
    let mut expected = json!({"selector": {"matchLabels": {"a": "b"}}, "template": {
        "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}});
    assert_eq!(bare(&live), expected);
    let containers = json!({"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:imagePullPolicy": {}}});
    live["metadata"]["managedFields"] =
        json!([entry("Apply", &json!({"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": containers}}}}))]);
    expected["replicas"] = json!(1);
    expected["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("IfNotPresent");
    assert_eq!(bare(&live), expected);
}

#[test]
fn kinds_that_are_not_built_in_keep_everything() {
    let thing = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"replicas": 1}});
    assert_eq!(without_defaults(object(&thing), &object(&thing)).into_value(), thing);
}
