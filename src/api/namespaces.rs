//! Namespaces as places: they must exist and be open before anything is created in them, and some of them stay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::call::Call;
use crate::object::{Cause, CauseKind, GroupResource, Object, Refusal, Revision};
use crate::store::cache::Cached;

/// Where namespaces are kept.
pub(super) const PREFIX: &str = "/registry/core/namespaces/";

/// The namespaces that exist from the start and cannot be deleted.
const PERMANENT: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Refuses with 404 where the namespace of the request does not exist and with 403 where it is being deleted.
///
/// The cache may be a moment old in both directions: a namespace that it lacks is looked up in the store, and one that began to be
/// deleted that very moment is emptied by the namespace controller, which lists after it has seen the deletion.
pub(super) async fn check_open(call: &Call, object: &Object) -> Result<(), Refusal> {
    check_open_for(call, &call.group_resource(), object.name()).await
}

/// As [`check_open`], by the resource and the name of what is to be created.
pub(super) async fn check_open_for(call: &Call, resource: &GroupResource, created: &str) -> Result<(), Refusal> {
    let Some(name) = &call.route.namespace else { return Ok(()) };
    match known(call, name).await? {
        None => Err(Refusal::not_found(&GroupResource::new("", "namespaces"), name)),
        Some(namespace) if is_terminating(&namespace)? => Err(terminating(resource, name, created)),
        Some(_) => Ok(()),
    }
}

/// A namespace as of what the cache knows, or else the store. Refuses with 404 where there is none.
pub(super) async fn find(call: &Call, name: &str) -> Result<Object, Refusal> {
    let missing = || Refusal::not_found(&GroupResource::new("", "namespaces"), name);
    super::view::document(&*known(call, name).await?.ok_or_else(missing)?)
}

/// How namespaces were looked up while the cache did not have them.
#[derive(Default)]
pub(super) struct Lookups {
    /// The first time; who writes once need not load them all.
    asked: AtomicBool,
}

async fn known(call: &Call, name: &str) -> Result<Option<Arc<Cached>>, Refusal> {
    let (cache, key) = (&call.api.cache, format!("{PREFIX}{name}"));
    // A server whose controllers do not lead has nobody else who loads them, and each of its creates would ask the store.
    if cache.newest(PREFIX) == Revision::ZERO && call.api.lookups.asked.swap(true, Ordering::Relaxed) {
        cache.not_older(PREFIX, Revision::ZERO).await?;
    }
    match cache.peek(PREFIX, &key) {
        Some(cached) => Ok(Some(cached)),
        None => super::write::stored(call, &key).await,
    }
}

/// After a write of a namespace: waits until the cache has it, so that a create which follows sees whether it is open.
pub(super) async fn written(call: &Call, revision: Revision) -> Result<(), Refusal> {
    let cache = &call.api.cache;
    if call.resource.storage_prefix == PREFIX && cache.newest(PREFIX) != Revision::ZERO {
        cache.not_older(PREFIX, revision).await?;
    }
    Ok(())
}

/// Refuses with 403 the deletion of a namespace that must stay.
pub(super) fn check_deletable(call: &Call) -> Result<(), Refusal> {
    let namespace = call.resource.gvk.group.is_empty() && call.resource.gvk.kind == "Namespace";
    if namespace && PERMANENT.contains(&call.name()) {
        return Err(Refusal::forbidden(&call.group_resource(), call.name(), "this namespace may not be deleted"));
    }
    Ok(())
}

/// Whether a namespace is being deleted. This runs on every create, so only one whose bytes may say so is read: a label or an annotation
/// can have the same name.
fn is_terminating(namespace: &Cached) -> Result<bool, Refusal> {
    Ok(may_be_terminating(&namespace.value) && super::view::document(namespace)?.deletion_timestamp().is_some())
}

/// Looking for the rarest letter first is ten times as fast as comparing at every place.
fn may_be_terminating(value: &[u8]) -> bool {
    const BEFORE: &[u8] = b"\"deletion";
    const AFTER: &[u8] = b"imestamp\":\"";
    let mut places = value.iter().enumerate().filter(|(_, byte)| **byte == b'T').map(|(at, _)| at);
    places.any(|at| value[..at].ends_with(BEFORE) && value[at + 1..].starts_with(AFTER))
}

fn terminating(resource: &GroupResource, namespace: &str, name: &str) -> Refusal {
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let message = format!("namespace {namespace} is being terminated");
    let refusal = Refusal::forbidden(resource, name, &why);
    refusal.with_cause(Cause::new(CauseKind::NamespaceTerminating, "metadata.namespace", message))
}
