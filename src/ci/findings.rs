//! A report as one list of things to look at, the gravest first.
//!
//! Receives a report, hands on what annotations, code quality and SARIF have in common. Invariant: a finding keeps its fingerprint while
//! lines above it come and go.

use std::collections::HashMap;

use ring::digest::{SHA256, digest};

use super::{Item, Level, Place, Problem, Report, Rule};
use crate::plan::Action;
use crate::printable::{one_line, printable};

/// The most characters of a message: what is longer is for the log and the summary.
const MESSAGE_MOST: usize = 4000;
/// The most lines of a difference in a message.
const FIELDS_MOST: usize = 20;

/// A place in a file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlace {
    /// The path from the repository's root, with `/` between its parts.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What kind of thing it is.
    pub rule: Rule,
    /// What it is about, on one line.
    pub title: String,
    /// What there is to say, over one or several lines, without control characters.
    pub message: String,
    /// Where it is; `None` where that is no file of the repository.
    pub place: Option<FilePlace>,
    /// The object, with its namespace before it; `None` where it is about none.
    pub object: Option<String>,
    /// The same from run to run; unique within the report.
    pub fingerprint: String,
}

/// Problems and differences, the gravest first, otherwise in the order of the report.
#[must_use]
pub fn findings(report: &Report) -> Vec<Finding> {
    let problems = report.problems.iter().map(|problem| of_problem(report, problem));
    let mut findings: Vec<Finding> = problems.chain(report.changed().map(|item| of_item(report, item))).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in &mut findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        finding.fingerprint = fingerprint(&[&finding.fingerprint, &count.to_string()]);
    }
    findings
}

fn of_problem(report: &Report, problem: &Problem) -> Finding {
    let place = file_place(report, problem.place.as_ref());
    let elsewhere = problem.place.as_ref().filter(|_| place.is_none());
    let before = elsewhere.map(|place| format!("{}:{}:{}: ", place.name, place.line, place.column)).unwrap_or_default();
    let hint = problem.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
    let file = problem.place.as_ref().map_or("", |place| place.name.as_str());
    Finding {
        level: problem.level,
        rule: problem.rule,
        title: one_line(&problem.title()).into_owned(),
        message: shortened(&printable(&format!("{before}{}{hint}", problem.message))),
        object: problem.object.as_ref().map(|object| qualified(problem.namespace.as_deref(), object)),
        // What the server says may hold what differs from run to run; it counts only where nothing else tells problems apart.
        fingerprint: fingerprint(&[
            problem.rule.id,
            file,
            &problem.title(),
            if problem.subject.is_empty() { &problem.message } else { &problem.subject },
        ]),
        place,
    }
}

fn of_item(report: &Report, item: &Item) -> Finding {
    let reason = item.reason.as_ref().map(|reason| format!("{reason}\n")).unwrap_or_default();
    let count = item.fields.lines().count();
    let mut fields: String = item.fields.lines().take(FIELDS_MOST).map(|line| format!("{line}\n")).collect();
    if count > FIELDS_MOST {
        fields.push_str(&format!("… {} more lines\n", count - FIELDS_MOST));
    }
    let word = report.word(item.action);
    let message = match format!("{reason}{fields}").trim_end() {
        "" => format!("{} {word}", item.title()),
        text => text.to_owned(),
    };
    Finding {
        level: report.level_of(item.action),
        rule: rule_of(item.action),
        title: one_line(&format!("{word} {}", item.title())).into_owned(),
        message: shortened(&printable(&message)),
        place: file_place(report, item.place.as_ref()),
        object: Some(qualified(item.namespace.as_deref(), &item.object)),
        fingerprint: fingerprint(&[rule_of(item.action).id, &item.title()]),
    }
}

fn rule_of(action: Action) -> Rule {
    let description = match action {
        Action::Create => "The object does not exist and is made",
        Action::Update => "The object is changed in place",
        Action::Replace => "The object cannot be changed in place, and is deleted and made anew",
        Action::Delete => "The object is deleted",
        Action::Unchanged => "The object is as it should be",
    };
    Rule { id: action.word(), description }
}

fn qualified(namespace: Option<&str>, object: &str) -> String {
    let name = namespace.map_or_else(|| object.to_owned(), |namespace| format!("{namespace}/{object}"));
    one_line(&name).into_owned()
}

fn file_place(report: &Report, place: Option<&Place>) -> Option<FilePlace> {
    let place = place?;
    Some(FilePlace { file: report.file(place)?, line: place.line.max(1), column: place.column.max(1) })
}

fn shortened(message: &str) -> String {
    let cut: String = message.chars().take(MESSAGE_MOST).collect();
    if cut.len() < message.len() { cut + "…" } else { cut }
}

/// 32 digits, of parts that cannot run into each other.
fn fingerprint(parts: &[&str]) -> String {
    let text: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    digest(&SHA256, text.as_bytes()).as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
