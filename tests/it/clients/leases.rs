//! Leader election over leases, as client-go has it: whoever writes first leads, and a stale leader's write is refused.
//!
//! kube-rs has none of its own, so the candidates are here. Their clock is a number that the tests move; nothing waits for a lease to expire.

use futures::StreamExt as _;
use futures::future::join_all;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::watcher::{self, watcher};
use kube::{Client, ResourceExt};
use serde_json::json;
use tokio::task::block_in_place;

use super::kube_rs::{PATIENCE, client, eventually};
use crate::harness::server::{Engine, TestServer, on_every_engine};

/// The lease that they are after.
const LEASE: &str = "leader";

/// How many seconds a lease is good for that is not renewed.
const LASTS: i32 = 15;

/// Somebody who would lead, and the lease as it was seen last.
#[derive(Clone)]
struct Candidate {
    leases: Api<Lease>,
    name: String,
    seen: Option<Lease>,
    seen_at: i64,
}

impl Candidate {
    fn new(client: &Client, name: &str) -> Self {
        Self { leases: Api::default_namespaced(client.clone()), name: name.to_owned(), seen: None, seen_at: 0 }
    }

    /// Looks at the lease. A holder is judged by when its last renewal was seen, never by the time that it wrote.
    async fn look(&mut self, now: i64) {
        let found = self.leases.get_opt(LEASE).await.unwrap();
        if found.as_ref().and_then(ResourceExt::resource_version) != self.seen.as_ref().and_then(ResourceExt::resource_version) {
            (self.seen, self.seen_at) = (found, now);
        }
    }

    /// Takes or renews the lease as it was seen; answers whether this candidate leads.
    async fn seize(&mut self, now: i64) -> bool {
        let spec = self.seen.as_ref().and_then(|lease| lease.spec.clone()).unwrap_or_default();
        let holder = spec.holder_identity.clone().unwrap_or_default();
        let held_by_another = !holder.is_empty() && holder != self.name;
        if held_by_another && now < self.seen_at + i64::from(spec.lease_duration_seconds.unwrap_or(0)) {
            return false;
        }
        let taken = holder != self.name;
        let first = self.seen.is_none();
        let spec = LeaseSpec {
            holder_identity: Some(self.name.clone()),
            lease_duration_seconds: Some(LASTS),
            acquire_time: if taken { Some(time(now)) } else { spec.acquire_time },
            renew_time: Some(time(now)),
            lease_transitions: Some(spec.lease_transitions.unwrap_or(0) + i32::from(taken && !first)),
            ..LeaseSpec::default()
        };
        self.write(spec, now).await
    }

    /// Gives the lease up, so that nobody waits for it to expire.
    async fn release(&mut self, now: i64) -> bool {
        let transitions = self.seen.as_ref().and_then(|lease| lease.spec.as_ref()?.lease_transitions);
        let spec = LeaseSpec {
            holder_identity: Some(String::new()),
            lease_duration_seconds: Some(1),
            acquire_time: Some(time(now)),
            renew_time: Some(time(now)),
            lease_transitions: transitions,
            ..LeaseSpec::default()
        };
        self.write(spec, now).await
    }

    /// Writes on the revision that was seen; `false` where another has written.
    async fn write(&mut self, spec: LeaseSpec, now: i64) -> bool {
        let written = match self.seen.clone() {
            Some(lease) => self.leases.replace(LEASE, &PostParams::default(), &Lease { spec: Some(spec), ..lease }).await,
            None => {
                let metadata = ObjectMeta { name: Some(LEASE.to_owned()), ..ObjectMeta::default() };
                self.leases.create(&PostParams::default(), &Lease { metadata, spec: Some(spec) }).await
            }
        };
        match written {
            Ok(lease) => {
                (self.seen, self.seen_at) = (Some(lease), now);
                true
            }
            Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => false,
            Err(error) => panic!("{}: {error}", self.name),
        }
    }
}

/// A time with as much precision as a lease keeps.
fn time(now: i64) -> MicroTime {
    MicroTime(Timestamp::new(1_800_000_000 + now, 123_456_000).unwrap())
}

fn spec(lease: &Lease) -> &LeaseSpec {
    lease.spec.as_ref().unwrap()
}

async fn of_many_candidates_one_leads_in_each_term(engine: Engine) {
    let one = TestServer::start(engine);
    let other = one.beside();
    let clients = [client(&one).await, client(&other).await];
    let mut candidates: Vec<Candidate> = (0..8).map(|number| Candidate::new(&clients[number % 2], &format!("c{number}"))).collect();
    let mut leaders = Vec::new();
    for term in 0..10 {
        let now = term * 100;
        // All of them have seen the same before any of them writes.
        for candidate in &mut candidates {
            candidate.look(now - 50).await;
        }
        let tries = candidates.iter_mut().map(|candidate| candidate.seize(now));
        let leads: Vec<bool> = join_all(tries).await;
        assert_eq!(leads.iter().filter(|leads| **leads).count(), 1, "term {term}: {leads:?}");
        leaders.push(leads.iter().position(|leads| *leads).unwrap());
        for candidate in &mut candidates {
            candidate.look(now).await;
            let lease = candidate.seen.as_ref().unwrap();
            let name = format!("c{}", leaders.last().unwrap());
            assert_eq!((spec(lease).holder_identity.as_ref(), &spec(lease).renew_time), (Some(&name), &Some(time(now))));
        }
    }
    let changes = leaders.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(spec(candidates[0].seen.as_ref().unwrap()).lease_transitions, Some(i32::try_from(changes).unwrap()));
}

async fn a_leader_keeps_its_lease_over_restarts_and_loses_it_when_it_is_silent(engine: Engine) {
    let mut server = TestServer::start(engine);
    let client = client(&server).await;
    let (mut first, mut second) = (Candidate::new(&client, "first"), Candidate::new(&client, "second"));
    assert!(first.seize(0).await);
    second.look(0).await;
    assert!(!second.seize(1).await);
    block_in_place(|| server.restart());
    assert!(first.seize(10).await, "a renewal goes on from the revision before the restart");
    second.look(10).await;
    assert!(!second.seize(24).await, "it was renewed");
    block_in_place(|| {
        server.kill();
        server.launch();
    });
    assert!(second.seize(25).await, "nobody has renewed it");
    assert!(!first.seize(26).await, "who was silent finds that another has written");
    first.look(26).await;
    assert!(!first.seize(27).await);
    let lease = first.seen.clone().unwrap();
    assert_eq!((spec(&lease).holder_identity.as_deref(), spec(&lease).lease_transitions), (Some("second"), Some(1)));
    assert_eq!(spec(&lease).acquire_time, Some(time(25)), "to the microsecond");

    assert!(second.release(30).await);
    first.look(30).await;
    assert!(first.seize(30).await, "what was given up need not expire");
    assert!(!second.release(31).await, "nobody gives up what another holds");
}

async fn whoever_watches_the_lease_hears_of_each_change(engine: Engine) {
    let mut server = TestServer::start(engine);
    let client = client(&server).await;
    let leases: Api<Lease> = Api::default_namespaced(client.clone());
    let held_by =
        |name: &'static str| move |lease: Option<&Lease>| lease.is_some_and(|lease| spec(lease).holder_identity.as_deref() == Some(name));
    let mut first = Candidate::new(&client, "first");
    let heard = eventually(&leases, LEASE, "first leads", held_by("first"));
    let (_, leads) = tokio::join!(heard, first.seize(0));
    assert!(leads);
    // One watch through all of it, which goes on after the restart.
    let mut watch = Box::pin(watcher(leases.clone(), watcher::Config::default().fields(&format!("metadata.name={LEASE}"))));
    let mut holders = Vec::new();
    let mut second = Candidate::new(&client, "second");
    let mut handed_over = false;
    while holders.last().map(String::as_str) != Some("second") {
        let event = tokio::time::timeout(PATIENCE, watch.next()).await.unwrap().unwrap();
        match event {
            Ok(watcher::Event::InitDone) if !handed_over => {
                handed_over = true;
                block_in_place(|| server.restart());
                assert!(first.release(1).await);
                second.look(1).await;
                assert!(second.seize(2).await);
            }
            Ok(watcher::Event::InitApply(lease) | watcher::Event::Apply(lease)) => {
                holders.push(spec(&lease).holder_identity.clone().unwrap_or_default());
            }
            // The restart breaks the watch; the next poll goes on.
            _ => {}
        }
    }
    assert_eq!(holders, ["first", "", "second"]);
}

async fn a_lease_by_apply_belongs_to_one_manager_until_another_forces_it(engine: Engine) {
    let server = TestServer::start(engine);
    let leases: Api<Lease> = Api::default_namespaced(client(&server).await);
    let claim = |name: &str, transitions: i32| {
        json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": LEASE},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": LASTS, "renewTime": time(0), "leaseTransitions": transitions},
        })
    };
    let tries = ["a", "b", "c", "d"].map(|name| {
        let leases = leases.clone();
        async move { leases.patch(LEASE, &PatchParams::apply(name), &Patch::Apply(claim(name, 0))).await }
    });
    let (won, lost): (Vec<_>, Vec<_>) = join_all(tries).await.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 3));
    assert!(lost.iter().all(|answer| matches!(answer, Err(kube::Error::Api(status)) if status.is_conflict())), "{lost:?}");
    let holder = spec(won[0].as_ref().unwrap()).holder_identity.clone().unwrap();
    let forced = leases.patch(LEASE, &PatchParams::apply("late").force(), &Patch::Apply(claim("late", 1))).await.unwrap();
    assert_eq!(spec(&forced).holder_identity.as_deref(), Some("late"));
    let renewed = leases.patch(LEASE, &PatchParams::apply(&holder), &Patch::Apply(claim(&holder, 0))).await;
    assert!(matches!(&renewed, Err(kube::Error::Api(status)) if status.is_conflict()), "{renewed:?}");
}

on_every_engine!(await
    of_many_candidates_one_leads_in_each_term,
    a_leader_keeps_its_lease_over_restarts_and_loses_it_when_it_is_silent,
    whoever_watches_the_lease_hears_of_each_change,
    a_lease_by_apply_belongs_to_one_manager_until_another_forces_it,
);
