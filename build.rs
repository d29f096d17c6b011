//! Writes down the schemas of the kinds that Kubernetes itself defines, as k8s-openapi publishes them.
//!
//! k8s-openapi publishes a schema as code that builds it: four megabytes of a program that would run once. Here that code runs while the
//! program is built, and its results go into the program as text: `schema::builtin` reads the definitions that a process asks for.
//! Hands on `built_in_kinds.rs` in `OUT_DIR`: `BUILT_INS`, the kinds, and `DEFINITIONS`, the types by name in order of their names.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use k8s_openapi::{Resource, api, apiextensions_apiserver, apimachinery, kube_aggregator};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;

/// A kind's group, version and name, and what makes its schema.
type Kind = (&'static str, &'static str, &'static str, fn(&mut SchemaGenerator) -> schemars::Schema);

macro_rules! built_ins {
    ($($group:path { $($kind:ident)* })*) => {
        /// Every kind that kube-apiserver 1.36 serves or receives at a stable version, lists aside.
        const KINDS: &[Kind] = &[$($({
            use $group as module;
            (
                <module::$kind as Resource>::GROUP,
                <module::$kind as Resource>::VERSION,
                <module::$kind as Resource>::KIND,
                |generator| generator.subschema_for::<module::$kind>(),
            )
        },)*)* ("", "v1", "DeleteOptions", |generator| {
            generator.subschema_for::<apimachinery::pkg::apis::meta::v1::DeleteOptions>()
        })];
    };
}

built_ins! {
    api::admissionregistration::v1 {
        MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration
        ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
    }
    api::apps::v1 { ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet }
    api::authentication::v1 { SelfSubjectReview TokenRequest TokenReview }
    api::authorization::v1 { LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview }
    api::autoscaling::v1 { HorizontalPodAutoscaler Scale }
    api::autoscaling::v2 { HorizontalPodAutoscaler }
    api::batch::v1 { CronJob Job }
    api::certificates::v1 { CertificateSigningRequest }
    api::coordination::v1 { Lease }
    api::core::v1 {
        Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim
        Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount
    }
    api::discovery::v1 { EndpointSlice }
    api::events::v1 { Event }
    api::flowcontrol::v1 { FlowSchema PriorityLevelConfiguration }
    api::networking::v1 { IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR }
    api::node::v1 { RuntimeClass }
    api::policy::v1 { Eviction PodDisruptionBudget }
    api::rbac::v1 { ClusterRole ClusterRoleBinding Role RoleBinding }
    api::resource::v1 { DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice }
    api::scheduling::v1 { PriorityClass }
    api::storage::v1 {
        CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass
    }
    apiextensions_apiserver::pkg::apis::apiextensions::v1 { CustomResourceDefinition }
    apimachinery::pkg::apis::meta::v1 { Status }
    kube_aggregator::pkg::apis::apiregistration::v1 { APIService }
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut generator = SchemaSettings::draft07().into_generator();
    let mut text = String::from("const BUILT_INS: &[BuiltIn] = &[\n");
    for (group, version, kind, define) in KINDS {
        let schema = define(&mut generator).to_value();
        let definition = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/definitions/"));
        let definition = definition.ok_or_else(|| format!("the schema of {kind} is no reference to a definition"))?;
        writeln!(text, "BuiltIn {{ group: {group:?}, version: {version:?}, kind: {kind:?}, definition: {definition:?} }},")?;
    }
    text.push_str("];\nconst DEFINITIONS: &[(&str, &str)] = &[\n");
    for (name, schema) in generator.take_definitions(false) {
        writeln!(text, "({name:?}, {:?}),", schema.to_string())?;
    }
    text.push_str("];\n");
    let folder = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&folder).join("built_in_kinds.rs"), text)?;
    Ok(())
}
