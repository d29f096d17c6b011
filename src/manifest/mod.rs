//! Files, folders, URLs and standard input to desired objects that know where they were written.
//!
//! Receives what `-f` and `-k` name, hands on [`Desired`] objects; [`gather()`] does all the reading, [`parse`] is pure. Invariant: whoever gets
//! a desired object may rely on `apiVersion`, `kind`, and a `metadata.name` or `metadata.generateName` of text, and on no two objects
//! of a set having the same group, kind, namespace and name; everything that is wrong with a set is reported at once, in the order in
//! which it stands there.

mod desired;
mod error;
mod excerpt;
mod fetch;
mod flatten;
mod gather;
mod kustomize;
mod source;

use std::collections::HashMap;
use std::sync::Arc;

pub use desired::{Desired, Origin, steps_to};
pub use error::{ManifestError, ManifestErrors, Problem};
pub use fetch::{FetchError, fetch};
pub use gather::{Gathered, Input, gather, read_whole};
pub use kustomize::KustomizeProblem;
pub(crate) use kustomize::kustomize_in_memory;
pub use source::Source;

use crate::yaml;

/// Reads everything `-f` names, with this process's standard input and network, and parses it.
///
/// Errors with everything that is wrong with the set, also where it holds no object at all.
pub async fn load(inputs: &[Input], recursive: bool) -> Result<Vec<Desired>, ManifestErrors> {
    parse(gather(inputs, recursive, std::io::stdin(), fetch).await)
}

/// Builds the kustomization of one folder and nothing else, whose objects need not be any.
///
/// Errors with everything that is wrong with the files it reads, or with the first thing that cannot be done with them.
pub async fn kustomize(folder: &std::path::Path) -> Result<Vec<Desired>, ManifestErrors> {
    kustomize::kustomize(folder, &fetch).await.map_err(ManifestErrors)
}

/// Parses sources into desired objects, in the order of the sources and of the documents in them. What could not be read stands in
/// the place of its source, and what was built is taken as it is.
///
/// Errors with everything that is wrong with the set, in that order too, also where it holds no object at all.
pub fn parse<G: Into<Gathered>>(gathered: impl IntoIterator<Item = Result<G, ManifestError>>) -> Result<Vec<Desired>, ManifestErrors> {
    let mut desired = Vec::new();
    let mut sources = Vec::new();
    // For each input its errors, and how many objects there were after it.
    let (mut errors, mut ends) = (Vec::new(), Vec::new());
    for input in gathered {
        errors.push(match input.map(Into::into) {
            Ok(Gathered::Source(source)) => {
                let parsed = parse_text(&source);
                desired.extend(parsed.desired);
                sources.push(source);
                parsed.errors
            }
            Ok(Gathered::Built(objects)) => {
                desired.extend(objects);
                Vec::new()
            }
            Err(error) => vec![error],
        });
        ends.push(desired.len());
    }
    for (position, error) in duplicates(&desired) {
        errors[ends.partition_point(|end| *end <= position)].push(error);
    }
    errors.iter_mut().for_each(|of_input| of_input.sort_by_key(ManifestError::mark));
    let mut errors: Vec<ManifestError> = errors.into_iter().flatten().collect();
    if errors.is_empty() && desired.is_empty() {
        errors.push(ManifestError::nothing_found(&sources));
    }
    if errors.is_empty() { Ok(desired) } else { Err(ManifestErrors(errors)) }
}

/// What one text holds.
#[derive(Debug, Default)]
pub struct ParsedText {
    /// The objects that could be read.
    pub desired: Vec<Desired>,
    /// What is wrong. Whether an object stands twice in the set is not looked at.
    pub errors: Vec<ManifestError>,
}

/// Parses one text, for those who go on with what could be read of it.
#[must_use]
pub fn parse_text(source: &Arc<Source>) -> ParsedText {
    let documents = yaml::read(source.text(), source.is_json());
    let mut desired = Vec::new();
    let mut errors: Vec<_> = documents.errors.into_iter().map(|error| ManifestError::yaml(source, error)).collect();
    for node in documents.nodes {
        flatten::flatten(source, node, &mut desired, &mut errors);
    }
    ParsedText { desired, errors }
}

/// The objects whose group, kind, namespace and name another object has before them, by position.
///
/// Only what the documents say counts: an object without a namespace is not compared with one in the namespace it may end up in.
fn duplicates(desired: &[Desired]) -> Vec<(usize, ManifestError)> {
    let mut seen: HashMap<(&str, &str, Option<&str>, &str), &Desired> = HashMap::with_capacity(desired.len());
    let mut errors = Vec::new();
    for (position, item) in desired.iter().enumerate().filter(|(_, item)| !item.object.name().is_empty()) {
        let object = &item.object;
        let group = object.api_version().rsplit_once('/').map_or("", |(group, _)| group);
        match seen.entry((group, object.kind(), object.namespace(), object.name())) {
            std::collections::hash_map::Entry::Occupied(first) => {
                errors.push((position, ManifestError::duplicate(first.get(), item)));
            }
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(item);
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests;
