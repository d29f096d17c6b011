//! Values for what a document leaves out.

use serde_json::Value;

use crate::schema::{SchemaNode, Shape};

/// Gives every absent member its default, in every object, item and map value there is; `null` where the place does not allow it counts
/// as absent. Idempotent.
pub fn apply_defaults(place: SchemaNode<'_>, value: &mut Value) {
    match (place.shape(), value) {
        (Shape::Struct { fields, .. }, Value::Object(members)) => {
            for (name, id) in fields {
                let member = place.at(*id).node();
                let Some(default) = &member.default else { continue };
                let absent = members.get(&**name).is_none_or(|value| value.is_null() && !member.nullable);
                if absent {
                    members.insert(name.to_string(), default.clone());
                }
            }
            for (name, value) in members {
                if let Some(id) = fields.get(name.as_str()) {
                    apply_defaults(place.at(*id), value);
                }
            }
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => members.values_mut().for_each(|value| element(place.at(*id), value)),
        (Shape::List { item, .. }, Value::Array(items)) => items.iter_mut().for_each(|value| element(place.at(*item), value)),
        _ => {}
    }
}

fn element(place: SchemaNode<'_>, value: &mut Value) {
    let node = place.node();
    if let (Value::Null, false, Some(default)) = (&*value, node.nullable, &node.default) {
        *value = default.clone();
    }
    apply_defaults(place, value);
}
