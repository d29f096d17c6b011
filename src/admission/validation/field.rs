//! A place in a document with its value, and the faults found there.
//!
//! Receives documents; hands on causes. Invariant: no path becomes text unless a fault is reported, so valid objects cost no allocation.

mod shown;

use serde_json::Value;

use crate::object::{Cause, CauseKind};
use crate::schema::check::Path;
use crate::schema::quantity;

static ABSENT: Value = Value::Null;

/// A value and where it stands; absent members are `null`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'p, 'v> {
    path: Path<'p>,
    pub(super) value: &'v Value,
}

/// Shorthand for the names of members.
type Name = &'static str;

impl<'p, 'v> Field<'p, 'v> {
    /// A place that nothing lies above.
    pub(super) fn root(name: Name, value: Option<&'v Value>) -> Self {
        Self { path: Path::Root(name), value: value.unwrap_or(&ABSENT) }
    }

    /// The place of another field with a value of one's own, for faults that name a part of what stands there.
    pub(super) fn root_like(other: &Field<'p, '_>, value: &'v Value) -> Self {
        Self { path: other.path, value }
    }

    /// A member of the object at this place.
    pub(super) fn at<'q>(&'q self, name: Name) -> Field<'q, 'v> {
        Field { path: Path::Member(&self.path, name), value: self.value.get(name).unwrap_or(&ABSENT) }
    }

    /// A member that was found in the document itself.
    pub(super) fn member<'q>(&'q self, name: &'q str, value: &'v Value) -> Field<'q, 'v> {
        Field { path: Path::Member(&self.path, name), value }
    }

    /// A member some levels down.
    pub(super) fn deep<'q>(&'q self, names: &'q [Name]) -> Field<'q, 'v> {
        let value = names.iter().try_fold(self.value, |value, name| value.get(*name));
        Field { path: Path::Members(&self.path, names), value: value.unwrap_or(&ABSENT) }
    }

    /// The items of the list at this place.
    pub(super) fn items<'q>(&'q self) -> impl Iterator<Item = Field<'q, 'v>> {
        let list = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().enumerate().map(|(index, value)| Field { path: Path::Item(&self.path, index), value })
    }

    /// The entries of the map at this place.
    pub(super) fn entries<'q>(&'q self) -> impl Iterator<Item = (&'v str, Field<'q, 'v>)> {
        let members = self.value.as_object().into_iter().flatten();
        members.map(|(key, value)| (key.as_str(), Field { path: Path::Key(&self.path, key), value }))
    }

    /// One entry of the map at this place.
    pub(super) fn key<'q>(&'q self, key: &'q str) -> Field<'q, 'v> {
        Field { path: Path::Key(&self.path, key), value: self.value.get(key).unwrap_or(&ABSENT) }
    }

    /// The text here, empty where there is none.
    pub(super) fn text(&self) -> &'v str {
        self.value.as_str().unwrap_or_default()
    }

    /// The whole number here.
    pub(super) fn number(&self) -> Option<i64> {
        self.value.as_i64()
    }

    /// Whether `true` stands here.
    pub(super) fn flag(&self) -> bool {
        self.value.as_bool().unwrap_or_default()
    }

    /// Whether nothing stands here.
    pub(super) fn is_absent(&self) -> bool {
        self.value.is_null()
    }

    /// Whether nothing, an empty text, list or map stands here.
    pub(super) fn is_empty(&self) -> bool {
        match self.value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// The quantity here, in billionths.
    pub(super) fn quantity(&self) -> Option<i128> {
        quantity::billionths(self.value.as_str()?)
    }

    /// How many items or entries stand here.
    pub(super) fn length(&self) -> usize {
        self.value.as_array().map(Vec::len).or_else(|| self.value.as_object().map(serde_json::Map::len)).unwrap_or_default()
    }

    /// How many of these members are there.
    pub(super) fn count(&self, names: &[Name]) -> usize {
        names.iter().filter(|name| !self.value.get(**name).unwrap_or(&ABSENT).is_null()).count()
    }
}

/// Whether two places hold different values; nothing, an empty text, list or map are all nothing.
pub(super) fn differs(one: &Field<'_, '_>, other: &Field<'_, '_>) -> bool {
    one.value != other.value && !(one.is_empty() && other.is_empty())
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Faults(pub(super) Vec<Cause>);

impl Faults {
    fn add(&mut self, kind: CauseKind, field: &Field<'_, '_>, message: String) {
        self.0.push(Cause::new(kind, field.path.to_string(), message));
    }

    pub(super) fn required(&mut self, field: &Field<'_, '_>, what: &str) {
        self.0.push(Cause::required(field.path.to_string(), what));
    }

    pub(super) fn invalid(&mut self, field: &Field<'_, '_>, why: &str) {
        self.0.push(Cause::invalid(field.path.to_string(), field.value, why));
    }

    /// Like [`Faults::invalid`]; shows `shown` where nothing stands.
    pub(super) fn invalid_or(&mut self, field: &Field<'_, '_>, shown: &Value, why: &str) {
        let value = if field.is_absent() { shown } else { field.value };
        self.0.push(Cause::invalid(field.path.to_string(), value, why));
    }

    /// Like [`Faults::invalid`] for what must not be repeated.
    pub(super) fn invalid_hidden(&mut self, field: &Field<'_, '_>, shown: &str, why: &str) {
        self.0.push(Cause::invalid(field.path.to_string(), &shown.into(), why));
    }

    pub(super) fn forbidden(&mut self, field: &Field<'_, '_>, why: &str) {
        self.add(CauseKind::Forbidden, field, format!("Forbidden: {why}"));
    }

    pub(super) fn duplicate(&mut self, field: &Field<'_, '_>) {
        self.add(CauseKind::Duplicate, field, format!("Duplicate value: {}", field.value));
    }

    pub(super) fn not_found(&mut self, field: &Field<'_, '_>) {
        self.add(CauseKind::NotFound, field, format!("Not found: {}", field.value));
    }

    pub(super) fn too_long(&mut self, field: &Field<'_, '_>, bytes: usize) {
        self.add(CauseKind::TooLong, field, format!("Too long: may not be more than {bytes} bytes"));
    }

    pub(super) fn too_many(&mut self, field: &Field<'_, '_>, most: usize) {
        let found = field.length();
        self.add(CauseKind::TooMany, field, format!("Too many: {found}: must have at most {most} items"));
    }

    pub(super) fn not_supported(&mut self, field: &Field<'_, '_>, supported: &[&str]) {
        let words: Vec<String> = supported.iter().map(|word| format!("{word:?}")).collect();
        let value = if field.is_absent() { "\"\"".to_owned() } else { field.value.to_string() };
        self.add(CauseKind::NotSupported, field, format!("Unsupported value: {value}: supported values: {}", words.join(", ")));
    }

    /// A value must stand there.
    pub(super) fn present(&mut self, field: &Field<'_, '_>) -> bool {
        let present = !field.is_empty();
        if !present {
            self.required(field, "");
        }
        present
    }

    /// A text, where there is one, is one of these.
    pub(super) fn one_of(&mut self, field: &Field<'_, '_>, supported: &[&str]) {
        if !field.is_empty() && !supported.contains(&field.text()) {
            self.not_supported(field, supported);
        }
    }

    /// A text must stand there and be one of these.
    pub(super) fn required_one_of(&mut self, field: &Field<'_, '_>, supported: &[&str]) {
        if self.present(field) {
            self.one_of(field, supported);
        }
    }

    /// A number, where there is one, is at least this.
    pub(super) fn at_least(&mut self, field: &Field<'_, '_>, least: i64) {
        if field.number().is_some_and(|number| number < least) {
            self.invalid(field, &format!("must be greater than or equal to {least}"));
        }
    }

    /// A number, where there is one, lies between these.
    pub(super) fn between(&mut self, field: &Field<'_, '_>, least: i64, most: i64) {
        if field.number().is_some_and(|number| number < least || number > most) {
            self.invalid(field, &format!("must be between {least} and {most}, inclusive"));
        }
    }

    /// A text, where there is one, follows a rule of names.
    pub(super) fn named(&mut self, field: &Field<'_, '_>, rule: fn(&str) -> Result<(), String>) {
        if let (false, Err(why)) = (field.is_empty(), rule(field.text())) {
            self.invalid(field, &why);
        }
    }

    /// A name must stand there and follow a rule.
    pub(super) fn required_name(&mut self, field: &Field<'_, '_>, rule: fn(&str) -> Result<(), String>) {
        if self.present(field) {
            self.named(field, rule);
        }
    }

    /// What stands there stays as it was.
    pub(super) fn unchanged(&mut self, field: &Field<'_, '_>, before: &Field<'_, '_>) {
        if differs(field, before) {
            self.invalid(field, "field is immutable");
        }
    }

    /// A text in a list or map of texts may stand there once. `false` where it was there before.
    pub(super) fn once<'v>(&mut self, field: &Field<'_, 'v>, seen: &mut std::collections::HashSet<&'v str>) -> bool {
        let first = seen.insert(field.text());
        if !first {
            self.duplicate(field);
        }
        first
    }
}
