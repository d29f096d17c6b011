use std::process::{Command, Stdio};

use serde_json::Value;

use super::{SHOP, config_map};
use crate::clients::tool;
use crate::harness::cli::{TestEnv, assert_shows};
use crate::harness::server::{Engine, TestServer, on_every_engine};

/// The shop as it was applied, five minutes ago.
fn shop() -> TestEnv {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.at("2026-11-22T10:05:00Z");
    env
}

/// Applies a manifest in another's name.
fn meddle(env: &TestEnv, who: &str, manifest: &str) {
    env.write("other.yaml", manifest);
    env.prepare(&format!("apply -f other.yaml --field-manager {who} --force-conflicts -q"));
}

const SETTINGS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: shop
  annotations: {team: night}
data:
  LOG_LEVEL: debug
";

const SCALED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  replicas: 5
  template:
    spec:
      containers:
      - name: sidecar
        image: envoy
";

const LOGIN: &str = "\
apiVersion: v1
kind: Secret
metadata:
  name: login
  namespace: shop
stringData:
  password: other-not-to-be-seen
";

#[test]
fn a_set_that_nobody_touched_has_not_drifted() {
    let env = shop();
    assert_shows!(env.run("drift -f shop.yaml --exit-code"), @"Drift: 0 drifted, 0 missing, 0 deleting, 0 pending, 5 in sync.");
}

#[test]
fn what_others_changed_is_told_by_field_and_manager_with_times() {
    let env = shop();
    meddle(&env, "ops", SETTINGS);
    meddle(&env, "hpa", SCALED);
    env.at("2026-11-22T10:06:00Z");
    meddle(&env, "vault", LOGIN);
    env.prepare("delete svc web -n shop -q");
    assert_shows!(env.run("drift -f shop.yaml"), @r#"
    === drifted deployment.apps/web in namespace shop (shop.yaml:6), applied 2026-11-22T10:00:00Z
    ~ spec.replicas: 2 → 5  # owned by "hpa" since 2026-11-22T10:05:00Z

    === missing service/web in namespace shop (shop.yaml:24): deleted, or not applied yet

    === drifted configmap/settings in namespace shop (shop.yaml:34), applied 2026-11-22T10:00:00Z
    ~ data.LOG_LEVEL: info → debug  # owned by "ops" since 2026-11-22T10:05:00Z

    === drifted secret/login in namespace shop (shop.yaml:43)
    ~ data.password: '*** (before)' → '*** (after)'  # owned by "vault" since 2026-11-22T10:06:00Z

    Drift: 3 drifted, 1 missing, 0 deleting, 0 pending, 1 in sync.
    "#);
    assert_shows!(env.run("drift -f shop.yaml --all-fields --exit-code -l app=web"), @r#"
    === drifted deployment.apps/web in namespace shop (shop.yaml:6), applied 2026-11-22T10:00:00Z
    ~ spec.replicas: 2 → 5  # owned by "hpa" since 2026-11-22T10:05:00Z
    + spec.template.spec.containers[name=sidecar]:  # beside the set, owned by "hpa" since 2026-11-22T10:05:00Z
        image: envoy
        imagePullPolicy: Always
        name: sidecar
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File

    === drifted configmap/settings in namespace shop (shop.yaml:34), applied 2026-11-22T10:00:00Z
    ~ data.LOG_LEVEL: info → debug  # owned by "ops" since 2026-11-22T10:05:00Z
    + metadata.annotations.team: night  # beside the set, owned by "ops" since 2026-11-22T10:05:00Z

    Drift: 2 drifted, 0 missing, 0 deleting, 0 pending, 0 in sync.
    [exit 1]
    "#);
    assert_shows!(env.run("drift -f shop.yaml -o summary --detailed-exitcode"), @"
    === drifted deployment.apps/web in namespace shop (shop.yaml:6), applied 2026-11-22T10:00:00Z
    === missing service/web in namespace shop (shop.yaml:24): deleted, or not applied yet
    === drifted configmap/settings in namespace shop (shop.yaml:34), applied 2026-11-22T10:00:00Z
    === drifted secret/login in namespace shop (shop.yaml:43)
    Drift: 3 drifted, 1 missing, 0 deleting, 0 pending, 1 in sync.
    [exit 2]
    ");
    assert_shows!(env.run("drift -f shop.yaml -o names --exit-code"), @"
    deployment.apps/web
    service/web
    configmap/settings
    secret/login
    [exit 1]
    ");
    // One apply hands out uids in any order.
    assert_shows!(env.shell("trueup drift -f shop.yaml -o yaml | grep -v '^  uid: '"), @r#"
    apiVersion: trueup.dev/v1
    failures: []
    fieldManager: trueup
    kind: Drift
    objects:
    - apiVersion: v1
      fields: []
      kind: Namespace
      name: shop
      resource: namespaces
      resourceVersion: "7"
      source:
        column: 1
        file: shop.yaml
        line: 1
      state: inSync
    - apiVersion: apps/v1
      applied: "2026-11-22T10:00:00Z"
      fields:
      - declared: 2
        live: 5
        owners:
        - apiVersion: apps/v1
          manager: hpa
          operation: Apply
          time: "2026-11-22T10:05:00Z"
        path: spec.replicas
        source:
          column: 3
          file: shop.yaml
          line: 13
        verdict: changed
      kind: Deployment
      name: web
      namespace: shop
      resource: deployments
      resourceVersion: "15"
      source:
        column: 1
        file: shop.yaml
        line: 6
      state: drifted
    - apiVersion: v1
      fields: []
      kind: Service
      name: web
      namespace: shop
      resource: services
      source:
        column: 1
        file: shop.yaml
        line: 24
      state: missing
    - apiVersion: v1
      applied: "2026-11-22T10:00:00Z"
      fields:
      - declared: info
        live: debug
        owners:
        - apiVersion: v1
          manager: ops
          operation: Apply
          time: "2026-11-22T10:05:00Z"
        path: data.LOG_LEVEL
        source:
          column: 3
          file: shop.yaml
          line: 41
        verdict: changed
      kind: ConfigMap
      name: settings
      namespace: shop
      resource: configmaps
      resourceVersion: "14"
      source:
        column: 1
        file: shop.yaml
        line: 34
      state: drifted
    - apiVersion: v1
      fields:
      - declared: '*** (before)'
        live: '*** (after)'
        owners:
        - apiVersion: v1
          manager: vault
          operation: Apply
          time: "2026-11-22T10:06:00Z"
        path: data.password
        source:
          column: 1
          file: shop.yaml
          line: 43
        verdict: changed
      kind: Secret
      masked: true
      name: login
      namespace: shop
      resource: secrets
      resourceVersion: "16"
      source:
        column: 1
        file: shop.yaml
        line: 43
      state: drifted
    summary:
      deleting: 0
      drifted: 3
      failed: 0
      inSync: 1
      missing: 1
      pending: 0
    target: local store store
    warnings: []
    "#);
    // Nothing was written.
    assert_shows!(env.run("get deploy web -n shop -o jsonpath={.spec.replicas}"), @"5");
}

#[test]
fn a_manifest_that_changed_is_no_drift() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "2"));
    assert_shows!(env.run("drift -f a.yaml --exit-code"), @"Drift: 0 drifted, 0 missing, 0 deleting, 1 pending, 0 in sync.");
    assert_shows!(env.run("drift -f a.yaml --show-pending"), @r#"
    === pending configmap/a in namespace default (a.yaml:1), applied 2026-11-22T10:00:00Z
    ~ data.key: "2" → "1"  # not applied yet

    Drift: 0 drifted, 0 missing, 0 deleting, 1 pending, 0 in sync.
    "#);
}

#[test]
fn values_of_secrets_are_shown_on_demand_alone() {
    let env = shop();
    meddle(&env, "vault", LOGIN);
    for form in ["text", "summary", "names", "json", "yaml"] {
        let output = env.run(&format!("drift -f shop.yaml -o {form}"));
        assert!(!output.stdout.contains("b3RoZXItbm90LXRvLWJlLXNlZW4="), "{output}");
    }
    assert!(env.run("drift -f shop.yaml --show-secrets").stdout.contains("b3RoZXItbm90LXRvLWJlLXNlZW4="));
}

#[test]
fn what_cannot_be_looked_at_is_told_and_counts() {
    let env = shop();
    env.write("odd.yaml", format!("{}---\napiVersion: x.io/v1\nkind: Thing\nmetadata:\n  name: a\n", config_map("a", "1")));
    assert_shows!(env.run("drift -f odd.yaml --exit-code"), @r#"
    === missing configmap/a in namespace default (odd.yaml:1): deleted, or not applied yet

    Drift: 0 drifted, 1 missing, 0 deleting, 0 pending, 0 in sync, 1 failed.
    [stderr]
    error: odd.yaml:8:1: thing.x.io/a: no matches for kind "Thing" in version "x.io/v1"
    hint: apply the CustomResourceDefinition of the kind first, or together with it
    [exit 2]
    "#);
    assert_shows!(env.run("drift -f odd.yaml -o summary --detailed-exitcode -q"), @r#"
    === missing configmap/a in namespace default (odd.yaml:1): deleted, or not applied yet
    Drift: 0 drifted, 1 missing, 0 deleting, 0 pending, 0 in sync, 1 failed.
    [stderr]
    error: odd.yaml:8:1: thing.x.io/a: no matches for kind "Thing" in version "x.io/v1"
    [exit 1]
    "#);
    assert_shows!(env.run("drift"), @"
    [stderr]
    error: say which manifests: -f FILE, or -k DIR
    hint: -f takes a file, a directory, a URL, or - for standard input; -k takes the directory of a kustomization
    [exit 2]
    ");
    assert_shows!(env.run("drift -f shop.yaml --exit-code --detailed-exitcode"), @"
    [stderr]
    error: the argument '--exit-code' cannot be used with '--detailed-exitcode'

    Usage: trueup drift --filename <FILE> --exit-code

    For more information, try '--help'.
    [exit 1]
    ");
    assert_shows!(env.run("drift -f shop.yaml -o path --detailed-exitcode"), @"
    [stderr]
    error: invalid value 'path' for '--output <FORM>'
      [possible values: text, summary, names, json, yaml]

    For more information, try '--help'.
    [exit 1]
    ");
}

#[test]
fn hostile_names_and_values_do_not_steer_the_terminal() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    meddle(&env, "ops", &config_map("a", "\\e[2J"));
    let output = env.run("drift -f a.yaml --color always");
    assert!(!output.stdout.contains("\u{1b}[2J"), "{output}");
}

on_every_engine!(run drift_needs_one_list_for_each_kind_and_namespace_and_no_write);

fn drift_needs_one_list_for_each_kind_and_namespace_and_no_write(engine: Engine) {
    let server = TestServer::start(engine);
    let env = TestEnv::without_target();
    env.at_present();
    let target = format!("--kubeconfig {}", server.kubeconfig().display());
    env.write("shop.yaml", SHOP);
    env.prepare(&format!("apply -f shop.yaml {target}"));
    env.write("other.yaml", SETTINGS);
    env.prepare(&format!("apply -f other.yaml --field-manager ops --force-conflicts {target}"));
    let output = env.run(&format!("drift -f shop.yaml -o json --exit-code {target}"));
    assert_eq!(output.code(), Some(1), "{output}");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let drifted: Vec<&Value> = document["objects"].as_array().unwrap().iter().filter(|object| object["state"] == "drifted").collect();
    let [settings] = drifted.as_slice() else { panic!("{document}") };
    assert_eq!(settings["fields"][0]["owners"][0]["manager"], "ops");
    assert!(settings["fields"][0]["owners"][0]["time"].is_string());
    assert_eq!(document["summary"]["inSync"], 4);
}

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        env: [{name: A, value: \"1\"}, {name: B, value: \"2\"}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: not-to-be-seen}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, labels: {app: web}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}
";

#[test]
fn what_is_done_by_kubectl_is_told_and_what_it_applied_dumps_and_applies() {
    let server = TestServer::start(Engine::Sqlite);
    let env = TestEnv::without_target();
    env.at_present();
    env.write("set.yaml", WORKLOAD);
    let kubectl = |arguments: &[&str]| {
        let mut command = Command::new(tool("TRUEUP_KUBECTL_BIN"));
        command.env_clear().env("HOME", server.folder()).env("KUBECONFIG", server.kubeconfig()).current_dir(env.path(""));
        let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "kubectl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let target = format!("--kubeconfig {}", server.kubeconfig().display());
    kubectl(&["apply", "-f", "set.yaml"]);
    let untouched = env.run(&format!("drift -f set.yaml --exit-code {target}"));
    assert_eq!(untouched.shown(), "Drift: 0 drifted, 0 missing, 0 deleting, 0 pending, 5 in sync.\n");
    kubectl(&["scale", "deploy", "web", "--replicas=4"]);
    kubectl(&["set", "env", "deploy/web", "A=5", "B-"]);
    kubectl(&["label", "svc", "web", "team=night"]);
    kubectl(&["patch", "secret", "login", "-p", r#"{"stringData":{"password":"other"}}"#]);
    kubectl(&["patch", "ingress", "web", "--type=json", "-p", r#"[{"op":"replace","path":"/spec/rules/0/host","value":"b.example.com"}]"#]);
    let output = env.run(&format!("drift -f set.yaml --all-fields -o json {target}"));
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let objects = document["objects"].as_array().unwrap().iter();
    let fields = objects.flat_map(|object| object["fields"].as_array().unwrap()).map(|field| {
        let text = |path: &str| field.pointer(path).and_then(Value::as_str).unwrap_or("nobody").to_owned();
        format!("{} {} by {}", text("/verdict"), text("/path"), text("/owners/0/manager"))
    });
    assert_eq!(
        fields.collect::<Vec<_>>(),
        [
            "changed spec.replicas by kubectl",
            "changed spec.template.spec.containers[name=web].env[name=A].value by kubectl-set",
            "removed spec.template.spec.containers[name=web].env[name=B] by nobody",
            "beside metadata.labels.team by kubectl-label",
            "changed data.password by kubectl-patch",
            "changed spec.rules by kubectl-patch",
        ]
    );
    for defaults in ["drop", "keep"] {
        let dump = env.run(&format!("dump --include-secrets --defaults {defaults} {target}"));
        env.write("dump.yaml", &dump.stdout);
        let other = format!("--local other-{defaults}");
        env.prepare(&format!("apply -f dump.yaml {other}"));
        let diff = env.run(&format!("diff -f dump.yaml {other}"));
        assert_eq!(diff.shown(), "Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 5 unchanged.\n");
    }
    // On the store itself shows what the takeover from client-side apply leaves to the server: the annotation, and what ties a Job to its pods.
    let diff = env.run(&format!("diff -f dump.yaml -o path {target}"));
    let goes = ["- metadata.annotations:", "- spec.selector:", "- spec.template.metadata:"];
    let changes: Vec<&str> = diff.stdout.lines().filter(|line| line.starts_with(['+', '-', '~'])).collect();
    assert!(!changes.is_empty() && changes.iter().all(|line| goes.contains(line)), "{diff}");
}
