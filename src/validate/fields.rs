//! Fields that a kind does not have, and which ones may be meant.

use serde_json::{Map, Value};

use crate::manifest::steps_to;
use crate::schema::{SchemaNode, Shape};
use crate::similar::{did_you_mean, nearest};

/// What may be meant by an unknown field.
pub(super) struct Guess {
    /// What to tell.
    pub(super) words: String,
    /// The whole path of the field that is meant.
    pub(super) field: String,
}

/// What may be meant by a field that the schema does not know: one of a similar name beside it, else one of the same name around or below
/// it, which is what a wrong indentation looks like.
pub(super) fn guess(root: SchemaNode<'_>, object: &Map<String, Value>, field: &str) -> Option<Guess> {
    let steps = steps_to(object, field);
    let (name, parents) = steps.split_last()?;
    let ancestors = ancestors(root, parents)?;
    let (place, path) = ancestors.last()?;
    let written = |known: &str| value_at(object, parents).is_some_and(|members| members.contains_key(known));
    if let Some(near) = nearest(name, fields(*place).filter(|known| !written(known))) {
        return Some(Guess { words: did_you_mean(near), field: join(path, near) });
    }
    let above = ancestors.iter().rev().skip(1).find(|(place, _)| has(*place, name)).map(|(_, path)| path.clone());
    let misplaced = above.or_else(|| below(*place, path, name))?;
    let of = if misplaced.is_empty() { "the object itself".to_owned() } else { misplaced.clone() };
    Some(Guess { words: format!("{name} is a field of {of}: is it indented as it should be?"), field: join(&misplaced, name) })
}

/// The places on the way to a field, the root first, each with its path.
fn ancestors<'a>(root: SchemaNode<'a>, steps: &[String]) -> Option<Vec<(SchemaNode<'a>, String)>> {
    let mut all = vec![(root, String::new())];
    let (mut place, mut path) = (root, String::new());
    for step in steps {
        (place, path) = match place.shape() {
            Shape::List { .. } => (place.item()?, format!("{path}[{step}]")),
            _ => (place.member(step)?, join(&path, step)),
        };
        all.push((place, path.clone()));
    }
    Some(all)
}

/// The one field of a place that has a field of that name itself.
fn below(place: SchemaNode<'_>, path: &str, name: &str) -> Option<String> {
    let Shape::Struct { fields, .. } = place.shape() else { return None };
    let mut with = fields.iter().filter_map(|(field, id)| {
        let inner = place.at(*id);
        match inner.shape() {
            Shape::List { .. } => has(inner.item()?, name).then(|| format!("{}[]", join(path, field))),
            _ => has(inner, name).then(|| join(path, field)),
        }
    });
    with.next().filter(|_| with.next().is_none())
}

fn has(place: SchemaNode<'_>, name: &str) -> bool {
    place.field(name).is_some()
}

fn fields(place: SchemaNode<'_>) -> impl Iterator<Item = &str> {
    let fields = match place.shape() {
        Shape::Struct { fields, .. } => Some(fields),
        _ => None,
    };
    fields.into_iter().flatten().map(|(name, _)| &**name)
}

fn value_at<'v>(object: &'v Map<String, Value>, steps: &[String]) -> Option<&'v Map<String, Value>> {
    let Some((first, rest)) = steps.split_first() else { return Some(object) };
    let mut value = object.get(first)?;
    for step in rest {
        value = match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            _ => value.get(step)?,
        };
    }
    value.as_object()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
