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
