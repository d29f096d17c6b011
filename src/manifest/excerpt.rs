//! The line of a place, with a caret below the place.
//!
//! Receives a source and a place in it, hands on two lines. Invariant: no value of a Secret is shown; where the document at hand is
//! one, the line ends after its key.

use super::Source;
use crate::printable::steers;
use crate::yaml::Mark;

/// The most characters of a source line that are shown.
const LINE_WIDTH: usize = 100;

/// Two lines, each after a line break: the line of a place, and a caret below the place. Nothing where there is nothing to see.
pub(super) fn excerpt(source: &Source, mark: Mark) -> String {
    let line = source.line(mark.line).unwrap_or_default();
    let at = (mark.column as usize).saturating_sub(1);
    let shown = if source.may_be_secret(mark.line) { without_value(line) } else { line.to_owned() };
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

/// A line of a Secret as far as its first key.
fn without_value(line: &str) -> String {
    match line.find(": ") {
        Some(colon) => format!("{}: ***", &line[..colon]),
        None if line.trim_end().ends_with(':') => line.to_owned(),
        None => {
            let indent = &line[..line.len() - line.trim_start().len()];
            format!("{indent}***")
        }
    }
}
