//! Admission webhooks: whom a write asks, with what, and what their answers do to it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};
use trueup::object::Revision;
use trueup::store::Change;

use super::{MAPS, MERGE, TestApi, config_map, deployment, merged};
use crate::controllers::eventually;
use crate::harness::webhook::Webhook;

const MUTATING: &str = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const VALIDATING: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// A webhook that answers each request with what `answer` makes of it.
async fn webhook(answer: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Webhook {
    let reviewed = move |review: Value| {
        let mut response = answer(&review["request"]);
        response["uid"] = review["request"]["uid"].clone();
        (StatusCode::OK, json!({"kind": "AdmissionReview", "apiVersion": review["apiVersion"], "response": response}))
    };
    Webhook::start(reviewed).await
}

async fn agreeable() -> Webhook {
    webhook(|_| json!({"allowed": true})).await
}

fn patched(operations: &Value) -> Value {
    json!({"allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(operations.to_string())})
}

/// A hook about config maps, with other members where they are given.
fn hook(webhook: &Webhook, members: &[(&str, Value)]) -> Value {
    let mut hook = json!({
        "name": "hook.example.com", "clientConfig": {"url": webhook.url, "caBundle": webhook.ca_bundle}, "rules": [rule("configmaps")],
        "sideEffects": "None", "admissionReviewVersions": ["v1"],
    });
    members.iter().for_each(|(member, value)| hook[member] = value.clone());
    hook
}

fn rule(resource: &str) -> Value {
    json!({"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": [resource]})
}

fn configuration(kind: &str, name: &str, hooks: &Value) -> Value {
    let kind = format!("{kind}WebhookConfiguration");
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "webhooks": hooks})
}

async fn mutating(api: &TestApi, name: &str, hooks: &[Value]) {
    api.create(MUTATING, &configuration("Mutating", name, &json!(hooks))).await;
}

async fn validating(api: &TestApi, name: &str, hooks: &[Value]) {
    api.create(VALIDATING, &configuration("Validating", name, &json!(hooks))).await;
}

/// Operation, resource with its subresource, and name of every request that came in.
fn requests(webhook: &Webhook) -> Vec<String> {
    let shown = |review: Value| {
        let text = |pointer: &str| review["request"].pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let part = text("/subResource");
        let slash = if part.is_empty() { "" } else { "/" };
        format!("{} {}{slash}{part} {}", text("/operation"), text("/resource/resource"), text("/name"))
    };
    webhook.asked().into_iter().map(shown).collect()
}

#[tokio::test]
async fn a_denial_is_told_in_the_words_of_the_webhook_and_nothing_is_written() {
    for api in TestApi::on_each_store().await {
        let denies =
            webhook(|_| json!({"allowed": false, "status": {"code": 409, "reason": "Conflict", "message": "no"}, "warnings": ["w"]})).await;
        validating(&api, "v", &[hook(&denies, &[])]).await;
        let refused = api.post(MAPS, &config_map("a", &json!({}))).await;
        refused.refused(409, "Conflict");
        assert_eq!(refused.message(), "admission webhook \"hook.example.com\" denied the request: no");
        assert_eq!(refused.warnings, ["299 - \"w\""]);
        assert_eq!(api.get(&format!("{MAPS}/a")).await.code, 404);
        assert_eq!(api.delete(&format!("{VALIDATING}/v")).await.code, 200);
        api.create(MAPS, &config_map("a", &json!({}))).await;
    }
}

#[tokio::test]
async fn mutating_webhooks_are_asked_by_name_and_once_more_after_others() {
    let api = TestApi::new().await;
    let signs = |sign: &'static str| {
        webhook(move |request| {
            let seen = request["object"]["data"]["seen"].as_str().unwrap_or_default();
            patched(&json!([{"op": "add", "path": "/data/seen", "value": format!("{seen}{sign}")}]))
        })
    };
    let (a, b, c) = (signs("a").await, signs("b").await, signs("c").await);
    let again = ("reinvocationPolicy", json!("IfNeeded"));
    mutating(&api, "second", &[hook(&c, &[])]).await;
    mutating(&api, "first", &[hook(&a, &[again]), hook(&b, &[("name", json!("other.example.com"))])]).await;
    let made = api.create(MAPS, &config_map("m", &json!({"k": "v"}))).await;
    assert_eq!(made["data"]["seen"], "abca");
    assert_eq!(made["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {".": {}, "f:k": {}}}), "nobody owns what webhooks add");
    let updated = api.patch(&format!("{MAPS}/m"), MERGE, &json!({"data": {"k": "w", "seen": ""}})).await.body;
    assert_eq!((&updated["data"]["seen"], &updated["data"]["k"]), (&json!("abca"), &json!("w")));
}

#[tokio::test]
async fn a_request_says_who_does_what_to_which_object() {
    let api = TestApi::new().await;
    let asked = agreeable().await;
    validating(&api, "v", &[hook(&asked, &[])]).await;
    api.create(MAPS, &config_map("a", &json!({"k": "v"}))).await;
    let created = asked.asked().remove(0);
    assert_eq!((&created["kind"], &created["apiVersion"]), (&json!("AdmissionReview"), &json!("admission.k8s.io/v1")));
    let request = &created["request"];
    assert_eq!((&request["operation"], &request["oldObject"], &request["dryRun"]), (&json!("CREATE"), &Value::Null, &json!(false)));
    assert_eq!(request["kind"], json!({"group": "", "version": "v1", "kind": "ConfigMap"}));
    assert_eq!((&request["requestKind"], &request["requestResource"]), (&request["kind"], &request["resource"]));
    assert!(request["object"]["metadata"]["uid"].is_string() && request["uid"].is_string(), "{request}");
    api.send("PUT", &format!("{MAPS}/a?fieldManager=m&dryRun=All"), super::JSON, &config_map("a", &json!({"k": "w"}))).await;
    let updated = asked.asked().remove(0);
    let request = &updated["request"];
    assert_eq!((&request["operation"], &request["dryRun"], &request["name"]), (&json!("UPDATE"), &json!(true), &json!("a")));
    assert_eq!((&request["object"]["data"]["k"], &request["oldObject"]["data"]["k"]), (&json!("w"), &json!("v")));
    let options = json!({"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1", "fieldManager": "m", "dryRun": ["All"]});
    assert_eq!((&request["options"], &request["namespace"]), (&options, &json!("default")));
    assert_eq!(request["userInfo"], json!({"username": "system:admin", "groups": ["system:masters", "system:authenticated"]}));
    let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"});
    api.send("DELETE", &format!("{MAPS}/a"), super::JSON, &body).await;
    let deleted = asked.asked().remove(0);
    let request = &deleted["request"];
    assert_eq!((&request["object"], &request["oldObject"]["data"]["k"]), (&Value::Null, &json!("v")));
    assert_eq!(request["options"], json!({"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1", "propagationPolicy": "Background"}));
}

#[tokio::test]
async fn selectors_look_at_the_namespace_and_at_both_states_of_the_object() {
    let api = TestApi::new().await;
    let asked = agreeable().await;
    let selects = |label: &str| json!({"matchLabels": {label: "yes"}});
    let [by_namespace, by_object] = ["namespaceSelector", "objectSelector"].map(|selector| (selector, selects(selector)));
    let other = ("name", json!("other.example.com"));
    let namespaces = ("rules", json!([rule("namespaces"), rule("configmaps")]));
    validating(&api, "v", &[hook(&asked, &[by_namespace, namespaces]), hook(&asked, &[by_object, other])]).await;
    api.create(MAPS, &config_map("plain", &json!({}))).await;
    assert_eq!(requests(&asked), [""; 0]);
    let labelled = merged(config_map("l", &json!({})), &[("/metadata/labels", json!({"objectSelector": "yes"}))]);
    api.create(MAPS, &labelled).await;
    api.patch(&format!("{MAPS}/l"), MERGE, &json!({"metadata": {"labels": null}})).await;
    api.patch(&format!("{MAPS}/l"), MERGE, &json!({"data": {"k": "v"}})).await;
    assert_eq!(requests(&asked), ["CREATE configmaps l", "UPDATE configmaps l"]);
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": {"namespaceSelector": "yes"}}});
    api.create("/api/v1/namespaces", &namespace).await;
    api.create("/api/v1/namespaces/n/configmaps", &config_map("c", &json!({}))).await;
    assert_eq!(requests(&asked), ["CREATE namespaces n", "CREATE configmaps c"]);
}

#[tokio::test]
async fn conditions_decide_and_their_failure_is_what_the_policy_makes_of_it() {
    let api = TestApi::new().await;
    let asked = agreeable().await;
    let condition = |expression: &str| ("matchConditions", json!([{"name": "c", "expression": expression}]));
    validating(&api, "v", &[hook(&asked, &[condition("object.metadata.name.startsWith('yes')")])]).await;
    api.create(MAPS, &config_map("no", &json!({}))).await;
    api.create(MAPS, &config_map("yes", &json!({}))).await;
    assert_eq!(requests(&asked), ["CREATE configmaps yes"]);
    api.delete(&format!("{VALIDATING}/v")).await;
    let broken = condition("object.spec.nothing == 1");
    let passes = ("failurePolicy", json!("Ignore"));
    validating(&api, "ignores", &[hook(&asked, &[broken.clone(), passes])]).await;
    api.create(MAPS, &config_map("a", &json!({}))).await;
    assert_eq!(requests(&asked), [""; 0], "a webhook whose condition failed is not asked");
    validating(&api, "fails", &[hook(&asked, &[broken])]).await;
    let refused = api.post(MAPS, &config_map("b", &json!({}))).await;
    refused.refused(403, "Forbidden");
    assert!(refused.message().contains("no such key: spec"), "{}", refused.message());
}

#[tokio::test]
async fn a_webhook_that_is_gone_hangs_or_talks_nonsense_fails_or_is_passed_over() {
    let api = TestApi::new().await;
    let gone = agreeable().await;
    let gone_hook = hook(&gone, &[("timeoutSeconds", json!(1))]);
    drop(gone);
    // Connections are taken by the system, and nobody ever says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://localhost:{}/", silent.local_addr().expect("bound").port());
    let nonsense = Webhook::start(|_| (StatusCode::OK, json!(["nonsense"]))).await;
    let broken = Webhook::start(|_| (StatusCode::INTERNAL_SERVER_ERROR, json!("broken"))).await;
    let service = json!({"service": {"name": "s", "namespace": "n"}});
    let cases = [
        (gone_hook.clone(), "failed to call webhook: Post"),
        (merged(gone_hook.clone(), &[("/clientConfig", json!({"url": url}))]), "failed to call webhook: Post"),
        (
            merged(gone_hook, &[("/clientConfig", service)]),
            "failed to call webhook: Post \"https://s.n.svc:443?timeout=1s\": service \"s\" not found",
        ),
        (hook(&nonsense, &[]), "received invalid webhook response: webhook response was absent"),
        (hook(&broken, &[]), "the server responded with the status code 500"),
    ];
    for (index, (hook, why)) in cases.into_iter().enumerate() {
        mutating(&api, "m", std::slice::from_ref(&hook)).await;
        let refused = api.post(MAPS, &config_map(&format!("m{index}"), &json!({}))).await;
        refused.refused(500, "InternalError");
        let begins = "Internal error occurred: failed calling webhook \"hook.example.com\": ";
        assert!(refused.message().starts_with(begins) && refused.message().contains(why), "{}", refused.message());
        api.delete(&format!("{MUTATING}/m")).await;
        let passes = merged(hook, &[("/failurePolicy", json!("Ignore"))]);
        validating(&api, "v", std::slice::from_ref(&passes)).await;
        api.create(MAPS, &config_map(&format!("m{index}"), &json!({}))).await;
        api.delete(&format!("{VALIDATING}/v")).await;
    }
}

#[tokio::test]
async fn a_dry_run_asks_nobody_who_has_side_effects() {
    let api = TestApi::new().await;
    let asked = agreeable().await;
    let stored = configuration("Validating", "v", &json!([hook(&asked, &[("sideEffects", json!("Unknown"))])]));
    // Only configurations from before the rule have such webhooks.
    let key = "/registry/admissionregistration.k8s.io/validatingwebhookconfigurations/v";
    api.store.commit(key, Revision::ZERO, Change::Put(stored.to_string().into_bytes().into())).await.expect("written");
    assert_eq!(api.get(VALIDATING).await.names(), ["v"]);
    let refused = api.post(&format!("{MAPS}?dryRun=All"), &config_map("a", &json!({}))).await;
    refused.refused(400, "BadRequest");
    assert_eq!(refused.message(), "admission webhook \"hook.example.com\" does not support dry run");
    assert!(asked.asked().is_empty());
    api.create(MAPS, &config_map("a", &json!({}))).await;
    assert_eq!(asked.asked().len(), 1);
}

#[tokio::test]
async fn subresources_and_deletions_are_asked_about_as_such() {
    let api = TestApi::new().await;
    let asked = agreeable().await;
    let rules = ("rules", json!([rule("deployments/*"), rule("pods/*"), rule("configmaps"), rule("serviceaccounts/*")]));
    validating(&api, "v", &[hook(&asked, &[rules])]).await;
    api.create(DEPLOYMENTS, &deployment("d")).await;
    let one = format!("{DEPLOYMENTS}/d");
    assert_eq!(api.patch(&format!("{one}/scale"), MERGE, &json!({"spec": {"replicas": 3}})).await.code, 200);
    assert_eq!(api.patch(&format!("{one}/status"), MERGE, &json!({"status": {"replicas": 2}})).await.code, 200);
    assert_eq!(api.delete(&one).await.code, 200);
    let reviews = asked.asked();
    let scale = &reviews[1]["request"];
    assert_eq!(
        (&scale["kind"]["kind"], &scale["object"]["spec"], &scale["oldObject"]["spec"]),
        (&json!("Scale"), &json!({"replicas": 3}), &json!({"replicas": 1}))
    );
    let parts: Vec<&str> = reviews.iter().map(|review| review["request"]["subResource"].as_str().unwrap_or_default()).collect();
    assert_eq!(parts, ["", "scale", "status", ""]);
    api.create_maps(&["a", "b"]).await;
    asked.asked();
    assert_eq!(api.delete(MAPS).await.code, 200);
    assert_eq!(requests(&asked), ["DELETE configmaps ", "DELETE configmaps "]);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    api.create(PODS, &pod).await;
    let binding = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}});
    assert_eq!(api.post(&format!("{PODS}/p/binding"), &binding).await.code, 201);
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    assert_eq!(api.post(&format!("{PODS}/p/eviction"), &eviction).await.code, 201);
    let asked = requests(&asked);
    assert_eq!(asked, ["CREATE pods p", "CREATE pods/binding p", "CREATE pods/eviction p"], "what an eviction does is a part of it");
}

#[tokio::test]
async fn orders_that_do_not_say_their_kind_are_shown_and_changed_with_it() {
    let api = TestApi::new().await;
    let marks = webhook(|_| patched(&json!([{"op": "add", "path": "/metadata/labels", "value": {"seen": "yes"}}]))).await;
    let rules = ("rules", json!([rule("pods/eviction"), rule("deployments/scale")]));
    mutating(&api, "m", &[hook(&marks, &[rules])]).await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    for version in
        [json!({"metadata": {"name": "p"}}), json!({"metadata": {"name": "p"}, "apiVersion": "policy/v1beta1", "kind": "Eviction"})]
    {
        api.create(PODS, &pod).await;
        let evicted = api.post(&format!("{PODS}/p/eviction"), &version).await;
        assert_eq!(evicted.code, 201, "{}", evicted.body);
    }
    api.create(DEPLOYMENTS, &deployment("d")).await;
    let scaled = api.put(&format!("{DEPLOYMENTS}/d/scale"), &json!({"metadata": {"name": "d"}, "spec": {"replicas": 4}})).await;
    assert_eq!((scaled.code.as_u16(), &scaled.body["spec"]["replicas"]), (200, &json!(4)), "{}", scaled.body);
    let kind = |review: Value| format!("{} {}", review["request"]["object"]["apiVersion"], review["request"]["object"]["kind"]);
    let shown: Vec<String> = marks.asked().into_iter().map(kind).collect();
    assert_eq!(shown, [r#""policy/v1" "Eviction""#, r#""policy/v1" "Eviction""#, r#""autoscaling/v1" "Scale""#]);
}

#[tokio::test]
async fn a_scale_is_changed_by_webhooks_before_it_changes_the_object() {
    let api = TestApi::new().await;
    api.create(DEPLOYMENTS, &deployment("d")).await;
    let halves = webhook(|_| patched(&json!([{"op": "replace", "path": "/spec/replicas", "value": 5}]))).await;
    mutating(&api, "m", &[hook(&halves, &[("rules", json!([rule("deployments/scale")]))])]).await;
    let path = format!("{DEPLOYMENTS}/d/scale");
    let scaled = api.patch(&path, MERGE, &json!({"spec": {"replicas": 9}})).await;
    assert_eq!((scaled.code.as_u16(), &scaled.body["spec"]["replicas"]), (200, &json!(5)), "{}", scaled.body);
    assert_eq!(api.get(&format!("{DEPLOYMENTS}/d")).await.body["spec"]["replicas"], 5);
}

#[tokio::test]
async fn what_webhooks_make_of_an_object_is_held_to_the_rules_of_its_kind() {
    let api = TestApi::new().await;
    let does = webhook(|request| {
        let name = request["object"]["metadata"]["name"].as_str().unwrap_or_default();
        patched(&match name {
            "invalid" => json!([{"op": "add", "path": "/data", "value": {"a b": "c"}}]),
            "mistyped" => json!([{"op": "add", "path": "/data", "value": 1}]),
            "other" => json!([{"op": "replace", "path": "/kind", "value": "Secret"}]),
            "misfit" => json!([{"op": "remove", "path": "/nothing"}]),
            _ => json!([{"op": "add", "path": "/unknown", "value": 1}, {"op": "add", "path": "/metadata/managedFields", "value": [{"fieldsType": "?"}]}]),
        })
    })
    .await;
    mutating(&api, "m", &[hook(&does, &[])]).await;
    let post = async |name: &str| api.post(MAPS, &config_map(name, &json!({"k": "v"}))).await;
    post("invalid").await.refused(422, "Invalid");
    for name in ["mistyped", "other", "misfit"] {
        post(name).await.refused(500, "InternalError");
    }
    let made = post("fine").await;
    assert_eq!((made.code.as_u16(), made.body.get("unknown")), (201, None));
    assert_eq!(made.body["metadata"]["managedFields"][0]["manager"], "tester");
    assert!(made.warnings[0].contains(".metadata.managedFields was in an invalid state after admission"), "{:?}", made.warnings);
}

#[tokio::test]
async fn an_apply_owns_what_it_states_and_not_what_webhooks_add() {
    let api = TestApi::new().await;
    let adds = webhook(|_| patched(&json!([{"op": "add", "path": "/data/added", "value": "x"}]))).await;
    mutating(&api, "m", &[hook(&adds, &[])]).await;
    let path = format!("{MAPS}/a");
    let owned = |object: &Value| {
        object["metadata"]["managedFields"].as_array().expect("managers").iter().map(|entry| entry["fieldsV1"].clone()).collect::<Vec<_>>()
    };
    let first = api.apply(&path, "one", &config_map("a", &json!({"k": "v"}))).await.body;
    assert_eq!((&first["data"], owned(&first)), (&json!({"k": "v", "added": "x"}), vec![json!({"f:data": {"f:k": {}}})]));
    let second = api.apply(&path, "one", &config_map("a", &json!({"k": "v"}))).await.body;
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"], "the same again changes nothing");
    let third = api.apply(&path, "two", &config_map("a", &json!({"added": "x"}))).await;
    assert_eq!(third.code, 200, "nobody stands against it: {}", third.body);
    assert_eq!(owned(&third.body).len(), 2);
}

#[tokio::test]
async fn a_rule_for_one_version_means_all_of_them_unless_it_is_exact() {
    let api = TestApi::new().await;
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let version = |name: &str, storage: bool| json!({"name": name, "served": true, "storage": storage, "schema": schema});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
            "versions": [version("v1", true), version("v2", false)],
        },
    });
    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    let asked = webhook(|request| patched(&json!([{"op": "add", "path": "/asked", "value": request["object"]["apiVersion"]}]))).await;
    let named = |policy: &str| {
        let rule = json!({"operations": ["CREATE"], "apiGroups": ["example.com"], "apiVersions": ["v1"], "resources": ["things"], "scope": "Cluster"});
        [("rules", json!([rule])), ("matchPolicy", json!(policy)), ("name", json!(format!("{}.example.com", policy.to_lowercase())))]
    };
    mutating(&api, "m", &[hook(&asked, &named("Exact")), hook(&asked, &named("Equivalent"))]).await;
    let thing = json!({"apiVersion": "example.com/v2", "kind": "Thing", "metadata": {"name": "t"}});
    let made = api.create("/apis/example.com/v2/things", &thing).await;
    assert_eq!((&made["apiVersion"], &made["asked"]), (&json!("example.com/v2"), &json!("example.com/v1")));
    let reviews = asked.asked();
    assert_eq!(reviews.len(), 1, "the exact one is not about this version");
    let request = &reviews[0]["request"];
    assert_eq!((&request["kind"]["version"], &request["requestKind"]["version"]), (&json!("v1"), &json!("v2")));
}

#[tokio::test]
async fn nobody_is_asked_about_configurations() {
    let api = TestApi::new().await;
    let denies = webhook(|_| json!({"allowed": false})).await;
    validating(&api, "v", &[hook(&denies, &[("rules", json!([rule("*")]))])]).await;
    let refused = api.post(MAPS, &config_map("a", &json!({}))).await;
    assert_eq!((refused.code.as_u16(), refused.body.get("reason")), (400, None), "{}", refused.body);
    denies.asked();
    assert_eq!(api.patch(&format!("{VALIDATING}/v"), MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await.code, 200);
    assert!(denies.asked().is_empty());
}

#[tokio::test]
async fn reviews_are_asked_about_like_any_other_object() {
    let api = TestApi::new().await;
    let (access, paths) = ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json!({"path": "/", "verb": "get"}));
    let review =
        json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"nonResourceAttributes": paths}});
    let widens = webhook(|_| patched(&json!([{"op": "replace", "path": "/spec/nonResourceAttributes/path", "value": "/nowhere"}]))).await;
    mutating(&api, "m", &[hook(&widens, &[("rules", json!([rule("selfsubjectaccessreviews")]))])]).await;
    let answered = api.post(access, &review).await;
    assert_eq!((answered.code.as_u16(), &answered.body["spec"]["nonResourceAttributes"]["path"]), (201, &json!("/nowhere")));
    let request = widens.asked().remove(0)["request"].clone();
    assert_eq!((&request["operation"], &request["resource"]["group"]), (&json!("CREATE"), &json!("authorization.k8s.io")));
    let denies = webhook(|_| json!({"allowed": false, "status": {"code": 403, "reason": "Forbidden", "message": "no"}})).await;
    let all = [rule("selfsubjectaccessreviews"), rule("tokenreviews"), rule("selfsubjectreviews"), rule("selfsubjectrulesreviews")];
    validating(&api, "v", &[hook(&denies, &[("rules", json!(all))])]).await;
    api.post(access, &review).await.refused(403, "Forbidden");
    let token = json!({"spec": {"token": "x"}});
    api.post("/apis/authentication.k8s.io/v1/tokenreviews", &token).await.refused(403, "Forbidden");
    api.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", &json!({})).await.refused(403, "Forbidden");
    let rules = json!({"spec": {"namespace": "default"}});
    assert_eq!(
        api.post("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", &rules).await.code,
        201,
        "one's own rules are told anybody"
    );
}

#[tokio::test]
async fn plugins_fill_in_what_webhooks_add_and_those_are_told() {
    let api = TestApi::new().await;
    let limits = json!([{"type": "Container", "default": {"cpu": "2"}, "defaultRequest": {"cpu": "1"}}]);
    api.create("/api/v1/namespaces/default/limitranges", &json!({"metadata": {"name": "l"}, "spec": {"limits": limits}})).await;
    let adds = webhook(|request| match request["object"]["spec"]["containers"].as_array().map(Vec::len) {
        Some(1) => patched(&json!([{"op": "add", "path": "/spec/containers/-", "value": {"name": "side", "image": "i"}}])),
        _ => json!({"allowed": true}),
    })
    .await;
    let again = ("reinvocationPolicy", json!("IfNeeded"));
    mutating(&api, "m", &[hook(&adds, &[("rules", json!([rule("pods")])), again])]).await;
    let pod = |name: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    let filled = json!({"limits": {"cpu": "2"}, "requests": {"cpu": "1"}});
    let made = api.create(PODS, &pod("a")).await;
    assert_eq!((&made["spec"]["containers"][0]["resources"], &made["spec"]["containers"][1]["resources"]), (&filled, &filled));
    let asked = adds.asked();
    assert_eq!(asked.len(), 2, "what the plugins did is shown to whom it concerns");
    assert_eq!(asked[1]["request"]["object"]["spec"]["containers"][1]["resources"], filled);
    let applied = api.apply(&format!("{PODS}/b"), "m", &pod("b")).await;
    assert_eq!((applied.code.as_u16(), &applied.body["spec"]["containers"][1]["resources"]), (201, &filled), "{}", applied.body);
    let patched = api.patch(&format!("{PODS}/b"), MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(patched.code, 200, "{}", patched.body);
}

#[tokio::test]
async fn a_webhook_behind_a_service_is_asked_at_its_endpoints_under_the_services_name() {
    let api = TestApi::new().await;
    let asked = Webhook::start_as("hook.default.svc", |review| {
        let response = json!({"uid": review["request"]["uid"], "allowed": true, "warnings": ["asked"]});
        (StatusCode::OK, json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response}))
    })
    .await;
    let service =
        |port: u16| json!({"caBundle": asked.ca_bundle, "service": {"namespace": "default", "name": "hook", "port": port, "path": "/m"}});
    let ask = async |name: &str, client: Value| {
        validating(&api, "v", &[merged(hook(&asked, &[]), &[("/clientConfig", client)])]).await;
        let answered = api.post(MAPS, &config_map(name, &json!({}))).await;
        api.delete(&format!("{VALIDATING}/v")).await;
        answered
    };
    let services = "/api/v1/namespaces/default/services";
    let elsewhere = json!({"metadata": {"name": "hook"}, "spec": {"type": "ExternalName", "externalName": "localhost"}});
    api.create(services, &elsewhere).await;
    let answered = ask("by-name", service(asked.port)).await;
    assert_eq!((answered.code.as_u16(), answered.warnings), (201, vec!["299 - \"asked\"".to_owned()]), "{}", answered.body);
    api.delete(&format!("{services}/hook")).await;
    api.create(services, &json!({"metadata": {"name": "hook"}, "spec": {"ports": [{"name": "web", "port": 443}]}})).await;
    let missing = ask("nowhere", service(443)).await;
    assert!(missing.message().contains("no endpoints available for service \"hook\""), "{}", missing.message());
    let missing = ask("nowhere", service(444)).await;
    assert!(missing.message().contains("no service port 444 found for service \"hook\""), "{}", missing.message());
    // Clients may not write endpoints on this machine, and tests have no other.
    let slice = async |name: &str, port: u16| {
        let slice = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [{"addresses": ["127.0.0.1"]}],
            "metadata": {"name": name, "namespace": "default", "uid": name, "labels": {"kubernetes.io/service-name": "hook"}},
            "ports": [{"name": "web", "port": port, "protocol": "TCP"}],
        });
        let key = format!("/registry/discovery.k8s.io/endpointslices/default/{name}");
        api.store.commit(&key, Revision::ZERO, Change::Put(slice.to_string().into_bytes().into())).await.expect("written");
    };
    slice("hook-1", asked.port).await;
    let answered = ask("by-slice", service(443)).await;
    assert_eq!((answered.code.as_u16(), answered.warnings), (201, vec!["299 - \"asked\"".to_owned()]), "{}", answered.body);
    // At these nobody listens; whichever is tried first, the one that answers is found.
    slice("hook-0", 1).await;
    slice("hook-2", 2).await;
    for number in 0..5 {
        let answered = ask(&format!("by-some-slice-{number}"), service(443)).await;
        assert_eq!(answered.code, 201, "{}", answered.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_definition_whose_webhook_takes_its_time_keeps_no_other_waiting() {
    let api = Arc::new(TestApi::new().await);
    let (open, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let opened = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let told = Arc::clone(&opened);
    let slow = webhook(move |_| {
        // Longer than the other write takes, on any machine, and less than the 30 s that the webhook has.
        let patience = std::time::Duration::from_secs(28);
        let came = tokio::task::block_in_place(|| gate.lock().expect("no test panics in between").recv_timeout(patience).is_ok());
        told.store(came, std::sync::atomic::Ordering::SeqCst);
        json!({"allowed": true})
    })
    .await;
    let slow = Arc::new(slow);
    let only = ("objectSelector", json!({"matchLabels": {"slow": "yes"}}));
    let waits = ("timeoutSeconds", json!(30));
    validating(&api, "v", &[hook(&slow, &[("rules", json!([rule("customresourcedefinitions")])), only, waits])]).await;
    let definition = |plural: &str, kind: &str, labels: Value| {
        let schema = json!({"openAPIV3Schema": {"type": "object"}});
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.example.com"), "labels": labels},
            "spec": {
                "group": "example.com", "scope": "Cluster", "names": {"plural": plural, "kind": kind},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
            },
        })
    };
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let (writer, first) = (Arc::clone(&api), definition("slows", "Thing", json!({"slow": "yes"})));
    let slow_write = tokio::spawn(async move { writer.post(definitions, &first).await });
    eventually("the webhook is asked", async || (!slow.asked().is_empty()).then_some(())).await;
    let other = api.create(definitions, &definition("others", "Thing", json!({}))).await;
    assert_eq!(other["status"]["acceptedNames"]["kind"], "Thing");
    open.send(()).expect("the webhook waits");
    let slow_write = slow_write.await.expect("it ends");
    assert_eq!(slow_write.code, 201, "{}", slow_write.body);
    assert!(opened.load(std::sync::atomic::Ordering::SeqCst), "the other definition was written while the webhook was waited for");
    let conditions = slow_write.body["status"]["conditions"].as_array().expect("conditions").clone();
    let accepted = conditions.iter().find(|condition| condition["type"] == "NamesAccepted").expect("a condition");
    assert_eq!(accepted["status"], "False", "the kind was taken meanwhile: {accepted}");
}

#[tokio::test]
async fn the_older_review_is_spoken_too() {
    let api = TestApi::new().await;
    let asked = agreeable().await;
    validating(&api, "v", &[hook(&asked, &[("admissionReviewVersions", json!(["v1beta1"]))])]).await;
    api.create(MAPS, &config_map("a", &json!({}))).await;
    assert_eq!(asked.asked()[0]["apiVersion"], "admission.k8s.io/v1beta1");
}

#[tokio::test]
async fn a_lost_race_asks_again_with_what_won() {
    let api = TestApi::new().await;
    api.create(MAPS, &config_map("a", &json!({}))).await;
    let store = Arc::clone(&api.store);
    let races = webhook(move |request| {
        // The first time somebody else writes in between.
        if request["oldObject"]["data"].get("won").is_none() {
            let store = Arc::clone(&store);
            let won = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    let key = "/registry/core/configmaps/default/a";
                    let entry = store.get(key).await.expect("it answers").expect("it is there");
                    let mut object: Value = serde_json::from_slice(&entry.value).expect("JSON");
                    object["data"] = json!({"won": "yes"});
                    let change = Change::Put(object.to_string().into_bytes().into());
                    store.commit(key, entry.revision, change).await.expect("it answers");
                });
            });
            won.join().expect("it was written");
        }
        json!({"allowed": true})
    })
    .await;
    validating(&api, "v", &[hook(&races, &[])]).await;
    let patched = api.patch(&format!("{MAPS}/a"), MERGE, &json!({"data": {"mine": "yes"}})).await;
    assert_eq!(patched.body["data"], json!({"won": "yes", "mine": "yes"}), "{}", patched.body);
    assert_eq!(races.asked().len(), 2);
}
