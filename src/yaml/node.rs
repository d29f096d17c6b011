//! A document as read: values with the place each was written at.
//!
//! Invariant: the members of a mapping are sorted by key and no key stands twice, so that a node and the JSON value made of it list
//! their members in the same order.

use serde_json::{Map, Value};

use super::Places;

/// A place in a text: line and column, both from 1, the column counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// One value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value begins. For an alias it is the alias; what lies below an alias has the places below its anchor.
    pub mark: Mark,
    /// The value.
    pub kind: NodeKind,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// Text, a number, a boolean or null; never an array or an object.
    Scalar(Value),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping, sorted by key.
    Mapping(Vec<Member>),
}

/// One key of a mapping and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key as text, whatever it was written as.
    pub key: String,
    /// Where the key begins.
    pub mark: Mark,
    /// The value.
    pub node: Node,
}

impl Node {
    /// Whether the node is null, as an empty document is.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, NodeKind::Scalar(Value::Null))
    }

    /// Splits the node into the JSON value and the places of all its parts.
    #[must_use]
    pub fn into_parts(self) -> (Value, Places) {
        let places = Places::of(&self);
        (self.into_value(), places)
    }

    /// The JSON value without the places.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self.kind {
            NodeKind::Scalar(value) => value,
            NodeKind::Sequence(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            NodeKind::Mapping(members) => {
                Value::Object(members.into_iter().map(|member| (member.key, member.node.into_value())).collect::<Map<_, _>>())
            }
        }
    }

    /// What an alias to this node costs to copy, in bytes, roughly, and how many levels deep it is.
    pub(super) fn measure(&self) -> (usize, usize) {
        let mut cost = size_of::<Self>();
        let mut height = 0;
        let mut add = |node: &Self, extra: usize| {
            let (inner_cost, inner_height) = node.measure();
            cost += inner_cost + extra;
            height = height.max(inner_height + 1);
        };
        match &self.kind {
            NodeKind::Scalar(Value::String(text)) => cost += text.len(),
            NodeKind::Scalar(_) => {}
            NodeKind::Sequence(items) => items.iter().for_each(|item| add(item, 0)),
            NodeKind::Mapping(members) => members.iter().for_each(|member| add(&member.node, member.key.len())),
        }
        (cost, height)
    }
}
