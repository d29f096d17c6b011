//! Creates, updates, patches and subresources.

use serde_json::{Value, json};

use super::{JSON, JSON_PATCH, MAPS, MERGE, STRATEGIC, TestApi, config_map, deployment, merged};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";

#[tokio::test]
async fn the_server_sets_what_only_it_may_set() {
    let api = TestApi::new().await;
    let mut map = config_map("a", &json!({}));
    map["metadata"] = json!({
        "name": "a", "uid": "mine", "creationTimestamp": "2001-01-01T00:00:00Z", "generation": 7, "selfLink": "/x",
        "deletionTimestamp": "2001-01-01T00:00:00Z", "deletionGracePeriodSeconds": 5,
    });
    let created = api.create(MAPS, &map).await;
    let metadata = created["metadata"].as_object().expect("an object");
    assert_eq!(metadata["creationTimestamp"], "2026-11-22T10:00:00Z");
    assert_ne!(metadata["uid"], "mine");
    for absent in ["generation", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        assert_eq!(metadata.get(absent), None, "{absent}");
    }
    map["metadata"]["uid"] = created["metadata"]["uid"].clone();
    for doomed in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        let details = api.put(&format!("{MAPS}/a"), &map).await;
        let details = details.refused(422, "Invalid");
        assert_eq!(details["causes"][0]["field"], format!("metadata.{doomed}"));
        map["metadata"].as_object_mut().expect("an object").remove(doomed);
    }
    let put = api.put(&format!("{MAPS}/a"), &map).await;
    assert_eq!(put.body, created);
    let mut pinned = config_map("b", &json!({}));
    pinned["metadata"]["resourceVersion"] = json!("0");
    assert_eq!(api.post(&format!("{MAPS}?dryRun=All"), &pinned).await.code, 201);
    pinned["metadata"]["resourceVersion"] = json!("5");
    api.post(MAPS, &pinned).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn a_generated_name_has_five_random_characters() {
    let api = TestApi::new().await;
    let base = json!({"metadata": {"generateName": "web-"}});
    let mut names = Vec::new();
    for _ in 0..2 {
        let created = api.create(MAPS, &base).await;
        assert_eq!(created["metadata"]["generateName"], "web-");
        names.push(created["metadata"]["name"].as_str().expect("a name").to_owned());
    }
    assert!(names.iter().all(|name| name.starts_with("web-") && name.len() == 9) && names[0] != names[1], "{names:?}");
    let long = api.create(MAPS, &json!({"metadata": {"generateName": "x".repeat(80)}})).await;
    assert_eq!(long["metadata"]["name"].as_str().map(str::len), Some(63));
}

#[tokio::test]
async fn the_generation_counts_changes_of_what_is_declared() {
    let api = TestApi::new().await;
    let path = format!("{DEPLOYMENTS}/d");
    assert_eq!(api.create(DEPLOYMENTS, &deployment("d")).await["metadata"]["generation"], 1);
    let generation = |answer: super::Answered| answer.body["metadata"]["generation"].clone();
    assert_eq!(generation(api.patch(&path, MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await), 1);
    assert_eq!(generation(api.patch(&path, MERGE, &json!({"spec": {"replicas": 3}})).await), 2);
    assert_eq!(generation(api.patch(&format!("{path}/status"), MERGE, &json!({"status": {"replicas": 3}})).await), 2);
    assert_eq!(generation(api.patch(&path, MERGE, &json!({"metadata": {"generation": 9}})).await), 2);
}

#[tokio::test]
async fn an_update_that_changes_nothing_writes_nothing() {
    for api in TestApi::on_each_store().await {
        let path = format!("{MAPS}/a");
        let created = api.create(MAPS, &config_map("a", &json!({"k": "v"}))).await;
        let before = api.revision().await;
        for answer in [
            api.put(&path, &created).await,
            api.put(&path, &config_map("a", &json!({"k": "v"}))).await,
            api.patch(&path, MERGE, &json!({"data": {"k": "v"}})).await,
            api.patch(&path, MERGE, &json!({})).await,
            api.patch(&path, JSON_PATCH, &json!([])).await,
            api.patch(&path, STRATEGIC, &json!({"data": {"k": "v"}})).await,
        ] {
            assert_eq!((answer.code.as_u16(), &answer.body), (200, &created));
        }
        assert_eq!(api.revision().await, before);
    }
}

#[tokio::test]
async fn a_stale_revision_is_a_conflict() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/zz");
    let stale = api.create(MAPS, &config_map("zz", &json!({"k": "1"}))).await;
    api.put(&path, &config_map("zz", &json!({"k": "2"}))).await;
    let refused = api.put(&path, &stale).await;
    assert_eq!(refused.refused(409, "Conflict"), &json!({"kind": "configmaps", "name": "zz"}));
    let expected = "Operation cannot be fulfilled on configmaps \"zz\": the object has been modified; please apply your changes to the latest version and try again";
    assert_eq!(refused.message(), expected);
    let version = stale["metadata"]["resourceVersion"].clone();
    api.patch(&path, MERGE, &json!({"metadata": {"resourceVersion": version}, "data": {"k": "3"}})).await.refused(409, "Conflict");
    api.patch(&path, MERGE, &json!({"metadata": {"uid": "other"}})).await.refused(422, "Invalid");
    api.put(&path, &config_map("other", &json!({}))).await.refused(400, "BadRequest");
    api.patch(&path, MERGE, &json!({"metadata": {"name": "other"}})).await.refused(400, "BadRequest");
    api.patch(&path, MERGE, &json!({"kind": "Secret"})).await.refused(422, "Invalid");
}

#[tokio::test]
async fn patches_change_what_they_name_and_say_what_does_not_fit() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    api.create(MAPS, &config_map("a", &json!({"k": "v", "x": "y"}))).await;
    let changed = api.patch(&path, MERGE, &json!({"data": {"k": null, "n": "1"}})).await;
    assert_eq!(changed.body["data"], json!({"n": "1", "x": "y"}));
    let changed = api.patch(&path, JSON_PATCH, &json!([{"op": "replace", "path": "/data/x", "value": "z"}])).await;
    assert_eq!(changed.body["data"], json!({"n": "1", "x": "z"}));
    let failed = api.patch(&path, JSON_PATCH, &json!([{"op": "test", "path": "/data/x", "value": "q"}])).await;
    failed.refused(422, "Invalid");
    api.patch(&path, JSON_PATCH, &json!([{"op": "remove", "path": "/data/none"}])).await.refused(422, "Invalid");
    api.patch(&path, JSON_PATCH, &json!({"op": "remove"})).await.refused(400, "BadRequest");
    api.ask("PATCH", &path, &[("content-type", MERGE)], b"{").await.refused(400, "BadRequest");
    api.patch(&path, MERGE, &json!([1])).await.refused(400, "BadRequest");
    api.patch(&path, MERGE, &json!({"data": {"k": 1}})).await.refused(422, "Invalid");
    assert_eq!(api.patch(&format!("{path}?force=true"), MERGE, &json!({})).await.refused(422, "Invalid")["causes"][0]["field"], "force");
    api.create(DEPLOYMENTS, &deployment("d")).await;
    let one = format!("{DEPLOYMENTS}/d");
    let more = json!({"spec": {"template": {"spec": {"containers": [{"name": "e", "image": "j"}]}}}});
    let containers = api.patch(&one, STRATEGIC, &more).await.body["spec"]["template"]["spec"]["containers"].clone();
    let names: Vec<&str> = containers.as_array().expect("a list").iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names, ["e", "c"]);
    let less = json!({"spec": {"template": {"spec": {"containers": [{"name": "e", "$patch": "delete"}]}}}});
    let left = api.patch(&one, STRATEGIC, &less).await.body["spec"]["template"]["spec"]["containers"].clone();
    assert_eq!(left.as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_strategic_patch_obeys_its_directives() {
    let api = TestApi::new().await;
    let mut start = deployment("d");
    start["metadata"]["finalizers"] = json!(["a.io/x", "a.io/y", "a.io/z"]);
    start["metadata"]["labels"] = json!({"old": "1", "older": "2"});
    let container = |name: &str| json!({"name": name, "image": "i:1"});
    start["spec"]["template"]["spec"]["containers"] = json!([container("a"), container("b"), container("c")]);
    api.create(DEPLOYMENTS, &start).await;
    let patch = json!({
        "metadata": {
            "$deleteFromPrimitiveList/finalizers": ["a.io/y"], "$setElementOrder/finalizers": ["a.io/z", "a.io/x"],
            "labels": {"$patch": "replace", "new": "3"},
        },
        "spec": {
            "strategy": {"$retainKeys": ["type"], "type": "Recreate"},
            "template": {"$patch": "merge", "spec": {
                "$setElementOrder/containers": [{"name": "d"}, {"name": "c"}, {"name": "a"}],
                "containers": [
                    {"name": "b", "$patch": "delete"}, {"name": "d", "image": "i:4"}, {"name": "a", "image": "i:2"},
                ],
            }},
        },
    });
    let patched = api.patch(&format!("{DEPLOYMENTS}/d"), STRATEGIC, &patch).await;
    assert_eq!(patched.code, 200, "{}", patched.body);
    let after = patched.body;
    assert_eq!(after["metadata"]["finalizers"], json!(["a.io/z", "a.io/x"]));
    assert_eq!((&after["metadata"]["labels"], &after["spec"]["strategy"]), (&json!({"new": "3"}), &json!({"type": "Recreate"})));
    let containers = after["spec"]["template"]["spec"]["containers"].as_array().expect("containers").iter();
    let found: Vec<(&Value, &Value)> = containers.map(|container| (&container["name"], &container["image"])).collect();
    assert_eq!(found, [(&json!("d"), &json!("i:4")), (&json!("c"), &json!("i:1")), (&json!("a"), &json!("i:2"))]);
}

#[tokio::test]
async fn status_and_the_rest_are_written_through_paths_of_their_own() {
    let api = TestApi::new().await;
    let one = format!("{DEPLOYMENTS}/d");
    let with_status = merged(deployment("d"), &[("/status", json!({"replicas": 9}))]);
    let created = api.create(DEPLOYMENTS, &with_status).await;
    assert_eq!(created["status"], json!({}));
    assert!(!created["metadata"]["managedFields"].to_string().contains("f:status"), "{created}");
    let put = api.put(&one, &with_status).await;
    assert!(put.body["status"].get("replicas").is_none());
    let both = merged(created.clone(), &[("/status", json!({"replicas": 2})), ("/spec/replicas", json!(7))]);
    let status = api.put(&format!("{one}/status"), &both).await;
    assert_eq!((status.code.as_u16(), &status.body["status"]["replicas"], &status.body["spec"]["replicas"]), (200, &json!(2), &json!(1)));
    let entry = status.body["metadata"]["managedFields"].as_array().expect("entries").iter().find(|entry| entry["subresource"] == "status");
    assert_eq!(entry.expect("an entry")["fieldsV1"], json!({"f:status": {"f:replicas": {}}}));
    assert_eq!(api.get(&format!("{one}/status")).await.body, status.body);
    api.get(&format!("{one}/none")).await.refused(404, "NotFound");
    api.get(&format!("{MAPS}/a/status")).await.refused(404, "NotFound");
}

#[tokio::test]
async fn scale_is_a_view_of_the_replicas() {
    let api = TestApi::new().await;
    api.create(DEPLOYMENTS, &deployment("d")).await;
    let path = format!("{DEPLOYMENTS}/d/scale");
    let scale = api.get(&path).await.body;
    assert_eq!(
        (&scale["kind"], &scale["apiVersion"], &scale["spec"]),
        (&json!("Scale"), &json!("autoscaling/v1"), &json!({"replicas": 1}))
    );
    assert_eq!(scale["status"]["selector"], "app=d");
    let more = api.put(&path, &merged(scale.clone(), &[("/spec/replicas", json!(4))])).await;
    assert_eq!((more.code.as_u16(), &more.body["spec"]["replicas"]), (200, &json!(4)));
    api.put(&path, &scale).await.refused(409, "Conflict");
    assert_eq!(api.patch(&path, MERGE, &json!({"spec": {"replicas": 5}})).await.body["spec"]["replicas"], 5);
    let deployed = api.get(&format!("{DEPLOYMENTS}/d")).await.body;
    assert_eq!((&deployed["spec"]["replicas"], &deployed["metadata"]["generation"]), (&json!(5), &json!(3)));
    let negative = api.patch(&path, MERGE, &json!({"spec": {"replicas": -1}})).await;
    assert_eq!(negative.refused(422, "Invalid")["causes"][0]["field"], "spec.replicas");
    let elsewhere = merged(scale.clone(), &[("/metadata/name", json!("none"))]);
    api.put(&format!("{DEPLOYMENTS}/none/scale"), &elsewhere).await.refused(404, "NotFound");
    let named = merged(scale, &[("/metadata/name", json!("other"))]);
    api.put(&path, &named).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn string_data_is_merged_into_data_and_never_read_back() {
    let api = TestApi::new().await;
    let path = "/api/v1/namespaces/default/secrets";
    let secret = json!({"metadata": {"name": "s"}, "data": {"a": "eA==", "b": "eQ=="}, "stringData": {"b": "z"}});
    let created = api.create(path, &secret).await;
    assert_eq!(
        (&created["data"], &created["type"], created.get("stringData")),
        (&json!({"a": "eA==", "b": "eg=="}), &json!("Opaque"), None)
    );
    let patched = api.patch(&format!("{path}/s"), MERGE, &json!({"stringData": {"c": "x"}})).await.body;
    assert_eq!((&patched["data"]["c"], patched.get("stringData")), (&json!("eA=="), None));
    assert_eq!(patched["metadata"].get("generation"), None);
    api.post(path, &json!({"metadata": {"name": "t"}, "data": {"a": "?"}})).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn managers_of_updates_are_recorded_by_name() {
    let api = TestApi::new().await;
    let path = format!("{MAPS}/a");
    let created = api.create(MAPS, &config_map("a", &json!({"k": "v"}))).await;
    let entry = |manager: &str, fields: Value| json!({"manager": manager, "operation": "Update", "apiVersion": "v1", "time": "2026-11-22T10:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": fields});
    assert_eq!(created["metadata"]["managedFields"], json!([entry("tester", json!({"f:data": {".": {}, "f:k": {}}}))]));
    let patched = api.patch(&format!("{path}?fieldManager=other"), MERGE, &json!({"data": {"k": "w"}})).await.body;
    let owners = json!([entry("other", json!({"f:data": {"f:k": {}}})), entry("tester", json!({"f:data": {}}))]);
    let expected_other = owners[0].clone();
    assert!(patched["metadata"]["managedFields"].as_array().expect("entries").contains(&expected_other), "{patched}");
    let emptied = merged(patched.clone(), &[("/metadata/managedFields", json!([]))]);
    assert_eq!(api.put(&path, &emptied).await.body, patched);
    let reset = merged(patched.clone(), &[("/metadata/managedFields", json!([{}]))]);
    let reset = api.put(&path, &reset).await.body;
    assert_eq!(reset["metadata"].get("managedFields"), None, "{reset}");
    let untracked = api.patch(&path, MERGE, &json!({"data": {"n": "1"}})).await.body;
    assert_eq!(untracked["metadata"].get("managedFields"), None);
    let long = "x".repeat(129);
    api.send("POST", &format!("{MAPS}?fieldManager={long}"), JSON, &config_map("b", &json!({}))).await.refused(422, "Invalid");
}

#[tokio::test]
async fn concurrent_patches_are_all_kept() {
    for api in TestApi::on_each_store().await {
        let path = format!("{MAPS}/a");
        api.create(MAPS, &config_map("a", &json!({}))).await;
        let patches = (0..40).map(|number| {
            let (api, path) = (&api, &path);
            async move { api.patch(path, MERGE, &json!({"data": {format!("k{number}"): "v"}})).await.code }
        });
        let codes = futures::future::join_all(patches).await;
        assert!(codes.iter().all(|code| *code == 200), "{codes:?}");
        assert_eq!(api.get(&path).await.body["data"].as_object().map(serde_json::Map::len), Some(40));
    }
}

#[tokio::test]
async fn both_groups_show_the_same_events() {
    let api = TestApi::new().await;
    let (old, new) = ("/api/v1/namespaces/default/events", "/apis/events.k8s.io/v1/namespaces/default/events");
    let mut watch = api.watch(&format!("{new}?resourceVersion={}", api.revision().await)).await;
    let event =
        json!({"metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"}, "message": "hello"});
    api.create(old, &event).await;
    let seen = watch.next().await.expect("an event")["object"].clone();
    for shown in [seen, api.get(&format!("{new}/e")).await.body] {
        assert_eq!(
            (&shown["apiVersion"], &shown["note"], &shown["regarding"]["name"]),
            (&json!("events.k8s.io/v1"), &json!("hello"), &json!("p"))
        );
        assert_eq!(shown.get("message"), None);
    }
    assert_eq!(api.get(new).await.body["items"][0]["note"], "hello");
    assert_eq!(api.get(&format!("{old}?fieldSelector=involvedObject.name%3Dp")).await.names(), ["e"]);
}
