//! Lists, piece by piece.
//!
//! Receives the JSON of items and hands on their messages, which may be made apart from each other. Invariant: the pieces are handed on
//! as they were made, and only the head is made last, since it states the length of all that follows.

use bytes::Bytes;
use serde_json::Value;

use super::encode;
use super::envelope::{TAIL, head};
use super::table::{Message, message};
use super::wire::{begin, end};

/// Appends an item as it stands in a list: every list has its metadata in field 1 and its items in field 2.
///
/// Errors where the bytes are no JSON object; what was appended until then is to be thrown away.
pub fn list_item(message: &'static Message, json: &[u8], out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    let open = begin(out, 2);
    encode(message, json, out)?;
    end(out, open);
    Ok(())
}

/// The list in its envelope, from items in pieces of any size. Answers the pieces with what belongs before and after them.
#[must_use]
pub fn list(api_version: &str, kind: &str, metadata: &Value, items: Vec<Bytes>) -> Vec<Bytes> {
    let mut before = Vec::new();
    if let Some(message) = message("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta") {
        let open = begin(&mut before, 1);
        // A value of our own always is an object.
        let written = encode(message, metadata.to_string().as_bytes(), &mut before);
        debug_assert!(written.is_ok(), "list metadata is an object");
        end(&mut before, open);
    }
    let size: usize = items.iter().map(Bytes::len).sum();
    let mut first = head(api_version, kind, before.len() + size);
    first.extend_from_slice(&before);
    std::iter::once(first.into()).chain(items).chain([Bytes::from_static(TAIL)]).collect()
}
