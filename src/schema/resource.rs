//! What is known of one served kind: names, scope, verbs, subresources, columns.
//!
//! Receives rows of the table of kinds or a CustomResourceDefinition; hands a [`Resource`] to routing, discovery, the CLI. Invariant:
//! all versions of one resource share one storage prefix.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde_json::Value;

use super::columns::{Cells, Column};
use super::kinds::Conversion;
use super::{Schema, WebhookConversion};
use crate::object::{GroupResource, Gvk, Object, Revision, names};

/// One kind as it is served under one group and version.
#[derive(Debug)]
pub struct Resource {
    /// Group, version and kind.
    pub gvk: Gvk,
    /// The plural, lower-case name that stands in paths.
    pub plural: String,
    /// The singular, lower-case name that the CLI accepts.
    pub singular: String,
    /// The kind of a list of it.
    pub list_kind: String,
    /// Abbreviations that the CLI accepts, such as `po`.
    pub short_names: Vec<String>,
    /// Names that stand for several resources, such as `all`.
    pub categories: Vec<String>,
    /// Whether objects live in namespaces.
    pub namespaced: bool,
    /// What may be asked of it; see [`Resource::offered_verbs`] for what it is said to take.
    pub verbs: Verbs,
    /// The parts that have paths of their own, in order of name; those that are not built are here too (see [`Behaviour::NotBuilt`]).
    pub subresources: Vec<Subresource>,
    /// Whether `metadata.generation` counts the changes of what is declared.
    pub has_generation: bool,
    /// Whether a `PUT` of an object that does not exist creates it.
    pub created_by_put: bool,
    /// Whether an update may leave out the revision that it is of.
    pub unconditional_update: bool,
    /// The columns of its Table, `Name` first as a rule.
    pub columns: Cow<'static, [Column]>,
    /// What names of objects must look like.
    pub name_rule: NameRule,
    /// Whether a CustomResourceDefinition brought it.
    pub custom: bool,
    /// Where its objects are.
    pub origin: Origin,
    /// What keys of objects in the store begin with: `/registry/<group>/<plural>/`, the core group written `core`.
    pub storage_prefix: String,
    /// The kind that documents in the store are written as; another version of this one, or another group's form of the same kind.
    pub storage_gvk: Gvk,
    /// The fields that field selectors may name besides `metadata.name` and `metadata.namespace`.
    pub selectable_fields: Vec<FieldSource>,
    /// The version's `openAPIV3Schema` as its CustomResourceDefinition wrote it.
    pub declared_schema: Option<Value>,
    /// The webhook that converts between versions; `None` where they differ in `apiVersion` alone, or by a built-in conversion.
    pub webhook: Option<Arc<WebhookConversion>>,
    /// What every request of this version is told, because the version is deprecated.
    pub deprecation: Option<String>,
    /// Whether its definition is being deleted: new objects are refused.
    pub terminating: bool,
    /// Objects written after this revision were written under the schema of now, so they need no pruning and no defaults when read.
    pub current_since: Revision,
    pub(super) cells: Cells,
    pub(super) conversion: Option<&'static Conversion>,
    pub(super) schema: OnceLock<Arc<Schema>>,
}

/// Where the objects of a resource are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the store.
    Stored,
    /// Nowhere: what is created is a question that is answered at once, or an order that is carried out.
    Answered,
    /// Nowhere: what is read is found out at that moment.
    Observed,
}

/// A part of an object with a path of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Subresource {
    /// The last segment of its path.
    pub name: String,
    /// The kind of document it speaks.
    pub gvk: Gvk,
    /// What may be asked of it.
    pub verbs: Verbs,
    /// What it does.
    pub behaviour: Behaviour,
}

/// What a subresource does.
#[derive(Debug, Clone, PartialEq)]
pub enum Behaviour {
    /// It reads the whole object and writes its `status`.
    Status,
    /// It reads and writes the number of replicas as an `autoscaling/v1` Scale.
    Scale(ScalePaths),
    /// It writes `spec.finalizers` of a namespace.
    Finalize,
    /// It takes a Binding and puts a pod on a node.
    Binding,
    /// It reads the whole request for a certificate and writes the conditions that decide on it.
    Approval,
    /// It takes an Eviction and deletes a pod as far as its budget allows.
    Eviction,
    /// It reads the whole object and writes one part of its `spec`.
    Part,
    /// It takes a TokenRequest and makes a token for a service account.
    Token,
    /// kube-apiserver has it, this server refuses it by name.
    NotBuilt,
}

/// Where an object keeps what a Scale shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalePaths {
    /// The member path of the declared number of replicas.
    pub spec_replicas: Vec<String>,
    /// The member path of the observed number of replicas.
    pub status_replicas: Vec<String>,
    /// The member path of the selector: its text, a map of labels, or a LabelSelector.
    pub selector: Option<Vec<String>>,
}

/// A set of verbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verbs(u8);

/// The rule that names of objects follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// An RFC 1123 subdomain.
    DnsSubdomain,
    /// An RFC 1123 label.
    DnsLabel,
    /// An RFC 1035 label.
    Dns1035Label,
    /// Anything that can stand as one segment of a path.
    PathSegment,
    /// An IP address as it is usually written.
    IpAddress,
}

/// A field that field selectors may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSource {
    /// The field's path as selectors write it.
    pub path: String,
    /// Where its value stands, as member paths; the first that is there and not empty counts.
    pub places: Vec<Vec<String>>,
    /// The value of the field where it is absent, such as `false` for truth values.
    pub absent: String,
}

impl Resource {
    /// The group and the plural name, as refusals name it.
    #[must_use]
    pub fn group_resource(&self) -> GroupResource {
        GroupResource::new(&self.gvk.group, &self.plural)
    }

    /// The compiled schema; that of a built-in kind is compiled when first asked for.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        let compiled = || super::builtin(&self.gvk).unwrap_or_else(|| Arc::new(Schema::any()));
        Arc::clone(self.schema.get_or_init(compiled))
    }

    /// The same resource with another schema.
    #[cfg(test)]
    pub(crate) fn with_schema(self, schema: Schema) -> Self {
        Self { schema: OnceLock::from(Arc::new(schema)), ..self }
    }

    /// The subresource of that name, which may be one that is not built.
    #[must_use]
    pub fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|subresource| subresource.name == name)
    }

    /// The verbs that discovery names: nobody shall begin anything with a kind that is going, although what ends it is let through.
    #[must_use]
    pub fn offered_verbs(&self) -> Verbs {
        if self.terminating { self.verbs.without(Verbs::CREATE.or(Verbs::PATCH).or(Verbs::UPDATE)) } else { self.verbs }
    }

    /// Whether `status` is written through a path of its own only.
    #[must_use]
    pub fn has_status(&self) -> bool {
        self.subresource("status").is_some()
    }

    /// The cells of an object's Table row, one for each of [`Resource::columns`], with ages as of `now`.
    #[must_use]
    pub fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        self.cells.of(object, now)
    }

    /// Whether documents in the store differ from those served in more than `resourceVersion`.
    #[must_use]
    pub fn converts(&self) -> bool {
        self.storage_gvk != self.gvk
    }

    /// Turns a document as it is served into the form in which the store keeps it.
    pub fn to_storage(&self, object: &mut Object) {
        if let Some(conversion) = self.conversion {
            (conversion.to_storage)(object);
        }
        object.set_gvk(&self.storage_gvk);
    }

    /// Turns a document of the store into the form in which this version serves it.
    pub fn from_storage(&self, object: &mut Object) {
        if let Some(conversion) = self.conversion {
            (conversion.from_storage)(object);
        }
        object.set_gvk(&self.gvk);
    }

    /// The value of a selectable field (or of `metadata.name`, `metadata.namespace`) as selectors compare it. `None` where the
    /// resource has no such field.
    #[must_use]
    pub fn field(&self, object: &Object, path: &str) -> Option<String> {
        match path {
            "metadata.name" => Some(object.name().to_owned()),
            "metadata.namespace" => Some(object.namespace().unwrap_or_default().to_owned()),
            _ => Some(self.selectable_fields.iter().find(|field| field.path == path)?.value(object)),
        }
    }
}

impl FieldSource {
    /// The field's value in an object, as selectors compare it.
    #[must_use]
    pub fn value(&self, object: &Object) -> String {
        let found = self.places.iter().find_map(|place| {
            let place: Vec<&str> = place.iter().map(String::as_str).collect();
            match object.get(&place)? {
                Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
                value @ (Value::Bool(_) | Value::Number(_)) => Some(value.to_string()),
                _ => None,
            }
        });
        found.unwrap_or_else(|| self.absent.clone())
    }
}

impl NameRule {
    /// Checks a name. Answers the sentence that names the broken rule.
    pub fn check(self, name: &str) -> names::Verdict {
        match self {
            Self::DnsSubdomain => names::dns_subdomain(name),
            Self::DnsLabel => names::dns_label(name),
            Self::Dns1035Label => names::dns_1035_label(name),
            Self::PathSegment => names::path_segment(name),
            Self::IpAddress => match name.parse::<IpAddr>() {
                Ok(address) if address.to_string() == name => Ok(()),
                _ => Err("must be a valid IP address in canonical form".to_owned()),
            },
        }
    }
}

impl Verbs {
    const WORDS: [&'static str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// `create`.
    pub const CREATE: Self = Self(1);
    /// `delete`.
    pub const DELETE: Self = Self(1 << 1);
    /// `deletecollection`.
    pub const DELETE_COLLECTION: Self = Self(1 << 2);
    /// `get`.
    pub const GET: Self = Self(1 << 3);
    /// `list`.
    pub const LIST: Self = Self(1 << 4);
    /// `patch`.
    pub const PATCH: Self = Self(1 << 5);
    /// `update`.
    pub const UPDATE: Self = Self(1 << 6);
    /// `watch`.
    pub const WATCH: Self = Self(1 << 7);
    /// Every verb.
    pub const ALL: Self = Self(u8::MAX);
    /// What `status` and `scale` answer to.
    pub const SUBRESOURCE: Self = Self::GET.or(Self::PATCH).or(Self::UPDATE);

    /// The verbs of both sets.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The verbs of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all verbs of the other set are in this one.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The verbs as words, in alphabetical order.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.into_iter().enumerate().filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, word)| word)
    }

    /// Whether a verb, given as a word, is in the set.
    #[must_use]
    pub fn has(self, verb: &str) -> bool {
        self.words().any(|word| word == verb)
    }
}

impl fmt::Display for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words().collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
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
}
