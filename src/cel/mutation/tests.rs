use serde_json::{Value, json};

use super::*;
use crate::cel::{
    AdmissionExpression, Asked, CALL_BUDGET, CompileError, DOCUMENT_BUDGET, Evaluation, Returns, Scope, Unevaluated, Variables,
    check_admission,
};

const SCOPE: Scope<'_> = Scope { params: true, authorizer: true, object: None };

fn variables() -> Variables {
    let mut variables = Variables::default();
    for (name, expression) in [("team", "'blue'"), ("ports", "[80, 443]")] {
        variables.add(name, expression, SCOPE).expect("it compiles");
    }
    variables
}

fn compiled(text: &str, returns: Returns) -> Result<(), CompileError> {
    check_admission(text, Scope { params: false, ..SCOPE }, Some(&variables()), returns)
}

fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [
            {"name": "main", "image": "shop/web:1"}, {"name": "log", "image": "shop/log:1"},
        ]}}},
    })
}

fn outcome(text: &str, made: Made, budget: u64) -> Result<Change, Unevaluated> {
    let (object, request) = (deployment(), json!({"operation": "CREATE", "userInfo": {"username": "me"}}));
    let (params, nothing, variables) = (json!({"least": 3, "nothing": null}), &Value::Null, variables());
    let asked = Asked { object: &object, old: nothing, request: &request, namespace: nothing, params: &params, authorizer: None };
    let expression = AdmissionExpression::new(text, SCOPE, &variables, Returns::Change(made));
    expression.change(made, &mut Evaluation::new(asked, &variables, Budget::new(budget)))
}

#[track_caller]
fn applies(text: &str, expected: Value) {
    assert_eq!(outcome(text, Made::Configuration, DOCUMENT_BUDGET), Ok(Change::Configuration(expected)), "{text}");
}

#[track_caller]
fn patches(text: &str, expected: Value) {
    let Value::Array(expected) = expected else { panic!("operations are a list") };
    assert_eq!(outcome(text, Made::Patch, DOCUMENT_BUDGET), Ok(Change::Patch(expected)), "{text}");
}

#[track_caller]
fn fails(text: &str, made: Made, why: &str) {
    match outcome(text, made, DOCUMENT_BUDGET) {
        Err(fault) => assert_eq!(fault.to_string(), why, "{text}"),
        Ok(change) => panic!("{text}: {change:?}"),
    }
}

#[track_caller]
fn is_refused(text: &str, made: Made, why: &str) {
    let error = compiled(text, Returns::Change(made)).expect_err(text).to_string();
    assert!(error.contains(why), "{text}: {error}");
}

#[test]
fn an_object_is_made_of_its_parts() {
    applies("Object{}", json!({}));
    applies(
        "Object{spec: Object.spec{replicas: params.least, template: Object.spec.template{spec: Object.spec.template.spec{hostNetwork: false}}}}",
        json!({"spec": {"replicas": 3, "template": {"spec": {"hostNetwork": false}}}}),
    );
    applies(
        "Object{metadata: Object.metadata{labels: {'team': variables.team, 'by': request.userInfo.username}}}",
        json!({"metadata": {"labels": {"team": "blue", "by": "me"}}}),
    );
    applies(
        "Object{a: 1u, b: 1.5, c: 2.0, d: true, e: ['x'], f: {'k': {'l': [1]}}}",
        json!({
            "a": 1, "b": 1.5, "c": 2, "d": true, "e": ["x"], "f": {"k": {"l": [1]}},
        }),
    );
}

#[test]
fn parts_come_from_the_object_that_is_admitted() {
    applies("Object{spec: Object.spec{template: object.spec.template}}", json!({"spec": {"template": deployment()["spec"]["template"]}}));
    applies(
        "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{
            containers: object.spec.template.spec.containers.map(c, Object.spec.template.spec.containers{name: c.name, image: 'mirror/' + c.image})
        }}}}",
        json!({"spec": {"template": {"spec": {"containers": [
            {"name": "main", "image": "mirror/shop/web:1"}, {"name": "log", "image": "mirror/shop/log:1"},
        ]}}}}),
    );
    applies("has(object.metadata.labels.team) ? Object{} : Object{a: object.metadata.labels}", json!({"a": {"app": "web"}}));
}

#[test]
fn fields_that_are_optional_stand_there_where_they_have_a_value() {
    applies("Object{?a: object.metadata.?labels.app, ?b: object.metadata.?annotations.x, c: 1}", json!({"a": "web", "c": 1}));
    applies("Object{a: {?'k': optional.of(1), ?'l': {'m': 2}.?n}, b: [?{'m': 2}.?n, 2]}", json!({"a": {"k": 1}, "b": [2]}));
    applies("Object{?a: optional.of(1), ?a: optional.none()}", json!({}));
    applies("Object{a: optional.of('x')}", json!({"a": "x"}));
    patches("[?optional.of(JSONPatch{op: 'remove', path: '/a'}), ?optional.none()]", json!([{"op": "remove", "path": "/a"}]));
    patches(
        "[?has(object.spec.replicas) ? optional.none() : optional.of(JSONPatch{op: 'remove', path: '/a'}), JSONPatch{op: 'test', path: '/b'}]",
        json!([{"op": "test", "path": "/b"}]),
    );
    applies("Object{a: {?'k': 1 > 2 ? optional.of('x') : optional.none(), 'l': 'y'}}", json!({"a": {"l": "y"}}));
}

#[test]
fn what_was_made_can_be_asked_and_compared() {
    applies("Object{a: Object.a{b: 3}.b + 1, c: has(Object{x: 1}.y), d: Object{x: 1}.?x.orValue(0)}", json!({"a": 4, "c": false, "d": 1}));
    applies("Object{a: Object{x: 1} == Object{x: 1}, b: Object.a{x: 1} == Object.a{x: 2}}", json!({"a": true, "b": false}));
    applies("Object{a: type(Object.b{}) == Object.b, b: type(JSONPatch{}) == JSONPatch}", json!({"a": true, "b": true}));
    applies("Object{a: optional.ofNonZeroValue(Object.a{}).hasValue(), b: JSONPatch{op: 'add'}.op}", json!({"a": false, "b": "add"}));
    let missing = "Object{a: Object.a{}.b}";
    fails(missing, Made::Configuration, &format!("expression '{missing}' resulted in error: no such key: b"));
}

#[test]
fn operations_of_a_patch_hold_any_json() {
    patches(
        "[
            JSONPatch{op: 'test', path: '/spec/replicas', value: object.spec.replicas},
            JSONPatch{op: 'replace', path: '/spec/replicas', value: object.spec.replicas + 1},
            JSONPatch{op: 'add', path: '/spec/selector', value: Object.spec.selector{matchLabels: {'team': 'blue'}}},
            JSONPatch{op: 'move', from: '/a', path: '/b'}
        ]",
        json!([
            {"op": "test", "path": "/spec/replicas", "value": 2},
            {"op": "replace", "path": "/spec/replicas", "value": 3},
            {"op": "add", "path": "/spec/selector", "value": {"matchLabels": {"team": "blue"}}},
            {"op": "move", "from": "/a", "path": "/b"},
        ]),
    );
    patches(
        "[JSONPatch{op: 'add', path: '/t', value: timestamp('2026-11-23T08:00:00Z')}, JSONPatch{op: 'add', path: '/d', value: duration('90s')},
          JSONPatch{op: 'add', path: '/b', value: b'hi'}, JSONPatch{op: 'add', path: '/n', value: null}, JSONPatch{op: 'add', path: '/f', value: 2.0}]",
        json!([
            {"op": "add", "path": "/t", "value": "2026-11-23T08:00:00Z"}, {"op": "add", "path": "/d", "value": "90s"},
            {"op": "add", "path": "/b", "value": "aGk="}, {"op": "add", "path": "/n", "value": null}, {"op": "add", "path": "/f", "value": 2},
        ]),
    );
    patches("object.spec.replicas > 1 ? [JSONPatch{op: 'remove', path: '/x'}] : []", json!([{"op": "remove", "path": "/x"}]));
    patches(
        "variables.ports.map(p, JSONPatch{op: 'add', path: '/p/-', value: p}) + [JSONPatch{}]",
        json!([
            {"op": "add", "path": "/p/-", "value": 80}, {"op": "add", "path": "/p/-", "value": 443}, {"op": "", "path": ""},
        ]),
    );
}

#[test]
fn keys_are_escaped_for_paths() {
    patches(
        "[JSONPatch{op: 'remove', path: '/metadata/labels/' + jsonpatch.escapeKey('a.b/c~d~1')}]",
        json!([{"op": "remove", "path": "/metadata/labels/a.b~1c~0d~01"}]),
    );
    is_refused(
        "[JSONPatch{path: jsonpatch.escapeKey(1)}]",
        Made::Patch,
        "found no matching overload for 'jsonpatch.escapeKey' applied to '(int)'",
    );
}

#[test]
fn an_object_bears_the_name_of_its_place() {
    let wrong = |found: &str, expected: &str| {
        format!("unexpected type name \"{found}\", expected \"{expected}\", which matches field name path from root Object type")
    };
    for (text, faults) in [
        ("Object{spec: Object.status{}}", vec![wrong("Object.status", "Object.spec")]),
        ("Object{spec: Object.spec{a: Object.a{}}}", vec![wrong("Object.a", "Object.spec.a")]),
        ("Object{a: [Object.a{}, Object.a{b: Object.b{}}]}", vec![wrong("Object.b", "Object.a.b")]),
        ("Object{a: {'x': Object.a.x{}}}", vec![wrong("Object.a.x", "Object.a")]),
        ("Object{a: Object.b{c: 1}, d: Object{}}", vec![wrong("Object.b", "Object.a"), wrong("Object", "Object.d")]),
    ] {
        fails(text, Made::Configuration, &format!("type mismatch: {}", faults.join("\n")));
    }
    fails(
        "[JSONPatch{op: 'add', path: '/spec/a', value: Object.spec.a{b: Object.spec.b{}}}]",
        Made::Patch,
        &format!("type mismatch: {}", wrong("Object.spec.b", "Object.spec.a.b")),
    );
    // Where an object is a value of a patch, only the names below it follow from its own.
    patches("[JSONPatch{op: 'add', path: '/x', value: Object.elsewhere{}}]", json!([{"op": "add", "path": "/x", "value": {}}]));
}

#[test]
fn what_no_document_holds_is_refused() {
    for (value, what) in [
        ("null", "a value of type null_type"),
        ("params.nothing", "a value of type null_type"),
        ("timestamp('2026-11-23T08:00:00Z')", "a value of type google.protobuf.Timestamp"),
        ("duration('1s')", "a value of type google.protobuf.Duration"),
        ("b'x'", "a value of type bytes"),
        ("quantity('1')", "a value of type kubernetes.Quantity"),
        ("optional.none()", "a value of type optional_type"),
        ("int", "a value of type type"),
        ("1.0 / 0.0", "a number that is not finite"),
        ("{1: 2}", "a map with a key of type int, not string"),
    ] {
        fails(
            &format!("Object{{spec: Object.spec{{a: [{value}]}}}}"),
            Made::Configuration,
            &format!(".spec.a: {what} cannot be a part of an object"),
        );
    }
    let prefix = "JSONPath valueExpression evaluated to a type that could not marshal to JSON:";
    fails(
        "[JSONPatch{op: 'add', path: '/a', value: int}]",
        Made::Patch,
        &format!("{prefix} a value of type type cannot be a part of an object"),
    );
    fails(
        "[JSONPatch{op: 'add', path: '/a', value: {'k': {true: 1}}}]",
        Made::Patch,
        &format!("{prefix} .k: a map with a key of type bool, not string cannot be a part of an object"),
    );
    let number = "[JSONPatch{op: dyn(1), path: '/a'}]";
    let why = "unexpected type int for JSONPatchType 'op' field";
    fails(number, Made::Patch, &format!("expression '{number}' resulted in error: {why}"));
    fails("true ? null : Object{}", Made::Configuration, "unsupported return type from ApplyConfiguration expression: null_type");
    fails(
        "[JSONPatch{}].map(x, false ? x : null)",
        Made::Patch,
        "type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch, got element of null_type",
    );
}

#[test]
fn an_expression_makes_what_its_mutation_is_for() {
    for (text, found) in [
        ("object", "dyn"),
        ("{'spec': 1}", "map(string, int)"),
        ("Object.spec{}", "Object.spec"),
        ("[Object{}]", "list(Object)"),
        ("JSONPatch{}", "JSONPatch"),
        ("optional.of(Object{})", "optional(Object)"),
        ("Object", "type"),
    ] {
        is_refused(text, Made::Configuration, &format!("must evaluate to Object but got {found}"));
    }
    for (text, found) in [
        ("[]", "list(dyn)"),
        ("JSONPatch{op: 'add'}", "JSONPatch"),
        ("[Object{}]", "list(Object)"),
        ("[{'op': 'add'}]", "list(map(string, string))"),
        ("object.patches", "dyn"),
        ("'x'", "string"),
    ] {
        is_refused(text, Made::Patch, &format!("must evaluate to list(JSONPatch) but got {found}"));
    }
}

#[test]
fn what_is_wrong_with_a_constructor_is_told_with_its_place() {
    for (text, why) in [
        ("[JSONPatch{op: 1}]", "ERROR: <input>:1:14: expected type of field 'op' is 'string' but provided type is 'int'"),
        ("[JSONPatch{op: 'a', path: ['b']}]", "expected type of field 'path' is 'string' but provided type is 'list(string)'"),
        ("[JSONPatch{verb: 'add'}]", "undefined field 'verb'"),
        ("[JSONPatch{}.verb]", "undefined field 'verb'"),
        ("[JSONPatch{?op: 'add'}]", "expected type 'optional_type(string)' but found 'string'"),
        ("[JSONPatch{value: missing}]", "undeclared reference to 'missing' (in container '')"),
        ("[JSONPatch{value: params.a}]", "undeclared reference to 'params' (in container '')"),
        ("[Patch{op: 'add'}]", "undeclared reference to 'Patch' (in container '')"),
        ("[Objects{}]", "undeclared reference to 'Objects' (in container '')"),
        ("[JSONPatch{value: [1, 'a']}]", "expected type 'int' but found 'string'"),
        ("[JSONPatch{}, Object{}]", "expected type 'JSONPatch' but found 'Object'"),
        ("[JSONPatch{value: Object.a{} + Object.a{}}]", "found no matching overload for '_+_' applied to '(Object.a, Object.a)'"),
        ("[JSONPatch{op 'add'}]", "compilation failed"),
    ] {
        is_refused(text, Made::Patch, why);
    }
}

#[test]
fn fields_are_taken_as_they_are_written_even_where_they_are_words_of_the_language() {
    applies("Object{namespace: 'a', package: 1, a__dash__b: 2}", json!({"namespace": "a", "package": 1, "a__dash__b": 2}));
    applies(".Object{spec: .Object.spec{a: 1}}", json!({"spec": {"a": 1}}));
}

#[test]
fn only_mutations_make_objects() {
    for (text, name) in [("Object{} == Object{}", "Object"), ("JSONPatch{op: 'a'}.op == 'a'", "JSONPatch"), ("type(1) == Object", "Object")]
    {
        let error = compiled(text, Returns::Truth).expect_err(text).to_string();
        assert!(error.contains(&format!("undeclared reference to '{name}'")), "{text}: {error}");
    }
    let error = compiled("jsonpatch.escapeKey('a') == 'a'", Returns::Truth).expect_err("a function of mutations").to_string();
    assert!(error.contains("undeclared reference to 'jsonpatch.escapeKey'"), "{error}");
}

#[test]
fn a_change_does_not_outgrow_its_budget() {
    let doubling = |levels: usize| (0..levels).fold("'x'".to_owned(), |inner, _| format!("[{inner}, {inner}]"));
    assert!(outcome(&format!("Object{{a: {}}}", doubling(3)), Made::Configuration, CALL_BUDGET).is_ok());
    for (text, made) in [
        ("Object{a: lists.range(100000).map(i, object)}", Made::Configuration),
        ("lists.range(100000).map(i, JSONPatch{op: 'add', path: '/a', value: object})", Made::Patch),
        (
            "Object{a: lists.range(1000).map(i, object.spec.template.spec.containers.map(c, Object.a{b: object.metadata, c: object.spec}))}",
            Made::Configuration,
        ),
    ] {
        assert_eq!(outcome(text, made, 20_000), Err(Unevaluated::OverBudget), "{text}");
    }
}

#[test]
fn constructors_nest_as_deep_as_other_expressions() {
    let nested =
        |levels: usize| (0..levels).rev().fold("1".to_owned(), |inner, level| format!("Object{}{{a: {inner}}}", ".a".repeat(level)));
    applies(&nested(12), (0..12).fold(json!(1), |inner, _| json!({"a": inner})));
    is_refused(&nested(80), Made::Configuration, "expression is nested more than 200 deep");
}
