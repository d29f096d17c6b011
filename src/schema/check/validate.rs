//! The faults of a custom resource, field by field.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::follow::{alike, key_values, old_item, old_items};
use super::{Path, expressions, rules};
use crate::object::{Cause, CauseKind};
use crate::schema::{Asked, ListType, Node, Number, Scalar, SchemaNode, Shape};

/// Everything that breaks a custom resource's own schema: JSON types, required members, rules, items that stand twice in set and map
/// lists. Empty for typed documents, whose JSON types [`super::decode_error`] checks and whose rules admission knows.
#[must_use]
pub fn validate(place: SchemaNode<'_>, value: &Value) -> Vec<Cause> {
    whole(place, value, None)
}

/// Like [`validate`], for a document that takes the place of another: what did not change is not told again, and rules in CEL can
/// speak of both.
#[must_use]
pub fn validate_update(place: SchemaNode<'_>, value: &Value, old: &Value) -> Vec<Cause> {
    whole(place, value, Some(old))
}

fn whole(place: SchemaNode<'_>, value: &Value, old: Option<&Value>) -> Vec<Cause> {
    let mut causes = Vec::new();
    walk(place, value, old, &Path::Root(""), &mut causes);
    let is_duplicate = |cause: &Cause| cause.kind == CauseKind::Duplicate;
    if causes.iter().any(is_duplicate) && old.is_some_and(|old| has_duplicates(place, old)) {
        causes.retain(|cause| !is_duplicate(cause));
    }
    if place.node().asked > Asked::Nothing {
        if causes.iter().any(|cause| BLOCKING.contains(&cause.kind)) {
            let why =
                "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";
            causes.push(Cause::invalid(rules::NOWHERE, &Value::Null, why));
        } else {
            expressions::check(place, value, old, &mut causes);
        }
    }
    for cause in causes.iter_mut().filter(|cause| cause.field.is_empty()) {
        rules::NOWHERE.clone_into(&mut cause.field);
    }
    causes
}

/// The faults of a value that no rule in CEL can be asked of.
const BLOCKING: [CauseKind; 5] =
    [CauseKind::NotSupported, CauseKind::Required, CauseKind::TooLong, CauseKind::TooMany, CauseKind::TypeInvalid];

/// Like [`validate`], for a value that lies at `path` of a document.
pub(in crate::schema) fn validate_at(place: SchemaNode<'_>, value: &Value, path: &Path<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    walk(place, value, None, path, &mut causes);
    causes
}

fn walk(place: SchemaNode<'_>, value: &Value, old: Option<&Value>, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let node = place.node();
    // What was taken once is taken again, even if the schema has become stricter since.
    if node.typed || old.is_some_and(|old| alike(place, value, old)) {
        return;
    }
    if node.nullable && value.is_null() {
        // `null` may be a value of the type and yet none of those listed.
        if let Some(rules) = &node.rules {
            rules::check_allowed(rules, value, path, causes);
        }
        return;
    }
    match (&node.shape, value) {
        (Shape::Any, _) => {}
        (Shape::Struct { fields, required, .. }, Value::Object(members)) => {
            check_required(required, members, path, causes);
            for (name, value) in members {
                if let Some(id) = fields.get(name.as_str()) {
                    let old = old.and_then(|old| old.get(name));
                    walk(place.at(*id), value, old, &Path::Member(path, name), causes);
                }
            }
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => {
            for (name, value) in members {
                let old = old.and_then(|old| old.get(name));
                walk(place.at(*id), value, old, &Path::Member(path, name), causes);
            }
        }
        (Shape::List { item, list_type }, Value::Array(items)) => {
            let old = old_items(list_type, old);
            for (index, value) in items.iter().enumerate() {
                walk(place.at(*item), value, old_item(list_type, &old, value), &Path::Item(path, index), causes);
            }
            check_duplicates(list_type, items, path, causes);
        }
        (Shape::Scalar(scalar), _) if holds(*scalar, value) => {}
        (shape, _) => {
            causes.push(wrong_type(shape, value, path));
            causes.extend(beyond_integers(node, value, path));
            return;
        }
    }
    if let Some(rules) = &node.rules {
        rules::check(rules, value, path, causes);
    }
}

/// What is said besides of a number where a whole one is wanted.
fn beyond_integers(node: &Node, value: &Value, path: &Path<'_>) -> Option<Cause> {
    let (Shape::Scalar(Scalar::Number(Number::Int32 | Number::Int64)), Value::Number(number)) = (&node.shape, value) else { return None };
    rules::beyond_integers(node.rules.as_ref().and_then(|rules| rules.format), number, path)
}

fn check_required(required: &[std::sync::Arc<str>], members: &Map<String, Value>, path: &Path<'_>, causes: &mut Vec<Cause>) {
    for name in required.iter().filter(|name| !members.contains_key(&***name)) {
        causes.push(Cause::required(Path::Member(path, name).to_string(), ""));
    }
}

/// The greatest whole number that a floating-point number does not confuse with its neighbours.
const WHOLE_MOST: f64 = 9_007_199_254_740_991.0;

fn holds(scalar: Scalar, value: &Value) -> bool {
    match (scalar, value) {
        (Scalar::String | Scalar::Bytes | Scalar::Time | Scalar::IntOrString | Scalar::Quantity, Value::String(_)) => true,
        (Scalar::Boolean, Value::Bool(_)) | (Scalar::Number(Number::Float) | Scalar::Quantity, Value::Number(_)) => true,
        // 1.0 is a whole number, as in JSON Schema, as long as floating-point numbers tell whole numbers apart.
        (Scalar::Number(_) | Scalar::IntOrString, Value::Number(number)) => {
            number.is_i64() || number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() <= WHOLE_MOST)
        }
        _ => false,
    }
}

fn wrong_type(shape: &Shape, value: &Value, path: &Path<'_>) -> Cause {
    let found = json_type(value);
    let expected = type_name(shape);
    let message = format!("Invalid value: {found:?}: {path} in body must be of type {expected}: {found:?}");
    Cause::new(CauseKind::TypeInvalid, path.to_string(), message)
}

/// The JSON types of a shape, as schemas call them.
pub(super) fn type_name(shape: &Shape) -> &'static str {
    match shape {
        Shape::Any => "any",
        Shape::Struct { .. } | Shape::Map { .. } => "object",
        Shape::List { .. } => "array",
        Shape::Scalar(Scalar::String | Scalar::Bytes | Scalar::Time) => "string",
        Shape::Scalar(Scalar::IntOrString | Scalar::Quantity) => "integer,string",
        Shape::Scalar(Scalar::Boolean) => "boolean",
        Shape::Scalar(Scalar::Number(Number::Float)) => "number",
        Shape::Scalar(Scalar::Number(_)) => "integer",
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if !number.is_i64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether items stand twice in a set or map list of a document that was taken once, however that came about. As long as they do,
/// nothing in it is refused for standing twice.
fn has_duplicates(place: SchemaNode<'_>, value: &Value) -> bool {
    match (place.shape(), value) {
        _ if place.node().typed => false,
        (Shape::Struct { .. } | Shape::Map { .. }, Value::Object(members)) => {
            members.iter().any(|(name, value)| place.member(name).is_some_and(|place| has_duplicates(place, value)))
        }
        (Shape::List { item, list_type }, Value::Array(items)) => {
            let mut causes = Vec::new();
            check_duplicates(list_type, items, &Path::Root(""), &mut causes);
            !causes.is_empty() || items.iter().any(|value| has_duplicates(place.at(*item), value))
        }
        _ => false,
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
