//! Texts and regular expressions. Positions and lengths count characters.

use super::{Answer, Call, Unused, int, lists};
use crate::cel::functions::Price::{Once, Product};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::functions::{self, Line};
use crate::cel::types::Type;
use crate::cel::value::Val;
use crate::cel::{Budget, Fault};
use crate::schema::go_pattern_weight as pattern_weight;

const IN_TEXT: &[&str] = &["string, string -> bool"];
const OF_TEXT: &[&str] = &["string -> string"];
const POSITIONS: &[&str] = &["string, string -> int", "string, string, int -> int", "list(T), T -> int"];

/// What compiling a pattern takes at least.
const PATTERN_PRICE: u64 = 2_000;

/// What compiling takes for each state of the pattern.
const WEIGHT_PRICE: u64 = 10;

/// How many states are tried for one character within one step.
const STATES: u64 = 50;

/// What finding a pattern of a weight in so many bytes of text takes at worst.
fn matching(text: u64, weight: u64) -> u64 {
    text.saturating_mul(weight) / STATES
}

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("contains", Member, Once, IN_TEXT, |call, _| Ok(Val::Bool(call.text(0)?.contains(call.text(1)?)))),
    ("startsWith", Member, Once, IN_TEXT, |call, _| Ok(Val::Bool(call.text(0)?.starts_with(call.text(1)?)))),
    ("endsWith", Member, Once, IN_TEXT, |call, _| Ok(Val::Bool(call.text(0)?.ends_with(call.text(1)?)))),
    ("matches", Member, Product, IN_TEXT, matches),
    ("matches", Global, Product, IN_TEXT, matches),
    ("find", Member, Product, &["string, string -> string"], |call, budget| {
        let text = call.text(0)?;
        with_pattern(call, budget, |pattern| pattern.find(text).map_or("", |found| found.as_str()).into())
    }),
    ("findAll", Member, Product, &["string, string -> list(string)", "string, string, int -> list(string)"], find_all),
    ("charAt", Member, Once, &["string, int -> string"], char_at),
    ("indexOf", Member, Once, POSITIONS, |call, budget| position(call, false, budget)),
    ("lastIndexOf", Member, Once, POSITIONS, |call, budget| position(call, true, budget)),
    ("join", Member, Once, &["list(string) -> string", "list(string), string -> string"], join),
    ("lowerAscii", Member, Once, OF_TEXT, |call, _| Ok(call.text(0)?.to_ascii_lowercase().into())),
    ("upperAscii", Member, Once, OF_TEXT, |call, _| Ok(call.text(0)?.to_ascii_uppercase().into())),
    ("trim", Member, Once, OF_TEXT, |call, _| Ok(call.text(0)?.trim().into())),
    ("strings.quote", Global, Once, OF_TEXT, |call, _| Ok(serde_json::Value::from(call.text(0)?).to_string().into())),
    ("replace", Member, Once, &["string, string, string -> string", "string, string, string, int -> string"], replace),
    ("split", Member, Once, &["string, string -> list(string)", "string, string, int -> list(string)"], split),
    ("substring", Member, Once, &["string, int -> string", "string, int, int -> string"], substring),
    ("format", Member, Once, &["string, list(dyn) -> string"], format),
];

fn matches<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let text = call.text(0)?;
    with_pattern(call, budget, |pattern| Val::Bool(pattern.is_match(text)))
}

/// The pattern is the second argument, compiled before where it is a constant.
fn with_pattern<'a>(call: &Call<'_, 'a>, budget: &mut Budget, then: impl FnOnce(&regex::Regex) -> Val<'a>) -> Answer<'a> {
    let text = call.text(0)?.len() as u64;
    if let Some(pattern) = call.pattern {
        budget.spend(matching(text, pattern_weight(pattern.as_str())))?;
        return Ok(then(pattern));
    }
    let written = call.text(1)?;
    let weight = pattern_weight(written);
    budget.spend(PATTERN_PRICE.saturating_add(weight.saturating_mul(WEIGHT_PRICE)))?;
    let pattern = functions::pattern(written).map_err(Fault::Other)?;
    budget.spend(matching(text, weight))?;
    Ok(then(&pattern))
}

fn find_all<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let text = call.text(0)?;
    let most = limit(call, 2)?;
    with_pattern(call, budget, |pattern| pattern.find_iter(text).take(most).map(|found| found.as_str().into()).collect::<Vec<_>>().into())
}

/// An optional last argument that says how many; negative, or none, is all.
fn limit(call: &Call<'_, '_>, index: usize) -> Result<usize, Fault> {
    if call.arguments.len() <= index {
        return Ok(usize::MAX);
    }
    Ok(usize::try_from(call.int(index)?).unwrap_or(usize::MAX))
}

fn outside(index: i64) -> Fault {
    Fault::other(format!("index out of range: {index}"))
}

fn char_at<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let (text, index) = (call.text(0)?, call.int(1)?);
    let at = usize::try_from(index).map_err(|_| outside(index))?;
    match text.chars().nth(at) {
        Some(letter) => Ok(letter.to_string().into()),
        None if text.chars().count() == at => Ok("".into()),
        None => Err(outside(index)),
    }
}

fn position<'a>(call: &Call<'_, 'a>, last: bool, budget: &mut Budget) -> Answer<'a> {
    if call.arguments.first().is_some_and(Val::is_list) {
        return lists::position(call, last, budget);
    }
    let (text, wanted) = (call.text(0)?, call.text(1)?);
    let found = if call.arguments.len() > 2 {
        let bound = call.int(2)?;
        let Ok(start) = byte(text, bound) else {
            // Nothing is found behind the end.
            return if bound < 0 { Err(outside(bound)) } else { Ok(Val::Int(-1)) };
        };
        if last {
            // The match may begin at the bound, not after it.
            let end = text.len().min(start + wanted.len());
            let end = (end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
            text[..end].rfind(wanted)
        } else {
            text[start..].find(wanted).map(|at| at + start)
        }
    } else if last {
        text.rfind(wanted)
    } else {
        text.find(wanted)
    };
    Ok(found.map_or(Val::Int(-1), |at| int(text[..at].chars().count())))
}

/// The byte at which a character begins.
fn byte(text: &str, index: i64) -> Result<usize, Fault> {
    let at = usize::try_from(index).map_err(|_| outside(index))?;
    text.char_indices().map(|(start, _)| start).chain([text.len()]).nth(at).ok_or_else(|| outside(index))
}

fn join<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let separator = if call.arguments.len() > 1 { call.text(1)? } else { "" };
    let mut joined = String::new();
    for (index, item) in call.list(0)?.items().enumerate() {
        let Val::Text(item) = item else { return call.refuse() };
        let separator = if index > 0 { separator } else { "" };
        budget.spend_text(separator.len() + item.len())?;
        joined.push_str(separator);
        joined.push_str(&item);
    }
    Ok(joined.into())
}

fn replace<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let (text, from, to) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let most = limit(call, 3)?;
    let times = text.matches(from).count().min(most);
    budget.spend_text(text.len().saturating_add(times.saturating_mul(to.len())))?;
    Ok(text.replacen(from, to, most).into())
}

fn split<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let (text, separator) = (call.text(0)?, call.text(1)?);
    let most = limit(call, 2)?;
    let mut parts: Vec<Val<'a>> = Vec::new();
    if most > 0 && separator.is_empty() {
        budget.spend_items(text.len())?;
        let mut rest = text;
        while let Some(first) = rest.chars().next().filter(|_| parts.len() + 1 < most) {
            parts.push(first.to_string().into());
            rest = &rest[first.len_utf8()..];
        }
        if !rest.is_empty() {
            parts.push(rest.into());
        }
    } else if most > 0 {
        budget.spend_items(text.matches(separator).count())?;
        parts.extend(text.splitn(most, separator).map(Val::from));
    }
    Ok(parts.into())
}

fn substring<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let text = call.text(0)?;
    let start = byte(text, call.int(1)?)?;
    let end = if call.arguments.len() > 2 { byte(text, call.int(2)?)? } else { text.len() };
    if start > end {
        return Err(Fault::other(format!("invalid substring range. start: {}, end: {}", call.int(1)?, call.int(2)?)));
    }
    Ok(text[start..end].into())
}

/// The most digits after the point that a clause may ask for.
const DIGITS_MOST: usize = 100;

fn format<'a>(call: &Call<'_, 'a>, budget: &mut Budget) -> Answer<'a> {
    let (mut rest, mut values) = (call.text(0)?, call.list(1)?.items());
    let mut out = String::new();
    while let Some((plain, clause)) = rest.split_once('%') {
        out.push_str(plain);
        if let Some(after) = clause.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let after = clause.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        let precision = &clause[..clause.len() - after.len()];
        let digits = precision.strip_prefix('.').map(|digits| digits.parse::<usize>().unwrap_or(usize::MAX));
        let verb = after.chars().next().ok_or_else(|| Fault::other("unexpected end of string"))?;
        let value = values.next().ok_or_else(|| Fault::other("index out of range: too few arguments to format"))?;
        if digits.is_some_and(|digits| digits > DIGITS_MOST) || (digits.is_none() && !precision.is_empty()) {
            return Err(Fault::other(format!("could not parse formatting clause: %{precision}{verb}")));
        }
        let shown = clause_text(&value, verb, digits, budget)?;
        budget.spend_text(shown.len())?;
        out.push_str(&shown);
        rest = &after[verb.len_utf8()..];
    }
    out.push_str(rest);
    Ok(out.into())
}

fn clause_text(value: &Val<'_>, verb: char, digits: Option<usize>, budget: &mut Budget) -> Result<String, Fault> {
    let unfit = || Fault::other(format!("could not parse formatting clause: %{verb} does not go with {}", value.type_name()));
    Ok(match (verb, value) {
        ('s', _) => shown(value, budget)?,
        ('d', Val::Int(number)) => number.to_string(),
        ('d', Val::Uint(number)) => number.to_string(),
        ('f', _) => format!("{:.*}", digits.unwrap_or(6), double(value).ok_or_else(unfit)?),
        ('e', _) => scientific(&format!("{:.*e}", digits.unwrap_or(6), double(value).ok_or_else(unfit)?)),
        ('b', Val::Int(number)) => format!("{}{:b}", if *number < 0 { "-" } else { "" }, number.unsigned_abs()),
        ('b', Val::Uint(number)) => format!("{number:b}"),
        ('b', Val::Bool(truth)) => u8::from(*truth).to_string(),
        ('o', Val::Int(number)) => format!("{}{:o}", if *number < 0 { "-" } else { "" }, number.unsigned_abs()),
        ('o', Val::Uint(number)) => format!("{number:o}"),
        ('x', Val::Int(number)) => format!("{}{:x}", if *number < 0 { "-" } else { "" }, number.unsigned_abs()),
        ('x', Val::Uint(number)) => format!("{number:x}"),
        ('X', Val::Int(_) | Val::Uint(_)) => clause_text(value, 'x', digits, budget)?.to_uppercase(),
        ('x', Val::Text(text)) => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
        ('x', Val::Bytes(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ('X', Val::Text(_) | Val::Bytes(_)) => clause_text(value, 'x', digits, budget)?.to_uppercase(),
        _ => return Err(unfit()),
    })
}

fn double(value: &Val<'_>) -> Option<f64> {
    match value {
        Val::Double(number) => Some(*number),
        Val::Int(number) => Some(*number as f64),
        Val::Uint(number) => Some(*number as f64),
        _ => None,
    }
}

/// An exponent as Go writes it: with its sign and at least two digits.
pub(super) fn exponent(text: &str) -> String {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}e{sign}{power:0>2}")
}

/// What `%e` makes of a number: times ten to a raised power of at least two digits.
fn scientific(text: &str) -> String {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, power) = power.strip_prefix('-').map_or(("", power), |power| ("\u{207b}", power));
    let raised: String = format!("{power:0>2}").bytes().map(|digit| RAISED[usize::from(digit - b'0') % RAISED.len()]).collect();
    format!("{mantissa}\u{d7}10{sign}{raised}")
}

const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

/// What is wrong with the clauses of a format for values of these types, as far as it shows before there are values.
pub(in crate::cel) fn clauses_fault(format: &str, kinds: &[Type]) -> Option<String> {
    let (mut rest, mut used) = (format, 0);
    while let Some((_, clause)) = rest.split_once('%') {
        if let Some(after) = clause.strip_prefix('%') {
            rest = after;
            continue;
        }
        let after = clause.strip_prefix('.').map_or(clause, |digits| digits.trim_start_matches(|c: char| c.is_ascii_digit()));
        let Some(verb) = after.chars().next() else { return Some("unexpected end of string".to_owned()) };
        if !"sdfebxXo".contains(verb) {
            return Some(format!("could not parse formatting clause: unrecognized formatting clause \"{verb}\""));
        }
        let Some(kind) = kinds.get(used) else { return Some(format!("index {used} out of range")) };
        if let Some(why) = clause_fault(verb, kind) {
            return Some(format!("error during formatting: {why}, was given {kind}"));
        }
        used += 1;
        rest = &after[verb.len_utf8()..];
    }
    let (wanted, given) = (used, kinds.len());
    (given > wanted).then(|| format!("too many arguments supplied to string.format (expected {wanted}, got {given})"))
}

/// Why values of a type do not go with a clause.
fn clause_fault(verb: char, kind: &Type) -> Option<&'static str> {
    use Type::{Bool, Bytes, Double, Dyn, Int, Object, Opaque, Optional, Record, Text, Uint};
    let (fits, why) = match verb {
        'd' => (matches!(kind, Int | Uint), "decimal clause can only be used on integers"),
        'f' => (matches!(kind, Double | Text), "fixed-point clause can only be used on doubles"),
        'e' => (matches!(kind, Double | Text), "scientific clause can only be used on doubles"),
        'b' => (matches!(kind, Int | Uint | Bool), "only integers and bools can be formatted as binary"),
        'o' => (matches!(kind, Int | Uint), "octal clause can only be used on integers"),
        'x' | 'X' => (matches!(kind, Int | Uint | Bytes | Text), "only integers, byte buffers, and strings can be formatted as hex"),
        _ => (
            !matches!(kind, Object(_) | Opaque(_) | Optional(_) | Record(_)),
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
        ),
    };
    (!fits && *kind != Dyn).then_some(why)
}

/// What stands for a value inside of a list or a map: a text in quotes.
fn quoted(value: &Val<'_>, budget: &mut Budget) -> Result<String, Fault> {
    let text = shown(value, budget)?;
    Ok(if matches!(value, Val::Text(_)) { format!("\"{text}\"") } else { text })
}

/// What `%s` makes of a value.
fn shown(value: &Val<'_>, budget: &mut Budget) -> Result<String, Fault> {
    budget.spend(1)?;
    Ok(match value {
        Val::Null => "null".to_owned(),
        Val::Bool(truth) => truth.to_string(),
        list if list.is_list() => {
            let items = list.items().map(|item| quoted(&item, budget)).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Val::Members(..) | Val::Map(_) => {
            let mut members = Vec::new();
            for key in value.keys() {
                let member = value.under(&key).unwrap_or(Val::Null);
                members.push(format!("{}:{}", quoted(&key, budget)?, quoted(&member, budget)?));
            }
            format!("{{{}}}", members.join(", "))
        }
        other => super::convert::text(other).ok_or_else(|| Fault::other(format!("%s does not go with {}", other.type_name())))?,
    })
}
