//! Webhook configurations.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

use std::collections::HashSet;

use super::field::{Faults, Field};
use super::labels;
use crate::object::names::dns_subdomain;

const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];

pub(super) fn webhooks(hooks: &Field<'_, '_>, mutating: bool, faults: &mut Faults) {
    let mut names = HashSet::new();
    for hook in hooks.items() {
        let name = hook.at("name");
        if faults.present(&name) {
            qualified(&name, faults);
            if !names.insert(name.text()) {
                faults.duplicate(&name);
            }
        }
        if hook.at("admissionReviewVersions").is_empty() {
            faults.required(&hook.at("admissionReviewVersions"), "must specify one of v1, v1beta1");
        }
        let effects = hook.at("sideEffects");
        if effects.is_empty() {
            faults.required(&effects, "must specify one of None, NoneOnDryRun");
        } else {
            faults.one_of(&effects, &["None", "NoneOnDryRun"]);
        }
        faults.one_of(&hook.at("failurePolicy"), &["Fail", "Ignore"]);
        faults.one_of(&hook.at("matchPolicy"), &["Equivalent", "Exact"]);
        if mutating {
            faults.one_of(&hook.at("reinvocationPolicy"), &["IfNeeded", "Never"]);
        }
        let timeout = hook.at("timeoutSeconds");
        if timeout.number().is_some_and(|seconds| !(1..=30).contains(&seconds)) {
            faults.invalid(&timeout, "the timeout value must be between 1 and 30 seconds");
        }
        labels::selector(&hook.at("namespaceSelector"), faults);
        labels::selector(&hook.at("objectSelector"), faults);
        client(&hook.at("clientConfig"), faults);
        hook.at("rules").items().for_each(|rule| operations(&rule, faults));
    }
}

fn qualified(name: &Field<'_, '_>, faults: &mut Faults) {
    if let Err(why) = dns_subdomain(name.text()) {
        faults.invalid(name, &why);
    } else if name.text().split('.').count() < 3 {
        faults.invalid(name, "should be a domain with at least three segments separated by dots");
    }
}

fn client(config: &Field<'_, '_>, faults: &mut Faults) {
    if config.count(&["url", "service"]) != 1 {
        faults.required(config, "exactly one of url or service is required");
    }
    let (url, service) = (config.at("url"), config.at("service"));
    if !url.is_absent() && !url.text().starts_with("https://") {
        faults.invalid(&url, "'https' is the only allowed URL scheme; desired format: https://host[/path]");
    }
    if !service.is_absent() {
        faults.present(&service.at("name"));
        faults.present(&service.at("namespace"));
        faults.between(&service.at("port"), 1, 65535);
    }
}

fn operations(rule: &Field<'_, '_>, faults: &mut Faults) {
    for member in ["operations", "apiGroups", "apiVersions", "resources"] {
        let list = rule.at(member);
        faults.present(&list);
        let every = list.items().any(|item| item.text() == "*");
        if every && member != "resources" && list.items().count() > 1 {
            faults.invalid(&list, "if '*' is present, must not specify other values");
        }
    }
    for operation in rule.at("operations").items() {
        if !OPERATIONS.contains(&operation.text()) {
            faults.not_supported(&operation, &OPERATIONS);
        }
    }
    faults.one_of(&rule.at("scope"), &["*", "Cluster", "Namespaced"]);
}
