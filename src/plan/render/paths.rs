//! A plan's entries field by field: one line for each path that changes, or a block where the value has several lines.

use serde_json::Value;

use super::diff::{DiffOptions, hunks};
use crate::paint::{Brush, Color};
use crate::plan::{FieldAction, FieldChange, FieldOwner, OwnedChange, readable_path};
use crate::printable::steers;
use crate::yaml;

/// How far a block stands in below its path.
const INDENT: &str = "    ";

/// One line or block for each change: `~ spec.replicas: 2 → 3`, `+ metadata.labels.app: web`, `- data.old: "1"`.
#[must_use]
pub fn paths(changes: &[OwnedChange], color: bool) -> String {
    let brush = Brush::new(color);
    changes.iter().map(|change| one(change, brush)).collect()
}

/// A line for each changed field that has an owner to tell of: `# spec.replicas is owned by "hpa" using apps/v1`.
#[must_use]
pub fn owner_notes(changes: &[OwnedChange], color: bool) -> String {
    let note = |owned: &OwnedChange| format!("# {} is {}", readable_path(&owned.change.path), owned_by(&owned.owners));
    let told = changes.iter().filter(|owned| !owned.owners.is_empty());
    told.map(|owned| Brush::new(color).dim(&note(owned)) + "\n").collect()
}

fn owned_by(owners: &[FieldOwner]) -> String {
    let names: Vec<String> = owners.iter().map(FieldOwner::in_words).collect();
    format!("owned by {}", names.join(" and "))
}

fn one(owned: &OwnedChange, brush: Brush) -> String {
    let note = if owned.owners.is_empty() { String::new() } else { owned_by(&owned.owners) };
    noted(&owned.change, &note, brush)
}

/// One change as [`paths`] writes it, with a note of one's own behind it; an empty one is left out.
#[must_use]
pub fn noted(change: &FieldChange, note: &str, brush: Brush) -> String {
    let (sign, sign_color) = match change.action {
        FieldAction::Add => ("+", Color::Green),
        FieldAction::Remove => ("-", Color::Red),
        FieldAction::Change | FieldAction::Reorder => ("~", Color::Yellow),
    };
    let note = if note.is_empty() { String::new() } else { brush.dim(&format!("  # {note}")) };
    let path = readable_path(&change.path);
    let path = if path.is_empty() { "(the whole object)".to_owned() } else { path };
    let head = format!("{} {}", brush.bold(sign_color, sign), brush.color(sign_color, &path));
    match (change.from.as_ref(), change.to.as_ref()) {
        (Some(from), Some(to)) => match (one_line(from), one_line(to)) {
            (Some(old), Some(new)) => {
                let order = if change.action == FieldAction::Reorder { " (order)" } else { "" };
                format!("{head}{order}: {} → {}{note}\n", brush.color(Color::Red, &old), brush.color(Color::Green, &new))
            }
            _ => format!("{head}:{note}\n{}", indented(&inner_difference(from, to, brush))),
        },
        (Some(only), None) | (None, Some(only)) => match one_line(only) {
            Some(value) => format!("{head}: {}{note}\n", brush.color(sign_color, &value)),
            None => format!("{head}:{note}\n{}", indented(&painted(&block(only), sign_color, brush))),
        },
        (None, None) => format!("{head}{note}\n"),
    }
}

/// A value on one line as YAML writes it; `None` where it takes several.
fn one_line(value: &Value) -> Option<String> {
    let simple = match value {
        Value::Object(members) => members.is_empty(),
        // Lists of few words are read more easily in a row.
        Value::Array(items) => items.iter().all(|item| !item.is_object() && !item.is_array()) && value.to_string().len() <= 60,
        Value::String(text) => !text.contains('\n'),
        _ => true,
    };
    let text = match value {
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(one_line).collect();
            format!("[{}]", items?.join(", "))
        }
        other => yaml::emit(other).trim_end_matches('\n').to_owned(),
    };
    (simple && !text.contains('\n')).then_some(text)
}

/// A value over several lines: text as it is where it is harmless, anything else as YAML.
fn block(value: &Value) -> String {
    let harmless = |text: &str| text.chars().all(|c| !steers(c) || matches!(c, '\n' | '\t'));
    match value.as_str().filter(|text| harmless(text)) {
        Some(text) if text.ends_with('\n') => text.to_owned(),
        Some(text) => format!("{text}\n"),
        None => yaml::emit(value),
    }
}

fn inner_difference(from: &Value, to: &Value, brush: Brush) -> String {
    let (old, new) = (block(from), block(to));
    if old == new {
        // They differ in the break at their end, or in a text that looks like another value.
        return format!("-{from}\n+{to}\n");
    }
    hunks(&old, &new, DiffOptions { color: brush.is_colored(), ..DiffOptions::default() })
}

fn painted(text: &str, color: Color, brush: Brush) -> String {
    text.lines().map(|line| brush.color(color, line) + "\n").collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("{INDENT}{line}\n")).collect()
}
