//! Removal of what a document may not hold.

use serde_json::{Map, Value};

use crate::object::{MicroTime, Time};
use crate::schema::{Scalar, SchemaNode, Shape, quantity};

/// Removes members that the schema does not know, and brings typed documents into the form in which the API's own types write them:
/// `null` is absent (or the empty value, in lists and maps), optional members that are empty are left out, times and quantities are
/// written in their one canonical way.
///
/// Of custom resources those `null` members go whose place is declared and does not allow `null`. Idempotent.
pub fn prune(place: SchemaNode<'_>, value: &mut Value) {
    match (place.shape(), value) {
        (Shape::Struct { fields, preserve_unknown, .. }, Value::Object(members)) => {
            members.retain(|name, value| match fields.get(name.as_str()) {
                Some(id) => {
                    let member = place.at(*id);
                    prune(member, value);
                    stays(member, value)
                }
                None => *preserve_unknown,
            });
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => {
            let element = place.at(*id);
            if !element.node().typed {
                members.retain(|_, value| stays(element, value));
            }
            members.values_mut().for_each(|value| prune_element(element, value));
        }
        (Shape::List { item, .. }, Value::Array(items)) => items.iter_mut().for_each(|value| prune_element(place.at(*item), value)),
        (Shape::Scalar(scalar), value) if place.node().typed => rewrite(*scalar, place, value),
        _ => {}
    }
}

/// Writes a time or a quantity as the API's own types do; what is neither stays as it is, for it was refused before.
fn rewrite(scalar: Scalar, place: SchemaNode<'_>, value: &mut Value) {
    let written = match (scalar, &*value) {
        (Scalar::Quantity, Value::String(text)) => quantity::canonical(text),
        (Scalar::Quantity, Value::Number(number)) => quantity::canonical(&number.to_string()),
        (Scalar::Time, Value::String(text)) if place.node().type_name.ends_with(".MicroTime") => {
            text.parse().ok().map(|at| MicroTime(at).to_string())
        }
        (Scalar::Time, Value::String(text)) => Time::parse(text).map(|at| at.to_string()),
        _ => None,
    };
    if let Some(written) = written {
        *value = Value::String(written);
    }
}

/// Whether a member of an object is worth writing.
fn stays(member: SchemaNode<'_>, value: &Value) -> bool {
    let node = member.node();
    if value.is_null() {
        return !node.typed && node.nullable;
    }
    !(node.typed && node.omit_empty && is_empty(value))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Items and map values cannot be left out, so `null` becomes what Go makes of it: the empty value of the type.
fn prune_element(element: SchemaNode<'_>, value: &mut Value) {
    if value.is_null()
        && element.node().typed
        && let Some(empty) = empty_value(element.shape())
    {
        *value = empty;
    }
    prune(element, value);
}

/// The empty value of a type; `None` for those whose empty value is `null` itself.
fn empty_value(shape: &Shape) -> Option<Value> {
    Some(match shape {
        Shape::Scalar(Scalar::String) => Value::from(""),
        Shape::Scalar(Scalar::Boolean) => Value::from(false),
        Shape::Scalar(Scalar::Number(_) | Scalar::IntOrString) => Value::from(0),
        Shape::Scalar(Scalar::Quantity) => Value::from("0"),
        Shape::Struct { .. } => Value::Object(Map::new()),
        Shape::Any | Shape::Scalar(Scalar::Bytes | Scalar::Time) | Shape::Map { .. } | Shape::List { .. } => return None,
    })
}
