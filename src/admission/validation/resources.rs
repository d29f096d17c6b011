//! What containers and pods ask for and what they may have at most.
//!
//! See <https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/>.

use std::collections::HashSet;

use serde_json::Value;

use super::field::{Faults, Field};
use super::kept::{Kept, Rule};
use super::pods::{CONTAINER_LISTS, Pod};
use super::resource_names::{is_counted, is_extended, is_for_containers, is_native, is_standard};
use super::seen::Seen;
use crate::object::names::{dns_label, qualified_name};
use crate::schema::quantity;

const HUGE: &str = "hugepages-";

/// The size of one unit, in the billionths that quantities are compared in.
const UNIT: i128 = 1_000_000_000;

/// The resources of a container.
pub(super) fn of_container(resources: &Field<'_, '_>, pod: &Pod<'_>, faults: &mut Faults) {
    requirements(resources, container_name, pod.kept, faults);
    claimed(&resources.at("claims"), &pod.claims, faults);
}

/// What running a pod takes beside its containers.
pub(super) fn overhead(overhead: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    overhead.entries().for_each(|(name, amount)| amount_of(name, &amount, container_name, kept, faults));
    only_huge(overhead, &[overhead], faults);
}

/// The resources of a whole pod, which hold those of its containers.
pub(super) fn of_pod(spec: &Field<'_, '_>, kept: &Kept, faults: &mut Faults) {
    let resources = spec.at("resources");
    if resources.is_absent() {
        return;
    }
    if spec.deep(&["os", "name"]).text() == "windows" {
        return faults.forbidden(&resources, "may not be set for a windows pod");
    }
    if !resources.at("claims").is_absent() {
        faults.forbidden(&resources.at("claims"), "claims may not be set for Resources at pod-level");
    }
    requirements(&resources, pod_name, kept, faults);
    holds_containers(spec, &resources, faults);
}

type NameRule = fn(&str, &Field<'_, '_>, &mut Faults);

fn requirements(resources: &Field<'_, '_>, rule: NameRule, kept: &Kept, faults: &mut Faults) {
    if resources.is_empty() {
        return;
    }
    let (limits, requests) = (resources.at("limits"), resources.at("requests"));
    limits.entries().for_each(|(name, amount)| amount_of(name, &amount, rule, kept, faults));
    for (name, amount) in requests.entries() {
        amount_of(name, &amount, rule, kept, faults);
        within(name, &amount, &requests, &limits, faults);
    }
    only_huge(resources, &[&limits, &requests], faults);
}

/// A request is at most the limit, and exactly that for what cannot be lent.
fn within(name: &str, amount: &Field<'_, '_>, requests: &Field<'_, '_>, limits: &Field<'_, '_>, faults: &mut Faults) {
    let limit = limits.key(name);
    let lendable = is_native(name) && !name.starts_with(HUGE);
    let Some((asked, most)) = amount.quantity().zip(limit.quantity()) else {
        if limit.is_absent() && !lendable {
            faults.required(limits, "Limit must be set for non overcommitable resources");
        }
        return;
    };
    if asked != most && !lendable {
        faults.invalid_as(requests, amount.text(), &format!("must be equal to {name} limit of {}", limit.text()));
    } else if asked > most {
        faults.invalid_as(requests, amount.text(), &format!("must be less than or equal to {name} limit of {}", limit.text()));
    }
}

/// Huge pages come with ordinary memory or processors.
fn only_huge(place: &Field<'_, '_>, lists: &[&Field<'_, '_>], faults: &mut Faults) {
    let any = |test: fn(&str) -> bool| lists.iter().any(|list| list.entries().any(|(name, _)| test(name)));
    if any(|name| name.starts_with(HUGE)) && !any(|name| matches!(name, "cpu" | "memory")) {
        faults.forbidden(place, "HugePages require cpu or memory");
    }
}

fn amount_of(name: &str, amount: &Field<'_, '_>, rule: NameRule, kept: &Kept, faults: &mut Faults) {
    rule(name, amount, faults);
    let Some(value) = amount.quantity() else { return };
    if value < 0 {
        faults.invalid(amount, "must be greater than or equal to 0");
    }
    if (is_extended(name) || is_counted(name)) && value % UNIT != 0 {
        faults.invalid(amount, "must be an integer");
    }
    if kept.asks(Rule::WholePages) && is_part_of_page(name, value) {
        faults.invalid(amount, &format!("{} is not positive integer multiple of {name}", amount.text()));
    }
}

fn is_part_of_page(name: &str, value: i128) -> bool {
    let Some(size) = name.strip_prefix(HUGE) else { return false };
    !quantity::billionths(size).is_some_and(|size| size > 0 && value % size == 0)
}

/// Whether a pod asks for parts of huge pages.
pub(super) fn has_parts_of_pages(spec: &Field<'_, '_>) -> bool {
    let parts =
        |list: &Field<'_, '_>| list.entries().any(|(name, amount)| amount.quantity().is_some_and(|value| is_part_of_page(name, value)));
    let of_container = |container: Field<'_, '_>| ["limits", "requests"].iter().any(|list| parts(&container.at("resources").at(list)));
    parts(&spec.at("overhead")) || CONTAINER_LISTS.iter().any(|list| spec.at(list).items().any(of_container))
}

/// A name of any resource; whether it is well formed.
fn any_name(name: &str, amount: &Field<'_, '_>, faults: &mut Faults) -> bool {
    if let Err(why) = qualified_name(name) {
        faults.invalid_as(amount, name, &why);
        return false;
    }
    if !name.contains('/') && !is_standard(name) {
        faults.invalid_as(amount, name, "must be a standard resource type or fully qualified");
        return false;
    }
    true
}

fn container_name(name: &str, amount: &Field<'_, '_>, faults: &mut Faults) {
    any_name(name, amount, faults);
    if !name.contains('/') {
        if !is_for_containers(name) {
            faults.invalid_as(amount, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && !is_extended(name) {
        faults.invalid_as(amount, name, "doesn't follow extended resource name standard");
    }
}

fn pod_name(name: &str, amount: &Field<'_, '_>, faults: &mut Faults) {
    if any_name(name, amount, faults) && !matches!(name, "cpu" | "memory") && !name.starts_with(HUGE) {
        faults.not_supported(&Field::root_like(amount, &name.into()), &["cpu", "hugepages-", "memory"]);
    }
}

/// The claims of a container are among those of its pod, and none is there twice.
fn claimed(claims: &Field<'_, '_>, of_pod: &Seen<'_>, faults: &mut Faults) {
    let (mut whole, mut in_part, mut parts) = (Seen::default(), Seen::default(), HashSet::new());
    for claim in claims.items() {
        let (name, request) = (claim.at("name").text(), claim.at("request"));
        if name.is_empty() {
            faults.required(&claim, "");
            continue;
        }
        faults.named(&request, dns_label);
        let new_part = request.is_empty() || parts.insert((name, request.text()));
        if whole.contains(name) || (request.is_empty() && in_part.contains(name)) {
            faults.duplicate_as(&claim, name);
        } else if !new_part {
            faults.duplicate_as(&claim, &format!("{name}/{}", request.text()));
        }
        if request.is_empty() {
            whole.insert(name)
        } else {
            in_part.insert(name)
        };
        if !of_pod.contains(name) {
            let hint = "must be one of the names in pod.spec.resourceClaims";
            let hint = if of_pod.is_empty() { format!("{hint} which is empty") } else { format!("{hint}: {}", of_pod.sorted().join(", ")) };
            faults.not_found_but(&claim, name, &hint);
        }
    }
}

/// What is done with a container when its resources change while it runs.
pub(super) fn resize_policies(list: &Field<'_, '_>, restart_policy: &str, faults: &mut Faults) {
    let mut names = Seen::default();
    for policy in list.items() {
        let (name, restart) = (policy.at("resourceName"), policy.at("restartPolicy"));
        if !names.insert(name.text()) {
            faults.duplicate_as(&policy, name.text());
        }
        for (word, known) in [(&name, &["cpu", "memory"]), (&restart, &["NotRequired", "RestartContainer"])] {
            faults.required_one_of(&Field::root_like(list, word.value), known);
        }
        if restart_policy == "Never" && restart.text() != "NotRequired" {
            faults.invalid_as(list, restart.text(), "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
        }
    }
}

/// A pod asks for no less than its containers together, and none of them may have more than the pod.
fn holds_containers(spec: &Field<'_, '_>, resources: &Field<'_, '_>, faults: &mut Faults) {
    let (requests, limits) = (resources.at("requests"), resources.at("limits"));
    for (name, amount) in requests.entries() {
        let together = aggregate(spec.value, "requests", name);
        if together > amount.quantity().unwrap_or_default() {
            let why = format!(
                "must be greater than or equal to aggregate container requests of {}",
                written(spec.value, "requests", name, together)
            );
            faults.invalid(&amount, &why);
        }
    }
    for (name, amount) in limits.entries().filter(|(name, _)| name.starts_with(HUGE)) {
        let together = aggregate(spec.value, "limits", name);
        if together > amount.quantity().unwrap_or_default() {
            let why =
                format!("must be greater than or equal to aggregate container limits of {}", written(spec.value, "limits", name, together));
            faults.invalid(&amount, &why);
        }
    }
    for (index, container) in spec.at("containers").items().enumerate() {
        for (name, limit) in container.deep(&["resources", "limits"]).entries() {
            let most = limits.key(name);
            if let Some((limit_value, most_value)) = limit.quantity().zip(most.quantity())
                && limit_value > most_value
            {
                let list = resources.at("containers");
                let (item, why) = (list.item(index), format!("must be less than or equal to pod limits of {}", most.text()));
                faults.invalid_as(&item.key(name).at("limits"), limit.text(), &why);
            }
        }
    }
}

/// What the containers of a pod need together of one resource, in billionths: those that run beside each other add up, those that run
/// before need theirs one at a time, on top of the ones that were started before them and stay.
fn aggregate(spec: &Value, list: &str, name: &str) -> i128 {
    let of = |container: &Value| {
        let amount = container.get("resources").and_then(|resources| resources.get(list)?.get(name)?.as_str());
        amount.and_then(quantity::billionths).unwrap_or_default()
    };
    let each = |list: &str| spec.get(list).and_then(Value::as_array).into_iter().flatten();
    let mut together: i128 = each("containers").map(of).sum();
    let (mut stay, mut peak) = (0, 0);
    for container in each("initContainers") {
        let amount = of(container);
        if container.get("restartPolicy").and_then(Value::as_str) == Some("Always") {
            together += amount;
            stay += amount;
            peak = peak.max(stay);
        } else {
            peak = peak.max(stay + amount);
        }
    }
    together.max(peak)
}

/// The same as text, `None` where no container says anything of the resource.
pub(in crate::admission) fn aggregate_text(spec: &Value, list: &str, name: &str) -> Option<String> {
    amounts(spec, list, name).next()?;
    Some(written(spec, list, name, aggregate(spec, list, name)))
}

/// A sum takes the suffixes of what is added up first.
fn written(spec: &Value, list: &str, name: &str, billionths: i128) -> String {
    quantity::text(billionths, amounts(spec, list, name).next().is_some_and(|amount| amount.ends_with('i')))
}

fn amounts<'v>(spec: &'v Value, list: &'v str, name: &'v str) -> impl Iterator<Item = &'v str> {
    let each = |list: &str| spec.get(list).and_then(Value::as_array).into_iter().flatten();
    let amount = move |container: &'v Value| container.get("resources")?.get(list)?.get(name)?.as_str();
    each("containers").chain(each("initContainers")).filter_map(amount)
}
