//! Volumes, claims, their classes and drivers.

use serde_json::json;

use super::{Duplicate, Forbidden, Invalid, NotSupported, Required, TooLong, creates, row, updates, well};

const API: &str = "storage.k8s.io/v1";
const ACCESS: &str = r#""ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod""#;

#[test]
fn a_volume() {
    let base = json!({"spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a"}}});
    let node = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}});
    creates(
        "v1",
        "PersistentVolume",
        &base,
        vec![
            row("/spec/accessModes", json!([]), "spec.accessModes", Required, "Required value"),
            row("/spec/accessModes", json!(["X"]), "spec.accessModes", NotSupported, ACCESS),
            row(
                "/spec/accessModes",
                json!(["ReadWriteOncePod", "ReadOnlyMany"]),
                "spec.accessModes",
                Forbidden,
                "may not use ReadWriteOncePod with other access modes",
            ),
            (vec![("/spec/capacity", json!(null))], vec![("spec.capacity", Required, ""), ("spec.capacity", NotSupported, r#""storage""#)]),
            row("/spec/capacity", json!({"storage": "0"}), "spec.capacity[storage]", Invalid, "must be greater than zero"),
            row("/spec/hostPath", json!(null), "spec", Required, "must specify a volume type"),
            row("/spec/nfs", json!({"server": "s", "path": "/"}), "spec.nfs", Forbidden, "may not specify more than 1 volume type"),
            row("/spec/hostPath/path", json!("/a/../b"), "spec.hostPath.path", Invalid, "must not contain '..'"),
            row(
                "/spec/persistentVolumeReclaimPolicy",
                json!("Keep"),
                "spec.persistentVolumeReclaimPolicy",
                NotSupported,
                r#""Delete", "Recycle", "Retain""#,
            ),
            (
                vec![("/spec/hostPath/path", json!("/")), ("/spec/persistentVolumeReclaimPolicy", json!("Recycle"))],
                vec![("spec.persistentVolumeReclaimPolicy", Forbidden, "may not be 'recycle' for a hostPath mount of '/'")],
            ),
            (
                vec![("/spec/hostPath", json!(null)), ("/spec/local", json!({"path": "/a"}))],
                vec![("spec.nodeAffinity", Required, "Local volume requires node affinity")],
            ),
            (
                vec![("/spec/hostPath", json!(null)), ("/spec/csi", json!({"driver": "a_b"}))],
                vec![("spec.csi.driver", Invalid, "')"), ("spec.csi.volumeHandle", Required, "")],
            ),
            row("/spec/nodeAffinity", json!({}), "spec.nodeAffinity.required", Required, "must specify required node constraints"),
            row("/spec/storageClassName", json!("A"), "spec.storageClassName", Invalid, "')"),
            row(
                "/spec/volumeAttributesClassName",
                json!("a"),
                "spec.csi",
                Required,
                "has to be specified when using volumeAttributesClassName",
            ),
        ],
    );
    updates(
        "v1",
        "PersistentVolume",
        &base,
        vec![
            well("/spec/capacity/storage", json!("2Gi")),
            well("/spec/nodeAffinity", node),
            row(
                "/spec/hostPath/path",
                json!("/b"),
                "spec.persistentvolumesource",
                Forbidden,
                "spec.persistentvolumesource is immutable after creation",
            ),
            row("/spec/volumeMode", json!("Block"), "volumeMode", Invalid, "field is immutable"),
        ],
    );
}

#[test]
fn a_claim() {
    let base = json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    creates(
        "v1",
        "PersistentVolumeClaim",
        &base,
        vec![
            row("/spec/accessModes", json!([]), "spec.accessModes", Required, "at least 1 access mode is required"),
            row("/spec/accessModes", json!(["X"]), "spec.accessModes", NotSupported, ACCESS),
            row("/spec/resources", json!({}), "spec.resources[storage]", Required, ""),
            row("/spec/resources/requests/storage", json!("0"), "spec.resources[storage]", Invalid, "must be greater than zero"),
            row("/spec/volumeMode", json!("X"), "spec.volumeMode", NotSupported, r#""Block", "Filesystem""#),
            row("/spec/storageClassName", json!("A"), "spec.storageClassName", Invalid, "')"),
            (
                vec![("/spec/dataSourceRef", json!({"kind": "Thing", "name": ""}))],
                vec![
                    ("spec.dataSource.name", Required, ""),
                    ("spec.dataSource", Invalid, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
                    ("spec.dataSourceRef.name", Required, ""),
                    ("spec.dataSourceRef", Invalid, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
                ],
            ),
        ],
    );
    const FIXED: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
    updates(
        "v1",
        "PersistentVolumeClaim",
        &base,
        vec![
            well("/spec/volumeName", json!("v")),
            well("/spec/storageClassName", json!("c")),
            row("/spec/accessModes", json!(["ReadOnlyMany"]), "spec", Forbidden, FIXED),
            row("/spec/resources/requests/storage", json!("2Gi"), "spec", Forbidden, FIXED),
            (vec![("/spec/volumeMode", json!("Block"))], vec![("spec", Forbidden, FIXED), ("volumeMode", Invalid, "field is immutable")]),
            row(
                "/metadata/annotations",
                json!({"volume.beta.kubernetes.io/storage-class": "c"}),
                "metadata.annotations.volume.beta.kubernetes.io/storage-class",
                Invalid,
                "field is immutable",
            ),
        ],
    );
    let bound = json!({
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}, "volumeName": "v", "storageClassName": "c"},
        "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
    });
    updates(
        "v1",
        "PersistentVolumeClaim",
        &bound,
        vec![
            well("/spec/resources/requests/storage", json!("3Gi")),
            well("/spec/volumeAttributesClassName", json!("fast")),
            row(
                "/spec/resources/requests/storage",
                json!("1Gi"),
                "spec.resources.requests.storage",
                Forbidden,
                "field can not be less than status.capacity",
            ),
            row("/spec/volumeName", json!("w"), "spec", Forbidden, FIXED),
            row("/spec/storageClassName", json!("d"), "spec", Forbidden, FIXED),
        ],
    );
}

#[test]
fn classes_of_storage() {
    let base = json!({"provisioner": "a.example/b", "parameters": {"k": "v"}});
    let large = "x".repeat(257 << 10);
    creates(
        API,
        "StorageClass",
        &base,
        vec![
            row("/provisioner", json!(""), "provisioner", Required, ""),
            row("/provisioner", json!("a b"), "provisioner", Invalid, "')"),
            row("/parameters", json!({"": "v"}), "parameters", Invalid, "field can not be empty."),
            row("/parameters", json!({"k": large}), "parameters", TooLong, "may not be more than 262144 bytes"),
            row("/reclaimPolicy", json!("Recycle"), "reclaimPolicy", NotSupported, r#""Delete", "Retain""#),
            row("/volumeBindingMode", json!("X"), "volumeBindingMode", NotSupported, r#""Immediate", "WaitForFirstConsumer""#),
            row(
                "/allowedTopologies",
                json!([{"matchLabelExpressions": [{"key": "a", "values": []}]}]),
                "allowedTopologies[0].matchLabelExpressions[0].values",
                Required,
                "",
            ),
        ],
    );
    updates(
        API,
        "StorageClass",
        &base,
        vec![
            row("/provisioner", json!("b"), "provisioner", Forbidden, "updates to provisioner are forbidden."),
            row("/parameters/k", json!("w"), "parameters", Forbidden, "updates to parameters are forbidden."),
            row("/reclaimPolicy", json!("Retain"), "reclaimPolicy", Forbidden, "updates to reclaimPolicy are forbidden."),
            row("/volumeBindingMode", json!("WaitForFirstConsumer"), "volumeBindingMode", Invalid, "field is immutable"),
            well("/allowVolumeExpansion", json!(true)),
        ],
    );
    let attributes = json!({"driverName": "a.example", "parameters": {"k": "v"}});
    creates(
        API,
        "VolumeAttributesClass",
        &attributes,
        vec![
            row("/driverName", json!(""), "driverName", Required, ""),
            row("/parameters", json!({}), "parameters", Required, "must contain at least one key/value pair"),
        ],
    );
    updates(
        API,
        "VolumeAttributesClass",
        &attributes,
        vec![
            row("/driverName", json!("b"), "driverName", Forbidden, "updates to driverName are forbidden."),
            row("/parameters/k", json!("w"), "parameters", Forbidden, "updates to parameters are forbidden."),
        ],
    );
}

#[test]
fn drivers() {
    let driver = json!({"spec": {}});
    creates(
        API,
        "CSIDriver",
        &driver,
        vec![
            row("/spec/fsGroupPolicy", json!("X"), "spec.fsGroupPolicy", NotSupported, r#""File", "None", "ReadWriteOnceWithFSType""#),
            row(
                "/spec/tokenRequests",
                json!([{"audience": "a"}, {"audience": "a"}]),
                "spec.tokenRequests[1].audience",
                Duplicate,
                r#""a""#,
            ),
            row(
                "/spec/tokenRequests",
                json!([{"audience": "a", "expirationSeconds": 1}]),
                "spec.tokenRequests[0].expirationSeconds",
                Invalid,
                "less than 10 minutes",
            ),
            row("/spec/volumeLifecycleModes", json!(["X"]), "spec.volumeLifecycleModes", NotSupported, r#""Persistent", "Ephemeral""#),
            row(
                "/spec/nodeAllocatableUpdatePeriodSeconds",
                json!(5),
                "spec.nodeAllocatableUpdatePeriodSeconds",
                Invalid,
                "or equal to 10 seconds",
            ),
        ],
    );
    updates(
        API,
        "CSIDriver",
        &driver,
        vec![
            row("/spec/attachRequired", json!(false), "spec.attachedRequired", Invalid, "field is immutable"),
            row("/spec/volumeLifecycleModes", json!(["Ephemeral"]), "spec.volumeLifecycleModes", Invalid, "field is immutable"),
            well("/spec/podInfoOnMount", json!(true)),
        ],
    );
    let node = json!({"spec": {"drivers": [{"name": "a.example", "nodeID": "n", "topologyKeys": ["k"]}]}});
    creates(
        API,
        "CSINode",
        &node,
        vec![
            row("/spec/drivers/0/nodeID", json!(""), "spec.drivers[0].nodeID", Required, ""),
            row("/spec/drivers/0/name", json!("a_b"), "spec.drivers[0].name", Invalid, "')"),
            row("/spec/drivers/0/topologyKeys", json!(["k", "k"]), "spec.drivers[0]", Duplicate, r#""k""#),
            row(
                "/spec/drivers/0/allocatable",
                json!({"count": -1}),
                "spec.drivers[0].allocatable.count",
                Invalid,
                "must be greater than or equal to 0",
            ),
        ],
    );
    updates(
        API,
        "CSINode",
        &node,
        vec![
            well("/spec/drivers/0/allocatable", json!({"count": 3})),
            row("/spec/drivers/0/nodeID", json!("m"), "spec.drivers", Invalid, "field is immutable"),
        ],
    );
    let capacity = json!({"storageClassName": "c", "capacity": "1Gi"});
    creates(
        API,
        "CSIStorageCapacity",
        &capacity,
        vec![
            row("/storageClassName", json!("A"), "storageClassName", Invalid, "')"),
            row("/capacity", json!("-1"), "capacity", Invalid, "must be greater than or equal to 0"),
        ],
    );
    updates(
        API,
        "CSIStorageCapacity",
        &capacity,
        vec![row("/storageClassName", json!("d"), "storageClassName", Invalid, "field is immutable")],
    );
    let attachment = json!({"spec": {"attacher": "a.example", "nodeName": "n", "source": {"persistentVolumeName": "v"}}});
    let one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
    creates(
        API,
        "VolumeAttachment",
        &attachment,
        vec![
            row("/spec/source", json!({}), "spec.source", Required, one),
            row(
                "/spec/source/persistentVolumeName",
                json!(""),
                "spec.source.persistentVolumeName",
                Required,
                "must specify non empty persistentVolumeName",
            ),
            row("/spec/attacher", json!(""), "spec.attacher", Required, ""),
            row("/spec/nodeName", json!(""), "spec.nodeName", Invalid, "')"),
        ],
    );
    updates(API, "VolumeAttachment", &attachment, vec![row("/spec/nodeName", json!("m"), "spec", Invalid, "field is immutable")]);
}
