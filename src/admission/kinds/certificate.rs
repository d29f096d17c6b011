//! Requests for certificates: what was asked stays, and conditions say since when they hold.

use serde_json::Value;

use crate::ambient::Ambient;
use crate::object::Object;

/// A changed spec is not refused but left as it was, as upstream leaves it.
pub(super) fn on_update(before: &Object, after: &mut Object, subresource: &str, ambient: &Ambient) {
    if subresource.is_empty() {
        match before.root().get("spec") {
            Some(spec) => drop(after.root_mut().insert("spec".to_owned(), spec.clone())),
            None => drop(after.root_mut().remove("spec")),
        }
        return;
    }
    let now = Value::from(ambient.now_seconds().to_string());
    let old: Vec<Value> = before.get(&["status", "conditions"]).and_then(Value::as_array).cloned().unwrap_or_default();
    let list = after.root_mut().get_mut("status").and_then(|status| status.get_mut("conditions")?.as_array_mut());
    for condition in list.into_iter().flatten().filter_map(Value::as_object_mut) {
        let same = |other: &&Value| ["type", "status"].iter().all(|member| other.get(*member) == condition.get(*member));
        let since = old.iter().find(same).and_then(|other| other.get("lastTransitionTime")).unwrap_or(&now).clone();
        for (member, time) in [("lastUpdateTime", &now), ("lastTransitionTime", &since)] {
            if condition.get(member).is_none_or(Value::is_null) {
                condition.insert(member.to_owned(), time.clone());
            }
        }
    }
}
