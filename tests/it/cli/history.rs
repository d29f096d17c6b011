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
    assert_shows!(env.run(APPLY), @"
    configmap/a created
    [stderr]
    applying to local store store
    kept as revision 1 of secret/shop
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run(APPLY), @"
    configmap/a unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
    env.write("set.yaml", config_map("a", "2"));
    env.at("2026-11-22T11:00:00Z");
    assert_shows!(env.run(&format!("{APPLY} --message rev-7f3a")), @"
    configmap/a configured
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("history --applyset shop -n default"), @"
    REVISION   APPLIED                OBJECTS   CHANGES     BY             MESSAGE
    1          2026-11-22T10:00:00Z   1         1 created   system:admin   <none>
    2          2026-11-22T11:00:00Z   1         1 updated   system:admin   rev-7f3a
    ");
    assert_shows!(env.run("history --applyset shop -n default -o yaml"), @r#"
    apiVersion: trueup.dev/v1
    kind: History
    revisions:
    - appliedAt: "2026-11-22T10:00:00Z"
      changes:
        created: 1
        deleted: 0
        replaced: 0
        unchanged: 0
        updated: 0
      digest: sha256:5947ed7303fcb9c14afd218193347b024a45c6b179f4d4edf85f87c87d9fca61
      fieldManager: trueup
      objects: 1
      parts: 1
      revision: 1
      tool: trueup/0.1.0
      user: system:admin
    - appliedAt: "2026-11-22T11:00:00Z"
      changes:
        created: 0
        deleted: 0
        replaced: 0
        unchanged: 0
        updated: 1
      digest: sha256:ee6d880fbd6ee32d4ae50463ea34f939852524e82de988578b12f623b026dc31
      fieldManager: trueup
      message: rev-7f3a
      objects: 1
      parts: 1
      revision: 2
      tool: trueup/0.1.0
      user: system:admin
    set:
      id: applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1
      namespace: default
      parent: secret/shop
    "#);
}

#[test]
fn a_revision_shows_its_manifests_and_keeps_the_values_of_secrets_to_itself() {
    let env = TestEnv::new();
    two_revisions(&env);
    assert_shows!(env.run("history show 1 --applyset shop -n default"), @r#"
    ---
    # set.yaml:1:1
    apiVersion: v1
    data:
      key: "1"
    kind: ConfigMap
    metadata:
      name: a
      namespace: default
    ---
    # set.yaml:8:1
    apiVersion: v1
    kind: Secret
    metadata:
      name: login
      namespace: default
    stringData:
      password: '***'
    "#);
    assert_shows!(env.run("history show 1 --applyset shop -n default --show-secrets -o json"), @r#"
    {
        "apiVersion": "v1",
        "items": [
            {
                "apiVersion": "v1",
                "data": {
                    "key": "1"
                },
                "kind": "ConfigMap",
                "metadata": {
                    "name": "a",
                    "namespace": "default"
                }
            },
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {
                    "name": "login",
                    "namespace": "default"
                },
                "stringData": {
                    "password": "hunter2"
                }
            }
        ],
        "kind": "List"
    }
    "#);
    assert_shows!(env.run("history --applyset shop -n default show 2 -o name"), @"
    configmap/a
    configmap/b
    ");
    assert_shows!(env.run("history show 3 --applyset shop -n default"), @"
    [stderr]
    error: secret/shop has no revision 3: there are 1 and 2
    hint: `trueup history` lists the revisions of a set
    [exit 1]
    ");
}

#[test]
fn a_revision_stands_beside_the_parent_and_is_no_member() {
    let env = TestEnv::new();
    two_revisions(&env);
    let secrets = env.run("get secrets -n default -L trueup.dev/revision,trueup.dev/part");
    assert_shows!(secrets, @"
    NAME                              TYPE                 DATA   AGE   REVISION   PART
    shop                              Opaque               0      60m              
    trueup.history.shop.463dbd81.v1   trueup.dev/history   1      60m   1          1
    trueup.history.shop.463dbd81.v2   trueup.dev/history   1      0s    2          1
    ");
    assert_shows!(env.run("sets -A"), @"
    NAMESPACE   SET           TOOL            MEMBERS
    default     secret/shop   trueup/v0.1.0   2
    ");
}

#[test]
fn a_rollback_applies_a_revision_again_and_prunes_the_rest() {
    let env = TestEnv::new();
    two_revisions(&env);
    assert_shows!(env.run("diff --against 1 --applyset shop -n default"), @r#"
    === update configmap/a in namespace default (revision 1 of secret/shop:3)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: "2"
    +  key: "1"
     kind: ConfigMap
     metadata:
       labels:

    === create secret/login in namespace default (revision 1 of secret/shop:12)
    @@ -0,0 +1,10 @@
    +apiVersion: v1
    +data:
    +  password: '***'
    +kind: Secret
    +metadata:
    +  labels:
    +    applyset.kubernetes.io/part-of: applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1
    +  name: login
    +  namespace: default
    +type: Opaque

    === delete configmap/b in namespace default
    @@ -1,9 +0,0 @@
    -apiVersion: v1
    -data:
    -  key: "1"
    -kind: ConfigMap
    -metadata:
    -  labels:
    -    applyset.kubernetes.io/part-of: applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1
    -  name: b
    -  namespace: default

    Plan: 1 to create, 1 to update, 0 to replace, 1 to delete, 0 unchanged.
    [exit 1]
    "#);
    assert_shows!(env.run("rollback --applyset shop -n default --dry-run"), @"
    configmap/a configured (dry run)
    secret/login created (dry run)
    configmap/b pruned (dry run)
    [stderr]
    comparing with local store store
    going back to revision 1 of secret/shop
    Plan: 1 to create, 1 to update, 0 to replace, 1 to delete, 0 unchanged.
    ");
    assert_shows!(env.run("rollback --applyset shop -n default"), @"
    configmap/a configured
    secret/login created
    configmap/b pruned
    [stderr]
    rolling back on local store store
    going back to revision 1 of secret/shop
    kept as revision 3 of secret/shop
    Applied: 1 created, 1 updated, 0 replaced, 1 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("get secret login -o jsonpath={.data.password}"), @"aHVudGVyMg==");
    assert_shows!(env.run("diff --against 1 --applyset shop -n default"), @"Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 2 unchanged.");
    assert_shows!(env.run("history --applyset shop -n default"), @"
    REVISION   APPLIED                OBJECTS   CHANGES                           BY             MESSAGE
    1          2026-11-22T10:00:00Z   2         2 created                         system:admin   <none>
    2          2026-11-22T11:00:00Z   2         1 created, 1 updated, 1 deleted   system:admin   v2
    3          2026-11-22T11:00:00Z   2         1 created, 1 updated, 1 deleted   system:admin   rollback to 1
    ");
    assert_shows!(env.run("rollback --to 2 --applyset shop -n default --message again -q"), @"
    configmap/a configured
    configmap/b created
    secret/login pruned
    ");
    assert_shows!(env.run("history show 4 --applyset shop -n default"), @r#"
    ---
    # set.yaml:1:1
    apiVersion: v1
    data:
      key: "2"
    kind: ConfigMap
    metadata:
      name: a
      namespace: default
    ---
    # set.yaml:8:1
    apiVersion: v1
    data:
      key: "1"
    kind: ConfigMap
    metadata:
      name: b
      namespace: default
    "#);
}

#[test]
fn manifests_are_compared_with_a_revision_as_both_are_written() {
    let env = TestEnv::new();
    two_revisions(&env);
    assert_shows!(env.run("diff -f set.yaml --against 1 --applyset shop -n default"), @r#"
    === update configmap/a in namespace default (set.yaml:1)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: "1"
    +  key: "2"
     kind: ConfigMap
     metadata:
       name: a

    === create configmap/b in namespace default (set.yaml:8)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: b
    +  namespace: default

    === delete secret/login in namespace default (revision 1 of secret/shop:12)
    @@ -1,7 +0,0 @@
    -apiVersion: v1
    -kind: Secret
    -metadata:
    -  name: login
    -  namespace: default
    -stringData:
    -  password: '***'

    Plan: 1 to create, 1 to update, 0 to replace, 1 to delete, 0 unchanged.
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f set.yaml --against 2 --applyset shop -n default"), @"Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 2 unchanged.");
}

#[test]
fn no_more_revisions_stay_than_the_limit_says() {
    let env = TestEnv::new();
    for value in ["1", "2", "3"] {
        env.write("set.yaml", config_map("a", value));
        env.prepare(&format!("{APPLY} --history-limit 2"));
    }
    assert_shows!(env.run("history --applyset shop -n default --no-headers"), @"
    2     2026-11-22T10:00:00Z   1     1 updated   system:admin   <none>
    3     2026-11-22T10:00:00Z   1     1 updated   system:admin   <none>
    ");
    env.prepare(&format!("{APPLY} --history-limit 0"));
    assert_shows!(env.run("history --applyset shop -n default"), @"
    [stderr]
    No revisions of secret/shop are kept.
    ");
    assert_shows!(env.run("rollback --applyset shop -n default"), @"
    [stderr]
    rolling back on local store store
    error: secret/shop has no revision before its newest: none is kept
    hint: `trueup history` lists the revisions of a set
    [exit 1]
    ");
}

#[test]
fn half_an_apply_keeps_nothing_and_says_how_to_go_back() {
    let env = TestEnv::new();
    two_revisions(&env);
    env.write("set.yaml", [config_map("a", "3"), config_map("B_", "1")].join("---\n"));
    assert_shows!(env.run(APPLY), @r#"
    configmap/a configured
    [stderr]
    applying to local store store
    error: set.yaml:11:3: configmap/B_ in namespace default: from server (Invalid): ConfigMap "B_" is invalid: metadata.name: Invalid value: "B_": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     11 |   name: B_
        |   ^
    warning: nothing was pruned, since not everything was applied
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    hint: to go back to what was applied before: trueup rollback --to 2 --applyset shop --applyset-namespace default
    [exit 1]
    "#);
    assert_shows!(env.run("history --applyset shop -n default --no-headers"), @"
    1     2026-11-22T10:00:00Z   2     2 created                         system:admin   <none>
    2     2026-11-22T11:00:00Z   2     1 created, 1 updated, 1 deleted   system:admin   v2
    ");
}

#[test]
fn what_is_no_set_has_no_history() {
    let env = TestEnv::new();
    assert_shows!(env.run("history"), @"
    [stderr]
    error: say which set: --applyset NAME
    hint: `trueup sets -A` lists the sets that there are
    [exit 2]
    ");
    assert_shows!(env.run("history --applyset shop -n default"), @"
    [stderr]
    error: there is no set secret/shop
    hint: `trueup sets -A` lists the sets that there are
    [exit 1]
    ");
    assert_shows!(env.run("rollback --applyset shop -n default"), @"
    [stderr]
    rolling back on local store store
    error: there is no set secret/shop
    hint: `trueup sets -A` lists the sets that there are
    [exit 1]
    ");
    assert_shows!(env.run("rollback"), @"
    [stderr]
    error: say which set: --applyset NAME
    hint: `trueup sets -A` lists the sets that there are
    [exit 2]
    ");
    assert_shows!(env.run("history show 0 --applyset shop"), @"
    [stderr]
    error: invalid value '0' for '<N>': 0 is not in 1..18446744073709551615

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("diff --against 1"), @"
    [stderr]
    error: the following required arguments were not provided:
      --applyset <NAME>

    Usage: trueup diff --applyset <NAME> --against <N>

    For more information, try '--help'.
    [exit 2]
    ");
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

#[test]
fn a_saved_plan_keeps_the_revision_that_an_apply_would() {
    let env = TestEnv::new();
    env.write("set.yaml", [config_map("a", "1"), config_map("b", "1"), config_map("gone", "1")].join("---\n"));
    env.prepare(APPLY);
    env.write("set.yaml", [config_map("a", "2"), config_map("b", "1")].join("---\n"));
    env.prepare("plan -f set.yaml -n default --applyset shop --prune -o set.plan");
    env.at("2026-11-22T11:00:00Z");
    assert_shows!(env.run("apply set.plan --message planned"), @"
    configmap/a configured
    configmap/gone pruned
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 1 updated, 0 replaced, 1 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("history --applyset shop -n default"), @"
    REVISION   APPLIED                OBJECTS   CHANGES                BY             MESSAGE
    1          2026-11-22T10:00:00Z   3         3 created              system:admin   <none>
    2          2026-11-22T11:00:00Z   2         1 updated, 1 deleted   system:admin   planned
    ");
    assert_shows!(env.run("history show 2 --applyset shop -n default"), @r#"
    ---
    # set.yaml:1:1
    apiVersion: v1
    data:
      key: "2"
    kind: ConfigMap
    metadata:
      name: a
      namespace: default
    ---
    # set.yaml:8:1
    apiVersion: v1
    data:
      key: "1"
    kind: ConfigMap
    metadata:
      name: b
      namespace: default
    "#);
    let again = env.run(APPLY);
    assert!(!again.stderr.contains("kept as revision"), "the same manifests are the same declaration: {again}");
    assert_shows!(env.run("rollback --applyset shop -n default"), @"
    configmap/a configured
    configmap/b unchanged
    configmap/gone created
    [stderr]
    rolling back on local store store
    going back to revision 1 of secret/shop
    kept as revision 3 of secret/shop
    Applied: 1 created, 1 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
    assert_shows!(env.run("get cm -o custom-columns=NAME:.metadata.name,KEY:.data.key"), @"
    NAME   KEY
    a      1
    b      1
    gone   1
    ");
}

#[test]
fn a_saved_plan_without_the_values_of_its_secrets_keeps_no_revision_and_says_so() {
    let env = TestEnv::new();
    env.write("set.yaml", [config_map("a", "1").as_str(), SECRET].join("---\n"));
    env.prepare(APPLY);
    env.write("set.yaml", [config_map("a", "2").as_str(), SECRET].join("---\n"));
    assert_shows!(env.run("plan -f set.yaml -n default --applyset shop -o set.plan -q"), @r#"
    === update configmap/a in namespace default (set.yaml:1)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: "1"
    +  key: "2"
     kind: ConfigMap
     metadata:
       labels:

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 1 unchanged.
    [stderr]
    warning: the values of secret/login in namespace default are not in the plan, so no revision of the set is kept when it is applied
    "#);
    let plan = std::fs::read_to_string(env.path("set.plan")).unwrap();
    assert!(!plan.contains("hunter2") && !plan.contains("aHVudGVyMg"), "{plan}");
    assert_shows!(env.run("apply set.plan"), @"
    configmap/a configured
    [stderr]
    applying to local store store
    warning: no revision of secret/shop is kept, since the plan does not hold the values of secret/login in namespace default
    hint: make the plan with --include-secrets to have one
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("history --applyset shop -n default --no-headers"), @"1     2026-11-22T10:00:00Z   2     2 created   system:admin   <none>");
    env.write("set.yaml", [config_map("a", "3").as_str(), SECRET].join("---\n"));
    env.prepare("plan -f set.yaml -n default --applyset shop --include-secrets -o set.plan");
    let applied = env.run("apply set.plan");
    assert!(applied.stderr.contains("kept as revision 2 of secret/shop"), "{applied}");
    env.prepare("rollback --applyset shop -n default");
    assert_eq!(env.run("get cm a -o jsonpath={.data.key}").stdout, "1");
    assert_eq!(env.run("get secret login -o jsonpath={.data.password}").stdout, "aHVudGVyMg==");
}
