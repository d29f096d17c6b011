//! Label selectors, as query parameters and as `LabelSelector` members of objects.
//!
//! See <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>.

use std::collections::BTreeSet;
use std::fmt;

use super::{Object, names};

/// A conjunction of terms over labels; no term selects everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelSelector {
    /// The terms, all of which must hold.
    pub terms: Vec<LabelTerm>,
}

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelTerm {
    /// The label exists and its value is in the set.
    In(String, BTreeSet<String>),
    /// The label is absent, or its value is not in the set.
    NotIn(String, BTreeSet<String>),
    /// The label exists.
    Exists(String),
    /// The label is absent.
    Absent(String),
    /// The label is a whole number greater than this.
    Greater(String, i64),
    /// The label is a whole number less than this.
    Less(String, i64),
}

/// The text is not a label selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to parse requirement: {reason} in {text:?}")]
pub struct LabelSelectorError {
    text: String,
    reason: String,
}

impl LabelSelector {
    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1,m<2`; an empty text selects everything.
    ///
    /// Errors with the offending term where a key, a value or an operator breaks the rules.
    pub fn parse(text: &str) -> Result<Self, LabelSelectorError> {
        let terms = split_terms(text).map(|term| parse_term(term.trim())).collect::<Result<_, _>>();
        let terms = terms.map_err(|reason| LabelSelectorError { text: text.to_owned(), reason })?;
        Ok(Self { terms })
    }

    /// Whether an object's labels satisfy every term.
    #[must_use]
    pub fn matches(&self, object: &Object) -> bool {
        self.matches_with(|key| object.label(key))
    }

    /// Whether labels, looked up by key, satisfy every term.
    pub fn matches_with<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.terms.iter().all(|term| term.matches(&label))
    }

    /// Whether every object is selected.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }
}

impl LabelTerm {
    fn matches<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let number = |key: &str| label(key).and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::In(key, values) => label(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => label(key).is_none_or(|value| !values.contains(value)),
            Self::Exists(key) => label(key).is_some(),
            Self::Absent(key) => label(key).is_none(),
            Self::Greater(key, bound) => number(key).is_some_and(|value| value > *bound),
            Self::Less(key, bound) => number(key).is_some_and(|value| value < *bound),
        }
    }
}

/// Splits at commas outside parentheses.
fn split_terms(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    let everything = text.trim().is_empty();
    let parts = text.split(move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.filter(move |_| !everything)
}

fn parse_term(term: &str) -> Result<LabelTerm, String> {
    if let Some(key) = term.strip_prefix('!') {
        return Ok(LabelTerm::Absent(label_key(key)?));
    }
    for (operator, build) in OPERATORS {
        if let Some((key, value)) = term.split_once(operator) {
            return build(label_key(key)?, value.trim());
        }
    }
    set_term(term).unwrap_or_else(|| label_key(term).map(LabelTerm::Exists))
}

type Build = fn(String, &str) -> Result<LabelTerm, String>;

/// Operators in the order in which they must be tried, longest first.
const OPERATORS: [(&str, Build); 5] = [
    ("!=", |key, value| Ok(LabelTerm::NotIn(key, BTreeSet::from([label_value(value)?])))),
    ("==", |key, value| Ok(LabelTerm::In(key, BTreeSet::from([label_value(value)?])))),
    ("=", |key, value| Ok(LabelTerm::In(key, BTreeSet::from([label_value(value)?])))),
    (">", |key, value| Ok(LabelTerm::Greater(key, number(value)?))),
    ("<", |key, value| Ok(LabelTerm::Less(key, number(value)?))),
];

fn set_term(term: &str) -> Option<Result<LabelTerm, String>> {
    let (head, list) = term.split_once('(')?;
    let mut words = head.split_whitespace();
    let (key, operator) = (words.next()?, words.next()?);
    let read = || {
        let list = list.trim_end().strip_suffix(')').ok_or("a '(' without its ')'")?;
        let values = list.split(',').map(|value| label_value(value.trim())).collect::<Result<BTreeSet<_>, _>>()?;
        match operator {
            "in" => Ok(LabelTerm::In(label_key(key)?, values)),
            "notin" => Ok(LabelTerm::NotIn(label_key(key)?, values)),
            other => Err(format!("unknown operator {other:?}, expected in, notin, =, ==, !=, > or <")),
        }
    };
    Some(read())
}

fn label_key(text: &str) -> Result<String, String> {
    let key = text.trim();
    names::qualified_name(key).map(|()| key.to_owned()).map_err(|reason| format!("invalid label key {key:?}: {reason}"))
}

fn label_value(text: &str) -> Result<String, String> {
    names::label_value(text).map(|()| text.to_owned()).map_err(|reason| format!("invalid label value {text:?}: {reason}"))
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number"))
}

impl fmt::Display for LabelSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            term.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for LabelTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &BTreeSet<String>| values.iter().map(String::as_str).collect::<Vec<_>>().join(",");
        match self {
            Self::In(key, values) if values.len() == 1 => write!(f, "{key}={}", list(values)),
            Self::NotIn(key, values) if values.len() == 1 => write!(f, "{key}!={}", list(values)),
            Self::In(key, values) => write!(f, "{key} in ({})", list(values)),
            Self::NotIn(key, values) => write!(f, "{key} notin ({})", list(values)),
            Self::Exists(key) => f.write_str(key),
            Self::Absent(key) => write!(f, "!{key}"),
            Self::Greater(key, bound) => write!(f, "{key}>{bound}"),
            Self::Less(key, bound) => write!(f, "{key}<{bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selects(selector: &str, labels: &[(&str, &str)]) -> bool {
        let selector = LabelSelector::parse(selector).expect("a valid selector");
        selector.matches_with(|key| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value))
    }

    #[test]
    fn each_operator_selects_as_documented() {
        let labels = [("app", "web"), ("example.com/tier", "front"), ("size", "5")];
        for yes in [
            "",
            "app",
            "app=web",
            "app==web",
            "app!=db",
            "app in (web, db)",
            "app notin (db)",
            "!x",
            "size>4",
            "size<6",
            "app=web,example.com/tier in (front)",
            "x notin (a,b)",
            "x!=a",
        ] {
            assert!(selects(yes, &labels), "{yes}");
        }
        for no in ["x", "!app", "app=db", "app!=web", "app notin (web)", "app in (db)", "size>5", "size<5", "app>1", "app=web,x"] {
            assert!(!selects(no, &labels), "{no}");
        }
    }

    #[test]
    fn broken_selectors_are_refused_with_the_term() {
        for bad in ["app in (web", "a b", "app=we b", "-a", "app like (x)", "size>x", "a,,b", "app=web,"] {
            assert!(LabelSelector::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_selector_prints_what_it_reads() {
        let text = "a=b,c!=d,e in (f,g),h notin (i,j),k,!l,m>1,n<2";
        assert_eq!(LabelSelector::parse(text).expect("valid").to_string(), text);
    }
}
