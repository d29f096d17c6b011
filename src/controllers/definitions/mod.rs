//! The controller for definitions: a deleted CustomResourceDefinition takes its objects along, then goes.
//!
//! Receives CustomResourceDefinitions through a watch; deletes the objects of those that are being deleted, says in the condition
//! `Terminating` how far that is, and takes off the finalizer that kept the definition. Invariant: a definition is let go only after a
//! list of its objects, made after its deletion began, came back empty.
//!
//! Conditions are those of
//! <https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/controller/finalizer/crd_finalizer.go>.

mod instances;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kube::api::{Api, DynamicObject, PartialObjectMeta, Patch, PatchParams};
use kube::core::ApiResource;
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};

use super::backoff::Backoff;
use super::complaints::Complaints;
use crate::ambient::Ambient;
use crate::object::Object;
use crate::schema::naming;

/// The finalizer that this controller stands for.
const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

/// How many definitions are worked on at the same time.
const CONCURRENCY: u16 = 4;

/// Objects that are held go without telling their definition; so it is looked at again, less and less often.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(15) };

const TERMINATING: &str = "Terminating";

/// What went wrong with one definition.
#[derive(Debug, thiserror::Error)]
enum DefinitionError {
    #[error("cannot read the definition: {0}")]
    Read(#[source] kube::Error),
    #[error("the definition does not say what its objects are")]
    Unreadable,
    #[error("cannot delete the objects of the definition: {0}")]
    Instances(#[source] kube::Error),
    #[error("cannot write the definition: {0}")]
    Write(#[source] kube::Error),
}

struct Context {
    client: Client,
    ambient: Ambient,
    /// How often each definition was looked at in vain, with how many objects were left the last time.
    waiting: Mutex<HashMap<String, (u64, u32)>>,
}

type Metadata = PartialObjectMeta<DynamicObject>;

fn definitions() -> ApiResource {
    ApiResource {
        group: "apiextensions.k8s.io".to_owned(),
        version: "v1".to_owned(),
        api_version: "apiextensions.k8s.io/v1".to_owned(),
        kind: "CustomResourceDefinition".to_owned(),
        plural: "customresourcedefinitions".to_owned(),
    }
}

/// Works on deleted definitions until it is dropped.
pub(super) async fn run(client: Client, ambient: Ambient) -> Result<Infallible, kube::Error> {
    // Schemas are large and of no interest here: only the metadata is watched.
    let watched: Api<Metadata> = Api::all_with(client.clone(), &definitions());
    let config = watcher::Config::default().streaming_lists();
    let context = Arc::new(Context { client, ambient, waiting: Mutex::default() });
    let controller = Controller::new_with(watched, config, definitions())
        .with_config(kube::runtime::controller::Config::default().concurrency(CONCURRENCY))
        .run(reconcile, failed, context);
    Err(Complaints::default().until_over(controller, "the controller for definitions", "definitions").await)
}

async fn reconcile(seen: Arc<Metadata>, context: Arc<Context>) -> Result<Action, DefinitionError> {
    let uid = seen.uid().unwrap_or_default();
    let api: Api<DynamicObject> = Api::all_with(context.client.clone(), &definitions());
    let Some(mut definition) = ours(&seen.metadata, &api, &seen.name_any(), &uid).await? else {
        context.forget(&uid);
        return Ok(Action::await_change());
    };
    let verdict = if naming::is_true(&definition, "Established") {
        let progress = [TERMINATING, "True", "InstanceDeletionInProgress", "CustomResource deletion is in progress"];
        if !written(&api, &mut definition, progress, &context, false).await? {
            return Ok(Action::requeue(BACKOFF.first));
        }
        let objects = instances::api_resource(&definition).ok_or(DefinitionError::Unreadable)?;
        match instances::delete(&context.client, &objects).await {
            Ok(0) => [TERMINATING, "False", "InstanceDeletionCompleted", "removed all instances"].map(str::to_owned),
            Ok(left) => return Ok(Action::requeue(context.pause(&uid, left))),
            Err(error) => {
                let message = format!("could not issue all deletes: {error}");
                written(&api, &mut definition, [TERMINATING, "True", "InstanceDeletionFailed", &message], &context, false).await?;
                return Err(DefinitionError::Instances(error));
            }
        }
    } else {
        [TERMINATING, "False", "NeverEstablished", "resource was never established"].map(str::to_owned)
    };
    let verdict = verdict.each_ref().map(String::as_str);
    if !written(&api, &mut definition, verdict, &context, true).await? {
        return Ok(Action::requeue(BACKOFF.first));
    }
    context.forget(&uid);
    Ok(Action::await_change())
}

/// The definition as it is now, where it is being deleted and waits for this controller.
async fn ours(
    metadata: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    api: &Api<DynamicObject>,
    name: &str,
    uid: &str,
) -> Result<Option<Object>, DefinitionError> {
    let holds = metadata.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER);
    if metadata.deletion_timestamp.is_none() || !holds {
        return Ok(None);
    }
    let live = api.get_opt(name).await.map_err(DefinitionError::Read)?;
    let live = live.and_then(|live| serde_json::to_value(live).ok()).and_then(|value| Object::from_value(value).ok());
    let is_ours = |live: &Object| live.uid() == uid && live.deletion_timestamp().is_some() && live.finalizers().contains(&FINALIZER);
    Ok(live.filter(is_ours))
}

/// Writes a condition where it says something new and, at the end, the finalizers without ours. `false` where somebody else has written
/// meanwhile, so that everything is to be looked at anew.
async fn written(
    api: &Api<DynamicObject>,
    definition: &mut Object,
    condition: [&str; 4],
    context: &Context,
    last: bool,
) -> Result<bool, DefinitionError> {
    let before = definition.get(&["status", "conditions"]).cloned();
    naming::set_condition(definition, condition, context.ambient.now_seconds());
    let conditions = definition.get(&["status", "conditions"]).cloned();
    if before == conditions && !last {
        return Ok(true);
    }
    let mut metadata = json!({"uid": definition.uid(), "resourceVersion": definition.resource_version()});
    if last {
        let kept: Vec<&str> = definition.finalizers().into_iter().filter(|finalizer| *finalizer != FINALIZER).collect();
        metadata["finalizers"] = if kept.is_empty() { Value::Null } else { json!(kept) };
    }
    let patch = Patch::Merge(json!({"metadata": metadata, "status": {"conditions": conditions}}));
    match api.patch_status(definition.name(), &PatchParams::default(), &patch).await {
        Ok(after) => {
            if let Some(version) = after.metadata.resource_version {
                definition.set_meta("resourceVersion", version);
            }
            Ok(true)
        }
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(true),
        Err(kube::Error::Api(status)) if status.is_conflict() => Ok(false),
        Err(error) => Err(DefinitionError::Write(error)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the controller hands out its own counts")]
fn failed(seen: Arc<Metadata>, error: &DefinitionError, context: Arc<Context>) -> Action {
    tracing::debug!(definition = %seen.name_any(), %error, "a deleted definition must wait");
    let uid = seen.uid().unwrap_or_default();
    let left = context.lock().get(&uid).map(|(left, _)| *left).unwrap_or_default();
    Action::requeue(context.pause(&uid, left))
}

impl Context {
    /// How long to wait before the next look: longer each time, unless less was left than the last time.
    fn pause(&self, uid: &str, left: u64) -> Duration {
        let mut waiting = self.lock();
        let entry = waiting.entry(uid.to_owned()).or_insert((left, 0));
        if entry.0 != left {
            *entry = (left, 0);
        }
        entry.1 += 1;
        BACKOFF.pause(&uid, entry.1)
    }

    fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (u64, u32)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
