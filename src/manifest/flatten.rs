//! Documents to objects: lists are opened, and what every object must have is checked.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{ManifestError, Problem};
use super::{Desired, Origin, Source};
use crate::object::Object;
use crate::yaml::{Mark, Node, Places};

/// Turns one document into objects; what is wrong goes to `errors`.
pub(super) fn flatten(source: &Arc<Source>, node: Node, desired: &mut Vec<Desired>, errors: &mut Vec<ManifestError>) {
    let mark = node.mark;
    let (value, places) = node.into_parts();
    let mut opener = Opener { source, places: Arc::new(places), desired, errors };
    opener.open(value, crate::yaml::ROOT, mark, None);
}

/// The `apiVersion` and kind that a typed list lends to items that leave theirs out.
struct ItemKind {
    api_version: String,
    kind: String,
}

struct Opener<'a> {
    source: &'a Arc<Source>,
    places: Arc<Places>,
    desired: &'a mut Vec<Desired>,
    errors: &'a mut Vec<ManifestError>,
}

impl Opener<'_> {
    fn open(&mut self, value: Value, root: u32, mark: Mark, lent: Option<&ItemKind>) {
        let Value::Object(mut members) = value else {
            return self.report(mark, Problem::NotAMapping);
        };
        if let Some(lent) = lent
            && !members.contains_key("kind")
            && !members.contains_key("apiVersion")
        {
            members.insert("apiVersion".to_owned(), lent.api_version.clone().into());
            members.insert("kind".to_owned(), lent.kind.clone().into());
        }
        if !is_list(&members) {
            return self.accept(members, root, mark);
        }
        let lent = item_kind(&members);
        let items = match members.remove("items") {
            Some(Value::Array(items)) => items,
            None | Some(Value::Null) => Vec::new(),
            Some(_) => return self.report(self.mark_of(root, &["items"], mark), Problem::ItemsNotAList),
        };
        let (list, _) = self.places.descend(root, &["items"]);
        for (position, item) in items.into_iter().enumerate() {
            let Some(entry) = self.places.child(list, &position.to_string()) else { continue };
            let mark = self.places.mark(entry).unwrap_or(mark);
            self.open(item, entry, mark, lent.as_ref());
        }
    }

    fn accept(&mut self, members: Map<String, Value>, root: u32, mark: Mark) {
        if !["apiVersion", "kind", "metadata"].iter().any(|name| members.contains_key(*name)) {
            return self.report(mark, Problem::NotAMapping);
        }
        let problems = check(&members);
        let sound = problems.is_empty();
        for (path, problem) in problems {
            self.report(self.mark_of(root, path, mark), problem);
        }
        if let (true, Ok(object)) = (sound, Object::from_value(Value::Object(members))) {
            let origin = Origin { source: Arc::clone(self.source), mark };
            let places = Arc::clone(&self.places);
            self.desired.push(Desired { object, origin, places, root, elsewhere: None });
        }
    }

    /// The place of the deepest part of a path that is written.
    fn mark_of(&self, root: u32, path: &[&str], fallback: Mark) -> Mark {
        match self.places.descend(root, path) {
            (_, 0) => fallback,
            (index, _) => self.places.mark(index).unwrap_or(fallback),
        }
    }

    fn report(&mut self, mark: Mark, problem: Problem) {
        self.errors.push(ManifestError::at(self.source, mark, problem));
    }
}

/// `List` of `v1`, and any other kind that ends in `List` and has items; a custom kind such as `AllowList` without them is an object.
fn is_list(members: &Map<String, Value>) -> bool {
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = text("kind");
    (kind == "List" && text("apiVersion") == "v1") || (kind.ends_with("List") && members.get("items").is_some_and(Value::is_array))
}

fn item_kind(members: &Map<String, Value>) -> Option<ItemKind> {
    let kind = members.get("kind")?.as_str()?.strip_suffix("List").filter(|kind| !kind.is_empty())?;
    Some(ItemKind { api_version: members.get("apiVersion")?.as_str()?.to_owned(), kind: kind.to_owned() })
}

/// What is wrong with the members every object must have, each with the path to point at.
pub(super) fn check(members: &Map<String, Value>) -> Vec<(&'static [&'static str], Problem)> {
    let mut problems = Vec::new();
    let mut text = |value: Option<&Value>, path: &'static [&'static str], field: &'static str| match value {
        Some(Value::String(text)) if !text.is_empty() => true,
        None | Some(Value::Null | Value::String(_)) => false,
        Some(_) => {
            problems.push((path, Problem::NotText(field)));
            true
        }
    };
    let has_version = text(members.get("apiVersion"), &["apiVersion"], "apiVersion");
    let has_kind = text(members.get("kind"), &["kind"], "kind");
    let metadata = members.get("metadata");
    let inner = metadata.and_then(Value::as_object);
    let has_name = text(inner.and_then(|m| m.get("name")), &["metadata", "name"], "metadata.name");
    let has_generate_name = text(inner.and_then(|m| m.get("generateName")), &["metadata", "generateName"], "metadata.generateName");
    text(inner.and_then(|m| m.get("namespace")), &["metadata", "namespace"], "metadata.namespace");
    if !has_version {
        problems.push((&["apiVersion"], Problem::NoApiVersion));
    }
    if !has_kind {
        problems.push((&["kind"], Problem::NoKind));
    }
    match metadata {
        Some(Value::Object(_)) | None | Some(Value::Null) if !(has_name || has_generate_name) => {
            problems.push((&["metadata", "name"], Problem::NoName));
        }
        Some(Value::Object(_)) | None | Some(Value::Null) => {}
        Some(_) => problems.push((&["metadata"], Problem::MetadataNotAMapping)),
    }
    problems
}
