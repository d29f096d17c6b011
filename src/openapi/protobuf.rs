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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The contents of a message's fields of that number.
    fn fields(mut bytes: &[u8], wanted: u64) -> Vec<&[u8]> {
        fn varint(bytes: &mut &[u8]) -> u64 {
            let length = bytes.iter().position(|byte| byte & 0x80 == 0).expect("an end") + 1;
            let (head, rest) = bytes.split_at(length);
            *bytes = rest;
            head.iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f))
        }
        let mut found = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let length = if tag & 7 == 2 {
                varint(&mut bytes) as usize
            } else {
                bytes.iter().position(|byte| byte & 0x80 == 0).expect("an end") + 1
            };
            let (content, rest) = bytes.split_at(length);
            bytes = rest;
            if tag >> 3 == wanted {
                found.push(content);
            }
        }
        found
    }

    /// The one field at the end of a path of field numbers.
    fn at<'a>(bytes: &'a [u8], path: &[u64]) -> &'a [u8] {
        path.iter().fold(bytes, |bytes, number| {
            let found = fields(bytes, *number);
            assert_eq!(found.len(), 1, "field {number} of {path:?}");
            found[0]
        })
    }

    #[test]
    fn a_definition_is_written_byte_by_byte() {
        let bytes = encode(&json!({"swagger": "2.0", "definitions": {"A": {"type": "object", "x-k": ["v"]}}}));
        let extension = [b"\x0a\x03x-k\x12\x08", b"\x12\x06[\"v\"]\n".as_slice()].concat();
        let schema = [b"\xb2\x01\x08\x0a\x06object\xfa\x01\x0f".as_slice(), &extension].concat();
        let named = [b"\x0a\x01A\x12\x1d".as_slice(), &schema].concat();
        assert_eq!(bytes, [b"\x0a\x032.0\x4a\x24\x0a\x22".as_slice(), &named].concat());
    }

    #[test]
    fn operations_carry_their_parameters_and_extensions() {
        let document = json!({"paths": {"/a/{name}": {
            "parameters": [{"name": "name", "in": "path", "required": true, "type": "string", "uniqueItems": true}],
            "patch": {
                "operationId": "patchA", "consumes": ["text/plain"],
                "parameters": [{"name": "dryRun", "in": "query", "type": "string"}, {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/A"}}],
                "responses": {"200": {"description": "OK", "schema": {"type": "array", "items": {"type": "string"}}}},
                "x-kubernetes-group-version-kind": {"group": "", "kind": "A"},
            },
        }}});
        let bytes = encode(&document);
        let item = at(&bytes, &[8, 2, 2]);
        assert_eq!(at(item, &[9, 1, 2, 4, 4]), b"name");
        assert_eq!(at(item, &[9, 1, 2, 4, 19]), [1]);
        let patch = at(item, &[8]);
        assert_eq!(at(patch, &[5]), b"patchA");
        let [query, body] = fields(patch, 8)[..] else { panic!("two parameters") };
        assert_eq!(at(query, &[1, 2, 3, 4]), b"dryRun");
        assert_eq!(at(query, &[1, 2, 3, 6]), b"string");
        assert_eq!(at(body, &[1, 1, 5, 1]), b"#/definitions/A");
        assert_eq!(at(patch, &[9, 1, 1]), b"200");
        assert_eq!(at(patch, &[9, 1, 2, 1, 2, 1, 23, 1, 22, 1]), b"string");
        assert_eq!(at(patch, &[13, 2, 2]), b"{\"group\":\"\",\"kind\":\"A\"}\n");
    }
}
