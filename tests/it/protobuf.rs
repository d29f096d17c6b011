//! The API spoken to in protobuf, as typed clients of Go do.
#![allow(clippy::expect_used, reason = "a panic is how a test fails, in its helpers, too")]

use std::io::Read as _;
use std::time::Duration;

use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use trueup::api::Body;
use trueup::auth::Identity;
use trueup::object::Revision;
use trueup::protobuf::{self, Envelope};

use crate::api::{Answered, JSON, MAPS, MERGE, TestApi, config_map, deployment};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const OR_JSON: &str = "application/vnd.kubernetes.protobuf,application/json";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

impl Answered {
    fn content_type(&self) -> &str {
        self.headers["content-type"].to_str().expect("text")
    }

    /// The answer as a document, which must be protobuf.
    fn decoded(&self) -> Value {
        assert_eq!(self.content_type(), PROTOBUF, "{}", String::from_utf8_lossy(&self.bytes));
        decoded(&self.bytes)
    }
}

fn decoded(bytes: &[u8]) -> Value {
    let envelope = protobuf::open(bytes).expect("an envelope");
    let message = protobuf::message_of(envelope.api_version, envelope.kind).expect("a known kind");
    envelope.decode(message).expect("a message")
}

async fn post(api: &TestApi, path: &str, object: &Value) -> Answered {
    let body = protobuf::document(object).expect("a protobuf form");
    api.ask("POST", path, &[("content-type", PROTOBUF), ("accept", OR_JSON)], &body).await
}

/// The items and the metadata of a list of `kind`s.
fn list(answer: &Answered, item: &str) -> (Value, Vec<Value>) {
    assert_eq!(answer.content_type(), PROTOBUF);
    let envelope = protobuf::open(&answer.bytes).expect("an envelope");
    assert_eq!(envelope.kind, format!("{item}List"));
    // Lists of every kind have the same two fields, so one of metadata alone shows which objects they hold.
    let message = protobuf::message_of("meta.k8s.io/v1", "PartialObjectMetadataList").expect("known");
    let partial = protobuf::decode(message, envelope.raw).expect("a list");
    (partial["metadata"].clone(), partial.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
}

#[tokio::test]
async fn what_is_written_in_protobuf_is_stored_as_if_it_came_in_json() {
    let api = TestApi::new().await;
    let created = post(&api, DEPLOYMENTS, &deployment("a")).await;
    assert_eq!(created.code, 201);
    let mut created = created.decoded();
    let mut twin = api.create(DEPLOYMENTS, &deployment("b")).await;
    let read = api.get(&format!("{DEPLOYMENTS}/a")).await.body;
    assert_eq!(created, read);
    for object in [&mut created, &mut twin] {
        let text = object.to_string().replace("\"b\"", "\"a\"");
        *object = serde_json::from_str(&text).expect("JSON");
        for own in ["uid", "resourceVersion"] {
            object["metadata"].as_object_mut().expect("metadata").remove(own);
        }
    }
    assert_eq!(created, twin);
}

#[tokio::test]
async fn an_object_is_updated_and_deleted_in_protobuf() {
    let api = TestApi::new().await;
    post(&api, MAPS, &config_map("a", &json!({"k": "1"}))).await;
    let mut map = api.get_as(&format!("{MAPS}/a"), PROTOBUF).await.decoded();
    map["data"]["k"] = "2".into();
    let headers = [("content-type", PROTOBUF), ("accept", PROTOBUF)];
    let body = protobuf::document(&map).expect("a protobuf form");
    let updated = api.ask("PUT", &format!("{MAPS}/a"), &headers, &body).await;
    assert_eq!((updated.code.as_u16(), &updated.decoded()["data"]), (200, &json!({"k": "2"})));

    let stale = api.ask("PUT", &format!("{MAPS}/a"), &headers, &body).await;
    let status = stale.decoded();
    assert_eq!(
        (stale.code.as_u16(), &status["kind"], &status["reason"], &status["code"]),
        (409, &json!("Status"), &json!("Conflict"), &json!(409))
    );

    let options = |uid: &str| {
        let options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}});
        protobuf::document(&options).expect("a protobuf form")
    };
    let refused = api.ask("DELETE", &format!("{MAPS}/a"), &headers, &options("other")).await;
    assert_eq!((refused.code.as_u16(), &refused.decoded()["reason"]), (409, &json!("Conflict")));
    let uid = map["metadata"]["uid"].as_str().expect("a uid");
    let gone = api.ask("DELETE", &format!("{MAPS}/a"), &headers, &options(uid)).await;
    let status = gone.decoded();
    assert_eq!((gone.code.as_u16(), &status["status"], &status["details"]["uid"]), (200, &json!("Success"), &json!(uid)));
}

#[tokio::test]
async fn the_scale_of_a_deployment_is_read_and_written_in_protobuf() {
    let api = TestApi::new().await;
    api.create(DEPLOYMENTS, &deployment("a")).await;
    let path = format!("{DEPLOYMENTS}/a/scale");
    let mut scale = api.get_as(&path, PROTOBUF).await.decoded();
    assert_eq!((&scale["kind"], &scale["spec"]["replicas"]), (&json!("Scale"), &json!(1)));
    scale["spec"]["replicas"] = 3.into();
    let body = protobuf::document(&scale).expect("a protobuf form");
    let written = api.ask("PUT", &path, &[("content-type", PROTOBUF)], &body).await;
    assert_eq!((written.code.as_u16(), &written.body["spec"]["replicas"]), (200, &json!(3)));
}

#[tokio::test]
async fn a_list_has_its_items_its_revision_and_its_token() {
    let api = TestApi::new().await;
    api.create_maps(&["a", "b", "c"]).await;
    let answer = api.get_as(&format!("{MAPS}?limit=2"), OR_JSON).await;
    let (metadata, items) = list(&answer, "ConfigMap");
    let names: Vec<&Value> = items.iter().map(|item| &item["metadata"]["name"]).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!((&metadata["resourceVersion"], &metadata["remainingItemCount"]), (&json!(api.revision().await), &json!(1)));
    let token = metadata["continue"].as_str().expect("a token");
    let rest = api.get_as(&format!("{MAPS}?limit=2&continue={token}"), OR_JSON).await;
    assert_eq!(list(&rest, "ConfigMap").1.len(), 1);
}

#[tokio::test]
async fn a_list_that_is_sent_in_pieces_is_one_message() {
    let api = TestApi::new().await;
    for n in 0..8 {
        api.create(MAPS, &config_map(&format!("m{n}"), &json!({"k": "x".repeat(100_000)}))).await;
    }
    let (_, items) = list(&api.get_as(MAPS, PROTOBUF).await, "ConfigMap");
    assert_eq!(items.len(), 8);
}

#[tokio::test]
async fn metadata_alone_comes_in_protobuf_for_custom_resources_too() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let partial = format!("{PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    let one = api.get_as(&format!("{MAPS}/a"), &partial).await.decoded();
    assert_eq!((&one["kind"], &one["metadata"]["labels"], one.get("data")), (&json!("PartialObjectMetadata"), &json!({"n": "a"}), None));
    let many = api.get_as(MAPS, &partial.replace("Metadata;", "MetadataList;")).await.decoded();
    assert_eq!((&many["kind"], &many["items"][0]["metadata"]["name"]), (&json!("PartialObjectMetadataList"), &json!("a")));

    let path = serve_widgets(&api).await;
    let one = api.get_as(&format!("{path}/w"), &partial).await.decoded();
    assert_eq!((&one["kind"], &one["metadata"]["name"]), (&json!("PartialObjectMetadata"), &json!("w")));
}

/// Serves a custom kind with one object `w`; answers the path of its collection.
async fn serve_widgets(api: &TestApi) -> &'static str {
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    });
    // In protobuf as well, which takes the unions in schemas through the API.
    let created = post(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    assert_eq!(created.code, 201, "{}", String::from_utf8_lossy(&created.bytes));
    let path = "/apis/example.com/v1/namespaces/default/widgets";
    api.create(path, &json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "size": 1})).await;
    path
}

#[tokio::test]
async fn custom_resources_have_no_protobuf_form() {
    let api = TestApi::new().await;
    let path = serve_widgets(&api).await;
    let one = format!("{path}/w");
    assert_eq!(api.get_as(&one, PROTOBUF).await.code, 406);
    assert_eq!(api.get_as(path, PROTOBUF).await.code, 406);
    assert_eq!(api.get_as(&format!("{path}?watch=true"), PROTOBUF).await.code, 406);
    let fallen_through = api.get_as(&one, OR_JSON).await;
    assert_eq!((fallen_through.content_type(), &fallen_through.body["size"]), (JSON, &json!(1)));
    let body = api.ask("POST", path, &[("content-type", PROTOBUF)], b"k8s\0").await;
    body.refused(415, "UnsupportedMediaType");
    let options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"});
    let options = protobuf::document(&options).expect("a protobuf form");
    let gone = api.ask("DELETE", &one, &[("content-type", PROTOBUF), ("accept", OR_JSON)], &options).await;
    assert_eq!((gone.code.as_u16(), &gone.body["status"]), (200, &json!("Success")));
}

#[tokio::test]
async fn a_table_is_answered_in_json_or_not_at_all() {
    let api = TestApi::new().await;
    let table = format!("{PROTOBUF};as=Table;g=meta.k8s.io;v=v1");
    assert_eq!(api.get_as(MAPS, &table).await.code, 406);
    let plain = api.get_as(MAPS, &format!("{table},{PROTOBUF}")).await;
    assert_eq!(list(&plain, "ConfigMap").1, [json!(null); 0]);
    let json = api.get_as(MAPS, &format!("{table},application/json;as=Table;g=meta.k8s.io;v=v1")).await;
    assert_eq!(json.body["kind"], "Table");
}

#[tokio::test]
async fn broken_bodies_and_other_kinds_are_bad_requests() {
    let api = TestApi::new().await;
    let secret = protobuf::document(&json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})).expect("a form");
    let truncated = &secret[..secret.len() - 6];
    for body in [&b"{}"[..], b"", b"k8s\0\x0a\xff", &secret, truncated] {
        let answer = api.ask("POST", MAPS, &[("content-type", PROTOBUF)], body).await;
        answer.refused(400, "BadRequest");
    }
    let answer = api.ask("PATCH", &format!("{MAPS}/a"), &[("content-type", PROTOBUF)], &secret).await;
    answer.refused(415, "UnsupportedMediaType");
}

#[tokio::test]
async fn a_body_without_a_kind_is_of_the_paths_kind() {
    let api = TestApi::new().await;
    let raw = b"\x0a\x03\x0a\x01a";
    let body = [&b"k8s\0\x12\x05"[..], raw].concat();
    let answer = api.ask("POST", MAPS, &[("content-type", PROTOBUF)], &body).await;
    assert_eq!((answer.code.as_u16(), &answer.body["metadata"]["name"]), (201, &json!("a")));
}

/// The frames of a watch in protobuf.
struct Frames {
    body: Body,
    buffer: Vec<u8>,
}

impl Frames {
    async fn open(api: &TestApi, path: &str, accept: &str) -> Self {
        let response = api.raw(&Identity::in_process(), "GET", path, &[("accept", accept)], b"").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/vnd.kubernetes.protobuf;stream=watch");
        Self { body: response.into_body(), buffer: Vec::new() }
    }

    /// Type and object of the next event.
    async fn next(&mut self) -> (String, Value) {
        loop {
            if let Some((length, rest)) = self.buffer.split_first_chunk() {
                let length = u32::from_be_bytes(*length) as usize;
                if rest.len() >= length {
                    let event = event(&rest[..length]);
                    self.buffer.drain(..4 + length);
                    return event;
                }
            }
            let frame = tokio::time::timeout(Duration::from_secs(60), self.body.frame()).await.expect("an event in time");
            let Ok(frame) = frame.expect("the watch goes on");
            self.buffer.extend_from_slice(frame.data_ref().expect("data"));
        }
    }
}

/// Reads `WatchEvent { type = 1, object = 2 { raw = 1 } }` by hand.
fn event(bytes: &[u8]) -> (String, Value) {
    assert_eq!(bytes[0], 0x0a);
    let (kind, rest) = bytes[2..].split_at(bytes[1] as usize);
    let start = rest.windows(4).position(|window| window == b"k8s\0").expect("an envelope");
    let Envelope { kind: of, .. } = protobuf::open(&rest[start..]).expect("an envelope");
    assert!(!of.is_empty());
    (String::from_utf8(kind.to_vec()).expect("text"), decoded(&rest[start..]))
}

#[tokio::test]
async fn a_watch_is_frames_of_events() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let path = format!("{MAPS}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
    let mut watches =
        [Frames::open(&api, &path, PROTOBUF).await, Frames::open(&api, &path, &format!("{PROTOBUF};stream=watch, */*")).await];
    let mut map = api.get(&format!("{MAPS}/a")).await.body;
    map["data"]["k"] = "changed ".repeat(40).into();
    api.put(&format!("{MAPS}/a"), &map).await;
    let now = api.get(&format!("{MAPS}/a")).await.body;
    api.delete(&format!("{MAPS}/a")).await;
    for watch in &mut watches {
        let (kind, added) = watch.next().await;
        assert_eq!((kind.as_str(), &added["data"], &added["kind"]), ("ADDED", &json!({"k": "v"}), &json!("ConfigMap")));
        let (kind, bookmark) = watch.next().await;
        let annotations = json!({"k8s.io/initial-events-end": "true"});
        assert_eq!((kind.as_str(), &bookmark["metadata"]["annotations"]), ("BOOKMARK", &annotations));
        assert_eq!(watch.next().await, ("MODIFIED".to_owned(), now.clone()));
        let (kind, deleted) = watch.next().await;
        assert_eq!((kind.as_str(), &deleted["metadata"]["name"]), ("DELETED", &json!("a")));
    }
}

#[tokio::test]
async fn initial_events_in_frames_keep_to_the_selectors() {
    let api = TestApi::new().await;
    api.create_maps(&["a", "b", "c"]).await;
    let path = format!(
        "{MAPS}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan\
         &labelSelector=n+in+(a,b)&fieldSelector=metadata.name!%3Da"
    );
    let mut watch = Frames::open(&api, &path, PROTOBUF).await;
    let began = api.revision().await;
    let label = |value: &str| json!({"metadata": {"labels": {"n": value}}});
    api.patch(&format!("{MAPS}/a"), MERGE, &label("b")).await;
    let left = api.patch(&format!("{MAPS}/b"), MERGE, &label("c")).await;
    let (kind, added) = watch.next().await;
    assert_eq!((kind.as_str(), &added["metadata"]["name"]), ("ADDED", &json!("b")));
    let (kind, bookmark) = watch.next().await;
    let metadata = json!({"resourceVersion": began, "annotations": {"k8s.io/initial-events-end": "true"}});
    assert_eq!((kind.as_str(), &bookmark["metadata"]), ("BOOKMARK", &metadata));
    let (kind, gone) = watch.next().await;
    assert_eq!((kind.as_str(), &gone["metadata"]["name"]), ("DELETED", &json!("b")));
    assert_eq!(gone["metadata"]["resourceVersion"], left.version());
}

#[tokio::test]
async fn a_watch_that_begins_too_early_is_told_so_in_a_frame() {
    let api = TestApi::on_sqlite().await;
    api.create_maps(&["a", "b"]).await;
    api.store.compact(Revision::parse(&api.revision().await).expect("a revision")).await.expect("it compacts");
    let mut watch = Frames::open(&api, &format!("{MAPS}?watch=true&resourceVersion=1"), PROTOBUF).await;
    let (kind, status) = watch.next().await;
    assert_eq!((kind.as_str(), &status["reason"], &status["code"]), ("ERROR", &json!("Expired"), &json!(410)));
}

#[tokio::test]
async fn discovery_is_answered_in_protobuf() {
    let api = TestApi::new().await;
    for path in ["/api", "/apis", "/apis/apps", "/api/v1", "/apis/apps/v1"] {
        let plain = api.get(path).await.body;
        let decoded = api.get_as(path, OR_JSON).await.decoded();
        assert_eq!(decoded, plain, "{path}");
    }
    let version = api.get_as("/version", OR_JSON).await;
    assert_eq!((version.content_type(), &version.body["minor"]), (JSON, &json!("36")));
}

#[tokio::test]
async fn a_large_list_is_compressed_where_the_client_takes_it() {
    let api = TestApi::new().await;
    for n in 0..4 {
        api.create(MAPS, &config_map(&format!("m{n}"), &json!({"k": "x".repeat(100_000)}))).await;
    }
    let plain = api.get_as(MAPS, PROTOBUF).await.bytes;
    let packed = api.ask("GET", MAPS, &[("accept", PROTOBUF), ("accept-encoding", "gzip")], b"").await;
    assert_eq!(packed.headers["content-encoding"], "gzip");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.bytes.as_slice()).read_to_end(&mut unpacked).expect("gzip");
    assert!(unpacked == plain);
}

#[tokio::test]
async fn a_watch_of_metadata_alone_comes_in_protobuf() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let accept = format!("{PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    let mut watch = Frames::open(&api, &format!("{MAPS}?watch=true"), &accept).await;
    let (kind, added) = watch.next().await;
    assert_eq!((kind.as_str(), &added["kind"], &added["metadata"]["name"]), ("ADDED", &json!("PartialObjectMetadata"), &json!("a")));
}

#[tokio::test]
async fn both_groups_of_events_are_served_in_protobuf() {
    let api = TestApi::new().await;
    let event = json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e", "namespace": "default"},
        "eventTime": "2026-11-22T10:00:00.123456Z", "reportingController": "example.com/c", "reportingInstance": "c-0", "action": "Run",
        "reason": "Ran", "type": "Normal", "regarding": {"kind": "ConfigMap", "namespace": "default", "name": "a"}, "note": "done",
    });
    let created = post(&api, "/apis/events.k8s.io/v1/namespaces/default/events", &event).await;
    assert_eq!((created.code.as_u16(), &created.decoded()["note"]), (201, &json!("done")));
    let path = "/api/v1/namespaces/default/events";
    let old = api.get_as(&format!("{path}/e"), PROTOBUF).await.decoded();
    assert_eq!((&old["apiVersion"], &old["message"], &old["eventTime"]), (&json!("v1"), &json!("done"), &event["eventTime"]));
    let mut watch = Frames::open(&api, &format!("{path}?watch=true"), PROTOBUF).await;
    assert_eq!(watch.next().await.1, old);
}
