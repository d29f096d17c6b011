//! JSON values as YAML text in kubectl's layout.
//!
//! Two spaces for each level, list items at their key's own indentation, text over several lines as a literal block, and never a
//! folded line: a diff is only as good as its lines are stable. Our own, because the layout, and quoting by the very resolver that
//! reads, are what no library offers. Invariant: [`super::read()`] and kubectl read back the value that was written (a float without a
//! fraction comes back as an integer).

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::resolve::is_ambiguous;

/// The longest key that is written in front of its colon; YAML readers give up looking for the colon after 1,024 characters.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// A value as one YAML document, ending in a line break, without a `---`.
#[must_use]
pub fn emit(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => mapping(&mut out, members, 0),
        Value::Array(items) if !items.is_empty() => sequence(&mut out, items, 0),
        // Readers disagree on what a block's indentation is counted from where nothing is around it.
        Value::String(text) if style(text) == Style::Literal => {
            double_quoted(&mut out, text);
            out.push('\n');
        }
        scalar => {
            inline(&mut out, scalar, 0);
            out.push('\n');
        }
    }
    out
}

/// Writes members one a line; the cursor stands where the first key goes.
fn mapping(out: &mut String, members: &Map<String, Value>, indent: usize) {
    for (position, (name, value)) in members.iter().enumerate() {
        if position > 0 {
            pad(out, indent);
        }
        key(out, name, indent);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                pad(out, indent + 2);
                mapping(out, inner, indent + 2);
            }
            Value::Array(items) if !items.is_empty() => {
                out.push('\n');
                pad(out, indent);
                sequence(out, items, indent);
            }
            scalar => {
                out.push(' ');
                inline(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

/// Writes items one a line; the cursor stands where the first dash goes.
fn sequence(out: &mut String, items: &[Value], indent: usize) {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(inner) if !inner.is_empty() => mapping(out, inner, indent + 2),
            Value::Array(inner) if !inner.is_empty() => sequence(out, inner, indent + 2),
            scalar => {
                inline(out, scalar, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn key(out: &mut String, name: &str, indent: usize) {
    let long = name.len() > LONGEST_SIMPLE_KEY;
    if long {
        out.push_str("? ");
    }
    match style(name) {
        Style::Plain => out.push_str(name),
        Style::Single => single_quoted(out, name),
        Style::Double | Style::Literal => double_quoted(out, name),
    }
    if long {
        out.push('\n');
        pad(out, indent);
    }
    out.push(':');
}

/// Writes what fits behind a key or a dash: a scalar or an empty collection. A block's lines are indented by `indent`.
fn inline(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        Value::String(text) => match style(text) {
            Style::Plain => out.push_str(text),
            Style::Single => single_quoted(out, text),
            Style::Double => double_quoted(out, text),
            Style::Literal => literal(out, text, indent),
        },
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

fn style(text: &str) -> Style {
    if text.chars().any(|c| needs_escape(c) && c != '\n' && c != '\t') {
        return Style::Double;
    }
    if text.contains('\n') {
        // A block of nothing but blanks leaves its indentation to guesswork.
        return if text.trim().is_empty() { Style::Double } else { Style::Literal };
    }
    if text.contains('\t') || is_ambiguous(text) {
        return Style::Double;
    }
    if is_plain(text) { Style::Plain } else { Style::Single }
}

/// Whether a character is invisible, breaks lines for some readers, or is not allowed in YAML as it is.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
        // Marks that reorder or hide the text around them on a terminal.
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

/// Whether a one-line text can stand unquoted, as far as YAML's indicators go.
fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let (first, second) = (characters.next(), characters.next());
    let indicator = match first {
        None | Some(',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => true,
        Some('-' | '?' | ':') => second.is_none_or(|c| c == ' '),
        Some(_) => false,
    };
    !(indicator
        || text.starts_with(' ')
        || text.ends_with([' ', ':'])
        || text.starts_with("---")
        || text.starts_with("...")
        || text.contains(": ")
        || text.contains(" #"))
}

fn single_quoted(out: &mut String, text: &str) {
    out.push('\'');
    out.push_str(&text.replace('\'', "''"));
    out.push('\'');
}

fn double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{1b}' => out.push_str("\\e"),
            c if needs_escape(c) => {
                let code = u32::from(c);
                let written = if code <= 0xff { write!(out, "\\x{code:02X}") } else { write!(out, "\\u{code:04X}") };
                written.unwrap_or_default();
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Writes a literal block without the line break after its last line.
fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    // A reader takes the indentation from the first line that is not empty, which must then not begin with blanks of its own.
    if text.starts_with([' ', '\n', '\t']) {
        out.push('2');
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) if body.ends_with('\n') => {
            out.push('+');
            body
        }
        Some(body) => body,
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
}
