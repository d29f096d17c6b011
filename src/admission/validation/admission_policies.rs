//! Admission policies in CEL and their bindings. Expressions are compiled; what was stored before and did not change is not judged anew.
//!
//! See <https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/>.

use std::collections::HashSet;

use super::alike::alike;
use super::field::{Faults, Field};
use super::hooks::{match_conditions, rule_with_operations};
use super::labels;
use super::names::is_identifier;
use super::written::Written;
use crate::cel::{Made, Returns, Scope, Variables, check_admission};
use crate::object::names::{dns_1035_label, dns_subdomain, path_segment, qualified_name};

const MOST_ANNOTATIONS: usize = 20;
const LONGEST_ANNOTATION: usize = 5 << 10;

/// What a mutating policy can be about.
const MUTABLE: [&str; 4] = ["*", "CONNECT", "CREATE", "UPDATE"];

/// Words that CEL keeps for itself.
const RESERVED: [&str; 20] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
];

/// What the expressions of a policy can speak of.
struct Environment {
    params: bool,
    /// Those that compiled; without any variable there is no `variables`.
    variables: Option<Variables>,
    /// Whether expressions are compiled at all.
    compiles: bool,
}

impl Environment {
    fn scope(&self, authorizer: bool) -> Scope<'static> {
        Scope { params: self.params, authorizer, object: None }
    }

    /// An expression must compile, and come to what is wanted.
    fn check(&self, field: &Field<'_, '_>, text: &str, authorizer: bool, returns: Returns, faults: &mut Faults) {
        if !self.compiles {
            return;
        }
        if let Err(why) = check_admission(text, self.scope(authorizer), self.variables.as_ref(), returns) {
            faults.invalid_as(field, text, &why.to_string());
        }
    }
}

pub(super) fn validating(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let environment = common(&spec, written.had("spec").as_ref(), faults);
    let (validations, annotations) = (spec.at("validations"), spec.at("auditAnnotations"));
    if validations.is_empty() && annotations.is_empty() {
        for list in [&validations, &annotations] {
            faults.required(list, "validations or auditAnnotations must contain at least one item");
        }
        return;
    }
    validations.items().for_each(|one| validation(&one, &environment, faults));
    if annotations.length() > MOST_ANNOTATIONS {
        faults.invalid(&annotations, &format!("must not have more than {MOST_ANNOTATIONS} auditAnnotations"));
    }
    let mut keys = HashSet::new();
    for annotation in annotations.items() {
        let (key, expression) = (annotation.at("key"), annotation.at("valueExpression"));
        let full = format!("{}/{}", written.object.name(), key.text());
        if let Err(why) = qualified_name(&full) {
            faults.invalid_hidden(&key, &full, &why);
        }
        match expression.text().trim().len() {
            0 => faults.required(&expression, "valueExpression is not specified"),
            length if length > LONGEST_ANNOTATION => {
                faults.required(&expression, &format!("must not exceed {LONGEST_ANNOTATION} bytes in length"));
            }
            _ => environment.check(&expression, expression.text().trim(), true, Returns::TextOrNull, faults),
        }
        faults.once(&key, &mut keys);
    }
}

fn validation(one: &Field<'_, '_>, environment: &Environment, faults: &mut Faults) {
    let (expression, message, computed) = (one.at("expression"), one.at("message"), one.at("messageExpression"));
    if expression.text().trim().is_empty() {
        faults.required(&expression, "expression is not specified");
    } else {
        environment.check(&expression, expression.text(), true, Returns::Truth, faults);
    }
    match computed.text() {
        "" => {}
        text if text.trim().is_empty() => faults.invalid(&computed, "must be non-empty if specified"),
        text => environment.check(&computed, text, false, Returns::Text, faults),
    }
    if !message.is_empty() && message.text().trim().is_empty() {
        faults.invalid(&message, "must be non-empty if specified");
    } else if message.text().trim().contains(['\n', '\r']) {
        faults.invalid(&message, "must not contain line breaks");
    }
    faults.one_of(&one.at("reason"), &["Forbidden", "Invalid", "RequestEntityTooLarge"]);
}

pub(super) fn mutating(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let environment = common(&spec, written.had("spec").as_ref(), faults);
    mutable(&spec.at("matchConstraints"), faults);
    let mutations = spec.at("mutations");
    if mutations.is_empty() {
        faults.required(&mutations, "mutations must contain at least one item");
    }
    mutations.items().for_each(|one| mutation(&one, &environment, faults));
    faults.required_one_of(&spec.at("reinvocationPolicy"), &["Never", "IfNeeded"]);
}

/// There is nothing to change in a deletion.
fn mutable(constraints: &Field<'_, '_>, faults: &mut Faults) {
    let rules = constraints.at("resourceRules");
    let shown = rules.at("operations");
    for rule in rules.items() {
        for operation in rule.at("operations").items().filter(|operation| !MUTABLE.contains(&operation.text())) {
            faults.not_supported(&Field::root_like(&shown, operation.value), &MUTABLE);
        }
    }
}

fn mutation(one: &Field<'_, '_>, environment: &Environment, faults: &mut Faults) {
    let (kind, patch, apply) = (one.at("patchType"), one.at("jsonPatch"), one.at("applyConfiguration"));
    let (made, wanted, other, name) = match kind.text() {
        "JSONPatch" => (Made::Patch, &patch, &apply, "{applyConfiguration}"),
        "ApplyConfiguration" => (Made::Configuration, &apply, &patch, "{jsonPatch}"),
        _ => return faults.required_one_of(&kind, &["ApplyConfiguration", "JSONPatch"]),
    };
    if wanted.is_absent() {
        faults.required(wanted, &format!("must be specified when patchType is {}", kind.text()));
    } else {
        let expression = wanted.at("expression");
        match expression.text().trim() {
            "" => faults.required(&expression, ""),
            text => environment.check(&expression, text, true, Returns::Change(made), faults),
        }
    }
    if !other.is_absent() {
        faults.invalid_hidden(other, name, &format!("must not be specified when patchType is {}", kind.text()));
    }
}

/// What both kinds of policies have in common; answers what further expressions can speak of.
fn common(spec: &Field<'_, '_>, before: Option<&Field<'_, '_>>, faults: &mut Faults) -> Environment {
    faults.required_one_of(&spec.at("failurePolicy"), &["Fail", "Ignore"]);
    let (kind, constraints) = (spec.at("paramKind"), spec.at("matchConstraints"));
    if !kind.is_absent() {
        parameter_kind(&kind, faults);
    }
    if constraints.is_absent() {
        faults.required(&constraints, "");
    } else {
        matches(&constraints, faults);
        faults.present(&constraints.at("resourceRules"));
    }
    if before.is_none_or(|before| !alike(before.at("matchConditions").value, spec.at("matchConditions").value)) {
        match_conditions(&spec.at("matchConditions"), !kind.is_absent(), faults);
    }
    let compiles = before.is_none_or(|before| !alike(before.value, spec.value));
    let mut environment = Environment { params: !kind.is_absent(), variables: None, compiles };
    spec.at("variables").items().for_each(|one| variable(&one, &mut environment, faults));
    environment
}

fn variable(one: &Field<'_, '_>, environment: &mut Environment, faults: &mut Faults) {
    let (name, expression) = (one.at("name"), one.at("expression"));
    if name.text().trim().is_empty() {
        faults.required(&name, "name is not specified");
    } else if !is_identifier(name.text()) || RESERVED.contains(&name.text()) || name.text() == "while" {
        faults.invalid(&name, "must be a valid CEL identifier");
    }
    if expression.text().trim().is_empty() {
        faults.required(&expression, "expression is not specified");
    } else if environment.compiles {
        let scope = environment.scope(true);
        if let Err(why) = environment.variables.get_or_insert_default().add(name.text(), expression.text(), scope) {
            faults.invalid(&expression, &why.to_string());
        }
    }
}

fn parameter_kind(kind: &Field<'_, '_>, faults: &mut Faults) {
    let (version, name) = (kind.at("apiVersion"), kind.at("kind"));
    let text = version.text();
    let (group, number) = text.rsplit_once('/').unwrap_or(("", text));
    if text.is_empty() {
        faults.required(&version, "");
    } else if group.contains('/') {
        faults.invalid(&version, &format!("unexpected GroupVersion string: {text}"));
    } else {
        if let (false, Err(why)) = (group.is_empty(), dns_subdomain(group)) {
            faults.invalid_hidden(&version, group, &why);
        }
        match dns_1035_label(number) {
            _ if number.is_empty() => faults.invalid(&version, "version must be specified"),
            Err(why) => faults.invalid_hidden(&version, number, &why),
            Ok(()) => {}
        }
    }
    if faults.present(&name)
        && let Err(why) = dns_1035_label(&name.text().to_lowercase())
    {
        faults.invalid(&name, &format!("may have mixed case, but should otherwise match: {why}"));
    }
}

fn matches(constraints: &Field<'_, '_>, faults: &mut Faults) {
    faults.required_one_of(&constraints.at("matchPolicy"), &["Equivalent", "Exact"]);
    labels::selector(&constraints.at("namespaceSelector"), faults);
    labels::selector(&constraints.at("objectSelector"), faults);
    for list in ["resourceRules", "excludeResourceRules"] {
        for rule in constraints.at(list).items() {
            let mut names = HashSet::new();
            for name in rule.at("resourceNames").items() {
                if let Err(why) = path_segment(name.text()) {
                    faults.invalid(&name, &why);
                }
                faults.once(&name, &mut names);
            }
            rule_with_operations(&rule, faults);
        }
    }
}

pub(super) fn binding(written: Written<'_>, acts: bool, faults: &mut Faults) {
    let spec = written.at("spec");
    faults.required_name(&spec.at("policyName"), dns_subdomain);
    let (parameters, constraints) = (spec.at("paramRef"), spec.at("matchResources"));
    if !parameters.is_absent() {
        parameter_reference(&parameters, faults);
    }
    if !constraints.is_absent() {
        matches(&constraints, faults);
    }
    if acts {
        actions(&spec.at("validationActions"), faults);
    } else {
        mutable(&constraints, faults);
    }
}

fn parameter_reference(reference: &Field<'_, '_>, faults: &mut Faults) {
    let (name, selector, missing) = (reference.at("name"), reference.at("selector"), reference.at("parameterNotFoundAction"));
    faults.named(&name, path_segment);
    labels::selector(&selector, faults);
    match (name.is_empty(), selector.is_absent()) {
        (false, false) => {
            for field in [&name, &selector] {
                faults.forbidden(field, "name and selector are mutually exclusive");
            }
        }
        (true, true) => faults.required(reference, "one of name or selector must be specified"),
        _ => {}
    }
    faults.required_one_of(&missing, &["Deny", "Allow"]);
}

fn actions(list: &Field<'_, '_>, faults: &mut Faults) {
    let mut seen = HashSet::new();
    for action in list.items() {
        if !["Audit", "Deny", "Warn"].contains(&action.text()) {
            faults.not_supported(&action, &["Audit", "Deny", "Warn"]);
        }
        faults.once(&action, &mut seen);
    }
    if seen.contains("Deny") && seen.contains("Warn") {
        let why = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers \
                   serves no purpose)";
        faults.invalid(list, why);
    }
    if list.is_empty() {
        faults.required(list, "at least one validation action is required");
    }
}
