//! From `type` and its companions to a shape.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{Compiler, JsonObject, Path, Place, empty_struct, flag, text, texts};
use crate::object::{Cause, CauseKind};
use crate::schema::{ListType, MapKey, Node, NodeId, Number, Scalar, Shape};

/// What `type` may say.
const KNOWN_TYPES: &str = r#""array", "boolean", "integer", "number", "object", "string""#;

impl Compiler {
    /// The shape that a schema gives to its values.
    pub(super) fn shape(&mut self, schema: &JsonObject, path: &Path<'_>, place: Place) -> Shape {
        let preserve = flag(schema, "x-kubernetes-preserve-unknown-fields");
        if flag(schema, "x-kubernetes-int-or-string") {
            if schema.contains_key("type") {
                let path = Path::Member(path, "type");
                self.refuse(CauseKind::Forbidden, &path, "Forbidden: must be empty if x-kubernetes-int-or-string is true".to_owned());
            }
            return Shape::Scalar(Scalar::IntOrString);
        }
        match (text(schema, "type"), text(schema, "format")) {
            ("object", _) => self.object(schema, path, preserve),
            ("array", _) => self.list(schema, path),
            ("string", "byte") => Shape::Scalar(Scalar::Bytes),
            ("string", "date-time" | "datetime") => Shape::Scalar(Scalar::Time),
            ("string", _) => Shape::Scalar(Scalar::String),
            ("boolean", _) => Shape::Scalar(Scalar::Boolean),
            ("integer", "int32") => Shape::Scalar(Scalar::Number(Number::Int32)),
            ("integer", _) => Shape::Scalar(Scalar::Number(Number::Int64)),
            ("number", _) => Shape::Scalar(Scalar::Number(Number::Float)),
            ("", _) if preserve => Shape::Any,
            ("", _) => {
                self.causes.push(Cause::required(Path::Member(path, "type").to_string(), missing_type(place)));
                Shape::Any
            }
            (other, _) => {
                let message = format!("Unsupported value: {other:?}: supported values: {KNOWN_TYPES}");
                self.refuse(CauseKind::NotSupported, &Path::Member(path, "type"), message);
                Shape::Any
            }
        }
    }

    fn object(&mut self, schema: &JsonObject, path: &Path<'_>, preserve: bool) -> Shape {
        let atomic = self.choice(schema, path, "x-kubernetes-map-type", &["granular", "atomic"]) == Some("atomic");
        let additional = schema.get("additionalProperties");
        match (schema.get("properties").and_then(Value::as_object), additional) {
            (Some(_), Some(_)) => {
                let path = Path::Member(path, "additionalProperties");
                self.refuse(CauseKind::Forbidden, &path, "Forbidden: additionalProperties and properties are mutual exclusive".to_owned());
                empty_struct(preserve, atomic)
            }
            (None, Some(additional)) => self.map(additional, &Path::Member(path, "additionalProperties"), atomic),
            (properties, None) => {
                let required = texts(schema, "required");
                let path = Path::Member(path, "properties");
                let mut fields = BTreeMap::new();
                for (name, property) in properties.into_iter().flatten() {
                    fields.insert(Arc::from(name.as_str()), self.part(property, &Path::Key(&path, name), Place::Property));
                }
                Shape::Struct { fields, required, preserve_unknown: preserve, atomic, embedded_resource: false }
            }
        }
    }

    fn map(&mut self, additional: &Value, path: &Path<'_>, atomic: bool) -> Shape {
        match additional {
            Value::Bool(false) => {
                self.refuse(CauseKind::Forbidden, path, "Forbidden: must not be set to false".to_owned());
                empty_struct(false, atomic)
            }
            Value::Bool(true) => {
                let value = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
                self.nodes.push(Node::default());
                Shape::Map { value, atomic }
            }
            schema => Shape::Map { value: self.part(schema, path, Place::Value), atomic },
        }
    }

    fn list(&mut self, schema: &JsonObject, path: &Path<'_>) -> Shape {
        let items_path = Path::Member(path, "items");
        let Some(items) = schema.get("items") else {
            self.causes.push(Cause::required(items_path.to_string(), "must be specified"));
            return Shape::Any;
        };
        let item = self.part(items, &items_path, Place::Item);
        let list_type = match self.choice(schema, path, "x-kubernetes-list-type", &["atomic", "set", "map"]) {
            Some("set") => self.set(item, &items_path),
            Some("map") => ListType::Map(self.keys(schema, item, path)),
            _ => ListType::Atomic,
        };
        if schema.contains_key("x-kubernetes-list-map-keys") && !matches!(list_type, ListType::Map(_)) {
            let path = Path::Member(path, "x-kubernetes-list-map-keys");
            self.refuse(CauseKind::Forbidden, &path, "Forbidden: must be empty if x-kubernetes-list-type is not map".to_owned());
        }
        Shape::List { item, list_type }
    }

    fn set(&mut self, item: NodeId, path: &Path<'_>) -> ListType {
        let node = &self.nodes[item.0 as usize];
        let whole = match &node.shape {
            Shape::Scalar(_) => true,
            Shape::Struct { atomic, .. } | Shape::Map { atomic, .. } => *atomic,
            Shape::List { list_type, .. } => *list_type == ListType::Atomic,
            Shape::Any => false,
        };
        if node.nullable {
            self.refuse(CauseKind::Forbidden, path, "Forbidden: must not be nullable in a list of type set".to_owned());
        }
        if !whole {
            self.refuse(CauseKind::Invalid, path, "Invalid value: items of a list of type set must be scalars or atomic".to_owned());
        }
        ListType::Set
    }

    fn keys(&mut self, schema: &JsonObject, item: NodeId, path: &Path<'_>) -> Vec<MapKey> {
        let keys_path = Path::Member(path, "x-kubernetes-list-map-keys");
        let names = texts(schema, "x-kubernetes-list-map-keys");
        if names.is_empty() {
            self.causes.push(Cause::required(keys_path.to_string(), "must not be empty if x-kubernetes-list-type is map"));
        }
        names.into_iter().enumerate().map(|(index, name)| self.key(name, item, &Path::Item(&keys_path, index))).collect()
    }

    fn key(&mut self, name: Arc<str>, item: NodeId, path: &Path<'_>) -> MapKey {
        let mut fault = None;
        let mut default = None;
        match &self.nodes[item.0 as usize].shape {
            Shape::Struct { fields, required, .. } => match fields.get(&name).map(|id| &self.nodes[id.0 as usize]) {
                Some(Node { shape: Shape::Scalar(_), default: found, .. }) => {
                    if found.is_none() && !required.contains(&name) {
                        fault = Some("must name a member that is required or has a default");
                    }
                    default.clone_from(found);
                }
                Some(_) => fault = Some("must name a member of a scalar type"),
                None => fault = Some("must name a property of the items"),
            },
            _ => fault = Some("must name a property of items of type object"),
        }
        if let Some(fault) = fault {
            self.causes.push(Cause::invalid(path.to_string(), &Value::from(&*name), fault));
        }
        MapKey { name, default }
    }

    /// The node for something that must be a schema.
    fn part(&mut self, schema: &Value, path: &Path<'_>, place: Place) -> NodeId {
        if let Some(schema) = schema.as_object() {
            return self.node(schema, path, place);
        }
        self.causes.push(Cause::invalid(path.to_string(), schema, "must be a schema object"));
        NodeId(0)
    }

    /// A keyword with few allowed words.
    fn choice<'s>(&mut self, schema: &'s JsonObject, path: &Path<'_>, keyword: &str, allowed: &[&str]) -> Option<&'s str> {
        let word = schema.get(keyword)?.as_str().unwrap_or_default();
        if !allowed.contains(&word) {
            let allowed: Vec<String> = allowed.iter().map(|word| format!("{word:?}")).collect();
            let message = format!("Unsupported value: {word:?}: supported values: {}", allowed.join(", "));
            self.refuse(CauseKind::NotSupported, &Path::Member(path, keyword), message);
        }
        Some(word)
    }
}

fn missing_type(place: Place) -> &'static str {
    match place {
        Place::Root => "must not be empty at the root",
        Place::Property => "must not be empty for specified object fields",
        Place::Item => "must not be empty for specified array items",
        Place::Value => "must not be empty for additionalProperties",
    }
}
