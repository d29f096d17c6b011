//! What others changed of a set since it was last applied.
//!
//! Receives the objects of a set at their places and their live state, hands on one [`ObjectDrift`] for each: the fields that differ, who
//! owns them now and since when. Pure. Nobody keeps what was applied last; it is told from who owns which field on the server: whoever
//! changes a field becomes its owner. Invariant: a field that the set's own manager owns was changed by nobody else, so a manifest that
//! wants another value there is a change to come, and no drift.

mod beside;
mod compare;
mod document;
mod text;
mod touched;

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use self::beside::beside;
use self::compare::differences;
use super::adopt::{LAST_APPLIED, client_side_managers};
use super::changes::{FieldAction, FieldChange, Lists};
use super::locally::encode_string_data;
use super::owners::{FieldOwner, leaves, managers, touches};
use super::ownership::already_applied;
use super::place::Placed;
use super::render::masked_pair;
use crate::admission;
use crate::manifest::{Desired, Origin};
use crate::merge::{FieldPath, ManagerEntry, PathElement};
use crate::object::{Gvk, Object, ObjectKey, Time};
use crate::schema::{self, check};

pub use document::{DriftDocument, drift_document};
pub use text::{DriftLook, drift_note, drift_summary, drift_text};
pub use touched::member_drift;

/// How an object of a set stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftState {
    /// Others changed what the set declares.
    Drifted,
    /// It does not exist: it was deleted, or never applied.
    Missing,
    /// It is being deleted.
    Deleting,
    /// Nobody changed it, but the set wants it otherwise by now.
    Pending,
    /// It is as the set declares it.
    InSync,
}

impl DriftState {
    /// All states, the worst first.
    pub const ALL: [Self; 5] = [Self::Drifted, Self::Missing, Self::Deleting, Self::Pending, Self::InSync];

    /// The words for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Drifted => "drifted",
            Self::Missing => "missing",
            Self::Deleting => "deleting",
            Self::Pending => "pending",
            Self::InSync => "in sync",
        }
    }

    /// The word in documents.
    #[must_use]
    pub fn member(self) -> &'static str {
        if self == Self::InSync { "inSync" } else { self.word() }
    }

    /// Whether others made it so.
    #[must_use]
    pub fn is_drift(self) -> bool {
        matches!(self, Self::Drifted | Self::Missing | Self::Deleting)
    }
}

/// How a field came to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody else gave it another value.
    Changed,
    /// Somebody removed it. The server records nobody for that.
    Removed,
    /// It is not there: somebody removed it, or it was never applied. Which of the two, nothing tells.
    Missing,
    /// Somebody else set it, and the set says nothing about it.
    Beside,
    /// Somebody else owns it who wrote after the set was applied; what the set declares is not known.
    Touched,
    /// The set wants it otherwise than it was applied; nobody else changed it.
    Pending,
}

impl Verdict {
    /// The word in documents.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Missing => "missing",
            Self::Beside => "beside",
            Self::Touched => "touched",
            Self::Pending => "pending",
        }
    }
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDrift {
    /// The field; `from` is what the set declares, `to` what the server has.
    pub change: FieldChange,
    /// How it came to differ.
    pub verdict: Verdict,
    /// Who owns it now, in the order in which the object names them.
    pub owners: Vec<FieldOwner>,
}

/// One object of a set against its live state.
#[derive(Debug, Clone)]
pub struct ObjectDrift {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// The plural name of its resource.
    pub plural: String,
    /// Its namespace and name.
    pub key: ObjectKey,
    /// How it stands.
    pub state: DriftState,
    /// What differs, in the order of the manifest; what others set beside it comes last.
    pub fields: Vec<FieldDrift>,
    /// When the set's manager last changed what it owns; `None` where it owns nothing.
    pub applied: Option<Time>,
    /// The uid and the resource version of the live object.
    pub live: Option<(String, String)>,
    /// Since when it is being deleted.
    pub deleting_since: Option<String>,
    /// Where the manifest is.
    pub origin: Option<Origin>,
    /// The manifest's view of it.
    pub source: Option<Arc<Desired>>,
    /// Whether values are replaced by marks.
    pub masked: bool,
}

/// What is asked of each object.
#[derive(Debug, Clone, Copy)]
pub struct DriftQuestion<'a> {
    /// The manager in whose name the set is applied.
    pub manager: &'a str,
    /// Whether what others set beside the set is drift too.
    pub all_fields: bool,
    /// Whether values of Secrets are masked.
    pub mask: bool,
}

/// How one object of a set stands, given its live state.
#[must_use]
pub fn object_drift(placed: &Placed, live: Option<&Object>, question: DriftQuestion<'_>) -> ObjectDrift {
    let mut drift = ObjectDrift::missing(placed, question);
    let Some(live) = live else { return drift };
    let sides = Sides::of(live, question.manager);
    if !already_applied(live, &placed.object, question.manager) || question.all_fields {
        drift.fields = fields(placed, live, &sides, question);
    }
    drift.found(live, &sides)
}

impl ObjectDrift {
    /// An object that is not there.
    fn missing(placed: &Placed, question: DriftQuestion<'_>) -> Self {
        Self {
            gvk: placed.resource.gvk(),
            plural: placed.resource.plural.clone(),
            key: placed.key.clone(),
            state: DriftState::Missing,
            fields: Vec::new(),
            applied: None,
            live: None,
            deleting_since: None,
            origin: placed.origin(),
            source: placed.source.clone(),
            masked: question.mask && placed.object.kind() == "Secret" && placed.object.api_version() == "v1",
        }
    }

    /// The same as it was found, its fields known.
    fn found(mut self, live: &Object, sides: &Sides) -> Self {
        self.live = Some((live.uid().to_owned(), live.resource_version().unwrap_or_default().to_owned()));
        self.applied = sides.applied;
        self.deleting_since = live.deletion_timestamp().map(str::to_owned);
        let any = |wanted: fn(Verdict) -> bool| self.fields.iter().any(|field| wanted(field.verdict));
        self.state = match () {
            () if self.deleting_since.is_some() => DriftState::Deleting,
            () if any(|verdict| verdict != Verdict::Pending) => DriftState::Drifted,
            () if any(|verdict| verdict == Verdict::Pending) => DriftState::Pending,
            () => DriftState::InSync,
        };
        self
    }

    /// The object as kubectl writes it, such as `deployment.apps/web`.
    #[must_use]
    pub fn display_name(&self) -> String {
        let group = if self.gvk.group.is_empty() { String::new() } else { format!(".{}", self.gvk.group) };
        format!("{}{group}/{}", self.gvk.kind.to_lowercase(), self.key.name)
    }
}

/// The managers of a live object, as the set sees them.
struct Sides {
    /// The set's own: its manager, and those of client-side apply, whose fields the next apply takes over.
    ours: Vec<Owned>,
    /// Everybody else.
    others: Vec<Owned>,
    /// When the set was last applied with an effect.
    applied: Option<Time>,
    lists: Lists,
    /// What client-side apply applied last.
    last_applied: Option<Value>,
}

/// A manifest that client-side apply kept, in the form in which a server keeps what it says.
fn as_applied(text: &str) -> Option<Value> {
    let mut manifest = Object::from_value(serde_json::from_str(text).ok()?).ok()?;
    encode_string_data(manifest.root_mut());
    Some(manifest.into_value())
}

/// A manager and the paths of its leaves.
struct Owned {
    entry: ManagerEntry,
    leaves: Vec<FieldPath>,
    /// Those of them in which somebody owns parts: to own such a place is to own that it is there, and nothing inside of it.
    open: Vec<FieldPath>,
}

impl Owned {
    fn owns(&self, path: &FieldPath) -> bool {
        let is_open = |leaf: &FieldPath| leaf != path && path.0.starts_with(&leaf.0) && self.open.contains(leaf);
        self.leaves.iter().any(|leaf| touches(leaf, path) && !is_open(leaf))
    }

    /// All managers of an object.
    fn all(entries: Vec<ManagerEntry>, is_secret: bool) -> Vec<Self> {
        let leaves: Vec<Vec<FieldPath>> = entries.iter().map(|entry| leaves(entry, is_secret)).collect();
        let mut sorted: Vec<&FieldPath> = leaves.iter().flatten().collect();
        sorted.sort_unstable();
        sorted.dedup();
        // What lies inside of a path comes right behind it.
        let open: HashSet<usize> = (1..sorted.len()).filter(|at| sorted[*at].0.starts_with(&sorted[at - 1].0)).map(|at| at - 1).collect();
        let is_open = |leaf: &FieldPath| sorted.binary_search(&leaf).is_ok_and(|at| open.contains(&at));
        let open: Vec<Vec<FieldPath>> = leaves.iter().map(|own| own.iter().filter(|leaf| is_open(leaf)).cloned().collect()).collect();
        let parts = entries.into_iter().zip(leaves).zip(open);
        parts.map(|((entry, leaves), open)| Self { entry, leaves, open }).collect()
    }
}

impl Sides {
    fn of(live: &Object, manager: &str) -> Self {
        let managers = managers(Some(live));
        let lists = Lists::of([&managers]);
        let client_side = client_side_managers(live);
        let is_secret = live.kind() == "Secret";
        let owned = Owned::all(managers.entries, is_secret).into_iter();
        let is_ours = |owned: &Owned| {
            owned.entry.subresource.is_empty() && (owned.entry.manager == manager || client_side.contains(&owned.entry.manager))
        };
        let (ours, others): (Vec<Owned>, Vec<Owned>) = owned.partition(is_ours);
        let last_applied = live.annotation(LAST_APPLIED).filter(|_| !client_side.is_empty());
        Self {
            applied: ours.iter().filter_map(|owned| owned.entry.time).max_by_key(|time| time.timestamp()),
            last_applied: last_applied.and_then(as_applied),
            ours,
            others,
            lists,
        }
    }

    fn are_ours(&self, path: &FieldPath) -> bool {
        let ours = self.ours.iter().find(|owned| owned.owns(path));
        ours.is_some_and(|ours| !self.is_text_that_others_wrote_over(ours, path))
    }

    /// Whether a Secret's value is owned as text by us and as data by somebody who wrote later. The record keeps both, for one does not
    /// take the other over.
    fn is_text_that_others_wrote_over(&self, ours: &Owned, path: &FieldPath) -> bool {
        let by_name = !ours.entry.fields.leaves().paths().iter().any(|leaf| touches(leaf, path));
        let later = |theirs: &Owned| theirs.entry.time.map(Time::timestamp) >= ours.entry.time.map(Time::timestamp);
        by_name && self.others.iter().any(|theirs| theirs.owns(path) && later(theirs))
    }

    /// How a declared field came to differ from the live one, and who owns it.
    fn judge(&self, change: &FieldChange) -> (Verdict, Vec<FieldOwner>) {
        let was_applied = self.last_applied.as_ref().map(|applied| value_at(applied, &change.path).is_some());
        let owners: Vec<&Owned> = self.others.iter().filter(|owned| owned.owns(&change.path)).collect();
        let verdict = match (change.action, was_applied) {
            (_, Some(false)) => Verdict::Pending,
            (FieldAction::Remove, Some(true)) => Verdict::Removed,
            (FieldAction::Remove, None) if self.are_ours(&change.path) => Verdict::Pending,
            (FieldAction::Remove, None) => Verdict::Missing,
            _ if self.are_ours(&change.path) => Verdict::Pending,
            // A value that nobody owns is the server's own, such as a default: it was there before the set wanted another.
            _ if owners.is_empty() && !self.ours.is_empty() => Verdict::Pending,
            _ if self.were_there_before(&owners) => Verdict::Pending,
            _ => Verdict::Changed,
        };
        (verdict, owners.into_iter().map(|owned| FieldOwner::of(&owned.entry)).collect())
    }

    /// Whether all owners of a field last wrote before the set was last applied. Had the set declared the field by then, it would own
    /// it since: an apply takes over what it states, or is refused.
    fn were_there_before(&self, owners: &[&Owned]) -> bool {
        let before = |owned: &&Owned| matches!((owned.entry.time, self.applied), (Some(theirs), Some(ours)) if theirs.timestamp() < ours.timestamp());
        !owners.is_empty() && owners.iter().all(before)
    }
}

fn fields(placed: &Placed, live: &Object, sides: &Sides, question: DriftQuestion<'_>) -> Vec<FieldDrift> {
    let (declared, filled) = declared(placed, sides);
    let (declared, live) = match question.mask {
        true => masked_pair(Some(&declared), Some(&Value::Object(live.root().clone()))),
        false => (Some(declared), Some(Value::Object(live.root().clone()))),
    };
    let (declared, live) = (declared.unwrap_or_default(), live.unwrap_or_default());
    let mut found: Vec<FieldDrift> = differences(&declared, filled.as_ref().unwrap_or(&declared), &live, sides)
        .into_iter()
        .map(|change| {
            let (verdict, owners) = sides.judge(&change);
            FieldDrift { change, verdict, owners }
        })
        .collect();
    found.extend(beside(&declared, &live, sides).into_iter().filter(|field| question.all_fields || field.verdict == Verdict::Pending));
    found
}

/// What the set declares, and the same with the defaults of its kind, in the form in which a server keeps them. The latter is not there
/// for kinds that are not built in, and for Secrets, which have none.
fn declared(placed: &Placed, sides: &Sides) -> (Value, Option<Value>) {
    let mut declared = placed.object.clone();
    encode_string_data(declared.root_mut());
    // The status is the server's, unless it is no more than a field of its kind.
    if !sides.are_ours(&FieldPath::of_fields(&["status"])) {
        declared.root_mut().remove("status");
    }
    let gvk = placed.resource.gvk();
    let filled = schema::builtin(&gvk).filter(|_| gvk.kind != "Secret").and_then(|schema| {
        let mut canonical = declared.clone().into_value();
        check::prune(schema.root(), &mut canonical);
        admission::filled(&gvk, &Object::from_value(canonical).ok()?)
    });
    (declared.into_value(), filled.map(Object::into_value))
}

/// The value at a path of members, keys, values and positions. An item may leave a key out that has a default.
fn value_at<'a>(value: &'a Value, path: &FieldPath) -> Option<&'a Value> {
    path.0.iter().try_fold(value, |value, element| match element {
        PathElement::Field(name) => value.get(name.as_ref()),
        PathElement::Index(index) => value.get(index),
        PathElement::Value(wanted) => value.as_array()?.iter().find(|item| *item == wanted),
        PathElement::Key(keys) => {
            let is_meant = |item: &&Value| {
                item.is_object()
                    && keys.iter().all(|(name, value)| item.get(name.as_ref()).is_none_or(|own| own == value))
                    && keys.iter().any(|(name, _)| item.get(name.as_ref()).is_some())
            };
            value.as_array()?.iter().find(is_meant)
        }
    })
}

#[cfg(test)]
mod tests;
