use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows, until};
use crate::harness::recorder::Recorder;

/// A kind whose status anybody may write, as there is no subresource for it.
const THINGS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x.io}
spec:
  group: x.io
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
";

fn thing(name: &str, ready: &str, message: &str) -> String {
    format!(
        "apiVersion: x.io/v1\nkind: Thing\nmetadata: {{name: {name}, labels: {{app: web}}}}\nspec: {{size: 3}}\n\
         status: {{conditions: [{{type: Ready, status: \"{ready}\", message: {message}}}]}}\n"
    )
}

fn world() -> TestEnv {
    world_on(TestEnv::new())
}

fn world_on(env: TestEnv) -> TestEnv {
    let set = [THINGS, &thing("good", "True", "all well"), &thing("bad", "False", "no quorum")].join("---\n");
    env.write("set.yaml", set);
    env.prepare("apply -f set.yaml");
    env
}

#[test]
fn what_is_true_is_told_at_once() {
    let env = world();
    assert_shows!(env.run("wait thing/good --for=condition=Ready"), @"thing.x.io/good condition met");
    assert_shows!(env.run("wait things --all --for=create --for=jsonpath={.spec.size}=3"), @"
    thing.x.io/bad condition met
    thing.x.io/bad condition met
    thing.x.io/good condition met
    thing.x.io/good condition met
    ");
    assert_shows!(env.run("wait things -A -l app=web --for=jsonpath=.spec.size"), @"
    thing.x.io/bad condition met
    thing.x.io/good condition met
    ");
    // Objects of several kinds are told as their lists arrive.
    let created = env.run("wait -f set.yaml --for=create -o name");
    let mut names: Vec<&str> = created.stdout.lines().collect();
    names.sort_unstable();
    assert_eq!(names, ["customresourcedefinition.apiextensions.k8s.io/things.x.io", "thing.x.io/bad", "thing.x.io/good"], "{created}");
    assert_shows!(env.run("wait thing bad --for=condition=ready=FALSE -o jsonpath={.status.conditions[0].message}"), @"no quorum");
    assert_shows!(env.run("wait thing/none --for=delete"), @"");
    assert_shows!(env.run("wait things -l app=none --for=delete"), @"");
}

#[test]
fn what_does_not_come_true_is_told_with_the_reason() {
    let env = world();
    assert_shows!(env.run("wait thing/good thing/bad thing/none --for=ready --timeout=0"), @r#"
    thing.x.io/good condition met
    [stderr]
    error: condition not met for things/bad: in progress: no quorum
    error: from server (NotFound): things.x.io "none" not found
    [exit 1]
    "#);
    assert_shows!(env.run("wait thing/bad --for=condition=Ready --timeout=1s"), @"
    [stderr]
    error: timed out waiting for the condition on things/bad: the condition Ready is False: no quorum
    [exit 1]
    ");
    assert_shows!(env.run("wait thing/bad --for=condition=Other --timeout=0"), @"
    [stderr]
    error: condition not met for things/bad: it has no condition Other
    [exit 1]
    ");
    assert_shows!(env.run("wait thing/bad --for=jsonpath={.spec.size}=4 --timeout=0"), @"
    [stderr]
    error: condition not met for things/bad: {.spec.size} is 3
    [exit 1]
    ");
    assert_shows!(env.run("wait thing/bad --for=jsonpath={.spec}=4"), @"
    [stderr]
    error: the condition cannot be met for things/bad: {.spec} leads to an object or a list, which cannot be compared with a value
    [exit 1]
    ");
    assert_shows!(env.run("wait thing/bad --for=delete --timeout=0"), @"
    [stderr]
    error: condition not met for things/bad: it exists, and nobody has deleted it
    [exit 1]
    ");
    assert_shows!(env.run("wait thing/none --for=create --timeout=1s"), @"
    [stderr]
    error: timed out waiting for the condition on things/none: it does not exist
    [exit 1]
    ");
    assert_shows!(env.run("wait things -l app=none --for=create --timeout=1s"), @"
    [stderr]
    error: timed out waiting for the condition: no object matches
    [exit 1]
    ");
    assert_shows!(env.run("wait things -l app=none --for=ready"), @"
    [stderr]
    error: no matching resources found
    [exit 1]
    ");
    assert_shows!(env.run("wait nope/x --for=ready"), @r#"
    [stderr]
    error: the server doesn't have a resource type "nope"
    hint: did you mean "node"?
    [exit 1]
    "#);
}

#[test]
fn a_wait_ends_with_the_change_it_waits_for() {
    let server = Recorder::start();
    let env = world_on(TestEnv::without_target().with("TRUEUP_SERVER", &server.url));
    server.asked();
    let waits = [
        env.start("wait thing/bad --for=ready --timeout=-1s"),
        env.start("wait thing -l app=later --for=create --timeout=-1s"),
        env.start("wait thing/good --for=delete --timeout=-1s"),
    ];
    // What is gone before it is looked for was never there.
    let mut watches = 0;
    until("all three watch", || {
        watches += server.asked().iter().filter(|line| line.contains("watch=true")).count();
        watches == waits.len()
    });
    env.write("change.yaml", [thing("bad", "True", "done"), thing("new", "True", "done").replace("app: web", "app: later")].join("---\n"));
    env.prepare("apply -f change.yaml");
    env.prepare("delete thing good");
    assert_eq!(
        waits.map(|wait| wait.end().stdout.clone()),
        [
            "thing.x.io/bad condition met\n".to_owned(),
            "thing.x.io/new condition met\n".to_owned(),
            "thing.x.io/good condition met\n".to_owned(),
        ]
    );
}

#[test]
fn arguments_that_do_not_say_what_to_wait_for_are_refused() {
    let env = TestEnv::new();
    assert_shows!(env.run("wait cm/a"), @"
    [stderr]
    error: the following required arguments were not provided:
      --for <WHAT>

    Usage: trueup wait --for <WHAT> <RESOURCE>...

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("wait cm/a --for=foo"), @"
    [stderr]
    error: invalid value 'foo' for '--for <WHAT>': write create, delete, ready, condition=NAME[=STATUS] or jsonpath='{PATH}'[=VALUE]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("wait --for=ready"), @"
    [stderr]
    error: say what to wait for: -f FILE, TYPE NAME, TYPE -l SELECTOR or TYPE --all
    [exit 2]
    ");
    assert_shows!(env.run("wait cm --for=ready"), @"
    [stderr]
    error: say which objects: NAME, -l SELECTOR or --all
    [exit 2]
    ");
    assert_shows!(env.run("wait cm a --all --for=ready"), @"
    [stderr]
    error: a name cannot be given together with a selector or --all
    [exit 2]
    ");
    assert_shows!(env.run("wait cm/a -A --for=ready"), @"
    [stderr]
    error: an object cannot be waited for by name across all namespaces
    [exit 2]
    ");
    assert_shows!(env.run("wait cm/a --for=ready -o wide"), @"
    [stderr]
    error: wait prints no tables: -o takes name, json, yaml, jsonpath or go-template
    [exit 2]
    ");
    assert_shows!(env.run("wait cm/a --for=ready --timeout soon"), @r#"
    [stderr]
    error: invalid value 'soon' for '--timeout <TIME>': "soon" is no time; write 30s, 5m or 1h

    For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn an_apply_waits_until_all_is_ready() {
    let env = TestEnv::new();
    env.write("set.yaml", [THINGS, &thing("good", "True", "all well"), &config_map("a", "1")].join("---\n"));
    assert_shows!(env.run("apply -f set.yaml --wait"), @"
    customresourcedefinition.apiextensions.k8s.io/things.x.io created
    configmap/a created
    thing.x.io/good created
    [stderr]
    applying to local store store
    Applied: 3 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    Ready: 3 of 3.
    ");
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("apply -f shop.yaml --wait=ready --timeout=1s"), @"
    namespace/shop created
    configmap/settings created
    secret/login created
    service/web created
    deployment.apps/web created
    [stderr]
    applying to local store store
    Applied: 5 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    deployment.apps/web in namespace shop: in progress: its controller has not looked at it yet
    error: deployment.apps/web in namespace shop is not ready: in progress: its controller has not looked at it yet
    Ready: 4 of 5.
    [exit 1]
    ");
    assert_shows!(env.run("apply -f set.yaml --wait --dry-run"), @"
    customresourcedefinition.apiextensions.k8s.io/things.x.io unchanged (dry run)
    thing.x.io/good unchanged (dry run)
    configmap/a unchanged (dry run)
    [stderr]
    comparing with local store store
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 3 unchanged.
    ");
}

#[test]
fn an_apply_tells_what_changes_while_it_waits() {
    let env = world();
    env.write("bad.yaml", thing("bad", "False", "no quorum"));
    let mut apply = env.start("apply -f bad.yaml --wait --timeout=0");
    apply.wait_for("no quorum");
    env.write("more.yaml", thing("bad", "False", "one more"));
    env.prepare("apply -f more.yaml");
    apply.wait_for("one more");
    env.write("more.yaml", thing("bad", "True", "done"));
    env.prepare("apply -f more.yaml");
    assert_shows!(apply.end(), @"
    thing.x.io/bad unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    thing.x.io/bad in namespace default: in progress: no quorum
    thing.x.io/bad in namespace default: in progress: one more
    thing.x.io/bad in namespace default: ready
    Ready: 1 of 1.
    ");
}

#[test]
fn warnings_and_pods_say_why_something_is_stuck() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    let uid = env.run("get deploy web -n shop -o jsonpath={.metadata.uid}").stdout.clone();
    let event = format!(
        "apiVersion: v1\nkind: Event\nmetadata: {{name: e, namespace: shop}}\ntype: Warning\nreason: FailedCreate\nmessage: quota exceeded\n\
         involvedObject: {{apiVersion: apps/v1, kind: Deployment, name: web, namespace: shop, uid: {uid}}}\n"
    );
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web-1, namespace: shop, labels: {app: web}}\n\
        spec: {containers: [{name: web, image: nginx}]}\n";
    env.write("stuck.yaml", format!("{event}---\n{pod}"));
    env.prepare("apply -f stuck.yaml");
    assert_shows!(env.run("apply -f shop.yaml -l app=web --wait --timeout=1s"), @"
    configmap/settings unchanged
    deployment.apps/web unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 2 unchanged.
    deployment.apps/web in namespace shop: in progress: its controller has not looked at it yet
    error: deployment.apps/web in namespace shop is not ready: in progress: its controller has not looked at it yet
      warning FailedCreate: quota exceeded
      pod/web-1: in progress: the pod is pending
    Ready: 1 of 2.
    [exit 1]
    ");
}

#[test]
fn an_interrupted_wait_says_what_is_not_ready() {
    let env = world();
    env.write("bad.yaml", thing("bad", "False", "no quorum"));
    let mut apply = env.start("apply -f bad.yaml --wait --timeout=0");
    apply.wait_for("no quorum");
    apply.signal("INT");
    assert_shows!(apply.end(), @"
    thing.x.io/bad unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    thing.x.io/bad in namespace default: in progress: no quorum
    interrupted: the apply is done; thing.x.io/bad in namespace default is not ready yet
    [exit 130]
    ");
}

#[test]
fn many_deleted_objects_are_followed_by_one_watch() {
    let server = Recorder::start();
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    let set = |finalizers: &str| {
        let finalizers = format!("metadata:\n  finalizers: [{finalizers}]");
        (0..20).map(|number| config_map(&format!("m-{number}"), "1").replace("metadata:", &finalizers)).collect::<Vec<_>>().join("---\n")
    };
    env.write("set.yaml", set("example.com/hold"));
    env.prepare("apply -f set.yaml");
    server.asked();
    let delete = env.start("delete -f set.yaml");
    let mut asked = Vec::new();
    until("it watches", || {
        asked.extend(server.asked());
        asked.iter().any(|line| line.contains("watch=true"))
    });
    env.write("free.yaml", set(""));
    env.prepare("apply -f free.yaml");
    let output = delete.end();
    assert_eq!((output.code(), output.stdout.lines().count()), (Some(0), 20), "{output}");
    asked.extend(server.asked());
    let watches: Vec<&String> = asked.iter().filter(|line| line.contains("watch=true")).collect();
    assert_eq!(watches.len(), 1, "{watches:?}");
}

#[test]
fn waiting_asks_for_a_list_and_a_watch_and_nothing_else() {
    let server = Recorder::holding(|line| line.contains("watch=true"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", (0..20).map(|number| config_map(&format!("m-{number}"), "1")).collect::<Vec<_>>().join("---\n"));
    env.prepare("apply -f set.yaml");
    server.asked();
    let wait = env.start("wait -f set.yaml --for=jsonpath={.data.key}=2 --timeout=5m");
    server.wait_until_holding();
    wait.signal("INT");
    assert_eq!(wait.end().code(), Some(130));
    let mut asked = server.asked();
    asked.retain(|line| line.contains("configmaps"));
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].contains("watch=true"), "{asked:?}");
}
