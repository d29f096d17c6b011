//! The faults of a custom resource, field by field.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{Path, rules};
use crate::object::{Cause, CauseKind};
use crate::schema::{ListType, MapKey, Number, Scalar, SchemaNode, Shape};

/// Everything that breaks a custom resource's own schema: JSON types, required members, rules, items that stand twice in set and map
/// lists. Empty for typed documents, whose JSON types [`super::decode_error`] checks and whose rules admission knows.
#[must_use]
pub fn validate(place: SchemaNode<'_>, value: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    walk(place, value, &Path::Root(""), &mut causes);
    causes
}

/// Like [`validate`], for a value that lies at `path` of a document.
pub(in crate::schema) fn validate_at(place: SchemaNode<'_>, value: &Value, path: &Path<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    walk(place, value, path, &mut causes);
    causes
}

fn walk(place: SchemaNode<'_>, value: &Value, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let node = place.node();
    if node.typed || (node.nullable && value.is_null()) {
        return;
    }
    match (&node.shape, value) {
        (Shape::Any, _) => {}
        (Shape::Struct { fields, required, .. }, Value::Object(members)) => {
            check_required(required, members, path, causes);
            for (name, value) in members {
                if let Some(id) = fields.get(name.as_str()) {
                    walk(place.at(*id), value, &Path::Member(path, name), causes);
                }
            }
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => {
            for (name, value) in members {
                walk(place.at(*id), value, &Path::Member(path, name), causes);
            }
        }
        (Shape::List { item, list_type }, Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                walk(place.at(*item), value, &Path::Item(path, index), causes);
            }
            check_duplicates(list_type, items, path, causes);
        }
        (Shape::Scalar(scalar), _) if holds(*scalar, value) => {}
        (shape, _) => return causes.push(wrong_type(shape, value, path)),
    }
    if let Some(rules) = &node.rules {
        rules::check(rules, value, path, causes);
    }
}

fn check_required(required: &[std::sync::Arc<str>], members: &Map<String, Value>, path: &Path<'_>, causes: &mut Vec<Cause>) {
    for name in required.iter().filter(|name| !members.contains_key(&***name)) {
        causes.push(Cause::required(Path::Member(path, name).to_string(), ""));
    }
}

fn holds(scalar: Scalar, value: &Value) -> bool {
    match (scalar, value) {
        (Scalar::String | Scalar::Bytes | Scalar::Time | Scalar::IntOrString | Scalar::Quantity, Value::String(_)) => true,
        (Scalar::Boolean, Value::Bool(_)) | (Scalar::Number(Number::Float) | Scalar::Quantity, Value::Number(_)) => true,
        // 1.0 is a whole number, as in JSON Schema.
        (Scalar::Number(_) | Scalar::IntOrString, Value::Number(number)) => {
            !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
        }
        _ => false,
    }
}

fn wrong_type(shape: &Shape, value: &Value, path: &Path<'_>) -> Cause {
    let found = json_type(value);
    let expected = match shape {
        Shape::Any => "any",
        Shape::Struct { .. } | Shape::Map { .. } => "object",
        Shape::List { .. } => "array",
        Shape::Scalar(Scalar::String | Scalar::Bytes | Scalar::Time) => "string",
        Shape::Scalar(Scalar::IntOrString | Scalar::Quantity) => "integer,string",
        Shape::Scalar(Scalar::Boolean) => "boolean",
        Shape::Scalar(Scalar::Number(Number::Float)) => "number",
        Shape::Scalar(Scalar::Number(_)) => "integer",
    };
    let message = format!("Invalid value: {found:?}: {path} in body must be of type {expected}: {found:?}");
    Cause::new(CauseKind::TypeInvalid, path.to_string(), message)
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn check_duplicates(list_type: &ListType, items: &[Value], path: &Path<'_>, causes: &mut Vec<Cause>) {
    let mut duplicate = |index: usize, what: &Value| {
        let field = Path::Item(path, index).to_string();
        causes.push(Cause::new(CauseKind::Duplicate, field, format!("Duplicate value: {what}")));
    };
    match list_type {
        ListType::Atomic => {}
        ListType::Set => {
            let mut seen = HashSet::with_capacity(items.len());
            for (index, item) in items.iter().enumerate().filter(|(_, item)| !seen.insert(*item)) {
                duplicate(index, item);
            }
        }
        ListType::Map(keys) => {
            let mut seen = HashSet::with_capacity(items.len());
            let objects = items.iter().enumerate().filter(|(_, item)| item.is_object());
            for (index, item) in objects.filter(|(_, item)| !seen.insert(key_values(keys, item))) {
                let key = keys.iter().zip(key_values(keys, item)).filter_map(|(key, value)| Some((key.name.to_string(), value?.clone())));
                duplicate(index, &Value::Object(key.collect()));
            }
        }
    }
}

/// What tells an item apart: the values of its keys, defaults filled in.
fn key_values<'a>(keys: &'a [MapKey], item: &'a Value) -> Vec<Option<&'a Value>> {
    keys.iter().map(|key| item.get(&*key.name).or(key.default.as_ref())).collect()
}
