//! A revision: what was declared, and who applied it when.
//!
//! Receives placed objects, hands on documents to keep, and manifests to show or to apply again. Pure. Invariant: manifests stand here as
//! their author declared them, in their order, but for the namespace, which is filled in: what a default meant then, it need not mean now.

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{HistoryError, pack};
use crate::object::Object;
use crate::plan::render::API_VERSION;
use crate::plan::set::without_membership;
use crate::plan::{Action, Placed, Summary};
use crate::yaml;

/// The kind of the document in a revision's Secrets.
const KIND: &str = "Revision";

/// An object as it was declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// The manifest, its namespace filled in.
    pub manifest: Object,
    /// Where it was written, such as `deploy/web.yaml:12:1`.
    pub origin: Option<String>,
}

impl Declared {
    /// What was declared of placed objects.
    #[must_use]
    pub fn of(placed: &Placed) -> Self {
        Self { manifest: without_membership(&placed.object), origin: placed.origin().map(|origin| origin.to_string()) }
    }
}

/// How many objects an apply changed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Objects made.
    pub created: usize,
    /// Objects changed in place.
    pub updated: usize,
    /// Objects made anew.
    pub replaced: usize,
    /// Objects deleted.
    pub deleted: usize,
    /// Objects left as they were.
    pub unchanged: usize,
}

impl From<Summary> for Changes {
    fn from(summary: Summary) -> Self {
        let count = |action| summary.count(action);
        Self {
            created: count(Action::Create),
            updated: count(Action::Update),
            replaced: count(Action::Replace),
            deleted: count(Action::Delete),
            unchanged: count(Action::Unchanged),
        }
    }
}

/// What is known of a revision without its manifests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct About {
    /// When it was applied, in RFC 3339.
    pub applied_at: String,
    /// The user that the server took the apply for; empty where it did not say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The program, such as `trueup/0.1.0`.
    pub tool: String,
    /// Who owns the applied fields.
    pub field_manager: String,
    /// What the user had to say about it, such as the revision of its source; empty for nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The revision whose manifests were applied again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_to: Option<u64>,
    /// How many objects it declares.
    pub objects: usize,
    /// What the apply did.
    pub changes: Changes,
    /// The digest of the manifests.
    pub digest: String,
    /// How many Secrets hold the manifests.
    pub parts: usize,
}

/// A kept revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number, from 1 on.
    pub number: u64,
    /// What is known of it.
    pub about: About,
}

impl Revision {
    /// The revision as a member of a document for programs.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut document = json!({"revision": self.number});
        if let (Value::Object(document), Ok(Value::Object(about))) = (&mut document, serde_json::to_value(&self.about)) {
            document.extend(about);
        }
        document
    }
}

/// The digest of manifests in their order: `sha256:…`. Equal manifests in another order are another declaration.
#[must_use]
pub fn digest_of(declared: &[Declared]) -> String {
    let manifests: Vec<&serde_json::Map<String, Value>> = declared.iter().map(|declared| declared.manifest.root()).collect();
    let text = json!(manifests).to_string();
    let hex: String = digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// The compressed document of manifests.
pub(super) fn encode(declared: &[Declared]) -> Result<Vec<u8>, HistoryError> {
    let object = |declared: &Declared| json!({"manifest": declared.manifest.root(), "origin": declared.origin});
    let objects: Vec<Value> = declared.iter().map(object).collect();
    let document = json!({"apiVersion": API_VERSION, "kind": KIND, "objects": objects});
    let unreadable = |error: std::io::Error| HistoryError::Unreadable { number: 0, problem: error.to_string() };
    let bytes = pack::compressed(document.to_string().as_bytes()).map_err(unreadable)?;
    let most = pack::PARTS_MOST * pack::PART_BYTES;
    if bytes.len() > most { Err(HistoryError::TooLarge { bytes: bytes.len(), most }) } else { Ok(bytes) }
}

/// The manifests of a compressed document; the error says what is wrong with it.
pub(super) fn decode(compressed: &[u8]) -> Result<Vec<Declared>, String> {
    let bytes = pack::unpacked(compressed).map_err(|error| error.to_string())?;
    let mut document: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    if document["apiVersion"] != API_VERSION || document["kind"] != KIND {
        return Err(format!("it is no document of {API_VERSION} and kind {KIND}"));
    }
    let Value::Array(objects) = document["objects"].take() else { return Err("it has no objects".to_owned()) };
    let declared = |mut object: Value| {
        let manifest = object.get_mut("manifest").map(Value::take).ok_or("one of its objects has no manifest")?;
        let manifest = Object::from_value(manifest).map_err(|error| error.to_string())?;
        Ok(Declared { manifest, origin: object["origin"].as_str().map(str::to_owned) })
    };
    objects.into_iter().map(declared).collect()
}

/// Manifests as one YAML text, each below where it was written; `shown` says what of each is shown.
#[must_use]
pub fn as_manifests(declared: &[Declared], shown: impl Fn(&Object) -> Value) -> String {
    let one = |declared: &Declared| {
        // A line break in a file's name would end the comment.
        let origin = declared.origin.as_deref().map(crate::printable::one_line);
        let origin = origin.map(|origin| format!("# {origin}\n")).unwrap_or_default();
        format!("---\n{origin}{}", yaml::emit(&shown(&declared.manifest)))
    };
    declared.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::manifest::{Source, parse};

    fn declared(name: &str) -> Declared {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}, "data": {"k": "no"}});
        Declared { manifest: Object::from_value(manifest).unwrap(), origin: Some(format!("{name}.yaml:1:1")) }
    }

    #[test]
    fn manifests_are_kept_in_their_order_with_where_they_were_written() {
        let manifests = [declared("b"), Declared { origin: None, ..declared("a") }];
        assert_eq!(decode(&encode(&manifests).unwrap()).unwrap(), manifests);
    }

    #[test]
    fn what_is_no_revision_is_refused() {
        let packed = |text: &str| decode(&pack::compressed(text.as_bytes()).unwrap());
        assert_eq!(packed("{}"), Err("it is no document of trueup.dev/v1 and kind Revision".to_owned()));
        let empty = r#"{"apiVersion":"trueup.dev/v1","kind":"Revision"}"#;
        assert_eq!(packed(empty), Err("it has no objects".to_owned()));
        let wrong = r#"{"apiVersion":"trueup.dev/v1","kind":"Revision","objects":[{"manifest":1}]}"#;
        assert!(packed(wrong).is_err());
        for odd in ["\"x\"", "1", "null", "[]", "{}"] {
            let text = format!(r#"{{"apiVersion":"trueup.dev/v1","kind":"Revision","objects":[{odd}]}}"#);
            assert_eq!(packed(&text), Err("one of its objects has no manifest".to_owned()), "{odd}");
        }
        assert!(packed("{").is_err());
        assert!(decode(b"").is_err());
    }

    #[test]
    fn the_digest_knows_manifests_and_their_order_and_not_their_files() {
        let (a, b) = (declared("a"), declared("b"));
        let elsewhere = Declared { origin: Some("other.yaml:7:1".to_owned()), ..a.clone() };
        assert_eq!(digest_of(std::slice::from_ref(&a)), digest_of(&[elsewhere]));
        assert_ne!(digest_of(&[a.clone(), b.clone()]), digest_of(&[b, a]));
        assert!(digest_of(&[]).starts_with("sha256:"));
    }

    #[test]
    fn what_is_shown_is_read_as_what_was_declared() {
        let manifests = [declared("a"), Declared { origin: Some("a\nb.yaml:1:1".to_owned()), ..declared("b") }];
        let text = as_manifests(&manifests, |object| object.clone().into_value());
        assert!(text.starts_with("---\n# a.yaml:1:1\napiVersion: v1\n"), "{text}");
        let read = parse([Ok(Arc::new(Source::new("revision 1", text)))]).unwrap();
        assert_eq!(read.iter().map(|desired| &desired.object).collect::<Vec<_>>(), [&manifests[0].manifest, &manifests[1].manifest]);
    }

    #[test]
    fn what_is_known_of_a_revision_is_written_and_read() {
        let about = About { applied_at: "2026-11-22T10:00:00Z".to_owned(), objects: 2, rollback_to: Some(1), ..About::default() };
        let text = serde_json::to_string(&about).unwrap();
        assert_eq!(serde_json::from_str::<About>(&text).unwrap(), about);
        assert!(!text.contains("message"), "what is empty is left out: {text}");
        let document = Revision { number: 3, about }.document();
        assert_eq!((&document["revision"], &document["rollbackTo"]), (&json!(3), &json!(1)));
    }
}
