//! `--sort-by`: objects, or rows of tables, in the order of one of their fields.

use std::cmp::Ordering;

use serde_json::Value;

use super::misspelled::similar_path;
use crate::object::json_path::JsonPath;
use crate::schema::quantity::billionths;

/// Sorts by what the path leads to in the document of each item; equal ones stay as they were, those without come first.
///
/// Numbers and quantities are compared by value, texts naturally (`a2` before `a10`). Errors where no item has the field, as a
/// misspelled path would otherwise look like a sorted list.
pub fn sort_by<T>(items: &mut Vec<T>, path: &JsonPath, text: &str, document: impl Fn(&T) -> &Value) -> Result<(), String> {
    let mut keyed: Vec<(Option<Value>, T)> = Vec::with_capacity(items.len());
    for item in items.drain(..) {
        let key = path.all(document(&item)).map_err(|error| format!("--sort-by {text}: {error}"))?.first().copied().cloned();
        keyed.push((key, item));
    }
    let missing = !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none());
    let similar = if missing { similar_path(keyed.iter().map(|(_, item)| document(item)), path) } else { None };
    keyed.sort_by(|(left, _), (right, _)| compare(left.as_ref(), right.as_ref()));
    items.extend(keyed.into_iter().map(|(_, item)| item));
    if !missing {
        return Ok(());
    }
    let question = similar.map(|similar| format!("; did you mean {similar}?")).unwrap_or_default();
    Err(format!("--sort-by {text}: none of the objects has this field{question}"))
}

fn compare(left: Option<&Value>, right: Option<&Value>) -> Ordering {
    match (left, right) {
        (Some(Value::Number(left)), Some(Value::Number(right))) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal),
        },
        (Some(Value::String(left)), Some(Value::String(right))) => match (billionths(left), billionths(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => natural(left, right),
        },
        (Some(Value::Bool(left)), Some(Value::Bool(right))) => left.cmp(right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// Values of different types stand in groups.
fn rank(value: Option<&Value>) -> u8 {
    match value {
        None | Some(Value::Null) => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::Number(_)) => 2,
        Some(Value::String(_)) => 3,
        Some(Value::Array(_)) => 4,
        Some(Value::Object(_)) => 5,
    }
}

/// Runs of digits count as numbers, everything else by character.
fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        let (Some(a), Some(b)) = (left.chars().next(), right.chars().next()) else { return left.len().cmp(&right.len()) };
        if a.is_ascii_digit() && b.is_ascii_digit() {
            let (number_left, rest_left) = digits(left);
            let (number_right, rest_right) = digits(right);
            let order = number_left.len().cmp(&number_right.len()).then_with(|| number_left.cmp(number_right));
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (rest_left, rest_right);
        } else if a == b {
            (left, right) = (&left[a.len_utf8()..], &right[b.len_utf8()..]);
        } else {
            return a.cmp(&b);
        }
    }
}

/// The digits a text begins with, without leading zeros, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].trim_start_matches('0'), &text[end..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sorted(values: &Value) -> Vec<Value> {
        let mut items: Vec<Value> =
            values.as_array().expect("a list").iter().map(|value| if value.is_null() { json!({}) } else { json!({"a": value}) }).collect();
        sort_by(&mut items, &JsonPath::parse(".a").expect("a path"), ".a", |item| item).expect("some have the field");
        items.into_iter().map(|item| item["a"].clone()).collect()
    }

    #[test]
    fn each_type_has_its_order() {
        for (values, expected) in [
            (json!([10, 9, 1.5]), json!([1.5, 9, 10])),
            (json!(["web-10", "web-9", "cache"]), json!(["cache", "web-9", "web-10"])),
            (json!(["1Gi", "500Mi", "2G"]), json!(["500Mi", "1Gi", "2G"])),
            (json!(["2026-01-02T00:00:00Z", "2025-12-31T00:00:00Z"]), json!(["2025-12-31T00:00:00Z", "2026-01-02T00:00:00Z"])),
            (json!([true, false]), json!([false, true])),
            (json!(["b", null, "a"]), json!([null, "a", "b"])),
        ] {
            assert_eq!(Value::Array(sorted(&values)), expected, "{values}");
        }
    }

    #[test]
    fn a_field_that_no_object_has_is_an_error() {
        let mut items = vec![json!({"b": 1})];
        let error = sort_by(&mut items, &JsonPath::parse(".a").expect("a path"), ".a", |item| item).expect_err("no such field");
        assert_eq!(error, "--sort-by .a: none of the objects has this field");
        assert_eq!(items.len(), 1);
        let mut items = vec![json!({"metadata": {"name": "a"}})];
        let path = JsonPath::parse(".metadata.nam").expect("a path");
        let error = sort_by(&mut items, &path, ".metadata.nam", |item| item).expect_err("no such field");
        assert_eq!(error, "--sort-by .metadata.nam: none of the objects has this field; did you mean .metadata.name?");
    }
}
