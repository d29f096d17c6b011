//! Where built-in kinds refer to others by name: facts of kustomize (its `namereference` table).
//!
//! Most of the table is the parts of a pod, once for each kind that holds one. Invariant: only `metadata.name` of another object is ever
//! referred to.

use super::field_spec::FieldSpec;

/// A kind that others refer to, and the kinds and paths from which they do.
pub(super) fn name_references() -> Vec<(FieldSpec, Vec<FieldSpec>)> {
    let scaled = || vec![field("", "", "HorizontalPodAutoscaler", "spec/scaleTargetRef/name")];
    let mut references = vec![
        (kind("", "v1", "ServiceAccount"), service_accounts()),
        (kind(RBAC, "", "Role"), vec![field(RBAC, "", "RoleBinding", "roleRef/name")]),
        (
            kind(RBAC, "", "ClusterRole"),
            vec![field(RBAC, "", "RoleBinding", "roleRef/name"), field(RBAC, "", "ClusterRoleBinding", "roleRef/name")],
        ),
        (kind("", "v1", "ConfigMap"), config_maps()),
        (kind("", "v1", "Secret"), secrets()),
        (kind("", "v1", "Service"), services()),
        (kind("scheduling.k8s.io", "v1", "PriorityClass"), in_pods(&ACCOUNT_HOLDERS, &["priorityClassName"])),
        (
            kind("", "v1", "PersistentVolume"),
            vec![field("", "", "PersistentVolumeClaim", "spec/volumeName"), field("", "", "ClusterRole", "rules/resourceNames")],
        ),
        (kind("", "v1", "PersistentVolumeClaim"), in_pods(&ACCOUNT_HOLDERS, &["volumes/persistentVolumeClaim/claimName"])),
        (
            kind("storage.k8s.io", "v1", "StorageClass"),
            vec![
                field("", "", "PersistentVolume", "spec/storageClassName"),
                field("", "", "PersistentVolumeClaim", "spec/storageClassName"),
                field("", "", "StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"),
            ],
        ),
        (
            kind("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicy"),
            vec![field("admissionregistration.k8s.io", "", "ValidatingAdmissionPolicyBinding", "spec/policyName")],
        ),
    ];
    references.extend(["Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"].map(|name| (kind("", "", name), scaled())));
    references
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// A kind that holds a pod, and where.
type Holder = (&'static str, &'static str, &'static str);

/// Kinds in whose pods ConfigMaps and Secrets are looked for: version, kind, path of the pod's spec.
const DATA_HOLDERS: [Holder; 8] = [
    ("v1", "Pod", "spec"),
    ("", "PodTemplate", "template/spec"),
    ("", "Deployment", "spec/template/spec"),
    ("", "ReplicaSet", "spec/template/spec"),
    ("", "DaemonSet", "spec/template/spec"),
    ("", "StatefulSet", "spec/template/spec"),
    ("", "Job", "spec/template/spec"),
    ("", "CronJob", "spec/jobTemplate/spec/template/spec"),
];

/// Kinds in whose pods the rest is looked for.
const ACCOUNT_HOLDERS: [Holder; 7] = [
    ("", "Pod", "spec"),
    ("", "StatefulSet", "spec/template/spec"),
    ("", "Deployment", "spec/template/spec"),
    ("", "ReplicationController", "spec/template/spec"),
    ("", "CronJob", "spec/jobTemplate/spec/template/spec"),
    ("", "Job", "spec/template/spec"),
    ("", "DaemonSet", "spec/template/spec"),
];

fn kind(group: &'static str, version: &'static str, kind: &'static str) -> FieldSpec {
    FieldSpec::known(group, version, kind, "", false)
}

fn field(group: &'static str, version: &'static str, kind: &'static str, path: &'static str) -> FieldSpec {
    FieldSpec::known(group, version, kind, path, false)
}

fn in_pods(holders: &[Holder], paths: &[&str]) -> Vec<FieldSpec> {
    let of_holder = |(version, kind, pod): &Holder| {
        let field = |path: &&str| FieldSpec { path: format!("{pod}/{path}").into(), ..field("", version, kind, "") };
        paths.iter().map(field).collect::<Vec<_>>()
    };
    holders.iter().flat_map(of_holder).collect()
}

fn config_maps() -> Vec<FieldSpec> {
    let mut fields = in_pods(
        &DATA_HOLDERS,
        &[
            "volumes/configMap/name",
            "containers/env/valueFrom/configMapKeyRef/name",
            "initContainers/env/valueFrom/configMapKeyRef/name",
            "containers/envFrom/configMapRef/name",
            "initContainers/envFrom/configMapRef/name",
            "volumes/projected/sources/configMap/name",
        ],
    );
    fields.extend([
        field("", "", "Node", "spec/configSource/configMap"),
        field("", "", "Role", "rules/resourceNames"),
        field("", "", "ClusterRole", "rules/resourceNames"),
        field("", "", "Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap"),
    ]);
    fields
}

fn secrets() -> Vec<FieldSpec> {
    let mut fields = in_pods(
        &DATA_HOLDERS,
        &[
            "volumes/secret/secretName",
            "containers/env/valueFrom/secretKeyRef/name",
            "initContainers/env/valueFrom/secretKeyRef/name",
            "containers/envFrom/secretRef/name",
            "initContainers/envFrom/secretRef/name",
            "imagePullSecrets/name",
            "volumes/projected/sources/secret/name",
        ],
    );
    fields.extend([
        field("", "", "Ingress", "spec/tls/secretName"),
        field("", "", "Ingress", r"metadata/annotations/ingress.kubernetes.io\/auth-secret"),
        field("", "", "Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-secret"),
        field("", "", "Ingress", r"metadata/annotations/nginx.ingress.kubernetes.io\/auth-tls-secret"),
        field("", "", "ServiceAccount", "imagePullSecrets/name"),
        field("", "", "StorageClass", "parameters/secretName"),
        field("", "", "StorageClass", "parameters/adminSecretName"),
        field("", "", "StorageClass", "parameters/userSecretName"),
        field("", "", "StorageClass", "parameters/secretRef"),
        field("", "", "Role", "rules/resourceNames"),
        field("", "", "ClusterRole", "rules/resourceNames"),
        field("serving.knative.dev", "v1", "Service", "spec/template/spec/containers/env/valueFrom/secretKeyRef/name"),
        field("", "", "PersistentVolume", "spec/azureFile/secretName"),
    ]);
    fields
}

fn services() -> Vec<FieldSpec> {
    const ADMISSION: &str = "admissionregistration.k8s.io";
    vec![
        field("apps", "", "StatefulSet", "spec/serviceName"),
        field("", "", "Ingress", "spec/rules/http/paths/backend/serviceName"),
        field("", "", "Ingress", "spec/backend/serviceName"),
        field("", "", "Ingress", "spec/rules/http/paths/backend/service/name"),
        field("", "", "Ingress", "spec/defaultBackend/service/name"),
        field("apiregistration.k8s.io", "", "APIService", "spec/service/name"),
        field(ADMISSION, "", "ValidatingWebhookConfiguration", "webhooks/clientConfig/service"),
        field(ADMISSION, "", "MutatingWebhookConfiguration", "webhooks/clientConfig/service"),
    ]
}

fn service_accounts() -> Vec<FieldSpec> {
    let mut fields = vec![field(RBAC, "", "RoleBinding", "subjects"), field(RBAC, "", "ClusterRoleBinding", "subjects")];
    fields.extend(in_pods(&ACCOUNT_HOLDERS, &["serviceAccountName"]));
    fields
}
