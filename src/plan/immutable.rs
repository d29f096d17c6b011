//! Changes that an object's kind does not allow, so that only a new object can have them.
//!
//! Receives the refusal of an apply, hands on the reason to replace the object. No list of kinds or fields: the server says what it does
//! not allow, and whether it would take the object if it were new. Invariant: a refusal that is about anything else too replaces nothing.

use super::place::{Placed, is_definition, is_namespace};
use crate::client::{ApiRequest, Client, ClientError};
use crate::object::{Cause, CauseKind, Reason, Refusal};

/// What kube-apiserver, its validation of custom resources and most rules in CEL say where a value may be stated but not changed.
const WORDS: [&str; 13] = [
    "immutable",
    "may not change",
    "may not be changed",
    "may not add or remove",
    "may not remove or update",
    "may not modify",
    "must not update",
    "cannot change",
    "cannot be changed",
    "can not be changed",
    "can not be unset",
    "updates to ",
    "update from ",
];

/// Why an object cannot be changed in place; `None` where the refusal is about something else, or where replacing the object would
/// take everything with it that lives in it: namespaces, definitions, and volumes and the claims to them, with which data goes.
pub(super) fn reason_to_replace(placed: &Placed, refusal: &Refusal) -> Option<String> {
    let holds_data = matches!(placed.object.kind(), "PersistentVolume" | "PersistentVolumeClaim") && placed.object.api_version() == "v1";
    if holds_data || is_namespace(&placed.object) || is_definition(&placed.object) {
        return None;
    }
    let about_change = refusal.reason == Reason::Invalid && !refusal.causes.is_empty() && refusal.causes.iter().all(is_about_change);
    let cause = |cause: &Cause| format!("{}: {}", cause.field, verdict(cause));
    about_change.then(|| {
        let mut causes: Vec<String> = refusal.causes.iter().map(cause).collect();
        causes.dedup();
        format!("cannot be changed in place: {}", causes.join("; "))
    })
}

fn is_about_change(cause: &Cause) -> bool {
    let verdict = verdict(cause).to_lowercase();
    // A stated uid means one very object, which no new one can be.
    let is_replaceable = matches!(cause.kind, CauseKind::Invalid | CauseKind::Forbidden) && cause.field != "metadata.uid";
    is_replaceable && WORDS.iter().any(|words| verdict.contains(words))
}

/// What the server says of a field, without the value, which may be long or nobody's business, and without what follows the first line.
fn verdict(cause: &Cause) -> &str {
    let message = match cause.message.strip_prefix("Forbidden: ") {
        Some(why) => why.lines().next().unwrap_or_default(),
        // The value is written before the verdict and may hold anything, line breaks included.
        None => cause.message.rsplit(": ").next().unwrap_or_default(),
    };
    message.trim()
}

/// Whether the server would take the object if the one of its name were gone. It judges a new object before it looks whether there is one
/// already, so that [`Reason::AlreadyExists`] says yes.
pub(super) async fn could_be_made_anew(client: &Client, placed: &Placed, manager: &str) -> Result<bool, ClientError> {
    let body = serde_json::to_vec(placed.object.root()).unwrap_or_default();
    let request = ApiRequest::create(&placed.resource, placed.key.namespace.as_deref(), body, manager, true);
    match client.send(&request).await {
        Ok(_) => Ok(true),
        Err(error) if error.is(Reason::AlreadyExists) => Ok(true),
        // An address or a port that the object itself holds is free once it is gone.
        Err(error) if error.refusal().is_some_and(is_held) => Ok(true),
        Err(ClientError::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_held(refusal: &Refusal) -> bool {
    refusal.reason == Reason::Invalid
        && !refusal.causes.is_empty()
        && refusal.causes.iter().all(|cause| cause.message.contains("already allocated"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::client::ServedResource;
    use crate::client::testing::{answer, scripted};
    use crate::object::{Object, ObjectKey};

    fn placed(group: &str, kind: &str, plural: &str) -> Placed {
        let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
        Placed {
            object: Object::from_value(json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}})).expect("an object"),
            source: None,
            resource: Arc::new(ServedResource::named(group, "v1", kind, plural, true)),
            key: ObjectKey::new(Some("shop"), "a"),
            kind_is_pending: false,
        }
    }

    fn reason(causes: Vec<Cause>) -> Option<String> {
        reason_to_replace(&placed("apps", "StatefulSet", "statefulsets"), &Refusal::invalid("apps", "StatefulSet", "a", causes))
    }

    fn invalid(why: &str) -> Cause {
        Cause::invalid("spec.selector", &json!({"a": "b: c"}), why)
    }

    fn forbidden(why: &str) -> Cause {
        Cause::new(CauseKind::Forbidden, "spec", format!("Forbidden: {why}"))
    }

    #[test]
    fn the_server_s_words_for_what_may_not_change_are_known() {
        assert_eq!(reason(vec![invalid("field is immutable")]).unwrap(), "cannot be changed in place: spec.selector: field is immutable");
        for why in [
            "updates to statefulset spec for fields other than 'replicas' are forbidden",
            "pod updates may not change fields other than `spec.containers[*].image`\n  core.PodSpec{ hidden }",
            "spec is immutable after creation except resources.requests for bound claims",
            "field is immutable when `immutable` is set",
            "update from non-nil value to nil is forbidden",
        ] {
            let told = reason(vec![forbidden(why)]).unwrap_or_else(|| panic!("{why}"));
            assert!(!told.contains("hidden"), "{told}");
        }
        for why in ["may not change once set", "cannot change roleRef", "Value is immutable", "primary clusterIP can not be unset"] {
            assert!(reason(vec![invalid(why)]).is_some(), "{why}");
        }
    }

    #[test]
    fn a_refusal_about_anything_else_replaces_nothing() {
        assert_eq!(reason(vec![]), None);
        assert_eq!(reason(vec![invalid("must be greater than 0")]), None);
        assert_eq!(reason(vec![invalid("field is immutable"), Cause::required("spec.x", "")]), None);
        assert_eq!(reason(vec![Cause::invalid("metadata.uid", &json!("u"), "field is immutable")]), None);
        let misleading = Cause::invalid("spec.note", &json!("this is immutable"), "must be short");
        assert_eq!(reason(vec![misleading]), None);
        let conflict = Refusal::new(Reason::Conflict, "no").with_cause(Cause::new(CauseKind::ManagerConflict, ".spec", "immutable"));
        assert_eq!(reason_to_replace(&placed("apps", "StatefulSet", "statefulsets"), &conflict), None);
    }

    #[test]
    fn what_others_live_in_is_never_replaced() {
        let refusal = Refusal::invalid("", "X", "a", vec![invalid("field is immutable")]);
        assert_eq!(reason_to_replace(&placed("", "Namespace", "namespaces"), &refusal), None);
        let definition = placed("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions");
        assert_eq!(reason_to_replace(&definition, &refusal), None);
        assert!(reason_to_replace(&placed("", "ConfigMap", "configmaps"), &refusal).is_some());
    }

    #[tokio::test]
    async fn a_new_object_is_judged_by_a_dry_run() {
        for (refusal, expected) in [
            (Refusal::already_exists(&crate::object::GroupResource::new("", "services"), "a"), true),
            (
                Refusal::invalid(
                    "",
                    "Service",
                    "a",
                    vec![Cause::invalid("spec.ports[0].nodePort", &json!(30000), "provided port is already allocated")],
                ),
                true,
            ),
            (Refusal::invalid("", "Service", "a", vec![Cause::required("spec.ports", "")]), false),
            (Refusal::new(Reason::Forbidden, "may not"), false),
        ] {
            let text = refusal.to_json();
            let (client, asked) = scripted(move |_| answer(409, text.clone()));
            assert_eq!(could_be_made_anew(&client, &placed("", "Service", "services"), "m").await.unwrap(), expected);
            assert_eq!(asked.lines(), ["POST /api/v1/namespaces/shop/services?fieldManager=m&fieldValidation=Strict&dryRun=All"]);
        }
    }
}
