//! The end of a CustomResourceDefinition: its objects go first.
//!
//! A deleted definition gets the finalizer that upstream's definitions carry, takes no new objects, and goes when the last of its objects
//! has gone. Receives the writes that may bring this about; hands on nothing. Invariant: no definition goes while the store holds an
//! object of its kind.
//!
//! An object that another server is creating at the very moment of the deletion is found by the next look at the definition: every
//! deletion of the definition or of one of its objects looks again.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::call::Call;
use super::delete::decide;
use super::delete_options::DeleteOptions;
use super::update::is_held;
use super::write::{Verdict, Written};
use super::{Shared, api_services, view};
use crate::object::{Object, Refusal, Time};
use crate::schema::{Resource, storage_prefix};
use crate::store::{Change, Entry, ListRequest, Outcome};

/// Keeps a definition until its objects are gone.
const CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// Where definitions are kept.
pub(super) const PREFIX: &str = "/registry/apiextensions.k8s.io/customresourcedefinitions/";

/// How many objects are read at a time.
const PAGE: usize = 500;

/// What is deleted when a definition is: the definition with the finalizer that keeps it until its objects are gone. Objects of other
/// kinds are handed back as they are.
pub(super) fn held<'a>(resource: &Resource, live: &'a Object, now: Time) -> Cow<'a, Object> {
    if resource.storage_prefix != PREFIX || live.deletion_timestamp().is_some() {
        return Cow::Borrowed(live);
    }
    let mut object = live.clone();
    let finalizers: Vec<&str> = live.finalizers().into_iter().filter(|finalizer| *finalizer != CLEANUP).chain([CLEANUP]).collect();
    object.set_finalizers(&finalizers);
    let condition = json!({
        "type": "Terminating", "status": "True", "reason": "InstanceDeletionPending", "lastTransitionTime": now.to_string(),
        "message": "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    });
    let status = object.root_mut().entry("status").or_insert_with(|| json!({}));
    match status.get_mut("conditions").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => status["conditions"] = json!([condition]),
    }
    Cow::Owned(object)
}

/// After the deletion of a definition was written: deletes its objects, and the definition if none is left. Hands back what then
/// stands.
pub(super) async fn clean_up(call: &Call, key: &str, written: Written) -> Result<Written, Refusal> {
    let (Written::Changed(_) | Written::Unchanged(_)) = &written else { return Ok(written) };
    if call.resource.storage_prefix != PREFIX || call.query.dry_run {
        return Ok(written);
    }
    let Some(entry) = call.api.cache.store().get(key).await? else { return Ok(written) };
    let definition = view::parse(&call.resource, &super::write::cached(entry))?;
    let text = |path: &[&str]| definition.get_str(path).unwrap_or_default();
    let prefix = storage_prefix(text(&["spec", "group"]), text(&["spec", "names", "plural"]));
    while delete_objects(call, &prefix).await? {}
    Ok(release(&call.api, key, &prefix).await?.unwrap_or(written))
}

/// After an object of a definition that is being deleted went: lets the definition go if it was the last.
pub(super) async fn object_went(call: &Call, written: &Written) -> Result<(), Refusal> {
    let resource = &call.resource;
    if resource.custom && matches!(written, Written::Deleted(_)) && !resource.verbs.has("create") {
        let key = format!("{PREFIX}{}.{}", resource.plural, resource.gvk.group);
        release(&call.api, &key, &resource.storage_prefix).await?;
    }
    Ok(())
}

/// Deletes every object under a prefix as a client would. Answers whether to look again, because somebody else wrote meanwhile.
async fn delete_objects(call: &Call, prefix: &str) -> Result<bool, Refusal> {
    let (mut after, mut again) = (None, false);
    loop {
        let request = ListRequest { prefix: prefix.to_owned(), after, limit: PAGE, at: None };
        let page = call.api.cache.store().list(request).await?;
        after = page.entries.last().map(|entry| entry.key.clone());
        for entry in page.entries {
            again |= !delete_object(call, &entry).await?;
        }
        if page.remaining == 0 {
            return Ok(again);
        }
    }
}

/// Answers whether the object was as it was read.
async fn delete_object(call: &Call, entry: &Entry) -> Result<bool, Refusal> {
    let object = parse(entry)?;
    let change = match decide(&object, &DeleteOptions::default(), call.api.ambient.now_seconds()) {
        Verdict::Delete(_) => Change::Delete,
        Verdict::Put(marked) => Change::Put(view::encode(&marked).into()),
        Verdict::Unchanged => return Ok(true),
    };
    let outcome = call.api.cache.store().commit(&entry.key, entry.revision, change).await?;
    Ok(matches!(outcome, Outcome::Done(_)))
}

/// Takes the finalizer from a definition whose objects are gone, and the definition away if nothing else holds it.
async fn release(api: &Shared, key: &str, prefix: &str) -> Result<Option<Written>, Refusal> {
    let store = api.cache.store();
    loop {
        let Some(entry) = store.get(key).await? else { return Ok(None) };
        let mut definition = parse(&entry)?;
        let any = store.list(ListRequest { prefix: prefix.to_owned(), after: None, limit: 1, at: None }).await?;
        if !any.entries.is_empty() || definition.deletion_timestamp().is_none() || !definition.finalizers().contains(&CLEANUP) {
            return Ok(None);
        }
        let own = definition.clone();
        let finalizers: Vec<&str> = own.finalizers().into_iter().filter(|finalizer| *finalizer != CLEANUP).collect();
        definition.set_finalizers(&finalizers);
        let value: bytes::Bytes = view::encode(&definition).into();
        let held = is_held(&definition);
        let change = if held { Change::Put(value.clone()) } else { Change::Delete };
        if let Outcome::Done(revision) = store.commit(key, entry.revision, change).await? {
            api.catalogs.wait_for(&api.cache, revision).await?;
            api_services::follow(api, PREFIX).await?;
            let last = super::write::cached(Entry { value, revision, ..entry });
            return Ok(Some(if held { Written::Changed(last) } else { Written::Deleted(last) }));
        }
    }
}

fn parse(entry: &Entry) -> Result<Object, Refusal> {
    let unreadable = |why: String| Refusal::internal(format!("the stored value of {} cannot be read: {why}", entry.key));
    let value: Value = serde_json::from_slice(&entry.value).map_err(|error| unreadable(error.to_string()))?;
    Object::from_value(value).map_err(|error| unreadable(error.to_string()))
}
