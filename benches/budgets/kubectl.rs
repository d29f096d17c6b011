//! trueup and a real kubectl on one server in one run: how long each takes for 1,000 mixed objects, and how many requests it sends.
//!
//! The server runs without controllers, so that what it counts is what the client sent. Each tool has namespaces of its own, and its
//! second pass finds what its first one wrote. kubectl keeps its discovery cache, as it does for whoever uses it every day.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::cli::manifests;
use super::row;
use super::server::{Engine, Server};

/// One way to apply and compare.
struct Tool<'a> {
    name: &'a str,
    program: &'a str,
    /// The arguments that apply a file, whose name follows.
    apply: &'a [&'a str],
    /// The arguments that compare a file, whose name follows.
    diff: &'a [&'a str],
}

/// Where a tool finds the server, and what it works on.
struct Place<'a> {
    kubeconfig: &'a Path,
    cache: &'a Path,
    file: &'a str,
    namespace: &'a str,
}

/// Prints three lines for each tool: first apply, unchanged apply, diff.
pub(crate) async fn compare() {
    let Ok(kubectl) = std::env::var("TRUEUP_KUBECTL_BIN") else {
        row("kubectl", "not measured: TRUEUP_KUBECTL_BIN names none");
        return;
    };
    let server = Server::start_with(&Engine::Sqlite, &["--controllers", "none"]).await;
    let file = server.directory.path().join("set.yaml");
    std::fs::write(&file, manifests()).expect("written");
    let (kubeconfig, cache) = (server.kubeconfig(), server.directory.path().join("cache"));
    let tools = [
        Tool { name: "trueup", program: env!("CARGO_BIN_EXE_trueup"), apply: &["apply", "-q", "-f"], diff: &["diff", "-q", "-f"] },
        Tool { name: "kubectl", program: &kubectl, apply: &["apply", "-f"], diff: &["diff", "-f"] },
        Tool {
            name: "kubectl, server-side",
            program: &kubectl,
            apply: &["apply", "--server-side", "-f"],
            diff: &["diff", "--server-side", "-f"],
        },
    ];
    for (number, tool) in tools.iter().enumerate() {
        let namespace = format!("bench-{number}");
        let at = Place { kubeconfig: &kubeconfig, cache: &cache, file: &file.display().to_string(), namespace: &namespace };
        make_namespace(&server, &at);
        for (step, arguments) in [("first apply", tool.apply), ("unchanged apply", tool.apply), ("diff, unchanged", tool.diff)] {
            let before = requests(&at);
            let took = run(tool.program, &at, arguments, at.file);
            // Asking for the count is a request too.
            let sent = requests(&at) - before - 1;
            row(&format!("{}: {step} of 1,000 objects", tool.name), &format!("{:.2} s, {sent} requests", took.as_secs_f64()));
        }
    }
}

fn make_namespace(server: &Server, at: &Place<'_>) {
    let file = server.directory.path().join("namespace.yaml");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": at.namespace}});
    std::fs::write(&file, trueup::yaml::emit(&namespace)).expect("written");
    run(env!("CARGO_BIN_EXE_trueup"), at, &["apply", "-q", "-f"], &file.display().to_string());
}

fn command(program: &str, at: &Place<'_>) -> Command {
    let mut command = Command::new(program);
    command.arg("--kubeconfig").arg(at.kubeconfig).args(["-n", at.namespace]).env("KUBECACHEDIR", at.cache).env("HOME", at.cache);
    command.stderr(Stdio::inherit()).stdin(Stdio::null());
    command
}

fn run(program: &str, at: &Place<'_>, arguments: &[&str], file: &str) -> Duration {
    let began = Instant::now();
    let status = command(program, at).args(arguments).arg(file).stdout(Stdio::null()).status().expect("the command runs");
    let took = began.elapsed();
    assert!(status.success(), "{program} {arguments:?}: {status}");
    took
}

/// How many requests the server has answered.
fn requests(at: &Place<'_>) -> u64 {
    let output = command(env!("CARGO_BIN_EXE_trueup"), at).args(["get", "--raw", "/metrics"]).output().expect("the command runs");
    let text = String::from_utf8(output.stdout).expect("text");
    let counts = text.lines().filter(|line| line.starts_with("apiserver_request_total{"));
    counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}
