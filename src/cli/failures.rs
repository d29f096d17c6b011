//! What could not be done for single objects, in words.
//!
//! Receives [`Failure`]s, hands on text: where in which file, which object, what the server said, and the ways out.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::error::{client_error_in_words, hint_for, refusal_in_words};
use super::ui::Ui;
use crate::client::ClientError;
use crate::manifest::{Desired, Origin, Source};
use crate::object::{Cause, CauseKind, Reason, Refusal};
use crate::plan::{Dispute, Failure, ObjectError, OrderFault, in_namespace, unknown_fields};
use crate::printable::one_line;
use crate::schema::Catalog;
use crate::validate::meant_field;
use crate::yaml::Mark;

/// The most lines of the manifest that are shown for one object.
const EXCERPTS_MOST: usize = 5;

/// The order of a set's files and of the places in them, in which its failures are told.
#[derive(Debug, Default)]
pub(super) struct FileOrder(HashMap<*const Source, usize>);

impl FileOrder {
    pub(super) fn of(desired: &[Desired]) -> Self {
        let mut order = HashMap::new();
        for source in desired.iter().map(|desired| &desired.origin.source) {
            let next = order.len();
            order.entry(Arc::as_ptr(source)).or_insert(next);
        }
        Self(order)
    }

    /// What a place is compared by; what no file of the set wrote comes first.
    pub(super) fn rank(&self, origin: Option<&Origin>) -> Option<(usize, Mark)> {
        let origin = origin?;
        Some((*self.0.get(&Arc::as_ptr(&origin.source))?, origin.mark))
    }

    /// The rank of the object that failed.
    pub(super) fn rank_of(&self, failure: &Failure) -> Option<(usize, Mark)> {
        self.rank(failure.source.as_ref().map(|source| &source.origin))
    }
}

/// Tells one failure on standard error.
pub(super) fn tell(ui: &Ui, failure: &Failure) {
    ui.error(&in_words(failure));
    if let Some(hint) = hint(failure) {
        ui.hint(&hint);
    }
}

/// Tells failures on standard error: of those that say no more than that the target cannot be reached the first, and the number of the
/// others.
pub(super) fn tell_all(ui: &Ui, failures: &[Failure]) {
    let (unreached, others): (Vec<_>, Vec<_>) = failures.iter().partition(|failure| is_unreached(failure));
    others.into_iter().chain(unreached.first().copied()).for_each(|failure| tell(ui, failure));
    if unreached.len() > 1 {
        tell_untold(ui, unreached.len() - 1);
    }
}

/// Tells how many failures said the same as the one that was told.
pub(super) fn tell_untold(ui: &Ui, count: usize) {
    ui.error(&format!("{count} more objects were not reached"));
}

/// Whether the target was not reached for an object.
pub(super) fn is_unreached(failure: &Failure) -> bool {
    match &failure.error {
        ObjectError::NotReached(_) => true,
        ObjectError::Client(error) => matches!(**error, ClientError::Unreachable { .. }),
        _ => false,
    }
}

/// `deploy/web.yaml:12:3: deployment.apps/web in namespace shop: …` with the line of the manifest that is to blame, or, for several causes,
/// a line and its own line of the manifest for each.
fn in_words(failure: &Failure) -> String {
    let place = failure.origin().map(|origin| format!("{}: ", one_line(&origin.to_string()))).unwrap_or_default();
    let object = format!("{}{}", failure.name, in_namespace(failure.namespace.as_deref()));
    let mut text = format!("{place}{}: {}", one_line(&object), what(&failure.error));
    for dispute in &failure.disputes {
        text.push_str(&format!("\n  {}", dispute_in_words(dispute)));
    }
    match refusal_of(failure) {
        // Both values of a disputed field are told already.
        Some(refusal) if is_conflict(refusal) => {}
        Some(refusal) if refusal.causes.len() > 1 => text.push_str(&causes(refusal, failure.source.as_deref())),
        _ => text.push_str(&failure.blamed().and_then(|origin| excerpt(failure.source.as_deref()?, &origin)).unwrap_or_default()),
    }
    text
}

/// The lines of the manifest at a place, unless it is that of the whole object, which says nothing about what is wrong.
fn excerpt(source: &Desired, origin: &Origin) -> Option<String> {
    (origin.mark != source.origin.mark).then(|| origin.excerpt())
}

/// `.spec.replicas is owned by "hpa" using apps/v1: 5 there, 3 here`
pub(super) fn dispute_in_words(dispute: &Dispute) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), short);
    format!("{} is owned by {}: {} there, {} here", dispute.field, dispute.owner, value(&dispute.live), value(&dispute.desired))
}

/// A value on one line, cut where it is long.
fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    let cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}

pub(super) fn what(error: &ObjectError) -> String {
    match error {
        ObjectError::NotMadeAnew(error) => {
            format!("it was deleted to be replaced, but could not be made anew: {}", client_error_in_words(error))
        }
        ObjectError::PerhapsDeleted(error) => {
            format!("whether it was deleted, to be replaced, is not known: {}", client_error_in_words(error))
        }
        ObjectError::Client(error) => match error.refusal() {
            Some(refusal) if is_conflict(refusal) => "other managers own fields that the manifest sets".to_owned(),
            // The message of the server repeats all causes in one line; with several they are listed below instead.
            Some(refusal) if refusal.causes.len() > 1 => format!("from server ({}):", refusal.reason.as_str()),
            Some(refusal) => refusal_in_words(refusal),
            None => client_error_in_words(error),
        },
        other => other.to_string(),
    }
}

/// A line for each cause, in the order of the manifest, below each of the first few the line that it is about.
fn causes(refusal: &Refusal, source: Option<&Desired>) -> String {
    let mut causes: Vec<(Option<Origin>, String)> =
        refusal.causes.iter().map(|cause| (source.map(|source| source.locate(named_field(cause))), cause_in_words(cause))).collect();
    causes.sort_by(|(left, left_line), (right, right_line)| {
        let mark = |origin: &Option<Origin>| origin.as_ref().map(|origin| origin.mark);
        mark(left).cmp(&mark(right)).then_with(|| left_line.cmp(right_line))
    });
    let mut text = String::new();
    let mut shown = HashSet::new();
    // The fields of a kustomization's object may stand in several files, of which the headline names the first.
    let headline = causes.iter().find_map(|(origin, _)| origin.as_ref()).map(|origin| origin.source.name().to_owned());
    for (origin, line) in causes {
        let elsewhere = origin.as_ref().filter(|origin| headline.as_deref().is_some_and(|named| named != origin.source.name()));
        let place = elsewhere.map(|origin| format!(" ({})", origin.file_line())).unwrap_or_default();
        text.push_str(&format!("\n  {line}{place}"));
        let new = origin.filter(|origin| shown.len() < EXCERPTS_MOST && !shown.contains(&origin.to_string()));
        if let Some(origin) = new
            && let Some(lines) = source.and_then(|source| excerpt(source, &origin))
        {
            text.push_str(&lines.replace('\n', "\n  "));
            shown.insert(origin.to_string());
        }
    }
    text
}

/// `spec.size: Required value`.
pub(super) fn cause_in_words(cause: &Cause) -> String {
    match named_field(cause) {
        "" => cause.message.clone(),
        field => format!("{field}: {}", cause.message),
    }
}

/// The field that a cause is about; empty where it is about the whole object, which servers written in Go call `<nil>`.
pub(super) fn named_field(cause: &Cause) -> &str {
    if cause.field == "<nil>" { "" } else { &cause.field }
}

pub(super) fn is_conflict(refusal: &Refusal) -> bool {
    refusal.causes.iter().any(|cause| cause.kind == CauseKind::ManagerConflict)
}

pub(super) fn refusal_of(failure: &Failure) -> Option<&Refusal> {
    match &failure.error {
        ObjectError::Client(error) => error.refusal(),
        _ => None,
    }
}

pub(super) fn hint(failure: &Failure) -> Option<String> {
    let refusal = refusal_of(failure);
    let hint = match &failure.error {
        ObjectError::UnknownKind { similar: Some(similar), .. } => {
            return Some(format!("did you mean kind {:?} in version {:?}?", similar.kind, similar.api_version()));
        }
        ObjectError::UnknownKind { similar: None, .. } => "apply the CustomResourceDefinition of the kind first, or together with it",
        ObjectError::OtherNamespace { .. } => "leave -n out, or take the namespace out of the manifest",
        ObjectError::BadName { .. } => "give it a name that can stand in a path of the API",
        ObjectError::Duplicate { .. } => "remove one of the two, or give it another name or namespace",
        ObjectError::Order(fault) => match **fault {
            OrderFault::Unreadable { .. } => {
                "write for example apps/namespaces/shop/Deployment/db, or /Namespace/shop; commas part several"
            }
            OrderFault::NoWave { .. } => "lower waves come first; an object without one is in wave 0",
            OrderFault::UnknownKind(_) => "group and kind are compared letter by letter: apps/namespaces/shop/Deployment/db",
            OrderFault::Scope { .. } => {
                "write GROUP/namespaces/NAMESPACE/KIND/NAME for what has a namespace, GROUP/KIND/NAME for what has none"
            }
            OrderFault::Missing(_) => "add it to the set, or create it first",
            OrderFault::LaterWave { .. } => "give both one wave, or take the wave out of this object: it then comes with what it stands on",
            OrderFault::Cycle(_) | OrderFault::Unknown { .. } => return None,
        },
        ObjectError::NotServed(_) => "look at the definition's conditions, then apply again",
        _ if refusal.is_some_and(is_conflict) => {
            "leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts"
        }
        _ if refusal.is_some_and(|refusal| refusal.reason == Reason::NotFound && refusal.kind == "namespaces") => {
            "add the namespace to the set, or create it first"
        }
        ObjectError::OtherSet { .. } => "take it out of one of the two sets, or take it over with --force-membership",
        ObjectError::Moved => "look at the change with diff, then apply again",
        ObjectError::MadeAnew => "look at the new object; what it is now, the next run finds as well",
        ObjectError::StillThere { .. } => "it goes once its finalizers are done; apply again then",
        _ if failure.replaceable => {
            "the object cannot be changed in place: apply --replace deletes it and makes it anew; or undo the change in the manifest"
        }
        _ if refusal.is_some_and(|refusal| refusal.message.contains("immutable")) => {
            "the field cannot be changed in place; delete the object and apply again, or undo the change in the manifest"
        }
        ObjectError::NotReached(error) | ObjectError::PerhapsDeleted(error) => return hint_for(error),
        ObjectError::Client(error) => return hint_for(error).or_else(|| misspelled_fields(failure)),
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What may be meant by fields of a built-in kind that the server does not know.
fn misspelled_fields(failure: &Failure) -> Option<String> {
    let (refusal, source) = (refusal_of(failure)?, failure.source.as_deref()?);
    let schema = Catalog::builtin().by_gvk(&source.object.gvk()?)?.schema();
    let unknown = unknown_fields(&refusal.message);
    let guesses: Vec<(&str, String)> =
        unknown.iter().filter_map(|field| Some((*field, meant_field(schema.root(), source.object.root(), field)?))).collect();
    match (guesses.as_slice(), unknown.len()) {
        ([], _) => None,
        ([(_, guess)], 1) => Some(guess.clone()),
        (several, _) => Some(several.iter().map(|(field, guess)| format!("{field}: {guess}")).collect::<Vec<_>>().join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn failure(refusal: Refusal) -> Failure {
        let error = ClientError::Refused { attempted: "PATCH /x".to_owned(), refusal: Box::new(refusal), credentials: None };
        Failure {
            name: "deployment.apps/web".to_owned(),
            namespace: Some("shop".to_owned()),
            source: None,
            error: ObjectError::Client(Arc::new(error)),
            disputes: Vec::new(),
            replaceable: false,
            deleted: None,
        }
    }

    fn told(failure: &Failure) -> String {
        let (ui, printed) = Ui::buffered(false, false, 80);
        tell(&ui, failure);
        printed.stderr()
    }

    #[test]
    fn a_conflict_names_field_owner_and_the_ways_out() {
        let refusal = Refusal::new(Reason::Conflict, "Apply failed with 1 conflict").with_cause(Cause::new(
            CauseKind::ManagerConflict,
            ".spec.replicas",
            "conflict with \"hpa\" using apps/v1",
        ));
        let dispute = Dispute {
            field: ".spec.replicas".to_owned(),
            owner: "\"hpa\" using apps/v1".to_owned(),
            live: Some(5.into()),
            desired: Some(3.into()),
        };
        assert_eq!(
            told(&Failure { disputes: vec![dispute], ..failure(refusal) }),
            "error: deployment.apps/web in namespace shop: other managers own fields that the manifest sets\n  \
             .spec.replicas is owned by \"hpa\" using apps/v1: 5 there, 3 here\n\
             hint: leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts\n"
        );
    }

    #[test]
    fn what_go_calls_nil_is_the_whole_object() {
        let skipped = Cause::invalid("<nil>", &Value::Null, "some rules were not checked");
        let both = Refusal::invalid("apps", "Deployment", "web", vec![skipped, Cause::required("spec.a", "")]);
        let told = told(&failure(both));
        assert!(told.contains("\n  spec.a: Required value") && told.contains("\n  Invalid value: ") && !told.contains("<nil>"), "{told}");
    }

    #[test]
    fn one_cause_stands_in_the_message_and_several_in_lines() {
        let one = Refusal::invalid("apps", "Deployment", "web", vec![Cause::required("spec.selector", "")]);
        assert_eq!(
            told(&failure(one)),
            "error: deployment.apps/web in namespace shop: from server (Invalid): \
             Deployment.apps \"web\" is invalid: spec.selector: Required value\n"
        );
        let two = Refusal::invalid("apps", "Deployment", "web", vec![Cause::required("spec.b", ""), Cause::required("spec.a", "")]);
        assert_eq!(
            told(&failure(two)),
            "error: deployment.apps/web in namespace shop: from server (Invalid):\n  spec.a: Required value\n  spec.b: Required value\n"
        );
    }
}
