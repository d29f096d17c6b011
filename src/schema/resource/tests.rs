use serde_json::json;

use super::*;
use crate::schema::{Catalog, LEFT_OUT};

fn resource(group: &str, version: &str, plural: &str) -> Arc<Resource> {
    Arc::clone(Catalog::builtin().resource(group, version, plural).expect(plural))
}

fn object(value: Value) -> Object {
    Object::from_value(value).expect("an object")
}

/// The listable kinds of k8s-openapi's `v1_36` at a stable version, by group and version.
const API_LEVEL: &[(&str, &str)] = &[
    ("admissionregistration.k8s.io/v1", "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("apps/v1", "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
    ("authentication.k8s.io/v1", "SelfSubjectReview TokenRequest TokenReview"),
    ("authorization.k8s.io/v1", "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"),
    ("autoscaling/v1", "HorizontalPodAutoscaler Scale"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("batch/v1", "CronJob Job"),
    ("certificates.k8s.io/v1", "CertificateSigningRequest"),
    ("coordination.k8s.io/v1", "Lease"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("events.k8s.io/v1", "Event"),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema PriorityLevelConfiguration"),
    ("networking.k8s.io/v1", "IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR"),
    ("node.k8s.io/v1", "RuntimeClass"),
    ("policy/v1", "Eviction PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    ("resource.k8s.io/v1", "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("storage.k8s.io/v1", "CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass"),
    ("v1", "Binding ComponentStatus ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod"),
    ("v1", "PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount"),
];

#[test]
fn every_kind_of_the_api_level_is_served_or_left_out_with_a_reason() {
    let level = API_LEVEL.iter().flat_map(|(version, kinds)| kinds.split(' ').map(move |kind| (*version, kind)));
    let mut level: Vec<(String, String)> = level.map(|(version, kind)| (version.to_owned(), kind.to_owned())).collect();
    let served = Catalog::builtin();
    let served = served.resources().map(|resource| (resource.gvk.api_version(), resource.gvk.kind.clone()));
    let left_out = LEFT_OUT.iter().map(|(version, kind, _)| ((*version).to_owned(), (*kind).to_owned()));
    let mut known: Vec<(String, String)> = served.chain(left_out).collect();
    level.sort();
    known.sort();
    assert_eq!(known, level);
}

#[test]
fn the_table_agrees_with_the_types_on_plurals_and_scopes() {
    use k8s_openapi::api::{core::v1, networking, rbac, storage};
    use k8s_openapi::{ClusterResourceScope, NamespaceResourceScope, Resource as Typed};

    fn check<K: Typed<Scope = S>, S: 'static>() {
        let resource = resource(K::GROUP, K::VERSION, K::URL_PATH_SEGMENT);
        assert_eq!(resource.gvk.kind, K::KIND);
        assert_eq!(resource.namespaced, std::any::TypeId::of::<S>() == std::any::TypeId::of::<NamespaceResourceScope>());
    }
    check::<v1::Pod, NamespaceResourceScope>();
    check::<v1::Endpoints, NamespaceResourceScope>();
    check::<v1::Node, ClusterResourceScope>();
    check::<v1::PersistentVolume, ClusterResourceScope>();
    check::<networking::v1::IPAddress, ClusterResourceScope>();
    check::<networking::v1::Ingress, NamespaceResourceScope>();
    check::<rbac::v1::Role, NamespaceResourceScope>();
    check::<rbac::v1::ClusterRole, ClusterResourceScope>();
    check::<storage::v1::CSIStorageCapacity, NamespaceResourceScope>();
    check::<storage::v1::CSINode, ClusterResourceScope>();
}

#[test]
fn rows_stand_in_order_of_plurals_and_cells_fit_their_columns() {
    let catalog = Catalog::builtin();
    let nothing = Object::default();
    for group in catalog.groups() {
        let plurals: Vec<_> = group.preferred().resources.iter().map(|resource| &resource.plural).collect();
        assert!(plurals.is_sorted(), "{plurals:?}");
    }
    for resource in catalog.resources() {
        let cells = resource.cells(&nothing, Timestamp::UNIX_EPOCH);
        assert_eq!(cells.len(), resource.columns.len(), "{}", resource.gvk);
        let parts: Vec<_> = resource.subresources.iter().map(|part| &part.name).collect();
        assert!(parts.is_sorted(), "{parts:?}");
    }
}

#[test]
fn both_groups_events_are_stored_in_one_form() {
    let new = resource("events.k8s.io", "v1", "events");
    let core = resource("", "v1", "events");
    assert_eq!((new.storage_prefix.as_str(), &new.storage_gvk), ("/registry/core/events/", &core.gvk));
    assert!(new.converts() && !core.converts());

    let served = object(json!({
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e"}, "regarding": {"kind": "Pod", "name": "p"},
        "note": "hello", "deprecatedCount": 2, "reportingController": "c", "reason": "Started",
    }));
    let mut event = served.clone();
    new.to_storage(&mut event);
    let stored = object(json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {"kind": "Pod", "name": "p"},
        "message": "hello", "count": 2, "reportingComponent": "c", "reason": "Started",
    }));
    assert_eq!(event, stored);
    new.from_storage(&mut event);
    assert_eq!(event, served);
}

#[test]
fn selectable_fields_have_a_value_where_the_document_has_none() {
    let pods = resource("", "v1", "pods");
    let pod = object(json!({"metadata": {"name": "p", "namespace": "n"}, "spec": {"nodeName": "a", "hostNetwork": true}}));
    let value = |path: &str| pods.field(&pod, path);
    assert_eq!(value("metadata.namespace").as_deref(), Some("n"));
    assert_eq!(value("spec.nodeName").as_deref(), Some("a"));
    assert_eq!(value("spec.hostNetwork").as_deref(), Some("true"));
    assert_eq!(value("status.phase").as_deref(), Some(""));
    assert_eq!(value("spec.containers"), None);

    let jobs = resource("batch", "v1", "jobs");
    assert_eq!(jobs.field(&pod, "status.successful").as_deref(), Some("0"));
    let event = object(json!({"source": {"component": ""}, "reportingComponent": "kubelet"}));
    assert_eq!(resource("", "v1", "events").field(&event, "source").as_deref(), Some("kubelet"));
}

#[test]
fn verbs_are_sets_of_words() {
    let verbs = Verbs::ALL.without(Verbs::DELETE_COLLECTION.or(Verbs::WATCH));
    assert_eq!(verbs.to_string(), "create,delete,get,list,patch,update");
    assert!(verbs.has("get") && !verbs.has("watch") && !verbs.has("bind"));
    assert!(Verbs::ALL.contains(Verbs::SUBRESOURCE) && !Verbs::SUBRESOURCE.contains(Verbs::CREATE));
}

#[test]
fn addresses_are_named_in_one_way_only() {
    let check = |name: &str| NameRule::IpAddress.check(name).is_ok();
    assert!(check("10.0.0.1") && check("2001:db8::1"));
    assert!(!check("2001:DB8::1") && !check("10.0.0.01") && !check("a"));
}
