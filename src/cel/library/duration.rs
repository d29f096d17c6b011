//! Durations and points in time.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::{Answer, Call};
use crate::cel::Fault;
use crate::cel::functions::Line;
use crate::cel::functions::Price::One;
use crate::cel::functions::Style::Member;
use crate::cel::value::Val;

const OF_TIME: &[&str] = &["timestamp -> int", "timestamp, string -> int"];
const OF_EITHER: &[&str] = &["timestamp -> int", "timestamp, string -> int", "duration -> int"];

/// See [`super::TABLES`]. Times are told in UTC, or in the time zone that a second argument names.
pub(super) const TABLE: &[Line] = &[
    ("getFullYear", Member, One, OF_TIME, |call, _| civil(call, |time| time.year().into())),
    ("getMonth", Member, One, OF_TIME, |call, _| civil(call, |time| i64::from(time.month()) - 1)),
    ("getDate", Member, One, OF_TIME, |call, _| civil(call, |time| time.day().into())),
    ("getDayOfMonth", Member, One, OF_TIME, |call, _| civil(call, |time| i64::from(time.day()) - 1)),
    ("getDayOfWeek", Member, One, OF_TIME, |call, _| civil(call, |time| time.weekday().to_sunday_zero_offset().into())),
    ("getDayOfYear", Member, One, OF_TIME, |call, _| civil(call, |time| i64::from(time.date().day_of_year()) - 1)),
    ("getHours", Member, One, OF_EITHER, |call, _| either(call, 3_600_000_000_000, |time| time.hour().into())),
    ("getMinutes", Member, One, OF_EITHER, |call, _| either(call, 60_000_000_000, |time| time.minute().into())),
    ("getSeconds", Member, One, OF_EITHER, |call, _| either(call, 1_000_000_000, |time| time.second().into())),
    ("getMilliseconds", Member, One, OF_EITHER, |call, _| either(call, 1_000_000, |time| time.millisecond().into())),
];

type Civil = jiff::civil::DateTime;

fn civil<'a>(call: &Call<'_, 'a>, part: fn(Civil) -> i64) -> Answer<'a> {
    match call.arguments {
        [Val::Time(time)] => Ok(Val::Int(part(in_utc(*time)))),
        [Val::Time(time), Val::Text(zone)] => Ok(Val::Int(part(time_zone(zone)?.to_datetime(*time)))),
        _ => call.refuse(),
    }
}

fn either<'a>(call: &Call<'_, 'a>, unit: i64, part: fn(Civil) -> i64) -> Answer<'a> {
    match call.arguments {
        [Val::Duration(nanoseconds)] => Ok(Val::Int(nanoseconds / unit)),
        _ => civil(call, part),
    }
}

fn in_utc(time: Timestamp) -> Civil {
    TimeZone::UTC.to_datetime(time)
}

/// The time zone of an offset such as `+02:00` or of a name.
fn time_zone(text: &str) -> Result<TimeZone, Fault> {
    if text.is_empty() || text == "UTC" {
        return Ok(TimeZone::UTC);
    }
    let Some((hours, minutes)) = text.split_once(':') else {
        return crate::object::time_zone(text).ok_or_else(|| Fault::other(format!("unknown time zone {text}")));
    };
    let fault = || Fault::other(format!("{text} is no offset: write it as +02:00"));
    let (sign, hours) = match hours.strip_prefix('-') {
        Some(hours) => (-1, hours),
        None => (1, hours.strip_prefix('+').unwrap_or(hours)),
    };
    let number = |digits: &str, most: i32| {
        let is_number = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse::<i32>().ok().filter(|number| is_number && *number <= most).ok_or_else(fault)
    };
    let seconds = sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60);
    Offset::from_seconds(seconds).map(TimeZone::fixed).map_err(|_| fault())
}

/// The units of durations in nanoseconds; the longer names first.
const UNITS: [(&str, i128); 10] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Reads a duration such as `-1h30m` or `1.5s`, in nanoseconds.
pub(in crate::cel) fn parse(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total: i128 = 0;
    let mut any = false;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let (unit, nanoseconds) = UNITS.iter().find(|(unit, _)| after.starts_with(unit))?;
        total = total.checked_add(number(&rest[..rest.len() - after.len()], *nanoseconds)?)?;
        rest = &after[unit.len()..];
        any = true;
    }
    i64::try_from(sign * total).ok().filter(|_| any)
}

/// A decimal number of units; what is less than a nanosecond is cut off.
fn number(text: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.len() + fraction.len() == 0 || fraction.contains('.') || whole.len() > 19 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = &fraction[..fraction.len().min(18)];
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some(whole * unit + part * unit / scale)
}

/// A duration in seconds, as CEL writes it.
pub(in crate::cel) fn text(nanoseconds: i64) -> String {
    let (seconds, rest) = (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:09}").trim_end_matches('0').to_owned() };
    format!("{sign}{seconds}{fraction}s")
}
