use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::client::testing::{answer, scripted};
use crate::object::Refusal;

fn parent() -> Parent {
    let resource = Arc::new(ServedResource::named("", "v1", "Secret", "secrets", true));
    Parent { resource, namespace: Some("a".to_owned()), name: "shop".to_owned() }
}

fn owner() -> Object {
    Object::from_value(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop", "uid": "u"}})).unwrap()
}

fn declared(value: &str) -> Vec<Declared> {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"k": value}});
    vec![Declared { manifest: Object::from_value(manifest).unwrap(), origin: None }]
}

/// A kept revision as lists show it.
fn listed(number: u64, value: &str) -> Value {
    let about = About { digest: digest_of(&declared(value)), parts: 1, ..About::default() };
    secret(&parent(), &owner(), number, 1, &encode(&declared(value)).unwrap(), Some(&about))
}

#[tokio::test]
async fn who_loses_the_race_for_a_number_takes_the_next() {
    let (client, asked) = scripted(|request| match request.method().as_str() {
        "GET" => answer(200, json!({"items": [listed(1, "old")]})),
        _ if String::from_utf8_lossy(request.body()).contains(".v2\"") => {
            answer(409, Refusal::new(Reason::AlreadyExists, "taken").to_json())
        }
        _ => answer(201, json!({})),
    });
    let parent = parent();
    let shelf = Shelf::new(&client, &parent);
    let digest = digest_of(&declared("new"));
    assert_eq!(shelf.look(&declared("new"), 10).await.unwrap(), Found::New { digest, number: 2 });
    assert_eq!(shelf.keep(&owner(), 2, About::default(), &declared("new"), 10).await.unwrap(), 3);
    assert_eq!(asked.bodies()[2]["metadata"]["labels"][crate::plan::history::REVISION], "3");
}

#[tokio::test]
async fn what_the_newest_declares_already_is_not_kept_again() {
    let (client, asked) = scripted(|_| answer(200, json!({"items": [listed(4, "same")]})));
    let parent = parent();
    let found = Shelf::new(&client, &parent).look(&declared("same"), 10).await.unwrap();
    assert_eq!((found, asked.lines().len()), (Found::Same(4), 1));
}

#[tokio::test]
async fn a_revision_that_was_tampered_with_is_not_applied() {
    let (client, _) = scripted(|_| answer(200, listed(1, "other")));
    let parent = parent();
    let shelf = Shelf::new(&client, &parent);
    let revision = |value: &str| Revision { number: 1, about: About { digest: digest_of(&declared(value)), parts: 1, ..About::default() } };
    assert_eq!(shelf.declared(&revision("other")).await.unwrap(), declared("other"));
    let error = shelf.declared(&revision("first")).await.unwrap_err().to_string();
    assert_eq!(error, "revision 1 cannot be read: its manifests do not have the digest that it states");
}

#[tokio::test]
async fn the_default_of_a_rollback_is_the_revision_before_the_newest() {
    let (client, _) = scripted(|_| answer(200, json!({"items": [listed(7, "c"), listed(2, "a"), listed(5, "b")]})));
    let parent = parent();
    let shelf = Shelf::new(&client, &parent);
    assert_eq!(shelf.revision_before_newest().await.unwrap().number, 5);
    let missing = shelf.revision(3).await.unwrap_err().to_string();
    assert_eq!(missing, "secret/shop has no revision 3: there are 2, 5 and 7");
}

#[tokio::test]
async fn a_server_without_secrets_keeps_no_history_and_that_is_said() {
    let (client, _) =
        scripted(|_| answer(404, Refusal::new(Reason::NotFound, "the server could not find the requested resource").to_json()));
    let parent = parent();
    let shelf = Shelf::new(&client, &parent);
    assert_eq!(shelf.look(&declared("x"), 10).await.unwrap(), Found::NoSecrets);
    assert_eq!(shelf.look(&declared("x"), 0).await.unwrap(), Found::NotKept, "who wants none misses none");
    shelf.clear().await.unwrap();
    let said = "no history of secret/shop is kept, since the server has no Secrets, which would hold it";
    assert_eq!(shelf.revisions().await.unwrap_err().to_string(), said);
    assert_eq!(shelf.revision(1).await.unwrap_err().to_string(), said);
    assert_eq!(shelf.revision_before_newest().await.unwrap_err().to_string(), said);
}

#[tokio::test]
async fn numbers_that_are_all_taken_are_told_with_the_last() {
    let (client, asked) = scripted(|_| answer(409, Refusal::new(Reason::AlreadyExists, "taken").to_json()));
    let parent = parent();
    let error = Shelf::new(&client, &parent).keep(&owner(), 7, About::default(), &declared("x"), 10).await.unwrap_err();
    let last = 6 + asked.lines().len();
    let said = format!("others are applying the same set: {last} is taken by now, and so were the numbers before it");
    assert_eq!(error.to_string(), said);
}

#[tokio::test]
async fn older_revisions_that_cannot_be_removed_are_told() {
    let (client, _) = scripted(|request| match request.method().as_str() {
        "GET" => answer(200, json!({"items": [listed(1, "a"), listed(2, "b")]})),
        _ => answer(403, Refusal::new(Reason::Forbidden, "secrets \"shop\" is forbidden").to_json()),
    });
    let parent = parent();
    let error = Shelf::new(&client, &parent).look(&declared("b"), 1).await.unwrap_err().to_string();
    assert_eq!(error, "older revisions stay beyond the limit: secrets \"shop\" is forbidden");
}

#[test]
fn manifests_that_no_secret_could_hold_are_told_with_the_bound() {
    let error = HistoryError::TooLarge { bytes: 20_000_000, most: 18_432_000 }.to_string();
    assert_eq!(error, "its manifests have 20000000 bytes when compressed, and 18432000 is the most");
}
