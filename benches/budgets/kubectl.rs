//! trueup and a real kubectl on one server in one run: how long each takes for 1,000 mixed objects, and how many requests it sends.
//!
//! The server runs without controllers, so that what it counts is what the client sent. Each tool has namespaces of its own, and its
//! second pass finds what its first one wrote. kubectl keeps its discovery cache, as it does for whoever uses it every day. All of it
//! is done twice: beside the server, and with a way to it that takes as long as one within a region.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::cli::manifests;
use super::server::{Engine, Server};
use super::{distance, row};

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

/// The round trip to a server that is not on the same machine.
const ROUND_TRIP: Duration = Duration::from_millis(10);

/// Prints six lines for each tool: first apply, unchanged apply, diff, here and from afar.
pub(crate) async fn compare() {
    let Ok(kubectl) = std::env::var("TRUEUP_KUBECTL_BIN") else {
        row("kubectl", "not measured: TRUEUP_KUBECTL_BIN names none");
        return;
    };
    let server = Server::start_with(&Engine::Sqlite, &["--controllers", "none"]).await;
    let file = server.directory.path().join("set.yaml");
    std::fs::write(&file, manifests()).expect("written");
    let far = distance::open(server.address.clone(), ROUND_TRIP).await;
    let far = distance::moved(&server.kubeconfig(), &server.address, far);
    let (near, file) = (server.kubeconfig(), file.display().to_string());
    for (way, kubeconfig) in [("", near), (", 10 ms away", far)] {
        let cache = server.directory.path().join(format!("cache{}", way.len()));
        // The tools' processes are waited for, while the way is served by the runtime.
        tokio::task::block_in_place(|| {
            passes(&kubectl, way, &Place { kubeconfig: &kubeconfig, cache: &cache, file: &file, namespace: "" });
        });
    }
}

fn passes(kubectl: &str, way: &str, place: &Place<'_>) {
    let tools = [
        Tool { name: "trueup", program: env!("CARGO_BIN_EXE_trueup"), apply: &["apply", "-q", "-f"], diff: &["diff", "-q", "-f"] },
        Tool { name: "kubectl", program: kubectl, apply: &["apply", "-f"], diff: &["diff", "-f"] },
        Tool {
            name: "kubectl, server-side",
            program: kubectl,
            apply: &["apply", "--server-side", "-f"],
            diff: &["diff", "--server-side", "-f"],
        },
    ];
    for (number, tool) in tools.iter().enumerate() {
        let namespace = format!("bench-{number}-{}", way.len());
        let at = Place { namespace: &namespace, ..*place };
        make_namespace(&at);
        for (step, arguments) in [("first apply", tool.apply), ("unchanged apply", tool.apply), ("diff, unchanged", tool.diff)] {
            let before = requests(&at);
            let took = run(tool.program, &at, arguments, at.file);
            // Asking for the count is a request too.
            let sent = requests(&at) - before - 1;
            row(&format!("{}: {step} of 1,000 objects{way}", tool.name), &format!("{:.2} s, {sent} requests", took.as_secs_f64()));
        }
    }
}

fn make_namespace(at: &Place<'_>) {
    let file = Path::new(at.file).with_file_name("namespace.yaml");
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
