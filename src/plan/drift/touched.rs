//! What others did to a member of a set of which nobody knows how it was declared.
//!
//! Receives a live member, hands on its [`ObjectDrift`]. What client-side apply kept in it is its manifest; where there is none, only the
//! record of owners tells: what somebody else owns who wrote after the set was applied. Pure. What was taken away, nothing tells.

use serde_json::Value;

use super::beside::is_nobodys;
use super::{DriftQuestion, FieldDrift, ObjectDrift, Sides, Verdict, object_drift, value_at};
use crate::object::Object;
use crate::plan::changes::{FieldAction, FieldChange};
use crate::plan::owners::FieldOwner;
use crate::plan::place::Placed;
use crate::plan::render::masked_pair;

/// How a live member stands whose manifest is not known.
#[must_use]
pub fn member_drift(member: &Placed, question: DriftQuestion<'_>) -> ObjectDrift {
    let live = &member.object;
    let sides = Sides::of(live, question.manager);
    let manifest = sides.last_applied.clone().and_then(|applied| Object::from_value(applied).ok());
    if let Some(manifest) = manifest {
        return object_drift(&Placed { object: manifest, ..member.clone() }, Some(live), question);
    }
    let mut drift = ObjectDrift::missing(member, question);
    drift.fields = touched(live, &sides, question.mask);
    drift.found(live, &sides)
}

fn touched(live: &Object, sides: &Sides, mask: bool) -> Vec<FieldDrift> {
    let live = Value::Object(live.root().clone());
    let shown = if mask { masked_pair(None, Some(&live)).1 } else { Some(live) }.unwrap_or_default();
    let mut found: Vec<FieldDrift> = Vec::new();
    for owned in sides.others.iter().filter(|owned| owned.entry.subresource != "status" && !sides.were_there_before(&[owned])) {
        for path in owned.leaves.iter().filter(|path| !is_nobodys(path) && !sides.are_ours(path)) {
            if let Some(known) = found.iter_mut().find(|known| known.change.path == *path) {
                known.owners.push(FieldOwner::of(&owned.entry));
                continue;
            }
            let Some(value) = value_at(&shown, path) else { continue };
            let change = FieldChange { action: FieldAction::Add, from: None, to: Some(value.clone()), path: path.clone() };
            found.push(FieldDrift { change, verdict: Verdict::Touched, owners: vec![FieldOwner::of(&owned.entry)] });
        }
    }
    found.sort_by(|left, right| left.change.path.cmp(&right.change.path));
    found
}
