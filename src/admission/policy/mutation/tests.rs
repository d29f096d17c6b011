use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::cel::{AdmissionExpression, Asked, Budget, CALL_BUDGET, Evaluation, Made, Returns, Scope, Variables};
use crate::schema::{self, Schema, crd};

struct Kind {
    gvk: Gvk,
    schema: Arc<Schema>,
}

impl Kind {
    fn builtin(group: &str, version: &str, kind: &str) -> Self {
        let gvk = Gvk::new(group, version, kind);
        let schema = schema::builtin(&gvk).expect("a built-in kind");
        Self { gvk, schema }
    }

    /// A custom kind with something of every way to merge.
    fn custom() -> Self {
        let text = json!({"type": "string"});
        let spec = json!({"type": "object", "properties": {
            "size": {"type": "integer"},
            "words": {"type": "array", "items": text},
            "set": {"type": "array", "items": text, "x-kubernetes-list-type": "set"},
            "whole": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": text, "b": text}},
            "parts": {"type": "object", "properties": {"a": text, "b": text}},
            "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "ports": {
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {"type": "object", "required": ["name"], "properties": {"name": text, "port": {"type": "integer"}, "tags": {"type": "array", "items": text}}},
            },
        }});
        let schema = crd::compile(&json!({"type": "object", "properties": {"spec": spec}}), "schema").expect("a schema");
        Self { gvk: Gvk::new("example.com", "v1", "Widget"), schema: Arc::new(schema) }
    }

    fn place(&self) -> Place<'_> {
        Place { gvk: &self.gvk, schema: self.schema.root() }
    }

    fn object(&self, spec: Value) -> Value {
        let mut object =
            json!({"apiVersion": self.gvk.api_version(), "kind": self.gvk.kind, "metadata": {"name": "web", "namespace": "shop"}});
        object["spec"] = spec;
        object
    }

    fn change(&self, object: &Value, text: &str) -> Result<Change, String> {
        let made = if text.trim_start().starts_with('[') { Made::Patch } else { Made::Configuration };
        let (variables, nothing) = (Variables::default(), &Value::Null);
        let expression = AdmissionExpression::new(text, Scope::default(), &variables, Returns::Change(made));
        let asked = Asked { object, old: nothing, request: nothing, namespace: nothing, params: nothing, authorizer: None };
        let mut over = Evaluation::new(asked, &variables, Budget::new(CALL_BUDGET));
        expression.change(made, &mut over).map_err(|fault| fault.to_string())
    }

    fn mutated(&self, object: &Value, text: &str) -> Result<Value, MutationError> {
        let change = self.change(object, text).unwrap_or_else(|why| panic!("{text}: {why}"));
        changed(self.place(), object, change)
    }

    #[track_caller]
    fn spec_after(&self, spec: Value, text: &str) -> Value {
        let mut after = self.mutated(&self.object(spec), text).unwrap_or_else(|error| panic!("{text}: {error}"));
        after["spec"].take()
    }

    #[track_caller]
    fn fails(&self, spec: Value, text: &str, why: &str) {
        let error = self.mutated(&self.object(spec), text).expect_err(text);
        assert_eq!(error.to_string(), why, "{text}");
        assert_eq!(error.refusal(), None, "{text}");
    }

    #[track_caller]
    fn is_refused(&self, spec: Value, text: &str, why: &str) {
        let error = self.mutated(&self.object(spec), text).expect_err(text);
        let refusal = error.refusal().unwrap_or_else(|| panic!("{text}: {error}"));
        assert_eq!(refusal.reason.code(), 500, "{text}");
        assert!(refusal.message.starts_with("Internal error occurred: ") && refusal.message.contains(why), "{text}: {}", refusal.message);
    }
}

fn pod() -> Kind {
    Kind::builtin("", "v1", "Pod")
}

fn containers() -> Value {
    json!({"containers": [
        {"name": "main", "image": "shop/web:1", "env": [{"name": "A", "value": "1"}], "args": ["serve"]},
        {"name": "log", "image": "shop/log:1"},
    ]})
}

#[test]
fn fields_are_merged_and_everything_else_stays() {
    let deployment = Kind::builtin("apps", "v1", "Deployment");
    let spec = json!({"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": {"spec": containers()}});
    let after = deployment.spec_after(spec.clone(), "Object{spec: Object.spec{replicas: object.spec.replicas + 2, paused: true}}");
    let mut expected = spec;
    expected["replicas"] = json!(3);
    expected["paused"] = json!(true);
    assert_eq!(after, expected);
}

#[test]
fn labels_are_merged_one_by_one() {
    let pod = pod();
    let mut object = pod.object(containers());
    object["metadata"]["labels"] = json!({"app": "web", "team": "red"});
    let after = pod.mutated(&object, "Object{metadata: Object.metadata{labels: {'team': 'blue', 'tier': 'front'}}}").unwrap();
    assert_eq!(after["metadata"]["labels"], json!({"app": "web", "team": "blue", "tier": "front"}));
}

#[test]
fn items_are_merged_by_what_tells_them_apart() {
    let text = "Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{
        name: c.name, env: [Object.spec.containers.env{name: 'ZONE', value: 'a'}]
    })}}";
    let mut expected = containers();
    // What is applied comes where it would be created, after what was there.
    expected["containers"][0]["env"] = json!([{"name": "A", "value": "1"}, {"name": "ZONE", "value": "a"}]);
    expected["containers"][1]["env"] = json!([{"name": "ZONE", "value": "a"}]);
    assert_eq!(pod().spec_after(containers(), text), expected);

    let sidecar =
        "Object{spec: Object.spec{initContainers: [Object.spec.initContainers{name: 'proxy', image: 'mesh:1', restartPolicy: 'Always'}]}}";
    let after = pod().spec_after(containers(), sidecar);
    assert_eq!(after["initContainers"], json!([{"name": "proxy", "image": "mesh:1", "restartPolicy": "Always"}]));
    assert_eq!(after["containers"], containers()["containers"]);

    let widget = Kind::custom();
    let ports = json!({"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 2}], "set": ["x", "y"], "parts": {"a": "1"}});
    let text = "Object{spec: Object.spec{
        ports: [Object.spec.ports{name: 'b', port: 3}, Object.spec.ports{name: 'c'}], set: ['y', 'z'], parts: Object.spec.parts{b: '2'}
    }}";
    let expected = json!({
        "ports": [{"name": "a", "port": 1}, {"name": "b", "port": 3}, {"name": "c"}], "set": ["x", "y", "z"], "parts": {"a": "1", "b": "2"},
    });
    assert_eq!(widget.spec_after(ports, text), expected);
}

#[test]
fn what_only_changes_as_a_whole_is_not_applied() {
    let may_not =
        |paths: &str| format!("error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {paths}");
    let widget = Kind::custom();
    for (text, paths) in [
        ("Object{spec: Object.spec{words: ['a']}}", ".spec.words"),
        ("Object{spec: Object.spec{words: []}}", ".spec.words"),
        ("Object{spec: Object.spec{whole: Object.spec.whole{a: '1'}}}", ".spec.whole"),
        ("Object{spec: Object.spec{words: ['a'], whole: Object.spec.whole{}}}", ".spec.whole, .spec.words"),
        ("Object{spec: Object.spec{ports: [Object.spec.ports{name: 'b', tags: ['x']}]}}", ".spec.ports[0].tags"),
        ("Object{spec: Object.spec{open: ['a']}}", ".spec.open"),
        ("Object{metadata: Object.metadata{managedFields: []}}", ".metadata.managedFields"),
    ] {
        let change = widget.mutated(&widget.object(json!({"words": ["z"]})), text);
        match change {
            // What the schema does not take for a list is refused before.
            Err(MutationError::Configuration(_)) if text.contains("open") => {}
            other => assert_eq!(other.map_err(|error| error.to_string()), Err(may_not(paths)), "{text}"),
        }
    }
    pod().fails(
        containers(),
        "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'main', args: ['other']}]}}",
        &may_not(".spec.containers[0].args"),
    );
    pod().fails(containers(), "Object{spec: Object.spec{nodeSelector: {'zone': 'a'}}}", &may_not(".spec.nodeSelector"));
}

#[test]
fn fields_to_apply_are_those_of_the_schema() {
    let cannot = |why: &str| format!("error applying patch: failed to convert patch object to typed object: {why}");
    for (text, why) in [
        ("Object{spec: Object.spec{replica: 1}}", ".spec.replica: field not declared in schema"),
        ("Object{other: 1}", ".other: field not declared in schema"),
        ("Object{spec: 1}", ".spec: expected an object, got a number"),
        (
            "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'x'}, Object.spec.containers{name: 'x'}]}}",
            ".spec.containers: duplicate entries for key [name=\"x\"]",
        ),
        ("Object{spec: Object.spec{priority: 'high'}}", "json: cannot unmarshal string into field spec.priority of type int32"),
        ("Object{spec: Object.spec{hostNetwork: 1.5}}", "json: cannot unmarshal number 1.5 into field spec.hostNetwork of type bool"),
    ] {
        pod().fails(containers(), text, &cannot(why));
    }
    // The name of a port of the custom kind has no default, by which one without it could be told apart.
    Kind::custom().fails(
        json!({}),
        "Object{spec: Object.spec{ports: [Object.spec.ports{port: 1}]}}",
        &cannot(".spec.ports: element 0: associative list with keys has an element that omits all key fields [\"name\"]"),
    );
}

#[test]
fn which_kind_it_is_of_is_not_for_an_apply_configuration_to_say() {
    let object = pod().object(containers());
    assert_eq!(pod().mutated(&object, "Object{apiVersion: 'apps/v1', kind: 'Deployment'}"), Ok(object));
}

#[test]
fn an_empty_apply_configuration_changes_nothing() {
    for text in [
        "Object{}",
        "Object{spec: Object.spec{}}",
        "Object{spec: Object.spec{containers: []}}",
        "Object{metadata: Object.metadata{labels: {}}}",
    ] {
        let object = pod().object(containers());
        let after = pod().mutated(&object, text).unwrap();
        assert_eq!(after["spec"], object["spec"], "{text}");
    }
}

#[test]
fn live_items_that_stand_twice_do_not_keep_others_from_being_applied() {
    let mut spec = containers();
    spec["containers"][0]["env"] = json!([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]);
    let text = "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'main', env: [Object.spec.containers.env{name: 'B', value: '3'}]}]}}";
    let after = pod().spec_after(spec, text);
    assert_eq!(
        after["containers"][0]["env"],
        json!([{"name": "A", "value": "1"}, {"name": "A", "value": "2"}, {"name": "B", "value": "3"}])
    );
}

#[test]
fn times_and_quantities_that_are_applied_are_written_in_their_one_way() {
    let text = "Object{spec: Object.spec{containers: [Object.spec.containers{
        name: 'main', resources: Object.spec.containers.resources{requests: {'cpu': '1000m', 'memory': '1024Mi'}}
    }]}}";
    let after = pod().spec_after(containers(), text);
    assert_eq!(after["containers"][0]["resources"]["requests"], json!({"cpu": "1", "memory": "1Gi"}));
}

#[test]
fn operations_of_a_patch_are_done_in_their_order() {
    let text = "[
        JSONPatch{op: 'test', path: '/spec/containers/0/name', value: 'main'},
        JSONPatch{op: 'add', path: '/metadata/labels', value: {}},
        JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('shop.example/team'), value: 'blue'},
        JSONPatch{op: 'replace', path: '/spec/containers/0/image', value: 'mirror/' + object.spec.containers[0].image},
        JSONPatch{op: 'add', path: '/spec/containers/0/args/-', value: '--verbose'},
        JSONPatch{op: 'add', path: '/spec/securityContext', value: Object.spec.securityContext{runAsNonRoot: true}},
        JSONPatch{op: 'move', from: '/spec/containers/1', path: '/spec/containers/0'}
    ]";
    let after = pod().mutated(&pod().object(containers()), text).unwrap();
    assert_eq!(after["metadata"]["labels"], json!({"shop.example/team": "blue"}));
    assert_eq!(after["spec"]["securityContext"], json!({"runAsNonRoot": true}));
    assert_eq!(after["spec"]["containers"][0]["name"], "log");
    assert_eq!(after["spec"]["containers"][1]["image"], "mirror/shop/web:1");
    assert_eq!(after["spec"]["containers"][1]["args"], json!(["serve", "--verbose"]));
}

#[test]
fn a_patch_of_which_a_test_fails_changes_nothing_and_is_no_failure() {
    let object = pod().object(containers());
    let text = "[JSONPatch{op: 'add', path: '/spec/hostNetwork', value: true}, JSONPatch{op: 'test', path: '/spec/containers/0/name', value: 'x'}]";
    assert_eq!(pod().mutated(&object, text), Ok(object));
}

#[test]
fn a_patch_that_does_not_fit_is_told_with_its_operation() {
    for (text, why) in [
        ("[JSONPatch{op: 'remove', path: '/spec/nowhere'}]", "operation 0: remove /spec/nowhere: there is no member \"nowhere\""),
        ("[JSONPatch{op: 'add', path: '/spec/a/b', value: 1}]", "operation 0: add /spec/a/b: there is no member \"a\""),
        ("[JSONPatch{op: 'jump', path: '/spec'}]", "operation 0: unexpected kind: jump"),
        ("[JSONPatch{path: '/spec'}]", "operation 0: unexpected kind: "),
        ("[JSONPatch{op: 'add', path: '/spec'}]", "operation 0: member \"value\" is missing"),
        ("[JSONPatch{op: 'copy', path: '/spec'}]", "operation 0: member \"from\" is missing"),
        ("[JSONPatch{op: 'add', path: 'spec', value: 1}]", "operation 0: \"spec\" is no JSON pointer"),
    ] {
        pod().fails(containers(), text, &format!("JSON Patch: {why}"));
    }
}

#[test]
fn what_a_patch_leaves_must_be_an_object_of_the_kind() {
    for (text, why) in [
        ("[JSONPatch{op: 'add', path: '/spec/replicas', value: 1}]", "strict decoding error: unknown field \"spec.replicas\""),
        (
            "[JSONPatch{op: 'add', path: '/a', value: 1}, JSONPatch{op: 'add', path: '/metadata/b', value: 2}]",
            "strict decoding error: unknown field \"a\", unknown field \"metadata.b\"",
        ),
        (
            "[JSONPatch{op: 'add', path: '/spec/hostNetwork', value: 'yes'}]",
            "json: cannot unmarshal string into field spec.hostNetwork of type bool",
        ),
        ("[JSONPatch{op: 'replace', path: '/kind', value: 'Secret'}]", "failed to convert object: it is \"Secret\" of \"v1\" now"),
        ("[JSONPatch{op: 'remove', path: '/apiVersion'}]", "failed to convert object: it is \"Pod\" of \"\" now"),
        ("[JSONPatch{op: 'replace', path: '', value: []}]", "failed to convert object: it is \"\" of \"\" now"),
    ] {
        pod().is_refused(containers(), text, why);
    }
}

#[test]
fn of_a_custom_resource_a_patch_may_leave_what_the_schema_drops_or_refuses_later() {
    let widget = Kind::custom();
    let text = "[JSONPatch{op: 'add', path: '/spec/gone', value: 1}, JSONPatch{op: 'add', path: '/spec/words', value: ['a']},
        JSONPatch{op: 'add', path: '/spec/open', value: {'x': {'y': 1}}}, JSONPatch{op: 'add', path: '/spec/size', value: 'wrong'}]";
    assert_eq!(widget.spec_after(json!({"size": 1}), text), json!({"words": ["a"], "open": {"x": {"y": 1}}, "size": "wrong"}));
    widget.is_refused(json!({}), "[JSONPatch{op: 'add', path: '/metadata/labels', value: 'wrong'}]", "into field metadata.labels");
}

#[test]
fn the_object_given_is_left_as_it_was() {
    let object = pod().object(containers());
    let before = object.clone();
    let _changed = pod().mutated(&object, "[JSONPatch{op: 'remove', path: '/spec'}]");
    let _changed = pod().mutated(&object, "Object{spec: Object.spec{hostNetwork: true}}");
    assert_eq!(object, before);
}

fn run_all(texts: &[&str], settle: impl FnMut(Value) -> Result<Value, Refusal>) -> Result<Run, Refusal> {
    let deployment = Kind::builtin("apps", "v1", "Deployment");
    let object = deployment.object(json!({"replicas": 1}));
    run(deployment.place(), object, texts.len(), |index, object| deployment.change(object, texts[index]), settle)
}

#[test]
fn each_mutation_sees_what_the_ones_before_made() {
    let more = "Object{spec: Object.spec{replicas: object.spec.replicas * 2 + 1}}";
    let done = run_all(&[more, "[JSONPatch{op: 'replace', path: '/spec/replicas', value: object.spec.replicas * 10}]", more], Ok).unwrap();
    assert_eq!((&done.object["spec"]["replicas"], done.is_changed, done.is_touched), (&json!(61), true, true));
    assert_eq!(done.failures, [""; 0]);
}

#[test]
fn a_mutation_that_fails_does_not_keep_the_next_from_being_made() {
    let more = "Object{spec: Object.spec{replicas: object.spec.replicas + 1}}";
    let done = run_all(&["Object{spec: object.missing}", more, "Object{x: 1}", more, "Object{x: y}"], Ok).unwrap();
    assert_eq!(done.object["spec"]["replicas"], 3);
    assert_eq!(done.failures.len(), 3, "{:?}", done.failures);
    assert!(done.failures[0].contains("no such key: missing") && done.failures[1].contains(".x: field not declared in schema"));
    assert!(done.failures[2].starts_with("compilation error: compilation failed: "), "{:?}", done.failures);
}

#[test]
fn what_comes_to_nothing_is_told_apart_from_what_changes_nothing() {
    let untouched = run_all(&["Object{spec: object.missing}"], Ok).unwrap();
    assert_eq!((untouched.is_changed, untouched.is_touched), (false, false));
    let touched = run_all(&["Object{spec: Object.spec{replicas: 1}}"], Ok).unwrap();
    assert_eq!((touched.is_changed, touched.is_touched), (false, true));
}

#[test]
fn what_changes_leave_out_is_filled_in_after_each() {
    let replicas = |mut object: Value| {
        object["spec"]["paused"] = json!(true);
        Ok(object)
    };
    let done = run_all(
        &["[JSONPatch{op: 'remove', path: '/spec/replicas'}]", "Object{spec: Object.spec{replicas: object.spec.paused ? 5 : 6}}"],
        replicas,
    );
    assert_eq!(done.unwrap().object["spec"], json!({"paused": true, "replicas": 5}));
}

#[test]
fn an_object_that_cannot_be_read_any_more_ends_the_request() {
    let refusal = run_all(&["[JSONPatch{op: 'add', path: '/x', value: 1}]", "Object{}"], Ok).unwrap_err();
    assert_eq!(refusal.message, "Internal error occurred: strict decoding error: unknown field \"x\"");
    let refused = run_all(&["Object{}"], |_| Err(Refusal::internal("no defaults".to_owned())));
    assert_eq!(refused.map_err(|refusal| refusal.message), Err("no defaults".to_owned()));
}
