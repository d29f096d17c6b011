use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

#[test]
fn a_new_namespace_and_what_is_in_it_are_shown_as_one_change() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("diff -f shop.yaml"), @"");
}

#[test]
fn nothing_differs_after_an_apply() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    assert_shows!(env.run("diff -f shop.yaml"), @"");
}

#[test]
fn only_what_differs_is_shown_with_three_lines_around_it() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    let changed = SHOP.replace("replicas: 2", "replicas: 3").replace("nginx:1.27", "nginx:1.28").replace("not-to-be-seen", "another");
    env.write("shop.yaml", changed + "---\n" + &config_map("new", "1"));
    assert_shows!(env.run("diff -f shop.yaml"), @"");
    assert_shows!(env.run("diff -f shop.yaml -l !app --show-secrets"), @"");
}

#[test]
fn colour_marks_the_changed_parts_of_lines() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "old"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "newer"));
    assert_shows!(env.run("diff -f a.yaml --color always"), @"");
}

#[test]
fn fields_that_the_manifest_drops_are_removed() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1") + "  other: x\n");
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("diff -f a.yaml"), @"");
}
