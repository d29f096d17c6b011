//! The part of JSONPath that printer columns and selectable fields use.
//!
//! `.spec.a`, `.spec['x.y']`, `.spec.list[0]`, `[-1]`, `[*]`, `.*` and `[?(@.type=="Ready")]`. Recursive descent, slices, unions and
//! any other operator than `==` and `!=` are refused.
//! See <https://kubernetes.io/docs/reference/kubectl/jsonpath/>.

use serde_json::{Map, Value};

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// The text is not a path, or uses what is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at character {at} of {path:?}")]
pub struct JsonPathError {
    path: String,
    at: usize,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Member(String),
    Index(i64),
    Every,
    /// Items at whose path a literal stands (or does not).
    Filter {
        path: JsonPath,
        equal: bool,
        literal: Value,
    },
}

impl JsonPath {
    /// Reads a path, which may stand in braces and may leave its first dot out.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let inner = inner.strip_prefix('$').unwrap_or(inner);
        let chars: Vec<char> = inner.chars().collect();
        let mut parser = Parser { chars: &chars, at: 0 };
        let parsed = parser.path().and_then(|path| if parser.at == chars.len() { Ok(path) } else { Err("unexpected character") });
        parsed.map_err(|reason| JsonPathError { path: text.to_owned(), at: parser.at, reason })
    }

    /// The first value the path leads to.
    #[must_use]
    pub fn first<'a>(&self, root: &'a Map<String, Value>) -> Option<&'a Value> {
        match self.steps.split_first()? {
            (Step::Member(name), rest) => walk(root.get(name)?, rest),
            (Step::Every, rest) => root.values().find_map(|value| walk(value, rest)),
            _ => None,
        }
    }

    /// The names along the path, where every step is a plain member.
    #[must_use]
    pub fn members(&self) -> Option<Vec<String>> {
        let names = self.steps.iter().map(|step| match step {
            Step::Member(name) => Some(name.clone()),
            _ => None,
        });
        names.collect()
    }
}

fn walk<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    match (step, value) {
        (Step::Member(name), Value::Object(members)) => walk(members.get(name)?, rest),
        (Step::Index(index), Value::Array(items)) => {
            let at = if *index < 0 {
                items.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?
            } else {
                usize::try_from(*index).ok()?
            };
            walk(items.get(at)?, rest)
        }
        (Step::Every, Value::Array(items)) => items.iter().find_map(|item| walk(item, rest)),
        (Step::Every, Value::Object(members)) => members.values().find_map(|member| walk(member, rest)),
        (Step::Filter { path, equal, literal }, Value::Array(items)) => {
            let fits = |item: &&Value| walk(item, &path.steps).is_some_and(|found| (found == literal) == *equal);
            items.iter().filter(fits).find_map(|item| walk(item, rest))
        }
        _ => None,
    }
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

type Parsed<T> = Result<T, &'static str>;

impl Parser<'_> {
    fn path(&mut self) -> Parsed<JsonPath> {
        let mut steps = Vec::new();
        loop {
            match self.peek() {
                Some('.') => {
                    self.at += 1;
                    match self.peek() {
                        None if steps.is_empty() => return Err("an empty path"),
                        Some('[') => {}
                        _ => steps.push(self.named()?),
                    }
                }
                Some('[') => steps.push(self.bracketed()?),
                Some(_) if steps.is_empty() => steps.push(self.named()?),
                _ if steps.is_empty() => return Err("an empty path"),
                _ => return Ok(JsonPath { steps }),
            }
        }
    }

    fn named(&mut self) -> Parsed<Step> {
        if self.peek() == Some('*') {
            self.at += 1;
            return Ok(Step::Every);
        }
        let mut name = String::new();
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.at += 1;
                    name.push(self.peek().ok_or("nothing after a backslash")?);
                }
                '.' | '[' | ']' | '=' | '!' | '<' | '>' | ')' | ' ' | '{' | '}' | '(' => break,
                _ => name.push(c),
            }
            self.at += 1;
        }
        if name.is_empty() { Err("a name is missing") } else { Ok(Step::Member(name)) }
    }

    fn bracketed(&mut self) -> Parsed<Step> {
        self.expect('[')?;
        let step = match self.peek() {
            Some('*') => {
                self.at += 1;
                Step::Every
            }
            Some('\'' | '"') => Step::Member(self.quoted()?),
            Some('?') => self.filter()?,
            _ => Step::Index(self.integer()?),
        };
        self.expect(']')?;
        Ok(step)
    }

    fn filter(&mut self) -> Parsed<Step> {
        self.expect('?')?;
        self.expect('(')?;
        self.spaces();
        self.expect('@')?;
        let path = if matches!(self.peek(), Some('.' | '[')) { self.path()? } else { JsonPath { steps: Vec::new() } };
        self.spaces();
        let equal = match self.peek() {
            Some('=') => true,
            Some('!') => false,
            _ => return Err("only == and != compare here"),
        };
        self.at += 1;
        self.expect('=')?;
        self.spaces();
        let literal = self.literal()?;
        self.spaces();
        self.expect(')')?;
        Ok(Step::Filter { path, equal, literal })
    }

    fn literal(&mut self) -> Parsed<Value> {
        if matches!(self.peek(), Some('\'' | '"')) {
            return Ok(self.quoted()?.into());
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')) {
            self.at += 1;
        }
        let word: String = self.chars[start..self.at].iter().collect();
        serde_json::from_str(&word).map_err(|_| "neither a text in quotes nor a number or truth value")
    }

    fn quoted(&mut self) -> Parsed<String> {
        let quote = self.peek().ok_or("a quote is missing")?;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.peek().ok_or("a quote is not closed")? {
                c if c == quote => break,
                '\\' => {
                    self.at += 1;
                    text.push(self.peek().ok_or("nothing after a backslash")?);
                }
                c => text.push(c),
            }
            self.at += 1;
        }
        self.at += 1;
        Ok(text)
    }

    fn integer(&mut self) -> Parsed<i64> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '-') {
            self.at += 1;
        }
        self.chars[start..self.at].iter().collect::<String>().parse().map_err(|_| "an index, '*', a quoted name or a filter is expected")
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn expect(&mut self, c: char) -> Parsed<()> {
        if self.peek() == Some(c) {
            self.at += 1;
            return Ok(());
        }
        Err(match c {
            '[' | ']' => "a square bracket is missing",
            '(' | ')' => "a round bracket is missing",
            '@' => "a filter must begin with '@'",
            _ => "an operator or bracket is missing",
        })
    }

    fn spaces(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(path: &str) -> Option<Value> {
        let document = json!({
            "spec": {"a": 1, "x.y": "dotted", "list": ["p", "q"], "ports": [{"name": "http", "port": 80}, {"name": "dns", "port": 53}]},
            "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Old", "status": "False"}], "flags": [{"on": true, "n": "f"}]},
        });
        let root = document.as_object().expect("an object");
        JsonPath::parse(path).expect(path).first(root).cloned()
    }

    #[test]
    fn paths_lead_to_their_first_value() {
        for (path, expected) in [
            (".spec.a", json!(1)),
            ("spec.a", json!(1)),
            ("{.spec.a}", json!(1)),
            ("$.spec.a", json!(1)),
            (".spec['x.y']", json!("dotted")),
            (r".spec.x\.y", json!("dotted")),
            (".spec.list[1]", json!("q")),
            (".spec.list[-1]", json!("q")),
            (".spec.ports[*].port", json!(80)),
            (r#".spec.ports[?(@.name=="dns")].port"#, json!(53)),
            (r#".status.conditions[?(@.type == 'Ready')].status"#, json!("True")),
            (r#".status.conditions[?(@.type!="Ready")].status"#, json!("False")),
            (r#".status.flags[?(@.on==true)].n"#, json!("f")),
            (r#".spec.list[?(@=="q")]"#, json!("q")),
        ] {
            assert_eq!(first(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_may_lead_nowhere() {
        for path in [".spec.b", ".spec.a.c", ".spec.list[2]", ".spec.list[-3]", ".spec.list.a", r#".spec.ports[?(@.name=="x")].port"#] {
            assert_eq!(first(path), None, "{path}");
        }
    }

    #[test]
    fn what_is_not_supported_is_refused_with_its_place() {
        for path in ["", ".", "..a", ".a[1:2]", ".a[", ".a[?(@.b>1)]", ".a[?(.b==1)]", ".a['b", ".a[0,1]", ".a]", ".a b"] {
            assert!(JsonPath::parse(path).is_err(), "{path:?}");
        }
        let refused = JsonPath::parse(".a[0,1]").expect_err("a union");
        assert_eq!(refused.to_string(), "a square bracket is missing at character 4 of \".a[0,1]\"");
    }

    #[test]
    fn only_plain_paths_have_members() {
        assert_eq!(JsonPath::parse(".spec.a").expect("plain").members(), Some(vec!["spec".to_owned(), "a".to_owned()]));
        assert_eq!(JsonPath::parse(".spec[0]").expect("indexed").members(), None);
    }
}
