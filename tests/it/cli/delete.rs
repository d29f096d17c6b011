use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env
}

#[test]
fn what_the_manifests_describe_goes_and_the_namespace_says_who_empties_it() {
    let env = shop();
    assert_shows!(env.run("delete -f shop.yaml --dry-run"), @r#"
    deployment.apps "web" deleted from shop namespace (dry run)
    service "web" deleted from shop namespace (dry run)
    configmap "settings" deleted from shop namespace (dry run)
    secret "login" deleted from shop namespace (dry run)
    namespace "shop" deleted (dry run)
    [stderr]
    comparing with local store store
    "#);
    assert_shows!(env.run("delete -f shop.yaml"), @r#"
    deployment.apps "web" deleted from shop namespace
    service "web" deleted from shop namespace
    configmap "settings" deleted from shop namespace
    secret "login" deleted from shop namespace
    namespace "shop" deleted
    [stderr]
    deleting from local store store
    "#);
    assert_shows!(env.run("get ns shop"), @r#"
    [stderr]
    error: from server (NotFound): namespaces "shop" not found
    [exit 1]
    "#);
    assert_shows!(env.run("delete -f shop.yaml -l app=web"), @r#"
    [stderr]
    deleting from local store store
    error: shop.yaml:6:1: deployment.apps/web: from server (NotFound): deployments.apps "web" not found
    error: shop.yaml:34:1: configmap/settings: from server (NotFound): configmaps "settings" not found
    [exit 1]
    "#);
    assert_shows!(env.run("delete -f shop.yaml -l app=web --ignore-not-found"), @r"
    [stderr]
    deleting from local store store
    ");
}

#[test]
fn objects_go_by_name_selector_and_type() {
    let env = shop();
    assert_shows!(env.run("delete deploy web -n shop"), @r#"
    deployment.apps "web" deleted from shop namespace
    [stderr]
    deleting from local store store
    "#);
    assert_shows!(env.run("delete svc/web secret/login -n shop -o name"), @r"
    service/web
    secret/login
    [stderr]
    deleting from local store store
    ");
    assert_shows!(env.run("delete cm -A -l app=web"), @r#"
    configmap "settings" deleted from shop namespace
    [stderr]
    deleting from local store store
    "#);
    assert_shows!(env.run("delete cm --all -n shop --wait"), @r"
    [stderr]
    deleting from local store store
    No resources found
    ");
    assert_shows!(env.run("delete cm web --force"), @r#"
    [stderr]
    deleting from local store store
    error: from server (NotFound): configmaps "web" not found
    [exit 1]
    "#);
}

#[test]
fn many_objects_are_told_in_order() {
    let env = TestEnv::new();
    let set: Vec<String> = (10..40).map(|number| config_map(&format!("m-{number}"), "1")).collect();
    env.write("set.yaml", set.join("---\n"));
    env.prepare("apply -f set.yaml");
    let output = env.run("delete -f set.yaml");
    let expected: String = (10..40).map(|number| format!("configmap \"m-{number}\" deleted from default namespace\n")).collect();
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str(), output.code()),
        (expected.as_str(), "deleting from local store store\n", Some(0))
    );
}

#[test]
fn a_definition_goes_with_its_objects_though_there_is_no_server() {
    let env = TestEnv::new();
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: coins.example.com}\n\
        spec:\n  group: example.com\n  scope: Namespaced\n  names: {plural: coins, kind: Coin}\n\
        \x20 versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n";
    let coin = "apiVersion: example.com/v1\nkind: Coin\nmetadata: {name: one}\n";
    env.write("set.yaml", format!("{definition}---\n{coin}"));
    env.prepare("apply -f set.yaml");
    assert_shows!(env.run("delete crd coins.example.com"), @r#"
    customresourcedefinition.apiextensions.k8s.io "coins.example.com" deleted
    [stderr]
    deleting from local store store
    "#);
    let left = env.run("get crd -o name");
    assert_eq!((left.stdout.as_str(), left.code()), ("", Some(0)), "{}", left.stderr);
}

#[test]
fn a_wait_that_takes_too_long_names_the_object() {
    let env = TestEnv::new();
    env.write("held.yaml", config_map("held", "1").replace("metadata:", "metadata:\n  finalizers: [example.com/hold]"));
    env.prepare("apply -f held.yaml");
    assert_shows!(env.run("delete cm held --timeout 1s"), @r#"
    configmap "held" deleted from default namespace
    [stderr]
    deleting from local store store
    configmap/held in namespace default: waiting for the finalizer example.com/hold
    error: configmap/held was not gone after 1 s: waiting for the finalizer example.com/hold
    [exit 1]
    "#);
    assert_shows!(env.run("delete cm held --wait=false"), @r#"
    configmap "held" deleted from default namespace
    [stderr]
    deleting from local store store
    "#);
}

#[test]
fn arguments_that_do_not_say_what_to_delete_are_refused() {
    let env = TestEnv::new();
    assert_shows!(env.run("delete"), @r"
    [stderr]
    error: say what to delete: -f FILE, TYPE NAME, TYPE -l SELECTOR, TYPE --all or --applyset NAME
    [exit 2]
    ");
    assert_shows!(env.run("delete cm"), @r"
    [stderr]
    error: say which objects: NAME, -l SELECTOR or --all
    [exit 2]
    ");
    assert_shows!(env.run("delete cm a --all"), @r"
    [stderr]
    error: a name cannot be given together with a selector or --all
    [exit 2]
    ");
    assert_shows!(env.run("delete cm a -A"), @r"
    [stderr]
    error: an object cannot be deleted by name across all namespaces
    [exit 2]
    ");
    assert_shows!(env.run("delete cm a -f x.yaml"), @r"
    [stderr]
    error: -f and resource arguments cannot be given together
    [exit 2]
    ");
    assert_shows!(env.run("delete cm --all -l a=b"), @r"
    [stderr]
    error: --all and a selector cannot be given together
    [exit 2]
    ");
    assert_shows!(env.run("delete cm a --timeout soon"), @r#"
    [stderr]
    error: invalid value 'soon' for '--timeout <TIME>': "soon" is no time; write 30s, 5m or 1h

    For more information, try '--help'.
    [exit 2]
    "#);
}
