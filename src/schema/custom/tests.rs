use serde_json::json;

use super::*;
use crate::object::CauseKind;
use crate::schema::Behaviour;

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
                    "name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                        "spec": {"type": "object", "properties": {"color": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}}}},
                    }}},
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
    let breaks: [Break; 19] = [
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
        (|crd| crd["spec"]["conversion"] = json!({"strategy": "Magic"}), CauseKind::NotSupported, "spec.conversion.strategy"),
        (|crd| crd["spec"]["scope"] = "Galaxy".into(), CauseKind::NotSupported, "spec.scope"),
        (|crd| crd["spec"]["scope"] = Value::Null, CauseKind::Required, "spec.scope"),
        (|crd| crd["spec"]["names"]["kind"] = "".into(), CauseKind::Required, "spec.names.kind"),
        (|crd| crd["spec"]["names"]["kind"] = "Wid.get".into(), CauseKind::Invalid, "spec.names.kind"),
        (|crd| crd["spec"]["names"]["listKind"] = "Widget".into(), CauseKind::Invalid, "spec.names.listKind"),
        (|crd| crd["spec"]["names"]["shortNames"] = json!(["W!"]), CauseKind::Invalid, "spec.names.shortNames[0]"),
        (|crd| crd["spec"]["versions"][1]["storage"] = false.into(), CauseKind::Invalid, "spec.versions"),
        (|crd| crd["spec"]["versions"][0]["storage"] = true.into(), CauseKind::Invalid, "spec.versions"),
        (|crd| crd["spec"]["versions"][0]["name"] = "v0".into(), CauseKind::Invalid, "spec.versions"),
        (
            |crd| crd["spec"]["versions"][1]["additionalPrinterColumns"][0]["jsonPath"] = "a".into(),
            CauseKind::Invalid,
            "spec.versions[1].additionalPrinterColumns[0].JSONPath",
        ),
        (
            |crd| crd["spec"]["versions"][1]["additionalPrinterColumns"][0]["type"] = "text".into(),
            CauseKind::Invalid,
            "spec.versions[1].additionalPrinterColumns[0].type",
        ),
        (
            |crd| crd["spec"]["versions"][1]["additionalPrinterColumns"][0]["format"] = "int128".into(),
            CauseKind::Invalid,
            "spec.versions[1].additionalPrinterColumns[0].format",
        ),
        (
            |crd| {
                crd["spec"]["group"] = "example.k8s.io".into();
                crd["metadata"]["annotations"] = json!({"api-approved.kubernetes.io": "yes"});
            },
            CauseKind::Invalid,
            "metadata.annotations[api-approved.kubernetes.io]",
        ),
        (
            |crd| crd["spec"]["versions"][1]["subresources"]["scale"]["specReplicasPath"] = "spec.x".into(),
            CauseKind::Invalid,
            "spec.versions[1].subresources.scale.specReplicasPath",
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

#[test]
fn fields_for_selectors_are_scalars_that_the_schema_knows() {
    for (path, why) in [
        (".spec.none", "is an invalid path: does not refer to a valid field"),
        (".spec.list", "must point to a field of type string, boolean or integer"),
        (".spec.list[0]", "is an invalid path: array notation is not allowed"),
        (".metadata.name", "must not point to fields in metadata"),
        ("spec.color", "is an invalid path: expected [ or . but got: spec"),
    ] {
        let mut crd = widgets();
        crd["spec"]["versions"][1]["selectableFields"] = json!([{"jsonPath": path}]);
        let causes = from_crd(&Object::from_value(crd).expect("an object")).expect_err(path);
        assert_eq!(causes[0].field, "spec.versions[1].selectableFields[0].jsonPath", "{path}");
        assert!(causes[0].message.contains(why), "{path}: {}", causes[0].message);
    }
    let mut crd = widgets();
    crd["spec"]["versions"][1]["selectableFields"] = json!(vec![json!({"jsonPath": ".spec.color"}); 9]);
    let causes = read(crd).expect_err("the same one nine times");
    assert_eq!(causes.iter().filter(|(kind, _)| *kind == CauseKind::Duplicate).count(), 8);
    assert!(!causes.iter().any(|(kind, _)| *kind == CauseKind::TooMany), "only different fields count");
}

#[test]
fn a_column_whose_path_nobody_can_follow_makes_room_for_the_age() {
    let mut crd = widgets();
    crd["spec"]["versions"][1]["additionalPrinterColumns"][0]["jsonPath"] = ".spec[[".into();
    let resources = from_crd(&Object::from_value(crd).expect("an object")).expect("it is accepted");
    let names: Vec<&str> = resources[1].columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["Name", "Age"]);
}

#[test]
fn a_path_of_scale_is_parted_at_its_dots() {
    let mut crd = widgets();
    crd["spec"]["versions"][1]["subresources"]["scale"]["specReplicasPath"] = ".spec.a[0]".into();
    read(crd).expect("kube-apiserver looks for a member of that name");
}

#[test]
fn only_what_counts_stands_beside_a_status_of_its_own() {
    let mut crd = widgets();
    crd["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["minProperties"] = json!(1);
    assert_eq!(read(crd).expect_err("refused"), [(CauseKind::Invalid, "spec.versions[1].schema.openAPIV3Schema".to_owned())]);
    let mut crd = widgets();
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["minProperties"] = json!(1);
    read(crd).expect("it has no status");
}
