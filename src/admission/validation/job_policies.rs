//! When a job gives up, when it is done early, and when a pod that ends is replaced.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy>.

use super::containers::names_of;
use super::field::{Faults, Field};
use super::seen::Seen;
use crate::object::names::qualified_name;

const RULES: usize = 20;
const EXIT_CODES: usize = 255;
const CONDITIONS: usize = 20;

/// The most bytes that a list of indexes may have.
const INDEXES: usize = 64 << 10;

const ACTIONS: [&str; 4] = ["Count", "FailIndex", "FailJob", "Ignore"];

/// The policies of a job.
pub(super) fn policies(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (failure, success, replacement) = (spec.at("podFailurePolicy"), spec.at("successPolicy"), spec.at("podReplacementPolicy"));
    if !failure.is_absent() {
        failures(spec, &failure.at("rules"), faults);
    }
    if success.is_absent() {
    } else if spec.at("completionMode").text() == "Indexed" {
        successes(spec, &success.at("rules"), faults);
    } else {
        faults.invalid(&success, "requires indexed completion mode");
    }
    let words: &[&str] = if failure.is_absent() { &["Failed", "TerminatingOrFailed"] } else { &["Failed"] };
    if !replacement.is_absent() && !words.contains(&replacement.text()) {
        faults.not_supported(&replacement, words);
    }
}

fn failures(spec: &Field<'_, '_>, rules: &Field<'_, '_>, faults: &mut Faults) {
    faults.too_many_items(rules, RULES);
    let pod = spec.deep(&["template", "spec"]);
    let (containers, before) = (names_of(&pod.at("containers")), names_of(&pod.at("initContainers")));
    for rule in rules.items() {
        let (action, codes, conditions) = (rule.at("action"), rule.at("onExitCodes"), rule.at("onPodConditions"));
        match action.text() {
            "" => faults.required(&action, "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]"),
            "FailIndex" if spec.at("backoffLimitPerIndex").is_absent() => {
                faults.invalid(&action, "requires the backoffLimitPerIndex to be set");
            }
            word if !ACTIONS.contains(&word) => faults.not_supported(&action, &ACTIONS),
            _ => {}
        }
        if !codes.is_absent() {
            exit_codes(&codes, [&containers, &before], faults);
        }
        pod_conditions(&conditions, faults);
        match (codes.is_absent(), conditions.is_empty()) {
            (false, false) => faults.invalid_whole(&rule, "specifying both OnExitCodes and OnPodConditions is not supported"),
            (true, true) => faults.invalid_whole(&rule, "specifying one of OnExitCodes and OnPodConditions is required"),
            _ => {}
        }
    }
}

fn exit_codes(codes: &Field<'_, '_>, containers: [&Seen<'_>; 2], faults: &mut Faults) {
    let (operator, name, values) = (codes.at("operator"), codes.at("containerName"), codes.at("values"));
    match operator.text() {
        "" => faults.required(&operator, "valid values: [\"In\" \"NotIn\"]"),
        "In" | "NotIn" => {}
        _ => faults.not_supported(&operator, &["In", "NotIn"]),
    }
    if !name.is_absent() && !containers.iter().any(|names| names.contains(name.text())) {
        faults.invalid(&name, "must be one of the container or initContainer names in the pod template");
    }
    if values.is_empty() {
        faults.invalid(&values, "at least one value is required");
    }
    faults.too_many_items(&values, EXIT_CODES);
    let mut seen = std::collections::HashSet::new();
    let (mut ordered, mut last) = (true, i64::MIN);
    for value in values.items() {
        let code = value.number().unwrap_or_default();
        if operator.text() == "In" && code == 0 {
            faults.invalid(&value, "must not be 0 for the In operator");
        }
        if !seen.insert(code) {
            faults.duplicate(&value);
        }
        ordered &= last <= code;
        last = code;
    }
    if !ordered {
        faults.invalid(&values, "must be ordered");
    }
}

fn pod_conditions(conditions: &Field<'_, '_>, faults: &mut Faults) {
    faults.too_many_items(conditions, CONDITIONS);
    for pattern in conditions.items() {
        faults.checked(&pattern.at("type"), qualified_name);
        let status = pattern.at("status");
        if status.is_empty() {
            faults.required(&status, "valid values: [\"False\" \"True\" \"Unknown\"]");
        } else {
            faults.one_of(&status, &["False", "True", "Unknown"]);
        }
    }
}

fn successes(spec: &Field<'_, '_>, rules: &Field<'_, '_>, faults: &mut Faults) {
    if rules.is_empty() {
        faults.required(rules, "at least one rules must be specified when the successPolicy is specified");
    }
    faults.too_many_items(rules, RULES);
    let completions = spec.at("completions").number().unwrap_or_default();
    for rule in rules.items() {
        let (count, indexes) = (rule.at("succeededCount"), rule.at("succeededIndexes"));
        if count.is_absent() && indexes.is_absent() {
            faults.required(&rule, "at least one of succeededCount or succeededIndexes must be specified");
        }
        let mut total = 0;
        if !indexes.is_absent() {
            if indexes.text().len() > INDEXES {
                faults.too_long(&indexes, INDEXES);
            }
            match read_indexes(indexes.text(), completions) {
                Ok(intervals) => total = intervals.iter().map(|(from, to)| to - from + 1).sum(),
                Err(why) => faults.invalid(&indexes, &format!("error parsing succeededIndexes: {why}")),
            }
        }
        let Some(number) = count.number() else { continue };
        faults.at_least(&count, 0);
        if number > completions {
            faults.invalid(&count, &format!("must be less than or equal to {completions} (the number of specified completions)"));
        }
        if !indexes.is_absent() && number > total {
            let why = "the number of indexes in the specified succeededIndexes field";
            faults.invalid(&count, &format!("must be less than or equal to {total} ({why})"));
        }
    }
}

/// The intervals in a list of indexes such as `1,3-5`, each below the number of completions and behind the one before.
pub(super) fn read_indexes(text: &str, completions: i64) -> Result<Vec<(i64, i64)>, String> {
    let mut intervals: Vec<(i64, i64)> = Vec::new();
    if text.is_empty() {
        return Ok(intervals);
    }
    for part in text.split(',') {
        let (from, to) = read_interval(part, completions)?;
        if let Some((_, last)) = intervals.last()
            && *last >= from
        {
            return Err(format!("non-increasing order, previous: {last}, current: {from}"));
        }
        intervals.push((from, to));
    }
    Ok(intervals)
}

fn read_interval(part: &str, completions: i64) -> Result<(i64, i64), String> {
    let number = |text: &str| {
        let number: i64 = text.parse().map_err(|_| format!("cannot convert string to integer for index: {text:?}"))?;
        if number >= completions { Err(format!("too large index: {text:?}")) } else { Ok(number) }
    };
    let limits: Vec<&str> = part.split('-').collect();
    match limits.as_slice() {
        [one] => number(one).map(|index| (index, index)),
        [from, to] => match (number(from)?, number(to)?) {
            (from, to) if from >= to => Err(format!("non-increasing order, previous: {from}, current: {to}")),
            both => Ok(both),
        },
        _ => {
            let rule = "an index interval can have at most two parts separated by '-'";
            Err(format!("the fragment {part:?} violates the requirement that {rule}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read_indexes;

    #[test]
    fn indexes_are_intervals_in_order_below_the_completions() {
        assert_eq!(read_indexes("", 3), Ok(vec![]));
        assert_eq!(read_indexes("0,2-4", 5), Ok(vec![(0, 0), (2, 4)]));
        for (text, why) in [
            ("5", "too large index: \"5\""),
            ("1-7", "too large index: \"7\""),
            ("2,1", "non-increasing order, previous: 2, current: 1"),
            ("3-2", "non-increasing order, previous: 3, current: 2"),
            ("a", "cannot convert string to integer for index: \"a\""),
            ("1-2-3", "the fragment \"1-2-3\" violates the requirement that an index interval can have at most two parts separated by '-'"),
        ] {
            assert_eq!(read_indexes(text, 5), Err(why.to_owned()), "{text}");
        }
    }
}
