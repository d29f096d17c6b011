//! Limit ranges and quotas.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/limit-range-v1/>.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::field::{Faults, Field};
use super::resource_names::{Use, amount, is_for_quotas, may_overcommit, resource_name};
use super::written::Written;
use crate::object::names::qualified_name;

const TYPES: [&str; 3] = ["Container", "PersistentVolumeClaim", "Pod"];

/// Each pair of lists in order: where the first may not exceed the second, where that is told, and in which words.
const ORDERED: [(&str, &str, &str, &str, &str); 6] = [
    ("min", "max", "min", "min", "max"),
    ("min", "defaultRequest", "defaultRequest", "min", "default request"),
    ("defaultRequest", "max", "defaultRequest", "default request", "max"),
    ("defaultRequest", "default", "defaultRequest", "default request", "default limit"),
    ("min", "default", "default", "min", "default"),
    ("default", "max", "default", "default", "max"),
];

pub(super) fn limit_range(written: Written<'_>, faults: &mut Faults) {
    let mut seen = HashSet::new();
    let spec = written.at("spec");
    for limit in spec.at("limits").items() {
        limit_type(&limit.at("type"), faults);
        faults.once(&limit.at("type"), &mut seen);
        names(&limit, faults);
        storage(&limit, faults);
        for (low, high, place, low_words, high_words) in ORDERED {
            ordered(&limit, (low, high), place, (low_words, high_words), faults);
        }
        ratios(&limit, faults);
        equal(&limit, faults);
    }
}

fn limit_type(kind: &Field<'_, '_>, faults: &mut Faults) {
    if let Err(why) = qualified_name(kind.text()) {
        faults.invalid_or(kind, &"".into(), &why);
    } else if !kind.text().contains('/') && !TYPES.contains(&kind.text()) {
        faults.invalid(kind, "must be a standard limit type or fully qualified");
    }
}

fn names(limit: &Field<'_, '_>, faults: &mut Faults) {
    let kind = limit.at("type").text();
    let of = if matches!(kind, "Pod" | "Container") { Use::Container } else { Use::Any };
    for list in ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] {
        let list = (list, limit.at(list));
        if kind == "Pod" && list.0.starts_with("default") {
            if !list.1.is_empty() {
                faults.forbidden(&list.1, "may not be specified when `type` is 'Pod'");
            }
            continue;
        }
        for (name, entry) in list.1.entries() {
            resource_name(name, &entry, of, faults);
        }
    }
}

fn storage(limit: &Field<'_, '_>, faults: &mut Faults) {
    let bounded = ["min", "max"].iter().any(|list| limit.value.get(*list).is_some_and(|list| list.get("storage").is_some()));
    if limit.at("type").text() == "PersistentVolumeClaim" && !bounded {
        faults.required(&limit.at("limits"), "either minimum or maximum storage value is required, but neither was provided");
    }
}

fn ordered(
    limit: &Field<'_, '_>,
    (low, high): (&'static str, &'static str),
    place: &'static str,
    words: (&str, &str),
    faults: &mut Faults,
) {
    if limit.at("type").text() == "Pod" && [low, high].iter().any(|list| list.starts_with("default")) {
        return;
    }
    let (lows, highs, shown) = (limit.at(low), limit.at(high), limit.at(place));
    for (name, least) in lows.entries() {
        let most = highs.key(name);
        if let (Some(one), Some(other)) = (least.quantity(), most.quantity())
            && one > other
        {
            let why = format!("{} value {} is greater than {} value {}", words.0, least.text(), words.1, most.text());
            faults.invalid(&shown.key(name), &why);
        }
    }
}

fn ratios(limit: &Field<'_, '_>, faults: &mut Faults) {
    let (least, most) = (limit.at("min"), limit.at("max"));
    for (name, ratio) in limit.at("maxLimitRequestRatio").entries() {
        let Some(number) = ratio.quantity() else { continue };
        if number < 1_000_000_000 {
            faults.invalid(&ratio, &format!("ratio {} is less than 1", ratio.text()));
        }
        let (Some(low), Some(high)) = (least.key(name).quantity(), most.key(name).quantity()) else { continue };
        if low == 0 {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "a ratio that is shown with six digits")]
        let bound = high as f64 / low as f64;
        if number.saturating_mul(low) > high.saturating_mul(1_000_000_000) {
            faults.invalid(&ratio, &format!("ratio {} is greater than max/min = {bound:.6}", ratio.text()));
        }
    }
}

/// Of what cannot be promised twice, what is asked for and what is allowed are the same.
fn equal(limit: &Field<'_, '_>, faults: &mut Faults) {
    let defaults = limit.at("default");
    for (name, request) in limit.at("defaultRequest").entries().filter(|(name, _)| !may_overcommit(name)) {
        let most = defaults.key(name);
        if !most.is_absent() && most.quantity() != request.quantity() {
            let why = format!("default value {} must equal to defaultRequest value {} in {name}", most.text(), request.text());
            faults.invalid(&request, &why);
        }
    }
}

pub(super) fn quota(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    amounts(&spec.at("hard"), faults);
    let scopes = spec.at("scopes");
    let listed: Vec<&str> = scopes.items().map(|scope| scope.text()).collect();
    for scope in &listed {
        let whole = scopes.value;
        fits(&spec, scope, &scopes, (&scopes, whole), faults);
    }
    conflicts(&listed, &scopes, faults);
    selector(&spec, faults);
    if let Some(before) = written.had("spec") {
        let old: BTreeSet<&str> =
            before.value.get("scopes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        if listed.into_iter().collect::<BTreeSet<_>>() != old {
            faults.invalid(&scopes, "field is immutable");
        }
    }
}

/// Amounts under a quota, whether of its spec or its status.
pub(super) fn amounts(list: &Field<'_, '_>, faults: &mut Faults) {
    for (name, entry) in list.entries() {
        resource_name(name, &entry, Use::Quota, faults);
        amount(name, &entry, faults);
    }
}

fn selector(spec: &Field<'_, '_>, faults: &mut Faults) {
    let selector = spec.at("scopeSelector");
    let expressions = selector.at("matchExpressions");
    let mut listed = Vec::new();
    for expression in expressions.items() {
        let place = |name: &'static str| expressions.at(name);
        let (scope, operator, values) = (expression.at("scopeName"), expression.at("operator"), expression.at("values"));
        fits(spec, scope.text(), &Field::root_like(&place("scopeName"), scope.value), (&expressions, selector.value), faults);
        let shown = place("operator");
        let operator = Field::root_like(&shown, operator.value);
        if !matches!(scope.text(), "PriorityClass" | "VolumeAttributesClass") && is_scope(scope.text()) && operator.text() != "Exists" {
            let why = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, \
                       ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
            faults.invalid(&operator, why);
        }
        let shown = place("values");
        let values = Field::root_like(&shown, values.value);
        match operator.text() {
            "In" | "NotIn" if values.is_empty() => {
                faults.required(&values, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                faults.invalid(&values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            _ => faults.invalid(&operator, "not a valid selector operator"),
        }
        listed.push(scope.text());
    }
    conflicts(&listed, &Field::root_like(&expressions, spec.at("scopes").value), faults);
}

fn is_scope(scope: &str) -> bool {
    let known = ["BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"];
    known.contains(&scope) || scope == "VolumeAttributesClass"
}

/// A scope is known, and everything the quota counts has it.
fn fits(spec: &Field<'_, '_>, scope: &str, place: &Field<'_, '_>, (whole, shown): (&Field<'_, '_>, &Value), faults: &mut Faults) {
    if !is_scope(scope) {
        faults.invalid(place, "unsupported scope");
    }
    for (name, _) in spec.at("hard").entries().filter(|(name, _)| is_for_quotas(name)) {
        let fits = match scope {
            "BestEffort" => name == "pods",
            "VolumeAttributesClass" => matches!(name, "persistentvolumeclaims" | "requests.storage"),
            _ if !is_scope(scope) => true,
            _ => matches!(name, "pods" | "cpu" | "memory" | "limits.cpu" | "limits.memory" | "requests.cpu" | "requests.memory"),
        };
        if !fits {
            faults.invalid(&Field::root_like(whole, shown), "unsupported scope applied to resource");
        }
    }
}

fn conflicts(scopes: &[&str], place: &Field<'_, '_>, faults: &mut Faults) {
    for pair in [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]] {
        if pair.iter().all(|scope| scopes.contains(scope)) {
            faults.invalid(place, "conflicting scopes");
        }
    }
}
