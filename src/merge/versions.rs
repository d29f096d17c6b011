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
