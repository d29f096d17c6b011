//! The `scale` subresource: the number of replicas of an object, seen as an `autoscaling/v1` Scale.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::negotiate::Form;
use super::query::IncludeObject;
use super::view;
use crate::object::{Cause, CauseKind, Object, Refusal};
use crate::schema::{Resource, ScalePaths, columns};

/// The Scale of an object.
pub(super) fn read(object: &Object, paths: &ScalePaths) -> Value {
    let mut status = Map::from_iter([("replicas".to_owned(), number(object, &paths.status_replicas).unwrap_or(0).into())]);
    if let Some(selector) = paths.selector.as_ref().and_then(|path| at(object, path)).map(selector_text).filter(|text| !text.is_empty()) {
        status.insert("selector".to_owned(), selector.into());
    }
    let spec = number(object, &paths.spec_replicas).map_or_else(|| json!({}), |replicas| json!({"replicas": replicas}));
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": identity(object), "spec": spec, "status": status})
}

/// The answer that shows the Scale of an object. No replicas are shown as none declared, as a typed Scale is written.
pub(super) fn answer(call: &Call, object: &Object, paths: &ScalePaths) -> Result<Answer, Refusal> {
    let mut scale = read(object, paths);
    if scale["spec"]["replicas"] == 0 {
        scale["spec"] = json!({});
    }
    let document = match call.form {
        Form::Object(_) => scale,
        Form::Partial(version, _) | Form::PartialList(version, _) => view::partial(&mut typed(scale)?, version),
        Form::Table(version) => {
            let scale = typed(scale)?;
            let revision = scale.resource_version().unwrap_or_default();
            json!({
                "kind": "Table", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": {"resourceVersion": revision},
                "columnDefinitions": view::column_definitions(&columns::SCALE),
                "rows": [row(scale, version, call.query.include_object, call.api.ambient.now())],
            })
        }
    };
    Ok(Answer::document(StatusCode::OK, &document, call.form.encoding(), call.query.pretty))
}

fn row(mut scale: Object, version: &str, include: IncludeObject, now: Timestamp) -> Value {
    let count = |path: &[&str]| scale.get(path).and_then(Value::as_i64).unwrap_or_default();
    let created = scale.get_str(&["metadata", "creationTimestamp"]).and_then(|text| text.parse().ok());
    let age = created.map_or_else(|| "<unknown>".to_owned(), |then| columns::human_duration(then, now));
    let cells = json!([scale.name(), count(&["spec", "replicas"]), count(&["status", "replicas"]), age]);
    match include {
        IncludeObject::None => json!({"cells": cells}),
        IncludeObject::Metadata => json!({"cells": cells, "object": view::partial(&mut scale, version)}),
        IncludeObject::Object => json!({"cells": cells, "object": scale.into_value()}),
    }
}

fn typed(scale: Value) -> Result<Object, Refusal> {
    Object::from_value(scale).map_err(|error| Refusal::internal(error.to_string()))
}

/// Refuses with 500 to show the Scale of a custom resource that says nothing of its replicas: nobody knows what none stand for.
pub(super) fn check_shown(resource: &Resource, object: &Object, paths: &ScalePaths) -> Result<(), Refusal> {
    if !lacks_replicas(resource, object, paths) {
        return Ok(());
    }
    let why = format!("the spec replicas field {:?} does not exist", written(&paths.spec_replicas));
    Err(Refusal::internal(format!("Internal error occurred: {why}")))
}

/// Refuses with 400 a patch after which a custom resource still says nothing of its replicas.
pub(super) fn check_patched(resource: &Resource, object: &Object, patched: &Object, paths: &ScalePaths) -> Result<(), Refusal> {
    let stated = patched.get(&["spec", "replicas"]).is_some_and(|replicas| !replicas.is_null());
    if stated || !lacks_replicas(resource, object, paths) {
        return Ok(());
    }
    Err(Refusal::bad_request(format!("the spec replicas field {:?} cannot be empty", written(&paths.spec_replicas))))
}

/// Kinds of Kubernetes' own have replicas by default.
fn lacks_replicas(resource: &Resource, object: &Object, paths: &ScalePaths) -> bool {
    resource.custom && number(object, &paths.spec_replicas).is_none()
}

/// A path as definitions write it.
fn written(path: &[String]) -> String {
    path.iter().map(|name| format!(".{name}")).collect()
}

/// The object with the number of replicas that a Scale declares.
///
/// Refuses with 422 where the number is wrong: by the Scale's field, or that of a custom resource, as kube-apiserver does.
pub(super) fn write(resource: &Resource, object: &mut Object, scale: &Object, paths: &ScalePaths) -> Result<(), Refusal> {
    let invalid = |cause| Refusal::invalid("autoscaling", "Scale", object.name(), vec![cause]);
    let replicas = match scale.get(&["spec", "replicas"]) {
        None | Some(Value::Null) => 0,
        Some(value) => match value.as_i64().and_then(|number| i32::try_from(number).ok()).filter(|number| *number >= 0) {
            Some(number) => number,
            None if resource.custom => {
                let cause = Cause::invalid(written(&paths.spec_replicas), value, "should be a non-negative integer");
                return Err(Refusal::invalid(&resource.gvk.group, &resource.gvk.kind, object.name(), vec![cause]));
            }
            None => return Err(invalid(Cause::invalid("spec.replicas", value, "must be greater than or equal to 0"))),
        },
    };
    let Some((last, parents)) = paths.spec_replicas.split_last() else {
        return Err(invalid(Cause::new(CauseKind::NotFound, "spec.replicas", "the kind names no replicas field")));
    };
    let mut place = object.root_mut();
    for name in parents {
        let member = place.entry(name.as_str()).or_insert_with(|| Value::Object(Map::new()));
        match member {
            Value::Object(inner) => place = inner,
            _ => return Err(Refusal::internal("the object's replicas stand inside something that is no object")),
        }
    }
    place.insert(last.clone(), replicas.into());
    Ok(())
}

/// The metadata that a Scale shares with its object.
fn identity(object: &Object) -> Map<String, Value> {
    let shared = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"];
    let metadata = object.metadata();
    let kept = shared.iter().filter_map(|member| Some(((*member).to_owned(), metadata?.get(*member)?.clone())));
    kept.collect()
}

fn at<'a>(object: &'a Object, path: &[String]) -> Option<&'a Value> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    object.get(&path)
}

fn number(object: &Object, path: &[String]) -> Option<i64> {
    at(object, path)?.as_i64()
}

/// A selector as text, whether the object keeps it as text, as a map of labels or as a LabelSelector.
fn selector_text(selector: &Value) -> String {
    if let Some(text) = selector.as_str() {
        return text.to_owned();
    }
    let labels = selector.get("matchLabels").or_else(|| selector.get("matchExpressions").is_none().then_some(selector));
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let equal = labels.filter_map(|(key, value)| Some((key.as_str(), format!("{key}={}", value.as_str()?))));
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten().filter_map(expression_text);
    let mut requirements: Vec<(&str, String)> = equal.chain(expressions).collect();
    requirements.sort_by_key(|(key, _)| *key);
    requirements.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}

/// A requirement by its key.
fn expression_text(expression: &Value) -> Option<(&str, String)> {
    let key = expression.get("key")?.as_str()?;
    let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
    let mut values: Vec<&str> = values.filter_map(Value::as_str).collect();
    values.sort_unstable();
    let values = values.join(",");
    let text = match expression.get("operator")?.as_str()? {
        "In" => format!("{key} in ({values})"),
        "NotIn" => format!("{key} notin ({values})"),
        "Exists" => key.to_owned(),
        "DoesNotExist" => format!("!{key}"),
        _ => return None,
    };
    Some((key, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Catalog;

    #[test]
    fn the_requirements_of_a_selector_and_their_values_come_in_order() {
        let expression = |key: &str, operator: &str, values: &[&str]| json!({"key": key, "operator": operator, "values": values});
        let expressions = [expression("z", "In", &["q", "p"]), expression("y", "DoesNotExist", &[]), expression("b", "NotIn", &["o", "n"])];
        let selector = json!({"matchLabels": {"a": "1", "x": "2"}, "matchExpressions": expressions});
        assert_eq!(selector_text(&selector), "a=1,b notin (n,o),x=2,!y,z in (p,q)");
    }

    fn paths() -> ScalePaths {
        let path = |text: &str| text.split('.').map(str::to_owned).collect();
        ScalePaths { spec_replicas: path("spec.replicas"), status_replicas: path("status.replicas"), selector: Some(path("spec.selector")) }
    }

    fn deployment() -> Object {
        Object::from_value(json!({
            "metadata": {"name": "web", "namespace": "d", "uid": "u", "resourceVersion": "5", "labels": {"a": "b"}},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "t", "operator": "Exists"}]}},
            "status": {"replicas": 2},
        }))
        .expect("an object")
    }

    #[test]
    fn a_scale_shows_both_numbers_and_the_selector() {
        assert_eq!(
            read(&deployment(), &paths()),
            json!({
                "kind": "Scale", "apiVersion": "autoscaling/v1",
                "metadata": {"name": "web", "namespace": "d", "uid": "u", "resourceVersion": "5"},
                "spec": {"replicas": 3}, "status": {"replicas": 2, "selector": "app=web,t"},
            })
        );
    }

    #[test]
    fn writing_a_scale_sets_the_replicas_and_refuses_negative_ones() {
        let mut object = deployment();
        let scale = |replicas: i64| Object::from_value(json!({"spec": {"replicas": replicas}})).expect("an object");
        let catalog = Catalog::builtin();
        let resource = catalog.resource("apps", "v1", "deployments").expect("served");
        write(resource, &mut object, &scale(7), &paths()).expect("valid");
        assert_eq!(object.get(&["spec", "replicas"]), Some(&json!(7)));
        assert_eq!(write(resource, &mut object, &scale(-1), &paths()).expect_err("negative").reason.code(), 422);
    }
}
