use super::config_map;
use crate::harness::cli::{TestEnv, assert_shows};

#[test]
fn manifests_come_from_files_folders_and_standard_input() {
    let env = TestEnv::new();
    env.write("deploy/a.yaml", config_map("a", "1"));
    env.write("deploy/b.json", r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}, "data": {"key": "1"}}"#);
    env.write("deploy/notes.txt", "not a manifest");
    env.write("deploy/more/c.yml", config_map("c", "1"));
    env.write("single.yaml", config_map("d", "1"));
    assert_shows!(env.run("apply -f deploy"), @r"
    configmap/a created
    configmap/b created
    [stderr]
    applying to local store store
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("apply -f deploy -R -f single.yaml"), @r"
    configmap/a unchanged
    configmap/b unchanged
    configmap/c created
    configmap/d created
    [stderr]
    applying to local store store
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 2 unchanged.
    ");
    assert_shows!(env.run_with_input("apply -f -", &config_map("e", "1")), @r"
    configmap/e created
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
}

#[test]
fn lists_are_opened() {
    let env = TestEnv::new();
    env.write(
        "list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: B\n",
    );
    env.write("typed.json", r#"{"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "c"}}]}"#);
    assert_shows!(env.run("apply -f list.yaml -f typed.json"), @r#"
    configmap/a created
    configmap/c created
    [stderr]
    applying to local store store
    error: list.yaml:11:5: configmap/B in namespace default: from server (Invalid): ConfigMap "B" is invalid: metadata.name: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     11 |     name: B
        |     ^
    Applied: 2 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    "#);
}

#[test]
fn yaml_is_read_as_kubectl_reads_it() {
    let env = TestEnv::new();
    env.write(
        "a.yaml",
        "base: &base {app: web}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  enableServiceLinks: no\n  containers:\n  - &c\n    name: a\n    image: a\n  - <<: *c\n    name: b\n  volumes:\n  - name: v\n    configMap: {name: x, defaultMode: 0644}\n",
    );
    assert_shows!(env.run("apply -f a.yaml"), @r"
    [stderr]
    error: a.yaml:1:1: an object must be a mapping with `apiVersion`, `kind` and `metadata`
     1 | base: &base {app: web}
       | ^
    hint: files that are no manifests do not belong to the set
    [exit 1]
    ");
    env.write("a.yaml", std::fs::read_to_string(env.path("a.yaml")).unwrap().split_once("---\n").unwrap().1);
    assert_shows!(env.run("apply -f a.yaml"), @r"
    pod/a created
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    assert_shows!(env.run("get pod a -o yaml"), @r#"
    apiVersion: v1
    kind: Pod
    metadata:
      creationTimestamp: "2026-11-22T10:00:00Z"
      generation: 1
      name: a
      namespace: default
      resourceVersion: "7"
      uid: 00000002-0000-0000-8000-000000000005
    spec:
      containers:
      - image: a
        imagePullPolicy: Always
        name: a
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
      - image: a
        imagePullPolicy: Always
        name: b
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File
      dnsPolicy: ClusterFirst
      enableServiceLinks: false
      preemptionPolicy: PreemptLowerPriority
      priority: 0
      restartPolicy: Always
      schedulerName: default-scheduler
      securityContext: {}
      terminationGracePeriodSeconds: 30
      tolerations:
      - effect: NoExecute
        key: node.kubernetes.io/not-ready
        operator: Exists
        tolerationSeconds: 300
      - effect: NoExecute
        key: node.kubernetes.io/unreachable
        operator: Exists
        tolerationSeconds: 300
      volumes:
      - configMap:
          defaultMode: 420
          name: x
        name: v
    status:
      phase: Pending
      qosClass: BestEffort
    "#);
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let env = TestEnv::new();
    env.write("broken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n data: {}\n");
    env.write("broken.json", "{\"apiVersion\": \"v1\",\n \"kind\": ConfigMap}\n");
    env.write("tab.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n");
    env.write("twice.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  k: a\n  k: b\n");
    env.write("bare.yaml", "kind: ConfigMap\nmetadata:\n  name: 123\n");
    env.write("template.yaml", "apiVersion: v1\nkind: {{ .Kind }}\n");
    assert_shows!(env.run("apply -f broken.yaml"), @r"
    [stderr]
    error: broken.yaml:5:2: this is not YAML: while parsing a block mapping, did not find expected key
     5 |  data: {}
       |  ^
    [exit 1]
    ");
    assert_shows!(env.run("apply -f broken.json"), @r#"
    [stderr]
    error: broken.json:2:10: this is not JSON: expected value
     2 |  "kind": ConfigMap}
       |          ^
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f tab.yaml -f twice.yaml -f bare.yaml -f template.yaml"), @"
    [stderr]
    error: tab.yaml:4:2: this is not YAML: tabs disallowed within this context (block indentation)
     4 |  name: a
       |  ^
    hint: YAML is indented with spaces; this line begins with a tab
    error: twice.yaml:6:3: the key `k` stands twice in this mapping, first at twice.yaml:5:3
     6 |   k: b
       |   ^
    hint: keep one of the two; kubectl would take the last without a word
    error: bare.yaml:1:1: `apiVersion` is missing
     1 | kind: ConfigMap
       | ^
    hint: add the API the object belongs to, such as `apiVersion: v1` or `apiVersion: apps/v1`
    error: bare.yaml:3:3: `metadata.name` must be text, but this is not read as text
     3 |   name: 123
       |   ^
    hint: put quotes around the value; without them YAML reads 123, 1e3, yes, on and null as something else
    error: template.yaml:2:8: a key must be text, a number or a boolean
     2 | kind: {{ .Kind }}
       |        ^
    hint: this looks like a template; render it first
    [exit 2]
    ");
    assert_shows!(env.run_with_input("apply -f -", "- a\n"), @r"
    [stderr]
    error: standard input:1:1: an object must be a mapping with `apiVersion`, `kind` and `metadata`
     1 | - a
       | ^
    hint: files that are no manifests do not belong to the set
    [exit 1]
    ");
}

#[test]
fn an_object_described_twice_names_both_places() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.write("b.yaml", config_map("a", "2"));
    env.write("c.yaml", config_map("a", "3").replace("name: a", "name: a\n  namespace: default"));
    assert_shows!(env.run("apply -f a.yaml -f b.yaml"), @r"
    [stderr]
    error: b.yaml:1:1: ConfigMap a is already described at a.yaml:1:1
     1 | apiVersion: v1
       | ^
    hint: remove one of the two, or give it another name or namespace
    [exit 1]
    ");
    assert_shows!(env.run("apply -f a.yaml -f c.yaml"), @r"
    configmap/a created
    [stderr]
    applying to local store store
    error: c.yaml:1:1: configmap/a in namespace default: it is already described at a.yaml:1:1
    hint: remove one of the two, or give it another name or namespace
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    [exit 1]
    ");
}

#[test]
fn files_that_are_not_there_are_named() {
    let env = TestEnv::new();
    env.write("empty/notes.txt", "");
    env.write("deep/below/a.yaml", config_map("a", "1"));
    env.write("nothing.yaml", "# nothing\n---\n");
    assert_shows!(env.run("apply"), @r"
    [stderr]
    error: say which manifests: -f FILE, or -k DIR
    hint: -f takes a file, a directory, a URL, or - for standard input; -k takes the directory of a kustomization
    [exit 2]
    ");
    assert_shows!(env.run("apply -f missing.yaml"), @r"
    [stderr]
    error: missing.yaml: there is no such file or folder
    hint: check the path given with -f
    [exit 1]
    ");
    assert_shows!(env.run("apply -f empty"), @r"
    [stderr]
    error: empty: there is no file that ends in .yaml, .yml or .json in this folder
    [exit 1]
    ");
    assert_shows!(env.run("apply -f deep"), @r"
    [stderr]
    error: deep: there is no file that ends in .yaml, .yml or .json in this folder
    hint: add -R to look into the folders below it
    [exit 1]
    ");
    assert_shows!(env.run("diff -f nothing.yaml"), @r"
    [stderr]
    error: no objects found in nothing.yaml
    hint: check the path given with -f; documents without content do not count
    [exit 2]
    ");
    assert_shows!(env.run("apply -f http://127.0.0.1:1/a.yaml"), @r"
    [stderr]
    error: http://127.0.0.1:1/a.yaml: cannot be fetched: Connection refused (os error 111)
    [exit 1]
    ");
}
