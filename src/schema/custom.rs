//! Resources from CustomResourceDefinitions: one for every served version.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/>.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::columns::custom::{CellType, CustomCell};
use super::columns::{Cells, Column};
use super::crd;
use super::kinds::storage_prefix;
use super::resource::{Behaviour, FieldSource, NameRule, Origin, Resource, ScalePaths, Subresource, Verbs};
use super::{Catalog, Schema};
use crate::object::json_path::JsonPath;
use crate::object::{Cause, CauseKind, Gvk, Object, names};

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
        if version.get("served").and_then(Value::as_bool).unwrap_or_default() {
            resources.push(resource);
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
    verbs: Verbs,
}

impl<'a> Definition<'a> {
    fn read(crd: &'a Object, faults: &mut Faults) -> Self {
        let text = |path: &[&str]| crd.get_str(path).unwrap_or_default();
        let kind = text(&["spec", "names", "kind"]);
        let or = |given: &str, default: String| if given.is_empty() { default } else { given.to_owned() };
        let versions = crd.get(&["spec", "versions"]).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let definition = Self {
            group: text(&["spec", "group"]),
            kind,
            plural: text(&["spec", "names", "plural"]),
            singular: or(text(&["spec", "names", "singular"]), kind.to_lowercase()),
            list_kind: or(text(&["spec", "names", "listKind"]), format!("{kind}List")),
            short_names: texts(crd.get(&["spec", "names", "shortNames"])),
            categories: texts(crd.get(&["spec", "names", "categories"])),
            namespaced: text(&["spec", "scope"]) == "Namespaced",
            versions,
            storage_version: storage_version(versions, faults),
            // A definition that is being deleted takes no new objects.
            verbs: if crd.deletion_timestamp().is_some() { Verbs::ALL.without(Verbs::CREATE) } else { Verbs::ALL },
        };
        faults.check("spec.group", definition.group, names::dns_subdomain);
        if !definition.group.contains('.') && !definition.group.is_empty() {
            faults.invalid("spec.group", definition.group, "should be a domain with at least one dot");
        }
        definition.check_names(faults);
        definition.check_group(crd, faults);
        let conversion = text(&["spec", "conversion", "strategy"]);
        if !matches!(conversion, "" | "None") {
            // Versions that a webhook converts differ in more than their name, so none may be passed off for another.
            faults.one_of("spec.conversion.strategy", conversion, &["None"]);
        }
        faults.one_of("spec.scope", text(&["spec", "scope"]), &["Cluster", "Namespaced"]);
        let name = format!("{}.{}", definition.plural, definition.group);
        if crd.name() != name {
            faults.invalid("metadata.name", crd.name(), "must be spec.names.plural+\".\"+spec.group");
        }
        definition
    }

    fn check_names(&self, faults: &mut Faults) {
        faults.check("spec.names.plural", self.plural, names::dns_1035_label);
        faults.check("spec.names.kind", self.kind, |kind| names::dns_1035_label(&kind.to_lowercase()));
        if !self.kind.is_empty() {
            faults.check("spec.names.singular", &self.singular, names::dns_1035_label);
            faults.check("spec.names.listKind", &self.list_kind, |kind| names::dns_1035_label(&kind.to_lowercase()));
        }
        if !self.kind.is_empty() && self.list_kind == self.kind {
            faults.invalid("spec.names.listKind", &self.list_kind, "kind and listKind may not be the same");
        }
        for (member, words) in [("shortNames", &self.short_names), ("categories", &self.categories)] {
            for (index, word) in words.iter().enumerate() {
                faults.check(&format!("spec.names.{member}[{index}]"), word, names::dns_1035_label);
            }
        }
    }

    /// Groups of the Kubernetes project need its approval, and what is built in stays.
    fn check_group(&self, crd: &Object, faults: &mut Faults) {
        let protected = ["k8s.io", "kubernetes.io"];
        let protected = protected.iter().any(|domain| self.group == *domain || self.group.ends_with(&format!(".{domain}")));
        if protected && crd.annotation(APPROVAL).unwrap_or_default().is_empty() {
            faults.0.push(Cause::required(
                format!("metadata.annotations[{APPROVAL}]"),
                "protected groups must have approval annotation \"api-approved.kubernetes.io\"",
            ));
        }
        if Catalog::builtin().by_group_resource(self.group, self.plural).is_some() {
            faults.invalid("spec.names.plural", self.plural, "is the name of a built-in resource of this group");
        }
    }

    fn resource(&self, version: &Value, at: &str, faults: &mut Faults) -> Resource {
        let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
        let gvk = Gvk::new(self.group, name, self.kind);
        let (columns, cells) = columns(version, at, faults);
        let declared = version.pointer("/schema/openAPIV3Schema");
        Resource {
            plural: self.plural.to_owned(),
            singular: self.singular.clone(),
            list_kind: self.list_kind.clone(),
            short_names: self.short_names.clone(),
            categories: self.categories.clone(),
            namespaced: self.namespaced,
            verbs: self.verbs,
            subresources: subresources(version, at, &gvk, faults),
            has_generation: true,
            created_by_put: false,
            unconditional_update: false,
            columns: Cow::Owned(columns),
            name_rule: NameRule::DnsSubdomain,
            custom: true,
            origin: Origin::Stored,
            storage_prefix: storage_prefix(self.group, self.plural),
            storage_gvk: Gvk::new(self.group, self.storage_version, self.kind),
            selectable_fields: selectable_fields(version, at, faults),
            declared_schema: declared.cloned(),
            cells: Cells::Custom(cells),
            conversion: None,
            schema: faults.schema(&format!("{at}.schema.openAPIV3Schema"), declared),
            gvk,
        }
    }
}

/// Checks the versions as a whole and answers the name of the one that is stored.
fn storage_version<'a>(versions: &'a [Value], faults: &mut Faults) -> &'a str {
    let name = |version: &'a Value| version.get("name").and_then(Value::as_str).unwrap_or_default();
    let names: Vec<&str> = versions.iter().map(name).collect();
    for (index, version) in names.iter().enumerate() {
        let at = format!("spec.versions[{index}].name");
        faults.check(&at, version, names::dns_1035_label);
        if names[..index].contains(version) {
            faults.0.push(Cause::new(CauseKind::Duplicate, at, format!("Duplicate value: {}", Value::from(*version))));
        }
    }
    let stored = |version: &&Value| version.get("storage").and_then(Value::as_bool).unwrap_or_default();
    let mut stored = versions.iter().filter(stored).map(name);
    let (Some(only), None) = (stored.next(), stored.next()) else {
        let shown = Value::from(names);
        faults.0.push(Cause::invalid("spec.versions", &shown, "must have exactly one version marked as storage version"));
        return "";
    };
    only
}

fn columns(version: &Value, at: &str, faults: &mut Faults) -> (Vec<Column>, Vec<CustomCell>) {
    let declared = version.get("additionalPrinterColumns").and_then(Value::as_array).filter(|columns| !columns.is_empty());
    let age = [serde_json::json!({
        "name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp", "description": Column::AGE.description,
    })];
    let declared = declared.map_or(&age[..], Vec::as_slice);
    let mut columns = vec![Column::NAME];
    let mut cells = Vec::new();
    for (index, column) in declared.iter().enumerate() {
        let at = format!("{at}.additionalPrinterColumns[{index}]");
        let text = |member: &str| column.get(member).and_then(Value::as_str).unwrap_or_default();
        faults.required(&format!("{at}.name"), text("name"));
        faults.one_of(&format!("{at}.type"), text("type"), &CellType::NAMES);
        let path = faults.path(&format!("{at}.jsonPath"), text("jsonPath"));
        let priority = column.get("priority").and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
        columns.push(Column {
            name: Cow::Owned(text("name").to_owned()),
            data_type: Cow::Owned(text("type").to_owned()),
            format: Cow::Owned(text("format").to_owned()),
            priority: priority.unwrap_or_default(),
            description: Cow::Owned(text("description").to_owned()),
        });
        if let (Some(path), Some(data_type)) = (path, CellType::parse(text("type"))) {
            cells.push(CustomCell::new(path, data_type));
        }
    }
    (columns, cells)
}

fn subresources(version: &Value, at: &str, gvk: &Gvk, faults: &mut Faults) -> Vec<Subresource> {
    let mut subresources = Vec::new();
    let mut add = |name: &str, gvk: Gvk, behaviour| {
        subresources.push(Subresource { name: name.to_owned(), gvk, verbs: Verbs::SUBRESOURCE, behaviour });
    };
    if let Some(scale) = version.pointer("/subresources/scale").filter(|scale| !scale.is_null()) {
        let at = format!("{at}.subresources.scale");
        let mut path = |member: &str, root: &[&str]| {
            let text = scale.get(member).and_then(Value::as_str).unwrap_or_default();
            faults.members(&format!("{at}.{member}"), text, root)
        };
        let spec_replicas = path("specReplicasPath", &["spec"]);
        let status_replicas = path("statusReplicasPath", &["status"]);
        let has_selector = scale.get("labelSelectorPath").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        let selector = has_selector.then(|| path("labelSelectorPath", &["spec", "status"]));
        let paths = ScalePaths { spec_replicas, status_replicas, selector };
        add("scale", Gvk::new("autoscaling", "v1", "Scale"), Behaviour::Scale(paths));
    }
    if version.pointer("/subresources/status").is_some_and(|status| !status.is_null()) {
        add("status", gvk.clone(), Behaviour::Status);
    }
    subresources
}

fn selectable_fields(version: &Value, at: &str, faults: &mut Faults) -> Vec<FieldSource> {
    let declared = version.get("selectableFields").and_then(Value::as_array);
    let fields = declared.into_iter().flatten().enumerate().map(|(index, field)| {
        let text = field.get("jsonPath").and_then(Value::as_str).unwrap_or_default();
        let place = faults.members(&format!("{at}.selectableFields[{index}].jsonPath"), text, &["spec", "status"]);
        let path = text.strip_prefix('.').unwrap_or(text).to_owned();
        FieldSource { path, places: vec![place], absent: String::new() }
    });
    fields.collect()
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The faults found so far.
#[derive(Default)]
struct Faults(Vec<Cause>);

impl Faults {
    fn invalid(&mut self, field: &str, value: &str, why: &str) {
        self.0.push(Cause::invalid(field, &value.into(), why));
    }

    fn required(&mut self, field: &str, value: &str) -> bool {
        if value.is_empty() {
            self.0.push(Cause::required(field, ""));
        }
        !value.is_empty()
    }

    fn check(&mut self, field: &str, value: &str, rule: impl Fn(&str) -> names::Verdict) {
        if self.required(field, value)
            && let Err(why) = rule(value)
        {
            self.invalid(field, value, &why);
        }
    }

    fn one_of(&mut self, field: &str, value: &str, allowed: &[&str]) {
        if self.required(field, value) && !allowed.contains(&value) {
            let allowed: Vec<_> = allowed.iter().map(|word| Value::from(*word).to_string()).collect();
            let message = format!("Unsupported value: {}: supported values: {}", Value::from(value), allowed.join(", "));
            self.0.push(Cause::new(CauseKind::NotSupported, field, message));
        }
    }

    /// The compiled form of a declared schema.
    fn schema(&mut self, field: &str, declared: Option<&Value>) -> OnceLock<Arc<Schema>> {
        match crd::compile(declared.unwrap_or(&Value::Null), field) {
            Ok(schema) => OnceLock::from(Arc::new(schema)),
            Err(mut causes) => {
                self.0.append(&mut causes);
                OnceLock::new()
            }
        }
    }

    fn path(&mut self, field: &str, text: &str) -> Option<JsonPath> {
        if !self.required(field, text) {
            return None;
        }
        JsonPath::parse(text).map_err(|error| self.invalid(field, text, &error.to_string())).ok()
    }

    /// A path of plain members that begins with one of `roots`; empty where it is not that.
    fn members(&mut self, field: &str, text: &str, roots: &[&str]) -> Vec<String> {
        let Some(path) = self.path(field, text) else { return Vec::new() };
        match path.members().filter(|members| members.len() > 1 && roots.contains(&members[0].as_str())) {
            Some(members) => members,
            None => {
                let roots: Vec<_> = roots.iter().map(|root| format!(".{root}")).collect();
                self.invalid(field, text, &format!("should be a json path under {}, without array notation", roots.join(" or ")));
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn widgets() -> Value {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced",
                "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"], "categories": ["all"]},
                "versions": [
                    {"name": "v1beta1", "served": true, "storage": false, "schema": {"openAPIV3Schema": {"type": "object"}}},
                    {
                        "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}},
                        "subresources": {
                            "status": {},
                            "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.selector"},
                        },
                        "selectableFields": [{"jsonPath": ".spec.color"}],
                        "additionalPrinterColumns": [
                            {"name": "Color", "type": "string", "jsonPath": ".spec.color"},
                            {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
                            {"name": "Since", "type": "date", "jsonPath": ".status.since"},
                        ],
                    },
                    {"name": "v0", "served": false, "storage": false, "schema": {"openAPIV3Schema": {"type": "object"}}},
                ],
            },
        })
    }

    fn read(crd: Value) -> Result<Vec<Resource>, Vec<(CauseKind, String)>> {
        let resources = from_crd(&Object::from_value(crd).expect("an object"));
        resources.map_err(|causes| causes.into_iter().map(|cause| (cause.kind, cause.field)).collect())
    }

    #[test]
    fn every_served_version_is_a_resource() {
        let resources = read(widgets()).expect("valid");
        let [beta, stable] = resources.as_slice() else { panic!("two versions are served") };
        assert_eq!(beta.gvk, Gvk::new("example.com", "v1beta1", "Widget"));
        assert_eq!(beta.storage_gvk, stable.gvk);
        assert_eq!(beta.storage_prefix, "/registry/example.com/widgets/");
        assert_eq!((stable.singular.as_str(), stable.list_kind.as_str()), ("widget", "WidgetList"));
        assert!(stable.custom && stable.namespaced && stable.has_generation && stable.has_status() && !beta.has_status());
        let names: Vec<_> = beta.columns.iter().map(|column| (&*column.name, &*column.data_type)).collect();
        assert_eq!(names, [("Name", "string"), ("Age", "date")]);
        let Some(Behaviour::Scale(paths)) = stable.subresource("scale").map(|part| &part.behaviour) else { panic!("it scales") };
        assert_eq!(paths.selector, Some(vec!["status".to_owned(), "selector".to_owned()]));
    }

    #[test]
    fn declared_columns_fill_their_cells_from_the_object() {
        let resources = read(widgets()).expect("valid");
        let now = "2026-11-22T10:00:00Z".parse().expect("a time");
        let object = |value| Object::from_value(value).expect("an object");
        let full = object(json!({
            "metadata": {"name": "w", "creationTimestamp": "2026-11-22T09:00:00Z"},
            "spec": {"color": "red", "size": 4.7}, "status": {"since": "2026-11-22T09:58:00Z"},
        }));
        assert_eq!(resources[1].cells(&full, now), [json!("w"), json!("red"), json!(4), json!("2m")]);
        assert_eq!(resources[0].cells(&full, now), [json!("w"), json!("60m")]);
        assert_eq!(resources[1].field(&full, "spec.color").as_deref(), Some("red"));
        let odd = object(json!({"metadata": {"name": "w"}, "spec": {"color": ["a", 1], "size": "big"}, "status": {"since": "noon"}}));
        assert_eq!(resources[1].cells(&odd, now), [json!("w"), json!("[\"a\",1]"), Value::Null, json!("<invalid>")]);
    }

    #[test]
    fn every_fault_is_named() {
        type Break = (fn(&mut Value), CauseKind, &'static str);
        let breaks: [Break; 16] = [
            (|crd| crd["metadata"]["name"] = "x".into(), CauseKind::Invalid, "metadata.name"),
            (|crd| crd["spec"]["group"] = "example.k8s.io".into(), CauseKind::Required, "metadata.annotations[api-approved.kubernetes.io]"),
            (
                |crd| {
                    crd["spec"]["group"] = "events.k8s.io".into();
                    crd["spec"]["names"]["plural"] = "events".into();
                },
                CauseKind::Invalid,
                "spec.names.plural",
            ),
            (|crd| crd["spec"]["conversion"] = json!({"strategy": "Webhook"}), CauseKind::NotSupported, "spec.conversion.strategy"),
            (|crd| crd["spec"]["scope"] = "Galaxy".into(), CauseKind::NotSupported, "spec.scope"),
            (|crd| crd["spec"]["scope"] = Value::Null, CauseKind::Required, "spec.scope"),
            (|crd| crd["spec"]["names"]["kind"] = "".into(), CauseKind::Required, "spec.names.kind"),
            (|crd| crd["spec"]["names"]["kind"] = "Wid.get".into(), CauseKind::Invalid, "spec.names.kind"),
            (|crd| crd["spec"]["names"]["listKind"] = "Widget".into(), CauseKind::Invalid, "spec.names.listKind"),
            (|crd| crd["spec"]["names"]["shortNames"] = json!(["W!"]), CauseKind::Invalid, "spec.names.shortNames[0]"),
            (|crd| crd["spec"]["versions"][1]["storage"] = false.into(), CauseKind::Invalid, "spec.versions"),
            (|crd| crd["spec"]["versions"][0]["storage"] = true.into(), CauseKind::Invalid, "spec.versions"),
            (|crd| crd["spec"]["versions"][0]["name"] = "v0".into(), CauseKind::Duplicate, "spec.versions[2].name"),
            (
                |crd| crd["spec"]["versions"][1]["additionalPrinterColumns"][0]["jsonPath"] = ".a[".into(),
                CauseKind::Invalid,
                "spec.versions[1].additionalPrinterColumns[0].jsonPath",
            ),
            (
                |crd| crd["spec"]["versions"][1]["additionalPrinterColumns"][0]["type"] = "text".into(),
                CauseKind::NotSupported,
                "spec.versions[1].additionalPrinterColumns[0].type",
            ),
            (
                |crd| crd["spec"]["versions"][1]["subresources"]["scale"]["statusReplicasPath"] = ".spec.x".into(),
                CauseKind::Invalid,
                "spec.versions[1].subresources.scale.statusReplicasPath",
            ),
        ];
        for (spoil, kind, field) in breaks {
            let mut crd = widgets();
            spoil(&mut crd);
            let causes = read(crd).expect_err(field);
            assert!(causes.contains(&(kind, field.to_owned())), "{field}: {causes:?}");
        }
    }

    #[test]
    fn an_empty_definition_is_refused_without_a_panic() {
        let causes = read(json!({})).expect_err("nothing in it");
        assert!(causes.contains(&(CauseKind::Required, "spec.group".to_owned())), "{causes:?}");
        assert!(causes.contains(&(CauseKind::Invalid, "spec.versions".to_owned())), "{causes:?}");
    }
}
