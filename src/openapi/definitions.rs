//! Types as OpenAPI describes them, from compiled schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Dialect;
use crate::object::Gvk;
use crate::schema::{Catalog, ListType, Node, Number, Resource, Scalar, Schema, SchemaNode, Shape, Verbs, builtin};

/// The name of the type that all lists have as their `metadata`.
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const PRESERVE: &str = "x-kubernetes-preserve-unknown-fields";
const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

/// How a place uses its type: a field has a description of its own, an item or a whole document has that of the type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Field,
    Whole,
}

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
            (Some(declared), Dialect::V3) => {
                let mut declared = declared.clone();
                spell_out(&mut declared, &self.object_meta());
                declared
            }
            _ => self.root(&schema),
        };
        // kubectl checks objects against version 2 by itself and knows of no unknown members: it is told of no members at all.
        let open = resource.custom && definition.get(PRESERVE).is_some() && self.dialect == Dialect::V2;
        if resource.custom && !open {
            self.complete(&mut definition);
        }
        definition["x-kubernetes-group-version-kind"] = kinds_of(&resource.gvk);
        self.done.insert(name.clone(), definition);
        if !resource.verbs.contains(Verbs::LIST) {
            return;
        }
        let list = Gvk { kind: resource.list_kind.clone(), ..resource.gvk.clone() };
        let list_name = list_type_name(resource);
        let list = self.list(&name, &list);
        self.done.insert(list_name, list);
    }

    /// What leads to the type of a built-in kind that is no resource, such as `Status`; `None` where nothing is known of it.
    pub(super) fn built_in(&mut self, gvk: &Gvk) -> Option<Value> {
        let schema = builtin(gvk)?;
        let reference = self.place(schema.root(), Use::Whole, &atomic_names(&schema));
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

    fn root(&mut self, schema: &Schema) -> Value {
        let mut definition = self.structure(schema.root(), &atomic_names(schema));
        let description = &*schema.root().node().description;
        if !description.is_empty() {
            definition["description"] = description.into();
        }
        definition
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
            (Some(metadata), Some(schema)) if &*metadata.node().type_name == OBJECT_META => {
                self.place(metadata, Use::Field, &atomic_names(schema))
            }
            _ => json!({"type": "object"}),
        }
    }

    /// The type at a place: what leads to it where it has a name, the type itself where it has none.
    fn place(&mut self, place: SchemaNode<'_>, used: Use, atomic: &BTreeSet<&str>) -> Value {
        let node = place.node();
        let mut described = Map::new();
        let mut schema = if node.type_name.is_empty() {
            self.structure(place, atomic)
        } else {
            self.define(place, used, atomic);
            if place.is_atomic_map() && !atomic.contains(&*node.type_name) {
                described.insert("x-kubernetes-map-type".to_owned(), "atomic".into());
            }
            self.to(&node.type_name)
        };
        self.describe(node, &mut described);
        if used == Use::Whole && !node.type_name.is_empty() {
            described.remove("description");
        }
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

    fn define(&mut self, place: SchemaNode<'_>, used: Use, atomic: &BTreeSet<&str>) {
        let name = &*place.node().type_name;
        if !self.done.contains_key(name) {
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
        if let (Use::Whole, Some(Value::Object(definition))) = (used, self.done.get_mut(name)) {
            definition.insert("description".to_owned(), (*place.node().description).into());
        }
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
            // Version 2 has no word for null: a place that takes it is said to take anything.
            _ if place.node().nullable && self.dialect == Dialect::V2 => json!({}),
            Shape::Any => any(place.node()),
            Shape::Scalar(scalar) => self.scalar(*scalar),
            Shape::List { list_type, .. } => self.items(place, list_type, atomic),
            Shape::Map { .. } => {
                let value = place.member("").map(|value| self.place(value, Use::Whole, atomic));
                json!({"type": "object", "additionalProperties": value.unwrap_or_else(|| json!({}))})
            }
            Shape::Struct { preserve_unknown: true, .. } if self.dialect == Dialect::V2 => json!({"type": "object", PRESERVE: true}),
            Shape::Struct { fields, required, preserve_unknown, embedded_resource, .. } => {
                let properties = fields.keys().filter_map(|name| Some((name.to_string(), place.member(name)?)));
                let properties: Map<String, Value> =
                    properties.map(|(name, field)| (name, self.place(field, Use::Field, atomic))).collect();
                structure(properties, required, *preserve_unknown, *embedded_resource)
            }
        };
        if place.is_atomic_map() {
            schema["x-kubernetes-map-type"] = "atomic".into();
        }
        schema
    }

    fn items(&mut self, place: SchemaNode<'_>, list_type: &ListType, atomic: &BTreeSet<&str>) -> Value {
        let item = place.item().map(|item| self.place(item, Use::Whole, atomic));
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

/// Says in the words of OpenAPI what a schema says in extensions: that a place takes numbers and texts, or holds an object with metadata.
fn spell_out(schema: &mut Value, metadata: &Value) {
    let Value::Object(members) = schema else { return };
    let says = |members: &Map<String, Value>, extension: &str| members.get(extension) == Some(&Value::Bool(true));
    if says(members, "x-kubernetes-int-or-string") && !members.contains_key("anyOf") && !members.contains_key("allOf") {
        members.insert("anyOf".to_owned(), json!([{"type": "integer"}, {"type": "string"}]));
    }
    for place in ["items", "additionalProperties"] {
        members.get_mut(place).into_iter().for_each(|inner| spell_out(inner, metadata));
    }
    members.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten().for_each(|(_, inner)| spell_out(inner, metadata));
    if !says(members, "x-kubernetes-embedded-resource") {
        return;
    }
    let text = json!({"type": "string"});
    for (name, inner) in [("apiVersion", &text), ("kind", &text), ("metadata", metadata)] {
        schema["properties"][name] = inner.clone();
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let added = ["kind", "apiVersion"].map(Value::from).into_iter().filter(|name| !required.contains(name));
    schema["required"] = required.iter().cloned().chain(added).collect();
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
        schema[PRESERVE] = true.into();
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
        Some("") | None => json!({PRESERVE: true}),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{MapKey, NodeId, PatchStrategy};

    fn node(shape: Shape) -> Node {
        Node { shape, ..Node::default() }
    }

    fn named(name: &str, shape: Shape) -> Node {
        Node { type_name: name.into(), description: format!("a {name}").into(), ..node(shape) }
    }

    fn fields(fields: &[(&str, u32)], atomic: bool) -> Shape {
        let fields = fields.iter().map(|(name, id)| (Arc::from(*name), NodeId(*id))).collect();
        Shape::Struct { fields, required: vec![], preserve_unknown: false, atomic, embedded_resource: false }
    }

    /// A type that contains itself, lists, and scalars of the special kinds.
    fn tree() -> Resource {
        let crd = json!({
            "metadata": {"name": "trees.example.com"},
            "spec": {
                "group": "example.com", "scope": "Cluster", "names": {"plural": "trees", "kind": "Tree"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}],
            },
        });
        let crd = crate::object::Object::from_value(crd).expect("an object");
        let resource = crate::schema::from_crd(&crd).expect("valid").remove(0);
        let keys = ListType::Map(vec![MapKey { name: "name".into(), default: None }]);
        let merge = PatchStrategy { merge: true, merge_key: Some("name".into()), retain_keys: true, replace: false };
        let nodes = vec![
            named("t.Tree", fields(&[("child", 1), ("leaves", 2), ("owner", 4), ("size", 5), ("port", 6), ("seen", 7)], false)),
            Node { default: Some(json!({})), ..named("t.Tree", fields(&[("child", 1)], false)) },
            Node { patch: Some(merge), ..node(Shape::List { item: NodeId(3), list_type: keys }) },
            named("t.Leaf", Shape::Map { value: NodeId(8), atomic: false }),
            named("t.Owner", fields(&[], true)),
            node(Shape::Scalar(Scalar::Quantity)),
            Node { nullable: true, ..node(Shape::Scalar(Scalar::IntOrString)) },
            node(Shape::Scalar(Scalar::Time)),
            node(Shape::Any),
        ];
        let mut tree = resource.with_schema(Schema { nodes });
        tree.custom = false;
        tree.declared_schema = None;
        tree
    }

    fn defined(dialect: Dialect) -> Map<String, Value> {
        let mut definitions = Definitions::new(dialect);
        definitions.add_resource(&tree());
        definitions.finish()
    }

    #[test]
    fn named_types_are_definitions_and_fields_keep_what_is_theirs() {
        let definitions = defined(Dialect::V2);
        assert_eq!(definitions.keys().collect::<Vec<_>>(), [LIST_META, "t.Leaf", "t.Owner", "t.Tree", "t.TreeList"]);
        let any = json!({PRESERVE: true});
        assert_eq!(definitions["t.Leaf"], json!({"description": "a t.Leaf", "type": "object", "additionalProperties": any}));
        assert_eq!(definitions["t.Owner"], json!({"type": "object", "x-kubernetes-map-type": "atomic"}));
        assert_eq!(
            definitions["t.Tree"],
            json!({
                "description": "a t.Tree", "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Tree"}],
                "properties": {
                    "child": {"$ref": "#/definitions/t.Tree", "description": "a t.Tree", "default": {}},
                    "leaves": {
                        "type": "array", "items": {"$ref": "#/definitions/t.Leaf"},
                        "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "x-kubernetes-patch-strategy": "merge,retainKeys", "x-kubernetes-patch-merge-key": "name",
                    },
                    "owner": {"$ref": "#/definitions/t.Owner", "description": "a t.Owner"},
                    "size": {"type": "string"},
                    "port": {},
                    "seen": {"type": "string", "format": "date-time"},
                },
            })
        );
    }

    #[test]
    fn version_three_wraps_references_and_knows_null_and_alternatives() {
        let definitions = defined(Dialect::V3);
        let properties = &definitions["t.Tree"]["properties"];
        let reference = json!({"$ref": "#/components/schemas/t.Tree"});
        assert_eq!(properties["child"], json!({"allOf": [reference], "description": "a t.Tree", "default": {}}));
        let either = json!([{"type": "integer"}, {"type": "string"}]);
        assert_eq!(properties["port"], json!({"format": "int-or-string", "oneOf": either, "nullable": true}));
        assert_eq!(definitions["t.TreeList"]["properties"]["items"]["items"], reference);
        assert_eq!(definitions["t.TreeList"]["x-kubernetes-group-version-kind"][0]["kind"], "TreeList");
    }

    #[test]
    fn a_custom_type_is_published_as_it_was_declared() {
        let declared = json!({"type": "object", "properties": {"spec": {"type": "string", "enum": ["a"]}, "kind": {"type": "integer"}}});
        let mut resource = tree().with_schema(Schema::any());
        resource.custom = true;
        resource.declared_schema = Some(declared);
        let mut definitions = Definitions::new(Dialect::V3);
        definitions.add_resource(&resource);
        let definition = &definitions.finish()["com.example.v1.Tree"];
        assert_eq!(definition["properties"]["spec"], json!({"type": "string", "enum": ["a"]}));
        assert_eq!(definition["properties"]["kind"], json!({"type": "string"}));
        assert!(definition["properties"]["metadata"].is_object());
    }

    #[test]
    fn extensions_of_a_declared_type_are_spelled_out_in_version_three() {
        let either = json!({"x-kubernetes-int-or-string": true});
        let own = json!({"x-kubernetes-int-or-string": true, "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}]});
        let inner = json!({
            "type": "object", "x-kubernetes-embedded-resource": true, "required": ["kind", "spec"], "properties": {"spec": either},
        });
        let spec = json!({"type": "object", "properties": {
            "one": either, "own": own, "list": {"type": "array", "items": either}, "inner": inner,
        }});
        let mut resource = tree().with_schema(Schema::any());
        resource.custom = true;
        resource.declared_schema = Some(json!({"type": "object", "properties": {"spec": spec}}));
        let mut definitions = Definitions::new(Dialect::V3);
        definitions.add_resource(&resource);
        let definition = &definitions.finish()["com.example.v1.Tree"];
        let properties = &definition["properties"]["spec"]["properties"];
        let spelled = json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]});
        assert_eq!((&properties["one"], &properties["list"]["items"], &properties["own"]), (&spelled, &spelled, &own));
        let inner = &properties["inner"];
        assert_eq!((&inner["required"], &inner["properties"]["spec"]), (&json!(["kind", "spec", "apiVersion"]), &spelled));
        assert_eq!(inner["properties"]["apiVersion"], json!({"type": "string"}));
        assert_eq!(inner["properties"]["metadata"], definition["properties"]["metadata"]);
    }
}
