//! Claims to devices: one device unless it is said how many.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/resource-claim-v1/>.

use super::fill::{Members, inner, items, put, text};

pub(super) fn claim(root: &mut Members) {
    inner(root, "spec").map(requests);
}

pub(super) fn claim_template(root: &mut Members) {
    inner(root, "spec").and_then(|spec| inner(spec, "spec")).map(requests);
}

fn requests(spec: &mut Members) {
    let Some(devices) = inner(spec, "devices") else { return };
    for request in items(devices, "requests") {
        inner(request, "exactly").map(count);
        items(request, "firstAvailable").for_each(count);
    }
}

fn count(request: &mut Members) {
    put(request, "allocationMode", || "ExactCount".into());
    let none = request.get("count").and_then(serde_json::Value::as_i64).unwrap_or_default() == 0;
    if none && text(request, "allocationMode") == "ExactCount" {
        request.insert("count".to_owned(), 1.into());
    }
}
