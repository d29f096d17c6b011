//! Types as OpenAPI describes them, from compiled schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Dialect;
use crate::object::Gvk;
use crate::schema::{Catalog, ListType, Node, Number, Resource, Scalar, Schema, SchemaNode, Shape, builtin};

/// The name of the type that all lists have as their `metadata`.
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

/// The definitions of one document, by name.
pub(super) struct Definitions {
    pub(super) dialect: Dialect,
    done: BTreeMap<String, Value>,
}

impl Definitions {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, done: BTreeMap::new() }
    }

    pub(super) fn finish(self) -> Map<String, Value> {
        self.done.into_iter().collect()
    }

    /// Adds a resource's type and that of its lists.
    pub(super) fn add_resource(&mut self, resource: &Resource) {
        let name = type_name(resource);
        let schema = resource.schema();
        let mut definition = match (&resource.declared_schema, self.dialect) {
            (Some(declared), Dialect::V3) => declared.clone(),
            _ => self.structure(schema.root(), &atomic_names(&schema)),
        };
        if resource.custom {
            self.complete(&mut definition);
        }
        definition["x-kubernetes-group-version-kind"] = kinds_of(&resource.gvk);
        self.done.insert(name.clone(), definition);
        let list = Gvk { kind: resource.list_kind.clone(), ..resource.gvk.clone() };
        let list_name = list_type_name(resource);
        let list = self.list(&name, &list);
        self.done.insert(list_name, list);
    }

    /// What leads to the type of a built-in kind that is no resource, such as `Status`; `None` where nothing is known of it.
    pub(super) fn built_in(&mut self, gvk: &Gvk) -> Option<Value> {
        let schema = builtin(gvk)?;
        let reference = self.place(schema.root(), &atomic_names(&schema));
        let definition = self.done.get_mut(&*schema.root().node().type_name)?;
        definition["x-kubernetes-group-version-kind"] = kinds_of(gvk);
        Some(reference)
    }

    /// What leads to the type that stands for the body of a patch.
    pub(super) fn patch(&mut self) -> Value {
        let patch = || json!({"description": "The body of a patch, whose form the content type says.", "type": "object"});
        self.done.entry(PATCH.to_owned()).or_insert_with(patch);
        self.to(PATCH)
    }

    /// What leads to a definition.
    pub(super) fn to(&self, name: &str) -> Value {
        json!({"$ref": self.dialect.reference(name)})
    }

    fn list(&mut self, item: &str, gvk: &Gvk) -> Value {
        self.done.entry(LIST_META.to_owned()).or_insert_with(list_meta);
        json!({
            "description": format!("{} is a list of objects of one kind.", gvk.kind),
            "type": "object",
            "required": ["items"],
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": self.to(LIST_META),
                "items": {"type": "array", "items": self.to(item)},
            },
            "x-kubernetes-group-version-kind": kinds_of(gvk),
        })
    }

    /// Gives a custom resource's type the members that every object has.
    fn complete(&mut self, definition: &mut Value) {
        let metadata = self.object_meta();
        let text = json!({"type": "string"});
        if !definition.is_object() {
            *definition = json!({});
        }
        definition["type"] = "object".into();
        for (name, schema) in [("apiVersion", text.clone()), ("kind", text), ("metadata", metadata)] {
            definition["properties"][name] = schema;
        }
    }

    fn object_meta(&mut self) -> Value {
        let catalog = Catalog::builtin();
        let schema = catalog.resource("", "v1", "configmaps").map(|resource| resource.schema());
        let metadata = schema.as_ref().and_then(|schema| schema.root().member("metadata"));
        match (metadata, &schema) {
            (Some(metadata), Some(schema)) if &*metadata.node().type_name == OBJECT_META => self.place(metadata, &atomic_names(schema)),
            _ => json!({"type": "object"}),
        }
    }

    /// The type at a place: what leads to it where it has a name, the type itself where it has none.
    fn place(&mut self, place: SchemaNode<'_>, atomic: &BTreeSet<&str>) -> Value {
        let node = place.node();
        let mut described = Map::new();
        let mut schema = if node.type_name.is_empty() {
            self.structure(place, atomic)
        } else {
            self.define(place, atomic);
            if place.is_atomic_map() && !atomic.contains(&*node.type_name) {
                described.insert("x-kubernetes-map-type".to_owned(), "atomic".into());
            }
            self.to(&node.type_name)
        };
        self.describe(node, &mut described);
        if described.is_empty() {
            return schema;
        }
        if schema.get("$ref").is_some() && self.dialect == Dialect::V3 {
            schema = json!({"allOf": [schema]});
        }
        if let Value::Object(members) = &mut schema {
            members.append(&mut described);
        }
        schema
    }

    fn define(&mut self, place: SchemaNode<'_>, atomic: &BTreeSet<&str>) {
        let name = &*place.node().type_name;
        if self.done.contains_key(name) {
            return;
        }
        // The name is taken first, because types may contain themselves.
        self.done.insert(name.to_owned(), Value::Null);
        let mut definition = self.structure(place, atomic);
        if !atomic.contains(name)
            && let Value::Object(members) = &mut definition
        {
            members.remove("x-kubernetes-map-type");
        }
        self.done.insert(name.to_owned(), definition);
    }

    /// What a node says of the place rather than of the type.
    fn describe(&self, node: &Node, into: &mut Map<String, Value>) {
        if !node.description.is_empty() {
            into.insert("description".to_owned(), (*node.description).into());
        }
        if let Some(default) = &node.default {
            into.insert("default".to_owned(), default.clone());
        }
        if node.nullable && self.dialect == Dialect::V3 {
            into.insert("nullable".to_owned(), true.into());
        }
        let Some(patch) = &node.patch else { return };
        let strategies = [("merge", patch.merge), ("retainKeys", patch.retain_keys), ("replace", patch.replace)];
        let strategies: Vec<_> = strategies.into_iter().filter(|(_, set)| *set).map(|(word, _)| word).collect();
        if !strategies.is_empty() {
            into.insert("x-kubernetes-patch-strategy".to_owned(), strategies.join(",").into());
        }
        if let Some(key) = &patch.merge_key {
            into.insert("x-kubernetes-patch-merge-key".to_owned(), (**key).into());
        }
    }

    /// The shape of a place, whatever its name.
    fn structure(&mut self, place: SchemaNode<'_>, atomic: &BTreeSet<&str>) -> Value {
        let mut schema = match place.shape() {
            Shape::Any => any(place.node()),
            Shape::Scalar(scalar) => self.scalar(*scalar),
            Shape::List { list_type, .. } => self.items(place, list_type, atomic),
            Shape::Map { .. } => {
                let value = place.member("").map(|value| self.place(value, atomic));
                json!({"type": "object", "additionalProperties": value.unwrap_or_else(|| json!({}))})
            }
            Shape::Struct { fields, required, preserve_unknown, embedded_resource, .. } => {
                let properties = fields.keys().filter_map(|name| Some((name.to_string(), place.member(name)?)));
                let properties: Map<String, Value> = properties.map(|(name, field)| (name, self.place(field, atomic))).collect();
                structure(properties, required, *preserve_unknown, *embedded_resource)
            }
        };
        if place.is_atomic_map() {
            schema["x-kubernetes-map-type"] = "atomic".into();
        }
        if !place.node().type_name.is_empty() && !place.node().description.is_empty() {
            schema["description"] = (*place.node().description).into();
        }
        schema
    }

    fn items(&mut self, place: SchemaNode<'_>, list_type: &ListType, atomic: &BTreeSet<&str>) -> Value {
        let item = place.item().map(|item| self.place(item, atomic));
        let mut schema = json!({"type": "array", "items": item.unwrap_or_else(|| json!({}))});
        schema["x-kubernetes-list-type"] = match list_type {
            ListType::Atomic => "atomic",
            ListType::Set => "set",
            ListType::Map(_) => "map",
        }
        .into();
        if let ListType::Map(keys) = list_type {
            schema["x-kubernetes-list-map-keys"] = keys.iter().map(|key| Value::from(&*key.name)).collect();
        }
        schema
    }

    fn scalar(&self, scalar: Scalar) -> Value {
        match (scalar, self.dialect) {
            (Scalar::String, _) | (Scalar::Quantity, Dialect::V2) => json!({"type": "string"}),
            (Scalar::Quantity, Dialect::V3) => json!({"oneOf": [{"type": "string"}, {"type": "number"}]}),
            (Scalar::Bytes, _) => json!({"type": "string", "format": "byte"}),
            (Scalar::Time, _) => json!({"type": "string", "format": "date-time"}),
            (Scalar::IntOrString, Dialect::V2) => json!({"type": "string", "format": "int-or-string"}),
            (Scalar::IntOrString, Dialect::V3) => {
                json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]})
            }
            (Scalar::Boolean, _) => json!({"type": "boolean"}),
            (Scalar::Number(Number::Int32), _) => json!({"type": "integer", "format": "int32"}),
            (Scalar::Number(Number::Int64), _) => json!({"type": "integer", "format": "int64"}),
            (Scalar::Number(Number::Float), _) => json!({"type": "number", "format": "double"}),
        }
    }
}

/// The name of a resource's type, such as `io.k8s.api.apps.v1.Deployment` or `com.example.v1.Widget`.
pub(super) fn type_name(resource: &Resource) -> String {
    let compiled = resource.schema();
    let name = &compiled.root().node().type_name;
    if !name.is_empty() {
        return name.to_string();
    }
    custom_name(&resource.gvk, &resource.gvk.kind)
}

/// The name of the type of a resource's lists.
pub(super) fn list_type_name(resource: &Resource) -> String {
    if resource.custom { custom_name(&resource.gvk, &resource.list_kind) } else { format!("{}List", type_name(resource)) }
}

fn custom_name(gvk: &Gvk, kind: &str) -> String {
    let group: Vec<&str> = gvk.group.split('.').rev().filter(|part| !part.is_empty()).collect();
    group.into_iter().chain([gvk.version.as_str(), kind]).collect::<Vec<_>>().join(".")
}

fn kinds_of(gvk: &Gvk) -> Value {
    json!([{"group": gvk.group, "version": gvk.version, "kind": gvk.kind}])
}

/// The names of types of which every use in a schema is atomic: the others say so where they are used.
fn atomic_names(schema: &Schema) -> BTreeSet<&str> {
    let is_atomic = |node: &&Node| matches!(node.shape, Shape::Struct { atomic: true, .. } | Shape::Map { atomic: true, .. });
    let (atomic, others): (Vec<&Node>, Vec<&Node>) = schema.nodes.iter().filter(|node| !node.type_name.is_empty()).partition(is_atomic);
    let others: BTreeSet<&str> = others.into_iter().map(|node| &*node.type_name).collect();
    atomic.into_iter().map(|node| &*node.type_name).filter(|name| !others.contains(name)).collect()
}

fn structure(properties: Map<String, Value>, required: &[Arc<str>], preserve_unknown: bool, embedded_resource: bool) -> Value {
    let mut schema = json!({"type": "object"});
    if !properties.is_empty() {
        schema["properties"] = properties.into();
    }
    if !required.is_empty() {
        schema["required"] = required.iter().map(|name| Value::from(&**name)).collect();
    }
    if preserve_unknown {
        schema["x-kubernetes-preserve-unknown-fields"] = true.into();
    }
    if embedded_resource {
        schema["x-kubernetes-embedded-resource"] = true.into();
    }
    schema
}

/// A place that takes anything. `RawExtension` and `FieldsV1` take any object, which clients are told.
fn any(node: &Node) -> Value {
    match node.type_name.rsplit('.').next() {
        Some("RawExtension" | "FieldsV1") => json!({"type": "object"}),
        Some("") | None => json!({"x-kubernetes-preserve-unknown-fields": true}),
        Some(_) => json!({}),
    }
}

fn list_meta() -> Value {
    json!({
        "description": "What describes a list itself.",
        "type": "object",
        "properties": {
            "continue": {"type": "string", "description": "The token with which the next page is asked for; empty on the last page."},
            "remainingItemCount": {"type": "integer", "format": "int64", "description": "How many items follow on further pages."},
            "resourceVersion": {"type": "string", "description": "The revision that the list shows."},
            "selfLink": {"type": "string", "description": "No longer set."},
        },
    })
}
