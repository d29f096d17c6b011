//! What a command works with: the target's client, what it serves, the namespace, and what has been done so far.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

use super::ui::Ui;
use super::{CommandError, Settings, StoreLocation, TargetSettings};
use crate::client::{Client, Discovery, connect};
use crate::plan::{Between, Namespaces, Placed, Stage, Stop};

/// Why a store could not be opened; displays as the reason.
pub type OpenStoreError = Box<dyn StdError + Send + Sync>;

/// Opens a store in this process and answers a client of the API layer on it, whose default namespace is the text given.
pub type OpenStore = fn(StoreLocation, String) -> BoxFuture<'static, Result<Client, OpenStoreError>>;

/// Opens an empty in-memory control plane in this process, whose default namespace is the text given.
pub type OpenSimulation = fn(String) -> BoxFuture<'static, Result<Client, OpenStoreError>>;

/// Runs the controllers that a store needs (garbage collector, namespaces) as clients of the API, until it is dropped.
pub type RunControllers = fn(Client) -> BoxFuture<'static, ()>;

/// What the command line cannot open by itself: it is a client of the API and knows no store.
#[derive(Debug, Clone, Copy)]
pub struct Openers {
    /// Opens the stores that are served in this process.
    pub store: OpenStore,
    /// Opens what change sets are tried out on; without it, objects that the server cannot judge yet are shown as written.
    pub simulation: Option<OpenSimulation>,
    /// Runs beside a command that waits for the controllers' work on a store served in this process; without it such a command does
    /// not wait, and says who will do the work.
    pub controllers: Option<RunControllers>,
}

/// Who does the controllers' work on a target.
#[derive(Debug, Clone, Copy)]
pub enum Controllers {
    /// The server has its own.
    Elsewhere,
    /// They can run in this process.
    Here(RunControllers),
    /// Nobody, unless a server works on the same store.
    Nobody,
}

/// What a command works with. Opens nothing before it is asked to.
pub struct CommandContext {
    settings: Settings,
    openers: Openers,
    so_far: Mutex<Option<String>>,
    between: Between,
    stop: Stop,
    /// How much is being done that stops at a clean point.
    acting: AtomicUsize,
    /// Whether a wait shows by itself how far it is.
    waiting: AtomicBool,
    /// Whether what was done is being undone.
    undoing: AtomicBool,
}

/// Something that is being done, which stops at a clean point when [`CommandContext::stop`] asks for it; for as long as it is kept.
#[must_use]
pub struct Acting<'a>(&'a AtomicUsize);

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl CommandContext {
    /// A context that has opened nothing.
    #[must_use]
    pub fn new(settings: Settings, openers: Openers) -> Self {
        Self {
            settings,
            openers,
            so_far: Mutex::new(None),
            between: Between::default(),
            stop: Stop::default(),
            acting: AtomicUsize::new(0),
            waiting: AtomicBool::new(false),
            undoing: AtomicBool::new(false),
        }
    }

    /// What was decided from flags and environment.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A client of the target.
    pub async fn client(&self) -> Result<Client, CommandError> {
        match &self.settings.target {
            TargetSettings::Remote(options) => Ok(connect(options).await?),
            TargetSettings::Store(location) => {
                let namespace = self.settings.namespace.clone().unwrap_or_else(|| "default".to_owned());
                let opened = (self.openers.store)(location.clone(), namespace).await;
                opened.map_err(|error| CommandError::failed(format!("cannot open the {}: {error}", location.target())))
            }
        }
    }

    /// A client of the target and what it serves, for a command that changes things: says where, before anything happens.
    pub async fn client_for_changes(&self, ui: &Ui, doing: &str) -> Result<(Client, Discovery), CommandError> {
        let client = self.client().await?;
        ui.say(&format!("{doing} {}", client.target()));
        let discovery = Discovery::fetch(&client).await?;
        Ok((client, discovery))
    }

    /// A control plane to try a set out on, where the set holds objects that others of it stand on: namespaces and definitions.
    pub async fn simulation(&self, client: &Client, placed: &[Placed]) -> Result<Option<Client>, CommandError> {
        if placed.iter().all(|placed| Stage::of(placed) == Stage::Rest) {
            return Ok(None);
        }
        self.open_simulation(client).await
    }

    /// An empty control plane to try objects out on, where there is one to be had.
    pub async fn open_simulation(&self, client: &Client) -> Result<Option<Client>, CommandError> {
        let Some(open) = self.openers.simulation else { return Ok(None) };
        let opened = open(client.default_namespace().to_owned()).await;
        opened.map(Some).map_err(|error| CommandError::failed(format!("cannot try the change set out: {error}")))
    }

    /// Who does the controllers' work on the target.
    #[must_use]
    pub fn controllers(&self) -> Controllers {
        match (&self.settings.target, self.openers.controllers) {
            (TargetSettings::Remote(_), _) => Controllers::Elsewhere,
            (TargetSettings::Store(_), Some(run)) => Controllers::Here(run),
            (TargetSettings::Store(_), None) => Controllers::Nobody,
        }
    }

    /// The namespaces that objects go to.
    #[must_use]
    pub fn namespaces(&self, client: &Client) -> Namespaces {
        Namespaces { default: client.default_namespace().to_owned(), enforced: self.settings.namespace.is_some() }
    }

    /// Remembers what has been done, for the sentence that an interruption ends with.
    pub fn note(&self, so_far: String) {
        *self.so_far.lock().unwrap_or_else(PoisonError::into_inner) = Some(so_far);
    }

    /// Where objects are noted that are being replaced.
    #[must_use]
    pub fn between(&self) -> &Between {
        &self.between
    }

    /// Whether the command is to stop at the next clean point.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// From here on, until the answer is dropped, an interruption asks for a stop and waits for it.
    pub fn act(&self) -> Acting<'_> {
        self.acting.fetch_add(1, Ordering::SeqCst);
        Acting(&self.acting)
    }

    /// Whether an interruption is to wait for a clean point.
    #[must_use]
    pub fn is_acting(&self) -> bool {
        self.acting.load(Ordering::SeqCst) > 0
    }

    /// Whether what was done is being undone, which an interruption lets end.
    #[must_use]
    pub fn is_undoing(&self) -> bool {
        self.undoing.load(Ordering::SeqCst)
    }

    /// Says whether what was done is being undone.
    pub fn set_undoing(&self, undoing: bool) {
        self.undoing.store(undoing, Ordering::SeqCst);
    }

    /// Says whether a wait shows by itself how far it is, so that nothing else draws over it.
    pub fn set_waiting(&self, waiting: bool) {
        self.waiting.store(waiting, Ordering::SeqCst);
    }

    /// The line that shows how far the work is: what has been done, or else `first`; empty while a wait shows its own.
    #[must_use]
    pub fn progress_line(&self, first: &str) -> String {
        let waiting = self.waiting.load(Ordering::SeqCst);
        if waiting { String::new() } else { self.so_far().unwrap_or_else(|| first.to_owned()) }
    }

    /// What an interruption leaves behind.
    #[must_use]
    pub fn left_behind(&self) -> Option<String> {
        let names = self.between.names();
        if names.is_empty() {
            return self.so_far();
        }
        let so_far = self.so_far().map(|so_far| format!("{so_far}; ")).unwrap_or_default();
        Some(format!("{so_far}being replaced, and perhaps deleted by now: {}; apply again to have that made anew", names.join(", ")))
    }

    /// What has been done so far.
    #[must_use]
    pub fn so_far(&self) -> Option<String> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
