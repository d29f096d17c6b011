use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

#[test]
fn a_set_is_created_then_unchanged_then_configured() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("apply -f shop.yaml"), @"");
    assert_shows!(env.run("apply -f shop.yaml"), @"");
    env.write("shop.yaml", SHOP.replace("replicas: 2", "replicas: 3").replace("info", "debug"));
    assert_shows!(env.run("apply -f shop.yaml"), @"");
}

#[test]
fn the_difference_is_shown_on_demand_and_without_secrets() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.write("shop.yaml", SHOP.replace("replicas: 2", "replicas: 3").replace("not-to-be-seen", "another"));
    assert_shows!(env.run("apply -f shop.yaml --diff"), @"");
}

#[test]
fn a_dry_run_writes_nothing_and_says_so() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("apply -f shop.yaml --dry-run"), @"");
    assert_shows!(env.run("apply -f shop.yaml --dry-run=server --diff -l app=web"), @"");
    assert_shows!(env.run("get namespaces shop"), @"");
}

#[test]
fn applied_objects_are_printed_in_the_form_asked_for() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply -f a.yaml -o name"), @"");
    assert_shows!(env.run("apply -f a.yaml -o json"), @"");
    assert_shows!(env.run("apply -f a.yaml -o yaml --quiet"), @"");
}

#[test]
fn a_label_selector_leaves_the_rest_alone() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml -l !app");
    assert_shows!(env.run("apply -f shop.yaml -l app=web"), @"");
    assert_shows!(env.run("apply -f shop.yaml -l app=nothing"), @"");
}

#[test]
fn a_new_kind_and_an_object_of_it_go_together() {
    let env = TestEnv::new();
    env.write("voucher.yaml", VOUCHER);
    assert_shows!(env.run("diff -f voucher.yaml"), @"");
    assert_shows!(env.run("apply -f voucher.yaml"), @"");
    assert_shows!(env.run("diff -f voucher.yaml"), @"");
    assert_shows!(env.run("get vouchers"), @"");
}

const VOUCHER: &str = "\
apiVersion: example.com/v1
kind: Voucher
metadata:
  name: spring
spec:
  percent: 10
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: vouchers.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Voucher, plural: vouchers, singular: voucher}
  versions:
  - name: v1
    served: true
    storage: true
    additionalPrinterColumns:
    - {name: Percent, type: integer, jsonPath: .spec.percent}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              percent: {type: integer}
";

#[test]
fn fields_of_another_manager_are_a_conflict_with_ways_out() {
    let env = TestEnv::new();
    env.write("web.yaml", SHOP);
    env.prepare("apply -f web.yaml");
    env.write("scale.yaml", SCALED);
    assert_shows!(env.run("apply -f scale.yaml --field-manager autoscaler"), @"");
    assert_shows!(env.run("diff -f scale.yaml --field-manager autoscaler"), @"");
    assert_shows!(env.run("apply -f scale.yaml --field-manager autoscaler --force-conflicts"), @"");
    assert_shows!(env.run("apply -f web.yaml"), @"");
}

const SCALED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 5
  selector:
    matchLabels: {app: web}
  template:
    spec:
      containers:
      - name: web
        image: nginx:1.28
";

#[test]
fn a_conflict_about_a_secret_does_not_show_it() {
    let env = TestEnv::new();
    let secret = |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: login\nstringData:\n  password: {value}\n");
    env.write("mine.yaml", secret("hidden"));
    env.write("theirs.yaml", secret("covered"));
    env.prepare("apply -f mine.yaml");
    assert_shows!(env.run("apply -f theirs.yaml --field-manager other"), @"");
}

#[test]
fn bad_objects_among_good_ones_stop_nothing() {
    let env = TestEnv::new();
    env.write("set/a.yaml", config_map("a", "1"));
    env.write("set/b.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: b\nspec:\n  replicas: many\n");
    env.write("set/c.yaml", config_map("C", "1"));
    env.write("set/d.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: d\ndatas:\n  k: v\n");
    env.write("set/e.yaml", "apiVersion: v1\nkind: ConfigMop\nmetadata:\n  name: e\n");
    env.write("set/f.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: f\n  namespace: nowhere\n");
    env.write("set/g.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: g-\n");
    env.write("set/h.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: h\nspec: {}\n");
    assert_shows!(env.run("apply -f set"), @"");
    assert_shows!(env.run("diff -f set"), @"");
}

#[test]
fn an_immutable_field_comes_with_a_way_out() {
    let env = TestEnv::new();
    let map = |value: &str| config_map("a", value) + "immutable: true\n";
    env.write("a.yaml", map("1"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", map("2"));
    assert_shows!(env.run("apply -f a.yaml"), @"");
}

#[test]
fn a_namespace_flag_fills_in_and_never_moves() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1") + "---\n" + SHOP);
    assert_shows!(env.run("apply -f a.yaml -n kube-public"), @"");
}

#[test]
fn what_kubectl_applied_is_taken_over() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml --field-manager kubectl-client-side-apply");
    assert_shows!(env.run("apply -f a.yaml"), @"");
}
