//! What only etcd can show.

use std::sync::Arc;

use trueup::object::Revision;
use trueup::store::{Compactor, EtcdOptions, EtcdStore, Store, StoreError};

use super::fixture::{Tap, create, put, request};
use crate::harness::etcd::EtcdServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_goes_on_across_a_restart_and_misses_nothing() {
    let mut server = EtcdServer::start();
    let store = EtcdStore::connect(server.options()).await.unwrap();
    let start = store.current_revision().await.unwrap();
    let mut tap = Tap::on(&store, "/a/", start).await;
    let first = create(&store, "/a/x", "one").await;
    assert_eq!(tap.until(first).await.len(), 1);
    let second = put(&store, "/a/x", first, "two").await;
    server.restart();
    let third = put(&store, "/a/x", second, "three").await;
    let heard = tap.until(third).await.into_iter().map(|event| event.revision).collect::<Vec<_>>();
    assert_eq!(heard, [second, third]);
}
