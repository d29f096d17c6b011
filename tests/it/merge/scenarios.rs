//! The one runner for all scenarios of the merge engine: `scenarios/*.yaml`.
//!
//! A file has a schema and named cases. Each case has steps (`apply`, `update`, the patches, `stored` for an object as it lies in the
//! store, `schema` for fields whose type changes, `unserve` for versions that are served no longer), which happen one second after
//! the other, then the object (as of `v1`) and its managers as they are to be. A file may say what other versions call members of
//! `v1`. Objects get `apiVersion`, `kind` and `metadata.name` by themselves. A manager is labelled by its name for an apply,
//! `name Update` for anything else, then its version where that is not `v1` and `/subresource` where there is one. Managers without
//! fields are failures in any case.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use trueup::merge::{
    ApplyError, ApplyRequest, Conflict, FieldPath, FieldSet, ManagerEntry, Managers, Operation, UpdateRequest, Versions, apply, json_patch,
    merge_patch, refusal, strategic_merge_patch, track_update,
};
use trueup::object::{Object, Refusal, Time};
use trueup::schema::Schema;

use super::schema::{Type, of_object};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: BTreeMap<String, Type>,
    /// What other versions than `v1` call members of `v1`.
    #[serde(default)]
    versions: BTreeMap<String, Names>,
    cases: Vec<Case>,
}

type Names = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    steps: Vec<Step>,
    object: Value,
    managers: BTreeMap<String, BTreeSet<String>>,
    /// The second in which a manager last changed something.
    #[serde(default)]
    times: BTreeMap<String, i64>,
    /// The exact order of the managers.
    #[serde(default)]
    order: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Stored(Value),
    Schema(BTreeMap<String, Type>),
    Unserve(Vec<String>),
    Apply(Write),
    Update(Write),
    MergePatch(Write),
    JsonPatch(Write),
    StrategicPatch(Write),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Write {
    by: String,
    object: Value,
    patch: Value,
    force: bool,
    version: Option<String>,
    subresource: String,
    ignored: Vec<String>,
    /// The conflicts to be refused with, as `label: path`.
    conflicts: Vec<String>,
    /// All that the refusal of conflicts says.
    message: Option<String>,
    /// A part of the error to be refused with.
    error: Option<String>,
    /// The code of that refusal.
    code: Option<u16>,
    /// Whether nothing at all is to change.
    unchanged: bool,
}

#[test]
fn every_scenario_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/merge/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(&folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let (mut names, mut failures) = (BTreeSet::new(), Vec::new());
    for path in &files {
        let text = std::fs::read_to_string(path).expect("a readable file");
        // YAML 1.2: in a scenario `y` and `n` are names, not truth values.
        let options = serde_saphyr::options! { strict_booleans: true };
        let file: File = serde_saphyr::from_str_with_options(&text, options).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let world = World::of(file.schema, file.versions);
        for case in file.cases {
            let label = format!("{}: {}", path.file_stem().expect("a name").display(), case.name);
            if let Err(failure) = run(world.clone(), case) {
                failures.push(format!("{label}\n    {failure}"));
            }
            assert!(names.insert(label.clone()), "{label} stands twice");
        }
    }
    assert!(failures.is_empty(), "{} of {} scenarios failed:\n{}", failures.len(), names.len(), failures.join("\n"));
    assert!(names.len() >= 260, "only {} scenarios", names.len());
}

/// The kind that a scenario is about, as it is served at a moment.
#[derive(Debug, Clone)]
struct World {
    fields: BTreeMap<String, Type>,
    schema: Arc<Schema>,
    names: BTreeMap<String, Names>,
    unserved: BTreeSet<String>,
}

impl World {
    fn of(fields: BTreeMap<String, Type>, names: BTreeMap<String, Names>) -> Self {
        Self { schema: Arc::new(of_object(&fields)), fields, names, unserved: BTreeSet::new() }
    }

    fn change(&mut self, fields: BTreeMap<String, Type>) {
        self.fields.extend(fields);
        self.schema = Arc::new(of_object(&self.fields));
    }

    fn name_in<'a>(&'a self, version: &str, name: &'a str) -> &'a str {
        self.names.get(version).and_then(|names| names.get(name)).map_or(name, String::as_str)
    }

    fn name_in_v1<'a>(&'a self, version: &str, name: &'a str) -> &'a str {
        let known = self.names.get(version).into_iter().flatten().find(|(_, other)| *other == name);
        known.map_or(name, |(name, _)| name)
    }
}

impl Versions for World {
    fn schema(&self, version: &str) -> Option<Arc<Schema>> {
        let renamed = || self.fields.iter().map(|(name, notation)| (self.name_in(version, name).to_owned(), notation.clone())).collect();
        let schema = || if self.names.contains_key(version) { Arc::new(of_object(&renamed())) } else { Arc::clone(&self.schema) };
        (!self.unserved.contains(version)).then(schema)
    }

    fn convert(&self, object: &Object, version: &str) -> Object {
        let from = object.api_version().to_owned();
        let renamed = |(name, value): (&String, &Value)| (self.name_in(version, self.name_in_v1(&from, name)).to_owned(), value.clone());
        let members = object.root().iter().map(renamed).collect();
        let mut object = Object::from_value(Value::Object(members)).expect("an object");
        object.root_mut().insert("apiVersion".to_owned(), version.into());
        object
    }
}

fn run(mut world: World, case: Case) -> Result<(), String> {
    let mut live: Option<Object> = None;
    for (index, step) in case.steps.into_iter().enumerate() {
        let now = at(i64::try_from(index).expect("few steps") + 1);
        match step {
            Step::Schema(changed) => world.change(changed),
            Step::Unserve(versions) => world.unserved.extend(versions),
            step => take(&world, step, &mut live, now).map_err(|failure| format!("step {}: {failure}", index + 1))?,
        }
    }
    let mut found = live.ok_or("there is no object")?;
    let entries = Managers::from_json(found.remove_meta("managedFields").as_ref()).map_err(|error| error.to_string())?.entries;
    let expected = dressed(case.object, "v1");
    if found != expected {
        return Err(format!("the object is {}\n    expected      {}", found.into_value(), expected.into_value()));
    }
    if let Some(entry) = entries.iter().find(|entry| entry.fields.is_empty()) {
        return Err(format!("{} owns nothing", label(entry)));
    }
    let paths = |entry: &ManagerEntry| entry.fields.paths().iter().map(ToString::to_string).collect();
    let managers: BTreeMap<String, BTreeSet<String>> = entries.iter().map(|entry| (label(entry), paths(entry))).collect();
    if managers != case.managers {
        return Err(format!("the managers are {managers:?}\n    expected         {:?}", case.managers));
    }
    for (manager, second) in case.times {
        let entry = entries.iter().find(|entry| label(entry) == manager).ok_or_else(|| format!("no manager {manager}"))?;
        if entry.time != Some(at(second)) {
            return Err(format!("{manager} changed something at {:?}, expected second {second}", entry.time));
        }
    }
    let order: Vec<String> = entries.iter().map(label).collect();
    if !case.order.is_empty() && order != case.order {
        return Err(format!("the managers come as {order:?}"));
    }
    Ok(())
}

fn take(world: &World, step: Step, live: &mut Option<Object>, now: Time) -> Result<(), String> {
    let before = live.clone();
    let (write, outcome) = match step {
        Step::Schema(_) | Step::Unserve(_) => return Ok(()),
        Step::Stored(object) => {
            *live = Some(dressed(object, "v1"));
            return Ok(());
        }
        Step::Apply(write) => {
            let outcome = applied(world, live.as_ref(), &write, now);
            (write, outcome)
        }
        Step::Update(write) => {
            let after = dressed(write.object.clone(), version(&write));
            let outcome = tracked(world, live.as_ref(), after, &write, now);
            (write, Ok(outcome))
        }
        Step::MergePatch(write) => patched(world, live.as_ref(), write, now, |document, patch| Ok(merge_patch(document, patch))),
        Step::JsonPatch(write) => {
            patched(world, live.as_ref(), write, now, |document, patch| json_patch(document, &patch).map_err(Refusal::from))
        }
        Step::StrategicPatch(write) => patched(world, live.as_ref(), write, now, |document, patch| {
            strategic_merge_patch(world.schema.root(), document, patch).map_err(Refusal::from)
        }),
    };
    match (outcome, &write.error, write.conflicts.is_empty()) {
        (Ok(object), None, true) => *live = Some(world.convert(&object, "v1")),
        (Ok(_), ..) => return Err("it went through".to_owned()),
        (Err(Refused::Conflicts(found, message)), None, false) => {
            if found != write.conflicts || write.message.as_ref().is_some_and(|expected| *expected != message) {
                return Err(format!("the conflicts are {found:?}: {message:?}"));
            }
        }
        (Err(Refused::Error(found, code)), Some(expected), true) => {
            if !found.contains(expected) || write.code.is_some_and(|expected| expected != code) {
                return Err(format!("the error is {code} {found:?}"));
            }
        }
        (Err(refused), ..) => return Err(format!("{refused:?}")),
    }
    if write.unchanged && *live != before {
        return Err(format!("it changed the object to {}", live.clone().unwrap_or_default().into_value()));
    }
    Ok(())
}

#[derive(Debug)]
enum Refused {
    /// Each one, and all that the refusal says.
    Conflicts(Vec<String>, String),
    /// What the refusal says, and its code.
    Error(String, u16),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Error(refusal.message, refusal.reason.code())
    }
}

fn version(write: &Write) -> &str {
    write.version.as_deref().unwrap_or("v1")
}

fn applied(world: &World, live: Option<&Object>, write: &Write, now: Time) -> Result<Object, Refused> {
    let schema = world.schema(version(write)).expect("a version that is served");
    let live = live.map(|live| world.convert(live, version(write)));
    let request = ApplyRequest {
        schema: schema.root(),
        live: live.as_ref(),
        applied: dressed(write.object.clone(), version(write)),
        manager: &write.by,
        api_version: version(write),
        versions: world,
        subresource: &write.subresource,
        force: write.force,
        now,
        ignored: &ignored(write),
    };
    apply(request).map_err(|error| match error {
        ApplyError::Conflicts(conflicts) => Refused::Conflicts(conflicts.iter().map(conflict_label).collect(), refusal(&conflicts).message),
        other => Refusal::from(other).into(),
    })
}

fn tracked(world: &World, before: Option<&Object>, after: Object, write: &Write, now: Time) -> Object {
    let schema = world.schema(version(write)).expect("a version that is served");
    let before = before.map(|before| world.convert(before, version(write)));
    track_update(UpdateRequest {
        schema: schema.root(),
        before: before.as_ref(),
        after,
        manager: &write.by,
        api_version: version(write),
        versions: world,
        subresource: &write.subresource,
        now,
        ignored: &ignored(write),
    })
}

fn patched(
    world: &World,
    live: Option<&Object>,
    write: Write,
    now: Time,
    patch: impl FnOnce(Value, Value) -> Result<Value, Refusal>,
) -> (Write, Result<Object, Refused>) {
    let document = live.map(|live| world.convert(live, version(&write))).unwrap_or_default().into_value();
    let outcome = patch(document, write.patch.clone())
        .and_then(|after| Object::from_value(after).map_err(|error| Refusal::bad_request(error.to_string())))
        .map(|after| tracked(world, live, after, &write, now))
        .map_err(Refused::from);
    (write, outcome)
}

fn ignored(write: &Write) -> FieldSet {
    write.ignored.iter().map(|path| FieldPath::of_fields(&path.split('.').collect::<Vec<_>>())).collect()
}

/// The object with what every object has.
fn dressed(object: Value, version: &str) -> Object {
    let object = if object.is_null() { Value::Object(serde_json::Map::new()) } else { object };
    let mut object = Object::from_value(object).expect("an object");
    object.root_mut().insert("apiVersion".to_owned(), version.into());
    object.root_mut().insert("kind".to_owned(), "Thing".into());
    object.set_meta("name", "x");
    object
}

fn label(entry: &ManagerEntry) -> String {
    labelled(&entry.manager, entry.operation, &entry.api_version, &entry.subresource)
}

fn conflict_label(conflict: &Conflict) -> String {
    format!("{}: {}", labelled(&conflict.manager, conflict.operation, &conflict.api_version, &conflict.subresource), conflict.path)
}

fn labelled(manager: &str, operation: Operation, version: &str, subresource: &str) -> String {
    let operation = if operation == Operation::Update { " Update" } else { "" };
    let version = if version == "v1" { String::new() } else { format!(" {version}") };
    let subresource = if subresource.is_empty() { String::new() } else { format!(" /{subresource}") };
    format!("{manager}{operation}{version}{subresource}")
}

fn at(second: i64) -> Time {
    Time::new(Timestamp::from_second(second).expect("a valid second"))
}
