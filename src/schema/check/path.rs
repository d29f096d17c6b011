//! The way to a place in a document, kept on the stack of those who walk it.

use std::fmt;

/// A place in a document, linked to the place it lies in; displays as `spec.containers[0].image`.
#[derive(Debug, Clone, Copy)]
pub enum Path<'a> {
    /// The start of the walk, with its own name; the empty text for the document.
    Root(&'a str),
    /// A member of an object.
    Member(&'a Path<'a>, &'a str),
    /// A member some levels down.
    Members(&'a Path<'a>, &'a [&'a str]),
    /// An item of a list.
    Item(&'a Path<'a>, usize),
    /// A part with a name of its own, such as `properties[spec]`.
    Key(&'a Path<'a>, &'a str),
}

impl<'a> Path<'a> {
    /// The name of the start of the walk.
    #[must_use]
    pub fn root(&self) -> &'a str {
        match self {
            Self::Root(name) => name,
            Self::Member(parent, _) | Self::Members(parent, _) | Self::Item(parent, _) | Self::Key(parent, _) => parent.root(),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Root(""))
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(name) => f.write_str(name),
            Self::Member(parent, name) if parent.is_empty() => f.write_str(name),
            Self::Member(parent, name) => write!(f, "{parent}.{name}"),
            Self::Members(parent, names) => {
                write!(f, "{parent}")?;
                names.iter().try_for_each(|name| write!(f, ".{name}"))
            }
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Key(parent, name) => write!(f, "{parent}[{name}]"),
        }
    }
}
