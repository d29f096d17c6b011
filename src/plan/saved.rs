//! A plan that was saved, to be carried out later as it was seen.
//!
//! Receives a plan's document and hands it back with what an apply needs: the manifests, and which state of each object they were compared
//! with. Invariant: values of Secrets are in it only where the user asked for them.

mod declaration;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

pub use declaration::Declaration;

use super::live::Live;
use super::place::{Failure, ObjectError, Placed};
use super::render::{API_VERSION, is_secret};
use super::set::{GroupKind, Scope};
use super::{Action, Plan, PlanEntry};
use crate::manifest::{Desired, Origin, Source};
use crate::object::{GroupVersion, Gvk, Object, ObjectKey};
use crate::yaml::Mark;

/// What a saved plan was made with.
#[derive(Debug, Clone, Copy)]
pub struct SaveOptions<'a> {
    /// Whether fields of other managers are taken over.
    pub force: bool,
    /// Whether values of Secrets are saved.
    pub include_secrets: bool,
    /// The set that the objects belong to.
    pub set: Option<&'a SavedSet>,
}

/// The set that a saved plan works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedSet {
    /// The parent's kind.
    pub gvk: Gvk,
    /// The parent's namespace and name.
    pub key: ObjectKey,
    /// The parent's resourceVersion; `None` where it did not exist.
    pub resource_version: Option<String>,
    /// Whether what leaves the set is pruned; otherwise there may be members of which the plan says nothing.
    pub prune: bool,
    /// Where those members are that the plan knows of, once it is carried out.
    pub scope: Scope,
}

/// A plan read from a file.
#[derive(Debug, Clone)]
pub struct SavedPlan {
    /// The target that it was made for, in words.
    pub target: String,
    /// Who owns the applied fields.
    pub field_manager: String,
    /// Whether fields of other managers are taken over.
    pub force: bool,
    /// The set that the objects belong to.
    pub set: Option<SavedSet>,
    /// What changes.
    pub objects: Vec<SavedObject>,
    /// What it declares as a whole.
    pub declaration: Declaration,
}

/// One object that a saved plan changes.
#[derive(Debug, Clone)]
pub struct SavedObject {
    /// What happens to it.
    pub action: Action,
    /// What to apply; of an object that leaves its set only its kind and name.
    pub manifest: Object,
    /// The manifest with the places that the plan knows: its own, and those of the fields that differ.
    pub source: Option<Arc<Desired>>,
    /// Whether it leaves its set: deleted, or, as an update, without the set's label.
    pub leaves: bool,
    /// The object that it was compared with: its uid and resourceVersion; `None` where there was none.
    pub compared_with: Option<(String, String)>,
}

/// Why a file is no plan that can be carried out.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is no JSON.
    #[error("it is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is something else, or of another version.
    #[error("it is no plan of {API_VERSION}, which `trueup plan -o` saves")]
    OtherKind,
    /// It was printed by `diff`, not saved by `plan`.
    #[error("{0} has no manifest in it; `trueup plan -o` saves plans that can be applied")]
    NoManifest(String),
    /// Values of a Secret were left out of it.
    #[error("it does not hold the values of {0}, which it changes")]
    Withheld(String),
    /// A member is missing or has another type than it should.
    #[error("{0} is missing or malformed")]
    Malformed(String),
}

/// Turns a plan's document into one that can be carried out. `document` is what [`super::render::document`] made of `plan`.
#[must_use]
pub fn saved(mut document: Value, plan: &Plan, options: SaveOptions<'_>) -> Value {
    document["forceConflicts"] = options.force.into();
    if let Some(set) = options.set {
        document["set"] = set.to_json();
    }
    let objects = document.get_mut("objects").and_then(Value::as_array_mut).into_iter().flatten();
    for (object, entry) in objects.zip(&plan.entries) {
        // What changes is what is applied; the history of a set keeps the rest of its manifests, too.
        if !entry.action.is_change() && options.set.is_none() {
            continue;
        }
        let Some(manifest) = manifest(entry) else {
            // What no manifest asks for is what leaves the set.
            object["leavesSet"] = true.into();
            continue;
        };
        if is_secret(Some(&manifest)) && !options.include_secrets {
            object["withheld"] = true.into();
        } else {
            object["manifest"] = manifest;
        }
    }
    document
}

/// The Secrets whose values are not in a saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Withheld {
    /// Those that the plan changes, so that it cannot be applied.
    pub changed: Vec<String>,
    /// Those that it leaves as they are, so that no revision of its set can be kept.
    pub unchanged: Vec<String>,
}

/// Which Secrets keep their values to themselves.
#[must_use]
pub fn withheld(saved: &Value) -> Withheld {
    let mut withheld = Withheld::default();
    let objects = saved.get("objects").and_then(Value::as_array).into_iter().flatten();
    for object in objects.filter(|object| object.get("withheld") == Some(&true.into())) {
        let unchanged = object.get("action") == Some(&Action::Unchanged.word().into());
        let names = if unchanged { &mut withheld.unchanged } else { &mut withheld.changed };
        names.push(declaration::name_of(object));
    }
    withheld
}

fn manifest(entry: &PlanEntry) -> Option<Value> {
    let mut object = entry.source.as_ref()?.object.clone();
    if let Some(namespace) = &entry.key.namespace {
        object.set_meta("namespace", namespace.as_str());
    }
    Some(object.into_value())
}

impl SavedPlan {
    /// Reads a saved plan; entries that change nothing are left out.
    pub fn read(text: &str) -> Result<Self, SavedPlanError> {
        let document: Map<String, Value> = serde_json::from_str(text)?;
        if document.get("apiVersion") != Some(&API_VERSION.into()) || document.get("kind") != Some(&"Plan".into()) {
            return Err(SavedPlanError::OtherKind);
        }
        let text = |member: &str| document.get(member).and_then(Value::as_str).map(str::to_owned);
        let malformed = |member: &str| SavedPlanError::Malformed(member.to_owned());
        let objects = document.get("objects").and_then(Value::as_array).ok_or_else(|| malformed("objects"))?;
        let set = document.get("set").map(|set| SavedSet::read(set).ok_or_else(|| malformed("set"))).transpose()?;
        let declaration = Declaration::read(objects);
        let mut sources = Sources::default();
        let objects: Vec<SavedObject> =
            objects.iter().filter_map(|object| SavedObject::read(object, &mut sources).transpose()).collect::<Result<_, _>>()?;
        // Only members of a set leave one.
        if let Some(stray) = objects.iter().find(|object| object.leaves && set.is_none()) {
            return Err(malformed(&format!("the action of {}/{}", stray.manifest.kind().to_lowercase(), stray.manifest.name())));
        }
        Ok(Self {
            target: text("target").ok_or_else(|| malformed("target"))?,
            field_manager: text("fieldManager").ok_or_else(|| malformed("fieldManager"))?,
            force: document.get("forceConflicts").and_then(Value::as_bool).unwrap_or_default(),
            set,
            objects,
            declaration,
        })
    }
}

impl SavedSet {
    fn to_json(&self) -> Value {
        let mut members = json!({
            "apiVersion": self.gvk.api_version(),
            "kind": self.gvk.kind,
            "name": self.key.name,
            "prune": self.prune,
            "groupKinds": self.scope.kinds.iter().map(GroupKind::to_string).collect::<Vec<_>>(),
            "namespaces": self.scope.namespaces,
        });
        let optional = [("namespace", &self.key.namespace), ("resourceVersion", &self.resource_version)];
        for (name, text) in optional.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
            members[name] = text.as_str().into();
        }
        members
    }

    fn read(set: &Value) -> Option<Self> {
        let text = |member: &str| set.get(member).and_then(Value::as_str);
        let list = |member: &str| -> Option<Vec<&str>> { set.get(member)?.as_array()?.iter().map(Value::as_str).collect() };
        let version = GroupVersion::parse(text("apiVersion")?)?;
        let kinds = list("groupKinds")?.into_iter().map(GroupKind::parse).collect();
        let namespaces = list("namespaces")?.into_iter().map(str::to_owned).collect();
        Some(Self {
            gvk: Gvk::new(&version.group, &version.version, text("kind")?),
            key: ObjectKey::new(text("namespace"), text("name")?),
            resource_version: text("resourceVersion").map(str::to_owned),
            prune: set.get("prune")?.as_bool()?,
            scope: Scope { kinds, namespaces },
        })
    }
}

/// The sources that a plan names, each once.
#[derive(Default)]
struct Sources(HashMap<String, Arc<Source>>);

impl Sources {
    /// A place as documents write it; `None` where `position` is none.
    fn origin(&mut self, position: &Value) -> Option<Origin> {
        let number = |member: &str| u32::try_from(position.get(member)?.as_u64()?).ok();
        let name = position.get("file")?.as_str()?;
        let mark = Mark { line: number("line")?, column: number("column")? };
        let source = self.0.entry(name.to_owned()).or_insert_with(|| Arc::new(Source::new(name, "")));
        Some(Origin { source: Arc::clone(source), mark })
    }

    /// What is known of an object's places; nothing where `object` says nothing of them.
    fn desired(&mut self, object: &Value, manifest: &Object) -> Result<Option<Arc<Desired>>, ()> {
        let Some(own) = object.get("source") else { return Ok(None) };
        let own = self.origin(own).ok_or(())?;
        let changes = object.get("changes").and_then(Value::as_array).into_iter().flatten();
        let placed = changes.filter_map(|change| Some((change.get("path")?.as_str()?, change.get("source")?)));
        let fields = placed.map(|(path, place)| Ok((path, self.origin(place).ok_or(())?))).collect::<Result<Vec<_>, ()>>()?;
        Ok(Some(Arc::new(Desired::known_at(manifest.clone(), own, &fields))))
    }
}

/// An object of which a plan says only which it is.
fn named(object: &Value) -> Option<Object> {
    let mut metadata = json!({"name": object.get("name")?.as_str()?});
    if let Some(namespace) = object.get("namespace") {
        metadata["namespace"] = namespace.as_str()?.into();
    }
    let document = json!({"apiVersion": object.get("apiVersion")?.as_str()?, "kind": object.get("kind")?.as_str()?, "metadata": metadata});
    Object::from_value(document).ok()
}

impl SavedObject {
    fn read(object: &Value, sources: &mut Sources) -> Result<Option<Self>, SavedPlanError> {
        let text = |member: &str| object.get(member).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{}/{}", text("kind").to_lowercase(), text("name"));
        let action = Action::ALL.into_iter().find(|action| action.word() == text("action"));
        let action = match action {
            Some(Action::Unchanged) => return Ok(None),
            Some(action) => action,
            None => return Err(SavedPlanError::Malformed(format!("the action of {name}"))),
        };
        let leaves = object.get("leavesSet") == Some(&true.into());
        if leaves != (action == Action::Delete) && action != Action::Update {
            return Err(SavedPlanError::Malformed(format!("the action of {name}")));
        }
        let compared_with = (action != Action::Create).then(|| (text("uid").to_owned(), text("resourceVersion").to_owned()));
        if leaves {
            let manifest = named(object).ok_or(SavedPlanError::Malformed(name))?;
            return Ok(Some(Self { action, manifest, source: None, leaves, compared_with }));
        }
        if object.get("withheld") == Some(&true.into()) {
            return Err(SavedPlanError::Withheld(name));
        }
        let manifest = object.get("manifest").ok_or_else(|| SavedPlanError::NoManifest(name.clone()))?;
        let malformed = |what: &str| SavedPlanError::Malformed(format!("the {what} of {name}"));
        let manifest = Object::from_value(manifest.clone()).map_err(|_| malformed("manifest"))?;
        let source = sources.desired(object, &manifest).map_err(|()| malformed("source"))?;
        Ok(Some(Self { action, manifest, source, leaves, compared_with }))
    }

    /// How the live object differs from the one that the plan was made with; `None` where it does not.
    #[must_use]
    pub fn moved(&self, live: Option<&Object>) -> Option<String> {
        match (&self.compared_with, live) {
            (None, None) => None,
            (None, Some(live)) => Some(format!("it exists by now (uid {})", live.uid())),
            (Some(_), None) => Some("it is gone".to_owned()),
            (Some((uid, _)), Some(live)) if *uid != live.uid() => {
                Some(format!("it is another object: uid {} where the plan has {uid}", live.uid()))
            }
            (Some((_, version)), Some(live)) if Some(version.as_str()) != live.resource_version() => {
                let now = live.resource_version().unwrap_or_default();
                Some(format!("it has changed: resourceVersion {now} where the plan has {version}"))
            }
            _ => None,
        }
    }
}

/// Objects of a plan that have moved on since it was made, each with how. `placed` are those of the plan's objects, in their order.
#[must_use]
pub fn moved(objects: &[SavedObject], placed: &[Placed], live: &Live) -> Vec<Failure> {
    let how = |object: &SavedObject, placed: &Placed| match live.problem(placed) {
        Some(error) => Some(format!("it cannot be read: {error}")),
        None => object.moved(live.object(placed)),
    };
    let pairs = objects.iter().zip(placed);
    pairs.filter_map(|(object, placed)| Some(placed.failure(ObjectError::OutOfDate(how(object, placed)?)))).collect()
}

/// Makes an apply fail with a conflict if the object moves between the look and the apply.
pub fn pin(placed: &mut Placed, object: &SavedObject, live: Option<&Object>) {
    let Some((uid, version)) = &object.compared_with else { return };
    // Taking fields over from client-side apply is a write of its own, and guards itself; a new object has no version yet.
    let taken_over = live.is_some_and(|live| !super::adopt::client_side_managers(live).is_empty());
    if object.action == Action::Update && !taken_over {
        placed.object.set_meta("uid", json!(uid));
        placed.object.set_meta("resourceVersion", json!(version));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::manifest::{self, Source};
    use crate::object::{Gvk, ObjectKey};
    use crate::plan::OwnersShown;
    use crate::plan::render::{DocumentOptions, document};

    fn entry(kind: &str, action: Action) -> PlanEntry {
        let text = format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\ndata: {{k: aHVudGVy}}\n");
        let source = Arc::new(Source::new("a.yaml", text));
        let desired = manifest::parse([Ok(source)]).unwrap().remove(0);
        let mut before = desired.object.clone();
        before.set_meta("uid", "u-1");
        before.set_meta("resourceVersion", "7");
        PlanEntry {
            gvk: Gvk::new("", "v1", kind),
            plural: "xs".to_owned(),
            key: ObjectKey::new(Some("shop"), "a"),
            action,
            before: (action != Action::Create).then_some(before),
            after: Some(desired.object.clone()),
            origin: Some(desired.origin.clone()),
            source: Some(Arc::new(desired)),
            reason: None,
        }
    }

    fn text(entries: Vec<PlanEntry>, include_secrets: bool) -> String {
        let plan = Plan { entries };
        let owners = OwnersShown { manager: "me", all: false };
        let document = document(&plan, &[], &[], DocumentOptions { target: "here", mask: true, owners });
        saved(document, &plan, SaveOptions { force: true, include_secrets, set: None }).to_string()
    }

    #[test]
    fn what_is_saved_is_read_again_without_what_stays_as_it_is() {
        let plan = text(
            vec![entry("ConfigMap", Action::Update), entry("ConfigMap", Action::Unchanged), entry("ConfigMap", Action::Create)],
            false,
        );
        let plan = SavedPlan::read(&plan).unwrap();
        assert_eq!((plan.target.as_str(), plan.field_manager.as_str(), plan.force), ("here", "me", true));
        let told: Vec<_> =
            plan.objects.iter().map(|object| (object.action, object.compared_with.clone(), object.manifest.namespace())).collect();
        let compared_with = Some(("u-1".to_owned(), "7".to_owned()));
        assert_eq!(told, [(Action::Update, compared_with, Some("shop")), (Action::Create, None, Some("shop"))]);
    }

    #[test]
    fn a_plan_knows_where_objects_and_what_differs_of_them_are_written() {
        let other = r#"{"k": "other"}"#;
        let mut changed = entry("ConfigMap", Action::Update);
        changed.before.as_mut().unwrap().root_mut().insert("data".to_owned(), serde_json::from_str(other).unwrap());
        let text = text(vec![changed], false);
        let plan = SavedPlan::read(&text).unwrap();
        let source = plan.objects[0].source.as_ref().unwrap();
        let places = ["", "data.k", "metadata.name"].map(|field| source.locate(field).to_string());
        assert_eq!(places, ["a.yaml:1:1", "a.yaml:4:8", "a.yaml:1:1"]);
        assert_eq!(source.origin.excerpt(), "", "the text is not in the plan");
        let malformed = SavedPlan::read(&text.replace("\"line\":", "\"lime\":")).unwrap_err();
        assert_eq!(malformed.to_string(), "the source of configmap/a is missing or malformed");
        let mut unplaced: Value = serde_json::from_str(&text).unwrap();
        unplaced["objects"][0].as_object_mut().unwrap().remove("source");
        assert!(SavedPlan::read(&unplaced.to_string()).unwrap().objects[0].source.is_none());
    }

    #[test]
    fn what_is_no_saved_plan_is_told() {
        let told = |text: &str| SavedPlan::read(text).unwrap_err().to_string();
        assert_eq!(told("{"), "it is not JSON: EOF while parsing an object at line 1 column 1");
        let other = format!("it is no plan of {API_VERSION}, which `trueup plan -o` saves");
        assert_eq!(told("{}"), other);
        let mut printed: Value = serde_json::from_str(&text(vec![entry("ConfigMap", Action::Create)], false)).unwrap();
        printed["objects"][0].as_object_mut().unwrap().remove("manifest");
        assert_eq!(told(&printed.to_string()), "configmap/a has no manifest in it; `trueup plan -o` saves plans that can be applied");
        printed["objects"] = Value::Array(Vec::new());
        printed.as_object_mut().unwrap().remove("target");
        assert_eq!(told(&printed.to_string()), "target is missing or malformed");
    }

    #[test]
    fn values_of_secrets_are_saved_only_on_demand_and_a_plan_without_them_is_not_carried_out() {
        let plan = text(vec![entry("Secret", Action::Update)], false);
        assert!(!plan.contains("aHVudGVy"), "{plan}");
        assert_eq!(withheld(&serde_json::from_str(&plan).unwrap()).changed, ["secret/a in namespace shop"]);
        assert_eq!(SavedPlan::read(&plan).unwrap_err().to_string(), "it does not hold the values of secret/a, which it changes");
        let plan = text(vec![entry("Secret", Action::Update)], true);
        assert_eq!(SavedPlan::read(&plan).unwrap().objects[0].manifest.get_str(&["data", "k"]), Some("aHVudGVy"));
        assert!(SavedPlan::read(&text(vec![entry("Secret", Action::Unchanged)], false)).unwrap().objects.is_empty());
    }

    #[test]
    fn a_plan_names_its_set_and_what_leaves_it() {
        let left = |action| PlanEntry { source: None, origin: None, after: None, ..entry("ConfigMap", action) };
        let plan = Plan { entries: vec![left(Action::Delete), left(Action::Update)] };
        let owners = OwnersShown { manager: "me", all: false };
        let document = document(&plan, &[], &[], DocumentOptions { target: "here", mask: true, owners });
        let kinds = [GroupKind::parse("ConfigMap"), GroupKind::parse("Deployment.apps")].into();
        let set = SavedSet {
            gvk: Gvk::new("", "v1", "Secret"),
            key: ObjectKey::new(Some("a"), "shop"),
            resource_version: Some("7".to_owned()),
            prune: true,
            scope: Scope { kinds, namespaces: ["a".to_owned()].into() },
        };
        let text = saved(document.clone(), &plan, SaveOptions { force: false, include_secrets: false, set: Some(&set) }).to_string();
        let read = SavedPlan::read(&text).unwrap();
        assert_eq!(read.set, Some(set));
        let told: Vec<_> = read.objects.iter().map(|object| (object.action, object.leaves, object.manifest.key().to_string())).collect();
        assert_eq!(told, [(Action::Delete, true, "shop/a".to_owned()), (Action::Update, true, "shop/a".to_owned())]);
        let without = saved(document, &plan, SaveOptions { force: false, include_secrets: false, set: None }).to_string();
        assert_eq!(SavedPlan::read(&without).unwrap_err().to_string(), "the action of configmap/a is missing or malformed");
    }

    #[test]
    fn what_is_no_plan_is_refused_by_what_is_wrong_with_it() {
        let refused = |text: &str| SavedPlan::read(text).unwrap_err().to_string();
        assert!(refused("kind: Plan").starts_with("it is not JSON: "));
        assert!(refused("{\"kind\": \"ConfigMap\"}").starts_with("it is no plan of trueup.dev/v1"));
        assert_eq!(refused("{\"apiVersion\": \"trueup.dev/v1\", \"kind\": \"Plan\"}"), "objects is missing or malformed");
        let other = text(vec![entry("ConfigMap", Action::Update)], false).replace("\"manifest\"", "\"x\"");
        assert!(refused(&other).starts_with("configmap/a has no manifest in it"));
        let other = text(vec![entry("ConfigMap", Action::Update)], false).replace("\"update\"", "\"sing\"");
        assert_eq!(refused(&other), "the action of configmap/a is missing or malformed");
    }

    #[test]
    fn an_object_that_came_went_or_changed_has_moved() {
        let live = |uid: &str, version: &str| {
            Object::from_value(json!({"kind": "ConfigMap", "metadata": {"name": "a", "uid": uid, "resourceVersion": version}})).unwrap()
        };
        let plan = SavedPlan::read(&text(vec![entry("ConfigMap", Action::Update), entry("ConfigMap", Action::Create)], false)).unwrap();
        let (update, create) = (&plan.objects[0], &plan.objects[1]);
        assert_eq!(update.moved(Some(&live("u-1", "7"))), None);
        assert_eq!(update.moved(Some(&live("u-1", "8"))).unwrap(), "it has changed: resourceVersion 8 where the plan has 7");
        assert_eq!(update.moved(Some(&live("u-2", "7"))).unwrap(), "it is another object: uid u-2 where the plan has u-1");
        assert_eq!(update.moved(None).unwrap(), "it is gone");
        assert_eq!(create.moved(None), None);
        assert_eq!(create.moved(Some(&live("u-2", "7"))).unwrap(), "it exists by now (uid u-2)");
    }
}
