//! A real etcd for tests: started on ports of its own, stopped when dropped, and gone with the test process even where that is killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use trueup::store::EtcdOptions;

use super::port::Port;

/// Runs etcd and kills it on a line, which asks for that, or when its standard input, which the test process holds, comes to an end. In
/// the second case nobody is left to remove the folder, which is the first argument.
const SUPERVISOR: &str = r#"folder=$1; shift
"$@" 2>&1 & etcd=$!
read -r _ && asked=yes
kill -9 $etcd
wait $etcd 2>/dev/null
[ "${asked-}" ] || rm -rf "$folder""#;

/// What etcd logs when clients may come.
const READY: &str = "serving client traffic";

/// After this long an etcd that should have answered has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// One etcd server with its own data.
pub(crate) struct EtcdServer {
    folder: TempDir,
    client_port: Port,
    peer_port: Port,
    /// More arguments, such as those for TLS.
    arguments: Vec<String>,
    scheme: &'static str,
    running: Option<Running>,
}

struct Running {
    supervisor: Child,
    /// Reads etcd's log to the end, so that etcd never waits for a reader.
    log: std::thread::JoinHandle<()>,
}

fn binary() -> String {
    std::env::var("TRUEUP_ETCD_BIN").unwrap_or_else(|_| "etcd".to_owned())
}

impl EtcdServer {
    /// The way to a store that nobody else uses, on a server that all tests of the process share. Tests that compact, or that count
    /// revisions, need a server of their own.
    pub(crate) fn shared() -> EtcdOptions {
        static SERVER: OnceLock<EtcdServer> = OnceLock::new();
        static STORES: AtomicU64 = AtomicU64::new(0);
        let number = STORES.fetch_add(1, Ordering::Relaxed);
        EtcdOptions { prefix: format!("/test-{number}"), ..SERVER.get_or_init(Self::start).options() }
    }

    pub(crate) fn start() -> Self {
        Self::start_with("http", tempfile::tempdir().unwrap(), Vec::new())
    }

    /// Starts a server with more arguments; `folder` may hold files that these name.
    pub(crate) fn start_with(scheme: &'static str, folder: TempDir, arguments: Vec<String>) -> Self {
        let (client_port, peer_port) = (Port::claim(), Port::claim());
        let mut server = Self { folder, client_port, peer_port, arguments, scheme, running: None };
        server.launch();
        server
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.client_port.number)
    }

    /// Patient ones: on a busy disk etcd takes seconds for what it has to have written down.
    pub(crate) fn options(&self) -> EtcdOptions {
        EtcdOptions { connect_timeout: PATIENCE, request_timeout: PATIENCE, ..EtcdOptions::new([self.endpoint()]) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Kills etcd, as a crash would.
    pub(crate) fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            if let Some(mut input) = running.supervisor.stdin.take() {
                let _ = input.write_all(b"stop\n");
            }
            let _ = running.supervisor.wait();
            let _ = running.log.join();
        }
    }

    /// Starts it again on the same data and ports.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.launch();
    }

    /// Starts it, and waits until it is ready.
    fn launch(&mut self) {
        let (client, peer) = (self.endpoint(), format!("http://127.0.0.1:{}", self.peer_port.number));
        let data = self.path("data");
        let mut command = Command::new("sh");
        command.args(["-c", SUPERVISOR, "etcd-supervisor"]).arg(self.folder.path());
        command.args([&binary(), "--name", "test", "--data-dir"]).arg(data);
        command.args(["--listen-client-urls", &client, "--advertise-client-urls", &client]);
        command.args(["--listen-peer-urls", &peer, "--initial-advertise-peer-urls", &peer]);
        command.args(["--initial-cluster", &format!("test={peer}"), "--logger", "zap", "--log-level", "info"]);
        // A single member elects itself after this; the default is a second.
        command.args(["--heartbeat-interval", "20", "--election-timeout", "200"]);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut supervisor = command.spawn().unwrap();
        let mut log = BufReader::new(supervisor.stdout.take().unwrap());
        let mut told = String::new();
        loop {
            let mut line = String::new();
            if log.read_line(&mut line).unwrap() == 0 {
                let _ = supervisor.wait();
                panic!("etcd ({}) ended at once:\n{told}", binary());
            }
            told.push_str(&line);
            assert!(!line.contains("not found"), "there is no etcd ({}): `make test` installs it", binary());
            if line.contains(READY) {
                break;
            }
        }
        let log = std::thread::spawn(move || drop(log.read_to_end(&mut Vec::new())));
        self.running = Some(Running { supervisor, log });
    }
}

impl Drop for EtcdServer {
    fn drop(&mut self) {
        self.stop();
    }
}
