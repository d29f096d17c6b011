//! Where each field of a built object was written.
//!
//! Receives an object and the documents it is made of; hands on a place for every field. A value is where the latest document with that
//! very value has it; what no document has, because a transformer made it, is where what lies around it was written. Invariant: every
//! field has a place.

use std::sync::Arc;

use serde_json::Value;

use super::item::{Item, Written};
use crate::manifest::desired::Elsewhere;
use crate::manifest::{Desired, Source};
use crate::yaml::{Mark, Member, Node, NodeKind, Places, ROOT};

/// An object with the places of its fields.
pub(super) fn desired(item: Item) -> Desired {
    let mut tracer = Tracer { sources: Vec::new(), of_entries: Vec::new() };
    let start = Place { source: Arc::clone(&item.origin.source), mark: item.origin.mark };
    let parts: Vec<Part<'_>> = item.written.iter().map(|written| Part { written, entry: written.root, value: &written.value }).collect();
    let root = Value::Object(item.object.root().clone());
    let node = tracer.node(&root, &parts, &start);
    let places = Arc::new(Places::of(&node));
    let elsewhere = Elsewhere { sources: tracer.sources, of_entries: tracer.of_entries };
    Desired { object: item.object, origin: item.origin, places, root: ROOT, elsewhere: Some(Arc::new(elsewhere)) }
}

struct Tracer {
    sources: Vec<Arc<Source>>,
    /// For each entry of the places, in their order, which of the sources it is in.
    of_entries: Vec<u32>,
}

#[derive(Clone)]
struct Place {
    source: Arc<Source>,
    mark: Mark,
}

/// A value of a document.
#[derive(Clone, Copy)]
struct Part<'a> {
    written: &'a Written,
    entry: u32,
    value: &'a Value,
}

impl<'a> Part<'a> {
    fn place(&self) -> Option<Place> {
        let mark = self.written.places.mark(self.entry)?;
        Some(Place { source: Arc::clone(&self.written.source), mark })
    }

    fn child(&self, step: &str, value: &'a Value) -> Option<Self> {
        Some(Self { entry: self.written.places.child(self.entry, step)?, value, ..*self })
    }

    fn member(&self, name: &str) -> Option<Self> {
        self.child(name, self.value.get(name)?)
    }

    /// The item that stands for one of the built list: of the same name, or the very same.
    fn item(&self, wanted: &Value) -> Option<Self> {
        let items = self.value.as_array()?;
        let name = |item: &Value| NAMES.iter().find_map(|name| item.get(name).cloned());
        let same = |item: &Value| match (name(item), name(wanted)) {
            (Some(one), Some(other)) => one == other,
            _ => item == wanted,
        };
        let position = items.iter().position(|item| item == wanted).or_else(|| items.iter().position(same))?;
        self.child(&position.to_string(), &items[position])
    }
}

/// The members by which a person tells the items of a list apart.
const NAMES: [&str; 6] = ["name", "mountPath", "containerPort", "port", "key", "path"];

impl Tracer {
    fn node(&mut self, value: &Value, parts: &[Part<'_>], around: &Place) -> Node {
        let same = || parts.iter().rev().find(|part| part.value == value);
        let is_scalar = !value.is_object() && !value.is_array();
        let best = if is_scalar { same().or(parts.first()) } else { parts.first() };
        let place = best.and_then(Part::place).unwrap_or_else(|| around.clone());
        let source = self.sources.iter().position(|source| Arc::ptr_eq(source, &place.source)).unwrap_or_else(|| {
            self.sources.push(Arc::clone(&place.source));
            self.sources.len() - 1
        });
        self.of_entries.push(u32::try_from(source).unwrap_or_default());
        let kind = match value {
            Value::Array(items) => NodeKind::Sequence(items.iter().map(|item| self.item(item, parts, &place)).collect()),
            Value::Object(members) => {
                let members = members.iter().map(|(key, member)| self.member(key, member, parts, &place));
                NodeKind::Mapping(members.collect())
            }
            scalar => NodeKind::Scalar(scalar.clone()),
        };
        Node { mark: place.mark, kind }
    }

    fn item(&mut self, item: &Value, parts: &[Part<'_>], around: &Place) -> Node {
        let inner: Vec<Part<'_>> = parts.iter().filter_map(|part| part.item(item)).collect();
        self.node(item, &inner, around)
    }

    fn member(&mut self, key: &str, member: &Value, parts: &[Part<'_>], around: &Place) -> Member {
        let inner: Vec<Part<'_>> = parts.iter().filter_map(|part| part.member(key)).collect();
        let node = self.node(member, &inner, around);
        Member { key: key.to_owned(), mark: node.mark, node }
    }
}
