//! Field managers of writes: who did it, through which path, and which fields that path cannot set.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::call::Call;
use super::elsewhere::Elsewhere;
use super::scale;
use crate::admission::{self, Ignored};
use crate::merge::{
    self, ApplyRequest, FieldPath, FieldSet, OneVersion, PathElement, ReplicasPlace, SCALE_VERSION, UpdateRequest, Versions,
};
use crate::object::{GroupVersion, Gvk, Object, Refusal};
use crate::schema::{self, Behaviour, Catalog, Resource, ScalePaths, Schema};

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

/// The names of the containers in an applied pod: a resize says with them which containers it means, and does not own them.
fn container_names(applied: &Object) -> FieldSet {
    let mut names = FieldSet::new();
    for list in ["containers", "initContainers"] {
        let containers = applied.get(&["spec", list]).and_then(Value::as_array).into_iter().flatten();
        for name in containers.filter_map(|container| container.get("name")) {
            let item = PathElement::key(vec![("name".into(), name.clone())]);
            names.insert(&[PathElement::field("spec"), PathElement::field(list), item, PathElement::field("name")]);
        }
    }
    names
}

/// Records who owns what after a write that is no apply.
pub(super) fn track(call: &Call, before: Option<&Object>, after: Object) -> Object {
    merge::track_update(UpdateRequest {
        schema: call.resource.schema().root(),
        before,
        after,
        manager: &call.field_manager(),
        api_version: &call.resource.gvk.api_version(),
        versions: &Served::of(call),
        subresource: call.subresource(),
        now: call.api.ambient.now_seconds(),
        ignored: ignored(call),
    })
}

/// Merges an applied object into the live one.
pub(super) fn apply(call: &Call, live: Option<&Object>, applied: Object) -> Result<Object, Refusal> {
    let names = (call.subresource() == "resize").then(|| container_names(&applied));
    let merged = merge::apply(ApplyRequest {
        schema: call.resource.schema().root(),
        live,
        applied,
        manager: call.query.field_manager.as_deref().unwrap_or_default(),
        api_version: &call.resource.gvk.api_version(),
        versions: &Served::of(call),
        subresource: call.subresource(),
        force: call.query.force.unwrap_or_default(),
        now: call.api.ambient.now_seconds(),
        ignored: names.as_ref().unwrap_or_else(|| ignored(call)),
    });
    Ok(merged?)
}

/// Merges an applied Scale into the live object. Conflicts and owners are those of the Scale; the object's replicas follow them.
pub(super) fn apply_scale(call: &Call, live: &Object, applied: Object, paths: &ScalePaths) -> Result<Object, Refusal> {
    let place = |api_version: &str| replicas_place(call, api_version);
    let unreadable = |error: merge::ManagedFieldsError| Refusal::internal(error.to_string());
    let parent = live.metadata().and_then(|metadata| metadata.get("managedFields"));
    let mut before = Object::from_value(scale::read(live, paths)).unwrap_or_default();
    if let Some(managers) = merge::managers_of_scale(parent, place).map_err(unreadable)? {
        before.set_meta("managedFields", managers);
    }
    let schema = scale_schema()?;
    let merged = merge::apply(ApplyRequest {
        schema: schema.root(),
        live: Some(&before),
        applied,
        manager: call.query.field_manager.as_deref().unwrap_or_default(),
        api_version: SCALE_VERSION,
        versions: &OneVersion,
        subresource: call.subresource(),
        force: call.query.force.unwrap_or_default(),
        now: call.api.ambient.now_seconds(),
        ignored: &NOTHING,
    })?;
    let mut after = live.clone();
    scale::write(&call.resource, &mut after, &merged, paths)?;
    let owners = merged.metadata().and_then(|metadata| metadata.get("managedFields"));
    let managers = merge::managers_with_scale(parent, owners, &call.resource.gvk.api_version(), place).map_err(unreadable)?;
    set(&mut after, managers);
    Ok(after)
}

/// Sets the managed fields, or removes them.
pub(super) fn set(object: &mut Object, managers: Option<Value>) {
    match managers {
        Some(managers) => object.set_meta("managedFields", managers),
        None => drop(object.remove_meta("managedFields")),
    }
}

/// The versions in which a resource is served at this moment.
#[derive(Debug)]
struct Served<'a> {
    catalog: Arc<Catalog>,
    resource: &'a Resource,
    elsewhere: &'a Elsewhere,
}

impl<'a> Served<'a> {
    fn of(call: &'a Call) -> Self {
        Self { catalog: call.api.catalogs.current(&call.api.cache).0, resource: &call.resource, elsewhere: &call.elsewhere }
    }

    /// The resource in another version, or in another group that serves the same objects.
    fn at(&self, api_version: &str) -> Option<&Arc<Resource>> {
        let version = GroupVersion::parse(api_version)?;
        let served = self.catalog.resource(&version.group, &version.version, &self.resource.plural);
        served.filter(|served| served.storage_prefix == self.resource.storage_prefix)
    }
}

impl Versions for Served<'_> {
    fn schema(&self, api_version: &str) -> Option<Arc<Schema>> {
        self.at(api_version).map(|served| served.schema())
    }

    fn convert(&self, object: &Object, api_version: &str) -> Object {
        let (from, to) = (self.at(object.api_version()), self.at(api_version));
        if let Some(known) = to.filter(|to| to.webhook.is_some()).and_then(|to| self.elsewhere.known(object, to)) {
            return known;
        }
        let mut object = object.clone();
        if let (Some(from), Some(to)) = (from, to) {
            from.to_storage(&mut object);
            to.from_storage(&mut object);
        }
        object
    }
}

/// The schema of the one kind that `scale` speaks.
pub(super) fn scale_schema() -> Result<Arc<Schema>, Refusal> {
    schema::builtin(&Gvk::new("autoscaling", "v1", "Scale")).ok_or_else(|| Refusal::internal("there is no schema of Scale"))
}

fn replicas_place(call: &Call, api_version: &str) -> ReplicasPlace {
    let served = Served::of(call);
    let Some(served) = served.at(api_version) else { return ReplicasPlace::UnknownVersion };
    match served.subresource("scale").map(|subresource| &subresource.behaviour) {
        Some(Behaviour::Scale(paths)) => {
            let path: Vec<&str> = paths.spec_replicas.iter().map(String::as_str).collect();
            ReplicasPlace::At(FieldPath::of_fields(&path))
        }
        _ => ReplicasPlace::Nowhere,
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
