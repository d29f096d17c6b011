use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};

#[test]
fn a_watch_sees_what_another_process_applies() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    let mut watch = env.start("watch cm -o json");
    watch.wait_for(r#"{"type":"ADDED","object":{"#);
    let mut table = env.start("get cm -w");
    table.wait_for("a      1");
    env.write("a.yaml", config_map("a", "2") + "  more: x\n");
    env.prepare("apply -f a.yaml");
    watch.wait_for(r#""type":"MODIFIED""#);
    table.wait_for("a      2");
    env.prepare("delete cm a");
    watch.wait_for(r#""type":"DELETED""#);
    table.wait_for("a      2");
    for running in [&watch, &table] {
        running.signal("INT");
    }
    assert_shows!(watch.end(), @r#"
    {"type":"ADDED","object":{"apiVersion":"v1","data":{"key":"1"},"kind":"ConfigMap","metadata":{"creationTimestamp":"2026-11-22T10:00:00Z","name":"a","namespace":"default","resourceVersion":"7","uid":"00000001-0000-0000-8000-000000000005"}}}
    {"type":"MODIFIED","object":{"apiVersion":"v1","data":{"key":"2","more":"x"},"kind":"ConfigMap","metadata":{"creationTimestamp":"2026-11-22T10:00:00Z","name":"a","namespace":"default","resourceVersion":"8","uid":"00000001-0000-0000-8000-000000000005"}}}
    {"type":"DELETED","object":{"apiVersion":"v1","data":{"key":"2","more":"x"},"kind":"ConfigMap","metadata":{"creationTimestamp":"2026-11-22T10:00:00Z","name":"a","namespace":"default","resourceVersion":"9","uid":"00000001-0000-0000-8000-000000000005"}}}
    [stderr]
    interrupted
    [exit 130]
    "#);
    assert_shows!(table.end(), @r"
    NAME   DATA   AGE
    a      1      0s
    a      2      0s
    a      2      0s
    [stderr]
    interrupted
    [exit 130]
    ");
}

#[test]
fn changes_only_leaves_out_what_is_there() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.write("b.yaml", config_map("b", "1"));
    env.prepare("apply -f a.yaml");
    let mut watch = env.start("watch cm,secrets --changes-only -o name");
    // Nothing tells when the watch has begun; so a change is made until it is seen.
    let seen = (0..100).any(|_| {
        env.prepare("apply -f b.yaml");
        env.prepare("delete -f b.yaml");
        watch.has_said("configmap/b")
    });
    assert!(seen);
    watch.signal("INT");
    let output = watch.end();
    assert!(output.stdout.lines().all(|line| line == "configmap/b"), "{output}");
    assert_eq!((output.stderr.as_str(), output.code()), ("interrupted\n", Some(130)));
}

#[test]
fn a_watch_of_what_does_not_exist_is_refused() {
    let env = TestEnv::new();
    assert_shows!(env.run("watch pdos"), @r#"
    [stderr]
    error: the server doesn't have a resource type "pdos"
    hint: did you mean "pods"?
    [exit 1]
    "#);
    assert_shows!(env.run("watch pods a -l a=b"), @r"
    [stderr]
    error: a name cannot be given together with a selector
    [exit 2]
    ");
    assert_shows!(env.run("watch"), @r"
    [stderr]
    error: the following required arguments were not provided:
      <RESOURCE>...

    Usage: trueup watch <RESOURCE>...

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn a_reader_that_goes_away_ends_a_watch_quietly() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    let line = "{ trueup watch cm -o name; echo $? >code; } | head -1 >first & \
                until [ -s first ]; do :; done; \
                until [ -s code ]; do trueup apply -f a.yaml --force-conflicts --field-manager m$((n+=1)) -q; done; cat first code";
    assert!(env.shell(line).stdout.ends_with("configmap/a\n141\n"));
}
