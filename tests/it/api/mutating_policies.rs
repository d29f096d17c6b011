//! Mutating admission policies: what they make of objects, by which parameters, how often they are asked, and what comes of failures.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};
use trueup::admission::{PluginName, Plugins};
use trueup::ambient::Ambient;
use trueup::api::{Api, ServiceRanges};
use trueup::store::{Change, MemoryStore, Store};

use super::{MAPS, MERGE, TestApi, config_map, deployment, merged};
use crate::harness::webhook::Webhook;

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies";
const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

/// What the client is told of a failure of the policy `p` by the binding `b`.
const DENIED: &str = "policy 'p' with binding 'b' denied request: ";

/// Adds a letter to what `data.seen` is.
const SIGNS: &str = "Object{data: {'seen': object.data.?seen.orValue('') + 'SIGN'}}";

fn rule(resource: &str) -> Value {
    json!({"operations": ["CREATE", "UPDATE"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": [resource]})
}

fn configuration(expression: &str) -> Value {
    json!({"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}})
}

fn patch(expression: &str) -> Value {
    json!({"patchType": "JSONPatch", "jsonPatch": {"expression": expression}})
}

fn with(mut object: Value, members: &Value) -> Value {
    members.as_object().expect("members").iter().for_each(|(member, value)| object["spec"][member] = value.clone());
    object
}

/// A policy about config maps that is asked once, with other members of its spec where they are given.
fn policy(name: &str, members: &Value) -> Value {
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {"matchConstraints": {"resourceRules": [rule("configmaps")]}, "reinvocationPolicy": "Never"},
    });
    with(policy, members)
}

fn binding(name: &str, policy: &str, members: &Value) -> Value {
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": policy},
    });
    with(binding, members)
}

/// Puts a policy to use under the name `p`, and its binding under `b`.
async fn enforce(api: &TestApi, members: &Value) {
    api.create(POLICIES, &policy("p", members)).await;
    api.create(BINDINGS, &binding("b", "p", &json!({}))).await;
}

/// A policy of another name that adds a letter to `data.seen`.
async fn sign(api: &TestApi, name: &str, letter: &str, again: &str) {
    let mutations = [configuration(&SIGNS.replace("SIGN", letter))];
    api.create(POLICIES, &policy(name, &json!({"mutations": mutations, "reinvocationPolicy": again}))).await;
    api.create(BINDINGS, &binding(name, name, &json!({}))).await;
}

/// A webhook that adds a letter to `data.seen`.
async fn signing_webhook(api: &TestApi, letter: &'static str, again: &str) -> Webhook {
    let webhook = Webhook::start(move |review| {
        let seen = review["request"]["object"]["data"]["seen"].as_str().unwrap_or_default();
        let patch = json!([{"op": "add", "path": "/data/seen", "value": format!("{seen}{letter}")}]).to_string();
        let response = json!({"uid": review["request"]["uid"], "allowed": true, "patchType": "JSONPatch", "patch": STANDARD.encode(patch)});
        (StatusCode::OK, json!({"kind": "AdmissionReview", "apiVersion": review["apiVersion"], "response": response}))
    })
    .await;
    let configuration = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": letter},
        "webhooks": [{
            "name": "signs.example.com", "clientConfig": {"url": webhook.url, "caBundle": webhook.ca_bundle}, "rules": [rule("configmaps")],
            "sideEffects": "None", "admissionReviewVersions": ["v1"], "reinvocationPolicy": again,
        }],
    });
    api.create("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", &configuration).await;
    webhook
}

/// What `data.seen` of a new config map is.
async fn seen(api: &TestApi) -> String {
    let made = api.post(&format!("{MAPS}?dryRun=All"), &config_map("m", &json!({"k": "v"}))).await;
    assert_eq!(made.code, 201, "{}", made.body);
    made.body["data"]["seen"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn mutations_are_made_one_after_the_other_and_owned_by_nobody() {
    for api in TestApi::on_each_store().await {
        enforce(
            &api,
            &json!({
                "variables": [{"name": "team", "expression": "'team-' + object.data.k"}],
                "mutations": [
                    configuration("Object{metadata: Object.metadata{labels: {'team': variables.team}}}"),
                    patch("[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('by/team'), value: object.metadata.labels.team}]"),
                    patch("[JSONPatch{op: 'test', path: '/data/k', value: 'other'}, JSONPatch{op: 'remove', path: '/data/k'}]"),
                ],
            }),
        )
        .await;
        let made = api.create(MAPS, &config_map("m", &json!({"k": "v"}))).await;
        assert_eq!(made["data"], json!({"k": "v"}), "a test that fails is no failure");
        assert_eq!(made["metadata"]["labels"], json!({"team": "team-v", "by/team": "team-v"}));
        assert_eq!(made["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:data": {".": {}, "f:k": {}}}));
        let path = format!("{MAPS}/m");
        assert_eq!(api.get(&path).await.body, made, "what was answered is what is stored");
        let updated = api.patch(&path, MERGE, &json!({"data": {"k": "w"}})).await.body;
        assert_eq!(
            updated["metadata"]["labels"],
            json!({"team": "team-w", "by/team": "team-w"}),
            "variables are found out anew for each request"
        );
        let applied = api.apply(&path, "applier", &config_map("m", &json!({"more": "x"}))).await.body;
        assert_eq!(applied["data"], json!({"k": "w", "more": "x"}));
        let again = api.apply(&path, "applier", &config_map("m", &json!({"more": "x"}))).await;
        assert_eq!(again.version(), applied["metadata"]["resourceVersion"], "who applies again changes nothing");
        assert_eq!(api.delete(&format!("{BINDINGS}/b")).await.code, 200);
        let plain = api.create(MAPS, &config_map("plain", &json!({"k": "v"}))).await;
        assert_eq!(plain["metadata"].get("labels"), None, "nothing binds the policy");
    }
}

#[tokio::test]
async fn items_are_merged_by_their_keys_and_what_they_leave_out_is_filled_in() {
    let api = TestApi::new().await;
    let proxy = "Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: 'proxy', image: 'mesh:1', restartPolicy: 'Always'}],
                 containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, env: [Object.spec.containers.env{name: 'PROXY', value: 'yes'}]})}}";
    enforce(&api, &json!({
        "matchConstraints": {"resourceRules": [rule("pods")]},
        "matchConditions": [{"name": "no-proxy", "expression": "!object.spec.?initContainers.orValue([]).exists(c, c.name == 'proxy')"}],
        "mutations": [configuration(proxy), patch("[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'policy': object.spec.initContainers[0].imagePullPolicy}}]")],
        "reinvocationPolicy": "IfNeeded",
    }))
    .await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i", "env": [{"name": "A", "value": "b"}]}]}});
    let made = api.create(PODS, &pod).await;
    let added = &made["spec"]["initContainers"];
    assert_eq!(added.as_array().map(Vec::len), Some(1), "the condition keeps the second round from adding another one: {added}");
    assert_eq!(added[0]["terminationMessagePolicy"], "File");
    let container = &made["spec"]["containers"][0];
    assert_eq!(
        (&container["image"], &container["env"]),
        (&json!("i"), &json!([{"name": "A", "value": "b"}, {"name": "PROXY", "value": "yes"}]))
    );
    assert_eq!(
        made["metadata"]["annotations"]["policy"], "IfNotPresent",
        "the second mutation sees the defaults of what the first one made"
    );
}

#[tokio::test]
async fn each_set_of_parameters_has_its_turn_and_a_binding_may_go_without() {
    let api = TestApi::new().await;
    let suffix =
        |name: &str, sign: &str| merged(config_map(name, &json!({"sign": sign})), &[("/metadata/labels", json!({"of": "policy"}))]);
    let conditions = [json!({"name": "others", "expression": "!has(object.metadata.labels)"})];
    let signs = SIGNS.replace("'SIGN'", "(params == null ? '-' : params.data.sign)");
    let kind = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    api.create(POLICIES, &policy("p", &json!({"paramKind": kind, "matchConditions": conditions, "mutations": [configuration(&signs)]})))
        .await;
    let bind = async |members: Value| {
        api.delete(&format!("{BINDINGS}/b")).await;
        api.create(BINDINGS, &binding("b", "p", &members)).await;
    };
    bind(json!({})).await;
    assert_eq!(seen(&api).await, "-");
    let selected = |missing: &str| json!({"paramRef": {"selector": {"matchLabels": {"of": "policy"}}, "parameterNotFoundAction": missing}});
    bind(selected("Allow")).await;
    assert_eq!(seen(&api).await, "");
    bind(selected("Deny")).await;
    let refused = api.post(MAPS, &config_map("m", &json!({"k": "v"}))).await;
    let details = refused.refused(403, "Forbidden");
    let why = format!("{DENIED}failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction");
    assert_eq!((refused.message(), &details["causes"]), (why.as_str(), &json!([{"message": why}])));
    api.delete(&format!("{BINDINGS}/b")).await;
    api.create(MAPS, &suffix("x", "x")).await;
    api.create(MAPS, &suffix("y", "y")).await;
    bind(selected("Deny")).await;
    assert_eq!(seen(&api).await, "xy");
    bind(json!({"paramRef": {"name": "y", "namespace": "default", "parameterNotFoundAction": "Deny"}})).await;
    assert_eq!(seen(&api).await, "y");
    assert_eq!(api.patch(&format!("{MAPS}/y"), MERGE, &json!({"data": {"sign": "z"}})).await.code, 200);
    assert_eq!(seen(&api).await, "z", "what was written is what counts");
}

#[tokio::test]
async fn policies_come_in_the_order_of_their_names_and_before_webhooks() {
    let api = TestApi::new().await;
    sign(&api, "second", "b", "Never").await;
    sign(&api, "first", "a", "Never").await;
    let webhook = signing_webhook(&api, "w", "Never").await;
    assert_eq!(seen(&api).await, "abw");
    assert_eq!(webhook.asked().len(), 1);
}

#[tokio::test]
async fn those_are_asked_once_more_that_want_to_see_what_others_changed() {
    // As in kube-apiserver a policy that wants to is asked again after its own change, too.
    for (first, second, webhook, expected) in [
        ("Never", "Never", "IfNeeded", "abw"),
        ("IfNeeded", "Never", "Never", "abwa"),
        ("Never", "IfNeeded", "Never", "abwb"),
        ("IfNeeded", "IfNeeded", "Never", "abwab"),
        ("IfNeeded", "Never", "IfNeeded", "abwaw"),
    ] {
        let api = TestApi::new().await;
        sign(&api, "first", "a", first).await;
        sign(&api, "second", "b", second).await;
        let hook = signing_webhook(&api, "w", webhook).await;
        assert_eq!(seen(&api).await, expected, "{first}, {second}, {webhook}");
        assert_eq!(hook.asked().len(), expected.matches('w').count());
    }
    let api = TestApi::new().await;
    sign(&api, "alone", "a", "IfNeeded").await;
    assert_eq!(seen(&api).await, "aa");
}

#[tokio::test]
async fn a_failure_denies_or_is_passed_over() {
    let api = TestApi::new().await;
    let failing = |failure: &str| {
        json!({"failurePolicy": failure, "mutations": [
            configuration("Object{data: {'first': 'yes'}}"), configuration("Object{data: {'x': object.data.missing}}"),
            patch("[JSONPatch{op: 'remove', path: '/data/nothing'}]"), configuration("Object{data: {'last': 'yes'}}"),
        ]})
    };
    enforce(&api, &failing("Fail")).await;
    let refused = api.post(MAPS, &config_map("m", &json!({"k": "v"}))).await;
    let details = refused.refused(403, "Invalid");
    let evaluated = "expression 'Object{data: {'x': object.data.missing}}' resulted in error: no such key: missing";
    assert_eq!(refused.message(), format!("{DENIED}{evaluated}"));
    assert_eq!((&details["name"], &details["kind"]), (&json!("m"), &json!("configmaps")));
    let causes = details["causes"].as_array().expect("causes");
    assert_eq!(causes.len(), 2, "every failure is a cause: {causes:?}");
    assert_eq!(causes[0], json!({"message": refused.message()}));
    assert!(causes[1]["message"].as_str().is_some_and(|why| why.starts_with(&format!("{DENIED}JSON Patch: "))), "{causes:?}");
    assert_eq!(api.get(&format!("{MAPS}/m")).await.code, 404);
    assert_eq!(api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"spec": failing("Ignore")})).await.code, 200);
    let made = api.create(MAPS, &config_map("m", &json!({"k": "v"}))).await;
    assert_eq!(made["data"], json!({"k": "v", "first": "yes", "last": "yes"}), "what succeeded stays");
}

#[tokio::test]
async fn conditions_kinds_of_parameters_and_the_cost_fail_by_the_failure_policy_too() {
    let api = TestApi::new().await;
    let mutations = [configuration("Object{data: {'x': 'y'}}")];
    let costly = [configuration("Object{data: {'x': string(lists.range(450000).map(i, lists.range(1000)).size())}}")];
    for (members, reason, why) in [
        (
            json!({"mutations": mutations, "matchConditions": [{"name": "c", "expression": "object.nothing == 1"}]}),
            "Invalid",
            "expression 'object.nothing == 1' resulted in error: no such key: nothing",
        ),
        (
            json!({"mutations": mutations, "paramKind": {"apiVersion": "example.com/v1", "kind": "Nothing"}}),
            "Forbidden",
            "policy \"p\" denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Nothing'",
        ),
        (json!({"mutations": costly}), "Invalid", "actual cost limit exceeded"),
    ] {
        enforce(&api, &members).await;
        let refused = api.post(MAPS, &config_map("m", &json!({"k": "v"}))).await;
        refused.refused(403, reason);
        assert!(refused.message().ends_with(why), "{}", refused.message());
        assert_eq!(api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"spec": {"failurePolicy": "Ignore"}})).await.code, 200);
        let made = api.post(&format!("{MAPS}?dryRun=All"), &config_map("m", &json!({"k": "v"}))).await;
        assert_eq!((made.code.as_u16(), &made.body["data"]), (201, &json!({"k": "v"})));
        api.delete(&format!("{BINDINGS}/b")).await;
        api.delete(&format!("{POLICIES}/p")).await;
    }
}

#[tokio::test]
async fn an_object_that_nobody_could_read_any_more_is_an_error_whatever_the_policy_says() {
    let api = TestApi::new().await;
    let spec = json!({"failurePolicy": "Ignore", "mutations": [patch("[JSONPatch{op: 'add', path: '/unknown', value: 1}]")]});
    enforce(&api, &spec).await;
    let refused = api.post(MAPS, &config_map("m", &json!({"k": "v"}))).await;
    refused.refused(500, "InternalError");
    assert_eq!(refused.message(), "Internal error occurred: strict decoding error: unknown field \"unknown\"");
}

#[tokio::test]
async fn rules_and_validating_policies_judge_what_was_made() {
    let api = TestApi::new().await;
    enforce(&api, &json!({"mutations": [configuration("Object{metadata: Object.metadata{labels: {'to': object.data.k}}}")]})).await;
    let validating = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "v"},
        "spec": {
            "matchConstraints": {"resourceRules": [rule("configmaps")]},
            "validations": [{"expression": "object.metadata.labels.to == 'me'", "message": "not to me"}],
        },
    });
    let acts = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "v"},
        "spec": {"policyName": "v", "validationActions": ["Deny"]},
    });
    api.create("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", &validating).await;
    api.create("/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings", &acts).await;
    let post = async |value: &str| api.post(MAPS, &config_map("m", &json!({"k": value}))).await;
    let refused = post("not a label").await;
    refused.refused(422, "Invalid");
    assert!(
        refused.message().starts_with("ConfigMap \"m\" is invalid: metadata.labels: Invalid value: \"not a label\""),
        "{}",
        refused.message()
    );
    let refused = post("you").await;
    refused.refused(422, "Invalid");
    assert!(refused.message().ends_with("denied request: not to me"), "{}", refused.message());
    assert_eq!(post("me").await.code, 201);
}

#[tokio::test]
async fn a_dry_run_is_changed_and_not_kept_and_can_be_told() {
    for api in TestApi::on_each_store().await {
        enforce(
            &api,
            &json!({"mutations": [configuration("Object{data: {'dry': string(request.dryRun), 'who': request.userInfo.username}}")]}),
        )
        .await;
        let dry = api.post(&format!("{MAPS}?dryRun=All"), &config_map("m", &json!({}))).await;
        assert_eq!((dry.code.as_u16(), &dry.body["data"]), (201, &json!({"dry": "true", "who": "system:admin"})));
        assert_eq!(api.get(&format!("{MAPS}/m")).await.code, 404);
        assert_eq!(api.create(MAPS, &config_map("m", &json!({}))).await["data"]["dry"], "false");
    }
}

#[tokio::test]
async fn deletions_change_nothing_and_subresources_are_objects_of_their_own() {
    let api = TestApi::new().await;
    api.create(DEPLOYMENTS, &deployment("d")).await;
    enforce(
        &api,
        &json!({
            "matchConstraints": {"resourceRules": [rule("deployments/scale"), rule("deployments/status")]},
            "mutations": [configuration(
                "request.subResource == 'status' ? Object{metadata: Object.metadata{annotations: {'status': 'written'}}} : \
                 object.spec.replicas > 3 ? Object{spec: Object.spec{replicas: 3}} : Object{}",
            )],
        }),
    )
    .await;
    let scaled = api.patch(&format!("{DEPLOYMENTS}/d/scale"), MERGE, &json!({"spec": {"replicas": 7}})).await;
    assert_eq!((scaled.code.as_u16(), &scaled.body["kind"], &scaled.body["spec"]["replicas"]), (200, &json!("Scale"), &json!(3)));
    assert_eq!(api.get(&format!("{DEPLOYMENTS}/d")).await.body["spec"]["replicas"], 3);
    let told = api.patch(&format!("{DEPLOYMENTS}/d/status"), MERGE, &json!({"status": {"replicas": 2}})).await;
    assert_eq!((told.code.as_u16(), &told.body["metadata"]["annotations"]["status"]), (200, &json!("written")), "{}", told.body);
    let unscaled = api.patch(&format!("{DEPLOYMENTS}/d"), MERGE, &json!({"spec": {"replicas": 7}})).await;
    assert_eq!(unscaled.body["spec"]["replicas"], 7);
    assert_eq!(
        api.patch(
            &format!("{POLICIES}/p"),
            MERGE,
            &json!({"spec": {
                "matchConstraints": {"resourceRules": [merged(rule("deployments"), &[("/operations", json!(["*"]))])]},
                "mutations": [configuration("Object{metadata: Object.metadata{annotations: {'x': object.missing}}}")],
            }})
        )
        .await
        .code,
        200
    );
    assert_eq!(api.delete(&format!("{DEPLOYMENTS}/d")).await.code, 200, "there is nothing to change in a deletion");
}

#[tokio::test]
async fn orders_are_changed_before_they_are_carried_out() {
    let api = TestApi::new().await;
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    api.create(PODS, &pod).await;
    enforce(
        &api,
        &json!({
            "matchConstraints": {"resourceRules": [rule("pods/binding")]},
            "mutations": [patch("[JSONPatch{op: 'replace', path: '/target/name', value: 'chosen-' + request.name}]")],
        }),
    )
    .await;
    let to_node = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}});
    let bound = api.post(&format!("{PODS}/p/binding"), &to_node).await;
    assert_eq!(bound.code, 201, "{}", bound.body);
    assert_eq!(api.get(&format!("{PODS}/p")).await.body["spec"]["nodeName"], "chosen-p");
}

#[tokio::test]
async fn a_policy_changes_the_version_that_its_rules_name() {
    let api = TestApi::new().await;
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {
        "made": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}},
    }}});
    let version = |name: &str, storage: bool| json!({"name": name, "served": true, "storage": storage, "schema": schema});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
            "versions": [version("v1", true), version("v2", false)],
        },
    });
    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    let v1 = json!({"operations": ["CREATE"], "apiGroups": ["example.com"], "apiVersions": ["v1"], "resources": ["things"]});
    enforce(&api, &json!({"matchConstraints": {"resourceRules": [v1]}, "mutations": [configuration("Object{made: object.apiVersion}")]}))
        .await;
    let things = "/apis/example.com/v2/things";
    let thing = |name: &str| json!({"apiVersion": "example.com/v2", "kind": "Thing", "metadata": {"name": name}, "list": ["a"]});
    let made = api.create(things, &thing("t")).await;
    assert_eq!((&made["made"], &made["apiVersion"]), (&json!("example.com/v1"), &json!("example.com/v2")));
    let lists = json!({"spec": {"mutations": [configuration("Object{list: ['b']}")]}});
    assert_eq!(api.patch(&format!("{POLICIES}/p"), MERGE, &lists).await.code, 200);
    let refused = api.post(things, &thing("u")).await;
    refused.refused(403, "Invalid");
    assert!(refused.message().contains("may not mutate atomic arrays, maps or structs: .list"), "{}", refused.message());
    assert_eq!(
        api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"spec": {"matchConstraints": {"matchPolicy": "Exact"}}})).await.code,
        200
    );
    api.create(things, &thing("u")).await;
}

#[tokio::test]
async fn the_plugin_can_be_turned_off() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let disabled: Vec<PluginName> = vec!["MutatingAdmissionPolicy".parse().expect("a plugin")];
    let plugins = Plugins::default().switched(&[], &disabled).expect("it can be turned off");
    let ambient = Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"));
    let opened = Api::with_plugins(Arc::clone(&store), ambient, ServiceRanges::default(), plugins).await.expect("it opens");
    let api = TestApi::around(opened, store);
    sign(&api, "p", "a", "Never").await;
    assert_eq!(seen(&api).await, "");
    assert_eq!(seen(&api.next_server().await).await, "a", "another server has it on");
}

#[tokio::test]
async fn nobody_is_locked_out_and_what_an_older_server_stored_fails_when_it_is_asked() {
    let api = TestApi::new().await;
    enforce(
        &api,
        &json!({
            "matchConstraints": {"resourceRules": [rule("*"), rule("*/*")]},
            "mutations": [configuration("Object{metadata: Object.metadata{labels: {'a': object.missing}}}")],
        }),
    )
    .await;
    api.post(MAPS, &config_map("m", &json!({}))).await.refused(403, "Invalid");
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}}});
    assert_eq!(api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await.code, 201);
    let other = policy("q", &json!({"mutations": [configuration("Object{}")]}));
    assert_eq!(api.create(POLICIES, &other).await["metadata"].get("labels"), None);
    let key = "/registry/admissionregistration.k8s.io/mutatingadmissionpolicies/p";
    let entry = api.store.get(key).await.expect("it answers").expect("it is there");
    let mut broken: Value = serde_json::from_slice(&entry.value).expect("JSON");
    broken["spec"]["mutations"][0]["applyConfiguration"]["expression"] = "Object{".into();
    api.store.commit(key, entry.revision, Change::Put(broken.to_string().into_bytes().into())).await.expect("it answers");
    assert_eq!(api.get(POLICIES).await.body["items"][0]["spec"]["mutations"][0]["applyConfiguration"]["expression"], "Object{");
    let refused = api.post(MAPS, &config_map("m", &json!({}))).await;
    assert!(refused.message().starts_with(&format!("{DENIED}compilation error: compilation failed: ")), "{}", refused.message());
    let labelled = api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(labelled.code, 200, "what did not change is not judged anew: {}", labelled.body);
    api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"spec": {"failurePolicy": "Ignore"}})).await.refused(422, "Invalid");
    assert_eq!(api.delete(&format!("{POLICIES}/p")).await.code, 200);
    api.create(MAPS, &config_map("m", &json!({}))).await;
}
