//! The version 2 document as the protobuf message that kubectl asks for.
//!
//! Receives the JSON document of [`super::v2_document`]; hands on bytes. It writes the members that such documents have and passes
//! members that begin with `x-` on as YAML (which JSON is), as the message wants it.
//!
//! See <https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto> for the field numbers.

use serde_json::{Map, Value};

/// The bytes of an `openapi.v2.Document`.
#[must_use]
pub fn encode(document: &Value) -> Vec<u8> {
    let mut out = Message::default();
    out.text_at(1, document, "swagger");
    out.member(2, document, "info", |info, out| {
        out.text_at(1, info, "title");
        out.text_at(2, info, "version");
    });
    out.member(8, document, "paths", |paths, out| out.named(2, paths, path_item));
    out.member(9, document, "definitions", |definitions, out| out.named(1, definitions, schema));
    out.0
}

fn path_item(item: &Value, out: &mut Message) {
    for (field, method) in [(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (6, "options"), (7, "head"), (8, "patch")] {
        out.member(field, item, method, operation);
    }
    out.items(9, item, "parameters", parameters_item);
}

fn operation(operation: &Value, out: &mut Message) {
    out.texts(1, operation, "tags");
    out.text_at(3, operation, "description");
    out.text_at(5, operation, "operationId");
    out.texts(6, operation, "produces");
    out.texts(7, operation, "consumes");
    out.items(8, operation, "parameters", parameters_item);
    out.member(9, operation, "responses", |responses, out| {
        out.named(1, responses, |answer, out| out.message(1, |out| response(answer, out)));
    });
    out.texts(10, operation, "schemes");
    out.extensions(13, operation);
}

fn response(response: &Value, out: &mut Message) {
    out.text_at(1, response, "description");
    out.member(2, response, "schema", |body, out| out.message(1, |out| schema(body, out)));
}

/// `ParametersItem { Parameter { BodyParameter | NonBodyParameter { query | path } } }`.
fn parameters_item(parameter: &Value, out: &mut Message) {
    out.message(1, |out| match parameter["in"].as_str() {
        Some("body") => out.message(1, |out| body_parameter(parameter, out)),
        Some("path") => out.message(2, |out| out.message(4, |out| plain_parameter(parameter, out, 5, 19))),
        _ => out.message(2, |out| out.message(3, |out| plain_parameter(parameter, out, 6, 20))),
    });
}

fn body_parameter(parameter: &Value, out: &mut Message) {
    out.text_at(1, parameter, "description");
    out.text_at(2, parameter, "name");
    out.text_at(3, parameter, "in");
    out.flag_at(4, parameter, "required");
    out.member(5, parameter, "schema", schema);
}

/// A query or path parameter, which differ in the numbers of their last fields.
fn plain_parameter(parameter: &Value, out: &mut Message, data_type: u32, unique_items: u32) {
    out.flag_at(1, parameter, "required");
    out.text_at(2, parameter, "in");
    out.text_at(3, parameter, "description");
    out.text_at(4, parameter, "name");
    out.text_at(data_type, parameter, "type");
    out.flag_at(unique_items, parameter, "uniqueItems");
}

fn schema(one: &Value, out: &mut Message) {
    out.text_at(1, one, "$ref");
    out.text_at(2, one, "format");
    out.text_at(4, one, "description");
    out.member(5, one, "default", any);
    out.texts(19, one, "required");
    out.items(20, one, "enum", any);
    out.member(21, one, "additionalProperties", |value, out| match value {
        Value::Bool(allowed) => out.flag(2, *allowed),
        value => out.message(1, |out| schema(value, out)),
    });
    out.member(22, one, "type", |data_type, out| out.text(1, data_type.as_str().unwrap_or_default()));
    out.member(23, one, "items", |item, out| out.message(1, |out| schema(item, out)));
    out.member(25, one, "properties", |properties, out| out.named(1, properties, schema));
    out.extensions(31, one);
}

/// `Any { yaml }`.
fn any(value: &Value, out: &mut Message) {
    out.text(2, &format!("{value}\n"));
}

/// A message under construction.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u32, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn flag(&mut self, field: u32, flag: bool) {
        self.varint(u64::from(field) << 3);
        self.varint(u64::from(flag));
    }

    fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        write(&mut inner);
        self.bytes(field, &inner.0);
    }

    fn text_at(&mut self, field: u32, value: &Value, member: &str) {
        if let Some(text) = value.get(member).and_then(Value::as_str) {
            self.text(field, text);
        }
    }

    fn flag_at(&mut self, field: u32, value: &Value, member: &str) {
        if value.get(member) == Some(&Value::Bool(true)) {
            self.flag(field, true);
        }
    }

    fn texts(&mut self, field: u32, value: &Value, member: &str) {
        let texts = value.get(member).and_then(Value::as_array).into_iter().flatten();
        texts.filter_map(Value::as_str).for_each(|text| self.text(field, text));
    }

    fn items(&mut self, field: u32, value: &Value, member: &str, write: fn(&Value, &mut Self)) {
        let items = value.get(member).and_then(Value::as_array).into_iter().flatten();
        items.for_each(|item| self.message(field, |out| write(item, out)));
    }

    fn member(&mut self, field: u32, value: &Value, member: &str, write: impl FnOnce(&Value, &mut Self)) {
        if let Some(found) = value.get(member) {
            self.message(field, |out| write(found, out));
        }
    }

    /// The members of an object as `Named… { name, value }` messages.
    fn named(&mut self, field: u32, value: &Value, write: impl Fn(&Value, &mut Self)) {
        let members = value.as_object().into_iter().flatten();
        for (name, value) in members {
            self.message(field, |out| {
                out.text(1, name);
                out.message(2, |out| write(value, out));
            });
        }
    }

    /// The members that begin with `x-`, as `NamedAny` messages.
    fn extensions(&mut self, field: u32, value: &Value) {
        let members = value.as_object().into_iter().flatten();
        let extensions: Map<String, Value> =
            members.filter(|(name, _)| name.starts_with("x-")).map(|(name, value)| (name.clone(), value.clone())).collect();
        self.named(field, &extensions.into(), any);
    }
}
