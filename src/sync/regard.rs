//! Which objects of the set are not as the last run left them.
//!
//! Receives the set as it was applied and objects as they are seen, hands on which of them others changed. Pure. Invariant: what a run
//! itself wrote is never taken for drift, however late it is seen: an object is judged by what it holds, and not by having changed.

use std::collections::BTreeSet;

use crate::object::Object;
use crate::plan::{DriftQuestion, DriftState, ObjectDrift, Placed, object_drift};

/// How a run left an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// As it should be, in this resource version.
    At(String),
    /// It could not be applied; the next run will see to it.
    Unapplied,
}

/// What there is to say of an object that was seen.
#[derive(Debug)]
pub enum Look {
    /// Nothing.
    Fine,
    /// Others changed or deleted it.
    Astray(Box<ObjectDrift>),
    /// It is being deleted. There is nothing to be done before it is gone.
    Leaving,
}

/// The set as it was left.
#[derive(Debug, Default)]
pub struct Regard {
    members: Vec<(Placed, Known)>,
    astray: BTreeSet<usize>,
}

impl Regard {
    /// The set after a run.
    #[must_use]
    pub fn new(members: Vec<(Placed, Known)>) -> Self {
        Self { members, astray: BTreeSet::new() }
    }

    /// The objects, in the order in which they are numbered.
    pub fn members(&self) -> impl Iterator<Item = &Placed> {
        self.members.iter().map(|(placed, _)| placed)
    }

    /// Whether any object is astray.
    #[must_use]
    pub fn is_astray(&self) -> bool {
        !self.astray.is_empty()
    }

    /// Takes an object as it was seen; `None` where it does not exist.
    pub fn see(&mut self, number: usize, seen: Option<&Object>, question: DriftQuestion<'_>) -> Look {
        let Some((placed, Known::At(version))) = self.members.get(number) else { return Look::Fine };
        if seen.and_then(Object::resource_version) == Some(version.as_str()) {
            self.astray.remove(&number);
            return Look::Fine;
        }
        let drift = object_drift(placed, seen, question);
        match drift.state {
            DriftState::Drifted | DriftState::Missing => {
                self.astray.insert(number);
                Look::Astray(Box::new(drift))
            }
            DriftState::Deleting => {
                self.astray.remove(&number);
                Look::Leaving
            }
            DriftState::Pending | DriftState::InSync => {
                self.astray.remove(&number);
                Look::Fine
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::client::ServedResource;
    use crate::object::ObjectKey;

    const QUESTION: DriftQuestion<'_> = DriftQuestion { manager: "trueup", all_fields: false, mask: true };

    fn object(value: Value) -> Object {
        Object::from_value(value).unwrap()
    }

    fn regard(known: Known) -> Regard {
        let placed = Placed {
            object: object(
                json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "x"}, "data": {"k": "1"}}),
            ),
            source: None,
            resource: Arc::new(ServedResource::named("", "v1", "ConfigMap", "configmaps", true)),
            key: ObjectKey::new(Some("x"), "a"),
            kind_is_pending: false,
        };
        Regard::new(vec![(placed, known)])
    }

    /// The object with a value, which somebody owns.
    fn live(version: &str, value: &str, owner: &str) -> Object {
        let fields = json!({"f:data": {"f:k": {}}});
        object(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "namespace": "x", "uid": "u", "resourceVersion": version, "managedFields": [
                {"manager": owner, "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}
            ]},
            "data": {"k": value}
        }))
    }

    #[test]
    fn what_the_run_wrote_is_fine_and_what_others_write_is_not() {
        let mut regard = regard(Known::At("5".to_owned()));
        assert!(matches!(regard.see(0, Some(&live("5", "1", "trueup")), QUESTION), Look::Fine));
        let look = regard.see(0, Some(&live("6", "2", "ops")), QUESTION);
        assert!(matches!(look, Look::Astray(drift) if drift.state == DriftState::Drifted));
        assert!(regard.is_astray());
    }

    #[test]
    fn an_older_state_that_is_seen_late_is_made_up_for_by_the_one_that_was_left() {
        let mut regard = regard(Known::At("5".to_owned()));
        assert!(matches!(regard.see(0, Some(&live("4", "2", "ops")), QUESTION), Look::Astray(_)));
        assert!(matches!(regard.see(0, Some(&live("5", "1", "trueup")), QUESTION), Look::Fine));
        assert!(!regard.is_astray());
    }

    #[test]
    fn an_object_that_is_gone_is_astray_but_one_that_goes_is_not() {
        let mut regard = regard(Known::At("5".to_owned()));
        let mut going = live("6", "1", "trueup");
        going.set_meta("deletionTimestamp", "2026-11-22T10:00:00Z");
        assert!(matches!(regard.see(0, Some(&going), QUESTION), Look::Leaving));
        assert!(!regard.is_astray());
        assert!(matches!(regard.see(0, None, QUESTION), Look::Astray(drift) if drift.state == DriftState::Missing));
    }

    #[test]
    fn an_object_that_was_not_applied_is_the_next_run_s() {
        let mut regard = regard(Known::Unapplied);
        assert!(matches!(regard.see(0, None, QUESTION), Look::Fine));
        assert!(!regard.is_astray());
    }
}
