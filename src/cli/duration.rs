//! Times on the command line, as Go and kubectl write them: `30s`, `1m30s`, `1.5h`, `-1s`; a bare number counts seconds.

use std::time::Duration;

use jiff::SignedDuration;

const UNITS: &[(&str, i128)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("", 1_000_000_000),
];

/// The longest time, which is Go's: 292 years. A time as long as an `i64` counts seconds leads beyond any moment that the system knows.
const LONGEST: i128 = i64::MAX as i128;

/// Reads a time that may be negative.
pub(super) fn signed(text: &str) -> Result<SignedDuration, String> {
    let problem = || format!("{text:?} is no time; write 30s, 5m or 1h");
    let (negative, mut rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if rest.is_empty() {
        return Err(problem());
    }
    let mut nanoseconds: i128 = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len()));
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
        let scale = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, scale)| *scale).ok_or_else(problem)?;
        nanoseconds = scaled(number, scale).and_then(|part| nanoseconds.checked_add(part)).ok_or_else(problem)?;
        rest = after;
    }
    if nanoseconds > LONGEST {
        return Err(format!("{text:?} is too long; the longest time is 2562047h"));
    }
    let seconds = i64::try_from(nanoseconds / 1_000_000_000).map_err(|_| problem())?;
    let duration = SignedDuration::new(seconds, i32::try_from(nanoseconds % 1_000_000_000).map_err(|_| problem())?);
    Ok(if negative { -duration } else { duration })
}

/// Reads a time of zero or more.
pub(super) fn unsigned(text: &str) -> Result<Duration, String> {
    Duration::try_from(signed(text)?).map_err(|_| format!("{text:?} is negative"))
}

/// A decimal number of units.
fn scaled(number: &str, scale: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    // Eighteen digits behind the point are far below a nanosecond.
    let fraction = fraction.get(..18).unwrap_or(fraction);
    let part = digits(fraction)?.checked_mul(scale)? / 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    digits(whole)?.checked_mul(scale)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_kubectl_writes_them() {
        for (text, milliseconds) in [
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h", 3_600_000),
            ("0", 0),
            ("45", 45_000),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            (".5s", 500),
            ("250ms", 250),
            ("-1s", -1_000),
        ] {
            assert_eq!(signed(text), Ok(SignedDuration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["9223372036854775807s", "2562048h", "-2562048h"] {
            assert_eq!(signed(text), Err(format!("{text:?} is too long; the longest time is 2562047h")), "{text}");
        }
        assert!(std::time::Instant::now().checked_add(unsigned("2562047h").unwrap()).is_some());
        for text in ["soon", "", "-", "1d", "s", "1.2.3s", "99999999999999999999999999999999999999999h", "."] {
            assert_eq!(signed(text), Err(format!("{text:?} is no time; write 30s, 5m or 1h")), "{text}");
        }
        assert_eq!(unsigned("-1s"), Err("\"-1s\" is negative".to_owned()));
    }
}
