//! The volumes of a pod.

use std::collections::HashSet;

use serde_json::Value;

use super::field::{Faults, Field};
use crate::object::names::dns_label;

/// What each kind of volume cannot do without: the source, then the member.
const NEEDED: [(&str, &str); 12] = [
    ("hostPath", "path"),
    ("secret", "secretName"),
    ("configMap", "name"),
    ("persistentVolumeClaim", "claimName"),
    ("nfs", "server"),
    ("nfs", "path"),
    ("gitRepo", "repository"),
    ("csi", "driver"),
    ("iscsi", "targetPortal"),
    ("iscsi", "iqn"),
    ("ephemeral", "volumeClaimTemplate"),
    ("image", "reference"),
];

/// Checks volumes and hands back their names.
pub(super) fn volumes<'v>(volumes: &Field<'_, 'v>, faults: &mut Faults) -> HashSet<&'v str> {
    let mut names = HashSet::new();
    for volume in volumes.items() {
        source(&volume, faults);
        let name = volume.at("name");
        faults.required_name(&name, dns_label);
        if !name.is_empty() && !names.insert(name.text()) {
            faults.duplicate(&name);
        }
    }
    names
}

fn source(volume: &Field<'_, '_>, faults: &mut Faults) {
    let members = volume.value.as_object().into_iter().flatten();
    match members.filter(|(name, source)| *name != "name" && !source.is_null()).count() {
        0 => faults.required(volume, "must specify a volume type"),
        1 => {}
        _ => faults.forbidden(volume, "may not specify more than 1 volume type"),
    }
    for (kind, member) in NEEDED {
        let source = volume.at(kind);
        if !source.is_absent() {
            faults.present(&source.at(member));
        }
    }
    let path = volume.deep(&["hostPath", "path"]);
    if path.text().split('/').any(|part| part == "..") {
        faults.invalid(&path, "must not contain '..'");
    }
    for kind in ["secret", "configMap", "downwardAPI", "projected"] {
        let source = volume.at(kind);
        mode(&source.at("defaultMode"), faults);
        source.at("items").items().for_each(|item| file(&item, kind != "downwardAPI", faults));
    }
    projections(&volume.deep(&["projected", "sources"]), faults);
    let limit = volume.deep(&["emptyDir", "sizeLimit"]);
    if limit.quantity().is_some_and(|limit| limit < 0) {
        faults.forbidden(&limit, "SizeLimit field must be a valid resource quantity");
    }
}

fn projections(sources: &Field<'_, '_>, faults: &mut Faults) {
    for source in sources.items() {
        let known = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"];
        if source.count(&known) > 1 {
            faults.forbidden(&source, "may not specify more than 1 volume type");
        }
        for kind in ["secret", "configMap"] {
            if !source.at(kind).is_absent() {
                faults.present(&source.at(kind).at("name"));
                source.at(kind).at("items").items().for_each(|item| file(&item, true, faults));
            }
        }
        let token = source.at("serviceAccountToken");
        if !token.is_absent() {
            faults.present(&token.at("path"));
            if token.at("expirationSeconds").number().is_some_and(|seconds| seconds < 600) {
                faults.invalid(&token.at("expirationSeconds"), "may not specify a duration less than 10 minutes");
            }
        }
    }
}

fn file(item: &Field<'_, '_>, keyed: bool, faults: &mut Faults) {
    if keyed {
        faults.present(&item.at("key"));
    }
    let path = item.at("path");
    if faults.present(&path) {
        if path.text().starts_with('/') {
            faults.invalid(&path, "must be a relative path");
        } else if path.text().split('/').any(|part| part == "..") {
            faults.invalid(&path, "must not contain '..'");
        }
    }
    mode(&item.at("mode"), faults);
}

fn mode(mode: &Field<'_, '_>, faults: &mut Faults) {
    if matches!(mode.value, Value::Number(_)) && !mode.number().is_some_and(|mode| (0..=0o777).contains(&mode)) {
        faults.invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}
