//! Refusals of what breaks the rules of built-in kinds, with their causes.

use serde_json::{Value, json};

use super::{MAPS, MERGE, TestApi, config_map, deployment, merged};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

/// Field, reason and message of each cause.
fn causes(details: &Value) -> Vec<(&str, &str, &str)> {
    let list = details["causes"].as_array().expect("causes");
    list.iter().map(|cause| (as_text(&cause["field"]), as_text(&cause["reason"]), as_text(&cause["message"]))).collect()
}

fn as_text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::test]
async fn every_cause_is_told_at_once() {
    let api = TestApi::new().await;
    let broken = merged(
        deployment("web"),
        &[("/spec/template/metadata/labels", json!({"app": "other"})), ("/spec/template/spec/containers", json!([{"name": "c"}]))],
    );
    let refused = api.post(DEPLOYMENTS, &broken).await;
    let details = refused.refused(422, "Invalid");
    assert_eq!((&details["group"], &details["kind"], &details["name"]), (&json!("apps"), &json!("Deployment"), &json!("web")));
    assert_eq!(
        causes(details),
        [
            (
                "spec.template.metadata.labels",
                "FieldValueInvalid",
                r#"Invalid value: {"app":"other"}: `selector` does not match template `labels`"#
            ),
            ("spec.template.spec.containers[0].image", "FieldValueRequired", "Required value"),
        ]
    );
}

#[tokio::test]
async fn an_immutable_field_refuses_each_way_to_change_it() {
    let api = TestApi::new().await;
    let path = format!("{DEPLOYMENTS}/web");
    api.create(DEPLOYMENTS, &deployment("web")).await;
    let labels = json!({"app": "other"});
    let changes = json!({"spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}});
    let patched = api.patch(&path, MERGE, &changes).await;
    let moved = merged(deployment("web"), &[("/spec/selector/matchLabels", labels.clone()), ("/spec/template/metadata/labels", labels)]);
    let put = api.put(&path, &moved).await;
    let applied = api.apply(&format!("{path}?force=true"), "me", &moved).await;
    for answer in [patched, put, applied] {
        let details = answer.refused(422, "Invalid");
        let found = causes(details);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0, found[0].1), ("spec.selector", "FieldValueInvalid"));
        assert!(found[0].2.ends_with(": field is immutable"), "{found:?}");
    }
}

#[tokio::test]
async fn an_immutable_map_can_still_be_labelled() {
    let api = TestApi::new().await;
    let map = merged(config_map("m", &json!({"k": "v"})), &[("/immutable", json!(true))]);
    api.create(MAPS, &map).await;
    let path = format!("{MAPS}/m");
    assert_eq!(api.patch(&path, MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await.code, 200);
    let refused = api.patch(&path, MERGE, &json!({"data": {"k": "w"}, "immutable": false})).await;
    let why = "Forbidden: field is immutable when `immutable` is set";
    let expected = [("immutable", "FieldValueForbidden", why), ("data", "FieldValueForbidden", why)];
    assert_eq!(causes(refused.refused(422, "Invalid")), expected);
}

#[tokio::test]
async fn an_unsupported_word_is_answered_with_those_that_are() {
    let api = TestApi::new().await;
    let service = json!({"metadata": {"name": "s"}, "spec": {"type": "Magic", "ports": [{"port": 80}]}});
    let refused = api.post("/api/v1/namespaces/default/services", &service).await;
    let message = r#"Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#;
    assert_eq!(causes(refused.refused(422, "Invalid")), [("spec.type", "FieldValueNotSupported", message)]);
}

#[tokio::test]
async fn the_status_of_what_was_accepted_can_be_written() {
    let api = TestApi::new().await;
    api.create(DEPLOYMENTS, &deployment("web")).await;
    let answer = api.patch(&format!("{DEPLOYMENTS}/web/status"), MERGE, &json!({"status": {"replicas": 1}})).await;
    assert_eq!((answer.code.as_u16(), &answer.body["status"]["replicas"]), (200, &json!(1)));
}

#[tokio::test]
async fn the_status_of_what_was_accepted_follows_rules() {
    let api = TestApi::new().await;
    api.create(DEPLOYMENTS, &deployment("web")).await;
    let refused = api.patch(&format!("{DEPLOYMENTS}/web/status"), MERGE, &json!({"status": {"readyReplicas": 1}})).await;
    let message = "Invalid value: 1: cannot be greater than status.replicas";
    assert_eq!(causes(refused.refused(422, "Invalid")), [("status.readyReplicas", "FieldValueInvalid", message)]);
}
