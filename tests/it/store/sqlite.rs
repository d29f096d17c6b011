//! What only SQLite can show: shared files, crashes, files that do not grow.

use std::path::Path;
use std::sync::{Arc, Barrier};

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use rusqlite::Connection;
use tempfile::TempDir;
use trueup::object::Revision;
use trueup::store::{Outcome, SqliteOptions, SqliteStore, Store, StoreError};

use super::children::{Actor, PAIR_WRITES, value_of};
use super::fixture::{Tap, create, delete, entry, put, put_of, request, soon};

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(database(folder), &SqliteOptions::default()).unwrap()
}

fn database(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("data").join("store.db")
}

#[track_caller]
fn assert_sound(database: &Path) {
    let connection = Connection::open(database).unwrap();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_see_each_others_writes_and_never_share_a_revision() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let mut tap = Tap::on(&store, "/", Revision(1)).await;
    let mut child = Actor::start("pair", &database(&folder));
    assert_eq!(child.line().unwrap(), ["ready"]);
    let mut ours = Vec::new();
    for number in 0..PAIR_WRITES {
        let key = format!("/parent/{number}");
        ours.push((create(&store, &key, &value_of(&key)).await, key));
    }
    let (mut theirs, mut seen) = (Vec::new(), Vec::new());
    while let Some(words) = child.line() {
        let told = (Revision::parse(&words[1]).unwrap(), words[2].clone());
        if words[0] == "wrote" { theirs.push(told) } else { seen.push(told) }
    }
    assert!(child.succeeded());
    assert_eq!(theirs.len(), PAIR_WRITES);
    assert!(ours.is_sorted() && theirs.is_sorted(), "revisions went back");
    assert_eq!(seen, ours);
    let mut all = [ours, theirs].concat();
    all.sort();
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "a revision was given twice");
    let last = all[all.len() - 1].0;
    assert_eq!(store.current_revision().await.unwrap(), last);
    let heard = tap.until(last).await;
    assert_eq!(heard.into_iter().map(|event| (event.revision, event.key)).collect::<Vec<_>>(), all);
    assert_eq!(store.list(request("/child/")).await.unwrap().entries.len(), PAIR_WRITES);
    drop(store);
    assert_sound(&database(&folder));
}

#[tokio::test]
async fn after_a_kill_under_load_every_acknowledged_write_is_there_and_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Actor::start("writers", &database(&folder));
    let mut acknowledged = Vec::new();
    while let Some(words) = child.line() {
        acknowledged.push((Revision::parse(&words[1]).unwrap(), words[2].clone()));
        if acknowledged.len() == 2000 {
            child.kill();
        }
    }
    assert!(acknowledged.len() >= 2000);
    assert_sound(&database(&folder));
    let store = open(&folder);
    for (revision, key) in &acknowledged {
        assert_eq!(store.get(key).await.unwrap(), Some(entry(key, &value_of(key), *revision)));
    }
    let page = store.list(request("/")).await.unwrap();
    assert!(page.entries.iter().all(|entry| entry.value == value_of(&entry.key)), "a write is there by half");
    let newest = page.entries.iter().map(|entry| entry.revision).max().unwrap();
    assert_eq!(store.current_revision().await.unwrap(), newest);
    assert!(create(&store, "/after", "x").await > newest);
}

#[tokio::test]
async fn closing_finishes_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let keys = (0..300).map(|number| format!("/a/{number}")).collect::<Vec<_>>();
    let mut writes = Box::pin(join_all(keys.iter().map(|key| store.commit(key, Revision::ZERO, put_of("x")))));
    // One poll sends all of them.
    assert!(futures::poll!(&mut writes).is_pending());
    store.close().await;
    assert!(writes.await.iter().all(|outcome| matches!(outcome, Ok(Outcome::Done(_)))));
    drop(store);
    assert_eq!(open(&folder).list(request("/a/")).await.unwrap().entries.len(), 300);
}

#[tokio::test]
async fn a_closed_store_is_whole_without_its_wal() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(&folder);
    let first = create(&store, "/a/x", "one").await;
    store.close().await;
    drop(store);
    let copy = other.path().join("copy.db");
    std::fs::copy(database(&folder), &copy).unwrap();
    let copy = SqliteStore::open(copy, &SqliteOptions::default()).unwrap();
    assert_eq!(copy.get("/a/x").await.unwrap(), Some(entry("/a/x", "one", first)));
}

#[tokio::test]
async fn a_full_store_says_so_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(database(&folder), &SqliteOptions { max_bytes: Some(400_000) }).unwrap();
    let mut written = Vec::new();
    let refused = loop {
        let key = format!("/a/{:04}", written.len());
        match store.commit(&key, Revision::ZERO, put_of(&value_of(&key))).await {
            Ok(outcome) => written.push((key, outcome)),
            Err(error) => break error,
        }
        assert!(written.len() < 2000, "the limit was not kept");
    };
    assert!(matches!(refused, StoreError::Full(_)), "{refused}");
    let page = store.list(request("/a/")).await.unwrap();
    let stands = page.entries.iter().map(|entry| (entry.key.clone(), Outcome::Done(entry.revision))).collect::<Vec<_>>();
    assert_eq!(stands, written);
    assert!(page.entries.iter().all(|entry| entry.value == value_of(&entry.key)));
    // What is there can be made smaller, so that a full store is not a dead end.
    let Outcome::Done(mut newest) = written[0].1.clone() else { unreachable!() };
    for (key, outcome) in written.iter().take(20) {
        let Outcome::Done(revision) = *outcome else { unreachable!() };
        match store.commit(key, revision, trueup::store::Change::Delete).await {
            Ok(Outcome::Done(revision)) => newest = newest.max(revision),
            Ok(lost) => panic!("{lost:?}"),
            Err(error) => assert!(matches!(error, StoreError::Full(_)), "{error}"),
        }
    }
    store.close().await;
    drop(store);
    assert_sound(&database(&folder));
}

#[test]
fn many_may_create_the_same_store_at_once() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let start = Arc::new(Barrier::new(8));
        let openers = (0..8).map(|_| {
            let (path, start) = (database(&folder), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                SqliteStore::open(path, &SqliteOptions::default()).map(drop)
            })
        });
        for opener in openers.collect::<Vec<_>>() {
            opener.join().unwrap().unwrap();
        }
        assert_sound(&database(&folder));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_wal_stays_short_under_writes_without_a_pause() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder));
    let value = "v".repeat(60_000);
    let writers = (0..16).map(|writer| {
        let (store, value) = (Arc::clone(&store), value.clone());
        async move {
            for number in 0..200 {
                create(store.as_ref(), &format!("/a/{writer}/{number}"), &value).await;
            }
        }
    });
    join_all(writers).await;
    // 190 MB went through it; the limit is 64 MiB and what one group adds.
    let wal = std::fs::metadata(folder.path().join("data").join("store.db-wal")).unwrap().len();
    assert!(wal < 100 << 20, "{wal} bytes");
}

#[tokio::test]
async fn a_value_that_finds_no_room_leaves_its_group_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(database(&folder), &SqliteOptions { max_bytes: Some(400_000) }).unwrap();
    let large = "v".repeat(500_000);
    let values = ["small", &large, "small", "small"];
    let writes = values.iter().enumerate().map(|(number, value)| {
        let store = &store;
        async move { store.commit(&format!("/a/{number}"), Revision::ZERO, put_of(value)).await }
    });
    let outcomes = join_all(writes).await;
    assert!(matches!(outcomes[1], Err(StoreError::Full(_))), "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Done(_)))).count(), 3);
    assert_eq!(store.list(request("/a/")).await.unwrap().entries.len(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    create(&store, "/a/x", "secret").await;
    for file in ["store.db", "store.db-wal"] {
        let mode = std::fs::metadata(folder.path().join("data").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn files_that_are_no_store_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let refusal = |path: &Path| match SqliteStore::open(path, &SqliteOptions::default()) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => error.to_string().replace(&folder.path().display().to_string(), "DIR"),
    };
    std::fs::write(&path, "hello, this is no database, but it is long enough to be taken for one; ".repeat(100)).unwrap();
    assert_eq!(refusal(&path), "the store failed: DIR/x is not a SQLite database");
    assert_eq!(refusal(folder.path()), "the store failed: cannot open DIR: it is a folder");
    assert_eq!(refusal(&path.join("y")), "the store failed: DIR/x is a file; the store takes a folder, or a path where it can make one");

    let foreign = folder.path().join("foreign");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert_eq!(refusal(&foreign), "the store failed: DIR/foreign is a SQLite database, but not trueup's");

    let newer = folder.path().join("newer");
    drop(SqliteStore::open(&newer, &SqliteOptions::default()).unwrap());
    Connection::open(&newer).unwrap().pragma_update(None, "user_version", 2).unwrap();
    assert_eq!(refusal(&newer), "the store failed: DIR/newer was written by a newer trueup: its schema has version 2, this trueup knows 1");
}

#[tokio::test]
async fn a_store_that_was_reopened_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let first = create(&store, "/a/x", "one").await;
    let removed = delete(&store, "/a/x", first).await;
    store.compact(removed).await.unwrap();
    drop(store);
    let store = open(&folder);
    assert_eq!(store.current_revision().await.unwrap(), removed);
    assert!(matches!(store.watch("/a/", first).await.err(), Some(StoreError::Compacted { .. })));
    let again = create(&store, "/a/x", "two").await;
    assert!(again > removed);
    store.compact(again).await.unwrap();
    drop(store);
    let rows: i64 = Connection::open(database(&folder)).unwrap().query_row("SELECT count(*) FROM log", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 1, "the removal was swept once it was no longer the newest write");
}

/// Overwrites objects in parallel, with a compaction half-way as the clock would bring it, and answers the bytes on disk at the end.
async fn overwrite(store: Arc<SqliteStore>, objects: usize, overwrites: usize) -> u64 {
    let value = "v".repeat(700);
    let writers = (0..objects).map(|object| {
        let (store, value) = (Arc::clone(&store), value.clone());
        async move {
            let key = format!("/registry/configmaps/default/object-{object}");
            let mut revision = create(store.as_ref(), &key, &value).await;
            for _ in 0..overwrites / objects {
                revision = put(store.as_ref(), &key, revision, &value).await;
            }
        }
    });
    stream::iter(writers).buffer_unordered(64).collect::<Vec<()>>().await;
    let before = store.size_bytes().await.unwrap().unwrap();
    store.compact(store.current_revision().await.unwrap()).await.unwrap();
    let after = store.size_bytes().await.unwrap().unwrap();
    println!("{overwrites} overwrites of {objects} objects: {before} bytes before the compaction, {after} after it");
    assert_eq!(store.list(request("/registry/")).await.unwrap().entries.len(), objects);
    after
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compaction_gives_the_space_of_overwritten_values_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder));
    // 100 objects of 700 bytes, and the 4 MiB of free pages that are kept for the next writes.
    let size = soon("the overwrites", overwrite(store, 100, 20_000)).await;
    assert!(size < 5 << 20, "{size} bytes are left");
    assert_sound(&database(&folder));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the full size takes 200 MB of disk and some time; the smaller one above always runs"]
async fn two_hundred_thousand_overwrites_leave_less_than_a_hundred_megabytes() {
    let folder = tempfile::tempdir().unwrap();
    let size = overwrite(Arc::new(open(&folder)), 1000, 200_000).await;
    assert!(size < 100_000_000, "{size} bytes are left");
    assert_sound(&database(&folder));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_and_watches_go_on_during_a_compaction() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(&folder));
    let mut newest = create(store.as_ref(), "/a/hot", "x").await;
    for _ in 0..20 {
        let batch = (0..500).map(|number| {
            let store = Arc::clone(&store);
            async move { create(store.as_ref(), &format!("/b/{newest}/{number}"), "x").await }
        });
        join_all(batch).await;
        newest = put(store.as_ref(), "/a/hot", newest, "x").await;
    }
    let mut tap = Tap::on(store.as_ref(), "/a/", newest).await;
    let compaction = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.compact(newest).await }
    });
    let mut written = Vec::new();
    while !compaction.is_finished() || written.len() < 10 {
        newest = put(store.as_ref(), "/a/hot", newest, "y").await;
        written.push(newest);
    }
    soon("the compaction", compaction).await.unwrap().unwrap();
    let heard = tap.until(newest).await.into_iter().map(|event| event.revision).collect::<Vec<_>>();
    assert_eq!(heard, written);
}
