//! Files, folders, URLs and standard input to desired objects that know where they were written.
//!
//! Receives what `-f` names, hands on [`Desired`] objects; [`gather()`] does all the reading, [`parse`] is pure. Invariant: whoever gets
//! a desired object may rely on `apiVersion`, `kind`, and a `metadata.name` or `metadata.generateName` of text, and on no two objects
//! of a set having the same group, kind, namespace and name; everything that is wrong with a set is reported at once.

mod desired;
mod error;
mod fetch;
mod flatten;
mod gather;
mod source;

use std::collections::HashMap;

pub use desired::{Desired, Origin};
pub use error::{ManifestError, ManifestErrors, Problem};
pub use fetch::{FetchError, fetch};
pub use gather::{Gathered, Input, gather};
pub use source::Source;

use crate::yaml;

/// Reads everything `-f` names, with this process's standard input and network, and parses it.
///
/// Errors with everything that is wrong with the set, also where it holds no object at all.
pub async fn load(inputs: &[Input], recursive: bool) -> Result<Vec<Desired>, ManifestErrors> {
    parse(gather(inputs, recursive, &mut std::io::stdin(), fetch).await)
}

/// Parses sources into desired objects, in the order of the sources and of the documents in them.
///
/// Errors with everything that is wrong with the set, what could not be read first, also where it holds no object at all.
pub fn parse(Gathered { sources, mut errors }: Gathered) -> Result<Vec<Desired>, ManifestErrors> {
    let mut desired = Vec::new();
    for source in &sources {
        let documents = yaml::read(source.text(), source.is_json());
        errors.extend(documents.errors.into_iter().map(|error| ManifestError::yaml(source, error)));
        for node in documents.nodes {
            flatten::flatten(source, node, &mut desired, &mut errors);
        }
    }
    errors.extend(duplicates(&desired));
    if errors.is_empty() && desired.is_empty() {
        errors.push(ManifestError::nothing_found(&sources));
    }
    if errors.is_empty() { Ok(desired) } else { Err(ManifestErrors(errors)) }
}

/// The objects whose group, kind, namespace and name another object has before them.
///
/// Only what the documents say counts: an object without a namespace is not compared with one in the namespace it may end up in.
fn duplicates(desired: &[Desired]) -> Vec<ManifestError> {
    let mut seen: HashMap<(&str, &str, Option<&str>, &str), &Desired> = HashMap::with_capacity(desired.len());
    let mut errors = Vec::new();
    for item in desired.iter().filter(|item| !item.object.name().is_empty()) {
        let object = &item.object;
        let group = object.api_version().rsplit_once('/').map_or("", |(group, _)| group);
        match seen.entry((group, object.kind(), object.namespace(), object.name())) {
            std::collections::hash_map::Entry::Occupied(first) => errors.push(ManifestError::duplicate(first.get(), item)),
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(item);
            }
        }
    }
    errors
}

#[cfg(test)]
mod tests;
