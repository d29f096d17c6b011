//! Jobs: unless its author takes care of it, a job finds its pods by its own uid.
//!
//! See <https://kubernetes.io/docs/concepts/workloads/controllers/job/#specifying-your-own-pod-selector>.

use serde_json::{Map, Value, json};

use crate::object::Object;

/// The labels that every pod of a job carries: what of the job each says, and whether it says its uid.
const LABELS: [(&str, bool); 4] =
    [("batch.kubernetes.io/controller-uid", true), ("batch.kubernetes.io/job-name", false), ("controller-uid", true), ("job-name", false)];

pub(super) fn on_create(job: &mut Object) {
    let (uid, name) = (job.uid().to_owned(), job.name().to_owned());
    let Some(Value::Object(spec)) = job.root_mut().get_mut("spec") else { return };
    if spec.get("manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let template = member(spec, "template");
    let Some(labels) = template.and_then(|template| member(template, "metadata")).and_then(|metadata| member(metadata, "labels")) else {
        return;
    };
    for (label, of_uid) in LABELS {
        labels.entry(label).or_insert_with(|| if of_uid { uid.as_str() } else { name.as_str() }.into());
    }
    if spec.get("selector").is_none_or(Value::is_null) {
        spec.insert("selector".to_owned(), json!({"matchLabels": {LABELS[0].0: uid}}));
    }
}

/// The selector and the labels that a create gave stay where an update leaves them out.
pub(super) fn on_update(before: &Object, after: &mut Object) {
    let Some(Value::Object(had)) = before.root().get("spec") else { return };
    let Some(Value::Object(spec)) = after.root_mut().get_mut("spec") else { return };
    if let (None, Some(selector)) = (spec.get("selector"), had.get("selector")) {
        spec.insert("selector".to_owned(), selector.clone());
        let label = |name: &str| had.get("template")?.get("metadata")?.get("labels")?.get(name).cloned();
        let labels = member(spec, "template").and_then(|template| member(template, "metadata")).and_then(|meta| member(meta, "labels"));
        let Some(labels) = labels else { return };
        for (name, _) in LABELS {
            if let Some(value) = label(name) {
                labels.entry(name).or_insert(value);
            }
        }
    }
}

fn member<'a>(members: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    members.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}
