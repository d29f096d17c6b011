//! What a deletion makes of an object: it goes, or is marked and stays until nothing holds it.
//!
//! Receives the object as it is, what the request asks for and the time; hands on a verdict. Invariant: pure; the end of a pod's grace
//! period never moves further away.
//!
//! See `BeforeDelete` in <https://github.com/kubernetes/apiserver/blob/master/pkg/registry/rest/delete.go> and
//! `updateForGracefulDeletionAndFinalizers` in
//! <https://github.com/kubernetes/apiserver/blob/master/pkg/registry/generic/registry/store.go>.

use serde_json::{Value, json};

use super::delete_options::{DeleteOptions, Propagation};
use super::update::{has_own_finalizers, is_held};
use super::write::Verdict;
use crate::object::{Object, Time};

/// What is told of a Job that goes by default without its pods, in kube-apiserver's words.
pub(super) const PODS_STAY: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove \
                                    them or set propagationPolicy=Orphan to suppress this warning";

/// Whether the object goes now, or is marked and stays until nothing holds it.
pub(super) fn decide(live: &Object, options: &DeleteOptions, now: Time) -> Verdict {
    let mut object = live.clone();
    match (live.api_version(), live.kind()) {
        ("v1", "Pod") => {
            if let Pending::Still = end_gracefully(&mut object, options, now) {
                return Verdict::Unchanged;
            }
            propagate(&mut object, options);
            if is_held(&object) {
                return put(live, object);
            }
            // Its last state says that it was deleted, as if it had been marked first.
            return Verdict::Delete(object);
        }
        ("v1", "Namespace") if live.deletion_timestamp().is_none() => {
            object.set_meta("deletionTimestamp", now.to_string());
            if let Some(status) = object.root_mut().entry("status").or_insert_with(|| json!({})).as_object_mut() {
                status.insert("phase".to_owned(), "Terminating".into());
            }
            propagate(&mut object, options);
        }
        // Its controller is at work, and nothing is left to be said.
        ("v1", "Namespace") if has_own_finalizers(live) => return Verdict::Unchanged,
        _ => {
            propagate(&mut object, options);
            if is_held(&object) {
                mark(&mut object, now);
            }
        }
    }
    if is_held(&object) { put(live, object) } else { Verdict::Delete(live.clone()) }
}

fn put(live: &Object, object: Object) -> Verdict {
    if object == *live { Verdict::Unchanged } else { Verdict::Put(object) }
}

/// Marks an object that only finalizers hold.
fn mark(object: &mut Object, now: Time) {
    if object.deletion_timestamp().is_none() {
        object.set_meta("deletionTimestamp", now.to_string());
        grow(object);
    }
    object.set_meta("deletionGracePeriodSeconds", 0);
}

/// What was deleted is another generation of itself, where it counts them.
fn grow(object: &mut Object) {
    if object.generation() > 0 {
        object.set_meta("generation", object.generation() + 1);
    }
}

/// Whether a deletion that was asked for before goes on as it is.
enum Pending {
    Still,
    Not,
}

/// Gives a pod the time that it still has: what the request says, else what the pod says. Later requests can only shorten that, and who says
/// nothing changes nothing.
fn end_gracefully(pod: &mut Object, options: &DeleteOptions, now: Time) -> Pending {
    let end_at = |pod: &mut Object, end: i64, grace: i64| {
        let end = jiff::Timestamp::from_second(end).map_or(now, Time::new);
        pod.set_meta("deletionTimestamp", end.to_string());
        pod.set_meta("deletionGracePeriodSeconds", grace);
    };
    let present = now.timestamp().as_second();
    let Some(end) = pod.deletion_timestamp().and_then(Time::parse) else {
        let grace = grace_period(pod, options);
        end_at(pod, present.saturating_add(grace), grace);
        grow(pod);
        return Pending::Not;
    };
    let left = match pod.get(&["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64).unwrap_or_default() {
        0 => {
            pod.set_meta("deletionGracePeriodSeconds", 0);
            return Pending::Not;
        }
        negative @ ..0 => negative.max(1),
        left => left,
    };
    match options.grace_period_seconds {
        Some(grace) if grace < left => {
            let begin = end.timestamp().as_second().saturating_sub(left);
            match begin.saturating_add(grace) {
                // All of it is over. Whoever stops the pod still has to hear of it, so the shortest time there is remains.
                over if over < present => end_at(pod, present, grace.min(1)),
                end => end_at(pod, end, grace),
            }
            Pending::Not
        }
        _ => Pending::Still,
    }
}

/// The time that a pod is given at first: none where it runs nowhere, or no more.
fn grace_period(pod: &Object, options: &DeleteOptions) -> i64 {
    let bound = pod.get_str(&["spec", "nodeName"]).is_some_and(|node| !node.is_empty());
    let finished = matches!(pod.get_str(&["status", "phase"]), Some("Succeeded" | "Failed"));
    if !bound || finished {
        return 0;
    }
    let declared = pod.get(&["spec", "terminationGracePeriodSeconds"]).and_then(Value::as_i64).unwrap_or_default();
    match options.grace_period_seconds.unwrap_or(declared) {
        ..0 => 1,
        grace => grace,
    }
}

/// Leaves the finalizer of the policy on the object: of that which the request names, else of the kind's own.
fn propagate(object: &mut Object, options: &DeleteOptions) {
    const ALREADY: [&str; 2] = ["orphan", "foregroundDeletion"];
    let decided = || object.finalizers().iter().any(|name| ALREADY.contains(name));
    let policy = match Dependents::of(object) {
        Dependents::None => Some(Propagation::Background),
        Dependents::Stay if options.propagation.is_none() && !decided() => Some(Propagation::Orphan),
        Dependents::Go | Dependents::Stay => options.propagation,
    };
    if let Some(policy) = policy {
        policy.mark(object);
    }
}

/// What becomes of what a kind's objects own, where the request does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dependents {
    /// They go.
    Go,
    /// They stay, as they always have in these versions.
    Stay,
    /// They own nothing, so that no request can say anything.
    None,
}

impl Dependents {
    fn of(object: &Object) -> Self {
        Self::of_kind(object.api_version(), object.kind())
    }

    pub(super) fn of_kind(api_version: &str, kind: &str) -> Self {
        match (api_version, kind) {
            ("v1", "ReplicationController") | ("batch/v1", "Job") => Self::Stay,
            ("v1" | "events.k8s.io/v1", "Event") => Self::None,
            _ => Self::Go,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn now() -> Time {
        at("10:00:00")
    }

    fn at(time: &str) -> Time {
        Time::parse(&format!("2026-11-22T{time}Z")).expect("a time")
    }

    fn pod(node: &str, members: Value) -> Object {
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "generation": 1},
            "spec": {"nodeName": node, "terminationGracePeriodSeconds": 30},
        });
        if let (Some(pod), Value::Object(members)) = (pod.as_object_mut(), members) {
            pod.extend(members);
        }
        object(pod)
    }

    fn grace(seconds: i64) -> DeleteOptions {
        DeleteOptions { grace_period_seconds: Some(seconds), ..DeleteOptions::default() }
    }

    fn with(propagation: Propagation) -> DeleteOptions {
        DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() }
    }

    #[track_caller]
    fn kept(live: &Object, options: &DeleteOptions, now: Time) -> Object {
        match decide(live, options, now) {
            Verdict::Put(marked) => marked,
            Verdict::Delete(_) => panic!("it goes"),
            Verdict::Unchanged => panic!("it stays as it is"),
        }
    }

    /// When a marked pod ends, and how many seconds it was given.
    fn end(pod: &Object) -> (&str, i64) {
        let seconds = pod.get(&["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64).expect("seconds");
        (&pod.deletion_timestamp().expect("a time")[11..19], seconds)
    }

    #[test]
    fn an_object_that_nothing_holds_goes_at_once() {
        assert!(matches!(decide(&object(json!({"metadata": {"name": "a"}})), &DeleteOptions::default(), now()), Verdict::Delete(_)));
    }

    #[test]
    fn finalizers_keep_an_object_and_a_policy_adds_its_own_behind_them() {
        let live = object(json!({"metadata": {"name": "a", "finalizers": ["x/y"]}}));
        let options = with(Propagation::Foreground);
        let marked = kept(&live, &options, now());
        assert_eq!(marked.finalizers(), ["x/y", "foregroundDeletion"]);
        assert_eq!(end(&marked), ("10:00:00", 0));
        assert!(matches!(decide(&marked, &options, now()), Verdict::Unchanged));
    }

    #[test]
    fn a_bound_pod_is_given_its_grace_period_and_an_unbound_or_finished_one_none() {
        let marked = kept(&pod("n", json!({})), &DeleteOptions::default(), now());
        assert_eq!((end(&marked), marked.generation()), (("10:00:30", 30), 2));
        assert!(matches!(decide(&marked, &grace(0), now()), Verdict::Delete(_)));
        for gone in [pod("", json!({})), pod("n", json!({"status": {"phase": "Failed"}}))] {
            let Verdict::Delete(last) = decide(&gone, &grace(60), now()) else { panic!("it goes") };
            assert_eq!((end(&last), last.generation()), (("10:00:00", 0), 2), "the answer says that it was deleted");
        }
    }

    #[test]
    fn less_than_no_time_is_a_second() {
        let declared = pod("n", json!({"spec": {"nodeName": "n", "terminationGracePeriodSeconds": -5}}));
        assert_eq!(end(&kept(&declared, &DeleteOptions::default(), now())), ("10:00:01", 1));
    }

    #[test]
    fn a_pending_deletion_is_only_ever_shortened_and_from_its_beginning() {
        let marked = kept(&pod("n", json!({})), &grace(60), now());
        assert_eq!(end(&marked), ("10:01:00", 60));
        let later = at("10:00:10");
        for pending in [DeleteOptions::default(), grace(60), grace(90), with(Propagation::Foreground)] {
            assert!(matches!(decide(&marked, &pending, later), Verdict::Unchanged), "{pending:?}");
        }
        assert_eq!(end(&kept(&marked, &grace(20), later)), ("10:00:20", 20));
        assert_eq!(end(&kept(&marked, &grace(5), later)), ("10:00:10", 1), "what is over cannot be given");
        let mut finished = marked.clone();
        finished.root_mut().insert("status".to_owned(), json!({"phase": "Succeeded"}));
        assert!(matches!(decide(&finished, &DeleteOptions::default(), later), Verdict::Unchanged), "who stops it says so");
    }

    #[test]
    fn a_pod_whose_time_is_over_is_held_by_finalizers_alone() {
        let held = pod("n", json!({"metadata": {"name": "a", "finalizers": ["x/y"]}}));
        let marked = kept(&kept(&held, &DeleteOptions::default(), now()), &grace(0), at("10:00:10"));
        assert_eq!(end(&marked), ("10:00:10", 0));
        assert!(matches!(decide(&marked, &DeleteOptions::default(), at("10:00:20")), Verdict::Unchanged));
        assert_eq!(kept(&marked, &with(Propagation::Foreground), now()).finalizers(), ["x/y", "foregroundDeletion"]);
    }

    #[test]
    fn a_namespace_is_marked_once_and_then_left_to_its_controller() {
        let live =
            object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}, "spec": {"finalizers": ["kubernetes"]}}));
        let marked = kept(&live, &DeleteOptions::default(), now());
        let expected = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "deletionTimestamp": "2026-11-22T10:00:00Z"},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Terminating"},
        });
        assert_eq!(marked.clone().into_value(), expected);
        assert!(matches!(decide(&marked, &with(Propagation::Foreground), now()), Verdict::Unchanged));
    }

    #[test]
    fn kinds_of_the_same_name_in_other_groups_are_neither_pods_nor_namespaces() {
        let spec = json!({"nodeName": "n", "finalizers": ["kubernetes"]});
        for kind in ["Pod", "Namespace"] {
            let other = object(json!({"apiVersion": "example.com/v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}));
            assert!(matches!(decide(&other, &DeleteOptions::default(), now()), Verdict::Delete(_)), "{kind}");
        }
    }

    #[test]
    fn jobs_and_replication_controllers_leave_their_pods_unless_told_otherwise() {
        for (api_version, kind) in [("batch/v1", "Job"), ("v1", "ReplicationController")] {
            let live = |finalizers: Value| {
                object(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "finalizers": finalizers}}))
            };
            assert_eq!(kept(&live(json!([])), &DeleteOptions::default(), now()).finalizers(), ["orphan"]);
            let decided = live(json!(["foregroundDeletion"]));
            assert_eq!(kept(&decided, &DeleteOptions::default(), now()).finalizers(), ["foregroundDeletion"]);
            assert!(matches!(decide(&live(json!([])), &with(Propagation::Background), now()), Verdict::Delete(_)));
        }
        let deployment = object(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}));
        assert!(matches!(decide(&deployment, &DeleteOptions::default(), now()), Verdict::Delete(_)));
    }

    #[test]
    fn events_own_nothing_whatever_a_request_says() {
        for api_version in ["v1", "events.k8s.io/v1"] {
            let event = object(json!({"apiVersion": api_version, "kind": "Event", "metadata": {"name": "a"}}));
            assert!(matches!(decide(&event, &with(Propagation::Orphan), now()), Verdict::Delete(_)));
        }
    }
}
