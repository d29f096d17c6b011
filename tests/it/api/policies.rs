//! Validating admission policies: which requests they are about, with what they are asked, and what comes of it.

use serde_json::{Value, json};
use trueup::admission::{PluginName, Plugins};
use trueup::ambient::Ambient;
use trueup::api::{Api, ServiceRanges};
use trueup::auth::Identity;
use trueup::object::Revision;
use trueup::store::{Change, MemoryStore, Store};

use super::{MAPS, MERGE, TestApi, config_map, deployment, merged};
use crate::harness::webhook::Webhook;

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";
const WEBHOOKS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const PODS: &str = "/api/v1/namespaces/default/pods";

fn rule(resource: &str) -> Value {
    json!({"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": [resource]})
}

/// A policy about config maps, with other members of its spec where they are given.
fn policy(name: &str, members: &Value) -> Value {
    let mut policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {"matchConstraints": {"resourceRules": [rule("configmaps")]}},
    });
    members.as_object().expect("members").iter().for_each(|(member, value)| policy["spec"][member] = value.clone());
    policy
}

fn binding(name: &str, policy: &str, members: &Value) -> Value {
    let mut binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": policy, "validationActions": ["Deny"]},
    });
    members.as_object().expect("members").iter().for_each(|(member, value)| binding["spec"][member] = value.clone());
    binding
}

/// Puts a policy to use under the name `p`, and its binding under `b`.
async fn enforce(api: &TestApi, members: &Value) {
    api.create(POLICIES, &policy("p", members)).await;
    api.create(BINDINGS, &binding("b", "p", &json!({}))).await;
}

fn validation(expression: &str) -> Value {
    json!({"validations": [{"expression": expression, "message": "no"}]})
}

const DENIED: &str = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";

/// Whether a config map of this name may be made.
async fn admits(api: &TestApi, name: &str) -> bool {
    let answered = api.post(MAPS, &config_map(name, &json!({"k": "v"}))).await;
    if answered.code != 201 {
        assert!(answered.message().contains(DENIED), "{}", answered.body);
    }
    answered.code == 201
}

#[tokio::test]
async fn a_denial_has_the_words_the_code_and_the_cause_of_kube_apiserver() {
    for api in TestApi::on_each_store().await {
        enforce(&api, &json!({"validations": [
            {"expression": "object.data.k != 'forbidden'", "reason": "Forbidden", "messageExpression": "object.metadata.name + ' is bad'"},
            {"expression": "object.data.k != 'large'", "reason": "RequestEntityTooLarge"},
            {"expression": "object.data.k != 'invalid'", "message": "must be valid"},
        ]}))
        .await;
        let post = async |value: &str| api.post(MAPS, &config_map("m", &json!({"k": value}))).await;
        let refused = post("invalid").await;
        let details = refused.refused(422, "Invalid");
        let message = format!("{DENIED}must be valid");
        assert_eq!(details, &json!({"name": "m", "kind": "configmaps", "causes": [{"message": message}]}));
        assert_eq!(refused.message(), format!("configmaps \"m\" is forbidden: {message}"));
        let refused = post("forbidden").await;
        refused.refused(403, "Forbidden");
        assert!(refused.message().ends_with("denied request: m is bad"), "{}", refused.message());
        let refused = post("large").await;
        refused.refused(413, "RequestEntityTooLarge");
        assert!(refused.message().ends_with("denied request: failed expression: object.data.k != 'large'"), "{}", refused.message());
        assert_eq!(api.get(&format!("{MAPS}/m")).await.code, 404);
        assert_eq!(post("fine").await.code, 201);
        assert_eq!(api.delete(&format!("{BINDINGS}/b")).await.code, 200);
        assert_eq!(api.patch(&format!("{MAPS}/m"), MERGE, &json!({"data": {"k": "invalid"}})).await.code, 200, "nothing binds the policy");
    }
}

#[tokio::test]
async fn actions_warn_deny_and_note_by_their_bindings() {
    let api = TestApi::new().await;
    api.create(
        POLICIES,
        &policy(
            "p",
            &json!({
                "validations": [{"expression": "object.data.k == 'v'", "message": "no \"v\""}, {"expression": "object.nothing == 1"}],
                "auditAnnotations": [{"key": "k", "valueExpression": "string(object.data.k)"}],
            }),
        ),
    )
    .await;
    api.create(BINDINGS, &binding("b", "p", &json!({"validationActions": ["Warn", "Audit"]}))).await;
    let made = api.post(MAPS, &config_map("a", &json!({"k": "w"}))).await;
    assert_eq!(made.code, 201, "{}", made.body);
    let begins = "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': ";
    assert_eq!(
        made.warnings,
        [format!("{begins}no \\\"v\\\"\""), format!("{begins}expression 'object.nothing == 1' resulted in error: no such key: nothing\""),]
    );
    api.create(BINDINGS, &binding("c", "p", &json!({"validationActions": ["Deny"]}))).await;
    let refused = api.post(MAPS, &config_map("b", &json!({"k": "w"}))).await;
    refused.refused(422, "Invalid");
    assert!(refused.message().contains("with binding 'c' denied request: no \"v\""), "{}", refused.message());
    assert_eq!(refused.warnings.len(), 2, "what others warn of is told all the same");
}

#[tokio::test]
async fn what_fails_is_what_the_failure_policy_makes_of_it() {
    let api = TestApi::new().await;
    for (failure, admitted) in [("Fail", false), ("Ignore", true)] {
        for spec in [
            validation("object.nothing == 1"),
            json!({"matchConditions": [{"name": "c", "expression": "object.nothing == 1"}], "validations": [{"expression": "true"}]}),
            json!({"paramKind": {"apiVersion": "example.com/v1", "kind": "Nothing"}, "validations": [{"expression": "true"}]}),
            json!({"auditAnnotations": [{"key": "k", "valueExpression": "'a' + object.nothing"}]}),
        ] {
            let spec = merged(json!({"spec": spec}), &[("/spec/failurePolicy", json!(failure))])["spec"].clone();
            api.create(POLICIES, &policy("p", &spec)).await;
            api.create(BINDINGS, &binding("b", "p", &json!({}))).await;
            let answered = api.post(&format!("{MAPS}?dryRun=All"), &config_map("a", &json!({}))).await;
            assert_eq!(answered.code == 201, admitted, "{spec}: {}", answered.body);
            if !admitted {
                answered.refused(422, "Invalid");
            }
            api.delete(&format!("{BINDINGS}/b")).await;
            api.delete(&format!("{POLICIES}/p")).await;
        }
    }
    let unknown = json!({"paramKind": {"apiVersion": "example.com/v1", "kind": "Nothing"}, "validations": [{"expression": "true"}]});
    enforce(&api, &unknown).await;
    let refused = api.post(MAPS, &config_map("a", &json!({}))).await;
    let why = "failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Nothing'";
    assert!(refused.message().ends_with(&format!("ValidatingAdmissionPolicy 'p' denied request: {why}")), "{}", refused.message());
}

#[tokio::test]
async fn expressions_see_both_objects_the_request_the_namespace_and_variables() {
    let api = TestApi::new().await;
    api.patch("/api/v1/namespaces/default", MERGE, &json!({"metadata": {"labels": {"strict": "yes"}}})).await;
    let expression = "request.operation == 'DELETE' ? object == null && oldObject.metadata.name == variables.name : \
                      object.metadata.name == variables.name && (request.operation == 'CREATE') == (oldObject == null) && \
                      request.namespace == 'default' && request.resource.resource == 'configmaps' && request.kind.kind == 'ConfigMap' && \
                      namespaceObject.metadata.labels.strict == 'yes' && request.userInfo.username == 'system:admin' && \
                      (request.dryRun || object.data.k != 'dry')";
    enforce(&api, &json!({"variables": [{"name": "name", "expression": "request.name"}], "validations": [{"expression": expression}]}))
        .await;
    assert!(admits(&api, "a").await);
    let path = format!("{MAPS}/a");
    assert_eq!(api.patch(&path, MERGE, &json!({"data": {"k": "w"}})).await.code, 200);
    assert_eq!(api.patch(&path, MERGE, &json!({"data": {"k": "dry"}})).await.code, 422);
    assert_eq!(api.patch(&format!("{path}?dryRun=All"), MERGE, &json!({"data": {"k": "dry"}})).await.code, 200);
    assert_eq!(api.apply(&path, "m", &config_map("a", &json!({"other": "x"}))).await.code, 200);
    assert_eq!(api.delete(&path).await.code, 200);
}

#[tokio::test]
async fn deletions_and_subresources_are_judged_as_such() {
    let api = TestApi::new().await;
    let rules = ["configmaps", "deployments/*", "pods/binding", "pods/eviction"].map(rule);
    enforce(&api, &json!({
        "matchConstraints": {"resourceRules": rules},
        "validations": [
            {"expression": "request.operation != 'DELETE' || !has(oldObject.data.kept)", "message": "kept"},
            {"expression": "!has(request.subResource) || request.subResource != 'scale' || object.spec.replicas < 5", "message": "too many"},
            {"expression": "!has(request.subResource) || request.subResource != 'status'", "message": "no status"},
            {"expression": "!has(request.subResource) || !(request.subResource in ['binding', 'eviction'])", "message": "stays"},
        ],
    }))
    .await;
    api.create(MAPS, &config_map("a", &json!({"kept": "yes"}))).await;
    api.create(MAPS, &config_map("b", &json!({}))).await;
    api.delete(&format!("{MAPS}/a")).await.refused(422, "Invalid");
    let refused = api.delete(MAPS).await;
    refused.refused(422, "Invalid");
    assert_eq!(refused.message(), format!("configmaps \"Unknown\" is forbidden: {DENIED}kept"));
    assert_eq!(api.get(&format!("{MAPS}/a")).await.code, 200);
    api.create(DEPLOYMENTS, &deployment("d")).await;
    let scale = async |replicas: u32| api.patch(&format!("{DEPLOYMENTS}/d/scale"), MERGE, &json!({"spec": {"replicas": replicas}})).await;
    scale(7).await.refused(422, "Invalid");
    assert_eq!(scale(3).await.code, 200);
    api.patch(&format!("{DEPLOYMENTS}/d/status"), MERGE, &json!({"status": {"replicas": 2}})).await.refused(422, "Invalid");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    api.create(PODS, &pod).await;
    let to_node = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}});
    api.post(&format!("{PODS}/p/binding"), &to_node).await.refused(422, "Invalid");
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}});
    api.post(&format!("{PODS}/p/eviction"), &eviction).await.refused(422, "Invalid");
}

#[tokio::test]
async fn policies_and_bindings_choose_requests_by_names_labels_and_namespaces() {
    let api = TestApi::new().await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": {"team": "yes"}}});
    api.create("/api/v1/namespaces", &namespace).await;
    let spared = merged(rule("configmaps"), &[("/resourceNames", json!(["spared"]))]);
    let mut constraints = json!({"resourceRules": [rule("configmaps")], "excludeResourceRules": [spared]});
    constraints["objectSelector"] = json!({"matchExpressions": [{"key": "free", "operator": "DoesNotExist"}]});
    api.create(POLICIES, &policy("p", &merged(json!({"s": validation("false")}), &[("/s/matchConstraints", constraints)])["s"])).await;
    api.create(BINDINGS, &binding("b", "p", &json!({"matchResources": {"namespaceSelector": {"matchLabels": {"team": "yes"}}}}))).await;
    let maps = "/api/v1/namespaces/n/configmaps";
    api.post(maps, &config_map("a", &json!({}))).await.refused(422, "Invalid");
    api.create(maps, &config_map("spared", &json!({}))).await;
    api.create(maps, &merged(config_map("b", &json!({})), &[("/metadata/labels", json!({"free": "yes"}))])).await;
    let taken_off = api.patch(&format!("{maps}/b"), MERGE, &json!({"metadata": {"labels": null}})).await;
    taken_off.refused(422, "Invalid");
    assert!(admits(&api, "in-default").await);
}

#[tokio::test]
async fn a_policy_for_one_version_means_all_of_them_unless_it_is_exact() {
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
    let rule = json!({"operations": ["CREATE"], "apiGroups": ["example.com"], "apiVersions": ["v1"], "resources": ["things"]});
    let seen = "request.kind.version != 'v1' || request.requestKind.version != 'v2' || object.apiVersion != 'example.com/v1' || \
                namespaceObject != null";
    enforce(&api, &json!({"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": seen, "message": "as v1"}]})).await;
    let things = "/apis/example.com/v2/things";
    let thing = json!({"apiVersion": "example.com/v2", "kind": "Thing", "metadata": {"name": "t"}});
    let refused = api.post(things, &thing).await;
    refused.refused(422, "Invalid");
    assert!(refused.message().ends_with("as v1"), "{}", refused.message());
    let exact = json!({"spec": {"matchConstraints": {"matchPolicy": "Exact"}}});
    assert_eq!(api.patch(&format!("{POLICIES}/p"), MERGE, &exact).await.code, 200);
    api.create(things, &thing).await;
}

#[tokio::test]
async fn parameters_come_from_where_the_binding_says() {
    let api = TestApi::new().await;
    api.create("/api/v1/namespaces", &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "settings"}})).await;
    let parameters =
        |name: &str, least: &str| merged(config_map(name, &json!({"least": least})), &[("/metadata/labels", json!({"of": "policy"}))]);
    api.create(
        POLICIES,
        &policy(
            "p",
            &json!({
                "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
                "matchConstraints": {"resourceRules": [rule("deployments"), rule("namespaces")]},
                "validations": [{
                    "expression": "params == null || object.spec.replicas >= int(params.data.least)",
                    "messageExpression": "'at least ' + params.data.least + ' by ' + params.metadata.name + params.kind",
                }],
            }),
        ),
    )
    .await;
    let bind = async |reference: Value| {
        api.delete(&format!("{BINDINGS}/b")).await;
        api.create(BINDINGS, &binding("b", "p", &json!({"paramRef": reference}))).await;
    };
    let dry = async || api.post(&format!("{DEPLOYMENTS}?dryRun=All"), &deployment("d")).await;
    let by_name = |namespace: Option<&str>, missing: &str| {
        let mut reference = json!({"name": "limits", "parameterNotFoundAction": missing});
        namespace.into_iter().for_each(|namespace| reference["namespace"] = namespace.into());
        reference
    };
    bind(by_name(Some("settings"), "Allow")).await;
    assert_eq!(dry().await.code, 201, "there are none");
    bind(by_name(Some("settings"), "Deny")).await;
    let refused = dry().await;
    refused.refused(422, "Invalid");
    let why = "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction";
    assert!(refused.message().ends_with(why), "{}", refused.message());
    let settings = "/api/v1/namespaces/settings/configmaps";
    api.create(settings, &parameters("limits", "3")).await;
    let refused = dry().await;
    assert!(refused.message().ends_with("at least 3 by limitsConfigMap"), "{}", refused.message());
    assert_eq!(api.patch(&format!("{settings}/limits"), MERGE, &json!({"data": {"least": "1"}})).await.code, 200);
    assert_eq!(dry().await.code, 201, "what was written is what counts");
    // Without a namespace it is that of the request.
    bind(by_name(None, "Deny")).await;
    dry().await.refused(422, "Invalid");
    api.create(MAPS, &parameters("limits", "1")).await;
    assert_eq!(dry().await.code, 201);
    let nowhere = api.post("/api/v1/namespaces", &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})).await;
    assert!(nowhere.message().contains("no params found"), "a namespace is in itself: {}", nowhere.body);
    // Selected ones all count.
    bind(json!({"selector": {"matchLabels": {"of": "policy"}}, "parameterNotFoundAction": "Deny"})).await;
    assert_eq!(dry().await.code, 201);
    api.create(MAPS, &parameters("more", "2")).await;
    let refused = dry().await;
    assert!(refused.message().ends_with("at least 2 by moreConfigMap"), "{}", refused.message());
    // A binding without a reference goes without.
    api.delete(&format!("{BINDINGS}/b")).await;
    api.create(BINDINGS, &binding("b", "p", &json!({}))).await;
    assert_eq!(dry().await.code, 201);
}

#[tokio::test]
async fn parameters_may_be_of_a_kind_without_namespaces() {
    let api = TestApi::new().await;
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"most": {"type": "integer"}}}});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "limits.example.com"},
        "spec": {
            "group": "example.com", "scope": "Cluster", "names": {"plural": "limits", "kind": "Limit"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    });
    api.create(POLICIES, &policy("p", &json!({
        "paramKind": {"apiVersion": "example.com/v1", "kind": "Limit"}, "validations": [{"expression": "size(object.data) <= params.most"}],
    })))
    .await;
    let reference = json!({"name": "l", "parameterNotFoundAction": "Deny"});
    api.create(BINDINGS, &binding("b", "p", &json!({"paramRef": reference}))).await;
    let refused = api.post(MAPS, &config_map("a", &json!({"k": "v"}))).await;
    assert!(refused.message().contains("failed to find resource referenced by paramKind"), "{}", refused.message());
    api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
    let limit = json!({"apiVersion": "example.com/v1", "kind": "Limit", "metadata": {"name": "l"}, "most": 1});
    api.create("/apis/example.com/v1/limits", &limit).await;
    assert!(admits(&api, "a").await);
    assert_eq!(api.post(MAPS, &config_map("b", &json!({"k": "v", "l": "w"}))).await.code, 422);
    assert_eq!(api.patch("/apis/example.com/v1/limits/l", MERGE, &json!({"most": 2})).await.code, 200);
    assert_eq!(api.post(MAPS, &config_map("b", &json!({"k": "v", "l": "w"}))).await.code, 201);
    let elsewhere = merged(json!({"r": reference}), &[("/r/namespace", json!("default"))])["r"].clone();
    assert_eq!(api.patch(&format!("{BINDINGS}/b"), MERGE, &json!({"spec": {"paramRef": elsewhere}})).await.code, 200);
    let refused = api.post(MAPS, &config_map("c", &json!({}))).await;
    assert!(refused.message().ends_with("must not be provided for a cluster-scoped `paramKind`"), "{}", refused.message());
}

#[tokio::test]
async fn authorizers_answer_for_who_sent_the_request_and_for_accounts() {
    let api = TestApi::new().await;
    let conditions = "authorizer.requestResource.check('create').allowed() && authorizer.path('/metrics').check('get').allowed()";
    enforce(&api, &json!({
        "matchConditions": [{"name": "admins", "expression": conditions}],
        "variables": [{"name": "robot", "expression": "authorizer.serviceAccount('default', 'robot').group('').resource('pods').check('get').allowed()"}],
        "validations": [{"expression": "variables.robot", "message": "robots may not"}],
    }))
    .await;
    assert!(!admits(&api, "a").await, "the condition holds, the validation does not");
    let denies = "authorizer.group('apps').resource('deployments').namespace('default').name('d').check('delete').allowed() == false";
    assert_eq!(
        api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"spec": {"matchConditions": [{"name": "admins", "expression": denies}]}}))
            .await
            .code,
        200
    );
    assert!(admits(&api, "a").await, "the condition does not hold");
}

#[tokio::test]
async fn webhooks_ask_authorizers_in_their_conditions() {
    let api = TestApi::new().await;
    let gone = Webhook::start(|_| (http::StatusCode::OK, json!({}))).await;
    let hook = |name: &str, expression: &str| {
        json!({
            "name": name, "clientConfig": {"url": gone.url, "caBundle": gone.ca_bundle}, "rules": [rule("configmaps")],
            "sideEffects": "None", "admissionReviewVersions": ["v1"], "matchConditions": [{"name": "c", "expression": expression}],
        })
    };
    let configuration = |hook: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "v"},
            "webhooks": [hook],
        })
    };
    let allowed = "authorizer.requestResource.check('create').allowed()";
    api.create(WEBHOOKS, &configuration(hook("a.example.com", &format!("!{allowed}")))).await;
    assert!(admits(&api, "a").await, "who may create is not asked about");
    assert!(gone.asked().is_empty());
    assert_eq!(
        api.put(&format!("{WEBHOOKS}/v"), &merged(configuration(hook("a.example.com", allowed)), &[])).await.code,
        422,
        "no revision"
    );
    api.delete(&format!("{WEBHOOKS}/v")).await;
    api.create(WEBHOOKS, &configuration(hook("a.example.com", allowed))).await;
    api.post(MAPS, &config_map("b", &json!({}))).await.refused(500, "InternalError");
    assert_eq!(gone.asked().len(), 1);
}

#[tokio::test]
async fn policies_are_asked_before_validating_webhooks_and_after_mutating_ones() {
    let api = TestApi::new().await;
    let labels = Webhook::start(|review| {
        use base64::Engine as _;
        let patch = json!([{"op": "add", "path": "/data/added", "value": "yes"}]).to_string();
        let patch = base64::engine::general_purpose::STANDARD.encode(patch);
        let response = json!({"uid": review["request"]["uid"], "allowed": true, "patchType": "JSONPatch", "patch": patch});
        (http::StatusCode::OK, json!({"kind": "AdmissionReview", "apiVersion": review["apiVersion"], "response": response}))
    })
    .await;
    let judges = Webhook::start(|_| (http::StatusCode::OK, json!({}))).await;
    for (kind, plural, webhook) in [("Mutating", "mutating", &labels), ("Validating", "validating", &judges)] {
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": format!("{kind}WebhookConfiguration"), "metadata": {"name": "w"},
            "webhooks": [{
                "name": "a.example.com", "clientConfig": {"url": webhook.url, "caBundle": webhook.ca_bundle}, "rules": [rule("configmaps")],
                "sideEffects": "None", "admissionReviewVersions": ["v1"],
            }],
        });
        api.create(&format!("/apis/admissionregistration.k8s.io/v1/{plural}webhookconfigurations"), &configuration).await;
    }
    enforce(&api, &validation("!has(object.data.added)")).await;
    assert!(!admits(&api, "a").await, "the policy sees what the webhook made of the object");
    assert_eq!((labels.asked().len(), judges.asked().len()), (1, 0), "who is asked later is not asked any more");
}

#[tokio::test]
async fn nobody_is_locked_out_by_a_policy() {
    let api = TestApi::new().await;
    enforce(
        &api,
        &merged(json!({"s": validation("false")}), &[("/s/matchConstraints", json!({"resourceRules": [rule("*"), rule("*/*")]}))])["s"],
    )
    .await;
    assert!(!admits(&api, "a").await);
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"nonResourceAttributes": {"path": "/", "verb": "get"}}});
    assert_eq!(api.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await.code, 201);
    let hooks =
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "v"}});
    api.post(WEBHOOKS, &hooks).await.refused(422, "Invalid");
    assert_eq!(api.delete(&format!("{POLICIES}/p")).await.code, 200);
    assert!(admits(&api, "a").await);
}

#[tokio::test]
async fn other_servers_and_later_ones_hold_to_what_is_stored() {
    let api = TestApi::new().await;
    enforce(&api, &validation("false")).await;
    let next = api.next_server().await;
    assert!(!admits(&next, "a").await);
    // What an older server stored uncompiled fails when it is asked.
    let key = "/registry/admissionregistration.k8s.io/validatingadmissionpolicies/p";
    let entry = api.store.get(key).await.expect("it answers").expect("it is there");
    let mut broken: Value = serde_json::from_slice(&entry.value).expect("JSON");
    broken["spec"]["validations"][0]["expression"] = "object.".into();
    let change = Change::Put(broken.to_string().into_bytes().into());
    api.store.commit(key, entry.revision, change).await.expect("it answers");
    assert!(api.get(POLICIES).await.body["items"][0]["spec"]["validations"][0]["expression"] == "object.");
    let refused = api.post(MAPS, &config_map("a", &json!({}))).await;
    assert!(refused.message().contains(&format!("{DENIED}compilation error: compilation failed: ")), "{}", refused.message());
    let labelled = api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"metadata": {"labels": {"a": "b"}}})).await;
    assert_eq!(labelled.code, 200, "what did not change is not judged anew: {}", labelled.body);
    let worse = api.patch(&format!("{POLICIES}/p"), MERGE, &json!({"spec": {"failurePolicy": "Ignore"}})).await;
    worse.refused(422, "Invalid");
}

#[tokio::test]
async fn the_plugin_can_be_turned_off() {
    let store: std::sync::Arc<dyn Store> = std::sync::Arc::new(MemoryStore::new());
    let disabled: Vec<PluginName> = vec!["ValidatingAdmissionPolicy".parse().expect("a plugin")];
    let plugins = Plugins::default().switched(&[], &disabled).expect("it can be turned off");
    let ambient = Ambient::pinned("2026-11-22T10:00:00Z".parse().expect("a time"));
    let opened = Api::with_plugins(std::sync::Arc::clone(&store), ambient, ServiceRanges::default(), plugins).await.expect("it opens");
    let api = TestApi::around(opened, store);
    enforce(&api, &validation("false")).await;
    assert!(admits(&api, "a").await);
}

#[tokio::test]
async fn a_lost_race_is_judged_again_with_what_won() {
    let api = TestApi::new().await;
    api.create(MAPS, &config_map("a", &json!({"step": "1"}))).await;
    enforce(&api, &validation("oldObject == null || int(object.data.step) > int(oldObject.data.step)")).await;
    // What the cache does not know yet is what counts.
    let key = "/registry/core/configmaps/default/a";
    let entry = api.store.get(key).await.expect("it answers").expect("it is there");
    let mut won: Value = serde_json::from_slice(&entry.value).expect("JSON");
    won["data"]["step"] = "5".into();
    api.store.commit(key, entry.revision, Change::Put(won.to_string().into_bytes().into())).await.expect("it answers");
    api.patch(&format!("{MAPS}/a"), MERGE, &json!({"data": {"step": "3"}})).await.refused(422, "Invalid");
    assert_eq!(api.patch(&format!("{MAPS}/a"), MERGE, &json!({"data": {"step": "6"}})).await.code, 200);
    assert!(entry.revision > Revision::ZERO);
}

#[tokio::test]
async fn names_that_are_generated_are_told_in_denials() {
    let api = TestApi::new().await;
    enforce(&api, &validation("request.userInfo.username == 'nobody'")).await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "made-"}});
    let refused = api.ask_as(&Identity::in_process(), "POST", MAPS, &[("content-type", super::JSON)], map.to_string().as_bytes()).await;
    refused.refused(422, "Invalid");
    assert!(refused.message().starts_with("configmaps \"made-"), "{}", refused.message());
}
