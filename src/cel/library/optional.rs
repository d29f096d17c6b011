//! Optionals: values that may be missing.

use super::{Answer, Call, Unused};
use crate::cel::Fault;
use crate::cel::functions::Line;
use crate::cel::functions::Price::One;
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::Val;

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("optional.of", Global, One, &["T -> optional(T)"], |call, _| {
        call.arguments.first().cloned().map_or_else(|| call.refuse(), |value| Ok(value.some()))
    }),
    ("optional.none", Global, One, &["-> optional(dyn)"], |_, _| Ok(Val::Optional(None))),
    ("optional.ofNonZeroValue", Global, One, &["T -> optional(T)"], of_non_zero),
    ("hasValue", Member, One, &["optional(T) -> bool"], |call, _| match call.arguments {
        [Val::Optional(value)] => Ok(Val::Bool(value.is_some())),
        _ => call.refuse(),
    }),
    ("value", Member, One, &["optional(T) -> T"], |call, _| match call.arguments {
        [Val::Optional(Some(value))] => Ok((**value).clone()),
        [Val::Optional(None)] => Err(Fault::other("optional.none() dereference")),
        _ => call.refuse(),
    }),
    ("or", Member, One, &["optional(T), optional(T) -> optional(T)"], |call, _| match call.arguments {
        [Val::Optional(None), other @ Val::Optional(_)] => Ok(other.clone()),
        [some @ Val::Optional(Some(_)), _] => Ok(some.clone()),
        _ => call.refuse(),
    }),
    ("orValue", Member, One, &["optional(T), T -> T"], |call, _| match call.arguments {
        [Val::Optional(Some(value)), _] => Ok((**value).clone()),
        [Val::Optional(None), other] => Ok(other.clone()),
        _ => call.refuse(),
    }),
];

fn of_non_zero<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let [value] = call.arguments else { return call.refuse() };
    let zero = match value {
        Val::Null | Val::Bool(false) | Val::Int(0) | Val::Uint(0) | Val::Duration(0) | Val::Optional(None) => true,
        Val::Double(number) => *number == 0.0,
        Val::Text(text) => text.is_empty(),
        Val::Bytes(bytes) => bytes.is_empty(),
        Val::Built(object) => object.fields.is_empty(),
        other => other.count() == Some(0),
    };
    Ok(if zero { Val::Optional(None) } else { value.clone().some() })
}
