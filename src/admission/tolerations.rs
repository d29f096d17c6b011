//! Tolerations that every pod has: of nodes that are not ready or out of reach, for five minutes (`DefaultTolerationSeconds`).
//!
//! Receives pods as they are about to be written; fills in what they leave out. Invariant: what a pod says about these taints stays.

use serde_json::{Value, json};

use crate::object::Object;

const TAINTS: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
const SECONDS: i64 = 300;

/// Adds the tolerations that a pod lacks.
pub(crate) fn fill(pod: &mut Object) {
    let Some(Value::Object(spec)) = pod.root_mut().get_mut("spec") else { return };
    let list = spec.entry("tolerations").or_insert(Value::Null);
    if list.is_null() {
        *list = json!([]);
    }
    let Some(list) = list.as_array_mut() else { return };
    let missing: Vec<&str> = TAINTS.into_iter().filter(|taint| !list.iter().any(|toleration| tolerates(toleration, taint))).collect();
    list.extend(
        missing.into_iter().map(|taint| json!({"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": SECONDS})),
    );
}

/// Whether a toleration says something about a taint that evicts: no key means all taints, no effect all effects.
fn tolerates(toleration: &Value, taint: &str) -> bool {
    let text = |name: &str| toleration.get(name).and_then(Value::as_str).unwrap_or_default();
    ["", taint].contains(&text("key")) && ["", "NoExecute"].contains(&text("effect"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(tolerations: &Value) -> Vec<String> {
        let mut pod = Object::from_value(json!({"spec": {"tolerations": tolerations}})).expect("a pod");
        fill(&mut pod);
        let once = pod.clone();
        fill(&mut pod);
        assert_eq!(pod, once, "a second time adds nothing");
        let list = pod.root()["spec"]["tolerations"].as_array().expect("a list");
        list.iter().map(|toleration| format!("{} {}", toleration["key"].as_str().unwrap_or("*"), toleration["tolerationSeconds"])).collect()
    }

    #[test]
    fn a_pod_that_says_nothing_tolerates_both_taints_for_five_minutes() {
        assert_eq!(filled(&Value::Null), ["node.kubernetes.io/not-ready 300", "node.kubernetes.io/unreachable 300"]);
    }

    #[test]
    fn what_a_pod_says_itself_counts() {
        let own = json!([{"key": TAINTS[0], "effect": "NoExecute", "tolerationSeconds": 5}]);
        assert_eq!(filled(&own), ["node.kubernetes.io/not-ready 5", "node.kubernetes.io/unreachable 300"]);
        assert_eq!(filled(&json!([{"operator": "Exists"}])), ["* null"]);
        assert_eq!(filled(&json!([{"operator": "Exists", "effect": "NoSchedule"}])).len(), 3);
    }
}
