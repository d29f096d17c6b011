//! Quantities such as `500m` and `1Gi`.

use super::{Answer, Call, Opaque, opaque, order};
use crate::cel::Fault;
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, One};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::Val;
use crate::schema::quantity::billionths;

const NANOS: i128 = 1_000_000_000;
const SUMS: &[&str] = &["quantity, quantity -> quantity", "quantity, int -> quantity"];

/// See [`super::TABLES`]. `isLessThan`, `isGreaterThan` and `compareTo` are of versions, too.
pub(super) const TABLE: &[Line] = &[
    ("quantity", Global, Once, &["string -> quantity"], |call, _| match read(call.text(0)?) {
        Some(nanos) => Ok(opaque(Opaque::Quantity(nanos))),
        None => Err(Fault::other("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")),
    }),
    ("isQuantity", Global, Once, &["string -> bool"], |call, _| Ok(Val::Bool(read(call.text(0)?).is_some()))),
    ("sign", Member, One, &["quantity -> int"], |call, _| Ok(Val::Int(nanos(call, 0)?.signum() as i64))),
    ("isInteger", Member, One, &["quantity -> bool"], |call, _| Ok(Val::Bool(whole(nanos(call, 0)?).is_some()))),
    ("asInteger", Member, One, &["quantity -> int"], |call, _| {
        whole(nanos(call, 0)?).map(Val::Int).ok_or_else(|| Fault::other("cannot convert value to integer"))
    }),
    ("asApproximateFloat", Member, One, &["quantity -> double"], |call, _| Ok(Val::Double(nanos(call, 0)? as f64 / NANOS as f64))),
    ("add", Member, One, SUMS, |call, _| sum(call, i128::checked_add)),
    ("sub", Member, One, SUMS, |call, _| sum(call, i128::checked_sub)),
    ("compareTo", Member, Once, COMPARED, |call, _| compare(call).map(order)),
    ("isLessThan", Member, Once, RELATED, |call, _| compare(call).map(|order| Val::Bool(order.is_lt()))),
    ("isGreaterThan", Member, Once, RELATED, |call, _| compare(call).map(|order| Val::Bool(order.is_gt()))),
];

const COMPARED: &[&str] = &["quantity, quantity -> int", "semver, semver -> int"];
const RELATED: &[&str] = &["quantity, quantity -> bool", "semver, semver -> bool"];

/// Unlike elsewhere, no space may stand around a quantity.
fn read(text: &str) -> Option<i128> {
    if text.trim() == text { billionths(text) } else { None }
}

fn nanos(call: &Call<'_, '_>, index: usize) -> Result<i128, Fault> {
    match call.opaque(index)? {
        Opaque::Quantity(nanos) => Ok(*nanos),
        _ => call.refuse(),
    }
}

fn whole(nanos: i128) -> Option<i64> {
    if nanos % NANOS == 0 { i64::try_from(nanos / NANOS).ok() } else { None }
}

fn sum<'a>(call: &Call<'_, 'a>, with: fn(i128, i128) -> Option<i128>) -> Answer<'a> {
    let other = match call.arguments.get(1) {
        Some(Val::Int(number)) => i128::from(*number) * NANOS,
        _ => nanos(call, 1)?,
    };
    let sum = with(nanos(call, 0)?, other).ok_or_else(|| Fault::other("quantity overflow"))?;
    Ok(opaque(Opaque::Quantity(sum)))
}

fn compare(call: &Call<'_, '_>) -> Result<std::cmp::Ordering, Fault> {
    match (call.opaque(0)?, call.opaque(1)?) {
        (Opaque::Quantity(left), Opaque::Quantity(right)) => Ok(left.cmp(right)),
        (Opaque::Semver(left), Opaque::Semver(right)) => Ok(left.cmp(right)),
        _ => call.refuse(),
    }
}
