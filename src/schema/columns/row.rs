//! One object on its way into a Table row: access by path, and the texts that many kinds share.

use jiff::Timestamp;
use serde_json::Value;

use super::human_duration;
use crate::object::{LabelSelector, LabelTerm, Object};

pub(super) const NONE: &str = "<none>";
pub(super) const UNSET: &str = "<unset>";
pub(super) const UNKNOWN: &str = "<unknown>";

/// Makes the cells of a row from expressions of different types.
macro_rules! cells {
    ($($cell:expr),* $(,)?) => { vec![$(::serde_json::Value::from($cell)),*] };
}
pub(super) use cells;

/// An object and the time as of which ages are told.
#[derive(Clone, Copy)]
pub(in crate::schema) struct Row<'a> {
    pub(super) object: &'a Object,
    pub(super) now: Timestamp,
}

impl<'a> Row<'a> {
    pub(super) fn name(self) -> &'a str {
        self.object.name()
    }

    /// The value at a path of member names with dots between them; null counts as nothing.
    pub(super) fn at(self, path: &str) -> Option<&'a Value> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = self.object.root().get(first)?;
        let value = if rest.is_empty() { Some(value) } else { at(value, rest) };
        value.filter(|value| !value.is_null())
    }

    /// The text at a path, empty where there is none.
    pub(super) fn text(self, path: &str) -> &'a str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The text at a path, or another where there is none or an empty one.
    pub(super) fn text_or(self, path: &str, otherwise: &'a str) -> &'a str {
        or(self.text(path), otherwise)
    }

    /// The whole number at a path, 0 where there is none.
    pub(super) fn number(self, path: &str) -> i64 {
        self.at(path).and_then(Value::as_i64).unwrap_or_default()
    }

    /// The truth value at a path.
    pub(super) fn truth(self, path: &str, otherwise: bool) -> bool {
        self.at(path).and_then(Value::as_bool).unwrap_or(otherwise)
    }

    /// The items at a path, none where there is no list.
    pub(super) fn list(self, path: &str) -> &'a [Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// How many members or items stand at a path.
    pub(super) fn size(self, path: &str) -> usize {
        match self.at(path) {
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(members)) => members.len(),
            _ => 0,
        }
    }

    /// The text, number or quantity at a path as it is written, `otherwise` where there is none.
    pub(super) fn written(self, path: &str, otherwise: &str) -> String {
        self.at(path).and_then(written).unwrap_or_else(|| otherwise.to_owned())
    }

    /// The time since the object was created.
    pub(super) fn age(self) -> String {
        self.since("metadata.creationTimestamp")
    }

    /// The time since the moment at a path.
    pub(super) fn since(self, path: &str) -> String {
        self.since_text(self.text(path))
    }

    /// The time since a moment.
    pub(super) fn since_text(self, moment: &str) -> String {
        moment.parse().map_or_else(|_| UNKNOWN.to_owned(), |moment| human_duration(moment, self.now))
    }

    pub(super) fn is_being_deleted(self) -> bool {
        self.object.deletion_timestamp().is_some()
    }

    /// The labels (or what looks like labels) at a path: `a=b,c=d`.
    pub(super) fn labels(self, path: &str) -> String {
        let members = self.at(path).and_then(Value::as_object);
        let mut pairs: Vec<_> = members.into_iter().flatten().map(|(key, value)| format!("{key}={}", text(value))).collect();
        pairs.sort();
        if pairs.is_empty() { NONE.to_owned() } else { pairs.join(",") }
    }

    /// The LabelSelector at a path as kubectl takes it; `None` where an operator is unknown.
    pub(super) fn selector(self, path: &str) -> Option<String> {
        let Some(selector) = self.at(path) else { return Some(String::new()) };
        let equal = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
        let equal = equal.map(|(key, value)| (key.as_str(), Some(LabelTerm::In(key.clone(), [text(value).to_owned()].into()))));
        let terms = equal.chain(items(selector, "matchExpressions").iter().map(|term| (text_at(term, "key"), expression(term))));
        let mut terms: Vec<_> = terms.collect();
        terms.sort_by_key(|(key, _)| *key);
        let terms = terms.into_iter().map(|(_, term)| term).collect::<Option<_>>()?;
        Some(LabelSelector { terms }.to_string())
    }

    /// The LabelSelector at a path as most kinds show it.
    pub(super) fn shown_selector(self, path: &str) -> String {
        match self.selector(path) {
            Some(text) if text.is_empty() => NONE.to_owned(),
            Some(text) => text,
            None => "<error>".to_owned(),
        }
    }

    /// What the items at a path hold under a name, with commas between.
    pub(super) fn joined(self, path: &str, member: &str) -> String {
        self.list(path).iter().map(|item| text_at(item, member)).collect::<Vec<_>>().join(",")
    }
}

fn expression(term: &Value) -> Option<LabelTerm> {
    let key = text_at(term, "key").to_owned();
    let values = items(term, "values").iter().map(|value| text(value).to_owned()).collect();
    match text_at(term, "operator") {
        "In" => Some(LabelTerm::In(key, values)),
        "NotIn" => Some(LabelTerm::NotIn(key, values)),
        "Exists" => Some(LabelTerm::Exists(key)),
        "DoesNotExist" => Some(LabelTerm::Absent(key)),
        _ => None,
    }
}

/// The value inside another at a path of member names with dots between them.
pub(super) fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, member| value.get(member))
}

/// The text inside a value, empty where there is none.
pub(super) fn text_at<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).map_or("", text)
}

/// The items of a list inside a value.
pub(super) fn items<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A value that is a text, empty where it is something else.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A text or a number as it is written.
pub(super) fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The first text, or the second where the first is empty.
pub(super) fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

/// The item of a list of conditions with that type.
pub(super) fn condition<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a Value> {
    conditions.iter().find(|condition| text_at(condition, "type") == kind)
}

/// Whether the condition of that type holds.
pub(super) fn holds(conditions: &[Value], kind: &str) -> bool {
    condition(conditions, kind).is_some_and(|condition| text_at(condition, "status") == "True")
}

/// At most `limit` items with commas between, and how many more there are.
pub(super) fn first_few(items: &[String], separator: &str, limit: usize) -> String {
    let shown = items.iter().take(limit).map(String::as_str).collect::<Vec<_>>().join(separator);
    if items.len() > limit { format!("{shown} + {} more...", items.len() - limit) } else { shown }
}
