//! Field selectors: which fields each kind has, and what is said of others.

use serde_json::{Value, json};

use super::{MAPS, TestApi};

/// Paths of collections, with what may be selected by there besides name and namespace.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "/api/v1/pods",
        &[
            "spec.nodeName",
            "spec.host",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
    ),
    (
        "/api/v1/events",
        &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("/apis/events.k8s.io/v1/events", &["regarding.kind", "regarding.name", "reason", "reportingController", "type"]),
    ("/api/v1/nodes", &["spec.unschedulable"]),
    ("/api/v1/namespaces", &["status.phase"]),
    ("/api/v1/secrets", &["type"]),
    ("/api/v1/services", &["spec.clusterIP", "spec.type"]),
    ("/api/v1/replicationcontrollers", &["status.replicas"]),
    ("/apis/apps/v1/replicasets", &["status.replicas"]),
    ("/apis/batch/v1/jobs", &["status.successful"]),
    ("/apis/certificates.k8s.io/v1/certificatesigningrequests", &["spec.signerName"]),
    ("/apis/resource.k8s.io/v1/resourceslices", &["spec.nodeName", "spec.driver"]),
    ("/api/v1/configmaps", &[]),
    ("/apis/apps/v1/deployments", &[]),
    ("/apis/rbac.authorization.k8s.io/v1/clusterroles", &["metadata.namespace"]),
];

#[tokio::test]
async fn each_kind_has_the_fields_that_it_has_upstream() {
    let api = TestApi::new().await;
    for (path, fields) in FIELDS {
        for field in fields.iter().chain(&["metadata.name"]) {
            for query in [format!("fieldSelector={field}%3Dx"), format!("fieldSelector={field}!%3Dx&limit=1")] {
                assert_eq!(api.get(&format!("{path}?{query}")).await.code, 200, "{path}?{query}");
            }
        }
        api.get(&format!("{path}?fieldSelector=spec.zork%3Dx")).await.refused(400, "BadRequest");
        api.get(&format!("{path}?fieldSelector=spec.zork%3Dx&watch=1")).await.refused(400, "BadRequest");
    }
}

#[tokio::test]
async fn a_field_that_a_kind_has_not_is_named_as_upstream_names_it() {
    let api = TestApi::new().await;
    let names = "only \"metadata.name\", \"metadata.namespace\"";
    for (path, field, message) in [
        (MAPS, "data.a", format!("\"data.a\" is not a known field selector: {names}")),
        ("/api/v1/persistentvolumes", "zork", format!("\"zork\" is not a known field selector: {names}")),
        ("/api/v1/pods", "zork", "field label not supported: zork".to_owned()),
        ("/api/v1/nodes", "metadata.namespace", "field label not supported: metadata.namespace".to_owned()),
        ("/apis/batch/v1/jobs", "zork", "field label \"zork\" not supported for batchv1.Job".to_owned()),
        ("/api/v1/pods", "", "field label not supported: ".to_owned()),
    ] {
        let refused = api.get(&format!("{path}?fieldSelector={field}%3Dx")).await;
        refused.refused(400, "BadRequest");
        assert_eq!(refused.message(), message);
    }
    let broken = api.get("/api/v1/pods?fieldSelector=metadata.name").await;
    broken.refused(400, "BadRequest");
    assert_eq!(broken.message(), "invalid selector: 'metadata.name'; can't understand 'metadata.name'");
}

#[tokio::test]
async fn pods_are_found_by_their_node_under_either_name() {
    let api = TestApi::new().await;
    let pod = |name: &str, node: &str| json!({"metadata": {"name": name}, "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i:1"}]}});
    let pods = "/api/v1/namespaces/default/pods";
    for (name, node) in [("here", "n1"), ("there", "n2")] {
        api.create(pods, &pod(name, node)).await;
    }
    let names = async |selector: &str| {
        let list = api.get(&format!("{pods}?fieldSelector={selector}")).await.body;
        let items = list["items"].as_array().expect("a list").clone();
        items.into_iter().map(|item| item["metadata"]["name"].clone()).collect::<Vec<Value>>()
    };
    assert_eq!(names("spec.nodeName%3Dn1").await, ["here"]);
    assert_eq!(names("spec.host%3Dn1").await, ["here"]);
    assert_eq!(names("spec.host!%3Dn1").await, ["there"]);
    assert_eq!(names("status.podIPs%3D").await, ["here", "there"]);
    assert_eq!(names("spec.nodeName%3Dn1,status.phase%3DRunning").await, Vec::<Value>::new());
}

#[tokio::test]
async fn custom_resources_have_the_fields_that_their_definition_says() {
    let api = TestApi::new().await;
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"color": {"type": "string"}, "n": {"type": "integer"}}}}});
    for (plural, kind, scope) in [("inks", "Ink", "Namespaced"), ("dyes", "Dye", "Cluster")] {
        let definition = json!({
            "metadata": {"name": format!("{plural}.example.com")},
            "spec": {
                "group": "example.com", "scope": scope, "names": {"plural": plural, "kind": kind},
                "versions": [{
                    "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema},
                    "selectableFields": [{"jsonPath": ".spec.color"}, {"jsonPath": ".spec.n"}],
                }],
            },
        });
        api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    }
    let inks = "/apis/example.com/v1/namespaces/default/inks";
    for (name, color, n) in [("a", "red", 1), ("b", "blue", 2), ("c", "red", 2)] {
        let ink = json!({"apiVersion": "example.com/v1", "kind": "Ink", "metadata": {"name": name}, "spec": {"color": color, "n": n}});
        api.create(inks, &ink).await;
    }
    assert_eq!(api.get(&format!("{inks}?fieldSelector=spec.color%3Dred")).await.names(), ["a", "c"]);
    assert_eq!(api.get(&format!("{inks}?fieldSelector=spec.color%3Dred,spec.n!%3D1")).await.names(), ["c"]);
    let mut watch = api.watch(&format!("{inks}?fieldSelector=spec.color%3Dred&resourceVersion=0")).await;
    watch.expect(&[("ADDED", "a"), ("ADDED", "c")]).await;
    api.patch(&format!("{inks}/a"), super::MERGE, &json!({"spec": {"color": "blue"}})).await;
    watch.expect(&[("DELETED", "a")]).await;
    for (path, field) in
        [(inks, "spec.size"), ("/apis/example.com/v1/dyes", "spec.size"), ("/apis/example.com/v1/dyes", "metadata.namespace")]
    {
        let refused = api.get(&format!("{path}?fieldSelector={field}%3Dx")).await;
        refused.refused(400, "BadRequest");
        assert_eq!(refused.message(), format!("field label not supported: {field}"));
    }
}
