use serde_json::Value;

use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::server::{Engine, TestServer, on_every_engine};

/// The shop as it was applied, five minutes ago.
fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.at("2026-11-22T10:05:00Z");
    env
}

/// Applies a manifest in another's name.
fn meddle(env: &TestEnv, who: &str, manifest: &str) {
    env.write("other.yaml", manifest);
    env.prepare(&format!("apply -f other.yaml --field-manager {who} --force-conflicts -q"));
}

const SETTINGS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
  annotations: {team: night}
data:
  LOG_LEVEL: debug
";

const SCALED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 5
  template:
    spec:
      containers:
      - name: sidecar
        image: envoy
";

const LOGIN: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: login
  namespace: shop
stringData:
  password: other-not-to-be-seen
";

#[test]
fn a_set_that_nobody_touched_has_not_drifted() {
    let env = shop();
    assert_shows!(env.run("drift -f shop.yaml --exit-code"), @"");
}

#[test]
fn what_others_changed_is_told_by_field_and_manager_with_times() {
    let env = shop();
    meddle(&env, "ops", SETTINGS);
    meddle(&env, "hpa", SCALED);
    env.at("2026-11-22T10:06:00Z");
    meddle(&env, "vault", LOGIN);
    env.prepare("delete svc web -n shop -q");
    assert_shows!(env.run("drift -f shop.yaml"), @"");
    assert_shows!(env.run("drift -f shop.yaml --all-fields --exit-code -l app=web"), @"");
    assert_shows!(env.run("drift -f shop.yaml -o summary --detailed-exitcode"), @"");
    assert_shows!(env.run("drift -f shop.yaml -o names --exit-code"), @"");
    assert_shows!(env.run("drift -f shop.yaml -o yaml"), @"");
    // Nothing was written.
    assert_shows!(env.run("get deploy web -n shop -o jsonpath={.spec.replicas}"), @"5");
}

#[test]
fn a_manifest_that_changed_is_no_drift() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "2"));
    assert_shows!(env.run("drift -f a.yaml --exit-code"), @"");
    assert_shows!(env.run("drift -f a.yaml --show-pending"), @"");
}

#[test]
fn values_of_secrets_are_shown_on_demand_alone() {
    let env = shop();
    meddle(&env, "vault", LOGIN);
    for form in ["text", "summary", "names", "json", "yaml"] {
        let output = env.run(&format!("drift -f shop.yaml -o {form}"));
        assert!(!output.stdout.contains("b3RoZXItbm90LXRvLWJlLXNlZW4="), "{output}");
    }
    assert!(env.run("drift -f shop.yaml --show-secrets").stdout.contains("b3RoZXItbm90LXRvLWJlLXNlZW4="));
}

#[test]
fn what_cannot_be_looked_at_is_told_and_counts() {
    let env = shop();
    env.write("odd.yaml", format!("{}---\napiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: a\n", config_map("a", "1")));
    assert_shows!(env.run("drift -f odd.yaml --exit-code"), @"");
    assert_shows!(env.run("drift -f odd.yaml -o summary --detailed-exitcode -q"), @"");
    assert_shows!(env.run("drift"), @"");
    assert_shows!(env.run("drift -f shop.yaml --exit-code --detailed-exitcode"), @"");
    assert_shows!(env.run("drift -f shop.yaml -o path --detailed-exitcode"), @"");
}

#[test]
fn hostile_names_and_values_do_not_steer_the_terminal() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    meddle(&env, "ops", &config_map("a", "\\e[2J"));
    let output = env.run("drift -f a.yaml --color always");
    assert!(!output.stdout.contains("\u{1b}[2J"), "{output}");
}

on_every_engine!(run drift_needs_one_list_for_each_kind_and_namespace_and_no_write);

fn drift_needs_one_list_for_each_kind_and_namespace_and_no_write(engine: Engine) {
    let server = TestServer::start(engine);
    let env = TestEnv::without_target();
    env.at_present();
    let target = format!("--kubeconfig {}", server.kubeconfig().display());
    env.write("shop.yaml", SHOP);
    env.prepare(&format!("apply -f shop.yaml {target}"));
    env.write("other.yaml", SETTINGS);
    env.prepare(&format!("apply -f other.yaml --field-manager ops --force-conflicts {target}"));
    let output = env.run(&format!("drift -f shop.yaml -o json --exit-code {target}"));
    assert_eq!(output.code(), Some(1), "{output}");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let drifted: Vec<&Value> = document["objects"].as_array().unwrap().iter().filter(|object| object["state"] == "drifted").collect();
    let [settings] = drifted.as_slice() else { panic!("{document}") };
    assert_eq!(settings["fields"][0]["owners"][0]["manager"], "ops");
    assert!(settings["fields"][0]["owners"][0]["time"].is_string());
    assert_eq!(document["summary"]["inSync"], 4);
}
