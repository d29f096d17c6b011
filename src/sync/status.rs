//! How the syncing goes, for probes and for Prometheus.
//!
//! Receives what each run came to, hands on texts. Invariant: no text names an object or holds a value of one, so that it may be read by
//! whoever reaches the port.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// So many failed runs in a row make what was ready not ready.
const FAILURES_TOLERATED: u32 = 5;

/// Upper bounds of the buckets of a run's length, in seconds.
const BUCKETS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ActionLabels {
    action: &'static str,
}

/// What one run came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Whether anything failed.
    pub failed: bool,
    /// How long it took.
    pub took: Duration,
    /// Seconds since 1970 at its end.
    pub ended: f64,
    /// How many objects each action was done to, failures included.
    pub objects: BTreeMap<&'static str, u64>,
    /// How many objects others had changed or deleted, and were corrected.
    pub corrected: u64,
    /// How many objects the manifests describe.
    pub size: u64,
}

/// How it has been going so far.
pub struct Status {
    registry: Registry,
    runs: Family<ResultLabels, Counter>,
    objects: Family<ActionLabels, Counter>,
    corrected: Counter,
    took: Histogram,
    last_success: Gauge<f64, AtomicU64>,
    failures_in_a_row: Gauge,
    size: Gauge,
    manifests_valid: Gauge,
    succeeded: AtomicU32,
}

impl Default for Status {
    fn default() -> Self {
        let mut registry = Registry::default();
        let (runs, objects) = (Family::default(), Family::default());
        let (corrected, took) = (Counter::default(), Histogram::new(BUCKETS));
        let last_success = Gauge::<f64, AtomicU64>::default();
        let (failures_in_a_row, size, manifests_valid) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register("trueup_sync_runs", "Runs by result: succeeded or failed", Family::clone(&runs));
        registry.register("trueup_sync_objects", "Objects by what runs did to them", Family::clone(&objects));
        registry.register("trueup_sync_drift_corrections", "Objects that others had changed and that were corrected", corrected.clone());
        registry.register("trueup_sync_duration_seconds", "How long runs took", took.clone());
        let help = "When a run last succeeded, in seconds since 1970";
        registry.register("trueup_sync_last_success_timestamp_seconds", help, last_success.clone());
        registry.register("trueup_sync_consecutive_failures", "Failed runs since the last that succeeded", failures_in_a_row.clone());
        registry.register("trueup_sync_set_size", "Objects that the manifests describe", size.clone());
        let help = "1 where the manifests can be read, 0 where those of before are kept";
        registry.register("trueup_sync_manifests_valid", help, manifests_valid.clone());
        for result in ["succeeded", "failed"] {
            // A counter that is there from the start lets a rate be taken of its first increase.
            drop(runs.get_or_create(&ResultLabels { result }));
        }
        Self {
            registry,
            runs,
            objects,
            corrected,
            took,
            last_success,
            failures_in_a_row,
            size,
            manifests_valid,
            succeeded: AtomicU32::new(0),
        }
    }
}

impl Status {
    /// Takes whether the manifests can be read.
    pub fn manifests(&self, valid: bool) {
        self.manifests_valid.set(i64::from(valid));
    }

    /// Takes what a run came to.
    pub fn ran(&self, reading: &Reading) {
        let result = if reading.failed { "failed" } else { "succeeded" };
        self.runs.get_or_create(&ResultLabels { result }).inc();
        self.took.observe(reading.took.as_secs_f64());
        for (action, count) in &reading.objects {
            self.objects.get_or_create(&ActionLabels { action }).inc_by(*count);
        }
        self.corrected.inc_by(reading.corrected);
        self.size.set(i64::try_from(reading.size).unwrap_or(i64::MAX));
        if reading.failed {
            self.failures_in_a_row.inc();
        } else {
            self.failures_in_a_row.set(0);
            self.last_success.set(reading.ended);
            self.succeeded.store(1, Ordering::SeqCst);
        }
    }

    /// Why a probe should find it not ready; `None` where it is.
    #[must_use]
    pub fn unready(&self) -> Option<String> {
        let failures = self.failures_in_a_row.get();
        match self.succeeded.load(Ordering::SeqCst) {
            0 => Some("no run has succeeded yet".to_owned()),
            _ if failures >= i64::from(FAILURES_TOLERATED) => Some(format!("the last {failures} runs failed")),
            _ => None,
        }
    }

    /// Everything counted, as Prometheus reads it.
    #[must_use]
    pub fn metrics(&self) -> String {
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => out,
            Err(error) => format!("# {error}\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(failed: bool) -> Reading {
        Reading { failed, ended: 12.5, objects: BTreeMap::from([("created", 2)]), corrected: 1, size: 3, ..Reading::default() }
    }

    #[test]
    fn it_is_ready_from_the_first_success_until_runs_fail_again_and_again() {
        let status = Status::default();
        assert_eq!(status.unready().as_deref(), Some("no run has succeeded yet"));
        status.ran(&reading(true));
        assert_eq!(status.unready().as_deref(), Some("no run has succeeded yet"));
        status.ran(&reading(false));
        (0..4).for_each(|_| status.ran(&reading(true)));
        assert_eq!(status.unready(), None);
        status.ran(&reading(true));
        assert_eq!(status.unready().as_deref(), Some("the last 5 runs failed"));
        status.ran(&reading(false));
        assert_eq!(status.unready(), None);
    }

    #[test]
    fn runs_are_counted_as_prometheus_reads_it() {
        let status = Status::default();
        status.manifests(true);
        status.ran(&reading(false));
        status.ran(&reading(true));
        let metrics = status.metrics();
        for line in [
            "trueup_sync_runs_total{result=\"succeeded\"} 1",
            "trueup_sync_runs_total{result=\"failed\"} 1",
            "trueup_sync_objects_total{action=\"created\"} 4",
            "trueup_sync_drift_corrections_total 2",
            "trueup_sync_duration_seconds_count 2",
            "trueup_sync_last_success_timestamp_seconds 12.5",
            "trueup_sync_consecutive_failures 1",
            "trueup_sync_set_size 3",
            "trueup_sync_manifests_valid 1",
        ] {
            assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
        }
    }
}
