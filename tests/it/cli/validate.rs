use super::{SHOP, config_map};
use crate::harness::cli::{TestEnv, assert_shows};

const BAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replica: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        imag: nginx
        env:
        - {name: DEBUG, value: 1}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata:
  name: web
";

const WIDGETS: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, maximum: 9}
";

const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 10, sise: 1}\n";

/// A world without a target, in which nothing may be asked of one.
fn mk_env() -> TestEnv {
    TestEnv::without_target().with("TRUEUP_SERVER", "https://127.0.0.1:1")
}

#[test]
fn a_sound_set_is_fine() {
    let env = mk_env();
    env.write("shop.yaml", SHOP);
    assert_shows!(env.run("validate -f shop.yaml"), @"
    [stderr]
    Checked 5 objects: 5 fine, 0 with faults (0 errors, 0 warnings).
    ");
    assert_shows!(env.run("validate -f shop.yaml -q"), @"");
    assert_shows!(env.run_with_input("validate -f -", SHOP), @"
    [stderr]
    Checked 5 objects: 5 fine, 0 with faults (0 errors, 0 warnings).
    ");
}

#[test]
fn every_fault_is_told_with_its_place_and_the_way_out() {
    let env = mk_env();
    env.write("set/a.yaml", config_map("a", "1"));
    env.write("set/bad.yaml", BAD);
    env.write("set/broken.yaml", "a: [\n");
    env.write("set/more/ignored.yaml", "a: [\n");
    assert_shows!(env.run("validate -f set"), @r#"
    set/bad.yaml:6:3: error: deployment.apps/web: spec.replica: unknown field
     6 |   replica: 2
       |   ^
    hint: did you mean "replicas"?
    set/bad.yaml:15:9: error: deployment.apps/web: spec.template.spec.containers[0].imag: unknown field
     15 |         imag: nginx
        |         ^
    hint: did you mean "image"?
    set/bad.yaml:17:25: error: deployment.apps/web: spec.template.spec.containers[0].env[0].value: must be of type string, but this is a number, 1
     17 |         - {name: DEBUG, value: 1}
        |                         ^
    hint: put quotes around the value
    set/bad.yaml:19:1: error: ingress.extensions/web: Ingress in version extensions/v1beta1 was removed in Kubernetes 1.22
     19 | apiVersion: extensions/v1beta1
        | ^
    hint: write `apiVersion: networking.k8s.io/v1`, and look for fields that changed
    set/broken.yaml:1:4: error: this is not YAML: unclosed bracket '['
     1 | a: [
       |    ^
    [stderr]
    Checked 3 objects: 1 fine, 2 with faults (5 errors, 0 warnings).
    [exit 1]
    "#);
    assert_shows!(env.run("validate -f set -R --skip Deployment,Ingress"), @"
    set/broken.yaml:1:4: error: this is not YAML: unclosed bracket '['
     1 | a: [
       |    ^
    set/more/ignored.yaml:1:4: error: this is not YAML: unclosed bracket '['
     1 | a: [
       |    ^
    [stderr]
    Checked 3 objects: 1 fine, 0 with faults, 2 not checked (2 errors, 0 warnings).
    [exit 1]
    ");
}

#[test]
fn programs_get_a_document() {
    let env = mk_env();
    env.write("bad.yaml", format!("{BAD}---\n{WIDGET}"));
    assert_shows!(env.run("validate -f bad.yaml -o json --ignore-missing-schemas -n shop"), @r#"
    {
        "apiVersion": "trueup.dev/v1",
        "faults": [
            {
                "field": "spec.replica",
                "message": "unknown field",
                "object": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "namespace": "shop"
                },
                "rule": "UnknownField",
                "severity": "error",
                "source": {
                    "column": 3,
                    "file": "bad.yaml",
                    "line": 6
                },
                "suggestion": "did you mean \"replicas\"?"
            },
            {
                "field": "spec.template.spec.containers[0].imag",
                "message": "unknown field",
                "object": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "namespace": "shop"
                },
                "rule": "UnknownField",
                "severity": "error",
                "source": {
                    "column": 9,
                    "file": "bad.yaml",
                    "line": 15
                },
                "suggestion": "did you mean \"image\"?"
            },
            {
                "field": "spec.template.spec.containers[0].env[0].value",
                "message": "must be of type string, but this is a number, 1",
                "object": {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "namespace": "shop"
                },
                "rule": "WrongType",
                "severity": "error",
                "source": {
                    "column": 25,
                    "file": "bad.yaml",
                    "line": 17
                },
                "suggestion": "put quotes around the value"
            },
            {
                "message": "Ingress in version extensions/v1beta1 was removed in Kubernetes 1.22",
                "object": {
                    "apiVersion": "extensions/v1beta1",
                    "kind": "Ingress",
                    "name": "web"
                },
                "rule": "RemovedVersion",
                "severity": "error",
                "source": {
                    "column": 1,
                    "file": "bad.yaml",
                    "line": 19
                },
                "suggestion": "write `apiVersion: networking.k8s.io/v1`, and look for fields that changed"
            }
        ],
        "kind": "Validation",
        "objects": [
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "name": "web",
                "namespace": "shop",
                "outcome": "faulty",
                "source": {
                    "column": 1,
                    "file": "bad.yaml",
                    "line": 1
                }
            },
            {
                "apiVersion": "extensions/v1beta1",
                "kind": "Ingress",
                "name": "web",
                "outcome": "faulty",
                "source": {
                    "column": 1,
                    "file": "bad.yaml",
                    "line": 19
                }
            },
            {
                "apiVersion": "example.com/v1",
                "kind": "Widget",
                "name": "w",
                "outcome": "unchecked",
                "reason": "no schema for kind \"Widget\" in version \"example.com/v1\"",
                "source": {
                    "column": 1,
                    "file": "bad.yaml",
                    "line": 24
                }
            }
        ],
        "summary": {
            "errors": 4,
            "faulty": 2,
            "fine": 0,
            "objects": 3,
            "unchecked": 1,
            "warnings": 0
        }
    }
    [exit 1]
    "#);
}

#[test]
fn custom_kinds_come_from_the_set_or_from_beside_it() {
    let env = mk_env();
    env.write("crds/widgets.yaml", WIDGETS);
    env.write("w.yaml", WIDGET);
    assert_shows!(env.run("validate -f w.yaml"), @r#"
    w.yaml:2:1: error: widget.example.com/w: no schema for kind "Widget" in version "example.com/v1"
     2 | kind: Widget
       | ^
    hint: give its CustomResourceDefinition with --schema FILE, or pass over it with --ignore-missing-schemas
    [stderr]
    Checked 1 object: 0 fine, 1 with faults (1 error, 0 warnings).
    [exit 1]
    "#);
    assert_shows!(env.run("validate -f w.yaml --ignore-missing-schemas"), @"
    [stderr]
    Checked 1 object: 0 fine, 0 with faults, 1 not checked (0 errors, 0 warnings).
    ");
    assert_shows!(env.run("validate -f w.yaml --schema crds"), @"
    w.yaml:4:8: error: widget.example.com/w: spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9
     4 | spec: {size: 10, sise: 1}
       |        ^
    w.yaml:4:18: error: widget.example.com/w: spec.sise: unknown field
     4 | spec: {size: 10, sise: 1}
       |                  ^
    [stderr]
    Checked 1 object: 0 fine, 1 with faults (2 errors, 0 warnings).
    [exit 1]
    ");
    assert_shows!(env.run("validate -f w.yaml -f crds --ignore-unknown-fields"), @"
    w.yaml:4:8: error: widget.example.com/w: spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9
     4 | spec: {size: 10, sise: 1}
       |        ^
    [stderr]
    Checked 2 objects: 1 fine, 1 with faults (1 error, 0 warnings).
    [exit 1]
    ");
    env.write("crds/widgets.yaml", WIDGETS.replace("type: integer", "type: integre"));
    assert_shows!(env.run("validate -f w.yaml --schema crds"), @r#"
    crds/widgets.yaml:20:22: error: customresourcedefinition.apiextensions.k8s.io/widgets.example.com: spec.versions[0].schema.openAPIV3Schema.properties[spec].properties[size].type: Unsupported value: "integre": supported values: "array", "boolean", "integer", "number", "object", "string"
     20 |               size: {type: integre, maximum: 9}
        |                      ^
    [stderr]
    Checked 1 object: 0 fine, 0 with faults, 1 not checked (1 error, 0 warnings).
    [exit 1]
    "#);
}

#[test]
fn warnings_fail_only_where_asked_to() {
    let env = mk_env();
    env.write("e.yaml", "apiVersion: v1\nkind: Endpoints\nmetadata:\n  name: e\n");
    assert_shows!(env.run("validate -f e.yaml"), @"
    e.yaml:1:1: warning: endpoints/e: apiVersion: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
     1 | apiVersion: v1
       | ^
    [stderr]
    Checked 1 object: 1 fine, 0 with faults (0 errors, 1 warning).
    ");
    assert_shows!(env.run("validate -f e.yaml --deny-warnings -q"), @"
    e.yaml:1:1: warning: endpoints/e: apiVersion: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice
     1 | apiVersion: v1
       | ^
    [exit 1]
    ");
}

#[test]
fn what_cannot_be_read_is_a_fault() {
    let env = mk_env();
    env.write("empty.yaml", "---\n");
    env.write("k/kustomization.yaml", "resources:\n- a.yaml\n");
    env.write("list.yaml", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: A\n- {}\n");
    assert_shows!(env.run("validate -f missing.yaml -f list.yaml"), @r#"
    missing.yaml: error: there is no such file or folder
    hint: check the path given with -f
    list.yaml:7:5: error: configmap/A: metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     7 |     name: A
       |     ^
    list.yaml:8:3: error: an object must be a mapping with `apiVersion`, `kind` and `metadata`
     8 | - {}
       |   ^
    hint: files that are no manifests do not belong to the set
    [stderr]
    Checked 1 object: 0 fine, 1 with faults (3 errors, 0 warnings).
    [exit 1]
    "#);
    assert_shows!(env.run("validate -f empty.yaml"), @"
    error: no objects found in empty.yaml
    hint: check the path given with -f; documents without content do not count
    [stderr]
    Checked 0 objects: 0 fine, 0 with faults (1 error, 0 warnings).
    [exit 1]
    ");
    assert_shows!(env.run("validate -f k"), @r#"
    k/kustomization.yaml:2:3: error: "a.yaml" does not exist
     2 | - a.yaml
       |   ^
    [stderr]
    Checked 0 objects: 0 fine, 0 with faults (1 error, 0 warnings).
    [exit 1]
    "#);
    assert_shows!(env.run("validate -f list.yaml --schema missing"), @r#"
    missing: error: there is no such file or folder
    hint: check the path given with --schema
    list.yaml:7:5: error: configmap/A: metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     7 |     name: A
       |     ^
    list.yaml:8:3: error: an object must be a mapping with `apiVersion`, `kind` and `metadata`
     8 | - {}
       |   ^
    hint: files that are no manifests do not belong to the set
    [stderr]
    Checked 1 object: 0 fine, 1 with faults (3 errors, 0 warnings).
    [exit 1]
    "#);
    assert_shows!(env.run("validate -f list.yaml --schema list.yaml"), @r#"
    list.yaml:7:5: error: configmap/A: metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     7 |     name: A
       |     ^
    list.yaml:8:3: error: an object must be a mapping with `apiVersion`, `kind` and `metadata`
     8 | - {}
       |   ^
    hint: files that are no manifests do not belong to the set
    [stderr]
    Checked 1 object: 0 fine, 1 with faults (2 errors, 0 warnings).
    [exit 1]
    "#);
}

#[test]
fn a_command_line_that_makes_no_sense_is_told() {
    let env = mk_env();
    assert_shows!(env.run("validate"), @"
    [stderr]
    error: say which manifests: -f FILE, or -k DIR
    hint: -f takes a file, a directory, a URL, or - for standard input; -k takes the directory of a kustomization
    [exit 2]
    ");
    assert_shows!(env.run("validate -f - --schema -"), @"
    [stderr]
    error: -f and --schema cannot both read standard input
    [exit 2]
    ");
    assert_shows!(env.run("validate -f a.yaml -n No/Such"), @r#"
    [stderr]
    error: --namespace "No/Such" names no namespace: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')
    [exit 2]
    "#);
    assert_shows!(env.run("validate -f a.yaml -l ="), @r#"
    [stderr]
    error: --selector: unable to parse requirement: invalid label key "": name part must be non-empty in "="
    [exit 2]
    "#);
    assert_shows!(env.run("validate -f a.yaml --ignore-missing-schema"), @"
    [stderr]
    error: unexpected argument '--ignore-missing-schema' found

      tip: a similar argument exists: '--ignore-missing-schemas'

    Usage: trueup validate --filename <FILE> --ignore-missing-schemas

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("validate -f a.yaml -o jsn"), @"
    [stderr]
    error: invalid value 'jsn' for '--output <FORM>'
      [possible values: text, json]

      tip: a similar value exists: 'json'

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn nothing_in_a_manifest_steers_the_terminal() {
    let env = mk_env();
    env.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \"a\\e[2J\"\n\"da\\eta\": {}\n");
    let output = env.run("validate -f a.yaml");
    assert!(!output.stdout.contains('\u{1b}'), "{output}");
    assert_eq!(output.code(), Some(1));
}

#[test]
fn what_validate_finds_the_server_finds_too() {
    let object = |head: &str, rest: &str| format!("{head}\nmetadata: {{name: a, namespace: default}}\n{rest}\n");
    let pod = |container: &str| object("apiVersion: v1\nkind: Pod", &format!("spec: {{containers: [{{name: a, image: a, {container}}}]}}"));
    let set = [
        (pod("tty: true"), true),
        (pod("ttty: true"), false),
        (pod("tty: 1"), false),
        (pod("ports: [{containerPort: 70000}]"), false),
        (pod("resources: {limits: {cpu: 1z}}"), false),
        (pod("env: [{name: A, value: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"), false),
        (object("apiVersion: v1\nkind: Service", "spec: {ports: [{port: 80}]}"), true),
        (object("apiVersion: v1\nkind: Service", "spec: {type: Nodeport, ports: [{port: 80}]}"), false),
        (object("apiVersion: batch/v1\nkind: CronJob", "spec: {schedule: '* * *'}"), false),
        (object("apiVersion: v1\nkind: ConfigMap", "data: {'a b': c}"), false),
        (object("apiVersion: v1\nkind: Secret", "type: kubernetes.io/tls\nstringData: {a: b}"), false),
        (object("apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler", "spec: {maxReplicas: 0}"), false),
    ];
    for (manifest, sound) in set {
        let env = TestEnv::new();
        env.write("a.yaml", &manifest);
        let (checked, applied) = (env.run("validate -f a.yaml"), env.run("apply -f a.yaml"));
        assert_eq!((checked.code() == Some(0), applied.code() == Some(0)), (sound, sound), "{manifest}\n{checked}\n{applied}");
    }
}
