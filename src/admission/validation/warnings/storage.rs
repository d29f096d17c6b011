//! What is to be said of volumes, claims to them and the classes of both.

use super::{Warnings, nodes};
use crate::admission::validation::field::Field;

/// Annotations that have a field today.
const ANNOTATIONS: [(&str, &str); 2] = [
    ("volume.beta.kubernetes.io/storage-class", "deprecated since v1.8; use \"storageClassName\" attribute instead"),
    ("volume.beta.kubernetes.io/mount-options", "deprecated since v1.31; use \"mountOptions\" attribute instead"),
];

/// Sources of volumes that do nothing any more: their names, and how they are told.
const SOURCES: [(&str, &str, &str); 6] = [
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

const RECYCLE: &str = "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";

pub(super) fn volume(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, said: &mut Warnings) {
    annotations(metadata, &ANNOTATIONS, said);
    let policy = spec.at("persistentVolumeReclaimPolicy");
    if policy.text() == "Recycle" {
        said.say(&policy, RECYCLE);
    }
    for term in spec.deep(&["nodeAffinity", "required", "nodeSelectorTerms"]).items() {
        nodes::term(&term, false, said);
    }
    for (source, shown, text) in SOURCES {
        let source = spec.at_as(source, shown);
        if !source.is_absent() {
            said.say(&source, text);
        }
    }
}

pub(super) fn claim(metadata: &Field<'_, '_>, spec: &Field<'_, '_>, said: &mut Warnings) {
    annotations(metadata, &ANNOTATIONS[..1], said);
    claim_spec(spec, said);
}

/// Nobody can have a part of a byte.
pub(super) fn claim_spec(spec: &Field<'_, '_>, said: &mut Warnings) {
    let resources = spec.at("resources");
    for list in ["requests", "limits"] {
        let list = resources.at(list);
        super::pods::whole_bytes(&list, "storage", said);
    }
}

fn annotations(metadata: &Field<'_, '_>, known: &[(&'static str, &str)], said: &mut Warnings) {
    let annotations = metadata.at("annotations");
    for (key, text) in known {
        let entry = annotations.key(key);
        if !entry.is_absent() {
            said.say(&entry, text);
        }
    }
}

pub(super) fn class(topologies: &Field<'_, '_>, said: &mut Warnings) {
    for topology in topologies.items() {
        for expression in topology.at("matchLabelExpressions").items() {
            let key = expression.at("key");
            nodes::label(key.text()).into_iter().for_each(|text| said.say(&key, text));
        }
    }
}

pub(super) fn capacity(topology: &Field<'_, '_>, said: &mut Warnings) {
    topology.at("matchExpressions").items().for_each(|expression| nodes::keyed(&expression.at("key"), said));
    let labels = topology.at("matchLabels");
    for (key, entry) in labels.entries() {
        nodes::label(key).into_iter().for_each(|text| said.say(&labels.member(key, entry.value), text));
    }
}
