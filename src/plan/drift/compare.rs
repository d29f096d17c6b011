//! Where a live object is not as a set declares it.
//!
//! Receives what is declared and what is live, hands on one change for each declared place that differs, `from` the declared value `to`
//! the live one. What the set does not declare counts for nothing, unless it lies inside something that is owned as a whole. Pure.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Owned, Sides};
use crate::merge::{FieldPath, Operation, PathElement};
use crate::plan::changes::{FieldAction, FieldChange, Items};

/// Every declared place that differs. `filled` is what is declared with the defaults of its kind.
pub(super) fn differences(declared: &Value, filled: &Value, live: &Value, sides: &Sides) -> Vec<FieldChange> {
    let mut walk = Walk { sides, path: Vec::new(), found: Vec::new() };
    if let (Some(declared), Some(live)) = (declared.as_object(), live.as_object()) {
        for (name, value) in declared.iter().filter(|(name, _)| !["apiVersion", "kind"].contains(&name.as_str())) {
            if name == "metadata" {
                walk.metadata(value, live.get(name).unwrap_or(&Value::Null));
            } else {
                walk.member(PathElement::field(name), value, filled.get(name), live.get(name));
            }
        }
    }
    walk.found
}

struct Walk<'a> {
    sides: &'a Sides,
    path: Vec<PathElement>,
    found: Vec<FieldChange>,
}

/// What of an object's metadata a manifest may declare.
const DECLARED_METADATA: [&str; 4] = ["labels", "annotations", "finalizers", "ownerReferences"];

impl Walk<'_> {
    fn metadata(&mut self, declared: &Value, live: &Value) {
        self.path.push(PathElement::field("metadata"));
        for name in DECLARED_METADATA {
            if let Some(value) = declared.get(name) {
                self.member(PathElement::field(name), value, None, live.get(name));
            }
        }
        self.path.pop();
    }

    fn member(&mut self, element: PathElement, declared: &Value, filled: Option<&Value>, live: Option<&Value>) {
        self.path.push(element);
        match live {
            Some(live) => self.value(declared, filled.unwrap_or(declared), live),
            // Servers leave out what is empty.
            None if says_nothing(declared) => {}
            None => self.tell(FieldAction::Remove, declared, None),
        }
        self.path.pop();
    }

    fn value(&mut self, declared: &Value, filled: &Value, live: &Value) {
        match (declared, live) {
            _ if declared == live || filled == live || declared.is_null() => {}
            (Value::Object(declared), Value::Object(live)) if !self.is_whole() => self.members(declared, filled, live),
            (Value::Array(declared), Value::Array(live)) => self.items(declared, filled, live),
            _ => self.whole(declared, live),
        }
    }

    fn members(&mut self, declared: &Map<String, Value>, filled: &Value, live: &Map<String, Value>) {
        for (name, value) in declared {
            self.member(PathElement::field(name), value, filled.get(name), live.get(name));
        }
    }

    fn items(&mut self, declared: &[Value], filled: &Value, live: &[Value]) {
        let known = self.sides.lists.at(&self.path).cloned();
        match known {
            Some(Items::Keyed(keys)) => self.keyed(&keys, declared, filled, live),
            Some(Items::Valued) => {
                for gone in declared.iter().filter(|item| !live.contains(item)) {
                    self.member(PathElement::Value(gone.clone()), gone, None, None);
                }
            }
            None if self.is_whole() => self.whole(&declared.into(), &live.into()),
            // Nobody says how its items are told apart.
            None => match name_every_item(declared) && name_every_item(live) {
                true => self.keyed(&[Arc::from("name")], declared, filled, live),
                false => self.whole(&declared.into(), &live.into()),
            },
        }
    }

    fn keyed(&mut self, keys: &[Arc<str>], declared: &[Value], filled: &Value, live: &[Value]) {
        for (index, item) in declared.iter().enumerate() {
            // A declared item may leave a key out that has a default.
            let is_meant = |candidate: &&Value| {
                keys.iter().all(|key| item.get(key.as_ref()).is_none_or(|own| candidate.get(key.as_ref()) == Some(own)))
                    && keys.iter().any(|key| item.get(key.as_ref()).is_some())
            };
            let found = live.iter().find(is_meant);
            let named_by = found.or_else(|| filled.get(index)).unwrap_or(item);
            let members = keys.iter().filter_map(|key| Some((Arc::clone(key), named_by.get(key.as_ref())?.clone()))).collect();
            self.member(PathElement::key(members), item, filled.get(index), found);
        }
    }

    /// Compares what is owned as a whole, or cannot be looked into.
    fn whole(&mut self, declared: &Value, live: &Value) {
        let path = FieldPath(self.path.clone());
        // What a server adds to our own value are defaults; what is added to somebody else's is somebody else's doing.
        let is_ours = self.sides.are_ours(&path) || !self.sides.others.iter().any(|owned| owned.owns(&path));
        if !(is_ours && covers(declared, live)) {
            self.tell(FieldAction::Change, declared, Some(live));
        }
    }

    /// Whether the value here is owned as one, and by nobody in parts.
    fn is_whole(&self) -> bool {
        let owned = || self.sides.ours.iter().chain(&self.sides.others);
        // By other writes than applies, a manager is left with the bare `spec` when others took all that it had in it.
        let may_be = |owned: &Owned| self.path.len() > 1 || owned.entry.operation == Operation::Apply;
        let is_leaf = |owned: &Owned| may_be(owned) && owned.leaves.iter().any(|leaf| leaf.0 == self.path);
        let has_parts = |owned: &Owned| owned.leaves.iter().any(|leaf| leaf.0.len() > self.path.len() && leaf.0.starts_with(&self.path));
        owned().any(is_leaf) && !owned().any(has_parts)
    }

    fn tell(&mut self, action: FieldAction, declared: &Value, live: Option<&Value>) {
        self.found.push(FieldChange { path: FieldPath(self.path.clone()), action, from: Some(declared.clone()), to: live.cloned() });
    }
}

/// Whether everything that is declared is live, whatever else is.
fn covers(declared: &Value, live: &Value) -> bool {
    match (declared, live) {
        (Value::Object(declared), Value::Object(live)) => {
            declared.iter().all(|(name, value)| live.get(name).map_or_else(|| says_nothing(value), |live| covers(value, live)))
        }
        (Value::Array(declared), Value::Array(live)) => {
            declared.len() == live.len() && declared.iter().zip(live).all(|(declared, live)| covers(declared, live))
        }
        _ => declared == live || declared.is_null(),
    }
}

/// Whether a value is one that a server may leave out.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        // Members that are all empty are left out with what they are in.
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(true) => false,
    }
}

fn name_every_item(items: &[Value]) -> bool {
    let mut names: Vec<&str> = items.iter().filter_map(|item| item.get("name")?.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    names.len() == items.len()
}
