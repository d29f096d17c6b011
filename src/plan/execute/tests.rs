use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use super::*;
use crate::client::testing::{answer, scripted, scripted_as};
use crate::client::{ServedResource, Target};
use crate::object::{Cause, GroupResource, Reason, Refusal};
use crate::plan::replace::{Between, Patience, Replaceable};
use crate::plan::{LAST_APPLIED, Namespaces, place};

fn object(value: Value) -> Object {
    Object::from_value(value).expect("an object")
}

fn parameters() -> ApplyParameters {
    ApplyParameters { field_manager: "trueup".to_owned(), force: false, dry_run: false }
}

fn set(values: Vec<Value>) -> Vec<Placed> {
    let discovery = Discovery::of(vec![
        ServedResource::named("", "v1", "ConfigMap", "configmaps", true),
        ServedResource::named("", "v1", "Namespace", "namespaces", false),
        ServedResource::named("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ]);
    let namespaces = Namespaces { default: "a".to_owned(), enforced: false };
    place(values.into_iter().map(|value| (object(value), None)), &discovery, &namespaces).0
}

async fn told(client: &Client, placed: Vec<Placed>, live: Live) -> Vec<String> {
    told_of(client, placed, live, Replacing::Never).await
}

async fn told_of(client: &Client, placed: Vec<Placed>, live: Live, replacing: Replacing) -> Vec<String> {
    let mut lines = Vec::new();
    done_of(client, placed, live, replacing, |done| lines.push(line(&done))).await;
    lines
}

fn line(done: &Done) -> String {
    match done {
        Done::Applied(entry) => format!("{} {}", entry.display_name(), entry.action.past()),
        Done::Failed(failure) => format!("{}: {}", failure.name, failure.error),
        Done::NotBegun(placed) => format!("{} not begun", placed.display_name()),
    }
}

async fn done_of(client: &Client, placed: Vec<Placed>, live: Live, replacing: Replacing, done: impl FnMut(Done)) {
    let order = Order::of(&placed, &Discovery::of(Vec::new())).expect("an order");
    let parameters = parameters();
    let until_ready = |_: Vec<Awaiting>| -> LocalBoxFuture<'_, _> { unreachable!("nothing depends on anything") };
    let conduct = Conduct { parameters: &parameters, forced: HashSet::new(), replacing, stop: Stop::default(), until_ready: &until_ready };
    execute(client, placed, &order, live, &conduct, done).await;
}

#[tokio::test]
async fn namespaces_come_first_and_a_failure_stops_nothing() {
    let (client, asked) = scripted(|request| match request.uri().path() {
        path if path.ends_with("/bad") => answer(422, Refusal::new(Reason::Invalid, "bad is invalid").to_json()),
        path => answer(201, json!({"metadata": {"name": path.rsplit('/').next()}})),
    });
    let config_map = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
    let lines = told(&client, set(vec![config_map("bad"), config_map("good"), namespace]), Live::default()).await;
    assert_eq!(lines, ["namespace/a created", "configmap/bad: bad is invalid", "configmap/good created"]);
    assert!(asked.lines()[0].starts_with("PATCH /api/v1/namespaces/a?"));
}

#[tokio::test]
async fn nothing_more_is_asked_of_a_store_that_is_gone() {
    let (client, asked) = scripted_as(etcd(), |_| answer(503, Refusal::new(Reason::ServiceUnavailable, "no etcd answers").to_json()));
    let config_map = |name: usize| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("m-{name}")}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
    let set = set((0..40).map(config_map).chain([namespace]).collect());
    let lines = told(&client, set, Live::default()).await;
    assert_eq!(lines.len(), 41);
    assert!(lines.iter().all(|line| line.ends_with(": cannot reach etcd http://a: no etcd answers")), "{lines:?}");
    let asked = asked.lines();
    assert!(asked.len() == 2 && asked[0].starts_with("PATCH /api/v1/namespaces/a?") && asked[1].starts_with("GET "), "{asked:?}");
}

#[tokio::test]
async fn a_write_that_broke_is_the_failure_of_one_object_where_the_store_is_still_there() {
    let (client, _) = scripted_as(etcd(), |request| match (request.method().as_str(), request.uri().path()) {
        ("PATCH", path) if path.ends_with("/m-0") => answer(503, Refusal::new(Reason::ServiceUnavailable, "broken").to_json()),
        ("PATCH", path) => answer(201, json!({"metadata": {"name": path.rsplit('/').next()}})),
        _ => answer(404, Refusal::new(Reason::NotFound, "not found").to_json()),
    });
    let config_map = |name: usize| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("m-{name}")}});
    let lines = told(&client, set((0..2).map(config_map).collect()), Live::default()).await;
    assert_eq!(lines, ["configmap/m-0: cannot reach etcd http://a: broken", "configmap/m-1 created"]);
}

fn etcd() -> Target {
    Target::Etcd { endpoints: vec!["http://a".to_owned()] }
}

#[tokio::test]
async fn objects_of_a_new_kind_wait_until_it_is_served() {
    let polls = AtomicUsize::new(0);
    let (client, asked) = scripted(move |request| match request.uri().path() {
        "/api" => answer(200, json!({"kind": "APIVersions", "versions": []})),
        "/apis" if polls.fetch_add(1, Ordering::SeqCst) == 0 => answer(200, discovery(&[])),
        "/apis" => answer(
            200,
            discovery(&[json!({"version": "v1", "resources": [{"resource": "things", "scope": "Namespaced",
            "responseKind": {"kind": "Thing"}, "verbs": ["get"]}]})]),
        ),
        path if path.contains("customresourcedefinitions") => answer(
            200,
            json!({"kind": "CustomResourceDefinition",
            "metadata": {"name": "things.x.io"}, "status": {"conditions": [{"type": "Established", "status": "True"}]}}),
        ),
        _ => answer(201, json!({"kind": "Thing", "metadata": {"name": "t"}})),
    });
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.x.io"}, "spec": {"group": "x.io", "scope": "Namespaced",
        "names": {"kind": "Thing", "plural": "things"}, "versions": [{"name": "v1", "served": true}]}});
    let thing = json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": "t"}});
    let lines = told(&client, set(vec![thing, definition]), Live::default()).await;
    assert_eq!(lines, ["customresourcedefinition.apiextensions.k8s.io/things.x.io created", "thing.x.io/t created"]);
    assert_eq!(asked.lines().iter().filter(|line| *line == "GET /apis").count(), 2);
}

fn discovery(versions: &[Value]) -> Value {
    json!({"kind": "APIGroupDiscoveryList", "items": [
        {"metadata": {"name": "x.io"}, "versions": versions},
        {"metadata": {"name": "apiextensions.k8s.io"}, "versions": [{"version": "v1", "resources": [{"scope": "Cluster",
            "resource": "customresourcedefinitions", "responseKind": {"kind": "CustomResourceDefinition"}, "verbs": ["get"]}]}]}]})
}

#[tokio::test]
async fn fields_of_client_side_apply_are_taken_over_first() {
    let config_map =
        |data: Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}, "data": data});
    let (client, asked) = scripted(move |_| answer(200, config_map(json!({"k": "2"}))));
    let mut live = object(config_map(json!({"k": "1"})));
    live.set_meta("resourceVersion", "7");
    let fields = json!({"f:data": {"f:k": {}}, "f:metadata": {"f:annotations": {format!("f:{LAST_APPLIED}"): {}}}});
    live.set_meta(
        "managedFields",
        json!([{"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "fieldsV1": fields}]),
    );
    let live = Live::of([(GroupResource::new("", "configmaps"), live)]);
    assert_eq!(told(&client, set(vec![config_map(json!({"k": "2"}))]), live).await, ["configmap/x updated"]);
    assert_eq!(asked.bodies()[0][0]["value"][0]["manager"], "trueup");
    assert_eq!(asked.lines().len(), 2);
}

/// A Service as it is, and the set that wants another `clusterIP`, which cannot change.
fn service() -> (Live, Vec<Placed>) {
    let mut live =
        object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "a"}, "data": {"k": "1"}}));
    live.set_meta("uid", "u-1");
    live.set_meta("resourceVersion", "7");
    let wanted = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": "2"}});
    (Live::of([(GroupResource::new("", "configmaps"), live)]), set(vec![wanted("x"), wanted("y")]))
}

fn immutable() -> Refusal {
    Refusal::invalid("", "ConfigMap", "x", vec![Cause::invalid("data.k", &json!("2"), "field is immutable")])
}

fn live_again(version: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"k": value},
        "metadata": {"name": "x", "namespace": "a", "uid": "u-1", "resourceVersion": version}})
}

/// A server on which `x` cannot be changed while it is there; `on_delete` answers the deletions, by their number, and what a GET finds
/// before one went well; `on_create` answers the apply that makes it anew.
fn stubborn(
    on_delete: fn(usize) -> (u16, Value),
    found: fn() -> (u16, Value),
    on_create: fn() -> (u16, Value),
) -> (Client, crate::client::testing::Asked) {
    let (gone, deletions) = (AtomicBool::new(false), AtomicUsize::new(0));
    scripted(move |request| {
        let path = request.uri().path();
        let (code, body) = match (request.method().as_str(), gone.load(Ordering::SeqCst)) {
            (_, _) if path.ends_with("/y") => (201, json!({"metadata": {"name": "y"}})),
            ("POST", _) => (409, Refusal::already_exists(&GroupResource::new("", "configmaps"), "x").to_json()),
            ("PATCH", false) => (422, immutable().to_json()),
            ("PATCH", true) => on_create(),
            ("DELETE", _) => {
                let (code, body) = on_delete(deletions.fetch_add(1, Ordering::SeqCst));
                gone.store(code == 200, Ordering::SeqCst);
                (code, body)
            }
            (_, true) => (404, Refusal::not_found(&GroupResource::new("", "configmaps"), "x").to_json()),
            (_, false) => found(),
        };
        answer(code, body)
    })
}

fn made() -> (u16, Value) {
    (201, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "uid": "u-2"}, "data": {"k": "2"}}))
}

fn conflict() -> (u16, Value) {
    (409, Refusal::new(Reason::Conflict, "moved on").to_json())
}

fn patient() -> Replacing {
    Replacing::Within { patience: Patience::default(), between: Between::default(), which: Replaceable::Any }
}

#[tokio::test]
async fn an_object_that_cannot_change_is_deleted_as_it_was_and_made_anew() {
    let (client, asked) = stubborn(|_| (200, json!({"kind": "Status"})), || (500, Value::Null), made);
    let (live, wanted) = service();
    assert_eq!(told_of(&client, wanted, live, patient()).await, ["configmap/x replaced", "configmap/y created"]);
    let (lines, bodies) = (asked.lines(), asked.bodies());
    let of_x: Vec<&str> =
        lines.iter().filter(|line| !line.contains("/y?")).map(|line| line.split(['?', '/']).next().unwrap().trim()).collect();
    assert_eq!(of_x, ["PATCH", "POST", "DELETE", "GET", "PATCH"]);
    let deletion = lines.iter().position(|line| line.starts_with("DELETE")).unwrap();
    assert_eq!(bodies[deletion]["preconditions"], json!({"uid": "u-1", "resourceVersion": "7"}));
}

#[tokio::test]
async fn an_object_is_noted_from_before_it_is_deleted_until_it_is_made_anew() {
    let between = Between::default();
    let (seen, gone) = (between.clone(), AtomicBool::new(false));
    let (client, _) = scripted(move |request| {
        let noted = seen.names() == ["configmap/x in namespace a"];
        let (code, body) = match (request.method().as_str(), gone.load(Ordering::SeqCst)) {
            _ if request.uri().path().ends_with("/y") => (201, json!({"metadata": {"name": "y"}})),
            ("POST", _) => (409, Refusal::already_exists(&GroupResource::new("", "configmaps"), "x").to_json()),
            ("PATCH", false) => (422, immutable().to_json()),
            ("DELETE", _) if noted => {
                gone.store(true, Ordering::SeqCst);
                (200, json!({}))
            }
            ("GET", true) => (404, Refusal::not_found(&GroupResource::new("", "configmaps"), "x").to_json()),
            ("PATCH", true) if noted => made(),
            _ => (500, Value::Null),
        };
        answer(code, body)
    });
    let (live, wanted) = service();
    let replacing = Replacing::Within { patience: Patience::default(), between: between.clone(), which: Replaceable::Any };
    assert_eq!(told_of(&client, wanted, live, replacing).await[0], "configmap/x replaced");
    assert!(between.names().is_empty());
}

#[tokio::test]
async fn without_being_told_to_replace_the_object_fails_and_says_that_it_could_be() {
    let (client, asked) = stubborn(|_| (500, Value::Null), || (500, Value::Null), made);
    let (live, wanted) = service();
    let mut failures = Vec::new();
    done_of(&client, wanted, live, Replacing::Never, |done| {
        if let Done::Failed(failure) = done {
            failures.push((failure.name, failure.replaceable));
        }
    })
    .await;
    assert_eq!(failures, [("configmap/x".to_owned(), true)]);
    assert!(asked.lines().iter().all(|line| line.starts_with("PATCH")));
}

#[tokio::test]
async fn a_write_to_the_status_alone_does_not_keep_an_object_from_being_replaced() {
    let (client, asked) = stubborn(|number| if number == 0 { conflict() } else { (200, json!({})) }, || (200, live_again("8", "1")), made);
    let (live, wanted) = service();
    assert_eq!(told_of(&client, wanted, live, patient()).await[0], "configmap/x replaced");
    let second = asked.lines().iter().rposition(|line| line.starts_with("DELETE")).unwrap();
    assert_eq!(asked.bodies()[second]["preconditions"]["resourceVersion"], "8");
}

#[tokio::test]
async fn an_object_that_somebody_changed_meanwhile_is_not_deleted() {
    let (client, asked) = stubborn(|_| conflict(), || (200, live_again("8", "theirs")), made);
    let (live, wanted) = service();
    let lines = told_of(&client, wanted, live, patient()).await;
    assert_eq!(lines, ["configmap/x: it was changed by somebody else since it was read, so it was not deleted", "configmap/y created"]);
    assert_eq!(asked.lines().iter().filter(|line| line.starts_with("DELETE")).count(), 1);
}

#[tokio::test]
async fn what_was_deleted_and_cannot_be_made_anew_is_handed_back() {
    let refused = || (403, Refusal::new(Reason::Forbidden, "exceeded quota").to_json());
    let (client, _) = stubborn(|_| (200, json!({})), || (500, Value::Null), refused);
    let (live, wanted) = service();
    let (mut failures, mut applied) = (Vec::new(), 0);
    done_of(&client, wanted, live, patient(), |done| match done {
        Done::Applied(_) => applied += 1,
        Done::Failed(failure) => failures.push(failure),
        Done::NotBegun(_) => {}
    })
    .await;
    assert_eq!(failures[0].error.to_string(), "it was deleted to be replaced, but could not be made anew: exceeded quota");
    assert_eq!(failures[0].deleted.as_ref().and_then(|deleted| deleted.get_str(&["data", "k"])), Some("1"));
    assert_eq!((failures.len(), applied), (1, 1));
}

fn unavailable() -> (u16, Value) {
    (503, Refusal::new(Reason::ServiceUnavailable, "etcd gave no answer").to_json())
}

#[tokio::test]
async fn a_deletion_whose_answer_got_lost_is_looked_for_and_the_object_made_anew() {
    let not_found = || (404, Refusal::not_found(&GroupResource::new("", "configmaps"), "x").to_json());
    let (gone, makings) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (client, asked) = scripted(move |request| {
        let (code, body) = match (request.method().as_str(), gone.load(Ordering::SeqCst)) {
            _ if request.uri().path().ends_with("/y") => (201, json!({"metadata": {"name": "y"}})),
            ("POST", _) => (409, Refusal::already_exists(&GroupResource::new("", "configmaps"), "x").to_json()),
            ("PATCH", false) => (422, immutable().to_json()),
            ("DELETE", _) => {
                gone.store(true, Ordering::SeqCst);
                unavailable()
            }
            ("GET", true) => not_found(),
            // The answer that it is made gets lost too.
            ("PATCH", true) if makings.fetch_add(1, Ordering::SeqCst) == 0 => unavailable(),
            ("PATCH", true) => made(),
            _ => (500, Value::Null),
        };
        answer(code, body)
    });
    let (live, wanted) = service();
    assert_eq!(told_of(&client, wanted, live, patient()).await, ["configmap/x replaced", "configmap/y created"]);
    assert_eq!(asked.lines().iter().filter(|line| line.starts_with("DELETE")).count(), 1);
}

#[tokio::test]
async fn a_deletion_whose_answer_got_lost_and_that_did_nothing_is_tried_again() {
    let on_delete = |number| if number == 0 { unavailable() } else { (200, json!({})) };
    let (client, _) = stubborn(on_delete, || (200, live_again("7", "1")), made);
    let (live, wanted) = service();
    assert_eq!(told_of(&client, wanted, live, patient()).await[0], "configmap/x replaced");
}

#[tokio::test]
async fn a_deletion_of_which_nothing_can_be_found_out_hands_the_object_back() {
    let (client, _) = stubborn(|_| unavailable(), unavailable, made);
    let (live, wanted) = service();
    let mut failures = Vec::new();
    done_of(&client, wanted, live, patient(), |done| {
        if let Done::Failed(failure) = done {
            failures.push(failure);
        }
    })
    .await;
    assert_eq!(failures[0].error.to_string(), "whether it was deleted, to be replaced, is not known: etcd gave no answer");
    assert_eq!(failures[0].deleted.as_ref().and_then(|deleted| deleted.get_str(&["data", "k"])), Some("1"));
}

#[tokio::test]
async fn an_object_that_does_not_go_in_time_is_not_made_anew() {
    let going = || {
        (200, {
            let mut object = live_again("8", "1");
            object["metadata"]["finalizers"] = json!(["example.com/x"]);
            object
        })
    };
    let (client, asked) = scripted(move |request| match request.method().as_str() {
        _ if request.uri().path().ends_with("/y") => answer(201, json!({"metadata": {"name": "y"}})),
        "PATCH" => answer(422, immutable().to_json()),
        "GET" if request.uri().path().ends_with("/configmaps") => answer(200, json!({"items": [going().1], "metadata": {}})),
        "GET" => answer(200, going().1),
        _ => answer(200, going().1),
    });
    let (live, wanted) = service();
    let between = Between::default();
    let lines = told_of(
        &client,
        wanted,
        live,
        Replacing::Within {
            patience: Patience { timeout: Some(Duration::from_millis(1)), ..Patience::default() },
            between: between.clone(),
            which: Replaceable::Any,
        },
    )
    .await;
    assert_eq!(between.names(), ["configmap/x in namespace a"], "nobody keeps what it was so far");
    assert_eq!(lines[0], "configmap/x: it was deleted to be replaced, but was not gone after 0 s; it waits for example.com/x");
    assert_eq!(asked.lines().iter().filter(|line| line.starts_with("PATCH") && line.contains("/x?")).count(), 1);
}

#[tokio::test]
async fn what_is_undone_after_a_stop_is_not_waited_for_and_not_made_anew() {
    let stop = Stop::default();
    let asking = stop.clone();
    let (client, asked) = scripted(move |request| match request.method().as_str() {
        _ if request.uri().path().ends_with("/y") => answer(201, json!({"metadata": {"name": "y"}})),
        "PATCH" => answer(422, immutable().to_json()),
        "POST" => answer(409, Refusal::already_exists(&GroupResource::new("", "configmaps"), "x").to_json()),
        "DELETE" => {
            asking.request();
            answer(200, json!({}))
        }
        // It never goes.
        "GET" if request.uri().path().ends_with("/configmaps") => answer(200, json!({"items": [live_again("8", "1")], "metadata": {}})),
        _ => answer(200, live_again("8", "1")),
    });
    let (live, wanted) = service();
    let patience = Patience { until: Some(stop), ..Patience::default() };
    let replacing = Replacing::Within { patience, between: Between::default(), which: Replaceable::Any };
    let mut deleted = Vec::new();
    done_of(&client, wanted, live, replacing, |done| {
        if let Done::Failed(failure) = done {
            assert!(matches!(failure.error, ObjectError::Interrupted), "{}", failure.error);
            deleted.extend(failure.deleted);
        }
    })
    .await;
    assert_eq!(deleted.len(), 1, "what was deleted is handed back");
    assert_eq!(asked.lines().iter().filter(|line| line.starts_with("PATCH") && line.contains("/x?")).count(), 1);
}

#[tokio::test]
async fn an_object_that_could_not_be_made_anew_is_not_deleted() {
    let (client, asked) = scripted(|request| match request.method().as_str() {
        "POST" => answer(422, Refusal::invalid("", "ConfigMap", "x", vec![Cause::required("data", "")]).to_json()),
        _ => answer(422, immutable().to_json()),
    });
    let (live, wanted) = service();
    told_of(&client, wanted, live, patient()).await;
    assert!(!asked.lines().iter().any(|line| line.starts_with("DELETE")));
}

/// A server on which nothing can be applied whose name begins with `bad`.
fn picky() -> (Client, crate::client::testing::Asked) {
    scripted(|request| match request.uri().path().rsplit('/').next() {
        Some(name) if name.starts_with("bad") => answer(422, Refusal::new(Reason::Invalid, "bad is invalid").to_json()),
        name => answer(201, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "documents are written in place")]
fn config_map(name: &str, annotations: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "annotations": annotations}})
}

fn after(names: &[&str]) -> Value {
    let names: Vec<String> = names.iter().map(|name| format!("/namespaces/a/ConfigMap/{name}")).collect();
    json!({"config.kubernetes.io/depends-on": names.join(",")})
}

/// What is told of a set whose waits are answered by `reason`, and what was waited for.
async fn told_with(
    values: Vec<Value>,
    live: Live,
    stop: Stop,
    reason: fn(&str) -> Option<String>,
) -> (Vec<String>, Vec<Vec<String>>, crate::client::testing::Asked) {
    let (client, asked) = picky();
    let placed = set(values);
    let order =
        Order::of(&placed, &Discovery::of(vec![ServedResource::named("", "v1", "ConfigMap", "configmaps", true)])).expect("an order");
    let waits = std::cell::RefCell::new(Vec::new());
    let until_ready = |awaiting: Vec<Awaiting>| -> LocalBoxFuture<'_, Vec<Option<String>>> {
        let names: Vec<String> = awaiting.into_iter().map(|awaiting| awaiting.place.name).collect();
        let reasons = names.iter().map(|name| reason(name)).collect();
        waits.borrow_mut().push(names);
        Box::pin(async { reasons })
    };
    let parameters = parameters();
    let conduct = Conduct {
        parameters: &parameters,
        forced: HashSet::new(),
        replacing: Replacing::Never,
        stop: stop.clone(),
        until_ready: &until_ready,
    };
    let mut lines = Vec::new();
    let told = |done: Done| {
        let line = line(&done);
        if line.starts_with("configmap/last ") {
            stop.request();
        }
        lines.push(line);
    };
    execute(&client, placed, &order, live, &conduct, told).await;
    (lines, waits.take(), asked)
}

#[tokio::test]
async fn what_depends_on_others_is_applied_once_they_are_ready() {
    let set = vec![
        config_map("c", after(&["b", "outside"])),
        config_map("b", after(&["a"])),
        config_map("a", json!({})),
        config_map("d", json!({})),
    ];
    let (lines, waits, _) = told_with(set, Live::default(), Stop::default(), |_| None).await;
    assert_eq!(lines, ["configmap/a created", "configmap/d created", "configmap/b created", "configmap/c created"]);
    assert_eq!(waits, [vec!["a"], vec!["b", "outside"]], "each is waited for when it is needed, and d never");
}

#[tokio::test]
async fn what_stands_on_a_failure_is_not_attempted_and_the_rest_is() {
    let set = vec![
        config_map("bad", json!({})),
        config_map("b", after(&["bad"])),
        config_map("c", after(&["b"])),
        config_map("slow", json!({})),
        config_map("d", after(&["slow"])),
        config_map("e", after(&["f"])),
        config_map("f", json!({})),
    ];
    let not_ready = |name: &str| (name == "slow").then(|| "in progress: soon".to_owned());
    let (lines, _, asked) = told_with(set, Live::default(), Stop::default(), not_ready).await;
    assert_eq!(
        lines,
        [
            "configmap/bad: bad is invalid",
            "configmap/slow created",
            "configmap/f created",
            "configmap/b: not attempted, since it depends on configmap/bad in namespace a, which was not applied",
            "configmap/d: not attempted, since it depends on configmap/slow in namespace a, which is not ready: in progress: soon",
            "configmap/e created",
            "configmap/c: not attempted, since it depends on configmap/b in namespace a, which was not attempted",
        ]
    );
    assert_eq!(asked.lines().len(), 4);
}

#[tokio::test]
async fn a_wave_begins_when_all_before_it_is_ready() {
    let wave = |wave: &str| json!({"trueup.dev/wave": wave});
    let set = vec![config_map("c", wave("2")), config_map("b", json!({})), config_map("a", wave("-1"))];
    let (lines, waits, _) = told_with(set.clone(), Live::default(), Stop::default(), |_| None).await;
    assert_eq!(lines, ["configmap/a created", "configmap/b created", "configmap/c created"]);
    assert_eq!(waits, [["a"], ["b"]]);
    let (lines, ..) = told_with(set, Live::default(), Stop::default(), |name| (name == "b").then(|| "failed: no".to_owned())).await;
    assert_eq!(lines[2], "configmap/c: not attempted, since configmap/b in namespace a, of wave 0, is not ready: failed: no");
}

#[tokio::test]
async fn nothing_is_waited_for_where_nothing_is_to_be_done() {
    let mut live = object(config_map("b", after(&["a"])));
    live.set_meta("namespace", "a");
    live.set_meta(
        "managedFields",
        json!([{"manager": "trueup", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:annotations": {"f:config.kubernetes.io/depends-on": {}}}}}]),
    );
    let live = Live::of([(GroupResource::new("", "configmaps"), live)]);
    let set = vec![config_map("b", after(&["a"])), config_map("a", json!({}))];
    let (lines, waits, asked) = told_with(set, live, Stop::default(), |_| None).await;
    assert_eq!(lines, ["configmap/a created", "configmap/b unchanged"]);
    assert_eq!((waits.len(), asked.lines().len()), (0, 1));
}

#[tokio::test]
async fn after_a_stop_nothing_is_begun() {
    let set = vec![config_map("last", json!({})), config_map("b", after(&["last"])), config_map("c", after(&["b"]))];
    let (lines, waits, asked) = told_with(set, Live::default(), Stop::default(), |_| None).await;
    assert_eq!(lines, ["configmap/last created", "configmap/b not begun", "configmap/c not begun"]);
    assert_eq!((waits.len(), asked.lines().len()), (0, 1));
}

#[tokio::test]
async fn an_object_that_may_be_taken_back_is_applied_with_force_and_no_other_is() {
    let (client, asked) = scripted(|request| answer(201, json!({"metadata": {"name": request.uri().path().rsplit('/').next()}})));
    let config_map = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
    let placed = set(vec![config_map("ours"), config_map("theirs")]);
    let parameters = parameters();
    let until_ready = |_: Vec<Awaiting>| -> LocalBoxFuture<'_, _> { unreachable!("nothing depends on anything") };
    let (forced, replacing, stop) = (HashSet::from([0]), Replacing::Never, Stop::default());
    let conduct = Conduct { parameters: &parameters, forced, replacing, stop, until_ready: &until_ready };
    execute(&client, placed, &Order::at_once(2), Live::default(), &conduct, |_| {}).await;
    let mut lines = asked.lines();
    lines.sort();
    assert!(lines[0].contains("/ours?") && lines[0].contains("force=true"), "{lines:?}");
    assert!(lines[1].contains("/theirs?") && !lines[1].contains("force=true"), "{lines:?}");
}
