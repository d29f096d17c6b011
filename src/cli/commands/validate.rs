//! `trueup validate`: checks manifests without any server.

use clap::Args;

use crate::ambient::Ambient;
use crate::cli::ci::{of_checked, of_fault};
use crate::cli::output::faults::{document, summary, text};
use crate::cli::output::form::pretty;
use crate::cli::ui::Ui;
use crate::cli::{CiArgs, CommandError, ExitStatus, ManifestArgs, Platform, Promise, Reporter};
use crate::manifest::{self, Input};
use crate::object::LabelSelector;
use crate::validate::{Options, Report, validate};

const EXAMPLES: &str = "\
Examples:
  trueup validate -f deploy/                 check a directory, -R with those below it
  trueup validate -f - --schema crds/        check what comes by standard input, with custom kinds
  trueup validate -f deploy/ -o json         the faults for programs
  trueup validate -f deploy/ --ci github --ci sarif=faults.sarif
                                             the faults for a pipeline

No server is asked. Kinds are those of Kubernetes 1.36, of CustomResourceDefinitions in the set, and of --schema.

Exit status: 0 no faults but warnings, 1 faults, 2 wrong usage.";

/// Check manifests without a server
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ValidateArgs {
    #[command(flatten)]
    manifests: ManifestArgs,
    /// Take CustomResourceDefinitions from this file, directory or URL; may be given several times
    #[arg(long, value_name = "FILE")]
    schema: Vec<String>,
    /// Check only the objects with these labels
    #[arg(long, short = 'l', value_name = "SELECTOR", default_value = "", hide_default_value = true)]
    selector: String,
    /// Pass over objects of kinds that nothing describes
    #[arg(long)]
    ignore_missing_schemas: bool,
    /// Pass over fields that the schemas do not know
    #[arg(long)]
    ignore_unknown_fields: bool,
    /// Do not check these kinds, such as Deployment or apps/v1/Deployment
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    skip: Vec<String>,
    /// Fail on warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// Print the faults in this form
    #[arg(long, short = 'o', value_enum, value_name = "FORM", default_value_t)]
    output: FaultForm,
    #[command(flatten)]
    ci: CiArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum FaultForm {
    /// One fault after the other, with the lines of the manifests
    #[default]
    Text,
    /// A document in JSON
    Json,
}

/// Checks manifests. `namespace` is the one that the command line asks for, `platform` the pipeline's that the command runs in.
pub async fn cmd_validate(
    ui: &Ui,
    namespace: Option<String>,
    platform: &Platform,
    args: &ValidateArgs,
) -> Result<ExitStatus, CommandError> {
    let mut reporter = Reporter::new(ui, &args.ci, platform, "validate", Promise::Plain)?;
    let result = check(ui, namespace, args, &mut reporter).await;
    reporter.finish(ui, result)
}

async fn check(ui: &Ui, namespace: Option<String>, args: &ValidateArgs, reporter: &mut Reporter) -> Result<ExitStatus, CommandError> {
    if args.manifests.is_empty() {
        return Err(super::no_manifests());
    }
    if [&args.manifests.filename, &args.schema].iter().all(|names| names.iter().any(|name| name == "-")) {
        return Err(CommandError::usage("-f and --schema cannot both read standard input"));
    }
    let selector = LabelSelector::parse(&args.selector).map_err(|error| CommandError::usage(format!("--selector: {error}")))?;
    let options = Options {
        namespace,
        selector,
        ignore_missing_schemas: args.ignore_missing_schemas,
        ignore_unknown_fields: args.ignore_unknown_fields,
        skip: args.skip.clone(),
    };
    let ambient = Ambient::from_env().map_err(CommandError::usage)?;
    let schemas: Vec<Input> = args.schema.iter().map(|name| Input::parse(name)).collect();
    let schemas = gather(&schemas, true).await;
    let manifests = gather(&args.manifests.inputs(), args.manifests.recursive).await;
    let report = validate(manifests, schemas, &options, &ambient);
    show(ui, args, &report, reporter)?;
    let counts = report.counts();
    let failed = counts.errors > 0 || (args.deny_warnings && counts.warnings > 0);
    Ok(if failed { ExitStatus::Failed } else { ExitStatus::Success })
}

async fn gather(inputs: &[Input], recursive: bool) -> Vec<crate::validate::Input> {
    manifest::gather(inputs, recursive, std::io::stdin(), manifest::fetch).await
}

fn show(ui: &Ui, args: &ValidateArgs, report: &Report, reporter: &mut Reporter) -> Result<(), CommandError> {
    // An object with faults is told of by these.
    let sound = report.objects.iter().filter(|checked| checked.faults.is_empty());
    sound.for_each(|checked| reporter.item(|| of_checked(checked)));
    report.faults().into_iter().for_each(|fault| reporter.problem(of_fault(fault)));
    match args.output {
        FaultForm::Json => ui.foreign_data(&pretty(&document(report)))?,
        FaultForm::Text => {
            ui.data(&reporter.apart(&text(report, ui.data_brush())))?;
            ui.say(&summary(report.counts()));
        }
    }
    Ok(())
}
