//! `DELETE` of an object, and of a whole selection.
//!
//! See <https://kubernetes.io/docs/concepts/architecture/garbage-collection/> for propagation.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::query::options_refused;
use super::selection::Selection;
use super::update::{announce, has_own_finalizers, is_held};
use super::write::{self, Live, Verdict, Written};
use super::{decode, definitions, list, namespaces, view};
use crate::object::{CauseKind, Object, Reason, Refusal, Time};
use crate::protobuf;

/// The finalizers that stand for a propagation policy.
const ORPHAN: &str = "orphan";
const FOREGROUND: &str = "foregroundDeletion";

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

/// What a deletion asks for, from the body or the query.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct DeleteOptions {
    grace_period_seconds: Option<i64>,
    propagation: Option<Propagation>,
    uid: Option<String>,
    resource_version: Option<String>,
}

/// What happens to the objects that the deleted one owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Propagation {
    /// They go afterwards.
    Background,
    /// They go before.
    Foreground,
    /// They stay.
    Orphan,
}

pub(super) async fn delete(call: &mut Call) -> Result<Answer, Refusal> {
    let options = DeleteOptions::of(call)?;
    namespaces::check_deletable(call)?;
    let written = remove(call, call.name(), &options).await?;
    match &written {
        Written::Deleted(last) if !is_answered_by_the_object(call) => {
            let last = view::parse(&call.resource, last)?;
            let document = success(call, &last);
            Ok(Answer::document(StatusCode::OK, &document, call.form.encoding(), call.query.pretty))
        }
        shown => shown.answer(call),
    }
}

fn is_answered_by_the_object(call: &Call) -> bool {
    let (group, plural) = (&call.resource.gvk.group, &call.resource.plural);
    ANSWERED_BY_THE_OBJECT.iter().any(|(known, plurals)| known == group && plurals.contains(&plural.as_str()))
}

/// Deletes what a list with the same parameters would show. Answers that list.
pub(super) async fn delete_collection(call: &mut Call) -> Result<Answer, Refusal> {
    let options = DeleteOptions::of(call)?;
    let selection = Selection::of(call)?;
    let page = list::read(call, &selection).await?;
    let names: Vec<(Option<String>, String)> = page.objects.iter().map(|object| place(call, &object.key)).collect();
    let call = &*call;
    let deletions = stream::iter(names).map(|(namespace, name)| {
        let options = &options;
        async move {
            let key = match namespace {
                Some(namespace) => format!("{}{namespace}/{name}", call.resource.storage_prefix),
                None => format!("{}{name}", call.resource.storage_prefix),
            };
            match remove_key(call, &key, &name, options).await {
                // Somebody else was faster, which is what was wanted.
                Err(refusal) if refusal.reason == Reason::NotFound => Ok(()),
                other => other.map(drop),
            }
        }
    });
    deletions.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    list::answer(call, page).await
}

/// Namespace and name, by the key alone.
fn place(call: &Call, key: &str) -> (Option<String>, String) {
    let within = key.strip_prefix(&*call.resource.storage_prefix).unwrap_or(key);
    match within.split_once('/').filter(|_| call.resource.namespaced) {
        Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
        None => (None, within.to_owned()),
    }
}

async fn remove(call: &Call, name: &str, options: &DeleteOptions) -> Result<Written, Refusal> {
    remove_key(call, &call.key_of(name), name, options).await
}

async fn remove_key(call: &Call, key: &str, name: &str, options: &DeleteOptions) -> Result<Written, Refusal> {
    let missing = || Refusal::not_found(&call.group_resource(), name);
    let now = call.api.ambient.now_seconds();
    let written = write::change(call, key, |live| {
        let live = live.ok_or_else(missing)?;
        options.check_preconditions(call, live)?;
        let object = definitions::held(&call.resource, &live.object, now);
        Ok(decide(&object, options, now))
    });
    let written = written.await?;
    announce(call, &written).await?;
    definitions::clean_up(call, key, written).await
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

impl Propagation {
    fn parse(word: &str) -> Result<Self, Refusal> {
        match word {
            "Background" => Ok(Self::Background),
            "Foreground" => Ok(Self::Foreground),
            "Orphan" => Ok(Self::Orphan),
            other => {
                let message = format!("Invalid value: {other:?}: must be one of Background, Foreground, Orphan");
                Err(options_refused("DeleteOptions", "propagationPolicy", CauseKind::Invalid, &message))
            }
        }
    }

    /// Leaves the finalizer of this policy, and of no other, on the object, behind those there are.
    fn mark(self, object: &mut Object) {
        let wanted = match self {
            Self::Background => None,
            Self::Foreground => Some(FOREGROUND),
            Self::Orphan => Some(ORPHAN),
        };
        let own = object.clone();
        let mut finalizers: Vec<&str> =
            own.finalizers().into_iter().filter(|name| ![ORPHAN, FOREGROUND].contains(name) || Some(*name) == wanted).collect();
        if let Some(wanted) = wanted.filter(|wanted| !finalizers.contains(wanted)) {
            finalizers.push(wanted);
        }
        object.set_finalizers(&finalizers);
    }
}

impl DeleteOptions {
    /// The options of a request: those in the body count where there is one, those in the query otherwise.
    fn of(call: &mut Call) -> Result<Self, Refusal> {
        let mut options = Self { grace_period_seconds: call.query.grace_period_seconds, ..Self::default() };
        let mut propagation = call.query.propagation_policy.clone();
        if !call.body.is_empty() {
            let parsed = decode::document(call.content_type(), &call.body, "DeleteOptions", protobuf::message(protobuf::DELETE_OPTIONS))?;
            let body = parsed.value;
            if !body.is_object() {
                return Err(Refusal::bad_request("the body of a deletion must be a DeleteOptions object"));
            }
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
            options.grace_period_seconds = body.get("gracePeriodSeconds").and_then(Value::as_i64).or(options.grace_period_seconds);
            options.uid = text(body.pointer("/preconditions/uid"));
            options.resource_version = text(body.pointer("/preconditions/resourceVersion"));
            propagation = text(body.get("propagationPolicy")).or(propagation).or_else(|| orphan_dependents(&body));
            call.query.dry_run |= dry_run(&body)?;
        }
        options.propagation = propagation.as_deref().map(Propagation::parse).transpose()?;
        if options.grace_period_seconds.is_some_and(|seconds| seconds < 0) {
            let message = "Invalid value: must be greater than or equal to 0";
            return Err(options_refused("DeleteOptions", "gracePeriodSeconds", CauseKind::Invalid, message));
        }
        Ok(options)
    }

    fn check_preconditions(&self, call: &Call, live: &Live) -> Result<(), Refusal> {
        let object = &live.object;
        let failed =
            |why: String| Err(Refusal::new(Reason::Conflict, why).on(&call.resource.gvk.group, &call.resource.gvk.kind, object.name()));
        if let Some(uid) = self.uid.as_deref().filter(|uid| *uid != object.uid()) {
            return failed(format!(
                "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
                object.uid()
            ));
        }
        let revision = live.cached.revision.to_string();
        if let Some(version) = self.resource_version.as_deref().filter(|version| *version != revision) {
            let why =
                format!("the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({revision})");
            return failed(format!("{why}. The object might have been modified"));
        }
        Ok(())
    }
}

/// The older way to say what becomes of dependents.
fn orphan_dependents(body: &Value) -> Option<String> {
    let orphan = body.get("orphanDependents")?.as_bool()?;
    Some(if orphan { "Orphan" } else { "Background" }.to_owned())
}

fn dry_run(body: &Value) -> Result<bool, Refusal> {
    let words = body.get("dryRun").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match words {
        [] => Ok(false),
        words if words.iter().all(|word| word == "All") => Ok(true),
        _ => {
            let message = "Unsupported value: supported values: \"All\"";
            Err(options_refused("DeleteOptions", "dryRun", CauseKind::NotSupported, message))
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
