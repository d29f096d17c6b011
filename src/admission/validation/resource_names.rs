//! Names of resources that are counted and measured, and their amounts.
//!
//! See <https://kubernetes.io/docs/concepts/policy/resource-quotas/>.

use super::field::{Faults, Field};
use crate::object::names::qualified_name;

const COUNTED: [&str; 9] = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];
const MEASURED: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];
const LIMITED: [&str; 7] = [
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
];

/// Billionths in one.
const ONE: i128 = 1_000_000_000;

/// What a resource is counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Anything.
    Any,
    /// A container.
    Container,
    /// A quota.
    Quota,
}

/// The name of a resource, as the key of an entry.
pub(super) fn resource_name(name: &str, entry: &Field<'_, '_>, of: Use, faults: &mut Faults) {
    let qualified = name.contains('/');
    if let Err(why) = qualified_name(name) {
        faults.invalid_hidden(entry, name, &why);
    } else if !qualified && !is_standard(name) {
        faults.invalid_hidden(entry, name, "must be a standard resource type or fully qualified");
    }
    match of {
        Use::Container if !qualified && !is_for_containers(name) => {
            faults.invalid_hidden(entry, name, "must be a standard resource for containers");
        }
        Use::Container if qualified && !is_native(name) && !is_extended(name) => {
            faults.invalid_hidden(entry, name, "doesn't follow extended resource name standard");
        }
        Use::Quota if !qualified && is_standard(name) && !is_for_quotas(name) => {
            faults.invalid_hidden(entry, name, "must be a standard resource for quota");
        }
        _ => {}
    }
}

/// An amount: not negative, and whole where things are counted.
pub(super) fn amount(name: &str, entry: &Field<'_, '_>, faults: &mut Faults) {
    let Some(amount) = entry.quantity() else { return };
    if amount < 0 {
        faults.invalid(entry, "must be greater than or equal to 0");
    }
    if (is_counted(name) || is_extended(name)) && amount % ONE != 0 {
        faults.invalid(entry, "must be an integer");
    }
}

/// Whether more of a resource may be promised than there is.
pub(super) fn may_overcommit(name: &str) -> bool {
    is_native(name) && !is_huge(name)
}

/// Whether the resource is something of which there are so many, and nothing that is measured.
pub(super) fn is_counted(name: &str) -> bool {
    COUNTED.contains(&name)
}

/// Whether a quota may limit the resource by this name.
pub(super) fn is_for_quotas(name: &str) -> bool {
    COUNTED.contains(&name)
        || MEASURED.contains(&name)
        || LIMITED.contains(&name)
        || is_huge(name)
        || name.starts_with("requests.hugepages-")
}

/// Whether Kubernetes itself knows the resource.
pub(super) fn is_standard(name: &str) -> bool {
    name == "storage" || is_for_quotas(name)
}

/// Whether a container may ask for the resource by this name alone.
pub(super) fn is_for_containers(name: &str) -> bool {
    MEASURED.contains(&name) || is_huge(name)
}

fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Whether the resource is one of Kubernetes' own.
pub(super) fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether a name is that of a device and its like: qualified, and still so where a quota writes `requests.` before it.
pub(super) fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && qualified_name(&format!("requests.{name}")).is_ok()
}
