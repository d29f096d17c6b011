//! Nodes, namespaces, runtime classes and revisions of controllers.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/>.

use std::collections::HashSet;

use super::addresses::{network, texts};
use super::field::{Faults, Field};
use super::labels;
use super::resource_names::{Use, amount, resource_name};
use super::scheduling::tolerations;
use super::seen::Seen;
use super::written::Written;
use crate::object::names::{dns_label, label_value, qualified_name};

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

pub(super) fn node(written: Written<'_>, faults: &mut Faults) {
    let (spec, metadata) = (written.at("spec"), written.at("metadata"));
    // Upstream tells of taints by this path.
    let shown = metadata.at("taints");
    taints(&Field::root_like(&shown, spec.at("taints").value), faults);
    match written.had("spec") {
        None => networks(&spec.at("podCIDRs"), &Seen::default(), faults),
        Some(before) => {
            networks(&spec.at("podCIDRs"), &texts(&before.at("podCIDRs")), faults);
            node_update(&spec, &before, faults);
        }
    }
}

fn taints(list: &Field<'_, '_>, faults: &mut Faults) {
    let mut seen = HashSet::new();
    for taint in list.items() {
        let (key, value, effect) = (taint.at("key"), taint.at("value"), taint.at("effect"));
        if let Err(why) = qualified_name(key.text()) {
            faults.invalid_or(&key, &"".into(), &why);
        }
        faults.named(&value, label_value);
        faults.required_one_of(&effect, &EFFECTS);
        if !seen.insert((key.text(), effect.text())) {
            faults.duplicate(&taint);
        }
    }
}

fn networks(list: &Field<'_, '_>, before: &Seen<'_>, faults: &mut Faults) {
    let parsed: Vec<_> = list.items().map(|one| network(&one, before, faults)).collect();
    if list.length() < 2 {
        return;
    }
    if !matches!(parsed[..], [Some((one, _)), Some((other, _))] if one.is_ipv4() != other.is_ipv4()) {
        faults.invalid(list, "may specify no more than one CIDR for each IP family");
    }
    let mut seen = HashSet::new();
    for one in list.items() {
        faults.once(&one, &mut seen);
    }
}

fn node_update(spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    for (member, what) in [("podCIDRs", "podCIDR"), ("providerID", "providerID")] {
        let (new, old) = (spec.at(member), before.at(member));
        if !old.is_empty() && new.value != old.value {
            faults.forbidden(&new, &format!("node updates may not change {what} except from \"\" to valid"));
        }
    }
}

/// The status of a node: amounts that are none below zero, and addresses that stand once.
pub(super) fn node_status(written: Written<'_>, faults: &mut Faults) {
    let status = written.at("status");
    for list in ["capacity", "allocatable"] {
        let list = status.at(list);
        for (name, entry) in list.entries() {
            amount(name, &list.member(name, entry.value), faults);
        }
    }
    let mut seen = HashSet::new();
    for address in status.at("addresses").items() {
        if !seen.insert((address.at("type").text(), address.at("address").text())) {
            faults.duplicate(&address);
        }
    }
}

/// The finalizers of a namespace itself.
pub(super) fn namespace(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let list = spec.at("finalizers");
    list.items().for_each(|finalizer| finalizer_of_namespace(&Field::root_like(&list, finalizer.value), faults));
}

/// The finalizers of a namespace as they are written through `finalize`, where each is told by its own place.
pub(super) fn finalized_namespace(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    spec.at("finalizers").items().for_each(|finalizer| finalizer_of_namespace(&finalizer, faults));
}

fn finalizer_of_namespace(finalizer: &Field<'_, '_>, faults: &mut Faults) {
    let name = finalizer.text();
    if let Err(why) = qualified_name(name) {
        faults.invalid(finalizer, &why);
    } else if !name.contains('/') && !["foregroundDeletion", "kubernetes", "orphan"].contains(&name) {
        faults.invalid(finalizer, "name is neither a standard finalizer name nor is it fully qualified");
    }
}

/// The status of a namespace: its phase follows from its deletion.
pub(super) fn namespace_status(written: Written<'_>, faults: &mut Faults) {
    let status = written.at("status");
    let phase = status.at("phase");
    let shown = status.at("Phase");
    let wanted = if written.object.deletion_timestamp().is_none() { ("Active", "empty") } else { ("Terminating", "not empty") };
    if phase.text() != wanted.0 {
        let why = format!("may only be '{}' if `deletionTimestamp` is {}", wanted.0, wanted.1);
        faults.invalid_or(&Field::root_like(&shown, phase.value), &"".into(), &why);
    }
}

pub(super) fn runtime_class(written: Written<'_>, faults: &mut Faults) {
    let (handler, scheduling, overhead) = (written.at("handler"), written.at("scheduling"), written.at("overhead"));
    if let Err(why) = dns_label(handler.text()) {
        faults.invalid_or(&handler, &"".into(), &why);
    }
    // Upstream tells of overhead as of the limits of a container.
    let shown = overhead.at("limits");
    for (name, entry) in Field::root_like(&shown, overhead.at("podFixed").value).entries() {
        resource_name(name, &entry, Use::Container, faults);
        amount(name, &entry, faults);
    }
    labels::labels(&scheduling.at("nodeSelector"), faults);
    tolerations(&scheduling.at("tolerations"), faults);
    let mut seen: Vec<&serde_json::Value> = Vec::new();
    for toleration in scheduling.at("tolerations").items() {
        if seen.contains(&toleration.value) {
            faults.duplicate(&toleration);
        }
        seen.push(toleration.value);
    }
    if let Some(before) = written.had("handler") {
        faults.unchanged(&handler, &before);
    }
}

/// A revision of a controller is data that never changes, and its place in a row.
pub(super) fn controller_revision(written: Written<'_>, faults: &mut Faults) {
    let (data, revision) = (written.at("data"), written.at("revision"));
    match written.had("data") {
        None if data.is_absent() => faults.required(&data, "data is mandatory"),
        None if !data.value.is_object() => faults.invalid_hidden(&data, "<value omitted>", "data must be a valid JSON object"),
        None => {}
        Some(before) => faults.unchanged(&data, &before),
    }
    faults.at_least(&revision, 0);
}
