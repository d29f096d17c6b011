//! Lists: pages, selectors, revisions, and the forms of their answers.

use std::io::Read as _;

use serde_json::{Value, json};
use trueup::object::Revision;

use super::{MAPS, TestApi, config_map};

#[tokio::test]
async fn pages_show_one_picture_while_writes_go_on() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a", "b", "c", "d", "e"]).await;
        let first = api.get(&format!("{MAPS}?limit=2")).await;
        assert_eq!((first.names(), &first.body["metadata"]["remainingItemCount"]), (vec!["a", "b"], &json!(3)));
        api.delete(&format!("{MAPS}/d")).await;
        api.create_maps(&["bb", "f"]).await;
        let next = |token: &Value| format!("{MAPS}?limit=2&continue={}", token.as_str().expect("a token"));
        let second = api.get(&next(&first.body["metadata"]["continue"])).await;
        assert_eq!((second.names(), &second.body["metadata"]["remainingItemCount"]), (vec!["c", "d"], &json!(1)));
        assert_eq!(second.version(), first.version());
        let third = api.get(&next(&second.body["metadata"]["continue"])).await;
        assert_eq!((third.names(), &third.body["metadata"]["continue"], third.version()), (vec!["e"], &Value::Null, first.version()));
        assert_eq!(third.body["metadata"]["remainingItemCount"], Value::Null);
        assert_eq!(api.get(&format!("{MAPS}?limit=-1")).await.names().len(), 6);
        assert_eq!(api.get(&format!("{MAPS}?limit=0")).await.names().len(), 6);
    }
}

#[tokio::test]
async fn an_expired_token_lets_the_client_go_on_inconsistently() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a", "b", "c"]).await;
        let first = api.get(&format!("{MAPS}?limit=1")).await;
        api.create_maps(&["bb"]).await;
        api.store.compact(Revision::parse(&api.revision().await).expect("a revision")).await.expect("it compacts");
        let token = first.body["metadata"]["continue"].as_str().expect("a token");
        let expired = api.get(&format!("{MAPS}?limit=1&continue={token}")).await;
        expired.refused(410, "Expired");
        let token = expired.body["metadata"]["continue"].as_str().expect("a token");
        let rest = api.get(&format!("{MAPS}?continue={token}")).await;
        assert_eq!(rest.names(), ["b", "bb", "c"]);
        let old = api.get(&format!("{MAPS}?resourceVersion={}&resourceVersionMatch=Exact", first.version())).await;
        old.refused(410, "Expired");
    }
    api_refuses_a_token_that_is_none().await;
}

async fn api_refuses_a_token_that_is_none() {
    TestApi::new().await.get(&format!("{MAPS}?continue=nonsense")).await.refused(400, "BadRequest");
}

#[tokio::test]
async fn selectors_choose_by_labels_and_fields() {
    let api = TestApi::new().await;
    api.create_maps(&["a", "b", "c"]).await;
    for (selector, expected) in [
        ("labelSelector=n%3Da", vec!["a"]),
        ("labelSelector=n%20in%20(a,c)", vec!["a", "c"]),
        ("labelSelector=!n", vec![]),
        ("labelSelector=n!%3Da", vec!["b", "c"]),
        ("fieldSelector=metadata.name%3Db", vec!["b"]),
        ("fieldSelector=metadata.name!%3Db,metadata.namespace%3Ddefault", vec!["a", "c"]),
        ("fieldSelector=metadata.namespace%3Dother", vec![]),
        ("labelSelector=n%3Da&fieldSelector=metadata.name%3Db", vec![]),
    ] {
        assert_eq!(api.get(&format!("{MAPS}?{selector}")).await.names(), expected, "{selector}");
    }
    let paged = api.get(&format!("{MAPS}?labelSelector=n&limit=1")).await;
    assert_eq!((paged.names(), &paged.body["metadata"]["remainingItemCount"]), (vec!["a"], &Value::Null));
    let unknown = api.get(&format!("{MAPS}?fieldSelector=data.a%3Db")).await;
    unknown.refused(400, "BadRequest");
    assert_eq!(unknown.message(), "\"data.a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    assert_eq!(api.get("/api/v1/configmaps?fieldSelector=metadata.name%3Da").await.names(), ["a"]);
    api.create("/api/v1/namespaces/default/secrets", &json!({"metadata": {"name": "s"}, "type": "x/y"})).await;
    assert_eq!(api.get("/api/v1/secrets?fieldSelector=type%3Dx/y").await.names(), ["s"]);
    assert!(api.get("/api/v1/secrets?fieldSelector=type%3DOpaque").await.names().is_empty());
}

#[tokio::test]
async fn a_revision_says_how_old_a_list_may_be() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a"]).await;
        let then = api.revision().await;
        api.create_maps(&["b"]).await;
        // A list of the newest state takes the cache along, which the lists below may answer from.
        assert_ne!(api.revision().await, then);
        let list = |query: String| {
            let api = &api;
            async move { api.get(&format!("{MAPS}?{query}")).await }
        };
        let exact = list(format!("resourceVersion={then}&resourceVersionMatch=Exact")).await;
        assert_eq!((exact.names(), exact.version()), (vec!["a"], then.as_str()));
        assert_eq!(list(format!("resourceVersion={then}&limit=5")).await.names(), ["a"]);
        assert_eq!(list(format!("resourceVersion={then}&resourceVersionMatch=NotOlderThan")).await.names(), ["a", "b"]);
        assert_eq!(list(format!("resourceVersion={then}")).await.names(), ["a", "b"]);
        assert_eq!(list("resourceVersion=0".to_owned()).await.code, 200);
        for (query, field) in [
            ("resourceVersionMatch=Exact", "resourceVersionMatch"),
            ("resourceVersion=0&resourceVersionMatch=Exact", "resourceVersionMatch"),
            ("resourceVersion=1&resourceVersionMatch=Newest", "resourceVersionMatch"),
            ("sendInitialEvents=true", "sendInitialEvents"),
        ] {
            let refused = list(query.to_owned()).await;
            assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], field, "{query}");
        }
        list("resourceVersion=abc".to_owned()).await.refused(400, "BadRequest");
    }
}

#[tokio::test]
async fn a_revision_that_is_not_written_yet_is_waited_for_and_then_refused() {
    let api = TestApi::new().await;
    let paths = [MAPS.to_owned(), format!("{MAPS}?resourceVersionMatch=Exact"), format!("{MAPS}?limit=3"), format!("{MAPS}/a")];
    // Together, since each of them waits.
    let answers = paths.iter().map(|path| {
        let join = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{join}resourceVersion=99999999");
        let api = &api;
        async move { api.get(&path).await }
    });
    for future in futures::future::join_all(answers).await {
        let details = future.refused(504, "Timeout");
        assert_eq!((&details["retryAfterSeconds"], &details["causes"][0]["reason"]), (&json!(1), &json!("ResourceVersionTooLarge")));
        assert!(future.message().contains("Too large resource version: 99999999, current: "), "{}", future.message());
    }
}

#[tokio::test]
async fn items_of_built_in_lists_go_without_their_kind() {
    let api = TestApi::new().await;
    let created = api.create(MAPS, &config_map("a", &json!({"k": "v"}))).await;
    let list = api.get(MAPS).await;
    let head = (&list.body["kind"], &list.body["apiVersion"], list.version());
    assert_eq!(head, (&json!("ConfigMapList"), &json!("v1"), api.revision().await.as_str()));
    let mut expected = created.clone();
    expected.as_object_mut().expect("an object").retain(|name, _| name != "kind" && name != "apiVersion");
    assert_eq!(list.body["items"], json!([expected]));
    assert_eq!(api.get(&format!("{MAPS}?pretty=true")).await.body, list.body);
    let empty = api.get("/api/v1/namespaces/none/configmaps").await;
    assert_eq!((empty.code.as_u16(), &empty.body["items"]), (200, &json!([])));
}

#[tokio::test]
async fn tables_have_columns_and_as_much_of_the_object_as_asked_for() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    for version in ["v1", "v1beta1"] {
        let accept = format!("application/json;as=Table;v={version};g=meta.k8s.io,application/json");
        for path in [MAPS.to_owned(), format!("{MAPS}/a")] {
            let table = api.get_as(&path, &accept).await.body;
            assert_eq!((&table["kind"], &table["apiVersion"]), (&json!("Table"), &json!(format!("meta.k8s.io/{version}"))));
            let names: Vec<&str> =
                table["columnDefinitions"].as_array().expect("columns").iter().filter_map(|c| c["name"].as_str()).collect();
            assert_eq!(names, ["Name", "Data", "Age"]);
            let row = &table["rows"][0];
            assert_eq!(row["cells"], json!(["a", 1, "0s"]));
            assert_eq!((&row["object"]["kind"], &row["object"]["metadata"]["name"]), (&json!("PartialObjectMetadata"), &json!("a")));
            assert!(row["object"].get("data").is_none());
        }
        let full = api.get_as(&format!("{MAPS}?includeObject=Object"), &accept).await.body;
        assert_eq!(full["rows"][0]["object"]["data"], json!({"k": "v"}));
        assert_eq!(full["rows"][0]["object"]["kind"], "ConfigMap");
        let none = api.get_as(&format!("{MAPS}?includeObject=None"), &accept).await.body;
        assert_eq!(none["rows"][0]["object"], Value::Null);
        let odd = api.get_as(&format!("{MAPS}?includeObject=Some"), &accept).await;
        odd.refused(400, "BadRequest");
    }
}

#[tokio::test]
async fn metadata_can_be_had_alone() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    let list = api.get_as(MAPS, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io").await.body;
    assert_eq!((&list["kind"], &list["items"][0]["kind"]), (&json!("PartialObjectMetadataList"), &json!("PartialObjectMetadata")));
    assert_eq!(list["items"][0]["metadata"]["labels"], json!({"n": "a"}));
    assert_eq!(list["items"][0].get("data"), None);
    let one = api.get_as(&format!("{MAPS}/a"), "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io").await.body;
    assert_eq!((&one["kind"], &one["apiVersion"], one.get("data")), (&json!("PartialObjectMetadata"), &json!("meta.k8s.io/v1"), None));
}

#[tokio::test]
async fn answers_come_in_yaml_and_indented() {
    let api = TestApi::new().await;
    api.create_maps(&["a"]).await;
    for path in [MAPS.to_owned(), format!("{MAPS}/a")] {
        let yaml = api.get_as(&path, "application/yaml").await;
        assert_eq!(yaml.headers["content-type"], "application/yaml");
        assert!(String::from_utf8(yaml.bytes).expect("text").contains("\n  ") && yaml.body.is_null());
        let pretty = api.get(&format!("{path}?pretty=true")).await;
        assert!(String::from_utf8(pretty.bytes).expect("text").starts_with("{\n  \""));
    }
    let missing = api.get_as(&format!("{MAPS}/zz"), "application/yaml").await;
    assert_eq!((missing.code.as_u16(), &missing.headers["content-type"]), (404, &http::HeaderValue::from_static("application/yaml")));
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_takes_it() {
    let api = TestApi::new().await;
    let text: String = (0..60_000).map(|number| format!("{number} ")).collect();
    for name in ["a", "b", "c"] {
        api.create(MAPS, &config_map(name, &json!({"k": text}))).await;
    }
    for path in [MAPS.to_owned(), format!("{MAPS}/a"), format!("{MAPS}?pretty=true")] {
        let plain = api.get(&path).await;
        assert_eq!(plain.headers.get("content-encoding"), None);
        let packed = api.ask("GET", &path, &[("accept-encoding", "gzip")], b"").await;
        assert_eq!(packed.headers["content-encoding"], "gzip");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(packed.bytes.as_slice()).read_to_end(&mut unpacked).expect("gzip");
        assert!(unpacked == plain.bytes && packed.bytes.len() < plain.bytes.len());
    }
    let small = api.ask("GET", "/api/v1/namespaces/default", &[("accept-encoding", "gzip")], b"").await;
    assert_eq!(small.headers.get("content-encoding"), None);
}

#[tokio::test]
async fn a_token_is_good_at_the_next_server_too() {
    for before in TestApi::on_each_store().await {
        before.create_maps(&["a", "b", "c", "d"]).await;
        let first = before.get(&format!("{MAPS}?limit=2&labelSelector=n!%3Da")).await;
        assert_eq!(first.names(), ["b", "c"]);
        before.create_maps(&["cc"]).await;
        before.delete(&format!("{MAPS}/d")).await;
        let api = before.next_server().await;
        let token = first.body["metadata"]["continue"].as_str().expect("a token");
        let rest = api.get(&format!("{MAPS}?limit=2&labelSelector=n!%3Da&continue={token}")).await;
        assert_eq!((rest.names(), rest.version()), (vec!["d"], first.version()));
    }
}

#[tokio::test]
async fn a_list_is_of_the_stores_revision_and_not_of_its_newest_items() {
    for api in TestApi::on_each_store().await {
        api.create_maps(&["a"]).await;
        let secret = api.create("/api/v1/namespaces/default/secrets", &json!({"metadata": {"name": "s"}})).await;
        let list = api.get(MAPS).await;
        assert_eq!(list.version(), secret["metadata"]["resourceVersion"]);
        assert_ne!(list.version(), list.body["items"][0]["metadata"]["resourceVersion"]);
    }
}

#[tokio::test]
async fn what_revisions_and_tokens_may_say_together() {
    let api = TestApi::new().await;
    api.create_maps(&["a", "b"]).await;
    let token = api.get(&format!("{MAPS}?limit=1")).await.body["metadata"]["continue"].as_str().expect("a token").to_owned();
    for query in [
        "limit=1&resourceVersion=0&resourceVersionMatch=NotOlderThan".to_owned(),
        "limit=1&resourceVersion=".to_owned(),
        format!("limit=1&continue={token}&resourceVersion=0"),
        format!("limit=1&continue={token}&resourceVersion="),
    ] {
        assert_eq!(api.get(&format!("{MAPS}?{query}")).await.code, 200, "{query}");
    }
    api.get(&format!("{MAPS}?continue={token}&resourceVersion=1")).await.refused(400, "BadRequest");
    let alone = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
    let pages = "Forbidden: resourceVersionMatch is forbidden when continue is provided";
    let exact = "Forbidden: resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"";
    let initial = "Forbidden: sendInitialEvents is forbidden for list";
    for (query, messages) in [
        ("resourceVersionMatch=Exact".to_owned(), vec![alone]),
        (format!("resourceVersionMatch=Exact&continue={token}"), vec![alone, pages]),
        (format!("resourceVersionMatch=Exact&resourceVersion=0&continue={token}&sendInitialEvents=false"), vec![pages, exact, initial]),
        ("resourceVersionMatch=NotOlderThan&sendInitialEvents=true".to_owned(), vec![alone, initial]),
    ] {
        let refused = api.get(&format!("{MAPS}?{query}")).await;
        let causes = refused.refused(422, "Invalid")["causes"].as_array().expect("causes").clone();
        assert_eq!(causes.iter().map(|cause| cause["message"].as_str().unwrap_or_default()).collect::<Vec<_>>(), messages, "{query}");
    }
}
