//! What a namespace that is being deleted says about how far it is.
//!
//! Receives the [`Content`] that is left; hands on the conditions of `status`, with the types and reasons that kube-controller-manager
//! uses (`pkg/controller/namespace/deletion/status_condition_utils.go`), since scripts and people look for those.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::NamespaceCondition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::content::Content;

/// The conditions as they should be now, where they are not: those that say what they said keep their time.
pub(super) fn changed(before: &[NamespaceCondition], content: &Content, now: &Time) -> Option<Vec<NamespaceCondition>> {
    let mut after = before.to_vec();
    for (kind, status, reason, message) in findings(content) {
        let finding = NamespaceCondition {
            type_: kind.to_owned(),
            status: status.to_owned(),
            reason: Some(reason.to_owned()),
            message: Some(message),
            last_transition_time: Some(now.clone()),
        };
        match after.iter_mut().find(|condition| condition.type_ == kind) {
            Some(condition) if says_the_same(condition, &finding) => {}
            Some(condition) if condition.status == finding.status => {
                *condition = NamespaceCondition { last_transition_time: condition.last_transition_time.clone(), ..finding };
            }
            Some(condition) => *condition = finding,
            None => after.push(finding),
        }
    }
    (after != before).then_some(after)
}

fn says_the_same(a: &NamespaceCondition, b: &NamespaceCondition) -> bool {
    a.status == b.status && a.reason == b.reason && a.message == b.message
}

type Finding = (&'static str, &'static str, &'static str, String);

fn findings(content: &Content) -> [Finding; 5] {
    let undiscovered = &content.undiscovered;
    let failures = &content.failures;
    [
        finding(
            "NamespaceDeletionDiscoveryFailure",
            (!undiscovered.is_empty()).then(|| {
                let groups = undiscovered.join(", ");
                ("DiscoveryFailed", format!("Discovery failed for some groups, {} failing: {groups}", undiscovered.len()))
            }),
            ("ResourcesDiscovered", "All resources successfully discovered"),
        ),
        // Discovery hands out groups and versions apart from each other, so there is nothing to parse that could fail.
        finding("NamespaceDeletionGroupVersionParsingFailure", None, ("ParsedGroupVersions", "All legacy kube types successfully parsed")),
        finding(
            "NamespaceDeletionContentFailure",
            (!failures.is_empty()).then(|| {
                let message = format!("Failed to delete all resource types, {} remaining: {}", failures.len(), failures.join(", "));
                ("ContentDeletionFailed", message)
            }),
            ("ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
        ),
        finding(
            "NamespaceContentRemaining",
            (!content.remaining.is_empty()).then(|| {
                let list = counted(&content.remaining, "has", "resource instances");
                ("SomeResourcesRemain", format!("Some resources are remaining: {list}"))
            }),
            ("ContentRemoved", "All content successfully removed"),
        ),
        finding(
            "NamespaceFinalizersRemaining",
            (!content.finalizers.is_empty()).then(|| {
                let list = counted(&content.finalizers, "in", "resource instances");
                ("SomeFinalizersRemain", format!("Some content in the namespace has finalizers remaining: {list}"))
            }),
            ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
        ),
    ]
}

fn finding(kind: &'static str, problem: Option<(&'static str, String)>, fine: (&'static str, &str)) -> Finding {
    match problem {
        Some((reason, message)) => (kind, "True", reason, message),
        None => (kind, "False", fine.0, fine.1.to_owned()),
    }
}

fn counted(counts: &BTreeMap<String, usize>, word: &str, unit: &str) -> String {
    let entries: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {word} {count} {unit}")).collect();
    entries.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(jiff::Timestamp::from_second(second).expect("a time"))
    }

    fn left() -> Content {
        Content {
            remaining: BTreeMap::from([("pods.".to_owned(), 2), ("things.x.io".to_owned(), 1)]),
            finalizers: BTreeMap::from([("x.io/hold".to_owned(), 3)]),
            ..Content::default()
        }
    }

    fn message<'a>(conditions: &'a [NamespaceCondition], kind: &str) -> (&'a str, &'a str) {
        let condition = conditions.iter().find(|condition| condition.type_ == kind).expect("the condition");
        (&condition.status, condition.message.as_deref().unwrap_or_default())
    }

    #[test]
    fn what_remains_is_counted() {
        let conditions = changed(&[], &left(), &at(0)).expect("all are new");
        let remaining = "Some resources are remaining: pods. has 2 resource instances, things.x.io has 1 resource instances";
        assert_eq!(message(&conditions, "NamespaceContentRemaining"), ("True", remaining));
        let finalizers = "Some content in the namespace has finalizers remaining: x.io/hold in 3 resource instances";
        assert_eq!(message(&conditions, "NamespaceFinalizersRemaining"), ("True", finalizers));
        assert_eq!(conditions.iter().filter(|condition| condition.status == "False").count(), 3);
    }

    #[test]
    fn conditions_that_say_the_same_are_not_written_again() {
        let conditions = changed(&[], &left(), &at(0)).expect("all are new");
        assert_eq!(changed(&conditions, &left(), &at(9)), None);
    }

    #[test]
    fn a_time_changes_only_with_its_status() {
        let conditions = changed(&[], &left(), &at(0)).expect("all are new");
        let less = Content { finalizers: BTreeMap::new(), remaining: BTreeMap::from([("pods.".to_owned(), 1)]), ..left() };
        let after = changed(&conditions, &less, &at(9)).expect("changed");
        let time = |kind: &str| after.iter().find(|condition| condition.type_ == kind).and_then(|found| found.last_transition_time.clone());
        assert_eq!(time("NamespaceContentRemaining"), Some(at(0)));
        assert_eq!(time("NamespaceFinalizersRemaining"), Some(at(9)));
    }

    #[test]
    fn failures_are_named() {
        let content = Content { failures: vec!["a.: x".to_owned()], undiscovered: vec!["g: y".to_owned()], ..Content::default() };
        let conditions = changed(&[], &content, &at(0)).expect("all are new");
        let failed = "Failed to delete all resource types, 1 remaining: a.: x";
        assert_eq!(message(&conditions, "NamespaceDeletionContentFailure"), ("True", failed));
        let undiscovered = "Discovery failed for some groups, 1 failing: g: y";
        assert_eq!(message(&conditions, "NamespaceDeletionDiscoveryFailure"), ("True", undiscovered));
    }
}
