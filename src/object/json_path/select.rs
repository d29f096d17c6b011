//! Path and document to values.

use std::cmp::Ordering;

use serde_json::{Map, Value};

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

/// A walk through a document that looks at so many values and no more. Once they are used up, nothing is found any more.
pub(super) struct Search {
    left: usize,
}

impl Search {
    pub(super) const fn of(most: usize) -> Self {
        Self { left: most }
    }

    pub(super) const fn unbounded() -> Self {
        Self::of(usize::MAX)
    }

    fn look_at(&mut self, values: usize) -> Option<()> {
        let left = self.left.checked_sub(values);
        self.left = left.unwrap_or(0);
        left.map(|_| ())
    }

    /// The values, where they are not too many to be looked at.
    fn paid<'a>(&mut self, values: impl ExactSizeIterator<Item = &'a Value>) -> Vec<&'a Value> {
        if self.look_at(values.len()).is_some() { values.collect() } else { Vec::new() }
    }

    fn children<'a>(&mut self, value: &'a Value) -> Vec<&'a Value> {
        match value {
            Value::Array(items) => self.paid(items.iter()),
            Value::Object(members) => self.paid(members.values()),
            _ => Vec::new(),
        }
    }

    /// The same as [`Self::first`] for a document of which the members alone are at hand.
    pub(super) fn first_of_members<'a>(&mut self, root: &'a Map<String, Value>, steps: &[Step]) -> Option<&'a Value> {
        match steps.split_first()? {
            (Step::Member(name), rest) => self.first(root.get(name)?, rest),
            (Step::Every, rest) => root.values().find_map(|value| self.first(value, rest)),
            (Step::Descend, rest) => {
                let here = self.first_of_members(root, rest);
                here.or_else(|| root.values().find_map(|value| self.first(value, steps)))
            }
            _ => None,
        }
    }

    /// The first value that the steps lead to. What does not fit leads nowhere, as an empty cell of a table is better than none.
    pub(super) fn first<'a>(&mut self, value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
        self.look_at(1)?;
        let Some((step, rest)) = steps.split_first() else { return Some(value) };
        match (step, value) {
            (Step::Member(name), Value::Object(members)) => self.first(members.get(name)?, rest),
            (Step::Member(_), _) => None,
            _ => self.take(value, step).ok()?.into_iter().find_map(|found| self.first(found, rest)),
        }
    }

    /// All values that the steps lead to from any of those given.
    pub(super) fn all<'a>(&mut self, mut values: Vec<&'a Value>, steps: &[Step]) -> Result<Vec<&'a Value>, SelectError> {
        for step in steps {
            let mut found = Vec::with_capacity(values.len());
            if let Step::Union(ways) = step {
                // Each way is walked for all values before the next one, as kubectl prints them.
                for way in ways {
                    found.extend(self.all(values.clone(), std::slice::from_ref(way))?);
                }
            } else {
                for value in values {
                    found.extend(self.take(value, step)?);
                }
            }
            values = found;
        }
        Ok(values)
    }

    fn take<'a>(&mut self, value: &'a Value, step: &Step) -> Result<Vec<&'a Value>, SelectError> {
        Ok(match step {
            Step::Member(name) => value.get(name).into_iter().collect(),
            Step::Every => self.children(value),
            Step::Descend => {
                let mut found = Vec::new();
                self.descend(value, &mut found);
                found
            }
            Step::Union(_) => self.all(vec![value], std::slice::from_ref(step))?,
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
                self.paid(items.get(start..end).unwrap_or_default().iter().step_by(*every))
            }
            Step::Filter(filter) => {
                let items = self.paid(items(value)?.iter());
                items.into_iter().filter(|item| self.fits(filter, item)).collect()
            }
        })
    }

    fn descend<'a>(&mut self, value: &'a Value, found: &mut Vec<&'a Value>) {
        let below = self.children(value);
        if !below.is_empty() {
            found.push(value);
            below.into_iter().for_each(|child| self.descend(child, found));
        }
    }

    /// Sides of different types differ, and neither is before the other.
    fn fits(&mut self, filter: &Filter, item: &Value) -> bool {
        let Some(left) = self.operand(&filter.left, item) else { return false };
        let Some((comparison, right)) = &filter.comparison else { return true };
        let Some(right) = self.operand(right, item) else { return false };
        if self.look_at(weight(left).min(weight(right))).is_none() {
            return false;
        }
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

    fn operand<'a>(&mut self, operand: &'a Operand, item: &'a Value) -> Option<&'a Value> {
        match operand {
            Operand::Path(steps) => self.first(item, steps),
            Operand::Literal(value) => Some(value),
        }
    }
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

/// About how much there is to compare, in values.
fn weight(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(weight).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 64,
        _ => 1,
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
