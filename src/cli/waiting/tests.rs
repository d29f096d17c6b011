use serde_json::{Value, json};

use super::*;
use crate::client::testing::{answer, scripted, text_answer};
use crate::client::{Place, ServedResource, Target, in_process};
use crate::object::{Reason, Refusal};

fn places(names: &[&str]) -> Vec<Place> {
    let resource = std::sync::Arc::new(ServedResource::named("x.io", "v1", "Thing", "things", true));
    let place =
        |name: &&str| Place { resource: std::sync::Arc::clone(&resource), namespace: Some("n".to_owned()), name: (*name).to_owned() };
    names.iter().map(place).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
fn thing(name: &str, condition: Value) -> Value {
    json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": name, "namespace": "n", "resourceVersion": "6"},
        "status": {"conditions": [condition]}})
}

fn ready() -> Value {
    json!({"type": "Ready", "status": "True"})
}

fn waiting() -> Value {
    json!({"type": "Ready", "status": "False", "message": "no quorum"})
}

fn stalled() -> Value {
    json!({"type": "Stalled", "status": "True", "message": "no such chart"})
}

/// A server whose list has one state of `a`, and whose first watch tells another; after that it refuses.
fn server(before: Value, after: Vec<Value>) -> Client {
    let (client, _) = scripted(move |request| match request.uri().query().unwrap_or_default() {
        query if !query.contains("watch=true") => {
            let items: Vec<&Value> = if query.contains("metadata.name%3Da") { vec![&before] } else { Vec::new() };
            answer(200, json!({"metadata": {"resourceVersion": "5"}, "items": items}))
        }
        query if query.contains("resourceVersion=5") => {
            let events = after.iter().map(|object| json!({"type": "MODIFIED", "object": object}).to_string() + "\n");
            text_answer(200, events.collect::<String>())
        }
        _ => answer(403, Refusal::new(Reason::Forbidden, "no more").to_json()),
    });
    client
}

/// What is told on the way and what is missing in the end.
async fn outcome(client: &Client, track: &mut Track, limit: Limit) -> String {
    let (ui, printed) = Ui::buffered(false, false, 80);
    let mut told = Vec::new();
    let result: Result<(), ()> = wait(&ui, client, track, limit, Telling::Changes, |awaited, _| {
        told.push(format!("{} met", awaited.display_name()));
        Ok(())
    })
    .await;
    assert_eq!(result, Ok(()));
    let missing = track.unmet().map(|awaited| format!("{}: {}", awaited.full_name(), awaited.missing().unwrap_or_default()));
    format!("{}|{}|{}", printed.stderr().trim().replace('\n', "; "), told.join("; "), missing.collect::<Vec<_>>().join("; "))
}

#[tokio::test]
async fn a_change_that_makes_it_true_ends_the_wait() {
    let client = server(thing("a", waiting()), vec![thing("a", ready())]);
    let mut track = Track::new(vec![Goal::Ready], places(&["a"]), true);
    let outcome = outcome(&client, &mut track, Limit::Endless).await;
    assert_eq!(outcome, "thing.x.io/a in namespace n: in progress: no quorum; thing.x.io/a in namespace n: ready|thing.x.io/a met|");
}

#[tokio::test]
async fn what_has_failed_for_good_is_not_waited_for() {
    let client = server(thing("a", stalled()), Vec::new());
    let mut track = Track::new(vec![Goal::Ready], places(&["a"]), true);
    let outcome = outcome(&client, &mut track, Limit::Endless).await;
    assert!(outcome.ends_with("||thing.x.io/a in namespace n: failed: no such chart"), "{outcome}");
}

#[tokio::test]
async fn what_must_exist_and_does_not_is_told_at_once() {
    let client = server(thing("a", ready()), Vec::new());
    let mut track = Track::new(vec![Goal::Ready], places(&["a", "b"]), true);
    let outcome = outcome(&client, &mut track, Limit::Endless).await;
    assert!(outcome.contains("|thing.x.io/a met|"), "{outcome}");
    assert!(outcome.ends_with("thing.x.io/b in namespace n: from server (NotFound): things.x.io \"b\" not found"), "{outcome}");
}

#[tokio::test]
async fn looking_once_opens_no_watch() {
    let client = server(thing("a", waiting()), vec![thing("a", ready())]);
    let mut track = Track::new(vec![Goal::Ready], places(&["a"]), true);
    let outcome = outcome(&client, &mut track, Limit::Once).await;
    assert!(outcome.ends_with("||thing.x.io/a in namespace n: in progress: no quorum"), "{outcome}");
}

#[tokio::test]
async fn a_limit_that_is_over_before_the_first_look_is_not_the_end_of_it() {
    let handle = |request: http::Request<http_body_util::Full<bytes::Bytes>>| async move {
        // Whoever does not wait for the answer goes on before it comes.
        tokio::task::yield_now().await;
        if request.uri().query().unwrap_or_default().contains("watch=true") {
            std::future::pending::<()>().await;
        }
        answer(200, json!({"metadata": {"resourceVersion": "5"}, "items": [thing("a", waiting())]}))
    };
    let client = in_process(handle, "default", Target::Local { directory: "/test".into() });
    let mut track = Track::new(vec![Goal::Ready], places(&["a"]), true);
    let outcome = outcome(&client, &mut track, Limit::For(Duration::ZERO)).await;
    let why = "thing.x.io/a in namespace n: in progress: no quorum";
    assert_eq!(outcome, format!("{why}||{why}"));
}

#[tokio::test]
async fn goals_are_reached_one_after_the_other() {
    let client = server(thing("a", waiting()), vec![thing("a", ready()), thing("a", waiting())]);
    let goals = vec![Goal::Create, Goal::parse("condition=Ready").expect("a goal"), Goal::parse("condition=Ready=False").expect("a goal")];
    let mut track = Track::new(goals, places(&["a"]), false);
    let outcome = outcome(&client, &mut track, Limit::Endless).await;
    assert!(outcome.ends_with("|thing.x.io/a met; thing.x.io/a met; thing.x.io/a met|"), "{outcome}");
}

#[tokio::test]
async fn an_object_that_cannot_be_followed_is_given_up() {
    let client = server(thing("a", waiting()), vec![thing("a", waiting())]);
    let mut track = Track::new(vec![Goal::Ready], places(&["a"]), true);
    let outcome = outcome(&client, &mut track, Limit::Endless).await;
    assert!(outcome.ends_with("thing.x.io/a in namespace n: from server (Forbidden): no more"), "{outcome}");
}

#[tokio::test]
async fn a_deletion_is_met_by_a_successor_of_the_same_name() {
    let with_uid = |uid: &str| {
        let mut object = thing("a", ready());
        object["metadata"]["uid"] = uid.into();
        object
    };
    let client = server(with_uid("u-1"), vec![with_uid("u-1"), with_uid("u-2")]);
    let mut track = Track::new(vec![Goal::Delete], places(&["a"]), false);
    let told = outcome(&client, &mut track, Limit::For(Duration::from_secs(30))).await;
    assert!(told.ends_with("|thing.x.io/a met|"), "{told}");
}
