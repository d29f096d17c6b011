//! Resources from CustomResourceDefinitions: one for every served version.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/>.

mod conversion;
mod faults;
pub mod naming;
mod parts;
mod versions;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use self::faults::Faults;
use self::naming::Names;
use super::columns::Cells;
use super::kinds::storage_prefix;
use super::resource::{NameRule, Origin, Resource, Verbs};
use super::{Catalog, crd};
use crate::object::{Cause, Gvk, Object, Revision, names};

pub use self::conversion::WebhookConversion;
pub use self::versions::stored_version_faults;

/// The resources that a CustomResourceDefinition (`apiextensions.k8s.io/v1`) declares, one for every version that it serves.
///
/// Errors with every fault found, so that an author can mend them at once.
pub fn from_crd(crd: &Object) -> Result<Vec<Resource>, Vec<Cause>> {
    let mut faults = Faults::default();
    let definition = Definition::read(crd, &mut faults);
    let mut resources = Vec::new();
    for (index, version) in definition.versions.iter().enumerate() {
        let at = format!("spec.versions[{index}]");
        let resource = definition.resource(version, &at, &mut faults);
        let is = |member: &str| version.get(member).and_then(Value::as_bool).unwrap_or_default();
        if is("served") {
            resources.push(resource);
        } else if is("storage") && definition.terminating {
            // Objects of a definition that is being deleted go through the API, whichever versions it serves.
            let verbs = Verbs::GET.or(Verbs::LIST).or(Verbs::DELETE).or(Verbs::DELETE_COLLECTION);
            resources.push(Resource { verbs, subresources: Vec::new(), ..resource });
        }
    }
    if faults.0.is_empty() { Ok(resources) } else { Err(faults.0) }
}

/// The annotation that says where the Kubernetes project approved of an API in one of its groups.
///
/// See <https://github.com/kubernetes/enhancements/pull/1111>.
const APPROVAL: &str = "api-approved.kubernetes.io";

/// What all versions of a definition have in common.
struct Definition<'a> {
    group: &'a str,
    kind: &'a str,
    plural: &'a str,
    singular: String,
    list_kind: String,
    short_names: Vec<String>,
    categories: Vec<String>,
    namespaced: bool,
    versions: &'a [Value],
    storage_version: &'a str,
    terminating: bool,
    webhook: Option<Arc<WebhookConversion>>,
}

impl<'a> Definition<'a> {
    fn read(crd: &'a Object, faults: &mut Faults) -> Self {
        let text = |path: &[&str]| crd.get_str(path).unwrap_or_default();
        let or = |given: &str, default: String| if given.is_empty() { default } else { given.to_owned() };
        let versions = crd.get(&["spec", "versions"]).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let kind = text(&["spec", "names", "kind"]);
        let requested = Names::requested(crd);
        // What is not accepted is not served; plural and kind are the same in both.
        let accepted = Some(Names::accepted(crd)).filter(|accepted| !accepted.plural.is_empty());
        let served = accepted.as_ref().unwrap_or(&requested);
        let definition = Self {
            group: text(&["spec", "group"]),
            kind,
            plural: text(&["spec", "names", "plural"]),
            singular: or(&served.singular, kind.to_lowercase()),
            list_kind: or(&served.list_kind, format!("{kind}List")),
            short_names: served.short_names.clone(),
            categories: served.categories.clone(),
            namespaced: text(&["spec", "scope"]) == "Namespaced",
            versions,
            storage_version: versions::storage_version(versions, faults),
            terminating: crd.deletion_timestamp().is_some(),
            webhook: WebhookConversion::of(crd).map(Arc::new),
        };
        faults.check("spec.group", definition.group, names::dns_subdomain);
        if !definition.group.contains('.') && !definition.group.is_empty() {
            faults.invalid("spec.group", definition.group, "should be a domain with at least one dot");
        }
        definition.check_names(&requested, faults);
        definition.check_group(crd, faults);
        conversion::check(crd, faults);
        if crd.get(&["spec", "preserveUnknownFields"]) == Some(&Value::Bool(true)) {
            let why = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
            faults.0.push(Cause::invalid("spec.preserveUnknownFields", &Value::Bool(true), why));
        }
        faults.one_of("spec.scope", text(&["spec", "scope"]), &["Cluster", "Namespaced"]);
        let name = format!("{}.{}", definition.plural, definition.group);
        if crd.name() != name {
            faults.invalid("metadata.name", crd.name(), "must be spec.names.plural+\".\"+spec.group");
        }
        definition
    }

    fn check_names(&self, names: &Names, faults: &mut Faults) {
        let mixed = |kind: &str| {
            let rule = names::dns_1035_label(&kind.to_lowercase());
            rule.map_err(|why| format!("may have mixed case, but should otherwise match: {why}"))
        };
        let or = |given: &str, default: String| if given.is_empty() { default } else { given.to_owned() };
        faults.check("spec.names.plural", self.plural, names::dns_1035_label);
        faults.check("spec.names.kind", self.kind, mixed);
        if !self.kind.is_empty() {
            let list_kind = or(&names.list_kind, format!("{}List", self.kind));
            faults.check("spec.names.singular", &or(&names.singular, self.kind.to_lowercase()), names::dns_1035_label);
            faults.check("spec.names.listKind", &list_kind, mixed);
            if list_kind == self.kind {
                faults.invalid("spec.names.listKind", &list_kind, "kind and listKind may not be the same");
            }
        }
        for (member, words) in [("shortNames", &names.short_names), ("categories", &names.categories)] {
            for (index, word) in words.iter().enumerate() {
                faults.check(&format!("spec.names.{member}[{index}]"), word, names::dns_1035_label);
            }
        }
    }

    /// Groups of the Kubernetes project need its approval, and what is built in stays.
    fn check_group(&self, crd: &Object, faults: &mut Faults) {
        let protected = ["k8s.io", "kubernetes.io"];
        let protected = protected.iter().any(|domain| self.group == *domain || self.group.ends_with(&format!(".{domain}")));
        let approval = crd.annotation(APPROVAL).unwrap_or_default();
        let (field, why) =
            (format!("metadata.annotations[{APPROVAL}]"), format!("protected groups must have approval annotation {APPROVAL:?}"));
        if protected && approval.is_empty() {
            faults.0.push(Cause::required(field, &why));
        } else if protected && !is_approval(approval) {
            faults.invalid(&field, approval, &format!("{why} with either a URL or a reason starting with \"unapproved\""));
        }
        if Catalog::builtin().by_group_resource(self.group, self.plural).is_some() {
            faults.invalid("spec.names.plural", self.plural, "is the name of a built-in resource of this group");
        }
    }

    fn resource(&self, version: &Value, at: &str, faults: &mut Faults) -> Resource {
        let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
        let gvk = Gvk::new(self.group, name, self.kind);
        let (columns, cells) = parts::columns(version, at, faults);
        versions::check_deprecation(version, at, faults);
        let schema_at = format!("{at}.schema.openAPIV3Schema");
        if version.pointer("/subresources/status").is_some_and(|status| !status.is_null())
            && let Some(stray) = version.pointer("/schema/openAPIV3Schema").and_then(|schema| crd::beside_status(schema, &schema_at))
        {
            faults.0.push(stray);
        }
        let declared = version.pointer("/schema/openAPIV3Schema");
        Resource {
            plural: self.plural.to_owned(),
            singular: self.singular.clone(),
            list_kind: self.list_kind.clone(),
            short_names: self.short_names.clone(),
            categories: self.categories.clone(),
            namespaced: self.namespaced,
            verbs: Verbs::ALL,
            subresources: parts::subresources(version, at, &gvk, faults),
            has_generation: true,
            created_by_put: false,
            unconditional_update: false,
            columns: Cow::Owned(columns),
            name_rule: NameRule::DnsSubdomain,
            custom: true,
            origin: Origin::Stored,
            storage_prefix: storage_prefix(self.group, self.plural),
            storage_gvk: Gvk::new(self.group, self.storage_version, self.kind),
            selectable_fields: parts::selectable_fields(version, at, faults),
            declared_schema: declared.cloned(),
            cells: Cells::Custom(cells),
            conversion: None,
            webhook: self.webhook.clone(),
            deprecation: versions::deprecation(version, &gvk),
            terminating: self.terminating,
            current_since: Revision::ZERO,
            schema: faults.schema(&schema_at, declared),
            gvk,
        }
    }
}

/// Whether an annotation says where an API was approved, or why it was not.
fn is_approval(annotation: &str) -> bool {
    let host = annotation.split_once("://").filter(|(scheme, _)| scheme.starts_with(|c: char| c.is_ascii_alphabetic()));
    let host = host.and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    annotation.starts_with("unapproved") || host.is_some_and(|host| !host.is_empty())
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
