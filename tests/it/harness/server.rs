//! A real `trueup serve` for tests: the built binary on a port of its own over a store of its own, stopped when dropped, and gone with the test
//! process even where that is killed.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use tempfile::TempDir;
use trueup::object::Revision;
use trueup::store::{EtcdStore, SqliteOptions, SqliteStore, Store};

use super::etcd::EtcdServer;
use super::port::Port;

/// Runs a command until its standard input, which the test process holds, says `stop` (then it is asked to end) or comes to an end (then
/// it is killed), and ends with the command's exit code. Its own copy of the output is closed, so that the output ends with the command.
const SUPERVISOR: &str = r#""$@" 2>&1 & server=$!
exec >/dev/null 2>&1
read -r word
if [ "$word" = stop ]; then kill -TERM $server; else kill -9 $server; fi
wait $server"#;

/// What a server says last before it answers. It listens by then, so that a connection made now is served.
const ANNOUNCED: &str = "kubeconfig: ";

/// The server under test: the one that was built with the tests, unless another is named.
fn binary() -> std::ffi::OsString {
    std::env::var_os("TRUEUP_TEST_SERVER_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_trueup").into())
}

/// The store below a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Etcd,
}

/// Makes a test of each scenario on each engine: `fn(Engine)` after `run`, `async fn(Engine)` after `await`.
macro_rules! on_every_engine {
    (run $($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $scenario() { super::$scenario($crate::harness::server::Engine::Sqlite); })+
        }
        mod etcd {
            $(#[test] fn $scenario() { super::$scenario($crate::harness::server::Engine::Etcd); })+
        }
    };
    (await $($scenario:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $scenario() { super::$scenario($crate::harness::server::Engine::Sqlite).await; })+
        }
        mod etcd {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)] async fn $scenario() { super::$scenario($crate::harness::server::Engine::Etcd).await; })+
        }
    };
}
pub(crate) use on_every_engine;

/// The store that one or several servers share.
enum SharedStore {
    Sqlite(TempDir),
    Etcd(Mutex<EtcdServer>),
}

/// One server process.
pub(crate) struct TestServer {
    /// Home of the process, with its kubeconfig and, over etcd, its certificates.
    folder: TempDir,
    store: Arc<SharedStore>,
    arguments: Vec<String>,
    /// Kept while the server is down, so that it is found again where it was.
    _port: Port,
    listen: String,
    log: Arc<Mutex<String>>,
    running: Option<Running>,
}

/// A process that ended without having announced itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) log: String,
}

struct Running {
    supervisor: Child,
    stdin: Option<ChildStdin>,
    reader: JoinHandle<()>,
}

impl TestServer {
    pub(crate) fn start(engine: Engine) -> Self {
        Self::start_with(engine, &[])
    }

    /// Starts a server with more flags.
    pub(crate) fn start_with(engine: Engine, arguments: &[&str]) -> Self {
        let store = match engine {
            Engine::Sqlite => SharedStore::Sqlite(tempfile::tempdir().unwrap()),
            Engine::Etcd => SharedStore::Etcd(Mutex::new(EtcdServer::start())),
        };
        Self::start_on(Arc::new(store), arguments)
    }

    /// Starts another server on the store of this one.
    pub(crate) fn beside(&self) -> Self {
        self.beside_with(&[])
    }

    /// Starts another server on the store of this one, with more flags.
    pub(crate) fn beside_with(&self, arguments: &[&str]) -> Self {
        Self::start_on(Arc::clone(&self.store), arguments)
    }

    fn start_on(store: Arc<SharedStore>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        let port = Port::claim();
        let listen = format!("127.0.0.1:{}", port.number);
        let mut server = Self { folder, store, arguments, _port: port, listen, log: Arc::default(), running: None };
        server.launch();
        server
    }

    /// The address, such as `127.0.0.1:40001`.
    pub(crate) fn address(&self) -> &str {
        &self.listen
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.listen)
    }

    /// The kubeconfig of the administrator.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// A folder for whatever belongs to this server, such as a client's home.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the server has printed so far, through all its starts.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The flags that name the store.
    pub(crate) fn store_flags(&self) -> [String; 2] {
        match &*self.store {
            SharedStore::Sqlite(folder) => ["--local".to_owned(), folder.path().display().to_string()],
            SharedStore::Etcd(etcd) => ["--etcd".to_owned(), etcd.lock().unwrap().endpoint()],
        }
    }

    /// Forgets the history of the store up to now, as the servers' compaction does from time to time.
    pub(crate) async fn compact(&self) {
        self.forget(None).await;
    }

    /// Forgets the history of the store up to a revision.
    pub(crate) async fn compact_up_to(&self, revision: Revision) {
        self.forget(Some(revision)).await;
    }

    async fn forget(&self, upto: Option<Revision>) {
        let store: Arc<dyn Store> = match &*self.store {
            SharedStore::Sqlite(folder) => Arc::new(SqliteStore::open(folder.path().join("trueup.db"), &SqliteOptions::default()).unwrap()),
            SharedStore::Etcd(etcd) => {
                let options = etcd.lock().unwrap().options();
                Arc::new(EtcdStore::connect(options).await.unwrap())
            }
        };
        let upto = match upto {
            Some(revision) => revision,
            None => store.current_revision().await.unwrap(),
        };
        store.compact(upto).await.unwrap();
        store.close().await;
    }

    /// The etcd below the server. Panics where there is none.
    pub(crate) fn etcd(&self) -> MutexGuard<'_, EtcdServer> {
        match &*self.store {
            SharedStore::Sqlite(_) => panic!("the server's store is SQLite"),
            SharedStore::Etcd(etcd) => etcd.lock().unwrap(),
        }
    }

    /// Asks the server to stop and waits until it has; answers its exit code. Clients must be able to go on meanwhile, since their
    /// connections end with a handshake: where they run in a tokio runtime, call this in `block_in_place`.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        self.running.take().unwrap().end(true)
    }

    /// Asks the server to stop and does not wait; [`Self::stopped`] does.
    pub(crate) fn ask_to_stop(&mut self) {
        self.running.as_mut().unwrap().ask_to_stop();
    }

    /// Waits for the end of a server that was asked to stop; answers its exit code.
    pub(crate) fn stopped(&mut self) -> Option<i32> {
        self.running.take().unwrap().end(true)
    }

    /// Kills the server, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.running.take().unwrap().end(false);
    }

    /// Stops the server, as [`Self::stop`] does, and starts it again on the same data and address.
    pub(crate) fn restart(&mut self) {
        assert_eq!(self.stop(), Some(0), "{}", self.log());
        self.launch();
    }

    /// Starts a server that was stopped on the same data and address.
    pub(crate) fn launch(&mut self) {
        let mut arguments = vec!["serve".to_owned(), "--listen".to_owned(), self.listen.clone()];
        arguments.extend(self.store_flags());
        arguments.extend(["--write-kubeconfig".to_owned(), self.kubeconfig().display().to_string()]);
        // What servers make by themselves is in the way of tests that count; those that are about it ask for it.
        for [flag, value] in [["--endpoint-reconciler-type", "none"], ["--controllers", "-root-ca-cert-publisher"]] {
            if !self.arguments.iter().any(|argument| argument == flag) {
                arguments.extend([flag.to_owned(), value.to_owned()]);
            }
        }
        arguments.extend(self.arguments.iter().cloned());
        match Running::launch(self.folder.path(), &arguments, &self.log) {
            Ok((running, _)) => self.running = Some(running),
            Err(ended) => panic!("trueup serve ended with {:?}:\n{}", ended.code, ended.log),
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end(false);
        }
        if std::thread::panicking() {
            eprintln!("--- trueup serve on {} said:\n{}---", self.listen, self.log());
        }
    }
}

/// Runs trueup with arguments with which it is expected to end by itself. Panics where it serves.
pub(crate) fn refused(home: &Path, arguments: &[&str]) -> Ended {
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    match Running::launch(home, &arguments, &Arc::default()) {
        Ok((running, url)) => {
            running.end(false);
            panic!("trueup {} serves on {url}", arguments.join(" "));
        }
        Err(ended) => ended,
    }
}

impl Running {
    /// Starts the binary and waits until it has announced its URL, or has ended.
    fn launch(home: &Path, arguments: &[String], log: &Arc<Mutex<String>>) -> Result<(Self, String), Ended> {
        let mut command = Command::new("sh");
        command.args(["-c", SUPERVISOR, "trueup-supervisor"]).arg(binary()).args(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home).env("XDG_DATA_HOME", home);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut supervisor = command.spawn().unwrap();
        let stdin = supervisor.stdin.take();
        let (lines, reader) = follow(supervisor.stdout.take().unwrap(), log);
        let running = Self { supervisor, stdin, reader };
        let mut url = String::new();
        let mut told = String::new();
        for line in lines {
            let _ = writeln!(told, "{line}");
            if let Some((_, found)) = line.split_once(" on https://") {
                url = format!("https://{found}");
            }
            if line.starts_with(ANNOUNCED) {
                return Ok((running, url));
            }
        }
        Err(Ended { code: running.end(false), log: told })
    }

    fn ask_to_stop(&mut self) {
        // A supervisor that has been asked already, or is gone, does not read.
        if let Some(mut stdin) = self.stdin.take() {
            let _ = stdin.write_all(b"stop\n");
        }
    }

    /// Ends the process, gracefully or not, and answers its exit code; all that it said is in the log by then.
    fn end(mut self, gracefully: bool) -> Option<i32> {
        if gracefully {
            self.ask_to_stop();
        }
        drop(self.stdin.take());
        let code = self.supervisor.wait().ok().and_then(|status| status.code());
        let _ = self.reader.join();
        code
    }
}

/// Reads lines to the end, so that the process never waits for a reader; keeps them and hands them on to whoever still listens.
fn follow(output: impl std::io::Read + Send + 'static, log: &Arc<Mutex<String>>) -> (Receiver<String>, JoinHandle<()>) {
    let (lines, receiver) = channel();
    let log = Arc::clone(log);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = writeln!(log.lock().unwrap(), "{line}");
            let _ = lines.send(line);
        }
    });
    (receiver, reader)
}
