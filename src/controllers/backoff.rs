//! How long to wait after a failure.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Pauses that double from one failure to the next, spread by a quarter in both directions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    /// The pause after the first failure.
    pub(crate) first: Duration,
    /// The longest pause, before it is spread.
    pub(crate) longest: Duration,
}

impl Backoff {
    /// The pause after this many failures in a row (1 and up).
    ///
    /// The spread comes from the key and the count alone: keys that failed together come again apart, and no source of randomness is
    /// needed.
    pub(crate) fn pause(self, key: &impl Hash, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20)).min(self.longest);
        let mut hasher = DefaultHasher::new();
        (key, failures).hash(&mut hasher);
        let percent = 75 + u32::try_from(hasher.finish() % 51).unwrap_or_default();
        doubled * percent / 100
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(5) };

    #[test]
    fn pauses_double_up_to_the_longest_and_stay_within_a_quarter() {
        for (failures, expected) in [(1, 100), (2, 200), (4, 800), (7, 5000), (1000, 5000)] {
            let pause = BACKOFF.pause(&"key", failures).as_millis();
            assert!((expected * 3 / 4..=expected * 5 / 4).contains(&pause), "{failures}: {pause}");
        }
    }

    #[test]
    fn keys_that_fail_together_come_again_apart() {
        let pauses: std::collections::BTreeSet<_> = (0..20).map(|key| BACKOFF.pause(&key, 3)).collect();
        assert!(pauses.len() > 5, "{pauses:?}");
    }
}
