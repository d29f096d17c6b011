//! IP addresses, CIDRs and URLs.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Answer, Call, Opaque, Unused, opaque};
use crate::cel::Fault;
use crate::cel::functions::Line;
use crate::cel::functions::Price::{Once, One};
use crate::cel::functions::Style::{Global, Member};
use crate::cel::value::{Key, Val};

const IS_IP: &[&str] = &["ip -> bool"];
const URL_TEXT: &[&str] = &["url -> string"];

/// See [`super::TABLES`].
pub(super) const TABLE: &[Line] = &[
    ("ip", Global, Once, &["string -> ip"], |call, _| address(call.text(0)?).map(|ip| opaque(Opaque::Ip(ip)))),
    ("ip", Member, One, &["cidr -> ip"], |call, _| cidr(call).map(|(ip, _)| opaque(Opaque::Ip(ip)))),
    ("isIP", Global, Once, &["string -> bool"], |call, _| Ok(Val::Bool(address(call.text(0)?).is_ok()))),
    ("ip.isCanonical", Global, Once, &["string -> bool"], |call, _| {
        let text = call.text(0)?;
        Ok(Val::Bool(address(text)?.to_string() == text))
    }),
    ("family", Member, One, &["ip -> int"], |call, _| Ok(Val::Int(if ip(call, 0)?.is_ipv4() { 4 } else { 6 }))),
    ("isUnspecified", Member, One, IS_IP, |call, _| Ok(Val::Bool(ip(call, 0)?.is_unspecified()))),
    ("isLoopback", Member, One, IS_IP, |call, _| Ok(Val::Bool(ip(call, 0)?.is_loopback()))),
    ("isLinkLocalMulticast", Member, One, IS_IP, |call, _| Ok(Val::Bool(is_local_multicast(ip(call, 0)?)))),
    ("isLinkLocalUnicast", Member, One, IS_IP, |call, _| Ok(Val::Bool(is_local(ip(call, 0)?)))),
    ("isGlobalUnicast", Member, One, IS_IP, |call, _| Ok(Val::Bool(is_global(ip(call, 0)?)))),
    ("cidr", Global, Once, &["string -> cidr"], |call, _| {
        read_cidr(call.text(0)?)
            .map(|(ip, length)| opaque(Opaque::Cidr(ip, length)))
            .ok_or_else(|| Fault::other("network address parse error during conversion from string"))
    }),
    ("isCIDR", Global, Once, &["string -> bool"], |call, _| Ok(Val::Bool(read_cidr(call.text(0)?).is_some()))),
    ("prefixLength", Member, One, &["cidr -> int"], |call, _| cidr(call).map(|(_, length)| Val::Int(length.into()))),
    ("masked", Member, One, &["cidr -> cidr"], |call, _| cidr(call).map(|(ip, length)| opaque(Opaque::Cidr(mask(ip, length), length)))),
    ("containsIP", Member, Once, &["cidr, string -> bool", "cidr, ip -> bool"], contains_ip),
    ("containsCIDR", Member, Once, &["cidr, string -> bool", "cidr, cidr -> bool"], contains_cidr),
    ("url", Global, Once, &["string -> url"], |call, _| {
        Url::parse(call.text(0)?)
            .map(|url| opaque(Opaque::Url(url)))
            .ok_or_else(|| Fault::other("URL parse error during conversion from string"))
    }),
    ("isURL", Global, Once, &["string -> bool"], |call, _| Ok(Val::Bool(Url::parse(call.text(0)?).is_some()))),
    ("getScheme", Member, Once, URL_TEXT, |call, _| url(call).map(|url| url.scheme.as_str().into())),
    ("getHost", Member, Once, URL_TEXT, |call, _| url(call).map(|url| url.host.as_str().into())),
    ("getHostname", Member, Once, URL_TEXT, |call, _| url(call).map(|url| url.split_host().0.into())),
    ("getPort", Member, Once, URL_TEXT, |call, _| url(call).map(|url| url.split_host().1.into())),
    ("getEscapedPath", Member, Once, URL_TEXT, |call, _| url(call).map(|url| url.path.as_str().into())),
    ("getQuery", Member, Once, &["url -> map(string, list(string))"], query),
];

fn ip(call: &Call<'_, '_>, index: usize) -> Result<IpAddr, Fault> {
    match call.opaque(index)? {
        Opaque::Ip(ip) => Ok(*ip),
        _ => call.refuse(),
    }
}

fn cidr(call: &Call<'_, '_>) -> Result<(IpAddr, u8), Fault> {
    match call.opaque(0)? {
        Opaque::Cidr(ip, length) => Ok((*ip, *length)),
        _ => call.refuse(),
    }
}

fn url<'c>(call: &Call<'c, '_>) -> Result<&'c Url, Fault> {
    match call.opaque(0)? {
        Opaque::Url(url) => Ok(url),
        _ => call.refuse(),
    }
}

/// An address without a zone, and none of IPv4 in the clothes of IPv6.
fn address(text: &str) -> Result<IpAddr, Fault> {
    let parsed: Option<IpAddr> = text.parse().ok();
    let plain = parsed.filter(|ip| !matches!(ip, IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some()));
    plain.ok_or_else(|| Fault::other(format!("IP Address {text:?} parse error during conversion from string")))
}

fn is_local_multicast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    }
}

fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.segments()[0] & 0xffc0 == 0xfe80,
    }
}

fn is_global(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !(broadcast || ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || is_local(ip))
}

fn read_cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (ip, length) = text.split_once('/')?;
    let ip = address(ip).ok()?;
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let most = if ip.is_ipv4() { 32 } else { 128 };
    length.parse().ok().filter(|length| digits && *length <= most).map(|length| (ip, length))
}

/// The address with what lies behind the prefix set to zero.
fn mask(ip: IpAddr, length: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => IpAddr::V4((u32::from(ip) & u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)).into()),
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)).into()),
    }
}

fn contains_ip<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let (network, length) = cidr(call)?;
    let other = match call.arguments.get(1) {
        Some(Val::Text(text)) => address(text)?,
        _ => ip(call, 1)?,
    };
    Ok(Val::Bool(network.is_ipv4() == other.is_ipv4() && mask(network, length) == mask(other, length)))
}

fn contains_cidr<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let (network, length) = cidr(call)?;
    let (other, other_length) = match call.arguments.get(1) {
        Some(Val::Text(text)) => {
            read_cidr(text).ok_or_else(|| Fault::other("network address parse error during conversion from string"))?
        }
        _ => match call.opaque(1)? {
            Opaque::Cidr(ip, length) => (*ip, *length),
            _ => return call.refuse(),
        },
    };
    let same = network.is_ipv4() == other.is_ipv4() && mask(network, length) == mask(other, length);
    Ok(Val::Bool(same && length <= other_length))
}

/// The parts of an absolute URL or path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cel) struct Url {
    scheme: String,
    host: String,
    path: String,
    query: String,
}

impl Url {
    fn parse(text: &str) -> Option<Self> {
        if text.chars().any(|letter| letter.is_control() || letter == ' ') {
            return None;
        }
        let (rest, _) = text.split_once('#').unwrap_or((text, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if rest.starts_with('/') {
            return Some(Self { scheme: String::new(), host: String::new(), path: rest.to_owned(), query: query.to_owned() });
        }
        let (scheme, rest) = rest.split_once(':')?;
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if !scheme.starts_with(|letter: char| letter.is_ascii_alphabetic()) || !scheme.bytes().all(letters) {
            return None;
        }
        let (host, path) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", rest),
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let url = Self { scheme: scheme.to_ascii_lowercase(), host: host.to_owned(), path: path.to_owned(), query: query.to_owned() };
        url.split_host().1.bytes().all(|byte| byte.is_ascii_digit()).then_some(url)
    }

    /// The length of all parts, in bytes.
    pub(super) fn text_size(&self) -> usize {
        self.scheme.len() + self.host.len() + self.path.len() + self.query.len()
    }

    /// The host without its brackets, and the port.
    fn split_host(&self) -> (&str, &str) {
        let end = self.host.rfind(']').unwrap_or(0);
        let (name, port) = match self.host[end..].rfind(':') {
            Some(at) => (&self.host[..end + at], &self.host[end + at + 1..]),
            None => (self.host.as_str(), ""),
        };
        (name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name), port)
    }
}

fn query<'a>(call: &Call<'_, 'a>, _: Unused<'_>) -> Answer<'a> {
    let mut members: BTreeMap<Key, Vec<Val<'a>>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(url(call)?.query.as_bytes()) {
        members.entry(Key::Text(name.as_ref().into())).or_default().push(value.as_ref().into());
    }
    Ok(Val::Map(members.into_iter().map(|(name, values)| (name, values.into())).collect::<BTreeMap<_, _>>().into()))
}
