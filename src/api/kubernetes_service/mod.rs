//! The Service `default/kubernetes`, behind which the servers of a store are: with the first address of the network of services, and with
//! the servers that are alive as its Endpoints and EndpointSlices.
//!
//! Receives where this server can be reached; writes objects as a client of its own API does. Invariant: an address stands in the endpoints
//! only while its server keeps saying that it is there, or until the others have noticed.
//!
//! What kube-apiserver does, see <https://github.com/kubernetes/kubernetes/tree/master/pkg/controlplane/reconcilers>, save that nothing is
//! watched and that servers may listen on different ports. A server that can be reached from its own machine alone is no endpoint, as
//! Kubernetes allows none there: the Service and its empty endpoints are there all the same.

mod documents;
mod leases;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval};

use self::documents::SERVICE_NAME;
use self::leases::Leases;
use super::Api;
use crate::auth::Identity;
use crate::object::Refusal;

/// How often a server says that it is there and looks whether everything is in place.
const EVERY: Duration = Duration::from_secs(10);

const SERVICE: &str = "/api/v1/namespaces/default/services/kubernetes";
const SERVICES: &str = "/api/v1/namespaces/default/services";
const ENDPOINTS: &str = "/api/v1/namespaces/default/endpoints";
const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";

/// Where a server is to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advertised {
    /// The address at which others reach it, where they do.
    pub address: Option<IpAddr>,
    /// Its port.
    pub port: u16,
}

impl Advertised {
    fn socket(self) -> Option<SocketAddr> {
        // Kubernetes takes none of these for an endpoint.
        let address = self.address.filter(|address| !address.is_loopback() && !address.is_unspecified() && !address.is_multicast());
        address.map(|address| SocketAddr::new(address, self.port))
    }
}

/// Whether a Service's key is that of the Service of the servers.
pub(super) fn is_own(key: &str) -> bool {
    key == "/registry/core/services/default/kubernetes"
}

impl Api {
    /// Keeps the Service `kubernetes` and its endpoints until it is dropped. Failures are logged; the next look makes up for them.
    pub async fn keep_kubernetes_service(&self, advertised: Advertised) {
        let mut keeper = Keeper { api: self, advertised, leases: Leases::default() };
        let mut told = String::new();
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let why = keeper.reconcile().await.err().map(|refusal| refusal.message).unwrap_or_default();
            if !why.is_empty() && why != told {
                tracing::warn!(why, "the service kubernetes or its endpoints are not as they should be");
            }
            told = why;
        }
    }

    /// Takes a server that ends out of the endpoints, so that nobody turns to it any more.
    pub async fn leave_kubernetes_service(&self, advertised: Advertised) -> Result<(), Refusal> {
        let Some(own) = advertised.socket() else { return Ok(()) };
        leases::remove(&self.0, own).await?;
        let mut keeper = Keeper { api: self, advertised, leases: Leases::default() };
        let alive = keeper.leases.alive(&self.0).await?;
        keeper.reconcile_endpoints(&alive).await
    }
}

struct Keeper<'a> {
    api: &'a Api,
    advertised: Advertised,
    leases: Leases,
}

impl Keeper<'_> {
    async fn reconcile(&mut self) -> Result<(), Refusal> {
        if let Some(own) = self.advertised.socket() {
            leases::renew(&self.api.0, own).await?;
        }
        let alive = self.leases.alive(&self.api.0).await?;
        let made = self.make_service().await;
        // Whoever looks for the servers by their endpoints needs no Service.
        self.reconcile_endpoints(&alive).await?;
        made
    }

    /// As in kube-apiserver, a Service that is there is left as it is.
    async fn make_service(&self) -> Result<(), Refusal> {
        if self.ask(Method::GET, SERVICE, None).await?.is_some() {
            return Ok(());
        }
        let service = documents::service(self.first_address(), self.advertised.port);
        self.ask(Method::POST, SERVICES, Some(&service)).await.map(drop)
    }

    async fn reconcile_endpoints(&self, alive: &[SocketAddr]) -> Result<(), Refusal> {
        let primary_is_v4 = self.first_address().is_ipv4();
        let wanted = documents::endpoints(alive, primary_is_v4);
        let found = self.ask(Method::GET, &format!("{ENDPOINTS}/{SERVICE_NAME}"), None).await?;
        self.write(ENDPOINTS, found.as_ref(), &wanted, &["subsets"]).await?;
        let families = self.api.0.service_ranges.networks.0.len();
        let wanted = documents::slices(alive, primary_is_v4, families > 1, self.advertised.port);
        let found = self.ask(Method::GET, &format!("{SLICES}?labelSelector=kubernetes.io%2Fservice-name%3D{SERVICE_NAME}"), None).await?;
        let found = found.and_then(|mut list| list.get_mut("items").map(Value::take)).unwrap_or_default();
        let found: Vec<Value> = found.as_array().cloned().unwrap_or_default();
        let is_wanted = |slice: &&Value| wanted.iter().any(|wanted| wanted.is_like(slice));
        for other in found.iter().filter(|slice| !is_wanted(slice)) {
            let name = other.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            self.ask(Method::DELETE, &format!("{SLICES}/{name}"), None).await?;
        }
        for wanted in &wanted {
            let found = found.iter().find(|slice| wanted.is_like(slice));
            self.write(SLICES, found, &wanted.document, &["endpoints", "ports"]).await?;
        }
        Ok(())
    }

    /// Makes an object, or gives it the members that it should have.
    async fn write(&self, collection: &str, found: Option<&Value>, wanted: &Value, members: &[&str]) -> Result<(), Refusal> {
        let Some(found) = found else {
            return self.ask(Method::POST, collection, Some(wanted)).await.map(drop);
        };
        let empty = |value: Option<&Value>| value.is_none_or(|value| value.is_null() || value.as_array().is_some_and(Vec::is_empty));
        let same = |at: &str| found.pointer(at) == wanted.pointer(at) || (empty(found.pointer(at)) && empty(wanted.pointer(at)));
        if same("/metadata/labels") && members.iter().all(|member| same(&format!("/{member}"))) {
            return Ok(());
        }
        let mut after = found.clone();
        after["metadata"]["labels"] = wanted["metadata"]["labels"].clone();
        for member in members {
            after[*member] = wanted.get(*member).cloned().unwrap_or_default();
        }
        let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
        self.ask(Method::PUT, &format!("{collection}/{name}"), Some(&after)).await.map(drop)
    }

    fn first_address(&self) -> IpAddr {
        self.api.0.service_ranges.kubernetes_address()
    }

    /// Answers `None` where there is nothing. What another server did at the same moment is as good.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Option<Value>, Refusal> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let uri = if method == Method::GET { path.to_owned() } else { format!("{path}{separator}fieldManager=trueup-server") };
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder().method(method).uri(uri).body(Full::from(body));
        let request = request.map_err(|error| Refusal::internal(error.to_string()))?;
        let response = self.api.handle(&Identity::in_process(), request).await;
        let code = response.status();
        let Ok(body) = response.into_body().collect().await;
        let document: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        match code {
            code if code.is_success() => Ok(Some(document)),
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => Ok(None),
            _ => Err(Refusal::from_json(&document).unwrap_or_else(|| Refusal::internal(format!("{path} was answered with {code}")))),
        }
    }
}
