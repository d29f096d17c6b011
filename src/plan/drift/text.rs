//! Drift as text for people.

use super::{DriftState, FieldDrift, ObjectDrift, Verdict};
use crate::paint::{Brush, Color};
use crate::plan::in_namespace;
use crate::plan::render::noted;
use crate::printable::one_line;

/// How drift is shown.
#[derive(Debug, Clone, Copy)]
pub struct DriftLook {
    /// Whether the fields are shown, or only the objects.
    pub fields: bool,
    /// Whether changes of the set itself that are not applied are shown too.
    pub pending: bool,
    /// Whether the text is coloured.
    pub color: bool,
}

/// A block for each object that others changed, and the line with the counts.
#[must_use]
pub fn drift_text(drifts: &[ObjectDrift], failed: usize, look: DriftLook) -> String {
    let is_shown = |drift: &&ObjectDrift| drift.state.is_drift() || (look.pending && drift.state == DriftState::Pending);
    let block = |drift: &ObjectDrift| {
        let fields: String = drift.fields.iter().filter(|field| look.shows(field)).map(|field| line(field, look.color)).collect();
        if look.fields { header(drift, look.color) + &fields + "\n" } else { header(drift, look.color) }
    };
    drifts.iter().filter(is_shown).map(block).chain([drift_summary(drifts, failed, look.color)]).collect()
}

impl DriftLook {
    fn shows(self, field: &FieldDrift) -> bool {
        self.pending || field.verdict != Verdict::Pending
    }
}

/// `Drift: 1 drifted, 0 missing, 0 deleting, 2 pending, 5 in sync.`
#[must_use]
pub fn drift_summary(drifts: &[ObjectDrift], failed: usize, color: bool) -> String {
    let brush = Brush::new(color);
    let part = |state: DriftState| {
        let count = drifts.iter().filter(|drift| drift.state == state).count();
        let text = format!("{count} {}", state.word());
        if count > 0 { brush.color(color_of(state), &text) } else { text }
    };
    let failed = (failed > 0).then(|| brush.color(Color::Red, &format!("{failed} failed")));
    let parts: Vec<String> = DriftState::ALL.map(part).into_iter().chain(failed).collect();
    format!("Drift: {}.\n", parts.join(", "))
}

fn color_of(state: DriftState) -> Color {
    match state {
        DriftState::Drifted => Color::Yellow,
        DriftState::Missing | DriftState::Deleting => Color::Red,
        DriftState::Pending => Color::Cyan,
        DriftState::InSync => Color::BrightBlack,
    }
}

/// `=== drifted deployment.apps/web in namespace shop (web.yaml:3), applied 2026-11-22T10:00:00Z`.
fn header(drift: &ObjectDrift, color: bool) -> String {
    let brush = Brush::new(color);
    let object = format!("{}{}", drift.display_name(), in_namespace(drift.key.namespace.as_deref()));
    let place = drift.origin.as_ref().map(|origin| brush.dim(&format!(" ({})", one_line(&origin.file_line())))).unwrap_or_default();
    let about = match (drift.state, drift.applied, &drift.deleting_since) {
        (DriftState::Missing, ..) => ": deleted, or not applied yet".to_owned(),
        (DriftState::Deleting, _, Some(since)) => format!(" since {}", one_line(since)),
        (_, Some(applied), _) => format!(", applied {applied}"),
        _ => String::new(),
    };
    format!("{} {}{place}{about}\n", brush.bold(color_of(drift.state), &format!("=== {}", drift.state.word())), one_line(&object))
}

fn line(field: &FieldDrift, color: bool) -> String {
    noted(&field.change, &drift_note(field), Brush::new(color))
}

/// How a field came to differ, and who owns it, as in `owned by "ops" since 2026-11-22T10:05:00Z`.
#[must_use]
pub fn drift_note(field: &FieldDrift) -> String {
    let owners: Vec<String> = field.owners.iter().map(|owner| one_line(&owner.in_words()).into_owned()).collect();
    let owners = owners.join(" and ");
    match field.verdict {
        Verdict::Changed if owners.is_empty() => "changed; the server records nobody for it".to_owned(),
        Verdict::Changed => format!("owned by {owners}"),
        Verdict::Removed => "removed; the server records nobody for that".to_owned(),
        Verdict::Missing => "removed, or not applied yet".to_owned(),
        Verdict::Beside => format!("beside the set, owned by {owners}"),
        Verdict::Touched => format!("owned by {owners}; the set's own value is not known"),
        Verdict::Pending if owners.is_empty() => "not applied yet".to_owned(),
        Verdict::Pending => format!("not applied yet, owned by {owners}"),
    }
}
