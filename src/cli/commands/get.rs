//! `trueup get`: shows objects, as tables made by the server or whole.

use clap::Args;
use futures::future::join_all;
use serde::Serialize;
use serde_json::{Value, json};

use super::watch::{Watch, follow};
use crate::cli::output::table::{TableOptions, TablePrinter};
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, SelectorArgs};
use crate::client::{ApiRequest, Client, ClientError, Discovery, Form, ListParameters, Selection, list_pages, parse_resource_arguments};
use crate::object::Reason;
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup get deployments                     a table of one kind
  trueup get deploy,svc -n shop              two kinds in one namespace
  trueup get all -A                          everything that belongs to workloads, everywhere
  trueup get deploy/web svc/web -o yaml      single objects as YAML
  trueup get pods -l app=web -w              a table, then its changes as they come";

/// Show objects
///
/// TYPE may be a plural, singular or short name or a kind, with its group (deployments.apps) and version (deployments.v1.apps),
/// several of them parted by commas, or a category such as all.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct GetArgs {
    /// TYPE[,TYPE...] [NAME...] or TYPE/NAME...
    #[arg(required = true, value_name = "RESOURCE")]
    resources: Vec<String>,
    #[command(flatten)]
    selectors: SelectorArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Go on showing changes as they come
    #[arg(long, short = 'w')]
    watch: bool,
    /// Show changes only, not what is there now
    #[arg(long)]
    watch_only: bool,
    /// Exit with 0 where a named object does not exist
    #[arg(long)]
    ignore_not_found: bool,
    /// Read large lists in pages of this many objects; 0 reads all at once
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    chunk_size: u32,
}

/// How objects are printed.
#[derive(Debug, Clone, Default, Args)]
pub struct OutputArgs {
    /// Print objects in this form
    #[arg(long, short = 'o', value_enum, value_name = "FORM")]
    pub output: Option<OutputForm>,
    /// Leave the headers of tables out
    #[arg(long)]
    pub no_headers: bool,
    /// Show labels as the last column of tables
    #[arg(long)]
    pub show_labels: bool,
    /// Keep metadata.managedFields in JSON and YAML
    #[arg(long)]
    pub show_managed_fields: bool,
}

/// What `-o` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputForm {
    /// Whole objects as JSON
    Json,
    /// Whole objects as YAML
    Yaml,
    /// Tables with more columns
    Wide,
    /// One TYPE/NAME a line
    Name,
}

impl OutputArgs {
    /// What to ask the server for.
    #[must_use]
    pub fn form(&self) -> Form {
        match self.output {
            None | Some(OutputForm::Wide) => Form::Table,
            Some(OutputForm::Json | OutputForm::Yaml | OutputForm::Name) => Form::Objects,
        }
    }

    /// How the tables of one resource are laid out.
    #[must_use]
    pub fn table(&self, selection: &Selection, several: bool, all_namespaces: bool) -> TableOptions {
        TableOptions {
            wide: self.output == Some(OutputForm::Wide),
            no_headers: self.no_headers,
            with_namespace: all_namespaces && selection.resource.namespaced,
            name_prefix: several.then(|| selection.resource.display_kind()),
            show_labels: self.show_labels,
        }
    }

    /// An object ready to be printed whole: its kind stated, its bookkeeping of owners left out unless asked for.
    #[must_use]
    pub fn whole(&self, mut object: Value, selection: &Selection) -> Value {
        if let Some(members) = object.as_object_mut() {
            // The items of a list of built-in kinds leave their kind to the list.
            members.entry("apiVersion").or_insert_with(|| selection.resource.gvk().api_version().into());
            members.entry("kind").or_insert_with(|| selection.resource.kind.clone().into());
        }
        if !self.show_managed_fields
            && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.remove("managedFields");
        }
        object
    }
}

/// JSON as kubectl lays it out: four blanks a level, ending in a line break.
pub(super) fn pretty(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, serde_json::ser::PrettyFormatter::with_indent(b"    "));
    // Writing a JSON value to memory has no way to fail.
    let _ = value.serialize(&mut serializer);
    bytes.push(b'\n');
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `deployment.apps/web`.
pub(super) fn short_name(object: &Value, selection: &Selection) -> String {
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    format!("{}/{name}", selection.resource.display_kind())
}

impl GetArgs {
    fn validate(&self, selections: &[Selection]) -> Result<(), CommandError> {
        let named = selections.iter().any(|selection| !selection.names.is_empty());
        let selecting = !self.selectors.selector.is_empty() || !self.selectors.field_selector.is_empty();
        if named && selecting {
            return Err(CommandError::usage("a name cannot be given together with a selector"));
        }
        if named && self.selectors.all_namespaces {
            return Err(CommandError::usage("an object cannot be read by name across all namespaces"));
        }
        Ok(())
    }

    fn parameters(&self) -> ListParameters {
        ListParameters {
            label_selector: self.selectors.selector.clone(),
            field_selector: self.selectors.field_selector.clone(),
            limit: self.chunk_size,
        }
    }
}

/// What the server answered to one selection: documents (lists, or single objects or tables), and what it refused.
struct Answers {
    documents: Vec<Value>,
    refused: Vec<ClientError>,
}

/// Shows objects.
pub async fn cmd_get(ui: &Ui, context: &CommandContext, args: &GetArgs) -> Result<ExitStatus, CommandError> {
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let selections = parse_resource_arguments(&args.resources, &discovery)?;
    args.validate(&selections)?;
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    if args.watch || args.watch_only {
        let parameters = args.parameters();
        let watch = Watch { selections, namespace, parameters, output: args.output.clone(), changes_only: args.watch_only };
        return follow(ui, &client, watch).await;
    }
    let asked = selections.iter().map(|selection| ask(&client, selection, namespace.as_deref(), args));
    let answers = with_progress(ui, || format!("reading from {}", client.target()), join_all(asked)).await;
    let answers: Vec<Answers> = answers.into_iter().collect::<Result<_, _>>()?;
    print(ui, &selections, &answers, namespace.as_deref(), args)?;
    for warning in client.take_warnings() {
        ui.warning(&warning);
    }
    refusals(ui, &answers, args)
}

async fn ask(client: &Client, selection: &Selection, namespace: Option<&str>, args: &GetArgs) -> Result<Answers, ClientError> {
    let form = args.output.form();
    let resource = &selection.resource;
    let mut answers = Answers { documents: Vec::new(), refused: Vec::new() };
    let results: Vec<Result<Value, ClientError>> = if selection.names.is_empty() {
        let request = ApiRequest::list(resource, namespace, &args.parameters(), "", form);
        match list_pages(client, resource, namespace, &args.parameters(), form).await {
            Ok(pages) => pages.iter().map(|page| client.parse(&request, page)).collect(),
            Err(error) => vec![Err(error)],
        }
    } else {
        let requests: Vec<_> = selection.names.iter().map(|name| ApiRequest::get(resource, namespace, name, form)).collect();
        join_all(requests.iter().map(|request| client.read(request))).await
    };
    for result in results {
        match result {
            Ok(document) => answers.documents.push(document),
            Err(error @ ClientError::Refused { .. }) => answers.refused.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

fn print(ui: &Ui, selections: &[Selection], answers: &[Answers], namespace: Option<&str>, args: &GetArgs) -> Result<(), CommandError> {
    match args.output.output {
        None | Some(OutputForm::Wide) => tables(ui, selections, answers, namespace, args),
        Some(OutputForm::Name) => {
            for (selection, object) in objects(selections, answers) {
                ui.data(&format!("{}\n", short_name(&object, selection)))?;
            }
            Ok(())
        }
        Some(form @ (OutputForm::Json | OutputForm::Yaml)) => {
            let single = matches!(selections, [one] if one.names.len() == 1);
            let mut items: Vec<Value> =
                objects(selections, answers).into_iter().map(|(selection, object)| args.output.whole(object, selection)).collect();
            let document = match items.pop() {
                Some(only) if single => only,
                None if single => return Ok(()),
                last => json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""},
                    "items": items.into_iter().chain(last).collect::<Vec<_>>()}),
            };
            Ok(ui.data(&if form == OutputForm::Json { pretty(&document) } else { yaml::emit(&document) })?)
        }
    }
}

/// All objects of all answers; lists are opened.
fn objects<'a>(selections: &'a [Selection], answers: &[Answers]) -> Vec<(&'a Selection, Value)> {
    let mut objects = Vec::new();
    for (selection, answer) in selections.iter().zip(answers) {
        for document in &answer.documents {
            if selection.names.is_empty() {
                let items = document.get("items").and_then(Value::as_array);
                objects.extend(items.into_iter().flatten().map(|item| (selection, item.clone())));
            } else {
                objects.push((selection, document.clone()));
            }
        }
    }
    objects
}

fn tables(ui: &Ui, selections: &[Selection], answers: &[Answers], namespace: Option<&str>, args: &GetArgs) -> Result<(), CommandError> {
    let mut printed = false;
    for (selection, answer) in selections.iter().zip(answers) {
        let Some(table) = joined(&answer.documents) else { continue };
        let options = args.output.table(selection, selections.len() > 1, args.selectors.all_namespaces);
        let text = TablePrinter::new(options).print(&table);
        let text = text.map_err(|error| CommandError::failed(format!("{}: {error}", selection.resource.group_resource())))?;
        ui.data(if printed { "\n" } else { "" })?;
        ui.data(&text)?;
        printed = true;
    }
    let refused = answers.iter().any(|answer| !answer.refused.is_empty());
    if !printed && !refused && !args.ignore_not_found {
        let namespaced = selections.iter().any(|selection| selection.resource.namespaced);
        ui.say(&match namespace.filter(|_| namespaced) {
            Some(namespace) => format!("No resources found in {namespace} namespace."),
            None => "No resources found".to_owned(),
        });
    }
    Ok(())
}

/// Several tables of one kind as one; `None` where no row is in them.
fn joined(documents: &[Value]) -> Option<Value> {
    let rows = |document: &Value| document.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
    // What is no table goes on to the printer, which says so.
    if let Some(other) = documents.iter().find(|document| document["kind"] != "Table") {
        return Some(other.clone());
    }
    let all: Vec<Value> = documents.iter().flat_map(rows).collect();
    let mut table = documents.first()?.clone();
    (!all.is_empty()).then(|| {
        table["rows"] = all.into();
        table
    })
}

fn refusals(ui: &Ui, answers: &[Answers], args: &GetArgs) -> Result<ExitStatus, CommandError> {
    let relevant = |error: &&ClientError| !(args.ignore_not_found && error.is(Reason::NotFound));
    let mut status = ExitStatus::Success;
    for error in answers.iter().flat_map(|answer| &answer.refused).filter(relevant) {
        status = ExitStatus::Failed;
        ui.error(&crate::cli::error::client_error_in_words(error));
    }
    Ok(status)
}
