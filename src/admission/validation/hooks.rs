//! Webhook configurations, and the rules that say which requests a hook or policy is about.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

use std::collections::HashSet;

use super::alike::alike;
use super::field::{Faults, Field};
use super::labels;
use super::names::full_domain;
use super::written::Written;
use crate::cel::{Returns, Scope, check_admission};
use crate::object::names::{dns_1035_label, qualified_name};

const OPERATIONS: [&str; 5] = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const REVIEWS: [&str; 2] = ["v1", "v1beta1"];
const MOST_CONDITIONS: usize = 64;
const URL_FORM: &str = "desired format: https://host[/path]";

pub(super) fn webhooks(written: Written<'_>, mutating: bool, faults: &mut Faults) {
    let hooks = written.at("webhooks");
    let kept = written.had("webhooks").map(|before| Kept::of(&hooks, &before)).unwrap_or_default();
    let mut names = HashSet::new();
    for hook in hooks.items() {
        full_domain(&hook.at("name"), 3, "three", faults);
        hook.at("rules").items().for_each(|rule| rule_with_operations(&rule, faults));
        faults.one_of(&hook.at("failurePolicy"), &["Fail", "Ignore"]);
        faults.one_of(&hook.at("matchPolicy"), &["Equivalent", "Exact"]);
        let effects = hook.at("sideEffects");
        if effects.is_absent() {
            faults.required(&effects, "must specify one of None, NoneOnDryRun");
        } else if !kept.effects && !["None", "NoneOnDryRun"].contains(&effects.text()) {
            faults.not_supported(&effects, &["None", "NoneOnDryRun"]);
        }
        let timeout = hook.at("timeoutSeconds");
        if timeout.number().is_some_and(|seconds| !(1..=30).contains(&seconds)) {
            faults.invalid(&timeout, "the timeout value must be between 1 and 30 seconds");
        }
        labels::selector_of(&hook.at("namespaceSelector"), !kept.values, faults);
        labels::selector_of(&hook.at("objectSelector"), !kept.values, faults);
        if mutating {
            faults.one_of(&hook.at("reinvocationPolicy"), &["IfNeeded", "Never"]);
        }
        client(&hook.at("clientConfig"), faults);
        if !kept.conditions {
            match_conditions(&hook.at("matchConditions"), false, faults);
        }
        reviews(&hook.at("admissionReviewVersions"), !kept.reviews, faults);
        if !kept.names && !hook.at("name").is_empty() {
            faults.once(&hook.at("name"), &mut names);
        }
    }
}

/// What the webhooks of an older configuration may go on doing.
#[derive(Default)]
struct Kept {
    /// Having effects of their own.
    effects: bool,
    /// Selecting by values that no label can have.
    values: bool,
    /// Conditions as they are, where none of them changed.
    conditions: bool,
    /// Naming no version of reviews that is sent.
    reviews: bool,
    /// Sharing a name.
    names: bool,
}

impl Kept {
    fn of(new: &Field<'_, '_>, old: &Field<'_, '_>) -> Self {
        let mut names = HashSet::new();
        let same = |one: &Field<'_, '_>, other: &Field<'_, '_>| alike(one.at("matchConditions").value, other.at("matchConditions").value);
        Self {
            effects: old.items().any(|hook| !["None", "NoneOnDryRun"].contains(&hook.at("sideEffects").text())),
            values: old.items().any(|hook| {
                ["namespaceSelector", "objectSelector"].iter().any(|selector| labels::has_broken_values(hook.at(selector).value))
            }),
            conditions: new.size() == old.size() && new.items().zip(old.items()).all(|(one, other)| same(&one, &other)),
            reviews: old.items().any(|hook| !hook.at("admissionReviewVersions").items().any(|version| REVIEWS.contains(&version.text()))),
            names: old.items().any(|hook| !names.insert(hook.at("name").text())),
        }
    }
}

fn reviews(versions: &Field<'_, '_>, recognised: bool, faults: &mut Faults) {
    if versions.is_empty() {
        return faults.required(versions, "must specify one of v1, v1beta1");
    }
    let mut seen = HashSet::new();
    for version in versions.items() {
        if !seen.insert(version.text()) {
            faults.invalid(&version, "duplicate version");
        } else if let Err(why) = dns_1035_label(version.text()) {
            faults.invalid(&version, &why);
        }
    }
    if recognised && !REVIEWS.iter().any(|known| seen.contains(known)) {
        faults.invalid(versions, "must include at least one of v1, v1beta1");
    }
}

fn client(config: &Field<'_, '_>, faults: &mut Faults) {
    let (address, service) = (config.at("url"), config.at("service"));
    match (address.is_absent(), service.is_absent()) {
        (false, true) => url(&address, faults),
        (true, false) => reference(&service, faults),
        _ => faults.required(config, "exactly one of url or service is required"),
    }
}

fn url(field: &Field<'_, '_>, faults: &mut Faults) {
    let text = field.text();
    let parsed: Result<http::Uri, _> = text.split('#').next().unwrap_or_default().parse();
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return faults.required(field, &format!("url must be a valid URL: {error}; {URL_FORM}")),
    };
    if parsed.scheme_str() != Some("https") {
        let scheme = parsed.scheme_str().unwrap_or_default();
        faults.invalid_hidden(field, scheme, &format!("'https' is the only allowed URL scheme; {URL_FORM}"));
    }
    if parsed.host().unwrap_or_default().is_empty() {
        faults.invalid_hidden(field, "", &format!("host must be specified; {URL_FORM}"));
    }
    if parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        faults.invalid_hidden(field, "<user information redacted>", "user information is not permitted in the URL");
    }
    if let Some((_, fragment)) = text.split_once('#') {
        faults.invalid_hidden(field, fragment, "fragments are not permitted in the URL");
    }
    if let Some(query) = parsed.query() {
        faults.invalid_hidden(field, query, "query parameters are not permitted in the URL");
    }
}

fn reference(service: &Field<'_, '_>, faults: &mut Faults) {
    for (member, what) in [("name", "service name is required"), ("namespace", "service namespace is required")] {
        if service.at(member).is_empty() {
            faults.required(&service.at(member), what);
        }
    }
    let (port, path) = (service.at("port"), service.at("path"));
    if port.number().is_some_and(|number| !(1..=65535).contains(&number)) {
        faults.invalid(&port, "port is not valid: must be between 1 and 65535, inclusive");
    }
    if path.is_empty() || path.text() == "/" {
        return;
    }
    let Some(rest) = path.text().strip_prefix('/') else { return faults.invalid(&path, "must start with a '/'") };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    for (index, segment) in rest.split('/').enumerate() {
        if segment.is_empty() {
            faults.invalid(&path, &format!("segment[{index}] may not be empty"));
        }
    }
}

/// Conditions by name; `params` says whether they can speak of parameters.
pub(super) fn match_conditions(conditions: &Field<'_, '_>, params: bool, faults: &mut Faults) {
    if conditions.length() > MOST_CONDITIONS {
        faults.too_many(conditions, MOST_CONDITIONS);
    }
    let mut names = HashSet::new();
    for condition in conditions.items() {
        let (name, expression) = (condition.at("name"), condition.at("expression"));
        let text = expression.text().trim();
        if text.is_empty() {
            faults.required(&expression, "");
        } else if let Err(why) = check_admission(text, Scope { params, authorizer: true, object: None }, None, Returns::Truth) {
            faults.invalid_as(&expression, text, &why.to_string());
        }
        if faults.present(&name) {
            if let Err(why) = qualified_name(name.text()) {
                faults.invalid(&name, &why);
            }
            faults.once(&name, &mut names);
        }
    }
}

/// Operations, groups, versions and resources.
pub(super) fn rule_with_operations(rule: &Field<'_, '_>, faults: &mut Faults) {
    let operations = rule.at("operations");
    star_alone(&operations, "operations", faults);
    for operation in operations.items().filter(|operation| !OPERATIONS.contains(&operation.text())) {
        faults.not_supported(&operation, &OPERATIONS);
    }
    star_alone(&rule.at("apiGroups"), "API groups", faults);
    let versions = rule.at("apiVersions");
    star_alone(&versions, "API versions", faults);
    versions.items().filter(Field::is_empty).for_each(|version| faults.required(&version, ""));
    resources(&rule.at("resources"), faults);
    faults.one_of(&rule.at("scope"), &["*", "Cluster", "Namespaced"]);
}

fn star_alone(list: &Field<'_, '_>, what: &str, faults: &mut Faults) {
    if list.is_empty() {
        faults.required(list, "");
    }
    if list.length() > 1 && list.items().any(|item| item.text() == "*") {
        faults.invalid(list, &format!("if '*' is present, must not specify other {what}"));
    }
}

fn resources(list: &Field<'_, '_>, faults: &mut Faults) {
    if list.is_empty() {
        faults.required(list, "");
    }
    let (mut whole, mut everywhere) = (HashSet::new(), HashSet::new());
    let mut plain = false;
    for item in list.items() {
        let text = item.text();
        if text.is_empty() {
            faults.required(&item, "");
            continue;
        }
        let Some((resource, part)) = text.split_once('/') else {
            plain = text != "*";
            continue;
        };
        if whole.contains(resource) {
            faults.invalid(&item, &format!("if '{resource}/*' is present, must not specify {text}"));
        }
        if everywhere.contains(part) {
            faults.invalid(&item, &format!("if '*/{part}' is present, must not specify {text}"));
        }
        if part == "*" {
            whole.insert(resource);
        }
        if resource == "*" {
            everywhere.insert(part);
        }
    }
    let has = |text: &str| list.items().any(|item| item.text() == text);
    if list.length() > 1 && has("*/*") {
        faults.invalid(list, "if '*/*' is present, must not specify other resources");
    }
    if plain && has("*") {
        faults.invalid(list, "if '*' is present, must not specify other resources without subresources");
    }
}
