//! `POST` of an Eviction to a pod: deletes it, as far as its disruption budget allows.
//!
//! Receives the name of a pod and options for its deletion; hands on a `Status`. Invariant: a pod that counts as healthy goes only after
//! its budget was told so.
//!
//! See <https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/>.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::create::in_namespace;
use super::decode::{self, Decoded};
use super::delete;
use super::delete_options::DeleteOptions;
use super::elsewhere::Elsewhere;
use super::hooks::Hooks;
use super::json::Parsed;
use super::negotiate::{Encoding, Form};
use super::query::Query;
use super::route::ResourceRoute;
use super::{namespaces, update, view, write};
use crate::admission;
use crate::auth::Identity;
use crate::object::{Cause, CauseKind, GroupResource, Gvk, Object, Reason, Refusal, Time};
use crate::protobuf;
use crate::schema::{self, Catalog};

/// How often the deletion of a pod that keeps changing is tried.
const ATTEMPTS: usize = 20;

/// The most evictions that a budget keeps in mind before its controller has noticed them.
const DISRUPTED_MOST: usize = 2000;

/// After how many seconds a budget may have caught up with what it is about.
const CATCH_UP_SECONDS: u32 = 10;

const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";
const SEVERAL: &str = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";

/// What came of an eviction that was not refused.
enum Evicted {
    Gone,
    /// More than one budget covers the pod, so none can answer for it.
    CoveredTwice,
}

pub(super) async fn create(mut call: Call) -> Result<(Answer, Vec<String>), Refusal> {
    let Decoded { object: mut eviction, warnings } = decoded(&call)?;
    in_namespace(&call, &mut eviction)?;
    namespaces::check_open_for(&call, &call.group_resource(), eviction.name()).await?;
    if eviction.name() != call.name() {
        return Err(Refusal::bad_request("name in URL does not match name in Eviction object"));
    }
    let dry_run = |eviction: &Object| DeleteOptions::within(eviction.get(&["deleteOptions"]).unwrap_or(&Value::Null));
    call.query.dry_run |= dry_run(&eviction)?.1;
    // The deletion that follows is a part of the eviction, and asks nobody.
    let hooks = std::mem::take(&mut call.hooks);
    let eviction = hooks.admit(&call, eviction).await?;
    let (options, dry_run) = dry_run(&eviction)?;
    call.query.dry_run |= dry_run;
    let mut status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
    let code = match evict(&call, &options).await? {
        Evicted::Gone => StatusCode::CREATED,
        Evicted::CoveredTwice => {
            status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": SEVERAL, "code": 500});
            StatusCode::INTERNAL_SERVER_ERROR
        }
    };
    Ok((Answer::document(code, &status, call.form.encoding(), call.pretty()), warnings))
}

/// The Eviction in a body; the older version of the group is as good as the one of today.
fn decoded(call: &Call) -> Result<Decoded, Refusal> {
    const KIND: &str = "Eviction";
    let message = protobuf::message_of("policy/v1", KIND);
    let Parsed { value, duplicates } = decode::document(call.content_type(), &call.body, KIND, message)?;
    let mut eviction = Object::from_value(value).map_err(|error| Refusal::bad_request(error.to_string()))?;
    match (eviction.api_version(), eviction.kind()) {
        ("" | "policy/v1" | "policy/v1beta1", "" | KIND) => {}
        (version, KIND) => {
            let message = format!("the API version in the data ({version}) does not match the expected API version (policy/v1)");
            return Err(Refusal::bad_request(message));
        }
        (version, kind) => {
            return Err(Refusal::bad_request(format!("{kind} in version {version:?} cannot be handled as a {KIND}")));
        }
    }
    decode::say_kind(&mut eviction, "policy/v1", KIND);
    let schema = schema::builtin(&Gvk::new("policy", "v1", KIND)).ok_or_else(|| Refusal::internal("there is no schema of Eviction"))?;
    decode::checked_as(call, &schema, "v1", KIND, eviction, &duplicates)
}

async fn evict(call: &Call, options: &DeleteOptions) -> Result<Evicted, Refusal> {
    let mut lost = None;
    for _ in 0..ATTEMPTS {
        let pod = pod(call).await?;
        if !is_free(&pod) {
            return within_budget(call, options, &pod).await;
        }
        let pinned = if is_over(&pod) { options.clone() } else { pinned(options, &pod) };
        match remove(call, &pinned).await {
            // It may have become ready, which its budget has to do with.
            Err(refusal) if refusal.reason == Reason::Conflict && options.resource_version.is_none() => lost = Some(refusal),
            done => return done.map(|()| Evicted::Gone),
        }
    }
    Err(lost.unwrap_or_else(|| call.not_found()))
}

/// The pod as it is in the store.
async fn pod(call: &Call) -> Result<Object, Refusal> {
    let cached = write::stored(call, &call.key_of(call.name())).await?.ok_or_else(|| call.not_found())?;
    view::parse(&call.resource, &cached)
}

async fn remove(call: &Call, options: &DeleteOptions) -> Result<(), Refusal> {
    delete::remove(call, &call.key_of(call.name()), call.name(), options).await.map(drop)
}

/// The options for deleting the pod in the state in which it was looked at. A revision that the client named stays.
fn pinned(options: &DeleteOptions, pod: &Object) -> DeleteOptions {
    let mut options = options.clone();
    options.resource_version = options.resource_version.or_else(|| pod.resource_version().map(str::to_owned));
    options
}

/// Whether the pod has ended, or is ending: its disruption has happened.
fn is_over(pod: &Object) -> bool {
    matches!(pod.get_str(&["status", "phase"]), Some("Succeeded" | "Failed")) || pod.deletion_timestamp().is_some()
}

/// Whether the pod may go whatever its budget says: it is over, or has not begun.
fn is_free(pod: &Object) -> bool {
    is_over(pod) || pod.get_str(&["status", "phase"]) == Some("Pending")
}

fn is_ready(pod: &Object) -> bool {
    let conditions = pod.get(&["status", "conditions"]).and_then(Value::as_array).into_iter().flatten();
    let mut ready = conditions.filter(|condition| condition["type"] == "Ready");
    ready.next().is_some_and(|condition| condition["status"] == "True")
}

async fn within_budget(call: &Call, options: &DeleteOptions, pod: &Object) -> Result<Evicted, Refusal> {
    let budgets = budgets(call, pod).await?;
    match budgets.as_slice() {
        [] => remove(call, options).await?,
        [budget] if !is_ready(pod) && lets_unready_go(budget) => match remove(call, &pinned(options, pod)).await {
            // It may have become ready, and so count for something.
            Err(refusal) if refusal.reason == Reason::Conflict && options.resource_version.is_none() => {
                return Err(being_processed(budget.name()));
            }
            removed => removed?,
        },
        [budget] => {
            take_from(call, budget.name()).await?;
            remove(call, options).await?;
        }
        _ => return Ok(Evicted::CoveredTwice),
    }
    Ok(Evicted::Gone)
}

/// The budgets that cover the pod. An empty selector covers nothing here.
async fn budgets(call: &Call, pod: &Object) -> Result<Vec<Object>, Refusal> {
    let budgets = budget_call(call, "")?;
    let scope = budgets.key_of("");
    let labels = pod.get(&["metadata", "labels"]).unwrap_or(&Value::Null);
    let mut found = Vec::new();
    for cached in &call.api.cache.consistent(&budgets.resource.storage_prefix).await?.objects {
        if !cached.key.starts_with(&scope) {
            continue;
        }
        let budget = view::parse(&budgets.resource, cached)?;
        let selector = budget.get(&["spec", "selector"]).unwrap_or(&Value::Null);
        if !selects_everything(selector) && admission::selects(selector, labels) {
            found.push(budget);
        }
    }
    Ok(found)
}

fn selects_everything(selector: &Value) -> bool {
    let is_empty = |member: &str| match selector.get(member) {
        Some(Value::Object(labels)) => labels.is_empty(),
        Some(Value::Array(expressions)) => expressions.is_empty(),
        _ => true,
    };
    is_empty("matchLabels") && is_empty("matchExpressions")
}

/// Whether a pod that is not ready, and so counts for nothing, may go without being counted.
fn lets_unready_go(budget: &Object) -> bool {
    let (healthy, desired) = (count(budget, "currentHealthy"), count(budget, "desiredHealthy"));
    budget.get_str(&["spec", "unhealthyPodEvictionPolicy"]) == Some("AlwaysAllow") || (healthy >= desired && desired > 0)
}

fn count(budget: &Object, member: &str) -> i64 {
    budget.get(&["status", member]).and_then(Value::as_i64).unwrap_or_default()
}

/// Writes into the status of a budget that one pod more is on its way out.
async fn take_from(call: &Call, budget: &str) -> Result<(), Refusal> {
    let now = call.api.ambient.now_seconds();
    let own = budget_call(call, budget)?;
    let written = update::change(&own, |live| {
        let mut budget = live.object.clone();
        spend(&mut budget, call.name(), now)?;
        Ok(budget)
    });
    written.await.map(drop)
}

/// A write of this server's own to the status of a budget in the pod's namespace.
fn budget_call(call: &Call, name: &str) -> Result<Call, Refusal> {
    let catalog = Catalog::builtin();
    let resource = catalog.resource("policy", "v1", "poddisruptionbudgets");
    let resource = resource.cloned().ok_or_else(|| Refusal::internal("poddisruptionbudgets are not served"))?;
    let route = ResourceRoute {
        group_version: resource.gvk.group_version(),
        namespace: call.route.namespace.clone(),
        resource: resource.plural.clone(),
        name: Some(name.to_owned()),
        subresource: Some("status".to_owned()),
        watch: false,
    };
    let query = Query { dry_run: call.query.dry_run, field_manager: Some("trueup-server".to_owned()), ..Query::default() };
    Ok(Call {
        api: Arc::clone(&call.api),
        identity: Identity::in_process(),
        resource,
        route,
        query,
        headers: HeaderMap::new(),
        form: Form::Object(Encoding::Json),
        gzip: false,
        body: Bytes::new(),
        advice: Mutex::default(),
        elsewhere: Elsewhere::default(),
        limits: Vec::new(),
        surroundings: super::pod_plugins::Surroundings::default(),
        hooks: Hooks::default(),
    })
}

/// Counts one disruption. Refuses with 429 where the budget has none left or has not seen its own newest state, with 403 where its
/// status makes no sense.
fn spend(budget: &mut Object, pod: &str, now: Time) -> Result<(), Refusal> {
    let name = budget.name().to_owned();
    let forbidden = |why: &str| Err(Refusal::forbidden(&GroupResource::new("policy", "poddisruptionbudget"), &name, why));
    let (allowed, observed) = (count(budget, "disruptionsAllowed"), count(budget, "observedGeneration"));
    if observed < budget.generation() {
        return Err(being_processed(&name));
    }
    if allowed < 0 {
        return forbidden("pdb disruptions allowed is negative");
    }
    let disrupted = budget.get(&["status", "disruptedPods"]).and_then(Value::as_object);
    if disrupted.is_some_and(|disrupted| disrupted.len() > DISRUPTED_MOST) {
        return forbidden("DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if allowed == 0 {
        return Err(refused(used_up(budget)));
    }
    let Some(status) = budget.root_mut().get_mut("status").and_then(Value::as_object_mut) else { return Ok(()) };
    status.insert("disruptionsAllowed".to_owned(), (allowed - 1).into());
    let disrupted = status.entry("disruptedPods").or_insert_with(|| json!({}));
    if !disrupted.is_object() {
        *disrupted = json!({});
    }
    disrupted[pod] = now.to_string().into();
    if allowed == 1 {
        no_more(status, observed, now);
    }
    Ok(())
}

/// The condition that nothing more may be disrupted. One that said so before keeps its time.
fn no_more(status: &mut Map<String, Value>, observed: i64, now: Time) {
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    let before = conditions.iter_mut().find(|condition| condition["type"] == "DisruptionAllowed");
    let since = before.as_ref().filter(|before| before["status"] == "False").and_then(|before| before.get("lastTransitionTime").cloned());
    let mut condition = json!({
        "type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods", "message": "",
        "lastTransitionTime": since.unwrap_or_else(|| now.to_string().into()),
    });
    if observed > 0 {
        condition["observedGeneration"] = observed.into();
    }
    match before {
        Some(before) => *before = condition,
        None => conditions.push(condition),
    }
}

fn used_up(budget: &Object) -> String {
    let name = budget.name();
    let conditions = budget.get(&["status", "conditions"]).and_then(Value::as_array).into_iter().flatten();
    let failed = |condition: &&Value| {
        condition["type"] == "DisruptionAllowed" && condition["status"] == "False" && condition["reason"] == "SyncFailed"
    };
    if let Some(failed) = conditions.clone().find(failed) {
        let why = failed["message"].as_str().unwrap_or_default();
        return format!("The disruption budget {name} does not allow evicting pods currently because it failed sync: {why}");
    }
    let (desired, healthy) = (count(budget, "desiredHealthy"), count(budget, "currentHealthy"));
    format!("The disruption budget {name} needs {desired} healthy pods and has {healthy} currently")
}

fn refused(why: String) -> Refusal {
    Refusal::new(Reason::TooManyRequests, REFUSED).with_cause(Cause::new(CauseKind::DisruptionBudget, "", why))
}

fn being_processed(budget: &str) -> Refusal {
    let why = format!("The disruption budget {budget} is still being processed by the server.");
    Refusal { retry_after_seconds: CATCH_UP_SECONDS, ..refused(why) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        Time::parse("2026-11-22T10:00:00Z").expect("a time")
    }

    fn budget(status: &Value) -> Object {
        Object::from_value(json!({"metadata": {"name": "b", "generation": 1}, "status": status})).expect("an object")
    }

    #[test]
    fn the_last_disruption_is_counted_and_said() {
        let was = json!([{"type": "Other"}, {"type": "DisruptionAllowed", "status": "True", "lastTransitionTime": "x"}]);
        let mut budget = budget(&json!({"observedGeneration": 1, "disruptionsAllowed": 2, "conditions": was}));
        spend(&mut budget, "one", now()).expect("two are left");
        assert_eq!(budget.get(&["status", "conditions"]), Some(&was), "one is left");
        spend(&mut budget, "two", now()).expect("one is left");
        let time = "2026-11-22T10:00:00Z";
        assert_eq!(
            budget.get(&["status"]),
            Some(&json!({
                "observedGeneration": 1, "disruptionsAllowed": 0, "disruptedPods": {"one": time, "two": time},
                "conditions": [{"type": "Other"}, {
                    "type": "DisruptionAllowed", "status": "False", "reason": "InsufficientPods", "message": "",
                    "observedGeneration": 1, "lastTransitionTime": time,
                }],
            }))
        );
        assert_eq!(spend(&mut budget, "three", now()).map_err(|refusal| refusal.reason.code()), Err(429));
    }

    #[test]
    fn a_status_that_makes_no_sense_is_forbidden_and_an_old_one_waited_for() {
        let refused = |status: Value| spend(&mut budget(&status), "p", now()).expect_err("refused");
        let stale = refused(json!({"disruptionsAllowed": 1}));
        assert_eq!((stale.reason.code(), stale.retry_after_seconds), (429, 10));
        assert_eq!(refused(json!({"observedGeneration": 1, "disruptionsAllowed": -1})).reason.code(), 403);
        let many: Map<String, Value> = (0..=DISRUPTED_MOST).map(|pod| (pod.to_string(), "t".into())).collect();
        assert_eq!(refused(json!({"observedGeneration": 1, "disruptionsAllowed": 1, "disruptedPods": many})).reason.code(), 403);
        let condition = json!([{"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed", "message": "no scale"}]);
        let failed = refused(json!({"observedGeneration": 1, "conditions": condition}));
        assert_eq!(
            failed.causes[0].message,
            "The disruption budget b does not allow evicting pods currently because it failed sync: no scale"
        );
    }
}
