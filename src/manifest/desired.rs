//! An object as a manifest asks for it, with the place of each of its fields.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::Source;
use super::excerpt::excerpt;
use crate::object::Object;
use crate::yaml::{Mark, Places, ROOT};

/// A place in a source; displays as `deploy/web.yaml:12:3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The text.
    pub source: Arc<Source>,
    /// Line and column in it.
    pub mark: Mark,
}

impl Origin {
    /// File and line without the column, such as `deploy/web.yaml:12`.
    #[must_use]
    pub fn file_line(&self) -> String {
        format!("{}:{}", self.source.name(), self.mark.line)
    }

    /// The line and a caret below the place, each after a line break; empty where there is nothing to see. Values of Secrets are
    /// left out.
    #[must_use]
    pub fn excerpt(&self) -> String {
        excerpt(&self.source, self.mark)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name(), self.mark.line, self.mark.column)
    }
}

/// An object as a manifest asks for it.
#[derive(Debug, Clone)]
pub struct Desired {
    /// The object.
    pub object: Object,
    /// Where the object begins: its document, or its item in a list.
    pub origin: Origin,
    pub(super) places: Arc<Places>,
    /// The object's entry in `places`, which the items of one list share.
    pub(super) root: u32,
    /// For an object that was built of several sources, which of them each entry of `places` is in.
    pub(super) elsewhere: Option<Arc<Elsewhere>>,
}

/// The sources of an object that was built of several.
#[derive(Debug)]
pub(super) struct Elsewhere {
    pub(super) sources: Vec<Arc<Source>>,
    /// The position in `sources` for each entry of the places.
    pub(super) of_entries: Vec<u32>,
}

impl Desired {
    /// An object whose text is not at hand, such as one of a saved plan. `fields` are those whose places are known, as
    /// [`Desired::locate`] takes them.
    #[must_use]
    pub fn known_at(object: Object, origin: Origin, fields: &[(&str, Origin)]) -> Self {
        let mut sources = vec![Arc::clone(&origin.source)];
        let mut known = HashMap::new();
        for (field, place) in fields {
            let number = sources.iter().position(|source| source.name() == place.source.name()).unwrap_or_else(|| {
                sources.push(Arc::clone(&place.source));
                sources.len() - 1
            });
            known.insert(steps_to(object.root(), field), (place.mark, u32::try_from(number).unwrap_or_default()));
        }
        let (places, of_entries) = Places::of_known(object.root(), (origin.mark, 0), &known);
        let elsewhere = (sources.len() > 1).then(|| Arc::new(Elsewhere { sources, of_entries }));
        Self { object, origin, places: Arc::new(places), root: ROOT, elsewhere }
    }

    /// The place of a field, named by the steps to it: member names, and the positions of list items in decimal.
    ///
    /// A member's place is its key's. `None` where the manifest does not write that field. Of a kustomization's object the place may be in
    /// another source than the object's own, which [`Desired::locate`] tells.
    #[must_use]
    pub fn position(&self, path: &[&str]) -> Option<Mark> {
        let (index, taken) = self.places.descend(self.root, path);
        (taken == path.len()).then(|| self.mark_of(index))
    }

    /// The place that comes closest to a field as the server names it, such as `spec.replicas`, `metadata.labels[example.com/a]`,
    /// `spec.containers[0].image` or, in a conflict, `.spec.containers[name="web"].image`: the field's own, or that of the nearest
    /// part around it that the manifest writes.
    #[must_use]
    pub fn locate(&self, field: &str) -> Origin {
        let steps = steps_to(self.object.root(), field);
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let (index, _) = self.places.descend(self.root, &steps);
        Origin { source: self.source_of(index), mark: self.mark_of(index) }
    }

    fn source_of(&self, index: u32) -> Arc<Source> {
        let built_of = self.elsewhere.as_ref();
        let source = built_of.and_then(|built_of| built_of.sources.get(*built_of.of_entries.get(index as usize)? as usize));
        Arc::clone(source.unwrap_or(&self.origin.source))
    }

    fn mark_of(&self, index: u32) -> Mark {
        // The root of an item that came through `items:` has the item's place, which is the origin's.
        self.places.mark(index).unwrap_or(self.origin.mark)
    }
}

/// The way to a field, as the server names fields, through a document: member names, and the positions of list items in decimal. It ends
/// with the first step that the document does not have.
///
/// Members whose names hold dots are found in both forms, `labels.app.kubernetes.io/name` and `labels[app.kubernetes.io/name]`.
#[must_use]
pub fn steps_to(root: &Map<String, Value>, field: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = field;
    let mut within: Option<&Value> = None;
    let mut members = Some(root);
    while !rest.is_empty() {
        let (step, after) = members.and_then(|members| known_member(members, rest)).unwrap_or_else(|| next_step(rest));
        rest = after;
        if step.is_empty() {
            continue;
        }
        let items = within.and_then(Value::as_array);
        let position = items.and_then(|items| selected(items, step));
        steps.push(position.map_or_else(|| step.to_owned(), |position| position.to_string()));
        within = match (items, members) {
            (Some(items), _) => position.and_then(|position| items.get(position)),
            (None, members) => members.and_then(|members| members.get(step)),
        };
        let Some(value) = within else { break };
        members = value.as_object();
    }
    steps
}

/// The longest member that a field begins with, and what follows.
fn known_member<'v, 'f>(members: &'v Map<String, Value>, field: &'f str) -> Option<(&'v str, &'f str)> {
    let field = field.strip_prefix('.').unwrap_or(field);
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    let fitting = members.keys().filter_map(|name| Some((name.as_str(), field.strip_prefix(name.as_str())?)));
    fitting.filter(|(name, rest)| !name.is_empty() && ends(rest)).max_by_key(|(name, _)| name.len())
}

/// Splits the first step off `a.b[0]["x.y/z"].c`; what a bracket holds is one step, without quotes around the whole of it.
fn next_step(field: &str) -> (&str, &str) {
    let (step, rest) = match field.strip_prefix('[') {
        Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
        None => {
            let name = field.strip_prefix('.').unwrap_or(field);
            name.split_at(name.find(['.', '[']).unwrap_or(name.len()))
        }
    };
    (step.strip_prefix('"').and_then(|step| step.strip_suffix('"')).unwrap_or(step), rest)
}

/// The position of the item that a step names by position (`0`), by its keys (`name="c",port=80`), or by itself (`="x"`).
fn selected(items: &[Value], step: &str) -> Option<usize> {
    if !step.contains('=') {
        return step.parse().ok();
    }
    let terms: Vec<(&str, Value)> = step
        .split(',')
        .filter_map(|term| term.split_once('='))
        .map(|(key, value)| (key, serde_json::from_str(value).unwrap_or_else(|_| Value::from(value))))
        .collect();
    let matches =
        |item: &Value| terms.iter().all(|(key, wanted)| if key.is_empty() { item == wanted } else { item.get(key) == Some(wanted) });
    items.iter().position(matches)
}
