//! Watches: where they begin, what they tell, how they end.

use serde_json::{Value, json};
use trueup::object::Revision;
use trueup::store::Change;

use super::{JSON, MAPS, MERGE, TestApi, config_map};
use crate::controllers::eventually;

const INITIAL: &str = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

#[tokio::test]
async fn a_watch_goes_on_where_a_list_ended() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a"]).await;
        let mut watch = api.watch(&format!("{MAPS}?resourceVersion={}", api.revision().await)).await;
        api.create_maps(&["b"]).await;
        api.patch(&format!("{MAPS}/a"), MERGE, &json!({"data": {"x": "y"}})).await;
        api.delete(&format!("{MAPS}/b")).await;
        let added = watch.next().await.expect("an event");
        assert_eq!((&added["type"], &added["object"]["kind"]), (&json!("ADDED"), &json!("ConfigMap")));
        assert_eq!(added["object"]["metadata"]["name"], "b");
        watch.expect(&[("MODIFIED", "a")]).await;
        let deleted = watch.next().await.expect("an event");
        assert_eq!(deleted["type"], "DELETED");
        assert_eq!(deleted["object"]["metadata"]["resourceVersion"], api.revision().await);
        assert_eq!(deleted["object"]["data"], json!({"k": "v"}));
    }
}

#[tokio::test]
async fn a_watch_from_a_past_that_only_the_store_knows_is_served() {
    for api in TestApi::on_each_store().await {
        let map = api.create(MAPS, &config_map("a", &json!({}))).await;
        let then = map["metadata"]["resourceVersion"].as_str().expect("a revision").to_owned();
        api.patch(&format!("{MAPS}/a"), MERGE, &json!({"data": {"x": "1"}})).await;
        api.patch(&format!("{MAPS}/a"), MERGE, &json!({"data": {"x": "2"}})).await;
        let mut watch = api.watch(&format!("{MAPS}?resourceVersion={then}&allowWatchBookmarks=true")).await;
        watch.expect(&[("MODIFIED", "a"), ("MODIFIED", "a")]).await;
        api.delete(&format!("{MAPS}/a")).await;
        watch.expect(&[("DELETED", "a")]).await;
        api.api.stop();
        assert_eq!(watch.next().await, None);
    }
}

#[tokio::test]
async fn a_watch_from_the_past_goes_over_to_the_cache_without_gap_or_repeat() {
    for before in TestApi::on_each_store().await {
        let map = before.create(MAPS, &config_map("a", &json!({"n": "0"}))).await;
        let then = map["metadata"]["resourceVersion"].as_str().expect("a revision").to_owned();
        before.create_maps(&["b", "c"]).await;
        let api = before.next_server().await;
        let mut watch = api.watch(&format!("{MAPS}?resourceVersion={then}&fieldSelector=metadata.name!%3Dc")).await;
        watch.expect(&[("ADDED", "b")]).await;
        // What is left of the past is nothing that the watcher wants.
        let joined = async {
            eventually("the watch is counted", async || {
                let metrics = String::from_utf8(api.get("/metrics").await.bytes).expect("text");
                metrics.contains("apiserver_longrunning_requests 1\n").then_some(())
            })
            .await;
            before.delete(&format!("{MAPS}/b")).await;
        };
        let (turn, ()) = tokio::join!(watch.turn(), joined);
        assert_eq!(turn, ("DELETED".to_owned(), "b".to_owned()));
        api.create_maps(&["d"]).await;
        watch.expect(&[("ADDED", "d")]).await;
    }
}

#[tokio::test]
async fn a_watch_without_a_revision_begins_with_what_exists() {
    let api = TestApi::new().await;
    api.create_maps(&["a", "b"]).await;
    for query in ["", "?resourceVersion=0", "?resourceVersion="] {
        let mut watch = api.watch(&format!("{MAPS}{query}")).await;
        watch.expect(&[("ADDED", "a"), ("ADDED", "b")]).await;
    }
    let mut watch = api.watch(&format!("{MAPS}?{INITIAL}&labelSelector=n%3Db")).await;
    watch.expect(&[("ADDED", "b")]).await;
    let bookmark = watch.next().await.expect("an event");
    let object = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {
        "resourceVersion": api.revision().await, "annotations": {"k8s.io/initial-events-end": "true"},
    }});
    assert_eq!(bookmark, json!({"type": "BOOKMARK", "object": object}));
    let mut from_now = api.watch(&format!("{MAPS}?sendInitialEvents=false&resourceVersionMatch=NotOlderThan")).await;
    api.create_maps(&["c"]).await;
    from_now.expect(&[("ADDED", "c")]).await;
    assert_eq!(api.get(&format!("{MAPS}?watch=1&sendInitialEvents=true")).await.refused(422, "Invalid")["kind"], "ListOptions");
}

#[tokio::test]
async fn entering_and_leaving_a_selection_is_coming_and_going() {
    let api = TestApi::new().await;
    let mut watch = api.watch(&format!("{MAPS}?labelSelector=on&resourceVersion={}", api.revision().await)).await;
    api.create_maps(&["a"]).await;
    let on = |value: Value| json!({"metadata": {"labels": {"on": value}}});
    let path = format!("{MAPS}/a");
    api.patch(&path, MERGE, &on(json!("1"))).await;
    api.patch(&path, MERGE, &on(json!("2"))).await;
    let left = api.patch(&path, MERGE, &on(Value::Null)).await;
    api.patch(&path, MERGE, &json!({"data": {"x": "y"}})).await;
    api.patch(&path, MERGE, &on(json!("3"))).await;
    api.delete(&path).await;
    let deleted = api.revision().await;
    watch.expect(&[("ADDED", "a"), ("MODIFIED", "a")]).await;
    let gone = watch.next().await.expect("an event");
    assert_eq!((&gone["type"], &gone["object"]["metadata"]["resourceVersion"]), (&json!("DELETED"), &json!(left.version())));
    watch.expect(&[("ADDED", "a")]).await;
    let gone = watch.next().await.expect("an event");
    assert_eq!((&gone["type"], &gone["object"]["metadata"]["resourceVersion"]), (&json!("DELETED"), &json!(deleted)));
    assert_eq!(gone["object"]["metadata"]["labels"]["on"], "3", "the last state is told");
    let pods = "/api/v1/namespaces/default/pods";
    let mut bound = api.watch(&format!("{pods}?fieldSelector=spec.nodeName%3Dn&resourceVersion={}", api.revision().await)).await;
    for (name, node) in [("p", "n"), ("q", "m")] {
        let pod = json!({"metadata": {"name": name}, "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}});
        api.create(pods, &pod).await;
    }
    api.delete(&format!("{pods}/q?gracePeriodSeconds=0")).await;
    api.delete(&format!("{pods}/p?gracePeriodSeconds=0")).await;
    bound.expect(&[("ADDED", "p"), ("DELETED", "p")]).await;
}

#[tokio::test]
async fn initial_events_and_what_follows_keep_to_the_selectors_in_every_form() {
    let partial = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    for (accept, subject) in [(JSON, "/object"), (partial, "/object"), (table, "/object/rows/0/object")] {
        let api = TestApi::new().await;
        api.create_maps(&["a", "b", "c"]).await;
        let mut watch = api.watch_as(&format!("{MAPS}?{INITIAL}&labelSelector=n+in+(a,b)&fieldSelector=metadata.name!%3Da"), accept).await;
        let began = api.revision().await;
        let label = |value: &str| json!({"metadata": {"labels": {"n": value}}});
        api.patch(&format!("{MAPS}/a"), MERGE, &label("b")).await;
        let entered = api.patch(&format!("{MAPS}/c"), MERGE, &label("a")).await;
        let left = api.patch(&format!("{MAPS}/b"), MERGE, &label("c")).await;
        let mut told = Vec::new();
        for _ in 0..4 {
            let event = watch.next().await.expect("an event");
            let metadata = &event.pointer(subject).expect("a subject")["metadata"];
            let ends = metadata["annotations"]["k8s.io/initial-events-end"] == "true";
            told.push((event["type"].clone(), metadata["name"].clone(), metadata["resourceVersion"].clone(), ends));
        }
        assert_eq!(told[0], (json!("ADDED"), json!("b"), told[0].2.clone(), false), "{accept}");
        assert_eq!(told[1], (json!("BOOKMARK"), Value::Null, json!(began), true), "{accept}");
        assert_eq!(told[2], (json!("ADDED"), json!("c"), json!(entered.version()), false), "{accept}");
        assert_eq!(told[3], (json!("DELETED"), json!("b"), json!(left.version()), false), "{accept}");
    }
}

#[tokio::test]
async fn a_watcher_that_does_not_read_is_dropped_hurts_nobody_and_can_go_on_from_where_it_was() {
    let api = TestApi::new().await;
    let from = |revision: &str| format!("{MAPS}?resourceVersion={revision}");
    let since = api.revision().await;
    let (mut slow, mut quick) = (api.watch(&from(&since)).await, api.watch(&from(&since)).await);
    // More than a watcher may lie behind.
    let count = 5000;
    let name = |number: usize| format!("m{number:04}");
    for number in 0..count {
        let name = name(number);
        let map = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}","namespace":"default"}}}}"#);
        let key = format!("/registry/core/configmaps/default/{name}");
        api.store.commit(&key, Revision::ZERO, Change::Put(map.into())).await.expect("a commit");
        quick.expect(&[("ADDED", &name)]).await;
    }
    let (mut told, mut last) = (0, since);
    while let Some(event) = slow.next().await {
        let metadata = &event["object"]["metadata"];
        assert_eq!((&event["type"], &metadata["name"]), (&json!("ADDED"), &json!(name(told))));
        told += 1;
        last = metadata["resourceVersion"].as_str().expect("a revision").to_owned();
    }
    assert!(told < count, "it was never dropped");
    let mut again = api.watch(&from(&last)).await;
    for number in told..count {
        again.expect(&[("ADDED", &name(number))]).await;
    }
}

#[tokio::test]
async fn finalizers_show_a_deletion_twice() {
    let api = TestApi::new().await;
    let mut map = config_map("a", &json!({}));
    map["metadata"]["finalizers"] = json!(["x/y"]);
    api.create(MAPS, &map).await;
    let mut watch = api.watch(&format!("{MAPS}?resourceVersion={}", api.revision().await)).await;
    api.delete(&format!("{MAPS}/a")).await;
    let marked = watch.next().await.expect("an event");
    assert_eq!((&marked["type"], &marked["object"]["metadata"]["deletionTimestamp"]), (&json!("MODIFIED"), &json!("2026-11-22T10:00:00Z")));
    api.patch(&format!("{MAPS}/a"), MERGE, &json!({"metadata": {"finalizers": null}})).await;
    watch.expect(&[("DELETED", "a")]).await;
}

#[tokio::test]
async fn one_object_can_be_watched() {
    let api = TestApi::new().await;
    api.create_maps(&["a", "ab"]).await;
    let since = api.revision().await;
    for path in [
        format!("/api/v1/watch/namespaces/default/configmaps/a?resourceVersion={since}"),
        format!("{MAPS}?fieldSelector=metadata.name%3Da&resourceVersion={since}"),
    ] {
        let mut watch = api.watch(&path).await;
        api.patch(&format!("{MAPS}/ab"), MERGE, &json!({"data": {"x": path}})).await;
        api.patch(&format!("{MAPS}/a"), MERGE, &json!({"data": {"x": path}})).await;
        watch.expect(&[("MODIFIED", "a")]).await;
    }
}

#[tokio::test]
async fn a_watch_from_a_forgotten_past_ends_with_an_error_event() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a", "b"]).await;
        api.store.compact(Revision::parse(&api.revision().await).expect("a revision")).await.expect("it compacts");
        let mut watch = api.watch(&format!("{MAPS}?resourceVersion=1")).await;
        let event = watch.next().await.expect("an event");
        assert_eq!(
            (&event["type"], &event["object"]["code"], &event["object"]["reason"]),
            (&json!("ERROR"), &json!(410), &json!("Expired"))
        );
        let message = event["object"]["message"].as_str().expect("a message");
        assert!(message.starts_with("too old resource version: 1 ("), "{message}");
        assert_eq!(watch.next().await, None);
    }
}

#[tokio::test]
async fn a_watch_ends_when_its_time_is_over() {
    let api = TestApi::new().await;
    let mut watch = api.watch(&format!("{MAPS}?timeoutSeconds=1")).await;
    assert_eq!(watch.next().await, None);
    let mut watch = api.watch(&format!("{MAPS}?timeoutSeconds=0")).await;
    api.create_maps(&["a"]).await;
    watch.expect(&[("ADDED", "a")]).await;
}

#[tokio::test]
async fn bookmarks_tell_how_far_a_quiet_watch_is() {
    for api in TestApi::on_each_store().await {
        let map = api.create(MAPS, &config_map("a", &json!({}))).await;
        let then = map["metadata"]["resourceVersion"].as_str().expect("a revision").to_owned();
        api.create_maps(&["b"]).await;
        // One watch from the store's history, and one from the cache.
        let since = api.revision().await;
        let from = |since: &str| format!("{MAPS}?allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion={since}");
        let mut watches = [api.watch(&from(&then)).await, api.watch(&from(&since)).await];
        api.create("/api/v1/namespaces/default/secrets", &json!({"metadata": {"name": "s"}})).await;
        watches[0].expect(&[("ADDED", "b")]).await;
        let now = api.revision().await;
        let rest = watches.iter_mut().map(|watch| async { [watch.next().await, watch.next().await] });
        for [bookmark, end] in futures::future::join_all(rest).await {
            let object = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"resourceVersion": now}});
            assert_eq!((bookmark, end), (Some(json!({"type": "BOOKMARK", "object": object})), None));
        }
    }
}

#[tokio::test]
async fn tables_are_watched_with_their_columns_sent_once() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    let mut watch = api.watch_as(&format!("{MAPS}?{INITIAL}"), accept).await;
    let first = watch.next().await.expect("an event")["object"].clone();
    assert_eq!((&first["kind"], first["columnDefinitions"].as_array().map(Vec::len)), (&json!("Table"), Some(3)));
    assert_eq!(first["rows"][0]["cells"][0], "a");
    let bookmark = watch.next().await.expect("an event");
    assert_eq!((&bookmark["type"], &bookmark["object"]["kind"]), (&json!("BOOKMARK"), &json!("Table")));
    api.create_maps(&["b"]).await;
    let second = watch.next().await.expect("an event")["object"].clone();
    assert_eq!((&second["columnDefinitions"], &second["rows"][0]["cells"][0]), (&Value::Null, &json!("b")));
    let mut partial = api.watch_as(MAPS, "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io").await;
    assert_eq!(partial.next().await.expect("an event")["object"]["kind"], "PartialObjectMetadata");
    assert_eq!(api.get_as(&format!("{MAPS}?watch=1"), "application/yaml").await.code, 406);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_watches_after_what_is_queued() {
    let api = TestApi::new().await;
    let mut watch = api.watch(&format!("{MAPS}?resourceVersion={}", api.revision().await)).await;
    api.create_maps(&["a"]).await;
    assert_eq!(api.get(MAPS).await.names(), ["a"]);
    api.api.stop();
    watch.expect(&[("ADDED", "a")]).await;
    assert_eq!(watch.next().await, None);
    assert_eq!(api.get("/readyz").await.code, 500);
    assert_eq!(api.get(&format!("{MAPS}/a")).await.code, 200);
    api.get(&format!("{MAPS}?watch=1")).await.refused(503, "ServiceUnavailable");
}

#[tokio::test]
async fn a_watch_that_takes_bookmarks_is_told_the_end_of_what_exists_without_asking() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a"]).await;
        let now = api.revision().await;
        for query in ["allowWatchBookmarks=true", "allowWatchBookmarks=true&resourceVersion=0"] {
            let mut watch = api.watch(&format!("{MAPS}?{query}")).await;
            watch.expect(&[("ADDED", "a")]).await;
            let metadata = json!({"resourceVersion": now, "annotations": {"k8s.io/initial-events-end": "true"}});
            let object = json!({"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata});
            assert_eq!(watch.next().await, Some(json!({"type": "BOOKMARK", "object": object})), "{query}");
        }
        let mut quiet = api.watch(MAPS).await;
        quiet.expect(&[("ADDED", "a")]).await;
        api.create_maps(&["b"]).await;
        quiet.expect(&[("ADDED", "b")]).await;
    }
}

#[tokio::test]
async fn initial_events_of_a_revision_to_come_end_with_an_error_event() {
    let api = TestApi::new().await;
    let mut watch = api.watch(&format!("{MAPS}?{INITIAL}&resourceVersion=99999999")).await;
    let event = watch.next().await.expect("an event");
    let status = &event["object"];
    assert_eq!((&event["type"], &status["code"], &status["reason"]), (&json!("ERROR"), &json!(504), &json!("Timeout")));
    assert_eq!(status["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
    assert_eq!(watch.next().await, None);
}

#[tokio::test]
async fn the_row_of_a_bookmark_has_a_cell_for_each_column() {
    let api = TestApi::new().await;
    for (path, include) in [("/api/v1/pods", "Metadata"), (MAPS, "None"), ("/apis/apps/v1/deployments", "Object")] {
        let watched = format!("{path}?{INITIAL}&includeObject={include}");
        let mut watch = api.watch_as(&watched, "application/json;as=Table;v=v1;g=meta.k8s.io").await;
        let bookmark = watch.next().await.expect("an event");
        assert_eq!((&bookmark["type"], &bookmark["object"]["kind"]), (&json!("BOOKMARK"), &json!("Table")));
        let row = &bookmark["object"]["rows"][0];
        assert_eq!(row["object"]["metadata"]["annotations"], json!({"k8s.io/initial-events-end": "true"}), "{path}");
        let list = api.get_as(path, "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
        let columns = list["columnDefinitions"].as_array().map(Vec::len);
        assert_eq!(row["cells"].as_array().map(Vec::len), columns, "{path}: {row}");
    }
}
