//! What every cluster has from its first moment: four namespaces.

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use super::Api;
use super::namespaces::PREFIX;
use crate::auth::Identity;
use crate::object::Refusal;

const NAMESPACES: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "default"];

/// Creates the namespaces that are missing. `default` comes last, so where it exists the others were made too.
pub(super) async fn namespaces(api: &Api) -> Result<(), Refusal> {
    if api.0.cache.store().get(&format!("{PREFIX}default")).await?.is_some() {
        return Ok(());
    }
    for name in NAMESPACES {
        create(api, name).await?;
    }
    Ok(())
}

/// Another server may be doing the same at this moment, so one that exists is as good.
async fn create(api: &Api, name: &str) -> Result<(), Refusal> {
    let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}).to_string();
    let request = Request::builder().method(Method::POST).uri("/api/v1/namespaces?fieldManager=trueup-server").body(Full::from(body));
    let request = request.map_err(|error| Refusal::internal(error.to_string()))?;
    let response = api.handle(&Identity::in_process(), request).await;
    if matches!(response.status(), StatusCode::CREATED | StatusCode::CONFLICT) {
        return Ok(());
    }
    let Ok(body) = response.into_body().collect().await;
    let status = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    Err(Refusal::from_json(&status).unwrap_or_else(|| Refusal::internal(format!("the namespace {name} cannot be created"))))
}
