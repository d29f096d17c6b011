//! Whether two values mean the same to the API: nothing, an empty list and an empty map are one.
//!
//! Receives values of built-in kinds, whose quantities have one text each; hands on a verdict. Invariant: equal values are alike.

use serde_json::{Map, Value};

/// Whether two values are alike.
pub(super) fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => members(one, other, &[]),
        (Value::Array(one), Value::Array(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other)),
        _ => one == other || (is_nothing(one) && is_nothing(other)),
    }
}

/// Whether the members of two objects are alike, save those of some names.
pub(super) fn members(one: &Map<String, Value>, other: &Map<String, Value>, save: &[&str]) -> bool {
    differing(one, other).all(|name| save.contains(&name))
}

/// The names of the members that are not alike.
pub(super) fn differing<'a>(one: &'a Map<String, Value>, other: &'a Map<String, Value>) -> impl Iterator<Item = &'a str> {
    let changed = one.iter().filter(|(name, value)| !alike(value, other.get(*name).unwrap_or(&Value::Null)));
    let removed = other.iter().filter(|(name, value)| !one.contains_key(*name) && !is_nothing(value));
    changed.chain(removed).map(|(name, _)| name.as_str())
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_like_emptiness_and_like_no_value() {
        assert!(alike(&json!({"a": [], "b": 1, "c": null}), &json!({"b": 1, "d": {}})));
        assert!(!alike(&json!({"a": ["x"]}), &json!({})));
        assert!(!alike(&json!({"a": false}), &json!({})));
        assert!(!alike(&json!([1, 2]), &json!([1])));
    }
}
