//! Volumes, claims, their classes and drivers.

use serde_json::json;

use super::{Duplicate, Forbidden, Invalid, NotSupported, Required, TooLong, creates, row, updates, well, written_to};

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

/// A volume made of something else than a path of the host.
fn of(source: &'static str, value: serde_json::Value) -> Vec<(&'static str, serde_json::Value)> {
    vec![("/spec/hostPath", json!(null)), (source, value)]
}

#[test]
fn what_volumes_are_made_of() {
    let base = json!({"spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/a"}}});
    let secret = |name: &str, namespace: &str| json!({"name": name, "namespace": namespace});
    creates(
        "v1",
        "PersistentVolume",
        &base,
        vec![
            row("/spec/hostPath/type", json!("Disk"), "spec.hostPath.type", NotSupported, r#""FileOrCreate", "Socket""#),
            (of("/spec/gcePersistentDisk", json!({"pdName": ""})), vec![("spec.persistentDisk.pdName", Required, "")]),
            (
                of("/spec/awsElasticBlockStore", json!({"volumeID": "v", "partition": 300})),
                vec![("spec.awsElasticBlockStore.partition", Invalid, "must be between 1 and 255, inclusive")],
            ),
            (
                of("/spec/glusterfs", json!({"endpoints": "", "path": "", "endpointsNamespace": "A"})),
                vec![
                    ("spec.glusterfs.endpoints", Required, ""),
                    ("spec.glusterfs.path", Required, ""),
                    ("spec.glusterfs.endpointsNamespace", Invalid, "')"),
                ],
            ),
            (of("/spec/flocker", json!({})), vec![("spec.flocker", Required, "one of datasetName and datasetUUID is required")]),
            (of("/spec/nfs", json!({"server": "s", "path": "p"})), vec![("spec.nfs.path", Invalid, "must be an absolute path")]),
            (
                of("/spec/rbd", json!({"monitors": [], "image": ""})),
                vec![("spec.rbd.monitors", Required, ""), ("spec.rbd.image", Required, "")],
            ),
            (of("/spec/cephfs", json!({"monitors": []})), vec![("spec.cephfs.monitors", Required, "")]),
            (
                of("/spec/iscsi", json!({"targetPortal": "p", "iqn": "x", "lun": 300, "secretRef": {"namespace": "a"}})),
                vec![
                    ("spec.iscsi.iqn", Invalid, "must be valid format"),
                    ("spec.iscsi.lun", Invalid, "must be between 0 and 255, inclusive"),
                    ("spec.iscsi.secretRef.name", Required, ""),
                ],
            ),
            (
                of("/spec/iscsi", json!({"targetPortal": "p".repeat(64), "iqn": "iqn.2015-02.a:b", "lun": 0, "initiatorName": "x"})),
                vec![
                    ("spec.iscsi.initiatorname", Invalid, "must be valid format starting with iqn, eui, or naa"),
                    ("spec.iscsi.targetportal", Invalid, "must be under 64 characters if iscsi.initiatorName is specified."),
                ],
            ),
            (
                of("/spec/cinder", json!({"volumeID": "v", "secretRef": {"name": "a"}})),
                vec![("spec.cinder.secretRef.namespace", Required, "")],
            ),
            (of("/spec/fc", json!({"targetWWNs": ["a"]})), vec![("spec.fc.lun", Required, "lun is required if targetWWNs is specified")]),
            (
                of("/spec/flexVolume", json!({"driver": "a/b", "options": {"k8s.io/x": "y"}})),
                vec![("spec.flexVolume.options[k8s.io/x]", Invalid, "kubernetes.io and k8s.io namespaces are reserved")],
            ),
            (
                of("/spec/azureFile", json!({"secretName": "a", "shareName": "b", "secretNamespace": ""})),
                vec![("spec.azureFile.secretNamespace", Required, "")],
            ),
            (
                of("/spec/azureDisk", json!({"diskName": "a", "diskURI": "b", "kind": "Managed"})),
                vec![("spec.azureDisk.diskURI", NotSupported, "{disk-id}\"")],
            ),
            (of("/spec/vsphereVolume", json!({"volumePath": ""})), vec![("spec.vsphereVolume.volumePath", Required, "")]),
            (
                of("/spec/storageos", json!({"volumeName": "A", "secretRef": {"name": "a"}})),
                vec![("spec.storageos.volumeName", Invalid, "')"), ("spec.storageos.secretRef.namespace", Required, "")],
            ),
            (
                of(
                    "/spec/csi",
                    json!({"driver": "d", "volumeHandle": "v", "nodePublishSecretRef": secret("A", ""), "nodeStageSecretRef": secret("", "")}),
                ),
                vec![("spec.csi.nodePublishSecretRef.name", Invalid, "')"), ("spec.csi.nodePublishSecretRef.namespace", Required, "")],
            ),
            (
                [of("/spec/local", json!({"path": "/a"})), vec![("/spec/nodeAffinity", json!({}))]].concat(),
                vec![
                    ("spec.nodeAffinity.required", Required, "must specify required node constraints"),
                    ("spec.nodeAffinity", Required, "Local volume requires node affinity"),
                ],
            ),
            row("/spec/cephfs", json!({"monitors": ["m"]}), "spec.cephFS", Forbidden, "may not specify more than 1 volume type"),
            well("/spec/flexVolume", json!({"driver": "a/b"})),
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
            well("/spec/volumeAttributesClassName", json!("fast")),
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
    let class = "spec.volumeAttributesClassName";
    updates(
        "v1",
        "PersistentVolumeClaim",
        &json!({"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeAttributesClassName": "slow"}}),
        vec![
            well("/spec/volumeAttributesClassName", json!("fast")),
            row("/spec/volumeAttributesClassName", json!(null), class, Forbidden, "update from non-nil value to nil is forbidden"),
            row(
                "/spec/volumeAttributesClassName",
                json!(""),
                class,
                Forbidden,
                "update from non-nil value to an empty string is forbidden",
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
    let (states, amounts) = ("/status/allocatedResourceStatuses", "/status/allocatedResources");
    let (at_states, at_amounts) = ("status.allocatedResourceStatus", "status.allocatedResources");
    written_to(
        "v1",
        "PersistentVolumeClaim",
        &bound,
        "status",
        vec![
            well(states, json!({"storage": "NodeResizePending", "a.example/b": "ControllerResizeInProgress"})),
            well(amounts, json!({"storage": "2Gi"})),
            row("/status/capacity/storage", json!("-1"), "status.capacity[storage]", Invalid, "must be greater than or equal to 0"),
            row(states, json!({"storage": "Done"}), at_states, NotSupported, r#""NodeResizePending""#),
            row(states, json!({"cpu": "NodeResizePending"}), at_states, NotSupported, r#""cpu": supported values: "storage""#),
            row(amounts, json!({"memory": "1"}), at_amounts, NotSupported, r#""memory": supported values: "storage""#),
            row(amounts, json!({"storage": "-1"}), "status.allocatedResources[storage]", Invalid, "must be greater than or equal to 0"),
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
