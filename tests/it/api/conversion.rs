//! Versions of a custom resource that a webhook converts.

use http::StatusCode;
use serde_json::{Value, json};
use trueup::webhook::{Address, CallError, ClientConfig, Webhooks};

use super::{MERGE, TestApi, merged};
use crate::harness::webhook::Webhook;

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const DEFINITION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/links.example.com";
const V1: &str = "/apis/example.com/v1/namespaces/default/links";
const V2: &str = "/apis/example.com/v2/namespaces/default/links";

/// A kind whose `v1`, which is stored, has an address where `v2` has host and port.
fn definition(client: &Value) -> Value {
    let text = json!({"type": "string"});
    let version = |name: &str, storage: bool, spec: Value, column: &str| {
        let spec = json!({"type": "object", "properties": spec});
        json!({
            "name": name, "served": true, "storage": storage, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": {"type": "object"}}}},
            "selectableFields": [{"jsonPath": column}],
        })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "links.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "links", "kind": "Link"},
            "versions": [
                version("v1", true, json!({"address": text}), ".spec.address"),
                version("v2", false, json!({"host": text, "port": text, "mode": {"type": "string", "default": "auto"}}), ".spec.host"),
            ],
            "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": client, "conversionReviewVersions": ["v1"]}},
        },
    })
}

fn convert(object: &Value, to: &Value) -> Value {
    let mut converted = object.clone();
    converted["apiVersion"] = to.clone();
    let text = |member: &str| object["spec"][member].as_str();
    converted["spec"] = match (text("address"), text("host"), text("port")) {
        (Some(address), ..) => {
            let (host, port) = address.split_once(':').expect("an address");
            json!({"host": host, "port": port, "extra": "is pruned"})
        }
        (None, Some(host), Some(port)) => json!({"address": format!("{host}:{port}")}),
        // Of an object that is only part of one, nothing is left.
        _ => json!({}),
    };
    converted["metadata"]["generation"] = json!(99);
    converted["metadata"]["annotations"] = json!({"converted": "yes"});
    converted
}

fn reviewed(review: &Value) -> Value {
    let request = &review["request"];
    let objects = request["objects"].as_array().expect("objects").iter();
    let converted: Vec<Value> = objects.map(|object| convert(object, &request["desiredAPIVersion"])).collect();
    json!({
        "kind": "ConversionReview", "apiVersion": review["apiVersion"],
        "response": {"uid": request["uid"], "result": {"status": "Success"}, "convertedObjects": converted},
    })
}

fn config(webhook: &Webhook) -> Value {
    json!({"url": webhook.url, "caBundle": webhook.ca_bundle})
}

async fn world() -> (TestApi, Webhook) {
    let webhook = Webhook::start(|review| (StatusCode::OK, reviewed(&review))).await;
    let api = TestApi::new().await;
    let created = api.create(CRDS, &definition(&config(&webhook))).await;
    assert_eq!(created["status"]["conditions"][1]["status"], "True", "{created}");
    (api, webhook)
}

fn old(name: &str) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Link", "metadata": {"name": name}, "spec": {"address": format!("{name}:80")}})
}

fn new(name: &str) -> Value {
    json!({"apiVersion": "example.com/v2", "kind": "Link", "metadata": {"name": name}, "spec": {"host": name, "port": "80"}})
}

#[tokio::test]
async fn a_webhook_whose_own_certificate_is_the_bundle_converts_what_is_read() {
    let (api, webhook) = world().await;
    let created = api.create(V1, &old("a")).await;
    assert!(webhook.asked().is_empty(), "the version stored needs no conversion");
    let read = api.get(&format!("{V2}/a")).await.body;
    assert_eq!(read["spec"], json!({"host": "a", "port": "80", "mode": "auto"}));
    assert_eq!((&read["apiVersion"], &read["metadata"]["annotations"]), (&json!("example.com/v2"), &json!({"converted": "yes"})));
    for member in ["uid", "generation", "resourceVersion", "creationTimestamp", "managedFields"] {
        assert_eq!(read["metadata"][member], created["metadata"][member], "{member}");
    }
    let asked = webhook.asked();
    assert_eq!((&asked[0]["kind"], &asked[0]["apiVersion"]), (&json!("ConversionReview"), &json!("apiextensions.k8s.io/v1")));
    assert_eq!(asked[0]["request"]["desiredAPIVersion"], "example.com/v2");
    assert_eq!(asked[0]["request"]["objects"][0]["spec"], json!({"address": "a:80"}));
    api.get(&format!("{V2}/a")).await;
    assert!(webhook.asked().is_empty(), "what was converted once is remembered");
}

#[tokio::test]
async fn what_is_written_in_another_version_is_stored_in_the_storage_version() {
    let (api, webhook) = world().await;
    let created = api.create(V2, &new("a")).await;
    assert_eq!((&created["apiVersion"], &created["spec"]["mode"]), (&json!("example.com/v2"), &json!("auto")));
    let stored = api.store.get("/registry/example.com/links/default/a").await.expect("it answers").expect("it is there");
    let stored: Value = serde_json::from_slice(&stored.value).expect("JSON");
    assert_eq!((&stored["apiVersion"], &stored["spec"]), (&json!("example.com/v1"), &json!({"address": "a:80"})));
    let patched = api.patch(&format!("{V2}/a"), MERGE, &json!({"spec": {"port": "81"}})).await.body;
    assert_eq!((&patched["spec"]["port"], &patched["metadata"]["generation"]), (&json!("81"), &json!(2)));
    assert_eq!(api.get(&format!("{V1}/a")).await.body["spec"], json!({"address": "a:81"}));
    let managers = patched["metadata"]["managedFields"].as_array().expect("managers");
    assert!(managers.iter().all(|entry| entry["apiVersion"] == "example.com/v2"), "{managers:?}");
    drop(webhook);
}

#[tokio::test]
async fn owners_in_other_versions_survive() {
    let (api, _webhook) = world().await;
    api.apply(&format!("{V1}/a"), "one", &old("a")).await;
    let mut second = new("a");
    second["spec"] = json!({"mode": "manual"});
    let applied = api.apply(&format!("{V2}/a"), "two", &second).await;
    assert_eq!(applied.code, 200, "{}", applied.body);
    let owners = |object: &Value| -> Vec<(String, String)> {
        let entries = object["metadata"]["managedFields"].as_array().expect("managers").iter();
        entries.map(|entry| (entry["manager"].as_str().expect("a name").to_owned(), entry["fieldsV1"]["f:spec"].to_string())).collect()
    };
    let first = ("one".to_owned(), json!({"f:address": {}}).to_string());
    assert!(owners(&applied.body).contains(&first), "{:?}", owners(&applied.body));
    let patched = api.patch(&format!("{V2}/a"), MERGE, &json!({"metadata": {"labels": {"x": "y"}}})).await.body;
    assert!(owners(&patched).contains(&first), "{:?}", owners(&patched));
}

#[tokio::test]
async fn owners_in_another_version_are_met_in_the_converted_object() {
    let (api, _webhook) = world().await;
    api.apply(&format!("{V1}/a"), "one", &old("a")).await;
    // The address of v1 has the port of v2 in it.
    let mut second = new("a");
    second["spec"] = json!({"port": "81"});
    let refused = api.apply(&format!("{V2}/a"), "two", &second).await;
    let cause = json!({"reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".spec.address"});
    assert_eq!(refused.refused(409, "Conflict")["causes"], json!([cause]), "{}", refused.body);
    let forced = api.apply(&format!("{V2}/a?force=true"), "two", &second).await;
    assert_eq!((forced.code.as_u16(), &forced.body["spec"]["port"]), (200, &json!("81")), "{}", forced.body);
    let owners: Vec<&Value> =
        forced.body["metadata"]["managedFields"].as_array().expect("managers").iter().map(|entry| &entry["manager"]).collect();
    assert_eq!(owners, ["two"], "the address is no longer what its owner said");
    // What is stated as it is, in whichever version, is no conflict.
    let mut same = new("a");
    same["spec"] = json!({"port": "81", "host": "a"});
    let joined = api.apply(&format!("{V2}/a"), "three", &same).await;
    assert_eq!(joined.code, 200, "{}", joined.body);
    let refused = api.apply(&format!("{V1}/a"), "four", &old("b:1")).await;
    assert_eq!(refused.code, 400, "another name: {}", refused.body);
    let mut fourth = old("a");
    fourth["spec"]["address"] = json!("b:81");
    let refused = api.apply(&format!("{V1}/a"), "four", &fourth).await;
    let causes = refused.refused(409, "Conflict")["causes"].as_array().expect("causes").clone();
    let found: Vec<(&Value, &Value)> = causes.iter().map(|cause| (&cause["field"], &cause["message"])).collect();
    assert_eq!(found, [(&json!(".spec.host"), &json!("conflict with \"three\""))], "the port stays: {}", refused.body);
}

#[tokio::test]
async fn an_applier_that_moves_to_another_version_gives_up_what_it_states_no_longer() {
    let (api, _webhook) = world().await;
    api.apply(&format!("{V1}/a"), "one", &old("a")).await;
    let applied = api.apply(&format!("{V2}/a"), "one", &new("a")).await;
    assert_eq!(applied.code, 200, "{}", applied.body);
    let moved = api.get(&format!("{V2}/a")).await.body;
    let entries = moved["metadata"]["managedFields"].as_array().expect("managers");
    assert_eq!((entries.len(), &entries[0]["apiVersion"]), (1, &json!("example.com/v2")), "{moved}");
    assert_eq!(entries[0]["fieldsV1"]["f:spec"], json!({"f:host": {}, "f:port": {}}));
    assert_eq!(moved["spec"], json!({"host": "a", "port": "80", "mode": "auto"}));
}

#[tokio::test]
async fn a_webhook_that_is_away_stops_applies_but_no_other_write_in_the_stored_version() {
    let (api, webhook) = world().await;
    api.apply(&format!("{V2}/a"), "two", &new("a")).await;
    let nobody = json!({"url": "https://localhost:1/convert", "caBundle": webhook.ca_bundle});
    let moved = api.patch(DEFINITION, MERGE, &json!({"spec": {"conversion": {"webhook": {"clientConfig": nobody}}}})).await;
    assert_eq!(moved.code, 200, "{}", moved.body);
    let patched = api.patch(&format!("{V1}/a"), MERGE, &json!({"spec": {"address": "c:1"}})).await;
    assert_eq!((patched.code.as_u16(), &patched.body["spec"]["address"]), (200, &json!("c:1")), "{}", patched.body);
    assert_eq!(patched.body["metadata"]["managedFields"][0]["manager"], "two", "{}", patched.body);
    let refused = api.apply(&format!("{V1}/a"), "one", &old("a")).await;
    refused.refused(500, "InternalError");
    assert!(refused.message().starts_with("conversion webhook for example.com/v1, Kind=Link failed"), "{}", refused.message());
}

#[tokio::test]
async fn a_list_takes_one_review_and_the_next_none() {
    let (api, webhook) = world().await;
    for number in 0..300 {
        api.create(V1, &old(&format!("l{number:03}"))).await;
    }
    let list = api.get(V2).await.body;
    assert_eq!((&list["items"][299]["spec"]["host"], &list["apiVersion"]), (&json!("l299"), &json!("example.com/v2")));
    let asked = webhook.asked();
    assert_eq!((asked.len(), asked[0]["request"]["objects"].as_array().map(Vec::len)), (1, Some(300)));
    assert_eq!(api.get(&format!("{V2}?fieldSelector=spec.host%3Dl007")).await.names(), ["l007"]);
    assert_eq!(api.get(&format!("{V2}?limit=2")).await.names(), ["l000", "l001"]);
    assert!(webhook.asked().is_empty());
}

#[tokio::test]
async fn a_page_converts_no_more_than_it_shows() {
    let (api, webhook) = world().await;
    for name in ["a", "b", "c"] {
        api.create(V1, &old(name)).await;
    }
    api.get(&format!("{V2}?limit=2")).await;
    let asked = webhook.asked();
    assert_eq!(asked.iter().map(|review| review["request"]["objects"].as_array().map(Vec::len)).collect::<Vec<_>>(), [Some(2)]);
}

#[tokio::test]
async fn watchers_are_told_in_their_version_and_share_one_conversion() {
    let (api, webhook) = world().await;
    api.create(V1, &old("a")).await;
    let (mut one, mut two) = (api.watch(V2).await, api.watch(V2).await);
    api.create(V1, &old("b")).await;
    api.delete(&format!("{V1}/b")).await;
    for watch in [&mut one, &mut two] {
        for (kind, host) in [("ADDED", "a"), ("ADDED", "b"), ("DELETED", "b")] {
            let event = watch.next().await.expect("an event");
            assert_eq!((&event["type"], &event["object"]["spec"]["host"]), (&json!(kind), &json!(host)));
            assert_eq!(event["object"]["apiVersion"], "example.com/v2");
        }
    }
    assert_eq!(webhook.asked().len(), 3, "one for each object, whoever watches");
}

#[tokio::test]
async fn a_webhook_that_fails_fails_the_request_in_its_words() {
    type Case = (fn(&Value) -> (StatusCode, Value), &'static str);
    let cases: [Case; 5] = [
        (
            |review| {
                let uid = &review["request"]["uid"];
                let result = json!({"status": "Failed", "message": "cannot convert today"});
                (
                    StatusCode::OK,
                    json!({"kind": "ConversionReview", "apiVersion": "apiextensions.k8s.io/v1", "response": {"uid": uid, "result": result}}),
                )
            },
            "conversion webhook for example.com/v1, Kind=Link failed: cannot convert today",
        ),
        (
            |review| {
                let mut answer = reviewed(review);
                answer["response"]["uid"] = json!("another");
                (StatusCode::OK, answer)
            },
            "got \"another\"",
        ),
        (
            |review| {
                let mut answer = reviewed(review);
                answer["response"]["convertedObjects"] = json!([]);
                (StatusCode::OK, answer)
            },
            "conversion webhook for example.com/v1, Kind=Link returned 0 objects, expected 1",
        ),
        (
            |review| {
                let mut answer = reviewed(review);
                answer["response"]["convertedObjects"][0]["metadata"]["name"] = json!("other");
                (StatusCode::OK, answer)
            },
            "returned invalid converted object at index 0: must have the same name: a != other",
        ),
        (|_| (StatusCode::IM_A_TEAPOT, json!("short and stout")), "the server responded with the status code 418: \"short and stout\""),
    ];
    for (answer, expected) in cases {
        let webhook = Webhook::start(move |review| answer(&review)).await;
        let api = TestApi::new().await;
        api.create(CRDS, &definition(&config(&webhook))).await;
        api.create(V1, &old("a")).await;
        let failed = api.get(&format!("{V2}/a")).await;
        failed.refused(500, "InternalError");
        let message = failed.body["message"].as_str().expect("a text").to_owned();
        assert!(message.contains(expected), "{message}");
        api.get(V2).await.refused(500, "InternalError");
        api.post(V2, &new("b")).await.refused(500, "InternalError");
        assert_eq!(api.get(V1).await.names(), ["a"]);
        assert_eq!(api.delete(&format!("{V2}/a")).await.code, 200, "what nobody can convert can be deleted");
    }
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named_where_its_webhook_is_needed() {
    let api = TestApi::new().await;
    let created = api.create(CRDS, &definition(&json!({"service": {"namespace": "ops", "name": "hook"}}))).await;
    assert_eq!(created["spec"]["conversion"]["webhook"]["clientConfig"]["service"]["port"], 443);
    api.create(V1, &old("a")).await;
    let failed = api.get(&format!("{V2}/a")).await;
    failed.refused(500, "InternalError");
    let message = failed.body["message"].as_str().expect("a text");
    assert!(message.contains("Post \"https://hook.ops.svc:443?timeout=30s\": service \"hook\" not found"), "{message}");
}

#[tokio::test]
async fn a_server_that_the_bundle_does_not_know_is_not_believed() {
    let (webhook, other) =
        (Webhook::start(|review| (StatusCode::OK, reviewed(&review))).await, Webhook::start(|_| (StatusCode::OK, json!({}))).await);
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&json!({"url": webhook.url, "caBundle": other.ca_bundle}))).await;
    api.create(V1, &old("a")).await;
    let failed = api.get(&format!("{V2}/a")).await;
    assert!(failed.body["message"].as_str().expect("a text").contains("certificate"), "{}", failed.body);
    assert!(webhook.asked().is_empty());
    assert_eq!(
        api.patch(DEFINITION, MERGE, &json!({"spec": {"conversion": {"webhook": {"clientConfig": config(&webhook)}}}})).await.code,
        200
    );
    assert_eq!(api.get(&format!("{V2}/a")).await.body["spec"]["host"], "a");
}

#[tokio::test]
async fn a_conversion_that_cannot_work_is_refused_with_every_cause() {
    let api = TestApi::new().await;
    let fields = |client: Value, versions: Value| {
        let mut definition = definition(&client);
        definition["spec"]["conversion"]["webhook"]["conversionReviewVersions"] = versions;
        definition
    };
    const CLIENT: &str = "spec.conversion.webhookClientConfig";
    const VERSIONS: &str = "spec.conversion.conversionReviewVersions";
    for (definition, expected) in [
        (fields(json!({}), json!(["v1"])), CLIENT.to_owned()),
        (fields(json!({"url": "http://localhost"}), json!(["v1"])), format!("{CLIENT}.url")),
        (fields(json!({"url": "https://localhost/?a=b"}), json!(["v1"])), format!("{CLIENT}.url")),
        (fields(json!({"service": {"name": "a"}}), json!(["v1"])), format!("{CLIENT}.service.namespace")),
        (fields(json!({"url": "https://localhost"}), json!(["v7"])), VERSIONS.to_owned()),
        (fields(json!({"url": "https://localhost"}), json!(["v1", "v1"])), format!("{VERSIONS}[1]")),
        (merged(definition(&json!({"url": "https://localhost"})), &[("/spec/conversion/strategy", json!("None"))]), CLIENT.to_owned()),
    ] {
        let refused = api.post(CRDS, &definition).await;
        let causes = refused.refused(422, "Invalid")["causes"].clone();
        let fields: Vec<&str> = causes.as_array().expect("causes").iter().filter_map(|cause| cause["field"].as_str()).collect();
        assert!(fields.contains(&expected.as_str()), "{expected}: {fields:?}");
    }
    let unsound = api.create(CRDS, &definition(&json!({"url": "https://localhost", "caBundle": "bm8="}))).await;
    let established = &unsound["status"]["conditions"][1];
    assert_eq!((&established["status"], &established["reason"]), (&json!("False"), &json!("InvalidCABundle")));
}

#[tokio::test]
async fn a_webhook_that_says_nothing_is_not_waited_for_without_end() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://127.0.0.1:{}/convert", silent.local_addr().expect("bound").port());
    let config = ClientConfig { address: Address::Url(url), ca_bundle: None };
    let timeout = std::time::Duration::from_millis(50);
    let deadline = tokio::time::Instant::now() + timeout;
    let failed = Webhooks::default().post(&config, None, "{}".into(), timeout, deadline).await;
    assert!(matches!(&failed, Err(CallError::Send { source, .. }) if source.is_timeout()), "{failed:?}");
}
