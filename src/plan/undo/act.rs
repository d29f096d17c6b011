//! Undoing steps at the server.
//!
//! Receives a [`Journal`], hands on one [`Undone`] for each of its steps. Invariants: only the very object that the run made is deleted,
//! and nothing is written but to the state that was read; once the target is gone, nothing more is asked of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::journal::{Deed, Journal, Step, Turn};
use super::restoration::{restoration, same_owners};
use crate::client::{ApiRequest, Client, ClientError, DeleteParameters, Discovery, Form, Place, until_gone};
use crate::object::{Object, Reason};
use crate::plan::build::same_content;
use crate::plan::parallel::{REQUESTS_AT_ONCE, each};
use crate::plan::set::OUR_TOOL;

/// How often an object is read anew because somebody wrote it meanwhile.
const ATTEMPTS: usize = 5;
/// How long an object may take to go that makes way for the one before it, and a kind to be served again.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a server sets itself in a new object.
const OF_SERVER: [&str; 7] =
    ["uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"];

/// What became of one step.
#[derive(Debug)]
pub struct Undone {
    /// The step.
    pub step: Step,
    /// What was done about it.
    pub outcome: Result<Gone, UndoError>,
}

/// How a step was undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// What the run made was deleted; it may still be going.
    Deleted,
    /// What the run changed is as it was.
    PutBack,
    /// The same, but for these fields, which somebody else has changed since.
    PutBackBut(Vec<String>),
    /// What the run deleted was made again, as another object of the same name.
    MadeAgain,
    /// There was nothing to undo.
    Nothing,
}

/// Why a step was not undone.
#[derive(Debug, Clone, thiserror::Error)]
pub enum UndoError {
    /// Somebody deleted it.
    #[error("it was deleted by somebody else meanwhile")]
    Deleted,
    /// Somebody made another one.
    #[error("another object has taken its place meanwhile")]
    OtherObject,
    /// It changes all the time.
    #[error("it was changed by somebody else again and again")]
    Busy,
    /// What makes way for it does not go.
    #[error("what is in its place was deleted, but is not gone yet")]
    StillThere,
    /// Whether the run changed it is not known.
    #[error("it has changed since it was read, and whether by this apply is not known, since the answer to it got lost")]
    Unclear,
    /// The target is gone.
    #[error("the target cannot be reached any more")]
    NotReached,
    /// The server refused, or could not be asked.
    #[error(transparent)]
    Client(Arc<ClientError>),
}

impl From<ClientError> for UndoError {
    fn from(error: ClientError) -> Self {
        Self::Client(Arc::new(error))
    }
}

/// Undoes a run, last step first, and tells of each step as it is done.
pub async fn undo(client: &Client, journal: Journal, mut done: impl FnMut(Undone)) {
    let lost = Arc::new(AtomicBool::new(false));
    for steps in journal.into_turns() {
        let definitions: Vec<Step> = steps.iter().filter(|step| step.turn() == Turn::DefinitionsBack).cloned().collect();
        let work = |step: Step| {
            let (client, lost) = (client.clone(), Arc::clone(&lost));
            async move {
                if lost.load(Ordering::Relaxed) {
                    return Undone { step, outcome: Err(UndoError::NotReached) };
                }
                let outcome = undo_step(&client, &step).await;
                if matches!(&outcome, Err(UndoError::Client(error)) if error.is_cut_off()) {
                    lost.store(true, Ordering::Relaxed);
                }
                Undone { step, outcome }
            }
        };
        each(steps, REQUESTS_AT_ONCE, work, &mut done).await;
        if !definitions.is_empty() {
            wait_until_served(client, &definitions).await;
        }
    }
}

async fn undo_step(client: &Client, step: &Step) -> Result<Gone, UndoError> {
    let place = &step.place;
    match &step.deed {
        Deed::Created(after) => delete(client, place, after.uid()).await,
        Deed::Updated { before, after, with_status } => put_back(client, place, before, after, *with_status).await,
        Deed::Deleted(before) => make_again(client, place, before).await,
        Deed::Replaced { before, after } => {
            delete(client, place, after.uid()).await?;
            let gone = until_gone(client, &place.resource, place.namespace.as_deref(), &place.name, after.uid());
            tokio::time::timeout(PATIENCE, gone).await.map_err(|_| UndoError::StillThere)??;
            make_again(client, place, before).await
        }
        Deed::Unclear(before) => look_into(client, place, before.as_deref()).await,
    }
}

async fn delete(client: &Client, place: &Place, uid: &str) -> Result<Gone, UndoError> {
    let parameters = DeleteParameters { uid: Some(uid.to_owned()), ..DeleteParameters::default() };
    match client.send(&ApiRequest::delete(&place.resource, place.namespace.as_deref(), &place.name, &parameters)).await {
        Ok(_) => Ok(Gone::Deleted),
        Err(error) if error.is(Reason::NotFound) => Ok(Gone::Nothing),
        Err(error) if error.is(Reason::Conflict) => Err(UndoError::OtherObject),
        Err(error) => Err(error.into()),
    }
}

async fn read(client: &Client, place: &Place) -> Result<Option<Object>, ClientError> {
    match client.object(&ApiRequest::get(&place.resource, place.namespace.as_deref(), &place.name, Form::Objects)).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is(Reason::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the object as it was before, with what others did to it since.
///
/// It takes two requests: whoever replaces an object owns the fields that change by it, so that only a second one can say that they belong
/// to those who owned them before.
async fn put_back(client: &Client, place: &Place, before: &Object, after: &Object, with_status: bool) -> Result<Gone, UndoError> {
    let (mut goal, mut base) = (before.clone(), after.clone());
    let mut kept = Vec::new();
    for _ in 0..ATTEMPTS {
        let mut current = read(client, place).await?.ok_or(UndoError::Deleted)?;
        if current.uid() != before.uid() {
            return Err(UndoError::OtherObject);
        }
        let restoration = restoration(&goal, &base, &current, with_status);
        kept.extend(restoration.kept);
        if !same_content(&restoration.object, &current, with_status) {
            current = match replace(client, place, restoration.object).await {
                Err(error) if error.is(Reason::Conflict) => {
                    kept.clear();
                    continue;
                }
                other => other?,
            };
        }
        if same_owners(&restoration.managed_fields, &managed_fields(&current)) {
            return Ok(put_back_but(kept));
        }
        match set_owners(client, place, &current, &restoration.managed_fields).await {
            Ok(()) => return Ok(put_back_but(kept)),
            Err(error) if error.is(Reason::Conflict) => {
                // The values are as they should be; what remains is to say whose they are.
                base = current.clone();
                goal = current;
                goal.set_meta("managedFields", restoration.managed_fields);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(UndoError::Busy)
}

fn put_back_but(mut kept: Vec<String>) -> Gone {
    kept.sort_unstable();
    kept.dedup();
    if kept.is_empty() { Gone::PutBack } else { Gone::PutBackBut(kept) }
}

fn managed_fields(object: &Object) -> Value {
    object.metadata().and_then(|metadata| metadata.get("managedFields")).cloned().unwrap_or_else(|| json!([]))
}

async fn replace(client: &Client, place: &Place, object: Object) -> Result<Object, ClientError> {
    let body = object.into_value().to_string().into_bytes();
    client.object(&ApiRequest::replace(&place.resource, place.namespace.as_deref(), &place.name, body, OUR_TOOL)).await
}

/// Says who owns which field of an object, in the state that is known.
async fn set_owners(client: &Client, place: &Place, current: &Object, owners: &Value) -> Result<(), ClientError> {
    // An empty list is as good as none, which changes nothing; a list of an empty entry is the word for nobody.
    let owners = if owners.as_array().is_some_and(Vec::is_empty) { json!([{}]) } else { owners.clone() };
    let patch = json!([
        {"op": "add", "path": "/metadata/managedFields", "value": owners},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": current.resource_version().unwrap_or_default()},
    ]);
    client.object(&ApiRequest::json_patch(&place.resource, place.namespace.as_deref(), &place.name, &patch, OUR_TOOL)).await.map(drop)
}

/// Makes a deleted object again: as another object, with a new uid, and without a status, which is the controllers' to find out.
async fn make_again(client: &Client, place: &Place, before: &Object) -> Result<Gone, UndoError> {
    let mut object = before.clone();
    object.root_mut().remove("status");
    for member in OF_SERVER.into_iter().chain(["managedFields"]) {
        object.remove_meta(member);
    }
    let body = object.into_value().to_string().into_bytes();
    let request = ApiRequest::create(&place.resource, place.namespace.as_deref(), body, OUR_TOOL, false);
    let made = match client.object(&request).await {
        Err(error) if error.is(Reason::AlreadyExists) => return Err(UndoError::OtherObject),
        other => other?,
    };
    let owners = managed_fields(before);
    let entries = owners.as_array().into_iter().flatten();
    let owners: Value =
        entries.filter(|entry| entry.get("subresource").is_none_or(|subresource| subresource != "status")).cloned().collect();
    match set_owners(client, place, &made, &owners).await {
        // Somebody is at work on it already; that the object is there counts for more than whose its fields are.
        Err(error) if error.is(Reason::Conflict) => Ok(Gone::MadeAgain),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Gone::MadeAgain),
    }
}

/// Finds out what a request did whose answer got lost, or the first of two of which the second was refused.
async fn look_into(client: &Client, place: &Place, before: Option<&Object>) -> Result<Gone, UndoError> {
    match (before, read(client, place).await?) {
        (None, None) => Ok(Gone::Nothing),
        (Some(before), Some(now)) if before.resource_version() == now.resource_version() => Ok(Gone::Nothing),
        // Nothing but owners have changed, and that is what taking an object over begins with.
        (Some(before), Some(now)) if before.uid() == now.uid() && same_content(before, &now, true) => {
            set_owners(client, place, &now, &managed_fields(before)).await?;
            Ok(Gone::PutBack)
        }
        (Some(before), None) => make_again(client, place, before).await,
        _ => Err(UndoError::Unclear),
    }
}

/// Waits until definitions that came back serve their kinds, for the objects after them. Those that are not in time fail by themselves.
async fn wait_until_served(client: &Client, definitions: &[Step]) {
    let names: Vec<&str> = definitions.iter().map(|step| step.place.name.as_str()).collect();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(10);
    while tokio::time::Instant::now() + pause < deadline {
        let Ok(discovery) = Discovery::fetch(client).await else { return };
        let served = |name: &&str| discovery.resources().iter().any(|resource| resource.group_resource().to_string() == **name);
        if names.iter().all(served) {
            return;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

#[cfg(test)]
mod tests;
