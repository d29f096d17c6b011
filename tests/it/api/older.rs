//! What clients are told of old ways to write things, and what objects may keep that were accepted before rules of today.

use bytes::Bytes;
use serde_json::{Value, json};
use trueup::store::{Change, Outcome};

use super::{MERGE, TestApi, deployment, merged};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const SERVICES: &str = "/api/v1/namespaces/default/services";
const ENDPOINTS: &str = "/api/v1/namespaces/default/endpoints";
const HOOKS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/// Writes an object into the store past the API, as a server of older rules may have.
async fn as_of_old(api: &TestApi, key: &str, changes: &[(&str, Value)]) {
    let entry = api.store.get(key).await.expect("it reads").expect("it is there");
    let object: Value = serde_json::from_slice(&entry.value).expect("JSON");
    let older = Bytes::from(merged(object, changes).to_string());
    let outcome = api.store.commit(key, entry.revision, Change::Put(older)).await.expect("it writes");
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
}

#[tokio::test]
async fn an_older_object_is_changed_in_what_is_sound() {
    for api in TestApi::on_each_store().await {
        api.create(DEPLOYMENTS, &deployment("web")).await;
        let token = json!([{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "../t", "expirationSeconds": 3600}}], "defaultMode": 420}}]);
        as_of_old(&api, "/registry/apps/deployments/default/web", &[("/spec/template/spec/volumes", token)]).await;
        let path = format!("{DEPLOYMENTS}/web");
        let scaled = api.patch(&path, MERGE, &json!({"spec": {"replicas": 3}})).await;
        assert_eq!((scaled.code.as_u16(), &scaled.body["spec"]["replicas"]), (200, &json!(3)), "{:?}", scaled.body);
        let named = json!({"spec": {"template": {"spec": {"containers": [{"name": "C", "image": "i"}]}}}});
        let refused = api.patch(&path, MERGE, &named).await;
        assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "spec.template.spec.containers[0].name");
        let sound = json!({"spec": {"template": {"spec": {"volumes": null}}}});
        assert_eq!(api.patch(&path, MERGE, &sound).await.code, 200);
        let anew = json!({"spec": {"template": {"spec": {"volumes": [{"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "../t"}}]}}]}}}});
        let refused = api.patch(&path, MERGE, &anew).await;
        assert_eq!(refused.refused(422, "Invalid")["causes"][0]["reason"], "FieldValueInvalid");
    }
}

#[tokio::test]
async fn an_address_is_written_one_way_and_an_older_one_stays_with_a_warning() {
    let api = TestApi::new().await;
    let service = |address: &str| json!({"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}], "externalIPs": [address]}});
    let refused = api.post(SERVICES, &service("010.0.0.1")).await;
    let cause = &refused.refused(422, "Invalid")["causes"][0];
    assert_eq!((&cause["field"], &cause["reason"]), (&json!("spec.externalIPs[0]"), &json!("FieldValueInvalid")));
    assert_eq!(cause["message"], "Invalid value: \"010.0.0.1\": must not have leading 0s");
    let deprecated = r#"299 - "spec.externalIPs is deprecated and may no longer be implemented in some clusters""#;
    let made = api.post(SERVICES, &service("1.2.3.4")).await;
    assert_eq!((made.code.as_u16(), &made.warnings[..]), (201, &[deprecated.to_owned()][..]));
    as_of_old(&api, "/registry/core/services/default/s", &[("/spec/externalIPs", json!(["010.0.0.1"]))]).await;
    let labelled = api.patch(&format!("{SERVICES}/s"), MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    let usual = r#"299 - "spec.externalIPs[0]: non-standard IP address \"010.0.0.1\" is invalid: use \"10.0.0.1\"""#;
    assert_eq!((labelled.code.as_u16(), &labelled.warnings[..]), (200, &[usual.to_owned(), deprecated.to_owned()][..]));
}

#[tokio::test]
async fn every_request_for_endpoints_is_answered_with_where_they_are_today() {
    let api = TestApi::new().await;
    let warning = r#"299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice""#;
    let subsets = json!([{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]);
    let made = api.post(ENDPOINTS, &json!({"metadata": {"name": "e"}, "subsets": subsets})).await;
    assert_eq!((made.code.as_u16(), &made.warnings[..]), (201, &[warning.to_owned()][..]));
    assert_eq!(api.get(ENDPOINTS).await.warnings, [warning]);
    assert_eq!(api.get(&format!("{ENDPOINTS}/none")).await.warnings, [warning]);
    assert_eq!(api.get(SERVICES).await.warnings, [""; 0]);
}

#[tokio::test]
async fn a_condition_of_a_webhook_is_compiled_with_types() {
    let api = TestApi::new().await;
    let hooks = |expression: &str| {
        json!({"metadata": {"name": "h"}, "webhooks": [{
            "name": "a.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": {"url": "https://h/p"},
            "matchConditions": [{"name": "c", "expression": expression}],
        }]})
    };
    for (expression, message) in [
        ("request.user == 'a'", "compilation failed: ERROR: <input>:1:8: undefined field 'user'"),
        ("object.metadata.name", "must evaluate to bool but got dyn"),
    ] {
        let refused = api.post(HOOKS, &hooks(expression)).await;
        let cause = &refused.refused(422, "Invalid")["causes"][0];
        assert_eq!((&cause["field"], &cause["reason"]), (&json!("webhooks[0].matchConditions[0].expression"), &json!("FieldValueInvalid")));
        let told = cause["message"].as_str().unwrap_or_default();
        assert!(told.starts_with(&format!("Invalid value: {expression:?}: {message}")), "{told}");
    }
    api.create(HOOKS, &hooks("request.userInfo.username != 'a' && object.metadata.name == 'b'")).await;
    let key = "/registry/admissionregistration.k8s.io/validatingwebhookconfigurations/h";
    as_of_old(&api, key, &[("/webhooks/0/matchConditions/0/expression", json!("object.a"))]).await;
    let labelled = api.patch(&format!("{HOOKS}/h"), MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(labelled.code, 200, "{:?}", labelled.body);
}

#[tokio::test]
async fn what_a_stateful_set_makes_is_judged_with_it() {
    let api = TestApi::new().await;
    let sets = "/apis/apps/v1/namespaces/default/statefulsets";
    let claim =
        json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let mounted = json!([{"name": "data", "mountPath": "/data"}]);
    let set = merged(
        deployment("db"),
        &[
            ("/spec/volumeClaimTemplates", json!([claim])),
            ("/spec/serviceName", json!("db")),
            ("/spec/template/spec/containers/0/volumeMounts", mounted),
        ],
    );
    let set = merged(set, &[("/kind", json!("StatefulSet")), ("/apiVersion", json!("apps/v1"))]);
    let without = merged(set.clone(), &[("/spec/volumeClaimTemplates", json!([]))]);
    let refused = api.post(sets, &without).await;
    let cause = &refused.refused(422, "Invalid")["causes"][0];
    assert_eq!(
        (&cause["field"], &cause["reason"]),
        (&json!("spec.template.spec.containers[0].volumeMounts[0].name"), &json!("FieldValueNotFound"))
    );
    api.create(sets, &set).await;
}

#[tokio::test]
async fn finalizers_of_a_namespace_are_names() {
    let api = TestApi::new().await;
    api.create("/api/v1/namespaces", &json!({"metadata": {"name": "n"}})).await;
    let path = "/api/v1/namespaces/n/finalize";
    let with = |finalizer: &str| json!({"metadata": {"name": "n"}, "spec": {"finalizers": ["kubernetes", finalizer]}});
    let refused = api.put(path, &with("mine")).await;
    assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "spec.finalizers[1]");
    let put = api.put(path, &with("example.com/mine")).await;
    assert_eq!((put.code.as_u16(), &put.body["spec"]["finalizers"][1]), (200, &json!("example.com/mine")));
}
