//! What a volume of the cluster is made of: for each source what it cannot do without, and what else it has to fulfil.
//!
//! Most sources are those of a pod's volumes and share their rules; some name secrets of other namespaces.

use super::field::{Faults, Field};
use super::names::csi_driver;
use super::volumes::{
    Kind, azure_disk, fibre_channel, flex, flocker, host_path, iscsi, judge, kind, nfs, partition, quobyte, ruled, storage_os_names,
};
use crate::object::names::{dns_label, dns_subdomain};

/// Every source, in the order in which they are judged: of several in one volume, the first is, and the others are too many.
const SOURCES: [Kind; 22] = [
    ruled("hostPath", &["path"], host_path),
    Kind { shown: "persistentDisk", ..ruled("gcePersistentDisk", &["pdName"], partition) },
    ruled("awsElasticBlockStore", &["volumeID"], partition),
    ruled("glusterfs", &["endpoints", "path"], glusterfs),
    ruled("flocker", &[], flocker),
    ruled("nfs", &["server", "path"], nfs),
    kind("rbd", &["monitors", "image"]),
    ruled("quobyte", &[], quobyte),
    kind("cephfs", &["monitors"]),
    ruled("iscsi", &["targetPortal", "iqn"], iscsi_of_cluster),
    ruled("cinder", &["volumeID"], secret),
    ruled("fc", &[], fibre_channel),
    ruled("flexVolume", &["driver"], flex),
    ruled("azureFile", &["secretName", "shareName"], azure_file),
    kind("vsphereVolume", &["volumePath"]),
    kind("photonPersistentDisk", &["pdID"]),
    kind("portworxVolume", &["volumeID"]),
    ruled("azureDisk", &["diskName", "diskURI"], azure_disk),
    kind("scaleIO", &["gateway", "system", "volumeName"]),
    ruled("local", &["path"], local),
    ruled("storageos", &["volumeName"], storage_os),
    ruled("csi", &[], csi),
];

/// Checks what a volume is made of. `name` is the volume's own, which an initiator of iSCSI is named after.
pub(super) fn source(spec: &Field<'_, '_>, name: &str, faults: &mut Faults) {
    let mut found = false;
    for kind in &SOURCES {
        let source = spec.at_as(kind.name, kind.shown);
        if source.is_absent() {
            continue;
        }
        // Upstream judges a flexible volume wherever it stands, and lets it stand beside another.
        if found && kind.name != "flexVolume" {
            let shown = if kind.name == "cephfs" { "cephFS" } else { kind.name };
            faults.forbidden(&spec.at_as(kind.name, shown), "may not specify more than 1 volume type");
        } else {
            judge(kind, &source, faults);
            if kind.name == "local" && spec.deep(&["nodeAffinity", "required"]).is_absent() {
                faults.required(&spec.at("nodeAffinity"), "Local volume requires node affinity");
            }
        }
        found = true;
    }
    if !found {
        faults.required(spec, "must specify a volume type");
    }
    let disk = spec.at("iscsi");
    let portal = disk.at("targetPortal").text();
    if !disk.at("initiatorName").is_absent() && name.len() + portal.len() + 1 > 64 {
        let why = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.";
        faults.invalid_as(&disk.at_as("targetPortal", "targetportal"), portal, why);
    }
}

fn glusterfs(source: &Field<'_, '_>, faults: &mut Faults) {
    let namespace = source.at("endpointsNamespace");
    if namespace.is_absent() {
    } else if namespace.is_empty() {
        faults.invalid(&namespace, "if the endpointnamespace is set, it must be a valid namespace name");
    } else {
        faults.named(&namespace, dns_label);
    }
}

fn iscsi_of_cluster(disk: &Field<'_, '_>, faults: &mut Faults) {
    iscsi(disk, faults);
    let secret = disk.at("secretRef");
    if !secret.is_absent() {
        faults.present(&secret.at("name"));
    }
}

/// A secret of some namespace.
fn secret(source: &Field<'_, '_>, faults: &mut Faults) {
    let secret = source.at("secretRef");
    if !secret.is_absent() {
        faults.present(&secret.at("name"));
        faults.present(&secret.at("namespace"));
    }
}

fn azure_file(file: &Field<'_, '_>, faults: &mut Faults) {
    let namespace = file.at("secretNamespace");
    if !namespace.is_absent() {
        faults.present(&namespace);
    }
}

fn local(local: &Field<'_, '_>, faults: &mut Faults) {
    faults.named(&local.at("path"), super::environment::no_way_up);
}

fn storage_os(volume: &Field<'_, '_>, faults: &mut Faults) {
    storage_os_names(volume, faults);
    secret(volume, faults);
}

/// Upstream judges all of a driver's secrets but the one for staging.
fn csi(source: &Field<'_, '_>, faults: &mut Faults) {
    csi_driver(&source.at("driver"), faults);
    faults.present(&source.at("volumeHandle"));
    for secret in ["controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef"] {
        let secret = source.at(secret);
        if !secret.is_absent() {
            faults.required_name(&secret.at("name"), dns_subdomain);
            faults.required_name(&secret.at("namespace"), dns_label);
        }
    }
}
