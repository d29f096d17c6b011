//! ComponentStatus: how the parts of the control plane are, found out when somebody asks.
//!
//! Receives a list or a get; hands on the one part that there is besides this process: the store, called `etcd-0` as clients know it.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::list::{self, ListPage};
use super::selection::Selection;
use super::{get, health};
use crate::object::{Refusal, Revision};
use crate::store::cache::Cached;

const STORE: &str = "etcd-0";

/// What clients are told with every answer.
const DEPRECATED: &str = "v1 ComponentStatus is deprecated in v1.19+";

pub(super) async fn answer(call: &Call) -> Result<(Answer, Vec<String>), Refusal> {
    let answer = match call.route.name.as_deref() {
        Some(STORE) => get::one(call, StatusCode::OK, &store(call).await)?,
        Some(_) => return Err(call.not_found()),
        None => {
            let selection = Selection::of(call)?;
            let selected = selection.keep(&call.resource, vec![Arc::new(store(call).await)])?;
            list::answer(call, ListPage::observed(selected)).await?
        }
    };
    Ok((answer, vec![DEPRECATED.to_owned()]))
}

async fn store(call: &Call) -> Cached {
    let condition = match health::store(&call.api).await {
        Ok(()) => json!({"type": "Healthy", "status": "True", "message": "ok"}),
        Err(why) => json!({"type": "Healthy", "status": "False", "error": why}),
    };
    let gvk = &call.resource.gvk;
    // Cached documents begin with these three, in this order.
    let document = format!(
        r#"{{"apiVersion":"{}","kind":"{}","metadata":{{"name":"{STORE}"}},"conditions":[{condition}]}}"#,
        gvk.api_version(),
        gvk.kind
    );
    Cached::new(&format!("{}{STORE}", call.resource.storage_prefix), document.into(), Revision::ZERO)
}
