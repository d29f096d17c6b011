//! The value validations of JSON Schema, and the words in which their breach is told.
//!
//! The wording is kube-apiserver's, because people search for it and scripts match it.

use serde_json::{Map, Number, Value};

use super::Path;
use crate::object::{Cause, CauseKind};
use crate::schema::{Bound, Format, Rules};

/// The field of causes that belong to no place, as kube-apiserver writes it.
pub(super) const NOWHERE: &str = "<nil>";

/// Appends a cause for every rule that a value breaks.
pub(super) fn check(rules: &Rules, value: &Value, path: &Path<'_>, causes: &mut Vec<Cause>) {
    match value {
        Value::Number(number) => check_number(rules, number, path, causes),
        Value::String(text) => check_text(rules, text, path, causes),
        Value::Array(items) => check_items(rules, items, path, causes),
        Value::Object(members) => check_members(rules, members, path, causes),
        Value::Null | Value::Bool(_) => {}
    }
    check_format(rules, value, path, causes);
    check_allowed(rules, value, path, causes);
    check_junctors(rules, value, path, causes);
}

/// Appends a cause where a value is none of those that an `enum` lists.
pub(super) fn check_allowed(rules: &Rules, value: &Value, path: &Path<'_>, causes: &mut Vec<Cause>) {
    if !rules.allowed.is_empty() && !rules.allowed.iter().any(|allowed| equal(allowed, value)) {
        causes.push(not_supported(rules, value, path));
    }
}

/// The second cause for a number that is no whole number of 64 bits.
pub(super) fn beyond_integers(format: Option<Format>, number: &Number, path: &Path<'_>) -> Option<Cause> {
    let fits = number.is_i64() || number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() < 1e18);
    let what = format.map_or_else(|| "integer (default format)".to_owned(), |format| format!("integer with format {}", format.name()));
    (!fits).then(|| nowhere(&format!("Checked value must be of type {what} in {path}")))
}

fn nowhere(why: &str) -> Cause {
    Cause::invalid(NOWHERE, &Value::from(""), why)
}

fn check_number(rules: &Rules, number: &Number, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let mut broken = |what: String| causes.push(in_body(path, &Value::Number(number.clone()), &what));
    if let Some(Bound { value, exclusive }) = &rules.minimum {
        let order = compare(number, value);
        if order.is_lt() || (*exclusive && order.is_eq()) {
            broken(format!("should be greater than {}{}", if *exclusive { "" } else { "or equal to " }, plain(value)));
        }
    }
    if let Some(Bound { value, exclusive }) = &rules.maximum {
        let order = compare(number, value);
        if order.is_gt() || (*exclusive && order.is_eq()) {
            broken(format!("should be less than {}{}", if *exclusive { "" } else { "or equal to " }, plain(value)));
        }
    }
    if let Some(factor) = rules.multiple_of.as_ref().filter(|factor| !is_multiple(number, factor)) {
        broken(format!("should be a multiple of {}", plain(factor)));
    }
}

fn check_text(rules: &Rules, text: &str, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let broken = |what: String| in_body(path, &Value::from(text), &what);
    // A text has at most as many characters as bytes: counting can mostly be left out.
    if let Some(most) = rules.max_length.filter(|most| text.len() as u64 > *most && text.chars().count() as u64 > *most) {
        causes.push(Cause::new(CauseKind::TooLong, path.to_string(), format!("Too long: may not be more than {most} bytes")));
    }
    if let Some(least) = rules.min_length.filter(|least| (text.chars().count() as u64) < *least) {
        causes.push(broken(format!("should be at least {least} chars long")));
    }
    if let Some((written, _)) = rules.pattern.as_ref().filter(|(_, regex)| !regex.is_match(text)) {
        causes.push(broken(format!("should match '{written}'")));
    }
}

fn check_items(rules: &Rules, items: &[Value], path: &Path<'_>, causes: &mut Vec<Cause>) {
    let count = items.len() as u64;
    if let Some(most) = rules.max_items.filter(|most| count > *most) {
        causes.push(too_many(path, count, most));
    }
    if let Some(least) = rules.min_items.filter(|least| count < *least) {
        causes.push(in_body(path, &Value::from(count), &format!("should have at least {least} items")));
    }
    if let Some(rules) = &rules.items {
        for (index, item) in items.iter().enumerate() {
            check(rules, item, &Path::Item(path, index), causes);
        }
    }
}

fn check_members(rules: &Rules, members: &Map<String, Value>, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let count = members.len() as u64;
    if let Some(most) = rules.max_properties.filter(|most| count > *most) {
        causes.push(too_many(path, count, most));
    }
    if let Some(least) = rules.min_properties.filter(|least| count < *least) {
        causes.push(in_body(path, &Value::from(count), &format!("should have at least {least} properties")));
    }
    for name in members.keys().filter(|_| rules.closed) {
        let why = format!("{} in body is a forbidden property", Path::Member(path, name));
        causes.push(Cause::invalid(path.to_string(), &Value::from(name.as_str()), &why));
    }
    for name in rules.required.iter().filter(|name| !members.contains_key(&***name)) {
        causes.push(Cause::required(Path::Member(path, name).to_string(), ""));
    }
    for (name, rules) in &rules.members {
        if let Some(value) = members.get(&**name) {
            check(rules, value, &Path::Member(path, name), causes);
        }
    }
}

fn check_format(rules: &Rules, value: &Value, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let Some(format) = rules.format.filter(|format| !format.accepts(value)) else { return };
    if matches!(format, Format::Int32 | Format::Int64) {
        causes.push(nowhere(&format!("Checked value must be of type integer with format {} in {path}", format.name())));
    } else {
        let cause = in_body(path, value, &format!("must be of type {}: {value}", format.name()));
        causes.push(Cause { kind: CauseKind::TypeInvalid, ..cause });
    }
}

fn check_junctors(rules: &Rules, value: &Value, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let broken = |what: &str| nowhere(&format!("{:?} {what}", path.to_string()));
    if !rules.any_of.is_empty() && !rules.any_of.iter().any(|rules| holds(rules, value)) {
        causes.push(broken("must validate at least one schema (anyOf)"));
        closest(&rules.any_of, value, path, causes);
    }
    match rules.one_of.iter().filter(|rules| holds(rules, value)).count() {
        _ if rules.one_of.is_empty() => {}
        0 => {
            causes.push(broken("must validate one and only one schema (oneOf). Found none valid"));
            closest(&rules.one_of, value, path, causes);
        }
        1 => {}
        more => causes.push(broken(&format!("must validate one and only one schema (oneOf). Found {more} valid alternatives"))),
    }
    if rules.not.as_ref().is_some_and(|rules| holds(rules, value)) {
        causes.push(broken("must not validate the schema (not)"));
    }
    if rules.all_of.iter().any(|rules| !holds(rules, value)) {
        causes.push(broken("must validate all the schemas (allOf)"));
        for rules in &rules.all_of {
            check(rules, value, path, causes);
        }
    }
}

/// Appends the causes of the alternative that a value breaks least; of equals, the first.
fn closest(alternatives: &[Rules], value: &Value, path: &Path<'_>, causes: &mut Vec<Cause>) {
    let found = alternatives.iter().map(|rules| {
        let mut causes = Vec::new();
        check(rules, value, path, &mut causes);
        causes
    });
    causes.extend(found.min_by_key(Vec::len).unwrap_or_default());
}

/// Whether a value breaks no rule.
fn holds(rules: &Rules, value: &Value) -> bool {
    let mut causes = Vec::new();
    check(rules, value, &Path::Root(""), &mut causes);
    causes.is_empty()
}

/// `Invalid value: 3: spec.replicas in body <what>`.
pub(super) fn in_body(path: &Path<'_>, value: &Value, what: &str) -> Cause {
    Cause::invalid(path.to_string(), value, &format!("{path} in body {what}"))
}

fn too_many(path: &Path<'_>, count: u64, most: u64) -> Cause {
    Cause::new(CauseKind::TooMany, path.to_string(), format!("Too many: {count}: must have at most {most} items"))
}

fn not_supported(rules: &Rules, value: &Value, path: &Path<'_>) -> Cause {
    let allowed: Vec<String> = rules.allowed.iter().map(Value::to_string).collect();
    let message = format!("Unsupported value: {value}: supported values: {}", allowed.join(", "));
    Cause::new(CauseKind::NotSupported, path.to_string(), message)
}

/// Equality as JSON Schema means it: 1 and 1.0 are one number.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => compare(left, right).is_eq(),
        _ => left == right,
    }
}

/// The order of two numbers; whole ones are compared exactly.
fn compare(left: &Number, right: &Number) -> std::cmp::Ordering {
    match (left.as_i64(), right.as_i64()) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => left.as_f64().unwrap_or(f64::NAN).total_cmp(&right.as_f64().unwrap_or(f64::NAN)),
    }
}

fn is_multiple(number: &Number, factor: &Number) -> bool {
    match (number.as_i64(), factor.as_i64()) {
        (Some(number), Some(factor)) if factor != 0 => number % factor == 0,
        _ => {
            let quotient = number.as_f64().unwrap_or(f64::NAN) / factor.as_f64().unwrap_or(f64::NAN);
            // Decimal factors such as 0.1 have no exact quotient; kube-apiserver forgives the last digits likewise.
            (quotient - quotient.round()).abs() < 1e-9
        }
    }
}

/// A number as Go prints it: a whole one without a fraction.
fn plain(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => format!("{float}"),
        _ => number.to_string(),
    }
}
