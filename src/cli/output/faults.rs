//! What a check of manifests found, as text and as a document; docs/validate-format.md describes the document.
//!
//! Receives a report, hands on the whole text. Invariant: within one version of the format, members are only added.

use serde_json::{Map, Value, json};

use crate::manifest::Origin;
use crate::paint::{Brush, Color};
use crate::plan::render::API_VERSION;
use crate::printable::{one_line, printable};
use crate::validate::{Checked, Counts, Fault, Outcome, Report, Severity, Subject};

/// All faults as text, each with the lines of the manifest that it is about.
#[must_use]
pub fn text(report: &Report, brush: Brush) -> String {
    report.faults().into_iter().map(|fault| fault_text(fault, brush)).collect()
}

/// `deploy/web.yaml:6:3: error: deployment.apps/web: spec.replica: unknown field`, the excerpt, the hint.
fn fault_text(fault: &Fault, brush: Brush) -> String {
    let color = match fault.severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
    };
    let place = fault.place.to_string();
    let mut text = if place.is_empty() { place } else { format!("{}: ", one_line(&place)) };
    text.push_str(&brush.bold(color, &format!("{}:", fault.severity.as_str())).to_string());
    if let Some(object) = &fault.object {
        text.push_str(&format!(" {}:", one_line(&object.to_string())));
    }
    if !fault.field.is_empty() {
        text.push_str(&format!(" {}:", one_line(&fault.field)));
    }
    text.push_str(&format!(" {}{}\n", printable(&fault.message), fault.excerpt()));
    if let Some(suggestion) = &fault.suggestion {
        text.push_str(&format!("{} {}\n", brush.bold(Color::Cyan, "hint:"), printable(suggestion)));
    }
    text
}

/// `Checked 5 objects: 3 fine, 1 with faults, 1 not checked (2 errors, 1 warning).`
#[must_use]
pub fn summary(counts: Counts) -> String {
    let Counts { fine, faulty, unchecked, errors, warnings } = counts;
    let some = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let unchecked_part = if unchecked == 0 { String::new() } else { format!(", {unchecked} not checked") };
    let objects = some(fine + faulty + unchecked, "object");
    format!(
        "Checked {objects}: {fine} fine, {faulty} with faults{unchecked_part} ({}, {}).",
        some(errors, "error"),
        some(warnings, "warning")
    )
}

/// The report as a document of kind `Validation`.
#[must_use]
pub fn document(report: &Report) -> Value {
    let Counts { fine, faulty, unchecked, errors, warnings } = report.counts();
    json!({
        "apiVersion": API_VERSION,
        "kind": "Validation",
        "summary": {
            "objects": fine + faulty + unchecked,
            "fine": fine,
            "faulty": faulty,
            "unchecked": unchecked,
            "errors": errors,
            "warnings": warnings,
        },
        "faults": report.faults().into_iter().map(fault_document).collect::<Vec<_>>(),
        "objects": report.objects.iter().map(checked).collect::<Vec<_>>(),
    })
}

fn fault_document(fault: &Fault) -> Value {
    let mut members = Map::new();
    members.insert("severity".to_owned(), fault.severity.as_str().into());
    members.insert("rule".to_owned(), fault.rule.as_str().into());
    let source = match fault.place.origin() {
        Some(origin) => Some(position(origin)),
        None => fault.place.file().map(|file| json!({"file": file})),
    };
    members.extend(source.map(|source| ("source".to_owned(), source)));
    members.extend(fault.object.as_ref().map(|object| ("object".to_owned(), Value::Object(subject(object)))));
    if !fault.field.is_empty() {
        members.insert("field".to_owned(), fault.field.as_str().into());
    }
    members.insert("message".to_owned(), fault.message.as_str().into());
    members.extend(fault.suggestion.as_ref().map(|suggestion| ("suggestion".to_owned(), suggestion.as_str().into())));
    Value::Object(members)
}

fn checked(checked: &Checked) -> Value {
    let mut members = subject(&checked.subject);
    members.insert("source".to_owned(), position(&checked.origin));
    members.insert("outcome".to_owned(), checked.outcome.as_str().into());
    if let Outcome::Unchecked(reason) = &checked.outcome {
        members.insert("reason".to_owned(), reason.as_str().into());
    }
    Value::Object(members)
}

fn subject(subject: &Subject) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("apiVersion".to_owned(), subject.gvk.api_version().into());
    members.insert("kind".to_owned(), subject.gvk.kind.as_str().into());
    members.extend(subject.namespace.as_ref().map(|namespace| ("namespace".to_owned(), namespace.as_str().into())));
    members.insert(if subject.generated { "generateName" } else { "name" }.to_owned(), subject.name.as_str().into());
    members
}

fn position(origin: &Origin) -> Value {
    json!({"file": origin.source.name(), "line": origin.mark.line, "column": origin.mark.column})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_and_leaves_out_what_there_is_not() {
        let counts = Counts { fine: 1, faulty: 0, unchecked: 0, errors: 0, warnings: 1 };
        assert_eq!(summary(counts), "Checked 1 object: 1 fine, 0 with faults (0 errors, 1 warning).");
        let counts = Counts { fine: 3, faulty: 1, unchecked: 2, errors: 1, warnings: 0 };
        assert_eq!(summary(counts), "Checked 6 objects: 3 fine, 1 with faults, 2 not checked (1 error, 0 warnings).");
    }
}
