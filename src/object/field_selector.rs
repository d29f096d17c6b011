//! Field selectors: equality on a few fields of a resource.
//!
//! See <https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/>.

use std::fmt;

/// A conjunction of terms over fields; no term selects everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldSelector {
    /// The terms, all of which must hold.
    pub terms: Vec<FieldTerm>,
}

/// One condition on one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTerm {
    /// The field's path, such as `metadata.name` or `status.phase`.
    pub path: String,
    /// Whether the field must equal the value (or must differ from it).
    pub equal: bool,
    /// The value; an absent field counts as the empty text.
    pub value: String,
}

/// The text is not a field selector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid selector: '{0}'; can't understand '{1}'")]
pub struct FieldSelectorError(String, String);

impl FieldSelector {
    /// Reads `a.b=c,d==e,f!=g`, where a backslash escapes `,`, `=` and itself in a value; an empty text selects everything.
    pub fn parse(text: &str) -> Result<Self, FieldSelectorError> {
        let terms = split_unescaped(text).into_iter().filter(|term| !term.is_empty());
        let terms = terms.map(|term| parse_term(&term).ok_or_else(|| FieldSelectorError(text.to_owned(), term.clone())));
        Ok(Self { terms: terms.collect::<Result<_, _>>()? })
    }

    /// Whether fields, looked up by path, satisfy every term.
    pub fn matches_with(&self, field: impl Fn(&str) -> String) -> bool {
        self.terms.iter().all(|term| (field(&term.path) == term.value) == term.equal)
    }

    /// Whether every object is selected.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value that a field must equal, where a term says so.
    #[must_use]
    pub fn required(&self, path: &str) -> Option<&str> {
        self.terms.iter().find(|term| term.equal && term.path == path).map(|term| term.value.as_str())
    }
}

/// Splits at commas that no backslash escapes, keeping the escapes.
fn split_unescaped(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match (c, escaped, terms.last_mut()) {
            (',', false, _) => terms.push(String::new()),
            (_, _, Some(term)) => term.push(c),
            (_, _, None) => {}
        }
        escaped = c == '\\' && !escaped;
    }
    terms
}

fn parse_term(term: &str) -> Option<FieldTerm> {
    let at = term.find('=')?;
    let (left, right) = (&term[..at], &term[at + 1..]);
    let (path, equal) = left.strip_suffix('!').map_or((left, true), |path| (path, false));
    let value = if equal { right.strip_prefix('=').unwrap_or(right) } else { right };
    // Blanks belong to the path, and there may be nothing, as upstream has it: no field has such a name, so that the server says which
    // part it does not know.
    Some(FieldTerm { path: path.to_owned(), equal, value: unescape(value)? })
}

/// Undoes the escapes. Answers `None` for a stray `=` or a backslash before anything else.
fn unescape(value: &str) -> Option<String> {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next().filter(|next| matches!(next, '\\' | ',' | '='))?),
            '=' => return None,
            other => plain.push(other),
        }
    }
    Some(plain)
}

impl fmt::Display for FieldSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms.iter().enumerate() {
            let value = term.value.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
            write!(f, "{}{}{}{value}", if index > 0 { "," } else { "" }, term.path, if term.equal { "=" } else { "!=" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_with_their_escapes() {
        let selector = FieldSelector::parse(r"metadata.name=a\,b,status.phase!=Running,x==y").expect("valid");
        assert_eq!(selector.required("metadata.name"), Some("a,b"));
        assert_eq!(selector.required("status.phase"), None);
        assert_eq!(selector.required("x"), Some("y"));
        assert_eq!(selector.to_string(), r"metadata.name=a\,b,status.phase!=Running,x=y");
    }

    #[test]
    fn an_absent_field_is_the_empty_text() {
        let selector = FieldSelector::parse("spec.nodeName=,metadata.name!=x").expect("valid");
        assert!(selector.matches_with(|_| String::new()));
        assert!(!selector.matches_with(|_| "x".to_owned()));
    }

    #[test]
    fn blanks_belong_to_what_they_stand_beside() {
        let selector = FieldSelector::parse("metadata.name! = a").expect("valid");
        assert_eq!(
            (selector.terms[0].path.as_str(), selector.terms[0].equal, selector.terms[0].value.as_str()),
            ("metadata.name! ", true, " a")
        );
        assert_eq!(FieldSelector::parse(&selector.to_string()).as_ref(), Ok(&selector));
    }

    #[test]
    fn broken_selectors_are_refused() {
        for bad in ["metadata.name", "a=b=c", r"a=\x"] {
            assert!(FieldSelector::parse(bad).is_err(), "{bad}");
        }
    }
}
