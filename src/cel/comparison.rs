//! Which values are equal, and which comes first.
//!
//! Receives two values, hands on a verdict. Invariant: what is gone through is paid for before, so that no comparison outlives its budget.

use std::cmp::Ordering;

use super::construct::Built;
use super::value::Val;
use super::{Budget, Fault};
use crate::schema::ListType;

impl<'a> Val<'a> {
    fn is_unordered(&self) -> bool {
        matches!(self, Self::Items(_, place) if !matches!(place.list_type(), ListType::Atomic))
    }

    /// Whether two values are equal: numbers by their value, lists of type set and map in any order.
    pub(super) fn equals(&self, other: &Self, budget: &mut Budget) -> Result<bool, Fault> {
        budget.spend(1)?;
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => {
                budget.spend_text(left.len().min(right.len()))?;
                **left == **right
            }
            (Self::Kind(left), Self::Kind(right)) => **left == **right,
            (Self::Bytes(left), Self::Bytes(right)) => {
                budget.spend_text(left.len().max(right.len()))?;
                left == right
            }
            (Self::Time(left), Self::Time(right)) => left == right,
            (Self::Duration(left), Self::Duration(right)) => left == right,
            (Self::Opaque(left), Self::Opaque(right)) => {
                budget.spend_text(left.text_size())?;
                left == right
            }
            (Self::Built(left), Self::Built(right)) => left.name == right.name && Self::equal_fields(left, right, budget)?,
            (Self::Optional(left), Self::Optional(right)) => match (left, right) {
                (Some(left), Some(right)) => left.equals(right, budget)?,
                (left, right) => left.is_none() && right.is_none(),
            },
            _ if self.is_list() && other.is_list() => {
                if self.count() != other.count() {
                    false
                } else if self.is_unordered() || other.is_unordered() {
                    self.equals_unordered(other, budget)?
                } else {
                    self.equals_ordered(other, budget)?
                }
            }
            (Self::Members(..) | Self::Map(_), Self::Members(..) | Self::Map(_)) => self.equals_map(other, budget)?,
            _ => self.compare_numbers(other) == Some(Ordering::Equal),
        })
    }

    fn equal_fields(left: &Built<'a>, right: &Built<'a>, budget: &mut Budget) -> Result<bool, Fault> {
        if left.fields.len() != right.fields.len() {
            return Ok(false);
        }
        for ((left_name, left), (right_name, right)) in left.fields.iter().zip(&right.fields) {
            if left_name != right_name || !left.equals(right, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equals_ordered(&self, other: &Self, budget: &mut Budget) -> Result<bool, Fault> {
        for (left, right) in self.items().zip(other.items()) {
            if !left.equals(&right, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equals_unordered(&self, other: &Self, budget: &mut Budget) -> Result<bool, Fault> {
        for (index, item) in self.items().enumerate() {
            // Most often nothing has moved.
            let same_place = match other.item(index) {
                Some(same) => item.equals(&same, budget)?,
                None => false,
            };
            if !same_place && !other.contains(&item, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn equals_map(&self, other: &Self, budget: &mut Budget) -> Result<bool, Fault> {
        if self.count() != other.count() {
            return Ok(false);
        }
        budget.spend_items(self.count().unwrap_or_default())?;
        for key in self.keys() {
            let (Some(left), Some(right)) = (self.under(&key), other.under(&key)) else { return Ok(false) };
            if !left.equals(&right, budget)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a list has an item equal to this one.
    pub(super) fn contains(&self, wanted: &Self, budget: &mut Budget) -> Result<bool, Fault> {
        for item in self.items() {
            if item.equals(wanted, budget)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The order of two values; `None` where they have none.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(left), Self::Bool(right)) => Some(left.cmp(right)),
            (Self::Text(left), Self::Text(right)) => Some((**left).cmp(right)),
            (Self::Bytes(left), Self::Bytes(right)) => Some(left.cmp(right)),
            (Self::Time(left), Self::Time(right)) => Some(left.cmp(right)),
            (Self::Duration(left), Self::Duration(right)) => Some(left.cmp(right)),
            _ => self.compare_numbers(other),
        }
    }

    fn compare_numbers(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Double(left), Self::Double(right)) => left.partial_cmp(right),
            (Self::Double(left), _) => Some(compare_mixed(*left, other.whole()?)?),
            (_, Self::Double(right)) => compare_mixed(*right, self.whole()?).map(Ordering::reverse),
            _ => Some(self.whole()?.cmp(&other.whole()?)),
        }
    }

    fn whole(&self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(i128::from(*number)),
            Self::Uint(number) => Some(i128::from(*number)),
            _ => None,
        }
    }
}

/// The order of a floating-point number and a whole one of at most 64 bits.
fn compare_mixed(float: f64, whole: i128) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // Saturates, which keeps the order: whole numbers here are far within.
    match (float.trunc() as i128).cmp(&whole) {
        Ordering::Equal => float.fract().partial_cmp(&0.0),
        order => Some(order),
    }
}
