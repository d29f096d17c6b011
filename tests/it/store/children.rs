//! Second processes: this very test binary, started again to play a part.
//!
//! A part is a test that is ignored and does nothing unless [`PART`] names it; it talks to its parent by lines on stderr, which the
//! test runner leaves alone.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use trueup::object::Revision;
use trueup::store::{SqliteOptions, SqliteStore, Store};

use super::fixture::{Tap, create};

/// The environment variable that holds the part and the database, separated by a colon.
const PART: &str = "TRUEUP_TEST_PART";

/// How many writes each side of the pair makes.
pub(super) const PAIR_WRITES: usize = 200;

/// A process that plays a part, killed when dropped.
pub(super) struct Actor {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStderr>>,
}

impl Actor {
    pub(super) fn start(part: &str, database: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::children::play", "--ignored", "--nocapture"])
            .env(PART, format!("{part}:{}", database.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The words of the next line, `None` at the end.
    pub(super) fn line(&mut self) -> Option<Vec<String>> {
        let line = self.lines.next()?.unwrap();
        Some(line.split(' ').map(str::to_owned).collect())
    }

    /// Kill -9, while it works; what it said before can still be read.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(super) fn succeeded(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(line: &str) {
    // One write: lines of several threads must not mix.
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The value that belongs to a key; long enough to span pages.
pub(super) fn value_of(key: &str) -> String {
    format!("{key};").repeat(700 / key.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part played for other tests"]
async fn play() {
    let Ok(part) = std::env::var(PART) else { return };
    let (part, database) = part.split_once(':').unwrap();
    let store = Arc::new(SqliteStore::open(database, &SqliteOptions::default()).unwrap());
    match part {
        "pair" => pair(store.as_ref()).await,
        "writers" => writers(store).await,
        other => panic!("no part is called {other}"),
    }
}

/// Writes its keys and hears of its parent's, each of which it tells.
async fn pair(store: &dyn Store) {
    let mut tap = Tap::on(store, "/parent/", Revision(1)).await;
    say("ready");
    for number in 0..PAIR_WRITES {
        let key = format!("/child/{number}");
        say(&format!("wrote {} {key}", create(store, &key, &value_of(&key)).await));
    }
    for event in tap.events(PAIR_WRITES).await {
        say(&format!("saw {} {}", event.revision, event.key));
    }
}

/// Writes without end from many tasks, and tells what was acknowledged.
async fn writers(store: Arc<SqliteStore>) {
    let next = Arc::new(AtomicU64::new(0));
    let tasks = (0..16).map(|_| {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                let key = format!("/load/{}", next.fetch_add(1, Ordering::Relaxed));
                let revision = create(store.as_ref(), &key, &value_of(&key)).await;
                say(&format!("wrote {revision} {key}"));
            }
        })
    });
    futures::future::join_all(tasks).await;
}
