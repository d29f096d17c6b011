//! Waiting until an object is gone.

use serde_json::Value;

use super::{ChangeKind, Client, ClientError, Form, ListParameters, ServedResource, WatchStep, Watcher};
use crate::object::Reason;

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

    #[tokio::test]
    async fn who_may_not_look_does_not_wait() {
        let (client, _) = scripted(|_| answer(403, Refusal::new(Reason::Forbidden, "no").to_json()));
        let resource = ServedResource::named("", "v1", "ConfigMap", "configmaps", true);
        assert!(until_gone(&client, &resource, Some("a"), "x", "u").await.is_err_and(|error| error.is(Reason::Forbidden)));
    }
}
