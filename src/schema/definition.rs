//! The compiler for the definitions of Kubernetes' own types.
//!
//! Receives definitions that refer to one another and the table of facts; hands on nodes. A definition is read when it is first named. Invariant: every field has a node of its own,
//! because its description, default and patch strategy belong to the field, while its shape belongs to the type.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::builtin;
use super::facts::{self, Fact, Merge};
use super::node::{ListType, MapKey, Node, NodeId, Number, Scalar, Shape};

/// Puts a type and all it refers to behind the nodes there are; answers where the type is.
pub(super) fn compile(nodes: &mut Vec<Node>, definition: &str) -> NodeId {
    let mut compiler = Compiler { nodes, known: HashMap::new(), borrowed: Vec::new() };
    let id = compiler.definition(definition);
    compiler.lend_shapes();
    id
}

struct Compiler<'a> {
    nodes: &'a mut Vec<Node>,
    known: HashMap<&'static str, NodeId>,
    /// Fields and the definitions whose shape they take once all are compiled: a definition may be in the making when it is named.
    borrowed: Vec<(NodeId, NodeId, Option<&'static Fact>)>,
}

impl Compiler<'_> {
    /// The node for a schema used as it is: an item, a map's value, the root.
    fn place(&mut self, schema: &Value) -> NodeId {
        if let Some(name) = reference(schema) {
            return self.definition(name);
        }
        let id = self.reserve();
        let shape = self.shape(schema, None);
        self.nodes[id.0 as usize] = Node { shape, ..described(schema) };
        id
    }

    /// The node of a type. The tables are whole (a test says so); a name that they lack would hold any value.
    fn definition(&mut self, name: &str) -> NodeId {
        if let Some(id) = self.known.get(name) {
            return *id;
        }
        let id = self.reserve();
        let Some((name, text)) = builtin::definition_named(name) else { return id };
        self.known.insert(name, id);
        let schema = serde_json::from_str(text).unwrap_or(Value::Null);
        let shape = self.named_shape(name, &schema);
        self.nodes[id.0 as usize] = Node { shape, type_name: name.into(), ..described(&schema) };
        id
    }

    fn named_shape(&mut self, name: &str, schema: &Value) -> Shape {
        let (_, short) = name.rsplit_once('.').unwrap_or(("", name));
        match short {
            "Quantity" => Shape::Scalar(Scalar::Quantity),
            "IntOrString" => Shape::Scalar(Scalar::IntOrString),
            "Time" | "MicroTime" => Shape::Scalar(Scalar::Time),
            _ if schema.get("properties").is_some() => self.structure(name, schema),
            // Published as objects without members, but they hold any JSON; the JSONSchemaPropsOr types take several shapes.
            "RawExtension" | "JSON" | "FieldsV1" => Shape::Any,
            _ if schema.get("oneOf").is_some() => Shape::Any,
            _ => self.shape(schema, None),
        }
    }

    fn structure(&mut self, name: &str, schema: &Value) -> Shape {
        let facts = facts::of_type(name);
        let required: Vec<Arc<str>> = strings(schema.get("required")).map(Arc::from).collect();
        let mut fields = BTreeMap::new();
        for (field, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_required = required.iter().any(|name| **name == **field);
            fields.insert(Arc::from(field.as_str()), self.field(schema, facts::of_field(facts, field), is_required));
        }
        let atomic = facts::of_field(facts, ".").and_then(Fact::merge) == Some(Merge::Atomic);
        Shape::Struct { fields, required, preserve_unknown: false, atomic, embedded_resource: false }
    }

    fn field(&mut self, schema: &Value, fact: Option<&'static Fact>, required: bool) -> NodeId {
        let id = self.reserve();
        let mut node = described(schema);
        node.default = fact.and_then(Fact::default);
        node.patch = fact.and_then(Fact::patch);
        match reference(schema) {
            Some(name) => {
                let definition = self.definition(name);
                node.type_name = name.into();
                self.borrowed.push((id, definition, fact));
            }
            None => {
                node.shape = self.shape(schema, fact);
                node.omit_empty = !required && !fact.is_some_and(Fact::keeps_empty);
            }
        }
        self.nodes[id.0 as usize] = node;
        id
    }

    fn shape(&mut self, schema: &Value, fact: Option<&'static Fact>) -> Shape {
        let text = |key| schema.get(key).and_then(Value::as_str).unwrap_or_default();
        match (text("type"), text("format")) {
            ("string", "byte") => Shape::Scalar(Scalar::Bytes),
            ("string", _) => Shape::Scalar(Scalar::String),
            ("boolean", _) => Shape::Scalar(Scalar::Boolean),
            ("integer", "int32") => Shape::Scalar(Scalar::Number(Number::Int32)),
            ("integer", _) => Shape::Scalar(Scalar::Number(Number::Int64)),
            ("number", _) => Shape::Scalar(Scalar::Number(Number::Float)),
            ("array", _) => self.list(schema, fact),
            ("object", _) => match schema.get("additionalProperties") {
                Some(value) => Shape::Map { value: self.place(value), atomic: fact.and_then(Fact::merge) == Some(Merge::Atomic) },
                None => Shape::Struct {
                    fields: BTreeMap::new(),
                    required: Vec::new(),
                    preserve_unknown: false,
                    atomic: false,
                    embedded_resource: false,
                },
            },
            _ => Shape::Any,
        }
    }

    fn list(&mut self, schema: &Value, fact: Option<&'static Fact>) -> Shape {
        let items = schema.get("items").unwrap_or(&Value::Null);
        let list_type = match fact.and_then(Fact::merge) {
            Some(Merge::Set) => ListType::Set,
            Some(Merge::Map(keys)) => ListType::Map(keys.into_iter().map(|key| map_key(items, key)).collect()),
            _ => ListType::Atomic,
        };
        Shape::List { item: self.place(items), list_type }
    }

    /// Gives every field that refers to a definition the definition's shape.
    fn lend_shapes(&mut self) {
        for (field, definition, fact) in std::mem::take(&mut self.borrowed) {
            let mut shape = self.nodes[definition.0 as usize].shape.clone();
            let merge = fact.and_then(Fact::merge);
            match (&mut shape, &merge) {
                (Shape::Struct { atomic, .. }, Some(Merge::Atomic)) => *atomic = true,
                (Shape::Struct { atomic, .. }, Some(Merge::Granular)) => *atomic = false,
                (Shape::Any, Some(Merge::Atomic)) => shape = free_form_atomic(),
                _ => {}
            }
            self.nodes[field.0 as usize].shape = shape;
        }
    }

    fn reserve(&mut self) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node::default());
        id
    }
}

/// An object of any members that one manager owns as a whole (`ControllerRevision.data`).
fn free_form_atomic() -> Shape {
    Shape::Struct { fields: BTreeMap::new(), required: Vec::new(), preserve_unknown: true, atomic: true, embedded_resource: false }
}

fn map_key(items: &Value, key: &str) -> MapKey {
    let facts = reference(items).map_or(&[][..], facts::of_type);
    MapKey { name: key.into(), default: facts::of_field(facts, key).and_then(Fact::key_default) }
}

fn described(schema: &Value) -> Node {
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    Node { description: description.into(), typed: true, ..Node::default() }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/definitions/"))
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}
