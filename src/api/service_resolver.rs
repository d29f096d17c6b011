//! Webhooks behind Services: where one is at this moment.
//!
//! Receives the `clientConfig` of a webhook; hands on its answer. Invariant: an address comes from what the store says of the Service and
//! its endpoints, never from a name in DNS, save for a Service that is nothing but such a name.
//!
//! There is no network of services, so a Service's own address leads nowhere: its endpoints are asked themselves, as kube-apiserver does with
//! `--enable-aggregator-routing`. See
//! <https://github.com/kubernetes/apiserver/blob/master/pkg/util/proxy/proxy.go>.

use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::{Shared, view};
use crate::object::{Object, Refusal, Revision};
use crate::schema::{Catalog, Resource};
use crate::webhook::{Address, CallError, ClientConfig};

/// The label by which slices belong to a Service.
const SERVICE: &str = "kubernetes.io/service-name";

/// So many endpoints are tried where nobody listens at those before. kube-apiserver tries one.
const TRIES: usize = 3;

/// Asks a webhook, wherever it is. The time is for finding it, too.
pub(super) async fn post(api: &Shared, config: &ClientConfig, document: Vec<u8>, timeout: Duration) -> Result<Bytes, CallError> {
    let (deadline, document) = (Instant::now() + timeout, Bytes::from(document));
    let Address::Service { namespace, name, port, .. } = &config.address else {
        return api.webhooks.post(config, None, document, timeout, deadline).await;
    };
    let unresolved = |why: String| CallError::Unresolved { url: config.url(timeout), why };
    let resolved = timeout_at(deadline, resolve(api, namespace, name, *port)).await;
    let mut endpoints = resolved.unwrap_or_else(|_| Err(format!("service {name:?} was not found in time"))).map_err(unresolved)?;
    let chosen = at_random(endpoints.len());
    endpoints.rotate_left(chosen);
    let mut failed = unresolved(format!("no endpoints available for service {name:?}"));
    for at in endpoints.into_iter().take(TRIES) {
        match api.webhooks.post(config, Some(at), document.clone(), timeout, deadline).await {
            Err(error) if error.is_unconnected() => failed = error,
            other => return other,
        }
    }
    Err(failed)
}

/// A place in a list of this length. Nothing that anybody sees depends on it.
fn at_random(length: usize) -> usize {
    let random = RandomState::new().hash_one(());
    usize::try_from(random % length.max(1) as u64).unwrap_or_default()
}

/// Where a Service is.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Named(String, u16),
    At(Vec<SocketAddr>),
}

async fn resolve(api: &Shared, namespace: &str, name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let words = |refusal: Refusal| refusal.message;
    let service = one(api, "", "services", namespace, name).await.map_err(words)?;
    let service = service.ok_or_else(|| format!("service {name:?} not found"))?;
    let slices = slices(api, namespace, name).await.map_err(words)?;
    let endpoints = one(api, "", "endpoints", namespace, name).await.map_err(words)?;
    match place(&service, port, &slices, endpoints.as_ref())? {
        Place::At(addresses) => Ok(addresses),
        Place::Named(host, port) => {
            let mut found = tokio::net::lookup_host((host.as_str(), port)).await.map_err(|error| format!("lookup {host}: {error}"))?;
            found.next().map(|first| vec![first]).ok_or_else(|| format!("lookup {host}: no such host"))
        }
    }
}

/// Where a Service leads: to its name elsewhere, or to the endpoints that are ready, in the family that the Service prefers if there are any.
fn place(service: &Object, port: u16, slices: &[Object], endpoints: Option<&Object>) -> Result<Place, String> {
    let name = service.name();
    if service.get_str(&["spec", "type"]) == Some("ExternalName") {
        let host = service.get_str(&["spec", "externalName"]).unwrap_or_default();
        return Ok(Place::Named(host.to_owned(), port));
    }
    let ports = service.get(&["spec", "ports"]).and_then(Value::as_array).into_iter().flatten();
    let found = ports.into_iter().find(|known| known.get("port").and_then(Value::as_u64) == Some(port.into()));
    let found = found.ok_or_else(|| format!("no service port {port} found for service {name:?}"))?;
    let port_name = found.get("name").and_then(Value::as_str).unwrap_or_default();
    let preferred = service.get(&["spec", "ipFamilies", "0"]).or_else(|| service.get(&["spec", "ipFamilies"])?.get(0));
    let preferred = preferred.and_then(Value::as_str).unwrap_or_default();
    let (first, then): (Vec<&Object>, Vec<&Object>) = slices.iter().partition(|slice| slice.get_str(&["addressType"]) == Some(preferred));
    let of_slices = |slices: Vec<&Object>| slices.into_iter().flat_map(|slice| of_slice(slice, port_name)).collect::<Vec<_>>();
    let found = [of_slices(first), of_slices(then), endpoints.map(|endpoints| of_endpoints(endpoints, port_name)).unwrap_or_default()];
    let found = found.into_iter().find(|found| !found.is_empty());
    found.map(Place::At).ok_or_else(|| format!("no endpoints available for service {name:?}"))
}

fn of_slice(slice: &Object, port_name: &str) -> Vec<SocketAddr> {
    let Some(port) = number_of(items(slice.get(&["ports"])), port_name) else { return Vec::new() };
    let ready = items(slice.get(&["endpoints"])).filter(|endpoint| endpoint.pointer("/conditions/ready") != Some(&Value::Bool(false)));
    let addresses = ready.filter_map(|endpoint| endpoint.pointer("/addresses/0")).filter_map(address);
    addresses.map(|address| SocketAddr::new(address, port)).collect()
}

fn of_endpoints(endpoints: &Object, port_name: &str) -> Vec<SocketAddr> {
    let of_subset = |subset: &Value| {
        let Some(port) = number_of(items(subset.get("ports")), port_name) else { return Vec::new() };
        let addresses = items(subset.get("addresses")).filter_map(|endpoint| endpoint.get("ip")).filter_map(address);
        addresses.map(|address| SocketAddr::new(address, port)).collect()
    };
    items(endpoints.get(&["subsets"])).flat_map(of_subset).collect()
}

fn number_of<'a>(mut ports: impl Iterator<Item = &'a Value>, name: &str) -> Option<u16> {
    let port = ports.find(|port| port.get("name").and_then(Value::as_str).unwrap_or_default() == name)?;
    port.get("port").and_then(Value::as_u64).and_then(|port| u16::try_from(port).ok())
}

fn address(text: &Value) -> Option<IpAddr> {
    text.as_str()?.parse().ok()
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn kind(group: &str, plural: &str) -> Result<Arc<Resource>, Refusal> {
    let found = Catalog::builtin().resource(group, "v1", plural).cloned();
    found.ok_or_else(|| Refusal::internal(format!("{plural} are not served")))
}

/// An object as of what the cache has at hand; what it lacks is looked for in the store.
async fn one(api: &Shared, group: &str, plural: &str, namespace: &str, name: &str) -> Result<Option<Object>, Refusal> {
    let resource = kind(group, plural)?;
    let (prefix, key) = (&resource.storage_prefix, format!("{}{namespace}/{name}", resource.storage_prefix));
    let mut cached = api.cache.object_not_older(prefix, &key, Revision::ZERO).await?;
    if cached.is_none() {
        cached = api.cache.consistent_object(prefix, &key).await?;
    }
    cached.map(|cached| view::parse(&resource, &cached)).transpose()
}

/// The slices of a Service. They are asked for as of now, since a webhook that moved is not where it was.
async fn slices(api: &Shared, namespace: &str, service: &str) -> Result<Vec<Object>, Refusal> {
    let resource = kind("discovery.k8s.io", "endpointslices")?;
    let all = api.cache.consistent_part(&resource.storage_prefix, &format!("{}{namespace}/", resource.storage_prefix)).await?;
    let mut own = Vec::new();
    for cached in all {
        let slice = view::parse(&resource, &cached)?;
        if slice.labels().any(|label| label == (SERVICE, service)) {
            own.push(slice);
        }
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    fn service(spec: &Value) -> Object {
        object(json!({"metadata": {"name": "hook"}, "spec": spec}))
    }

    fn slice(family: &str, endpoints: &Value) -> Object {
        object(json!({"addressType": family, "ports": [{"name": "web", "port": 9443}], "endpoints": endpoints}))
    }

    fn at(texts: &[&str]) -> Result<Place, String> {
        Ok(Place::At(texts.iter().map(|text| text.parse().expect("an address")).collect()))
    }

    #[test]
    fn a_name_elsewhere_is_what_it_is() {
        let elsewhere = service(&json!({"type": "ExternalName", "externalName": "hooks.example.com"}));
        assert_eq!(place(&elsewhere, 8443, &[], None), Ok(Place::Named("hooks.example.com".to_owned(), 8443)));
    }

    #[test]
    fn all_endpoints_that_are_ready_are_found_in_the_preferred_family_first() {
        let both = service(&json!({"type": "ClusterIP", "ipFamilies": ["IPv6", "IPv4"], "ports": [{"name": "web", "port": 443}]}));
        let four = slice("IPv4", &json!([{"addresses": ["10.0.0.1"], "conditions": {"ready": false}}, {"addresses": ["10.0.0.2"]}]));
        let more = slice("IPv4", &json!([{"addresses": ["10.0.0.4"]}]));
        let six = slice("IPv6", &json!([{"addresses": ["fd00::1"], "conditions": {"ready": true}}]));
        assert_eq!(place(&both, 443, &[four.clone(), six], None), at(&["[fd00::1]:9443"]));
        assert_eq!(place(&both, 443, &[four, more], None), at(&["10.0.0.2:9443", "10.0.0.4:9443"]));
        let addresses = json!([{"ip": "10.0.0.3"}, {"ip": "10.0.0.5"}]);
        let old = object(json!({"subsets": [{"addresses": addresses, "ports": [{"name": "web", "port": 8080}]}]}));
        assert_eq!(place(&both, 443, &[], Some(&old)), at(&["10.0.0.3:8080", "10.0.0.5:8080"]));
    }

    #[test]
    fn one_of_several_is_chosen() {
        assert!((0..100).all(|_| at_random(3) < 3 && at_random(1) == 0 && at_random(0) == 0));
    }

    #[test]
    fn what_is_missing_is_named() {
        let plain = service(&json!({"clusterIP": "10.96.0.7", "ports": [{"port": 443}]}));
        assert_eq!(place(&plain, 443, &[], None), Err("no endpoints available for service \"hook\"".to_owned()));
        assert_eq!(place(&plain, 80, &[], None), Err("no service port 80 found for service \"hook\"".to_owned()));
        let other_port = slice("IPv4", &json!([{"addresses": ["10.0.0.2"]}]));
        assert!(place(&plain, 443, &[other_port], None).is_err(), "the slice has no port of that name");
    }
}
