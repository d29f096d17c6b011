//! Objects laid out to be read: a label and a value a line, deeper levels further in, as kubectl describes kinds that it does not know.
//!
//! Receives JSON, hands on text. Labels are made from names of fields (`creationTimestamp` is `Creation Timestamp`). Values stand below
//! each other as far as lines that have one follow each other.

use jiff::Timestamp;
use serde_json::{Map, Value};
use unicode_width::UnicodeWidthStr as _;

use super::align::{Widths, padded};
use super::events::{message, reporter, seen, text};
use crate::printable::printable;

/// Longer annotations get lines of their own; kubectl's number.
const LONGEST_ANNOTATION: usize = 140;
/// Words that are written in capitals; kubectl's list.
const ACRONYMS: &[&str] = &["API", "URL", "UID", "OSB", "GUID"];

/// Blanks between the columns of events.
const EVENTS_APART: usize = 2;

/// A description under construction.
#[derive(Debug, Default)]
pub(in crate::cli) struct Description {
    lines: Vec<(String, Option<String>)>,
}

impl Description {
    pub(in crate::cli) fn new() -> Self {
        Self::default()
    }

    /// A label with a value.
    pub(in crate::cli) fn put(&mut self, label: &str, value: &str) {
        self.lines.push((format!("{label}:"), Some(value.to_owned())));
    }

    /// The labels of an object.
    pub(in crate::cli) fn labels(&mut self, labels: &Map<String, Value>) {
        let pairs = labels.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
        self.several("Labels", pairs.collect());
    }

    /// The annotations of an object; long ones below their key.
    pub(in crate::cli) fn annotations(&mut self, annotations: &Map<String, Value>) {
        let mut lines = Vec::new();
        for (key, value) in annotations {
            let value = value.as_str().unwrap_or_default().trim_end_matches('\n');
            if value.contains('\n') || key.len() + value.len() + 2 > LONGEST_ANNOTATION {
                lines.push(format!("{key}:"));
                lines.extend(value.split('\n').map(|line| format!("  {}", shortened(line, LONGEST_ANNOTATION - 2))));
            } else {
                lines.push(format!("{key}: {value}"));
            }
        }
        self.several("Annotations", lines);
    }

    /// All members of a document.
    pub(in crate::cli) fn members(&mut self, root: &Map<String, Value>) {
        for (name, value) in root {
            // What stands in these was named by people, not by the API.
            let by_people = ["data", "binaryData", "stringData"].contains(&name.as_str());
            self.member(&label_of(name), value, 0, by_people);
        }
    }

    /// The events about the object, oldest first.
    pub(in crate::cli) fn events(&mut self, events: &[Value], now: Timestamp) {
        if events.is_empty() {
            return self.put("Events", "<none>");
        }
        self.lines.push(("Events:".to_owned(), None));
        let heads = ["Type", "Reason", "Age", "From", "Message"].map(str::to_owned);
        let mut rows = vec![heads.to_vec(), heads.iter().map(|head| "-".repeat(head.len().max(4))).collect()];
        rows.extend(events.iter().map(|event| {
            vec![
                text(event, "/type").to_owned(),
                text(event, "/reason").to_owned(),
                seen(event, now),
                reporter(event).to_owned(),
                message(event),
            ]
        }));
        let lines = Widths::apart(EVENTS_APART).align(&rows);
        self.lines.extend(lines.lines().map(|line| (format!("  {line}").trim_end().to_owned(), None)));
    }

    /// The whole text.
    pub(in crate::cli) fn text(&self) -> String {
        let mut out = String::new();
        let mut rest = self.lines.as_slice();
        while let Some((label, value)) = rest.first() {
            let block = rest.iter().take_while(|(_, value)| value.is_some()).count();
            if value.is_none() {
                out.push_str(&format!("{label}\n"));
                rest = &rest[1..];
                continue;
            }
            let width = rest[..block].iter().map(|(label, _)| label.width()).max().unwrap_or_default() + 2;
            for (label, value) in &rest[..block] {
                out.push_str(format!("{}{}", padded(label, width), value.as_deref().unwrap_or_default()).trim_end());
                out.push('\n');
            }
            rest = &rest[block..];
        }
        out
    }

    fn several(&mut self, label: &str, values: Vec<String>) {
        let mut label = format!("{label}:");
        if values.is_empty() {
            self.lines.push((label, Some("<none>".to_owned())));
            return;
        }
        for value in values {
            self.lines.push((std::mem::take(&mut label), Some(value)));
        }
    }

    fn member(&mut self, label: &str, value: &Value, level: usize, by_people: bool) {
        let blanks = "  ".repeat(level);
        match value {
            Value::Object(members) => {
                self.lines.push((format!("{blanks}{label}:"), None));
                for (name, value) in members {
                    let label = if by_people { name.clone() } else { label_of(name) };
                    self.member(&label, value, level + 1, by_people);
                }
            }
            Value::Array(items) => {
                self.lines.push((format!("{blanks}{label}:"), None));
                items.iter().for_each(|item| self.item(item, level + 1));
            }
            scalar => {
                let text = scalar_text(scalar);
                let mut lines = text.split('\n');
                self.lines.push((format!("{blanks}{label}:"), lines.next().map(str::to_owned)));
                self.lines.extend(lines.map(|line| (String::new(), Some(line.to_owned()))));
            }
        }
    }

    fn item(&mut self, item: &Value, level: usize) {
        match item {
            Value::Object(members) => members.iter().for_each(|(name, value)| self.member(&label_of(name), value, level, false)),
            Value::Array(items) => items.iter().for_each(|item| self.item(item, level + 1)),
            scalar => self.lines.push((format!("{}{}", "  ".repeat(level), scalar_text(scalar)), None)),
        }
    }
}

/// A scalar without anything that could steer a terminal.
fn scalar_text(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        other => other.to_string(),
    };
    printable(text.trim_end_matches('\n')).into_owned()
}

fn shortened(text: &str, longest: usize) -> String {
    let cut: String = text.chars().take(longest).collect();
    if cut.len() < text.len() { format!("{cut}...") } else { cut }
}

/// The label of a field: its words, each with a capital. A name with anything but letters and hyphens stays as it is.
fn label_of(name: &str) -> String {
    if name.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return name.to_owned();
    }
    let word = |word: String| {
        let upper = word.to_uppercase();
        if ACRONYMS.contains(&upper.as_str()) {
            return upper;
        }
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    words(name).into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// `hostIPs` is `host`, `I`, `Ps`: runs of letters of one case, where the last capital of a run belongs to the small ones behind it.
fn words(name: &str) -> Vec<String> {
    let case = |c: char| (c.is_lowercase(), c.is_uppercase());
    let mut words: Vec<String> = Vec::new();
    for letter in name.chars() {
        match words.last_mut() {
            Some(word) if word.chars().next_back().is_some_and(|last| case(last) == case(letter)) => word.push(letter),
            Some(word) if letter.is_lowercase() && word.chars().next_back().is_some_and(char::is_uppercase) => {
                let capital = word.pop().map(String::from).unwrap_or_default();
                if word.is_empty() {
                    words.pop();
                }
                words.push(format!("{capital}{letter}"));
            }
            _ => words.push(letter.to_string()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_made_from_names_as_kubectl_makes_them() {
        for (name, label) in [
            ("creationTimestamp", "Creation Timestamp"),
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("hostIPs", "Host I Ps"),
            ("podIP", "Pod IP"),
            ("x.io/y", "x.io/y"),
            ("a1", "a1"),
            ("a-b", "A - B"),
        ] {
            assert_eq!(label_of(name), label);
        }
    }

    #[test]
    fn what_would_steer_a_terminal_is_spelled_out() {
        let mut description = Description::new();
        description.members(serde_json::json!({"data": {"a": "\u{1b}[2Jx\ty"}}).as_object().expect("an object"));
        let event = serde_json::json!({"type": "Normal", "reason": "R", "message": "a\u{7}b"});
        description.events(&[event], Timestamp::UNIX_EPOCH);
        let text = description.text();
        assert!(text.contains("a:  ^[[2Jx\ty\n") && text.contains("a^Gb\n"), "{text}");
    }

    #[test]
    fn a_text_of_several_lines_keeps_its_column() {
        let mut description = Description::new();
        description.members(serde_json::json!({"data": {"a.txt": "one\ntwo\n"}}).as_object().expect("an object"));
        assert_eq!(description.text(), "Data:\n  a.txt:  one\n          two\n");
    }
}
