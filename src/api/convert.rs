//! Custom resources between the form in which they are stored and the version that a request asks for.
//!
//! Receives objects of the store and hands them on in the version that their resource serves, pruned and with the defaults of its schema
//! of now; and the other way round for what is written. Invariant: whatever the API shows of a custom resource has been through
//! [`served`], so that the files of the verbs and [`view`] see objects of one version only.
//!
//! Nothing is parsed where an object is stored in the version asked for and is newer than the schema. What had to be made is kept with
//! the object in the cache, so that a list or a thousand watchers convert it once.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::Shared;
use super::review;
use super::view;
use crate::object::{Object, Refusal, Revision};
use crate::schema::{Resource, check};
use crate::store::cache::{Cached, Form, FormKey, WriteEvent};

/// How many bytes of objects go into one review, or are made anew before others get their turn.
const BATCH: usize = 8 << 20;

/// Objects in the version that the resource serves.
pub(super) async fn served(api: &Shared, resource: &Resource, mut objects: Vec<Arc<Cached>>) -> Result<Vec<Arc<Cached>>, Refusal> {
    let mut missing: Vec<(usize, Form)> = Vec::new();
    let key = key(resource);
    for (index, object) in objects.iter_mut().enumerate().filter(|(_, object)| !is_current(resource, object)) {
        let form = object.form(&key);
        let made = form.get().cloned();
        match made {
            Some(made) => *object = made,
            None => missing.push((index, form)),
        }
    }
    for batch in batches(missing, |(index, _)| objects[*index].value.len()) {
        if let [(index, form)] = batch.as_slice() {
            let object = Arc::clone(&objects[*index]);
            let make = || async { make(api, resource, vec![object]).await.map(|mut made| made.swap_remove(0)) };
            objects[*index] = Arc::clone(form.get_or_try_init(make).await?);
            continue;
        }
        let sources = batch.iter().map(|(index, _)| Arc::clone(&objects[*index])).collect();
        let made = make(api, resource, sources).await?;
        for ((index, form), made) in batch.into_iter().zip(made) {
            // Somebody else may have been faster with one of them, which is as good.
            objects[index] = Arc::clone(form.get_or_init(|| std::future::ready(made)).await);
        }
    }
    Ok(objects)
}

/// One object in the version that the resource serves.
pub(super) async fn served_one(api: &Shared, resource: &Resource, object: Arc<Cached>) -> Result<Arc<Cached>, Refusal> {
    if is_current(resource, &object) {
        return Ok(object);
    }
    Ok(served(api, resource, vec![object]).await?.swap_remove(0))
}

/// A write in the version that the resource serves; `None` where it is that already.
pub(super) async fn served_event(api: &Shared, resource: &Resource, event: &WriteEvent) -> Result<Option<WriteEvent>, Refusal> {
    let both = [&event.previous, &event.current];
    if both.into_iter().flatten().all(|object| is_current(resource, object)) {
        return Ok(None);
    }
    let mut made = served(api, resource, both.into_iter().flatten().cloned().collect()).await?;
    let current = event.current.as_ref().and_then(|_| made.pop());
    Ok(Some(event.told_as(made.pop(), current)))
}

/// The bytes that the store keeps of an object.
pub(super) async fn stored(api: &Shared, resource: &Resource, object: &Object) -> Result<Bytes, Refusal> {
    let is_stored_version = object.api_version() == resource.storage_gvk.api_version();
    if is_stored_version && object.kind() == resource.storage_gvk.kind {
        return Ok(view::encode(object).into());
    }
    let mut object = object.clone();
    match &resource.webhook {
        Some(webhook) => {
            // A webhook never sees the revision of an object, which no stored form has.
            object.remove_meta("resourceVersion");
            object = review::convert(api, webhook, &resource.storage_gvk, vec![object]).await?.swap_remove(0);
        }
        None => resource.to_storage(&mut object),
    }
    Ok(view::encode(&object).into())
}

fn key(resource: &Resource) -> FormKey {
    let fingerprint = resource.webhook.as_ref().map(|webhook| webhook.fingerprint).unwrap_or_default();
    FormKey { version: resource.gvk.version.as_str().into(), since: resource.current_since, fingerprint }
}

/// Whether an object can be shown as it is stored. What was never written (the answer to a dry run) was made under the schema of now.
fn is_current(resource: &Resource, object: &Cached) -> bool {
    if !resource.custom {
        return true;
    }
    let is_new = object.revision == Revision::ZERO || object.revision > resource.current_since;
    is_new && view::served_as_stored(resource, object)
}

/// Makes the served form of objects, in their order.
async fn make(api: &Shared, resource: &Resource, objects: Vec<Arc<Cached>>) -> Result<Vec<Arc<Cached>>, Refusal> {
    let parsed: Result<Vec<Object>, Refusal> = objects.iter().map(|object| view::document(object)).collect();
    let mut parsed = parsed?;
    match &resource.webhook {
        Some(webhook) => parsed = review::convert(api, webhook, &resource.gvk, parsed).await?,
        None => parsed.iter_mut().for_each(|object| resource.from_storage(object)),
    }
    let schema = resource.schema();
    let made = objects.iter().zip(parsed).map(|(object, parsed)| {
        let mut value: Value = parsed.into_value();
        check::prune(schema.root(), &mut value);
        check::apply_defaults(schema.root(), &mut value);
        let parsed = Object::from_value(value).map_err(|error| view::unreadable(object, &error.to_string()))?;
        Ok(Arc::new(Cached::new(&object.key, view::encode(&parsed).into(), object.revision)))
    });
    let made = made.collect();
    tokio::task::yield_now().await;
    made
}

/// Cuts a list into pieces of about [`BATCH`] bytes.
fn batches<T>(items: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut left = 0;
    for item in items {
        let size = size(&item);
        match batches.last_mut().filter(|_| size <= left) {
            Some(batch) => {
                left -= size;
                batch.push(item);
            }
            None => {
                left = BATCH.saturating_sub(size);
                batches.push(vec![item]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded_by_what_their_objects_take() {
        let half = BATCH / 2;
        assert_eq!(batches(vec![half, half, 1, 3 * BATCH, 2], |size| *size), [vec![half, half], vec![1], vec![3 * BATCH], vec![2]]);
        assert!(batches(Vec::<usize>::new(), |size| *size).is_empty());
    }
}
