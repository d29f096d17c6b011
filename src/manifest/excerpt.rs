//! The line of a place, with a caret below the place.
//!
//! Receives a source and a place in it, hands on two lines. Invariant: no value of a Secret is shown; where the document at hand is
//! one, the line ends after its key. Nor is what lets somebody in at a URL.

use super::Source;
use crate::printable::steers;
use crate::shown_url::shown_urls;
use crate::yaml::Mark;

/// The keys of a Secret that may be shown: those of its form. Any other word before a colon may be part of a value.
const KEYS: [&str; 13] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "finalizers",
    "type",
    "immutable",
    "data",
    "stringData",
];

/// The most characters of a source line that are shown.
const LINE_WIDTH: usize = 100;

/// Two lines, each after a line break: the line of a place, and a caret below the place. Nothing where there is nothing to see.
pub(super) fn excerpt(source: &Source, mark: Mark) -> String {
    let line = source.line(mark.line).unwrap_or_default();
    let at = (mark.column as usize).saturating_sub(1);
    let shown = if source.may_be_secret(mark.line) { without_value(line) } else { shown_urls(line) };
    if shown.trim().is_empty() {
        return String::new();
    }
    // Control characters could move the cursor, and a tab's width is the terminal's secret: each becomes one blank, which keeps the caret
    // in its place.
    let characters: Vec<char> = shown.chars().map(|c| if steers(c) { ' ' } else { c }).collect();
    let start = if at < LINE_WIDTH { 0 } else { at.min(characters.len()).saturating_sub(LINE_WIDTH / 2) };
    let end = characters.len().min(start + LINE_WIDTH);
    let (head, tail) = (if start > 0 { "…" } else { "" }, if end < characters.len() { "…" } else { "" });
    let text: String = characters[start..end].iter().collect();
    let number = mark.line;
    let gutter = " ".repeat(number.to_string().len());
    let before: String = characters[start..].iter().take(at.saturating_sub(start)).collect();
    let offset = unicode_width::UnicodeWidthStr::width(before.as_str()) + head.chars().count();
    format!("\n {number} | {head}{}{tail}\n {gutter} | {}^", text.trim_end(), " ".repeat(offset))
}

/// A line of a Secret as far as its key, if a key is all that stands before the value; a line that may be the middle of a value shows
/// nothing but its indent.
fn without_value(line: &str) -> String {
    let indent = &line[..line.len() - line.trim_start().len()];
    let after_dash = line.trim_start().trim_start_matches("- ");
    let key = after_dash.split_once(':').map(|(key, _)| key.trim_matches(['"', '\'']));
    match key.filter(|key| KEYS.contains(key)) {
        Some(_) if line.trim_end().ends_with(':') => line.to_owned(),
        Some(_) => format!("{}: ***", &line[..line.find(':').unwrap_or_default()]),
        None => format!("{indent}***"),
    }
}
