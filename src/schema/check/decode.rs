//! Values that a typed document cannot hold, which make the whole request unreadable.

use std::ops::ControlFlow;

use serde_json::{Number as JsonNumber, Value};

use super::Path;
use crate::schema::{Number, Scalar, SchemaNode, Shape, formats, quantity};

/// Why a typed document cannot be read; kube-apiserver answers these with 400 BadRequest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The JSON type is not the field's.
    #[error("json: cannot unmarshal {found} into field {path} of type {expected}")]
    Type {
        /// The field's path.
        path: String,
        /// What was found: a JSON type, and the number where one does not fit.
        found: String,
        /// The type of the field.
        expected: String,
    },
    /// The text is no RFC 3339 time.
    #[error("parsing time {text:?} of field {path}: it must look like 2006-01-02T15:04:05Z")]
    Time {
        /// The field's path.
        path: String,
        /// The text found.
        text: String,
    },
    /// The text is not base64.
    #[error("illegal base64 data in field {path}")]
    Base64 {
        /// The field's path.
        path: String,
    },
    /// The text or number is no quantity.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': field {path} is {text}")]
    Quantity {
        /// The field's path.
        path: String,
        /// The value found, as JSON.
        text: String,
    },
}

impl DecodeError {
    /// The path of the field that the value stands in.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Type { path, .. } | Self::Time { path, .. } | Self::Base64 { path } | Self::Quantity { path, .. } => path,
        }
    }
}

/// The first value that a typed place cannot hold. Places that a custom resource's own schema describes are left to
/// [`super::validate`].
#[must_use]
pub fn decode_error(place: SchemaNode<'_>, value: &Value) -> Option<DecodeError> {
    let mut first = None;
    let _ = walk(place, value, &Path::Root(""), &mut |error| {
        first = Some(error);
        ControlFlow::Break(())
    });
    first
}

/// As [`decode_error`], every such value, in the order of the document.
#[must_use]
pub fn decode_errors(place: SchemaNode<'_>, value: &Value) -> Vec<DecodeError> {
    let mut all = Vec::new();
    let _ = walk(place, value, &Path::Root(""), &mut |error| {
        all.push(error);
        ControlFlow::Continue(())
    });
    all
}

fn walk(place: SchemaNode<'_>, value: &Value, path: &Path<'_>, found: &mut impl FnMut(DecodeError) -> ControlFlow<()>) -> ControlFlow<()> {
    match (place.shape(), value) {
        (_, Value::Null) | (Shape::Any, _) => ControlFlow::Continue(()),
        (Shape::Struct { fields, .. }, Value::Object(members)) => {
            members.iter().try_for_each(|(name, value)| match fields.get(name.as_str()) {
                Some(id) => walk(place.at(*id), value, &Path::Member(path, name), found),
                None => ControlFlow::Continue(()),
            })
        }
        (Shape::Map { value: id, .. }, Value::Object(members)) => {
            members.iter().try_for_each(|(name, value)| walk(place.at(*id), value, &Path::Member(path, name), found))
        }
        (Shape::List { item, .. }, Value::Array(items)) => {
            items.iter().enumerate().try_for_each(|(index, value)| walk(place.at(*item), value, &Path::Item(path, index), found))
        }
        _ if !place.node().typed => ControlFlow::Continue(()),
        (Shape::Scalar(scalar), _) => decode_scalar(*scalar, value, path).map_or_else(found, ControlFlow::Continue),
        _ => found(mismatch(place, value, path)),
    }
}

fn decode_scalar(scalar: Scalar, value: &Value, path: &Path<'_>) -> Result<(), DecodeError> {
    let fits = match (scalar, value) {
        (Scalar::String, Value::String(_)) | (Scalar::IntOrString, Value::String(_)) | (Scalar::Boolean, Value::Bool(_)) => true,
        (Scalar::Bytes, Value::String(text)) if formats::is_base64(text) => true,
        (Scalar::Bytes, Value::String(_)) => return Err(DecodeError::Base64 { path: path.to_string() }),
        (Scalar::Time, Value::String(text)) if formats::is_date_time(text) => true,
        (Scalar::Time, Value::String(text)) => return Err(DecodeError::Time { path: path.to_string(), text: text.clone() }),
        (Scalar::Quantity, Value::String(text)) if quantity::canonical(text).is_some() => true,
        (Scalar::Quantity, Value::Number(_)) => true,
        (Scalar::Quantity, _) => return Err(DecodeError::Quantity { path: path.to_string(), text: value.to_string() }),
        (Scalar::IntOrString, Value::Number(number)) => is_number(Number::Int32, number),
        (Scalar::Number(kind), Value::Number(number)) => is_number(kind, number),
        _ => false,
    };
    if fits { Ok(()) } else { Err(type_error(value, path, scalar_name(scalar))) }
}

fn is_number(kind: Number, number: &JsonNumber) -> bool {
    match kind {
        Number::Int32 => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Number::Int64 => number.is_i64() || number.as_i64().is_some(),
        Number::Float => true,
    }
}

fn mismatch(place: SchemaNode<'_>, value: &Value, path: &Path<'_>) -> DecodeError {
    let node = place.node();
    let expected = match &node.shape {
        Shape::Struct { .. } => node.type_name.rsplit('.').next().filter(|name| !name.is_empty()).unwrap_or("object"),
        Shape::Map { .. } => "map",
        _ => "list",
    };
    type_error(value, path, expected)
}

fn type_error(value: &Value, path: &Path<'_>, expected: &str) -> DecodeError {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) => format!("number {number}"),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    };
    DecodeError::Type { path: path.to_string(), found, expected: expected.to_owned() }
}

fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::String => "string",
        Scalar::Bytes => "[]byte",
        Scalar::Time => "Time",
        Scalar::Quantity => "Quantity",
        Scalar::IntOrString => "IntOrString",
        Scalar::Boolean => "bool",
        Scalar::Number(Number::Int32) => "int32",
        Scalar::Number(Number::Int64) => "int64",
        Scalar::Number(Number::Float) => "float64",
    }
}
