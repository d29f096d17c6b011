//! What a running server counts, in the Prometheus text format, under the names that kube-apiserver uses where it has the same.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::store::cache::Cache;

/// The counters of one API.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<DurationLabels, Histogram>,
    watchers: Gauge,
    revision: Gauge,
    size: Family<EngineLabels, Gauge>,
}

/// What a request was, for counting.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) verb: String,
    pub(super) group: String,
    pub(super) version: String,
    pub(super) resource: String,
    pub(super) subresource: String,
    pub(super) code: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    verb: String,
    group: String,
    resource: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EngineLabels {
    engine: &'static str,
}

/// Upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::default();
        let requests = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let (watchers, revision, size) = (Gauge::default(), Gauge::default(), Family::default());
        registry.register("apiserver_request", "Requests by verb, resource and code", Family::clone(&requests));
        let help = "Time until the answer of a request began, in seconds";
        registry.register("apiserver_request_duration_seconds", help, Family::clone(&durations));
        registry.register("apiserver_longrunning_requests", "Watches being served", Gauge::clone(&watchers));
        registry.register("apiserver_storage_revision", "The newest revision that the watch cache has handed out", Gauge::clone(&revision));
        registry.register("apiserver_storage_size_bytes", "What the store takes", Family::clone(&size));
        Self { registry, requests, durations, watchers, revision, size }
    }

    /// Counts one answered request.
    pub(super) fn count(&self, labels: &RequestLabels, took: Duration) {
        let durations = DurationLabels { verb: labels.verb.clone(), group: labels.group.clone(), resource: labels.resource.clone() };
        // A watch lasts as long as its client likes; its length says nothing of the server.
        if durations.verb != "WATCH" {
            self.durations.get_or_create(&durations).observe(took.as_secs_f64());
        }
        self.requests.get_or_create(labels).inc();
    }

    /// Everything counted, as Prometheus reads it.
    pub(super) async fn text(&self, cache: &Cache) -> String {
        self.watchers.set(i64::try_from(cache.watchers()).unwrap_or(i64::MAX));
        self.revision.set(i64::try_from(cache.seen().0).unwrap_or(i64::MAX));
        if let Ok(Some(bytes)) = cache.store().size_bytes().await {
            let labels = EngineLabels { engine: cache.store().engine() };
            self.size.get_or_create(&labels).set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => out,
            Err(error) => format!("# {error}\n"),
        }
    }
}
