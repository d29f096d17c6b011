//! What kubectl builds in another way, on purpose: each stands in docs/kustomize.md.

use super::{documents, kubectl};
use crate::harness::cli::TestEnv;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80, protocol: TCP}]}\n";
const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {containers: [{name: a, image: 'a:1'}]}}}\n";

fn env(kustomization: &str, resource: &str) -> TestEnv {
    let env = TestEnv::new();
    env.write("kustomization.yaml", format!("resources: [r.yaml]\n{kustomization}"));
    env.write("r.yaml", resource);
    env
}

/// Both build; ours has something else at a place.
#[track_caller]
fn differs(env: &TestEnv, pointer: &str, ours: &serde_json::Value, theirs: &serde_json::Value) {
    let built = env.run("kustomize");
    assert_eq!(built.code(), Some(0), "{built}");
    assert_eq!(documents(&built.stdout)[0].pointer(pointer), Some(ours));
    let Some(built) = kubectl(&env.path(""), ".") else { return };
    assert_eq!(documents(&built.unwrap())[0].pointer(pointer), Some(theirs));
}

/// Only ours refuses.
#[track_caller]
fn refuses(env: &TestEnv, said: &str) {
    let refused = env.run("kustomize");
    assert_eq!(refused.code(), Some(1), "{refused}");
    assert!(refused.stderr.contains(said), "{said:?} is not said:\n{refused}");
    assert!(kubectl(&env.path(""), ".").is_none_or(|built| built.is_ok()));
}

#[test]
fn a_tag_suffix_is_appended_once() {
    let env = env("images: [{name: a, tagSuffix: -x}]\n", DEPLOYMENT);
    differs(&env, "/spec/template/spec/containers/0/image", &"a:1-x".into(), &"a:1-x-x".into());
}

#[test]
fn a_patch_that_leaves_the_protocol_out_is_not_lost() {
    let env = env(
        "patches:\n- patch: |\n    {apiVersion: v1, kind: Service, metadata: {name: s}, spec: {ports: [{port: 80, name: web}]}}\n",
        SERVICE,
    );
    differs(
        &env,
        "/spec/ports",
        &serde_json::json!([{"name": "web", "port": 80, "protocol": "TCP"}]),
        &serde_json::json!([{"port": 80, "protocol": "TCP"}]),
    );
}

#[test]
fn a_patch_whose_item_has_no_key_does_not_empty_the_list() {
    let patch = "patches:\n- patch: |\n    {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {template: {spec: {containers: [{image: b}]}}}}\n";
    refuses(&env(patch, DEPLOYMENT), "has no \"name\", which tells the items of this list apart");
}

#[test]
fn replacing_one_item_of_a_list_is_refused() {
    let patch = "patches:\n- patch: |\n    {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {template: {spec: {containers: [{name: a, $patch: replace}]}}}}\n";
    refuses(&env(patch, DEPLOYMENT), "replace stands alone in an item");
}

#[test]
fn directives_that_kustomize_takes_for_fields_are_refused() {
    let patch = "patches:\n- patch: |\n    {apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {$retainKeys: [template]}}\n";
    refuses(&env(patch, DEPLOYMENT), "$retainKeys is a directive that kustomize does not know");
}

#[test]
fn field_names_are_as_they_are_spelled() {
    refuses(&env("NamePrefix: a\n", SERVICE), "there is no field `NamePrefix` in a kustomization, did you mean `namePrefix`?");
}

#[test]
fn a_replacement_by_a_mapping_does_not_empty_a_text() {
    let replacement = "replacements:\n- {source: {kind: Service, fieldPath: spec.ports}, targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}\n";
    let env = env(replacement, SERVICE);
    let refused = env.run("kustomize");
    assert!(refused.stderr.contains("it is a text, and the source a list"), "{refused}");
}

#[test]
fn kinds_newer_than_kustomizes_schemas_have_no_namespace_either() {
    let env = env("namespace: x\n", "apiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: FlowSchema\nmetadata: {name: f}\n");
    differs(&env, "/metadata", &serde_json::json!({"name": "f"}), &serde_json::json!({"name": "f", "namespace": "x"}));
}

#[test]
fn a_date_stays_as_it_is_written() {
    let env = env("", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {since: 2026-01-02}\n");
    differs(&env, "/data/since", &"2026-01-02".into(), &"2026-01-02T00:00:00Z".into());
}

#[test]
fn what_is_not_supported_is_refused_by_its_name() {
    for (field, value) in [
        ("crds", "[]"),
        ("vars", "[]"),
        ("openapi", "{}"),
        ("buildMetadata", "[]"),
        ("generators", "[]"),
        ("transformers", "[]"),
        ("validators", "[]"),
        ("helmCharts", "[]"),
        ("helmGlobals", "{}"),
        ("helmChartInflationGenerator", "[]"),
    ] {
        let env = env(&format!("{field}: {value}\n"), SERVICE);
        refuses(&env, &format!("kustomization.yaml:2:1: the field `{field}` is not supported: "));
    }
}
