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
use crate::schema::{ScalePaths, columns};

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
        Form::Table(version, _) => {
            let scale = typed(scale)?;
            let revision = scale.resource_version().unwrap_or_default();
            json!({
                "kind": "Table", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": {"resourceVersion": revision},
                "columnDefinitions": view::column_definitions(&columns::SCALE),
                "rows": [row(scale, version, call.query.include_object, call.api.ambient.now())],
            })
        }
    };
    Ok(Answer::document(StatusCode::OK, &document, call.form.encoding(), call.pretty()))
}

fn row(mut scale: Object, version: &str, include: IncludeObject, now: Timestamp) -> Value {
    let count = |path: &[&str]| scale.get(path).and_then(Value::as_i64).unwrap_or_default();
    let created = scale.get_str(&["metadata", "creationTimestamp"]).and_then(|text| text.parse().ok());
    let age = created.map_or_else(|| "<unknown>".to_owned(), |then| columns::human_duration(then, now));
    let cells = json!([scale.name(), count(&["spec", "replicas"]), count(&["status", "replicas"]), age]);
    match include {
        IncludeObject::None => json!({"cells": cells, "object": null}),
        IncludeObject::Metadata => json!({"cells": cells, "object": view::partial(&mut scale, version)}),
        IncludeObject::Object => json!({"cells": cells, "object": scale.into_value()}),
    }
}

fn typed(scale: Value) -> Result<Object, Refusal> {
    Object::from_value(scale).map_err(|error| Refusal::internal(error.to_string()))
}

/// The object with the number of replicas that a Scale declares.
///
/// Refuses with 422 where the Scale's kind, version or number is wrong.
pub(super) fn write(object: &mut Object, scale: &Object, paths: &ScalePaths) -> Result<(), Refusal> {
    let invalid = |cause| Refusal::invalid("autoscaling", "Scale", object.name(), vec![cause]);
    let replicas = match scale.get(&["spec", "replicas"]) {
        None | Some(Value::Null) => 0,
        Some(value) => match value.as_i64().and_then(|number| i32::try_from(number).ok()).filter(|number| *number >= 0) {
            Some(number) => number,
            None => {
                let why = "must be a whole number greater than or equal to 0";
                return Err(invalid(Cause::invalid("spec.replicas", value, why)));
            }
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
    let equal =
        labels.and_then(Value::as_object).into_iter().flatten().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten().filter_map(expression_text);
    equal.chain(expressions).collect::<Vec<_>>().join(",")
}

fn expression_text(expression: &Value) -> Option<String> {
    let key = expression.get("key")?.as_str()?;
    let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
    let values = values.filter_map(Value::as_str).collect::<Vec<_>>().join(",");
    match expression.get("operator")?.as_str()? {
        "In" => Some(format!("{key} in ({values})")),
        "NotIn" => Some(format!("{key} notin ({values})")),
        "Exists" => Some(key.to_owned()),
        "DoesNotExist" => Some(format!("!{key}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        write(&mut object, &scale(7), &paths()).expect("valid");
        assert_eq!(object.get(&["spec", "replicas"]), Some(&json!(7)));
        assert_eq!(write(&mut object, &scale(-1), &paths()).expect_err("negative").reason.code(), 422);
    }
}
