//! Priorities of pods, from the class that they name or from the default class (`Priority`).
//!
//! Receives pods with the priority classes that exist; fills in what follows from the class. Invariant: a pod has the priority and the
//! preemption policy of its class, however the class changes later.
//!
//! See <https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/>.

use serde_json::{Value, json};

use crate::object::Object;

/// The classes that every cluster has: name, priority, what they are for.
pub(crate) const SYSTEM_CLASSES: [(&str, i64, &str); 2] = [
    (
        "system-cluster-critical",
        2_000_000_000,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
    ("system-node-critical", 2_000_001_000, "Used for system critical pods that must not be moved from their current node."),
];

const PREEMPTS: &str = "PreemptLowerPriority";

/// Gives a new pod the priority of its class; says what stands against it.
pub(crate) fn fill(pod: &mut Object, classes: &[Object]) -> Result<(), String> {
    let Some(Value::Object(spec)) = pod.root_mut().get_mut("spec") else { return Ok(()) };
    let text = |name: &str| spec.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let named = text("priorityClassName");
    let (class, priority, policy) = match &named {
        Some(name) => {
            let (priority, policy) = known(name, classes).ok_or_else(|| format!("no PriorityClass with name {name} was found"))?;
            (None, priority, policy)
        }
        None => default(classes),
    };
    if let Some(stated) = spec.get("priority").and_then(Value::as_i64).filter(|stated| *stated != priority) {
        return Err(format!(
            "the integer value of priority ({stated}) must not be provided in pod spec; priority admission controller computed {priority} \
             from the given PriorityClass name"
        ));
    }
    if let Some(stated) = text("preemptionPolicy").filter(|stated| *stated != policy) {
        return Err(format!(
            "the string value of PreemptionPolicy ({stated}) must not be provided in pod spec; priority admission controller computed \
             {policy} from the given PriorityClass name"
        ));
    }
    class.map(|class| spec.insert("priorityClassName".to_owned(), class.into()));
    spec.insert("priority".to_owned(), json!(priority));
    spec.insert("preemptionPolicy".to_owned(), policy.into());
    Ok(())
}

/// Leaves a changed pod the priority that it has, where the change does not speak of it.
pub(crate) fn keep(before: &Object, after: &mut Object) {
    for name in ["priority", "preemptionPolicy"] {
        let had = before.get(&["spec", name]).filter(|had| !had.is_null()).cloned();
        if let (Some(had), Some(Value::Object(spec))) = (had, after.root_mut().get_mut("spec"))
            && spec.get(name).is_none_or(Value::is_null)
        {
            spec.insert(name.to_owned(), had);
        }
    }
}

/// Priority and policy of a class by its name. The system's own are known before anybody has made them.
fn known(name: &str, classes: &[Object]) -> Option<(i64, String)> {
    let stored = classes.iter().find(|class| class.name() == name).map(facts);
    let system = || SYSTEM_CLASSES.iter().find(|(own, ..)| *own == name).map(|(_, priority, _)| (*priority, PREEMPTS.to_owned()));
    stored.or_else(system)
}

/// The class of pods that name none; of several the lowest, since two may be made the default at the same moment.
fn default(classes: &[Object]) -> (Option<String>, i64, String) {
    let defaults = classes.iter().filter(|class| class.get(&["globalDefault"]) == Some(&Value::Bool(true)));
    match defaults.min_by_key(|class| facts(class).0) {
        Some(class) => {
            let (priority, policy) = facts(class);
            (Some(class.name().to_owned()), priority, policy)
        }
        None => (None, 0, PREEMPTS.to_owned()),
    }
}

fn facts(class: &Object) -> (i64, String) {
    let priority = class.get(&["value"]).and_then(Value::as_i64).unwrap_or_default();
    (priority, class.get_str(&["preemptionPolicy"]).unwrap_or(PREEMPTS).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn filled(spec: &Value, classes: &[Value]) -> Result<Value, String> {
        let classes: Vec<Object> = classes.iter().cloned().map(object).collect();
        let mut pod = object(json!({"spec": spec}));
        fill(&mut pod, &classes).map(|()| pod.root()["spec"].clone())
    }

    #[test]
    fn a_class_gives_priority_and_policy() {
        let class = json!({"metadata": {"name": "c"}, "value": 7, "preemptionPolicy": "Never"});
        let expected = json!({"priorityClassName": "c", "priority": 7, "preemptionPolicy": "Never"});
        assert_eq!(filled(&json!({"priorityClassName": "c"}), &[class]), Ok(expected));
        let system = filled(&json!({"priorityClassName": "system-node-critical"}), &[]).expect("known");
        assert_eq!(system["priority"], 2_000_001_000);
        assert_eq!(filled(&json!({"priorityClassName": "x"}), &[]), Err("no PriorityClass with name x was found".to_owned()));
    }

    #[test]
    fn who_names_no_class_gets_the_lowest_default_or_none() {
        assert_eq!(filled(&json!({}), &[]), Ok(json!({"priority": 0, "preemptionPolicy": PREEMPTS})));
        let class = |name: &str, value: i64| json!({"metadata": {"name": name}, "value": value, "globalDefault": true});
        let expected = json!({"priorityClassName": "low", "priority": 1, "preemptionPolicy": PREEMPTS});
        assert_eq!(filled(&json!({}), &[class("high", 9), class("low", 1)]), Ok(expected));
    }

    #[test]
    fn a_priority_of_ones_own_is_refused_unless_it_is_the_same() {
        assert!(filled(&json!({"priority": 0, "preemptionPolicy": PREEMPTS}), &[]).is_ok());
        let refused = filled(&json!({"priority": 5}), &[]).expect_err("not its class's");
        assert!(refused.starts_with("the integer value of priority (5) must not be provided in pod spec"), "{refused}");
        let refused = filled(&json!({"preemptionPolicy": "Never"}), &[]).expect_err("not its class's");
        assert!(refused.starts_with("the string value of PreemptionPolicy (Never) must not be provided in pod spec"), "{refused}");
    }

    #[test]
    fn a_change_that_leaves_the_priority_out_keeps_it() {
        let before = object(json!({"spec": {"priority": 3, "preemptionPolicy": "Never"}}));
        let mut after = object(json!({"spec": {"priority": 4}}));
        keep(&before, &mut after);
        assert_eq!(after.root()["spec"], json!({"priority": 4, "preemptionPolicy": "Never"}));
    }
}
