//! How much evaluations may take by the bounds of a schema, before there is a document.
//!
//! Roughly kube-apiserver's estimate: a step for each node, a tenth of one for each character, and the product for loops in loops.

use super::types::Type;
use crate::schema::{Format, Rules, Scalar, SchemaNode, Shape};

/// The greatest request, in bytes; what has no bound of its own is bounded by it.
const REQUEST_MOST: u64 = 3 << 20;

/// The longest RFC 3339 time and Go duration, in characters.
const TIME_MOST: u64 = 36;

/// What reading so many characters takes.
pub(super) fn text(characters: u64) -> u64 {
    characters.div_ceil(10)
}

/// The most items, members or characters that a value at the place has; 1 for other scalars.
pub(super) fn most(place: SchemaNode<'_>) -> u64 {
    let none = Rules::default();
    let rules = place.node().rules.as_deref().unwrap_or(&none);
    match place.shape() {
        Shape::Any => REQUEST_MOST,
        Shape::Scalar(Scalar::String | Scalar::Bytes | Scalar::Quantity | Scalar::IntOrString) => text_most(rules),
        Shape::Scalar(Scalar::Time) => TIME_MOST,
        Shape::Scalar(_) => 1,
        Shape::Struct { fields, .. } => fields.len() as u64,
        Shape::Map { value, .. } => rules.max_properties.unwrap_or(REQUEST_MOST / (least_bytes(place.at(*value)) + 4)),
        Shape::List { item, .. } => rules.max_items.unwrap_or(REQUEST_MOST / (least_bytes(place.at(*item)) + 1)),
    }
}

/// The most values at the place that fit into a request.
pub(super) fn most_in_request(place: SchemaNode<'_>) -> u64 {
    REQUEST_MOST / (least_bytes(place) + 1)
}

fn text_most(rules: &Rules) -> u64 {
    let listed = rules.allowed.iter().filter_map(|value| value.as_str()).map(|text| text.len() as u64).max();
    let by_format = match rules.format {
        Some(Format::Date | Format::DateTime | Format::Duration) => Some(TIME_MOST),
        _ => None,
    };
    listed.or(rules.max_length).or(by_format).unwrap_or(REQUEST_MOST - 2)
}

/// The fewest bytes that a value at the place takes in a request.
fn least_bytes(place: SchemaNode<'_>) -> u64 {
    match place.shape() {
        Shape::Struct { fields, required, .. } => {
            let members = required.iter().filter_map(|name| Some((name, fields.get(name)?)));
            2 + members.map(|(name, id)| name.len() as u64 + 4 + least_bytes(place.at(*id))).sum::<u64>()
        }
        Shape::Map { .. } | Shape::List { .. } | Shape::Scalar(Scalar::String | Scalar::Bytes | Scalar::Time) => 2,
        Shape::Scalar(Scalar::Boolean) => 4,
        Shape::Any | Shape::Scalar(_) => 1,
    }
}

/// The most that a value of the type has where no schema bounds it.
pub(super) fn most_of(kind: &Type) -> u64 {
    match kind {
        Type::Dyn | Type::Text | Type::Bytes => REQUEST_MOST,
        Type::List(_) | Type::Map(..) => REQUEST_MOST / 2,
        Type::Time | Type::Duration => TIME_MOST,
        _ => 1,
    }
}
