//! Jobs and what starts them at times.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/>.

use super::field::{Faults, Field};
use super::{labels, pods};

/// The longest name of a CronJob: its jobs' names carry eleven characters more.
const CRON_JOB_NAME: usize = 52;

/// The fields of a schedule, with the least and the greatest value of each.
const SCHEDULE: [(u32, u32, &[&str]); 5] = [
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

pub(super) fn job(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    job_spec(spec, faults);
    let selector = spec.at("selector");
    if selector.is_absent() {
        faults.required(&selector, "");
    } else {
        labels::selector(&selector, faults);
        let carried = spec.deep(&["template", "metadata", "labels"]);
        if !labels::selects(selector.value, carried.value) {
            faults.invalid(&carried, "`selector` does not match template `labels`");
        }
    }
    let Some(before) = before else { return };
    faults.unchanged(&selector, &before.at("selector"));
    for member in ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"] {
        faults.unchanged(&spec.at(member), &before.at(member));
    }
    // An indexed job may be scaled by changing both numbers alike.
    let (completions, parallelism) = (spec.at("completions"), spec.at("parallelism"));
    if spec.at("completionMode").text() != "Indexed" || completions.value != parallelism.value {
        faults.unchanged(&completions, &before.at("completions"));
    }
    // While a job is suspended, where and how its pods run may still be set.
    if !before.at("suspend").flag() {
        faults.unchanged(&spec.at("template"), &before.at("template"));
    }
}

fn job_spec(spec: &Field<'_, '_>, faults: &mut Faults) {
    for member in [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ] {
        faults.at_least(&spec.at(member), 0);
    }
    faults.one_of(&spec.at("completionMode"), &["Indexed", "NonIndexed"]);
    if spec.at("completionMode").text() == "Indexed" && spec.at("completions").is_absent() {
        faults.required(&spec.at("completions"), "when completion mode is Indexed");
    }
    let policy = spec.deep(&["template", "spec", "restartPolicy"]);
    if !matches!(policy.text(), "OnFailure" | "Never") {
        faults.not_supported(&policy, &["OnFailure", "Never"]);
    } else if !spec.at("podFailurePolicy").is_absent() && policy.text() != "Never" {
        faults.invalid(&policy, "only \"Never\" is supported when podFailurePolicy is specified");
    }
    pods::template(&spec.at("template"), faults);
}

pub(super) fn cron_job(name: &Field<'_, '_>, spec: &Field<'_, '_>, faults: &mut Faults) {
    if name.text().len() > CRON_JOB_NAME {
        faults.invalid(name, "must be no more than 52 characters");
    }
    let (schedule, zone) = (spec.at("schedule"), spec.at("timeZone"));
    if faults.present(&schedule) {
        if schedule.text().contains("TZ=") {
            faults.invalid(&schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        } else if let Err(why) = parse_schedule(schedule.text()) {
            faults.invalid(&schedule, &why);
        }
    }
    if !zone.is_absent() && !is_time_zone(zone.text()) {
        let why = if zone.is_empty() { "timeZone must be nil or non-empty string" } else { "unknown time zone" };
        faults.invalid(&zone, why);
    }
    faults.required_one_of(&spec.at("concurrencyPolicy"), &["Allow", "Forbid", "Replace"]);
    for member in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        faults.at_least(&spec.at(member), 0);
    }
    let job = spec.deep(&["jobTemplate", "spec"]);
    if job.at("manualSelector").flag() {
        faults.not_supported(&job.at("manualSelector"), &["nil", "false"]);
    }
    job_spec(&job, faults);
}

/// Whether a text looks like the name of a time zone. `Local` is none, for it means another zone on every machine.
fn is_time_zone(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'));
    !name.eq_ignore_ascii_case("local") && name.split('/').all(part)
}

/// Reads a schedule of five fields, or one of the words for common ones.
fn parse_schedule(text: &str) -> Result<(), String> {
    if let Some(word) = text.strip_prefix('@') {
        let known = matches!(word, "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly");
        let every = word.strip_prefix("every ").is_some_and(is_duration);
        return if known || every { Ok(()) } else { Err(format!("unrecognized descriptor: {text}")) };
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != SCHEDULE.len() {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    for (field, (least, most, words)) in fields.into_iter().zip(SCHEDULE) {
        field.split(',').try_for_each(|range| parse_range(range, least, most, words))?;
    }
    Ok(())
}

fn is_duration(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(['s', 'm', 'h'])
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}

/// `*`, `a`, `a-b`, each also with a step.
fn parse_range(text: &str, least: u32, most: u32, words: &[&str]) -> Result<(), String> {
    let (range, step) = text.split_once('/').map_or((text, None), |(range, step)| (range, Some(step)));
    let number = |word: &str| {
        let named = || words.iter().position(|known| known.eq_ignore_ascii_case(word)).and_then(|at| u32::try_from(at).ok());
        word.parse::<u32>().ok().or_else(|| Some(named()? + least)).ok_or_else(|| format!("failed to parse int from {word}"))
    };
    if let Some(step) = step
        && number(step)? == 0
    {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    if matches!(range, "*" | "?") {
        return Ok(());
    }
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    let (from, to) = (number(from)?, number(to)?);
    match () {
        () if from < least => Err(format!("beginning of range ({from}) below minimum ({least}): {text}")),
        () if to > most => Err(format!("end of range ({to}) above maximum ({most}): {text}")),
        () if from > to => Err(format!("beginning of range ({from}) beyond end of range ({to}): {text}")),
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_cron_does() {
        for good in ["*/5 * * * *", "0 0 1 jan sun-FRI", "1,2-9/3 ? * * *", "@daily", "@every 1h30m", "5/10 0 * * *"] {
            assert_eq!(parse_schedule(good), Ok(()), "{good}");
        }
        for bad in
            ["* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "9-3 * * * *", "*/0 * * * *", "@never", "a * * * *", "* * * * 7", ""]
        {
            assert!(parse_schedule(bad).is_err(), "{bad}");
        }
    }
}
