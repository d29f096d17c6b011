//! `trueup watch`: shows objects, then their changes as they come, until interrupted.

mod events;

use std::collections::{HashMap, HashSet};

use clap::Args;
use futures::StreamExt;
use futures::stream::{self, select_all};
use serde_json::{Value, json};

use self::events::EventView;
use crate::ambient::Ambient;
use crate::cli::error::client_error_in_words;
use crate::cli::output::custom_columns::CustomColumnsPrinter;
use crate::cli::output::form::{OutputArgs, OutputForm, pretty, short_name};
use crate::cli::output::table::{TableOptions, TablePrinter};
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, SelectorArgs};
use crate::client::{
    Change, ChangeKind, Client, ClientError, Discovery, Form, ListParameters, Selection, WatchStep, Watcher, check_resource_arguments,
    parse_resource_arguments,
};
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup watch deployments                   the table, then each change
  trueup watch deploy,po -A                  two kinds in all namespaces
  trueup watch cm -o json --changes-only     one event a line, for other programs
  trueup watch deploy,cm --diff              which fields each event changed, when, and by whom

A lost connection is taken up again where it broke off; nothing in between is missed.";

/// Show objects and their changes as they come
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct WatchArgs {
    /// TYPE[,TYPE...] [NAME...] or TYPE/NAME...
    #[arg(required = true, value_name = "RESOURCE")]
    resources: Vec<String>,
    #[command(flatten)]
    selectors: SelectorArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Show changes only, not what is there now
    #[arg(long, alias = "watch-only")]
    changes_only: bool,
    /// Show what happened to each object in every form, not in JSON and YAML alone: in tables as the first column
    #[arg(long, conflicts_with = "diff")]
    output_watch_events: bool,
    /// Show of each event the fields that it changed, with its time and who changed them
    #[arg(long)]
    diff: bool,
    /// Show the values of Secrets in --diff
    #[arg(long, requires = "diff")]
    show_secrets: bool,
}

impl WatchArgs {
    /// How `--diff` tells events, where it is given.
    fn events(&self, ui: &Ui) -> Result<Option<EventView>, CommandError> {
        let json = match &self.output.output {
            _ if !self.diff => return Ok(None),
            None => false,
            Some(OutputForm::Json) => true,
            Some(_) => return Err(CommandError::usage("--diff takes no form but -o json")),
        };
        let now = || Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now();
        Ok(Some(EventView { json, mask: !self.show_secrets, color: ui.data_brush().is_colored(), now }))
    }
}

/// In which forms an object is told together with what happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventTypes {
    /// In none.
    Nowhere,
    /// In those that programs read as a document.
    InDocuments,
    /// In all.
    Everywhere,
}

/// What to follow, and how to print it.
pub(super) struct Watch {
    pub(super) selections: Vec<Selection>,
    pub(super) namespace: Option<String>,
    pub(super) parameters: ListParameters,
    pub(super) output: OutputArgs,
    pub(super) changes_only: bool,
    pub(super) event_types: EventTypes,
    /// How events are told, where it is their changes that are told.
    pub(super) events: Option<EventView>,
}

impl Watch {
    fn form(&self) -> Form {
        if self.events.is_some() { Form::Objects } else { self.output.form() }
    }
}

/// Follows objects until interrupted.
pub async fn cmd_watch(ui: &Ui, context: &CommandContext, args: &WatchArgs) -> Result<ExitStatus, CommandError> {
    let events = args.events(ui)?;
    check_resource_arguments(&args.resources)?;
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let selections = parse_resource_arguments(&args.resources, &discovery)?;
    let watch = Watch {
        selections,
        namespace: (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned()),
        parameters: ListParameters {
            label_selector: args.selectors.selector.clone(),
            field_selector: args.selectors.field_selector.clone(),
            limit: 500,
        },
        output: args.output.clone(),
        changes_only: args.changes_only,
        event_types: if args.output_watch_events { EventTypes::Everywhere } else { EventTypes::InDocuments },
        events,
    };
    follow(ui, &client, watch).await
}

/// Follows every selection at once and prints what comes.
pub(super) async fn follow(ui: &Ui, client: &Client, watch: Watch) -> Result<ExitStatus, CommandError> {
    let several = watch.selections.len() > 1;
    let mut followed = Vec::new();
    let mut streams = Vec::new();
    for selection in &watch.selections {
        for parameters in parameters_of(selection, &watch.parameters)? {
            let form = watch.form();
            let watcher = Watcher::new(client.clone(), selection.resource.clone(), watch.namespace.clone(), parameters, form);
            streams.push(steps(followed.len(), watcher).boxed_local());
            followed.push(Followed::new(selection.clone(), &watch, several));
        }
    }
    let mut steps = select_all(streams);
    let mut outage = Outage::default();
    while let Some((index, step)) = steps.next().await {
        let step = step?;
        outage.tell(ui, index, &step);
        for text in followed[index].take(step)? {
            // What is told of an event has its colours, and has spelled out what could steer a terminal.
            if watch.events.is_some_and(|events| !events.json) { ui.data(&text)? } else { ui.foreign_data(&text)? }
        }
        ui.flush()?;
        for warning in client.take_warnings() {
            ui.warning(&warning);
        }
    }
    Ok(ExitStatus::Success)
}

/// Tells once that the connection is lost, and once that it is back, whatever number of selections are followed and however often it
/// is tried.
#[derive(Default)]
pub(super) struct Outage {
    /// The selections whose connection is lost.
    lost: HashSet<usize>,
}

impl Outage {
    pub(super) fn tell(&mut self, ui: &Ui, index: usize, step: &WatchStep) {
        match step {
            WatchStep::Lost(error, _) => {
                if self.lost.is_empty() {
                    ui.warning(&format!("the connection is lost, and tried again until it is back: {}", client_error_in_words(error)));
                }
                self.lost.insert(index);
            }
            // A state comes without a return before it, where the history was lost meanwhile.
            WatchStep::Back | WatchStep::State(_) => {
                if self.lost.remove(&index) && self.lost.is_empty() {
                    ui.say("the connection is back");
                }
            }
            WatchStep::Change(_) => {}
        }
    }
}

/// A name is followed by a field selector, since a watch is of a collection.
fn parameters_of(selection: &Selection, parameters: &ListParameters) -> Result<Vec<ListParameters>, CommandError> {
    if selection.names.is_empty() {
        return Ok(vec![parameters.clone()]);
    }
    if !parameters.label_selector.is_empty() || !parameters.field_selector.is_empty() {
        return Err(CommandError::usage("a name cannot be given together with a selector"));
    }
    let of = |name: &String| ListParameters { field_selector: format!("metadata.name={name}"), ..parameters.clone() };
    Ok(selection.names.iter().map(of).collect())
}

type Step = (usize, Result<WatchStep, ClientError>);

fn steps(index: usize, watcher: Watcher) -> impl futures::Stream<Item = Step> {
    stream::unfold(Some(watcher), move |watcher| async move {
        let mut watcher = watcher?;
        let step = watcher.next().await;
        // An error ends the watch; what comes after it is nobody's to ask.
        let rest = step.is_ok().then_some(watcher);
        Some(((index, step), rest))
    })
}

/// One followed selection: what of it was seen, and its table.
struct Followed {
    selection: Selection,
    output: OutputArgs,
    form: Form,
    events: Option<EventView>,
    printer: TablePrinter,
    /// The caller's own columns, where asked for.
    custom: Option<CustomColumnsPrinter>,
    /// The last state seen of each object, as a row or as an object, by namespace and name.
    seen: HashMap<(String, String), Value>,
    /// The columns that the server named last; later tables may leave them out.
    columns: Value,
    event_types: EventTypes,
    silent: bool,
}

impl Followed {
    fn new(selection: Selection, watch: &Watch, several: bool) -> Self {
        let event_types = watch.event_types;
        let options = watch.output.table(&selection, several, watch.namespace.is_none());
        let printer = TablePrinter::new(TableOptions { with_event: event_types == EventTypes::Everywhere, ..options });
        let output = watch.output.clone();
        let custom = match &output.output {
            Some(OutputForm::CustomColumns(columns)) => Some(CustomColumnsPrinter::new(columns.clone(), output.no_headers)),
            _ => None,
        };
        // The state at the beginning is what the changes are told against.
        let silent = watch.changes_only || watch.events.is_some();
        let (form, events) = (watch.form(), watch.events);
        Self { selection, output, form, events, printer, custom, seen: HashMap::new(), columns: Value::Null, event_types, silent }
    }

    /// The texts to print for a step.
    fn take(&mut self, step: WatchStep) -> Result<Vec<String>, CommandError> {
        match step {
            WatchStep::Lost(..) | WatchStep::Back => Ok(Vec::new()),
            WatchStep::Change(change) => {
                self.silent = false;
                let kind = change.kind;
                let parts = self.parts(change.object);
                self.changed(parts.into_iter().map(|part| (kind, part)).collect())
            }
            WatchStep::State(pages) => {
                let parts: Vec<Value> = pages.into_iter().flat_map(|page| self.parts(page)).collect();
                let changes = self.differences(parts);
                if std::mem::take(&mut self.silent) {
                    changes.into_iter().for_each(|(kind, part)| self.remember(kind, &part));
                    return Ok(Vec::new());
                }
                self.changed(changes)
            }
        }
    }

    /// The rows of a table, the items of a list, or the object itself.
    fn parts(&mut self, mut document: Value) -> Vec<Value> {
        let member = match self.form {
            Form::Table | Form::TableOfObjects => {
                if let Some(columns) =
                    document.get_mut("columnDefinitions").filter(|columns| columns.as_array().is_some_and(|c| !c.is_empty()))
                {
                    self.columns = columns.take();
                }
                "rows"
            }
            Form::Objects => "items",
        };
        match document.get_mut(member).map(Value::take) {
            Some(Value::Array(parts)) => parts,
            Some(_) => Vec::new(),
            None => vec![document],
        }
    }

    /// What a whole new state changes against what was seen.
    fn differences(&mut self, parts: Vec<Value>) -> Vec<(ChangeKind, Value)> {
        let mut gone = self.seen.clone();
        let mut changes = Vec::new();
        for part in parts {
            match gone.remove(&key(&part)) {
                None => changes.push((ChangeKind::Added, part)),
                Some(before) if version(&before) != version(&part) => changes.push((ChangeKind::Modified, part)),
                Some(_) => {}
            }
        }
        let mut gone: Vec<_> = gone.into_iter().collect();
        gone.sort_by(|(left, _), (right, _)| left.cmp(right));
        changes.extend(gone.into_iter().map(|(_, part)| (ChangeKind::Deleted, part)));
        changes
    }

    fn changed(&mut self, changes: Vec<(ChangeKind, Value)>) -> Result<Vec<String>, CommandError> {
        if let Some(events) = self.events {
            let tell = |(kind, part): (ChangeKind, Value)| {
                let text = events.tell(&self.selection.resource, kind, self.seen.get(&key(&part)), &part);
                self.remember(kind, &part);
                text
            };
            return Ok(changes.into_iter().map(tell).collect());
        }
        changes.iter().for_each(|(kind, part)| self.remember(*kind, part));
        if self.output.is_table() {
            let row = |(kind, mut part): (ChangeKind, Value)| {
                part["event"] = kind.as_str().into();
                part
            };
            return self.rows(&changes.into_iter().map(row).collect::<Vec<_>>());
        }
        changes.into_iter().map(|(kind, object)| self.event(&Change { kind, object })).collect()
    }

    fn remember(&mut self, kind: ChangeKind, part: &Value) {
        match kind {
            ChangeKind::Deleted => drop(self.seen.remove(&key(part))),
            ChangeKind::Added | ChangeKind::Modified => drop(self.seen.insert(key(part), part.clone())),
        }
    }

    fn rows(&mut self, rows: &[Value]) -> Result<Vec<String>, CommandError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        if self.columns.is_null() {
            return Err(CommandError::failed(format!(
                "{}: the server did not answer with a Table",
                self.selection.resource.group_resource()
            )));
        }
        let table = json!({"kind": "Table", "columnDefinitions": self.columns, "rows": rows});
        let text = self.printer.print(&table);
        Ok(vec![text.map_err(|error| CommandError::failed(error.to_string()))?])
    }

    fn event(&mut self, change: &Change) -> Result<String, CommandError> {
        let (kind, object) = (change.kind.as_str(), self.output.whole(change.object.clone(), &self.selection));
        let document = |types: EventTypes, object: Value| match types {
            EventTypes::Everywhere => json!({"type": kind, "object": object}),
            EventTypes::Nowhere | EventTypes::InDocuments => object,
        };
        if let Some(custom) = &mut self.custom {
            return Ok(custom.print(&[document(self.event_types, object)]));
        }
        match &self.output.output {
            Some(OutputForm::Name) => {
                let event = if self.event_types == EventTypes::Everywhere { format!("{kind} ") } else { String::new() };
                Ok(format!("{event}{}\n", short_name(&object, &self.selection)))
            }
            // A template says itself whether a line ends after each object.
            Some(form @ (OutputForm::JsonPath(_) | OutputForm::JsonPathAsJson(_) | OutputForm::GoTemplate(_))) => {
                form.text(&document(self.event_types, object)).map_err(CommandError::failed)
            }
            Some(OutputForm::Yaml) if self.event_types == EventTypes::Nowhere => Ok(format!("---\n{}", yaml::emit(&object))),
            Some(OutputForm::Yaml) => Ok(format!("---\n{}", yaml::emit(&document(EventTypes::Everywhere, object)))),
            _ if self.event_types == EventTypes::Nowhere => Ok(pretty(&object)),
            // What happened comes first, for those who read along.
            _ => Ok(format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n")),
        }
    }
}

/// The metadata of an object, or of the object behind a row.
fn metadata(part: &Value) -> &Value {
    part.get("object").unwrap_or(part).get("metadata").unwrap_or(&Value::Null)
}

fn key(part: &Value) -> (String, String) {
    let text = |member: &str| metadata(part).get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

fn version(part: &Value) -> Option<&Value> {
    metadata(part).get("resourceVersion")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::ServedResource;
    use crate::object::{Reason, Refusal};

    fn followed(output: Option<OutputForm>, changes_only: bool) -> Followed {
        followed_with(output, changes_only, EventTypes::InDocuments)
    }

    fn followed_with(output: Option<OutputForm>, changes_only: bool, event_types: EventTypes) -> Followed {
        let resource = ServedResource::named("", "v1", "ConfigMap", "configmaps", true);
        let selection = Selection { resource, names: Vec::new() };
        let output = OutputArgs { output, ..OutputArgs::default() };
        let watch = Watch {
            selections: Vec::new(),
            namespace: Some("a".to_owned()),
            parameters: ListParameters::default(),
            output,
            changes_only,
            event_types,
            events: None,
        };
        Followed::new(selection, &watch, false)
    }

    fn table(rows: &[(&str, &str)]) -> Value {
        let rows: Vec<_> = rows
            .iter()
            .map(|(name, version)| json!({"cells": [name], "object": {"metadata": {"name": name, "resourceVersion": version}}}))
            .collect();
        json!({"kind": "Table", "columnDefinitions": [{"name": "Name", "type": "string", "format": "name"}], "rows": rows})
    }

    fn told(followed: &mut Followed, step: WatchStep) -> String {
        followed.take(step).expect("no failure").concat()
    }

    #[test]
    fn an_outage_is_told_once_and_so_is_its_end() {
        let (ui, printed) = Ui::buffered(false, false, 80);
        let mut outage = Outage::default();
        let lost = || {
            let refusal = Refusal::new(Reason::ServiceUnavailable, "busy");
            WatchStep::Lost(
                ClientError::Refused { attempted: String::new(), refusal: Box::new(refusal), credentials: None },
                Duration::ZERO,
            )
        };
        for (index, step) in [(0, lost()), (1, lost()), (0, lost()), (0, WatchStep::Back), (1, lost()), (1, WatchStep::Back), (0, lost())] {
            outage.tell(&ui, index, &step);
        }
        let lost = "warning: the connection is lost, and tried again until it is back: from server (ServiceUnavailable): busy\n";
        assert_eq!(printed.stderr(), format!("{lost}the connection is back\n{lost}"));
    }

    #[test]
    fn a_table_begins_with_what_is_there_and_goes_on_with_changes() {
        let mut followed = followed(None, false);
        assert_eq!(told(&mut followed, WatchStep::State(vec![table(&[("a", "1"), ("b", "2")])])), "NAME\na\nb\n");
        let change = Change { kind: ChangeKind::Modified, object: table(&[("a", "3")]) };
        assert_eq!(told(&mut followed, WatchStep::Change(change)), "a\n");
    }

    #[test]
    fn what_happened_is_told_in_the_forms_where_it_is_asked_for() {
        let told_in = |form: Option<&str>, types| {
            let form = form.map(|form| OutputForm::parse(form).expect("a form"));
            let mut followed = followed_with(form, false, types);
            let object = json!({"metadata": {"name": "a"}});
            let (first, change) = match followed.form {
                Form::Objects => (json!({"items": [object]}), object),
                Form::Table | Form::TableOfObjects => (table(&[("a", "1")]), table(&[("a", "2")])),
            };
            let first = told(&mut followed, WatchStep::State(vec![first]));
            first + &told(&mut followed, WatchStep::Change(Change { kind: ChangeKind::Modified, object: change }))
        };
        let everywhere = |form| told_in(form, EventTypes::Everywhere);
        assert_eq!(everywhere(None), "EVENT      NAME\nADDED      a\nMODIFIED   a\n");
        assert_eq!(everywhere(Some("name")), "ADDED configmap/a\nMODIFIED configmap/a\n");
        assert_eq!(everywhere(Some("jsonpath={.type} {.object.metadata.name};")), "ADDED a;MODIFIED a;");
        let columns = "custom-columns=WHAT:.type,NAME:.object.metadata.name";
        assert_eq!(everywhere(Some(columns)), "WHAT    NAME\nADDED   a\nMODIFIED   a\n");
        let object = json!({"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "ConfigMap"});
        let line = |kind: &str| format!("{{\"type\":\"{kind}\",\"object\":{object}}}\n");
        for types in [EventTypes::Everywhere, EventTypes::InDocuments] {
            assert_eq!(told_in(Some("json"), types), line("ADDED") + &line("MODIFIED"));
        }
        assert_eq!(told_in(Some("json"), EventTypes::Nowhere), pretty(&object) + &pretty(&object));
        let yaml = "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
        assert_eq!(told_in(Some("yaml"), EventTypes::Nowhere), format!("{yaml}{yaml}"));
        assert!(told_in(Some("yaml"), EventTypes::InDocuments).starts_with("---\nobject:\n"));
    }

    #[test]
    fn a_new_state_prints_only_what_differs() {
        let mut followed = followed(Some(OutputForm::Json), false);
        let list = |items: Value| WatchStep::State(vec![json!({"items": items})]);
        let item = |name: &str, version: &str| json!({"metadata": {"name": name, "resourceVersion": version}});
        told(&mut followed, list(json!([item("a", "1"), item("b", "2"), item("c", "3")])));
        let text = told(&mut followed, list(json!([item("a", "1"), item("c", "4"), item("d", "5")])));
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let short: Vec<_> = events.iter().map(|event| (event["type"].clone(), event["object"]["metadata"]["name"].clone())).collect();
        let pair = |kind: &str, name: &str| (Value::from(kind), Value::from(name));
        assert_eq!(short, [pair("MODIFIED", "c"), pair("ADDED", "d"), pair("DELETED", "b")]);
    }

    #[test]
    fn changes_only_leaves_the_first_state_out() {
        let mut followed = followed(None, true);
        assert_eq!(told(&mut followed, WatchStep::State(vec![table(&[("a", "1")])])), "");
        assert_eq!(told(&mut followed, WatchStep::State(vec![table(&[("a", "1"), ("b", "2")])])), "NAME\nb\n");
    }
}
