//! What a step of GitHub Actions tells its runner: annotations on standard error, outputs in a file, groups in the log.
//!
//! The form is that of <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>. Invariant: only commands that
//! are written here are commands; [`apart`] takes that from the text of others.

use std::borrow::Cow;

use super::{Finding, Level, Report};
use crate::plan::Action;

/// The most annotations of a level that a step shows; a runner drops what comes after them without a word.
const ANNOTATIONS_MOST: usize = 10;
/// The most characters of an annotation's title.
const TITLE_MOST: usize = 255;

/// One annotation a line; where there are more of a level than are shown, the last one says how many.
#[must_use]
pub fn annotations(findings: &[Finding]) -> String {
    let mut text = String::new();
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let of_level: Vec<&Finding> = findings.iter().filter(|finding| finding.level == level).collect();
        let shown = if of_level.len() > ANNOTATIONS_MOST { ANNOTATIONS_MOST - 1 } else { of_level.len() };
        of_level.iter().take(shown).for_each(|finding| text.push_str(&annotation(finding)));
        if of_level.len() > shown {
            let message = format!("{} more are in the summary of the job", of_level.len() - shown);
            text.push_str(&format!("::{} title=trueup::{}\n", word(level), data(&message)));
        }
    }
    text
}

fn annotation(finding: &Finding) -> String {
    let place = finding.place.as_ref().map(|place| format!("file={},line={},col={},", property(&place.file), place.line, place.column));
    let title: String = finding.title.chars().take(TITLE_MOST).collect();
    format!("::{} {}title={}::{}\n", word(finding.level), place.unwrap_or_default(), property(&title), data(&finding.message))
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Notice => "notice",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// The lines of the file `GITHUB_OUTPUT`; values hold neither line breaks nor anything of others.
#[must_use]
pub fn outputs(report: &Report) -> String {
    counts(report).into_iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// The numbers of a report, by the names that outputs have.
pub(super) fn counts(report: &Report) -> Vec<(&'static str, String)> {
    let summary = report.summary();
    let mut counts = vec![("changed", (summary.changes() > 0).to_string()), ("has-errors", report.has_errors().to_string())];
    counts.push(("changes", summary.changes().to_string()));
    counts.extend(Action::ALL.map(|action| (action.word(), summary.count(action).to_string())));
    counts.push(("failed", report.failed().to_string()));
    counts
}

/// Text below a title that folds it in the log.
#[must_use]
pub fn group(title: &str, text: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("::group::{}\n{}{end}::endgroup::\n", data(title), apart(text))
}

/// Text in which a runner finds no command: it looks for `::` at the beginning of a line and for `##[` anywhere in it. A blank of no width
/// is put between.
#[must_use]
pub fn apart(text: &str) -> Cow<'_, str> {
    let begins = |line: &str| line.trim_start().starts_with("::");
    if !text.contains("##[") && !text.split(['\n', '\r']).any(begins) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for line in text.split_inclusive(['\n', '\r']) {
        let indent = line.len() - line.trim_start().len();
        match line[indent..].strip_prefix("::") {
            Some(rest) => out.extend([&line[..indent], ":\u{200b}:", rest]),
            None => out.push_str(line),
        }
    }
    Cow::Owned(out.replace("##[", "##\u{200b}["))
}

/// What stands behind the second `::` of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_others_are_taken_apart() {
        assert_eq!(apart("a::b\n  ::error::x\n##[add-mask]y\n"), "a::b\n  :\u{200b}:error::x\n##\u{200b}[add-mask]y\n");
        assert_eq!(apart("\u{a0}::error::x"), "\u{a0}:\u{200b}:error::x");
        assert!(matches!(apart("+  a: 1\n :x\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_group_holds_what_it_is_given() {
        assert_eq!(group("50%\n::x", " ::endgroup::\n+a"), "::group::50%25%0A::x\n :\u{200b}:endgroup::\n+a\n::endgroup::\n");
    }
}
