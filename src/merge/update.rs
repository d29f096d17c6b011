//! Who owns what after a create, an update or a patch.
//!
//! Receives the object before and after, hands on the latter with its managed fields. Invariant: a manager gains what it changed,
//! everybody else loses exactly that, and times move only for who changed something.

use serde_json::{Map, Value};

use super::apply::{UNOWNED, managed_fields};
use super::compare::{Comparison, compare};
use super::field_set::FieldSet;
use super::managed::{ManagerEntry, Managers, Operation};
use super::versions::{Changes, SameShape, Versions};
use crate::object::{Object, Time};
use crate::schema::SchemaNode;

/// One write that is no apply.
#[derive(Debug, Clone)]
pub struct UpdateRequest<'a> {
    /// The schema of the object.
    pub schema: SchemaNode<'a>,
    /// The object as it was, with its managed fields; `None` where the write creates it.
    pub before: Option<&'a Object>,
    /// The object as it is to be. Managed fields in it replace those before, as [`track_update`] says.
    pub after: Object,
    /// The manager's name.
    pub manager: &'a str,
    /// The version of the API that the objects are of.
    pub api_version: &'a str,
    /// The subresource written through; empty for the object itself.
    pub subresource: &'a str,
    /// The present moment.
    pub now: Time,
    /// Fields that this endpoint may not set: not recorded for anybody.
    pub ignored: &'a FieldSet,
}

/// Records who owns what after a write.
///
/// Managed fields that the written object brings count in place of those before, so that clients can take owners out; absent, empty
/// and unreadable ones count as left alone, and one empty entry (`[{}]`) forgets all owners. Through a subresource they are left
/// alone in any case.
///
/// An object whose managed fields are empty stays untracked until somebody applies to it. Where the two objects cannot be compared
/// (list items that cannot be told apart), the owners stay as they were.
#[must_use]
pub fn track_update(request: UpdateRequest<'_>) -> Object {
    track_update_across(&SameShape, request)
}

/// As [`track_update`], where managers may have written through versions that have fields at other places.
#[must_use]
pub fn track_update_across(versions: &dyn Versions, mut request: UpdateRequest<'_>) -> Object {
    let given = request.after.remove_meta("managedFields");
    let given = if request.subresource.is_empty() { given } else { None };
    let before = request.before.and_then(managed_fields);
    let mut result = std::mem::take(&mut request.after);
    let difference = changes(&request, &result);
    let start = start(before, given);
    let unchanged = difference.as_ref().map_or(true, Comparison::is_same);
    if unchanged && !matches!(start, Start::Reset) {
        let entries = match start {
            Start::Given(managers) => managers.to_json(),
            Start::Before(same) => same.or_else(|| before.cloned()),
            Start::Reset => None,
        };
        set_managers(&mut result, entries);
        return result;
    }
    let mut managers = match start {
        Start::Given(managers) => managers,
        Start::Before(_) => Managers::from_json(before).unwrap_or_default(),
        Start::Reset => Managers::default(),
    };
    if managers.entries.is_empty() && request.before.is_some() {
        return result;
    }
    if let Ok(difference) = difference {
        managers.follow_schema(request.schema);
        let nothing = Object::default();
        let states = [request.before.unwrap_or(&nothing), &result];
        let changes = Changes::of(difference, &managers, request.api_version, versions, states, request.ignored);
        changes.strip(&mut managers);
        record(&request, &mut managers, changes.into_own());
    }
    set_managers(&mut result, managers.to_json());
    result
}

/// The owners that an update starts from.
enum Start {
    /// Those of the object before, not read yet; with them the same value as the written object brought it.
    Before(Option<Value>),
    /// Those that the written object brought.
    Given(Managers),
    /// None.
    Reset,
}

fn start(before: Option<&Value>, given: Option<Value>) -> Start {
    match given {
        Some(given) if is_reset(&given) => Start::Reset,
        Some(given) if Some(&given) == before => Start::Before(Some(given)),
        given => match Managers::from_json(given.as_ref()) {
            Ok(managers) if !managers.entries.is_empty() => Start::Given(managers),
            _ => Start::Before(None),
        },
    }
}

/// Whether managed fields say "forget all owners": one entry with nothing in it.
fn is_reset(managed_fields: &Value) -> bool {
    matches!(managed_fields.as_array().map(Vec::as_slice), Some([Value::Object(entry)]) if entry.is_empty())
}

fn changes(request: &UpdateRequest<'_>, after: &Object) -> Result<Comparison, super::WalkError> {
    let nothing = Map::new();
    let before = request.before.map_or(&nothing, Object::root);
    let mut difference = compare(request.schema, before, after.root())?;
    difference.ignore(request.ignored);
    Ok(difference)
}

fn record(request: &UpdateRequest<'_>, managers: &mut Managers, difference: Comparison) {
    let mut gained = difference.added;
    gained.union_with(difference.modified);
    gained.subtract(&UNOWNED);
    if gained.is_empty() {
        return;
    }
    let mut own = ManagerEntry {
        manager: manager_name(request.manager),
        operation: Operation::Update,
        api_version: request.api_version.to_owned(),
        subresource: request.subresource.to_owned(),
        time: Some(request.now),
        fields: gained,
    };
    if let Some(previous) = managers.take(&own) {
        own.fields.union_with(previous.fields);
    }
    managers.entries.push(own);
    managers.cap_updates();
}

/// Who gives no name is called as kube-apiserver calls it.
pub(super) fn manager_name(name: &str) -> String {
    if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
}

/// Sets `metadata.managedFields`, or removes it.
pub(super) fn set_managers(object: &mut Object, entries: Option<Value>) {
    match entries {
        Some(entries) => object.set_meta("managedFields", entries),
        None => drop(object.remove_meta("managedFields")),
    }
}
