//! `PATCH` of an object or one of its subresources, in the four patch formats.
//!
//! See <https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply>.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::create::in_namespace;
use super::decode::{self, Decoded};
use super::json::{self, Parsed};
use super::query::{FieldValidation, options_refused};
use super::update::{admitted_scale, announce, change, finished, name_missing, pinned, same_name, scale_answer, scale_of, settle};
use super::write::{self, Live, Verdict};
use super::{definitions, hooks, limit_ranges, managers, namespaces, pod_plugins, requesters, scale};
use crate::admission;
use crate::merge;
use crate::object::{Cause, CauseKind, Object, Reason, Refusal};
use crate::schema::{Behaviour, ScalePaths, check};

pub(super) const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";

/// A patch that is no apply, read once for all attempts.
enum Patch {
    Json(Value),
    Merge(Value),
    Strategic(Value),
}

pub(super) async fn patch(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    let scale = match call.resource.subresource(call.subresource()).map(|subresource| &subresource.behaviour) {
        Some(Behaviour::Scale(paths)) => Some(paths),
        _ => None,
    };
    match (call.content_type(), scale) {
        (APPLY, None) => apply(call).await,
        (APPLY, Some(paths)) => apply_scale(call, paths).await,
        (_, Some(paths)) => patch_scale(call, paths).await,
        (_, None) => patch_object(call).await,
    }
}

async fn patch_object(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    not_forced(call)?;
    let (patch, duplicates) = Patch::read(call)?;
    let warnings = std::sync::Mutex::new(Vec::new());
    let written = change(call, |live| {
        let patched = patch.apply(call, &live.object)?;
        // The checks read the patched object as if a client had sent it, so a patch brings in nothing that an update could not.
        let decoded = decode::checked(call, patched, &duplicates);
        let Decoded { mut object, warnings: found } = decoded.map_err(|refusal| unreadable(call, &refusal))?;
        same_identity(call, live, &object)?;
        in_namespace(call, &mut object)?;
        pinned(call, &object, live)?;
        *warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
        Ok(object)
    });
    let answer = written.await?.answer(call).await?;
    Ok((answer, warnings.into_inner().unwrap_or_default()))
}

async fn patch_scale(call: &Call, paths: &ScalePaths) -> Result<(Answer, Vec<String>), Refusal> {
    not_forced(call)?;
    let (patch, duplicates) = Patch::read(call)?;
    let warnings = std::sync::Mutex::new(Vec::new());
    let schema = managers::scale_schema()?;
    let written = change(call, |live| {
        let before = Object::from_value(scale::read(&live.object, paths)).unwrap_or_default();
        // A Scale has no lists, so a strategic merge of it is a plain one.
        let patched = match &patch {
            Patch::Json(operations) => merge::json_patch(before.into_value(), operations)?,
            Patch::Merge(patch) | Patch::Strategic(patch) => merge::merge_patch(before.into_value(), patch.clone()),
        };
        let patched = Object::from_value(patched).map_err(|error| unreadable(call, &Refusal::bad_request(error.to_string())))?;
        let decoded = decode::checked_as(call, &schema, "v1", "Scale", patched, &duplicates);
        let Decoded { object: patched, warnings: found } = decoded.map_err(|refusal| unreadable(call, &refusal))?;
        same_uid(call, live, &patched)?;
        pinned(call, &patched, live)?;
        scale::check_patched(&call.resource, &live.object, &patched, paths)?;
        let mut after = live.object.clone();
        scale::write(&call.resource, &mut after, &admitted_scale(call, live, patched, paths), paths)?;
        *warnings.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
        Ok(after)
    });
    let answer = scale_answer(call, &written.await?, paths).await?;
    Ok((answer, warnings.into_inner().unwrap_or_default()))
}

impl Patch {
    /// The patch of a request, and the paths of its duplicate members.
    fn read(call: &Call) -> Result<(Self, Vec<String>), Refusal> {
        let build: fn(Value) -> Self = match call.content_type() {
            JSON => Self::Json,
            MERGE => Self::Merge,
            STRATEGIC if call.resource.custom => return Err(unsupported(call)),
            STRATEGIC => Self::Strategic,
            _ => return Err(unsupported(call)),
        };
        let parsed = json::parse(&call.body).map_err(|error| Refusal::bad_request(format!("error decoding patch: {error}")))?;
        if call.content_type() != JSON {
            if !parsed.value.is_object() && !parsed.value.is_null() {
                return Err(Refusal::bad_request("error decoding patch: a merge patch must be an object"));
            }
            return Ok((build(parsed.value), parsed.duplicates));
        }
        let found = parsed.duplicates.into_iter().chain(merge::unknown_members(&parsed.value));
        let warnings = found.map(|what| format!("json patch {what}")).collect();
        Ok((build(parsed.value), warnings))
    }

    fn apply(&self, call: &Call, live: &Object) -> Result<Object, Refusal> {
        let before = live.clone().into_value();
        let after = match self {
            Self::Json(operations) => merge::json_patch(before, operations)?,
            Self::Merge(patch) => merge::merge_patch(before, patch.clone()),
            Self::Strategic(patch) => merge::strategic_merge_patch(call.resource.schema().root(), before, patch.clone())?,
        };
        Object::from_value(after).map_err(|_| unreadable(call, &Refusal::bad_request("what the patch makes of the object is no object")))
    }
}

fn unsupported(call: &Call) -> Refusal {
    let all = [JSON, MERGE, STRATEGIC, APPLY];
    let known: Vec<&str> = all.into_iter().filter(|known| *known != STRATEGIC || !call.resource.custom).collect();
    decode::unsupported_media_type(call.content_type(), &known.join(", "))
}

/// Only an apply has conflicts that `force` could settle.
fn not_forced(call: &Call) -> Result<(), Refusal> {
    match call.query.force {
        Some(_) => {
            Err(options_refused("PatchOptions", "force", CauseKind::Forbidden, "Forbidden: may not be specified for non-apply patch"))
        }
        None => Ok(()),
    }
}

/// 422 for a patch whose outcome cannot be read as an object of the kind: the patch is at fault, not the form of the request.
fn unreadable(call: &Call, refusal: &Refusal) -> Refusal {
    let patch = Value::from(String::from_utf8_lossy(&call.body));
    Refusal::invalid("", "", "", vec![Cause::invalid("patch", &patch, &refusal.message)])
}

fn same_identity(call: &Call, live: &Live, object: &Object) -> Result<(), Refusal> {
    decode::check_identity(call, object)?;
    same_name(call, object)?;
    same_uid(call, live, object)
}

/// A patch that states a uid does not mean another object by it, as an update does, but changes it.
fn same_uid(call: &Call, live: &Live, object: &Object) -> Result<(), Refusal> {
    let (before, after) = (live.object.uid(), object.uid());
    if after.is_empty() || after == before {
        return Ok(());
    }
    let cause = Cause::invalid("metadata.uid", &after.into(), "field is immutable");
    Err(Refusal::invalid(&call.resource.gvk.group, &call.resource.gvk.kind, call.name(), vec![cause]))
}

/// Only what a manager applies in its own name can be told apart from what others want.
fn managed(call: &Call) -> Result<(), Refusal> {
    match call.query.field_manager {
        Some(_) => Ok(()),
        None => {
            let message = "Required value: is required for apply patch";
            Err(options_refused("PatchOptions", "fieldManager", CauseKind::Required, message))
        }
    }
}

async fn apply_scale(call: &Call, paths: &ScalePaths) -> Result<(Answer, Vec<String>), Refusal> {
    managed(call)?;
    let Decoded { object: mut applied, warnings } = scale_of(call, APPLY, true)?;
    if applied.name().is_empty() {
        applied.set_meta("name", call.name());
    }
    same_name(call, &applied)?;
    in_namespace(call, &mut applied)?;
    let key = call.key_of(call.name());
    let written = write::change(call, &key, |live| {
        let live = live.ok_or_else(|| call.not_found())?;
        pinned(call, &applied, live)?;
        same_uid(call, live, &applied)?;
        let mut merged = managers::apply_scale(call, &live.object, applied.clone(), paths)?;
        if call.hooks.mutate() {
            let given = hooks::scale_of(&merged, paths);
            scale::write(&call.resource, &mut merged, &admitted_scale(call, live, given, paths), paths)?;
        }
        settle(live, finished(call, live, merged)?)
    });
    let written = written.await?;
    announce(call, &written).await?;
    Ok((scale_answer(call, &written, paths).await?, warnings))
}

async fn apply(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    managed(call)?;
    let Decoded { object: mut stated, warnings } = applied(call)?;
    admission::applied_part(&mut stated, call.subresource());
    let mut object = stated.clone();
    in_namespace(call, &mut object)?;
    // What exists is named by the path; only what an apply is to create must say its name itself.
    let unnamed = object.name().is_empty();
    if unnamed {
        object.set_meta("name", call.name());
    }
    same_name(call, &object)?;
    let key = call.key_of(call.name());
    // What kubectl's own annotation records of an apply is what was stated, without the namespace that the path adds.
    let mut of_existing = object.clone();
    if stated.namespace().is_none() {
        of_existing.remove_meta("namespace");
    }
    // A namespace that is missing or being deleted stands against a new object only, which may have to wait for its account, too. Whether
    // the object is new is known for certain where it is written: it may go at any time before.
    let (is_new, has_place) = (AtomicBool::new(false), AtomicBool::new(false));
    let change = || {
        write::change(call, &key, |live| match live {
            Some(live) => apply_to(call, live, &of_existing),
            None if unnamed && call.subresource().is_empty() => Err(name_missing(call)),
            None if !has_place.load(Ordering::Relaxed) => {
                is_new.store(true, Ordering::Relaxed);
                Err(call.not_found())
            }
            None => apply_new(call, &object),
        })
    };
    let mut written = change().await;
    if written.is_err() && is_new.load(Ordering::Relaxed) {
        namespaces::check_open(call, &object).await?;
        pod_plugins::await_account(call, &object).await?;
        has_place.store(true, Ordering::Relaxed);
        written = change().await;
    }
    let written = written?;
    announce(call, &written).await?;
    Ok((written.answer(call).await?, warnings))
}

/// What is applied, as YAML or JSON. It must state its kind, since what a manager applies stands for itself.
fn applied(call: &Call) -> Result<Decoded, Refusal> {
    let Parsed { value, duplicates } = decode::document(APPLY, &call.body, &call.resource.gvk.kind, None)?;
    if value.pointer("/metadata/managedFields").is_some_and(|given| !given.is_null()) {
        return Err(merge::ApplyError::ManagedFieldsGiven.into());
    }
    let object = Object::from_value(value).map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")))?;
    if object.gvk().is_none() {
        return Err(Refusal::bad_request("an applied object must state its apiVersion and kind"));
    }
    let object = decode::of_kind(call, object)?;
    if call.query.field_validation != FieldValidation::Strict {
        check_declared(call, &object)?;
    }
    if call.resource.custom { decode::stated(call, object, &duplicates) } else { decode::checked(call, object, &duplicates) }
}

/// What a manager applies it comes to own, so a field that is unknown cannot be left out in silence: it is refused however fields are
/// validated otherwise. Upstream does the same, with 500.
fn check_declared(call: &Call, object: &Object) -> Result<(), Refusal> {
    let unknown = check::unknown_fields(call.resource.schema().root(), &object.clone().into_value());
    if unknown.is_empty() {
        return Ok(());
    }
    let unknown: Vec<String> = unknown.into_iter().map(|path| format!(".{path}: field not declared in schema")).collect();
    let name = if call.name().is_empty() { object.name() } else { call.name() };
    let kind = &call.resource.gvk;
    let message = format!("failed to create typed patch object ({name}; {kind}): {}", unknown.join(", "));
    Err(Refusal::bad_request(message))
}

fn apply_to(call: &Call, live: &Live, applied: &Object) -> Result<Verdict, Refusal> {
    pinned(call, applied, live)?;
    same_uid(call, live, applied)?;
    let merged = managers::apply(call, Some(&live.object), applied.clone())?;
    settle(live, finished(call, live, merged)?)
}

fn apply_new(call: &Call, applied: &Object) -> Result<Verdict, Refusal> {
    if !call.subresource().is_empty() {
        return Err(call.not_found());
    }
    if !applied.uid().is_empty() {
        let why = format!("uid mismatch: the provided object specified uid {}, and no existing object was found", applied.uid());
        return Err(Refusal::conflict(&call.group_resource(), call.name(), &why));
    }
    if !call.resource.verbs.has("create") {
        return Err(Refusal::new(
            Reason::MethodNotAllowed,
            format!("create is not supported on resources of kind {:?}", call.resource.plural),
        ));
    }
    definitions::check_open(&call.resource, call.name())?;
    let mut object = managers::apply(call, None, applied.clone())?;
    pod_plugins::fill(call, &mut object)?;
    if call.hooks.mutate() {
        admission::prepare(&call.resource, None, &mut object);
        object = call.hooks.mutated(None, object);
        in_namespace(call, &mut object)?;
        same_name(call, &object)?;
    }
    let managed = object.remove_meta("managedFields");
    admission::create(&call.resource, &mut object, &call.api.ambient)?;
    limit_ranges::check(call, &object)?;
    call.advise(&object, None);
    if let Some(managed) = managed {
        object.set_meta("managedFields", managed);
    }
    requesters::sign(call, &mut object);
    Ok(Verdict::Put(object))
}
