//! Path and document to values.

use std::cmp::Ordering;

use serde_json::Value;

use super::parse::{Comparison, Filter, Operand, Step};
use crate::object::kind_of;

/// A path does not fit the document it is led through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// The list is shorter.
    #[error("index {index} lies outside of a list of {length}")]
    Outside {
        /// The index asked for; negative ones count from the end.
        index: i64,
        /// Items in the list.
        length: usize,
    },
    /// An index, a slice or a filter of something that has no items.
    #[error("only a list has items to choose from, this is {0}")]
    NoList(&'static str),
}

/// The first value that the steps lead to. What does not fit leads nowhere, as an empty cell of a table is better than none.
pub(super) fn first<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => first(members.get(name)?, rest),
        (Step::Member(_), _) => None,
        _ => take(value, step).ok()?.into_iter().find_map(|found| first(found, rest)),
    }
}

/// All values that the steps lead to from any of those given.
pub(super) fn all<'a>(mut values: Vec<&'a Value>, steps: &[Step]) -> Result<Vec<&'a Value>, SelectError> {
    for step in steps {
        let mut found = Vec::with_capacity(values.len());
        if let Step::Union(ways) = step {
            // Each way is walked for all values before the next one, as kubectl prints them.
            for way in ways {
                found.extend(all(values.clone(), std::slice::from_ref(way))?);
            }
        } else {
            for value in values {
                found.extend(take(value, step)?);
            }
        }
        values = found;
    }
    Ok(values)
}

fn take<'a>(value: &'a Value, step: &Step) -> Result<Vec<&'a Value>, SelectError> {
    Ok(match step {
        Step::Member(name) => value.get(name).into_iter().collect(),
        Step::Every => children(value),
        Step::Descend => {
            let mut found = Vec::new();
            descend(value, &mut found);
            found
        }
        Step::Union(_) => all(vec![value], std::slice::from_ref(step))?,
        Step::Index(_) | Step::Slice { .. } | Step::Filter(_) if value.is_null() => Vec::new(),
        Step::Index(index) => {
            let items = items(value)?;
            let outside = SelectError::Outside { index: *index, length: items.len() };
            vec![place(*index, items.len()).and_then(|at| items.get(at)).ok_or(outside)?]
        }
        Step::Slice { start, end, every } => {
            let items = items(value)?;
            let bound = |index: i64| place(index, items.len()).unwrap_or(0).min(items.len());
            let (start, end) = (start.map_or(0, bound), end.map_or(items.len(), bound));
            items.get(start..end).unwrap_or_default().iter().step_by(*every).collect()
        }
        Step::Filter(filter) => items(value)?.iter().filter(|item| fits(filter, item)).collect(),
    })
}

/// Where an index leads in a list; negative ones count from its end.
fn place(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index.unsigned_abs()) {
        Ok(back) if index < 0 => length.checked_sub(back),
        Ok(at) => Some(at),
        Err(_) => None,
    }
}

fn items(value: &Value) -> Result<&Vec<Value>, SelectError> {
    value.as_array().ok_or_else(|| SelectError::NoList(kind_of(value)))
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    }
}

fn descend<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    let below = children(value);
    if !below.is_empty() {
        found.push(value);
        below.into_iter().for_each(|child| descend(child, found));
    }
}

/// Sides of different types differ, and neither is before the other.
fn fits(filter: &Filter, item: &Value) -> bool {
    let Some(left) = operand(&filter.left, item) else { return false };
    let Some((comparison, right)) = &filter.comparison else { return true };
    let Some(right) = operand(right, item) else { return false };
    let order = compare(left, right);
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
    }
}

fn operand<'a>(operand: &'a Operand, item: &'a Value) -> Option<&'a Value> {
    match operand {
        Operand::Path(steps) => first(item, steps),
        Operand::Literal(value) => Some(value),
    }
}

fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        _ => (left == right).then_some(Ordering::Equal),
    }
}
