//! In which form an answer comes, by `Accept` and by who asks.

use serde_json::{Value, json};

use super::{Answered, MAPS, TestApi};

const CURL: (&str, &str) = ("user-agent", "curl/8.5.0");

async fn maps() -> TestApi {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    api
}

fn indented(answer: &Answered) -> bool {
    answer.bytes.starts_with(b"{\n  \"")
}

fn content_type(answer: &Answered) -> &str {
    answer.headers["content-type"].to_str().expect("text")
}

#[tokio::test]
async fn programs_for_people_get_indented_json() {
    let api = maps().await;
    let paths = [MAPS.to_owned(), format!("{MAPS}/a"), format!("{MAPS}/zz"), "/api/v1".to_owned(), "/apis/zork".to_owned()];
    for path in &paths {
        let plain = api.get(path).await;
        let curl = api.ask("GET", path, &[CURL, ("accept", "*/*")], b"").await;
        assert!(!indented(&plain) && indented(&curl), "{path}");
        assert_eq!((curl.code, curl.body), (plain.code, plain.body), "{path}");
        let join = if path.contains('?') { '&' } else { '?' };
        assert!(!indented(&api.ask("GET", &format!("{path}{join}pretty=false"), &[CURL], b"").await), "{path}");
        assert!(indented(&api.get(&format!("{path}{join}pretty=true")).await), "{path}");
        assert!(indented(&api.get_as(path, "application/json;pretty=1").await), "{path}");
    }
    let created = api.ask("POST", MAPS, &[CURL], br#"{"metadata": {"name": "b"}}"#).await;
    assert!(created.code == 201 && indented(&created));
}

#[tokio::test]
async fn tables_and_metadata_come_in_yaml_too() {
    let api = maps().await;
    for (path, kind) in [
        (MAPS.to_owned(), "Table"),
        (format!("{MAPS}/a"), "Table"),
        (format!("{MAPS}/a"), "PartialObjectMetadata"),
        (MAPS.to_owned(), "PartialObjectMetadataList"),
    ] {
        let yaml = api.get_as(&path, &format!("application/yaml;as={kind};v=v1;g=meta.k8s.io")).await;
        assert_eq!((yaml.code.as_u16(), content_type(&yaml)), (200, "application/yaml"), "{path} {kind}");
        let text = String::from_utf8(yaml.bytes).expect("text");
        assert!(text.lines().any(|line| line == format!("kind: {kind}")), "{text}");
    }
    let watch = api.get_as(&format!("{MAPS}?watch=1"), "application/yaml;as=Table;v=v1;g=meta.k8s.io").await;
    watch.refused(406, "NotAcceptable");
}

#[tokio::test]
async fn a_refusal_is_no_table_and_comes_in_the_form_of_plain_documents() {
    let api = maps().await;
    let protobuf = "application/vnd.kubernetes.protobuf";
    let metadata = "as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    for (accept, expected) in [
        (format!("{protobuf};{metadata}"), "application/json"),
        (format!("{protobuf};{metadata},application/json;{metadata},application/json"), "application/json"),
        (protobuf.to_owned(), protobuf),
        ("application/yaml".to_owned(), "application/yaml"),
        ("application/json;as=Table;v=v1;g=meta.k8s.io".to_owned(), "application/json"),
    ] {
        let missing = api.get_as(&format!("{MAPS}/zz"), &accept).await;
        assert_eq!((missing.code.as_u16(), content_type(&missing)), (404, expected), "{accept}");
    }
    let list = api.get_as(MAPS, &format!("{protobuf};{metadata}")).await;
    list.refused(406, "NotAcceptable");
}

#[tokio::test]
async fn compressed_answers_say_what_they_vary_by() {
    let api = TestApi::new().await;
    let text = "x".repeat(200_000);
    api.create(MAPS, &json!({"metadata": {"name": "big"}, "data": {"k": text}})).await;
    let packed = api.ask("GET", MAPS, &[("accept-encoding", "gzip")], b"").await;
    assert_eq!(
        (&packed.headers["content-encoding"], &packed.headers["vary"]),
        (&"gzip".parse().expect("a value"), &"Accept-Encoding".parse().expect("a value"))
    );
    assert_eq!(api.get(MAPS).await.headers.get("vary"), None);
}

#[tokio::test]
async fn documents_that_clients_keep_are_not_sent_twice() {
    let api = TestApi::new().await;
    let groups = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    for (path, accept) in [
        ("/openapi/v3", "application/json"),
        ("/openapi/v3/apis/batch/v1", "application/json"),
        ("/openapi/v2", "application/json"),
        ("/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"),
        ("/apis", groups),
        ("/api", groups),
    ] {
        let first = api.get_as(path, accept).await;
        let etag = first.headers["etag"].to_str().expect("text").to_owned();
        assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
        let again = |tag: String| {
            let api = &api;
            async move { api.ask("GET", path, &[("accept", accept), ("if-none-match", &tag)], b"").await }
        };
        for tag in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
            let had = again(tag).await;
            assert_eq!(
                (had.code.as_u16(), had.bytes.as_slice(), &had.headers["etag"]),
                (304, b"".as_slice(), &first.headers["etag"]),
                "{path}"
            );
        }
        assert_eq!((again("\"x\"".to_owned()).await.code.as_u16(), first.bytes.is_empty()), (200, false), "{path}");
    }
    let before = api.get_as("/apis", groups).await.headers["etag"].clone();
    let schema = json!({"openAPIV3Schema": {"type": "object"}});
    let definition = json!({
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    });
    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    assert_ne!(api.get_as("/apis", groups).await.headers["etag"], before);
    assert_eq!(api.get("/api/v1").await.headers.get("etag"), None);
    let things = api.get("/apis/example.com/v1").await;
    assert_eq!(things.body["resources"][0]["storageVersionHash"].as_str().map(str::len), Some(12), "{}", things.body);
}

#[tokio::test]
async fn a_verb_that_a_resource_has_not_is_told_with_the_resource() {
    let api = TestApi::new().await;
    let refused = api.ask("DELETE", "/apis/apps/v1/deployments", &[], b"").await;
    assert_eq!(refused.refused(405, "MethodNotAllowed"), &json!({"group": "apps", "kind": "deployments"}));
    assert_eq!(refused.message(), "deletecollection is not supported on resources of kind \"deployments.apps\"");
    assert_eq!(api.get("/api/v1/namespaces/default/bindings").await.refused(405, "MethodNotAllowed")["kind"], "bindings");
    assert_eq!(api.get("/nosuch").await.body["details"], Value::Null);
}
