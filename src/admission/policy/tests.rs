//! What policies say, judge, and are warned of.

use serde_json::json;

use super::*;
use crate::cel::Asked;
use crate::object::Reason;
use crate::schema;

fn policy(spec: &Value) -> Object {
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "p"}, "spec": spec,
    });
    Object::from_value(policy).expect("an object")
}

fn judged(spec: &Value, object: &Value) -> Judgement {
    let request = json!({"operation": "CREATE", "userInfo": {"username": "me"}});
    let nothing = &Value::Null;
    let asked = Asked { object, old: nothing, request: &request, namespace: nothing, params: &json!({"limit": 3}), authorizer: None };
    Validating::read(&policy(spec)).judge(asked)
}

fn messages(judgement: &Judgement) -> Vec<(usize, &str, Reason)> {
    judgement.denials.iter().map(|denial| (denial.index, denial.message.as_str(), denial.reason)).collect()
}

#[test]
fn validations_that_do_not_hold_tell_why() {
    let spec = json!({
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "variables": [{"name": "size", "expression": "object.size"}],
        "validations": [
            {"expression": "variables.size < 100"},
            {"expression": " variables.size < params.limit ", "reason": "Forbidden"},
            {"expression": "variables.size == 1", "message": " must be one "},
            {"expression": "variables.size == 1", "message": "one", "messageExpression": "'is ' + string(variables.size)"},
            {"expression": "variables.size == 1", "message": "one", "messageExpression": "object.nothing"},
            {"expression": "variables.size == 1", "message": "one", "messageExpression": "'a\\nb'"},
            {"expression": "object.nothing == 1", "reason": "Forbidden"},
        ],
    });
    let found = judged(&spec, &json!({"size": 7}));
    assert_eq!(
        messages(&found),
        [
            (1, "failed expression: variables.size < params.limit", Reason::Forbidden),
            (2, "must be one", Reason::Invalid),
            (3, "is 7", Reason::Invalid),
            (4, "one", Reason::Invalid),
            (5, "one", Reason::Invalid),
            (6, "expression 'object.nothing == 1' resulted in error: no such key: nothing", Reason::Invalid),
        ]
    );
}

#[test]
fn a_policy_that_may_fail_denies_what_does_not_hold_and_nothing_else() {
    let spec = json!({
        "failurePolicy": "Ignore",
        "validations": [{"expression": "object.nothing == 1"}, {"expression": "broken("}, {"expression": "false", "message": "no"}],
        "auditAnnotations": [{"key": "k", "valueExpression": "object.nothing"}],
    });
    assert_eq!(messages(&judged(&spec, &json!({}))), [(2, "no", Reason::Invalid)]);
}

#[test]
fn annotations_are_texts_and_their_failure_denies() {
    let spec = json!({
        "auditAnnotations": [
            {"key": "a", "valueExpression": "' size ' + string(object.size)"},
            {"key": "none", "valueExpression": "object.size > 9 ? 'large' : ''"},
            {"key": "null", "valueExpression": "null"},
            {"key": "broken", "valueExpression": "'x' + object.nothing"},
        ],
    });
    let found = judged(&spec, &json!({"size": 7}));
    assert_eq!(found.annotations, [("a".to_owned(), "size 7".to_owned())]);
    assert_eq!(found.failures, ["expression ''x' + object.nothing' resulted in error: no such key: nothing"]);
    assert!(found.denials.is_empty());
}

#[test]
fn conditions_come_first_and_one_that_does_not_hold_decides() {
    let with = |conditions: Value, failure: &str| {
        let spec =
            json!({"failurePolicy": failure, "matchConditions": conditions, "validations": [{"expression": "false", "message": "no"}]});
        judged(&spec, &json!({"size": 7}))
    };
    let condition = |expression: &str| json!({"name": "c", "expression": expression});
    assert_eq!(messages(&with(json!([condition("object.size == 7")]), "Fail")), [(0, "no", Reason::Invalid)]);
    assert_eq!(with(json!([condition("object.nothing"), condition("object.size == 8")]), "Fail"), Judgement::default());
    let fails = json!([condition("object.nothing == 1")]);
    let why = "expression 'object.nothing == 1' resulted in error: no such key: nothing";
    assert_eq!(messages(&with(fails.clone(), "Fail")), [(0, why, Reason::Invalid)]);
    assert_eq!(with(fails, "Ignore"), Judgement::default());
}

#[test]
fn what_all_validations_take_together_is_bounded() {
    let costly = json!({"expression": "lists.range(450000).size() > 0"});
    let with = |count: usize| judged(&json!({"validations": vec![costly.clone(); count]}), &json!({}));
    assert_eq!(with(5), Judgement::default());
    let why = "validation failed due to running out of cost budget, no further validation rules will be run";
    assert_eq!(messages(&with(15)), [(0, why, Reason::Invalid)]);
}

#[test]
fn constraints_mean_what_rules_name_and_exclusions_do_not() {
    use crate::admission::{Operation, Target};
    let rule = |names: Value| json!({"operations": ["*"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"], "resourceNames": names});
    let constraints = Constraints::read(
        &json!({"resourceRules": [rule(json!([]))], "excludeResourceRules": [rule(json!(["spared"]))], "matchPolicy": "Exact"}),
    );
    let target = |version| Target { group: "apps", version, plural: "deployments", subresource: "", namespaced: true };
    let place = |version, name| constraints.place(Operation::Update, &[target(version)], name);
    assert_eq!((place("v1", "d"), place("v1", "spared"), place("v2", "d")), (Some(0), None, None));
    assert_eq!(Constraints::read(&json!({})).place(Operation::Delete, &[target("v9")], "d"), Some(0), "no rules are all");
}

#[test]
fn types_are_checked_against_the_kinds_that_rules_name_in_full() {
    let rules = json!([
        {"operations": ["*"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments", "deployments/scale", "*"]},
        {"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["v1"], "resources": ["pods"]},
    ]);
    let spec = json!({
        "matchConstraints": {"resourceRules": rules},
        "variables": [{"name": "replicas", "expression": "object.spec.replicas"}, {"name": "wrong", "expression": "object.wrong"}],
        "validations": [
            {"expression": "object.spec.replicas > 1 && variables.replicas > 1 && object.metadata.labels['a'] == 'b'"},
            {"expression": "object.spec.replicaz > 1", "messageExpression": "'is ' + object.spec.replicas"},
            {"expression": "variables.wrong == 1 && oldObject.metadata.creationTimestamp < timestamp('2026-01-01T00:00:00Z')"},
        ],
    });
    let policy = policy(&spec);
    let named = rules_in_full(&policy);
    assert_eq!(named.iter().map(|(at, plural)| format!("{at} {plural}")).collect::<Vec<_>>(), ["apps/v1 deployments"]);
    let gvk = Gvk::new("apps", "v1", "Deployment");
    let schema = schema::builtin(&gvk).expect("a schema");
    let warnings = type_warnings(&policy, [(&gvk, &*schema)]);
    let found: Vec<(&str, &str)> = warnings.iter().map(|warning| (warning.field.as_str(), warning.warning.as_str())).collect();
    assert_eq!(
        found,
        [
            ("spec.validations[1].expression", "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'replicaz'\n"),
            (
                "spec.validations[1].messageExpression",
                "apps/v1, Kind=Deployment: ERROR: <input>:1:7: found no matching overload for '_+_' applied to '(string, int)'\n"
            ),
        ]
    );
}

/// What a mutating policy makes of an object without a schema.
fn changed(spec: &Value, object: &Value) -> mutation::Run {
    let (nothing, gvk, schema) = (&Value::Null, Gvk::new("example.com", "v1", "Thing"), schema::Schema::any());
    let (params, place) = (json!({"add": 3}), mutation::Place { gvk: &gvk, schema: schema.root() });
    let asked = Asked { object, old: nothing, request: nothing, namespace: nothing, params: &params, authorizer: None };
    Mutating::read(&policy(spec)).change(asked, place, Ok).expect("no refusal")
}

fn thing(size: u32) -> Value {
    json!({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "t"}, "size": size})
}

#[test]
fn variables_of_mutations_speak_of_what_the_ones_before_made() {
    let spec = json!({
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "variables": [{"name": "more", "expression": "object.size + params.add"}],
        "mutations": [
            {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": " Object{size: variables.more} "}},
            {"patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: 'replace', path: '/size', value: variables.more}]"}},
        ],
    });
    let run = changed(&spec, &thing(1));
    assert_eq!((run.object, run.failures.as_slice()), (thing(7), [].as_slice()));
}

#[test]
fn each_mutation_may_take_as_much_as_the_one_before() {
    let costly = json!({
        "patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{size: lists.range(450000).size()}"},
    });
    let run = changed(&json!({"mutations": vec![costly; 15]}), &thing(1));
    assert_eq!((run.object, run.failures.as_slice()), (thing(450_000), [].as_slice()));
}

#[test]
fn mutating_policies_say_whether_they_are_asked_again() {
    let again = |policy_says: Value| Mutating::read(&policy(&json!({"reinvocationPolicy": policy_says, "mutations": []}))).again;
    assert_eq!([json!("IfNeeded"), json!("Never"), Value::Null].map(again), [true, false, false]);
}
