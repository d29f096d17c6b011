//! The lists of a strategic merge patch: items told apart by a merge key or, if scalars, by value.
//!
//! Receives two lists and the rules of their place, hands on one. Invariant: items of the patch come in the patch's order, the others
//! in the document's, and the two are woven by where they stood in the document.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::strategic::{StrategicPatchError, directive_of, merge_members, plain};
use crate::schema::SchemaNode;

/// How one list merges.
pub(super) struct ListRules<'a> {
    /// The place of its items.
    pub(super) item: SchemaNode<'a>,
    /// Its name, for messages.
    pub(super) field: &'a str,
    /// Whether it merges at all.
    pub(super) merge: bool,
    /// The member that tells its items apart; `None` for scalars.
    pub(super) merge_key: Option<&'a str>,
}

impl ListRules<'_> {
    /// What tells an item apart, as text.
    fn identity(&self, item: &Value) -> Result<String, StrategicPatchError> {
        let Some(key) = self.merge_key else { return Ok(item.to_string()) };
        match item.get(key) {
            Some(value) => Ok(value.to_string()),
            None => Err(StrategicPatchError::NoMergeKey { field: self.field.to_owned(), key: key.to_owned() }),
        }
    }

    /// The first position of each item.
    fn positions(&self, items: &[Value]) -> Result<HashMap<String, usize>, StrategicPatchError> {
        let mut positions = HashMap::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            positions.entry(self.identity(item)?).or_insert(position);
        }
        Ok(positions)
    }

    /// The items of the patch must appear in the order it sets, one after the other.
    pub(super) fn check_order(&self, patch: &[Value], order: &[Value]) -> Result<(), StrategicPatchError> {
        if patch.is_empty() || order.is_empty() {
            return Ok(());
        }
        let mut rest = order.iter();
        for item in patch.iter().filter(|item| directive_of(item).is_none()) {
            let wanted = self.identity(item)?;
            let found = rest.by_ref().map(|item| self.identity(item)).find(|found| found.as_ref().map_or(true, |found| *found == wanted));
            if found.transpose()?.is_none() {
                let why = format!("it does not name the items of the patch in their order: {wanted}");
                return Err(StrategicPatchError::BadFormat { directive: format!("$setElementOrder/{}", self.field), why });
            }
        }
        Ok(())
    }
}

/// Merges the items of a patch into a list.
pub(super) fn merge_lists(rules: &ListRules<'_>, old: Vec<Value>, patch: Vec<Value>) -> Result<Vec<Value>, StrategicPatchError> {
    if old.is_empty() && patch.is_empty() {
        return Ok(old);
    }
    let objects = old.iter().chain(&patch).filter(|item| item.is_object()).count();
    if objects != 0 && objects != old.len() + patch.len() || old.iter().chain(&patch).any(Value::is_array) {
        return Err(StrategicPatchError::MixedItems { field: rules.field.to_owned() });
    }
    if objects == 0 {
        let scalars = ListRules { merge_key: None, ..*rules };
        let mut seen = HashSet::new();
        let merged = old.iter().chain(&patch).filter(|item| seen.insert(item.to_string())).cloned().collect();
        return order_by(&scalars, merged, &patch, &old);
    }
    let Some(key) = rules.merge_key else {
        return Err(StrategicPatchError::MergeKeyUnknown { field: rules.field.to_owned() });
    };
    merge_objects(rules, key, old, patch)
}

fn merge_objects(rules: &ListRules<'_>, key: &str, mut old: Vec<Value>, patch: Vec<Value>) -> Result<Vec<Value>, StrategicPatchError> {
    let (directives, patch): (Vec<Value>, Vec<Value>) = patch.into_iter().partition(|item| directive_of(item).is_some());
    let mut replace = false;
    let mut doomed = HashSet::new();
    for item in &directives {
        match directive_of(item).and_then(Value::as_str) {
            Some("delete") => drop(doomed.insert(rules.identity(item)?)),
            Some("replace") => replace = true,
            _ => {
                let directive = directive_of(item).map(ToString::to_string).unwrap_or_default();
                return Err(StrategicPatchError::BadDirective { directive, field: rules.field.to_owned() });
            }
        }
    }
    if replace {
        return Ok(patch.into_iter().filter_map(plain).collect());
    }
    if !doomed.is_empty() {
        old.retain(|item| item.get(key).is_none_or(|value| !doomed.contains(&value.to_string())));
    }
    let order = patch.iter().map(|item| Ok((rules.identity(item)?, item.get(key).cloned())));
    let order: Vec<(String, Option<Value>)> = order.collect::<Result<_, StrategicPatchError>>()?;
    let server_order: Vec<Value> = old.iter().map(|item| only(key, item)).collect();
    let mut positions = rules.positions(&old)?;
    let mut merged = old;
    for ((identity, _), item) in order.iter().zip(patch) {
        match (positions.get(identity), item) {
            (Some(position), Value::Object(patch)) => {
                let old = match merged[*position].take() {
                    Value::Object(members) => members,
                    _ => serde_json::Map::new(),
                };
                merged[*position] = Value::Object(merge_members(rules.item, rules.field, old, patch)?);
            }
            (_, item) => {
                positions.insert(identity.clone(), merged.len());
                merged.extend(plain(item));
            }
        }
    }
    let patch_order: Vec<Value> =
        order.into_iter().filter_map(|(_, value)| Some(Value::Object([(key.to_owned(), value?)].into_iter().collect()))).collect();
    order_by(rules, merged, &patch_order, &server_order)
}

/// An object with nothing but its merge key, for keeping an order.
fn only(key: &str, item: &Value) -> Value {
    Value::Object(item.get(key).map(|value| (key.to_owned(), value.clone())).into_iter().collect())
}

/// Removes scalars from a list.
pub(super) fn delete_scalars(items: &mut Vec<Value>, doomed: &[Value]) {
    let doomed: HashSet<String> = doomed.iter().map(ToString::to_string).collect();
    items.retain(|item| !doomed.contains(&item.to_string()));
}

/// Puts the items that `order` names in its order, and weaves the others in where they stood in `server_order`.
///
/// As upstream does it: while both are left, one of the others comes next only if the server had it before the next ordered item.
pub(super) fn order_by(
    rules: &ListRules<'_>,
    items: Vec<Value>,
    order: &[Value],
    server_order: &[Value],
) -> Result<Vec<Value>, StrategicPatchError> {
    let (named, server) = (rules.positions(order)?, rules.positions(server_order)?);
    let mut ordered: Vec<(usize, Option<usize>, Value)> = Vec::new();
    let mut others: Vec<(usize, Option<usize>, Value)> = Vec::new();
    for item in items {
        let identity = rules.identity(&item)?;
        let stood = server.get(&identity).copied();
        match named.get(&identity) {
            Some(position) => ordered.push((*position, stood, item)),
            None => others.push((stood.unwrap_or(usize::MAX), stood, item)),
        }
    }
    ordered.sort_by_key(|(position, ..)| *position);
    others.sort_by_key(|(position, ..)| *position);
    let mut woven = Vec::with_capacity(ordered.len() + others.len());
    let (mut ordered, mut others) = (ordered.into_iter().peekable(), others.into_iter().peekable());
    while let (Some((_, next, _)), Some((_, other, _))) = (ordered.peek(), others.peek()) {
        let other_first = matches!((other, next), (Some(other), Some(next)) if other < next);
        woven.extend(if other_first { others.next() } else { ordered.next() }.map(|(.., item)| item));
    }
    woven.extend(ordered.chain(others).map(|(.., item)| item));
    Ok(woven)
}
