//! An object as a manifest asks for it, with the place of each of its fields.

use std::fmt;
use std::sync::Arc;

use super::Source;
use crate::object::Object;
use crate::yaml::{Mark, Places};

/// A place in a source; displays as `deploy/web.yaml:12:3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The text.
    pub source: Arc<Source>,
    /// Line and column in it.
    pub mark: Mark,
}

impl Origin {
    /// File and line without the column, such as `deploy/web.yaml:12`.
    #[must_use]
    pub fn file_line(&self) -> String {
        format!("{}:{}", self.source.name(), self.mark.line)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name(), self.mark.line, self.mark.column)
    }
}

/// An object as a manifest asks for it.
#[derive(Debug, Clone)]
pub struct Desired {
    /// The object.
    pub object: Object,
    /// Where the object begins: its document, or its item in a list.
    pub origin: Origin,
    pub(super) places: Arc<Places>,
    /// The object's entry in `places`, which the items of one list share.
    pub(super) root: u32,
}

impl Desired {
    /// The place of a field, named by the steps to it: member names, and the positions of list items in decimal.
    ///
    /// A member's place is its key's. `None` where the manifest does not write that field.
    #[must_use]
    pub fn position(&self, path: &[&str]) -> Option<Mark> {
        let (index, taken) = self.places.descend(self.root, path);
        (taken == path.len()).then(|| self.mark_of(index))
    }

    /// The place that comes closest to a field as the server names it, such as `spec.containers[0].image`, `.spec.replicas` or
    /// `metadata.labels[example.com/a]`: the field's own, or that of the nearest part around it that the manifest writes.
    #[must_use]
    pub fn locate(&self, field: &str) -> Origin {
        let steps = steps_of(field);
        let path: Vec<&str> = steps.iter().map(String::as_str).collect();
        let (index, _) = self.places.descend(self.root, &path);
        Origin { source: Arc::clone(&self.origin.source), mark: self.mark_of(index) }
    }

    fn mark_of(&self, index: u32) -> Mark {
        // The root of an item that came through `items:` has the item's place, which is the origin's.
        self.places.mark(index).unwrap_or(self.origin.mark)
    }
}

/// Splits `a.b[0]["x.y/z"].c` into its steps; what a bracket holds is one step, without quotes.
fn steps_of(field: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        let step;
        if let Some(inner) = rest.strip_prefix('[') {
            (step, rest) = inner.split_once(']').unwrap_or((inner, ""));
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            (step, rest) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
        }
        if !step.is_empty() {
            steps.push(step.trim_matches('"').to_owned());
        }
    }
    steps
}
