//! Durations as kubectl prints them.

use jiff::{SignedDuration, Timestamp};

/// The time between two moments in at most two units, the finer the shorter it is: `119s`, `2m3s`, `90m`, `3h4m`, `5d`, `2y33d`.
///
/// A moment more than a second in the future reads `<invalid>`, because the clocks disagree.
#[must_use]
pub fn human_duration(from: Timestamp, to: Timestamp) -> String {
    words(to.duration_since(from))
}

/// A duration in at most two units, by the rules of [`human_duration`].
pub(super) fn words(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1 => "0s".to_owned(),
        0..120 => format!("{seconds}s"),
        _ if minutes < 10 => pair(minutes, "m", seconds % 60, "s"),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, "h", minutes % 60, "m"),
        _ if hours < 48 => format!("{hours}h"),
        _ if days < 8 => pair(days, "d", hours % 24, "h"),
        _ if days < 2 * 365 => format!("{days}d"),
        _ if days < 8 * 365 => pair(days / 365, "y", days % 365, "d"),
        _ => format!("{}y", days / 365),
    }
}

fn pair(coarse: i64, unit: &str, fine: i64, fine_unit: &str) -> String {
    if fine == 0 { format!("{coarse}{unit}") } else { format!("{coarse}{unit}{fine}{fine_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_duration_the_coarser_its_words() {
        for (seconds, expected) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (123, "2m3s"),
            (10 * 60 - 1, "9m59s"),
            (10 * 60, "10m"),
            (3 * 3600 - 1, "179m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 4 * 60, "3h4m"),
            (8 * 3600, "8h"),
            (48 * 3600 - 1, "47h"),
            (48 * 3600, "2d"),
            (2 * 86400 + 3600, "2d1h"),
            (8 * 86400, "8d"),
            (2 * 365 * 86400 - 1, "729d"),
            (2 * 365 * 86400, "2y"),
            ((2 * 365 + 33) * 86400, "2y33d"),
            (8 * 365 * 86400, "8y"),
        ] {
            assert_eq!(words(SignedDuration::from_secs(seconds)), expected, "{seconds} s");
        }
    }
}
