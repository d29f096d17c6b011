//! Events: one kind of object under two groups, stored in the core group's form.
//!
//! Between the two forms members are only renamed; what both name alike (`action`, `reason`, `type`, …) stays.

use serde_json::{Map, Value};

use super::{Conversion, Field, Group, Kind, text, text_at};
use crate::schema::columns::events::EVENTS as TABLE;
use crate::schema::resource::NameRule;

/// Members of `events.k8s.io/v1` and what the core group calls them.
const NAMES: [(&str, &str); 7] = [
    ("deprecatedCount", "count"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedSource", "source"),
    ("note", "message"),
    ("regarding", "involvedObject"),
    ("reportingController", "reportingComponent"),
];

const TO_CORE: Conversion = Conversion {
    group: "",
    version: "v1",
    to_storage: |event| NAMES.iter().for_each(|(ours, core)| rename(event.root_mut(), ours, core)),
    from_storage: |event| NAMES.iter().for_each(|(ours, core)| rename(event.root_mut(), core, ours)),
};

/// Events of the core group.
pub(super) const CORE_EVENTS: Kind = Kind::namespaced("events", "Event")
    .created_by_put()
    .named(NameRule::PathSegment)
    .short(&["ev"])
    .fields(&[
        text("involvedObject.kind"),
        text("involvedObject.namespace"),
        text("involvedObject.name"),
        text("involvedObject.uid"),
        text("involvedObject.apiVersion"),
        text("involvedObject.resourceVersion"),
        text("involvedObject.fieldPath"),
        text("reason"),
        text("reportingComponent"),
        text_at("source", &["source.component", "reportingComponent"]),
        text("type"),
    ])
    .table(&TABLE);

/// `events.k8s.io/v1`.
pub(super) const EVENTS: Group = Group {
    name: "events.k8s.io",
    version: "v1",
    kinds: &[Kind::namespaced("events", "Event").created_by_put().short(&["ev"]).fields(NEW_FIELDS).stored_as(&TO_CORE).table(&TABLE)],
};

const NEW_FIELDS: &[Field] = &[
    text("regarding.kind"),
    text("regarding.namespace"),
    text("regarding.name"),
    text("regarding.uid"),
    text("regarding.apiVersion"),
    text("regarding.resourceVersion"),
    text("regarding.fieldPath"),
    text("reason"),
    text("reportingController"),
    text("type"),
];

fn rename(members: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = members.remove(from) {
        members.insert(to.to_owned(), value);
    }
}
