//! The controller for admission policies: what their status says of the types in their expressions.

use serde_json::json;

use super::World;

const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";

#[tokio::test]
async fn the_status_warns_of_expressions_that_do_not_fit_their_kinds() {
    let world = World::new().await;
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}});
    let definition = json!({
        "metadata": {"name": "things.example.com"},
        "spec": {
            "group": "example.com", "scope": "Cluster", "names": {"plural": "things", "kind": "Thing"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    });
    world.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition).await;
    let rule =
        |group: &str, resource: &str| json!({"operations": ["*"], "apiGroups": [group], "apiVersions": ["v1"], "resources": [resource]});
    let policy = json!({
        "metadata": {"name": "p"},
        "spec": {
            "matchConstraints": {"resourceRules": [rule("example.com", "things"), rule("", "pods"), rule("", "nothings")]},
            "variables": [{"name": "size", "expression": "object.spec.size"}],
            "validations": [{"expression": "has(object.metadata.labels)"}, {"expression": "variables.size > '1'"}],
        },
    });
    world.create(POLICIES, policy).await;
    let path = format!("{POLICIES}/p");
    let judged = world.until(&path, "is judged", |policy| policy["status"]["observedGeneration"] == 1).await;
    // Of pods, which have no size, only the variable is wrong, and of that no expression of its own is told.
    let warning = "example.com/v1, Kind=Thing: ERROR: <input>:1:16: found no matching overload for '_>_' applied to '(int, string)'\n";
    let expected = json!({"expressionWarnings": [{"fieldRef": "spec.validations[1].expression", "warning": warning}]});
    assert_eq!(judged["status"]["typeChecking"], expected);
    world.merge(&path, json!({"spec": {"validations": [{"expression": "variables.size > 1"}]}})).await;
    let judged = world.until(&path, "is judged again", |policy| policy["status"]["observedGeneration"] == 2).await;
    assert_eq!(judged["status"]["typeChecking"], json!({}));
}
