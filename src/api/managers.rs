//! Field managers of writes: who did it, through which path, and which fields that path cannot set.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::call::Call;
use crate::admission::{self, Ignored};
use crate::merge::{self, ApplyRequest, FieldSet, PathElement, UpdateRequest, Versions};
use crate::object::{GroupVersion, Object, Refusal};
use crate::schema::{Catalog, Schema};

static NOTHING: LazyLock<FieldSet> = LazyLock::new(FieldSet::new);
static STATUS: LazyLock<FieldSet> = LazyLock::new(|| members(&["status"]));

/// Through `status` everything else is out of reach. Upstream resets `metadata` and `spec`, which is all that declared kinds have; kinds
/// with further members name them here.
static ALL_BUT_STATUS: LazyLock<FieldSet> = LazyLock::new(|| members(&["metadata", "spec", "data", "webhooks", "rules"]));

fn members(names: &[&str]) -> FieldSet {
    let mut set = FieldSet::new();
    for name in names {
        set.insert(&[PathElement::field(name)]);
    }
    set
}

/// The fields that a write through this call's path can neither change nor own.
fn ignored(call: &Call) -> &'static FieldSet {
    match admission::ignored_members(&call.resource, call.subresource()) {
        Ignored::Nothing => &NOTHING,
        Ignored::Status => &STATUS,
        Ignored::AllButStatus => &ALL_BUT_STATUS,
    }
}

/// Records who owns what after a write that is no apply.
pub(super) fn track(call: &Call, before: Option<&Object>, after: Object) -> Object {
    merge::track_update_across(
        &Served(call),
        UpdateRequest {
            schema: call.resource.schema().root(),
            before,
            after,
            manager: &call.field_manager(),
            api_version: &call.resource.gvk.api_version(),
            subresource: call.subresource(),
            now: call.api.ambient.now_seconds(),
            ignored: ignored(call),
        },
    )
}

/// Merges an applied object into the live one.
pub(super) fn apply(call: &Call, live: Option<&Object>, applied: Object) -> Result<Object, Refusal> {
    let merged = merge::apply_across(
        &Served(call),
        ApplyRequest {
            schema: call.resource.schema().root(),
            live,
            applied,
            manager: call.query.field_manager.as_deref().unwrap_or_default(),
            api_version: &call.resource.gvk.api_version(),
            subresource: call.subresource(),
            force: call.query.force.unwrap_or_default(),
            now: call.api.ambient.now_seconds(),
            ignored: ignored(call),
        },
    );
    Ok(merged?)
}

/// The versions of a built-in kind that are converted into one another. Versions of a custom resource have one shape.
struct Served<'a>(&'a Call);

impl Versions for Served<'_> {
    fn as_seen_in(&self, api_version: &str, object: &Object) -> Option<(Arc<Schema>, Object)> {
        let own = &self.0.resource;
        let at = GroupVersion::parse(api_version).filter(|_| !own.custom)?;
        let catalog = Catalog::builtin();
        let other = catalog.resource(&at.group, &at.version, &own.plural)?;
        if other.storage_gvk != own.storage_gvk || !(own.converts() || other.converts()) {
            return None;
        }
        let mut object = object.clone();
        own.to_storage(&mut object);
        other.from_storage(&mut object);
        Some((other.schema(), object))
    }
}

/// Whether two states of an object differ in anything but the times of their managers' entries, which alone are no change.
pub(super) fn same(before: &Object, after: &Object) -> bool {
    let metadata = |object: &Object| {
        let mut metadata = object.metadata().cloned().unwrap_or_default();
        metadata.remove("resourceVersion");
        if let Some(Value::Array(entries)) = metadata.get_mut("managedFields") {
            for entry in entries.iter_mut().filter_map(Value::as_object_mut) {
                entry.remove("time");
            }
        }
        metadata
    };
    other_members(before).eq(other_members(after)) && metadata(before) == metadata(after)
}

fn other_members(object: &Object) -> impl Iterator<Item = (&String, &Value)> {
    object.root().iter().filter(|(name, _)| *name != "metadata")
}
