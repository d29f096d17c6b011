//! Stores that are served in this process: the API layer without a network.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::Full;

use super::{EtcdAccess, OpenStoreError, StoreLocation};
use crate::ambient::Ambient;
use crate::api::Api;
use crate::auth::Identity;
use crate::client::{Client, Target, in_process};
use crate::serve;
use crate::store::{EtcdOptions, EtcdTls, MemoryStore};

/// Opens a store and answers a client of the API layer on it, as the user who owns the store.
#[must_use]
pub fn open_store(location: StoreLocation, default_namespace: String) -> BoxFuture<'static, Result<Client, OpenStoreError>> {
    Box::pin(async move {
        let served = Arc::new(serve::open(&to_serve(&location), Ambient::from_env()?).await?);
        let api = served.api.clone();
        let handle = move |request: http::Request<Full<Bytes>>| {
            // The store's upkeep ends with the last request that may come.
            let (api, _upkeep) = (api.clone(), Arc::clone(&served));
            async move { api.handle(&Identity::in_process(), request).await }
        };
        Ok(in_process(handle, &default_namespace, location.target()))
    })
}

/// A client of an empty control plane in memory, on which changes are tried out that concern nobody else.
pub async fn open_simulation() -> Result<Client, OpenStoreError> {
    let api = Api::open(Arc::new(MemoryStore::new()), Ambient::from_env()?).await?;
    let handle = move |request: http::Request<Full<Bytes>>| {
        let api = api.clone();
        async move { api.handle(&Identity::in_process(), request).await }
    };
    Ok(in_process(handle, "default", Target::Local { directory: "memory".into() }))
}

/// The same location as the server names it.
#[must_use]
pub fn to_serve(location: &StoreLocation) -> serve::StoreLocation {
    match location {
        StoreLocation::Local(directory) => serve::StoreLocation::Local(directory.clone()),
        StoreLocation::Etcd(access) => serve::StoreLocation::Etcd(etcd_options(access)),
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
