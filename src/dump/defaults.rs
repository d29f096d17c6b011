//! Manifests without what is the default anyway.
//!
//! There is no table of defaults to look into: a member is taken out, and stays out where filling in the defaults makes the same object.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::clean::Owners;
use crate::admission;
use crate::merge::{FieldPath, PathElement};
use crate::object::Object;

/// A manifest without the members that its kind's defaults set again to the same values. `live` is the object as it was read: what
/// somebody applied stays. Objects of kinds that are not built in stay as they are.
#[must_use]
pub fn without_defaults(manifest: Object, live: &Object) -> Object {
    let Some(gvk) = manifest.gvk() else { return manifest };
    let Some(whole) = admission::filled(&gvk, &manifest) else { return manifest };
    let owners = Owners::of(live);
    let is_whole = |object: &Object| admission::filled(&gvk, object).as_ref() == Some(&whole);
    let mut attempt = Attempt { manifest, place: Vec::new(), path: Vec::new(), owners: &owners, is_whole };
    let stated = |name: &&String| !["apiVersion", "kind", "metadata"].contains(&name.as_str());
    let names: Vec<String> = attempt.manifest.root().keys().filter(stated).cloned().collect();
    // Some defaults are made where two members are missing, so that the one goes only when the other has.
    for _ in 0..2 {
        names.iter().for_each(|name| attempt.member(name));
    }
    attempt.manifest
}

/// A manifest from which one member after the other is taken, and put back where the defaults do not.
struct Attempt<'a, IsWhole: Fn(&Object) -> bool> {
    manifest: Object,
    /// The object or list at hand, by members and positions.
    place: Vec<Step>,
    /// The same place as owners name it.
    path: Vec<PathElement>,
    owners: &'a Owners,
    /// Whether the defaults still make the whole of a manifest.
    is_whole: IsWhole,
}

enum Step {
    Member(String),
    Item(usize),
}

impl<IsWhole: Fn(&Object) -> bool> Attempt<'_, IsWhole> {
    fn member(&mut self, name: &str) {
        self.path.push(PathElement::field(name));
        if self.owners.applied_at(&FieldPath(self.path.clone())) || !self.goes(name) {
            self.place.push(Step::Member(name.to_owned()));
            self.inside();
            self.place.pop();
        }
        self.path.pop();
    }

    /// Takes a member out, unless that makes a difference.
    fn goes(&mut self, name: &str) -> bool {
        let Some(taken) = self.members().and_then(|members| members.remove(name)) else { return true };
        let goes = (self.is_whole)(&self.manifest);
        if !goes && let Some(members) = self.members() {
            members.insert(name.to_owned(), taken);
        }
        goes
    }

    /// Goes on with what is in the value at hand. Items are never taken from their list.
    fn inside(&mut self) {
        match self.value().cloned() {
            Some(Value::Object(members)) => members.keys().for_each(|name| self.member(name)),
            Some(Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let element = self.element(index, item);
                    self.path.push(element);
                    self.place.push(Step::Item(index));
                    self.inside();
                    self.place.pop();
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// An item as owners name it, where they do.
    fn element(&self, index: usize, item: &Value) -> PathElement {
        match self.owners.element_below(&self.path) {
            Some(PathElement::Key(keys)) => {
                let member = |name: &Arc<str>| Some((Arc::clone(name), item.get(name.as_ref())?.clone()));
                PathElement::key(keys.iter().filter_map(|(name, _)| member(name)).collect())
            }
            Some(PathElement::Value(_)) => PathElement::Value(item.clone()),
            _ => PathElement::Index(index),
        }
    }

    fn value(&mut self) -> Option<&mut Value> {
        let (first, rest) = self.place.split_first()?;
        let Step::Member(name) = first else { return None };
        rest.iter().try_fold(self.manifest.root_mut().get_mut(name)?, |value, step| match step {
            Step::Member(name) => value.get_mut(name),
            Step::Item(index) => value.get_mut(*index),
        })
    }

    fn members(&mut self) -> Option<&mut Map<String, Value>> {
        if self.place.is_empty() { Some(self.manifest.root_mut()) } else { self.value()?.as_object_mut() }
    }
}
