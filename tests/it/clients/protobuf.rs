//! A client that speaks protobuf with messages that others made of upstream's own files (k8s-pb, one version of Kubernetes behind), so
//! that a mistake in our table of fields is not made twice.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};
use k8s_pb::Resource;
use k8s_pb::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_pb::api::autoscaling::v1::Scale;
use k8s_pb::api::core::v1::{
    ConfigMap, ConfigMapList, Container, ContainerPort, HttpGetAction, Pod, PodSpec, PodTemplateSpec, Probe, ProbeHandler,
    ResourceRequirements, Secret, Service, ServicePort, ServiceSpec,
};
use k8s_pb::api::policy::v1::Eviction;
use k8s_pb::apimachinery::pkg::api::resource::Quantity;
use k8s_pb::apimachinery::pkg::apis::meta::v1::{
    DeleteOptions, LabelSelector, ObjectMeta, PartialObjectMetadata, PartialObjectMetadataList, Preconditions, Status, Time, WatchEvent,
};
use k8s_pb::apimachinery::pkg::runtime::{TypeMeta, Unknown};
use k8s_pb::apimachinery::pkg::util::intstr::IntOrString;
use prost::Message;
use serde_json::{Value, json};

use super::kube_rs::PATIENCE;
use super::wire::{MAPS, administrator};
use crate::harness::server::{Engine, TestServer, on_every_engine};

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
/// What client-go accepts that speaks protobuf.
const OR_JSON: &str = "application/vnd.kubernetes.protobuf,application/json";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// A typed client of a server.
struct Client<'a> {
    http: reqwest::Client,
    server: &'a TestServer,
}

struct Answer {
    code: StatusCode,
    content_type: String,
    bytes: Vec<u8>,
}

impl<'a> Client<'a> {
    fn of(server: &'a TestServer) -> Self {
        Self { http: administrator(server).build().unwrap(), server }
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.http.request(method, self.server.url(path)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        Answer { code: response.status(), content_type, bytes: response.bytes().await.unwrap().to_vec() }
    }

    /// Writes an object and has it back in protobuf.
    async fn write<K: Resource + Message + Default>(&self, method: Method, path: &str, object: &K) -> Answer {
        self.send(method, path, enveloped(K::API_VERSION, K::KIND, object)).await
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Answer {
        self.ask(method, path, &[("content-type", PROTOBUF), ("accept", OR_JSON)], body).await
    }

    async fn create<K: Resource + Message + Default>(&self, path: &str, object: &K) -> K {
        self.write(Method::POST, path, object).await.object(StatusCode::CREATED)
    }

    async fn get(&self, path: &str, accept: &str) -> Answer {
        self.ask(Method::GET, path, &[("accept", accept)], Vec::new()).await
    }

    async fn read<K: Resource + Message + Default>(&self, path: &str) -> K {
        self.get(path, PROTOBUF).await.object(StatusCode::OK)
    }

    async fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path, "application/json").await.bytes).unwrap()
    }

    /// The same state of an object in protobuf and in JSON: a controller may write between two reads.
    async fn in_both_forms(&self, path: &str) -> (Answer, Value) {
        let mut before = self.json(path).await;
        loop {
            let sent = self.get(path, PROTOBUF).await;
            let after = self.json(path).await;
            if before == after {
                return (sent, after);
            }
            before = after;
        }
    }

    async fn patch(&self, path: &str, content_type: &str, patch: Value) -> Answer {
        self.ask(Method::PATCH, path, &[("content-type", content_type), ("accept", OR_JSON)], patch.to_string().into_bytes()).await
    }

    async fn delete(&self, path: &str, options: &DeleteOptions) -> Answer {
        let body = enveloped("v1", "DeleteOptions", options);
        self.ask(Method::DELETE, path, &[("content-type", PROTOBUF), ("accept", OR_JSON)], body).await
    }

    async fn watch(&self, path: &str, accept: &str) -> Frames {
        let response = self.http.get(self.server.url(path)).header("accept", accept).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/vnd.kubernetes.protobuf;stream=watch");
        Frames { response, rest: Vec::new() }
    }
}

impl Answer {
    fn message<M: Message + Default>(&self, api_version: &str, kind: &str) -> M {
        assert_eq!(self.content_type, PROTOBUF, "{}", String::from_utf8_lossy(&self.bytes));
        opened(&self.bytes, api_version, kind)
    }

    fn object<K: Resource + Message + Default>(&self, code: StatusCode) -> K {
        assert_eq!(self.code, code, "{}", String::from_utf8_lossy(&self.bytes));
        self.message(K::API_VERSION, K::KIND)
    }

    /// Why the server did not do it.
    fn refusal(&self, code: u16, reason: &str) -> Status {
        let status: Status = self.message("v1", "Status");
        assert_eq!((self.code.as_u16(), status.code, status.reason.as_deref()), (code, Some(code.into()), Some(reason)), "{status:?}");
        assert_eq!(status.status.as_deref(), Some("Failure"));
        status
    }
}

fn enveloped(api_version: &str, kind: &str, message: &impl Message) -> Vec<u8> {
    let type_meta = TypeMeta { api_version: Some(api_version.to_owned()), kind: Some(kind.to_owned()) };
    let unknown = Unknown { type_meta: Some(type_meta), raw: Some(message.encode_to_vec()), ..Unknown::default() };
    [b"k8s\0".as_slice(), &unknown.encode_to_vec()].concat()
}

/// Reads an object in its envelope, of which nothing may be left that its message does not know.
fn opened<M: Message + Default>(bytes: &[u8], api_version: &str, kind: &str) -> M {
    let unknown = Unknown::decode(bytes.strip_prefix(b"k8s\0").unwrap()).unwrap();
    let type_meta = unknown.type_meta.unwrap();
    assert_eq!((type_meta.api_version.as_deref(), type_meta.kind.as_deref()), (Some(api_version), Some(kind)));
    assert_eq!((unknown.content_encoding.as_deref(), unknown.content_type.as_deref()), (Some(""), Some("")));
    let raw = unknown.raw.unwrap();
    let message = M::decode(raw.as_slice()).unwrap();
    assert_eq!(message.encoded_len(), raw.len(), "{kind}");
    message
}

/// The events of a watch.
struct Frames {
    response: reqwest::Response,
    rest: Vec<u8>,
}

impl Frames {
    /// Type and object of the next event; `None` at the end.
    async fn next(&mut self) -> Option<(String, Vec<u8>)> {
        loop {
            if let Some((length, rest)) = self.rest.split_first_chunk()
                && let Some(frame) = rest.get(..u32::from_be_bytes(*length) as usize)
            {
                let event = WatchEvent::decode(frame).unwrap();
                assert_eq!(event.encoded_len(), frame.len());
                self.rest.drain(..4 + frame.len());
                return Some((event.r#type.unwrap(), event.object.unwrap().raw.unwrap()));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await.unwrap().unwrap();
            self.rest.extend_from_slice(&chunk?);
        }
    }

    async fn map(&mut self, expected: &str) -> ConfigMap {
        let (kind, object) = self.next().await.unwrap();
        assert_eq!(kind, expected);
        opened(&object, "v1", "ConfigMap")
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Metadata as Go writes it, where what has no pointer always stands on the wire.
fn metadata(name: &str) -> Option<ObjectMeta> {
    Some(ObjectMeta {
        name: text(name),
        generate_name: text(""),
        namespace: text(""),
        self_link: text(""),
        uid: text(""),
        resource_version: text(""),
        generation: Some(0),
        creation_timestamp: Some(Time::default()),
        labels: BTreeMap::from([("app".to_owned(), name.to_owned())]),
        ..ObjectMeta::default()
    })
}

fn number(number: i32) -> Option<IntOrString> {
    Some(IntOrString { r#type: Some(0), int_val: Some(number), str_val: text("") })
}

fn share(share: &str) -> Option<IntOrString> {
    Some(IntOrString { r#type: Some(1), int_val: Some(0), str_val: text(share) })
}

fn pod_spec() -> Option<PodSpec> {
    let requests = BTreeMap::from([("cpu".to_owned(), Quantity { string: text("0.1") })]);
    let check = HttpGetAction { path: text("/"), port: share("http"), host: text(""), scheme: text(""), ..HttpGetAction::default() };
    let handler = ProbeHandler { http_get: Some(check), ..ProbeHandler::default() };
    let container = Container {
        name: text("c"),
        image: text("nginx"),
        ports: vec![ContainerPort { name: text("http"), container_port: Some(80), protocol: text(""), ..ContainerPort::default() }],
        resources: Some(ResourceRequirements { requests, ..ResourceRequirements::default() }),
        readiness_probe: Some(Probe { handler: Some(handler), initial_delay_seconds: Some(0), ..Probe::default() }),
        stdin: Some(false),
        ..Container::default()
    };
    Some(PodSpec {
        containers: vec![container],
        termination_grace_period_seconds: Some(0),
        host_network: Some(false),
        ..PodSpec::default()
    })
}

fn deployment(name: &str) -> Deployment {
    let selector = LabelSelector { match_labels: BTreeMap::from([("app".to_owned(), name.to_owned())]), ..LabelSelector::default() };
    let rolling_update = RollingUpdateDeployment { max_unavailable: number(0), max_surge: share("50%") };
    let spec = DeploymentSpec {
        replicas: Some(0),
        selector: Some(selector),
        template: Some(PodTemplateSpec { metadata: metadata(name), spec: pod_spec() }),
        strategy: Some(DeploymentStrategy { r#type: text(""), rolling_update: Some(rolling_update) }),
        paused: Some(false),
        min_ready_seconds: Some(0),
        ..DeploymentSpec::default()
    };
    Deployment { metadata: metadata(name), spec: Some(spec), status: None }
}

fn config_map(name: &str, value: &str) -> ConfigMap {
    ConfigMap { metadata: metadata(name), data: BTreeMap::from([("k".to_owned(), value.to_owned())]), ..ConfigMap::default() }
}

fn revision(metadata: &Option<ObjectMeta>) -> &str {
    metadata.as_ref().unwrap().resource_version.as_deref().unwrap()
}

fn counted(revision: &str) -> u64 {
    revision.parse().unwrap()
}

async fn a_deployment_is_created_read_changed_and_deleted(engine: Engine) {
    let server = TestServer::start(engine);
    let client = Client::of(&server);
    let path = format!("{DEPLOYMENTS}/a");
    let created = client.create(DEPLOYMENTS, &deployment("a")).await;
    let spec = created.spec.as_ref().unwrap();
    assert_eq!((spec.replicas, spec.strategy.as_ref().unwrap().r#type.as_deref()), (Some(0), Some("RollingUpdate")), "zero is no default");
    let container = &spec.template.as_ref().unwrap().spec.as_ref().unwrap().containers[0];
    assert_eq!(container.resources.as_ref().unwrap().requests["cpu"].string.as_deref(), Some("100m"));
    assert_eq!(container.readiness_probe.as_ref().unwrap().handler.as_ref().unwrap().http_get.as_ref().unwrap().port, share("http"));
    assert_eq!(client.read::<Deployment>(&path).await, created);
    let json = client.json(&path).await;
    let rolling_update = &json["spec"]["strategy"]["rollingUpdate"];
    assert_eq!((&rolling_update["maxSurge"], &rolling_update["maxUnavailable"]), (&json!("50%"), &json!(0)));
    let empty = ["paused", "minReadySeconds"].map(|member| json["spec"].get(member));
    assert_eq!((empty, json["metadata"].get("generateName")), ([None, None], None), "what Go cannot leave out is left out");

    let mut changed = created.clone();
    changed.spec.as_mut().unwrap().paused = Some(true);
    let updated: Deployment = client.write(Method::PUT, &path, &changed).await.object(StatusCode::OK);
    assert_eq!((updated.spec.as_ref().unwrap().paused, updated.metadata.as_ref().unwrap().generation), (Some(true), Some(2)));
    let same: Deployment = client.write(Method::PUT, &path, &updated).await.object(StatusCode::OK);
    assert_eq!(revision(&same.metadata), revision(&updated.metadata), "what is as it was is not written");
    let stale = client.write(Method::PUT, &path, &changed).await.refusal(409, "Conflict");
    assert_eq!(stale.details.unwrap().kind.as_deref(), Some("deployments"));
    let twice = client.write(Method::POST, DEPLOYMENTS, &deployment("a")).await;
    twice.refusal(409, "AlreadyExists");
    let invalid = client.write(Method::POST, DEPLOYMENTS, &deployment("A_b")).await.refusal(422, "Invalid");
    let causes = invalid.details.unwrap().causes;
    assert!(causes.iter().any(|cause| cause.field.as_deref() == Some("metadata.name")), "{causes:?}");
    client.get(&format!("{DEPLOYMENTS}/none"), PROTOBUF).await.refusal(404, "NotFound");

    let scaled = client.patch(&path, "application/merge-patch+json", json!({"spec": {"replicas": 2}})).await;
    assert_eq!(scaled.object::<Deployment>(StatusCode::OK).spec.unwrap().replicas, Some(2));
    let apply = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 3}});
    let applied = client.patch(&format!("{path}?fieldManager=applier&force=true"), "application/apply-patch+yaml", apply).await;
    let owners = applied.object::<Deployment>(StatusCode::OK).metadata.unwrap().managed_fields;
    let owned = owners.iter().find(|entry| entry.manager.as_deref() == Some("applier")).unwrap().fields_v1.clone().unwrap().raw.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&owned).unwrap(), json!({"f:spec": {"f:replicas": {}}}));

    let uid = created.metadata.unwrap().uid;
    let wrong = Preconditions { uid: text("another"), ..Preconditions::default() };
    let options = DeleteOptions { preconditions: Some(wrong), ..DeleteOptions::default() };
    client.delete(&path, &options).await.refusal(409, "Conflict");
    let right = Preconditions { uid: uid.clone(), ..Preconditions::default() };
    let options = DeleteOptions { preconditions: Some(right), propagation_policy: text("Background"), ..DeleteOptions::default() };
    let gone: Status = client.delete(&path, &options).await.message("v1", "Status");
    assert_eq!((gone.status.as_deref(), gone.details.unwrap().uid), (Some("Success"), uid));
}

async fn pods_services_and_secrets_keep_what_their_messages_hold(engine: Engine) {
    let server = TestServer::start(engine);
    let client = Client::of(&server);
    let pod = client.create(PODS, &Pod { metadata: metadata("p"), spec: pod_spec(), status: None }).await;
    let spec = pod.spec.as_ref().unwrap();
    assert_eq!((spec.termination_grace_period_seconds, spec.host_network()), (Some(0), false));
    let port = ServicePort { port: Some(80), target_port: share("http"), name: text(""), node_port: Some(0), ..ServicePort::default() };
    let spec = ServiceSpec { ports: vec![port], r#type: text(""), cluster_ip: text(""), ..ServiceSpec::default() };
    let service =
        client.create("/api/v1/namespaces/default/services", &Service { metadata: metadata("s"), spec: Some(spec), status: None }).await;
    let spec = service.spec.unwrap();
    assert_eq!((spec.r#type(), spec.ports[0].target_port.clone(), spec.ports[0].node_port()), ("ClusterIP", share("http"), 0));
    assert_eq!(spec.cluster_ip, spec.cluster_ips.first().cloned());
    let data = BTreeMap::from([("k".to_owned(), vec![0, 255, 128])]);
    let string_data = BTreeMap::from([("s".to_owned(), "text".to_owned())]);
    let secret = Secret { metadata: metadata("s"), data, string_data, immutable: Some(false), ..Secret::default() };
    let secret = client.create("/api/v1/namespaces/default/secrets", &secret).await;
    assert_eq!((&secret.data["k"], &secret.data["s"]), (&vec![0, 255, 128], &b"text".to_vec()));
    assert_eq!((secret.r#type.as_deref(), secret.immutable, secret.string_data.len()), (Some("Opaque"), Some(false), 0));

    let path = format!("{PODS}/p/eviction");
    let eviction = Eviction { metadata: metadata("p"), delete_options: Some(DeleteOptions::default()) };
    let evicted: Status = client.send(Method::POST, &path, enveloped("policy/v1", "Eviction", &eviction)).await.message("v1", "Status");
    assert_eq!((evicted.status.as_deref(), evicted.code), (Some("Success"), Some(201)));
    client.get(&format!("{PODS}/p"), PROTOBUF).await.refusal(404, "NotFound");
    client.create(DEPLOYMENTS, &deployment("d")).await;
    let path = format!("{DEPLOYMENTS}/d/scale");
    let mut scale: Scale = client.get(&path, PROTOBUF).await.message("autoscaling/v1", "Scale");
    scale.spec.as_mut().unwrap().replicas = Some(4);
    let scaled: Scale =
        client.send(Method::PUT, &path, enveloped("autoscaling/v1", "Scale", &scale)).await.message("autoscaling/v1", "Scale");
    assert_eq!((scaled.spec.unwrap().replicas, scaled.status.unwrap().selector.as_deref()), (Some(4), Some("app=d")));
}

async fn lists_come_in_pages_compressed_and_as_metadata_alone(engine: Engine) {
    let server = TestServer::start(engine);
    let client = Client::of(&server);
    let large = "x".repeat(50_000);
    for number in 0..5 {
        client.create(MAPS, &config_map(&format!("m{number}"), &large)).await;
    }
    let first: ConfigMapList = client.get(&format!("{MAPS}?limit=3"), PROTOBUF).await.message("v1", "ConfigMapList");
    let list = first.metadata.unwrap();
    assert_eq!((first.items.len(), list.remaining_item_count), (3, Some(2)));
    let next = format!("{MAPS}?limit=3&continue={}", list.r#continue());
    let second: ConfigMapList = client.get(&next, PROTOBUF).await.message("v1", "ConfigMapList");
    let metadata = second.metadata.unwrap();
    assert_eq!((metadata.resource_version(), metadata.r#continue()), (list.resource_version(), ""));
    let names: Vec<_> =
        first.items.iter().chain(&second.items).map(|map| map.metadata.as_ref().unwrap().name.as_deref().unwrap()).collect();
    assert_eq!(names, ["m0", "m1", "m2", "m3", "m4"]);

    let plain = client.get(MAPS, PROTOBUF).await;
    let packed = client.ask(Method::GET, MAPS, &[("accept", PROTOBUF), ("accept-encoding", "gzip")], Vec::new()).await;
    assert!(packed.bytes.starts_with(&[0x1f, 0x8b]) && packed.bytes.len() < plain.bytes.len() / 10, "{}", packed.bytes.len());
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.bytes.as_slice()), &mut unpacked).unwrap();
    let (unpacked, plain): (ConfigMapList, ConfigMapList) =
        (opened(&unpacked, "v1", "ConfigMapList"), plain.message("v1", "ConfigMapList"));
    assert!(unpacked.items == plain.items && plain.items.len() == 5);

    let partial = format!("{PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
    let list: PartialObjectMetadataList = client.get(MAPS, &partial).await.message("meta.k8s.io/v1", "PartialObjectMetadataList");
    assert_eq!(list.items.len(), 5);
    let partial = partial.replace("MetadataList", "Metadata");
    let one: PartialObjectMetadata = client.get(&format!("{MAPS}/m1"), &partial).await.message("meta.k8s.io/v1", "PartialObjectMetadata");
    assert_eq!(one.metadata, plain.items[1].metadata);

    let selected = format!("{MAPS}?labelSelector=app+in+(m0,m3)");
    let gone = client.delete(&selected, &DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() }).await;
    assert_eq!(gone.message::<ConfigMapList>("v1", "ConfigMapList").items.len(), 2, "a collection is answered by what was deleted");
    let left: ConfigMapList = client.get(MAPS, PROTOBUF).await.message("v1", "ConfigMapList");
    assert_eq!(left.items.len(), 3);
}

async fn a_watch_is_frames_from_the_initial_events_to_its_end(engine: Engine) {
    let server = TestServer::start(engine);
    let client = Client::of(&server);
    let first = client.create(MAPS, &config_map("a", "1")).await;
    let initial = "watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    let mut watch = client.watch(&format!("{MAPS}?{initial}"), PROTOBUF).await;
    let partial = format!("{PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,{OR_JSON}");
    let mut metadata_alone = client.watch(&format!("{MAPS}?{initial}"), &partial).await;
    assert_eq!(watch.map("ADDED").await, first);
    let bookmark = watch.map("BOOKMARK").await.metadata.unwrap();
    assert_eq!(bookmark.annotations, BTreeMap::from([("k8s.io/initial-events-end".to_owned(), "true".to_owned())]));
    assert!(counted(bookmark.resource_version()) >= counted(revision(&first.metadata)), "{bookmark:?}");

    let mut changed = first.clone();
    changed.data.insert("k".to_owned(), "2".to_owned());
    let changed: ConfigMap = client.write(Method::PUT, &format!("{MAPS}/a"), &changed).await.object(StatusCode::OK);
    let gone: Status = client.delete(&format!("{MAPS}/a"), &DeleteOptions::default()).await.message("v1", "Status");
    assert_eq!(gone.status.as_deref(), Some("Success"));
    assert_eq!(watch.map("MODIFIED").await, changed);
    let deleted = watch.map("DELETED").await;
    assert_eq!(deleted.data, changed.data, "the last state");
    assert_ne!(revision(&deleted.metadata), revision(&changed.metadata), "at the revision of the deletion");
    for expected in ["ADDED", "BOOKMARK", "MODIFIED", "DELETED"] {
        let (kind, object) = metadata_alone.next().await.unwrap();
        let object: PartialObjectMetadata = opened(&object, "meta.k8s.io/v1", "PartialObjectMetadata");
        let name = if kind == "BOOKMARK" { "" } else { "a" };
        assert_eq!((kind.as_str(), object.metadata.unwrap().name()), (expected, name));
    }

    let since = revision(&first.metadata);
    let path = format!("{MAPS}?watch=true&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion={since}");
    let told = loop {
        let mut short = client.watch(&path, PROTOBUF).await;
        assert_eq!(short.map("MODIFIED").await, changed);
        assert_eq!(short.map("DELETED").await, deleted);
        // A server that stood still for two seconds had no time for a bookmark.
        let Some((kind, object)) = short.next().await else { continue };
        assert_eq!(kind, "BOOKMARK");
        break opened::<ConfigMap>(&object, "v1", "ConfigMap");
    };
    assert!(counted(revision(&told.metadata)) >= counted(revision(&deleted.metadata)), "{told:?}");

    client.create(MAPS, &config_map("b", "1")).await;
    server.compact().await;
    // A server that was there may have in memory what its store has forgotten.
    let newcomer = server.beside();
    let mut late = Client::of(&newcomer).watch(&format!("{MAPS}?watch=true&resourceVersion={since}"), PROTOBUF).await;
    let (kind, object) = late.next().await.unwrap();
    let status: Status = opened(&object, "v1", "Status");
    assert_eq!((kind.as_str(), status.code, status.reason.as_deref()), ("ERROR", Some(410), Some("Expired")));
    assert!(late.next().await.is_none());
}

async fn custom_resources_are_told_apart_from_what_has_messages(engine: Engine) {
    use k8s_pb::apiextensions_apiserver::pkg::apis::apiextensions::v1 as extensions;
    let server = TestServer::start(engine);
    let client = Client::of(&server);
    let preserving = extensions::JsonSchemaProps {
        r#type: text("object"),
        x_kubernetes_preserve_unknown_fields: Some(true),
        ..extensions::JsonSchemaProps::default()
    };
    let version = extensions::CustomResourceDefinitionVersion {
        name: text("v1"),
        served: Some(true),
        storage: Some(true),
        schema: Some(extensions::CustomResourceValidation { open_apiv3_schema: Some(preserving) }),
        ..extensions::CustomResourceDefinitionVersion::default()
    };
    let names = extensions::CustomResourceDefinitionNames { plural: text("gears"), kind: text("Gear"), ..Default::default() };
    let spec = extensions::CustomResourceDefinitionSpec {
        group: text("example.com"),
        scope: text("Namespaced"),
        names: Some(names),
        versions: vec![version],
        ..extensions::CustomResourceDefinitionSpec::default()
    };
    let mut definition = extensions::CustomResourceDefinition { metadata: metadata("gears.example.com"), spec: Some(spec), status: None };
    definition.metadata.as_mut().unwrap().labels.clear();
    let made = client.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    let names = made.spec.unwrap().names.unwrap();
    assert_eq!((names.singular.as_deref(), names.list_kind.as_deref()), (Some("gear"), Some("GearList")));

    let gears = "/apis/example.com/v1/namespaces/default/gears";
    let gear = json!({"apiVersion": "example.com/v1", "kind": "Gear", "metadata": {"name": "g"}, "teeth": 12});
    let headers = [("content-type", "application/json"), ("accept", OR_JSON)];
    let created = client.ask(Method::POST, gears, &headers, gear.to_string().into_bytes()).await;
    assert_eq!(
        (created.code, created.content_type.as_str()),
        (StatusCode::CREATED, "application/json"),
        "JSON is the next that is accepted"
    );
    let one = format!("{gears}/g");
    for path in [gears, &one, &format!("{gears}?watch=true")] {
        assert_eq!(client.get(path, PROTOBUF).await.code, StatusCode::NOT_ACCEPTABLE, "{path}");
    }
    let refused =
        client.ask(Method::POST, gears, &[("content-type", PROTOBUF)], enveloped("example.com/v1", "Gear", &config_map("h", "1"))).await;
    assert_eq!(refused.code, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let partial = format!("{PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    let found: PartialObjectMetadata = client.get(&one, &partial).await.message("meta.k8s.io/v1", "PartialObjectMetadata");
    assert_eq!(found.metadata.unwrap().name.as_deref(), Some("g"));
    let wrong = Preconditions { uid: text("another"), ..Preconditions::default() };
    let refused = client.delete(&one, &DeleteOptions { preconditions: Some(wrong), ..DeleteOptions::default() }).await;
    assert_eq!(refused.code, StatusCode::CONFLICT, "options are understood");
    assert_eq!(client.delete(&one, &DeleteOptions::default()).await.code, StatusCode::OK);
}

on_every_engine!(await
    a_deployment_is_created_read_changed_and_deleted,
    pods_services_and_secrets_keep_what_their_messages_hold,
    lists_come_in_pages_compressed_and_as_metadata_alone,
    a_watch_is_frames_from_the_initial_events_to_its_end,
    custom_resources_are_told_apart_from_what_has_messages,
);

macro_rules! messages {
    ($($group:path { $($kind:ident)* })*) => {
        /// An object's message, read and written by its type; `None` for kinds that k8s-pb does not have.
        fn by_its_type(api_version: &str, kind: &str, raw: &[u8]) -> Option<Vec<u8>> {
            $($({
                use $group as module;
                type Type = module::$kind;
                if (api_version, kind) == (Type::API_VERSION, Type::KIND) {
                    return Some(Type::decode(raw).unwrap().encode_to_vec());
                }
            })*)*
            None
        }
    };
}

messages! {
    k8s_pb::api::admissionregistration::v1 {
        MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
    }
    k8s_pb::api::apps::v1 { ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet }
    k8s_pb::api::autoscaling::v1 { HorizontalPodAutoscaler }
    k8s_pb::api::autoscaling::v2 { HorizontalPodAutoscaler }
    k8s_pb::api::batch::v1 { CronJob Job }
    k8s_pb::api::certificates::v1 { CertificateSigningRequest }
    k8s_pb::api::coordination::v1 { Lease }
    k8s_pb::api::core::v1 {
        ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate
        ReplicationController ResourceQuota Secret Service ServiceAccount
    }
    k8s_pb::api::discovery::v1 { EndpointSlice }
    k8s_pb::api::events::v1 { Event }
    k8s_pb::api::flowcontrol::v1 { FlowSchema PriorityLevelConfiguration }
    k8s_pb::api::networking::v1 { IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR }
    k8s_pb::api::node::v1 { RuntimeClass }
    k8s_pb::api::policy::v1 { PodDisruptionBudget }
    k8s_pb::api::rbac::v1 { ClusterRole ClusterRoleBinding Role RoleBinding }
    k8s_pb::api::resource::v1 { DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice }
    k8s_pb::api::scheduling::v1 { PriorityClass }
    k8s_pb::api::storage::v1 { CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass }
    k8s_pb::apiextensions_apiserver::pkg::apis::apiextensions::v1 { CustomResourceDefinition }
    k8s_pb::kube_aggregator::pkg::apis::apiregistration::v1 { APIService }
}

/// The members of a document that another has not, or has otherwise.
fn lost(before: &Value, after: &Value, at: &str, found: &mut BTreeSet<String>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                lost(value, after.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"), found);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).for_each(|(before, after)| lost(before, after, &format!("{at}[]"), found));
        }
        _ if before != after => drop(found.insert(at.to_owned())),
        _ => {}
    }
}

/// The kinds that are newer than k8s-pb.
const NEWER_KINDS: [&str; 2] =
    ["admissionregistration.k8s.io/v1 MutatingAdmissionPolicy", "admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding"];

/// How the paths of fields end that are newer than k8s-pb.
const NEWER_FIELDS: [&str; 7] = [
    "CSIDriver.spec.preventPodSchedulingIfMissing",
    ".spec.schedulingGroup",
    "ResourceSlice.spec.devices[].attributes.numbers.ints",
    "ResourceSlice.spec.devices[].attributes.texts.strings",
    "ResourceSlice.spec.devices[].attributes.truths.bools",
    "ResourceSlice.spec.devices[].attributes.versions.versions",
    "ResourceSlice.spec.devices[].nodeAllocatableResourceMappings",
];

/// What no message has: a claim within a StatefulSet is no object of its own.
const UNSAYABLE: [&str; 2] = ["StatefulSet.spec.volumeClaimTemplates[].apiVersion", "StatefulSet.spec.volumeClaimTemplates[].kind"];

/// Each object of the set in which every field is filled goes out in protobuf, and through the types of others comes back as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_of_every_kind_survives_the_types_of_others() {
    let server = TestServer::start(Engine::Sqlite);
    let client = Client::of(&server);
    let (mut fields, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    for (path, object) in crate::weight::built_in_at_their_paths() {
        let applied = client.patch(&format!("{path}?fieldManager=a&force=true"), "application/apply-patch+yaml", object).await;
        assert!(applied.code.is_success(), "{path}: {}", String::from_utf8_lossy(&applied.bytes));
        let (sent, before) = client.in_both_forms(&path).await;
        let envelope = trueup::protobuf::open(&sent.bytes).unwrap();
        let Some(raw) = by_its_type(envelope.api_version, envelope.kind, envelope.raw) else {
            kinds.insert(format!("{} {}", envelope.api_version, envelope.kind));
            continue;
        };
        let message = trueup::protobuf::message_of(envelope.api_version, envelope.kind).unwrap();
        let after = trueup::protobuf::Envelope { raw: &raw, ..envelope }.decode(message).unwrap();
        let mut found = BTreeSet::new();
        lost(&before, &after, "", &mut found);
        lost(&after, &before, "", &mut found);
        fields.extend(found.into_iter().map(|field| format!("{}{field}", envelope.kind)));
    }
    let expected = || NEWER_FIELDS.iter().chain(&UNSAYABLE);
    let unexpected: Vec<&String> = fields.iter().filter(|field| !expected().any(|end| field.ends_with(end))).collect();
    assert_eq!(unexpected, [""; 0], "these are lost");
    let known: Vec<&&str> = expected().filter(|end| !fields.iter().any(|field| field.ends_with(**end))).collect();
    assert_eq!(known, [&""; 0], "k8s-pb has these");
    assert_eq!(Vec::from_iter(kinds), NEWER_KINDS);
}
