//! Manifests checked without any server, as the server would judge them when it creates the objects.
//!
//! Receives texts, definitions of custom kinds and [`Options`], hands on a [`Report`] with every [`Fault`] of every object: what the
//! texts are, kinds, fields, types, and then what [`admission`](crate::admission) finds. Invariant: one bad object hides no other, and one fault of
//! an object hides no other; what only a live server can know (namespaces, quotas, policies, webhooks) is not asked.

mod fault;
mod fields;
mod kinds;
mod object;
mod parallel;
mod removed;

use std::collections::HashMap;
use std::sync::Arc;

pub use fault::{Fault, Place, Rule, Severity, Subject};
use kinds::Kinds;
use serde_json::{Map, Value};

use crate::ambient::Ambient;
use crate::manifest::{Desired, Gathered, ManifestError, Origin, Source, parse_text};
use crate::object::LabelSelector;
use crate::schema::SchemaNode;

/// What was read for one input.
pub type Input = Result<Gathered, ManifestError>;

/// How manifests are checked.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The namespace that the command line asks for; an object that states another is at fault.
    pub namespace: Option<String>,
    /// Only the objects with these labels are checked.
    pub selector: LabelSelector,
    /// Objects of kinds that nothing describes are passed over.
    pub ignore_missing_schemas: bool,
    /// Fields that the schema does not know are passed over, as the server drops them.
    pub ignore_unknown_fields: bool,
    /// Kinds that are not checked: `Deployment`, or `apps/v1/Deployment`, in any case.
    pub skip: Vec<String>,
}

/// What came of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It has no fault but warnings.
    Fine,
    /// It has faults.
    Faulty,
    /// It was not checked, for this reason.
    Unchecked(String),
}

impl Outcome {
    /// The word for programs: `fine`, `faulty` or `unchecked`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Faulty => "faulty",
            Self::Unchecked(_) => "unchecked",
        }
    }
}

/// One object of the set, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Which object.
    pub subject: Subject,
    /// Where it begins.
    pub origin: Origin,
    /// What came of it.
    pub outcome: Outcome,
    /// What is wrong with it, in the order of its text.
    pub faults: Vec<Fault>,
}

/// How many there are of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Objects without errors.
    pub fine: usize,
    /// Objects with errors.
    pub faulty: usize,
    /// Objects that were not checked.
    pub unchecked: usize,
    /// Faults of severity error.
    pub errors: usize,
    /// Faults of severity warning.
    pub warnings: usize,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Report {
    /// The objects, in the order of the set.
    pub objects: Vec<Checked>,
    /// What is wrong with texts and with the definitions that `--schema` brought.
    pub strays: Vec<Fault>,
    /// The order of the files.
    files: HashMap<String, usize>,
}

impl Report {
    /// Every fault, in the order of the files and of the places in them.
    #[must_use]
    pub fn faults(&self) -> Vec<&Fault> {
        let mut faults: Vec<&Fault> = self.strays.iter().chain(self.objects.iter().flat_map(|checked| &checked.faults)).collect();
        let file = |fault: &Fault| fault.place.file().and_then(|file| self.files.get(file)).copied().unwrap_or(usize::MAX);
        faults.sort_by_key(|fault| (file(fault), fault.place.origin().map(|origin| origin.mark)));
        faults
    }

    /// The counts.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let objects = |outcome: &str| self.objects.iter().filter(|checked| checked.outcome.as_str() == outcome).count();
        let faults = self.faults();
        let errors = faults.iter().filter(|fault| fault.severity == Severity::Error).count();
        Counts {
            fine: objects("fine"),
            faulty: objects("faulty"),
            unchecked: objects("unchecked"),
            errors,
            warnings: faults.len() - errors,
        }
    }
}

/// Checks manifests. `schemas` bring definitions of custom kinds, and so do the manifests themselves, which win over them.
#[must_use]
pub fn validate(manifests: Vec<Input>, schemas: Vec<Input>, options: &Options, ambient: &Ambient) -> Report {
    let mut strays = Vec::new();
    let files = numbered(schemas.iter().chain(&manifests));
    let definitions = definitions(schemas, &manifests, &mut strays);
    let desired = read(manifests, &mut strays);
    let kinds = Kinds::new(desired.iter().chain(&definitions));
    let desired = selected(desired, options, &mut strays);
    let check = |desired: &Desired| object::check(desired, &kinds, options, ambient);
    strays.extend(parallel::each(&definitions, check).into_iter().flat_map(|definition| definition.faults));
    let mut objects = parallel::each(&desired, check);
    mark_duplicates(&mut objects, &kinds);
    for checked in &mut objects {
        checked.faults.sort_by_key(|fault| fault.place.origin().map(|origin| origin.mark));
        if checked.faults.iter().any(|fault| fault.severity == Severity::Error) {
            checked.outcome = Outcome::Faulty;
        }
    }
    Report { objects, strays, files }
}

/// The files in their order.
fn numbered<'a>(inputs: impl Iterator<Item = &'a Input>) -> HashMap<String, usize> {
    let mut files = HashMap::new();
    for input in inputs {
        let names: Vec<&str> = match input {
            Ok(Gathered::Source(source)) => vec![source.name()],
            Ok(Gathered::Built(objects)) => objects.iter().map(|desired| desired.origin.source.name()).collect(),
            Err(error) => error.file().into_iter().collect(),
        };
        for name in names {
            let next = files.len();
            files.entry(name.to_owned()).or_insert(next);
        }
    }
    files
}

/// What may be meant by a field that a schema does not know, in words: a field of a similar name, or one that stands elsewhere.
#[must_use]
pub fn meant_field(schema: SchemaNode<'_>, object: &Map<String, Value>, field: &str) -> Option<String> {
    fields::guess(schema, object, field).map(|guess| guess.words)
}

/// The objects of the manifests; what is wrong with their texts goes to `faults`.
fn read(manifests: Vec<Input>, faults: &mut Vec<Fault>) -> Vec<Desired> {
    let sources: Vec<Arc<Source>> = sources(&manifests).map(Arc::clone).collect();
    let before = faults.len();
    let desired = parsed(manifests, faults);
    if desired.is_empty() && faults.len() == before {
        faults.push(Fault::from(&ManifestError::nothing_found(&sources)));
    }
    desired
}

/// The texts among what was read.
fn sources(inputs: &[Input]) -> impl Iterator<Item = &Arc<Source>> {
    inputs.iter().flatten().filter_map(|gathered| match gathered {
        Gathered::Source(source) => Some(source),
        Gathered::Built(_) => None,
    })
}

/// The objects that are to be checked.
fn selected(mut desired: Vec<Desired>, options: &Options, faults: &mut Vec<Fault>) -> Vec<Desired> {
    let some = !desired.is_empty();
    desired.retain(|desired| options.selector.matches(&desired.object));
    if some && desired.is_empty() {
        faults.push(fault::of_set("no manifest matches the selector"));
    }
    desired
}

/// The definitions in the texts that `--schema` names, but for those that are manifests too and told of there. Other objects are passed
/// over, since definitions come in bundles with them.
fn definitions(mut schemas: Vec<Input>, manifests: &[Input], faults: &mut Vec<Fault>) -> Vec<Desired> {
    let is_manifest = |name: &str| sources(manifests).any(|manifest| manifest.name() == name);
    schemas.retain(|input| !matches!(input, Ok(Gathered::Source(source)) if is_manifest(source.name())));
    let first = sources(&schemas).next().map(|source| Place::File(source.name().into()));
    let before = faults.len();
    let mut definitions = parsed(schemas, faults);
    for suggestion in faults[before..].iter_mut().filter_map(|fault| fault.suggestion.as_mut()) {
        *suggestion = suggestion.replace("given with -f", "given with --schema");
    }
    definitions.retain(kinds::is_definition);
    if let (Some(place), true) = (first, definitions.is_empty() && faults.len() == before) {
        faults.push(Fault { place, ..fault::of_set("there is no CustomResourceDefinition in what --schema names") });
    }
    definitions
}

/// The objects of some inputs, whose texts are read in parallel.
fn parsed(inputs: Vec<Input>, faults: &mut Vec<Fault>) -> Vec<Desired> {
    let texts: Vec<Arc<Source>> = sources(&inputs).map(Arc::clone).collect();
    let mut parsed = parallel::each(&texts, parse_text).into_iter();
    let mut desired = Vec::new();
    for input in inputs {
        match input {
            Ok(Gathered::Source(_)) => {
                let Some(text) = parsed.next() else { continue };
                faults.extend(text.errors.iter().map(Fault::from));
                desired.extend(text.desired);
            }
            Ok(Gathered::Built(objects)) => desired.extend(objects),
            Err(error) => faults.push(Fault::from(&error)),
        }
    }
    desired
}

/// Tells of objects of one kind, namespace and name that stand twice, whatever the version. An object without a namespace is in that which
/// is asked for; what is not checked is not compared.
fn mark_duplicates(objects: &mut [Checked], kinds: &Kinds) {
    let mut seen: HashMap<(String, String, Option<String>, String), Origin> = HashMap::new();
    for checked in objects.iter_mut().filter(|checked| !checked.subject.generated && !matches!(checked.outcome, Outcome::Unchecked(_))) {
        let gvk = &checked.subject.gvk;
        let namespace = match kinds.find(gvk) {
            Ok(resource) if !resource.namespaced => None,
            _ => Some(checked.subject.namespace.clone().unwrap_or_else(|| object::DEFAULT_NAMESPACE.to_owned())),
        };
        let key = (gvk.group.clone(), gvk.kind.clone(), namespace, checked.subject.name.clone());
        match seen.get(&key) {
            Some(first) => {
                let message = format!("it is already described at {first}");
                let suggestion = Some("remove one of the two, or give it another name or namespace".to_owned());
                let place = Place::At(checked.origin.clone());
                let object = Some(checked.subject.clone());
                checked.faults.push(Fault { place, object, rule: Rule::DuplicateObject, suggestion, ..fault::of_set(&message) });
            }
            None => {
                seen.insert(key, checked.origin.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests;
