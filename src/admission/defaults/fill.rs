//! How defaults are written down and filled in.
//!
//! Receives the members of an object and a row of constants; sets what is absent. Invariant: what is there stays as it is, so filling
//! twice is filling once. Text that is empty counts as absent, as it does to the API's own types.

use serde_json::{Map, Value};

/// The members of a JSON object.
pub(super) type Members = Map<String, Value>;

/// A value that stands in a table of defaults.
#[derive(Debug, Clone, Copy)]
pub(super) enum Constant {
    /// A text.
    Text(&'static str),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// An object without members.
    Empty,
    /// An object with the members of another row.
    Row(Row),
}

/// Members and the values they take where they are absent.
pub(super) type Row = &'static [(&'static str, Constant)];

impl Constant {
    fn value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Number(number) => number.into(),
            Self::Flag(flag) => flag.into(),
            Self::Empty => Value::Object(Map::new()),
            Self::Row(row) => row.iter().map(|(name, constant)| ((*name).to_owned(), constant.value())).collect(),
        }
    }
}

/// Sets every absent member of a row; of an object that is there, its absent members.
pub(super) fn fill(members: &mut Members, row: Row) {
    for (name, constant) in row {
        if is_absent(members, name) {
            members.insert((*name).to_owned(), constant.value());
        } else if let Constant::Row(row) = constant
            && let Some(inner) = inner(members, name)
        {
            fill(inner, row);
        }
    }
}

/// Sets one member where it is absent.
pub(super) fn put(members: &mut Members, name: &str, value: impl FnOnce() -> Value) {
    if is_absent(members, name) {
        members.insert(name.to_owned(), value());
    }
}

/// Whether a member is missing, `null` or the empty text.
pub(super) fn is_absent(members: &Members, name: &str) -> bool {
    match members.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    }
}

/// The object that a member is, where it is one.
pub(super) fn inner<'a>(members: &'a mut Members, name: &str) -> Option<&'a mut Members> {
    members.get_mut(name)?.as_object_mut()
}

/// The object that a member is, made where it is absent. `None` where it is something else, which decoding has refused.
pub(super) fn inner_or_empty<'a>(members: &'a mut Members, name: &str) -> Option<&'a mut Members> {
    if members.get(name).is_none_or(Value::is_null) {
        members.insert(name.to_owned(), Value::Object(Map::new()));
    }
    inner(members, name)
}

/// The objects in the list that a member is.
pub(super) fn items<'a>(members: &'a mut Members, name: &str) -> impl Iterator<Item = &'a mut Members> {
    members.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// The text that a member is, empty where it is none.
pub(super) fn text<'a>(members: &'a Members, name: &str) -> &'a str {
    members.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Copies what one map has and another lacks, such as limits that requests leave out.
pub(super) fn complete(members: &mut Members, name: &str, from: &str) {
    let Some(Value::Object(source)) = members.get(from) else { return };
    let missing: Vec<(String, Value)> = {
        let there = members.get(name).and_then(Value::as_object);
        let absent = source.iter().filter(|(key, _)| there.is_none_or(|there| !there.contains_key(*key)));
        absent.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    if !missing.is_empty()
        && let Some(target) = inner_or_empty(members, name)
    {
        target.extend(missing);
    }
}
