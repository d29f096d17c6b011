//! Two declarations next to each other.
//!
//! Receives what a revision declares and what is declared now, both at their places, hands on a plan whose states are the manifests
//! themselves. Pure: no server is asked, so that neither defaults nor what others own shows.

use std::collections::HashMap;

use crate::object::{GroupResource, Object, ObjectKey};
use crate::plan::{Action, Placed, Plan, PlanEntry};

/// What leads from one declaration to the other: in the order of the new one, then what it does not hold any more.
#[must_use]
pub fn compare(old: &[Placed], new: &[Placed]) -> Plan {
    let place = |placed: &Placed| (placed.resource.group_resource(), placed.key.clone());
    let mut left: HashMap<(GroupResource, ObjectKey), &Placed> = old.iter().map(|placed| (place(placed), placed)).collect();
    let mut entries: Vec<PlanEntry> = new.iter().map(|placed| entry(placed, left.remove(&place(placed)), Some(placed))).collect();
    let gone = old.iter().filter(|placed| left.contains_key(&place(placed)));
    entries.extend(gone.map(|placed| entry(placed, Some(placed), None)));
    Plan { entries }
}

fn entry(at: &Placed, old: Option<&Placed>, new: Option<&Placed>) -> PlanEntry {
    let state = |placed: Option<&Placed>| placed.map(|placed| placed.object.clone());
    let (before, after): (Option<Object>, Option<Object>) = (state(old), state(new));
    let action = match (&before, &after) {
        (None, _) => Action::Create,
        (Some(_), None) => Action::Delete,
        (Some(before), Some(after)) if before == after => Action::Unchanged,
        (Some(_), Some(_)) => Action::Update,
    };
    PlanEntry {
        gvk: at.resource.gvk(),
        plural: at.resource.plural.clone(),
        key: at.key.clone(),
        action,
        before,
        after,
        origin: at.origin(),
        source: at.source.clone(),
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::client::ServedResource;

    fn placed(name: &str, value: &str) -> Placed {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}});
        Placed {
            object: Object::from_value(object).unwrap(),
            source: None,
            resource: Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true)),
            key: ObjectKey::new(Some("a"), name),
            kind_is_pending: false,
        }
    }

    #[test]
    fn each_object_is_compared_with_its_older_self() {
        let old = [placed("gone", "1"), placed("same", "1"), placed("changed", "1")];
        let new = [placed("new", "1"), placed("changed", "2"), placed("same", "1")];
        let told: Vec<String> =
            compare(&old, &new).entries.iter().map(|entry| format!("{} {}", entry.action.word(), entry.key.name)).collect();
        assert_eq!(told, ["create new", "update changed", "unchanged same", "delete gone"]);
    }
}
