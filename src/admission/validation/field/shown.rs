//! Fields that faults show by another name, and faults that show another value than the one that stands there.
//!
//! Receives fields; hands on causes in the form that upstream gives them, which is not always the plain one. Invariant: nothing here
//! decides anything but form and the simplest rules of single values.

use serde_json::Value;

use super::{ABSENT, Faults, Field, Name};
use crate::object::CauseKind;
use crate::schema::check::Path;

impl<'p, 'v> Field<'p, 'v> {
    /// A member that faults name differently, as some are told apart on the wire and in causes.
    pub(in crate::admission::validation) fn at_as<'q>(&'q self, name: Name, shown: Name) -> Field<'q, 'v> {
        Field { path: Path::Member(&self.path, shown), value: self.value.get(name).unwrap_or(&ABSENT) }
    }

    /// The items of a list that is a member here, where only their values are looked at.
    pub(in crate::admission::validation) fn at_list(&self, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
        self.value.get(name).and_then(Value::as_array).into_iter().flatten()
    }

    /// How many items the list at this place has.
    pub(in crate::admission::validation) fn size(&self) -> usize {
        self.value.as_array().map_or(0, Vec::len)
    }

    /// The item of the list at this place.
    pub(in crate::admission::validation) fn item<'q>(&'q self, index: usize) -> Field<'q, 'v> {
        Field { path: Path::Item(&self.path, index), value: self.value.get(index).unwrap_or(&ABSENT) }
    }

    /// Whether `false` stands here.
    pub(in crate::admission::validation) fn is_denied(&self) -> bool {
        self.value == &Value::Bool(false)
    }

    /// The place as text, for what names it elsewhere.
    pub(in crate::admission::validation) fn place(&self) -> String {
        self.path.to_string()
    }
}

impl Faults {
    /// A list has more items than it may have.
    pub(in crate::admission::validation) fn too_many_items(&mut self, field: &Field<'_, '_>, most: usize) {
        if field.size() > most {
            let message = format!("Too many: {}: must have at most {most} items", field.size());
            self.add(CauseKind::TooMany, field, message);
        }
    }

    /// A fault in a value that is not shown.
    pub(in crate::admission::validation) fn invalid_whole(&mut self, field: &Field<'_, '_>, why: &str) {
        self.add(CauseKind::Invalid, field, format!("Invalid value: {why}"));
    }

    /// A fault that shows another value than the one that stands there.
    pub(in crate::admission::validation) fn invalid_as(&mut self, field: &Field<'_, '_>, shown: impl Into<Value>, why: &str) {
        self.invalid(&Field::root_like(field, &shown.into()), why);
    }

    /// A duplicate that shows what exactly stands there twice.
    pub(in crate::admission::validation) fn duplicate_as(&mut self, field: &Field<'_, '_>, shown: &str) {
        self.duplicate(&Field::root_like(field, &shown.into()));
    }

    /// What a text names is not there, with what would be.
    pub(in crate::admission::validation) fn not_found_but(&mut self, field: &Field<'_, '_>, shown: &str, hint: &str) {
        self.add(CauseKind::NotFound, field, format!("Not found: {shown:?}: {hint}"));
    }

    /// A text follows a rule of names, even where it is empty.
    pub(in crate::admission::validation) fn checked(&mut self, field: &Field<'_, '_>, rule: fn(&str) -> Result<(), String>) {
        if let Err(why) = rule(field.text()) {
            self.invalid_as(field, field.text(), &why);
        }
    }

    /// A number is greater than nothing.
    pub(in crate::admission::validation) fn positive(&mut self, field: &Field<'_, '_>) {
        let number = field.number().unwrap_or_default();
        if number <= 0 {
            self.invalid_as(field, number, "must be greater than zero");
        }
    }
}
