//! The controllers over an API in the same process, by what becomes of objects.

#![expect(clippy::expect_used, reason = "a test ends where its preparation fails")]

mod definitions;
mod gc;
mod namespaces;
mod policies;
mod quotas;
mod root_ca;
mod running;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower::BoxError;
use trueup::ambient::Ambient;
use trueup::api::Api;
use trueup::auth::Identity;
use trueup::controllers::{ControllerOptions, ControllersHandle, Selection, spawn};
use trueup::store::Store;

use crate::api::TestApi;

/// How long a condition may take to come true, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client whose requests the API answers in this process.
pub(crate) fn client(api: &Api) -> kube::Client {
    let api = api.clone();
    let service = tower::service_fn(move |request: Request<kube::client::Body>| {
        let api = api.clone();
        async move { answer(&api, request).await }
    });
    kube::Client::new(service, "default")
}

async fn answer(api: &Api, request: Request<kube::client::Body>) -> Result<http::Response<trueup::api::Body>, BoxError> {
    let (parts, body) = request.into_parts();
    let body = Full::new(body.collect().await?.to_bytes());
    Ok(api.handle(&Identity::in_process(), Request::from_parts(parts, body)).await)
}

/// Controllers over an API. No certificate is published.
pub(crate) fn start(api: &Api, selection: &str) -> ControllersHandle {
    start_publishing(api, selection, None)
}

/// Controllers over an API, with the certificate that is published in each namespace.
fn start_publishing(api: &Api, selection: &str, root_ca: Option<&str>) -> ControllersHandle {
    let selection = selection.parse::<Selection>().expect("known controllers");
    spawn(ControllerOptions {
        client: client(api),
        selection,
        leader_election: false,
        ambient: Ambient::system(),
        root_ca: root_ca.map(Into::into),
    })
}

/// An API with controllers beside it.
struct World {
    api: TestApi,
    controllers: Option<ControllersHandle>,
}

impl World {
    /// All controllers run.
    async fn new() -> Self {
        let mut world = Self::asleep().await;
        world.wake();
        world
    }

    /// No controller runs yet.
    async fn asleep() -> Self {
        Self { api: TestApi::new().await, controllers: None }
    }

    /// An API that runs already, without controllers.
    fn over(api: Api, store: Arc<dyn Store>) -> Self {
        Self { api: TestApi::around(api, store), controllers: None }
    }

    fn wake(&mut self) {
        self.controllers = Some(start(&self.api.api, "*"));
    }

    async fn sleep(&mut self) {
        self.controllers.take().expect("awake").stop().await;
    }

    async fn create(&self, collection: &str, document: Value) -> Value {
        let answered = self.api.post(collection, &document).await;
        assert_eq!(answered.code, 201, "{answered:?}");
        answered.body
    }

    async fn delete(&self, path: &str, policy: &str) {
        let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": policy});
        let answered = self.api.send("DELETE", path, "application/json", &options).await;
        assert_eq!(answered.code, 200, "{answered:?}");
    }

    async fn merge(&self, path: &str, patch: Value) {
        let answered = self.api.send("PATCH", path, "application/merge-patch+json", &patch).await;
        assert_eq!(answered.code, 200, "{answered:?}");
    }

    /// Takes all finalizers off.
    async fn let_go(&self, path: &str) {
        self.merge(path, json!({"metadata": {"finalizers": null}})).await;
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let answered = self.api.get(path).await;
        match answered.code.as_u16() {
            200 => Some(answered.body),
            404 => None,
            code => panic!("{code}: {answered:?}"),
        }
    }

    async fn until_gone(&self, path: &str) {
        eventually(&format!("{path} is gone"), async || self.get(path).await.is_none().then_some(())).await;
    }

    /// Waits until an object is there and as it should be.
    async fn until(&self, path: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        eventually(&format!("{path} {what}"), async || self.get(path).await.filter(|object| holds(object))).await
    }

    /// Waits until the collector has collected something that came after all that was written before, twice: it has had its turn with
    /// everything else as well.
    async fn collector_had_its_turn(&self) {
        for name in ["turn-1", "turn-2"] {
            let gone = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "never", "uid": "never"});
            self.create(MAPS, map(name, &[gone])).await;
            self.until_gone(&format!("{MAPS}/{name}")).await;
        }
    }
}

/// Asks until there is an answer; fails with the words given after a while.
pub(crate) async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    bounded(what, asking).await
}

async fn bounded<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("it never came that {what}"))
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A ConfigMap with owners.
fn map(name: &str, owners: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "ownerReferences": owners}})
}

/// A reference to an object that an answer shows.
fn owned_by(owner: &Value) -> Value {
    let metadata = &owner["metadata"];
    json!({
        "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"],
        "blockOwnerDeletion": true, "controller": true,
    })
}

/// The same reference, not as the controller, of which there is one at most.
fn also_owned_by(owner: &Value) -> Value {
    let mut reference = owned_by(owner);
    reference["controller"] = false.into();
    reference
}

fn is_deleted(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// The definition of a kind `Thing` in the group `x.io`.
fn things() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.x.io"},
        "spec": {
            "group": "x.io", "scope": "Namespaced", "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true,
            }}}],
        },
    })
}

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const THINGS: &str = "/apis/x.io/v1/namespaces/default/things";

fn thing(name: &str, owners: &[Value]) -> Value {
    json!({"apiVersion": "x.io/v1", "kind": "Thing", "metadata": {"name": name, "ownerReferences": owners}})
}
