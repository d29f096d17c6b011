//! Operators, and the sizes of things.

use std::cmp::Ordering;

use super::{Answer, Unused, int};
use crate::cel::functions::Price::{Least, Once, One};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::functions::{Call, Line};
use crate::cel::value::Val;
use crate::cel::{Budget, Fault};
use crate::schema::ListType;

const ORDERED: &[&str] = &[
    "bool, bool -> bool",
    "int, int -> bool",
    "uint, uint -> bool",
    "double, double -> bool",
    "int, uint -> bool",
    "int, double -> bool",
    "uint, int -> bool",
    "uint, double -> bool",
    "double, int -> bool",
    "double, uint -> bool",
    "string, string -> bool",
    "bytes, bytes -> bool",
    "timestamp, timestamp -> bool",
    "duration, duration -> bool",
];

const SIZED: &[&str] = &["string -> int", "bytes -> int", "list(T) -> int", "map(K, V) -> int"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("_==_", Global, Least, &["T, T -> bool"], |call, budget| equal(call, budget).map(Val::Bool)),
    ("_!=_", Global, Least, &["T, T -> bool"], |call, budget| equal(call, budget).map(|equal| Val::Bool(!equal))),
    ("_<_", Global, Least, ORDERED, |call, _| ordered(call, Ordering::is_lt)),
    ("_<=_", Global, Least, ORDERED, |call, _| ordered(call, Ordering::is_le)),
    ("_>_", Global, Least, ORDERED, |call, _| ordered(call, Ordering::is_gt)),
    ("_>=_", Global, Least, ORDERED, |call, _| ordered(call, Ordering::is_ge)),
    (
        "_+_",
        Global,
        Once,
        &[
            "int, int -> int",
            "uint, uint -> uint",
            "double, double -> double",
            "string, string -> string",
            "bytes, bytes -> bytes",
            "list(T), list(T) -> list(T)",
            "timestamp, duration -> timestamp",
            "duration, timestamp -> timestamp",
            "duration, duration -> duration",
        ],
        add,
    ),
    (
        "_-_",
        Global,
        One,
        &[
            "int, int -> int",
            "uint, uint -> uint",
            "double, double -> double",
            "timestamp, timestamp -> duration",
            "timestamp, duration -> timestamp",
            "duration, duration -> duration",
        ],
        subtract,
    ),
    ("_*_", Global, One, &["int, int -> int", "uint, uint -> uint", "double, double -> double"], multiply),
    ("_/_", Global, One, &["int, int -> int", "uint, uint -> uint", "double, double -> double"], divide),
    ("_%_", Global, One, &["int, int -> int", "uint, uint -> uint"], remainder),
    ("-_", Global, One, &["int -> int", "double -> double"], negate),
    ("!_", Global, One, &["bool -> bool"], not),
    ("@in", Global, Once, &["T, list(T) -> bool", "K, map(K, V) -> bool"], within),
    ("size", Global, Once, SIZED, size),
    ("size", Member, Once, SIZED, size),
];

fn equal(call: &Call<'_, '_>, budget: &mut Budget) -> Result<bool, Fault> {
    match call.arguments {
        [left, right] => left.equals(right, budget),
        _ => call.refuse(),
    }
}

fn ordered<'a>(call: &Call<'_, 'a>, holds: fn(Ordering) -> bool) -> Answer<'a> {
    match call.arguments {
        // Nothing is less or greater than what is no number.
        [Val::Double(left), Val::Double(right)] if left.is_nan() || right.is_nan() => Ok(Val::Bool(false)),
        [left, right] => left.order(right).map_or_else(|| call.refuse(), |order| Ok(Val::Bool(holds(order)))),
        _ => call.refuse(),
    }
}

fn overflow<T>(value: Option<T>, what: &str) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::other(format!("{what} overflow")))
}

fn time<'a>(time: jiff::Timestamp, nanoseconds: i64, forward: bool) -> Answer<'a> {
    let span = jiff::SignedDuration::from_nanos(nanoseconds);
    let moved = if forward { time.checked_add(span) } else { time.checked_sub(span) };
    overflow(moved.ok(), "timestamp").map(Val::Time)
}

fn add<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    match call.arguments {
        [Val::Int(left), Val::Int(right)] => overflow(left.checked_add(*right), "integer").map(Val::Int),
        [Val::Uint(left), Val::Uint(right)] => overflow(left.checked_add(*right), "unsigned integer").map(Val::Uint),
        [Val::Double(left), Val::Double(right)] => Ok(Val::Double(left + right)),
        [Val::Text(left), Val::Text(right)] => Ok(format!("{left}{right}").into()),
        [Val::Bytes(left), Val::Bytes(right)] => Ok(Val::Bytes([&left[..], &right[..]].concat().into())),
        [Val::Time(start), Val::Duration(length)] | [Val::Duration(length), Val::Time(start)] => time(*start, *length, true),
        [Val::Duration(left), Val::Duration(right)] => overflow(left.checked_add(*right), "duration").map(Val::Duration),
        [left, right] if left.is_list() && right.is_list() => concatenate(left, right, budget),
        _ => call.refuse(),
    }
}

/// Joins two lists. In a set nothing comes twice; in a map list an item takes the place of the one with its keys.
fn concatenate<'a>(left: &Val<'a>, right: &Val<'a>, budget: &mut Budget) -> Answer<'a> {
    let mut items: Vec<Val<'a>> = left.items().collect();
    let list_type = match left {
        Val::Items(_, place) => place.list_type(),
        _ => &ListType::Atomic,
    };
    if *list_type == ListType::Atomic {
        items.extend(right.items());
        return Ok(items.into());
    }
    for item in right.items() {
        let mut same = None;
        for (index, known) in items.iter().enumerate() {
            budget.spend(1)?;
            let equal = match list_type {
                ListType::Map(keys) => same_keys(known, &item, keys, budget)?,
                _ => known.equals(&item, budget)?,
            };
            if equal {
                same = Some(index);
                break;
            }
        }
        match same {
            Some(index) => items[index] = item,
            None => items.push(item),
        }
    }
    Ok(items.into())
}

fn same_keys(left: &Val<'_>, right: &Val<'_>, keys: &[crate::schema::MapKey], budget: &mut Budget) -> Result<bool, Fault> {
    for key in keys {
        let same = match (left.member(&key.name), right.member(&key.name)) {
            (Some(left), Some(right)) => left.equals(&right, budget)?,
            (left, right) => left.is_none() && right.is_none(),
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn subtract<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [Val::Int(left), Val::Int(right)] => overflow(left.checked_sub(*right), "integer").map(Val::Int),
        [Val::Uint(left), Val::Uint(right)] => overflow(left.checked_sub(*right), "unsigned integer").map(Val::Uint),
        [Val::Double(left), Val::Double(right)] => Ok(Val::Double(left - right)),
        [Val::Time(end), Val::Time(start)] => {
            let nanoseconds = end.as_nanosecond() - start.as_nanosecond();
            overflow(i64::try_from(nanoseconds).ok(), "duration").map(Val::Duration)
        }
        [Val::Time(end), Val::Duration(length)] => time(*end, *length, false),
        [Val::Duration(left), Val::Duration(right)] => overflow(left.checked_sub(*right), "duration").map(Val::Duration),
        _ => call.refuse(),
    }
}

fn multiply<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [Val::Int(left), Val::Int(right)] => overflow(left.checked_mul(*right), "integer").map(Val::Int),
        [Val::Uint(left), Val::Uint(right)] => overflow(left.checked_mul(*right), "unsigned integer").map(Val::Uint),
        [Val::Double(left), Val::Double(right)] => Ok(Val::Double(left * right)),
        _ => call.refuse(),
    }
}

fn divide<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => Err(Fault::other("division by zero")),
        [Val::Int(left), Val::Int(right)] => overflow(left.checked_div(*right), "integer").map(Val::Int),
        [Val::Uint(left), Val::Uint(right)] => Ok(Val::Uint(left / right)),
        [Val::Double(left), Val::Double(right)] => Ok(Val::Double(left / right)),
        _ => call.refuse(),
    }
}

fn remainder<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [Val::Int(_), Val::Int(0)] | [Val::Uint(_), Val::Uint(0)] => Err(Fault::other("modulus by zero")),
        [Val::Int(left), Val::Int(right)] => overflow(left.checked_rem(*right), "integer").map(Val::Int),
        [Val::Uint(left), Val::Uint(right)] => Ok(Val::Uint(left % right)),
        _ => call.refuse(),
    }
}

fn negate<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [Val::Int(number)] => overflow(number.checked_neg(), "integer").map(Val::Int),
        [Val::Double(number)] => Ok(Val::Double(-number)),
        _ => call.refuse(),
    }
}

fn not<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [Val::Bool(truth)] => Ok(Val::Bool(!truth)),
        _ => call.refuse(),
    }
}

fn within<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    match call.arguments {
        [item, list] if list.is_list() => list.contains(item, budget).map(Val::Bool),
        [key, map @ (Val::Members(..) | Val::Map(_))] => Ok(Val::Bool(map.under(key).is_some())),
        _ => call.refuse(),
    }
}

fn size<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [Val::Text(text)] => Ok(int(text.chars().count())),
        [Val::Bytes(bytes)] => Ok(int(bytes.len())),
        [other] => other.count().map_or_else(|| call.refuse(), |count| Ok(int(count))),
        _ => call.refuse(),
    }
}
