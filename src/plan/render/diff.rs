//! The difference between two states of one object, as a unified diff of their YAML.

use std::time::Duration;

use serde_json::Value;
use similar::udiff::UnifiedHunkHeader;
use similar::{ChangeTag, InlineChange, TextDiff};

use super::mask::masked_pair;
use crate::paint::{Brush, Color};
use crate::yaml;

/// After this long on one object the diff is no longer the shortest, yet still correct.
const PATIENCE: Duration = Duration::from_secs(1);
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

/// The hunks between two states of an object, `None` being its absence; empty where they look the same.
#[must_use]
pub fn unified(before: Option<&Value>, after: Option<&Value>, options: DiffOptions) -> String {
    let (mut before, mut after) = if options.mask { masked_pair(before, after) } else { (before.cloned(), after.cloned()) };
    if !options.server_fields {
        let alone = before.is_none() || after.is_none();
        before.iter_mut().chain(&mut after).for_each(|object| strip(object, alone));
    }
    let text = |object: Option<&Value>| object.map(yaml::emit).unwrap_or_default();
    let (old, new) = (text(before.as_ref()), text(after.as_ref()));
    if old == new { String::new() } else { hunks(&old, &new, options) }
}

/// Removes what the server keeps about an object; with the other state absent, its status too, which nobody declares.
fn strip(object: &mut Value, alone: bool) {
    if alone && let Some(members) = object.as_object_mut() {
        members.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !SERVER_METADATA.contains(&name.as_str()));
    }
}

fn hunks(old: &str, new: &str, options: DiffOptions) -> String {
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
