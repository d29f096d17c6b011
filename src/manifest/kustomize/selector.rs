//! Which objects a patch or a replacement is for.
//!
//! Invariant: a pattern is compared with the whole of a name, as if `^(…)$` stood around it, and matching takes linear time.

use regex::Regex;

use super::error::KustomizeProblem;
use super::identity::Id;
use super::item::Item;
use super::kustomization::Selector;
use crate::object::LabelSelector;
use crate::schema::go_pattern;

/// A selector that can be asked.
pub(super) struct Matcher {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Matcher {
    pub(super) fn new(selector: &Selector) -> Result<Self, KustomizeProblem> {
        let terms =
            |field, text: &str| LabelSelector::parse(text).map_err(|error| KustomizeProblem::BadSelector { field, why: error.to_string() });
        Ok(Self {
            group: pattern("group", &selector.group)?,
            version: pattern("version", &selector.version)?,
            kind: pattern("kind", &selector.kind)?,
            name: pattern("name", &selector.name)?,
            namespace: pattern("namespace", &selector.namespace)?,
            labels: terms("labelSelector", &selector.labels)?,
            annotations: terms("annotationSelector", &selector.annotations)?,
        })
    }

    /// Whether a patch is for an object: its name and its namespace may be the first or the present ones.
    pub(super) fn selects(&self, item: &Item) -> bool {
        let (first, present) = (item.first_id(), item.id());
        self.fits_kind(&present)
            && (fits(&self.name, &first.name) || fits(&self.name, &present.name))
            && (fits(&self.namespace, first.effective_namespace()) || fits(&self.namespace, present.effective_namespace()))
            && self.fits_metadata(item)
    }

    /// Whether one identity fits.
    pub(super) fn fits_id(&self, id: &Id) -> bool {
        self.fits_kind(id) && fits(&self.name, &id.name) && fits(&self.namespace, &id.namespace)
    }

    /// Whether labels and annotations fit.
    pub(super) fn fits_metadata(&self, item: &Item) -> bool {
        self.labels.matches(&item.object) && self.annotations.matches_with(|key| item.object.annotation(key))
    }

    /// Whether nothing but labels and annotations is asked for.
    pub(super) fn names_nothing(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].into_iter().all(Option::is_none)
    }

    /// Whether nothing is asked of labels and annotations.
    pub(super) fn asks_no_metadata(&self) -> bool {
        self.labels.is_everything() && self.annotations.is_everything()
    }

    fn fits_kind(&self, id: &Id) -> bool {
        fits(&self.group, &id.group) && fits(&self.version, &id.version) && fits(&self.kind, &id.kind)
    }
}

fn pattern(field: &'static str, text: &str) -> Result<Option<Regex>, KustomizeProblem> {
    if text.is_empty() {
        return Ok(None);
    }
    // A pattern that is no pattern by itself could close the group around it.
    let compiled = go_pattern(text).and_then(|_| go_pattern(&format!("^(?:{text})$")));
    compiled.map(Some).map_err(|error| KustomizeProblem::BadSelector { field, why: error.to_string() })
}

fn fits(pattern: &Option<Regex>, text: &str) -> bool {
    pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
}
