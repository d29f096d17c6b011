//! The core group.

use super::Part::{Binding, EphemeralContainers, Eviction, Finalize, NotBuilt, Resize, Scale, Status, Token};
use super::{Group, Kind, count, events, flag, text, text_at};
use crate::schema::columns::{cluster, config, nodes, pods, services, storage, workloads};
use crate::schema::resource::{NameRule, Verbs};

/// `v1`.
pub(super) const CORE: Group = Group {
    name: "",
    version: "v1",
    kinds: &[
        Kind::namespaced("bindings", "Binding").answered(),
        Kind::cluster("componentstatuses", "ComponentStatus").short(&["cs"]).observed().table(&cluster::COMPONENT_STATUSES),
        Kind::namespaced("configmaps", "ConfigMap").short(&["cm"]).table(&config::CONFIG_MAPS),
        Kind::namespaced("endpoints", "Endpoints")
            .created_by_put()
            .deprecated("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
            .short(&["ep"])
            .table(&services::ENDPOINTS),
        events::CORE_EVENTS,
        Kind::namespaced("limitranges", "LimitRange").created_by_put().short(&["limits"]).table(&config::LIMIT_RANGES),
        Kind::cluster("namespaces", "Namespace")
            .short(&["ns"])
            .named(NameRule::DnsLabel)
            .without(Verbs::DELETE_COLLECTION)
            .parts(&[Finalize, Status])
            .fields(&[text("status.phase")])
            .table(&cluster::NAMESPACES),
        Kind::cluster("nodes", "Node")
            .short(&["no"])
            .parts(&[NotBuilt("proxy", "v1", "NodeProxyOptions"), Status])
            .fields(&[flag("spec.unschedulable")])
            .table(&nodes::NODES),
        Kind::namespaced("persistentvolumeclaims", "PersistentVolumeClaim").short(&["pvc"]).parts(&[Status]).table(&storage::CLAIMS),
        Kind::cluster("persistentvolumes", "PersistentVolume").short(&["pv"]).parts(&[Status]).table(&storage::VOLUMES),
        PODS,
        Kind::namespaced("podtemplates", "PodTemplate").created_by_put().generation().table(&workloads::POD_TEMPLATES),
        Kind::namespaced("replicationcontrollers", "ReplicationController")
            .short(&["rc"])
            .categories(&["all"])
            .generation()
            .parts(&[Scale, Status])
            .fields(&[count("status.replicas", &[])])
            .table(&workloads::REPLICATION_CONTROLLERS),
        Kind::namespaced("resourcequotas", "ResourceQuota").short(&["quota"]).parts(&[Status]).table(&config::RESOURCE_QUOTAS),
        Kind::namespaced("secrets", "Secret").fields(&[text("type")]).table(&config::SECRETS),
        Kind::namespaced("serviceaccounts", "ServiceAccount").short(&["sa"]).parts(&[Token]).table(&config::SERVICE_ACCOUNTS),
        Kind::namespaced("services", "Service")
            .created_by_put()
            .short(&["svc"])
            .categories(&["all"])
            .named(NameRule::DnsLabel)
            .parts(&[NotBuilt("proxy", "v1", "ServiceProxyOptions"), Status])
            .fields(&[text("spec.clusterIP"), text("spec.type")])
            .table(&services::SERVICES),
    ],
};

const PODS: Kind = Kind::namespaced("pods", "Pod")
    .short(&["po"])
    .categories(&["all"])
    .generation()
    .parts(&[
        NotBuilt("attach", "v1", "PodAttachOptions"),
        Binding,
        EphemeralContainers,
        Eviction,
        NotBuilt("exec", "v1", "PodExecOptions"),
        NotBuilt("log", "v1", "Pod"),
        NotBuilt("portforward", "v1", "PodPortForwardOptions"),
        NotBuilt("proxy", "v1", "PodProxyOptions"),
        Resize,
        Status,
    ])
    .fields(&[
        text("spec.nodeName"),
        // What very old clients call it.
        text_at("spec.host", &["spec.nodeName"]),
        text("spec.restartPolicy"),
        text("spec.schedulerName"),
        text("spec.serviceAccountName"),
        flag("spec.hostNetwork"),
        text("status.phase"),
        text("status.podIP"),
        // Taken, and always empty: a field has one value.
        text("status.podIPs"),
        text("status.nominatedNodeName"),
    ])
    .table(&pods::PODS);
