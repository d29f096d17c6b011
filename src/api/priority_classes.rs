//! Priority classes: one of them at the most is that of pods which name none.
//!
//! Upstream an admission plugin looks at the others before the write, too, so two writes at the same moment may both go through.

use super::call::Call;
use super::view;
use crate::admission::Plugin;
use crate::object::{Object, Refusal};

/// Refuses with 403 a class that becomes the default where another is.
pub(super) async fn check_default(call: &Call, before: Option<&Object>, object: &Object) -> Result<(), Refusal> {
    let is_class = call.resource.gvk.group == "scheduling.k8s.io" && call.resource.gvk.kind == "PriorityClass";
    if !is_class || !call.api.plugins.has(Plugin::Priority) || !is_default(object) || before.is_some_and(is_default) {
        return Ok(());
    }
    let others = call.api.cache.consistent(&call.resource.storage_prefix).await?;
    for cached in &others.objects {
        let other = view::parse(&call.resource, cached)?;
        if is_default(&other) && other.name() != object.name() {
            let why = format!("PriorityClass {} is already marked as default. Only one default can exist", other.name());
            return Err(Refusal::forbidden(&call.group_resource(), object.name(), &why));
        }
    }
    Ok(())
}

fn is_default(class: &Object) -> bool {
    class.get(&["globalDefault"]) == Some(&serde_json::Value::Bool(true))
}
