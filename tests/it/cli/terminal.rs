//! What a person sees on a terminal; `script` of util-linux gives the program one.

use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};
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
