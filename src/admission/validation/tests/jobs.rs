//! The rules of jobs, and of what makes them on a schedule.

use serde_json::{Value, json};

use super::{causes, pod_spec, told, with, workload};

/// A job whose author takes care of its selector.
fn job() -> Value {
    with(workload(), &[("/spec/template/spec/restartPolicy", json!("Never")), ("/spec/manualSelector", json!(true))])
}

/// Changes to the job and what is told of it then.
type Row<'a> = (&'a [(&'a str, Value)], &'a [&'a str]);

#[track_caller]
fn each(rows: &[Row<'_>]) {
    for (changes, expected) in rows {
        told("batch/v1", "Job", &with(job(), changes), None, expected);
    }
}

#[test]
fn members_of_a_job() {
    let policy = |rule: Value| ("/spec/podFailurePolicy", json!({"rules": [rule]}));
    each(&[
        (&[], &[]),
        (
            &[("/spec/template/spec/restartPolicy", json!("Always"))],
            &["spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""],
        ),
        (&[("/spec/parallelism", json!(-1))], &["spec.parallelism: Invalid value: -1: must be greater than or equal to 0"]),
        (
            &[("/spec/ttlSecondsAfterFinished", json!(-1))],
            &["spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            &[("/spec/completionMode", json!("X"))],
            &["spec.completionMode: Unsupported value: \"X\": supported values: \"NonIndexed\", \"Indexed\""],
        ),
        (
            &[("/spec/completionMode", json!("Indexed")), ("/spec/parallelism", json!(1))],
            &["spec.completions: Required value: when completion mode is Indexed"],
        ),
        (
            &[("/spec/maxFailedIndexes", json!(1)), ("/spec/completionMode", json!("Indexed")), ("/spec/completions", json!(1))],
            &["spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified"],
        ),
        (
            &[("/spec/managedBy", json!("me"))],
            &["spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as \"acme.io/foo\")"],
        ),
        (
            &[policy(json!({"action": "Ignore"}))],
            &["spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"],
        ),
        (
            &[policy(json!({"action": "Ignore", "onExitCodes": {"operator": "In", "values": [0]}}))],
            &["spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator"],
        ),
        (
            &[
                ("/spec/podReplacementPolicy", json!("TerminatingOrFailed")),
                policy(json!({"action": "Count", "onPodConditions": [{"type": "A"}]})),
            ],
            &["spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: \"Failed\""],
        ),
        (
            &[("/spec/successPolicy", json!({"rules": [{"succeededCount": 1}]}))],
            &["spec.successPolicy: Invalid value: {\"rules\":[{\"succeededCount\":1}]}: requires indexed completion mode"],
        ),
    ]);
}

#[test]
fn a_job_finds_its_pods_by_its_uid() {
    let found = causes("batch/v1", "Job", &with(job(), &[("/spec/manualSelector", json!(false)), ("/metadata/uid", json!("u"))]), None);
    assert_eq!(found[0], "spec.template.metadata.labels[controller-uid]: Required value: must be 'u'");
    assert!(found.last().is_some_and(|last| last.ends_with("`selector` not auto-generated")), "{found:?}");
}

#[test]
fn what_is_fixed_in_a_job() {
    let fixed = with(job(), &[("/spec/completions", json!(2)), ("/spec/completionMode", json!("NonIndexed"))]);
    let after = |changes: &[(&str, Value)]| causes("batch/v1", "Job", &with(fixed.clone(), changes), Some(&fixed));
    assert_eq!(after(&[("/spec/parallelism", json!(3)), ("/spec/suspend", json!(true))]), [""; 0]);
    assert_eq!(after(&[("/spec/completions", json!(3))]), ["spec.completions: Invalid value: 3: field is immutable"]);
    for (pointer, value, field) in [
        ("/spec/template/spec/hostIPC", json!(true), "spec.template"),
        ("/spec/managedBy", json!("a.io/b"), "spec.managedBy"),
        ("/spec/template/metadata/labels", json!({"a": "b", "c": "d"}), "spec.template"),
    ] {
        let found = after(&[(pointer, value)]);
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("{field}: Invalid value")) && found[0].ends_with("field is immutable"),
            "{found:?}"
        );
    }
    let waiting = with(fixed.clone(), &[("/spec/suspend", json!(true))]);
    let moved = with(waiting.clone(), &[("/spec/template/spec/nodeSelector", json!({"a": "b"}))]);
    told("batch/v1", "Job", &moved, Some(&waiting), &[]);
}

#[test]
fn cron_jobs() {
    let template = json!({"spec": {"template": {"spec": with(pod_spec(), &[("/restartPolicy", json!("Never"))])}}});
    let cron = json!({"metadata": {"name": "c"}, "spec": {"schedule": "*/5 * * * *", "jobTemplate": template}});
    told("batch/v1", "CronJob", &cron, None, &[]);
    for (pointer, value, expected) in [
        ("/spec/schedule", json!(""), "spec.schedule: Required value"),
        ("/spec/schedule", json!("* * * *"), "spec.schedule: Invalid value: \"* * * *\": expected exactly 5 fields, found 4: [* * * *]"),
        (
            "/spec/schedule",
            json!("TZ=UTC * * * * *"),
            "spec.schedule: Invalid value: \"TZ=UTC * * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
        ),
        (
            "/spec/timeZone",
            json!("Local"),
            "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
        ),
        (
            "/spec/timeZone",
            json!("Europe/Atlantis"),
            "spec.timeZone: Invalid value: \"Europe/Atlantis\": unknown time zone Europe/Atlantis",
        ),
        ("/spec/timeZone", json!("../etc"), "spec.timeZone: Invalid value: \"../etc\": unknown time zone ../etc"),
        ("/spec/timeZone", json!(""), "spec.timeZone: Too short: must be at least 1 character"),
        (
            "/spec/concurrencyPolicy",
            json!("X"),
            "spec.concurrencyPolicy: Unsupported value: \"X\": supported values: \"Allow\", \"Forbid\", \"Replace\"",
        ),
        ("/spec/startingDeadlineSeconds", json!(-1), "spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0"),
        (
            "/metadata/name",
            json!("n".repeat(53)),
            &format!("metadata.name: Invalid value: \"{}\": must be no more than 52 characters", "n".repeat(53)),
        ),
        (
            "/spec/jobTemplate/spec/manualSelector",
            json!(true),
            "spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\"",
        ),
    ] {
        told("batch/v1", "CronJob", &with(cron.clone(), &[(pointer, value)]), None, &[expected]);
    }
}
