//! Which old value a new one follows, and whether it is the same.
//!
//! Receives two documents of one schema, a new one and the one that it takes the place of; hands on pairs. Invariant: items of map lists
//! follow each other by their keys wherever they stand, those of other lists follow nothing.

use std::collections::HashMap;

use serde_json::Value;

use crate::schema::{ListType, MapKey, SchemaNode, Shape};

/// The old items of a list by what tells them apart; empty where nothing does.
pub(super) fn old_items<'a>(list_type: &'a ListType, old: Option<&'a Value>) -> HashMap<Vec<Option<&'a Value>>, &'a Value> {
    match (list_type, old) {
        (ListType::Map(keys), Some(Value::Array(items))) => items.iter().map(|item| (key_values(keys, item), item)).collect(),
        _ => HashMap::new(),
    }
}

/// The old item that a new one follows.
pub(super) fn old_item<'a>(
    list_type: &'a ListType,
    items: &HashMap<Vec<Option<&'a Value>>, &'a Value>,
    item: &'a Value,
) -> Option<&'a Value> {
    match list_type {
        ListType::Map(keys) => items.get(&key_values(keys, item)).copied(),
        _ => None,
    }
}

/// What tells an item apart: the values of its keys, defaults filled in.
pub(super) fn key_values<'a>(keys: &'a [MapKey], item: &'a Value) -> Vec<Option<&'a Value>> {
    keys.iter().map(|key| item.get(&*key.name).or(key.default.as_ref())).collect()
}

/// Whether a value is what the old one was. The order of a map list is no difference.
pub(super) fn alike(place: SchemaNode<'_>, value: &Value, old: &Value) -> bool {
    match (place.shape(), value, old) {
        (Shape::Struct { .. } | Shape::Map { .. }, Value::Object(members), Value::Object(before)) => {
            let same = |(name, value): (&String, &Value)| {
                before.get(name).is_some_and(|old| place.member(name).map_or(value == old, |place| alike(place, value, old)))
            };
            members.len() == before.len() && members.iter().all(same)
        }
        (Shape::List { item, list_type: list_type @ ListType::Map(_) }, Value::Array(items), Value::Array(before)) => {
            if items.len() != before.len() || items == before {
                return items == before;
            }
            // Two items of one key would both find the one old item.
            if old_items(list_type, Some(value)).len() != items.len() {
                return false;
            }
            let known = old_items(list_type, Some(old));
            items.iter().all(|value| old_item(list_type, &known, value).is_some_and(|old| alike(place.at(*item), value, old)))
        }
        _ => value == old,
    }
}
