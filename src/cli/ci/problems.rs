//! Failures of objects, manifests and commands as problems of a report.
//!
//! Invariant: what a server says about several fields becomes a problem for each, at its own line.

use std::sync::Arc;

use crate::ci::{Place, Problem, Rule};
use crate::cli::CommandError;
use crate::cli::failures::{cause_in_words, dispute_in_words, hint, is_conflict, named_field, refusal_of, what};
use crate::manifest::{Desired, ManifestError};
use crate::object::{Cause, Reason, Refusal};
use crate::plan::set::{PART_OF, SetError};
use crate::plan::{Failure, ObjectError};

const MANIFEST: Rule = Rule { id: "manifest", description: "A manifest cannot be read, or does not describe an object" };
const COMMAND: Rule = Rule { id: "command", description: "The command could not be carried out" };

/// What became of one object that failed.
pub(in crate::cli) fn of_failure(failure: &Failure) -> Vec<Problem> {
    let source = failure.source.as_ref();
    let whole = Problem {
        object: Some(failure.name.clone()),
        namespace: failure.namespace.clone(),
        hint: hint(failure),
        place: failure.origin().as_ref().map(Place::from),
        ..Problem::new(rule(failure), what(&failure.error))
    };
    let at = |field: &str| source.map(|source| Place::from(&source.locate(field))).or_else(|| whole.place.clone());
    let part = |field: &str, message: String| Problem { subject: field.to_owned(), message, place: at(field), ..whole.clone() };
    if !failure.disputes.is_empty() {
        return failure.disputes.iter().map(|dispute| part(&dispute.field, dispute_in_words(dispute))).collect();
    }
    match refusal_of(failure) {
        Some(refusal) if refusal.causes.len() > 1 && !is_conflict(refusal) => {
            in_order(refusal, source).map(|cause| part(named_field(cause), cause_in_words(cause))).collect()
        }
        Some(Refusal { causes, .. }) if causes.len() == 1 => vec![Problem { subject: causes[0].field.clone(), ..whole }],
        _ => vec![whole],
    }
}

/// The causes in the order of the manifest.
fn in_order<'r>(refusal: &'r Refusal, source: Option<&Arc<Desired>>) -> impl Iterator<Item = &'r Cause> {
    let mut causes: Vec<&Cause> = refusal.causes.iter().collect();
    causes.sort_by_key(|cause| source.map(|source| source.locate(&cause.field).mark));
    causes.into_iter()
}

fn rule(failure: &Failure) -> Rule {
    let rule = |id, description| Rule { id, description };
    match &failure.error {
        ObjectError::UnknownKind { .. } | ObjectError::NotServed(_) => rule("unknown-kind", "The server does not serve the kind"),
        ObjectError::NoKind | ObjectError::NoName | ObjectError::BadName { .. } | ObjectError::OtherNamespace { .. } => {
            rule("identity", "Kind, name or namespace of the object cannot be used")
        }
        ObjectError::Duplicate { .. } => rule("duplicate", "The object is described twice"),
        ObjectError::Moved
        | ObjectError::MadeAnew
        | ObjectError::StillThere { .. }
        | ObjectError::Interrupted
        | ObjectError::PerhapsDeleted(_)
        | ObjectError::NotMadeAnew(_) => rule("replacement", "The object could not be replaced"),
        ObjectError::OutOfDate(_) => rule("out-of-date", "The object is not as it was when the plan was made"),
        ObjectError::Order(_) => rule("order", "What the object is to come after cannot be followed"),
        ObjectError::NotAttempted { .. } => rule("not-attempted", "What the object depends on is not there"),
        ObjectError::NotReached(_) => rule("unreachable", "The target could not be asked"),
        ObjectError::OtherSet { .. } => rule("other-set", "The object belongs to another set"),
        ObjectError::Client(_) => match refusal_of(failure) {
            Some(refusal) if is_conflict(refusal) => rule("conflict", "Other managers own fields that the manifest sets"),
            Some(_) if failure.replaceable => rule("immutable", "The object cannot be changed in place"),
            Some(refusal) => match refusal.reason {
                Reason::Invalid | Reason::BadRequest => rule("invalid", "The server refuses the object because of what it says"),
                Reason::Forbidden | Reason::Unauthorized => rule("forbidden", "The server does not let the user do it"),
                _ => rule("refused", "The server refuses the object"),
            },
            None => rule("unreachable", "The target could not be asked"),
        },
    }
}

/// What is wrong with a manifest.
pub(in crate::cli) fn of_manifest(error: &ManifestError) -> Problem {
    Problem { hint: error.hint().map(str::to_owned), place: place_of(error), ..Problem::new(MANIFEST, error.message()) }
}

/// What a manifest says that a set does not bear; `None` for what is about no manifest.
pub(in crate::cli) fn of_set_error(error: &SetError) -> Option<Problem> {
    let SetError::LabelWritten { object, origin } = error else { return None };
    let message = format!("the manifest sets the label {PART_OF}, which --applyset sets");
    let rule = Rule { id: "membership", description: "The manifest says itself which set its object belongs to" };
    Some(Problem { object: Some(object.clone()), place: origin.as_ref().map(Place::from), ..Problem::new(rule, message) })
}

/// Where a manifest is wrong; line and column 1 where it is about the whole.
fn place_of(error: &ManifestError) -> Option<Place> {
    error.origin().as_ref().map(Place::from).or_else(|| error.file().map(Place::whole))
}

/// Why a command ended early.
pub(super) fn of_error(error: &CommandError) -> Vec<Problem> {
    if !error.problems.is_empty() {
        return error.problems.clone();
    }
    let messages = [&error.message].into_iter().chain(&error.further).filter(|message| !message.is_empty());
    let hint = (!error.hints.is_empty()).then(|| error.hints.join("\n"));
    messages.map(|message| Problem { hint: hint.clone(), ..Problem::new(COMMAND, message.clone()) }).collect()
}

/// A problem of the command as a whole.
pub(super) fn of_command(message: &str) -> Problem {
    Problem::new(COMMAND, message)
}
