//! The rules of volumes, one row for each kind of source.

use serde_json::{Value, json};

use super::{pod_spec, told, with};

#[test]
fn sources() {
    for (source, expected) in [
        (
            json!({"emptyDir": {"sizeLimit": "-1"}}),
            &[".emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"][..],
        ),
        (json!({"hostPath": {"path": ""}}), &[".hostPath.path: Required value"]),
        (json!({"hostPath": {"path": "/a/../b"}}), &[".hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"]),
        (json!({"secret": {}}), &[".secret.secretName: Required value"]),
        (json!({"configMap": {"name": ""}}), &[".configMap.name: Required value"]),
        (
            json!({"secret": {"secretName": "s", "defaultMode": 4096}}),
            &[".secret.defaultMode: Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive"],
        ),
        (
            json!({"secret": {"secretName": "s", "items": [{"key": "k", "path": "..x"}]}}),
            &[".secret.items[0].path: Invalid value: \"..x\": must not start with '..'"],
        ),
        (json!({"nfs": {"server": "s", "path": "p"}}), &[".nfs.path: Invalid value: \"p\": must be an absolute path"]),
        (json!({"persistentVolumeClaim": {"claimName": ""}}), &[".persistentVolumeClaim.claimName: Required value"]),
        (
            json!({"gcePersistentDisk": {"pdName": "", "partition": 300}}),
            &[
                ".persistentDisk.pdName: Required value",
                ".persistentDisk.partition: Invalid value: 300: must be between 1 and 255, inclusive",
            ],
        ),
        (json!({"csi": {"driver": "a.b", "nodePublishSecretRef": {}}}), &[".csi.nodePublishSecretRef.name: Required value"]),
        (json!({"image": {"reference": ""}}), &[".image.reference: Required value"]),
        (json!({"emptyDir": {}, "nfs": {"server": "s", "path": "/"}}), &[".nfs: Forbidden: may not specify more than 1 volume type"]),
        (
            json!({"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "spec.nodeName"}}]}}),
            &[".downwardAPI.fieldRef.fieldPath: Unsupported value: \"spec.nodeName\": supported values: \"metadata.annotations\", \
             \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", \"metadata.uid\""],
        ),
        (
            json!({"projected": {"sources": [{"secret": {"name": "s"}, "configMap": {"name": "c"}}]}}),
            &[".projected.sources[0]: Forbidden: may not specify more than 1 volume type per source"],
        ),
        (
            json!({"projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "a", "path": "x"}, {"key": "b", "path": "x"}]}}]}}),
            &[".projected: Invalid value: \"s\": conflicting duplicate paths"],
        ),
    ] {
        let mut volume = source.clone();
        volume["name"] = "v".into();
        let pod = json!({"metadata": {"name": "p"}, "spec": with(pod_spec(), &[("/volumes", json!([volume]))])});
        let expected: Vec<String> = expected.iter().map(|text| format!("spec.volumes[0]{text}")).collect();
        told("v1", "Pod", &pod, None, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn names_and_tokens() {
    let with_volumes = |volumes: Value| json!({"metadata": {"name": "p"}, "spec": with(pod_spec(), &[("/volumes", volumes)])});
    told("v1", "Pod", &with_volumes(json!([{"name": "v"}, {"name": "v"}])), None, &["spec.volumes[1].name: Duplicate value: \"v\""]);
    let token = json!([{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 1}}]}}]);
    let place = "spec.volumes[0].projected.sources[0].serviceAccountToken";
    told(
        "v1",
        "Pod",
        &with_volumes(token.clone()),
        None,
        &[
            &format!("{place}.expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes"),
            &format!("{place}: Forbidden: must not be specified when serviceAccountName is not set"),
        ],
    );
}
