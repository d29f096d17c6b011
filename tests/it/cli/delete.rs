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
    assert_shows!(env.run("delete -f shop.yaml --dry-run"), @"");
    assert_shows!(env.run("delete -f shop.yaml"), @"");
    assert_shows!(env.run("get ns shop"), @"");
    assert_shows!(env.run("delete -f shop.yaml -l app=web"), @"");
    assert_shows!(env.run("delete -f shop.yaml -l app=web --ignore-not-found"), @"");
}

#[test]
fn objects_go_by_name_selector_and_type() {
    let env = shop();
    assert_shows!(env.run("delete deploy web -n shop"), @"");
    assert_shows!(env.run("delete svc/web secret/login -n shop -o name"), @"");
    assert_shows!(env.run("delete cm -A -l app=web"), @"");
    assert_shows!(env.run("delete cm --all -n shop --wait"), @"");
    assert_shows!(env.run("delete cm web --force"), @"");
}

#[test]
fn many_objects_are_told_in_order() {
    let env = TestEnv::new();
    let set: Vec<String> = (10..40).map(|number| config_map(&format!("m-{number}"), "1")).collect();
    env.write("set.yaml", set.join("---\n"));
    env.prepare("apply -f set.yaml");
    let output = env.run("delete -f set.yaml");
    let expected: String = (10..40).map(|number| format!("configmap \"m-{number}\" deleted from default namespace\n")).collect();
    assert_eq!((output.stdout.as_str(), output.stderr.as_str(), output.code()), (expected.as_str(), "deleting from local store store\n", Some(0)));
}

#[test]
fn a_wait_that_takes_too_long_names_the_object() {
    let env = TestEnv::new();
    env.write("held.yaml", config_map("held", "1").replace("metadata:", "metadata:\n  finalizers: [example.com/hold]"));
    env.prepare("apply -f held.yaml");
    assert_shows!(env.run("delete cm held --timeout 1s"), @"");
    assert_shows!(env.run("delete cm held --wait=false"), @"");
}

#[test]
fn arguments_that_do_not_say_what_to_delete_are_refused() {
    let env = TestEnv::new();
    assert_shows!(env.run("delete"), @"");
    assert_shows!(env.run("delete cm"), @"");
    assert_shows!(env.run("delete cm a --all"), @"");
    assert_shows!(env.run("delete cm a -A"), @"");
    assert_shows!(env.run("delete cm a -f x.yaml"), @"");
    assert_shows!(env.run("delete cm --all -l a=b"), @"");
    assert_shows!(env.run("delete cm a --timeout soon"), @"");
}
