//! Objects of the built-in kinds in which every field has a value: the compiled schema says which fields there are, `values.yaml` what they
//! take where any value of the type would not do.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use trueup::schema::{Catalog, Number, Resource, Scalar, SchemaNode, Shape};

/// A type's name without its package, and a field of it.
pub(super) type Field = (String, String);

/// The table of `values.yaml`, by type.
pub(super) struct Filler(BTreeMap<String, Rules>);

/// What the table says of one type; the head of the file explains it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Rules {
    values: Map<String, Value>,
    one_of: Vec<Map<String, Value>>,
    kinds: BTreeMap<String, Map<String, Value>>,
    never: BTreeMap<String, String>,
    opaque: BTreeMap<String, String>,
}

impl Filler {
    /// Reads the table, which is not compiled in: who mends a value need not build anew.
    pub(super) fn load() -> Self {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/weight/values.yaml")).unwrap();
        let mut read = trueup::yaml::read(&text, false);
        assert_eq!(read.errors, []);
        Self(serde_json::from_value(read.nodes.remove(0).into_value()).unwrap())
    }

    fn rules(&self, type_name: &str) -> Option<&Rules> {
        self.0.get(&short(type_name))
    }

    /// Every type that the table names and no served kind has.
    pub(super) fn unknown_types(&self) -> Vec<&String> {
        let known: BTreeSet<String> = kinds().iter().flat_map(|kind| self.reachable(kind)).map(|(type_name, _)| type_name).collect();
        self.0.keys().filter(|type_name| !known.contains(*type_name)).collect()
    }

    /// As many objects of a kind as it takes for the members that exclude each other.
    pub(super) fn objects(&self, kind: &Resource) -> Vec<Value> {
        let schema = kind.schema();
        let mut objects = Vec::new();
        let most = Cell::new(1);
        while objects.len() < most.get() {
            let walk = Walk { filler: self, kind: &kind.gvk.kind, variant: objects.len(), most: &most };
            let mut object = walk.structure(schema.root(), None, 0);
            object["apiVersion"] = kind.gvk.api_version().into();
            object["kind"] = kind.gvk.kind.as_str().into();
            object["metadata"]["name"] = name(kind, objects.len()).into();
            match kind.namespaced {
                true => object["metadata"]["namespace"] = "default".into(),
                false => drop(object["metadata"].as_object_mut().map(|metadata| metadata.remove("namespace"))),
            }
            objects.push(object);
        }
        objects
    }

    /// The fields of a kind that no object fills, those apart that the table argues.
    pub(super) fn unfilled(&self, kind: &Resource, objects: &[Value]) -> (BTreeSet<Field>, BTreeSet<Field>) {
        let mut filled = BTreeSet::new();
        let schema = kind.schema();
        objects.iter().for_each(|object| fields(schema.root(), object, &mut filled));
        let missing = self.reachable(kind).into_iter().filter(|field| !filled.contains(field));
        missing.partition(|(type_name, field)| !self.0.get(type_name).is_some_and(|rules| rules.never.contains_key(field)))
    }

    /// Every argument of the table.
    pub(super) fn arguments(&self) -> BTreeSet<Field> {
        let never = |(name, rules): (&String, &Rules)| rules.never.keys().map(|field| (name.clone(), field.clone())).collect::<Vec<_>>();
        self.0.iter().flat_map(never).collect()
    }

    fn reachable(&self, kind: &Resource) -> BTreeSet<Field> {
        let schema = kind.schema();
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        self.visit(schema.root(), &mut seen, &mut found);
        found
    }

    fn visit(&self, place: SchemaNode<'_>, seen: &mut BTreeSet<Arc<str>>, found: &mut BTreeSet<Field>) {
        match place.shape() {
            Shape::List { item, .. } => self.visit(place.at(*item), seen, found),
            Shape::Map { value, .. } => self.visit(place.at(*value), seen, found),
            Shape::Struct { fields, .. } if seen.insert(Arc::clone(&place.node().type_name)) => {
                let type_name = &place.node().type_name;
                let rules = self.rules(type_name);
                for (name, id) in fields.iter().filter(|(name, id)| !is_status(name, place.at(**id))) {
                    found.insert((short(type_name), name.to_string()));
                    if !rules.is_some_and(|rules| rules.opaque.contains_key(&**name) || rules.never.contains_key(&**name)) {
                        self.visit(place.at(*id), seen, found);
                    }
                }
            }
            Shape::Struct { .. } | Shape::Scalar(_) | Shape::Any => {}
        }
    }
}

/// The kinds that can be applied.
pub(super) fn kinds() -> Vec<Arc<Resource>> {
    let catalog = Catalog::builtin();
    let all = catalog.resources().filter(|kind| kind.verbs.has("create") && kind.verbs.has("patch"));
    all.cloned().collect()
}

/// A status is written by a controller, through a path of its own.
fn is_status(name: &str, place: SchemaNode<'_>) -> bool {
    name == "status" && place.node().type_name.ends_with("Status")
}

/// `core.v1.Pod` of `io.k8s.api.core.v1.Pod`.
fn short(type_name: &str) -> String {
    let parts: Vec<&str> = type_name.split('.').collect();
    parts[parts.len().saturating_sub(3)..].join(".")
}

/// Some kinds have names of a form of their own.
fn name(kind: &Resource, variant: usize) -> String {
    match (kind.gvk.group.as_str(), kind.gvk.kind.as_str()) {
        (_, "IPAddress") => format!("10.96.200.{}", variant + 1),
        (_, "CustomResourceDefinition") => "wholes.full.example.com".to_owned(),
        // The same objects as those of the core group.
        ("events.k8s.io", _) => format!("full-new-{variant}"),
        // The same objects as those of `autoscaling/v2`.
        ("autoscaling", _) if kind.gvk.version == "v1" => format!("full-old-{variant}"),
        ("apiregistration.k8s.io", _) => "v1.alone.example.com".to_owned(),
        _ => format!("full-{variant}"),
    }
}

/// The fields that a document fills.
fn fields(place: SchemaNode<'_>, value: &Value, filled: &mut BTreeSet<Field>) {
    match (place.shape(), value) {
        (Shape::Struct { preserve_unknown: true, .. }, _) => {}
        (Shape::Struct { fields: known, .. }, Value::Object(members)) => {
            for (name, value) in members {
                let Some(id) = known.get(name.as_str()) else { panic!("{} has no field {name}", place.node().type_name) };
                filled.insert((short(&place.node().type_name), name.clone()));
                fields(place.at(*id), value, filled);
            }
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => members.values().for_each(|value| fields(place.at(*id), value, filled)),
        (Shape::List { item, .. }, Value::Array(items)) => items.iter().for_each(|value| fields(place.at(*item), value, filled)),
        _ => {}
    }
}

/// The making of one object.
struct Walk<'a> {
    filler: &'a Filler,
    kind: &'a str,
    /// Which of the members that exclude each other this object has.
    variant: usize,
    /// How many such members the type with the most of them has.
    most: &'a Cell<usize>,
}

impl Walk<'_> {
    fn value(&self, place: SchemaNode<'_>, field: &str, depth: usize) -> Value {
        assert!(depth < 40, "{field} never ends");
        match place.shape() {
            Shape::Any => json!({"any": ["a", 1]}),
            Shape::Struct { .. } => self.structure(place, None, depth),
            Shape::Map { value, .. } => json!({"key": self.value(place.at(*value), field, depth + 1)}),
            Shape::List { item, .. } => {
                let item = place.at(*item);
                match self.filler.rules(&item.node().type_name).filter(|rules| !rules.one_of.is_empty()) {
                    Some(rules) => rules.one_of.iter().map(|one| self.structure(item, Some(one), depth + 1)).collect(),
                    None => json!([self.value(item, field, depth + 1)]),
                }
            }
            Shape::Scalar(Scalar::String) => if field == "name" { "name" } else { "text" }.into(),
            Shape::Scalar(Scalar::Bytes) => "dGV4dA==".into(),
            Shape::Scalar(Scalar::Time) if place.node().type_name.ends_with("MicroTime") => "2026-11-22T10:00:00.000000Z".into(),
            Shape::Scalar(Scalar::Time) => "2026-11-22T10:00:00Z".into(),
            Shape::Scalar(Scalar::Quantity) => "1".into(),
            Shape::Scalar(Scalar::Number(Number::Float)) => json!(1.5),
            Shape::Scalar(Scalar::IntOrString | Scalar::Number(_)) => 1.into(),
            Shape::Scalar(Scalar::Boolean) => true.into(),
        }
    }

    fn structure(&self, place: SchemaNode<'_>, chosen: Option<&Map<String, Value>>, depth: usize) -> Value {
        let Shape::Struct { fields, .. } = place.shape() else { panic!("no struct: {place:?}") };
        let none = Rules::default();
        let rules = self.filler.rules(&place.node().type_name).unwrap_or(&none);
        let chosen = chosen.or_else(|| {
            self.most.set(self.most.get().max(rules.one_of.len()));
            rules.one_of.get(self.variant % rules.one_of.len().max(1))
        });
        let mut members = Map::new();
        for (field, id) in fields {
            let (field, place) = (&**field, place.at(*id));
            let made = || self.value(place, field, depth + 1);
            let in_kind = rules.kinds.get(self.kind).and_then(|values| values.get(field));
            let value = match (chosen.and_then(|one| one.get(field)), in_kind.or(rules.values.get(field))) {
                (Some(Value::Null), None) => made(),
                (Some(Value::Null) | None, Some(Value::Null)) => continue,
                (Some(Value::Null) | None, Some(value)) | (Some(value), _) => self.given(place, field, value, depth),
                (None, None) if rules.never.contains_key(field) || is_status(field, place) => continue,
                (None, None) if rules.one_of.iter().any(|one| one.contains_key(field)) => continue,
                (None, None) => made(),
            };
            members.insert(field.to_owned(), value);
        }
        Value::Object(members)
    }

    /// A value of the table, in which `$set` and `$without` change what is made of the type.
    fn given(&self, place: SchemaNode<'_>, field: &str, value: &Value, depth: usize) -> Value {
        match (place.shape(), value) {
            (Shape::List { item, .. }, Value::Array(items)) => {
                items.iter().map(|value| self.given(place.at(*item), field, value, depth + 1)).collect()
            }
            (Shape::Struct { .. }, Value::Object(given)) if given.contains_key("$set") || given.contains_key("$without") => {
                let Value::Object(mut members) = self.value(place, field, depth) else { unreachable!("a struct makes an object") };
                members.extend(given.get("$set").and_then(Value::as_object).cloned().unwrap_or_default());
                let without = given.get("$without").and_then(Value::as_array).into_iter().flatten();
                without.for_each(|name| drop(members.remove(name.as_str().unwrap())));
                Value::Object(members)
            }
            _ => value.clone(),
        }
    }
}
