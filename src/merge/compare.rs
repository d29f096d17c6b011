//! What changed between two versions of a document, as field sets.
//!
//! Receives two documents and their schema, hands on what was added, modified and removed. Invariant: one walk over both; parts that
//! are equal leave no trace.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::field_set::{Branch, FieldSet};
use super::ownership::{everything, everything_in_item};
use super::path::PathElement;
use super::typed::{self, Form, WalkError};
use super::value::same;
use crate::schema::SchemaNode;

/// The fields in which two documents differ. What is added or removed is listed with all its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// In the second document only.
    pub added: FieldSet,
    /// In both, with different values.
    pub modified: FieldSet,
    /// In the first document only.
    pub removed: FieldSet,
}

/// The three branches that a comparison makes at one element.
#[derive(Default)]
struct Difference {
    added: Branch,
    modified: Branch,
    removed: Branch,
}

impl Comparison {
    /// Whether there is no difference in any field. The order of items and members is no field.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// Forgets the differences in some fields and below them.
    pub fn ignore(&mut self, fields: &FieldSet) {
        for set in [&mut self.added, &mut self.modified, &mut self.removed] {
            set.subtract_with_children(fields);
        }
    }

    fn attach(&mut self, element: &PathElement, difference: Difference) {
        let pairs =
            [(&mut self.added, difference.added), (&mut self.modified, difference.modified), (&mut self.removed, difference.removed)];
        for (set, branch) in pairs {
            if !branch.is_empty() {
                set.attach(element.clone(), branch);
            }
        }
    }
}

/// Compares two documents member by member.
///
/// Errors where an item of a set or map list has nothing that tells it apart.
pub fn compare(schema: SchemaNode<'_>, before: &Map<String, Value>, after: &Map<String, Value>) -> Result<Comparison, WalkError> {
    compare_members(schema, Some(before), Some(after))
}

fn compare_members(
    schema: SchemaNode<'_>,
    before: Option<&Map<String, Value>>,
    after: Option<&Map<String, Value>>,
) -> Result<Comparison, WalkError> {
    let mut result = Comparison::default();
    let mut visit = |name: &String, before: Option<&Value>, after: Option<&Value>| {
        let difference =
            compare_values(typed::member(schema, name), before, after).map_err(|error| error.below(PathElement::field(name)))?;
        if let Some(difference) = difference {
            result.attach(&PathElement::field(name), difference);
        }
        Ok(())
    };
    for (name, value) in before.into_iter().flatten() {
        visit(name, Some(value), after.and_then(|members| members.get(name)))?;
    }
    for (name, value) in after.into_iter().flatten() {
        if before.is_none_or(|members| !members.contains_key(name)) {
            visit(name, None, Some(value))?;
        }
    }
    Ok(result)
}

/// `None` where the two are equal.
fn compare_values(schema: SchemaNode<'_>, before: Option<&Value>, after: Option<&Value>) -> Result<Option<Difference>, WalkError> {
    let mut difference = Difference::default();
    match (before, after) {
        (Some(before), Some(after)) => {
            let (old, new) = (Form::of(schema, before), Form::of(schema, after));
            compare_as(old, schema, before, after, &mut difference)?;
            if old != new {
                compare_as(new, schema, before, after, &mut difference)?;
            }
        }
        (None, Some(after)) => difference.added = Branch { member: true, children: everything(schema, after)? },
        (Some(before), None) => difference.removed = Branch { member: true, children: everything(schema, before)? },
        (None, None) => {}
    }
    let same = difference.added.is_empty() && difference.modified.is_empty() && difference.removed.is_empty();
    Ok((!same).then_some(difference))
}

/// Where neither side has parts, the values count as a whole: that keeps apart absent, null and empty.
fn compare_as(form: Form, schema: SchemaNode<'_>, before: &Value, after: &Value, difference: &mut Difference) -> Result<(), WalkError> {
    let parts = match form {
        Form::Map => match (typed::filled_map(before), typed::filled_map(after)) {
            (None, None) => None,
            (before, after) => Some(compare_members(schema, before, after)?),
        },
        Form::List => match (typed::filled_list(before), typed::filled_list(after)) {
            (None, None) => None,
            // Finding out what items have in common costs more than finding out that nothing changed.
            (Some(old), Some(new)) if old.len() == new.len() && same(before, after) => Some(Comparison::default()),
            (before, after) => Some(compare_items(schema, before, after)?),
        },
        Form::Leaf => None,
    };
    match parts {
        Some(parts) => {
            difference.added.children.union_with(parts.added);
            difference.modified.children.union_with(parts.modified);
            difference.removed.children.union_with(parts.removed);
        }
        None => difference.modified.member |= !same(before, after),
    }
    Ok(())
}

fn compare_items(schema: SchemaNode<'_>, before: Option<&Vec<Value>>, after: Option<&Vec<Value>>) -> Result<Comparison, WalkError> {
    let mut result = Comparison::default();
    let old = group(schema, before)?;
    let mut new = group(schema, after)?;
    for (element, before) in &old {
        let after = new.remove(element).unwrap_or_default();
        result.attach(element, compare_group(schema, element, before, &after)?);
    }
    for (element, after) in &new {
        result.attach(element, compare_group(schema, element, &[], after)?);
    }
    Ok(result)
}

fn group<'a>(schema: SchemaNode<'_>, items: Option<&'a Vec<Value>>) -> Result<BTreeMap<PathElement, Vec<&'a Value>>, WalkError> {
    let mut groups: BTreeMap<PathElement, Vec<&Value>> = BTreeMap::new();
    for (index, item) in items.into_iter().flatten().enumerate() {
        groups.entry(typed::item_element(schema, index, item)?).or_default().push(item);
    }
    Ok(groups)
}

/// Items that stand in a list more than once (only objects stored long ago, or by updates, have that) count together as one leaf.
fn compare_group(list: SchemaNode<'_>, element: &PathElement, before: &[&Value], after: &[&Value]) -> Result<Difference, WalkError> {
    let leaf = || Branch { member: true, children: FieldSet::new() };
    let parts = |item: &Value| Ok(Branch { member: true, children: everything_in_item(list, element, item)? });
    Ok(match (before, after) {
        ([], []) => Difference::default(),
        ([] | [_], [] | [_]) => {
            let (before, after) = (before.first().copied(), after.first().copied());
            let compared = compare_values(typed::item(list), before, after).map_err(|error| error.below(element.clone()))?;
            compared.unwrap_or_default()
        }
        ([], _) => Difference { added: leaf(), ..Difference::default() },
        (_, []) => Difference { removed: leaf(), ..Difference::default() },
        ([before], _) => Difference { added: leaf(), removed: parts(before)?, ..Difference::default() },
        (_, [after]) => Difference { added: parts(after)?, removed: leaf(), ..Difference::default() },
        _ => {
            let equal = before.len() == after.len() && before.iter().zip(after).all(|(before, after)| same(before, after));
            Difference { modified: if equal { Branch::default() } else { leaf() }, ..Difference::default() }
        }
    })
}
