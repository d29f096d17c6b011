//! CustomResourceDefinitions and the requests that change them: which names they get, and what their deletion begins with.
//!
//! Receives definitions before they are written, and word of those that were; hands on definitions with the status that a controller
//! sets upstream, so that a client which waits for `Established` never waits. Invariant: commits of definitions in one process
//! take turns, and each is given its names in its turn, so that no two are given the same one. Who has committed in its turn keeps it until
//! the catalog has what was written, whether or not its client waits for that.

use std::borrow::Cow;
use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::call::Call;
use super::catalogs::Unsettled;
use super::{Shared, api_services, view};
use crate::object::{Object, Refusal, Time};
use crate::schema::{Resource, naming};
use crate::store::{Change, Outcome, Write};

/// Keeps a definition until its objects are gone; the controller for definitions takes it off.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Where definitions are kept.
pub(super) const PREFIX: &str = "/registry/apiextensions.k8s.io/customresourcedefinitions/";

/// What a deletion that has just begun says, as the condition `Terminating`.
const PENDING: [&str; 4] = [
    "Terminating",
    "True",
    "InstanceDeletionPending",
    "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
];

/// The turn of a commit to definitions; commits of anything else need none. It is held until the catalog has what was written, and never
/// while anybody but the store is waited for.
pub(super) async fn turn(api: &Shared, resource: &Resource) -> Option<OwnedMutexGuard<()>> {
    if resource.storage_prefix == PREFIX { Some(api.catalogs.turn().await) } else { None }
}

/// Commits a definition in its turn, and waits until the catalog has it.
pub(super) async fn commit(api: &Arc<Shared>, turn: OwnedMutexGuard<()>, write: Write) -> Result<Outcome, Refusal> {
    let api = Arc::clone(api);
    to_the_end(async move {
        let outcome = api.cache.store().commit(&write.key, write.expected, write.change).await?;
        if let Outcome::Done(revision) = outcome {
            api.catalogs.wait_for(&api.cache, revision).await?;
        }
        drop(turn);
        Ok(outcome)
    })
    .await
}

/// Does what must not stop in the middle, as the work for a request does when its client goes.
async fn to_the_end<T: Send + 'static>(work: impl Future<Output = Result<T, Refusal>> + Send + 'static) -> Result<T, Refusal> {
    let stopped = |_| Err(Refusal::internal("the server stopped while a definition was written".to_owned()));
    tokio::spawn(work).await.unwrap_or_else(stopped)
}

/// Nothing is created of a kind whose definition is being deleted.
pub(super) fn check_open(resource: &Resource, name: &str) -> Result<(), Refusal> {
    let why = "create not allowed while custom resource definition is terminating";
    if resource.terminating { Err(Refusal::forbidden(&resource.group_resource(), name, why)) } else { Ok(()) }
}

/// What is deleted when a definition is: the definition with the finalizer that keeps it until its objects are gone. Objects of other
/// kinds are handed back as they are.
pub(super) fn held<'a>(resource: &Resource, live: &'a Object, now: Time) -> Cow<'a, Object> {
    if resource.storage_prefix != PREFIX || live.deletion_timestamp().is_some() {
        return Cow::Borrowed(live);
    }
    let mut object = live.clone();
    let finalizers: Vec<&str> = live.finalizers().into_iter().filter(|finalizer| *finalizer != CLEANUP).chain([CLEANUP]).collect();
    object.set_finalizers(&finalizers);
    naming::set_condition(&mut object, PENDING, now);
    Cow::Owned(object)
}

/// When a definition is committed: gives it the names that are free. Objects of other kinds stay as they are. Nobody sees the names
/// before, as in kube-apiserver, where a controller gives them after the write.
pub(super) fn settle(call: &Call, object: &mut Object) {
    if call.resource.storage_prefix != PREFIX {
        return;
    }
    let group = object.get_str(&["spec", "group"]).unwrap_or_default();
    let mut claims = call.api.catalogs.claims(group, object.name());
    claims.add(&naming::Names::accepted(object));
    naming::settle(object, &claims, call.api.ambient.now_seconds());
}

/// After a definition was written or went: gives the names that became free to those that wait for them, the oldest first.
pub(super) async fn settle_others(api: &Arc<Shared>) -> Result<(), Refusal> {
    let api = Arc::clone(api);
    to_the_end(async move { settle_all(&api).await }).await
}

async fn settle_all(api: &Shared) -> Result<(), Refusal> {
    let _turn = api.catalogs.turn().await;
    let mut tried = Vec::new();
    while let Some(next) = api.catalogs.unsettled().into_iter().find(|waiting| !tried.contains(&waiting.key)) {
        let key = next.key.clone();
        // Names that one lets go may be what another waited for in vain.
        if settle_one(api, next).await? { tried.clear() } else { tried.push(key) }
    }
    Ok(())
}

/// Answers whether the definition was written, so that others may be free to go on.
async fn settle_one(api: &Shared, waiting: Unsettled) -> Result<bool, Refusal> {
    let Unsettled { key, group, name } = waiting;
    loop {
        let Some(entry) = api.cache.store().get(&key).await? else {
            api.catalogs.newest_of_store(&api.cache).await?;
            return Ok(false);
        };
        let revision = entry.revision;
        let before = view::document(&super::write::cached(entry))?;
        let mut after = before.clone();
        let mut claims = api.catalogs.claims(&group, &name);
        claims.add(&naming::Names::accepted(&after));
        naming::settle(&mut after, &claims, api.ambient.now_seconds());
        if after == before {
            return Ok(false);
        }
        if let Outcome::Done(revision) = api.cache.store().commit(&key, revision, Change::Put(view::encode(&after).into())).await? {
            api.catalogs.wait_for(&api.cache, revision).await?;
            api_services::follow(api, PREFIX).await?;
            return Ok(true);
        }
    }
}
