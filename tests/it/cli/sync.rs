//! `trueup sync`, as a service manager, a kubelet and a colleague who changes things by hand meet it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use super::config_map;
use crate::harness::cli::{Output, Running, TestEnv};
use crate::harness::etcd::EtcdServer;
use crate::harness::recorder::Recorder;
use crate::harness::server::{Engine, TestServer, on_every_engine};

#[test]
fn credentials_that_changed_are_read_anew() {
    let env = world(TestEnv::without_target());
    env.write("tokens", "good,ann,1,\"system:masters\"\n");
    let server = TestServer::start_with(Engine::Sqlite, &["--token-auth-file", &env.path("tokens").display().to_string()]);
    let made: Value = serde_saphyr::from_str(&std::fs::read_to_string(server.kubeconfig()).unwrap()).unwrap();
    let authority = made["clusters"][0]["cluster"]["certificate-authority-data"].as_str().unwrap().to_owned();
    let kubeconfig = |token: &str| {
        format!(
            "current-context: x\ncontexts: [{{name: x, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {{token: {token}}}}}]\n\
             clusters: [{{name: c, cluster: {{server: '{}', certificate-authority-data: {authority}}}}}]\n",
            server.url("").trim_end_matches('/')
        )
    };
    env.write("config", kubeconfig("bad"));
    let mut sync = env.start("sync -f deploy --every 1s --kubeconfig config");
    sync.wait_for("Unauthorized");
    env.write("config", kubeconfig("good"));
    sync.wait_for("1 created");
    let log = plain(&stop(sync).stderr);
    assert_eq!(log.matches("syncing to ").count(), 1, "{log}");
}

/// A world with one ConfigMap in `deploy/`, in which time passes.
fn world(env: TestEnv) -> TestEnv {
    env.at_present();
    env.write("deploy/a.yaml", config_map("a", "1"));
    env
}

/// Starts syncing with an interval that no test waits for, and a port; answers the port's address, too.
fn sync(env: &TestEnv, arguments: &str) -> (Running, String) {
    let mut sync = env.start(format!("sync -f deploy --every 1h --listen 127.0.0.1:0 {arguments}").trim_end());
    let line = sync.wait_for("reporting on http://");
    (sync, line.trim_end().rsplit('/').next().unwrap().to_owned())
}

/// What a port answers: status and body.
fn ask(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn metric(address: &str, name: &str) -> String {
    let metrics = ask(address, "/metrics").1;
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name} in\n{metrics}")).to_owned()
}

/// Asks for the end and answers everything that was logged, without times.
fn stop(sync: Running) -> Output {
    sync.signal("TERM");
    let output = sync.end();
    assert_eq!(output.code(), Some(0), "{output}");
    assert!(output.stderr.ends_with(" stopped\n"), "{output}");
    output
}

/// Log lines without what differs from run to run: times, and how long runs took.
fn plain(log: &str) -> String {
    let took = regex::Regex::new(r" in \d+\.\d\d s").unwrap();
    let head = regex::Regex::new(r"(?m)^\S+Z +([A-Z]+) trueup::\S+: ").unwrap();
    took.replace_all(&head.replace_all(log, "$1 "), " in 0.01 s").into_owned()
}

fn value(env: &TestEnv, target: &str) -> String {
    env.run(&format!("get cm a -o jsonpath={{.data.key}} {target}")).stdout.clone()
}

#[test]
fn changed_files_are_applied_and_broken_ones_leave_the_last_good_state_in_force() {
    let env = world(TestEnv::new());
    let (mut sync, address) = sync(&env, "");
    sync.wait_for("configmap/a in namespace default created");
    sync.wait_for("synced 1 object");
    assert_eq!(ask(&address, "/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(ask(&address, "/readyz"), (200, "ok\n".to_owned()));

    env.write("deploy/a.yaml", config_map("a", "2"));
    sync.wait_for("files changed: deploy/a.yaml");
    sync.wait_for("configmap/a in namespace default updated");
    sync.wait_for("synced 1 object");
    assert_eq!(value(&env, ""), "2");

    env.write("deploy/b.yaml", "kind: [");
    sync.wait_for("the manifests cannot be read, those of before stay in force: deploy/b.yaml:1:");
    // What is in force is corrected, too.
    env.prepare("delete cm a");
    sync.wait_for("configmap/a in namespace default was deleted by somebody else");
    sync.wait_for("synced 1 object");
    assert_eq!(metric(&address, "trueup_sync_manifests_valid"), "0");
    assert_eq!(ask(&address, "/readyz").0, 200);

    env.write("deploy/b.yaml", config_map("b", "1"));
    sync.wait_for("the manifests can be read again");
    sync.wait_for("configmap/b in namespace default created");
    sync.wait_for("synced 2 objects");
    assert_eq!(metric(&address, "trueup_sync_manifests_valid"), "1");
    assert_eq!(metric(&address, "trueup_sync_set_size"), "2");
    let output = stop(sync);
    assert_eq!(output.stderr.matches("cannot be read").count(), 1, "{output}");
    assert_eq!(output.stdout, "");
}

/// Whatever the target, what another client does to the set is undone, and told with its name.
fn drift_is_corrected(env: &TestEnv, target: &str) {
    let (mut sync, address) = sync(env, target);
    sync.wait_for("synced 1 object");
    env.write("other.yaml", config_map("a", "other"));
    env.prepare(&format!("apply -f other.yaml --field-manager ops --force-conflicts {target}"));
    sync.wait_for("configmap/a in namespace default was changed by somebody else: data.key (owned by \"ops\"");
    sync.wait_for("configmap/a in namespace default updated");
    sync.wait_for("synced 1 object");
    assert_eq!(value(env, target), "1");
    env.prepare(&format!("delete cm a {target}"));
    sync.wait_for("configmap/a in namespace default was deleted by somebody else");
    sync.wait_for("configmap/a in namespace default created");
    sync.wait_for("synced 1 object");
    assert_eq!(value(env, target), "1");
    assert_eq!(metric(&address, "trueup_sync_drift_corrections_total"), "2");
    assert_eq!(metric(&address, "trueup_sync_runs_total{result=\"succeeded\"}"), "3");
    assert_eq!(metric(&address, "trueup_sync_consecutive_failures"), "0");
    let _ = stop(sync);
}

#[test]
fn drift_in_a_local_store_is_corrected() {
    drift_is_corrected(&world(TestEnv::new()), "");
}

#[test]
fn drift_in_an_etcd_is_corrected() {
    let etcd = EtcdServer::start();
    drift_is_corrected(&world(TestEnv::without_target().with("TRUEUP_ETCD", &etcd.endpoint())), "");
}

on_every_engine!(run drift_on_a_server_is_corrected);

fn drift_on_a_server_is_corrected(engine: Engine) {
    let server = TestServer::start(engine);
    drift_is_corrected(&world(TestEnv::without_target()), &format!("--kubeconfig {}", server.kubeconfig().display()));
}

#[test]
fn a_server_that_is_away_is_waited_for() {
    let mut server = TestServer::start(Engine::Sqlite);
    let env = world(TestEnv::without_target());
    let target = format!("--kubeconfig {}", server.kubeconfig().display());
    let (mut sync, address) = sync(&env, &target);
    sync.wait_for("synced 1 object");
    assert_eq!(server.stop(), Some(0));
    env.write("deploy/a.yaml", config_map("a", "2"));
    sync.wait_for("not synced; trying again in");
    assert_ne!(metric(&address, "trueup_sync_runs_total{result=\"failed\"}"), "0");
    server.launch();
    sync.wait_for("configmap/a in namespace default updated");
    sync.wait_for("synced 1 object");
    assert_eq!(value(&env, &target), "2");
    // The watches are there again, too.
    env.prepare(&format!("delete cm a {target}"));
    sync.wait_for("configmap/a in namespace default created");
    let _ = stop(sync);
}

#[test]
fn a_target_that_is_not_there_at_the_start_is_waited_for() {
    let mut server = TestServer::start(Engine::Sqlite);
    assert_eq!(server.stop(), Some(0));
    let env = world(TestEnv::without_target());
    let (mut sync, address) = sync(&env, &format!("--kubeconfig {}", server.kubeconfig().display()));
    sync.wait_for("not synced; trying again in");
    assert_eq!(ask(&address, "/readyz"), (503, "no run has succeeded yet\n".to_owned()));
    server.launch();
    sync.wait_for("synced 1 object");
    assert_eq!(ask(&address, "/readyz").0, 200);
    let _ = stop(sync);
}

#[test]
fn what_others_owned_before_is_left_to_them() {
    let env = world(TestEnv::new());
    env.write("other.yaml", config_map("a", "theirs"));
    env.prepare("apply -f other.yaml --field-manager ops");
    let (mut sync, _) = sync(&env, "");
    let line = sync.wait_for("other managers own fields that the manifest sets");
    assert!(line.contains(".data.key is owned by \"ops\": \"theirs\" there, \"1\" here"), "{line}");
    sync.wait_for("not synced: 1 failed; trying again in");
    assert_eq!(value(&env, ""), "theirs");
    sync.wait_for("not synced for the 2. time");
    let output = stop(sync);
    assert_eq!(output.stderr.matches("other managers own").count(), 1, "{output}");
    let once = env.run("sync -f deploy --once --force-conflicts");
    assert_eq!((once.code(), value(&env, "").as_str()), (Some(0), "1"), "{once}");
}

#[test]
fn what_is_taken_out_of_the_files_is_pruned_within_the_guards() {
    let env = world(TestEnv::new());
    env.write("deploy/b.yaml", config_map("b", "1"));
    let (mut sync, _) = sync(&env, "-n default --applyset shop --prune");
    sync.wait_for("synced 2 objects");
    std::fs::remove_file(env.path("deploy/b.yaml")).unwrap();
    sync.wait_for("configmap/b in namespace default pruned");
    sync.wait_for("synced 1 object");
    std::fs::remove_file(env.path("deploy/a.yaml")).unwrap();
    sync.wait_for("the manifests cannot be read, those of before stay in force");
    // Drift in the set is corrected all the same.
    env.prepare("delete cm a");
    sync.wait_for("configmap/a in namespace default created");
    let output = stop(sync);
    assert!(!output.stderr.contains("configmap/a in namespace default pruned"), "{output}");
}

#[test]
fn a_mounted_config_map_is_followed_through_its_links() {
    let env = TestEnv::new();
    env.at_present();
    env.write("deploy/..1/a.yaml", config_map("a", "1"));
    env.write("deploy/..2/a.yaml", config_map("a", "2"));
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, env.path(&format!("deploy/{name}"))).unwrap();
    link("..1", "..data");
    link("..data/a.yaml", "a.yaml");
    let (mut sync, _) = sync(&env, "-R");
    sync.wait_for("synced 1 object");
    link("..2", "..new");
    std::fs::rename(env.path("deploy/..new"), env.path("deploy/..data")).unwrap();
    sync.wait_for("configmap/a in namespace default updated");
    assert_eq!(value(&env, ""), "2");
    let _ = stop(sync);
}

#[test]
fn a_stop_waits_for_the_request_under_way_and_begins_no_other() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/a?"));
    let env = world(TestEnv::without_target().with("TRUEUP_SERVER", &server.url));
    let (mut sync, _) = sync(&env, "");
    server.wait_until_holding();
    sync.signal("TERM");
    sync.wait_for("stopping once the requests under way are answered");
    server.release();
    let output = sync.end();
    assert_eq!(output.code(), Some(0), "{output}");
    assert!(output.stderr.contains("configmap/a in namespace default created"), "{output}");
}

#[test]
fn one_run_says_by_its_exit_status_how_it_went() {
    let env = world(TestEnv::new());
    let once = env.run("sync -f deploy --once");
    assert_eq!((once.code(), plain(&once.stderr).contains("synced 1 object in 0.01 s: 1 created")), (Some(0), true), "{once}");
    env.write("deploy/a.yaml", "kind: [");
    let broken = env.run("sync -f deploy --once");
    assert_eq!(broken.code(), Some(1), "{broken}");
    env.write("deploy/a.yaml", "apiVersion: v1\nkind: Nonsense\nmetadata: {name: a}\n");
    let failed = env.run("sync -f deploy --once -q");
    assert_eq!(failed.code(), Some(1), "{failed}");
    assert!(failed.stderr.contains("no matches for kind \"Nonsense\""), "{failed}");
}

#[test]
fn what_makes_no_sense_is_refused_at_once() {
    let env = world(TestEnv::new());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (arguments, code, why) in [
        ("sync", 2, "say which manifests"),
        ("sync -f -", 2, "standard input can be read only once"),
        ("sync -f deploy --every 0", 2, "--every must be a second or more"),
        ("sync -f deploy --prune", 2, "--applyset"),
        ("sync -f deploy --listen 8080", 2, "is no address"),
        (&format!("sync -f deploy --listen {address}"), 1, "cannot listen on"),
    ] {
        let output = env.run(arguments);
        assert!(output.code() == Some(code) && output.stderr.contains(why), "{output}");
    }
}

/// The arguments of the examples, with what belongs to the machine they are for replaced by the test's.
fn runs_as_written<'a>(arguments: impl Iterator<Item = &'a str>) {
    let env = world(TestEnv::new());
    let replaced: Vec<&str> = arguments
        .map(|argument| match argument {
            "/etc/trueup/manifests" | "/manifests" => "deploy",
            ":8080" | "127.0.0.1:8080" => "127.0.0.1:0",
            other => other,
        })
        .collect();
    assert!(replaced.contains(&"deploy") && replaced.contains(&"127.0.0.1:0"), "{replaced:?}");
    env.write("namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n");
    env.prepare("apply -f namespace.yaml");
    let mut sync = env.start(&replaced.join(" "));
    sync.wait_for("synced 1 object");
    let _ = stop(sync);
}

#[test]
fn the_examples_of_a_service_and_a_pod_run() {
    let service = include_str!("../../../examples/sync/trueup-sync.service");
    let line = service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/local/bin/trueup ")).unwrap();
    runs_as_written(line.split(' '));

    let manifests = include_str!("../../../examples/sync/deployment.yaml");
    let documents: Vec<Value> = manifests.split("---\n").map(|text| serde_saphyr::from_str(text).unwrap()).collect();
    let deployment = documents.iter().find(|document| document["kind"] == "Deployment").unwrap();
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    runs_as_written(container["args"].as_array().unwrap().iter().map(|argument| argument.as_str().unwrap()));
    for probe in ["readinessProbe", "livenessProbe"] {
        let path = container[probe]["httpGet"]["path"].as_str().unwrap();
        assert!(["/healthz", "/readyz"].contains(&path), "{path}");
    }
    let env = TestEnv::new();
    env.write("deployment.yaml", manifests);
    let validated = env.run("validate -f deployment.yaml");
    assert_eq!(validated.code(), Some(0), "{validated}");
    env.prepare("apply -f deployment.yaml");
}

#[test]
fn the_page_about_syncing_shows_what_happens() {
    let page = include_str!("../../../docs/sync.md");
    let log = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let env = TestEnv::new();
    env.at_present();
    env.write("deploy/settings.yaml", config_map("settings", "1"));
    let mut sync = env.start("sync -f deploy/ --every 1h");
    sync.wait_for("synced 1 object");
    env.write("other.yaml", config_map("settings", "2"));
    env.prepare("apply -f other.yaml --field-manager ops --force-conflicts");
    sync.wait_for("synced 1 object");
    env.write("deploy/web.yaml", config_map("web", "1"));
    sync.wait_for("synced 2 objects");
    let since = regex::Regex::new(r"since \S+Z\)").unwrap();
    let plain = |text: &str| since.replace_all(&plain(text), "since T)").into_owned();
    assert_eq!(plain(&stop(sync).stderr), plain(log));
    let commands: Vec<&str> = page.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap().lines().collect();
    let [first, printed] = commands[..] else { panic!("{commands:?}") };
    let once = env.shell(first.strip_prefix("$ ").unwrap());
    assert_eq!(once.stdout.trim_end(), printed, "{once}");
}
