//! Where in a document a field is: by member name, by the keys or the value of a list item.
//!
//! Receives elements, hands on their order and the text that conflicts print. Invariant: two elements are equal exactly when their
//! order says so, and numbers in them compare by worth.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::value;

/// One step from a container to what it contains.
#[derive(Debug, Clone)]
pub enum PathElement {
    /// A member of an object.
    Field(Arc<str>),
    /// The item of a map list whose key members have these values; sorted by member name.
    Key(Arc<[(Arc<str>, Value)]>),
    /// The item of a set list that has this value.
    Value(Value),
    /// The item at this position, counted from 0.
    Index(usize),
}

/// A place in a document, from its root.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<PathElement>);

impl PathElement {
    /// A member of an object.
    #[must_use]
    pub fn field(name: &str) -> Self {
        Self::Field(Arc::from(name))
    }

    /// The item of a map list with these key members, in any order.
    #[must_use]
    pub fn key(mut members: Vec<(Arc<str>, Value)>) -> Self {
        members.sort_by(|left, right| left.0.cmp(&right.0));
        Self::Key(members.into())
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Field(_) => 0,
            Self::Key(_) => 1,
            Self::Value(_) => 2,
            Self::Index(_) => 3,
        }
    }
}

impl Ord for PathElement {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(left), Self::Field(right)) => left.cmp(right),
            (Self::Key(left), Self::Key(right)) => {
                let pairs = left.iter().zip(right.iter());
                let differing = pairs.map(|(l, r)| l.0.cmp(&r.0).then_with(|| value::order(&l.1, &r.1))).find(|found| found.is_ne());
                differing.unwrap_or_else(|| left.len().cmp(&right.len()))
            }
            (Self::Value(left), Self::Value(right)) => value::order(left, right),
            (Self::Index(left), Self::Index(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for PathElement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for PathElement {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for PathElement {}

impl FieldPath {
    /// The place below the root that a chain of member names leads to.
    #[must_use]
    pub fn of_fields(names: &[&str]) -> Self {
        Self(names.iter().map(|name| PathElement::field(name)).collect())
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Key(members) => {
                for (index, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{name}={value}", if index == 0 { "[" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Value(value) => write!(f, "[={value}]"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|element| element.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_print_as_kube_apiserver_prints_them() {
        let port = PathElement::key(vec![("protocol".into(), json!("TCP")), ("containerPort".into(), json!(80))]);
        let path = FieldPath(vec![PathElement::field("spec"), PathElement::field("ports"), port, PathElement::field("name")]);
        assert_eq!(path.to_string(), r#".spec.ports[containerPort=80,protocol="TCP"].name"#);
        let finalizer = FieldPath(vec![PathElement::field("metadata"), PathElement::field("finalizers"), PathElement::Value(json!("x"))]);
        assert_eq!(finalizer.to_string(), r#".metadata.finalizers[="x"]"#);
        assert_eq!(PathElement::Index(3).to_string(), "[3]");
    }

    #[test]
    fn a_key_is_the_same_in_whatever_order_it_was_given() {
        let one = PathElement::key(vec![("a".into(), json!(1)), ("b".into(), json!(2))]);
        let other = PathElement::key(vec![("b".into(), json!(2.0)), ("a".into(), json!(1))]);
        assert_eq!(one, other);
        assert!(PathElement::field("z") < one, "fields come before keys");
    }
}
