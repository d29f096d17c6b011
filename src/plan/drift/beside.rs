//! What a live object has that its set does not declare.
//!
//! Receives both and who owns what, hands on what others set, and what the set's own manager owns and the set declares no longer. Values
//! that nobody owns are the server's defaults, and nobody's doing.

use serde_json::Value;

use super::{FieldDrift, Owned, Sides, Verdict, value_at};
use crate::merge::{FieldPath, Operation, PathElement};
use crate::object::is_note;
use crate::plan::changes::{FieldAction, FieldChange};
use crate::plan::owners::FieldOwner;

/// Everything owned beside what is declared; of each, the outermost part that the set says nothing about.
pub(super) fn beside(declared: &Value, live: &Value, sides: &Sides) -> Vec<FieldDrift> {
    let mut found: Vec<FieldDrift> = Vec::new();
    let all = sides.ours.iter().map(|owned| (owned, true)).chain(sides.others.iter().map(|owned| (owned, false)));
    for (owned, is_ours) in all.filter(|(owned, _)| owned.entry.subresource != "status") {
        for path in owned.entry.fields.paths() {
            if (is_ours && !is_given_up(owned, &path, sides)) || value_at(declared, &path).is_some() || is_nobodys(&path) {
                continue;
            }
            if let Some(known) = found.iter_mut().find(|known| path.0.starts_with(&known.change.path.0)) {
                // A second owner of the same; what lies inside is told with it.
                if known.change.path == path && !is_ours {
                    known.owners.push(FieldOwner::of(&owned.entry));
                }
                continue;
            }
            let Some(value) = value_at(live, &path) else { continue };
            let change = FieldChange { action: FieldAction::Add, from: None, to: Some(value.clone()), path };
            let owners = if is_ours { Vec::new() } else { vec![FieldOwner::of(&owned.entry)] };
            found.push(FieldDrift { change, verdict: if is_ours { Verdict::Pending } else { Verdict::Beside }, owners });
        }
    }
    found.sort_by(|left, right| left.change.path.cmp(&right.change.path));
    found
}

/// Whether the set applied a field that it declares no longer. What somebody else owns as well stays where it is; and by client-side apply
/// a manager owns defaults, too, so that only what was kept of it tells.
fn is_given_up(owned: &Owned, path: &FieldPath, sides: &Sides) -> bool {
    let was_applied = match &sides.last_applied {
        Some(applied) if owned.entry.operation == Operation::Update => value_at(applied, path).is_some(),
        _ => owned.entry.operation == Operation::Apply,
    };
    was_applied && !sides.others.iter().any(|other| other.owns(path))
}

/// Whether a path is that of a status, of a controller's note, or of the maps that such notes stand in, whose members count.
pub(super) fn is_nobodys(path: &FieldPath) -> bool {
    let names: Vec<&str> =
        path.0.iter().map_while(|element| if let PathElement::Field(name) = element { Some(name.as_ref()) } else { None }).collect();
    match names.as_slice() {
        ["status", ..] | ["metadata"] | ["metadata", "annotations" | "labels"] => true,
        ["metadata", "annotations", key] => is_note(key),
        _ => false,
    }
}
