use serde_json::Value;

use super::config_map;
use crate::harness::cli::{Output, TestEnv, assert_shows, until};
use crate::harness::server::{Engine, TestServer, on_every_engine};

on_every_engine!(
    run a_watch_whose_history_was_compacted_while_it_was_away_goes_on_with_what_changed,
    a_watch_of_changes_tells_no_false_event_where_the_history_was_compacted,
);

fn a_watch_whose_history_was_compacted_while_it_was_away_goes_on_with_what_changed(engine: Engine) {
    let mut server = TestServer::start(engine);
    let env = TestEnv::without_target();
    // Certificates are checked against the system's clock.
    env.at_present();
    let store = server.store_flags().join(" ");
    let kubeconfig = format!("--kubeconfig {}", server.kubeconfig().display());
    let write = |name: &str, value: &str, target: &str| {
        env.write("map.yaml", config_map(name, value));
        env.prepare(&format!("apply -f map.yaml -n default {target}"));
    };
    for name in ["kept", "changed", "gone"] {
        write(name, "1", &store);
    }
    let mut events = env.start(&format!("watch cm -n default -o json {kubeconfig}"));
    let mut table = env.start(&format!("get cm -n default -w {kubeconfig}"));
    table.wait_for("kept");
    // An event by the open watch shows that the first list is behind both.
    write("live", "1", &kubeconfig);
    events.wait_for(r#""name":"live""#);
    table.wait_for("live");
    assert_eq!(server.stop(), Some(0));
    events.wait_for("the connection is lost");
    table.wait_for("the connection is lost");
    write("changed", "2", &store);
    write("changed", "3", &store);
    env.prepare(&format!("delete cm gone -n default {store}"));
    write("fleeting", "1", &store);
    env.prepare(&format!("delete cm fleeting -n default {store}"));
    write("new", "1", &store);
    block_on(server.compact());
    server.launch();
    events.wait_for(r#""type":"DELETED""#);
    table.wait_for("gone");
    write("after", "1", &kubeconfig);
    events.wait_for(r#""name":"after""#);
    table.wait_for("after");
    for running in [&events, &table] {
        running.signal("INT");
    }
    // Had the history been there, each of the writes in between would show: "changed" twice, "fleeting" as it came and went.
    let told = told(&events.end());
    let before = ["ADDED changed 1", "ADDED gone 1", "ADDED kept 1", "ADDED live 1"];
    let meanwhile = ["MODIFIED changed 3", "ADDED new 1", "DELETED gone 1"];
    assert_eq!(told, [&before[..], &meanwhile, &["ADDED after 1"]].concat());
    let rows = table.end();
    let names: Vec<_> = rows.stdout.lines().skip(1).filter_map(|row| row.split_whitespace().next()).collect();
    assert_eq!(names, ["changed", "gone", "kept", "live", "changed", "new", "gone", "after"]);
}

/// Each event of a watch in JSON as its type, the name, and the value under `key`.
fn told(output: &Output) -> Vec<String> {
    let word = |event: &Value, path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let events = output.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.map(|event| ["/type", "/object/metadata/name", "/object/data/key"].map(|path| word(&event, path)).join(" ")).collect()
}

fn block_on(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(work);
}

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
    until("the watch tells of the change", || {
        env.prepare("apply -f b.yaml");
        env.prepare("delete -f b.yaml");
        watch.has_said("configmap/b")
    });
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

#[test]
fn what_each_event_changed_is_told_with_its_time_and_manager() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.write("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  k: not-to-be-seen\n");
    env.prepare("apply -f a.yaml -f s.yaml");
    let mut watch = env.start("watch cm,secrets --diff");
    let mut lines = env.start("watch cm,secrets -A --diff -o json");
    // Nothing tells when the watch has begun; so a change is made until it is seen.
    env.write("probe.yaml", config_map("probe", "1"));
    until("both tell of the change", || {
        env.prepare("apply -f probe.yaml");
        env.prepare("delete -f probe.yaml");
        watch.has_said("DELETED configmap/probe") && lines.has_said("probe")
    });
    env.at("2026-11-22T10:01:00Z");
    env.write("a.yaml", config_map("a", "2") + "  more: x\n");
    env.prepare("apply -f a.yaml --field-manager ops --force-conflicts");
    env.at("2026-11-22T10:02:00Z");
    // An apply that changes nothing but who owns what is no event to tell.
    env.prepare("apply -f a.yaml --field-manager dev");
    env.write("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  k: not-to-be-seen-either\n");
    env.prepare("apply -f s.yaml");
    env.prepare("delete secret s");
    env.write("end.yaml", config_map("end", "1"));
    env.prepare("apply -f end.yaml");
    for running in [&mut watch, &mut lines] {
        running.wait_for("end");
        running.signal("INT");
    }
    let of_interest = |output: &Output| -> String {
        let from = output.stdout.find("2026-11-22T10:01").expect("the first change");
        let start = output.stdout[..from].rfind('\n').map_or(0, |at| at + 1);
        output.stdout[start..].to_owned()
    };
    // One apply hands out uids in any order.
    let without_uids = |text: &str| -> String {
        let mut parts = text.split(",\"uid\":\"");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + &part[37..])
    };
    // How many probes there were before decides about them.
    let without_versions = |text: &str| -> String {
        let mut parts = text.split(",\"resourceVersion\":\"");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + part.split_once('"').unwrap().1)
    };
    let (watch, lines) = (watch.end(), lines.end());
    insta::assert_snapshot!(of_interest(&watch), @r#"
    2026-11-22T10:01:00Z MODIFIED configmap/a in namespace default
      ~ data.key: "1" → "2"  # by "ops"
      + data.more: x  # by "ops"
    2026-11-22T10:02:00Z MODIFIED secret/s in namespace default
      ~ data.k: '*** (before)' → '*** (after)'  # by "trueup"
    2026-11-22T10:00:00Z DELETED secret/s in namespace default
    2026-11-22T10:02:00Z ADDED configmap/end in namespace default
      + data:  # by "trueup"
          key: "1"
    "#);
    insta::assert_snapshot!(without_versions(&without_uids(&of_interest(&lines))), @r#"
    {"apiVersion":"trueup.dev/v1","changes":[{"from":"1","op":"change","owners":[{"apiVersion":"v1","manager":"ops","operation":"Apply","time":"2026-11-22T10:01:00Z"}],"path":"data.key","to":"2"},{"op":"add","owners":[{"apiVersion":"v1","manager":"ops","operation":"Apply","time":"2026-11-22T10:01:00Z"}],"path":"data.more","to":"x"}],"kind":"ObjectChange","object":{"apiVersion":"v1","kind":"ConfigMap","name":"a","namespace":"default"},"time":"2026-11-22T10:01:00Z","timeFrom":"managedFields","type":"MODIFIED"}
    {"apiVersion":"trueup.dev/v1","changes":[{"from":"*** (before)","op":"change","owners":[{"apiVersion":"v1","manager":"trueup","operation":"Apply","time":"2026-11-22T10:02:00Z"}],"path":"data.k","to":"*** (after)"}],"kind":"ObjectChange","masked":true,"object":{"apiVersion":"v1","kind":"Secret","name":"s","namespace":"default"},"time":"2026-11-22T10:02:00Z","timeFrom":"managedFields","type":"MODIFIED"}
    {"apiVersion":"trueup.dev/v1","changes":[],"kind":"ObjectChange","masked":true,"object":{"apiVersion":"v1","kind":"Secret","name":"s","namespace":"default"},"time":"2026-11-22T10:00:00Z","timeFrom":"clock","type":"DELETED"}
    {"apiVersion":"trueup.dev/v1","changes":[{"op":"add","owners":[{"apiVersion":"v1","manager":"trueup","operation":"Apply","time":"2026-11-22T10:02:00Z"}],"path":"data","to":{"key":"1"}}],"kind":"ObjectChange","object":{"apiVersion":"v1","kind":"ConfigMap","name":"end","namespace":"default"},"time":"2026-11-22T10:02:00Z","timeFrom":"managedFields","type":"ADDED"}
    "#);
    assert!(!watch.stdout.contains("data.k: bm"), "{watch}");
    assert_shows!(env.run("watch cm --diff -o wide"), @"
    [stderr]
    error: --diff takes no form but -o json
    [exit 2]
    ");
    assert_shows!(env.run("watch cm --show-secrets"), @"
    [stderr]
    error: the following required arguments were not provided:
      --diff

    Usage: trueup watch --diff --show-secrets <RESOURCE>...

    For more information, try '--help'.
    [exit 2]
    ");
}

fn a_watch_of_changes_tells_no_false_event_where_the_history_was_compacted(engine: Engine) {
    let mut server = TestServer::start(engine);
    let env = TestEnv::without_target();
    env.at_present();
    let store = server.store_flags().join(" ");
    let kubeconfig = format!("--kubeconfig {}", server.kubeconfig().display());
    let write = |name: &str, value: &str, target: &str| {
        env.write("map.yaml", config_map(name, value));
        env.prepare(&format!("apply -f map.yaml -n default {target}"));
    };
    for name in ["kept", "changed", "back", "anew"] {
        write(name, "1", &store);
    }
    let mut events = env.start(&format!("watch cm -n default --diff -o json {kubeconfig}"));
    // Nothing tells when the watch has begun; so a change is made until it is seen.
    let mut number = 0;
    until("the watch tells of the change", || {
        number += 1;
        write("live", &number.to_string(), &kubeconfig);
        events.has_said("live")
    });
    assert_eq!(server.stop(), Some(0));
    events.wait_for("the connection is lost");
    write("changed", "2", &store);
    write("back", "2", &store);
    write("back", "1", &store);
    env.prepare(&format!("delete cm anew -n default {store}"));
    write("anew", "2", &store);
    block_on(server.compact());
    server.launch();
    write("end", "1", &kubeconfig);
    events.wait_for(r#""name":"end""#);
    events.signal("INT");
    let output = events.end();
    let told = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = |path: &str| event.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        ["/type", "/object/name", "/changes/0/path"].map(text).join(" ")
    };
    let mut told: Vec<String> = output.stdout.lines().map(told).filter(|line| !line.contains(" live ")).collect();
    told.sort();
    // What was written and taken back is no event.
    assert_eq!(told, ["ADDED anew data", "ADDED end data", "DELETED anew ", "MODIFIED changed data.key"], "{output}");
}

#[test]
fn get_shows_objects_while_watching_and_what_happened_to_them_where_it_is_asked_for() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    let lines = [
        "get cm -w -o json",
        "get cm -w --output-watch-events",
        "get cm -w -o json --output-watch-events",
        "watch cm -o name --output-watch-events",
    ];
    let mut watches = lines.map(|line| env.start(line));
    let [objects, table, events, names] = &mut watches;
    for (watch, first) in [(&mut *objects, "\"name\": \"a\""), (&mut *table, "ADDED"), (&mut *events, "ADDED"), (&mut *names, "ADDED")] {
        watch.wait_for(first);
    }
    env.write("a.yaml", config_map("a", "2"));
    env.prepare("apply -f a.yaml");
    env.prepare("delete cm a");
    // Whether the state before the deletion was seen by itself is the watch's good luck; that it was deleted is told by all.
    for watch in [&mut *table, &mut *events, &mut *names] {
        watch.wait_for("DELETED");
    }
    env.write("end.yaml", config_map("end", "1"));
    env.prepare("apply -f end.yaml");
    objects.wait_for("\"name\": \"end\"");
    let outputs = watches.map(|watch| {
        watch.signal("INT");
        watch.end()
    });
    let [objects, table, events, names] = &outputs;
    let documents: Vec<Value> = serde_json::Deserializer::from_str(&objects.stdout).into_iter().map(Result::unwrap).collect();
    assert!(documents.len() > 1 && documents.iter().all(|object| object["kind"] == "ConfigMap"), "{objects}");
    assert!(table.stdout.starts_with("EVENT      NAME   DATA   AGE\nADDED      a      1      0s\n"), "{table}");
    assert!(table.stdout.contains("\nDELETED    a      1      0s\n"), "{table}");
    assert!(events.stdout.starts_with("{\"type\":\"ADDED\",\"object\":{"), "{events}");
    assert!(names.stdout.starts_with("ADDED configmap/a\n") && names.stdout.contains("\nDELETED configmap/a\n"), "{names}");
}
