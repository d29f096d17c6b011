//! `trueup tree`: an object, what it owns, and how far each of them is.

mod set;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;

use crate::ambient::Ambient;
use crate::cli::output::align::Widths;
use crate::cli::progress::with_progress;
use crate::cli::sets::SetNameArgs;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus};
use crate::client::{
    ApiRequest, Client, ClientError, Discovery, Form, ListParameters, ServedResource, list_pages, parse_resource_arguments,
};
use crate::object::Object;
use crate::plan::{REQUESTS_AT_ONCE, each};
use crate::printable::one_line;
use crate::readiness::readiness;
use crate::schema::columns::human_duration;

const EXAMPLES: &str = "\
Examples:
  trueup tree deploy/web                     the ReplicaSets of a Deployment, and their pods
  trueup tree crd/things.example.com         what an object outside of namespaces owns, everywhere
  trueup tree --applyset shop -n shop        the members of a set, and what they own

Who owns an object is written in its metadata.ownerReferences.";

/// Show an object and what it owns, or a set and its members, with the readiness of each
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct TreeArgs {
    /// TYPE NAME or TYPE/NAME
    #[arg(required_unless_present = "applyset", conflicts_with = "applyset", value_name = "RESOURCE")]
    resources: Vec<String>,
    #[command(flatten)]
    set: SetNameArgs,
    /// Leave the headers out
    #[arg(long)]
    no_headers: bool,
}

/// An object that may own or be owned.
struct Member {
    resource: Arc<ServedResource>,
    object: Object,
}

/// What was found in one collection.
type Found = (Arc<ServedResource>, Result<Vec<Object>, ClientError>);

/// Shows a tree.
pub async fn cmd_tree(ui: &Ui, context: &CommandContext, args: &TreeArgs) -> Result<ExitStatus, CommandError> {
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    if let Some(seen) = args.set.seen(context, &client, &discovery).await? {
        return set::show(ui, (&client, &discovery), seen, args.no_headers).await;
    }
    let selections = parse_resource_arguments(&args.resources, &discovery)?;
    let [selection] = selections.as_slice() else { return Err(CommandError::usage("a tree has one root: name one object")) };
    let [name] = selection.names.as_slice() else { return Err(CommandError::usage("a tree has one root: name one object")) };
    let resource = Arc::new(selection.resource.clone());
    let namespace = resource.namespaced.then(|| client.default_namespace().to_owned());
    let mut root = client.object(&ApiRequest::get(&resource, namespace.as_deref(), name, Form::Objects)).await?;
    root.set_gvk(&resource.gvk());
    let collections = owned_kinds(&discovery, namespace.is_some()).into_iter().map(|resource| (resource, namespace.clone()));
    let reading = read_all(&client, collections.collect());
    let found = with_progress(ui, || format!("reading all objects from {}", client.target()), reading).await;
    let members = told(ui, found)?;
    ui.foreign_data(&text(&Member { resource, object: root }, &members, now(), args.no_headers))?;
    Ok(ExitStatus::Success)
}

fn now() -> Timestamp {
    Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now()
}

/// The resources whose objects may have an owner: inside of a namespace, owners and owned are in the same.
fn owned_kinds(discovery: &Discovery, namespaced: bool) -> Vec<Arc<ServedResource>> {
    let mut seen = HashSet::new();
    let kinds = discovery.resources().iter().filter(|resource| seen.insert((&resource.group, &resource.plural)));
    let may_be_owned = |resource: &&ServedResource| {
        // The same events are served by two groups, and own nothing.
        resource.understands("list") && (resource.namespaced || !namespaced) && resource.plural != "events"
    };
    kinds.filter(may_be_owned).map(|resource| Arc::new(resource.clone())).collect()
}

/// A collection: a kind, and the namespace where it is read in one alone.
type Collection = (Arc<ServedResource>, Option<String>);

async fn read_all(client: &Client, collections: Vec<Collection>) -> Vec<Found> {
    let mut found = Vec::new();
    let work = |(resource, namespace): Collection| {
        let client = client.clone();
        async move {
            let objects = read(&client, &resource, namespace.as_deref()).await;
            (resource, objects)
        }
    };
    each(collections, REQUESTS_AT_ONCE, work, |one| found.push(one)).await;
    found
}

/// The objects of a collection that have an owner.
async fn read(client: &Client, resource: &ServedResource, namespace: Option<&str>) -> Result<Vec<Object>, ClientError> {
    let parameters = ListParameters { limit: 500, ..ListParameters::default() };
    let request = ApiRequest::list(resource, namespace, &parameters, "", Form::Objects);
    let mut objects = Vec::new();
    for page in list_pages(client, resource, namespace, &parameters, Form::Objects).await? {
        let mut page: serde_json::Value = client.parse(&request, &page)?;
        let Some(serde_json::Value::Array(items)) = page.get_mut("items").map(serde_json::Value::take) else { continue };
        let owned = items.into_iter().filter(|item| item.pointer("/metadata/ownerReferences").is_some());
        for mut object in owned.filter_map(|item| Object::from_value(item).ok()) {
            object.set_gvk(&resource.gvk());
            objects.push(object);
        }
    }
    Ok(objects)
}

/// The objects; what the server refused to list is told, and a server that is away ends the command.
fn told(ui: &Ui, found: Vec<Found>) -> Result<Vec<Member>, CommandError> {
    let (mut members, mut refused) = (Vec::new(), Vec::new());
    for (resource, result) in found {
        match result {
            Ok(objects) => members.extend(objects.into_iter().map(|object| Member { resource: Arc::clone(&resource), object })),
            Err(ClientError::Refused { .. }) => refused.push(resource.group_resource().to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    // One kind may be refused in several namespaces.
    refused.dedup();
    if !refused.is_empty() {
        ui.warning(&format!("these could not be listed and are left out: {}", refused.join(", ")));
    }
    Ok(members)
}

/// The tree as a table; pure.
fn text(root: &Member, members: &[Member], now: Timestamp, no_headers: bool) -> String {
    let mut lines = Vec::new();
    if !no_headers {
        lines.push(HEADERS.map(str::to_owned).to_vec());
    }
    let mut found = Vec::new();
    branch(root, ("", ""), &by_owner(members), &mut HashSet::new(), now, &mut found);
    // The namespace is that of the root, if any.
    lines.extend(found.into_iter().map(|line| line[1..].to_vec()));
    Widths::default().align(&lines)
}

const HEADERS: [&str; 4] = ["OBJECT", "AGE", "STATE", "REASON"];

/// Objects by the uids of their owners, each in the order of names.
fn by_owner(members: &[Member]) -> HashMap<String, Vec<&Member>> {
    let mut owned: HashMap<String, Vec<&Member>> = HashMap::new();
    for member in members {
        for owner in member.object.owner_references() {
            owned.entry(owner.uid.clone()).or_default().push(member);
        }
    }
    for members in owned.values_mut() {
        members.sort_by_cached_key(|member| (display_name(member), member.object.namespace().map(str::to_owned)));
    }
    owned
}

/// Adds a line for an object and those for all below it, each with its namespace before it. `signs` stand before its own line and before those below.
fn branch(
    member: &Member,
    signs: (&str, &str),
    owned: &HashMap<String, Vec<&Member>>,
    shown: &mut HashSet<String>,
    now: Timestamp,
    lines: &mut Vec<Vec<String>>,
) {
    let object = &member.object;
    lines.push(line(member, signs.0, now));
    // Several owners, and owners in a circle, are not forbidden: what an object owns is shown once.
    if !shown.insert(object.uid().to_owned()) {
        return;
    }
    let children = owned.get(object.uid()).map(Vec::as_slice).unwrap_or_default();
    for (number, child) in children.iter().enumerate() {
        let last = number + 1 == children.len();
        let own = format!("{}{}", signs.1, if last { "└─ " } else { "├─ " });
        let below = format!("{}{}", signs.1, if last { "   " } else { "│  " });
        branch(child, (&own, &below), owned, shown, now, lines);
    }
}

fn line(member: &Member, signs: &str, now: Timestamp) -> Vec<String> {
    let age = member.object.meta_str("creationTimestamp").and_then(|text| text.parse().ok());
    let state = readiness(&member.object, now);
    let age = age.map_or_else(|| "<unknown>".to_owned(), |created| human_duration(created, now));
    let namespace = member.object.namespace().unwrap_or_default().to_owned();
    vec![namespace, format!("{signs}{}", display_name(member)), age, state.word().to_owned(), one_line(state.reason()).into_owned()]
}

fn display_name(member: &Member) -> String {
    format!("{}/{}", member.resource.display_kind(), member.object.name())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn member(kind: &str, name: &str, uid: &str, owners: &[&str]) -> Member {
        let owners: Vec<_> = owners.iter().map(|uid| json!({"apiVersion": "v1", "kind": "K", "name": "n", "uid": uid})).collect();
        let object = json!({"apiVersion": "x.io/v1", "kind": kind, "metadata": {"name": name, "uid": uid, "ownerReferences": owners,
            "creationTimestamp": "2026-11-22T09:55:00Z"}});
        let resource = Arc::new(ServedResource::named("x.io", "v1", kind, &kind.to_lowercase(), true));
        Member { resource, object: Object::from_value(object).expect("an object") }
    }

    #[test]
    fn what_many_own_is_opened_once() {
        let names: Vec<String> = (0..30).map(|number| format!("u{number}")).collect();
        let owners: Vec<&str> = names.iter().map(String::as_str).collect();
        let members: Vec<Member> = names.iter().map(|uid| member("ConfigMap", uid, uid, &owners)).collect();
        let lines = text(&members[0], &members, at(), true).lines().count();
        assert_eq!(lines, 1 + 30 * 30);
    }

    #[test]
    fn what_is_owned_stands_below_its_owner() {
        let root = member("Root", "r", "1", &["4"]);
        let members = [
            member("Leaf", "c", "3", &["2"]),
            member("Node", "b", "2", &["1"]),
            member("Leaf", "a", "4", &["1"]),
            member("Leaf", "x", "5", &["9"]),
            member("Root", "r", "1", &["4"]),
        ];
        let text = text(&root, &members, at(), false);
        assert_eq!(
            text,
            "OBJECT              AGE   STATE   REASON\n\
             root.x.io/r         5m    ready   \n\
             ├─ leaf.x.io/a      5m    ready   \n\
             │  └─ root.x.io/r   5m    ready   \n\
             └─ node.x.io/b      5m    ready   \n   \
             └─ leaf.x.io/c   5m    ready   \n"
        );
    }

    fn at() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().expect("a time")
    }
}
