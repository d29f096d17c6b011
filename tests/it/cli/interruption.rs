use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::recorder::Recorder;

fn many(count: usize) -> String {
    (0..count).map(|number| config_map(&format!("m-{number}"), "1")).collect::<Vec<_>>().join("---\n")
}

#[test]
fn an_interrupted_apply_says_how_far_it_got() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/m-1?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", many(2));
    let mut apply = env.start("apply -f set.yaml");
    apply.wait_for("configmap/m-0 created");
    server.wait_until_holding();
    apply.signal("INT");
    apply.wait_for("stopping");
    apply.signal("INT");
    assert_shows!(apply.end().replacing(&server.url, "http://[SERVER]"), @"
    configmap/m-0 created
    [stderr]
    applying to http://[SERVER]
    stopping once the requests under way are answered; interrupt again to end at once
    interrupted again, and ended at once: 1 of 2 objects were applied; requests under way may still take effect
    [exit 130]
    ");
}

#[test]
fn an_apply_interrupted_before_its_first_object_says_so() {
    let server = Recorder::holding(|line| line.starts_with("GET"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", many(2));
    let mut apply = env.start("apply -f set.yaml");
    apply.wait_for("applying to");
    apply.signal("INT");
    assert_shows!(apply.end().replacing(&server.url, "http://[SERVER]"), @r"
    [stderr]
    applying to http://[SERVER]
    interrupted: nothing was applied yet
    [exit 130]
    ");
}

#[test]
fn an_interrupted_wait_names_what_is_still_there() {
    let env = TestEnv::new();
    env.write("held.yaml", config_map("held", "1").replace("metadata:", "metadata:\n  finalizers: [example.com/hold]"));
    env.prepare("apply -f held.yaml");
    let mut delete = env.start("delete cm held --timeout 5m");
    delete.wait_for("deleted from default namespace");
    let mut watch = env.start("watch cm held -o name");
    watch.wait_for("configmap/held");
    watch.signal("INT");
    assert_shows!(watch.end(), @r"
    configmap/held
    [stderr]
    interrupted
    [exit 130]
    ");
    delete.signal("INT");
    assert_shows!(delete.end(), @r#"
    configmap "held" deleted from default namespace
    [stderr]
    deleting from local store store
    configmap/held in namespace default: waiting for the finalizer example.com/hold
    interrupted: configmap/held is deleted, but not gone yet
    [exit 130]
    "#);
}

#[test]
fn an_apply_that_was_killed_is_completed_by_the_next() {
    const COUNT: usize = 200;
    let env = TestEnv::new();
    env.write("set.yaml", many(COUNT));
    let mut apply = env.start("apply -f set.yaml");
    apply.wait_for("configmap/m-3 created");
    apply.signal("KILL");
    let killed = apply.end();
    assert_eq!(killed.code(), None);
    let again = env.run("apply -f set.yaml");
    let done = |word: &str| again.stdout.lines().filter(|line| line.ends_with(word)).count();
    let acknowledged = killed.stdout.lines().filter(|line| line.ends_with(" created")).count();
    assert!(done(" unchanged") >= acknowledged, "what was told as created is there");
    assert_eq!((done(" unchanged") + done(" created"), again.code()), (COUNT, Some(0)));
    assert_eq!(env.run("get cm -o name").stdout.lines().count(), COUNT);
    assert_eq!(env.run("diff -f set.yaml").code(), Some(0));
}

#[test]
fn an_interrupted_replacement_names_what_may_be_deleted() {
    let server = Recorder::holding(|line| line.starts_with("DELETE"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    let fixed =
        |value: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed}}\nimmutable: true\ndata: {{key: {value}}}\n");
    env.write("a.yaml", fixed("old"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", fixed("new"));
    let mut apply = env.start("apply -f a.yaml --replace");
    server.wait_until_holding();
    apply.signal("INT");
    apply.wait_for("stopping");
    apply.signal("INT");
    assert_shows!(apply.end().replacing(&server.url, "[SERVER]"), @"
    [stderr]
    applying to [SERVER]
    stopping once the requests under way are answered; interrupt again to end at once
    interrupted again, and ended at once: nothing was applied yet; perhaps deleted by now, and not made anew: configmap/fixed in namespace default; apply again to have that made anew
    hint: configmap/fixed in namespace default as it was is in deleted-configmap-fixed-00000000-0000-0000-8000-000000000005.yaml; to have it back: trueup apply -f deleted-configmap-fixed-00000000-0000-0000-8000-000000000005.yaml
    [exit 130]
    ");
}

/// Two objects in two steps.
const TWO_STEPS: &str = "\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
";

#[test]
fn an_interrupted_apply_ends_what_it_has_begun_and_begins_nothing() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/login?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", TWO_STEPS);
    let mut apply = env.start("apply -f set.yaml --wait");
    server.wait_until_holding();
    apply.signal("INT");
    apply.wait_for("stopping");
    server.release();
    assert_shows!(apply.end().replacing(&server.url, "[SERVER]"), @"
    secret/login created
    [stderr]
    applying to [SERVER]
    stopping once the requests under way are answered; interrupt again to end at once
    interrupted: 1 of 2 objects were applied; not begun: service/web in namespace default
    [exit 130]
    ");
    assert!(server.asked().iter().all(|line| !line.contains("/services/web")));
    env.prepare("apply -f set.yaml");
}

#[test]
fn an_interrupted_delete_ends_what_it_has_begun_and_begins_nothing() {
    let server = Recorder::holding(|line| line.starts_with("DELETE"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", TWO_STEPS);
    env.prepare("apply -f set.yaml");
    let mut delete = env.start("delete -f set.yaml");
    server.wait_until_holding();
    delete.signal("INT");
    delete.wait_for("stopping");
    server.release();
    assert_shows!(delete.end().replacing(&server.url, "[SERVER]"), @r#"
    service "web" deleted from default namespace
    [stderr]
    deleting from [SERVER]
    stopping once the requests under way are answered; interrupt again to end at once
    interrupted: 1 of 2 objects were deleted; not begun: secret/login in namespace default
    [exit 130]
    "#);
    assert_shows!(env.run("get svc,secret -o name"), @"secret/login");
}

#[test]
fn a_saved_plan_that_is_interrupted_says_what_is_left_and_is_out_of_date() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/login?") && !line.contains("dryRun"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", TWO_STEPS);
    env.prepare("plan -f set.yaml -o web.plan --include-secrets");
    let mut apply = env.start("apply web.plan");
    server.wait_until_holding();
    apply.signal("INT");
    apply.wait_for("stopping");
    server.release();
    assert_shows!(apply.end().replacing(&server.url, "[SERVER]"), @"
    secret/login created
    [stderr]
    applying to [SERVER]
    stopping once the requests under way are answered; interrupt again to end at once
    interrupted: 1 of 2 objects were applied; not begun: service/web in namespace default
    [exit 130]
    ");
    assert_shows!(env.run("apply web.plan").replacing(&server.url, "[SERVER]"), @"
    [stderr]
    applying to [SERVER]
    error: set.yaml:6:1: secret/login in namespace default: it is not as it was planned: it exists by now (uid 00000000-0000-0000-8000-000000000007)
    error: nothing was applied, since the plan is out of date
    hint: make a new plan
    [exit 1]
    ");
}

#[test]
fn an_interrupted_apply_does_not_wait_for_an_answer_that_never_comes() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/m-1?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", many(2));
    let mut apply = env.start("apply -f set.yaml");
    apply.wait_for("configmap/m-0 created");
    server.wait_until_holding();
    apply.signal("INT");
    assert_shows!(apply.end().replacing(&server.url, "http://[SERVER]"), @"
    configmap/m-0 created
    [stderr]
    applying to http://[SERVER]
    stopping once the requests under way are answered; interrupt again to end at once
    interrupted, and ended after 10 s without an answer: 1 of 2 objects were applied; requests under way may still take effect
    [exit 130]
    ");
}

#[test]
fn an_apply_that_is_told_to_end_stops_as_one_that_is_interrupted() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/login?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("set.yaml", TWO_STEPS);
    let mut apply = env.start("apply -f set.yaml");
    server.wait_until_holding();
    apply.signal("TERM");
    apply.wait_for("stopping");
    server.release();
    let output = apply.end();
    assert!(output.stderr.ends_with("interrupted: 1 of 2 objects were applied; not begun: service/web in namespace default\n"), "{output}");
    assert_eq!(output.code(), Some(130));
}
