//! Volumes, the claims to them and their classes.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/>.

use super::field::{Faults, Field};
use super::labels;
use super::workloads::differs_beyond;
use crate::object::Object;
use crate::object::names::dns_subdomain;

const ACCESS: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const MODES: [&str; 2] = ["Block", "Filesystem"];

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

pub(super) fn claim(spec: &Field<'_, '_>, faults: &mut Faults) {
    access(spec, "at least 1 access mode is required", faults);
    labels::selector(&spec.at("selector"), faults);
    let requests = spec.deep(&["resources", "requests"]);
    let storage = requests.key("storage");
    match storage.quantity() {
        None => faults.required(&storage, ""),
        Some(amount) if amount <= 0 => faults.invalid(&storage, "must be greater than zero"),
        Some(_) => {}
    }
    faults.named(&spec.at("storageClassName"), dns_subdomain);
    faults.one_of(&spec.at("volumeMode"), &MODES);
    let source = spec.at("dataSource");
    if !source.is_absent() {
        faults.present(&source.at("name"));
        faults.present(&source.at("kind"));
    }
}

/// A claim is bound once; after that it may only grow.
pub(super) fn claim_update(object: &Object, before: &Object, faults: &mut Faults) {
    let (spec, had) = (Field::root("spec", object.root().get("spec")), Field::root("spec", before.root().get("spec")));
    let bound = !had.at("volumeName").is_empty();
    let mut free = vec!["resources", "volumeAttributesClassName"];
    if !bound {
        free.push("volumeName");
    }
    if differs_beyond(spec.value, had.value, &free) {
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        faults.forbidden(&spec, why);
    }
    let (requests, old) = (spec.deep(&["resources", "requests"]), had.deep(&["resources", "requests"]));
    let (wanted, old) = (requests.at("storage"), old.at("storage"));
    if let (Some(new), Some(before)) = (wanted.quantity(), old.quantity())
        && new < before
    {
        faults.forbidden(&wanted, "field can not be less than previous value");
    }
}

fn access(spec: &Field<'_, '_>, none: &str, faults: &mut Faults) {
    let modes = spec.at("accessModes");
    if modes.is_empty() {
        faults.required(&modes, none);
    }
    let several = modes.value.as_array().is_some_and(|modes| modes.len() > 1);
    for mode in modes.items() {
        if !ACCESS.contains(&mode.text()) {
            faults.not_supported(&mode, &ACCESS);
        }
        if several && mode.text() == "ReadWriteOncePod" {
            faults.forbidden(&modes, "may not use ReadWriteOncePod with other access modes");
        }
    }
}

pub(super) fn volume(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    access(spec, "", faults);
    let capacity = spec.at("capacity");
    if capacity.is_empty() {
        faults.required(&capacity, "");
    } else if capacity.value.get("storage").is_none() {
        faults.not_supported(&capacity, &["storage"]);
    }
    faults.one_of(&spec.at("persistentVolumeReclaimPolicy"), &["Delete", "Recycle", "Retain"]);
    faults.one_of(&spec.at("volumeMode"), &MODES);
    faults.named(&spec.at("storageClassName"), dns_subdomain);
    let members = spec.value.as_object().into_iter().flatten();
    match members.filter(|(name, value)| !NO_SOURCE.contains(&name.as_str()) && !value.is_null()).count() {
        0 => faults.required(spec, "must specify a volume type"),
        1 => {}
        _ => faults.forbidden(spec, "may not specify more than 1 volume type"),
    }
    let Some(before) = before else { return };
    if differs_beyond(spec.value, before.value, &NO_SOURCE) {
        faults.forbidden(&spec.at("persistentvolumesource"), "spec.persistentvolumesource is immutable after creation");
    }
    faults.unchanged(&spec.at("volumeMode"), &before.at("volumeMode"));
}

pub(super) fn class(object: &Object, before: Option<&Object>, faults: &mut Faults) {
    let field = |name: &'static str| Field::root(name, object.root().get(name));
    faults.present(&field("provisioner"));
    faults.one_of(&field("reclaimPolicy"), &["Delete", "Retain"]);
    faults.required_one_of(&field("volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"]);
    let Some(before) = before else { return };
    for (name, why) in [
        ("parameters", "updates to parameters are forbidden."),
        ("provisioner", "updates to provisioner are forbidden."),
        ("reclaimPolicy", "updates to reclaimPolicy are forbidden."),
    ] {
        if object.root().get(name) != before.root().get(name) {
            faults.forbidden(&field(name), why);
        }
    }
    faults.unchanged(&field("volumeBindingMode"), &Field::root("volumeBindingMode", before.root().get("volumeBindingMode")));
}
