//! APIServices.

use serde_json::json;

use super::field::{Faults, Field};
use crate::object::Object;
use crate::object::names::{dns_1035_label, dns_subdomain};

/// Local ones only: requests are not handed on to other servers.
pub(super) fn api_service(object: &Object, spec: &Field<'_, '_>, faults: &mut Faults) {
    let (group, version, service) = (spec.at("group"), spec.at("version"), spec.at("service"));
    let name = format!("{}.{}", version.text(), group.text());
    if object.name() != name {
        let named = json!(object.name());
        let metadata = Field::root("metadata", None);
        faults.invalid(&Field::root_like(&metadata.at("name"), &named), &format!("must be `spec.version+\".\"+spec.group`: {name:?}"));
    }
    if group.is_empty() && version.text() != "v1" {
        faults.required(&group, "only v1 may have an empty group");
    }
    faults.named(&group, dns_subdomain);
    faults.required_name(&version, dns_1035_label);
    for (member, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let priority = spec.at(member);
        if !(1..=most).contains(&priority.number().unwrap_or_default()) {
            faults.invalid(&priority, &format!("must be positive and less than {most}"));
        }
    }
    if !service.is_absent() {
        faults.forbidden(&service, "aggregated API servers are not supported: this server hands no requests on to others");
        return;
    }
    if !spec.at("caBundle").is_empty() {
        faults.invalid(&spec.at("caBundle"), "local APIServices may not have a caBundle");
    }
    if spec.at("insecureSkipTLSVerify").flag() {
        faults.invalid(&spec.at("insecureSkipTLSVerify"), "local APIServices may not have insecureSkipTLSVerify");
    }
}
