use std::os::unix::fs::PermissionsExt as _;

use super::SHOP;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::server::{Engine, TestServer, on_every_engine};

fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env
}

#[test]
fn a_namespace_is_written_as_it_was_declared_with_its_defaults() {
    let env = shop();
    assert_shows!(env.run("dump -n shop"), @"");
    assert_shows!(env.run("dump -n shop --defaults drop"), @"");
}

#[test]
fn a_dump_is_no_difference_to_what_it_is_of_and_to_what_is_made_of_it() {
    let env = shop();
    for defaults in ["keep", "drop"] {
        let dump = env.run(&format!("dump -n shop --include-secrets --defaults {defaults} -q"));
        env.write("dump.yaml", &dump.stdout);
        assert_shows!(env.run("diff -f dump.yaml"), @"");
        let other = format!("--local other-{defaults}");
        env.prepare(&format!("apply -f dump.yaml {other}"));
        assert_shows!(env.run(&format!("diff -f dump.yaml {other}")), @"");
        let again = env.run(&format!("dump -n shop --include-secrets --defaults {defaults} -q {other}"));
        assert_eq!(again.stdout, dump.stdout);
    }
}

#[test]
fn each_object_gets_its_file_and_those_of_secrets_are_private() {
    let env = shop();
    env.write("out/old.yaml", "");
    assert_shows!(env.run("dump -n shop --output-dir out --include-secrets"), @"");
    let mut names: Vec<_> = std::fs::read_dir(env.path("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "namespace_shop.yaml",
            "old.yaml",
            "shop_configmap_settings.yaml",
            "shop_deployment.apps_web.yaml",
            "shop_secret_login.yaml",
            "shop_service_web.yaml"
        ]
    );
    let mode = |name: &str| std::fs::metadata(env.path("out").join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("shop_secret_login.yaml"), 0o600);
    env.prepare("apply -f out/shop_secret_login.yaml");
    assert_shows!(env.run("dump cm/settings -n shop --output-dir out/json -o json"), @"");
    assert_shows!(env.shell("cat out/json/shop_configmap_settings.json"), @"");
    assert_shows!(env.run("dump -n shop --output-dir shop.yaml"), @"");
}

#[test]
fn kinds_names_labels_and_sets_select() {
    let env = shop();
    assert_shows!(env.run("dump deploy,cm -l app=web -n shop -o json"), @"");
    assert_shows!(env.run("dump cm settings none -n shop"), @"");
    assert_shows!(env.run("dump -f shop.yaml -l app=web --defaults drop"), @"");
    env.prepare("delete cm settings -n shop -q");
    assert_shows!(env.run("dump -f shop.yaml -l app=web --defaults drop"), @"");
}

#[test]
fn secrets_are_written_on_demand_alone() {
    let env = shop();
    assert_shows!(env.run("dump secrets -n shop"), @"");
    assert_shows!(env.run("dump -f shop.yaml --output-dir out"), @"");
    for arguments in ["dump -n shop", "dump -A", "dump -f shop.yaml"] {
        let output = env.run(arguments);
        assert!(!output.stdout.contains("kind: Secret"), "{output}");
    }
    assert_shows!(env.run("dump secrets -n shop --include-secrets"), @"");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let env = shop();
    assert_shows!(env.run("dump cm -f shop.yaml"), @"");
    assert_shows!(env.run("dump -A -f shop.yaml"), @"");
    assert_shows!(env.run("dump cm/a -A"), @"");
    assert_shows!(env.run("dump cm/a -l b=c"), @"");
    assert_shows!(env.run("dump things"), @"");
    assert_shows!(env.run("dump -n none"), @"");
}

const OWNED: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: made
  namespace: shop
  ownerReferences:
  - {apiVersion: apps/v1, kind: Deployment, name: web, uid: UID, controller: true}
";

#[test]
fn what_controllers_made_is_written_on_demand_alone() {
    let env = shop();
    let uid = env.run("get deploy web -n shop -o jsonpath={.metadata.uid}").stdout.clone();
    env.write("owned.yaml", OWNED.replace("UID", &uid));
    env.prepare("apply -f owned.yaml");
    assert_shows!(env.run("dump cm -n shop"), @"");
    assert_shows!(env.run("dump cm -n shop --owned"), @"");
}

on_every_engine!(run everything_of_a_server_applies_to_an_empty_one);

fn everything_of_a_server_applies_to_an_empty_one(engine: Engine) {
    let server = TestServer::start(engine);
    let env = TestEnv::without_target();
    env.at_present();
    let target = format!("--kubeconfig {}", server.kubeconfig().display());
    env.write("shop.yaml", SHOP);
    env.prepare(&format!("apply -f shop.yaml {target}"));
    let dump = env.run(&format!("dump -A --include-secrets {target}"));
    assert_eq!(dump.code(), Some(0), "{dump}");
    env.write("dump.yaml", &dump.stdout);
    for target in [target.as_str(), "--local empty"] {
        env.prepare(&format!("apply -f dump.yaml {target}"));
        let diff = env.run(&format!("diff -f dump.yaml {target}"));
        assert_eq!(
            (diff.code(), diff.stdout.as_str()),
            (Some(0), "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 5 unchanged.\n")
        );
    }
}
