//! The parameters of policies: where a binding says they are, as of what the cache knows.
//!
//! Receives a policy, a binding and the namespace of a request; hands on documents, or why the policy cannot be used. Invariant: parameters
//! are in the version that the policy names.

use std::sync::Arc;

use serde_json::Value;

use crate::admission::{self, Binding, Definition, Parameters};
use crate::api::{Shared, convert, view};
use crate::object::{Gvk, Refusal, Revision};
use crate::schema::{Origin, Resource};
use crate::store::cache::Cached;

/// The resource of a policy's parameters: `None` where it has none.
///
/// Errors where there is no such kind, in kube-apiserver's words.
pub(super) async fn resource(api: &Shared, definition: &Definition) -> Result<Option<Arc<Resource>>, String> {
    let Some(kind) = &definition.param_kind else { return Ok(None) };
    let (catalog, _) = api.catalogs.newest(&api.cache).await.map_err(|refusal| refusal.message)?;
    match catalog.by_gvk(kind).filter(|resource| resource.origin == Origin::Stored) {
        Some(resource) => Ok(Some(Arc::clone(resource))),
        None => Err(format!("failed to find resource referenced by paramKind: '{}'", shown(kind))),
    }
}

/// A kind as Go shows it.
fn shown(kind: &Gvk) -> String {
    format!("{}, Kind={}", kind.api_version(), kind.kind)
}

/// The parameters with which a policy is asked by a binding, one set after the other: `null` where it goes without, nothing at all where
/// there are none and the binding allows that.
///
/// Errors where the binding asks for what cannot be, in kube-apiserver's words.
pub(super) async fn collected(
    api: &Arc<Shared>,
    resource: Option<&Arc<Resource>>,
    binding: &Binding,
    namespace: Option<&str>,
) -> Result<Vec<Value>, String> {
    let (Some(resource), Some(reference)) = (resource, &binding.parameters) else { return Ok(vec![Value::Null]) };
    let scope = match (resource.namespaced, reference.namespace.as_str()) {
        (true, "") => match namespace {
            Some(namespace) => format!("{}{namespace}/", resource.storage_prefix),
            None => return Err("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources".to_owned()),
        },
        (true, namespace) => format!("{}{namespace}/", resource.storage_prefix),
        (false, "") => resource.storage_prefix.clone(),
        (false, _) => return Err("paramRef.namespace must not be provided for a cluster-scoped `paramKind`".to_owned()),
    };
    let found = found(api, resource, reference, &scope).await.map_err(|refusal| refusal.message)?;
    if found.is_empty() && reference.denies_missing {
        return Err("no params found for policy binding with `Deny` parameterNotFoundAction".to_owned());
    }
    Ok(found)
}

async fn found(api: &Arc<Shared>, resource: &Arc<Resource>, reference: &Parameters, scope: &str) -> Result<Vec<Value>, Refusal> {
    let prefix = &resource.storage_prefix;
    let Some(selector) = &reference.selector else {
        let key = format!("{scope}{}", reference.name);
        let found = api.cache.object_not_older(prefix, &key, Revision::ZERO).await?;
        return match found {
            Some(cached) => Ok(vec![served(api, resource, cached).await?]),
            None => Ok(Vec::new()),
        };
    };
    let snapshot = api.cache.not_older(prefix, Revision::ZERO).await?;
    let mut selected = Vec::new();
    for cached in snapshot.objects.iter().filter(|cached| cached.key.starts_with(scope)) {
        let labels = view::document(cached)?.get(&["metadata", "labels"]).cloned().unwrap_or_default();
        if admission::selects(selector, &labels) {
            selected.push(served(api, resource, Arc::clone(cached)).await?);
        }
    }
    Ok(selected)
}

async fn served(api: &Arc<Shared>, resource: &Arc<Resource>, cached: Arc<Cached>) -> Result<Value, Refusal> {
    let served = convert::served_one(api, resource, cached).await?;
    Ok(view::parse(resource, &served)?.into_value())
}
