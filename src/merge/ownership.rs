//! What a document states: the fields that whoever applies it owns.
//!
//! Receives a document and its schema, hands on a field set. Invariant: leaves are members, containers are only where that says more
//! than their contents do (items, values of maps, empty objects).

use std::collections::BTreeSet;

use serde_json::Value;

use super::field_set::{Branch, FieldSet};
use super::path::PathElement;
use super::typed::{self, Form, Problem, WalkError};
use crate::object::kind_of;
use crate::schema::{ListType, SchemaNode, Shape};

/// The fields that a document states.
///
/// Owned are scalars, atomic lists and objects, every item of a set or map list, every value of a map, `null`, and empty objects; not
/// owned by themselves are other declared objects and lists, whose contents say it all. A map list's defaulted key stands in the path
/// but is not owned.
///
/// Errors where the schema knows no such member, where the JSON type cannot be right, and where two items of a set or map list are
/// the same.
pub fn to_field_set(schema: SchemaNode<'_>, value: &Value) -> Result<FieldSet, WalkError> {
    Ok(stated(schema, value)?.children)
}

fn stated(schema: SchemaNode<'_>, value: &Value) -> Result<Branch, WalkError> {
    check_type(schema, value)?;
    match (Form::of(schema, value), value) {
        (Form::Leaf, _) => Ok(Branch { member: true, children: FieldSet::new() }),
        (Form::Map, Value::Object(members)) => {
            let mut children = FieldSet::with_capacity(members.len());
            for (name, value) in members {
                let below = |error: WalkError| error.below(PathElement::field(name));
                let (element, place) = match schema.field(name) {
                    Some((name, place)) => (PathElement::Field(name.clone()), Some(place)),
                    None => (PathElement::field(name), None),
                };
                let known = place.or_else(|| schema.member(name)).ok_or_else(|| below(WalkError::here(Problem::UnknownField)))?;
                let mut branch = stated(known, value).map_err(below)?;
                branch.member |= value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
                branch.member |= place.is_none();
                children.attach(element, branch);
            }
            Ok(Branch { member: false, children })
        }
        (Form::List, Value::Array(items)) => Ok(Branch { member: false, children: stated_items(schema, items)? }),
        _ => Ok(Branch::default()),
    }
}

fn stated_items(schema: SchemaNode<'_>, items: &[Value]) -> Result<FieldSet, WalkError> {
    let elements = typed::item_elements(schema, items)?;
    reject_duplicates(&elements)?;
    let mut children = FieldSet::with_capacity(items.len());
    for (element, item) in elements.into_iter().zip(items) {
        let mut branch = stated(typed::item(schema), item).map_err(|error| error.below(element.clone()))?;
        branch.member = true;
        children.attach(element, branch);
    }
    Ok(children)
}

fn reject_duplicates(elements: &[PathElement]) -> Result<(), WalkError> {
    match repeated(elements).first() {
        Some(twice) => Err(WalkError::here(Problem::Duplicate { key: elements[*twice].to_string() })),
        None => Ok(()),
    }
}

/// Containers must be what the schema says; the types of scalars are the validation's business.
fn check_type(schema: SchemaNode<'_>, value: &Value) -> Result<(), WalkError> {
    let wrong = |expected| Err(WalkError::here(Problem::WrongType { expected, found: kind_of(value) }));
    match (schema.shape(), value) {
        (Shape::Any, _) | (_, Value::Null) => Ok(()),
        (Shape::Scalar(_), Value::Object(_) | Value::Array(_)) => wrong("a scalar"),
        (Shape::Struct { .. } | Shape::Map { .. }, other) if !other.is_object() => wrong("an object"),
        (Shape::List { .. }, other) if !other.is_array() => wrong("a list"),
        _ => Ok(()),
    }
}

/// Everything that comes or goes with a value: each part of it down to the leaves, containers included. The value's own path is the
/// caller's to add. Items of a set or map list that stand there more than once are one member without parts.
pub(super) fn everything(schema: SchemaNode<'_>, value: &Value) -> Result<FieldSet, WalkError> {
    let mut children = FieldSet::new();
    match (Form::of(schema, value), value) {
        (Form::Map, Value::Object(members)) => {
            children = FieldSet::with_capacity(members.len());
            for (name, value) in members {
                let (element, place) = match schema.field(name) {
                    Some((name, place)) => (PathElement::Field(name.clone()), place),
                    None => (PathElement::field(name), typed::member(schema, name)),
                };
                let below = everything(place, value).map_err(|error| error.below(element.clone()))?;
                children.attach(element, Branch { member: true, children: below });
            }
        }
        (Form::List, Value::Array(items)) => {
            let elements = typed::item_elements(schema, items)?;
            let twice = repeated(&elements);
            children = FieldSet::with_capacity(items.len());
            for (index, (element, item)) in elements.iter().zip(items).enumerate() {
                let below = if twice.contains(&index) { FieldSet::new() } else { everything_in_item(schema, element, item)? };
                children.attach(element.clone(), Branch { member: true, children: below });
            }
        }
        _ => {}
    }
    Ok(children)
}

pub(super) fn everything_in_item(list: SchemaNode<'_>, element: &PathElement, item: &Value) -> Result<FieldSet, WalkError> {
    everything(typed::item(list), item).map_err(|error| error.below(element.clone()))
}

/// The positions of all elements that stand there more than once.
fn repeated(elements: &[PathElement]) -> BTreeSet<usize> {
    let mut order: Vec<usize> = (0..elements.len()).collect();
    order.sort_by(|left, right| elements[*left].cmp(&elements[*right]));
    let pairs = order.windows(2).filter(|pair| elements[pair[0]] == elements[pair[1]]);
    pairs.flatten().copied().collect()
}

/// Makes members of all declared objects and lists that have members below.
///
/// Their paths are left out of owned sets, yet who owns a part of `spec` holds `spec` in place, and who gives up the last part gives
/// up `spec`.
pub(super) fn add_named_ancestors(schema: SchemaNode<'_>, set: &mut FieldSet) {
    for (element, branch) in set.entries_mut() {
        let place = match element {
            PathElement::Field(name) => {
                branch.member |= !branch.children.is_empty() && typed::is_declared(schema, name);
                typed::member(schema, name)
            }
            _ => typed::item(schema),
        };
        add_named_ancestors(place, &mut branch.children);
    }
}

/// Brings a set that was written under an older schema up to this one: who owned a part of what is now indivisible owns the whole.
/// Answers whether that changed anything.
///
/// What was indivisible and has parts now needs no change: its owner goes on owning the container, as if it had always had parts.
pub(super) fn follow_schema(schema: SchemaNode<'_>, set: &mut FieldSet) -> bool {
    let mut changed = false;
    for (element, branch) in set.entries_mut() {
        if branch.children.is_empty() {
            continue;
        }
        let place = match element {
            PathElement::Field(name) => schema.member(name),
            _ => schema.item(),
        };
        let Some(place) = place else { continue };
        let is_atomic_list = matches!(place.shape(), Shape::List { list_type: ListType::Atomic, .. });
        if place.is_atomic_map() || is_atomic_list {
            *branch = Branch { member: true, children: FieldSet::new() };
            changed = true;
        } else {
            changed |= follow_schema(place, &mut branch.children);
        }
    }
    changed
}
