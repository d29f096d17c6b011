//! What is refused, and how.

use serde_json::{Value, json};
use trueup::api::BODY_MOST;

use super::{JSON, MAPS, MERGE, TestApi, config_map, deployment, merged};

#[tokio::test]
async fn a_name_must_be_given_and_follow_its_rule() {
    let api = TestApi::new().await;
    let unnamed = api.post(MAPS, &json!({"apiVersion": "v1", "kind": "ConfigMap"})).await;
    let cause =
        json!({"reason": "FieldValueRequired", "field": "metadata.name", "message": "Required value: name or generateName is required"});
    assert_eq!(unnamed.refused(422, "Invalid"), &json!({"kind": "ConfigMap", "causes": [cause]}));
    let odd = api.post(MAPS, &config_map("A_b", &json!({}))).await;
    let details = odd.refused(422, "Invalid");
    assert_eq!(
        (&details["kind"], &details["name"], &details["causes"][0]["field"]),
        (&json!("ConfigMap"), &json!("A_b"), &json!("metadata.name"))
    );
    for word in ["\"A_b\"", "RFC 1123 subdomain", "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"] {
        assert!(odd.message().contains(word), "{}", odd.message());
    }
    let base = json!({"metadata": {"generateName": "A_"}});
    assert_eq!(api.post(MAPS, &base).await.refused(422, "Invalid")["causes"][0]["field"], "metadata.name");
}

#[tokio::test]
async fn a_body_must_be_of_the_kind_and_namespace_of_its_path() {
    let api = TestApi::new().await;
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    let wrong = api.post(MAPS, &secret).await;
    wrong.refused(400, "BadRequest");
    assert!(wrong.message().starts_with("Secret in version \"v1\" cannot be handled as a ConfigMap: "), "{}", wrong.message());
    let elsewhere = api.post(MAPS, &json!({"metadata": {"name": "a", "namespace": "other"}})).await;
    elsewhere.refused(400, "BadRequest");
    assert_eq!(elsewhere.message(), "the namespace of the provided object does not match the namespace sent on the request");
    let plain = api.post(MAPS, &json!({"metadata": {"name": "a"}})).await;
    assert_eq!((plain.code.as_u16(), &plain.body["kind"], &plain.body["apiVersion"]), (201, &json!("ConfigMap"), &json!("v1")));
}

#[tokio::test]
async fn a_namespace_must_exist() {
    let api = TestApi::new().await;
    for answer in [
        api.post("/api/v1/namespaces/none/configmaps", &config_map("a", &json!({}))).await,
        api.apply("/api/v1/namespaces/none/configmaps/a", "m", &config_map("a", &json!({}))).await,
    ] {
        assert_eq!(answer.refused(404, "NotFound"), &json!({"kind": "namespaces", "name": "none"}));
        assert_eq!(answer.message(), "namespaces \"none\" not found");
    }
    assert_eq!(api.post("/api/v1/configmaps", &config_map("a", &json!({}))).await.code, 400);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let api = TestApi::new().await;
    let json_type = [("content-type", JSON)];
    let broken = api.ask("POST", MAPS, &json_type, b"{\"a\":").await;
    broken.refused(400, "BadRequest");
    let start = "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ";
    assert!(broken.message().starts_with(start), "{}", broken.message());
    for body in [&b"{\"metadata\":{\"name\":\"\xff\"}}"[..], b"", b"[]", b"1", b"{} {}", &b"[".repeat(100_000)] {
        api.ask("POST", MAPS, &json_type, body).await.refused(400, "BadRequest");
    }
    let deep = api.ask("POST", MAPS, &[("content-type", "application/yaml")], &b"[".repeat(100_000)).await;
    deep.refused(400, "BadRequest");
    api.ask("POST", MAPS, &[("content-type", "text/plain")], b"{}").await.refused(415, "UnsupportedMediaType");
    let types = api.post(MAPS, &config_map("a", &json!({"k": 1}))).await;
    types.refused(400, "BadRequest");
    assert!(types.message().contains("data.k"), "{}", types.message());
}

#[tokio::test]
async fn a_body_has_at_most_three_mebibytes() {
    let api = TestApi::new().await;
    let large = config_map("a", &json!({"k": "x".repeat(BODY_MOST)}));
    for (method, path) in [("POST", MAPS.to_owned()), ("PUT", format!("{MAPS}/a")), ("DELETE", format!("{MAPS}/a"))] {
        api.send(method, &path, JSON, &large).await.refused(413, "RequestEntityTooLarge");
    }
    api.patch(&format!("{MAPS}/a"), MERGE, &large).await.refused(413, "RequestEntityTooLarge");
}

#[tokio::test]
async fn yaml_bodies_are_fine() {
    let api = TestApi::new().await;
    let body = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: w\ndata:\n  k: \"v\"\n";
    let created = api.ask("POST", MAPS, &[("content-type", "application/yaml")], body).await;
    assert_eq!((created.code.as_u16(), &created.body["data"]["k"]), (201, &json!("v")));
    let twice = api.ask("POST", MAPS, &[("content-type", "application/yaml")], b"metadata: {name: a}\n---\nmetadata: {name: b}\n").await;
    twice.refused(400, "BadRequest");
}

#[tokio::test]
async fn unknown_and_duplicate_fields_are_treated_as_asked() {
    let api = TestApi::new().await;
    let body = br#"{"metadata":{"name":"a"},"datta":{},"data":{"k":"v","k":"w"}}"#;
    let json_type = [("content-type", JSON)];
    let strict = api.ask("POST", &format!("{MAPS}?fieldValidation=Strict"), &json_type, body).await;
    strict.refused(400, "BadRequest");
    assert!(
        strict.message().ends_with("strict decoding error: duplicate field \"data.k\", unknown field \"datta\""),
        "{}",
        strict.message()
    );
    let quiet = api.ask("POST", &format!("{MAPS}?fieldValidation=Ignore&dryRun=All"), &json_type, body).await;
    assert_eq!((quiet.code.as_u16(), quiet.warnings.len()), (201, 0));
    let warned = api.ask("POST", MAPS, &json_type, body).await;
    assert_eq!(warned.code, 201);
    assert_eq!(warned.warnings, [r#"299 - "duplicate field \"data.k\"""#, r#"299 - "unknown field \"datta\"""#]);
    assert_eq!((&warned.body["data"], &warned.body["datta"]), (&json!({"k": "w"}), &Value::Null));
    api.post(&format!("{MAPS}?fieldValidation=Loose"), &json!({})).await.refused(422, "Invalid");
}

#[tokio::test]
async fn unknown_fields_are_named_by_their_path_in_every_write() {
    let api = TestApi::new().await;
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let odd = merged(deployment("d"), &[("/spec/template/spec/containers/0/foo", json!(1))]);
    let expected = r#"299 - "unknown field \"spec.template.spec.containers[0].foo\"""#;
    assert_eq!(api.post(path, &odd).await.warnings, [expected]);
    let one = format!("{path}/d");
    assert_eq!(api.put(&one, &odd).await.warnings, [expected]);
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i", "foo": 1}]}}}});
    assert_eq!(api.patch(&one, MERGE, &patch).await.warnings, [expected]);
    api.patch(&format!("{one}?fieldValidation=Strict"), MERGE, &patch).await.refused(422, "Invalid");
    let twice = api.ask("PATCH", &one, &[("content-type", MERGE)], br#"{"spec":{"replicas":1,"replicas":2}}"#).await;
    assert_eq!(twice.warnings, [r#"299 - "duplicate field \"spec.replicas\"""#]);
}

#[tokio::test]
async fn a_write_of_what_does_not_exist_is_not_found() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/zz");
    for answer in [
        api.put(&path, &config_map("zz", &json!({}))).await,
        api.patch(&path, MERGE, &json!({})).await,
        api.delete(&path).await,
        api.get(&path).await,
    ] {
        assert_eq!(answer.refused(404, "NotFound"), &json!({"kind": "configmaps", "name": "zz"}));
        assert_eq!(answer.message(), "configmaps \"zz\" not found");
    }
    api.create(MAPS, &config_map("zz", &json!({}))).await;
    assert_eq!(
        api.post(MAPS, &config_map("zz", &json!({}))).await.refused(409, "AlreadyExists"),
        &json!({"kind": "configmaps", "name": "zz"})
    );
}

#[tokio::test]
async fn methods_and_media_types_that_do_not_fit_are_refused() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    api.patch(MAPS, MERGE, &json!({})).await.refused(405, "MethodNotAllowed");
    api.put(MAPS, &json!({})).await.refused(405, "MethodNotAllowed");
    api.post(&format!("{MAPS}/a"), &json!({})).await.refused(405, "MethodNotAllowed");
    api.ask("BREW", &format!("{MAPS}/a"), &[], b"").await.refused(405, "MethodNotAllowed");
    api.send("DELETE", "/api/v1/namespaces", JSON, &Value::Null).await.refused(405, "MethodNotAllowed");
    api.patch(&format!("{MAPS}/a"), "application/patch", &json!({})).await.refused(415, "UnsupportedMediaType");
    let unreadable = api.get_as(MAPS, "application/x-thing").await;
    unreadable.refused(406, "NotAcceptable");
    assert!(unreadable.message().contains("application/json, application/yaml"), "{}", unreadable.message());
}

#[tokio::test]
async fn labels_annotations_and_owners_follow_their_rules() {
    let api = TestApi::new().await;
    let mut odd = config_map("a", &json!({}));
    odd["metadata"]["labels"] = json!({"a b": "v", "ok": "-"});
    odd["metadata"]["annotations"] = json!({"/x": "v"});
    odd["metadata"]["finalizers"] = json!(["a b"]);
    odd["metadata"]["ownerReferences"] = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "", "uid": "u"}]);
    let answer = api.post(MAPS, &odd).await;
    let causes = answer.refused(422, "Invalid")["causes"].as_array().expect("causes").clone();
    let fields: Vec<&str> = causes.iter().map(|cause| cause["field"].as_str().expect("a field")).collect();
    let expected =
        ["metadata.labels", "metadata.labels", "metadata.annotations", "metadata.finalizers", "metadata.ownerReferences[0].name"];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a", "b"]).await;
        let before = api.get(MAPS).await.body;
        let dry = |path: &str| format!("{path}?dryRun=All");
        let one = dry(&format!("{MAPS}/a"));
        let created = api.post(&dry(MAPS), &config_map("new", &json!({}))).await;
        assert_eq!((created.code.as_u16(), &created.body["metadata"]["resourceVersion"]), (201, &Value::Null));
        assert_ne!(created.body["metadata"]["uid"], Value::Null);
        api.post(&dry(MAPS), &config_map("a", &json!({}))).await.refused(409, "AlreadyExists");
        assert_eq!(api.put(&one, &config_map("a", &json!({"k": "w"}))).await.body["data"]["k"], "w");
        assert_eq!(api.patch(&one, MERGE, &json!({"data": {"x": "y"}})).await.body["data"], json!({"k": "v", "x": "y"}));
        assert_eq!(api.apply(&one, "m", &config_map("a", &json!({"z": "z"}))).await.code, 200);
        assert_eq!(api.apply(&dry(&format!("{MAPS}/c")), "m", &config_map("c", &json!({}))).await.code, 201);
        assert_eq!(api.delete(&one).await.body["status"], "Success");
        assert_eq!(api.send("DELETE", &format!("{MAPS}/a"), JSON, &json!({"dryRun": ["All"]})).await.code, 200);
        assert_eq!(api.delete(&dry(MAPS)).await.code, 200);
        assert_eq!(api.get(MAPS).await.body, before);
        api.post(&format!("{MAPS}?dryRun=Some"), &json!({})).await.refused(422, "Invalid");
    }
}
