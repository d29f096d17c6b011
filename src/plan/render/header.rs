//! The line above an object's diff, and the line below them all.

use crate::paint::{Brush, Color};
use crate::plan::{Action, PlanEntry, Summary, in_namespace};
use crate::printable::one_line;

/// Whether a plan is shown, or what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    /// It would happen.
    Future,
    /// It has happened.
    Past,
}

impl Tense {
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Future => "Plan",
            Self::Past => "Applied",
        }
    }

    pub(super) fn word(self, action: Action) -> &'static str {
        match self {
            Self::Future => action.word(),
            Self::Past => action.past(),
        }
    }
}

/// What happens to an object, on one line that no line of a diff looks like:
/// `=== update deployment.apps/web in namespace shop (deploy/web.yaml:12): spec.selector cannot be changed`.
#[must_use]
pub fn header(entry: &PlanEntry, tense: Tense, color: bool) -> String {
    let brush = Brush::new(color);
    let mut line = brush.bold(color_of(entry.action), &format!("=== {}", tense.word(entry.action)));
    line.push(' ');
    line.push_str(&one_line(&entry.display_name()));
    line.push_str(&one_line(&in_namespace(entry.key.namespace.as_deref())));
    if let Some(origin) = &entry.origin {
        line.push_str(&brush.dim(&format!(" ({})", one_line(&origin.file_line()))));
    }
    if let Some(reason) = &entry.reason {
        line.push_str(&format!(": {}", one_line(reason)));
    }
    line.push('\n');
    line
}

/// The line that ends a plan, `Plan: 2 to create, 1 to update, 0 to replace, 0 to delete, 7 unchanged.`, or its execution,
/// `Applied: 2 created, 1 updated, 0 replaced, 0 deleted, 7 unchanged, 1 failed.`
///
/// Failures are counted where there are any; counts over zero are coloured as their actions are.
#[must_use]
pub fn summary(summary: Summary, failed: usize, tense: Tense, color: bool) -> String {
    let brush = Brush::new(color);
    let part = |action: Action| {
        let count = summary.count(action);
        let to = if tense == Tense::Future && action.is_change() { "to " } else { "" };
        let text = format!("{count} {to}{}", tense.word(action));
        if count > 0 { brush.color(color_of(action), &text) } else { text }
    };
    let failed = (failed > 0).then(|| brush.color(Color::Red, &format!("{failed} failed")));
    let parts: Vec<String> = Action::ALL.map(part).into_iter().chain(failed).collect();
    format!("{}: {}.\n", tense.heading(), parts.join(", "))
}

pub(super) fn color_of(action: Action) -> Color {
    match action {
        Action::Create => Color::Green,
        Action::Update => Color::Yellow,
        Action::Replace => Color::Magenta,
        Action::Delete => Color::Red,
        Action::Unchanged => Color::BrightBlack,
    }
}
