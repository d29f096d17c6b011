//! `trueup describe`: everything about an object in a form that is easy to read, and its events.

use std::sync::Arc;

use clap::Args;
use futures::future::try_join_all;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::events::read_events;
use super::{find, load, place_all};
use crate::ambient::Ambient;
use crate::cli::error::client_error_in_words;
use crate::cli::output::description::Description;
use crate::cli::ui::Ui;
use crate::cli::{CommandContext, CommandError, ExitStatus, ManifestArgs, SelectorArgs, failures};
use crate::client::{
    ApiRequest, Client, ClientError, Discovery, Form, Selection, ServedResource, check_resource_arguments, parse_resource_arguments,
};
use crate::object::Object;
use crate::plan::Placed;

const EXAMPLES: &str = "\
Examples:
  trueup describe deploy/web
  trueup describe things -l app=web
  trueup describe -f web.yaml                what a manifest describes, as it is on the target
  trueup describe crd things.example.com --show-events=false

Values of Secrets are not shown, only how long they are.";

/// Show everything about objects, and their events
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct DescribeArgs {
    /// TYPE[,TYPE...] [NAME...] or TYPE/NAME...
    #[arg(required_unless_present_any = ["filename", "kustomize"], value_name = "RESOURCE")]
    resources: Vec<String>,
    #[command(flatten)]
    manifests: ManifestArgs,
    #[command(flatten)]
    selectors: SelectorArgs,
    /// Show the events about each object
    #[arg(long, num_args = 0..=1, default_value_t = true, default_missing_value = "true", require_equals = true,
        action = clap::ArgAction::Set, value_name = "BOOL")]
    show_events: bool,
}

impl DescribeArgs {
    /// What can be judged without a server.
    fn check(&self) -> Result<(), CommandError> {
        if self.manifests.is_empty() {
            return Ok(check_resource_arguments(&self.resources)?);
        }
        if !self.resources.is_empty() {
            return Err(CommandError::usage("-f and resource arguments cannot be given together"));
        }
        Ok(self.selectors.beside_files()?)
    }

    fn validate(&self, selections: &[Selection]) -> Result<(), CommandError> {
        let named = selections.iter().any(|selection| !selection.names.is_empty());
        if named { Ok(self.selectors.beside_names()?) } else { Ok(()) }
    }
}

/// Describes objects.
pub async fn cmd_describe(ui: &Ui, context: &CommandContext, args: &DescribeArgs) -> Result<ExitStatus, CommandError> {
    args.check()?;
    // A broken file is told before any server is asked.
    let desired = if args.manifests.is_empty() { None } else { Some(load(&args.manifests, &args.selectors.selector).await?) };
    let client = context.client().await?;
    let discovery = Discovery::fetch(&client).await?;
    let (places, unplaced) = match desired {
        Some(desired) => {
            let (placed, unplaced) = place_all(context, &client, &discovery, desired);
            unplaced.iter().for_each(|failure| failures::tell(ui, failure));
            (placed.into_iter().map(|Placed { resource, key, .. }| (resource, key.namespace, key.name)).collect(), unplaced.len())
        }
        None => (named(ui, &client, &discovery, args).await?, 0),
    };
    let status = describe_all(ui, &client, places, args).await?;
    Ok(if unplaced > 0 { ExitStatus::Failed } else { status })
}

/// The objects that arguments and selectors name.
async fn named(ui: &Ui, client: &Client, discovery: &Discovery, args: &DescribeArgs) -> Result<Vec<Place>, CommandError> {
    let selections = parse_resource_arguments(&args.resources, discovery)?;
    args.validate(&selections)?;
    let namespace = (!args.selectors.all_namespaces).then(|| client.default_namespace().to_owned());
    let chosen = selections.into_iter().map(|selection| chosen(client, selection, namespace.clone(), args));
    let places: Vec<_> = try_join_all(chosen).await?.concat();
    if places.is_empty() {
        ui.say(&namespace.map_or_else(|| "No resources found".to_owned(), |name| format!("No resources found in {name} namespace.")));
    }
    Ok(places)
}

async fn describe_all(ui: &Ui, client: &Client, places: Vec<Place>, args: &DescribeArgs) -> Result<ExitStatus, CommandError> {
    let (mut status, mut first) = (ExitStatus::Success, true);
    for (resource, namespace, name) in places {
        match describe(ui, client, &resource, namespace.as_deref(), &name, args).await {
            Ok(text) => {
                ui.data(if first { "" } else { "\n\n" })?;
                ui.foreign_data(&text)?;
                first = false;
            }
            Err(error @ ClientError::Refused { .. }) => {
                ui.error(&client_error_in_words(&error));
                status = ExitStatus::Failed;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(status)
}

type Place = (Arc<ServedResource>, Option<String>, String);

async fn chosen(client: &Client, selection: Selection, namespace: Option<String>, args: &DescribeArgs) -> Result<Vec<Place>, ClientError> {
    let resource = Arc::new(selection.resource);
    let own = namespace.filter(|_| resource.namespaced);
    let found = if selection.names.is_empty() {
        find(client, &resource, own.as_deref(), &args.selectors).await?
    } else {
        selection.names.into_iter().map(|name| (own.clone(), name)).collect()
    };
    Ok(found.into_iter().map(|(namespace, name)| (Arc::clone(&resource), namespace, name)).collect())
}

async fn describe(
    ui: &Ui,
    client: &Client,
    resource: &ServedResource,
    namespace: Option<&str>,
    name: &str,
    args: &DescribeArgs,
) -> Result<String, ClientError> {
    let mut object = client.object(&ApiRequest::get(resource, namespace, name, Form::Objects)).await?;
    object.set_gvk(&resource.gvk());
    let events = if args.show_events { events(ui, client, &object, namespace).await? } else { None };
    let now = Ambient::from_env().unwrap_or_else(|_| Ambient::system()).now();
    Ok(text(&object, events.as_deref(), now))
}

/// The events about an object; `None`, with a warning, where they may not be read, since that is not to look like having none.
async fn events(ui: &Ui, client: &Client, object: &Object, namespace: Option<&str>) -> Result<Option<Vec<Value>>, ClientError> {
    let selector = format!("involvedObject.uid={}", object.uid());
    match read_events(client, Some(namespace.unwrap_or("default")), &selector, 500).await {
        Ok(events) => Ok(Some(events)),
        Err(error @ ClientError::Refused { .. }) => {
            ui.warning(&format!("the events are left out: {}", client_error_in_words(&error)));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The whole description; pure.
fn text(object: &Object, events: Option<&[Value]>, now: Timestamp) -> String {
    let mut description = Description::new();
    description.put("Name", object.name());
    description.put("Namespace", object.namespace().unwrap_or_default());
    let pairs = |member: &str| object.metadata().and_then(|metadata| metadata.get(member)).and_then(Value::as_object).cloned();
    description.labels(&pairs("labels").unwrap_or_default());
    let mut annotations = pairs("annotations").unwrap_or_default();
    // It holds the whole manifest, values of Secrets included.
    annotations.remove(crate::plan::LAST_APPLIED);
    description.annotations(&annotations);
    description.members(&shown(object));
    if let Some(events) = events {
        description.events(events, now);
    }
    description.text()
}

/// The object without what stands in the head, without bookkeeping, and without the values of Secrets.
fn shown(object: &Object) -> Map<String, Value> {
    let mut root = object.root().clone();
    if let Some(metadata) = root.get_mut("metadata").and_then(Value::as_object_mut) {
        for member in ["name", "namespace", "labels", "annotations", "managedFields"] {
            metadata.remove(member);
        }
    }
    if object.kind() == "Secret" && object.api_version() == "v1" {
        for member in ["data", "stringData"] {
            for value in root.get_mut(member).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
                *value = format!("{} bytes", length(value.as_str().unwrap_or_default(), member == "data")).into();
            }
        }
    }
    root
}

/// How many bytes a value of a Secret has.
fn length(value: &str, encoded: bool) -> usize {
    use base64::Engine as _;
    if !encoded {
        return value.len();
    }
    base64::engine::general_purpose::STANDARD.decode(value).map_or(value.len(), |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn described(object: Value, events: &[Value]) -> String {
        text(&Object::from_value(object).expect("an object"), Some(events), "2026-11-22T10:00:00Z".parse().expect("a time"))
    }

    #[test]
    fn values_of_secrets_are_never_shown() {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"password": "aHVudGVyMg=="},
            "metadata": {"name": "s", "namespace": "n", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "aHVudGVyMg=="}}});
        assert_eq!(
            described(secret, &[]),
            "Name:         s\nNamespace:    n\nLabels:       <none>\nAnnotations:  <none>\nAPI Version:  v1\nData:\n  \
             password:  7 bytes\nKind:        Secret\nMetadata:\nType:    Opaque\nEvents:  <none>\n"
        );
    }

    #[test]
    fn a_custom_resource_is_laid_out_as_kubectl_does() {
        let thing = json!({"apiVersion": "example.com/v1", "kind": "Coin", "metadata": {"name": "one", "namespace": "default",
            "labels": {"b": "1", "a": "x"}, "annotations": {"note": "two\nlines"}, "uid": "u", "resourceVersion": "35"},
            "spec": {"value": 5, "list": [1, "two", {"a": "b"}], "camelCaseName": true, "url": "http://x",
                "nested": {"ip": "1.2.3.4", "hostIPs": ["a"], "empty": {}}},
            "status": {"conditions": [{"type": "Ready", "status": "True", "message": "ok"}]}});
        let event = json!({"type": "Normal", "reason": "Made", "message": "made it", "eventTime": "2026-11-22T09:50:00.000000Z",
            "reportingComponent": "x.io/y"});
        assert_eq!(
            described(thing, &[event]),
            "Name:         one\nNamespace:    default\nLabels:       a=x\n              b=1\nAnnotations:  note:\n                two\n                lines\n\
             API Version:  example.com/v1\nKind:         Coin\nMetadata:\n  Resource Version:  35\n  UID:               u\nSpec:\n  \
             Camel Case Name:  true\n  List:\n    1\n    two\n    A:  b\n  Nested:\n    Empty:\n    Host I Ps:\n      a\n    Ip:   1.2.3.4\n  \
             URL:    http://x\n  Value:  5\nStatus:\n  Conditions:\n    Message:  ok\n    Status:   True\n    Type:     Ready\nEvents:\n  \
             Type    Reason  Age   From    Message\n  ----    ------  ----  ----    -------\n  Normal  Made    10m   x.io/y  made it\n"
        );
    }
}
