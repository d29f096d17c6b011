//! A document's values, read with their places.
//!
//! Receives nodes, hands on plain values and what is wrong with them. Invariant: each problem is reported once, at its place; a value
//! with a problem reads as if it were not there, so that reading goes on.

use std::sync::Arc;

use super::error::KustomizeProblem;
use super::kustomization::{Pairs, Spot};
use crate::manifest::{ManifestError, Source};
use crate::object::kind_of;
use crate::yaml::{Mark, Member, Node, NodeKind};
use serde_json::Value;

/// A field whose value is read, and how.
pub(super) type Field<T> = (&'static str, fn(&mut Reader<'_>, &mut T, Member));

/// Collects what is wrong with one document.
pub(super) struct Reader<'a> {
    source: &'a Arc<Source>,
    errors: Vec<(Mark, ManifestError)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Arc<Source>) -> Self {
        Self { source, errors: Vec::new() }
    }

    pub(super) fn report(&mut self, mark: Mark, problem: KustomizeProblem) {
        self.errors.push((mark, ManifestError::at(self.source, mark, problem.into())));
    }

    /// What was read, or all that is wrong with it, in the order of the lines.
    pub(super) fn finish<T>(mut self, read: T) -> Result<T, Vec<ManifestError>> {
        self.errors.sort_by_key(|(mark, _)| (mark.line, mark.column));
        if self.errors.is_empty() { Ok(read) } else { Err(self.errors.into_iter().map(|(_, error)| error).collect()) }
    }

    fn wrong(&mut self, mark: Mark, field: &str, wanted: &'static str, found: &'static str) {
        self.report(mark, KustomizeProblem::WrongType { field: field.to_owned(), wanted, found });
    }

    /// Reads a mapping whose members are all known. Null is an empty one.
    pub(super) fn object<T: Default>(&mut self, within: &'static str, fields: &[Field<T>], node: Node) -> Spot<T> {
        let mark = node.mark;
        let mut value = T::default();
        match node.kind {
            NodeKind::Mapping(members) => {
                for member in members {
                    match fields.iter().find(|(name, _)| *name == member.key) {
                        Some((_, read)) => read(self, &mut value, member),
                        None => {
                            let similar = similar(&member.key, fields.iter().map(|(name, _)| *name));
                            self.report(member.mark, KustomizeProblem::UnknownField { field: member.key, within, similar });
                        }
                    }
                }
            }
            NodeKind::Scalar(Value::Null) => {}
            other => self.wrong(mark, within, "a mapping", found(&other)),
        }
        Spot { mark, value }
    }

    /// Reads a list. Null is an empty one.
    pub(super) fn list<T>(&mut self, member: Member, mut read: impl FnMut(&mut Self, Node) -> Option<T>) -> Vec<T> {
        match member.node.kind {
            NodeKind::Sequence(items) => items.into_iter().filter_map(|item| read(self, item)).collect(),
            NodeKind::Scalar(Value::Null) => Vec::new(),
            other => {
                self.wrong(member.node.mark, &member.key, "a list", found(&other));
                Vec::new()
            }
        }
    }

    /// Reads a list of mappings.
    pub(super) fn objects<T: Default>(&mut self, within: &'static str, fields: &[Field<T>], member: Member) -> Vec<Spot<T>> {
        self.list(member, |reader, node| Some(reader.object(within, fields, node)))
    }

    /// Reads a list of texts.
    pub(super) fn texts(&mut self, member: Member) -> Vec<Spot<String>> {
        let key = member.key.clone();
        self.list(member, |reader, node| reader.text_of(&key, node))
    }

    /// Reads a text. Null is an empty one.
    pub(super) fn text(&mut self, member: Member) -> String {
        self.text_of(&member.key, member.node).map(|spot| spot.value).unwrap_or_default()
    }

    /// Reads a text that counts only where it is not empty.
    pub(super) fn filled(&mut self, member: Member) -> Option<Spot<String>> {
        self.text_of(&member.key, member.node).filter(|spot| !spot.value.is_empty())
    }

    fn text_of(&mut self, field: &str, node: Node) -> Option<Spot<String>> {
        match node.kind {
            NodeKind::Scalar(Value::String(value)) => Some(Spot { mark: node.mark, value }),
            NodeKind::Scalar(Value::Null) => None,
            other => {
                self.wrong(node.mark, field, "text", found(&other));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, member: Member) -> bool {
        match member.node.kind {
            NodeKind::Scalar(Value::Bool(value)) => value,
            NodeKind::Scalar(Value::Null) => false,
            other => {
                self.wrong(member.node.mark, &member.key, "true or false", found(&other));
                false
            }
        }
    }

    pub(super) fn number(&mut self, member: &Member) -> i64 {
        match &member.node.kind {
            NodeKind::Scalar(Value::Null) => 0,
            NodeKind::Scalar(Value::Number(number)) if number.as_i64().is_some() => number.as_i64().unwrap_or_default(),
            other => {
                let found = found(other);
                self.wrong(member.node.mark, &member.key, "a whole number", found);
                0
            }
        }
    }

    /// Reads a mapping of texts.
    pub(super) fn pairs(&mut self, member: Member) -> Spot<Pairs> {
        let mark = member.mark;
        let value = match member.node.kind {
            NodeKind::Mapping(members) => {
                let pair = |member: Member| {
                    let text = self.text_of(&member.key, member.node).map(|spot| spot.value).unwrap_or_default();
                    (member.key, text)
                };
                members.into_iter().map(pair).collect()
            }
            NodeKind::Scalar(Value::Null) => Pairs::new(),
            other => {
                self.wrong(member.node.mark, &member.key, "a mapping of texts", found(&other));
                Pairs::new()
            }
        };
        Spot { mark, value }
    }
}

fn found(kind: &NodeKind) -> &'static str {
    match kind {
        NodeKind::Scalar(value) => kind_of(value),
        NodeKind::Sequence(_) => "a list",
        NodeKind::Mapping(_) => "a mapping",
    }
}

/// The name that is spelled most like a word: the same in other letters' case, or at most a third of its letters away.
fn similar(word: &str, names: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let word: Vec<char> = word.chars().take(64).flat_map(char::to_lowercase).collect();
    let most = (word.len() / 3).max(1);
    names.map(|name| (distance(&word, name), name)).filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

/// How many letters must be put in, left out or changed to make one word of the other.
fn distance(word: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (above, letter) in name.chars().flat_map(char::to_lowercase).enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (left, other) in word.iter().enumerate() {
            let changed = diagonal + usize::from(*other != letter);
            diagonal = row[left + 1];
            row[left + 1] = changed.min(diagonal + 1).min(row[left] + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_similar_where_few_letters_differ() {
        let names = ["resources", "namePrefix", "images"];
        for (word, wanted) in [
            ("resource", Some("resources")),
            ("Resources", Some("resources")),
            ("nameprefx", Some("namePrefix")),
            ("helm", None),
            ("", None),
        ] {
            assert_eq!(similar(word, names.into_iter()), wanted, "{word}");
        }
    }
}
