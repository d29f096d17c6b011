//! The command line as a cold process on a local store.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::row;

/// 1,000 mixed objects: 250 each of ConfigMap, Service, Deployment and Secret.
pub(crate) fn manifests() -> String {
    let object = |number: usize| -> Value {
        let name = format!("o{number}");
        let labels = json!({"app": name, "tier": "bench"});
        match number % 4 {
            0 => {
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels}, "data": {"key": "x".repeat(400)}})
            }
            1 => json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": labels},
                "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}}),
            2 => json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
                "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "main", "image": "example/app:1", "ports": [{"containerPort": 8080}],
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                        "resources": {"limits": {"cpu": "500m", "memory": "128Mi"}}}]}}}}),
            _ => {
                json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "labels": labels}, "stringData": {"password": "p"}})
            }
        }
    };
    (0..1000).map(|number| trueup::yaml::emit(&object(number))).collect::<Vec<_>>().join("---\n")
}

pub(crate) fn thousand_objects() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("set.yaml");
    std::fs::write(&file, manifests()).expect("written");
    let file = file.display().to_string();
    let mut first = Vec::new();
    for round in 0..5 {
        let store = directory.path().join(format!("first{round}"));
        first.push(timed(&store, &["apply", "-q", "-f", &file], 0));
    }
    row("apply of 1,000 objects, first, local, cold process, median of 5", &median(first));
    let store = directory.path().join("first0");
    row(
        "apply of 1,000 objects, unchanged, median of 5",
        &median((0..5).map(|_| timed(&store, &["apply", "-q", "-f", &file], 0)).collect()),
    );
    row("diff of 1,000 objects, unchanged, median of 5", &median((0..5).map(|_| timed(&store, &["diff", "-q", "-f", &file], 0)).collect()));
    let small = directory.path().join("small");
    for number in 0..10 {
        let path = directory.path().join("one.yaml");
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("c{number}")}});
        std::fs::write(&path, trueup::yaml::emit(&object)).expect("written");
        timed(&small, &["apply", "-q", "-f", &path.display().to_string()], 0);
    }
    row(
        "get configmaps, 10 objects, local, cold process, median of 21",
        &median((0..21).map(|_| timed(&small, &["get", "configmaps"], 0)).collect()),
    );
}

fn timed(store: &Path, arguments: &[&str], code: i32) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trueup"));
    command.arg("--local").arg(store).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status().expect("the command runs");
    let took = began.elapsed();
    assert_eq!(status.code(), Some(code), "{arguments:?}");
    took
}

fn median(mut times: Vec<Duration>) -> String {
    times.sort();
    format!("{:.1} ms", times[times.len() / 2].as_secs_f64() * 1000.0)
}
