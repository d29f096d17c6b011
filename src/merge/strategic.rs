//! Strategic merge patch: a merge patch that knows from the schema which lists merge item by item, and that takes directives.
//!
//! Receives a document, a patch and the schema; hands on the document. Invariant: no directive survives into the document. What the
//! schema does not know merges as in a JSON merge patch.
//!
//! See <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md>.

use serde_json::{Map, Value};

use super::strategic_list::{ListRules, delete_scalars, merge_lists, order_by};
use super::typed;
use crate::object::kind_of;
use crate::object::{Reason, Refusal};
use crate::schema::{PatchStrategy, SchemaNode};

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const SET_ELEMENT_ORDER: &str = "$setElementOrder";
const DELETE_FROM_PRIMITIVE_LIST: &str = "$deleteFromPrimitiveList";

/// Why a strategic merge patch was not applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrategicPatchError {
    /// The patch is no object.
    #[error("a strategic merge patch must be an object, not {0}")]
    NotAnObject(&'static str),
    /// `$patch` says something unknown, or something that is not possible there.
    #[error("unknown patch type {directive} in {field:?}")]
    BadDirective {
        /// What it says.
        directive: String,
        /// The member whose value holds it; empty for the document.
        field: String,
    },
    /// A directive's value or name does not have the form it must have, or contradicts the patch beside it.
    #[error("invalid {directive}: {why}")]
    BadFormat {
        /// The directive.
        directive: String,
        /// What is wrong.
        why: String,
    },
    /// An item of a list that merges by a member lacks the member.
    #[error("an item of {field:?} does not contain the merge key {key:?}")]
    NoMergeKey {
        /// The list.
        field: String,
        /// The member.
        key: String,
    },
    /// The schema does not say by which member the objects of a list merge.
    #[error("cannot merge lists without merge key for {field:?}")]
    MergeKeyUnknown {
        /// The list.
        field: String,
    },
    /// A list that merges has items of several kinds, or lists as items.
    #[error("the items of {field:?} must all be objects or all be scalars")]
    MixedItems {
        /// The list.
        field: String,
    },
    /// A directive for lists stands beside something that is no list.
    #[error("{field:?} must be a list, not {found}")]
    NotAList {
        /// The member.
        field: String,
        /// What it is.
        found: &'static str,
    },
}

impl From<StrategicPatchError> for Refusal {
    /// 400 for what is no patch, 422 for a patch that does not fit the document.
    fn from(error: StrategicPatchError) -> Self {
        let reason = match error {
            StrategicPatchError::NotAnObject(_) | StrategicPatchError::BadFormat { .. } => Reason::BadRequest,
            _ => Reason::Invalid,
        };
        Self::new(reason, error.to_string())
    }
}

/// Applies a strategic merge patch to a document of the schema.
///
/// Understands `$patch: delete | replace | merge`, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>` and `$retainKeys`.
/// Objects merge member by member, `null` removes. Lists merge where the schema says so, by their merge key or, for scalars, by
/// value; all others are replaced.
pub fn strategic_merge_patch(schema: SchemaNode<'_>, document: Value, patch: Value) -> Result<Value, StrategicPatchError> {
    let Value::Object(patch) = patch else { return Err(StrategicPatchError::NotAnObject(kind_of(&patch))) };
    let document = match document {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    merge_members(schema, "", document, patch).map(Value::Object)
}

/// Merges a patch into an object; `field` is the name under which it stands, for messages.
pub(super) fn merge_members(
    schema: SchemaNode<'_>,
    field: &str,
    mut members: Map<String, Value>,
    mut patch: Map<String, Value>,
) -> Result<Map<String, Value>, StrategicPatchError> {
    match patch.remove(PATCH) {
        None => {}
        Some(directive) => match directive.as_str() {
            Some("replace") => return Ok(plain_members(patch)),
            Some("delete") => return Ok(Map::new()),
            Some("merge") => {}
            _ => return Err(StrategicPatchError::BadDirective { directive: directive.to_string(), field: field.to_owned() }),
        },
    }
    retain_keys(&mut members, &mut patch)?;
    set_element_orders(schema, &mut members, &mut patch)?;
    delete_from_lists(&mut members, &mut patch)?;
    for (name, value) in patch {
        merge_member(schema, &mut members, &name, value)?;
    }
    Ok(members)
}

fn merge_member(schema: SchemaNode<'_>, members: &mut Map<String, Value>, name: &str, patch: Value) -> Result<(), StrategicPatchError> {
    let place = typed::member(schema, name);
    let strategy = place.node().patch.as_ref();
    let merged = match (members.remove(name), patch) {
        (_, Value::Null) => None,
        (Some(Value::Object(old)), Value::Object(patch)) if !strategy.is_some_and(|strategy| strategy.replace) => {
            Some(Value::Object(merge_members(place, name, old, patch)?))
        }
        (Some(Value::Array(old)), Value::Array(patch)) if strategy.is_some_and(|strategy| strategy.merge) => {
            let rules = ListRules::of(place, name, strategy);
            Some(Value::Array(merge_lists(&rules, old, patch)?))
        }
        (_, patch) => plain(patch),
    };
    if let Some(merged) = merged {
        members.insert(name.to_owned(), merged);
    }
    Ok(())
}

/// `$retainKeys` names all members that are to be left; a patch that sets another contradicts itself.
fn retain_keys(members: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), StrategicPatchError> {
    let Some(keys) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let bad = |why: &str| StrategicPatchError::BadFormat { directive: RETAIN_KEYS.to_owned(), why: why.to_owned() };
    let keys = keys.as_array().ok_or_else(|| bad("must be a list of names"))?;
    let keeps = |name: &String| keys.iter().any(|key| key.as_str() == Some(name));
    let is_set = |(name, value): &(&String, &Value)| !value.is_null() && !name.starts_with('$');
    if !patch.iter().filter(is_set).all(|(name, _)| keeps(name)) {
        return Err(bad("the patch sets a member that it does not name"));
    }
    members.retain(|name, _| keeps(name));
    Ok(())
}

/// Takes the members out of a patch whose names are `<directive>/<list>`.
fn take_directives(patch: &mut Map<String, Value>, directive: &str) -> Result<Vec<(String, Vec<Value>)>, StrategicPatchError> {
    let names: Vec<String> = patch.keys().filter(|name| name.starts_with(directive)).cloned().collect();
    let take = |name: String| {
        let bad = |why: &str| StrategicPatchError::BadFormat { directive: name.clone(), why: why.to_owned() };
        let list =
            name.strip_prefix(directive).and_then(|rest| rest.strip_prefix('/')).ok_or_else(|| bad("must name a list after a slash"))?;
        match patch.remove(&name) {
            Some(Value::Array(items)) => Ok((list.to_owned(), items)),
            _ => Err(bad("must be a list")),
        }
    };
    names.into_iter().map(take).collect()
}

fn set_element_orders(
    schema: SchemaNode<'_>,
    members: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
) -> Result<(), StrategicPatchError> {
    for (name, order) in take_directives(patch, SET_ELEMENT_ORDER)? {
        let place = typed::member(schema, &name);
        let rules = ListRules::of(place, &name, place.node().patch.as_ref());
        // A patch that removes the list leaves nothing to order.
        let patched = match patch.get(&name) {
            Some(Value::Null) => continue,
            _ => patch.remove(&name).map(|value| list_of(&name, value)).transpose()?,
        };
        let old = members.get(&name).cloned().map(|value| list_of(&name, value)).transpose()?;
        rules.check_order(patched.as_deref().unwrap_or_default(), &order)?;
        let merged = match (old.clone(), patched) {
            (None, None) => continue,
            (Some(old), None) => old,
            (None, Some(patched)) => patched.into_iter().filter_map(plain).collect(),
            (Some(old), Some(patched)) if rules.merge => merge_lists(&rules, old, patched)?,
            (Some(_), Some(patched)) => patched.into_iter().filter_map(plain).collect(),
        };
        let ordered = order_by(&rules, merged, &order, &old.unwrap_or_default())?;
        members.insert(name, Value::Array(ordered));
    }
    Ok(())
}

fn delete_from_lists(members: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), StrategicPatchError> {
    for (name, doomed) in take_directives(patch, DELETE_FROM_PRIMITIVE_LIST)? {
        if let Some(Value::Array(items)) = members.get_mut(&name) {
            delete_scalars(items, &doomed);
        }
    }
    Ok(())
}

fn list_of(field: &str, value: Value) -> Result<Vec<Value>, StrategicPatchError> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(StrategicPatchError::NotAList { field: field.to_owned(), found: kind_of(&other) }),
    }
}

/// What a patch's value means where there is nothing to merge it into: without directives, and without members that are null.
/// `None` where the value says that it is to be deleted.
pub(super) fn plain(value: Value) -> Option<Value> {
    Some(match value {
        Value::Object(members) if members.get(PATCH).is_some_and(|directive| directive == "delete") => return None,
        Value::Object(members) => Value::Object(plain_members(members)),
        Value::Array(items) => Value::Array(items.into_iter().filter_map(plain).collect()),
        scalar => scalar,
    })
}

fn plain_members(members: Map<String, Value>) -> Map<String, Value> {
    let is_directive = |name: &str| {
        name == PATCH || name == RETAIN_KEYS || name.starts_with("$setElementOrder/") || name.starts_with("$deleteFromPrimitiveList/")
    };
    let kept = members.into_iter().filter(|(name, value)| !value.is_null() && !is_directive(name));
    kept.filter_map(|(name, value)| Some((name, plain(value)?))).collect()
}

/// What `$patch` says in an item of a list.
pub(super) fn directive_of(item: &Value) -> Option<&Value> {
    item.get(PATCH)
}

impl<'a> ListRules<'a> {
    fn of(place: SchemaNode<'a>, field: &'a str, strategy: Option<&'a PatchStrategy>) -> Self {
        let merge_key = strategy.and_then(|strategy| strategy.merge_key.as_deref());
        Self { item: typed::item(place), field, merge: strategy.is_some_and(|strategy| strategy.merge), merge_key }
    }
}
