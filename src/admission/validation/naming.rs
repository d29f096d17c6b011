//! How a pod finds others by name, and what it is called itself.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/>.

use super::addresses::address;
use super::field::{Faults, Field};
use super::seen::Seen;
use crate::object::names::{dns_label, dns_subdomain};

/// What the resolvers of Linux take at most: servers, domains to search, and characters of these.
const SERVERS: usize = 3;
const SEARCHES: usize = 32;
const SEARCH_CHARACTERS: usize = 2048;

/// The longest name of a host in Linux.
const HOST_NAME: usize = 64;

/// Servers, domains to search, and options of the resolver.
pub(super) fn resolver(spec: &Field<'_, '_>, faults: &mut Faults) {
    let config = spec.at("dnsConfig");
    if spec.at("dnsPolicy").text() == "None" {
        if config.is_absent() {
            return faults.required(&config, "must provide `dnsConfig` when `dnsPolicy` is None");
        }
        if config.at("nameservers").is_empty() {
            return faults.required(&config.at("nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None");
        }
    }
    if config.is_empty() {
        return;
    }
    let (servers, searches) = (config.at("nameservers"), config.at("searches"));
    if servers.size() > SERVERS {
        faults.invalid(&servers, &format!("must not have more than {SERVERS} nameservers"));
    }
    for server in servers.items() {
        address(&server, &Seen::default(), faults);
    }
    if searches.size() > SEARCHES {
        faults.invalid(&searches, &format!("must not have more than {SEARCHES} search paths"));
    }
    let characters: usize = searches.items().map(|search| search.text().len() + 1).sum();
    if characters > SEARCH_CHARACTERS + 1 {
        faults.invalid(&searches, &format!("must not have more than {SEARCH_CHARACTERS} characters (including spaces) in the search list"));
    }
    for search in searches.items().filter(|search| search.text() != ".") {
        let name = search.text().strip_suffix('.').unwrap_or(search.text());
        if let Err(why) = searched(name) {
            faults.invalid_as(&search, name, &why);
        }
    }
    for option in config.at("options").items() {
        if option.at("name").is_empty() {
            faults.required(&option, "must not be empty");
        }
    }
}

/// A domain to search: a subdomain whose parts may also begin with an underscore and have some inside.
fn searched(name: &str) -> Result<(), String> {
    let part = |part: &str| {
        let rest = part.strip_prefix('_').unwrap_or(part).as_bytes();
        let edge = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        edge(rest.first())
            && edge(rest.last())
            && rest.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'))
    };
    if name.len() > 253 {
        return Err("must be no more than 253 characters".to_owned());
    }
    if name.split('.').all(part) {
        return Ok(());
    }
    let label = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    Err(format!(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end \
         with an alphanumeric character (e.g. 'example.com', regex used for validation is '{label}(\\.{label})*')"
    ))
}

/// Names that the pod knows without asking.
pub(super) fn host_aliases(aliases: &Field<'_, '_>, faults: &mut Faults) {
    for alias in aliases.items() {
        address(&alias.at("ip"), &Seen::default(), faults);
        alias.at("hostnames").items().for_each(|name| faults.checked(&name, dns_subdomain));
    }
}

/// What the pod calls itself.
pub(super) fn host_name(spec: &Field<'_, '_>, faults: &mut Faults) {
    for name in ["hostname", "subdomain"] {
        faults.named(&spec.at(name), dns_label);
    }
    let name = spec.at("hostnameOverride");
    if name.is_absent() {
        return;
    }
    if spec.at("setHostnameAsFQDN").flag() {
        faults.forbidden(&name, "may not be specified when setHostnameAsFQDN is true");
    }
    if spec.at("hostNetwork").flag() {
        faults.forbidden(&name, "may not be specified when hostNetwork is true");
    }
    if name.text().len() > HOST_NAME {
        faults.too_long(&name, HOST_NAME);
    }
    faults.checked(&name, dns_subdomain);
}
