//! What a schema refuses of a custom resource that was taken before the schema said so: what did not change may stay.

use serde_json::{Value, json};

use super::{MERGE, TestApi, merged};

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const RINGS: &str = "/apis/example.com/v1/namespaces/default/rings";
const RING: &str = "/apis/example.com/v1/namespaces/default/rings/r";

fn definition(spec: &Value) -> Value {
    let schema = json!({"type": "object", "properties": {
        "spec": spec, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }});
    let version = json!({
        "name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": schema},
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "rings.example.com"},
        "spec": {"group": "example.com", "scope": "Namespaced", "versions": [version], "names": {"plural": "rings", "kind": "Ring"}},
    })
}

/// An API with an object that was created when its schema asked for nothing, and the schema of now.
async fn taken_before(loose: &Value, strict: &Value, spec: &Value) -> TestApi {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(loose)).await;
    api.create(RINGS, &ring(spec)).await;
    let versions = definition(strict)["spec"]["versions"].clone();
    let changed = api.patch(&format!("{CRDS}/rings.example.com"), MERGE, &json!({"spec": {"versions": versions}})).await;
    assert_eq!(changed.code, 200, "{}", changed.body);
    api
}

fn ring(spec: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Ring", "metadata": {"name": "r"}, "spec": spec})
}

#[track_caller]
fn fields(refused: &Value) -> Vec<&str> {
    refused["causes"].as_array().expect("causes").iter().map(|cause| cause["field"].as_str().expect("a field")).collect()
}

/// A list of a type whose items have a number that is at least `least`, by a keyword and by a rule.
fn list(list_type: &str, least: i32) -> Value {
    let rule = json!({"rule": format!("self.n >= {least}")});
    let number = json!({"type": "integer", "minimum": least});
    let mut items = json!({
        "type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 9}, "n": number, "m": {"type": "integer"}},
    });
    if least > 0 {
        items["x-kubernetes-validations"] = json!([rule]);
    }
    let mut list = json!({"type": "array", "maxItems": 9, "items": items, "x-kubernetes-list-type": list_type});
    if list_type == "map" {
        list["x-kubernetes-list-map-keys"] = json!(["name"]);
    }
    json!({"type": "object", "properties": {"list": list, "other": {"type": "string"}}})
}

#[tokio::test]
async fn an_item_of_a_map_list_may_stay_wherever_it_stands() {
    let bad = json!({"name": "bad", "n": 1});
    let api = taken_before(&list("map", 0), &list("map", 5), &json!({"list": [bad, {"name": "good", "n": 7}]})).await;
    for items in [json!([{"name": "good", "n": 7}, bad]), json!([{"name": "new", "n": 5}, {"name": "good", "n": 8}, bad]), json!([bad])] {
        let patched = api.patch(RING, MERGE, &json!({"spec": {"list": items}})).await;
        assert_eq!((patched.code.as_u16(), &patched.body["spec"]["list"]), (200, &items), "{}", patched.body);
    }
    let item = "spec.list[0]";
    let refused = api.patch(RING, MERGE, &json!({"spec": {"list": [{"name": "bad", "n": 1, "m": 1}]}})).await;
    assert_eq!(fields(refused.refused(422, "Invalid")), [item], "its number may stay, the rule about it as a whole is asked again");
    let refused = api.patch(RING, MERGE, &json!({"spec": {"list": [{"name": "bad", "n": 2}]}})).await;
    assert_eq!(fields(refused.refused(422, "Invalid")), ["spec.list[0].n", item]);
    let refused = api.patch(RING, MERGE, &json!({"spec": {"list": [bad, {"name": "worse", "n": 1}]}})).await;
    assert_eq!(fields(refused.refused(422, "Invalid")), ["spec.list[1].n", "spec.list[1]"]);
}

#[tokio::test]
async fn an_atomic_list_may_stay_as_a_whole_alone() {
    let items = json!([{"name": "bad", "n": 1}, {"name": "good", "n": 7}]);
    let api = taken_before(&list("atomic", 0), &list("atomic", 5), &json!({"list": items})).await;
    let patched = api.patch(RING, MERGE, &json!({"spec": {"other": "changed"}})).await;
    assert_eq!(patched.code, 200, "{}", patched.body);
    let moved = json!([items[1], items[0]]);
    let refused = api.patch(RING, MERGE, &json!({"spec": {"list": moved}})).await;
    assert_eq!(fields(refused.refused(422, "Invalid")), ["spec.list[1].n", "spec.list[1]"]);
}

#[tokio::test]
async fn every_way_of_writing_lets_what_did_not_change_stay() {
    let schema = |least: i32, required: &Value| {
        json!({
            "type": "object", "required": required,
            "properties": {
                "old": {"type": "object", "properties": {"n": {"type": "integer", "minimum": least}, "text": {"type": "string"}}},
                "map": {"type": "object", "additionalProperties": {"type": "string", "maxLength": if least > 0 { 1 } else { 9 }}},
                "new": {"type": "string"},
            },
        })
    };
    let api = taken_before(&schema(0, &json!([])), &schema(5, &json!([])), &json!({"old": {"n": 1}, "map": {"a": "long"}})).await;
    let live = api.get(RING).await.body;
    let put = api.put(RING, &merged(live, &[("/spec/old/text", json!("beside it"))])).await;
    assert_eq!(put.code, 200, "{}", put.body);
    let applied = api.apply(RING, "m", &ring(&json!({"new": "x", "map": {"b": "1"}}))).await;
    assert_eq!(applied.code, 200, "{}", applied.body);
    let status = api.patch(&format!("{RING}/status"), MERGE, &json!({"status": {"ready": true}})).await;
    assert_eq!((status.code.as_u16(), &status.body["spec"]["old"]["n"]), (200, &json!(1)), "{}", status.body);
    let refused = api.apply(RING, "m", &ring(&json!({"new": "x", "map": {"b": "12"}}))).await;
    assert_eq!(fields(refused.refused(422, "Invalid")), ["spec.map.b"]);
    // What is taken away and put back is new.
    api.patch(RING, MERGE, &json!({"spec": {"old": null}})).await;
    let refused = api.patch(RING, MERGE, &json!({"spec": {"old": {"n": 1}}})).await;
    assert_eq!(fields(refused.refused(422, "Invalid")), ["spec.old.n"]);
}

#[tokio::test]
async fn items_that_stood_twice_before_are_not_refused_until_none_do() {
    let lists = |kind: &str| {
        let list = json!({"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": kind});
        json!({"type": "object", "properties": {"a": list, "b": list, "text": {"type": "string"}}})
    };
    let api = taken_before(&lists("atomic"), &lists("set"), &json!({"a": ["x", "x"], "b": ["y"]})).await;
    assert_eq!(api.patch(RING, MERGE, &json!({"spec": {"a": ["x", "x", "z"]}})).await.code, 200);
    assert_eq!(api.patch(RING, MERGE, &json!({"spec": {"b": ["y", "y"]}})).await.code, 200);
    assert_eq!(api.patch(RING, MERGE, &json!({"spec": {"a": ["x"], "b": ["y"]}})).await.code, 200);
    let refused = api.patch(RING, MERGE, &json!({"spec": {"a": ["x", "x"]}})).await;
    assert_eq!(refused.refused(422, "Invalid")["causes"][0]["reason"], "FieldValueDuplicate");
}

#[tokio::test]
async fn a_rule_about_the_old_value_is_asked_even_where_nothing_changed() {
    let never = json!([{"rule": "self.n != oldSelf.n", "message": "must move on"}]);
    let mut strict = list("map", 0);
    strict["properties"]["list"]["items"]["x-kubernetes-validations"] = never;
    let api = taken_before(&list("map", 0), &strict, &json!({"list": [{"name": "a", "n": 1}]})).await;
    let refused = api.patch(RING, MERGE, &json!({"metadata": {"labels": {"x": "y"}}})).await;
    assert_eq!(fields(refused.refused(422, "Invalid")), ["spec.list[0]"]);
    assert_eq!(api.patch(RING, MERGE, &json!({"spec": {"list": [{"name": "a", "n": 2}]}})).await.code, 200);
}

#[tokio::test]
async fn an_item_that_takes_the_place_of_another_is_a_change() {
    let both = json!({"list": [{"name": "a", "n": 1}, {"name": "b", "n": 1}]});
    let mut schema = list("map", 1);
    schema["properties"]["list"]["x-kubernetes-validations"] = json!([{"rule": "self.exists(x, x.name == 'b')"}]);
    let api = taken_before(&schema, &schema, &both).await;
    let twice = json!({"spec": {"list": [{"name": "a", "n": 1}, {"name": "a", "n": 1}]}});
    let refused = api.patch(RING, MERGE, &twice).await;
    assert_eq!(fields(refused.refused(422, "Invalid"))[0], "spec.list[1]");
}
