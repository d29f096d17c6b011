//! A kustomization file as it is written.
//!
//! Pure data: [`decode`](super::decode()) makes it of a document, [`load`](super::load) and [`build`](super::build) read it.
//! Invariant: only what is supported is here; everything else was refused by name.

use std::collections::BTreeMap;

use super::field_spec::FieldSpec;
use crate::yaml::Mark;

/// A value, and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot<T> {
    pub(super) mark: Mark,
    pub(super) value: T,
}

/// Names and values, such as labels.
pub(super) type Pairs = BTreeMap<String, String>;

/// Everything that one kustomization asks for.
#[derive(Debug, Default)]
pub(super) struct Kustomization {
    /// Whether it is a `Component`.
    pub(super) component: bool,
    /// `resources`, then `bases`.
    pub(super) resources: Vec<Spot<String>>,
    pub(super) components: Vec<Spot<String>>,
    pub(super) configurations: Vec<Spot<String>>,
    pub(super) config_maps: Vec<Spot<Generator>>,
    pub(super) secrets: Vec<Spot<Generator>>,
    pub(super) generator_options: GeneratorOptions,
    /// `patchesStrategicMerge`: texts or paths.
    pub(super) strategic_patches: Vec<Spot<String>>,
    pub(super) patches: Vec<Spot<Patch>>,
    /// `patchesJson6902`.
    pub(super) json_patches: Vec<Spot<Patch>>,
    pub(super) namespace: Option<Spot<String>>,
    pub(super) name_prefix: Option<Spot<String>>,
    pub(super) name_suffix: Option<Spot<String>>,
    pub(super) labels: Vec<Spot<Labels>>,
    pub(super) common_labels: Option<Spot<Pairs>>,
    pub(super) common_annotations: Option<Spot<Pairs>>,
    pub(super) replicas: Vec<Spot<Replicas>>,
    /// `images`, then `imageTags`.
    pub(super) images: Vec<Spot<Image>>,
    pub(super) replacements: Vec<Spot<ReplacementEntry>>,
    /// `sortOptions`, which count in the outermost kustomization only.
    pub(super) order: Option<Order>,
}

/// An entry of `labels`.
#[derive(Debug, Default)]
pub(super) struct Labels {
    pub(super) pairs: Pairs,
    pub(super) selectors: bool,
    pub(super) templates: bool,
    pub(super) fields: Vec<FieldSpec>,
}

/// An entry of `images`.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// The name without a tag: a regular expression, as in kustomize.
    pub(super) name: String,
    pub(super) new_name: String,
    pub(super) new_tag: String,
    pub(super) digest: String,
    pub(super) tag_suffix: String,
}

/// An entry of `replicas`.
#[derive(Debug, Default)]
pub(super) struct Replicas {
    pub(super) name: String,
    pub(super) count: i64,
}

/// An entry of `patches` or `patchesJson6902`.
#[derive(Debug, Default)]
pub(super) struct Patch {
    pub(super) path: Option<Spot<String>>,
    pub(super) patch: Option<Spot<String>>,
    pub(super) target: Option<Selector>,
    pub(super) may_rename: bool,
    pub(super) may_change_kind: bool,
}

/// Which objects: each field but the two selectors is a regular expression for the whole of what it is compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) labels: String,
    pub(super) annotations: String,
}

/// What a generator does about an object that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Behaviour {
    #[default]
    Create,
    Merge,
    Replace,
}

/// An entry of `configMapGenerator` or `secretGenerator`.
#[derive(Debug, Default)]
pub(super) struct Generator {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) behaviour: Behaviour,
    /// A Secret's type.
    pub(super) secret_type: String,
    pub(super) literals: Vec<Spot<String>>,
    pub(super) files: Vec<Spot<String>>,
    /// `envs`, then `env`.
    pub(super) envs: Vec<Spot<String>>,
    pub(super) options: GeneratorOptions,
}

/// `generatorOptions`, or the `options` of one generator.
#[derive(Debug, Clone, Default)]
pub(super) struct GeneratorOptions {
    pub(super) labels: Pairs,
    pub(super) annotations: Pairs,
    pub(super) without_hash: bool,
    pub(super) immutable: bool,
}

impl GeneratorOptions {
    /// These options where they say something, the common ones elsewhere; a switch that is on anywhere is on.
    pub(super) fn or(&self, common: &Self) -> Self {
        let mut merged = common.clone();
        merged.labels.extend(self.labels.clone());
        merged.annotations.extend(self.annotations.clone());
        merged.without_hash |= self.without_hash;
        merged.immutable |= self.immutable;
        merged
    }
}

/// An entry of `replacements`.
#[derive(Debug)]
pub(super) enum ReplacementEntry {
    /// The entries stand in a file.
    Path(Spot<String>),
    /// It stands here.
    Inline(Box<Replacement>),
}

/// A value that is copied into fields.
#[derive(Debug, Default)]
pub(super) struct Replacement {
    pub(super) source: Option<ReplacementSource>,
    pub(super) value: Option<String>,
    pub(super) targets: Vec<ReplacementTarget>,
}

/// The field that a replacement copies.
#[derive(Debug, Default)]
pub(super) struct ReplacementSource {
    /// Compared as it is, not as regular expressions.
    pub(super) object: Selector,
    pub(super) field_path: String,
    pub(super) options: FieldOptions,
}

/// The fields that a replacement writes.
#[derive(Debug, Default)]
pub(super) struct ReplacementTarget {
    pub(super) select: Option<Selector>,
    pub(super) reject: Vec<Selector>,
    pub(super) field_paths: Vec<String>,
    pub(super) options: FieldOptions,
}

/// Which part of a field.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldOptions {
    pub(super) delimiter: String,
    pub(super) index: i64,
    pub(super) create: bool,
}

/// `sortOptions`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Order {
    /// As they came.
    FirstInFirstOut,
    /// Kinds that come first and last, each in its order; kustomize's own where nothing is said.
    Legacy(Option<(Vec<String>, Vec<String>)>),
}
