//! What could not be done for single objects, in words.
//!
//! Receives [`Failure`]s, hands on text: where in which file, which object, what the server said, and the ways out.

use serde_json::Value;

use super::error::{client_error_in_words, refusal_in_words};
use super::ui::Ui;
use crate::object::{Cause, CauseKind, Reason, Refusal};
use crate::plan::{Dispute, Failure, ObjectError};

/// Tells one failure on standard error.
pub(super) fn tell(ui: &Ui, failure: &Failure) {
    ui.error(&in_words(failure));
    if let Some(hint) = hint(failure) {
        ui.hint(&hint);
    }
}

/// `deploy/web.yaml:12:3: deployment.apps/web in namespace shop: …`, and a line for each cause.
fn in_words(failure: &Failure) -> String {
    let place = failure.origin().map(|origin| format!("{origin}: ")).unwrap_or_default();
    let namespace = failure.namespace.as_ref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let mut text = format!("{place}{}{namespace}: {}", failure.name, what(&failure.error));
    for line in failure.disputes.iter().map(dispute).chain(refusal_of(failure).map(causes).unwrap_or_default()) {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text
}

/// `.spec.replicas is owned by "hpa" using apps/v1: 5 there, 3 here`
fn dispute(dispute: &Dispute) -> String {
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

fn what(error: &ObjectError) -> String {
    match error {
        ObjectError::NotMadeAnew(error) => {
            format!("it was deleted to be replaced, but could not be made anew: {}", client_error_in_words(error))
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

fn causes(refusal: &Refusal) -> Vec<String> {
    if refusal.causes.len() < 2 || is_conflict(refusal) {
        return Vec::new();
    }
    let line = |cause: &Cause| if cause.field.is_empty() { cause.message.clone() } else { format!("{}: {}", cause.field, cause.message) };
    let mut lines: Vec<String> = refusal.causes.iter().map(line).collect();
    lines.sort();
    lines
}

fn is_conflict(refusal: &Refusal) -> bool {
    refusal.causes.iter().any(|cause| cause.kind == CauseKind::ManagerConflict)
}

fn refusal_of(failure: &Failure) -> Option<&Refusal> {
    match &failure.error {
        ObjectError::Client(error) => error.refusal(),
        _ => None,
    }
}

fn hint(failure: &Failure) -> Option<String> {
    let refusal = refusal_of(failure);
    let hint = match &failure.error {
        ObjectError::UnknownKind { similar: Some(similar), .. } => {
            return Some(format!("did you mean kind {:?} in version {:?}?", similar.kind, similar.api_version()));
        }
        ObjectError::UnknownKind { similar: None, .. } => "apply the CustomResourceDefinition of the kind first, or together with it",
        ObjectError::OtherNamespace { .. } => "leave -n out, or take the namespace out of the manifest",
        ObjectError::Duplicate { .. } => "remove one of the two, or give it another name or namespace",
        ObjectError::NotServed(_) => "look at the definition's conditions, then apply again",
        _ if refusal.is_some_and(is_conflict) => {
            "leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts"
        }
        _ if refusal.is_some_and(|refusal| refusal.reason == Reason::NotFound && refusal.kind == "namespaces") => {
            "add the namespace to the set, or create it first"
        }
        ObjectError::Moved => "look at the change with diff, then apply again",
        ObjectError::StillThere { .. } => "it goes once its finalizers are done; apply again then",
        _ if failure.replaceable => {
            "the object cannot be changed in place: apply --replace deletes it and makes it anew; or undo the change in the manifest"
        }
        _ if refusal.is_some_and(|refusal| refusal.message.contains("immutable")) => {
            "the field cannot be changed in place; delete the object and apply again, or undo the change in the manifest"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::client::ClientError;

    fn failure(refusal: Refusal) -> Failure {
        let error = ClientError::Refused { attempted: "PATCH /x".to_owned(), refusal: Box::new(refusal) };
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
