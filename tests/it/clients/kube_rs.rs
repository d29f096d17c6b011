//! The controller of `examples/widget_controller`, which is written with kube-rs.

#[path = "../../../examples/widget_controller/widget.rs"]
pub(super) mod widget;

use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, DeleteParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{GroupVersionKind, PartialObjectMeta};
use kube::discovery::{Discovery, Scope, verbs};
use kube::runtime::wait::{Condition, await_condition};
use kube::runtime::watcher::{self, watcher};
use kube::{Client, ResourceExt as _};
use serde_json::json;
use tokio::task::block_in_place;
use widget::{Widget, WidgetSpec};

use crate::harness::server::{Engine, TestServer, on_every_engine};

/// Long enough that only a test which fails waits for it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn client(server: &TestServer) -> Client {
    Client::try_from(configuration(server).await).unwrap()
}

pub(super) async fn configuration(server: &TestServer) -> kube::Config {
    // Another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let kubeconfig = Kubeconfig::read_from(server.kubeconfig()).unwrap();
    kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap()
}

pub(super) async fn eventually<K>(api: &Api<K>, name: &str, what: &str, condition: impl Condition<K>)
where
    K: Clone + std::fmt::Debug + Send + serde::de::DeserializeOwned + kube::Resource + 'static,
{
    let waited = tokio::time::timeout(PATIENCE, await_condition(api.clone(), name, condition)).await;
    waited.unwrap_or_else(|_| panic!("{name} never came to this: {what}")).unwrap();
}

pub(super) fn named(name: &str) -> ConfigMap {
    ConfigMap { metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }, ..ConfigMap::default() }
}

fn shows(color: &str) -> impl Condition<ConfigMap> {
    move |found: Option<&ConfigMap>| found.and_then(|map| map.data.as_ref()?.get("color")).is_some_and(|found| found == color)
}

fn observed(generation: i64) -> impl Condition<Widget> {
    move |found: Option<&Widget>| {
        found.and_then(|widget| widget.status.as_ref()).is_some_and(|status| status.observed_generation == generation)
    }
}

async fn a_controller_keeps_its_resource_up_and_survives_a_restart_of_the_server(engine: Engine) {
    let mut server = TestServer::start(engine);
    let client = client(&server).await;
    widget::install(&client).await.unwrap();
    let controller = widget::controller(&client).run(widget::reconcile, widget::on_error, widget::context(client.clone()));
    let controller = tokio::spawn(controller.for_each(|_| async {}));
    let (widgets, maps): (Api<Widget>, Api<ConfigMap>) = (Api::default_namespaced(client.clone()), Api::default_namespaced(client.clone()));

    let spec = WidgetSpec { color: "red".to_owned(), size: 3 };
    let created = widgets.create(&PostParams::default(), &Widget::new("one", spec)).await.unwrap();
    assert_eq!(created.metadata.generation, Some(1));
    eventually(&widgets, "one", "the first generation is observed", observed(1)).await;
    let owned = maps.get("widget-one").await.unwrap();
    assert_eq!(owned.data.as_ref().unwrap()["size"], "3");
    assert_eq!(owned.owner_references()[0].uid, created.uid().unwrap());
    assert_eq!(widgets.get("one").await.unwrap().status.unwrap().config_map, "widget-one");

    let drift = Patch::Merge(json!({"data": {"color": "drifted"}}));
    maps.patch("widget-one", &PatchParams::default(), &drift).await.unwrap();
    eventually(&maps, "widget-one", "a change by others is undone", shows("red")).await;
    maps.delete("widget-one", &DeleteParams::default()).await.unwrap();
    eventually(&maps, "widget-one", "a deletion by others is undone", shows("red")).await;

    let before = widgets.get("one").await.unwrap();
    block_in_place(|| server.restart());
    assert_eq!(widgets.get("one").await.unwrap().resource_version(), before.resource_version());
    let change = Patch::Merge(json!({"spec": {"color": "blue"}}));
    widgets.patch("one", &PatchParams::default(), &change).await.unwrap();
    eventually(&maps, "widget-one", "a change after the restart is followed", shows("blue")).await;
    eventually(&widgets, "one", "the second generation is observed", observed(2)).await;
    controller.abort();
}

async fn typed_requests_and_refusals_are_understood(engine: Engine) {
    let server = TestServer::start(engine);
    let maps: Api<ConfigMap> = Api::default_namespaced(client(&server).await);
    let created = maps.create(&PostParams::default(), &named("a")).await.unwrap();
    let refused = maps.create(&PostParams::default(), &named("a")).await.unwrap_err();
    assert!(matches!(&refused, kube::Error::Api(status) if status.is_already_exists()), "{refused:?}");
    let mut stale = created.clone();
    stale.data = Some([("k".to_owned(), "v".to_owned())].into());
    maps.replace("a", &PostParams::default(), &stale).await.unwrap();
    let refused = maps.replace("a", &PostParams::default(), &stale).await.unwrap_err();
    assert!(matches!(&refused, kube::Error::Api(status) if status.is_conflict()), "{refused:?}");
    assert!(maps.delete("a", &DeleteParams::default()).await.unwrap().is_right(), "an object that goes at once is answered by a Status");
    assert_eq!(maps.get_opt("a").await.unwrap().map(|map| map.name_any()), None);
}

async fn watchers_list_page_by_page_as_a_stream_and_by_metadata_alone(engine: Engine) {
    let server = TestServer::start(engine);
    let client = client(&server).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let metadata_alone: Api<PartialObjectMeta<ConfigMap>> = Api::default_namespaced(client);
    for number in 0..5 {
        maps.create(&PostParams::default(), &named(&format!("m{number}"))).await.unwrap();
    }
    let paged = watcher::Config::default().page_size(2);
    let streamed = watcher::Config::default().streaming_lists();
    for config in [paged, streamed] {
        let full = watcher(maps.clone(), config.clone()).map_ok(|event| summary(&event));
        let metadata = watcher(metadata_alone.clone(), config).map_ok(|event| summary(&event));
        let (mut full, mut metadata) = (Box::pin(full), Box::pin(metadata));
        for expected in ["init", "found m0", "found m1", "found m2", "found m3", "found m4", "listed"] {
            assert_eq!(full.next().await.unwrap().unwrap(), expected);
            assert_eq!(metadata.next().await.unwrap().unwrap(), expected);
        }
        maps.create(&PostParams::default(), &named("n")).await.unwrap();
        maps.delete("n", &DeleteParams::default()).await.unwrap();
        for expected in ["applied n", "deleted n"] {
            assert_eq!(full.next().await.unwrap().unwrap(), expected);
            assert_eq!(metadata.next().await.unwrap().unwrap(), expected);
        }
    }
}

fn summary<K: kube::Resource>(event: &watcher::Event<K>) -> String {
    match event {
        watcher::Event::Init => "init".to_owned(),
        watcher::Event::InitApply(object) => format!("found {}", object.name_any()),
        watcher::Event::InitDone => "listed".to_owned(),
        watcher::Event::Apply(object) => format!("applied {}", object.name_any()),
        watcher::Event::Delete(object) => format!("deleted {}", object.name_any()),
    }
}

async fn kinds_are_discovered_one_group_at_a_time_and_all_at_once(engine: Engine) {
    let server = TestServer::start(engine);
    let client = client(&server).await;
    widget::install(&client).await.unwrap();
    let slow = Discovery::new(client.clone()).run().await.unwrap();
    let fast = Discovery::new(client).run_aggregated().await.unwrap();
    let kinds = |discovery: &Discovery| -> Vec<String> {
        let kinds = discovery.groups().flat_map(kube::discovery::ApiGroup::recommended_resources);
        let kinds = kinds.map(|(resource, capabilities)| {
            format!("{}/{} {} {:?} {:?}", resource.api_version, resource.kind, resource.plural, capabilities.scope, capabilities.operations)
        });
        let mut kinds: Vec<String> = kinds.collect();
        kinds.sort();
        kinds
    };
    assert_eq!(kinds(&slow), kinds(&fast));
    let widgets = GroupVersionKind::gvk("example.trueup.dev", "v1", "Widget");
    let (resource, capabilities) = fast.resolve_gvk(&widgets).unwrap();
    assert_eq!((resource.plural.as_str(), capabilities.scope), ("widgets", Scope::Namespaced));
    assert!(capabilities.operations.iter().any(|operation| operation == verbs::WATCH));
}

on_every_engine!(await
    a_controller_keeps_its_resource_up_and_survives_a_restart_of_the_server,
    typed_requests_and_refusals_are_understood,
    watchers_list_page_by_page_as_a_stream_and_by_metadata_alone,
    kinds_are_discovered_one_group_at_a_time_and_all_at_once,
);
