//! Volumes and the claims to them.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/>.

use super::fill::Constant::{Flag, Text};
use super::fill::{Members, Row, fill, inner, inner_or_empty};

const VOLUME: Row = &[("persistentVolumeReclaimPolicy", Text("Retain")), ("volumeMode", Text("Filesystem"))];
const CLAIM: Row = &[("volumeMode", Text("Filesystem"))];
const STORAGE_CLASS: Row = &[("reclaimPolicy", Text("Delete")), ("volumeBindingMode", Text("Immediate"))];
const CSI_DRIVER: Row = &[
    ("attachRequired", Flag(true)),
    ("fsGroupPolicy", Text("ReadWriteOnceWithFSType")),
    ("podInfoOnMount", Flag(false)),
    ("requiresRepublish", Flag(false)),
    ("seLinuxMount", Flag(false)),
    ("storageCapacity", Flag(false)),
];
const PENDING: Row = &[("phase", Text("Pending"))];
const CLAIM_TYPE: Row = &[("apiVersion", Text("v1")), ("kind", Text("PersistentVolumeClaim"))];

pub(super) fn volume(root: &mut Members) {
    if let Some(status) = inner_or_empty(root, "status") {
        fill(status, PENDING);
    }
    let Some(spec) = inner(root, "spec") else { return };
    fill(spec, VOLUME);
    inner(spec, "hostPath").map(host_path);
}

pub(super) fn claim(root: &mut Members) {
    if let Some(status) = inner_or_empty(root, "status") {
        fill(status, PENDING);
    }
    inner(root, "spec").map(claim_spec);
}

/// A claim inside a StatefulSet, which is a whole object of its own.
pub(super) fn claim_template(template: &mut Members) {
    fill(template, CLAIM_TYPE);
    claim(template);
}

pub(super) fn claim_spec(spec: &mut Members) {
    fill(spec, CLAIM);
}

/// The type of a host path may be the empty text, which means that nothing is checked.
pub(super) fn host_path(path: &mut Members) {
    path.entry("type").or_insert_with(|| "".into());
}

pub(super) fn class(root: &mut Members) {
    fill(root, STORAGE_CLASS);
}

pub(super) fn driver(root: &mut Members) {
    let Some(spec) = inner_or_empty(root, "spec") else { return };
    fill(spec, CSI_DRIVER);
    if spec.get("volumeLifecycleModes").and_then(serde_json::Value::as_array).is_none_or(Vec::is_empty) {
        spec.insert("volumeLifecycleModes".to_owned(), vec!["Persistent"].into());
    }
}
