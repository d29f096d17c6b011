//! `get -o`: forms of the caller's making, and the order of what is shown.

use super::SHOP;
use crate::harness::cli::{TestEnv, assert_shows};

fn shop() -> TestEnv {
    let env = TestEnv::new();
    for document in SHOP.split("---\n") {
        env.write("one.yaml", document);
        env.prepare("apply -f one.yaml");
    }
    for (name, size) in [("web-10", "b"), ("web-9", "a"), ("cache", "c")] {
        let labels = if name == "cache" { "{}" } else { "{app: web, example.com/team: front}" };
        env.write(
            "one.yaml",
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop, labels: {labels}}}\ndata: {{size: {size}}}\n"
            ),
        );
        env.prepare("apply -f one.yaml");
    }
    env.at("2026-11-22T10:05:30Z");
    env
}

#[test]
fn columns_may_be_the_callers_own() {
    let env = shop();
    assert_shows!(env.run("get deploy,cm -n shop -o custom-columns=KIND:.kind,NAME:.metadata.name,IMAGES:.spec.template.spec.containers[*].image,LABELS:.metadata.labels"), @"
    KIND         NAME       IMAGES       LABELS
    Deployment   web        nginx:1.27   map[app:web]
    ConfigMap    cache      <none>       <none>
    ConfigMap    settings   <none>       map[app:web]
    ConfigMap    web-10     <none>       map[app:web example.com/team:front]
    ConfigMap    web-9      <none>       map[app:web example.com/team:front]
    ");
    env.write("columns.txt", "NAME          SIZE\nmetadata.name data.size\n");
    assert_shows!(env.run("get cm -n shop --no-headers -o custom-columns-file=columns.txt"), @"
    cache      c
    settings   <none>
    web-10     b
    web-9      a
    ");
}

#[test]
fn templates_print_what_a_script_needs() {
    let env = shop();
    assert_shows!(env.run("get svc web -n shop -o jsonpath={.spec.ports[0].port}"), @"80");
    assert_shows!(env.shell(r#"trueup get cm -n shop -o jsonpath='{range .items[*]}{.metadata.name}{"\t"}{.data.size}{"\n"}{end}'"#), @"
    cache	c
    settings	
    web-10	b
    web-9	a
    ");
    assert_shows!(env.shell(r#"trueup get cm -n shop -o jsonpath-as-json='{.items[?(@.data.size=="a")].metadata.labels}'"#), @r#"
    [
        {
            "app": "web",
            "example.com/team": "front"
        }
    ]
    "#);
    assert_shows!(env.shell(r#"trueup get secret login -n shop -o go-template='{{.data.password | base64decode}}{{"\n"}}'"#), @"not-to-be-seen");
    assert_shows!(env.shell(r#"trueup get cm -n shop -o go-template='{{range .items}}{{.metadata.name}} {{end}}'"#), @"cache settings web-10 web-9");
}

#[test]
fn what_is_no_form_is_refused_before_anything_is_asked() {
    let env = TestEnv::new();
    assert_shows!(env.run("get cm -o jsn"), @r#"
    [stderr]
    error: invalid value 'jsn' for '--output <FORM>': there is no form "jsn"
      [possible forms: json, yaml, wide, name, custom-columns, custom-columns-file, jsonpath, jsonpath-file, jsonpath-as-json, go-template, go-template-file]

      tip: a similar form exists: 'json'
    [exit 2]
    "#);
    assert_shows!(env.run("get cm -o jsonpath={.a"), @r#"
    [stderr]
    error: invalid value 'jsonpath={.a' for '--output <FORM>': a closing brace is expected at character 3 of "{.a"
      [possible forms: json, yaml, wide, name, custom-columns, custom-columns-file, jsonpath, jsonpath-file, jsonpath-as-json, go-template, go-template-file]
    [exit 2]
    "#);
    assert_shows!(env.run("get cm -o custom-columns=NAME"), @r#"
    [stderr]
    error: invalid value 'custom-columns=NAME' for '--output <FORM>': "NAME" is no column; write HEADER:JSONPATH, such as NAME:.metadata.name
      [possible forms: json, yaml, wide, name, custom-columns, custom-columns-file, jsonpath, jsonpath-file, jsonpath-as-json, go-template, go-template-file]
    [exit 2]
    "#);
    assert_shows!(env.run("get cm --sort-by=.a["), @r#"
    [stderr]
    error: --sort-by: an index, '*', a quoted name or a filter is expected at character 3 of ".a["
    [exit 2]
    "#);
    assert_shows!(env.shell("trueup get cm -o go-template='{{range .items}}'"), @"
    [stderr]
    error: invalid value 'go-template={{range .items}}' for '--output <FORM>': a block (if, range, with, ...) is not ended: {{end}} is missing
      [possible forms: json, yaml, wide, name, custom-columns, custom-columns-file, jsonpath, jsonpath-file, jsonpath-as-json, go-template, go-template-file]
    [exit 2]
    ");
}

#[test]
fn lists_are_sorted_by_any_field() {
    let env = shop();
    assert_shows!(env.run("get cm -n shop --sort-by=.data.size"), @"
    NAME       DATA   AGE
    settings   1      5m30s
    web-9      1      5m30s
    web-10     1      5m30s
    cache      1      5m30s
    ");
    assert_shows!(env.run("get cm -n shop --sort-by={.metadata.name} -o name"), @"
    configmap/cache
    configmap/settings
    configmap/web-9
    configmap/web-10
    ");
    assert_shows!(env.run("get cm -n shop --sort-by=.data.sise"), @"
    [stderr]
    error: --sort-by .data.sise: none of the objects has this field; did you mean .data.size?
    [exit 1]
    ");
}

#[test]
fn labels_and_kinds_are_columns_too() {
    let env = shop();
    assert_shows!(env.run("get cm -n shop -L app,example.com/team"), @"
    NAME       DATA   AGE     APP   TEAM
    cache      1      5m30s         
    settings   1      5m30s   web   
    web-10     1      5m30s   web   front
    web-9      1      5m30s   web   front
    ");
    assert_shows!(env.run("get cm web-9 -n shop --show-kind --show-labels"), @"
    NAME              DATA   AGE     LABELS
    configmap/web-9   1      5m30s   app=web,example.com/team=front
    ");
}

#[test]
fn a_subresource_is_read_by_name() {
    let env = shop();
    assert_shows!(env.run("get deploy web -n shop --subresource=scale -o jsonpath={.kind}:{.spec.replicas}"), @"Scale:2");
    assert_shows!(env.run("get deploy web -n shop --subresource=scale"), @"
    NAME   DESIRED   AVAILABLE   AGE
    web    2         0           5m30s
    ");
    assert_shows!(env.run("get deploy web -n shop --subresource=nothing"), @"
    [stderr]
    error: from server (NotFound): the server could not find the requested resource
    [exit 1]
    ");
    assert_shows!(env.run("get deploy -n shop --subresource=scale"), @"
    [stderr]
    error: --subresource needs the names of objects
    [exit 2]
    ");
}

#[test]
fn a_path_of_the_api_is_printed_as_it_answers() {
    let env = shop();
    assert_shows!(env.run("get --raw /api/v1/namespaces/shop/configmaps/web-9?fieldManager=ignored"), @r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"resourceVersion":"14","creationTimestamp":"2026-11-22T10:00:00Z","labels":{"app":"web","example.com/team":"front"},"managedFields":[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:size":{}},"f:metadata":{"f:labels":{"f:app":{},"f:example.com/team":{}}}},"manager":"trueup","operation":"Apply","time":"2026-11-22T10:00:00Z"}],"name":"web-9","namespace":"shop","uid":"00000007-0000-0000-8000-000000000001"},"data":{"size":"a"}}"#);
    assert_shows!(env.run("get --raw /nothing"), @"
    [stderr]
    error: from server (NotFound): the server could not find the requested resource
    [exit 1]
    ");
    assert_shows!(env.run("get --raw healthz"), @"
    [stderr]
    error: --raw healthz: a path of the API begins with a slash
    [exit 2]
    ");
    assert_shows!(env.run("get --raw /healthz cm"), @"
    [stderr]
    error: the argument '--raw <PATH>' cannot be used with '[RESOURCE]...'

    Usage: trueup get --raw <PATH> [RESOURCE]...

    For more information, try '--help'.
    [exit 2]
    ");
    assert_shows!(env.run("get"), @"
    [stderr]
    error: the following required arguments were not provided:
      <RESOURCE>...

    Usage: trueup get <RESOURCE>...

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn templates_and_columns_find_the_owners_of_fields() {
    let env = shop();
    assert_shows!(env.run("get cm web-9 -n shop -o jsonpath={.metadata.managedFields[*].manager}"), @"trueup");
    assert_shows!(env.run("get cm -n shop -l app=web -o jsonpath={.items[*].metadata.managedFields[0].operation}"), @"Apply Apply Apply");
    assert_shows!(env.run("get cm web-9 -n shop -o go-template={{(index(.metadata.managedFields)0).manager}}"), @"trueup");
    assert_shows!(env.run("get cm web-9 -n shop -o custom-columns=BY:.metadata.managedFields[*].manager"), @"
    BY
    trueup
    ");
    assert!(!env.run("get cm web-9 -n shop -o yaml").stdout.contains("managedFields"));
}
