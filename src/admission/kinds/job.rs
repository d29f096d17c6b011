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
    let selector = spec.entry("selector").or_insert_with(|| json!({}));
    if selector.is_null() {
        *selector = json!({});
    }
    if let Some(labels) = selector.as_object_mut().and_then(|selector| member(selector, "matchLabels")) {
        labels.entry(LABELS[0].0).or_insert_with(|| uid.into());
    }
}

fn member<'a>(members: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    members.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}
