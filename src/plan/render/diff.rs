//! The difference between two states of one object, as a unified diff of their YAML.

use std::time::Duration;

use serde_json::Value;
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, InlineChange, TextDiff};

use super::mask::masked_pair;
use crate::object::Object;
use crate::paint::{Brush, Color};
use crate::plan::{Action, PlanEntry};
use crate::yaml;

/// After this long on one object the diff is no longer the shortest, yet still correct.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// What the server keeps about an object and nobody declares.
const SERVER_METADATA: [&str; 5] = ["managedFields", "uid", "resourceVersion", "generation", "creationTimestamp"];

/// How a diff is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffOptions {
    /// Unchanged lines around each change.
    pub context: usize,
    /// Whether the text is coloured for a terminal, with the changed parts of lines emphasised.
    pub color: bool,
    /// Whether values of Secrets are replaced by marks.
    pub mask: bool,
    /// Whether managedFields, uid, resourceVersion, generation and creationTimestamp are shown.
    pub server_fields: bool,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self { context: 3, color: false, mask: true, server_fields: false }
    }
}

/// Two states of an object as a reader may see them.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownStates {
    /// The state before; `None` where the object does not exist.
    pub before: Option<Value>,
    /// The state after; `None` where the object goes.
    pub after: Option<Value>,
}

impl ShownStates {
    fn of(before: Option<&Value>, after: Option<&Value>, alone: bool, mask: bool, server_fields: bool) -> Self {
        let (mut before, mut after) = if mask { masked_pair(before, after) } else { (before.cloned(), after.cloned()) };
        if !server_fields {
            let alone = alone || before.is_none() || after.is_none();
            before.iter_mut().chain(&mut after).for_each(|object| strip(object, alone));
        }
        Self { before, after }
    }

    /// Both as YAML; a state that is absent is empty.
    pub(super) fn texts(&self) -> (String, String) {
        let text = |object: Option<&Value>| object.map(yaml::emit).unwrap_or_default();
        (text(self.before.as_ref()), text(self.after.as_ref()))
    }
}

/// What a reader may see of an entry's states: values of Secrets are masked where `mask` says so, and what only the server keeps is left
/// out unless `server_fields` asks for it.
#[must_use]
pub fn shown_states(entry: &PlanEntry, mask: bool, server_fields: bool) -> ShownStates {
    let value = |object: &Option<Object>| object.as_ref().map(|object| Value::Object(object.root().clone()));
    // A new object begins with a status of its own.
    let alone = entry.action == Action::Replace;
    ShownStates::of(value(&entry.before).as_ref(), value(&entry.after).as_ref(), alone, mask, server_fields)
}

/// The same of any two states of one object, `None` being its absence.
#[must_use]
pub fn shown_pair(before: Option<&Object>, after: Option<&Object>, mask: bool) -> ShownStates {
    let value = |object: Option<&Object>| object.map(|object| Value::Object(object.root().clone()));
    ShownStates::of(value(before).as_ref(), value(after).as_ref(), false, mask, false)
}

/// The hunks between two states of an object, `None` being its absence; empty where they look the same.
#[must_use]
pub fn unified(before: Option<&Value>, after: Option<&Value>, options: DiffOptions) -> String {
    let (old, new) = ShownStates::of(before, after, false, options.mask, options.server_fields).texts();
    if old == new { String::new() } else { hunks(&old, &new, options) }
}

/// [`unified`] of an entry's states.
#[must_use]
pub fn unified_entry(entry: &PlanEntry, options: DiffOptions) -> String {
    let (old, new) = shown_states(entry, options.mask, options.server_fields).texts();
    if old == new { String::new() } else { hunks(&old, &new, options) }
}

/// Removes what the server keeps about an object; where the other state is absent or another object, its status too, which nobody declares.
fn strip(object: &mut Value, alone: bool) {
    if alone && let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !SERVER_METADATA.contains(&name.as_str()));
    }
}

/// The hunks between two texts.
pub(super) fn hunks(old: &str, new: &str, options: DiffOptions) -> String {
    let brush = Brush::new(options.color);
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut out = String::new();
    for group in diff.grouped_ops(options.context) {
        out.push_str(&brush.color(Color::Cyan, &UnifiedHunkHeader::new(&group).to_string()));
        out.push('\n');
        for op in &group {
            if options.color {
                diff.iter_inline_changes(op).for_each(|change| colored_line(&mut out, brush, &change));
            } else {
                for change in diff.iter_changes(op) {
                    out.push(sign(change.tag()));
                    out.push_str(change.value());
                }
            }
        }
    }
    out
}

fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    }
}

/// Writes one line; the line break stays outside the colour, so that it does not reach to the edge of the terminal.
fn colored_line(out: &mut String, brush: Brush, change: &InlineChange<'_, str>) {
    let color = match change.tag() {
        ChangeTag::Equal => None,
        ChangeTag::Delete => Some(Color::Red),
        ChangeTag::Insert => Some(Color::Green),
    };
    let sign = sign(change.tag()).to_string();
    out.push_str(&color.map_or(sign.clone(), |color| brush.color(color, &sign)));
    for (emphasized, part) in change.iter_strings_lossy() {
        let part = part.trim_end_matches('\n');
        match color {
            None => out.push_str(part),
            Some(color) if emphasized => out.push_str(&brush.emphasis(color, part)),
            Some(color) => out.push_str(&brush.color(color, part)),
        }
    }
    out.push('\n');
}
