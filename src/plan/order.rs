//! In which order objects are applied: what others stand on comes first.

use super::place::{Placed, is_definition, is_namespace};

/// A stage of an apply; all objects of one are applied in parallel, after those of the stages before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Namespaces, in which others live.
    Namespaces,
    /// CustomResourceDefinitions, which make kinds.
    Definitions,
    /// Everything else.
    Rest,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 3] = [Self::Namespaces, Self::Definitions, Self::Rest];

    /// The stage an object belongs to.
    #[must_use]
    pub fn of(placed: &Placed) -> Self {
        match placed {
            placed if is_namespace(&placed.object) => Self::Namespaces,
            placed if is_definition(&placed.object) => Self::Definitions,
            _ => Self::Rest,
        }
    }
}
