//! Who owns the number of replicas, seen through the `scale` subresource and seen in the object itself.
//!
//! Receives managed fields of one side, hands on those of the other. Invariant: nothing but the replicas changes hands.
//!
//! Upstream's `ScaleHandler` does the same. Unlike it, an updater is the same one on both sides, and entries keep their times.

use serde_json::Value;

use super::field_set::FieldSet;
use super::managed::{ManagedFieldsError, ManagerEntry, Managers};
use super::path::FieldPath;

/// The version of the one kind that `scale` speaks.
pub const SCALE_VERSION: &str = "autoscaling/v1";

/// Where objects of one version keep their declared number of replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicasPlace {
    /// At this path.
    At(FieldPath),
    /// The version has no `scale` subresource.
    Nowhere,
    /// The version is not served.
    UnknownVersion,
}

fn in_scale() -> FieldPath {
    FieldPath::of_fields(&["spec", "replicas"])
}

/// The managed fields of a Scale: the managers that own its object's replicas, with nothing but them.
///
/// Errors where the object's managed fields cannot be read.
pub fn managers_of_scale(object: Option<&Value>, place: impl Fn(&str) -> ReplicasPlace) -> Result<Option<Value>, ManagedFieldsError> {
    let mut managers = Managers::from_json(object)?;
    managers.entries.retain(|entry| owns(entry, &place(&entry.api_version)));
    for entry in &mut managers.entries {
        SCALE_VERSION.clone_into(&mut entry.api_version);
        entry.fields = [in_scale()].into_iter().collect();
    }
    Ok(managers.to_json())
}

/// The managed fields of an object whose Scale was written: who owns the Scale's replicas owns the object's, at `api_version`, and
/// nobody else does. Entries of versions that are not served are dropped.
///
/// Errors where either side's managed fields cannot be read.
pub fn managers_with_scale(
    object: Option<&Value>,
    scale: Option<&Value>,
    api_version: &str,
    place: impl Fn(&str) -> ReplicasPlace,
) -> Result<Option<Value>, ManagedFieldsError> {
    let mut managers = Managers::from_json(object)?;
    let mut owners = Managers::from_json(scale)?;
    owners.entries.retain(|entry| entry.fields.contains(&in_scale().0));
    managers.entries.retain_mut(|entry| match place(&entry.api_version) {
        ReplicasPlace::UnknownVersion => false,
        ReplicasPlace::At(path) if entry.fields.contains(&path.0) => {
            let same = |owner: &ManagerEntry| {
                (&owner.manager, owner.operation, &owner.subresource) == (&entry.manager, entry.operation, &entry.subresource)
            };
            match owners.entries.iter().position(same) {
                Some(owner) => drop(owners.entries.swap_remove(owner)),
                None => drop(entry.fields.subtract(&[path].into_iter().collect())),
            }
            !entry.fields.is_empty()
        }
        _ => true,
    });
    if let ReplicasPlace::At(path) = place(api_version) {
        let replicas: FieldSet = [path].into_iter().collect();
        for mut owner in owners.entries {
            api_version.clone_into(&mut owner.api_version);
            owner.fields = replicas.clone();
            if let Some(known) = managers.take(&owner) {
                owner.fields.union_with(known.fields);
            }
            managers.entries.push(owner);
        }
    }
    Ok(managers.to_json())
}

fn owns(entry: &ManagerEntry, place: &ReplicasPlace) -> bool {
    matches!(place, ReplicasPlace::At(path) if entry.fields.contains(&path.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(api_version: &str) -> ReplicasPlace {
        match api_version {
            "apps/v1" => ReplicasPlace::At(FieldPath::of_fields(&["spec", "replicas"])),
            "apps/v2" => ReplicasPlace::At(FieldPath::of_fields(&["spec", "size"])),
            "apps/v3" => ReplicasPlace::Nowhere,
            _ => ReplicasPlace::UnknownVersion,
        }
    }

    fn mk_entry(manager: &str, operation: &str, version: &str, subresource: &str, fields: &[&str]) -> Value {
        let fields: serde_json::Map<_, _> = fields.iter().map(|field| (format!("f:{field}"), json!({}))).collect();
        let mut entry = json!({
            "manager": manager, "operation": operation, "apiVersion": version, "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": fields},
        });
        if !subresource.is_empty() {
            entry["subresource"] = subresource.into();
        }
        entry
    }

    fn to_scale(object: &[Value]) -> Vec<Value> {
        let found = managers_of_scale(Some(&json!(object)), place).unwrap();
        found.map_or_else(Vec::new, |entries| entries.as_array().cloned().unwrap())
    }

    fn to_object(object: &[Value], scale: &[Value]) -> Vec<Value> {
        let found = managers_with_scale(Some(&json!(object)), Some(&json!(scale)), "apps/v1", place).unwrap();
        found.map_or_else(Vec::new, |entries| entries.as_array().cloned().unwrap())
    }

    #[test]
    fn a_scale_is_owned_by_those_who_own_the_replicas() {
        let object = [
            mk_entry("a", "Apply", "apps/v1", "", &["replicas", "selector"]),
            mk_entry("b", "Apply", "apps/v2", "", &["size"]),
            mk_entry("c", "Apply", "apps/v2", "", &["replicas"]),
            mk_entry("d", "Apply", "apps/v3", "", &["replicas"]),
            mk_entry("e", "Apply", "apps/v9", "", &["replicas"]),
            mk_entry("m", "Update", "apps/v1", "scale", &["replicas"]),
            mk_entry("n", "Update", "apps/v1", "", &["selector"]),
        ];
        let expected = [
            mk_entry("a", "Apply", SCALE_VERSION, "", &["replicas"]),
            mk_entry("b", "Apply", SCALE_VERSION, "", &["replicas"]),
            mk_entry("m", "Update", SCALE_VERSION, "scale", &["replicas"]),
        ];
        assert_eq!(to_scale(&object), expected);
    }

    #[test]
    fn who_is_no_owner_of_the_scale_loses_the_replicas_and_nothing_else() {
        let object = [
            mk_entry("a", "Apply", "apps/v1", "", &["replicas", "selector"]),
            mk_entry("b", "Apply", "apps/v2", "", &["selector", "size"]),
            mk_entry("c", "Update", "apps/v1", "", &["replicas"]),
            mk_entry("d", "Update", "apps/v3", "", &["replicas"]),
        ];
        let scale = [mk_entry("s", "Apply", SCALE_VERSION, "scale", &["replicas"])];
        let expected = [
            mk_entry("a", "Apply", "apps/v1", "", &["selector"]),
            mk_entry("b", "Apply", "apps/v2", "", &["selector"]),
            mk_entry("s", "Apply", "apps/v1", "scale", &["replicas"]),
            mk_entry("d", "Update", "apps/v3", "", &["replicas"]),
        ];
        assert_eq!(to_object(&object, &scale), expected);
    }

    #[test]
    fn who_still_owns_the_scale_keeps_its_entry_as_it_is() {
        let object = [
            mk_entry("a", "Apply", "apps/v1", "", &["replicas", "selector"]),
            mk_entry("m", "Update", "apps/v2", "", &["selector", "size"]),
        ];
        assert_eq!(to_object(&object, &to_scale(&object)), object);
    }

    #[test]
    fn one_manager_may_own_the_replicas_through_both_paths() {
        let object = [mk_entry("a", "Apply", "apps/v1", "", &["replicas", "selector"])];
        let scale =
            [mk_entry("a", "Apply", SCALE_VERSION, "", &["replicas"]), mk_entry("a", "Apply", SCALE_VERSION, "scale", &["replicas"])];
        let both = [object[0].clone(), mk_entry("a", "Apply", "apps/v1", "scale", &["replicas"])];
        assert_eq!(to_object(&object, &scale), both);
    }

    #[test]
    fn owners_of_anything_else_in_a_scale_own_nothing_of_the_object() {
        let status = json!([{
            "manager": "s", "operation": "Update", "apiVersion": SCALE_VERSION, "fieldsType": "FieldsV1",
            "fieldsV1": {"f:status": {"f:replicas": {}}},
        }]);
        let object = json!([mk_entry("a", "Apply", "apps/v1", "", &["selector"])]);
        assert_eq!(managers_with_scale(Some(&object), Some(&status), "apps/v1", place).unwrap(), Some(object));
    }

    #[test]
    fn entries_of_versions_that_are_not_served_are_dropped() {
        let object = [mk_entry("a", "Apply", "apps/v9", "", &["selector"]), mk_entry("b", "Apply", "apps/v1", "", &["selector"])];
        assert_eq!(to_object(&object, &[]), object[1..]);
    }
}
