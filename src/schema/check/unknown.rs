//! Members that the schema does not know.

use serde_json::Value;

use super::Path;
use crate::schema::{SchemaNode, Shape};

/// The paths of all members that the schema does not know, in the order of the document: what `fieldValidation` speaks of.
#[must_use]
pub fn unknown_fields(place: SchemaNode<'_>, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(place, value, &Path::Root(""), &mut found);
    found
}

fn walk(place: SchemaNode<'_>, value: &Value, path: &Path<'_>, found: &mut Vec<String>) {
    match (place.shape(), value) {
        (Shape::Struct { fields, preserve_unknown, .. }, Value::Object(members)) => {
            for (name, value) in members {
                let path = Path::Member(path, name);
                match fields.get(name.as_str()) {
                    Some(id) => walk(place.at(*id), value, &path, found),
                    None if *preserve_unknown => {}
                    None => found.push(path.to_string()),
                }
            }
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => {
            for (name, value) in members {
                walk(place.at(*id), value, &Path::Member(path, name), found);
            }
        }
        (Shape::List { item, .. }, Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                walk(place.at(*item), value, &Path::Item(path, index), found);
            }
        }
        _ => {}
    }
}
