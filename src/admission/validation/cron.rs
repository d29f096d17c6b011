//! What starts jobs at times.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/cron-job-v1/>.

use super::field::{Faults, Field};
use super::jobs;
use super::kept::Kept;
use crate::object::{Cause, CauseKind};

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

pub(super) fn cron_job(name: &Field<'_, '_>, spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) {
    let (schedule, zone) = (spec.at("schedule"), spec.at("timeZone"));
    if faults.present(&schedule) {
        if let Err(why) = parse_schedule(without_zone(schedule.text())) {
            faults.invalid(&schedule, &why);
        }
        // Schedules with a zone of their own were accepted once, and stay where they are.
        match before.is_some_and(|before| before.at("schedule").text().contains("TZ")) {
            _ if !schedule.text().contains("TZ") => {}
            true if zone.is_absent() => {}
            true => faults.invalid(&schedule, "cannot use both timeZone field and TZ or CRON_TZ in schedule"),
            false => faults.invalid(&schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
        }
    }
    faults.at_least(&spec.at("startingDeadlineSeconds"), 0);
    if before.is_none_or(|before| before.at("timeZone").value != zone.value) {
        time_zone(&zone, faults);
    }
    faults.required_one_of(&spec.at("concurrencyPolicy"), &["Allow", "Forbid", "Replace"]);
    let template = spec.at("jobTemplate");
    let job = template.at("spec");
    let had = before.map(|before| before.deep(&["jobTemplate", "spec", "template"]));
    jobs::job_spec(&job, &Kept::of_template(had.as_ref(), None), faults);
    if !job.at("selector").is_absent() {
        faults.invalid(&job.at("selector"), "`selector` will be auto-generated");
    }
    if job.at("manualSelector").flag() {
        faults.not_supported(&job.at("manualSelector"), &["nil", "false"]);
    }
    for member in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        faults.at_least(&spec.at(member), 0);
    }
    if before.is_none() && name.text().len() > CRON_JOB_NAME {
        faults.invalid(name, "must be no more than 52 characters");
    }
}

/// A schedule without the zone that may stand before it.
fn without_zone(schedule: &str) -> &str {
    let zoned = ["TZ=", "CRON_TZ="].iter().any(|prefix| schedule.starts_with(prefix));
    if zoned { schedule.split_once(' ').map_or("", |(_, rest)| rest.trim()) } else { schedule }
}

/// The name of a time zone. `Local` is none, for it means another zone on every machine.
fn time_zone(zone: &Field<'_, '_>, faults: &mut Faults) {
    if zone.is_absent() {
        return;
    }
    let name = zone.text();
    if name.is_empty() {
        faults.0.push(Cause::new(CauseKind::TooShort, zone.place(), "Too short: must be at least 1 character"));
    } else if name.eq_ignore_ascii_case("local") {
        faults.invalid(zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones");
    } else if crate::object::time_zone(name).is_none() {
        faults.invalid(zone, &format!("unknown time zone {name}"));
    }
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
