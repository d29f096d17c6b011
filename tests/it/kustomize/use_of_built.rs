//! What commands do with a kustomization.

use crate::harness::cli::{TestEnv, assert_shows};

fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("base/kustomization.yaml", "resources:\n- web.yaml\nconfigMapGenerator:\n- name: settings\n  literals: [size=1]\n");
    env.write(
        "base/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n",
    );
    env.write("production/kustomization.yaml", "resources:\n- ../base\nnamePrefix: prod-\npatches:\n- path: ports.yaml\n");
    env.write("production/ports.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 8080\n");
    env
}

#[test]
fn a_kustomization_is_printed_and_applied() {
    let env = shop();
    assert_shows!(env.run("kustomize production"), @"");
    assert_shows!(env.run("apply -k production"), @"");
    assert_shows!(env.run("apply -f production"), @"");
    assert_shows!(env.run("diff -k production"), @"");
    assert_shows!(env.run("delete -k production"), @"");
}

#[test]
fn faults_are_told_where_the_field_was_written() {
    let env = shop();
    env.write(
        "base/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selektor: {}\n  ports:\n  - port: 80\n    protocol: ICMP\n",
    );
    env.write("production/ports.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 808080\n");
    assert_shows!(env.run("apply -k production"), @"");
}

#[test]
fn what_is_not_there_or_not_a_kustomization_is_refused() {
    let env = shop();
    assert_shows!(env.run("kustomize nowhere"), @"");
    assert_shows!(env.run("kustomize base/web.yaml"), @"");
    assert_shows!(env.run("apply -k https://github.com/example/shop"), @"");
    assert_shows!(env.run("apply -f base/kustomization.yaml"), @"");
    assert_shows!(env.run("apply -R -f ."), @"");
    assert_shows!(env.run("apply -k base -f base"), @"");
    assert_shows!(env.run("apply -f base -f base"), @"");
}

#[test]
fn several_faults_of_a_kustomization_are_told_at_once() {
    let env = shop();
    env.write(
        "base/kustomization.yaml",
        "resource: [web.yaml]\ncommonLabels:\n  a: 1\nhelmCharts:\n- name: x\nconfigMapGenerator:\n- name: a\n  behavior: add\n",
    );
    env.write("production/kustomization.yaml", "resources:\n- ../base\n- missing.yaml\n- git@example.com:a/b\n");
    assert_shows!(env.run("kustomize production"), @"");
}

#[test]
fn values_of_generated_secrets_are_not_told() {
    let env = shop();
    env.write("kustomization.yaml", "secretGenerator:\n- name: UPPER\n  literals:\n  - password=hunter2\n");
    let refused = env.run("apply -k .");
    assert!(refused.stderr.contains("kustomization.yaml:2:3") && !refused.stderr.contains("hunter2"), "{refused}");
}

/// The work stays bounded where each of many layers names the next one twice.
#[test]
fn a_tree_that_doubles_with_each_layer_is_refused() {
    let env = TestEnv::new();
    for layer in 0..30 {
        let next = layer + 1;
        env.write(&format!("{layer}/kustomization.yaml"), format!("resources: [../{next}, ../a{layer}]\n"));
        env.write(&format!("a{layer}/kustomization.yaml"), format!("resources: [../{next}]\nnameSuffix: a\n"));
    }
    env.write("30/kustomization.yaml", "configMapGenerator: [{name: a}]\n");
    let refused = env.run("kustomize 0");
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains("reads more than 10000 files") || refused.stderr.contains("nested more than"), "{refused}");
}
