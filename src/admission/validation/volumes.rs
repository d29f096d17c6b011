//! The volumes of a pod: for each kind what it cannot do without, and what else it has to fulfil.
//!
//! See <https://kubernetes.io/docs/concepts/storage/volumes/>.

use std::collections::HashMap;

use serde_json::Value;

use super::containers::pull_policy;
use super::environment::{OF_POD_IN_FILES, container_resource, no_way_up, pod_field};
use super::field::{Faults, Field};
use super::kept::Kept;
use super::mounts::{descends, descends_unreserved};
use super::seen::Seen;
use super::{labels, projections};
use crate::object::names::{dns_label, dns_subdomain, qualified_name};

/// One kind of volume.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// The name by which faults in it go.
    pub(super) shown: &'static str,
    /// What it cannot do without.
    pub(super) needs: &'static [&'static str],
    /// What else it has to fulfil.
    pub(super) rule: Option<fn(&Field<'_, '_>, &mut Faults)>,
}

pub(super) const fn kind(name: &'static str, needs: &'static [&'static str]) -> Kind {
    Kind { name, shown: name, needs, rule: None }
}

pub(super) const fn ruled(name: &'static str, needs: &'static [&'static str], rule: fn(&Field<'_, '_>, &mut Faults)) -> Kind {
    Kind { name, shown: name, needs, rule: Some(rule) }
}

/// Every kind, in the order in which they are judged: of several in one volume, the first is, and the others are too many.
const KINDS: [Kind; 30] = [
    ruled("emptyDir", &[], empty_dir),
    ruled("hostPath", &["path"], host_path),
    ruled("gitRepo", &["repository"], |git, faults| descends(&git.at("directory"), faults)),
    Kind { shown: "persistentDisk", ..ruled("gcePersistentDisk", &["pdName"], partition) },
    ruled("awsElasticBlockStore", &["volumeID"], partition),
    ruled("secret", &["secretName"], files),
    ruled("nfs", &["server", "path"], nfs),
    ruled("iscsi", &["targetPortal", "iqn"], iscsi),
    kind("glusterfs", &["endpoints", "path"]),
    ruled("flocker", &[], flocker),
    kind("persistentVolumeClaim", &["claimName"]),
    kind("rbd", &["monitors", "image"]),
    ruled("cinder", &["volumeID"], named_secret),
    kind("cephfs", &["monitors"]),
    ruled("quobyte", &[], quobyte),
    ruled("downwardAPI", &[], downward),
    ruled("fc", &[], fibre_channel),
    ruled("flexVolume", &["driver"], flex),
    ruled("configMap", &["name"], files),
    kind("azureFile", &["secretName", "shareName"]),
    kind("vsphereVolume", &["volumePath"]),
    kind("photonPersistentDisk", &["pdID"]),
    kind("portworxVolume", &["volumeID"]),
    ruled("azureDisk", &["diskName", "diskURI"], azure_disk),
    ruled("storageos", &["volumeName"], storage_os),
    kind("projected", &[]),
    kind("scaleIO", &["gateway", "system", "volumeName"]),
    ruled("csi", &[], csi),
    ruled("ephemeral", &["volumeClaimTemplate"], ephemeral),
    ruled("image", &["reference"], |image, faults| pull_policy(&image.at("pullPolicy"), faults)),
];

/// Checks volumes and hands back those without fault, by name. `pod` is the name of a pod of its own, whose claims are named after it.
pub(super) fn volumes<'v>(volumes: &Field<'_, 'v>, pod: &str, kept: &Kept, faults: &mut Faults) -> HashMap<&'v str, &'v Value> {
    let mut sound = HashMap::new();
    let mut made: Seen<'_> = Seen::default();
    if !pod.is_empty() {
        made = volumes.items().filter(|volume| !volume.at("ephemeral").is_absent()).map(|volume| volume.at("name").text()).collect();
    }
    for volume in volumes.items() {
        let known = faults.0.len();
        let name = volume.at("name");
        source(&volume, name.text(), pod, kept, faults);
        faults.required_name(&name, dns_label);
        if sound.contains_key(name.text()) {
            faults.duplicate(&name);
        }
        if faults.0.len() == known {
            sound.insert(name.text(), volume.value);
        }
        let claim = volume.deep(&["persistentVolumeClaim", "claimName"]);
        let of_pod = claim.text().strip_prefix(pod).and_then(|rest| rest.strip_prefix('-'));
        if !made.is_empty() && of_pod.is_some_and(|name| made.contains(name)) {
            faults.invalid(&claim, "must not reference a PVC that gets created for an ephemeral volume");
        }
    }
    sound
}

fn source(volume: &Field<'_, '_>, name: &str, pod: &str, kept: &Kept, faults: &mut Faults) {
    let mut found = false;
    for kind in &KINDS {
        let source = volume.at_as(kind.name, kind.shown);
        match (source.is_absent(), found) {
            (true, _) => continue,
            (false, true) => faults.forbidden(&volume.at(kind.name), "may not specify more than 1 volume type"),
            (false, false) if kind.name == "projected" => projections::projected(&source, kept, faults),
            (false, false) => judge(kind, &source, faults),
        }
        found = true;
    }
    if !found {
        faults.required(volume, "must specify a volume type");
    }
    let portal = volume.deep(&["iscsi", "targetPortal"]).text();
    if !volume.deep(&["iscsi", "initiatorName"]).is_absent() && name.len() + portal.len() + 1 > 64 {
        let why = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
        faults.invalid_as(&volume.at("name"), name, why);
    }
    if !volume.at("ephemeral").is_absent() && !pod.is_empty() && !name.is_empty() {
        let claim = format!("{pod}-{name}");
        if let Err(why) = dns_subdomain(&claim) {
            faults.invalid_as(&volume.at("name"), name, &format!("PVC name {claim:?}: {why}"));
        }
    }
}

pub(super) fn judge(kind: &Kind, source: &Field<'_, '_>, faults: &mut Faults) {
    let known = faults.0.len();
    for member in kind.needs {
        faults.present(&source.at(member));
    }
    // A host path that is not there has no further faults.
    if let Some(rule) = kind.rule
        && (kind.name != "hostPath" || faults.0.len() == known)
    {
        rule(source, faults);
    }
}

fn empty_dir(directory: &Field<'_, '_>, faults: &mut Faults) {
    let limit = directory.at("sizeLimit");
    if limit.quantity().is_some_and(|limit| limit < 0) {
        faults.forbidden(&limit, "SizeLimit field must be a valid resource quantity");
    }
}

pub(super) fn host_path(path: &Field<'_, '_>, faults: &mut Faults) {
    const TYPES: [&str; 8] = ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];
    faults.named(&path.at("path"), no_way_up);
    let kind = path.at("type");
    if !kind.is_absent() && !TYPES.contains(&kind.text()) {
        faults.not_supported(&kind, &TYPES);
    }
}

pub(super) fn partition(disk: &Field<'_, '_>, faults: &mut Faults) {
    let partition = disk.at("partition");
    if partition.number().is_some_and(|number| !(0..=255).contains(&number)) {
        faults.invalid(&partition, "must be between 1 and 255, inclusive");
    }
}

pub(super) fn nfs(nfs: &Field<'_, '_>, faults: &mut Faults) {
    let path = nfs.at("path");
    if !path.text().starts_with('/') {
        faults.invalid_as(&path, path.text(), "must be an absolute path");
    }
}

pub(super) fn iscsi(disk: &Field<'_, '_>, faults: &mut Faults) {
    let (qualified, initiator) = (disk.at("iqn"), disk.at("initiatorName"));
    if !qualified.is_empty() {
        iscsi_name(&qualified, "must be valid format", faults);
    }
    faults.between(&disk.at("lun"), 0, 255);
    if (disk.at("chapAuthDiscovery").flag() || disk.at("chapAuthSession").flag()) && disk.at("secretRef").is_absent() {
        faults.required(&disk.at("secretRef"), "");
    }
    if !initiator.is_absent() {
        let why = "must be valid format starting with iqn, eui, or naa";
        iscsi_name(&disk.at_as("initiatorName", "initiatorname"), why, faults);
    }
}

/// `iqn.YYYY-MM.DOMAIN:NAME`, or a number of 16 digits after `eui.` or 32 after `naa.`.
fn iscsi_name(name: &Field<'_, '_>, of_no_kind: &str, faults: &mut Faults) {
    let text = name.text();
    let numbered = |prefix: &str, digits: usize| {
        let rest = text.strip_prefix(prefix).map(|rest| rest.get(1..).unwrap_or_default());
        rest.is_some_and(|rest| rest.len() == digits && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    let fits = match text.get(..3) {
        Some("iqn") => is_qualified_target(text),
        Some("eui") => numbered("eui", 16),
        Some("naa") => numbered("naa", 32),
        _ => return faults.invalid(name, of_no_kind),
    };
    if !fits {
        faults.invalid(name, "must be valid format");
    }
}

fn is_qualified_target(text: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_prefix("iqn.").and_then(|rest| rest.split_once('.'));
    let Some((date, rest)) = parts else { return false };
    let dated = date.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2));
    rest.match_indices(':').any(|(at, _)| {
        let (domain, own) = (&rest[..at], &rest[at + 1..]);
        dated
            && !domain.is_empty()
            && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
            && !own.is_empty()
            && !own.contains([',', ';', '*', '&', '$', '|'])
            && !own.contains(char::is_whitespace)
    })
}

pub(super) fn flocker(flocker: &Field<'_, '_>, faults: &mut Faults) {
    let name = flocker.at("datasetName");
    match (name.is_empty(), flocker.at("datasetUUID").is_empty()) {
        (true, true) => faults.required(flocker, "one of datasetName and datasetUUID is required"),
        (false, false) => faults.invalid_as(flocker, "resource", "datasetName and datasetUUID can not be specified simultaneously"),
        _ => {}
    }
    if name.text().contains('/') {
        faults.invalid(&name, "must not contain '/'");
    }
}

fn named_secret(source: &Field<'_, '_>, faults: &mut Faults) {
    let secret = source.at("secretRef");
    if !secret.is_absent() {
        faults.present(&secret.at("name"));
    }
}

pub(super) fn quobyte(quobyte: &Field<'_, '_>, faults: &mut Faults) {
    let (registry, tenant) = (quobyte.at("registry"), quobyte.at("tenant"));
    let why = "must be a host:port pair or multiple pairs separated by commas";
    if registry.is_empty() {
        faults.required(&registry, why);
    } else if tenant.text().len() >= 65 {
        faults.required(&tenant, "must be a UUID and may not exceed a length of 64 characters");
    } else {
        for _ in registry.text().split(',').filter(|pair| !is_host_and_port(pair)) {
            faults.invalid(&registry, why);
        }
    }
    faults.present(&quobyte.at("volume"));
}

fn is_host_and_port(pair: &str) -> bool {
    let Some((host, port)) = pair.rsplit_once(':') else { return false };
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    !port.contains([']', '[']) && bracketed.map_or(!host.contains([':', '[', ']']), |host| !host.contains(['[', ']']))
}

pub(super) fn fibre_channel(channel: &Field<'_, '_>, faults: &mut Faults) {
    let (names, ids, unit) = (channel.at("targetWWNs"), channel.at("wwids"), channel.at("lun"));
    match (names.is_empty(), ids.is_empty()) {
        (true, true) => faults.required(&names, "must specify either targetWWNs or wwids, but not both"),
        (false, false) => faults.invalid(&names, "targetWWNs and wwids can not be specified simultaneously"),
        _ => {}
    }
    if names.is_empty() {
    } else if unit.is_absent() {
        faults.required(&unit, "lun is required if targetWWNs is specified");
    } else {
        faults.between(&unit, 0, 255);
    }
}

pub(super) fn flex(flex: &Field<'_, '_>, faults: &mut Faults) {
    for (key, option) in flex.at("options").entries() {
        let space = format!(".{}", key.split_once('/').map_or(key, |(space, _)| space).to_lowercase());
        if space.ends_with(".kubernetes.io") || space.ends_with(".k8s.io") {
            faults.invalid_as(&option, key, "kubernetes.io and k8s.io namespaces are reserved");
        }
    }
}

pub(super) fn azure_disk(disk: &Field<'_, '_>, faults: &mut Faults) {
    const MANAGED: &str = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}";
    const BLOB: &str = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd";
    let (caching, kind, address) = (disk.at("cachingMode"), disk.at("kind"), disk.at("diskURI"));
    if !caching.is_absent() {
        faults.one_of(&caching, &["None", "ReadOnly", "ReadWrite"]);
    }
    if kind.is_absent() {
        return;
    }
    if !matches!(kind.text(), "Dedicated" | "Managed" | "Shared") {
        faults.not_supported(&kind, &["Dedicated", "Managed", "Shared"]);
    }
    let (start, form) = if kind.text() == "Managed" { ("/subscriptions/", MANAGED) } else { ("https://", BLOB) };
    if !address.text().starts_with(start) {
        faults.not_supported(&address, &[form]);
    }
}

pub(super) fn storage_os_names(volume: &Field<'_, '_>, faults: &mut Faults) {
    faults.named(&volume.at("volumeName"), dns_label);
    faults.named(&volume.at("volumeNamespace"), dns_label);
}

fn storage_os(volume: &Field<'_, '_>, faults: &mut Faults) {
    storage_os_names(volume, faults);
    named_secret(volume, faults);
}

fn csi(volume: &Field<'_, '_>, faults: &mut Faults) {
    let driver = volume.at("driver");
    faults.present(&driver);
    if driver.text().len() > 63 {
        faults.too_long(&driver, 63);
    }
    if let Err(why) = dns_subdomain(&driver.text().to_lowercase()) {
        faults.invalid_as(&driver, driver.text(), &why);
    }
    let secret = volume.at("nodePublishSecretRef");
    if !secret.is_absent() && faults.present(&secret.at("name")) {
        faults.named(&Field::root_like(&volume.at("name"), secret.at("name").value), dns_subdomain);
    }
}

/// A claim made for the pod. Its template carries labels and annotations, and nothing else of metadata.
fn ephemeral(source: &Field<'_, '_>, faults: &mut Faults) {
    let template = source.at("volumeClaimTemplate");
    if template.is_absent() {
        return;
    }
    let metadata = template.at("metadata");
    for (key, _) in metadata.at("annotations").entries() {
        if let Err(why) = qualified_name(&key.to_lowercase()) {
            faults.invalid_as(&metadata.at("annotations"), key, &why);
        }
    }
    labels::labels(&metadata.at("labels"), faults);
    for (name, value) in metadata.value.as_object().into_iter().flatten() {
        if !matches!(name.as_str(), "annotations" | "labels") && !value.is_null() {
            faults.0.push(crate::object::Cause::new(
                crate::object::CauseKind::Forbidden,
                format!("{}.{name}", metadata.place()),
                "Forbidden: cannot be set",
            ));
        }
    }
    super::storage::claim_spec(&template.at("spec"), None, faults);
}

fn files(source: &Field<'_, '_>, faults: &mut Faults) {
    mode(&source.at("defaultMode"), faults);
    source.at("items").items().for_each(|item| file(&item, faults));
}

/// One entry of a secret or map as a file.
pub(super) fn file(item: &Field<'_, '_>, faults: &mut Faults) {
    faults.present(&item.at("key"));
    faults.present(&item.at("path"));
    descends_unreserved(&item.at("path"), faults);
    mode(&item.at("mode"), faults);
}

fn downward(source: &Field<'_, '_>, faults: &mut Faults) {
    mode(&source.at("defaultMode"), faults);
    source.at("items").items().for_each(|item| downward_file(source, &item, faults));
}

/// A field of the pod as a file; its faults are told by the place of the whole source, as upstream does.
pub(super) fn downward_file(source: &Field<'_, '_>, item: &Field<'_, '_>, faults: &mut Faults) {
    let shown = |name: &'static str| item.at(name).value;
    let path = source.at("path");
    let path = Field::root_like(&path, shown("path"));
    faults.present(&path);
    descends_unreserved(&path, faults);
    let (field, resource) = (source.at("fieldRef"), source.at("resourceFieldRef"));
    let (field, resource) = (Field::root_like(&field, shown("fieldRef")), Field::root_like(&resource, shown("resourceFieldRef")));
    match (field.is_absent(), resource.is_absent()) {
        (false, both) => {
            pod_field(&field, &OF_POD_IN_FILES, faults);
            if !both {
                faults.invalid_as(source, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
            }
        }
        (true, false) => container_resource(&resource, true, faults),
        (true, true) => faults.required(source, "one of fieldRef and resourceFieldRef is required"),
    }
    let permissions = source.at("mode");
    mode(&Field::root_like(&permissions, shown("mode")), faults);
}

/// The permissions of a file.
pub(super) fn mode(mode: &Field<'_, '_>, faults: &mut Faults) {
    if matches!(mode.value, Value::Number(_)) && !mode.number().is_some_and(|mode| (0..=0o777).contains(&mode)) {
        faults.invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }
}
