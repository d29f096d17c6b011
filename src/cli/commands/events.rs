//! `trueup events`: shows events, oldest first.

use clap::Args;
use serde_json::{Value, json};

use super::watch::Outage;
use crate::ambient::Ambient;
use crate::cli::output::align::Widths;
use crate::cli::output::events::{cells, last_seen, text};
use crate::cli::output::form::{OutputForm, OutputFormParser};
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{
    ApiRequest, ChangeKind, Client, ClientError, Discovery, Form, ListParameters, ServedResource, WatchStep, Watcher, list_pages,
    parse_resource_arguments,
};

const EXAMPLES: &str = "\
Examples:
  trueup events                              the events of the namespace, oldest first
  trueup events --for deploy/web             those about one object
  trueup events -A --types=Warning           what goes wrong, everywhere
  trueup events -w                           and what comes";

/// Show events, oldest first
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct EventsArgs {
    /// Show only events about this object
    #[arg(long = "for", value_name = "TYPE/NAME")]
    about: Option<String>,
    /// Show only events of these types, Normal or Warning
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    types: Vec<String>,
    /// Show the events of all namespaces
    #[arg(long, short = 'A')]
    all_namespaces: bool,
    /// Go on showing events as they come
    #[arg(long, short = 'w')]
    watch: bool,
    /// Leave the headers of the table out
    #[arg(long)]
    no_headers: bool,
    /// Print the events in this form
    #[arg(long, short = 'o', value_parser = OutputFormParser, value_name = "FORM")]
    output: Option<OutputForm>,
    /// Read large lists in pages of this many events; 0 reads all at once
    #[arg(long, value_name = "COUNT", default_value_t = 500)]
    chunk_size: u32,
}

impl EventsArgs {
    fn validate(&self) -> Result<(), CommandError> {
        let known = |word: &String| ["normal", "warning"].contains(&word.to_lowercase().as_str());
        if let Some(word) = self.types.iter().find(|word| !known(word)) {
            return Err(CommandError::usage(format!("--types {word}: there are the types Normal and Warning")));
        }
        if matches!(self.output, Some(OutputForm::Wide | OutputForm::CustomColumns(_))) {
            return Err(CommandError::usage("events takes -o name, json, yaml, jsonpath or go-template"));
        }
        Ok(())
    }

    fn shows(&self, event: &Value) -> bool {
        self.types.is_empty() || self.types.iter().any(|word| word.eq_ignore_ascii_case(text(event, "/type")))
    }
}

/// The resource of events in the core group, which every server has.
pub(super) fn event_resource() -> ServedResource {
    ServedResource::named("", "v1", "Event", "events", true)
}

/// Events of one namespace or of all that a field selector finds, oldest first.
pub(super) async fn read_events(
    client: &Client,
    namespace: Option<&str>,
    field_selector: &str,
    limit: u32,
) -> Result<Vec<Value>, ClientError> {
    let parameters = ListParameters { field_selector: field_selector.to_owned(), limit, ..ListParameters::default() };
    let resource = event_resource();
    let request = ApiRequest::list(&resource, namespace, &parameters, "", Form::Objects);
    let mut events = Vec::new();
    for page in list_pages(client, &resource, namespace, &parameters, Form::Objects).await? {
        let mut page: Value = client.parse(&request, &page)?;
        events.extend(items(&mut page));
    }
    events.sort_by_key(last_seen);
    Ok(events)
}

fn items(page: &mut Value) -> Vec<Value> {
    match page.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

/// Shows events.
pub async fn cmd_events(ui: &Ui, context: &CommandContext, args: &EventsArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    let client = context.client().await?;
    let (field_selector, in_namespaces) = match &args.about {
        Some(about) => about_object(&client, about).await?,
        None => (String::new(), true),
    };
    let own = (!args.all_namespaces).then(|| client.default_namespace().to_owned());
    // What is said of objects outside of namespaces is kept in the default one.
    let namespace = own.map(|own| if in_namespaces || context.settings().namespace.is_some() { own } else { "default".to_owned() });
    let mut printer = Printer { ui, args, widths: Widths::default(), started: args.no_headers };
    if args.watch {
        return follow(&client, namespace, field_selector, &mut printer).await;
    }
    let mut events = read_events(&client, namespace.as_deref(), &field_selector, args.chunk_size).await?;
    events.retain(|event| args.shows(event));
    if events.is_empty() && args.output.is_none() {
        ui.say(&namespace.map_or_else(|| "No events found.".to_owned(), |name| format!("No events found in {name} namespace.")));
        return Ok(ExitStatus::Success);
    }
    printer.print_all(events)?;
    Ok(ExitStatus::Success)
}

/// The field selector for events about an object, and whether it lives in a namespace.
async fn about_object(client: &Client, about: &str) -> Result<(String, bool), CommandError> {
    if !about.contains('/') {
        return Err(CommandError::usage(format!("--for {about}: write TYPE/NAME")));
    }
    let discovery = Discovery::fetch(client).await?;
    let selections = parse_resource_arguments(&[about.to_owned()], &discovery)?;
    let selection = selections.first().ok_or_else(|| CommandError::usage("--for: write TYPE/NAME"))?;
    let name = selection.names.first().map(String::as_str).unwrap_or_default();
    let kind = &selection.resource.kind;
    Ok((format!("involvedObject.kind={kind},involvedObject.name={name}"), selection.resource.namespaced))
}

async fn follow(
    client: &Client,
    namespace: Option<String>,
    field_selector: String,
    printer: &mut Printer<'_>,
) -> Result<ExitStatus, CommandError> {
    let parameters = ListParameters { field_selector, limit: printer.args.chunk_size, ..ListParameters::default() };
    let mut watcher = Watcher::new(client.clone(), event_resource(), namespace, parameters, Form::Objects);
    let mut newest = None;
    let mut outage = Outage::default();
    loop {
        let step = watcher.next().await?;
        outage.tell(printer.ui, 0, &step);
        match step {
            // After a lost history the list comes again; what it holds up to the newest event was shown.
            WatchStep::State(pages) => {
                let mut events: Vec<Value> = pages.into_iter().flat_map(|mut page| items(&mut page)).collect();
                events.sort_by_key(last_seen);
                let before = newest;
                newest = events.last().and_then(last_seen).max(before);
                events.retain(|event| before.is_none() || last_seen(event) > before);
                printer.print_each(events)?;
            }
            WatchStep::Change(change) if change.kind != ChangeKind::Deleted => {
                newest = last_seen(&change.object).max(newest);
                printer.print_each(vec![change.object])?;
            }
            WatchStep::Change(_) | WatchStep::Lost(..) | WatchStep::Back => {}
        }
    }
}

struct Printer<'a> {
    ui: &'a Ui,
    args: &'a EventsArgs,
    widths: Widths,
    started: bool,
}

impl Printer<'_> {
    /// All events as one table or one document.
    fn print_all(&mut self, events: Vec<Value>) -> Result<(), CommandError> {
        match &self.args.output {
            None | Some(OutputForm::Name) => self.print_each(events),
            Some(form) => {
                let items: Vec<Value> = events.into_iter().map(whole).collect();
                let list = json!({"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": items});
                Ok(self.ui.foreign_data(&form.text(&list).map_err(CommandError::failed)?)?)
            }
        }
    }

    /// Each event by itself, below those before.
    fn print_each(&mut self, events: Vec<Value>) -> Result<(), CommandError> {
        let shown: Vec<Value> = events.into_iter().filter(|event| self.args.shows(event)).collect();
        let text = match &self.args.output {
            None if shown.is_empty() => String::new(),
            None => self.rows(&shown),
            Some(OutputForm::Name) => shown.iter().map(|event| format!("event/{}\n", text(event, "/metadata/name"))).collect(),
            Some(form) => {
                let each = shown.into_iter().map(|event| form.text(&whole(event)).map_err(CommandError::failed));
                each.collect::<Result<_, _>>()?
            }
        };
        self.ui.foreign_data(&text)?;
        Ok(self.ui.flush()?)
    }

    fn rows(&mut self, events: &[Value]) -> String {
        let now = Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now();
        let mut lines = Vec::with_capacity(events.len() + 1);
        if !std::mem::replace(&mut self.started, true) {
            lines.push(["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"].map(str::to_owned).to_vec());
        }
        lines.extend(events.iter().map(|event| cells(event, now)));
        if self.args.all_namespaces {
            let first = lines.len() - events.len();
            for (number, line) in lines.iter_mut().enumerate() {
                let event = number.checked_sub(first).and_then(|number| events.get(number));
                line.insert(0, event.map_or("NAMESPACE", |event| text(event, "/metadata/namespace")).to_owned());
            }
        }
        self.widths.align(&lines)
    }
}

/// An event ready to be printed whole.
fn whole(mut event: Value) -> Value {
    if let Some(members) = event.as_object_mut() {
        members.entry("apiVersion").or_insert_with(|| "v1".into());
        members.entry("kind").or_insert_with(|| "Event".into());
    }
    if let Some(metadata) = event.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    event
}
