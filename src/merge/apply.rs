//! Server-side apply: a manager states all it wants, and gets it where nobody else wants something different.
//!
//! Receives the live object, what is applied and by whom; hands on the new object or the conflicts. Invariant: an apply that changes
//! nothing hands back the live object, times included.
//!
//! See <https://kubernetes.io/docs/reference/using-api/server-side-apply/>.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::compare::compare;
use super::conflict::{self, Conflict};
use super::field_set::FieldSet;
use super::managed::{ManagedFieldsError, ManagerEntry, Managers, Operation};
use super::ownership::{everything, follow_schema, to_field_set};
use super::path::FieldPath;
use super::prune::Pruning;
use super::typed::WalkError;
use super::value::same;
use super::versions::{Changes, Versions, Write};
use super::{combine, last_applied, update};
use crate::object::{Object, Refusal, Time};
use crate::schema::SchemaNode;

/// The manager in whose name an object's fields are recorded that nobody tracked before the first apply.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// What everybody who writes an object states, so that nobody owns it.
pub(super) static UNOWNED: LazyLock<FieldSet> = LazyLock::new(|| {
    const OF_METADATA: [&str; 9] =
        ["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"];
    let metadata = OF_METADATA.iter().map(|member| FieldPath::of_fields(&["metadata", member]));
    ["apiVersion", "kind", "metadata"].iter().map(|member| FieldPath::of_fields(&[member])).chain(metadata).collect()
});

/// One apply.
#[derive(Debug, Clone)]
pub struct ApplyRequest<'a> {
    /// The schema of the object.
    pub schema: SchemaNode<'a>,
    /// The object as it is, with its managed fields; `None` where the apply creates it.
    pub live: Option<&'a Object>,
    /// What the manager states.
    pub applied: Object,
    /// The manager's name.
    pub manager: &'a str,
    /// The version of the API that the object and the request are of.
    pub api_version: &'a str,
    /// The other versions, in which managers may be recorded.
    pub versions: &'a dyn Versions,
    /// The subresource written through; empty for the object itself.
    pub subresource: &'a str,
    /// Whether to take fields over from managers that own them with other values.
    pub force: bool,
    /// The present moment.
    pub now: Time,
    /// Fields that this endpoint may not set, such as `status` through the main resource: neither changed nor owned.
    pub ignored: &'a FieldSet,
}

/// Why an apply was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ApplyError {
    /// Others own the fields with other values; sorted by owner.
    #[error("apply failed with {} conflicts", .0.len())]
    Conflicts(Vec<Conflict>),
    /// What is applied says who owns what, which only the server may say.
    #[error("metadata.managedFields must be nil")]
    ManagedFieldsGiven,
    /// What is applied is not of its schema, or lists an item twice.
    #[error("failed to create typed patch object: {0}")]
    Invalid(#[source] WalkError),
    /// The live object has list items that cannot be told apart.
    #[error("failed to create typed live object: {0}")]
    Live(#[source] WalkError),
    /// The live object's managed fields cannot be read.
    #[error("failed to decode managed fields: {0}")]
    Managers(#[from] ManagedFieldsError),
}

impl From<ApplyError> for Refusal {
    /// 409 with a cause for each conflict, 400 for what cannot be applied to anything, 500 where the live object is at fault.
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Conflicts(conflicts) => conflict::refusal(&conflicts),
            ApplyError::ManagedFieldsGiven | ApplyError::Invalid(_) => Self::bad_request(error.to_string()),
            ApplyError::Live(_) | ApplyError::Managers(_) => Self::internal(error.to_string()),
        }
    }
}

/// Applies what a manager states to the live object.
///
/// What the manager stated before and states no longer is removed, unless somebody else owns it. Fields that others own with the same
/// value are owned together. With other values they are conflicts, or change hands by `force`.
///
/// An apply that changes neither the object nor what anybody owns hands back an object equal to the live one. Null values that are
/// applied stand in the result; whether they mean absence is the schema's business, not this function's.
pub fn apply(request: ApplyRequest<'_>) -> Result<Object, ApplyError> {
    let live = request.live;
    Ok(apply_change(request)?.unwrap_or_else(|| live.cloned().unwrap_or_default()))
}

/// As [`apply`], but `None` where nothing changes, so that nobody copies and compares the live object to find that out.
pub fn apply_change(request: ApplyRequest<'_>) -> Result<Option<Object>, ApplyError> {
    // What client-side apply left is the business of one manager alone, so nobody else pays for the copy.
    let has_annotation = |object: &Object| last_applied::annotation(object).is_some();
    let adopts = request.manager == last_applied::KUBECTL && (request.live.is_some_and(has_annotation) || has_annotation(&request.applied));
    let applied = adopts.then(|| request.applied.clone());
    let live = request.live;
    let result = apply_fields(request)?;
    let Some(renewed) = applied.and_then(|applied| last_applied::renewed(result.as_ref().or(live)?, &applied)) else { return Ok(result) };
    let Some(mut object) = result.or_else(|| live.filter(|live| last_applied::annotation(live) != renewed.as_deref()).cloned()) else {
        return Ok(None);
    };
    last_applied::set(&mut object, renewed);
    Ok(Some(object))
}

fn apply_fields(mut request: ApplyRequest<'_>) -> Result<Option<Object>, ApplyError> {
    if request.applied.metadata().and_then(|metadata| metadata.get("managedFields")).is_some_and(has_entries) {
        return Err(ApplyError::ManagedFieldsGiven);
    }
    request.applied.remove_meta("managedFields");
    let nothing = Object::default();
    let live = request.live.unwrap_or(&nothing);
    let applied = Value::Object(without_ignored(std::mem::take(&mut request.applied), request.ignored));
    let mut own = request.entry(to_field_set(request.schema, &applied).map_err(ApplyError::Invalid)?);
    own.fields.subtract_with_children(request.ignored);
    own.fields.subtract(&UNOWNED);
    let mut last = Managers::find_in_json(managed_fields(live), &own)?;
    let is_outdated = follow_own_schema(&request, &mut last);
    let owns_the_same = match &last {
        Some(last) => last.fields == own.fields && last.api_version == own.api_version && !is_outdated,
        None => own.fields.is_empty() && !is_outdated,
    };
    let drops = |last: &ManagerEntry| last.api_version != own.api_version || !last.fields.is_subset(&own.fields);
    let stated = last.as_ref().is_some_and(drops).then(|| applied.clone());
    let mut merged = combine::merge(request.schema, without_managers(live).into_value(), applied).map_err(ApplyError::Live)?;
    let is_tracked = request.live.is_none() || managed_fields(live).is_some_and(has_entries);
    if owns_the_same && is_tracked && same_but_for_managers(live.root(), &merged) {
        return Ok(request.live.is_none().then(|| into_object(merged)));
    }

    let mut others = Managers::others_in_json(managed_fields(live), &own)?;
    others.follow_schema(request.schema, request.api_version, request.versions);
    if !is_tracked {
        others.entries.extend(before_first_apply(&request, live)?);
    }
    if let (Some(last), Some(stated)) = (&last, stated) {
        merged = Pruning { request: &request, own: &own, last, others: &others }.prune(merged, stated).map_err(ApplyError::Live)?;
    }
    let changed = !same_but_for_managers(live.root(), &merged);
    let mut result = into_object(merged);
    if changed {
        settle_conflicts(&request, live, &result, &mut others)?;
    } else {
        // The time is that of a change to the object; whoever only joins its owners has none.
        own.time = last.and_then(|last| last.time);
    }
    others.entries.push(own);
    let entries = others.to_json();
    if !changed && request.live.is_some() && entries.as_ref() == managed_fields(live).filter(|entries| has_entries(entries)) {
        return Ok(None);
    }
    update::set_managers(&mut result, entries);
    Ok(Some(result))
}

/// Brings what the manager owned last time up to the schema of its version, and forgets it where that version is not served any more.
/// Answers whether that changed anything.
fn follow_own_schema(request: &ApplyRequest<'_>, last: &mut Option<ManagerEntry>) -> bool {
    let Some(entry) = last else { return false };
    if entry.api_version == request.api_version {
        return follow_schema(request.schema, &mut entry.fields);
    }
    match request.versions.schema(&entry.api_version) {
        Some(schema) => follow_schema(schema.root(), &mut entry.fields),
        None => {
            *last = None;
            true
        }
    }
}

impl ApplyRequest<'_> {
    fn entry(&self, fields: FieldSet) -> ManagerEntry {
        ManagerEntry {
            manager: update::manager_name(self.manager),
            operation: Operation::Apply,
            api_version: self.api_version.to_owned(),
            subresource: self.subresource.to_owned(),
            time: Some(self.now),
            fields,
        }
    }
}

/// The owner of all that an object holds whose managers are unknown.
fn before_first_apply(request: &ApplyRequest<'_>, live: &Object) -> Result<Option<ManagerEntry>, ApplyError> {
    let document = without_managers(live).into_value();
    let mut fields = everything(request.schema, &document).map_err(ApplyError::Live)?;
    fields.subtract_with_children(request.ignored);
    fields.subtract(&UNOWNED);
    let entry = ManagerEntry { manager: BEFORE_FIRST_APPLY.to_owned(), operation: Operation::Update, ..request.entry(fields) };
    Ok((!entry.fields.is_empty()).then_some(entry))
}

/// Takes what changes from the other managers, if they agree or are forced to.
fn settle_conflicts(request: &ApplyRequest<'_>, live: &Object, merged: &Object, others: &mut Managers) -> Result<(), ApplyError> {
    let mut difference = compare(request.schema, live.root(), merged.root()).map_err(ApplyError::Live)?;
    difference.ignore(request.ignored);
    let before = Some(live).filter(|live| !live.root().is_empty());
    let write = Write { versions: request.versions, api_version: request.api_version, before, after: merged, ignored: request.ignored };
    let changes = Changes::find(&write, difference, others).map_err(ApplyError::Live)?;
    if !request.force {
        let of_owner = |owner: &ManagerEntry| match changes.at(&owner.api_version) {
            Some(changes) => conflict::with_owner(owner, &[&changes.modified, &changes.added]),
            None => Vec::new(),
        };
        let mut conflicts: Vec<Conflict> = others.entries.iter().flat_map(of_owner).collect();
        if request.manager == last_applied::KUBECTL && !conflicts.is_empty() {
            conflicts = last_applied::without_own(request.schema, request.api_version, live, conflicts);
        }
        if !conflicts.is_empty() {
            conflict::sort(&mut conflicts);
            return Err(ApplyError::Conflicts(conflicts));
        }
    }
    others.strip(&changes);
    Ok(())
}

fn has_entries(managed_fields: &Value) -> bool {
    match managed_fields {
        Value::Null => false,
        Value::Array(entries) => !entries.is_empty(),
        _ => true,
    }
}

pub(super) fn into_members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn into_object(value: Value) -> Object {
    Object::from_value(Value::Object(into_members(value))).unwrap_or_default()
}

/// The value of `metadata.managedFields`.
pub(super) fn managed_fields(object: &Object) -> Option<&Value> {
    object.metadata()?.get("managedFields")
}

/// A copy of the object without its managed fields, which are often half of it and are not copied to be thrown away.
pub(super) fn without_managers(object: &Object) -> Object {
    let copy = |(name, value): (&String, &Value)| {
        let value = match value {
            Value::Object(metadata) if name == "metadata" => {
                let kept = metadata.iter().filter(|(name, _)| *name != "managedFields");
                Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            other => other.clone(),
        };
        (name.clone(), value)
    };
    Object::from_value(Value::Object(object.root().iter().map(copy).collect())).unwrap_or_default()
}

/// Whether two documents are the same, the first of them with managed fields and the second without.
fn same_but_for_managers(live: &Map<String, Value>, merged: &Value) -> bool {
    let Some(merged) = merged.as_object() else { return false };
    let same_member = |(name, value): (&String, &Value)| match (live.get(name), value) {
        (Some(Value::Object(live)), Value::Object(merged)) if name == "metadata" => {
            let tracked = usize::from(live.contains_key("managedFields"));
            let equal = |(name, value): (&String, &Value)| live.get(name).is_some_and(|live| same(live, value));
            live.len() == merged.len() + tracked && merged.iter().all(equal)
        }
        (live, value) => live.is_some_and(|live| same(live, value)),
    };
    live.len() == merged.len() && merged.iter().all(same_member)
}

/// Takes out what the endpoint may not set. Ignored fields are named by members alone.
fn without_ignored(mut applied: Object, ignored: &FieldSet) -> Map<String, Value> {
    let members = std::mem::take(applied.root_mut());
    if ignored.is_empty() { members } else { combine::remove_items(SchemaNode::any(), members, ignored, &FieldSet::new()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::OneVersion;
    use crate::schema::Schema;
    use serde_json::json;

    fn request<'a>(schema: &'a Schema, live: Option<&'a Object>, applied: Value, ignored: &'a FieldSet) -> ApplyRequest<'a> {
        let applied = Object::from_value(applied).unwrap();
        let now = Time::parse("2026-11-22T10:00:00Z").unwrap();
        let schema = schema.root();
        ApplyRequest {
            schema,
            live,
            applied,
            manager: "a",
            api_version: "v1",
            versions: &OneVersion,
            subresource: "",
            force: false,
            now,
            ignored,
        }
    }

    #[test]
    fn an_apply_that_changes_nothing_says_so() {
        let (schema, ignored) = (Schema::any(), FieldSet::new());
        for applied in [json!({"data": {"k": "v"}}), json!({"metadata": {"name": "x"}})] {
            let created = apply(request(&schema, None, applied.clone(), &ignored)).unwrap();
            assert_eq!(apply_change(request(&schema, Some(&created), applied.clone(), &ignored)), Ok(None), "{applied}");
            assert_eq!(apply(request(&schema, Some(&created), applied, &ignored)), Ok(created));
        }
    }

    #[test]
    fn refusals_have_the_codes_that_clients_test_for() {
        let (schema, ignored) = (Schema::any(), FieldSet::new());
        let code = |live: Value, applied: Value| {
            let live = Object::from_value(live).unwrap();
            apply(request(&schema, Some(&live), applied, &ignored)).map_err(|error| Refusal::from(error).reason.code())
        };
        assert_eq!(code(json!({"data": {"k": "v"}}), json!({"data": {"k": "w"}})), Err(409));
        assert_eq!(code(json!({}), json!({"metadata": {"managedFields": [{}]}})), Err(400));
        assert_eq!(code(json!({"metadata": {"managedFields": [{}]}}), json!({})), Err(500));
    }
}
