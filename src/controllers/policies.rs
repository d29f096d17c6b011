//! The controller for validating admission policies: their status says whether their expressions fit the kinds that they are about.
//!
//! Receives policies through a watch, and asks for the definitions of custom kinds; writes `status`. Invariant: a generation of a policy
//! is judged once, by what was defined then, as in kube-controller-manager.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::watcher;
use kube::{Client, ResourceExt as _};
use serde::Serialize;
use serde_json::{Value, json};

use super::complaints::Complaints;
use crate::admission;
use crate::object::{GroupVersion, Gvk, Object};
use crate::schema::{self, Catalog, Schema};

/// As whom the status is written, by the name of kube-controller-manager's controller.
const MANAGER: &str = "validatingadmissionpolicy-status-controller";

/// The most kinds that a policy is checked against.
const MOST_KINDS: usize = 10;

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a policy could not be judged.
#[derive(Debug, thiserror::Error)]
enum JudgeError {
    #[error(transparent)]
    Api(#[from] kube::Error),
    #[error("an object cannot be read: {0}")]
    Unreadable(String),
}

/// Judges policies until it is dropped.
pub(super) async fn run(client: Client) -> Result<Infallible, kube::Error> {
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(client.clone());
    let controller = Controller::new(policies, watcher::Config::default().streaming_lists());
    let results = controller.run(reconcile, |_, _, _| Action::requeue(PAUSE), Arc::new(client));
    Err(Complaints::default().until_over(results, "the controller for admission policies", "admission policies").await)
}

async fn reconcile(policy: Arc<ValidatingAdmissionPolicy>, client: Arc<Client>) -> Result<Action, JudgeError> {
    let generation = policy.metadata.generation.unwrap_or_default();
    let observed = policy.status.as_ref().and_then(|status| status.observed_generation).unwrap_or_default();
    if generation <= observed || policy.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let object = object_of(&*policy)?;
    let kinds = kinds(&client, &object).await?;
    let warnings = admission::type_warnings(&object, kinds.iter().map(|(gvk, schema)| (gvk, &**schema)));
    let warnings: Vec<Value> = warnings.iter().map(|found| json!({"fieldRef": found.field, "warning": found.warning})).collect();
    let checked = if warnings.is_empty() { json!({}) } else { json!({"expressionWarnings": warnings}) };
    let applied = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": policy.name_any()}, "status": {"observedGeneration": generation, "typeChecking": checked},
    });
    let policies: Api<ValidatingAdmissionPolicy> = Api::all(Client::clone(&client));
    match policies.patch_status(&policy.name_any(), &PatchParams::apply(MANAGER).force(), &Patch::Apply(applied)).await {
        Ok(_) => Ok(Action::await_change()),
        // It went meanwhile.
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(Action::await_change()),
        Err(error) => Err(error.into()),
    }
}

/// The kinds that the rules of a policy name in full, in the order of their names.
async fn kinds(client: &Client, policy: &Object) -> Result<BTreeMap<Gvk, Arc<Schema>>, JudgeError> {
    let mut kinds = BTreeMap::new();
    for (at, plural) in admission::rules_in_full(policy) {
        let catalog = Catalog::builtin();
        let found = match catalog.resource(&at.group, &at.version, &plural) {
            Some(resource) => Some((resource.gvk.clone(), resource.schema())),
            None => custom(client, &at, &plural).await?,
        };
        kinds.extend(found);
        if kinds.len() == MOST_KINDS {
            break;
        }
    }
    Ok(kinds)
}

/// A kind by its definition.
async fn custom(client: &Client, at: &GroupVersion, plural: &str) -> Result<Option<(Gvk, Arc<Schema>)>, JudgeError> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let Some(definition) = definitions.get_opt(&format!("{plural}.{}", at.group)).await? else { return Ok(None) };
    // One that cannot be read serves nothing.
    let resources = schema::from_crd(&object_of(&definition)?).unwrap_or_default();
    let found = resources.into_iter().find(|resource| resource.gvk.version == at.version);
    Ok(found.map(|resource| (resource.gvk.clone(), resource.schema())))
}

fn object_of(value: &impl Serialize) -> Result<Object, JudgeError> {
    let unreadable = |error: String| JudgeError::Unreadable(error);
    let value = serde_json::to_value(value).map_err(|error| unreadable(error.to_string()))?;
    Object::from_value(value).map_err(|error| unreadable(error.to_string()))
}
