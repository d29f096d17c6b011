//! What things are given: `storage.k8s.io`, `resource.k8s.io`.

use super::Part::Status;
use super::{Group, Kind, text};
use crate::schema::columns::{devices, storage as tables};

/// `storage.k8s.io/v1`.
pub(super) const STORAGE: Group = Group {
    name: "storage.k8s.io",
    version: "v1",
    kinds: &[
        Kind::cluster("csidrivers", "CSIDriver").versioned().generation().table(&tables::CSI_DRIVERS),
        Kind::cluster("csinodes", "CSINode").versioned().table(&tables::CSI_NODES),
        Kind::namespaced("csistoragecapacities", "CSIStorageCapacity").versioned().table(&tables::CSI_CAPACITIES),
        Kind::cluster("storageclasses", "StorageClass").short(&["sc"]).table(&tables::STORAGE_CLASSES),
        Kind::cluster("volumeattachments", "VolumeAttachment").versioned().parts(&[Status]).table(&tables::VOLUME_ATTACHMENTS),
        Kind::cluster("volumeattributesclasses", "VolumeAttributesClass").short(&["vac"]).table(&tables::ATTRIBUTES_CLASSES),
    ],
};

/// `resource.k8s.io/v1`.
pub(super) const RESOURCE: Group = Group {
    name: "resource.k8s.io",
    version: "v1",
    kinds: &[
        Kind::cluster("deviceclasses", "DeviceClass").generation().table(&devices::DEVICE_CLASSES),
        Kind::namespaced("resourceclaims", "ResourceClaim").parts(&[Status]).table(&devices::RESOURCE_CLAIMS),
        Kind::namespaced("resourceclaimtemplates", "ResourceClaimTemplate").table(&devices::CLAIM_TEMPLATES),
        Kind::cluster("resourceslices", "ResourceSlice")
            .generation()
            .fields(&[text("spec.nodeName"), text("spec.driver")])
            .table(&devices::RESOURCE_SLICES),
    ],
};
