//! Whole commands against scripted servers: the words on both streams and the exit status.

use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::ui::Ui;
use super::{Cli, ExitStatus, OpenStoreError, Openers, StoreLocation, dispatch};
use crate::client::Client;
use crate::client::testing::{answer, scripted};
use crate::object::{Cause, CauseKind, Reason, Refusal};

/// A server with three ConfigMaps in `default`: one that trueup applied, one of another manager, one that may not be touched.
fn shop(_: StoreLocation, _: String) -> BoxFuture<'static, Result<Client, OpenStoreError>> {
    let (client, _) = scripted(|request| {
        let table = request.headers()["accept"].to_str().is_ok_and(|accept| accept.contains("as=Table"));
        match (request.method().as_str(), request.uri().path()) {
            ("GET", "/api") => answer(200, discovery()),
            ("GET", "/apis") => answer(200, json!({"kind": "APIGroupDiscoveryList", "items": []})),
            ("GET", "/api/v1/namespaces/default/configmaps") if table => answer(200, rows(&["a", "b"])),
            ("GET", "/api/v1/namespaces/default/configmaps/a") if table => answer(200, rows(&["a"])),
            ("GET", "/api/v1/namespaces/default/configmaps") => {
                answer(200, json!({"metadata": {}, "items": [stored("a", "1"), stored("b", "1")]}))
            }
            ("GET", "/api/v1/namespaces/default/secrets") if table => answer(200, rows(&[])),
            ("GET", "/api/v1/namespaces/default/configmaps/a") => answer(200, stored("a", "1")),
            ("PATCH", "/api/v1/namespaces/default/configmaps/locked") => answer(409, {
                let cause = Cause::new(CauseKind::ManagerConflict, ".data.k", "conflict with \"ops\"");
                Refusal::new(Reason::Conflict, "Apply failed with 1 conflict: …").with_cause(cause).to_json()
            }),
            ("PATCH", path) => answer(200, stored(path.rsplit('/').next().unwrap_or_default(), "2")),
            ("DELETE", "/api/v1/namespaces/old") => answer(
                200,
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "old", "uid": "1"}, "spec": {"finalizers": ["kubernetes"]}}),
            ),
            ("GET", "/api/v1/namespaces") => answer(200, json!({"metadata": {"resourceVersion": "9"}, "items": []})),
            ("DELETE", "/api/v1/namespaces/default/configmaps/a") => answer(200, json!({"kind": "Status", "status": "Success"})),
            (_, path) => {
                answer(404, Refusal::new(Reason::NotFound, format!("{} not found", path.rsplit('/').next().unwrap_or_default())).to_json())
            }
        }
    });
    Box::pin(async move { Ok(client) })
}

fn discovery() -> Value {
    let resource = |plural: &str, kind: &str, short: &[&str]| {
        json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced", "singularResource": kind.to_lowercase(),
            "verbs": ["get", "list"], "shortNames": short})
    };
    let mut resources = vec![resource("configmaps", "ConfigMap", &["cm"]), resource("secrets", "Secret", &[])];
    resources
        .push(json!({"resource": "namespaces", "responseKind": {"kind": "Namespace"}, "scope": "Cluster", "singularResource": "namespace",
        "verbs": ["get", "list", "watch"], "shortNames": ["ns"]}));
    json!({"kind": "APIGroupDiscoveryList", "items": [{"versions": [{"version": "v1", "resources": resources}]}]})
}

fn stored(name: &str, value: &str) -> Value {
    let manager = if name == "a" { "trueup" } else { "other" };
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": value}, "metadata": {"name": name, "namespace": "default", "managedFields": [
        {"manager": manager, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:k": {}}}}]}})
}

fn rows(names: &[&str]) -> Value {
    let rows: Vec<_> = names.iter().map(|name| json!({"cells": [name, 1], "object": {"metadata": {"name": name}}})).collect();
    json!({"kind": "Table", "rows": rows, "columnDefinitions": [
        {"name": "Name", "type": "string", "format": "name"}, {"name": "Data", "type": "integer"}]})
}

fn manifests(values: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, value) in values {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  k: \"{value}\"\n");
        std::fs::write(directory.path().join(format!("{name}.yaml")), text).expect("written");
    }
    directory
}

/// Runs a command line against the shop; answers stdout, stderr and the exit code.
async fn trueup(arguments: &[&str]) -> (String, String, u8) {
    trueup_with(Openers { store: shop, simulation: None, controllers: None }, arguments).await
}

async fn trueup_with(openers: Openers, arguments: &[&str]) -> (String, String, u8) {
    let cli = Cli::try_parse_from(["trueup", "--local", "/test"].iter().chain(arguments)).expect("a command line");
    let (ui, printed) = Ui::buffered(false, false, 80);
    let status = dispatch(&ui, &cli, &|_| None, openers).await;
    (printed.stdout(), printed.stderr(), status.code())
}

fn done(stdout: &str, stderr: &str, code: u8) -> (String, String, u8) {
    (stdout.to_owned(), stderr.to_owned(), code)
}

#[tokio::test]
async fn get_prints_the_server_s_table() {
    assert_eq!(trueup(&["get", "cm"]).await, done("NAME   DATA\na      1\nb      1\n", "", 0));
    assert_eq!(trueup(&["get", "cm/a", "--no-headers"]).await, done("a     1\n", "", 0));
    assert_eq!(trueup(&["get", "cm,secrets"]).await, done("NAME          DATA\nconfigmap/a   1\nconfigmap/b   1\n", "", 0));
    assert_eq!(trueup(&["get", "cm", "-o", "name"]).await, done("configmap/a\nconfigmap/b\n", "", 0));
}

#[tokio::test]
async fn get_tells_what_is_not_there() {
    assert_eq!(trueup(&["get", "secrets"]).await, done("", "No resources found in default namespace.\n", 0));
    assert_eq!(trueup(&["get", "cm", "x"]).await, done("", "error: from server (NotFound): x not found\n", 1));
    assert_eq!(trueup(&["get", "cm", "x", "--ignore-not-found"]).await, done("", "", 0));
    let unknown = "error: the server doesn't have a resource type \"configmap5\"\nhint: did you mean \"configmaps\"?\n";
    assert_eq!(trueup(&["get", "configmap5"]).await, done("", unknown, 1));
    assert_eq!(trueup(&["get", "cm", "a", "-l", "x=y"]).await, done("", "error: a name cannot be given together with a selector\n", 2));
}

#[tokio::test]
async fn get_prints_whole_objects_without_their_bookkeeping() {
    let yaml = "apiVersion: v1\ndata:\n  k: \"1\"\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: default\n";
    assert_eq!(trueup(&["get", "cm/a", "-o", "yaml"]).await, done(yaml, "", 0));
    let (json, _, _) = trueup(&["get", "cm", "-o", "json", "--show-managed-fields"]).await;
    let list: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (list["kind"].clone(), list["items"][0]["metadata"]["managedFields"][0]["manager"].clone()),
        (json!("List"), json!("trueup"))
    );
}

#[tokio::test]
async fn apply_says_what_became_of_each_object_and_goes_on_past_failures() {
    let set = manifests(&[("a", "1"), ("b", "2"), ("c", "2"), ("locked", "1")]);
    let path = set.path().to_string_lossy();
    let (stdout, stderr, code) = trueup(&["apply", "-f", &path]).await;
    assert_eq!(stdout, "configmap/a unchanged\nconfigmap/b configured\nconfigmap/c created\n");
    let expected = format!(
        "applying to local store /test\n\
         error: {path}/locked.yaml:6:3: configmap/locked in namespace default: other managers own fields that the manifest sets\n  \
         .data.k is owned by \"ops\": nothing there, \"1\" here\n\
         hint: leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts\n\
         Applied: 1 created, 1 updated, 0 replaced, 0 deleted, 1 unchanged, 1 failed.\n"
    );
    assert_eq!((stderr, code), (expected, 1));
}

#[tokio::test]
async fn a_dry_run_says_that_it_is_one() {
    let set = manifests(&[("a", "2"), ("c", "2")]);
    let path = set.path().to_string_lossy();
    let (stdout, _, code) = trueup(&["apply", "-f", &path, "--dry-run=server"]).await;
    assert_eq!((stdout.as_str(), code), ("configmap/a configured (server dry run)\nconfigmap/c created (server dry run)\n", 0));
    let (stdout, _, code) = trueup(&["apply", "-f", &path, "--dry-run=client"]).await;
    assert_eq!((stdout.as_str(), code), ("configmap/a configured (dry run)\nconfigmap/c created (dry run)\n", 0));
}

#[tokio::test]
async fn diff_tells_by_its_exit_status() {
    let same = manifests(&[("a", "1")]);
    let (stdout, stderr, code) = trueup(&["diff", "-f", &same.path().to_string_lossy()]).await;
    assert_eq!(
        (stdout.as_str(), stderr.as_str(), code),
        ("Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 unchanged.\n", "", 0)
    );
    let other = manifests(&[("b", "2")]);
    let (stdout, _, code) = trueup(&["diff", "-f", &other.path().to_string_lossy()]).await;
    assert!(stdout.contains("-  k: \"1\"\n+  k: \"2\"\n"), "{stdout}");
    assert_eq!(code, 1);
    let locked = manifests(&[("locked", "1")]);
    assert_eq!(trueup(&["diff", "-f", &locked.path().to_string_lossy()]).await.2, 2);
    assert_eq!(trueup(&["diff", "-f", "/nowhere"]).await.2, 2);
}

#[tokio::test]
async fn delete_names_what_went_and_from_where() {
    let (stdout, stderr, code) = trueup(&["delete", "cm", "a", "x"]).await;
    assert_eq!(stdout, "configmap \"a\" deleted from default namespace\n");
    assert_eq!((stderr.as_str(), code), ("deleting from local store /test\nerror: from server (NotFound): x not found\n", 1));
    let (stdout, _, code) = trueup(&["delete", "cm/a", "--dry-run=client"]).await;
    assert_eq!((stdout.as_str(), code), ("configmap \"a\" deleted from default namespace (dry run)\n", 0));
    assert_eq!(trueup(&["delete", "cm"]).await.2, 2);
}

#[tokio::test]
async fn a_namespace_is_waited_for_where_its_controller_can_run() {
    static STARTED: AtomicBool = AtomicBool::new(false);
    fn controllers(_: Client) -> BoxFuture<'static, ()> {
        STARTED.store(true, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }
    let hint = "hint: namespace/old goes once a server with its controllers works on this store: trueup serve --local /test\n";
    let told = |hint: &str| done("namespace \"old\" deleted\n", &format!("deleting from local store /test\n{hint}"), 0);
    assert_eq!(trueup(&["delete", "ns", "old"]).await, told(hint));
    let openers = Openers { store: shop, simulation: None, controllers: Some(controllers) };
    assert_eq!(trueup_with(openers, &["delete", "ns", "old", "--wait=false"]).await, told(""));
    assert!(!STARTED.load(Ordering::SeqCst));
    assert_eq!(trueup_with(openers, &["delete", "ns", "old"]).await, told(""));
    assert!(STARTED.load(Ordering::SeqCst));
}

#[test]
fn the_command_line_is_consistent() {
    use clap::CommandFactory as _;
    Cli::command().debug_assert();
    assert_eq!(ExitStatus::Usage.code(), 2);
}
