use serde_json::{Value, json};

use super::*;
use crate::client::ServedResource;
use crate::object::{Gvk, Object};
use crate::plan::{Namespaces, place};

fn discovery() -> Discovery {
    Discovery::of(vec![
        ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
        ServedResource::named("", "v1", "Secret", "secrets", true),
        ServedResource::named("", "v1", "Service", "services", true),
        ServedResource::named("", "v1", "ServiceAccount", "serviceaccounts", true),
        ServedResource::named("", "v1", "Namespace", "namespaces", false),
        ServedResource::named("apps", "v1", "Deployment", "deployments", true),
        ServedResource::named("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
        ServedResource::named("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
        ServedResource::named(
            "admissionregistration.k8s.io",
            "v1",
            "ValidatingWebhookConfiguration",
            "validatingwebhookconfigurations",
            false,
        ),
    ])
}

/// An object by its kind and name, with annotations; those of namespaced kinds are in the namespace `a`.
#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
fn of(kind: &str, name: &str, annotations: Value) -> Value {
    let version = match kind {
        "Deployment" => "apps/v1",
        "ClusterRole" => "rbac.authorization.k8s.io/v1",
        "ValidatingWebhookConfiguration" => "admissionregistration.k8s.io/v1",
        "Thing" => "x.io/v1",
        _ => "v1",
    };
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "annotations": annotations}})
}

fn plain(kind: &str, name: &str) -> Value {
    of(kind, name, json!({}))
}

fn depends(kind: &str, name: &str, on: &str) -> Value {
    of(kind, name, json!({"config.kubernetes.io/depends-on": on}))
}

fn wave_of(kind: &str, name: &str, wave: &str) -> Value {
    of(kind, name, json!({"trueup.dev/wave": wave}))
}

fn definition() -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.x.io"}, "spec": {"group": "x.io", "scope": "Namespaced",
        "names": {"kind": "Thing", "plural": "things"}, "versions": [{"name": "v1", "served": true}]}})
}

fn set(values: Vec<Value>) -> Vec<Placed> {
    let namespaces = Namespaces { default: "a".to_owned(), enforced: false };
    let objects = values.into_iter().map(|value| (Object::from_value(value).expect("an object"), None));
    let (placed, failures) = place(objects, &discovery(), &namespaces);
    assert!(failures.is_empty(), "{failures:?}");
    placed
}

/// The steps as text: the wave and the names.
fn steps(values: Vec<Value>) -> Vec<String> {
    let set = set(values);
    let order = Order::of(&set, &discovery()).expect("an order");
    let names = |step: &Step| step.objects.iter().map(|number| set[*number].key.name.clone()).collect::<Vec<_>>().join(" ");
    order.steps().iter().map(|step| format!("{}: {}", step.wave, names(step))).collect()
}

fn faults(values: Vec<Value>) -> Vec<String> {
    let told = |failure: Failure| format!("{}: {}", failure.name, failure.error);
    Order::of(&set(values), &discovery()).expect_err("no order").into_iter().map(told).collect()
}

#[test]
fn without_annotations_kinds_come_by_what_refers_to_what() {
    let kinds = [
        ("ValidatingWebhookConfiguration", "judge"),
        ("Thing", "thing"),
        ("Deployment", "web"),
        ("Service", "web-service"),
        ("ClusterRole", "role"),
        ("Secret", "login"),
        ("ConfigMap", "settings"),
        ("ServiceAccount", "account"),
        ("Namespace", "n"),
    ];
    let values = kinds.iter().map(|(kind, name)| plain(kind, name)).chain([definition()]).collect();
    assert_eq!(
        steps(values),
        ["0: n", "0: things.x.io", "0: account", "0: login settings", "0: role", "0: web-service", "0: web", "0: thing", "0: judge"]
    );
}

#[test]
fn every_kind_that_others_name_comes_before_them() {
    let rank = |group: &str, kind: &str| rank(&Gvk::new(group, "v1", kind));
    let rbac = "rbac.authorization.k8s.io";
    let admission = "admissionregistration.k8s.io";
    for (first, second) in [
        (("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")),
        (("scheduling.k8s.io", "PriorityClass"), ("apps", "Deployment")),
        (("", "ResourceQuota"), ("", "Pod")),
        (("networking.k8s.io", "NetworkPolicy"), ("", "Pod")),
        (("storage.k8s.io", "StorageClass"), ("", "PersistentVolume")),
        (("", "PersistentVolume"), ("", "PersistentVolumeClaim")),
        (("", "PersistentVolumeClaim"), ("apps", "StatefulSet")),
        (("", "ServiceAccount"), (rbac, "RoleBinding")),
        ((rbac, "Role"), (rbac, "RoleBinding")),
        ((rbac, "ClusterRoleBinding"), ("batch", "Job")),
        (("", "ServiceAccount"), ("", "Secret")),
        (("", "Service"), ("apps", "StatefulSet")),
        (("apps", "Deployment"), ("autoscaling", "HorizontalPodAutoscaler")),
        (("networking.k8s.io", "IngressClass"), ("networking.k8s.io", "Ingress")),
        (("", "Service"), ("networking.k8s.io", "Ingress")),
        (("apps", "Deployment"), ("x.io", "Thing")),
        (("x.io", "Thing"), ("apiregistration.k8s.io", "APIService")),
        (("x.io", "Thing"), (admission, "ValidatingAdmissionPolicy")),
        ((admission, "ValidatingAdmissionPolicy"), (admission, "ValidatingAdmissionPolicyBinding")),
        (("x.io", "Thing"), (admission, "MutatingWebhookConfiguration")),
    ] {
        assert!(rank(first.0, first.1) < rank(second.0, second.1), "{first:?} before {second:?}");
    }
    assert_eq!(rank("x.io", "Namespace"), rank("x.io", "Thing"), "a kind of another group is another kind");
}

#[test]
fn a_dependency_is_stronger_than_the_rank_of_its_kind() {
    let set = vec![
        depends("ConfigMap", "last", "apps/namespaces/a/Deployment/db"),
        plain("Deployment", "db"),
        depends("Deployment", "web", "apps/namespaces/a/Deployment/db,/namespaces/a/ConfigMap/last"),
        plain("Service", "other"),
    ];
    assert_eq!(steps(set), ["0: other", "0: db", "0: last", "0: web"]);
}

#[test]
fn what_lives_in_a_namespace_or_is_of_a_kind_of_the_set_waits_with_it() {
    let set = vec![
        plain("ConfigMap", "settings"),
        plain("Thing", "thing"),
        depends("Namespace", "a", "rbac.authorization.k8s.io/ClusterRole/role"),
        plain("ClusterRole", "role"),
        definition(),
    ];
    assert_eq!(steps(set), ["0: things.x.io", "0: role", "0: a", "0: settings", "0: thing"]);
}

#[test]
fn waves_come_by_number_and_what_names_none_in_the_wave_0() {
    let argo = of("Secret", "argo", json!({"argocd.argoproj.io/sync-wave": "1"}));
    let both = of("Secret", "both", json!({"argocd.argoproj.io/sync-wave": "-9", "trueup.dev/wave": "1"}));
    let set = vec![wave_of("Service", "late", "2"), plain("Deployment", "web"), wave_of("ClusterRole", "early", "-3"), argo, both];
    assert_eq!(steps(set), ["-3: early", "0: web", "1: argo both", "2: late"]);
}

#[test]
fn namespaces_and_definitions_come_first_unless_they_name_a_wave() {
    let set = vec![wave_of("ConfigMap", "early", "-1"), plain("Namespace", "a"), definition(), wave_of("Namespace", "b", "4")];
    assert_eq!(steps(set), ["-1: a", "-1: things.x.io", "-1: early", "4: b"]);
    let set = vec![plain("ConfigMap", "in-it"), wave_of("Namespace", "a", "4"), plain("ClusterRole", "role")];
    assert_eq!(steps(set), ["0: role", "4: a", "4: in-it"], "what names no wave comes with what it stands on");
}

#[test]
fn a_dependency_in_a_later_wave_is_refused_where_both_are_named() {
    let on_b = "/namespaces/a/ConfigMap/b";
    let mut early = depends("ConfigMap", "a", on_b);
    let set = |early: Value| vec![early, wave_of("ConfigMap", "b", "1")];
    assert_eq!(steps(set(early.clone())), ["1: b", "1: a"]);
    early["metadata"]["annotations"]["trueup.dev/wave"] = "0".into();
    assert_eq!(faults(set(early)), ["configmap/a: it is in wave 0, but stands on configmap/b in namespace a, which comes in wave 1"]);
}

#[test]
fn objects_in_a_circle_have_no_order() {
    let on = |name: &str| format!("/namespaces/a/ConfigMap/{name}");
    let set = vec![depends("ConfigMap", "x", &on("y")), depends("ConfigMap", "y", &on("z")), depends("ConfigMap", "z", &on("x"))];
    let circle = "configmap/x in namespace a → configmap/y in namespace a → configmap/z in namespace a → configmap/x in namespace a";
    assert_eq!(faults(set), [format!("configmap/x: it depends on itself: {circle}")]);
    assert_eq!(
        faults(vec![depends("ConfigMap", "x", &on("x"))]),
        ["configmap/x: it depends on itself: configmap/x in namespace a → configmap/x in namespace a"]
    );
    assert_eq!(
        faults(vec![plain("ConfigMap", "x"), depends("Namespace", "a", &on("x"))]),
        ["namespace/a: it depends on itself: namespace/a → configmap/x in namespace a → namespace/a"],
        "an object stands on its namespace without a word"
    );
}

#[test]
fn every_annotation_that_cannot_be_followed_is_told() {
    let set = vec![
        depends("ConfigMap", "a", "apps/Deployment"),
        depends("ConfigMap", "b", "apps/namespaces/a/Deployment/db, "),
        depends("ConfigMap", "c", "y.io/Other/x"),
        depends("ConfigMap", "d", "apps/Deployment/db"),
        depends("ConfigMap", "e", "rbac.authorization.k8s.io/namespaces/a/ClusterRole/r"),
        depends("ConfigMap", "f", ""),
        depends("ConfigMap", "g", "/namespaces//ConfigMap/a"),
        wave_of("ConfigMap", "h", "one"),
        wave_of("ConfigMap", "i", "3000000000"),
    ];
    let form = "is neither GROUP/KIND/NAME nor GROUP/namespaces/NAMESPACE/KIND/NAME";
    let key = "config.kubernetes.io/depends-on";
    let number = "is no whole number between -2147483648 and 2147483647";
    assert_eq!(
        faults(set),
        [
            format!("configmap/a: {key}: \"apps/Deployment\" {form}"),
            format!("configmap/b: {key}: \"\" {form}"),
            "configmap/c: it depends on y.io/Other/x, but the server serves no such kind and the set defines none".to_owned(),
            "configmap/d: it depends on apps/Deployment/db, but objects of that kind have a namespace".to_owned(),
            "configmap/e: it depends on rbac.authorization.k8s.io/namespaces/a/ClusterRole/r, but objects of that kind have no namespace"
                .to_owned(),
            format!("configmap/f: {key}: \"\" {form}"),
            format!("configmap/g: {key}: \"/namespaces//ConfigMap/a\" {form}"),
            format!("configmap/h: trueup.dev/wave: \"one\" {number}"),
            format!("configmap/i: trueup.dev/wave: \"3000000000\" {number}"),
        ]
    );
}

#[test]
fn circles_and_waves_are_told_together_with_what_is_not_known() {
    let on = |name: &str| format!("/namespaces/a/ConfigMap/{name}");
    let late = of("ConfigMap", "late", json!({"config.kubernetes.io/depends-on": on("later"), "trueup.dev/wave": "1"}));
    let unknown = depends("ConfigMap", "c", "y.io/Other/x");
    let told = faults(vec![unknown.clone(), late.clone(), wave_of("ConfigMap", "later", "2")]);
    assert_eq!(
        told,
        [
            "configmap/c: it depends on y.io/Other/x, but the server serves no such kind and the set defines none",
            "configmap/late: it is in wave 1, but stands on configmap/later in namespace a, which comes in wave 2",
        ]
    );
    let told = faults(vec![depends("ConfigMap", "x", &on("y")), depends("ConfigMap", "y", &on("x")), unknown, late]);
    assert_eq!(told.len(), 2, "in which wave things are is not known where they go in circles: {told:?}");
    assert!(told[0].starts_with("configmap/x: it depends on itself: "), "{told:?}");
}

/// What keeps a set from having an order, with a server that has nothing, or cannot be asked.
async fn not_found(values: Vec<Value>, status: u16) -> Result<Vec<String>, String> {
    let (client, _) = crate::client::testing::scripted(move |_| {
        let refusal = crate::object::Refusal::new(if status == 404 { Reason::NotFound } else { Reason::Unauthorized }, "no");
        crate::client::testing::answer(status, refusal.to_json())
    });
    let found = Order::found(&set(values), &discovery(), &client).await.map_err(|error| error.to_string())?;
    let told = |failure: Failure| format!("{}: {}", failure.name, failure.error);
    Ok(found.expect_err("no order").into_iter().map(told).collect())
}

#[tokio::test]
async fn what_the_server_does_not_have_is_told_together_with_all_else() {
    let set = || vec![wave_of("ConfigMap", "a", "one"), depends("ConfigMap", "b", "apps/namespaces/a/Deployment/db")];
    let wave = "configmap/a: trueup.dev/wave: \"one\" is no whole number between -2147483648 and 2147483647".to_owned();
    let missing = "configmap/b: it depends on apps/namespaces/a/Deployment/db, which is neither in the set nor on the server".to_owned();
    assert_eq!(not_found(set(), 404).await, Ok(vec![wave, missing.clone()]));
    assert_eq!(not_found(set().split_off(1), 404).await, Ok(vec![missing]));
    let unknown = "configmap/b: it depends on apps/namespaces/a/Deployment/db, of which nothing is known: no".to_owned();
    assert_eq!(not_found(set().split_off(1), 401).await, Ok(vec![unknown]));
}

#[test]
fn what_is_not_in_the_set_is_looked_for_once_and_outside() {
    let on = "apps/namespaces/b/Deployment/db";
    let set = set(vec![depends("ConfigMap", "x", on), depends("Secret", "y", on)]);
    let order = Order::of(&set, &discovery()).expect("an order");
    let outside: Vec<_> = order.outside().iter().map(|outside| (outside.full_name(), outside.dependents.clone())).collect();
    assert_eq!(outside, [("deployment.apps/db in namespace b".to_owned(), vec![0, 1])]);
    assert!(order.depends_on(1).contains(&Need::Outside(0)));
}

#[test]
fn a_deletion_does_not_care_for_what_is_outside() {
    let set = set(vec![depends("ConfigMap", "x", "y.io/Other/x"), depends("ConfigMap", "y", "/namespaces/a/ConfigMap/x")]);
    let order = Order::of_deletion(&set).expect("an order");
    assert_eq!((order.dependents(), order.outside().len()), (vec![vec![1], vec![]], 0));
}

#[test]
fn a_long_chain_has_as_many_steps() {
    let on = |number: usize| format!("/namespaces/a/ConfigMap/m-{}", number + 1);
    let chain = (0..5_000).map(|number| depends("ConfigMap", &format!("m-{number}"), &on(number)));
    let set = set(chain.chain([plain("ConfigMap", "m-5000")]).collect());
    let order = Order::of(&set, &discovery()).expect("an order");
    assert_eq!((order.steps().len(), order.steps()[0].objects.as_slice()), (5_001, &[5_000][..]));
}
