//! `trueup sync`: keeps the target as the manifests say, until it is stopped.
//!
//! Receives arguments, hands on runs, one after the other. Invariant: runs never overlap, and nobody is asked anything.

mod run;
mod watching;
mod words;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::{debug, error, info, warn};

use self::run::{Memory, Outcome, run};
use self::watching::{Watch, Watching};
use super::serve::refuse_pinned_time;
use super::{load_set, no_manifests};
use crate::ambient::Ambient;
use crate::cli::interruption::{StopSignals, some_of};
use crate::cli::sets::SetArgs;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, Ending, ExitStatus, ManifestArgs, duration};
use crate::client::{ApplyParameters, Client};
use crate::manifest::{Desired, Input};
use crate::plan::{Patience, Replaceable, Replacing};
use crate::printable::one_line;
use crate::sync::{Cause, Ended, Fingerprint, Pace, Reading, Status, Watched, answer_on};

const EXAMPLES: &str = "\
Examples:
  trueup sync -f deploy/                     apply deploy/, now and whenever it or the target changes
  trueup sync -f deploy/ --every 10m --applyset shop -n shop --prune
                                             delete what is taken out of the manifests, too
  trueup sync -k overlays/prod --listen :8080
                                             with /healthz, /readyz and /metrics
  trueup sync -f deploy/ --once              one run, for a timer

What happens is logged to standard error; TRUEUP_LOG=warn leaves only what is wrong.
Exit status: 0 stopped by SIGTERM or SIGINT, or with --once all is as it should be; 1 it cannot start, or with --once something
failed; 2 wrong usage; 130 stopped by a second signal, or because requests under way were not answered.";

/// Keep the target as the manifests say
///
/// Applies them, then watches the files and the live objects: changed files are applied, what others changed or deleted is corrected.
/// Failures are tried again in longer and longer pauses. Runs until it is stopped, as a service or in a pod.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct SyncArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Read everything anew and compare it at least this often
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration::unsigned)]
    every: Duration,
    /// Run once, and say by the exit status how it went
    #[arg(long, conflicts_with_all = ["every", "listen"])]
    once: bool,
    /// Answer /healthz, /readyz and /metrics on this address; without a host, on all of this machine's
    #[arg(long, value_name = "[HOST]:PORT", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    set: SetArgs,
    /// Replace objects that cannot be changed in place: delete them and make them anew
    #[arg(long)]
    replace: bool,
    /// Take over also what other managers owned before it was applied
    #[arg(long)]
    force_conflicts: bool,
    /// Own the applied fields under this name
    #[arg(long, value_name = "NAME", default_value = "trueup")]
    field_manager: String,
    /// Wait no longer than this for a replaced object to go, or for what others depend on; 0 waits without end
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration::unsigned)]
    timeout: Duration,
}

/// More often than this, nothing is read and compared without a reason.
const EVERY_LEAST: Duration = Duration::from_secs(1);
/// How often files are looked at, and how often while they change.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_CLOSELY: Duration = Duration::from_millis(200);

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let whole = if text.starts_with(':') { format!("[::]{text}") } else { text.to_owned() };
    whole.parse().map_err(|_| format!("{text:?} is no address; write 127.0.0.1:8080, [::1]:8080 or :8080"))
}

impl SyncArgs {
    fn validate(&self) -> Result<(), CommandError> {
        if self.manifests.is_empty() {
            return Err(no_manifests());
        }
        if self.manifests.inputs().contains(&Input::Stdin) && !self.once {
            return Err(CommandError::usage("standard input can be read only once, but sync reads its manifests again and again"));
        }
        if self.every < EVERY_LEAST {
            return Err(CommandError::usage("--every must be a second or more"));
        }
        if self.field_manager.is_empty() {
            return Err(CommandError::usage("--field-manager must not be empty"));
        }
        self.set.validate("")
    }

    fn parameters(&self) -> ApplyParameters {
        ApplyParameters { field_manager: self.field_manager.clone(), force: self.force_conflicts, dry_run: false }
    }

    fn replacing(&self, context: &CommandContext) -> Replacing {
        let timeout = Some(self.timeout).filter(|timeout| !timeout.is_zero());
        if self.replace {
            let patience = Patience { timeout, ..Patience::default() };
            Replacing::Within { patience, between: context.between().clone(), which: Replaceable::Any }
        } else {
            Replacing::Never
        }
    }
}

/// Keeps the target as the manifests say, until the process is asked to stop.
pub async fn cmd_sync(ui: &Ui, context: &CommandContext, args: &SyncArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    refuse_pinned_time(&|name| std::env::var(name).ok())?;
    let mut signals = StopSignals::listen()?;
    let status = Arc::new(Status::default());
    let _endpoint = endpoint(args, &status).await?;
    let syncing = Syncing::new(ui, context, args, status);
    let mut work = pin!(syncing.work());
    tokio::select! {
        biased;
        () = signals.next() => {}
        result = &mut work => return result,
    }
    context.stop().request();
    let ended = if context.is_acting() {
        info!("stopping once the requests under way are answered");
        tokio::select! {
            biased;
            () = signals.next() => return Err(context.interrupted(Ending::Again)),
            result = &mut work => if args.once { result? } else { ExitStatus::Success },
            patience = context.stopped_too_late() => return Err(context.interrupted(Ending::Unanswered(patience))),
        }
    } else {
        ExitStatus::Success
    };
    info!("stopped");
    // A single run that did not come to its end is no success, whatever it was asked.
    if args.once && ended == ExitStatus::Success { Err(context.interrupted(Ending::Clean)) } else { Ok(ended) }
}

/// Opens the port, where one is asked for; it is closed when the answer is dropped.
async fn endpoint(args: &SyncArgs, status: &Arc<Status>) -> Result<JoinSet<()>, CommandError> {
    let mut task = JoinSet::new();
    let Some(address) = args.listen else { return Ok(task) };
    let cannot = |error: std::io::Error| CommandError::failed(format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    info!("reporting on http://{}", listener.local_addr().map_err(cannot)?);
    task.spawn(answer_on(listener, Arc::clone(status)));
    Ok(task)
}

/// Everything that one run leaves for the next.
struct Syncing<'a> {
    ui: &'a Ui,
    context: &'a CommandContext,
    args: &'a SyncArgs,
    status: Arc<Status>,
    start: Instant,
    pace: Pace,
    /// Opened by the first run that can, and anew once the server does not know it any more.
    client: Option<Client>,
    told_target: Option<String>,
    /// The manifests as they could last be read.
    last_good: Option<Vec<Desired>>,
    /// The paths to look at, and what was there when the manifests were last read, or changes were last seen.
    watched: Watched,
    fingerprint: Fingerprint,
    /// What was said of the manifests, and of the last run; the same is not said again.
    told_of_manifests: Option<String>,
    told_of_run: BTreeSet<String>,
    told_warnings: BTreeSet<String>,
    memory: Memory,
    watching: Watching,
}

impl<'a> Syncing<'a> {
    fn new(ui: &'a Ui, context: &'a CommandContext, args: &'a SyncArgs, status: Arc<Status>) -> Self {
        let mut key = DefaultHasher::new();
        (std::process::id(), std::time::SystemTime::now()).hash(&mut key);
        Self {
            ui,
            context,
            args,
            status,
            start: Instant::now(),
            pace: Pace::new(args.every, key.finish()),
            client: None,
            told_target: None,
            last_good: None,
            watched: Watched::of(&args.manifests.inputs(), args.manifests.recursive),
            fingerprint: Fingerprint::default(),
            told_of_manifests: None,
            told_of_run: BTreeSet::new(),
            told_warnings: BTreeSet::new(),
            memory: Memory::default(),
            watching: Watching::default(),
        }
    }

    async fn work(mut self) -> Result<ExitStatus, CommandError> {
        if self.args.once {
            let fine = self.turn(Cause::Start).await;
            return Ok(if fine { ExitStatus::Success } else { ExitStatus::Failed });
        }
        let stop = self.context.stop().clone();
        let mut look = Instant::now() + LOOK;
        while !stop.is_requested() {
            let (due, cause) = self.pace.due();
            tokio::select! {
                biased;
                () = stop.requested() => break,
                () = tokio::time::sleep_until(self.start + due) => {
                    self.turn(cause).await;
                }
                () = tokio::time::sleep_until(look) => {
                    self.look_at_files().await;
                    look = Instant::now() + if self.pace.is_settling() { LOOK_CLOSELY } else { LOOK };
                }
                seen = self.watching.next() => self.take(seen),
            }
        }
        Ok(ExitStatus::Success)
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    async fn look_at_files(&mut self) {
        let newer = fingerprint(&self.watched).await;
        let changes = self.fingerprint.changes(&newer);
        if changes.is_empty() {
            return;
        }
        let names: Vec<String> = changes.iter().map(|path| one_line(&path.to_string_lossy()).into_owned()).collect();
        info!("files changed: {}", some_of(&names));
        self.fingerprint = newer;
        self.pace.files_changed(self.now());
    }

    fn take(&mut self, seen: Watch) {
        match seen {
            Watch::Nothing => {}
            Watch::Astray => self.pace.went_astray(self.start.elapsed()),
            Watch::AllFine => self.pace.came_back(),
        }
    }

    /// One run, and what it came to; answers whether all is as it should be.
    async fn turn(&mut self, cause: Cause) -> bool {
        debug!("a run begins: {cause:?}");
        self.pace.begin(cause);
        let begun = Instant::now();
        let valid = !cause.reads_files() || self.read().await;
        let Some(desired) = self.last_good.clone() else {
            self.pace.end(self.now(), Ended { failed: false, corrected: false });
            return false;
        };
        let size = desired.len() as u64;
        let outcome = self.run(desired).await;
        if self.context.stop().is_requested() {
            return false;
        }
        let failed = outcome.as_ref().map_or(true, |outcome| !outcome.failures.is_empty());
        let mut reading = Reading { failed, took: begun.elapsed(), ended: seconds_since_1970(), size, ..Reading::default() };
        if let Ok(outcome) = &outcome {
            (reading.objects, reading.corrected) = (outcome.objects.clone(), outcome.corrected);
        }
        self.status.ran(&reading);
        self.pace.end(self.now(), Ended { failed, corrected: reading.corrected > 0 });
        self.tell(&outcome, &reading);
        valid && !failed
    }

    /// Reads the manifests; answers whether that was possible. Otherwise those of before stay in force.
    async fn read(&mut self) -> bool {
        // Looked at before they are read, so that what changes meanwhile is read again.
        self.fingerprint = fingerprint(&self.watched).await;
        let read = load_set(&self.args.manifests, "", &self.args.set).await;
        self.status.manifests(read.is_ok());
        match read {
            Ok(desired) => {
                let watched = Watched::of(&self.args.manifests.inputs(), self.args.manifests.recursive).with_sources_of(&desired);
                if watched != self.watched {
                    self.watched = watched;
                    self.fingerprint = fingerprint(&self.watched).await;
                }
                if self.told_of_manifests.take().is_some() {
                    info!("the manifests can be read again");
                }
                self.last_good = Some(desired);
                true
            }
            Err(problem) => {
                let said = words::of_error(&problem);
                if self.told_of_manifests.as_ref() != Some(&said) {
                    let kept = if self.last_good.is_some() { "those of before stay in force" } else { "nothing is applied" };
                    error!("the manifests cannot be read, {kept}: {said}");
                    self.told_of_manifests = Some(said);
                }
                false
            }
        }
    }

    async fn run(&mut self, desired: Vec<Desired>) -> Result<Outcome, CommandError> {
        if self.client.take_if(|client| client.is_outdated()).is_some() {
            // Its watches would go on asking with the same credentials.
            self.watching.let_go();
        }
        let client = match &self.client {
            Some(client) => client.clone(),
            None => {
                let client = self.context.client().await?;
                let target = one_line(&client.target().to_string()).into_owned();
                if self.told_target.as_ref() != Some(&target) {
                    info!("syncing to {target}");
                    self.told_target = Some(target);
                }
                self.client.insert(client).clone()
            }
        };
        let outcome = run(self.ui, self.context, self.args, &client, desired, &mut self.memory).await;
        for warning in client.take_warnings() {
            let said = one_line(&warning).into_owned();
            if self.told_warnings.insert(said.clone()) {
                warn!("the server warns: {said}");
            }
        }
        let outcome = outcome?;
        if !self.args.once {
            self.watching.follow(&client, outcome.members.clone(), &self.args.field_manager);
        }
        Ok(outcome)
    }

    /// Logs what a run came to; of what is wrong, only what was not said of the last one.
    fn tell(&mut self, outcome: &Result<Outcome, CommandError>, reading: &Reading) {
        let failures: BTreeSet<String> = match outcome {
            Ok(outcome) => outcome.failures.iter().cloned().collect(),
            Err(problem) => [words::of_error(problem)].into(),
        };
        failures.difference(&self.told_of_run).for_each(|line| error!("{line}"));
        if reading.failed {
            let (due, _) = self.pace.due();
            let pause = due.saturating_sub(self.now()).as_secs_f64();
            let again = if self.args.once { String::new() } else { format!("; trying again in {pause:.1} s") };
            warn!("{}{again}", words::of_run(reading, self.pace.failures()));
        } else if !self.told_of_run.is_empty() || self.memory.first() || words::changes(reading) > 0 {
            info!("{}", words::of_run(reading, 0));
        } else {
            debug!("{}", words::of_run(reading, 0));
        }
        self.told_of_run = failures;
    }
}

/// Looks at paths beside the runtime's tasks, since a disk of another machine may take its time.
async fn fingerprint(watched: &Watched) -> Fingerprint {
    let watched = watched.clone();
    tokio::task::spawn_blocking(move || Fingerprint::of(&watched)).await.unwrap_or_default()
}

fn seconds_since_1970() -> f64 {
    Ambient::system().now().as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_on_every_address() {
        assert_eq!(listen_address(":8080"), Ok("[::]:8080".parse().unwrap()));
        assert_eq!(listen_address("127.0.0.1:1"), Ok("127.0.0.1:1".parse().unwrap()));
        assert!(listen_address("8080").is_err_and(|error| error.contains("is no address")));
    }
}
