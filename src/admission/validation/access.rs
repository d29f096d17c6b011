//! Roles and bindings: who may do what.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>.

use super::field::{Faults, Field};
use super::labels;
use crate::object::Object;
use crate::object::names::{dns_subdomain, path_segment};

const GROUP: &str = "rbac.authorization.k8s.io";

/// The rules of a role; a namespaced one can say nothing about paths that are no resources.
pub(super) fn rules(object: &Object, before: Option<&Object>, namespaced: bool, faults: &mut Faults) {
    for rule in Field::root("rules", object.root().get("rules")).items() {
        if rule.at("verbs").is_empty() {
            faults.required(&rule.at("verbs"), "verbs must contain at least one value");
        }
        let paths = rule.at("nonResourceURLs");
        if !paths.is_empty() {
            if namespaced {
                faults.invalid(&paths, "namespaced rules cannot apply to non-resource URLs");
            }
            if ["apiGroups", "resources", "resourceNames"].iter().any(|name| !rule.at(name).is_empty()) {
                faults.invalid(&paths, "rules cannot apply to both regular resources and non-resource URLs");
            }
            continue;
        }
        if rule.at("apiGroups").is_empty() {
            faults.required(&rule.at("apiGroups"), "resource rules must supply at least one api group");
        }
        if rule.at("resources").is_empty() {
            faults.required(&rule.at("resources"), "resource rules must supply at least one resource");
        }
    }
    if !namespaced {
        aggregation(object, before, faults);
    }
}

/// The roles that a cluster role gathers the rules of.
fn aggregation(object: &Object, before: Option<&Object>, faults: &mut Faults) {
    let gathered = Field::root("aggregationRule", object.root().get("aggregationRule"));
    let selectors = gathered.at("clusterRoleSelectors");
    if !gathered.is_absent() && selectors.is_empty() {
        faults.required(&selectors, "at least one clusterRoleSelector required if aggregationRule is non-nil");
    }
    let old = before.and_then(|before| before.get(&["aggregationRule", "clusterRoleSelectors"])?.as_array());
    let keeps = old.is_some_and(|old| old.iter().any(labels::has_broken_values));
    selectors.items().for_each(|selector| labels::selector_of(&selector, !keeps, faults));
}

/// A binding; what it binds to cannot change.
pub(super) fn binding(object: &Object, before: Option<&Object>, namespaced: bool, faults: &mut Faults) {
    let role = Field::root("roleRef", object.root().get("roleRef"));
    if role.at("apiGroup").text() != GROUP {
        faults.not_supported(&role.at("apiGroup"), &[GROUP]);
    }
    let kinds: &[&str] = if namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !kinds.contains(&role.at("kind").text()) {
        faults.not_supported(&role.at("kind"), kinds);
    }
    faults.required_name(&role.at("name"), path_segment);
    for subject in Field::root("subjects", object.root().get("subjects")).items() {
        let (group, namespace) = (subject.at("apiGroup"), subject.at("namespace"));
        faults.present(&subject.at("name"));
        match subject.at("kind").text() {
            "ServiceAccount" => {
                faults.named(&subject.at("name"), dns_subdomain);
                if !group.is_empty() {
                    faults.not_supported(&group, &[""]);
                }
                if !namespaced {
                    faults.present(&namespace);
                }
            }
            kind @ ("User" | "Group") => {
                if subject.at("name").is_empty() {
                    let why = format!("{} name cannot be empty", kind.to_lowercase());
                    faults.invalid_hidden(&subject.at("name"), "", &why);
                }
                if group.text() != GROUP {
                    faults.not_supported(&group, &[GROUP]);
                }
            }
            _ => faults.not_supported(&subject.at("kind"), &["ServiceAccount", "User", "Group"]),
        }
    }
    if before.is_some_and(|before| before.root().get("roleRef") != object.root().get("roleRef")) {
        faults.invalid(&role, "cannot change roleRef");
    }
}
