//! The members of `metadata` that only the server sets.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/>.

use serde_json::Value;

use crate::ambient::Ambient;
use crate::object::{Object, Refusal};
use crate::schema::Resource;

/// What clients may send but the server decides.
const SERVER_SET: [&str; 7] =
    ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink", "resourceVersion"];

/// What stays as it was, whatever an update says.
const UNCHANGING: [&str; 3] = ["uid", "creationTimestamp", "generation"];

/// The longest a name made from `generateName` may be, with its five random characters.
const LONGEST_GENERATED: usize = 63;

/// Sets what the server sets on a new object.
pub(super) fn begin(resource: &Resource, object: &mut Object, ambient: &Ambient) {
    for member in SERVER_SET {
        object.remove_meta(member);
    }
    if object.name().is_empty()
        && let Some(base) = object.meta_str("generateName").filter(|base| !base.is_empty())
    {
        let cut = base.char_indices().map(|(at, _)| at).chain([base.len()]).take_while(|at| *at <= LONGEST_GENERATED - 5).last();
        let name = format!("{}{}", &base[..cut.unwrap_or_default()], ambient.name_suffix());
        object.set_meta("name", name);
    }
    object.set_meta("uid", ambient.uid());
    object.set_meta("creationTimestamp", ambient.now_seconds().to_string());
    if resource.has_generation {
        object.set_meta("generation", 1);
    }
}

/// An update that states a uid means that very object. Refuses with 409 where it is another one.
pub fn same_object(resource: &Resource, before: &Object, after: &Object) -> Result<(), Refusal> {
    if after.uid().is_empty() || after.uid() == before.uid() {
        return Ok(());
    }
    let why = format!("Precondition failed: UID in precondition: {}, UID in object meta: {}", after.uid(), before.uid());
    Err(Refusal::conflict(&resource.group_resource(), before.name(), &why))
}

/// Through `status` nothing but `status` changes; for built-in kinds also labels and annotations, as their strategies allow upstream.
pub(super) fn only_status(resource: &Resource, before: &Object, after: &mut Object) {
    let status = after.root_mut().remove("status");
    let mut metadata = after.metadata().cloned().unwrap_or_default();
    if resource.custom {
        let managed = metadata.remove("managedFields");
        metadata = before.metadata().cloned().unwrap_or_default();
        set_or_remove(&mut metadata, "managedFields", managed);
    }
    *after = before.clone();
    set_or_remove(after.root_mut(), "status", status);
    after.root_mut().insert("metadata".to_owned(), Value::Object(metadata));
}

/// Through `approval` nothing but the conditions of a request changes, beside labels and annotations.
pub(super) fn only_conditions(before: &Object, after: &mut Object) {
    let conditions = after.get(&["status", "conditions"]).cloned();
    let metadata = after.metadata().cloned().unwrap_or_default();
    *after = before.clone();
    after.root_mut().insert("metadata".to_owned(), Value::Object(metadata));
    let status = after.root_mut().entry("status").or_insert_with(|| Value::Object(serde_json::Map::new()));
    if let Some(status) = status.as_object_mut() {
        set_or_remove(status, "conditions", conditions);
    }
}

/// Through the object itself `status` stays as it was, where it has a path of its own.
pub(super) fn all_but_status(before: &Object, after: &mut Object) {
    let status = before.root().get("status").cloned();
    set_or_remove(after.root_mut(), "status", status);
}

/// Keeps what no update changes.
pub(super) fn carry_over(before: &Object, after: &mut Object) {
    let kept = before.metadata();
    let metadata = after.metadata_mut();
    metadata.remove("selfLink");
    for member in UNCHANGING {
        set_or_remove(metadata, member, kept.and_then(|kept| kept.get(member)).cloned());
    }
    // Once an object is being deleted no update can take that back; that one says so on its own is for validation to refuse.
    if let Some(deleted) = kept.and_then(|kept| kept.get("deletionTimestamp")) {
        metadata.insert("deletionTimestamp".to_owned(), deleted.clone());
    }
    if let Some(seconds) = kept.and_then(|kept| kept.get("deletionGracePeriodSeconds")) {
        metadata.entry("deletionGracePeriodSeconds").or_insert_with(|| seconds.clone());
    }
    // A list that is there but empties nothing means "leave as is"; only one empty entry resets the managers, which the merge engine does.
    if metadata.get("managedFields").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        set_or_remove(metadata, "managedFields", kept.and_then(|kept| kept.get("managedFields")).cloned());
    }
}

/// The generation grows with every change to what is declared: everything but `metadata` and `status`.
pub(super) fn count_generation(resource: &Resource, before: &Object, after: &mut Object) {
    if !resource.has_generation {
        return;
    }
    let changed = !declared(resource, before).eq(declared(resource, after)) || super::kinds::counts_as_change(resource, before, after);
    let grown = i64::from(changed);
    after.set_meta("generation", before.generation() + grown);
}

fn declared<'a>(resource: &Resource, object: &'a Object) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let has_status = resource.has_status();
    object.root().iter().filter(move |(name, _)| !matches!(name.as_str(), "metadata" | "apiVersion") && (*name != "status" || !has_status))
}

fn set_or_remove(map: &mut serde_json::Map<String, Value>, member: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(map.insert(member.to_owned(), value)),
        None => drop(map.remove(member)),
    }
}
