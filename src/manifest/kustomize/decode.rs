//! A kustomization file's text to what it asks for.
//!
//! Receives a source, hands on a [`Kustomization`]. Invariant: a field that is not supported, or not known, is an error, so that no
//! part of a kustomization is passed over without a word.

use std::sync::Arc;

use super::config::Config;
use super::error::KustomizeProblem;
use super::field_spec::FieldSpec;
use super::kustomization::{
    Behaviour, FieldOptions, Generator, GeneratorOptions, Image, Kustomization, Labels, Order, Patch, Replacement, ReplacementEntry,
    ReplacementSource, ReplacementTarget, Replicas, Selector, Spot,
};
use super::reader::{Field, Reader};
use crate::manifest::{ManifestError, Source};
use crate::yaml::{self, Mark, Member, Node, NodeKind};

/// Reads a kustomization file. Errors with everything that is wrong with it.
pub(super) fn decode(source: &Arc<Source>) -> Result<Kustomization, Vec<ManifestError>> {
    let mut reader = Reader::new(source);
    let node = one_document(source)?;
    let is_empty = matches!(&node.kind, NodeKind::Mapping(members) if members.iter().all(|member| FORM.contains(&member.key.as_str())));
    if is_empty {
        reader.report(node.mark, KustomizeProblem::NotOneDocument("no field that says what to build"));
    }
    let mut form = Form::default();
    let mut read = reader.object("a kustomization", FIELDS, node);
    std::mem::swap(&mut form, &mut read.value.form);
    form.check(&mut reader);
    read.value.kustomization.component = form.kind.as_ref().is_some_and(|kind| kind.value == "Component");
    reader.finish(read.value.kustomization)
}

/// Reads a file of `replacements`: one, or a list.
pub(super) fn decode_replacements(source: &Arc<Source>) -> Result<Vec<Spot<Replacement>>, Vec<ManifestError>> {
    let mut reader = Reader::new(source);
    let node = one_document(source)?;
    let nodes = match node.kind {
        NodeKind::Sequence(nodes) => nodes,
        kind => vec![Node { mark: node.mark, kind }],
    };
    let read = nodes
        .into_iter()
        .map(|node| reader.object("a replacement", REPLACEMENT, node))
        .map(|spot| Spot { mark: spot.mark, value: spot.value.replacement });
    let read = read.collect();
    reader.finish(read)
}

/// Reads a file of `configurations`.
pub(super) fn decode_config(source: &Arc<Source>) -> Result<Config, Vec<ManifestError>> {
    let mut reader = Reader::new(source);
    let config = reader.object("a configuration", CONFIG, one_document(source)?).value;
    reader.finish(config)
}

fn one_document(source: &Arc<Source>) -> Result<Node, Vec<ManifestError>> {
    let mut documents = yaml::read(source.text(), source.is_json());
    if !documents.errors.is_empty() {
        return Err(documents.errors.into_iter().map(|error| ManifestError::yaml(source, error)).collect());
    }
    let last = documents.nodes.pop();
    match (last, documents.nodes.first()) {
        (Some(node), None) => Ok(node),
        (Some(second), Some(_)) => {
            Err(vec![ManifestError::at(source, second.mark, KustomizeProblem::NotOneDocument("several documents").into())])
        }
        (None, _) => {
            Err(vec![ManifestError::at(source, Mark { line: 1, column: 1 }, KustomizeProblem::NotOneDocument("no content").into())])
        }
    }
}

/// The fields that say what a file is, not what it asks for.
const FORM: [&str; 3] = ["apiVersion", "kind", "metadata"];

#[derive(Default)]
struct Form {
    api_version: Option<Spot<String>>,
    kind: Option<Spot<String>>,
}

impl Form {
    fn check(&self, reader: &mut Reader<'_>) {
        let kind = self.kind.as_ref().map_or("Kustomization", |kind| kind.value.as_str());
        let wanted = match kind {
            "Kustomization" => "kustomize.config.k8s.io/v1beta1",
            "Component" => "kustomize.config.k8s.io/v1alpha1",
            _ => {
                let mark = self.kind.as_ref().map_or(Mark { line: 1, column: 1 }, |kind| kind.mark);
                return reader.report(mark, KustomizeProblem::WrongForm { field: "kind", wanted: "Kustomization or Component" });
            }
        };
        if let Some(version) = self.api_version.as_ref().filter(|version| version.value != wanted) {
            reader.report(version.mark, KustomizeProblem::WrongForm { field: "apiVersion", wanted });
        }
    }
}

#[derive(Default)]
struct Read {
    form: Form,
    kustomization: Kustomization,
}

fn unsupported<T>(field: &'static str, why: &'static str, reader: &mut Reader<'_>, _: &mut T, member: &Member) {
    if !member.node.is_null() {
        reader.report(member.mark, KustomizeProblem::Unsupported { field, why });
    }
}

const NO_PLUGINS: &str = "plugins are not run";
const NO_HELM: &str = "charts are not inflated; render the chart and name the result as a resource";

/// The fields of a kustomization, as <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/> has them.
const FIELDS: &[Field<Read>] = &[
    ("apiVersion", |reader, read, member| read.form.api_version = reader.filled(member)),
    ("kind", |reader, read, member| read.form.kind = reader.filled(member)),
    ("metadata", |_, _, _| {}),
    ("resources", |reader, read, member| {
        let named = reader.texts(member);
        read.kustomization.resources.splice(0..0, named);
    }),
    ("bases", |reader, read, member| read.kustomization.resources.extend(reader.texts(member))),
    ("components", |reader, read, member| read.kustomization.components = reader.texts(member)),
    ("configurations", |reader, read, member| read.kustomization.configurations = reader.texts(member)),
    ("configMapGenerator", |reader, read, member| {
        read.kustomization.config_maps = reader.objects("a configMapGenerator", CONFIG_MAP_GENERATOR, member);
    }),
    ("secretGenerator", |reader, read, member| {
        read.kustomization.secrets = reader.objects("a secretGenerator", SECRET_GENERATOR, member);
    }),
    ("generatorOptions", |reader, read, member| {
        read.kustomization.generator_options = reader.object("generatorOptions", GENERATOR_OPTIONS, member.node).value;
    }),
    ("patchesStrategicMerge", |reader, read, member| read.kustomization.strategic_patches = reader.texts(member)),
    ("patches", |reader, read, member| read.kustomization.patches = reader.objects("a patch", PATCH, member)),
    ("patchesJson6902", |reader, read, member| read.kustomization.json_patches = reader.objects("a patch", PATCH, member)),
    ("namespace", |reader, read, member| read.kustomization.namespace = reader.filled(member)),
    ("namePrefix", |reader, read, member| read.kustomization.name_prefix = reader.filled(member)),
    ("nameSuffix", |reader, read, member| read.kustomization.name_suffix = reader.filled(member)),
    ("labels", |reader, read, member| read.kustomization.labels = reader.objects("an entry of labels", LABELS, member)),
    ("commonLabels", |reader, read, member| read.kustomization.common_labels = Some(reader.pairs(member))),
    ("commonAnnotations", |reader, read, member| read.kustomization.common_annotations = Some(reader.pairs(member))),
    ("replicas", |reader, read, member| read.kustomization.replicas = reader.objects("an entry of replicas", REPLICAS, member)),
    ("images", |reader, read, member| {
        let named = reader.objects("an image", IMAGE, member);
        read.kustomization.images.splice(0..0, named);
    }),
    ("imageTags", |reader, read, member| read.kustomization.images.extend(reader.objects("an image", IMAGE, member))),
    ("replacements", |reader, read, member| {
        let entries = reader.objects("a replacement", REPLACEMENT, member);
        read.kustomization.replacements = entries.into_iter().filter_map(|entry| replacement_entry(reader, entry)).collect();
    }),
    ("sortOptions", |reader, read, member| {
        let mark = member.mark;
        if !member.node.is_null() {
            let options = reader.object("sortOptions", SORT, member.node).value;
            read.kustomization.order = sort_order(reader, mark, options);
        }
    }),
    ("crds", |r, t, m| unsupported("crds", "name the fields that refer to other objects in a file of `configurations`", r, t, &m)),
    ("openapi", |r, t, m| unsupported("openapi", "lists of custom resources are replaced by a patch; use a JSON patch", r, t, &m)),
    ("vars", |r, t, m| unsupported("vars", "use `replacements`, which supersede them", r, t, &m)),
    ("buildMetadata", |r, t, m| unsupported("buildMetadata", "no metadata of the build is added to objects", r, t, &m)),
    ("generators", |r, t, m| unsupported("generators", NO_PLUGINS, r, t, &m)),
    ("transformers", |r, t, m| unsupported("transformers", NO_PLUGINS, r, t, &m)),
    ("validators", |r, t, m| unsupported("validators", NO_PLUGINS, r, t, &m)),
    ("helmCharts", |r, t, m| unsupported("helmCharts", NO_HELM, r, t, &m)),
    ("helmGlobals", |r, t, m| unsupported("helmGlobals", NO_HELM, r, t, &m)),
    ("helmChartInflationGenerator", |r, t, m| unsupported("helmChartInflationGenerator", NO_HELM, r, t, &m)),
];

const CONFIG_MAP_GENERATOR: &[Field<Generator>] = &[
    ("name", |reader, generator, member| generator.name = reader.text(member)),
    ("namespace", |reader, generator, member| generator.namespace = reader.text(member)),
    ("behavior", behaviour),
    ("literals", |reader, generator, member| generator.literals = reader.texts(member)),
    ("files", |reader, generator, member| generator.files = reader.texts(member)),
    ("envs", |reader, generator, member| {
        let named = reader.texts(member);
        generator.envs.splice(0..0, named);
    }),
    ("env", |reader, generator, member| generator.envs.extend(reader.filled(member))),
    ("options", |reader, generator, member| generator.options = reader.object("options", GENERATOR_OPTIONS, member.node).value),
];

const SECRET_GENERATOR: &[Field<Generator>] = &[
    CONFIG_MAP_GENERATOR[0],
    CONFIG_MAP_GENERATOR[1],
    CONFIG_MAP_GENERATOR[2],
    CONFIG_MAP_GENERATOR[3],
    CONFIG_MAP_GENERATOR[4],
    CONFIG_MAP_GENERATOR[5],
    CONFIG_MAP_GENERATOR[6],
    CONFIG_MAP_GENERATOR[7],
    ("type", |reader, generator, member| generator.secret_type = reader.text(member)),
];

fn behaviour(reader: &mut Reader<'_>, generator: &mut Generator, member: Member) {
    let mark = member.node.mark;
    generator.behaviour = match reader.text(member).as_str() {
        "" | "create" => Behaviour::Create,
        "merge" => Behaviour::Merge,
        "replace" => Behaviour::Replace,
        other => {
            let wanted = "create, merge or replace";
            reader.report(mark, KustomizeProblem::BadValue { field: "behavior", value: other.to_owned(), wanted });
            Behaviour::Create
        }
    };
}

const GENERATOR_OPTIONS: &[Field<GeneratorOptions>] = &[
    ("labels", |reader, options, member| options.labels = reader.pairs(member).value),
    ("annotations", |reader, options, member| options.annotations = reader.pairs(member).value),
    ("disableNameSuffixHash", |reader, options, member| options.without_hash = reader.flag(member)),
    ("immutable", |reader, options, member| options.immutable = reader.flag(member)),
];

const PATCH: &[Field<Patch>] = &[
    ("path", |reader, patch, member| patch.path = reader.filled(member)),
    ("patch", |reader, patch, member| patch.patch = reader.filled(member)),
    ("target", |reader, patch, member| {
        patch.target = (!member.node.is_null()).then(|| reader.object("a target", SELECTOR, member.node).value);
    }),
    ("options", |reader, patch, member| {
        let options = reader.object("the options of a patch", PATCH_OPTIONS, member.node).value;
        (patch.may_rename, patch.may_change_kind) = options;
    }),
];

const PATCH_OPTIONS: &[Field<(bool, bool)>] = &[
    ("allowNameChange", |reader, options, member| options.0 = reader.flag(member)),
    ("allowKindChange", |reader, options, member| options.1 = reader.flag(member)),
];

const SELECTOR: &[Field<Selector>] = &[
    ("group", |reader, selector, member| selector.group = reader.text(member)),
    ("version", |reader, selector, member| selector.version = reader.text(member)),
    ("kind", |reader, selector, member| selector.kind = reader.text(member)),
    ("name", |reader, selector, member| selector.name = reader.text(member)),
    ("namespace", |reader, selector, member| selector.namespace = reader.text(member)),
    ("labelSelector", |reader, selector, member| selector.labels = reader.text(member)),
    ("annotationSelector", |reader, selector, member| selector.annotations = reader.text(member)),
];

const LABELS: &[Field<Labels>] = &[
    ("pairs", |reader, labels, member| labels.pairs = reader.pairs(member).value),
    ("includeSelectors", |reader, labels, member| labels.selectors = reader.flag(member)),
    ("includeTemplates", |reader, labels, member| labels.templates = reader.flag(member)),
    ("fields", |reader, labels, member| labels.fields = field_specs(reader, member)),
];

const FIELD_SPEC: &[Field<FieldSpec>] = &[
    ("group", |reader, spec, member| spec.group = reader.text(member).into()),
    ("version", |reader, spec, member| spec.version = reader.text(member).into()),
    ("kind", |reader, spec, member| spec.kind = reader.text(member).into()),
    ("path", |reader, spec, member| spec.path = reader.text(member).into()),
    ("create", |reader, spec, member| spec.create = reader.flag(member)),
];

fn field_specs(reader: &mut Reader<'_>, member: Member) -> Vec<FieldSpec> {
    let specs = reader.objects("a field", FIELD_SPEC, member);
    specs.into_iter().filter_map(|spec| field_spec(reader, spec)).collect()
}

fn field_spec(reader: &mut Reader<'_>, spec: Spot<FieldSpec>) -> Option<FieldSpec> {
    if spec.value.path.split('/').all(str::is_empty) {
        reader.report(spec.mark, KustomizeProblem::Incomplete("a field needs a `path`"));
        return None;
    }
    Some(spec.value)
}

const REPLICAS: &[Field<Replicas>] = &[
    ("name", |reader, replicas, member| replicas.name = reader.text(member)),
    ("count", |reader, replicas, member| replicas.count = reader.number(&member)),
];

const IMAGE: &[Field<Image>] = &[
    ("name", |reader, image, member| image.name = reader.text(member)),
    ("newName", |reader, image, member| image.new_name = reader.text(member)),
    ("newTag", |reader, image, member| image.new_tag = reader.text(member)),
    ("digest", |reader, image, member| image.digest = reader.text(member)),
    ("tagSuffix", |reader, image, member| image.tag_suffix = reader.text(member)),
];

#[derive(Default)]
struct ReadReplacement {
    path: Option<Spot<String>>,
    replacement: Replacement,
}

const REPLACEMENT: &[Field<ReadReplacement>] = &[
    ("path", |reader, read, member| read.path = reader.filled(member)),
    ("source", |reader, read, member| {
        read.replacement.source = (!member.node.is_null()).then(|| reader.object("a source", SOURCE, member.node).value);
    }),
    ("sourceValue", |reader, read, member| {
        read.replacement.value = (!member.node.is_null()).then(|| reader.text(member));
    }),
    ("targets", |reader, read, member| {
        let targets = reader.objects("a target", TARGET, member);
        read.replacement.targets = targets.into_iter().map(|target| target.value).collect();
    }),
];

fn replacement_entry(reader: &mut Reader<'_>, entry: Spot<ReadReplacement>) -> Option<Spot<ReplacementEntry>> {
    let Spot { mark, value: ReadReplacement { path, replacement } } = entry;
    let value = match path {
        Some(_) if replacement.source.is_some() || !replacement.targets.is_empty() => {
            reader.report(mark, KustomizeProblem::Incomplete("a replacement has a `path`, or a source and targets, not both"));
            return None;
        }
        Some(path) => ReplacementEntry::Path(path),
        None => ReplacementEntry::Inline(Box::new(replacement)),
    };
    Some(Spot { mark, value })
}

const SOURCE: &[Field<ReplacementSource>] = &[
    ("group", |reader, source, member| source.object.group = reader.text(member)),
    ("version", |reader, source, member| source.object.version = reader.text(member)),
    ("kind", |reader, source, member| source.object.kind = reader.text(member)),
    ("name", |reader, source, member| source.object.name = reader.text(member)),
    ("namespace", |reader, source, member| source.object.namespace = reader.text(member)),
    ("fieldPath", |reader, source, member| source.field_path = reader.text(member)),
    ("options", |reader, source, member| source.options = reader.object("options", FIELD_OPTIONS, member.node).value),
];

const TARGET: &[Field<ReplacementTarget>] = &[
    ("select", |reader, target, member| {
        target.select = (!member.node.is_null()).then(|| reader.object("select", SELECTOR, member.node).value);
    }),
    ("reject", |reader, target, member| {
        target.reject = reader.objects("reject", SELECTOR, member).into_iter().map(|selector| selector.value).collect();
    }),
    ("fieldPaths", |reader, target, member| {
        target.field_paths = reader.texts(member).into_iter().map(|path| path.value).collect();
    }),
    ("options", |reader, target, member| target.options = reader.object("options", FIELD_OPTIONS, member.node).value),
];

const FIELD_OPTIONS: &[Field<FieldOptions>] = &[
    ("delimiter", |reader, options, member| options.delimiter = reader.text(member)),
    ("index", |reader, options, member| options.index = reader.number(&member)),
    ("create", |reader, options, member| options.create = reader.flag(member)),
    ("encoding", |r, t, m| unsupported("encoding", "kustomize does nothing with it either", r, t, &m)),
];

#[derive(Default)]
struct SortOptions {
    order: String,
    legacy: Option<(Vec<String>, Vec<String>)>,
}

const SORT: &[Field<SortOptions>] = &[
    ("order", |reader, options, member| options.order = reader.text(member)),
    ("legacySortOptions", |reader, options, member| {
        options.legacy = (!member.node.is_null()).then(|| reader.object("legacySortOptions", LEGACY_SORT, member.node).value);
    }),
];

type KindLists = (Vec<String>, Vec<String>);

const LEGACY_SORT: &[Field<KindLists>] = &[
    ("orderFirst", |reader, lists, member| lists.0 = reader.texts(member).into_iter().map(|kind| kind.value).collect()),
    ("orderLast", |reader, lists, member| lists.1 = reader.texts(member).into_iter().map(|kind| kind.value).collect()),
];

fn sort_order(reader: &mut Reader<'_>, mark: Mark, options: SortOptions) -> Option<Order> {
    match (options.order.as_str(), options.legacy) {
        ("fifo", None) => Some(Order::FirstInFirstOut),
        ("legacy", legacy) => Some(Order::Legacy(legacy)),
        ("fifo", Some(_)) => {
            reader.report(mark, KustomizeProblem::Incomplete("`legacySortOptions` go with the order `legacy`, not with `fifo`"));
            None
        }
        (other, _) => {
            let problem = KustomizeProblem::BadValue { field: "order", value: other.to_owned(), wanted: "legacy or fifo" };
            reader.report(mark, problem);
            None
        }
    }
}

const CONFIG: &[Field<Config>] = &[
    ("namePrefix", |reader, config, member| config.name_prefix = field_specs(reader, member)),
    ("nameSuffix", |reader, config, member| config.name_suffix = field_specs(reader, member)),
    ("namespace", |reader, config, member| config.namespace = field_specs(reader, member)),
    ("commonLabels", |reader, config, member| config.common_labels = field_specs(reader, member)),
    ("labels", |reader, config, member| config.labels = field_specs(reader, member)),
    ("templateLabels", |reader, config, member| config.template_labels = field_specs(reader, member)),
    ("commonAnnotations", |reader, config, member| config.common_annotations = field_specs(reader, member)),
    ("images", |reader, config, member| config.images = field_specs(reader, member)),
    ("replicas", |reader, config, member| config.replicas = field_specs(reader, member)),
    ("nameReference", |reader, config, member| {
        let referred = reader.objects("a nameReference", REFERRED, member);
        config.name_references = referred.into_iter().map(|referred| (referred.value.kind, referred.value.fields)).collect();
    }),
    ("varReference", |r, t, m| unsupported("varReference", "`vars` are not supported; use `replacements`", r, t, &m)),
];

#[derive(Default)]
struct Referred {
    kind: FieldSpec,
    fields: Vec<FieldSpec>,
}

const REFERRED: &[Field<Referred>] = &[
    ("group", |reader, referred, member| referred.kind.group = reader.text(member).into()),
    ("version", |reader, referred, member| referred.kind.version = reader.text(member).into()),
    ("kind", |reader, referred, member| referred.kind.kind = reader.text(member).into()),
    ("fieldSpecs", |reader, referred, member| referred.fields = field_specs(reader, member)),
];
