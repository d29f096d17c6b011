//! Asks the target what could stand at the cursor.
//!
//! Receives a [`HalfTyped`] line, hands on candidates for its last word, whole words each, in order. Invariant: what a server says reaches a
//! shell only where it holds nothing that a shell, or a terminal, would take for more than a word.

use std::collections::BTreeSet;

use serde_json::Value;

use super::line::{HalfTyped, Wanted};
use crate::cli::commands::set_parents;
use crate::cli::settings::kubeconfig_files;
use crate::cli::{CommandContext, Openers, Settings, StoreLocation, TargetSettings};
use crate::client::{ApiRequest, Client, Discovery, Form, ListParameters, ServedResource};
use crate::kubeconfig::Kubeconfigs;

/// The most objects that are looked through; a terminal shows no more names than that anyway.
const MOST: u32 = 500;

/// The file whose being there says that a local store is.
const DATABASE: &str = "trueup.db";

/// The words that could stand at the cursor; `None` where nobody can say.
pub(super) async fn of(line: &HalfTyped, environment: &dyn Fn(&str) -> Option<String>, openers: Openers) -> Option<Vec<String>> {
    let found = match &line.wanted {
        Wanted::Word(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        Wanted::Context => contexts(line, environment)?,
        asking => {
            let settings = Settings::resolve(&line.global, environment).ok()?;
            // Opening a store makes it, which is not for whoever only looks.
            if let TargetSettings::Store(StoreLocation::Local(directory)) = &settings.target
                && !directory.join(DATABASE).exists()
            {
                return None;
            }
            let client = CommandContext::new(settings, openers).client().await.ok()?;
            ask(&client, asking, &line.typed).await?
        }
    };
    let fitting: BTreeSet<String> = found.into_iter().filter(|word| word.starts_with(&line.typed) && is_plain(word)).collect();
    Some(fitting.into_iter().map(|word| format!("{}{word}", line.prefix)).collect())
}

/// Whether a text is a word to every shell, whatever is done with it.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._:@/+,%".contains(letter))
}

fn contexts(line: &HalfTyped, environment: &dyn Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    let files = kubeconfig_files(&line.global, environment).ok()?;
    let merged = Kubeconfigs::read(&files).ok()?.merged();
    let contexts = merged.get("contexts")?.as_array()?;
    Some(contexts.iter().filter_map(|context| Some(context.get("name")?.as_str()?.to_owned())).collect())
}

async fn ask(client: &Client, wanted: &Wanted, typed: &str) -> Option<Vec<String>> {
    if *wanted == Wanted::Namespace {
        return names(client, &ServedResource::named("", "v1", "Namespace", "namespaces", false)).await;
    }
    let discovery = Discovery::fetch(client).await.ok()?;
    match wanted {
        Wanted::Set => sets(client, &discovery).await,
        Wanted::Kind => Some(kinds(&discovery)),
        Wanted::Object => objects(client, &discovery, &[], typed, "/").await,
        Wanted::Resource(before) => objects(client, &discovery, before, typed, "").await,
        Wanted::Namespace | Wanted::Context | Wanted::Word(_) => None,
    }
}

/// `TYPE[,TYPE…]`, each with `ending`, `TYPE/NAME`, or `NAME` after a type.
async fn objects(client: &Client, discovery: &Discovery, before: &[String], typed: &str, ending: &str) -> Option<Vec<String>> {
    if let Some((kind, _)) = typed.split_once('/') {
        let names = names(client, discovery.resolve(kind).ok()?).await?;
        let words = names.into_iter().map(|name| format!("{kind}/{name}"));
        return Some(words.filter(|word| !before.contains(word)).collect());
    }
    match before.first() {
        Some(first) if !first.contains('/') => {
            let names = names(client, discovery.resolve(first.split(',').next()?).ok()?).await?;
            Some(names.into_iter().filter(|name| !before[1..].contains(name)).collect())
        }
        // TYPE/NAME is followed by its like.
        Some(_) => Some(kinds(discovery).into_iter().map(|kind| kind + "/").collect()),
        None => {
            let others = typed.rsplit_once(',').map(|(others, _)| format!("{others},")).unwrap_or_default();
            Some(kinds(discovery).into_iter().map(|kind| format!("{others}{kind}{ending}")).collect())
        }
    }
}

/// The kinds that can be listed, and the categories. A name that several groups have means the first of them; the others are told with
/// their groups.
fn kinds(discovery: &Discovery) -> Vec<String> {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut found = BTreeSet::new();
    for resource in discovery.resources().iter().filter(|resource| resource.understands("list")) {
        let whole = resource.group_resource().to_string();
        if !found.contains(&whole) {
            let is_first = taken.insert(&resource.plural);
            found.insert(if is_first { resource.plural.clone() } else { whole });
        }
        found.extend(resource.categories.iter().cloned());
    }
    found.into_iter().collect()
}

/// The names of the objects of a kind, in the namespace that one works in.
async fn names(client: &Client, resource: &ServedResource) -> Option<Vec<String>> {
    let parameters = ListParameters { limit: MOST, ..ListParameters::default() };
    let request = ApiRequest::list(resource, Some(client.default_namespace()), &parameters, "", Form::Table);
    let answer: Value = client.read(&request).await.ok()?;
    Some(names_in(&answer))
}

/// The names in a table, or in a list of a server that makes no tables.
fn names_in(answer: &Value) -> Vec<String> {
    let of = |list: &str| answer.get(list).and_then(Value::as_array).into_iter().flatten();
    let objects = of("rows").filter_map(|row| row.get("object")).chain(of("items"));
    objects.filter_map(|object| Some(object.get("metadata")?.get("name")?.as_str()?.to_owned())).collect()
}

/// Sets as `--applyset` takes them: a Secret by its name, another parent with its type.
async fn sets(client: &Client, discovery: &Discovery) -> Option<Vec<String>> {
    let (parents, _) = set_parents(client, discovery, Some(client.default_namespace())).await.ok()?;
    let name = |resource: &ServedResource, name: &str| match resource.display_kind().as_str() {
        "secret" => name.to_owned(),
        kind => format!("{kind}/{name}"),
    };
    Some(parents.iter().map(|(resource, object)| name(resource, object.name())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_that_share_a_name_are_told_apart() {
        let resource = |group: &str, version: &str, plural: &str| ServedResource {
            categories: vec!["all".to_owned()],
            ..ServedResource::named(group, version, "Kind", plural, true)
        };
        let discovery = Discovery::of(vec![
            resource("", "v1", "events"),
            resource("events.k8s.io", "v1", "events"),
            resource("events.k8s.io", "v1beta1", "events"),
            ServedResource { verbs: vec!["create".to_owned()], ..resource("", "v1", "reviews") },
        ]);
        assert_eq!(kinds(&discovery), ["all", "events", "events.events.k8s.io"]);
    }

    #[test]
    fn names_are_read_from_tables_and_from_lists() {
        assert_eq!(names_in(&json!({"kind": "Table", "rows": [{"object": {"metadata": {"name": "a"}}}, {"cells": []}]})), ["a"]);
        assert_eq!(names_in(&json!({"kind": "List", "items": [{"metadata": {"name": "b"}}]})), ["b"]);
        assert_eq!(names_in(&json!({"kind": "Status"})), [""; 0]);
    }

    #[test]
    fn what_a_shell_would_take_for_more_than_a_word_is_no_candidate() {
        for word in ["web-1", "system:node", "deployments.apps", "cm/a", "user@example.com"] {
            assert!(is_plain(word), "{word}");
        }
        for word in ["", "a b", "$(reboot)", "`x`", "a;b", "a\nb", "\u{1b}[2J", "a'b", "a\\b", "*", "~", "ä"] {
            assert!(!is_plain(word), "{word}");
        }
    }
}
