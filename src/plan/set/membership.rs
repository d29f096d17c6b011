//! Which set an object belongs to: a label that it carries.
//!
//! Receives desired objects and live ones, hands on desired ones that carry the label. Pure. Invariant: the label of a desired object is
//! set here and nowhere else.

use super::{PART_OF, SetError, SetId};
use crate::manifest::Desired;
use crate::object::Object;
use crate::plan::live::Live;
use crate::plan::place::{Failure, ObjectError, Placed};

/// The id of the set that an object belongs to.
#[must_use]
pub fn part_of(object: &Object) -> Option<&str> {
    object.label(PART_OF).filter(|id| !id.is_empty())
}

/// Whether an object belongs to a set.
#[must_use]
pub fn is_member(object: &Object, id: &SetId) -> bool {
    part_of(object) == Some(id.as_str())
}

/// Makes desired objects members of a set. Refuses those that say themselves which set they belong to.
pub fn join(desired: &mut [Desired], id: &SetId) -> Result<(), SetError> {
    for desired in desired {
        let object = &mut desired.object;
        if object.label(PART_OF).is_some() {
            let name = format!("{}/{}", object.kind().to_lowercase(), object.name());
            let origin = desired.locate(&format!("metadata.labels[{PART_OF}]"));
            return Err(SetError::LabelWritten { object: name, origin: Some(origin) });
        }
        set_label(object, id);
    }
    Ok(())
}

fn set_label(object: &mut Object, id: &SetId) {
    let labels = object.metadata_mut().entry("labels").or_insert_with(|| serde_json::json!({}));
    if labels.is_null() {
        *labels = serde_json::json!({});
    }
    // Labels that are no map are the server's to refuse.
    if let Some(labels) = labels.as_object_mut() {
        labels.insert(PART_OF.to_owned(), id.as_str().into());
    }
}

/// The same object outside of its set.
#[must_use]
pub(super) fn without_membership(object: &Object) -> Object {
    let mut object = object.clone();
    let labels = object.metadata_mut().get_mut("labels").and_then(serde_json::Value::as_object_mut);
    if labels.is_some_and(|labels| labels.remove(PART_OF).is_some() && labels.is_empty()) {
        object.remove_meta("labels");
    }
    object
}

/// Parts objects that live in other sets from the rest: they are not applied.
#[must_use]
pub fn of_other_sets(placed: Vec<Placed>, live: &Live, id: &SetId) -> (Vec<Placed>, Vec<Failure>) {
    let (mut own, mut others) = (Vec::with_capacity(placed.len()), Vec::new());
    for placed in placed {
        match live.object(&placed).and_then(part_of).filter(|found| *found != id.as_str()) {
            Some(found) => others.push(placed.failure(ObjectError::OtherSet { id: found.to_owned() })),
            None => own.push(placed),
        }
    }
    (own, others)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::client::ServedResource;
    use crate::manifest::{self, Source};
    use crate::object::{GroupResource, ObjectKey};
    use crate::plan::set::Parent;

    fn id() -> SetId {
        let resource = Arc::new(ServedResource::named("", "v1", "Secret", "secrets", true));
        Parent { resource, namespace: Some("a".to_owned()), name: "shop".to_owned() }.id()
    }

    fn desired(metadata: &str) -> Vec<Desired> {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n{metadata}");
        manifest::parse([Ok(Arc::new(Source::new("a.yaml", text)))]).unwrap()
    }

    #[test]
    fn members_carry_the_id_beside_their_own_labels() {
        for (metadata, labels) in [("", 1), ("  labels:\n", 1), ("  labels: {app: web}\n", 2)] {
            let mut desired = desired(metadata);
            join(&mut desired, &id()).unwrap();
            assert!(is_member(&desired[0].object, &id()));
            assert_eq!(desired[0].object.labels().count(), labels);
        }
    }

    #[test]
    fn a_manifest_does_not_say_itself_which_set_it_belongs_to() {
        let refused = join(&mut desired(&format!("  labels:\n    {PART_OF}: x\n")), &id()).unwrap_err();
        let expected = format!("a.yaml:6:5: configmap/a: the manifest sets the label {PART_OF}, which --applyset sets");
        assert_eq!(refused.to_string(), expected);
    }

    #[test]
    fn who_leaves_a_set_keeps_its_other_labels() {
        let object = |labels| Object::from_value(json!({"kind": "ConfigMap", "metadata": {"name": "a", "labels": labels}})).unwrap();
        let left = without_membership(&object(json!({PART_OF: "x", "app": "web"})));
        assert_eq!(left.labels().collect::<Vec<_>>(), [("app", "web")]);
        assert_eq!(without_membership(&object(json!({PART_OF: "x"}))).metadata().unwrap().get("labels"), None);
    }

    #[test]
    fn objects_of_other_sets_are_not_applied() {
        let resource = Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true));
        let live = |name: &str, part_of: Option<&str>| {
            let labels = part_of.map_or_else(|| json!({}), |id| json!({PART_OF: id}));
            let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "a", "labels": labels}});
            (GroupResource::new("", "configmaps"), Object::from_value(object).unwrap())
        };
        let own = id();
        let world = Live::of([live("own", Some(own.as_str())), live("free", None), live("theirs", Some("applyset-x-v1"))]);
        let placed = ["own", "free", "theirs", "new"].map(|name| Placed {
            object: Object::default(),
            source: None,
            resource: Arc::clone(&resource),
            key: ObjectKey::new(Some("a"), name),
            kind_is_pending: false,
        });
        let (kept, others) = of_other_sets(placed.to_vec(), &world, &own);
        assert_eq!(kept.iter().map(|placed| placed.key.name.as_str()).collect::<Vec<_>>(), ["own", "free", "new"]);
        let told: Vec<_> = others.iter().map(|failure| format!("{}: {}", failure.name, failure.error)).collect();
        assert_eq!(told, [format!("configmap/theirs: it belongs to another set: its label {PART_OF} is applyset-x-v1")]);
    }
}
