//! What a run came to, each thing in one line for a log.
//!
//! Receives failures, drift and counts, hands on lines. Invariant: a line has no line break and nothing that steers a terminal.

use crate::cli::CommandError;
use crate::cli::failures::{dispute_in_words, hint, is_conflict, refusal_of, what};
use crate::plan::{Failure, ObjectDrift, Verdict, drift_note, in_namespace, readable_path};
use crate::printable::one_line;
use crate::sync::Reading;

/// More fields than this are counted.
const FIELDS_NAMED: usize = 5;

/// A failure of a whole run, or of the manifests.
pub(super) fn of_error(error: &CommandError) -> String {
    let messages = std::iter::once(&error.message).chain(&error.further).map(|message| message.lines().next().unwrap_or_default());
    let mut parts: Vec<String> = messages.map(str::to_owned).collect();
    parts.extend(error.hints.iter().map(|hint| format!("hint: {hint}")));
    one_line(&parts.join("; ")).into_owned()
}

/// `deploy/web.yaml:12:3: deployment.apps/web in namespace shop: …`.
pub(super) fn of_failure(failure: &Failure) -> String {
    let place = failure.origin().map(|origin| format!("{origin}: ")).unwrap_or_default();
    let mut parts = vec![format!("{place}{}{}: {}", failure.name, in_namespace(failure.namespace.as_deref()), what(&failure.error))];
    parts.extend(failure.disputes.iter().map(dispute_in_words));
    if let Some(refusal) = refusal_of(failure).filter(|refusal| !is_conflict(refusal) && refusal.causes.len() > 1) {
        parts.extend(refusal.causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)));
    }
    parts.extend(hint(failure).map(|hint| format!("hint: {hint}")));
    one_line(&parts.join("; ")).into_owned()
}

/// What others did to an object, and who, as far as that is known.
pub(super) fn of_drift(drift: &ObjectDrift) -> String {
    let object = format!("{}{}", drift.display_name(), in_namespace(drift.key.namespace.as_deref()));
    if drift.live.is_none() {
        return one_line(&format!("{object} was deleted by somebody else")).into_owned();
    }
    let changed: Vec<String> = drift
        .fields
        .iter()
        .filter(|field| field.verdict != Verdict::Pending)
        .map(|field| format!("{} ({})", readable_path(&field.change.path), drift_note(field)))
        .collect();
    let more = changed.len().saturating_sub(FIELDS_NAMED);
    let named = changed.iter().take(FIELDS_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    one_line(&format!("{object} was changed by somebody else: {named}{more}")).into_owned()
}

/// How many objects a run changed.
pub(super) fn changes(reading: &Reading) -> u64 {
    reading.objects.iter().filter(|(action, _)| !["unchanged", "failed"].contains(action)).map(|(_, count)| count).sum()
}

/// `synced 5 objects in 0.12 s: 1 created, 4 unchanged`.
pub(super) fn of_run(reading: &Reading, failures: u32) -> String {
    let counts: Vec<String> = reading.objects.iter().map(|(action, count)| format!("{count} {action}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    let took = reading.took.as_secs_f64();
    let objects = if reading.size == 1 { "1 object".to_owned() } else { format!("{} objects", reading.size) };
    match (reading.failed, failures) {
        (false, _) => format!("synced {objects} in {took:.2} s{counts}"),
        (true, 0 | 1) => format!("not synced{counts}"),
        (true, failures) => format!("not synced for the {failures}. time{counts}"),
    }
}
