//! `POST` to a collection.

use super::answer::Answer;
use super::call::Call;
use super::decode::{self, Decoded};
use super::update::announce;
use super::write::{self, Written};
use super::{definitions, limit_ranges, managers, namespaces, pod_plugins, requesters};
use crate::admission;
use crate::object::{Object, Reason, Refusal};

/// How often a generated name is tried anew when it is taken.
const NAME_ATTEMPTS: usize = 8;

pub(super) async fn create(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    let Decoded { mut object, warnings } = decode::object(call)?;
    place(call, &mut object)?;
    let generated = object.name().is_empty();
    if !generated {
        return Ok((create_named(call, object).await?.answer(call).await?, warnings));
    }
    for _ in 1..NAME_ATTEMPTS {
        match create_named(call, object.clone()).await {
            Err(refusal) if refusal.reason == Reason::AlreadyExists => {}
            written => return Ok((written?.answer(call).await?, warnings)),
        }
    }
    Ok((create_named(call, object).await?.answer(call).await?, warnings))
}

async fn create_named(call: &Call, mut object: Object) -> Result<Written, Refusal> {
    definitions::check_open(&call.resource, object.name())?;
    namespaces::check_open(call, &object).await?;
    pod_plugins::await_account(call, &object).await?;
    pod_plugins::fill(call, &mut object)?;
    let mut owners = None;
    if call.hooks.mutate() {
        admission::prepare(&call.resource, None, &mut object);
        // What webhooks add nobody owns.
        object = call.hooks.change(call, None, managers::track(call, None, object)).await?;
        in_namespace(call, &mut object)?;
        owners = Some(object.remove_meta("managedFields"));
    }
    admission::create(&call.resource, &mut object, &call.api.ambient)?;
    limit_ranges::check(call, &object)?;
    call.advise(&object, None);
    namespaces::check_open(call, &object).await?;
    let mut object = match owners {
        Some(owners) => {
            managers::set(&mut object, owners);
            object
        }
        None => managers::track(call, None, object),
    };
    requesters::sign(call, &mut object);
    if call.hooks.any() {
        call.hooks.check_object(call, None, Some(object.clone())).await?;
    }
    let written = write::insert(call, &call.key_of(object.name()), object).await?;
    announce(call, &written).await?;
    Ok(written)
}

/// Creates what a `PUT` names, which does not exist.
pub(super) async fn put(call: &Call, object: &Object) -> Result<Written, Refusal> {
    if !object.uid().is_empty() {
        let why = format!("Precondition failed: UID in precondition: {}, UID in object meta: ", object.uid());
        return Err(Refusal::conflict(&call.group_resource(), call.name(), &why));
    }
    let mut object = object.clone();
    place(call, &mut object)?;
    create_named(call, object).await
}

/// Puts the object into the path's namespace. One that says another is refused, and so is one that says a revision.
pub(super) fn place(call: &Call, object: &mut Object) -> Result<(), Refusal> {
    if object.resource_version().is_some_and(|version| version != "0") {
        return Err(Refusal::bad_request("resourceVersion should not be set on objects to be created"));
    }
    in_namespace(call, object)
}

/// Puts the object into the path's namespace; one that says another is refused.
pub(super) fn in_namespace(call: &Call, object: &mut Object) -> Result<(), Refusal> {
    match (&call.route.namespace, object.namespace()) {
        (Some(path), Some(own)) if path != own => {
            Err(Refusal::bad_request("the namespace of the provided object does not match the namespace sent on the request"))
        }
        (Some(path), None) => {
            object.set_meta("namespace", path.as_str());
            Ok(())
        }
        (None, Some("")) | (_, None) => {
            object.remove_meta("namespace");
            Ok(())
        }
        _ => Ok(()),
    }
}
