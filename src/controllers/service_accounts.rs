//! The controller for service accounts: every namespace has the account `default`.
//!
//! Receives namespaces and service accounts through watches; creates what is missing. Invariant: nothing is created in a namespace that
//! is being deleted, and an account that is there is left as it is.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, ObjectMeta, PostParams};
use kube::runtime::controller::{Action, Controller};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher;
use kube::{Client, ResourceExt as _};

use super::complaints::Complaints;

/// The account of pods that name none.
const DEFAULT: &str = "default";

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes the accounts until it is dropped.
pub(super) async fn run(client: Client) -> Result<Infallible, kube::Error> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let accounts: Api<ServiceAccount> = Api::all(client.clone());
    let config = watcher::Config::default().streaming_lists();
    let of_namespace = |account: ServiceAccount| account.metadata.namespace.as_deref().map(ObjectRef::new);
    let controller = Controller::new(namespaces, config.clone())
        .watches(accounts, config.fields(&format!("metadata.name={DEFAULT}")), of_namespace)
        .run(reconcile, |_, _, _| Action::requeue(PAUSE), Arc::new(client));
    Err(Complaints::default().until_over(controller, "the controller for service accounts", "namespaces").await)
}

async fn reconcile(namespace: Arc<Namespace>, client: Arc<Client>) -> Result<Action, kube::Error> {
    if namespace.metadata.deletion_timestamp.is_some() {
        return Ok(Action::await_change());
    }
    let api: Api<ServiceAccount> = Api::namespaced(Client::clone(&client), &namespace.name_any());
    if api.get_metadata_opt(DEFAULT).await?.is_some() {
        return Ok(Action::await_change());
    }
    let account =
        ServiceAccount { metadata: ObjectMeta { name: Some(DEFAULT.to_owned()), ..ObjectMeta::default() }, ..ServiceAccount::default() };
    match api.create(&PostParams::default(), &account).await {
        Ok(_) => Ok(Action::await_change()),
        // Somebody else was faster, or the namespace goes.
        Err(kube::Error::Api(status)) if status.is_already_exists() || status.is_not_found() => Ok(Action::await_change()),
        Err(kube::Error::Api(status)) if status.is_forbidden() && status.message.contains("is being terminated") => {
            Ok(Action::await_change())
        }
        Err(error) => Err(error),
    }
}
