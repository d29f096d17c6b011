//! Templates of `-o jsonpath`: text with paths in braces, and `{range …}…{end}`.

use serde_json::Value;

use super::parse::{Parsed, Parser, Step};
use super::select::Search;
use super::{JsonPathError, SelectError};

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    /// What a path leads to, parted by blanks.
    Values(Vec<Step>),
    /// Its parts once for each value the path leads to.
    Range(Vec<Step>, Vec<Part>),
}

impl Template {
    /// Reads a template. Without any brace the text is one path, as kubectl takes it too.
    ///
    /// Errors name the place of what is not understood.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let relaxed = if text.contains('{') { text.to_owned() } else { format!("{{{text}}}") };
        let chars: Vec<char> = relaxed.chars().collect();
        let mut parser = Parser::new(&chars);
        let parsed = parts(&mut parser, false);
        parsed.map(|parts| Self { parts }).map_err(|reason| JsonPathError { text: relaxed, at: parser.at, reason })
    }

    /// The text for a document: texts as they are, other values as JSON.
    ///
    /// Errors where a path does not fit the document.
    pub fn render(&self, root: &Value) -> Result<String, SelectError> {
        let mut out = String::new();
        render(&self.parts, root, &mut out)?;
        Ok(out)
    }

    /// The values of all paths, for `-o jsonpath-as-json`.
    ///
    /// Errors where a path does not fit the document.
    pub fn values(&self, root: &Value) -> Result<Vec<Value>, SelectError> {
        let mut found = Vec::new();
        values(&self.parts, root, &mut found)?;
        Ok(found)
    }
}

fn parts(parser: &mut Parser<'_>, in_range: bool) -> Parsed<Vec<Part>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    while let Some(c) = parser.peek() {
        parser.at += 1;
        if c != '{' {
            text.push(c);
            continue;
        }
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        match action(parser)? {
            Action::Part(part) => parts.push(part),
            Action::Range(steps) => parts.push(Part::Range(steps, parser.within(|parser| self::parts(parser, true))?)),
            Action::End if in_range => return Ok(parts),
            Action::End => return Err("there is no range to end"),
        }
    }
    if in_range {
        return Err("a range is not ended");
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

enum Action {
    Part(Part),
    Range(Vec<Step>),
    End,
}

fn action(parser: &mut Parser<'_>) -> Parsed<Action> {
    parser.spaces();
    let action = match parser.peek() {
        None => return Err("a brace is not closed"),
        Some('\'' | '"') => match parser.literal()? {
            Value::String(text) => Action::Part(Part::Text(text)),
            other => Action::Part(Part::Text(other.to_string())),
        },
        Some('.' | '[' | '@' | '$') => Action::Part(Part::Values(path(parser)?)),
        Some(_) => match word(parser).as_str() {
            "end" => Action::End,
            "range" => {
                parser.spaces();
                Action::Range(path(parser)?)
            }
            _ => return Err("neither a path, a text in quotes, range nor end"),
        },
    };
    parser.spaces();
    if parser.skip('}') { Ok(action) } else { Err("a closing brace is expected") }
}

fn word(parser: &mut Parser<'_>) -> String {
    let start = parser.at;
    while parser.peek().is_some_and(char::is_alphanumeric) {
        parser.at += 1;
    }
    parser.chars[start..parser.at].iter().collect()
}

/// A path that may be the document itself: `{@}`, `{$}`, `{.}`.
fn path(parser: &mut Parser<'_>) -> Parsed<Vec<Step>> {
    let whole = parser.skip('@') || parser.skip('$');
    let next = parser.chars.get(parser.at + 1);
    if parser.peek() == Some('.') && matches!(next, Some('}' | ' ')) {
        parser.at += 1;
        return Ok(Vec::new());
    }
    if whole && !matches!(parser.peek(), Some('.' | '[')) {
        return Ok(Vec::new());
    }
    parser.path()
}

/// Within a range, paths begin at the item; `$` does too, as in kubectl.
fn render(parts: &[Part], current: &Value, out: &mut String) -> Result<(), SelectError> {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Values(steps) => {
                for (index, value) in Search::unbounded().all(vec![current], steps)?.into_iter().enumerate() {
                    out.push_str(if index > 0 { " " } else { "" });
                    match value {
                        Value::String(text) => out.push_str(text),
                        other => out.push_str(&other.to_string()),
                    }
                }
            }
            Part::Range(steps, parts) => {
                for value in Search::unbounded().all(vec![current], steps)? {
                    render(parts, value, out)?;
                }
            }
        }
    }
    Ok(())
}

fn values(parts: &[Part], current: &Value, found: &mut Vec<Value>) -> Result<(), SelectError> {
    for part in parts {
        match part {
            Part::Text(text) => found.push(text.clone().into()),
            Part::Values(steps) => found.extend(Search::unbounded().all(vec![current], steps)?.into_iter().cloned()),
            Part::Range(steps, parts) => {
                for value in Search::unbounded().all(vec![current], steps)? {
                    values(parts, value, found)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(template: &str) -> String {
        let document = json!({"items": [
            {"metadata": {"name": "a", "labels": {"app": "x"}}, "spec": {"replicas": 2, "ports": [80, 443]}},
            {"metadata": {"name": "b"}, "spec": {"replicas": 0, "ports": []}},
        ], "kind": "List"});
        Template::parse(template).expect(template).render(&document).expect(template)
    }

    #[test]
    fn templates_mix_text_and_values() {
        for (template, expected) in [
            ("{.kind}", "List"),
            (".kind", "List"),
            ("kind: {.kind}!", "kind: List!"),
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[0].metadata.labels}", r#"{"app":"x"}"#),
            (r#"{range .items[*]}{.metadata.name}{"\t"}{.spec.replicas}{"\n"}{end}"#, "a\t2\nb\t0\n"),
            (r"{range .items[*]}{@.metadata.name}:{range .spec.ports[*]} {@}{end};{end}done", "a: 80 443;b:;done"),
            (r#"{.items[?(@.spec.replicas>0)].metadata.name}{'.'}"#, "a."),
            ("{.nothing}", ""),
            ("{range .nothing[*]}{.a}{end}x", "x"),
        ] {
            assert_eq!(render(template), expected, "{template}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (template, expected) in [
            ("{.a", "a closing brace is expected at character 3 of \"{.a\""),
            ("{range .a}x", "a range is not ended at character 11 of \"{range .a}x\""),
            ("{end}", "there is no range to end at character 5 of \"{end}\""),
            ("{foo}", "neither a path, a text in quotes, range nor end at character 4 of \"{foo}\""),
            ("{", "a brace is not closed at character 1 of \"{\""),
        ] {
            assert_eq!(Template::parse(template).expect_err(template).to_string(), expected);
        }
    }

    #[test]
    fn ranges_lie_within_each_other_up_to_a_bound() {
        let nested = |levels: usize| Template::parse(&format!("{}{}", "{range .a}".repeat(levels), "{end}".repeat(levels)));
        assert_eq!(nested(16).map(|template| template.parts.len()), Ok(1));
        for levels in [17, 20_000] {
            let refused = nested(levels).expect_err("too deep").to_string();
            assert!(refused.starts_with("filters or ranges are nested more than 16 deep at character 170 "), "{refused}");
        }
    }

    #[test]
    fn values_keep_their_types() {
        let template = Template::parse("{.a}{.b[*]}").expect("a template");
        assert_eq!(
            template.values(&json!({"a": {"x": 1}, "b": [true, "t"]})).expect("it fits"),
            [json!({"x": 1}), json!(true), json!("t")]
        );
    }
}
