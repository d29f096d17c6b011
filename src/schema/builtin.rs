//! The compiled schemas of the kinds that Kubernetes itself defines.
//!
//! Receives the definitions that `build.rs` took from k8s-openapi and the tables of facts beside them; hands one shared [`Schema`] per kind to whoever asks for it.
//! Invariant: a kind is compiled at most once per process and only when asked for, because a short-lived process touches few of them.

use std::sync::{Arc, OnceLock};

use super::definition;
use super::node::Schema;
use crate::object::Gvk;

/// One kind of the table: its name, and that of its definition.
struct BuiltIn {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    definition: &'static str,
}

// `BUILT_INS` and `DEFINITIONS`, which `build.rs` writes from k8s-openapi: every kind that kube-apiserver 1.36 serves or receives at a
// stable version, lists aside, and all types that they are made of, in the order of their names.
include!(concat!(env!("OUT_DIR"), "/built_in_kinds.rs"));

/// The schema of a type of Kubernetes, as JSON text that refers to others as `#/definitions/NAME`; with the name as it stands in the table.
pub(super) fn definition_named(name: &str) -> Option<(&'static str, &'static str)> {
    let index = DEFINITIONS.binary_search_by(|(one, _)| (*one).cmp(name)).ok()?;
    Some(DEFINITIONS[index])
}

static COMPILED: [OnceLock<Arc<Schema>>; BUILT_INS.len()] = [const { OnceLock::new() }; BUILT_INS.len()];

/// The compiled schema of a built-in kind; `None` for kinds that Kubernetes does not define at a stable version.
///
/// The first call for a kind compiles it, which takes microseconds for most kinds and some milliseconds for those that hold a Pod.
#[must_use]
pub fn builtin(gvk: &Gvk) -> Option<Arc<Schema>> {
    let index = BUILT_INS.iter().position(|one| one.kind == gvk.kind && one.group == gvk.group && one.version == gvk.version)?;
    let compiled = COMPILED[index].get_or_init(|| {
        let mut nodes = Vec::new();
        definition::compile(&mut nodes, BUILT_INS[index].definition);
        nodes.shrink_to_fit();
        Arc::new(Schema { nodes })
    });
    Some(Arc::clone(compiled))
}

/// Every kind that [`builtin`] knows.
pub fn builtin_kinds() -> impl Iterator<Item = Gvk> {
    BUILT_INS.iter().map(|one| Gvk::new(one.group, one.version, one.kind))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::{ListType, Scalar, SchemaNode, Shape, facts};

    fn at<'a>(schema: &'a Schema, path: &str) -> SchemaNode<'a> {
        path.split('.').fold(schema.root(), |place, name| match name {
            "[]" => place.item().unwrap(),
            name => place.member(name).unwrap(),
        })
    }

    fn kind(group: &str, version: &str, kind: &str) -> Arc<Schema> {
        builtin(&Gvk::new(group, version, kind)).unwrap()
    }

    /// Every definition and its fields, over all kinds.
    fn definitions() -> serde_json::Map<String, serde_json::Value> {
        DEFINITIONS.iter().map(|(name, text)| ((*name).to_owned(), serde_json::from_str(text).unwrap())).collect()
    }

    #[test]
    fn every_kind_compiles_to_an_object_with_kind_and_api_version() {
        for gvk in builtin_kinds() {
            let schema = builtin(&gvk).unwrap();
            assert!(matches!(schema.root().shape(), Shape::Struct { .. }), "{gvk}");
            assert!(schema.root().member("apiVersion").is_some() && schema.root().member("kind").is_some(), "{gvk}");
            assert!(schema.root().node().type_name.ends_with(&gvk.kind), "{gvk}");
        }
    }

    #[test]
    fn kinds_stand_once_in_the_table_and_unknown_kinds_have_no_schema() {
        let kinds: BTreeSet<Gvk> = builtin_kinds().collect();
        assert_eq!(kinds.len(), BUILT_INS.len());
        assert!(builtin(&Gvk::new("apps", "v1beta1", "Deployment")).is_none());
        assert!(Arc::ptr_eq(&kind("", "v1", "ConfigMap"), &kind("", "v1", "ConfigMap")));
    }

    #[test]
    fn every_fact_names_a_type_and_a_field_that_exist() {
        let definitions = definitions();
        for fact in facts::all() {
            let definition = definitions.get(fact.type_name).unwrap_or_else(|| panic!("no type {fact:?}"));
            let known = fact.field == "." || definition["properties"].get(fact.field).is_some();
            assert!(known, "no field {fact:?}");
        }
    }

    #[test]
    fn every_list_of_every_built_in_type_has_a_fact_that_says_how_it_merges() {
        let mut missing = Vec::new();
        for (name, definition) in &definitions() {
            for (field, schema) in definition.get("properties").and_then(|one| one.as_object()).into_iter().flatten() {
                let fact = facts::of_field(facts::of_type(name), field).and_then(facts::Fact::merge);
                if schema["type"] == "array" && fact.is_none() {
                    missing.push(format!("{name}.{field}"));
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn every_key_of_a_map_list_is_a_scalar_of_its_items() {
        for gvk in builtin_kinds() {
            let schema = builtin(&gvk).unwrap();
            for node in &schema.nodes {
                let Shape::List { item, list_type: ListType::Map(keys) } = &node.shape else { continue };
                for key in keys {
                    let key = schema.root().at(*item).member(&key.name);
                    assert!(key.is_some_and(|key| matches!(key.shape(), Shape::Scalar(_))), "{gvk} {key:?}");
                }
            }
        }
    }

    #[test]
    fn facts_reach_the_places_they_speak_of() {
        let deployment = kind("apps", "v1", "Deployment");
        let ports = at(&deployment, "spec.template.spec.containers.[].ports");
        let ListType::Map(keys) = ports.list_type() else { panic!("{ports:?}") };
        let keys: Vec<_> = keys.iter().map(|key| (&*key.name, key.default.clone())).collect();
        assert_eq!(keys, [("containerPort", Some(0.into())), ("protocol", Some("TCP".into()))]);
        assert_eq!(ports.node().patch.as_ref().unwrap().merge_key.as_deref(), Some("containerPort"));
        assert!(at(&deployment, "spec.strategy").node().patch.as_ref().unwrap().retain_keys);
        assert!(at(&deployment, "spec.selector").is_atomic_map());
        assert!(at(&deployment, "spec.template.spec.nodeSelector").is_atomic_map());
        assert!(!at(&deployment, "metadata.labels").is_atomic_map());
        assert_eq!(*at(&deployment, "metadata.finalizers").list_type(), ListType::Set);
        assert!(matches!(at(&deployment, "metadata.creationTimestamp").shape(), Shape::Scalar(Scalar::Time)));
        assert_eq!(&*at(&deployment, "spec.template.spec").node().type_name, "io.k8s.api.core.v1.PodSpec");
        let limits = at(&deployment, "spec.template.spec.containers.[].resources.limits.cpu");
        assert!(matches!(limits.shape(), Shape::Scalar(Scalar::Quantity)));
    }

    #[test]
    fn a_use_can_be_granular_where_its_type_is_atomic() {
        assert!(!at(&kind("", "v1", "PersistentVolume"), "spec.claimRef").is_atomic_map());
        assert!(at(&kind("", "v1", "Event"), "involvedObject").is_atomic_map());
        assert!(at(&kind("apps", "v1", "ControllerRevision"), "data").is_atomic_map());
    }

    #[test]
    fn types_that_contain_themselves_go_on_at_any_depth() {
        let crd = kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
        let mut place = at(&crd, "spec.versions.[].schema.openAPIV3Schema");
        for _ in 0..50 {
            place = place.member("properties").unwrap().member("a").unwrap();
            assert!(matches!(place.shape(), Shape::Struct { .. }));
        }
        assert!(matches!(place.member("default").unwrap().shape(), Shape::Any));
    }
}
