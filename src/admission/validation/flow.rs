//! Flow schemas and priority levels, which say how a server shares itself out.
//!
//! See <https://kubernetes.io/docs/concepts/cluster-administration/flow-control/>.

use super::field::{Faults, Field};
use super::written::Written;
use crate::object::names::{dns_label, dns_subdomain};

const VERBS: [&str; 9] = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];
const SUBJECTS: [(&str, &str); 3] = [("Group", "group"), ("ServiceAccount", "serviceAccount"), ("User", "user")];
const LAST_PRECEDENCE: i64 = 10_000;
const MOST_QUEUES: i64 = 10_000_000;

/// How many bits of a hash shuffle sharding may use up.
const HASH_BITS: f64 = 60.0;

pub(super) fn schema(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let precedence = spec.at("matchingPrecedence");
    match precedence.number().unwrap_or_default() {
        number if number <= 0 => faults.invalid_or(&precedence, &0.into(), "must be a positive value"),
        number if number > LAST_PRECEDENCE => faults.invalid(&precedence, &format!("must not be greater than {LAST_PRECEDENCE}")),
        1 if written.object.name() != "exempt" => {
            faults.invalid(&precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
        }
        _ => {}
    }
    let method = spec.at("distinguisherMethod");
    if !method.is_absent() && !["ByNamespace", "ByUser"].contains(&method.at("type").text()) {
        faults.not_supported(&method.at("type"), &["ByNamespace", "ByUser"]);
    }
    let level = spec.at("priorityLevelConfiguration");
    if level.at("name").is_empty() {
        faults.required(&level.at("name"), "must reference a priority level");
    }
    faults.named(&level.at("name"), dns_subdomain);
    spec.at("rules").items().for_each(|rule| policy_rule(&rule, faults));
}

fn policy_rule(rule: &Field<'_, '_>, faults: &mut Faults) {
    let (subjects, resources, paths) = (rule.at("subjects"), rule.at("resourceRules"), rule.at("nonResourceRules"));
    if subjects.is_empty() {
        faults.required(&subjects, "subjects must contain at least one value");
    }
    subjects.items().for_each(|one| subject(&one, faults));
    if resources.is_empty() && paths.is_empty() {
        faults.required(rule, "at least one of resourceRules and nonResourceRules has to be non-empty");
    }
    resources.items().for_each(|one| resource_rule(&one, faults));
    for one in paths.items() {
        verbs(&one.at("verbs"), faults);
        let urls = one.at("nonResourceURLs");
        if urls.is_empty() {
            faults.required(&urls, "nonResourceURLs must contain at least one value");
        } else if !star(&urls, "non-resource URLs", faults) {
            urls.items().for_each(|url| path(&url, faults));
        }
    }
}

fn subject(one: &Field<'_, '_>, faults: &mut Faults) {
    let kind = one.at("kind");
    let Some((_, own)) = SUBJECTS.iter().find(|(name, _)| *name == kind.text()) else {
        return faults.not_supported(&kind, &SUBJECTS.map(|(name, _)| name));
    };
    let named = one.at(own);
    if named.is_absent() {
        faults.required(&named, &format!("{own} is required when subject kind is '{}'", kind.text()));
    } else {
        faults.present(&named.at("name"));
        if *own == "serviceAccount" {
            if named.at("name").text() != "*" {
                faults.named(&named.at("name"), dns_subdomain);
            }
            if named.at("namespace").is_empty() {
                faults.required(&named.at("namespace"), "must specify namespace for service account");
            }
            faults.named(&named.at("namespace"), dns_label);
        }
    }
    for (name, member) in SUBJECTS.iter().filter(|(_, member)| member != own && !one.at(member).is_absent()) {
        faults.forbidden(&one.at(member), &format!("{member} is forbidden when subject kind is not '{name}'"));
    }
}

fn resource_rule(rule: &Field<'_, '_>, faults: &mut Faults) {
    verbs(&rule.at("verbs"), faults);
    for (member, none, others) in [
        ("apiGroups", "resource rules must supply at least one api group", "api groups"),
        ("resources", "resource rules must supply at least one resource", "resources"),
    ] {
        let list = rule.at(member);
        if list.is_empty() {
            faults.required(&list, none);
        }
        star(&list, others, faults);
    }
    let namespaces = rule.at("namespaces");
    if namespaces.is_empty() && !rule.at("clusterScope").flag() {
        let why = "resource rules that are not cluster scoped must supply at least one namespace";
        faults.required(&namespaces, why);
    } else if !star(&namespaces, "namespaces", faults) {
        for namespace in namespaces.items() {
            if let Err(why) = dns_label(namespace.text()) {
                faults.invalid(&namespace, &format!("each member of this list must be '*' or a DNS-1123 label; {why}"));
            }
        }
    }
}

fn verbs(list: &Field<'_, '_>, faults: &mut Faults) {
    if list.is_empty() {
        faults.required(list, "verbs must contain at least one value");
    } else if !star(list, "verbs", faults) && list.items().any(|verb| !VERBS.contains(&verb.text())) {
        faults.not_supported(list, &VERBS);
    }
}

/// Whether a list has a star, which stands alone.
fn star(list: &Field<'_, '_>, others: &str, faults: &mut Faults) -> bool {
    let has = list.items().any(|item| item.text() == "*");
    if has && list.length() > 1 {
        faults.invalid(list, &format!("if '*' is present, must not specify other {others}"));
    }
    has
}

fn path(url: &Field<'_, '_>, faults: &mut Faults) {
    let text = url.text();
    let why = if text.is_empty() {
        "must not be empty"
    } else if text == "/" {
        return;
    } else if !text.starts_with('/') {
        "must start with slash"
    } else if text.contains(' ') {
        "must not contain white-space"
    } else if text.contains("//") {
        "must not contain double slash"
    } else if text.matches('*').count() > 1 || text.contains('*') && !text.ends_with("/*") {
        "wildcard can only do suffix matching"
    } else {
        return;
    };
    faults.invalid(url, why);
}

pub(super) fn level(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let (kind, exempt, limited) = (spec.at("type"), spec.at("exempt"), spec.at("limited"));
    if (written.object.name() == "exempt") != (kind.text() == "Exempt") {
        faults.invalid_or(&kind, &"".into(), "type must be 'Exempt' if and only if `name` is 'exempt'");
    }
    match kind.text() {
        "Exempt" => {
            if !limited.is_absent() {
                faults.forbidden(&limited, "must be nil if the type is not Limited");
            }
            shares(&exempt, faults);
        }
        "Limited" => {
            if !exempt.is_absent() {
                faults.forbidden(&exempt, "must be nil if the type is Limited");
            }
            if limited.is_absent() {
                faults.required(&limited, "must not be empty when type is Limited");
            } else {
                shares(&limited, faults);
                non_negative(&limited.at("borrowingLimitPercent"), "if specified, must be a non-negative integer", faults);
                response(&limited.at("limitResponse"), faults);
            }
        }
        _ => faults.not_supported(&kind, &["Exempt", "Limited"]),
    }
}

fn shares(of: &Field<'_, '_>, faults: &mut Faults) {
    non_negative(&of.at("nominalConcurrencyShares"), "must be a non-negative integer", faults);
    let lendable = of.at("lendablePercent");
    if lendable.number().is_some_and(|percent| !(0..=100).contains(&percent)) {
        faults.invalid(&lendable, "must be between 0 and 100, inclusive");
    }
}

fn non_negative(number: &Field<'_, '_>, why: &str, faults: &mut Faults) {
    if number.number().is_some_and(|number| number < 0) {
        faults.invalid(number, why);
    }
}

fn response(response: &Field<'_, '_>, faults: &mut Faults) {
    let (kind, queuing) = (response.at("type"), response.at("queuing"));
    match kind.text() {
        "Reject" if !queuing.is_absent() => faults.forbidden(&queuing, "must be nil if limited.limitResponse.type is not Limited"),
        "Queue" if queuing.is_absent() => faults.required(&queuing, "must not be empty if limited.limitResponse.type is Limited"),
        "Queue" => queues(&queuing, faults),
        "Reject" => {}
        _ => faults.not_supported(&kind, &["Queue", "Reject"]),
    }
}

fn queues(queuing: &Field<'_, '_>, faults: &mut Faults) {
    let (length, queues, hand) = (queuing.at("queueLengthLimit"), queuing.at("queues"), queuing.at("handSize"));
    let number = |field: &Field<'_, '_>| field.number().unwrap_or_default();
    if number(&length) <= 0 {
        faults.invalid_or(&length, &0.into(), "must be positive");
    }
    let (deck, cards) = (number(&queues), number(&hand));
    if deck <= 0 {
        faults.invalid_or(&queues, &0.into(), "must be positive");
    } else if deck > MOST_QUEUES {
        faults.invalid(&queues, &format!("must not be greater than {MOST_QUEUES}"));
    }
    if cards <= 0 {
        faults.invalid_or(&hand, &0.into(), "must be positive");
    } else if cards > deck {
        faults.invalid(&hand, &format!("should not be greater than queues ({deck})"));
    } else if entropy(deck, cards) > HASH_BITS {
        let why = format!("required entropy bits of deckSize {deck} and handSize {cards} should not be greater than 60");
        faults.invalid(&hand, &why);
    }
}

/// How many bits it takes to deal a hand: the logarithm of all the ways to do it.
fn entropy(deck: i64, cards: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most ten million")]
    let bits = (0..cards.min(64)).map(|dealt| ((deck - dealt) as f64).log2()).sum::<f64>();
    bits.ceil()
}
