//! What is wrong with kustomizations, in the words that a user reads: each through a folder of files.

use std::fs;

use super::*;

/// What is told of a folder with these files, whose path is left out.
async fn told(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("shop");
    fs::create_dir(&root).expect("made");
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    told_of(&root, &root).await
}

/// What is told of a folder, with `DIR` for the path of the one it is in.
async fn told_of(folder: &Path, root: &Path) -> String {
    let fetch = |_| async { Err(FetchError::TooLarge) };
    let errors = kustomize(folder, &fetch).await.expect_err("something is wrong");
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    text.join("\n").replace(root.to_str().expect("text"), "DIR")
}

const CONFIG_MAP: (&str, &str) = ("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n");

/// The same of a kustomization beside a ConfigMap `a` in `a.yaml`.
async fn told_beside(kustomization: &str) -> String {
    told(&[("kustomization.yaml", kustomization), CONFIG_MAP]).await
}

#[tokio::test]
async fn a_folder_that_is_no_one_kustomization_is_told() {
    insta::assert_snapshot!(told(&[CONFIG_MAP]).await, @"
    DIR: there is no kustomization.yaml, kustomization.yml or Kustomization in this folder
    hint: check the path; a folder of plain manifests is given with -f
    ");
    insta::assert_snapshot!(told(&[("kustomization.yaml", ""), ("Kustomization", "")]).await, @"DIR: this folder has both kustomization.yaml and Kustomization; only one of them can be meant");
    insta::assert_snapshot!(told(&[("kustomization.yaml", "# nothing\n")]).await, @"
    DIR/kustomization.yaml:1:1: a kustomization must be one YAML document that says something; this file has no content
     1 | # nothing
       | ^
    ");
    insta::assert_snapshot!(told(&[("kustomization.yaml", "kind: Kustomization\n")]).await, @"
    DIR/kustomization.yaml:1:1: a kustomization must be one YAML document that says something; this file has no field that says what to build
     1 | kind: Kustomization
       | ^
    ");
    insta::assert_snapshot!(told_beside("resources: [a.yaml]\n---\nresources: [a.yaml]\n").await, @"
    DIR/kustomization.yaml:3:1: a kustomization must be one YAML document that says something; this file has several documents
     3 | resources: [a.yaml]
       | ^
    ");
    insta::assert_snapshot!(told_beside("resources: a.yaml\nnamePrefx: x\nhelmCharts: []\n").await, @"
    DIR/kustomization.yaml:1:12: `resources` must be a list, not a text
     1 | resources: a.yaml
       |            ^
    DIR/kustomization.yaml:2:1: there is no field `namePrefx` in a kustomization, did you mean `namePrefix`?
     2 | namePrefx: x
       | ^
    DIR/kustomization.yaml:3:1: the field `helmCharts` is not supported: charts are not inflated; render the chart and name the result as a resource
     3 | helmCharts: []
       | ^
    ");
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_told() {
    insta::assert_snapshot!(told_beside("resources: [none.yaml]\n").await, @r#"
    DIR/kustomization.yaml:1:13: "none.yaml" does not exist
     1 | resources: [none.yaml]
       |             ^
    "#);
    insta::assert_snapshot!(told_beside("resources: [/etc]\n").await, @r#"
    DIR/kustomization.yaml:1:13: "/etc" is absolute; a folder is named relative to the kustomization
     1 | resources: [/etc]
       |             ^
    "#);
    insta::assert_snapshot!(told_beside("resources: [git@github.com:a/b]\n").await, @r#"
    DIR/kustomization.yaml:1:13: "git@github.com:a/b" is a git repository, and repositories are not fetched
     1 | resources: [git@github.com:a/b]
       |             ^
    hint: clone it beside this folder and name the clone's folder
    "#);
    insta::assert_snapshot!(told_beside("resources: [.]\n").await, @r#"
    DIR/kustomization.yaml:1:13: "." leads back to shop, which is being built: this is a cycle
     1 | resources: [.]
       |             ^
    hint: a kustomization may name folders beside and below it, but none that it lies in
    "#);
    let outside = [("below/kustomization.yaml", "resources: [../a.yaml]\n"), ("kustomization.yaml", "resources: [below]\n"), CONFIG_MAP];
    insta::assert_snapshot!(told(&outside).await, @r#"
    DIR/below/kustomization.yaml:1:13: "../a.yaml" is not in or below the folder of this kustomization
     1 | resources: [../a.yaml]
       |             ^
    hint: put the file below the folder, or make its folder a kustomization and name that as a resource
    "#);
    let kinds = [("kustomization.yaml", "components: [base]\n"), ("base/kustomization.yaml", "resources: [../a.yaml]\n")];
    insta::assert_snapshot!(told(&kinds).await, @r#"
    DIR/kustomization.yaml:1:14: "base" is a Kustomization, and components takes a Component
     1 | components: [base]
       |              ^
    "#);
}

#[tokio::test]
async fn what_a_build_may_read_is_bounded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut path = folder.path().to_owned();
    for _ in 0..40 {
        fs::write(path.join("kustomization.yaml"), "resources: [x]\n").expect("written");
        path.push("x");
        fs::create_dir(&path).expect("made");
    }
    let deep = told_of(folder.path(), folder.path()).await;
    insta::assert_snapshot!(deep.split_once(": ").expect("a place").1, @"
    kustomizations are nested more than 32 levels deep
     1 | resources: [x]
       |             ^
    ");
    // Each names the one beside it twice over.
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..15 {
        let path = folder.path().join(number.to_string());
        fs::create_dir(&path).expect("made");
        fs::write(path.join("kustomization.yaml"), format!("resources: [../{}, ../{0}]\n", number + 1)).expect("written");
    }
    fs::create_dir(folder.path().join("15")).expect("made");
    fs::write(folder.path().join("15/kustomization.yaml"), "namePrefix: x\n").expect("written");
    let many = told_of(&folder.path().join("0"), folder.path()).await;
    insta::assert_snapshot!(many, @"
    DIR/12/kustomization.yaml:1:20: this kustomization reads more than 10000 files
     1 | resources: [../13, ../13]
       |                    ^
    ");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["a", "b"] {
        fs::File::create(folder.path().join(name)).and_then(|file| file.set_len(40 << 20)).expect("written");
    }
    fs::write(folder.path().join("kustomization.yaml"), "configMapGenerator: [{name: x, files: [a, b]}]\n").expect("written");
    insta::assert_snapshot!(told_of(folder.path(), folder.path()).await, @"
    DIR/kustomization.yaml:1:43: this kustomization reads more than 64 MiB
     1 | configMapGenerator: [{name: x, files: [a, b]}]
       |                                           ^
    ");
}

#[tokio::test]
async fn a_patch_that_does_not_fit_is_told() {
    let patch = |text: &str| format!("resources: [a.yaml]\npatches:\n- target: {{kind: ConfigMap}}\n  patch: |-\n    {text}\n");
    insta::assert_snapshot!(told_beside(&patch("a text")).await, @"
    DIR/kustomization.yaml:5:5: this is neither a strategic merge patch (an object with `kind` and `metadata.name`) nor a JSON patch (a list of operations)
     5 |     a text
       |     ^
    ");
    insta::assert_snapshot!(told_beside(&patch("kind: ConfigMap")).await, @"
    DIR/kustomization.yaml:5:5: this is neither a strategic merge patch (an object with `kind` and `metadata.name`) nor a JSON patch (a list of operations)
     5 |     kind: ConfigMap
       |     ^
    ");
    insta::assert_snapshot!(told_beside(&patch("[{op: remove, path: /data/none}]")).await, @r#"
    DIR/kustomization.yaml:5:5: the patch does not fit ConfigMap a: json patch: operation 0: remove /data/none: there is no member "none"
     5 |     [{op: remove, path: /data/none}]
       |     ^
    "#);
    insta::assert_snapshot!(told_beside(&patch("[{op: replace, path: '', value: 1}]")).await, @"
    DIR/kustomization.yaml:5:5: the patch does not fit ConfigMap a: an API object must be a JSON object
     5 |     [{op: replace, path: '', value: 1}]
       |     ^
    ");
    insta::assert_snapshot!(told_beside(&patch("{kind: ConfigMap, metadata: {name: a}, data: {$patch: merge-all}}")).await, @r#"
    DIR/kustomization.yaml:5:5: the patch does not fit ConfigMap a: /data/$patch is "merge-all", but must be merge, replace or delete
     5 |     {kind: ConfigMap, metadata: {name: a}, data: {$patch: merge-all}}
       |     ^
    "#);
    let other = "resources: [a.yaml]\npatches:\n- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}'\n";
    insta::assert_snapshot!(told_beside(other).await, @r#"
    DIR/kustomization.yaml:3:10: no object fits: ConfigMap other of "v1", in the namespace "default"
     3 | - patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}'
       |          ^
    "#);
}

#[tokio::test]
async fn generators_rules_and_replacements_that_cannot_be_followed_are_told() {
    insta::assert_snapshot!(told_beside("resources: [a.yaml, a.yaml]\n").await, @"
    DIR/a.yaml:1:1: ConfigMap a is already there, from DIR/a.yaml:1:1
     1 | apiVersion: v1
       | ^
    ");
    insta::assert_snapshot!(told_beside("configMapGenerator: [{name: a, behavior: merge}]\n").await, @"
    DIR/kustomization.yaml:1:22: ConfigMap a is not there, so that there is nothing to merge with or to replace
     1 | configMapGenerator: [{name: a, behavior: merge}]
       |                      ^
    hint: `behavior: create`, the default, makes a new one; merge and replace change one that is there
    ");
    insta::assert_snapshot!(told_beside("configMapGenerator: [{name: a, literals: [novalue]}]\n").await, @r#"
    DIR/kustomization.yaml:1:43: "this literal" must be key=value
     1 | configMapGenerator: [{name: a, literals: [novalue]}]
       |                                           ^
    "#);
    insta::assert_snapshot!(told_beside("configMapGenerator: [{name: a, behavior: add}]\n").await, @r#"
    DIR/kustomization.yaml:1:42: `behavior` is "add", but must be create, merge or replace
     1 | configMapGenerator: [{name: a, behavior: add}]
       |                                          ^
    "#);
    let rules =
        "resources: [a.yaml]\nlabels:\n- pairs: {a: b}\n  fields: [{path: x/y, create: true}]\nconfigurations: [one.yaml, two.yaml]\n";
    let of = |create: bool| format!("namePrefix: [{{path: spec/x, kind: Thing, create: {create}}}]\n");
    let files = [("kustomization.yaml", rules), CONFIG_MAP, ("one.yaml", &of(true)), ("two.yaml", &of(false))];
    insta::assert_snapshot!(told(&files).await, @r#"
    DIR/kustomization.yaml:5:28: two rules for the field "spec/x" differ in `create`
     5 | configurations: [one.yaml, two.yaml]
       |                            ^
    "#);
    let replacement = |source: &str, target: &str| {
        format!(
            "resources: [a.yaml]\nreplacements:\n- source: {{{source}}}\n  targets: [{{select: {{kind: ConfigMap}}, fieldPaths: [{target}]}}]\n"
        )
    };
    insta::assert_snapshot!(told_beside(&replacement("kind: Secret", "data.k")).await, @"
    DIR/kustomization.yaml:3:3: no object fits: the source of a replacement (kind Secret)
     3 | ***
       |   ^
    ");
    insta::assert_snapshot!(told_beside(&replacement("kind: ConfigMap, fieldPath: data.none", "data.k")).await, @r#"
    DIR/kustomization.yaml:3:3: no object fits: the field "data.none" of ConfigMap a
     3 | - source: {kind: ConfigMap, fieldPath: data.none}
       |   ^
    "#);
    insta::assert_snapshot!(told_beside(&replacement("kind: ConfigMap", "data.none.deeper")).await, @"
    DIR/kustomization.yaml:3:3: cannot set data.none.deeper of ConfigMap a: there is no such field; `create: true` makes one
     3 | - source: {kind: ConfigMap}
       |   ^
    ");
}
