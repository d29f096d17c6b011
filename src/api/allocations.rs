//! Addresses and node ports of services: given out once each, whatever number of servers writes to the store.
//!
//! Receives a service that is about to be written; fills in what it lacks and holds it. An address or port is held by a key of its own
//! that is created only where it does not exist, before the service is; so two writers never hold one. Invariant: what a stored
//! service states is held, or was held by a service that existed before there were holds. What a server that died left behind is taken
//! over when it is asked for again and its service is not there.

use std::net::IpAddr;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::kubernetes_service;
use super::service_families::{self, addresses_of};
use super::service_ranges::Network;
use super::view;
use crate::admission;
use crate::object::{Cause, Object, Reason, Refusal, Revision};
use crate::store::{Change, Entry, Outcome};

/// Where holds are kept.
const ADDRESSES: &str = "/registry/allocations/clusterips/";
const PORTS: &str = "/registry/allocations/nodeports/";

/// How long a hold without its service stays: no write takes this long between holding and committing.
const ABANDONED_AFTER_SECONDS: i64 = 60;

/// What a write has newly taken.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<String>);

/// Fills in what a service lacks and holds what it states. With `dryRun` nothing is held, but what is taken is refused all the same.
///
/// Refuses with 422 what is out of range or taken, and with 500 where everything is taken.
pub(super) async fn take(call: &Call, key: &str, before: Option<&Object>, object: &mut Object) -> Result<Held, Refusal> {
    if !is_service(call) {
        return Ok(Held::default());
    }
    let mut taker =
        Taker { call, service: key, uid: object.uid().to_owned(), had: before.map(keys).unwrap_or_default(), taken: Held::default() };
    match taker.fill(object, before).await {
        Ok(()) => Ok(taker.taken),
        Err(refusal) => {
            give_back(call, object.uid(), taker.taken.0).await;
            Err(refusal)
        }
    }
}

/// Gives back what a write took that did not come to be.
pub(super) async fn undo(call: &Call, object: &Object, held: Held) {
    give_back(call, object.uid(), held.0).await;
}

/// Gives back what a service had and no longer has.
pub(super) async fn released(call: &Call, before: Option<&Object>, after: Option<&Object>) {
    let Some(before) = before.filter(|_| is_service(call)) else { return };
    let kept = after.map(keys).unwrap_or_default();
    let gone = keys(before).into_iter().filter(|key| !kept.contains(key)).collect();
    give_back(call, before.uid(), gone).await;
}

fn is_service(call: &Call) -> bool {
    call.resource.gvk.group.is_empty() && call.resource.gvk.kind == "Service"
}

/// The keys of everything that a service has.
fn keys(service: &Object) -> Vec<String> {
    let Some(Value::Object(spec)) = service.root().get("spec") else { return Vec::new() };
    let addresses = addresses_of(spec).filter_map(|address| address.parse::<IpAddr>().ok());
    let mut keys: Vec<String> = addresses.map(|address| format!("{ADDRESSES}{address}")).collect();
    let ports = spec.get("ports").and_then(Value::as_array).into_iter().flatten().map(node_port);
    let check = spec.get("healthCheckNodePort").and_then(Value::as_i64).filter(|port| *port != 0);
    keys.extend(ports.chain([check]).flatten().map(|port| format!("{PORTS}{port}")));
    keys
}

/// The port on nodes that a port of a service states.
fn node_port(port: &Value) -> Option<i64> {
    port.get("nodePort").and_then(Value::as_i64).filter(|port| *port != 0)
}

struct Taker<'a> {
    call: &'a Call,
    service: &'a str,
    uid: String,
    /// What the service had before an update.
    had: Vec<String>,
    taken: Held,
}

impl Taker<'_> {
    async fn fill(&mut self, object: &mut Object, before: Option<&Object>) -> Result<(), Refusal> {
        let name = object.name().to_owned();
        let invalid = |causes| Refusal::invalid("", "Service", &name, causes);
        let Some(Value::Object(spec)) = object.root_mut().get_mut("spec") else { return Ok(()) };
        if !admission::has_address(spec) {
            return Ok(());
        }
        let had = before.and_then(|before| before.root().get("spec")?.as_object());
        service_families::settle(&self.call.api.service_ranges.networks, had, spec).map_err(invalid)?;
        self.addresses(spec).await?.map_err(|cause| invalid(vec![cause]))?;
        if matches!(spec.get("type").and_then(Value::as_str), Some("NodePort" | "LoadBalancer")) {
            self.ports(spec, had.is_none()).await?.map_err(|cause| invalid(vec![cause]))?;
        }
        if admission::checks_health(spec) {
            self.check_port(spec).await?;
        }
        Ok(())
    }

    /// One address of each family that the service is of.
    async fn addresses(&mut self, spec: &mut Map<String, Value>) -> Result<Result<(), Cause>, Refusal> {
        let mut list: Vec<Value> = addresses_of(spec).map(Into::into).collect();
        if list.first().is_some_and(|first| first == "None") {
            return Ok(Ok(()));
        }
        let families: Vec<String> = service_families::stated(spec).map(str::to_owned).collect();
        for (index, family) in families.iter().enumerate() {
            let Some(network) = self.call.api.service_ranges.networks.0.iter().find(|network| network.family() == family).copied() else {
                continue;
            };
            match list.get(index).and_then(Value::as_str) {
                Some(stated) => {
                    if let Err(why) = self.stated_address(stated, network).await? {
                        let why = format!("failed to allocate IP {stated}: {why}");
                        return Ok(Err(Cause::invalid("spec.clusterIPs", &list.into(), &why)));
                    }
                }
                None => list.push(self.free_address(network).await?.to_string().into()),
            }
        }
        spec.insert("clusterIP".to_owned(), list.first().cloned().unwrap_or_default());
        spec.insert("clusterIPs".to_owned(), list.into());
        Ok(Ok(()))
    }

    /// An address that the client chose.
    async fn stated_address(&mut self, text: &str, network: Network) -> Result<Result<(), String>, Refusal> {
        // What is no address at all was refused before.
        let Ok(address) = text.parse::<IpAddr>() else { return Ok(Ok(())) };
        let key = format!("{ADDRESSES}{address}");
        if self.had.contains(&key) {
            return Ok(Ok(()));
        }
        if !network.contains(address) {
            let why = format!("the provided IP ({text}) is not in the valid range. The range of valid IPs is {network}");
            return Ok(Err(why));
        }
        Ok(if self.hold(key).await? { Ok(()) } else { Err("provided IP is already allocated".to_owned()) })
    }

    /// A free address. The search begins at a place that follows from the service's name, so a dry run shows what the write will give;
    /// what is left to those who choose comes last.
    async fn free_address(&mut self, network: Network) -> Result<IpAddr, Refusal> {
        let (usable, chosen) = (network.usable(), network.chosen());
        for place in places(usable, chosen, start(self.service)) {
            let address = network.usable_at(place);
            if self.hold(format!("{ADDRESSES}{address}")).await? {
                return Ok(address);
            }
        }
        Err(internal("failed to allocate a serviceIP: range is full"))
    }

    async fn ports(&mut self, spec: &mut Map<String, Value>, is_new: bool) -> Result<Result<(), Cause>, Refusal> {
        let needed = admission::has_node_ports(spec);
        let Some(Value::Array(ports)) = spec.get_mut("ports") else { return Ok(Ok(())) };
        // What is stated comes first, so that nothing given out stands in its way.
        for (index, number) in ports.iter().enumerate().filter_map(|(index, port)| Some((index, node_port(port)?))) {
            if let Err(why) = self.stated_port(number).await? {
                let field = format!("spec.ports[{index}].nodePort");
                return Ok(Err(Cause::invalid(field, &number.into(), &why)));
            }
        }
        for index in 0..ports.len() {
            if !needed || node_port(&ports[index]).is_some() {
                continue;
            }
            // One number serves all protocols of a port of a new service.
            let own = ports[index].get("port").cloned();
            let shared = ports.iter().filter(|other| is_new && other.get("port") == own.as_ref()).find_map(node_port);
            let number = match shared {
                Some(number) => number,
                None => self.free_port().await?.ok_or_else(|| internal("failed to allocate a nodePort: range is full"))?,
            };
            if let Some(members) = ports[index].as_object_mut() {
                members.insert("nodePort".to_owned(), number.into());
            }
        }
        Ok(Ok(()))
    }

    /// A port that the client chose. One number may serve several protocols of one service.
    async fn stated_port(&mut self, number: i64) -> Result<Result<(), String>, Refusal> {
        let key = format!("{PORTS}{number}");
        if self.had.contains(&key) || self.taken.0.contains(&key) {
            return Ok(Ok(()));
        }
        let range = &self.call.api.service_ranges.node_ports;
        if !u16::try_from(number).is_ok_and(|number| range.0.contains(&number)) {
            return Ok(Err(format!("provided port is not in the valid range. The range of valid ports is {range}")));
        }
        Ok(if self.hold(key).await? { Ok(()) } else { Err("provided port is already allocated".to_owned()) })
    }

    /// The port through which balancers ask nodes whether they have endpoints.
    async fn check_port(&mut self, spec: &mut Map<String, Value>) -> Result<(), Refusal> {
        let stated = spec.get("healthCheckNodePort").and_then(Value::as_i64).filter(|number| *number != 0);
        if let Some(number) = stated {
            let held = self.stated_port(number).await?;
            return held.map_err(|why| internal(&format!("failed to allocate requested HealthCheck NodePort {number}: {why}")));
        }
        let number = self.free_port().await?;
        let number = number.ok_or_else(|| internal("failed to allocate a HealthCheck NodePort 0: range is full"))?;
        spec.insert("healthCheckNodePort".to_owned(), number.into());
        Ok(())
    }

    async fn free_port(&mut self) -> Result<Option<i64>, Refusal> {
        let range = self.call.api.service_ranges.node_ports.clone();
        let (first, size) = (*range.0.start(), u128::from(range.0.end() - range.0.start()) + 1);
        for place in places(size, range.chosen().into(), start(self.service)) {
            let number = i64::from(first) + i64::try_from(place).unwrap_or_default();
            let key = format!("{PORTS}{number}");
            if !self.taken.0.contains(&key) && self.hold(key).await? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Holds a key. `false` where somebody else does.
    async fn hold(&mut self, key: String) -> Result<bool, Refusal> {
        let reserved = self.call.api.service_ranges.kubernetes_address();
        if !kubernetes_service::is_own(self.service) && key == format!("{ADDRESSES}{reserved}") {
            return Ok(false);
        }
        let held = if self.call.query.dry_run {
            match self.call.api.cache.store().get(&key).await? {
                None => true,
                Some(entry) => is_abandoned(self.call, &key, &entry).await?,
            }
        } else {
            self.commit(&key).await?
        };
        if held {
            self.taken.0.push(key);
        }
        Ok(held)
    }

    async fn commit(&self, key: &str) -> Result<bool, Refusal> {
        let value = json!({"service": self.service, "uid": self.uid, "since": seconds(self.call)}).to_string();
        let value = Bytes::from(value);
        let store = self.call.api.cache.store();
        match store.commit(key, Revision::ZERO, Change::Put(value.clone())).await? {
            Outcome::Done(_) => Ok(true),
            Outcome::Lost(Some(entry)) if is_abandoned(self.call, key, &entry).await? => {
                Ok(matches!(store.commit(key, entry.revision, Change::Put(value)).await?, Outcome::Done(_)))
            }
            Outcome::Lost(_) => Ok(false),
        }
    }
}

/// Whether the service that took a key never came to be, went without giving it back, or has another by now.
async fn is_abandoned(call: &Call, key: &str, entry: &Entry) -> Result<bool, Refusal> {
    let hold: Value = serde_json::from_slice(&entry.value).unwrap_or_default();
    if seconds(call) - hold["since"].as_i64().unwrap_or_default() < ABANDONED_AFTER_SECONDS {
        return Ok(false);
    }
    let Some(service) = call.api.cache.store().get(hold["service"].as_str().unwrap_or_default()).await? else { return Ok(true) };
    let service = view::parse(&call.resource, &super::write::cached(service))?;
    Ok(service.uid() != hold["uid"] || !keys(&service).iter().any(|held| held == key))
}

/// Gives keys back that a service holds. What fails here stays behind as abandoned.
async fn give_back(call: &Call, uid: &str, keys: Vec<String>) {
    if call.query.dry_run {
        return;
    }
    let store = call.api.cache.store();
    for key in keys {
        let Ok(Some(entry)) = store.get(&key).await else { continue };
        let hold: Value = serde_json::from_slice(&entry.value).unwrap_or_default();
        if hold["uid"] == uid
            && let Err(error) = store.commit(&key, entry.revision, Change::Delete).await
        {
            tracing::warn!(%error, key, "an address or port of a service is given back later");
        }
    }
}

/// All places of a range from 0: those that are given out first, from one on and around; then those left to who chooses.
fn places(many: u128, chosen: u128, from: u32) -> impl Iterator<Item = u128> {
    let open = many - chosen;
    let first = (0..open).map(move |step| chosen + (u128::from(from) % open + step) % open);
    first.chain(0..chosen)
}

fn internal(why: &str) -> Refusal {
    Refusal::new(Reason::InternalError, format!("Internal error occurred: {why}"))
}

/// A number that follows from a text alone, evenly spread: FNV-1a, which every build computes alike.
fn start(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn seconds(call: &Call) -> i64 {
    call.api.ambient.now().as_second()
}

#[cfg(test)]
mod tests {
    use super::places;

    #[test]
    fn what_is_left_to_choose_is_given_out_last() {
        assert_eq!(places(6, 2, 9).collect::<Vec<_>>(), [3, 4, 5, 2, 0, 1]);
        assert_eq!(places(2, 2, 9).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(places(3, 0, 1).collect::<Vec<_>>(), [1, 2, 0]);
    }
}
