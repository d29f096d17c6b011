//! One object as the cache holds it: its bytes, its revision, and where the revision is written in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use crate::object::Revision;

/// An object's newest bytes. The value is JSON without `resourceVersion`, with `apiVersion`, `kind` and `metadata` as its first members.
#[derive(Debug)]
pub struct Cached {
    /// The full key in the store.
    pub key: Box<str>,
    /// The stored JSON.
    pub value: Bytes,
    /// The revision of the write that made it.
    pub revision: Revision,
    labels: OnceLock<BTreeMap<String, String>>,
    /// Other forms that were asked for, the newest last. Most objects have none.
    forms: OnceLock<Forms>,
}

/// What another form of an object depends on: whoever makes forms decides what goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormKey {
    /// The version of the API.
    pub version: Box<str>,
    /// The revision of what the form is made by.
    pub since: Revision,
    /// Anything else that makes a difference.
    pub fingerprint: u64,
}

/// A form that is made once, by whoever asks first, while others wait for it.
pub type Form = Arc<OnceCell<Arc<Cached>>>;

/// A boxed list behind a lock, so that an object without other forms carries two words and no more.
type Forms = Box<Mutex<Vec<(FormKey, Form)>>>;

/// How many forms of an object are remembered: one for each version that is read at the same time, as a rule.
const FORMS: usize = 4;

/// What precedes the members of `metadata` in a stored value.
const METADATA: &[u8] = b"\"metadata\":{";

impl Cached {
    /// Takes a stored value.
    #[must_use]
    pub fn new(key: &str, value: Bytes, revision: Revision) -> Self {
        Self { key: key.into(), value, revision, labels: OnceLock::new(), forms: OnceLock::new() }
    }

    /// The place of another form of the same object, which lives as long as the object does.
    #[must_use]
    pub fn form(&self, key: &FormKey) -> Form {
        let mut forms = self.forms.get_or_init(Forms::default).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, form)) = forms.iter().find(|(known, _)| known == key) {
            return Arc::clone(form);
        }
        if forms.len() == FORMS {
            forms.remove(0);
        }
        let form = Form::default();
        forms.push((key.clone(), Arc::clone(&form)));
        form
    }

    /// The object's labels, read from the bytes when first asked for.
    pub fn labels(&self) -> &BTreeMap<String, String> {
        self.labels.get_or_init(|| serde_json::from_slice::<Labelled>(&self.value).map(|l| l.metadata.labels).unwrap_or_default())
    }

    /// Appends the document with its `resourceVersion`.
    pub fn append_document(&self, out: &mut Vec<u8>) {
        encode_with_revision(&self.value, self.revision, out);
    }

    /// Appends the document with its `resourceVersion` but without `apiVersion` and `kind`, as items of a built-in kind's list are.
    pub fn append_item(&self, out: &mut Vec<u8>) {
        match metadata_at(&self.value) {
            Some(at) => {
                out.push(b'{');
                splice(&self.value[at..], METADATA.len(), self.revision, out);
            }
            None => out.extend_from_slice(&self.value),
        }
    }

    /// Appends the object's `metadata` with its `resourceVersion`. `false`, and nothing appended, where there is none in the stored form.
    pub fn append_metadata(&self, out: &mut Vec<u8>) -> bool {
        let Some(at) = metadata_at(&self.value) else { return false };
        // Reads one value and no more.
        let from = &self.value[at + METADATA.len() - 1..];
        let Some(Ok(metadata)) = serde_json::Deserializer::from_slice(from).into_iter::<&RawValue>().next() else { return false };
        splice(metadata.get().as_bytes(), 1, self.revision, out);
        true
    }

    /// The length of the document, up to the length of its revision.
    #[must_use]
    pub fn size_hint(&self) -> usize {
        self.value.len() + 48
    }
}

/// Appends a stored value with `resourceVersion` spliced in as the first member of `metadata`, without parsing it.
pub fn encode_with_revision(value: &[u8], revision: Revision, out: &mut Vec<u8>) {
    match metadata_at(value) {
        Some(at) => splice(value, at + METADATA.len(), revision, out),
        None => out.extend_from_slice(value),
    }
}

/// What was never written (the answer to a dry run) has no revision.
fn splice(value: &[u8], at: usize, revision: Revision, out: &mut Vec<u8>) {
    if revision == Revision::ZERO {
        out.extend_from_slice(value);
        return;
    }
    let rest = &value[at..];
    out.extend_from_slice(&value[..at]);
    out.extend_from_slice(b"\"resourceVersion\":\"");
    out.extend_from_slice(revision.to_string().as_bytes());
    out.extend_from_slice(if rest.first() == Some(&b'}') { b"\"" } else { b"\"," });
    out.extend_from_slice(rest);
}

/// Where `"metadata":{` begins. Stored values have it behind two short members without escapes, so the first occurrence is the one.
fn metadata_at(value: &[u8]) -> Option<usize> {
    value.windows(METADATA.len()).position(|window| window == METADATA)
}

#[derive(Deserialize)]
struct Labelled {
    metadata: LabelledMetadata,
}

#[derive(Deserialize)]
struct LabelledMetadata {
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &[u8] = br#"{"apiVersion":"v1","kind":"X","metadata":{"labels":{"a":"b"},"name":"n"},"spec":{"metadata":{}}}"#;

    fn document(value: &'static [u8]) -> String {
        let mut out = Vec::new();
        Cached::new("/registry/core/xs/n", Bytes::from_static(value), Revision(7)).append_document(&mut out);
        String::from_utf8(out).expect("utf-8")
    }

    #[test]
    fn the_revision_is_spliced_into_the_outer_metadata() {
        assert_eq!(
            document(STORED),
            r#"{"apiVersion":"v1","kind":"X","metadata":{"resourceVersion":"7","labels":{"a":"b"},"name":"n"},"spec":{"metadata":{}}}"#
        );
        assert_eq!(document(br#"{"metadata":{}}"#), r#"{"metadata":{"resourceVersion":"7"}}"#);
    }

    #[test]
    fn a_list_item_has_no_kind_of_its_own() {
        let mut out = Vec::new();
        Cached::new("k", Bytes::from_static(STORED), Revision(7)).append_item(&mut out);
        assert!(out.starts_with(br#"{"metadata":{"resourceVersion":"7","labels""#));
    }

    #[test]
    fn the_metadata_alone_is_cut_out_of_the_bytes() {
        let of = |value: &'static [u8], revision: u64| {
            let mut out = Vec::new();
            let appended = Cached::new("k", Bytes::from_static(value), Revision(revision)).append_metadata(&mut out);
            (appended, String::from_utf8(out).expect("utf-8"))
        };
        assert_eq!(of(STORED, 7), (true, r#"{"resourceVersion":"7","labels":{"a":"b"},"name":"n"}"#.to_owned()));
        assert_eq!(of(br#"{"metadata":{"name":"}\"{"},"spec":{}}"#, 0), (true, r#"{"name":"}\"{"}"#.to_owned()));
        assert_eq!(of(br#"{"metadata":{"name"#, 7), (false, String::new()));
        assert_eq!(of(b"{}", 7), (false, String::new()));
    }

    #[test]
    fn labels_are_read_from_the_bytes() {
        let cached = Cached::new("k", Bytes::from_static(STORED), Revision(7));
        assert_eq!(cached.labels().get("a").map(String::as_str), Some("b"));
    }
}
