//! Limit ranges: what containers are given that ask for nothing, and how little and how much containers, pods and claims may ask for.
//!
//! Receives pods and claims with the limit ranges of their namespace; hands on what is filled in, or what stands against the object.
//! Invariant: what a container says itself is never changed.
//!
//! See <https://kubernetes.io/docs/concepts/policy/limit-range/>.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::validation::aggregate_text;
use crate::object::Object;
use crate::schema::quantity;

/// Where a pod says what was filled in.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// The lists of containers, and what one of each is called.
const LISTS: [(&str, &str); 2] = [("containers", "container"), ("initContainers", "init container")];

/// How many billionths, which quantities are compared in, are one.
const UNIT: i128 = 1_000_000_000;

/// Fills in what containers of a new pod leave out. It was sent by a client and has no defaults yet: of what has a limit, the request
/// will be that limit, as if it had been said.
pub(crate) fn fill(pod: &mut Object, ranges: &[Object]) {
    for range in ranges {
        let [requests, limits] = [defaults(range, "defaultRequest"), defaults(range, "default")];
        let Some(Value::Object(spec)) = pod.root_mut().get_mut("spec") else { return };
        let mut said = Vec::new();
        for (list, what) in LISTS {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                said.extend(fill_container(container, what, &requests, &limits));
            }
        }
        if !said.is_empty() {
            pod.set_annotation(ANNOTATION, Some(&format!("LimitRanger plugin set: {}", said.join("; "))));
        }
    }
}

/// What a range gives containers; of several items the last counts.
fn defaults(range: &Object, list: &str) -> BTreeMap<String, Value> {
    let of_containers = items(range).filter(|item| item["type"] == "Container");
    let amounts = of_containers.filter_map(|item| item.get(list)?.as_object()).flatten();
    amounts.map(|(name, amount)| (name.clone(), amount.clone())).collect()
}

fn fill_container(container: &mut Value, what: &str, requests: &BTreeMap<String, Value>, limits: &BTreeMap<String, Value>) -> Vec<String> {
    let has = |list: &str, name: &str| container.pointer(&format!("/resources/{list}")).is_some_and(|list| list.get(name).is_some());
    let given = |(name, amount): (&String, &Value)| (name.clone(), amount.clone());
    let new_limits: Map<String, Value> = limits.iter().filter(|(name, _)| !has("limits", name)).map(given).collect();
    let asked = |name: &str| has("requests", name) || has("limits", name);
    let new_requests: Map<String, Value> = requests.iter().filter(|(name, _)| !asked(name)).map(given).collect();
    let called = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut said = Vec::new();
    for (list, one, new) in [("requests", "request", new_requests), ("limits", "limit", new_limits)] {
        let Some(members) = container.as_object_mut().filter(|_| !new.is_empty()) else { continue };
        let names: Vec<&str> = new.keys().map(String::as_str).collect();
        said.push(format!("{} {one} for {what} {called}", names.join(", ")));
        if let Some(amounts) = object_at(members, "resources").and_then(|resources| object_at(resources, list)) {
            amounts.extend(new);
        }
    }
    said
}

/// A member that is an object, made where there is none.
fn object_at<'a>(members: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let member = members.entry(name).or_insert(Value::Null);
    if member.is_null() {
        *member = json!({});
    }
    member.as_object_mut()
}

/// What stands against a pod or a claim, by the first range that it breaks.
pub(crate) fn broken(object: &Object, ranges: &[Object]) -> Option<String> {
    ranges.iter().find_map(|range| {
        let mut said = Vec::new();
        for limit in items(range) {
            judge(object, limit, &mut said);
        }
        match said.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(format!("[{}]", many.join(", "))),
        }
    })
}

fn judge(object: &Object, limit: &Value, said: &mut Vec<String>) {
    let spec = object.root().get("spec").unwrap_or(&Value::Null);
    match (object.kind(), limit["type"].as_str().unwrap_or_default()) {
        ("Pod", "Container") => {
            for container in LISTS.iter().filter_map(|(list, _)| spec.get(*list)?.as_array()).flatten() {
                let amount = |list: &str, name: &str| text(container.get("resources")?.get(list)?.get(name)?);
                Judge { kind: "Container", amount: &amount }.all(limit, said);
            }
        }
        ("Pod", "Pod") => Judge { kind: "Pod", amount: &|list, name| of_pod(spec, list, name) }.all(limit, said),
        ("PersistentVolumeClaim", kind @ "PersistentVolumeClaim") => {
            let amount = |list: &str, name: &str| text(spec.get("resources")?.get(list)?.get(name)?).filter(|_| list == "requests");
            let judge = Judge { kind, amount: &amount };
            amounts(limit, "min").for_each(|(name, least)| said.extend(judge.least(name, least)));
            amounts(limit, "max").for_each(|(name, most)| said.extend(judge.most_asked(name, most)));
        }
        _ => {}
    }
}

/// What a pod takes of a resource: what it says itself, else what its containers take together, and what running it takes beside them.
pub(super) fn of_pod(spec: &Value, list: &str, name: &str) -> Option<String> {
    let whole = spec.get("resources").and_then(|resources| text(resources.get(list)?.get(name)?));
    let own = whole.or_else(|| aggregate_text(spec, list, name));
    let overhead = spec.get("overhead").and_then(|overhead| text(overhead.get(name)?));
    match (own, overhead) {
        // Where there is no limit, running the pod makes none.
        (None, _) if list == "limits" => None,
        (Some(own), Some(overhead)) => {
            let sum = quantity::billionths(&own)?.saturating_add(quantity::billionths(&overhead)?);
            Some(quantity::text(sum, own.ends_with('i')))
        }
        (own, overhead) => own.or(overhead),
    }
}

/// The limits of one thing, by list (`requests` or `limits`) and name.
struct Judge<'a> {
    kind: &'a str,
    amount: &'a dyn Fn(&str, &str) -> Option<String>,
}

impl Judge<'_> {
    fn all(&self, limit: &Value, said: &mut Vec<String>) {
        amounts(limit, "min").for_each(|(name, least)| said.extend(self.least(name, least)));
        amounts(limit, "max").for_each(|(name, most)| said.extend(self.most(name, most)));
        amounts(limit, "maxLimitRequestRatio").for_each(|(name, ratio)| said.extend(self.ratio(name, ratio)));
    }

    fn least(&self, name: &str, least: &str) -> Option<String> {
        let rule = format!("minimum {name} usage per {} is {least}", self.kind);
        let Some(request) = (self.amount)("requests", name) else { return Some(format!("{rule}.  No request is specified")) };
        if value(&request) < value(least) {
            return Some(format!("{rule}, but request is {request}"));
        }
        let limit = (self.amount)("limits", name).filter(|limit| value(limit) < value(least));
        limit.map(|limit| format!("{rule}, but limit is {limit}"))
    }

    fn most(&self, name: &str, most: &str) -> Option<String> {
        let rule = format!("maximum {name} usage per {} is {most}", self.kind);
        let Some(limit) = (self.amount)("limits", name) else { return Some(format!("{rule}.  No limit is specified")) };
        if value(&limit) > value(most) {
            return Some(format!("{rule}, but limit is {limit}"));
        }
        let request = (self.amount)("requests", name).filter(|request| value(request) > value(most));
        request.map(|request| format!("{rule}, but request is {request}"))
    }

    fn most_asked(&self, name: &str, most: &str) -> Option<String> {
        let rule = format!("maximum {name} usage per {} is {most}", self.kind);
        let Some(request) = (self.amount)("requests", name) else { return Some(format!("{rule}.  No request is specified")) };
        (value(&request) > value(most)).then(|| format!("{rule}, but request is {request}"))
    }

    fn ratio(&self, name: &str, most: &str) -> Option<String> {
        let rule = format!("{name} max limit to request ratio per {} is {most}", self.kind);
        let of = |list: &str| (self.amount)(list, name).map(|amount| value(&amount)).filter(|amount| *amount != 0);
        let Some(request) = of("requests") else { return Some(format!("{rule}, but no request is specified or request is 0")) };
        let Some(limit) = of("limits") else { return Some(format!("{rule}, but no limit is specified or limit is 0")) };
        #[expect(clippy::cast_precision_loss, reason = "a ratio that is shown with six digits")]
        let found = limit as f64 / request as f64;
        let exceeded = limit.saturating_mul(UNIT) > value(most).saturating_mul(request);
        exceeded.then(|| format!("{rule}, but provided ratio is {found:.6}"))
    }
}

fn items(range: &Object) -> impl Iterator<Item = &Value> {
    range.get(&["spec", "limits"]).and_then(Value::as_array).into_iter().flatten()
}

fn amounts<'v>(limit: &'v Value, list: &str) -> impl Iterator<Item = (&'v str, &'v str)> {
    let amounts = limit.get(list).and_then(Value::as_object).into_iter().flatten();
    amounts.filter_map(|(name, amount)| Some((name.as_str(), amount.as_str()?)))
}

fn text(amount: &Value) -> Option<String> {
    amount.as_str().map(str::to_owned)
}

fn value(amount: &str) -> i128 {
    quantity::billionths(amount).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn range(limits: &Value) -> Vec<Object> {
        vec![object(json!({"spec": {"limits": limits}}))]
    }

    fn pod(resources: &[Value]) -> Object {
        let container = |(index, resources): (usize, &Value)| json!({"name": format!("c{index}"), "resources": resources});
        object(
            json!({"kind": "Pod", "metadata": {}, "spec": {"containers": resources.iter().enumerate().map(container).collect::<Vec<_>>()}}),
        )
    }

    #[test]
    fn what_is_left_out_is_filled_in_and_said() {
        let ranges = range(&json!([
            {"type": "Pod", "max": {"cpu": "9"}},
            {"type": "Container", "default": {"cpu": "2", "memory": "1Gi"}, "defaultRequest": {"cpu": "1", "memory": "1Mi"}},
        ]));
        let mut pod = pod(&[Value::Null, json!({"limits": {"cpu": "3"}}), json!({"requests": {"cpu": "1m"}, "limits": {"memory": "2Gi"}})]);
        fill(&mut pod, &ranges);
        let resources = |index: usize| &pod.root()["spec"]["containers"][index]["resources"];
        let (requests, limits) = (json!({"cpu": "1", "memory": "1Mi"}), json!({"cpu": "2", "memory": "1Gi"}));
        assert_eq!(*resources(0), json!({"requests": requests, "limits": limits}));
        assert_eq!(*resources(1), json!({"limits": {"cpu": "3", "memory": "1Gi"}, "requests": {"memory": "1Mi"}}));
        assert_eq!(*resources(2), json!({"requests": {"cpu": "1m"}, "limits": {"cpu": "2", "memory": "2Gi"}}));
        assert_eq!(
            pod.annotation(ANNOTATION),
            Some(
                "LimitRanger plugin set: cpu, memory request for container c0; cpu, memory limit for container c0; \
                 memory request for container c1; memory limit for container c1; cpu limit for container c2"
            )
        );
    }

    #[test]
    fn each_bound_says_what_breaks_it() {
        let ask = |request: &str, limit: &str| pod(&[json!({"requests": {"cpu": request}, "limits": {"cpu": limit}})]);
        let says = |item: Value, pod: &Object| broken(pod, &range(&json!([item])));
        let of = |list: &str, amount: &str| json!({"type": "Container", list: {"cpu": amount}});
        let nothing = pod(&[json!({})]);
        for (item, pod, why) in [
            (of("min", "1"), &ask("500m", "2"), "minimum cpu usage per Container is 1, but request is 500m"),
            (of("min", "1"), &nothing, "minimum cpu usage per Container is 1.  No request is specified"),
            (of("max", "1"), &ask("1", "2"), "maximum cpu usage per Container is 1, but limit is 2"),
            (of("max", "1"), &nothing, "maximum cpu usage per Container is 1.  No limit is specified"),
            (
                of("maxLimitRequestRatio", "2"),
                &ask("1", "3"),
                "cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000",
            ),
            (
                of("maxLimitRequestRatio", "2"),
                &nothing,
                "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0",
            ),
        ] {
            assert_eq!(says(item, pod).as_deref(), Some(why));
        }
        for (list, amount) in [("min", "1"), ("max", "2"), ("maxLimitRequestRatio", "2")] {
            assert_eq!(says(of(list, amount), &ask("1", "2")), None, "{list}");
        }
    }

    #[test]
    fn a_pod_is_judged_by_all_that_it_takes() {
        let mut pod = pod(&[json!({"limits": {"memory": "1Gi"}}), json!({"limits": {"memory": "1Gi"}})]);
        let most = range(&json!([{"type": "Pod", "max": {"memory": "2Gi"}}]));
        assert_eq!(broken(&pod, &most), None);
        pod.root_mut()["spec"]["overhead"] = json!({"memory": "1Mi"});
        assert_eq!(broken(&pod, &most).as_deref(), Some("maximum memory usage per Pod is 2Gi, but limit is 2049Mi"));
        pod.root_mut()["spec"]["resources"] = json!({"limits": {"memory": "1Gi"}});
        assert_eq!(broken(&pod, &most), None);
    }

    #[test]
    fn a_claim_is_judged_by_what_it_asks_for_and_several_faults_are_one_refusal() {
        let claim = object(json!({"kind": "PersistentVolumeClaim", "spec": {"resources": {"requests": {"storage": "3Gi"}}}}));
        let bounds = |least: &str, most: &str| {
            range(&json!([{"type": "PersistentVolumeClaim", "min": {"storage": least}, "max": {"storage": most}}]))
        };
        assert_eq!(broken(&claim, &bounds("1Gi", "5Gi")), None);
        assert_eq!(
            broken(&claim, &bounds("4Gi", "2Gi")).as_deref(),
            Some(
                "[minimum storage usage per PersistentVolumeClaim is 4Gi, but request is 3Gi, \
                 maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi]"
            )
        );
    }
}
