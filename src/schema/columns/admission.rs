//! Tables of `admissionregistration.k8s.io`.

use super::row::{Row, UNSET, cells, text_at};
use super::{Column, Table};

const PARAM_KIND: Column = Column::text("ParamKind", "The kind of objects that set the policy's parameters.");

/// `mutatingwebhookconfigurations` and `validatingwebhookconfigurations`.
pub(in crate::schema) const WEBHOOKS: Table = Table {
    columns: &[Column::NAME, Column::number("Webhooks", "How many webhooks there are."), Column::AGE],
    cells: |row| cells![row.name(), row.size("webhooks"), row.age()],
};

/// `validatingadmissionpolicies`.
pub(in crate::schema) const VALIDATING_POLICIES: Table = Table {
    columns: &[Column::NAME, Column::number("Validations", "How many rules there are."), PARAM_KIND, Column::AGE],
    cells: |row| cells![row.name(), row.size("spec.validations"), param_kind(row), row.age()],
};

/// `mutatingadmissionpolicies`.
pub(in crate::schema) const MUTATING_POLICIES: Table = Table {
    columns: &[Column::NAME, Column::number("Mutations", "How many changes there are."), PARAM_KIND, Column::AGE],
    cells: |row| cells![row.name(), row.size("spec.mutations"), param_kind(row), row.age()],
};

/// `validatingadmissionpolicybindings` and `mutatingadmissionpolicybindings`.
pub(in crate::schema) const POLICY_BINDINGS: Table = Table {
    columns: &[
        Column::NAME,
        Column::text("PolicyName", "The policy that is put in force."),
        Column::text("ParamRef", "The object that sets the parameters."),
        Column::AGE,
    ],
    cells: |row| cells![row.name(), row.text("spec.policyName"), param_ref(row), row.age()],
};

fn param_kind(row: Row<'_>) -> String {
    let kind = row.at("spec.paramKind");
    kind.map_or_else(|| UNSET.to_owned(), |kind| format!("{}/{}", text_at(kind, "apiVersion"), text_at(kind, "kind")))
}

fn param_ref(row: Row<'_>) -> String {
    let name = row.text("spec.paramRef.name");
    if !name.is_empty() {
        return format!("{}/{name}", row.text_or("spec.paramRef.namespace", "*"));
    }
    row.at("spec.paramRef.selector").map_or_else(|| UNSET.to_owned(), |_| row.shown_selector("spec.paramRef.selector"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::columns::testing::shown;

    #[test]
    fn a_binding_names_its_parameters_or_how_they_are_found() {
        let binding = |reference: Value| shown(&POLICY_BINDINGS, json!({"spec": {"policyName": "p", "paramRef": reference}}))[2].clone();
        assert_eq!(binding(json!({"name": "x", "namespace": "n"})), "n/x");
        assert_eq!(binding(json!({"name": "x"})), "*/x");
        assert_eq!(binding(json!({"selector": {"matchLabels": {"a": "b"}}})), "a=b");
        assert_eq!(binding(Value::Null), "<unset>");
        let policy =
            shown(&VALIDATING_POLICIES, json!({"spec": {"validations": [{}, {}], "paramKind": {"apiVersion": "v1", "kind": "Secret"}}}));
        assert_eq!(policy[1..3], cells![2, "v1/Secret"]);
    }
}
