use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.at("2026-11-22T10:05:30Z");
    env
}

#[test]
fn one_kind_is_a_table() {
    let env = shop();
    assert_shows!(env.run("get deployments -n shop"), @"");
    assert_shows!(env.run("get deploy -n shop -o wide"), @"");
    assert_shows!(env.run("get cm -A"), @"");
    assert_shows!(env.run("get cm -n shop --show-labels --no-headers"), @"");
    assert_shows!(env.run("get ns"), @"");
}

#[test]
fn several_kinds_are_tables_with_prefixed_names() {
    let env = shop();
    assert_shows!(env.run("get deploy,svc -n shop"), @"");
    assert_shows!(env.run("get all -A"), @"");
    assert_shows!(env.run("get deploy/web svc/web secret/login -n shop"), @"");
}

#[test]
fn objects_are_printed_whole() {
    let env = shop();
    assert_shows!(env.run("get deploy web -n shop -o yaml"), @"");
    assert_shows!(env.run("get cm/settings -n shop -o json --show-managed-fields"), @"");
    assert_shows!(env.run("get cm -n shop -o yaml -l app=web"), @"");
    assert_shows!(env.run("get deploy,svc,secrets -n shop -o name"), @"");
}

#[test]
fn selectors_choose() {
    let env = shop();
    for name in ["a", "b"] {
        env.write("a.yaml", config_map(name, "1"));
        env.prepare("apply -f a.yaml");
    }
    assert_shows!(env.run("get cm -A -l app=web"), @"");
    assert_shows!(env.run("get cm -A -l app!=web,app"), @"");
    assert_shows!(env.run("get cm --field-selector metadata.name=b"), @"");
    assert_shows!(env.run("get cm --field-selector data.key=1"), @"");
    assert_shows!(env.run("get cm -l app=="), @"");
}

#[test]
fn nothing_is_told_as_nothing() {
    let env = TestEnv::new();
    assert_shows!(env.run("get svc -n shop"), @"");
    assert_shows!(env.run("get pods"), @"");
    assert_shows!(env.run("get pods -A"), @"");
    assert_shows!(env.run("get pods -o json"), @"");
    assert_shows!(env.run("get pods -o yaml"), @"");
    assert_shows!(env.run("get pods -o name"), @"");
    assert_shows!(env.run("get pods web db"), @"");
    assert_shows!(env.run("get pods web --ignore-not-found"), @"");
    assert_shows!(env.run("get pods web -o yaml"), @"");
}

#[test]
fn a_mistyped_kind_comes_with_a_guess() {
    let env = TestEnv::new();
    assert_shows!(env.run("get deploymets"), @"");
    assert_shows!(env.run("get po,scv"), @"");
    assert_shows!(env.run("get deployments.batch"), @"");
    assert_shows!(env.run("get xyzzy"), @"");
}

#[test]
fn arguments_that_contradict_each_other_are_refused() {
    let env = TestEnv::new();
    assert_shows!(env.run("get"), @"");
    assert_shows!(env.run("get pods web -l app=web"), @"");
    assert_shows!(env.run("get pods web -A"), @"");
    assert_shows!(env.run("get pods/web svc"), @"");
    assert_shows!(env.run("get pods,svc web db"), @"");
    assert_shows!(env.run("get pods -o xml"), @"");
}
