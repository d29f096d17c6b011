//! JSON values as Go programs print them, and Go templates over them (`-o go-template`).
//!
//! See <https://pkg.go.dev/text/template>; the functions `exists` and `base64decode` are kubectl's own.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A value as Go's `%v` prints it: `map[a:1]`, `[x y]`, `<nil>`.
#[must_use]
pub fn go_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => go_value(other).to_string(),
    }
}

/// A parsed Go template.
#[derive(Clone)]
pub struct GoTemplate {
    source: String,
    template: Arc<gotmpl::Template>,
}

impl GoTemplate {
    /// Reads a template.
    ///
    /// Errors say in which line of it what is not understood.
    pub fn parse(source: &str) -> Result<Self, String> {
        balanced(source)?;
        let template = gotmpl::Template::new("output").func("exists", exists).func("base64decode", base64decode);
        let template = template.parse(source).map_err(|error| error.to_string())?;
        Ok(Self { source: source.to_owned(), template: Arc::new(template) })
    }

    /// The text for a document.
    ///
    /// Errors where the template does not fit the document.
    pub fn render(&self, document: &Value) -> Result<String, String> {
        self.template.execute_to_string(&go_value(document)).map_err(|error| error.to_string())
    }
}

impl std::fmt::Debug for GoTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("GoTemplate").field(&self.source).finish()
    }
}

impl PartialEq for GoTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// The library lets blocks end with the text, and text end where no block is left to end; Go refuses both.
fn balanced(source: &str) -> Result<(), String> {
    let mut open = 0_usize;
    let mut rest = source;
    while let Some(start) = rest.find("{{") {
        let action = &rest[start + 2..];
        let end = action_end(action);
        match action.trim_start_matches(['-', ' ', '\n', '\t']).split(|c: char| !c.is_alphabetic()).next() {
            Some("if" | "range" | "with" | "define" | "block") => open += 1,
            Some("end") => open = open.checked_sub(1).ok_or("there is an {{end}} without a block")?,
            _ => {}
        }
        rest = &action[end..];
    }
    if open > 0 { Err("a block (if, range, with, ...) is not ended: {{end}} is missing".to_owned()) } else { Ok(()) }
}

/// Where an action ends. Braces within quotes and comments are none.
fn action_end(action: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in action.char_indices() {
        match quote {
            Some(open) if !escaped && c == open => quote = None,
            Some(open) => escaped = !escaped && c == '\\' && open != '`',
            None if matches!(c, '"' | '`' | '\'') => quote = Some(c),
            None if action[at..].starts_with("}}") => return at,
            None => {}
        }
    }
    action.len()
}

fn go_value(value: &Value) -> gotmpl::Value {
    match value {
        Value::Null => gotmpl::Value::Nil,
        Value::Bool(truth) => gotmpl::Value::Bool(*truth),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => gotmpl::Value::Int(number),
            (None, Some(number)) => gotmpl::Value::Uint(number),
            (None, None) => gotmpl::Value::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => gotmpl::Value::String(text.as_str().into()),
        Value::Array(items) => gotmpl::Value::List(items.iter().map(go_value).collect()),
        Value::Object(members) => {
            gotmpl::Value::Map(Arc::new(members.iter().map(|(name, value)| (name.as_str().into(), go_value(value))).collect()))
        }
    }
}

/// Whether a chain of indices leads to something.
fn exists(arguments: &[gotmpl::Value]) -> gotmpl::Result<gotmpl::Value> {
    let Some((root, keys)) = arguments.split_first() else { return Ok(gotmpl::Value::Bool(false)) };
    let mut at = root.clone();
    for key in keys {
        match at.index(key) {
            Ok(found) if !matches!(found, gotmpl::Value::Nil) => at = found,
            _ => return Ok(gotmpl::Value::Bool(false)),
        }
    }
    Ok(gotmpl::Value::Bool(true))
}

fn base64decode(arguments: &[gotmpl::Value]) -> gotmpl::Result<gotmpl::Value> {
    let text = arguments.first().and_then(gotmpl::Value::as_str).unwrap_or_default();
    let decoded = STANDARD.decode(text).map_err(|error| gotmpl::TemplateError::Exec(format!("base64decode: {error}")))?;
    Ok(gotmpl::Value::String(String::from_utf8_lossy(&decoded).into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_printed_as_go_does() {
        for (value, expected) in [
            (json!("a"), "a"),
            (json!(1), "1"),
            (json!(0.5), "0.5"),
            (json!(true), "true"),
            (json!(null), "<nil>"),
            (json!({"b": "x", "a": [1, "y"]}), "map[a:[1 y] b:x]"),
        ] {
            assert_eq!(go_text(&value), expected);
        }
    }

    #[test]
    fn templates_walk_the_document() {
        let document = json!({"items": [{"metadata": {"name": "a"}, "data": {"k": "aGk="}}, {"metadata": {"name": "b"}}]});
        for (template, expected) in [
            (r#"{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}"#, "a\nb\n"),
            (r#"{{(index .items 0).data.k | base64decode}}"#, "hi"),
            (r#"{{range .items}}{{if exists . "data" "k"}}{{.metadata.name}}{{end}}{{end}}"#, "a"),
            ("{{len .items}}", "2"),
            ("{{.nothing}}", "<no value>"),
        ] {
            assert_eq!(GoTemplate::parse(template).expect(template).render(&document).expect(template), expected, "{template}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for template in ["{{range .items}}", "{{end}}", "{{- if .a -}} x", "{{.a"] {
            assert!(GoTemplate::parse(template).is_err(), "{template}");
        }
        assert!(GoTemplate::parse("{{nothing .}}").is_ok_and(|template| template.render(&json!({})).is_err()));
        assert!(GoTemplate::parse(r#"{{if eq .a "}} {{if"}}x{{end}}"#).is_ok());
        assert!(GoTemplate::parse(r#"{{"%%" | base64decode}}"#).expect("well formed").render(&json!({})).is_err());
    }
}
