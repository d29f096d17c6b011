//! What an unquoted YAML scalar means to kubectl.
//!
//! The rules are those of `sigs.k8s.io/yaml` (YAML 1.1 with the exceptions of its Go reader: sexagesimal numbers and dates stay text,
//! integers follow Go's literal syntax). Invariant: this is the only place that decides, for reading and for quoting alike.

use serde_json::Value;

/// The meaning of an unquoted scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar {
    /// Null, as `~` or nothing at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer that 64 signed bits cannot hold, which kubectl turns into the nearest float.
    Wide(f64),
    /// A number with a point or an exponent, or one that is not finite.
    Float(f64),
    /// None of these: the text itself.
    Text,
}

impl Scalar {
    /// The JSON value, `None` where JSON has none (infinities, not-a-number).
    ///
    /// Kubernetes numbers pass through Go's JSON writer, which prints a float without a fraction as an integer; so do we.
    pub(super) fn into_value(self, text: impl FnOnce() -> String) -> Option<Value> {
        Some(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => value.into(),
            Self::Int(value) => value.into(),
            Self::Text => text().into(),
            Self::Wide(value) | Self::Float(value) => match value.to_string().parse::<i64>() {
                Ok(integer) => integer.into(),
                Err(_) => Value::Number(serde_json::Number::from_f64(value)?),
            },
        })
    }
}

/// Whose reading of unquoted words counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `yes`, `on`, `y` and their like are booleans.
    Kubectl,
    /// They are text: kustomize reads resources and patches by YAML 1.2 in this.
    Kustomize,
}

/// Reads an unquoted scalar as one of them does.
pub(super) fn resolve_as(text: &str, dialect: Dialect) -> Scalar {
    match resolve(text) {
        Scalar::Bool(_) if dialect == Dialect::Kustomize && !["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)) => {
            Scalar::Text
        }
        scalar => scalar,
    }
}

/// Reads an unquoted scalar.
pub(super) fn resolve(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'~' | b'n' | b'N' | b'y' | b'Y' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => word(text),
        b'.' => match text {
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            _ if underscores_part_digits(text) => float(&text.replace('_', "")),
            _ => Scalar::Text,
        },
        b'+' | b'-' | b'0'..=b'9' => number(text),
        _ => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        _ => Scalar::Text,
    }
}

fn number(text: &str) -> Scalar {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let plain = if text.contains('_') { text.replace('_', "") } else { text.to_owned() };
    integer(&plain).unwrap_or_else(|| float(&plain))
}

/// An integer in Go's syntax (`strconv.ParseInt` with base 0): `0x`, `0o`, `0b`, and a bare leading zero for octal.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', _, ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', _, ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', _, ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -magnitude } else { magnitude };
    match i64::try_from(value) {
        Ok(value) => Some(Scalar::Int(value)),
        // Go has an unsigned type to fall back on for these but none for the negative ones, which only the float syntax takes.
        Err(_) if !negative => Some(Scalar::Wide(value as f64)),
        Err(_) => None,
    }
}

/// A number in YAML's decimal float syntax; one too great for a float is text, as in Go.
fn float(text: &str) -> Scalar {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !digits.is_empty() && all_digits(digits)
        });
    match text.parse::<f64>() {
        Ok(value) if well_formed && value.is_finite() => Scalar::Float(value),
        _ => Scalar::Text,
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn underscores_part_digits(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).filter(|&index| bytes[index] == b'_').all(|index| index > 0 && digit(index - 1) && digit(index + 1))
}

impl Scalar {
    /// The text of a mapping key written so, `None` where it cannot be a key: null, what is not finite, and integers beyond 64 signed
    /// bits, which kubectl refuses in part and rounds in part.
    pub(super) fn into_key(self, text: impl FnOnce() -> String) -> Option<String> {
        match self {
            Self::Null | Self::Wide(_) => None,
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => value.is_finite().then(|| short_float(value as f32)),
            Self::Text => Some(text()),
        }
    }
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 32)`, which is how `sigs.k8s.io/yaml` prints a float that is a key.
fn short_float(value: f32) -> String {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Whether an unquoted scalar would be read, here or by another YAML 1.1 reader, as anything but the text itself.
///
/// Dates, sexagesimal numbers and `=` are text to kubectl, yet other readers take them for something else; kubectl quotes the first two.
pub(super) fn is_ambiguous(text: &str) -> bool {
    resolve(text) != Scalar::Text || matches!(text, "<<" | "=") || looks_like_date(text) || is_sexagesimal(text)
}

fn looks_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[5].is_ascii_digit()
}

/// Numbers such as `1:30` or `-12:05:59.5`, in base 60.
fn is_sexagesimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some((first, rest)) = unsigned.split_once(':') else { return false };
    let (rest, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.split(':').all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}
