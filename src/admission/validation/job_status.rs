//! What the status of a job may say, and what may follow what. Most of it is judged only where it changes, so that a job that is not
//! well can still be written to.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/controllers/job/#delegation-of-managing-a-job-object-to-external-controller>.

use super::alike::alike;
use super::field::{Faults, Field};
use super::job_policies::read_indexes;
use super::seen::Seen;
use crate::object::Time;

const COUNTS: [&str; 5] = ["active", "succeeded", "failed", "ready", "terminating"];

/// A status and what it takes the place of.
struct Statuses<'a, 'p, 'v> {
    new: &'a Field<'p, 'v>,
    old: &'a Field<'p, 'v>,
}

impl Statuses<'_, '_, '_> {
    fn is(status: &Field<'_, '_>, condition: &str) -> bool {
        status
            .at_list("conditions")
            .any(|one| one.get("type").is_some_and(|kind| kind == condition) && one.get("status").is_some_and(|value| value == "True"))
    }

    fn now(&self, condition: &str) -> bool {
        Self::is(self.new, condition)
    }

    fn was(&self, condition: &str) -> bool {
        Self::is(self.old, condition)
    }

    fn turned(&self, condition: &str) -> bool {
        self.now(condition) != self.was(condition)
    }

    fn changed(&self, member: &str) -> bool {
        let value = |status: &Field<'_, '_>| status.value.get(member).cloned().unwrap_or_default();
        !alike(&value(self.new), &value(self.old))
    }

    fn count(&self, member: &'static str) -> i64 {
        self.new.at(member).number().unwrap_or_default()
    }

    fn finished(status: &Field<'_, '_>) -> bool {
        Self::is(status, "Complete") || Self::is(status, "Failed")
    }
}

/// The new status of a job and its old one.
pub(super) fn job_status(spec: &Field<'_, '_>, status: &Field<'_, '_>, before: &Field<'_, '_>, faults: &mut Faults) {
    COUNTS.iter().for_each(|name| faults.at_least(&status.at(name), 0));
    uncounted(&status.at("uncountedTerminatedPods"), faults);
    let statuses = Statuses { new: status, old: before };
    conditions(&statuses, faults);
    times(spec, &statuses, faults);
    at_the_end(&statuses, faults);
    indexes(spec, &statuses, faults);
    goes_on(spec, &statuses, faults);
}

/// Pods that have ended and are not counted yet, each once.
fn uncounted(pods: &Field<'_, '_>, faults: &mut Faults) {
    let mut seen = Seen::default();
    for list in ["succeeded", "failed"] {
        for uid in pods.at(list).items() {
            if uid.is_empty() {
                faults.invalid_as(&uid, "", "must not be empty");
            } else if !seen.insert(uid.text()) {
                faults.duplicate(&uid);
            }
        }
    }
}

fn conditions(statuses: &Statuses<'_, '_, '_>, faults: &mut Faults) {
    let (complete, failed) = (statuses.now("Complete"), statuses.now("Failed"));
    let (target, met) = (statuses.now("FailureTarget"), statuses.now("SuccessCriteriaMet"));
    let turned = |names: &[&str]| names.iter().any(|name| statuses.turned(name));
    let place = statuses.new.at("conditions");
    for (judged, broken, why) in [
        (turned(&["Complete", "Failed"]), complete && failed, "cannot set Complete=True and Failed=true conditions"),
        (turned(&["Complete", "FailureTarget"]), complete && target, "cannot set Complete=True and FailureTarget=true conditions"),
        (
            turned(&["Failed"]) || statuses.changed("failedIndexes"),
            failed && !target,
            "cannot set Failed=True condition without the FailureTarget=true condition",
        ),
        (
            turned(&["Complete", "SuccessCriteriaMet"]),
            complete && !met,
            "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
        ),
        (true, met && failed, "cannot set SuccessCriteriaMet=True and Failed=true conditions"),
        (true, met && target, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"),
    ] {
        if judged && broken {
            faults.invalid_whole(&place, why);
        }
    }
}

fn time(field: &Field<'_, '_>) -> Option<Time> {
    Time::parse(field.text())
}

fn times(spec: &Field<'_, '_>, statuses: &Statuses<'_, '_, '_>, faults: &mut Faults) {
    let (start, end) = (statuses.new.at("startTime"), statuses.new.at("completionTime"));
    let complete = statuses.now("Complete");
    let judged = statuses.turned("Complete") || statuses.changed("completionTime");
    if judged && !end.is_absent() && !complete {
        faults.invalid(&end, "cannot set completionTime when there is no Complete=True condition");
    }
    if judged && end.is_absent() && complete {
        faults.required(&end, "completionTime is required for Complete jobs");
    }
    if statuses.changed("startTime") || statuses.changed("completionTime") {
        let reversed = time(&start).zip(time(&end)).is_some_and(|(start, end)| end < start);
        if reversed {
            faults.invalid(&end, "must be equal to or after `startTime`");
        }
    }
    let had = statuses.old.at("completionTime");
    if !end.is_absent() && !had.is_absent() && end.value != had.value {
        faults.invalid(&end, "field is immutable");
    }
    let had = statuses.old.at("startTime");
    if !had.is_absent() && start.value != had.value && !spec.at("suspend").flag() {
        faults.invalid(&start, "field is immutable for unsuspended job once set");
    }
}

/// A job that is done has no pods left to run or to count.
fn at_the_end(statuses: &Statuses<'_, '_, '_>, faults: &mut Faults) {
    let (status, finished) = (statuses.new, Statuses::finished(statuses.new));
    let ended = finished != Statuses::finished(statuses.old);
    let judged = |member: &str| finished && (ended || statuses.changed(member));
    if judged("active") && statuses.count("active") > 0 {
        faults.invalid(&status.at("active"), "active>0 is invalid for finished job");
    }
    if judged("startTime") && status.at("startTime").is_absent() {
        faults.required(&status.at("startTime"), "startTime is required for finished job");
    }
    let pods = status.at("uncountedTerminatedPods");
    if judged("uncountedTerminatedPods") && !(pods.at("failed").is_empty() && pods.at("succeeded").is_empty()) {
        faults.invalid(&pods, "must be empty for finished job");
    }
    if judged("terminating") && statuses.count("terminating") > 0 {
        faults.invalid(&status.at("terminating"), "terminating>0 is invalid for finished job");
    }
    if (statuses.changed("ready") || statuses.changed("active")) && statuses.count("ready") > statuses.count("active") {
        faults.invalid(&status.at("ready"), "cannot set more ready pods than active");
    }
}

fn indexes(spec: &Field<'_, '_>, statuses: &Statuses<'_, '_, '_>, faults: &mut Faults) {
    let (completed, failed) = (statuses.new.at("completedIndexes"), statuses.new.at("failedIndexes"));
    let completions = spec.at("completions").number();
    let read = |field: &Field<'_, '_>| completions.map(|completions| read_indexes(field.text(), completions));
    let (done, lost) = (read(&completed), read(&failed));
    let (completed_changed, failed_changed) = (statuses.changed("completedIndexes"), statuses.changed("failedIndexes"));
    if completed_changed {
        if let Some(Err(why)) = &done {
            faults.invalid_as(&completed, completed.text(), &format!("error parsing completedIndexes: {why}"));
        }
        if !completed.is_empty() && spec.at("completionMode").text() != "Indexed" {
            faults.invalid(&completed, "cannot set non-empty completedIndexes when non-indexed completion mode");
        }
    }
    let per_index = !spec.at("backoffLimitPerIndex").is_absent();
    if failed_changed && !failed.is_absent() {
        if let (true, Some(Err(why))) = (per_index, &lost) {
            faults.invalid(&failed, &format!("error parsing failedIndexes: {why}"));
        }
        if !per_index {
            faults.invalid(&failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null");
        }
    }
    if let (true, Some(Ok(done)), Some(Ok(lost))) = (completed_changed || failed_changed, done, lost)
        && let Some(index) = overlap(&done, &lost)
    {
        faults.invalid(&failed, &format!("failedIndexes and completedIndexes overlap at index: {index}"));
    }
}

/// The first index that two ordered lists of intervals share.
fn overlap(one: &[(i64, i64)], other: &[(i64, i64)]) -> Option<i64> {
    let (mut left, mut right) = (one.iter().peekable(), other.iter().peekable());
    while let (Some((from, to)), Some((other_from, other_to))) = (left.peek(), right.peek()) {
        if from <= other_to && other_from <= to {
            return Some(*from.max(other_from));
        }
        if from <= other_from {
            left.next()
        } else {
            right.next()
        };
    }
    None
}

/// What was reached stays reached.
fn goes_on(spec: &Field<'_, '_>, statuses: &Statuses<'_, '_, '_>, faults: &mut Faults) {
    let place = statuses.new.at("conditions");
    for condition in ["Failed", "Complete", "FailureTarget"] {
        if statuses.was(condition) && !statuses.now(condition) {
            faults.invalid_whole(&place, &format!("cannot disable the terminal {condition}=True condition"));
        }
    }
    let scales = spec.at("completionMode").text() == "Indexed" && spec.at("completions").value == spec.at("parallelism").value;
    for (member, may_shrink) in [("failed", false), ("succeeded", scales)] {
        let had = statuses.old.at(member).number().unwrap_or_default();
        if !may_shrink && statuses.count(member) < had {
            faults.invalid_as(&statuses.new.at(member), statuses.count(member), &format!("cannot decrease the {member} counter"));
        }
    }
    let met = "SuccessCriteriaMet";
    if statuses.was(met) && !statuses.now(met) {
        faults.invalid_whole(&place, "cannot disable the SuccessCriteriaMet=True condition");
    }
    if statuses.was("Complete") && !statuses.was(met) && statuses.now(met) {
        faults.invalid_whole(&place, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions");
    }
    if !spec.at("successPolicy").is_absent() && !statuses.now(met) && statuses.now("Complete") {
        faults.invalid_whole(&place, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True");
    }
}

#[cfg(test)]
mod tests {
    use super::overlap;

    #[test]
    fn intervals_overlap_where_they_share_an_index() {
        assert_eq!(overlap(&[(0, 2), (5, 7)], &[(3, 4), (7, 9)]), Some(7));
        assert_eq!(overlap(&[(0, 2), (5, 7)], &[(3, 4), (8, 9)]), None);
        assert_eq!(overlap(&[], &[(0, 0)]), None);
    }
}
