//! The controllers: loops that watch the API and act on the difference between what is and what should be.
//!
//! Receives a client of the API, in process or over the network, and which controllers shall run; hands on nothing but the changes they
//! make. Invariant: a controller never touches the store, keeps nothing that it could not read again, and comes back after any failure.
//!
//! They run beside a server (`serve`) and as a process of their own (`controllers --server`), with the same code.

pub(crate) mod backoff;
mod complaints;
mod definitions;
mod gc;
mod leader;
mod namespace;
mod observed_metadata;
mod policies;
mod queue;
mod quota;
mod resources;
mod root_ca;
mod selection;
mod service_accounts;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kube::Client;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

pub use selection::{Controller, Selection, SelectionError};

use self::backoff::Backoff;
use self::leader::Elector;
use crate::ambient::Ambient;

/// The finalizer of an object that goes after its dependents.
const FOREGROUND: &str = "foregroundDeletion";

/// The finalizer of an object whose dependents stay.
const ORPHAN: &str = "orphan";

/// The pauses before a controller that failed starts again.
const RESTART: Backoff = Backoff { first: Duration::from_millis(200), longest: Duration::from_secs(30) };

/// A controller that ran this long before it failed starts again as if it had never failed.
const RAN_WELL: Duration = Duration::from_secs(60);

/// What runs, and as whom.
#[derive(Clone)]
pub struct ControllerOptions {
    /// The API to watch and to write to. Its user needs permission for everything.
    pub client: Client,
    /// Which controllers run.
    pub selection: Selection,
    /// Whether they run only while this process holds the Lease `kube-system/trueup-controllers`. Needed where several processes run
    /// controllers on one store.
    pub leader_election: bool,
    /// The clock, and the source of this process's name in the election.
    pub ambient: Ambient,
    /// The certificate that is published in every namespace, as PEM. Without it nothing is, whatever the selection says.
    pub root_ca: Option<Arc<str>>,
}

/// Runs the controllers until `shutdown` is done. Failures are logged and tried again; they never end it.
///
/// Dropping the future stops the controllers too, but leaves the Lease to run out by itself.
pub async fn run(options: ControllerOptions, shutdown: impl Future<Output = ()>) {
    if options.selection.is_empty() {
        return shutdown.await;
    }
    if !options.leader_election {
        tokio::select! {
            never = supervise_all(&options) => match never {},
            () = shutdown => return,
        }
    }
    let mut elector = Elector::new(options.client.clone(), options.ambient.clone());
    tokio::select! {
        never = lead(&mut elector, &options) => match never {},
        () = shutdown => {}
    }
    elector.resign().await;
}

/// Starts the controllers on the runtime of the caller.
#[must_use = "the controllers stop when the handle is dropped"]
pub fn spawn(options: ControllerOptions) -> ControllersHandle {
    let (stop, stopped) = oneshot::channel();
    // An error of the receiver means that the sender is dropped, which is how a handle stops its controllers.
    let task = tokio::spawn(run(options, stopped.map(drop)));
    ControllersHandle { stop: Some(stop), task }
}

/// Controllers that run; they stop when this is dropped.
pub struct ControllersHandle {
    stop: Option<oneshot::Sender<Infallible>>,
    task: JoinHandle<()>,
}

impl ControllersHandle {
    /// Stops the controllers and waits until they have stopped and, where there is an election, given up the lead.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the controllers did not stop as they should");
        }
    }
}

/// Runs the controllers while this process leads.
async fn lead(elector: &mut Elector, options: &ControllerOptions) -> Infallible {
    loop {
        elector.win().await;
        tokio::select! {
            never = supervise_all(options) => match never {},
            () = elector.keep() => {}
        }
    }
}

/// Runs each controller in a task of its own. Dropping it ends them.
async fn supervise_all(options: &ControllerOptions) -> Infallible {
    let mut tasks = JoinSet::new();
    for controller in options.selection.iter() {
        tasks.spawn(supervise(controller, options.clone()));
    }
    while tasks.join_next().await.is_some() {}
    std::future::pending().await
}

/// Runs a controller, and again after each failure, a panic included.
async fn supervise(controller: Controller, options: ControllerOptions) {
    let mut failures = 0;
    loop {
        let began = Instant::now();
        // A set of one task ends the task when it is dropped.
        let mut task = JoinSet::new();
        task.spawn(start(controller, &options));
        let why = match task.join_next().await {
            Some(Ok(Ok(never))) => match never {},
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(error)) => error.to_string(),
            None => "it did not start".to_owned(),
        };
        failures = if began.elapsed() < RAN_WELL { failures + 1 } else { 1 };
        let pause = RESTART.pause(&controller.name(), failures);
        tracing::warn!(%controller, %why, ?pause, "a controller failed and starts again after a pause");
        sleep(pause).await;
    }
}

fn start(controller: Controller, options: &ControllerOptions) -> BoxFuture<'static, Result<Infallible, kube::Error>> {
    let client = options.client.clone();
    match controller {
        Controller::Definitions => definitions::run(client, options.ambient.clone()).boxed(),
        Controller::Gc => gc::run(client).boxed(),
        Controller::Namespace => namespace::run(client, options.ambient.clone()).boxed(),
        Controller::PolicyStatus => policies::run(client).boxed(),
        Controller::RootCa => match &options.root_ca {
            Some(certificate) => root_ca::run(client, Arc::clone(certificate)).boxed(),
            None => std::future::pending().boxed(),
        },
        Controller::Quota => quota::run(client, options.ambient.clone()).boxed(),
        Controller::ServiceAccount => service_accounts::run(client).boxed(),
    }
}
