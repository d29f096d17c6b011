//! `trueup explain`: what the fields of a kind are for, from the server's OpenAPI documents.

use clap::Args;
use serde_json::Value;

use crate::cli::output::explanation::{ExplainError, Explanation};
use crate::cli::output::form::pretty;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{ApiRequest, Discovery, ServedResource};
use crate::object::{GroupVersion, Reason};

const EXAMPLES: &str = "\
Examples:
  trueup explain deployments                         a kind and its fields
  trueup explain deploy.spec.strategy                a field and those below it
  trueup explain pod --recursive                     the names of all fields
  trueup explain hpa --api-version=autoscaling/v1    in another version";

/// Show what the fields of a kind are for
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ExplainArgs {
    /// A kind, and a field of it: TYPE[.FIELD...]
    #[arg(value_name = "TYPE[.FIELD...]")]
    subject: String,
    /// Show the names of all fields below, without their descriptions
    #[arg(long)]
    recursive: bool,
    /// Look in this group and version
    #[arg(long, value_name = "GROUP/VERSION")]
    api_version: Option<String>,
    /// Print the explanation in this form
    #[arg(long, short = 'o', value_enum, value_name = "FORM", default_value_t)]
    output: ExplainForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum ExplainForm {
    /// As kubectl explains
    #[default]
    Plaintext,
    /// A document in JSON
    Json,
}

/// Explains a kind or a field.
pub async fn cmd_explain(ui: &Ui, context: &CommandContext, args: &ExplainArgs) -> Result<ExitStatus, CommandError> {
    let asked = args.api_version.as_deref().map(|version| {
        GroupVersion::parse(version)
            .ok_or_else(|| CommandError::usage(format!("--api-version {version:?}: it is VERSION or GROUP/VERSION")))
    });
    let asked = asked.transpose()?;
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let (resource, path) = discovery.resolve_field(&args.subject)?;
    let resource = match &asked {
        Some(version) => in_version(&discovery, resource, version)?,
        None => resource,
    };
    let gvk = resource.gvk();
    let root = if gvk.group.is_empty() { format!("api/{}", gvk.version) } else { format!("apis/{}/{}", gvk.group, gvk.version) };
    let document: Value = match client.read(&ApiRequest::fetch(format!("/openapi/v3/{root}"))).await {
        Err(error) if error.is(Reason::NotFound) => {
            return Err(CommandError::failed(format!("the server has no OpenAPI document of version 3 for {}", gvk.api_version())));
        }
        document => document?,
    };
    let found = Explanation::find(&document, &gvk, &path)?;
    match args.output {
        ExplainForm::Plaintext => ui.page_foreign(&found.text(args.recursive))?,
        ExplainForm::Json => ui.foreign_data(&pretty(&found.document(&path)))?,
    }
    Ok(ExitStatus::Success)
}

fn in_version<'d>(discovery: &'d Discovery, named: &ServedResource, version: &GroupVersion) -> Result<&'d ServedResource, CommandError> {
    let fits = |known: &&ServedResource| known.plural == named.plural && known.group == version.group && known.version == version.version;
    discovery.resources().iter().find(fits).ok_or_else(|| {
        let served: Vec<String> =
            discovery.resources().iter().filter(|known| known.plural == named.plural).map(|known| known.gvk().api_version()).collect();
        let error = CommandError::failed(format!("the server has no {} in version {:?}", named.plural, version.to_string()));
        error.hint(format!("it has them in {}", served.join(", ")))
    })
}

impl From<ExplainError> for CommandError {
    fn from(error: ExplainError) -> Self {
        let hints = error.hint().into_iter().collect();
        Self { hints, ..Self::failed(error.to_string()) }
    }
}
