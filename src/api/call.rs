//! One request to a resource, with everything that was found out about it before its verb runs.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, USER_AGENT};

use super::Shared;
use super::elsewhere::Elsewhere;
use super::hooks::Hooks;
use super::negotiate::{self, Form};
use super::pod_plugins::Surroundings;
use super::query::Query;
use super::route::ResourceRoute;
use crate::admission;
use crate::auth::Identity;
use crate::object::{GroupResource, Object, Refusal};
use crate::schema::{Behaviour, Resource};

/// A request whose path, parameters, caller and form of answer are known. Invariant: `route.namespace` is set exactly where the
/// resource is namespaced, save for lists and watches over all namespaces.
pub(super) struct Call {
    pub(super) api: Arc<Shared>,
    pub(super) identity: Identity,
    pub(super) resource: Arc<Resource>,
    pub(super) route: ResourceRoute,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    pub(super) form: Form,
    pub(super) gzip: bool,
    pub(super) body: Bytes,
    pub(super) advice: Mutex<Vec<String>>,
    /// What this request's objects are in versions that others wrote through.
    pub(super) elsewhere: Elsewhere,
    /// The limit ranges that a write is held to.
    pub(super) limits: Vec<Object>,
    /// What the plugins for pods know of other objects.
    pub(super) surroundings: Surroundings,
    /// The webhooks that a write has to ask.
    pub(super) hooks: Hooks,
}

impl Call {
    /// Keeps what the kind's rules have to say of the object that is about to be written, in the place of what an earlier attempt kept.
    pub(super) fn advise(&self, object: &Object, before: Option<&Object>) {
        let said = admission::warnings(&self.resource, object, before, self.subresource());
        *self.advice.lock().unwrap_or_else(PoisonError::into_inner) = said;
    }

    /// Keeps one thing more to say.
    pub(super) fn warn(&self, warning: &str) {
        self.advice.lock().unwrap_or_else(PoisonError::into_inner).push(warning.to_owned());
    }

    /// The warnings of this request so far, and those kept.
    pub(super) fn advised(&self, mut warnings: Vec<String>) -> Vec<String> {
        warnings.append(&mut self.advice.lock().unwrap_or_else(PoisonError::into_inner));
        warnings
    }

    /// The name in the path, empty for a collection.
    pub(super) fn name(&self) -> &str {
        self.route.name.as_deref().unwrap_or_default()
    }

    /// The subresource in the path, empty where there is none.
    pub(super) fn subresource(&self) -> &str {
        self.route.subresource.as_deref().unwrap_or_default()
    }

    /// Whether the path speaks of a Scale and not of the object itself.
    pub(super) fn shows_scale(&self) -> bool {
        let part = self.resource.subresource(self.subresource());
        part.is_some_and(|part| matches!(part.behaviour, Behaviour::Scale(_)))
    }

    /// The store's key of an object of this resource and namespace.
    pub(super) fn key_of(&self, name: &str) -> String {
        match &self.route.namespace {
            Some(namespace) => format!("{}{namespace}/{name}", self.resource.storage_prefix),
            None => format!("{}{name}", self.resource.storage_prefix),
        }
    }

    /// The resource's name in refusals.
    pub(super) fn group_resource(&self) -> GroupResource {
        self.resource.group_resource()
    }

    /// 404 for the object that the path names.
    pub(super) fn not_found(&self) -> Refusal {
        Refusal::not_found(&self.group_resource(), self.name())
    }

    /// Whether the answer is indented for people.
    pub(super) fn pretty(&self) -> bool {
        negotiate::pretty(&self.headers, self.query.pretty)
    }

    /// The media type of the body without its parameters, empty where the header is absent.
    pub(super) fn content_type(&self) -> &str {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim()
    }

    /// The field manager of this request: the parameter, or else the User-Agent up to the first slash.
    pub(super) fn field_manager(&self) -> String {
        let agent = || {
            let agent = self.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("unknown");
            let name = agent.split('/').next().unwrap_or_default();
            let printable = name.chars().filter(|c| !c.is_control());
            printable.take(128).collect()
        };
        self.query.field_manager.clone().unwrap_or_else(agent)
    }
}
