//! What becomes of watches that last: bookmarks that they can go on from, and a history that is forgotten while they lag behind.

use std::pin::pin;

use futures::TryStreamExt as _;
use futures::future::join_all;
use http::Method;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::ResourceExt as _;
use kube::api::{Api, DeleteParams, ListParams, PostParams, WatchEvent, WatchParams};
use serde_json::Value;
use tokio::task::block_in_place;
use trueup::object::Revision;

use super::kube_rs::{PATIENCE, client, named};
use super::wire::{MAPS, administrator, event, send};
use crate::harness::server::{Engine, TestServer, on_every_engine};

fn revision(text: &str) -> Revision {
    Revision::parse(text).unwrap()
}

/// What a watch of at most three seconds tells: the names of what changed, the bookmarks, and the error that ended it.
async fn short_watch(maps: &Api<ConfigMap>, since: Revision) -> (Vec<String>, Vec<Revision>, Option<u16>) {
    let (mut changed, mut bookmarks, mut error) = (Vec::new(), Vec::new(), None);
    let parameters = WatchParams::default().timeout(3);
    let mut events = pin!(maps.watch(&parameters, &since.to_string()).await.unwrap());
    while let Some(event) = tokio::time::timeout(PATIENCE, events.try_next()).await.unwrap().unwrap() {
        assert_eq!(error, None, "an error is the last that a watch tells");
        match event {
            WatchEvent::Added(map) | WatchEvent::Modified(map) | WatchEvent::Deleted(map) => changed.push(map.name_any()),
            WatchEvent::Bookmark(bookmark) => bookmarks.push(revision(&bookmark.metadata.resource_version)),
            WatchEvent::Error(status) => error = Some(status.code),
        }
    }
    (changed, bookmarks, error)
}

async fn a_watch_goes_on_from_a_bookmark_whose_past_is_forgotten(engine: Engine) {
    let mut server = TestServer::start(engine);
    let client = client(&server).await;
    let (maps, secrets): (Api<ConfigMap>, Api<Secret>) = (Api::default_namespaced(client.clone()), Api::default_namespaced(client));
    let none = PostParams::default();
    maps.create(&none, &named("a")).await.unwrap();
    let listed = revision(&maps.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap());
    // Nothing happens to what is watched, while the store moves on.
    let secret = Secret { metadata: named("s").metadata, ..Secret::default() };
    let moved = revision(&secrets.create(&none, &secret).await.unwrap().resource_version().unwrap());

    let told = loop {
        let (changed, bookmarks, error) = short_watch(&maps, listed).await;
        assert_eq!((changed.len(), error), (0, None));
        assert!(bookmarks.is_sorted(), "{bookmarks:?}");
        // A server that stood still for two seconds had no time for a bookmark.
        if let Some(told) = bookmarks.last() {
            break *told;
        }
    };
    assert!(told >= moved, "{told} after {moved}");

    server.compact_up_to(told).await;
    // What a server that was there has in memory is no history of the store.
    block_in_place(|| server.restart());
    let (changed, _, error) = short_watch(&maps, listed).await;
    assert_eq!((changed.len(), error), (0, Some(410)), "without its bookmark it had to list anew");
    maps.create(&none, &named("b")).await.unwrap();
    maps.delete("a", &DeleteParams::default()).await.unwrap();
    let (changed, bookmarks, error) = short_watch(&maps, told).await;
    assert_eq!((changed, error), (vec!["b".to_owned(), "a".to_owned()], None));
    assert!(bookmarks.iter().all(|bookmark| *bookmark > told), "{bookmarks:?}");
}

/// So many objects are written that a watch which does not read stands in the middle of them, whatever lies in buffers on its way: the
/// stores hand out a thousand at a time, and one batch is more than a connection takes without a reader.
const WRITERS: usize = 16;
const WRITES: usize = 200;
const VALUE: usize = 6_000;

async fn a_watch_that_lags_behind_a_compaction_is_told_so_while_it_runs(engine: Engine) {
    let mut server = TestServer::start(engine);
    let http = administrator(&server).build().unwrap();
    let client = client(&server).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    let since = maps.create(&PostParams::default(), &named("first")).await.unwrap().resource_version().unwrap();
    let value = "v".repeat(VALUE);
    let writer = |writer: usize| {
        let (maps, value) = (&maps, &value);
        async move {
            for write in 0..WRITES {
                let map = ConfigMap { data: Some([("k".to_owned(), value.clone())].into()), ..named(&format!("m-{writer}-{write}")) };
                maps.create(&PostParams::default(), &map).await.unwrap();
            }
        }
    };
    join_all((0..WRITERS).map(writer)).await;
    // A server that has just started remembers nothing of it, so that the watch is served from the store's history.
    block_in_place(|| server.restart());
    let path = format!("{MAPS}?watch=true&resourceVersion={since}");
    let mut watch = send(&http, Method::GET, server.url(&path), None).await;
    let mut rest = Vec::new();
    let mut next = async || tokio::time::timeout(PATIENCE, event(&mut watch, &mut rest)).await.unwrap();
    let mut told = vec![next().await.unwrap()];
    server.compact().await;

    let end = loop {
        let event = next().await.unwrap();
        if event["type"] == "ERROR" {
            break event;
        }
        told.push(event);
    };
    assert_eq!(
        (&end["object"]["kind"], &end["object"]["code"], &end["object"]["reason"]),
        (&"Status".into(), &410.into(), &"Expired".into())
    );
    assert_eq!(next().await, None, "the watch is over");
    assert!(told.len() < WRITERS * WRITES, "it did lag behind");
    let listed: Value = send(&http, Method::GET, server.url(MAPS), None).await.json().await.unwrap();
    let of = |object: &Value| revision(object["metadata"]["resourceVersion"].as_str().unwrap());
    let mut written: Vec<Revision> =
        listed["items"].as_array().unwrap().iter().map(of).filter(|written| *written > revision(&since)).collect();
    written.sort();
    let heard: Vec<Revision> = told.iter().map(|event| of(&event["object"])).collect();
    assert!(written.starts_with(&heard), "what was told until then has no gap");

    let path = format!("{MAPS}?watch=true&resourceVersion={}", listed["metadata"]["resourceVersion"].as_str().unwrap());
    let mut watch = send(&http, Method::GET, server.url(&path), None).await;
    maps.delete("first", &DeleteParams::default()).await.unwrap();
    let gone = tokio::time::timeout(PATIENCE, event(&mut watch, &mut Vec::new())).await.unwrap().unwrap();
    assert_eq!((&gone["type"], &gone["object"]["metadata"]["name"]), (&"DELETED".into(), &"first".into()), "after a list it goes on");
}

on_every_engine!(await
    a_watch_goes_on_from_a_bookmark_whose_past_is_forgotten,
    a_watch_that_lags_behind_a_compaction_is_told_so_while_it_runs,
);
