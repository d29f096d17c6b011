//! Fields that are applied: merged into the object as server-side apply merges, but owned by nobody.

use serde_json::Value;

use super::{MutationError, Place};
use crate::merge::{self, FieldPath, PathElement};
use crate::schema::check;
use crate::schema::{ListType, SchemaNode, Shape};

/// The object with these fields. Which kind it is of is not for them to say.
pub(super) fn applied(place: Place<'_>, object: &Value, mut fields: Value) -> Result<Value, MutationError> {
    if let Some(members) = fields.as_object_mut() {
        members.insert("apiVersion".to_owned(), place.gvk.api_version().into());
        members.insert("kind".to_owned(), place.gvk.kind.as_str().into());
    }
    // Says as well whether they are those of the schema; what they would own is nobody's.
    merge::to_field_set(place.schema, &fields).map_err(MutationError::Configuration)?;
    if let Some(error) = check::decode_error(place.schema, &fields) {
        return Err(MutationError::Field(error));
    }
    let mut atomic = Vec::new();
    find_atomic(place.schema, &fields, &mut Vec::new(), &mut atomic);
    if !atomic.is_empty() {
        return Err(MutationError::Atomic(atomic));
    }
    let mut merged = merge::merge(place.schema, object.clone(), fields).map_err(MutationError::Merge)?;
    check::prune(place.schema, &mut merged);
    Ok(merged)
}

/// The paths of what is there and only changes as a whole. As in kube-apiserver, what lies in maps is not looked at: it has no names there.
fn find_atomic(schema: SchemaNode<'_>, value: &Value, path: &mut Vec<PathElement>, found: &mut Vec<String>) {
    let is_atomic = match (schema.shape(), value) {
        (Shape::Struct { atomic, .. } | Shape::Map { atomic, .. }, Value::Object(_)) => *atomic,
        (Shape::List { list_type, .. }, Value::Array(_)) => *list_type == ListType::Atomic,
        (Shape::Any, Value::Array(_)) => true,
        _ => false,
    };
    if is_atomic {
        found.push(FieldPath(path.clone()).to_string());
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let Some((name, place)) = schema.field(name) else { continue };
                path.push(PathElement::Field(name.clone()));
                find_atomic(place, member, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            let Some(place) = schema.item() else { return };
            for (index, item) in items.iter().enumerate() {
                path.push(PathElement::Index(index));
                find_atomic(place, item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}
