//! What a person sees on a terminal; `script` of util-linux gives the program one.

use super::{SHOP, config_map};
use crate::harness::cli::{Running, TestEnv, assert_shows};
use crate::harness::recorder::Recorder;

#[test]
fn a_terminal_gets_colour_unless_told_otherwise() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "old"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "new"));
    let on_terminal = |line: &str| env.shell(&format!("script -qec '{} {line}' /dev/null", env!("CARGO_BIN_EXE_trueup")));
    assert_shows!(on_terminal("diff -f a.yaml"), @"\u{1b}[1;33m=== update\u{1b}[0m configmap/a in namespace default\u{1b}[2m (a.yaml:1)\u{1b}[0m\n\u{1b}[36m@@ -1,6 +1,6 @@\u{1b}[0m\n apiVersion: v1\n data:\n\u{1b}[31m-\u{1b}[0m\u{1b}[31m  key: \u{1b}[0m\u{1b}[1;4;31mold\u{1b}[0m\n\u{1b}[32m+\u{1b}[0m\u{1b}[32m  key: \u{1b}[0m\u{1b}[1;4;32mnew\u{1b}[0m\n kind: ConfigMap\n metadata:\n   name: a\n\nPlan: 0 to create, \u{1b}[33m1 to update\u{1b}[0m, 0 to replace, 0 to delete, 0 unchanged.\n[exit 1]");
    assert!(!on_terminal("diff -f a.yaml --color never").stdout.contains('\u{1b}'));
    assert_shows!(on_terminal("get cm b"), @"\u{1b}[1;31merror:\u{1b}[0m from server (NotFound): configmaps \"b\" not found\n[exit 1]");
    let quiet = env.shell(&format!("NO_COLOR=1 script -qec '{} diff -f a.yaml' /dev/null", env!("CARGO_BIN_EXE_trueup")));
    assert!(!quiet.stdout.contains('\u{1b}'), "{quiet}");
}

#[test]
fn long_work_shows_how_far_it_is() {
    let server = Recorder::holding(|line| line.starts_with("PATCH") && line.contains("/b?"));
    let env = TestEnv::without_target().with("TRUEUP_SERVER", &server.url);
    env.write("a.yaml", config_map("a", "1") + "---\n" + &config_map("b", "1"));
    let mut apply = env.start_shell(&format!("exec script -qec '{} apply -f a.yaml' /dev/null", env!("CARGO_BIN_EXE_trueup")));
    apply.wait_for("configmap/a created");
    apply.wait_for("1 of 2 objects were applied");
}

#[test]
fn a_long_difference_goes_through_the_pager_of_a_terminal_and_of_nothing_else() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    let trueup = env!("CARGO_BIN_EXE_trueup");
    let pager = "TERM=xterm TRUEUP_PAGER=\"sed s/^/paged:/\"";
    let on_terminal = |line: &str| env.shell(&format!("{pager} script -qec '{trueup} {line}' /dev/null"));
    assert_shows!(on_terminal("diff -f a.yaml -o summary --color never"), @"
    paged:=== create configmap/a in namespace default (a.yaml:1)
    paged:Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
    assert!(!on_terminal("diff -f a.yaml -o summary --no-pager").stdout.contains("paged:"));
    let piped = env.shell(&format!("{pager} {trueup} diff -f a.yaml -o summary | cat"));
    assert!(piped.stdout.starts_with("=== create"), "{piped}");
    let without = env.shell(&format!("TERM=xterm TRUEUP_PAGER=no-such-pager script -qec '{trueup} diff -f a.yaml -o names' /dev/null"));
    assert!(without.stdout.contains("configmap/a"), "{without}");
}

#[test]
fn a_wait_shows_a_line_for_each_object_that_is_not_ready() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    let mut apply = env.start_shell(&format!("exec script -qec '{} apply -f shop.yaml --wait' /dev/null", env!("CARGO_BIN_EXE_trueup")));
    apply.wait_for("waiting for 1 of 5 objects");
    apply.wait_for("  deployment.apps/web in namespace shop: in progress: its controller has not looked at it yet");
}

/// The program on a terminal of its own, at whose keyboard the test sits.
fn at_terminal(env: &TestEnv, line: &str) -> Running {
    env.start_shell(&format!("exec script -qec '{} {line}' /dev/null", env!("CARGO_BIN_EXE_trueup")))
}

#[test]
fn what_a_file_describes_is_deleted_only_after_a_yes() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    for (answer, shown) in [("n", "error: nothing was deleted, since nobody said yes"), ("", "error: nothing was deleted")] {
        let mut delete = at_terminal(&env, "delete -f shop.yaml --color never");
        delete.wait_for("  namespace/shop, with everything in it");
        delete.wait_for("Go on?");
        delete.type_line(answer);
        let output = delete.end();
        assert!(output.stdout.contains(shown) && output.code() == Some(1), "{output}");
    }
    assert_eq!(env.run("get deploy,svc,cm,secret -n shop -o name").stdout.lines().count(), 4);
    let mut delete = at_terminal(&env, "delete -f shop.yaml --color never");
    delete.wait_for("Go on?");
    delete.type_line("y");
    assert_shows!(delete.end(), @r#"
    deleting from local store store
    These 5 objects will be deleted on local store store:
      namespace/shop, with everything in it
      deployment.apps/web in namespace shop
      service/web in namespace shop
      configmap/settings in namespace shop
      secret/login in namespace shop
    Go on? [y/N] y
    deployment.apps "web" deleted from shop namespace
    service "web" deleted from shop namespace
    configmap "settings" deleted from shop namespace
    secret "login" deleted from shop namespace
    namespace "shop" deleted
    "#);
    assert_eq!(env.run("get ns -o name").stdout.lines().filter(|line| *line == "namespace/shop").count(), 0);
}

#[test]
fn a_question_that_is_interrupted_was_not_answered() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    let mut delete = at_terminal(&env, "delete -f a.yaml --color never");
    delete.wait_for("Go on?");
    // The terminal makes a signal of it.
    delete.type_key('\u{3}');
    let output = delete.end();
    assert!(output.stdout.contains("\ninterrupted") && output.code() == Some(130), "a line of its own: {output}");
    assert_eq!(env.run("get cm a -o name").code(), Some(0));
}

#[test]
fn whoever_names_an_object_or_says_yes_beforehand_is_not_asked() {
    let env = TestEnv::new();
    env.write(
        "set.yaml",
        config_map("a", "1") + "---\n" + &config_map("b", "1") + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n",
    );
    env.prepare("apply -f set.yaml");
    assert_shows!(at_terminal(&env, "delete cm a --color never").end(), @r#"
    deleting from local store store
    configmap "a" deleted from default namespace
    "#);
    let mut namespace = at_terminal(&env, "delete ns team --color never");
    namespace.wait_for("  namespace/team, with everything in it");
    namespace.wait_for("Go on?");
    namespace.type_line("no");
    assert_eq!(namespace.end().code(), Some(1));
    assert_shows!(at_terminal(&env, "delete -f set.yaml --yes --color never --ignore-not-found").end(), @r#"
    deleting from local store store
    configmap "b" deleted from default namespace
    namespace "team" deleted
    "#);
    assert_shows!(at_terminal(&env, "delete -f set.yaml --color never").end(), @r#"
    deleting from local store store
    error: set.yaml:1:1: configmap/a: from server (NotFound): configmaps "a" not found
    error: set.yaml:8:1: configmap/b: from server (NotFound): configmaps "b" not found
    error: set.yaml:15:1: namespace/team: from server (NotFound): namespaces "team" not found
    [exit 1]
    "#);
}

#[test]
fn interactive_asks_where_no_terminal_is() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    assert_shows!(env.run("delete cm a -i"), @"
    [stderr]
    deleting from local store store
    This object will be deleted on local store store:
      configmap/a in namespace default
    Go on? [y/N] 
    error: nothing was deleted, since nobody said yes
    [exit 1]
    ");
    assert_shows!(env.run_with_input("delete cm a --interactive", "yes\n"), @r#"
    configmap "a" deleted from default namespace
    [stderr]
    deleting from local store store
    This object will be deleted on local store store:
      configmap/a in namespace default
    Go on? [y/N]
    "#);
}

#[test]
fn what_has_to_be_replaced_is_replaced_only_after_a_yes() {
    let env = TestEnv::new();
    let fixed = |value: &str| format!("{}immutable: true\n", config_map("fixed", value));
    env.write("set.yaml", fixed("old") + "---\n" + &config_map("b", "old"));
    env.prepare("apply -f set.yaml");
    env.write("set.yaml", fixed("new") + "---\n" + &config_map("b", "new"));
    env.prepare("plan -f set.yaml -o set.plan");
    for line in ["apply -f set.yaml --replace --color never", "apply set.plan --color never"] {
        let mut apply = at_terminal(&env, line);
        apply.wait_for("  configmap/fixed in namespace default");
        apply.wait_for("Go on?");
        apply.type_line("n");
        let output = apply.end();
        assert!(output.stdout.contains("error: nothing was applied, since nobody said yes") && output.code() == Some(1), "{output}");
    }
    assert_eq!(env.run("get cm b -o jsonpath={.data.key}").stdout, "old");
    let mut apply = at_terminal(&env, "apply -f set.yaml --replace --color never");
    apply.wait_for("Go on?");
    apply.type_line("yes");
    assert_shows!(apply.end(), @"
    applying to local store store
    This object will be deleted and made anew on local store store:
      configmap/fixed in namespace default
    Go on? [y/N] yes
    configmap/fixed replaced: it cannot be changed in place: data: field is immutable when `immutable` is set
    configmap/b configured
    Applied: 0 created, 1 updated, 1 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(at_terminal(&env, "apply -f set.yaml --replace --color never").end(), @"
    applying to local store store
    configmap/fixed unchanged
    configmap/b unchanged
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 2 unchanged.
    ");
}

#[test]
fn a_terminal_shows_what_the_next_step_waits_for() {
    let env = TestEnv::new();
    let web = SHOP.replace(
        "  name: settings\n",
        "  name: settings\n  annotations: {config.kubernetes.io/depends-on: apps/namespaces/shop/Deployment/web}\n",
    );
    env.write("shop.yaml", web);
    let mut apply = at_terminal(&env, "apply -f shop.yaml --color never");
    apply.wait_for("waiting for 1 of 1 objects");
    apply.wait_for("  deployment.apps/web in namespace shop: in progress: its controller has not looked at it yet");
    apply.type_line("\u{3}");
    let output = apply.end();
    assert!(
        output.stdout.contains("interrupted: 4 of 5 objects were applied; not begun: configmap/settings in namespace shop"),
        "{output}"
    );
    assert_eq!(output.code(), Some(130));
}

#[test]
fn a_terminal_shows_what_is_being_replaced() {
    let env = TestEnv::new();
    let held = |value: &str| {
        format!("{}immutable: true\n", config_map("held", value)).replace("metadata:", "metadata:\n  finalizers: [example.com/hold]")
    };
    env.write("set.yaml", held("old"));
    env.prepare("apply -f set.yaml");
    env.write("set.yaml", held("new"));
    let mut apply = at_terminal(&env, "apply -f set.yaml --replace --yes --color never");
    apply.wait_for("nothing was applied yet; being replaced: configmap/held in namespace default");
    apply.type_key('\u{3}');
    apply.wait_for("stopping once the requests under way are answered");
    apply.type_key('\u{3}');
    let output = apply.end();
    assert!(output.stdout.contains("interrupted again, and ended at once: "), "{output}");
    assert_eq!(output.code(), Some(130));
}
