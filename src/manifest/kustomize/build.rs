//! A tree of kustomizations to its objects.
//!
//! Receives what was read; reads nothing itself. Invariant: the order of the steps is kustomize's, since each sees what those before it
//! left: resources, generators, components, then the transformers; references and hashes last, once for the whole.

use std::sync::Arc;

use serde_json::Value;

use super::config::Config;
use super::error::KustomizeProblem;
use super::generate::{Kind, generate};
use super::hash::hash;
use super::images::images;
use super::item::Item;
use super::kustomization::{Patch, Spot};
use super::load::{Layer, Part};
use super::patches::{self, PatchText};
use super::set::Set;
use super::transform::{End, label_rules, lengthen, namespace, pairs, replicas};
use super::{order, references, replacements};
use crate::manifest::{ManifestError, Problem, Source, flatten};
use crate::yaml;

/// An object with this annotation is for tools alone, and no part of the result.
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Builds a whole tree.
pub(super) fn build(layer: &Layer) -> Result<Vec<Item>, Vec<ManifestError>> {
    let mut built = Built::default();
    built.add(layer)?;
    let Built { mut set, config } = built;
    for item in set.items.iter_mut().filter(|item| item.hashed) {
        item.remember();
        let name = format!("{}-{}", item.object.name(), hash(&item.object));
        item.object.set_meta("name", name);
    }
    references::update(&mut set, &config.name_references).map_err(|error| vec![error])?;
    set.items.retain(|item| item.object.annotation(LOCAL_CONFIG).is_none_or(|value| value == "false"));
    set.items.iter_mut().for_each(tidy_annotations);
    check(&set)?;
    order::sort(&mut set.items, layer.kustomization.order.as_ref());
    Ok(set.items)
}

/// Patches and replacements may have left objects without what every object has.
fn check(set: &Set) -> Result<(), Vec<ManifestError>> {
    let faults = |item: &Item| {
        let nameless = item.object.name().is_empty().then_some(Problem::NoName);
        let found = flatten::check(item.object.root()).into_iter().map(|(_, problem)| problem).chain(nameless).next();
        found.map(|problem| ManifestError::at(&item.origin.source, item.origin.mark, problem))
    };
    let errors: Vec<ManifestError> = set.items.iter().filter_map(faults).collect();
    if errors.is_empty() { set.check().map_err(|error| vec![error]) } else { Err(errors) }
}

/// Kustomize keeps its notes among the annotations. When it takes them out, every value becomes text, and empty annotations go.
fn tidy_annotations(item: &mut Item) {
    if !item.object.metadata().is_some_and(|metadata| metadata.contains_key("annotations")) {
        return;
    }
    match item.object.metadata_mut().get_mut("annotations") {
        Some(Value::Object(annotations)) if !annotations.is_empty() => {
            for value in annotations.values_mut().filter(|value| !value.is_object() && !value.is_array() && !value.is_string()) {
                *value = value.to_string().into();
            }
        }
        Some(Value::Object(_) | Value::Null) => drop(item.object.remove_meta("annotations")),
        _ => {}
    }
}

/// Objects, and the rules by which they are changed.
#[derive(Default)]
struct Built {
    set: Set,
    config: Config,
}

impl Built {
    /// Adds what a kustomization asks for; for a component, to what its parent has so far.
    fn add(&mut self, layer: &Layer) -> Result<(), Vec<ManifestError>> {
        for part in &layer.resources {
            match part {
                Part::Manifests(source) => self.set.items.extend(read(source)?),
                Part::Layer(inner) => {
                    let mut built = Self::default();
                    built.add(inner)?;
                    self.set.items.extend(built.set.items);
                    self.merge_rules(layer, &built.config)?;
                }
            }
        }
        self.set.check().map_err(|error| vec![error])?;
        self.merge_rules(layer, &Config::builtin())?;
        for (path, config) in &layer.configurations {
            self.config.merge(config).map_err(|problem| vec![layer.fails(path.mark, problem)])?;
        }
        let generators = |kind, of: &'_ [Spot<super::kustomization::Generator>], set: &mut Set| {
            of.iter().try_for_each(|generator| generate(set, layer, kind, generator)).map_err(|error| vec![error])
        };
        generators(Kind::ConfigMap, &layer.kustomization.config_maps, &mut self.set)?;
        generators(Kind::Secret, &layer.kustomization.secrets, &mut self.set)?;
        for component in &layer.components {
            self.add(component)?;
        }
        self.transform(layer).map_err(|error| vec![error])
    }

    fn merge_rules(&mut self, layer: &Layer, config: &Config) -> Result<(), Vec<ManifestError>> {
        let start = crate::yaml::Mark { line: 1, column: 1 };
        self.config.merge(config).map_err(|problem| vec![layer.fails(start, problem)])
    }

    fn transform(&mut self, layer: &Layer) -> Result<(), ManifestError> {
        let asked = &layer.kustomization;
        let Self { set, config } = self;
        for patch in &asked.strategic_patches {
            patches::apply_strategic(set, &strategic_text(layer, patch)?)?;
        }
        for patch in &asked.patches {
            patches::apply(set, &patch.value, &patch_text(layer, patch)?)?;
        }
        if let Some(named) = &asked.namespace {
            namespace(set, config, &named.value)?;
        }
        if let Some(prefix) = &asked.name_prefix {
            lengthen(set, &config.name_prefix, End::Prefix, &prefix.value)?;
        }
        if let Some(suffix) = &asked.name_suffix {
            lengthen(set, &config.name_suffix, End::Suffix, &suffix.value)?;
        }
        for labels in &asked.labels {
            let rules = label_rules(&labels.value, config).map_err(|problem| layer.fails(labels.mark, problem))?;
            pairs(set, &rules, &labels.value.pairs)?;
        }
        if let Some(labels) = asked.common_labels.as_ref().filter(|labels| !labels.value.is_empty()) {
            pairs(set, &config.common_labels, &labels.value)?;
        }
        if let Some(annotations) = asked.common_annotations.as_ref().filter(|annotations| !annotations.value.is_empty()) {
            pairs(set, &config.common_annotations, &annotations.value)?;
        }
        for patch in &asked.json_patches {
            patches::apply_json(set, &patch.value, &patch_text(layer, patch)?)?;
        }
        for entry in &asked.replicas {
            if !replicas(set, &config.replicas, &entry.value)? {
                let what = format!(
                    "`replicas` for {:?}, which is no Deployment, StatefulSet, ReplicaSet or ReplicationController here",
                    entry.value.name
                );
                return Err(layer.fails(entry.mark, KustomizeProblem::NoTarget(what)));
            }
        }
        for image in &asked.images {
            images(set, &config.images, &image.value).map_err(|problem| layer.fails(image.mark, problem))?;
        }
        for (source, replacement) in &layer.replacements {
            replacements::replace(set, &replacement.value)
                .map_err(|problem| ManifestError::at(source, replacement.mark, problem.into()))?;
        }
        set.check()
    }
}

/// The objects of a manifest; those of lists come after the others, as in kustomize.
fn read(source: &Arc<Source>) -> Result<Vec<Item>, Vec<ManifestError>> {
    let documents = yaml::read_as(source.text(), source.is_json(), yaml::Dialect::Kustomize);
    let mut errors: Vec<ManifestError> = documents.errors.into_iter().map(|error| ManifestError::yaml(source, error)).collect();
    let mut desired = Vec::new();
    for node in documents.nodes {
        flatten::flatten(source, node, &mut desired, &mut errors);
    }
    let nameless = desired.iter().filter(|desired| desired.object.name().is_empty());
    errors.extend(nameless.map(|desired| ManifestError::at(source, desired.origin.mark, Problem::NoName)));
    if !errors.is_empty() {
        return Err(errors);
    }
    desired.sort_by_key(|desired| desired.root != yaml::ROOT);
    Ok(desired.into_iter().map(Item::read).collect())
}

/// The text of an entry of `patches`.
fn patch_text(layer: &Layer, patch: &Spot<Patch>) -> Result<PatchText, ManifestError> {
    match (&patch.value.patch, &patch.value.path) {
        (Some(text), None) if !text.value.trim().is_empty() => Ok(inline_text(layer, text)),
        (None, Some(path)) => Ok(PatchText { source: layer.source(path)?, entry: None }),
        (Some(_), Some(_)) => Err(layer.fails(patch.mark, KustomizeProblem::Incomplete("a patch has a `patch` or a `path`, not both"))),
        _ => Err(layer.fails(patch.mark, KustomizeProblem::Incomplete("a patch needs a `patch` or a `path`"))),
    }
}

/// The text of an entry of `patchesStrategicMerge`, which is the text itself or a path.
fn strategic_text(layer: &Layer, patch: &Spot<String>) -> Result<PatchText, ManifestError> {
    if layer.has_file(&patch.value) {
        return Ok(PatchText { source: layer.source(patch)?, entry: None });
    }
    Ok(inline_text(layer, patch))
}

fn inline_text(layer: &Layer, text: &Spot<String>) -> PatchText {
    let source = Arc::new(Source::new(layer.file.name(), text.value.trim()));
    PatchText { source, entry: Some((Arc::clone(&layer.file), text.mark)) }
}
