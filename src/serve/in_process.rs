//! Stores that are served in this process: the API layer without a network.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::Full;

use crate::admission::Plugins;
use crate::ambient::Ambient;
use crate::api::{Api, ServiceRanges};
use crate::auth::Identity;
use crate::cli::{EtcdAccess, OpenStoreError, StoreLocation};
use crate::client::{Client, Target, in_process};
use crate::controllers::{self, ControllerOptions, Selection};
use crate::store::{EtcdOptions, EtcdTls, MemoryStore};

/// Opens a store and answers a client of the API layer on it, as the user who owns the store.
#[must_use]
pub fn open_store(location: StoreLocation, default_namespace: String) -> BoxFuture<'static, Result<Client, OpenStoreError>> {
    Box::pin(async move {
        let served =
            Arc::new(super::open(&for_command(&location), Ambient::from_env()?, ServiceRanges::default(), Plugins::default()).await?);
        let api = served.api.clone();
        let handle = move |request: http::Request<Full<Bytes>>| {
            // The store's upkeep ends with the last request that may come.
            let (api, _upkeep) = (api.clone(), Arc::clone(&served));
            async move { api.handle(&Identity::in_process(), request).await }
        };
        Ok(in_process(handle, &default_namespace, location.target()))
    })
}

/// How long a command asks again where no etcd can be reached: an election may pass, and nobody waits long for a cluster that is gone.
const COMMAND_PATIENCE: Duration = Duration::from_secs(2);

/// A client of an empty control plane in memory, on which changes are tried out that concern nobody else.
#[must_use]
pub fn open_simulation(default_namespace: String) -> BoxFuture<'static, Result<Client, OpenStoreError>> {
    Box::pin(async move {
        let api = Api::open(Arc::new(MemoryStore::new()), Ambient::from_env()?).await?;
        Ok(client(&api, &default_namespace, Target::Local { directory: "memory".into() }))
    })
}

/// A client of an API in this process, as the user who owns its store.
#[must_use]
pub fn client(api: &Api, default_namespace: &str, target: Target) -> Client {
    let api = api.clone();
    let handle = move |request: http::Request<Full<Bytes>>| {
        let api = api.clone();
        async move { api.handle(&Identity::in_process(), request).await }
    };
    in_process(handle, default_namespace, target)
}

/// Runs the controllers that finish deletions on a store that this process serves, until the future is dropped.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "the command line hands its client over")]
pub fn run_controllers(client: Client) -> BoxFuture<'static, ()> {
    let options = ControllerOptions {
        client: client.kube().clone(),
        selection: Selection::of_deletions(),
        // Servers on the same etcd run controllers too; a local store has one server at the most.
        leader_election: matches!(client.target(), Target::Etcd { .. }),
        ambient: Ambient::system(),
        root_ca: None,
    };
    Box::pin(controllers::run(options, std::future::pending()))
}

/// The location that the command line names, as the server opens it.
#[must_use]
pub fn location_of(named: &StoreLocation) -> super::StoreLocation {
    match named {
        StoreLocation::Local(directory) => super::StoreLocation::Local(directory.clone()),
        StoreLocation::Etcd(access) => super::StoreLocation::Etcd(etcd_options(access)),
    }
}

/// The location for a command, whose user waits.
fn for_command(named: &StoreLocation) -> super::StoreLocation {
    match location_of(named) {
        super::StoreLocation::Etcd(options) => super::StoreLocation::Etcd(EtcdOptions { retry_for: COMMAND_PATIENCE, ..options }),
        local => local,
    }
}

fn etcd_options(access: &EtcdAccess) -> EtcdOptions {
    let tls = access.endpoints.iter().any(|url| url.starts_with("https://")) || access.cafile.is_some() || access.identity.is_some();
    EtcdOptions {
        tls: tls.then(|| EtcdTls { ca: access.cafile.clone(), identity: access.identity.clone() }),
        user: access.user.clone(),
        ..EtcdOptions::new(access.endpoints.clone())
    }
}
