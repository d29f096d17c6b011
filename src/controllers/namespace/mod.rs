//! The namespace controller: a deleted namespace empties, then goes.
//!
//! Receives namespaces through a watch; deletes what is in those that are being deleted, says in their `status` what is left, and takes
//! the finalizer `kubernetes` off `spec` when nothing is. Invariant: a namespace is let go only after every kind was listed, after its
//! deletion began, and none had an object left.

mod conditions;
mod content;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Client, ResourceExt as _};
use serde_json::json;

use self::content::Content;
use super::backoff::Backoff;
use super::complaints::Complaints;
use crate::ambient::Ambient;

/// The finalizer in `spec` that this controller stands for.
const FINALIZER: &str = "kubernetes";

/// How many namespaces are emptied at the same time.
const CONCURRENCY: u16 = 4;

/// What holds a namespace open changes without telling the namespace; so it is looked at again, less and less often.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(15) };

/// What went wrong with one namespace.
#[derive(Debug, thiserror::Error)]
enum NamespaceError {
    #[error("cannot read the namespace: {0}")]
    Read(#[source] kube::Error),
    #[error("cannot write the status of the namespace: {0}")]
    Status(#[source] kube::Error),
    #[error("cannot take the finalizer off the namespace: {0}")]
    Finalize(#[source] kube::Error),
}

struct Context {
    client: Client,
    ambient: Ambient,
    /// How often each namespace was looked at in vain, with what was left the last time.
    waiting: Mutex<HashMap<String, Waiting>>,
}

#[derive(Default)]
struct Waiting {
    left: Content,
    looks: u32,
}

/// Empties deleted namespaces until it is dropped.
pub(super) async fn run(client: Client, ambient: Ambient) -> Result<Infallible, kube::Error> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let config = watcher::Config::default().streaming_lists();
    let context = Arc::new(Context { client, ambient, waiting: Mutex::default() });
    let controller = Controller::new(namespaces, config)
        .with_config(kube::runtime::controller::Config::default().concurrency(CONCURRENCY))
        .run(reconcile, failed, context);
    Err(Complaints::default().until_over(controller, "the namespace controller", "namespaces").await)
}

async fn reconcile(namespace: Arc<Namespace>, context: Arc<Context>) -> Result<Action, NamespaceError> {
    let uid = namespace.uid().unwrap_or_default();
    if !is_ours(&namespace) {
        context.forget(&uid);
        return Ok(Action::await_change());
    }
    let name = namespace.name_any();
    let left = content::empty(&context.client, &name).await;
    // Emptying takes its time; what is written next is decided on the namespace as it is now.
    let api: Api<Namespace> = Api::all(context.client.clone());
    let live = api.get_opt(&name).await.map_err(NamespaceError::Read)?;
    let Some(live) = live.filter(|live| live.uid().as_deref() == Some(uid.as_str()) && is_ours(live)) else {
        context.forget(&uid);
        return Ok(Action::await_change());
    };
    if left.is_empty() {
        finalize(&api, live).await?;
        context.forget(&uid);
        return Ok(Action::await_change());
    }
    report(&api, &live, &left, &context.ambient).await?;
    Ok(Action::requeue(context.pause(&uid, left)))
}

/// Whether a namespace is being deleted and waits for this controller.
fn is_ours(namespace: &Namespace) -> bool {
    let finalizers = namespace.spec.as_ref().and_then(|spec| spec.finalizers.as_deref()).unwrap_or_default();
    namespace.metadata.deletion_timestamp.is_some() && finalizers.iter().any(|finalizer| finalizer == FINALIZER)
}

async fn finalize(api: &Api<Namespace>, mut namespace: Namespace) -> Result<(), NamespaceError> {
    let name = namespace.name_any();
    if let Some(finalizers) = namespace.spec.as_mut().and_then(|spec| spec.finalizers.as_mut()) {
        finalizers.retain(|finalizer| finalizer != FINALIZER);
    }
    match api.replace_subresource("finalize", &name, &PostParams::default(), &namespace).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(NamespaceError::Finalize(error)),
    }
}

/// Writes the conditions where they say something new.
async fn report(api: &Api<Namespace>, namespace: &Namespace, left: &Content, ambient: &Ambient) -> Result<(), NamespaceError> {
    let before = namespace.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let now = Time(ambient.now());
    let Some(conditions) = conditions::changed(before, left, &now) else { return Ok(()) };
    let metadata = json!({"uid": namespace.metadata.uid, "resourceVersion": namespace.metadata.resource_version});
    let patch = Patch::Merge(json!({"metadata": metadata, "status": {"conditions": conditions}}));
    match api.patch_status(&namespace.name_any(), &PatchParams::default(), &patch).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(NamespaceError::Status(error)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the controller hands out its own counts")]
fn failed(namespace: Arc<Namespace>, error: &NamespaceError, context: Arc<Context>) -> Action {
    let uid = namespace.uid().unwrap_or_default();
    tracing::debug!(namespace = %namespace.name_any(), %error, "a deleted namespace must wait");
    let left = context.lock().get(&uid).map(|waiting| waiting.left.clone()).unwrap_or_default();
    Action::requeue(context.pause(&uid, left))
}

impl Context {
    /// How long to wait before the next look: longer each time, unless less was left than the last time.
    fn pause(&self, uid: &str, left: Content) -> Duration {
        let mut waiting = self.lock();
        let waiting = waiting.entry(uid.to_owned()).or_default();
        if waiting.left != left {
            *waiting = Waiting { left, looks: 0 };
        }
        waiting.looks += 1;
        BACKOFF.pause(&uid, waiting.looks)
    }

    fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespace(document: serde_json::Value) -> Namespace {
        serde_json::from_value(document).expect("a namespace")
    }

    #[test]
    fn only_a_deleted_namespace_with_the_finalizer_is_touched() {
        let deleted = "2026-11-22T10:00:00Z";
        let alive = namespace(json!({"metadata": {"name": "a"}, "spec": {"finalizers": ["kubernetes"]}}));
        let done = namespace(json!({"metadata": {"name": "a", "deletionTimestamp": deleted}, "spec": {"finalizers": ["other"]}}));
        let ours = namespace(json!({"metadata": {"name": "a", "deletionTimestamp": deleted}, "spec": {"finalizers": ["kubernetes"]}}));
        assert_eq!([alive, done, ours].map(|namespace| is_ours(&namespace)), [false, false, true]);
    }
}
