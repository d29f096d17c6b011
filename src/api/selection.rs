//! Which objects of a resource a request means: by namespace, name, labels and fields.

use std::sync::Arc;

use super::call::Call;
use super::view;
use crate::object::{FieldSelector, LabelSelector, Refusal};
use crate::schema::Resource;
use crate::store::cache::Cached;

/// The objects that a list or watch means.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// Every key that starts with this is meant, subject to the rest.
    scope: String,
    /// The exact key, where the request names one object.
    key: Option<String>,
    labels: LabelSelector,
    fields: FieldSelector,
}

impl Selection {
    /// Reads the selection from a request. Refuses fields that the resource cannot be selected by.
    pub(super) fn of(call: &Call) -> Result<Self, Refusal> {
        let fields = call.query.field_selector.clone();
        known_fields(&call.resource, &fields)?;
        let namespace = call.route.namespace.as_deref().or_else(|| fields.required("metadata.namespace"));
        let name = call.route.name.as_deref().or_else(|| fields.required("metadata.name"));
        let prefix = &call.resource.storage_prefix;
        let scope = match namespace.filter(|namespace| call.resource.namespaced && !namespace.is_empty()) {
            Some(namespace) => format!("{prefix}{namespace}/"),
            None => prefix.clone(),
        };
        let placed = !call.resource.namespaced || scope.len() > prefix.len();
        let key = name.filter(|_| placed).map(|name| format!("{scope}{name}"));
        Ok(Self { scope, key, labels: call.query.label_selector.clone(), fields })
    }

    /// What every key meant begins with.
    pub(super) fn scope(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.scope)
    }

    /// Whether the scope alone decides.
    pub(super) fn is_plain(&self) -> bool {
        self.labels.is_everything() && self.fields.is_everything() && self.key.is_none()
    }

    /// The objects that are meant, of some in the order of keys.
    pub(super) fn keep(&self, resource: &Resource, objects: Vec<Arc<Cached>>) -> Result<Vec<Arc<Cached>>, Refusal> {
        let meant = objects.into_iter().filter_map(|object| match self.holds(resource, &object) {
            Ok(true) => Some(Ok(object)),
            Ok(false) => None,
            Err(refusal) => Some(Err(refusal)),
        });
        meant.collect()
    }

    /// Whether an object is meant. Parses it only where a field other than its name and namespace is asked for.
    pub(super) fn holds(&self, resource: &Resource, object: &Cached) -> Result<bool, Refusal> {
        let placed = self.key.as_deref().map_or_else(|| object.key.starts_with(&self.scope), |key| *object.key == *key);
        if !placed || !(self.labels.is_everything() || self.labels.matches_with(|key| object.labels().get(key).map(String::as_str))) {
            return Ok(false);
        }
        if self.fields.is_everything() {
            return Ok(true);
        }
        if self.fields.terms.iter().all(|term| term.path.starts_with("metadata.")) {
            return Ok(self.fields.matches_with(|path| key_field(resource, &object.key, path).to_owned()));
        }
        let object = view::parse(resource, object)?;
        Ok(self.fields.matches_with(|path| resource.field(&object, path).unwrap_or_default()))
    }
}

/// Name or namespace, by the key alone.
fn key_field<'a>(resource: &Resource, key: &'a str, path: &str) -> &'a str {
    let within = key.strip_prefix(&*resource.storage_prefix).unwrap_or(key);
    let (namespace, name) = within.split_once('/').filter(|_| resource.namespaced).unwrap_or(("", within));
    if path == "metadata.name" { name } else { namespace }
}

/// Refuses fields that a kind has not, in the words that kube-apiserver has for such kinds.
fn known_fields(resource: &Resource, fields: &FieldSelector) -> Result<(), Refusal> {
    let own = &resource.selectable_fields;
    let of_its_own = resource.custom || !own.is_empty();
    // A kind outside of namespaces without fields of its own takes metadata.namespace as well: it is always empty there.
    let known = |path: &str| match path {
        "metadata.name" => true,
        "metadata.namespace" => resource.namespaced || !of_its_own,
        path => own.iter().any(|field| field.path == path),
    };
    let Some(unknown) = fields.terms.iter().map(|term| &term.path).find(|path| !known(path)) else { return Ok(()) };
    Err(Refusal::bad_request(match (of_its_own, resource.gvk.kind.as_str()) {
        (false, _) => format!("{unknown:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
        (true, "Job") if !resource.custom => format!("field label {unknown:?} not supported for batchv1.Job"),
        (true, _) => format!("field label not supported: {unknown}"),
    }))
}
