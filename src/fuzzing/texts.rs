//! What the fuzz targets check about texts that definitions and rules bring along: JSONPath and patterns.
//!
//! Receives and hands on what the targets do. Invariant: the work that a text asks for is bounded by the module that does it, or, where that
//! leaves it to others, by what is asked here.

use serde_json::Value;

use crate::object::json_path::{JsonPath, Template};
use crate::schema::{go_pattern, go_pattern_weight};

/// JSONPath, over a path, a line `---` and a document: the first value that it leads to is the first of all.
///
/// # Panics
/// Where it is not.
pub fn json_path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (path, document) = text.split_once("\n---\n").unwrap_or((text, "{}"));
    let _template = Template::parse(path);
    let (Ok(parsed), Ok(document)) = (JsonPath::parse(path), serde_json::from_str::<Value>(document)) else { return };
    let Some(root) = document.as_object() else { return };
    let first = parsed.first(root);
    // All ways are followed without a bound, and what several lead to comes way by way.
    if path.matches("..").count() > 2 || path.contains(',') {
        return;
    }
    if let Ok(all) = parsed.all(&document) {
        assert_eq!(first, all.first().copied(), "{path}");
    }
}

/// The longest text that a pattern is tried on, in bytes, and the most states that it may have for that.
const TRIED: (usize, u64) = (64, 100_000);

/// Patterns, over a pattern and, in the lines below it, a text: any text, quoted, is a pattern that it fits, and no other.
///
/// # Panics
/// Where it is not.
pub fn patterns(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (pattern, text) = text.split_once('\n').unwrap_or((text, ""));
    if text.len() > TRIED.0 {
        return;
    }
    if go_pattern_weight(pattern) <= TRIED.1
        && let Ok(compiled) = go_pattern(pattern)
    {
        let _fits = compiled.is_match(text);
    }
    if text.contains("\\E") {
        return;
    }
    for (quoted, fits) in [(text.to_owned(), true), (format!("{text}."), false)] {
        let compiled = go_pattern(&format!("^\\Q{quoted}\\E$"));
        assert!(compiled.is_ok_and(|compiled| compiled.is_match(text) == fits), "{text:?}");
    }
}
