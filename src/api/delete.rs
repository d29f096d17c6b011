//! `DELETE` of an object, and of a whole selection.
//!
//! See <https://kubernetes.io/docs/concepts/architecture/garbage-collection/> for propagation.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::delete_options::DeleteOptions;
use super::query::VersionMatch;
use super::selection::Selection;
use super::update::{announce, has_own_finalizers, is_held};
use super::write::{self, Verdict, Written};
use super::{definitions, list, namespaces, view};
use crate::object::{Object, Reason, Refusal, Revision, Time};

/// How many objects of a selection are deleted at the same time.
const AT_ONCE: usize = 16;

/// The kinds whose deletion is answered by the object and not by a `Status`, as kube-apiserver's OpenAPI declares; typed clients parse
/// nothing else. See `ReturnDeletedObject` in
/// <https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go>.
const ANSWERED_BY_THE_OBJECT: [(&str, &[&str]); 3] = [
    ("", &["persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas", "serviceaccounts", "services"]),
    ("resource.k8s.io", &["deviceclasses", "resourceclaims", "resourceclaimtemplates", "resourceslices"]),
    ("storage.k8s.io", &["csidrivers", "csinodes", "storageclasses", "volumeattachments", "volumeattributesclasses"]),
];

pub(super) async fn delete(call: &mut Call) -> Result<Answer, Refusal> {
    let options = DeleteOptions::of(call)?;
    call.hooks.with_options(options.to_json(call.query.dry_run));
    namespaces::check_deletable(call)?;
    let written = remove(call, &call.key_of(call.name()), call.name(), &options).await?;
    match &written {
        Written::Deleted(last) if !is_answered_by_the_object(call) => {
            let last = view::parse(&call.resource, last)?;
            let document = success(call, &last);
            Ok(Answer::document(StatusCode::OK, &document, call.form.encoding(), call.pretty()))
        }
        shown => shown.answer(call).await,
    }
}

fn is_answered_by_the_object(call: &Call) -> bool {
    let (group, plural) = (&call.resource.gvk.group, &call.resource.plural);
    ANSWERED_BY_THE_OBJECT.iter().any(|(known, plurals)| known == group && plurals.contains(&plural.as_str()))
}

/// Deletes what a list with the same parameters would show. Answers that list.
pub(super) async fn delete_collection(call: &mut Call) -> Result<Answer, Refusal> {
    let options = DeleteOptions::of(call)?;
    call.hooks.with_options(options.to_json(call.query.dry_run));
    let selection = Selection::of(call)?;
    list::check_options(&call.query)?;
    // Upstream lists page by page here, so a revision means that very one.
    if call.query.continue_token.is_none() && call.query.resource_version.is_some_and(|revision| revision != Revision::ZERO) {
        call.query.version_match.get_or_insert(VersionMatch::Exact);
    }
    let page = list::read(call, &selection).await?;
    let keys: Vec<Box<str>> = page.objects.iter().map(|object| object.key.clone()).collect();
    let call = &*call;
    let deletions = stream::iter(keys).map(|key| {
        let options = &options;
        async move {
            let name = key.rsplit('/').next().unwrap_or_default();
            match remove(call, &key, name, options).await {
                // Somebody else was faster, which is what was wanted.
                Err(refusal) if refusal.reason == Reason::NotFound => Ok(()),
                other => other.map(drop),
            }
        }
    });
    deletions.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    list::answer(call, page).await
}

/// Deletes one object, or marks it as deleted where something holds it.
pub(super) async fn remove(call: &Call, key: &str, name: &str, options: &DeleteOptions) -> Result<Written, Refusal> {
    let missing = || Refusal::not_found(&call.group_resource(), name);
    let now = call.api.ambient.now_seconds();
    let written = write::change_stored(call, key, |live| {
        let live = live.ok_or_else(missing)?;
        options.check_preconditions(call, live)?;
        let object = definitions::held(&call.resource, &live.object, now);
        Ok(decide(&object, options, now))
    });
    let written = written.await?;
    announce(call, &written).await?;
    Ok(written)
}

/// Whether the object goes now, or is marked and stays until nothing holds it.
pub(super) fn decide(live: &Object, options: &DeleteOptions, now: Time) -> Verdict {
    let mut object = live.clone();
    if let Some(propagation) = options.propagation {
        propagation.mark(&mut object);
    }
    let grace = grace_period(live, options);
    let marked = live.deletion_timestamp().is_some();
    let shorter = live.get(&["metadata", "deletionGracePeriodSeconds"]).and_then(Value::as_i64).is_none_or(|left| grace < left);
    if !marked || shorter {
        let ends = now.timestamp().as_second().saturating_add(grace);
        let ends = jiff::Timestamp::from_second(ends).map_or(now, Time::new);
        object.set_meta("deletionTimestamp", ends.to_string());
        object.set_meta("deletionGracePeriodSeconds", grace);
    }
    if !is_held(&object) {
        return Verdict::Delete(live.clone());
    }
    if !marked && live.generation() > 0 {
        object.set_meta("generation", live.generation() + 1);
    }
    if has_own_finalizers(&object)
        && let Some(status) = object.root_mut().entry("status").or_insert_with(|| json!({})).as_object_mut()
    {
        status.insert("phase".to_owned(), "Terminating".into());
    }
    if object == *live { Verdict::Unchanged } else { Verdict::Put(object) }
}

/// Only pods that run somewhere are given time; everything else goes at once.
fn grace_period(live: &Object, options: &DeleteOptions) -> i64 {
    let bound = live.kind() == "Pod" && live.get_str(&["spec", "nodeName"]).is_some_and(|node| !node.is_empty());
    let finished = matches!(live.get_str(&["status", "phase"]), Some("Succeeded" | "Failed"));
    if !bound || finished {
        return 0;
    }
    let declared = live.get(&["spec", "terminationGracePeriodSeconds"]).and_then(Value::as_i64).unwrap_or(30);
    options.grace_period_seconds.unwrap_or(declared).max(0)
}

/// The `Status` that answers a deletion which is done.
fn success(call: &Call, last: &Object) -> Value {
    let mut details = json!({"name": last.name(), "kind": call.resource.plural, "uid": last.uid()});
    if !call.resource.gvk.group.is_empty() {
        details["group"] = call.resource.gvk.group.as_str().into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}

#[cfg(test)]
mod tests {
    use super::super::delete_options::Propagation;
    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn now() -> Time {
        Time::parse("2026-11-22T10:00:00Z").expect("a time")
    }

    #[test]
    fn an_object_that_nothing_holds_goes_at_once() {
        assert!(matches!(decide(&object(json!({"metadata": {"name": "a"}})), &DeleteOptions::default(), now()), Verdict::Delete(_)));
    }

    #[test]
    fn finalizers_keep_an_object_and_a_policy_adds_its_own_behind_them() {
        let live = object(json!({"metadata": {"name": "a", "finalizers": ["x/y"]}}));
        let options = DeleteOptions { propagation: Some(Propagation::Foreground), ..DeleteOptions::default() };
        let Verdict::Put(marked) = decide(&live, &options, now()) else { panic!("it stays") };
        assert_eq!(marked.finalizers(), ["x/y", "foregroundDeletion"]);
        assert_eq!(marked.get(&["metadata", "deletionGracePeriodSeconds"]), Some(&json!(0)));
        assert_eq!(marked.deletion_timestamp(), Some("2026-11-22T10:00:00Z"));
        assert!(matches!(decide(&marked, &options, now()), Verdict::Unchanged));
    }

    #[test]
    fn a_bound_pod_is_given_its_grace_period_and_an_unbound_one_none() {
        let bound = object(json!({"kind": "Pod", "metadata": {"name": "a"}, "spec": {"nodeName": "n"}}));
        let Verdict::Put(marked) = decide(&bound, &DeleteOptions::default(), now()) else { panic!("it stays") };
        assert_eq!(marked.deletion_timestamp(), Some("2026-11-22T10:00:30Z"));
        let force = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        assert!(matches!(decide(&marked, &force, now()), Verdict::Delete(_)));
        let unbound = object(json!({"kind": "Pod", "metadata": {"name": "a"}, "spec": {}}));
        assert!(matches!(decide(&unbound, &DeleteOptions::default(), now()), Verdict::Delete(_)));
    }
}
