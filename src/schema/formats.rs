//! The formats that texts and numbers can be held to.
//!
//! Receives the `format` of a schema and a value; answers whether the value has it. Invariant: pure and without allocation, but for
//! base64. See <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation>.

use std::net::{IpAddr, Ipv6Addr};

use base64::Engine;
use jiff::Timestamp;
use serde_json::Value;

use crate::object::names;

macro_rules! formats {
    ($($(#[$meta:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// A format that values are held to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Format { $($(#[$meta])* $variant),* }

        impl Format {
            /// The format of this name, where it is one that is enforced.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                if name.is_empty() {
                    return None;
                }
                let letters = |text: &str| text.replace('-', "");
                [$(($name, Self::$variant)),*].into_iter().find(|(known, _)| letters(known) == letters(name)).map(|(_, format)| format)
            }

            /// The name as most schemas write it; some leave the hyphens out.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

formats! {
    /// A whole number of 32 bits.
    Int32 = "int32",
    /// A whole number of 64 bits.
    Int64 = "int64",
    /// Base64 text.
    Byte = "byte",
    /// RFC 3339 date and time.
    DateTime = "date-time",
    /// RFC 3339 date.
    Date = "date",
    /// A duration such as `1h30m`.
    Duration = "duration",
    /// A UUID of any version.
    Uuid = "uuid",
    /// A UUID of version 3.
    Uuid3 = "uuid3",
    /// A UUID of version 4.
    Uuid4 = "uuid4",
    /// A UUID of version 5.
    Uuid5 = "uuid5",
    /// An IPv4 address.
    Ipv4 = "ipv4",
    /// An IPv6 address.
    Ipv6 = "ipv6",
    /// An address with the length of its prefix.
    Cidr = "cidr",
    /// A hardware address.
    Mac = "mac",
    /// An Internet host name.
    Hostname = "hostname",
    /// A URI with a scheme, or an absolute path.
    Uri = "uri",
    /// A mail address.
    Email = "email",
    /// A colour such as `#ff00aa`.
    HexColor = "hexcolor",
    /// An RFC 1123 label.
    ShortName = "k8s-short-name",
    /// An RFC 1123 subdomain.
    LongName = "k8s-long-name",
}

/// Formats that kube-apiserver enforces and we do not: a schema that asks for one is refused instead of being taken lightly.
pub(super) const REFUSED: [&str; 7] = ["bsonobjectid", "isbn", "isbn10", "isbn13", "creditcard", "ssn", "rgbcolor"];

impl Format {
    /// Whether a value has the format. Values of a type the format does not speak of have it.
    #[must_use]
    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Int32, Value::Number(number)) => {
                number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) || number.as_f64().is_some_and(is_whole_32)
            }
            (Self::Int64, Value::Number(number)) => !number.is_u64() || number.as_i64().is_some(),
            (_, Value::String(text)) => self.accepts_text(text),
            _ => true,
        }
    }

    fn accepts_text(self, text: &str) -> bool {
        match self {
            Self::Int32 | Self::Int64 => true,
            Self::Byte => !text.is_empty() && !text.contains(['\r', '\n']) && is_base64(text),
            Self::DateTime => is_date_time(&text.to_ascii_uppercase()),
            Self::Date => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
            Self::Duration => is_duration(text) || is_spoken_duration(text),
            Self::Uuid => is_uuid(text, None),
            Self::Uuid3 => is_uuid(text, Some(b'3')),
            Self::Uuid4 => is_uuid(text, Some(b'4')),
            Self::Uuid5 => is_uuid(text, Some(b'5')),
            Self::Ipv4 => is_ipv4(text),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Cidr => is_cidr(text),
            Self::Mac => is_mac(text),
            Self::Hostname => is_hostname(text),
            Self::Uri => is_uri(text),
            Self::Email => text.rsplit_once('@').is_some_and(|(local, domain)| is_mail_word(local) && is_mail_word(domain)),
            Self::HexColor => is_hex_color(text),
            Self::ShortName => names::dns_label(text).is_ok(),
            Self::LongName => names::dns_subdomain(text).is_ok(),
        }
    }
}

fn is_whole_32(number: f64) -> bool {
    number.fract() == 0.0 && (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number)
}

/// Whether a text is standard base64, line breaks aside, as Go decodes it.
pub(super) fn is_base64(text: &str) -> bool {
    let engine = base64::engine::general_purpose::STANDARD;
    if text.contains(['\r', '\n']) { engine.decode(text.replace(['\r', '\n'], "")).is_ok() } else { engine.decode(text).is_ok() }
}

/// Whether a text is an RFC 3339 time as Go parses it: capital `T` and `Z`, seconds, an offset.
pub(super) fn is_date_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let separators =
        bytes.len() >= 20 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[10] == b'T' && bytes[13] == b':' && bytes[16] == b':';
    let ends = bytes.last().is_some_and(|last| *last == b'Z' || last.is_ascii_digit());
    separators && ends && !text.contains(['[', ',']) && text.parse::<Timestamp>().is_ok()
}

/// Go's durations: a sign, then numbers with units; a bare zero has none.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut any = false;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - after.len()];
        let unit = ["ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "w"].into_iter().find(|unit| after.starts_with(*unit));
        let (true, Some(unit)) = (number.parse::<f64>().is_ok(), unit) else { return false };
        rest = &after[unit.len()..];
        any = true;
    }
    any
}

fn is_uuid(text: &str, version: Option<u8>) -> bool {
    let bytes = text.as_bytes();
    let hyphenated = bytes.len() == 36 && [8, 13, 18, 23].iter().all(|at| bytes[*at] == b'-');
    let plain = bytes.len() == 32;
    let hex = bytes.iter().filter(|byte| **byte != b'-').all(u8::is_ascii_hexdigit);
    let digits = bytes.iter().filter(|byte| **byte != b'-').count() == 32;
    let says = version.is_none_or(|version| bytes.get(if plain { 12 } else { 14 }) == Some(&version));
    (hyphenated || plain) && hex && digits && says
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.bytes().all(|byte| byte.is_ascii_digit()) && length.parse::<u8>().is_ok_and(|length| length <= most)
}

fn is_mac(text: &str) -> bool {
    let by = |separator: char, digits: usize, groups: &[usize]| {
        let parts: usize = text.split(separator).count();
        let fits = |part: &str| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        groups.contains(&parts) && text.split(separator).all(fits)
    };
    // Sixteen digits without a separator are what its pattern lets through.
    let plain = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain || by(':', 2, &[6, 8, 20]) || by('-', 2, &[6, 8, 20]) || by('.', 4, &[3, 4, 10])
}

/// Four numbers, which may begin with zeroes, or the same written as an IPv6 address.
fn is_ipv4(text: &str) -> bool {
    let octet = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u8>().is_ok();
    let mapped = || text.parse::<Ipv6Addr>().is_ok_and(|address| address.to_ipv4_mapped().is_some());
    (text.split('.').count() == 4 && text.split('.').all(octet)) || mapped()
}

/// The host names that kube-apiserver takes: one label with at most one dash, after its first character, or labels of which the last
/// consists of two letters or more. Symbols count as letters there, but for the last label.
fn is_hostname(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphabetic()) || "$+<=>^`|~".contains(c);
    let first = |label: &str| label.starts_with(letter) && label.len() <= 63;
    let inner = |label: &str| first(label) && label.ends_with(letter) && label.chars().all(|c| c == '-' || letter(c));
    match text.rsplit_once('.') {
        None => first(text) && text.chars().enumerate().all(|(at, c)| letter(c) || (at == 1 && c == '-')),
        Some((labels, last)) => {
            let ends = (2..=63).contains(&last.len()) && last.chars().all(|c| c.is_ascii_alphabetic() || (!c.is_ascii() && letter(c)));
            text.len() <= 255 && ends && labels.split('.').all(inner)
        }
    }
}

/// A number followed by the name of a unit, anywhere in the text, which is what kube-apiserver takes besides Go's durations.
fn is_spoken_duration(text: &str) -> bool {
    /// Names of units that must be written so, and beginnings of longer names.
    const UNITS: [(&[&str], &str); 8] = [
        (&["ns"], "nano"),
        (&["us", "µs"], "micro"),
        (&["ms"], "milli"),
        (&["s"], "sec"),
        (&["m"], "min"),
        (&["h", "hr"], "hour"),
        (&["d"], "day"),
        (&["w", "wk"], "week"),
    ];
    let numbers = text.char_indices().filter(|(_, c)| c.is_ascii_digit());
    let units = numbers.map(|(at, _)| text[at + 1..].trim_start()).filter(|rest| rest.starts_with(|c: char| !c.is_ascii_digit()));
    let mut units = units.map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(rest.len());
        rest[..end].to_lowercase()
    });
    units.any(|unit| UNITS.iter().any(|(exact, start)| exact.contains(&unit.as_str()) || unit.starts_with(start)))
}

fn is_uri(text: &str) -> bool {
    let clean = !text.chars().any(|c| c.is_control() || c == ' ');
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
    });
    clean && (scheme || text.starts_with('/'))
}

fn is_mail_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | ','))
}

fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_accepts_and_refuses_its_edge_cases() {
        for (format, good, bad) in [
            ("byte", vec!["YQ=="], vec!["", "YQ", "*", "YQ=\n="]),
            (
                "date-time",
                vec!["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.5+02:00", "2026-11-22t10:00:00z"],
                vec!["", "2026-11-22", "2026-11-22 10:00:00Z", "2026-13-22T10:00:00Z", "2026-11-22T10:00Z"],
            ),
            ("date", vec!["2026-11-22"], vec!["2026-11-31", "20261122"]),
            ("duration", vec!["0", "1h30m", "-1.5s", "10ms", "P1D", "5 seconds", "3 days"], vec!["", "1", "h", "1x", "5 moons"]),
            ("uuid", vec!["01234567-89ab-cdef-0123-456789abcdef"], vec!["01234567-89ab-cdef-0123-456789abcde", "x"]),
            ("uuid4", vec!["01234567-89ab-4def-8123-456789abcdef"], vec!["01234567-89ab-5def-8123-456789abcdef"]),
            ("ipv4", vec!["10.0.0.1", "01.2.3.4", "::ffff:1.2.3.4"], vec!["10.0.0", "::1", "1.2.3.400"]),
            ("ipv6", vec!["::1"], vec!["10.0.0.1"]),
            ("cidr", vec!["10.0.0.0/8", "fe80::/64"], vec!["10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8"]),
            ("mac", vec!["01:23:45:67:89:ab", "0123.4567.89ab", "4111111111111111"], vec!["01:23", "0g:23:45:67:89:ab"]),
            ("hostname", vec!["a.example.com", "a", "a-b", "b.co"], vec!["", "-a", "a b", "abc-d", "1.2.3.4", "a.b.c", "A.b", "a.b."]),
            ("uri", vec!["https://a/b", "/a"], vec!["a b", "a"]),
            ("email", vec!["a@example.com"], vec!["a", "@a", "a@"]),
            ("hexcolor", vec!["#fff", "00ff00"], vec!["#ffff"]),
            ("k8s-short-name", vec!["a-b"], vec!["a.b"]),
            ("k8s-long-name", vec!["a.b"], vec!["A"]),
        ] {
            let known = Format::parse(format).unwrap();
            for text in good {
                assert!(known.accepts(&Value::from(text)), "{format} {text:?}");
            }
            for text in bad {
                assert!(!known.accepts(&Value::from(text)), "{format} {text:?}");
            }
        }
    }

    #[test]
    fn numbers_are_held_to_their_width() {
        assert!(Format::Int32.accepts(&Value::from(i32::MAX)));
        assert!(!Format::Int32.accepts(&Value::from(i64::from(i32::MAX) + 1)));
        assert!(!Format::Int64.accepts(&Value::from(u64::MAX)));
    }
}
