//! Values while they are evaluated. Documents are read in place; the schema says what their members are.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::construct::{self, Built};
use super::library::{Opaque, duration};
use super::types;
use crate::schema::{Format, Number, Scalar, SchemaNode, Shape};

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Val<'a> {
    /// `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that is not negative.
    Uint(u64),
    /// A floating-point number.
    Double(f64),
    /// A text.
    Text(Text<'a>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// A point in time.
    Time(Timestamp),
    /// A length of time in nanoseconds.
    Duration(i64),
    /// A type, by name.
    Kind(Text<'a>),
    /// A list of a document, with the place of the list.
    Items(&'a [Value], SchemaNode<'a>),
    /// A list that was computed.
    List(Arc<Vec<Val<'a>>>),
    /// An object of a document, with its place.
    Members(&'a Map<String, Value>, SchemaNode<'a>),
    /// A map that was computed.
    Map(Arc<BTreeMap<Key, Val<'a>>>),
    /// A value or none.
    Optional(Option<Arc<Val<'a>>>),
    /// A value of a type of Kubernetes' own.
    Opaque(Arc<Opaque>),
    /// An object that the expression made.
    Built(Arc<Built<'a>>),
}

/// A text, of a document or computed.
#[derive(Debug, Clone)]
pub(super) enum Text<'a> {
    /// It stands in a document.
    Borrowed(&'a str),
    /// It was computed or stands in the expression.
    Shared(Arc<str>),
}

/// What tells the members of a computed map apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A truth value.
    Bool(bool),
    /// A whole number of either type.
    Number(i128),
    /// A text.
    Text(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl From<String> for Val<'_> {
    fn from(text: String) -> Self {
        Self::Text(Text::Shared(text.into()))
    }
}

impl From<&str> for Val<'_> {
    fn from(text: &str) -> Self {
        Self::Text(Text::Shared(text.into()))
    }
}

impl<'a> From<Vec<Val<'a>>> for Val<'a> {
    fn from(items: Vec<Val<'a>>) -> Self {
        Self::List(Arc::new(items))
    }
}

impl<'a> Val<'a> {
    /// The value that stands at a place of a document. A text that does not have its format stays a text.
    pub(super) fn of(value: &'a Value, place: SchemaNode<'a>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => of_number(number, place),
            Value::String(text) => of_text(text, place),
            Value::Array(items) => Self::Items(items, place),
            Value::Object(members) => Self::Members(members, place),
        }
    }

    /// An optional with a value.
    pub(super) fn some(self) -> Self {
        Self::Optional(Some(Arc::new(self)))
    }

    /// The name of the value's type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Time(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Kind(_) => "type",
            Self::Items(..) | Self::List(_) => "list",
            Self::Members(..) | Self::Map(_) => "map",
            Self::Optional(_) => "optional_type",
            Self::Opaque(opaque) => opaque.type_name(),
            Self::Built(object) if *object.name == *construct::PATCH => construct::PATCH,
            Self::Built(_) => construct::OBJECT,
        }
    }

    /// The number of items of a list or members of a map.
    pub(super) fn count(&self) -> Option<usize> {
        match self {
            Self::Items(items, _) => Some(items.len()),
            Self::List(items) => Some(items.len()),
            Self::Members(members, _) => Some(members.len()),
            Self::Map(members) => Some(members.len()),
            _ => None,
        }
    }

    /// Whether the value is a list.
    pub(super) fn is_list(&self) -> bool {
        matches!(self, Self::Items(..) | Self::List(_))
    }

    /// The item of a list; `None` beyond its end and for what is no list.
    pub(super) fn item(&self, index: usize) -> Option<Self> {
        match self {
            Self::Items(items, place) => Some(Self::of(items.get(index)?, place.item().unwrap_or(SchemaNode::any()))),
            Self::List(items) => items.get(index).cloned(),
            _ => None,
        }
    }

    /// The items of a list; none for what is no list.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> + '_ {
        let count = if self.is_list() { self.count().unwrap_or_default() } else { 0 };
        (0..count).filter_map(|index| self.item(index))
    }

    /// The member of a map or object under this very name.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        match self {
            Self::Members(members, place) => Some(Self::of(members.get(name)?, place.member(name).unwrap_or(SchemaNode::any()))),
            Self::Map(members) => members.get(&Key::Text(name.into())).cloned(),
            Self::Built(object) => object.fields.get(name).cloned(),
            _ => None,
        }
    }

    /// The keys of a map or object, in order.
    pub(super) fn keys(&self) -> Vec<Val<'a>> {
        match self {
            Self::Members(members, _) => members.keys().map(|name| Val::Text(Text::Borrowed(name))).collect(),
            Self::Map(members) => members.keys().map(Key::value).collect(),
            _ => Vec::new(),
        }
    }

    /// The value as a key of a computed map.
    pub(super) fn key(&self) -> Option<Key> {
        match self {
            Self::Bool(truth) => Some(Key::Bool(*truth)),
            Self::Int(number) => Some(Key::Number(i128::from(*number))),
            Self::Uint(number) => Some(Key::Number(i128::from(*number))),
            Self::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(Key::Number(*number as i128)),
            Self::Text(text) => Some(Key::Text((**text).into())),
            _ => None,
        }
    }

    /// What a value under this key is; `None` where there is none.
    pub(super) fn under(&self, key: &Val<'a>) -> Option<Self> {
        match (self, key) {
            (Self::Members(..), Val::Text(name)) => self.member(name),
            (Self::Map(members), _) => members.get(&key.key()?).cloned(),
            _ => None,
        }
    }

    /// Whether lists here are compared without regard to order.
    /// How much text there is to read, in bytes.
    pub(super) fn text_size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Opaque(opaque) => opaque.text_size(),
            _ => 0,
        }
    }

    /// How much there is to go through in a list, a map or a text, in steps; what lies deeper is left out.
    pub(super) fn steps(&self) -> u64 {
        let text = |bytes: usize| super::cost::text(bytes as u64);
        match self {
            Self::Items(items, _) => items.iter().map(|item| 1 + text(item.as_str().map_or(0, str::len))).sum(),
            Self::List(items) => items.iter().map(|item| 1 + text(item.text_size())).sum(),
            _ => text(self.text_size()).max(self.count().unwrap_or_default() as u64),
        }
    }
}

fn of_number<'a>(number: &serde_json::Number, place: SchemaNode<'_>) -> Val<'a> {
    let float = number.as_f64().unwrap_or(f64::NAN);
    match (place.shape(), number.as_i64(), number.as_u64()) {
        (Shape::Scalar(Scalar::Number(Number::Float)), ..) => Val::Double(float),
        (_, Some(whole), _) => Val::Int(whole),
        (_, None, Some(whole)) => Val::Uint(whole),
        // A whole number may be written as 1.0.
        (Shape::Scalar(Scalar::Number(_) | Scalar::IntOrString), ..) if float.fract() == 0.0 && float.abs() < 9e15 => {
            Val::Int(float as i64)
        }
        _ => Val::Double(float),
    }
}

fn of_text<'a>(text: &'a str, place: SchemaNode<'_>) -> Val<'a> {
    let plain = Val::Text(Text::Borrowed(text));
    let format = match place.shape() {
        Shape::Scalar(Scalar::Bytes) => Some(Format::Byte),
        Shape::Scalar(Scalar::Time) => Some(Format::DateTime),
        Shape::Scalar(Scalar::String) => types::format(place),
        _ => None,
    };
    let read = match format {
        Some(Format::Byte) => base64::engine::general_purpose::STANDARD.decode(text).ok().map(|bytes| Val::Bytes(bytes.into())),
        Some(Format::DateTime) => text.parse().ok().map(Val::Time),
        Some(Format::Date) => format!("{text}T00:00:00Z").parse().ok().map(Val::Time),
        Some(Format::Duration) => duration::parse(text).map(Val::Duration),
        _ => None,
    };
    read.unwrap_or(plain)
}

impl Key {
    /// The key as a value.
    pub(super) fn value<'a>(&self) -> Val<'a> {
        match self {
            Self::Bool(truth) => Val::Bool(*truth),
            Self::Number(number) => match i64::try_from(*number) {
                Ok(whole) => Val::Int(whole),
                Err(_) => Val::Uint(u64::try_from(*number).unwrap_or(u64::MAX)),
            },
            Self::Text(text) => Val::Text(Text::Shared(Arc::clone(text))),
        }
    }
}
