//! `trueup dump`: writes live objects as manifests that apply again.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::{load, place_all};
use crate::cli::error::client_error_in_words;
use crate::cli::output::form::pretty;
use crate::cli::progress::with_progress;
use crate::cli::sets::SetNameArgs;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, SelectorArgs, failures};
use crate::client::{
    ApiRequest, Client, ClientError, Discovery, Form, ListParameters, Selection, ServedResource, check_resource_arguments, list_pages,
    parse_resource_arguments,
};
use crate::dump::{LeftOut, clean, file_name, is_runtime_kind, left_out, without_defaults};
use crate::object::{LabelSelector, Object, Reason};
use crate::plan::{Failure, Live, REQUESTS_AT_ONCE, each, in_namespace};
use crate::private_file;
use crate::yaml;

const EXAMPLES: &str = "\
Examples:
  trueup dump -n shop > shop.yaml            all that is declared in a namespace
  trueup dump -n shop --output-dir shop/     a file for each object
  trueup dump deploy,svc -l app=web          two kinds, by labels
  trueup dump -A                             everything, with what is outside of namespaces
  trueup dump -f deploy/                     the live state of the objects of manifests
  trueup dump --applyset shop -n shop        the members of a set

What a server or a controller makes or fills in is left out, and so are Secrets.";

/// Write live objects as manifests that apply again
///
/// Without a TYPE, all kinds of the namespace are read, or, with -A, of the cluster.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct DumpArgs {
    /// TYPE[,TYPE...] [NAME...] or TYPE/NAME...
    #[arg(value_name = "RESOURCE", conflicts_with = "filename")]
    resources: Vec<String>,
    #[command(flatten)]
    manifests: ManifestArgs,
    #[command(flatten)]
    set: SetNameArgs,
    #[command(flatten)]
    selectors: SelectorArgs,
    /// Write the manifests in this form
    #[arg(long, short = 'o', value_enum, default_value_t, value_name = "FORM")]
    output: DumpForm,
    /// Write a file for each object to this folder, which is made where it does not exist
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Write Secrets too, with their values in clear; their files can be read by the user alone
    #[arg(long)]
    include_secrets: bool,
    /// Write objects too that controllers made
    #[arg(long)]
    owned: bool,
    /// Keep what is the default of a built-in kind, or leave it out
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    defaults: Defaults,
}

/// What `dump -o` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum DumpForm {
    /// A stream of YAML documents
    #[default]
    Yaml,
    /// A List in JSON
    Json,
}

/// What becomes of members that have the value of their default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Defaults {
    /// They are written
    #[default]
    Keep,
    /// They are left out, unless somebody applied them
    Drop,
}

impl DumpArgs {
    fn validate(&self) -> Result<(), CommandError> {
        let selecting = !self.selectors.field_selector.is_empty() || self.selectors.all_namespaces;
        let named = self.set.applyset.is_some();
        if named && (!self.manifests.is_empty() || !self.resources.is_empty()) {
            return Err(CommandError::usage("--applyset names all that is dumped; neither -f nor resources can be given with it"));
        }
        if (named || !self.manifests.is_empty()) && selecting {
            let with = if named { "--applyset" } else { "-f" };
            return Err(CommandError::usage(format!("with {with}, objects are selected by -l alone")));
        }
        Ok(())
    }

    fn parameters(&self) -> ListParameters {
        ListParameters {
            label_selector: self.selectors.selector.clone(),
            field_selector: self.selectors.field_selector.clone(),
            limit: 500,
        }
    }
}

/// Objects that were read, and whether somebody named them.
struct Read {
    objects: Vec<Object>,
    named: bool,
}

/// What a dump writes, and what it leaves out.
#[derive(Default)]
struct Dump {
    manifests: Vec<Object>,
    left_out: BTreeMap<LeftOut, usize>,
    /// Whether Secrets were not even read.
    secrets_unread: bool,
    /// Whether some of what was asked for could not be read.
    failed: bool,
}

/// Writes manifests.
pub async fn cmd_dump(ui: &Ui, context: &CommandContext, args: &DumpArgs) -> Result<ExitStatus, CommandError> {
    args.validate()?;
    check_resource_arguments(&args.resources).or_else(|error| if args.resources.is_empty() { Ok(()) } else { Err(error) })?;
    let dump = match () {
        () if args.set.applyset.is_some() => of_set(ui, context, args).await?,
        () if args.manifests.is_empty() => of_kinds(ui, context, args).await?,
        () => of_manifests(ui, context, args).await?,
    };
    match &args.output_dir {
        Some(folder) => write_files(ui, folder, &dump.manifests, args.output)?,
        None => ui.foreign_data(&text(&dump.manifests, args.output))?,
    }
    tell_left_out(ui, &dump);
    Ok(if dump.failed { ExitStatus::Failed } else { ExitStatus::Success })
}

/// The members of a set, in the order in which they would be applied.
async fn of_set(ui: &Ui, context: &CommandContext, args: &DumpArgs) -> Result<Dump, CommandError> {
    let selector = LabelSelector::parse(&args.selectors.selector);
    let selector = selector.map_err(|error| CommandError::usage(format!("--selector: {error}")))?;
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let mut dump = Dump::default();
    let Some(seen) = args.set.seen(context, &client, &discovery).await? else { return Ok(dump) };
    let reading = seen.all_members(&client, &discovery);
    let (members, unknown) = with_progress(ui, || format!("reading from {}", client.target()), reading).await?;
    if let Some(unknown) = unknown {
        ui.error(&unknown);
        dump.failed = true;
    }
    client.take_warnings().iter().for_each(|warning| ui.warning(warning));
    let objects = members.into_iter().map(|member| member.object).filter(|object| selector.matches(object)).collect();
    dump.take(Read { objects, named: true }, args);
    Ok(dump)
}

/// The live state of the objects of manifests.
async fn of_manifests(ui: &Ui, context: &CommandContext, args: &DumpArgs) -> Result<Dump, CommandError> {
    let desired = load(&args.manifests, &args.selectors.selector).await?;
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let (placed, mut failed) = place_all(context, &client, &discovery, desired);
    let mut live = with_progress(ui, || format!("reading from {}", client.target()), Live::fetch(&client, &placed)).await?;
    let (mut objects, mut missing) = (Vec::new(), false);
    for placed in &placed {
        match live.take_object(placed) {
            Ok(Some(object)) => objects.push(object),
            Ok(None) => {
                ui.error(&format!("{}{} does not exist", placed.display_name(), in_namespace(placed.key.namespace.as_deref())));
                missing = true;
            }
            Err(error) => failed.push(Failure::of(placed, error)),
        }
    }
    failures::tell_all(ui, &failed);
    let mut dump = Dump { failed: missing || !failed.is_empty(), ..Dump::default() };
    dump.take(Read { objects, named: true }, args);
    Ok(dump)
}

/// Objects by their kinds, or of all kinds.
async fn of_kinds(ui: &Ui, context: &CommandContext, args: &DumpArgs) -> Result<Dump, CommandError> {
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    let is_sweep = args.resources.is_empty();
    let selections = match &namespace {
        _ if !is_sweep => parse_resource_arguments(&args.resources, &discovery)?,
        Some(namespace) => in_a_namespace(&discovery, namespace, args),
        None => all_kinds(&discovery, args),
    };
    check(&selections, is_sweep, args)?;
    let reading = read_all(&client, one_by_one(selections), namespace, args.parameters());
    let found = with_progress(ui, || format!("reading objects from {}", client.target()), reading).await;
    let mut dump = Dump { secrets_unread: is_sweep && !args.include_secrets, ..Dump::default() };
    let mut refused = Vec::new();
    for (resource, result) in found {
        match result {
            Ok(read) => dump.take(Read { named: read.named && !is_sweep, ..read }, args),
            Err(ref error @ ClientError::Refused { .. }) if is_sweep && !error.is(Reason::NotFound) => {
                refused.push(resource.group_resource().to_string());
            }
            Err(error @ ClientError::Refused { .. }) if !error.is(Reason::Unauthorized) => {
                ui.error(&client_error_in_words(&error));
                dump.failed = true;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !refused.is_empty() {
        ui.warning(&format!("these could not be read and are left out: {}", refused.join(", ")));
    }
    // Nobody asked for the deprecated kinds that a sweep comes by.
    client.take_warnings().iter().filter(|_| !is_sweep).for_each(|warning| ui.warning(warning));
    // What others stand on comes first, so that a stream can be applied by whatever applies it in its order.
    dump.manifests.sort_by_key(|manifest| match manifest.kind() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        _ => 2,
    });
    Ok(dump)
}

fn check(selections: &[Selection], is_sweep: bool, args: &DumpArgs) -> Result<(), CommandError> {
    let is_secrets = |selection: &Selection| selection.resource.group.is_empty() && selection.resource.plural == "secrets";
    if !is_sweep && !args.include_secrets && selections.iter().any(is_secrets) {
        return Err(CommandError::usage("Secrets are not written without --include-secrets").hint("it writes their values in clear"));
    }
    let named = selections.iter().any(|selection| !selection.names.is_empty());
    if !is_sweep && named { Ok(args.selectors.beside_names()?) } else { Ok(()) }
}

/// All kinds of a namespace, and the namespace itself, which they cannot do without.
fn in_a_namespace(discovery: &Discovery, namespace: &str, args: &DumpArgs) -> Vec<Selection> {
    let mut selections = all_kinds(discovery, args);
    let resource = discovery.resources().iter().find(|resource| resource.group.is_empty() && resource.plural == "namespaces");
    // The labels that are asked for are those of what is in it.
    let selecting = !args.selectors.selector.is_empty() || !args.selectors.field_selector.is_empty();
    if let Some(resource) = resource.filter(|_| !selecting) {
        selections.insert(0, Selection { resource: resource.clone(), names: vec![namespace.to_owned()] });
    }
    selections
}

/// Each name by itself, so that one that does not exist hides no other.
fn one_by_one(selections: Vec<Selection>) -> Vec<Selection> {
    let apart = |selection: Selection| match selection.names.len() {
        0 | 1 => vec![selection],
        _ => selection.names.iter().map(|name| Selection { resource: selection.resource.clone(), names: vec![name.clone()] }).collect(),
    };
    selections.into_iter().flat_map(apart).collect()
}

/// Every kind that can be made by a client, in the version that the server prefers.
fn all_kinds(discovery: &Discovery, args: &DumpArgs) -> Vec<Selection> {
    let everywhere = args.selectors.all_namespaces;
    let mut seen = HashSet::new();
    let kinds = discovery.resources().iter().filter(|resource| seen.insert((&resource.group, &resource.plural)));
    let is_dumped = |resource: &&ServedResource| {
        resource.understands("list")
            && resource.understands("create")
            && (resource.namespaced || everywhere)
            && !is_runtime_kind(&resource.gvk())
            // Not even read, where they are not written.
            && (args.include_secrets || !(resource.group.is_empty() && resource.plural == "secrets"))
    };
    kinds.filter(is_dumped).map(|resource| Selection { resource: resource.clone(), names: Vec::new() }).collect()
}

/// What was found of one kind.
type Found = (Arc<ServedResource>, Result<Read, ClientError>);

async fn read_all(client: &Client, selections: Vec<Selection>, namespace: Option<String>, parameters: ListParameters) -> Vec<Found> {
    let mut found = Vec::new();
    let work = |selection: Selection| {
        let (client, namespace, parameters) = (client.clone(), namespace.clone(), parameters.clone());
        async move {
            let read = read(&client, &selection, namespace.as_deref(), &parameters).await;
            (Arc::new(selection.resource), read)
        }
    };
    each(selections, REQUESTS_AT_ONCE, work, |one| found.push(one)).await;
    found
}

async fn read(client: &Client, selection: &Selection, namespace: Option<&str>, parameters: &ListParameters) -> Result<Read, ClientError> {
    let resource = &selection.resource;
    let mut objects = Vec::new();
    for name in &selection.names {
        objects.push(client.object(&ApiRequest::get(resource, namespace, name, Form::Objects)).await?);
    }
    if selection.names.is_empty() {
        let request = ApiRequest::list(resource, namespace, parameters, "", Form::Objects);
        for page in list_pages(client, resource, namespace, parameters, Form::Objects).await? {
            let mut page: Value = client.parse(&request, &page)?;
            let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else { continue };
            objects.extend(items.into_iter().filter_map(|item| Object::from_value(item).ok()));
        }
    }
    // The items of a list of built-in kinds leave their kind to the list.
    objects.iter_mut().for_each(|object| object.set_gvk(&resource.gvk()));
    Ok(Read { objects, named: !selection.names.is_empty() })
}

impl Dump {
    fn take(&mut self, read: Read, args: &DumpArgs) {
        for object in read.objects {
            let manifest = clean(&object);
            let why = left_out(&object, &manifest).filter(|why| match why {
                LeftOut::Secret => !args.include_secrets,
                LeftOut::Owned => !args.owned && !read.named,
                LeftOut::Made => !read.named,
                LeftOut::Deleting => true,
            });
            // A Secret that is named, or owned and asked for, is still a Secret.
            let is_secret = object.kind() == "Secret" && object.api_version() == "v1";
            match why.or((is_secret && !args.include_secrets).then_some(LeftOut::Secret)) {
                Some(why) => *self.left_out.entry(why).or_default() += 1,
                None if args.defaults == Defaults::Drop => self.manifests.push(without_defaults(manifest, &object)),
                None => self.manifests.push(manifest),
            }
        }
    }
}

fn text(manifests: &[Object], form: DumpForm) -> String {
    let values = manifests.iter().map(|manifest| manifest.clone().into_value());
    match form {
        DumpForm::Yaml => values.map(|value| yaml::emit(&value)).collect::<Vec<_>>().join("---\n"),
        DumpForm::Json => pretty(&json!({"apiVersion": "v1", "kind": "List", "items": values.collect::<Vec<_>>()})),
    }
}

fn write_files(ui: &Ui, folder: &Path, manifests: &[Object], form: DumpForm) -> Result<(), CommandError> {
    let failed = |path: &Path, error: &std::io::Error| CommandError::failed(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut written = HashSet::new();
    for manifest in manifests {
        let value = manifest.clone().into_value();
        let (ending, text) = match form {
            DumpForm::Yaml => ("yaml", yaml::emit(&value)),
            DumpForm::Json => ("json", pretty(&value)),
        };
        let name = file_name(manifest, ending);
        let path = folder.join(&name);
        let is_secret = manifest.kind() == "Secret" && manifest.api_version() == "v1";
        let done = if is_secret { private_file::write_over(&path, &text) } else { fs::write(&path, &text) };
        done.map_err(|error| failed(&path, &error))?;
        written.insert(name);
    }
    let objects = if manifests.len() == 1 { "1 object".to_owned() } else { format!("{} objects", manifests.len()) };
    ui.say(&format!("wrote {objects} to {}", folder.display()));
    let others = others(folder, &written);
    if others > 0 {
        let files = if others == 1 { "1 other manifest stands".to_owned() } else { format!("{others} other manifests stand") };
        ui.warning(&format!("{files} in {}, which this dump did not write", folder.display()));
    }
    Ok(())
}

/// How many manifests in a folder this dump did not write: of objects that are gone, perhaps.
fn others(folder: &Path, written: &HashSet<String>) -> usize {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_manifest = |name: &String| [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
    names.filter(|name| is_manifest(name) && !written.contains(name)).count()
}

fn tell_left_out(ui: &Ui, dump: &Dump) {
    let unread = dump.secrets_unread.then(|| "Secrets, which were not read (--include-secrets writes them, in clear)".to_owned());
    let counted = LeftOut::ALL.iter().filter_map(|why| Some(why.in_words(*dump.left_out.get(why)?)));
    let told: Vec<String> = unread.into_iter().chain(counted).collect();
    if !told.is_empty() {
        ui.say(&format!("left out: {}", told.join(", ")));
    }
    if dump.manifests.is_empty() && !dump.failed {
        ui.say("nothing was found to write");
    }
}
