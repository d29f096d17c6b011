//! The thread that carries the traffic with the cluster.
//!
//! Receives futures that open connections and runs them, and all that they spawn, on one thread. Invariant: a connection's tasks never run
//! at the same time as each other.
//!
//! That is for speed. A request goes through three tasks: one queues it, one hands over its body, one writes what is queued to the socket.
//! Where they run side by side, the last one is faster than the others, and a request leaves in three packets, for which etcd is woken
//! three times. On one thread the writer's turn comes after theirs, and it takes along what all requests of the moment have queued.

use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::super::StoreError;

/// The running thread; it ends when this is dropped, and the connections with it.
pub(super) struct Driver {
    runtime: Handle,
    _running: oneshot::Sender<()>,
}

impl Driver {
    pub(super) fn start() -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| StoreError::Failed(format!("cannot start the thread for etcd: {error}"));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let handle = runtime.handle().clone();
        let (running, stopped) = oneshot::channel::<()>();
        // Not waited for: the store may be dropped where waiting is not allowed.
        let until_stopped = move || drop(runtime.block_on(stopped));
        thread::Builder::new().name("trueup-etcd".to_owned()).spawn(until_stopped).map_err(failed)?;
        Ok(Self { runtime: handle, _running: running })
    }

    /// Runs a future on the thread. What it spawns stays there.
    pub(super) async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T, StoreError> {
        self.runtime.spawn(work).await.map_err(|error| StoreError::Failed(format!("the thread for etcd failed: {error}")))
    }
}
