//! The line above an object's diff, and the line below them all.

use crate::paint::{Brush, Color};
use crate::plan::{Action, PlanEntry, Summary};

/// What happens to an object, on one line:
/// `~ update deployment.apps/web in namespace shop (deploy/web.yaml:12): spec.selector cannot be changed`.
#[must_use]
pub fn header(entry: &PlanEntry, color: bool) -> String {
    let brush = Brush::new(color);
    let action = format!("{} {}", entry.action.symbol(), entry.action.word());
    let mut line = brush.bold(color_of(entry.action), &action);
    line.push(' ');
    line.push_str(&entry.display_name());
    if let Some(namespace) = &entry.key.namespace {
        line.push_str(&format!(" in namespace {namespace}"));
    }
    if let Some(origin) = &entry.origin {
        line.push_str(&brush.dim(&format!(" ({})", origin.file_line())));
    }
    if let Some(reason) = &entry.reason {
        line.push_str(&format!(": {reason}"));
    }
    line.push('\n');
    line
}

/// The line that ends a plan: `Plan: 2 to create, 1 to update, 0 to replace, 0 to delete, 7 unchanged.`
///
/// Counts over zero are coloured as their actions are.
#[must_use]
pub fn summary(summary: Summary, color: bool) -> String {
    let brush = Brush::new(color);
    let parts = Action::ALL.map(|action| {
        let count = summary.count(action);
        let text = if action.is_change() { format!("{count} to {}", action.word()) } else { format!("{count} {}", action.word()) };
        if count > 0 { brush.color(color_of(action), &text) } else { text }
    });
    format!("Plan: {}.\n", parts.join(", "))
}

fn color_of(action: Action) -> Color {
    match action {
        Action::Create => Color::Green,
        Action::Update => Color::Yellow,
        Action::Replace => Color::Magenta,
        Action::Delete => Color::Red,
        Action::Unchanged => Color::BrightBlack,
    }
}
