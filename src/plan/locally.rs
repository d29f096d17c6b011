//! Comparing without the server's help, for those whom it does not let try an apply.
//!
//! Receives a live and a desired object, hands on the state that an apply would lead to, as far as the manifest, the live object and who
//! owns its fields tell: what the manifest states is set, what this manager stated before and states no longer goes, all else stays.
//! Invariant: nothing is asked; the server's defaults and admission are not in the result, and whoever shows it says so.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::adopt::takeover_patch;
use super::place::Placed;
use crate::client::{ApplyParameters, ClientError};
use crate::merge::{self, ApplyRequest, FieldPath, FieldSet, OneVersion};
use crate::object::{Object, Reason, Refusal, Time};
use crate::schema::{self, Schema};

/// Said of each object that was compared here.
pub(super) const REASON: &str = "compared here, without the server's defaults and admission";

/// What there is to say of some objects that were compared here.
pub(super) fn note(count: usize) -> String {
    let (objects, were) = if count == 1 { ("object", "was") } else { ("objects", "were") };
    format!("{count} {objects} {were} compared here, without the server's defaults and admission: you may not patch on this server")
}

/// Whether the server refuses to be asked, rather than what it is asked for: admission answers 403 as well.
pub(super) fn may_not_ask(refusal: &Refusal) -> bool {
    refusal.reason == Reason::Forbidden
        && [" cannot patch resource ", " cannot create resource "].iter().any(|words| refusal.message.contains(words))
}

/// The object after an apply. The error is the refusal that the server would answer, such as a conflict with another manager.
pub(super) fn compare(placed: &Placed, live: Option<&Object>, parameters: &ApplyParameters) -> Result<Object, ClientError> {
    let mut applied = placed.object.clone();
    encode_string_data(applied.root_mut());
    let Some(live) = live else { return Ok(applied) };
    let gvk = placed.resource.gvk();
    let schema = schema::builtin(&gvk).unwrap_or_else(|| Schema::any().into());
    let status: FieldSet = [FieldPath::of_fields(&["status"])].into_iter().collect();
    let result = merge::apply(ApplyRequest {
        schema: schema.root(),
        live: Some(&taken_over(live, &parameters.field_manager)),
        applied,
        manager: &parameters.field_manager,
        api_version: &gvk.api_version(),
        versions: &OneVersion,
        subresource: "",
        force: parameters.force,
        // Only the record of owners holds it, which nobody is shown.
        now: Time::new(Timestamp::UNIX_EPOCH),
        ignored: &status,
    });
    result.map_err(|error| ClientError::Refused {
        attempted: format!("compare {}", placed.display_name()),
        refusal: Box::new(error.into()),
        credentials: None,
    })
}

/// The live object as the takeover from client-side apply leaves it.
fn taken_over(live: &Object, manager: &str) -> Object {
    let mut live = live.clone();
    if let Some(managers) = takeover_patch(&live, manager).as_mut().and_then(|patch| patch.pointer_mut("/0/value").map(Value::take)) {
        live.set_meta("managedFields", managers);
    }
    live
}

/// What a server makes of a Secret's texts.
pub(super) fn encode_string_data(root: &mut Map<String, Value>) {
    if root.get("kind") != Some(&"Secret".into()) || root.get("apiVersion") != Some(&"v1".into()) {
        return;
    }
    let Some(Value::Object(texts)) = root.remove("stringData") else { return };
    // Data that is no mapping is for the server to refuse.
    if let Some(data) = root.entry("data").or_insert_with(|| Map::new().into()).as_object_mut() {
        let encoded = texts.into_iter().filter_map(|(name, text)| Some((name, BASE64_STANDARD.encode(text.as_str()?).into())));
        data.extend(encoded);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::client::ServedResource;
    use crate::object::{GroupResource, ObjectKey};

    fn placed(object: Value, plural: &str) -> Placed {
        let object = Object::from_value(object).unwrap();
        let gvk = object.gvk().unwrap();
        Placed {
            key: ObjectKey::new(Some("a"), object.name()),
            object,
            source: None,
            resource: Arc::new(ServedResource::named(&gvk.group, &gvk.version, &gvk.kind, plural, true)),
            kind_is_pending: false,
        }
    }

    fn parameters() -> ApplyParameters {
        ApplyParameters { field_manager: "trueup".to_owned(), force: false, dry_run: true }
    }

    fn live(manager: &str, operation: &str) -> Object {
        let fields = json!({"f:spec": {"f:replicas": {}, "f:paused": {}, "f:template": {"f:spec": {"f:containers": {
            "k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}}}}}}});
        Object::from_value(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a", "managedFields": [
            {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsType": "FieldsV1", "fieldsV1": fields}]},
            "spec": {"replicas": 1, "paused": true, "revisionHistoryLimit": 10, "template": {"spec": {"containers": [
                {"name": "web", "image": "a:1", "imagePullPolicy": "Always"}, {"name": "sidecar", "image": "s"}]}}}}),
        )
        .unwrap()
    }

    fn desired() -> Placed {
        let containers = json!([{"name": "web", "image": "a:2"}]);
        placed(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "a"},
                "spec": {"replicas": 1, "template": {"spec": {"containers": containers}}}}),
            "deployments",
        )
    }

    #[test]
    fn what_was_stated_before_goes_and_what_others_set_stays() {
        let after = compare(&desired(), Some(&live("trueup", "Apply")), &parameters()).unwrap();
        let spec = after.get(&["spec"]).unwrap();
        assert_eq!(
            spec,
            &json!({"replicas": 1, "revisionHistoryLimit": 10, "template": {"spec": {"containers": [
                {"name": "web", "image": "a:2", "imagePullPolicy": "Always"}, {"name": "sidecar", "image": "s"}]}}})
        );
    }

    #[test]
    fn a_field_of_another_manager_is_a_conflict_unless_it_is_taken_over() {
        let other = live("ops", "Update");
        let error = compare(&desired(), Some(&other), &parameters()).unwrap_err();
        assert!(error.is(Reason::Conflict));
        let forced = compare(&desired(), Some(&other), &ApplyParameters { force: true, ..parameters() }).unwrap();
        assert_eq!(forced.get(&["spec", "paused"]), Some(&json!(true)));
    }

    #[test]
    fn texts_of_a_secret_are_compared_as_the_server_keeps_them() {
        let secret =
            |member: &str, value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, member: {"k": value}});
        let live = Object::from_value(secret("data", "aGk=")).unwrap();
        let after = compare(&placed(secret("stringData", "hi"), "secrets"), Some(&live), &parameters()).unwrap();
        assert_eq!((after.get(&["data", "k"]), after.get(&["stringData"])), (Some(&json!("aGk=")), None));
    }

    #[test]
    fn admission_s_refusal_is_no_lack_of_rights() {
        let resource = GroupResource::new("", "configmaps");
        let refusal = |why: &str| Refusal::forbidden(&resource, "a", why);
        assert!(may_not_ask(&refusal("User \"bob\" cannot patch resource \"configmaps\" in API group \"\" in the namespace \"a\"")));
        assert!(!may_not_ask(&refusal("exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1")));
    }
}
