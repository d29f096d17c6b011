//! What services are given: networks of addresses and the ports of nodes.
//!
//! Receives the texts of flags; hands out places in the ranges by number. Invariant: a network's own address and the last of an IPv4
//! network are never handed out.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The networks and node ports that services are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRanges {
    /// One network for each family, the preferred one first.
    pub networks: ServiceNetworks,
    /// The ports of nodes.
    pub node_ports: NodePorts,
}

/// One network, or one of each family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceNetworks(pub(super) Vec<Network>);

/// The ports of nodes that are given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePorts(pub(super) RangeInclusive<u16>);

/// Why a range of addresses or ports cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// Not a network such as `10.96.0.0/12`.
    #[error("{0:?} is no network such as 10.96.0.0/12")]
    NoNetwork(String),
    /// Too small to give out addresses, or larger than any cluster needs.
    #[error("the network {0} has fewer than 8 addresses or more than 2^20 (IPv4) or 2^64 (IPv6)")]
    BadSize(Network),
    /// More than one of each family.
    #[error("services take one network, or one of each family")]
    TwoOfAFamily,
    /// Not a range such as `30000-32767`.
    #[error("{0:?} is no range of ports such as 30000-32767")]
    NoPorts(String),
}

/// A network of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The first address.
    base: IpAddr,
    /// How many leading bits all its addresses share.
    bits: u8,
}

impl Default for ServiceRanges {
    /// The network that kubeadm gives clusters, since clients and manifests expect addresses from it, and kube-apiserver's node ports.
    fn default() -> Self {
        let network = Network { base: Ipv4Addr::new(10, 96, 0, 0).into(), bits: 12 };
        Self { networks: ServiceNetworks(vec![network]), node_ports: NodePorts(30_000..=32_767) }
    }
}

impl Network {
    /// Whether an address lies in it.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.base.is_ipv4() && (number(address) ^ number(self.base)) >> self.host_bits() == 0
    }

    /// The family as services spell it.
    pub(super) fn family(&self) -> &'static str {
        crate::admission::service_family(self.base)
    }

    /// How many of its addresses can be given out, without the network's own and an IPv4 network's last.
    pub(super) fn usable(&self) -> u128 {
        (1_u128 << self.host_bits()) - if self.base.is_ipv4() { 2 } else { 1 }
    }

    /// How many of the first addresses are left to those who choose their own, as long as there are others.
    pub(super) fn chosen(&self) -> u128 {
        ((1_u128 << self.host_bits()) / 16).clamp(16, 256).min(self.usable())
    }

    /// The usable address at a place, from 0.
    pub(super) fn usable_at(&self, place: u128) -> IpAddr {
        let number = number(self.base) + 1 + place;
        match self.base {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX))),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }

    fn host_bits(&self) -> u32 {
        u32::from(if self.base.is_ipv4() { 32 } else { 128 } - self.bits)
    }
}

impl ServiceRanges {
    /// The address of the Service `kubernetes`: the first of the preferred network. No other Service is given it.
    #[must_use]
    pub fn kubernetes_address(&self) -> IpAddr {
        self.networks.0.first().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |network| network.usable_at(0))
    }
}

impl NodePorts {
    /// How many of the first ports are left to those who choose their own, as long as there are others.
    pub(super) fn chosen(&self) -> u16 {
        let size = self.0.end() - self.0.start() + 1;
        if size < 16 { 0 } else { (size / 32).clamp(16, 128) }
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl fmt::Display for NodePorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.start(), self.0.end())
    }
}

impl FromStr for Network {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let none = || RangeError::NoNetwork(text.to_owned());
        let (base, bits) = text.split_once('/').ok_or_else(none)?;
        let (base, bits): (IpAddr, u8) = (base.parse().map_err(|_| none())?, bits.parse().map_err(|_| none())?);
        if bits > if base.is_ipv4() { 32 } else { 128 } {
            return Err(none());
        }
        let network = Self { base, bits };
        let most = if base.is_ipv4() { 20 } else { 64 };
        if !(3..=most).contains(&network.host_bits()) {
            return Err(RangeError::BadSize(network));
        }
        // The base is the first address, whichever of the network was written.
        let first = number(base) >> network.host_bits() << network.host_bits();
        let base = match base {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(first).unwrap_or_default())),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(first)),
        };
        Ok(Self { base, bits })
    }
}

impl FromStr for ServiceNetworks {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let networks: Vec<Network> = text.split(',').map(|one| one.trim().parse()).collect::<Result<_, _>>()?;
        match networks[..] {
            [_] => {}
            [one, other] if one.base.is_ipv4() != other.base.is_ipv4() => {}
            _ => return Err(RangeError::TwoOfAFamily),
        }
        Ok(Self(networks))
    }
}

impl FromStr for NodePorts {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let ends = text.split_once('-').and_then(|(first, last)| Some((first.parse::<u16>().ok()?, last.parse::<u16>().ok()?)));
        let (first, last) = ends.filter(|(first, last)| *first > 0 && first <= last).ok_or_else(|| RangeError::NoPorts(text.to_owned()))?;
        Ok(Self(first..=last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_hands_out_what_lies_between_its_ends() {
        let network: Network = "10.0.0.9/29".parse().expect("a network");
        assert_eq!((network.to_string().as_str(), network.usable(), network.chosen()), ("10.0.0.8/29", 6, 6));
        assert_eq!((network.usable_at(0), network.usable_at(5)), ("10.0.0.9".parse().unwrap(), "10.0.0.14".parse().unwrap()));
        assert!(network.contains("10.0.0.15".parse().unwrap()) && !network.contains("10.0.0.16".parse().unwrap()));
        let wide = ServiceRanges::default().networks.0[0];
        assert_eq!((wide.to_string().as_str(), wide.chosen()), ("10.96.0.0/12", 256));
        let six: Network = "fd00::/112".parse().expect("a network");
        assert_eq!((six.usable_at(255), six.family()), ("fd00::100".parse().unwrap(), "IPv6"));
    }

    #[test]
    fn ranges_are_read_as_kube_apiserver_writes_them() {
        for good in ["10.96.0.0/12", "10.96.0.0/16,fd00::/108", "fd00::/64, 10.0.0.0/24"] {
            assert!(good.parse::<ServiceNetworks>().is_ok(), "{good}");
        }
        for bad in ["", "10.96.0.0", "10.0.0.0/8", "10.0.0.0/30", "10.96.0.0/16,10.97.0.0/16", "10.0.0.0/24,fd00::/64,fd01::/64"] {
            assert!(bad.parse::<ServiceNetworks>().is_err(), "{bad}");
        }
        assert_eq!("30000-32767".parse(), Ok(ServiceRanges::default().node_ports));
        for bad in ["30000", "2-1", "0-5", "1-70000", "a-b"] {
            assert!(bad.parse::<NodePorts>().is_err(), "{bad}");
        }
    }
}
