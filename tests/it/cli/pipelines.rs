//! `--ci`: what GitHub and GitLab are told, by the program itself, by the action and by the template.

use std::fs;

use serde_json::Value;

use super::{SHOP, config_map};
use crate::harness::cli::{Output, TestEnv, assert_shows};

/// The variables that GitHub sets for every step.
fn on_github(env: TestEnv) -> TestEnv {
    let path = |name: &str| env.path(name).to_str().unwrap().trim_end_matches('/').to_owned();
    let (workspace, output, summary) = (path(""), path("github_output"), path("github_summary"));
    env.with("CI", "true")
        .with("GITHUB_ACTIONS", "true")
        .with("GITHUB_WORKSPACE", &workspace)
        .with("GITHUB_OUTPUT", &output)
        .with("GITHUB_STEP_SUMMARY", &summary)
}

/// The variables that GitLab sets for every job.
fn on_gitlab(env: TestEnv) -> TestEnv {
    let folder = env.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    env.with("CI", "true").with("GITLAB_CI", "true").with("CI_PROJECT_DIR", &folder)
}

/// A store with the shop in it, and manifests of which one object is new, one differs, one cannot be changed in place and one is refused.
fn changed(env: &TestEnv) {
    let set = SHOP.to_owned() + "---\n" + &config_map("fixed", "1").replace("\ndata:", "\nimmutable: true\ndata:");
    env.write("deploy/shop.yaml", &set);
    env.prepare("apply -f deploy");
    let set = set.replace("replicas: 2", "replicas: 3").replace("port: 80", "port: 0").replace("not-to-be-seen", "nor-this");
    env.write("deploy/shop.yaml", set.replace("key: \"1\"", "key: \"2\""));
    env.write("deploy/new.yaml", config_map("new", "::error::%"));
}

fn read(env: &TestEnv, name: &str) -> String {
    fs::read_to_string(env.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn github_gets_annotations_groups_outputs_and_a_summary() {
    let env = on_github(TestEnv::new());
    changed(&env);
    assert_shows!(env.run("diff -f deploy --ci github"), @r#"
    ::group::create configmap/new in namespace default (deploy/new.yaml:1)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: ::error::%
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: default
    ::endgroup::
    ::group::update deployment.apps/web in namespace shop (deploy/shop.yaml:6)
    @@ -7,7 +7,7 @@
       namespace: shop
     spec:
       progressDeadlineSeconds: 600
    -  replicas: 2
    +  replicas: 3
       revisionHistoryLimit: 10
       selector:
         matchLabels:
    ::endgroup::
    ::group::update secret/login in namespace shop (deploy/shop.yaml:43)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  password: '*** (before)'
    +  password: '*** (after)'
     kind: Secret
     metadata:
       name: login
    ::endgroup::
    ::group::replace configmap/fixed in namespace default (deploy/shop.yaml:51): cannot be changed in place: data: field is immutable when `immutable` is set
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: "1"
    +  key: "2"
     immutable: true
     kind: ConfigMap
     metadata:
    ::endgroup::
    Plan: 1 to create, 2 to update, 1 to replace, 0 to delete, 2 unchanged, 1 failed.
    [stderr]
    error: deploy/shop.yaml:32:5: service/web in namespace shop: from server (Invalid):
      spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
       32 |   - port: 0
          |     ^
      spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive
    ::error file=deploy/shop.yaml,line=32,col=5,title=service/web in namespace shop::spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
    ::error file=deploy/shop.yaml,line=32,col=5,title=service/web in namespace shop::spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive
    ::warning file=deploy/shop.yaml,line=51,col=1,title=replace configmap/fixed in namespace default::cannot be changed in place: data: field is immutable when `immutable` is set%0A~ data.key: "1" → "2"
    ::notice file=deploy/new.yaml,line=1,col=1,title=create configmap/new in namespace default::+ data:%0A    key: ::error::%25
    ::notice file=deploy/shop.yaml,line=6,col=1,title=update deployment.apps/web in namespace shop::~ spec.replicas: 2 → 3
    ::notice file=deploy/shop.yaml,line=43,col=1,title=update secret/login in namespace shop::~ data.password: '*** (before)' → '*** (after)'
    [exit 2]
    "#);
    insta::assert_snapshot!(read(&env, "github_output"), @"
    changed=true
    has-errors=true
    changes=4
    create=1
    update=2
    replace=1
    delete=0
    unchanged=2
    failed=1
    ");
    insta::assert_snapshot!(read(&env, "github_summary"), @r#"
    <!-- trueup: trueup diff -->
    ### trueup diff

    Plan: **1 to create**, **2 to update**, **1 to replace**, 0 to delete, 2 unchanged, **1 failed**.

    Target: `local store store`

    **failed** `service/web in namespace shop`

    ```
    deploy/shop.yaml:32:5: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
    deploy/shop.yaml:32:5: spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive
    ```

    | action | object | namespace | source |
    |---|---|---|---|
    | create | `configmap/new` | `default` | `deploy/new.yaml:1` |
    | update | `deployment.apps/web` | `shop` | `deploy/shop.yaml:6` |
    | update | `secret/login` | `shop` | `deploy/shop.yaml:43` |
    | replace | `configmap/fixed` | `default` | `deploy/shop.yaml:51` |

    <details><summary>create configmap/new in namespace default</summary>

    ```diff
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: ::error::%
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: default
    ```

    </details>

    <details><summary>update deployment.apps/web in namespace shop</summary>

    ```diff
    @@ -7,7 +7,7 @@
       namespace: shop
     spec:
       progressDeadlineSeconds: 600
    -  replicas: 2
    +  replicas: 3
       revisionHistoryLimit: 10
       selector:
         matchLabels:
    ```

    </details>

    <details><summary>update secret/login in namespace shop</summary>

    ```diff
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  password: '*** (before)'
    +  password: '*** (after)'
     kind: Secret
     metadata:
       name: login
    ```

    </details>

    <details><summary>replace configmap/fixed in namespace default: cannot be changed in place: data: field is immutable when &#96;immutable&#96; is set</summary>

    ```diff
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: "1"
    +  key: "2"
     immutable: true
     kind: ConfigMap
     metadata:
    ```

    </details>
    "#);
    // Another command of the same step adds to what is there.
    assert_eq!(env.run("diff -f deploy/new.yaml --ci github").code(), Some(1));
    assert_eq!(read(&env, "github_summary").matches("<!-- trueup: trueup diff -->").count(), 2);
    assert!(
        read(&env, "github_output")
            .ends_with("changed=true\nhas-errors=false\nchanges=1\ncreate=1\nupdate=0\nreplace=0\ndelete=0\nunchanged=0\nfailed=0\n")
    );
}

#[test]
fn several_reports_are_written_at_once() {
    let env = on_gitlab(TestEnv::new());
    changed(&env);
    let run =
        "diff -f deploy -o summary --ci gitlab --ci junit=junit.xml --ci sarif --ci dotenv --ci markdown --ci-dir out --ci-name staging";
    assert_shows!(env.run(run), @"
    === create configmap/new in namespace default (deploy/new.yaml:1)
    === update deployment.apps/web in namespace shop (deploy/shop.yaml:6)
    === update secret/login in namespace shop (deploy/shop.yaml:43)
    === replace configmap/fixed in namespace default (deploy/shop.yaml:51): cannot be changed in place: data: field is immutable when `immutable` is set
    Plan: 1 to create, 2 to update, 1 to replace, 0 to delete, 2 unchanged, 1 failed.
    [stderr]
    error: deploy/shop.yaml:32:5: service/web in namespace shop: from server (Invalid):
      spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
       32 |   - port: 0
          |     ^
      spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive
    [exit 2]
    ");
    let mut names: Vec<_> = fs::read_dir(env.path("out")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["gl-code-quality-report.json", "trueup-comment.md", "trueup-full.diff", "trueup.env", "trueup.sarif"]);
    let quality: Value = serde_json::from_str(&read(&env, "out/gl-code-quality-report.json")).unwrap();
    let brief: Vec<String> = quality
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            format!("{} {} {}:{}", entry["severity"], entry["check_name"], entry["location"]["path"], entry["location"]["lines"]["begin"])
        })
        .collect();
    insta::assert_snapshot!(brief.join("\n"), @r#"
    "major" "trueup/invalid" "deploy/shop.yaml":32
    "major" "trueup/invalid" "deploy/shop.yaml":32
    "minor" "trueup/replace" "deploy/shop.yaml":51
    "info" "trueup/create" "deploy/new.yaml":1
    "info" "trueup/update" "deploy/shop.yaml":6
    "info" "trueup/update" "deploy/shop.yaml":43
    "#);
    let sarif: Value = serde_json::from_str(&read(&env, "out/trueup.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), quality.as_array().unwrap().len());
    assert!(read(&env, "out/trueup-comment.md").starts_with("<!-- trueup: staging diff -->\n### trueup diff: staging\n"));
    insta::assert_snapshot!(read(&env, "junit.xml"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="staging" tests="7" failures="1" errors="0">
      <testsuite name="staging diff" tests="7" failures="1" errors="0" skipped="0">
        <properties>
          <property name="target" value="local store store"/>
          <property name="create" value="1"/>
          <property name="update" value="2"/>
          <property name="replace" value="1"/>
          <property name="delete" value="0"/>
          <property name="unchanged" value="2"/>
        </properties>
        <testcase name="configmap/new" classname="default" file="deploy/new.yaml" line="1">
          <system-out>create
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: ::error::%
    +kind: ConfigMap
    +metadata:
    +  name: new
    +  namespace: default
    </system-out>
        </testcase>
        <testcase name="namespace/shop" classname="cluster" file="deploy/shop.yaml" line="1"/>
        <testcase name="deployment.apps/web" classname="shop" file="deploy/shop.yaml" line="6">
          <system-out>update
    @@ -7,7 +7,7 @@
       namespace: shop
     spec:
       progressDeadlineSeconds: 600
    -  replicas: 2
    +  replicas: 3
       revisionHistoryLimit: 10
       selector:
         matchLabels:
    </system-out>
        </testcase>
        <testcase name="configmap/settings" classname="shop" file="deploy/shop.yaml" line="34"/>
        <testcase name="secret/login" classname="shop" file="deploy/shop.yaml" line="43">
          <system-out>update
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  password: '*** (before)'
    +  password: '*** (after)'
     kind: Secret
     metadata:
       name: login
    </system-out>
        </testcase>
        <testcase name="configmap/fixed" classname="default" file="deploy/shop.yaml" line="51">
          <system-out>replace: cannot be changed in place: data: field is immutable when `immutable` is set
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: &quot;1&quot;
    +  key: &quot;2&quot;
     immutable: true
     kind: ConfigMap
     metadata:
    </system-out>
        </testcase>
        <testcase name="service/web" classname="shop" file="deploy/shop.yaml" line="32">
          <failure message="spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive" type="invalid">deploy/shop.yaml:32:5: spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive
    deploy/shop.yaml:32:5: spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive
    </failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
    for file in names.iter().map(|name| format!("out/{name}")).chain(["junit.xml".to_owned()]) {
        let text = read(&env, &file);
        assert!(!text.contains("not-to-be-seen") && !text.contains("bm90LXRvL") && !text.contains("bm9yLXRoaXM"), "{file}: {text}");
    }
}

#[test]
fn gitlab_folds_each_object_in_the_log() {
    let env = on_gitlab(TestEnv::new());
    env.write("a.yaml", config_map("a", "1"));
    // As text with escapes: a snapshot would have to hold the control characters.
    let expected = "\u{1b}[0Ksection_start:1795341600:trueup_1[collapsed=true]\r\u{1b}[0Kcreate configmap/a in namespace default (a.yaml:1)\n\
        + data:\n    key: \"1\"\n\u{1b}[0Ksection_end:1795341600:trueup_1\r\u{1b}[0K\n\
        Plan: 1 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.\n";
    assert_eq!(env.run("diff -f a.yaml -o path --ci gitlab").stdout, expected);
}

#[test]
fn secrets_stay_masked_in_reports_where_they_are_shown() {
    let env = TestEnv::new();
    env.write("a.yaml", SHOP);
    let output = env.run("diff -f a.yaml --show-secrets --ci markdown --ci junit");
    assert!(output.stdout.contains("bm90LXRvLWJlLXNlZW4="), "{output}");
    for file in ["trueup-comment.md", "trueup-junit.xml", "trueup-full.diff"] {
        assert!(!read(&env, file).contains("bm90LXRvLWJlLXNlZW4="), "{file}");
    }
}

#[test]
fn what_is_wrong_with_a_manifest_is_told_at_its_line() {
    let env = on_github(TestEnv::new());
    env.write("deploy/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n name: x\n---\nkind: Pod\n");
    assert_shows!(env.run("diff -f deploy --ci github --ci junit"), @"
    [stderr]
    ::error file=deploy/a.yaml,line=5,col=2,title=manifest::this is not YAML: while parsing a block mapping, did not find expected key
    ::error file=deploy/a.yaml,line=7,col=1,title=manifest::`apiVersion` is missing%0Aadd the API the object belongs to, such as `apiVersion: v1` or `apiVersion: apps/v1`
    ::error file=deploy/a.yaml,line=7,col=1,title=manifest::`metadata.name` is missing%0Aadd `name:` below `metadata:`
    error: deploy/a.yaml:5:2: this is not YAML: while parsing a block mapping, did not find expected key
     5 |  name: x
       |  ^
    error: deploy/a.yaml:7:1: `apiVersion` is missing
     7 | kind: Pod
       | ^
    hint: add the API the object belongs to, such as `apiVersion: v1` or `apiVersion: apps/v1`
    error: deploy/a.yaml:7:1: `metadata.name` is missing
     7 | kind: Pod
       | ^
    hint: add `name:` below `metadata:`
    [exit 2]
    ");
    assert!(read(&env, "github_output").starts_with("changed=false\nhas-errors=true\n"));
    assert!(read(&env, "trueup-junit.xml").contains("<error message="));
}

#[test]
fn validate_reports_each_fault_at_its_line_without_a_target() {
    let env = on_github(TestEnv::without_target());
    env.write(
        "deploy/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndatta: {}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n",
    );
    assert_shows!(env.run("validate -f deploy --ci github --ci junit --ci sarif"), @r#"
    deploy/a.yaml:5:1: error: configmap/a: datta: unknown field
     5 | datta: {}
       | ^
    hint: did you mean "data"?
    [stderr]
    Checked 2 objects: 1 fine, 1 with faults (1 error, 0 warnings).
    ::error file=deploy/a.yaml,line=5,col=1,title=configmap/a::datta: unknown field%0Adid you mean "data"?
    [exit 1]
    "#);
    let junit = read(&env, "trueup-junit.xml");
    assert!(junit.contains("tests=\"2\"") && junit.contains("failures=\"1\""), "{junit}");
    assert!(read(&env, "trueup.sarif").contains("\"unknown-field\""));
}

#[test]
fn a_target_that_is_not_there_is_told() {
    let env = on_github(TestEnv::without_target());
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("apply -f a.yaml --server http://127.0.0.1:1 --ci github"), @"
    [stderr]
    applying to http://127.0.0.1:1
    ::error title=command::cannot reach http://127.0.0.1:1: connection refused (while asking GET /api)%0Ais the server running, and is this its address?
    error: cannot reach http://127.0.0.1:1: connection refused (while asking GET /api)
    hint: is the server running, and is this its address?
    [exit 1]
    ");
}

#[test]
fn apply_plan_and_delete_report_what_they_do() {
    let env = on_github(TestEnv::new());
    env.write("a.yaml", config_map("a", "1") + "---\n" + &config_map("B", "1"));
    assert_shows!(env.run("apply -f a.yaml --diff --ci github"), @r#"
    === created configmap/a in namespace default (a.yaml:1)
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: a
    +  namespace: default

    [stderr]
    applying to local store store
    error: a.yaml:11:3: configmap/B in namespace default: from server (Invalid): ConfigMap "B" is invalid: metadata.name: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
     11 |   name: B
        |   ^
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged, 1 failed.
    ::error file=a.yaml,line=11,col=3,title=configmap/B in namespace default::from server (Invalid): ConfigMap "B" is invalid: metadata.name: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    ::notice file=a.yaml,line=1,col=1,title=created configmap/a in namespace default::+ data:%0A    key: "1"
    [exit 1]
    "#);
    env.write("a.yaml", config_map("a", "2"));
    assert_shows!(env.run("plan -f a.yaml -o a.plan --ci junit"), @r#"
    === update configmap/a in namespace default (a.yaml:1)
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: "1"
    +  key: "2"
     kind: ConfigMap
     metadata:
       name: a

    Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 0 unchanged.
    [stderr]
    saved to a.plan; to carry it out: trueup apply a.plan
    "#);
    assert_shows!(env.run("apply a.plan --ci github"), @r#"
    configmap/a configured
    [stderr]
    applying to local store store
    Applied: 0 created, 1 updated, 0 replaced, 0 deleted, 0 unchanged.
    ::notice file=a.yaml,line=1,col=1,title=updated configmap/a in namespace default::~ data.key: "1" → "2"
    "#);
    assert_shows!(env.run("delete cm a b --ci github"), @r#"
    configmap "a" deleted from default namespace
    [stderr]
    deleting from local store store
    error: from server (NotFound): configmaps "b" not found
    ::error title=configmap/b in namespace default::from server (NotFound): configmaps "b" not found
    ::warning title=deleted configmap/a in namespace default::configmap/a in namespace default deleted
    [exit 1]
    "#);
    insta::assert_snapshot!(read(&env, "github_summary"), @r#"
    <!-- trueup: trueup apply -->
    ### trueup apply

    Applied: **1 created**, 0 updated, 0 replaced, 0 deleted, 0 unchanged, **1 failed**.

    Target: `local store store`

    **failed** `configmap/B in namespace default`

    ```
    a.yaml:11:3: from server (Invalid): ConfigMap "B" is invalid: metadata.name: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
    ```

    | action | object | namespace | source |
    |---|---|---|---|
    | created | `configmap/a` | `default` | `a.yaml:1` |

    <details><summary>created configmap/a in namespace default</summary>

    ```diff
    @@ -0,0 +1,7 @@
    +apiVersion: v1
    +data:
    +  key: "1"
    +kind: ConfigMap
    +metadata:
    +  name: a
    +  namespace: default
    ```

    </details>

    <!-- trueup: trueup apply -->
    ### trueup apply

    Applied: 0 created, **1 updated**, 0 replaced, 0 deleted, 0 unchanged.

    Target: `local store store`

    | action | object | namespace | source |
    |---|---|---|---|
    | updated | `configmap/a` | `default` | `a.yaml:1` |

    <details><summary>updated configmap/a in namespace default</summary>

    ```diff
    @@ -1,6 +1,6 @@
     apiVersion: v1
     data:
    -  key: "1"
    +  key: "2"
     kind: ConfigMap
     metadata:
       name: a
    ```

    </details>

    <!-- trueup: trueup delete -->
    ### trueup delete

    Deleted: 1 object, **1 failed**.

    Target: `local store store`

    **failed** `configmap/b in namespace default`

    ```
    from server (NotFound): configmaps "b" not found
    ```

    | action | object | namespace | source |
    |---|---|---|---|
    | deleted | `configmap/a` | `default` |  |
    "#);
}

/// The annotations of errors, without what they say.
fn error_places(output: &Output) -> Vec<&str> {
    let lines = output.stderr.lines().filter_map(|line| line.strip_prefix("::error "));
    lines.map(|line| line.split_once("::").map_or(line, |(place, _)| place)).collect()
}

#[test]
fn what_keeps_a_set_from_having_an_order_is_told_at_its_annotation() {
    let env = on_github(TestEnv::new());
    let annotated = |name: &str, on: &str| {
        let annotation = format!("metadata:\n  annotations: {{config.kubernetes.io/depends-on: {on}}}");
        config_map(name, "1").replace("metadata:", &annotation)
    };
    let member = |name: &str| format!("/namespaces/default/ConfigMap/{name}");
    env.write("circle.yaml", annotated("a", &member("b")) + "---\n" + &annotated("b", &member("a")));
    env.write("missing.yaml", annotated("c", &member("nowhere")));
    env.write("wave.yaml", config_map("d", "1").replace("metadata:", "metadata:\n  annotations: {trueup.dev/wave: soon}"));
    for command in ["apply", "diff", "plan", "delete --yes"] {
        let told = |file: &str, name: &str| {
            let output = env.run(&format!("{command} -f {file} --ci github --ci junit --ci sarif --ci dotenv --ci-dir out"));
            assert_ne!(output.code(), Some(0), "{command} {output}");
            let junit = read(&env, "out/trueup-junit.xml");
            let case = format!("<testcase name=\"configmap/{name}\" classname=\"default\" file=\"{file}\" line=\"4\">\n      <failure ");
            assert!(junit.contains(&case), "{command} {junit}");
            let sarif: Value = serde_json::from_str(&read(&env, "out/trueup.sarif")).unwrap();
            let result = sarif["runs"][0]["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == "order").unwrap();
            assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
            assert!(read(&env, "out/trueup.env").contains("TRUEUP_HAS_ERRORS=true\n"));
            assert!(read(&env, "out/trueup.env").contains("TRUEUP_FAILED=1\n"), "one object failed, and nothing beside it");
            let place = format!("file={file},line=4,col=17,title=configmap/{name} in namespace default");
            assert_eq!(error_places(&output), [place.as_str()], "{command} {output}");
        };
        told("circle.yaml", "a");
        told("wave.yaml", "d");
        // What a deletion's objects depend on elsewhere does not matter.
        if command != "delete --yes" {
            told("missing.yaml", "c");
        }
    }
}

#[test]
fn objects_that_are_not_as_a_plan_has_them_are_told_at_their_manifests() {
    let env = on_github(TestEnv::new());
    env.write("a.yaml", config_map("a", "1"));
    env.prepare("plan -f a.yaml -o a.plan");
    env.prepare("apply -f a.yaml");
    assert_shows!(env.run("apply a.plan --ci github"), @"
    [stderr]
    applying to local store store
    error: a.yaml:1:1: configmap/a in namespace default: it is not as it was planned: it exists by now (uid 00000002-0000-0000-8000-000000000001)
    ::error file=a.yaml,line=1,col=1,title=configmap/a in namespace default::it is not as it was planned: it exists by now (uid 00000002-0000-0000-8000-000000000001)
    error: nothing was applied, since the plan is out of date
    hint: make a new plan
    [exit 1]
    ");
}

#[test]
fn what_a_command_waited_for_in_vain_is_one_case_at_its_manifest() {
    let env = on_github(TestEnv::new());
    env.write("shop.yaml", SHOP);
    let applied = env.run("apply -f shop.yaml --wait --timeout=1s --ci github --ci junit");
    assert_eq!(applied.code(), Some(1), "{applied}");
    assert_eq!(error_places(&applied), ["file=shop.yaml,line=6,col=1,title=deployment.apps/web in namespace shop"], "{applied}");
    let junit = read(&env, "trueup-junit.xml");
    assert_eq!(junit.matches("name=\"deployment.apps/web\"").count(), 1, "{junit}");
    assert!(junit.contains("failures=\"1\" errors=\"0\"") && junit.contains("type=\"not-ready\""), "{junit}");
    assert!(junit.contains("<system-out>created\n"), "what was done is told too: {junit}");

    env.write("held.yaml", config_map("held", "1").replace("metadata:", "metadata:\n  finalizers: [example.com/hold]"));
    env.prepare("apply -f held.yaml");
    let deleted = env.run("delete -f held.yaml --yes --timeout=1s --ci github --ci junit");
    assert_eq!(deleted.code(), Some(1), "{deleted}");
    assert_eq!(error_places(&deleted), ["file=held.yaml,line=1,col=1,title=configmap/held in namespace default"], "{deleted}");
    assert!(read(&env, "trueup-junit.xml").contains("tests=\"1\" failures=\"1\" errors=\"0\""));
}

#[test]
fn a_manifest_that_names_its_set_itself_is_told_at_the_label() {
    let env = on_github(TestEnv::new());
    env.write("a.yaml", config_map("a", "1").replace("metadata:", "metadata:\n  labels: {applyset.kubernetes.io/part-of: x}"));
    for command in ["apply", "diff", "plan"] {
        let output = env.run(&format!("{command} -f a.yaml --applyset shop -n default --ci github"));
        assert_eq!(error_places(&output), ["file=a.yaml,line=4,col=12,title=configmap/a"], "{command} {output}");
    }
}

#[test]
fn a_revision_is_no_file_of_the_repository() {
    let env = on_github(TestEnv::new());
    for value in ["1", "2"] {
        env.write("a.yaml", config_map("a", value));
        env.prepare("apply -f a.yaml --applyset shop -n default");
    }
    let output = env.run("rollback --applyset shop -n default --ci github");
    assert!(output.stderr.contains("\n::notice title=updated configmap/a in namespace default::"), "{output}");
}

#[test]
fn without_the_platform_it_is_said_what_is_missing() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("diff -f a.yaml -q -o names --ci github"), @r#"
    configmap/a
    [stderr]
    warning: --ci github: GITHUB_STEP_SUMMARY is not set, so no summary of the job is written
    warning: --ci github: GITHUB_OUTPUT is not set, so no outputs are written
    ::notice file=a.yaml,line=1,col=1,title=create configmap/a in namespace default::+ data:%0A    key: "1"
    [exit 1]
    "#);
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure_with_a_status_of_its_own() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("diff -f a.yaml -o names --ci junit=none/x.xml --ci sarif=b.sarif"), @"
    configmap/a
    [stderr]
    error: --ci junit: cannot write none/x.xml: No such file or directory (os error 2)
    [exit 2]
    ");
    assert!(read(&env, "b.sarif").contains("configmap/a"), "the others are written");
    assert_shows!(env.run("diff -f a.yaml -o names --detailed-exitcode --ci junit --ci-dir a.yaml"), @"
    configmap/a
    [stderr]
    error: --ci-dir: cannot make a.yaml: File exists (os error 17)
    error: --ci junit: cannot write a.yaml/trueup-junit.xml: Not a directory (os error 20)
    [exit 1]
    ");
    assert_eq!(env.run("apply -f a.yaml --ci junit=none/x.xml").code(), Some(1));
}

#[test]
fn reports_that_make_no_sense_are_a_usage_error() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    assert_shows!(env.run("diff -f a.yaml --ci junti"), @"
    [stderr]
    error: invalid value 'junti' for '--ci <FORMAT[=FILE]>': known are github, gitlab, dotenv, junit, sarif, markdown

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("diff -f a.yaml --ci github=x"), @"
    [stderr]
    error: invalid value 'github=x' for '--ci <FORMAT[=FILE]>': github takes no file: the platform says where its reports go

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("diff -f a.yaml --ci junit=a --ci sarif=a"), @"
    [stderr]
    error: two reports cannot go to one file, a
    [exit 2]
    ");
    assert_shows!(env.run("diff -f a.yaml --ci junit --ci junit=b"), @"
    [stderr]
    error: --ci junit is given twice
    [exit 2]
    ");
    assert_shows!(env.run("diff -f a.yaml --ci junit --ci-name a--b"), @"
    [stderr]
    error: invalid value 'a--b' for '--ci-name <NAME>': use up to 64 letters, digits, and . _ - between them

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("diff -f a.yaml --ci-dir out"), @"
    [stderr]
    error: the following required arguments were not provided:
      --ci <FORMAT[=FILE]>

    Usage: trueup diff --ci <FORMAT[=FILE]> --filename <FILE> --ci-dir <DIR>

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn differences_count_as_what_is_asked_for() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    let output = env.run("diff -f a.yaml --ci junit --ci-differences error");
    assert_eq!(output.code(), Some(1), "the exit status stays that of diff");
    assert!(read(&env, "trueup-junit.xml").contains("tests=\"1\" failures=\"1\""));
}

#[test]
fn commands_in_what_others_wrote_are_none_on_any_stream() {
    let env = on_github(TestEnv::new());
    env.write(
        "a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: |\n    x\n    ::error::evil\n    ##[add-mask]evil\n",
    );
    for form in ["diff", "path", "summary"] {
        let output = env.run(&format!("diff -f a.yaml -o {form} --ci github"));
        let lines = output.stdout.lines().chain(output.stderr.lines());
        for line in lines.filter(|line| line.contains("evil")) {
            let ours = line.starts_with("::notice file=");
            assert!(ours || (!line.trim_start().starts_with("::") && !line.contains("##[")), "{line}");
        }
    }
}

/// A document in YAML.
fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Runs the action as a runner does: inputs with their defaults put into the variables of its step, and the step's script given to the
/// shell that it names.
fn run_action(env: TestEnv, inputs: &[(&str, &str)]) -> (TestEnv, Output) {
    let action = yaml(include_str!("../../../action.yml"));
    assert_eq!(action["runs"]["using"], "composite");
    let [step] = &action["runs"]["steps"].as_array().unwrap()[..] else { panic!("one step") };
    assert_eq!(step["shell"], "bash");
    let script = step["run"].as_str().unwrap();
    assert!(!script.contains("${{"), "inputs are never part of a script");
    let input = |name: &str| {
        let declared = &action["inputs"][name];
        assert!(declared["description"].is_string(), "{name}");
        let given = inputs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        given.or(declared["default"].as_str()).unwrap_or_else(|| panic!("{name} has no default")).to_owned()
    };
    assert!(inputs.iter().all(|(name, _)| action["inputs"][name].is_object()), "{inputs:?}");
    let mut env = env;
    for (variable, value) in step["env"].as_object().unwrap() {
        let name = value.as_str().unwrap().strip_prefix("${{ inputs.").and_then(|rest| rest.strip_suffix(" }}")).unwrap();
        env = env.with(variable, &input(name));
    }
    assert_eq!(step["env"].as_object().unwrap().len(), action["inputs"].as_object().unwrap().len(), "every input is used");
    env.write("step.sh", script);
    let output = shell_with_program(&env, "bash --noprofile --norc -eo pipefail step.sh");
    (env, output)
}

/// Runs a line with the program on PATH.
fn shell_with_program(env: &TestEnv, line: &str) -> Output {
    fs::create_dir_all(env.path("bin")).unwrap();
    // Several runs in one world share the link.
    let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_trueup"), env.path("bin/trueup"));
    env.shell(&format!("PATH=\"$PWD/bin:$PATH\" {line}"))
}

/// What a step left for later steps; each output that the action declares is among them.
fn action_outputs(env: &TestEnv) -> Vec<(String, String)> {
    let written = read(env, "github_output");
    let outputs: Vec<(String, String)> =
        written.lines().filter_map(|line| line.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let action = yaml(include_str!("../../../action.yml"));
    for (name, output) in action["outputs"].as_object().unwrap() {
        assert_eq!(output["value"], format!("${{{{ steps.run.outputs.{name} }}}}"));
        assert!(outputs.iter().any(|(known, _)| known == name), "{name} is not written:\n{written}");
    }
    outputs
}

#[test]
fn the_action_compares_and_leaves_reports_and_outputs() {
    let env = on_github(TestEnv::without_target());
    env.write("deploy/eu/a.yaml", config_map("a", "1"));
    env.write("b c.yaml", config_map("b", "1"));
    let (env, output) = run_action(env, &[("files", "deploy\nb c.yaml"), ("local", "store"), ("args", "--show-owners\n-o\nsummary")]);
    assert_shows!(output, @r#"
    === create configmap/a in namespace default (deploy/eu/a.yaml:1)
    === create configmap/b in namespace default (b c.yaml:1)
    Plan: 2 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged.
    [stderr]
    ::notice file=deploy/eu/a.yaml,line=1,col=1,title=create configmap/a in namespace default::+ data:%0A    key: "1"
    ::notice file=b c.yaml,line=1,col=1,title=create configmap/b in namespace default::+ data:%0A    key: "1"
    "#);
    let outputs = action_outputs(&env);
    let value = |name: &str| outputs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    assert_eq!((value("changed"), value("create"), value("exit-code")), (Some("true"), Some("2"), Some("1")));
    for file in ["comment-file", "full-diff-file", "junit-file", "sarif-file"] {
        assert!(!read(&env, value(file).unwrap()).is_empty(), "{file}");
    }
    assert!(read(&env, "github_summary").contains("2 to create"));
}

#[test]
fn the_action_fails_on_changes_where_that_is_asked_for_and_on_failures_always() {
    let world = || {
        let env = on_github(TestEnv::without_target());
        env.write("a.yaml", config_map("a", "1"));
        env
    };
    let inputs = |more: &[(&'static str, &'static str)]| [&[("files", "a.yaml"), ("local", "store")], more].concat();
    let code = |more: &[(&'static str, &'static str)]| run_action(world(), &inputs(more)).1.code();
    assert_eq!(code(&[]), Some(0));
    assert_eq!(code(&[("fail-on-changes", "true")]), Some(1));
    assert_eq!(code(&[("command", "apply")]), Some(0));
    assert_eq!(code(&[("namespace", "nowhere/x")]), Some(2));
    assert_eq!(code(&[("command", "serve")]), Some(2));
    let (env, output) = run_action(world(), &inputs(&[("command", "apply"), ("args", "--dry-run=$(touch evil);touch evil")]));
    assert_eq!((output.code(), env.path("evil").exists()), (Some(2), false), "inputs are not run");
}

#[test]
fn the_gitlab_template_compares_and_applies() {
    let template = yaml(include_str!("../../../examples/ci/gitlab/trueup.gitlab-ci.yml"));
    let mut env = on_gitlab(TestEnv::new());
    for (name, value) in template["variables"].as_object().unwrap() {
        env = env.with(name, value.as_str().unwrap());
    }
    env.write("deploy/a.yaml", config_map("a", "1"));
    // The runner joins the lines of a job into one script, and ends it where a line fails.
    let run = |job: &str| {
        assert_eq!(template[job]["extends"], ".trueup");
        let lines: Vec<&str> = template[job]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        env.write("job.sh", format!("set -eo pipefail\n{}\n", lines.join("\n")));
        shell_with_program(&env, "bash job.sh")
    };
    assert_eq!(run("trueup:diff").code(), Some(0));
    let reports = template[".trueup"]["artifacts"]["reports"].as_object().unwrap();
    assert_eq!(reports.len(), 3);
    for file in reports.values() {
        assert!(!read(&env, file.as_str().unwrap()).is_empty(), "{file}");
    }
    assert!(read(&env, "trueup-reports/trueup.env").starts_with("TRUEUP_CHANGED=true\n"));
    assert_shows!(run("trueup:apply"), @"
    configmap/a created
    [stderr]
    applying to local store store
    Applied: 1 created, 0 updated, 0 replaced, 0 deleted, 0 unchanged.
    ");
    env.write("deploy/a.yaml", "kind: [");
    assert_eq!(run("trueup:diff").code(), Some(2), "failures fail the job");
}

/// The instructions of a container recipe, lines that go on joined, comments left out.
fn instructions(text: &str) -> Vec<(String, String)> {
    let joined = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.trim().to_owned())).unwrap()).collect()
}

#[test]
fn the_container_recipe_builds_the_program_and_runs_it_without_rights() {
    let all = instructions(include_str!("../../../examples/ci/Containerfile"));
    let known = ["FROM", "RUN", "WORKDIR", "COPY", "ENV", "USER", "ENTRYPOINT", "CMD"];
    assert!(all.iter().all(|(word, _)| known.contains(&word.as_str())), "{all:?}");
    let stages: Vec<usize> = all.iter().enumerate().filter(|(_, (word, _))| word == "FROM").map(|(index, _)| index).collect();
    let [0, last] = stages[..] else { panic!("two stages") };
    let rust = env!("CARGO_PKG_RUST_VERSION");
    assert!(all[0].1.starts_with(&format!("rust:{rust}-")) && all[0].1.ends_with(" AS build"), "{:?}", all[0]);
    let image = &all[last..];
    let one = |word: &str| image.iter().find(|(known, _)| known == word).map(|(_, rest)| rest.as_str()).unwrap_or_else(|| panic!("{word}"));
    assert_eq!(one("COPY"), "--from=build /src/target/release/trueup /usr/local/bin/trueup");
    let (user, group) = one("USER").split_once(':').unwrap();
    assert!(user.parse::<u32>().is_ok_and(|id| id > 0) && group.parse::<u32>().is_ok_and(|id| id > 0), "a number, and not root");
    let env = TestEnv::new();
    for (_, script) in all.iter().filter(|(word, _)| word == "RUN") {
        env.write("run.sh", script);
        assert_eq!(env.shell("sh -n run.sh").shown(), "", "{script}");
    }
    // What starts with the image, here with the program built by the tests.
    let words = |word: &str| serde_json::from_str::<Vec<String>>(one(word)).unwrap().join(" ");
    let output = shell_with_program(&env, &format!("{} {}", words("ENTRYPOINT"), words("CMD")));
    assert_eq!(output.code(), Some(0));
    assert!(output.stdout.contains("Usage: trueup"), "{output}");
    assert_eq!(shell_with_program(&env, &format!("{} version --client", words("ENTRYPOINT"))).code(), Some(0));
}

#[test]
fn every_command_has_a_manual_page_that_man_accepts() {
    let env = TestEnv::without_target();
    let output = env.run("man pages/man1");
    assert_eq!(output.code(), Some(0));
    let mut names: Vec<_> =
        fs::read_dir(env.path("pages/man1")).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let help = env.run("--help").stdout.clone();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for command in commands.filter_map(|line| line.split_whitespace().next()).filter(|command| *command != "help") {
        assert!(names.contains(&format!("trueup-{command}.1")), "{command}: {names:?}");
    }
    assert!(names.contains(&"trueup.1".to_owned()) && names.contains(&"trueup-config-view.1".to_owned()), "{names:?}");
    for name in &names {
        let page = read(&env, &format!("pages/man1/{name}"));
        assert!(page.contains(".SH NAME\n") && page.contains(".SH SYNOPSIS\n"), "{name}");
    }
    // Only man-db says what it does not like about a page.
    if !env.shell("man --version").stdout.starts_with("man 2") {
        return;
    }
    let warnings = env.shell("for page in pages/man1/*; do MANWIDTH=80 man --warnings=w -l \"$page\" 2>&1 >/dev/null; done");
    assert_eq!(warnings.shown(), "");
    let page = env.shell("MANWIDTH=80 man -l pages/man1/trueup-diff.1").stdout.clone();
    assert!(
        page.contains("--detailed-exitcode")
            && page.contains("  trueup diff -f deploy/ -o path             one line for each changed field"),
        "{page}"
    );
    assert_shows!(env.run("man /dev/null/x"), @"
    [stderr]
    error: cannot write to /dev/null/x: Not a directory (os error 20)
    [exit 1]
    ");
}

#[test]
fn a_summary_that_would_be_too_long_is_cut_to_what_is_left() {
    let env = on_github(TestEnv::new());
    env.write("a.yaml", config_map("a", &"x".repeat(40_000)));
    env.write("github_summary", "y".repeat((1 << 20) - 1000));
    assert_eq!(env.run("diff -f a.yaml -o names --ci github").code(), Some(1));
    let summary = read(&env, "github_summary");
    assert!(
        summary.len() <= 1 << 20 && summary.contains("1 to create") && summary.contains("the longest difference is cut"),
        "{}",
        summary.len()
    );
    env.write("github_summary", "y".repeat(1 << 20));
    let output = env.run("diff -f a.yaml -o names --ci github");
    assert_eq!(output.code(), Some(2));
    assert!(output.stderr.ends_with("github_summary: the summary of this step is full\n"), "{output}");
}

#[test]
fn the_documented_workflow_posts_a_comment_once_and_then_puts_the_new_one_in_its_place() {
    let page = include_str!("../../../docs/pipelines.md");
    let workflow = yaml(page.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0);
    let steps = workflow["jobs"]["trueup"]["steps"].as_array().unwrap();
    let action = yaml(include_str!("../../../action.yml"));
    let uses = steps.iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/trueup@"))).unwrap();
    assert!(uses["with"].as_object().unwrap().keys().all(|input| action["inputs"][input].is_object()));
    let script = steps.last().unwrap()["run"].as_str().unwrap();
    assert!(!script.contains("${{"));
    let env = on_github(TestEnv::new())
        .with("GITHUB_REPOSITORY", "o/r")
        .with("COMMENT", "comment.md")
        .with("COMMENTS", "repos/o/r/issues/7/comments");
    env.write("a.yaml", config_map("a", "1"));
    assert_eq!(env.run("diff -f a.yaml --ci markdown=comment.md").code(), Some(1));
    // Stands for GitHub's own program: it notes what it is asked, and finds the comments that there are by their beginning.
    env.write("bin/gh", "#!/bin/sh\necho \"$@\" >> asked\nif [ \"$2\" = --paginate ]; then echo \"$MARK\" >> marks; cat found; fi\n");
    env.write("comment.sh", script);
    let run = |found: &str| {
        env.write("found", found);
        let output = env.shell("chmod +x bin/gh; PATH=\"$PWD/bin:$PATH\" bash -eo pipefail comment.sh");
        assert_eq!(output.code(), Some(0), "{output}");
    };
    run("");
    run("42\n43\n");
    let asked = read(&env, "asked");
    let written: Vec<&str> = asked.lines().filter(|line| line.contains("--method")).collect();
    let expected = [
        "api --method POST repos/o/r/issues/7/comments -F body=@comment.md",
        "api --method PATCH repos/o/r/issues/comments/42 -F body=@comment.md",
    ];
    assert_eq!(written, expected);
    assert_eq!(read(&env, "marks"), "<!-- trueup: trueup diff -->\n".repeat(2));
}
