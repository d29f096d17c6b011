//! Patches: strategic merge patches and JSON patches, for the objects they name or select.
//!
//! Receives patches with their texts read; changes the set. Invariant: a patch changes an object's name, kind or namespace only where
//! it is allowed to.

use std::sync::Arc;

use serde_json::Value;

use super::error::KustomizeProblem;
use super::identity::Id;
use super::item::{Item, Written};
use super::kustomization::Patch;
use super::merge::merge;
use super::selector::Matcher;
use super::set::Set;
use crate::manifest::{ManifestError, Source};
use crate::merge::json_patch;
use crate::object::Object;
use crate::schema::{Schema, builtin};
use crate::yaml::{self, Dialect, Mark, Node, NodeKind};

/// A patch's text, and where faults of it are reported.
pub(super) struct PatchText {
    pub(super) source: Arc<Source>,
    /// The entry in the kustomization, for patches that stand in it.
    pub(super) entry: Option<(Arc<Source>, Mark)>,
}

impl PatchText {
    fn fails(&self, mark: Mark, problem: KustomizeProblem) -> ManifestError {
        match &self.entry {
            Some((source, mark)) => ManifestError::at(source, *mark, problem.into()),
            None => ManifestError::at(&self.source, mark, problem.into()),
        }
    }

    fn read(&self, dialect: Dialect) -> Result<Vec<Node>, ManifestError> {
        let documents = yaml::read_as(self.source.text(), self.source.is_json(), dialect);
        match (documents.errors.into_iter().next(), &self.entry) {
            (None, _) => Ok(documents.nodes),
            (Some(error), None) => Err(ManifestError::yaml(&self.source, error)),
            (Some(error), Some((source, mark))) => {
                let problem = crate::manifest::Problem::Yaml(error.problem);
                Err(ManifestError::at(source, *mark, problem))
            }
        }
    }

    /// Where a document of the text is written, as far as it can be told.
    fn written(&self, node: Node) -> (Mark, Value, Written) {
        let mark = node.mark;
        let (source, node) = match &self.entry {
            Some((source, mark)) => (source, at(node, *mark)),
            None => (&self.source, node),
        };
        let (value, places) = node.into_parts();
        let written = Written { source: Arc::clone(source), places: Arc::new(places), root: yaml::ROOT, value: Arc::new(value.clone()) };
        (mark, value, written)
    }
}

/// A node whose every part stands at one place.
pub(super) fn at(node: Node, mark: Mark) -> Node {
    let kind = match node.kind {
        NodeKind::Sequence(items) => NodeKind::Sequence(items.into_iter().map(|item| at(item, mark)).collect()),
        NodeKind::Mapping(members) => {
            let members = members.into_iter().map(|member| yaml::Member { mark, node: at(member.node, mark), ..member });
            NodeKind::Mapping(members.collect())
        }
        scalar => scalar,
    };
    Node { mark, kind }
}

/// Applies an entry of `patches`.
pub(super) fn apply(set: &mut Set, patch: &Patch, text: &PatchText) -> Result<(), ManifestError> {
    let mut nodes = text.read(Dialect::Kustomize)?;
    let start = Mark { line: 1, column: 1 };
    let is_list = nodes.first().is_some_and(|node| matches!(node.kind, NodeKind::Sequence(_)));
    if is_list && nodes.len() == 1 {
        let node = text.read(Dialect::Kubectl)?.pop().unwrap_or_else(|| nodes.remove(0));
        let Some(target) = &patch.target else {
            return Err(text.fails(node.mark, KustomizeProblem::Incomplete("a JSON patch needs a `target`")));
        };
        let selected = select(set, target, text, node.mark)?;
        return json(set, &selected, text, node, true);
    }
    let Some(target) = &patch.target else { return strategic(set, patch, text, nodes) };
    if nodes.len() > 1 {
        let problem = KustomizeProblem::Incomplete("a patch of several documents cannot have a `target`; make it an entry for each");
        return Err(text.fails(nodes[1].mark, problem));
    }
    let Some(node) = nodes.pop() else { return Err(text.fails(start, KustomizeProblem::NotAPatch)) };
    let (mark, value, written) = text.written(node);
    let document = patch_document(text, mark, value)?;
    for position in select(set, target, text, mark)? {
        merge_into(&mut set.items[position], patch, text, mark, document.clone(), &written)?;
    }
    finish(set)
}

/// Applies the documents of a strategic merge patch to the objects that they name.
pub(super) fn strategic(set: &mut Set, patch: &Patch, text: &PatchText, nodes: Vec<Node>) -> Result<(), ManifestError> {
    if nodes.is_empty() {
        return Err(text.fails(Mark { line: 1, column: 1 }, KustomizeProblem::NotAPatch));
    }
    for node in nodes {
        let (mark, value, written) = text.written(node);
        let document = patch_document(text, mark, value)?;
        let target = set.find_one(&Id::of(&document)).map_err(|problem| text.fails(mark, problem))?;
        merge_into(&mut set.items[target], patch, text, mark, document, &written)?;
        finish(set)?;
    }
    Ok(())
}

/// Reads the documents of an entry of `patchesStrategicMerge`, and applies them.
pub(super) fn apply_strategic(set: &mut Set, text: &PatchText) -> Result<(), ManifestError> {
    let nodes = text.read(Dialect::Kustomize)?;
    strategic(set, &Patch::default(), text, nodes)
}

/// Applies an entry of `patchesJson6902`.
pub(super) fn apply_json(set: &mut Set, patch: &Patch, text: &PatchText) -> Result<(), ManifestError> {
    let mut nodes = text.read(Dialect::Kubectl)?;
    let mark = nodes.first().map_or(Mark { line: 1, column: 1 }, |node| node.mark);
    let (Some(target), 1) = (&patch.target, nodes.len()) else {
        return Err(text.fails(mark, KustomizeProblem::Incomplete("a JSON patch needs a `target`, and operations in one document")));
    };
    if target.name.is_empty() {
        return Err(text.fails(mark, KustomizeProblem::Incomplete("the target of patchesJson6902 needs a `name`")));
    }
    let selected = select(set, target, text, mark)?;
    json(set, &selected, text, nodes.remove(0), false)
}

fn patch_document(text: &PatchText, mark: Mark, value: Value) -> Result<Object, ManifestError> {
    let document = Object::from_value(value).map_err(|_| text.fails(mark, KustomizeProblem::NotAPatch))?;
    if document.kind().is_empty() || document.name().is_empty() {
        return Err(text.fails(mark, KustomizeProblem::NotAPatch));
    }
    Ok(document)
}

fn select(set: &Set, target: &super::kustomization::Selector, text: &PatchText, mark: Mark) -> Result<Vec<usize>, ManifestError> {
    let matcher = Matcher::new(target).map_err(|problem| text.fails(mark, problem))?;
    Ok(set.items.iter().enumerate().filter(|(_, item)| matcher.selects(item)).map(|(position, _)| position).collect())
}

/// Merges a patch into one object, which is left empty where the patch deletes it.
fn merge_into(
    item: &mut Item,
    patch: &Patch,
    text: &PatchText,
    mark: Mark,
    mut document: Object,
    written: &Written,
) -> Result<(), ManifestError> {
    if patch.may_rename || patch.may_change_kind {
        item.remember();
    }
    let object = std::mem::take(&mut item.object);
    let (kind, name, namespace) = (object.kind().to_owned(), object.name().to_owned(), object.meta_str("namespace").map(str::to_owned));
    document.root_mut().insert("apiVersion".to_owned(), object.api_version().into());
    let schema = object.gvk().and_then(|gvk| builtin(&gvk)).unwrap_or_else(|| Arc::new(Schema::any()));
    let before = object.clone();
    let merged = merge(schema.root(), object.into_value(), document.into_value()).map_err(|why| {
        let object = Id::of(&before).to_string();
        text.fails(mark, KustomizeProblem::PatchFails { object, why })
    })?;
    let Some(merged) = merged else { return Ok(()) };
    item.object = Object::from_value(merged).unwrap_or_default();
    if !patch.may_change_kind {
        item.object.root_mut().insert("kind".to_owned(), kind.into());
    }
    if !patch.may_rename {
        item.object.set_meta("name", name);
    }
    match namespace {
        Some(namespace) => item.object.set_meta("namespace", namespace),
        None => drop(item.object.remove_meta("namespace")),
    }
    item.written.push(written.clone());
    Ok(())
}

/// Drops what patches deleted, and looks for objects that have become one.
fn finish(set: &mut Set) -> Result<(), ManifestError> {
    set.items.retain(|item| !item.object.root().is_empty());
    set.check()
}

/// Applies operations to each of some objects. `remembers` says that others are to find an object that is renamed.
fn json(set: &mut Set, selected: &[usize], text: &PatchText, node: Node, remembers: bool) -> Result<(), ManifestError> {
    let mark = node.mark;
    let operations = node.into_value();
    for position in selected {
        let item = &mut set.items[*position];
        let id = item.id();
        if remembers {
            item.remember();
        }
        let had_none = item.object.metadata().is_some_and(|metadata| !metadata.contains_key("annotations"));
        let lends = had_none && item.is_annotated();
        if lends {
            item.object.set_meta("annotations", serde_json::Map::new());
        }
        let document = std::mem::take(&mut item.object).into_value();
        let patched = json_patch(document, &operations)
            .map_err(|cause| text.fails(mark, KustomizeProblem::JsonPatch { object: id.to_string(), cause }))?;
        item.object = Object::from_value(patched)
            .map_err(|error| text.fails(mark, KustomizeProblem::PatchFails { object: id.to_string(), why: error.to_string() }))?;
        if lends && item.object.get(&["metadata", "annotations"]).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
            item.object.remove_meta("annotations");
        }
    }
    finish(set)
}
