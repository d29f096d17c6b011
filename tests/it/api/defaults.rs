//! What the server makes of the least that a client can say.

use serde_json::{Value, json};

use super::{MERGE, TestApi, deployment};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const SERVICES: &str = "/api/v1/namespaces/default/services";

fn least(name: &str) -> Value {
    let mut least = deployment(name);
    least["spec"].as_object_mut().expect("an object").remove("replicas");
    least
}

#[tokio::test]
async fn a_deployment_is_whole() {
    let api = TestApi::new().await;
    let created = api.create(DEPLOYMENTS, &least("web")).await;
    let container = json!({
        "name": "c", "image": "i:1", "imagePullPolicy": "IfNotPresent", "resources": {},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
    });
    let pods = json!({
        "containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
        "securityContext": {}, "terminationGracePeriodSeconds": 30,
    });
    let spec = json!({
        "replicas": 1, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10, "selector": {"matchLabels": {"app": "web"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": pods},
    });
    assert_eq!(created["spec"], spec);
    assert_eq!(api.get(&format!("{DEPLOYMENTS}/web")).await.body, created);
    let scale = api.get(&format!("{DEPLOYMENTS}/web/scale")).await.body;
    assert_eq!(scale["spec"], json!({"replicas": 1}));
}

#[tokio::test]
async fn the_least_object_is_the_same_the_second_time() {
    let api = TestApi::new().await;
    let created = api.create(DEPLOYMENTS, &least("web")).await;
    assert_eq!(api.put(&format!("{DEPLOYMENTS}/web"), &least("web")).await.body, created, "an update fills in the same");
    assert_eq!(api.patch(&format!("{DEPLOYMENTS}/web"), MERGE, &json!({})).await.body, created);
    let cleared = api.patch(&format!("{DEPLOYMENTS}/web"), MERGE, &json!({"spec": {"replicas": null, "strategy": null}})).await;
    assert_eq!(cleared.body["spec"], created["spec"]);
}

#[tokio::test]
async fn who_applies_owns_no_defaults_and_who_creates_owns_all() {
    let api = TestApi::new().await;
    let applied = api.apply(&format!("{DEPLOYMENTS}/a"), "me", &least("a")).await;
    assert_eq!(applied.code, 201, "{}", applied.body);
    assert_eq!(applied.body["spec"]["replicas"], 1);
    let fields = &applied.body["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert_eq!((fields.get("f:replicas"), fields.get("f:strategy")), (None, None), "{fields}");
    let again = api.apply(&format!("{DEPLOYMENTS}/a"), "me", &least("a")).await;
    assert_eq!((again.code.as_u16(), &again.body), (200, &applied.body));
    let created = api.create(DEPLOYMENTS, &least("b")).await;
    let fields = &created["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"];
    assert!(fields.get("f:replicas").is_some() && fields.get("f:strategy").is_some(), "{fields}");
}

#[tokio::test]
async fn a_service_says_its_type_in_its_row() {
    let api = TestApi::new().await;
    let service = json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}});
    let created = api.create(SERVICES, &service).await;
    assert_eq!((&created["spec"]["type"], &created["spec"]["ports"][0]["targetPort"]), (&json!("ClusterIP"), &json!(80)));
    assert_eq!(created["status"], json!({"loadBalancer": {}}));
    let table = api.get_as(SERVICES, "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
    assert_eq!(table["rows"][0]["cells"][1], "ClusterIP");
}

#[tokio::test]
async fn a_job_finds_its_pods_by_its_uid() {
    let api = TestApi::new().await;
    let job = json!({"metadata": {"name": "j"}, "spec": {"template": {"spec": {
        "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}],
    }}}});
    let created = api.create("/apis/batch/v1/namespaces/default/jobs", &job).await;
    let uid = &created["metadata"]["uid"];
    assert_eq!(created["spec"]["selector"], json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}));
    let labels = json!({
        "batch.kubernetes.io/controller-uid": uid, "controller-uid": uid, "batch.kubernetes.io/job-name": "j", "job-name": "j",
    });
    assert_eq!(created["spec"]["template"]["metadata"]["labels"], labels);
    assert_eq!(api.put("/apis/batch/v1/namespaces/default/jobs/j", &job).await.body, created, "an update leaves them as they are");
}
