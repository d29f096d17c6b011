//! Building a plan: what an apply would do to each object.
//!
//! Receives placed objects and their live state, hands on a [`Plan`] and the [`Failure`]s. The decisions ([`Question::of`] and
//! [`entry`]) are pure; only what they leave open is asked of the server, by dry-run applies in parallel. One object's failure never
//! keeps another from its plan, unless it is that the target is gone.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::adopt::client_side_managers;
use super::immutable::{could_be_made_anew, reason_to_replace};
use super::live::Live;
use super::locally;
use super::ownership::already_applied;
use super::parallel::{REQUESTS_AT_ONCE, each};
use super::place::{Failure, Placed, is_namespace};
use super::reach::{Missed, Reach};
use super::simulate::simulate;
use super::{Action, Plan, PlanEntry};
use crate::client::{ApplyParameters, Client};
use crate::object::Object;

/// What a plan leaves open about one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Nothing: it is as it should be.
    Unchanged,
    /// What the server would make of it.
    AskServer,
    /// What it would become in a namespace, or of a kind, that the set itself makes; the server cannot say yet.
    Pending,
}

impl Question {
    /// Decides what is open about one object. `new_namespaces` are those the set makes and the server does not have.
    #[must_use]
    pub fn of(placed: &Placed, live: Option<&Object>, manager: &str, new_namespaces: &HashSet<String>) -> Self {
        let in_new_namespace = placed.key.namespace.as_ref().is_some_and(|namespace| new_namespaces.contains(namespace));
        match live {
            Some(live) if already_applied(live, &placed.object, manager) => Self::Unchanged,
            Some(_) => Self::AskServer,
            None if placed.kind_is_pending || in_new_namespace => Self::Pending,
            None => Self::AskServer,
        }
    }
}

/// A plan and what could not be planned.
#[derive(Debug, Default)]
pub struct Built {
    /// One entry for each object that could be planned, in the order of the objects.
    pub plan: Plan,
    /// One failure for each other object.
    pub failures: Vec<Failure>,
    /// What there is to say of the plan as a whole.
    pub notes: Vec<String>,
    /// The objects to replace, by their place in the plan.
    replaced: Vec<(usize, Placed)>,
}

impl Built {
    /// Whether [`Built::try_replacements`] has anything to try out.
    #[must_use]
    pub fn has_replacements(&self) -> bool {
        !self.replaced.is_empty()
    }

    /// Tries the objects that are to be replaced out on an empty control plane, so that they are shown with their defaults.
    pub async fn try_replacements(&mut self, client: &Client, simulation: &Client, parameters: &ApplyParameters) {
        let replaced = std::mem::take(&mut self.replaced);
        let numbered = replaced.iter().map(|(index, placed)| (*index, placed)).collect();
        for (index, tried) in simulate(client, Some(simulation), &[], numbered, parameters).await {
            // What cannot be tried out here, such as a kind with rules of its server's own, is shown as it is written.
            if let (Some(entry), Ok(tried)) = (self.plan.entries.get_mut(index), tried) {
                entry.after = tried.after;
            }
        }
    }
}

/// What the server answers about one object.
enum Answer {
    Planned(PlanEntry),
    Replaced(PlanEntry, Placed),
    /// Compared without the server, which does not let us ask.
    Local(PlanEntry),
    Failed(Failure),
}

/// Builds the plan of a set.
///
/// `simulation` is a client of an empty in-memory control plane of the same API, on which objects that the server cannot judge yet
/// are tried out; without one they are shown as their manifests write them.
pub async fn build(
    client: &Client,
    placed: Vec<Placed>,
    mut live: Live,
    parameters: &ApplyParameters,
    simulation: Option<&Client>,
) -> Built {
    let new_namespaces = new_namespaces(&placed, &live);
    let parameters = ApplyParameters { dry_run: true, ..parameters.clone() };
    let mut entries: Vec<(usize, PlanEntry)> = Vec::new();
    let mut failures: Vec<(usize, Failure)> = Vec::new();
    let (mut open, mut pending) = (Vec::new(), Vec::new());
    for (index, placed) in placed.iter().enumerate() {
        match live.take_object(placed) {
            Err(error) => failures.push((index, placed.failure(super::ObjectError::Client(error)))),
            Ok(before) => match Question::of(placed, before.as_ref(), &parameters.field_manager, &new_namespaces) {
                Question::Unchanged => entries.push((index, unchanged(placed, before))),
                Question::AskServer => open.push((index, placed.clone(), before)),
                Question::Pending => pending.push((index, placed)),
            },
        }
    }
    let reach = Reach::default();
    let work = |(index, placed, before): (usize, Placed, Option<Object>)| {
        let (client, parameters, reach) = (client.clone(), parameters.clone(), reach.clone());
        async move { (index, ask(&reach, &client, placed, before, &parameters).await) }
    };
    let (mut replaced, mut local) = (Vec::new(), 0_usize);
    each(open, REQUESTS_AT_ONCE, work, |(index, answer)| match answer {
        Answer::Planned(entry) => entries.push((index, entry)),
        Answer::Local(entry) => {
            local += 1;
            entries.push((index, entry));
        }
        Answer::Replaced(entry, placed) => {
            entries.push((index, entry));
            replaced.push((index, placed));
        }
        Answer::Failed(failure) => failures.push((index, failure)),
    })
    .await;
    for (index, result) in simulate(client, simulation, &placed, pending, &parameters).await {
        match result {
            Ok(entry) => entries.push((index, entry)),
            Err(failure) => failures.push((index, failure)),
        }
    }
    entries.sort_by_key(|(index, _)| *index);
    let position = |index: usize| entries.partition_point(|(before, _)| *before < index);
    let replaced = replaced.into_iter().map(|(index, placed)| (position(index), placed)).collect();
    let notes = (local > 0).then(|| locally::note(local)).into_iter().collect();
    Built { plan: Plan { entries: in_order(entries) }, failures: in_order(failures), notes, replaced }
}

/// Asks the server what an apply would do; where the object cannot be changed in place, whether a new one could take its place, and where
/// the server does not let us ask, finds out what can be found out here.
async fn ask(reach: &Reach, client: &Client, placed: Placed, before: Option<Object>, parameters: &ApplyParameters) -> Answer {
    let error = match reach.apply(client, &placed, before.as_ref(), parameters).await {
        Ok(after) => return Answer::Planned(entry(&placed, before, after)),
        Err(Missed::Lost(error)) => return Answer::Failed(Failure::of(&placed, error)),
        Err(Missed::Refused(error)) => error,
    };
    let refusal = error.refusal();
    if refusal.is_some_and(locally::may_not_ask) {
        return match locally::compare(&placed, before.as_ref(), parameters) {
            Ok(after) => Answer::Local(PlanEntry { reason: Some(locally::REASON.to_owned()), ..entry(&placed, before, after) }),
            Err(refusal) => Answer::Failed(placed.refused(before.as_ref(), refusal)),
        };
    }
    let reason = refusal.and_then(|refusal| reason_to_replace(&placed, refusal)).filter(|_| before.is_some());
    match reason {
        Some(reason) if could_be_made_anew(client, &placed, &parameters.field_manager).await.unwrap_or_default() => {
            let after = Some(placed.object.clone());
            Answer::Replaced(PlanEntry { reason: Some(reason), ..of(&placed, Action::Replace, before, after) }, placed)
        }
        _ => Answer::Failed(placed.refused(before.as_ref(), error)),
    }
}

fn in_order<T>(mut numbered: Vec<(usize, T)>) -> Vec<T> {
    numbered.sort_by_key(|(index, _)| *index);
    numbered.into_iter().map(|(_, item)| item).collect()
}

/// The namespaces the set makes and the server does not have.
pub(super) fn new_namespaces(placed: &[Placed], live: &Live) -> HashSet<String> {
    let namespaces = placed.iter().filter(|placed| is_namespace(&placed.object)).map(|placed| &placed.key.name);
    namespaces.filter(|name| !live.has("namespaces", name)).cloned().collect()
}

/// The entry of an object that needs nothing.
pub(super) fn unchanged(placed: &Placed, live: Option<Object>) -> PlanEntry {
    of(placed, Action::Unchanged, live.clone(), live)
}

/// The entry of an object whose state before and after is known.
#[must_use]
pub fn entry(placed: &Placed, before: Option<Object>, after: Object) -> PlanEntry {
    let action = match &before {
        None => Action::Create,
        Some(before) if same_content(before, &after, placed.object.root().contains_key("status")) => Action::Unchanged,
        Some(_) => Action::Update,
    };
    let adopted = action == Action::Update && before.as_ref().is_some_and(|before| !client_side_managers(before).is_empty());
    let reason = adopted.then(|| "taken over from client-side apply".to_owned());
    PlanEntry { reason, ..of(placed, action, before, Some(after)) }
}

impl PlanEntry {
    /// The entry of an object that nobody was asked about: its manifest stands for its state after.
    #[must_use]
    pub fn predicted(placed: &Placed, before: Option<Object>, is_unchanged: bool) -> Self {
        match before {
            before if is_unchanged => unchanged(placed, before),
            None => of(placed, Action::Create, None, Some(placed.object.clone())),
            before => of(placed, Action::Update, before, Some(placed.object.clone())),
        }
    }
}

fn of(placed: &Placed, action: Action, before: Option<Object>, after: Option<Object>) -> PlanEntry {
    PlanEntry {
        gvk: placed.resource.gvk(),
        plural: placed.resource.plural.clone(),
        key: placed.key.clone(),
        action,
        before,
        after,
        origin: placed.origin(),
        source: placed.source.clone(),
        reason: None,
    }
}

/// Whether two states of an object differ in nothing but the server's own bookkeeping. The status counts only where the manifest
/// states one: a controller may have written it in between.
pub(super) fn same_content(before: &Object, after: &Object, with_status: bool) -> bool {
    const BOOKKEEPING: [&str; 3] = ["managedFields", "resourceVersion", "generation"];
    let same = |left: &Map<String, Value>, right: &Map<String, Value>, ignored: &dyn Fn(&str) -> bool| {
        let count = |members: &Map<String, Value>| members.keys().filter(|name| !ignored(name)).count();
        let equal = left.iter().filter(|(name, _)| !ignored(name)).all(|(name, value)| right.get(name) == Some(value));
        equal && count(left) == count(right)
    };
    let empty = Map::new();
    let (old, new) = (before.metadata().unwrap_or(&empty), after.metadata().unwrap_or(&empty));
    same(before.root(), after.root(), &|name| name == "metadata" || (name == "status" && !with_status))
        && same(old, new, &|name| BOOKKEEPING.contains(&name))
}

#[cfg(test)]
mod tests {

    use serde_json::json;

    use super::*;
    use crate::client::testing::{answer, scripted, scripted_as};
    use crate::client::{Discovery, ServedResource, Target};
    use crate::object::{Cause, CauseKind, GroupResource, Reason, Refusal};
    use crate::plan::{Namespaces, place};

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn config_map(name: &str, value: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a"}, "data": {"k": value}})
    }

    fn live_config_map(name: &str, value: &str, manager: &str) -> (GroupResource, Object) {
        let mut live = object(config_map(name, value));
        live.set_meta("resourceVersion", "1");
        live.set_meta(
            "managedFields",
            json!([{"manager": manager, "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:k": {}}}}]),
        );
        (GroupResource::new("", "configmaps"), live)
    }

    fn set(values: Vec<Value>) -> Vec<Placed> {
        let discovery = Discovery::of(vec![
            ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
            ServedResource::named("", "v1", "Namespace", "namespaces", false),
        ]);
        let namespaces = Namespaces { default: "a".to_owned(), enforced: false };
        place(values.into_iter().map(|value| (object(value), None)), &discovery, &namespaces).0
    }

    fn parameters() -> ApplyParameters {
        ApplyParameters { field_manager: "trueup".to_owned(), force: false, dry_run: false }
    }

    fn told(built: &Built) -> Vec<String> {
        let entries = built.plan.entries.iter().map(|entry| format!("{} {}", entry.display_name(), entry.action.word()));
        entries.chain(built.failures.iter().map(|failure| format!("{}: {}", failure.name, failure.error))).collect()
    }

    #[tokio::test]
    async fn only_what_is_open_is_asked_and_failures_stay_alone() {
        let (client, asked) = scripted(|request| match request.uri().path().rsplit('/').next() {
            Some("taken") => answer(409, {
                let cause = Cause::new(CauseKind::ManagerConflict, ".data.k", "conflict with \"other\"");
                Refusal::new(Reason::Conflict, "Apply failed with 1 conflict").with_cause(cause).to_json()
            }),
            Some("same") => answer(200, config_map("same", "1")),
            Some(name) => answer(200, config_map(name, "2")),
            None => answer(404, json!({})),
        });
        let live = Live::of([
            live_config_map("owned", "1", "trueup"),
            live_config_map("same", "1", "other"),
            live_config_map("changed", "1", "trueup"),
            live_config_map("taken", "1", "other"),
        ]);
        let wanted = set(vec![
            config_map("new", "2"),
            config_map("taken", "2"),
            config_map("owned", "1"),
            config_map("same", "1"),
            config_map("changed", "2"),
        ]);
        let built = build(&client, wanted, live, &parameters(), None).await;
        assert_eq!(
            told(&built),
            [
                "configmap/new create",
                "configmap/owned unchanged",
                "configmap/same unchanged",
                "configmap/changed update",
                "configmap/taken: Apply failed with 1 conflict",
            ]
        );
        let mut lines = asked.lines();
        lines.sort();
        let expected = ["changed", "new", "same", "taken"]
            .map(|name| format!("PATCH /api/v1/namespaces/a/configmaps/{name}?fieldManager=trueup&fieldValidation=Strict&dryRun=All"));
        assert_eq!(lines, expected);
    }

    #[tokio::test]
    async fn objects_in_a_namespace_of_the_set_are_planned_without_the_server() {
        let (client, asked) = scripted(|_| answer(200, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})));
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
        let built = build(&client, set(vec![namespace, config_map("x", "1")]), Live::default(), &parameters(), None).await;
        assert_eq!(told(&built), ["namespace/a create", "configmap/x create"]);
        assert_eq!(built.plan.entries[1].after, Some(object(config_map("x", "1"))));
        assert_eq!(asked.lines(), ["PATCH /api/v1/namespaces/a?fieldManager=trueup&fieldValidation=Strict&dryRun=All"]);
    }

    #[tokio::test]
    async fn a_target_that_is_gone_is_not_asked_for_each_object() {
        let etcd = Target::Etcd { endpoints: vec!["http://a".to_owned()] };
        let (client, asked) = scripted_as(etcd, |_| answer(503, Refusal::new(Reason::ServiceUnavailable, "gone").to_json()));
        let wanted = (0..100).map(|number| config_map(&format!("m-{number}"), "1")).collect();
        let built = build(&client, set(wanted), Live::default(), &parameters(), None).await;
        assert_eq!(built.failures.len(), 100);
        assert!(asked.lines().len() <= 2 * REQUESTS_AT_ONCE, "{:?}", asked.lines());
    }

    #[tokio::test]
    async fn what_the_server_cannot_judge_is_tried_on_the_simulation() {
        let (client, _) = scripted(|_| answer(200, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})));
        let (simulation, tried) = scripted(|request| match request.uri().path() {
            "/api/v1/namespaces/a" => answer(201, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})),
            _ => answer(201, config_map("x", "defaulted")),
        });
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
        let wanted = set(vec![config_map("x", "1"), namespace]);
        let built = build(&client, wanted, Live::default(), &parameters(), Some(&simulation)).await;
        assert_eq!(told(&built), ["configmap/x create", "namespace/a create"]);
        assert_eq!(built.plan.entries[0].after, Some(object(config_map("x", "defaulted"))));
        assert_eq!(
            tried.lines(),
            [
                "PATCH /api/v1/namespaces/a?fieldManager=trueup&force=true&fieldValidation=Strict",
                "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=trueup&force=true&fieldValidation=Strict",
            ]
        );
    }

    #[tokio::test]
    async fn what_cannot_change_in_place_is_planned_as_a_replacement_if_it_could_be_made_anew() {
        let (client, asked) = scripted(|request| match (request.method().as_str(), request.uri().path().rsplit('/').next()) {
            ("PATCH", _) => answer(422, {
                let cause = Cause::new(CauseKind::Forbidden, "data", "Forbidden: field is immutable when `immutable` is set");
                Refusal::invalid("", "ConfigMap", "a", vec![cause]).to_json()
            }),
            _ => answer(409, Refusal::already_exists(&GroupResource::new("", "configmaps"), "a").to_json()),
        });
        let live = Live::of([live_config_map("fixed", "1", "trueup")]);
        let mut built = build(&client, set(vec![config_map("new", "1"), config_map("fixed", "2")]), live, &parameters(), None).await;
        assert_eq!(
            told(&built),
            [
                "configmap/fixed replace",
                "configmap/new: ConfigMap \"a\" is invalid: data: Forbidden: field is immutable when `immutable` is set"
            ]
        );
        let reason = "cannot be changed in place: data: field is immutable when `immutable` is set";
        assert_eq!(built.plan.entries[0].reason.as_deref(), Some(reason));
        assert_eq!(asked.lines().iter().filter(|line| line.starts_with("POST")).count(), 1);
        assert!(built.has_replacements());
        let (simulation, _) = scripted(|_| answer(201, config_map("fixed", "defaulted")));
        built.try_replacements(&client, &simulation, &parameters()).await;
        assert_eq!(built.plan.entries[0].after, Some(object(config_map("fixed", "defaulted"))));
        assert_eq!(built.plan.entries[0].action, Action::Replace);
    }

    #[tokio::test]
    async fn who_may_not_patch_gets_a_comparison_made_here() {
        let (client, _) = scripted(|_| {
            let why = "User \"bob\" cannot patch resource \"configmaps\" in API group \"\" in the namespace \"a\"";
            answer(403, Refusal::forbidden(&GroupResource::new("", "configmaps"), "x", why).to_json())
        });
        let live = Live::of([
            live_config_map("same", "1", "other"),
            live_config_map("changed", "1", "trueup"),
            live_config_map("taken", "1", "other"),
        ]);
        let wanted = set(vec![config_map("same", "1"), config_map("changed", "2"), config_map("taken", "2"), config_map("new", "1")]);
        let built = build(&client, wanted, live, &parameters(), None).await;
        assert_eq!(
            told(&built),
            [
                "configmap/same unchanged",
                "configmap/changed update",
                "configmap/new create",
                "configmap/taken: Apply failed with 1 conflict: conflict with \"other\": .data.k",
            ]
        );
        assert_eq!(built.failures[0].disputes.len(), 1);
        assert!(built.notes[0].starts_with("3 objects were compared here"), "{:?}", built.notes);
    }

    #[test]
    fn bookkeeping_is_no_difference() {
        let before = object(config_map("a", "1"));
        let mut after = before.clone();
        after.set_meta("resourceVersion", "9");
        after.set_meta("generation", 2);
        assert!(same_content(&before, &after, true));
        after.set_meta("labels", json!({"a": "b"}));
        assert!(!same_content(&before, &after, true));
        let mut grown = before.clone();
        grown.root_mut().insert("immutable".to_owned(), true.into());
        assert!(!same_content(&before, &grown, true));
        let mut seen = before.clone();
        seen.root_mut().insert("status".to_owned(), json!({"ready": true}));
        assert!(same_content(&before, &seen, false));
        assert!(!same_content(&before, &seen, true));
    }
}
