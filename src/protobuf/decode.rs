//! From a message to the JSON of its object.
//!
//! Receives bytes from a client and hands on a document. What the table does not know is passed over, as protobuf asks. Invariant:
//! the document is nested no deeper than JSON text may be, so that it can be stored and read back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde_json::{Map, Number, Value};

use super::table::{Field, Kind, Message, MessageId, Shape, schema_message};
use super::wire::{DecodeError, Reader, Wire};
use crate::object::{MicroTime, Time};

/// How deep objects and lists may lie in each other. Parsers of JSON commonly stop at 128.
const DEEPEST: usize = 120;

/// Reads the content of a message into the members of an object.
///
/// Errors where the bytes are not a message, or where a value has no JSON form.
pub fn decode(message: &'static Message, bytes: &[u8]) -> Result<Map<String, Value>, DecodeError> {
    let mut members = Map::new();
    fields(message, bytes, &mut members, 1)?;
    Ok(members)
}

/// Reads fields into an object that may have members already: the pieces of one message add up.
fn fields(message: &'static Message, bytes: &[u8], members: &mut Map<String, Value>, depth: usize) -> Result<(), DecodeError> {
    if depth > DEEPEST {
        return Err(DecodeError::TooDeep);
    }
    let mut reader = Reader(bytes);
    while let Some((number, wire)) = reader.field()? {
        let Some(field) = message.field(number) else { continue };
        match (field.shape, field.kind) {
            (Shape::One, Kind::Message(id)) if field.name == "." => fields(id.message(), wire.bytes(field.name)?, members, depth)?,
            (Shape::One, Kind::Message(id)) => {
                let bytes = wire.bytes(field.name)?;
                if let Some(object) = object_at(members, field.name) {
                    fields(id.message(), bytes, object, depth + 1)?;
                }
            }
            (Shape::One, _) => match value(field, field.kind, wire, depth)? {
                Some(value) if !(field.drops_zero && is_zero(&value)) => {
                    members.insert(field.name.to_owned(), value);
                }
                // The last value counts, also where it is the empty one.
                _ => drop(members.remove(field.name)),
            },
            (Shape::List, _) => {
                let list = members.entry(field.name).or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(items) = list {
                    append(field, wire, items, depth + 1)?;
                }
            }
            (Shape::Map, _) => {
                let (key, value) = entry(field, wire.bytes(field.name)?, depth + 1)?;
                if let Some(object) = object_at(members, field.name) {
                    object.insert(key, value);
                }
            }
        }
    }
    Ok(())
}

/// The object under a name, made where it is not there. `None` where something else stands there, which no field's type allows.
fn object_at<'a>(members: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    members.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

/// Appends what one occurrence of a list's field holds: one item, or any number of numbers that are packed together.
fn append(field: &Field, wire: Wire<'_>, items: &mut Vec<Value>, depth: usize) -> Result<(), DecodeError> {
    if let (Kind::Bool | Kind::Int32 | Kind::Int64, Wire::Bytes(packed)) = (field.kind, wire) {
        let mut reader = Reader(packed);
        while !reader.0.is_empty() {
            let number = Wire::Varint(reader.varint()?);
            items.extend(value(field, field.kind, number, depth)?);
        }
        return Ok(());
    }
    items.push(value(field, field.kind, wire, depth)?.unwrap_or(Value::Null));
    Ok(())
}

/// One key of a map with its value: a message with two fields, either of which may be absent and is then empty.
fn entry(field: &Field, bytes: &[u8], depth: usize) -> Result<(String, Value), DecodeError> {
    let (mut key, mut found) = ("", None);
    let mut reader = Reader(bytes);
    while let Some((number, wire)) = reader.field()? {
        match number {
            1 => key = wire.text(field.name)?,
            2 => found = Some(wire),
            _ => {}
        }
    }
    let absent = match field.kind {
        Kind::Bool | Kind::Int32 | Kind::Int64 => Wire::Varint(0),
        Kind::Double => Wire::Fixed64([0; 8]),
        _ => Wire::Bytes(b""),
    };
    let value = value(field, field.kind, found.unwrap_or(absent), depth)?;
    Ok((key.to_owned(), value.unwrap_or(Value::Null)))
}

/// One value; `None` for what JSON leaves out: an empty time, and JSON that is no value.
fn value(field: &Field, kind: Kind, wire: Wire<'_>, depth: usize) -> Result<Option<Value>, DecodeError> {
    let name = field.name;
    Ok(Some(match kind {
        Kind::String => wire.text(name)?.into(),
        Kind::Bytes => BASE64.encode(wire.bytes(name)?).into(),
        Kind::Bool => (wire.number(name)? != 0).into(),
        // Upstream keeps the lower half of what is too long for 32 bits.
        Kind::Int32 => (wire.number(name)? as i32).into(),
        Kind::Int64 => wire.number(name)?.cast_signed().into(),
        Kind::Double => double(wire, name)?,
        Kind::Quantity => match Wrapped::read(wire, name)?.bytes {
            b"" => "0".into(),
            text => Wire::Bytes(text).text(name)?.into(),
        },
        Kind::IntOrString => int_or_string(wire.bytes(name)?, name)?,
        Kind::Time => return time(wire.bytes(name)?, name).map(|at| at.map(|at| Time::new(at).to_string().into())),
        Kind::MicroTime => return time(wire.bytes(name)?, name).map(|at| at.map(|at| MicroTime(at).to_string().into())),
        Kind::Raw => return json(Wrapped::read(wire, name)?.bytes, name, depth),
        Kind::StringList => Value::Array(texts(wire.bytes(name)?, 1, name)?),
        Kind::SchemaOrArray | Kind::SchemaOrBool | Kind::SchemaOrStrings => either(kind, wire.bytes(name)?, name, depth)?,
        Kind::Message(id) => message(id, wire.bytes(name)?, depth + 1)?,
    }))
}

fn message(id: MessageId, bytes: &[u8], depth: usize) -> Result<Value, DecodeError> {
    let mut members = Map::new();
    fields(id.message(), bytes, &mut members, depth)?;
    Ok(Value::Object(members))
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn double(wire: Wire<'_>, name: &'static str) -> Result<Value, DecodeError> {
    let Wire::Fixed64(bytes) = wire else { return Err(wire.mismatch(name)) };
    let number = f64::from_le_bytes(bytes);
    // JSON has one kind of number, and a whole one is written without a fraction.
    if number.fract() == 0.0 && number.abs() < 9e15 {
        return Ok((number as i64).into());
    }
    Number::from_f64(number).map(Value::Number).ok_or(DecodeError::OutOfRange(name))
}

/// A message that holds bytes in its field 1.
struct Wrapped<'a> {
    bytes: &'a [u8],
}

impl<'a> Wrapped<'a> {
    fn read(wire: Wire<'a>, name: &'static str) -> Result<Self, DecodeError> {
        let mut reader = Reader(wire.bytes(name)?);
        let mut bytes: &[u8] = b"";
        while let Some((number, wire)) = reader.field()? {
            if number == 1 {
                bytes = wire.bytes(name)?;
            }
        }
        Ok(Self { bytes })
    }
}

fn int_or_string(bytes: &[u8], name: &'static str) -> Result<Value, DecodeError> {
    let (mut which, mut number, mut text) = (0, 0, "");
    let mut reader = Reader(bytes);
    while let Some((field, wire)) = reader.field()? {
        match field {
            1 => which = wire.number(name)?,
            2 => number = wire.number(name)? as i32,
            3 => text = wire.text(name)?,
            _ => {}
        }
    }
    Ok(if which == 0 { number.into() } else { text.into() })
}

/// Seconds and nanoseconds since 1970. The empty message is Go's zero time, which JSON leaves out.
fn time(bytes: &[u8], name: &'static str) -> Result<Option<Timestamp>, DecodeError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (mut seconds, mut nanoseconds) = (0, 0);
    let mut reader = Reader(bytes);
    while let Some((field, wire)) = reader.field()? {
        match field {
            1 => seconds = wire.number(name)?.cast_signed(),
            2 => nanoseconds = wire.number(name)? as i32,
            _ => {}
        }
    }
    let at = Timestamp::new(seconds, nanoseconds).map_err(|_| DecodeError::OutOfRange(name))?;
    // The year must have four digits in RFC 3339.
    let ends = 253_402_300_800;
    if (-62_167_219_200..ends).contains(&at.as_second()) { Ok(Some(at)) } else { Err(DecodeError::OutOfRange(name)) }
}

/// JSON inside a message; `None` where there is none.
fn json(text: &[u8], name: &'static str, depth: usize) -> Result<Option<Value>, DecodeError> {
    if text.is_empty() {
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(text).map_err(|error| DecodeError::NotJson { field: name, why: error.to_string() })?;
    if depth + nesting(&value) > DEEPEST {
        return Err(DecodeError::TooDeep);
    }
    Ok(Some(value).filter(|value| !value.is_null()))
}

/// How deep objects and lists lie in each other. The parser has bounded it before.
fn nesting(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(nesting).max().unwrap_or(0),
        _ => 0,
    }
}

fn texts(bytes: &[u8], field: u32, name: &'static str) -> Result<Vec<Value>, DecodeError> {
    let mut texts = Vec::new();
    let mut reader = Reader(bytes);
    while let Some((number, wire)) = reader.field()? {
        if number == field {
            texts.push(wire.text(name)?.into());
        }
    }
    Ok(texts)
}

/// A schema, or what may stand in its place: schemas, a truth value, names of members.
fn either(kind: Kind, bytes: &[u8], name: &'static str, depth: usize) -> Result<Value, DecodeError> {
    let one = if kind == Kind::SchemaOrBool { 2 } else { 1 };
    let (mut schema, mut others, mut allows) = (None::<Map<String, Value>>, Vec::new(), false);
    let mut reader = Reader(bytes);
    while let Some((number, wire)) = reader.field()? {
        match (number, kind) {
            (number, _) if number == one => {
                fields(schema_message().message(), wire.bytes(name)?, schema.get_or_insert_default(), depth + 1)?;
            }
            (1, Kind::SchemaOrBool) => allows = wire.number(name)? != 0,
            (2, Kind::SchemaOrArray) => others.push(message(schema_message(), wire.bytes(name)?, depth + 2)?),
            (2, Kind::SchemaOrStrings) => others.push(wire.text(name)?.into()),
            _ => {}
        }
    }
    Ok(match (schema, kind) {
        (Some(schema), Kind::SchemaOrBool) => Value::Object(schema),
        (None, Kind::SchemaOrBool) => allows.into(),
        (Some(schema), _) if others.is_empty() => Value::Object(schema),
        _ => Value::Array(others),
    })
}
