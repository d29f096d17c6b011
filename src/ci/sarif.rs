//! A report as SARIF 2.1.0, as <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html> has it and code scanning reads it.
//!
//! What is in no file of the repository becomes a notification of the run: code scanning takes no result without a place.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Finding, Level, Report, findings};

/// What stands as it is in the path of a URI.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The document.
#[must_use]
pub fn sarif(report: &Report) -> Value {
    let findings = findings(report);
    // In the order of their names, with the gravest level that each came with.
    let mut rules: BTreeMap<&str, &Finding> = BTreeMap::new();
    for finding in &findings {
        rules.entry(finding.rule.id).or_insert(finding);
    }
    let index = |id: &str| rules.keys().position(|known| *known == id).unwrap_or_default();
    let (placed, others): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.place.is_some());
    let notifications: Vec<Value> = others.iter().map(|finding| notification(finding, index(finding.rule.id))).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "trueup",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("{}/{}/", report.name, report.command)},
            "invocations": [{"executionSuccessful": !report.has_errors(), "toolExecutionNotifications": notifications}],
            "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository"}}},
            "columnKind": "unicodeCodePoints",
            "results": placed.iter().map(|finding| result(finding, index(finding.rule.id))).collect::<Vec<_>>(),
        }],
    })
}

fn rule(finding: &Finding) -> Value {
    json!({
        "id": finding.rule.id,
        "shortDescription": {"text": finding.rule.description},
        "fullDescription": {"text": finding.rule.description},
        "defaultConfiguration": {"level": level(finding.level)},
    })
}

fn result(finding: &Finding, rule: usize) -> Value {
    let mut location = json!({});
    if let Some(place) = &finding.place {
        location["physicalLocation"] = json!({
            "artifactLocation": {"uri": utf8_percent_encode(&place.file, PATH).to_string(), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": place.line, "startColumn": place.column},
        });
    }
    if let Some(object) = &finding.object {
        location["logicalLocations"] = json!([{"fullyQualifiedName": object, "kind": "resource"}]);
    }
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "level": level(finding.level),
        "message": {"text": format!("{}: {}", finding.title, finding.message)},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": format!("{}:1", finding.fingerprint)},
    })
}

fn notification(finding: &Finding, rule: usize) -> Value {
    json!({
        "associatedRule": {"id": finding.rule.id, "index": rule},
        "level": level(finding.level),
        "message": {"text": format!("{}: {}", finding.title, finding.message)},
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Notice => "note",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}
