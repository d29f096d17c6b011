//! Changes that an object cannot take, and rights that somebody does not have.

use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::etcd::EtcdServer;
use crate::harness::recorder::Recorder;
use crate::harness::server::{Engine, TestServer};

fn fixed(value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed}}\nimmutable: true\ndata: {{key: {value}}}\n")
}

fn deployment(label: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  selector:\n    matchLabels: {{app: {label}}}\n  template:\n    \
         metadata:\n      labels: {{app: {label}}}\n    spec:\n      containers: [{{name: web, image: nginx}}]\n"
    )
}

/// A world in which two objects of a set cannot be changed as the set asks, and one can.
fn stuck(env: &TestEnv) {
    let set = |fixed: String, deployment: String, other: &str| [fixed, deployment, config_map("other", other)].join("---\n");
    env.write("set.yaml", set(fixed("old"), deployment("old"), "old"));
    env.prepare("apply -f set.yaml");
    env.write("set.yaml", set(fixed("new"), deployment("new"), "new"));
}

#[test]
fn what_cannot_be_changed_in_place_is_shown_as_a_replacement_with_the_reason() {
    let env = TestEnv::new();
    stuck(&env);
    assert_shows!(env.run("diff -f set.yaml"), @"
    === replace configmap/fixed in namespace default (set.yaml:1): cannot be changed in place: data: field is immutable when `immutable` is set
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: old
    +  key: new
     immutable: true
     kind: ConfigMap
     metadata:

    === replace deployment.apps/web in namespace default (set.yaml:7): cannot be changed in place: spec.selector: field is immutable
    @@ -9,7 +9,7 @@
       revisionHistoryLimit: 10
       selector:
         matchLabels:
    -      app: old
    +      app: new
       strategy:
         rollingUpdate:
           maxSurge: 25%
    @@ -18,7 +18,7 @@
       template:
         metadata:
           labels:
    -        app: old
    +        app: new
         spec:
           containers:
           - image: nginx

    === update configmap/other in namespace default (set.yaml:19)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: old
    +  key: new
     kind: ConfigMap
     metadata:
       name: other

    Plan: 0 to create, 1 to update, 2 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
    assert_shows!(env.run("apply -f set.yaml --dry-run=server"), @"
    configmap/other configured (server dry run)
    [stderr]
    comparing with local store store
    error: set.yaml:1:1: configmap/fixed in namespace default: cannot be changed in place: data: field is immutable when `immutable` is set
    hint: apply --replace deletes the object and makes it anew; or undo the change in the manifest
    error: set.yaml:7:1: deployment.apps/web in namespace default: cannot be changed in place: spec.selector: field is immutable
    hint: apply --replace deletes the object and makes it anew; or undo the change in the manifest
    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged, 2 failed.
    [exit 1]
    ");
    assert_shows!(env.run("apply -f set.yaml --dry-run=server --replace"), @"
    configmap/fixed replaced (server dry run): it cannot be changed in place: data: field is immutable when `immutable` is set
    deployment.apps/web replaced (server dry run): it cannot be changed in place: spec.selector: field is immutable
    configmap/other configured (server dry run)
    [stderr]
    comparing with local store store
    Plan: 0 to create, 1 to update, 2 to replace, 0 to delete, 0 unchanged.
    ");
}

#[test]
fn without_being_told_to_replace_the_objects_fail_with_that_hint() {
    let env = TestEnv::new();
    stuck(&env);
    assert_shows!(env.run("apply -f set.yaml"), @r#"
    configmap/other configured
    [stderr]
    applying to local store store
    error: set.yaml:5:1: configmap/fixed in namespace default: from server (Invalid): ConfigMap "fixed" is invalid: data: Forbidden: field is immutable when `immutable` is set
     5 | data: {key: new}
       | ^
    hint: the object cannot be changed in place: apply --replace deletes it and makes it anew; or undo the change in the manifest
    error: set.yaml:11:3: deployment.apps/web in namespace default: from server (Invalid): Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"new"}}: field is immutable
     11 |   selector:
        |   ^
    hint: the object cannot be changed in place: apply --replace deletes it and makes it anew; or undo the change in the manifest
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged, 2 failed.
    [exit 1]
    "#);
}

#[test]
fn replacing_makes_the_objects_anew() {
    let env = TestEnv::new();
    stuck(&env);
    assert_shows!(env.run("apply -f set.yaml --replace"), @"
    configmap/fixed replaced: it cannot be changed in place: data: field is immutable when `immutable` is set
    configmap/other configured
    deployment.apps/web replaced: it cannot be changed in place: spec.selector: field is immutable
    [stderr]
    applying to local store store
    Applied: 0 created, 1 updated, 2 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f set.yaml --replace"), @"
    configmap/fixed unchanged
    configmap/other unchanged
    deployment.apps/web unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 3 unchanged.
    ");
    assert_shows!(env.run("get cm fixed -o jsonpath={.data.key}"), @"new");
}

#[test]
fn objects_are_replaced_on_a_server_and_in_an_etcd_too() {
    let server = TestServer::start(Engine::Sqlite);
    let remote = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
    remote.at_present();
    let etcd = EtcdServer::start();
    let distributed = TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint());
    for env in [remote, distributed] {
        stuck(&env);
        let diff = env.run("diff -f set.yaml -o summary");
        assert!(diff.stdout.contains("=== replace deployment.apps/web"), "{diff}");
        let apply = env.run("apply -f set.yaml --replace");
        assert!(apply.stderr.contains("Applied: 0 created, 1 updated, 2 replaced, 0 deleted, 0 unchanged."), "{apply}");
        assert_eq!(env.run("diff -f set.yaml").code(), Some(0));
    }
}

#[test]
fn an_object_that_its_finalizer_keeps_is_not_replaced() {
    let env = TestEnv::new();
    let kept = |value: &str| fixed(value).replace("name: fixed", "name: fixed, finalizers: [example.com/keep]");
    env.write("a.yaml", kept("old"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", kept("new"));
    assert_shows!(env.run("apply -f a.yaml --replace --timeout 1s"), @"
    [stderr]
    applying to local store store
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/keep; it is made anew once it is, within 1 s
    error: a.yaml:1:1: configmap/fixed in namespace default: it was deleted to be replaced, but was not gone after 1 s; it waits for example.com/keep
    hint: it goes once its finalizers are done; apply again then
    hint: configmap/fixed as it was is in deleted-configmap-fixed-00000001-0000-0000-8000-000000000005.yaml; to have it back: trueup apply -f deleted-configmap-fixed-00000001-0000-0000-8000-000000000005.yaml
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    ");
}

#[test]
fn who_may_not_patch_sees_a_comparison_made_here_and_is_told_so() {
    let server = Recorder::refusing(|line| line.contains("dryRun=All"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("a.yaml", config_map("a", "old") + "  gone: x\n---\n" + &config_map("same", "1"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", [config_map("a", "new"), config_map("same", "1"), config_map("b", "1")].join("---\n"));
    assert_shows!(env.run("diff -f a.yaml"), @r#"
    === update configmap/a in namespace default (a.yaml:1): compared here, without the server's defaults and admission
    @@ -1,7 +1,6 @@
     apiVersion: v1
     data:
    -  gone: x
    -  key: old
    +  key: new
     kind: ConfigMap
     metadata:
       name: a

    === create configmap/b in namespace default (a.yaml:15): compared here, without the server's defaults and admission
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: b
    +  namespace: default

    Plan: 1 to create, 1 to update, 0 to replace, 0 to delete, 1 unchanged.
    [stderr]
    warning: 2 objects were compared here, without the server's defaults and admission: you may not patch on this server
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f a.yaml -o names"), @"
    configmap/a
    configmap/b
    [stderr]
    warning: 2 objects were compared here, without the server's defaults and admission: you may not patch on this server
    [exit 1]
    ");
}

#[test]
fn a_replacement_that_has_to_wait_says_for_what() {
    let env = TestEnv::new();
    env.write("a.yaml", fixed("old").replace("name: fixed", "name: fixed, finalizers: [example.com/keep]"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", fixed("new"));
    let mut apply = env.start("apply -f a.yaml --replace --timeout 0");
    apply.wait_for("configmap/fixed in namespace default is not gone yet, since it waits for example.com/keep; it is made anew once it is");
    env.write("free.yaml", fixed("old").replace("name: fixed", "name: fixed, finalizers: []"));
    env.prepare("apply -f free.yaml --force-conflicts");
    assert_shows!(apply.end(), @"
    configmap/fixed replaced: it cannot be changed in place: data: field is immutable when `immutable` is set
    [stderr]
    applying to local store store
    configmap/fixed in namespace default is not gone yet, since it waits for example.com/keep; it is made anew once it is
    Applied: 0 created, 0 updated, 1 replaced, 0 deleted, 0 unchanged.
    ");
}
