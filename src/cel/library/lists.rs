//! Lists and sets.

use super::{Answer, Call, Unused, int};
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, One, Product};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::Val;
use crate::cel::{Budget, Fault};

const EXTREMES: &[&str] = &[
    "list(int) -> int",
    "list(uint) -> uint",
    "list(double) -> double",
    "list(bool) -> bool",
    "list(string) -> string",
    "list(bytes) -> bytes",
    "list(duration) -> duration",
    "list(timestamp) -> timestamp",
];

const SORTABLE: &[&str] = &[
    "list(int) -> list(int)",
    "list(uint) -> list(uint)",
    "list(double) -> list(double)",
    "list(bool) -> list(bool)",
    "list(string) -> list(string)",
    "list(bytes) -> list(bytes)",
    "list(duration) -> list(duration)",
    "list(timestamp) -> list(timestamp)",
];

const ORDERED: &[&str] = &[
    "list(int) -> bool",
    "list(uint) -> bool",
    "list(double) -> bool",
    "list(bool) -> bool",
    "list(string) -> bool",
    "list(bytes) -> bool",
    "list(duration) -> bool",
    "list(timestamp) -> bool",
];

const BY_KEYS: &[&str] = &[
    "list(T), list(int) -> list(T)",
    "list(T), list(uint) -> list(T)",
    "list(T), list(double) -> list(T)",
    "list(T), list(bool) -> list(T)",
    "list(T), list(string) -> list(T)",
    "list(T), list(bytes) -> list(T)",
    "list(T), list(duration) -> list(T)",
    "list(T), list(timestamp) -> list(T)",
];

const SETS: &[&str] = &["list(T), list(T) -> bool"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("isSorted", Member, Once, ORDERED, is_sorted),
    ("sum", Member, Once, &["list(int) -> int", "list(uint) -> uint", "list(double) -> double", "list(duration) -> duration"], sum),
    ("min", Member, Once, EXTREMES, |call, _| extreme(call, std::cmp::Ordering::is_lt)),
    ("max", Member, Once, EXTREMES, |call, _| extreme(call, std::cmp::Ordering::is_gt)),
    ("lists.range", Global, One, &["int -> list(int)"], range),
    ("distinct", Member, Once, &["list(T) -> list(T)"], distinct),
    ("reverse", Member, Once, &["list(T) -> list(T)"], |call, _| {
        let mut items: Vec<Val<'_>> = call.list(0)?.items().collect();
        items.reverse();
        Ok(items.into())
    }),
    ("slice", Member, Once, &["list(T), int, int -> list(T)"], slice),
    ("first", Member, One, &["list(T) -> optional(T)"], |call, _| Ok(call.list(0)?.items().next().map_or(Val::Optional(None), Val::some))),
    ("last", Member, Once, &["list(T) -> optional(T)"], |call, _| Ok(call.list(0)?.items().last().map_or(Val::Optional(None), Val::some))),
    ("flatten", Member, Once, &["list(list(T)) -> list(T)", "list(dyn), int -> list(dyn)"], flatten),
    ("sort", Member, Once, SORTABLE, |call, budget| sorted(call, call.list(0)?, budget)),
    ("@sortByAssociatedKeys", Member, Once, BY_KEYS, |call, budget| sorted(call, call.list(1)?, budget)),
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

fn range<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let count = call.int(0)?.max(0);
    budget.spend_items(usize::try_from(count).unwrap_or(usize::MAX))?;
    Ok((0..count).map(Val::Int).collect::<Vec<_>>().into())
}

fn distinct<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let mut kept: Vec<Val<'a>> = Vec::new();
    for item in call.list(0)?.items() {
        budget.spend_items(kept.len())?;
        let mut known = false;
        for other in &kept {
            known = known || other.equals(&item, budget)?;
        }
        if !known {
            kept.push(item);
        }
    }
    Ok(kept.into())
}

fn slice<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let (list, start, end) = (call.list(0)?, call.int(1)?, call.int(2)?);
    let refuse = |why: &str| Err(Fault::other(format!("cannot slice({start}, {end}), {why}")));
    let (Ok(from), Ok(to)) = (usize::try_from(start), usize::try_from(end)) else { return refuse("negative indexes not supported") };
    let length = list.items().count();
    if from > to {
        return refuse("start index must be less than or equal to end index");
    }
    if to > length {
        return refuse(&format!("list is length {length}"));
    }
    Ok(list.items().skip(from).take(to - from).collect::<Vec<_>>().into())
}

/// A list without its inner lists, down to a depth: their items stand in their places.
fn flatten<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let depth = if call.arguments.len() > 1 { call.int(1)? } else { 1 };
    if depth < 0 {
        return Err(Fault::other("level must be non-negative"));
    }
    let mut flat: Vec<Val<'a>> = call.list(0)?.items().collect();
    for _ in 0..depth {
        if !flat.iter().any(Val::is_list) {
            break;
        }
        let mut next = Vec::new();
        for item in flat {
            if item.is_list() {
                next.extend(item.items());
            } else {
                next.push(item);
            }
        }
        budget.spend_items(next.len())?;
        flat = next;
    }
    Ok(flat.into())
}

/// The items of the first list in the order of the keys, of which there is one for each.
fn sorted<'a>(call: &Call<'_, 'a>, keys: &Val<'a>, budget: &mut Budget) -> Answer<'a> {
    let mut pairs: Vec<(Val<'a>, Val<'a>)> = keys.items().zip(call.list(0)?.items()).collect();
    let steps = pairs.len().saturating_mul(pairs.len().checked_ilog2().unwrap_or_default() as usize);
    budget.spend_items(steps)?;
    if let Some((first, _)) = pairs.first()
        && pairs.iter().any(|(key, _)| key.order(first).is_none())
    {
        return Err(Fault::other("list elements must be comparable"));
    }
    pairs.sort_by(|(left, _), (right, _)| left.order(right).unwrap_or(std::cmp::Ordering::Equal));
    Ok(pairs.into_iter().map(|(_, item)| item).collect::<Vec<_>>().into())
}

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
