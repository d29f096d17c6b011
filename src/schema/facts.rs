//! The table of what the published schemas do not say, `facts.tsv`.
//!
//! Receives the embedded table; hands the facts of one type to the compiler. Invariant: rows are sorted, so a type's facts are one slice.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::node::PatchStrategy;

/// What is known of one field of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fact {
    /// The name of the type's definition.
    pub(super) type_name: &'static str,
    /// The field's JSON name, or `.` for the type itself.
    pub(super) field: &'static str,
    merge: &'static str,
    default: &'static str,
    patch: &'static str,
    zero: &'static str,
}

/// How a list or an object merges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Merge {
    /// As a whole.
    Atomic,
    /// Member by member.
    Granular,
    /// By the values of its items.
    Set,
    /// By these members of its items.
    Map(Vec<&'static str>),
}

static FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| include_str!("facts.tsv").lines().filter_map(parse).collect());

/// Everything known of a type and its fields, sorted by field.
pub(super) fn of_type(type_name: &str) -> &'static [Fact] {
    let start = FACTS.partition_point(|fact| fact.type_name < type_name);
    let length = FACTS[start..].partition_point(|fact| fact.type_name == type_name);
    &FACTS[start..start + length]
}

/// What is known of one field, among the facts of its type.
pub(super) fn of_field(facts: &'static [Fact], field: &str) -> Option<&'static Fact> {
    facts.binary_search_by(|fact| fact.field.cmp(field)).ok().map(|index| &facts[index])
}

/// Reads a row; `None` for a comment. The tests prove that every other line is a row.
fn parse(line: &'static str) -> Option<Fact> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t');
    let fact = Fact {
        type_name: columns.next()?,
        field: columns.next()?,
        merge: columns.next()?,
        default: columns.next()?,
        patch: columns.next()?,
        zero: columns.next()?,
    };
    columns.next().is_none().then_some(fact)
}

impl Fact {
    /// How the value merges, where the row says so.
    pub(super) fn merge(&self) -> Option<Merge> {
        match self.merge {
            "atomic" => Some(Merge::Atomic),
            "granular" => Some(Merge::Granular),
            "set" => Some(Merge::Set),
            other => other.strip_prefix("map:").map(|keys| Merge::Map(keys.split(',').collect())),
        }
    }

    /// The value that an absent field counts as having when it is a list's key.
    pub(super) fn key_default(&self) -> Option<Value> {
        serde_json::from_str(self.default).ok()
    }

    /// The value that an absent field takes on write. An empty text and a zero are only ever written for a list's key.
    pub(super) fn default(&self) -> Option<Value> {
        self.key_default().filter(|_| !matches!(self.default, "\"\"" | "0"))
    }

    /// How strategic merge patch treats the field, where the row says so.
    pub(super) fn patch(&self) -> Option<PatchStrategy> {
        if self.patch == "-" {
            return None;
        }
        let (words, key) = self.patch.split_once(':').map_or((self.patch, None), |(words, key)| (words, Some(key)));
        let has = |word| words.split(',').any(|one| one == word);
        Some(PatchStrategy { merge: has("merge"), merge_key: key.map(Arc::from), retain_keys: has("retainKeys"), replace: has("replace") })
    }

    /// Whether a typed document keeps an empty value of the field.
    pub(super) fn keeps_empty(&self) -> bool {
        self.zero == "kept"
    }
}

#[cfg(test)]
pub(super) fn all() -> &'static [Fact] {
    &FACTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_is_no_comment_is_a_row_and_rows_are_sorted() {
        let lines = include_str!("facts.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), all().len());
        assert!(all().is_sorted_by(|a, b| (a.type_name, a.field) < (b.type_name, b.field)));
    }

    #[test]
    fn every_cell_has_a_meaning() {
        for fact in all() {
            assert!(fact.merge == "-" || fact.merge().is_some(), "{fact:?}");
            assert!(fact.default == "-" || fact.key_default().is_some(), "{fact:?}");
            assert!(matches!(fact.zero, "-" | "kept"), "{fact:?}");
            if let Some(patch) = fact.patch() {
                assert!(patch.merge || patch.retain_keys || patch.replace, "{fact:?}");
            }
        }
    }

    #[test]
    fn an_empty_default_only_completes_a_key() {
        let facts = of_type("io.k8s.api.core.v1.ContainerPort");
        let port = of_field(facts, "containerPort").unwrap();
        assert_eq!((port.default(), port.key_default()), (None, Some(Value::from(0))));
        assert_eq!(of_field(facts, "protocol").unwrap().default(), Some(Value::from("TCP")));
    }
}
