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
        let properties = schema.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty());
        let (preserve, additional) = match (properties, additional) {
            // Members besides the known ones are let in, whatever they are.
            (Some(_), Some(Value::Bool(true))) => (true, None),
            _ => (preserve, additional),
        };
        match (properties, additional) {
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
            // That `false` allows no member is a rule about values: nothing is pruned.
            Value::Bool(_) => {
                let value = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
                // Of values that no schema describes `null` is as good as any.
                self.nodes.push(Node { nullable: true, ..Node::default() });
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
        if items.is_array() {
            return Shape::Any;
        }
        let item = self.part(items, &items_path, Place::Item);
        let list_type = match self.choice(schema, path, "x-kubernetes-list-type", &["atomic", "set", "map"]) {
            Some("set") => self.set(item, items, &items_path),
            Some("map") => ListType::Map(self.keys(schema, item, path)),
            _ => ListType::Atomic,
        };
        Shape::List { item, list_type }
    }

    fn set(&mut self, item: NodeId, items: &Value, path: &Path<'_>) -> ListType {
        const WHY: &str = "must be atomic as item of a list with x-kubernetes-list-type=set";
        let node = &self.nodes[item.0 as usize];
        let (nullable, keyword) = match &node.shape {
            Shape::Struct { atomic: false, .. } | Shape::Map { atomic: false, .. } => (node.nullable, Some("x-kubernetes-map-type")),
            Shape::List { list_type, .. } if *list_type != ListType::Atomic => (node.nullable, Some("x-kubernetes-list-type")),
            _ => (node.nullable, None),
        };
        let is_open = matches!(node.shape, Shape::Any);
        if nullable {
            self.forbid(&Path::Member(path, "nullable"), "cannot be nullable when x-kubernetes-list-type is set");
        }
        if let Some(keyword) = keyword {
            let found = items.get(keyword).cloned().unwrap_or_default();
            self.causes.push(Cause::invalid(Path::Member(path, keyword).to_string(), &found, WHY));
        } else if is_open {
            let why = "Invalid value: items of a list of type set must be scalars or atomic";
            self.refuse(CauseKind::Invalid, path, why.to_owned());
        }
        ListType::Set
    }

    fn keys(&mut self, schema: &JsonObject, item: NodeId, path: &Path<'_>) -> Vec<MapKey> {
        let keys_path = Path::Member(path, "x-kubernetes-list-map-keys");
        let items_path = Path::Member(path, "items");
        let names = texts(schema, "x-kubernetes-list-map-keys");
        if names.is_empty() {
            self.causes.push(Cause::required(keys_path.to_string(), "must not be empty if x-kubernetes-list-type is map"));
        }
        if self.nodes[item.0 as usize].nullable {
            self.forbid(&Path::Member(&items_path, "nullable"), "cannot be nullable when x-kubernetes-list-type is map");
        }
        let items_type = schema.get("items").and_then(Value::as_object).map(|items| text(items, "type")).unwrap_or_default();
        if items_type != "object" {
            let at = Path::Member(&items_path, "type").to_string();
            let why = "must be object if parent array's x-kubernetes-list-type is map";
            self.causes.push(Cause::invalid(at, &Value::from(items_type), why));
            return Vec::new();
        }
        let shown = Value::from(names.iter().map(|name| &**name).collect::<Vec<_>>());
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                self.causes.push(Cause::invalid(keys_path.to_string(), &shown, "must not contain duplicate entries"));
            }
        }
        names.into_iter().map(|name| self.key(name, item, &items_path, &keys_path, &shown)).collect()
    }

    fn key(&mut self, name: Arc<str>, item: NodeId, items: &Path<'_>, keys: &Path<'_>, shown: &Value) -> MapKey {
        let (found, is_required) = match &self.nodes[item.0 as usize].shape {
            Shape::Struct { fields, required, .. } => (fields.get(&name).copied(), required.contains(&name)),
            _ => (None, false),
        };
        let Some(found) = found else {
            self.causes.push(Cause::invalid(keys.to_string(), shown, "entries must all be names of item properties"));
            return MapKey { name, default: None };
        };
        let Node { shape, nullable, default, .. } = &self.nodes[found.0 as usize];
        let (is_scalar, nullable, default) = (matches!(shape, Shape::Scalar(_) | Shape::Any), *nullable, default.clone());
        let properties = Path::Member(items, "properties");
        let path = Path::Key(&properties, &name);
        if !is_scalar {
            let why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
            self.causes.push(Cause::invalid(Path::Member(&path, "type").to_string(), &Value::from("object"), why));
        }
        if default.is_none() && !is_required {
            let why = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property";
            self.causes.push(Cause::required(Path::Member(&path, "default").to_string(), why));
        }
        if nullable {
            let why = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            self.forbid(&Path::Member(&path, "nullable"), why);
        }
        MapKey { name: Arc::clone(&name), default }
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
        Place::Property | Place::Value => "must not be empty for specified object fields",
        Place::Item => "must not be empty for specified array items",
    }
}
