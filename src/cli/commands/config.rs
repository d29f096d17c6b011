//! `trueup config`: shows and changes kubeconfig files.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::cli::output::align::Widths;
use crate::cli::output::form::{OutputForm, OutputFormParser};
use crate::cli::ui::Ui;
use crate::cli::{CommandError, ExitStatus, GlobalArgs};
use crate::kubeconfig::{Kubeconfigs, entry, redacted};
use crate::similar::{did_you_mean, nearest};

const EXAMPLES: &str = "\
Examples:
  trueup config get-contexts
  trueup config use-context staging
  trueup config set-context --current --namespace=shop
  trueup config view --minify

The files are those of --kubeconfig, else of KUBECONFIG, else ~/.kube/config.";

/// Show and change kubeconfig files
#[derive(Debug, Clone, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct ConfigArgs {
    #[command(subcommand)]
    action: ConfigAction,
}

#[derive(Debug, Clone, Subcommand)]
enum ConfigAction {
    /// Show all contexts, or one
    GetContexts(GetContextsArgs),
    /// Show the name of the current context
    CurrentContext,
    /// Make a context the current one
    #[command(alias = "use")]
    UseContext(UseContextArgs),
    /// Set cluster, user or namespace (-n) of a context, which is made where there is none
    SetContext(SetContextArgs),
    /// Show the kubeconfig, all files as one, without what is secret
    View(ViewArgs),
}

#[derive(Debug, Clone, Args)]
struct GetContextsArgs {
    /// The context
    name: Option<String>,
    /// Leave the headers out
    #[arg(long)]
    no_headers: bool,
    /// Print names only
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    output: Option<ContextsForm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ContextsForm {
    /// One name a line
    Name,
}

#[derive(Debug, Clone, Args)]
struct UseContextArgs {
    /// The context
    name: String,
}

#[derive(Debug, Clone, Args)]
struct SetContextArgs {
    /// The context
    #[arg(required_unless_present = "current")]
    name: Option<String>,
    /// Change the current context
    #[arg(long, conflicts_with = "name")]
    current: bool,
    /// The name of its cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// The name of its user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

#[derive(Debug, Clone, Args)]
struct ViewArgs {
    /// Show only what the current context, or that of --context, needs
    #[arg(long)]
    minify: bool,
    /// Show what is secret too
    #[arg(long)]
    raw: bool,
    /// Print the kubeconfig in this form
    #[arg(long, short = 'o', value_parser = OutputFormParser, value_name = "FORM", default_value = "yaml", hide_possible_values = true)]
    output: OutputForm,
}

/// Shows or changes kubeconfig files; `files` are those that count, and not empty.
pub fn cmd_config(ui: &Ui, global: &GlobalArgs, files: &[PathBuf], args: &ConfigArgs) -> Result<ExitStatus, CommandError> {
    let mut config = Kubeconfigs::read(files)?;
    match &args.action {
        ConfigAction::GetContexts(args) => get_contexts(ui, &config, args)?,
        ConfigAction::CurrentContext => ui.foreign_data(&format!("{}\n", current(&config)?))?,
        ConfigAction::UseContext(args) => {
            context(&config.merged(), &args.name)?;
            config.use_context(&args.name)?;
            ui.foreign_data(&format!("Switched to context {:?}.\n", args.name))?;
        }
        ConfigAction::SetContext(args) => set_context(ui, &mut config, global, args)?,
        ConfigAction::View(args) => view(ui, &config, global, args)?,
    }
    Ok(ExitStatus::Success)
}

fn current(config: &Kubeconfigs) -> Result<String, CommandError> {
    let name = config.current_context();
    if name.is_empty() { Err(CommandError::failed("current-context is not set")) } else { Ok(name) }
}

fn context<'a>(document: &'a Map<String, Value>, name: &str) -> Result<&'a Value, CommandError> {
    let found = entry(document, "contexts", name);
    found.ok_or_else(|| {
        let contexts = document.get("contexts").and_then(Value::as_array).into_iter().flatten();
        let similar = nearest(name, contexts.filter_map(|context| context["name"].as_str()));
        let hint = similar.map_or_else(|| "trueup config get-contexts shows them".to_owned(), did_you_mean);
        CommandError::failed(format!("no context exists with the name: {name:?}")).hint(hint)
    })
}

fn get_contexts(ui: &Ui, config: &Kubeconfigs, args: &GetContextsArgs) -> Result<(), CommandError> {
    let (merged, current) = (config.merged(), config.current_context());
    let mut contexts: Vec<&Value> = match &args.name {
        Some(name) => vec![context(&merged, name)?],
        None => merged.get("contexts").and_then(Value::as_array).into_iter().flatten().collect(),
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    contexts.sort_by_key(|context| text(&context["name"]));
    if args.output.is_some() {
        let names: String = contexts.iter().map(|context| text(&context["name"]) + "\n").collect();
        return Ok(ui.foreign_data(&names)?);
    }
    let mut lines = Vec::new();
    if !args.no_headers {
        lines.push(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"].map(str::to_owned).to_vec());
    }
    lines.extend(contexts.iter().map(|context| {
        let (name, inner) = (text(&context["name"]), &context["context"]);
        let mark = if name == current { "*" } else { "" };
        vec![mark.to_owned(), name, text(&inner["cluster"]), text(&inner["user"]), text(&inner["namespace"])]
    }));
    Ok(ui.foreign_data(&Widths::default().align(&lines))?)
}

fn set_context(ui: &Ui, config: &mut Kubeconfigs, global: &GlobalArgs, args: &SetContextArgs) -> Result<(), CommandError> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None => current(config)?,
    };
    let given = [("cluster", &args.cluster), ("user", &args.user), ("namespace", &global.namespace)];
    let members: Vec<(&str, &str)> = given.iter().filter_map(|(member, value)| Some((*member, value.as_deref()?))).collect();
    let is_new = config.set_context(&name, &members)?;
    Ok(ui.foreign_data(&format!("Context {name:?} {}.\n", if is_new { "created" } else { "modified" }))?)
}

fn view(ui: &Ui, config: &Kubeconfigs, global: &GlobalArgs, args: &ViewArgs) -> Result<(), CommandError> {
    if matches!(args.output, OutputForm::Wide | OutputForm::Name | OutputForm::CustomColumns(_)) {
        return Err(CommandError::usage("config view takes -o yaml, json, jsonpath or go-template"));
    }
    let mut document = config.merged();
    document.entry("apiVersion").or_insert_with(|| "v1".into());
    document.entry("kind").or_insert_with(|| "Config".into());
    for list in ["clusters", "contexts", "users"] {
        document.entry(list).or_insert(Value::Null);
    }
    if args.minify {
        let name = global.context.clone().map_or_else(|| current(config), Ok)?;
        document = minified(&document, &name)?;
    }
    if !args.raw {
        document = redacted(document);
    }
    Ok(ui.foreign_data(&args.output.text(&Value::Object(document)).map_err(CommandError::failed)?)?)
}

/// What one context needs, and nothing else.
fn minified(document: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, CommandError> {
    let chosen = context(document, name)?;
    let mut small = document.clone();
    for (list, member) in [("clusters", "cluster"), ("users", "user")] {
        let wanted = chosen["context"][member].as_str().unwrap_or_default();
        let found = entry(document, list, wanted);
        let found = found.ok_or_else(|| CommandError::failed(format!("cannot locate {member} {wanted:?} of the context {name:?}")))?;
        small.insert(list.to_owned(), json!([found]));
    }
    small.insert("contexts".to_owned(), json!([chosen]));
    small.insert("current-context".to_owned(), name.into());
    Ok(small)
}
