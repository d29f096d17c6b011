//! Quantities such as `500m` and `1Gi`, and the one way in which the API writes each.
//!
//! Receives text, hands back text. Invariant: the value never passes through floating point.
//!
//! See <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.

/// What the API keeps of a fraction: nine digits.
const NANOS: i128 = 1_000_000_000;

/// The greatest magnitude a quantity has; greater ones are cut down to it.
const MAXIMUM: i128 = i64::MAX as i128 * NANOS;

/// How a suffix counts.
#[derive(Clone, Copy, PartialEq)]
enum Family {
    /// Powers of 1000 by letter.
    Decimal,
    /// Powers of 1024 by letter.
    Binary,
    /// Powers of ten by number.
    Exponent,
}

/// The canonical text of a quantity; `None` where the text is none.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (negative, nanos, family) = read(text)?;
    let sign = if negative && nanos != 0 { "-" } else { "" };
    Some(format!("{sign}{}", write(nanos, family)))
}

/// The value of a quantity in billionths, to compare it with others; `None` where the text is none.
pub(crate) fn billionths(text: &str) -> Option<i128> {
    let (negative, nanos, _) = read(text)?;
    Some(if negative { -nanos } else { nanos })
}

/// The text of a value in billionths, with the suffixes of powers of 1024 or of 1000.
pub(crate) fn text(billionths: i128, binary: bool) -> String {
    let sign = if billionths < 0 { "-" } else { "" };
    format!("{sign}{}", write(billionths.abs(), if binary { Family::Binary } else { Family::Decimal }))
}

/// Sign, magnitude in billionths and family.
fn read(text: &str) -> Option<(bool, i128, Family)> {
    let text = text.trim();
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let suffix = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let (family, power) = read_suffix(suffix)?;
    let nanos = read_number(&rest[..rest.len() - suffix.len()], family, power)?;
    Some((negative, nanos, family))
}

/// The family of a suffix and its power: of ten, or of 1024.
fn read_suffix(suffix: &str) -> Option<(Family, i32)> {
    const DECIMAL: [(&str, i32); 10] =
        [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
    const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Some((Family::Decimal, *power));
    }
    if let Some(power) = (1..).zip(BINARY).find_map(|(power, name)| (name == suffix).then_some(power)) {
        return Some((Family::Binary, power));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // An exponent beyond what any quantity holds only needs to stay beyond it.
    is_number.then(|| (Family::Exponent, exponent.parse().unwrap_or(i32::MAX).clamp(-100, 100)))
}

/// The magnitude in billionths, rounded up and cut down to the maximum.
fn read_number(number: &str, family: Family, power: i32) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || fraction.contains('.') {
        return None;
    }
    let factor = if family == Family::Binary { 1024_i128.pow(power.unsigned_abs()) } else { 1 };
    let shift = if family == Family::Binary { 9 } else { 9 + power };
    let digits = || whole.bytes().chain(fraction.bytes()).map(|byte| i128::from(byte - b'0'));
    let point = i32::try_from(whole.len()).unwrap_or(i32::MAX / 2);
    let mut nanos: i128 = 0;
    let mut lost = false;
    for (index, digit) in (1..).zip(digits()) {
        // The digit stands for digit * 10^(point - index + shift) billionths, times the factor of a binary suffix.
        let exponent = point - index + shift;
        let part = match u32::try_from(exponent) {
            Ok(exponent) if digit != 0 => 10_i128.checked_pow(exponent).and_then(|ten| ten.checked_mul(digit * factor)).unwrap_or(MAXIMUM),
            Ok(_) => 0,
            Err(_) => {
                let unit = 10_i128.checked_pow(exponent.unsigned_abs()).unwrap_or(i128::MAX);
                lost |= (digit * factor) % unit != 0;
                digit * factor / unit
            }
        };
        nanos = (nanos + part).min(MAXIMUM);
    }
    Some((nanos + i128::from(lost)).min(MAXIMUM))
}

fn write(nanos: i128, family: Family) -> String {
    if family == Family::Binary && nanos >= 1024 * NANOS {
        let mut units = (nanos + NANOS - 1) / NANOS;
        let mut power = 0;
        while units % 1024 == 0 && power < 6 {
            units /= 1024;
            power += 1;
        }
        return format!("{units}{}", ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"][power]);
    }
    if nanos == 0 {
        return "0".to_owned();
    }
    let mut mantissa = nanos;
    let mut power = 0;
    while mantissa % 1000 == 0 && power < 9 {
        mantissa /= 1000;
        power += 1;
    }
    match family {
        Family::Exponent if power != 3 => format!("{mantissa}e{}", power * 3 - 9),
        _ => format!("{mantissa}{}", ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"][usize::try_from(power).unwrap_or(0)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_quantity_has_one_text() {
        for (text, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("0Gi", "0"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            ("+.5", "500m"),
            ("1.", "1"),
            ("-1.5", "-1500m"),
            ("1000", "1k"),
            ("1024", "1024"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1Ki", "1Ki"),
            ("1e3", "1e3"),
            ("12E6", "12e6"),
            ("1E-3", "1e-3"),
            ("1E", "1E"),
            ("100e0", "100"),
            ("0.1m", "100u"),
            ("0.0000000001", "1n"),
            ("1.0000000001", "1000000001n"),
            ("9223372036854775807", "9223372036854775807"),
            ("99999999999999999999", "9223372036854775807"),
            ("123456789", "123456789"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
            assert_eq!(canonical(expected).as_deref(), Some(expected), "{expected} is its own text");
        }
    }

    #[test]
    fn other_texts_are_no_quantities() {
        for text in ["", "m", "1.2.3", "1 Gi", "1gi", "1e", "1K", ".", "--1", "1e1e", "é", "1é"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
