//! One write as managers see it who wrote through other versions of the API.
//!
//! Receives an object before and after a write; hands on, for each version that managers wrote through, what changed at the places where
//! that version has it. Invariant: a version that shows an object in the same shape is never asked for twice, and costs no comparison.
//!
//! See <https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management>.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compare::{Comparison, compare};
use super::field_set::FieldSet;
use super::managed::{ManagerEntry, Managers};
use crate::object::Object;
use crate::schema::Schema;

/// What other versions of the API make of an object.
pub trait Versions {
    /// The object, which is of the version of the request, as another version shows it, with the schema of that version. `None` where it
    /// shows the same members in the same places, or where there is no such version: then the object is taken as it is.
    fn as_seen_in(&self, api_version: &str, object: &Object) -> Option<(Arc<Schema>, Object)>;
}

/// Versions that differ in nothing but their name.
#[derive(Debug, Clone, Copy)]
pub struct SameShape;

impl Versions for SameShape {
    fn as_seen_in(&self, _: &str, _: &Object) -> Option<(Arc<Schema>, Object)> {
        None
    }
}

/// What one write changed, by the versions in which that is said otherwise than in the version of the request.
pub(super) struct Changes {
    own: Comparison,
    elsewhere: BTreeMap<String, Comparison>,
}

impl Changes {
    /// `own` is what changed in the version of the request. Where a version's forms cannot be compared, `own` counts for it, too.
    pub(super) fn of(
        own: Comparison,
        managers: &Managers,
        api_version: &str,
        versions: &dyn Versions,
        [before, after]: [&Object; 2],
        ignored: &FieldSet,
    ) -> Self {
        let mut elsewhere = BTreeMap::new();
        for other in managers.entries.iter().map(|entry| entry.api_version.as_str()) {
            if other == api_version || elsewhere.contains_key(other) {
                continue;
            }
            let seen = |object: &Object| versions.as_seen_in(other, object);
            let (Some((schema, before)), Some((_, after))) = (seen(before), seen(after)) else { continue };
            if let Ok(mut difference) = compare(schema.root(), before.root(), after.root()) {
                difference.ignore(ignored);
                elsewhere.insert(other.to_owned(), difference);
            }
        }
        Self { own, elsewhere }
    }

    /// What changed, as a manager sees it.
    pub(super) fn seen_by(&self, entry: &ManagerEntry) -> &Comparison {
        self.elsewhere.get(&entry.api_version).unwrap_or(&self.own)
    }

    /// Takes what changed from everybody else.
    pub(super) fn strip(&self, managers: &mut Managers) {
        for entry in &mut managers.entries {
            let Comparison { added, modified, removed } = self.seen_by(entry);
            for set in [modified, added, removed] {
                entry.fields.subtract(set);
            }
        }
        managers.entries.retain(|entry| !entry.fields.is_empty());
    }

    /// What changed in the version of the request.
    pub(super) fn into_own(self) -> Comparison {
        self.own
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::merge::{UpdateRequest, track_update, track_update_across};
    use crate::object::Time;

    /// `v1` calls `old` what `v2` calls `new`.
    struct Renamed;

    impl Versions for Renamed {
        fn as_seen_in(&self, _: &str, object: &Object) -> Option<(Arc<Schema>, Object)> {
            let mut object = object.clone();
            let value = object.root_mut().remove("new")?;
            object.root_mut().insert("old".to_owned(), value);
            Some((Arc::new(Schema::any()), object))
        }
    }

    fn owners(object: &Object) -> Vec<&str> {
        let entries = object.get(&["metadata", "managedFields"]).and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(|entry| entry["manager"].as_str()).collect()
    }

    #[test]
    fn who_owns_a_field_by_its_other_name_loses_it_to_who_changes_it() {
        let owner = json!({
            "manager": "ann", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:old": {}},
        });
        let object = |value: i64| Object::from_value(json!({"metadata": {"managedFields": [owner]}, "new": value})).unwrap();
        let (before, schema, ignored) = (object(1), Schema::any(), FieldSet::new());
        let request = |value: i64| UpdateRequest {
            schema: schema.root(),
            before: Some(&before),
            after: object(value),
            manager: "eve",
            api_version: "v2",
            subresource: "",
            now: Time::parse("2026-11-22T10:00:00Z").unwrap(),
            ignored: &ignored,
        };
        assert_eq!(owners(&track_update_across(&Renamed, request(2))), ["eve"]);
        assert_eq!(owners(&track_update_across(&Renamed, request(1))), ["ann"]);
        assert_eq!(owners(&track_update(request(2))), ["ann", "eve"], "versions of one shape have nothing under another name");
    }
}
