//! What of a live object is nobody's declaration: identity, bookkeeping, status.

use serde_json::{Map, Value};

use super::kinds;
use crate::merge::{FieldPath, FieldSet, Managers, Operation, PathElement};
use crate::object::{Object, is_note};

/// What a manifest says about itself.
const DECLARED_METADATA: [&str; 5] = ["name", "namespace", "labels", "annotations", "finalizers"];
/// Marks a member of a set; whoever applies the manifest says to which set it belongs then.
const PART_OF: &str = "applyset.kubernetes.io/part-of";

/// Who owns what of an object, as far as it matters here.
pub(super) struct Owners {
    /// Fields that somebody applied, the status subresource left aside.
    applied: Vec<FieldPath>,
    /// Fields that somebody asked for through the object itself, by whatever write.
    asked: Vec<FieldPath>,
}

impl Owners {
    pub(super) fn of(object: &Object) -> Self {
        let entries = object.metadata().and_then(|metadata| metadata.get("managedFields"));
        // What cannot be read owns nothing.
        let managers = Managers::from_json(entries).unwrap_or_default();
        let (mut applied, mut asked) = (FieldSet::new(), FieldSet::new());
        for entry in managers.entries.into_iter().filter(|entry| entry.subresource.is_empty()) {
            if entry.operation == Operation::Apply {
                applied.union_with(entry.fields.clone());
            }
            asked.union_with(entry.fields);
        }
        Self { applied: applied.leaves().paths(), asked: asked.leaves().paths() }
    }

    /// Whether a member, or something in it, was applied.
    pub(super) fn applied(&self, names: &[&str]) -> bool {
        holds(&self.applied, &FieldPath::of_fields(names))
    }

    /// Whether a path, or something in it, was applied.
    pub(super) fn applied_at(&self, path: &FieldPath) -> bool {
        holds(&self.applied, path)
    }

    /// How owners name what is in the place at a path, where they look into it.
    pub(super) fn element_below(&self, path: &[PathElement]) -> Option<&PathElement> {
        self.applied.iter().find(|leaf| leaf.0.len() > path.len() && leaf.0.starts_with(path)).map(|leaf| &leaf.0[path.len()])
    }

    /// Whether somebody asked for a member, or something in it.
    pub(super) fn asked(&self, names: &[&str]) -> bool {
        holds(&self.asked, &FieldPath::of_fields(names))
    }

    /// Whether somebody asked for a path, or something in it.
    pub(super) fn asked_at(&self, path: &FieldPath) -> bool {
        holds(&self.asked, path)
    }
}

fn holds(leaves: &[FieldPath], path: &FieldPath) -> bool {
    leaves.iter().any(|leaf| leaf.0.starts_with(&path.0) || path.0.starts_with(&leaf.0))
}

/// The manifest behind a live object.
#[must_use]
pub fn clean(object: &Object) -> Object {
    let owners = Owners::of(object);
    let mut manifest = object.clone();
    metadata(manifest.metadata_mut(), &owners);
    // Where the status is a path of its own, nobody owns it through the object.
    if !owners.asked(&["status"]) {
        manifest.root_mut().remove("status");
    }
    kinds::clean(&mut manifest, object, &owners);
    manifest.root_mut().values_mut().for_each(without_empty_times);
    drop_empty(manifest.metadata_mut(), "labels");
    drop_empty(manifest.metadata_mut(), "annotations");
    manifest
}

fn metadata(members: &mut Map<String, Value>, owners: &Owners) {
    members.retain(|name, _| DECLARED_METADATA.contains(&name.as_str()));
    if let Some(Value::Object(annotations)) = members.get_mut("annotations") {
        annotations.retain(|key, _| !is_note(key) || owners.applied(&["metadata", "annotations", key]));
    }
    if let Some(Value::Object(labels)) = members.get_mut("labels") {
        labels.remove(PART_OF);
    }
    // Controllers hold objects with finalizers; without the controller, an object with one could never be deleted.
    if !owners.applied(&["metadata", "finalizers"]) {
        members.remove("finalizers");
    }
}

/// Older servers write `creationTimestamp: null` into templates.
fn without_empty_times(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.get("creationTimestamp").is_some_and(Value::is_null) {
                members.remove("creationTimestamp");
            }
            members.values_mut().for_each(without_empty_times);
        }
        Value::Array(items) => items.iter_mut().for_each(without_empty_times),
        _ => {}
    }
}

pub(super) fn drop_empty(members: &mut Map<String, Value>, name: &str) {
    if members.get(name).and_then(Value::as_object).is_some_and(Map::is_empty) {
        members.remove(name);
    }
}
