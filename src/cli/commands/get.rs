//! `trueup get`: shows objects, as tables made by the server or whole.

use std::slice;

use clap::Args;
use futures::future::join_all;
use serde_json::{Value, json};

use super::watch::{Watch, follow};
use crate::cli::error::{client_error_in_words, hint_for};
use crate::cli::output::custom_columns::CustomColumnsPrinter;
use crate::cli::output::form::{OutputArgs, OutputForm, short_name};
use crate::cli::output::sort::sort_by;
use crate::cli::output::table::TablePrinter;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, SelectorArgs};
use crate::client::{
    ApiRequest, Client, ClientError, Discovery, Form, ListParameters, Selection, check_resource_arguments, list_pages,
    parse_resource_arguments,
};
use crate::object::json_path::JsonPath;
use crate::object::{Reason, names};

const EXAMPLES: &str = "\
Examples:
  trueup get deployments                     a table of one kind
  trueup get deploy,svc -n shop              two kinds in one namespace
  trueup get all -A                          everything that belongs to workloads, everywhere
  trueup get deploy/web svc/web -o yaml      single objects as YAML
  trueup get cm --sort-by=.metadata.creationTimestamp
                                             the oldest first
  trueup get deploy -o custom-columns=NAME:.metadata.name,IMAGES:.spec.template.spec.containers[*].image
                                             columns of your own
  trueup get svc web -o jsonpath='{.spec.clusterIP}'
                                             one value, for a script
  trueup get --raw /readyz?verbose           a path of the API, as it answers
  trueup get pods -l app=web -w              a table, then its changes as they come";

/// Show objects
///
/// TYPE may be a plural, singular or short name or a kind, with its group (deployments.apps) and version (deployments.v1.apps),
/// several of them parted by commas, or a category such as all.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct GetArgs {
    /// TYPE[,TYPE...] [NAME...] or TYPE/NAME...
    #[arg(required_unless_present = "raw", value_name = "RESOURCE")]
    resources: Vec<String>,
    #[command(flatten)]
    selectors: SelectorArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Sort by a field, given as a JSONPath such as .metadata.name; each kind by itself where tables are shown
    #[arg(long, value_name = "JSONPATH", conflicts_with_all = ["watch", "watch_only"])]
    sort_by: Option<String>,
    /// Read a subresource of named objects, such as status or scale
    #[arg(long, value_name = "NAME", conflicts_with_all = ["watch", "watch_only"])]
    subresource: Option<String>,
    /// Read this path of the API and print the answer as it is
    #[arg(long, value_name = "PATH", conflicts_with_all = ["resources", "watch", "watch_only", "output", "sort_by", "subresource"])]
    raw: Option<String>,
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
        if self.subresource.is_some() && selections.iter().any(|selection| selection.names.is_empty()) {
            return Err(CommandError::usage("--subresource needs the names of objects"));
        }
        Ok(())
    }

    fn form(&self) -> Form {
        match self.output.form() {
            // The field to sort by may be anywhere in the object.
            Form::Table if self.sort_by.is_some() => Form::TableOfObjects,
            form => form,
        }
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
    if let Some(subresource) = &args.subresource {
        names::path_segment(subresource).map_err(|rule| CommandError::usage(format!("--subresource {subresource:?} {rule}")))?;
    }
    let sorting = args.sort_by.as_deref().map(Sorting::parse).transpose()?;
    check_resource_arguments(&args.resources)?;
    let client = context.client().await?;
    if let Some(path) = &args.raw {
        return raw(ui, &client, path).await;
    }
    let discovery = Discovery::fetch(&client).await?;
    let selections = parse_resource_arguments(&args.resources, &discovery)?;
    args.validate(&selections)?;
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    if args.watch || args.watch_only {
        let parameters = args.parameters();
        let watch = Watch { selections, namespace, parameters, output: args.output.clone(), changes_only: args.watch_only, events: None };
        return follow(ui, &client, watch).await;
    }
    let asked = selections.iter().map(|selection| ask(&client, selection, namespace.as_deref(), args));
    let answers = with_progress(ui, || format!("reading from {}", client.target()), join_all(asked)).await;
    let answers: Vec<Answers> = answers.into_iter().collect::<Result<_, _>>()?;
    let printer = Printer { ui, args, sorting, selections: &selections, namespace: namespace.as_deref() };
    printer.print(&answers)?;
    for warning in client.take_warnings() {
        ui.warning(&warning);
    }
    refusals(ui, &answers, args)
}

async fn ask(client: &Client, selection: &Selection, namespace: Option<&str>, args: &GetArgs) -> Result<Answers, ClientError> {
    let form = args.form();
    let resource = &selection.resource;
    let mut answers = Answers { documents: Vec::new(), refused: Vec::new() };
    let results: Vec<Result<Value, ClientError>> = if selection.names.is_empty() {
        let request = ApiRequest::list(resource, namespace, &args.parameters(), "", form);
        match list_pages(client, resource, namespace, &args.parameters(), form).await {
            Ok(pages) => pages.iter().map(|page| client.parse(&request, page)).collect(),
            Err(error) => vec![Err(error)],
        }
    } else {
        let request = |name: &String| match &args.subresource {
            None => ApiRequest::get(resource, namespace, name, form),
            Some(subresource) => ApiRequest::get_subresource(resource, namespace, name, subresource, form),
        };
        let requests: Vec<_> = selection.names.iter().map(request).collect();
        join_all(requests.iter().map(|request| client.read(request))).await
    };
    for result in results {
        match result {
            Ok(document) => answers.documents.push(document),
            Err(error @ ClientError::Refused { .. }) if !error.is(Reason::Unauthorized) => answers.refused.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// Prints what a path of the API answers, byte for byte.
async fn raw(ui: &Ui, client: &Client, path: &str) -> Result<ExitStatus, CommandError> {
    if !path.starts_with('/') {
        return Err(CommandError::usage(format!("--raw {path}: a path of the API begins with a slash")));
    }
    let answer = client.send(&ApiRequest::fetch_as(path, "*/*")).await?;
    ui.foreign_data(&String::from_utf8_lossy(&answer.body))?;
    Ok(ExitStatus::Success)
}

/// `--sort-by`, read before anything is asked.
struct Sorting {
    text: String,
    path: JsonPath,
}

impl Sorting {
    fn parse(text: &str) -> Result<Self, CommandError> {
        let path = JsonPath::parse(text).map_err(|error| CommandError::usage(format!("--sort-by: {error}")))?;
        Ok(Self { text: text.to_owned(), path })
    }

    fn sort<T>(&self, items: &mut Vec<T>, document: impl Fn(&T) -> &Value) -> Result<(), CommandError> {
        sort_by(items, &self.path, &self.text, document).map_err(CommandError::failed)
    }
}

/// Prints all answers of one command.
struct Printer<'a> {
    ui: &'a Ui,
    args: &'a GetArgs,
    sorting: Option<Sorting>,
    selections: &'a [Selection],
    namespace: Option<&'a str>,
}

impl Printer<'_> {
    fn print(&self, answers: &[Answers]) -> Result<(), CommandError> {
        let Some(form) = self.args.output.output.as_ref().filter(|_| !self.args.output.is_table()) else { return self.tables(answers) };
        let mut objects = self.objects(answers);
        if let Some(sorting) = &self.sorting {
            sorting.sort(&mut objects, |(_, object)| object)?;
        }
        if *form == OutputForm::Name {
            let lines: String = objects.iter().map(|(selection, object)| format!("{}\n", short_name(object, selection))).collect();
            return Ok(self.ui.foreign_data(&lines)?);
        }
        let objects: Vec<Value> = objects.into_iter().map(|(selection, object)| self.args.output.whole(object, selection)).collect();
        if let OutputForm::CustomColumns(columns) = form {
            let mut printer = CustomColumnsPrinter::new(columns.clone(), self.args.output.no_headers);
            self.ui.foreign_data(&printer.print(&objects))?;
            columns.misspelled(&objects).iter().for_each(|guess| self.ui.warning(guess));
            return Ok(());
        }
        let single = matches!(self.selections, [one] if one.names.len() == 1);
        match document(objects, single) {
            Some(document) => Ok(self.ui.foreign_data(&form.text(&document).map_err(CommandError::failed)?)?),
            None => Ok(()),
        }
    }

    /// All objects of all answers; lists are opened.
    fn objects(&self, answers: &[Answers]) -> Vec<(&Selection, Value)> {
        let mut objects = Vec::new();
        for (selection, answer) in self.selections.iter().zip(answers) {
            for document in &answer.documents {
                let items = match document.get("items").and_then(Value::as_array) {
                    Some(items) if selection.names.is_empty() => items.as_slice(),
                    _ if selection.names.is_empty() => &[],
                    _ => slice::from_ref(document),
                };
                objects.extend(items.iter().map(|item| (selection, item.clone())));
            }
        }
        objects
    }

    fn tables(&self, answers: &[Answers]) -> Result<(), CommandError> {
        let mut printed = false;
        for (selection, answer) in self.selections.iter().zip(answers) {
            let Some(table) = self.joined(&answer.documents)? else { continue };
            let options = self.args.output.table(selection, self.selections.len() > 1, self.args.selectors.all_namespaces);
            let text = TablePrinter::new(options).print(&table);
            let text = text.map_err(|error| CommandError::failed(format!("{}: {error}", selection.resource.group_resource())))?;
            self.ui.data(if printed { "\n" } else { "" })?;
            self.ui.data(&text)?;
            printed = true;
        }
        let refused = answers.iter().any(|answer| !answer.refused.is_empty());
        if !printed && !refused && !self.args.ignore_not_found {
            let namespaced = self.selections.iter().any(|selection| selection.resource.namespaced);
            self.ui.say(&match self.namespace.filter(|_| namespaced) {
                Some(namespace) => format!("No resources found in {namespace} namespace."),
                None => "No resources found".to_owned(),
            });
        }
        Ok(())
    }

    /// Several tables of one kind as one; `None` where no row is in them.
    fn joined(&self, documents: &[Value]) -> Result<Option<Value>, CommandError> {
        let rows = |document: &Value| document.get("rows").and_then(Value::as_array).cloned().unwrap_or_default();
        // What is no table goes on to the printer, which says so.
        if let Some(other) = documents.iter().find(|document| document["kind"] != "Table") {
            return Ok(Some(other.clone()));
        }
        let mut all: Vec<Value> = documents.iter().flat_map(rows).collect();
        if let Some(sorting) = &self.sorting {
            sorting.sort(&mut all, |row| &row["object"])?;
        }
        let mut table = documents.first().cloned();
        if let Some(table) = table.as_mut().filter(|_| !all.is_empty()) {
            table["rows"] = all.into();
            return Ok(Some(table.take()));
        }
        Ok(None)
    }
}

/// A single object, or a list of all; `None` where the single one is not there.
fn document(mut objects: Vec<Value>, single: bool) -> Option<Value> {
    if single {
        return objects.pop();
    }
    Some(json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": objects}))
}

fn refusals(ui: &Ui, answers: &[Answers], args: &GetArgs) -> Result<ExitStatus, CommandError> {
    let relevant = |error: &&ClientError| !(args.ignore_not_found && error.is(Reason::NotFound));
    let mut status = ExitStatus::Success;
    let mut hints: Vec<String> = Vec::new();
    for error in answers.iter().flat_map(|answer| &answer.refused).filter(relevant) {
        status = ExitStatus::Failed;
        ui.error(&client_error_in_words(error));
        // What is wrong with one request's credentials is so with all.
        hints.extend(hint_for(error).filter(|hint| !hints.contains(hint)));
    }
    hints.iter().for_each(|hint| ui.hint(hint));
    Ok(status)
}
