//! Waiting until objects are gone.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::{ChangeKind, Client, ClientError, Form, ListParameters, Lookout, Place, ServedResource, Sighting, WatchStep, Watcher};
use crate::object::{Object, Reason};

/// Waits until the object of a name and uid is gone, or another of that name is in its place. Waits without end; dropping the future
/// ends the wait.
pub async fn until_gone(
    client: &Client,
    resource: &ServedResource,
    namespace: Option<&str>,
    name: &str,
    uid: &str,
) -> Result<(), ClientError> {
    let parameters = ListParameters { field_selector: format!("metadata.name={name}"), ..ListParameters::default() };
    let mut watcher = Watcher::new(client.clone(), resource.clone(), namespace.map(str::to_owned), parameters, Form::Objects);
    let is_it = |candidate: &Value| candidate.pointer("/metadata/uid").and_then(Value::as_str) == Some(uid);
    loop {
        let there = match watcher.next().await {
            Ok(WatchStep::State(pages)) => pages.iter().filter_map(|page| page.get("items")?.as_array()).flatten().any(is_it),
            Ok(WatchStep::Change(change)) => change.kind != ChangeKind::Deleted && is_it(&change.object),
            Ok(WatchStep::Lost(..) | WatchStep::Back) => true,
            // The kind went with the object, as when its definition was deleted.
            Err(error) if error.is(Reason::NotFound) => false,
            Err(error) => return Err(error),
        };
        if !there {
            return Ok(());
        }
    }
}

/// What is told of an object that goes.
#[derive(Debug)]
pub enum Passing {
    /// It is still there, and looks like this.
    Here(Box<Object>),
    /// It is gone.
    Gone,
    /// It cannot be followed (any longer).
    Unseen(Arc<ClientError>),
}

/// The same for many objects, each with its uid: tells of each, by its number, how it is, then that it is gone, or cannot be followed. Many of
/// one collection take one watch. Done once the last of all was told.
pub async fn until_all_gone(client: &Client, going: &[(Place, String)], mut told: impl FnMut(usize, Passing)) {
    let places: Vec<Place> = going.iter().map(|(place, _)| place.clone()).collect();
    let mut lookout = Lookout::new(client, &places);
    let mut open: BTreeSet<usize> = (0..going.len()).collect();
    while !open.is_empty() {
        match lookout.next().await {
            Some(Sighting::Seen(number, object)) => {
                let same = object.filter(|object| object.uid() == going[number].1);
                match same {
                    Some(object) if open.contains(&number) => told(number, Passing::Here(object)),
                    None if open.remove(&number) => told(number, Passing::Gone),
                    _ => {}
                }
            }
            Some(Sighting::Blind(numbers, error)) => {
                for number in numbers.into_iter().filter(|number| open.remove(number)) {
                    told(number, Passing::Unseen(Arc::clone(&error)));
                }
            }
            Some(Sighting::Lost(..)) => {}
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::testing::{answer, scripted, text_answer};
    use crate::object::Refusal;

    fn object(uid: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a", "uid": uid, "resourceVersion": "7"}})
    }

    /// Waits for the object with the uid `u` on a server that lists `items` and then tells of `events`; answers how many requests it took.
    async fn waited(items: Vec<Value>, events: &[(&str, &str)]) -> Result<usize, ClientError> {
        let lines: String = events.iter().map(|(kind, uid)| format!("{}\n", json!({"type": kind, "object": object(uid)}))).collect();
        let (client, asked) = scripted(move |request| {
            let query = request.uri().query().unwrap_or_default();
            assert!(query.contains("metadata.name%3Dx"), "only the object of this name is asked for: {query}");
            if query.contains("watch") {
                return text_answer(200, lines.clone());
            }
            answer(200, json!({"items": items, "metadata": {"resourceVersion": "9"}}))
        });
        let resource = ServedResource::named("", "v1", "ConfigMap", "configmaps", true);
        until_gone(&client, &resource, Some("a"), "x", "u").await.map(|()| asked.lines().len())
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_waited_for() {
        assert_eq!(waited(Vec::new(), &[]).await.unwrap(), 1);
        assert_eq!(waited(vec![object("other")], &[]).await.unwrap(), 1, "another of the same name is not it");
    }

    #[tokio::test]
    async fn the_wait_ends_with_the_object() {
        assert_eq!(waited(vec![object("u")], &[("MODIFIED", "u"), ("DELETED", "u")]).await.unwrap(), 2);
        assert_eq!(waited(vec![object("u")], &[("ADDED", "other")]).await.unwrap(), 2, "another in its place tells that it is gone");
    }

    #[tokio::test]
    async fn an_object_is_gone_where_its_kind_is() {
        let (client, _) = scripted(|_| answer(404, Refusal::new(Reason::NotFound, "no such kind").to_json()));
        let resource = ServedResource::named("x.io", "v1", "Thing", "things", true);
        until_gone(&client, &resource, Some("a"), "x", "u").await.unwrap();
    }

    /// Objects `x-0`, `x-1` and so on with the uid `u`.
    fn many(count: usize) -> Vec<(Place, String)> {
        let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        let place = |number: usize| Place { resource: Arc::clone(&resource), namespace: Some("a".to_owned()), name: format!("x-{number}") };
        (0..count).map(|number| (place(number), "u".to_owned())).collect()
    }

    async fn told_of(client: &Client, going: &[(Place, String)]) -> Vec<String> {
        let mut told = Vec::new();
        until_all_gone(client, going, |number, fate| {
            told.extend(match fate {
                Passing::Here(_) => None,
                Passing::Gone => Some(number.to_string()),
                Passing::Unseen(error) => Some(format!("{number}: {error}")),
            });
        })
        .await;
        told.sort();
        told
    }

    #[tokio::test]
    async fn many_objects_of_a_collection_are_waited_for_by_one_watch() {
        let object = |number: usize, uid: &str| json!({"metadata": {"name": format!("x-{number}"), "uid": uid, "resourceVersion": "7"}});
        let (client, asked) = scripted(move |request| {
            if request.uri().query().unwrap_or_default().contains("watch") {
                let event = |kind: &str, number: usize, uid: &str| format!("{}\n", json!({"type": kind, "object": object(number, uid)}));
                return text_answer(200, [event("MODIFIED", 0, "u"), event("DELETED", 0, "u"), event("MODIFIED", 1, "other")].concat());
            }
            // The third has gone already, and the others have successors.
            let items: Vec<Value> = (0..20).filter(|number| *number != 2).map(|n| object(n, if n < 2 { "u" } else { "other" })).collect();
            answer(200, json!({"items": items, "metadata": {"resourceVersion": "9"}}))
        });
        let mut all: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        all.sort();
        assert_eq!(told_of(&client, &many(20)).await, all);
        assert_eq!(asked.lines().len(), 2, "{:?}", asked.lines());
    }

    #[tokio::test]
    async fn of_many_that_nobody_may_look_at_each_is_told() {
        for count in [3, 20] {
            let (client, asked) = scripted(|_| answer(403, Refusal::new(Reason::Forbidden, "no").to_json()));
            let told = told_of(&client, &many(count)).await;
            assert_eq!((told.len(), told[0].as_str()), (count, "0: no"));
            assert_eq!(asked.lines().len(), if count == 3 { 3 } else { 1 });
        }
    }

    #[tokio::test]
    async fn who_may_not_look_does_not_wait() {
        let (client, _) = scripted(|_| answer(403, Refusal::new(Reason::Forbidden, "no").to_json()));
        let resource = ServedResource::named("", "v1", "ConfigMap", "configmaps", true);
        assert!(until_gone(&client, &resource, Some("a"), "x", "u").await.is_err_and(|error| error.is(Reason::Forbidden)));
    }
}
