//! `PUT` of an object or one of its subresources.

use super::answer::Answer;
use super::call::Call;
use super::create::{self, in_namespace};
use super::decode::{self, Decoded};
use super::hooks;
use super::json::Parsed;
use super::write::{self, Live, Verdict, Written};
use super::{api_services, limit_ranges, managers, namespaces, pod_plugins, quotas, scale, tokens};
use crate::admission;
use crate::merge;
use crate::object::{Cause, Object, Reason, Refusal};
use crate::protobuf;
use crate::schema::{Behaviour, ScalePaths};

/// How often a `PUT` that creates is tried anew when somebody else created or removed the object in between.
const CREATE_ATTEMPTS: usize = 8;

pub(super) async fn update(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    if let Some(Behaviour::Scale(paths)) = call.resource.subresource(call.subresource()).map(|subresource| &subresource.behaviour) {
        let Decoded { object: scale, warnings } = scale_of(call, call.content_type(), false)?;
        same_name(call, &scale)?;
        let written = change(call, |live| {
            let mut after = live.object.clone();
            admission::same_object(&call.resource, &live.object, &scale)?;
            pinned(call, &scale, live)?;
            scale::write(&call.resource, &mut after, &admitted_scale(call, live, scale.clone(), paths), paths)?;
            Ok(after)
        });
        return Ok((scale_answer(call, &written.await?, paths).await?, warnings));
    }
    let Decoded { mut object, warnings } = decode::object(call)?;
    in_namespace(call, &mut object)?;
    same_name(call, &object)?;
    for _ in 0..CREATE_ATTEMPTS {
        let written = change(call, |live| {
            admission::same_object(&call.resource, &live.object, &object)?;
            of_some_revision(call, &object)?;
            pinned(call, &object, live)?;
            Ok(object.clone())
        });
        match written.await {
            Err(refusal) if refusal.reason == Reason::NotFound && creates(call) => {}
            written => return Ok((written?.answer(call).await?, warnings)),
        }
        match create::put(call, &object).await {
            Err(refusal) if refusal.reason == Reason::AlreadyExists => {}
            written => return Ok((written?.answer(call).await?, warnings)),
        }
    }
    let message = "the object comes and goes too often to be updated; try again";
    Err(Refusal { retry_after_seconds: 1, ..Refusal::new(Reason::ServerTimeout, message) })
}

/// The Scale in a body, in the types that a Scale has. `says` is whether it must say that it is one, as what is applied must.
pub(super) fn scale_of(call: &Call, content_type: &str, says: bool) -> Result<Decoded, Refusal> {
    let message = protobuf::message_of(merge::SCALE_VERSION, "Scale");
    let Parsed { value, duplicates } = decode::document(content_type, &call.body, "Scale", message)?;
    let mut object = Object::from_value(value).map_err(|error| Refusal::bad_request(error.to_string()))?;
    match (object.api_version(), object.kind()) {
        (merge::SCALE_VERSION, "Scale") => {}
        ("", "") if !says => {}
        (version, kind) => return Err(Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a Scale"))),
    }
    decode::say_kind(&mut object, merge::SCALE_VERSION, "Scale");
    decode::checked_as(call, &*managers::scale_schema()?, "v1", "Scale", object, &duplicates)
}

/// Whether a `PUT` of this kind creates what does not exist.
fn creates(call: &Call) -> bool {
    call.resource.created_by_put && call.subresource().is_empty()
}

/// Updates of some kinds must state a revision. Upstream names the resource where it otherwise names the kind.
fn of_some_revision(call: &Call, object: &Object) -> Result<(), Refusal> {
    if call.resource.unconditional_update || !matches!(object.resource_version(), None | Some("0")) {
        return Ok(());
    }
    let cause = Cause::invalid("metadata.resourceVersion", &0.into(), "must be specified for an update");
    Err(Refusal::invalid(&call.resource.gvk.group, &call.resource.plural, call.name(), vec![cause]))
}

/// The Scale that a write through `/scale` answers with.
pub(super) async fn scale_answer(call: &Call, written: &Written, paths: &crate::schema::ScalePaths) -> Result<Answer, Refusal> {
    scale::answer(call, &super::view::parse(&call.resource, &*written.shown(call).await?)?, paths)
}

/// Writes what `next` makes of the live object, as an update by this call's field manager. 404 where there is no object.
pub(super) async fn change(call: &Call, next: impl Fn(&Live) -> Result<Object, Refusal>) -> Result<Written, Refusal> {
    let key = call.key_of(call.name());
    let written = write::change(call, &key, |live| {
        let live = live.ok_or_else(|| call.not_found())?;
        let after = next(live)?;
        settle(live, admitted(call, live, after)?)
    });
    let written = written.await?;
    announce(call, &written).await?;
    Ok(written)
}

/// What webhooks and the kind's rules make of a changed object, and who owns it then. What webhooks change nobody owns.
fn admitted(call: &Call, live: &Live, mut after: Object) -> Result<Object, Refusal> {
    // A Scale went to the webhooks as such before it became part of the object.
    if !call.hooks.mutate() || call.shows_scale() {
        finish(call, live, &mut after)?;
        return Ok(managers::track(call, Some(&live.object), after));
    }
    admission::prepare(&call.resource, Some(&live.object), &mut after);
    finished(call, live, managers::track(call, Some(&live.object), after))
}

/// What webhooks and the kind's rules make of an object whose owners are known; they stay those that were found, also where there are
/// none.
pub(super) fn finished(call: &Call, live: &Live, mut after: Object) -> Result<Object, Refusal> {
    if call.hooks.mutate() && !call.shows_scale() {
        admission::prepare(&call.resource, None, &mut after);
        pod_plugins::fill_update(call, &live.object, &mut after);
        after = call.hooks.mutated(Some(&live.object), after);
        in_namespace(call, &mut after)?;
        same_name(call, &after)?;
    }
    let owners = after.metadata().and_then(|metadata| metadata.get("managedFields")).cloned();
    finish(call, live, &mut after)?;
    managers::set(&mut after, owners);
    Ok(after)
}

/// A Scale that a client sent, as webhooks leave it.
pub(super) fn admitted_scale(call: &Call, live: &Live, given: Object, paths: &ScalePaths) -> Object {
    if call.hooks.mutate() { call.hooks.mutated(Some(&hooks::scale_of(&live.object, paths)), given) } else { given }
}

/// What the kind's rules make of a changed object. `finalize` is the one path that changes a namespace's own finalizers.
pub(super) fn finish(call: &Call, live: &Live, after: &mut Object) -> Result<(), Refusal> {
    if call.subresource() == "finalize" {
        let spec = after.root_mut().remove("spec");
        *after = live.object.clone();
        spec.map(|spec| after.root_mut().insert("spec".to_owned(), spec));
        return admission::finalize(&call.resource, &live.object, after);
    }
    pod_plugins::fill_update(call, &live.object, after);
    admission::update(&call.resource, &live.object, after, call.subresource(), &call.api.ambient)?;
    limit_ranges::check_update(call, &live.object, after)?;
    call.advise(after, Some(&live.object));
    Ok(())
}

/// An object that is being deleted and has nothing left that holds it goes with this write; one that is as it was is not written.
pub(super) fn settle(live: &Live, after: Object) -> Result<Verdict, Refusal> {
    if after.deletion_timestamp().is_some() && !is_held(&after) {
        return Ok(Verdict::Delete(after));
    }
    if managers::same(&live.object, &after) {
        return Ok(Verdict::Unchanged);
    }
    Ok(Verdict::Put(after))
}

/// Whether something must happen before a deleted object goes: its finalizers, a namespace's own, or the rest of its grace period.
pub(super) fn is_held(object: &Object) -> bool {
    let grace = object.get(&["metadata", "deletionGracePeriodSeconds"]).and_then(serde_json::Value::as_i64).unwrap_or_default();
    !object.finalizers().is_empty() || grace > 0 || has_own_finalizers(object)
}

/// Namespaces keep a finalizer in `spec`, which their controller takes away when they are empty.
pub(super) fn has_own_finalizers(object: &Object) -> bool {
    let list = ((object.api_version(), object.kind()) == ("v1", "Namespace")).then(|| object.get(&["spec", "finalizers"])).flatten();
    list.and_then(serde_json::Value::as_array).is_some_and(|finalizers| !finalizers.is_empty())
}

/// A write that states a revision holds only for that one; 0 is none.
pub(super) fn pinned(call: &Call, object: &Object, live: &Live) -> Result<(), Refusal> {
    match object.resource_version() {
        Some(version) if version != "0" && version != live.cached.revision.to_string() => {
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            Err(Refusal::conflict(&call.group_resource(), call.name(), why))
        }
        _ => Ok(()),
    }
}

/// 400 for an object that must say its name and does not.
pub(super) fn name_missing(call: &Call) -> Refusal {
    Refusal::bad_request(format!("the name of the object ({} based on URL) was undeterminable: name must be provided", call.name()))
}

pub(super) fn same_name(call: &Call, object: &Object) -> Result<(), Refusal> {
    match object.name() {
        "" => Err(name_missing(call)),
        name if name == call.name() => Ok(()),
        name => {
            let message = format!("the name of the object ({name}) does not match the name on the URL ({})", call.name());
            Err(Refusal::bad_request(message))
        }
    }
}

/// Lets everything that follows the kinds served know of a write before its answer goes out.
pub(super) async fn announce(call: &Call, written: &Written) -> Result<(), Refusal> {
    let cached = match written {
        Written::Created(cached) | Written::Changed(cached) | Written::Deleted(cached) => cached,
        Written::Unchanged(_) => return Ok(()),
    };
    if call.query.dry_run {
        return Ok(());
    }
    call.api.catalogs.written(&call.api.cache, &call.resource, cached.revision).await?;
    namespaces::written(call, cached.revision).await?;
    quotas::written(call, cached.revision).await?;
    call.api.configurations.written(&call.api.cache, &call.resource, cached.revision).await?;
    api_services::follow(&call.api, &call.resource.storage_prefix).await?;
    if matches!(written, Written::Deleted(_)) {
        tokens::gone(call, cached.revision).await?;
    }
    if call.resource.storage_prefix == api_services::PREFIX {
        call.api.registered.forget();
    }
    Ok(())
}
