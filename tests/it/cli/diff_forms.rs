//! The forms of `diff -o`, its owners, its exit statuses, and the page that documents the one for programs.

use super::{SHOP, config_map};
use crate::harness::cli::{Output, TestEnv, assert_shows};

/// A Deployment whose containers, ports and labels change in every way there is.
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, example.com/team: front}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        args: [serve, --quick]
        ports:
        - containerPort: 80
      - name: log
        image: busybox
";

const WEB_CHANGED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web, example.com/tier: edge}
spec:
  replicas: 3
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx:1.28
        args: [serve]
        ports:
        - containerPort: 80
        - containerPort: 443
";

const SCRIPT: &str = "\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: script}
data:
  run.sh: |
    #!/bin/sh
    set -e
    echo ONE
    exit 0
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {password: hunter-ONE, user: ann}
";

fn changed() -> TestEnv {
    let env = TestEnv::new();
    env.write("web.yaml", WEB.to_owned() + SCRIPT);
    env.prepare("apply -f web.yaml");
    env.write("web.yaml", WEB_CHANGED.to_owned() + &SCRIPT.replace("ONE", "TWO") + "---\n" + &config_map("new", "a"));
    env
}

#[test]
fn paths_name_items_by_their_keys_and_show_both_values() {
    assert_shows!(changed().run("diff -f web.yaml -o path"), @"
    === update deployment.apps/web in namespace default (web.yaml:1)
    - metadata.labels[example.com/team]: front
    + metadata.labels[example.com/tier]: edge
    ~ spec.replicas: 2 → 3
    ~ spec.template.spec.containers[name=web].args: [serve, --quick] → [serve]
    ~ spec.template.spec.containers[name=web].image: nginx:1.27 → nginx:1.28
    + spec.template.spec.containers[name=web].ports[containerPort=443,protocol=TCP]:
        containerPort: 443
        protocol: TCP
    - spec.template.spec.containers[name=log]:
        image: busybox
        imagePullPolicy: Always
        name: log
        resources: {}
        terminationMessagePath: /dev/termination-log
        terminationMessagePolicy: File

    === update configmap/script in namespace default (web.yaml:22)
    ~ data[run.sh]:
        @@ -1,4 +1,4 @@
         #!/bin/sh
         set -e
        -echo ONE
        +echo TWO
         exit 0

    === update secret/login in namespace default (web.yaml:32)
    ~ data.password: '*** (before)' → '*** (after)'

    === create configmap/new in namespace default (web.yaml:37)
    + data:
        key: a

    Plan: 1 to create, 3 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
}

#[test]
fn paths_are_coloured_on_demand() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "old"));
    env.prepare("apply -f a.yaml");
    env.write("a.yaml", config_map("a", "new"));
    assert_shows!(env.run("diff -f a.yaml -o path --color always"), @"
    [1;33m=== update[0m configmap/a in namespace default[2m (a.yaml:1)[0m
    [1;33m~[0m [33mdata.key[0m: [31mold[0m → [32mnew[0m

    Plan: 0 to create, [33m1 to update[0m, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
}

#[test]
fn a_summary_has_one_line_for_each_object_that_changes() {
    assert_shows!(changed().run("diff -f web.yaml -o summary"), @"
    === update deployment.apps/web in namespace default (web.yaml:1)
    === update configmap/script in namespace default (web.yaml:22)
    === update secret/login in namespace default (web.yaml:32)
    === create configmap/new in namespace default (web.yaml:37)
    Plan: 1 to create, 3 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
}

#[test]
fn names_are_one_a_line_and_nothing_else() {
    assert_shows!(changed().run("diff -f web.yaml -o names"), @"
    deployment.apps/web
    configmap/script
    secret/login
    configmap/new
    [exit 1]
    ");
}

#[test]
fn markdown_has_a_table_and_a_difference_to_unfold() {
    assert_shows!(changed().run("diff -f web.yaml -o markdown"), @"
    Plan: **1 to create**, **3 to update**, 0 to replace, 0 to delete, 0 unchanged.

    | action | object | namespace | source |
    |---|---|---|---|
    | update | `deployment.apps/web` | `default` | `web.yaml:1` |
    | update | `configmap/script` | `default` | `web.yaml:22` |
    | update | `secret/login` | `default` | `web.yaml:32` |
    | create | `configmap/new` | `default` | `web.yaml:37` |

    <details><summary>update deployment.apps/web in namespace default</summary>

    ```diff
    @@ -3,12 +3,12 @@
     metadata:
       labels:
         app: web
    -    example.com/team: front
    +    example.com/tier: edge
       name: web
       namespace: default
     spec:
       progressDeadlineSeconds: 600
    -  replicas: 2
    +  replicas: 3
       revisionHistoryLimit: 10
       selector:
         matchLabels:
    @@ -26,19 +26,14 @@
           containers:
           - args:
             - serve
    -        - --quick
    -        image: nginx:1.27
    +        image: nginx:1.28
             imagePullPolicy: IfNotPresent
             name: web
             ports:
             - containerPort: 80
               protocol: TCP
    -        resources: {}
    -        terminationMessagePath: /dev/termination-log
    -        terminationMessagePolicy: File
    -      - image: busybox
    -        imagePullPolicy: Always
    -        name: log
    +        - containerPort: 443
    +          protocol: TCP
             resources: {}
             terminationMessagePath: /dev/termination-log
             terminationMessagePolicy: File
    ```

    </details>

    <details><summary>update configmap/script in namespace default</summary>

    ```diff
    @@ -3,7 +3,7 @@
       run.sh: |
         #!/bin/sh
         set -e
    -    echo ONE
    +    echo TWO
         exit 0
     kind: ConfigMap
     metadata:
    ```

    </details>

    <details><summary>update secret/login in namespace default</summary>

    ```diff
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  password: '*** (before)'
    +  password: '*** (after)'
       user: '*** (unchanged)'
     kind: Secret
     metadata:
    ```

    </details>

    <details><summary>create configmap/new in namespace default</summary>

    ```diff
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: a
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: default
    ```

    </details>
    [exit 1]
    ");
}

#[test]
fn markdown_keeps_what_is_inside_of_a_fence_inside() {
    let env = TestEnv::new();
    env.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  readme: |\n    ````\n    </details>\n    ````\n");
    assert_shows!(env.run("diff -f a.yaml -o markdown"), @"
    Plan: **1 to create**, 0 to update, 0 to replace, 0 to delete, 0 unchanged.

    | action | object | namespace | source |
    |---|---|---|---|
    | create | `configmap/a` | `default` | `a.yaml:1` |

    <details><summary>create configmap/a in namespace default</summary>

    `````diff
    @@ -0,0 +1,10 @@
    +apiVersion: v1
    +data:
    +  readme: |
    +    ````
    +    </details>
    +    ````
    +kind: ConfigMap
    +metadata:
    +  name: a
    +  namespace: default
    `````

    </details>
    [exit 1]
    ");
}

#[test]
fn one_bad_object_hides_no_other_in_any_form() {
    let env = TestEnv::new();
    env.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: 7\n---\n".to_owned() + &config_map("b", "1"));
    for form in ["path", "summary", "names", "json", "yaml", "markdown"] {
        let output = env.run(&format!("diff -f a.yaml -o {form}"));
        assert!(
            output.stdout.contains("configmap/b") || output.stdout.contains("\"name\": \"b\"") || output.stdout.contains("name: b"),
            "{output}"
        );
        assert!(output.stderr.contains("a.yaml:4:1: configmap/a in namespace default"), "{output}");
        assert_eq!(output.code(), Some(2), "{output}");
    }
    assert_shows!(env.run("diff -f a.yaml -o json"), @r#"
    {
        "apiVersion": "trueup.dev/v1",
        "failures": [
            {
                "message": "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: json: cannot unmarshal number 7 into field data of type map",
                "namespace": "default",
                "object": "configmap/a",
                "reason": "BadRequest",
                "source": {
                    "column": 1,
                    "file": "a.yaml",
                    "line": 4
                }
            }
        ],
        "fieldManager": "trueup",
        "kind": "Plan",
        "objects": [
            {
                "action": "create",
                "apiVersion": "v1",
                "changes": [
                    {
                        "op": "add",
                        "path": "data",
                        "source": {
                            "column": 1,
                            "file": "a.yaml",
                            "line": 10
                        },
                        "to": {
                            "key": "1"
                        }
                    }
                ],
                "kind": "ConfigMap",
                "name": "b",
                "namespace": "default",
                "resource": "configmaps",
                "source": {
                    "column": 1,
                    "file": "a.yaml",
                    "line": 6
                }
            }
        ],
        "summary": {
            "create": 1,
            "delete": 0,
            "failed": 1,
            "replace": 0,
            "unchanged": 0,
            "update": 0
        },
        "target": "local store store",
        "warnings": []
    }
    [stderr]
    error: a.yaml:4:1: configmap/a in namespace default: from server (BadRequest): ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number 7 into field data of type map
     4 | data: 7
       | ^
    [exit 2]
    "#);
}

/// The one block of a language in a page.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

#[test]
fn the_example_of_the_format_s_page_is_what_the_program_prints() {
    let page = include_str!("../../../docs/plan-format.md");
    let env = TestEnv::new();
    for name in ["before.yaml", "after.yaml"] {
        env.write(name, format!("# {name}\n{}", block(page, &format!("yaml\n# {name}"))));
    }
    env.prepare("apply -f before.yaml --field-manager ops");
    let output = env.run("diff -f after.yaml --force-conflicts -o json");
    assert_eq!(output.stdout, block(page, "json"), "{output}");
}

#[test]
fn yaml_says_the_same_as_json() {
    let env = changed();
    let (json, yaml) = (env.run("diff -f web.yaml -o json"), env.run("diff -f web.yaml -o yaml"));
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let yaml: serde_json::Value = serde_saphyr::from_str(&yaml.stdout).unwrap();
    assert_eq!(json, yaml);
    assert_eq!(json["summary"]["update"], 3);
}

#[test]
fn no_form_shows_a_secret_s_values_unless_asked_to() {
    let env = changed();
    for form in ["diff", "path", "summary", "names", "json", "yaml", "markdown"] {
        let told = |output: Output| output.stdout.contains("hunter") || output.stdout.contains("aHVudGVy");
        assert!(!told(env.run(&format!("diff -f web.yaml -o {form}"))), "{form}");
        let values_are_shown = !matches!(form, "summary" | "names");
        assert_eq!(told(env.run(&format!("diff -f web.yaml -o {form} --show-secrets"))), values_are_shown, "{form}");
    }
}

#[test]
fn a_change_to_another_manager_s_field_shows_who_owns_it() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "old"));
    env.prepare("apply -f a.yaml --field-manager ops");
    env.write("a.yaml", config_map("a", "new"));
    assert_shows!(env.run("diff -f a.yaml --force-conflicts"), @r#"
    === update configmap/a in namespace default (a.yaml:1)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: old
    +  key: new
     kind: ConfigMap
     metadata:
       name: a
    # data.key is owned by "ops" since 2026-11-22T10:00:00Z

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f a.yaml --force-conflicts -o path"), @r#"
    === update configmap/a in namespace default (a.yaml:1)
    ~ data.key: old → new  # owned by "ops" since 2026-11-22T10:00:00Z

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    "#);
    assert_shows!(env.run("diff -f a.yaml --field-manager ops"), @"
    === update configmap/a in namespace default (a.yaml:1)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: old
    +  key: new
     kind: ConfigMap
     metadata:
       name: a

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    ");
    assert_shows!(env.run("diff -f a.yaml --field-manager ops --show-owners"), @r#"
    === update configmap/a in namespace default (a.yaml:1)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: old
    +  key: new
     kind: ConfigMap
     metadata:
       name: a
    # data.key is owned by "ops" since 2026-11-22T10:00:00Z

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    "#);
    assert_shows!(env.run("apply -f a.yaml --force-conflicts --diff"), @r#"
    === updated configmap/a in namespace default (a.yaml:1)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: old
    +  key: new
     kind: ConfigMap
     metadata:
       name: a
    # data.key is owned by "ops" since 2026-11-22T10:00:00Z

    [stderr]
    applying to local store store
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    "#);
}

#[test]
fn fields_that_others_set_and_the_set_does_not_mention_are_no_differences() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("apply -f a.yaml");
    env.write("theirs.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {x: z}}\ndata: {theirs: z}\n");
    env.prepare("apply -f theirs.yaml --field-manager ops");
    assert_shows!(env.run("diff -f a.yaml"), @"Plan: 0 to create, 0 to update, 0 to replace, 0 to delete, 1 unchanged.");
    // Nor are they when the server has to be asked.
    env.write("a.yaml", config_map("a", "2"));
    assert_shows!(env.run("diff -f a.yaml -o path --show-owners"), @r#"
    === update configmap/a in namespace default (a.yaml:1)
    ~ data.key: "1" → "2"  # owned by "trueup" since 2026-11-22T10:00:00Z

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    [exit 1]
    "#);
}

#[test]
fn detailed_exit_codes_are_terraform_s() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.write("bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndata: 7\n");
    let code = |arguments: &str| env.run(arguments).code();
    assert_eq!(code("diff -f a.yaml --detailed-exitcode"), Some(2));
    assert_eq!(code("diff -f a.yaml"), Some(1));
    env.prepare("apply -f a.yaml");
    assert_eq!(code("diff -f a.yaml --detailed-exitcode"), Some(0));
    assert_eq!(code("diff -f bad.yaml --detailed-exitcode"), Some(1));
    assert_eq!(code("diff -f missing.yaml --detailed-exitcode"), Some(1));
    assert_eq!(code("diff --detailed-exitcode"), Some(1));
    assert_eq!(code("diff -f a.yaml --detailed-exitcode --misspelt"), Some(1));
    assert_eq!(code("diff -f a.yaml --misspelt"), Some(2));
}

#[test]
fn two_states_stand_side_by_side_where_there_is_room() {
    let env = TestEnv::new();
    env.write("shop.yaml", SHOP);
    env.prepare("apply -f shop.yaml");
    env.write(
        "shop.yaml",
        SHOP.replace("replicas: 2", "replicas: 3").replace("LOG_LEVEL: info", "LONG: one two three four five six seven eight"),
    );
    assert_shows!(env.run("diff -f shop.yaml --side-by-side"), @"
    === update deployment.apps/web in namespace shop (shop.yaml:6)
      namespace: shop                                    namespace: shop
    spec:                                              spec:
      progressDeadlineSeconds: 600                       progressDeadlineSeconds: 600
      replicas: 2                                    |   replicas: 3
      revisionHistoryLimit: 10                           revisionHistoryLimit: 10
      selector:                                          selector:
        matchLabels:                                       matchLabels:

    === update configmap/settings in namespace shop (shop.yaml:34)
    apiVersion: v1                                     apiVersion: v1
    data:                                              data:
      LOG_LEVEL: info                                |   LONG: one two three four five six seven eight
    kind: ConfigMap                                    kind: ConfigMap
    metadata:                                          metadata:
      labels:                                            labels:

    Plan: 0 to create, 2 to update, 0 to replace, 0 to delete, 3 unchanged.
    [exit 1]
    ");
    let narrow = TestEnv::new().with("COLUMNS", "79");
    narrow.write("a.yaml", config_map("a", "1"));
    assert!(narrow.run("diff -f a.yaml --side-by-side").stdout.contains("@@ -0,0 +1,7 @@"));
    assert_shows!(narrow.run("diff -f a.yaml --side-by-side -o path"), @"
    [stderr]
    error: --side-by-side is a look of -o diff
    [exit 2]
    ");
}
