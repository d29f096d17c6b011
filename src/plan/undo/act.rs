//! Undoing steps at the server.
//!
//! Receives a [`Journal`], hands on one [`Undone`] for each of its steps. Invariants: only the very object that the run made is deleted,
//! and nothing is written but to the state that was read; once the target is gone, nothing more is asked of it; what was deleted is noted
//! until it is there again.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::evidence::{Finding, finding};
use super::journal::{Deed, Journal, Step, Turn};
use super::restoration::{restoration, same_owners};
use crate::client::{ApiRequest, Client, ClientError, DeleteParameters, Discovery, Form, Place, until_gone};
use crate::object::{Object, Reason};
use crate::plan::build::same_content;
use crate::plan::parallel::{REQUESTS_AT_ONCE, each};
use crate::plan::place::waiting_for;
use crate::plan::replace::Between;
use crate::plan::set::OUR_TOOL;

/// How often an object is read anew because somebody wrote it meanwhile.
const ATTEMPTS: usize = 5;
/// How long a kind may take to be served again.
const SERVED_WITHIN: Duration = Duration::from_secs(30);
/// What a server sets itself in a new object.
const OF_SERVER: [&str; 7] =
    ["uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"];

/// What became of one step.
#[derive(Debug)]
pub struct Undone {
    /// The step; where it was unclear what was done, with what turned out to have been done.
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
    #[error("what is in its place was deleted, but was not gone after {seconds} s{}", waiting_for(.finalizers))]
    StillThere {
        /// How long was waited.
        seconds: u64,
        /// What it waits for.
        finalizers: Vec<String>,
    },
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

/// How a run is undone.
#[derive(Debug, Clone, Default)]
pub struct Undoing {
    /// How long an object may take to go whose place is needed; `None` is without end.
    pub timeout: Option<Duration>,
    /// Where those are noted that were deleted and are not there again. A step that failed stays noted, until whoever is told of it has
    /// settled it.
    pub between: Between,
}

/// What is told while a run is undone.
#[derive(Debug)]
pub enum Tidings {
    /// A step waits for what is in its place to go.
    Waiting {
        /// The place.
        place: Place,
        /// What is waited for, where that is known.
        finalizers: Vec<String>,
    },
    /// The step of this full name was undone; told at once.
    Settled(String),
    /// A step is done; told in the order of the steps.
    Undone(Undone),
}

/// Undoes a run, last step first, and tells of each step as it is done.
pub async fn undo(client: &Client, journal: Journal, undoing: &Undoing, mut tell: impl FnMut(Tidings)) {
    let turns = journal.into_turns();
    for (step, before) in turns.iter().flatten().filter_map(|step| Some((step, step.comes_back()?))) {
        undoing.between.note(step.full_name(), before.clone());
    }
    let (told, mut tidings) = unbounded_channel();
    let worker = Worker { client: client.clone(), undoing: undoing.clone(), told, lost: Arc::default() };
    let mut work = pin!(worker.undo(turns));
    loop {
        tokio::select! {
            biased;
            Some(tidings) = tidings.recv() => tell(tidings),
            () = &mut work => break,
        }
    }
    while let Ok(tidings) = tidings.try_recv() {
        tell(tidings);
    }
}

/// Who undoes steps; all clones are one.
#[derive(Clone)]
struct Worker {
    client: Client,
    undoing: Undoing,
    told: UnboundedSender<Tidings>,
    lost: Arc<AtomicBool>,
}

impl Worker {
    async fn undo(&self, turns: Vec<Vec<Step>>) {
        for steps in turns {
            let definitions: Vec<Step> = steps.iter().filter(|step| step.turn() == Turn::DefinitionsBack).cloned().collect();
            let work = |step: Step| {
                let worker = self.clone();
                async move { worker.undo_one(step).await }
            };
            each(steps, REQUESTS_AT_ONCE, work, |undone| self.tell(Tidings::Undone(undone))).await;
            if !definitions.is_empty() {
                wait_until_served(&self.client, &definitions).await;
            }
        }
    }

    fn tell(&self, tidings: Tidings) {
        // Who listens does so until the work is done.
        let _ = self.told.send(tidings);
    }

    async fn undo_one(&self, mut step: Step) -> Undone {
        if self.lost.load(Ordering::Relaxed) {
            return Undone { step, outcome: Err(UndoError::NotReached) };
        }
        let outcome = self.undo_step(&mut step).await;
        if matches!(&outcome, Err(UndoError::Client(error)) if error.is_cut_off()) {
            self.lost.store(true, Ordering::Relaxed);
        }
        if outcome.is_ok() {
            self.undoing.between.settle(&step.full_name());
            self.tell(Tidings::Settled(step.full_name()));
        }
        Undone { step, outcome }
    }

    async fn undo_step(&self, step: &mut Step) -> Result<Gone, UndoError> {
        if let Deed::Unclear(unclear) = &step.deed {
            match finding(unclear, read(&self.client, &step.place).await?) {
                Finding::Nothing => return Ok(Gone::Nothing),
                Finding::Done(deed) => step.deed = deed,
                Finding::Doubt => return Err(UndoError::Unclear),
            }
        }
        let (client, place) = (&self.client, &step.place);
        match &step.deed {
            Deed::Created(after) => delete(client, place, after.uid()).await,
            Deed::Updated { before, after, with_status } => put_back(client, place, before, after, *with_status).await,
            Deed::Deleted(before) => self.make_again(place, before).await,
            Deed::Replaced { before, after } => {
                delete(client, place, after.uid()).await?;
                self.wait_until_gone(place, after.uid()).await?;
                self.make_again(place, before).await
            }
            Deed::Unclear(_) => Err(UndoError::Unclear),
        }
    }

    /// Makes a deleted object again: as another object, with a new uid, and without a status, which is the controllers' to find out. What
    /// is still going in its place, be it itself, is waited for.
    async fn make_again(&self, place: &Place, before: &Object) -> Result<Gone, UndoError> {
        for _ in 0..ATTEMPTS {
            match create(&self.client, place, before).await {
                Err(error) if error.is(Reason::AlreadyExists) => {}
                made => return give_owners(&self.client, place, before, &made?).await,
            }
            match read(&self.client, place).await? {
                None => {}
                Some(there) if there.deletion_timestamp().is_some() => self.wait_until_gone(place, there.uid()).await?,
                // The deletion never took effect.
                Some(there) if there.uid() == before.uid() => return Ok(Gone::Nothing),
                Some(_) => return Err(UndoError::OtherObject),
            }
        }
        Err(UndoError::Busy)
    }

    /// Waits until an object that was deleted is gone, and says that it waits.
    async fn wait_until_gone(&self, place: &Place, uid: &str) -> Result<(), UndoError> {
        // Most objects go at once, which one request tells.
        let finalizers = match read(&self.client, place).await? {
            Some(there) if there.uid() == uid => finalizers_of(&there),
            _ => return Ok(()),
        };
        self.tell(Tidings::Waiting { place: place.clone(), finalizers });
        let gone = until_gone(&self.client, &place.resource, place.namespace.as_deref(), &place.name, uid);
        let Some(timeout) = self.undoing.timeout else { return Ok(gone.await?) };
        if let Ok(gone) = tokio::time::timeout(timeout, gone).await {
            return Ok(gone?);
        }
        let finalizers = read(&self.client, place).await?.as_ref().map(finalizers_of).unwrap_or_default();
        Err(UndoError::StillThere { seconds: timeout.as_secs(), finalizers })
    }
}

fn finalizers_of(object: &Object) -> Vec<String> {
    object.finalizers().into_iter().map(str::to_owned).collect()
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
        if !same_content(&restoration.object, &current, with_status) {
            current = match replace(client, place, restoration.object).await {
                // What would have stayed counts for nothing: the state that comes next is another.
                Err(error) if error.is(Reason::Conflict) => continue,
                other => other?,
            };
        }
        // What stayed in an earlier state whose values were written stays told.
        kept.extend(restoration.kept);
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

async fn create(client: &Client, place: &Place, before: &Object) -> Result<Object, ClientError> {
    let mut object = before.clone();
    object.root_mut().remove("status");
    for member in OF_SERVER.into_iter().chain(["managedFields"]) {
        object.remove_meta(member);
    }
    let body = object.into_value().to_string().into_bytes();
    client.object(&ApiRequest::create(&place.resource, place.namespace.as_deref(), body, OUR_TOOL, false)).await
}

/// Gives the fields of an object that was made again to those who owned them.
async fn give_owners(client: &Client, place: &Place, before: &Object, made: &Object) -> Result<Gone, UndoError> {
    let owners = managed_fields(before);
    let entries = owners.as_array().into_iter().flatten();
    let owners: Value =
        entries.filter(|entry| entry.get("subresource").is_none_or(|subresource| subresource != "status")).cloned().collect();
    match set_owners(client, place, made, &owners).await {
        // Somebody is at work on it already; that the object is there counts for more than whose its fields are.
        Err(error) if error.is(Reason::Conflict) => Ok(Gone::MadeAgain),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Gone::MadeAgain),
    }
}

/// Waits until definitions that came back serve their kinds, for the objects after them. Those that are not in time fail by themselves.
async fn wait_until_served(client: &Client, definitions: &[Step]) {
    let names: Vec<&str> = definitions.iter().map(|step| step.place.name.as_str()).collect();
    let deadline = tokio::time::Instant::now() + SERVED_WITHIN;
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
