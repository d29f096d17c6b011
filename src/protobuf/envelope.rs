//! The envelope of every object in protobuf: four bytes, and a message that names the kind and holds the object's own message.
//!
//! See <https://github.com/kubernetes/apimachinery/blob/master/pkg/runtime/generated.proto> (`Unknown`).

use serde_json::Value;

use super::table::{Message, message_of};
use super::wire::{DecodeError, Reader, begin, end, put_bytes, put_head};
use super::{decode, encode};

/// What every object begins with.
const MAGIC: &[u8] = b"k8s\0";

/// An object as it came, not decoded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The version that the object states, empty where it states none.
    pub api_version: &'a str,
    /// The kind that the object states, empty where it states none.
    pub kind: &'a str,
    /// The bytes of the object's message.
    pub raw: &'a [u8],
}

impl Envelope<'_> {
    /// The object as a document, read as this message.
    ///
    /// Errors where the bytes are not such a message.
    pub fn decode(&self, message: &'static Message) -> Result<Value, DecodeError> {
        let mut members = decode(message, self.raw)?;
        for (name, text) in [("apiVersion", self.api_version), ("kind", self.kind)] {
            if !text.is_empty() {
                members.insert(name.to_owned(), text.into());
            }
        }
        Ok(Value::Object(members))
    }
}

/// Opens the envelope of an object.
///
/// Errors where the bytes are no envelope, or where what lies in it is encoded further.
pub fn open(bytes: &[u8]) -> Result<Envelope<'_>, DecodeError> {
    let mut reader = Reader(bytes.strip_prefix(MAGIC).ok_or(DecodeError::NoEnvelope)?);
    let mut envelope = Envelope { api_version: "", kind: "", raw: b"" };
    while let Some((number, wire)) = reader.field()? {
        match number {
            1 => {
                let mut kind = Reader(wire.bytes("typeMeta")?);
                while let Some((number, wire)) = kind.field()? {
                    match number {
                        1 => envelope.api_version = wire.text("apiVersion")?,
                        2 => envelope.kind = wire.text("kind")?,
                        _ => {}
                    }
                }
            }
            2 => envelope.raw = wire.bytes("raw")?,
            3 => match wire.text("contentEncoding")? {
                "" => {}
                other => return Err(DecodeError::ContentEncoding(other.to_owned())),
            },
            _ => {}
        }
    }
    Ok(envelope)
}

/// What precedes the object's own message, whose length is given.
pub(super) fn head(api_version: &str, kind: &str, raw: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.min(4096) + 64);
    out.extend_from_slice(MAGIC);
    put_kind(api_version, kind, &mut out);
    put_head(&mut out, 2, raw);
    out
}

/// What follows the object's own message: two empty texts, which upstream always writes.
pub(super) const TAIL: &[u8] = &[0x1a, 0, 0x22, 0];

fn put_kind(api_version: &str, kind: &str, out: &mut Vec<u8>) {
    let open = begin(out, 1);
    put_bytes(out, 1, api_version.as_bytes());
    put_bytes(out, 2, kind.as_bytes());
    end(out, open);
}

/// Appends an object in its envelope, from its JSON.
///
/// Errors where the bytes are no JSON object.
pub fn object(message: &'static Message, api_version: &str, kind: &str, json: &[u8], out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    out.extend_from_slice(MAGIC);
    put_kind(api_version, kind, out);
    let raw = begin(out, 2);
    encode(message, json, out)?;
    end(out, raw);
    out.extend_from_slice(TAIL);
    Ok(())
}

/// A document in its envelope, by the kind that it states; `None` where that kind has no protobuf form.
#[must_use]
pub fn document(document: &Value) -> Option<Vec<u8>> {
    let stated = |member: &str| document.get(member).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (stated("apiVersion"), stated("kind"));
    let mut out = Vec::with_capacity(512);
    object(message_of(api_version, kind)?, api_version, kind, document.to_string().as_bytes(), &mut out).ok()?;
    Some(out)
}
