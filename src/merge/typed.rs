//! What a value is for field management: a container whose parts are owned one by one, or one indivisible leaf.
//!
//! Receives a value and its place in a schema, hands on its form and the path elements of list items. Invariant: every walk (owning,
//! comparing, merging, removing) takes the form from here, so they agree on what a field is.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::path::{FieldPath, PathElement};
use crate::object::kind_of;
use crate::schema::{ListType, MapKey, SchemaNode, Shape};

/// A place where a document cannot be managed field by field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct WalkError {
    /// The place, from the root of the document.
    pub path: FieldPath,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The schema knows no such member.
    #[error("field not declared in schema")]
    UnknownField,
    /// The value has another JSON type than the schema says.
    #[error("expected {expected}, got {found}")]
    WrongType {
        /// What the schema says.
        expected: &'static str,
        /// What the value is.
        found: &'static str,
    },
    /// An item of a map list has none of the members that tell items apart.
    #[error("element {index}: associative list with keys has an element that omits all key fields {keys:?}")]
    NoKey {
        /// The position of the item.
        index: usize,
        /// The names of the key members.
        keys: Vec<Arc<str>>,
    },
    /// An item cannot be told apart from others because of its type.
    #[error("element {index}: {found} cannot be an element of an associative list")]
    BadItem {
        /// The position of the item.
        index: usize,
        /// What the item is.
        found: &'static str,
    },
    /// Two items of a list that tells items apart are the same.
    #[error("duplicate entries for key {key}")]
    Duplicate {
        /// The element that stands twice.
        key: String,
    },
}

impl WalkError {
    pub(super) fn here(problem: Problem) -> Self {
        Self { path: FieldPath::default(), problem }
    }

    /// The same error seen from one container further out.
    pub(super) fn below(mut self, element: PathElement) -> Self {
        self.path.0.insert(0, element);
        self
    }
}

/// How a value is managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Member by member.
    Map,
    /// Item by item.
    List,
    /// As a whole.
    Leaf,
}

impl Form {
    pub(super) fn of(schema: SchemaNode<'_>, value: &Value) -> Self {
        match schema.shape() {
            // Null could be anything; upstream takes it for a map, which matters where the other side of a comparison is one.
            Shape::Any => match value {
                Value::Object(_) | Value::Null => Self::Map,
                _ => Self::Leaf,
            },
            Shape::Scalar(_) => Self::Leaf,
            Shape::Struct { atomic, .. } | Shape::Map { atomic, .. } => {
                if *atomic {
                    Self::Leaf
                } else {
                    Self::Map
                }
            }
            Shape::List { list_type: ListType::Atomic, .. } => Self::Leaf,
            Shape::List { .. } => Self::List,
        }
    }
}

/// The place of a member; where the schema knows none, a place of which nothing is known.
pub(super) fn member<'a>(schema: SchemaNode<'a>, name: &str) -> SchemaNode<'a> {
    schema.member(name).unwrap_or_else(SchemaNode::any)
}

/// The place of a list's items.
pub(super) fn item(schema: SchemaNode<'_>) -> SchemaNode<'_> {
    schema.item().unwrap_or_else(SchemaNode::any)
}

/// Whether the member is one that the schema declares by name, unlike the members of maps and of unknown structure.
pub(super) fn is_declared(schema: SchemaNode<'_>, name: &str) -> bool {
    matches!(schema.shape(), Shape::Struct { fields, .. } if fields.contains_key(name))
}

/// The members of an object that has any.
pub(super) fn filled_map(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object().filter(|members| !members.is_empty())
}

/// The items of a list that has any.
pub(super) fn filled_list(value: &Value) -> Option<&Vec<Value>> {
    value.as_array().filter(|items| !items.is_empty())
}

/// What tells the item at `index` apart from the others of a set or map list.
pub(super) fn item_element(schema: SchemaNode<'_>, index: usize, item: &Value) -> Result<PathElement, WalkError> {
    match schema.list_type() {
        ListType::Atomic => Ok(PathElement::Index(index)),
        ListType::Set => match item {
            Value::Null | Value::Array(_) | Value::Object(_) => bad_item(index, item),
            scalar => Ok(PathElement::Value(scalar.clone())),
        },
        ListType::Map(keys) => match item {
            Value::Object(members) => keyed_element(keys, index, members),
            other => bad_item(index, other),
        },
    }
}

/// The elements of all items in their order.
pub(super) fn item_elements(schema: SchemaNode<'_>, items: &[Value]) -> Result<Vec<PathElement>, WalkError> {
    items.iter().enumerate().map(|(index, item)| item_element(schema, index, item)).collect()
}

fn bad_item<T>(index: usize, item: &Value) -> Result<T, WalkError> {
    Err(WalkError::here(Problem::BadItem { index, found: kind_of(item) }))
}

/// A key member that is absent counts with its default; without a default it is left out, so that items differ by what they lack.
fn keyed_element(keys: &[MapKey], index: usize, members: &Map<String, Value>) -> Result<PathElement, WalkError> {
    let found: Vec<_> =
        keys.iter().filter_map(|key| Some((key.name.clone(), members.get(&*key.name).or(key.default.as_ref())?.clone()))).collect();
    if found.is_empty() {
        return Err(WalkError::here(Problem::NoKey { index, keys: keys.iter().map(|key| key.name.clone()).collect() }));
    }
    Ok(PathElement::key(found))
}
