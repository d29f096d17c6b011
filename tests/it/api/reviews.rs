//! Questions about who somebody is and what they may do, and how the parts of the control plane are.

use std::sync::Arc;

use serde_json::{Value, json};
use trueup::auth::{Identity, TokenFile};

use super::{Answered, JSON, TestApi};

const AUTHENTICATION: &str = "/apis/authentication.k8s.io/v1";
const AUTHORIZATION: &str = "/apis/authorization.k8s.io/v1";

fn bob() -> Identity {
    Identity::new("bob", ["dev".to_owned()]).with_uid("7")
}

async fn ask(api: &TestApi, who: &Identity, path: &str, body: &Value) -> Answered {
    api.ask_as(who, "POST", path, &[("content-type", JSON)], body.to_string().as_bytes()).await
}

async fn own_access(api: &TestApi, who: &Identity, spec: &Value) -> Value {
    let answered = ask(api, who, &format!("{AUTHORIZATION}/selfsubjectaccessreviews"), &json!({"spec": spec})).await;
    assert_eq!(answered.code, 201, "{}", answered.body);
    answered.body["status"]["allowed"].clone()
}

#[tokio::test]
async fn everybody_with_credentials_learns_who_they_are() {
    let api = TestApi::new().await;
    let path = format!("{AUTHENTICATION}/selfsubjectreviews");
    let told = ask(&api, &bob(), &path, &json!({})).await;
    assert_eq!(told.code, 201);
    let user = json!({"username": "bob", "uid": "7", "groups": ["dev", "system:authenticated"]});
    assert_eq!(
        told.body,
        json!({
            "kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"creationTimestamp": "2026-11-22T10:00:00Z"}, "status": {"userInfo": user},
        })
    );
    let before = api.revision().await;
    let dry = ask(&api, &bob(), &format!("{path}?dryRun=All"), &json!({})).await;
    assert_eq!((dry.code.as_u16(), &dry.body["status"]["userInfo"]["username"]), (201, &json!("bob")));
    assert_eq!(api.revision().await, before, "nothing is stored");
    ask(&api, &Identity::anonymous(), &path, &json!({})).await.refused(401, "Unauthorized");
}

#[tokio::test]
async fn reviews_are_spoken_in_yaml_and_protobuf_too() {
    let api = TestApi::new().await;
    let path = format!("{AUTHENTICATION}/selfsubjectreviews");
    let body = b"apiVersion: authentication.k8s.io/v1\nkind: SelfSubjectReview\n";
    let headers = [("content-type", "application/yaml"), ("accept", "application/yaml")];
    let told = api.ask_as(&bob(), "POST", &path, &headers, body).await;
    let text = String::from_utf8(told.bytes).expect("text");
    assert!(told.code == 201 && text.contains("username: bob\n"), "{text}");

    let protobuf = "application/vnd.kubernetes.protobuf";
    let message =
        trueup::protobuf::document(&json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview", "metadata": {}}));
    let headers = [("content-type", protobuf), ("accept", protobuf)];
    let told = api.ask_as(&bob(), "POST", &path, &headers, &message.expect("a message")).await;
    assert_eq!((told.code.as_u16(), told.headers["content-type"].to_str().expect("text")), (201, protobuf));
    let envelope = trueup::protobuf::open(&told.bytes).expect("an envelope");
    let of_kind = trueup::protobuf::message_of("authentication.k8s.io/v1", "SelfSubjectReview").expect("a message");
    assert_eq!(envelope.decode(of_kind).expect("readable")["status"]["userInfo"]["username"], "bob");
}

#[tokio::test]
async fn access_is_told_as_the_server_decides_it() {
    let api = TestApi::new().await;
    let admin = Identity::in_process();
    let pods = json!({"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "default"}});
    assert_eq!((own_access(&api, &admin, &pods).await, own_access(&api, &bob(), &pods).await), (json!(true), json!(false)));
    let oneself = json!({"resourceAttributes": {"verb": "create", "group": "authorization.k8s.io", "resource": "selfsubjectrulesreviews"}});
    assert_eq!(own_access(&api, &bob(), &oneself).await, true);
    for (path, allowed) in [("/healthz", true), ("/apis/apps", true), ("/openapi/v3", true), ("/metrics", false), ("/logs", false)] {
        let attributes = json!({"nonResourceAttributes": {"verb": "get", "path": path}});
        assert_eq!(
            (own_access(&api, &bob(), &attributes).await, own_access(&api, &admin, &attributes).await),
            (json!(allowed), json!(true))
        );
    }

    let of = |user: &str, groups: &[&str]| json!({"spec": {"user": user, "groups": groups, "resourceAttributes": {"verb": "get", "resource": "secrets", "namespace": "default"}}});
    let path = format!("{AUTHORIZATION}/subjectaccessreviews");
    let told = api.post(&path, &of("eve", &["system:masters"])).await;
    assert_eq!((told.code.as_u16(), &told.body["status"]), (201, &json!({"allowed": true})));
    assert_eq!(told.body["spec"]["user"], "eve");
    let told = api.post(&path, &of("eve", &[])).await;
    assert_eq!(told.body["status"]["allowed"], false);
    assert!(told.body["status"]["reason"].as_str().expect("a reason").contains("RBAC"));
    let refused = ask(&api, &bob(), &path, &of("eve", &[])).await;
    assert_eq!(refused.refused(403, "Forbidden")["kind"], "subjectaccessreviews");

    let local = "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews";
    let told = api.post(local, &of("eve", &["system:masters"])).await;
    assert_eq!(
        (told.code.as_u16(), &told.body["status"]["allowed"], &told.body["metadata"]["namespace"]),
        (201, &json!(true), &json!("default"))
    );
}

#[tokio::test]
async fn reviews_that_ask_nothing_or_too_much_are_refused_by_field() {
    let api = TestApi::new().await;
    let (resource, path) = (json!({"verb": "get", "resource": "pods", "namespace": "other"}), json!({"verb": "get", "path": "/"}));
    for (kind, body, fields) in [
        ("selfsubjectaccessreviews", json!({"spec": {}}), vec!["spec.resourceAttributes"]),
        (
            "selfsubjectaccessreviews",
            json!({"spec": {"resourceAttributes": resource, "nonResourceAttributes": path}}),
            vec!["spec.nonResourceAttributes"],
        ),
        ("selfsubjectaccessreviews", json!({"metadata": {"name": "x"}, "spec": {"nonResourceAttributes": path}}), vec!["metadata"]),
        ("subjectaccessreviews", json!({"spec": {"nonResourceAttributes": path}}), vec!["spec.user"]),
        (
            "namespaces/default/localsubjectaccessreviews",
            json!({"spec": {"user": "a", "resourceAttributes": resource}}),
            vec!["spec.resourceAttributes.namespace"],
        ),
        (
            "namespaces/default/localsubjectaccessreviews",
            json!({"spec": {"user": "a", "nonResourceAttributes": path}}),
            vec!["spec.nonResourceAttributes"],
        ),
    ] {
        let refused = api.post(&format!("{AUTHORIZATION}/{kind}"), &body).await;
        let causes = refused.refused(422, "Invalid")["causes"].as_array().expect("causes");
        let found: Vec<_> = causes.iter().map(|cause| cause["field"].as_str().expect("a field")).collect();
        assert_eq!(found, fields, "{kind} {body}");
    }
    for (path, message) in [
        (format!("{AUTHENTICATION}/tokenreviews"), "token is required for TokenReview in authentication"),
        (format!("{AUTHORIZATION}/selfsubjectrulesreviews"), "no namespace on request"),
    ] {
        let refused = api.post(&path, &json!({})).await;
        refused.refused(400, "BadRequest");
        assert_eq!(refused.message(), message);
    }
    api.get(&format!("{AUTHORIZATION}/subjectaccessreviews")).await.refused(405, "MethodNotAllowed");
    api.get(&format!("{AUTHORIZATION}/subjectaccessreviews/x")).await.refused(405, "MethodNotAllowed");
}

#[tokio::test]
async fn all_rules_are_told_at_once() {
    let api = TestApi::new().await;
    let path = format!("{AUTHORIZATION}/selfsubjectrulesreviews");
    let body = json!({"spec": {"namespace": "default"}});
    let told = api.post(&path, &body).await.body;
    assert_eq!(told["status"]["resourceRules"][0], json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
    let told = ask(&api, &bob(), &path, &body).await.body;
    assert_eq!(
        told["status"]["resourceRules"],
        json!([
            {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
            {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]},
        ])
    );
    assert_eq!(told["status"]["incomplete"], false);
    assert!(told["status"]["nonResourceRules"][0]["nonResourceURLs"].as_array().expect("paths").contains(&json!("/healthz")));
}

#[tokio::test]
async fn tokens_are_their_holders_as_the_server_knows_them() {
    let api = TestApi::new().await;
    let path = format!("{AUTHENTICATION}/tokenreviews");
    let review = |token: &str, audiences: &[&str]| json!({"spec": {"token": token, "audiences": audiences}});
    assert_eq!(api.post(&path, &review("s3cret", &[])).await.body["status"], json!({"user": {}}));

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tokens.csv");
    std::fs::write(&file, "s3cret,ann,42,\"ops,dev\"\n").expect("written");
    api.api.know_tokens(Arc::new(TokenFile::read(&file).expect("readable")));
    let told = api.post(&path, &review("s3cret", &[])).await;
    let user = json!({"username": "ann", "uid": "42", "groups": ["ops", "dev", "system:authenticated"]});
    let audiences = json!(["https://kubernetes.default.svc.cluster.local"]);
    assert_eq!((told.code.as_u16(), &told.body["status"]), (201, &json!({"authenticated": true, "user": user, "audiences": audiences})));
    for (token, audiences) in [("other", &[][..]), ("s3cret", &["https://elsewhere"][..])] {
        assert_eq!(api.post(&path, &review(token, audiences)).await.body["status"], json!({"user": {}}), "{token}");
    }
    ask(&api, &bob(), &path, &review("s3cret", &[])).await.refused(403, "Forbidden");
}

#[tokio::test]
async fn the_store_is_the_one_component_and_its_kind_is_deprecated() {
    let api = TestApi::new().await;
    let path = "/api/v1/componentstatuses";
    let list = api.get(path).await;
    assert_eq!(list.warnings, ["299 - \"v1 ComponentStatus is deprecated in v1.19+\""]);
    let condition = json!({"type": "Healthy", "status": "True", "message": "ok"});
    assert_eq!(
        list.body,
        json!({
            "kind": "ComponentStatusList", "apiVersion": "v1", "metadata": {},
            "items": [{"metadata": {"name": "etcd-0"}, "conditions": [condition]}],
        })
    );
    let one = api.get(&format!("{path}/etcd-0")).await;
    assert_eq!((&one.body["kind"], &one.body["conditions"]), (&json!("ComponentStatus"), &json!([condition])));
    let table = api.get_as(path, "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
    assert_eq!(table["rows"][0]["cells"], json!(["etcd-0", "Healthy", "ok", ""]));
    assert_eq!(api.get(&format!("{path}?labelSelector=a%3Db")).await.body["items"], json!([]));
    assert_eq!(api.get(&format!("{path}?fieldSelector=metadata.name%3Detcd-0")).await.names(), ["etcd-0"]);
    assert_eq!(api.get(&format!("{path}/scheduler")).await.refused(404, "NotFound")["kind"], "componentstatuses");
    api.get(&format!("{path}?watch=true")).await.refused(405, "MethodNotAllowed");
    api.delete(&format!("{path}/etcd-0")).await.refused(405, "MethodNotAllowed");
}
