//! Lists and sets.

use super::{Answer, Call, Unused, int};
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, Product};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::Val;
use crate::cel::{Budget, Fault};

const SORTABLE: &[&str] = &[
    "list(int) -> T",
    "list(uint) -> T",
    "list(double) -> T",
    "list(bool) -> T",
    "list(string) -> T",
    "list(bytes) -> T",
    "list(duration) -> T",
    "list(timestamp) -> T",
];

const SETS: &[&str] = &["list(T), list(T) -> bool"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("isSorted", Member, Once, &["list(T) -> bool"], is_sorted),
    ("sum", Member, Once, &["list(int) -> int", "list(uint) -> uint", "list(double) -> double", "list(duration) -> duration"], sum),
    ("min", Member, Once, SORTABLE, |call, _| extreme(call, std::cmp::Ordering::is_lt)),
    ("max", Member, Once, SORTABLE, |call, _| extreme(call, std::cmp::Ordering::is_gt)),
    ("sets.contains", Global, Product, SETS, |call, budget| {
        let (left, right) = (call.list(0)?, call.list(1)?);
        contains_all(left, right, budget).map(Val::Bool)
    }),
    ("sets.equivalent", Global, Product, SETS, |call, budget| {
        let (left, right) = (call.list(0)?, call.list(1)?);
        Ok(Val::Bool(contains_all(left, right, budget)? && contains_all(right, left, budget)?))
    }),
    ("sets.intersects", Global, Product, SETS, |call, budget| {
        let (left, right) = (call.list(0)?, call.list(1)?);
        for item in right.items() {
            if left.contains(&item, budget)? {
                return Ok(Val::Bool(true));
            }
        }
        Ok(Val::Bool(false))
    }),
];

fn is_sorted<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let list = call.list(0)?;
    for (left, right) in list.items().zip(list.items().skip(1)) {
        match left.order(&right) {
            Some(order) if order.is_le() => {}
            Some(_) => return Ok(Val::Bool(false)),
            None => return call.refuse(),
        }
    }
    Ok(Val::Bool(true))
}

fn sum<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let overflow = || Fault::other("integer overflow");
    let mut sum = None;
    for item in call.list(0)?.items() {
        sum = Some(match (sum, item) {
            (None, item @ (Val::Int(_) | Val::Uint(_) | Val::Double(_) | Val::Duration(_))) => item,
            (Some(Val::Int(left)), Val::Int(right)) => Val::Int(left.checked_add(right).ok_or_else(overflow)?),
            (Some(Val::Uint(left)), Val::Uint(right)) => Val::Uint(left.checked_add(right).ok_or_else(overflow)?),
            (Some(Val::Double(left)), Val::Double(right)) => Val::Double(left + right),
            (Some(Val::Duration(left)), Val::Duration(right)) => Val::Duration(left.checked_add(right).ok_or_else(overflow)?),
            _ => return call.refuse(),
        });
    }
    Ok(sum.unwrap_or(Val::Int(0)))
}

fn extreme<'a>(call: &Call<'_, 'a>, better: fn(std::cmp::Ordering) -> bool) -> Answer<'a> {
    let mut best: Option<Val<'a>> = None;
    for item in call.list(0)?.items() {
        let replaces = match &best {
            None => true,
            Some(best) => match item.order(best) {
                Some(order) => better(order),
                None => return call.refuse(),
            },
        };
        if replaces {
            best = Some(item);
        }
    }
    best.ok_or_else(|| Fault::other(format!("{} called on empty list", call.name)))
}

fn contains_all(list: &Val<'_>, wanted: &Val<'_>, budget: &mut Budget) -> Result<bool, Fault> {
    for item in wanted.items() {
        if !list.contains(&item, budget)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The place of an item in a list; -1 where it is not in it.
pub(super) fn position<'a>(call: &Call<'_, 'a>, last: bool, budget: &mut Budget) -> Answer<'a> {
    let [list, wanted] = call.arguments else { return call.refuse() };
    let mut found = Val::Int(-1);
    for (index, item) in list.items().enumerate() {
        if item.equals(wanted, budget)? {
            found = int(index);
            if !last {
                break;
            }
        }
    }
    Ok(found)
}
