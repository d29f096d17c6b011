//! When the next run is due.
//!
//! Receives what happened and when (as time since the start), hands on the time of the next run and its cause. Pure. Invariants: changed
//! files are never kept waiting by failures of before; what fails is tried again in ever longer pauses, though not longer than the interval
//! by more than their spread; and who changes objects back again and again is answered more and more slowly.

use std::time::Duration;

use crate::controllers::backoff::Backoff;

/// Files are read once nothing changed for so long: several are often written one after the other.
const SETTLED_AFTER: Duration = Duration::from_millis(300);
/// Files that never settle are read after this long.
const SETTLED_WITHIN: Duration = Duration::from_secs(5);
/// Drift is corrected after this long, so that one run answers what was changed together.
const GATHERED_WITHIN: Duration = Duration::from_millis(200);
/// Drift that comes back within this time after it was corrected is a quarrel.
const CALM: Duration = Duration::from_mins(3);
/// Pauses between corrections in a quarrel.
const QUARREL: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_mins(1) };
/// The pause after the first failure, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Why a run is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It is the first.
    Start,
    /// Files changed.
    Files,
    /// Objects are not as they were left.
    Drift,
    /// The last run failed.
    Retry,
    /// The interval has passed.
    Interval,
}

impl Cause {
    /// Whether the manifests are read anew; otherwise they are as they were.
    #[must_use]
    pub fn reads_files(self) -> bool {
        matches!(self, Self::Start | Self::Files | Self::Interval)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Whether anything of it failed.
    pub failed: bool,
    /// Whether it corrected what others had changed.
    pub corrected: bool,
}

/// When to run.
#[derive(Debug, Clone)]
pub struct Pace {
    every: Duration,
    /// Spreads the pauses of processes that fail together.
    key: u64,
    /// When the last run ended; `None` before the first.
    ended: Option<Duration>,
    /// When files first and last changed since they were read.
    files: Option<(Duration, Duration)>,
    /// Since when objects are astray.
    drift: Option<Duration>,
    failures: u32,
    corrected: Option<Duration>,
    quarrels: u32,
}

impl Pace {
    /// A pace with an interval, whose first run is due at once. `key` should differ from process to process.
    #[must_use]
    pub fn new(every: Duration, key: u64) -> Self {
        Self { every, key, ended: None, files: None, drift: None, failures: 0, corrected: None, quarrels: 0 }
    }

    /// Files changed, or changed again.
    pub fn files_changed(&mut self, now: Duration) {
        let first = self.files.map_or(now, |(first, _)| first);
        self.files = Some((first, now));
    }

    /// Objects are astray.
    pub fn went_astray(&mut self, now: Duration) {
        self.drift.get_or_insert(now);
    }

    /// No object is astray any more.
    pub fn came_back(&mut self) {
        self.drift = None;
    }

    /// Whether files changed that are not read yet.
    #[must_use]
    pub fn is_settling(&self) -> bool {
        self.files.is_some()
    }

    /// Failed runs in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// A run begins, which answers everything that is known by now. Files that are not read stay as they are.
    pub fn begin(&mut self, cause: Cause) {
        if cause.reads_files() {
            self.files = None;
        }
        self.drift = None;
    }

    /// A run ended.
    pub fn end(&mut self, now: Duration, ended: Ended) {
        self.ended = Some(now);
        self.failures = if ended.failed { self.failures.saturating_add(1) } else { 0 };
        if ended.corrected {
            let again = self.corrected.is_some_and(|last| now < last + CALM);
            self.quarrels = if again { self.quarrels.saturating_add(1) } else { 0 };
            self.corrected = Some(now);
        }
    }

    /// When the next run is due, and why.
    #[must_use]
    pub fn due(&self) -> (Duration, Cause) {
        let Some(ended) = self.ended else { return (Duration::ZERO, Cause::Start) };
        let files = self.files.map(|(first, last)| ((last + SETTLED_AFTER).min(first + SETTLED_WITHIN), Cause::Files));
        let (drift, regular) = if self.failures > 0 {
            (None, (ended + self.pause(), Cause::Retry))
        } else {
            let drift = self.drift.map(|since| ((since + GATHERED_WITHIN).max(self.calm_from()), Cause::Drift));
            (drift, (ended.saturating_add(self.every), Cause::Interval))
        };
        files.into_iter().chain(drift).chain([regular]).min().unwrap_or(regular)
    }

    fn pause(&self) -> Duration {
        Backoff { first: FIRST_PAUSE.min(self.every), longest: LONGEST_PAUSE.min(self.every) }.pause(&self.key, self.failures)
    }

    /// From when on drift may be corrected again.
    fn calm_from(&self) -> Duration {
        match (self.corrected, self.quarrels) {
            (None, _) | (_, 0) => Duration::ZERO,
            (Some(last), quarrels) => last + QUARREL.pause(&self.key, quarrels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_mins(1);
    const FINE: Ended = Ended { failed: false, corrected: false };
    const FAILED: Ended = Ended { failed: true, corrected: false };
    const CORRECTED: Ended = Ended { failed: false, corrected: true };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// A pace whose first run ended after a second.
    fn begun(ended: Ended) -> Pace {
        let mut pace = Pace::new(EVERY, 7);
        pace.begin(Cause::Start);
        pace.end(ms(1_000), ended);
        pace
    }

    #[test]
    fn the_first_run_is_due_at_once_and_the_next_after_the_interval() {
        assert_eq!(Pace::new(EVERY, 7).due(), (Duration::ZERO, Cause::Start));
        assert_eq!(begun(FINE).due(), (ms(61_000), Cause::Interval));
    }

    #[test]
    fn changed_files_are_read_once_they_settle() {
        let mut pace = begun(FINE);
        pace.files_changed(ms(2_000));
        assert_eq!(pace.due(), (ms(2_300), Cause::Files));
        pace.files_changed(ms(2_200));
        assert_eq!(pace.due(), (ms(2_500), Cause::Files));
        pace.begin(Cause::Files);
        assert!(!pace.is_settling());
    }

    #[test]
    fn files_that_never_settle_are_read_all_the_same() {
        let mut pace = begun(FINE);
        (0..100).for_each(|number| pace.files_changed(ms(2_000 + 200 * number)));
        assert_eq!(pace.due(), (ms(7_000), Cause::Files));
    }

    #[test]
    fn files_that_change_while_drift_is_corrected_are_not_forgotten() {
        let mut pace = begun(FINE);
        pace.files_changed(ms(2_000));
        pace.begin(Cause::Drift);
        pace.end(ms(2_100), CORRECTED);
        assert_eq!(pace.due(), (ms(2_300), Cause::Files));
    }

    #[test]
    fn drift_is_corrected_soon_and_not_at_all_where_it_went_by_itself() {
        let mut pace = begun(FINE);
        pace.went_astray(ms(2_000));
        pace.went_astray(ms(2_150));
        assert_eq!(pace.due(), (ms(2_200), Cause::Drift));
        pace.came_back();
        assert_eq!(pace.due(), (ms(61_000), Cause::Interval));
    }

    #[test]
    fn a_quarrel_slows_down_and_is_forgotten() {
        let mut pace = begun(FINE);
        let mut now = ms(2_000);
        let mut waits = Vec::new();
        for _ in 0..9 {
            pace.went_astray(now);
            let (due, cause) = pace.due();
            assert_eq!(cause, Cause::Drift);
            waits.push((due - now).as_millis());
            pace.begin(cause);
            now = due;
            pace.end(now, CORRECTED);
        }
        assert_eq!(waits[..2], [200, 200]);
        assert!(waits[2..8].windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
        // Beyond the longest pause, the interval is what is due first.
        pace.end(now + ms(600_000), CORRECTED);
        pace.went_astray(now + ms(601_000));
        assert_eq!(pace.due(), (now + ms(601_200), Cause::Drift));
    }

    #[test]
    fn failures_are_tried_again_in_longer_pauses_up_to_the_interval() {
        let mut pace = begun(FAILED);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let (due, cause) = pace.due();
            assert_eq!(cause, Cause::Retry);
            pauses.push((due - ms(1_000)).as_millis());
            pace.end(ms(1_000), FAILED);
        }
        assert!((750..=1_250).contains(&pauses[0]), "{pauses:?}");
        assert!(pauses[..5].windows(2).all(|pair| pair[0] < pair[1]), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= 75_000), "{pauses:?}");
        pace.end(ms(1_000), FINE);
        assert_eq!(pace.due(), (ms(61_000), Cause::Interval));
    }

    #[test]
    fn a_failure_holds_drift_up_but_never_files() {
        let mut pace = begun(FAILED);
        pace.went_astray(ms(1_001));
        assert_eq!(pace.due().1, Cause::Retry);
        pace.files_changed(ms(1_100));
        assert_eq!(pace.due(), (ms(1_400), Cause::Files));
    }
}
