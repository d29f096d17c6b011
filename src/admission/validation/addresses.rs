//! IP addresses, networks and ports inside specs.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/dual-stack/>.

use std::net::IpAddr;

use super::field::{Faults, Field};

const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NETWORK: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const PORT: &str = "must be between 1 and 65535, inclusive";

/// An address of either family. `None` where it is none, which is reported.
pub(super) fn address(field: &Field<'_, '_>, faults: &mut Faults) -> Option<IpAddr> {
    let parsed = field.text().parse().ok();
    if parsed.is_none() {
        faults.invalid(field, ADDRESS);
    }
    parsed
}

/// An address that others can reach: none that stands for no machine, this machine or this link alone.
pub(super) fn reachable(field: &Field<'_, '_>, faults: &mut Faults) {
    if let Some(parsed) = address(field, faults) {
        not_special(field, parsed, faults);
    }
}

pub(super) fn not_special(field: &Field<'_, '_>, address: IpAddr, faults: &mut Faults) {
    if address.is_unspecified() {
        faults.invalid(field, &format!("may not be unspecified ({})", field.text()));
    }
    if address.is_loopback() {
        faults.invalid(field, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let (link, group) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(v6) => (v6.is_unicast_link_local(), v6.segments()[0] & 0xff0f == 0xff02),
    };
    if link {
        faults.invalid(field, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if group {
        faults.invalid(field, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

/// A network of either family. `None` where it is none, which is reported.
pub(super) fn network(field: &Field<'_, '_>, faults: &mut Faults) -> Option<(IpAddr, u8)> {
    let parsed = read_network(field.text());
    if parsed.is_none() {
        faults.invalid(field, NETWORK);
    }
    parsed
}

/// Like [`network`], of a text that stands elsewhere or has spaces around it.
pub(super) fn network_in(field: &Field<'_, '_>, text: &str, faults: &mut Faults) {
    if read_network(text).is_none() {
        faults.invalid(&Field::root_like(field, &text.into()), NETWORK);
    }
}

pub(super) fn read_network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
    let bits = length.parse().ok().filter(|bits| digits && *bits <= width(address))?;
    Some((address, bits))
}

/// Whether one network lies in another and is smaller.
pub(super) fn lies_within((inner, inner_bits): (IpAddr, u8), (outer, outer_bits): (IpAddr, u8)) -> bool {
    let host = u32::from(width(outer) - outer_bits);
    let cut = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    };
    let differs = (cut(inner) ^ cut(outer)).checked_shr(host).unwrap_or_default();
    inner.is_ipv4() == outer.is_ipv4() && differs == 0 && inner_bits > outer_bits
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// A port's number must stand there.
pub(super) fn port(field: &Field<'_, '_>, faults: &mut Faults) {
    if !field.number().is_some_and(|number| (1..=65535).contains(&number)) {
        faults.invalid_or(field, &0.into(), PORT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_compared() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/64", "::/0", "1.2.3.4/32"] {
            assert!(read_network(good).is_some(), "{good}");
        }
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8", "10.0.0.0/", "10.0.0.0/+8", "010.0.0.0/8"] {
            assert!(read_network(bad).is_none(), "{bad}");
        }
        let within = |inner: &str, outer: &str| lies_within(read_network(inner).expect("inner"), read_network(outer).expect("outer"));
        assert!(within("10.1.0.0/16", "10.0.0.0/8") && within("1.2.3.4/32", "0.0.0.0/0") && within("2001:db8::/64", "2001::/16"));
        assert!(!within("10.0.0.0/8", "10.0.0.0/8") && !within("11.0.0.0/16", "10.0.0.0/8") && !within("::/64", "10.0.0.0/8"));
    }
}
