//! Documents put together and taken apart field by field.
//!
//! Receives documents, field sets and the schema, hands on documents. Invariant: what no operand names stays as it was, order included.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::field_set::{Branch, FieldSet};
use super::path::PathElement;
use super::typed::{self, Form, WalkError};
use super::value::same;
use crate::schema::SchemaNode;

/// Lays `applied` over `live`: leaves that it states win, nothing is removed.
///
/// Items of set and map lists come in the order of `applied`; items that only `live` has stay between those they stood between.
/// Errors where an item has nothing that tells it apart.
pub fn merge(schema: SchemaNode<'_>, live: Value, applied: Value) -> Result<Value, WalkError> {
    Ok(match (Form::of(schema, &applied), live, applied) {
        (Form::Map, Value::Object(live), Value::Object(applied)) => Value::Object(merge_members(schema, live, applied)?),
        (Form::List, Value::Array(live), Value::Array(applied)) if !live.is_empty() && !applied.is_empty() => {
            let equal = live.len() == applied.len() && live.iter().zip(&applied).all(|(live, applied)| same(live, applied));
            Value::Array(if equal { live } else { merge_items(schema, live, applied)? })
        }
        // Nothing is removed by stating that a container is empty or null: its parts stay until their owner drops them.
        (Form::Map, Value::Object(live), Value::Null) if !live.is_empty() => Value::Object(live),
        (Form::List, Value::Array(live), Value::Null | Value::Array(_)) if !live.is_empty() => Value::Array(live),
        (_, _, applied) => applied,
    })
}

fn merge_members(
    schema: SchemaNode<'_>,
    mut live: Map<String, Value>,
    applied: Map<String, Value>,
) -> Result<Map<String, Value>, WalkError> {
    for (name, applied) in applied {
        let merged = match live.get_mut(&name) {
            Some(slot) => {
                merge(typed::member(schema, &name), slot.take(), applied).map_err(|error| error.below(PathElement::field(&name)))?
            }
            None => applied,
        };
        live.insert(name, merged);
    }
    Ok(live)
}

/// The items of the two lists while they are woven together.
struct Weave<'a> {
    schema: SchemaNode<'a>,
    /// The live items that can be merged into; one that stands there more than once cannot, and gives way to the applied one.
    live: BTreeMap<PathElement, Value>,
    /// The applied items not yet taken.
    applied: BTreeMap<PathElement, Value>,
    woven: Vec<Value>,
}

impl Weave<'_> {
    fn take_applied(&mut self, element: &PathElement) -> Result<(), WalkError> {
        let Some(applied) = self.applied.remove(element) else { return Ok(()) };
        let merged = match self.live.remove(element) {
            Some(live) => merge(typed::item(self.schema), live, applied).map_err(|error| error.below(element.clone()))?,
            None => applied,
        };
        self.woven.push(merged);
        Ok(())
    }
}

fn merge_items(schema: SchemaNode<'_>, live: Vec<Value>, applied: Vec<Value>) -> Result<Vec<Value>, WalkError> {
    let live_order = typed::item_elements(schema, &live)?;
    let applied_order = typed::item_elements(schema, &applied)?;
    let in_both: BTreeSet<PathElement> = {
        let known: BTreeSet<&PathElement> = live_order.iter().collect();
        applied_order.iter().filter(|element| known.contains(element)).cloned().collect()
    };
    let mut weave =
        Weave { schema, live: BTreeMap::new(), applied: applied_order.iter().cloned().zip(applied).collect(), woven: Vec::new() };
    let mut shared = applied_order.iter().filter(|element| in_both.contains(*element)).peekable();
    let mut ahead = applied_order.iter().peekable();
    let mut live_only: BTreeMap<usize, Value> = BTreeMap::new();
    for (index, (element, item)) in live_order.iter().zip(live).enumerate() {
        if !in_both.contains(element) {
            live_only.insert(index, item);
        } else if let Some(twice) = weave.live.get_mut(element) {
            *twice = Value::Null;
        } else {
            weave.live.insert(element.clone(), item);
        }
    }
    for (index, element) in live_order.iter().enumerate() {
        if let Some(item) = live_only.remove(&index) {
            weave.woven.push(item);
            continue;
        }
        // Items in both come in the applied order: one that is out of turn is skipped here and taken when its turn comes.
        if shared.peek() != Some(&element) {
            continue;
        }
        shared.next();
        for next in ahead.by_ref() {
            weave.take_applied(next)?;
            if next == element {
                break;
            }
        }
    }
    for element in ahead {
        weave.take_applied(element)?;
    }
    Ok(weave.woven)
}

/// Takes the members of a set out of a document, each with all that lies below it.
///
/// An object or list that loses its last part this way goes too, unless it is a member of `keep`; one that was empty before stays.
/// Atomic values go only as a whole.
#[must_use]
pub fn remove_items(schema: SchemaNode<'_>, document: Map<String, Value>, fields: &FieldSet, keep: &FieldSet) -> Map<String, Value> {
    match without(schema, Value::Object(document), fields, Some(keep)).0 {
        Value::Object(left) => left,
        _ => Map::new(),
    }
}

/// What is left, and whether the last part of it went.
fn without(schema: SchemaNode<'_>, value: Value, fields: &FieldSet, keep: Option<&FieldSet>) -> (Value, bool) {
    match (Form::of(schema, &value), value) {
        (Form::Map, Value::Object(mut members)) => {
            let was_empty = members.is_empty();
            for (element, branch) in fields.entries() {
                let PathElement::Field(name) = element else { continue };
                let Some(value) = members.get_mut(&**name).map(Value::take) else { continue };
                match rest_of(typed::member(schema, name), value, element, branch, keep) {
                    Some(left) => drop(members.insert(name.to_string(), left)),
                    None => drop(members.remove(&**name)),
                }
            }
            let emptied = members.is_empty() && !was_empty;
            (Value::Object(members), emptied)
        }
        (Form::List, Value::Array(items)) => {
            let was_empty = items.is_empty();
            let left = items.into_iter().enumerate().filter_map(|(index, item)| {
                // An item that cannot be told apart is in no set.
                let Ok(element) = typed::item_element(schema, index, &item) else { return Some(item) };
                match fields.branch(&element) {
                    None => Some(item),
                    Some(branch) => rest_of(typed::item(schema), item, &element, branch, keep),
                }
            });
            let left: Vec<Value> = left.collect();
            let emptied = left.is_empty() && !was_empty;
            (Value::Array(left), emptied)
        }
        (_, value) => (value, false),
    }
}

/// What is left of the value at one element; `None` where it goes.
fn rest_of(schema: SchemaNode<'_>, value: Value, element: &PathElement, branch: &Branch, keep: Option<&FieldSet>) -> Option<Value> {
    if branch.member {
        return None;
    }
    let kept = keep.and_then(|keep| keep.branch(element));
    let (left, emptied) = without(schema, value, &branch.children, kept.map(|kept| &kept.children));
    (!emptied || kept.is_some_and(|kept| kept.member)).then_some(left)
}

/// The part of a document that a set names, with the containers around it and the key members of list items.
///
/// Atomic values come whole. This is what a manager would apply to state exactly what it owns.
#[must_use]
pub fn extract_items(schema: SchemaNode<'_>, document: &Map<String, Value>, fields: &FieldSet) -> Map<String, Value> {
    let part = fields.entries().iter().filter_map(|(element, branch)| {
        let PathElement::Field(name) = element else { return None };
        let value = document.get(&**name)?;
        Some((name.to_string(), part_of(typed::member(schema, name), value, &branch.children)))
    });
    part.collect()
}

fn part_of(schema: SchemaNode<'_>, value: &Value, fields: &FieldSet) -> Value {
    match (Form::of(schema, value), value) {
        (Form::Map, Value::Object(members)) => Value::Object(extract_items(schema, members, fields)),
        (Form::List, Value::Array(items)) => {
            let part = items.iter().enumerate().filter_map(|(index, item)| {
                let element = typed::item_element(schema, index, item).ok()?;
                let mut part = part_of(typed::item(schema), item, &fields.branch(&element)?.children);
                if let (PathElement::Key(keys), Value::Object(members), Value::Object(item)) = (&element, &mut part, item) {
                    let stated = keys.iter().filter_map(|(name, _)| Some((name.to_string(), item.get(&**name)?.clone())));
                    members.extend(stated);
                }
                Some(part)
            });
            Value::Array(part.collect())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merge::{FieldPath, to_field_set};
    use crate::schema::{ListType, MapKey, Node, NodeId, Schema, Shape};
    use serde_json::json;

    /// A map list `items` with the key `name`.
    fn schema() -> Schema {
        let key = MapKey { name: "name".into(), default: None };
        let fields = [("items".into(), NodeId(1))].into();
        let root = Shape::Struct { fields, required: Vec::new(), preserve_unknown: true, atomic: false, embedded_resource: false };
        let items = Shape::List { item: NodeId(2), list_type: ListType::Map(vec![key]) };
        let nodes = [root, items, Shape::Any].map(|shape| Node { shape, ..Node::default() });
        Schema { nodes: nodes.into() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "calls read better with the document written in place")]
    fn members(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn extracted_items_keep_what_tells_them_apart() {
        let schema = schema();
        let document = members(json!({"items": [{"name": "a", "x": 1, "y": 2}, {"name": "b", "x": 3}], "free": {"l": [1], "m": 2}}));
        let item = PathElement::key(vec![("name".into(), json!("a"))]);
        let wanted = [
            FieldPath(vec![PathElement::field("items"), item, PathElement::field("x")]),
            FieldPath::of_fields(&["free", "l"]),
            FieldPath::of_fields(&["gone"]),
        ];
        let part = extract_items(schema.root(), &document, &wanted.into_iter().collect());
        assert_eq!(part, members(json!({"items": [{"name": "a", "x": 1}], "free": {"l": [1]}})));
    }

    #[test]
    fn all_that_is_stated_extracts_to_the_whole() {
        let schema = schema();
        let document = json!({"items": [{"name": "a", "x": {"z": null}}, {"name": "b", "l": []}], "free": {"m": {}}});
        let stated = to_field_set(schema.root(), &document).unwrap();
        assert_eq!(Value::Object(extract_items(schema.root(), &members(document.clone()), &stated)), document);
    }

    #[test]
    fn paths_below_a_leaf_remove_nothing() {
        let document = members(json!({"free": {"l": [1], "s": 1}}));
        let below = [FieldPath::of_fields(&["free", "l", "x"]), FieldPath::of_fields(&["free", "s", "x"])].into_iter().collect();
        assert_eq!(remove_items(schema().root(), document.clone(), &below, &FieldSet::new()), document);
    }
}
