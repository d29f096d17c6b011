//! The transformers that set one value in fields of many kinds: namespace, names, labels, annotations, replicas.
//!
//! Receives the set and what a kustomization says; changes the objects in place.

use serde_json::{Map, Value};

use super::config::{Config, merge_rules};
use super::error::KustomizeProblem;
use super::field_spec::{FieldSpec, Made, visit};
use super::identity::Id;
use super::item::Item;
use super::kustomization::{Labels, Pairs, Replicas};
use super::set::Set;
use crate::manifest::ManifestError;

/// Sets a value in every field of an object that the rules name.
fn set(
    item: &mut Item,
    rules: &[FieldSpec],
    made: Made,
    change: &mut dyn FnMut(&mut Value) -> Result<(), String>,
) -> Result<(), ManifestError> {
    let id = item.id();
    for rule in rules.iter().filter(|rule| rule.fits(&id)) {
        let made = if rule.create { made } else { Made::Nothing };
        change_at(item, rule, made, change)?;
    }
    Ok(())
}

/// Changes what a rule's path leads to in an object.
pub(super) fn change_at(
    item: &mut Item,
    rule: &FieldSpec,
    made: Made,
    change: &mut dyn FnMut(&mut Value) -> Result<(), String>,
) -> Result<(), ManifestError> {
    let mut root = Value::Object(std::mem::take(item.object.root_mut()));
    let result = visit(&mut root, &rule.steps(), made, change);
    if let Value::Object(members) = root {
        *item.object.root_mut() = members;
    }
    result.map_err(|why| {
        let problem = KustomizeProblem::CannotSet { object: item.id().to_string(), field: rule.path.to_string(), why };
        item.fails(problem)
    })
}

/// Moves every object that has a namespace into one, and the references to it that nothing else updates.
pub(super) fn namespace(set_of: &mut Set, config: &Config, namespace: &str) -> Result<(), ManifestError> {
    for item in &mut set_of.items {
        item.remember();
        let id = item.id();
        if !id.cluster_scoped {
            item.object.set_meta("namespace", namespace);
        }
        let is_binding = ["RoleBinding", "ClusterRoleBinding"].contains(&id.kind.as_str());
        if is_binding {
            name_default_accounts(item, namespace);
        }
        let is_core = item.object.api_version() == "v1";
        let counts = |rule: &&FieldSpec| match rule.path.as_ref() {
            "metadata/namespace" => false,
            // Kinds of other groups may be called Namespace too.
            "metadata/name" => is_core,
            "subjects/namespace" => !is_binding,
            _ => true,
        };
        let rules: Vec<FieldSpec> = config.namespace.iter().filter(counts).cloned().collect();
        set(item, &rules, Made::Scalar, &mut |value| set_scalar(value, namespace.into()))?;
    }
    set_of.check()
}

/// The account `default` of a namespace is nobody's object, so that no reference to it is ever updated.
fn name_default_accounts(item: &mut Item, namespace: &str) {
    let subjects = item.object.root_mut().get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten();
    for subject in subjects.filter_map(Value::as_object_mut).filter(|subject| subject.get("name").is_some_and(|name| name == "default")) {
        subject.insert("namespace".to_owned(), namespace.into());
    }
}

/// Puts a value in the place of another that is neither a mapping nor a list.
fn set_scalar(value: &mut Value, new: Value) -> Result<(), String> {
    if value.is_object() || value.is_array() {
        return Err(format!("there is {}", crate::object::kind_of(value)));
    }
    *value = new;
    Ok(())
}

/// Which end of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Prefix,
    Suffix,
}

/// Lengthens the names of all objects but those whose names mean something to the API.
pub(super) fn lengthen(set_of: &mut Set, rules: &[FieldSpec], end: End, text: &str) -> Result<(), ManifestError> {
    for item in &mut set_of.items {
        let first = item.first_id();
        if keeps_its_name(&first) {
            continue;
        }
        for rule in rules.iter().filter(|rule| rule.fits(&first)) {
            if rule.path == "metadata/name" {
                item.remember();
                match end {
                    End::Prefix => item.prefixes.push(text.to_owned()),
                    End::Suffix => item.suffixes.push(text.to_owned()),
                }
            }
            let made = if rule.create { Made::Scalar } else { Made::Nothing };
            change_at(item, rule, made, &mut |value| {
                let old = value.as_str().unwrap_or_default();
                let new = if end == End::Prefix { format!("{text}{old}") } else { format!("{old}{text}") };
                set_scalar(value, new.into())
            })?;
        }
    }
    Ok(())
}

fn keeps_its_name(id: &Id) -> bool {
    match id.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => id.group == "apiregistration.k8s.io",
        _ => false,
    }
}

/// Writes labels or annotations wherever the rules say.
pub(super) fn pairs(set_of: &mut Set, rules: &[FieldSpec], pairs: &Pairs) -> Result<(), ManifestError> {
    for item in &mut set_of.items {
        set(item, rules, Made::Mapping, &mut |value| {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            let members = value.as_object_mut().ok_or("it is no mapping")?;
            members.extend(pairs.iter().map(|(key, value)| (key.clone(), value.clone().into())));
            Ok(())
        })?;
    }
    Ok(())
}

/// Where an entry of `labels` writes.
pub(super) fn label_rules(labels: &Labels, config: &Config) -> Result<Vec<FieldSpec>, KustomizeProblem> {
    let mut rules = labels.fields.clone();
    merge_rules(&mut rules, &config.labels)?;
    if labels.selectors {
        merge_rules(&mut rules, &config.common_labels)?;
        return Ok(rules);
    }
    if labels.templates {
        merge_rules(&mut rules, &config.template_labels)?;
    }
    merge_rules(&mut rules, &[FieldSpec::known("", "", "", "metadata/labels", true)])?;
    Ok(rules)
}

/// Sets how many pods the objects of a name have, by the name they have or had. Answers whether there is one.
pub(super) fn replicas(set_of: &mut Set, rules: &[FieldSpec], replicas: &Replicas) -> Result<bool, ManifestError> {
    let mut found = false;
    for item in &mut set_of.items {
        for rule in rules {
            if item.ids().any(|id| id.name == replicas.name && rule.fits(&id)) {
                found = true;
                let made = if rule.create { Made::Scalar } else { Made::Nothing };
                change_at(item, rule, made, &mut |value| set_scalar(value, replicas.count.into()))?;
            }
        }
    }
    Ok(found)
}
