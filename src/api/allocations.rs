//! Addresses and node ports of services: given out once each, whatever number of servers writes to the store.
//!
//! Receives a service that is about to be written; fills in what it lacks and holds it. An address or port is held by a key of its own
//! that is created only where it does not exist, before the service is; so two writers never hold one. Invariant: what a stored
//! service states is held, or was held by a service that existed before there were holds. What a server that died left behind is taken
//! over when it is asked for again and its service is not there.

use std::net::Ipv4Addr;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::view;
use crate::object::{Cause, CauseKind, Object, Reason, Refusal, Revision};
use crate::store::{Change, Entry, Outcome};

/// The network of cluster addresses, as kubeadm and most distributions have it: clients and manifests expect addresses from it.
const NETWORK: (Ipv4Addr, u32) = (Ipv4Addr::new(10, 96, 0, 0), 16);

/// The first addresses are left to those who choose their own, as kube-apiserver leaves them.
const CHOSEN: u32 = 256;

/// The ports of nodes that are given out, as kube-apiserver has them by default.
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30_000..=32_767;

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
    match taker.fill(object).await {
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
    let address = service.get_str(&["spec", "clusterIP"]).filter(|address| address.parse::<Ipv4Addr>().is_ok());
    let ports = service.get(&["spec", "ports"]).and_then(Value::as_array).into_iter().flatten();
    let ports = ports.filter_map(|port| port.get("nodePort")?.as_i64()).filter(|port| *port != 0);
    let mut keys: Vec<String> = address.map(|address| format!("{ADDRESSES}{address}")).into_iter().collect();
    keys.extend(ports.map(|port| format!("{PORTS}{port}")));
    keys
}

struct Taker<'a> {
    call: &'a Call,
    service: &'a str,
    uid: String,
    had: Vec<String>,
    taken: Held,
}

impl Taker<'_> {
    async fn fill(&mut self, object: &mut Object) -> Result<(), Refusal> {
        let name = object.name().to_owned();
        let invalid = |cause| Refusal::invalid("", "Service", &name, vec![cause]);
        let Some(Value::Object(spec)) = object.root_mut().get_mut("spec") else { return Ok(()) };
        let text = |spec: &Map<String, Value>, member: &str| spec.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = text(spec, "type");
        if kind == "ExternalName" {
            return Ok(());
        }
        match text(spec, "clusterIP").as_str() {
            "None" => {}
            "" => {
                let address = self.free_address().await?;
                spec.insert("clusterIP".to_owned(), address.to_string().into());
            }
            address => self.stated_address(address).await?.map_err(invalid)?,
        }
        families(spec);
        let balanced = kind == "LoadBalancer" && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false));
        self.ports(spec, kind == "NodePort" || balanced).await?.map_err(invalid)
    }

    /// An address that the client chose.
    async fn stated_address(&mut self, text: &str) -> Result<Result<(), Cause>, Refusal> {
        let key = format!("{ADDRESSES}{text}");
        if self.had.contains(&key) {
            return Ok(Ok(()));
        }
        let fault = |why: &str| {
            let message = format!("failed to allocate IP {text}: {why}");
            Cause::invalid("spec.clusterIPs", &json!([text]), &message)
        };
        let (network, bits) = NETWORK;
        let inside = text.parse::<Ipv4Addr>().is_ok_and(|address| (u32::from(address) ^ u32::from(network)) >> (32 - bits) == 0);
        if !inside {
            return Ok(Err(fault(&format!(
                "the provided IP ({text}) is not in the valid range. The range of valid IPs is {network}/{bits}"
            ))));
        }
        Ok(if self.hold(key).await? { Ok(()) } else { Err(fault("provided IP is already allocated")) })
    }

    /// A free address. The search begins at a place that follows from the service's name, so a dry run shows what the write will give.
    async fn free_address(&mut self) -> Result<Ipv4Addr, Refusal> {
        let (network, bits) = NETWORK;
        // The last address of the network is for broadcasts.
        let many = (1_u32 << (32 - bits)) - CHOSEN - 1;
        for step in 0..many {
            let address = Ipv4Addr::from(u32::from(network) + CHOSEN + (start(self.service) % many + step) % many);
            if self.hold(format!("{ADDRESSES}{address}")).await? {
                return Ok(address);
            }
        }
        Err(Refusal::new(Reason::InternalError, "failed to allocate a serviceIP: range is full"))
    }

    async fn ports(&mut self, spec: &mut Map<String, Value>, needed: bool) -> Result<Result<(), Cause>, Refusal> {
        let Some(Value::Array(ports)) = spec.get_mut("ports") else { return Ok(Ok(())) };
        let stated = |port: &Value| port.get("nodePort").and_then(Value::as_i64).filter(|port| *port != 0);
        // What is stated comes first, so that nothing given out stands in its way.
        for (index, number) in ports.iter().enumerate().filter_map(|(index, port)| Some((index, stated(port)?))) {
            let key = format!("{PORTS}{number}");
            // One number may serve several protocols of one service.
            if self.had.contains(&key) || self.taken.0.contains(&key) {
                continue;
            }
            let field = format!("spec.ports[{index}].nodePort");
            if !NODE_PORTS.contains(&number) {
                let why = "provided port is not in the valid range. The range of valid ports is 30000-32767";
                return Ok(Err(Cause::invalid(field, &number.into(), why)));
            }
            if !self.hold(key).await? {
                return Ok(Err(Cause::invalid(field, &number.into(), "provided port is already allocated")));
            }
        }
        for port in ports.iter_mut().filter(|port| needed && stated(port).is_none()) {
            let Some(members) = port.as_object_mut() else { continue };
            let Some(number) = self.free_port().await? else {
                let why = "Internal error: failed to allocate a nodePort: range is full";
                return Ok(Err(Cause::new(CauseKind::Invalid, "spec.ports", why)));
            };
            members.insert("nodePort".to_owned(), number.into());
        }
        Ok(Ok(()))
    }

    async fn free_port(&mut self) -> Result<Option<i64>, Refusal> {
        let many = NODE_PORTS.end() - NODE_PORTS.start() + 1;
        let from = i64::from(start(self.service)) % many;
        for step in 0..many {
            let number = NODE_PORTS.start() + (from + step) % many;
            let key = format!("{PORTS}{number}");
            if !self.taken.0.contains(&key) && self.hold(key).await? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Holds a key. `false` where somebody else does.
    async fn hold(&mut self, key: String) -> Result<bool, Refusal> {
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

/// What goes with an address: the list of all, and their families.
fn families(spec: &mut Map<String, Value>) {
    let own = spec.get("clusterIP").cloned().unwrap_or_default();
    let headless = own == "None";
    let selects = spec.get("selector").and_then(Value::as_object).is_some_and(|selector| !selector.is_empty());
    spec.entry("clusterIPs").or_insert_with(|| json!([own]));
    // A headless service that selects nothing names endpoints of any family.
    let (all, policy) = if headless && !selects { (json!(["IPv4", "IPv6"]), "RequireDualStack") } else { (json!(["IPv4"]), "SingleStack") };
    spec.entry("ipFamilies").or_insert(all);
    spec.entry("ipFamilyPolicy").or_insert_with(|| policy.into());
}

/// A number that follows from a text alone, evenly spread: FNV-1a, which every build computes alike.
fn start(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn seconds(call: &Call) -> i64 {
    call.api.ambient.now().as_second()
}
