//! An object in the other versions of its kind, in which some of its managers may be recorded.
//!
//! Receives what converts documents; hands on what changed as each version sees it. Invariant: paths are only ever compared with paths
//! of the same version.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::compare::{Comparison, compare};
use super::field_set::FieldSet;
use super::managed::Managers;
use super::typed::WalkError;
use crate::object::Object;
use crate::schema::Schema;

/// The versions in which an object's kind is served.
pub trait Versions: fmt::Debug {
    /// The schema of a version; `None` where it is not served. What managers own by such a version is forgotten.
    fn schema(&self, api_version: &str) -> Option<Arc<Schema>>;

    /// An object in another version that is served. Which one it is in now, its `apiVersion` says.
    fn convert(&self, object: &Object, api_version: &str) -> Object;
}

/// A kind of which no other version is served than the one that is written.
#[derive(Debug, Clone, Copy, Default)]
pub struct OneVersion;

impl Versions for OneVersion {
    fn schema(&self, _: &str) -> Option<Arc<Schema>> {
        None
    }

    fn convert(&self, object: &Object, _: &str) -> Object {
        object.clone()
    }
}

/// What a write changes, version by version.
pub(super) struct Changes<'a> {
    api_version: &'a str,
    here: Comparison,
    elsewhere: BTreeMap<String, Comparison>,
}

/// One write: the object before and after it, in the version that was written.
pub(super) struct Write<'a> {
    pub(super) versions: &'a dyn Versions,
    pub(super) api_version: &'a str,
    pub(super) before: Option<&'a Object>,
    pub(super) after: &'a Object,
    /// Fields whose changes count for nobody.
    pub(super) ignored: &'a FieldSet,
}

impl<'a> Changes<'a> {
    /// Compares the object before and after in every version that managers are recorded under; in the one that was written, `here`
    /// is known already.
    pub(super) fn find(write: &Write<'a>, here: Comparison, managers: &Managers) -> Result<Self, WalkError> {
        let mut elsewhere = BTreeMap::new();
        for version in managers.versions() {
            if version == write.api_version || elsewhere.contains_key(version) {
                continue;
            }
            let Some(schema) = write.versions.schema(version) else { continue };
            let before = write.before.map(|before| write.versions.convert(before, version)).unwrap_or_default();
            let after = write.versions.convert(write.after, version);
            let mut changes = compare(schema.root(), before.root(), after.root())?;
            changes.ignore(write.ignored);
            elsewhere.insert(version.to_owned(), changes);
        }
        Ok(Self { api_version: write.api_version, here, elsewhere })
    }

    /// The changes as one version sees them; `None` where it is not served.
    pub(super) fn at(&self, api_version: &str) -> Option<&Comparison> {
        if api_version == self.api_version { Some(&self.here) } else { self.elsewhere.get(api_version) }
    }

    /// The changes in the version that was written.
    pub(super) fn into_here(self) -> Comparison {
        self.here
    }
}

/// A document in another version.
pub(super) fn converted(versions: &dyn Versions, document: Map<String, Value>, api_version: &str) -> Map<String, Value> {
    let object = Object::from_value(Value::Object(document)).unwrap_or_default();
    match versions.convert(&object, api_version).into_value() {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
