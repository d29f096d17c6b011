//! How far a live object is on the way to what it describes.
//!
//! Receives an object as the server holds it, hands on its [`Readiness`]. The rules are those that kstatus made common
//! (<https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus>): a deletion under way comes first, then the generation that
//! the controller has observed, then the conditions `Reconciling` and `Stalled`, then what a built-in kind says of itself, and for
//! all other kinds the condition `Ready`. Invariant: pure; an object whose kind promises nothing is ready as soon as it exists.
//!
//! Stricter than kstatus: a workload that no controller has observed yet is not ready, a Job is ready when it is complete, and a
//! Service of type LoadBalancer when it has an address.

mod control;
mod facts;
mod pods;
mod volumes;
mod workloads;

use std::fmt;

use jiff::Timestamp;

use crate::object::Object;
use facts::Facts;

/// How far an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It is what it describes.
    Ready,
    /// It is on the way.
    InProgress {
        /// What is missing.
        reason: String,
    },
    /// It did not get there.
    Failed {
        /// Why.
        reason: String,
        /// Whether it may get there by itself all the same, as a container that is started again may.
        may_recover: bool,
    },
    /// It is being deleted.
    Terminating {
        /// What the deletion waits for.
        reason: String,
    },
    /// It does not exist.
    NotFound,
}

impl Readiness {
    /// The word for the state, such as `in progress`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::InProgress { .. } => "in progress",
            Self::Failed { .. } => "failed",
            Self::Terminating { .. } => "terminating",
            Self::NotFound => "not found",
        }
    }

    /// Why it is not ready; empty where there is nothing to say.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::InProgress { reason } | Self::Failed { reason, .. } | Self::Terminating { reason } => reason,
            Self::Ready | Self::NotFound => "",
        }
    }

    /// Whether waiting longer is in vain.
    #[must_use]
    pub fn is_final_failure(&self) -> bool {
        matches!(self, Self::Failed { may_recover: false, .. })
    }

    fn in_progress(reason: impl Into<String>) -> Self {
        Self::InProgress { reason: reason.into() }
    }

    fn failed(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), may_recover: false }
    }

    fn failing(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into(), may_recover: true }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        if self.reason().is_empty() { Ok(()) } else { write!(f, ": {}", self.reason()) }
    }
}

/// How far an object is at the time `now`.
#[must_use]
pub fn readiness(object: &Object, now: Timestamp) -> Readiness {
    let facts = Facts::of(object);
    facts.terminating().or_else(|| facts.unobserved()).or_else(|| facts.standard_conditions()).unwrap_or_else(|| own_rules(object, now))
}

/// What a kind says of itself.
fn own_rules(object: &Object, now: Timestamp) -> Readiness {
    let facts = Facts::of(object);
    let group = object.gvk().map(|gvk| gvk.group).unwrap_or_default();
    match (group.as_str(), object.kind()) {
        ("apps", "Deployment") => workloads::deployment(facts),
        ("apps", "StatefulSet") => workloads::stateful_set(facts),
        ("apps", "DaemonSet") => workloads::daemon_set(facts),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => workloads::replica_set(facts),
        ("batch", "Job") => workloads::job(facts),
        ("", "Pod") => pods::pod(facts, now),
        ("", "PersistentVolumeClaim") => volumes::claim(facts),
        ("", "PersistentVolume") => volumes::volume(facts),
        ("storage.k8s.io", "VolumeAttachment") => volumes::attachment(facts),
        ("", "Service") => control::service(facts),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => control::definition(facts),
        ("apiregistration.k8s.io", "APIService") => control::api_service(facts),
        ("autoscaling", "HorizontalPodAutoscaler") => control::autoscaler(facts),
        ("policy", "PodDisruptionBudget") => control::disruption_budget(facts),
        ("certificates.k8s.io", "CertificateSigningRequest") => control::signing_request(facts),
        // Controllers write an address into an Ingress only where they have one of their own, so its absence says nothing.
        ("networking.k8s.io", "Ingress") | ("batch", "CronJob") => Readiness::Ready,
        _ => facts.ready_condition(),
    }
}

#[cfg(test)]
mod tests;
