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
    assert_shows!(env.run("apply -f deploy"), @"");
    assert_shows!(env.run("apply -f deploy -R -f single.yaml"), @"");
    assert_shows!(env.run_with_input("apply -f -", &config_map("e", "1")), @"");
}

#[test]
fn lists_are_opened() {
    let env = TestEnv::new();
    env.write(
        "list.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n    name: B\n",
    );
    env.write("typed.json", r#"{"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "c"}}]}"#);
    assert_shows!(env.run("apply -f list.yaml -f typed.json"), @"");
}

#[test]
fn yaml_is_read_as_kubectl_reads_it() {
    let env = TestEnv::new();
    env.write(
        "a.yaml",
        "base: &base {app: web}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  enableServiceLinks: no\n  containers:\n  - &c\n    name: a\n    image: a\n  - <<: *c\n    name: b\n  volumes:\n  - name: v\n    configMap: {name: x, defaultMode: 0644}\n",
    );
    assert_shows!(env.run("apply -f a.yaml"), @"");
    env.write("a.yaml", std::fs::read_to_string(env.path("a.yaml")).unwrap().split_once("---\n").unwrap().1);
    assert_shows!(env.run("apply -f a.yaml"), @"");
    assert_shows!(env.run("get pod a -o yaml"), @"");
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
    assert_shows!(env.run("apply -f broken.yaml"), @"");
    assert_shows!(env.run("apply -f broken.json"), @"");
    assert_shows!(env.run("diff -f tab.yaml -f twice.yaml -f bare.yaml -f template.yaml"), @"");
    assert_shows!(env.run_with_input("apply -f -", "- a\n"), @"");
}

#[test]
fn an_object_described_twice_names_both_places() {
    let env = TestEnv::new();
    env.write("a.yaml", config_map("a", "1"));
    env.write("b.yaml", config_map("a", "2"));
    env.write("c.yaml", config_map("a", "3").replace("name: a", "name: a\n  namespace: default"));
    assert_shows!(env.run("apply -f a.yaml -f b.yaml"), @"");
    assert_shows!(env.run("apply -f a.yaml -f c.yaml"), @"");
}

#[test]
fn files_that_are_not_there_are_named() {
    let env = TestEnv::new();
    env.write("empty/notes.txt", "");
    env.write("deep/below/a.yaml", config_map("a", "1"));
    env.write("nothing.yaml", "# nothing\n---\n");
    assert_shows!(env.run("apply"), @"");
    assert_shows!(env.run("apply -f missing.yaml"), @"");
    assert_shows!(env.run("apply -f empty"), @"");
    assert_shows!(env.run("apply -f deep"), @"");
    assert_shows!(env.run("diff -f nothing.yaml"), @"");
    assert_shows!(env.run("apply -f http://127.0.0.1:1/a.yaml"), @"");
}
