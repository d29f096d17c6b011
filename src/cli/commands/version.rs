//! `trueup version`: says which version runs here and which answers there.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::output::form::pretty;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, TargetSettings};
use crate::client::ApiRequest;
use crate::yaml;

/// Show the version of this program and of the server
#[derive(Debug, Clone, Default, Args)]
pub struct VersionArgs {
    /// Do not ask the server
    #[arg(long)]
    client: bool,
    /// Print in this form
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<VersionForm>,
}

/// What `version -o` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum VersionForm {
    Json,
    Yaml,
}

/// Shows versions. A server that does not answer is a failure, told after what is known of this side.
pub async fn cmd_version(ui: &Ui, context: &CommandContext, args: &VersionArgs) -> Result<ExitStatus, CommandError> {
    // A store served in this process has this program's own version, and asking would make the store.
    let ask = !args.client && matches!(context.settings().target, TargetSettings::Remote(_));
    let server = if ask { server(ui, context).await.map(Some) } else { Ok(None) };
    let client = format!("v{}", env!("CARGO_PKG_VERSION"));
    let text = match args.output {
        None => text(&client, server.as_ref().ok().and_then(Option::as_ref)),
        Some(form) => {
            let mut document = json!({"clientVersion": {"gitVersion": client}});
            if let Ok(Some(server)) = &server {
                document["serverVersion"] = server.clone();
            }
            if form == VersionForm::Json { pretty(&document) } else { yaml::emit(&document) }
        }
    };
    ui.foreign_data(&text)?;
    server.map(|_| ExitStatus::Success)
}

async fn server(ui: &Ui, context: &CommandContext) -> Result<Value, CommandError> {
    let ask = async {
        let client = context.client().await?;
        Ok(client.read(&ApiRequest::fetch("/version")).await?)
    };
    with_progress(ui, || "asking the server".to_owned(), ask).await
}

fn text(client: &str, server: Option<&Value>) -> String {
    let server = server.and_then(|server| server.get("gitVersion")?.as_str());
    let server = server.map(|version| format!("Server Version: {version}\n")).unwrap_or_default();
    format!("Client Version: {client}\n{server}")
}
