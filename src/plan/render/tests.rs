use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::manifest::{Origin, Source};
use crate::object::{Gvk, ObjectKey};
use crate::plan::{Action, PlanEntry, Summary};
use crate::yaml::Mark;

fn deployment(image: &str, replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": image, "resourceVersion": image, "generation": replicas,
            "creationTimestamp": image, "managedFields": [image]},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"image": image, "name": "web"}]}}},
    })
}

fn secret(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data})
}

#[test]
fn an_update_shows_what_changes_and_three_lines_around() {
    let expected = "\
@@ -4,9 +4,9 @@
   name: web
   namespace: shop
 spec:
-  replicas: 1
+  replicas: 2
   template:
     spec:
       containers:
-      - image: web:1.0
+      - image: web:1.1
         name: web
";
    assert_eq!(unified(Some(&deployment("web:1.0", 1)), Some(&deployment("web:1.1", 2)), DiffOptions::default()), expected);
}

#[test]
fn a_creation_and_a_deletion_show_the_whole_object() {
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let created = "@@ -0,0 +1,4 @@\n+apiVersion: v1\n+kind: Namespace\n+metadata:\n+  name: shop\n";
    assert_eq!(unified(None, Some(&object), DiffOptions::default()), created);
    let deleted = "@@ -1,4 +0,0 @@\n-apiVersion: v1\n-kind: Namespace\n-metadata:\n-  name: shop\n";
    assert_eq!(unified(Some(&object), None, DiffOptions::default()), deleted);
}

#[test]
fn what_only_the_server_sets_is_shown_on_demand() {
    let (mut before, after) = (deployment("a", 1), deployment("a", 1));
    before["metadata"]["resourceVersion"] = json!("9");
    assert_eq!(unified(Some(&before), Some(&after), DiffOptions::default()), "");
    let options = DiffOptions { server_fields: true, context: 0, ..DiffOptions::default() };
    assert_eq!(unified(Some(&before), Some(&after), options), "@@ -10 +10 @@\n-  resourceVersion: \"9\"\n+  resourceVersion: a\n");
}

#[test]
fn colour_emphasises_the_changed_part_of_a_line() {
    let (before, after) = (json!({"a": "one two three"}), json!({"a": "one 2 three"}));
    let options = DiffOptions { color: true, ..DiffOptions::default() };
    let expected = "\
\u{1b}[36m@@ -1 +1 @@\u{1b}[0m
\u{1b}[31m-\u{1b}[0m\u{1b}[31ma: one \u{1b}[0m\u{1b}[1;4;31mtwo\u{1b}[0m\u{1b}[31m three\u{1b}[0m
\u{1b}[32m+\u{1b}[0m\u{1b}[32ma: one \u{1b}[0m\u{1b}[1;4;32m2\u{1b}[0m\u{1b}[32m three\u{1b}[0m
";
    assert_eq!(unified(Some(&before), Some(&after), options), expected);
}

#[test]
fn values_of_secrets_show_only_whether_they_change() {
    let before = secret(&json!({"gone": "aQ==", "kept": "aQ==", "turned": "aQ=="}));
    let after = secret(&json!({"kept": "aQ==", "new": "ag==", "turned": "ag=="}));
    let expected = "\
@@ -1,8 +1,8 @@
 apiVersion: v1
 data:
-  gone: '***'
   kept: '*** (unchanged)'
-  turned: '*** (before)'
+  new: '***'
+  turned: '*** (after)'
 kind: Secret
 metadata:
   name: s
";
    assert_eq!(unified(Some(&before), Some(&after), DiffOptions::default()), expected);
    assert_eq!(unified(Some(&before), Some(&before), DiffOptions::default()), "");
    let open = DiffOptions { mask: false, context: 0, ..DiffOptions::default() };
    assert!(unified(Some(&before), Some(&after), open).contains("+  turned: ag=="));
}

#[test]
fn the_manifest_that_client_side_apply_kept_is_masked_too() {
    let annotated = |value: &str| {
        let manifest = json!({"apiVersion": "v1", "kind": "Secret", "stringData": {"p": value}, "data": {"same": "hunter0"}}).to_string();
        let mut object = secret(&json!({}));
        object["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": manifest});
        object
    };
    let text = unified(Some(&annotated("hunter1")), Some(&annotated("hunter2")), DiffOptions::default());
    assert!(!text.contains("hunter"), "{text}");
    assert!(text.contains(r#""p":"*** (before)""#) && text.contains(r#""p":"*** (after)""#), "{text}");
    assert!(text.contains(r#""same":"*** (unchanged)""#), "{text}");
}

#[test]
fn a_secret_is_masked_where_it_is_not_well_formed_too() {
    for odd in [json!("hunter1"), json!(["hunter1"]), json!({"a": {"b": "hunter1"}}), json!({"a": 7_000_001})] {
        let text = unified(Some(&secret(&odd)), Some(&secret(&json!({"a": "hunter2"}))), DiffOptions::default());
        assert!(!text.contains("hunter") && !text.contains("7000001"), "{text}");
        assert!(text.contains("*** (before)") && text.contains("*** (after)"), "{text}");
    }
    let mut broken = secret(&json!({}));
    broken["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": "{\"data\": hunter1"});
    assert!(!masked(&broken).to_string().contains("hunter"));
}

#[test]
fn a_lone_secret_is_masked_and_other_kinds_are_not() {
    assert_eq!(masked(&secret(&json!({"a": "b"})))["data"]["a"], "***");
    let config_map = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}});
    assert_eq!(masked(&config_map), config_map);
}

#[test]
fn long_text_is_compared_line_by_line() {
    let script = |word: &str| json!({"data": {"run.sh": format!("#!/bin/sh\n\tset -e\n\techo {word}  \n\techo done\n")}});
    let options = DiffOptions { context: 1, ..DiffOptions::default() };
    let expected = "@@ -4,3 +4,3 @@\n     \tset -e\n-    \techo a  \n+    \techo b  \n     \techo done\n";
    assert_eq!(unified(Some(&script("a")), Some(&script("b")), options), expected);
    let huge = json!({"data": {"bin": "x".repeat(1 << 20)}});
    assert!(unified(None, Some(&huge), DiffOptions::default()).len() > 1 << 20);
}

#[test]
fn control_characters_never_reach_the_terminal() {
    let text = unified(None, Some(&json!({"a": "\u{1b}]0;owned\u{7}", "b\u{1b}[2J": "x\n\u{9b}y"})), DiffOptions::default());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}

fn mk_entry(action: Action) -> PlanEntry {
    let source = Arc::new(Source::new("deploy/web.yaml", ""));
    PlanEntry {
        gvk: Gvk::new("apps", "v1", "Deployment"),
        plural: "deployments".to_owned(),
        key: ObjectKey::new(Some("shop"), "web"),
        action,
        before: None,
        after: None,
        origin: Some(Origin { source, mark: Mark { line: 12, column: 1 } }),
        source: None,
        reason: None,
    }
}

#[test]
fn a_header_says_what_happens_to_which_object_and_who_asks_for_it() {
    assert_eq!(
        header(&mk_entry(Action::Update), Tense::Future, false),
        "=== update deployment.apps/web in namespace shop (deploy/web.yaml:12)\n"
    );
    let replaced = PlanEntry { reason: Some("spec.selector cannot be changed".to_owned()), ..mk_entry(Action::Replace) };
    let expected = "=== replace deployment.apps/web in namespace shop (deploy/web.yaml:12): spec.selector cannot be changed\n";
    assert_eq!(header(&replaced, Tense::Future, false), expected);
    let mut gone = PlanEntry { origin: None, ..mk_entry(Action::Delete) };
    gone.gvk = Gvk::new("", "v1", "Namespace");
    gone.key = ObjectKey::new(None, "shop");
    assert_eq!(header(&gone, Tense::Past, false), "=== deleted namespace/shop\n");
    assert_eq!(
        header(&mk_entry(Action::Create), Tense::Future, true),
        "\u{1b}[1;32m=== create\u{1b}[0m deployment.apps/web in namespace shop\u{1b}[2m (deploy/web.yaml:12)\u{1b}[0m\n"
    );
}

#[test]
fn the_summary_counts_every_action() {
    let counts = Summary { create: 2, update: 1, unchanged: 7, ..Summary::default() };
    let text = |failed: usize, tense: Tense| summary(counts, failed, tense, false);
    assert_eq!(text(0, Tense::Future), "Plan: 2 to create, 1 to update, 0 to replace, 0 to delete, 7 unchanged.\n");
    assert_eq!(text(3, Tense::Past), "Applied: 2 created, 1 updated, 0 replaced, 0 deleted, 7 unchanged, 3 failed.\n");
    assert!(summary(counts, 0, Tense::Future, true).starts_with("Plan: \u{1b}[32m2 to create\u{1b}[0m, "));
}
