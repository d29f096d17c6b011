//! Plans that are saved, and carried out as they were seen or not at all.

use std::os::unix::fs::PermissionsExt as _;

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::etcd::EtcdServer;
use crate::harness::server::{Engine, TestServer};

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: hunter2}\n";

fn fixed(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed}}\nimmutable: true\ndata: {{key: {value}}}\n")
}

/// Applies one after the other, so that their resourceVersions are the same in every run.
fn apply_in_turn(env: &TestEnv, manifests: &[String], manager: &str) {
    for manifest in manifests {
        env.write("one.yaml", manifest);
        env.prepare(&format!("apply -f one.yaml --field-manager {manager} --force-conflicts"));
    }
}

/// A world with a saved plan that creates, updates and replaces.
fn planned(env: &TestEnv) {
    apply_in_turn(env, &[fixed("old"), config_map("a", "old"), config_map("same", "1")], "trueup");
    env.write("set.yaml", [fixed("new"), config_map("a", "new"), config_map("same", "1"), config_map("b", "1")].join("---\n"));
    env.prepare("plan -f set.yaml -o set.plan");
}

#[test]
fn a_plan_is_shown_saved_and_carried_out_without_its_manifests() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("plan -f a.yaml -o a.plan"), @r#"
    === create configmap/a in namespace default (a.yaml:1)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: a
    +  namespace: default

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    [stderr]
    saved to a.plan; to carry it out: trueup apply a.plan
    "#);
    assert_eq!(std::fs::metadata(env.path("a.plan")).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::remove_file(env.path("a.yaml")).unwrap();
    assert_shows!(env.run("apply a.plan"), @"
    configmap/a created
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("get cm a -o jsonpath={.data.key}"), @"1");
}

#[test]
fn a_plan_creates_updates_and_replaces_on_every_target() {
    let server = TestServer::start(Engine::Sqlite);
    let remote = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
    remote.at_present();
    let etcd = EtcdServer::start();
    let distributed = TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint());
    for env in [TestEnv::new(), remote, distributed] {
        planned(&env);
        let applied = env.run("apply set.plan");
        assert!(applied.stderr.contains("Applied: 1 created, 1 updated, 1 replaced, 0 deleted, 0 unchanged."), "{applied}");
        assert_eq!(env.run("diff -f set.yaml").code(), Some(0));
        let again = env.run("apply set.plan");
        assert_eq!(again.code(), Some(1), "{again}");
    }
}

#[test]
fn a_plan_is_refused_as_a_whole_when_an_object_has_moved_and_says_which() {
    let env = TestEnv::new();
    planned(&env);
    apply_in_turn(&env, &[config_map("a", "theirs"), config_map("b", "theirs"), config_map("same", "theirs")], "ops");
    env.prepare("delete cm fixed");
    assert_shows!(env.run("apply set.plan"), @"
    [stderr]
    applying to local store store
    error: set.yaml:1:1: configmap/fixed in namespace default: it is not as it was planned: it is gone
    error: set.yaml:7:1: configmap/a in namespace default: it is not as it was planned: it has changed: resourceVersion 10 where the plan has 8
    error: set.yaml:21:1: configmap/b in namespace default: it is not as it was planned: it exists by now (uid 00000006-0000-0000-8000-000000000001)
    error: nothing was applied, since the plan is out of date
    hint: make a new plan
    [exit 1]
    ");
    assert_shows!(env.run("get cm a fixed -o jsonpath={.items[*].data.key}"), @r#"
    theirs[stderr]
    error: from server (NotFound): configmaps "fixed" not found
    [exit 1]
    "#);
}

#[test]
fn values_of_secrets_are_in_a_plan_only_on_demand() {
    let env = TestEnv::new();
    env.write("login.yaml", SECRET);
    assert_shows!(env.run("plan -f login.yaml -o login.plan"), @"
    === create secret/login in namespace default (login.yaml:1)
    @@ -0,0 +1,8 @@
    +apiVersion: v1
    +data:
    +  password: '***'
    +kind: Secret
    +metadata:
    +  name: login
    +  namespace: default
    +type: Opaque

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    [stderr]
    warning: the values of one Secret are not in the plan, so it cannot be applied
    hint: save them with --include-secrets, or leave the Secrets out with -l
    saved to login.plan
    ");
    let text = std::fs::read_to_string(env.path("login.plan")).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
    assert_shows!(env.run("apply login.plan"), @"
    [stderr]
    error: cannot apply login.plan: it does not hold the values of secret/login, which it changes
    hint: save the plan with --include-secrets, or leave the Secrets out with -l
    [exit 1]
    ");
    env.prepare("plan -f login.yaml -o login.plan --include-secrets");
    assert_shows!(env.run("apply login.plan"), @"
    secret/login created
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    env.prepare("plan -f login.yaml -o login.plan");
    assert_shows!(env.run("apply login.plan"), @"
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
}

#[test]
fn what_cannot_be_planned_whole_is_not_saved() {
    let env = TestEnv::new();
    env.write("bad.yaml", config_map("a", "1") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: 7\n");
    assert_shows!(env.run("plan -f bad.yaml -o bad.plan"), @r#"
    === create configmap/a in namespace default (bad.yaml:1)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: a
    +  namespace: default

    Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 1 failed.
    [stderr]
    error: bad.yaml:11:1: configmap/b in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number 7 into field data of type map
     11 | data: 7
        | ^
    error: the plan was not saved, since not all of it could be planned
    [exit 1]
    "#);
    assert!(!env.path("bad.plan").exists());
}

#[test]
fn a_file_that_is_no_plan_is_refused() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply a.yaml"), @"
    [stderr]
    error: cannot apply a.yaml: it is not JSON: expected value at line 1 column 1
    hint: manifests are given with -f
    [exit 1]
    ");
    assert_shows!(env.run("apply none.plan"), @"
    [stderr]
    error: cannot apply none.plan: there is no such file or folder
    [exit 1]
    ");
    assert_shows!(env.run("apply a.plan -f a.yaml"), @"
    [stderr]
    error: the argument '[PLAN]' cannot be used with '--filename <FILE>'

    Usage: trueup apply <PLAN>

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn a_plan_for_another_target_is_carried_out_only_where_that_is_meant() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("plan -f a.yaml -o a.plan");
    assert_shows!(env.run("apply a.plan --local elsewhere"), @"
    [stderr]
    applying to local store elsewhere
    error: nothing was applied, since the plan was made for local store store
    hint: make a plan for this target; or, if it is the same one by another name, add --any-target
    [exit 1]
    ");
    assert_shows!(env.run("apply a.plan --local elsewhere --any-target"), @"
    configmap/a created
    [stderr]
    applying to local store elsewhere
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f a.yaml --any-target"), @"
    [stderr]
    error: --any-target goes with a saved plan
    [exit 2]
    ");
}

#[test]
fn a_file_that_is_no_plan_by_its_size_or_kind_is_not_read() {
    let env = TestEnv::new();
    std::fs::File::create(env.path("large.plan")).unwrap().set_len((64 << 20) + 1).unwrap();
    std::fs::create_dir(env.path("deploy")).unwrap();
    env.write("utf16.plan", b"\xff\xfe{\0}\0");
    assert_shows!(env.run("apply large.plan"), @"
    [stderr]
    error: cannot apply large.plan: this is larger than 64 MiB, the most that is read of one file, pipe or URL
    [exit 1]
    ");
    assert_shows!(env.run("apply deploy"), @"
    [stderr]
    error: cannot apply deploy: it is a folder, not a plan
    hint: manifests are given with -f
    [exit 1]
    ");
    assert_shows!(env.run("apply utf16.plan"), @"
    [stderr]
    error: cannot apply utf16.plan: it is not UTF-8 text
    hint: manifests are given with -f
    [exit 1]
    ");
    assert_shows!(env.run("apply /dev/zero"), @"
    [stderr]
    error: cannot apply /dev/zero: this is a device or a socket, not a file
    [exit 1]
    ");
}

#[test]
fn a_message_is_for_the_history_of_a_set() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("plan -f a.yaml -o a.plan");
    assert_shows!(env.run("apply a.plan --message x"), @"
    [stderr]
    error: --message is for the history of a set, and the plan is of none
    [exit 2]
    ");
    assert_shows!(env.run("apply -f a.yaml --message x"), @"
    [stderr]
    error: the following required arguments were not provided:
      <PLAN|--applyset <NAME>>

    Usage: trueup apply --filename <FILE> --message <TEXT> <PLAN|--applyset <NAME>>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("rollback --message x"), @"
    [stderr]
    error: the following required arguments were not provided:
      <--applyset <NAME>>

    Usage: trueup rollback --message <TEXT> <--applyset <NAME>>

    For more information, try '--help'.
    [exit 2]
    ");
}
