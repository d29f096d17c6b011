//! CustomResourceDefinitions and the kinds that they bring.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::watch;
use trueup::object::Revision;
use trueup::store::{Entry, JointOutcome, ListRequest, MemoryStore, Page, Store, StoreError, WatchStream, Write};

use super::{JSON_PATCH, MERGE, STRATEGIC, TestApi, merged};

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const WIDGETS: &str = "/apis/example.com/v1/namespaces/default/widgets";

fn version(name: &str, storage: bool) -> Value {
    let spec = json!({"type": "object", "required": ["size"], "properties": {
        "size": {"type": "integer", "minimum": 1}, "replicas": {"type": "integer"}, "color": {"type": "string", "default": "red"},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
    }});
    let status = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    json!({
        "name": name, "served": true, "storage": storage,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}},
        "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
    })
}

fn definition(versions: &[Value]) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "versions": versions,
            "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"], "categories": ["all"]},
        },
    })
}

fn condition(definition: &Value, kind: &str) -> Value {
    let conditions = definition["status"]["conditions"].as_array().expect("conditions");
    conditions.iter().find(|condition| condition["type"] == kind).expect("the condition").clone()
}

fn widget(name: &str) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"size": 1}})
}

#[tokio::test]
async fn a_deprecated_version_warns_whatever_becomes_of_the_request() {
    let api = TestApi::new().await;
    let mut old = version("v1", true);
    old["deprecated"] = json!(true);
    old["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["color"]["format"] = json!("colour");
    let made = api.post(CRDS, &definition(&[old, version("v2", false)])).await;
    assert_eq!((made.code.as_u16(), &made.warnings[..]), (201, &[r#"299 - "unrecognized format \"colour\"""#.to_owned()][..]));
    let warning = r#"299 - "example.com/v1 Widget is deprecated""#;
    let mut faulty = widget("w");
    faulty["spec"]["size"] = json!(0);
    for answer in [api.get(WIDGETS).await, api.get(&format!("{WIDGETS}/none")).await, api.post(WIDGETS, &faulty).await] {
        assert_eq!(answer.warnings, [warning]);
    }
    let mut held = widget("w");
    held["metadata"]["finalizers"] = json!(["foo"]);
    held["spec"]["color"] = Value::Null;
    let created = api.post(WIDGETS, &held).await;
    assert_eq!((created.code.as_u16(), created.warnings.len(), &created.body["spec"]["color"]), (201, 2, &json!("red")));
    assert!(created.warnings[1].contains("prefer a domain-qualified finalizer name"), "{}", created.warnings[1]);
    assert_eq!(api.get("/apis/example.com/v2/namespaces/default/widgets").await.warnings, [""; 0]);
}

#[tokio::test]
async fn a_definition_serves_its_kind_at_once() {
    for api in TestApi::on_each_store().await {
        api.get(WIDGETS).await.refused(404, "NotFound");
        let crd = api.create(CRDS, &definition(&[version("v1", true)])).await;
        assert_eq!((&crd["spec"]["names"]["singular"], &crd["spec"]["names"]["listKind"]), (&json!("widget"), &json!("WidgetList")));
        assert_eq!(crd["status"]["storedVersions"], json!(["v1"]));
        let established =
            crd["status"]["conditions"].as_array().expect("conditions").iter().any(|c| c["type"] == "Established" && c["status"] == "True");
        assert!(established);
        let created = api.create(WIDGETS, &widget("w")).await;
        assert_eq!((&created["metadata"]["generation"], &created["spec"]["color"]), (&json!(1), &json!("red")));
        let list = api.get(WIDGETS).await.body;
        assert_eq!((&list["kind"], &list["items"]), (&json!("WidgetList"), &json!([created])));
        let resources = api.get("/apis/example.com/v1").await.body["resources"].clone();
        let listed = resources.as_array().expect("resources").iter().find(|r| r["name"] == "widgets").expect("listed").clone();
        assert_eq!((&listed["shortNames"], &listed["categories"], &listed["kind"]), (&json!(["wd"]), &json!(["all"]), &json!("Widget")));
        assert!(api.get("/apis").await.body["groups"].to_string().contains("example.com"));
        let aggregated = api.get_as("/apis", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList").await;
        assert!(aggregated.body["items"].to_string().contains("widgets"));
        assert!(aggregated.headers["content-type"].to_str().expect("text").contains("as=APIGroupDiscoveryList"));
    }
}

#[tokio::test]
async fn custom_objects_are_checked_pruned_and_defaulted() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    let odd = merged(widget("w"), &[("/spec/extra", json!(1)), ("/spec/free", json!({"any": [1]})), ("/status", json!({"x": 1}))]);
    let created = api.post(WIDGETS, &odd).await;
    assert_eq!((created.code.as_u16(), &created.warnings[..]), (201, &[r#"299 - "unknown field \"spec.extra\"""#.to_owned()][..]));
    assert_eq!(created.body["spec"], json!({"size": 1, "color": "red", "free": {"any": [1]}}));
    assert_eq!(created.body.get("status"), None);
    api.post(&format!("{WIDGETS}?fieldValidation=Strict"), &odd).await.refused(400, "BadRequest");
    let wrong = api.post(WIDGETS, &merged(widget("x"), &[("/spec", json!({"size": 0, "color": 1}))])).await;
    let details = wrong.refused(422, "Invalid");
    assert_eq!((&details["group"], &details["kind"], &details["name"]), (&json!("example.com"), &json!("Widget"), &json!("x")));
    let mut fields: Vec<&str> = details["causes"].as_array().expect("causes").iter().filter_map(|cause| cause["field"].as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["spec.color", "spec.size"]);
    let missing = api.post(WIDGETS, &merged(widget("x"), &[("/spec", json!({}))])).await;
    let cause = json!({"reason": "FieldValueRequired", "field": "spec.size", "message": "Required value"});
    assert_eq!(missing.refused(422, "Invalid")["causes"], json!([cause]));
}

#[tokio::test]
async fn custom_objects_are_patched_scaled_and_have_a_status_of_their_own() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    let created = api.create(WIDGETS, &widget("w")).await;
    let path = format!("{WIDGETS}/w");
    api.patch(&path, STRATEGIC, &json!({})).await.refused(415, "UnsupportedMediaType");
    assert_eq!(api.patch(&path, MERGE, &json!({"spec": {"size": 2}})).await.body["metadata"]["generation"], 2);
    let both = json!([{"op": "add", "path": "/status", "value": {"ready": true}}, {"op": "replace", "path": "/spec/size", "value": 9}]);
    let status = api.patch(&format!("{path}/status"), JSON_PATCH, &both).await.body;
    assert_eq!(
        (&status["status"], &status["spec"]["size"], &status["metadata"]["generation"]),
        (&json!({"ready": true}), &json!(2), &json!(2))
    );
    assert_eq!(api.patch(&path, MERGE, &json!({"status": {"ready": false}})).await.body["status"], json!({"ready": true}));
    let without = api.get(&format!("{path}/scale")).await;
    without.refused(500, "InternalError");
    assert!(without.message().ends_with("the spec replicas field \".spec.replicas\" does not exist"), "{}", without.message());
    let unsaid = api.patch(&format!("{path}/scale"), MERGE, &json!({})).await;
    unsaid.refused(400, "BadRequest");
    assert_eq!(unsaid.message(), "the spec replicas field \".spec.replicas\" cannot be empty");
    let negative = api.patch(&format!("{path}/scale"), MERGE, &json!({"spec": {"replicas": -3}})).await;
    assert_eq!(negative.refused(422, "Invalid")["causes"][0]["field"], ".spec.replicas");
    assert_eq!(api.patch(&format!("{path}/scale"), MERGE, &json!({"spec": {"replicas": 3}})).await.body["spec"]["replicas"], 3);
    assert_eq!(api.get(&path).await.body["spec"]["replicas"], 3);
    let mut unpinned = created;
    unpinned["metadata"].as_object_mut().expect("an object").remove("resourceVersion");
    let refused = api.put(&path, &unpinned).await;
    assert_eq!(refused.refused(422, "Invalid")["causes"][0]["field"], "metadata.resourceVersion");
    let applied = api
        .apply(&path, "m", &json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"color": "blue"}}))
        .await;
    assert_eq!(applied.refused(409, "Conflict")["causes"][0]["message"], "conflict with \"tester\" using example.com/v1");
}

#[tokio::test]
async fn an_apply_to_scale_owns_the_replicas_wherever_a_definition_puts_them() {
    let api = TestApi::new().await;
    let mut versions = [version("v1", true), version("v2", false), version("v3", false)];
    versions[0]["subresources"]["scale"]["specReplicasPath"] = json!(".spec.size");
    versions[2]["subresources"] = json!({});
    api.create(CRDS, &definition(&versions)).await;
    let path = format!("{WIDGETS}/w");
    api.apply(&path, "a", &widget("w")).await;

    let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "w"}, "spec": {"replicas": 4}});
    let refused = api.apply(&format!("{path}/scale"), "s", &scale).await;
    assert_eq!(refused.refused(409, "Conflict")["causes"][0]["field"], ".spec.replicas");
    let forced = api.apply(&format!("{path}/scale?force=true"), "s", &scale).await;
    assert_eq!((forced.code.as_u16(), &forced.body["spec"]), (200, &json!({"replicas": 4})));
    let live = api.get(&path).await.body;
    assert_eq!(live["spec"]["size"], 4);
    let entries = live["metadata"]["managedFields"].as_array().expect("entries");
    let owners: Vec<_> = entries.iter().map(|entry| (&entry["manager"], &entry["apiVersion"], &entry["fieldsV1"])).collect();
    assert_eq!(owners, [(&json!("s"), &json!("example.com/v1"), &json!({"f:spec": {"f:size": {}}}))]);
}

#[tokio::test]
async fn managers_keep_the_version_that_they_wrote_through() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true), version("v2", false)])).await;
    let (first, second) = (format!("{WIDGETS}/w"), format!("{WIDGETS}/w").replace("/v1/", "/v2/"));
    api.apply(&first, "a", &widget("w")).await;
    let in_v2 = merged(widget("w"), &[("/apiVersion", json!("example.com/v2")), ("/spec", json!({"size": 2}))]);
    let refused = api.apply(&second, "b", &in_v2).await;
    let cause = json!({"reason": "FieldManagerConflict", "message": "conflict with \"a\"", "field": ".spec.size"});
    assert_eq!(refused.refused(409, "Conflict")["causes"], json!([cause]));
    let owners = |object: &Value| -> Vec<String> {
        let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| format!("{} {}", entry["manager"], entry["apiVersion"]).replace('"', "")).collect()
    };
    let shared = api.apply(&second, "b", &merged(in_v2.clone(), &[("/spec/size", json!(1))])).await.body;
    assert_eq!(owners(&shared), ["b example.com/v2", "a example.com/v1"], "who changed nothing has no time and stands first");
    api.patch(&format!("{first}?fieldManager=m"), MERGE, &json!({"spec": {"size": 3}})).await;
    assert_eq!(owners(&api.get(&first).await.body), ["m example.com/v1"], "an update takes a field from owners in every version");
    let forced = api.apply(&format!("{second}?force=true"), "b", &in_v2).await.body;
    assert_eq!(owners(&forced), ["b example.com/v2"]);

    let mut without = api.get(&format!("{CRDS}/widgets.example.com")).await.body;
    without["spec"]["versions"] = json!([version("v1", true)]);
    let updated = api.put(&format!("{CRDS}/widgets.example.com"), &without).await;
    assert_eq!(updated.code, 200, "{}", updated.body);
    let applied = api.apply(&first, "a", &merged(widget("w"), &[("/spec/size", json!(4))])).await;
    assert_eq!(applied.code, 200, "owners of a version that is served no longer are no conflict: {}", applied.body);
    assert_eq!(owners(&applied.body), ["a example.com/v1"]);
}

#[tokio::test]
async fn every_version_shows_the_same_objects() {
    for api in TestApi::on_each_store().await {
        api.create(CRDS, &definition(&[version("v1", true)])).await;
        api.create(WIDGETS, &widget("old")).await;
        let path = format!("{CRDS}/widgets.example.com");
        let mut crd = api.get(&path).await.body;
        crd["spec"]["versions"] = json!([version("v1", false), version("v2", true)]);
        let updated = api.put(&path, &crd).await;
        assert_eq!((updated.code.as_u16(), &updated.body["status"]["storedVersions"]), (200, &json!(["v1", "v2"])), "{}", updated.body);
        let newer = "/apis/example.com/v2/namespaces/default/widgets";
        let mut watch = api.watch(&format!("{newer}?resourceVersion={}", api.revision().await)).await;
        api.create(WIDGETS, &widget("new")).await;
        api.patch(&format!("{WIDGETS}/old"), MERGE, &json!({"spec": {"size": 5}})).await;
        for _ in 0..2 {
            assert_eq!(watch.next().await.expect("an event")["object"]["apiVersion"], "example.com/v2");
        }
        for (path, version) in [(WIDGETS, "example.com/v1"), (newer, "example.com/v2")] {
            let list = api.get(path).await.body;
            assert_eq!(list["apiVersion"], version);
            let versions: Vec<&str> =
                list["items"].as_array().expect("items").iter().filter_map(|item| item["apiVersion"].as_str()).collect();
            assert_eq!(versions, [version, version]);
            assert_eq!(api.get(&format!("{path}/old")).await.body["apiVersion"], version);
        }
        crd = api.get(&path).await.body;
        crd["spec"]["versions"] = json!([merged(version("v1", false), &[("/served", json!(false))]), version("v2", true)]);
        api.put(&path, &crd).await;
        api.get(WIDGETS).await.refused(404, "NotFound");
    }
}

#[tokio::test]
async fn an_object_of_an_older_storage_version_is_served_in_the_new_one() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    let old = api.create(WIDGETS, &widget("old")).await;
    let path = format!("{CRDS}/widgets.example.com");
    let versions = json!([version("v1", false), version("v2", true)]);
    assert_eq!(api.patch(&path, MERGE, &json!({"spec": {"versions": versions}})).await.code, 200);
    let newer = "/apis/example.com/v2/namespaces/default/widgets";
    for answer in [api.get(&format!("{newer}/old")).await.body, api.get(newer).await.body["items"][0].clone()] {
        assert_eq!((&answer["apiVersion"], &answer["metadata"]["uid"]), (&json!("example.com/v2"), &old["metadata"]["uid"]));
    }
    assert_eq!(api.patch(&format!("{newer}/old"), MERGE, &json!({"spec": {"size": 3}})).await.body["apiVersion"], "example.com/v2");
    assert_eq!(api.get(&format!("{WIDGETS}/old")).await.body["apiVersion"], "example.com/v1");
}

#[tokio::test]
async fn a_broken_definition_is_refused_with_every_cause() {
    let api = TestApi::new().await;
    let broken =
        merged(definition(&[version("v1", true)]), &[("/metadata/name", json!("x.example.com")), ("/spec/scope", json!("Galaxy"))]);
    let refused = api.post(CRDS, &broken).await;
    let fields: Vec<&str> =
        refused.refused(422, "Invalid")["causes"].as_array().expect("causes").iter().filter_map(|c| c["field"].as_str()).collect();
    assert!(fields.contains(&"metadata.name") && fields.contains(&"spec.scope"), "{fields:?}");
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    let other_kind = json!({"spec": {"names": {"kind": "Gadget"}}});
    api.patch(&format!("{CRDS}/widgets.example.com"), MERGE, &other_kind).await.refused(422, "Invalid");
}

#[tokio::test]
async fn without_its_controller_a_deleted_definition_stays_and_takes_no_new_objects() {
    for api in TestApi::on_each_store().await {
        let path = format!("{CRDS}/widgets.example.com");
        api.create(CRDS, &definition(&[version("v1", true)])).await;
        api.create(WIDGETS, &widget("a")).await;
        let dry = api.delete(&format!("{path}?dryRun=All")).await;
        assert_eq!((dry.code.as_u16(), &api.get(&path).await.body["metadata"]["deletionTimestamp"]), (200, &Value::Null));
        let marked = api.delete(&path).await.body;
        assert_eq!(marked["metadata"]["finalizers"], json!(["customresourcecleanup.apiextensions.k8s.io"]));
        let pending = condition(&marked, "Terminating");
        assert_eq!((&pending["status"], &pending["reason"]), (&json!("True"), &json!("InstanceDeletionPending")));
        assert_eq!(api.get(WIDGETS).await.names(), ["a"]);
        let why = "widgets.example.com \"new\" is forbidden: create not allowed while custom resource definition is terminating";
        for refused in [api.post(WIDGETS, &widget("new")).await, api.apply(&format!("{WIDGETS}/new"), "m", &widget("new")).await] {
            refused.refused(403, "Forbidden");
            assert_eq!(refused.body["message"], why);
        }
        let offered = api.get("/apis/example.com/v1").await.body["resources"].clone();
        let offered = offered.as_array().expect("resources").iter().find(|resource| resource["name"] == "widgets").expect("listed").clone();
        assert_eq!(offered["verbs"], json!(["delete", "deletecollection", "get", "list", "watch"]));
        assert_eq!(api.patch(&format!("{WIDGETS}/a"), MERGE, &json!({"spec": {"size": 2}})).await.code, 200);
    }
}

#[tokio::test]
async fn objects_of_a_version_that_nobody_is_served_can_go_with_their_definition() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    api.create(WIDGETS, &widget("a")).await;
    let path = format!("{CRDS}/widgets.example.com");
    let versions = json!([merged(version("v1", true), &[("/served", json!(false))])]);
    assert_eq!(api.patch(&path, MERGE, &json!({"spec": {"versions": versions}})).await.code, 200);
    api.get(WIDGETS).await.refused(404, "NotFound");
    api.delete(&path).await;
    api.patch(&format!("{WIDGETS}/a"), MERGE, &json!({})).await.refused(405, "MethodNotAllowed");
    assert_eq!(api.delete(WIDGETS).await.names(), ["a"]);
    assert!(api.get(WIDGETS).await.names().is_empty());
}

#[tokio::test]
async fn a_definition_may_be_applied_and_its_kind_live_outside_of_namespaces() {
    let api = TestApi::new().await;
    let cluster = merged(definition(&[version("v1", true)]), &[("/spec/scope", json!("Cluster"))]);
    let applied = api.apply(&format!("{CRDS}/widgets.example.com"), "m", &cluster).await;
    assert_eq!(applied.code, 201, "{}", applied.body);
    let path = "/apis/example.com/v1/widgets";
    for name in ["a", "b"] {
        assert_eq!(api.apply(&format!("{path}/{name}"), "m", &widget(name)).await.code, 201);
    }
    api.get(WIDGETS).await.refused(404, "NotFound");
    let table = api.get_as(path, "application/json;as=Table;v=v1;g=meta.k8s.io").await.body;
    assert_eq!(table["rows"].as_array().map(Vec::len), Some(2));
    assert_eq!(api.delete(&format!("{path}?fieldSelector=metadata.name%3Da")).await.names(), ["a"]);
    assert_eq!(api.get(path).await.names(), ["b"]);
    let again = api.apply(&format!("{CRDS}/widgets.example.com"), "m", &cluster).await;
    assert_eq!((again.code.as_u16(), &again.body), (200, &applied.body));
    assert_eq!(api.delete(CRDS).await.names(), ["widgets.example.com"]);
    assert_ne!(api.get(&format!("{CRDS}/widgets.example.com")).await.body["metadata"]["deletionTimestamp"], Value::Null);
}

/// A definition of another kind in the same group.
fn gadgets() -> Value {
    let mut gadgets = definition(&[version("v1", true)]);
    gadgets["metadata"]["name"] = json!("gadgets.example.com");
    gadgets["spec"]["names"] = json!({"plural": "gadgets", "kind": "Gadget", "shortNames": ["wd"]});
    gadgets
}

#[tokio::test]
async fn a_name_belongs_to_who_asked_first_until_that_goes() {
    for api in TestApi::on_each_store().await {
        api.create(CRDS, &definition(&[version("v1", true)])).await;
        let second = api.create(CRDS, &gadgets()).await;
        let names = condition(&second, "NamesAccepted");
        assert_eq!(
            [&names["status"], &names["reason"], &names["message"]],
            [&json!("False"), &json!("ShortNamesConflict"), &json!("\"wd\" is already in use")]
        );
        let established = condition(&second, "Established");
        assert_eq!([&established["status"], &established["reason"]], [&json!("False"), &json!("NotAccepted")]);
        assert_eq!(
            second["status"]["acceptedNames"],
            json!({"kind": "Gadget", "listKind": "GadgetList", "plural": "gadgets", "singular": "gadget"})
        );
        let gadgets = "/apis/example.com/v1/namespaces/default/gadgets";
        api.get(gadgets).await.refused(404, "NotFound");
        let first = format!("{CRDS}/widgets.example.com");
        assert_eq!(api.patch(&first, MERGE, &json!({"spec": {"names": {"shortNames": ["other"]}}})).await.code, 200);
        let second = api.get(&format!("{CRDS}/gadgets.example.com")).await.body;
        assert_eq!(
            (&condition(&second, "NamesAccepted")["status"], &second["status"]["acceptedNames"]["shortNames"]),
            (&json!("True"), &json!(["wd"]))
        );
        assert_eq!(condition(&second, "Established")["status"], "True");
        assert!(api.get(gadgets).await.names().is_empty());
    }
}

#[tokio::test]
async fn a_definition_that_waits_is_accepted_when_the_other_goes() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    let mut other = gadgets();
    other["spec"]["names"] = json!({"plural": "gadgets", "kind": "Widget"});
    let waiting = api.create(CRDS, &other).await;
    assert_eq!(condition(&waiting, "NamesAccepted")["reason"], "ListKindConflict");
    let first = format!("{CRDS}/widgets.example.com");
    api.delete(&first).await;
    let at = format!("{CRDS}/gadgets.example.com");
    assert_eq!(condition(&api.get(&at).await.body, "Established")["status"], "False");
    api.patch(&first, MERGE, &json!({"metadata": {"finalizers": null}})).await;
    api.get(&first).await.refused(404, "NotFound");
    assert_eq!(condition(&api.get(&at).await.body, "Established")["status"], "True");
    assert_eq!(api.get("/apis/example.com/v1/gadgets").await.body["kind"], "WidgetList");
}

#[tokio::test]
async fn names_set_free_while_no_server_ran_are_given_at_the_next_start() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    api.create(CRDS, &gadgets()).await;
    // As if the server had ended between the deletion of the one and the acceptance of the other.
    let key = "/registry/apiextensions.k8s.io/customresourcedefinitions/widgets.example.com";
    let entry = api.store.get(key).await.expect("it answers").expect("it is there");
    api.store.commit(key, entry.revision, trueup::store::Change::Delete).await.expect("it is written");
    let next = api.next_server().await;
    let second = next.get(&format!("{CRDS}/gadgets.example.com")).await.body;
    assert_eq!(condition(&second, "Established")["status"], "True");
}

#[tokio::test]
async fn a_version_in_which_objects_are_stored_stays_declared() {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(&[version("v1", true)])).await;
    let path = format!("{CRDS}/widgets.example.com");
    let both = json!({"spec": {"versions": [version("v1", false), version("v2", true)]}});
    assert_eq!(api.patch(&path, MERGE, &both).await.body["status"]["storedVersions"], json!(["v1", "v2"]));
    let only_new = json!({"spec": {"versions": [version("v2", true)]}});
    let refused = api.patch(&path, MERGE, &only_new).await;
    let cause = refused.refused(422, "Invalid")["causes"][0].clone();
    assert_eq!(cause["field"], "status.storedVersions[0]");
    assert!(cause["message"].as_str().expect("a text").contains("missing from spec.versions; v1 was previously a storage version"));
    let migrated = api.patch(&format!("{path}/status"), MERGE, &json!({"status": {"storedVersions": ["v2"]}})).await;
    assert_eq!((migrated.code.as_u16(), &migrated.body["status"]["storedVersions"]), (200, &json!(["v2"])));
    assert_eq!(api.patch(&path, MERGE, &only_new).await.code, 200);
}

#[tokio::test]
async fn objects_get_the_defaults_that_their_schema_has_when_they_are_read() {
    for api in TestApi::on_each_store().await {
        api.create(CRDS, &definition(&[version("v1", true)])).await;
        let odd = merged(widget("old"), &[("/spec/free", json!({"a": 1}))]);
        api.create(WIDGETS, &odd).await;
        let mut newer = version("v1", true);
        let spec = &mut newer["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"];
        spec["mode"] = json!({"type": "string", "default": "auto"});
        spec.as_object_mut().expect("members").remove("free");
        let path = format!("{CRDS}/widgets.example.com");
        let before = api.get(&format!("{WIDGETS}/old")).await.body;
        assert_eq!(api.patch(&path, MERGE, &json!({"spec": {"versions": [newer]}})).await.code, 200);
        let expected = json!({"size": 1, "color": "red", "mode": "auto"});
        let read = api.get(&format!("{WIDGETS}/old")).await.body;
        assert_eq!((&read["spec"], &read["metadata"]["resourceVersion"]), (&expected, &before["metadata"]["resourceVersion"]));
        api.create(WIDGETS, &widget("new")).await;
        let specs: Vec<Value> =
            api.get(WIDGETS).await.body["items"].as_array().expect("items").iter().map(|item| item["spec"].clone()).collect();
        assert_eq!(specs, [expected.clone(), expected.clone()]);
        let mut watch = api.watch(WIDGETS).await;
        for _ in 0..2 {
            assert_eq!(watch.next().await.expect("an event")["object"]["spec"], expected);
        }
        let patched = api.patch(&format!("{WIDGETS}/old"), MERGE, &json!({"spec": {"size": 2}})).await.body;
        assert_eq!(patched["spec"], json!({"size": 2, "color": "red", "mode": "auto"}));
    }
}

/// A store that tells commits and events only while its gate is open; they are made all the same.
pub(super) struct Held {
    inner: Arc<dyn Store>,
    pub(super) open: watch::Sender<bool>,
    committed: watch::Sender<usize>,
}

impl Held {
    pub(super) fn over(inner: Arc<dyn Store>) -> Self {
        Self { inner, open: watch::Sender::new(true), committed: watch::Sender::new(0) }
    }

    fn opened(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut open = self.open.subscribe();
        async move { drop(open.wait_for(|open| *open).await) }
    }
}

#[async_trait]
impl Store for Held {
    fn engine(&self) -> &'static str {
        "held"
    }

    async fn get(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.inner.get(key).await
    }

    async fn list(&self, request: ListRequest) -> Result<Page, StoreError> {
        self.inner.list(request).await
    }

    async fn commit_all(&self, writes: Vec<Write>) -> Result<JointOutcome, StoreError> {
        let outcome = self.inner.commit_all(writes).await;
        self.committed.send_modify(|many| *many += 1);
        self.opened().await;
        outcome
    }

    async fn watch(&self, prefix: &str, after: Revision) -> Result<WatchStream, StoreError> {
        let open = self.open.subscribe();
        let stream = self.inner.watch(prefix, after).await?;
        let held = stream.then(move |told| {
            let mut open = open.clone();
            async move {
                drop(open.wait_for(|open| *open).await);
                told
            }
        });
        Ok(held.boxed())
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

#[tokio::test]
async fn a_client_that_goes_does_not_free_the_names_of_its_definition_for_the_next() {
    let store = Arc::new(Held::over(Arc::new(MemoryStore::new())));
    let api = Arc::new(TestApi::over(Arc::clone(&store) as Arc<dyn Store>, None).await);
    let second = merged(definition(&[version("v1", true)]), &[("/metadata/name", json!("gadgets.example.com"))]);
    let second = merged(second, &[("/spec/names", json!({"plural": "gadgets", "kind": "Widget"}))]);
    let mut committed = store.committed.subscribe();
    committed.mark_unchanged();
    store.open.send_replace(false);
    let create = |definition: Value| {
        let api = Arc::clone(&api);
        tokio::spawn(async move { api.post(CRDS, &definition).await })
    };
    let first = create(definition(&[version("v1", true)]));
    committed.changed().await.expect("a commit");
    first.abort();
    assert!(first.await.is_err_and(|error| error.is_cancelled()));
    let second = create(second);
    // Time enough to go wrong in: all of this is one thread.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    store.open.send_replace(true);
    let second = second.await.expect("no panic");
    assert_eq!(second.code, 201, "{}", second.body);
    let names = condition(&second.body, "NamesAccepted");
    assert_eq!(names["status"], "False", "{names}");
}
