//! The status that a new object of a built-in kind begins with.
//!
//! Receives objects that are about to be stored; hands on the same with a status. Invariant: a status that is there stays as it is.
//!
//! kube-apiserver holds the status as a value, and so writes it where nothing is known yet, with every count that is not optional. Typed
//! clients rely on that: in some languages `deployment.status.replicas` fails where there is no `status`.

use serde_json::{Value, json};

use crate::object::Object;
use crate::schema::Resource;

pub(super) fn fill(resource: &Resource, object: &mut Object) {
    if !resource.custom && resource.has_status() && !object.root().contains_key("status") {
        let status = unknown(&resource.gvk.group, &resource.gvk.kind);
        object.root_mut().insert("status".to_owned(), status);
    }
}

/// What is said of an object of which nothing is known.
fn unknown(group: &str, kind: &str) -> Value {
    match (group, kind) {
        ("", "ReplicationController") | ("apps", "ReplicaSet") => json!({"replicas": 0}),
        ("apps", "StatefulSet") => json!({"availableReplicas": 0, "replicas": 0}),
        ("apps", "DaemonSet") => {
            json!({"currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0})
        }
        ("autoscaling", "HorizontalPodAutoscaler") => json!({"desiredReplicas": 0}),
        ("networking.k8s.io", "Ingress") => json!({"loadBalancer": {}}),
        ("policy", "PodDisruptionBudget") => json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0}),
        ("storage.k8s.io", "VolumeAttachment") => json!({"attached": false}),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Gvk;
    use crate::schema::Catalog;

    fn filled(api_version: &str, kind: &str, object: Value) -> Value {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let catalog = Catalog::builtin();
        let resource = catalog.by_gvk(&Gvk { group: group.into(), version: version.into(), kind: kind.into() }).unwrap();
        let mut object = Object::from_value(object).unwrap();
        fill(resource, &mut object);
        Value::Object(object.root().clone())
    }

    #[test]
    fn a_kind_with_a_status_always_has_one() {
        assert_eq!(filled("apps/v1", "Deployment", json!({})), json!({"status": {}}));
        assert_eq!(filled("apps/v1", "ReplicaSet", json!({})), json!({"status": {"replicas": 0}}));
        assert_eq!(filled("networking.k8s.io/v1", "Ingress", json!({})), json!({"status": {"loadBalancer": {}}}));
        assert_eq!(filled("v1", "ConfigMap", json!({})), json!({}));
    }

    #[test]
    fn a_status_that_is_there_stays() {
        let known = json!({"status": {"observedGeneration": 1}});
        assert_eq!(filled("apps/v1", "ReplicaSet", known.clone()), known);
    }
}
