//! IP addresses, networks and ports inside specs.
//!
//! See <https://kubernetes.io/docs/concepts/services-networking/dual-stack/>.

use std::net::{IpAddr, Ipv4Addr};

use super::field::{Faults, Field};
use super::seen::Seen;

const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const NETWORK: &str = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
const PORT: &str = "must be between 1 and 65535, inclusive";

/// An address of either family. `None` where it is none, which is reported. What stood there `before` stays, however it is written.
pub(super) fn address(field: &Field<'_, '_>, before: &Seen<'_>, faults: &mut Faults) -> Option<IpAddr> {
    let text = field.text();
    let Some(parsed) = read_address(text) else {
        if !before.contains(text) {
            faults.invalid_as(field, text, ADDRESS);
        }
        return None;
    };
    match text.parse::<IpAddr>() {
        _ if before.contains(text) => {}
        Err(_) => faults.invalid(field, "must not have leading 0s"),
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => {
            faults.invalid(field, "must not be an IPv4-mapped IPv6 address");
        }
        Ok(_) => {}
    }
    Some(parsed)
}

/// An address as Kubernetes has always read it: numbers may begin with zeros, and an IPv4 address inside of an IPv6 one is itself.
pub(super) fn read_address(text: &str) -> Option<IpAddr> {
    let parsed = text.parse().ok().or_else(|| {
        let numbers: Vec<u8> = text.split('.').map(without_zeros).collect::<Option<_>>()?;
        let four: [u8; 4] = numbers.try_into().ok()?;
        Some(IpAddr::V4(Ipv4Addr::from(four)))
    })?;
    Some(parsed.to_canonical())
}

fn without_zeros(digits: &str) -> Option<u8> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.trim_start_matches('0')).and_then(|rest| if rest.is_empty() { Some(0) } else { rest.parse().ok() })
}

/// An address that others can reach: none that stands for no machine, this machine or this link alone.
pub(super) fn reachable(field: &Field<'_, '_>, before: &Seen<'_>, faults: &mut Faults) {
    let known = faults.0.len();
    if let Some(parsed) = address(field, before, faults).filter(|_| faults.0.len() == known) {
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

/// A network of either family. `None` where it is none, which is reported. What stood there `before` stays, however it is written.
pub(super) fn network(field: &Field<'_, '_>, before: &Seen<'_>, faults: &mut Faults) -> Option<(IpAddr, u8)> {
    network_in(field, field.text(), before, faults)
}

/// Like [`network`], of a text that stands elsewhere or has spaces around it.
pub(super) fn network_in(field: &Field<'_, '_>, text: &str, before: &Seen<'_>, faults: &mut Faults) -> Option<(IpAddr, u8)> {
    let read = read_network(text);
    if before.contains(text) {
        return read;
    }
    let Some((_, bits)) = read else {
        faults.invalid_as(field, text, NETWORK);
        return None;
    };
    match as_written(text) {
        None => faults.invalid_as(field, text, "must not have leading 0s in IP or prefix length"),
        Some((IpAddr::V6(address), _)) if address.to_ipv4_mapped().is_some() => {
            faults.invalid_as(field, text, "must not have an IPv4-mapped IPv6 address");
        }
        Some((address, _)) if masked(address, bits) != address => {
            faults.invalid_as(field, text, "must not have bits set beyond the prefix length");
        }
        Some(_) => {}
    }
    read
}

/// A network in the one form that younger fields take.
pub(super) fn canonical_network(field: &Field<'_, '_>, faults: &mut Faults) -> Option<(IpAddr, u8)> {
    let known = faults.0.len();
    let (address, bits) = network(field, &Seen::default(), faults)?;
    let canonical = format!("{address}/{bits}");
    if faults.0.len() == known && canonical != field.text() {
        faults.invalid(field, &format!("must be in canonical form ({canonical:?})"));
    }
    Some((address, bits))
}

/// A network as Kubernetes has always read it; see [`read_address`].
pub(super) fn read_network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let (address, mapped) = (read_address(address)?, address.contains(':'));
    let bits = without_zeros(length)?;
    // The length of the prefix of an IPv4 address inside of an IPv6 one counts from the beginning of the latter.
    let bits = if mapped && address.is_ipv4() { bits.checked_sub(96)? } else { bits };
    (bits <= width(address)).then_some((address, bits))
}

/// A network with nothing forgiven.
pub(super) fn as_written(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    let plain = length == "0" || !length.starts_with(['0', '+']);
    Some((address.parse().ok()?, length.parse().ok().filter(|_| plain)?))
}

/// An address with nothing set beyond so many bits.
pub(super) fn masked(address: IpAddr, bits: u8) -> IpAddr {
    let beyond = u32::from(width(address).saturating_sub(bits));
    match address {
        IpAddr::V4(v4) => {
            IpAddr::V4((u32::from(v4).checked_shr(beyond).unwrap_or_default().checked_shl(beyond).unwrap_or_default()).into())
        }
        IpAddr::V6(v6) => {
            IpAddr::V6((u128::from(v6).checked_shr(beyond).unwrap_or_default().checked_shl(beyond).unwrap_or_default()).into())
        }
    }
}

/// The texts of a list.
pub(super) fn texts<'v>(list: &Field<'_, 'v>) -> Seen<'v> {
    list.items().map(|item| item.text()).collect()
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

pub(super) fn width(address: IpAddr) -> u8 {
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
        for good in ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/64", "::/0", "1.2.3.4/32", "010.0.0.0/08", "::ffff:1.2.3.4/120"] {
            assert!(read_network(good).is_some(), "{good}");
        }
        for bad in
            ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8", "10.0.0.0/", "10.0.0.0/+8", "256.0.0.0/8", "::ffff:1.2.3.4/24"]
        {
            assert!(read_network(bad).is_none(), "{bad}");
        }
        let within = |inner: &str, outer: &str| lies_within(read_network(inner).expect("inner"), read_network(outer).expect("outer"));
        assert!(within("10.1.0.0/16", "10.0.0.0/8") && within("1.2.3.4/32", "0.0.0.0/0") && within("2001:db8::/64", "2001::/16"));
        assert!(!within("10.0.0.0/8", "10.0.0.0/8") && !within("11.0.0.0/16", "10.0.0.0/8") && !within("::/64", "10.0.0.0/8"));
    }

    #[test]
    fn what_is_read_is_not_all_that_is_taken() {
        let told = |text: &str, before: &str, judge: &dyn Fn(&Field<'_, '_>, &Seen<'_>, &mut Faults)| {
            let (value, mut faults) = (serde_json::Value::from(text), Faults::default());
            let before: Seen<'_> = std::iter::once(before).collect();
            judge(&Field::root("f", Some(&value)), &before, &mut faults);
            faults.0.into_iter().map(|cause| cause.message).next().unwrap_or_default()
        };
        let one = |text: &str, before: &str| {
            told(text, before, &|field, before, faults| {
                address(field, before, faults);
            })
        };
        let many = |text: &str, before: &str| {
            told(text, before, &|field, before, faults| {
                network(field, before, faults);
            })
        };
        for (text, why) in [
            ("10.0.0.1", ""),
            ("FE80::1", ""),
            ("010.0.0.1", "must not have leading 0s"),
            ("::ffff:1.2.3.4", "must not be an IPv4-mapped IPv6 address"),
            ("10.0.0.256", ADDRESS),
        ] {
            assert!(one(text, "").ends_with(why), "{text}: {}", one(text, ""));
            assert_eq!(one(text, text), "", "{text}");
        }
        for (text, why) in [
            ("10.0.0.0/8", ""),
            ("10.0.0.0/08", "must not have leading 0s in IP or prefix length"),
            ("010.0.0.0/8", "must not have leading 0s in IP or prefix length"),
            ("::ffff:1.2.3.0/120", "must not have an IPv4-mapped IPv6 address"),
            ("10.1.2.3/8", "must not have bits set beyond the prefix length"),
            ("10.1.2.3", NETWORK),
        ] {
            assert!(many(text, "").ends_with(why), "{text}: {}", many(text, ""));
            assert_eq!(many(text, text), "", "{text}");
        }
        let strict = |text: &str| {
            told(text, "", &|field, _, faults| {
                canonical_network(field, faults);
            })
        };
        assert!(strict("FD00::/64").ends_with("must be in canonical form (\"fd00::/64\")"), "{}", strict("FD00::/64"));
        assert_eq!(strict("fd00::/64"), "");
    }
}
