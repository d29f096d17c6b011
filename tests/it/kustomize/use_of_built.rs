//! What commands do with a kustomization.

use crate::harness::cli::{TestEnv, assert_shows};

fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("base/kustomization.yaml", "resources:\n- web.yaml\nconfigMapGenerator:\n- name: settings\n  literals: [size=1]\n");
    env.write(
        "base/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector:\n    app: web\n  ports:\n  - port: 80\n",
    );
    env.write("production/kustomization.yaml", "resources:\n- ../base\nnamePrefix: prod-\npatches:\n- path: affinity.yaml\n");
    env.write("production/affinity.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  sessionAffinity: ClientIP\n");
    env
}

#[test]
fn a_kustomization_is_printed_and_applied() {
    let env = shop();
    assert_shows!(env.run("kustomize production"), @r#"
    apiVersion: v1
    data:
      size: "1"
    kind: ConfigMap
    metadata:
      name: prod-settings-d5hb4bfh2h
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: prod-web
    spec:
      ports:
      - port: 80
      selector:
        app: web
      sessionAffinity: ClientIP
    "#);
    assert_shows!(env.run("apply -k production"), @"
    configmap/prod-settings-d5hb4bfh2h created
    service/prod-web created
    [stderr]
    applying to local store store
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f production"), @"
    configmap/prod-settings-d5hb4bfh2h unchanged
    service/prod-web unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 2 unchanged.
    ");
    assert_shows!(env.run("diff -k production"), @"Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 2 unchanged.");
    assert_shows!(env.run("delete -k production"), @r#"
    service "prod-web" deleted from default namespace
    configmap "prod-settings-d5hb4bfh2h" deleted from default namespace
    [stderr]
    deleting from local store store
    "#);
}

#[test]
fn faults_are_told_where_the_field_was_written() {
    let env = shop();
    env.write(
        "base/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selektor: {}\n  ports:\n  - port: 80\n    protocol: ICMP\n",
    );
    assert_shows!(env.run("apply -k production"), @r#"
    configmap/prod-settings-d5hb4bfh2h created
    [stderr]
    applying to local store store
    error: base/web.yaml:6:3: service/prod-web in namespace default: from server (BadRequest): Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.selektor"
     6 |   selektor: {}
       |   ^
    hint: did you mean "selector"?
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
    let env = shop();
    env.write("production/affinity.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  sessionAffinity: Always\n");
    assert_shows!(env.run("apply -k production"), @r#"
    configmap/prod-settings-d5hb4bfh2h created
    [stderr]
    applying to local store store
    error: production/affinity.yaml:6:3: service/prod-web in namespace default: from server (Invalid): Service "prod-web" is invalid: spec.sessionAffinity: Unsupported value: "Always": supported values: "ClientIP", "None"
     6 |   sessionAffinity: Always
       |   ^
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
    env.write("base/web.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  type: Balancer\n  ports:\n  - port: 80\n");
    assert_shows!(env.run("apply -k production"), @r#"
    configmap/prod-settings-d5hb4bfh2h unchanged
    [stderr]
    applying to local store store
    error: production/affinity.yaml:6:3: service/prod-web in namespace default: from server (Invalid):
      spec.sessionAffinity: Unsupported value: "Always": supported values: "ClientIP", "None"
       6 |   sessionAffinity: Always
         |   ^
      spec.type: Unsupported value: "Balancer": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort" (base/web.yaml:6)
       6 |   type: Balancer
         |   ^
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged, 1 failed.
    [exit 1]
    "#);
}

#[test]
fn what_is_not_there_or_not_a_kustomization_is_refused() {
    let env = shop();
    assert_shows!(env.run("kustomize nowhere"), @"
    [stderr]
    error: nowhere: there is no such file or folder
    hint: check the path given with -f
    [exit 1]
    ");
    assert_shows!(env.run("kustomize base/web.yaml"), @"
    [stderr]
    error: base/web.yaml: there is no kustomization.yaml, kustomization.yml or Kustomization in this folder
    hint: check the path; a folder of plain manifests is given with -f
    [exit 1]
    ");
    assert_shows!(env.run("apply -k https://github.com/example/shop"), @r#"
    [stderr]
    error: https://github.com/example/shop: "https://github.com/example/shop" is a git repository, and repositories are not fetched
    hint: clone it beside this folder and name the clone's folder
    [exit 1]
    "#);
    assert_shows!(env.run("apply -f base/kustomization.yaml"), @"
    [stderr]
    error: base/kustomization.yaml: this is a kustomization, not a manifest
    hint: give its folder: -k DIR, or -f DIR
    [exit 1]
    ");
    assert_shows!(env.run("apply -R -f ."), @"
    [stderr]
    error: ./base: this folder holds a kustomization, which -R does not build
    hint: build it with -k, or give -f for each folder of plain manifests
    error: ./production: this folder holds a kustomization, which -R does not build
    hint: build it with -k, or give -f for each folder of plain manifests
    [exit 1]
    ");
    assert_shows!(env.run("apply -k base -f base"), @"
    [stderr]
    error: the argument '--kustomize <DIR>' cannot be used with '--filename <FILE>'

    Usage: trueup apply --kustomize <DIR> [PLAN]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("apply -f base -f base"), @"
    [stderr]
    error: base: this is given twice
    hint: give it once; a folder stands for every manifest in it
    [exit 1]
    ");
}

#[test]
fn several_faults_of_a_kustomization_are_told_at_once() {
    let env = shop();
    env.write(
        "base/kustomization.yaml",
        "resource: [web.yaml]\ncommonLabels:\n  a: 1\nhelmCharts:\n- name: x\nconfigMapGenerator:\n- name: a\n  behavior: add\n",
    );
    env.write("production/kustomization.yaml", "resources:\n- ../base\n- missing.yaml\n- git@example.com:a/b\n");
    assert_shows!(env.run("kustomize production"), @r#"
    [stderr]
    error: base/kustomization.yaml:1:1: there is no field `resource` in a kustomization, did you mean `resources`?
     1 | resource: [web.yaml]
       | ^
    error: base/kustomization.yaml:3:6: `a` must be text, not a number
     3 |   a: 1
       |      ^
    hint: put quotes around the value; without them YAML reads 123, 1e3, yes, on and null as something else
    error: base/kustomization.yaml:4:1: the field `helmCharts` is not supported: charts are not inflated; render the chart and name the result as a resource
     4 | helmCharts:
       | ^
    error: base/kustomization.yaml:8:13: `behavior` is "add", but must be create, merge or replace
     8 |   behavior: add
       |             ^
    error: production/kustomization.yaml:3:3: "missing.yaml" does not exist
     3 | - missing.yaml
       |   ^
    error: production/kustomization.yaml:4:3: "git@example.com:a/b" is a git repository, and repositories are not fetched
     4 | - git@example.com:a/b
       |   ^
    hint: clone it beside this folder and name the clone's folder
    [exit 1]
    "#);
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
