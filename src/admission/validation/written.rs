//! What is judged: an object, and the one whose place it takes.

use super::field::Field;
use crate::object::Object;

/// An object that is about to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'v> {
    /// The object with its defaults.
    pub(super) object: &'v Object,
    /// What it takes the place of; `None` for a create.
    pub(super) before: Option<&'v Object>,
}

impl<'v> Written<'v> {
    /// A member of the object.
    pub(super) fn at(self, name: &'static str) -> Field<'static, 'v> {
        Field::root(name, self.object.root().get(name))
    }

    /// The same member before an update.
    pub(super) fn had(self, name: &'static str) -> Option<Field<'static, 'v>> {
        self.before.map(|before| Field::root(name, before.root().get(name)))
    }
}
