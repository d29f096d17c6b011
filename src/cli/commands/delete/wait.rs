//! Waiting until deleted objects are gone.
//!
//! Receives objects that the server has marked for deletion, hands on how many of them did not go. Invariant: where nobody is known to
//! do what an object waits for, the command says so and ends, instead of waiting without end.

use std::sync::Arc;

use serde_json::Value;

use super::{DeleteArgs, Doomed};
use crate::cli::context::{CommandContext, Controllers};
use crate::cli::error::client_error_in_words;
use crate::cli::progress::with_progress;
use crate::cli::ui::Ui;
use crate::cli::waiting::beside_controllers;
use crate::client::{Client, Place, Target, until_all_gone};
use crate::object::Object;

/// An object that goes later.
#[derive(Debug, Clone)]
pub(super) struct Going {
    uid: String,
    /// Whether it waits for one of our own controllers.
    for_controllers: bool,
}

impl Going {
    /// What an object waits for, by the answer to its deletion.
    pub(super) fn of(answer: &Object) -> Self {
        let names = |finalizers: Option<&Value>, ours: &[&str]| {
            let finalizers = finalizers.and_then(Value::as_array).into_iter().flatten();
            finalizers.filter_map(Value::as_str).any(|name| ours.contains(&name))
        };
        let root = answer.root();
        let of_metadata = root.get("metadata").and_then(|metadata| metadata.get("finalizers"));
        let of_namespace = root.get("spec").and_then(|spec| spec.get("finalizers"));
        let for_controllers = names(of_metadata, &["customresourcecleanup.apiextensions.k8s.io", "foregroundDeletion", "orphan"])
            || (answer.kind() == "Namespace" && names(of_namespace, &["kubernetes"]));
        Self { uid: answer.uid().to_owned(), for_controllers }
    }
}

/// Waits for all, and tells of those that did not go; answers their numbers, each with why.
pub(super) async fn wait_for_all(
    ui: &Ui,
    context: &CommandContext,
    client: &Client,
    mut going: Vec<(usize, Arc<Doomed>, Going)>,
    args: &DeleteArgs,
) -> Vec<(usize, String)> {
    let controllers = context.controllers();
    // Who asks for the wait in so many words gets it: a server may be at work on the same store.
    if matches!(controllers, Controllers::Nobody) && args.wait.is_none() {
        let left: Vec<_> = going.extract_if(.., |(_, _, going)| going.for_controllers).map(|(_, object, _)| object).collect();
        tell_of_controllers(ui, client, &left);
    }
    if going.is_empty() {
        return Vec::new();
    }
    let names = names_of(&going.iter().map(|(_, object, _)| Arc::clone(object)).collect::<Vec<_>>());
    context.note(format!("{names} {} deleted, but not gone yet", if going.len() == 1 { "is" } else { "are" }));
    let followed: Vec<(Place, String)> = going.iter().map(|(_, object, going)| (place_of(object), going.uid.clone())).collect();
    let mut fates = vec![None; going.len()];
    let waits = async {
        let all = until_all_gone(client, &followed, |number, fate| fates[number] = Some(fate));
        if args.timeout.is_zero() {
            all.await;
        } else {
            // What has no fate when the time is over has not gone.
            let _late = tokio::time::timeout(args.timeout, all).await;
        }
    };
    with_progress(ui, || format!("waiting for {names} to go"), beside_controllers(context, client, waits)).await;
    let problems = going.into_iter().zip(fates).filter_map(|((number, object, _), fate)| {
        let name = object.display_name();
        let problem = match fate {
            Some(Ok(())) => return None,
            Some(Err(error)) => format!("cannot wait for {name} to go: {}", client_error_in_words(&error)),
            None => {
                format!("{name} was not gone after {} s; its finalizers may be waiting for a controller", args.timeout.as_secs())
            }
        };
        Some((number, problem))
    });
    problems.inspect(|(_, problem)| ui.error(problem)).collect()
}

fn place_of(object: &Doomed) -> Place {
    Place { resource: Arc::clone(&object.resource), namespace: object.namespace.clone(), name: object.name.clone() }
}

fn tell_of_controllers(ui: &Ui, client: &Client, left: &[Arc<Doomed>]) {
    if left.is_empty() {
        return;
    }
    let (names, goes) = (names_of(left), if left.len() == 1 { "goes" } else { "go" });
    let serve = match client.target() {
        Target::Local { directory } => format!("trueup serve --local {}", directory.display()),
        Target::Etcd { endpoints } => format!("trueup serve --etcd {}", endpoints.join(",")),
        Target::Remote { .. } => "trueup serve".to_owned(),
    };
    ui.hint(&format!("{names} {goes} once a server with its controllers works on this store: {serve}"));
}

/// `configmap/a`, `configmap/a and configmap/b`, or `300 objects`.
fn names_of(objects: &[Arc<Doomed>]) -> String {
    match objects {
        [one] => one.display_name(),
        [one, two] => format!("{} and {}", one.display_name(), two.display_name()),
        more => format!("{} objects", more.len()),
    }
}
