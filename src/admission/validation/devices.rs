//! Devices: classes of them, claims to them, and what a node has.
//!
//! See <https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/>.

use std::collections::{HashMap, HashSet};

use super::field::{Faults, Field};
use super::names::is_identifier;
use super::node_selector::node_selector;
use super::written::Written;
use crate::object::names::{dns_label, dns_subdomain};

const MOST_IN_CLAIM: usize = 32;
const MOST_ALTERNATIVES: usize = 8;
const MOST_DEVICES: usize = 128;
const MOST_OF_DEVICE: usize = 32;
const MOST_CONSUMERS: usize = 256;
const LONGEST_DRIVER: usize = 63;
const LONGEST_POOL: usize = 253;
const LONGEST_ID: usize = 32;
const LONGEST_VALUE: usize = 64;
const LONGEST_EXPRESSION: usize = 10 << 10;
const LARGEST_PARAMETERS: usize = 10 << 10;

/// The requests of a claim by name, each with the alternatives it has.
type Requests<'v> = HashMap<&'v str, HashSet<&'v str>>;

pub(super) fn class(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    selectors(&spec.at("selectors"), faults);
    let config = spec.at("config");
    at_most(&config, MOST_IN_CLAIM, faults);
    config.items().for_each(|one| opaque(&one, faults));
}

pub(super) fn claim(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    if let Some(before) = written.had("spec") {
        faults.unchanged(&spec, &before);
    }
    claim_devices(&spec.at("devices"), faults);
}

pub(super) fn claim_template(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    if let Some(before) = written.had("spec") {
        faults.unchanged(&spec, &before);
    }
    let inner = spec.at("spec");
    claim_devices(&inner.at("devices"), faults);
}

fn claim_devices(devices: &Field<'_, '_>, faults: &mut Faults) {
    let (requests, constraints, config) = (devices.at("requests"), devices.at("constraints"), devices.at("config"));
    at_most(&requests, MOST_IN_CLAIM, faults);
    let mut known = Requests::new();
    for request in requests.items() {
        device_request(&request, faults);
        let name = request.at("name");
        if known.contains_key(name.text()) {
            faults.duplicate(&name);
        }
        let alternatives = request.value.get("firstAvailable").and_then(serde_json::Value::as_array).into_iter().flatten();
        known.insert(name.text(), alternatives.filter_map(|one| one.get("name")?.as_str()).collect());
    }
    at_most(&constraints, MOST_IN_CLAIM, faults);
    for constraint in constraints.items() {
        references(&constraint.at("requests"), &known, faults);
        let attributes = ["matchAttribute", "distinctAttribute"].map(|name| constraint.at(name));
        match attributes.iter().filter(|attribute| !attribute.is_absent()).count() {
            0 => faults.required(&attributes[0], ""),
            _ => attributes.iter().filter(|one| !one.is_absent()).for_each(|one| full_name(one, faults)),
        }
    }
    at_most(&config, MOST_IN_CLAIM, faults);
    for one in config.items() {
        references(&one.at("requests"), &known, faults);
        opaque(&one, faults);
    }
}

fn device_request(request: &Field<'_, '_>, faults: &mut Faults) {
    faults.required_name(&request.at("name"), dns_label);
    let (exactly, alternatives) = (request.at("exactly"), request.at("firstAvailable"));
    match (exactly.is_absent(), alternatives.is_empty()) {
        (true, true) => faults.required(request, "exactly one of `exactly` or `firstAvailable` is required"),
        (false, false) => {
            let none = serde_json::Value::Null;
            let why = "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set";
            faults.invalid(&Field::root_like(request, &none), why);
        }
        (false, true) => asked(&exactly, faults),
        (true, false) => {}
    }
    at_most(&alternatives, MOST_ALTERNATIVES, faults);
    let mut names = HashSet::new();
    for alternative in alternatives.items() {
        faults.required_name(&alternative.at("name"), dns_label);
        asked(&alternative, faults);
        faults.once(&alternative.at("name"), &mut names);
    }
}

/// What of a class is asked for, and how much of it.
fn asked(of: &Field<'_, '_>, faults: &mut Faults) {
    faults.required_name(&of.at("deviceClassName"), dns_subdomain);
    selectors(&of.at("selectors"), faults);
    let (mode, count) = (of.at("allocationMode"), of.at("count"));
    let number = count.number().unwrap_or_default();
    match mode.text() {
        "All" if number != 0 => faults.invalid(&count, "must not be specified when allocationMode is 'All'"),
        "ExactCount" if number <= 0 => faults.invalid_or(&count, &0.into(), "must be greater than zero"),
        "All" | "ExactCount" => {}
        _ => faults.not_supported(&mode, &["All", "ExactCount"]),
    }
}

fn selectors(list: &Field<'_, '_>, faults: &mut Faults) {
    at_most(list, MOST_IN_CLAIM, faults);
    for selector in list.items() {
        let (cel, expression) = (selector.at("cel"), selector.at("cel"));
        if cel.is_absent() {
            faults.required(&cel, "");
        } else if expression.at("expression").text().len() > LONGEST_EXPRESSION {
            faults.too_long(&expression.at("expression"), LONGEST_EXPRESSION);
        }
    }
}

fn references(list: &Field<'_, '_>, known: &Requests<'_>, faults: &mut Faults) {
    at_most(list, MOST_IN_CLAIM, faults);
    let mut seen = HashSet::new();
    for reference in list.items() {
        let (request, alternative) = reference.text().split_once('/').map_or((reference.text(), None), |(one, other)| (one, Some(other)));
        for part in [Some(request), alternative].into_iter().flatten() {
            if let Err(why) = dns_label(part) {
                faults.invalid_hidden(&reference, part, &why);
            }
        }
        let found = known.get(request).is_some_and(|alternatives| alternative.is_none_or(|name| alternatives.contains(name)));
        if !found {
            let why = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
            faults.invalid(&reference, why);
        }
        faults.once(&reference, &mut seen);
    }
}

fn opaque(config: &Field<'_, '_>, faults: &mut Faults) {
    let opaque = config.at("opaque");
    if opaque.is_absent() {
        return faults.required(&opaque, "");
    }
    driver(&opaque.at("driver"), faults);
    let parameters = opaque.at("parameters");
    if parameters.is_absent() {
        faults.required(&parameters, "");
    } else if !parameters.value.is_object() {
        faults.invalid_hidden(&parameters, "<value omitted>", "parameters must be a valid JSON object");
    } else if parameters.value.to_string().len() > LARGEST_PARAMETERS {
        faults.too_long(&parameters, LARGEST_PARAMETERS);
    }
}

fn at_most(list: &Field<'_, '_>, most: usize, faults: &mut Faults) {
    if list.length() > most {
        faults.too_many(list, most);
    }
}

fn driver(field: &Field<'_, '_>, faults: &mut Faults) {
    if field.text().len() > LONGEST_DRIVER {
        faults.too_long(field, LONGEST_DRIVER);
    }
    if faults.present(field)
        && let Err(why) = dns_subdomain(&field.text().to_lowercase())
    {
        faults.invalid(field, &why);
    }
}

fn pool(field: &Field<'_, '_>, faults: &mut Faults) {
    if !faults.present(field) {
        return;
    }
    if field.text().len() > LONGEST_POOL {
        faults.too_long(field, LONGEST_POOL);
    }
    if let Some((part, why)) = field.text().split('/').find_map(|part| Some((part, dns_subdomain(part).err()?))) {
        faults.invalid_hidden(field, part, &why);
    }
}

/// A name with the domain of who gave it.
fn full_name(field: &Field<'_, '_>, faults: &mut Faults) {
    attribute_name(field.text(), field, faults);
    if !field.is_empty() && !field.text().contains('/') {
        faults.invalid(field, "must include a domain");
    }
}

fn attribute_name(name: &str, field: &Field<'_, '_>, faults: &mut Faults) {
    if name.is_empty() {
        return faults.required(field, "name required");
    }
    let (domain, id) = name.split_once('/').map_or((None, name), |(domain, id)| (Some(domain), id));
    match domain {
        Some("") => faults.required(field, "the domain must not be empty"),
        Some(domain) => {
            if let Err(why) = dns_subdomain(&domain.to_lowercase()) {
                faults.invalid_hidden(field, domain, &why);
            }
        }
        None => {}
    }
    if id.is_empty() {
        faults.required(field, "the name must not be empty");
    } else if id.len() > LONGEST_ID {
        faults.too_long(field, LONGEST_ID);
    } else if !is_identifier(id) {
        let why = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' \
                   (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";
        faults.invalid_hidden(field, id, why);
    }
}

pub(super) fn slice(written: Written<'_>, faults: &mut Faults) {
    let spec = written.at("spec");
    let own = spec.at("pool");
    driver(&spec.at("driver"), faults);
    pool(&own.at("name"), faults);
    if own.at("resourceSliceCount").number().unwrap_or_default() <= 0 {
        faults.invalid_or(&own.at("resourceSliceCount"), &0.into(), "must be greater than zero");
    }
    if own.at("generation").number().is_some_and(|generation| generation < 0) {
        faults.invalid(&own.at("generation"), "must be greater than or equal to zero");
    }
    if let Some(before) = written.had("spec") {
        faults.unchanged(&own.at("name"), &before.deep(&["pool", "name"]));
        for name in ["driver", "nodeName"] {
            faults.unchanged(&spec.at(name), &before.at(name));
        }
    }
    reach(&spec, faults);
    let devices = spec.at("devices");
    at_most(&devices, MOST_DEVICES, faults);
    let mut names = HashSet::new();
    for device in devices.items() {
        faults.required_name(&device.at("name"), dns_label);
        device_traits(&device, faults);
        faults.once(&device.at("name"), &mut names);
    }
}

/// Which nodes reach the devices of a slice, said in one way.
fn reach(spec: &Field<'_, '_>, faults: &mut Faults) {
    let (node, selector) = (spec.at("nodeName"), spec.at("nodeSelector"));
    faults.named(&node, dns_subdomain);
    if !selector.is_absent() {
        node_selector(&selector, true, faults);
        let terms = selector.at("nodeSelectorTerms");
        if terms.length() != 1 {
            faults.invalid(&terms, "must have exactly one node selector term");
        }
    }
    let said = [
        ("`nodeName`", !node.is_empty()),
        ("`nodeSelector`", !selector.is_absent()),
        ("`allNodes`", spec.at("allNodes").flag()),
        ("`perDeviceNodeSelection`", spec.at("perDeviceNodeSelection").flag()),
    ];
    let said: Vec<&str> = said.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    let one = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
    match said.len() {
        0 => faults.required(spec, one),
        1 => {}
        _ => faults.invalid_hidden(spec, &format!("{{{}}}", said.join(", ")), &format!("{one}, but multiple fields are set")),
    }
}

fn device_traits(device: &Field<'_, '_>, faults: &mut Faults) {
    let (attributes, capacity) = (device.at("attributes"), device.at("capacity"));
    for (name, entry) in attributes.entries() {
        attribute_name(name, &entry, faults);
        attribute(&entry, faults);
    }
    for (name, entry) in capacity.entries() {
        attribute_name(name, &entry, faults);
    }
    let total = attributes.length() + capacity.length();
    if total > MOST_OF_DEVICE {
        let why = format!("the total number of attributes and capacities must not exceed {MOST_OF_DEVICE}");
        faults.invalid(&Field::root_like(device, &total.into()), &why);
    }
}

fn attribute(entry: &Field<'_, '_>, faults: &mut Faults) {
    for member in ["string", "version"] {
        if entry.at(member).text().len() > LONGEST_VALUE {
            faults.too_long(&entry.at(member), LONGEST_VALUE);
        }
    }
    let version = entry.at("version");
    if !version.is_absent() && !is_version(version.text()) {
        faults.invalid(&version, "must be a string compatible with semver.org spec 2.0.0");
    }
    let values = ["bool", "int", "string", "version", "bools", "ints", "strings", "versions"];
    match entry.count(&values) {
        0 => faults.required(entry, "exactly one value must be specified"),
        1 => {}
        _ => faults.invalid(entry, "exactly one value must be specified"),
    }
}

/// Three numbers, then perhaps a pre-release and a build.
fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let early = |part: &str| word(part) && (number(part) || !part.bytes().all(|b| b.is_ascii_digit()));
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, pre) = rest.split_once('-').map_or((rest, None), |(core, pre)| (core, Some(pre)));
    core.split('.').count() == 3
        && core.split('.').all(number)
        && pre.is_none_or(|pre| pre.split('.').all(early))
        && build.is_none_or(|build| build.split('.').all(word))
}

/// The status of a claim: what it was given, once, and who uses that.
pub(super) fn claim_status(written: Written<'_>, faults: &mut Faults) {
    let status = written.at("status");
    let (users, given) = (status.at("reservedFor"), status.at("allocation"));
    at_most(&users, MOST_CONSUMERS, faults);
    let mut seen = HashSet::new();
    for user in users.items() {
        for member in ["resource", "name", "uid"] {
            faults.present(&user.at(member));
        }
        faults.once(&user.at("uid"), &mut seen);
    }
    if !users.is_empty() && given.is_absent() {
        faults.forbidden(&users, "may not be specified when `allocated` is not set");
    }
    let had = written.had("status").map(|before| before.value.get("allocation").cloned().unwrap_or_default());
    if had.is_some_and(|had| !had.is_null() && !given.is_absent() && had != *given.value) {
        faults.invalid(&given, "field is immutable");
    }
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_are_those_of_semver() {
        for good in ["1.2.3", "0.0.0", "1.0.0-alpha.1", "1.0.0+b.7", "1.0.0-rc.1+b"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["1", "1.2", "01.2.3", "1.2.3-", "1.2.3-01", "v1.2.3", "1.2.3+"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
