//! Lists, object by object.
//!
//! Invariant: the pieces are handed on as they were made, and only the head is made last, since it states the length of all that
//! follows.

use bytes::Bytes;
use serde_json::Value;

use super::encode;
use super::envelope::{TAIL, head};
use super::table::{Message, message};
use super::wire::{begin, end};

/// The list of one kind under construction. Every list has its metadata in field 1 and its items in field 2.
pub struct ListEncoder {
    item: &'static Message,
    done: Vec<Bytes>,
    current: Vec<u8>,
}

impl ListEncoder {
    /// A list of items of this message.
    #[must_use]
    pub fn new(item: &'static Message) -> Self {
        Self { item, done: Vec::new(), current: Vec::new() }
    }

    /// Adds an item from its JSON. Answers how many bytes the piece at hand has.
    ///
    /// Errors where the bytes are no JSON object; the list is to be thrown away then.
    pub fn push(&mut self, json: &[u8]) -> Result<usize, serde_json::Error> {
        let open = begin(&mut self.current, 2);
        encode(self.item, json, &mut self.current)?;
        end(&mut self.current, open);
        Ok(self.current.len())
    }

    /// Ends the piece at hand, so that no piece grows too large.
    pub fn cut(&mut self) {
        self.done.push(std::mem::take(&mut self.current).into());
    }

    /// The list in its envelope, piece by piece.
    #[must_use]
    pub fn finish(mut self, api_version: &str, kind: &str, metadata: &Value) -> Vec<Bytes> {
        let mut before = Vec::new();
        if let Some(message) = message("io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta") {
            let open = begin(&mut before, 1);
            // A value of our own always is an object.
            let written = encode(message, metadata.to_string().as_bytes(), &mut before);
            debug_assert!(written.is_ok(), "list metadata is an object");
            end(&mut before, open);
        }
        let items: usize = self.done.iter().map(Bytes::len).sum::<usize>() + self.current.len();
        let mut first = head(api_version, kind, before.len() + items);
        first.extend_from_slice(&before);
        self.current.extend_from_slice(TAIL);
        self.cut();
        std::iter::once(first.into()).chain(self.done).collect()
    }
}
