//! A report as JUnit: a case for each object, and one for each thing that failed for no object.
//!
//! An object that something was done to and that is not as it should be is one case, which fails, with what was done as its output.
//! There is no one schema; this keeps to what the parsers of Jenkins, GitLab and Azure DevOps have in common. Invariant: the text is XML
//! 1.0 whatever names and messages hold.

use std::collections::HashMap;

use super::{Item, Level, Problem, Report};
use crate::printable::{one_line, printable};

/// The text of the file.
#[must_use]
pub fn junit(report: &Report) -> String {
    let cases = cases(report);
    let count = |outcome: &str| cases.iter().filter(|case| case.outcome == outcome).count();
    let numbers = format!("tests=\"{}\" failures=\"{}\" errors=\"{}\"", cases.len(), count("failure"), count("error"));
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"{}\" {numbers}>\n", attribute(&report.name)));
    text.push_str(&format!(
        "  <testsuite name=\"{}\" {numbers} skipped=\"0\">\n    <properties>\n",
        attribute(&format!("{} {}", report.name, report.command))
    ));
    let summary = report.summary();
    let counts = crate::plan::Action::ALL.map(|action| (action.word(), summary.count(action).to_string()));
    for (name, value) in report.target.iter().map(|target| ("target", target.clone())).chain(counts) {
        text.push_str(&format!("      <property name=\"{name}\" value=\"{}\"/>\n", attribute(&value)));
    }
    text.push_str("    </properties>\n");
    cases.iter().for_each(|case| text.push_str(&case.text));
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

struct Case {
    outcome: &'static str,
    text: String,
}

fn cases(report: &Report) -> Vec<Case> {
    let groups = report.grouped();
    let mut troubled: HashMap<(&str, Option<&str>), &Item> = HashMap::new();
    for problem in groups.iter().filter_map(|group| group.first()) {
        if let Some(object) = &problem.object {
            let same = |item: &&Item| item.object == *object && item.namespace == problem.namespace;
            troubled.extend(report.items.iter().find(same).map(|item| ((object.as_str(), problem.namespace.as_deref()), item)));
        }
    }
    let is_sound = |item: &&Item| !troubled.contains_key(&(item.object.as_str(), item.namespace.as_deref()));
    let of_items = report.items.iter().filter(is_sound).map(|item| of_item(report, item));
    let of_groups = groups.iter().map(|group| {
        let object = group.first().and_then(|problem| Some((problem.object.as_deref()?, problem.namespace.as_deref())));
        of_problems(report, group, object.and_then(|object| troubled.get(&object).copied()))
    });
    of_items.chain(of_groups).collect()
}

fn of_item(report: &Report, item: &Item) -> Case {
    let place = item.place.as_ref().and_then(|place| Some((report.file(place)?, place.line)));
    let word = report.word(item.action);
    let fails = item.action.is_change() && report.level_of(item.action) == Level::Error && report.differences == Level::Error;
    let reason = item.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let mut body = String::new();
    if fails {
        body.push_str(&element("failure", &format!("{word}{reason}"), item.action.word(), &item.diff));
    } else if item.action.is_change() {
        body.push_str(&output(&done(report, item)));
    }
    let text = case(&item.object, item.namespace.as_deref(), place, &body);
    Case { outcome: if fails { "failure" } else { "" }, text }
}

/// What becomes, or has become, of an object.
fn done(report: &Report, item: &Item) -> String {
    let reason = item.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{}{reason}\n{}", report.word(item.action), item.diff)
}

/// All problems of one object, to which something was done as `item` says; those that are no errors are output.
fn of_problems(report: &Report, problems: &[&Problem], item: Option<&Item>) -> Case {
    let (errors, others): (Vec<&Problem>, Vec<&Problem>) = problems.iter().partition(|problem| problem.level == Level::Error);
    let lines = |problems: &[&Problem]| problems.iter().map(|problem| line(problem)).collect::<String>();
    let mut body = String::new();
    let about_object = problems.iter().any(|problem| problem.object.is_some());
    let outcome = match errors.first() {
        None => "",
        Some(_) if about_object => "failure",
        Some(_) => "error",
    };
    if let Some(first) = errors.first() {
        body.push_str(&element(outcome, first.message.lines().next().unwrap_or_default(), first.rule.id, &lines(&errors)));
    }
    let done = item.filter(|item| item.action.is_change()).map(|item| done(report, item)).unwrap_or_default();
    if !(others.is_empty() && done.is_empty()) {
        body.push_str(&output(&(done + &lines(&others))));
    }
    let first = problems.first();
    let place = first.and_then(|problem| problem.place.as_ref()).and_then(|place| Some((report.file(place)?, place.line)));
    let name = first.map(|problem| problem.object.clone().unwrap_or_else(|| problem.rule.id.to_owned())).unwrap_or_default();
    let namespace = first.and_then(|problem| problem.namespace.as_deref());
    Case { outcome, text: case(&name, namespace, place, &body) }
}

fn line(problem: &Problem) -> String {
    let place = problem.place.as_ref().map(|place| format!("{}:{}:{}: ", place.name, place.line, place.column)).unwrap_or_default();
    let hint = problem.hint.as_ref().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
    format!("{place}{}\n{hint}", problem.message)
}

/// A case is found again by class and name: the namespace and the object.
fn case(name: &str, namespace: Option<&str>, place: Option<(String, u32)>, body: &str) -> String {
    let place = place.map(|(file, line)| format!(" file=\"{}\" line=\"{line}\"", attribute(&file))).unwrap_or_default();
    let head = format!("    <testcase name=\"{}\" classname=\"{}\"{place}", attribute(name), attribute(namespace.unwrap_or("cluster")));
    if body.is_empty() { format!("{head}/>\n") } else { format!("{head}>\n{body}    </testcase>\n") }
}

fn element(name: &str, message: &str, kind: &str, text: &str) -> String {
    format!("      <{name} message=\"{}\" type=\"{}\">{}</{name}>\n", attribute(message), attribute(kind), content(text))
}

fn output(text: &str) -> String {
    format!("      <system-out>{}</system-out>\n", content(text))
}

/// A value of an attribute, on one line.
fn attribute(text: &str) -> String {
    escaped(&one_line(text))
}

/// Text between tags.
fn content(text: &str) -> String {
    escaped(&printable(text))
}

/// Control characters are spelled out before; what else XML has no place for is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
