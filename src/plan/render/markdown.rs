//! A plan as a comment on a pull request: a table of what changes, and a difference to unfold for each object.
//!
//! Invariant: nothing that a manifest says can leave the code block or the table cell it stands in.

use super::diff::{DiffOptions, unified_entry};
use super::header::Tense;
use super::paths::owner_notes;
use crate::plan::{Action, Failure, OwnersShown, Plan, PlanEntry, Summary, in_namespace};
use crate::printable::one_line;

/// A plan as markdown. Objects that stay as they are are only counted.
#[must_use]
pub fn markdown(plan: &Plan, failures: &[Failure], mask: bool, owners: OwnersShown<'_>) -> String {
    let changed: Vec<&PlanEntry> = plan.entries.iter().filter(|entry| entry.action.is_change()).collect();
    let mut text = format!("{}\n", counts(plan.summary(), failures.len(), Tense::Future));
    if !changed.is_empty() {
        text.push_str("\n| action | object | namespace | source |\n|---|---|---|---|\n");
        changed.iter().for_each(|entry| text.push_str(&row(entry)));
    }
    changed.iter().for_each(|entry| text.push_str(&details(entry, mask, owners)));
    failures.iter().for_each(|failure| text.push_str(&trouble(failure)));
    text
}

/// The counts of [`super::summary`], those that matter in bold.
pub(crate) fn counts(summary: Summary, failed: usize, tense: Tense) -> String {
    let part = |action: Action| {
        let count = summary.count(action);
        let to = if tense == Tense::Future && action.is_change() { "to " } else { "" };
        let text = format!("{count} {to}{}", tense.word(action));
        if count > 0 && action.is_change() { format!("**{text}**") } else { text }
    };
    let failed = (failed > 0).then(|| format!("**{failed} failed**"));
    let parts: Vec<String> = Action::ALL.map(part).into_iter().chain(failed).collect();
    format!("{}: {}.", tense.heading(), parts.join(", "))
}

fn row(entry: &PlanEntry) -> String {
    let source = entry.origin.as_ref().map(|origin| code(&origin.file_line())).unwrap_or_default();
    let namespace = entry.key.namespace.as_deref().map(code).unwrap_or_default();
    format!("| {} | {} | {namespace} | {source} |\n", entry.action.word(), code(&entry.display_name()))
}

fn details(entry: &PlanEntry, mask: bool, owners: OwnersShown<'_>) -> String {
    let options = DiffOptions { mask, ..DiffOptions::default() };
    let body = unified_entry(entry, options) + &owner_notes(&entry.changes(mask, owners), false);
    let namespace = in_namespace(entry.key.namespace.as_deref());
    let reason = entry.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let title = html(&format!("{} {}{namespace}{reason}", entry.action.word(), entry.display_name()));
    format!("\n<details><summary>{title}</summary>\n\n{}\n</details>\n", fenced(&body, "diff"))
}

fn trouble(failure: &Failure) -> String {
    let place = failure.origin().map(|origin| format!("{origin}: ")).unwrap_or_default();
    let namespace = in_namespace(failure.namespace.as_deref());
    let disputes = failure.disputes.iter().map(|dispute| format!("\n  {} is owned by {}", dispute.field, dispute.owner));
    let text = format!("{place}{}{namespace}: {}{}", failure.name, failure.error, disputes.collect::<String>());
    format!("\n**failed**\n\n{}", fenced(&text, ""))
}

/// A code block whose fence is longer than any run of backticks inside.
pub(crate) fn fenced(body: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(body).max(2) + 1);
    let end = if body.is_empty() || body.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{body}{end}{fence}\n")
}

/// A code span that a cell of a table can hold.
pub(crate) fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{}{pad}{fence}", one_line(text).replace('|', "\\|"))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Text inside of HTML, on one line.
pub(crate) fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            // Markdown is read inside of a summary too.
            '`' | '*' | '_' | '[' | ']' | '|' | '\\' | '@' | '#' => safe.push_str(&format!("&#{};", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!(fenced("a", "diff"), "```diff\na\n```\n");
        assert_eq!(fenced("x\n````\n", ""), "`````\nx\n````\n`````\n");
    }

    #[test]
    fn a_cell_and_a_summary_hold_what_they_are_given() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(html("<b>@all</b>\n`"), "&lt;b&gt;&#64;all&lt;/b&gt;^J&#96;");
    }
}
