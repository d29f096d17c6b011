//! Tables of volumes and of `storage.k8s.io`.

use super::row::{NONE, Row, UNSET, cells, or, text, text_at};
use super::{Column, Table};

const VOLUME_MODE: Column = Column::wide("VolumeMode", "Whether it is a file system or a block device.");
const STORAGE_CLASS: Column = Column::text("StorageClass", "The class it is of.");
const ATTRIBUTES_CLASS: Column = Column::text("VolumeAttributesClass", "The class of its changeable attributes.");
const ACCESS_MODES: Column = Column::text("Access Modes", "How it may be mounted.");
const CAPACITY: Column = Column::text("Capacity", "How much it holds.");

/// `persistentvolumes`.
pub(in crate::schema) const VOLUMES: Table = Table {
    columns: &[
        Column::NAME,
        CAPACITY,
        ACCESS_MODES,
        Column::text("Reclaim Policy", "What becomes of the volume after its claim."),
        Column::text("Status", "The state of the volume."),
        Column::text("Claim", "The claim that the volume is bound to."),
        STORAGE_CLASS,
        ATTRIBUTES_CLASS,
        Column::text("Reason", "Why the volume failed."),
        Column::AGE,
        VOLUME_MODE,
    ],
    cells: |row| {
        let claim = row.at("spec.claimRef").filter(|claim| claim.is_object());
        let claim = claim.map(|claim| format!("{}/{}", text_at(claim, "namespace"), text_at(claim, "name")));
        cells![
            row.name(),
            row.written("spec.capacity.storage", "0"),
            access_modes(row, "spec.accessModes"),
            row.text("spec.persistentVolumeReclaimPolicy"),
            phase(row),
            claim.unwrap_or_default(),
            storage_class(row),
            row.written("spec.volumeAttributesClassName", UNSET),
            row.text("status.reason"),
            row.age(),
            row.written("spec.volumeMode", UNSET),
        ]
    },
};

/// `persistentvolumeclaims`.
pub(in crate::schema) const CLAIMS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Status", "The state of the claim."),
        Column::text("Volume", "The volume that the claim is bound to."),
        CAPACITY,
        ACCESS_MODES,
        STORAGE_CLASS,
        ATTRIBUTES_CLASS,
        Column::AGE,
        VOLUME_MODE,
    ],
    cells: |row| {
        let volume = row.text("spec.volumeName");
        let (capacity, modes) = if volume.is_empty() {
            (String::new(), String::new())
        } else {
            (row.written("status.capacity.storage", "0"), access_modes(row, "status.accessModes"))
        };
        cells![
            row.name(),
            phase(row),
            volume,
            capacity,
            modes,
            storage_class(row),
            row.written("spec.volumeAttributesClassName", UNSET),
            row.age(),
            row.written("spec.volumeMode", UNSET),
        ]
    },
};

/// `csidrivers`.
pub(in crate::schema) const CSI_DRIVERS: Table = Table {
    columns: &[
        Column::NAME,
        Column::truth("AttachRequired", "Whether volumes are attached before they are mounted."),
        Column::truth("PodInfoOnMount", "Whether the driver is told of the pod."),
        Column::truth("StorageCapacity", "Whether the driver says how much is left."),
        Column::text("TokenRequests", "The audiences of the tokens that the driver gets."),
        Column::truth("RequiresRepublish", "Whether the driver is called again and again."),
        Column::text("Modes", "The kinds of volumes that the driver makes."),
        Column::AGE,
    ],
    cells: |row| {
        let modes = row.list("spec.volumeLifecycleModes").iter().map(text).collect::<Vec<_>>().join(",");
        let tokens = row.at("spec.tokenRequests").is_some().then(|| row.joined("spec.tokenRequests", "audience"));
        cells![
            row.name(),
            row.truth("spec.attachRequired", true),
            row.truth("spec.podInfoOnMount", false),
            row.truth("spec.storageCapacity", false),
            tokens.unwrap_or_else(|| UNSET.to_owned()),
            row.truth("spec.requiresRepublish", false),
            or(&modes, NONE),
            row.age(),
        ]
    },
};

/// `csinodes`.
pub(in crate::schema) const CSI_NODES: Table = Table {
    columns: &[Column::NAME, Column::number("Drivers", "How many drivers the node has."), Column::AGE],
    cells: |row| cells![row.name(), row.size("spec.drivers"), row.age()],
};

/// `csistoragecapacities`.
pub(in crate::schema) const CSI_CAPACITIES: Table = Table {
    columns: &[Column::NAME, Column::text("StorageClassName", "The class that the capacity is for."), CAPACITY],
    cells: |row| cells![row.name(), row.text("storageClassName"), row.written("capacity", UNSET)],
};

/// `storageclasses`.
pub(in crate::schema) const STORAGE_CLASSES: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Provisioner", "Who makes the volumes."),
        Column::text("ReclaimPolicy", "What becomes of volumes after their claims."),
        Column::text("VolumeBindingMode", "When volumes are made and bound."),
        Column::text("AllowVolumeExpansion", "Whether volumes may grow."),
        Column::AGE,
    ],
    cells: |row| {
        let marks = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];
        cells![
            name_of_class(row, &marks),
            row.text("provisioner"),
            row.text_or("reclaimPolicy", "Delete"),
            row.text_or("volumeBindingMode", "Immediate"),
            row.truth("allowVolumeExpansion", false),
            row.age(),
        ]
    },
};

/// `volumeattachments`.
pub(in crate::schema) const VOLUME_ATTACHMENTS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("Attacher", "Who attaches the volume."),
        Column::text("PV", "The volume."),
        Column::text("Node", "The node that the volume is attached to."),
        Column::truth("Attached", "Whether the volume is attached."),
        Column::AGE,
    ],
    cells: |row| {
        cells![
            row.name(),
            row.text("spec.attacher"),
            row.text("spec.source.persistentVolumeName"),
            row.text("spec.nodeName"),
            row.truth("status.attached", false),
            row.age(),
        ]
    },
};

/// `volumeattributesclasses`.
pub(in crate::schema) const ATTRIBUTES_CLASSES: Table = Table {
    columns: &[Column::NAME, Column::text("DriverName", "Who makes the volumes."), Column::AGE],
    cells: |row| {
        let name = name_of_class(row, &["volumeattributesclass.alpha.kubernetes.io/is-default-class"]);
        cells![name, row.text("driverName"), row.age()]
    },
};

fn name_of_class(row: Row<'_>, marks: &[&str]) -> String {
    let default = marks.iter().any(|mark| row.object.annotation(mark) == Some("true"));
    if default { format!("{} (default)", row.name()) } else { row.name().to_owned() }
}

fn phase(row: Row<'_>) -> &str {
    if row.is_being_deleted() { "Terminating" } else { row.text("status.phase") }
}

fn storage_class(row: Row<'_>) -> &str {
    let annotated = row.object.annotation("volume.beta.kubernetes.io/storage-class");
    annotated.unwrap_or_else(|| row.text("spec.storageClassName"))
}

fn access_modes(row: Row<'_>, path: &str) -> String {
    let given: Vec<_> = row.list(path).iter().map(text).collect();
    let modes = [("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP")];
    modes.into_iter().filter(|(mode, _)| given.contains(mode)).map(|(_, short)| short).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::object::Object;

    fn cells(table: &Table, value: Value) -> Vec<Value> {
        let object = Object::from_value(value).expect("an object");
        (table.cells)(Row { object: &object, now: jiff::Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn a_claim_shows_what_it_got_only_once_it_is_bound() {
        let claim = |volume: &str| {
            let status = json!({"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadOnlyMany", "ReadWriteOnce"]});
            cells(&CLAIMS, json!({"spec": {"volumeName": volume, "storageClassName": "fast"}, "status": status}))[1..6].to_vec()
        };
        assert_eq!(claim("pv1"), cells!["Bound", "pv1", "1Gi", "RWO,ROX", "fast"]);
        assert_eq!(claim(""), cells!["Bound", "", "", "", "fast"]);
    }

    #[test]
    fn the_default_class_says_so() {
        let class = json!({"metadata": {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}});
        assert_eq!(cells(&STORAGE_CLASSES, class)[..5], cells!["fast (default)", "", "Delete", "Immediate", false]);
    }
}
