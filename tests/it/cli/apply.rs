use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

#[test]
fn a_set_is_created_then_unchanged_then_configured() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("apply -f shop.yaml"), @"
    namespace/shop created
    configmap/settings created
    secret/login created
    service/web created
    deployment.apps/web created
    [stderr]
    applying to local store store
    Applied: 5 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f shop.yaml"), @"
    namespace/shop unchanged
    configmap/settings unchanged
    secret/login unchanged
    service/web unchanged
    deployment.apps/web unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 5 unchanged.
    ");
    env.write("shop.yaml", SHOP.replace("replicas: 2", "replicas: 3").replace("info", "debug"));
    assert_shows!(env.run("apply -f shop.yaml"), @"
    namespace/shop unchanged
    configmap/settings configured
    secret/login unchanged
    service/web unchanged
    deployment.apps/web configured
    [stderr]
    applying to local store store
    Applied: 0 created, 2 updated, 0 replaced, 0 deleted, 3 unchanged.
    ");
}

#[test]
fn the_difference_is_shown_on_demand_and_without_secrets() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.write("shop.yaml", SHOP.replace("replicas: 2", "replicas: 3").replace("not-to-be-seen", "another"));
    assert_shows!(env.run("apply -f shop.yaml --diff"), @"
    namespace/shop unchanged
    configmap/settings unchanged
    === updated secret/login in namespace shop (shop.yaml:43)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  password: '*** (before)'
    +  password: '*** (after)'
     kind: Secret
     metadata:
       name: login

    service/web unchanged
    === updated deployment.apps/web in namespace shop (shop.yaml:6)
    @@ -7,7 +7,7 @@
       namespace: shop
     spec:
       progressDeadlineSeconds: 600
    -  replicas: 2
    +  replicas: 3
       revisionHistoryLimit: 10
       selector:
         matchLabels:

    [stderr]
    applying to local store store
    Applied: 0 created, 2 updated, 0 replaced, 0 deleted, 3 unchanged.
    ");
}

#[test]
fn a_dry_run_writes_nothing_and_says_so() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("apply -f shop.yaml --dry-run"), @r"
    namespace/shop created (dry run)
    deployment.apps/web created (dry run)
    service/web created (dry run)
    configmap/settings created (dry run)
    secret/login created (dry run)
    [stderr]
    comparing with local store store
    Plan: 5 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f shop.yaml --dry-run=server --diff -l app=web"), @r#"
    [stderr]
    comparing with local store store
    error: shop.yaml:6:1: deployment.apps/web in namespace shop: from server (NotFound): namespaces "shop" not found
    hint: add the namespace to the set, or create it first
    error: shop.yaml:34:1: configmap/settings in namespace shop: from server (NotFound): namespaces "shop" not found
    hint: add the namespace to the set, or create it first
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 2 failed.
    [exit 1]
    "#);
    assert_shows!(env.run("get namespaces shop"), @r#"
    [stderr]
    error: from server (NotFound): namespaces "shop" not found
    [exit 1]
    "#);
}

#[test]
fn applied_objects_are_printed_in_the_form_asked_for() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply -f a.yaml -o name"), @r"
    configmap/a
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f a.yaml -o json"), @r#"
    {
        "apiVersion": "v1",
        "data": {
            "key": "1"
        },
        "kind": "ConfigMap",
        "metadata": {
            "creationTimestamp": "2026-11-22T10:00:00Z",
            "name": "a",
            "namespace": "default",
            "resourceVersion": "7",
            "uid": "00000001-0000-0000-8000-000000000005"
        }
    }
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    "#);
    assert_shows!(env.run("apply -f a.yaml -o yaml --quiet"), @r#"
    ---
    apiVersion: v1
    data:
      key: "1"
    kind: ConfigMap
    metadata:
      creationTimestamp: "2026-11-22T10:00:00Z"
      name: a
      namespace: default
      resourceVersion: "7"
      uid: 00000001-0000-0000-8000-000000000005
    "#);
}

#[test]
fn a_label_selector_leaves_the_rest_alone() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml -l !app");
    assert_shows!(env.run("apply -f shop.yaml -l app=web"), @"
    configmap/settings created
    deployment.apps/web created
    [stderr]
    applying to local store store
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f shop.yaml -l app=nothing"), @r"
    [stderr]
    error: no manifest matches the selector
    [exit 1]
    ");
}

#[test]
fn a_new_kind_and_an_object_of_it_go_together() {
    let env = TestEnv::new();
    env.write("voucher.yaml", VOUCHER);
    assert_shows!(env.run("diff -f voucher.yaml"), @r"
    === create voucher.example.com/spring in namespace default (voucher.yaml:1)
    @@ -0,0 +1,7 @@
    +apiVersion: example.com/v1
    +kind: Voucher
    +metadata:
    +  name: spring
    +  namespace: default
    +spec:
    +  percent: 10

    === create customresourcedefinition.apiextensions.k8s.io/vouchers.example.com (voucher.yaml:8)
    @@ -0,0 +1,31 @@
    +apiVersion: apiextensions.k8s.io/v1
    +kind: CustomResourceDefinition
    +metadata:
    +  name: vouchers.example.com
    +spec:
    +  conversion:
    +    strategy: None
    +  group: example.com
    +  names:
    +    kind: Voucher
    +    listKind: VoucherList
    +    plural: vouchers
    +    singular: voucher
    +  scope: Namespaced
    +  versions:
    +  - additionalPrinterColumns:
    +    - jsonPath: .spec.percent
    +      name: Percent
    +      type: integer
    +    name: v1
    +    schema:
    +      openAPIV3Schema:
    +        properties:
    +          spec:
    +            properties:
    +              percent:
    +                type: integer
    +            type: object
    +        type: object
    +    served: true
    +    storage: true

    Plan: 2 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
    assert_shows!(env.run("apply -f voucher.yaml"), @r"
    customresourcedefinition.apiextensions.k8s.io/vouchers.example.com created
    voucher.example.com/spring created
    [stderr]
    applying to local store store
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("diff -f voucher.yaml"), @"Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 2 unchanged.");
    assert_shows!(env.run("get vouchers"), @r"
    NAME     PERCENT
    spring   10
    ");
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
    assert_shows!(env.run("apply -f scale.yaml --field-manager autoscaler"), @r#"
    [stderr]
    applying to local store store
    error: scale.yaml:7:3: deployment.apps/web in namespace shop: other managers own fields that the manifest sets
      .spec.replicas is owned by "trueup": 2 there, 5 here
      .spec.template.spec.containers[name="web"].image is owned by "trueup": "nginx:1.27" there, "nginx:1.28" here
    hint: leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f scale.yaml --field-manager autoscaler"), @r#"
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged, 1 failed.
    [stderr]
    error: scale.yaml:7:3: deployment.apps/web in namespace shop: other managers own fields that the manifest sets
      .spec.replicas is owned by "trueup": 2 there, 5 here
      .spec.template.spec.containers[name="web"].image is owned by "trueup": "nginx:1.27" there, "nginx:1.28" here
    hint: leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts
    [exit 2]
    "#);
    assert_shows!(env.run("apply -f scale.yaml --field-manager autoscaler --force-conflicts"), @r"
    deployment.apps/web configured
    [stderr]
    applying to local store store
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f web.yaml"), @r#"
    namespace/shop unchanged
    configmap/settings unchanged
    secret/login unchanged
    service/web unchanged
    [stderr]
    applying to local store store
    error: web.yaml:13:3: deployment.apps/web in namespace shop: other managers own fields that the manifest sets
      .spec.replicas is owned by "autoscaler": 5 there, 2 here
      .spec.template.spec.containers[name="web"].image is owned by "autoscaler": "nginx:1.28" there, "nginx:1.27" here
    hint: leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 4 unchanged, 1 failed.
    [exit 1]
    "#);
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
    assert_shows!(env.run("apply -f theirs.yaml --field-manager other"), @r#"
    [stderr]
    applying to local store store
    error: theirs.yaml:6:3: secret/login in namespace default: other managers own fields that the manifest sets
      .stringData.password is owned by "trueup": nothing there, "***" here
    hint: leave the fields to their owners by taking them out of the manifest, or take them over with --force-conflicts
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
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
    env.write("set/i.yaml", "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata:\n  name: i\n");
    env.write("set/j.yaml", "apiVersion: example.com/v1\nkind: Backup\nmetadata:\n  name: j\n");
    env.write("set/g.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  generateName: g-\n");
    assert_shows!(env.run("apply -f set"), @r#"
    configmap/a created
    [stderr]
    applying to local store store
    error: set/c.yaml:4:3: configmap/C in namespace default: from server (Invalid): ConfigMap "C" is invalid: metadata.name: Invalid value: "C": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     4 |   name: C
       |   ^
    error: set/d.yaml:5:1: configmap/d in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datas"
     5 | datas:
       | ^
    hint: did you mean "data"?
    error: set/e.yaml:1:1: configmop/e: no matches for kind "ConfigMop" in version "v1"
    hint: did you mean kind "ConfigMap" in version "v1"?
    error: set/f.yaml:1:1: configmap/f in namespace nowhere: from server (NotFound): namespaces "nowhere" not found
    hint: add the namespace to the set, or create it first
    error: set/b.yaml:6:3: deployment.apps/b in namespace default: from server (BadRequest): Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into field spec.replicas of type int32
     6 |   replicas: many
       |   ^
    error: set/g.yaml:1:1: pod: metadata.name must be set; generateName cannot be applied, since every apply would make another object
    error: set/i.yaml:1:1: deployment.extensions/i: no matches for kind "Deployment" in version "extensions/v1beta1"
    hint: did you mean kind "Deployment" in version "apps/v1"?
    error: set/j.yaml:1:1: backup.example.com/j: no matches for kind "Backup" in version "example.com/v1"
    hint: apply the CustomResourceDefinition of the kind first, or together with it
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 8 failed.
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f set"), @r#"
    Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 unchanged, 8 failed.
    [stderr]
    error: set/b.yaml:6:3: deployment.apps/b in namespace default: from server (BadRequest): Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into field spec.replicas of type int32
     6 |   replicas: many
       |   ^
    error: set/c.yaml:4:3: configmap/C in namespace default: from server (Invalid): ConfigMap "C" is invalid: metadata.name: Invalid value: "C": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     4 |   name: C
       |   ^
    error: set/d.yaml:5:1: configmap/d in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "datas"
     5 | datas:
       | ^
    hint: did you mean "data"?
    error: set/e.yaml:1:1: configmop/e: no matches for kind "ConfigMop" in version "v1"
    hint: did you mean kind "ConfigMap" in version "v1"?
    error: set/f.yaml:1:1: configmap/f in namespace nowhere: from server (NotFound): namespaces "nowhere" not found
    hint: add the namespace to the set, or create it first
    error: set/g.yaml:1:1: pod: metadata.name must be set; generateName cannot be applied, since every apply would make another object
    error: set/i.yaml:1:1: deployment.extensions/i: no matches for kind "Deployment" in version "extensions/v1beta1"
    hint: did you mean kind "Deployment" in version "apps/v1"?
    error: set/j.yaml:1:1: backup.example.com/j: no matches for kind "Backup" in version "example.com/v1"
    hint: apply the CustomResourceDefinition of the kind first, or together with it
    [exit 2]
    "#);
}

#[test]
fn an_immutable_field_comes_with_a_way_out() {
    let env = TestEnv::new();
    let map = |value: &str| config_map("a", value) + "immutable: true\n";
    env.write("a.yaml", map("1"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", map("2"));
    assert_shows!(env.run("apply -f a.yaml"), @r#"
    [stderr]
    applying to local store store
    error: a.yaml:5:1: configmap/a in namespace default: from server (Invalid): ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set
     5 | data:
       | ^
    hint: the object cannot be changed in place: apply --replace deletes it and makes it anew; or undo the change in the manifest
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
}

#[test]
fn a_namespace_flag_fills_in_and_never_moves() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1") + "---\n" + SHOP);
    assert_shows!(env.run("apply -f a.yaml -n kube-public"), @r#"
    namespace/shop created
    configmap/a created
    [stderr]
    applying to local store store
    error: a.yaml:13:1: deployment.apps/web in namespace shop: the object is in namespace "shop", but "kube-public" was asked for
    hint: leave -n out, or take the namespace out of the manifest
    error: a.yaml:31:1: service/web in namespace shop: the object is in namespace "shop", but "kube-public" was asked for
    hint: leave -n out, or take the namespace out of the manifest
    error: a.yaml:41:1: configmap/settings in namespace shop: the object is in namespace "shop", but "kube-public" was asked for
    hint: leave -n out, or take the namespace out of the manifest
    error: a.yaml:50:1: secret/login in namespace shop: the object is in namespace "shop", but "kube-public" was asked for
    hint: leave -n out, or take the namespace out of the manifest
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 4 failed.
    [exit 1]
    "#);
}

#[test]
fn what_kubectl_applied_is_taken_over() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml --field-manager kubectl-client-side-apply");
    assert_shows!(env.run("apply -f a.yaml"), @r"
    configmap/a unchanged
    [stderr]
    applying to local store store
    Applied: 0 created, 0 updated, 0 replaced, 0 deleted, 1 unchanged.
    ");
}
