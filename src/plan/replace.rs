//! Replacing an object: deleting it, waiting until it is gone, making it anew.
//!
//! Receives an object that cannot be changed in place, hands on the new one. Invariant: only the very state that the plan was made from
//! is deleted, and only after the server said that it would take the new one; what was deleted and could not be made anew is handed back.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::PlanEntry;
use super::apply::apply_object;
use super::build::{entry, same_content};
use super::model::Action;
use super::place::{Failure, ObjectError, Placed};
use super::stop::Stop;
use crate::client::{ApiRequest, ApplyParameters, Client, ClientError, DeleteParameters, Form, until_gone};
use crate::object::{GroupResource, Object, ObjectKey, Reason};

/// How often a deletion is tried, since a controller may write the object's status meanwhile and answers may get lost.
const ATTEMPTS: u32 = 5;

/// How long is waited before a request is tried anew whose answer got lost; the waits double.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// What becomes of objects that cannot be changed in place.
#[derive(Debug, Clone)]
pub enum Replacing {
    /// They fail.
    Never,
    /// They are replaced.
    Within {
        /// How long each may take to go.
        patience: Patience,
        /// Where those are noted that are being replaced.
        between: Between,
        /// Which of them.
        which: Replaceable,
    },
}

impl Replacing {
    /// The same, with somebody who is told of objects that do not go at once.
    #[must_use]
    pub fn telling(mut self, told: UnboundedSender<Lingering>) -> Self {
        if let Self::Within { patience, .. } = &mut self {
            patience.told = Some(told);
        }
        self
    }
}

/// How long is waited until an object that was deleted is gone.
#[derive(Debug, Clone, Default)]
pub struct Patience {
    /// No longer than this; `None` is without end.
    pub timeout: Option<Duration>,
    /// No longer than until this is asked for, and nothing is made anew afterwards: for runs that are undone then.
    pub until: Option<Stop>,
    /// Who is told of objects that do not go at once.
    pub told: Option<UnboundedSender<Lingering>>,
}

/// An object that was deleted to be replaced, and does not go at once.
#[derive(Debug, Clone)]
pub struct Lingering {
    /// Its full name, such as `deployment.apps/web in namespace shop`.
    pub name: String,
    /// What has to let it go, where that is known.
    pub finalizers: Vec<String>,
    /// How long it is waited for; `None` is without end.
    pub timeout: Option<Duration>,
}

impl Patience {
    fn is_at_its_end(&self) -> bool {
        self.until.as_ref().is_some_and(Stop::is_requested)
    }

    async fn interrupted(&self) {
        match &self.until {
            Some(stop) => stop.requested().await,
            None => std::future::pending().await,
        }
    }

    /// Tells that an object is still there.
    fn tell(&self, placed: &Placed, left: &Object) {
        let finalizers = left.finalizers().into_iter().map(str::to_owned).collect();
        let lingering = Lingering { name: placed.full_name(), finalizers, timeout: self.timeout };
        // Who has stopped listening wants to know no more.
        let _ = self.told.iter().try_for_each(|told| told.send(lingering.clone()));
    }
}

/// Which objects may be replaced.
#[derive(Debug, Clone)]
pub enum Replaceable {
    /// Each that cannot be changed in place.
    Any,
    /// No others than these.
    These(Arc<HashSet<(GroupResource, ObjectKey)>>),
}

impl Replaceable {
    pub(super) fn holds(&self, placed: &Placed) -> bool {
        match self {
            Self::Any => true,
            Self::These(these) => these.contains(&(placed.resource.group_resource(), placed.key.clone())),
        }
    }
}

/// The objects, as they were, that are deleted perhaps, and not yet made anew, or made again. Whoever interrupts the work tells of them.
#[derive(Debug, Clone, Default)]
pub struct Between(Arc<Mutex<BTreeMap<String, Object>>>);

impl Between {
    /// Their names, such as `deployment.apps/web in namespace shop`, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// The same with the objects.
    #[must_use]
    pub fn objects(&self) -> Vec<(String, Object)> {
        self.lock().iter().map(|(name, object)| (name.clone(), object.clone())).collect()
    }

    /// Forgets an object: it is there again, or somebody else keeps what it was.
    pub fn settle(&self, name: &str) {
        self.lock().remove(name);
    }

    pub(super) fn note(&self, name: String, object: Object) {
        self.lock().insert(name, object);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Object>> {
        // A panic elsewhere leaves the map as true as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Replaces an object. `reason` is why, `before` the state that the plan was made from.
///
/// An object that was deleted and is not there again stays noted in `between`, until whoever gets the failure has settled it.
pub(super) async fn replace(
    client: &Client,
    placed: &Placed,
    before: Object,
    reason: String,
    parameters: &ApplyParameters,
    (patience, between): (&Patience, &Between),
) -> Result<PlanEntry, Failure> {
    let name = placed.full_name();
    between.note(name.clone(), before.clone());
    let replaced = delete_and_create(client, placed, before, reason, parameters, patience).await;
    if !replaced.as_ref().is_err_and(|failure| failure.deleted.is_some()) {
        between.settle(&name);
    }
    replaced
}

async fn delete_and_create(
    client: &Client,
    placed: &Placed,
    before: Object,
    reason: String,
    parameters: &ApplyParameters,
    patience: &Patience,
) -> Result<PlanEntry, Failure> {
    let lost = |object: &Object, error: ObjectError| Failure { deleted: Some(Box::new(object.clone())), ..placed.failure(error) };
    let deleted = delete(client, placed, &before).await.map_err(|error| match error {
        ObjectError::PerhapsDeleted(_) => lost(&before, error),
        _ => placed.failure(error),
    })?;
    tokio::select! {
        gone = wait(client, placed, before.uid(), patience) => gone.map_err(|error| lost(&deleted, error))?,
        () = patience.interrupted() => {}
    }
    if patience.is_at_its_end() {
        return Err(lost(&deleted, ObjectError::Interrupted));
    }
    match make_anew(client, placed, parameters).await {
        Ok(after) => Ok(PlanEntry { action: Action::Replace, before: Some(before), reason: Some(reason), ..entry(placed, None, after) }),
        Err(error) => Err(lost(&deleted, ObjectError::NotMadeAnew(Arc::new(error)))),
    }
}

/// Makes the object. Where the answer gets lost it is asked for again, which changes nothing if it was made.
async fn make_anew(client: &Client, placed: &Placed, parameters: &ApplyParameters) -> Result<Object, ClientError> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..ATTEMPTS {
        match apply_object(client, placed, None, parameters).await {
            Err(error) if error.may_have_been_done() && !error.is_cut_off() => tokio::time::sleep(pause).await,
            settled => return settled,
        }
        pause *= 2;
    }
    apply_object(client, placed, None, parameters).await
}

/// Deletes the object if it is as it was; answers the state that was deleted. What a deletion did whose answer got lost is looked for; where
/// that cannot be found out, it is [`ObjectError::PerhapsDeleted`].
async fn delete(client: &Client, placed: &Placed, before: &Object) -> Result<Object, ObjectError> {
    let (resource, namespace, name) = (&placed.resource, placed.key.namespace.as_deref(), placed.key.name.as_str());
    let mut current = before.clone();
    let (mut unanswered, mut pause) = (None, FIRST_PAUSE);
    for _ in 0..ATTEMPTS {
        let parameters = DeleteParameters {
            uid: Some(current.uid().to_owned()),
            resource_version: current.resource_version().map(str::to_owned),
            ..DeleteParameters::default()
        };
        match client.send(&ApiRequest::delete(resource, namespace, name, &parameters)).await {
            Ok(_) => return Ok(current),
            Err(error) if error.is(Reason::NotFound) => return Ok(current),
            Err(error) if error.is(Reason::Conflict) => {}
            Err(error) if error.may_have_been_done() => unanswered = Some(Arc::new(error)),
            Err(error) => return Err(error.into()),
        }
        let perhaps = |otherwise: ObjectError| unanswered.clone().map_or(otherwise, ObjectError::PerhapsDeleted);
        current = match client.object(&ApiRequest::get(resource, namespace, name, Form::Objects)).await {
            // It goes, as it was asked to.
            Ok(fresh) if fresh.uid() == before.uid() && fresh.deletion_timestamp().is_some() && unanswered.is_some() => return Ok(current),
            Ok(fresh) if fresh.uid() == before.uid() && same_content(before, &fresh, false) => fresh,
            // Who made another one in its place did so perhaps because it was gone.
            Ok(fresh) if fresh.uid() != before.uid() => return Err(perhaps(ObjectError::Moved)),
            Ok(_) => return Err(ObjectError::Moved),
            Err(error) if error.is(Reason::NotFound) => return Ok(current),
            Err(error) => return Err(perhaps(error.into())),
        };
        if unanswered.is_some() {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
    Err(unanswered.map_or(ObjectError::Moved, ObjectError::PerhapsDeleted))
}

async fn wait(client: &Client, placed: &Placed, uid: &str, patience: &Patience) -> Result<(), ObjectError> {
    let (resource, namespace, name) = (&placed.resource, placed.key.namespace.as_deref(), placed.key.name.as_str());
    let get = ApiRequest::get(resource, namespace, name, Form::Objects);
    // Most objects go at once, which one request tells.
    match client.object(&get).await {
        Err(error) if error.is(Reason::NotFound) => return Ok(()),
        Ok(found) if found.uid() != uid => return Ok(()),
        Ok(found) => patience.tell(placed, &found),
        Err(ClientError::Refused { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let gone = until_gone(client, resource, namespace, name, uid);
    let Some(timeout) = patience.timeout else { return Ok(gone.await?) };
    if let Ok(gone) = tokio::time::timeout(timeout, gone).await {
        return Ok(gone?);
    }
    let left = client.object(&get).await.ok();
    let finalizers = left.iter().flat_map(Object::finalizers).map(str::to_owned).collect();
    Err(ObjectError::StillThere { seconds: timeout.as_secs(), finalizers })
}
