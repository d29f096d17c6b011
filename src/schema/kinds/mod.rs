//! The table of kinds: every top-level kind that kube-apiserver 1.36 serves at a stable version, as constant rows.
//!
//! Receives nothing; hands rows to the catalog. Invariant: a kind of that API level stands here or in [`LEFT_OUT`] with the reason.

mod access;
pub(in crate::schema) mod autoscaling;
mod cluster;
mod core;
mod events;
mod network;
mod storage;
mod workloads;

use std::borrow::Cow;
use std::sync::OnceLock;

use super::columns::{Cells, Table};
use super::resource::{Behaviour, FieldSource, NameRule, Origin, Resource, ScalePaths, Subresource, Verbs};
use crate::object::{Gvk, Object, Revision};

/// Kinds of the API level that are no top-level ones, as `(apiVersion, kind, reason)`.
pub const LEFT_OUT: &[(&str, &str, &str)] = &[
    ("authentication.k8s.io/v1", "TokenRequest", "what the subresource serviceaccounts/token takes"),
    ("autoscaling/v1", "Scale", "what the subresource scale shows"),
    ("policy/v1", "Eviction", "what the subresource pods/eviction takes"),
];

/// The kinds of one group and version.
pub(super) struct Group {
    /// The group's name, empty for the core group.
    pub name: &'static str,
    /// The version.
    pub version: &'static str,
    /// The kinds, in order of their plural names.
    pub kinds: &'static [Kind],
}

/// The groups in the order in which discovery shows them and ambiguous names are resolved.
pub(super) const GROUPS: &[&Group] = &[
    &core::CORE,
    &cluster::API_REGISTRATION,
    &workloads::APPS,
    &events::EVENTS,
    &access::AUTHENTICATION,
    &access::AUTHORIZATION,
    &autoscaling::V2,
    &autoscaling::V1,
    &workloads::BATCH,
    &access::CERTIFICATES,
    &network::NETWORKING,
    &workloads::POLICY,
    &access::RBAC,
    &storage::STORAGE,
    &cluster::ADMISSION,
    &cluster::API_EXTENSIONS,
    &cluster::SCHEDULING,
    &cluster::COORDINATION,
    &cluster::NODE,
    &network::DISCOVERY,
    &cluster::FLOW_CONTROL,
    &storage::RESOURCE,
];

/// How documents of a kind are turned into the form in which the store keeps it, another version of it or another group's, and back.
#[derive(Debug)]
pub(in crate::schema) struct Conversion {
    pub(in crate::schema) group: &'static str,
    pub(in crate::schema) version: &'static str,
    pub(in crate::schema) to_storage: fn(&mut Object),
    pub(in crate::schema) from_storage: fn(&mut Object),
}

impl Conversion {
    fn storage_gvk(&self, kind: &str) -> Gvk {
        Gvk::new(self.group, self.version, kind)
    }
}

/// One row of the table: what sets a kind apart from a plain namespaced one.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    kind: &'static str,
    plural: &'static str,
    namespaced: bool,
    short_names: &'static [&'static str],
    categories: &'static [&'static str],
    verbs: Verbs,
    subresources: &'static [Part],
    has_generation: bool,
    name_rule: NameRule,
    table: &'static Table,
    fields: &'static [Field],
    conversion: Option<&'static Conversion>,
    origin: Origin,
    created_by_put: bool,
    unconditional_update: bool,
    deprecation: Option<&'static str>,
}

/// A subresource of a built-in kind.
#[derive(Clone, Copy)]
pub(super) enum Part {
    /// `status`.
    Status,
    /// `scale`, where `spec.selector` holds the selector.
    Scale,
    /// `finalize`.
    Finalize,
    /// `binding` of pods.
    Binding,
    /// `approval`.
    Approval,
    /// `eviction` of pods.
    Eviction,
    /// `token` of service accounts.
    Token,
    /// `ephemeralcontainers` of pods.
    EphemeralContainers,
    /// `resize` of pods.
    Resize,
    /// One that is refused: its name, and the `apiVersion` and kind it speaks.
    NotBuilt(&'static str, &'static str, &'static str),
}

/// A selectable field of a built-in kind.
#[derive(Clone, Copy)]
pub(super) struct Field {
    path: &'static str,
    places: &'static [&'static str],
    absent: &'static str,
}

/// A text field that selectors name as the document does.
pub(super) const fn text(path: &'static str) -> Field {
    Field { path, places: &[], absent: "" }
}

/// A truth value that selectors name as the document does.
pub(super) const fn flag(path: &'static str) -> Field {
    Field { path, places: &[], absent: "false" }
}

/// A number that stands at `place`.
pub(super) const fn count(path: &'static str, place: &'static [&'static str]) -> Field {
    Field { path, places: place, absent: "0" }
}

/// A text field that stands at the first of `places` that is not empty.
pub(super) const fn text_at(path: &'static str, places: &'static [&'static str]) -> Field {
    Field { path, places, absent: "" }
}

impl Kind {
    /// A namespaced kind with all verbs, no subresources, no generation, names that are DNS subdomains, columns Name and Age.
    pub(super) const fn namespaced(plural: &'static str, kind: &'static str) -> Self {
        Self {
            kind,
            plural,
            namespaced: true,
            short_names: &[],
            categories: &[],
            verbs: Verbs::ALL,
            subresources: &[],
            has_generation: false,
            name_rule: NameRule::DnsSubdomain,
            table: &Table::NAME_AND_AGE,
            fields: &[],
            conversion: None,
            origin: Origin::Stored,
            created_by_put: false,
            unconditional_update: true,
            deprecation: None,
        }
    }

    /// The same without namespaces.
    pub(super) const fn cluster(plural: &'static str, kind: &'static str) -> Self {
        Self { namespaced: false, ..Self::namespaced(plural, kind) }
    }

    pub(super) const fn short(self, short_names: &'static [&'static str]) -> Self {
        Self { short_names, ..self }
    }

    pub(super) const fn categories(self, categories: &'static [&'static str]) -> Self {
        Self { categories, ..self }
    }

    pub(super) const fn parts(self, subresources: &'static [Part]) -> Self {
        Self { subresources, ..self }
    }

    pub(super) const fn without(self, verbs: Verbs) -> Self {
        Self { verbs: self.verbs.without(verbs), ..self }
    }

    pub(super) const fn generation(self) -> Self {
        Self { has_generation: true, ..self }
    }

    /// A `PUT` of one that does not exist creates it.
    pub(super) const fn created_by_put(self) -> Self {
        Self { created_by_put: true, ..self }
    }

    /// Every request is answered with this warning.
    pub(super) const fn deprecated(self, warning: &'static str) -> Self {
        Self { deprecation: Some(warning), ..self }
    }

    /// An update must state the revision that it is of.
    pub(super) const fn versioned(self) -> Self {
        Self { unconditional_update: false, ..self }
    }

    pub(super) const fn named(self, name_rule: NameRule) -> Self {
        Self { name_rule, ..self }
    }

    pub(super) const fn table(self, table: &'static Table) -> Self {
        Self { table, ..self }
    }

    pub(super) const fn fields(self, fields: &'static [Field]) -> Self {
        Self { fields, ..self }
    }

    pub(super) const fn stored_as(self, conversion: &'static Conversion) -> Self {
        Self { conversion: Some(conversion), ..self }
    }

    /// A kind that is never stored: it can be created alone, and is answered at once.
    pub(super) const fn answered(self) -> Self {
        Self { verbs: Verbs::CREATE, origin: Origin::Answered, table: &Table::NAME_AND_CREATION, ..self }
    }

    /// A kind that is never stored: it can be read alone, and is found out at that moment.
    pub(super) const fn observed(self) -> Self {
        Self { verbs: Verbs::GET.or(Verbs::LIST), origin: Origin::Observed, ..self }
    }

    /// The row as a resource of its group.
    pub(super) fn resource(&self, group: &Group) -> Resource {
        let gvk = Gvk::new(group.name, group.version, self.kind);
        let storage_gvk = self.conversion.map_or_else(|| gvk.clone(), |conversion| conversion.storage_gvk(self.kind));
        Resource {
            plural: self.plural.to_owned(),
            singular: self.kind.to_lowercase(),
            list_kind: format!("{}List", self.kind),
            short_names: owned(self.short_names),
            categories: owned(self.categories),
            namespaced: self.namespaced,
            verbs: self.verbs,
            subresources: self.subresources.iter().map(|part| part.subresource(&gvk)).collect(),
            has_generation: self.has_generation,
            created_by_put: self.created_by_put,
            unconditional_update: self.unconditional_update,
            columns: Cow::Borrowed(self.table.columns),
            name_rule: self.name_rule,
            custom: false,
            origin: self.origin,
            storage_prefix: storage_prefix(&storage_gvk.group, self.plural),
            selectable_fields: self.fields.iter().map(Field::source).collect(),
            declared_schema: None,
            cells: Cells::BuiltIn(self.table.cells),
            conversion: self.conversion,
            webhook: None,
            deprecation: self.deprecation.map(str::to_owned),
            terminating: false,
            current_since: Revision::ZERO,
            schema: OnceLock::new(),
            storage_gvk,
            gvk,
        }
    }
}

impl Part {
    fn subresource(self, of: &Gvk) -> Subresource {
        let part = |name: &str, gvk: Gvk, verbs, behaviour| Subresource { name: name.to_owned(), gvk, verbs, behaviour };
        match self {
            Self::Status => part("status", of.clone(), Verbs::SUBRESOURCE, Behaviour::Status),
            Self::Scale => part("scale", Gvk::new("autoscaling", "v1", "Scale"), Verbs::SUBRESOURCE, Behaviour::Scale(built_in_scale())),
            Self::Approval => part("approval", of.clone(), Verbs::SUBRESOURCE, Behaviour::Approval),
            Self::Finalize => part("finalize", of.clone(), Verbs::UPDATE, Behaviour::Finalize),
            Self::Binding => part("binding", Gvk::new("", "v1", "Binding"), Verbs::CREATE, Behaviour::Binding),
            Self::Eviction => part("eviction", Gvk::new("policy", "v1", "Eviction"), Verbs::CREATE, Behaviour::Eviction),
            Self::EphemeralContainers => part("ephemeralcontainers", of.clone(), Verbs::SUBRESOURCE, Behaviour::Part),
            Self::Resize => part("resize", of.clone(), Verbs::SUBRESOURCE, Behaviour::Part),
            Self::Token => part("token", Gvk::new("authentication.k8s.io", "v1", "TokenRequest"), Verbs::CREATE, Behaviour::Token),
            Self::NotBuilt(name, api_version, kind) => {
                let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
                part(name, Gvk::new(group, version, kind), Verbs::default(), Behaviour::NotBuilt)
            }
        }
    }
}

impl Field {
    fn source(&self) -> FieldSource {
        let places = if self.places.is_empty() { std::slice::from_ref(&self.path) } else { self.places };
        FieldSource {
            path: self.path.to_owned(),
            places: places.iter().map(|place| place.split('.').map(str::to_owned).collect()).collect(),
            absent: self.absent.to_owned(),
        }
    }
}

/// What keys of a resource begin with.
pub(crate) fn storage_prefix(group: &str, plural: &str) -> String {
    format!("/registry/{}/{plural}/", if group.is_empty() { "core" } else { group })
}

fn built_in_scale() -> ScalePaths {
    ScalePaths {
        spec_replicas: owned(&["spec", "replicas"]),
        status_replicas: owned(&["status", "replicas"]),
        selector: Some(owned(&["spec", "selector"])),
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
