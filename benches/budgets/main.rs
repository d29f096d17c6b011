//! Measures the budgets of the design, side by side in one run, and prints a table for docs/performance.md.
//!
//! `cargo bench --bench budgets [-- NAME …]` runs all or the named parts: `start`, `create`, `get`, `list`, `watch`, `objects`, `cli`,
//! `etcd`, `protobuf`, `kubectl`.
//! The server is the release binary as a process of its own; client and server share the machine, as the budgets say. Nothing here
//! asserts a time.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]

mod cli;
mod connection;
mod kubectl;
mod load;
mod objects;
mod protobuf;
mod server;

use std::time::Duration;

/// How long each load runs.
const SECONDS: Duration = Duration::from_secs(5);

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    println!("| what | measured |\n|---|---|");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if runs("start") {
            load::start().await;
        }
        if runs("create") {
            load::creates(&server::Engine::Sqlite).await;
        }
        if runs("get") {
            load::gets().await;
        }
        if runs("list") {
            load::lists().await;
        }
        if runs("watch") {
            load::watches().await;
        }
        if runs("etcd") {
            load::etcd().await;
        }
        if runs("protobuf") {
            protobuf::compare().await;
        }
    });
    if runs("objects") {
        objects::steps();
    }
    if runs("cli") {
        cli::thousand_objects();
    }
    if runs("kubectl") {
        runtime.block_on(kubectl::compare());
    }
}

/// Prints one line of the table.
fn row(what: &str, measured: &str) {
    println!("| {what} | {measured} |");
}
