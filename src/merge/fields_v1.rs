//! Field sets on the wire: the `fieldsV1` of a managed-fields entry.
//!
//! Receives JSON or a set, hands on the other. Invariant: reading what was written gives the same set; garbage is an error, never a
//! panic.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/> (`managedFields`).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::field_set::{Branch, FieldSet};
use super::path::PathElement;

/// A `fieldsV1` document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldsV1Error {
    /// A node of the tree is something else than an object.
    #[error("fieldsV1 below {key:?} must be an object")]
    NotAnObject {
        /// The member it belongs to; empty for the root.
        key: String,
    },
    /// A member's name is no path element.
    #[error("fieldsV1 member {key:?} is no path element")]
    BadElement {
        /// The member's name.
        key: String,
    },
}

/// Writes a set as `fieldsV1`.
#[must_use]
pub fn to_fields_v1(set: &FieldSet) -> Value {
    Value::Object(write(set))
}

fn write(set: &FieldSet) -> Map<String, Value> {
    let mut members = Map::new();
    for (element, branch) in set.entries() {
        let mut below = write(&branch.children);
        // An entry without anything below is a member by itself; only with something below does it need saying.
        if branch.member && !below.is_empty() {
            below.insert(".".to_owned(), Value::Object(Map::new()));
        }
        members.insert(element_to_key(element), Value::Object(below));
    }
    members
}

/// Reads a set from `fieldsV1`; `null` is the empty set. Elements of a kind unknown here are left out, as upstream does.
pub fn from_fields_v1(fields: &Value) -> Result<FieldSet, FieldsV1Error> {
    Ok(read("", fields)?.children)
}

fn read(key: &str, fields: &Value) -> Result<Branch, FieldsV1Error> {
    let empty = Map::new();
    let members = match fields {
        Value::Object(members) => members,
        Value::Null => &empty,
        _ => return Err(FieldsV1Error::NotAnObject { key: key.to_owned() }),
    };
    let mut branch = Branch { member: false, children: FieldSet::with_capacity(members.len()) };
    for (key, below) in members {
        if key == "." {
            branch.member = true;
        } else if let Some(element) = element_from_key(key)? {
            branch.children.attach(element, read(key, below)?);
        }
    }
    branch.member |= branch.children.is_empty();
    Ok(branch)
}

fn element_to_key(element: &PathElement) -> String {
    match element {
        PathElement::Field(name) => ["f:", name].concat(),
        PathElement::Key(members) => {
            let mut key = String::with_capacity(64);
            for (index, (name, value)) in members.iter().enumerate() {
                key.push_str(if index == 0 { "k:{" } else { "," });
                push_text(&mut key, name);
                key.push(':');
                match value {
                    Value::String(text) => push_text(&mut key, text),
                    other => key.push_str(&other.to_string()),
                }
            }
            key.push_str(if members.is_empty() { "k:{}" } else { "}" });
            key
        }
        PathElement::Value(value) => format!("v:{value}"),
        PathElement::Index(index) => format!("i:{index}"),
    }
}

/// Adds a text as JSON. Most are names, in which nothing needs escaping.
fn push_text(key: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        key.extend(["\"", text, "\""]);
    } else {
        key.push_str(&Value::from(text).to_string());
    }
}

/// The members of a key, read without the detour over a map.
struct KeyMembers(Vec<(Arc<str>, Value)>);

impl<'de> Deserialize<'de> for KeyMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = KeyMembers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of key members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<KeyMembers, A::Error> {
        let mut members = Vec::with_capacity(2);
        while let Some((name, value)) = access.next_entry::<Cow<'de, str>, Value>()? {
            members.push((Arc::from(&*name), value));
        }
        Ok(KeyMembers(members))
    }
}

/// `None` for a kind of element that a later version may have invented.
fn element_from_key(key: &str) -> Result<Option<PathElement>, FieldsV1Error> {
    let bad = || FieldsV1Error::BadElement { key: key.to_owned() };
    let (kind, content) = key.split_once(':').filter(|(kind, _)| kind.len() == 1).ok_or_else(bad)?;
    Ok(match kind {
        "f" => Some(PathElement::field(content)),
        "v" => Some(PathElement::Value(serde_json::from_str(content).map_err(|_| bad())?)),
        "i" => Some(PathElement::Index(content.parse().map_err(|_| bad())?)),
        "k" => {
            let members: KeyMembers = serde_json::from_str(content).map_err(|_| bad())?;
            Some(PathElement::key(members.0))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(fields: &Value) -> Vec<String> {
        from_fields_v1(fields).unwrap().paths().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_written_reads_back() {
        let fields = json!({
            "f:metadata": {"f:finalizers": {".": {}, "v:\"x\"": {}}, "f:labels": {"f:app": {}}},
            "f:spec": {
                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                "f:args": {"i:3": {}},
            },
        });
        assert_eq!(to_fields_v1(&from_fields_v1(&fields).unwrap()), fields);
        assert_eq!(
            paths(&fields),
            [
                ".metadata.finalizers",
                r#".metadata.finalizers[="x"]"#,
                ".metadata.labels.app",
                ".spec.args[3]",
                r#".spec.ports[containerPort=80,protocol="TCP"]"#,
                r#".spec.ports[containerPort=80,protocol="TCP"].containerPort"#,
            ]
        );
    }

    #[test]
    fn names_with_dots_and_colons_stay_names() {
        assert_eq!(paths(&json!({"f:data": {"f:a.b:c": {}, "f:": {}}})), [".data.", ".data.a.b:c"]);
    }

    #[test]
    fn unsorted_keys_are_the_same_item() {
        let sorted = from_fields_v1(&json!({"k:{\"a\":1,\"b\":2}": {}})).unwrap();
        assert_eq!(from_fields_v1(&json!({"k:{\"b\":2,\"a\":1}": {}})).unwrap(), sorted);
    }

    #[test]
    fn the_empty_document_owns_nothing() {
        assert!(from_fields_v1(&json!({})).unwrap().is_empty());
        assert!(from_fields_v1(&Value::Null).unwrap().is_empty());
        assert!(paths(&json!({"x:later": {"f:a": {}}})).is_empty());
    }

    #[test]
    fn garbage_is_an_error() {
        for garbage in [
            json!([]),
            json!(1),
            json!({"f:a": 1}),
            json!({"": {}}),
            json!({"a": {}}),
            json!({"k:[]": {}}),
            json!({"v:": {}}),
            json!({"i:-1": {}}),
            json!({"k:{} {}": {}}),
        ] {
            assert!(from_fields_v1(&garbage).is_err(), "{garbage}");
        }
    }
}
