//! What a write asks the store for besides the write: each such question is a round trip to etcd.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::json;
use trueup::object::Revision;
use trueup::store::{Change, Entry, JointOutcome, ListRequest, MemoryStore, Page, Store, StoreError, WatchStream, Write};

use super::{JSON_PATCH, MAPS, MERGE, TestApi, config_map, deployment};

/// A store that counts its readers.
#[derive(Default)]
struct Counted {
    inner: MemoryStore,
    reads: Mutex<BTreeMap<&'static str, usize>>,
    /// Keys that are removed as soon as the first of them has been read once more.
    vanishing: Mutex<Vec<String>>,
}

impl Counted {
    fn count(&self, what: &'static str) {
        *self.reads.lock().unwrap().entry(what).or_default() += 1;
    }

    fn take_vanishing(&self, read: &str) -> Vec<String> {
        let mut vanishing = self.vanishing.lock().unwrap();
        if vanishing.first().is_some_and(|first| first == read) { std::mem::take(&mut vanishing) } else { Vec::new() }
    }

    fn take(&self) -> BTreeMap<&'static str, usize> {
        std::mem::take(&mut self.reads.lock().unwrap())
    }
}

#[async_trait]
impl Store for Counted {
    fn engine(&self) -> &'static str {
        "counted"
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.count("get");
        let found = self.inner.get(key).await;
        for key in self.take_vanishing(key) {
            let standing = self.inner.get(&key).await?.expect("it is there");
            self.inner.commit(&key, standing.revision, Change::Delete).await?;
        }
        found
    }

    async fn list(&self, request: ListRequest) -> Result<Page, StoreError> {
        self.count("list");
        self.inner.list(request).await
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
        self.inner.commit_all(writes).await
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        self.inner.watch(prefix, after).await
    }

    async fn compact(&self, upto: Revision) -> Result<(), StoreError> {
        self.inner.compact(upto).await
    }

    async fn current_revision(&self) -> Result<Revision, StoreError> {
        self.count("current_revision");
        self.inner.current_revision().await
    }

    async fn size_bytes(&self) -> Result<Option<u64>, StoreError> {
        self.inner.size_bytes().await
    }
}

async fn counted() -> (Arc<Counted>, TestApi) {
    let store = Arc::new(Counted::default());
    let api = TestApi::over(Arc::clone(&store) as Arc<dyn Store>, None).await;
    (store, api)
}

#[tokio::test]
async fn an_apply_makes_nothing_in_a_namespace_that_went_with_the_object_meanwhile() {
    let (store, api) = counted().await;
    // Not written through the API, which would have it in a cache that may know of it a moment longer than the store.
    for (key, object) in [
        ("namespaces/n", json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "uid": "1"}})),
        ("configmaps/n/a", json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n", "uid": "2"}})),
    ] {
        let put = Change::Put(object.to_string().into());
        store.inner.commit(&format!("/registry/core/{key}"), Revision::ZERO, put).await.unwrap();
    }
    *store.vanishing.lock().unwrap() = ["configmaps/n/a", "namespaces/n"].map(|key| format!("/registry/core/{key}")).into();
    let applied = api.apply("/api/v1/namespaces/n/configmaps/a", "ann", &config_map("a", &json!({"more": "1"}))).await;
    applied.refused(404, "NotFound");
    assert_eq!(applied.message(), "namespaces \"n\" not found");
    assert!(store.inner.get("/registry/core/configmaps/n/a").await.unwrap().is_none());
}

/// A server without controllers of its own has nobody else who reads namespaces.
#[tokio::test]
async fn creates_ask_for_nothing_once_the_caches_are_filled() {
    let (store, api) = counted().await;
    let deployments = "/apis/apps/v1/namespaces/default/deployments";
    for round in 0..5 {
        store.take();
        api.create(MAPS, &config_map(&format!("m{round}"), &json!({"key": "value"}))).await;
        api.create(deployments, &deployment(&format!("d{round}"))).await;
        if round > 1 {
            assert_eq!(store.take(), BTreeMap::new(), "round {round}");
        }
    }
}

#[tokio::test]
async fn changes_ask_for_nothing_besides_what_they_change() {
    let (store, api) = counted().await;
    api.create(MAPS, &config_map("a", &json!({"key": "0"}))).await;
    api.get(MAPS).await;
    for round in 1..5 {
        let path = format!("{MAPS}/a");
        api.put(&path, &config_map("a", &json!({"key": round.to_string()}))).await;
        api.send("PATCH", &path, MERGE, &json!({"data": {"more": round.to_string()}})).await;
        api.send("PATCH", &path, JSON_PATCH, &json!([{"op": "add", "path": "/data/most", "value": round.to_string()}])).await;
        let asked = store.take();
        if round > 2 {
            assert_eq!(asked, BTreeMap::new(), "round {round}");
        }
    }
}
