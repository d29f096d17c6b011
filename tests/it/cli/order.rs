//! In which order a set is applied and deleted, and what it waits for.

use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::etcd::EtcdServer;
use crate::harness::server::{Engine, TestServer};

/// A kind whose objects say in their manifests whether they are ready.
const THINGS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.io}
spec:
  group: x.io
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

fn thing(name: &str, annotations: &str, condition: &str) -> String {
    let conditions = if condition.is_empty() { String::new() } else { format!("status: {{conditions: [{{{condition}}}]}}\n") };
    format!("apiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: {name}\n  annotations: {{{annotations}}}\n{conditions}")
}

fn annotated(name: &str, annotations: &str) -> String {
    config_map(name, "1").replace("metadata:\n", &format!("metadata:\n  annotations: {{{annotations}}}\n"))
}

fn after(reference: &str) -> String {
    format!("config.kubernetes.io/depends-on: {reference}")
}

fn set(parts: &[String]) -> String {
    parts.join("---\n")
}

#[test]
fn kinds_that_others_refer_to_are_applied_first_and_deleted_last() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("apply -f shop.yaml"), @"
    namespace/shop created
    configmap/settings created
    secret/login created
    service/web created
    deployment.apps/web created
    [stderr]
    applying to local store store
    Applied: 5 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("delete -f shop.yaml"), @r#"
    deployment.apps "web" deleted from shop namespace
    service "web" deleted from shop namespace
    configmap "settings" deleted from shop namespace
    secret "login" deleted from shop namespace
    namespace "shop" deleted
    [stderr]
    deleting from local store store
    "#);
    env.prepare("apply -f shop.yaml");
    assert_shows!(env.run("delete deploy,svc,cm,secret --all -n shop"), @r#"
    deployment.apps "web" deleted from shop namespace
    service "web" deleted from shop namespace
    configmap "settings" deleted from shop namespace
    secret "login" deleted from shop namespace
    [stderr]
    deleting from local store store
    "#);
}

#[test]
fn waves_and_dependencies_put_objects_behind_others() {
    let env = TestEnv::new();
    let ordered = set(&[
        annotated("late", "trueup.dev/wave: \"1\""),
        annotated("third", &after("/namespaces/default/ConfigMap/second")),
        annotated("second", &after("/namespaces/default/ConfigMap/first")),
        config_map("first", "1"),
        annotated("early", "argocd.argoproj.io/sync-wave: \"-1\""),
    ]);
    env.write("set.yaml", ordered);
    assert_shows!(env.run("apply -f set.yaml --wait=ready,deleted"), @"
    configmap/early created
    configmap/first created
    configmap/second created
    configmap/third created
    configmap/late created
    [stderr]
    applying to local store store
    Applied: 5 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    Ready: 5 of 5.
    ");
    assert_shows!(env.run("apply -f set.yaml --wait=deleted"), @"
    configmap/early unchanged
    configmap/first unchanged
    configmap/second unchanged
    configmap/third unchanged
    configmap/late unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 5 unchanged.
    ");
    let document = env.run("diff -f set.yaml -o json");
    assert_eq!(document.stdout.lines().filter(|line| line.contains("\"wave\": ")).count(), 2, "{document}");
    assert_shows!(env.run("delete -f set.yaml"), @r#"
    configmap "late" deleted from default namespace
    configmap "third" deleted from default namespace
    configmap "second" deleted from default namespace
    configmap "first" deleted from default namespace
    configmap "early" deleted from default namespace
    [stderr]
    deleting from local store store
    "#);
}

#[test]
fn what_depends_on_an_object_waits_until_it_is_ready() {
    let env = TestEnv::new();
    let db = |status: &str| set(&[THINGS.to_owned(), thing("db", "", &format!("type: Ready, status: \"{status}\", message: is {status}"))]);
    env.write("db.yaml", db("True"));
    env.write("set.yaml", set(&[db("False"), annotated("web", &after("x.io/namespaces/default/Thing/db")), config_map("other", "1")]));
    let mut apply = env.start("apply -f set.yaml");
    apply.wait_for("thing.x.io/db in namespace default: in progress");
    assert_eq!(env.run("get cm -o name").stdout, "configmap/other\n");
    env.prepare("apply -f db.yaml");
    assert_shows!(apply.end(), @"
    customresourcedefinition.apiextensions.k8s.io/things.x.io created
    configmap/other created
    thing.x.io/db created
    configmap/web created
    [stderr]
    applying to local store store
    thing.x.io/db in namespace default: in progress: is False
    thing.x.io/db in namespace default: ready
    Applied: 4 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
}

#[test]
fn what_stands_on_a_failure_is_not_attempted() {
    let env = TestEnv::new();
    env.write(
        "set.yaml",
        set(&[
            THINGS.to_owned(),
            thing("db", "", "type: Stalled, status: \"True\", message: no disk"),
            annotated("web", &after("x.io/namespaces/default/Thing/db")),
            annotated("router", &after("/namespaces/default/ConfigMap/web")),
            annotated("mistaken", &after("/namespaces/default/ConfigMap/bad")),
            config_map("bad", "1").replace("\ndata:", "\ndato:"),
            config_map("other", "1"),
        ]),
    );
    assert_shows!(env.run("apply -f set.yaml"), @r#"
    customresourcedefinition.apiextensions.k8s.io/things.x.io created
    configmap/other created
    thing.x.io/db created
    [stderr]
    applying to local store store
    error: set.yaml:49:1: configmap/bad in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dato"
     49 | dato:
        | ^
    hint: did you mean "data"?
    thing.x.io/db in namespace default: failed: no disk
    error: set.yaml:21:1: configmap/web in namespace default: not attempted, since it depends on thing.x.io/db in namespace default, which is not ready: failed: no disk
    error: set.yaml:37:1: configmap/mistaken in namespace default: not attempted, since it depends on configmap/bad in namespace default, which was not applied
    error: set.yaml:29:1: configmap/router in namespace default: not attempted, since it depends on configmap/web in namespace default, which was not attempted
    Applied: 3 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 4 failed.
    [exit 1]
    "#);
    env.write(
        "waves.yaml",
        set(&[annotated("next", "trueup.dev/wave: \"1\""), config_map("bad", "1").replace("\ndata:", "\ndato:"), config_map("good", "1")]),
    );
    assert_shows!(env.run("apply -f waves.yaml"), @r#"
    configmap/good created
    [stderr]
    applying to local store store
    error: waves.yaml:13:1: configmap/bad in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dato"
     13 | dato:
        | ^
    hint: did you mean "data"?
    error: waves.yaml:1:1: configmap/next in namespace default: not attempted, since configmap/bad in namespace default, of wave 0, was not applied
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 2 failed.
    [exit 1]
    "#);
}

#[test]
fn an_order_that_cannot_be_is_told_before_anything_is_applied() {
    let env = TestEnv::new();
    env.write(
        "set.yaml",
        set(&[
            annotated("a", &after("/namespaces/default/ConfigMap/b")),
            annotated("b", &after("/namespaces/default/ConfigMap/a")),
            config_map("c", "1"),
        ]),
    );
    assert_shows!(env.run("apply -f set.yaml"), @"
    [stderr]
    applying to local store store
    error: set.yaml:4:17: configmap/a in namespace default: it depends on itself: configmap/a in namespace default → configmap/b in namespace default → configmap/a in namespace default
     4 |   annotations: {config.kubernetes.io/depends-on: /namespaces/default/ConfigMap/b}
       |                 ^
    error: nothing was applied, since there is no order in which the set could be applied
    [exit 1]
    ");
    assert_shows!(env.run("delete -f set.yaml"), @"
    [stderr]
    deleting from local store store
    error: set.yaml:4:17: configmap/a in namespace default: it depends on itself: configmap/a in namespace default → configmap/b in namespace default → configmap/a in namespace default
     4 |   annotations: {config.kubernetes.io/depends-on: /namespaces/default/ConfigMap/b}
       |                 ^
    error: nothing was deleted, since there is no order in which the set could be deleted
    [exit 1]
    ");
    env.write(
        "set.yaml",
        set(&[
            annotated("a", &after("ConfigMap/b")),
            annotated("b", "trueup.dev/wave: soon"),
            annotated("c", &after("apps/namespaces/default/Deploy/web")),
            annotated("d", &after("apps/Deployment/web")),
        ]),
    );
    assert_shows!(env.run("apply -f set.yaml --dry-run"), @r#"
    [stderr]
    comparing with local store store
    error: set.yaml:4:17: configmap/a in namespace default: config.kubernetes.io/depends-on: "ConfigMap/b" is neither GROUP/KIND/NAME nor GROUP/namespaces/NAMESPACE/KIND/NAME
     4 |   annotations: {config.kubernetes.io/depends-on: ConfigMap/b}
       |                 ^
    hint: write for example apps/namespaces/shop/Deployment/db, or /Namespace/shop; commas part several
    error: set.yaml:12:17: configmap/b in namespace default: trueup.dev/wave: "soon" is no whole number between -2147483648 and 2147483647
     12 |   annotations: {trueup.dev/wave: soon}
        |                 ^
    hint: lower waves come first; an object without one is in wave 0
    error: set.yaml:20:17: configmap/c in namespace default: it depends on apps/namespaces/default/Deploy/web, but the server serves no such kind and the set defines none
     20 |   annotations: {config.kubernetes.io/depends-on: apps/namespaces/default/Deploy/web}
        |                 ^
    hint: group and kind are compared letter by letter: apps/namespaces/shop/Deployment/db
    error: set.yaml:28:17: configmap/d in namespace default: it depends on apps/Deployment/web, but objects of that kind have a namespace
     28 |   annotations: {config.kubernetes.io/depends-on: apps/Deployment/web}
        |                 ^
    hint: write GROUP/namespaces/NAMESPACE/KIND/NAME for what has a namespace, GROUP/KIND/NAME for what has none
    error: nothing was applied, since there is no order in which the set could be applied
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f set.yaml -o summary"), @r#"
    === create configmap/a in namespace default (set.yaml:1)
    === create configmap/b in namespace default (set.yaml:9)
    === create configmap/c in namespace default (set.yaml:17)
    === create configmap/d in namespace default (set.yaml:25)
    Plan: 4 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 4 failed.
    [stderr]
    error: set.yaml:4:17: configmap/a in namespace default: config.kubernetes.io/depends-on: "ConfigMap/b" is neither GROUP/KIND/NAME nor GROUP/namespaces/NAMESPACE/KIND/NAME
     4 |   annotations: {config.kubernetes.io/depends-on: ConfigMap/b}
       |                 ^
    hint: write for example apps/namespaces/shop/Deployment/db, or /Namespace/shop; commas part several
    error: set.yaml:12:17: configmap/b in namespace default: trueup.dev/wave: "soon" is no whole number between -2147483648 and 2147483647
     12 |   annotations: {trueup.dev/wave: soon}
        |                 ^
    hint: lower waves come first; an object without one is in wave 0
    error: set.yaml:20:17: configmap/c in namespace default: it depends on apps/namespaces/default/Deploy/web, but the server serves no such kind and the set defines none
     20 |   annotations: {config.kubernetes.io/depends-on: apps/namespaces/default/Deploy/web}
        |                 ^
    hint: group and kind are compared letter by letter: apps/namespaces/shop/Deployment/db
    error: set.yaml:28:17: configmap/d in namespace default: it depends on apps/Deployment/web, but objects of that kind have a namespace
     28 |   annotations: {config.kubernetes.io/depends-on: apps/Deployment/web}
        |                 ^
    hint: write GROUP/namespaces/NAMESPACE/KIND/NAME for what has a namespace, GROUP/KIND/NAME for what has none
    [exit 2]
    "#);
    env.write(
        "set.yaml",
        set(&[
            annotated("a", &format!("trueup.dev/wave: \"1\", {}", after("apps/namespaces/shop/Deployment/web"))),
            annotated("b", "trueup.dev/wave: soon"),
        ]),
    );
    assert_shows!(env.run("apply -f set.yaml"), @r#"
    [stderr]
    applying to local store store
    error: set.yaml:4:39: configmap/a in namespace default: it depends on apps/namespaces/shop/Deployment/web, which is neither in the set nor on the server
     4 |   annotations: {trueup.dev/wave: "1", config.kubernetes.io/depends-on: apps/namespaces/shop/Deployme…
       |                                       ^
    hint: add it to the set, or create it first
    error: set.yaml:12:17: configmap/b in namespace default: trueup.dev/wave: "soon" is no whole number between -2147483648 and 2147483647
     12 |   annotations: {trueup.dev/wave: soon}
        |                 ^
    hint: lower waves come first; an object without one is in wave 0
    error: nothing was applied, since there is no order in which the set could be applied
    [exit 1]
    "#);
    env.write(
        "set.yaml",
        set(&[
            annotated("a", &format!("trueup.dev/wave: \"1\", {}", after("apps/namespaces/shop/Deployment/web"))),
            annotated("b", &after("apps/namespaces/shop/Deployment/web")),
        ]),
    );
    assert_shows!(env.run("apply -f set.yaml"), @r#"
    [stderr]
    applying to local store store
    error: set.yaml:4:39: configmap/a in namespace default: it depends on apps/namespaces/shop/Deployment/web, which is neither in the set nor on the server
     4 |   annotations: {trueup.dev/wave: "1", config.kubernetes.io/depends-on: apps/namespaces/shop/Deployme…
       |                                       ^
    hint: add it to the set, or create it first
    error: set.yaml:12:17: configmap/b in namespace default: it depends on apps/namespaces/shop/Deployment/web, which is neither in the set nor on the server
     12 |   annotations: {config.kubernetes.io/depends-on: apps/namespaces/shop/Deployment/web}
        |                 ^
    hint: add it to the set, or create it first
    error: nothing was applied, since there is no order in which the set could be applied
    [exit 1]
    "#);
    assert_shows!(env.run("plan -f set.yaml -o set.plan"), @r#"
    === create configmap/a in namespace default (set.yaml:1)
    @@ -0,0 +1,10 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  annotations:
    +    config.kubernetes.io/depends-on: apps/namespaces/shop/Deployment/web
    +    trueup.dev/wave: "1"
    +  name: a
    +  namespace: default

    === create configmap/b in namespace default (set.yaml:9)
    @@ -0,0 +1,9 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  annotations:
    +    config.kubernetes.io/depends-on: apps/namespaces/shop/Deployment/web
    +  name: b
    +  namespace: default

    Plan: 2 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 2 failed.
    [stderr]
    error: set.yaml:4:39: configmap/a in namespace default: it depends on apps/namespaces/shop/Deployment/web, which is neither in the set nor on the server
     4 |   annotations: {trueup.dev/wave: "1", config.kubernetes.io/depends-on: apps/namespaces/shop/Deployme…
       |                                       ^
    hint: add it to the set, or create it first
    error: set.yaml:12:17: configmap/b in namespace default: it depends on apps/namespaces/shop/Deployment/web, which is neither in the set nor on the server
     12 |   annotations: {config.kubernetes.io/depends-on: apps/namespaces/shop/Deployment/web}
        |                 ^
    hint: add it to the set, or create it first
    error: the plan was not saved, since not all of it could be planned
    [exit 1]
    "#);
    assert_eq!(env.run("get cm -o name").stdout, "");
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    assert!(
        env.run("apply -f set.yaml --timeout=1ms")
            .stderr
            .contains("not attempted, since it depends on deployment.apps/web in namespace shop")
    );
}

#[test]
fn what_others_depend_on_is_deleted_when_they_are_gone() {
    let env = TestEnv::new();
    let web = |finalizers: &str| {
        annotated("web", &after("/namespaces/default/ConfigMap/db"))
            .replace("metadata:\n", &format!("metadata:\n  finalizers: [{finalizers}]\n"))
    };
    env.write("set.yaml", set(&[config_map("db", "1"), web("example.com/hold")]));
    env.write("web.yaml", web(""));
    env.prepare("apply -f set.yaml");
    assert_shows!(env.run("delete -f set.yaml --timeout=1"), @r#"
    configmap "web" deleted from default namespace
    [stderr]
    deleting from local store store
    configmap/web in namespace default: waiting for the finalizer example.com/hold
    error: configmap/web was not gone after 1 s: waiting for the finalizer example.com/hold
    error: set.yaml:1:1: configmap/db: not attempted, since configmap/web in namespace default, which depends on it, is not gone
    [exit 1]
    "#);
    let mut delete = env.start("delete -f set.yaml");
    delete.wait_for("\"web\" deleted");
    assert_eq!(env.run("get cm db -o name").stdout, "configmap/db\n");
    env.shell("trueup apply -f web.yaml || true").tell();
    assert_shows!(delete.end(), @r#"
    configmap "web" deleted from default namespace
    configmap "db" deleted from default namespace
    [stderr]
    deleting from local store store
    configmap/web in namespace default: waiting for the finalizer example.com/hold
    configmap/web in namespace default: gone
    "#);
}

#[test]
fn an_apply_that_is_killed_between_two_waves_is_completed_by_the_next() {
    let env = TestEnv::new();
    let db = |status: &str| set(&[THINGS.to_owned(), thing("db", "", &format!("type: Ready, status: \"{status}\""))]);
    let whole = |status: &str| set(&[db(status), annotated("web", "trueup.dev/wave: \"1\""), annotated("last", "trueup.dev/wave: \"2\"")]);
    env.write("set.yaml", whole("False"));
    let mut apply = env.start("apply -f set.yaml");
    apply.wait_for("thing.x.io/db in namespace default: in progress");
    apply.signal("KILL");
    assert_eq!(apply.end().code(), None);
    env.write("set.yaml", whole("True"));
    assert_shows!(env.run("apply -f set.yaml"), @"
    customresourcedefinition.apiextensions.k8s.io/things.x.io unchanged
    thing.x.io/db configured
    configmap/web created
    configmap/last created
    [stderr]
    applying to local store store
    Applied: 2 created, 1 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
    assert_eq!(env.run("diff -f set.yaml").code(), Some(0));
}

#[test]
fn the_order_holds_on_a_server_and_in_an_etcd_too() {
    let server = TestServer::start(Engine::Sqlite);
    let remote = TestEnv::without_target().with("KUBECONFIG", server.kubeconfig().to_str().unwrap());
    remote.at_present();
    let etcd = EtcdServer::start();
    let distributed = TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint());
    for env in [remote, distributed] {
        env.write(
            "set.yaml",
            set(&[
                annotated("late", "trueup.dev/wave: \"1\""),
                thing("b", &after("x.io/namespaces/default/Thing/a"), ""),
                thing("a", "", "type: Ready, status: \"True\""),
                THINGS.to_owned(),
            ]),
        );
        let names = |output: &str| output.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
        let apply = env.run("apply -f set.yaml --wait");
        assert_eq!(apply.code(), Some(0), "{apply}");
        assert_eq!(
            names(&apply.stdout),
            [
                "customresourcedefinition.apiextensions.k8s.io/things.x.io created",
                "thing.x.io/a created",
                "thing.x.io/b created",
                "configmap/late created"
            ]
        );
        let delete = env.run("delete -f set.yaml");
        assert_eq!(delete.code(), Some(0), "{delete}");
        assert_eq!(
            names(&delete.stdout),
            ["configmap \"late\"", "thing.x.io \"b\"", "thing.x.io \"a\"", "customresourcedefinition.apiextensions.k8s.io \"things.x.io\""]
        );
        assert_eq!(env.run("get crd -o name").stdout, "");
    }
}

#[test]
fn a_wait_for_what_was_pruned_says_in_lines_what_it_waits_for() {
    let env = TestEnv::new();
    let held = config_map("held", "1").replace("metadata:", "metadata:\n  finalizers: [example.com/hold]");
    env.write("set.yaml", config_map("a", "1") + "---\n" + &held);
    env.prepare("apply -f set.yaml -n default --applyset shop");
    env.write("set.yaml", config_map("a", "1"));
    let mut apply = env.start("apply -f set.yaml -n default --applyset shop --prune --wait=deleted --timeout 0");
    apply.wait_for("configmap/held in namespace default: waiting for the finalizer example.com/hold");
    env.write("free.yaml", config_map("held", "1"));
    env.prepare("apply -f free.yaml");
    assert_shows!(apply.end(), @"
    configmap/a unchanged
    configmap/held pruned
    [stderr]
    applying to local store store
    kept as revision 2 of secret/shop
    Applied: 0 created, 0 updated, 0 replaced, 1 deleted, 1 unchanged.
    configmap/held in namespace default: waiting for the finalizer example.com/hold
    configmap/held in namespace default: gone
    ");
}
