//! What was applied to a set before: kept, shown, compared, and applied again.

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::etcd::EtcdServer;
use crate::harness::server::{Engine, TestServer};

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: hunter2}\n";
const APPLY: &str = "apply -f set.yaml -n default --applyset shop --prune";

/// A world with a set of two revisions: `a` and a Secret, then `a` changed and `b`.
fn two_revisions(env: &TestEnv) {
    env.write("set.yaml", [config_map("a", "1").as_str(), SECRET].join("---\n"));
    env.prepare(APPLY);
    env.at("2026-11-22T11:00:00Z");
    env.write("set.yaml", [config_map("a", "2"), config_map("b", "1")].join("---\n"));
    env.prepare(&format!("{APPLY} --message v2"));
}

#[test]
fn each_apply_that_declares_something_else_keeps_a_revision() {
    let env = TestEnv::new();
    env.write("set.yaml", config_map("a", "1"));
    assert_shows!(env.run(APPLY), @"");
    assert_shows!(env.run(APPLY), @"");
    env.write("set.yaml", config_map("a", "2"));
    env.at("2026-11-22T11:00:00Z");
    assert_shows!(env.run(&format!("{APPLY} --message rev-7f3a")), @"");
    assert_shows!(env.run("history --applyset shop -n default"), @"");
    assert_shows!(env.run("history --applyset shop -n default -o yaml"), @"");
}

#[test]
fn a_revision_shows_its_manifests_and_keeps_the_values_of_secrets_to_itself() {
    let env = TestEnv::new();
    two_revisions(&env);
    assert_shows!(env.run("history show 1 --applyset shop -n default"), @"");
    assert_shows!(env.run("history show 1 --applyset shop -n default --show-secrets -o json"), @"");
    assert_shows!(env.run("history --applyset shop -n default show 2 -o name"), @"");
    assert_shows!(env.run("history show 3 --applyset shop -n default"), @"");
}

#[test]
fn a_revision_stands_beside_the_parent_and_is_no_member() {
    let env = TestEnv::new();
    two_revisions(&env);
    let secrets = env.run("get secrets -n default -L trueup.dev/revision,trueup.dev/part");
    assert_shows!(secrets, @"");
    assert_shows!(env.run("sets -A"), @"");
}

#[test]
fn a_rollback_applies_a_revision_again_and_prunes_the_rest() {
    let env = TestEnv::new();
    two_revisions(&env);
    assert_shows!(env.run("diff --against 1 --applyset shop -n default"), @"");
    assert_shows!(env.run("rollback --applyset shop -n default --dry-run"), @"");
    assert_shows!(env.run("rollback --applyset shop -n default"), @"");
    assert_shows!(env.run("get secret login -o jsonpath={.data.password}"), @"");
    assert_shows!(env.run("diff --against 1 --applyset shop -n default"), @"");
    assert_shows!(env.run("history --applyset shop -n default"), @"");
    assert_shows!(env.run("rollback --to 2 --applyset shop -n default --message again -q"), @"");
    assert_shows!(env.run("history show 4 --applyset shop -n default"), @"");
}

#[test]
fn manifests_are_compared_with_a_revision_as_both_are_written() {
    let env = TestEnv::new();
    two_revisions(&env);
    assert_shows!(env.run("diff -f set.yaml --against 1 --applyset shop -n default"), @"");
    assert_shows!(env.run("diff -f set.yaml --against 2 --applyset shop -n default"), @"");
}

#[test]
fn no_more_revisions_stay_than_the_limit_says() {
    let env = TestEnv::new();
    for value in ["1", "2", "3"] {
        env.write("set.yaml", config_map("a", value));
        env.prepare(&format!("{APPLY} --history-limit 2"));
    }
    assert_shows!(env.run("history --applyset shop -n default --no-headers"), @"");
    env.prepare(&format!("{APPLY} --history-limit 0"));
    assert_shows!(env.run("history --applyset shop -n default"), @"");
    assert_shows!(env.run("rollback --applyset shop -n default"), @"");
}

#[test]
fn half_an_apply_keeps_nothing_and_says_how_to_go_back() {
    let env = TestEnv::new();
    two_revisions(&env);
    env.write("set.yaml", [config_map("a", "3"), config_map("B_", "1")].join("---\n"));
    assert_shows!(env.run(APPLY), @"");
    assert_shows!(env.run("history --applyset shop -n default --no-headers"), @"");
}

#[test]
fn what_is_no_set_has_no_history() {
    let env = TestEnv::new();
    assert_shows!(env.run("history"), @"");
    assert_shows!(env.run("history --applyset shop -n default"), @"");
    assert_shows!(env.run("rollback --applyset shop -n default"), @"");
    assert_shows!(env.run("rollback"), @"");
    assert_shows!(env.run("history show 0 --applyset shop"), @"");
    assert_shows!(env.run("diff --against 1"), @"");
}

#[test]
fn histories_are_kept_on_every_target() {
    let server = TestServer::start(Engine::Sqlite);
    let remote = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
    remote.at_present();
    let etcd = EtcdServer::start();
    let distributed = TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint());
    for env in [remote, distributed] {
        env.write("set.yaml", [config_map("a", "1").as_str(), SECRET].join("---\n"));
        env.prepare(APPLY);
        env.write("set.yaml", [config_map("a", "2"), config_map("b", "1")].join("---\n"));
        env.prepare(APPLY);
        let back = env.run("rollback --applyset shop -n default");
        assert!(back.stderr.contains("kept as revision 3 of secret/shop"), "{back}");
        assert_eq!(env.run("diff --against 1 --applyset shop -n default").code(), Some(0));
        assert_eq!(env.run("get cm b").code(), Some(1));
        assert_eq!(env.run("get secret login -o jsonpath={.data.password}").stdout, "aHVudGVyMg==");
    }
}

#[test]
fn a_large_set_takes_several_secrets() {
    let env = TestEnv::new();
    // Text that hardly compresses: ConfigMaps of 100 KB, twenty of them.
    let mut state = 1_u64;
    let mut noise = |count: usize| -> String {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"[(state >> 58) as usize])
        };
        std::iter::repeat_with(&mut next).take(count).collect()
    };
    let maps: Vec<String> = (0..20).map(|number| config_map(&format!("m{number}"), &noise(100_000))).collect();
    env.write("set.yaml", maps.join("---\n"));
    env.prepare(APPLY);
    env.write("set.yaml", config_map("m0", "small"));
    env.prepare(&format!("{APPLY} --max-deletions 100%"));
    let secrets = env.run("get secrets -n default -l trueup.dev/revision=1 -o name");
    assert_eq!(secrets.stdout.lines().count(), 2, "{secrets}");
    env.prepare("rollback --applyset shop -n default");
    env.write("set.yaml", maps.join("---\n"));
    assert_eq!(env.run("diff -f set.yaml --applyset shop -n default --prune").code(), Some(0));
}
