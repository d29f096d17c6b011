use std::sync::atomic::AtomicUsize;

use super::super::journal::{Unclear, Wanted};
use super::*;
use crate::client::ServedResource;
use crate::client::testing::{answer, scripted};
use crate::object::Refusal;

fn place() -> Place {
    let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
    Place { resource, namespace: Some("a".to_owned()), name: "x".to_owned() }
}

fn object(version: &str, value: &str, owner: &str) -> Object {
    let entry = json!({"manager": owner, "operation": "Apply", "apiVersion": "v1", "fieldsV1": {"f:data": {"f:k": {}}}});
    let metadata = json!({"name": "x", "namespace": "a", "uid": "u", "resourceVersion": version, "managedFields": [entry]});
    Object::from_value(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": value}})).unwrap()
}

fn refusal(reason: Reason) -> Value {
    Refusal::new(reason, "no").to_json()
}

fn updated() -> Journal {
    let deed =
        Deed::Updated { before: Box::new(object("1", "old", "ann")), after: Box::new(object("2", "new", "trueup")), with_status: false };
    let mut journal = Journal::default();
    journal.note(Step { place: place(), deed });
    journal
}

fn created() -> Journal {
    let mut journal = Journal::default();
    journal.note(Step { place: place(), deed: Deed::Created(Box::new(object("2", "new", "trueup"))) });
    journal
}

async fn outcomes(client: &Client, journal: Journal) -> Vec<String> {
    outcomes_of(client, journal, &Undoing::default()).await
}

async fn outcomes_of(client: &Client, journal: Journal, undoing: &Undoing) -> Vec<String> {
    let mut outcomes = Vec::new();
    undo(client, journal, undoing, |tidings| {
        outcomes.push(match tidings {
            Tidings::Settled(name) => {
                assert_eq!(name, "configmap/x in namespace a");
                return;
            }
            Tidings::Waiting { place, finalizers } => format!("{} waits{}", place.name, waiting_for(&finalizers)),
            Tidings::Undone(Undone { outcome: Ok(gone), .. }) => format!("{gone:?}"),
            Tidings::Undone(Undone { outcome: Err(error), .. }) => error.to_string(),
        });
    })
    .await;
    outcomes
}

#[tokio::test]
async fn values_are_put_back_first_and_then_their_owners() {
    let (client, asked) = scripted(|request| match request.method().as_str() {
        "GET" => answer(200, object("2", "new", "trueup").into_value()),
        "PUT" => answer(200, object("3", "old", "undo").into_value()),
        _ => answer(200, object("4", "old", "ann").into_value()),
    });
    assert_eq!(outcomes(&client, updated()).await, ["PutBack"]);
    let methods: Vec<String> = asked.lines().iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(methods, ["GET", "PUT", "PATCH"]);
    let bodies = asked.bodies();
    assert_eq!((&bodies[1]["metadata"]["resourceVersion"], &bodies[1]["data"]["k"]), (&json!("2"), &json!("old")));
    assert_eq!((&bodies[2][0]["value"][0]["manager"], &bodies[2][1]["value"]), (&json!("ann"), &json!("3")));
}

#[tokio::test]
async fn an_object_that_changes_all_the_time_is_given_up() {
    let (client, asked) = scripted(|request| match request.method().as_str() {
        "GET" => answer(200, object("2", "new", "trueup").into_value()),
        _ => answer(409, refusal(Reason::Conflict)),
    });
    assert_eq!(outcomes(&client, updated()).await, ["it was changed by somebody else again and again"]);
    assert_eq!(asked.lines().len(), 2 * ATTEMPTS);
}

#[tokio::test]
async fn an_object_that_is_another_by_now_is_left_alone() {
    let (client, asked) = scripted(|_| {
        let mut other = object("9", "new", "trueup");
        other.set_meta("uid", "other");
        answer(200, other.into_value())
    });
    assert_eq!(outcomes(&client, updated()).await, ["another object has taken its place meanwhile"]);
    assert_eq!(asked.lines().len(), 1);
}

#[tokio::test]
async fn only_the_very_object_that_was_made_is_deleted() {
    let (client, asked) = scripted(|_| answer(409, refusal(Reason::Conflict)));
    assert_eq!(outcomes(&client, created()).await, ["another object has taken its place meanwhile"]);
    assert_eq!(asked.bodies()[0]["preconditions"], json!({"uid": "u"}));
    let (client, _) = scripted(|_| answer(404, refusal(Reason::NotFound)));
    assert_eq!(outcomes(&client, created()).await, ["Nothing"]);
}

#[tokio::test]
async fn what_was_deleted_is_made_without_what_only_a_server_sets() {
    let (client, asked) = scripted(|_| answer(201, object("3", "old", "undo").into_value()));
    let mut journal = Journal::default();
    let mut before = object("1", "old", "ann");
    before.root_mut().insert("status".to_owned(), json!({"x": 1}));
    journal.note(Step { place: place(), deed: Deed::Deleted(Box::new(before)) });
    assert_eq!(outcomes(&client, journal).await, ["MadeAgain"]);
    let expected = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}, "data": {"k": "old"}});
    assert_eq!(asked.bodies()[0], expected);
    assert!(asked.lines()[1].starts_with("PATCH "), "the owners of its fields come back too");
}

/// The journal of a run that asked to apply an object with the value `new`, and got no answer.
fn unanswered(before: Option<Object>) -> Journal {
    let mut journal = Journal::default();
    let mut object = object("", "new", "");
    ["uid", "resourceVersion", "managedFields"].iter().for_each(|member| drop(object.remove_meta(member)));
    let wanted = Some(Box::new(Wanted { object, manager: "trueup".to_owned() }));
    journal.note(Step { place: place(), deed: Deed::Unclear(Box::new(Unclear { before, wanted, perhaps_gone: false })) });
    journal
}

#[tokio::test]
async fn a_lost_answer_is_looked_into() {
    let now = || object("2", "theirs", "trueup");
    let (client, asked) = scripted(move |_| answer(200, now().into_value()));
    assert_eq!(outcomes(&client, unanswered(Some(now()))).await, ["Nothing"]);
    let lost = "it has changed since it was read, and whether by this apply is not known, since the answer to it got lost";
    assert_eq!(outcomes(&client, unanswered(Some(object("1", "old", "ann")))).await, [lost]);
    assert_eq!(outcomes(&client, unanswered(None)).await, [lost]);
    assert_eq!(asked.lines().len(), 3, "nothing is written: {:?}", asked.lines());
    assert_eq!(outcomes(&client, unanswered(Some(object("1", "theirs", "ann")))).await, ["PutBack"], "an object was only taken over");
}

#[tokio::test]
async fn what_a_lost_answer_did_is_undone() {
    let (client, asked) = scripted(|request| match request.method().as_str() {
        "GET" => answer(200, object("2", "new", "trueup").into_value()),
        _ => answer(200, object("3", "old", "trueup").into_value()),
    });
    assert_eq!(outcomes(&client, unanswered(None)).await, ["Deleted"]);
    assert_eq!(asked.bodies()[1]["preconditions"], json!({"uid": "u"}));
    assert_eq!(outcomes(&client, unanswered(Some(object("1", "old", "trueup")))).await, ["PutBack"]);
    assert!(asked.lines().iter().any(|line| line.starts_with("PUT")), "{:?}", asked.lines());
}

#[tokio::test]
async fn a_deletion_that_was_not_answered_is_noted_until_the_object_is_there() {
    let (client, _) = scripted(|_| answer(503, refusal(Reason::ServiceUnavailable)));
    let mut journal = Journal::default();
    let unclear = Unclear { before: Some(object("1", "old", "ann")), wanted: None, perhaps_gone: true };
    journal.note(Step { place: place(), deed: Deed::Unclear(Box::new(unclear)) });
    let undoing = Undoing::default();
    assert_eq!(outcomes_of(&client, journal, &undoing).await, ["no"]);
    assert_eq!(undoing.between.names(), ["configmap/x in namespace a"]);
}

#[tokio::test]
async fn what_somebody_changed_again_stays_and_is_told() {
    let (client, asked) = scripted(|request| match request.method().as_str() {
        "GET" => answer(200, object("5", "theirs", "bob").into_value()),
        _ => answer(200, object("6", "theirs", "bob").into_value()),
    });
    assert_eq!(outcomes(&client, updated()).await, ["PutBackBut([\".data.k\"])"]);
    assert!(asked.lines().iter().all(|line| !line.starts_with("PUT")), "{:?}", asked.lines());
}

/// Somebody writes between the two requests that it takes; what was left to others before is told all the same, and once.
#[tokio::test]
async fn what_stayed_in_an_earlier_round_is_told_at_the_end() {
    let (puts, patches) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let two = |version: &str, ours: &str, theirs: &str, owner: &str| {
        let mut object = object(version, ours, owner);
        object.root_mut().insert("data".to_owned(), json!({"k": ours, "l": theirs}));
        object
    };
    let (client, asked) = scripted(move |request| match request.method().as_str() {
        "GET" => match puts.load(Ordering::SeqCst) {
            0 => answer(200, two("5", "new", "theirs", "bob").into_value()),
            1 => answer(200, two("6", "new", "theirs", "bob").into_value()),
            _ => answer(200, two("8", "old", "theirs", "eve").into_value()),
        },
        // The first write comes too late.
        "PUT" if puts.fetch_add(1, Ordering::SeqCst) == 0 => answer(409, refusal(Reason::Conflict)),
        "PUT" => answer(200, two("7", "old", "theirs", "undo").into_value()),
        _ if patches.fetch_add(1, Ordering::SeqCst) == 0 => answer(409, refusal(Reason::Conflict)),
        _ => answer(200, two("9", "old", "theirs", "ann").into_value()),
    });
    let mut journal = Journal::default();
    let (before, after) = (Box::new(two("1", "old", "old", "ann")), Box::new(two("2", "new", "new", "trueup")));
    journal.note(Step { place: place(), deed: Deed::Updated { before, after, with_status: false } });
    assert_eq!(outcomes(&client, journal).await, ["PutBackBut([\".data.l\"])"]);
    let methods: Vec<String> = asked.lines().iter().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "PUT", "PATCH", "GET", "PATCH"]);
}

fn deleted() -> Journal {
    let mut journal = Journal::default();
    journal.note(Step { place: place(), deed: Deed::Deleted(Box::new(object("1", "old", "ann"))) });
    journal
}

/// An object that was deleted and waits for a finalizer.
fn going() -> Object {
    let mut object = object("2", "old", "ann");
    object.set_meta("deletionTimestamp", "2026-11-22T10:00:00Z");
    object.set_meta("finalizers", json!(["example.com/hold"]));
    object
}

/// A server on which the object in the place goes once it was listed so many times.
fn slow(lists: usize) -> (Client, crate::client::testing::Asked) {
    let left = std::sync::atomic::AtomicUsize::new(lists);
    scripted(move |request| {
        let is_list = request.uri().path().ends_with("/configmaps");
        let is_gone = left.load(Ordering::SeqCst) == 0;
        match request.method().as_str() {
            "POST" if is_gone => answer(201, object("3", "old", "undo").into_value()),
            "POST" => answer(409, refusal(Reason::AlreadyExists)),
            "GET" if is_list => {
                let items = if left.fetch_sub(1, Ordering::SeqCst) == 1 { Vec::new() } else { vec![going().into_value()] };
                answer(200, json!({"items": items, "metadata": {"resourceVersion": "9"}}))
            }
            "GET" => answer(200, going().into_value()),
            _ => answer(200, object("4", "old", "ann").into_value()),
        }
    })
}

#[tokio::test]
async fn an_object_that_is_still_going_is_waited_for_and_then_made_again() {
    let (client, asked) = slow(1);
    let undoing = Undoing::default();
    assert_eq!(outcomes_of(&client, deleted(), &undoing).await, ["x waits; it waits for example.com/hold", "MadeAgain"]);
    assert!(undoing.between.names().is_empty());
    assert_eq!(asked.lines().iter().filter(|line| line.starts_with("POST")).count(), 2, "{:?}", asked.lines());
}

#[tokio::test]
async fn an_object_that_does_not_go_in_time_is_told_with_what_it_waits_for() {
    let (client, _) = scripted(|request| match request.method().as_str() {
        "POST" => answer(409, refusal(Reason::AlreadyExists)),
        "GET" if request.uri().path().ends_with("/configmaps") => {
            answer(200, json!({"items": [going().into_value()], "metadata": {"resourceVersion": "9"}}))
        }
        _ => answer(200, going().into_value()),
    });
    let undoing = Undoing { timeout: Some(Duration::from_millis(1)), between: Between::default() };
    let late = "what is in its place was deleted, but was not gone after 0 s; it waits for example.com/hold";
    assert_eq!(outcomes_of(&client, deleted(), &undoing).await, ["x waits; it waits for example.com/hold", late]);
    assert_eq!(undoing.between.names(), ["configmap/x in namespace a"], "until somebody keeps what it was");
}

#[tokio::test]
async fn an_object_whose_deletion_never_came_is_left_as_it_is() {
    let (client, asked) = scripted(|request| match request.method().as_str() {
        "POST" => answer(409, refusal(Reason::AlreadyExists)),
        _ => answer(200, object("1", "old", "ann").into_value()),
    });
    assert_eq!(outcomes(&client, deleted()).await, ["Nothing"]);
    assert_eq!(asked.lines().len(), 2);
}

#[tokio::test]
async fn an_object_that_somebody_made_in_its_place_is_left_alone() {
    let (client, _) = scripted(|request| match request.method().as_str() {
        "POST" => answer(409, refusal(Reason::AlreadyExists)),
        _ => {
            let mut other = object("9", "new", "bob");
            other.set_meta("uid", "other");
            answer(200, other.into_value())
        }
    });
    assert_eq!(outcomes(&client, deleted()).await, ["another object has taken its place meanwhile"]);
}

#[tokio::test]
async fn an_object_that_somebody_deleted_is_told() {
    let (client, _) = scripted(|_| answer(404, refusal(Reason::NotFound)));
    assert_eq!(outcomes(&client, updated()).await, ["it was deleted by somebody else meanwhile"]);
}

#[tokio::test]
async fn a_target_that_is_gone_is_asked_no_more() {
    let target = crate::client::Target::Etcd { endpoints: vec!["http://a:2379".to_owned()] };
    let (client, asked) = crate::client::testing::scripted_as(target, |_| answer(503, refusal(Reason::ServiceUnavailable)));
    let mut journal = updated();
    // Nothing else is undone while a namespace is.
    let resource = Arc::new(ServedResource::named("", "v1", "Namespace", "namespaces", false));
    let place = Place { resource, namespace: None, name: "a".to_owned() };
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "uid": "n"}});
    journal.note(Step { place, deed: Deed::Created(Box::new(Object::from_value(namespace).unwrap())) });
    let mut told = Vec::new();
    undo(&client, journal, &Undoing::default(), |tidings| {
        if let Tidings::Undone(Undone { outcome: Err(error), .. }) = tidings {
            told.push(error.to_string());
        }
    })
    .await;
    assert_eq!(told, ["cannot reach etcd http://a:2379: no", "the target cannot be reached any more"]);
    assert_eq!(asked.lines().len(), 1, "{:?}", asked.lines());
}
