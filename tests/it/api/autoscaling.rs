//! One kind in two versions: `autoscaling/v1` and `autoscaling/v2` show the same objects.

use serde_json::{Value, json};

use super::{MERGE, TestApi};

const OLD: &str = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
const NEW: &str = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";

fn target() -> Value {
    json!({"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"})
}

fn old(name: &str, percent: i64) -> Value {
    json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
        "spec": {"scaleTargetRef": target(), "maxReplicas": 5, "targetCPUUtilizationPercentage": percent},
    })
}

fn new(name: &str, metrics: &Value) -> Value {
    json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name},
        "spec": {"scaleTargetRef": target(), "maxReplicas": 5, "metrics": metrics},
    })
}

fn cpu(percent: i64) -> Value {
    json!({"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}})
}

fn memory() -> Value {
    json!({"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}})
}

#[tokio::test]
async fn what_is_written_in_one_version_is_read_in_the_other() {
    for api in TestApi::on_each_store().await {
        let created = api.create(OLD, &old("web", 50)).await;
        assert_eq!((&created["apiVersion"], &created["spec"]["minReplicas"]), (&json!("autoscaling/v1"), &json!(1)));
        let seen = api.get(&format!("{NEW}/web")).await.body;
        assert_eq!((&seen["apiVersion"], &seen["spec"]["metrics"]), (&json!("autoscaling/v2"), &json!([cpu(50)])));
        assert_eq!(seen["metadata"]["uid"], created["metadata"]["uid"]);
        assert_eq!(seen["metadata"]["resourceVersion"], created["metadata"]["resourceVersion"]);

        let changed = api.patch(&format!("{NEW}/web"), MERGE, &json!({"spec": {"metrics": [memory(), cpu(60)]}})).await;
        assert_eq!(changed.code, 200, "{}", changed.body);
        let seen = api.get(&format!("{OLD}/web")).await.body;
        assert_eq!(
            seen["spec"],
            json!({"scaleTargetRef": target(), "minReplicas": 1, "maxReplicas": 5, "targetCPUUtilizationPercentage": 60})
        );
        let noted: Value = serde_json::from_str(seen["metadata"]["annotations"][METRICS].as_str().expect("an annotation")).expect("JSON");
        assert_eq!(noted, json!([{"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}}]));
        let back = api.put(&format!("{OLD}/web"), &seen).await;
        assert_eq!(back.version(), seen["metadata"]["resourceVersion"], "nothing has changed, so nothing is written");

        let raised = api.patch(&format!("{OLD}/web"), MERGE, &json!({"spec": {"targetCPUUtilizationPercentage": 70}})).await;
        assert_eq!(raised.code, 200);
        assert_eq!(api.get(&format!("{NEW}/web")).await.body["spec"]["metrics"], json!([memory(), cpu(70)]));
        let table = api.get_as(OLD, "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
        let of_new = api.get_as(NEW, "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
        assert_eq!(table["rows"][0]["cells"], of_new["rows"][0]["cells"]);
        assert_eq!(api.delete(&format!("{OLD}/web")).await.code, 200);
        api.get(&format!("{NEW}/web")).await.refused(404, "NotFound");
    }
}

#[tokio::test]
async fn both_versions_are_discovered_watched_and_spoken_in_protobuf() {
    let api = TestApi::new().await;
    let group = api.get("/apis/autoscaling").await.body;
    assert_eq!(group["preferredVersion"]["version"], "v2");
    assert_eq!(group["versions"].as_array().map(Vec::len), Some(2));
    assert_eq!(api.get("/apis/autoscaling/v1").await.body["resources"][0]["shortNames"], json!(["hpa"]));
    let paths = api.get("/openapi/v3/apis/autoscaling/v1").await.body;
    assert!(paths["components"]["schemas"].get("io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler").is_some());

    let mut watch = api.watch(OLD).await;
    api.create(NEW, &new("web", &json!([memory()]))).await;
    let event = watch.next().await.expect("an event");
    assert_eq!((&event["type"], &event["object"]["apiVersion"]), (&json!("ADDED"), &json!("autoscaling/v1")));
    assert_eq!(event["object"]["spec"].get("targetCPUUtilizationPercentage"), None);

    let protobuf = "application/vnd.kubernetes.protobuf";
    let told = api.get_as(&format!("{OLD}/web"), protobuf).await;
    let envelope = trueup::protobuf::open(&told.bytes).expect("an envelope");
    let message = trueup::protobuf::message_of("autoscaling/v1", "HorizontalPodAutoscaler").expect("a message");
    assert_eq!(envelope.api_version, "autoscaling/v1");
    assert_eq!(envelope.decode(message).expect("readable")["spec"]["maxReplicas"], 5);
    let body = trueup::protobuf::document(&old("other", 40)).expect("a message");
    assert_eq!(api.ask("POST", OLD, &[("content-type", protobuf)], &body).await.code, 201);
    assert_eq!(api.get(&format!("{NEW}/other")).await.body["spec"]["metrics"], json!([cpu(40)]));
}

#[tokio::test]
async fn the_old_version_is_judged_by_the_rules_of_the_kind() {
    let api = TestApi::new().await;
    let mut wrong = old("web", 50);
    wrong["spec"]["maxReplicas"] = 0.into();
    wrong["metadata"]["annotations"] = json!({METRICS: r#"[{"type":"Nonsense"}]"#});
    let refused = api.post(OLD, &wrong).await;
    let causes = refused.refused(422, "Invalid")["causes"].as_array().expect("causes");
    let fields: Vec<_> = causes.iter().map(|cause| cause["field"].as_str().expect("a field")).collect();
    assert!(fields.contains(&"spec.maxReplicas") && fields.contains(&"spec.metrics[0].type"), "{fields:?}");
}

#[tokio::test]
async fn a_status_is_written_in_either_version_and_annotations_do_not_get_around_that() {
    let api = TestApi::new().await;
    api.create(OLD, &old("web", 50)).await;
    let conditions = "autoscaling.alpha.kubernetes.io/conditions";
    let sneaked = json!({"metadata": {"annotations": {conditions: r#"[{"type":"AbleToScale","status":"True"}]"#}}});
    assert_eq!(api.patch(&format!("{OLD}/web"), MERGE, &sneaked).await.code, 200);
    assert_eq!(api.get(&format!("{NEW}/web")).await.body["status"].get("conditions"), None);
    let status = json!({"status": {"currentReplicas": 2, "desiredReplicas": 2, "currentCPUUtilizationPercentage": 40}});
    let written = api.patch(&format!("{OLD}/web/status"), MERGE, &status).await;
    assert_eq!(written.code, 200, "{}", written.body);
    let seen = api.get(&format!("{NEW}/web")).await.body;
    let metric = json!({"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 40}}});
    assert_eq!(seen["status"]["currentMetrics"], json!([metric]));
}

#[tokio::test]
async fn fields_are_recorded_under_the_version_they_were_written_in() {
    let api = TestApi::new().await;
    api.apply(&format!("{OLD}/web"), "ann", &old("web", 50)).await;
    let entries = |body: &Value| -> Vec<(String, String)> {
        let entries = body["metadata"]["managedFields"].as_array().expect("entries").iter();
        let text = |entry: &Value, member: &str| entry[member].as_str().expect("text").to_owned();
        entries.map(|entry| (text(entry, "manager"), text(entry, "apiVersion"))).collect()
    };
    let seen = api.get(&format!("{NEW}/web")).await.body;
    assert_eq!(entries(&seen), [("ann".to_owned(), "autoscaling/v1".to_owned())]);
    let owned = seen["metadata"]["managedFields"][0]["fieldsV1"].to_string();
    assert!(owned.contains("f:targetCPUUtilizationPercentage") && !owned.contains("f:metrics"), "{owned}");

    // What one version calls a percentage is a list of metrics in the other: who changes either is at odds with its owner.
    let other = new("web", &json!([cpu(60)]));
    let conflict = api.apply(&format!("{NEW}/web"), "bob", &other).await;
    let causes = conflict.refused(409, "Conflict")["causes"].as_array().expect("causes");
    assert_eq!(causes[0]["field"], ".spec.targetCPUUtilizationPercentage");
    assert!(causes[0]["message"].as_str().expect("text").contains("\"ann\""));
    let same = api.apply(&format!("{NEW}/web"), "bob", &new("web", &json!([cpu(50)]))).await;
    assert_eq!(same.code, 200, "the same value is no conflict: {}", same.body);

    let forced = api.apply(&format!("{NEW}/web?force=true"), "bob", &other).await;
    assert_eq!(forced.code, 200, "{}", forced.body);
    let owned = forced.body["metadata"]["managedFields"][0]["fieldsV1"].to_string();
    assert!(!owned.contains("targetCPUUtilizationPercentage"), "it has changed hands: {owned}");

    let changed = api.patch(&format!("{OLD}/web?fieldManager=eve"), MERGE, &json!({"spec": {"targetCPUUtilizationPercentage": 70}})).await;
    assert!(entries(&changed.body).contains(&("eve".to_owned(), "autoscaling/v1".to_owned())), "{}", changed.body);
    let of_bob = changed.body["metadata"]["managedFields"].as_array().expect("entries").iter().find(|entry| entry["manager"] == "bob");
    assert!(!of_bob.expect("an entry").to_string().contains("f:metrics"), "the list of metrics is eve's now");
}
