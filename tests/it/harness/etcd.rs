//! A real etcd for tests: started on free ports, stopped when dropped, and gone with the test process even where that is killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use trueup::store::EtcdOptions;

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

/// One etcd server with its own data.
pub(crate) struct EtcdServer {
    folder: TempDir,
    client_port: u16,
    peer_port: u16,
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
        let mut server = Self { folder, client_port: 0, peer_port: 0, arguments, scheme, running: None };
        // Another process may take a port between here and etcd's start; then etcd ends at once and others are tried.
        for _ in 0..5 {
            (server.client_port, server.peer_port) = free_ports();
            if server.launch() {
                return server;
            }
        }
        panic!("etcd did not start; run it by hand to see why: {}", binary());
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.client_port)
    }

    pub(crate) fn options(&self) -> EtcdOptions {
        EtcdOptions::new([self.endpoint()])
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
        assert!(self.launch(), "etcd did not come back on port {}", self.client_port);
    }

    /// Answers whether etcd is ready; if not, it has ended.
    fn launch(&mut self) -> bool {
        let (client, peer) = (self.endpoint(), format!("http://127.0.0.1:{}", self.peer_port));
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
                eprintln!("etcd ended at once:\n{told}");
                return false;
            }
            told.push_str(&line);
            assert!(!line.contains("not found"), "there is no etcd ({}): `make test` installs it", binary());
            if line.contains(READY) {
                break;
            }
        }
        let log = std::thread::spawn(move || drop(log.read_to_end(&mut Vec::new())));
        self.running = Some(Running { supervisor, log });
        true
    }
}

impl Drop for EtcdServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn free_ports() -> (u16, u16) {
    // Both are held at the same time, so that they differ.
    let listeners = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let [client, peer] = listeners.map(|listener| listener.local_addr().unwrap().port());
    (client, peer)
}
