//! The command line: arguments in, text and an exit status out.
//!
//! Receives the process's arguments and environment, hands on an [`std::process::ExitCode`]. Each command goes four steps: arguments
//! (clap, pure), settings (the only step that looks at the environment), validation, run. Invariant: commands print through
//! [`ui::Ui`] and fail with a [`CommandError`]; nothing else decides about exit codes.

mod arguments;
mod ci;
pub mod commands;
mod complete;
mod confirm;
mod context;
mod duration;
mod error;
mod failures;
mod interruption;
mod lingering;
mod logging;
pub mod output;
mod pager;
mod progress;
mod restore;
mod revisions;
mod sets;
mod settings;
pub mod ui;
mod waiting;

use std::ffi::OsString;
use std::pin::pin;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

pub use arguments::{DryRun, GlobalArgs, ManifestArgs, SelectorArgs};
pub use ci::{CiArgs, Platform, Reporter};
pub use context::{Acting, CommandContext, Controllers, Ending, OpenSimulation, OpenStore, OpenStoreError, Openers, RunControllers};
pub use error::{CommandError, ExitStatus, Promise};
use interruption::StopSignals;
pub use settings::{EtcdAccess, Login, Settings, StoreLocation, TargetSettings, UsageError};
use ui::Ui;

use crate::shown_url::shown_url;

/// Bring what is up to what is declared
#[derive(Debug, Parser)]
#[command(name = "trueup", version, propagate_version = true, after_long_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  trueup diff -f deploy/                     show what an apply would change
  trueup apply -f deploy/                    apply it to the target
  trueup --local ./data get deployments      read a store without any server
  trueup --context staging get all -A        read a cluster

Targets, the first that is given wins:
  --local DIR, --etcd URLS, --server URL, --context NAME, --kubeconfig FILE
  TRUEUP_LOCAL, TRUEUP_ETCD, TRUEUP_SERVER, KUBECONFIG
  the current context of ~/.kube/config
  the local store in the user's data directory";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Apply manifests to the target
    Apply(commands::ApplyArgs),
    /// Show what applying manifests would change
    Diff(commands::DiffArgs),
    /// Show what applying manifests would change, and save it to be applied later
    Plan(commands::PlanArgs),
    /// Show what others changed of a set since it was last applied
    Drift(commands::DriftArgs),
    /// Write live objects as manifests that apply again
    Dump(commands::DumpArgs),
    /// Print what a kustomization builds
    Kustomize(commands::KustomizeArgs),
    /// Show objects
    Get(commands::GetArgs),
    /// Show objects and their changes as they come
    Watch(commands::WatchArgs),
    /// Delete objects
    Delete(commands::DeleteArgs),
    /// Wait until objects are as they should be
    Wait(commands::WaitArgs),
    /// Show everything about objects, and their events
    Describe(commands::DescribeArgs),
    /// Show events, oldest first
    Events(commands::EventsArgs),
    /// Show an object and what it owns, with the readiness of each
    Tree(commands::TreeArgs),
    /// Show the revisions of a set
    History(commands::HistoryArgs),
    /// Apply an earlier revision of a set again
    Rollback(commands::RollbackArgs),
    /// Show sets, make them, and hand them over to other tools
    Sets(commands::SetsArgs),
    /// Show what the fields of a kind are for
    Explain(commands::ExplainArgs),
    /// Check manifests without a server
    Validate(commands::ValidateArgs),
    /// Show the kinds that the server serves
    ApiResources(commands::ApiResourcesArgs),
    /// Show the versions of the groups that the server serves
    ApiVersions(commands::ApiVersionsArgs),
    /// Show who one is, and what one may do
    Auth(commands::AuthArgs),
    /// Show and change kubeconfig files
    Config(commands::ConfigArgs),
    /// Keep the target as the manifests say
    Sync(commands::SyncArgs),
    /// Serve the API over HTTPS
    Serve(commands::ServeArgs),
    /// Run the controllers against the target
    Controllers(commands::ControllersCommandArgs),
    /// Print a completion script for a shell
    Completions(commands::CompletionsArgs),
    /// Write the manual pages
    Man(commands::ManArgs),
    /// Show the version of this program and of the server
    Version(commands::VersionArgs),
}

impl Command {
    /// Whether the command does many things at once and so is worth more than one thread.
    fn is_parallel(&self) -> bool {
        matches!(
            self,
            Self::Apply(_)
                | Self::Diff(_)
                | Self::Drift(_)
                | Self::Dump(_)
                | Self::Plan(_)
                | Self::Delete(_)
                | Self::Rollback(_)
                | Self::Serve(_)
                | Self::Sync(_)
        )
    }

    fn promise(&self) -> Promise {
        match self {
            Self::Diff(args) if args.detailed_exitcode => Promise::TwoForDifferences,
            Self::Diff(_) => Promise::OneForDifferences,
            Self::Drift(args) if args.detailed_exitcode => Promise::TwoForDifferences,
            Self::Drift(args) if args.exit_code => Promise::OneForDifferences,
            _ => Promise::Plain,
        }
    }
}

/// Runs the command line `arguments` (the program's name first) in this process's environment and says how it ended.
///
/// `openers` open what is served in this process.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>, openers: Openers) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let Some(words) = complete::asked(&arguments) {
        return complete::answer(words, openers);
    }
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to stdout and complaints to stderr; a closed pipe leaves nobody to tell.
            let _ = error.print();
            let status = if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success };
            // Whoever asks for 2 to mean a difference must not take a misspelled flag for one.
            let detailed = arguments.iter().any(|argument| argument == "--detailed-exitcode");
            return if detailed { Promise::TwoForDifferences.kept(status).into() } else { status.into() };
        }
    };
    let environment = |name: &str| std::env::var(name).ok();
    let ui = Ui::new(cli.global.color, cli.global.quiet, environment);
    let status = match runtime(&cli.command) {
        Ok(runtime) => {
            let status = runtime.block_on(dispatch(&ui, &cli, &environment, openers));
            // What still runs (a cancelled watch, an idle connection) must not hold up the end.
            runtime.shutdown_background();
            status
        }
        Err(error) => {
            ui.error(&format!("cannot start: {error}"));
            ExitStatus::Failed
        }
    };
    status.into()
}

fn runtime(command: &Command) -> std::io::Result<tokio::runtime::Runtime> {
    // Starting threads costs more than a single request does.
    let mut builder =
        if command.is_parallel() { tokio::runtime::Builder::new_multi_thread() } else { tokio::runtime::Builder::new_current_thread() };
    builder.enable_all().build()
}

/// Runs a parsed command line with any environment and streams, for tests too.
pub async fn dispatch(ui: &Ui, cli: &Cli, environment: &dyn Fn(&str) -> Option<String>, openers: Openers) -> ExitStatus {
    let result = match &cli.command {
        Command::Serve(args) => serve(ui, cli, args, environment).boxed_local().await,
        Command::Controllers(args) => control(ui, cli, args, environment, openers).boxed_local().await,
        Command::Sync(args) => sync(ui, cli, args, environment, openers).boxed_local().await,
        Command::Config(args) => config(ui, cli, args, environment),
        Command::Validate(args) => validate(ui, cli, args, environment).await,
        Command::Kustomize(args) => kustomize(ui, args).await,
        command => work(ui, cli, command, environment, openers).await,
    };
    let result = result.and_then(|status| ui.flush().map(|()| status).map_err(CommandError::from));
    match result {
        Ok(status) => status,
        Err(error) => error.tell(ui, cli.command.promise()),
    }
}

/// Works on files, and so on no target.
fn config(
    ui: &Ui,
    cli: &Cli,
    args: &commands::ConfigArgs,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, CommandError> {
    commands::cmd_config(ui, &cli.global, &settings::kubeconfig_files(&cli.global, environment)?, args)
}

/// Works on manifests, and so on no target.
async fn validate(
    ui: &Ui,
    cli: &Cli,
    args: &commands::ValidateArgs,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, CommandError> {
    commands::cmd_validate(ui, settings::namespace(&cli.global)?, &Platform::resolve(environment), args).await
}

/// Builds manifests, and so works on no target.
async fn kustomize(ui: &Ui, args: &commands::KustomizeArgs) -> Result<ExitStatus, CommandError> {
    let mut signals = StopSignals::listen()?;
    tokio::select! {
        biased;
        () = signals.next() => Err(CommandError::interrupted(None)),
        result = commands::cmd_kustomize(ui, args) => result,
    }
}

async fn serve(
    ui: &Ui,
    cli: &Cli,
    args: &commands::ServeArgs,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitStatus, CommandError> {
    logging::start(environment)?;
    commands::cmd_serve(ui, commands::ServeSettings::resolve(&cli.global, args, environment)?).await
}

/// Runs controllers, which end in their own way when they are interrupted.
async fn control(
    ui: &Ui,
    cli: &Cli,
    args: &commands::ControllersCommandArgs,
    environment: &dyn Fn(&str) -> Option<String>,
    openers: Openers,
) -> Result<ExitStatus, CommandError> {
    logging::start(environment)?;
    let context = CommandContext::new(settings(ui, cli, environment)?, openers);
    commands::cmd_controllers(ui, &context, args).await
}

/// Keeps a target as manifests say, and ends in its own way when it is interrupted.
async fn sync(
    ui: &Ui,
    cli: &Cli,
    args: &commands::SyncArgs,
    environment: &dyn Fn(&str) -> Option<String>,
    openers: Openers,
) -> Result<ExitStatus, CommandError> {
    logging::start_telling(environment, cli.global.quiet)?;
    let context = CommandContext::new(settings(ui, cli, environment)?, openers);
    commands::cmd_sync(ui, &context, args).await
}

/// Settings, and a word about what was read into them.
fn settings(ui: &Ui, cli: &Cli, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, CommandError> {
    let settings = Settings::resolve(&cli.global, environment)?;
    if let Some(server) = settings.bare_server() {
        let server = shown_url(server);
        ui.say(&format!("{server:?} is taken as http://{server}: it says neither http:// nor https://"));
    }
    Ok(settings)
}

/// Runs a command that works with a target and ends when it is done or interrupted.
async fn work(
    ui: &Ui,
    cli: &Cli,
    command: &Command,
    environment: &dyn Fn(&str) -> Option<String>,
    openers: Openers,
) -> Result<ExitStatus, CommandError> {
    logging::start_if_asked(environment)?;
    let mut signals = StopSignals::listen()?;
    let context = CommandContext::new(settings(ui, cli, environment)?, openers);
    let mut work = pin!(run(ui, &context, command));
    // The signal is asked for first, so that it is caught from the first word on.
    tokio::select! {
        biased;
        () = signals.next() => {}
        result = &mut work => return result,
    }
    if !context.is_acting() {
        return Err(context.interrupted(Ending::Clean));
    }
    context.stop().request();
    ui.say(context.stopping());
    let ending = tokio::select! {
        biased;
        () = signals.next() => Ending::Again,
        result = &mut work => return result,
        patience = context.stopped_too_late() => Ending::Unanswered(patience),
    };
    Err(context.interrupted(ending))
}

/// What a command does. Each lies in a place of its own: one that held any of them would be as large as the largest, and their types nest
/// more deeply than the compiler follows.
fn run<'a>(ui: &'a Ui, context: &'a CommandContext, command: &'a Command) -> LocalBoxFuture<'a, Result<ExitStatus, CommandError>> {
    match command {
        Command::Apply(args) => commands::cmd_apply(ui, context, args).boxed_local(),
        Command::Diff(args) => commands::cmd_diff(ui, context, args).boxed_local(),
        Command::Plan(args) => commands::cmd_plan(ui, context, args).boxed_local(),
        Command::Drift(args) => commands::cmd_drift(ui, context, args).boxed_local(),
        Command::Dump(args) => commands::cmd_dump(ui, context, args).boxed_local(),
        Command::Get(args) => commands::cmd_get(ui, context, args).boxed_local(),
        Command::Watch(args) => commands::cmd_watch(ui, context, args).boxed_local(),
        Command::Delete(args) => commands::cmd_delete(ui, context, args).boxed_local(),
        Command::Wait(args) => commands::cmd_wait(ui, context, args).boxed_local(),
        Command::Describe(args) => commands::cmd_describe(ui, context, args).boxed_local(),
        Command::Events(args) => commands::cmd_events(ui, context, args).boxed_local(),
        Command::Tree(args) => commands::cmd_tree(ui, context, args).boxed_local(),
        Command::History(args) => commands::cmd_history(ui, context, args).boxed_local(),
        Command::Rollback(args) => commands::cmd_rollback(ui, context, args).boxed_local(),
        Command::Sets(args) => commands::cmd_sets(ui, context, args).boxed_local(),
        Command::ApiResources(args) => commands::cmd_api_resources(ui, context, args).boxed_local(),
        Command::ApiVersions(args) => commands::cmd_api_versions(ui, context, args).boxed_local(),
        Command::Auth(args) => commands::cmd_auth(ui, context, args).boxed_local(),
        Command::Explain(args) => commands::cmd_explain(ui, context, args).boxed_local(),
        Command::Serve(_)
        | Command::Controllers(_)
        | Command::Sync(_)
        | Command::Config(_)
        | Command::Validate(_)
        | Command::Kustomize(_) => std::future::ready(Err(CommandError::usage("this command is run in its own way"))).boxed_local(),
        Command::Completions(args) => std::future::ready(commands::cmd_completions(ui, &Cli::command(), args)).boxed_local(),
        Command::Man(args) => std::future::ready(commands::cmd_man(ui, Cli::command(), args)).boxed_local(),
        Command::Version(args) => commands::cmd_version(ui, context, args).boxed_local(),
    }
}

#[cfg(test)]
mod tests;
