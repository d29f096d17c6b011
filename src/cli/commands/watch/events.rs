//! Events of a watch as what they changed: fields, who, and when.
//!
//! Receives the states before and after, hands on a block of text or a line of JSON; docs/drift.md describes both. Invariant: an event
//! that changed nothing but the server's own bookkeeping is none.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::{ChangeKind, ServedResource};
use crate::object::{Object, Time};
use crate::paint::{Brush, Color};
use crate::plan::render::{API_VERSION, is_secret, noted, owner};
use crate::plan::{Authored, FieldOwner, OwnedChange, authored, in_namespace, readable_path};
use crate::printable::one_line;

/// How events are told.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct EventView {
    /// Whether as a line of JSON.
    pub(in crate::cli) json: bool,
    /// Whether values of Secrets are masked.
    pub(in crate::cli) mask: bool,
    /// Whether text is coloured.
    pub(in crate::cli) color: bool,
    /// What time it is.
    pub(in crate::cli) now: fn() -> Timestamp,
}

/// One object's change, as it was seen.
struct Event<'a> {
    kind: ChangeKind,
    resource: &'a ServedResource,
    /// The last state that is known.
    object: &'a Object,
    authored: Authored,
    /// When: from the record of owners, or else by the clock here.
    time: Time,
}

impl EventView {
    /// What there is to print of a change from a state before (`None` where nothing was known) to a state after. An object that was
    /// deleted and made anew between two looks is told as both.
    pub(super) fn tell(self, resource: &ServedResource, kind: ChangeKind, before: Option<&Value>, after: &Value) -> String {
        let object = |value: &Value| {
            let mut object = Object::from_value(value.clone()).unwrap_or_default();
            object.set_gvk(&resource.gvk());
            object
        };
        let (before, after) = (before.map(object), object(after));
        match (kind, before) {
            // What came into view only to leave it was not seen.
            (ChangeKind::Deleted, before) => {
                let last = before.as_ref().unwrap_or(&after);
                self.event(resource, ChangeKind::Deleted, Some(last), None)
            }
            (_, Some(before)) if before.uid() != after.uid() => {
                self.event(resource, ChangeKind::Deleted, Some(&before), None)
                    + &self.event(resource, ChangeKind::Added, None, Some(&after))
            }
            (_, Some(before)) => self.event(resource, ChangeKind::Modified, Some(&before), Some(&after)),
            (_, None) => self.event(resource, ChangeKind::Added, None, Some(&after)),
        }
    }

    fn event(self, resource: &ServedResource, kind: ChangeKind, before: Option<&Object>, after: Option<&Object>) -> String {
        let Some(object) = after.or(before) else { return String::new() };
        let mut authored = authored(before, after, self.mask);
        if kind == ChangeKind::Modified && authored.changes.is_empty() {
            return String::new();
        }
        // Nobody records who deletes, nor when. What the object held is gone with it.
        if kind == ChangeKind::Deleted {
            authored.changes.clear();
        }
        let recorded = authored.time.filter(|_| kind != ChangeKind::Deleted);
        let time = recorded.unwrap_or_else(|| Time::new((self.now)()));
        let event = Event { kind, resource, object, authored, time };
        if self.json { format!("{}\n", event.document(recorded.is_some(), self.mask)) } else { event.text(self.color) }
    }
}

impl Event<'_> {
    fn text(&self, color: bool) -> String {
        let brush = Brush::new(color);
        let name = format!("{}/{}{}", self.resource.display_kind(), self.object.name(), in_namespace(self.object.namespace()));
        let head = format!("{} {} {}\n", brush.dim(&self.time.to_string()), brush.bold(self.color(), self.kind.as_str()), one_line(&name));
        let line = |owned: &OwnedChange| {
            let owners: Vec<String> = owned.owners.iter().map(|owner| one_line(&owner.who()).into_owned()).collect();
            noted(&owned.change, &if owners.is_empty() { String::new() } else { format!("by {}", owners.join(" and ")) }, brush)
        };
        self.authored.changes.iter().map(line).fold(head, |text, line| text + &indented(&line))
    }

    fn color(&self) -> Color {
        match self.kind {
            ChangeKind::Added => Color::Green,
            ChangeKind::Modified => Color::Yellow,
            ChangeKind::Deleted => Color::Red,
        }
    }

    fn document(&self, is_recorded: bool, masked: bool) -> Value {
        let object = self.object;
        let mut members = json!({
            "apiVersion": API_VERSION,
            "kind": "ObjectChange",
            "type": self.kind.as_str(),
            "time": self.time.to_string(),
            "timeFrom": if is_recorded { "managedFields" } else { "clock" },
            "object": {"apiVersion": object.api_version(), "kind": object.kind(), "name": object.name(), "uid": object.uid(),
                "resourceVersion": object.resource_version().unwrap_or_default()},
            "changes": self.authored.changes.iter().map(change).collect::<Vec<_>>(),
        });
        if let Some(namespace) = object.namespace() {
            members["object"]["namespace"] = namespace.into();
        }
        if masked && is_secret(Some(&json!({"apiVersion": object.api_version(), "kind": object.kind()}))) {
            members["masked"] = true.into();
        }
        members
    }
}

fn change(owned: &OwnedChange) -> Value {
    let change = &owned.change;
    let mut members = json!({"op": change.action.word(), "path": readable_path(&change.path)});
    for (name, value) in [("from", &change.from), ("to", &change.to)] {
        if let Some(value) = value {
            members[name] = value.clone();
        }
    }
    let owners: Vec<Value> = owned.owners.iter().map(|one: &FieldOwner| owner(one)).collect();
    if !owners.is_empty() {
        members["owners"] = owners.into();
    }
    members
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
