//! `apply --atomic`: all of it, or as if nothing had been applied.

use super::{SHOP, config_map};
use crate::harness::cli::{NOW, TestEnv, assert_shows};
use crate::harness::etcd::EtcdServer;
use crate::harness::server::{Engine, TestServer};

/// A name that no server takes.
fn refused() -> String {
    config_map("Not_A_Name", "1")
}

fn fixed(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed}}\nimmutable: true\ndata: {{key: {value}}}\n")
}

/// Everything that is there, without what counts writes.
fn state(env: &TestEnv) -> String {
    let all = env.run("get cm,secrets,services,namespaces,deployments -A -o json --show-managed-fields");
    let counts = |line: &&str| !line.contains("\"resourceVersion\"") && !line.contains("\"generation\"");
    all.stdout.lines().filter(counts).map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_could_not_be_applied_as_a_whole_leaves_no_trace() {
    let env = TestEnv::new();
    env.write("before.yaml", [config_map("a", "old").as_str(), SHOP].join("---\n"));
    env.prepare("apply -f before.yaml");
    env.write("theirs.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {theirs: \"1\"}\n");
    env.prepare("apply -f theirs.yaml --field-manager somebody");
    let before = state(&env);
    env.at("2026-11-22T11:00:00Z");
    let shop = SHOP.replace("replicas: 2", "replicas: 5").replace("LOG_LEVEL: info", "LOG_LEVEL: debug");
    env.write("set.yaml", [config_map("a", "new"), config_map("b", "1"), refused(), shop].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml --atomic"), @"");
    assert_eq!(state(&env), before, "not even the managers of fields are others");
}

#[test]
fn what_was_replaced_and_pruned_is_made_again() {
    let env = TestEnv::new();
    env.write("set.yaml", [config_map("a", "1"), config_map("gone", "1"), fixed("old")].join("---\n"));
    env.prepare("apply -f set.yaml -n default --applyset shop --prune");
    let pods = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n";
    env.write("set.yaml", [config_map("a", "2").as_str(), &fixed("new"), pods].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml -n default --applyset shop --prune --replace --atomic --wait --timeout 1s"), @"");
    assert_shows!(env.run("get cm fixed gone a -o custom-columns=NAME:.metadata.name,KEY:.data.key"), @"");
    assert_shows!(env.run("history --applyset shop -n default --no-headers"), @"");
    env.write("set.yaml", [config_map("a", "1"), config_map("gone", "1"), fixed("old")].join("---\n"));
    assert_shows!(env.run("diff -f set.yaml -n default --applyset shop --prune"), @"");
}

#[test]
fn a_new_set_that_fails_leaves_neither_namespace_nor_parent() {
    let env = TestEnv::new();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    env.write("set.yaml", [namespace, &config_map("a", "1"), &refused()].join("---\n"));
    let before = state(&env);
    assert_shows!(env.run("apply -f set.yaml --applyset shop --applyset-namespace shop --atomic"), @"");
    assert_eq!(state(&env), before);
}

#[test]
fn what_others_changed_meanwhile_stays_and_is_told() {
    let env = TestEnv::new();
    env.write("set.yaml", [config_map("a", "1"), refused()].join("---\n"));
    env.prepare("apply -f set.yaml --field-manager x --dry-run");
    // Without a failure nothing is undone, and a dry run has nothing to undo.
    env.write("set.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply -f set.yaml --atomic"), @"");
    env.write("set.yaml", [config_map("a", "2"), refused()].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml --atomic --dry-run"), @"");
    env.write("set.yaml", [config_map("a", "1"), refused()].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml --atomic"), @"");
}

#[test]
fn applies_are_undone_on_every_target() {
    let server = TestServer::start(Engine::Sqlite);
    let remote = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
    remote.at_present();
    let etcd = EtcdServer::start();
    let distributed = TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint());
    distributed.at(NOW);
    for env in [remote, distributed] {
        env.write("before.yaml", config_map("a", "old"));
        env.prepare("apply -f before.yaml");
        let before = env.run("get cm -A -o json --field-selector metadata.name=a --show-managed-fields").stdout;
        env.write("set.yaml", [config_map("a", "new"), config_map("b", "1"), refused()].join("---\n"));
        let undone = env.run("apply -f set.yaml --atomic");
        assert!(undone.stderr.contains("Undone: 1 deleted, 1 put back, 0 made again, 0 could not be undone."), "{undone}");
        assert_eq!(undone.code(), Some(1));
        let after = env.run("get cm -A -o json --field-selector metadata.name=a --show-managed-fields").stdout;
        let plain = |text: &str| text.lines().filter(|line| !line.contains("resourceVersion")).collect::<Vec<_>>().join("\n");
        assert_eq!(plain(&after), plain(&before));
        assert_eq!(env.run("get cm b").code(), Some(1));
    }
}
