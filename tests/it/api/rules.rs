//! Rules in CEL (`x-kubernetes-validations`) of CustomResourceDefinitions, as authors and users meet them.

use serde_json::{Value, json};

use super::{MERGE, TestApi, merged};

const CRDS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const GATES: &str = "/apis/example.com/v1/namespaces/default/gates";

/// A definition whose objects have this schema for their `spec`.
fn definition(spec: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "gates.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced", "names": {"plural": "gates", "kind": "Gate"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }],
        },
    })
}

fn gate(spec: &Value) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Gate", "metadata": {"name": "g"}, "spec": spec})
}

async fn with_spec(spec: &Value) -> TestApi {
    let api = TestApi::new().await;
    api.create(CRDS, &definition(spec)).await;
    api
}

/// The causes of a refusal with 422: reason, field, message.
#[track_caller]
fn causes(details: &Value) -> Vec<[&str; 3]> {
    let causes = details["causes"].as_array().expect("causes").iter();
    causes.map(|cause| ["reason", "field", "message"].map(|member| cause[member].as_str().unwrap_or_default())).collect()
}

/// What controller-gen makes of a type with the usual markers.
fn autoscaled() -> Value {
    json!({
        "type": "object", "required": ["minReplicas", "maxReplicas"],
        "properties": {
            "minReplicas": {"type": "integer", "format": "int32", "minimum": 0},
            "maxReplicas": {"type": "integer", "format": "int32"},
            "class": {"type": "string", "maxLength": 63, "x-kubernetes-validations": [
                {"rule": "self == oldSelf", "message": "class is immutable", "reason": "FieldValueForbidden"},
            ]},
            "memory": {"type": "string", "maxLength": 20, "x-kubernetes-validations": [
                {"rule": "isQuantity(self) && quantity(self).isGreaterThan(quantity('1Mi'))", "messageExpression": "'%s is too little'.format([self])"},
            ]},
            "ports": {
                "type": "array", "maxItems": 16, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object", "required": ["name"],
                    "properties": {"name": {"type": "string", "maxLength": 15}, "number": {"type": "integer"}},
                    "x-kubernetes-validations": [
                        {"rule": "!has(oldSelf.number) || has(self.number)", "message": "a number cannot be taken back", "fieldPath": ".number", "reason": "FieldValueRequired"},
                    ],
                },
                "x-kubernetes-validations": [{"rule": "self.all(p, has(p.number) ? p.number > 0 : true)"}],
            },
        },
        "x-kubernetes-validations": [
            {"rule": "self.minReplicas <= self.maxReplicas", "message": "minReplicas must not exceed maxReplicas", "fieldPath": ".minReplicas"},
            {"rule": "!has(oldSelf.class) || has(self.class)", "message": "class cannot be taken back"},
        ],
    })
}

#[tokio::test]
async fn rules_hold_or_tell_why_not() {
    let api = with_spec(&autoscaled()).await;
    let wrong = gate(&json!({"minReplicas": 3, "maxReplicas": 2, "memory": "1k", "ports": [{"name": "a", "number": -1}]}));
    let refused = api.post(GATES, &wrong).await;
    assert_eq!(
        causes(refused.refused(422, "Invalid")),
        [
            ["FieldValueInvalid", "spec.minReplicas", "Invalid value: minReplicas must not exceed maxReplicas"],
            ["FieldValueInvalid", "spec.memory", "Invalid value: \"1k\": 1k is too little"],
            ["FieldValueInvalid", "spec.ports", "Invalid value: failed rule: self.all(p, has(p.number) ? p.number > 0 : true)"],
        ]
    );
    let right = gate(&json!({"minReplicas": 1, "maxReplicas": 2, "memory": "2Mi", "class": "a", "ports": [{"name": "a", "number": 1}]}));
    api.create(GATES, &right).await;
}

#[tokio::test]
async fn transition_rules_speak_of_the_old_value_and_hold_on_create() {
    let api = with_spec(&autoscaled()).await;
    let path = &format!("{GATES}/g");
    api.create(
        GATES,
        &gate(&json!({"minReplicas": 1, "maxReplicas": 2, "class": "a", "ports": [{"name": "a", "number": 1}, {"name": "b"}]})),
    )
    .await;
    let refused = api.patch(path, MERGE, &json!({"spec": {"class": "b"}})).await;
    assert_eq!(causes(refused.refused(422, "Invalid")), [["FieldValueForbidden", "spec.class", "Forbidden: class is immutable"]]);
    let refused = api.patch(path, MERGE, &json!({"spec": {"class": null}})).await;
    assert_eq!(causes(refused.refused(422, "Invalid")), [["FieldValueInvalid", "spec", "Invalid value: class cannot be taken back"]]);
    // Items are told apart by their keys, wherever they stand.
    let refused = api.patch(path, MERGE, &json!({"spec": {"ports": [{"name": "new"}, {"name": "b"}, {"name": "a"}]}})).await;
    let cause = ["FieldValueRequired", "spec.ports[2].number", "Required value: a number cannot be taken back"];
    assert_eq!(causes(refused.refused(422, "Invalid")), [cause]);
    assert_eq!(api.patch(path, MERGE, &json!({"spec": {"ports": [{"name": "b", "number": 4}]}})).await.code, 200);
}

#[tokio::test]
async fn an_optional_old_value_lets_a_rule_speak_of_what_is_new() {
    let rule = json!({"rule": "self >= oldSelf.orValue(10)", "message": "starts at 10 and never falls", "optionalOldSelf": true});
    let api = with_spec(&json!({"type": "object", "properties": {"n": {"type": "integer", "x-kubernetes-validations": [rule]}}})).await;
    api.post(GATES, &gate(&json!({"n": 9}))).await.refused(422, "Invalid");
    api.create(GATES, &gate(&json!({"n": 10}))).await;
    let refused = api.patch(&format!("{GATES}/g"), MERGE, &json!({"spec": {"n": 9}})).await;
    assert_eq!(causes(refused.refused(422, "Invalid"))[0][2], "Invalid value: 9: starts at 10 and never falls");
    assert_eq!(api.patch(&format!("{GATES}/g"), MERGE, &json!({"spec": {"n": 11}})).await.code, 200);
}

#[tokio::test]
async fn what_was_taken_before_a_rule_came_may_stay_but_not_come_again() {
    let loose = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}});
    let api = with_spec(&loose).await;
    api.create(GATES, &gate(&json!({"a": -1, "b": -1}))).await;
    let strict = json!({"type": "object", "properties": {
        "a": {"type": "integer", "x-kubernetes-validations": [{"rule": "self > 0"}]}, "b": {"type": "integer", "minimum": 0},
    }});
    let versions = definition(&strict)["spec"]["versions"].clone();
    assert_eq!(api.patch(&format!("{CRDS}/gates.example.com"), MERGE, &json!({"spec": {"versions": versions}})).await.code, 200);
    let path = &format!("{GATES}/g");
    assert_eq!(api.patch(path, MERGE, &json!({"metadata": {"labels": {"x": "y"}}})).await.code, 200);
    assert_eq!(api.patch(path, MERGE, &json!({"spec": {"b": 1}})).await.code, 200);
    let refused = api.patch(path, MERGE, &json!({"spec": {"a": -2, "b": -2}})).await;
    let fields: Vec<&str> = causes(refused.refused(422, "Invalid")).iter().map(|cause| cause[1]).collect();
    assert_eq!(fields, ["spec.b", "spec.a"]);
}

#[tokio::test]
async fn rules_are_not_asked_of_what_is_no_such_value() {
    let api = with_spec(&autoscaled()).await;
    let refused = api.post(GATES, &gate(&json!({"minReplicas": "x", "maxReplicas": 2}))).await;
    let found = causes(refused.refused(422, "Invalid"));
    assert_eq!((found.len(), found[0][1], found[1][1]), (2, "spec.minReplicas", "<nil>"));
    assert!(found[1][2].starts_with("Invalid value: null: some validation rules were not checked because the object was invalid"));
}

#[tokio::test]
async fn a_definition_with_a_rule_that_cannot_work_is_refused() {
    let api = TestApi::new().await;
    let text = json!({"type": "string"});
    for (rule, member, why) in [
        (json!({"rule": "self.b == 1"}), "rule", "undefined field 'b'"),
        (json!({"rule": "shout(self.a)"}), "rule", "undeclared reference to 'shout'"),
        (json!({"rule": "self.a +"}), "rule", "compilation failed: ERROR: <input>:1:"),
        (json!({"rule": "self.a"}), "rule", "cel expression must evaluate to a bool"),
        (json!({"rule": " "}), "rule", "rule is not specified"),
        (json!({"rule": "true", "messageExpression": "1"}), "messageExpression", "messageExpression must evaluate to a string"),
        (json!({"rule": "true", "messageExpression": "x"}), "messageExpression", "messageExpression compilation failed: ERROR"),
        (json!({"rule": "true", "fieldPath": ".b"}), "fieldPath", "must be a valid path"),
        (json!({"rule": "true", "fieldPath": ".list[0]"}), "fieldPath", "must be a valid path"),
        (json!({"rule": "true", "reason": "Because"}), "reason", "supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\""),
        (json!({"rule": "true", "optionalOldSelf": true}), "optionalOldSelf", "may not be set if oldSelf is not used in rule"),
        (
            json!({"rule": "self.list.all(x, self.list.all(y, x != y))"}),
            "rule",
            "estimated rule cost exceeds budget by factor of more than 100x",
        ),
    ] {
        let spec = json!({
            "type": "object", "properties": {"a": text, "list": {"type": "array", "items": text}}, "x-kubernetes-validations": [rule],
        });
        let refused = api.post(CRDS, &definition(&spec)).await;
        let found = causes(refused.refused(422, "Invalid"));
        let field = format!("spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].{member}");
        assert!(found[0][1] == field && found[0][2].contains(why), "{rule}: {found:?}");
    }
    let in_list = json!({"type": "string", "maxLength": 9, "x-kubernetes-validations": [{"rule": "self == oldSelf"}]});
    let spec = json!({"type": "object", "properties": {"list": {"type": "array", "maxItems": 9, "items": in_list}}});
    let refused = api.post(CRDS, &definition(&spec)).await;
    assert!(
        causes(refused.refused(422, "Invalid"))[0][2].contains("oldSelf cannot be used on the uncorrelatable portion of the schema within")
    );
}

#[tokio::test]
async fn a_rule_over_its_budget_refuses_the_write_and_does_not_hang() {
    // The bounds allow the definition; what is sent is as bad as they allow.
    let items = json!({"type": "array", "maxItems": 3_000, "items": {"type": "integer"}});
    let spec = json!({
        "type": "object", "properties": {"list": items},
        "x-kubernetes-validations": [{"rule": "self.list.all(x, self.list.exists_one(y, x == y))", "message": "no number twice"}],
    });
    let refused = TestApi::new().await.post(CRDS, &definition(&spec)).await;
    assert!(causes(refused.refused(422, "Invalid"))[0][2].contains("estimated rule cost exceeds budget by factor of"));
    let mut smaller = spec;
    smaller["properties"]["list"]["maxItems"] = json!(1_200);
    let api = with_spec(&smaller).await;
    api.create(GATES, &gate(&json!({"list": (0..100).collect::<Vec<_>>()}))).await;
    let long = merged(gate(&json!({"list": (0..1_200).collect::<Vec<_>>()})), &[("/metadata/name", json!("long"))]);
    let refused = api.post(GATES, &long).await;
    let found = causes(refused.refused(422, "Invalid"));
    assert_eq!(found[0][1], "spec");
    assert!(
        found[0][2].ends_with("no further validation rules will be run due to call cost exceeds limit for rule: no number twice"),
        "{found:?}"
    );
}
