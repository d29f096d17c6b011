//! The order in which a build's objects come out.
//!
//! Without `sortOptions` it is the legacy order, in kubectl as here.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::identity::Id;
use super::item::Item;
use super::kustomization::Order;

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Sorts the objects as asked.
pub(super) fn sort(items: &mut [Item], order: Option<&Order>) {
    let ranks = match order {
        Some(Order::FirstInFirstOut) => return,
        Some(Order::Legacy(Some((first, last)))) => ranks(first.iter().map(String::as_str), last.iter().map(String::as_str)),
        Some(Order::Legacy(None)) | None => ranks(FIRST.into_iter(), LAST.into_iter()),
    };
    items.sort_by_cached_key(|item| Key::of(&item.id(), &ranks));
}

/// Kinds that come first rank below zero, those that come last above it.
fn ranks<'a>(first: impl ExactSizeIterator<Item = &'a str>, last: impl Iterator<Item = &'a str>) -> HashMap<&'a str, i64> {
    let before = i64::try_from(first.len()).unwrap_or(i64::MAX);
    let mut ranks: HashMap<&str, i64> = first.zip(-before..).collect();
    ranks.extend(last.zip(1..));
    ranks
}

/// What is compared, in this order.
#[derive(PartialEq, Eq)]
struct Key {
    rank: i64,
    is_core_namespace: bool,
    kind: String,
    name: String,
}

impl Key {
    fn of(id: &Id, ranks: &HashMap<&str, i64>) -> Self {
        let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        let is_core_namespace = id.kind == "Namespace" && id.group.is_empty();
        let kind = format!("{}_{}_{}", or(&id.group, "~G"), or(&id.version, "~V"), or(&id.kind, "~K"));
        let name = format!("{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N"));
        Self { rank: ranks.get(id.kind.as_str()).copied().unwrap_or_default(), is_core_namespace, kind, name }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        // `~` sorts behind all letters, and so core kinds behind the others of their rank, but for namespaces.
        let by_rank = self.rank.cmp(&other.rank);
        by_rank
            .then_with(|| other.is_core_namespace.cmp(&self.is_core_namespace))
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
