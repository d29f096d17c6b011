//! Conversions between types, and types as values.

use super::{Answer, Call, Opaque, Unused, duration};
use crate::cel::Fault;
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, One};
use crate::cel::functions::Style::Global;
use crate::cel::value::{Text, Val};

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("int", Global, Once, &["int -> int", "uint -> int", "double -> int", "string -> int", "timestamp -> int"], to_int),
    ("uint", Global, Once, &["int -> uint", "uint -> uint", "double -> uint", "string -> uint"], to_uint),
    ("double", Global, Once, &["int -> double", "uint -> double", "double -> double", "string -> double"], to_double),
    ("bool", Global, Once, &["bool -> bool", "string -> bool"], to_bool),
    ("bytes", Global, Once, &["bytes -> bytes", "string -> bytes"], to_bytes),
    (
        "string",
        Global,
        Once,
        &[
            "string -> string",
            "bool -> string",
            "int -> string",
            "uint -> string",
            "double -> string",
            "bytes -> string",
            "timestamp -> string",
            "duration -> string",
            "ip -> string",
            "cidr -> string",
        ],
        to_text,
    ),
    ("dyn", Global, One, &["T -> dyn"], |call, _| call.arguments.first().cloned().map_or_else(|| call.refuse(), Ok)),
    ("type", Global, One, &["T -> type"], |call, _| match call.arguments {
        [Val::Built(object)] => Ok(Val::Kind(Text::Shared(std::sync::Arc::clone(&object.name)))),
        [value] => Ok(Val::Kind(Text::Borrowed(value.type_name()))),
        _ => call.refuse(),
    }),
    ("duration", Global, Once, &["duration -> duration", "string -> duration"], |call, _| match call.arguments {
        [same @ Val::Duration(_)] => Ok(same.clone()),
        _ => duration::parse(call.text(0)?).map(Val::Duration).ok_or_else(|| unread(call)),
    }),
    ("timestamp", Global, Once, &["timestamp -> timestamp", "string -> timestamp", "int -> timestamp"], |call, _| match call.arguments {
        [same @ Val::Time(_)] => Ok(same.clone()),
        [Val::Int(seconds)] => jiff::Timestamp::from_second(*seconds).map(Val::Time).map_err(|_| Fault::other("timestamp overflow")),
        _ => time(call.text(0)?).map(Val::Time).ok_or_else(|| unread(call)),
    }),
];

/// A time as RFC 3339 has it: with a `T`.
fn time(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok().filter(|_| text.as_bytes().get(10) == Some(&b'T') && !text.contains('['))
}

/// Whether the text of a literal is a duration, or a time.
pub(in crate::cel) fn is_literal(kind: &str, text: &str) -> bool {
    if kind == "duration" { duration::parse(text).is_some() } else { time(text).is_some() }
}

/// A number as Go's `%g` writes it.
fn number(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let written = format!("{number:e}");
    let power = written.split_once('e').and_then(|(_, power)| power.parse::<i32>().ok()).unwrap_or_default();
    if number == 0.0 || (-4..GO_EXPONENT).contains(&power) { number.to_string() } else { super::text::exponent(&written) }
}

/// From which power of ten on Go's shortest form of a number has an exponent.
const GO_EXPONENT: i32 = 6;

fn unread(call: &Call<'_, '_>) -> Fault {
    Fault::other(format!("type conversion error from 'string' to '{}'", call.name))
}

fn out_of_range(call: &Call<'_, '_>) -> Fault {
    Fault::other(format!("{} overflow", if call.name == "int" { "integer" } else { "unsigned integer" }))
}

fn to_int<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [same @ Val::Int(_)] => Ok(same.clone()),
        [Val::Uint(number)] => i64::try_from(*number).map(Val::Int).map_err(|_| out_of_range(call)),
        [Val::Double(number)] if number.abs() < 9_223_372_036_854_775_807.0 => Ok(Val::Int(*number as i64)),
        [Val::Double(_)] => Err(out_of_range(call)),
        [Val::Time(time)] => Ok(Val::Int(time.as_second())),
        _ => call.text(0)?.parse().map(Val::Int).map_err(|_| unread(call)),
    }
}

fn to_uint<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [same @ Val::Uint(_)] => Ok(same.clone()),
        [Val::Int(number)] => u64::try_from(*number).map(Val::Uint).map_err(|_| out_of_range(call)),
        [Val::Double(number)] if (0.0..18_446_744_073_709_551_615.0).contains(number) => Ok(Val::Uint(*number as u64)),
        [Val::Double(_)] => Err(out_of_range(call)),
        _ => call.text(0)?.parse().map(Val::Uint).map_err(|_| unread(call)),
    }
}

fn to_double<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [same @ Val::Double(_)] => Ok(same.clone()),
        [Val::Int(number)] => Ok(Val::Double(*number as f64)),
        [Val::Uint(number)] => Ok(Val::Double(*number as f64)),
        _ => call.text(0)?.parse().map(Val::Double).map_err(|_| unread(call)),
    }
}

fn to_bool<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [same @ Val::Bool(_)] => Ok(same.clone()),
        _ => match call.text(0)? {
            "true" | "TRUE" | "True" | "t" | "T" | "1" => Ok(Val::Bool(true)),
            "false" | "FALSE" | "False" | "f" | "F" | "0" => Ok(Val::Bool(false)),
            _ => Err(unread(call)),
        },
    }
}

fn to_bytes<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [same @ Val::Bytes(_)] => Ok(same.clone()),
        _ => Ok(Val::Bytes(call.text(0)?.as_bytes().into())),
    }
}

fn to_text<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    match call.arguments {
        [same @ Val::Text(_)] => Ok(same.clone()),
        [Val::Bytes(bytes)] if std::str::from_utf8(bytes).is_err() => Err(Fault::other("invalid UTF-8 in bytes, cannot convert to string")),
        [value] => text(value).map_or_else(|| call.refuse(), |text| Ok(text.into())),
        _ => call.refuse(),
    }
}

/// The text of a scalar; `None` for what has none.
pub(super) fn text(value: &Val<'_>) -> Option<String> {
    Some(match value {
        Val::Text(text) | Val::Kind(text) => text.to_string(),
        Val::Bool(truth) => truth.to_string(),
        Val::Int(number) => number.to_string(),
        Val::Uint(number) => number.to_string(),
        Val::Double(double) => number(*double),
        Val::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Val::Time(time) => time.to_string(),
        Val::Duration(nanoseconds) => duration::text(*nanoseconds),
        Val::Opaque(opaque) => match &**opaque {
            Opaque::Ip(address) => address.to_string(),
            Opaque::Cidr(address, length) => format!("{address}/{length}"),
            _ => return None,
        },
        _ => return None,
    })
}
