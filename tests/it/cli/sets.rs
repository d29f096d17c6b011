//! Sets: what is no longer described is pruned, and nothing else.

use std::sync::atomic::{AtomicBool, Ordering};

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::etcd::EtcdServer;
use crate::harness::recorder::Recorder;
use crate::harness::server::{Engine, TestServer};

const SET: &str = "-f set.yaml -n default --applyset shop --prune";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {a: b}}\n  \
                          template: {metadata: {labels: {a: b}}, spec: {containers: [{name: web, image: web}]}}\n";

fn write(env: &TestEnv, manifests: &[&str]) {
    env.write("set.yaml", manifests.join("---\n"));
}

fn maps(env: &TestEnv, names: &[&str]) {
    env.write("set.yaml", names.iter().map(|name| config_map(name, "1")).collect::<Vec<_>>().join("---\n"));
}

/// A world in which a set holds ConfigMaps of these names.
fn world(names: &[&str]) -> TestEnv {
    let env = TestEnv::new();
    maps(&env, names);
    env.prepare(&format!("apply {SET}"));
    env
}

fn listed_kinds(env: &TestEnv, parent: &str) -> String {
    let path = r"jsonpath={.metadata.annotations.applyset\.kubernetes\.io/contains-group-kinds}";
    env.run(&format!("get {parent} -n default -o {path}")).stdout.clone()
}

#[test]
fn what_is_no_longer_described_is_pruned() {
    let env = world(&["a", "b"]);
    maps(&env, &["a"]);
    assert_shows!(env.run(&format!("diff {SET}")), @r#"
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

    Plan: 0 to create, 0 to update, 0 to replace, 1 to delete, 1 unchanged.
    [exit 1]
    "#);
    assert_shows!(env.run(&format!("diff {SET} -o names")), @"
    configmap/b
    [exit 1]
    ");
    assert_shows!(env.run(&format!("apply {SET} --dry-run")), @"
    configmap/a unchanged (dry run)
    configmap/b pruned (dry run)
    [stderr]
    comparing with local store store
    Plan: 0 to create, 0 to update, 0 to replace, 1 to delete, 1 unchanged.
    ");
    assert_shows!(env.run(&format!("apply {SET}")), @"
    configmap/a unchanged
    configmap/b pruned
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 0 updated, 0 replaced, 1 deleted, 1 unchanged.
    ");
    assert_shows!(env.run(&format!("apply {SET}")), @"
    configmap/a unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
    assert_shows!(env.run("get cm -o name"), @"configmap/a");
}

#[test]
fn a_set_is_pruned_on_every_target_and_its_parent_tells_of_what_is_left() {
    let server = TestServer::start(Engine::Sqlite);
    let remote = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
    remote.at_present();
    let etcd = EtcdServer::start();
    let distributed = TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint());
    for env in [TestEnv::new(), remote, distributed] {
        let (a, b) = (config_map("a", "1"), config_map("b", "1"));
        write(&env, &[&a, &b, DEPLOYMENT]);
        env.prepare(&format!("apply {SET}"));
        assert_eq!(listed_kinds(&env, "secret shop"), "ConfigMap,Deployment.apps");
        write(&env, &[&a]);
        let pruned = env.run(&format!("apply {SET}"));
        assert!(pruned.stderr.contains("Applied: 0 created, 0 updated, 0 replaced, 2 deleted, 1 unchanged."), "{pruned}");
        assert_eq!(pruned.stdout, "configmap/a unchanged\ndeployment.apps/web pruned\nconfigmap/b pruned\n");
        assert_eq!(listed_kinds(&env, "secret shop"), "ConfigMap");
        assert_eq!(env.run(&format!("diff {SET}")).code(), Some(0));
    }
}

#[test]
fn an_unchanged_set_takes_two_requests_more_than_its_objects() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    maps(&env, &["a", "b"]);
    env.prepare(&format!("apply {SET}"));
    server.asked();
    env.prepare(&format!("apply {SET}"));
    let lists = "GET /api/v1/namespaces/default/configmaps?limit=500";
    let (set, history) = ("GET /api/v1/namespaces/default/secrets/shop", "GET /api/v1/namespaces/default/secrets?labelSelector=");
    let asked: Vec<String> = server.asked().iter().map(|line| line.split("trueup.dev").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(asked, ["GET /api", lists, set, history, "GET /apis"]);
}

#[test]
fn a_saved_plan_deletes_what_it_names_or_nothing() {
    let env = world(&["a", "b", "c"]);
    maps(&env, &["a"]);
    env.prepare(&format!("plan {SET} -o set.plan"));
    env.write("theirs.yaml", config_map("c", "2"));
    env.prepare("apply -f theirs.yaml --field-manager ops --force-conflicts");
    let refused = env.run("apply set.plan");
    assert!(refused.stderr.contains("configmap/c in namespace default: it is not as it was planned: it has changed: "), "{refused}");
    assert!(refused.code() == Some(1) && refused.stderr.contains("error: nothing was applied"), "{refused}");
    env.prepare(&format!("plan {SET} -o set.plan"));
    std::fs::remove_file(env.path("set.yaml")).unwrap();
    assert_shows!(env.run("apply set.plan"), @"
    configmap/b pruned
    configmap/c pruned
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 0 updated, 0 replaced, 2 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("get cm -o name"), @"configmap/a");
}

#[test]
fn a_plan_is_refused_when_its_set_has_changed() {
    let env = world(&["a", "b"]);
    maps(&env, &["a"]);
    env.prepare(&format!("plan {SET} -o set.plan"));
    env.write("other.yaml", DEPLOYMENT);
    env.prepare("apply -f other.yaml -n default --applyset shop");
    assert_shows!(env.run("apply set.plan"), @"
    [stderr]
    applying to local store store
    error: nothing was applied, since the set secret/shop has changed since it was planned
    hint: make a new plan
    [exit 1]
    ");
}

#[test]
fn nothing_is_pruned_where_something_was_not_applied() {
    let env = world(&["a", "b"]);
    let wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Wrong}\n";
    write(&env, &[&config_map("a", "2"), wrong]);
    assert_shows!(env.run(&format!("apply {SET}")), @r#"
    configmap/a configured
    [stderr]
    applying to local store store
    error: set.yaml:10:12: configmap/Wrong in namespace default: from server (Invalid): ConfigMap "Wrong" is invalid: metadata.name: Invalid value: "Wrong": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     10 | metadata: {name: Wrong}
        |            ^
    warning: nothing was pruned, since not everything was applied
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    hint: to go back to what was applied before: trueup rollback --to 1 --applyset shop --applyset-namespace default
    [exit 1]
    "#);
    let unknown = "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: t}\n";
    write(&env, &[&config_map("a", "3"), unknown]);
    assert_shows!(env.run(&format!("apply {SET}")), @r#"
    configmap/a configured
    [stderr]
    applying to local store store
    error: set.yaml:8:1: thing.x.io/t: no matches for kind "Thing" in version "x.io/v1"
    hint: apply the CustomResourceDefinition of the kind first, or together with it
    warning: nothing was pruned, since not everything was applied
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    hint: to go back to what was applied before: trueup rollback --to 1 --applyset shop --applyset-namespace default
    [exit 1]
    "#);
    assert_shows!(env.run(&format!("diff {SET} -o summary")), @r#"
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 unchanged, 1 failed.
    [stderr]
    error: set.yaml:8:1: thing.x.io/t: no matches for kind "Thing" in version "x.io/v1"
    hint: apply the CustomResourceDefinition of the kind first, or together with it
    warning: what leaves the set is not shown, since not all of what stays is known
    [exit 2]
    "#);
    assert_eq!(env.run("get cm -o name").stdout, "configmap/a\nconfigmap/b\n");
}

#[test]
fn members_that_say_so_are_kept_and_leave_the_set() {
    let env = TestEnv::new();
    let kept = config_map("b", "1").replace("  name: b\n", "  name: b\n  annotations: {trueup.dev/prune: keep}\n");
    write(&env, &[&config_map("a", "1"), &kept]);
    env.prepare(&format!("apply {SET}"));
    maps(&env, &["a"]);
    assert_shows!(env.run(&format!("diff {SET}")), @"
    === update configmap/b in namespace default: kept, as its annotation trueup.dev/prune: keep says; it leaves the set
    @@ -5,7 +5,5 @@
     metadata:
       annotations:
         trueup.dev/prune: keep
    -  labels:
    -    applyset.kubernetes.io/part-of: applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1
       name: b
       namespace: default

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 1 unchanged.
    [exit 1]
    ");
    env.prepare(&format!("plan {SET} -o set.plan"));
    assert_shows!(env.run("apply set.plan"), @"
    configmap/b kept
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run(&format!("apply {SET}")), @"
    configmap/a unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
    assert_shows!(env.run("get cm b -o jsonpath={.metadata.labels}"), @"");
}

#[test]
fn an_annotation_that_means_nothing_keeps_everything() {
    let env = TestEnv::new();
    let unclear = config_map("b", "1").replace("  name: b\n", "  name: b\n  annotations: {trueup.dev/prune: kep}\n");
    write(&env, &[&config_map("a", "1"), &unclear]);
    env.prepare(&format!("apply {SET}"));
    maps(&env, &["a"]);
    assert_shows!(env.run(&format!("apply {SET}")), @r#"
    [stderr]
    applying to local store store
    error: configmap/b in namespace default would be pruned, but its annotation trueup.dev/prune is "kep", which means nothing; keep is what it may be
    hint: nothing was changed; set the annotation to keep, or remove it
    [exit 1]
    "#);
}

#[test]
fn too_many_deletions_and_empty_input_are_stopped() {
    let env = world(&["a", "b", "c", "d", "e", "f", "g"]);
    maps(&env, &["a"]);
    assert_shows!(env.run(&format!("apply {SET}")), @"
    [stderr]
    applying to local store store
    error: 6 of the set's 7 members would be deleted, where 5 may be
    hint: nothing was changed; look at them with diff, then allow them with --max-deletions=6
    [exit 1]
    ");
    assert_shows!(env.run(&format!("diff {SET} -o names")), @"
    configmap/b
    configmap/c
    configmap/d
    configmap/e
    configmap/f
    configmap/g
    [stderr]
    error: 6 of the set's 7 members would be deleted, where 5 may be
    hint: nothing was changed; look at them with diff, then allow them with --max-deletions=6
    [exit 2]
    ");
    let plan = env.run(&format!("plan {SET} --max-deletions 3 -o set.plan"));
    assert!(plan.code() == Some(1) && plan.stderr.contains("6 of the set's 7 members would be deleted, where 3 may be"), "{plan}");
    assert!(!env.path("set.plan").exists());
    assert_shows!(env.run(&format!("apply {SET} --max-deletions 90%")), @"
    configmap/a unchanged
    configmap/b pruned
    configmap/c pruned
    configmap/d pruned
    configmap/e pruned
    configmap/f pruned
    configmap/g pruned
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 0 updated, 0 replaced, 6 deleted, 1 unchanged.
    ");
    env.write("set.yaml", "# nothing\n");
    assert_shows!(env.run(&format!("apply {SET}")), @"
    [stderr]
    error: no objects found in set.yaml
    hint: check the path given with -f; documents without content do not count
    hint: to prune all members of the set, add --allow-empty
    [exit 1]
    ");
    assert_shows!(env.run(&format!("apply {SET} --allow-empty")), @"
    configmap/a pruned
    [stderr]
    applying to local store store
    kept as revision 3 of secret/shop
    Applied: 0 created, 0 updated, 0 replaced, 1 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("sets"), @"
    NAMESPACE   SET           TOOL            MEMBERS
    default     secret/shop   trueup/v0.1.0   0
    ");
}

#[test]
fn objects_of_another_set_are_taken_over_only_on_demand() {
    let env = world(&["a"]);
    maps(&env, &["a", "b"]);
    assert_shows!(env.run("apply -f set.yaml -n default --applyset other --prune"), @"
    configmap/b created
    [stderr]
    applying to local store store
    error: set.yaml:1:1: configmap/a in namespace default: it belongs to another set: its label applyset.kubernetes.io/part-of is applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1
    hint: take it out of one of the two sets, or take it over with --force-membership
    warning: nothing was pruned, since not everything was applied
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    ");
    maps(&env, &["a"]);
    let refused = env.run("apply -f set.yaml -n default --applyset third --prune");
    assert!(refused.code() == Some(1) && refused.stderr.contains("Applied: 0 created, 0 updated"), "{refused}");
    assert_eq!(env.run("get secret third").code(), Some(1), "a set of which nothing may be applied does not come into being");
    maps(&env, &["a", "b"]);
    assert_shows!(env.run("diff -f set.yaml -n default --applyset other --prune -o summary"), @"
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 unchanged, 1 failed.
    [stderr]
    error: set.yaml:1:1: configmap/a in namespace default: it belongs to another set: its label applyset.kubernetes.io/part-of is applyset-deGdy9cO9XA_cS6jkZBQNNHCB9v4eVtcTMJd6JKtoOg-v1
    hint: take it out of one of the two sets, or take it over with --force-membership
    [exit 2]
    ");
    assert_shows!(env.run("apply -f set.yaml -n default --applyset other --prune --force-membership"), @"
    configmap/a configured
    configmap/b unchanged
    [stderr]
    applying to local store store
    kept as revision 1 of secret/other
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
    maps(&env, &["c"]);
    assert_shows!(env.run(&format!("apply {SET}")), @"
    configmap/c created
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
}

#[test]
fn what_cannot_be_a_parent_is_refused() {
    let env = world(&["a"]);
    assert_shows!(env.run("apply -f set.yaml --applyset shop --prune"), @"
    [stderr]
    applying to local store store
    error: secret/shop is in a namespace, and none was named
    hint: name it with -n; or, where the set's objects are in several namespaces, with --applyset-namespace
    [exit 2]
    ");
    assert_shows!(env.run("apply -f set.yaml -n default --applyset ns/default --prune"), @"
    [stderr]
    applying to local store store
    error: objects of namespaces may not be parents of sets: Secrets may, ConfigMaps, and objects of definitions with the label applyset.kubernetes.io/is-parent-type
    hint: name a Secret by NAME, or a ConfigMap by configmap/NAME
    [exit 1]
    ");
    assert_shows!(env.run("apply -f set.yaml -n default --applyset secret/ --prune"), @r#"
    [stderr]
    applying to local store store
    error: --applyset "secret/" names no object: it takes NAME or TYPE/NAME
    hint: NAME is that of a Secret; other parents are written TYPE/NAME, such as configmap/shop
    [exit 2]
    "#);
    assert_shows!(env.run("apply -f set.yaml -n default --applyset secrat/shop --prune"), @r#"
    [stderr]
    applying to local store store
    error: the server doesn't have a resource type "secrat"
    hint: did you mean "secret"?
    [exit 1]
    "#);
    assert_shows!(env.run("apply -f set.yaml -n default --applyset cm/a --prune"), @"
    [stderr]
    applying to local store store
    error: configmap/a exists and is no set's parent: it has no annotation applyset.kubernetes.io/tooling
    hint: give the set's parent another name; or, if it is meant to be one: trueup sets create configmap/a -n default
    [exit 1]
    ");
    assert_shows!(env.run("apply -f set.yaml --prune"), @"
    [stderr]
    error: the following required arguments were not provided:
      --applyset <NAME>

    Usage: trueup apply --applyset <NAME> --filename <FILE> --prune [PLAN]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run(&format!("apply {SET} -l app=web")), @"
    [stderr]
    error: --selector and --applyset cannot be given together: what the selector leaves out would leave the set
    [exit 2]
    ");
    assert_shows!(env.run(&format!("apply {SET} --max-deletions some")), @r#"
    [stderr]
    error: invalid value 'some' for '--max-deletions <MOST>': "some" is neither a number such as 10 nor a share such as 50%

    For more information, try '--help'.
    [exit 2]
    "#);
    let labelled = config_map("a", "1").replace("  name: a\n", "  name: a\n  labels: {applyset.kubernetes.io/part-of: x}\n");
    write(&env, &[&labelled]);
    assert_shows!(env.run(&format!("apply {SET}")), @"
    [stderr]
    applying to local store store
    error: set.yaml:5:12: configmap/a: the manifest sets the label applyset.kubernetes.io/part-of, which --applyset sets
    hint: take the label out of the manifest
    [exit 1]
    ");
}

#[test]
fn a_set_may_make_the_namespace_that_it_lives_in() {
    let env = TestEnv::new();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    write(&env, &[&config_map("a", "1"), namespace]);
    assert_shows!(env.run("apply -f set.yaml -n shop --applyset shop --prune"), @"
    namespace/shop created
    configmap/a created
    [stderr]
    applying to local store store
    kept as revision 1 of secret/shop
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    maps(&env, &["a"]);
    assert_shows!(env.run("apply -f set.yaml -n shop --applyset shop --prune"), @"
    [stderr]
    applying to local store store
    error: namespace/shop would be pruned, in which the set's parent secret/shop lives
    hint: nothing was changed; describe the namespace in the manifests, or annotate it with trueup.dev/prune=keep
    [exit 1]
    ");
    assert_shows!(env.run("delete --applyset shop -n shop"), @r#"
    configmap "a" deleted from shop namespace
    secret "shop" deleted from shop namespace
    namespace "shop" deleted
    [stderr]
    deleting from local store store
    "#);
    assert_shows!(env.run("apply -f set.yaml -n nowhere --applyset shop --prune"), @r#"
    [stderr]
    applying to local store store
    error: nothing was applied, since the set's parent secret/shop cannot be written: from server (NotFound): namespaces "nowhere" not found
    hint: add the namespace to the set, create it first, or keep the parent in another one with --applyset-namespace
    [exit 1]
    "#);
}

#[test]
fn a_set_may_span_namespaces_and_have_a_parent_outside_of_all() {
    let env = TestEnv::new();
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: apps.x.io\n  labels: \
                      {applyset.kubernetes.io/is-parent-type: 'true'}\nspec:\n  group: x.io\n  scope: Cluster\n  names: {kind: App, \
                      plural: apps}\n  versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}\n";
    env.write("definition.yaml", definition);
    env.prepare("apply -f definition.yaml");
    let of = |namespace: &str| config_map("a", "1").replace("  name: a\n", &format!("  name: a\n  namespace: {namespace}\n"));
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n";
    write(&env, &[namespace, &of("default"), &of("two")]);
    assert_shows!(env.run("apply -f set.yaml --applyset app.x.io/shop --prune"), @"
    [stderr]
    applying to local store store
    error: app.x.io/shop does not exist, and a parent of a custom type is not made automatically
    hint: create it, then make it a parent: trueup sets create app.x.io/shop
    [exit 1]
    ");
    env.write("app.yaml", "apiVersion: x.io/v1\nkind: App\nmetadata: {name: shop}\n");
    env.prepare("apply -f app.yaml");
    assert_shows!(env.run("apply -f set.yaml --applyset app.x.io/shop --prune"), @"
    [stderr]
    applying to local store store
    error: app.x.io/shop exists and is no set's parent: it has no annotation applyset.kubernetes.io/tooling
    hint: give the set's parent another name; or, if it is meant to be one: trueup sets create app.x.io/shop
    [exit 1]
    ");
    assert_shows!(env.run("sets create app.x.io/shop"), @"
    app.x.io/shop is the parent of an empty set
    [stderr]
    making a set on local store store
    ");
    assert_shows!(env.run("sets create app.x.io/shop"), @"
    [stderr]
    making a set on local store store
    error: app.x.io/shop is a set's parent already
    [exit 1]
    ");
    env.prepare("apply -f set.yaml --applyset app.x.io/shop --prune");
    write(&env, &[namespace, &of("default")]);
    assert_shows!(env.run("apply -f set.yaml --applyset app.x.io/shop --prune"), @"
    namespace/two unchanged
    configmap/a unchanged
    configmap/a pruned
    [stderr]
    applying to local store store
    kept as revision 2 of app.x.io/shop
    Applied: 0 created, 0 updated, 0 replaced, 1 deleted, 2 unchanged.
    ");
    assert_shows!(env.run("sets -A").replacing(env!("CARGO_PKG_VERSION"), "[VERSION]"), @"
    NAMESPACE   SET             TOOL            MEMBERS
                app.x.io/shop   trueup/v[VERSION]   2
    ");
    assert_shows!(env.run("delete --applyset app.x.io/shop --timeout 10s"), @r#"
    configmap "a" deleted from default namespace
    namespace "two" deleted
    [stderr]
    deleting from local store store
    app.x.io/shop stays as the parent of an empty set
    "#);
    assert_shows!(env.run("sets --no-headers").replacing(env!("CARGO_PKG_VERSION"), "[VERSION]"), @"      app.x.io/shop   trueup/v[VERSION]   0");
}

#[test]
fn a_parent_in_one_namespace_may_have_members_in_another() {
    let env = TestEnv::new();
    let of = |name: &str, namespace: &str| config_map(name, "1").replace("metadata:\n", &format!("metadata:\n  namespace: {namespace}\n"));
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n";
    write(&env, &[namespace, &of("a", "default"), &of("b", "two")]);
    env.prepare("apply -f set.yaml --applyset cm/shop --applyset-namespace default --prune");
    let path = r"jsonpath={.metadata.annotations.applyset\.kubernetes\.io/additional-namespaces}";
    assert_eq!(env.run(&format!("get cm shop -o {path}")).stdout, "two");
    write(&env, &[namespace, &of("a", "default")]);
    assert_shows!(env.run("apply -f set.yaml --applyset cm/shop --applyset-namespace default --prune"), @"
    namespace/two unchanged
    configmap/a unchanged
    configmap/b pruned
    [stderr]
    applying to local store store
    kept as revision 2 of configmap/shop
    Applied: 0 created, 0 updated, 0 replaced, 1 deleted, 2 unchanged.
    ");
    assert_eq!(env.run(&format!("get cm shop -o {path}")).stdout, "");
}

#[test]
fn a_set_is_deleted_with_its_parent() {
    let env = TestEnv::new();
    let kept = config_map("b", "1").replace("  name: b\n", "  name: b\n  annotations: {trueup.dev/prune: keep}\n");
    write(&env, &[&config_map("a", "1"), &kept, DEPLOYMENT]);
    env.prepare(&format!("apply {SET}"));
    assert_shows!(env.run("delete --applyset shop -n default --dry-run"), @r#"
    deployment.apps "web" deleted from default namespace (dry run)
    configmap "a" deleted from default namespace (dry run)
    secret "shop" deleted from default namespace (dry run)
    [stderr]
    comparing with local store store
    configmap/b is kept, as its annotation trueup.dev/prune: keep says
    "#);
    assert_shows!(env.run("delete --applyset shop -n default cm"), @"
    [stderr]
    error: --applyset names all that is to go; nothing else can be given with it
    [exit 2]
    ");
    assert_shows!(env.run("delete --applyset shop -n default"), @r#"
    deployment.apps "web" deleted from default namespace
    configmap "a" deleted from default namespace
    secret "shop" deleted from default namespace
    [stderr]
    deleting from local store store
    configmap/b is kept, as its annotation trueup.dev/prune: keep says
    "#);
    assert_shows!(env.run("delete --applyset shop -n default"), @"
    [stderr]
    deleting from local store store
    error: there is no set secret/shop
    hint: `trueup sets -A` lists the sets that there are
    [exit 1]
    ");
    assert_shows!(env.run("get cm,deploy,secret -o name"), @"configmap/b");
}

#[test]
fn a_set_is_handed_over_and_left_alone_from_then_on() {
    let env = world(&["a", "b"]);
    let version = env!("CARGO_PKG_VERSION");
    assert_shows!(env.run("sets hand-over shop -n default --to kubectl/v1.36").replacing(version, "[VERSION]"), @"
    secret/shop handed over from trueup/v[VERSION] to kubectl/v1.36
    [stderr]
    handing over on local store store
    ");
    maps(&env, &["a"]);
    assert_shows!(env.run(&format!("apply {SET}")), @"
    [stderr]
    applying to local store store
    error: the set secret/shop is worked on by kubectl, as its annotation applyset.kubernetes.io/tooling says
    hint: `trueup sets hand-over secret/shop -n default --to trueup` takes it over; the other tool refuses it from then on
    [exit 1]
    ");
    assert_shows!(env.run(&format!("diff {SET} -o summary")), @"
    === delete configmap/b in namespace default
    Plan: 0 to create, 0 to update, 0 to replace, 1 to delete, 1 unchanged.
    [stderr]
    warning: the set secret/shop is worked on by kubectl, as its annotation applyset.kubernetes.io/tooling says: an apply is refused
    [exit 1]
    ");
    assert_shows!(env.run("delete --applyset shop -n default"), @"
    [stderr]
    deleting from local store store
    error: the set secret/shop is worked on by kubectl, as its annotation applyset.kubernetes.io/tooling says
    hint: `trueup sets hand-over secret/shop -n default --to trueup` takes it over; the other tool refuses it from then on
    [exit 1]
    ");
    assert_shows!(env.run("sets hand-over shop -n default --to helm/v3"), @"
    [stderr]
    handing over on local store store
    error: the set secret/shop is worked on by kubectl, as its annotation applyset.kubernetes.io/tooling says
    hint: `trueup sets hand-over secret/shop -n default --to trueup` takes it over; the other tool refuses it from then on
    [exit 1]
    ");
    assert_shows!(env.run("sets hand-over shop -n default --to kubectl"), @r#"
    [stderr]
    error: --to "kubectl" names no version
    hint: write the tool as NAME/VERSION, such as kubectl/v1.36
    [exit 2]
    "#);
    assert_shows!(env.run("sets hand-over nothing -n default --to trueup"), @"
    [stderr]
    handing over on local store store
    error: there is no set secret/nothing
    hint: `trueup sets -A` lists the sets that there are
    [exit 1]
    ");
    assert_shows!(env.run("sets hand-over shop -n default --to trueup").replacing(version, "[VERSION]"), @"
    secret/shop handed over from kubectl/v1.36 to trueup/v[VERSION]
    [stderr]
    handing over on local store store
    ");
    env.prepare(&format!("apply {SET}"));
    assert_shows!(env.run("get cm -o name"), @"configmap/a");
}

/// What was killed is put right by the next run: the parent lists the kinds of before and of after until all is done.
#[test]
fn a_run_that_is_killed_before_it_prunes_is_made_up_for() {
    static HOLDS: AtomicBool = AtomicBool::new(true);
    let server = Recorder::holding(|line| line.starts_with("DELETE") && HOLDS.load(Ordering::SeqCst));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    write(&env, &[&config_map("a", "1"), &config_map("b", "1")]);
    env.prepare(&format!("apply {SET}"));
    write(&env, &[DEPLOYMENT]);
    let mut apply = env.start(&format!("apply {SET}"));
    apply.wait_for("deployment.apps/web created");
    server.wait_until_holding();
    apply.signal("KILL");
    assert_eq!(apply.end().code(), None);
    assert_eq!(listed_kinds(&env, "secret shop"), "ConfigMap,Deployment.apps");
    HOLDS.store(false, Ordering::SeqCst);
    let again = env.run(&format!("apply {SET}"));
    assert_eq!(again.stdout, "deployment.apps/web unchanged\nconfigmap/a pruned\nconfigmap/b pruned\n", "{again}");
    assert_eq!(listed_kinds(&env, "secret shop"), "Deployment.apps");
}

/// Whoever is quicker is not undone: what was deleted by others meanwhile was not deleted here.
#[test]
fn what_others_deleted_meanwhile_does_not_come_back_when_an_apply_is_undone() {
    static HOLDS: AtomicBool = AtomicBool::new(true);
    let server = Recorder::holding(|line| line.starts_with("DELETE") && HOLDS.load(Ordering::SeqCst));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    maps(&env, &["a", "b", "c"]);
    env.prepare(&format!("apply {SET}"));
    maps(&env, &["a", "new"]);
    let apply = env.start(&format!("apply {SET} --atomic"));
    server.wait_until_holding();
    server.wait_until_holding();
    HOLDS.store(false, Ordering::SeqCst);
    env.prepare("delete cm b");
    env.write(
        "theirs.yaml",
        config_map("c", "1").replace("  name: c\n", "  name: c\n  labels: {applyset.kubernetes.io/part-of: theirs}\n"),
    );
    env.prepare("apply -f theirs.yaml --field-manager ops --force-conflicts");
    server.release();
    assert_shows!(apply.end().replacing(&server.url, "[URL]"), @"
    configmap/a unchanged
    configmap/new created
    [stderr]
    applying to [URL]
    configmap/b in namespace default is gone already
    error: configmap/c in namespace default: it was changed by somebody else since it was read, so it was not deleted
    hint: look at the change with diff, then apply again
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged, 1 failed.
    undoing what was done
    configmap/new in namespace default deleted again
    Undone: 1 deleted, 0 put back, 0 made again, 0 could not be undone.
    [exit 1]
    ");
    assert_shows!(env.run("get cm -o name"), @"
    configmap/a
    configmap/c
    ");
}

#[test]
fn what_others_deleted_meanwhile_is_no_failure_and_is_not_counted() {
    static HOLDS: AtomicBool = AtomicBool::new(true);
    let server = Recorder::holding(|line| line.starts_with("DELETE") && HOLDS.load(Ordering::SeqCst));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    maps(&env, &["a", "b"]);
    env.prepare(&format!("apply {SET}"));
    maps(&env, &["a"]);
    let apply = env.start(&format!("apply {SET}"));
    server.wait_until_holding();
    HOLDS.store(false, Ordering::SeqCst);
    env.prepare("delete cm b");
    server.release();
    assert_shows!(apply.end().replacing(&server.url, "[URL]"), @"
    configmap/a unchanged
    [stderr]
    applying to [URL]
    configmap/b in namespace default is gone already
    kept as revision 2 of secret/shop
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
}

#[test]
fn only_what_was_listed_is_deleted_with_its_set() {
    static HOLDS: AtomicBool = AtomicBool::new(true);
    let server = Recorder::holding(|line| line.starts_with("DELETE") && HOLDS.load(Ordering::SeqCst));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    maps(&env, &["free", "gone", "member"]);
    env.prepare(&format!("apply {SET}"));
    let delete = env.start("delete --applyset shop -n default");
    (0..3).for_each(|_| server.wait_until_holding());
    HOLDS.store(false, Ordering::SeqCst);
    let again = env.run("get cm member -o yaml");
    env.prepare("delete cm free gone member");
    env.write("free.yaml", config_map("free", "new"));
    env.prepare("apply -f free.yaml");
    let label = again.stdout.lines().find(|line| line.contains("part-of")).unwrap().to_owned();
    env.write("member.yaml", config_map("member", "new").replace("metadata:\n", &format!("metadata:\n  labels:\n{label}\n")));
    env.prepare("apply -f member.yaml");
    server.release();
    assert_shows!(delete.end().replacing(&server.url, "[URL]"), @"
    [stderr]
    deleting from [URL]
    configmap/free in namespace default is gone already; another object has its name by now, which is no member of the set, and stays
    configmap/gone in namespace default is gone already
    error: configmap/member in namespace default: another object has taken its place since it was read, which was not deleted
    warning: the set's parent secret/shop stays, since not all members are gone
    [exit 1]
    ");
    assert_shows!(env.run("get cm,secret -o name -l !trueup.dev/history-of"), @"
    configmap/free
    configmap/member
    secret/shop
    ");
    assert_shows!(env.run("delete --applyset shop -n default").replacing(&server.url, "[URL]"), @r#"
    configmap "member" deleted from default namespace
    secret "shop" deleted from default namespace
    [stderr]
    deleting from [URL]
    "#);
    assert_shows!(env.run("get cm,secret -o name"), @"configmap/free");
}

#[test]
fn a_parent_that_somebody_wrote_meanwhile_stays() {
    static HOLDS: AtomicBool = AtomicBool::new(true);
    let server = Recorder::holding(|line| line.starts_with("DELETE") && line.contains("/configmaps/") && HOLDS.load(Ordering::SeqCst));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    maps(&env, &["a"]);
    env.prepare(&format!("apply {SET}"));
    let delete = env.start("delete --applyset shop -n default");
    server.wait_until_holding();
    HOLDS.store(false, Ordering::SeqCst);
    env.write("other.yaml", DEPLOYMENT);
    env.prepare("apply -f other.yaml -n default --applyset shop");
    server.release();
    assert_shows!(delete.end().replacing(&server.url, "[URL]"), @r#"
    configmap "a" deleted from default namespace
    [stderr]
    deleting from [URL]
    error: secret/shop in namespace default: it was changed by somebody else since it was read, so it was not deleted
    [exit 1]
    "#);
    assert_eq!(listed_kinds(&env, "secret shop"), "ConfigMap,Deployment.apps");
}

/// Where the parent has nowhere to live, nothing of its set is made: not by an apply, and not by a sync.
#[test]
fn nothing_is_applied_where_the_namespace_of_the_parent_is_not() {
    let server = Recorder::refusing(|line| line.starts_with("PATCH /api/v1/namespaces/home?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    let home = "apiVersion: v1\nkind: Namespace\nmetadata: {name: home}\n";
    write(&env, &[&config_map("a", "1"), home]);
    let of_set = "--applyset shop --applyset-namespace home --prune";
    assert_shows!(env.run(&format!("apply -f set.yaml {of_set}")).replacing(&server.url, "[URL]"), @r#"
    [stderr]
    applying to [URL]
    error: set.yaml:8:1: namespace/home: from server (Forbidden): namespaces "home" is forbidden: User "bob" cannot patch resource "namespaces" in API group "" at the cluster scope: only the group system:masters is allowed to, RBAC is not supported yet
    error: set.yaml:1:1: configmap/a in namespace default: not attempted, since the set's parent secret/shop lives in namespace/home, which was not applied
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 2 failed.
    [exit 1]
    "#);
    env.at_present();
    let sync = env.run(&format!("sync -f set.yaml {of_set} --once"));
    assert_eq!(sync.code(), Some(1), "{sync}");
    assert!(
        sync.stderr.contains("not attempted, since the set's parent secret/shop lives in namespace/home, which was not applied"),
        "{sync}"
    );
    assert_eq!(env.run("get cm -o name").stdout, "");
}

/// What has no place is told, and keeps nothing else from being applied: neither here nor where the set makes its parent's namespace.
#[test]
fn an_object_without_a_place_does_not_keep_a_set_from_its_namespace() {
    let home = "apiVersion: v1\nkind: Namespace\nmetadata: {name: home}\n";
    let unknown = "apiVersion: x.io/v1\nkind: Thing\nmetadata: {name: t}\n";
    for command in ["apply", "sync --once"] {
        let env = TestEnv::new();
        env.at_present();
        write(&env, &[unknown, home, &config_map("a", "1")]);
        let applied = env.run(&format!("{command} -f set.yaml --applyset shop --applyset-namespace home --prune"));
        assert_eq!(applied.code(), Some(1), "{applied}");
        assert!(applied.stderr.contains("no matches for kind \"Thing\""), "{applied}");
        assert_eq!(env.run("get cm -o name").stdout, "configmap/a\n", "{applied}");
        assert_eq!(listed_kinds_in(&env, "home"), "ConfigMap,Namespace", "{applied}");
    }
}

fn listed_kinds_in(env: &TestEnv, namespace: &str) -> String {
    let path = r"jsonpath={.metadata.annotations.applyset\.kubernetes\.io/contains-group-kinds}";
    env.run(&format!("get secret shop -n {namespace} -o {path}")).stdout.clone()
}

#[test]
fn a_set_may_describe_its_own_parent() {
    let env = TestEnv::new();
    let parent = "apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\nstringData: {about: the set}\n";
    write(&env, &[parent, &config_map("a", "1"), DEPLOYMENT]);
    env.prepare(&format!("apply {SET}"));
    write(&env, &[parent, &config_map("a", "1")]);
    assert_shows!(env.run(&format!("apply {SET}")), @"
    secret/shop unchanged
    configmap/a unchanged
    deployment.apps/web pruned
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 0 updated, 0 replaced, 1 deleted, 2 unchanged.
    ");
    assert_eq!(listed_kinds(&env, "secret shop"), "ConfigMap,Secret");
    assert_shows!(env.run("delete --applyset shop -n default"), @r#"
    configmap "a" deleted from default namespace
    secret "shop" deleted from default namespace
    [stderr]
    deleting from local store store
    "#);
    assert_shows!(env.run("get cm,secret -o name"), @"");
}

#[test]
fn the_server_says_what_deleting_a_set_would_do() {
    let env = TestEnv::new();
    write(&env, &[&config_map("a", "1"), DEPLOYMENT]);
    env.prepare(&format!("apply {SET}"));
    assert_shows!(env.run("delete --applyset shop -n default --dry-run=server"), @r#"
    deployment.apps "web" deleted from default namespace (server dry run)
    configmap "a" deleted from default namespace (server dry run)
    secret "shop" deleted from default namespace (server dry run)
    [stderr]
    comparing with local store store
    "#);
    assert_shows!(env.run("get cm,deploy,secret -o name"), @"
    configmap/a
    deployment.apps/web
    secret/shop
    secret/trueup.history.shop.463dbd81.v1
    ");
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    write(&env, &[&config_map("a", "1")]);
    env.prepare(&format!("apply {SET}"));
    server.asked();
    env.prepare("delete --applyset shop -n default --dry-run=server");
    let deletions: Vec<String> = server.asked().into_iter().filter(|line| line.starts_with("DELETE")).collect();
    assert_eq!(deletions, ["DELETE /api/v1/namespaces/default/configmaps/a", "DELETE /api/v1/namespaces/default/secrets/shop"]);
    env.prepare("get cm/a secret/shop");
}

#[test]
fn a_server_without_secrets_has_sets_but_no_history() {
    let server = Recorder::without(|line| line.contains("/secrets"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    write(&env, &[&config_map("a", "1"), &config_map("b", "1")]);
    let set = "-n default --applyset configmap/shop";
    let shown = |line: &str| env.run(line).replacing(&server.url, "[URL]");
    assert_shows!(shown(&format!("apply -f set.yaml {set} --prune")), @"
    configmap/a created
    configmap/b created
    [stderr]
    applying to [URL]
    no history of configmap/shop is kept, since the server has no Secrets, which would hold it
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    write(&env, &[&config_map("a", "2")]);
    assert_shows!(shown(&format!("apply -f set.yaml {set} --prune --history-limit=0")), @"
    configmap/a configured
    configmap/b pruned
    [stderr]
    applying to [URL]
    Applied: 0 created, 1 updated, 0 replaced, 1 deleted, 0 unchanged.
    ");
    assert_shows!(shown(&format!("apply -f set.yaml {set} --prune --message v2")), @"
    configmap/a unchanged
    [stderr]
    applying to [URL]
    warning: no history of configmap/shop is kept, since the server has no Secrets, which would hold it
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
    assert_shows!(shown(&format!("history {set}")), @"
    [stderr]
    error: no history of configmap/shop is kept, since the server has no Secrets, which would hold it
    [exit 1]
    ");
    assert_shows!(shown(&format!("history show 1 {set}")), @"
    [stderr]
    error: no history of configmap/shop is kept, since the server has no Secrets, which would hold it
    [exit 1]
    ");
    assert_shows!(shown(&format!("rollback {set}")), @"
    [stderr]
    rolling back on [URL]
    error: no history of configmap/shop is kept, since the server has no Secrets, which would hold it
    [exit 1]
    ");
    assert_shows!(shown(&format!("diff --against 1 {set}")), @"
    [stderr]
    error: no history of configmap/shop is kept, since the server has no Secrets, which would hold it
    [exit 2]
    ");
    assert_shows!(shown(&format!("drift {set}")), @"
    Drift: 0 drifted, 0 missing, 0 deleting, 0 pending, 1 in sync.
    [stderr]
    warning: what the set configmap/shop declares is not known, since the server has no Secrets, which would hold its revisions; what others wrote since it was applied is shown
    ");
    assert_shows!(shown(&format!("delete {set}")), @r#"
    configmap "a" deleted from default namespace
    configmap "shop" deleted from default namespace
    [stderr]
    deleting from [URL]
    "#);
}
