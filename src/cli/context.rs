//! What a command works with: the target's client, what it serves, the namespace, and what has been done so far.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;

use super::interruption::{first_of, some_of};
use super::ui::Ui;
use super::{CommandError, Settings, StoreLocation, TargetSettings, restore};
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
    /// Whether what is done is undone where not all of it can be done.
    revocable: AtomicBool,
    /// Whether what was done is being undone.
    undoing: AtomicBool,
    deeds: Mutex<Deeds>,
    /// How to go on from where an undoing was cut off.
    way_on: Mutex<Vec<String>>,
}

/// How long an interrupted command waits for the answers to what it has asked, and how long one that is to undo what it did.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);
const REVOKED_WITHIN: Duration = Duration::from_secs(60);

/// More deeds than this are counted; each of them has its line above.
const DEEDS_MOST: usize = 20;

/// What was done, and is undone where not all of it can be done.
#[derive(Debug, Default)]
struct Deeds {
    /// Objects in the order in which they were done, each with a word for what became of it.
    done: Vec<(String, &'static str)>,
    /// Those of them that are settled: undone, or told by whoever could not undo them.
    settled: HashSet<String>,
}

impl Deeds {
    fn open(&self) -> Vec<String> {
        let open = self.done.iter().filter(|(object, _)| !self.settled.contains(object));
        open.map(|(object, what)| format!("{object} ({what})")).collect()
    }
}

/// Why a command that was interrupted ends before it has come to a clean point, or at one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was at one.
    Clean,
    /// It was interrupted again.
    Again,
    /// What it had asked was not answered for so long.
    Unanswered(Duration),
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
            revocable: AtomicBool::new(false),
            undoing: AtomicBool::new(false),
            deeds: Mutex::default(),
            way_on: Mutex::default(),
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
        if waiting {
            return String::new();
        }
        let so_far = self.so_far().unwrap_or_else(|| first.to_owned());
        let replaced = self.between.names();
        if replaced.is_empty() { so_far } else { format!("{so_far}; being replaced: {}", some_of(&replaced)) }
    }

    /// From here on what is done is undone where not all of it can be done. `way_on` says how to go on where that is cut off.
    pub fn set_revocable(&self, way_on: Vec<String>) {
        *self.way_on.lock().unwrap_or_else(PoisonError::into_inner) = way_on;
        self.revocable.store(true, Ordering::SeqCst);
    }

    /// Remembers what was done to an object, where that may have to be undone.
    pub fn note_deed(&self, object: String, what: &'static str) {
        if self.revocable.load(Ordering::SeqCst) {
            self.deeds().done.push((object, what));
        }
    }

    /// Forgets what was done to an object: it is undone, or told by whoever could not undo it.
    pub fn forget_deed(&self, object: String) {
        self.deeds().settled.insert(object);
    }

    fn deeds(&self) -> MutexGuard<'_, Deeds> {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is said when an interruption begins to wait for a clean point.
    #[must_use]
    pub fn stopping(&self) -> &'static str {
        match (self.is_undoing(), self.revocable.load(Ordering::SeqCst)) {
            (true, _) => "what was done is still being undone; interrupt again to end at once",
            (false, true) => "stopping once the requests under way are answered, to undo what was done; interrupt again to end at once",
            (false, false) => "stopping once the requests under way are answered; interrupt again to end at once",
        }
    }

    /// Ends when an interrupted command has had its time, and says how much that was; undoing takes as long as it takes.
    pub async fn stopped_too_late(&self) -> Duration {
        let patience = if self.revocable.load(Ordering::SeqCst) { REVOKED_WITHIN } else { STOPPED_WITHIN };
        too_late(patience, || self.is_undoing()).await;
        patience
    }

    /// The end of an interrupted command: what it leaves behind, and how to go on. What may be deleted is kept in files.
    #[must_use]
    pub fn interrupted(&self, ending: Ending) -> CommandError {
        let how = match ending {
            Ending::Clean => "interrupted".to_owned(),
            Ending::Again => "interrupted again, and ended at once".to_owned(),
            Ending::Unanswered(time) => format!("interrupted, and ended after {} s without an answer", time.as_secs()),
        };
        let so_far = self.so_far().map(|so_far| format!(": {so_far}")).unwrap_or_default();
        let mut error = CommandError { message: format!("{how}{so_far}"), ..CommandError::interrupted(None) };
        let deeds = self.deeds().open();
        if !deeds.is_empty() {
            error.message.push_str(&format!("; not undone: {}", first_of(&deeds, DEEDS_MOST)));
        }
        let absent = self.between.objects();
        if !absent.is_empty() {
            let names: Vec<String> = absent.iter().map(|(name, _)| name.clone()).collect();
            let again = if self.is_undoing() { "" } else { "; apply again to have that made anew" };
            error.message.push_str(&format!("; perhaps deleted by now, and not made anew: {}{again}", some_of(&names)));
        }
        for (name, object) in absent {
            match restore::keep(&name, &object) {
                Ok(hint) => error.hints.push(hint),
                Err(problem) => error.further.push(problem),
            }
        }
        if !deeds.is_empty() {
            error.hints.extend(self.way_on.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        }
        error
    }

    /// What has been done so far.
    #[must_use]
    pub fn so_far(&self) -> Option<String> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Ends when this time has passed once more since what was done was being undone last.
async fn too_late(patience: Duration, is_undoing: impl Fn() -> bool) {
    loop {
        tokio::time::sleep(patience).await;
        if !is_undoing() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
