//! Pods and what makes them, as clients meet their rules: what may change, what the server adds, and what it warns of.

use serde_json::{Value, json};

use super::{MERGE, TestApi, deployment, merged};

const PODS: &str = "/api/v1/namespaces/default/pods";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

fn pod(name: &str) -> Value {
    json!({"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}})
}

fn of_kind(kind: &str) -> Value {
    merged(deployment("w"), &[("/kind", json!(kind))])
}

#[tokio::test]
async fn a_pod_begins_as_pending_in_a_class_of_service() {
    let api = TestApi::new().await;
    let ask = json!({"requests": {"cpu": "1"}});
    let made = api.create(PODS, &merged(pod("p"), &[("/spec/containers/0/resources", ask)])).await;
    assert_eq!(made["status"], json!({"phase": "Pending", "qosClass": "Burstable"}));
    let running = api.patch(&format!("{PODS}/p/status"), MERGE, &json!({"status": {"phase": "Running", "qosClass": null}})).await;
    assert_eq!(running.body["status"], json!({"phase": "Running", "qosClass": "Burstable"}));
}

#[tokio::test]
async fn of_a_pod_little_may_change() {
    let api = TestApi::new().await;
    api.create(PODS, &pod("p")).await;
    let path = format!("{PODS}/p");
    let newer =
        api.patch(&path, "application/strategic-merge-patch+json", &json!({"spec": {"containers": [{"name": "c", "image": "i:2"}]}})).await;
    assert_eq!(newer.code, 200);
    let refused = api.patch(&path, MERGE, &json!({"spec": {"nodeName": "n"}})).await;
    let cause = &refused.refused(422, "Invalid")["causes"][0];
    assert_eq!((&cause["field"], &cause["reason"]), (&json!("spec"), &json!("FieldValueForbidden")));
    let message = cause["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"), "{message}");
}

#[tokio::test]
async fn selectors_and_templates_stay() {
    let api = TestApi::new().await;
    let once = ("/spec/template/spec/restartPolicy", json!("Never"));
    let job = merged(of_kind("Job"), &[("/apiVersion", json!("batch/v1")), ("/spec/selector", Value::Null), once]);
    let made = api.create(JOBS, &job).await;
    assert_eq!(made["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"], made["metadata"]["uid"]);
    let other = json!({"matchLabels": {"app": "other"}});
    for (plural, field, change) in [
        ("daemonsets", "spec.selector", json!({"spec": {"selector": other, "template": {"metadata": {"labels": {"app": "other"}}}}})),
        ("statefulsets", "spec", json!({"spec": {"serviceName": "other"}})),
        ("jobs", "spec.template", json!({"spec": {"template": {"spec": {"hostIPC": true}}}})),
    ] {
        let (group, kind) = match plural {
            "daemonsets" => ("apps", "DaemonSet"),
            "statefulsets" => ("apps", "StatefulSet"),
            _ => ("batch", "Job"),
        };
        let path = format!("/apis/{group}/v1/namespaces/default/{plural}");
        if kind != "Job" {
            api.create(&path, &of_kind(kind)).await;
        }
        let refused = api.patch(&format!("{path}/w"), MERGE, &change).await;
        let causes = &refused.refused(422, "Invalid")["causes"];
        assert_eq!((&causes[0]["field"], &causes[1]), (&json!(field), &Value::Null), "{causes}");
    }
}

#[tokio::test]
async fn a_daemon_set_counts_its_templates_and_a_deployment_its_annotations() {
    let api = TestApi::new().await;
    let sets = "/apis/apps/v1/namespaces/default/daemonsets";
    let count = |set: &Value| set["metadata"]["annotations"]["deprecated.daemonset.template.generation"].clone();
    assert_eq!(count(&api.create(sets, &of_kind("DaemonSet")).await), "1");
    let changed = api.patch(&format!("{sets}/w"), MERGE, &json!({"spec": {"template": {"spec": {"hostIPC": true}}}})).await;
    assert_eq!(count(&changed.body), "2");
    api.create(DEPLOYMENTS, &deployment("w")).await;
    let noted = api.patch(&format!("{DEPLOYMENTS}/w"), MERGE, &json!({"metadata": {"annotations": {"a": "b"}}})).await;
    assert_eq!(noted.body["metadata"]["generation"], 2);
}

#[tokio::test]
async fn what_is_accepted_but_odd_is_warned_of() {
    let api = TestApi::new().await;
    let selector = ("/spec/template/spec/nodeSelector", json!({"beta.kubernetes.io/os": "linux"}));
    let made = api.post(DEPLOYMENTS, &merged(deployment("w"), std::slice::from_ref(&selector))).await;
    let text =
        r#"299 - "spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead""#;
    assert_eq!((made.code.as_u16(), made.warnings), (201, vec![text.to_owned()]));
    let path = format!("{DEPLOYMENTS}/w");
    assert_eq!(api.patch(&path, MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await.warnings, [""; 0]);
    assert_eq!(api.patch(&path, MERGE, &json!({"spec": {"replicas": 3}})).await.warnings, [text]);
    let applied = api
        .apply(
            &format!("{PODS}/q"),
            "me",
            &merged(
                pod("q"),
                &[("/apiVersion", json!("v1")), ("/kind", json!("Pod")), ("/spec/nodeSelector", json!({"beta.kubernetes.io/os": "linux"}))],
            ),
        )
        .await;
    assert_eq!((applied.code.as_u16(), applied.warnings.len()), (201, 1));
}
