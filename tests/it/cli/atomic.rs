//! `apply --atomic`: all of it, or as if nothing had been applied.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{SHOP, config_map};
use crate::harness::cli::{NOW, Running, TestEnv, assert_shows, until};
use crate::harness::etcd::EtcdServer;
use crate::harness::recorder::Recorder;
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
    assert_shows!(env.run("apply -f set.yaml --atomic"), @r#"
    namespace/shop unchanged
    configmap/a configured
    configmap/b created
    configmap/settings configured
    secret/login unchanged
    service/web unchanged
    deployment.apps/web configured
    [stderr]
    applying to local store store
    error: set.yaml:18:3: configmap/Not_A_Name in namespace default: from server (Invalid): ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     18 |   name: Not_A_Name
        |   ^
    Applied: 1 created, 3 updated, 0 replaced, 0 deleted, 3 unchanged, 1 failed.
    undoing what was done
    deployment.apps/web in namespace shop put back
    configmap/settings in namespace shop put back
    configmap/b in namespace default deleted again
    configmap/a in namespace default put back
    Undone: 1 deleted, 3 put back, 0 made again, 0 could not be undone.
    [exit 1]
    "#);
    assert_eq!(state(&env), before, "not even the managers of fields are others");
}

#[test]
fn what_was_replaced_and_pruned_is_made_again() {
    let env = TestEnv::new();
    env.write("set.yaml", [config_map("a", "1"), config_map("gone", "1"), fixed("old")].join("---\n"));
    env.prepare("apply -f set.yaml -n default --applyset shop --prune");
    let pods = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n";
    env.write("set.yaml", [config_map("a", "2").as_str(), &fixed("new"), pods].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml -n default --applyset shop --prune --replace --atomic --wait --timeout 1s"), @"
    configmap/a configured
    configmap/fixed replaced: it cannot be changed in place: data: field is immutable when `immutable` is set
    pod/web created
    configmap/gone pruned
    [stderr]
    applying to local store store
    Applied: 1 created, 1 updated, 1 replaced, 1 deleted, 0 unchanged.
    pod/web in namespace default: in progress: the pod is pending
    error: pod/web in namespace default is not ready: in progress: the pod is pending
    Ready: 2 of 3.
    undoing what was done
    configmap/gone in namespace default made again
    pod/web in namespace default deleted again
    configmap/fixed in namespace default made again
    configmap/a in namespace default put back
    secret/shop in namespace default put back
    Undone: 1 deleted, 2 put back, 2 made again, 0 could not be undone.
    [exit 1]
    ");
    assert_shows!(env.run("get cm fixed gone a -o custom-columns=NAME:.metadata.name,KEY:.data.key"), @"
    NAME    KEY
    fixed   old
    gone    1
    a       1
    ");
    assert_shows!(env.run("history --applyset shop -n default --no-headers"), @"1     2026-11-22T10:00:00Z   3     3 created   system:admin   <none>");
    env.write("set.yaml", [config_map("a", "1"), config_map("gone", "1"), fixed("old")].join("---\n"));
    assert_shows!(env.run("diff -f set.yaml -n default --applyset shop --prune"), @"Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 3 unchanged.");
}

#[test]
fn a_new_set_that_fails_leaves_neither_namespace_nor_parent() {
    let env = TestEnv::new();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    env.write("set.yaml", [namespace, &config_map("a", "1"), &refused()].join("---\n"));
    let before = state(&env);
    assert_shows!(env.run("apply -f set.yaml --applyset shop --applyset-namespace shop --atomic"), @r#"
    namespace/shop created
    configmap/a created
    [stderr]
    applying to local store store
    error: set.yaml:15:3: configmap/Not_A_Name in namespace default: from server (Invalid): ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     15 |   name: Not_A_Name
        |   ^
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    undoing what was done
    configmap/a in namespace default deleted again
    namespace/shop deleted again
    secret/shop in namespace shop deleted again
    Undone: 3 deleted, 0 put back, 0 made again, 0 could not be undone.
    [exit 1]
    "#);
    assert_eq!(state(&env), before);
}

#[test]
fn where_nothing_failed_or_nothing_was_done_nothing_is_undone() {
    let env = TestEnv::new();
    env.write("set.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply -f set.yaml --atomic"), @"
    configmap/a created
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    env.write("set.yaml", [config_map("a", "2"), refused()].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml --atomic --dry-run"), @"
    configmap/a configured (dry run)
    configmap/Not_A_Name created (dry run)
    [stderr]
    comparing with local store store
    Plan: 1 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    ");
    env.write("set.yaml", [config_map("a", "1"), refused()].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml --atomic"), @r#"
    configmap/a unchanged
    [stderr]
    applying to local store store
    error: set.yaml:11:3: configmap/Not_A_Name in namespace default: from server (Invalid): ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     11 |   name: Not_A_Name
        |   ^
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged, 1 failed.
    Nothing was changed, so nothing has to be undone.
    [exit 1]
    "#);
}

#[test]
fn a_saved_plan_and_a_rollback_are_undone_too() {
    let env = TestEnv::new();
    env.write("set.yaml", config_map("a", "1"));
    env.prepare("apply -f set.yaml -n default --applyset shop");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx}]}\n";
    env.write("set.yaml", [config_map("a", "2").as_str(), pod].join("---\n"));
    env.prepare("plan -f set.yaml -n default --applyset shop --prune -o set.plan");
    let before = state(&env);
    assert_shows!(env.run("apply set.plan --atomic --wait --timeout 1s"), @"
    configmap/a configured
    pod/web created
    [stderr]
    applying to local store store
    Applied: 1 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    pod/web in namespace default: in progress: the pod is pending
    error: pod/web in namespace default is not ready: in progress: the pod is pending
    Ready: 1 of 2.
    undoing what was done
    pod/web in namespace default deleted again
    configmap/a in namespace default put back
    secret/shop in namespace default put back
    Undone: 1 deleted, 2 put back, 0 made again, 0 could not be undone.
    [exit 1]
    ");
    assert_eq!(state(&env), before);
    env.prepare("apply -f set.yaml -n default --applyset shop");
    env.write("set.yaml", config_map("a", "3"));
    env.prepare("apply -f set.yaml -n default --applyset shop --prune");
    let before = state(&env);
    assert_shows!(env.run("rollback --applyset shop -n default --atomic --wait --timeout 1s"), @"
    configmap/a configured
    pod/web created
    [stderr]
    rolling back on local store store
    going back to revision 2 of secret/shop
    Applied: 1 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    pod/web in namespace default: in progress: the pod is pending
    error: pod/web in namespace default is not ready: in progress: the pod is pending
    Ready: 1 of 2.
    undoing what was done
    pod/web in namespace default deleted again
    configmap/a in namespace default put back
    secret/shop in namespace default put back
    Undone: 1 deleted, 2 put back, 0 made again, 0 could not be undone.
    [exit 1]
    ");
    assert_eq!(state(&env), before);
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
        let before = env.run("get cm -A -o json --field-selector metadata.name=a --show-managed-fields").stdout.clone();
        env.write("set.yaml", [config_map("a", "new"), config_map("b", "1"), refused()].join("---\n"));
        let undone = env.run("apply -f set.yaml --atomic");
        assert!(undone.stderr.contains("Undone: 1 deleted, 1 put back, 0 made again, 0 could not be undone."), "{undone}");
        assert_eq!(undone.code(), Some(1));
        let after = env.run("get cm -A -o json --field-selector metadata.name=a --show-managed-fields").stdout.clone();
        let plain = |text: &str| text.lines().filter(|line| !line.contains("resourceVersion")).collect::<Vec<_>>().join("\n");
        assert_eq!(plain(&after), plain(&before));
        assert_eq!(env.run("get cm b").code(), Some(1));
    }
}

#[test]
fn what_nobody_can_look_for_is_not_called_gone() {
    static DELETED: AtomicBool = AtomicBool::new(false);
    let server = Recorder::refusing(|line| {
        DELETED.fetch_or(line.starts_with("DELETE"), Ordering::SeqCst);
        line.starts_with("GET") && line.contains("/configmaps/a") && DELETED.load(Ordering::SeqCst)
    });
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", [config_map("a", "1"), config_map("b", "1"), refused()].join("---\n"));
    let undone = env.run("apply -f set.yaml --atomic");
    let (_, told) = undone.stderr.split_once("undoing what was done\n").unwrap();
    insta::assert_snapshot!(told, @r#"
    configmap/b in namespace default deleted again
    configmap/a in namespace default deleted again
    error: configmap/a in namespace default was deleted, but whether it is gone is not known: from server (Forbidden): configmaps "a" is forbidden: User "bob" cannot get resource "configmaps" in API group "" in the namespace "default": only the group system:masters is allowed to, RBAC is not supported yet
    Undone: 2 deleted, 0 put back, 0 made again, 1 could not be undone.
    "#);
    assert_eq!(undone.code(), Some(1));
}

#[test]
fn where_the_target_is_lost_nothing_is_called_gone() {
    static DELETED: AtomicBool = AtomicBool::new(false);
    let server = Recorder::holding(|line| {
        DELETED.fetch_or(line.starts_with("DELETE"), Ordering::SeqCst);
        line.starts_with("GET") && line.contains("/configmaps/") && DELETED.load(Ordering::SeqCst)
    });
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", [config_map("a", "1"), config_map("b", "1"), refused()].join("---\n"));
    let apply = env.start("apply -f set.yaml --atomic");
    (0..2).for_each(|_| server.wait_until_holding());
    let url = server.url.clone();
    drop(server);
    let output = apply.end().replacing(&url, "[SERVER]");
    for name in ["a", "b"] {
        let told =
            format!("configmap/{name} in namespace default was deleted, but whether it is gone is not known: cannot reach [SERVER]: ");
        assert!(output.stderr.contains(&told), "{output}");
    }
    assert!(output.stderr.ends_with("\nUndone: 2 deleted, 0 put back, 0 made again, 2 could not be undone.\n"), "{output}");
}

/// A ConfigMap that cannot change, and that a finalizer keeps when it is deleted.
fn held(value: &str) -> String {
    fixed(value).replace("{name: fixed}", "{name: fixed, finalizers: [example.com/hold]}")
}

/// Applies a set whose replacement of `fixed` does not come to its end; the old one waits for its finalizer.
fn stuck(env: &TestEnv, set: &str, arguments: &str) -> Running {
    env.write("set.yaml", held("old"));
    env.prepare("apply -f set.yaml");
    env.write("set.yaml", set);
    let mut apply = env.start(&format!("apply -f set.yaml --replace --atomic {arguments}"));
    until("the replacement waits", || apply.has_said("it is made anew once it is"));
    apply
}

/// Does what the finalizer stands for.
fn free(env: &TestEnv) {
    env.write("free.yaml", fixed("old"));
    env.prepare("apply -f free.yaml");
}

#[test]
fn what_is_still_going_is_waited_for_before_it_is_made_again() {
    let env = TestEnv::new();
    let mut apply = stuck(&env, &[config_map("a", "1"), held("new")].join("---\n"), "--timeout=1s");
    apply.wait_for("it is made again once it is");
    free(&env);
    assert_shows!(apply.end(), @"
    configmap/a created
    [stderr]
    applying to local store store
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/hold; it is made anew once it is, within 1 s
    error: set.yaml:8:1: configmap/fixed in namespace default: it was deleted to be replaced, but was not gone after 1 s; it waits for example.com/hold
    hint: it goes once its finalizers are done; apply again then
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    undoing what was done
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/hold; it is made again once it is, within 60 s
    configmap/fixed in namespace default made again
    configmap/a in namespace default deleted again
    Undone: 1 deleted, 0 put back, 1 made again, 0 could not be undone.
    [exit 1]
    ");
    assert_shows!(env.run("get cm -o custom-columns=NAME:.metadata.name,KEY:.data.key,FINALIZERS:.metadata.finalizers"), @"
    NAME    KEY   FINALIZERS
    fixed   old   [example.com/hold]
    ");
}

#[test]
fn an_interrupted_replacement_is_undone() {
    let env = TestEnv::new();
    let mut apply = stuck(&env, &[config_map("a", "1"), held("new")].join("---\n"), "--timeout=0");
    until("the other object was applied", || apply.has_said("configmap/a created"));
    apply.signal("INT");
    apply.wait_for("it is made again once it is");
    free(&env);
    assert_shows!(apply.end(), @"
    configmap/a created
    [stderr]
    applying to local store store
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/hold; it is made anew once it is
    stopping once the requests under way are answered, to undo what was done; interrupt again to end at once
    error: set.yaml:8:1: configmap/fixed in namespace default: it was deleted to be replaced, and was not gone yet when the interruption came
    interrupted: 1 of 2 objects were applied, 1 failed
    undoing what was done
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/hold; it is made again once it is
    configmap/fixed in namespace default made again
    configmap/a in namespace default deleted again
    Undone: 1 deleted, 0 put back, 1 made again, 0 could not be undone.
    interrupted
    [exit 130]
    ");
    assert_shows!(env.run("get cm -o custom-columns=NAME:.metadata.name,KEY:.data.key,FINALIZERS:.metadata.finalizers"), @"
    NAME    KEY   FINALIZERS
    fixed   old   [example.com/hold]
    ");
}

#[test]
fn who_interrupts_an_undoing_is_told_what_it_leaves() {
    let env = TestEnv::new();
    let mut apply = stuck(&env, &held("new"), "--timeout=5m");
    apply.signal("INT");
    apply.wait_for("it is made again once it is");
    apply.signal("INT");
    let uid = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let output = apply.end();
    let uid = uid.find(&output.stderr).unwrap().as_str().to_owned();
    let kept = std::fs::read_to_string(env.path(&format!("deleted-configmap-fixed-{uid}.yaml"))).unwrap();
    assert!(kept.contains("key: old"), "{kept}");
    assert_shows!(output.replacing(&uid, "UID"), @"
    [stderr]
    applying to local store store
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/hold; it is made anew once it is, within 300 s
    stopping once the requests under way are answered, to undo what was done; interrupt again to end at once
    error: set.yaml:1:1: configmap/fixed in namespace default: it was deleted to be replaced, and was not gone yet when the interruption came
    interrupted: 0 of 1 objects were applied, 1 failed
    undoing what was done
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/hold; it is made again once it is, within 300 s
    interrupted again, and ended at once: undoing what was done: 0 of 1 steps are done; requests under way may still take effect; perhaps deleted by now, and not made anew: configmap/fixed in namespace default
    hint: configmap/fixed in namespace default as it was is in deleted-configmap-fixed-UID.yaml; to have it back: trueup apply -f deleted-configmap-fixed-UID.yaml
    [exit 130]
    ");
}

#[test]
fn an_interrupted_apply_is_undone_once_its_requests_are_answered() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/b?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", [config_map("a", "1"), config_map("b", "1")].join("---\n"));
    let mut apply = env.start("apply -f set.yaml --atomic");
    apply.wait_for("configmap/a created");
    server.wait_until_holding();
    apply.signal("INT");
    apply.wait_for("stopping");
    server.release();
    assert_shows!(apply.end().replacing(&server.url, "[SERVER]"), @"
    configmap/a created
    configmap/b created
    [stderr]
    applying to [SERVER]
    stopping once the requests under way are answered, to undo what was done; interrupt again to end at once
    interrupted: 2 of 2 objects were applied
    undoing what was done
    configmap/b in namespace default deleted again
    configmap/a in namespace default deleted again
    Undone: 2 deleted, 0 put back, 0 made again, 0 could not be undone.
    interrupted
    [exit 130]
    ");
    assert_eq!(env.run("get cm -o name").stdout, "");
}

#[test]
fn who_does_not_wait_for_the_undoing_is_told_what_was_not_undone() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/b?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", [config_map("a", "1"), config_map("b", "1")].join("---\n"));
    let mut apply = env.start("apply -f set.yaml -n default --applyset shop --atomic");
    apply.wait_for("configmap/a created");
    server.wait_until_holding();
    apply.signal("INT");
    apply.wait_for("stopping");
    apply.signal("INT");
    assert_shows!(apply.end().replacing(&server.url, "[SERVER]"), @"
    configmap/a created
    [stderr]
    applying to [SERVER]
    stopping once the requests under way are answered, to undo what was done; interrupt again to end at once
    interrupted again, and ended at once: 1 of 2 objects were applied; requests under way may still take effect; not undone: secret/shop in namespace default (the set's parent), configmap/a in namespace default (created)
    hint: the same command again goes on where this one ended, and the manifests of before, applied again, go back
    hint: `trueup history --applyset secret/shop -n default` lists the revisions to go back to
    [exit 130]
    ");
}
