//! What a condition of admission speaks of: its variables and the types of those that are no objects of a schema.
//!
//! Receives names; hands on types. Invariant: a field that is not named here is refused when the condition is compiled.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions>.

use super::types::Type;

/// An object with fields of fixed types.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// The name of the type, as messages tell it.
    pub(super) name: &'static str,
    /// The names of the fields, as expressions write them, with their types.
    fields: &'static [(&'static str, &'static str)],
}

impl Record {
    /// The type of a field.
    pub(super) fn field(&self, name: &str) -> Option<Type> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, kind)| Type::parse(kind))
    }
}

/// The record of this name.
pub(super) fn find(name: &str) -> Option<&'static Record> {
    RECORDS.iter().find(|record| record.name == name)
}

/// The variables of a condition with their types. `params` is there only where a policy takes parameters.
pub(super) const VARIABLES: [(&str, &str); 7] = [
    ("object", "dyn"),
    ("oldObject", "dyn"),
    ("request", "kubernetes.AdmissionRequest"),
    ("namespaceObject", "kubernetes.Namespace"),
    ("authorizer", "authorizer"),
    ("authorizer.requestResource", "resourceCheck"),
    (PARAMS, "dyn"),
];

/// The variable that holds a policy's parameters.
pub(super) const PARAMS: &str = "params";

static RECORDS: [Record; 9] = [
    Record {
        name: "kubernetes.AdmissionRequest",
        fields: &[
            ("kind", "kubernetes.GroupVersionKind"),
            ("resource", "kubernetes.GroupVersionResource"),
            ("subResource", "string"),
            ("requestKind", "kubernetes.GroupVersionKind"),
            ("requestResource", "kubernetes.GroupVersionResource"),
            ("requestSubResource", "string"),
            ("name", "string"),
            ("namespace", "string"),
            ("operation", "string"),
            ("userInfo", "kubernetes.UserInfo"),
            ("dryRun", "bool"),
            ("options", "dyn"),
        ],
    },
    Record { name: "kubernetes.GroupVersionKind", fields: &[("group", "string"), ("version", "string"), ("kind", "string")] },
    Record { name: "kubernetes.GroupVersionResource", fields: &[("group", "string"), ("version", "string"), ("resource", "string")] },
    Record {
        name: "kubernetes.UserInfo",
        fields: &[("username", "string"), ("uid", "string"), ("groups", "list(string)"), ("extra", "map(string, list(string))")],
    },
    Record {
        name: "kubernetes.Namespace",
        fields: &[
            ("metadata", "kubernetes.NamespaceMetadata"),
            ("spec", "kubernetes.NamespaceSpec"),
            ("status", "kubernetes.NamespaceStatus"),
        ],
    },
    Record {
        name: "kubernetes.NamespaceMetadata",
        fields: &[
            ("name", "string"),
            ("generateName", "string"),
            ("namespace", "string"),
            ("labels", "map(string, string)"),
            ("annotations", "map(string, string)"),
            ("UID", "string"),
            ("creationTimestamp", "timestamp"),
            ("deletionGracePeriodSeconds", "int"),
            ("deletionTimestamp", "timestamp"),
            ("generation", "int"),
            ("resourceVersion", "string"),
            ("finalizers", "list(string)"),
        ],
    },
    Record { name: "kubernetes.NamespaceSpec", fields: &[("finalizers", "list(string)")] },
    Record { name: "kubernetes.NamespaceStatus", fields: &[("conditions", "list(kubernetes.NamespaceCondition)"), ("phase", "string")] },
    Record {
        name: "kubernetes.NamespaceCondition",
        fields: &[
            ("status", "string"),
            ("type", "string"),
            ("lastTransitionTime", "timestamp"),
            ("message", "string"),
            ("reason", "string"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_type_that_is_known() {
        for (owner, kind) in RECORDS.iter().flat_map(|record| record.fields).chain(&VARIABLES) {
            assert!(!matches!(Type::parse(kind), Type::Variable(_)), "{owner}: {kind}");
        }
    }
}
