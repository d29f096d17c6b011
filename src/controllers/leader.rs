//! One of several: an election by a Lease, so that controllers of two processes do not fight.
//!
//! Receives a client and who stands for election; hands on when the lead is won and when it is lost. Invariant: a lead is given up before
//! another process can win it, as long as clocks run about equally fast; no two clocks are compared with each other, since only changes of
//! the Lease are timed, each on the clock of the process that sees them.
//!
//! See <https://kubernetes.io/docs/concepts/architecture/leases/>.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Client;
use kube::api::{Api, ObjectMeta, PostParams};
use tokio::time::{Instant, sleep, timeout};

use super::complaints::Complaints;
use crate::ambient::Ambient;

const NAMESPACE: &str = "kube-system";
const NAME: &str = "trueup-controllers";

/// After this long without a renewal others may take the lead.
const DURATION: Duration = Duration::from_secs(15);

/// After this long without a renewal the lead is given up.
const DEADLINE: Duration = Duration::from_secs(10);

/// How often the lead is renewed, or stood for.
const RETRY: Duration = Duration::from_secs(2);

/// How long giving up the lead at the end may take.
const FAREWELL: Duration = Duration::from_millis(500);

/// One who stands for election.
pub(super) struct Elector {
    api: Api<Lease>,
    ambient: Ambient,
    identity: String,
    seen: Option<Seen>,
    complaints: Complaints,
}

/// The Lease as it was seen, and when it was first seen so.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    holder: String,
    renewed: Option<MicroTime>,
    lasts: Duration,
    since: Instant,
}

/// Whose the lead is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Mine,
    Free,
    Taken,
}

impl Elector {
    pub(super) fn new(client: Client, ambient: Ambient) -> Self {
        let identity = format!("trueup-{}_{}", std::process::id(), ambient.uid());
        Self { api: Api::namespaced(client, NAMESPACE), ambient, identity, seen: None, complaints: Complaints::default() }
    }

    /// Waits until the lead is won.
    pub(super) async fn win(&mut self) {
        loop {
            match timeout(DEADLINE, self.attempt()).await {
                Ok(Ok(true)) => {
                    tracing::info!(identity = %self.identity, "won the lead over the controllers");
                    return;
                }
                Ok(Ok(false)) | Err(_) => {}
                Ok(Err(error)) => self.complaints.tell("cannot stand for the lead over the controllers", &error),
            }
            sleep(RETRY).await;
        }
    }

    /// Renews the lead; comes back when it is lost.
    pub(super) async fn keep(&mut self) {
        let mut renewed = Instant::now();
        while renewed.elapsed() < DEADLINE {
            sleep(RETRY).await;
            let left = DEADLINE.saturating_sub(renewed.elapsed());
            match timeout(left, self.attempt()).await {
                Ok(Ok(true)) => renewed = Instant::now(),
                Ok(Ok(false)) => break,
                Ok(Err(error)) => self.complaints.tell("cannot renew the lead over the controllers", &error),
                Err(_) => {}
            }
        }
        tracing::warn!(identity = %self.identity, "lost the lead over the controllers");
    }

    /// Gives the lead up where it is held, so that another need not wait until it runs out.
    pub(super) async fn resign(&mut self) {
        let resigned = timeout(FAREWELL, async {
            let Some(mut lease) = self.api.get_opt(NAME).await? else { return Ok(()) };
            if holder(&lease) != self.identity {
                return Ok(());
            }
            let spec = lease.spec.get_or_insert_default();
            spec.holder_identity = None;
            spec.lease_duration_seconds = Some(1);
            spec.renew_time = Some(MicroTime(self.ambient.now()));
            self.api.replace(NAME, &PostParams::default(), &lease).await.map(drop)
        });
        if let Ok(Err(error)) = resigned.await {
            let error: kube::Error = error;
            tracing::debug!(%error, "the lead over the controllers runs out by itself");
        }
    }

    /// Takes or renews the lead if it can be had. Another who is faster has it.
    async fn attempt(&mut self) -> Result<bool, kube::Error> {
        let now = Instant::now();
        let lease = self.api.get_opt(NAME).await?;
        let seen = lease.as_ref().map(|lease| see(self.seen.take(), lease, now));
        let standing = seen.as_ref().map_or(Standing::Free, |seen| seen.standing(&self.identity, now));
        self.seen = seen;
        if standing == Standing::Taken {
            return Ok(false);
        }
        let next = self.next(lease.as_ref(), standing);
        let written = match lease {
            None => self.api.create(&PostParams::default(), &next).await,
            Some(_) => self.api.replace(NAME, &PostParams::default(), &next).await,
        };
        match written {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The Lease with the lead in our hands, pinned to the revision that was read.
    fn next(&self, lease: Option<&Lease>, standing: Standing) -> Lease {
        let before = lease.and_then(|lease| lease.spec.clone()).unwrap_or_default();
        let now = MicroTime(self.ambient.now());
        let new = standing != Standing::Mine;
        let spec = LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(DURATION.as_secs()).ok(),
            acquire_time: if new { Some(now.clone()) } else { before.acquire_time.clone() },
            renew_time: Some(now),
            lease_transitions: Some(before.lease_transitions.unwrap_or_default() + i32::from(new && lease.is_some())),
            ..before
        };
        let metadata = lease.map_or_else(
            || ObjectMeta { name: Some(NAME.to_owned()), namespace: Some(NAMESPACE.to_owned()), ..ObjectMeta::default() },
            |lease| lease.metadata.clone(),
        );
        Lease { metadata, spec: Some(spec) }
    }
}

fn holder(lease: &Lease) -> &str {
    lease.spec.as_ref().and_then(|spec| spec.holder_identity.as_deref()).unwrap_or_default()
}

/// The Lease as it is now; the time it is known so starts anew with every change.
fn see(before: Option<Seen>, lease: &Lease, now: Instant) -> Seen {
    let spec = lease.spec.as_ref();
    let seconds = spec.and_then(|spec| spec.lease_duration_seconds).and_then(|seconds| u64::try_from(seconds).ok());
    let seen = Seen {
        holder: holder(lease).to_owned(),
        renewed: spec.and_then(|spec| spec.renew_time.clone()),
        lasts: seconds.map_or(DURATION, Duration::from_secs),
        since: now,
    };
    match before {
        Some(before) if before.holder == seen.holder && before.renewed == seen.renewed => Seen { since: before.since, ..seen },
        _ => seen,
    }
}

impl Seen {
    fn standing(&self, identity: &str, now: Instant) -> Standing {
        if self.holder == identity {
            Standing::Mine
        } else if self.holder.is_empty() || now.duration_since(self.since) > self.lasts {
            Standing::Free
        } else {
            Standing::Taken
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: &str, renewed: i64) -> Lease {
        let renew_time = Some(MicroTime(jiff::Timestamp::from_second(renewed).expect("a time")));
        let spec =
            LeaseSpec { holder_identity: Some(holder.to_owned()), lease_duration_seconds: Some(15), renew_time, ..LeaseSpec::default() };
        Lease { metadata: ObjectMeta::default(), spec: Some(spec) }
    }

    #[test]
    fn a_lead_is_free_when_nobody_holds_it_or_it_was_seen_unchanged_for_its_time() {
        let now = Instant::now();
        let later = now + Duration::from_secs(16);
        let seen = see(None, &lease("other", 5), now);
        assert_eq!(seen.standing("me", now), Standing::Taken);
        assert_eq!(see(Some(seen.clone()), &lease("other", 5), later).standing("me", later), Standing::Free);
        assert_eq!(see(Some(seen.clone()), &lease("other", 6), later).standing("me", later), Standing::Taken);
        assert_eq!(see(Some(seen), &lease("", 6), now).standing("me", now), Standing::Free);
        assert_eq!(see(None, &lease("me", 6), now).standing("me", later), Standing::Mine);
    }

    #[test]
    fn the_clock_of_the_holder_does_not_matter() {
        let now = Instant::now();
        assert_eq!(see(None, &lease("other", -1_000_000), now).standing("me", now), Standing::Taken);
    }
}
