//! Writes are charged to resource quotas.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use serde_json::{Value, json};
use trueup::object::Revision;
use trueup::store::{Entry, EtcdStore, JointOutcome, ListRequest, MemoryStore, Page, Store, StoreError, WatchStream, Write};

use super::{MERGE, TestApi};
use crate::controllers::eventually;
use crate::harness::etcd::EtcdServer;
use crate::harness::webhook::Webhook;

const QUOTAS: &str = "/api/v1/namespaces/default/resourcequotas";
const PODS: &str = "/api/v1/namespaces/default/pods";
const MAPS: &str = "/api/v1/namespaces/default/configmaps";
const SERVICES: &str = "/api/v1/namespaces/default/services";

/// A quota of which the controller has counted that nothing is taken.
async fn quota(api: &TestApi, name: &str, spec: Value) {
    let hard = spec["hard"].clone();
    api.create(QUOTAS, &json!({"metadata": {"name": name}, "spec": spec})).await;
    let used: Value =
        hard.as_object().expect("limits").keys().map(|name| (name.clone(), json!("0"))).collect::<serde_json::Map<_, _>>().into();
    let status = api.patch(&format!("{QUOTAS}/{name}/status"), MERGE, &json!({"status": {"hard": hard, "used": used}})).await;
    assert_eq!(status.code, 200, "{}", status.body);
}

async fn used(api: &TestApi, name: &str) -> Value {
    api.get(&format!("{QUOTAS}/{name}")).await.body["status"]["used"].clone()
}

fn pod(name: &str, resources: &Value) -> Value {
    let containers = json!([{"name": "c", "image": "i", "resources": resources}]);
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers}})
}

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
}

#[tokio::test]
async fn creates_are_charged_until_nothing_is_left() {
    for api in TestApi::on_each_store().await {
        quota(&api, "q", json!({"hard": {"pods": "2", "requests.cpu": "3", "count/configmaps": "1"}})).await;
        let asks = |cpu: &str| json!({"requests": {"cpu": cpu}});
        api.create(PODS, &pod("a", &asks("1"))).await;
        let refused = api.post(PODS, &pod("b", &asks("2500m"))).await;
        refused.refused(403, "Forbidden");
        assert_eq!(
            refused.message(),
            "pods \"b\" is forbidden: exceeded quota: q, requested: requests.cpu=2500m, used: requests.cpu=1, limited: requests.cpu=3"
        );
        assert_eq!(
            api.post(PODS, &pod("b", &json!({}))).await.message(),
            "pods \"b\" is forbidden: failed quota: q: must specify requests.cpu for: c"
        );
        assert_eq!(api.apply(&format!("{PODS}/b"), "m", &pod("b", &asks("2"))).await.code, 201);
        assert_eq!(used(&api, "q").await, json!({"pods": "2", "requests.cpu": "3", "count/configmaps": "0"}));
        api.create(MAPS, &map("a")).await;
        assert_eq!(
            api.post(MAPS, &map("b")).await.message(),
            "configmaps \"b\" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=1, limited: count/configmaps=1"
        );
        let elsewhere = api.post("/api/v1/namespaces/kube-system/configmaps", &map("b")).await;
        assert_eq!(elsewhere.code, 201);
    }
}

#[tokio::test]
async fn a_dry_run_is_judged_and_not_charged() {
    let api = TestApi::new().await;
    quota(&api, "q", json!({"hard": {"configmaps": "1"}})).await;
    let dry = format!("{MAPS}?dryRun=All");
    assert_eq!(api.post(&dry, &map("a")).await.code, 201);
    assert_eq!(used(&api, "q").await, json!({"configmaps": "0"}));
    api.create(MAPS, &map("a")).await;
    api.post(&dry, &map("b")).await.refused(403, "Forbidden");
}

#[tokio::test]
async fn an_update_is_charged_what_it_takes_more() {
    let api = TestApi::new().await;
    quota(&api, "q", json!({"hard": {"services.nodeports": "2", "services": "5"}})).await;
    let ports = |many: i64| (1..=many).map(|port| json!({"name": format!("p{port}"), "port": port})).collect::<Vec<_>>();
    let service = json!({"metadata": {"name": "s"}, "spec": {"type": "NodePort", "ports": ports(1)}});
    api.create(SERVICES, &service).await;
    let changed = |many| json!({"spec": {"ports": ports(many)}});
    assert_eq!(api.patch(&format!("{SERVICES}/s"), MERGE, &changed(2)).await.code, 200);
    assert_eq!(used(&api, "q").await, json!({"services": "1", "services.nodeports": "2"}));
    let refused = api.patch(&format!("{SERVICES}/s"), MERGE, &changed(3)).await;
    refused.refused(403, "Forbidden");
    assert!(refused.message().contains("requested: services.nodeports=1, used: services.nodeports=2, limited: services.nodeports=2"));
    assert_eq!(api.patch(&format!("{SERVICES}/s"), MERGE, &changed(1)).await.code, 200);
}

#[tokio::test]
async fn every_quota_is_asked_before_one_is_charged_and_scopes_pick_pods() {
    let api = TestApi::new().await;
    quota(&api, "a", json!({"hard": {"pods": "5"}})).await;
    quota(&api, "b", json!({"hard": {"pods": "0"}, "scopes": ["BestEffort"]})).await;
    let refused = api.post(PODS, &pod("a", &json!({}))).await;
    assert!(refused.message().contains("exceeded quota: b, requested: pods=1, used: pods=0, limited: pods=0"), "{}", refused.message());
    assert_eq!(used(&api, "a").await, json!({"pods": "0"}));
    api.create(PODS, &pod("b", &json!({"requests": {"cpu": "1"}}))).await;
    assert_eq!((used(&api, "a").await, used(&api, "b").await), (json!({"pods": "1"}), json!({"pods": "0"})));
}

#[tokio::test]
async fn a_quota_that_nobody_has_counted_limits_nothing() {
    let api = TestApi::new().await;
    api.create(QUOTAS, &json!({"metadata": {"name": "q"}, "spec": {"hard": {"configmaps": "0"}}})).await;
    api.create(MAPS, &map("a")).await;
}

#[tokio::test]
async fn what_fails_takes_nothing() {
    for api in TestApi::on_each_store().await {
        quota(&api, "q", json!({"hard": {"configmaps": "5", "services": "5"}})).await;
        api.create(MAPS, &map("a")).await;
        api.post(MAPS, &map("a")).await.refused(409, "AlreadyExists");
        let wrong = json!({"metadata": {"name": "s"}, "spec": {"clusterIP": "10.1.2.3", "ports": [{"port": 1}]}});
        api.post(SERVICES, &wrong).await.refused(422, "Invalid");
        assert_eq!(used(&api, "q").await, json!({"configmaps": "1", "services": "0"}));
    }
}

#[tokio::test]
async fn a_service_that_a_quota_refuses_holds_no_address() {
    let api = TestApi::new().await;
    quota(&api, "q", json!({"hard": {"services": "0"}})).await;
    let service = json!({"metadata": {"name": "s"}, "spec": {"clusterIP": "10.96.0.77", "ports": [{"port": 1}]}});
    api.post(SERVICES, &service).await.refused(403, "Forbidden");
    assert_eq!(api.post("/api/v1/namespaces/kube-system/services", &service).await.code, 201);
}

#[tokio::test]
async fn one_write_is_charged_to_all_quotas_or_to_none() {
    for api in TestApi::on_each_store().await {
        quota(&api, "a", json!({"hard": {"configmaps": "2"}})).await;
        quota(&api, "b", json!({"hard": {"count/configmaps": "1", "resourcequotas": "3"}})).await;
        api.create(MAPS, &map("a")).await;
        api.post(MAPS, &map("b")).await.refused(403, "Forbidden");
        let both = (used(&api, "a").await, used(&api, "b").await);
        assert_eq!(both, (json!({"configmaps": "1"}), json!({"count/configmaps": "1", "resourcequotas": "0"})));
        api.create(QUOTAS, &json!({"metadata": {"name": "c"}, "spec": {"hard": {"pods": "1"}}})).await;
        assert_eq!(used(&api, "b").await["resourcequotas"], "1", "quotas are counted like anything else");
    }
}

/// A gate that a webhook's answer waits at until it is opened.
#[derive(Default)]
struct Gate(Mutex<(usize, bool)>, Condvar);

impl Gate {
    /// Longer than any test, and less than the 30 s that a conversion may take; a hang must end.
    const PATIENCE: Duration = Duration::from_secs(28);

    fn pass(&self) {
        let mut state = self.0.lock().expect("no test panics in between");
        state.0 += 1;
        drop(self.1.wait_timeout_while(state, Self::PATIENCE, |state| !state.1).expect("no test panics in between"));
    }

    fn waiting(&self) -> usize {
        self.0.lock().expect("no test panics in between").0
    }

    fn open(&self) {
        self.0.lock().expect("no test panics in between").1 = true;
        self.1.notify_all();
    }
}

/// A kind whose stored version only a webhook knows.
fn slow_kind(webhook: &Webhook) -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let version = |name: &str, storage: bool| json!({"name": name, "served": true, "storage": storage, "schema": schema});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
            "versions": [version("v1", true), version("v2", false)],
            "conversion": {"strategy": "Webhook", "webhook": {
                "clientConfig": {"url": webhook.url, "caBundle": webhook.ca_bundle}, "conversionReviewVersions": ["v1"],
            }},
        },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn however_long_a_write_takes_a_quota_is_never_exceeded() {
    const WRITERS: usize = 3;
    let gate = Arc::new(Gate::default());
    let at_gate = Arc::clone(&gate);
    let webhook = Webhook::start(move |review| {
        let request = &review["request"];
        let to = request["desiredAPIVersion"].clone();
        // What is on its way into the store waits; what comes out of it does not.
        if to == "example.com/v1" {
            tokio::task::block_in_place(|| at_gate.pass());
        }
        let convert = |object: &Value| super::merged(object.clone(), &[("/apiVersion", to.clone())]);
        let converted: Vec<Value> = request["objects"].as_array().expect("objects").iter().map(convert).collect();
        let response = json!({"uid": request["uid"], "result": {"status": "Success"}, "convertedObjects": converted});
        (StatusCode::OK, json!({"kind": "ConversionReview", "apiVersion": review["apiVersion"], "response": response}))
    })
    .await;
    let api = Arc::new(TestApi::on_sqlite().await);
    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &slow_kind(&webhook)).await;
    quota(&api, "q", json!({"hard": {"count/things.example.com": "1"}})).await;
    let things = "/apis/example.com/v2/namespaces/default/things";
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..WRITERS {
        let api = Arc::clone(&api);
        let thing = json!({"apiVersion": "example.com/v2", "kind": "Thing", "metadata": {"name": format!("t{number}")}});
        writers.spawn(async move { api.post(things, &thing).await });
        // Each one is admitted, and waits for its stored form, before the next one comes.
        eventually("it waits at the gate", async || (gate.waiting() > number).then_some(())).await;
    }
    // What a count finds in the meantime: nothing is there.
    let nothing = json!({"status": {"used": {"count/things.example.com": "0"}}});
    assert_eq!(api.patch(&format!("{QUOTAS}/q/status"), MERGE, &nothing).await.code, 200);
    gate.open();
    let codes: Vec<u16> = writers.join_all().await.into_iter().map(|answered| answered.code.as_u16()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 201).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 403).count(), WRITERS - 1, "{codes:?}");
    assert_eq!(api.get("/apis/example.com/v1/namespaces/default/things").await.names().len(), 1);
    assert_eq!(used(&api, "q").await, json!({"count/things.example.com": "1"}));
}

/// A store that counts the commits of several writes.
struct Counted {
    inner: Arc<dyn Store>,
    lost: AtomicUsize,
    most: AtomicUsize,
    /// Refuses commits of more bytes.
    bytes: usize,
}

impl Counted {
    fn over(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { inner, lost: AtomicUsize::new(0), most: AtomicUsize::new(0), bytes: usize::MAX })
    }
}

#[async_trait]
impl Store for Counted {
    fn engine(&self) -> &'static str {
        "counted"
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key).await
    }

    async fn list(&self, request: ListRequest) -> Result<Page, StoreError> {
        self.inner.list(request).await
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
        let size = |write: &Write| match &write.change {
            trueup::store::Change::Put(value) => value.len(),
            trueup::store::Change::Delete => 0,
        };
        if writes.iter().map(size).sum::<usize>() > self.bytes {
            return Err(StoreError::TooLarge("so says the test".to_owned()));
        }
        self.most.fetch_max(writes.len(), Ordering::SeqCst);
        // So that others come while a commit is made.
        tokio::task::yield_now().await;
        let outcome = self.inner.commit_all(writes).await;
        self.lost.fetch_add(usize::from(matches!(outcome, Ok(JointOutcome::Lost(_)))), Ordering::SeqCst);
        outcome
    }

    fn shares_revisions(&self) -> bool {
        self.inner.shares_revisions()
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        self.inner.watch(prefix, after).await
    }

    async fn compact(&self, upto: Revision) -> Result<(), StoreError> {
        self.inner.compact(upto).await
    }

    async fn current_revision(&self) -> Result<Revision, StoreError> {
        self.inner.current_revision().await
    }

    async fn size_bytes(&self) -> Result<Option<u64>, StoreError> {
        self.inner.size_bytes().await
    }
}

async fn on_each_counted_store() -> [Arc<Counted>; 2] {
    let etcd = EtcdStore::connect(EtcdServer::shared()).await.expect("an etcd");
    [Counted::over(Arc::new(MemoryStore::new())), Counted::over(Arc::new(etcd))]
}

/// The answers to so many creates of config maps at once, by name.
async fn create_at_once(api: &Arc<TestApi>, names: impl IntoIterator<Item = String>) -> Vec<u16> {
    let mut writers = tokio::task::JoinSet::new();
    for name in names {
        let api = Arc::clone(api);
        writers.spawn(async move { api.post(MAPS, &map(&name)).await.code.as_u16() });
    }
    writers.join_all().await
}

fn many(codes: &[u16], code: u16) -> usize {
    codes.iter().filter(|found| **found == code).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_one_server_do_not_race_for_a_quota() {
    const ROOM: usize = 200;
    for store in on_each_counted_store().await {
        let api = Arc::new(TestApi::over(Arc::clone(&store) as Arc<dyn Store>, None).await);
        quota(&api, "a", json!({"hard": {"configmaps": ROOM.to_string()}})).await;
        quota(&api, "b", json!({"hard": {"count/configmaps": "1000", "secrets": "5"}})).await;
        let before = store.lost.load(Ordering::SeqCst);
        let codes = create_at_once(&api, (0..ROOM + 40).map(|number| format!("m{number}"))).await;
        assert_eq!((many(&codes, 201), many(&codes, 403)), (ROOM, 40), "{codes:?}");
        assert_eq!(store.lost.load(Ordering::SeqCst), before);
        assert_eq!(
            (used(&api, "a").await, used(&api, "b").await["count/configmaps"].clone()),
            (json!({"configmaps": "200"}), json!("200"))
        );
        let most = store.most.load(Ordering::SeqCst);
        assert!(if store.shares_revisions() { most == 3 } else { (4..=100).contains(&most) }, "{most} writes in one commit");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_objects_written_with_their_quota_no_two_of_a_kind_have_one_revision() {
    for store in on_each_counted_store().await {
        let api = Arc::new(TestApi::over(store, None).await);
        quota(&api, "q", json!({"hard": {"configmaps": "100"}})).await;
        let codes = create_at_once(&api, (0..50).map(|number| format!("m{number}"))).await;
        assert_eq!(many(&codes, 201), 50, "{codes:?}");
        let list = api.get(MAPS).await;
        let items = list.body["items"].as_array().expect("items");
        let revisions: BTreeSet<&str> = items.iter().filter_map(|item| item["metadata"]["resourceVersion"].as_str()).collect();
        assert_eq!(revisions.len(), 50);
    }
}

/// In etcd, both quotas have the revision of the write, and a watch that ends between them goes on after it.
#[tokio::test]
async fn a_watch_that_heard_of_one_of_two_quotas_hears_of_both_when_it_goes_on() {
    let etcd = EtcdStore::connect(EtcdServer::shared()).await.expect("an etcd");
    let api = TestApi::over(Arc::new(etcd), None).await;
    quota(&api, "a", json!({"hard": {"configmaps": "10"}})).await;
    quota(&api, "b", json!({"hard": {"count/configmaps": "10"}})).await;
    api.create(MAPS, &map("m")).await;
    let list = api.get(QUOTAS).await;
    let items = list.body["items"].as_array().expect("items");
    let revisions: BTreeSet<&str> = items.iter().filter_map(|item| item["metadata"]["resourceVersion"].as_str()).collect();
    let shared: Vec<&str> = revisions.into_iter().collect();
    assert_eq!(shared.len(), 1, "{shared:?}");
    let mut watch = api.watch(&format!("{QUOTAS}?resourceVersion={}", shared[0])).await;
    watch.expect(&[("MODIFIED", "a"), ("MODIFIED", "b")]).await;
    let labelled = api.patch(&format!("{QUOTAS}/a"), MERGE, &json!({"metadata": {"labels": {"x": "y"}}})).await;
    watch.expect(&[("MODIFIED", "a")]).await;
    let mut after_one = api.watch(&format!("{QUOTAS}?resourceVersion={}", labelled.version())).await;
    api.create(MAPS, &map("n")).await;
    for watch in [&mut watch, &mut after_one] {
        watch.expect(&[("MODIFIED", "a"), ("MODIFIED", "b")]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_name_that_is_taken_takes_nothing_and_fails_nobody_else() {
    for store in on_each_counted_store().await {
        let api = Arc::new(TestApi::over(store, None).await);
        quota(&api, "q", json!({"hard": {"configmaps": "1000"}})).await;
        let codes = create_at_once(&api, (0..120).map(|number| format!("m{}", number % 40))).await;
        assert_eq!((many(&codes, 201), many(&codes, 409)), (40, 80), "{codes:?}");
        assert_eq!(used(&api, "q").await, json!({"configmaps": "40"}));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_that_go_leave_what_is_there_charged() {
    for store in on_each_counted_store().await {
        let api = Arc::new(TestApi::over(store, None).await);
        quota(&api, "q", json!({"hard": {"configmaps": "1000"}})).await;
        let mut writers = Vec::new();
        for number in 0..60 {
            let api = Arc::clone(&api);
            writers.push(tokio::spawn(async move { api.post(MAPS, &map(&format!("m{number}"))).await.code.as_u16() }));
            tokio::task::yield_now().await;
        }
        for writer in writers.iter().step_by(2) {
            writer.abort();
        }
        for (number, writer) in writers.into_iter().enumerate() {
            let ended = writer.await;
            assert!(number % 2 == 0 || ended.is_ok_and(|code| code == 201), "{number}");
        }
        // What was under way is committed before this.
        api.create(MAPS, &map("last")).await;
        let there = api.get(MAPS).await.names().len();
        assert_eq!(used(&api, "q").await, json!({"configmaps": there.to_string()}));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_too_large_together_is_written_one_by_one() {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let store = Counted { inner, lost: AtomicUsize::new(0), most: AtomicUsize::new(0), bytes: 3000 };
    let api = Arc::new(TestApi::over(Arc::new(store), None).await);
    quota(&api, "q", json!({"hard": {"configmaps": "1000"}})).await;
    let codes = create_at_once(&api, (0..100).map(|number| format!("m{number}"))).await;
    assert_eq!(many(&codes, 201), 100, "{codes:?}");
    let mut large = map("large");
    large["data"] = json!({"k": "v".repeat(4000)});
    assert_eq!(api.post(MAPS, &large).await.code, 413);
    assert_eq!(used(&api, "q").await, json!({"configmaps": "100"}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_servers_charge_one_quota() {
    for store in on_each_counted_store().await {
        let one = Arc::new(TestApi::over(store, None).await);
        let other = Arc::new(one.next_server().await);
        quota(&one, "q", json!({"hard": {"configmaps": "60"}})).await;
        let names = |of: &str| (0..40).map(|number| format!("{of}{number}")).collect::<Vec<_>>();
        let (ours, theirs) = tokio::join!(create_at_once(&one, names("a")), create_at_once(&other, names("b")));
        assert_eq!(many(&ours, 201) + many(&theirs, 201), 60, "{ours:?} {theirs:?}");
        assert_eq!(many(&ours, 403) + many(&theirs, 403), 20, "{ours:?} {theirs:?}");
        assert_eq!(used(&one, "q").await, json!({"configmaps": "60"}));
    }
}
