//! Volumes and the claims to them.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/>.

use serde_json::Value;

use super::field::{Faults, Field, differs};
use super::labels;
use super::node_selector::{has_broken_values, node_selector};
use super::resource_names::{amount, is_native};
use super::volume_sources::source;
use super::workloads::differs_beyond;
use super::written::Written;
use crate::object::names::{dns_label, dns_subdomain, qualified_name};

const ACCESS: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const RESIZES: [&str; 5] =
    ["ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending"];
const MODES: [&str; 2] = ["Block", "Filesystem"];
const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// Members of the spec of a volume that are no source of it.
const NO_SOURCE: [&str; 9] = [
    "accessModes",
    "capacity",
    "claimRef",
    "mountOptions",
    "nodeAffinity",
    "persistentVolumeReclaimPolicy",
    "storageClassName",
    "volumeAttributesClassName",
    "volumeMode",
];

pub(super) fn claim(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let had = written.had("spec");
    claim_spec(&spec, had.as_ref(), faults);
    if let Some(before) = written.had("spec") {
        claim_update(written, &spec, &before, faults);
    }
}

/// How large a claim has become, and how far its growing is.
pub(super) fn claim_status(status: &Field<'_, '_>, faults: &mut Faults) {
    for (name, entry) in status.at("capacity").entries() {
        amount(name, &entry, faults);
    }
    // Upstream calls the place so, and means `allocatedResourceStatuses`.
    let shown = status.at("allocatedResourceStatus");
    for (name, entry) in status.at("allocatedResourceStatuses").entries() {
        claimed_resource(name, &shown, faults);
        if !RESIZES.contains(&entry.text()) {
            faults.not_supported(&Field::root_like(&shown, &name.into()), &RESIZES);
        }
    }
    let allocated = status.at("allocatedResources");
    for (name, entry) in allocated.entries() {
        if claimed_resource(name, &allocated, faults) {
            amount(name, &entry, faults);
        }
    }
}

/// Whether a claim can have the resource: storage, or one that is not Kubernetes' own.
fn claimed_resource(name: &str, at: &Field<'_, '_>, faults: &mut Faults) -> bool {
    match qualified_name(name) {
        Err(why) => faults.invalid_hidden(at, name, &why),
        Ok(()) if is_native(name) && name != "storage" => faults.not_supported(&Field::root_like(at, &name.into()), &["storage"]),
        Ok(()) => return true,
    }
    false
}

/// What a claim asks for, by itself or in a pod that brings it along; `before` is what it asked for until now.
pub(super) fn claim_spec(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    access(spec, "at least 1 access mode is required", faults);
    labels::selector_of(&spec.at("selector"), !before.is_some_and(|before| labels::has_broken_values(before.at("selector").value)), faults);
    let (resources, requests) = (spec.at("resources"), spec.deep(&["resources", "requests"]));
    // Upstream leaves `requests` out of the path.
    let shown = resources.key("storage");
    let storage = Field::root_like(&shown, requests.key("storage").value);
    match storage.quantity() {
        None => faults.required(&storage, ""),
        Some(amount) if amount <= 0 => faults.invalid(&storage, "must be greater than zero"),
        Some(_) => {}
    }
    faults.named(&spec.at("storageClassName"), dns_subdomain);
    if !spec.at("volumeMode").is_absent() && !MODES.contains(&spec.at("volumeMode").text()) {
        faults.not_supported(&spec.at("volumeMode"), &MODES);
    }
    let groups_judged = !before.is_some_and(|before| {
        !before.at("dataSource").at("apiGroup").is_absent() || !before.at("dataSourceRef").at("apiGroup").is_absent()
    });
    sources(spec, groups_judged, faults);
    faults.named(&spec.at("volumeAttributesClassName"), dns_subdomain);
}

fn sources(spec: &Field<'_, '_>, groups_judged: bool, faults: &mut Faults) {
    let (source, reference) = (spec.at("dataSource"), spec.at("dataSourceRef"));
    for one in [&source, &reference].into_iter().filter(|one| !one.is_absent()) {
        faults.present(&one.at("name"));
        faults.present(&one.at("kind"));
        let group = one.at("apiGroup");
        if group.is_empty() && one.at("kind").text() != "PersistentVolumeClaim" {
            let why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
            faults.invalid(&Field::root_like(one, one.at("kind").value), why);
        }
        if groups_judged {
            faults.named(&group, dns_subdomain);
        }
    }
    faults.named(&reference.at("namespace"), dns_label);
    if source.is_absent() {
        return;
    }
    let same = ["apiGroup", "kind", "name"].iter().all(|name| source.value.get(*name) == reference.value.get(*name));
    if !reference.at("namespace").is_empty() {
        faults.invalid_hidden(spec, "spec.dataSource", "may not be specified when dataSourceRef.namespace is specified");
    } else if !reference.is_absent() && !same {
        faults.invalid_hidden(spec, "spec.dataSource", "must match dataSourceRef");
    }
}

/// A claim is bound once; after that it may only ask for more, and for another class of attributes.
fn claim_update(written: Written<'_>, spec: &Field<'_, '_>, had: &Field<'_, '_>, faults: &mut Faults) {
    let class = |object: &crate::object::Object| object.annotation(BETA_CLASS).unwrap_or_default().to_owned();
    let (new_class, old_class) = (class(written.object), written.before.map(class).unwrap_or_default());
    let moved = !old_class.is_empty() && had.at("storageClassName").is_absent() && spec.at("storageClassName").text() == old_class;
    if new_class != old_class && !moved {
        let metadata = written.at("metadata");
        faults.invalid_hidden(&metadata.deep(&["annotations", BETA_CLASS]), &new_class, "field is immutable");
    }
    let status = written.at("status");
    let bound = status.at("phase").text() == "Bound";
    let mut free = vec!["resources", "volumeAttributesClassName"];
    if had.at("volumeName").is_empty() {
        free.push("volumeName");
    }
    // A class may still be given to a claim that never named one.
    let unnamed = had.at("storageClassName").is_absent() && old_class.is_empty() && !spec.at("storageClassName").is_absent();
    if moved || unnamed {
        free.push("storageClassName");
    }
    if differs_beyond(spec.value, had.value, &free) || asks_otherwise(&spec.at("resources"), &had.at("resources"), bound) {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        faults.forbidden(spec, why);
    }
    let path = ["resources", "requests", "storage"];
    let (wanted, old) = (spec.deep(&path), had.deep(&path));
    let held = written.before.and_then(|before| before.get(&["status", "capacity", "storage"]));
    let held = held.and_then(Value::as_str).and_then(crate::schema::quantity::billionths).unwrap_or_default();
    if let (Some(new), Some(before)) = (wanted.quantity(), old.quantity())
        && new < before
        && new <= held
    {
        faults.forbidden(&wanted, "field can not be less than status.capacity");
    }
    let (mode, class) = (spec.at("volumeMode"), spec.at("volumeAttributesClassName"));
    if differs(&mode, &had.at("volumeMode")) {
        faults.invalid(&Field::root("volumeMode", Some(mode.value)), "field is immutable");
    }
    if had.at("volumeAttributesClassName").is_absent() {
    } else if class.is_absent() {
        faults.forbidden(&class, "update from non-nil value to nil is forbidden");
    } else if class.is_empty() && differs(&class, &had.at("volumeAttributesClassName")) {
        faults.forbidden(&class, "update from non-nil value to an empty string is forbidden");
    }
}

/// Whether what a claim asks for changed in more than the size of a bound one.
fn asks_otherwise(new: &Field<'_, '_>, old: &Field<'_, '_>, bound: bool) -> bool {
    let (requests, before) = (new.at("requests"), old.at("requests"));
    let free: &[&str] = if bound { &["storage"] } else { &[] };
    differs_beyond(new.value, old.value, &["requests"]) || differs_beyond(requests.value, before.value, free)
}

fn access(spec: &Field<'_, '_>, none: &str, faults: &mut Faults) {
    let modes = spec.at("accessModes");
    if modes.is_empty() {
        faults.required(&modes, none);
    }
    let (mut single, mut others) = (false, false);
    for mode in modes.items() {
        match mode.text() {
            "ReadWriteOncePod" => single = true,
            text if ACCESS.contains(&text) => others = true,
            _ => faults.not_supported(&Field::root_like(&modes, mode.value), &ACCESS),
        }
    }
    if single && others {
        faults.forbidden(&modes, "may not use ReadWriteOncePod with other access modes");
    }
}

pub(super) fn volume(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let had = written.had("spec");
    volume_spec(&spec, had.as_ref(), written.object.name(), faults);
    if let Some(before) = written.had("spec") {
        volume_update(&spec, &before, faults);
    }
}

fn volume_spec(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, name: &str, faults: &mut Faults) {
    access(spec, "", faults);
    let capacity = spec.at("capacity");
    if capacity.is_empty() {
        faults.required(&capacity, "");
    }
    if capacity.value.get("storage").is_none() || capacity.length() > 1 {
        faults.not_supported(&capacity, &["storage"]);
    }
    for (_, amount) in capacity.entries() {
        if amount.quantity().is_some_and(|amount| amount <= 0) {
            faults.invalid(&amount, "must be greater than zero");
        }
    }
    faults.one_of(&spec.at("persistentVolumeReclaimPolicy"), &["Delete", "Recycle", "Retain"]);
    let keeps = before.is_some_and(|before| has_broken_values(&before.deep(&["nodeAffinity", "required"])));
    affinity(&spec.at("nodeAffinity"), !keeps, faults);
    source(spec, name, faults);
    let root = spec.at("hostPath").at("path").text().trim_end_matches('/').is_empty();
    if !spec.at("hostPath").is_absent() && root && spec.at("persistentVolumeReclaimPolicy").text() == "Recycle" {
        faults.forbidden(&spec.at("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'");
    }
    faults.named(&spec.at("storageClassName"), dns_subdomain);
    faults.one_of(&spec.at("volumeMode"), &MODES);
    let class = spec.at("volumeAttributesClassName");
    if !class.is_absent() {
        if class.is_empty() {
            faults.required(&class, "an empty string is disallowed");
        }
        faults.named(&class, dns_subdomain);
        if spec.at("csi").is_absent() {
            faults.required(&spec.at("csi"), "has to be specified when using volumeAttributesClassName");
        }
    }
}

fn affinity(affinity: &Field<'_, '_>, values_judged: bool, faults: &mut Faults) {
    let required = affinity.at("required");
    if affinity.is_absent() {
        return;
    }
    if required.is_absent() {
        return faults.required(&required, "must specify required node constraints");
    }
    node_selector(&required, values_judged, faults);
}

fn volume_update(spec: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    let gains_secret = !spec.deep(&["csi", "controllerExpandSecretRef"]).is_absent()
        && !before.at("csi").is_absent()
        && before.deep(&["csi", "controllerExpandSecretRef"]).is_absent();
    let mut free = NO_SOURCE.to_vec();
    let csi_differs = gains_secret && differs_beyond(spec.at("csi").value, before.at("csi").value, &["controllerExpandSecretRef"]);
    if gains_secret {
        free.push("csi");
    }
    if csi_differs || differs_beyond(spec.value, before.value, &free) {
        faults.forbidden(&spec.at("persistentvolumesource"), "spec.persistentvolumesource is immutable after creation");
    }
    let (mode, affinity, class) = (spec.at("volumeMode"), spec.at("nodeAffinity"), spec.at("volumeAttributesClassName"));
    if differs(&mode, &before.at("volumeMode")) {
        faults.invalid(&Field::root("volumeMode", Some(mode.value)), "field is immutable");
    }
    if !before.at("nodeAffinity").is_absent() && differs(&affinity, &before.at("nodeAffinity")) {
        let why = "field is immutable, except for updating from beta label to GA";
        faults.invalid(&Field::root("nodeAffinity", Some(affinity.value)), why);
    }
    if class.is_absent() && !before.at("volumeAttributesClassName").is_absent() {
        faults.forbidden(&class, "update from non-nil value to nil is forbidden");
    }
}

/// A volume that an attachment describes in itself: one of a CSI driver, with nothing that belongs to a cluster.
pub(super) fn inline(spec: &Field<'_, '_>, faults: &mut Faults) {
    for name in ["claimRef", "capacity", "nodeAffinity", "storageClassName"] {
        if !spec.at(name).is_empty() {
            faults.forbidden(&spec.at(name), "may not be specified in the context of inline volumes");
        }
    }
    if spec.at("csi").is_absent() {
        faults.required(&spec.at("csi"), "has to be specified in the context of inline volumes");
    }
    access(spec, "", faults);
    source(spec, "", faults);
}
