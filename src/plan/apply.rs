//! Applying one object: server-side apply, with the takeover from client-side apply before it.

use super::adopt::{client_side_managers, conflicts_only_with, takeover_patch, without_abandoned};
use super::place::Placed;
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, Form};
use crate::object::{Object, Reason};

/// How often a takeover is tried anew because the object changed meanwhile; kubectl's number.
const TAKEOVER_ATTEMPTS: u32 = 5;

/// Applies one object and answers its new state. `live` is its state before, `None` where it does not exist.
///
/// A dry run cannot take fields over first; conflicts with nobody but client-side apply are what the takeover will solve, so the dry
/// run passes over them.
pub(super) async fn apply_object(
    client: &Client,
    placed: &Placed,
    live: Option<&Object>,
    parameters: &ApplyParameters,
) -> Result<Object, ClientError> {
    let Some(live) = live.filter(|live| !client_side_managers(live).is_empty()) else {
        return send(client, placed, parameters).await;
    };
    if !parameters.dry_run {
        take_over(client, placed, live, &parameters.field_manager).await?;
        return send(client, placed, parameters).await;
    }
    let managers = client_side_managers(live);
    let answer = match send(client, placed, parameters).await {
        Err(error) if error.refusal().is_some_and(|refusal| conflicts_only_with(refusal, &managers)) => {
            send(client, placed, &ApplyParameters { force: true, ..parameters.clone() }).await?
        }
        other => other?,
    };
    let left = without_abandoned(answer.clone(), live, &placed.object, &parameters.field_manager);
    Ok(with_defaults(client, placed, live, &answer, left, &parameters.field_manager).await)
}

/// The object with the defaults that the server fills in again where something goes. What it does not answer, such as to somebody who
/// may not update, leaves the object without them.
async fn with_defaults(client: &Client, placed: &Placed, live: &Object, answer: &Object, left: Object, manager: &str) -> Object {
    let but_annotations = |object: &Object| {
        let mut object = object.clone();
        object.remove_meta("annotations");
        object
    };
    // Most often nothing goes but the annotation of client-side apply.
    if but_annotations(answer) == but_annotations(&left) {
        return left;
    }
    let mut body = left.clone();
    body.remove_meta("managedFields");
    body.set_gvk(&placed.resource.gvk());
    body.set_meta("resourceVersion", live.resource_version().unwrap_or_default());
    let Ok(body) = serde_json::to_vec(body.root()) else { return left };
    let request = ApiRequest::try_replace(&placed.resource, placed.key.namespace.as_deref(), &placed.key.name, body, manager);
    client.object(&request).await.unwrap_or(left)
}

async fn send(client: &Client, placed: &Placed, parameters: &ApplyParameters) -> Result<Object, ClientError> {
    let body = serde_json::to_vec(placed.object.root()).map_err(|error| ClientError::Unreadable {
        attempted: format!("apply {}", placed.display_name()),
        target: client.target().to_string(),
        problem: error.to_string(),
    })?;
    let request = ApiRequest::apply(&placed.resource, placed.key.namespace.as_deref(), &placed.key.name, body, parameters);
    client.object(&request).await
}

async fn take_over(client: &Client, placed: &Placed, live: &Object, manager: &str) -> Result<(), ClientError> {
    let (resource, namespace, name) = (&placed.resource, placed.key.namespace.as_deref(), placed.key.name.as_str());
    let mut fresh = None;
    for attempt in 1.. {
        let Some(patch) = takeover_patch(fresh.as_ref().unwrap_or(live), manager) else { return Ok(()) };
        match client.object(&ApiRequest::json_patch(resource, namespace, name, &patch, manager)).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is(Reason::Conflict) && attempt < TAKEOVER_ATTEMPTS => {
                fresh = Some(client.object(&ApiRequest::get(resource, namespace, name, Form::Objects)).await?);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
