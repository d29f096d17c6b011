//! The admission plugins for pods at work: `ServiceAccount`, `Priority` and `DefaultTolerationSeconds`.
//!
//! Receives a request for a pod; hands on what the plugins have to know of other objects, and fills pods in. Invariant: nothing but pods
//! themselves is changed, so that what others make pods from stays as it was written.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::call::Call;
use super::route::ResourceRoute;
use super::{Shared, limit_ranges, view};
use crate::admission::{self, Plugin};
use crate::object::{Object, Refusal};
use crate::schema::{Catalog, Resource};

/// How often the account of pods that name none is looked for again before it counts as missing: its controller makes it in a new
/// namespace.
const ATTEMPTS: usize = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// What the plugins know of other objects.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    classes: Vec<Object>,
    /// Looked up again where a new pod needs the one that its namespace should get.
    accounts: Mutex<Vec<Object>>,
    /// What the token's volume is called at the end: drawn once, so that a write that is begun again makes the same object.
    suffix: OnceLock<String>,
}

/// Finds out what the plugins need for a write; nothing where none of them acts.
pub(super) async fn of(api: &Shared, resource: &Resource, route: &ResourceRoute, creates: bool) -> Result<Surroundings, Refusal> {
    let Some(namespace) = route.namespace.as_deref().filter(|_| creates && is_pod(resource) && route.subresource.is_none()) else {
        return Ok(Surroundings::default());
    };
    let mut surroundings = Surroundings::default();
    if api.plugins.has(Plugin::Priority) {
        surroundings.classes = all(api, "scheduling.k8s.io", "priorityclasses", "").await?;
    }
    if api.plugins.has(Plugin::ServiceAccount) {
        surroundings.accounts = Mutex::new(all(api, "", "serviceaccounts", namespace).await?);
    }
    Ok(surroundings)
}

impl Surroundings {
    fn accounts(&self) -> MutexGuard<'_, Vec<Object>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_default(&self) -> bool {
        self.accounts().iter().any(|account| account.name() == admission::DEFAULT_ACCOUNT)
    }
}

/// Before a pod is made: waits for the account `default` where the pod runs as that one and it is not there yet. Any other account that is
/// missing is refused at once.
pub(super) async fn await_account(call: &Call, pod: &Object) -> Result<(), Refusal> {
    let acts = call.api.plugins.has(Plugin::ServiceAccount) && is_pod(&call.resource) && call.subresource().is_empty();
    let Some(namespace) = call.route.namespace.as_deref().filter(|_| acts) else { return Ok(()) };
    let needed = admission::account_of(pod) == Some(admission::DEFAULT_ACCOUNT);
    for _ in 0..ATTEMPTS {
        if !needed || call.surroundings.has_default() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        let accounts = all(&call.api, "", "serviceaccounts", namespace).await?;
        *call.surroundings.accounts() = accounts;
    }
    Ok(())
}

/// All objects of a resource, in a namespace where one is given.
async fn all(api: &Shared, group: &str, plural: &str, namespace: &str) -> Result<Vec<Object>, Refusal> {
    let catalog = Catalog::builtin();
    let resource = catalog.resource(group, "v1", plural).ok_or_else(|| Refusal::internal(format!("{plural} are not served")))?;
    let scope = if namespace.is_empty() { resource.storage_prefix.clone() } else { format!("{}{namespace}/", resource.storage_prefix) };
    let all = api.cache.consistent_part(&resource.storage_prefix, &scope).await?;
    all.iter().map(|cached| view::parse(resource, cached)).collect()
}

fn is_pod(resource: &Resource) -> bool {
    resource.gvk.group.is_empty() && resource.gvk.kind == "Pod"
}

/// Fills in what a new pod leaves out, limits included. Refuses with 403 what a plugin has against it.
pub(super) fn fill(call: &Call, object: &mut Object) -> Result<(), Refusal> {
    limit_ranges::fill(call, object);
    if !is_pod(&call.resource) {
        return Ok(());
    }
    let (plugins, known) = (&call.api.plugins, &call.surroundings);
    let forbidden = |object: &Object, why: &str| Refusal::forbidden(&call.group_resource(), object.name(), why);
    if plugins.has(Plugin::ServiceAccount) {
        let namespace = call.route.namespace.as_deref().unwrap_or_default();
        let accounts = known.accounts();
        let filled = admission::fill_account(object, namespace, &accounts, || {
            call.surroundings.suffix.get_or_init(|| call.api.ambient.name_suffix()).clone()
        });
        drop(accounts);
        filled.map_err(|why| forbidden(object, &why))?;
    }
    if plugins.has(Plugin::Priority) {
        admission::fill_priority(object, &known.classes).map_err(|why| forbidden(object, &why))?;
    }
    if plugins.has(Plugin::DefaultTolerationSeconds) {
        admission::fill_tolerations(object);
    }
    Ok(())
}

/// Fills in what a changed pod leaves out.
pub(super) fn fill_update(call: &Call, before: &Object, after: &mut Object) {
    if !is_pod(&call.resource) || !call.subresource().is_empty() {
        return;
    }
    if call.api.plugins.has(Plugin::Priority) {
        admission::keep_priority(before, after);
    }
    if call.api.plugins.has(Plugin::DefaultTolerationSeconds) {
        admission::fill_tolerations(after);
    }
}
