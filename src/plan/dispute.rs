//! What a conflict between field managers is about: the field and both values.
//!
//! Receives the field's path as server-side apply writes it (`.spec.containers[name="web"].image`), hands on the values there. Values
//! of Secrets never leave here.

use serde_json::Value;

use super::render::masked_pair;
use crate::object::{Cause, CauseKind, Object, Refusal};

/// One field that somebody else owns.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispute {
    /// The field's path, as the server writes it.
    pub field: String,
    /// The owner, as the server writes it: `"hpa" using apps/v1`.
    pub owner: String,
    /// The value on the server; `None` where it cannot be told.
    pub live: Option<Value>,
    /// The value in the manifest; `None` where it cannot be told.
    pub desired: Option<Value>,
}

/// The disputes of a refused apply, sorted by field; empty for any other refusal. Secrets are masked.
pub(super) fn disputes(refusal: &Refusal, live: Option<&Object>, desired: &Object) -> Vec<Dispute> {
    let conflicts: Vec<&Cause> = refusal.causes.iter().filter(|cause| cause.kind == CauseKind::ManagerConflict).collect();
    if conflicts.is_empty() {
        return Vec::new();
    }
    let whole = |object: &Object| Value::Object(object.root().clone());
    let (live, desired) = masked_pair(live.map(whole).as_ref(), Some(&whole(desired)));
    let dispute = |cause: &Cause| Dispute {
        field: cause.field.clone(),
        owner: cause.message.strip_prefix("conflict with ").unwrap_or(&cause.message).to_owned(),
        live: live.as_ref().and_then(|live| value_at(live, &cause.field)).cloned(),
        desired: desired.as_ref().and_then(|desired| value_at(desired, &cause.field)).cloned(),
    };
    let mut disputes: Vec<Dispute> = conflicts.into_iter().map(dispute).collect();
    disputes.sort_by(|left, right| left.field.cmp(&right.field));
    disputes
}

/// The value at a path of `.member`, `[key="value",…]`, `[="value"]` and `[index]`.
fn value_at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('.') {
        // Members may hold dots themselves, and the path does not quote them: the longest that fits is meant.
        let fits = |name: &&String| rest.strip_prefix(name.as_str()).is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']));
        let members = value.as_object()?;
        let name = members.keys().filter(fits).max_by_key(|name| name.len())?;
        return value_at(members.get(name)?, &rest[name.len()..]);
    }
    let inside = path.strip_prefix('[')?;
    let end = closing_bracket(inside)?;
    let item = item_at(value.as_array()?, &inside[..end])?;
    value_at(item, &inside[end + 1..])
}

/// Where the bracket ends; brackets inside quotes do not count.
fn closing_bracket(text: &str) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

fn item_at<'a>(items: &'a [Value], selector: &str) -> Option<&'a Value> {
    if let Ok(index) = selector.parse::<usize>() {
        return items.get(index);
    }
    if let Some(value) = selector.strip_prefix('=') {
        let value: Value = serde_json::from_str(value).ok()?;
        return items.iter().find(|item| **item == value);
    }
    let keys = key_values(selector)?;
    let whole = items.iter().find(|item| keys.iter().all(|(name, value)| item.get(name) == Some(value)));
    // A manifest may leave out the keys that have defaults, such as a port's protocol.
    let partly = |item: &&Value| {
        keys.iter().all(|(name, value)| item.get(name).is_none_or(|found| found == value))
            && keys.iter().any(|(name, _)| item.get(name).is_some())
    };
    whole.or_else(|| items.iter().find(partly))
}

/// `name="web",port=80` as pairs.
fn key_values(selector: &str) -> Option<Vec<(&str, Value)>> {
    let mut pairs = Vec::new();
    let mut rest = selector;
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<Value>();
        let value = values.next()?.ok()?;
        rest = after[values.byte_offset()..].trim_start_matches(',');
        pairs.push((name, value));
    }
    Some(pairs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::object::Reason;

    #[test]
    fn paths_of_every_shape_are_followed() {
        let value = json!({"metadata": {"labels": {"app.kubernetes.io/name": "x", "app": "y"}}, "spec": {
            "ports": [{"port": 80, "protocol": "UDP"}, {"port": 80, "protocol": "TCP", "name": "a]b"}], "set": ["a", "b"], "list": [1, 2],
            "bare": [{"port": 80, "name": "c"}]}});
        let at = |path: &str| value_at(&value, path).cloned();
        assert_eq!(at(".metadata.labels.app.kubernetes.io/name"), Some(json!("x")));
        assert_eq!(at(".metadata.labels.app"), Some(json!("y")));
        assert_eq!(at(r#".spec.ports[port=80,protocol="TCP"].name"#), Some(json!("a]b")));
        assert_eq!(at(r#".spec.ports[name="a]b"].port"#), Some(json!(80)));
        assert_eq!(at(r#".spec.set[="b"]"#), Some(json!("b")));
        assert_eq!(at(r#".spec.bare[port=80,protocol="TCP"].name"#), Some(json!("c")));
        assert_eq!(at(r#".spec.bare[port=81,protocol="TCP"].name"#), None);
        assert_eq!(at(".spec.list[1]"), Some(json!(2)));
        assert_eq!(at(".spec.none"), None);
        assert_eq!(at(".spec.ports["), None);
    }

    #[test]
    fn a_secret_s_values_stay_hidden() {
        let secret = |value: &str| {
            let value = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": value}});
            Object::from_value(value).expect("an object")
        };
        let cause = Cause::new(CauseKind::ManagerConflict, ".data.k", "conflict with \"ops\"");
        let refusal = Refusal::new(Reason::Conflict, "no").with_cause(cause);
        let found = disputes(&refusal, Some(&secret("aGlkZGVu")), &secret("b3RoZXI="));
        let text = format!("{found:?}");
        assert!(!text.contains("aGlkZGVu") && !text.contains("b3RoZXI="), "{text}");
        assert_eq!((found[0].field.as_str(), found[0].owner.as_str()), (".data.k", "\"ops\""));
    }
}
