//! Webhook configurations and admission policies.

use serde_json::{Value, json};

use super::{Duplicate, Forbidden, Invalid, NotSupported, Required, creates, row, well};

const API: &str = "admissionregistration.k8s.io/v1";

fn rule() -> Value {
    json!({"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]})
}

/// A condition that cannot be.
fn condition(expression: &'static str, message: &'static str) -> (super::Changes, super::Expected) {
    let conditions = json!([{"name": "a", "expression": expression}]);
    row("/webhooks/0/matchConditions", conditions, "webhooks[0].matchConditions[0].expression", Invalid, message)
}

#[test]
fn a_policy_without_parameters_has_no_variable_for_them() {
    let base = json!({"spec": {
        "matchConstraints": {"resourceRules": [rule()]}, "validations": [{"expression": "true"}],
        "matchConditions": [{"name": "a", "expression": "params.a == 1"}], "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
    }});
    let message = "undeclared reference to 'params' (in container '')";
    let none = row("/spec/paramKind", json!(null), "spec.matchConditions[0].expression", Invalid, message);
    creates(API, "ValidatingAdmissionPolicy", &base, vec![none]);
}

#[test]
fn webhooks() {
    let hook = json!({
        "name": "a.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": {"url": "https://h/p"},
        "rules": [rule()],
    });
    let base = json!({"webhooks": [hook]});
    for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
        creates(
            API,
            kind,
            &base,
            vec![
                row("/webhooks/0/name", json!("a.b"), "webhooks[0].name", Invalid, "at least three segments separated by dots"),
                row("/webhooks", json!([hook, hook]), "webhooks[1].name", Duplicate, r#""a.example.com""#),
                row(
                    "/webhooks/0/admissionReviewVersions",
                    json!([]),
                    "webhooks[0].admissionReviewVersions",
                    Required,
                    "must specify one of v1, v1beta1",
                ),
                row(
                    "/webhooks/0/admissionReviewVersions",
                    json!(["v2"]),
                    "webhooks[0].admissionReviewVersions",
                    Invalid,
                    "at least one of v1, v1beta1",
                ),
                row("/webhooks/0/sideEffects", json!(null), "webhooks[0].sideEffects", Required, "must specify one of None, NoneOnDryRun"),
                row("/webhooks/0/sideEffects", json!("Some"), "webhooks[0].sideEffects", NotSupported, r#""None", "NoneOnDryRun""#),
                row("/webhooks/0/failurePolicy", json!("X"), "webhooks[0].failurePolicy", NotSupported, r#""Fail", "Ignore""#),
                row("/webhooks/0/timeoutSeconds", json!(31), "webhooks[0].timeoutSeconds", Invalid, "must be between 1 and 30 seconds"),
                row(
                    "/webhooks/0/clientConfig",
                    json!({}),
                    "webhooks[0].clientConfig",
                    Required,
                    "exactly one of url or service is required",
                ),
                row(
                    "/webhooks/0/clientConfig/url",
                    json!("http://h"),
                    "webhooks[0].clientConfig.url",
                    Invalid,
                    "desired format: https://host[/path]",
                ),
                row(
                    "/webhooks/0/clientConfig/url",
                    json!("https://h?a"),
                    "webhooks[0].clientConfig.url",
                    Invalid,
                    "query parameters are not permitted in the URL",
                ),
                row(
                    "/webhooks/0/clientConfig/url",
                    json!("https://h#a"),
                    "webhooks[0].clientConfig.url",
                    Invalid,
                    "fragments are not permitted in the URL",
                ),
                row(
                    "/webhooks/0/clientConfig/url",
                    json!("https://u@h"),
                    "webhooks[0].clientConfig.url",
                    Invalid,
                    "user information is not permitted in the URL",
                ),
                row(
                    "/webhooks/0/clientConfig",
                    json!({"service": {"name": "", "namespace": "n"}}),
                    "webhooks[0].clientConfig.service.name",
                    Required,
                    "service name is required",
                ),
                row(
                    "/webhooks/0/rules/0/operations",
                    json!(["*", "CREATE"]),
                    "webhooks[0].rules[0].operations",
                    Invalid,
                    "must not specify other operations",
                ),
                row(
                    "/webhooks/0/rules/0/operations",
                    json!(["READ"]),
                    "webhooks[0].rules[0].operations[0]",
                    NotSupported,
                    r#""*", "CONNECT", "CREATE", "DELETE", "UPDATE""#,
                ),
                row(
                    "/webhooks/0/rules/0/resources",
                    json!(["pods/*", "pods/log"]),
                    "webhooks[0].rules[0].resources[1]",
                    Invalid,
                    "if 'pods/*' is present, must not specify pods/log",
                ),
                row(
                    "/webhooks/0/rules/0/resources",
                    json!(["*", "pods"]),
                    "webhooks[0].rules[0].resources",
                    Invalid,
                    "other resources without subresources",
                ),
                row("/webhooks/0/rules/0/apiVersions", json!([""]), "webhooks[0].rules[0].apiVersions[0]", Required, ""),
                row("/webhooks/0/rules/0/scope", json!("X"), "webhooks[0].rules[0].scope", NotSupported, r#""*", "Cluster", "Namespaced""#),
                row(
                    "/webhooks/0/matchConditions",
                    json!([{"name": "a b", "expression": "true"}]),
                    "webhooks[0].matchConditions[0].name",
                    Invalid,
                    "')",
                ),
                row(
                    "/webhooks/0/matchConditions",
                    json!([{"name": "a", "expression": "object.spec.replicas >"}]),
                    "webhooks[0].matchConditions[0].expression",
                    Invalid,
                    "\n| object.spec.replicas >\n| ......................^",
                ),
                row(
                    "/webhooks/0/matchConditions",
                    json!([{"name": "a", "expression": "self.a == 1"}]),
                    "webhooks[0].matchConditions[0].expression",
                    Invalid,
                    "compilation failed: ERROR: <input>:1:1: undeclared reference to 'self' (in container '')",
                ),
                row(
                    "/webhooks/0/matchConditions",
                    json!([{"name": "a", "expression": "'a' + 'b'"}]),
                    "webhooks[0].matchConditions[0].expression",
                    Invalid,
                    "must evaluate to bool but got string",
                ),
                well(
                    "/webhooks/0/matchConditions",
                    json!([
                        {"name": "a", "expression": "!(request.resource.group == 'rbac.authorization.k8s.io') && !('system:nodes' in request.userInfo.groups)"},
                        {"name": "b", "expression": "has(object.metadata.labels) && object.metadata.labels.exists(k, k == 'a') || oldObject == null"},
                        {"name": "c", "expression": "!authorizer.group('a.io').resource('b').namespace(request.namespace).check('c').allowed()"},
                    ]),
                ),
                condition("object.spec.ready", "must evaluate to bool but got dyn"),
                condition("request.kind", "must evaluate to bool but got kubernetes.GroupVersionKind"),
                condition("request.object == null", "compilation failed: ERROR: <input>:1:8: undefined field 'object'"),
                condition("request.userInfo.groups.exists(g, g > 1)", "no matching overload for '_>_' applied to '(string, int)'"),
                condition("request.dryRun == 'true'", "found no matching overload for '_==_' applied to '(bool, string)'"),
                condition("namespaceObject.metadata.uid == ''", "undefined field 'uid'"),
                condition("namespaceObject.status.conditions.all(c, c.reasons == '')", "undefined field 'reasons'"),
                condition("params.a == 1", "undeclared reference to 'params' (in container '')"),
                condition(
                    "authorizer.group('').check('get').allowed()",
                    "found no matching overload for 'check' applied to 'kubernetes.authorization.GroupCheck.(string)'",
                ),
                condition("authorizer.path('/a').check('get')", "must evaluate to bool but got kubernetes.authorization.Decision"),
                condition("authorizer.user == ''", "type 'kubernetes.authorization.Authorizer' does not support field selection"),
                well(
                    "/webhooks/0/matchConditions",
                    json!([
                        {"name": "a", "expression": "authorizer.requestResource.subresource('x').check('get').reason() == ''"},
                        {"name": "b", "expression": "authorizer.serviceAccount('a', 'b').path('/').check('get').errored()"},
                        {"name": "c", "expression": "namespaceObject.metadata.labels['a'] == 'b' && has(request.namespace)"},
                        {"name": "d", "expression": "request.options.propagationPolicy == 'x' || dyn(object) == 1"},
                    ]),
                ),
                row(
                    "/webhooks/0/matchConditions",
                    json!([{"name": "a", "expression": " "}]),
                    "webhooks[0].matchConditions[0].expression",
                    Required,
                    "",
                ),
            ],
        );
    }
}

#[test]
fn expressions_of_policies_compile_with_what_there_is_for_them() {
    let base = json!({"spec": {
        "matchConstraints": {"resourceRules": [rule()]}, "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "variables": [{"name": "a", "expression": "object.spec.x"}, {"name": "b", "expression": "variables.a > params.y"}],
        "validations": [{
            "expression": "variables.b && authorizer.path('/').check('get').allowed()", "messageExpression": "'no ' + string(variables.a)",
        }],
        "auditAnnotations": [{"key": "k", "valueExpression": "variables.b ? 'yes' : 'no'"}, {"key": "n", "valueExpression": "null"}],
    }});
    let at = |pointer, text: &str, field, message| row(pointer, json!(text), field, Invalid, message);
    let (expression, message) = ("/spec/validations/0/expression", "/spec/validations/0/messageExpression");
    creates(
        API,
        "ValidatingAdmissionPolicy",
        &base,
        vec![
            at(expression, "1 + 1", "spec.validations[0].expression", "must evaluate to bool but got int"),
            at(expression, "objekt", "spec.validations[0].expression", "undeclared reference to 'objekt' (in container '')"),
            at(expression, "variables.c", "spec.validations[0].expression", "undefined field 'c'"),
            at(message, "1", "spec.validations[0].messageExpression", "must evaluate to string but got int"),
            at(message, "authorizer", "spec.validations[0].messageExpression", "undeclared reference to 'authorizer' (in container '')"),
            at(message, "  ", "spec.validations[0].messageExpression", "must be non-empty if specified"),
            at("/spec/variables/1/expression", "variables.b", "spec.variables[1].expression", "undefined field 'b'"),
            at("/spec/auditAnnotations/0/valueExpression", "1", "spec.auditAnnotations[0].valueExpression", "but got int"),
            // Without any variable there are none to speak of, and conditions never can.
            row(
                "/spec/matchConditions",
                json!([{"name": "c", "expression": "variables.b"}]),
                "spec.matchConditions[0].expression",
                Invalid,
                "undeclared reference to 'variables' (in container '')",
            ),
        ],
    );
    let alone = json!({"spec": {"matchConstraints": {"resourceRules": [rule()]}, "validations": [{"expression": "true"}]}});
    let none = at(expression, "variables.a", "spec.validations[0].expression", "undeclared reference to 'variables' (in container '')");
    creates(API, "ValidatingAdmissionPolicy", &alone, vec![none]);
}

#[test]
fn policies() {
    let base = json!({"spec": {"matchConstraints": {"resourceRules": [rule()]}, "validations": [{"expression": "true"}]}});
    let none = "validations or auditAnnotations must contain at least one item";
    creates(
        API,
        "ValidatingAdmissionPolicy",
        &base,
        vec![
            row("/spec/failurePolicy", json!("X"), "spec.failurePolicy", NotSupported, r#""Fail", "Ignore""#),
            row("/spec/matchConstraints", json!(null), "spec.matchConstraints", Required, ""),
            row("/spec/matchConstraints/resourceRules", json!([]), "spec.matchConstraints.resourceRules", Required, ""),
            (vec![("/spec/validations", json!([]))], vec![("spec.validations", Required, none), ("spec.auditAnnotations", Required, none)]),
            row("/spec/validations/0/expression", json!(""), "spec.validations[0].expression", Required, "expression is not specified"),
            row("/spec/validations/0/message", json!("a\nb"), "spec.validations[0].message", Invalid, "must not contain line breaks"),
            row(
                "/spec/validations/0/reason",
                json!("X"),
                "spec.validations[0].reason",
                NotSupported,
                r#""Forbidden", "Invalid", "RequestEntityTooLarge""#,
            ),
            row(
                "/spec/variables",
                json!([{"name": "if", "expression": "true"}]),
                "spec.variables[0].name",
                Invalid,
                "must be a valid CEL identifier",
            ),
            row(
                "/spec/paramKind",
                json!({"apiVersion": "a/b/c", "kind": "K"}),
                "spec.paramKind.apiVersion",
                Invalid,
                "unexpected GroupVersion string: a/b/c",
            ),
            row(
                "/spec/auditAnnotations",
                json!([{"key": "k", "valueExpression": ""}]),
                "spec.auditAnnotations[0].valueExpression",
                Required,
                "valueExpression is not specified",
            ),
        ],
    );
    let mutating = json!({"spec": {
        "matchConstraints": {"resourceRules": [rule()]}, "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": "[JSONPatch{op: 'remove', path: '/a'}]"}}],
    }});
    let applies = |expression: &str| json!([{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}]);
    let expression = "spec.mutations[0].applyConfiguration.expression";
    creates(
        API,
        "MutatingAdmissionPolicy",
        &mutating,
        vec![
            row("/spec/reinvocationPolicy", json!(null), "spec.reinvocationPolicy", Required, ""),
            row("/spec/mutations", json!([]), "spec.mutations", Required, "mutations must contain at least one item"),
            row(
                "/spec/mutations/0/jsonPatch",
                json!(null),
                "spec.mutations[0].jsonPatch",
                Required,
                "must be specified when patchType is JSONPatch",
            ),
            row(
                "/spec/mutations/0/applyConfiguration",
                json!({"expression": "x"}),
                "spec.mutations[0].applyConfiguration",
                Invalid,
                "must not be specified when patchType is JSONPatch",
            ),
            row(
                "/spec/matchConstraints/resourceRules/0/operations",
                json!(["DELETE"]),
                "spec.matchConstraints.resourceRules.operations",
                NotSupported,
                r#""*", "CONNECT", "CREATE", "UPDATE""#,
            ),
            row("/spec/reinvocationPolicy", json!("Once"), "spec.reinvocationPolicy", NotSupported, r#""Never", "IfNeeded""#),
            row("/spec/mutations/0/patchType", json!(null), "spec.mutations[0].patchType", Required, ""),
            row(
                "/spec/mutations/0/patchType",
                json!("Merge"),
                "spec.mutations[0].patchType",
                NotSupported,
                r#""ApplyConfiguration", "JSONPatch""#,
            ),
            row("/spec/mutations/0/jsonPatch/expression", json!(" "), "spec.mutations[0].jsonPatch.expression", Required, ""),
            row(
                "/spec/mutations/0/jsonPatch/expression",
                json!(" [] "),
                "spec.mutations[0].jsonPatch.expression",
                Invalid,
                r#"Invalid value: "[]": must evaluate to list(JSONPatch) but got list(dyn)"#,
            ),
            row("/spec/mutations", applies("{'a': 1}"), expression, Invalid, "must evaluate to Object but got map(string, int)"),
            row("/spec/mutations", applies("Object{a: b}"), expression, Invalid, "undeclared reference to 'b' (in container '')"),
            row(
                "/spec/mutations",
                applies("Object{a: params.b}"),
                expression,
                Invalid,
                "undeclared reference to 'params' (in container '')",
            ),
            well("/spec/mutations", applies("Object{spec: Object.spec{replicas: object.spec.replicas + 1}}")),
            (
                vec![
                    ("/spec/mutations", applies("Object{metadata: Object.metadata{labels: {'a': params.b}}}")),
                    ("/spec/paramKind", json!({"apiVersion": "v1", "kind": "ConfigMap"})),
                ],
                vec![],
            ),
            (
                vec![("/spec/mutations", json!([{"patchType": "ApplyConfiguration", "jsonPatch": {"expression": "x"}}]))],
                vec![
                    ("spec.mutations[0].applyConfiguration", Required, "must be specified when patchType is ApplyConfiguration"),
                    ("spec.mutations[0].jsonPatch", Invalid, "must not be specified when patchType is ApplyConfiguration"),
                ],
            ),
        ],
    );
    let mutating_binding = json!({"spec": {"policyName": "p", "matchResources": {"resourceRules": [rule()]}}});
    creates(
        API,
        "MutatingAdmissionPolicyBinding",
        &mutating_binding,
        vec![
            row("/spec/policyName", json!(""), "spec.policyName", Required, ""),
            row(
                "/spec/matchResources/resourceRules/0/operations",
                json!(["CREATE", "DELETE"]),
                "spec.matchResources.resourceRules.operations",
                NotSupported,
                r#"Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE""#,
            ),
            row("/spec/paramRef", json!({"name": "a"}), "spec.paramRef.parameterNotFoundAction", Required, ""),
        ],
    );
    let binding = json!({"spec": {"policyName": "p", "validationActions": ["Deny"]}});
    creates(
        API,
        "ValidatingAdmissionPolicyBinding",
        &binding,
        vec![
            row("/spec/policyName", json!(""), "spec.policyName", Required, ""),
            row("/spec/validationActions", json!([]), "spec.validationActions", Required, "at least one validation action is required"),
            row("/spec/validationActions", json!(["X"]), "spec.validationActions[0]", NotSupported, r#""Audit", "Deny", "Warn""#),
            row("/spec/validationActions", json!(["Deny", "Warn"]), "spec.validationActions", Invalid, "serves no purpose)"),
            row(
                "/spec/paramRef",
                json!({"parameterNotFoundAction": "Deny"}),
                "spec.paramRef",
                Required,
                "one of name or selector must be specified",
            ),
            (
                vec![("/spec/paramRef", json!({"name": "a", "selector": {}, "parameterNotFoundAction": "Deny"}))],
                vec![
                    ("spec.paramRef.name", Forbidden, "name and selector are mutually exclusive"),
                    ("spec.paramRef.selector", Forbidden, "name and selector are mutually exclusive"),
                ],
            ),
            well("/spec/paramRef", json!({"name": "a", "parameterNotFoundAction": "Allow"})),
        ],
    );
}
