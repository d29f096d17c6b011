//! A server process to measure.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::connection::{Connection, Trust};

/// The program to measure: the one built with this benchmark, or another build that is to be compared with it.
fn program() -> OsString {
    std::env::var_os("TRUEUP_BENCH_SERVER").unwrap_or_else(|| env!("CARGO_BIN_EXE_trueup").into())
}

/// What the server keeps its objects in.
pub(crate) enum Engine {
    Sqlite,
    Etcd(String),
}

pub(crate) struct Server {
    process: Child,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) address: String,
    pub(crate) trust: Trust,
    /// From exec until a health check was answered.
    pub(crate) ready_after: Duration,
}

impl Server {
    pub(crate) async fn start(engine: &Engine) -> Self {
        Self::start_with(engine, &[]).await
    }

    /// Starts on nothing, with more flags.
    pub(crate) async fn start_with(engine: &Engine, flags: &[&str]) -> Self {
        Self::launch(tempfile::tempdir().expect("a directory"), engine, flags).await
    }

    /// Starts on the data that a directory holds.
    pub(crate) async fn start_in(directory: tempfile::TempDir, engine: &Engine) -> Self {
        Self::launch(directory, engine, &[]).await
    }

    async fn launch(directory: tempfile::TempDir, engine: &Engine, flags: &[&str]) -> Self {
        // Certificates are made on the very first start only; their time is measured with it.
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(program());
        command.args(["serve", "--listen", &address]).stderr(Stdio::null()).stdin(Stdio::null());
        command.env("XDG_DATA_HOME", directory.path());
        match engine {
            Engine::Sqlite => command.arg("--local").arg(data(&directory)),
            Engine::Etcd(url) => command.args(["--etcd", url]),
        };
        command.args(flags);
        let began = Instant::now();
        let process = command.spawn().expect("the server starts");
        let ready_after = loop {
            if let Ok(mut connection) = Connection::open(&address, None).await
                && connection.request("GET", "/readyz", b"").await.is_ok_and(|answer| answer.code == 200)
            {
                break began.elapsed();
            }
            assert!(began.elapsed() < Duration::from_secs(20), "the server does not come up");
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        let pki = match engine {
            Engine::Sqlite => data(&directory).join("pki"),
            Engine::Etcd(_) => directory.path().join("trueup/pki"),
        };
        let trust = Trust::read(&pki);
        Self { process, directory, address, trust, ready_after }
    }

    /// Stops the server and hands back its data.
    pub(crate) fn stop(mut self) -> tempfile::TempDir {
        let _ = self.process.kill();
        let _ = self.process.wait();
        std::mem::replace(&mut self.directory, tempfile::tempdir().expect("a directory"))
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        data(&self.directory).join("kubeconfig")
    }

    /// Resident memory, in MB.
    pub(crate) fn resident(&self) -> f64 {
        resident(self.process.id())
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(&self.address, Some(&self.trust)).await.expect("the server accepts")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or_default() / 1024.0
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn data(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("data")
}
