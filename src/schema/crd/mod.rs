//! The compiler for the schemas that CustomResourceDefinitions bring.
//!
//! Receives the `openAPIV3Schema` of one version; hands on a [`Schema`] with `apiVersion`, `kind` and `metadata` in it, or every reason
//! why there is none. Invariant: what we cannot enforce is refused by name, never taken and forgotten.
//!
//! See <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>.

mod expressions;
mod keywords;
mod rules;
mod shape;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::check::{self, Path};
use super::definition;
use super::node::{Node, NodeId, Scalar, Schema, Shape};
use crate::object::{Cause, CauseKind};
use expressions::Declared;
pub(in crate::schema) use keywords::beside_status;

type JsonObject = Map<String, Value>;

/// The type behind `metadata`, of which no schema says more than the API does.
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/// Compiles the schema of one version. `path` is where it lies in the CustomResourceDefinition, such as
/// `spec.versions[0].schema.openAPIV3Schema`; the causes name places below it.
///
/// # Errors
/// All causes for which the schema is not structural, or asks for something that is not supported.
pub fn compile(open_api_schema: &Value, path: &str) -> Result<Schema, Vec<Cause>> {
    let root = Path::Root(path);
    let Some(schema) = open_api_schema.as_object() else {
        return Err(vec![Cause::required(path, "schemas are required")]);
    };
    let mut compiler = Compiler {
        nodes: Vec::new(),
        causes: Vec::new(),
        object_meta: None,
        empty: Arc::from(""),
        declared: Vec::new(),
        defaults: Vec::new(),
    };
    compiler.root(schema, &root);
    let declared = std::mem::take(&mut compiler.declared);
    if compiler.causes.is_empty() && !declared.is_empty() {
        compiler.expressions(&declared, path);
    }
    let defaults = std::mem::take(&mut compiler.defaults);
    if compiler.causes.is_empty() && !declared.is_empty() {
        compiler.hold_defaults(&defaults);
    }
    let Compiler { nodes, causes, .. } = compiler;
    if causes.is_empty() { Ok(Schema { nodes }) } else { Err(causes) }
}

/// Where a schema stands, which decides what its absence of a type is called.
#[derive(Clone, Copy)]
enum Place {
    Root,
    Property,
    Item,
    Value,
}

struct Compiler {
    nodes: Vec<Node>,
    causes: Vec<Cause>,
    object_meta: Option<NodeId>,
    empty: Arc<str>,
    declared: Vec<Declared>,
    /// The nodes with a default, and where it stands.
    defaults: Vec<(NodeId, String)>,
}

impl Compiler {
    fn root(&mut self, schema: &JsonObject, path: &Path<'_>) {
        self.refuse_at_root(schema, path);
        self.refuse_other_object(schema, path);
        let id = self.node(schema, path, Place::Root);
        let metadata_rules = schema.get("properties").and_then(|properties| properties.get("metadata")).and_then(Value::as_object);
        let metadata_path = Path::Key(&Path::Member(path, "properties"), "metadata");
        let metadata_rules = metadata_rules.map(|metadata| self.metadata_rules(metadata, &metadata_path));
        if !matches!(self.nodes[id.0 as usize].shape, Shape::Struct { .. }) {
            let found = text(schema, "type");
            if !matches!(found, "" | "object") {
                self.needed(&Path::Member(path, "type"), found, "must be object at the root");
            }
            return;
        }
        self.make_object(id);
        if let Some(metadata_rules) = metadata_rules.filter(|rules| !rules.is_empty()) {
            let rules = self.nodes[id.0 as usize].rules.get_or_insert_default();
            rules.members.push((Arc::from("metadata"), metadata_rules));
        }
    }

    /// The node for a schema, with everything below it.
    fn node(&mut self, schema: &JsonObject, path: &Path<'_>, place: Place) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(Node::default());
        self.refuse_forbidden(schema, path);
        self.refuse_misplaced(schema, path);
        let shape = self.shape(schema, path, place);
        let rules = self.rules(schema, path, matches!(shape, Shape::Struct { .. }), matches!(place, Place::Root));
        let description = schema.get("description").and_then(Value::as_str);
        self.nodes[id.0 as usize] = Node {
            shape,
            nullable: flag(schema, "nullable"),
            description: description.map_or_else(|| Arc::clone(&self.empty), Arc::from),
            type_name: Arc::clone(&self.empty),
            rules: (!rules.is_empty()).then(|| Box::new(rules)),
            ..Node::default()
        };
        if let Some(rules) = schema.get("x-kubernetes-validations").and_then(Value::as_array).filter(|rules| !rules.is_empty()) {
            let path = Path::Member(path, "x-kubernetes-validations").to_string();
            self.declared.push(Declared { node: id, path, rules: rules.clone() });
        }
        if flag(schema, "x-kubernetes-embedded-resource") {
            self.embed(id, schema, path);
        }
        if let Some(default) = schema.get("default") {
            self.default(id, default, path);
        }
        id
    }

    /// Makes the value a whole API object of any kind.
    fn embed(&mut self, id: NodeId, schema: &JsonObject, path: &Path<'_>) {
        let knows = flag(schema, "x-kubernetes-preserve-unknown-fields") || schema.contains_key("properties");
        if !knows {
            let why = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
            self.causes.push(Cause::required(Path::Member(path, "properties").to_string(), why));
            return;
        }
        self.refuse_other_object(schema, path);
        self.make_object(id);
        if let Shape::Struct { required, embedded_resource, .. } = &mut self.nodes[id.0 as usize].shape {
            *embedded_resource = true;
            for name in ["apiVersion", "kind"] {
                if !required.iter().any(|one| **one == *name) {
                    required.push(name.into());
                }
            }
        }
    }

    /// Gives a struct the members that every API object has, in the place of what the schema says of them.
    fn make_object(&mut self, id: NodeId) {
        let object_meta = self.object_meta();
        let text = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let shape = Shape::Scalar(Scalar::String);
        self.nodes.push(Node { shape, typed: true, ..Node::default() });
        if let Shape::Struct { fields, .. } = &mut self.nodes[id.0 as usize].shape {
            fields.insert("apiVersion".into(), text);
            fields.insert("kind".into(), text);
            fields.insert("metadata".into(), object_meta);
        }
    }

    fn object_meta(&mut self) -> NodeId {
        *self.object_meta.get_or_insert_with(|| definition::compile(&mut self.nodes, OBJECT_META))
    }

    /// Takes a default over, which must itself be a valid value.
    fn default(&mut self, id: NodeId, default: &Value, path: &Path<'_>) {
        let path = Path::Member(path, "default");
        let schema = Schema { nodes: std::mem::take(&mut self.nodes) };
        let place = schema.root().at(id);
        let loose = matches!(place.shape(), Shape::Scalar(Scalar::IntOrString)) && default.is_number();
        if !loose {
            // A default is valid as it is written. Only where it is used do other defaults fill it, and do items have to differ.
            let causes = check::validate_at(place, default, &path);
            self.causes.extend(causes.into_iter().filter(|cause| cause.kind != CauseKind::Duplicate));
        }
        for unknown in check::unknown_fields(place, default) {
            self.causes.push(Cause::invalid(path.to_string(), default, &format!("must not have unknown fields: {unknown}")));
        }
        self.nodes = schema.nodes;
        self.nodes[id.0 as usize].default = Some(default.clone());
        self.defaults.push((id, path.to_string()));
    }

    /// Holds every default to the rules in CEL, which must allow it in a new object as well as where it was before.
    fn hold_defaults(&mut self, defaults: &[(NodeId, String)]) {
        let schema = Schema { nodes: std::mem::take(&mut self.nodes) };
        for (id, path) in defaults {
            let place = schema.root().at(*id);
            let default = place.node().default.clone().unwrap_or_default();
            self.causes.extend(check::hold_at(place, &default, &Path::Root(path)));
        }
        self.nodes = schema.nodes;
    }

    fn refuse(&mut self, kind: CauseKind, path: &Path<'_>, message: String) {
        self.causes.push(Cause::new(kind, path.to_string(), message));
    }
}

/// Whether a boolean keyword is set.
fn flag(schema: &JsonObject, keyword: &str) -> bool {
    schema.get(keyword).and_then(Value::as_bool).unwrap_or(false)
}

/// A text keyword; empty where it is absent.
fn text<'a>(schema: &'a JsonObject, keyword: &str) -> &'a str {
    schema.get(keyword).and_then(Value::as_str).unwrap_or_default()
}

/// A keyword that lists texts.
fn texts(schema: &JsonObject, keyword: &str) -> Vec<Arc<str>> {
    let items = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(Arc::from).collect()
}

/// A struct with nothing known of it yet.
fn empty_struct(preserve_unknown: bool, atomic: bool) -> Shape {
    Shape::Struct { fields: BTreeMap::new(), required: Vec::new(), preserve_unknown, atomic, embedded_resource: false }
}

#[cfg(test)]
mod tests;
