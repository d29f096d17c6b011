//! Events of both groups. Faults are told by the names of fields that the core group has, as upstream tells them.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/>.

use super::field::{Faults, Field, differs};
use super::written::Written;
use crate::object::names::{dns_subdomain, qualified_name};

const LONGEST: usize = 128;
const LONGEST_NOTE: usize = 1024;

/// What an event of `events.k8s.io` calls otherwise than one of the core group.
const NAMES: [(&str, &str); 7] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("source", "deprecatedSource"),
    ("reportingComponent", "reportingController"),
];

/// What an update through `events.k8s.io` leaves as it is.
const FIXED: [&str; 12] = [
    "involvedObject",
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingInstance",
];

/// An event as its group spells it.
struct Event<'v> {
    written: Written<'v>,
    strict: bool,
}

impl<'v> Event<'v> {
    fn spelled(&self, name: &'static str) -> &'static str {
        let other = NAMES.iter().find(|(core, _)| self.strict && *core == name);
        other.map_or(name, |(_, ours)| ours)
    }

    fn at(&self, name: &'static str) -> Field<'static, 'v> {
        Field::root(name, self.written.object.root().get(self.spelled(name)))
    }

    fn had(&self, name: &'static str) -> Option<Field<'static, 'v>> {
        self.written.before.map(|before| Field::root(name, before.root().get(self.spelled(name))))
    }
}

pub(super) fn event(written: Written<'_>, strict: bool, faults: &mut Faults) {
    let event = Event { written, strict };
    common(&event, faults);
    if !strict {
        return;
    }
    let series = event.at("series");
    let changed = event.had("series").is_none_or(|before| differs(&series, &before));
    if changed && !series.is_absent() {
        if series.at("count").number().unwrap_or_default() < 2 {
            faults.invalid_hidden(&series.at("count"), "", "should be at least 2");
        }
        faults.present(&series.at("lastObservedTime"));
    }
    if written.before.is_some() {
        for name in FIXED {
            if let Some(before) = event.had(name) {
                faults.unchanged(&event.at(name), &before);
            }
        }
        return;
    }
    faults.present(&event.at("eventTime"));
    let kind = event.at("type");
    if !["Normal", "Warning"].contains(&kind.text()) {
        faults.invalid_hidden(&kind, "", &format!("has invalid value: {}", kind.text()));
    }
    for name in ["firstTimestamp", "lastTimestamp", "count", "source"] {
        let old = event.at(name);
        if !old.is_empty() && old.number() != Some(0) {
            faults.invalid_hidden(&old, "", "needs to be unset");
        }
    }
}

/// The rules for either group. An event with a time of its own is of the new kind, which says more.
fn common(event: &Event<'_>, faults: &mut Faults) {
    let involved = event.at("involvedObject");
    let (about, own) = (involved.at("namespace"), event.written.object.namespace().unwrap_or_default());
    let new = !event.at("eventTime").is_empty();
    let elsewhere = match (about.is_empty(), new) {
        (true, false) => !matches!(own, "" | "default"),
        (true, true) => !matches!(own, "default" | "kube-system"),
        (false, false) => about.text() != own,
        (false, true) => false,
    };
    if elsewhere {
        faults.invalid_or(&about, &"".into(), "does not match event.namespace");
    }
    if new {
        said(event, faults);
    }
    if let Err(why) = dns_subdomain(own) {
        let namespace = Field::root("namespace", None);
        faults.invalid_hidden(&namespace, own, &why);
    }
}

fn said(event: &Event<'_>, faults: &mut Faults) {
    let controller = Field::root("reportingController", Some(event.at("reportingComponent").value));
    if faults.present(&controller)
        && let Err(why) = qualified_name(controller.text())
    {
        faults.invalid(&controller, &why);
    }
    for name in ["reportingInstance", "action", "reason"] {
        let field = event.at(name);
        faults.present(&field);
        at_most(&field, LONGEST, faults);
    }
    at_most(&event.at("message"), LONGEST_NOTE, faults);
}

fn at_most(field: &Field<'_, '_>, most: usize, faults: &mut Faults) {
    if field.text().len() > most {
        faults.invalid_hidden(field, "", &format!("can have at most {most} characters"));
    }
}
