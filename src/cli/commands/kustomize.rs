//! `trueup kustomize`: manifests as a kustomization builds them.

use std::path::PathBuf;

use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus};
use crate::manifest;
use crate::yaml;

/// Print what a kustomization builds
///
/// The manifests are those that `-k DIR` applies. Values of Secrets are printed as they are, so that the output can be applied.
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct KustomizeArgs {
    /// The directory of the kustomization
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  trueup kustomize                       build the kustomization of this directory
  trueup kustomize overlays/production   build another one
  trueup apply -k overlays/production    build it and apply it";

/// Builds a kustomization and prints its objects as YAML documents.
pub async fn cmd_kustomize(ui: &Ui, args: &KustomizeArgs) -> Result<ExitStatus, CommandError> {
    let built = manifest::kustomize(&args.folder).await?;
    let documents: Vec<String> = built.into_iter().map(|desired| yaml::emit(&desired.object.into_value())).collect();
    ui.foreign_data(&documents.join("---\n"))?;
    Ok(ExitStatus::Success)
}
