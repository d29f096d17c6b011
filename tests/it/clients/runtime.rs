//! What controllers are made of besides watchers, as kube-rs has it: stores, finalizers, events, conditions, and the typed subresources.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::core::v1::{ConfigMap, Event as CoreEvent, Namespace, Node, Pod, Secret, ServiceAccount};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, EvictParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams, PropagationPolicy};
use kube::core::response::Status;
use kube::runtime::controller::{Action, Controller};
use kube::runtime::events::{Event as News, EventType, Recorder, Reporter};
use kube::runtime::finalizer::{Event as Turn, finalizer};
use kube::runtime::reflector::{self, ObjectRef, Store, reflector};
use kube::runtime::wait::conditions;
use kube::runtime::watcher::{self, watcher};
use kube::runtime::{WatchStreamExt as _, wait::await_condition};
use kube::{Client, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::block_in_place;

use super::kube_rs::widget::{self, Widget, WidgetSpec};
use super::kube_rs::{PATIENCE, client, configuration, eventually, named};
use crate::harness::server::{Engine, TestServer, on_every_engine};

/// A typed object from JSON, for which a literal of the type would be long.
fn typed<K: DeserializeOwned>(object: Value) -> K {
    serde_json::from_value(object).unwrap()
}

/// The server's answer to what it does not do.
fn refused<T: std::fmt::Debug>(answer: kube::Result<T>) -> Status {
    match answer.unwrap_err() {
        kube::Error::Api(status) => *status,
        other => panic!("{other:?} is no answer of the server"),
    }
}

fn colored(name: &str, color: &str) -> ConfigMap {
    ConfigMap { data: Some([("color".to_owned(), color.to_owned())].into()), ..named(name) }
}

/// A reflector that runs, what it holds, and what it has been told.
struct Mirror {
    store: Store<ConfigMap>,
    told: Arc<Notify>,
    lists: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Mirror {
    fn start(maps: &Api<ConfigMap>, config: watcher::Config) -> Self {
        let (store, writer) = reflector::store();
        let (told, lists) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let events = reflector(writer, watcher(maps.clone(), config)).default_backoff();
        let (tell, count) = (Arc::clone(&told), Arc::clone(&lists));
        let task = tokio::spawn(events.for_each(move |event| {
            if matches!(event, Ok(watcher::Event::InitDone)) {
                count.fetch_add(1, Ordering::SeqCst);
            }
            tell.notify_one();
            async {}
        }));
        Self { store, told, lists, task }
    }

    fn held(&self) -> BTreeMap<String, ConfigMap> {
        self.store.state().iter().map(|map| (map.name_any(), ConfigMap::clone(map))).collect()
    }

    /// Waits until the store holds exactly what a list gives.
    async fn agrees_with(&self, maps: &Api<ConfigMap>) {
        let list = maps.list(&ListParams::default()).await.unwrap();
        let listed: BTreeMap<String, ConfigMap> = list.items.into_iter().map(|map| (map.name_any(), map)).collect();
        let agrees = async {
            while self.held() != listed {
                self.told.notified().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, agrees).await;
        waited.unwrap_or_else(|_| panic!("the store has {:#?} and a list {listed:#?}", self.held()));
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn a_reflectors_store_stays_what_a_list_gives_while_servers_come_and_go(engine: Engine) {
    let mut server = TestServer::start(engine);
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&server).await);
    for name in ["a", "b", "c"] {
        maps.create(&PostParams::default(), &colored(name, "red")).await.unwrap();
    }
    let mirrors =
        [watcher::Config::default().page_size(2), watcher::Config::default().streaming_lists()].map(|config| Mirror::start(&maps, config));
    for mirror in &mirrors {
        mirror.store.wait_until_ready().await.unwrap();
        mirror.agrees_with(&maps).await;
    }
    let blue = Patch::Merge(json!({"data": {"color": "blue"}}));
    for turn in ["d", "e"] {
        maps.create(&PostParams::default(), &colored(turn, "red")).await.unwrap();
        maps.patch("a", &PatchParams::default(), &blue).await.unwrap();
        block_in_place(|| server.restart());
        maps.patch(turn, &PatchParams::default(), &blue).await.unwrap();
        maps.delete(if turn == "d" { "b" } else { "d" }, &DeleteParams::default()).await.unwrap();
        for mirror in &mirrors {
            mirror.agrees_with(&maps).await;
            assert_eq!(mirror.lists.load(Ordering::SeqCst), 1, "a watch goes on where it was, and nothing is listed again");
        }
    }

    // What happened while nobody could watch is forgotten: they are told that they must list, and lose what was deleted.
    let beside = server.beside();
    let others: Api<ConfigMap> = Api::default_namespaced(client(&beside).await);
    block_in_place(|| server.kill());
    others.delete("a", &DeleteParams::default()).await.unwrap();
    others.create(&PostParams::default(), &colored("f", "red")).await.unwrap();
    server.compact().await;
    block_in_place(|| server.launch());
    for mirror in &mirrors {
        mirror.agrees_with(&maps).await;
        assert_eq!(mirror.lists.load(Ordering::SeqCst), 2);
        assert!(mirror.store.get(&ObjectRef::new("a").within("default")).is_none());
    }
}

const FINALIZER: &str = "trueup.dev/traces";

/// Keeps a secret for each config map that is labelled so, and takes it away with the map.
struct Traces {
    client: Client,
    /// Whether something is in the way of taking traces away.
    blocked: AtomicBool,
    failed: Notify,
}

#[derive(Debug, thiserror::Error)]
enum TraceError {
    #[error("something is in the way")]
    Blocked,
    #[error(transparent)]
    Server(#[from] kube::Error),
    #[error(transparent)]
    Finalizer(#[from] Box<kube::runtime::finalizer::Error<TraceError>>),
}

impl Traces {
    async fn reconcile(map: Arc<ConfigMap>, context: Arc<Self>) -> Result<Action, TraceError> {
        let maps: Api<ConfigMap> = Api::default_namespaced(context.client.clone());
        let turn = |turn| async { context.turn(turn).await };
        finalizer(&maps, FINALIZER, map, turn).await.map_err(|error| Box::new(error).into())
    }

    async fn turn(&self, turn: Turn<ConfigMap>) -> Result<Action, TraceError> {
        let secrets: Api<Secret> = Api::default_namespaced(self.client.clone());
        match turn {
            Turn::Apply(map) => {
                let trace = Secret { metadata: ObjectMeta { name: Some(map.name_any()), ..ObjectMeta::default() }, ..Secret::default() };
                secrets.patch(&map.name_any(), &PatchParams::apply("traces"), &Patch::Apply(&trace)).await?;
            }
            Turn::Cleanup(_) if self.blocked.load(Ordering::SeqCst) => {
                self.failed.notify_one();
                return Err(TraceError::Blocked);
            }
            Turn::Cleanup(map) => {
                let gone = secrets.delete(&map.name_any(), &DeleteParams::default()).await;
                // It may have gone in a turn that did not come to its end.
                if let Err(error) = gone
                    && !matches!(&error, kube::Error::Api(status) if status.is_not_found())
                {
                    return Err(error.into());
                }
            }
        }
        Ok(Action::await_change())
    }
}

async fn a_finalizer_holds_an_object_until_its_traces_are_gone(engine: Engine) {
    let mut server = TestServer::start(engine);
    let client = client(&server).await;
    let (maps, secrets): (Api<ConfigMap>, Api<Secret>) = (Api::default_namespaced(client.clone()), Api::default_namespaced(client.clone()));
    let context = Arc::new(Traces { client, blocked: AtomicBool::new(false), failed: Notify::new() });
    let again = |_: Arc<ConfigMap>, _: &TraceError, _: Arc<Traces>| Action::requeue(Duration::from_millis(100));
    let controller = Controller::new(maps.clone(), watcher::Config::default().labels("traced"));
    let controller = tokio::spawn(controller.run(Traces::reconcile, again, Arc::clone(&context)).for_each(|_| async {}));

    let mut map = named("a");
    map.metadata.labels = Some([("traced".to_owned(), String::new())].into());
    map.metadata.finalizers = Some(vec!["example.com/other".to_owned()]);
    let created = maps.create(&PostParams::default(), &map).await.unwrap();
    eventually(&secrets, "a", "the trace is made", |found: Option<&Secret>| found.is_some()).await;
    assert_eq!(maps.get("a").await.unwrap().finalizers(), ["example.com/other", FINALIZER]);

    context.blocked.store(true, Ordering::SeqCst);
    let kept = maps.delete("a", &DeleteParams::default()).await.unwrap().left().unwrap();
    assert!(kept.metadata.deletion_timestamp.is_some() && kept.uid() == created.uid(), "{kept:?}");
    tokio::time::timeout(PATIENCE, context.failed.notified()).await.unwrap();
    block_in_place(|| server.restart());
    assert!(secrets.get_opt("a").await.unwrap().is_some());
    assert_eq!(maps.get("a").await.unwrap().finalizers(), ["example.com/other", FINALIZER]);

    context.blocked.store(false, Ordering::SeqCst);
    let other_alone = |found: Option<&ConfigMap>| found.is_some_and(|map| map.finalizers() == ["example.com/other"]);
    eventually(&maps, "a", "the finalizer is taken away", other_alone).await;
    assert!(secrets.get_opt("a").await.unwrap().is_none(), "the trace went first");
    let added = Patch::Merge(json!({"metadata": {"finalizers": ["example.com/other", FINALIZER]}}));
    let refusal = refused(maps.patch("a", &PatchParams::default(), &added).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (422, "Invalid"), "an object that goes gets no new finalizer");
    let emptied = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    maps.patch("a", &PatchParams::default(), &emptied).await.unwrap();
    let uid = created.uid().unwrap();
    eventually(&maps, "a", "the last finalizer lets it go", conditions::is_deleted(&uid)).await;
    controller.abort();
}

fn news(reason: &str, secondary: Option<k8s_openapi::api::core::v1::ObjectReference>) -> News {
    News {
        type_: EventType::Warning,
        reason: reason.to_owned(),
        note: Some("it was seen".to_owned()),
        action: "Looking".to_owned(),
        secondary,
    }
}

async fn a_recorder_makes_series_of_what_repeats(engine: Engine) {
    let mut server = TestServer::start(engine);
    let client = client(&server).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let (map, other) =
        (maps.create(&PostParams::default(), &named("a")).await.unwrap(), maps.create(&PostParams::default(), &named("b")).await.unwrap());
    let reporter = Reporter { controller: "example.com/tester".to_owned(), instance: Some("tester-0".to_owned()) };
    let recorder = Recorder::new(client.clone(), reporter);
    for _ in 0..2 {
        recorder.publish(&news("Seen", Some(other.object_ref(&()))), &map.object_ref(&())).await.unwrap();
    }
    block_in_place(|| server.restart());
    recorder.publish(&news("Seen", Some(other.object_ref(&()))), &map.object_ref(&())).await.unwrap();
    recorder.publish(&news("Gone", None), &map.object_ref(&())).await.unwrap();

    let events: Api<Event> = Api::default_namespaced(client.clone());
    let seen = events.list(&ListParams::default().fields("reason=Seen")).await.unwrap().items;
    let [seen] = seen.as_slice() else { panic!("one event stands for all: {seen:#?}") };
    let series = seen.series.as_ref().unwrap();
    assert_eq!((series.count, seen.regarding.as_ref().unwrap().uid.clone()), (3, map.uid()));
    assert!(series.last_observed_time.0 > seen.event_time.as_ref().unwrap().0, "{seen:?}");
    assert_eq!((seen.related.as_ref().unwrap().name.as_deref(), seen.note.as_deref()), (Some("b"), Some("it was seen")));
    assert_eq!((seen.reporting_controller.as_deref(), seen.reporting_instance.as_deref()), (Some("example.com/tester"), Some("tester-0")));

    // The same object by its other name, as `kubectl describe` asks for it.
    let old: Api<CoreEvent> = Api::default_namespaced(client.clone());
    let about = format!("involvedObject.kind=ConfigMap,involvedObject.uid={}", map.uid().unwrap());
    let found = old.list(&ListParams::default().fields(&about)).await.unwrap();
    let mut reasons: Vec<_> =
        found.iter().map(|event| (event.reason.clone().unwrap(), event.series.as_ref().and_then(|series| series.count))).collect();
    reasons.sort();
    assert_eq!(reasons, [("Gone".to_owned(), None), ("Seen".to_owned(), Some(3))]);
    let same = old.get(&seen.name_any()).await.unwrap();
    assert_eq!((same.message.as_deref(), same.reporting_component.as_deref()), (Some("it was seen"), Some("example.com/tester")));
    assert_eq!((same.uid(), same.type_.as_deref()), (seen.uid(), Some("Warning")));

    // What lies in no namespace has its events in `default`.
    let space = Api::<Namespace>::all(client.clone()).get("default").await.unwrap();
    recorder.publish(&news("Seen", None), &space.object_ref(&())).await.unwrap();
    let of_space = events.list(&ListParams::default().fields("regarding.kind=Namespace")).await.unwrap();
    assert_eq!(of_space.items.len(), 1);
}

fn pod(name: &str) -> Pod {
    typed(json!({
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "nginx", "resources": {"requests": {"cpu": "100m"}}}]},
    }))
}

fn deployment(name: &str) -> Deployment {
    typed(json!({
        "metadata": {"name": name},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}},
        },
    }))
}

async fn conditions_come_true_under_those_who_wait(engine: Engine) {
    let server = TestServer::start(engine);
    let client = client(&server).await;
    let (pods, deployments): (Api<Pod>, Api<Deployment>) =
        (Api::default_namespaced(client.clone()), Api::default_namespaced(client.clone()));
    let none = PostParams::default();
    let running = eventually(&pods, "p", "the pod runs", conditions::is_pod_running());
    let runs = async {
        pods.create(&none, &pod("p")).await.unwrap();
        pods.patch_status("p", &PatchParams::default(), &Patch::Merge(json!({"status": {"phase": "Running"}}))).await.unwrap();
    };
    tokio::join!(running, runs);
    let completed = eventually(&deployments, "d", "the deployment is complete", conditions::is_deployment_completed());
    let completes = async {
        let created = deployments.create(&none, &deployment("d")).await.unwrap();
        let progressing = json!({"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"});
        let status = json!({"observedGeneration": created.metadata.generation, "conditions": [progressing]});
        deployments.patch_status("d", &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await.unwrap();
    };
    tokio::join!(completed, completes);
    let uid = pods.get("p").await.unwrap().uid().unwrap();
    let gone = eventually(&pods, "p", "the pod is gone", conditions::is_deleted(&uid));
    let goes = async {
        pods.delete("p", &DeleteParams::default().grace_period(0)).await.unwrap();
        // One of the same name is another pod.
        pods.create(&none, &pod("p")).await.unwrap();
    };
    tokio::join!(gone, goes);
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let name = "widgets.example.trueup.dev";
    let established = tokio::time::timeout(PATIENCE, await_condition(definitions, name, conditions::is_crd_established()));
    let (established, installed) = tokio::join!(established, widget::install(&client));
    installed.unwrap();
    assert!(established.unwrap().unwrap().is_some());
}

async fn scale_status_and_restart_are_typed_requests(engine: Engine) {
    let server = TestServer::start(engine);
    let client = client(&server).await;
    let deployments: Api<Deployment> = Api::default_namespaced(client);
    let (none, by) = (PostParams::default(), PatchParams::default());
    deployments.create(&none, &deployment("d")).await.unwrap();
    let mut scale = deployments.get_scale("d").await.unwrap();
    assert_eq!(scale.status.as_ref().unwrap().selector.as_deref(), Some("app=web"));
    scale.spec.as_mut().unwrap().replicas = Some(3);
    deployments.replace_scale("d", &none, &scale).await.unwrap();
    assert!(refused(deployments.replace_scale("d", &none, &scale).await).reason == "Conflict", "it has another revision now");
    let patched = deployments.patch_scale("d", &by, &Patch::Merge(json!({"spec": {"replicas": 5}}))).await.unwrap();
    assert_eq!(patched.spec.unwrap().replicas, Some(5));
    let current = deployments.get("d").await.unwrap();
    assert_eq!((current.spec.as_ref().unwrap().replicas, current.metadata.generation), (Some(5), Some(3)));

    let mut stated = current.clone();
    stated.spec.as_mut().unwrap().replicas = Some(9);
    stated.status = Some(typed(json!({"replicas": 4})));
    let written = deployments.replace_status("d", &none, &stated).await.unwrap();
    assert_eq!((written.status.unwrap().replicas, written.spec.unwrap().replicas), (Some(4), Some(5)), "a status is all that is written");
    assert_eq!(deployments.get_status("d").await.unwrap().status.unwrap().replicas, Some(4));
    let restarted = deployments.restart("d").await.unwrap();
    let annotations = restarted.spec.unwrap().template.metadata.unwrap().annotations.unwrap();
    assert!(annotations.contains_key("kube.kubernetes.io/restartedAt"), "{annotations:?}");
}

async fn pods_are_evicted_debugged_and_resized_by_typed_requests(engine: Engine) {
    let server = TestServer::start(engine);
    // A refusal by a budget is for the caller to see, rather than a reason to ask again.
    let mut configuration = configuration(&server).await;
    configuration.default_retry = false;
    let client = Client::try_from(configuration).unwrap();
    let (pods, budgets): (Api<Pod>, Api<PodDisruptionBudget>) = (Api::default_namespaced(client.clone()), Api::default_namespaced(client));
    let (none, by) = (PostParams::default(), PatchParams::default());
    pods.create(&none, &pod("p")).await.unwrap();
    let debugger = json!([{"name": "debugger", "image": "busybox", "targetContainerName": "c"}]);
    let added = Patch::Strategic(json!({"spec": {"ephemeralContainers": debugger}}));
    let debugged = pods.patch_ephemeral_containers("p", &by, &added).await.unwrap();
    assert_eq!(debugged.spec.unwrap().ephemeral_containers.unwrap().len(), 1);
    let mut another = pods.get_ephemeral_containers("p").await.unwrap();
    let second = typed(json!({"name": "another", "image": "busybox"}));
    another.spec.as_mut().unwrap().ephemeral_containers.as_mut().unwrap().push(second);
    let debugged = pods.replace_ephemeral_containers("p", &none, &another).await.unwrap();
    assert_eq!(debugged.spec.unwrap().ephemeral_containers.unwrap().len(), 2);
    let more = Patch::Strategic(json!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "200m"}}}]}}));
    let resized = pods.patch_resize("p", &by, &more).await.unwrap();
    assert_eq!(resized.spec.unwrap().containers[0].resources.as_ref().unwrap().requests.as_ref().unwrap()["cpu"].0, "200m");
    let less = Patch::Strategic(json!({"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1m"}}}]}}));
    assert_eq!(refused(pods.patch("p", &by, &less).await).code, 422, "resources change by that way alone");

    let budget = json!({"metadata": {"name": "b"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}});
    let budget = budgets.create(&none, &typed(budget)).await.unwrap();
    let status = json!({"status": {"observedGeneration": budget.metadata.generation, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0}});
    budgets.patch_status("b", &by, &Patch::Merge(&status)).await.unwrap();
    let healthy = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    pods.patch_status("p", &by, &Patch::Merge(&healthy)).await.unwrap();
    let refusal = refused(pods.evict("p", &EvictParams::default()).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (429, "TooManyRequests"));
    budgets.delete("b", &DeleteParams::default()).await.unwrap();
    let uid = pods.get("p").await.unwrap().uid().unwrap();
    pods.evict("p", &EvictParams { delete_options: Some(DeleteParams::default().grace_period(0)), ..EvictParams::default() })
        .await
        .unwrap();
    eventually(&pods, "p", "the evicted pod is gone", conditions::is_deleted(&uid)).await;
}

async fn tokens_approvals_and_cordons_are_typed_requests(engine: Engine) {
    let server = TestServer::start(engine);
    let client = client(&server).await;
    let none = PostParams::default();
    let accounts: Api<ServiceAccount> = Api::default_namespaced(client.clone());
    accounts.create(&none, &typed(json!({"metadata": {"name": "robot"}}))).await.unwrap();
    let asked: TokenRequest = typed(json!({"spec": {"audiences": [], "expirationSeconds": 3600}}));
    let token = accounts.create_token_request("robot", &none, &asked).await.unwrap();
    assert_eq!(token.status.unwrap().token.unwrap().split('.').count(), 3);

    let nodes: Api<Node> = Api::all(client.clone());
    nodes.create(&none, &typed(json!({"metadata": {"name": "n"}}))).await.unwrap();
    assert_eq!(nodes.cordon("n").await.unwrap().spec.unwrap().unschedulable, Some(true));
    assert_ne!(nodes.uncordon("n").await.unwrap().spec.and_then(|spec| spec.unschedulable), Some(true));

    let requests: Api<CertificateSigningRequest> = Api::all(client);
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    let spec =
        json!({"request": k8s_openapi::ByteString(request.into_bytes()), "signerName": "example.com/signer", "usages": ["client auth"]});
    requests.create(&none, &typed(json!({"metadata": {"name": "r"}, "spec": spec}))).await.unwrap();
    let approval = json!({"status": {"conditions": [{"type": "Approved", "status": "True", "reason": "Tested"}]}});
    requests.patch_approval("r", &PatchParams::default(), &Patch::Strategic(approval)).await.unwrap();
    let found = requests.get_approval("r").await.unwrap().status.unwrap().conditions.unwrap();
    assert_eq!((found[0].type_.as_str(), found[0].reason.as_deref()), ("Approved", Some("Tested")));
}

async fn typed_objects_are_applied_each_manager_its_part(engine: Engine) {
    let server = TestServer::start(engine);
    let client = client(&server).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let data = |key: &str, value: &str| ConfigMap { data: Some([(key.to_owned(), value.to_owned())].into()), ..named("a") };
    let (one, two) = (PatchParams::apply("one"), PatchParams::apply("two"));
    let applied = maps.patch("a", &one, &Patch::Apply(data("x", "1"))).await.unwrap();
    let both = maps.patch("a", &two, &Patch::Apply(data("y", "2"))).await.unwrap();
    assert_eq!((both.uid(), both.data.unwrap().len()), (applied.uid(), 2));
    let refusal = refused(maps.patch("a", &two, &Patch::Apply(data("x", "3"))).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (409, "Conflict"));
    assert!(refusal.message.contains("conflict with \"one\": .data.x"), "{}", refusal.message);
    assert_eq!(maps.get("a").await.unwrap().data.unwrap()["y"], "2", "a refused apply writes nothing");
    let taken = maps.patch("a", &two.clone().force(), &Patch::Apply(data("x", "3"))).await.unwrap();
    assert_eq!(taken.data, data("x", "3").data, "what was applied before and is not any more is gone");
    let same = maps.patch("a", &two, &Patch::Apply(data("x", "3"))).await.unwrap();
    assert_eq!(same.resource_version(), taken.resource_version());
    let dry = maps.patch("a", &two.clone().dry_run(), &Patch::Apply(data("z", "4"))).await.unwrap();
    assert!(dry.data.unwrap().contains_key("z") && !maps.get("a").await.unwrap().data.unwrap().contains_key("z"));

    widget::install(&client).await.unwrap();
    let widgets: Api<Widget> = Api::default_namespaced(client);
    let widget = Widget::new("w", WidgetSpec { color: "red".to_owned(), size: 1 });
    let applied = widgets.patch("w", &one.clone().validation_strict(), &Patch::Apply(&widget)).await.unwrap();
    assert_eq!(applied.managed_fields()[0].manager.as_deref(), Some("one"));
    let state = json!({"apiVersion": "example.trueup.dev/v1", "kind": "Widget", "status": {"observedGeneration": 1, "configMap": "m"}});
    let stated = widgets.patch_status("w", &two, &Patch::Apply(&state)).await.unwrap();
    assert_eq!((stated.status.unwrap().config_map.as_str(), stated.metadata.generation), ("m", Some(1)));
    let unknown = json!({"apiVersion": "example.trueup.dev/v1", "kind": "Widget", "spec": {"color": "red", "size": 1, "weight": 5}});
    let refusal = refused(widgets.patch("w", &one.validation_strict(), &Patch::Apply(&unknown)).await);
    assert_eq!((refusal.code, refusal.message.contains("\"spec.weight\"")), (400, true), "{}", refusal.message);
}

async fn entries_are_made_changed_and_written_once(engine: Engine) {
    let server = TestServer::start(engine);
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&server).await);
    let none = PostParams::default();
    let paint = |color: &'static str| {
        move |map: &mut ConfigMap| drop(map.data.get_or_insert_default().insert("color".to_owned(), color.to_owned()))
    };
    let mut entry = maps.entry("a").await.unwrap().or_insert(|| colored("a", "red"));
    entry.commit(&none).await.unwrap();
    let made = entry.get().clone();
    assert!(made.uid().is_some());
    let mut late = maps.entry("a").await.unwrap().and_modify(paint("blue")).or_insert(ConfigMap::default);
    let mut early = maps.entry("a").await.unwrap().and_modify(paint("green")).or_insert(ConfigMap::default);
    early.commit(&none).await.unwrap();
    assert!(late.commit(&none).await.is_err(), "what has changed meanwhile is not overwritten");
    assert_eq!(maps.get("a").await.unwrap().data.unwrap()["color"], "green");
}

async fn collections_are_deleted_by_their_selectors(engine: Engine) {
    let server = TestServer::start(engine);
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&server).await);
    for (name, tier) in [("a", "web"), ("b", "web"), ("c", "db")] {
        let mut map = named(name);
        map.labels_mut().insert("tier".to_owned(), tier.to_owned());
        maps.create(&PostParams::default(), &map).await.unwrap();
    }
    let how = DeleteParams { propagation_policy: Some(PropagationPolicy::Foreground), ..DeleteParams::default() };
    maps.delete_collection(&how, &ListParams::default().labels("tier in (web, cache)")).await.unwrap();
    for name in ["a", "b"] {
        eventually(&maps, name, "the selected one is gone", |found: Option<&ConfigMap>| found.is_none()).await;
    }
    assert_eq!(maps.get_metadata("c").await.unwrap().labels()["tier"], "db");
}

on_every_engine!(await
    a_reflectors_store_stays_what_a_list_gives_while_servers_come_and_go,
    a_finalizer_holds_an_object_until_its_traces_are_gone,
    a_recorder_makes_series_of_what_repeats,
    conditions_come_true_under_those_who_wait,
    scale_status_and_restart_are_typed_requests,
    pods_are_evicted_debugged_and_resized_by_typed_requests,
    tokens_approvals_and_cordons_are_typed_requests,
    typed_objects_are_applied_each_manager_its_part,
    entries_are_made_changed_and_written_once,
    collections_are_deleted_by_their_selectors,
);
