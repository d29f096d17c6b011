//! What a job of GitLab tells: a report of code quality, variables for later jobs, sections in the log.
//!
//! The report is a list as <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format> describes it: `description`,
//! `check_name`, `fingerprint`, `severity`, `location.path` and `location.lines.begin` are all required, and nothing else is read.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::github::counts;
use super::{Finding, Level, Report};
use crate::printable::one_line;

/// The report of code quality. What is in no file of the repository has no place in it.
#[must_use]
pub fn code_quality(findings: &[Finding]) -> Value {
    let entry = |finding: &Finding| {
        let place = finding.place.as_ref()?;
        Some(json!({
            "description": format!("{}: {}", finding.title, finding.message),
            "check_name": format!("trueup/{}", finding.rule.id),
            "fingerprint": finding.fingerprint,
            "severity": severity(finding.level),
            "location": {"path": place.file, "lines": {"begin": place.line}},
        }))
    };
    findings.iter().filter_map(entry).collect()
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Notice => "info",
        Level::Warning => "minor",
        Level::Error => "major",
    }
}

/// The variables `TRUEUP_CHANGED`, `TRUEUP_CREATE` and so on, a line each.
#[must_use]
pub fn dotenv(report: &Report) -> String {
    let name = |name: &str| name.to_uppercase().replace('-', "_");
    counts(report).into_iter().map(|(key, value)| format!("TRUEUP_{}={value}\n", name(key))).collect()
}

/// Text below a title that folds it in the log; `number` tells the sections of a job apart.
#[must_use]
pub fn section(number: usize, title: &str, text: &str, now: Timestamp) -> String {
    let (seconds, title) = (now.as_second(), one_line(title));
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!(
        "\u{1b}[0Ksection_start:{seconds}:trueup_{number}[collapsed=true]\r\u{1b}[0K{title}\n{text}{end}\u{1b}[0Ksection_end:{seconds}:trueup_{number}\r\u{1b}[0K\n"
    )
}
