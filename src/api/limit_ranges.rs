//! Limit ranges at work: which ones a write is held to.
//!
//! Receives a request for a pod or a claim; hands on the limit ranges of its namespace. Invariant: what is written was held to the limit
//! ranges that were there when the request came.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::call::Call;
use super::patch::APPLY;
use super::route::ResourceRoute;
use super::{Shared, view};
use crate::admission::{self, Plugin};
use crate::object::{Object, Refusal};
use crate::schema::{Catalog, Resource};

/// The limit ranges of the namespace that a write goes to, by name; none where the write is not held to any.
///
/// `creates` is whether an object may be made by the write.
pub(super) async fn of(api: &Shared, resource: &Resource, route: &ResourceRoute, creates: bool) -> Result<Vec<Object>, Refusal> {
    let concerned = concerns(resource, route.subresource.as_deref().unwrap_or_default(), creates);
    let Some(namespace) = route.namespace.as_deref().filter(|_| concerned && api.plugins.has(Plugin::LimitRanger)) else {
        return Ok(Vec::new());
    };
    let catalog = Catalog::builtin();
    let ranges = catalog.resource("", "v1", "limitranges").ok_or_else(|| Refusal::internal("limitranges are not served"))?;
    let scope = format!("{}{namespace}/", ranges.storage_prefix);
    let own = api.cache.consistent_part(&ranges.storage_prefix, &scope).await?;
    own.iter().map(|cached| view::parse(ranges, cached)).collect()
}

/// Whether a patch may make an object, as an apply does.
pub(super) fn applies(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with(APPLY))
}

/// Of pods what they may have is settled when they are made, and by a resize.
fn concerns(resource: &Resource, subresource: &str, creates: bool) -> bool {
    let is_core = resource.gvk.group.is_empty();
    match resource.gvk.kind.as_str() {
        "Pod" => is_core && (subresource == "resize" || (creates && subresource.is_empty())),
        "PersistentVolumeClaim" => is_core && subresource.is_empty(),
        _ => false,
    }
}

/// Fills in what a new pod leaves out.
pub(super) fn fill(call: &Call, object: &mut Object) {
    if call.resource.gvk.kind == "Pod" {
        admission::fill_limits(object, &call.limits);
    }
}

/// Refuses with 403 what breaks a limit.
pub(super) fn check(call: &Call, object: &Object) -> Result<(), Refusal> {
    let broken = admission::broken_limits(object, &call.limits);
    broken.map_or(Ok(()), |why| Err(Refusal::forbidden(&call.group_resource(), object.name(), &why)))
}

/// As [`check`], for what takes the place of another. A pod keeps what it has unless it is resized, and what is being deleted may keep
/// all that it has.
pub(super) fn check_update(call: &Call, before: &Object, object: &Object) -> Result<(), Refusal> {
    let settled = call.resource.gvk.kind == "Pod" && call.subresource().is_empty();
    if settled || before.deletion_timestamp().is_some() { Ok(()) } else { check(call, object) }
}
