//! The contract, checked against every engine. Revisions are never assumed to be dense: in etcd others may write, too.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;
use futures::stream::{self, StreamExt};
use trueup::object::Revision;
use trueup::store::{Change, Event, JointOutcome, ListRequest, Outcome, Store, StoreError, Write};

use super::fixture::{Fixture, Tap, create, delete, done, entry, event, list_at, put, put_of, request, soon};

/// The cases of the contract, each once per engine. Those of the second list need an etcd of their own.
macro_rules! contract {
    (sharing { $($sharing:ident,)* } alone { $($alone:ident,)* }) => {
        contract!(memory: memory => $($sharing)* $($alone)*);
        contract!(sqlite: sqlite => $($sharing)* $($alone)*);
        contract!(etcd: shared_etcd => $($sharing)*);
        contract!(etcd_alone: etcd => $($alone)*);
    };
    ($module:ident: $fixture:ident => $($case:ident)*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case(super::Fixture::$fixture().await).await;
                }
            )*
        }
    };
}

contract! {
    sharing {
        what_was_put_is_read_back,
        an_absent_key_is_none,
        a_lost_race_hands_back_the_winner,
        a_removed_key_can_be_created_again,
        several_writes_stand_or_fall_together,
        writes_that_stand_together_are_seen_together,
        revisions_grow_with_every_write,
        a_prefix_shows_no_neighbours,
        pages_follow_each_other_and_count_the_rest,
        pages_at_a_pinned_revision_stay_the_same_while_writes_go_on,
        a_list_without_limit_is_whole,
        a_watch_tells_past_and_coming_writes_with_the_values_before,
        a_follower_hears_the_same_but_need_not_hear_what_was_before,
        a_watch_hears_nothing_of_neighbours_but_of_progress,
        progress_never_comes_before_what_it_covers,
        many_watches_hear_the_same,
        of_many_writers_one_wins_each_round,
        a_dropped_watch_harms_nobody,
        a_watch_that_is_not_read_for_long_misses_nothing,
        a_large_value_comes_back_whole,
        a_closed_store_ends_its_watches_or_has_none,
    }
    alone {
        removing_what_is_not_there_is_lost,
        a_fresh_store_stands_at_revision_one,
        a_future_revision_is_refused,
        a_compacted_revision_is_refused_and_newer_ones_are_not,
        compacting_keeps_what_is_newest,
        compacting_twice_or_backwards_is_no_error,
        a_watch_from_a_compacted_revision_is_refused,
        a_watch_that_is_up_to_date_survives_a_compaction,
    }
}

async fn what_was_put_is_read_back(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let first = create(store, "/a/x", "one").await;
    assert_eq!(store.get("/a/x").await.unwrap(), Some(entry("/a/x", "one", first)));
    let second = put(store, "/a/x", first, "two").await;
    assert_eq!(store.get("/a/x").await.unwrap(), Some(entry("/a/x", "two", second)));
    assert!(store.size_bytes().await.unwrap().is_none_or(|size| size > 0));
}

async fn an_absent_key_is_none(fixture: Fixture) {
    let store = fixture.store.as_ref();
    create(store, "/a/xy", "one").await;
    assert_eq!(store.get("/a/x").await.unwrap(), None);
    assert_eq!(store.get("/a/").await.unwrap(), None);
}

async fn a_lost_race_hands_back_the_winner(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let first = create(store, "/a/x", "one").await;
    let winner = entry("/a/x", "one", first);
    assert_eq!(store.commit("/a/x", Revision::ZERO, put_of("two")).await.unwrap(), Outcome::Lost(Some(winner.clone())));
    let stale = Revision(first.0 - 1);
    assert_eq!(store.commit("/a/x", stale, Change::Delete).await.unwrap(), Outcome::Lost(Some(winner.clone())));
    assert_eq!(store.commit("/a/y", first, put_of("two")).await.unwrap(), Outcome::Lost(None));
    assert_eq!(store.get("/a/x").await.unwrap(), Some(winner));
    assert_eq!(store.get("/a/y").await.unwrap(), None);
}

async fn removing_what_is_not_there_is_lost(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let before = store.current_revision().await.unwrap();
    assert_eq!(store.commit("/a/x", Revision::ZERO, Change::Delete).await.unwrap(), Outcome::Lost(None));
    assert_eq!(store.current_revision().await.unwrap(), before);
    let first = create(store, "/a/x", "one").await;
    let lost = store.commit("/a/x", Revision::ZERO, Change::Delete).await.unwrap();
    assert_eq!(lost, Outcome::Lost(Some(entry("/a/x", "one", first))));
    delete(store, "/a/x", first).await;
    assert_eq!(store.commit("/a/x", first, Change::Delete).await.unwrap(), Outcome::Lost(None));
    assert_eq!(store.commit("/a/x", Revision::ZERO, Change::Delete).await.unwrap(), Outcome::Lost(None));
}

fn write(key: &str, expected: Revision, change: Change) -> Write {
    Write { key: key.to_owned(), expected, change }
}

async fn several_writes_stand_or_fall_together(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let (a, b) = (create(store, "/a/x", "one").await, create(store, "/a/y", "one").await);
    let all = vec![write("/a/x", a, put_of("two")), write("/a/y", b, Change::Delete), write("/a/z", Revision::ZERO, put_of("new"))];
    let JointOutcome::Done(revisions) = store.commit_all(all).await.unwrap() else { panic!("nobody else writes") };
    let found = store.list(request("/a/")).await.unwrap().entries;
    let values: Vec<(&str, &[u8])> = found.iter().map(|entry| (entry.key.as_str(), entry.value.as_ref())).collect();
    assert_eq!(values, [("/a/x", b"two".as_slice()), ("/a/z", b"new".as_slice())]);
    assert_eq!(found.iter().map(|entry| entry.revision).collect::<Vec<_>>(), [revisions[0], revisions[2]], "{revisions:?}");
    assert!(b < revisions[0] && revisions.is_sorted(), "{b} {revisions:?}");
    assert_eq!(revisions[0] == revisions[2], store.shares_revisions());
    let (x, z) = (found[0].clone(), found[1].clone());
    let lost = [(0, Some(x.clone())), (1, Some(z.clone()))];
    for (writes, lost) in [
        (vec![write("/a/x", x.revision, put_of("three")), write("/a/z", b, put_of("three"))], &lost[1..]),
        (vec![write("/a/x", a, put_of("three")), write("/a/z", z.revision, put_of("three"))], &lost[..1]),
        (vec![write("/a/x", a, put_of("three")), write("/a/z", b, put_of("three"))], &lost[..]),
        (vec![write("/a/x", x.revision, Change::Delete), write("/a/y", Revision::ZERO, Change::Delete)], &[(1, None)]),
        (vec![write("/a/y", Revision::ZERO, Change::Delete), write("/a/z", b, Change::Delete)], &[(0, None), lost[1].clone()]),
    ] {
        assert_eq!(store.commit_all(writes).await.unwrap(), JointOutcome::Lost(lost.to_vec()));
    }
    assert_eq!(store.list(request("/a/")).await.unwrap().entries, [x, z], "nothing is left of what was lost");
}

async fn writes_that_stand_together_are_seen_together(fixture: Fixture) {
    const ROUNDS: usize = 50;
    let store = Arc::clone(&fixture.store);
    let writer = tokio::spawn(async move {
        let (mut x, mut y) = (Revision::ZERO, Revision::ZERO);
        for round in 0..ROUNDS {
            let value = format!("{round}");
            let both = vec![write("/a/x", x, put_of(&value)), write("/b/y", y, put_of(&value))];
            assert!(matches!(store.commit_all(both).await.unwrap(), JointOutcome::Done(_)));
            x = store.get("/a/x").await.unwrap().unwrap().revision;
            y = store.get("/b/y").await.unwrap().unwrap().revision;
        }
    });
    let store = fixture.store.as_ref();
    loop {
        let over = writer.is_finished();
        let mut entries = store.list(request("/")).await.unwrap().entries;
        entries.retain(|entry| ["/a/x", "/b/y"].contains(&entry.key.as_str()));
        let values: BTreeSet<&[u8]> = entries.iter().map(|entry| entry.value.as_ref()).collect();
        assert!(values.len() <= 1 && entries.len() != 1, "{entries:?}");
        if over {
            break;
        }
    }
    writer.await.unwrap();
}

async fn a_removed_key_can_be_created_again(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let first = create(store, "/a/x", "one").await;
    let removed = delete(store, "/a/x", first).await;
    assert_eq!(store.get("/a/x").await.unwrap(), None);
    assert_eq!(store.list(request("/a/")).await.unwrap().entries, []);
    let again = create(store, "/a/x", "two").await;
    assert!(first < removed && removed < again);
    assert_eq!(store.list(request("/a/")).await.unwrap().entries, [entry("/a/x", "two", again)]);
    assert_eq!(list_at(store, "/a/", first).await.unwrap().entries, [entry("/a/x", "one", first)]);
    assert_eq!(list_at(store, "/a/", removed).await.unwrap().entries, []);
}

async fn revisions_grow_with_every_write(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let mut last = store.current_revision().await.unwrap();
    for number in 0..20 {
        let revision = create(store, &format!("/a/{number}"), "x").await;
        assert!(revision > last, "{revision} came after {last}");
        assert!(store.current_revision().await.unwrap() >= revision);
        last = revision;
    }
    assert!(store.list(request("/a/")).await.unwrap().revision >= last);
}

async fn a_fresh_store_stands_at_revision_one(fixture: Fixture) {
    let store = fixture.store.as_ref();
    assert_eq!(store.current_revision().await.unwrap(), Revision(1));
    let page = store.list(request("/")).await.unwrap();
    assert_eq!((page.entries.len(), page.revision, page.remaining), (0, Revision(1), 0));
    assert_eq!(list_at(store, "/", Revision::ZERO).await.unwrap().revision, Revision::ZERO);
    let mut tap = Tap::on(store, "/a/", Revision::ZERO).await;
    let first = create(store, "/a/x", "one").await;
    assert_eq!(tap.until(first).await, [event("/a/x", first, Some("one"), None)]);
}

async fn a_prefix_shows_no_neighbours(fixture: Fixture) {
    let store = fixture.store.as_ref();
    for key in ["/a", "/a-/x", "/a/x", "/a/y/z", "/a0", "/aa/x", "/b/x"] {
        create(store, key, key).await;
    }
    let keys = |page: trueup::store::Page| page.entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>();
    assert_eq!(keys(store.list(request("/a/")).await.unwrap()), ["/a/x", "/a/y/z"]);
    let after = |after: &str| ListRequest { after: Some(after.to_owned()), ..request("/a/") };
    assert_eq!(keys(store.list(after("/a/x")).await.unwrap()), ["/a/y/z"]);
    assert_eq!(keys(store.list(after("/a/z")).await.unwrap()), [""; 0]);
    assert_eq!(keys(store.list(after("/zzz")).await.unwrap()), [""; 0]);
    assert_eq!(keys(store.list(after("/")).await.unwrap()), ["/a/x", "/a/y/z"]);
}

async fn pages_follow_each_other_and_count_the_rest(fixture: Fixture) {
    let store = fixture.store.as_ref();
    for number in 0..10 {
        create(store, &format!("/a/{number}"), "x").await;
    }
    let mut asked = ListRequest { limit: 4, ..request("/a/") };
    let mut seen = Vec::new();
    for expected in [(4, 6), (4, 2), (2, 0)] {
        let page = store.list(asked.clone()).await.unwrap();
        assert_eq!((page.entries.len(), page.remaining), expected);
        asked.after = page.entries.last().map(|entry| entry.key.clone());
        seen.extend(page.entries.into_iter().map(|entry| entry.key));
    }
    assert_eq!(seen, (0..10).map(|number| format!("/a/{number}")).collect::<Vec<_>>());
    let exact = store.list(ListRequest { limit: 10, ..request("/a/") }).await.unwrap();
    assert_eq!((exact.entries.len(), exact.remaining), (10, 0));
}

async fn pages_at_a_pinned_revision_stay_the_same_while_writes_go_on(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let mut standing = Vec::new();
    for number in 0..30 {
        let key = format!("/a/{number:02}");
        let first = create(store, &key, "old").await;
        standing.push(if number % 3 == 0 {
            entry(&key, "older", put(store, &key, first, "older").await)
        } else {
            entry(&key, "old", first)
        });
    }
    let pinned = store.list(ListRequest { limit: 7, ..request("/a/") }).await.unwrap();
    let mut seen = pinned.entries;
    let mut remaining = pinned.remaining;
    let mut round = 0;
    while remaining > 0 {
        // Behind the page: one changed twice, one removed, one removed and created again, one new.
        let changed = put(store, &standing[27].key, newest(store, &standing[27].key).await, &format!("new {round}")).await;
        put(store, &standing[27].key, changed, "newer").await;
        if round == 0 {
            delete(store, &standing[28].key, standing[28].revision).await;
            delete(store, &standing[29].key, standing[29].revision).await;
            create(store, &standing[29].key, "reborn").await;
        }
        create(store, &format!("/a/29-{round}"), "new").await;
        let after = seen.last().map(|entry| entry.key.clone());
        let page = store.list(ListRequest { after, limit: 7, at: Some(pinned.revision), ..request("/a/") }).await.unwrap();
        assert_eq!(page.revision, pinned.revision);
        assert_eq!(page.remaining, remaining - page.entries.len() as u64);
        remaining = page.remaining;
        seen.extend(page.entries);
        round += 1;
    }
    assert_eq!(seen, standing);
}

async fn newest(store: &dyn Store, key: &str) -> Revision {
    store.get(key).await.unwrap().map_or(Revision::ZERO, |entry| entry.revision)
}

async fn a_list_without_limit_is_whole(fixture: Fixture) {
    let count = 4_500;
    let value = "v".repeat(1000);
    let writes = (0..count).map(|number| (format!("/a/{number:05}"), value.clone()));
    let tasks = writes.map(|(key, value)| {
        let store = Arc::clone(&fixture.store);
        async move { done(store.commit(&key, Revision::ZERO, put_of(&value)).await.unwrap()) }
    });
    let revisions = stream::iter(tasks).buffer_unordered(64).collect::<Vec<_>>().await;
    assert_eq!(revisions.iter().collect::<BTreeSet<_>>().len(), count);
    let page = fixture.store.list(request("/a/")).await.unwrap();
    assert_eq!((page.entries.len(), page.remaining), (count, 0));
    assert!(page.entries.windows(2).all(|pair| pair[0].key < pair[1].key));
    assert!(page.entries.iter().all(|entry| entry.value == value));
    let pinned = fixture.store.list(ListRequest { at: Some(page.revision), ..request("/a/") }).await.unwrap();
    assert_eq!(pinned, page);
}

async fn a_future_revision_is_refused(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let current = create(store, "/a/x", "one").await;
    for asked in [Revision(current.0 + 1000), Revision(u64::MAX)] {
        let expected = StoreError::Future { asked, current }.to_string();
        assert_eq!(list_at(store, "/a/", asked).await.unwrap_err().to_string(), expected);
        assert_eq!(store.watch("/a/", asked).await.err().map(|error| error.to_string()), Some(expected.clone()));
        assert_eq!(store.compact(asked).await.unwrap_err().to_string(), expected);
    }
}

async fn a_compacted_revision_is_refused_and_newer_ones_are_not(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let first = create(store, "/a/x", "one").await;
    let second = put(store, "/a/x", first, "two").await;
    let third = put(store, "/a/x", second, "three").await;
    assert_eq!(list_at(store, "/a/", first).await.unwrap().entries, [entry("/a/x", "one", first)]);
    store.compact(second).await.unwrap();
    let expected = StoreError::Compacted { asked: first, oldest: second }.to_string();
    assert_eq!(list_at(store, "/a/", first).await.unwrap_err().to_string(), expected);
    assert_eq!(list_at(store, "/a/", second).await.unwrap().entries, [entry("/a/x", "two", second)]);
    assert_eq!(list_at(store, "/a/", third).await.unwrap().entries, [entry("/a/x", "three", third)]);
}

async fn compacting_keeps_what_is_newest(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let kept = create(store, "/a/kept", "kept").await;
    let first = create(store, "/a/x", "one").await;
    let second = put(store, "/a/x", first, "two").await;
    let gone = create(store, "/a/gone", "gone").await;
    let removed = delete(store, "/a/gone", gone).await;
    // The newest write is a removal: its revision must outlive it.
    store.compact(removed).await.unwrap();
    assert_eq!(store.current_revision().await.unwrap(), removed);
    let standing = [entry("/a/kept", "kept", kept), entry("/a/x", "two", second)];
    assert_eq!(store.list(request("/a/")).await.unwrap().entries, standing);
    assert_eq!(list_at(store, "/a/", removed).await.unwrap().entries, standing);
    let mut tap = Tap::on(store, "/a/", removed).await;
    let reborn = create(store, "/a/gone", "reborn").await;
    assert!(reborn > removed);
    let third = put(store, "/a/x", second, "three").await;
    let told = [event("/a/gone", reborn, Some("reborn"), None), event("/a/x", third, Some("three"), Some("two"))];
    assert_eq!(tap.until(third).await, told);
    store.compact(third).await.unwrap();
    assert_eq!(store.get("/a/gone").await.unwrap(), Some(entry("/a/gone", "reborn", reborn)));
    assert_eq!(store.get("/a/kept").await.unwrap(), Some(entry("/a/kept", "kept", kept)));
}

async fn compacting_twice_or_backwards_is_no_error(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let first = create(store, "/a/x", "one").await;
    let second = put(store, "/a/x", first, "two").await;
    store.compact(second).await.unwrap();
    store.compact(second).await.unwrap();
    store.compact(first).await.unwrap();
    assert!(matches!(list_at(store, "/a/", first).await, Err(StoreError::Compacted { .. })));
}

async fn a_watch_tells_past_and_coming_writes_with_the_values_before(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let before = create(store, "/a/before", "x").await;
    let first = create(store, "/a/x", "one").await;
    let second = put(store, "/a/x", first, "two").await;
    let mut tap = Tap::on(store, "/a/", before).await;
    let past = [event("/a/x", first, Some("one"), None), event("/a/x", second, Some("two"), Some("one"))];
    assert_eq!(tap.until(second).await, past);
    let removed = delete(store, "/a/x", second).await;
    let again = create(store, "/a/x", "three").await;
    let coming = [event("/a/x", removed, None, Some("two")), event("/a/x", again, Some("three"), None)];
    assert_eq!(tap.until(again).await, coming);
    let all = [past, coming].concat();
    assert_eq!(Tap::on(store, "/a/", before).await.until(again).await, all);
}

async fn a_watch_hears_nothing_of_neighbours_but_of_progress(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let start = store.current_revision().await.unwrap();
    let mut tap = Tap::on(store, "/a/", start).await;
    let foreign = create(store, "/ab/x", "one").await;
    assert!(store.current_revision().await.unwrap() >= foreign);
    assert_eq!(tap.until(foreign).await, []);
    let own = create(store, "/a/x", "one").await;
    assert_eq!(tap.until(own).await, [event("/a/x", own, Some("one"), None)]);
    let removed = delete(store, "/ab/x", foreign).await;
    assert!(store.current_revision().await.unwrap() >= removed);
    assert_eq!(tap.until(removed).await, []);
}

async fn a_follower_hears_the_same_but_need_not_hear_what_was_before(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let before = create(store, "/a/before", "x").await;
    let first = create(store, "/a/x", "one").await;
    let mut tap = Tap::follow(store, "/a/", before).await;
    let second = put(store, "/a/x", first, "two").await;
    let removed = delete(store, "/a/x", second).await;
    let told = tap.until(removed).await;
    let all = [
        event("/a/x", first, Some("one"), None),
        event("/a/x", second, Some("two"), Some("one")),
        event("/a/x", removed, None, Some("two")),
    ];
    for (told, meant) in told.iter().zip(&all) {
        assert!(told == meant || *told == Event { previous: None, ..meant.clone() }, "{told:?}");
    }
    assert_eq!(told.len(), all.len());
}

/// Writers inside and outside of the prefix keep at it while a reader asks, time and again, how far the store is, and waits for the watch
/// to say that it is as far. The tap itself checks that no event comes behind a progress that covers it.
async fn progress_never_comes_before_what_it_covers(fixture: Fixture) {
    let start = fixture.store.current_revision().await.unwrap();
    let mut tap = Tap::on(fixture.store.as_ref(), "/a/", start).await;
    let writers = ["/a/one", "/a/two", "/b/one", "/b/two"].map(|writer| {
        let store = Arc::clone(&fixture.store);
        tokio::spawn(async move {
            let mut written = Vec::new();
            for number in 0..150 {
                let key = format!("{writer}-{number}");
                written.push((create(store.as_ref(), &key, &key).await, key));
            }
            written
        })
    });
    let mut heard = Vec::new();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let now = fixture.store.current_revision().await.unwrap();
        heard.extend(tap.until(now).await);
    }
    let mut written = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect::<Vec<_>>();
    written.sort();
    let now = fixture.store.current_revision().await.unwrap();
    heard.extend(tap.until(now).await);
    written.retain(|(_, key)| key.starts_with("/a/"));
    assert_eq!(heard.into_iter().map(|event| (event.revision, event.key)).collect::<Vec<_>>(), written);
}

async fn a_watch_from_a_compacted_revision_is_refused(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let first = create(store, "/a/x", "one").await;
    let second = put(store, "/a/x", first, "two").await;
    let third = put(store, "/a/x", second, "three").await;
    store.compact(second).await.unwrap();
    let refused = match store.watch("/a/", first).await {
        Err(error) => error,
        Ok(_) => Tap::on(store, "/a/", first).await.error().await,
    };
    assert_eq!(refused.to_string(), StoreError::Compacted { asked: first, oldest: second }.to_string());
    let told = [event("/a/x", third, Some("three"), Some("two"))];
    assert_eq!(Tap::on(store, "/a/", second).await.until(third).await, told);
}

async fn a_watch_that_is_up_to_date_survives_a_compaction(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let first = create(store, "/a/x", "one").await;
    let second = put(store, "/a/x", first, "two").await;
    let mut tap = Tap::on(store, "/a/", Revision(first.0 - 1)).await;
    assert_eq!(tap.until(second).await.len(), 2);
    store.compact(second).await.unwrap();
    let third = delete(store, "/a/x", second).await;
    assert_eq!(tap.until(third).await, [event("/a/x", third, None, Some("two"))]);
}

async fn many_watches_hear_the_same(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let start = store.current_revision().await.unwrap();
    let mut taps = Vec::new();
    for _ in 0..20 {
        taps.push(Tap::on(store, "/a/", start).await);
    }
    let mut told = Vec::new();
    let mut last = Revision::ZERO;
    for number in 0..100 {
        let key = format!("/a/{}", number % 7);
        let before = store.get(&key).await.unwrap();
        let (expected, previous) = before.map_or((Revision::ZERO, None), |entry| (entry.revision, Some(entry.value)));
        last = put(store, &key, expected, &format!("value {number}")).await;
        told.push(Event { previous, ..event(&key, last, Some(&format!("value {number}")), None) });
    }
    for heard in join_all(taps.iter_mut().map(|tap| tap.until(last))).await {
        assert_eq!(heard, told);
    }
}

async fn of_many_writers_one_wins_each_round(fixture: Fixture) {
    let start = fixture.store.current_revision().await.unwrap();
    let mut tap = Tap::on(fixture.store.as_ref(), "/a/", start).await;
    let mut expected = Revision::ZERO;
    for round in 0..10 {
        let writers = (0..24).map(|writer| {
            let store = Arc::clone(&fixture.store);
            tokio::spawn(async move { store.commit("/a/x", expected, put_of(&format!("{round} by {writer}"))).await.unwrap() })
        });
        let outcomes = soon("the writers", join_all(writers)).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
        let winners = outcomes.iter().filter_map(|outcome| if let Outcome::Done(revision) = outcome { Some(*revision) } else { None });
        let winners = winners.collect::<Vec<_>>();
        assert_eq!(winners.len(), 1, "round {round}: {outcomes:?}");
        let standing = fixture.store.get("/a/x").await.unwrap();
        assert_eq!(standing.as_ref().map(|entry| entry.revision), Some(winners[0]));
        let losers = outcomes.into_iter().filter_map(|outcome| if let Outcome::Lost(entry) = outcome { Some(entry) } else { None });
        assert!(losers.into_iter().all(|entry| entry == standing));
        expected = winners[0];
    }
    assert_eq!(tap.until(expected).await.len(), 10);
}

async fn a_dropped_watch_harms_nobody(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let start = store.current_revision().await.unwrap();
    let mut kept = Tap::on(store, "/a/", start).await;
    drop(Tap::on(store, "/a/", start).await);
    let unread = store.watch("/a/", start).await.unwrap();
    let mut last = start;
    for number in 0..50 {
        last = create(store, &format!("/a/{number}"), "x").await;
    }
    assert_eq!(kept.until(last).await.len(), 50);
    drop(unread);
    let next = create(store, "/a/next", "x").await;
    assert_eq!(kept.until(next).await.len(), 1);
}

async fn a_watch_that_is_not_read_for_long_misses_nothing(fixture: Fixture) {
    let start = fixture.store.current_revision().await.unwrap();
    let mut tap = Tap::on(fixture.store.as_ref(), "/a/", start).await;
    let tasks = (0..16).map(|writer| {
        let store = Arc::clone(&fixture.store);
        tokio::spawn(async move {
            let mut written = Vec::new();
            for number in 0..150 {
                let key = format!("/a/{writer}-{number}");
                written.push((create(store.as_ref(), &key, &key).await, key));
            }
            written
        })
    });
    let mut written = join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect::<Vec<_>>();
    written.sort();
    let heard = tap.until(written[written.len() - 1].0).await;
    assert_eq!(heard.into_iter().map(|event| (event.revision, event.key)).collect::<Vec<_>>(), written);
}

async fn a_large_value_comes_back_whole(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let text = "large".repeat(200_000);
    let start = store.current_revision().await.unwrap();
    let mut tap = Tap::on(store, "/a/", start).await;
    let mut told = Vec::new();
    for key in ["/a/1", "/a/2", "/a/3", "/a/4", "/a/5", "/a/6"] {
        let first = create(store, key, &text).await;
        let second = put(store, key, first, &text).await;
        told.extend([event(key, first, Some(&text), None), event(key, second, Some(&text), Some(&text))]);
    }
    let last = told[told.len() - 1].revision;
    assert!(tap.until(last).await == told);
    assert!(Tap::on(store, "/a/", start).await.until(last).await == told);
    let page = store.list(request("/a/")).await.unwrap();
    assert!(page.entries.len() == 6 && page.entries.iter().all(|entry| entry.value == text));
}

async fn a_closed_store_ends_its_watches_or_has_none(fixture: Fixture) {
    let store = fixture.store.as_ref();
    if store.engine() == "memory" {
        // Nothing to let go of; see `Store::close`.
        store.close().await;
        create(store, "/a/x", "one").await;
        return;
    }
    let start = store.current_revision().await.unwrap();
    let tap = Tap::on(store, "/a/", start).await;
    store.close().await;
    assert!(matches!(tap.error().await, StoreError::Unavailable(_)));
    assert!(matches!(store.commit("/a/x", Revision::ZERO, put_of("one")).await, Err(StoreError::Unavailable(_))));
}
