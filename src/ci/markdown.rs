//! A report as a comment in markdown that fits where it goes, and all differences of a report as one text.
//!
//! A comment begins with a mark that is not shown, by which whoever posts it finds the one of the run before. What does not fit is cut
//! where it is longest: first long differences, then the last of them, then rows of the table, then what failed; and the comment says so.
//! Invariant: nothing
//! that a manifest or a server says leaves the block, the cell or the title that it stands in.

use super::{Item, Level, Problem, Report};
use crate::plan::render::{Tense, code, counts, fenced, html};
use crate::printable::{one_line, printable};

/// Bytes to which a difference is cut before others are left out: some ten lines.
const DIFFERENCE_LEAST: usize = 500;
/// The most characters of what is told about one object that failed.
const PROBLEM_MOST: usize = 2000;

/// How much a place takes, in what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Characters, as comments are counted. Platforms do not say what they take for one: UTF-16's units are never fewer than code points,
    /// and four bytes for each, which is what the column behind it holds on GitHub, never less than their UTF-8.
    Characters(usize),
    /// Bytes, as files are counted.
    Bytes(usize),
}

impl Limit {
    /// The longest comment of GitHub.
    pub const GITHUB_COMMENT: Self = Self::Characters(65_536);
    /// The longest comment of GitLab.
    pub const GITLAB_COMMENT: Self = Self::Characters(1_000_000);
    /// The summary of a step on GitHub.
    pub const GITHUB_SUMMARY: usize = 1 << 20;

    /// Whether a text fits.
    #[must_use]
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Bytes(most) => text.len() <= most,
            Self::Characters(most) => text.len() <= most || text.encode_utf16().count() <= most,
        }
    }
}

/// What there is room for.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Bytes of each difference.
    difference: usize,
    /// Differences.
    differences: usize,
    /// Rows of the table.
    rows: usize,
    /// Objects that failed.
    problems: usize,
}

/// A part of the room.
type Member = fn(&mut Room) -> &mut usize;

/// The comment; `full` is where the whole difference is found.
#[must_use]
pub fn comment(report: &Report, limit: Limit, full: Option<&str>) -> String {
    let longest = report.changed().map(|item| item.diff.len()).max().unwrap_or_default();
    let groups = report.grouped();
    let changed = report.changed().count();
    let mut room = Room { difference: longest, differences: changed, rows: changed, problems: groups.len() };
    let written = |room: Room| render(report, &groups, room, full);
    let whole = written(room);
    if limit.holds(&whole) {
        return whole;
    }
    let steps: [(Member, usize); 4] = [
        (|room| &mut room.difference, DIFFERENCE_LEAST.min(longest)),
        (|room| &mut room.differences, 0),
        (|room| &mut room.rows, 0),
        (|room| &mut room.problems, 0),
    ];
    for (member, least) in steps {
        let so_far = room;
        let fits = |most: usize| {
            let mut tried = so_far;
            *member(&mut tried) = most;
            limit.holds(&written(tried))
        };
        let most = most(least, *member(&mut room), fits);
        *member(&mut room) = most.unwrap_or(least);
        if most.is_some() {
            break;
        }
    }
    written(room)
}

/// The largest number from `least` to `most` that fits, where all below one that fits do; `None` where not even the least does.
fn most(least: usize, most: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    if !fits(least) {
        return None;
    }
    let (mut low, mut high) = (least, most);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    Some(low)
}

fn render(report: &Report, groups: &[Vec<&Problem>], room: Room, full: Option<&str>) -> String {
    let mut text = head(report);
    groups.iter().take(room.problems).for_each(|group| text.push_str(&trouble(group)));
    left_out(&mut text, groups.len() - room.problems, "problems");
    let changed: Vec<&Item> = report.changed().collect();
    if room.rows > 0 {
        text.push_str("\n| action | object | namespace | source |\n|---|---|---|---|\n");
        changed.iter().take(room.rows).for_each(|item| text.push_str(&row(report, item)));
    }
    left_out(&mut text, changed.len() - room.rows, "changes");
    let mut cut = 0;
    let differing: Vec<&Item> = changed.iter().copied().take(room.rows).filter(|item| !item.diff.is_empty()).collect();
    for item in differing.iter().take(room.differences) {
        let shown = beginning(&item.diff, room.difference);
        cut += usize::from(shown.len() < item.diff.len());
        text.push_str(&details(report, item, shown));
    }
    if cut > 0 {
        let differences = if cut == 1 { "the longest difference is".to_owned() } else { format!("the {cut} longest differences are") };
        text.push_str(&format!("\n_So that this fits, {differences} cut._\n"));
    }
    left_out(&mut text, differing.len().saturating_sub(room.differences), "differences");
    if (cut > 0 || room.differences < differing.len() || room.rows < changed.len())
        && let Some(full) = full
    {
        text.push_str(&format!("\nAll differences are in {}.\n", code(full)));
    }
    report.warnings.iter().for_each(|warning| text.push_str(&format!("\n> warning: {}\n", html(warning))));
    text
}

fn head(report: &Report) -> String {
    let name = if report.name == "trueup" { String::new() } else { format!(": {}", html(&report.name)) };
    let mut text = format!("<!-- trueup: {} {} -->\n", report.name, report.command);
    text.push_str(&format!("### trueup {}{name}\n\n{}\n", report.command, counted(report)));
    if let Some(target) = &report.target {
        text.push_str(&format!("\nTarget: {}\n", code(target)));
    }
    text
}

fn counted(report: &Report) -> String {
    let (items, failed) = (report.items.len(), report.failed());
    let objects = if items == 1 { "object" } else { "objects" };
    let bold = |count: usize, word: &str| if count > 0 { format!(", **{count} {word}**") } else { String::new() };
    match (report.command, report.tense) {
        ("validate", _) => format!("Validated: {items} {objects} without faults{}.", bold(failed, "with errors")),
        ("delete", Tense::Past) => format!("Deleted: {items} {objects}{}.", bold(failed, "failed")),
        ("delete", Tense::Future) => format!("To delete: {items} {objects}{}.", bold(failed, "failed")),
        _ => counts(report.summary(), failed, report.tense),
    }
}

fn left_out(text: &mut String, count: usize, what: &str) {
    if count > 0 {
        text.push_str(&format!("\n_{count} more {what} are left out, so that this fits._\n"));
    }
}

fn row(report: &Report, item: &Item) -> String {
    let place =
        item.place.as_ref().map(|place| code(&format!("{}:{}", report.file(place).unwrap_or_else(|| place.name.clone()), place.line)));
    let namespace = item.namespace.as_deref().map(code).unwrap_or_default();
    format!("| {} | {} | {namespace} | {} |\n", report.word(item.action), code(&item.object), place.unwrap_or_default())
}

fn details(report: &Report, item: &Item, shown: &str) -> String {
    if shown.is_empty() {
        return String::new();
    }
    let reason = item.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let title = html(&format!("{} {}{reason}", report.word(item.action), item.title()));
    let left = item.diff.lines().count() - shown.lines().count();
    let more = if left > 0 { format!("_… {left} more lines_\n") } else { String::new() };
    format!("\n<details><summary>{title}</summary>\n\n{}{more}\n</details>\n", fenced(shown, "diff"))
}

/// Whole lines from the beginning, as many as there is room for.
fn beginning(text: &str, room: usize) -> &str {
    if text.len() <= room {
        return text;
    }
    let end = text.bytes().take(room).rposition(|byte| byte == b'\n').map_or(0, |end| end + 1);
    text.get(..end).unwrap_or_default()
}

fn trouble(problems: &[&Problem]) -> String {
    let Some(first) = problems.first() else { return String::new() };
    let mut body = String::new();
    for problem in problems {
        let place = problem.place.as_ref().map(|place| format!("{}:{}:{}: ", place.name, place.line, place.column)).unwrap_or_default();
        let hint = problem.hint.as_ref().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
        body.push_str(&format!("{place}{}\n{hint}", problem.message));
    }
    let body = printable(&body);
    let cut: String = body.chars().take(PROBLEM_MOST).collect();
    let more = if cut.len() < body.len() { "…\n" } else { "" };
    let word = if problems.iter().any(|problem| problem.level == Level::Error) { "failed" } else { "look at" };
    format!("\n**{word}** {}\n\n{}", code(&first.title()), fenced(&(cut + more), ""))
}

/// Every difference of a report, one after the other, each below a line that names the object.
#[must_use]
pub fn full_diff(report: &Report) -> String {
    let one = |item: &Item| {
        let reason = item.reason.as_ref().map(|reason| format!(": {}", one_line(reason))).unwrap_or_default();
        format!("=== {} {}{reason}\n{}\n", report.word(item.action), one_line(&item.title()), item.diff)
    };
    report.changed().map(one).collect()
}
