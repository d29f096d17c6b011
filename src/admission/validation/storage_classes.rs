//! Storage classes, and what CSI drivers say of themselves.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/storage-class-v1/>.

use std::collections::HashSet;

use super::field::{Faults, Field, differs};
use super::names::csi_driver;
use super::written::Written;
use super::{labels, storage};
use crate::object::names::{dns_subdomain, label_value, qualified_name};

const MOST_PARAMETERS: usize = 512;
const LARGEST_PARAMETERS: usize = 256 << 10;
const LONGEST_ERROR: usize = 1024;
const LONGEST_NODE_ID: usize = 256;

/// The shortest and the longest time of a token, in seconds.
const TOKEN_SECONDS: std::ops::RangeInclusive<i64> = 600..=1 << 32;

pub(super) fn class(written: Written<'_>, faults: &mut Faults) {
    provisioner(&written.at("provisioner"), faults);
    parameters(&written.at("parameters"), faults);
    faults.one_of(&written.at("reclaimPolicy"), &["Delete", "Retain"]);
    faults.required_one_of(&written.at("volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"]);
    topologies(&written.at("allowedTopologies"), faults);
    for name in ["parameters", "provisioner", "reclaimPolicy"] {
        if written.had(name).is_some_and(|before| differs(&written.at(name), &before)) {
            faults.forbidden(&written.at(name), &format!("updates to {name} are forbidden."));
        }
    }
    if let Some(before) = written.had("volumeBindingMode") {
        faults.unchanged(&written.at("volumeBindingMode"), &before);
    }
}

fn provisioner(field: &Field<'_, '_>, faults: &mut Faults) {
    if faults.present(field)
        && let Err(why) = qualified_name(&field.text().to_lowercase())
    {
        faults.invalid(field, &why);
    }
}

fn parameters(field: &Field<'_, '_>, faults: &mut Faults) {
    if field.length() > MOST_PARAMETERS {
        return faults.too_long(field, MOST_PARAMETERS);
    }
    let mut size = 0;
    for (key, value) in field.entries() {
        if key.is_empty() {
            faults.invalid_hidden(field, "", "field can not be empty.");
        }
        size += key.len() + value.text().len();
    }
    if size > LARGEST_PARAMETERS {
        faults.too_long(field, LARGEST_PARAMETERS);
    }
}

fn topologies(terms: &Field<'_, '_>, faults: &mut Faults) {
    for (index, term) in terms.items().enumerate() {
        let expressions = term.at("matchLabelExpressions");
        let mut keys = HashSet::new();
        for expression in expressions.items() {
            let (key, values) = (expression.at("key"), expression.at("values"));
            if values.is_empty() {
                faults.required(&values, "");
            }
            let mut seen = HashSet::new();
            for value in values.items() {
                faults.named(&value, label_value);
                faults.once(&value, &mut seen);
            }
            if let Err(why) = qualified_name(key.text()) {
                faults.invalid(&key, &why);
            }
            faults.once(&key, &mut keys);
        }
        if terms.items().take(index).any(|other| other.value == term.value) {
            faults.duplicate(&Field::root_like(&expressions, &"".into()));
        }
    }
}

pub(super) fn attributes_class(written: Written<'_>, faults: &mut Faults) {
    let (driver, values) = (written.at("driverName"), written.at("parameters"));
    for (name, field) in [("driverName", driver), ("parameters", values)] {
        if written.had(name).is_some_and(|before| differs(&field, &before)) {
            faults.forbidden(&field, &format!("updates to {name} are forbidden."));
        }
    }
    provisioner(&driver, faults);
    parameters(&values, faults);
    if values.is_empty() {
        faults.required(&values, "must contain at least one key/value pair");
    }
}

pub(super) fn driver(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    faults.one_of(&spec.at("fsGroupPolicy"), &["File", "None", "ReadWriteOnceWithFSType"]);
    tokens(&spec, faults);
    let modes = spec.at("volumeLifecycleModes");
    for mode in modes.items().filter(|mode| !["Persistent", "Ephemeral"].contains(&mode.text())) {
        faults.not_supported(&Field::root_like(&modes, mode.value), &["Persistent", "Ephemeral"]);
    }
    let period = spec.at("nodeAllocatableUpdatePeriodSeconds");
    if period.number().is_some_and(|seconds| seconds < 10) {
        faults.invalid(&period, "must be greater than or equal to 10 seconds");
    }
    if let Some(before) = written.had("spec") {
        // Upstream writes the path of the first with a letter more.
        let shown = spec.at("attachedRequired");
        faults.unchanged(&Field::root_like(&shown, spec.at("attachRequired").value), &before.at("attachRequired"));
        faults.unchanged(&modes, &before.at("volumeLifecycleModes"));
    }
}

fn tokens(spec: &Field<'_, '_>, faults: &mut Faults) {
    let mut audiences = HashSet::new();
    let requests = spec.at("tokenRequests");
    for request in requests.items() {
        let (audience, seconds) = (request.at("audience"), request.at("expirationSeconds"));
        if !faults.once(&audience, &mut audiences) {
            continue;
        }
        match seconds.number() {
            Some(number) if number < *TOKEN_SECONDS.start() => {
                faults.invalid(&seconds, "may not specify a duration less than 10 minutes");
            }
            Some(number) if number > *TOKEN_SECONDS.end() => {
                faults.invalid(&seconds, "may not specify a duration larger than 2^32 seconds");
            }
            _ => {}
        }
    }
    let in_secrets = spec.at("serviceAccountTokenInSecrets");
    if !in_secrets.is_absent() && requests.is_empty() {
        faults.invalid(&in_secrets, "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
    }
}

pub(super) fn node(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let drivers = spec.at("drivers");
    let mut names = HashSet::new();
    for driver in drivers.items() {
        node_driver(&driver, faults);
        faults.once(&driver.at("name"), &mut names);
    }
    let before = written.had("spec");
    for old in before.iter().flat_map(|before| before.value.get("drivers").and_then(serde_json::Value::as_array)).flatten() {
        let same = drivers.items().find(|new| Some(new.value.get("name")) == Some(old.get("name")));
        if let Some(new) = same.filter(|new| super::workloads::differs_beyond(new.value, old, &["allocatable"])) {
            faults.invalid(&Field::root_like(&drivers, new.value), "field is immutable");
        }
    }
}

fn node_driver(driver: &Field<'_, '_>, faults: &mut Faults) {
    csi_driver(&driver.at("name"), faults);
    let id = driver.at("nodeID");
    if faults.present(&id) && id.text().len() > LONGEST_NODE_ID {
        faults.invalid(&id, "must be 256 characters or less");
    }
    faults.at_least(&driver.at("allocatable").at("count"), 0);
    let mut keys = HashSet::new();
    let topology = driver.at("topologyKeys");
    for key in topology.items() {
        let shown = Field::root_like(driver, key.value);
        faults.present(&shown);
        faults.once(&shown, &mut keys);
        if let Err(why) = qualified_name(key.text()) {
            faults.invalid(&shown, &why);
        }
    }
}

pub(super) fn capacity(written: Written<'_>, faults: &mut Faults) {
    let (topology, class, amount) = (written.at("nodeTopology"), written.at("storageClassName"), written.at("capacity"));
    for (name, field) in [("nodeTopology", topology), ("storageClassName", class)] {
        if let Some(before) = written.had(name) {
            faults.unchanged(&field, &before);
        }
    }
    if written.before.is_some() {
        return;
    }
    labels::selector(&topology, faults);
    if let Err(why) = dns_subdomain(class.text()) {
        faults.invalid_or(&class, &"".into(), &why);
    }
    if amount.quantity().is_some_and(|amount| amount < 0) {
        faults.invalid(&amount, "must be greater than or equal to 0");
    }
}

pub(super) fn attachment(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    csi_driver(&spec.at("attacher"), faults);
    let source = spec.at("source");
    let (volume, inline) = (source.at("persistentVolumeName"), source.at("inlineVolumeSpec"));
    let one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    match (volume.is_absent(), inline.is_absent()) {
        (true, true) => faults.required(&source, one),
        (false, false) => faults.forbidden(&source, one),
        (false, true) if volume.is_empty() => faults.required(&volume, "must specify non empty persistentVolumeName"),
        (false, true) => faults.named(&volume, dns_subdomain),
        (true, false) => storage::inline(&inline, faults),
    }
    let node = spec.at("nodeName");
    if let Err(why) = dns_subdomain(node.text()) {
        faults.invalid_or(&node, &"".into(), &why);
    }
    if let Some(before) = written.had("spec") {
        faults.unchanged(&spec, &before);
    }
}

/// The status of an attachment: what the driver answered.
pub(super) fn attachment_status(written: Written<'_>, faults: &mut Faults) {
    let status = written.at("status");
    let metadata = status.at("attachmentMetadata");
    if metadata.entries().map(|(key, value)| key.len() + value.text().len()).sum::<usize>() > LARGEST_PARAMETERS {
        faults.too_long(&metadata, LARGEST_PARAMETERS);
    }
    for name in ["attachError", "detachError"] {
        let error = status.at(name);
        if error.at("message").text().len() > LONGEST_ERROR {
            faults.too_long(&error.at("message"), LARGEST_PARAMETERS);
        }
        faults.between(&error.at("errorCode"), 0, i64::from(i32::MAX));
    }
}
