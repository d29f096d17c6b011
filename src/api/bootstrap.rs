//! What every cluster has from its first moment: four namespaces, and where a server runs two priority classes.

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::Api;
use super::namespaces::PREFIX;
use crate::admission::SYSTEM_CLASSES;
use crate::auth::Identity;
use crate::object::Refusal;
use crate::schema::Catalog;

const NAMESPACES: [&str; 4] = ["kube-system", "kube-public", "kube-node-lease", "default"];

/// Creates the namespaces that are missing. `default` comes last, so where it exists the others were made too.
pub(super) async fn namespaces(api: &Api) -> Result<(), Refusal> {
    if api.0.cache.store().get(&format!("{PREFIX}default")).await?.is_some() {
        return Ok(());
    }
    for name in NAMESPACES {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        create(api, "/api/v1/namespaces", &namespace).await?;
    }
    Ok(())
}

/// Creates the priority classes that are missing. Pods of theirs are known before, so nothing waits for it but who looks.
pub(super) async fn priority_classes(api: &Api) -> Result<(), Refusal> {
    let catalog = Catalog::builtin();
    let classes = catalog.resource("scheduling.k8s.io", "v1", "priorityclasses");
    let prefix = &classes.ok_or_else(|| Refusal::internal("priority classes are not served".to_owned()))?.storage_prefix;
    for (name, value, description) in SYSTEM_CLASSES {
        if api.0.cache.store().get(&format!("{prefix}{name}")).await?.is_some() {
            continue;
        }
        let metadata = json!({"name": name});
        let class = json!({
            "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": metadata, "value": value, "description": description,
        });
        create(api, "/apis/scheduling.k8s.io/v1/priorityclasses", &class).await?;
    }
    Ok(())
}

/// Another server may be doing the same at this moment, so one that exists is as good.
async fn create(api: &Api, collection: &str, object: &Value) -> Result<(), Refusal> {
    let uri = format!("{collection}?fieldManager=trueup-server");
    let request = Request::builder().method(Method::POST).uri(uri).body(Full::from(object.to_string()));
    let request = request.map_err(|error| Refusal::internal(error.to_string()))?;
    let response = api.handle(&Identity::in_process(), request).await;
    if matches!(response.status(), StatusCode::CREATED | StatusCode::CONFLICT) {
        return Ok(());
    }
    let Ok(body) = response.into_body().collect().await;
    let status = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    let name = &object["metadata"]["name"];
    Err(Refusal::from_json(&status).unwrap_or_else(|| Refusal::internal(format!("{} {name} cannot be created", object["kind"]))))
}
