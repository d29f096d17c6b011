//! What the server makes of the least that a client can say.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trueup::object::Revision;
use trueup::store::Change;

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
    // Whoever replaces a job must state what the server added, as in Kubernetes.
    let path = "/apis/batch/v1/namespaces/default/jobs/j";
    assert_eq!(api.put(path, &created).await.code, 200);
    let refused = api.put(path, &job).await;
    assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "spec.selector");
}

fn service(name: &str, spec: &Value) -> Value {
    json!({"metadata": {"name": name}, "spec": spec})
}

#[tokio::test]
async fn a_service_has_an_address_of_its_own_until_it_goes() {
    for api in TestApi::on_each_store().await {
        let spec = json!({"ports": [{"port": 80}]});
        let dry = api.post(&format!("{SERVICES}?dryRun=All"), &service("a", &spec)).await;
        let created = api.create(SERVICES, &service("a", &spec)).await;
        let address = created["spec"]["clusterIP"].as_str().expect("an address");
        assert!(address.starts_with("10."), "{address}");
        assert_eq!(dry.body["spec"], created["spec"], "a dry run shows what the write will give");
        let given = json!([[address], ["IPv4"], "SingleStack"]);
        assert_eq!(json!([created["spec"]["clusterIPs"], created["spec"]["ipFamilies"], created["spec"]["ipFamilyPolicy"]]), given);
        assert_eq!(api.put(&format!("{SERVICES}/a"), &service("a", &spec)).await.body, created, "an update keeps it");

        let same = service("b", &json!({"ports": [{"port": 80}], "clusterIP": address}));
        let refused = api.post(SERVICES, &same).await;
        let cause = &refused.refused(422, "Invalid")["causes"][0];
        assert_eq!(cause["field"], "spec.clusterIPs");
        assert!(cause["message"].as_str().expect("text").ends_with("provided IP is already allocated"), "{cause}");
        api.delete(&format!("{SERVICES}/a")).await;
        assert_eq!(api.create(SERVICES, &same).await["spec"]["clusterIP"], address);
    }
}

#[tokio::test]
async fn an_address_outside_the_network_is_refused() {
    let api = TestApi::new().await;
    let refused = api.post(SERVICES, &service("a", &json!({"ports": [{"port": 80}], "clusterIP": "10.0.0.1"}))).await;
    assert!(refused.message().contains("The range of valid IPs is 10.96.0.0/12"), "{}", refused.message());
    let moved = service("b", &json!({"ports": [{"port": 80}]}));
    let created = api.create(SERVICES, &moved).await;
    let refused =
        api.patch(&format!("{SERVICES}/b"), MERGE, &json!({"spec": {"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9"]}})).await;
    let cause = &refused.refused(422, "Invalid")["causes"][0];
    assert_eq!((&cause["field"], created["spec"]["clusterIP"] == "10.96.0.9"), (&json!("spec.clusterIPs[0]"), false));
}

#[tokio::test]
async fn many_services_at_once_have_many_addresses() {
    let api = TestApi::new().await;
    let names: Vec<String> = (0..20).map(|number| format!("s{number}")).collect();
    let ports = json!({"type": "NodePort", "ports": [{"port": 80}]});
    let created = futures::future::join_all(names.iter().map(|name| {
        let (api, body) = (&api, service(name, &ports));
        async move { api.create(SERVICES, &body).await }
    }));
    let created = created.await;
    let distinct =
        |pointer: &str| created.iter().map(|one| one.pointer(pointer).expect("given").to_string()).collect::<BTreeSet<_>>().len();
    assert_eq!((distinct("/spec/clusterIP"), distinct("/spec/ports/0/nodePort")), (20, 20));
}

#[tokio::test]
async fn what_needs_no_address_gets_none_and_what_comes_to_need_one_does() {
    let api = TestApi::new().await;
    let headless = api.create(SERVICES, &service("h", &json!({"clusterIP": "None", "selector": {"a": "b"}}))).await;
    assert_eq!((&headless["spec"]["clusterIP"], &headless["spec"]["clusterIPs"]), (&json!("None"), &json!(["None"])));
    let name = api.create(SERVICES, &service("n", &json!({"type": "ExternalName", "externalName": "a.example"}))).await;
    assert_eq!(name["spec"].get("clusterIP"), None);
    let ports = json!({"spec": {"type": "NodePort", "externalName": null, "ports": [{"port": 80}]}});
    let changed = api.patch(&format!("{SERVICES}/n"), MERGE, &ports).await.body;
    assert!(changed["spec"]["clusterIP"].is_string() && changed["spec"]["ports"][0]["nodePort"].is_i64(), "{changed}");
    let back = api.patch(&format!("{SERVICES}/n"), MERGE, &json!({"spec": {"type": "ClusterIP"}})).await.body;
    assert_eq!(back["spec"]["ports"], json!([{"port": 80, "protocol": "TCP", "targetPort": 80}]));
    let taken = service("p", &json!({"type": "NodePort", "ports": [{"port": 1, "nodePort": 20}]}));
    assert_eq!(api.post(SERVICES, &taken).await.refused(422, "Invalid")["causes"][0]["field"], "spec.ports[0].nodePort");
}

#[tokio::test]
async fn who_applies_a_service_owns_no_address() {
    let api = TestApi::new().await;
    let path = format!("{SERVICES}/a");
    let wanted = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}});
    let applied = api.apply(&path, "me", &wanted).await.body;
    assert!(applied["spec"]["clusterIP"].is_string(), "{applied}");
    assert_eq!(applied["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"].get("f:clusterIP"), None);
    assert_eq!(api.apply(&path, "me", &wanted).await.body, applied);
}

#[tokio::test]
async fn an_address_that_a_lost_server_held_is_given_out_again() {
    let api = TestApi::new().await;
    let hold = json!({"service": "/registry/core/services/default/gone", "uid": "u", "since": 0}).to_string();
    let put = Change::Put(hold.into());
    api.store.commit("/registry/allocations/clusterips/10.96.0.50", Revision::ZERO, put).await.expect("it holds");
    let created = api.create(SERVICES, &service("a", &json!({"ports": [{"port": 80}], "clusterIP": "10.96.0.50"}))).await;
    assert_eq!(created["spec"]["clusterIP"], "10.96.0.50");
}

/// As `kubectl create --dry-run=client -o yaml` of older versions writes it: Go's zero values, and a time that is null.
#[tokio::test]
async fn what_go_writes_without_having_a_value_is_not_there_afterwards() {
    let api = TestApi::new().await;
    let plain = api.create(DEPLOYMENTS, &least("plain")).await;
    let mut padded = least("padded");
    padded["metadata"]["creationTimestamp"] = Value::Null;
    padded["spec"]["template"]["metadata"]["creationTimestamp"] = Value::Null;
    padded["spec"]["strategy"] = json!({});
    padded["spec"]["template"]["spec"]["nodeName"] = json!("");
    padded["status"] = json!({});
    let created = api.create(DEPLOYMENTS, &padded).await;
    let template = |object: &Value, name: &str| serde_json::from_str::<Value>(&object["spec"].to_string().replace(name, "x")).unwrap();
    assert_eq!(template(&created, "padded"), template(&plain, "plain"));
    assert_eq!(created["status"], json!({}));
    for path in [format!("{DEPLOYMENTS}/padded"), DEPLOYMENTS.to_owned()] {
        let text = api.get(&path).await.body.to_string();
        assert!(!text.contains("null"), "{text}");
    }
}
