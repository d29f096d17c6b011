//! Looking at a set by its name: what others changed of it, what it holds, and how far that is.

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::etcd::EtcdServer;
use crate::harness::recorder::Recorder;
use crate::harness::server::{Engine, TestServer};

const SET: &str = "-n default --applyset shop";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {a: b}}\n  \
                          template: {metadata: {labels: {a: b}}, spec: {containers: [{name: web, image: web}]}}\n";

fn in_two(manifest: &str) -> String {
    manifest.replacen("metadata:\n", "metadata:\n  namespace: two\n", 1)
}

fn write(env: &TestEnv, manifests: &[&str]) {
    env.write("set.yaml", manifests.join("---\n"));
}

/// Applies a set of two ConfigMaps, five minutes ago.
fn apply(env: &TestEnv, more: &str) {
    write(env, &[&config_map("a", "1"), &config_map("b", "1")]);
    env.prepare(&format!("apply -f set.yaml {SET} --prune {more}"));
    env.at("2026-11-22T10:05:00Z");
}

/// Applies a manifest in another's name.
fn meddle(env: &TestEnv, manifest: &str) {
    env.write("other.yaml", manifest);
    env.prepare("apply -f other.yaml --field-manager ops --force-conflicts -q");
}

#[test]
fn drift_of_a_set_is_told_from_what_was_applied_last() {
    let env = TestEnv::new();
    apply(&env, "");
    assert_shows!(env.run(&format!("drift {SET}")), @"
    Drift: 0 drifted, 0 missing, 0 deleting, 0 pending, 2 in sync.
    [stderr]
    comparing with revision 1 of secret/shop, applied 2026-11-22T10:00:00Z
    ");
    meddle(&env, &config_map("a", "2"));
    env.prepare("delete cm b");
    std::fs::remove_file(env.path("set.yaml")).unwrap();
    assert_shows!(env.run(&format!("drift {SET}")), @r#"
    === drifted configmap/a in namespace default (revision 1 of secret/shop:3), applied 2026-11-22T10:00:00Z
    ~ data.key: "1" → "2"  # owned by "ops" since 2026-11-22T10:05:00Z

    === missing configmap/b in namespace default (revision 1 of secret/shop:12): deleted, or not applied yet

    Drift: 1 drifted, 1 missing, 0 deleting, 0 pending, 0 in sync.
    [stderr]
    comparing with revision 1 of secret/shop, applied 2026-11-22T10:00:00Z
    "#);
    assert_shows!(env.run(&format!("drift {SET} --exit-code -o names")), @"
    configmap/a
    configmap/b
    [stderr]
    comparing with revision 1 of secret/shop, applied 2026-11-22T10:00:00Z
    [exit 1]
    ");
    assert_shows!(env.run(&format!("drift {SET} --detailed-exitcode -o summary -l no=thing")), @"
    Drift: 0 drifted, 0 missing, 0 deleting, 0 pending, 0 in sync.
    [stderr]
    comparing with revision 1 of secret/shop, applied 2026-11-22T10:00:00Z
    ");
    // Both objects were made at the same time, so either may have got the first of their uids.
    let uid = env.run("get cm/a -o jsonpath={.metadata.uid}").stdout.clone();
    assert_shows!(env.run(&format!("drift {SET} -o yaml")).replacing(&uid, "UID"), @r#"
    apiVersion: trueup.dev/v1
    failures: []
    fieldManager: trueup
    kind: Drift
    objects:
    - apiVersion: v1
      applied: "2026-11-22T10:00:00Z"
      fields:
      - declared: "1"
        live: "2"
        owners:
        - apiVersion: v1
          manager: ops
          operation: Apply
          time: "2026-11-22T10:05:00Z"
        path: data.key
        source:
          column: 3
          file: revision 1 of secret/shop
          line: 5
        verdict: changed
      kind: ConfigMap
      name: a
      namespace: default
      resource: configmaps
      resourceVersion: "12"
      source:
        column: 1
        file: revision 1 of secret/shop
        line: 3
      state: drifted
      uid: UID
    - apiVersion: v1
      fields: []
      kind: ConfigMap
      name: b
      namespace: default
      resource: configmaps
      source:
        column: 1
        file: revision 1 of secret/shop
        line: 12
      state: missing
    set:
      id: applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1
      namespace: default
      parent: secret/shop
      revision: 1
    summary:
      deleting: 0
      drifted: 1
      failed: 0
      inSync: 0
      missing: 1
      pending: 0
    target: local store store
    warnings: []
    [stderr]
    comparing with revision 1 of secret/shop, applied 2026-11-22T10:00:00Z
    "#);
}

#[test]
fn members_that_the_last_apply_did_not_declare_are_compared_with_the_one_that_did() {
    let env = TestEnv::new();
    apply(&env, "");
    write(&env, &[&config_map("c", "1")]);
    env.prepare(&format!("apply -f set.yaml {SET}"));
    env.at("2026-11-22T10:10:00Z");
    meddle(&env, &[config_map("a", "2"), config_map("c", "2")].join("---\n"));
    assert_shows!(env.run(&format!("drift {SET}")), @r#"
    === drifted configmap/c in namespace default (revision 2 of secret/shop:3), applied 2026-11-22T10:05:00Z
    ~ data.key: "1" → "2"  # owned by "ops" since 2026-11-22T10:10:00Z

    === drifted configmap/a in namespace default (revision 1 of secret/shop:3), applied 2026-11-22T10:00:00Z
    ~ data.key: "1" → "2"  # owned by "ops" since 2026-11-22T10:10:00Z

    Drift: 2 drifted, 0 missing, 0 deleting, 0 pending, 1 in sync.
    [stderr]
    comparing with revision 2 of secret/shop, applied 2026-11-22T10:05:00Z
    "#);
}

#[test]
fn without_a_history_the_record_of_owners_tells() {
    let env = TestEnv::new();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  key: ours\n";
    write(&env, &[&config_map("a", "1"), &config_map("b", "1"), secret]);
    env.prepare(&format!("apply -f set.yaml {SET} --history-limit 0"));
    env.at("2026-11-22T10:05:00Z");
    meddle(&env, &[&config_map("a", "2"), &secret.replace("ours", "not-to-be-seen")].map(String::as_str).join("---\n"));
    let drift = env.run(&format!("drift {SET} --exit-code"));
    assert!(!drift.shown().contains("not-to-be-seen"), "{drift}");
    assert_shows!(drift, @r#"
    === drifted configmap/a in namespace default, applied 2026-11-22T10:00:00Z
    + data.key: "2"  # owned by "ops" since 2026-11-22T10:05:00Z; the set's own value is not known

    === drifted secret/s in namespace default, applied 2026-11-22T10:00:00Z
    + data.key: '***'  # owned by "ops" since 2026-11-22T10:05:00Z; the set's own value is not known

    Drift: 2 drifted, 0 missing, 0 deleting, 0 pending, 1 in sync.
    [stderr]
    warning: what the set secret/shop declares is not known, since no revision of it is kept; what others wrote since it was applied is shown
    [exit 1]
    "#);
    assert_shows!(env.run(&format!("drift {SET} -o json -l x=y")), @r#"
    {
        "apiVersion": "trueup.dev/v1",
        "failures": [],
        "fieldManager": "trueup",
        "kind": "Drift",
        "objects": [],
        "set": {
            "id": "applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1",
            "namespace": "default",
            "parent": "secret/shop"
        },
        "summary": {
            "deleting": 0,
            "drifted": 0,
            "failed": 0,
            "inSync": 0,
            "missing": 0,
            "pending": 0
        },
        "target": "local store store",
        "warnings": [
            "what the set secret/shop declares is not known, since no revision of it is kept; what others wrote since it was applied is shown"
        ]
    }
    [stderr]
    warning: what the set secret/shop declares is not known, since no revision of it is kept; what others wrote since it was applied is shown
    "#);
}

#[test]
fn manifests_say_what_a_set_declares_where_they_are_given() {
    let env = TestEnv::new();
    apply(&env, "");
    meddle(&env, &config_map("b", "2"));
    write(&env, &[&config_map("a", "1")]);
    assert_shows!(env.run(&format!("drift -f set.yaml {SET}")), @"
    Drift: 0 drifted, 0 missing, 0 deleting, 0 pending, 1 in sync.
    [stderr]
    warning: no manifest describes these members of the set secret/shop: configmap/b in namespace default
    ");
    // Whoever changes the label takes the object out of the set.
    meddle(&env, &config_map("a", "1").replace("  name: a\n", "  name: a\n  labels: {applyset.kubernetes.io/part-of: other}\n"));
    assert_shows!(env.run(&format!("drift -f set.yaml {SET}")), @r#"
    === drifted configmap/a in namespace default (set.yaml:1), applied 2026-11-22T10:00:00Z
    ~ metadata.labels[applyset.kubernetes.io/part-of]: applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1 → other  # owned by "ops" since 2026-11-22T10:05:00Z

    Drift: 1 drifted, 0 missing, 0 deleting, 0 pending, 0 in sync.
    [stderr]
    warning: no manifest describes these members of the set secret/shop: configmap/b in namespace default
    "#);
}

#[test]
fn a_set_of_kubectl_is_looked_at_like_any_other() {
    let env = TestEnv::new();
    apply(&env, "--field-manager kubectl --history-limit 0");
    env.prepare("sets hand-over shop -n default --to kubectl/v1.36.4");
    meddle(&env, &config_map("a", "2"));
    assert_shows!(env.run(&format!("drift {SET}")), @r#"
    === drifted configmap/a in namespace default, applied 2026-11-22T10:00:00Z
    + data.key: "2"  # owned by "ops" since 2026-11-22T10:05:00Z; the set's own value is not known

    Drift: 1 drifted, 0 missing, 0 deleting, 0 pending, 1 in sync.
    [stderr]
    warning: what the set secret/shop declares is not known, since no revision of it is kept; what others wrote since it was applied is shown
    "#);
    assert_shows!(env.run(&format!("tree {SET}")), @"
    NAMESPACE   OBJECT           AGE   STATE   REASON
    default     secret/shop      5m    ready   
    default     ├─ configmap/a   5m    ready   
    default     └─ configmap/b   5m    ready
    ");
    assert_shows!(env.run(&format!("dump {SET} -l nothing=here")), @"
    [stderr]
    nothing was found to write
    ");
}

/// Whichever target it is, a set is shown with all of its members, wherever they are.
#[test]
fn a_set_in_several_namespaces_is_shown_as_a_whole_on_every_target() {
    let server = TestServer::start(Engine::Sqlite);
    let remote = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
    remote.at_present();
    let etcd = EtcdServer::start();
    let distributed = TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint());
    for env in [TestEnv::new(), remote, distributed] {
        let of_set = "--applyset cm/shop --applyset-namespace default";
        write(&env, &[NAMESPACE, &config_map("a", "1"), &in_two(&config_map("b", "1"))]);
        env.prepare(&format!("apply -f set.yaml {of_set} --prune"));
        meddle(&env, &in_two(&config_map("b", "2")));
        let drift = env.run(&format!("drift {of_set} -o names --exit-code"));
        assert_eq!((drift.stdout.as_str(), drift.code()), ("configmap/b\n", Some(1)), "{drift}");
        let tree = env.run(&format!("tree {of_set} --no-headers"));
        let places: Vec<String> =
            tree.stdout.lines().map(|line| line.split("   ").take(2).collect::<Vec<_>>().join("|").trim_end().to_owned()).collect();
        assert!(places[0].starts_with("default|configmap/shop"), "{tree}");
        assert!(tree.stdout.contains("├─ configmap/a") && tree.stdout.contains("├─ configmap/b"), "{tree}");
        assert!(tree.stdout.contains("└─ namespace/two"), "{tree}");
        assert_eq!(tree.stdout.lines().count(), 4, "{tree}");
        let dump = env.run(&format!("dump {of_set}"));
        env.write("dumped.yaml", &dump.stdout);
        let names: Vec<&str> = dump.stdout.lines().filter(|line| line.starts_with("  name: ")).collect();
        assert_eq!(names, ["  name: two", "  name: a", "  name: b"], "{dump}");
        let same = env.run(&format!("diff -f dumped.yaml {of_set} --prune --force-conflicts -o names"));
        assert_eq!((same.stdout.as_str(), same.code()), ("", Some(0)), "{same}");
        let deleted = env.run(&format!("delete {of_set}"));
        assert_eq!(deleted.code(), Some(0), "{deleted}");
    }
}

#[test]
fn the_members_of_a_set_are_shown_with_what_they_own() {
    let env = TestEnv::new();
    write(&env, &[&config_map("a", "1"), DEPLOYMENT]);
    env.prepare(&format!("apply -f set.yaml {SET}"));
    let uid = env.run("get cm a -o jsonpath={.metadata.uid}").stdout.clone();
    let owned = format!("  name: owned\n  ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: a, uid: {uid}}}]\n");
    env.write("owned.yaml", config_map("owned", "1").replace("  name: owned\n", &owned));
    env.prepare("apply -f owned.yaml");
    assert_shows!(env.run(&format!("tree {SET}")), @"
    NAMESPACE   OBJECT                   AGE   STATE         REASON
    default     secret/shop              0s    ready         
    default     ├─ configmap/a           0s    ready         
    default     │  └─ configmap/owned    0s    ready         
    default     └─ deployment.apps/web   0s    in progress   its controller has not looked at it yet
    ");
    assert_shows!(env.run(&format!("tree {SET} deploy/web")), @"
    [stderr]
    error: the argument '--applyset <NAME>' cannot be used with '[RESOURCE]...'

    Usage: trueup tree --namespace <NAME> --applyset <NAME> [RESOURCE]...

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn the_members_of_a_set_are_written_as_manifests() {
    let env = TestEnv::new();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  key: value\n";
    write(&env, &[&config_map("a", "1").replace("  name: a\n", "  name: a\n  labels: {app: web}\n"), &config_map("b", "1"), secret]);
    env.prepare(&format!("apply -f set.yaml {SET}"));
    assert_shows!(env.run(&format!("dump {SET} -l app=web")), @r#"
    apiVersion: v1
    data:
      key: "1"
    kind: ConfigMap
    metadata:
      labels:
        app: web
      name: a
      namespace: default
    "#);
    let whole = env.run(&format!("dump {SET} --include-secrets"));
    env.write("dumped.yaml", &whole.stdout);
    let same = env.run(&format!("diff -f dumped.yaml {SET} --prune"));
    assert_eq!(same.code(), Some(0), "{same}");
    for wrong in ["-f set.yaml", "cm", "-A", "--field-selector metadata.name=a"] {
        let refused = env.run(&format!("dump {SET} {wrong}"));
        assert!(refused.code() == Some(2) && refused.stderr.contains("--applyset"), "{refused}");
    }
    assert_shows!(env.run(&format!("dump {SET} cm")), @"
    [stderr]
    error: --applyset names all that is dumped; neither -f nor resources can be given with it
    [exit 2]
    ");
    assert_shows!(env.run(&format!("dump {SET} -A")), @"
    [stderr]
    error: with --applyset, objects are selected by -l alone
    [exit 2]
    ");
}

#[test]
fn what_is_no_set_is_told() {
    let env = TestEnv::new();
    apply(&env, "");
    for command in ["drift", "tree", "dump"] {
        let missing = env.run(&format!("{command} -n default --applyset nothing"));
        let expected = "error: there is no set secret/nothing\nhint: `trueup sets -A` lists the sets that there are\n";
        assert_eq!((missing.code(), missing.stdout.as_str(), missing.stderr.as_str()), (Some(1), "", expected), "{missing}");
        let nowhere = env.run(&format!("{command} --applyset shop"));
        assert!(nowhere.code() == Some(2) && nowhere.stderr.contains("secret/shop is in a namespace, and none was named"), "{nowhere}");
        env.prepare("apply -f set.yaml -n default");
        let plain = env.run(&format!("{command} -n default --applyset cm/a"));
        assert!(plain.code() == Some(1) && plain.stderr.contains("configmap/a exists and is no set's parent"), "{plain}");
    }
    assert_eq!(env.run("drift -n default --applyset nothing --exit-code").code(), Some(2));
    assert_eq!(env.run("drift -n default --applyset nothing --detailed-exitcode").code(), Some(1));
    env.prepare("sets create empty -n default");
    assert_shows!(env.run("drift -n default --applyset empty"), @"
    Drift: 0 drifted, 0 missing, 0 deleting, 0 pending, 0 in sync.
    [stderr]
    the set secret/empty has no members
    warning: what the set secret/empty declares is not known, since no revision of it is kept; what others wrote since it was applied is shown
    ");
    assert_shows!(env.run("tree -n default --applyset empty --no-headers"), @"
    default   secret/empty   0s    ready   
    [stderr]
    the set secret/empty has no members
    ");
    assert_shows!(env.run("dump -n default --applyset empty"), @"
    [stderr]
    nothing was found to write
    ");
}

#[test]
fn who_may_not_list_one_type_is_shown_the_sets_of_others() {
    let server = Recorder::refusing(|line| line.starts_with("GET /api/v1/namespaces/default/secrets?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    write(&env, &[&config_map("a", "1")]);
    env.prepare("apply -f set.yaml -n default --applyset configmap/shop --history-limit 0");
    assert_shows!(env.run("sets -n default"), @r#"
    NAMESPACE   SET              TOOL            MEMBERS
    default     configmap/shop   trueup/v0.1.0   1
    [stderr]
    warning: sets of some types are not shown: secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "default": only the group system:masters is allowed to, RBAC is not supported yet
    "#);
    let server = Recorder::refusing(|line| line.contains("/secrets?") || line.contains("/configmaps?"));
    let refused = TestEnv::without_target().with("TRUEUP_SERVER", &server.url).run("sets -n default");
    assert!(refused.code() == Some(1) && refused.stderr.contains("error: from server (Forbidden): "), "{refused}");
}

#[test]
fn who_may_not_list_the_members_is_told_so() {
    let server = Recorder::refusing(|line| line.starts_with("GET /api/v1/namespaces/default/configmaps?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    write(&env, &[&config_map("a", "1")]);
    env.prepare(&format!("apply -f set.yaml {SET}"));
    for command in ["drift", "tree", "dump"] {
        let refused = env.run(&format!("{command} {SET}"));
        let expected = "error: the members of the set secret/shop cannot be found: from server (Forbidden): configmaps is forbidden: ";
        assert!(refused.code() == Some(1) && refused.stderr.contains(expected), "{refused}");
        assert_eq!(refused.stdout, "", "{refused}");
    }
}

#[test]
fn who_may_not_read_the_history_sees_what_the_record_of_owners_tells() {
    let server = Recorder::refusing(|line| line.starts_with("GET /api/v1/namespaces/default/secrets?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    write(&env, &[&config_map("a", "1")]);
    env.run(&format!("apply -f set.yaml {SET}")).tell();
    meddle(&env, &config_map("a", "2"));
    assert_shows!(env.run(&format!("drift {SET}")), @r#"
    === drifted configmap/a in namespace default, applied 2026-11-22T10:00:00Z
    + data.key: "2"  # owned by "ops" since 2026-11-22T10:00:00Z; the set's own value is not known

    Drift: 1 drifted, 0 missing, 0 deleting, 0 pending, 0 in sync.
    [stderr]
    warning: what the set secret/shop declares is not known, since its revisions cannot be read: secrets is forbidden: User "bob" cannot list resource "secrets" in API group "" in the namespace "default": only the group system:masters is allowed to, RBAC is not supported yet; what others wrote since it was applied is shown
    "#);
}
