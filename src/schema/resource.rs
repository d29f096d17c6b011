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
mod tests;
