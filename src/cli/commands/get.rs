//! `trueup get`: shows objects, as tables made by the server or whole.

use std::slice;

use clap::Args;
use futures::future::join_all;
use serde_json::{Value, json};

use super::watch::{EventTypes, Watch, follow};
use super::{load, place_all};
use crate::cli::error::{client_error_in_words, hint_for};
use crate::cli::output::custom_columns::CustomColumnsPrinter;
use crate::cli::output::form::{OutputArgs, OutputForm, short_name};
use crate::cli::output::sort::sort_by;
use crate::cli::output::table::TablePrinter;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, SelectorArgs, failures};
use crate::client::{
    ApiRequest, Client, ClientError, Discovery, Form, ListParameters, Selection, check_resource_arguments, list_pages,
    parse_resource_arguments,
};
use crate::object::json_path::JsonPath;
use crate::object::{Reason, names};
use crate::plan::Placed;

const EXAMPLES: &str = "\
Examples:
  trueup get deployments                     a table of one kind
  trueup get deploy,svc -n shop              two kinds in one namespace
  trueup get all -A                          everything that belongs to workloads, everywhere
  trueup get deploy/web svc/web -o yaml      single objects as YAML
  trueup get -f deploy/                      what manifests describe, as it is on the target
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
    #[arg(required_unless_present_any = ["raw", "filename", "kustomize"], value_name = "RESOURCE")]
    resources: Vec<String>,
    #[command(flatten)]
    manifests: ManifestArgs,
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
    #[arg(long, value_name = "PATH", conflicts_with_all = ["resources", "filename", "kustomize", "watch", "watch_only", "output", "sort_by", "subresource"])]
    raw: Option<String>,
    /// Go on showing changes as they come
    #[arg(long, short = 'w')]
    watch: bool,
    /// Show changes only, not what is there now
    #[arg(long)]
    watch_only: bool,
    /// Show what happened to each object beside it while watching: as the first column of tables, else as {type, object}
    #[arg(long)]
    output_watch_events: bool,
    /// Exit with 0 where a named object does not exist
    #[arg(long)]
    ignore_not_found: bool,
    /// Read large lists in pages of this many objects; 0 reads all at once
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    chunk_size: u32,
}

impl GetArgs {
    /// What can be judged without a server.
    fn check(&self) -> Result<(), CommandError> {
        if let Some(subresource) = &self.subresource {
            names::path_segment(subresource).map_err(|rule| CommandError::usage(format!("--subresource {subresource:?} {rule}")))?;
        }
        let watching = self.watch || self.watch_only;
        let from_files = !self.manifests.is_empty();
        let problem = match () {
            () if self.output_watch_events && !watching => "--output-watch-events goes with --watch or --watch-only",
            () if from_files && !self.resources.is_empty() => "-f and resource arguments cannot be given together",
            () if from_files && watching => "what manifests describe cannot be watched; name the types of the objects",
            () if from_files => return Ok(self.selectors.beside_files()?),
            () => return Ok(check_resource_arguments(&self.resources)?),
        };
        Err(CommandError::usage(problem))
    }

    fn validate(&self, selections: &[Selection]) -> Result<(), CommandError> {
        let named = selections.iter().any(|selection| !selection.names.is_empty());
        if named {
            self.selectors.beside_names()?;
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

/// What is asked for.
struct Wanted {
    selection: Selection,
    /// The namespace of each named object, or that of all.
    namespaces: Vec<Option<String>>,
}

impl Wanted {
    /// The namespace of the object that is named at this place, or that of all.
    fn namespace(&self, number: usize) -> Option<&str> {
        self.namespaces.get(number).or(self.namespaces.last())?.as_deref()
    }

    /// The objects that manifests describe, those of one resource together, in the order of the manifests.
    fn of_placed(placed: Vec<Placed>) -> Vec<Self> {
        let mut wanted: Vec<Self> = Vec::new();
        for Placed { resource, key, .. } in placed {
            let group_resource = resource.group_resource();
            let number = wanted.iter().position(|wanted| wanted.selection.resource.group_resource() == group_resource);
            let number = number.unwrap_or_else(|| {
                let selection = Selection { resource: (*resource).clone(), names: Vec::new() };
                wanted.push(Self { selection, namespaces: Vec::new() });
                wanted.len() - 1
            });
            wanted[number].selection.names.push(key.name);
            wanted[number].namespaces.push(key.namespace);
        }
        wanted
    }
}

/// What the server answered to one selection: documents (lists, or single objects or tables), and what it refused.
struct Answers {
    documents: Vec<Value>,
    refused: Vec<ClientError>,
}

/// Shows objects.
pub async fn cmd_get(ui: &Ui, context: &CommandContext, args: &GetArgs) -> Result<ExitStatus, CommandError> {
    args.check()?;
    let sorting = args.sort_by.as_deref().map(Sorting::parse).transpose()?;
    // A broken file is told before any server is asked.
    let desired = if args.manifests.is_empty() { None } else { Some(load(&args.manifests, &args.selectors.selector).await?) };
    let client = context.client().await?;
    if let Some(path) = &args.raw {
        return raw(ui, &client, path).await;
    }
    let discovery = Discovery::fetch(&client).await?;
    if let Some(desired) = desired {
        let (placed, unplaced) = place_all(context, &client, &discovery, desired);
        unplaced.iter().for_each(|failure| failures::tell(ui, failure));
        // Of a kind that is not served yet, there are no objects.
        let (absent, placed): (Vec<Placed>, Vec<Placed>) = placed.into_iter().partition(|placed| placed.kind_is_pending);
        let status = show(ui, &client, Wanted::of_placed(placed), None, sorting, args).await?;
        let missed = !unplaced.is_empty() || (!args.ignore_not_found && tell_absent(ui, &absent));
        return Ok(if missed { ExitStatus::Failed } else { status });
    }
    let selections = parse_resource_arguments(&args.resources, &discovery)?;
    args.validate(&selections)?;
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    if args.watch || args.watch_only {
        let parameters = args.parameters();
        let event_types = if args.output_watch_events { EventTypes::Everywhere } else { EventTypes::Nowhere };
        let (output, changes_only) = (args.output.clone(), args.watch_only);
        let watch = Watch { selections, namespace, parameters, output, changes_only, event_types, events: None };
        return follow(ui, &client, watch).await;
    }
    let wanted = |selection| Wanted { selection, namespaces: vec![namespace.clone()] };
    let wanted = selections.into_iter().map(wanted).collect();
    show(ui, &client, wanted, namespace.as_deref(), sorting, args).await
}

/// Tells of manifests whose kind is not served yet; answers whether there are any.
fn tell_absent(ui: &Ui, absent: &[Placed]) -> bool {
    for placed in absent {
        let place = placed.origin().map(|origin| format!("{origin}: ")).unwrap_or_default();
        ui.error(&format!("{place}{}: the server serves no such kind, so there is no such object", placed.full_name()));
    }
    !absent.is_empty()
}

/// Reads and prints what is asked for; `namespace` is the one that was looked into, where it was one.
async fn show(
    ui: &Ui,
    client: &Client,
    wanted: Vec<Wanted>,
    namespace: Option<&str>,
    sorting: Option<Sorting>,
    args: &GetArgs,
) -> Result<ExitStatus, CommandError> {
    let asked = wanted.iter().map(|wanted| ask(client, wanted, args));
    let answers = with_progress(ui, || format!("reading from {}", client.target()), join_all(asked)).await;
    let answers: Vec<Answers> = answers.into_iter().collect::<Result<_, _>>()?;
    let selections: Vec<Selection> = wanted.into_iter().map(|wanted| wanted.selection).collect();
    let printer = Printer { ui, args, sorting, selections: &selections, namespace };
    printer.print(&answers)?;
    for warning in client.take_warnings() {
        ui.warning(&warning);
    }
    refusals(ui, &answers, args)
}

async fn ask(client: &Client, wanted: &Wanted, args: &GetArgs) -> Result<Answers, ClientError> {
    let form = args.form();
    let selection = &wanted.selection;
    let resource = &selection.resource;
    let mut answers = Answers { documents: Vec::new(), refused: Vec::new() };
    let results: Vec<Result<Value, ClientError>> = if selection.names.is_empty() {
        let namespace = wanted.namespace(0);
        let request = ApiRequest::list(resource, namespace, &args.parameters(), "", form);
        match list_pages(client, resource, namespace, &args.parameters(), form).await {
            Ok(pages) => pages.iter().map(|page| client.parse(&request, page)).collect(),
            Err(error) => vec![Err(error)],
        }
    } else {
        let request = |(number, name): (usize, &String)| match &args.subresource {
            None => ApiRequest::get(resource, wanted.namespace(number), name, form),
            Some(subresource) => ApiRequest::get_subresource(resource, wanted.namespace(number), name, subresource, form),
        };
        let requests: Vec<_> = selection.names.iter().enumerate().map(request).collect();
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
