//! Deletion: at once, held by finalizers, of many, of namespaces, of pods.

use serde_json::{Value, json};

use super::{JSON, MAPS, MERGE, TestApi, config_map, merged};

#[tokio::test]
async fn a_deletion_that_is_done_answers_success() {
    let api = TestApi::new().await;
    let created = api.create(MAPS, &config_map("a", &json!({}))).await;
    let gone = api.delete(&format!("{MAPS}/a")).await.body;
    assert_eq!((&gone["kind"], &gone["status"]), (&json!("Status"), &json!("Success")));
    assert_eq!(gone["details"], json!({"name": "a", "kind": "configmaps", "uid": created["metadata"]["uid"]}));
}

#[tokio::test]
async fn an_object_with_finalizers_stays_until_the_last_one_goes() {
    for api in TestApi::on_each_store().await {
        let path = format!("{MAPS}/a");
        api.create(MAPS, &merged(config_map("a", &json!({})), &[("/metadata/finalizers", json!(["x/a", "x/b"]))])).await;
        let marked = api.delete(&path).await.body;
        assert_eq!((&marked["kind"], &marked["metadata"]["deletionTimestamp"]), (&json!("ConfigMap"), &json!("2026-11-22T10:00:00Z")));
        assert_eq!(marked["metadata"]["deletionGracePeriodSeconds"], 0);
        assert_eq!(api.delete(&path).await.body, marked);
        let added = api.patch(&path, MERGE, &json!({"metadata": {"finalizers": ["x/a", "x/c"]}})).await;
        assert_eq!(added.refused(422, "Invalid")["causes"][0]["field"], "metadata.finalizers");
        let revived = api.patch(&path, MERGE, &json!({"metadata": {"deletionTimestamp": null}})).await.body;
        assert_eq!(revived, marked);
        assert_eq!(api.patch(&path, MERGE, &json!({"metadata": {"finalizers": ["x/b"]}})).await.code, 200);
        let last = api.patch(&path, MERGE, &json!({"metadata": {"finalizers": null}})).await;
        assert_eq!((last.code.as_u16(), &last.body["kind"]), (200, &json!("ConfigMap")));
        assert_eq!(api.get(&path).await.code, 404);
    }
}

#[tokio::test]
async fn a_propagation_policy_leaves_its_finalizer_behind_those_there_are() {
    let api = TestApi::new().await;
    for (name, query, body, expected) in [
        ("a", "?propagationPolicy=Foreground", Value::Null, json!(["x/a", "foregroundDeletion"])),
        ("b", "", json!({"propagationPolicy": "Orphan"}), json!(["x/a", "orphan"])),
        ("c", "", json!({"orphanDependents": true}), json!(["x/a", "orphan"])),
        ("e", "?orphanDependents=true", Value::Null, json!(["x/a", "orphan"])),
        ("f", "?orphanDependents=true", json!({"propagationPolicy": "Background"}), json!(["x/a"])),
        ("d", "?propagationPolicy=Background", Value::Null, json!(["x/a"])),
    ] {
        api.create(MAPS, &merged(config_map(name, &json!({})), &[("/metadata/finalizers", json!(["x/a"]))])).await;
        let marked = api.send("DELETE", &format!("{MAPS}/{name}{query}"), JSON, &body).await;
        assert_eq!(marked.body["metadata"]["finalizers"], expected, "{name}");
    }
    let odd = api.delete(&format!("{MAPS}/a?propagationPolicy=Sideways")).await;
    assert_eq!(odd.refused(422, "Invalid")["causes"][0]["field"], "propagationPolicy");
    assert_eq!(api.send("DELETE", &format!("{MAPS}/a"), JSON, &json!({"gracePeriodSeconds": -1})).await.code, 200);
    api.ask("DELETE", &format!("{MAPS}/a"), &[("content-type", JSON)], b"{").await.refused(400, "BadRequest");
    api.send("DELETE", &format!("{MAPS}/a"), JSON, &json!([1])).await.refused(400, "BadRequest");
    let both = api.delete(&format!("{MAPS}/a?orphanDependents=false&propagationPolicy=Orphan")).await;
    assert_eq!(both.refused(422, "Invalid")["causes"][0]["field"], "propagationPolicy");
}

#[tokio::test]
async fn jobs_leave_their_pods_by_default_and_say_so() {
    const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
    const CONTROLLERS: &str = "/api/v1/namespaces/default/replicationcontrollers";
    let warning = "299 - \"child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or \
                   set propagationPolicy=Orphan to suppress this warning\"";
    let api = TestApi::new().await;
    let containers = json!({"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]});
    for name in ["a", "b", "c", "d"] {
        api.create(JOBS, &json!({"metadata": {"name": name}, "spec": {"template": {"spec": containers}}})).await;
    }
    let kept = api.delete(&format!("{JOBS}/a")).await;
    assert_eq!((kept.body["metadata"]["finalizers"].clone(), kept.warnings), (json!(["orphan"]), vec![warning.to_owned()]));
    for (name, query) in [("b", "propagationPolicy=Background"), ("c", "orphanDependents=false")] {
        let gone = api.delete(&format!("{JOBS}/{name}?{query}")).await;
        assert_eq!((gone.body["status"].clone(), gone.warnings.len()), (json!("Success"), 0), "{name}");
    }
    let all = api.delete(JOBS).await;
    assert_eq!((all.names(), &all.warnings[..]), (vec!["a", "d"], &[warning.to_owned()][..]));
    assert_eq!(api.get(JOBS).await.body["items"][1]["metadata"]["finalizers"], json!(["orphan"]));

    let pods = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers["containers"]}});
    api.create(CONTROLLERS, &json!({"metadata": {"name": "a"}, "spec": {"selector": {"a": "b"}, "template": pods}})).await;
    let kept = api.delete(&format!("{CONTROLLERS}/a")).await;
    assert_eq!((kept.body["metadata"]["finalizers"].clone(), kept.warnings.len()), (json!(["orphan"]), 0));
}

#[tokio::test]
async fn events_go_at_once_whatever_becomes_of_dependents() {
    const EVENTS: &str = "/api/v1/namespaces/default/events";
    let api = TestApi::new().await;
    let about = json!({"namespace": "default", "kind": "Pod", "name": "p"});
    for (name, at) in [("a", EVENTS), ("b", "/apis/events.k8s.io/v1/namespaces/default/events")] {
        api.create(EVENTS, &json!({"metadata": {"name": name}, "involvedObject": about, "reason": "Because"})).await;
        let gone = api.delete(&format!("{at}/{name}?propagationPolicy=Foreground")).await.body;
        assert_eq!(gone["status"], "Success", "{gone}");
    }
}

#[tokio::test]
async fn preconditions_must_hold() {
    let api = TestApi::new().await;
    let created = api.create(MAPS, &config_map("a", &json!({}))).await;
    let path = format!("{MAPS}/a");
    let with = |preconditions: Value| json!({"preconditions": preconditions});
    let other = api.send("DELETE", &path, JSON, &with(json!({"uid": "z"}))).await;
    assert_eq!(other.refused(409, "Conflict"), &json!({"kind": "ConfigMap", "name": "a"}));
    let start = format!(
        "the UID in the precondition (z) does not match the UID in record ({})",
        created["metadata"]["uid"].as_str().expect("a uid")
    );
    assert!(other.message().contains(&start), "{}", other.message());
    api.send("DELETE", &path, JSON, &with(json!({"resourceVersion": "1"}))).await.refused(409, "Conflict");
    let held = with(json!({"uid": created["metadata"]["uid"], "resourceVersion": created["metadata"]["resourceVersion"]}));
    assert_eq!(api.send("DELETE", &path, JSON, &held).await.code, 200);
}

#[tokio::test]
async fn a_collection_is_deleted_as_a_list_would_show_it() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a", "b", "c"]).await;
        api.create("/api/v1/namespaces", &json!({"metadata": {"name": "other"}})).await;
        api.create("/api/v1/namespaces/other/configmaps", &config_map("a", &json!({}))).await;
        let gone = api.delete(&format!("{MAPS}?labelSelector=n%20in%20(a,b)")).await;
        assert_eq!((gone.names(), &gone.body["kind"]), (vec!["a", "b"], &json!("ConfigMapList")));
        assert_eq!(api.get(MAPS).await.names(), ["c"]);
        assert_eq!(api.delete(&format!("{MAPS}?fieldSelector=metadata.name%3Dc")).await.names(), ["c"]);
        assert_eq!(api.get("/api/v1/configmaps").await.names(), ["a"]);
        api.delete("/api/v1/configmaps").await.refused(405, "MethodNotAllowed");
    }
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_takes_nothing_new() {
    for api in TestApi::on_each_store().await {
        let created = api.create("/api/v1/namespaces", &json!({"metadata": {"name": "term"}})).await;
        assert_eq!((&created["spec"], &created["status"]), (&json!({"finalizers": ["kubernetes"]}), &json!({"phase": "Active"})));
        assert_eq!(created["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "term"}));
        let path = "/api/v1/namespaces/term/configmaps";
        api.create(path, &config_map("old", &json!({}))).await;
        let marked = api.delete("/api/v1/namespaces/term").await;
        assert_eq!((marked.code.as_u16(), &marked.body["status"]["phase"]), (200, &json!("Terminating")));
        assert_ne!(marked.body["metadata"]["deletionTimestamp"], Value::Null);
        assert_eq!(marked.body["metadata"].get("deletionGracePeriodSeconds"), None, "it is given no time, but what its emptying takes");
        assert_eq!(api.delete("/api/v1/namespaces/term?propagationPolicy=Foreground").await.body, marked.body);
        for refused in
            [api.post(path, &config_map("a", &json!({}))).await, api.apply(&format!("{path}/a"), "m", &config_map("a", &json!({}))).await]
        {
            assert_eq!(refused.refused(403, "Forbidden")["causes"][0]["reason"], "NamespaceTerminating");
            let expected = "unable to create new content in namespace term because it is being terminated";
            assert!(refused.message().ends_with(expected), "{}", refused.message());
        }
        assert_eq!(api.patch(&format!("{path}/old"), MERGE, &json!({"data": {"k": "v"}})).await.code, 200);
        let mut emptied = marked.body.clone();
        emptied["spec"]["finalizers"] = json!(["kubernetes", "x/y"]);
        assert_eq!(api.put("/api/v1/namespaces/term", &emptied).await.body["spec"], marked.body["spec"]);
        emptied["spec"] = json!({});
        assert_eq!(api.put("/api/v1/namespaces/term/finalize", &emptied).await.code, 200);
        api.get("/api/v1/namespaces/term").await.refused(404, "NotFound");
        api.post(path, &config_map("a", &json!({}))).await.refused(404, "NotFound");
    }
}

#[tokio::test]
async fn a_namespace_with_a_label_named_like_the_time_of_a_deletion_is_open() {
    for api in TestApi::on_each_store().await {
        let named = json!({"metadata": {"name": "open", "labels": {"deletionTimestamp": "y"}, "annotations": {"deletionTimestamp": "y"}}});
        api.create("/api/v1/namespaces", &named).await;
        let path = "/api/v1/namespaces/open/configmaps";
        api.create(path, &config_map("a", &json!({}))).await;
        assert_eq!(api.delete("/api/v1/namespaces/open").await.code, 200);
        api.post(path, &config_map("b", &json!({}))).await.refused(403, "Forbidden");
    }
}

#[tokio::test]
async fn some_namespaces_may_not_be_deleted() {
    let api = TestApi::new().await;
    for name in ["default", "kube-system", "kube-public"] {
        let refused = api.delete(&format!("/api/v1/namespaces/{name}")).await;
        refused.refused(403, "Forbidden");
        assert!(refused.message().ends_with("this namespace may not be deleted"));
    }
    assert_eq!(api.delete("/api/v1/namespaces/kube-node-lease").await.code, 200);
}

#[tokio::test]
async fn a_pod_that_runs_somewhere_is_given_time() {
    let api = TestApi::new().await;
    let pods = "/api/v1/namespaces/default/pods";
    let pod = json!({"metadata": {"name": "p"}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}});
    api.create(pods, &pod).await;
    let path = format!("{pods}/p");
    let marked = api.delete(&path).await.body;
    let found = (&marked["kind"], &marked["metadata"]["deletionTimestamp"], &marked["metadata"]["deletionGracePeriodSeconds"]);
    assert_eq!(found, (&json!("Pod"), &json!("2026-11-22T10:00:30Z"), &json!(30)));
    let shorter = api.delete(&format!("{path}?gracePeriodSeconds=5")).await.body;
    assert_eq!(shorter["metadata"]["deletionTimestamp"], "2026-11-22T10:00:05Z");
    let longer = api.delete(&format!("{path}?gracePeriodSeconds=50")).await.body;
    assert_eq!(longer["metadata"]["deletionTimestamp"], "2026-11-22T10:00:05Z");
    assert_eq!(api.patch(&format!("{path}/status"), MERGE, &json!({"status": {"message": "m"}})).await.code, 200);
    assert_eq!(api.delete(&format!("{path}?gracePeriodSeconds=0")).await.code, 200);
    assert_eq!(api.get(&path).await.code, 404);
}

#[tokio::test]
async fn a_pod_that_goes_at_once_is_answered_as_deleted() {
    for api in TestApi::on_each_store().await {
        let pods = "/api/v1/namespaces/default/pods";
        let created = api.create(pods, &json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})).await;
        let gone = api.delete(&format!("{pods}/p")).await.body;
        let marks = |pod: &Value| pod["metadata"]["deletionTimestamp"].is_string() && pod["metadata"]["deletionGracePeriodSeconds"] == 0;
        assert!(marks(&gone) && !marks(&created), "{gone}");
        assert_eq!((&created["metadata"]["generation"], &gone["metadata"]["generation"]), (&json!(1), &json!(2)));
        assert_eq!(api.get(&format!("{pods}/p")).await.code, 404);
    }
}

#[tokio::test]
async fn orders_about_what_is_in_a_closed_namespace_are_refused_like_new_content() {
    let api = TestApi::new().await;
    api.create("/api/v1/namespaces", &json!({"metadata": {"name": "term"}})).await;
    let (open, gone) = ("/api/v1/namespaces/term", "/api/v1/namespaces/gone");
    api.create(&format!("{open}/pods"), &json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})).await;
    assert_eq!(api.delete(open).await.code, 200);
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    let binding = json!({"metadata": {"name": "p"}, "target": {"name": "n"}});
    for (path, body, kind) in
        [("pods/p/eviction", &eviction, "pods"), ("pods/p/binding", &binding, "pods"), ("bindings", &binding, "bindings")]
    {
        let refused = api.post(&format!("{open}/{path}"), body).await;
        let details = refused.refused(403, "Forbidden");
        assert_eq!((&details["kind"], &details["name"]), (&json!(kind), &json!("p")), "{path}");
        assert_eq!(details["causes"][0]["reason"], "NamespaceTerminating", "{path}");
        let refused = api.post(&format!("{gone}/{path}"), body).await;
        assert_eq!(refused.refused(404, "NotFound")["kind"], "namespaces", "{path}");
    }
    assert_eq!(api.get(&format!("{open}/pods/p")).await.body["spec"].get("nodeName"), None);
}

#[tokio::test]
async fn a_body_that_is_not_understood_deletes_nothing() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let path = format!("{MAPS}/a");
    for body in [
        json!({"dryRun": "All"}),
        json!({"dryRun": [1]}),
        json!({"preconditions": {"uid": 5}}),
        json!({"preconditions": "x"}),
        json!({"propagationPolicy": 5}),
        json!({"gracePeriodSeconds": "0"}),
        json!({"orphanDependents": "true"}),
        json!({"kind": "Pod", "apiVersion": "v1"}),
        json!([]),
    ] {
        for path in [path.as_str(), MAPS] {
            assert_eq!(api.send("DELETE", path, "application/json", &body).await.code, 400, "{body} to {path}");
        }
    }
    assert_eq!(api.get(&path).await.code, 200);
}
