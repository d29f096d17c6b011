//! `trueup controllers`: the controllers as a process of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::ControllersArgs;
use super::serve::refuse_pinned_time;
use crate::ambient::Ambient;
use crate::cli::interruption::StopSignals;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, UsageError};
use crate::client::Discovery;
use crate::controllers::{self, ControllerOptions};

const EXAMPLES: &str = "\
Examples:
  trueup controllers --server https://127.0.0.1:6443 --kubeconfig ./kubeconfig
  trueup controllers --controllers gc      the garbage collector alone

Of several processes on one control plane one works at a time: the one that holds the Lease kube-system/trueup-controllers.";

/// Run the controllers against the target
///
/// For servers that were started with --controllers=none, and for control planes that have no such controllers.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ControllersCommandArgs {
    /// Publish the certificate in this file in every namespace, as kube-root-ca.crt; else none is
    #[arg(long, value_name = "FILE")]
    root_ca_file: Option<PathBuf>,
    #[command(flatten)]
    which: ControllersArgs,
}

/// Runs controllers until the process is asked to stop.
pub async fn cmd_controllers(ui: &Ui, context: &CommandContext, args: &ControllersCommandArgs) -> Result<ExitStatus, CommandError> {
    refuse_pinned_time(&|name| std::env::var(name).ok())?;
    let root_ca = args.root_ca_file.as_deref().map(read_certificate).transpose()?;
    let mut signals = StopSignals::listen()?;
    let running = start(ui, context, args, root_ca);
    let options = tokio::select! {
        biased;
        options = running => options?,
        () = signals.next() => return Ok(ExitStatus::Success),
    };
    controllers::run(options, signals.next()).await;
    ui.say("stopped");
    Ok(ExitStatus::Success)
}

/// Looks whether the target answers, and says that controllers are about to run.
async fn start(
    ui: &Ui,
    context: &CommandContext,
    args: &ControllersCommandArgs,
    root_ca: Option<Arc<str>>,
) -> Result<ControllerOptions, CommandError> {
    let client = context.client().await?;
    // A target that does not answer is an error now; later it is something to wait for.
    Discovery::fetch(&client).await?;
    ui.say(&format!("running controllers on {}", client.target()));
    Ok(ControllerOptions {
        client: client.kube().clone(),
        selection: args.which.chosen(),
        leader_election: true,
        ambient: Ambient::system(),
        root_ca,
    })
}

fn read_certificate(path: &Path) -> Result<Arc<str>, UsageError> {
    let why = |why: String| UsageError(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| why(error.to_string()))?;
    crate::webhook::check_bundle(&text).map_err(why)?;
    Ok(text.into())
}
