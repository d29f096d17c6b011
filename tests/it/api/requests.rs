//! What requests for custom resources are answered where clients see the difference from kube-apiserver: bodies, options, forms.

use serde_json::{Value, json};

use super::{JSON, JSON_PATCH, MAPS, MERGE, TestApi, config_map, merged};
use trueup::auth::Identity;

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GADGETS: &str = "/apis/example.com/v1/namespaces/default/gadgets";

fn definition() -> Value {
    let spec = json!({"type": "object", "properties": {
        "a": {"type": "string"}, "n": {"type": "integer"}, "ratio": {"type": "number"},
    }});
    let status = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let version = json!({
        "name": "v1", "served": true, "storage": true,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}},
        "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.n", "statusReplicasPath": ".status.n"}},
        "additionalPrinterColumns": [{"name": "Ratio", "type": "number", "jsonPath": ".spec.ratio"}],
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gadgets.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "versions": [version], "names": {"plural": "gadgets", "kind": "Gadget"}},
    })
}

fn gadget(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": name}, "spec": spec})
}

async fn api() -> TestApi {
    let api = TestApi::new().await;
    api.create(CRDS, &definition()).await;
    api
}

/// An API with one gadget, and the gadget's path.
async fn api_with_gadget(spec: &Value) -> (TestApi, String) {
    let api = api().await;
    api.create(GADGETS, &gadget("x", spec)).await;
    (api, format!("{GADGETS}/x"))
}

fn managers(object: &Value) -> Vec<(&str, bool)> {
    let entries = object["metadata"]["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
    entries.iter().map(|entry| (entry["manager"].as_str().expect("a name"), entry["time"].is_string())).collect()
}

#[tokio::test]
async fn a_number_is_kept_to_its_last_digit() {
    let (api, path) = api_with_gadget(&json!({})).await;
    for number in ["8888888888888888.888888888884", "0.30000000000000004", "2.2250738585072014e-308", "123456789.12345679", "1e-7"] {
        let body = format!("{{\"spec\": {{\"ratio\": {number}}}}}");
        let patched = api.ask("PATCH", &path, &[("content-type", MERGE)], body.as_bytes()).await;
        let exact: f64 = number.parse().expect("a number");
        assert_eq!(patched.body["spec"]["ratio"].as_f64().map(f64::to_bits), Some(exact.to_bits()), "{number}");
        let again = api.put(&path, &patched.body).await;
        assert_eq!(again.body, patched.body, "{number}");
    }
}

#[tokio::test]
async fn a_custom_resource_must_say_what_it_is() {
    let api = api().await;
    for body in [json!({}), json!({"metadata": {"name": "x"}}), json!({"apiVersion": "example.com/v1", "metadata": {"name": "x"}})] {
        api.post(GADGETS, &body).await.refused(400, "BadRequest");
    }
    let other = api.post(GADGETS, &merged(gadget("x", &json!({})), &[("/kind", json!("Zork"))])).await;
    assert_eq!(other.refused(422, "Invalid")["causes"][0]["field"], "kind");
    let newer = api.post(GADGETS, &merged(gadget("x", &json!({})), &[("/apiVersion", json!("example.com/v2"))])).await;
    newer.refused(400, "BadRequest");
    assert!(newer.message().contains("does not match the expected API version (example.com/v1)"), "{}", newer.message());
    assert_eq!(api.post(MAPS, &json!({"metadata": {"name": "m"}})).await.code, 201);
}

#[tokio::test]
async fn a_duplicate_yaml_key_is_warned_of_or_refused_as_asked() {
    let api = api().await;
    let text = |name: &str| format!("apiVersion: example.com/v1\nkind: Gadget\nmetadata: {{name: {name}}}\nspec:\n  a: one\n  a: two\n");
    let post = async |query: &str, name: &str| {
        api.ask("POST", &format!("{GADGETS}{query}"), &[("content-type", "application/yaml")], text(name).as_bytes()).await
    };
    let warned = post("", "one").await;
    assert_eq!((warned.code.as_u16(), &warned.body["spec"]["a"]), (201, &json!("two")));
    assert_eq!(warned.warnings, [r#"299 - "line 6: key \"a\" already set in map""#]);
    assert_eq!(post("?fieldValidation=Ignore", "two").await.warnings, [""; 0]);
    post("?fieldValidation=Strict", "three").await.refused(400, "BadRequest");
}

#[tokio::test]
async fn a_patch_whose_outcome_is_no_object_of_the_kind_is_invalid() {
    let (api, path) = api_with_gadget(&json!({"a": "x"})).await;
    for (patch, field) in [
        (json!({"metadata": {"uid": "other"}}), "metadata.uid"),
        (json!({"apiVersion": "v1"}), "apiVersion"),
        (json!({"kind": "Zork"}), "kind"),
        (json!({"metadata": {"labels": {"a": 5}}}), "patch"),
        (json!({"metadata": 5}), "patch"),
    ] {
        let answer = api.patch(&path, MERGE, &patch).await;
        assert_eq!(answer.refused(422, "Invalid")["causes"][0]["field"], field, "{patch}");
    }
    let strict = format!("{path}?fieldValidation=Strict");
    api.patch(&strict, MERGE, &json!({"spec": {"zork": 1}})).await.refused(422, "Invalid");
    let odd = br#"[{"op": "add", "path": "/spec/a", "value": "y", "value": "z", "zork": 1}]"#;
    let answer = api.ask("PATCH", &path, &[("content-type", JSON_PATCH)], odd).await;
    let warned = [r#"299 - "json patch duplicate field \"[0].value\"""#, r#"299 - "json patch unknown field \"[0].zork\"""#];
    assert_eq!((answer.code.as_u16(), answer.warnings.as_slice()), (200, &warned.map(str::to_owned)[..]));
}

#[tokio::test]
async fn an_update_of_a_definition_needs_a_revision_and_one_of_nothing_is_not_found() {
    let api = api().await;
    let details = api.put(&format!("{CRDS}/gadgets.example.com"), &definition()).await;
    assert_eq!(details.refused(422, "Invalid")["causes"][0]["field"], "metadata.resourceVersion");
    api.put(&format!("{GADGETS}/none"), &gadget("none", &json!({}))).await.refused(404, "NotFound");
    api.create(GADGETS, &gadget("x", &json!({}))).await;
    let foreign = merged(gadget("x", &json!({})), &[("/metadata/uid", json!("other"))]);
    api.put(&format!("{GADGETS}/x"), &foreign).await.refused(409, "Conflict");
}

#[tokio::test]
async fn an_apply_takes_no_field_that_it_could_not_own() {
    let (api, path) = api_with_gadget(&json!({})).await;
    let unknown = merged(gadget("x", &json!({"zork": 1})), &[("/spec/zork", json!(1))]);
    for validation in ["Ignore", "Warn", "Strict"] {
        let answer = api.apply(&format!("{path}?fieldValidation={validation}"), "m", &unknown).await;
        answer.refused(400, "BadRequest");
        assert!(answer.message().contains("spec.zork"), "{}", answer.message());
    }
    let managed = merged(gadget("x", &json!({})), &[("/metadata/managedFields", json!([]))]);
    api.apply(&path, "m", &managed).await.refused(400, "BadRequest");
    let nameless = json!({"apiVersion": "example.com/v1", "kind": "Gadget", "spec": {}});
    api.apply(&format!("{GADGETS}/new"), "m", &nameless).await.refused(400, "BadRequest");
    assert_eq!(api.apply(&path, "m", &nameless).await.code, 200, "what exists is named by the path");
    let foreign = merged(gadget("x", &json!({})), &[("/metadata/uid", json!("other"))]);
    assert_eq!(api.apply(&path, "m", &foreign).await.refused(422, "Invalid")["causes"][0]["field"], "metadata.uid");
}

#[tokio::test]
async fn an_applied_null_is_refused_where_the_schema_has_none() {
    let (api, path) = api_with_gadget(&json!({"a": "x"})).await;
    let null = gadget("x", &json!({"a": null}));
    for path in [&path, &format!("{GADGETS}/new")] {
        let applied = merged(null.clone(), &[("/metadata/name", json!(path.rsplit('/').next()))]);
        let answer = api.apply(&format!("{path}?force=true"), "m", &applied).await;
        assert_eq!(answer.refused(422, "Invalid")["causes"][0]["field"], "spec.a");
    }
    let unlabelled = merged(gadget("x", &json!({"a": "x"})), &[("/metadata/labels", Value::Null)]);
    assert_eq!(api.apply(&path, "m", &unlabelled).await.code, 200, "metadata is typed, where null is nothing");
    assert!(api.patch(&path, JSON_PATCH, &json!([{"op": "add", "path": "/spec/a", "value": null}])).await.body["spec"].get("a").is_none());
}

#[tokio::test]
async fn a_scale_need_not_say_what_it_is_unless_it_is_applied() {
    let (api, path) = api_with_gadget(&json!({"n": 1})).await;
    let scale = json!({"metadata": {"name": "x"}, "spec": {"replicas": 7}});
    assert_eq!(api.put(&format!("{path}/scale"), &scale).await.body["spec"]["replicas"], 7);
    api.apply(&format!("{path}/scale"), "m", &scale).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn a_merge_patch_is_an_object() {
    let (api, path) = api_with_gadget(&json!({})).await;
    for patch in [json!([]), json!("x"), json!(5)] {
        api.patch(&path, MERGE, &patch).await.refused(400, "BadRequest");
    }
}

#[tokio::test]
async fn a_manager_that_only_joins_the_owners_has_no_time() {
    let api = api().await;
    let path = format!("{GADGETS}/x");
    api.apply(&path, "m", &gadget("x", &json!({"a": "1"}))).await;
    let joined = api.apply(&path, "n", &gadget("x", &json!({"a": "1"}))).await.body;
    assert_eq!(managers(&joined), [("n", false), ("m", true)]);
    let changed = api.apply(&path, "n", &gadget("x", &json!({"a": "1", "n": 2}))).await.body;
    assert_eq!(managers(&changed), [("m", true), ("n", true)]);
}

#[tokio::test]
async fn a_scale_is_read_and_written_in_its_types() {
    let (api, path) = api_with_gadget(&json!({"n": 3})).await;
    let path = format!("{path}/scale");
    let scale = |replicas: Value| json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "x"}, "spec": {"replicas": replicas}});
    for body in [
        scale(json!("x")),
        merged(scale(json!(4)), &[("/kind", json!("Zork"))]),
        merged(scale(json!(4)), &[("/apiVersion", json!("autoscaling/v2"))]),
    ] {
        api.put(&path, &body).await.refused(400, "BadRequest");
    }
    api.put(&path, &merged(scale(json!(4)), &[("/metadata/uid", json!("other"))])).await.refused(409, "Conflict");
    api.patch(&format!("{path}?fieldValidation=Strict"), MERGE, &json!({"spec": {"zork": 6}})).await.refused(422, "Invalid");
    assert_eq!(api.patch(&path, MERGE, &json!({"spec": {"zork": 6}})).await.warnings, [r#"299 - "unknown field \"spec.zork\"""#]);
    assert_eq!(api.put(&path, &scale(json!(0))).await.body["spec"], json!({}));
    assert_eq!(api.get(&format!("{GADGETS}/x")).await.body["spec"]["n"], 0);
}

#[tokio::test]
async fn a_scale_has_a_table_of_its_own() {
    let (api, path) = api_with_gadget(&json!({"n": 3})).await;
    let table = api.get_as(&format!("{path}/scale"), "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
    let names: Vec<&Value> = table["columnDefinitions"].as_array().expect("columns").iter().map(|column| &column["name"]).collect();
    assert_eq!(names, ["Name", "Desired", "Available", "Age"]);
    assert_eq!(table["rows"][0]["cells"], json!(["x", 3, 0, "0s"]));
    assert_eq!(table["rows"][0]["object"]["kind"], "PartialObjectMetadata");
}

#[tokio::test]
async fn columns_of_custom_resources_say_where_they_come_from() {
    let (api, path) = api_with_gadget(&json!({"ratio": 2.0})).await;
    let table = api.get_as(&path, "application/json;as=Table;v=v1;g=meta.k8s.io").await;
    assert_eq!(table.body["columnDefinitions"][1]["description"], "Custom resource definition column (in JSONPath format): .spec.ratio");
    assert!(String::from_utf8_lossy(&table.bytes).contains(r#""cells":["x",2]"#), "{}", String::from_utf8_lossy(&table.bytes));
}

#[tokio::test]
async fn lists_say_whether_they_go_on_and_are_partial_as_lists() {
    let (api, path) = api_with_gadget(&json!({})).await;
    assert_eq!(api.get(GADGETS).await.body["metadata"]["continue"], "");
    assert_eq!(api.get(MAPS).await.body["metadata"].get("continue"), None);
    let partial = |kind: &str| format!("application/json;as={kind};v=v1;g=meta.k8s.io");
    api.get_as(GADGETS, &partial("PartialObjectMetadata")).await.refused(406, "NotAcceptable");
    assert_eq!(api.get_as(GADGETS, &partial("PartialObjectMetadataList")).await.body["kind"], "PartialObjectMetadataList");
    assert_eq!(api.get_as(&path, &partial("PartialObjectMetadata")).await.body["kind"], "PartialObjectMetadata");
    assert_eq!(api.get_as(&path, "").await.body["kind"], "Gadget");
    let custom = api.get("/apis/example.com/v1").await.body["resources"].clone();
    assert_eq!(custom[0]["verbs"], json!(["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]));
    assert_eq!((&custom[1]["name"], &custom[2]["name"]), (&json!("gadgets/status"), &json!("gadgets/scale")));
}

#[tokio::test]
async fn the_options_of_a_deletion_are_checked() {
    let (api, path) = api_with_gadget(&json!({})).await;
    let delete = async |body: &Value| api.send("DELETE", &path, JSON, body).await;
    let both = json!({"apiVersion": "v1", "kind": "DeleteOptions", "orphanDependents": true, "propagationPolicy": "Background"});
    delete(&both).await.refused(422, "Invalid");
    let policy = delete(&json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Zork"})).await;
    assert_eq!(policy.refused(422, "Invalid")["causes"][0]["reason"], "FieldValueNotSupported");
    let conflict = delete(&json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "other"}})).await;
    conflict.refused(409, "Conflict");
    let expected = "Operation cannot be fulfilled on Gadget.example.com \"x\": the UID in the precondition (other)";
    assert!(conflict.message().starts_with(expected), "{}", conflict.message());
    let before = api.get(GADGETS).await.version().to_owned();
    api.create(GADGETS, &gadget("later", &json!({}))).await;
    assert_eq!(api.delete(&format!("{GADGETS}?resourceVersion={before}")).await.names(), ["x"]);
    assert_eq!(api.get(GADGETS).await.names(), ["later"]);
    assert_eq!(delete(&json!({"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": -1})).await.code, 404);
}

#[tokio::test]
async fn a_revision_of_the_future_says_when_to_ask_again() {
    let api = TestApi::new().await;
    let answer = api.get(&format!("{MAPS}?resourceVersion=999999&resourceVersionMatch=Exact&limit=1")).await;
    answer.refused(504, "Timeout");
    assert_eq!(answer.headers["retry-after"], "1");
}

#[tokio::test]
async fn an_admin_acts_as_somebody_else_with_their_permissions() {
    let api = TestApi::new().await;
    api.create(MAPS, &config_map("m", &json!({}))).await;
    let path = format!("{MAPS}/m");
    let jane = [("impersonate-user", "jane"), ("impersonate-group", "dev")];
    api.ask("GET", &path, &jane, &[]).await.refused(403, "Forbidden");
    let boss = [("impersonate-user", "jane"), ("impersonate-group", "system:masters")];
    assert_eq!(api.ask("GET", &path, &boss, &[]).await.code, 200);
    let review = serde_json::to_vec(&json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"})).expect("JSON");
    let whoami = api.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", &jane, &review).await.body;
    assert_eq!(whoami["status"]["userInfo"], json!({"username": "jane", "groups": ["dev", "system:authenticated"]}));
    let joe = Identity::new("joe", []);
    api.ask_as(&joe, "GET", &path, &boss, &[]).await.refused(403, "Forbidden");
    let scoped = [("impersonate-user", "jane"), ("impersonate-extra-scopes", "x"), ("impersonate-extra-acme.com%2Fteam", "y")];
    let review = api.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", &scoped, b"{}").await.body;
    assert_eq!(review["status"]["userInfo"]["extra"], json!({"scopes": ["x"], "acme.com/team": ["y"]}), "{review}");
    api.ask("GET", &path, &[("impersonate-extra-scopes", "x")], &[]).await.refused(400, "BadRequest");
    api.ask("GET", "/api", &[("impersonate-group", "dev")], &[]).await.refused(400, "BadRequest");
}
