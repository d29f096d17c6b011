//! `autoscaling`: autoscalers in two versions, stored as `autoscaling/v2`.
//!
//! `autoscaling/v1` has fields for the utilization of CPU alone. Everything else that an autoscaler may hold stands there in annotations, so
//! that whoever reads, changes and writes it in that version loses nothing. Invariant: what was turned into `v1` and back is as it was.

use serde_json::{Map, Value, json};

use super::Part::Status;
use super::{Conversion, Group, Kind};
use crate::object::Object;
use crate::schema::builtin;
use crate::schema::check::{decode_error, prune};
use crate::schema::columns::workloads as tables;

/// `autoscaling/v2`.
pub(super) const V2: Group = Group { name: "autoscaling", version: "v2", kinds: &[AUTOSCALERS.table(&tables::AUTOSCALERS)] };

/// `autoscaling/v1`.
pub(super) const V1: Group =
    Group { name: "autoscaling", version: "v1", kinds: &[AUTOSCALERS.stored_as(&AS_V2).table(&tables::OLD_AUTOSCALERS)] };

const AUTOSCALERS: Kind =
    Kind::namespaced("horizontalpodautoscalers", "HorizontalPodAutoscaler").short(&["hpa"]).categories(&["all"]).parts(&[Status]);

const AS_V2: Conversion = Conversion { group: "autoscaling", version: "v2", to_storage: to_v2, from_storage: to_v1 };

const METRICS: &str = "autoscaling.alpha.kubernetes.io/metrics";
const BEHAVIOR: &str = "autoscaling.alpha.kubernetes.io/behavior";
const CURRENT_METRICS: &str = "autoscaling.alpha.kubernetes.io/current-metrics";
const CONDITIONS: &str = "autoscaling.alpha.kubernetes.io/conditions";
const ANNOTATIONS: [&str; 4] = [METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS];

const TARGET: &str = "targetCPUUtilizationPercentage";
const CURRENT: &str = "currentCPUUtilizationPercentage";

/// The target where an autoscaler states no metric at all, in percent.
const DEFAULT_TARGET: i64 = 80;

/// One member of a metric's source: its name in `v1`, its path in `v2`, and whether `v1` writes `0` where there is none.
type Member = (&'static str, &'static [&'static str], bool);

/// A metric's source by its type.
type Source = (&'static str, &'static [Member]);

const SPEC: [Source; 5] = [
    ("containerResource", &[NAME, CONTAINER, ("targetAverageUtilization", &["target", UTILIZATION], false), AVERAGE_TARGET]),
    (
        "external",
        &[METRIC_NAME, ("metricSelector", &["metric", "selector"], false), ("targetValue", &["target", "value"], false), AVERAGE_TARGET],
    ),
    (
        "object",
        &[METRIC_NAME, SELECTOR, OBJECT, ("targetValue", &["target", "value"], true), ("averageValue", &["target", AVERAGE], false)],
    ),
    ("pods", &[METRIC_NAME, SELECTOR, ("targetAverageValue", &["target", AVERAGE], true)]),
    ("resource", &[NAME, ("targetAverageUtilization", &["target", UTILIZATION], false), AVERAGE_TARGET]),
];

const STATUS: [Source; 5] = [
    ("containerResource", &[NAME, CONTAINER, ("currentAverageUtilization", &["current", UTILIZATION], false), AVERAGE_NOW]),
    (
        "external",
        &[
            METRIC_NAME,
            ("metricSelector", &["metric", "selector"], false),
            ("currentValue", &["current", "value"], true),
            ("currentAverageValue", &["current", AVERAGE], false),
        ],
    ),
    (
        "object",
        &[METRIC_NAME, SELECTOR, OBJECT, ("currentValue", &["current", "value"], true), ("averageValue", &["current", AVERAGE], false)],
    ),
    ("pods", &[METRIC_NAME, SELECTOR, AVERAGE_NOW]),
    ("resource", &[NAME, ("currentAverageUtilization", &["current", UTILIZATION], false), AVERAGE_NOW]),
];

const UTILIZATION: &str = "averageUtilization";
const AVERAGE: &str = "averageValue";
const NAME: Member = ("name", &["name"], false);
const CONTAINER: Member = ("container", &["container"], false);
const METRIC_NAME: Member = ("metricName", &["metric", "name"], false);
const SELECTOR: Member = ("selector", &["metric", "selector"], false);
const OBJECT: Member = ("target", &["describedObject"], false);
const AVERAGE_TARGET: Member = ("targetAverageValue", &["target", AVERAGE], false);
const AVERAGE_NOW: Member = ("currentAverageValue", &["current", AVERAGE], true);

/// From the form of the store to `v1`.
fn to_v1(object: &mut Object) {
    ANNOTATIONS.iter().for_each(|name| object.set_annotation(name, None));
    let mut noted = Vec::new();
    if let Some(Value::Object(spec)) = object.root_mut().get_mut("spec") {
        let metrics = taken_list(spec, "metrics");
        put(spec, TARGET, cpu(&metrics).and_then(|metric| metric.pointer("/resource/target/averageUtilization")).cloned());
        let others: Vec<Value> = metrics.iter().filter(|metric| !is_cpu_target(metric)).map(|metric| old_metric(metric, &SPEC)).collect();
        noted.push((METRICS, (!others.is_empty()).then(|| others.into())));
        noted.push((BEHAVIOR, spec.remove("behavior").map(|behavior| with_names(behavior, capitalised))));
    }
    if let Some(Value::Object(status)) = object.root_mut().get_mut("status") {
        let metrics = taken_list(status, "currentMetrics");
        put(status, CURRENT, cpu(&metrics).and_then(|metric| metric.pointer("/resource/current/averageUtilization")).cloned());
        let metrics: Vec<Value> = metrics.iter().map(|metric| old_metric(metric, &STATUS)).collect();
        noted.push((CURRENT_METRICS, (!metrics.is_empty()).then(|| metrics.into())));
        let conditions = taken_list(status, "conditions");
        noted.push((CONDITIONS, (!conditions.is_empty()).then(|| conditions.into())));
    }
    for (name, value) in noted {
        if let Some(value) = value {
            object.set_annotation(name, Some(&value.to_string()));
        }
    }
}

/// From `v1` to the form of the store. Annotations that cannot be read are dropped, as kube-apiserver drops them.
pub(in crate::schema) fn to_v2(object: &mut Object) {
    let [metrics, behavior, current_metrics, conditions] = ANNOTATIONS.map(|name| {
        let noted = object.annotation(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
        object.set_annotation(name, None);
        noted
    });
    if let Some(Value::Object(spec)) = object.root_mut().get_mut("spec") {
        let metrics = list_of(metrics).iter().map(|metric| new_metric(metric, &SPEC)).collect();
        let mut metrics = readable("spec", "metrics", metrics);
        metrics.extend(spec.remove(TARGET).map(|percent| cpu_metric("target", &json!({"type": "Utilization", UTILIZATION: percent}))));
        if metrics.is_empty() {
            metrics.push(cpu_metric("target", &json!({"type": "Utilization", UTILIZATION: DEFAULT_TARGET})));
        }
        spec.insert("metrics".to_owned(), metrics.into());
        let behavior = behavior.filter(Value::is_object).map(|behavior| with_names(behavior, uncapitalised));
        put(spec, "behavior", behavior.and_then(|behavior| fitting("spec", "behavior", &behavior)));
    }
    if let Some(Value::Object(status)) = object.root_mut().get_mut("status") {
        let current = status.remove(CURRENT).map(|percent| cpu_metric("current", &json!({UTILIZATION: percent})));
        let mut metrics: Vec<Value> = list_of(current_metrics).iter().map(|metric| new_metric(metric, &STATUS)).collect();
        metrics = readable("status", "currentMetrics", metrics);
        if metrics.is_empty() {
            metrics.extend(current);
        }
        put(status, "currentMetrics", (!metrics.is_empty()).then(|| metrics.into()));
        let conditions = readable("status", "conditions", list_of(conditions));
        put(status, "conditions", (!conditions.is_empty()).then(|| conditions.into()));
    }
}

/// The first metric about CPU.
fn cpu(metrics: &[Value]) -> Option<&Value> {
    metrics.iter().find(|metric| metric["type"] == "Resource" && metric["resource"]["name"] == "cpu")
}

/// Whether a metric is one that `v1` has a field for.
fn is_cpu_target(metric: &Value) -> bool {
    cpu(std::slice::from_ref(metric)).is_some_and(|metric| !metric["resource"]["target"][UTILIZATION].is_null())
}

fn cpu_metric(member: &str, value: &Value) -> Value {
    json!({"type": "Resource", "resource": {"name": "cpu", member: value}})
}

fn old_metric(metric: &Value, sources: &[Source]) -> Value {
    let mut old = Map::from_iter([("type".to_owned(), metric["type"].clone())]);
    for (source, members) in sources {
        let Some(new) = metric.get(source) else { continue };
        let converted = members.iter().filter_map(|(name, path, zero)| {
            let value = path.iter().try_fold(new, |value, step| value.get(step)).cloned();
            Some(((*name).to_owned(), value.or_else(|| zero.then(|| "0".into()))?))
        });
        old.insert((*source).to_owned(), Value::Object(converted.collect()));
    }
    Value::Object(old)
}

fn new_metric(metric: &Value, sources: &[Source]) -> Value {
    let mut new = Map::from_iter([("type".to_owned(), metric["type"].clone())]);
    for (source, members) in sources {
        let Some(old) = metric.get(source) else { continue };
        let mut converted = json!({});
        for (name, path, zero) in *members {
            let Some(value) = old.get(name).filter(|value| !value.is_null()) else { continue };
            // A target of nothing is none: it stands there only because `v1` has a place for it.
            if *zero && path.first() == Some(&"target") && value == "0" {
                continue;
            }
            let place = path.iter().fold(&mut converted, |place, step| &mut place[*step]);
            *place = value.clone();
        }
        if let Some(target) = converted.get_mut("target") {
            target["type"] = target_type(source, target).into();
        }
        new.insert((*source).to_owned(), converted);
    }
    Value::Object(new)
}

/// `v1` does not say of which type a target is.
fn target_type(source: &str, target: &Value) -> &'static str {
    match source {
        "resource" | "containerResource" if target.get(UTILIZATION).is_some() => "Utilization",
        "external" if target.get("value").is_some() => "Value",
        "object" if target.get(AVERAGE).is_none() => "Value",
        _ => "AverageValue",
    }
}

/// The list, or none where the schema of the store's form does not take it.
fn readable(part: &str, member: &str, list: Vec<Value>) -> Vec<Value> {
    list_of(fitting(part, member, &list.into()))
}

/// The value without members that the schema of the store's form does not know; `None` where that schema does not take it.
fn fitting(part: &str, member: &str, value: &Value) -> Option<Value> {
    let schema = builtin(&AS_V2.storage_gvk("HorizontalPodAutoscaler"))?;
    let mut document = json!({part: {member: value}});
    if decode_error(schema.root(), &document).is_some() {
        return None;
    }
    prune(schema.root(), &mut document);
    Some(document[part][member].take())
}

fn taken_list(members: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    list_of(members.remove(name))
}

fn list_of(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn put(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

/// The same with other names of members, nulls left out. kube-apiserver writes the annotation by the names of its own fields, which begin
/// with capitals.
fn with_names(value: Value, rename: fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            members.map(|(name, value)| (rename(&name), with_names(value, rename))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| with_names(item, rename)).collect(),
        other => other,
    }
}

fn capitalised(name: &str) -> String {
    with_first(name, char::to_ascii_uppercase)
}

fn uncapitalised(name: &str) -> String {
    with_first(name, char::to_ascii_lowercase)
}

fn with_first(name: &str, change: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| change(&first)).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn full() -> Object {
        let metric = json!({"name": "hits", "selector": {"matchLabels": {"a": "b"}}});
        let described = json!({"kind": "Service", "name": "web", "apiVersion": "v1"});
        object(json!({
            "metadata": {"name": "web", "annotations": {"own": "kept"}},
            "spec": {
                "scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}, "minReplicas": 1, "maxReplicas": 5,
                "metrics": [
                    {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
                    {"type": "Pods", "pods": {"metric": metric, "target": {"type": "AverageValue", "averageValue": "10"}}},
                    {"type": "Object", "object": {"metric": metric, "describedObject": described,
                        "target": {"type": "AverageValue", "averageValue": "3"}}},
                    {"type": "Object", "object": {"metric": metric, "describedObject": described, "target": {"type": "Value", "value": "3"}}},
                    {"type": "External", "external": {"metric": metric, "target": {"type": "Value", "value": "7"}}},
                    {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "c",
                        "target": {"type": "Utilization", "averageUtilization": 60}}},
                    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
                ],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 15}]}},
            },
            "status": {
                "currentReplicas": 2, "desiredReplicas": 3,
                "currentMetrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 50, "averageValue": "100m"}}},
                ],
                "conditions": [{"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale"}],
            },
        }))
    }

    #[test]
    fn the_old_version_shows_cpu_in_fields_and_the_rest_in_annotations() {
        let mut old = full();
        to_v1(&mut old);
        let spec = json!({
            "scaleTargetRef": {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}, "minReplicas": 1, "maxReplicas": 5,
            TARGET: 70,
        });
        assert_eq!(old.root()["spec"], spec);
        assert_eq!(old.root()["status"], json!({"currentReplicas": 2, "desiredReplicas": 3, CURRENT: 50}));
        let noted = |name: &str| serde_json::from_str::<Value>(old.annotation(name).expect(name)).expect("JSON");
        let selector = json!({"matchLabels": {"a": "b"}});
        assert_eq!(noted(METRICS)[0], json!({"type": "Resource", "resource": {"name": "memory", "targetAverageValue": "1Gi"}}));
        assert_eq!(
            noted(METRICS)[1],
            json!({"type": "Pods", "pods": {"metricName": "hits", "selector": selector, "targetAverageValue": "10"}})
        );
        assert_eq!(noted(METRICS)[2]["object"]["targetValue"], "0");
        assert_eq!(noted(METRICS).as_array().map(Vec::len), Some(6));
        let resource = json!({"name": "cpu", "currentAverageUtilization": 50, "currentAverageValue": "100m"});
        assert_eq!(noted(CURRENT_METRICS), json!([{"type": "Resource", "resource": resource}]));
        assert_eq!(noted(BEHAVIOR)["ScaleDown"]["Policies"][0], json!({"Type": "Pods", "Value": 1, "PeriodSeconds": 15}));
        assert_eq!(noted(CONDITIONS)[0]["reason"], "ReadyForNewScale");
        assert_eq!(old.annotation("own"), Some("kept"));
    }

    #[test]
    fn there_and_back_is_as_it_was() {
        let mut there = full();
        to_v1(&mut there);
        to_v2(&mut there);
        assert_eq!(there, full());
    }

    #[test]
    fn an_autoscaler_that_states_no_metric_is_for_cpu() {
        let mut new = object(json!({"metadata": {"name": "a"}, "spec": {"maxReplicas": 3}}));
        to_v2(&mut new);
        let target = json!({"type": "Utilization", "averageUtilization": 80});
        assert_eq!(new.root()["spec"]["metrics"], json!([{"type": "Resource", "resource": {"name": "cpu", "target": target}}]));
    }

    #[test]
    fn annotations_that_cannot_be_read_do_not_reach_the_store() {
        for bad in ["{", "7", r#"[{"type": 7}]"#, r#"[{"type":"Resource","resource":{"name":"memory","targetAverageUtilization":"x"}}]"#] {
            let annotations = json!({METRICS: bad, BEHAVIOR: bad, CONDITIONS: format!("7{bad}")});
            let mut new = object(json!({"metadata": {"annotations": annotations}, "spec": {TARGET: 50}, "status": {}}));
            to_v2(&mut new);
            assert_eq!(new.root()["spec"]["metrics"].as_array().map(Vec::len), Some(1), "{bad}");
            assert_eq!((new.root()["spec"].get("behavior"), &new.root()["status"]), (None, &json!({})), "{bad}");
            assert_eq!(new.root()["metadata"], json!({}));
        }
    }
}
